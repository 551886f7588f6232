//! Rooms (docs/api.md): requests with a token → questions.

use crate::base::jid::BareJid;
use crate::base::json::Fields;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{NewRoom, Question};
use crate::http::Request;

use super::read;

/// `POST /bot/joinRoom`.
pub(super) fn join(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let text = |key: &str| Ok::<_, Failure>(fields.text(key)?.filter(|text| !text.is_empty()));
    Ok(Question::JoinRoom(NewRoom {
        room: address(&fields)?,
        nick: text("nick")?.map(str::to_string),
        password: text("password")?.map(Secret::new),
    }))
}

/// `POST /bot/leaveRoom`.
pub(super) fn leave(request: &Request) -> Result<Question, Failure> {
    Ok(Question::LeaveRoom(address(&read::fields(request)?)?))
}

/// The room's address; a nick behind it is cut off.
fn address(fields: &Fields) -> Result<BareJid, Failure> {
    match BareJid::parse(fields.need_text("room")?) {
        Ok(room) if room.local().is_some() => Ok(room),
        _ => Err(Failure::invalid("room", "the JID of a room, for example general@conference.example.org")),
    }
}
