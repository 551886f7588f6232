//! The Botmother face: the HTTP API that docs/api.md describes.
//!
//! `serve` finds the row in the route table, lets the row's handler read the request into a question, asks the engine,
//! and has `wire` print the outcome. It returns at once: what waits is a future.

mod act;
mod ai;
mod asking;
mod ejabberd;
mod faq;
mod file;
mod history;
mod live;
mod local;
mod manage;
mod message;
mod omemo;
mod order;
mod probe;
mod read;
mod rights;
mod room;
mod routes;
mod server;
mod telegram;
mod webhook;
mod why;
mod wire;

use std::net::IpAddr;
use std::sync::Arc;

use crate::base::limits;
use crate::base::remedy::{PLACE_HEADER, PLACE_SHELL, Place};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Caller, Question};
use crate::face::Context;
use crate::face::principal::{Denied, Need, Principal};
use crate::http::route::Lookup;
use crate::http::{Reply, Request, Response};

pub use routes::{Endpoint, ROUTES, Work};

/// The largest body a path takes.
pub(super) fn body_max(path: &str) -> usize {
    match path {
        "/bot/create" | "/bot/profile" | "/bot/faq/import" => limits::CREATE_BODY_BYTES_MAX,
        "/bot/sendFile" => limits::UPLOAD_BODY_BYTES_MAX,
        _ => limits::BODY_BYTES_MAX,
    }
}

/// Whether a request may wait for a disk: those with files.
pub(super) fn may_block(request: &Request) -> bool {
    match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(endpoint, _) => matches!(endpoint.work, Work::AskWithFile(_)),
        _ => false,
    }
}

/// What the endpoint of a request needs.
pub(super) fn need(request: &Request) -> Option<Need> {
    match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(endpoint, _) => Some(endpoint.need),
        _ => None,
    }
}

/// All endpoints, and what each needs.
pub(super) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    ROUTES.0.iter().map(|route| (route.method, route.path, route.handler.need)).collect()
}

/// Why somebody is not let in.
pub(super) fn deny(denied: &Denied) -> Response {
    match denied {
        Denied::Busy(limited) => refuse(&Failure::Busy { retry_after_s: limited.retry_after_s }),
        Denied::Unauthorized(why) => refuse(&Failure::Unauthorized(why.to_string())),
        Denied::Guard(refusal) => refusal.to_response(),
    }
}

/// What the engine refused, for programs.
pub(super) fn refuse(failure: &Failure) -> Response {
    wire::refuse(failure, Place::Api)
}

/// Who reads the answer: our own command line says so.
fn place_of(request: &Request) -> Place {
    if request.header(PLACE_HEADER) == Some(PLACE_SHELL) { Place::Shell } else { Place::Api }
}

/// Answers one request.
pub(super) fn serve(context: &Arc<Context>, request: &Request, principal: Principal) -> Reply {
    let endpoint = match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(endpoint, _) => endpoint,
        // No face has it, or this one would.
        Lookup::NotFound => return Reply::Now(refuse(&Failure::NotFound("there is no such path".to_string()))),
        Lookup::WrongMethod(allow) => return Reply::Now(wire::wrong_method(&allow)),
    };
    let read = match endpoint.work {
        Work::Ask(read) => read(request),
        Work::AskWithFile(read) => read(request, &context.spool),
        Work::NotBuilt(what) => Err(Failure::NotBuilt(format!("{what} is not built into this version yet"))),
    };
    let place = place_of(request);
    let is_to_be_judged = principal.is_to_be_judged();
    let from = (Caller::from(principal), request.peer);
    match read {
        Ok(question) => ask(context, from, question, place, None),
        // Only the engine knows whether a token is good, and who has no good one learns nothing but that.
        Err(failure) if is_to_be_judged => ask(context, from, Question::WhoAmI, place, Some(failure)),
        Err(failure) => Reply::Now(wire::refuse(&failure, place)),
    }
}

/// Asks, and prints the outcome; `instead` takes the place of a good one.
fn ask(
    context: &Arc<Context>,
    (caller, peer): (Caller, IpAddr),
    question: Question,
    place: Place,
    instead: Option<Failure>,
) -> Reply {
    if probe::is_probe(&question) {
        return probe::answer(context, caller, question);
    }
    let waits_long = asking::waits_long(&question);
    let is_live = matches!(question, Question::AskAi { is_live: true, .. });
    let ticket = context.handle.ask_from(Some(peer), caller, question);
    if is_live {
        return Reply::Later(Box::pin(live::begin(ticket)));
    }
    if waits_long && instead.is_none() {
        return Reply::Later(Box::pin(asking::begin(ticket, place)));
    }
    let context = Arc::clone(context);
    Reply::Later(Box::pin(async move {
        let outcome = match (ticket.outcome().await, instead) {
            (Ok(_), Some(failure)) => Err(failure),
            (Ok(Answer::Metrics(metrics)), None) => {
                Ok(Answer::Metrics(metrics.into_iter().chain((context.process)()).collect()))
            }
            (outcome, _) => outcome,
        };
        wire::print(outcome, &context.base_url, place)
    }))
}
