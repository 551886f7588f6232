//! Layer 4: our HTTP surface. Faces see only the types of this file.
//!
//! The way of a request: `front` (the door: sockets, limits, deadlines) → the faces → a [`Reply`], which is either the
//! answer or a promise of one that the door waits for. What may wait for a disk takes a longer way, through `server`
//! (tiny_http on a private socket, with a thread of its own). So nothing but the door ever holds a client's connection
//! open, and no thread waits for the engine.

pub mod front;
pub mod guard;
mod handover;
pub mod headers;
pub mod multipart;
pub mod proxy;
pub mod refusal;
pub mod route;
pub mod scrape;
pub mod server;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use crate::base::spool::SpoolFile;
use headers::{HeaderValue, Headers};

/// A whole request: bounded, well-formed, with its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`…
    pub method: Cow<'static, str>,
    /// Path without the query, percent-decoding not done: paths are matched exactly.
    pub path: String,
    /// The query without `?`, raw.
    pub query: String,
    /// The headers that are not about the connection.
    pub headers: Headers,
    /// The body, de-chunked.
    pub body: Vec<u8>,
    /// A file in the place of the body, and its size: where a body may be larger than memory should hold.
    pub file: Option<(Arc<SpoolFile>, u64)>,
    /// The other side's address.
    pub peer: IpAddr,
}

impl Request {
    /// The first header of that (lower case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Value of Content-Type.
    pub content_type: HeaderValue,
    /// Further headers.
    pub headers: Vec<(&'static str, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
    /// A file in the place of the body, and its size.
    pub file: Option<(Arc<SpoolFile>, u64)>,
    /// In the place of the body, what comes piece by piece.
    pub flow: Option<Box<Flow>>,
}

impl Response {
    /// Bytes of the body.
    pub fn body_bytes(&self) -> u64 {
        self.file.as_ref().map_or(self.body.len() as u64, |(_, bytes)| *bytes)
    }

    /// The same with one more header, unless a value made of what others said may not stand there.
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Response {
        self.headers.extend(HeaderValue::new(value).map(|value| (name, value)));
        self
    }

    /// An answer in JSON.
    pub fn json(status: u16, body: String) -> Response {
        const JSON: HeaderValue = HeaderValue::of("application/json");
        let body = body.into_bytes();
        Response { status, content_type: JSON, headers: Vec::new(), body, file: None, flow: None }
    }
}

/// A body whose length nobody knows yet. The door asks for a piece when the client has taken the one before, and drops
/// this when the client goes away.
pub struct Flow {
    /// The next piece.
    pub next: NextPiece,
    /// Written when there is no piece for a while, so that everybody on the way sees that we live.
    pub idle: &'static [u8],
    /// How long the whole may take.
    pub span: Span,
}

/// How long a whole answer may take that comes in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// As long as machines need.
    Usual,
    /// As long as somebody may wait for a person.
    Long,
}

/// A piece when it comes, and the one after it; `None` at the end.
pub struct NextPiece(pub Promise<Option<(Vec<u8>, NextPiece)>>);

/// What is there later.
pub type Promise<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flow")
    }
}

/// What a face gives for a request.
pub enum Reply {
    /// The answer is here.
    Now(Response),
    /// The answer comes later; the door waits, and drops this when the client goes away.
    Later(Promise<Response>),
}

/// A face, or all faces behind one mount table: must return at once, but for what the door was told may block.
pub type Serve = dyn Fn(Request) -> Reply + Send + Sync;

/// Asked with a head alone, before a large body is read: the refusal, or nothing if whoever sends it may. Must return at
/// once.
pub type Admit = dyn Fn(&Request) -> Promise<Option<Response>> + Send + Sync;
