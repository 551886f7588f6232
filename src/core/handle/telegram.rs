//! How a bot is connected to Telegram, as callers set and see it.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::store::row::LinkRow;

/// What a bot's program, or its owner, asks of its connection to Telegram.
#[derive(Clone, Debug)]
pub enum TelegramQuestion {
    /// Connects it; answered when Telegram knows the token.
    Setup(TelegramSetup),
    /// How is it connected?
    Status,
    /// Listens and speaks, or does neither.
    Enable(bool),
    /// Whether Telegram knows the token; answered when that is known.
    Test,
    /// Sends again what is in doubt.
    Retry,
    /// Disconnects it: the token is forgotten, and what waits is not sent.
    Remove,
}

/// How a bot is to be connected.
#[derive(Clone, Debug, Default)]
pub struct TelegramSetup {
    /// The token that BotFather gave; `None`: the one that is there.
    pub token: Option<Secret>,
    /// Another address than Telegram's own; `None` stays as it is, empty is Telegram's own.
    pub api_url: Option<String>,
    /// A webhook that is set at Telegram is removed.
    pub take_over: bool,
    /// The chat to be linked then, and how.
    pub link: Option<(BareJid, String)>,
}

/// How a bot is connected to Telegram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TelegramInfo {
    /// Whether it has a token.
    pub is_configured: bool,
    /// Whether it listens and speaks.
    pub is_enabled: bool,
    /// Its display name there.
    pub name: String,
    /// Its name there, without `@`.
    pub username: String,
    /// Where Telegram's Bot API is, where it is not Telegram's own.
    pub api_url: Option<String>,
    /// How it fares.
    pub state: TelegramState,
    /// What is wrong, in a sentence.
    pub trouble: Option<String>,
    /// What waits to be sent.
    pub waiting: usize,
    /// What went out and was never answered.
    pub in_doubt: usize,
    /// Chats that wrote and that nobody hears.
    pub offers: Vec<OfferedChat>,
    /// The chats that are joined.
    pub joined: JoinedChats,
    /// Telegram has just said who it is.
    pub is_tested: bool,
}

/// Chats that are joined to conversations of a bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinedChats {
    /// Whose.
    pub bot: Option<BotId>,
    /// They, the one first that is meant where none is named.
    pub links: Vec<LinkRow>,
}

/// How a connection to Telegram fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TelegramState {
    /// There is none, or it is switched off.
    #[default]
    Off,
    /// No chat is to be heard.
    Idle,
    /// It listens.
    Listening,
    /// It tries again and again.
    Retrying,
    /// It has not heard anything for minutes, try as it may.
    Deaf,
    /// Another program listens with the same token, or a webhook is set.
    Conflict,
    /// Telegram does not take the token: somebody must change something.
    Refused,
}

impl TelegramState {
    /// As spelled by the API.
    pub fn as_str(self) -> &'static str {
        match self {
            TelegramState::Off => "off",
            TelegramState::Idle => "idle",
            TelegramState::Listening => "listening",
            TelegramState::Retrying => "retrying",
            TelegramState::Deaf => "deaf",
            TelegramState::Conflict => "conflict",
            TelegramState::Refused => "refused",
        }
    }
}

/// A chat on another channel that wrote to a bot and that nobody hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedChat {
    /// Its address.
    pub address: BareJid,
    /// Its title, or what the person is called.
    pub title: String,
    /// Who wrote last.
    pub last_name: String,
    /// Messages that nobody heard.
    pub count: i64,
    /// Unix time of the last.
    pub at: i64,
}
