//! Ollama's own API. It streams unless told not to, in lines of JSON; a key is for a proxy in front of it.

use super::{Ask, address, openai};
use crate::base::call::HttpCall;
use crate::base::json::Object;

pub(super) fn build(ask: &Ask<'_>) -> HttpCall {
    let mut options = Object::new();
    if let Some(temperature) = ask.temperature {
        options = options.raw("temperature", &openai::decimal(temperature));
    }
    if let Some(tokens) = ask.max_tokens {
        options = options.number("num_predict", i64::from(tokens));
    }
    let mut body =
        Object::new().text("model", ask.model).raw("messages", &openai::messages(ask)).truth("stream", ask.is_stream);
    if !options.members().is_empty() {
        body = body.raw("options", &options.end());
    }
    openai::bearer(HttpCall::new("POST", address(ask.endpoint, "/api", "/chat")), ask.key).json(body.end())
}
