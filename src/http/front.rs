//! The door: the only one who touches clients' sockets.
//!
//! It accepts, does TLS, reads whole requests within limits and deadlines (`head`, `body`), asks the faces, those that may
//! block through the inner server (`line`), waits for promised answers and writes. Everything runs on the thread that
//! runs [`run`]; a connection costs a task, not a thread. Called by the daemon.

#[cfg(not(feature = "api-tls"))]
#[path = "front/no_tls.rs"]
mod tls;
#[cfg(feature = "api-tls")]
mod tls;
mod body;
mod busy;
mod conn;
mod flow;
mod head;
mod line;
mod places;
mod print;
mod wire;

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::hash::RandomState;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use std::{io, mem};

use async_channel::{Receiver, Sender};
use smol::LocalExecutor;
use smol::future::{self, FutureExt};

use crate::base::limits;
use crate::base::spool::Spool;
use crate::http::front::body::Budget;
use crate::http::front::line::Line;
use crate::http::front::places::Places;
use crate::http::front::wire::{Duplex, Socket};
use crate::http::refusal::Refusal;
use crate::http::server::Inner;
use crate::http::{Admit, Request, Response};
use crate::reactor::{Timer, Watched};
pub use head::read_head;
pub use tls::Acceptor;

/// What the door is made from.
pub struct Door {
    /// Where clients come in.
    pub listeners: Vec<TcpListener>,
    /// With it, all connections are TLS.
    pub tls: Option<Acceptor>,
    /// Who answers.
    pub inner: Inner,
    /// Which requests may wait for a disk: the inner server has its own thread for them.
    pub may_block: fn(&Request) -> bool,
    /// The largest body for a path. Where it is over [`limits::MEMORY_BODY_BYTES_MAX`], large ones come as files.
    pub body_max: fn(&str) -> usize,
    /// Says who may send a large one.
    pub admit: Arc<Admit>,
    /// Says why a body is not taken, in the words of whoever has the path.
    pub refuse: fn(&str, Refusal) -> Response,
    /// Where such files lie.
    pub spool: Spool,
    /// Ends the door when something arrives or all senders are gone.
    pub stop: Receiver<()>,
    /// How much and how long.
    pub limits: Limits,
}

/// The door's limits; the program uses the defaults, tests have less patience.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections.
    pub connections_max: usize,
    /// For a TLS handshake; for the first byte on a fresh connection; from it to the last header.
    pub head: Duration,
    /// From the head to the last byte of a body, beside what its size needs at [`limits::TRANSFER_BYTES_PER_S_MIN`].
    pub body: Duration,
    /// Without a request on a kept connection; also the longest that a face may take.
    pub idle: Duration,
    /// For a client to take 256 KiB of an answer.
    pub write: Duration,
    /// For reading and forgetting what a refused client still sends.
    pub linger: Duration,
    /// Without a piece of an answer that comes in pieces; then the client gets a sign of life.
    pub silence: Duration,
    /// For a whole answer that comes in pieces.
    pub flow: Duration,
    /// For a promised answer when the client has closed its sending side.
    pub half_closed: Duration,
    /// From the stop signal to the end of requests under way.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: limits::CONNECTIONS_MAX,
            head: limits::HEAD_TIMEOUT,
            body: limits::BODY_TIMEOUT,
            idle: limits::IDLE_TIMEOUT,
            write: limits::WRITE_TIMEOUT,
            linger: limits::LINGER_TIMEOUT,
            silence: limits::FLOW_SILENCE,
            flow: limits::FLOW_TIMEOUT,
            half_closed: limits::HALF_CLOSED_TIMEOUT,
            stop: limits::STOP_TIMEOUT,
        }
    }
}

/// What all connections share.
struct Shared {
    tls: Option<Acceptor>,
    line: Line,
    faces: Faces,
    spool: Spool,
    limits: Limits,
    budgets: Budgets,
    places: Places,
    /// Connections that keep the memory of a request for the next one.
    busy: Cell<usize>,
    /// Makes numbers of credentials and addresses.
    hasher: RandomState,
    /// Closed when the door is to stop.
    stopping: Receiver<Infallible>,
}

/// What those who have the paths say of requests, before they are answered.
struct Faces {
    /// Whether it may wait for a disk.
    may_block: fn(&Request) -> bool,
    /// The largest body for a path.
    body_max: fn(&str) -> usize,
    /// Who may send a large one.
    admit: Arc<Admit>,
    /// Why one is not taken.
    refuse: fn(&str, Refusal) -> Response,
}

/// What connections may take together, each no more than its share.
struct Budgets {
    /// Memory for what nobody has answered for yet.
    strangers: Budget,
    /// Memory for large bodies of those who may send them.
    bodies: Budget,
    /// The same on the disk.
    files: Budget,
    /// Memory for large answers.
    answers: Budget,
}

impl Budgets {
    fn new() -> Budgets {
        Budgets {
            strangers: Budget::new(limits::STRANGERS_BYTES_MAX),
            bodies: Budget::new(limits::LARGE_BODIES_BYTES_MAX),
            files: Budget::new(limits::FILE_BODIES_BYTES_MAX),
            answers: Budget::new(limits::LARGE_BODIES_BYTES_MAX),
        }
    }
}

