//! Messaging by a bot's program (docs/api.md): requests with a token → questions.

use crate::base::id::UpdateId;
use crate::base::json::{self, Fields};
use crate::base::limits;
use crate::core::failure::Failure;
use crate::core::handle::{Command, NewMessage, Question, UpdateKinds, UpdatePoll, read_keyboard};
use crate::http::Request;
use crate::xmpp::message::Kind;

use super::read;

/// `POST /bot/sendMessage`.
pub(super) fn send_message(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let to = read::jid("to", fields.need_text("to")?)?;
    let text = fields.need_text("text")?.to_string();
    let kind = kind(&fields)?;
    let reply_to = fields.text("reply_to")?.filter(|id| !id.is_empty()).map(str::to_string);
    let encrypt = fields.truth("encrypt")? == Some(true);
    let keyboard = read_keyboard(&fields)?;
    let idempotency_key = idempotency_key(request)?;
    Ok(Question::SendMessage(NewMessage { to, text, kind, reply_to, encrypt, keyboard, idempotency_key }))
}

/// `type`: whom `to` means.
pub(super) fn kind(fields: &Fields) -> Result<Kind, Failure> {
    match fields.text("type")? {
        None | Some("chat") => Ok(Kind::Chat),
        Some("groupchat") => Ok(Kind::Groupchat),
        Some(_) => Err(Failure::invalid("type", "chat or groupchat")),
    }
}

/// The header `Idempotency-Key`.
pub(super) fn idempotency_key(request: &Request) -> Result<Option<String>, Failure> {
    let Some(key) = request.header("idempotency-key") else { return Ok(None) };
    let is_printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if key.is_empty() || key.len() > limits::IDEMPOTENCY_KEY_BYTES_MAX || !is_printable {
        let must_be = format!("1 to {} printable ASCII characters", limits::IDEMPOTENCY_KEY_BYTES_MAX);
        return Err(Failure::invalid("Idempotency-Key", must_be));
    }
    Ok(Some(key.to_string()))
}

/// `GET /bot/getMessageState`.
pub(super) fn get_state(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let id = query.text("message_id").ok_or_else(|| Failure::invalid("message_id", "there: the id of a message"))?;
    Ok(Question::MessageState(id.to_string()))
}

/// `GET /bot/getUpdates`. Numbers out of range are brought into it, as the original does.
pub(super) fn get_updates(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let most = limits::UPDATES_PER_ANSWER_MAX;
    Ok(Question::GetUpdates(UpdatePoll {
        offset: query.number("offset")?.map(UpdateId),
        limit: query.number("limit")?.unwrap_or(most).clamp(1, most),
        timeout: read::timeout(&query)?,
        allowed: query.text("allowed_updates").map(allowed_updates).transpose()?,
    }))
}

/// A JSON array of types, as in Telegram's Bot API; by hand, words between commas will do.
fn allowed_updates(text: &str) -> Result<UpdateKinds, Failure> {
    let names = match json::texts(text) {
        Some(names) => names,
        None => text.split(',').map(|name| name.trim().to_string()).collect(),
    };
    let kinds = UpdateKinds::parse(names.iter().map(String::as_str));
    kinds.map_err(|must_be| Failure::invalid("allowed_updates", must_be))
}

/// `GET /bot/getMe`.
pub(super) fn get_me(_: &Request) -> Result<Question, Failure> {
    Ok(Question::GetMe)
}

/// `GET /bot/getInfo`.
pub(super) fn get_info(_: &Request) -> Result<Question, Failure> {
    Ok(Question::GetInfo)
}

/// `POST /bot/setCommands`.
pub(super) fn set_commands(request: &Request) -> Result<Question, Failure> {
    let commands = read::fields(request)?.need_objects("commands")?;
    Ok(Question::SetCommands(commands.iter().map(command).collect::<Result<_, _>>()?))
}

/// `GET /bot/getCommands`.
pub(super) fn get_commands(_: &Request) -> Result<Question, Failure> {
    Ok(Question::GetCommands)
}

/// A name may be written as it is typed, with its slash.
fn command(fields: &Fields) -> Result<Command, Failure> {
    let name = fields.need_text("command")?;
    Ok(Command {
        command: name.strip_prefix('/').unwrap_or(name).to_string(),
        description: fields.text("description")?.unwrap_or_default().to_string(),
    })
}
