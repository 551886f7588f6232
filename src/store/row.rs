//! Rows as the engine keeps and gets them: public fields, typed ids, no behaviour.

use crate::base::id::{AccountId, BotId, OutboxId};
use crate::base::jid::{BareJid, Jid};
use crate::base::secret::Secret;
use crate::base::text;

mod asking;
mod bridge;
mod button;
mod faq;
mod history;
mod message;
mod numbers;
mod order;
mod page_file;
mod rights;
mod telegram;
mod web;

pub use asking::{AskAnswerRow, AskMessageRow, AskRow, AskStatus};
pub use bridge::{AlbumPlace, CarryHeading, CarryKind, CarryRow, LinkMode, LinkRow, LinkSide, NewPassed, PassedRow};
pub use button::{KeyboardPlace, KeyboardRow, PressRow, Turn};
pub use faq::{FaqEntry, FaqKind, FaqRow};
pub use history::{KeptContent, KeptRow, NewReactions, Reactor, SaidRow, Side};
pub use message::{
    ChannelName, Conversation, ConversationKind, Heading, HeardRow, LocalRow, Progress, SentRow, ToldRow, WayRow,
};
pub use numbers::NumberedBotRow;
pub use order::{MemberRow, OrderRow, OwnCommandRow};
pub use page_file::{FileOwner, WebFileRow};
pub use rights::{AuditFilter, AuditRow, QuotaRow, TenantRow, TokenHolder, TokenRow, UsageRow};
pub use telegram::{OutgoingRow, OutgoingState, SpokenRow, TelegramChatRow, TelegramRow, ThereRow};
pub use web::{NewWebRow, WebChatRow, WebPageQuery, WebRow, WebUserRow};

/// A row of `bot`, without the columns later families add.
#[derive(Clone, Debug)]
pub struct BotRow {
    /// Its number.
    pub id: BotId,
    /// Display name.
    pub name: String,
    /// Its own address, for modes that have one.
    pub jid: Option<BareJid>,
    /// SHA-256 of the token; `None` after a revoke.
    pub token_hash: Option<[u8; 32]>,
    /// The token itself; sealed in the file.
    pub token: Option<Secret>,
    /// Whose bot it is.
    pub owner: BareJid,
    /// What it is for.
    pub description: String,
    /// `status = 'active'`.
    pub active: bool,
    /// `personal`, `dedicated`, `cloud`.
    pub mode: String,
    /// `self`, `all`.
    pub receive: String,
    /// Unix time.
    pub created_at: i64,
    /// Unix time of the last request with its token; written at most once a minute.
    pub last_active: i64,
    /// Updates that fell out of its queue unread, by age or by the cap.
    pub updates_dropped: i64,
    /// `owner`, `roster`, `list`, `public`: who may speak to it.
    pub access: String,
}

/// A row of `bot_profile`, without the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileRow {
    /// SHA-1 of its picture, lower-case hex.
    pub avatar_id: Option<String>,
    /// Hash of what its account published last.
    pub published: Option<[u8; 32]>,
    /// Its account was online once.
    pub has_arrived: bool,
    /// Its owner was asked for his presence, and need not be asked again.
    pub is_greeted: bool,
    /// The two saw each other's presence once; what the owner changed since then is his will.
    pub was_mutual: bool,
}

/// A row of `file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Who was told of it.
    pub bot: BotId,
    /// Its name in the API.
    pub file_id: String,
    /// The message that named it.
    pub message_id: String,
    /// Where it is, says a stranger.
    pub url: String,
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    pub media_type: Option<String>,
    /// Its size in bytes, says its sender.
    pub size: Option<i64>,
    /// Of an encrypted file: what decrypts it; sealed in the file.
    pub key: Option<Secret>,
}

/// A row of `omemo_key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Whose device it is.
    pub jid: BareJid,
    /// Its id; 0 for a key that was named before it was seen.
    pub device: u32,
    /// The identity key in its Montgomery form.
    pub key: [u8; 32],
    /// What became of it: the engine's word.
    pub standing: String,
    /// Unix time.
    pub first_seen: i64,
}

/// Why somebody stands in `bot_contact`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactSource {
    /// The bot's owner named him.
    List,
    /// He is subscribed to the bot, says its server.
    Roster,
    /// He is so still, and may not be any more: his subscription is to be cancelled.
    Withdrawn,
}

impl ContactSource {
    /// As spelled in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            ContactSource::List => "list",
            ContactSource::Roster => "roster",
            ContactSource::Withdrawn => "withdrawn",
        }
    }
}

