//! What bots say is kept until the room has shown it.

use super::*;

/// At the next message of ours: its id has so many bytes, and nothing else that is made here.
const AT_MESSAGE: Bug = Bug::NextOf(8);

#[test]
fn a_message_is_kept_until_the_room_has_shown_it() {
    let mut rig = Rig::joined();
    let one = rig.say("one");
    rig.say("two");
    let three = rig.say("three");
    assert_eq!(rig.said(), ["one", "two", "three"]);
    rig.reflect(&one, "a1");
    // The archive has the third, nobody has the second; it was killed before it knew.
    let mut rig = rig.killed();
    rig.online(false);
    assert!(!rig.sent.iter().any(|stanza| stanza.contains("groupchat")), "{:?}", rig.sent);
    rig.let_in(WITH_ARCHIVE);
    rig.archived_as("a3", &groupchat("Robo", "a3", "three").replace("id='m-a3'", &format!("id='{three}'")));
    assert_eq!(rig.said(), Vec::<String>::new(), "the archive is read first");
    rig.end_of_archive("a3");
    assert_eq!(rig.said(), ["two"]);
    // Resumed, the session sends it again itself.
    rig.offline();
    rig.online(true);
    assert_eq!(rig.said(), Vec::<String>::new());
    assert_eq!(rig.updates(), ["message_state sent", "message_state sent"], "nothing of our own is news");
}

#[test]
fn a_room_may_refuse() {
    let mut rig = Rig::joined();
    let error = |id: &str, kind: &str, condition: &str| {
        format!(
            "<message from='{ROOM}' type='error' id='{id}'><error type='{kind}'>\
             <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
        )
    };
    let id = rig.say("no voice");
    rig.message(&error(&id, "auth", "forbidden"));
    assert_eq!(rig.updates(), ["message_state the room refused the message: forbidden"]);

    let id = rig.say("too fast");
    rig.said();
    rig.message(&error(&id, "wait", "resource-constraint"));
    rig.wait(1);
    assert_eq!(rig.said(), Vec::<String>::new());
    rig.wait(5);
    assert_eq!(rig.said(), ["too fast"]);
    rig.reflect(&id, "a1");

    // Somebody else's error is none of the room's.
    let id = rig.say("here?");
    rig.message(&error(&id, "auth", "forbidden").replace(ROOM, &format!("{ROOM}/alice")));
    rig.said();
    rig.message(&error(&id, "cancel", "not-acceptable"));
    rig.wait(3);
    rig.let_in(WITH_ARCHIVE);
    rig.end_of_archive("a1");
    assert_eq!(rig.said(), ["here?"]);
    // The room is there, answers, and shows nothing.
    rig.wait(30);
    rig.reply("urn:xmpp:ping", "<x/>");
    let updates = rig.updates();
    assert_eq!(updates, ["message_state sent", "message_state the room did not show the message to anybody"]);
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.end_of_archive("a1");
    assert_eq!(rig.said(), Vec::<String>::new());
}

#[test]
fn what_is_taken_back_has_not_happened() {
    // The room says what it is, the archive ends, somebody speaks; and one event of the batch is a bug.
    let mut rig = Rig::joined();
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    let fin = "<fin xmlns='urn:xmpp:mam:2' complete='true'><set xmlns='http://jabber.org/protocol/rsm'><last>a1</last></set></fin>";
    let at = rig.asked.iter().position(|(_, payload)| payload.contains("urn:xmpp:mam:2")).unwrap();
    let answer = session::Event::Answer { tag: rig.asked[at].0, outcome: Ok(Some(parse(fin))) };
    let events = vec![
        message_event(rig.core.account, &groupchat("alice", "a1", "one")),
        Event::Session(rig.core.account, answer),
        message_event(rig.core.account, &groupchat("alice", "a2", "two")),
        rig.question(say("ours")),
    ];
    plant(AT_MESSAGE);
    rig.batch(events);
    assert!(bug_was_met(), "it was met");
    assert_eq!(rig.said(), ["ours"]);
    assert_eq!(rig.answer(), Ok(()));
    assert_eq!(rig.updates(), ["message one", "message two"]);

    let kicked = "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'/>\
                  <status code='110'/><status code='307'/></x>";
    let stanza = parse(&format!("<presence from='{ROOM}/Robo' type='unavailable'>{kicked}</presence>"));
    let events = vec![
        Event::Session(rig.core.account, session::Event::Presence(Box::new(stanza))),
        rig.question(say("too late")),
    ];
    plant(AT_MESSAGE);
    rig.batch(events);
    assert!(bug_was_met());
    assert!(rig.answer().unwrap_err().contains("call joinRoom first"));
    let updates = rig.updates();
    assert_eq!(updates.last().map(String::as_str), Some("room_left we were kicked out of the room"), "{updates:?}");
}
