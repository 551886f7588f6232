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
mod listener;
mod places;
mod print;
mod wire;

use std::cell::Cell;
use std::convert::Infallible;
use std::hash::RandomState;
use std::net::TcpStream;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use std::{io, iter};

use async_channel::{Receiver, Sender};
use smol::LocalExecutor;
use smol::future::{self, FutureExt};

use crate::base::limits;
use crate::base::spool::Spool;
use crate::http::front::body::Budget;
use crate::http::front::line::Line;
use crate::http::front::places::Places;
use crate::http::front::wire::{Duplex, Socket};
use crate::http::proxy::{Proxies, Via};
use crate::http::refusal::Refusal;
use crate::http::server::Inner;
use crate::http::{Admit, Request, Response, Span};
use crate::reactor::{Timer, Watched};
pub use head::read_head;
pub use listener::Listener;
pub use tls::Acceptor;

/// What the door is made from.
pub struct Door {
    /// Where clients come in.
    pub listeners: Vec<Listener>,
    /// With it, all connections by TCP are TLS.
    pub tls: Option<Acceptor>,
    /// Whose word counts about where a request comes from.
    pub proxies: Proxies,
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
    /// Has the door make way for another one, or ends it when all senders are gone.
    pub stop: Receiver<MakeWay>,
    /// How much and how long.
    pub limits: Limits,
}

/// Another door takes over: this one takes no more clients in, and ends when those it has are served.
#[derive(Debug)]
pub struct MakeWay {
    /// Told when it takes nobody in any more.
    pub done: Sender<()>,
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
    /// The same for one that waits for a person.
    pub flow_long: Duration,
    /// For a promised answer when the client has closed its sending side.
    pub half_closed: Duration,
    /// From the stop signal to the end of requests under way.
    pub stop: Duration,
    /// For a last request on a kept connection of a door that makes way.
    pub last: Duration,
}

impl Limits {
    /// For a whole answer that comes in pieces.
    pub(super) fn whole(&self, span: Span) -> Duration {
        match span {
            Span::Usual => self.flow,
            Span::Long => self.flow_long,
        }
    }
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
            flow_long: limits::FLOW_LONG_TIMEOUT,
            half_closed: limits::HALF_CLOSED_TIMEOUT,
            stop: limits::STOP_TIMEOUT,
            last: limits::LAST_REQUEST_TIMEOUT,
        }
    }
}

