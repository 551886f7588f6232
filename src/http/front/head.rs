//! Reading heads of requests, strictly (RFC 9112). Pure.
//!
//! What is in doubt is refused, because a proxy in front of us may have read it differently (request smuggling).

use std::borrow::Cow;
use std::net::IpAddr;

use httparse::{EMPTY_HEADER, Status};

use crate::base::limits;
use crate::http::Request;
use crate::http::headers::Headers;
use crate::http::proxy::TRUSTED;
use crate::http::refusal::Refusal;
use crate::http::server::{PEER, TICKET};

/// A request's head, found good.
#[derive(Debug)]
pub(super) struct Head {
    /// The request without its body, as faces see it. They need not know HEAD: it is GET for them, and the door cuts the
    /// body off.
    pub(super) request: Request,
    /// How the body comes.
    pub(super) framing: Framing,
    /// What to do with the connection afterwards.
    pub(super) connection: Connection,
    /// Whether the client understands chunks (HTTP/1.1).
    pub(super) takes_chunks: bool,
    /// Whether only the head of the answer is wanted.
    pub(super) is_head: bool,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub(super) expects_continue: bool,
}

/// Where a body ends (RFC 9112 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// With the last chunk.
    Chunked,
}

/// What becomes of the connection after the answer (RFC 9112 §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    /// Kept; HTTP/1.1 needs no word for it.
    Kept,
    /// Kept, and said so, because HTTP/1.0 asked.
    KeptAloud,
    /// Closed.
    Closed,
}

const EMPTY_LINE_MISSING: Refusal = Refusal::bad("lines must end with CR LF");
const URI_TOO_LONG: Refusal = Refusal::new(414, "too_large", "the request line is too long");
const HEAD_TOO_LARGE: Refusal = Refusal::new(431, "too_large", "the headers are too large or too many");
const BAD_HEAD: Refusal = Refusal::bad("this is not an HTTP request");
const BAD_TARGET: Refusal = Refusal::bad("the request target must be a path beginning with a slash");
const BAD_HEADER: Refusal = Refusal::bad("header values must be visible ASCII");
const BAD_HOST: Refusal = Refusal::bad("there must be exactly one `Host` header, a name or address and a port");
const BAD_LENGTH: Refusal = Refusal::bad("there may be one `Content-Length`, of digits only");
const BAD_FRAMING: Refusal =
    Refusal::bad("`Transfer-Encoding` must come once, with HTTP/1.1, without `Content-Length`");
const UNKNOWN_CODING: Refusal = Refusal::new(501, "bad_request", "the only transfer coding known here is chunked");
const UNKNOWN_EXPECTATION: Refusal = Refusal::new(417, "bad_request", "the only known expectation is 100-continue");
const WRONG_VERSION: Refusal = Refusal::new(505, "bad_request", "HTTP/1.0 and HTTP/1.1 are spoken here");

/// The body is longer than this path allows.
pub(super) const BODY_TOO_LARGE: Refusal = Refusal::new(413, "too_large", "the body must be at most");

/// Where the head ends, looking at the bytes from `from` on; `None` when more must be read. Says at once what would
/// never end well: a client that ends lines with LF alone would otherwise wait for us as we for it.
pub(super) fn find_end(bytes: &[u8], from: usize) -> Result<Option<usize>, Refusal> {
    // No request begins otherwise, but a TLS handshake does.
    if bytes.first().is_some_and(|byte| !byte.is_ascii_alphabetic()) {
        return Err(BAD_HEAD);
    }
    let searched = bytes.len().min(limits::HEAD_BYTES_MAX);
    for at in from..searched {
        if bytes[at] == b'\n' {
            if at == 0 || bytes[at - 1] != b'\r' {
                return Err(EMPTY_LINE_MISSING);
            }
            if bytes[..at].ends_with(b"\r\n\r") {
                return Ok(Some(at + 1));
            }
        }
    }
    match bytes.len() < limits::HEAD_BYTES_MAX {
        true => Ok(None),
        false if bytes[..searched].contains(&b'\n') => Err(HEAD_TOO_LARGE),
        false => Err(URI_TOO_LONG),
    }
}

/// What these bytes of a client begin with: a request without its body, and how many bytes its head has; `None` when more
/// must come. What the door does with every request, for who tests it without a socket.
pub fn read_head(bytes: &[u8], peer: IpAddr) -> Result<Option<(Request, usize)>, Refusal> {
    let Some(end) = find_end(bytes, 0)? else { return Ok(None) };
    Ok(Some((parse(&bytes[..end], peer)?.request, end)))
}

