//! Histories, as callers ask for them and are answered.

use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::core::keyboard::Keyboard;

/// `getHistory`.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// With whom: a JID, a room, an occupant of one, or `owner@local`.
    pub chat: Jid,
    /// At most so many messages.
    pub limit: i64,
    /// Only those before this one; `None`: the newest.
    pub before: Option<i64>,
}

/// A piece of a history.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The oldest first.
    pub messages: Vec<HistoryMessage>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A message of a history.
#[derive(Clone, Debug)]
pub struct HistoryMessage {
    /// Its number, which grows with time.
    pub id: i64,
    /// By which replies, corrections and reactions mean it.
    pub message_id: String,
    /// Who said it.
    pub from: String,
    /// It was the bot.
    pub is_bot: bool,
    /// What it says now; nothing any more if it was taken back.
    pub text: String,
    /// Unix time: when it was said.
    pub at: i64,
    /// It was corrected.
    pub is_edited: bool,
    /// It was taken back.
    pub is_deleted: bool,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// Its files as in updates, each an object as JSON.
    pub files: Vec<String>,
    /// Its buttons, where they can be pressed.
    pub keyboard: Option<Keyboard>,
    /// Who reacts to it how.
    pub reactions: Vec<HistoryReaction>,
}

/// One emoji that somebody has at a message.
#[derive(Clone, Debug)]
pub struct HistoryReaction {
    /// Who.
    pub from: String,
    /// It is the bot.
    pub is_bot: bool,
    /// Which.
    pub emoji: String,
}

/// How long a bot's history is kept.
#[derive(Clone, Copy, Debug)]
pub struct HistoryInfo {
    /// The bot.
    pub bot: BotId,
    /// For so many days; 0: not at all.
    pub days: i64,
    /// Whether that is what the configuration says, and nothing else was said for this bot.
    pub is_default: bool,
}
