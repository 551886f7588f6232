//! One call from its beginning to its end: checks it, lets ureq speak HTTP over our connection, puts the answer where
//! it belongs, and says in plain words what went wrong.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use ureq::http::{self, HeaderValue, Request, Response};
use ureq::unversioned::transport::{ConnectProxyConnector, Connector};
use ureq::{Agent, Body as AnswerBody, Proxy, SendBody};

use super::body::{Body, no_key};
use super::cancel::Cancel;
use super::kept::{Keeping, Kept, Use};
use super::link::Tcp;
use super::picture;
use super::resolve::Names;
use super::tls::{self, Certificate, Tls};
use crate::base::call::{CallError, HttpAnswer, HttpCall, Reach, SEALED_FILE_EXTRA, Share};
use crate::base::limits;
use crate::base::spool::is_full;
use crate::base::time::to_http_date;
use crate::omemo::{Decrypter, FileKey};

/// Who we say we are.
pub(super) const USER_AGENT: &str = concat!("botmother/", env!("CARGO_PKG_VERSION"));

/// Makes a call.
pub(super) fn run(
    call: &HttpCall,
    certificate: Certificate,
    cancel: &Cancel,
    kept: Option<&Kept>,
) -> Result<HttpAnswer, CallError> {
    let begun = Instant::now();
    let by = kept.filter(|_| call.save_to.is_none()).and_then(|kept| Use::by(call, kept, cancel));
    let mut result = exchange(call, certificate, cancel, by.clone());
    if let Some(by) = by.filter(|by| by.was_stale() && !cancel.is_cancelled())
        && matches!(result, Err(CallError::Unreachable(_)))
    {
        result = exchange(call, certificate, cancel, Some(by.afresh()));
    }
    let result = result.map(|answer| HttpAnswer { took: begun.elapsed(), ..answer });
    // Whatever a socket that was shut down under it looked like, also a good end.
    if cancel.is_cancelled() {
        if let (Ok(_), Some(path)) = (&result, &call.save_to) {
            let _ = std::fs::remove_file(path);
        }
        return Err(CallError::Cancelled);
    }
    result
}

fn exchange(
    call: &HttpCall,
    certificate: Certificate,
    cancel: &Cancel,
    by: Option<Use>,
) -> Result<HttpAnswer, CallError> {
    if cancel.is_cancelled() {
        return Err(CallError::Cancelled);
    }
    check(call)?;
    let agent = agent(call, certificate, cancel, by)?;
    let request = request(call)?;
    let answer = if call.body.is_empty() {
        agent.run(request.body(()).map_err(|error| CallError::Invalid(error.to_string()))?)
    } else {
        let mut body = Body::open(&call.body)?;
        let body = SendBody::from_reader(&mut body);
        agent.run(request.body(body).map_err(|error| CallError::Invalid(error.to_string()))?)
    };
    take(call, answer.map_err(CallError::from)?)
}

/// What ureq would get wrong, or say in words that repeat the URL.
pub(super) fn check(call: &HttpCall) -> Result<(), CallError> {
    let wrong = |why: &str| Err(CallError::Invalid(why.to_string()));
    if !call.url.is_ascii() {
        return wrong("the URL must be in ASCII: a host name in its xn-- form, all else as %XX");
    }
    let Ok(uri) = call.url.parse::<http::Uri>() else { return wrong("the URL is not one") };
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return wrong("the URL must begin with https:// or http:// and a host");
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return wrong("the URL must not contain a user name or password");
    }
    // ureq would take a port it cannot read for none.
    if uri.port_u16().is_none_or(|port| port == 0) && uri.host() != Some(authority) {
        return wrong("the URL's port must be a number from 1 to 65535");
    }
    if call.redirects_max > 0 && !call.secret_headers.is_empty() {
        return wrong("a call with credentials cannot follow redirects");
    }
    if call.proxy.is_some() && call.reach == Reach::PublicOnly {
        return wrong("a call that is for public addresses only cannot go through a proxy");
    }
    Ok(())
}

