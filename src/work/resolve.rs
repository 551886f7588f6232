//! From the host in a URL to the addresses that may be connected to. ureq asks for each connection, redirects included,
//! and connects to what it is given here and nothing else, so a name cannot lead elsewhere between check and use.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::cancel::Cancel;
use crate::base::call::{CallError, Reach};
use crate::base::{address, limits};

/// Look-ups under way, those included whose call has given up.
static LOOKUPS: AtomicUsize = AtomicUsize::new(0);

/// The resolver of one call.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) reach: Reach,
    pub(super) cancel: Cancel,
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let place = match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) => DefaultResolver::host_and_port(scheme, authority),
            _ => None,
        };
        let place = place.ok_or_else(|| ureq::Error::BadUri("no host".into()))?;
        let found = match place.parse::<SocketAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.look_up(place, timeout)?,
        };
        let mut addresses = self.empty();
        let allowed = |found: &&SocketAddr| self.reach == Reach::Any || address::is_public(found.ip());
        for address in found.iter().filter(allowed).take(limits::ADDRESSES_MAX) {
            addresses.push(*address);
        }
        match (addresses.is_empty(), found.is_empty()) {
            (false, _) => Ok(addresses),
            (true, true) => Err(ureq::Error::HostNotFound),
            (true, false) => Err(ureq::Error::Other(Box::new(CallError::NotPublic))),
        }
    }
}

impl Names {
    /// Asks the C library, in a thread of its own: it may take half a minute and cannot be called off.
    fn look_up(&self, place: String, timeout: NextTimeout) -> Result<Vec<SocketAddr>, ureq::Error> {
        if LOOKUPS.fetch_add(1, Ordering::SeqCst) >= limits::LOOKUPS_MAX {
            LOOKUPS.fetch_sub(1, Ordering::SeqCst);
            let why = "the name service does not answer, and many wait for it already";
            return Err(ureq::Error::Other(Box::new(CallError::Unreachable(why.into()))));
        }
        let (tell, hear) = mpsc::sync_channel(1);
        let asked =
            thread::Builder::new().name("work-dns".into()).stack_size(limits::THREAD_STACK_BYTES).spawn(move || {
                let found = place.to_socket_addrs().map(Iterator::collect);
                LOOKUPS.fetch_sub(1, Ordering::SeqCst);
                // Nobody listens any more when the call has given up.
                let _ = tell.send(found);
            });
        if let Err(error) = asked {
            LOOKUPS.fetch_sub(1, Ordering::SeqCst);
            return Err(error.into());
        }
        let start = Instant::now();
        loop {
            let left = timeout.after.saturating_sub(start.elapsed());
            match hear.recv_timeout(left.min(limits::LOOKUP_STEP)) {
                Ok(found) => return found.map_err(|_| ureq::Error::HostNotFound),
                Err(RecvTimeoutError::Disconnected) => return Err(ureq::Error::HostNotFound),
                Err(RecvTimeoutError::Timeout) if self.cancel.is_cancelled() => {
                    return Err(ureq::Error::Other(Box::new(CallError::Cancelled)));
                }
                Err(RecvTimeoutError::Timeout) if left <= limits::LOOKUP_STEP => {
                    return Err(ureq::Error::Timeout(timeout.reason));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}
