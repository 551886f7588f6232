//! RFC 6121 §2, the roster: the contacts of an account as its server keeps them, and the pushes that tell of changes.

use crate::base::jid::BareJid;
use crate::xml::Element;
use crate::xmpp::ns;
use crate::xmpp::stanza::{Iq, IqKind, StanzaError};

/// Who sees whose presence (RFC 6121 §2.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// Neither.
    None,
    /// We see theirs.
    To,
    /// They see ours.
    From,
    /// Both.
    Both,
    /// In a push: the contact is not in the roster any more.
    Remove,
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Who.
    pub jid: BareJid,
    /// What the owner of the roster calls them.
    pub name: Option<String>,
    /// Who sees whose presence.
    pub subscription: Subscription,
    /// We asked to see theirs and have no answer (`ask='subscribe'`, RFC 6121 §2.1.2.2).
    pub is_asking: bool,
    /// They may see ours as soon as they ask (RFC 6121 §2.1.2.1). Prosody approves and does not show it here.
    pub is_approved: bool,
    /// Groups the contact is in.
    pub groups: Vec<String>,
}

/// A change that the server tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    /// A contact is new, changed, or removed. Answer with an empty result.
    Item(Item),
    /// Somebody pretends to be our server: ignore it, or answer as if the question were unknown (RFC 6121 §2.1.6).
    Forged,
    /// From our server, but not with one contact in it. Answer with this.
    Malformed(StanzaError),
}

impl Item {
    fn read(item: &Element) -> Option<Item> {
        let subscription = match item.attribute("subscription") {
            Some("to") => Subscription::To,
            Some("from") => Subscription::From,
            Some("both") => Subscription::Both,
            Some("remove") => Subscription::Remove,
            _ => Subscription::None,
        };
        let groups = item.children().filter(|child| child.is("group", ns::ROSTER)).map(Element::text);
        Some(Item {
            jid: BareJid::parse(item.attribute("jid")?).ok()?,
            name: item.attribute("name").filter(|name| !name.is_empty()).map(Into::into),
            subscription,
            is_asking: item.attribute("ask") == Some("subscribe"),
            is_approved: matches!(item.attribute("approved"), Some("true" | "1")),
            groups: groups.filter(|group| !group.is_empty()).collect(),
        })
    }

    /// Whether they see our presence, or will as soon as they ask.
    pub fn may_see_us(&self) -> bool {
        self.is_approved || matches!(self.subscription, Subscription::From | Subscription::Both)
    }

    /// Whether we see theirs.
    pub fn sees(&self) -> bool {
        matches!(self.subscription, Subscription::To | Subscription::Both)
    }
}

/// Whether the stream's features offer to approve requests before they come (RFC 6121 §3.4).
pub fn offers_pre_approval(features: &Element) -> bool {
    features.find("sub", ns::PRE_APPROVAL).is_some()
}

/// The question for the roster. `get`. Who asks gets pushes from then on.
pub fn build_get() -> Element {
    Element::new("query", ns::ROSTER)
}

/// The order to add a contact, or to change name and groups. `set`. Both are replaced, not added to; the subscription
/// is changed by presence only.
pub fn build_set(jid: &BareJid, name: Option<&str>, groups: &[&str]) -> Element {
    let mut item = Element::new("item", ns::ROSTER).with("jid", jid.as_str());
    if let Some(name) = name {
        item = item.with("name", name);
    }
    let item =
        groups.iter().fold(item, |item, group| item.with_child(Element::new("group", ns::ROSTER).with_text(group)));
    build_get().with_child(item)
}

/// The order to remove a contact, which ends the subscriptions both ways (RFC 6121 §2.5). `set`.
pub fn build_remove(jid: &BareJid) -> Element {
    let item = Element::new("item", ns::ROSTER).with("jid", jid.as_str()).with("subscription", "remove");
    build_get().with_child(item)
}

/// Reads the answer to [`build_get`]; contacts with broken addresses are left out. `None` when it is no roster.
pub fn read(query: &Element) -> Option<Vec<Item>> {
    query.is("query", ns::ROSTER).then(|| items(query).filter_map(Item::read).collect())
}

fn items(query: &Element) -> impl Iterator<Item = &Element> {
    query.children().filter(|child| child.is("item", ns::ROSTER))
}

