//! Addresses at Telegram: `tg:<chat>`, in a forum `tg:<chat>.<topic>`, and one of a group's people `tg:<chat>/<name>`.

use crate::base::jid::{BareJid, Jid};
use crate::core::failure::Failure;
use crate::store::row::ConversationKind;

/// A chat, and a topic in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Telegram's number: positive for a person.
    pub(crate) chat: i64,
    pub(crate) thread: Option<i64>,
}

impl Place {
    /// The chat of an address; `None` where it is on another channel, or no number.
    pub(super) fn of(address: &BareJid) -> Option<Place> {
        let id = address.channel_id().filter(|_| address.channel() == Some("tg"))?;
        let (chat, thread) = match id.split_once('.') {
            Some((chat, thread)) => (chat, Some(thread.parse().ok().filter(|thread| *thread > 0)?)),
            None => (id, None),
        };
        Some(Place { chat: chat.parse().ok().filter(|chat| *chat != 0)?, thread })
    }

    /// The same for whoever says something there.
    pub(super) fn to(address: &Jid) -> Result<Place, Failure> {
        let must_be = "tg: and the number of a chat, for example tg:123456789 or tg:-1001234567890";
        Place::of(&address.bare()).ok_or_else(|| Failure::invalid("to", must_be))
    }

    /// As an address.
    pub(super) fn address(self) -> BareJid {
        let thread = self.thread.map(|thread| format!(".{thread}")).unwrap_or_default();
        BareJid::parse_any(&format!("tg:{}{thread}", self.chat)).expect("a number is an address")
    }

    /// With one person, or with all of a group or channel.
    pub(super) fn kind(self) -> ConversationKind {
        if self.chat < 0 { ConversationKind::Room } else { ConversationKind::Chat }
    }
}

/// The id by which a message of somebody else is known here.
pub(super) fn message_id(chat: i64, number: i64) -> String {
    format!("{chat}:{number}")
}

/// The number in such an id, if it is one of this chat.
pub(super) fn number_in(chat: i64, id: &str) -> Option<i64> {
    let (of, number) = id.split_once(':')?;
    number.parse().ok().filter(|_| of.parse() == Ok(chat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbers() {
        let place = |text: &str| Place::of(&BareJid::parse_any(text).unwrap());
        for (text, chat, thread) in
            [("tg:5", 5, None), ("tg:-100123.7", -100123, Some(7)), ("tg:-100123", -100123, None)]
        {
            assert_eq!(place(text), Some(Place { chat, thread }));
            assert_eq!(place(text).map(Place::address).unwrap().as_str(), text);
        }
        for text in ["tg:0", "tg:a", "tg:1.0", "tg:1.x", "tg:1.2.3", "web:5", "a@b", "tg:99999999999999999999"] {
            assert_eq!(place(text), None, "{text}");
        }
        assert_eq!((number_in(-5, "-5:17"), number_in(5, "-5:17"), number_in(5, "5:x")), (Some(17), None, None));
    }
}
