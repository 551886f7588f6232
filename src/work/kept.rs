//! Connections that calls have left in good order, for the next call to the same place. Only calls that may be made twice
//! use them: the other side closes a connection whenever it likes, and then nobody knows whether it took the request.
//!
//! A connection is used again only for calls that could have opened it: same scheme, host, port, trust and reach, and the
//! address at its other end must be among those that the name has now and that may be connected to. So a name that comes
//! to lead elsewhere, or nowhere allowed, is obeyed at once.

use std::fmt;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::cancel::Cancel;
use crate::base::call::{HttpCall, Reach, Trust};
use crate::base::limits;

/// What lies ready; the oldest first.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Vec<Idle>>>);

struct Idle {
    place: Place,
    since: Instant,
    socket: Arc<TcpStream>,
    transport: Box<dyn Transport>,
}

/// What a connection is good for.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    origin: String,
    trust: Trust,
    reach: Reach,
    silence_max: Option<Duration>,
}

impl Kept {
    /// Closes what nobody has used for a while.
    pub(super) fn purge(&self) {
        let is_over = |idle: &Idle| idle.since.elapsed() >= limits::CONNECTION_KEPT;
        let over: Vec<Idle> = self.lock().extract_if(.., |idle| is_over(idle)).collect();
        // Closing may take its time, so not under the lock.
        drop(over);
    }

    fn put(&self, idle: Idle) {
        let mut all = self.lock();
        all.push(idle);
        let oldest = (all.len() > limits::CONNECTIONS_KEPT_MAX).then(|| all.remove(0));
        drop((all, oldest));
        self.purge();
    }

