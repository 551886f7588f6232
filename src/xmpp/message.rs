//! Messages: reading what arrives (direct, as a carbon, from the archive) into one shape, and building what we send.
//! RFC 6121 §5, XEP-0280 (carbons), XEP-0313 (archive), XEP-0359 (ids), XEP-0203 (delay), XEP-0380 (encryption hint).

use crate::base::jid::{BareJid, Jid};
use crate::xml::Element;
use crate::xmpp::{carbons, delay, mam, ns};

/// Type of a message (RFC 6121 §5.2.2); unknown ones count as normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One-to-one chat.
    Chat,
    /// A single message.
    Normal,
    /// In a room.
    Groupchat,
    /// An alert that wants no answer.
    Headline,
    /// The other side refused a message of ours.
    Error,
}

/// The way a message took to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Addressed to us by the server's routing.
    Direct,
    /// Copy of what another resource of the account sent (XEP-0280).
    CarbonSent,
    /// Copy of what another resource of the account received (XEP-0280).
    CarbonReceived,
    /// From the archive (XEP-0313).
    Archive,
}

/// A message that arrived, unwrapped: carbons and archive results are checked (only our own server may send them)
/// and give the inner message.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Who sent it. Our own account's bare JID where the stanza had none.
    pub from: Jid,
    /// To whom it was sent.
    pub to: Jid,
    /// Its type.
    pub kind: Kind,
    /// The way it took.
    pub via: Via,
    /// The `id` attribute.
    pub id: Option<String>,
    /// XEP-0359 origin-id.
    pub origin_id: Option<String>,
    /// Id in our own account's archive: `<stanza-id by='our bare JID'/>` or the archive result's own id.
    pub archive_id: Option<String>,
    /// When it was sent, if the server said so (XEP-0203), milliseconds since 1970.
    pub stamp_ms: Option<i64>,
    /// Marked `<private/>` (XEP-0280 §9): an automaton's message, not typed by a person.
    pub is_private: bool,
    /// It carries OMEMO or another encryption: the body is only a hint for clients that cannot decrypt.
    pub is_encrypted: bool,
    /// The text: the body without xml:lang, else the first.
    pub body: Option<String>,
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// The recipient.
    pub to: Jid,
    /// Chat or groupchat.
    pub kind: Kind,
    /// `id` and origin-id.
    pub id: String,
    /// The text.
    pub body: String,
    /// `id` of the message this answers (XEP-0461), and whose it was.
    pub reply_to: Option<String>,
    /// Add `<private/>` and `<no-copy/>`: no carbons of it.
    pub is_private: bool,
}

impl Outbound {
    /// The stanza as XML text; `from` is left to the server.
    pub fn print(&self) -> String {
        let kind = if self.kind == Kind::Groupchat { "groupchat" } else { "chat" };
        let mut message = Element::new("message", ns::CLIENT)
            .with("to", self.to.as_str())
            .with("type", kind)
            .with("id", &self.id)
            .with_child(Element::new("body", ns::CLIENT).with_text(&self.body))
            .with_child(Element::new("origin-id", ns::SID).with("id", &self.id));
        if let Some(id) = &self.reply_to {
            // XEP-0461 §3.1 wants the author too; it is the other party of the conversation.
            message = message.with_child(Element::new("reply", ns::REPLY).with("to", self.to.as_str()).with("id", id));
        }
        if self.is_private {
            message = carbons::mark_private(message);
        }
        message.print(ns::CLIENT)
    }
}

/// What a `<message/>` of the stream turns out to be.
#[derive(Debug)]
pub enum Reading {
    /// A message to us, or the copy of one.
    Live(Box<Inbound>),
    /// A result of an archive query (XEP-0313 §4.2).
    Archived {
        /// Which query it belongs to.
        query: Option<String>,
        /// The message; its `archive_id` is always there.
        message: Box<Inbound>,
    },
    /// Somebody pretends to be our server.
    Forged(&'static str),
    /// Not a message we understand: an address is broken, or there is nothing inside.
    Nothing,
}

/// Reads a `<message/>` that came on the stream of `account`, and takes carbons and archive results apart.
pub fn read(stanza: &Element, account: &BareJid) -> Reading {
    // Only our own account may wrap a message of somebody else (CVE-2017-5589 and its kin).
    let is_ours = stanza.attribute("from").is_none_or(|from| from == account.as_str());
    if let Some((via, forwarded)) = carbons::read(stanza) {
        return match unwrap(forwarded, account, via) {
            _ if !is_ours => Reading::Forged("carbon"),
            Some(message) => Reading::Live(message),
            None => Reading::Nothing,
        };
    }
    if let Some(result) = mam::read_result(stanza) {
        return match unwrap(result.forwarded, account, Via::Archive) {
            _ if !is_ours => Reading::Forged("archive result"),
            Some(mut message) => {
                message.archive_id = Some(result.id.to_string());
                Reading::Archived { query: result.query.map(Into::into), message }
            }
            None => Reading::Nothing,
        };
    }
    Inbound::read(stanza, account, Via::Direct).map_or(Reading::Nothing, |message| Reading::Live(Box::new(message)))
}

/// XEP-0297: the message inside `<forwarded/>`, with the time outside it.
fn unwrap(forwarded: &Element, account: &BareJid, via: Via) -> Option<Box<Inbound>> {
    let mut message = Inbound::read(forwarded.find("message", ns::CLIENT)?, account, via)?;
    message.stamp_ms = delay::read(forwarded).or(message.stamp_ms);
    Some(Box::new(message))
}

impl Inbound {
    fn read(stanza: &Element, account: &BareJid, via: Via) -> Option<Inbound> {
        let jid = |name| stanza.attribute(name).map_or(Some(account.to_jid()), |text| Jid::parse(text).ok());
        let own_id = |id: &&Element| id.is("stanza-id", ns::SID) && id.attribute("by") == Some(account.as_str());
        let id_of = |element: &Element| element.attribute("id").map(Into::into);
        Some(Inbound {
            from: jid("from")?,
            to: jid("to")?,
            kind: match stanza.attribute("type") {
                Some("chat") => Kind::Chat,
                Some("groupchat") => Kind::Groupchat,
                Some("headline") => Kind::Headline,
                Some("error") => Kind::Error,
                _ => Kind::Normal,
            },
            via,
            id: id_of(stanza),
            origin_id: stanza.find("origin-id", ns::SID).and_then(id_of),
            archive_id: stanza.children().find(own_id).and_then(id_of),
            stamp_ms: delay::read(stanza),
            is_private: carbons::is_private(stanza),
            is_encrypted: stanza.children().any(is_encryption),
            body: read_body(stanza),
        })
    }

