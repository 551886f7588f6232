//! What faces ask for programs that know people, chats and messages by numbers, and what they are answered: Telegram's way
//! of naming things, in nobody's dialect.

use super::{BotInfo, ChatState, Command, Keyboard, NewFile, NewPressAnswer, NewWebhook, UpdatePoll, WebhookInfo};
use crate::base::id::{BotId, UpdateId};
use crate::base::jid::Jid;
use crate::base::json::Fields;
use crate::core::failure::Failure;

/// Something asked by numbers.
#[derive(Clone, Debug)]
pub struct NumberedQuestion {
    /// The number that the program takes for its bot's, where it says one: another bot's token is none of its.
    pub bot: Option<BotId>,
    /// What.
    pub ask: NumberedAsk,
}

/// What is asked by numbers.
#[derive(Clone, Debug)]
pub enum NumberedAsk {
    /// Who the bot is.
    Me,
    /// `getUpdates`. A negative offset keeps so many of the newest; the names of wanted updates are kept as they are.
    Updates(UpdatePoll, Option<String>),
    /// A text to somebody.
    Send(NumberedSend),
    /// Something else that the bot does in a chat.
    Act(NumberedAct),
    /// A file to somebody, given as such; answered by [`Answer::Sent`](super::Answer::Sent).
    Upload(Box<NumberedUpload>),
    /// What a message that was sent is called by numbers: its chat, its id, and its text.
    Sent(ChatRef, String, String),
    /// A message once more, or to somebody else.
    Copy(NumberedCopy),
    /// What somebody who pressed a button is shown.
    AnswerPress(NewPressAnswer),
    /// Who or what somebody is.
    Chat(ChatRef),
    /// Who a member of a chat is, and what he may there: the bot itself has the number that [`NumberedAsk::Me`] gives.
    Member {
        /// The chat.
        chat: ChatRef,
        /// Who.
        who: ChatRef,
    },
    /// Who may more than others in a room.
    Officials(ChatRef),
    /// The bot's commands, set.
    SetCommands(Vec<Command>),
    /// The bot's name or description, set.
    SetProfile {
        /// Display name.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
    },
    /// `setWebhook`: updates are told by numbers there. The names of wanted updates are kept as they are.
    SetWebhook(NewWebhook, Option<String>),
    /// `deleteWebhook`; whether what waits until now is dropped.
    DeleteWebhook(Dropping),
    /// `getWebhookInfo`.
    WebhookInfo,
    /// The bot leaves a room.
    Leave(ChatRef),
    /// Something a moderator does to somebody in a room.
    Moderate {
        /// The room.
        chat: ChatRef,
        /// To whom.
        who: ChatRef,
        /// What.
        what: NumberedModeration,
    },
    /// Takes away what somebody else said in a room; what the bot itself said it takes back.
    Remove(ChatRef, i64),
    /// How many are in a room, the bot counted.
    Count(ChatRef),
}

/// What a moderator does to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberedModeration {
    /// Keeps him out from now on.
    Ban,
    /// Lets him in again.
    Unban,
    /// Takes his voice.
    Mute,
    /// Gives it back.
    Unmute,
}

impl NumberedAsk {
    /// Whether the bot does something by it.
    pub(crate) fn does_something(&self) -> bool {
        matches!(self, NumberedAsk::Send(_) | NumberedAsk::Act(_) | NumberedAsk::Upload(_) | NumberedAsk::Copy(_))
    }

    /// The same under a key, where it can have one.
    pub(crate) fn under(mut self, key: String) -> NumberedAsk {
        match &mut self {
            NumberedAsk::Send(send) => send.idempotency_key = Some(key),
            NumberedAsk::Act(act) => act.idempotency_key = Some(key),
            NumberedAsk::AnswerPress(answer) => answer.idempotency_key = Some(key),
            _ => {}
        }
        self
    }
}