/// What every connection holds while it is open: so they can be counted, and the last one's end be awaited.
type Open = Sender<Infallible>;

/// Serves until the stop signal; then lets the requests under way end, within `limits.stop`.
pub async fn run(door: Door) {
    let Door { listeners, tls, inner, may_block, body_max, admit, refuse, spool, stop, limits } = door;
    let mut listeners = listen(listeners);
    let (stopping, on_stopping) = async_channel::bounded(1);
    let (open, on_all_closed) = async_channel::bounded(1);
    let shared = Rc::new(Shared {
        tls,
        line: Line::new(inner),
        faces: Faces { may_block, body_max, admit, refuse },
        spool,
        limits,
        budgets: Budgets::new(),
        places: Places::default(),
        busy: Cell::new(0),
        hasher: RandomState::new(),
        stopping: on_stopping,
    });
    // An executor of our own: its tasks end with it, whatever happens to this future.
    let connections = LocalExecutor::new();
    let keeper = shared.clone();
    connections.spawn(async move { keeper.line.run().await }).detach();
    let serve = async {
        let stopped = async {
            let _ = stop.recv().await;
        };
        stopped.or(accept(&mut listeners, &connections, &shared, &open)).await;
        drop((mem::take(&mut listeners), stopping, shared, open));
        let all_closed = async {
            let _ = on_all_closed.recv().await;
        };
        let given_up = async {
            Timer::after(limits.stop).await;
        };
        all_closed.or(given_up).await;
    };
    connections.run(serve).await;
}

fn listen(listeners: Vec<TcpListener>) -> Vec<Watched<TcpListener>> {
    let listen =
        |listener| Watched::new(listener).inspect_err(|error| log::error!("http: cannot listen: {error}")).ok();
    listeners.into_iter().filter_map(listen).collect()
}

/// Takes connections in, for ever.
async fn accept(
    listeners: &mut [Watched<TcpListener>],
    connections: &LocalExecutor<'_>,
    shared: &Rc<Shared>,
    open: &Open,
) {
    loop {
        let connection = next(listeners).await;
        // So that no listener starves another one, and no crowd at the door those who are in.
        listeners.rotate_left(1);
        future::yield_now().await;
        match connection.and_then(|(stream, peer)| Ok((prepare(stream)?, peer))) {
            Ok((stream, peer)) => {
                // One of the senders is ours.
                let before = open.sender_count() - 1;
                let max = shared.limits.connections_max;
                if before < max + limits::TURNED_AWAY_MAX.min(max / 4) {
                    let is_dear = shared.tls.is_some() && shared.places.count() >= limits::TLS_PLACES_MAX;
                    let has_room =
                        if is_dear { shared.places.free_one() } else { before < max || shared.places.free_one() };
                    let room = if has_room { Room::Free } else { Room::None };
                    let welcome = welcome(stream, peer, room, shared.clone(), open.clone());
                    connections.spawn(welcome).detach();
                }
            }
            Err(error) if is_of_the_client(&error) => log::debug!("http: lost in accept: {error}"),
            Err(error) => {
                log::warn!("http: cannot accept: {error}");
                Timer::after(limits::ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The next connection on any listener.
async fn next(listeners: &[Watched<TcpListener>]) -> io::Result<(TcpStream, SocketAddr)> {
    poll_fn(|cx| {
        for listener in listeners {
            // Readiness first: this future is polled whenever any connection stirs, and must not cost a system call then.
            while listener.poll_readable(cx).is_ready() {
                match listener.get_ref().accept() {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => listener.note_drained(),
                    result => return Poll::Ready(result),
                }
            }
        }
        Poll::Pending
    })
    .await
}

fn prepare(stream: TcpStream) -> io::Result<Watched<TcpStream>> {
    // Answers are written whole; waiting for more to put into the packet helps nobody.
    stream.set_nodelay(true)?;
    Watched::new(stream)
}

/// Whether the client went away between knocking and coming in: no reason to pause.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | InvalidInput | NotConnected)
}

/// Whether there is room for a newcomer.
enum Room {
    Free,
    None,
}

/// A new connection: turned away if there are too many, otherwise served, after the TLS handshake if there is one.
async fn welcome(stream: Watched<TcpStream>, peer: SocketAddr, room: Room, shared: Rc<Shared>, _open: Open) {
    let peer = peer.ip().to_canonical();
    let stream: Box<dyn Duplex> = match (shared.tls.clone(), &room) {
        (None, _) => Box::new(Socket(stream)),
        // A handshake would cost more than it says.
        (Some(_), Room::None) => return,
        (Some(tls), Room::Free) => match Box::pin(shake_hands(tls, stream, &shared)).await {
            Ok(stream) => stream,
            Err(error) => return log::debug!("http: no TLS with {peer}: {error}"),
        },
    };
    match room {
        Room::Free => conn::serve(stream, peer, shared).await,
        Room::None => Box::pin(conn::turn_away(stream, peer, shared)).await,
    }
}

async fn shake_hands(tls: Acceptor, stream: Watched<TcpStream>, shared: &Shared) -> io::Result<Box<dyn Duplex>> {
    let place = shared.places.take();
    let late = async {
        let within = async {
            Timer::after(shared.limits.head).await;
        };
        within.or(place.lost()).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    tls.accept(Socket(stream)).or(late).await
}
