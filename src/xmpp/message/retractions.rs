//! XEP-0424, message retraction: a message is taken back, by its sender or (XEP-0425) by a moderator of the room.
//! Both forms are read, the one of today and the older one wrapped in `<apply-to/>`; the one of today is sent.

use super::{Kind, fallback, id_in};
use crate::base::jid::Jid;
use crate::xml::Element;
use crate::xmpp::ns;

/// A message taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retraction {
    /// The message meant: in a room the id the room gave it, else its `id` attribute, in the old form its
    /// origin-id (XEP-0424 §5.1).
    pub id: String,
    /// A moderator did it, and the room says so: whose message it was does not matter. Else only the message's own
    /// sender may, which is for the caller to check.
    pub is_moderated: bool,
    /// The moderator's reason.
    pub reason: Option<String>,
}

/// The retraction in a message that came from `from`.
pub(super) fn read(stanza: &Element, from: &Jid, kind: Kind) -> Option<Retraction> {
    let (retraction, by_moderator) = match stanza.find("retract", ns::RETRACT) {
        Some(retract) => {
            let moderated = retract.find("moderated", ns::MODERATE);
            (read_named(retract, moderated.map(|_| retract), ns::RETRACT)?, moderated.is_some())
        }
        None => read_legacy(stanza)?,
    };
    // XEP-0425 §5: only the room itself speaks for its moderators; an occupant who says so is lying.
    let is_by_room = kind == Kind::Groupchat && from.is_bare();
    (is_by_room || !by_moderator).then_some(retraction)
}

/// `<apply-to/>` with `<retract/>`, which a moderator's has inside `<moderated/>`.
fn read_legacy(stanza: &Element) -> Option<(Retraction, bool)> {
    let apply_to = stanza.find("apply-to", ns::FASTEN)?;
    let moderated = apply_to.find("moderated", ns::MODERATE_LEGACY);
    moderated.unwrap_or(apply_to).find("retract", ns::RETRACT_LEGACY)?;
    Some((read_named(apply_to, moderated, ns::MODERATE_LEGACY)?, moderated.is_some()))
}

fn read_named(named: &Element, moderated: Option<&Element>, reason_ns: &str) -> Option<Retraction> {
    let reason = moderated.and_then(|element| element.text_of("reason", reason_ns));
    Some(Retraction {
        id: id_in(named)?,
        is_moderated: moderated.is_some(),
        reason: reason.filter(|text| !text.is_empty()),
    })
}

/// `<retract/>`, and the mark that the text is for others (XEP-0424 §3).
pub(super) fn build(id: &str) -> [Element; 2] {
    [Element::new("retract", ns::RETRACT).with("id", id), fallback::build_whole(ns::RETRACT)]
}
