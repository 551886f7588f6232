//! The only place that spells this face's answers: `{"ok":true,"result":…}`, and refusals in Telegram's words where client
//! libraries look for them.

use std::sync::Arc;

use crate::base::json::{self, Object};
use crate::base::limits;
use crate::base::media;
use crate::base::remedy::Place;
use crate::base::spool::SpoolFile;
use crate::base::text::percent;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, BotInfo, Command, FileInfo, NumberedAnswer, NumberedBot, OTHER_POLL, POLLING};
use crate::http::Response;
use crate::http::headers::HeaderValue;

use super::message;

/// A good answer.
pub(super) fn result(json: &str) -> Response {
    Response::json(200, Object::new().truth("ok", true).raw("result", json).end())
}

/// What an answer of the engine is as a result, in JSON. `extra` are members that a message has besides.
pub(super) fn answer(answer: &Answer, extra: Option<&Object>) -> String {
    match answer {
        Answer::Numbered(answer) => numbered(answer, extra),
        Answer::Me(info) => user_of_bot(&bot_of(info)).end(),
        Answer::Commands(commands) => json::array(commands.iter().map(command)),
        Answer::File(info) => file(info),
        _ => "true".to_string(),
    }
}

fn numbered(answer: &NumberedAnswer, extra: Option<&Object>) -> String {
    match answer {
        NumberedAnswer::Me(info) => me(info),
        NumberedAnswer::Updates(bot, updates) => json::array(updates.iter().map(|update| message::update(bot, update))),
        NumberedAnswer::Message(bot, said) => {
            let object = message::message(bot, said);
            extra.map_or(object.clone(), |extra| object.merge(extra)).end()
        }
        NumberedAnswer::Chat(_, chat) => message::full_chat(chat),
        NumberedAnswer::Member(bot, member) => message::member(bot, member),
        NumberedAnswer::Officials(bot, members) => {
            json::array(members.iter().map(|member| message::member(bot, member)))
        }
        NumberedAnswer::Count(count) => count.to_string(),
        NumberedAnswer::Webhook(info, wanted) => {
            let members = Object::new()
                .text("url", &info.url)
                .truth("has_custom_certificate", false)
                .number("pending_update_count", info.pending);
            let members = match &info.last_error {
                Some((at, why)) => members.number("last_error_date", *at).text("last_error_message", why),
                None => members,
            };
            match wanted {
                Some(names) => members.raw("allowed_updates", &json::array(names.split(',').map(json::text))).end(),
                None => members.end(),
            }
        }
    }
}

fn bot_of(info: &BotInfo) -> NumberedBot {
    let username = match info.jid.split_once('@') {
        Some((local, _)) => local.to_string(),
        None => info.name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect(),
    };
    NumberedBot { id: info.id, name: info.name.clone(), username }
}

fn me(info: &BotInfo) -> String {
    let bot = user_of_bot(&bot_of(info));
    bot.truth("can_join_groups", true)
        .truth("can_read_all_group_messages", true)
        .truth("supports_inline_queries", false)
        .truth("can_connect_to_business", false)
        .truth("has_main_web_app", false)
        .end()
}

/// The bot as a `User`.
pub(super) fn user_of_bot(bot: &NumberedBot) -> Object {
    let user = Object::new().number("id", bot.id.0).truth("is_bot", true).text("first_name", &bot.name);
    user.text("username", &bot.username)
}

fn command(command: &Command) -> String {
    Object::new().text("command", &command.command).text("description", &command.description).end()
}

/// A `File`. Its path ends with its name, as programs keep files under that.
fn file(info: &FileInfo) -> String {
    let members = Object::new().text("file_id", &info.file_id).text("file_unique_id", &info.file_id);
    let members = info.size.into_iter().fold(members, |members, size| members.number("file_size", size));
    let name = info.name.as_deref().unwrap_or("file");
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    members.text("file_path", &format!("{}/{name}", info.file_id)).end()
}

/// The file itself. Whatever a stranger says it is, no browser shall show it as a page of ours.
pub(super) fn content(info: &FileInfo, media_type: String, file: (Arc<SpoolFile>, u64)) -> Response {
    let name = info.name.as_deref().unwrap_or("file");
    let content_type = HeaderValue::new(media_type).unwrap_or(HeaderValue::of(media::UNKNOWN));
    Response { content_type, file: Some(file), ..Response::json(200, String::new()) }
        .with("Content-Disposition", format!("attachment; filename*=UTF-8''{}", percent(name)))
        .with("X-Content-Type-Options", "nosniff")
        // Its address holds the token: no cache keeps it, and no page is told of it.
        .with("Cache-Control", "no-store")
        .with("Referrer-Policy", "no-referrer")
}

/// A refusal.
pub(super) fn error(status: u16, description: &str, retry_after_s: Option<u64>) -> Response {
    let body =
        Object::new().truth("ok", false).number("error_code", i64::from(status)).text("description", description);
    let Some(seconds) = retry_after_s else {
        let response = Response::json(status, body.end());
        // RFC 9110 §11.6.1: a 401 says how to authenticate.
        return if status == 401 { response.with("WWW-Authenticate", "Bearer") } else { response };
    };
    let parameters = Object::new().number("retry_after", i64::try_from(seconds).unwrap_or(i64::MAX));
    Response::json(status, body.raw("parameters", &parameters.end()).end()).with("Retry-After", seconds.to_string())
}

/// What the engine refused.
pub(super) fn refuse(failure: &Failure) -> Response {
    let text = failure.at(Place::Api).replace('`', "");
    let later = |seconds: u64| error(429, &format!("Too Many Requests: retry after {seconds}"), Some(seconds));
    match failure {
        Failure::Unauthorized(_) => error(401, "Unauthorized", None),
        Failure::Forbidden(_) => error(403, &format!("Forbidden: {text}"), None),
        Failure::Conflict(why) if why == OTHER_POLL => {
            let text =
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
            error(409, text, None)
        }
        Failure::Conflict(why) if why == POLLING => {
            let text = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
            error(409, text, None)
        }
        Failure::TooLarge(_) => error(413, &format!("Request Entity Too Large: {text}"), None),
        Failure::Busy { retry_after_s } | Failure::UsedUp { retry_after_s, .. } => later(*retry_after_s),
        Failure::OutboxFull => later(limits::OUTBOX_RETRY.as_secs()),
        Failure::Quota(_) => later(limits::QUOTA_RETRY.as_secs()),
        Failure::Full | Failure::Internal => error(500, "Internal Server Error", None),
        _ => error(400, &format!("Bad Request: {text}"), None),
    }
}

/// There is no such method, or no token in the path that could be one.
pub(super) fn not_found() -> Response {
    error(404, "Not Found", None)
}
