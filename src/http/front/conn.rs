//! One client's connection, from the first byte to the last: read a request, have it answered, write, again.
//!
//! Requests are served one after the other; what a client sends ahead waits in the kernel. Each step has a deadline,
//! and while nothing happens a connection holds no buffer.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use smol::Timer;
use smol::future::{self, FutureExt};

use crate::base::limits;
use crate::http::front::Shared;
use crate::http::front::body::Chunked;
use crate::http::front::head::{self, BODY_TOO_LARGE, Connection, Framing, Head};
use crate::http::front::print::{self, Length};
use crate::http::front::wire::{Duplex, Reader, Wire};
use crate::http::refusal::Refusal;
use crate::http::server::INTERNAL;
use crate::http::{Reply, Response};

const HEAD_LATE: Refusal = Refusal::new(408, "bad_request", "The headers took too long.");
const BODY_LATE: Refusal = Refusal::new(408, "bad_request", "The body took too long.");
const BODY_CUT: Refusal = Refusal::bad("The body ended too early.");
const BODIES_FULL: Refusal = Refusal::new(503, "limit_reached", "Too much data under way at once; try again later.");
const FULL: Refusal = Refusal::new(503, "limit_reached", "Too many connections; try again later.");
const ANSWER_LATE: Refusal = Refusal::new(503, "internal", "The answer took too long.");

/// Why a connection ends.
pub(super) enum End {
    /// There is nobody to say anything to.
    Quiet,
    /// All is said.
    Polite,
    /// This remains to be said. The client may be sending still.
    Refused(Refusal),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Quiet
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> End {
        End::Refused(refusal)
    }
}

/// Serves a connection until it ends.
pub(super) async fn serve(stream: Box<dyn Duplex>, peer: IpAddr, shared: Rc<Shared>) {
    let mut conn = Conn { wire: Wire::new(stream), peer, shared, served: 0 };
    let end = loop {
        if let Err(end) = conn.idle().await {
            break end;
        }
        // Boxed, so that a thousand idle connections do not each keep room for all that a request needs.
        if let Err(end) = Box::pin(conn.turn()).await {
            break end;
        }
    };
    Box::pin(conn.finish(end)).await;
}

/// Tells a client that there is no room for it.
pub(super) async fn turn_away(stream: Box<dyn Duplex>, peer: IpAddr, shared: Rc<Shared>) {
    let mut conn = Conn { wire: Wire::new(stream), peer, shared, served: 0 };
    conn.finish(End::Refused(FULL)).await;
}

pub(super) struct Conn {
    pub(super) wire: Wire,
    peer: IpAddr,
    pub(super) shared: Rc<Shared>,
    served: u64,
}

impl Conn {
    /// One request and its answer. Every way out but the next turn is an [`End`].
    async fn turn(&mut self) -> Result<(), End> {
        let head = self.head().await?;
        let body = self.body(&head).await?;
        let (is_head, takes_chunks, mut connection) = (head.is_head, head.takes_chunks, head.connection);
        let mut response = self.ask(head, body).await?;
        let flow = response.flow.take();
        // Without chunks only the end of the connection tells the end of a flow.
        if self.shared.stopping.is_closed() || (flow.is_some() && !takes_chunks) {
            connection = Connection::Closed;
        }
        match flow {
            Some(flow) => self.send_flow(&response, *flow, connection, takes_chunks).await?,
            None => self.answer(response, connection, is_head).await?,
        }
        self.served += 1;
        if connection == Connection::Closed { Err(End::Polite) } else { Ok(()) }
    }