fn agent(call: &HttpCall, certificate: Certificate, cancel: &Cancel, by: Option<Use>) -> Result<Agent, CallError> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(call.url.starts_with("https:"))
        .max_redirects(call.redirects_max)
        .max_redirects_will_error(false)
        .proxy(proxy(call)?)
        .timeout_global(Some(call.timeout))
        .timeout_connect(Some(call.connect_timeout))
        .max_response_header_size(limits::ANSWER_HEAD_BYTES_MAX)
        .input_buffer_size(limits::CALL_READ_BYTES)
        .output_buffer_size(limits::CALL_WRITE_BYTES)
        .max_idle_connections(0)
        .user_agent(USER_AGENT)
        .build();
    let tcp = Tcp { cancel: cancel.clone(), silence_max: call.silence_max, socket: call.socket.clone() };
    let tls = Tls { config: tls::config(&call.trust, certificate)? };
    let connector = Keeping { open: ().chain(ConnectProxyConnector::default()).chain(tcp).chain(tls), by };
    Ok(Agent::with_parts(config, connector, Names { reach: call.reach, cancel: cancel.clone() }))
}

/// The proxy a call goes through, if any.
pub(super) fn proxy(call: &HttpCall) -> Result<Option<Proxy>, CallError> {
    let Some(url) = &call.proxy else { return Ok(None) };
    if !url.expose().starts_with("http://") {
        return Err(CallError::Invalid("the proxy's URL must begin with http://".into()));
    }
    Proxy::new(url.expose()).map(Some).map_err(|_| CallError::Invalid("the proxy's URL is not one".into()))
}

/// The head of a request, whose headers are right.
pub(super) fn request(call: &HttpCall) -> Result<http::request::Builder, CallError> {
    let mut request = Request::builder().method(call.method).uri(&call.url);
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    for (name, value) in &call.secret_headers {
        let invalid = || CallError::Invalid(format!("the value of {name} has characters a header cannot have"));
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        request = request.header(*name, value);
    }
    // RFC 9110 §8.6: a method that is about a body says also that there is none.
    if !call.body.is_empty() || matches!(call.method, "POST" | "PUT" | "PATCH") {
        request = request.header("Content-Length", call.body_bytes());
    }
    Ok(request)
}

fn take(call: &HttpCall, answer: Response<AnswerBody>) -> Result<HttpAnswer, CallError> {
    let status = answer.status().as_u16();
    let header = |(name, value): (&http::HeaderName, &HeaderValue)| {
        Some((name.as_str().to_string(), value.to_str().ok()?.to_string()))
    };
    let headers = dated(answer.headers().iter().filter_map(header).collect());
    let announced = answer.body().content_length();
    let reader = answer.into_body().into_reader();
    let mut taken = HttpAnswer { status, headers, ..HttpAnswer::default() };
    let Some(path) = &call.save_to else { return to_memory(taken, reader, call.answer_bytes_max) };
    if !taken.is_success() {
        return to_memory(taken, reader, call.answer_bytes_max.min(limits::CALL_ERROR_BYTES_MAX));
    }
    if announced.is_some_and(|announced| announced > call.answer_bytes_max) {
        return Err(CallError::TooLarge);
    }
    taken.body_bytes = to_file(reader, call, path)?;
    if call.into_png
        && let Some(bytes) = picture::to_png(path)
    {
        (taken.body_bytes, taken.is_png) = (bytes, true);
    }
    Ok(taken)
}

/// An answer's headers with the time (RFC 9110 §6.6.1: whoever has a clock adds it).
pub(super) fn dated(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    if !headers.iter().any(|(name, _)| name == "date") {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        headers.push(("date".to_string(), to_http_date(unix)));
    }
    headers
}

fn to_memory(mut taken: HttpAnswer, mut reader: impl Read, max: u64) -> Result<HttpAnswer, CallError> {
    let mut share = Share::default();
    let mut whole = Vec::new();
    // One byte more tells whether that was all; when it does not come, nothing is lost.
    let ended = pump_within(&mut reader, max, &mut |bytes| {
        if !share.grow_to(whole.len() + bytes.len()) {
            return Err(CallError::Unreachable("too many long answers come at once".into()));
        }
        whole.extend_from_slice(bytes);
        Ok(())
    })?;
    taken.body_bytes = whole.len() as u64;
    taken.is_cut = !ended && !matches!(reader.read(&mut [0]), Ok(0));
    if taken.is_cut {
        // Of no use but for what it says of an error.
        whole.truncate(limits::CALL_ERROR_BYTES_MAX as usize);
        whole.shrink_to_fit();
        share = Share::default();
    }
    (taken.body, taken.share) = (whole, share);
    Ok(taken)
}

