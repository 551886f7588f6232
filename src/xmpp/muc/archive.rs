//! The archive of a room (XEP-0313 §6): what was said while we were out of it. It is read as our own is, with
//! [`CatchUp`], but the queries go to the room, and only the room may answer.
//!
//! Keep the newest [`RoomMessage::archive_id`] of the room; after a `Joined` ask from there on, page by page, and drop
//! what came live in the meantime by that id.

use super::message::{Kind, RoomMessage};
use crate::base::jid::{BareJid, Jid};
use crate::xml::Element;
use crate::xmpp::stanza::{Iq, IqKind};
use crate::xmpp::{delay, mam, ns};

pub use crate::xmpp::mam::CatchUp;

/// The question for the next page, to the room.
pub fn print_query<T>(room: &BareJid, id: &str, catch_up: &CatchUp<T>) -> String {
    Iq::print(IqKind::Set, id, Some(room.as_str()), Some(catch_up.build_query()))
}

/// A message from a room's archive.
#[derive(Clone, Debug)]
pub struct Archived {
    /// Which query it belongs to.
    pub query: Option<String>,
    /// The message; `archive_id` and `stamp_ms` are those of the archive.
    pub message: RoomMessage,
    /// Who the author really is; rooms tell that whose occupants all see it (XEP-0313 §6.1).
    pub real_jid: Option<Jid>,
}

/// Reads a result of a query to `room`. `None` when it is no result, when anybody but the room sent it, or when what is
/// inside was not said in that room.
pub fn read(stanza: &Element, room: &BareJid, account: &BareJid) -> Option<Archived> {
    let result = mam::read_result(stanza)?;
    let is_of = |jid: &Jid| jid.bare_str() == room.as_str();
    let from = Jid::parse(stanza.attribute("from")?).ok()?;
    if !is_of(&from) || !from.is_bare() {
        return None;
    }
    let inner = result.forwarded.find("message", ns::CLIENT)?;
    let mut message = RoomMessage::read(inner, account)?;
    // Without a sender of its own it would be from our account.
    if !is_of(&message.from) || message.kind != Kind::Groupchat {
        return None;
    }
    message.archive_id = Some(result.id.to_string());
    message.stamp_ms = delay::read(result.forwarded).or(message.stamp_ms);
    message.delayed_by = Some(from);
    let item = inner.find("x", ns::MUC_USER).and_then(|user| user.find("item", ns::MUC_USER));
    let real_jid = item.and_then(|item| item.attribute("jid")).and_then(|jid| Jid::parse(jid).ok());
    Some(Archived { query: result.query.map(Into::into), message, real_jid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Namespaces;

    fn result(outer: &str, inner: &str, kind: &str) -> Option<Archived> {
        let text = format!(
            "<message from='{outer}' to='me@here/bot'><result xmlns='urn:xmpp:mam:2' queryid='q' id='34482'>\
             <forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:02Z'/>\
             <message xmlns='jabber:client' from='{inner}' type='{kind}' id='m'><body>old</body>\
             <x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' jid='alice@here'/></x>\
             </message></forwarded></result></message>"
        );
        let jid = |text| BareJid::parse(text).unwrap();
        let stanza = Element::parse(&text, &Namespaces::default_is(ns::CLIENT)).unwrap();
        read(&stanza, &jid("tea@muc.here"), &jid("me@here"))
    }

    #[test]
    fn reads_what_the_room_says_was_said_in_it() {
        let archived = result("tea@muc.here", "tea@muc.here/alice", "groupchat").unwrap();
        assert_eq!(archived.query.as_deref(), Some("q"));
        assert_eq!(archived.message.archive_id.as_deref(), Some("34482"));
        assert_eq!((archived.message.stamp_ms, archived.message.nick()), (Some(2000), Some("alice")));
        assert_eq!(archived.real_jid, Jid::parse("alice@here").ok());
        for (outer, inner, kind) in [
            ("tea@muc.here/alice", "tea@muc.here/alice", "groupchat"),
            ("evil@here", "tea@muc.here/alice", "groupchat"),
            ("muc.here", "tea@muc.here/alice", "groupchat"),
            ("tea@muc.here", "other@muc.here/alice", "groupchat"),
            ("tea@muc.here", "boss@here", "groupchat"),
            ("tea@muc.here", "tea@muc.here/alice", "chat"),
        ] {
            assert!(result(outer, inner, kind).is_none(), "{outer} {inner} {kind}");
        }
    }

    #[test]
    fn asks_the_room() {
        let catch_up: CatchUp<()> = CatchUp::new("q".into(), Some("34482".into()));
        let query = print_query(&BareJid::parse("tea@muc.here").unwrap(), "i", &catch_up);
        let iq = Element::parse(&query, &Namespaces::default_is(ns::CLIENT)).unwrap();
        assert_eq!((iq.attribute("to"), iq.attribute("type")), (Some("tea@muc.here"), Some("set")));
        let set = iq.find("query", ns::MAM).and_then(|query| query.find("set", ns::RSM)).unwrap();
        assert_eq!(set.text_of("after", ns::RSM).as_deref(), Some("34482"));
    }
}
