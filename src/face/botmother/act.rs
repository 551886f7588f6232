//! What a bot's program does besides sending texts (docs/api.md): requests with a token → questions.

use crate::base::json::Fields;
use crate::core::failure::Failure;
use crate::core::handle::{BotAction, ChatState, NewAction, NewPressAnswer, Question};
use crate::http::Request;

use super::{message, read};

/// Telegram's words for `composing` that are not this one: whatever a bot prepares, it will be a message.
const PREPARING: [&str; 3] = ["upload_", "record_", "choose_"];

/// `POST /bot/sendFile` with the address of a file.
pub(super) fn send_url(request: &Request) -> Result<Question, Failure> {
    act(request, |fields| {
        let caption = fields.text("caption")?.filter(|text| !text.is_empty()).map(str::to_string);
        Ok(BotAction::File { url: fields.need_text("url")?.to_string(), caption })
    })
}

/// `POST /bot/sendReaction`. The reaction must be there, but may be empty.
pub(super) fn send_reaction(request: &Request) -> Result<Question, Failure> {
    act(request, |fields| {
        let message_id = fields.need_text("message_id")?.to_string();
        let emoji = fields.text("reaction")?.ok_or_else(|| Failure::invalid("reaction", "there: an emoji"))?;
        Ok(BotAction::Reaction { message_id, emoji: emoji.to_string() })
    })
}

/// `POST /bot/editMessage`.
pub(super) fn edit_message(request: &Request) -> Result<Question, Failure> {
    act(request, BotAction::read_edit)
}

/// `POST /bot/deleteMessage`.
pub(super) fn delete_message(request: &Request) -> Result<Question, Failure> {
    act(request, |fields| Ok(BotAction::Deletion { message_id: fields.need_text("message_id")?.to_string() }))
}

/// `POST /bot/answerCallbackQuery`. Telegram's names of the members are understood, too.
pub(super) fn answer_callback_query(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let callback_id = match fields.text("callback_query_id")? {
        Some(id) if !id.is_empty() => id,
        _ => fields.need_text("callback_id")?,
    };
    let text = fields.text("text")?.filter(|text| !text.is_empty()).map(str::to_string);
    let is_alert = fields.truth("alert")?.or(fields.truth("show_alert")?) == Some(true);
    let idempotency_key = message::idempotency_key(request)?;
    Ok(Question::AnswerPress(NewPressAnswer { callback_id: callback_id.to_string(), text, is_alert, idempotency_key }))
}

/// `POST /bot/markRead`.
pub(super) fn mark_read(request: &Request) -> Result<Question, Failure> {
    act(request, |fields| Ok(BotAction::Read { message_id: fields.need_text("message_id")?.to_string() }))
}

/// `POST /bot/sendChatAction`.
pub(super) fn send_chat_action(request: &Request) -> Result<Question, Failure> {
    act(request, |fields| {
        let state = match fields.need_text("action")? {
            "typing" | "composing" => ChatState::Composing,
            "paused" => ChatState::Paused,
            "active" => ChatState::Active,
            "inactive" => ChatState::Inactive,
            "gone" => ChatState::Gone,
            word if PREPARING.iter().any(|start| word.starts_with(start)) => ChatState::Composing,
            _ => return Err(Failure::invalid("action", "typing, paused, active, inactive or gone")),
        };
        Ok(BotAction::State(state))
    })
}

fn act(request: &Request, action: impl FnOnce(&Fields) -> Result<BotAction, Failure>) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let to = read::jid("to", fields.need_text("to")?)?;
    let action = action(&fields)?;
    let kind = message::kind(&fields)?;
    Ok(Question::Act(NewAction { to, kind, action, idempotency_key: message::idempotency_key(request)? }))
}
