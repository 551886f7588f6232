//! Botyard's Bot API: a bot's program, which shows its key or any of its tokens as the whole of `Authorization`.

use std::sync::Arc;

use crate::base::json::Fields;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Command, Question, WebQuestion, WebTold, YardAnswer, YardProfile, YardQuestion};
use crate::face::Context;
use crate::face::policy;
use crate::face::principal::{Denied, Need, Principal};
use crate::http::route::{Lookup, Params, Route, Routes};
use crate::http::{Reply, Request, Response};

use super::{client, files, wire};

/// Reads a request; a refusal comes after the credentials were judged.
type Read = fn(&Request, &Params) -> Result<Question, Failure>;

/// What there is: how it is read, and how it is told that it is done.
#[derive(Clone, Copy)]
struct Endpoint {
    need: Need,
    read: Read,
    done: (u16, &'static str),
    /// One message.
    is_one: bool,
}

const fn route(method: &'static str, path: &'static str, read: Read, done: (u16, &'static str)) -> Route<Endpoint> {
    Route {
        method,
        path,
        handler: Endpoint {
            need: policy::need("botyard", method, path),
            read,
            done,
            is_one: path.len() == MESSAGE.len(),
        },
    }
}

const OK: (u16, &str) = (200, "");

/// A question about the bot.
fn of_bot(question: YardQuestion) -> Question {
    Question::Yard(Box::new(question))
}

/// A question about its chats.
fn of_chats(question: WebQuestion) -> Question {
    Question::Web(Box::new(question))
}

const ROUTES: Routes<Endpoint> = Routes(&[
    route("GET", "/v1/bot-api/bot", |_, _| Ok(of_bot(YardQuestion::Me)), OK),
    route("PUT", "/v1/bot-api/bot", |request, _| Ok(of_bot(YardQuestion::Change(profile(request)?))), OK),
    route("GET", "/v1/bot-api/bot/commands", |_, _| Ok(of_bot(YardQuestion::Commands)), OK),
    route("POST", "/v1/bot-api/bot/commands", add_commands, (201, "commands added")),
    route("DELETE", "/v1/bot-api/bot/command/:id", remove_command, (200, "command removed")),
    route("GET", "/v1/bot-api/bot/webhook", |_, _| Ok(of_bot(YardQuestion::Webhook)), OK),
    route("POST", "/v1/bot-api/bot/webhook", set_webhook, OK),
    route(
        "DELETE",
        "/v1/bot-api/bot/webhook",
        |_, _| Ok(of_bot(YardQuestion::DeleteWebhook)),
        (200, "webhook deleted"),
    ),
    route("GET", "/v1/bot-api/chats", chats, OK),
    route("GET", "/v1/bot-api/chat/:id/messages", messages, OK),
    route("GET", MESSAGE, |_, params| Ok(of_chats(WebQuestion::Message(params.get("id").to_string()))), OK),
    route("POST", "/v1/bot-api/chat/message", |request, params| client::say(request, params).map(of_chats), (201, "")),
    // Read by `files`.
    route("POST", FILES, |_, _| Ok(Question::WhoAmI), OK),
]);

/// Where files are sent, which takes a large body.
const FILES: &str = "/v1/bot-api/files";
/// One message, which is shown otherwise than among others.
const MESSAGE: &str = "/v1/bot-api/chat/message/:id";

/// The largest body a path takes.
pub(in crate::face) fn body_max(path: &str) -> usize {
    if path == FILES { limits::PAGE_BODY_BYTES_MAX } else { limits::BODY_BYTES_MAX }
}

/// Whether a request may wait for a disk: those with files.
pub(in crate::face) fn may_block(request: &Request) -> bool {
    request.path == FILES && request.method == "POST"
}

/// What the endpoint of a request needs.
pub(in crate::face) fn need(request: &Request) -> Option<Need> {
    match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(endpoint, _) => Some(endpoint.need),
        _ => None,
    }
}

/// All endpoints, and what each needs.
pub(in crate::face) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    ROUTES.0.iter().map(|route| (route.method, route.path, route.handler.need)).collect()
}

