//! Rows of messages and conversations.

use crate::base::id::{AccountId, BotId, MessageId};
use crate::base::jid::{BareJid, Jid};

/// Where people are, as spelled in the database. Each channel has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelName(pub &'static str);

impl ChannelName {
    /// At XMPP servers.
    pub const XMPP: ChannelName = ChannelName("xmpp");
    /// At the built-in chat.
    pub const LOCAL: ChannelName = ChannelName("local");
    /// At Telegram.
    pub const TELEGRAM: ChannelName = ChannelName("telegram");
    /// In browsers.
    pub const WEB: ChannelName = ChannelName("web");
}

/// What kind of conversation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConversationKind {
    /// With one person.
    Chat,
    /// With all in a room.
    Room,
    /// With one occupant of a room, who is known by the room alone.
    Private,
}

impl ConversationKind {
    /// As spelled in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            ConversationKind::Chat => "chat",
            ConversationKind::Room => "room",
            ConversationKind::Private => "private",
        }
    }

    /// Reads it.
    pub fn read(word: &str) -> Option<ConversationKind> {
        let all = [ConversationKind::Chat, ConversationKind::Room, ConversationKind::Private];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Names a row of `conversation`.
#[derive(Clone, Copy, Debug)]
pub struct Conversation<'a> {
    /// Where it takes place.
    pub channel: ChannelName,
    /// Whose it is; `None`: the manager's.
    pub bot: Option<BotId>,
    /// Through which account, where the channel has accounts.
    pub account: Option<AccountId>,
    /// With whom: the other's address.
    pub address: &'a str,
    /// Of what kind.
    pub kind: ConversationKind,
}

impl<'a> Conversation<'a> {
    /// With one person.
    pub fn chat(account: AccountId, bot: BotId, with: &'a BareJid) -> Conversation<'a> {
        Conversation::on_xmpp(account, bot, with.as_str(), ConversationKind::Chat)
    }

    /// With all in a room.
    pub fn room(account: AccountId, bot: BotId, room: &'a BareJid) -> Conversation<'a> {
        Conversation::on_xmpp(account, bot, room.as_str(), ConversationKind::Room)
    }

    /// With one occupant of a room.
    pub fn private(account: AccountId, bot: BotId, occupant: &'a Jid) -> Conversation<'a> {
        Conversation::on_xmpp(account, bot, occupant.as_str(), ConversationKind::Private)
    }

    fn on_xmpp(account: AccountId, bot: BotId, address: &'a str, kind: ConversationKind) -> Conversation<'a> {
        Conversation { channel: ChannelName::XMPP, bot: Some(bot), account: Some(account), address, kind }
    }
}

/// A row of `message`: something that a bot was told in a chat.
#[derive(Clone, Copy, Debug)]
pub struct ToldRow<'a> {
    /// The id by which its program knows it.
    pub id: Option<&'a str>,
    /// Another id that its sender gave it.
    pub other_id: Option<&'a str>,
    /// Unix time: when it was said.
    pub at: i64,
}

/// A row of `message`: something that a bot sent.
#[derive(Clone, Debug)]
pub struct SentRow {
    /// Its number: the order of sending.
    pub id: MessageId,
    /// Through which account.
    pub account: AccountId,
    /// Which bot.
    pub bot: BotId,
    /// `id` and origin-id on the wire.
    pub message_id: String,
    /// To whom, as the bot said.
    pub recipient: Jid,
    /// The message whose place it took, if it is a correction.
    pub original: Option<String>,
    /// How far it has come.
    pub progress: Progress,
    /// It was taken back.
    pub deleted: bool,
    /// The id by which reactions and retractions mean it in a room, once the room has shown it.
    pub room_id: Option<String>,
    /// Unix time: when it was said.
    pub at: i64,
}

impl SentRow {
    /// What a bot says now, by this id; `at` is Unix time. Nobody follows it.
    pub fn new((account, bot): (AccountId, BotId), to: &Jid, message_id: &str, at: i64) -> SentRow {
        SentRow {
            id: MessageId(0),
            account,
            bot,
            message_id: message_id.to_string(),
            recipient: to.clone(),
            original: None,
            progress: Progress::Untracked,
            deleted: false,
            room_id: None,
            at,
        }
    }
}

/// A row of `message`: something that a bot was told of in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardRow {
    /// The id by which bots know it.
    pub told_id: String,
    /// The id attribute its author gave it, by which corrections mean it.
    pub wire_id: String,
    /// Who may change it: an occupant id (XEP-0421), or a nick where the room gives none.
    pub author: String,
    /// His nick when he said it.
    pub nick: String,
    /// Unix time: when it was said.
    pub at: i64,
}

/// How far a message has come, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// To the outbox.
    Accepted,
    /// To the server.
    Sent,
    /// To a device of the recipient.
    Delivered,
    /// Before his eyes.
    Displayed,
    /// It came back.
    Failed,
    /// Nobody wants to know.
    Untracked,
}

const PROGRESS: [Progress; 6] = [
    Progress::Accepted,
    Progress::Sent,
    Progress::Delivered,
    Progress::Displayed,
    Progress::Failed,
    Progress::Untracked,
];

impl Progress {
    /// As in the database.
    pub fn as_number(self) -> i64 {
        self as i64
    }

    /// Reads it; what is unknown moves no more.
    pub fn from_number(number: i64) -> Progress {
        PROGRESS.into_iter().find(|progress| progress.as_number() == number).unwrap_or(Progress::Untracked)
    }
}

/// A row of `message`: a line of the built-in chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalRow {
    /// Growing id.
    pub id: MessageId,
    /// The bot the line belongs to, on either side; `None` for the manager.
    pub bot: Option<BotId>,
    /// What that bot is called now.
    pub bot_name: Option<String>,
    /// Whether the owner said it.
    pub from_owner: bool,
    /// What was said.
    pub text: String,
    /// Unix time.
    pub at: i64,
}

/// Who said a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// Somebody, to a bot.
    In,
    /// A bot.
    Out,
}

/// What table `message` knows of the way of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayRow {
    /// The id by which the bot's program knows it.
    pub message_id: String,
    /// The bot said it.
    pub is_out: bool,
    /// With whom the conversation is.
    pub address: String,
    /// Unix time: when it was said.
    pub at: i64,
    /// How far it has come.
    pub progress: Progress,
    /// It was taken back.
    pub deleted: bool,
}
