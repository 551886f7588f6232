//! The Botyard face: people in a browser and the bots they talk with. This file is the table of the Client API; `client` reads
//! its requests, `cookie` says who somebody is, `events` tells what happens in a chat while it happens, and `wire` spells the
//! JSON. `bot` is what bots' programs ask, `admin` what whoever runs the daemon does.
//!
//! Shown are active bots that somebody with management rights has listed. Names are ULIDs, and errors are
//! `{"message":"Human sentence."}` with the HTTP status. Pages of other web sites may not ask, and no `Access-Control-…`
//! header invites them.

pub(super) mod admin;
pub(super) mod bot;
pub(super) mod files;
mod client;
mod cookie;
mod events;
mod wire;

use std::sync::Arc;

use crate::base::limits;
use crate::base::remedy::Place;
use crate::core::failure::Failure;
use crate::core::handle::Question;
use crate::face::Context;
use crate::face::policy;
use crate::face::principal::{Denied, Need, Principal};
use crate::http::route::{Lookup, Params, Route, Routes};
use crate::http::{Reply, Request, Response};

use client::{Ask, Read};
pub(super) use cookie::COOKIE;
pub(super) use wire::said;

/// What there is.
#[derive(Clone, Copy)]
enum Endpoint {
    ServiceInfo,
    Bots,
    Bot,
    /// Asked of the engine.
    Ask(Ask),
    Events,
    Files,
}

const fn get(path: &'static str, endpoint: Endpoint) -> Route<(Endpoint, Need)> {
    Route { method: "GET", path, handler: (endpoint, policy::need("botyard", "GET", path)) }
}

const fn ask(
    method: &'static str,
    path: &'static str,
    read: Read,
    done: (u16, &'static str),
) -> Route<(Endpoint, Need)> {
    Route { method, path, handler: (Endpoint::Ask(Ask { read, done }), policy::need("botyard", method, path)) }
}

const OK: (u16, &str) = (200, "");
const MADE: (u16, &str) = (201, "");

const ROUTES: Routes<(Endpoint, Need)> = Routes(&[
    get("/v1/client-api/service-info", Endpoint::ServiceInfo),
    get("/v1/client-api/bots", Endpoint::Bots),
    get("/v1/client-api/bot/:id", Endpoint::Bot),
    ask("POST", "/v1/client-api/user", client::new_user, MADE),
    ask("GET", "/v1/client-api/user", client::user, OK),
    ask("GET", "/v1/client-api/bot/:id/commands", client::commands, OK),
    ask("POST", "/v1/client-api/chat", client::new_chat, MADE),
    ask("GET", "/v1/client-api/chats", client::chats, OK),
    ask("DELETE", "/v1/client-api/chat/:id", client::delete_chat, (200, "chat deleted")),
    ask("POST", "/v1/client-api/chat/message", client::say, MADE),
    ask("POST", "/v1/client-api/chat/press", client::press, OK),
    ask("GET", "/v1/client-api/chat/:id/messages", client::messages, OK),
    get("/v1/client-api/chat/:id/events", Endpoint::Events),
    Route { method: "POST", path: FILES, handler: (Endpoint::Files, policy::need("botyard", "POST", FILES)) },
]);

/// Where files are sent, which takes a large body.
const FILES: &str = "/v1/client-api/files";

/// The largest body a path takes.
pub(super) fn body_max(path: &str) -> usize {
    if path == FILES { limits::PAGE_BODY_BYTES_MAX } else { limits::BODY_BYTES_MAX }
}

/// Whether a request may wait for a disk: those with files.
pub(super) fn may_block(request: &Request) -> bool {
    request.path == FILES && request.method == "POST"
}

/// What the endpoint of a request needs.
pub(super) fn need(request: &Request) -> Option<Need> {
    match ROUTES.find(&request.method, &request.path) {
        Lookup::Found((_, need), _) => Some(need),
        _ => None,
    }
}

/// All endpoints, and what each needs.
pub(super) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    ROUTES.0.iter().map(|route| (route.method, route.path, route.handler.1)).collect()
}

/// Why somebody is not let in.
pub(super) fn deny(denied: &Denied) -> Response {
    match denied {
        Denied::Busy(limited) => refuse(&Failure::Busy { retry_after_s: limited.retry_after_s }),
        Denied::Unauthorized(_) => wire::message(401, "user is unauthorized"),
        Denied::Guard(refusal) => wire::message(refusal.status, &refusal.sentence()),
    }
}

/// What the engine refused.
pub(super) fn refuse(failure: &Failure) -> Response {
    let status = match failure {
        Failure::Invalid { .. } => 400,
        Failure::Unauthorized(_) => 401,
        Failure::Forbidden(_) => 403,
        Failure::NotFound(_) => 404,
        Failure::TooLarge(_) => 413,
        Failure::Quota(_) | Failure::OutboxFull => 429,
        Failure::Busy { retry_after_s } | Failure::UsedUp { retry_after_s, .. } => {
            return wire::message(429, &failure.at(Place::Api)).with("Retry-After", retry_after_s.to_string());
        }
        Failure::Full => 507,
        Failure::Remote { what: "too_many" | "no_files", .. } => 400,
        _ => 500,
    };
    wire::message(status, &failure.at(Place::Api))
}

/// Answers one request.
pub(super) fn serve(context: &Arc<Context>, request: &Request, principal: Principal) -> Reply {
    let (endpoint, params) = match ROUTES.find(&request.method, &request.path) {
        Lookup::Found((endpoint, _), params) => (endpoint, params),
        other => return Reply::Now(wire::no_route(other)),
    };
    match endpoint {
        Endpoint::ServiceInfo => Reply::Now(wire::service_info()),
        Endpoint::Bots => gallery(context, principal, None),
        Endpoint::Bot => gallery(context, principal, Some(params)),
        Endpoint::Ask(ask) => client::serve(context, request, principal, (ask, &params)),
        Endpoint::Files => files::upload(context, request, principal, refuse),
        Endpoint::Events => client::watch(context, request, principal, &params),
    }
}

/// All listed bots, or the one that the path names.
fn gallery(context: &Context, principal: Principal, one: Option<Params>) -> Reply {
    let ticket = context.handle.ask(principal.into(), Question::Gallery);
    Reply::Later(Box::pin(async move {
        match ticket.outcome().await {
            Ok(answer) => wire::bots(&answer, one.as_ref().map(|params| params.get("id"))),
            Err(failure) => refuse(&failure),
        }
    }))
}
