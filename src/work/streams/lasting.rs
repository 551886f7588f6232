//! One call whose answer may last, a long poll, and is taken as a whole. What went wrong before anything of it went out is
//! told apart: only then nobody can have done what it asks for.
//!
//! Whoever polls comes back at once: the connection is kept for him for a moment, which spares a handshake for each answer.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use smol::future::FutureExt;
use ureq::http::Uri;

use super::exchange::{print, to_memory, to_memory_cut};
use super::head::Head;
use super::wire::Wire;
use crate::base::call::{CallError, HttpAnswer, HttpCall, Trust};
use crate::base::chunked::Decoder;
use crate::base::limits;
use crate::reactor::Timer;
use crate::work::cancel::Cancel;
use crate::work::exchange as common;

/// Connections that calls have left, of one thread.
#[derive(Default)]
pub(super) struct Parked(RefCell<Vec<Left>>);

struct Left {
    origin: String,
    trust: Trust,
    wire: Wire,
    since: Instant,
}

impl Parked {
    /// The one left last to where a call goes.
    fn take(&self, call: &HttpCall) -> Option<Wire> {
        let mut all = self.0.borrow_mut();
        all.retain(|left| left.since.elapsed() < limits::CONNECTION_KEPT);
        let is_right = |left: &Left| left.origin == call.origin() && left.trust == call.trust;
        let at = all.iter().rposition(is_right)?;
        Some(all.remove(at).wire)
    }

    fn put(&self, call: &HttpCall, wire: Wire) {
        let mut all = self.0.borrow_mut();
        all.retain(|left| left.since.elapsed() < limits::CONNECTION_KEPT);
        if all.len() < limits::CONNECTIONS_KEPT_MAX {
            let (origin, trust) = (call.origin().to_string(), call.trust.clone());
            all.push(Left { origin, trust, wire, since: Instant::now() });
        }
    }
}

/// Makes a call. It ends with its time, or when it is called off.
pub(super) async fn run(call: &HttpCall, cancel: &Cancel, parked: &Parked) -> Result<HttpAnswer, CallError> {
    let (begun, has_gone) = (Instant::now(), Cell::new(false));
    let called_off = async {
        cancel.called_off().await;
        Err(CallError::Cancelled)
    };
    let late = async {
        Timer::after(call.timeout).await;
        Err(CallError::Timeout)
    };
    let outcome = called_off.or(exchange(call, parked, &has_gone)).or(late).await;
    match outcome {
        Ok(answer) => Ok(HttpAnswer { took: begun.elapsed(), ..answer }),
        Err(error) if has_gone.get() => Err(error),
        Err(error) => Err(CallError::Unsent(Box::new(error))),
    }
}

async fn exchange(call: &HttpCall, parked: &Parked, has_gone: &Cell<bool>) -> Result<HttpAnswer, CallError> {
    let is_kept = call.is_repeatable && call.proxy.is_none();
    let (uri, request) = print(call, if is_kept { "keep-alive" } else { "close" })?;
    let left = if is_kept { parked.take(call) } else { None };
    let mut begun = None;
    if let Some(mut wire) = left {
        has_gone.set(true);
        // It may have been closed since.
        begun = ask(&mut wire, &request).await.ok().map(|head| (wire, head));
    }
    let (mut wire, head) = match begun {
        Some(begun) => begun,
        None => afresh(call, &uri, &request, has_gone).await?,
    };
    drop(request);
    let stays = !matches!(head.body, Decoder::ToEnd) && !says_close(&head);
    let taken = HttpAnswer { status: head.status, headers: common::dated(head.headers), ..HttpAnswer::default() };
    let answer = match taken.is_success() {
        true => to_memory(call, &mut wire, head.body, taken).await?,
        false => to_memory_cut(call, &mut wire, head.body, taken).await?,
    };
    if is_kept && stays && !answer.is_cut && wire.buffer.is_empty() {
        parked.put(call, wire);
    }
    Ok(answer)
}

async fn afresh(call: &HttpCall, uri: &Uri, request: &[u8], has_gone: &Cell<bool>) -> Result<(Wire, Head), CallError> {
    has_gone.set(false);
    let mut wire = Wire::open(call, uri).await?;
    has_gone.set(true);
    let head = ask(&mut wire, request).await?;
    Ok((wire, head))
}

/// Sends a request and waits for the head of its answer. Whoever does not take all of it may have answered why.
async fn ask(wire: &mut Wire, request: &[u8]) -> Result<Head, CallError> {
    let broken = wire.send(request).await.err();
    wire.head().await.map_err(|error| match (error, broken) {
        (CallError::Unreachable(_), Some(broken)) => broken,
        (error, _) => error,
    })
}

fn says_close(head: &Head) -> bool {
    let closes = |value: &str| value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
    head.headers.iter().any(|(name, value)| name == "connection" && closes(value))
}
