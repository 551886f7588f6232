//! Rows of buttons and presses.

use super::ConversationKind;
use crate::base::id::{AccountId, BotId};
use crate::base::jid::Jid;
use crate::base::secret::Secret;

/// Where buttons are, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyboardPlace {
    /// Beneath the message, until they are edited away.
    Inline,
    /// In the place of the keys, until others come.
    Reply,
    /// The same, until one was pressed.
    Once,
}

impl KeyboardPlace {
    /// As spelled in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyboardPlace::Inline => "inline",
            KeyboardPlace::Reply => "reply",
            KeyboardPlace::Once => "once",
        }
    }

    /// Reads it.
    pub fn read(word: &str) -> Option<KeyboardPlace> {
        let all = [KeyboardPlace::Inline, KeyboardPlace::Reply, KeyboardPlace::Once];
        all.into_iter().find(|place| place.as_str() == word)
    }
}

/// Who has spoken since buttons were shown: a number alone means them only as long as it can mean nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nobody, or the bot went on.
    Fresh,
    /// The other side.
    Answered,
    /// The other side, and then the bot.
    Past,
}

impl Turn {
    /// As kept in the database.
    pub fn as_number(self) -> i64 {
        self as i64
    }

    /// Reads it.
    pub fn from_number(number: i64) -> Turn {
        match number {
            0 => Turn::Fresh,
            1 => Turn::Answered,
            _ => Turn::Past,
        }
    }
}

/// A row of `keyboard`.
#[derive(Clone, Debug)]
pub struct KeyboardRow {
    /// Its number; ignored where it is put in.
    pub id: i64,
    /// Whose buttons they are.
    pub bot: BotId,
    /// Through which account they were shown, where the channel has accounts.
    pub account: Option<AccountId>,
    /// With whom the conversation is.
    pub address: String,
    /// Of what kind that is.
    pub kind: ConversationKind,
    /// The message, as the bot's program knows it.
    pub message_id: String,
    /// The id of what shows them: of a correction its own.
    pub shown_id: String,
    /// Where they are.
    pub place: KeyboardPlace,
    /// Who has spoken since.
    pub turn: Turn,
    /// They went out encrypted, or may have.
    pub is_encrypted: bool,
    /// What the message says, and its buttons; sealed in the file.
    pub content: Secret,
}

/// A row of `button_press`.
#[derive(Clone, Debug)]
pub struct PressRow {
    /// Whose button it was.
    pub bot: BotId,
    /// Who pressed; in rooms with his nick.
    pub from: Jid,
    /// In what kind of conversation.
    pub kind: ConversationKind,
    /// Beneath which message.
    pub message_id: String,
    /// What the channel calls the press, where it has a name for it.
    pub native: Option<String>,
}