/// Reads a whole head of this client.
pub(super) fn parse(bytes: &[u8], peer: IpAddr) -> Result<Head, Refusal> {
    let mut headers = [EMPTY_HEADER; limits::HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Err(BAD_HEAD),
        Err(httparse::Error::TooManyHeaders) => return Err(HEAD_TOO_LARGE),
        Err(httparse::Error::Version) => return Err(version_refusal(bytes)),
        Err(_) => return Err(BAD_HEAD),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Err(BAD_HEAD);
    };
    let (authority, target) = split_target(target)?;
    let is_head = method == "HEAD";
    let (mut seen, mut headers) = (Seen::default(), Headers::with_capacity(bytes.len()));
    let mut name = String::new();
    for header in request.headers.iter() {
        let value = std::str::from_utf8(header.value).ok().filter(|value| value.is_ascii()).ok_or(BAD_HEADER)?;
        name.clear();
        name.push_str(header.name);
        name.make_ascii_lowercase();
        if !seen.note(&name, value)? {
            // RFC 9112 §3.2.2: a host in the target replaces the header.
            headers.push(&name, if name == "host" { authority.unwrap_or(value) } else { value });
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: if is_head { Cow::Borrowed("GET") } else { known_method(method) },
        path: path.to_string(),
        query: query.to_string(),
        headers,
        body: Vec::new(),
        file: None,
        peer,
    };
    let (framing, connection) = (seen.framing(minor)?, seen.connection(minor));
    // RFC 9110 §10.1.1: an expectation in HTTP/1.0 is ignored.
    let expects_continue = seen.expects_continue && minor == 1;
    Ok(Head { request, framing, connection, takes_chunks: minor == 1, is_head, expects_continue })
}

/// A method; the usual ones take no memory.
fn known_method(method: &str) -> Cow<'static, str> {
    let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"].into_iter().find(|known| *known == method);
    known.map_or_else(|| method.to_string().into(), Cow::Borrowed)
}

/// An HTTP of another version, or no HTTP at all.
fn version_refusal(bytes: &[u8]) -> Refusal {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let version = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    if version.starts_with(b"HTTP/") { WRONG_VERSION } else { BAD_HEAD }
}

/// Authority (of absolute form, RFC 9112 §3.2.2) and origin form of a request target.
fn split_target(target: &str) -> Result<(Option<&str>, &str), Refusal> {
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(BAD_TARGET);
    }
    if target.starts_with('/') {
        return Ok((None, target));
    }
    let rest = target.strip_prefix("http://").or_else(|| target.strip_prefix("https://")).ok_or(BAD_TARGET)?;
    let slash = rest.find('/').ok_or(BAD_TARGET)?;
    let (authority, path) = rest.split_at(slash);
    if authority.is_empty() || !is_host(authority) { Err(BAD_TARGET) } else { Ok((Some(authority), path)) }
}

/// What the headers say about the message itself.
#[derive(Default)]
struct Seen {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
}

impl Seen {
    /// Takes note of one header; tells whether it ends here instead of going to the faces.
    fn note(&mut self, name: &str, value: &str) -> Result<bool, Refusal> {
        match name {
            "host" => {
                self.hosts += 1;
                return if is_host(value) { Ok(false) } else { Err(BAD_HOST) };
            }
            "content-length" => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                if !digits || self.length.is_some() {
                    return Err(BAD_LENGTH);
                }
                self.length = Some(value.parse().unwrap_or(u64::MAX));
            }
            "transfer-encoding" if self.chunked => return Err(BAD_FRAMING),
            "transfer-encoding" if !value.eq_ignore_ascii_case("chunked") => return Err(UNKNOWN_CODING),
            "transfer-encoding" => self.chunked = true,
            "connection" => {
                let has = |word: &str| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
                self.close |= has("close");
                self.keep_alive |= has("keep-alive");
            }
            "expect" if !value.eq_ignore_ascii_case("100-continue") => return Err(UNKNOWN_EXPECTATION),
            "expect" => self.expects_continue = true,
            "keep-alive" | "proxy-connection" | "te" | "trailer" | "upgrade" => {}
            _ => return Ok([PEER, TICKET, TRUSTED].contains(&name)),
        }
        Ok(true)
    }

    fn framing(&self, minor: u8) -> Result<Framing, Refusal> {
        // RFC 9112 §3.2; a client of 1.0 may leave it out, but never send two.
        if self.hosts > 1 || self.hosts == 0 && minor == 1 {
            return Err(BAD_HOST);
        }
        match (self.chunked, self.length) {
            (false, length) => Ok(Framing::Length(length.unwrap_or(0))),
            (true, None) if minor == 1 => Ok(Framing::Chunked),
            (true, _) => Err(BAD_FRAMING),
        }
    }

    fn connection(&self, minor: u8) -> Connection {
        match (self.close, minor, self.keep_alive) {
            (false, 1, _) => Connection::Kept,
            (false, _, true) => Connection::KeptAloud,
            _ => Connection::Closed,
        }
    }
}

/// Characters of a host and port, without judging them further (RFC 3986 §3.2.2); user names are not among them.
fn is_host(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(&byte))
}

#[cfg(test)]
mod tests;
