//! The built-in chat `owner@local` (docs/api.md), for `botmother chat`: needs management rights.

use crate::core::failure::Failure;
use crate::core::handle::Question;
use crate::http::Request;

use super::read;

/// `POST /local/say`.
pub(super) fn say(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let to = fields.text("to")?.filter(|to| !to.is_empty()).map(str::to_string);
    Ok(Question::LocalSay { to, text: fields.need_text("text")?.to_string() })
}

/// `GET /local/read`.
pub(super) fn read(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    Ok(Question::LocalRead {
        with: query.text("with").map(str::to_string),
        after: query.number("after")?.unwrap_or(0),
        timeout: read::timeout(&query)?,
    })
}
