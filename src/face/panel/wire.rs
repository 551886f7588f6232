//! The only place that spells the panel's JSON and its headers.

use crate::base::json::{self, Object};
use crate::base::remedy::{self, Place};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, BotGlance, CoursePoint, PanelAnswer, Watched, WatchedWhat};
use crate::face::Context;
use crate::face::session::{COOKIE, SignedIn};
use crate::http::Response;
use crate::http::refusal::Refusal;

/// How somebody is let in.
pub(super) enum Way {
    /// By a session.
    Session,
    /// By being on this machine.
    Local,
}

/// Who is signed in, for the page: what he may, `GET /user/me` says.
pub(super) fn session(way: Option<Way>) -> Response {
    let way = way.map_or("none", |way| match way {
        Way::Session => "session",
        Way::Local => "local",
    });
    fresh(Response::json(200, Object::new().truth("ok", true).text("signed_in", way).end()))
}

/// A session has begun.
pub(super) fn signed_in(context: &Context, who: SignedIn) -> Response {
    let value = context.gate.begin_session(who);
    let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict{}", value.expose(), secure(context));
    session(Some(Way::Session)).with("Set-Cookie", cookie)
}

/// It is over.
pub(super) fn signed_out(context: &Context) -> Response {
    let cookie = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}", secure(context));
    session(None).with("Set-Cookie", cookie)
}

/// Where the API is TLS the cookie goes nowhere else.
fn secure(context: &Context) -> &'static str {
    if context.base_url.starts_with("https:") { "; Secure" } else { "" }
}

/// What nobody on the way may keep.
fn fresh(response: Response) -> Response {
    response.with("Cache-Control", "no-store")
}

/// 405: the path exists, but not with this method.
pub(super) fn wrong_method(allow: String) -> Response {
    Refusal::new(405, "method_not_allowed", "use one of the methods in `Allow`").to_response().with("Allow", allow)
}

/// A refusal, in the envelope of docs/api.md.
pub(super) fn refuse(failure: &Failure) -> Response {
    let (status, symbol) = match failure {
        Failure::Invalid { .. } => (400, "bad_request"),
        Failure::Unauthorized(_) => (401, "unauthorized"),
        Failure::Forbidden(_) => (403, "forbidden"),
        Failure::NotFound(_) => (404, "not_found"),
        Failure::TooLarge(_) => (413, "too_large"),
        Failure::Quota(_) => (429, "limit_reached"),
        Failure::Busy { .. } => (429, "rate_limited"),
        Failure::Full => (507, "disk_full"),
        _ => (500, "internal"),
    };
    let body = Object::new()
        .truth("ok", false)
        .text("error", symbol)
        .text("error_code", &status.to_string())
        .text("description", &failure.at(Place::Api));
    let response = Response::json(status, body.end());
    match failure {
        Failure::Busy { retry_after_s } => response.with("Retry-After", retry_after_s.to_string()),
        Failure::Unauthorized(_) => response.with("WWW-Authenticate", "Bearer"),
        _ => response,
    }
}

/// An answer of the engine's.
pub(super) fn print(answer: &Answer) -> Response {
    let body = match answer {
        Answer::Panel(PanelAnswer::Overview(bots)) => {
            Object::new().truth("ok", true).raw("bots", &json::array(bots.iter().map(glance)))
        }
        Answer::Panel(PanelAnswer::Course(points)) => {
            Object::new().truth("ok", true).raw("points", &json::array(points.iter().map(point)))
        }
        _ => Object::new().truth("ok", true),
    };
    fresh(Response::json(200, body.end()))
}

fn glance(bot: &BotGlance) -> String {
    let info = &bot.info;
    let token = info.token.as_ref().map(|token| token.expose());
    let why = info.state.why.as_ref().map(|why| remedy::at(Place::Api, why));
    let invite = info.invite();
    let members = Object::new()
        .number("id", info.id.0)
        .text("name", &info.name)
        .text("account", info.owner.as_str())
        .text("jid", &info.jid)
        .text("mode", info.mode.as_str())
        .text("access", info.access.as_str())
        .truth("active", info.active)
        .text("description", &info.description)
        .number("created_at", info.created_at)
        .text_if("token", token)
        .text_if("invite", invite.as_deref())
        .text("state", info.state.connection.as_str())
        .text_if("state_why", why.as_deref())
        .number("queued", bot.queued)
        .number("dropped", bot.dropped)
        .number("last_active", bot.last_active)
        .truth("listed", bot.is_listed)
        .text("webhook", &bot.webhook)
        .raw("rooms", &json::array(bot.rooms.iter().map(|room| json::text(room.as_str()))));
    let members = info.state.since.into_iter().fold(members, |members, since| members.number("state_since", since));
    match &bot.last_error {
        Some((at, why)) => members.number("last_error_at", *at).text("last_error", why).end(),
        None => members.end(),
    }
}

fn point(point: &CoursePoint) -> String {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Object::new()
        .number("at", point.at)
        .number("received", count(point.received))
        .number("said", count(point.said))
        .number("queued", point.queued)
        .number("outbox", point.outbox)
        .number("memory", count(point.memory))
        .number("database", point.database)
        .end()
}

/// One event of a bot that is watched.
pub(super) fn event(seen: &Watched) -> String {
    let members = Object::new().number("at", seen.at_ms);
    let members = match seen.missed {
        0 => members,
        missed => members.number("missed", i64::try_from(missed).unwrap_or(i64::MAX)),
    };
    let (name, members) = match &seen.what {
        WatchedWhat::Received { kind, data, is_queued } => {
            let data = data.as_deref().unwrap_or("null");
            ("received", members.text("type", kind).truth("queued", *is_queued).raw("data", data))
        }
        WatchedWhat::Said { to, text, message_id, encrypted } => {
            let encrypted = encrypted.map_or("null", |encrypted| if encrypted { "true" } else { "false" });
            let members = members.text("to", to).text("text", text).text("message_id", message_id);
            ("said", members.raw("encrypted", encrypted))
        }
        WatchedWhat::Did { to, action, text } => {
            ("did", members.text("to", to).text("action", action).text("text", text))
        }
        WatchedWhat::Step { message_id, what, why } => {
            ("step", members.text("message_id", message_id).text("what", what).text("why", why))
        }
    };
    format!("event: {name}\ndata: {}\n\n", members.end())
}
