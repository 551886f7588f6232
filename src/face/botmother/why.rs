//! `GET /bot/why` (docs/why.md): the request → a question, and how the way of a message is printed.

use crate::base::json::{self, Object};
use crate::base::limits;
use crate::base::remedy::Place;
use crate::core::failure::Failure;
use crate::core::handle::{Question, WayStep, WhyInfo};
use crate::http::Request;

use super::read;

/// `GET /bot/why`.
pub(super) fn why(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let id = query.text("message_id").ok_or_else(|| Failure::invalid("message_id", "there: the id of a message"))?;
    Failure::check_most("message_id", id.len(), limits::MESSAGE_ID_BYTES_MAX, "bytes")?;
    Ok(Question::Why(id.to_string()))
}

/// The way of a message.
pub(super) fn info(info: &WhyInfo, place: Place) -> Object {
    Object::new()
        .text("message_id", &info.message_id)
        .text("direction", if info.is_out { "out" } else { "in" })
        .text("with", &info.peer)
        .raw("steps", &json::array(info.steps.iter().map(|one| step(one, place))))
}

/// One step; what has no time is how it is now.
fn step(step: &WayStep, place: Place) -> String {
    let object = Object::new().text("what", step.what).text("text", &step.say(place));
    match step.at_ms {
        Some(at_ms) => object.number("at", at_ms.div_euclid(1_000)).number("at_ms", at_ms).end(),
        None => object.raw("at", "null").raw("at_ms", "null").end(),
    }
}
