//! XEP-0402, bookmarks: the rooms of an account, kept in a node of its own at its server. They are the list of the
//! rooms to be in; each is an item whose id is the room's address.

use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::xml::Element;
use crate::xmpp::dataform::parse_boolean;
use crate::xmpp::ns;
use crate::xmpp::pubsub::{self, AccessModel, Items, MaxItems, NodeItem, Options, SendLast};

/// How the node must be, so that nobody else reads it and no room is lost (XEP-0402 §4).
pub const OPTIONS: Options = Options {
    persist_items: Some(true),
    max_items: Some(MaxItems::Max),
    send_last: Some(SendLast::Never),
    access_model: Some(AccessModel::Whitelist),
};

/// A room that is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// The room.
    pub room: BareJid,
    /// What the owner calls it.
    pub name: Option<String>,
    /// Join it at login.
    pub is_autojoin: bool,
    /// The nickname there.
    pub nick: Option<String>,
    /// The password of the room.
    pub password: Option<Secret>,
    /// What other clients keep with it: must be kept when the item is written again (XEP-0402 §3.3).
    pub extensions: Option<Element>,
}

impl Bookmark {
    /// A room that is joined at login.
    pub fn new(room: BareJid, nick: &str) -> Bookmark {
        let nick = Some(nick.to_string());
        Bookmark { room, name: None, is_autojoin: true, nick, password: None, extensions: None }
    }

    /// Reads an item; `None` when it is no bookmark.
    pub fn read(item: &NodeItem<'_>) -> Option<Bookmark> {
        let conference = item.payload.filter(|payload| payload.is("conference", ns::BOOKMARKS))?;
        let text = |name| conference.text_of(name, ns::BOOKMARKS).filter(|text| !text.is_empty());
        Some(Bookmark {
            room: BareJid::parse(item.id?).ok().filter(|room| room.local().is_some())?,
            name: conference.attribute("name").filter(|name| !name.is_empty()).map(Into::into),
            is_autojoin: conference.attribute("autojoin").and_then(parse_boolean).unwrap_or(false),
            nick: text("nick"),
            password: text("password").map(Secret::new),
            extensions: conference.find("extensions", ns::BOOKMARKS).cloned(),
        })
    }

    /// The item's payload.
    pub fn build(&self) -> Element {
        let mut conference = Element::new("conference", ns::BOOKMARKS);
        if let Some(name) = &self.name {
            conference = conference.with("name", name);
        }
        if self.is_autojoin {
            conference = conference.with("autojoin", "true");
        }
        let password = self.password.as_ref().map(Secret::expose);
        for (name, text) in [("nick", self.nick.as_deref()), ("password", password)] {
            if let Some(text) = text {
                conference = conference.with_child(Element::new(name, ns::BOOKMARKS).with_text(text));
            }
        }
        match &self.extensions {
            Some(extensions) => conference.with_child(extensions.clone()),
            None => conference,
        }
    }

    /// The order to remember the room, or to change what is remembered of it. `set`. On
    /// [`pubsub::Refusal::MaxItems`] again with `options` that have no `max_items`, then configure the node.
    pub fn build_publish(&self, options: &Options) -> Element {
        pubsub::build_publish(ns::BOOKMARKS, Some(self.room.as_str()), self.build(), Some(options))
    }
}

/// The question for all. `get`.
pub fn build_query() -> Element {
    pubsub::build_items(ns::BOOKMARKS, &[], None)
}

/// The order to forget a room. `set`.
pub fn build_retract(room: &BareJid) -> Element {
    pubsub::build_retract(ns::BOOKMARKS, room.as_str())
}

/// The bookmarks among items, of an answer or a notification; others are left out.
pub fn read(items: &Items<'_>) -> Vec<Bookmark> {
    if items.node != ns::BOOKMARKS {
        return Vec::new();
    }
    items.items.iter().filter_map(Bookmark::read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmpp::tests::{each_damaged, parse};

    /// As Conversations, Gajim and Dino leave them on Prosody.
    const ANSWER: &str = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>\
        <item id='Theplay@conference.x.example'><conference xmlns='urn:xmpp:bookmarks:1' name='The Play&apos;s the Thing' \
        autojoin='true'><nick>JC</nick><password>secret</password>\
        <extensions><a xmlns='urn:other'>1</a></extensions></conference></item>\
        <item id='quiet@conference.x.example'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='0'/></item>\
        <item id='conference.x.example'><conference xmlns='urn:xmpp:bookmarks:1'/></item>\
        <item id='a b@c'><conference xmlns='urn:xmpp:bookmarks:1'/></item><item id='x@y'><other xmlns='urn:x'/></item>\
        </items></pubsub>";

    #[test]
    fn reads_and_keeps_what_others_keep() {
        let answer = parse(ANSWER);
        let all = read(&pubsub::read_items(&answer).unwrap());
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].room.as_str(), "theplay@conference.x.example");
        assert_eq!((all[0].is_autojoin, all[0].nick.as_deref()), (true, Some("JC")));
        assert_eq!(all[0].password, Some(Secret::new("secret")));
        assert!(!all[1].is_autojoin && all[1].nick.is_none());
        let payload = all[0].build();
        let item = NodeItem { id: Some("theplay@conference.x.example"), payload: Some(&payload) };
        assert_eq!(Bookmark::read(&item), Some(all[0].clone()));
        assert!(payload.print(ns::CLIENT).contains("<extensions><a xmlns='urn:other'>1</a></extensions>"));
        assert!(!format!("{all:?}").contains("secret"));
    }

    #[test]
    fn only_its_own_node_counts() {
        let answer = parse(&ANSWER.replace("node='urn:xmpp:bookmarks:1'", "node='storage:bookmarks'"));
        assert_eq!(read(&pubsub::read_items(&answer).unwrap()), []);
    }

    #[test]
    fn writes_privately() {
        let bookmark = Bookmark::new(BareJid::parse("Room@conference.x.example").unwrap(), "Bot");
        let text = bookmark.build_publish(&OPTIONS).print(ns::CLIENT);
        assert!(text.contains(
            "<item id='room@conference.x.example'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'>\
             <nick>Bot</nick></conference></item>"
        ));
        assert!(text.contains("<field var='pubsub#access_model'><value>whitelist</value></field>"), "{text}");
        assert!(build_retract(&bookmark.room).print(ns::CLIENT).contains("<item id='room@conference.x.example'/>"));
    }

    #[test]
    fn damage_is_refused_or_read() {
        let mut count = 0;
        each_damaged(&[ANSWER], |element| {
            let all = pubsub::read_items(element).map_or(Vec::new(), |items| read(&items));
            assert!(all.iter().all(|bookmark| bookmark.room.local().is_some()));
            count += all.len();
        });
        assert!(count > 1_000, "{count}");
    }
}
