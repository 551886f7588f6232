//! One client's connection, from the first byte to the last: read a request, have it answered, write, again.
//!
//! Requests are served one after the other; what a client sends ahead waits in the kernel. Each step has a deadline,
//! and while nothing happens a connection holds no buffer.

use std::fs::File;
use std::future::Future;
use std::hash::BuildHasher;
use std::io::{self, Read, Write};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smol::future::{self, FutureExt};

use crate::base::chunked::{ChunkFault, Chunked, Decoder};
use crate::base::limits;
use crate::base::ratelimit::client_key;
use crate::base::spool::{SpoolFile, is_full};
use crate::http::front::Shared;
use crate::http::front::body::Holder;
use crate::http::front::busy::Busy;
use crate::http::front::head::{self, BODY_TOO_LARGE, Connection, Framing, Head};
use crate::http::front::places::{Place, Places};
use crate::http::front::print::{self, Length};
use crate::http::front::wire::{Duplex, Reader, Wire};
use crate::http::proxy::Via;
use crate::http::refusal::Refusal;
use crate::http::server::INTERNAL;
use crate::http::{Reply, Request, Response};
use crate::reactor::Timer;

const HEAD_LATE: Refusal = Refusal::new(408, "bad_request", "the headers took too long");
const BODY_LATE: Refusal = Refusal::new(408, "bad_request", "the body took too long");
const BODY_CUT: Refusal = Refusal::bad("the body ended too early");
const BAD_CHUNK: Refusal = Refusal::bad("the chunks of the body are malformed");
const BODIES_FULL: Refusal = Refusal::new(503, "limit_reached", "too much data under way at once; try again later");
const DISK_FULL: Refusal = Refusal::new(507, "disk_full", "the disk of the daemon is full; nothing was done");
const FULL: Refusal = Refusal::new(503, "limit_reached", "too many connections; try again later");
const ANSWER_LATE: Refusal = Refusal::new(503, "internal", "the answer took too long");

/// Why a connection ends.
pub(super) enum End {
    /// There is nobody to say anything to.
    Quiet,
    /// All is said.
    Polite,
    /// This remains to be said. The client may be sending still.
    Refused(Box<Response>),
    /// The same, in words that a face may have its own for.
    Denied(Refusal),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Quiet
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> End {
        End::Denied(refusal)
    }
}

/// A whole body.
pub(super) enum Body {
    Bytes(Vec<u8>),
    /// In a file of this size.
    File(SpoolFile, u64),
}

/// A body that is coming, where its pieces go.
struct Coming {
    /// What is in memory.
    bytes: Vec<u8>,
    file: Option<(SpoolFile, File)>,
    /// Bytes in the file.
    written: usize,
}

impl Coming {
    /// Writes out what is in memory, if there is a file for it.
    fn write_out(&mut self) -> Result<(), Refusal> {
        let Some((_, file)) = &mut self.file else { return Ok(()) };
        file.write_all(&self.bytes).map_err(|error| no_file(&error))?;
        self.written += self.bytes.len();
        self.bytes.clear();
        Ok(())
    }

    fn end(mut self) -> Result<Body, Refusal> {
        self.write_out()?;
        Ok(match self.file {
            Some((file, _)) => Body::File(file, self.written as u64),
            None => Body::Bytes(self.bytes),
        })
    }
}

fn too_large(most: usize, came: Option<u64>) -> Refusal {
    Refusal { measured: Some((most as u64, came)), ..BODY_TOO_LARGE }
}

fn no_file(error: &io::Error) -> Refusal {
    log::error!("http: a body cannot be kept in a file: {error}");
    if is_full(error) { DISK_FULL } else { INTERNAL }
}

/// Serves a connection until it ends.
pub(super) async fn serve(stream: Box<dyn Duplex>, via: Via, shared: Rc<Shared>) {
    let keeper = shared.clone();
    let mut conn = Conn { wire: Wire::new(stream), via, shared, since: Instant::now(), served: 0 };
    let end = loop {
        let place = keeper.places.take();
        let lost = async {
            place.lost().await;
            Err(End::Quiet)
        };
        match conn.idle(conn.idle_until()).or(lost).await {
            Ok(true) => {}
            Ok(false) => break End::Quiet,
            Err(end) => break end,
        }
        // Boxed, so that a thousand idle connections do not each keep room for all that a request needs; nor those that
        // take long to say what they want.
        let head = match Box::pin(conn.head(&place)).await {
            Ok(head) => head,
            Err(end) => break end,
        };
        if let Err(end) = Box::pin(conn.turns(head, place, &keeper.places)).await {
            break end;
        }
    };
    Box::pin(conn.finish(end)).await;
}

