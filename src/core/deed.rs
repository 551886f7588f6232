//! What is to be done in a linked chat by a moderator, as the rules tell it to the chat's channel.

use crate::store::row::LinkRow;

/// What becomes of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Somebody is put out and may come back.
    Kick(i64),
    /// Is kept out, for so many seconds or for good.
    Ban(i64, Option<i64>),
    /// May come in again.
    Unban(i64),
    /// Says nothing, for so many seconds or for good.
    Mute(i64, Option<i64>),
    /// May speak again.
    Unmute(i64),
    /// What was said goes: its id there.
    Delete(String),
    /// It is shown at the top.
    Pin(String),
    /// The chat is called so.
    Title(String),
    /// It has this picture.
    Photo(String),
}

/// Something to be done in a linked chat, and how it is told.
pub(crate) struct Order {
    pub(crate) link: LinkRow,
    pub(crate) deed: Deed,
    /// Whom or what it is about, for people.
    pub(crate) shown: String,
}
