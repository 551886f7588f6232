//! The only place that spells this face's JSON. Optional members that are empty are left out.

use crate::base::json::{self, Object};
use crate::base::ulid;
use crate::core::handle::{
    Answer, BotCard, Button, CommandCard, KeyboardKind, Press, WebButtons, WebChat, WebEvent, WebEvents, WebFileRow,
    WebMessage, WebPage, WebReaction, WebTold, WebUser, YardAnswer,
};
use crate::http::Response;
use crate::http::route::Lookup;

/// An error, or the news that something is done: a sentence.
pub(super) fn message(status: u16, text: &str) -> Response {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    Response::json(status, Object::new().text("message", &format!("{first}{}.", letters.as_str())).end())
}

/// Who runs this: nothing but what it is, until the configuration can say more.
pub(super) fn service_info() -> Response {
    let info = Object::new().text("name", "Botmother").text("description", env!("CARGO_PKG_DESCRIPTION"));
    Response::json(200, info.raw("socials", "[]").end())
}

/// The bots of a gallery as an array, or the one with that ULID.
pub(super) fn bots(gallery: &Answer, one: Option<&str>) -> Response {
    let cards = match gallery {
        Answer::Gallery(cards) => cards.as_slice(),
        _ => &[],
    };
    let Some(ulid) = one else {
        return Response::json(200, json::array(cards.iter().map(bot)));
    };
    match cards.iter().find(|card| card.ulid.eq_ignore_ascii_case(ulid)) {
        Some(card) => Response::json(200, bot(card)),
        None => message(404, "bot not found"),
    }
}

/// There is nothing at this path, or not by this method.
pub(super) fn no_route<H>(lookup: Lookup<H>) -> Response {
    match lookup {
        Lookup::WrongMethod(allow) => {
            let refusal = message(405, &format!("use {}", allow.replace(", ", " or ")));
            refusal.with("Allow", allow)
        }
        _ => message(404, "there is no such path"),
    }
}

/// What programs and managers asked for; `done` is the status, and the sentence where there is nothing to be shown.
pub(super) fn yard(answer: &YardAnswer, (status, sentence): (u16, &str)) -> Response {
    let body = match answer {
        YardAnswer::Done => return message(status, sentence),
        YardAnswer::Bot(card) => bot(card),
        YardAnswer::Files(rows) => json::array(rows.iter().map(file)),
        YardAnswer::Commands(cards) => json::array(cards.iter().map(command)),
        YardAnswer::Webhook(bot, url, secret) => {
            let secret = Some(secret.expose()).filter(|secret| !secret.is_empty());
            Object::new().text("botId", bot).text("url", url).text_if("secret", secret).end()
        }
        YardAnswer::Made(card, key) => Object::new().raw("bot", &bot(card)).text("key", key.expose()).end(),
        YardAnswer::Key(key) => Object::new().text("key", key.expose()).end(),
    };
    Response::json(status, body)
}

/// A file that was sent.
pub(super) fn file(row: &WebFileRow) -> String {
    let file =
        Object::new().text("id", &row.ulid).text("path", &format!("static/{}", row.path)).text("name", &row.name);
    file.number("size", row.size).text("mimeType", &row.media_type).end()
}

/// A command of a bot.
pub(super) fn command(card: &CommandCard) -> String {
    let description = Some(card.description.as_str()).filter(|text| !text.is_empty());
    Object::new().text("id", &card.ulid).text("alias", &card.alias).text_if("description", description).end()
}

fn bot(card: &BotCard) -> String {
    let description = Some(card.description.as_str()).filter(|text| !text.is_empty());
    let shown = Object::new().text("id", &card.ulid).text("name", &card.name).text_if("description", description);
    shown.text_if("avatar", card.avatar.as_deref()).end()
}

/// What somebody with a browser asked for; `done` is the status, and the sentence where there is nothing to be shown.
pub(super) fn told(told: &WebTold, (status, sentence): (u16, &str)) -> Response {
    let body = match told {
        WebTold::Done if sentence.is_empty() => "{}".to_string(),
        WebTold::Done => return message(status, sentence),
        WebTold::User(shown) => user(shown),
        WebTold::Files(rows) => json::array(rows.iter().map(file)),
        WebTold::Commands(cards) => json::array(cards.iter().map(command)),
        WebTold::Chat(shown) => chat(shown),
        WebTold::Chats(all) => json::array(all.iter().map(chat)),
        WebTold::Message(shown) => said(shown),
        WebTold::Page(shown) => page(shown),
        WebTold::Events(_) => "[]".to_string(),
    };
    Response::json(status, body)
}

