//! The only place that spells the face's JSON: [`Answer`] → body, [`Failure`] → status and error envelope.
//!
//! Called by `mod.rs` with what the engine said. Members come in the order of docs/api.md. Tokens are printed
//! where docs/api.md shows them and nowhere else: each `expose` below is such a place.

use std::sync::Arc;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::json::{self, Object};
use crate::base::limits;
use crate::base::media;
use crate::base::prometheus;
use crate::base::remedy::{self, Place};
use crate::base::secret::Secret;
use crate::base::spool::SpoolFile;
use crate::base::text::percent;
use crate::core::failure::Failure;
use crate::core::handle::{
    Access, AccountInfo, AiInfo, Answer, BotInfo, BotState, Command, DeliveryAttempt, EjabberdInfo, FileInfo,
    KeyAnswer, KeyInfo, LeavingInfo, LocalLine, OmemoInfo, Outcome, Remains, Update, WebhookInfo,
};
use crate::http::Response;
use crate::http::headers::HeaderValue;

use super::asking;
use super::faq;
use super::{history, order, rights, server, telegram, why};

/// The whole response to a question. `base_url` is where this API is reached, without a slash at its end; `place`, whose
/// words are used in sentences.
pub(super) fn print(outcome: Outcome, base_url: &str, place: Place) -> Response {
    match outcome {
        Ok(Answer::Content { file, media_type, bytes, content }) => whole_file(&file, media_type, (content, bytes)),
        Ok(Answer::Metrics(metrics)) => {
            let content_type = HeaderValue::of(prometheus::CONTENT_TYPE);
            Response { content_type, ..Response::json(200, prometheus::print(&metrics)) }
        }
        Ok(answer) => Response::json(200, body(&answer, base_url, place)),
        Err(failure) => refuse(&failure, place),
    }
}

/// An event (HTML Living Standard §9.2.5): a part of an answer, the whole of it, or why there is none.
pub(super) fn event(outcome: &Outcome) -> String {
    match outcome {
        Ok(Answer::AiPart { text, is_instead: true }) => {
            format!("event: replace\ndata: {}\n\n", Object::new().text("response", text).end())
        }
        Ok(Answer::AiPart { text, .. }) if text.is_empty() => String::new(),
        Ok(part @ Answer::AiPart { .. }) => format!("data: {}\n\n", body(part, "", Place::Api)),
        Ok(answer) => format!("event: done\ndata: {}\n\n", body(answer, "", Place::Api)),
        Err(failure) => format!("event: error\ndata: {}\n\n", envelope(failure, Place::Api).end()),
    }
}

/// The error envelope (docs/api.md).
pub(super) fn refuse(failure: &Failure, place: Place) -> Response {
    let (status, _) = status(failure);
    let mut response = Response::json(status, envelope(failure, place).end());
    if let Some(seconds) = retry_after_s(failure) {
        response = response.with("Retry-After", seconds.to_string());
    }
    // RFC 9110 §11.6.1: a 401 says how to authenticate.
    if status == 401 { response.with("WWW-Authenticate", "Bearer") } else { response }
}

fn envelope(failure: &Failure, place: Place) -> Object {
    let (status, symbol) = status(failure);
    let body = Object::new()
        .truth("ok", false)
        .text("error", symbol)
        .text("error_code", &status.to_string())
        .text("description", &failure.at(place));
    retry_after_s(failure).into_iter().fold(body, |body, seconds| {
        let parameters = Object::new().number("retry_after", i64::try_from(seconds).unwrap_or(i64::MAX));
        body.raw("parameters", &parameters.end())
    })
}

fn retry_after_s(failure: &Failure) -> Option<u64> {
    match failure {
        Failure::Busy { retry_after_s } => Some(*retry_after_s),
        Failure::OutboxFull => Some(limits::OUTBOX_RETRY.as_secs()),
        Failure::Quota(_) => Some(limits::QUOTA_RETRY.as_secs()),
        Failure::UsedUp { retry_after_s, .. } => Some(*retry_after_s),
        _ => None,
    }
}

