//! The sockets and timers of one thread: [`block_on`] runs a future there, and whoever it wakes is woken by what comes.
//!
//! Each socket is registered once, edge-triggered (epoll(7)), and what is known of it is kept until a read or a write finds
//! nothing more: async-io, which serves what is not busy, arms a socket anew with each wait and a timer with each turn, and
//! keeps a thread for it. A timer is an entry in a map. What belongs to a thread stays there; only wakers cross over.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use std::{fmt, mem};

use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use smol::io::{AsyncRead, AsyncWrite};

use crate::base::limits;
pub use socket::Socket;

mod socket;

/// Stands for the thread's own waking, in the place of a source's number.
const WOKEN: u64 = u64::MAX;

thread_local!(static CURRENT: RefCell<Option<Rc<Reactor>>> = const { RefCell::new(None) });

/// What one thread waits for.
struct Reactor {
    epoll: OwnedFd,
    bell: Arc<Bell>,
    sources: RefCell<Sources>,
    timers: RefCell<BTreeMap<(Instant, u64), Waker>>,
    last_timer: Cell<u64>,
    events: RefCell<Vec<epoll::Event>>,
}

/// Sources by number; numbers of those that are gone are used again.
#[derive(Default)]
struct Sources {
    all: Vec<Option<Rc<Source>>>,
    free: Vec<usize>,
}

/// What is known of one socket.
#[derive(Default)]
struct Source {
    is_readable: Cell<bool>,
    is_writable: Cell<bool>,
    /// The other side has closed, or there is an error: reading goes on until it is found.
    is_over: Cell<bool>,
    reader: RefCell<Option<Waker>>,
    writer: RefCell<Option<Waker>>,
}

impl Source {
    /// Takes note of what epoll says; gives who is to be woken.
    fn note(&self, flags: epoll::EventFlags, woken: &mut Vec<Waker>) {
        use epoll::EventFlags as Flags;
        let is_over = flags.intersects(Flags::HUP | Flags::ERR | Flags::RDHUP);
        if is_over {
            self.is_over.set(true);
        }
        if is_over || flags.intersects(Flags::IN) {
            self.is_readable.set(true);
            woken.extend(self.reader.take());
        }
        if flags.intersects(Flags::OUT | Flags::HUP | Flags::ERR) {
            self.is_writable.set(true);
            woken.extend(self.writer.take());
        }
    }
}

/// Wakes the thread, from wherever.
struct Bell {
    eventfd: OwnedFd,
    has_rung: AtomicBool,
    is_asleep: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.has_rung.swap(true, Ordering::SeqCst) && self.is_asleep.load(Ordering::SeqCst) {
            // Each write is an event, whether the one before was read or not; so it is never read.
            let _ = rustix::io::write(&self.eventfd, &1_u64.to_ne_bytes());
        }
    }
}

/// Runs a future on this thread, with its sockets and timers.
///
/// # Panics
///
/// If the kernel gives no epoll, or this thread runs one already.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let reactor = Rc::new(Reactor::new().unwrap_or_else(|error| panic!("epoll is not to be had: {error}")));
    let before = CURRENT.replace(Some(reactor.clone()));
    assert!(before.is_none(), "one at a time");
    let _leave = Leave;
    let waker = Waker::from(reactor.bell.clone());
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        reactor.bell.has_rung.store(false, Ordering::SeqCst);
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
        reactor.turn();
    }
}

/// The thread has no reactor any more.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        drop(CURRENT.take());
    }
}

impl Reactor {
    fn new() -> io::Result<Reactor> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let eventfd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&epoll, &eventfd, epoll::EventData::new_u64(WOKEN), flags)?;
        let bell = Arc::new(Bell { eventfd, has_rung: AtomicBool::new(false), is_asleep: AtomicBool::new(false) });
        Ok(Reactor {
            epoll,
            bell,
            sources: RefCell::default(),
            timers: RefCell::default(),
            last_timer: Cell::new(0),
            events: RefCell::new(Vec::with_capacity(limits::REACTOR_EVENTS_MAX)),
        })
    }

    /// This thread's.
    fn current() -> io::Result<Rc<Reactor>> {
        CURRENT.with_borrow(Option::clone).ok_or_else(|| io::Error::other("no reactor runs on this thread"))
    }

    /// Waits until there is something, if nothing is there yet, and wakes whom it concerns.
    fn turn(&self) {
        let mut woken = Vec::new();
        self.bell.is_asleep.store(true, Ordering::SeqCst);
        let wait = if self.bell.has_rung.load(Ordering::SeqCst) { Some(Duration::ZERO) } else { self.wait() };
        let mut events = self.events.borrow_mut();
        events.clear();
        let timeout = wait.map(|wait| Timespec { tv_sec: wait.as_secs() as _, tv_nsec: wait.subsec_nanos() as _ });
        let outcome = epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), timeout.as_ref());
        self.bell.is_asleep.store(false, Ordering::SeqCst);
        match outcome {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("epoll: {error}"),
        }
        let sources = self.sources.borrow();
        for event in events.iter() {
            let number = event.data.u64();
            let source = usize::try_from(number).ok().and_then(|number| sources.all.get(number)?.as_ref());
            if let Some(source) = source {
                source.note(event.flags, &mut woken);
            }
        }
        drop((sources, events));
        self.ring(&mut woken);
        // Only here: whoever is woken may use all of this.
        woken.into_iter().for_each(Waker::wake);
    }

    /// How long there is nothing to do: whole milliseconds, rounded up, as older kernels know no others.
    fn wait(&self) -> Option<Duration> {
        let (at, _) = *self.timers.borrow().first_key_value()?.0;
        let left = at.saturating_duration_since(Instant::now());
        let millis = u64::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        Some(Duration::from_millis(millis.min(limits::REACTOR_WAIT_MAX.as_millis() as u64)))
    }

    /// The timers whose time has come.
    fn ring(&self, woken: &mut Vec<Waker>) {
        let mut timers = self.timers.borrow_mut();
        if timers.is_empty() {
            return;
        }
        let later = timers.split_off(&(Instant::now(), u64::MAX));
        woken.extend(mem::replace(&mut *timers, later).into_values());
    }
}