/// Whether what waits for a program is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropping {
    /// It is.
    All,
    /// It stays.
    Nothing,
}

/// A chat as a program names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatRef {
    /// By its number; in a chat of topics with that of the topic.
    Number(i64, Option<i64>),
    /// By an address, or as `@name`.
    Name(String),
}

/// A text to somebody.
#[derive(Clone, Debug)]
pub struct NumberedSend {
    /// To whom.
    pub chat: ChatRef,
    /// The text, styled as XEP-0393 does.
    pub text: String,
    /// The message it answers.
    pub reply_to: Option<NumberedReply>,
    /// Buttons beneath it.
    pub keyboard: Option<Keyboard>,
    /// As in [`NewMessage`](super::NewMessage).
    pub idempotency_key: Option<String>,
}

/// The message that another one answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberedReply {
    /// Its number.
    pub number: i64,
    /// Where it is not known, nothing is sent.
    pub is_needed: bool,
}

/// Something that a bot does in a chat.
#[derive(Clone, Debug)]
pub struct NumberedAct {
    /// Where.
    pub chat: ChatRef,
    /// To which message, where it is done to one.
    pub message: i64,
    /// What.
    pub what: NumberedAction,
    /// As in [`NewMessage`](super::NewMessage).
    pub idempotency_key: Option<String>,
}

/// What is done.
#[derive(Clone, Debug)]
pub enum NumberedAction {
    /// A file by its address, or one that the bot knows.
    File {
        /// Which.
        file: FileRef,
        /// A text behind it.
        caption: Option<String>,
        /// Buttons beneath it.
        keyboard: Option<Keyboard>,
    },
    /// Another text for a message of the bot's own.
    Edit(String, Option<Keyboard>),
    /// The same for the text behind a file.
    EditCaption(String, Option<Keyboard>),
    /// Other buttons.
    Buttons(Option<Keyboard>),
    /// One emoji; empty takes it back.
    React(String),
    /// A message of the bot's own is taken back.
    Delete,
    /// The bot is seen doing something.
    Show(ChatState),
    /// What there is of a text is shown while it is being written, where the channel can; nothing of it is kept.
    Draft(String),
}

/// A file that is not given as such.
#[derive(Clone, Debug)]
pub enum FileRef {
    /// By its address.
    Url(String),
    /// By the `file_id` of an update.
    Id(String),
}

/// A file given as such.
#[derive(Clone, Debug)]
pub struct NumberedUpload {
    /// To whom.
    pub chat: ChatRef,
    /// A text behind it.
    pub caption: Option<String>,
    /// The file.
    pub file: NewFile,
    /// As in [`NewMessage`](super::NewMessage).
    pub idempotency_key: Option<String>,
}

/// A message to be said once more.
#[derive(Clone, Debug)]
pub struct NumberedCopy {
    /// To whom.
    pub to: ChatRef,
    /// Where it was said.
    pub from: ChatRef,
    /// Which.
    pub message: i64,
    /// Its author is named.
    pub is_forward: bool,
    /// Buttons beneath it.
    pub keyboard: Option<Keyboard>,
}

/// An answer by numbers.
#[derive(Clone, Debug)]
pub enum NumberedAnswer {
    /// To [`NumberedAsk::Me`].
    Me(BotInfo),
    /// To [`NumberedAsk::Updates`].
    Updates(NumberedBot, Vec<NumberedUpdate>),
    /// To what sends or changes a message.
    Message(NumberedBot, NumberedMessage),
    /// To [`NumberedAsk::Chat`].
    Chat(NumberedBot, NumberedChat),
    /// To [`NumberedAsk::Member`].
    Member(NumberedBot, NumberedMember),
    /// To [`NumberedAsk::Officials`].
    Officials(NumberedBot, Vec<NumberedMember>),
    /// To [`NumberedAsk::Count`].
    Count(usize),
    /// To [`NumberedAsk::WebhookInfo`], and the names of wanted updates.
    Webhook(WebhookInfo, Option<String>),
}

