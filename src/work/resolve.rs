//! From the host in a URL to the addresses that may be connected to. It is asked for each connection, redirects included, and
//! whoever asks connects to what he is given here and nothing else, so a name cannot lead elsewhere between check and use.

use std::future::poll_fn;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Instant;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::cancel::Cancel;
use crate::base::call::{CallError, Reach};
use crate::base::{address, limits};

/// Addresses of a name; `None` when there are none.
type Found = Option<Vec<SocketAddr>>;

/// Told what was found.
type Tell = Box<dyn FnOnce(Found) + Send>;

/// Look-ups under way with those who wait for them, who may have given up: one for each name, however many ask.
static LOOKUPS: Mutex<Vec<LookUp>> = Mutex::new(Vec::new());

struct LookUp {
    place: String,
    waiting: Vec<Tell>,
}

/// What a task is told, and how it is woken then.
type Slot = (Option<Found>, Option<Waker>);

/// The addresses of this host that may be connected to.
pub(super) async fn find(uri: &Uri, reach: Reach) -> Result<Vec<SocketAddr>, CallError> {
    let place = place(uri)?;
    if let Ok(address) = place.parse() {
        return judge(vec![address], reach);
    }
    let slot = Arc::new(Mutex::new(Slot::default()));
    let told = slot.clone();
    let tell = move |found| {
        let mut slot = lock(&told);
        slot.0 = Some(found);
        slot.1.take().into_iter().for_each(Waker::wake);
    };
    ask(place, Box::new(tell))?;
    let found = poll_fn(|cx| {
        let mut slot = lock(&slot);
        slot.1 = Some(cx.waker().clone());
        slot.0.take().map_or(Poll::Pending, Poll::Ready)
    });
    judge(found.await.ok_or_else(unknown)?, reach)
}

/// Host and port.
fn place(uri: &Uri) -> Result<String, CallError> {
    let place = uri.scheme().zip(uri.authority());
    let place = place.and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority));
    place.ok_or_else(|| CallError::Invalid("the URL, or the one it redirects to, is not one".into()))
}

/// Those that may be connected to.
fn judge(mut found: Vec<SocketAddr>, reach: Reach) -> Result<Vec<SocketAddr>, CallError> {
    if found.is_empty() {
        return Err(unknown());
    }
    found.retain(|found| reach == Reach::Any || address::is_public(found.ip()));
    found.truncate(limits::ADDRESSES_MAX);
    if found.is_empty() { Err(CallError::NotPublic) } else { Ok(found) }
}

fn unknown() -> CallError {
    CallError::Unreachable("the name service does not know the host".into())
}

/// Asks the C library, in a thread of its own: it may take half a minute and cannot be called off.
fn ask(place: String, tell: Tell) -> Result<(), CallError> {
    let mut lookups = lock(&LOOKUPS);
    if let Some(same) = lookups.iter_mut().find(|other| other.place == place) {
        same.waiting.push(tell);
        return Ok(());
    }
    if lookups.len() >= limits::LOOKUPS_MAX {
        let why = "the name service does not answer, and many wait for it already";
        return Err(CallError::Unreachable(why.into()));
    }
    let name = place.clone();
    let look_up = move || {
        let found = name.to_socket_addrs().ok().map(Iterator::collect::<Vec<_>>);
        // Only when it has been added below.
        let mut lookups = lock(&LOOKUPS);
        let done = lookups.iter().position(|other| other.place == name).map(|at| lookups.swap_remove(at));
        drop(lookups);
        done.into_iter().flat_map(|done| done.waiting).for_each(|tell| tell(found.clone()));
    };
    let thread = thread::Builder::new().name("work-dns".into()).stack_size(limits::THREAD_STACK_BYTES);
    thread.spawn(look_up).map_err(|error| CallError::Unreachable(error.to_string()))?;
    lookups.push(LookUp { place, waiting: vec![tell] });
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The resolver of one call that ureq makes.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) reach: Reach,
    pub(super) cancel: Cancel,
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let ours = |error: CallError| ureq::Error::Other(Box::new(error));
        let place = place(uri).map_err(ours)?;
        let found = match place.parse::<SocketAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.look_up(place, timeout)?,
        };
        let mut addresses = self.empty();
        judge(found, self.reach).map_err(ours)?.into_iter().for_each(|address| addresses.push(address));
        Ok(addresses)
    }
}

impl Names {
    fn look_up(&self, place: String, timeout: NextTimeout) -> Result<Vec<SocketAddr>, ureq::Error> {
        let ours = |error: CallError| ureq::Error::Other(Box::new(error));
        let (tell, hear) = mpsc::sync_channel(1);
        // Nobody listens any more when the call has given up.
        ask(place, Box::new(move |found| drop(tell.send(found)))).map_err(ours)?;
        let start = Instant::now();
        loop {
            let left = timeout.after.saturating_sub(start.elapsed());
            match hear.recv_timeout(left.min(limits::LOOKUP_STEP)) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) | Err(RecvTimeoutError::Disconnected) => return Err(ours(unknown())),
                Err(RecvTimeoutError::Timeout) if self.cancel.is_cancelled() => return Err(ours(CallError::Cancelled)),
                Err(RecvTimeoutError::Timeout) if left <= limits::LOOKUP_STEP => {
                    return Err(ureq::Error::Timeout(timeout.reason));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}