    /// Whether a person or a program has something to say here: a body, or the refusal of one. Chat states, receipts
    /// and events are not for the engine.
    pub fn is_of_interest(&self) -> bool {
        self.body.is_some() || self.kind == Kind::Error
    }
}

/// RFC 6121 §5.2.3: several bodies differ in their language. An empty one is none.
fn read_body(stanza: &Element) -> Option<String> {
    let bodies = || stanza.children().filter(|child| child.is("body", ns::CLIENT));
    let body = bodies().find(|body| body.attribute("xml:lang").is_none()).or_else(|| bodies().next())?;
    Some(body.text()).filter(|text| !text.is_empty())
}

fn is_encryption(child: &Element) -> bool {
    matches!(
        (child.name(), child.ns()),
        ("encryption", ns::EME)
            | ("encrypted", ns::OMEMO | ns::OMEMO_LEGACY)
            | ("openpgp", ns::OPENPGP)
            | ("x", ns::OPENPGP_LEGACY)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Namespaces;

    fn read_text(text: &str) -> Reading {
        let stanza = Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap();
        read(&stanza, &BareJid::parse("me@here").unwrap())
    }

    fn live(text: &str) -> Inbound {
        match read_text(text) {
            Reading::Live(message) => *message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_a_message() {
        let message = live(
            "<message from='a@b/r' to='me@here' type='chat' id='1'><body xml:lang='de'>hallo</body>\
             <body>hello &amp; \u{1f44d}</body><origin-id xmlns='urn:xmpp:sid:0' id='2'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='a@b' id='x'/><stanza-id xmlns='urn:xmpp:sid:0' by='me@here' id='3'/>\
             <delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:01Z'/></message>",
        );
        assert_eq!(message.from.as_str(), "a@b/r");
        assert_eq!((message.kind, message.via), (Kind::Chat, Via::Direct));
        assert_eq!(message.body.as_deref(), Some("hello & \u{1f44d}"));
        assert_eq!(message.id.as_deref(), Some("1"));
        assert_eq!(message.origin_id.as_deref(), Some("2"));
        assert_eq!(message.archive_id.as_deref(), Some("3"));
        assert_eq!(message.stamp_ms, Some(1000));
        assert!(!message.is_private && !message.is_encrypted);
        let other = live("<message><body xml:lang='en'>only</body><encrypted xmlns='urn:xmpp:omemo:2'/></message>");
        assert_eq!((other.from.as_str(), other.body.as_deref()), ("me@here", Some("only")));
        assert!(other.is_encrypted && other.is_of_interest());
        assert!(!live("<message><body/></message>").is_of_interest());
        assert!(live("<message type='error'/>").is_of_interest());
        assert!(matches!(read_text("<message from='@'/>"), Reading::Nothing));
    }

    #[test]
    fn only_our_account_may_wrap() {
        let carbon = |from: &str| {
            read_text(&format!(
                "<message from='{from}'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>\
                 <message xmlns='jabber:client' from='me@here/phone' to='x@y'><body>hi</body></message>\
                 </forwarded></sent></message>"
            ))
        };
        assert!(matches!(carbon("me@here"), Reading::Live(message) if message.via == Via::CarbonSent));
        for other in ["me@here/other", "evil@here", "here"] {
            assert!(matches!(carbon(other), Reading::Forged("carbon")), "{other}");
        }
    }

    #[test]
    fn prints_a_message() {
        let message = Outbound {
            to: Jid::parse("a@b").unwrap(),
            kind: Kind::Chat,
            id: "i".into(),
            body: "<\u{7}".into(),
            reply_to: Some("r".into()),
            is_private: true,
        };
        assert_eq!(
            message.print(),
            "<message to='a@b' type='chat' id='i'><body>&lt;\u{fffd}</body><origin-id xmlns='urn:xmpp:sid:0' id='i'/>\
             <reply xmlns='urn:xmpp:reply:0' to='a@b' id='r'/><private xmlns='urn:xmpp:carbons:2'/>\
             <no-copy xmlns='urn:xmpp:hints'/></message>"
        );
    }
}