/// The bot itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedBot {
    /// Its number.
    pub id: BotId,
    /// Its display name.
    pub name: String,
    /// A name of one word.
    pub username: String,
}

/// A member of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedMember {
    /// Who; `None`: the bot.
    pub who: Option<NumberedChat>,
    /// What he may.
    pub standing: Standing,
}

/// What a member of a room may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything.
    Owner,
    /// To keep others out.
    Admin,
    /// To speak.
    Member,
}

/// Somebody, or a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedChat {
    /// Positive for people, negative for rooms; at most 52 bits.
    pub number: i64,
    /// Its address.
    pub address: Jid,
    /// Whether it is a room.
    pub is_room: bool,
    /// What it is called.
    pub name: String,
    /// The topic, in a chat of topics.
    pub thread: Option<i64>,
}

/// A message.
#[derive(Clone, Debug)]
pub struct NumberedMessage {
    /// Where.
    pub chat: NumberedChat,
    /// Who said it; `None`: the bot.
    pub from: Option<NumberedChat>,
    /// Its number in that chat: 31 bits, growing.
    pub number: i64,
    /// Unix time.
    pub at: i64,
    /// What it says, styled as XEP-0393 does.
    pub text: String,
    /// Its files.
    pub files: Vec<NumberedFile>,
    /// The message it answers: its number, and whether the bot said it.
    pub reply_to: Option<(i64, bool)>,
    /// Its buttons.
    pub keyboard: Option<Keyboard>,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedFile {
    /// Its address.
    pub url: String,
    /// Its name in the API, where it can be fetched.
    pub file_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    pub media_type: Option<String>,
    /// Its size in bytes.
    pub size: Option<i64>,
}

/// An update told by numbers.
#[derive(Clone, Debug)]
pub struct NumberedUpdate {
    /// Its number.
    pub id: UpdateId,
    /// What happened.
    pub event: NumberedEvent,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum NumberedEvent {
    /// Something was said.
    Said(Box<NumberedMessage>),
    /// A message says something else now.
    Edited(Box<NumberedMessage>),
    /// Somebody has these reactions to a message from now on.
    Reacted {
        /// Where.
        chat: NumberedChat,
        /// Who.
        from: NumberedChat,
        /// The message.
        message: i64,
        /// All of them.
        emoji: Vec<String>,
        /// Unix time.
        at: i64,
    },
    /// A button beneath a message was pressed.
    Pressed {
        /// By which it is answered.
        id: String,
        /// Who.
        from: NumberedChat,
        /// The message, which is the bot's.
        message: Box<NumberedMessage>,
        /// What the button says to the program.
        data: String,
    },
    /// The bot came into a room, or out of it.
    Room {
        /// The room.
        chat: NumberedChat,
        /// Who asked it in; `None` where nobody did.
        by: Option<NumberedChat>,
        /// Whether it is in.
        is_in: bool,
        /// Unix time.
        at: i64,
    },
}

impl NumberedEvent {
    /// Its name in Telegram's Bot API, which is that of its member in an update.
    pub fn as_str(&self) -> &'static str {
        match self {
            NumberedEvent::Said(_) => "message",
            NumberedEvent::Edited(_) => "edited_message",
            NumberedEvent::Reacted { .. } => "message_reaction",
            NumberedEvent::Pressed { .. } => "callback_query",
            NumberedEvent::Room { .. } => "my_chat_member",
        }
    }
}

/// A dialect for webhooks that are told by numbers: how an update is printed, and what the receiver's answer wants done.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The body for an update.
    pub print: fn(&NumberedBot, &NumberedUpdate) -> String,
    /// The header with the secret that the program has given.
    pub secret_header: &'static str,
    /// Reads a method and its parameters; `None` for what is not done by an answer.
    pub read: fn(&str, &Fields) -> Result<NumberedAsk, Failure>,
}
