//! What a room is (XEP-0045 §6.4): the answer to disco#info (XEP-0030), with the form of XEP-0128 in it. The engine
//! decides by it whether there is an archive to read, which ids can be trusted and whether OMEMO is possible.

use super::moderation::Moderation;
use crate::base::limits;
use crate::base::text::shorten;
use crate::xml::Element;
use crate::xmpp::disco::has_feature;
use crate::xmpp::ns;

/// The properties of a room. All false of something that is no room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomInfo {
    /// Whether it is a room at all.
    pub is_room: bool,
    /// Its name for people.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Only members may enter.
    pub members_only: bool,
    /// Everybody sees everybody's real JID.
    pub non_anonymous: bool,
    /// A password is needed.
    pub password_protected: bool,
    /// It goes on existing when the last one leaves.
    pub persistent: bool,
    /// Only those with voice may speak.
    pub moderated: bool,
    /// It has an archive (XEP-0313).
    pub mam: bool,
    /// Its stanza-ids can be trusted (XEP-0359 §5; part of `urn:xmpp:mam:2`).
    pub stanza_ids: bool,
    /// Its occupant ids can be trusted (XEP-0421 §4).
    pub occupant_ids: bool,
    /// Its moderators may take away what others said (XEP-0425), and in which version.
    pub moderation: Option<Moderation>,
}

impl RoomInfo {
    /// Reads the `<query/>` of an answer.
    pub fn read(answer: &Element) -> RoomInfo {
        let has = |feature| has_feature(answer, feature);
        let conference = answer
            .children()
            .find(|child| child.is("identity", ns::DISCO_INFO) && child.attribute("category") == Some("conference"));
        let name = conference.and_then(|identity| identity.attribute("name")).map(Into::into);
        let mam = has(ns::MAM);
        RoomInfo {
            is_room: conference.is_some() && has(ns::MUC),
            name: shown(name).or_else(|| field(answer, "muc#roomconfig_roomname")),
            description: field(answer, "muc#roominfo_description"),
            members_only: has("muc_membersonly"),
            non_anonymous: has("muc_nonanonymous"),
            password_protected: has("muc_passwordprotected"),
            persistent: has("muc_persistent"),
            moderated: has("muc_moderated"),
            mam,
            stanza_ids: mam || has(ns::SID),
            occupant_ids: has(ns::OCCUPANT_ID),
            moderation: if has(ns::MODERATE) {
                Some(Moderation::Today)
            } else {
                has(ns::MODERATE_LEGACY).then_some(Moderation::Legacy)
            },
        }
    }

    /// Whether OMEMO works here: we must know who reads (members) and under which JIDs (XEP-0384 §7).
    pub fn can_omemo(&self) -> bool {
        self.members_only && self.non_anonymous
    }
}

/// The first value of a field in the answer's form (XEP-0128).
fn field(answer: &Element, var: &str) -> Option<String> {
    let forms = answer.children().filter(|child| child.is("x", ns::DATA));
    let found = forms
        .flat_map(Element::children)
        .find(|field| field.is("field", ns::DATA) && field.attribute("var") == Some(var))?;
    shown(found.text_of("value", ns::DATA))
}

fn shown(text: Option<String>) -> Option<String> {
    let text = text?;
    let text = text.trim();
    (!text.is_empty()).then(|| shorten(text, limits::ROOM_REASON_BYTES_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Namespaces;

    fn read(text: &str) -> RoomInfo {
        RoomInfo::read(&Element::parse(text, &Namespaces::default_is(ns::DISCO_INFO)).unwrap())
    }

    #[test]
    fn a_private_room_on_prosody() {
        let info = read(
            "<query xmlns='http://jabber.org/protocol/disco#info'><identity name='Kitchen' type='text' \
             category='conference'/><feature var='http://jabber.org/protocol/muc'/><feature var='urn:xmpp:mam:2'/>\
             <feature var='urn:xmpp:sid:0'/><feature var='urn:xmpp:occupant-id:0'/><feature var='muc_membersonly'/>\
             <feature var='muc_nonanonymous'/><feature var='muc_persistent'/><feature var='muc_unmoderated'/>\
             <feature var='muc_unsecured'/><feature var='muc_hidden'/><x xmlns='jabber:x:data' type='result'>\
             <field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#roominfo</value></field>\
             <field var='muc#roominfo_description' type='text-single'><value>What to cook</value></field></x></query>",
        );
        let expected = RoomInfo {
            is_room: true,
            name: Some("Kitchen".into()),
            description: Some("What to cook".into()),
            members_only: true,
            non_anonymous: true,
            persistent: true,
            mam: true,
            stanza_ids: true,
            occupant_ids: true,
            ..RoomInfo::default()
        };
        assert_eq!(info, expected);
        assert!(info.can_omemo());
    }

    #[test]
    fn a_public_room_on_ejabberd_and_things_that_are_no_room() {
        let info = read(
            "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' type='text' name=''/>\
             <feature var='http://jabber.org/protocol/muc'/><feature var='muc_public'/><feature var='muc_temporary'/>\
             <feature var='muc_open'/><feature var='muc_semianonymous'/><feature var='muc_moderated'/>\
             <feature var='muc_passwordprotected'/><x xmlns='jabber:x:data' type='result'>\
             <field var='muc#roomconfig_roomname'><value> tea </value></field></x></query>",
        );
        assert!(info.is_room && info.moderated && info.password_protected && !info.persistent && !info.mam);
        assert_eq!(info.name.as_deref(), Some("tea"));
        assert!(!info.can_omemo() && !info.stanza_ids && !info.occupant_ids);
        let moderated = |features: &str| read(&format!("<query>{features}</query>")).moderation;
        let (today, legacy) =
            ("<feature var='urn:xmpp:message-moderate:1'/>", "<feature var='urn:xmpp:message-moderate:0'/>");
        assert_eq!(moderated(&format!("{legacy}{today}")), Some(Moderation::Today));
        assert_eq!((moderated(legacy), moderated("")), (Some(Moderation::Legacy), None));
        assert!(!read("<query><identity category='account' type='registered'/></query>").is_room);
        assert_eq!(read("<other/>"), RoomInfo::default());
    }
}
