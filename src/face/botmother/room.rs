//! Rooms (docs/api.md): requests with a token → questions.

use crate::base::jid::BareJid;
use crate::base::json::Fields;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{NewRoom, Occupier, Question, RoomAction, RoomModeration};
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

/// `POST /bot/room/moderate`.
pub(super) fn moderate(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let word = fields.need_text("action")?;
    let user = || Ok::<_, Failure>(fields.need_text("user")?.to_string());
    let person = || read::account("user", fields.need_text("user")?);
    let action = match word {
        "retract" => RoomAction::Retract(fields.need_text("message_id")?.to_string()),
        "kick" => RoomAction::Kick(user()?),
        "ban" => RoomAction::Ban(Occupier::of(fields.need_text("user")?)),
        "unban" => RoomAction::Unban(person()?),
        "mute" => RoomAction::Mute(user()?),
        "unmute" => RoomAction::Unmute(user()?),
        _ => return Err(Failure::invalid("action", "one of retract, kick, ban, unban, mute, unmute")),
    };
    let reason = fields.text("reason")?.filter(|text| !text.is_empty()).map(str::to_string);
    Ok(Question::ModerateRoom(RoomModeration { room: address(&fields)?, action, reason }))
}
