//! What people with a browser ask, and bots that know such people by ULIDs, and what they are answered.

use super::{Button, CommandCard, KeyboardKind, NewPageFile, WebFileRow};
use crate::base::secret::Secret;

/// Asked by somebody with a browser; of chats and messages by a bot's program, too.
#[derive(Clone, Debug)]
pub enum WebQuestion {
    /// By anybody: somebody new, who calls himself so.
    NewUser(String),
    /// Who am I?
    User,
    /// The commands of a bot, by its ULID.
    Commands(String),
    /// A new chat with a bot, by its ULID.
    NewChat(String),
    /// The chats with a bot; asked by a bot, those with a person.
    Chats(String),
    /// A chat goes, by its ULID.
    DeleteChat(String),
    /// Something is said.
    Say(NewWebMessage),
    /// Which messages does a chat have?
    Messages(WebQuery),
    /// By a bot: one message, by its ULID.
    Message(String),
    /// Files that were sent.
    AddFiles(Vec<NewPageFile>),
    /// A button is pressed.
    Press(WebPress),
    /// What is there in a chat after what is known? Answered when there is something, but for the first time at once.
    Watch(WebWatch),
}

/// Something that is said in a chat.
#[derive(Clone, Debug)]
pub struct NewWebMessage {
    /// The chat, by its ULID.
    pub chat: String,
    /// The text; it may be empty where there are files.
    pub text: String,
    /// Files that were sent before, by their ULIDs.
    pub attachments: Vec<String>,
    /// The caller's `Idempotency-Key`: the same key gives the same message and says nothing twice.
    pub idempotency_key: Option<String>,
}

/// Which messages somebody wants to see.
#[derive(Clone, Debug, Default)]
pub struct WebQuery {
    /// The chat, by its ULID.
    pub chat: String,
    /// The page, from 1: the newest.
    pub page: Option<i64>,
    /// Messages of a page.
    pub limit: Option<i64>,
    /// Those of one side alone, by its ULID.
    pub sender: Option<String>,
    /// Said after this (milliseconds since 1970).
    pub since_ms: Option<i64>,
}

/// A button is pressed.
#[derive(Clone, Debug)]
pub struct WebPress {
    /// The chat, by its ULID.
    pub chat: String,
    /// The message, by its ULID.
    pub message: String,
    /// The button, by its number in [`WebButtons`].
    pub button: i64,
}

/// Somebody watches a chat.
#[derive(Clone, Debug)]
pub struct WebWatch {
    /// The chat, by its ULID.
    pub chat: String,
    /// What he knows.
    pub from: WebCursor,
    /// He begins: he is told at once that he may.
    pub is_first: bool,
}

/// Up to where somebody has been told of a chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebCursor {
    /// The number of the last message or change; `None`: nothing that was said before is wanted.
    pub number: Option<i64>,
    /// The last of what is shown and not kept.
    pub shown: u64,
}

/// The answer to a [`WebQuestion`].
#[derive(Clone, Debug)]
pub struct WebAnswer {
    /// By this he is known from now on; `None` for bots.
    pub login: Option<WebLogin>,
    /// What was asked for.
    pub what: WebTold,
}

/// A signed name.
#[derive(Clone, Debug)]
pub struct WebLogin {
    /// The token.
    pub token: Secret,
    /// For how long it is good, in seconds.
    pub max_age_s: i64,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub enum WebTold {
    /// Somebody.
    User(WebUser),
    /// Commands of a bot.
    Commands(Vec<CommandCard>),
    /// A chat.
    Chat(WebChat),
    /// Chats, the oldest first.
    Chats(Vec<WebChat>),
    /// A message.
    Message(Box<WebMessage>),
    /// Messages.
    Page(WebPage),
    /// Files.
    Files(Vec<WebFileRow>),
    /// What happened.
    Events(WebEvents),
    /// It is done.
    Done,
}

/// Somebody with a browser.
#[derive(Clone, Debug)]
pub struct WebUser {
    /// His ULID.
    pub ulid: String,
    /// What he calls himself.
    pub nickname: String,
}

/// A chat of somebody with a bot, all by their ULIDs.
#[derive(Clone, Debug)]
pub struct WebChat {
    /// It.
    pub ulid: String,
    /// The person.
    pub user: String,
    /// The bot.
    pub bot: String,
}

/// A message.
#[derive(Clone, Debug)]
pub struct WebMessage {
    /// Its ULID.
    pub ulid: String,
    /// The chat's.
    pub chat: String,
    /// That of whoever said it: the person, or the bot.
    pub sender: String,
    /// What it says.
    pub text: String,
    /// Its files.
    pub attachments: Vec<WebFileRow>,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// It says something else than at first.
    pub is_edited: bool,
    /// The message that it answers, by its ULID.
    pub reply_to: Option<String>,
    /// The piece of an answer whose place it takes, which was shown before.
    pub replaces: Option<String>,
    /// Its buttons.
    pub buttons: Option<WebButtons>,
    /// Reactions to it.
    pub reactions: Vec<WebReaction>,
}

/// A reaction.
#[derive(Clone, Debug)]
pub struct WebReaction {
    /// Whose, by his ULID.
    pub sender: String,
    /// What.
    pub emoji: String,
}

/// Buttons beneath a message, or in the place of the keys. Those that can be pressed are numbered from 1, in this order.
#[derive(Clone, Debug)]
pub struct WebButtons {
    /// Where.
    pub kind: KeyboardKind,
    /// From top to bottom, each from left to right.
    pub rows: Vec<Vec<Button>>,
}

/// Messages of a chat.
#[derive(Clone, Debug)]
pub struct WebPage {
    /// The chat's ULID.
    pub chat: String,
    /// How many there are that were asked for.
    pub total: i64,
    /// Which page this is, from 1.
    pub page: i64,
    /// How many a page has.
    pub limit: i64,
    /// They, the oldest first.
    pub messages: Vec<WebMessage>,
}

/// What happened in a chat.
#[derive(Clone, Debug)]
pub struct WebEvents {
    /// In this order; with the number of those that are kept.
    pub events: Vec<(Option<i64>, WebEvent)>,
    /// Up to where he who asks knows everything now.
    pub cursor: WebCursor,
    /// No more will come.
    pub is_over: bool,
}

/// Something that happened in a chat.
#[derive(Clone, Debug)]
pub enum WebEvent {
    /// Something was said.
    Message(Box<WebMessage>),
    /// A message is otherwise from now on.
    Edit(Box<WebMessage>),
    /// A message was taken back, by its ULID.
    Delete(String),
    /// All reactions to a message, by its ULID.
    Reaction(String, Vec<WebReaction>),
    /// Whether the bot is seen typing.
    Typing(bool),
    /// What there is of an answer, under a name of its own.
    Piece(String, String),
}