/// What all connections share.
struct Shared {
    tls: Option<Acceptor>,
    proxies: Proxies,
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
    /// Closed when the door takes no more clients in.
    stopping: Receiver<Infallible>,
    /// How long kept connections may begin another request after that.
    last: Cell<Duration>,
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

/// Serves until the stop signal; then lets the requests under way end: within `limits.stop`, or as long as they need where
/// another door has taken over.
pub async fn run(door: Door) {
    let Door { listeners, tls, proxies, inner, may_block, body_max, admit, refuse, spool, stop, limits } = door;
    let mut listeners = listener::watch(listeners);
    let (stopping, on_stopping) = async_channel::bounded(1);
    let (open, on_all_closed) = async_channel::bounded(1);
    let shared = Rc::new(Shared {
        tls,
        proxies,
        line: Line::new(inner),
        faces: Faces { may_block, body_max, admit, refuse },
        spool,
        limits,
        budgets: Budgets::new(),
        places: Places::default(),
        busy: Cell::new(0),
        hasher: RandomState::new(),
        stopping: on_stopping,
        last: Cell::new(Duration::ZERO),
    });
    // An executor of our own: its tasks end with it, whatever happens to this future.
    let connections = LocalExecutor::new();
    let keeper = shared.clone();
    connections.spawn(async move { keeper.line.run().await }).detach();
    let serve = async {
        let entry = Entry { connections: &connections, shared, open };
        let told = async { stop.recv().await.ok() };
        let makes_way = told.or(entry.accept(&mut listeners)).await;
        if makes_way.is_some() {
            entry.shared.last.set(limits.last);
            // No more than can have come before: a crowd that goes on is the next door's.
            let most = listeners.len() * limits::LISTEN_BACKLOG as usize;
            for (stream, via) in iter::from_fn(|| listener::waiting(&listeners)).take(most) {
                entry.welcome(stream, via);
            }
        }
        drop((listeners, stopping, entry));
        let stop_after = if let Some(MakeWay { done }) = makes_way {
            let _ = done.send(()).await;
            Some(limits.flow.max(limits.flow_long))
        } else {
            None
        };
        let all_closed = async {
            let _ = on_all_closed.recv().await;
        };
        all_closed.or(give_up(&stop, stop_after, limits.stop)).await;
    };
    connections.run(serve).await;
}

/// Waits until requests under way may not go on: so long after the stop signal, which comes after `most` at the latest.
async fn give_up(stop: &Receiver<MakeWay>, most: Option<Duration>, within: Duration) {
    if let Some(most) = most {
        let told = async { while stop.recv().await.is_ok() {} };
        let late = async {
            Timer::after(most).await;
        };
        told.or(late).await;
    }
    Timer::after(within).await;
}

/// Takes clients in.
struct Entry<'a, 'b> {
    connections: &'a LocalExecutor<'b>,
    shared: Rc<Shared>,
    open: Open,
}

impl Entry<'_, '_> {
    /// Takes connections in, for ever.
    async fn accept(&self, listeners: &mut [Watched<Listener>]) -> Option<MakeWay> {
        loop {
            // Welcomed before anything is waited for: when this ends no connection is in its hands.
            match listener::next(listeners).await {
                Ok((stream, via)) => self.welcome(stream, via),
                Err(error) if listener::is_of_the_client(&error) => log::debug!("http: lost in accept: {error}"),
                Err(error) => {
                    log::warn!("http: cannot accept: {error}");
                    Timer::after(limits::ACCEPT_PAUSE).await;
                }
            }
            // So that no listener starves another one, and no crowd at the door those who are in.
            if !listeners.is_empty() {
                listeners.rotate_left(1);
            }
            future::yield_now().await;
        }
    }

    /// Has a connection served, or turned away, or closes it.
    fn welcome(&self, stream: TcpStream, via: Via) {
        let (shared, max) = (&self.shared, self.shared.limits.connections_max);
        let stream = match Watched::new(stream) {
            Ok(stream) => stream,
            Err(error) => return log::warn!("http: a connection cannot be watched: {error}"),
        };
        // One of the senders is ours.
        let before = self.open.sender_count() - 1;
        if before >= max + limits::TURNED_AWAY_MAX.min(max / 4) {
            return;
        }
        let is_dear = shared.tls.is_some() && shared.places.count() >= limits::TLS_PLACES_MAX;
        let has_room = if is_dear { shared.places.free_one() } else { before < max || shared.places.free_one() };
        let room = if has_room { Room::Free } else { Room::None };
        self.connections.spawn(welcome(stream, via, room, shared.clone(), self.open.clone())).detach();
    }
}

/// Whether there is room for a newcomer.
enum Room {
    Free,
    None,
}

/// A new connection: turned away if there are too many, otherwise served, after the TLS handshake if there is one.
async fn welcome(stream: Watched<TcpStream>, via: Via, room: Room, shared: Rc<Shared>, _open: Open) {
    let tls = shared.tls.clone().filter(|_| matches!(via, Via::Tcp(_)));
    let stream: Box<dyn Duplex> = match (tls, &room) {
        (None, _) => Box::new(Socket(stream)),
        // A handshake would cost more than it says.
        (Some(_), Room::None) => return,
        (Some(tls), Room::Free) => match Box::pin(shake_hands(tls, stream, &shared)).await {
            Ok(stream) => stream,
            Err(error) => return log::debug!("http: no TLS with {}: {error}", via.address()),
        },
    };
    match room {
        Room::Free => conn::serve(stream, via, shared).await,
        Room::None => Box::pin(conn::turn_away(stream, via, shared)).await,
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
