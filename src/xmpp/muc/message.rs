//! What a room passes on (XEP-0045 §7.4): messages to all, changes of the subject, private messages of occupants
//! (§7.5), and the refusal of what we sent. Only reading; what it means for us is decided by [`Room`](super::room::Room).

use super::code;
use super::mention::is_mention;
use crate::base::jid::{BareJid, Jid};
#[cfg(test)]
use crate::xml::Element;
use crate::xmpp::message::{self, Attachment, Inbound, Reactions, RepliedTo, Retraction};
#[cfg(test)]
use crate::xmpp::ns;
use crate::xmpp::stanza::StanzaError;
use std::sync::Arc;

/// Sort of a message in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomMessageKind {
    /// To all occupants.
    Groupchat,
    /// To us alone, from an occupant.
    Private,
    /// What we sent was refused; [`RoomMessage::id`] says which.
    Error(StanzaError),
}

/// A message that came by way of a room.
#[derive(Clone, Debug)]
pub struct RoomMessage {
    /// The room with the nick of the author; the bare room speaks for itself.
    pub from: Jid,
    /// Its sort.
    pub kind: RoomMessageKind,
    /// The `id` attribute. Some services put their own in its place.
    pub id: Option<String>,
    /// XEP-0359 origin-id, by which the author knows his message again.
    pub origin_id: Option<String>,
    /// Its id in the room's archive (XEP-0359 stanza-id by the room). Counts where the room's
    /// [`stanza_ids`](super::info::RoomInfo::stanza_ids) do.
    pub archive_id: Option<String>,
    /// XEP-0421. Counts where the room's [`occupant_ids`](super::info::RoomInfo::occupant_ids) do.
    pub occupant_id: Option<String>,
    /// When it was sent (XEP-0203), milliseconds since 1970; `None`: just now, or nobody knows.
    pub stamp_ms: Option<i64>,
    /// Whether it says that it is delayed, and be it without a time.
    pub is_delayed: bool,
    /// Our own server held it up until now: for an interrupted stream, or one that is gone.
    pub is_resent: bool,
    /// Who held it up until now, if it is delayed and says so.
    pub delayed_by: Option<Jid>,
    /// The new subject (XEP-0045 §8.1), perhaps empty, if this sets one.
    pub subject: Option<String>,
    /// The text.
    pub body: Option<String>,
    /// It carries OMEMO or another encryption.
    pub is_encrypted: bool,
    /// What is decrypted of it, if it is OMEMO: the message as it came.
    pub sealed: Option<Arc<Inbound>>,
    /// It was encrypted, and this is what it says.
    pub is_decrypted: bool,
    /// Whom it mentions (XEP-0372).
    pub mentions: Vec<Jid>,
    /// Which message it answers, and whose that is (XEP-0461).
    pub reply: Option<RepliedTo>,
    /// It stands in the place of the message with this `id` of the same occupant (XEP-0308).
    pub replaces: Option<String>,
    /// Files by their address (XEP-0066).
    pub attachments: Vec<Attachment>,
    /// Emoji for a message (XEP-0444).
    pub reactions: Option<Reactions>,
    /// A message is taken back (XEP-0424), perhaps by a moderator (XEP-0425).
    pub retraction: Option<Retraction>,
    /// Status codes, see [`code`].
    pub codes: Vec<u16>,
}