/// 405: the path exists, but not with this method; `allow` is the list for the header.
pub(super) fn wrong_method(allow: &str) -> Response {
    let body = Object::new()
        .truth("ok", false)
        .text("error", "method_not_allowed")
        .text("error_code", "405")
        .text("description", &format!("use {}", allow.replace(", ", " or ")));
    Response::json(405, body.end()).with("Allow", allow.to_string())
}

fn status(failure: &Failure) -> (u16, &'static str) {
    match failure {
        Failure::Invalid { .. } => (400, "bad_request"),
        Failure::Unauthorized(_) => (401, "unauthorized"),
        Failure::Forbidden(_) => (403, "forbidden"),
        Failure::NotFound(_) => (404, "not_found"),
        Failure::NotConfigured(_) => (400, "not_configured"),
        Failure::NotEnabled(_) => (400, "not_enabled"),
        Failure::Conflict(_) => (409, "conflict"),
        Failure::TooLarge(_) => (413, "too_large"),
        Failure::Quota(_) | Failure::UsedUp { .. } => (429, "limit_reached"),
        Failure::Busy { .. } => (429, "rate_limited"),
        Failure::OutboxFull => (429, "queue_full"),
        Failure::Full => (507, "disk_full"),
        Failure::Internal => (500, "internal"),
        Failure::NotBuilt(_) => (501, "not_implemented"),
        Failure::Remote { what, .. } => (502, what),
    }
}

fn body(answer: &Answer, base_url: &str, place: Place) -> String {
    match answer {
        // `/health` and `/bot/list` have no `result`: their shape is what programs of both kinds read.
        Answer::Health { active_bots, accounts_online, bots_online, .. } => {
            health([("active_bots", active_bots), ("accounts_online", accounts_online), ("bots_online", bots_online)])
        }
        Answer::Metrics(metrics) => prometheus::print(metrics),
        Answer::Telegram(info) => object(telegram::info(info)),
        Answer::Bridge(answer) => object(telegram::bridge(answer)),
        Answer::Members(info) => object(order::print_members(info)),
        Answer::Bots(bots) => {
            Object::new().truth("ok", true).raw("bots", &json::array(bots.iter().map(|info| listed(info, place)))).end()
        }
        Answer::Server(info) => object(server::info(info)),
        Answer::Created(info) => object(state(created(info, base_url), &info.state, place)),
        Answer::Deleted(id, removed) => object(deleted(*id, *removed)),
        Answer::Leaving(all) => list("accounts", all.iter().map(|info| leaving(info, place))),
        Answer::Forgotten(jid, what) => {
            let members = Object::new().text("jid", jid.as_str()).truth("forgotten", true);
            object(members.text("remains", &remains(*what, jid)))
        }
        Answer::Ejabberd(info) => object(ejabberd(info)),
        Answer::EjabberdSaved { is_configured } => {
            object(Object::new().truth("saved", true).truth("configured", *is_configured))
        }
        Answer::EjabberdTested(words) => object(Object::new().truth("connected", true).text("response", words)),
        Answer::Status(id, active) => object(Object::new().number("id", id.0).text("status", status_word(*active))),
        Answer::Token(id, token) => object(Object::new().number("id", id.0).text("token", token.expose())),
        Answer::MessageState(state) => object(Object::new().text("state", state)),
        Answer::Revoked(id) => {
            object(Object::new().number("id", id.0).truth("revoked", true).text("status", status_word(false)))
        }
        Answer::Access(id, access, contacts) => object(access_of(*id, *access, contacts)),
        Answer::Listed(id, listed) => object(Object::new().number("id", id.0).truth("listed", *listed)),
        Answer::Omemo(info) => object(omemo(info)),
        Answer::Rights(answer) => rights::print(answer),
        Answer::BotHistory(info) => object(history::info(info)),
        Answer::Owner(account, enabled) => object(owner(account, *enabled)),
        Answer::Accounts(accounts) => list("accounts", accounts.iter().map(|info| account(info, place))),
        Answer::Account(jid) => object(Object::new().text("jid", jid.as_str())),
        Answer::Sent { message_id, encrypted } => {
            let encrypted = encrypted.map_or("null", |encrypted| if encrypted { "true" } else { "false" });
            object(Object::new().text("message_id", message_id).raw("encrypted", encrypted))
        }
        // Content is printed by whoever calls this.
        Answer::File(info) | Answer::Content { file: info, .. } => object(file(info, base_url)),
        Answer::History(page) => result(&history::page(page).end()),
        Answer::Ask(_) | Answer::Asks(_) | Answer::AskBegun => asking::print(answer),
        Answer::Why(info) => object(why::info(info, place)),
        Answer::Updates(updates) => result(&json::array(updates.iter().map(update))),
        Answer::Webhook { url, secret } => object(new_webhook(url, secret)),
        Answer::WebhookInfo(info) => object(webhook(info)),
        Answer::Attempt(one) => object(attempt(one)),
        Answer::Me(info) => object(bot_members(info, place)),
        Answer::Info(info, own, sessions) => object(bot_info(bot_members(info, place), own, *sessions)),
        Answer::Commands(commands) => result(&json::array(commands.iter().map(command))),
        Answer::AiSet { .. }
        | Answer::Ai(_)
        | Answer::AiEnabled(_)
        | Answer::AiPart { .. }
        | Answer::AiAnswer { .. } => of_ai(answer),
        Answer::Faq(answer) => faq::answer(answer),
        Answer::Keys(answer) => object(keys(answer)),
        Answer::Gallery(_) | Answer::Yard(_) | Answer::Web(_) | Answer::Numbered(_) => result("true"),
        Answer::Done | Answer::Ready(_) | Answer::Panel(_) => result("true"),
        Answer::Lines(lines) => result(&json::array(lines.iter().map(line))),
        Answer::Said(id) => object(Object::new().number("id", *id)),
    }
}