/// A row of `account`: an XMPP account the daemon signs in to.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Its number.
    pub id: AccountId,
    /// The account.
    pub jid: BareJid,
    /// Its password; sealed in the file. Empty for accounts of the configuration file, which names it itself.
    pub password: Secret,
    /// `host:port`, or empty.
    pub host: String,
    /// CA file, or empty.
    pub ca_file: String,
    /// Certificate pin, or empty.
    pub pin: String,
    /// The resource we bind: made once, stable.
    pub resource: String,
    /// Whether the configuration file names it.
    pub from_config: bool,
    /// Archive id up to which everything is committed.
    pub archive_mark: Option<String>,
    /// SCRAM's derived keys as text; sealed in the file.
    pub login_key: Option<Secret>,
    /// The bot whose own account it is; `None` for people's accounts.
    pub bot: Option<BotId>,
    /// Where it comes from, and so how it goes.
    pub origin: Origin,
    /// It is to be deleted at its server, and then here.
    pub removing: bool,
}

impl AccountRow {
    /// A person's account that is not in the table yet. The four random bytes make its resource unlike others.
    pub fn new(jid: &BareJid, random: [u8; 4]) -> AccountRow {
        AccountRow {
            id: AccountId(0),
            jid: jid.clone(),
            password: Secret::default(),
            host: String::new(),
            ca_file: String::new(),
            pin: String::new(),
            resource: format!("botmother.{}", text::hex(&random)),
            from_config: false,
            archive_mark: None,
            login_key: None,
            bot: None,
            origin: Origin::Person,
            removing: false,
        }
    }
}

/// The settings of ejabberd's HTTP API (docs/xmpp.md); what is not set is empty.
#[derive(Clone, Debug, Default)]
pub struct EjabberdRow {
    /// Where it is.
    pub api_url: String,
    /// The XMPP domain accounts are made at.
    pub host: String,
    /// Who may use it.
    pub admin_jid: String,
    /// His password; sealed in the file.
    pub admin_password: Secret,
}

/// Where an account comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A person's, who uses it himself.
    Person,
    /// Given to a bot by whoever made it (`create` with `jid` and `password`); it stays when the bot goes.
    Brought,
    /// Made for a bot through the server's HTTP API.
    Api,
    /// Made for a bot by in-band registration (XEP-0077).
    Register,
}

const ORIGINS: [(Origin, &str); 4] =
    [(Origin::Person, "person"), (Origin::Brought, "brought"), (Origin::Api, "api"), (Origin::Register, "register")];

impl Origin {
    /// As spelled in the database.
    pub fn as_str(self) -> &'static str {
        ORIGINS.iter().find(|(origin, _)| *origin == self).map_or("person", |(_, word)| word)
    }

    /// Reads the spelling; what is unknown is a person's, which is never deleted anywhere.
    pub fn parse(text: &str) -> Origin {
        ORIGINS.iter().find(|(_, word)| *word == text).map_or(Origin::Person, |(origin, _)| *origin)
    }
}

/// A row of `outbox`: accepted, not yet acknowledged by the server.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Its number: the order of sending.
    pub id: OutboxId,
    /// Through which account.
    pub account: AccountId,
    /// The bot that sent it, if one did.
    pub bot: Option<BotId>,
    /// `id` and origin-id on the wire.
    pub message_id: String,
    /// The stanza as XML.
    pub stanza: String,
    /// The `archive_mark` of the account, or of the room, when it was accepted: where to look for it in the archive after a crash.
    pub archive_mark: Option<String>,
    /// Unix time.
    pub created_at: i64,
    /// The room that it is said to all in; only when that has shown it the row goes.
    pub room: Option<BareJid>,
}

/// A row of `omemo_device`.
#[derive(Clone, Debug)]
pub struct OmemoDeviceRow {
    /// The device's record.
    pub record: Vec<u8>,
    /// Grows whenever the bundle changes.
    pub revision: i64,
    /// The revision that is published.
    pub published: i64,
    /// Unix time: put on the list of devices last.
    pub listed_at: i64,
}

/// Whose device, in which version of OMEMO: the key of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OmemoPeer {
    /// Through which account.
    pub account: AccountId,
    /// The version: 0 or 2.
    pub version: i64,
    /// Whose device.
    pub jid: BareJid,
    /// Its id.
    pub device: u32,
}

/// A row of `omemo_session`.
#[derive(Clone, Debug, Default)]
pub struct OmemoSessionRow {
    /// The session's record; `None` while there is only a wish.
    pub record: Option<Vec<u8>>,
    /// What the other side is owed: 0 nothing, 1 an empty message, 2 a new session.
    pub owes: i64,
    /// Unix time: begun anew after an error last.
    pub healed_at: i64,
}

/// A row of `omemo_waiting`: accepted, not yet encrypted.
#[derive(Clone, Debug)]
pub struct OmemoWaitingRow {
    /// Its number: the order of sending.
    pub id: i64,
    /// Through which account.
    pub account: AccountId,
    /// The bot that sent it, if one did.
    pub bot: Option<BotId>,
    /// With whom the conversation is.
    pub jid: BareJid,
    /// `id` and origin-id on the wire.
    pub message_id: String,
    /// The stanza as XML, as it would go out in plain.
    pub stanza: String,
    /// Whether it never goes out in plain.
    pub required: bool,
    /// Unix time.
    pub created_at: i64,
}

