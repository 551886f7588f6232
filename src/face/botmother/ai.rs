//! A bot's AI (docs/ai.md): requests → questions.

use crate::base::limits;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{AiRank, AiSettings, Question};
use crate::http::Request;

use super::read;

/// Whose conversation a question belongs to when the caller does not say.
const CALLER: &str = "api-client";

/// `POST /bot/ai/setup`.
pub(super) fn setup(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let text = |name: &str| fields.text(name).map(|text| text.map(str::to_string));
    let rank = match fields.truth("fallback")? {
        Some(true) => AiRank::Substitute,
        Some(false) | None => AiRank::First,
    };
    Ok(Question::SetAi(AiSettings {
        provider: Some(fields.need_text("provider")?.to_string()),
        api_key: text("api_key")?.map(Secret::new),
        model: Some(fields.need_text("model")?.to_string()),
        endpoint: text("endpoint")?,
        system: text("system")?,
        max_tokens: fields.number("max_tokens")?,
        temperature: fields.decimal("temperature")?,
        timeout_s: fields.number("timeout")?,
        is_streaming: fields.truth("stream")?,
        rank,
    }))
}

/// `GET /bot/ai/status`.
pub(super) fn status(_: &Request) -> Result<Question, Failure> {
    Ok(Question::AiStatus)
}

/// `POST /bot/ai/enable`.
pub(super) fn enable(request: &Request) -> Result<Question, Failure> {
    Ok(Question::EnableAi(read::fields(request)?.need_truth("enabled")?))
}

/// `POST /bot/ai/ask`.
pub(super) fn ask(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let text = match fields.text("message")? {
        None if fields.text("text")?.is_some() => fields.need_text("text")?,
        _ => fields.need_text("message")?,
    };
    Failure::check_most("message", text.len(), limits::TEXT_BYTES_MAX, "bytes")?;
    let query = read::query(request)?;
    let from = query.text("from").or(fields.text("from")?).unwrap_or(CALLER);
    Failure::check_most("from", from.len(), limits::AI_NAME_BYTES_MAX, "bytes")?;
    let is_live = fields.truth("stream")?.unwrap_or(false);
    Ok(Question::AskAi { text: text.to_string(), from: from.to_string(), is_live })
}
