//! Rows of histories.

use super::{ChannelName, FileRow};
use crate::base::id::MessageId;

/// What is kept of a message.
#[derive(Clone, Copy, Debug)]
pub struct KeptContent<'a> {
    /// What it says.
    pub text: &'a str,
    /// The message it answers.
    pub reply_to: Option<&'a str>,
    /// Its files by their names in the API; of those that are not known nothing is kept.
    pub files: &'a [String],
}

/// Who must have said a message that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side<'a> {
    /// The bot.
    Bot,
    /// Whoever it talks with.
    Others,
    /// An occupant of the room, as in [`HeardRow`](super::HeardRow).
    Occupant(&'a str),
    /// Whoever.
    Any,
}

/// What a bot said, whether or not it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidRow {
    /// Its number.
    pub id: MessageId,
    /// The id of the message whose place it takes, if it is a correction.
    pub original: Option<String>,
    /// It was taken back.
    pub is_deleted: bool,
}

/// Who reacts.
#[derive(Clone, Copy, Debug)]
pub enum Reactor<'a> {
    /// The bot itself.
    Bot,
    /// With whom the chat is.
    Peer,
    /// An occupant of the room, as in [`HeardRow`](super::HeardRow).
    Occupant {
        /// Who he is, whatever his nick.
        author: &'a str,
        /// His nick now.
        nick: &'a str,
    },
}

/// All that somebody has as reactions to a message from now on.
#[derive(Clone, Copy, Debug)]
pub struct NewReactions<'a> {
    /// Where the conversation is.
    pub channel: ChannelName,
    /// The message.
    pub message_id: &'a str,
    /// Who reacts.
    pub by: Reactor<'a>,
    /// None takes them back.
    pub emoji: &'a [String],
    /// Unix time.
    pub at: i64,
}

/// A message of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRow {
    /// Its number, which grows with time.
    pub id: MessageId,
    /// The id by which the bot's program knows it; the built-in chat has none.
    pub name: Option<String>,
    /// Who said it, as an address; `None`: the bot.
    pub from: Option<String>,
    /// The address of the account through which the bot is there, where the channel has some.
    pub own: Option<String>,
    /// What it says now.
    pub text: String,
    /// Unix time: when it was said.
    pub at: i64,
    /// It was corrected.
    pub is_edited: bool,
    /// It was taken back.
    pub is_deleted: bool,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// Its files.
    pub files: Vec<FileRow>,
    /// Reactions: who has which emoji there.
    pub reactions: Vec<(Option<String>, String)>,
}

impl KeptRow {
    /// How much others have written into it.
    pub fn bytes(&self) -> usize {
        let of = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let files = self.files.iter().map(|file| file.url.len() + of(&file.name) + of(&file.media_type));
        let reactions = self.reactions.iter().map(|(from, emoji)| of(from) + emoji.len());
        self.text.len() + of(&self.name) + of(&self.reply_to) + files.sum::<usize>() + reactions.sum::<usize>()
    }
}