/// Reads a push to `account`; `None` when the IQ is none.
pub fn read_push(iq: &Iq, account: &BareJid) -> Option<Push> {
    let query = iq.payload.as_ref().filter(|query| iq.kind == IqKind::Set && query.is("query", ns::ROSTER))?;
    // RFC 6121 §2.1.6: from our own server, as our account or nameless; else anybody could rewrite the roster.
    if iq.from.as_ref().is_some_and(|from| from.as_str() != account.as_str()) {
        return Some(Push::Forged);
    }
    let mut items = items(query);
    let item = items.next().and_then(Item::read).filter(|_| items.next().is_none());
    Some(item.map_or_else(|| Push::Malformed(StanzaError::new("modify", "bad-request")), Push::Item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::tests::{each_damaged, parse};

    const PROSODY: &str = "<query xmlns='jabber:iq:roster' ver='7'>\
        <item jid='Alice@x.example' name='Alice' subscription='both'><group>Friends</group><group>Chess</group></item>\
        <item jid='bot@x.example' subscription='none' ask='subscribe' approved='true'/>\
        <item jid='a b@c' subscription='to'/><item jid='carol@y.example' subscription='from' name=''><group/></item></query>";

    fn push(from: &str, items: &str) -> Option<Push> {
        let text = format!("<iq type='set' id='p'{from}><query xmlns='jabber:iq:roster'>{items}</query></iq>");
        read_push(&Iq::read(parse(&text)).unwrap(), &BareJid::parse("me@x.example").unwrap())
    }

    #[test]
    fn reads_a_roster() {
        let items = read(&parse(PROSODY)).unwrap();
        assert_eq!(items.len(), 3);
        assert_eq!((items[0].jid.as_str(), items[0].name.as_deref()), ("alice@x.example", Some("Alice")));
        assert_eq!(items[0].groups, ["Friends", "Chess"]);
        assert!(items[0].sees() && items[0].may_see_us());
        assert!(items[1].is_asking && items[1].is_approved && items[1].may_see_us() && !items[1].sees());
        assert!(items[2].may_see_us() && items[2].name.is_none() && items[2].groups.is_empty());
        assert_eq!(read(&parse("<query xmlns='jabber:iq:roster'/>")), Some(vec![]));
        assert_eq!(read(&parse("<query xmlns='jabber:iq:register'/>")), None);
    }

    #[test]
    fn pushes_come_from_our_own_server_only() {
        let item = "<item jid='alice@x.example' subscription='remove'/>";
        for from in ["", " from='me@x.example'", " from='Me@X.example'"] {
            let Some(Push::Item(item)) = push(from, item) else { panic!("{from}") };
            assert_eq!(item.subscription, Subscription::Remove);
        }
        for from in [" from='me@x.example/phone'", " from='x.example'", " from='evil@y.example'"] {
            assert_eq!(push(from, item), Some(Push::Forged), "{from}");
        }
        let malformed = Some(Push::Malformed(StanzaError::new("modify", "bad-request")));
        assert_eq!(push("", ""), malformed);
        assert_eq!(push("", &item.repeat(2)), malformed);
        assert_eq!(push("", "<item jid='@'/>"), malformed);
        let result = parse(&format!("<iq type='result' id='p'>{PROSODY}</iq>"));
        assert_eq!(read_push(&Iq::read(result).unwrap(), &BareJid::parse("me@x.example").unwrap()), None);
    }

    #[test]
    fn orders() {
        let alice = BareJid::parse("alice@x.example").unwrap();
        assert_eq!(
            build_set(&alice, Some("A & B"), &["Bots"]).print(ns::CLIENT),
            "<query xmlns='jabber:iq:roster'><item jid='alice@x.example' name='A &amp; B'><group>Bots</group></item></query>"
        );
        assert_eq!(
            build_remove(&alice).print(ns::CLIENT),
            "<query xmlns='jabber:iq:roster'><item jid='alice@x.example' subscription='remove'/></query>"
        );
        let features = "<features xmlns='http://etherx.jabber.org/streams'><sub xmlns='urn:xmpp:features:pre-approval'/>\
            </features>";
        assert!(offers_pre_approval(&parse(features)));
        assert!(!offers_pre_approval(&parse("<features xmlns='http://etherx.jabber.org/streams'/>")));
    }

    #[test]
    fn damage_is_refused_or_read() {
        let mut read_some = 0;
        each_damaged(&[PROSODY], |element| read_some += read(element).map_or(0, |items| items.len()));
        assert!(read_some > 1_000, "{read_some}");
    }
}