    /// Waits for the first byte of a request.
    async fn idle(&mut self) -> Result<(), End> {
        let limits = &self.shared.limits;
        // A fresh connection has to say soon what it wants.
        let at = Instant::now() + if self.served == 0 { limits.head } else { limits.idle };
        // Who sends ahead waits for his turn like everyone else.
        future::yield_now().await;
        loop {
            // RFC 9112 §2.2: empty lines before a request are ignored.
            while self.wire.buffer.starts_with(b"\r\n") {
                self.wire.buffer.drain(..2);
            }
            if !self.wire.buffer.is_empty() && self.wire.buffer != b"\r" {
                return Ok(());
            }
            if self.wire.buffer.is_empty() {
                self.wire.buffer = Vec::new();
            }
            let stopping = async {
                let _ = self.shared.stopping.recv().await;
                Ok(0)
            };
            if self.wire.fill(at).or(stopping).await? == 0 {
                return Err(End::Polite);
            }
        }
    }

    async fn head(&mut self) -> Result<Head, End> {
        let at = Instant::now() + self.shared.limits.head;
        let mut searched = 0;
        loop {
            if let Some(end) = head::find_end(&self.wire.buffer, searched)? {
                let head = head::parse(&self.wire.buffer[..end])?;
                self.wire.buffer.drain(..end);
                return Ok(head);
            }
            searched = self.wire.buffer.len();
            if self.wire.fill(at).await.map_err(|error| on_time(error, HEAD_LATE))? == 0 {
                return Err(End::Quiet);
            }
        }
    }

    async fn body(&mut self, head: &Head) -> Result<Vec<u8>, End> {
        let body_bytes_max = (self.shared.body_max)(&head.path);
        let mut decoder = match head.framing {
            Framing::Length(0) => return Ok(Vec::new()),
            Framing::Length(length) => match usize::try_from(length).ok().filter(|length| *length <= body_bytes_max) {
                Some(length) => Decoder::Length(length),
                None => return Err(BODY_TOO_LARGE.into()),
            },
            Framing::Chunked => Decoder::Chunked(Chunked::new(body_bytes_max)),
        };
        if head.expects_continue && self.wire.buffer.is_empty() {
            self.wire.send(print::CONTINUE, self.shared.limits.write).await?;
        }
        let at = Instant::now() + self.shared.limits.body;
        let shared = self.shared.clone();
        let mut share = shared.large_bodies.share();
        let mut body = Vec::new();
        loop {
            let used = decoder.feed(&self.wire.buffer, &mut body)?;
            self.wire.buffer.drain(..used);
            if decoder.is_done() {
                return Ok(body);
            }
            if body.len() > limits::SMALL_BODY_BYTES && !share.grow_to(body.len()) {
                return Err(BODIES_FULL.into());
            }
            if self.wire.fill(at).await.map_err(|error| on_time(error, BODY_LATE))? == 0 {
                return Err(BODY_CUT.into());
            }
        }
    }

    /// Has the request answered by the faces and waits for a promised answer.
    async fn ask(&mut self, head: Head, body: Vec<u8>) -> Result<Response, End> {
        // The inner server and the faces have deadlines of their own; this one is for bugs in them.
        // A file in the body goes on over another line, which may be slow.
        let for_size = Duration::from_secs(body.len() as u64 / limits::TRANSFER_BYTES_PER_S_MIN);
        let at = Instant::now() + self.shared.limits.idle + for_size;
        let (shared, peer) = (self.shared.clone(), self.peer);
        let asked = self.wire.watch(at, |_| shared.line.ask(head, body, peer)).await;
        let promise = match asked {
            None => return Err(ANSWER_LATE.into()),
            Some(None) => return Err(INTERNAL.into()),
            Some(Some(Reply::Later(promise))) => promise,
            Some(Some(Reply::Now(response))) => return Ok(response),
        };
        let half_closed = self.shared.limits.half_closed;
        let promise = async { Some(keep(promise).await) };
        let race = self.wire.watch(at, |reader| {
            promise.or(async move {
                gone(reader, half_closed).await;
                None
            })
        });
        match race.await {
            None => Err(ANSWER_LATE.into()),
            Some(None) => Err(End::Quiet),
            Some(Some(response)) => Ok(response),
        }
    }

