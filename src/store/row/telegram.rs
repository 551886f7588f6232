//! Rows of the channel Telegram.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::secret::Secret;

/// A row of `telegram_bot`: how a bot of ours is connected to one at Telegram.
#[derive(Clone, Debug)]
pub struct TelegramRow {
    /// Ours.
    pub bot: BotId,
    /// The token that BotFather gave; sealed in the file.
    pub token: Secret,
    /// Where Telegram's Bot API is.
    pub api_url: String,
    /// A program has named that address, which must be a public one.
    pub is_confined: bool,
    /// Its number there.
    pub user_id: i64,
    /// Its name there, without `@`.
    pub username: String,
    /// Its display name there.
    pub name: String,
    /// Whether it listens and speaks.
    pub is_enabled: bool,
    /// The first update that was not taken yet; 0: none was.
    pub next_update: i64,
    /// Why nothing is asked any more, until somebody changes something: a symbol of the channel's.
    pub trouble: Option<String>,
}

/// A message at Telegram that a bot of ours has said.
#[derive(Clone, Copy, Debug)]
pub struct ThereRow<'a> {
    /// Where.
    pub chat: i64,
    /// Telegram's number of it.
    pub number: i64,
    /// Under which id it was said here.
    pub message_id: &'a str,
    /// Which part of that it is.
    pub part: i64,
    /// Its words are a caption.
    pub is_file: bool,
}

/// A row of `telegram_chat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelegramChatRow {
    /// The chat.
    pub address: BareJid,
    /// Its title, or what the person is called.
    pub title: String,
    /// Who wrote last.
    pub last_name: String,
    /// Whether what is said there is told.
    pub is_heard: bool,
    /// Messages that nobody heard.
    pub unheard: i64,
    /// Unix time of the last.
    pub at: i64,
}

/// How far a row of `telegram_outbox` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutgoingState {
    /// It waits.
    Waiting,
    /// The call is made.
    UnderWay,
    /// It was made, and nobody knows what became of it.
    InDoubt,
}

impl OutgoingState {
    const ALL: [OutgoingState; 3] = [OutgoingState::Waiting, OutgoingState::UnderWay, OutgoingState::InDoubt];

    /// As in the database.
    pub fn as_number(self) -> i64 {
        self as i64
    }

    /// Reads it; what is unknown is in doubt.
    pub fn from_number(number: i64) -> OutgoingState {
        let known = OutgoingState::ALL.into_iter().find(|state| state.as_number() == number);
        known.unwrap_or(OutgoingState::InDoubt)
    }
}

/// A row of `telegram_outbox`: something that is said or done at Telegram.
#[derive(Clone, Debug)]
pub struct OutgoingRow {
    /// Its number: the order of sending.
    pub id: i64,
    /// By which bot.
    pub bot: BotId,
    /// In which chat; 0: in none.
    pub chat: i64,
    /// In which topic of it.
    pub thread: Option<i64>,
    /// As the bot's program knows it.
    pub message_id: String,
    /// Of a text that is longer than one message: which part, from 0.
    pub part: i64,
    /// The method of the Bot API.
    pub method: String,
    /// The message that it changes or answers: an id of ours, or `<chat>:<number>`.
    pub about: Option<String>,
    /// Members of the request, JSON without its braces.
    pub fields: String,
    /// For whoever put it there.
    pub note: Option<String>,
    /// How far it is.
    pub state: OutgoingState,
    /// In time lived through.
    pub created_at: i64,
}

/// Something that a bot said on a channel without accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenRow {
    /// Its number.
    pub id: crate::base::id::MessageId,
    /// To whom.
    pub recipient: crate::base::jid::Jid,
    /// The message whose place it took, if it is a correction.
    pub original: Option<String>,
    /// How far it has come.
    pub progress: super::Progress,
    /// It was taken back.
    pub is_deleted: bool,
}
