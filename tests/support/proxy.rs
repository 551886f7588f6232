//! A TCP proxy in front of a server, with which a test breaks the network.
//!
//! Used by tests of reconnecting and resuming: the client connects to `proxy.port`, and the test says what happens to
//! its bytes: [`Proxy::pass`], [`Proxy::stall`], [`Proxy::blackhole`], [`Proxy::reset`], [`Proxy::refuse`]. Threads
//! and blocking sockets, two threads a connection: it carries a handful of connections, not a benchmark.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::port::Port;

/// How soon a thread sees that the mode has changed.
const TICK: Duration = Duration::from_millis(5);

const PASS: u8 = 0;
const STALL: u8 = 1;
const BLACKHOLE: u8 = 2;

pub struct Proxy {
    /// Where clients connect.
    pub port: u16,
    shared: Arc<Shared>,
    _port: Port,
}

struct Shared {
    target: AtomicU16,
    mode: AtomicU8,
    ended: AtomicBool,
    /// None while connections are refused.
    listener: Mutex<Option<TcpListener>>,
    open: Mutex<Vec<Arc<Connection>>>,
    accepted: AtomicUsize,
    bytes_up: AtomicU64,
    bytes_down: AtomicU64,
}

struct Connection {
    client: TcpStream,
    /// None if the server could not be reached, or the connection came while bytes were dropped.
    server: Option<TcpStream>,
    /// Set to make both threads let go of it.
    cut: AtomicBool,
}

impl Proxy {
    /// A proxy on a free port which passes everything on to `target` on 127.0.0.1.
    pub fn start(target: u16) -> Proxy {
        let port = Port::claim();
        let shared = Arc::new(Shared {
            target: AtomicU16::new(target),
            mode: AtomicU8::new(PASS),
            ended: AtomicBool::new(false),
            listener: Mutex::new(None),
            open: Mutex::new(Vec::new()),
            accepted: AtomicUsize::new(0),
            bytes_up: AtomicU64::new(0),
            bytes_down: AtomicU64::new(0),
        });
        let proxy = Proxy { port: port.number, shared: Arc::clone(&shared), _port: port };
        proxy.resume();
        thread::spawn(move || accept(&shared));
        proxy
    }

    /// New connections go to another port: the name now means another machine.
    pub fn redirect(&self, target: u16) {
        self.shared.target.store(target, Ordering::SeqCst);
    }

    /// Everything works: connections are accepted, bytes passed on, those held by a stall, too.
    pub fn pass(&self) {
        self.shared.mode.store(PASS, Ordering::SeqCst);
        self.resume();
    }

    /// A network that is late: connections stay, bytes wait until [`Proxy::pass`].
    pub fn stall(&self) {
        self.shared.mode.store(STALL, Ordering::SeqCst);
    }

    /// A network that is gone without a word: connections stay and are accepted, bytes and ends of either side are
    /// swallowed. What is lost stays lost: connections of that time are of no use afterwards, so `reset` them.
    pub fn blackhole(&self) {
        self.shared.mode.store(BLACKHOLE, Ordering::SeqCst);
    }

    /// Cuts all present connections with RST, towards both sides; returns when that is done.
    pub fn reset(&self) {
        // With the listener's lock held no connection is just being begun, so none is missed.
        let listener = lock(&self.shared.listener);
        let open = std::mem::take(&mut *lock(&self.shared.open));
        drop(listener);
        for connection in &open {
            connection.cut();
        }
        // The last reference closes the sockets, and closing is what sends the RST.
        for connection in open {
            let end = Instant::now() + Duration::from_secs(5);
            while Arc::strong_count(&connection) > 1 && Instant::now() < end {
                thread::sleep(TICK);
            }
        }
    }

    /// Stops listening, so that new connections are refused; present ones stay.
    pub fn refuse(&self) {
        *lock(&self.shared.listener) = None;
    }

    /// Listens again after [`Proxy::refuse`].
    pub fn resume(&self) {
        let mut listener = lock(&self.shared.listener);
        if listener.is_none() {
            let fresh = TcpListener::bind(("127.0.0.1", self.port)).expect("port of the proxy");
            fresh.set_nonblocking(true).expect("listener that does not block");
            *listener = Some(fresh);
        }
    }

    /// How many connections were accepted since the start.
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many are open now.
    pub fn open(&self) -> usize {
        lock(&self.shared.open).len()
    }

    /// Bytes read from clients and from the server, dropped ones included.
    pub fn bytes(&self) -> (u64, u64) {
        (self.shared.bytes_up.load(Ordering::SeqCst), self.shared.bytes_down.load(Ordering::SeqCst))
    }

