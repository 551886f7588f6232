//! Histories (docs/api.md): requests → questions, and how they are printed.

use crate::base::id::BotId;
use crate::base::json::{self, Object};
use crate::base::limits;
use crate::core::failure::Failure;
use crate::core::handle::{
    Button, HistoryInfo, HistoryMessage, HistoryPage, HistoryQuery, HistoryReaction, Keyboard, Press, Question,
};
use crate::http::Request;

use super::read;

/// `GET /bot/getHistory`.
pub(super) fn get(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let missing = || Failure::invalid("chat", "there: a JID, for example user@example.org");
    let chat = read::jid("chat", query.text("chat").ok_or_else(missing)?)?;
    let most = limits::HISTORY_PER_ANSWER_MAX;
    let limit = query.number("limit")?.unwrap_or(limits::HISTORY_PER_ANSWER).clamp(1, most);
    Ok(Question::GetHistory(HistoryQuery { chat, limit, before: query.number("before")? }))
}

/// `GET /bot/history?id=`.
pub(super) fn show(request: &Request) -> Result<Question, Failure> {
    let id = read::query(request)?.number("id")?;
    id.map(|id| Question::BotHistory(BotId(id))).ok_or_else(|| Failure::invalid("id", "there: a whole number"))
}

/// `POST /bot/history`.
pub(super) fn set(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let id = BotId(fields.need_number("id")?);
    let days = match (fields.number("days"), fields.text("days")) {
        (Ok(Some(days)), _) => Some(days),
        (_, Ok(Some("default"))) => None,
        _ => {
            let most = limits::HISTORY_DAYS_MAX;
            return Err(Failure::invalid("days", format!("a whole number from 0 to {most}, or \"default\"")));
        }
    };
    Ok(Question::SetBotHistory(id, days))
}

/// Whether a bot keeps one.
pub(super) fn info(info: &HistoryInfo) -> Object {
    Object::new().number("id", info.bot.0).number("days", info.days).truth("is_default", info.is_default)
}

/// A piece of one.
pub(super) fn page(page: &HistoryPage) -> Object {
    Object::new().raw("messages", &json::array(page.messages.iter().map(message))).truth("more", page.more)
}

fn message(message: &HistoryMessage) -> String {
    let object = Object::new()
        .number("id", message.id)
        .text("message_id", &message.message_id)
        .text("from", &message.from)
        .truth("is_bot", message.is_bot)
        .text("text", &message.text)
        .number("date", message.at)
        .truth("edited", message.is_edited)
        .truth("deleted", message.is_deleted)
        .text_if("reply_to", message.reply_to.as_deref())
        .raw("files", &json::array(message.files.iter().cloned()))
        .raw("reactions", &json::array(message.reactions.iter().map(reaction)));
    match &message.keyboard {
        Some(keyboard) => object.raw("buttons", &buttons(keyboard)).end(),
        None => object.end(),
    }
}

/// Buttons as `sendMessage` takes them.
fn buttons(keyboard: &Keyboard) -> String {
    json::array(keyboard.rows.iter().map(|row| json::array(row.iter().map(button))))
}

fn button(button: &Button) -> String {
    let object = Object::new().text("text", &button.text);
    match &button.press {
        Press::Data(data) => object.text("data", data).end(),
        Press::Url(url) => object.text("url", url).end(),
        Press::Say => object.end(),
    }
}

fn reaction(reaction: &HistoryReaction) -> String {
    Object::new().text("from", &reaction.from).truth("is_bot", reaction.is_bot).text("emoji", &reaction.emoji).end()
}
