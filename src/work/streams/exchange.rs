//! One streamed call from its beginning to its end.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::task::{Context, Poll};
use std::time::Instant;

use smol::future::{FutureExt, yield_now};
use ureq::http::{Uri, header};

use super::head::{Head, no_http};
use super::lines::Lines;
use super::wire::Wire;
use crate::base::call::{CallError, HttpAnswer, HttpCall, Part, Pieces, Share};
use crate::base::chunked::{ChunkFault, Decoder};
use crate::base::limits;
use crate::reactor::Timer;
use crate::work::cancel::Cancel;
use crate::work::exchange::{self as common, USER_AGENT, closed_early};

/// Who takes an answer while it comes, as [`super::Taker`].
pub(super) struct Each<'a> {
    pub(super) pieces: Pieces,
    pub(super) each: &'a mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    pub(super) room: &'a mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
}

/// Makes a call. Whatever it is about, it ends with its time, or when it is called off; then its connection is closed.
pub(super) async fn run(call: &HttpCall, cancel: &Cancel, each: Each<'_>) -> Result<HttpAnswer, CallError> {
    let begun = Instant::now();
    let called_off = async {
        cancel.called_off().await;
        Err(CallError::Cancelled)
    };
    let late = async {
        Timer::after(call.timeout).await;
        Err(CallError::Timeout)
    };
    let answer = called_off.or(exchange(call, each)).or(late).await?;
    Ok(HttpAnswer { took: begun.elapsed(), ..answer })
}

async fn exchange(call: &HttpCall, each: Each<'_>) -> Result<HttpAnswer, CallError> {
    let (uri, request) = print(call, "close")?;
    let mut wire = Wire::open(call, &uri).await?;
    // Whoever does not take all of it may have answered why.
    let broken = wire.send(&request).await.err();
    drop(request);
    let head = wire.head().await.map_err(|error| match (error, broken) {
        (CallError::Unreachable(_), Some(broken)) => broken,
        (error, _) => error,
    })?;
    take(call, wire, head, each).await
}

/// The request, whose headers are found right as those of other calls are; `connection` says what becomes of it afterwards.
pub(super) fn print(call: &HttpCall, connection: &str) -> Result<(Uri, Vec<u8>), CallError> {
    let invalid = |why: &str| CallError::Invalid(why.into());
    common::check(call)?;
    if call.redirects_max > 0 {
        return Err(invalid("a streamed call follows no redirects"));
    }
    let request = common::request(call)?.body(()).map_err(|error| CallError::Invalid(error.to_string()))?;
    let (head, ()) = request.into_parts();
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let slash = if path.starts_with('/') { "" } else { "/" };
    let mut out = format!("{} {slash}{path} HTTP/1.1\r\nConnection: {connection}\r\n", call.method).into_bytes();
    let mut line = |name: &str, value: &[u8]| out.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    let authority = head.uri.authority().map_or("", |authority| authority.as_str());
    let port = if head.uri.scheme_str() == Some("https") { ":443" } else { ":80" };
    line("Host", authority.strip_suffix(port).unwrap_or(authority).as_bytes());
    for (name, value) in [(header::USER_AGENT, USER_AGENT), (header::ACCEPT, "*/*")] {
        if !head.headers.contains_key(&name) {
            line(name.as_str(), value.as_bytes());
        }
    }
    head.headers.iter().for_each(|(name, value)| line(name.as_str(), value.as_bytes()));
    out.extend_from_slice(b"\r\n");
    for part in &call.body {
        let Part::Bytes(bytes) = part else { return Err(invalid("a streamed call sends no files")) };
        out.extend_from_slice(bytes);
    }
    Ok((head.uri, out))
}

async fn take(call: &HttpCall, mut wire: Wire, head: Head, each: Each<'_>) -> Result<HttpAnswer, CallError> {
    let headers = common::dated(head.headers);
    let mut taken = HttpAnswer { status: head.status, headers, ..HttpAnswer::default() };
    let announced = match &head.body {
        Decoder::Length(length) => *length as u64,
        _ => 0,
    };
    if taken.is_success() {
        if announced > call.answer_bytes_max {
            return Err(CallError::TooLarge);
        }
        taken.body_bytes = to_each(&mut wire, head.body, call.answer_bytes_max, each).await?;
        return Ok(taken);
    }
    to_memory_cut(call, &mut wire, head.body, taken).await
}