    /// The one used last, of those that still stand.
    fn take(&self, place: &Place, addresses: &[SocketAddr]) -> Option<Idle> {
        self.purge();
        loop {
            let idle = {
                let mut all = self.lock();
                let at = all.iter().rposition(|idle| idle.place == *place)?;
                all.remove(at)
            };
            let is_there = idle.socket.peer_addr().is_ok_and(|address| addresses.contains(&address));
            if is_there && is_silent(&idle.socket) {
                return Some(idle);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing was said, not even goodbye. (What TLS says late costs us the connection, nothing else.)
fn is_silent(socket: &TcpStream) -> bool {
    let peeked = socket.set_nonblocking(true).map(|()| socket.peek(&mut [0]));
    let is_silent = matches!(peeked, Ok(Err(error)) if error.kind() == ErrorKind::WouldBlock);
    is_silent && socket.set_nonblocking(false).is_ok()
}

/// One call's use of what is kept.
#[derive(Clone)]
pub(super) struct Use {
    kept: Kept,
    place: Place,
    cancel: Cancel,
    /// Not for the second time.
    may_take: bool,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    was_used_before: AtomicBool,
    has_answer: AtomicBool,
}

impl Use {
    /// `None` when a call must have a connection of its own.
    pub(super) fn by(call: &HttpCall, kept: &Kept, cancel: &Cancel) -> Option<Use> {
        let place = Place {
            origin: call.origin().to_ascii_lowercase(),
            trust: call.trust.clone(),
            reach: call.reach,
            silence_max: call.silence_max,
        };
        let may = call.is_repeatable && call.proxy.is_none() && call.redirects_max == 0;
        may.then(|| Use { kept: kept.clone(), place, cancel: cancel.clone(), may_take: true, seen: Arc::default() })
    }

    /// For the same call with a connection of its own.
    pub(super) fn afresh(self) -> Use {
        Use { may_take: false, ..self }
    }

    /// Whether the call failed, if it has, only because its connection was closed while it lay ready.
    pub(super) fn was_stale(&self) -> bool {
        self.seen.was_used_before.load(Ordering::Relaxed) && !self.seen.has_answer.load(Ordering::Relaxed)
    }
}

/// Takes a connection that lies ready, or opens one.
pub(super) struct Keeping<C> {
    pub(super) open: C,
    pub(super) by: Option<Use>,
}

impl<C: Connector<Out = Box<dyn Transport>>> Connector for Keeping<C> {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<()>) -> Result<Option<Self::Out>, Error> {
        let Some(by) = &self.by else { return self.open.connect(details, chained) };
        let addresses: Vec<SocketAddr> = details.addrs.iter().copied().collect();
        if by.may_take
            && let Some(idle) = by.kept.take(&by.place, &addresses)
        {
            by.seen.was_used_before.store(true, Ordering::Relaxed);
            by.cancel.attach(&idle.socket);
            return Ok(Some(Box::new(Lent::new(by, idle.socket, idle.transport))));
        }
        let Some(transport) = self.open.connect(details, chained)? else { return Ok(None) };
        Ok(Some(match by.cancel.attached() {
            Some(socket) => Box::new(Lent::new(by, socket, transport)),
            None => transport,
        }))
    }
}

/// A connection while a call uses it.
struct Lent {
    by: Use,
    /// Gone when it was given back.
    lent: Option<(Arc<TcpStream>, Box<dyn Transport>)>,
    /// The answer was read to its end, and both sides are willing.
    is_good: bool,
}

impl Lent {
    fn new(by: &Use, socket: Arc<TcpStream>, transport: Box<dyn Transport>) -> Lent {
        Lent { by: by.clone(), lent: Some((socket, transport)), is_good: false }
    }

    fn transport(&mut self) -> &mut dyn Transport {
        &mut *self.lent.as_mut().expect("only drop takes it").1
    }
}

impl Transport for Lent {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport().buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.transport().transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let has_more = self.transport().await_input(timeout)?;
        self.by.seen.has_answer.fetch_or(has_more, Ordering::Relaxed);
        Ok(has_more)
    }

    /// ureq asks when it is done and the connection could be used again, and then lets it go, as it keeps none itself.
    fn is_open(&mut self) -> bool {
        self.is_good = true;
        true
    }

    fn is_tls(&self) -> bool {
        self.lent.as_ref().is_some_and(|(_, transport)| transport.is_tls())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some((socket, transport)) = self.lent.take().filter(|_| self.is_good) else { return };
        // From here on whoever calls the call off must not reach the connection; and who did so has shut it down.
        self.by.cancel.detach();
        if !self.by.cancel.is_cancelled() {
            self.by.kept.put(Idle { place: self.by.place.clone(), since: Instant::now(), socket, transport });
        }
    }
}

impl<C> fmt::Debug for Keeping<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keeping")
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lent")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[derive(Debug)]
    struct Nothing;

    impl Transport for Nothing {
        fn buffers(&mut self) -> &mut dyn Buffers {
            unreachable!()
        }

        fn transmit_output(&mut self, _: usize, _: NextTimeout) -> Result<(), Error> {
            unreachable!()
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            unreachable!()
        }

        fn is_open(&mut self) -> bool {
            unreachable!()
        }
    }

    fn place(reach: Reach) -> Place {
        Place { origin: "http://x".into(), trust: Trust::default(), reach, silence_max: None }
    }

    #[test]
    fn only_what_may_be_connected_to_now_is_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Kept::default();
        let mut others = Vec::new();
        let mut put = |since: Instant| {
            let socket = Arc::new(TcpStream::connect(address).unwrap());
            others.push(listener.accept().unwrap().0);
            kept.put(Idle { place: place(Reach::Any), since, socket, transport: Box::new(Nothing) });
        };
        put(Instant::now());
        assert!(kept.take(&place(Reach::PublicOnly), &[address]).is_none(), "made under other rules");
        assert!(kept.take(&place(Reach::Any), &[address]).is_some());
        assert!(kept.take(&place(Reach::Any), &[address]).is_none(), "only one call at a time");
        put(Instant::now());
        let elsewhere = SocketAddr::new("127.0.0.2".parse().unwrap(), address.port());
        assert!(kept.take(&place(Reach::Any), &[elsewhere]).is_none(), "the name leads elsewhere now");
        assert!(kept.lock().is_empty(), "and that one is closed");
        put(Instant::now() - limits::CONNECTION_KEPT);
        assert!(kept.lock().is_empty(), "too old");
        for _ in 0..limits::CONNECTIONS_KEPT_MAX + 3 {
            put(Instant::now());
        }
        assert_eq!(kept.lock().len(), limits::CONNECTIONS_KEPT_MAX);
        drop(others);
        assert!(kept.take(&place(Reach::Any), &[address]).is_none(), "all were closed by the other side");
        assert!(kept.lock().is_empty());
    }
}
