//! XEP-0045, multi-user chat: what a message has to do with a room, and whom of its occupants it is about.
//! XEP-0421 (occupant ids), XEP-0359 (the room's stanza ids), XEP-0203 (history).
//!
//! Anybody can send a message of type groupchat, and mark one as private: the caller must know that it is in the room.
//! What the room vouches for, it vouches for only if it says in its service discovery that it does.

use super::{Kind, id_in};
use crate::base::jid::{BareJid, Jid};
use crate::xml::Element;
use crate::xmpp::{delay, ns};

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
}

/// What a message has to do with a room.
pub(super) fn read(stanza: &Element, from: &Jid, to: &Jid, kind: Kind, account: &BareJid) -> Option<InRoom> {
    // Of our own other resource, the other party is the one it speaks to.
    let is_ours = from.bare_str() == account.as_str();
    let party = if is_ours { to } else { from };
    let is_private = match kind {
        Kind::Groupchat => false,
        // XEP-0045 §7.5. News and invitations have the same mark, but come from the room without a nick.
        Kind::Chat | Kind::Normal if party.resource().is_some() && stanza.find("x", ns::MUC_USER).is_some() => true,
        _ => return None,
    };
    let room = party.bare();
    Some(InRoom {
        nick: party.resource().map(Into::into),
        occupant_id: only(stanza, |child| child.is("occupant-id", ns::OCCUPANT_ID)).filter(|_| !is_ours),
        stanza_id: only(stanza, |child| {
            child.is("stanza-id", ns::SID) && child.attribute("by") == Some(room.as_str()) && !is_private
        }),
        is_private,
        is_history: kind == Kind::Groupchat && delay::read_by(stanza, &room).is_some(),
        room,
    })
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