impl RoomMessage {
    /// What a message means in a room. `None`: no groupchat message, no private message of an occupant and no refusal; an
    /// invitation, for example. Whether the sender is a room at all, only the caller knows.
    pub fn of(inbound: &Inbound) -> Option<RoomMessage> {
        let kind = match (inbound.kind, &inbound.error) {
            (message::Kind::Groupchat, _) => RoomMessageKind::Groupchat,
            (message::Kind::Error, Some(error)) => RoomMessageKind::Error(error.clone()),
            // XEP-0045 §7.5: an occupant has a nick.
            (message::Kind::Chat | message::Kind::Normal, _) if !inbound.from.is_bare() => RoomMessageKind::Private,
            _ => return None,
        };
        let room = inbound.room.as_ref();
        let is_public = kind == RoomMessageKind::Groupchat;
        Some(RoomMessage {
            kind,
            id: inbound.id.clone(),
            origin_id: inbound.origin_id.clone(),
            archive_id: room.and_then(|room| room.stanza_id.clone()),
            occupant_id: room.and_then(|room| room.occupant_id.clone()),
            stamp_ms: inbound.stamp_ms,
            is_delayed: inbound.is_delayed,
            is_resent: room.is_some_and(|room| room.is_resent),
            delayed_by: room.and_then(|room| room.delayed_by.clone()),
            // XEP-0045 §7.2.15: what has a body too is a message with a title.
            subject: inbound.subject.clone().filter(|_| is_public && inbound.body.is_none()),
            body: inbound.body.clone(),
            is_encrypted: inbound.is_encrypted,
            sealed: (inbound.is_encrypted && inbound.stanza.is_some()).then(|| Arc::new(inbound.clone())),
            is_decrypted: inbound.is_decrypted,
            mentions: room.map(|room| room.mentions.clone()).unwrap_or_default(),
            reply: inbound.reply.clone(),
            replaces: inbound.replaces.clone(),
            attachments: inbound.attachments.clone(),
            reactions: inbound.reactions.clone(),
            retraction: inbound.retraction.clone(),
            codes: room.map(|room| room.codes.clone()).unwrap_or_default(),
            from: inbound.from.clone(),
        })
    }

    /// Reads a `<message/>` from a room to `account`.
    #[cfg(test)]
    pub(crate) fn read(stanza: &Element, account: &BareJid) -> Option<RoomMessage> {
        if !stanza.is("message", ns::CLIENT) {
            return None;
        }
        match message::read(stanza, account) {
            message::Reading::Live(inbound) => RoomMessage::of(&inbound),
            _ => None,
        }
    }

    /// What it takes in memory, nearly.
    pub fn bytes(&self) -> usize {
        let texts = [&self.body, &self.subject].into_iter().flatten().map(String::len).sum::<usize>();
        let files: usize = self.attachments.iter().map(|file| file.url.len()).sum();
        let sealed = self.sealed.as_ref().and_then(|sealed| sealed.stanza.as_ref()).map_or(0, |stanza| stanza.weight());
        size_of::<RoomMessage>() + texts + files + sealed
    }

    /// The author's nick; `None` is the room itself.
    pub fn nick(&self) -> Option<&str> {
        self.from.resource()
    }

    /// Whether it speaks to the occupant `us`: by its text, by a reference to it or to `account`, or as the answer to a
    /// message of his. A private message always does.
    pub fn is_to(&self, us: &Jid, account: Option<&BareJid>) -> bool {
        let names_us = |jid: &Jid| jid == us || account.is_some_and(|account| jid.as_str() == account.as_str());
        let nick = us.resource().unwrap_or_default();
        self.kind == RoomMessageKind::Private
            || self.mentions.iter().any(names_us)
            || self.reply.as_ref().and_then(|reply| reply.to.as_ref()) == Some(us)
            || self.body.as_ref().is_some_and(|body| is_mention(body, nick))
    }

