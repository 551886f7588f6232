//! What a bot does as a moderator of a room.

use crate::base::jid::BareJid;

/// `/bot/room/moderate`.
#[derive(Clone, Debug)]
pub struct RoomModeration {
    /// The room; the bot must be one of its moderators.
    pub room: BareJid,
    /// What.
    pub action: RoomAction,
    /// Why, for those in the room.
    pub reason: Option<String>,
}

/// What a moderator does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomAction {
    /// Takes away what somebody said (XEP-0425): the id that the update gave.
    Retract(String),
    /// Puts somebody out.
    Kick(String),
    /// Keeps somebody out from now on.
    Ban(Occupier),
    /// Lets him in again.
    Unban(BareJid),
    /// Takes his voice, which counts in a moderated room.
    Mute(String),
    /// Gives it back.
    Unmute(String),
}

/// Whom a moderator means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occupier {
    /// Who has this nick now.
    Nick(String),
    /// This person.
    Person(BareJid),
}

impl Occupier {
    /// An address or a nick.
    pub fn of(text: &str) -> Occupier {
        match BareJid::parse(text) {
            Ok(jid) if jid.local().is_some() => Occupier::Person(jid),
            _ => Occupier::Nick(text.to_string()),
        }
    }
}

impl RoomAction {
    /// As spelled in the API and in chats.
    pub fn word(&self) -> &'static str {
        match self {
            RoomAction::Retract(_) => "retract",
            RoomAction::Kick(_) => "kick",
            RoomAction::Ban(_) => "ban",
            RoomAction::Unban(_) => "unban",
            RoomAction::Mute(_) => "mute",
            RoomAction::Unmute(_) => "unmute",
        }
    }

    /// Whom or what it is about.
    pub fn target(&self) -> &str {
        match self {
            RoomAction::Retract(text)
            | RoomAction::Kick(text)
            | RoomAction::Mute(text)
            | RoomAction::Unmute(text)
            | RoomAction::Ban(Occupier::Nick(text)) => text,
            RoomAction::Ban(Occupier::Person(jid)) | RoomAction::Unban(jid) => jid.as_str(),
        }
    }
}
