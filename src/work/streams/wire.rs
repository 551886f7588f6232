//! The connection of a streamed call: opened as other calls' are, to the same addresses and with the same trust.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use rustls::pki_types::ServerName;
use smol::future::FutureExt;
use smol::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use ureq::Proxy;
use ureq::http::Uri;

use super::head::{self, Head};
use crate::base::call::{CallError, HttpCall};
use crate::base::{limits, text};
use crate::reactor::{Socket, Timer};
use crate::work::exchange::{closed_early, from_io, proxy};
use crate::work::resolve;
use crate::work::tls::{self, Certificate};

/// TCP, or TLS over it.
enum Stream {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl Stream {
    fn reader(&mut self) -> &mut (dyn AsyncRead + Unpin) {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => &mut **stream,
        }
    }

    fn writer(&mut self) -> &mut (dyn AsyncWrite + Unpin) {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => &mut **stream,
        }
    }
}

/// A connection, and what was read from it but not used yet. Dropping it closes it.
pub(super) struct Wire {
    stream: Stream,
    pub(super) buffer: Vec<u8>,
    silence_max: Option<Duration>,
}

impl Wire {
    /// Connects to where a call goes, by its proxy if it has one.
    pub(super) async fn open(call: &HttpCall, uri: &Uri) -> Result<Wire, CallError> {
        let proxy = proxy(call)?;
        let place = proxy.as_ref().map_or(uri, Proxy::uri);
        let addresses = resolve::find(place, call.reach).await?;
        within(Some(call.connect_timeout), connect(call, uri, proxy.as_ref(), &addresses)).await
    }

    fn new(stream: Stream, silence_max: Option<Duration>) -> Wire {
        Wire { stream, buffer: Vec::new(), silence_max }
    }

    /// Writes all.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), CallError> {
        let work = async {
            let writer = self.stream.writer();
            writer.write_all(bytes).await.map_err(from_io)?;
            writer.flush().await.map_err(from_io)
        };
        within(self.silence_max, work).await
    }

    /// Reads more into the buffer; false at the end. Waiting needs no memory but the task's own.
    pub(super) async fn fill(&mut self) -> Result<bool, CallError> {
        let (stream, buffer) = (&mut self.stream, &mut self.buffer);
        let work = poll_fn(|cx| {
            let mut chunk = [0; limits::STREAM_READ_BYTES];
            let count = match ready!(Pin::new(stream.reader()).poll_read(cx, &mut chunk)) {
                // Of TLS, whose end some servers do not say. Whether it was the answer's, its lines tell.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
                read => read.map_err(from_io)?,
            };
            buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
            Poll::Ready(Ok(count > 0))
        });
        within(self.silence_max, work).await
    }

    /// So many bytes were used.
    pub(super) fn forget(&mut self, used: usize) {
        self.buffer.drain(..used);
        if self.buffer.is_empty() {
            self.buffer = Vec::new();
        }
    }

    /// Reads the head of the answer; those that only say that it is under way are passed over.
    pub(super) async fn head(&mut self) -> Result<Head, CallError> {
        let mut passed = 0;
        loop {
            match head::parse(&self.buffer)? {
                Some((head, used)) => {
                    self.forget(used);
                    passed += used;
                    match head.status {
                        100 | 102..200 if passed <= limits::ANSWER_HEAD_BYTES_MAX => {}
                        100 | 102..200 => return Err(head::too_long()),
                        _ => return Ok(head),
                    }
                }
                None if self.fill().await? => {}
                None => return Err(closed_early()),
            }
        }
    }
}

/// What `work` gives, unless it takes longer.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
    let late = async {
        match limit {
            Some(limit) => Timer::after(limit).await,
            None => std::future::pending().await,
        };
        Err(CallError::Timeout)
    };
    work.or(late).await
}

async fn connect(
    call: &HttpCall,
    uri: &Uri,
    proxy: Option<&Proxy>,
    addresses: &[SocketAddr],
) -> Result<Wire, CallError> {
    let mut stream = Stream::Plain(dial(addresses, call.connect_timeout).await?);
    if let Some(proxy) = proxy {
        let mut wire = Wire::new(stream, None);
        pass(&mut wire, uri, proxy).await?;
        stream = wire.stream;
    }
    if uri.scheme_str() == Some("https") {
        let host = uri.host().unwrap_or_default();
        let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']').to_string());
        let name = name.map_err(|_| CallError::Tls("the host is no name a certificate can have".into()))?;
        let config = tls::config(&call.trust, Certificate::Verified)?;
        if let Stream::Plain(socket) = stream {
            stream = Stream::Tls(Box::new(TlsConnector::from(config).connect(name, socket).await.map_err(from_io)?));
        }
    }
    Ok(Wire::new(stream, call.silence_max))
}

/// Tries the addresses in order, each with its share of the time, the last one with all that is left.
async fn dial(addresses: &[SocketAddr], limit: Duration) -> Result<Socket, CallError> {
    let end = Instant::now() + limit;
    let mut last = CallError::Unreachable("cannot connect".into());
    for (address, to_try) in addresses.iter().zip((1..=addresses.len() as u32).rev()) {
        let share = end.saturating_duration_since(Instant::now()) / to_try;
        let open = async { Socket::connect(*address).await.map_err(from_io) };
        match within(Some(share), open).await {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Has a proxy connect us to where the call goes (RFC 9110 §9.3.6).
async fn pass(wire: &mut Wire, uri: &Uri, proxy: &Proxy) -> Result<(), CallError> {
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let place = format!("{}:{port}", uri.host().unwrap_or_default());
    let login = proxy.username().map(|user| {
        let pair = format!("{user}:{}", proxy.password().unwrap_or_default());
        format!("Proxy-Authorization: Basic {}\r\n", text::base64(pair.as_bytes()))
    });
    let login = login.unwrap_or_default();
    wire.send(format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{login}\r\n").as_bytes()).await?;
    let refused = || CallError::Unreachable("the proxy refused to connect us".into());
    let head = wire.head().await.map_err(|_| refused())?;
    // What came behind it would be lost.
    let is_through = (200..300).contains(&head.status) && wire.buffer.is_empty();
    if is_through { Ok(()) } else { Err(refused()) }
}
