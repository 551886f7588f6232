//! `/livez` and `/readyz`, for whoever restarts the daemon or leads others to it: 200 or 503, within seconds whatever happens.
//!
//! Live is a daemon whose engine takes a question and could commit; ready is one whose accounts are signed in at servers that
//! answer. A server that is down makes it not ready, and starting it again would not help.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::base::json::{self, Object};
use crate::base::limits;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Caller, Outcome, Question, Readiness};
use crate::face::Context;
use crate::http::{Reply, Request, Response};

/// `GET /livez`.
pub(super) fn live(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Live)
}

/// `GET /readyz`.
pub(super) fn ready(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Ready)
}

/// Whether this is one of ours.
pub(super) fn is_probe(question: &Question) -> bool {
    matches!(question, Question::Live | Question::Ready)
}

/// Asks, and does not wait for ever.
pub(super) fn answer(context: &Arc<Context>, caller: Caller, question: Question) -> Reply {
    let mut outcome = Box::pin(context.handle.ask(caller, question).outcome());
    let mut late = (context.after)(limits::LIVE_WAIT);
    Reply::Later(Box::pin(async move {
        let heard = poll_fn(|cx| match (outcome.as_mut().poll(cx), late.as_mut().poll(cx)) {
            (Poll::Ready(outcome), _) => Poll::Ready(Some(outcome)),
            (Poll::Pending, Poll::Ready(())) => Poll::Ready(None),
            (Poll::Pending, Poll::Pending) => Poll::Pending,
        });
        print(heard.await)
    }))
}

fn print(outcome: Option<Outcome>) -> Response {
    match outcome {
        Some(Ok(Answer::Ready(readiness))) => print_readiness(&readiness),
        Some(Ok(_)) => respond(200, said("live")),
        Some(Err(Failure::Busy { .. })) => respond(503, said("stopping")),
        // Nothing can be stored, and starting again makes no room.
        Some(Err(Failure::Full)) => respond(200, said("live").text("why", "the disk is full")),
        Some(Err(_)) => respond(503, said("stuck").text("why", "the database cannot be written")),
        None => respond(503, said("stuck").text("why", "the engine does not answer")),
    }
}

fn print_readiness(readiness: &Readiness) -> Response {
    let Readiness { accounts, missing, is_detailed } = readiness;
    let (status, word) = if missing.is_empty() { (200, "ready") } else { (503, "not_ready") };
    if !is_detailed {
        return respond(status, said(word));
    }
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let one = |(jid, why): &(_, String)| line(jid, why);
    let body = said(word)
        .number("accounts", count(*accounts))
        .number("accounts_ready", count(accounts.saturating_sub(missing.len())))
        .raw("not_ready", &json::array(missing.iter().map(one)));
    respond(status, body)
}

fn line(jid: &crate::base::jid::BareJid, why: &str) -> String {
    Object::new().text("account", jid.as_str()).text("why", why).end()
}

fn said(word: &str) -> Object {
    Object::new().truth("ok", matches!(word, "live" | "ready")).text("status", word)
}

fn respond(status: u16, body: Object) -> Response {
    Response::json(status, body.end()).with("Cache-Control", "no-store")
}
