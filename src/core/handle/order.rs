//! What keeps order in linked chats, as callers wish it.

use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::span;
use crate::core::failure::Failure;

/// `/bot/telegram/moderate`.
#[derive(Clone, Debug)]
pub struct GroupModeration {
    /// The chat, by its address or what its link is called; `None`: the one that is meant where none is named.
    pub chat: Option<String>,
    /// What.
    pub action: GroupAction,
}

/// What is asked about order in linked chats.
#[derive(Clone, Debug)]
pub enum OrderQuestion {
    /// A moderator wishes something; answered when it is done.
    Moderate(GroupModeration),
    /// Who was seen in this chat, by its address or what its link is called, or in the usual one.
    Members(Option<String>),
}

/// Reads how long something holds: `10m`, `2h`, `7d`.
pub fn read_span(field: &str, text: &str) -> Result<i64, Failure> {
    let (least, most) = (span::write(limits::SPAN_MIN_S), limits::SPAN_MAX_S / 86_400);
    span::read(text)
        .ok_or_else(|| Failure::invalid(field, format!("a time like 10m, 2h or 7d, from {least} to {most}d")))
}

/// What a moderator does in a linked chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupAction {
    /// Puts somebody out; he may come back.
    Kick(Member),
    /// Keeps somebody out, for so many seconds or for good.
    Ban(Member, Option<i64>),
    /// Lets him in again.
    Unban(Member),
    /// Lets somebody say nothing, for so many seconds or for good.
    Mute(Member, Option<i64>),
    /// Lets him speak again.
    Unmute(Member),
    /// Takes away what somebody said.
    Delete(String),
    /// Shows a message to all, at the top.
    Pin(String),
    /// Calls the chat otherwise.
    Title(String),
    /// Gives the chat a picture, from this web address.
    Photo(String),
}

/// Whom a moderator means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// By his number.
    Number(i64),
    /// By `@…`, without the sign.
    Called(String),
    /// Who said this: a message by its id, there or as it was passed on.
    AuthorOf(String),
}

impl Member {
    /// A number, `@name`, or `#` with the id of a message.
    pub fn read(text: &str) -> Option<Member> {
        let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if let Some(name) = text.strip_prefix('@') {
            return is_name(name).then(|| Member::Called(name.to_string()));
        }
        if let Some(id) = text.strip_prefix('#') {
            return (!id.is_empty()).then(|| Member::AuthorOf(id.to_string()));
        }
        text.parse().ok().filter(|number| *number > 0).map(Member::Number)
    }
}

impl GroupAction {
    /// As spelled in the API and in chats.
    pub fn word(&self) -> &'static str {
        match self {
            GroupAction::Kick(_) => "kick",
            GroupAction::Ban(..) => "ban",
            GroupAction::Unban(_) => "unban",
            GroupAction::Mute(..) => "mute",
            GroupAction::Unmute(_) => "unmute",
            GroupAction::Delete(_) => "delete",
            GroupAction::Pin(_) => "pin",
            GroupAction::Title(_) => "title",
            GroupAction::Photo(_) => "photo",
        }
    }

    /// Whom it is about, where it is about somebody.
    pub fn member(&self) -> Option<&Member> {
        match self {
            GroupAction::Kick(member)
            | GroupAction::Ban(member, _)
            | GroupAction::Unban(member)
            | GroupAction::Mute(member, _)
            | GroupAction::Unmute(member) => Some(member),
            _ => None,
        }
    }

    /// Which message it is about, where it is about one.
    pub fn message(&self) -> Option<&str> {
        match self {
            GroupAction::Delete(id) | GroupAction::Pin(id) => Some(id),
            _ => None,
        }
    }
}

/// Who was seen in a linked chat.
#[derive(Clone, Debug)]
pub struct MembersInfo {
    /// The chat.
    pub chat: BareJid,
    /// Those seen last.
    pub members: Vec<MemberInfo>,
    /// How many are remembered.
    pub seen: i64,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberInfo {
    /// His number there.
    pub id: i64,
    /// `@…` without the sign.
    pub username: Option<String>,
    /// What he is called.
    pub name: String,
    /// Unix time; to the day.
    pub seen_at: i64,
}