/// Tells a client that there is no room for it.
pub(super) async fn turn_away(stream: Box<dyn Duplex>, via: Via, shared: Rc<Shared>) {
    let mut conn = Conn { wire: Wire::new(stream), via, shared, since: Instant::now(), served: 0 };
    conn.finish(FULL.into()).await;
}

pub(super) struct Conn {
    pub(super) wire: Wire,
    via: Via,
    pub(super) shared: Rc<Shared>,
    /// When it began, or was answered.
    since: Instant,
    served: u64,
}

impl Conn {
    /// A request and its answer, and those that follow at once: a client that sends one after the other is served without
    /// memory being taken and given back each time. Only a whole head counts as following, so that nobody keeps it by
    /// being slow.
    async fn turns<'a>(&mut self, head: Head, place: Place<'a>, places: &'a Places) -> Result<(), End> {
        let (mut head, mut place) = (head, place);
        loop {
            self.turn(head, place).await?;
            let Some(_busy) = Busy::take(&self.shared) else { return Ok(()) };
            let next = places.take();
            let lost = async {
                next.lost().await;
                Err(End::Quiet)
            };
            let at = self.idle_until().min(self.since + limits::BUSY_FOR);
            if !self.idle(at).or(lost).await? {
                return Ok(());
            }
            let Some(end) = head::find_end(&self.wire.buffer, 0)? else { return Ok(()) };
            head = self.take_head(end)?;
            place = next;
        }
    }

    /// The head that ends there in the buffer.
    fn take_head(&mut self, end: usize) -> Result<Head, End> {
        let mut head = head::parse(&self.wire.buffer[..end], self.via.address())?;
        self.wire.buffer.drain(..end);
        self.shared.proxies.resolve(&mut head.request, self.via);
        Ok(head)
    }

    /// Until when a connection may say nothing. A fresh one has to say soon what it wants.
    fn idle_until(&self) -> Instant {
        self.since + if self.served == 0 { self.shared.limits.head } else { self.shared.limits.idle }
    }

    /// One request and its answer. Every way out but the next turn is an [`End`].
    async fn turn(&mut self, head: Head, place: Place<'_>) -> Result<(), End> {
        let holder = self.holder(&head);
        let body = self.body(&head, place, holder).await.map_err(|end| match end {
            End::Denied(refusal) => End::Refused(Box::new((self.shared.faces.refuse)(&head.request.path, refusal))),
            end => end,
        })?;
        let (is_head, takes_chunks, mut connection) = (head.is_head, head.takes_chunks, head.connection);
        let mut request = head.request;
        let client = request.peer;
        match body {
            Body::Bytes(bytes) => request.body = bytes,
            Body::File(file, bytes) => request.file = Some((Arc::new(file), bytes)),
        }
        let mut response = self.ask(request).await?;
        if matches!(response.status, 401 | 403 | 429) {
            log::debug!("http: {} for {client}", response.status);
        }
        let flow = response.flow.take();
        // Without chunks only the end of the connection tells the end of a flow.
        if self.shared.stopping.is_closed() || (flow.is_some() && !takes_chunks) {
            connection = Connection::Closed;
        }
        match flow {
            Some(flow) => {
                let length = if takes_chunks { Length::Chunked } else { Length::Unknown };
                self.send_flow(&response, *flow, connection, length).await?;
            }
            None => self.answer(response, connection, is_head, holder).await?,
        }
        self.served += 1;
        self.since = Instant::now();
        if connection == Connection::Closed { Err(End::Polite) } else { Ok(()) }
    }

    /// Waits for the first byte of a request; false when there is none until `at`.
    async fn idle(&mut self, at: Instant) -> Result<bool, End> {
        // Who sends ahead waits for his turn like everyone else.
        future::yield_now().await;
        loop {
            // RFC 9112 §2.2: empty lines before a request are ignored.
            while self.wire.buffer.starts_with(b"\r\n") {
                self.wire.buffer.drain(..2);
            }
            if !self.wire.buffer.is_empty() && self.wire.buffer != b"\r" {
                return Ok(true);
            }
            if self.wire.buffer.is_empty() {
                self.wire.buffer = Vec::new();
            }
            let stopping = async {
                let _ = self.shared.stopping.recv().await;
                // A request may be on its way to a door that makes way for another one.
                Timer::after(self.shared.last.get()).await;
                Ok(0)
            };
            match self.wire.fill(at).or(stopping).await {
                Ok(0) => return Err(End::Polite),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn head(&mut self, place: &Place<'_>) -> Result<Head, End> {
        let at = Instant::now() + self.shared.limits.head;
        let shared = self.shared.clone();
        let address = self.via.address();
        let mut share = shared.budgets.strangers.share(shared.hasher.hash_one(client_key(address)));
        let mut searched = 0;
        loop {
            if let Some(end) = head::find_end(&self.wire.buffer, searched)? {
                return self.take_head(end);
            }
            searched = self.wire.buffer.len();
            if !share.grow_to(searched.saturating_sub(limits::STRANGER_BYTES_FREE)) {
                return Err(BODIES_FULL.into());
            }
            if self.fill(at, Some(place)).await.map_err(|error| on_time(error, HEAD_LATE))? == 0 {
                return Err(End::Quiet);
            }
        }
    }

    /// Reads more; a connection that has a place yet may lose it meanwhile.
    async fn fill(&mut self, at: Instant, place: Option<&Place<'_>>) -> io::Result<usize> {
        let lost = async {
            match place {
                Some(place) => place.lost().await,
                None => future::pending().await,
            }
            Err(io::ErrorKind::ConnectionAborted.into())
        };
        self.wire.fill(at).or(lost).await
    }

    /// Whose share of what there is for all this request takes: its credentials', else its address's.
    fn holder(&self, head: &Head) -> Holder {
        match head.request.header("authorization") {
            Some(value) => self.shared.hasher.hash_one(value),
            None => self.shared.hasher.hash_one(client_key(head.request.peer)),
        }
    }

    /// A large body is read only from those who may send one, and slow ones are cut off.
    async fn body(&mut self, head: &Head, place: Place<'_>, holder: Holder) -> Result<Body, End> {
        let shared = self.shared.clone();
        let body_bytes_max = (shared.faces.body_max)(&head.request.path);
        let (mut decoder, length) = match head.framing {
            Framing::Length(0) => return Ok(Body::Bytes(Vec::new())),
            Framing::Length(length) => match usize::try_from(length).ok().filter(|length| *length <= body_bytes_max) {
                Some(length) => (Decoder::Length(length), Some(length)),
                None => return Err(too_large(body_bytes_max, Some(length).filter(|length| *length < u64::MAX)).into()),
            },
            Framing::Chunked => (Decoder::Chunked(Chunked::new(body_bytes_max)), None),
        };
        let mut place = Some(place);
        let mut coming = Coming { bytes: Vec::new(), file: None, written: 0 };
        let asks = head.expects_continue && self.wire.buffer.is_empty();
        if length.map_or(asks, |length| length > limits::SMALL_BODY_BYTES) {
            self.admit(head, &mut place, &mut coming).await?;
        }
        if asks {
            self.wire.send(print::CONTINUE, shared.limits.write).await?;
        }
        let begun = Instant::now();
        let address = shared.hasher.hash_one(client_key(head.request.peer));
        let (mut small, mut large) = (shared.budgets.strangers.share(address), shared.budgets.bodies.share(holder));
        let mut on_disk = shared.budgets.files.share(holder);
        let mut received = 0;
        loop {
            let used = decoder.feed(&self.wire.buffer, &mut coming.bytes).map_err(|fault| match fault {
                ChunkFault::TooLarge => too_large(body_bytes_max, None),
                ChunkFault::Malformed => BAD_CHUNK,
            })?;
            self.wire.buffer.drain(..used);
            if decoder.is_done() {
                return Ok(coming.end()?);
            }
            let held = coming.bytes.len() + self.wire.buffer.len();
            if place.is_some() {
                let has_room = small.grow_to(held.saturating_sub(limits::STRANGER_BYTES_FREE));
                if held > limits::SMALL_BODY_BYTES || !has_room {
                    self.admit(head, &mut place, &mut coming).await?;
                }
            }
            if place.is_none() {
                coming.write_out()?;
                let has_room = match coming.file {
                    Some(_) => on_disk.grow_to(coming.written),
                    None => large.grow_to(coming.bytes.len()),
                };
                if !has_room {
                    return Err(BODIES_FULL.into());
                }
            }
            // A steady client may take as long as it needs.
            let needed = Duration::from_millis(received * 1_000 / limits::TRANSFER_BYTES_PER_S_MIN);
            let at = begun + shared.limits.body + needed;
            match self.fill(at, place.as_ref()).await.map_err(|error| on_time(error, BODY_LATE))? {
                0 => return Err(BODY_CUT.into()),
                count => received += count as u64,
            }
        }
    }

    /// Asks the face whether whoever sends this may send a large body, and prepares for it.
    async fn admit(&mut self, head: &Head, place: &mut Option<Place<'_>>, coming: &mut Coming) -> Result<(), End> {
        let at = Instant::now() + self.shared.limits.idle;
        let refusal = (self.shared.faces.admit)(&head.request);
        let refused = self.wire.watch(at, |_| AssertUnwindSafe(refusal).catch_unwind()).await;
        match refused {
            None => return Err(ANSWER_LATE.into()),
            Some(Err(_)) => return Err(INTERNAL.into()),
            Some(Ok(Some(response))) => return Err(End::Refused(Box::new(response))),
            Some(Ok(None)) => *place = None,
        }
        if (self.shared.faces.body_max)(&head.request.path) > limits::MEMORY_BODY_BYTES_MAX {
            coming.file = Some(self.shared.spool.create().map_err(|error| no_file(&error))?);
        }
        Ok(())
    }

    /// Has the request answered by the faces and waits for a promised answer.
    async fn ask(&mut self, request: Request) -> Result<Response, End> {
        // Who answers has deadlines of his own; this one is for bugs there.
        // A file in the body goes on over another line, which may be slow.
        let bytes = request.file.as_ref().map_or(request.body.len() as u64, |(_, bytes)| *bytes);
        let for_size = Duration::from_secs(bytes / limits::TRANSFER_BYTES_PER_S_MIN);
        let at = Instant::now() + self.shared.limits.idle + for_size;
        let reply = if (self.shared.faces.may_block)(&request) {
            let shared = self.shared.clone();
            match self.wire.watch(at, |_| shared.line.ask(request)).await {
                None => return Err(ANSWER_LATE.into()),
                Some(None) => return Err(INTERNAL.into()),
                Some(Some(reply)) => reply,
            }
        } else {
            self.shared.line.answer(request)
        };
        let promise = match reply {
            Reply::Later(promise) => promise,
            Reply::Now(response) => return Ok(response),
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

    async fn answer(
        &mut self,
        response: Response,
        connection: Connection,
        is_head: bool,
        holder: Holder,
    ) -> Result<(), End> {
        let mut head = print::head(&response, connection, Length::Known);
        let is_bodiless = is_head || print::is_bodiless(response.status);
        let mut body = if is_bodiless { Vec::new() } else { response.body };
        let shared = self.shared.clone();
        let mut share = shared.budgets.answers.share(holder);
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
            Some((file, bytes)) if !is_bodiless => Ok(self.send_file(&file, bytes).await?),
            _ => Ok(()),
        }
    }

    /// Writes a file out, a stretch at a time. It was written a moment ago, so reading it does not wait for a disk.
    async fn send_file(&mut self, lying: &SpoolFile, bytes: u64) -> io::Result<()> {
        let mut file = lying.open()?;
        let mut stretch = vec![0; limits::FILE_STRETCH_BYTES];
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
        let response = match end {
            End::Quiet => return,
            End::Polite => return self.wire.linger(0, limits.linger).await,
            End::Refused(response) => *response,
            End::Denied(refusal) => refusal.to_response(),
        };
        let mut answer = print::head(&response, Connection::Closed, Length::Known);
        answer.extend_from_slice(&response.body);
        if self.wire.send(&answer, limits.write).await.is_ok() {
            self.wire.linger(limits::LINGER_BYTES_MAX, limits.linger).await;
        }
    }
}

fn on_time(error: io::Error, refusal: Refusal) -> End {
    if error.kind() == io::ErrorKind::TimedOut { refusal.into() } else { End::Quiet }
}

/// The promised answer. It is made of the faces' and the engine's code, so a panic in it ends here.
async fn keep(promise: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(promise).catch_unwind().await.unwrap_or_else(|_| {
        log::error!("http: a bug, please report it: what makes an answer panicked");
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