/// Why somebody is not let in.
pub(in crate::face) fn deny(denied: &Denied) -> Response {
    match denied {
        Denied::Unauthorized(_) => wire::message(403, "bot key is required"),
        denied => super::deny(denied),
    }
}

/// What the engine refused. Botyard knows no 401 here.
pub(in crate::face) fn refuse(failure: &Failure) -> Response {
    match failure {
        Failure::Unauthorized(_) => wire::message(403, "invalid bot key"),
        failure => super::refuse(failure),
    }
}

/// Answers one request.
pub(in crate::face) fn serve(context: &Arc<Context>, request: &Request, principal: Principal) -> Reply {
    let (endpoint, params) = match ROUTES.find(&request.method, &request.path) {
        Lookup::Found(endpoint, params) => (endpoint, params),
        other => return Reply::Now(wire::no_route(other)),
    };
    if request.path == FILES {
        return files::upload(context, request, principal, refuse);
    }
    let (question, instead) = match (endpoint.read)(request, &params) {
        Ok(question) => (question, None),
        // Only the engine knows whether a key is good, and who has no good one learns nothing but that.
        Err(failure) => (Question::WhoAmI, Some(failure)),
    };
    let ticket = context.handle.ask_from(Some(request.peer), principal.into(), question);
    let done = endpoint.done;
    let is_one = endpoint.is_one;
    Reply::Later(Box::pin(async move {
        match (ticket.outcome().await, instead) {
            (Ok(_), Some(failure)) | (Err(failure), _) => refuse(&failure),
            (Ok(Answer::Yard(answer)), None) => wire::yard(&answer, done),
            (Ok(Answer::Web(answer)), None) => match &answer.what {
                WebTold::Message(message) if is_one => wire::bare(message),
                what => wire::told(what, done),
            },
            (Ok(_), None) => wire::yard(&YardAnswer::Done, done),
        }
    }))
}

/// `{name?, description?, avatar?}`; an empty one stands for none.
pub(super) fn profile(request: &Request) -> Result<YardProfile, Failure> {
    let fields = Fields::parse(&request.body)?;
    let text = |key: &str| -> Result<Option<String>, Failure> {
        Ok(fields.text(key)?.map(str::trim).filter(|text| !text.is_empty()).map(str::to_string))
    };
    Ok(YardProfile { name: text("name")?, description: text("description")?, avatar: text("avatar")? })
}

fn add_commands(request: &Request, _: &Params) -> Result<Question, Failure> {
    let command = |fields: &Fields| -> Result<Command, Failure> {
        let description = fields.text("description")?.unwrap_or_default().to_string();
        Ok(Command { command: fields.need_text("alias")?.to_string(), description })
    };
    let all = Fields::parse_list(&request.body)?;
    Ok(of_bot(YardQuestion::AddCommands(all.iter().map(command).collect::<Result<_, _>>()?)))
}

fn remove_command(_: &Request, params: &Params) -> Result<Question, Failure> {
    Ok(of_bot(YardQuestion::RemoveCommand(params.get("id").to_string())))
}

fn set_webhook(request: &Request, _: &Params) -> Result<Question, Failure> {
    let fields = Fields::parse(&request.body)?;
    let secret = Secret::new(fields.text("secret")?.unwrap_or_default());
    Ok(of_bot(YardQuestion::SetWebhook(fields.need_text("url")?.to_string(), secret)))
}

fn chats(request: &Request, _: &Params) -> Result<Question, Failure> {
    Ok(of_chats(WebQuestion::Chats(client::query(request)?.need("user_id", "the id of a user")?)))
}

fn messages(request: &Request, params: &Params) -> Result<Question, Failure> {
    client::messages(request, params).map(of_chats)
}
