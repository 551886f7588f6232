//! Botyard's Admin API: whoever runs the daemon, by the admin token as the whole of `Authorization`; on this machine as the
//! rest of the API has it.

use std::sync::Arc;

use crate::core::failure::Failure;
use crate::core::handle::{Answer, Question, YardAnswer, YardQuestion};
use crate::face::Context;
use crate::face::policy;
use crate::face::principal::{Denied, Need, Principal};
use crate::http::route::{Lookup, Params, Route, Routes};
use crate::http::{Reply, Request, Response};

use super::{bot, wire};

/// What there is.
#[derive(Clone, Copy)]
enum Endpoint {
    Create,
    Delete,
    Key,
    NewKey,
    Reload,
}

const fn route(method: &'static str, path: &'static str, endpoint: Endpoint) -> Route<(Endpoint, Need)> {
    Route { method, path, handler: (endpoint, policy::need("botyard", method, path)) }
}

const ROUTES: Routes<(Endpoint, Need)> = Routes(&[
    route("POST", "/v1/admin-api/bot", Endpoint::Create),
    route("DELETE", "/v1/admin-api/bot/:id", Endpoint::Delete),
    route("GET", "/v1/admin-api/bot/:id/key", Endpoint::Key),
    route("PUT", "/v1/admin-api/bot/:id/key", Endpoint::NewKey),
    route("PUT", "/v1/admin-api/config", Endpoint::Reload),
]);

/// What the endpoint of a request needs.
pub(in crate::face) fn need(request: &Request) -> Option<Need> {
    match ROUTES.find(&request.method, &request.path) {
        Lookup::Found((_, need), _) => Some(need),
        _ => None,
    }
}

/// All endpoints, and what each needs.
pub(in crate::face) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    ROUTES.0.iter().map(|route| (route.method, route.path, route.handler.1)).collect()
}

/// Why somebody is not let in.
pub(in crate::face) fn deny(denied: &Denied) -> Response {
    match denied {
        Denied::Unauthorized(_) => wire::message(403, "access denied"),
        denied => super::deny(denied),
    }
}

/// What the engine refused.
pub(in crate::face) fn refuse(failure: &Failure) -> Response {
    match failure {
        Failure::Unauthorized(_) => wire::message(403, "access denied"),
        failure => super::refuse(failure),
    }
}

/// Answers one request.
pub(in crate::face) fn serve(context: &Arc<Context>, request: &Request, principal: Principal) -> Reply {
    let (endpoint, params) = match ROUTES.find(&request.method, &request.path) {
        Lookup::Found((endpoint, _), params) => (endpoint, params),
        other => return Reply::Now(wire::no_route(other)),
    };
    let (question, instead) = match read(endpoint, request, &params) {
        Ok(question) => (question, None),
        Err(failure) => (Question::WhoAmI, Some(failure)),
    };
    let ticket = context.handle.ask_from(Some(request.peer), principal.into(), question);
    let context = Arc::clone(context);
    Reply::Later(Box::pin(async move {
        match (ticket.outcome().await, instead) {
            (Ok(_), Some(failure)) | (Err(failure), _) => refuse(&failure),
            (Ok(answer), None) => answered(&context, endpoint, &answer),
        }
    }))
}

fn read(endpoint: Endpoint, request: &Request, params: &Params) -> Result<Question, Failure> {
    let id = || params.get("id").to_string();
    let question = match endpoint {
        Endpoint::Create => {
            let profile = bot::profile(request)?;
            if profile.name.is_none() {
                return Err(Failure::invalid("name", "there: a string that is not empty"));
            }
            YardQuestion::Create(profile)
        }
        Endpoint::Delete => YardQuestion::Delete(id()),
        Endpoint::Key => YardQuestion::Key(id()),
        Endpoint::NewKey => YardQuestion::NewKey(id()),
        // Whether he may.
        Endpoint::Reload => return Ok(Question::WhoAmI),
    };
    Ok(Question::Yard(Box::new(question)))
}

fn answered(context: &Context, endpoint: Endpoint, answer: &Answer) -> Response {
    match (endpoint, answer) {
        (Endpoint::Reload, _) => {
            (context.reload)();
            wire::message(200, "config reloaded")
        }
        (Endpoint::Delete, _) => wire::message(200, "bot deleted"),
        (Endpoint::Create, Answer::Yard(made)) => wire::yard(made, (201, "")),
        (_, Answer::Yard(answer)) => wire::yard(answer, (200, "")),
        _ => wire::yard(&YardAnswer::Done, (200, "")),
    }
}
