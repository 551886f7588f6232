//! Who belongs to a room (XEP-0045 §9.5, §10.5, §10.8): the lists of its members, admins and owners, whether they are in
//! it or not, and what a room tells of changes to somebody who is not in it (§9.4).
//!
//! In a room for members only these are the people who may read what is said there, so whoever encrypts needs them.

use super::presence::Affiliation;
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::ns;

/// The affiliations whose lists together are all who belong to a room.
pub const LISTS: [Affiliation; 3] = [Affiliation::Owner, Affiliation::Admin, Affiliation::Member];

/// Asks a room for one of its lists.
pub fn build_list(affiliation: Affiliation) -> Element {
    let item = Element::new("item", ns::MUC_ADMIN).with("affiliation", affiliation.as_str());
    Element::new("query", ns::MUC_ADMIN).with_child(item)
}

/// Whom the answer names; people only, as a list may also have whole servers.
pub fn read_list(answer: &Element) -> Vec<BareJid> {
    let items = answer.children().filter(|child| child.is("item", ns::MUC_ADMIN));
    items.filter_map(|item| person(item.attribute("jid")?)).take(limits::ROOM_OCCUPANTS_MAX).collect()
}

/// What a message says of the affiliations of people who are not in the room. It counts when the room itself has sent it;
/// of anybody else there is nothing here.
pub fn read_changes(stanza: &Element, from: &Jid) -> Vec<(BareJid, Affiliation)> {
    let users = stanza.children().filter(|child| child.is("x", ns::MUC_USER) && from.is_bare());
    let items = users.flat_map(Element::children).filter(|child| child.is("item", ns::MUC_USER));
    let change =
        |item: &Element| Some((person(item.attribute("jid")?)?, Affiliation::of(item.attribute("affiliation"))));
    items.filter_map(change).take(limits::ROOM_CHANGES_MAX).collect()
}

/// Who really said something, as a room's archive tells it (XEP-0313 §6.1.2). Of two, one is forged.
pub fn read_author(stanza: &Element) -> Option<BareJid> {
    let users = stanza.children().filter(|child| child.is("x", ns::MUC_USER));
    let mut items = users.flat_map(Element::children).filter(|child| child.is("item", ns::MUC_USER));
    let author = person(items.next()?.attribute("jid")?);
    if items.next().is_some() { None } else { author }
}

fn person(jid: &str) -> Option<BareJid> {
    Jid::parse(jid).ok().map(|jid| jid.bare()).filter(|jid| jid.local().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Namespaces;

    fn parse(text: &str) -> Element {
        Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap()
    }

    fn jid(text: &str) -> BareJid {
        BareJid::parse(text).unwrap()
    }

    #[test]
    fn lists() {
        let query = build_list(Affiliation::Member).print("");
        assert_eq!(query, "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='member'/></query>");
        let answer = parse(
            "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='member' jid='Alice@here' nick='a'/>\
             <item affiliation='member' jid='here'/><item affiliation='member' jid='@'/><item/>\
             <item xmlns='other' jid='x@y'/><item affiliation='member' jid='bob@there/phone'/></query>",
        );
        assert_eq!(read_list(&answer), [jid("alice@here"), jid("bob@there")]);
        assert!(read_list(&parse("<query/>")).is_empty());
    }

    #[test]
    fn changes() {
        let stanza = parse(
            "<message from='tea@muc.here' id='1'><x xmlns='http://jabber.org/protocol/muc#user'>\
             <item affiliation='none' jid='bob@there' role='none'/><item affiliation='member' jid='carol@there'/>\
             <item affiliation='owner'/></x></message>",
        );
        let room = Jid::parse("tea@muc.here").unwrap();
        let expected = [(jid("bob@there"), Affiliation::None), (jid("carol@there"), Affiliation::Member)];
        assert_eq!(read_changes(&stanza, &room), expected);
        assert!(read_changes(&stanza, &Jid::parse("tea@muc.here/bob").unwrap()).is_empty());
        let many = "<item affiliation='owner' jid='a@b'/>".repeat(limits::ROOM_CHANGES_MAX + 1);
        let many = parse(&format!("<message><x xmlns='http://jabber.org/protocol/muc#user'>{many}</x></message>"));
        assert_eq!(read_changes(&many, &room).len(), limits::ROOM_CHANGES_MAX);
    }

    #[test]
    fn authors() {
        let said = |inside: &str| {
            parse(&format!("<message><x xmlns='http://jabber.org/protocol/muc#user'>{inside}</x></message>"))
        };
        let item = "<item affiliation='member' jid='bob@there/phone'/>";
        assert_eq!(read_author(&said(item)), Some(jid("bob@there")));
        assert_eq!(read_author(&said(&item.repeat(2))), None);
        assert_eq!(read_author(&said("<item affiliation='member'/>")), None);
        assert_eq!(read_author(&parse("<message/>")), None);
    }
}