fn to_file(reader: impl Read, call: &HttpCall, path: &Path) -> Result<u64, CallError> {
    let key = call.open_with.as_ref().map(|key| FileKey::parse(key.expose()).ok_or_else(no_key)).transpose()?;
    let failed = |error: io::Error| match is_full(&error) {
        true => CallError::Full,
        false => CallError::File(format!("{} cannot be written: {error}", path.display())),
    };
    // Whoever sends it to us is a stranger, and it may be private.
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let mut write = |bytes: &[u8]| file.write_all(bytes).map_err(failed);
    let outcome = match key {
        Some(key) => decrypt(reader, call.answer_bytes_max, Decrypter::new(&key), &mut write),
        None => pump(reader, call.answer_bytes_max, &mut write),
    };
    if outcome.is_err() {
        let _ = std::fs::remove_file(path);
    }
    outcome
}

/// Decrypts what comes. Only when it was all there and unaltered it counts.
fn decrypt(
    reader: impl Read,
    max: u64,
    mut decrypter: Decrypter,
    write: &mut dyn FnMut(&[u8]) -> Result<(), CallError>,
) -> Result<u64, CallError> {
    let mut plain = Vec::new();
    let count = pump(reader, max, &mut |bytes| {
        plain.clear();
        decrypter.update(bytes, &mut plain).map_err(|_| CallError::Altered)?;
        write(&plain)
    })?;
    decrypter.finish().map_err(|_| CallError::Altered)?;
    Ok(count.saturating_sub(SEALED_FILE_EXTRA))
}

/// Takes bytes.
type Taker<'a> = dyn FnMut(&[u8]) -> Result<(), CallError> + 'a;

/// Hands over what comes until the end or the bound; says whether that was all.
fn pump_within(reader: &mut impl Read, max: u64, each: &mut Taker<'_>) -> Result<bool, CallError> {
    let count = pump(reader.by_ref().take(max), max, each)?;
    Ok(count < max)
}

/// Hands over what comes until the end or the bound.
fn pump(mut reader: impl Read, max: u64, each: &mut Taker<'_>) -> Result<u64, CallError> {
    let mut buffer = vec![0; limits::CALL_PIECE_BYTES];
    let mut total = 0;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CallError::from(ureq::Error::from(error))),
        };
        total += count as u64;
        if total > max {
            return Err(CallError::TooLarge);
        }
        each(buffer.get(..count).unwrap_or_default())?;
    }
}

/// Nothing of ureq's words that may repeat a URL or what the other side sent.
impl From<ureq::Error> for CallError {
    fn from(error: ureq::Error) -> CallError {
        use ureq::Error as E;
        match error {
            E::Timeout(_) => CallError::Timeout,
            E::Io(error) => from_io(error),
            E::Other(other) => match other.downcast::<CallError>() {
                Ok(ours) => *ours,
                Err(_) => CallError::Internal,
            },
            E::HostNotFound => CallError::Unreachable("the name service does not know the host".into()),
            E::ConnectionFailed => CallError::Unreachable("cannot connect".into()),
            E::ConnectProxyFailed(_) => CallError::Unreachable("the proxy refused to connect us".into()),
            E::Tls(why) => CallError::Tls(why.into()),
            E::TlsRequired => CallError::Tls("TLS is missing".into()),
            E::RequireHttpsOnly(_) => CallError::Invalid("redirected from https to plain http".into()),
            E::RedirectFailed | E::TooManyRedirects => CallError::NotHttp("the redirect leads nowhere".into()),
            E::LargeResponseHeader(..) => CallError::NotHttp("the answer's head is too long".into()),
            E::BadUri(_) => CallError::Invalid("the URL, or the one it redirects to, is not one".into()),
            E::Http(error) => CallError::Invalid(error.to_string()),
            other => {
                // Of these only the name of the kind: the rest may quote.
                let text = format!("{other:?}");
                let kind = text.strip_prefix("Protocol(").unwrap_or(&text).split(['(', ' ', '{']).next();
                CallError::NotHttp(format!("the answer is no proper HTTP ({})", kind.unwrap_or_default()))
            }
        }
    }
}

/// What a socket or TLS found wrong.
pub(super) fn from_io(error: io::Error) -> CallError {
    if let Some(ours) = error.get_ref().and_then(|inner| inner.downcast_ref::<CallError>()) {
        return ours.clone();
    }
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls::explain(error);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => CallError::Refused,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => CallError::Timeout,
        io::ErrorKind::InvalidData => CallError::Tls(error.to_string()),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => closed_early(),
        _ => CallError::Unreachable(error.to_string()),
    }
}

/// The connection ended before the answer did.
pub(super) fn closed_early() -> CallError {
    CallError::Unreachable("the other side closed the connection before the answer was complete".into())
}
