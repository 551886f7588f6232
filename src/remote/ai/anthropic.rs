//! Anthropic's messages: the system prompt stands apart, a bound on tokens is a must, the key has a header of its own.

use super::{Ask, address, openai};
use crate::base::call::HttpCall;
use crate::base::json::Object;
use crate::base::limits;

pub(super) fn build(ask: &Ask<'_>) -> HttpCall {
    let tokens = ask.max_tokens.filter(|_| !ask.without.max_tokens).unwrap_or(limits::AI_TOKENS);
    let bare = Ask { system: "", ..ask.clone() };
    let mut body = Object::new().text("model", ask.model).number("max_tokens", i64::from(tokens));
    if !ask.system.is_empty() {
        body = body.text("system", ask.system);
    }
    body = body.raw("messages", &openai::messages(&bare));
    if let Some(temperature) = ask.temperature.filter(|_| !ask.without.temperature) {
        // Its range ends at 1.
        body = body.raw("temperature", &openai::decimal(temperature.min(100)));
    }
    if ask.is_stream {
        body = body.truth("stream", true);
    }
    let call =
        HttpCall::new("POST", address(ask.endpoint, "/v1", "/messages")).header("anthropic-version", "2023-06-01");
    let call = if ask.key.is_empty() { call } else { call.secret_header("x-api-key", ask.key.clone()) };
    call.json(body.end())
}
