//! The only place that spells this face's JSON. Optional members that are empty are left out.

use crate::base::json::{self, Object};
use crate::core::handle::{Answer, BotCard};
use crate::http::Response;

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

fn bot(card: &BotCard) -> String {
    let description = Some(card.description.as_str()).filter(|text| !text.is_empty());
    Object::new().text("id", &card.ulid).text("name", &card.name).text_if("description", description).end()
}
