//! What a moderator asks of a room: to take away what somebody said (XEP-0425), to put somebody out (XEP-0045 §8.2), to
//! take and give voice (§8.3, §8.4), to ban and to let in again (§9.1, §9.2). Only what is sent; the room judges it.

use super::presence::Affiliation;
use crate::base::jid::BareJid;
use crate::xml::Element;
use crate::xmpp::ns;

/// Which XEP-0425 a room speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moderation {
    /// Version 0.3 and later.
    Today,
    /// Before that, in the envelope of XEP-0422.
    Legacy,
}

/// What somebody may do during his stay is to be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewRole {
    /// Nothing: he is put out.
    None,
    /// To listen, where the room is moderated.
    Visitor,
    /// To speak.
    Participant,
}

impl NewRole {
    fn as_str(self) -> &'static str {
        match self {
            NewRole::None => "none",
            NewRole::Visitor => "visitor",
            NewRole::Participant => "participant",
        }
    }
}

/// Asks to take away the message with this id of the room's archive.
pub fn build_retraction(moderation: Moderation, message_id: &str, reason: Option<&str>) -> Element {
    match moderation {
        Moderation::Today => {
            let moderate = Element::new("moderate", ns::MODERATE)
                .with("id", message_id)
                .with_child(Element::new("retract", ns::RETRACT));
            with_reason(moderate, ns::MODERATE, reason)
        }
        Moderation::Legacy => {
            let moderate =
                Element::new("moderate", ns::MODERATE_LEGACY).with_child(Element::new("retract", ns::RETRACT_LEGACY));
            Element::new("apply-to", ns::FASTEN).with("id", message_id).with_child(with_reason(
                moderate,
                ns::MODERATE_LEGACY,
                reason,
            ))
        }
    }
}

/// Asks for another role of the occupant with this nick.
pub fn build_role(nick: &str, role: NewRole, reason: Option<&str>) -> Element {
    admin(Element::new("item", ns::MUC_ADMIN).with("nick", nick).with("role", role.as_str()), reason)
}

/// Asks for another affiliation of somebody, whether he is in the room or not.
pub fn build_affiliation(who: &BareJid, affiliation: Affiliation, reason: Option<&str>) -> Element {
    let item = Element::new("item", ns::MUC_ADMIN);
    admin(item.with("affiliation", affiliation.as_str()).with("jid", who.as_str()), reason)
}

fn admin(item: Element, reason: Option<&str>) -> Element {
    Element::new("query", ns::MUC_ADMIN).with_child(with_reason(item, ns::MUC_ADMIN, reason))
}

fn with_reason(element: Element, ns: &'static str, reason: Option<&str>) -> Element {
    match reason {
        Some(reason) => element.with_child(Element::new("reason", ns).with_text(reason)),
        None => element,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// XEP-0425 §3, XEP-0045 examples 89, 94 and 103, but for the order of attributes.
    #[test]
    fn wishes_as_the_standards_have_them() {
        let retraction = build_retraction(Moderation::Today, "s-1", Some("<spam>"));
        assert_eq!(
            retraction.print(""),
            "<moderate xmlns='urn:xmpp:message-moderate:1' id='s-1'><retract xmlns='urn:xmpp:message-retract:1'/>\
             <reason>&lt;spam&gt;</reason></moderate>"
        );
        let retraction = build_retraction(Moderation::Legacy, "s-1", None);
        assert_eq!(
            retraction.print(""),
            "<apply-to xmlns='urn:xmpp:fasten:0' id='s-1'><moderate xmlns='urn:xmpp:message-moderate:0'>\
             <retract xmlns='urn:xmpp:message-retract:0'/></moderate></apply-to>"
        );
        assert_eq!(
            build_role("pistol", NewRole::None, Some("Avaunt")).print(""),
            "<query xmlns='http://jabber.org/protocol/muc#admin'><item nick='pistol' role='none'>\
             <reason>Avaunt</reason></item></query>"
        );
        let visitor = build_role("thirdwitch", NewRole::Visitor, None).print("");
        assert!(visitor.contains("<item nick='thirdwitch' role='visitor'/>"), "{visitor}");
        let who = BareJid::parse("earlofcambridge@shakespeare.lit").unwrap();
        let ban = build_affiliation(&who, Affiliation::Outcast, None).print("");
        assert!(ban.contains("<item affiliation='outcast' jid='earlofcambridge@shakespeare.lit'/>"), "{ban}");
    }
}