/// Takes the body of an answer that explains an error: its beginning, if it is long.
pub(super) async fn to_memory_cut(
    call: &HttpCall,
    wire: &mut Wire,
    decoder: Decoder,
    taken: HttpAnswer,
) -> Result<HttpAnswer, CallError> {
    let max = call.answer_bytes_max.min(limits::CALL_ERROR_BYTES_MAX) as usize;
    let (mut body, mut is_cut) = (Vec::new(), false);
    let mut keep = |bytes: &[u8]| {
        let room = max - body.len();
        is_cut = bytes.len() > room;
        body.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        Ok(if is_cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    pump(wire, decoder, u64::MAX, &mut keep, &mut |_| Poll::Ready(())).await?;
    Ok(HttpAnswer { body_bytes: body.len() as u64, body, is_cut, ..taken })
}

/// Takes the whole body; one that is longer than the bound is refused.
pub(super) async fn to_memory(
    call: &HttpCall,
    wire: &mut Wire,
    decoder: Decoder,
    taken: HttpAnswer,
) -> Result<HttpAnswer, CallError> {
    let (mut body, mut share) = (Vec::new(), Share::default());
    let mut keep = |bytes: &[u8]| {
        if !share.grow_to(body.len() + bytes.len()) {
            return Err(CallError::Unreachable("too many long answers come at once".into()));
        }
        body.extend_from_slice(bytes);
        Ok(ControlFlow::Continue(()))
    };
    let count = pump(wire, decoder, call.answer_bytes_max, &mut keep, &mut |_| Poll::Ready(())).await?;
    Ok(HttpAnswer { body_bytes: count, body, share, ..taken })
}

async fn to_each(wire: &mut Wire, body: Decoder, max: u64, each: Each<'_>) -> Result<u64, CallError> {
    let Each { pieces, each, room } = each;
    if pieces == Pieces::Chunks {
        return pump(wire, body, max, &mut |bytes| Ok(each(bytes)), room).await;
    }
    let mut lines = Lines::new(limits::STREAM_LINE_BYTES_MAX);
    let mut is_ended = false;
    let mut share = Share::default();
    let mut cut = |bytes: &[u8]| {
        let flow = lines.push(bytes, each).map_err(|_| CallError::TooLarge)?;
        if !share.grow_to(lines.held()) {
            return Err(CallError::Unreachable("too many long answers come at once".into()));
        }
        is_ended = flow.is_break();
        Ok(flow)
    };
    let count = pump(wire, body, max, &mut cut, room).await?;
    if !is_ended {
        let _ = lines.end(each);
    }
    Ok(count)
}

/// Takes bytes, and may end it, well or badly.
type Take<'a> = dyn FnMut(&[u8]) -> Result<ControlFlow<()>, CallError> + 'a;

/// Hands over what comes until the end, the bound, or whoever takes it has had enough; gives how much that was.
async fn pump(
    wire: &mut Wire,
    mut decoder: Decoder,
    max: u64,
    take: &mut Take<'_>,
    room: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
) -> Result<u64, CallError> {
    let mut total = 0;
    let mut body = Vec::new();
    loop {
        let used = decoder.feed(&wire.buffer, &mut body).map_err(|fault| match fault {
            ChunkFault::Malformed => no_http("malformed chunks"),
            ChunkFault::TooLarge => CallError::TooLarge,
        })?;
        wire.forget(used);
        total += body.len() as u64;
        if total > max {
            return Err(CallError::TooLarge);
        }
        if !body.is_empty() && take(&body)?.is_break() || decoder.is_done() {
            return Ok(total);
        }
        // While nothing comes no memory is held for it.
        body = Vec::new();
        poll_fn(&mut *room).await;
        // Who speaks without a pause must not keep the others from being heard.
        yield_now().await;
        if !wire.fill().await? {
            let is_whole = matches!(decoder, Decoder::ToEnd);
            return if is_whole { Ok(total) } else { Err(closed_early()) };
        }
    }
}