fn user(shown: &WebUser) -> String {
    Object::new().text("id", &shown.ulid).text("nickname", &shown.nickname).end()
}

fn chat(shown: &WebChat) -> String {
    Object::new().text("id", &shown.ulid).text("userId", &shown.user).text("botId", &shown.bot).end()
}

fn page(shown: &WebPage) -> String {
    let page = Object::new().text("chatId", &shown.chat).number("total", shown.total).number("page", shown.page);
    page.number("limit", shown.limit).raw("messages", &json::array(shown.messages.iter().map(said))).end()
}

/// A message: Botyard's members, and ours where there is something to say.
pub(in crate::face) fn said(shown: &WebMessage) -> String {
    let base = Object::new().text("id", &shown.ulid).text("chatId", &shown.chat).text("senderId", &shown.sender);
    let body = base.text("body", &shown.text);
    let with_files = match shown.attachments.as_slice() {
        [] => body,
        files => body.raw("attachments", &json::array(files.iter().map(file))),
    };
    let timed = with_files.number("timestamp", shown.at_ms);
    let timed = if shown.is_edited { timed.truth("edited", true) } else { timed };
    let timed = timed.text_if("replyTo", shown.reply_to.as_deref()).text_if("replaces", shown.replaces.as_deref());
    let timed = match &shown.buttons {
        Some(shown) => timed.raw("buttons", &buttons(shown)).text_if("keyboard", place(shown)),
        None => timed,
    };
    match shown.reactions.as_slice() {
        [] => timed.end(),
        all => timed.raw("reactions", &json::array(all.iter().map(reaction))).end(),
    }
}

/// The same with nothing but the ids of its files, as Botyard has it for programs.
pub(super) fn bare(shown: &WebMessage) -> Response {
    let base = Object::new().text("id", &shown.ulid).text("chatId", &shown.chat).text("senderId", &shown.sender);
    let body = base.text("body", &shown.text);
    let with_files = match shown.attachments.as_slice() {
        [] => body,
        files => body.raw("attachmentIds", &json::array(files.iter().map(|file| json::text(&file.ulid)))),
    };
    Response::json(200, with_files.number("timestamp", shown.at_ms).end())
}

fn reaction(shown: &WebReaction) -> String {
    Object::new().text("emoji", &shown.emoji).text("senderId", &shown.sender).end()
}

/// Buttons in rows. Those that are pressed here have the id by which that is done; the others lead somewhere.
fn buttons(shown: &WebButtons) -> String {
    let mut number = 0;
    let mut button = |button: &Button| match &button.press {
        Press::Url(url) => Object::new().text("text", &button.text).text("url", url).end(),
        _ => {
            number += 1;
            Object::new().text("text", &button.text).number("id", number).end()
        }
    };
    let rows: Vec<String> = shown.rows.iter().map(|row| json::array(row.iter().map(&mut button))).collect();
    json::array(rows)
}

/// Where buttons are that stand in the place of the keys.
fn place(shown: &WebButtons) -> Option<&'static str> {
    match shown.kind {
        KeyboardKind::Reply { is_once: true, .. } => Some("once"),
        KeyboardKind::Reply { .. } => Some("reply"),
        _ => None,
    }
}

/// Events as a stream has them.
pub(super) fn events(told: &WebEvents) -> String {
    told.events.iter().map(|(number, event)| one_event(*number, event)).collect()
}

fn one_event(number: Option<i64>, event: &WebEvent) -> String {
    let (name, data, at_ms) = match event {
        WebEvent::Message(shown) => ("message", said(shown), shown.at_ms),
        WebEvent::Edit(shown) => ("edit", said(shown), shown.at_ms),
        WebEvent::Delete(id) => ("delete", Object::new().text("id", id).end(), 0),
        WebEvent::Reaction(id, all) => {
            let all = json::array(all.iter().map(reaction));
            ("reaction", Object::new().text("id", id).raw("reactions", &all).end(), 0)
        }
        WebEvent::Typing(is_typing) => {
            let state = if *is_typing { "composing" } else { "paused" };
            ("typing", Object::new().text("state", state).end(), 0)
        }
        WebEvent::Piece(id, text) => ("piece", Object::new().text("id", id).text("text", text).end(), 0),
    };
    let id = number.map(|number| format!("id: {}\n", ulid::numbered(at_ms, number))).unwrap_or_default();
    format!("event: {name}\n{id}data: {data}\n\n")
}
