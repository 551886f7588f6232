//! The only place that spells this face's JSON. Optional members that are empty are left out.

use crate::base::json::{self, Object};
use crate::core::handle::{Answer, BotCard, CommandCard, WebFileRow, YardAnswer};
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