fn new_webhook(url: &str, secret: &Secret) -> Object {
    Object::new().text("webhook_url", url).text("secret", secret.expose())
}

/// What has to do with a bot's AI.
fn of_ai(answer: &Answer) -> String {
    match answer {
        Answer::AiSet { provider, model } => {
            object(Object::new().truth("configured", true).text("provider", provider).text("model", model))
        }
        Answer::Ai(info) => object(ai(info)),
        Answer::AiEnabled(is_enabled) => object(Object::new().truth("enabled", *is_enabled)),
        Answer::AiPart { text, .. } => Object::new().text("delta", text).end(),
        Answer::AiAnswer { text, cut, .. } => object(Object::new().text("response", text).text_if("cut_off", *cut)),
        _ => result("true"),
    }
}

/// An object result: its members stand beside `ok` and once more under `result` (docs/api.md).
pub(super) fn object(members: Object) -> String {
    let whole = members.clone().end();
    Object::new().truth("ok", true).merge(&members).raw("result", &whole).end()
}

/// An object with nothing but a list.
pub(super) fn list(name: &str, items: impl Iterator<Item = String>) -> String {
    object(Object::new().raw(name, &json::array(items)))
}

/// An array or a scalar as result.
pub(super) fn result(json: &str) -> String {
    Object::new().truth("ok", true).raw("result", json).end()
}

fn health(numbers: [(&str, &usize); 3]) -> String {
    let members = Object::new().truth("ok", true).text("status", "ok").text("version", env!("CARGO_PKG_VERSION"));
    numbers.iter().fold(members, |members, (name, number)| members.number(name, count(**number))).end()
}

fn deleted(id: BotId, removed: Option<(Remains, bool)>) -> Object {
    let members = Object::new().truth("deleted", true).number("id", id.0);
    match removed {
        Some((Remains::Account, removed)) => members.truth("account_removed", removed),
        Some((Remains::Published, removed)) => members.truth("published_removed", removed),
        None => members,
    }
}

fn owner(account: &BareJid, is_enabled: bool) -> Object {
    Object::new().text("account", account.as_str()).truth("enabled", is_enabled)
}

fn access_of(id: BotId, access: Access, contacts: &[BareJid]) -> Object {
    let contacts = json::array(contacts.iter().map(|contact| json::text(contact.as_str())));
    Object::new().number("id", id.0).text("access", access.as_str()).raw("contacts", &contacts)
}

