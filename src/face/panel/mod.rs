//! The panel: a page in which bots are managed (docs/panel.md).
//!
//! What the page does it does by the management API that programs have. Here is what that lacks: sessions, bots at a glance,
//! the course of the day, and a bot watched live.

mod watch;
mod wire;

use std::sync::Arc;

use crate::base::id::{BotId, is_personal};
use crate::base::jid::BareJid;
use crate::base::json::Fields;
use crate::base::secret::Secret;
use crate::base::text::query_pairs;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Caller, PanelAnswer, PanelQuestion, PeopleQuestion, Question, Role};
use crate::face::principal::{Denied, Need, Principal};
use crate::face::session::SignedIn;
use crate::face::{Context, assets, policy};
use crate::http::route::{Lookup, Route, Routes};
use crate::http::{Reply, Request, Response, guard};

/// What there is.
#[derive(Clone, Copy)]
enum Endpoint {
    Page,
    Session,
    SignIn,
    SignOut,
    Bots,
    Watch,
    Course,
}

const fn route(method: &'static str, path: &'static str, endpoint: Endpoint) -> Route<(Endpoint, Need)> {
    Route { method, path, handler: (endpoint, policy::need("panel", method, path)) }
}

const ROUTES: Routes<(Endpoint, Need)> = Routes(&[
    route("GET", "/panel", Endpoint::Page),
    route("GET", "/panel/", Endpoint::Page),
    route("GET", "/panel/session", Endpoint::Session),
    route("POST", "/panel/session", Endpoint::SignIn),
    route("DELETE", "/panel/session", Endpoint::SignOut),
    route("GET", "/panel/bots", Endpoint::Bots),
    route("GET", "/panel/watch", Endpoint::Watch),
    route("GET", "/panel/course", Endpoint::Course),
]);

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
        Denied::Unauthorized(why) => refuse(&Failure::Unauthorized(why.to_string())),
        Denied::Guard(refusal) => refusal.to_response(),
    }
}

/// What the engine refused.
pub(super) fn refuse(failure: &Failure) -> Response {
    wire::refuse(failure)
}

/// Answers one request.
pub(super) fn serve(context: &Arc<Context>, request: &Request, principal: Principal) -> Reply {
    let endpoint = match ROUTES.find(&request.method, &request.path) {
        Lookup::Found((endpoint, _), _) => endpoint,
        Lookup::NotFound => return Reply::Now(refuse(&Failure::NotFound("there is no such path".to_string()))),
        Lookup::WrongMethod(allow) => return Reply::Now(wire::wrong_method(allow)),
    };
    match endpoint {
        Endpoint::Page => Reply::Now(assets::page("panel/index.html", request)),
        Endpoint::Session => Reply::Now(wire::session(who(context, request))),
        Endpoint::SignIn => sign_in(context, request),
        Endpoint::SignOut => Reply::Now(sign_out(context, request)),
        Endpoint::Bots => ask(context, request, principal, overview(request)),
        Endpoint::Course => ask(context, request, principal, Ok(PanelQuestion::Course)),
        Endpoint::Watch => ask(context, request, principal, watch(request)),
    }
}

/// A value of the query; an empty one counts as missing.
fn value(request: &Request, key: &str) -> Option<String> {
    let pairs = query_pairs(&request.query).unwrap_or_default();
    pairs.into_iter().find(|(name, _)| name == key).map(|(_, value)| value).filter(|value| !value.is_empty())
}

/// The bot that the query names.
fn watch(request: &Request) -> Result<PanelQuestion, Failure> {
    let id = value(request, "id").and_then(|id| id.parse().ok());
    id.map(|id| PanelQuestion::Watch(BotId(id))).ok_or_else(|| Failure::invalid("id", "there: a whole number"))
}

/// Whose bots, where the query says so.
fn overview(request: &Request) -> Result<PanelQuestion, Failure> {
    let account = value(request, "account").map(|account| BareJid::parse(&account)).transpose();
    account.map(PanelQuestion::Overview).map_err(|_| Failure::invalid("account", "a JID, for example user@example.org"))
}

fn ask(context: &Context, request: &Request, principal: Principal, read: Result<PanelQuestion, Failure>) -> Reply {
    // Only the engine knows whether a token is good, and who has no good one learns nothing but that.
    let (question, instead) = match read {
        Ok(question) => (Question::Panel(question), None),
        Err(failure) => (Question::WhoAmI, Some(failure)),
    };
    let ticket = context.handle.ask_from(Some(request.peer), Caller::from(principal), question);
    Reply::Later(Box::pin(async move {
        match (ticket.outcome().await, instead) {
            (Err(failure), _) | (Ok(_), Some(failure)) => refuse(&failure),
            (Ok(Answer::Panel(PanelAnswer::Watch(watched))), None) => watch::begin(watched),
            (Ok(answer), None) => wire::print(&answer),
        }
    }))
}

// --- sessions ---

/// How whoever asks is signed in; without a session management may still be open to this machine.
fn who(context: &Context, request: &Request) -> Option<wire::Way> {
    match context.gate.session(request) {
        Some(_) => Some(wire::Way::Session),
        None if context.gate.is_local_admin(request) => Some(wire::Way::Local),
        None => None,
    }
}

/// Begins a session for whoever shows the admin token, or one of a person.
fn sign_in(context: &Arc<Context>, request: &Request) -> Reply {
    let token = match read_token(request) {
        Ok(token) => token,
        Err(failure) => return Reply::Now(refuse(&failure)),
    };
    let (context, peer) = (Arc::clone(context), request.peer);
    // An answer that comes later is one that is counted where it is a refusal.
    Reply::Later(Box::pin(async move {
        if context.gate.is_admin_token(&token) {
            return wire::signed_in(&context, SignedIn::Admin);
        }
        if is_personal(token.expose()) {
            let caller = Caller::Person(token.clone(), Role::Viewer);
            let ticket = context.handle.ask_from(Some(peer), caller, Question::People(PeopleQuestion::Me));
            return match ticket.outcome().await {
                Ok(_) => wire::signed_in(&context, SignedIn::Person(token)),
                Err(failure) => refuse(&failure),
            };
        }
        context.handle.refused(peer);
        refuse(&Failure::Unauthorized("this is neither the admin token nor the token of a person".to_string()))
    }))
}

fn read_token(request: &Request) -> Result<Secret, Failure> {
    guard::is_json_body(request).map_err(|refusal| Failure::invalid("body", refusal.sentence()))?;
    let fields = Fields::parse(&request.body)?;
    Ok(Secret::new(fields.need_text("token")?.trim()))
}

fn sign_out(context: &Context, request: &Request) -> Response {
    context.gate.end_session(request);
    wire::signed_out(context)
}