    /// Waits until so many connections were accepted.
    pub fn wait_connections(&self, count: usize, limit: Duration) {
        let end = Instant::now() + limit;
        while self.connections() < count {
            assert!(Instant::now() < end, "{} of {count} connections in {limit:?}", self.connections());
            thread::sleep(TICK);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.refuse();
        self.reset();
    }
}

impl Shared {
    fn mode(&self) -> u8 {
        self.mode.load(Ordering::SeqCst)
    }
}

impl Connection {
    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for socket in [Some(&self.client), self.server.as_ref()].into_iter().flatten() {
            // With no time to linger, closing sends RST. Ending only our reading sends nothing and wakes the reader.
            let _ = rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO));
            let _ = socket.shutdown(Shutdown::Read);
        }
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The accepting thread. It polls, so that `refuse` can take the listener away between two looks.
fn accept(shared: &Arc<Shared>) {
    while !shared.ended.load(Ordering::SeqCst) {
        // Begun under the listener's lock: after `refuse` or `reset`, no earlier connection can still turn up.
        let listener = lock(&shared.listener);
        match listener.as_ref().map(TcpListener::accept) {
            Some(Ok((client, _))) => begin(shared, client),
            _ => {
                drop(listener);
                thread::sleep(TICK);
            }
        }
    }
}

fn begin(shared: &Arc<Shared>, client: TcpStream) {
    client.set_nonblocking(false).expect("blocking socket");
    let server = match shared.mode() {
        BLACKHOLE => None,
        _ => match TcpStream::connect(("127.0.0.1", shared.target.load(Ordering::SeqCst))) {
            Ok(server) => Some(server),
            // As without a proxy: nobody there, so the client's connection breaks.
            Err(_) => {
                shared.accepted.fetch_add(1, Ordering::SeqCst);
                let _ = rustix::net::sockopt::set_socket_linger(&client, Some(Duration::ZERO));
                return;
            }
        },
    };
    for socket in [Some(&client), server.as_ref()].into_iter().flatten() {
        let _ = socket.set_nodelay(true);
        // A peer that does not read must not keep a thread from seeing that its connection is cut.
        let _ = socket.set_write_timeout(Some(Duration::from_millis(100)));
    }
    let connection = Arc::new(Connection { client, server, cut: AtomicBool::new(false) });
    lock(&shared.open).push(Arc::clone(&connection));
    shared.accepted.fetch_add(1, Ordering::SeqCst);
    let (shared, down) = (Arc::clone(shared), Arc::clone(&connection));
    thread::spawn(move || {
        let downwards = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                if let Some(server) = &down.server {
                    relay(&shared, &down, server, Some(&down.client), &shared.bytes_down);
                }
            })
        };
        relay(&shared, &connection, &connection.client, connection.server.as_ref(), &shared.bytes_up);
        let _ = downwards.join();
        lock(&shared.open).retain(|other| !Arc::ptr_eq(other, &connection));
    });
}

/// Carries one direction until its end. An end is passed on like the bytes before it.
fn relay(shared: &Shared, connection: &Connection, mut from: &TcpStream, to: Option<&TcpStream>, count: &AtomicU64) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        // 0 is the end, and an error is one, too.
        let length = from.read(&mut buffer).unwrap_or(0);
        count.fetch_add(length as u64, Ordering::SeqCst);
        while shared.mode() == STALL && !connection.is_cut() {
            thread::sleep(TICK);
        }
        if connection.is_cut() {
            return;
        }
        if shared.mode() == BLACKHOLE {
            if length == 0 {
                return wait_cut(shared, connection);
            }
            continue;
        }
        let Some(mut to) = to else { return wait_cut(shared, connection) };
        if length == 0 {
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
        if !write_all(connection, &mut to, &buffer[..length]) {
            // The receiver is gone; the other direction tells the sender.
            let _ = from.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// Keeps a connection whose end nobody may learn of.
fn wait_cut(shared: &Shared, connection: &Connection) {
    while !connection.is_cut() && !shared.ended.load(Ordering::SeqCst) {
        thread::sleep(TICK);
    }
}

fn write_all(connection: &Connection, to: &mut &TcpStream, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() && !connection.is_cut() {
        match to.write(bytes) {
            Ok(0) => return false,
            Ok(length) => bytes = &bytes[length..],
            Err(error) if error.kind() == ErrorKind::WouldBlock || error.kind() == ErrorKind::TimedOut => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}
