//! Links between chats, as callers give and see them.

use crate::base::jid::{BareJid, Jid};
use crate::core::failure::Failure;
use crate::core::handle::OfferedChat;
use crate::store::row::{LinkMode, LinkRow};

/// What is asked about a bot's links.
#[derive(Clone, Debug)]
pub enum BridgeQuestion {
    /// Which there are, and which chats could be joined.
    List,
    /// A link is made, or changed where the chat is joined already.
    Link(NewLink),
    /// The link with a chat goes: its address, or what it is called.
    Unlink(String),
    /// Something is said in a chat that is joined.
    Send(NewAcross),
}

/// A link as it is to be; what is `None` stays as it is, or is as usual.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The chat on the other channel.
    pub chat: BareJid,
    /// The conversation here: a person, `owner@local`, or a room; usually the bot's owner.
    pub here: Option<BareJid>,
    /// What it is called; empty for nothing.
    pub alias: Option<String>,
    /// Which ways are open.
    pub mode: Option<LinkMode>,
    /// Whether anything passes.
    pub is_enabled: Option<bool>,
    /// Gets what is said here where it is not said to whom.
    pub is_default: Option<bool>,
    /// How words of there are shown here, and of here there; empty for as usual.
    pub format_here: Option<String>,
    /// The other way round.
    pub format_there: Option<String>,
}

impl NewLink {
    /// A link with a chat, as usual.
    pub fn new(chat: BareJid) -> NewLink {
        NewLink {
            chat,
            here: None,
            alias: None,
            mode: None,
            is_enabled: None,
            is_default: None,
            format_here: None,
            format_there: None,
        }
    }
}

/// `/bot/telegram/send`.
#[derive(Clone, Debug)]
pub struct NewAcross {
    /// The chat, by its address or what its link is called; `None`: the one that is meant where none is named.
    pub chat: Option<String>,
    /// The text.
    pub text: String,
    /// As in [`NewMessage`](super::NewMessage).
    pub idempotency_key: Option<String>,
}

/// What is answered to that.
#[derive(Clone, Debug)]
pub enum BridgeAnswer {
    /// Links, and chats that could be joined.
    Links(Vec<LinkRow>, Vec<OfferedChat>),
    /// The link as it is now.
    Linked(Box<LinkRow>),
    /// This one is gone.
    Unlinked(Box<LinkRow>),
    /// It is in the database, under this id.
    Sent(String),
}

/// Reads the name of a chat at Telegram: its number, with a topic's behind a point, or its address here (`tg:…`).
pub fn telegram_chat(field: &str, text: &str) -> Result<BareJid, Failure> {
    let id = text.trim();
    let id = id.strip_prefix("tg:").unwrap_or(id);
    let (chat, topic) = match id.split_once('.') {
        Some((chat, topic)) => (chat, Some(topic)),
        None => (id, None),
    };
    let is_number = |text: &str| text.parse::<i64>().is_ok_and(|number| number != 0 && !text.starts_with('+'));
    let is_fine = is_number(chat) && topic.is_none_or(|topic| is_number(topic) && !topic.starts_with('-'));
    let address = Jid::parse_any(&format!("tg:{id}")).ok().filter(|_| is_fine);
    let rule = "the number of a chat at Telegram, for example 987654321 or -1001234567890";
    address.map(|jid| jid.bare()).ok_or_else(|| Failure::invalid(field, rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chats_have_numbers() {
        for (text, address) in
            [("987654321", "tg:987654321"), (" -1001234567890 ", "tg:-1001234567890"), ("tg:-1001.7", "tg:-1001.7")]
        {
            assert_eq!(telegram_chat("chat_id", text).unwrap().as_str(), address);
        }
        for wrong in ["", "0", "+5", "@name", "1.2.3", "1.-2", "99999999999999999999", "tg:tg:1", "1/x"] {
            assert!(telegram_chat("chat_id", wrong).is_err(), "{wrong}");
        }
    }
}