fn bot_info(bot: Object, commands: &[Command], sessions: usize) -> Object {
    let members = Object::new().raw("bot", &bot.end()).raw("commands", &json::array(commands.iter().map(command)));
    members.number("active_sessions", count(sessions))
}

fn ejabberd(info: &EjabberdInfo) -> Object {
    Object::new()
        .text("api_url", &info.api_url)
        .text("admin_jid", &info.admin_jid)
        .text("admin_password", &info.admin_password)
        .text("host", &info.host)
        .truth("configured", info.is_configured)
}

fn omemo(info: &OmemoInfo) -> Object {
    let members = Object::new().number("id", info.bot.0).text("policy", info.policy.as_str());
    let members = members.truth("is_default", info.is_default);
    match &info.device {
        Some((device, fingerprint)) => members.number("device", i64::from(*device)).text("fingerprint", fingerprint),
        None => members.raw("device", "null").raw("fingerprint", "null"),
    }
}

fn file(info: &FileInfo, base_url: &str) -> Object {
    let members = Object::new()
        .text("file_id", &info.file_id)
        .text("message_id", &info.message_id)
        .text("url", &info.url)
        .text_if("name", info.name.as_deref())
        .text_if("type", info.media_type.as_deref());
    let members = info.size.into_iter().fold(members, |members, size| members.number("size", size));
    members.text("download_url", &format!("{base_url}/bot/getFile?file_id={}&download=1", percent(&info.file_id)))
}

/// The file itself. Whatever a stranger says it is, no browser shall show it as a page of ours.
fn whole_file(info: &FileInfo, media_type: String, file: (Arc<SpoolFile>, u64)) -> Response {
    let name = info.name.as_deref().unwrap_or("file");
    let content_type = HeaderValue::new(media_type).unwrap_or(HeaderValue::of(media::UNKNOWN));
    Response { content_type, file: Some(file), ..Response::json(200, String::new()) }
        .with("Content-Disposition", format!("attachment; filename*=UTF-8''{}", percent(name)))
        .with("X-Content-Type-Options", "nosniff")
}

fn created(info: &BotInfo, base_url: &str) -> Object {
    Object::new()
        .number("id", info.id.0)
        .text("name", &info.name)
        .text_if("token", info.token.as_ref().map(Secret::expose))
        .text("mode", info.mode.as_str())
        .text_if("jid", Some(info.jid.as_str()).filter(|jid| !jid.is_empty()))
        .text_if("invite", info.invite().as_deref())
        .text("api_url", &format!("{base_url}/bot/"))
        .text("hint", "Use token as Bearer in Authorization header")
}

/// What DinoX shows, and who may speak to it.
fn listed(info: &BotInfo, place: Place) -> String {
    bot_members(info, place).text("access", info.access.as_str()).text("account", info.owner.as_str()).end()
}

fn bot_members(info: &BotInfo, place: Place) -> Object {
    let members = Object::new()
        .number("id", info.id.0)
        .text("name", &info.name)
        .text("jid", &info.jid)
        .text("mode", info.mode.as_str())
        .text("status", status_word(info.active))
        .text("description", &info.description)
        .number("created_at", info.created_at)
        .text_if("token", info.token.as_ref().map(Secret::expose));
    state(members, &info.state, place)
}

/// How a bot is connected.
fn state(members: Object, state: &BotState, place: Place) -> Object {
    let members = members.text("state", state.connection.as_str());
    let members = state.since.into_iter().fold(members, |members, since| members.number("state_since", since));
    members.text_if("state_why", state.why.as_ref().map(|why| remedy::at(place, why)).as_deref())
}

fn leaving(info: &LeavingInfo, place: Place) -> String {
    let members =
        Object::new().text("jid", info.jid.as_str()).text_if("account", info.owner.as_ref().map(BareJid::as_str));
    let members = info.since.into_iter().fold(members, |members, at| members.number("since", at));
    let members = members.text_if("why", info.why.as_ref().map(|why| remedy::at(place, why)).as_deref());
    info.next_try.into_iter().fold(members, |members, at| members.number("next_try", at)).end()
}

/// What stays at the server.
fn remains(what: Remains, jid: &BareJid) -> String {
    match what {
        Remains::Account => format!("the account {jid}, if it was made"),
        Remains::Published => format!("what the bot has published at {jid} (name, picture, devices), and its contacts"),
    }
}

