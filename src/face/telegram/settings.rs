//! Calls about the bot itself: what it is told and where, what it is called, its commands.

use std::time::Duration;

use crate::base::id::UpdateId;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{Command, Dropping, NewWebhook, NumberedAsk, Question, UpdatePoll};

use super::calls::{Plan, Shown};
use super::params::Params;

/// `getMe`.
pub(super) fn get_me(_: &Params) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::Me))
}

/// `logOut` and `close`.
pub(super) fn nothing(_: &Params) -> Result<Plan, Failure> {
    Ok(Plan::Other(Box::new(Question::WhoAmI), Shown::As("true")))
}

/// `getUpdates`. Numbers out of range are brought into it, as Telegram does.
pub(super) fn get_updates(params: &Params) -> Result<Plan, Failure> {
    let most = limits::UPDATES_PER_ANSWER_MAX;
    let limit = params.number("limit")?.filter(|limit| (1..=most).contains(limit)).unwrap_or(most);
    let seconds = params.number("timeout")?.unwrap_or(0).clamp(0, limits::POLL_SECONDS_MAX);
    let offset = params.number("offset")?.filter(|offset| *offset != 0).map(UpdateId);
    let poll = UpdatePoll { offset, limit, timeout: Duration::from_secs(seconds.unsigned_abs()), allowed: None };
    Ok(Plan::ask(NumberedAsk::Updates(poll, wanted(params)?)))
}

/// `allowed_updates`: names that are none of Telegram's are passed over there, too; a word with a comma is none.
fn wanted(params: &Params) -> Result<Option<String>, Failure> {
    let names = params.texts("allowed_updates")?;
    let is_word =
        |name: &String| name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    Ok(names.map(|names| names.into_iter().filter(is_word).take(64).collect::<Vec<_>>().join(",")))
}

/// `setWebhook`.
pub(super) fn set_webhook(params: &Params) -> Result<Plan, Failure> {
    let dropping = dropping(params);
    let Some(url) = params.text("url")? else { return Ok(Plan::ask(NumberedAsk::DeleteWebhook(dropping))) };
    if params.has("certificate") || params.attached("certificate").is_some() {
        let text = "certificates of one's own are not taken here: name a CA in the configuration of this server";
        return Err(Failure::Conflict(text.to_string()));
    }
    if params.has("ip_address") {
        let text = "ip_address is not taken here: the address is that of the name in url";
        return Err(Failure::Conflict(text.to_string()));
    }
    let secret = params.text("secret_token")?;
    let is_fine = |secret: &String| {
        let is_plain = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        is_plain && secret.len() <= 256
    };
    if !secret.as_ref().is_none_or(is_fine) {
        return Err(Failure::Conflict("secret token contains unallowed characters".to_string()));
    }
    let new =
        NewWebhook { url, secret: secret.map(Secret::new), allowed: None, drop_pending: dropping == Dropping::All };
    Ok(Plan::ask(NumberedAsk::SetWebhook(new, wanted(params)?)))
}

fn dropping(params: &Params) -> Dropping {
    if params.is_true("drop_pending_updates") { Dropping::All } else { Dropping::Nothing }
}

/// `deleteWebhook`.
pub(super) fn delete_webhook(params: &Params) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::DeleteWebhook(dropping(params))))
}

/// `getWebhookInfo`.
pub(super) fn webhook_info(_: &Params) -> Result<Plan, Failure> {
    Ok(Plan::ask(NumberedAsk::WebhookInfo))
}

/// Whether what is said of commands is for everybody. What is for single chats or administrators must not be shown to all.
fn is_for_all(params: &Params) -> Result<bool, Failure> {
    let scope = params.object("scope")?;
    let kind = scope.as_ref().and_then(|scope| scope.text("type").ok().flatten()).unwrap_or("default");
    let is_default = matches!(kind, "default" | "all_private_chats" | "all_group_chats");
    Ok(is_default && params.text("language_code")?.is_none())
}

/// `setMyCommands`.
pub(super) fn set_commands(params: &Params) -> Result<Plan, Failure> {
    let commands =
        params.objects("commands")?.ok_or_else(|| Failure::invalid("commands", "there: an array of objects"))?;
    let read = |fields: &crate::base::json::Fields| -> Result<Command, Failure> {
        let command = fields.need_text("command")?.to_string();
        Ok(Command { command, description: fields.text("description")?.unwrap_or_default().to_string() })
    };
    let commands = commands.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if is_for_all(params)? { Ok(Plan::ask(NumberedAsk::SetCommands(commands))) } else { done() }
}

/// `deleteMyCommands`.
pub(super) fn delete_commands(params: &Params) -> Result<Plan, Failure> {
    if is_for_all(params)? { Ok(Plan::ask(NumberedAsk::SetCommands(Vec::new()))) } else { done() }
}

/// `getMyCommands`.
pub(super) fn get_commands(params: &Params) -> Result<Plan, Failure> {
    match is_for_all(params)? {
        true => Ok(Plan::Other(Box::new(Question::GetCommands), Shown::Plain)),
        false => Ok(Plan::Other(Box::new(Question::WhoAmI), Shown::As("[]"))),
    }
}

fn done() -> Result<Plan, Failure> {
    Ok(Plan::Other(Box::new(Question::WhoAmI), Shown::As("true")))
}

/// `setMyName`. What is for one language only is not kept.
pub(super) fn set_name(params: &Params) -> Result<Plan, Failure> {
    match (params.text("name")?, params.has("language_code")) {
        (Some(name), false) => Ok(Plan::ask(NumberedAsk::SetProfile { name: Some(name), description: None })),
        _ => done(),
    }
}

/// `setMyDescription`.
pub(super) fn set_description(params: &Params) -> Result<Plan, Failure> {
    describe(params, "description")
}

/// `setMyShortDescription`.
pub(super) fn set_short_description(params: &Params) -> Result<Plan, Failure> {
    describe(params, "short_description")
}

fn describe(params: &Params, key: &str) -> Result<Plan, Failure> {
    if params.has("language_code") {
        return done();
    }
    let description = Some(params.text(key)?.unwrap_or_default());
    Ok(Plan::ask(NumberedAsk::SetProfile { name: None, description }))
}

/// `getMyName`.
pub(super) fn get_name(_: &Params) -> Result<Plan, Failure> {
    Ok(Plan::Other(Box::new(Question::GetMe), Shown::Name("name")))
}

/// `getMyDescription`.
pub(super) fn get_description(_: &Params) -> Result<Plan, Failure> {
    Ok(Plan::Other(Box::new(Question::GetMe), Shown::Description("description")))
}

/// `getMyShortDescription`.
pub(super) fn get_short_description(_: &Params) -> Result<Plan, Failure> {
    Ok(Plan::Other(Box::new(Question::GetMe), Shown::Description("short_description")))
}
