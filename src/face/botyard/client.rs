//! Botyard's Client API: what somebody with a browser asks. What he may is the engine's to say.

use std::sync::Arc;

use crate::base::json::Fields;
use crate::base::{limits, text};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, NewWebMessage, Question, WebPress, WebQuery, WebQuestion};
use crate::face::Context;
use crate::face::principal::Principal;
use crate::http::route::Params;
use crate::http::{Reply, Request};

use super::cookie::{Way, with_login};
use super::{events, refuse, wire};

/// Reads a request; a refusal comes after the credentials were judged.
pub(super) type Read = fn(&Request, &Params) -> Result<WebQuestion, Failure>;

/// How a request is read, and how it is told that it is done.
#[derive(Clone, Copy)]
pub(super) struct Ask {
    pub(super) read: Read,
    pub(super) done: (u16, &'static str),
}

/// Asks, and prints the answer, with a fresh cookie.
pub(super) fn serve(
    context: &Arc<Context>,
    request: &Request,
    principal: Principal,
    (ask, params): (Ask, &Params),
) -> Reply {
    // Who is not known learns nothing but that; who makes himself known is judged by what he says.
    let is_nobody = principal == Principal::Nobody;
    let (question, instead) = match (ask.read)(request, params) {
        Ok(question) => (question, None),
        Err(failure) if is_nobody => return Reply::Now(refuse(&failure)),
        Err(failure) => (WebQuestion::User, Some(failure)),
    };
    let ticket = context.handle.ask_from(Some(request.peer), principal.into(), Question::Web(Box::new(question)));
    let (way, done) = (Way::of(context, request), ask.done);
    Reply::Later(Box::pin(async move {
        match (ticket.outcome().await, instead) {
            (Ok(Answer::Web(answer)), None) => with_login(wire::told(&answer.what, done), answer.login.as_ref(), way),
            (Ok(_), None) => refuse(&Failure::Internal),
            (Ok(_), Some(failure)) | (Err(failure), _) => refuse(&failure),
        }
    }))
}

/// Tells what happens in a chat.
pub(super) fn watch(context: &Arc<Context>, request: &Request, principal: Principal, params: &Params) -> Reply {
    match events::after(request) {
        Ok(after) => {
            let watch = events::Watch {
                context: Arc::clone(context),
                peer: request.peer,
                principal,
                chat: params.get("id").to_string(),
            };
            let way = Way::of(context, request);
            Reply::Later(Box::pin(async move { watch.begin(after, way).await }))
        }
        Err(failure) => Reply::Now(refuse(&failure)),
    }
}

pub(super) fn new_user(request: &Request, _: &Params) -> Result<WebQuestion, Failure> {
    Ok(WebQuestion::NewUser(Fields::parse(&request.body)?.need_text("nickname")?.to_string()))
}

pub(super) fn user(_: &Request, _: &Params) -> Result<WebQuestion, Failure> {
    Ok(WebQuestion::User)
}

pub(super) fn commands(_: &Request, params: &Params) -> Result<WebQuestion, Failure> {
    Ok(WebQuestion::Commands(params.get("id").to_string()))
}

pub(super) fn new_chat(request: &Request, _: &Params) -> Result<WebQuestion, Failure> {
    Ok(WebQuestion::NewChat(Fields::parse(&request.body)?.need_text("botId")?.to_string()))
}

pub(super) fn chats(request: &Request, _: &Params) -> Result<WebQuestion, Failure> {
    let bot = query(request)?.need("bot_id", "the id of a bot")?;
    Ok(WebQuestion::Chats(bot))
}

pub(super) fn delete_chat(_: &Request, params: &Params) -> Result<WebQuestion, Failure> {
    Ok(WebQuestion::DeleteChat(params.get("id").to_string()))
}

pub(super) fn say(request: &Request, _: &Params) -> Result<WebQuestion, Failure> {
    let fields = Fields::parse(&request.body)?;
    let attachments = fields.texts("attachmentIds")?.unwrap_or_default().into_iter().map(str::to_string).collect();
    let (chat, text) = (fields.need_text("chatId")?.to_string(), fields.text("body")?.unwrap_or_default().to_string());
    let key = request.header("idempotency-key").map(str::to_string);
    let rule = format!("a header of at most {} bytes", limits::IDEMPOTENCY_KEY_BYTES_MAX);
    if key.as_ref().is_some_and(|key| key.len() > limits::IDEMPOTENCY_KEY_BYTES_MAX) {
        return Err(Failure::invalid("Idempotency-Key", rule));
    }
    Ok(WebQuestion::Say(NewWebMessage { chat, text, attachments, idempotency_key: key }))
}

pub(super) fn press(request: &Request, _: &Params) -> Result<WebQuestion, Failure> {
    let fields = Fields::parse(&request.body)?;
    let (chat, message) = (fields.need_text("chatId")?.to_string(), fields.need_text("messageId")?.to_string());
    Ok(WebQuestion::Press(WebPress { chat, message, button: fields.need_number("button")? }))
}

pub(super) fn messages(request: &Request, params: &Params) -> Result<WebQuestion, Failure> {
    let query = query(request)?;
    Ok(WebQuestion::Messages(WebQuery {
        chat: params.get("id").to_string(),
        page: query.number("page")?,
        limit: query.number("limit")?,
        sender: query.text("sender_id").map(str::to_string),
        since_ms: query.number("since")?,
    }))
}

/// What stands behind the question mark.
pub(super) struct Query(Vec<(String, String)>);

/// Reads it.
pub(super) fn query(request: &Request) -> Result<Query, Failure> {
    let must_be = || Failure::invalid("query", "percent-encoded UTF-8");
    text::query_pairs(&request.query).map(Query).ok_or_else(must_be)
}

impl Query {
    /// The first value of that name; an empty one counts as missing.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The same of one that must be there.
    pub(super) fn need(&self, key: &str, must_be: &str) -> Result<String, Failure> {
        self.text(key).map(str::to_string).ok_or_else(|| Failure::invalid(key, must_be))
    }

    fn number(&self, key: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        // Milliseconds as JavaScript has them may have a fraction.
        let whole = text.split('.').next().unwrap_or_default();
        let number: i128 = whole.parse().map_err(|_| Failure::invalid(key, "a whole number"))?;
        Ok(Some(number.clamp(i64::MIN.into(), i64::MAX.into()) as i64))
    }
}
