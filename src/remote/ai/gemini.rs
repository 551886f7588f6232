//! Google's Gemini: the model stands in the path, the key in a header (it could stand in the URL, which ends up in logs).

use super::{Ask, openai};
use crate::base::call::HttpCall;
use crate::base::json::{Object, array};
use crate::base::limits;
use crate::base::text::percent;

pub(super) fn build(ask: &Ask<'_>) -> HttpCall {
    let parts = |text: &str| array([Object::new().text("text", text).end()]);
    let content = |role: &str, text: &str| Object::new().text("role", role).raw("parts", &parts(text)).end();
    let mut contents = Vec::with_capacity(ask.history.len() * 2 + 1);
    for turn in ask.history {
        contents.push(content("user", &turn.question));
        contents.push(content("model", &turn.answer));
    }
    contents.push(content("user", &openai::question(ask)));
    let mut body = Object::new();
    if !ask.system.is_empty() && !ask.without.system {
        body = body.raw("systemInstruction", &Object::new().raw("parts", &parts(ask.system)).end());
    }
    let mut config = Object::new();
    if let Some(temperature) = ask.temperature.filter(|_| !ask.without.temperature) {
        config = config.raw("temperature", &openai::decimal(temperature));
    }
    if !ask.without.max_tokens {
        config = config.number("maxOutputTokens", i64::from(ask.max_tokens.unwrap_or(limits::AI_TOKENS)));
    }
    let body = body.raw("contents", &array(contents)).raw("generationConfig", &config.end());
    let call = HttpCall::new("POST", url(ask));
    let call = if ask.key.is_empty() { call } else { call.secret_header("x-goog-api-key", ask.key.clone()) };
    call.json(body.end())
}

fn url(ask: &Ask<'_>) -> String {
    let base = ask.endpoint.trim().trim_end_matches('/');
    let base = match base.split_once("://") {
        Some((_, host)) if !host.contains('/') => format!("{base}/v1beta/models"),
        _ if base.ends_with("/models") => base.to_string(),
        _ => format!("{base}/models"),
    };
    let method = if ask.is_stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
    format!("{base}/{}:{method}", percent(ask.model.trim_start_matches("models/")))
}
