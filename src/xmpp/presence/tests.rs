//! Presence as Conversations, Dino and Gajim send it, through Prosody and ejabberd.

use super::*;
use crate::xmpp::tests::{each_damaged, parse};

const CONVERSATIONS: &str = "<presence from='Alice@x.example/Conversations.abcd' to='bot@x.example' xml:lang='en'>\
    <show>away</show><status> on the train </status><priority>5</priority>\
    <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://conversations.im' ver='abc='/>\
    <x xmlns='vcard-temp:x:update'><photo>0123456789ABCDEF0123456789abcdef01234567</photo></x>\
    <delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/></presence>";
const SUBSCRIBE: &str = "<presence from='alice@x.example' to='bot@x.example' type='subscribe' id='s1'>\
    <status>Hello</status><nick xmlns='http://jabber.org/protocol/nick'>Alice</nick></presence>";
const ROOM: &str = "<presence from='room@conference.x.example/alice' to='bot@x.example/botmother'>\
    <x xmlns='vcard-temp:x:update'/><x xmlns='http://jabber.org/protocol/muc#user'>\
    <item affiliation='member' role='participant'/></x></presence>";
const ERROR: &str = "<presence from='gone@y.example' to='bot@x.example' type='error'>\
    <error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>";

fn read(text: &str) -> Presence {
    Presence::read(&parse(text)).unwrap()
}

#[test]
fn reads_a_device() {
    let presence = read(CONVERSATIONS);
    assert_eq!(presence.kind, PresenceKind::Available);
    assert_eq!(presence.from.unwrap().as_str(), "alice@x.example/Conversations.abcd");
    assert_eq!((presence.show, presence.status.as_deref()), (Some(Show::Away), Some("on the train")));
    assert_eq!(presence.priority, 5);
    assert_eq!(presence.caps.unwrap().ver, "abc=");
    assert_eq!(presence.photo, Some(Photo::Sha1("0123456789abcdef0123456789abcdef01234567".into())));
    assert!(!presence.is_from_room && presence.nick.is_none() && presence.error.is_none());
}

#[test]
fn reads_requests_rooms_and_errors() {
    let subscribe = read(SUBSCRIBE);
    assert_eq!((subscribe.kind, subscribe.nick.as_deref()), (PresenceKind::Subscribe, Some("Alice")));
    let room = read(ROOM);
    assert!(room.is_from_room);
    assert_eq!((room.priority, room.photo), (0, Some(Photo::NotReady)));
    let error = read(ERROR);
    assert_eq!(error.error.unwrap().condition, "remote-server-not-found");
    for (kind, name) in KINDS.iter().filter_map(|(kind, name)| Some((kind, (*name)?))) {
        assert_eq!(read(&format!("<presence type='{name}'/>")).kind, *kind);
    }
}

#[test]
fn what_is_wrong_inside_is_not_there() {
    let presence = read(
        "<presence><show>sleeping</show><status/><priority>128</priority>\
         <c xmlns='http://jabber.org/protocol/caps' node='old' ver='1.0'/>\
         <x xmlns='vcard-temp:x:update'><photo>sha1</photo></x></presence>",
    );
    assert_eq!((presence.show, presence.status, presence.priority), (None, None, 0));
    assert_eq!((presence.caps, presence.photo), (None, None));
    assert_eq!(read("<presence><x xmlns='vcard-temp:x:update'><photo/></x></presence>").photo, Some(Photo::None));
    assert_eq!(read("<presence><x xmlns='vcard-temp:x:update'><photo>abc</photo></x></presence>").photo, None);
    assert_eq!(Presence::read(&parse("<presence type='present'/>")), None);
    assert_eq!(Presence::read(&parse("<presence from='a b@c'/>")), None);
    let long = format!("<presence><status>{}</status></presence>", "ü".repeat(limits::STATUS_BYTES_MAX));
    assert!(read(&long).status.unwrap().len() <= limits::STATUS_BYTES_MAX);
}

#[test]
fn ours() {
    let caps = disco::build_caps().print(ns::CLIENT);
    assert_eq!(print_available(-1), format!("<presence><priority>-1</priority>{caps}</presence>"));
    let jid = Jid::parse("alice@x.example/a").unwrap();
    let own = Available {
        to: Some(&jid),
        show: Some(Show::Dnd),
        status: Some("AI: provider down"),
        photo: Some(Photo::Sha1("00".repeat(20))),
        nick: Some("Bot"),
        ..Available::new(3)
    };
    let read = read(&own.print());
    assert_eq!((read.show, read.status.as_deref(), read.priority), (Some(Show::Dnd), own.status, 3));
    assert_eq!((read.photo, read.nick.as_deref(), read.to), (own.photo, own.nick, Some(jid.clone())));
    assert_eq!(read.caps, Caps::read(&own.caps));
}

#[test]
fn requests() {
    let alice = BareJid::parse("alice@x.example").unwrap();
    assert_eq!(
        print_subscribe(&alice, Some("Bot <1>"), None),
        "<presence to='alice@x.example' type='subscribe'>\
         <nick xmlns='http://jabber.org/protocol/nick'>Bot &lt;1&gt;</nick></presence>"
    );
    assert_eq!(print_subscribed(&alice), "<presence to='alice@x.example' type='subscribed'/>");
    assert_eq!(print_unsubscribe(&alice), "<presence to='alice@x.example' type='unsubscribe'/>");
    assert_eq!(print_unsubscribed(&alice), "<presence to='alice@x.example' type='unsubscribed'/>");
}

#[test]
fn damage_is_refused_or_read() {
    let mut read = 0;
    each_damaged(&[CONVERSATIONS, SUBSCRIBE, ROOM, ERROR], |element| {
        read += usize::from(Presence::read(element).is_some());
    });
    assert!(read > 1_000, "{read}");
}