/// A socket of this thread, watched.
pub struct Watched<S: AsFd> {
    reactor: Rc<Reactor>,
    source: Rc<Source>,
    number: usize,
    socket: S,
}

impl<S: AsFd> Watched<S> {
    /// Watches a socket from now on; it does not block any more. Fails where no [`block_on`] runs.
    pub fn new(socket: S) -> io::Result<Watched<S>> {
        let reactor = Reactor::current()?;
        rustix::io::ioctl_fionbio(&socket, true)?;
        let source = Rc::new(Source::default());
        let number = {
            let mut sources = reactor.sources.borrow_mut();
            let number = sources.free.pop().unwrap_or(sources.all.len());
            if number == sources.all.len() {
                sources.all.push(None);
            }
            sources.all[number] = Some(source.clone());
            number
        };
        let watched = Watched { reactor, source, number, socket };
        use epoll::EventFlags as Flags;
        let flags = Flags::IN | Flags::OUT | Flags::RDHUP | Flags::ET;
        let data = epoll::EventData::new_u64(number as u64);
        // It tells at once what there is already.
        epoll::add(&watched.reactor.epoll, &watched.socket, data, flags)?;
        Ok(watched)
    }

    /// The socket.
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    /// Whether it is worth trying to read; otherwise the task is woken when it is.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.source.is_readable.get() {
            return Poll::Ready(());
        }
        remember(&self.source.reader, cx);
        Poll::Pending
    }

    /// Nothing more was found to read.
    pub fn note_drained(&self) {
        self.source.is_readable.set(false);
    }
}

fn remember(place: &RefCell<Option<Waker>>, cx: &Context<'_>) {
    let mut place = place.borrow_mut();
    match &mut *place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

impl<S: AsFd> Drop for Watched<S> {
    fn drop(&mut self) {
        let _ = epoll::delete(&self.reactor.epoll, &self.socket);
        let mut sources = self.reactor.sources.borrow_mut();
        sources.all[self.number] = None;
        sources.free.push(self.number);
    }
}

impl<S: AsFd + fmt::Debug> fmt::Debug for Watched<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(f)
    }
}

impl<S: AsFd + Unpin> AsyncRead for Watched<S>
where
    for<'a> &'a S: Read,
{
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = &*self;
        loop {
            if this.poll_readable(cx).is_pending() {
                return Poll::Pending;
            }
            match (&this.socket).read(into) {
                Ok(count) => {
                    // Less than there was room for is all there was; an end behind it was told already and comes never again.
                    if count > 0 && count < into.len() && !this.source.is_over.get() {
                        this.note_drained();
                    }
                    return Poll::Ready(Ok(count));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => this.note_drained(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl<S: AsFd> Watched<S> {
    fn poll_out(&self, cx: &mut Context<'_>, write: impl Fn(&mut &S) -> io::Result<usize>) -> Poll<io::Result<usize>> {
        loop {
            if !self.source.is_writable.get() {
                remember(&self.source.writer, cx);
                return Poll::Pending;
            }
            match write(&mut &self.socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.source.is_writable.set(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return Poll::Ready(outcome),
            }
        }
    }
}

impl<S: AsFd + Unpin> AsyncWrite for Watched<S>
where
    for<'a> &'a S: Write,
{
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_out(cx, |socket| socket.write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_out(cx, |socket| socket.write_vectored(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Says nothing: the socket's end says it.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Rings once, on the thread where it is awaited.
#[derive(Debug)]
pub struct Timer {
    at: Option<Instant>,
    /// Where it stands in the reactor's map.
    entry: Option<(Instant, u64)>,
}

impl Timer {
    /// One that never rings, until it is set.
    pub fn never() -> Timer {
        Timer { at: None, entry: None }
    }

    /// Rings then.
    pub fn at(at: Instant) -> Timer {
        Timer { at: Some(at), entry: None }
    }

    /// Rings when so much time has passed.
    pub fn after(wait: Duration) -> Timer {
        Timer { at: Instant::now().checked_add(wait), entry: None }
    }

    /// Rings then and not when it was to before.
    pub fn set_at(&mut self, at: Instant) {
        self.leave();
        self.at = Some(at);
    }

    fn leave(&mut self) {
        if let Some(entry) = self.entry.take()
            && let Ok(reactor) = Reactor::current()
        {
            reactor.timers.borrow_mut().remove(&entry);
        }
    }
}

impl Future for Timer {
    type Output = ();

    /// # Panics
    ///
    /// Where no [`block_on`] runs.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        if Instant::now() >= at {
            self.leave();
            return Poll::Ready(());
        }
        let reactor = Reactor::current().expect("timers are for the thread of a reactor");
        let entry = *self.entry.get_or_insert_with(|| {
            reactor.last_timer.set(reactor.last_timer.get() + 1);
            (at, reactor.last_timer.get())
        });
        let mut timers = reactor.timers.borrow_mut();
        match timers.get_mut(&entry) {
            Some(waker) => waker.clone_from(cx.waker()),
            None => drop(timers.insert(entry, cx.waker().clone())),
        }
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
#[path = "reactor/tests.rs"]
mod tests;
