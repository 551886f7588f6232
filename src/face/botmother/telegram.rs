//! The bridge to Telegram (docs/telegram.md): requests → questions, answers → JSON.

use crate::base::jid::BareJid;
use crate::base::json::{self, Fields, Object};
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{
    BridgeAnswer, BridgeQuestion, LinkMode, LinkRow, NewAcross, NewLink, OfferedChat, Question, TelegramInfo,
    TelegramQuestion, TelegramSetup, telegram_chat,
};
use crate::http::Request;

use super::{message, read};

/// `POST /bot/telegram/setup`.
pub(super) fn setup(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let token = Secret::new(fields.need_text("token")?);
    let chat = telegram_chat("chat_id", &need_name(&fields, "chat_id")?)?;
    let mode = mode(&fields)?.unwrap_or_default();
    Ok(Question::Telegram(TelegramQuestion::Setup(TelegramSetup {
        token: Some(token),
        api_url: fields.text("api_url")?.map(str::to_string),
        take_over: fields.truth("take_over")?.unwrap_or(false),
        link: Some((chat, mode.as_str().to_string())),
    })))
}

/// `GET /bot/telegram/status`.
pub(super) fn status(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Telegram(TelegramQuestion::Status))
}

/// `POST /bot/telegram/enable`.
pub(super) fn enable(request: &Request) -> Result<Question, Failure> {
    let is_on = read::fields(request)?.need_truth("enabled")?;
    Ok(Question::Telegram(TelegramQuestion::Enable(is_on)))
}

/// `POST /bot/telegram/test`.
pub(super) fn test(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Telegram(TelegramQuestion::Test))
}

/// `POST /bot/telegram/retry`.
pub(super) fn retry(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Telegram(TelegramQuestion::Retry))
}

/// `POST /bot/telegram/send`.
pub(super) fn send(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let chat = name(&fields, "chat")?.or(name(&fields, "chat_id")?);
    let text = fields.need_text("text")?.to_string();
    let idempotency_key = message::idempotency_key(request)?;
    Ok(Question::Bridge(BridgeQuestion::Send(NewAcross { chat, text, idempotency_key })))
}

/// `GET /bot/telegram/chats`.
pub(super) fn chats(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Bridge(BridgeQuestion::List))
}

/// `POST /bot/telegram/link`.
pub(super) fn make_link(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let text = |name: &str| fields.text(name).map(|text| text.map(str::to_string));
    let here = fields.text("here")?.map(|here| {
        let rule = "the address of a person or a room, for example room@conference.example.org";
        BareJid::parse_any(here).map_err(|_| Failure::invalid("here", rule))
    });
    Ok(Question::Bridge(BridgeQuestion::Link(NewLink {
        chat: telegram_chat("chat_id", &need_name(&fields, "chat_id")?)?,
        here: here.transpose()?,
        alias: text("alias")?,
        mode: mode(&fields)?,
        is_enabled: fields.truth("enabled")?,
        is_default: fields.truth("default")?,
        format_here: text("format_here")?,
        format_there: text("format_there")?,
    })))
}

/// `POST /bot/telegram/unlink`.
pub(super) fn unlink(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let chat = name(&fields, "chat")?.map_or_else(|| need_name(&fields, "chat_id"), Ok)?;
    Ok(Question::Bridge(BridgeQuestion::Unlink(chat)))
}

/// A chat's number, as a number or a text, or what a link is called.
fn name(fields: &Fields, field: &str) -> Result<Option<String>, Failure> {
    match fields.number(field) {
        Ok(number) => Ok(number.map(|number| number.to_string())),
        Err(_) => Ok(fields.text(field)?.map(str::to_string)),
    }
}

fn need_name(fields: &Fields, field: &str) -> Result<String, Failure> {
    let must_be = "the number of a chat at Telegram, for example 987654321 or -1001234567890";
    name(fields, field)?.ok_or_else(|| Failure::invalid(field, must_be))
}

fn mode(fields: &Fields) -> Result<Option<LinkMode>, Failure> {
    let read = |text: &str| LinkMode::parse(text).ok_or_else(|| Failure::invalid("mode", "bridge or forward"));
    fields.text("mode")?.map(read).transpose()
}

/// How a bot is connected: DinoX's members, and ours.
pub(super) fn info(info: &TelegramInfo) -> Object {
    let members = Object::new().truth("enabled", info.is_enabled).truth("configured", info.is_configured);
    let members = match info.joined.links.first() {
        Some(link) => members.text("chat_id", chat_id(link)).text("mode", link.mode.as_str()),
        None => members,
    };
    let members = if info.is_tested {
        let words = format!("Telegram connected!\nBot: {} (@{})", info.name, info.username);
        members.truth("connected", true).text("info", &words)
    } else {
        members
    };
    if !info.is_configured {
        return members;
    }
    members
        .text("username", &info.username)
        .text_if("api_url", info.api_url.as_deref())
        .text("state", info.state.as_str())
        .text_if("trouble", info.trouble.as_deref())
        .number("waiting", i64::try_from(info.waiting).unwrap_or(i64::MAX))
        .number("in_doubt", i64::try_from(info.in_doubt).unwrap_or(i64::MAX))
}

/// What is answered about links.
pub(super) fn bridge(answer: &BridgeAnswer) -> Object {
    match answer {
        BridgeAnswer::Links(links, offered) => {
            let links = json::array(links.iter().map(|row| link(row).end()));
            Object::new().raw("chats", &links).raw("offered", &json::array(offered.iter().map(offer)))
        }
        BridgeAnswer::Linked(row) => link(row),
        BridgeAnswer::Unlinked(row) => Object::new().text("chat_id", chat_id(row)).truth("unlinked", true),
        BridgeAnswer::Sent(message_id) => Object::new().truth("sent", true).text("message_id", message_id),
    }
}

/// As Telegram calls the chat.
fn chat_id(row: &LinkRow) -> &str {
    row.there.channel_id().unwrap_or(row.there.as_str())
}

fn link(row: &LinkRow) -> Object {
    Object::new()
        .text("chat_id", chat_id(row))
        .text("chat", row.there.as_str())
        .text("alias", &row.alias)
        .text("here", row.here.as_str())
        .text("mode", row.mode.as_str())
        .truth("enabled", row.is_enabled)
        .truth("default", row.is_default)
        .text_if("format_here", row.format_here.as_deref())
        .text_if("format_there", row.format_there.as_deref())
        .text_if("trouble", row.trouble.as_deref())
}

fn offer(chat: &OfferedChat) -> String {
    Object::new()
        .text("chat_id", chat.address.channel_id().unwrap_or(chat.address.as_str()))
        .text("title", &chat.title)
        .text("last_name", &chat.last_name)
        .number("count", chat.count)
        .number("last_at", chat.at)
        .end()
}
