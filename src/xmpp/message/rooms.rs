//! XEP-0045, multi-user chat: what a message has to do with a room, and whom of its occupants it is about.
//! XEP-0421 (occupant ids), XEP-0359 (the room's stanza ids), XEP-0203 (history).
//!
//! Anybody can send a message of type groupchat, and mark one as private: the caller must know that it is in the room.
//! What the room vouches for, it vouches for only if it says in its service discovery that it does.

use super::{Kind, id_in};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::muc::mention::read_uri;
use crate::xmpp::{delay, muc, ns};

/// A message in a room, or in private between two of its occupants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InRoom {
    /// The room.
    pub room: BareJid,
    /// The occupant's nick: who spoke, or to whom a private message of ours went. `None`: the room itself.
    pub nick: Option<String>,
    /// What stays the same about the occupant whatever his nick (XEP-0421). Holds only where the room announces the
    /// feature; two of them are one forged, so none.
    pub occupant_id: Option<String>,
    /// The id the room gave the message: the one by which reactions, replies, retractions and markers mean it. Holds
    /// only where the room announces stanza ids (XEP-0359 §6).
    pub stanza_id: Option<String>,
    /// To one occupant only (XEP-0045 §7.5).
    pub is_private: bool,
    /// Said before we came in: the room itself has stamped it (XEP-0045 §7.2.13).
    pub is_history: bool,
    /// Who held it up until now, if it is delayed and says so.
    pub delayed_by: Option<Jid>,
    /// Our own server has held it up, and not the room.
    pub is_resent: bool,
    /// Who really said it: the archive of a room that shows real JIDs tells it.
    pub author: Option<BareJid>,
    /// Which question to the room's archive it answers.
    pub query: Option<String>,
    /// Whom it mentions (XEP-0372).
    pub mentions: Vec<Jid>,
    /// What the room says to programs, see [`muc::code`].
    pub codes: Vec<u16>,
}

impl InRoom {
    /// A private message with an occupant that does not say so. It need not (XEP-0045 §7.5): whoever knows that
    /// `occupant` is in a room we are in must take every message of type chat with it for one. `None` without a nick.
    pub fn private(occupant: &Jid) -> Option<InRoom> {
        Some(InRoom {
            room: occupant.bare(),
            nick: Some(occupant.resource()?.to_string()),
            occupant_id: None,
            stanza_id: None,
            is_private: true,
            is_history: false,
            delayed_by: None,
            is_resent: false,
            author: None,
            query: None,
            mentions: Vec::new(),
            codes: Vec::new(),
        })
    }
}

/// What a message says about having to do with a room.
pub(super) fn read(stanza: &Element, from: &Jid, to: &Jid, kind: Kind, account: &BareJid) -> Option<InRoom> {
    // Of our own other resource, the other party is the one it speaks to.
    let is_ours = from.bare_str() == account.as_str();
    let party = if is_ours { to } else { from };
    let occupant_id = || only(stanza, |child| child.is("occupant-id", ns::OCCUPANT_ID)).filter(|_| !is_ours);
    match kind {
        Kind::Groupchat => {
            let room = party.bare();
            let is_rooms = |id: &Element| id.is("stanza-id", ns::SID) && id.attribute("by") == Some(room.as_str());
            Some(InRoom {
                nick: party.resource().map(Into::into),
                occupant_id: occupant_id(),
                stanza_id: only(stanza, is_rooms),
                is_private: false,
                is_history: delay::read_by(stanza, &room).is_some(),
                is_resent: is_resent(stanza, &room, account),
                delayed_by: delay::read_author(stanza),
                author: None,
                query: None,
                mentions: read_mentions(stanza),
                codes: muc::read_codes(stanza),
                room,
            })
        }
        // XEP-0045 §7.5. News and invitations have the same mark, but come from the room without a nick.
        Kind::Chat | Kind::Normal if stanza.find("x", ns::MUC_USER).is_some() => {
            InRoom::private(party).map(|in_room| InRoom { occupant_id: occupant_id(), ..in_room })
        }
        _ => None,
    }
}

fn is_resent(stanza: &Element, room: &BareJid, account: &BareJid) -> bool {
    let by = delay::read_author(stanza);
    let is_ours = by.is_some_and(|by| [account.as_str(), account.domain()].contains(&by.as_str()));
    is_ours && delay::read_by(stanza, room).is_none()
}

/// XEP-0372 §3.2: `<reference type='mention' uri='xmpp:…'/>`.
fn read_mentions(stanza: &Element) -> Vec<Jid> {
    stanza
        .children()
        .filter(|child| child.is("reference", ns::REFERENCE) && child.attribute("type") == Some("mention"))
        .take(limits::REFERENCES_MAX)
        .filter_map(|reference| read_uri(reference.attribute("uri")?))
        .collect()
}

/// The id of the one such child; of two, one is forged.
fn only(stanza: &Element, is_it: impl Fn(&Element) -> bool) -> Option<String> {
    let mut found = stanza.children().filter(|child| is_it(child));
    let first = found.next()?;
    if found.next().is_some() { None } else { id_in(first) }
}

/// `<x/>`, by which the other side knows that it is not from a stranger (XEP-0045 §7.5).
pub(super) fn build_private() -> Element {
    Element::new("x", ns::MUC_USER)
}
