//! OpenClaw's gateway: an agent, not a model. Its endpoint in OpenAI's manner answers, and keeps a conversation by its
//! `user`, so no history is sent; its hook `/hooks/agent` takes a message and answers, if at all, elsewhere.

use super::{Ask, Without, openai};
use crate::base::call::HttpCall;
use crate::base::json::Object;

/// The endpoint that answers.
pub(super) fn build(ask: &Ask<'_>) -> HttpCall {
    let model = match ask.model {
        "" | "agent" | "default" => "openclaw/default".to_string(),
        model if model == "openclaw" || model.contains('/') => model.to_string(),
        agent => format!("openclaw/{agent}"),
    };
    // Its models, and what they take, are its own business.
    let without = Without { max_tokens: true, temperature: true, ..ask.without };
    openai::build(&Ask { history: &[], without, ..ask.clone() }, &model, Some(ask.user))
}

/// The hook.
pub(super) fn build_hook(ask: &Ask<'_>) -> HttpCall {
    let body = Object::new().text("message", ask.question).text("name", "Botmother");
    openai::bearer(HttpCall::new("POST", ask.endpoint.trim()), ask.key).json(body.end())
}
