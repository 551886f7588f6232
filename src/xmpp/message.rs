//! Messages: reading what arrives (direct, as a carbon, from the archive) into one shape, and building what we send.
//! RFC 6121 §5, XEP-0280 (carbons), XEP-0313 (archive), XEP-0359 (ids), XEP-0203 (delay), XEP-0380 (encryption hint).
//!
//! What a message can carry besides text stands in one small file a feature. What can be checked without memory is
//! checked there; who may correct, retract or confirm which message needs memory, and is for the caller to check.

use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::muc::presence::Affiliation;
use crate::xmpp::stanza::StanzaError;
use crate::xmpp::{carbons, delay, mam, muc, ns};

mod emoji;
mod fallback;
mod hints;

mod buttons;
mod chatstates;
mod corrections;
mod invitations;
mod markers;
mod oob;
mod outbound;
mod reactions;
mod receipts;
mod replies;
mod retractions;
mod rooms;

pub use buttons::{Pressable, is_offer};
pub use chatstates::ChatState;
pub use emoji::is_emoji;
pub use invitations::Invitation;
pub use markers::{Marker, Stage};
pub use oob::Attachment;
pub use outbound::Outbound;
pub use reactions::Reactions;
pub use replies::RepliedTo;
pub use retractions::Retraction;
pub use rooms::InRoom;

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
    /// From the archive of the room it was said in (XEP-0313 §6). Whether we are in such a room, and have asked
    /// ([`InRoom::query`]), only the caller knows.
    RoomArchive,
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
    /// The `id` attribute; an empty one is none, as with all ids here.
    pub id: Option<String>,
    /// XEP-0359 origin-id.
    pub origin_id: Option<String>,
    /// Id in our own account's archive: `<stanza-id by='our bare JID'/>` or the archive result's own id.
    pub archive_id: Option<String>,
    /// When it was sent, if the server or the room said so (XEP-0203), milliseconds since 1970.
    pub stamp_ms: Option<i64>,
    /// It was held up on its way (XEP-0203): by the server, the room, or as it says itself. Not of an archive's results.
    pub is_delayed: bool,
    /// Marked `<private/>` (XEP-0280 §9): an automaton's message, not typed by a person.
    pub is_private: bool,
    /// It carries OMEMO or another encryption: the body is only a hint for clients that cannot decrypt.
    pub is_encrypted: bool,
    /// It was encrypted, and this is what it says ([`Inbound::decrypted_body`], [`Inbound::decrypted_content`]).
    pub is_decrypted: bool,
    /// The stanza itself, where more is to be read from it than stands here: OMEMO (XEP-0384), or what a node notifies of
    /// (XEP-0060 §7.1.2).
    pub stanza: Option<Box<Element>>,
    /// The text: the body without xml:lang, else the first; of a reply without the quotation that clients which do not
    /// know replies show. None where a body only explains something else: reactions, a retraction, an invitation; nor
    /// where it is our own that comes back in a refusal.
    pub body: Option<String>,
    /// The subject; empty where one is taken away. See [`Inbound::is_subject_change`].
    pub subject: Option<String>,
    /// Why a message of ours was refused ([`Kind::Error`]); `id` is that message's. Nothing else is read of it.
    pub error: Option<StanzaError>,
    /// Which room it was said in, and by whom there.
    pub room: Option<InRoom>,
    /// It answers another message (XEP-0461).
    pub reply: Option<RepliedTo>,
    /// It stands in the place of the message with this `id` of the same sender (XEP-0308).
    pub replaces: Option<String>,
    /// Files by their address (XEP-0066, XEP-0447). Most clients put the address into the body too.
    pub attachments: Vec<Attachment>,
    /// Emoji for a message (XEP-0444).
    pub reactions: Option<Reactions>,
    /// A button was pressed: the id of its action (XEP-0439).
    pub action: Option<String>,
    /// A message is taken back (XEP-0424).
    pub retraction: Option<Retraction>,
    /// The message with this id has arrived (XEP-0184).
    pub receipt: Option<String>,
    /// The sender wants such a receipt. Never in a room (XEP-0184 §5.3).
    pub wants_receipt: bool,
    /// The other side has come so far (XEP-0333).
    pub marker: Option<Marker>,
    /// The sender wants to know how far we have come.
    pub is_markable: bool,
    /// What the other side does (XEP-0085).
    pub chat_state: Option<ChatState>,
    /// Somebody wants us in a room (XEP-0249, XEP-0045 §7.8).
    pub invitation: Option<Invitation>,
    /// The room says that people who are not in it have other affiliations now (XEP-0045 §9.4).
    pub affiliations: Vec<(BareJid, Affiliation)>,
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
            Some(mut message) => {
                // A copy may be held up like anything else; what it says of its own time is no delay.
                message.is_delayed |= delay::is_in(stanza);
                message.stamp_ms = message.stamp_ms.or_else(|| delay::read(stanza));
                Reading::Live(message)
            }
            None => Reading::Nothing,
        };
    }
    if let Some(result) = mam::read_result(stanza) {
        return match unwrap(result.forwarded, account, Via::Archive) {
            _ if !is_ours => match unwrap_room(stanza, &result, account) {
                Some(message) => Reading::Live(message),
                None => Reading::Forged("archive result"),
            },
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

/// A result of a room's archive: the room itself must send it, and it must have been said to all there.
fn unwrap_room(stanza: &Element, result: &mam::ArchiveResult<'_>, account: &BareJid) -> Option<Box<Inbound>> {
    let room = Jid::parse(stanza.attribute("from")?).ok().filter(|room| room.is_bare() && room.local().is_some())?;
    // Without a sender of its own it would be from our account.
    result.forwarded.find("message", ns::CLIENT)?.attribute("from")?;
    let author = result.forwarded.find("message", ns::CLIENT).and_then(muc::members::read_author);
    let mut message = unwrap(result.forwarded, account, Via::RoomArchive)?;
    if message.kind != Kind::Groupchat || message.from.bare_str() != room.as_str() {
        return None;
    }
    message.archive_id = None;
    let in_room = message.room.as_mut()?;
    in_room.stanza_id = Some(result.id.to_string());
    in_room.query = result.query.map(Into::into);
    in_room.delayed_by = Some(room);
    in_room.author = author;
    Some(message)
}

impl Inbound {
    /// A message that carries nothing yet.
    pub fn new(from: Jid, to: Jid, kind: Kind) -> Inbound {
        Inbound {
            from,
            to,
            kind,
            via: Via::Direct,
            id: None,
            origin_id: None,
            archive_id: None,
            stamp_ms: None,
            is_delayed: false,
            is_private: false,
            is_encrypted: false,
            is_decrypted: false,
            stanza: None,
            body: None,
            subject: None,
            error: None,
            room: None,
            reply: None,
            replaces: None,
            attachments: Vec::new(),
            reactions: None,
            action: None,
            retraction: None,
            receipt: None,
            wants_receipt: false,
            marker: None,
            is_markable: false,
            chat_state: None,
            invitation: None,
            affiliations: Vec::new(),
        }
    }

    fn read(stanza: &Element, account: &BareJid, via: Via) -> Option<Inbound> {
        let jid = |name| stanza.attribute(name).map_or(Some(account.to_jid()), |text| Jid::parse(text).ok());
        let own_id = |id: &&Element| id.is("stanza-id", ns::SID) && id.attribute("by") == Some(account.as_str());
        let id_of = |element: &Element| element.attribute("id").filter(|id| !id.is_empty()).map(Into::into);
        let mut message = Inbound {
            via,
            id: id_of(stanza),
            origin_id: stanza.find("origin-id", ns::SID).and_then(id_of),
            archive_id: stanza.children().find(own_id).and_then(id_of),
            stamp_ms: delay::read(stanza),
            is_delayed: delay::is_in(stanza),
            is_private: carbons::is_private(stanza),
            is_encrypted: stanza.children().any(is_encryption),
            ..Inbound::new(jid("from")?, jid("to")?, read_kind(stanza))
        };
        if message.kind == Kind::Error {
            // RFC 6120 §8.3.1: what we sent may come back inside; nobody says it to us.
            message.error = Some(StanzaError::read(stanza));
        } else {
            message.read_room(stanza, account);
            message.affiliations = muc::members::read_changes(stanza, &message.from);
            message.read_content(stanza);
            message.stanza = stanza.children().any(is_for_reader).then(|| Box::new(stanza.clone()));
        }
        Some(message)
    }

    /// What it says where the body was encrypted (XEP-0384 before 0.4): all else counts as it stands outside.
    pub fn decrypted_body(&self, body: Vec<Element>) -> Inbound {
        let is_kept = |child: &&Element| !child.is("body", ns::CLIENT) && !is_encryption(child);
        let outer = self.stanza.as_deref().into_iter().flat_map(Element::children);
        self.decrypted(outer.filter(is_kept).cloned().chain(body))
    }

    /// What it says where its content was encrypted (XEP-0384 since 0.4): nothing outside counts.
    pub fn decrypted_content(&self, content: Vec<Element>) -> Inbound {
        self.decrypted(content.into_iter())
    }

    fn decrypted(&self, children: impl Iterator<Item = Element>) -> Inbound {
        let stanza = children.fold(Element::new("message", ns::CLIENT), Element::with_child);
        let mut message = Inbound { is_encrypted: false, is_decrypted: true, stanza: None, ..self.clone() };
        message.read_content(&stanza);
        message.wants_receipt |= self.wants_receipt;
        message.is_markable |= self.is_markable;
        message
    }

    fn read_room(&mut self, stanza: &Element, account: &BareJid) {
        self.room = rooms::read(stanza, &self.from, &self.to, self.kind, account);
        if let Some(in_room) = &self.room {
            // A sender's own stamp must not count for more than the room's.
            self.stamp_ms = delay::read_by(stanza, &in_room.room).or(self.stamp_ms);
        }
    }

    fn read_content(&mut self, stanza: &Element) {
        self.subject = stanza.text_of("subject", ns::CLIENT);
        self.reply = replies::read(stanza);
        self.replaces = corrections::read(stanza);
        self.attachments = oob::read(stanza);
        self.reactions = reactions::read(stanza);
        self.action = buttons::read(stanza);
        self.retraction = retractions::read(stanza, &self.from, self.kind);
        self.receipt = receipts::read(stanza);
        self.wants_receipt = receipts::is_requested(stanza) && self.kind != Kind::Groupchat;
        self.marker = markers::read(stanza);
        self.is_markable = markers::is_markable(stanza) && self.marker.is_none();
        self.chat_state = chatstates::read(stanza);
        self.invitation = invitations::read(stanza, &self.from, self.kind);
        let is_explained = self.reactions.is_some() || self.retraction.is_some() || self.invitation.is_some();
        let body = read_body(stanza).filter(|_| !is_explained);
        let body = match &self.reply {
            Some(_) => body.map(|body| fallback::strip(stanza, body, ns::REPLY)),
            None => body,
        };
        self.body = body.filter(|text| !text.is_empty());
    }

    /// Whether a person or a program has something to say here: a body, or the refusal of one.
    pub fn is_of_interest(&self) -> bool {
        self.body.is_some() || self.kind == Kind::Error
    }

    /// Whether something happened besides what was said: reactions, a button, a retraction, a receipt, a marker, an invitation, a
    /// new subject, what a room says to programs. Not what means nothing a moment later (chat states).
    pub fn has_event(&self) -> bool {
        let is_about_another = self.reactions.is_some() || self.action.is_some() || self.retraction.is_some();
        let is_confirmed = self.receipt.is_some() || self.marker.is_some();
        let is_of_room = self.is_subject_change() || self.room.as_ref().is_some_and(|room| !room.codes.is_empty());
        let is_of_room = is_of_room || !self.affiliations.is_empty();
        is_about_another || is_confirmed || self.invitation.is_some() || is_of_room
    }

    /// Whether any of it is for the engine: something said or shared, an event.
    pub fn is_for_engine(&self) -> bool {
        self.is_of_interest() || self.has_event() || !self.attachments.is_empty() || self.stanza.is_some()
    }

    /// Whether a node notifies of what was published there, or taken away (XEP-0060 §7.1.2).
    pub fn is_node_event(&self) -> bool {
        self.stanza.is_some() && !self.is_encrypted && self.archive_id.is_none()
    }

    /// What was said in words, if anything.
    pub fn text(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// What was said about the files: the text, if it is more than a file's address.
    pub fn caption(&self) -> Option<&str> {
        self.text().filter(|text| !self.attachments.iter().any(|attachment| attachment.url == text.trim()))
    }

    /// The id by which reactions and replies mean this message: in a room the one the room gave it, and none if it gave
    /// none; else the origin-id or the `id` attribute (XEP-0444 §4.2, XEP-0461 §4.1).
    pub fn reference(&self) -> Option<&str> {
        match self.in_public() {
            Some(in_room) => in_room.stanza_id.as_deref(),
            None => [&self.origin_id, &self.id].into_iter().flatten().map(String::as_str).find(|id| !id.is_empty()),
        }
    }

    /// The id by which markers and retractions mean this message: in a room the one the room gave it, else the `id`
    /// attribute (XEP-0333 §4.3, XEP-0424 §5.1). Receipts and corrections mean the `id` attribute everywhere.
    pub fn marker_reference(&self) -> Option<&str> {
        match self.in_public() {
            Some(in_room) => in_room.stanza_id.as_deref(),
            None => self.id.as_deref().filter(|id| !id.is_empty()),
        }
    }

    fn in_public(&self) -> Option<&InRoom> {
        self.room.as_ref().filter(|in_room| !in_room.is_private)
    }

    /// Whether the room has a new subject (XEP-0045 §8.1: a subject and no text).
    pub fn is_subject_change(&self) -> bool {
        self.kind == Kind::Groupchat && self.subject.is_some() && self.body.is_none()
    }

    /// Whether this is the refusal of the message `id` that we sent to `to`. Only who was meant can refuse it, and the
    /// servers on the way in his name (RFC 6120 §8.3.1): others in a room know the id too.
    pub fn refuses(&self, id: &str, to: &Jid) -> bool {
        let is_theirs = [to.as_str(), to.bare_str(), to.domain()].contains(&self.from.as_str());
        self.kind == Kind::Error && self.via == Via::Direct && self.id.as_deref() == Some(id) && is_theirs
    }
}

fn read_kind(stanza: &Element) -> Kind {
    match stanza.attribute("type") {
        Some("chat") => Kind::Chat,
        Some("groupchat") => Kind::Groupchat,
        Some("headline") => Kind::Headline,
        Some("error") => Kind::Error,
        _ => Kind::Normal,
    }
}

/// RFC 6121 §5.2.3: several bodies differ in their language. An empty one is none.
fn read_body(stanza: &Element) -> Option<String> {
    let bodies = || stanza.children().filter(|child| child.is("body", ns::CLIENT));
    let body = bodies().find(|body| body.attribute("xml:lang").is_none()).or_else(|| bodies().next())?;
    Some(body.text()).filter(|text| !text.is_empty())
}

/// The `id` by which an element names another message, if it can be one.
fn id_in(element: &Element) -> Option<String> {
    let id = element.attribute("id").filter(|id| !id.is_empty() && id.len() <= limits::MESSAGE_ID_BYTES_MAX)?;
    Some(id.to_string())
}

/// Whether the engine reads this itself.
fn is_for_reader(child: &Element) -> bool {
    matches!((child.name(), child.ns()), ("encrypted", ns::OMEMO | ns::OMEMO_LEGACY) | ("event", ns::PUBSUB_EVENT))
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
mod tests;