/// A row of `room`: a room that a bot is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRow {
    /// Through which account.
    pub account: AccountId,
    /// The room.
    pub room: BareJid,
    /// The nick we want there.
    pub nick: String,
    /// Its password; sealed in the file.
    pub password: Option<Secret>,
    /// The id in the room's archive up to which everything is committed.
    pub archive_mark: Option<String>,
    /// When we last heard something there; milliseconds since 1970.
    pub heard_at_ms: i64,
    /// It was members-only and non-anonymous once, and what was said there encrypted; `None`: not known.
    pub is_private: Option<bool>,
    /// The bots that are in it, as one occupant.
    pub members: Vec<BotId>,
}

/// A row of `update_queue`.
#[derive(Clone, Debug)]
pub struct UpdateRow {
    /// Its number.
    pub id: crate::base::id::UpdateId,
    /// `message`, …
    pub kind: String,
    /// JSON of `data`.
    pub payload: String,
    /// When it came, in seconds lived through.
    pub created_at: i64,
}

/// A bot's webhook: columns of `bot`, and its row of `webhook`.
#[derive(Clone, Debug)]
pub struct WebhookRow {
    /// The bot.
    pub bot: BotId,
    /// Where its updates go.
    pub url: String,
    /// What signs them; sealed in the file.
    pub secret: Secret,
    /// Unix time since which it answers nothing but 410.
    pub gone_since: Option<i64>,
    /// When something went wrong last (Unix time), and what.
    pub last_error: Option<(i64, String)>,
}

/// A row of `webhook_retry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryRow {
    /// What was tried.
    pub update: crate::base::id::UpdateId,
    /// How often.
    pub attempts: u32,
    /// When it is tried again, in milliseconds since 1970.
    pub next_at_ms: i64,
}

/// A row of `webhook_attempt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// What was tried.
    pub update: crate::base::id::UpdateId,
    /// Its name in `X-Bot-Delivery`.
    pub delivery_id: String,
    /// 1 for the first.
    pub attempt: u32,
    /// HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// From the connection to the end of the answer.
    pub latency_ms: i64,
    /// Unix time of its end.
    pub at: i64,
    /// What went wrong.
    pub error: Option<String>,
    /// Type of the update.
    pub kind: String,
    /// `data` of an update that has arrived.
    pub payload: Option<String>,
}

/// A row of `bot_command`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRow {
    /// Name without `/`.
    pub command: String,
    /// One line.
    pub description: String,
}

/// How a bot's AI is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AiRow {
    /// `groq`, `ollama`, …
    pub provider: String,
    /// Its address.
    pub endpoint: String,
    /// Its key, empty for none; sealed in the file.
    pub key: Secret,
    /// The model's name.
    pub model: String,
    /// The system prompt; empty for the usual one.
    pub system: String,
    /// Whether it answers.
    pub is_enabled: bool,
    /// Bound on tokens of an answer.
    pub max_tokens: Option<u32>,
    /// In hundredths.
    pub temperature: Option<u32>,
    /// Bound on the time of an answer, in seconds.
    pub timeout_s: Option<u32>,
    /// Whether answers are shown while they come.
    pub is_streaming: bool,
    /// Only public addresses: who named it may not reach into our network.
    pub is_confined: bool,
}

/// Where a question to an AI was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiPlace {
    /// By one person, in a chat.
    Chat,
    /// In a room.
    Room,
    /// Through the API.
    Api,
}

impl AiPlace {
    const ALL: [(AiPlace, &str); 3] = [(AiPlace::Chat, "chat"), (AiPlace::Room, "room"), (AiPlace::Api, "api")];

    /// As spelled in the database.
    pub fn as_str(self) -> &'static str {
        AiPlace::ALL.into_iter().find(|(place, _)| *place == self).map_or("chat", |(_, text)| text)
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<AiPlace> {
        AiPlace::ALL.into_iter().find(|(_, known)| *known == text).map(|(place, _)| place)
    }
}

/// Which of a bot's AIs is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AiRank {
    /// The one that is asked.
    #[default]
    First,
    /// The one that is asked when the first cannot.
    Substitute,
}

/// A question to a bot's AI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiQuestion {
    /// Whose AI.
    pub bot: BotId,
    /// Whose conversation: a person's or a room's address, or what the API was told.
    pub peer: String,
    /// Where it was asked.
    pub place: AiPlace,
    /// Who gets the answer: a person, or an occupant of a room; nobody for the API.
    pub recipient: Option<Jid>,
    /// The question.
    pub question: std::sync::Arc<str>,
}

/// What was sent under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentBefore {
    /// Its id.
    pub message_id: String,
    /// The hash of the request that sent it.
    pub request_hash: [u8; 32],
    /// Whether it went out encrypted, as far as was known when it was stored.
    pub encrypted: Option<bool>,
}
