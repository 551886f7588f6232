//! OpenAI's chat completions, which Groq, Mistral, DeepSeek, Perplexity, vLLM, LM Studio, llama.cpp and others speak.
//!
//! Models that reason take neither `max_tokens` nor a temperature; what others do not take is learned from their error
//! (`super::adapt`).

use super::{Ask, address};
use crate::base::call::HttpCall;
use crate::base::json::{Object, array};
use crate::base::limits;
use crate::base::secret::Secret;

/// The call. OpenClaw names models in its own way, and knows a conversation by its `user`.
pub(super) fn build(ask: &Ask<'_>, model: &str, user: Option<&str>) -> HttpCall {
    let reasons = ask.provider.name == "openai" && is_reasoning(model);
    let mut body = Object::new().text("model", model).raw("messages", &messages(ask));
    let tokens = match (ask.without.max_tokens, ask.max_tokens) {
        (false, None) if !reasons => Some(limits::AI_TOKENS),
        (false, given) => given,
        (true, _) => None,
    };
    if let Some(tokens) = tokens {
        let name = if reasons || ask.without.old_name { "max_completion_tokens" } else { "max_tokens" };
        body = body.number(name, i64::from(tokens));
    }
    if let Some(temperature) = ask.temperature.filter(|_| !reasons && !ask.without.temperature) {
        body = body.raw("temperature", &decimal(temperature));
    }
    body = body.text_if("user", user);
    if ask.is_stream {
        body = body.truth("stream", true);
        // Others that count do so unasked, and some refuse what they do not know.
        if ask.provider.name == "openai" {
            body = body.raw("stream_options", r#"{"include_usage":true}"#);
        }
    }
    let call = HttpCall::new("POST", address(ask.endpoint, "/v1", "/chat/completions"));
    bearer(call, ask.key).json(body.end())
}

/// Adds the key, if there is one.
pub(super) fn bearer(call: HttpCall, key: &Secret) -> HttpCall {
    match key.is_empty() {
        true => call,
        false => call.secret_header("Authorization", Secret::new(format!("Bearer {}", key.expose()))),
    }
}

/// `o1`, `o3-mini`, `o4-…`, `gpt-5…`.
fn is_reasoning(model: &str) -> bool {
    let mut letters = model.chars();
    let is_o = letters.next() == Some('o') && letters.next().is_some_and(|c| c.is_ascii_digit());
    is_o || model.starts_with("gpt-5")
}

/// System prompt, history and question, as Ollama has them, too.
pub(super) fn messages(ask: &Ask<'_>) -> String {
    let message = |role: &str, text: &str| Object::new().text("role", role).text("content", text).end();
    let system = Some(ask.system).filter(|system| !system.is_empty() && !ask.without.system);
    let mut all: Vec<String> = system.map(|system| message("system", system)).into_iter().collect();
    for turn in ask.history {
        all.push(message("user", &turn.question));
        all.push(message("assistant", &turn.answer));
    }
    all.push(message("user", &question(ask)));
    array(all)
}

/// The question, behind the system prompt where the model takes none.
pub(super) fn question(ask: &Ask<'_>) -> String {
    match ask.without.system && !ask.system.is_empty() {
        true => format!("{}\n\n{}", ask.system, ask.question),
        false => ask.question.to_string(),
    }
}

/// Hundredths as JSON.
pub(super) fn decimal(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