/// `type` is DinoX's name for `provider`.
fn ai(info: &AiInfo) -> Object {
    let Some(row) = &info.row else {
        return Object::new().truth("enabled", false).truth("configured", false);
    };
    let number = |object: Object, name: &str, value: Option<u32>| match value {
        Some(value) => object.number(name, value.into()),
        None => object,
    };
    let members = Object::new()
        .truth("enabled", info.is_enabled)
        .truth("configured", true)
        .text("type", &row.provider)
        .text("model", &row.model)
        .text("endpoint", &row.endpoint)
        .text("provider", &row.provider)
        .text("system", &info.system)
        .truth("stream", row.is_streaming)
        .text_if("fallback", info.substitute.as_deref());
    let members = number(number(members, "max_tokens", row.max_tokens), "timeout", row.timeout_s);
    match row.temperature {
        Some(hundredths) => members.raw("temperature", &format!("{}.{:02}", hundredths / 100, hundredths % 100)),
        None => members,
    }
}

fn account(info: &AccountInfo, place: Place) -> String {
    Object::new()
        .text("jid", info.jid.as_str())
        .truth("online", info.online)
        .text("state", &remedy::at(place, &info.state))
        .truth("from_config", info.from_config)
        .end()
}

fn update(update: &Update) -> String {
    Object::new().number("update_id", update.id.0).text("type", &update.kind).raw("data", &update.payload).end()
}

fn webhook(info: &WebhookInfo) -> Object {
    let members = Object::new().text("url", &info.url).number("pending_update_count", info.pending);
    let members = match &info.last_error {
        Some((at, why)) => members.number("last_error_date", *at).text("last_error_message", why),
        None => members,
    };
    members
        .raw("allowed_updates", &json::array(info.allowed.names().map(json::text)))
        .raw("attempts", &json::array(info.attempts.iter().map(|one| attempt(one).end())))
}

fn attempt(attempt: &DeliveryAttempt) -> Object {
    let members = Object::new()
        .number("update_id", attempt.update.0)
        .text("delivery_id", &attempt.delivery_id)
        .number("attempt", attempt.attempt.into());
    let members = match attempt.status {
        Some(status) => members.number("status", status.into()),
        None => members.raw("status", "null"),
    };
    members
        .number("latency_ms", attempt.latency_ms)
        .number("date", attempt.at)
        .text_if("error", attempt.error.as_deref())
}

fn keys(answer: &KeyAnswer) -> Object {
    match answer {
        KeyAnswer::Status(status) => {
            let own = status.device.as_ref();
            let text_or_null = |text: Option<&String>| text.map_or("null".to_string(), |text| json::text(text));
            Object::new()
                .text("jid", status.jid.as_str())
                .raw("device", &own.map_or("null".to_string(), |own| own.device.to_string()))
                .raw("fingerprint", &text_or_null(own.map(|own| &own.fingerprint)))
                .raw("uri", &text_or_null(own.map(|own| &own.uri)))
                .text("trust_policy", status.policy.as_str())
                .text("encrypt", status.encrypt.as_str())
        }
        KeyAnswer::Devices(keys) => Object::new().raw("devices", &json::array(keys.iter().map(|info| key(info).end()))),
        KeyAnswer::Decided(info) => key(info),
        KeyAnswer::Policy(policy) => Object::new().text("policy", policy.as_str()),
    }
}

fn key(info: &KeyInfo) -> Object {
    Object::new()
        .text("jid", info.jid.as_str())
        .number("device", info.device.into())
        .text("fingerprint", &info.fingerprint)
        .text("standing", info.standing)
        .truth("verified", info.is_verified)
        .number("first_seen", info.first_seen)
}

fn command(command: &Command) -> String {
    Object::new().text("command", &command.command).text("description", &command.description).end()
}

fn line(line: &LocalLine) -> String {
    Object::new().number("id", line.id).number("at", line.at).text("from", &line.from).text("text", &line.text).end()
}

fn status_word(active: bool) -> &'static str {
    if active { "active" } else { "disabled" }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