    /// Whether the room says that it was set up anew (XEP-0045 §10.2.1).
    pub fn changes_room(&self) -> bool {
        let told = [code::CONFIGURATION, code::NON_ANONYMOUS, code::SEMI_ANONYMOUS, code::FULLY_ANONYMOUS];
        self.from.is_bare() && told.iter().any(|code| self.codes.contains(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Namespaces;

    fn read(text: &str) -> Option<RoomMessage> {
        let stanza = Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap();
        RoomMessage::read(&stanza, &BareJid::parse("me@here").unwrap())
    }

    #[test]
    fn a_message_as_prosody_passes_it_on() {
        let message = read(
            "<message from='tea@muc.here/alice' to='me@here/bot' type='groupchat' id='1' xml:lang='en'>\
             <body>hi</body><origin-id xmlns='urn:xmpp:sid:0' id='1'/>\
             <occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='me@here' id='no'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='tea@muc.here' id='yes'/>\
             <reply xmlns='urn:xmpp:reply:0' to='tea@muc.here/bot' id='0'/>\
             <reference xmlns='urn:xmpp:reference:0' type='data' uri='xmpp:me@here'/>\
             <reference xmlns='urn:xmpp:reference:0' type='mention' begin='0' end='2' uri='xmpp:x@y/z%20z'/></message>",
        )
        .unwrap();
        assert_eq!((message.nick(), &message.kind), (Some("alice"), &RoomMessageKind::Groupchat));
        assert_eq!((message.id.as_deref(), message.origin_id.as_deref()), (Some("1"), Some("1")));
        assert_eq!((message.archive_id.as_deref(), message.occupant_id.as_deref()), (Some("yes"), Some("occ")));
        assert_eq!((message.body.as_deref(), &message.subject, message.stamp_ms), (Some("hi"), &None, None));
        assert_eq!(message.mentions, [Jid::parse("x@y/z z").unwrap()]);
        assert!(message.is_to(&Jid::parse("tea@muc.here/bot").unwrap(), None));
        assert!(!message.is_to(&Jid::parse("tea@muc.here/bob").unwrap(), None));
        assert!(message.is_to(&Jid::parse("x@y/z z").unwrap(), None));
    }

    #[test]
    fn history_and_subject() {
        let message = read(
            "<message from='tea@muc.here/alice' type='groupchat'><body>old</body><subject>title</subject>\
             <delay xmlns='urn:xmpp:delay' from='tea@muc.here' stamp='1970-01-01T00:00:01Z'/></message>",
        )
        .unwrap();
        assert_eq!((message.stamp_ms, &message.subject), (Some(1000), &None));
        assert_eq!(message.delayed_by, Jid::parse("tea@muc.here").ok());
        let subject = |text: &str| read(text).unwrap().subject;
        assert_eq!(subject("<message from='a@b/c' type='groupchat'><subject>t</subject></message>"), Some("t".into()));
        assert_eq!(subject("<message from='a@b' type='groupchat'><subject/></message>"), Some(String::new()));
        assert_eq!(subject("<message from='a@b/c' type='chat'><subject>t</subject></message>"), None);
    }

    #[test]
    fn sorts() {
        let kind = |text: &str| read(text).map(|message| message.kind);
        let private = "<message from='a@b/c' type='chat'><body>x</body><x xmlns='http://jabber.org/protocol/muc#user'/>\
                       </message>";
        assert_eq!(kind(private), Some(RoomMessageKind::Private));
        assert_eq!(kind("<message from='a@b/c'><body>x</body></message>"), Some(RoomMessageKind::Private));
        let invitation = "<message from='a@b'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='c@d'/></x>\
                          </message>";
        assert_eq!(kind(invitation), None);
        assert_eq!(kind("<message from='a@b/c' type='headline'/>"), None);
        assert_eq!(kind("<message from='@' type='groupchat'/>"), None);
        assert_eq!(kind("<iq from='a@b' type='groupchat'/>"), None);
        let error = "<message from='a@b' type='error' id='1'><error type='modify'>\
                     <not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";
        assert_eq!(kind(error), Some(RoomMessageKind::Error(StanzaError::new("modify", "not-acceptable"))));
        let changed = "<message from='a@b' type='groupchat'><x xmlns='http://jabber.org/protocol/muc#user'>\
                       <status code='104'/></x></message>";
        assert!(read(changed).unwrap().changes_room());
        assert!(!read(&changed.replace("a@b", "a@b/c")).unwrap().changes_room());
    }
}
