//! Invitations to rooms: direct, from person to person (XEP-0249), and mediated, passed on by the room (XEP-0045 §7.8).

use super::Kind;
use crate::base::jid::{BareJid, Jid};
use crate::base::secret::Secret;
use crate::xml::Element;
use crate::xmpp::ns;

/// Somebody wants us in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The room.
    pub room: BareJid,
    /// Who invites. In a direct invitation its sender; in a mediated one what the room says, which may be an occupant's
    /// address in it, or nothing.
    pub inviter: Option<Jid>,
    /// Why.
    pub reason: Option<String>,
    /// What the room wants to hear at the door.
    pub password: Option<Secret>,
    /// Passed on by the room.
    pub is_mediated: bool,
}

/// The invitation in a message that came from `from`.
pub(super) fn read(stanza: &Element, from: &Jid, kind: Kind) -> Option<Invitation> {
    if !matches!(kind, Kind::Normal | Kind::Chat) {
        return None;
    }
    // Servers add the direct form to a mediated one, for clients that know nothing else.
    read_mediated(stanza, from).or_else(|| read_direct(stanza, from))
}

fn read_mediated(stanza: &Element, from: &Jid) -> Option<Invitation> {
    // An occupant could write the same into a private message; only the room itself has no nick.
    let x = stanza.find("x", ns::MUC_USER).filter(|_| from.is_bare() && from.local().is_some())?;
    // `to` is in what the inviter sends to the room, not in what the room passes on.
    let invite = x.find("invite", ns::MUC_USER).filter(|invite| invite.attribute("to").is_none())?;
    Some(Invitation {
        room: from.bare(),
        inviter: invite.attribute("from").and_then(|from| Jid::parse(from).ok()),
        reason: invite.text_of("reason", ns::MUC_USER).filter(|text| !text.is_empty()),
        password: x.text_of("password", ns::MUC_USER).filter(|text| !text.is_empty()).map(Secret::new),
        is_mediated: true,
    })
}

fn read_direct(stanza: &Element, from: &Jid) -> Option<Invitation> {
    let x = stanza.find("x", ns::CONFERENCE)?;
    let said = |name| x.attribute(name).filter(|text| !text.is_empty());
    Some(Invitation {
        room: BareJid::parse(x.attribute("jid")?).ok().filter(|room| room.local().is_some())?,
        inviter: Some(from.clone()),
        reason: said("reason").map(Into::into),
        password: said("password").map(Secret::new),
        is_mediated: false,
    })
}