    async fn answer(&mut self, response: Response, connection: Connection, is_head: bool) -> Result<(), End> {
        let mut head = print::head(&response, connection, Length::Known);
        let is_bodiless = is_head || print::is_bodiless(response.status);
        let mut body = if is_bodiless { Vec::new() } else { response.body };
        let shared = self.shared.clone();
        let mut share = shared.large_bodies.share();
        if body.len() <= limits::SMALL_BODY_BYTES {
            // A copy is cheaper than a second packet.
            head.append(&mut body);
        } else if !share.grow_to(body.len()) {
            return Err(BODIES_FULL.into());
        }
        let within = self.shared.limits.write;
        self.wire.send(&head, within).await?;
        self.wire.send(&body, within).await?;
        match response.file {
            Some((file, bytes)) if !is_bodiless => Ok(self.send_file(file.path(), bytes).await?),
            _ => Ok(()),
        }
    }

    /// Writes a file out, a stretch at a time. It was written a moment ago, so reading it does not wait for a disk.
    async fn send_file(&mut self, path: &Path, bytes: u64) -> io::Result<()> {
        let mut file = File::open(path)?;
        let mut stretch = vec![0; limits::HTTP_WRITE_BYTES];
        let mut left = bytes;
        while left > 0 {
            let most = stretch.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let count = file.read(&mut stretch[..most])?;
            if count == 0 {
                log::error!("http: a file became shorter while it was written out");
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.wire.send(&stretch[..count], self.shared.limits.write).await?;
            left -= count as u64;
        }
        Ok(())
    }

    async fn finish(&mut self, end: End) {
        let limits = self.shared.limits;
        match end {
            End::Quiet => {}
            End::Polite => self.wire.linger(0, limits.linger).await,
            End::Refused(refusal) => {
                let response = refusal.to_response();
                let mut answer = print::head(&response, Connection::Closed, Length::Known);
                answer.extend_from_slice(&response.body);
                if self.wire.send(&answer, limits.write).await.is_ok() {
                    self.wire.linger(limits::LINGER_BYTES_MAX, limits.linger).await;
                }
            }
        }
    }
}

fn on_time(error: io::Error, refusal: Refusal) -> End {
    if error.kind() == io::ErrorKind::TimedOut { End::Refused(refusal) } else { End::Quiet }
}

/// The promised answer. It is made of the faces' and the engine's code, so a panic in it ends here.
async fn keep(promise: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(promise).catch_unwind().await.unwrap_or_else(|_| {
        log::error!("http: a bug: a promised answer panicked");
        INTERNAL.to_response()
    })
}

/// Ends when the client has gone. Requests it sends ahead are no sign of that: they are kept, and once a head's worth is
/// there no more is read.
pub(super) async fn gone(mut reader: Reader<'_>, half_closed: std::time::Duration) {
    while reader.buffer.len() < limits::HEAD_BYTES_MAX {
        match reader.fill().await {
            Ok(0) => {
                // It may only have closed its side for sending, as `socat` does, and read on.
                Timer::after(half_closed).await;
                return;
            }
            Ok(_) => {}
            Err(_) => return,
        }
    }
    future::pending().await
}

/// Takes a body out of what was read.
enum Decoder {
    /// So many bytes are missing.
    Length(usize),
    Chunked(Chunked),
}

impl Decoder {
    fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, Refusal> {
        match self {
            Decoder::Chunked(chunked) => chunked.feed(input, body),
            Decoder::Length(missing) => {
                let count = input.len().min(*missing);
                body.extend_from_slice(&input[..count]);
                *missing -= count;
                Ok(count)
            }
        }
    }

    fn is_done(&self) -> bool {
        match self {
            Decoder::Chunked(chunked) => chunked.is_done(),
            Decoder::Length(missing) => *missing == 0,
        }
    }
}
