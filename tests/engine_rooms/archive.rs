//! What was missed comes first, in order and once, from the archive or as the room tells it.

use super::*;

#[test]
fn what_was_missed_comes_first_and_all_once() {
    let mut rig = Rig::joined();
    rig.groupchat("alice", "a1", "one");
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<after>a1</after>")), "{:?}", rig.asked);
    rig.groupchat("alice", "a4", "four");
    rig.groupchat("alice", "a3", "three");
    rig.archived("a2", "two", "bob");
    rig.archived("a3", "three", "alice");
    assert_eq!(rig.updates(), ["message one", "message two", "message three"]);
    rig.end_of_archive("a3");
    rig.groupchat("alice", "a4", "four");
    assert_eq!(rig.updates(), ["message four"]);

    // Killed in the middle of it: on from what was committed.
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<after>a4</after>")), "{:?}", rig.asked);
    rig.archived("a5", "five", "bob");
    rig.groupchat("alice", "a7", "seven");
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<after>a5</after>")), "{:?}", rig.asked);
    rig.archived("a6", "six", "bob");
    rig.archived("a7", "seven", "alice");
    rig.end_of_archive("a7");
    assert_eq!(rig.updates(), ["message five", "message six", "message seven"]);
}

/// Whoever was told that he is in misses nothing from then on, although the archive was empty.
#[test]
fn an_empty_archive_is_a_place_too() {
    let mut rig = Rig::new();
    rig.ask(join());
    rig.let_in(WITH_ARCHIVE);
    assert!(rig.answers.is_empty());
    rig.end_of_archive("");
    assert_eq!(rig.answer(), Ok(()));
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.archived("a1", "while you were away", "alice");
    rig.end_of_archive("a1");
    assert_eq!(rig.updates(), ["room_joined tea@muc.example.org", "message while you were away"]);
}

/// An archive that says nothing keeps nobody waiting for ever.
#[test]
fn an_archive_that_does_not_answer_is_not_waited_for() {
    let mut rig = Rig::new();
    rig.ask(join());
    rig.let_in(WITH_ARCHIVE);
    rig.wait(botmother::base::limits::ROOM_ARCHIVE_TIMEOUT.as_secs());
    assert_eq!(rig.answer(), Ok(()));
}

/// The session skips what is too large; the room's archive is read on behind it all the same.
#[test]
fn what_the_session_has_skipped_is_passed_over() {
    let mut rig = Rig::joined();
    rig.groupchat("alice", "a1", "one");
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.archived("a2", "two", "bob");
    rig.end_of_archive("a4");
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<after>a4</after>")), "{:?}", rig.asked);
    rig.end_of_archive("a4");
    assert_eq!(rig.updates(), ["message one", "message two"]);
}

#[test]
fn results_that_nobody_asked_for_are_nothing() {
    let mut rig = Rig::joined();
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    let query = rig.query_id();
    let result = |from: &str, query: &str| {
        let inner = groupchat("alice", "f1", "forged").replace(ROOM, from);
        from_archive(from, query, "f1", &with_namespace(&inner))
    };
    rig.message(&result(ROOM, "another"));
    rig.message(&result("den@muc.example.org", &query));
    rig.end_of_archive("first");
    rig.message(&result(ROOM, &query));
    assert_eq!(rig.updates(), Vec::<String>::new());
}

#[test]
fn without_an_archive_the_room_tells() {
    let mut rig = Rig::new();
    rig.ask(join());
    assert!(rig.sent.iter().any(|stanza| stanza.contains("since='")));
    rig.presence("Robo", "", SELF);
    rig.reply("disco#info", WITHOUT_ARCHIVE);
    let told = |id: &str, nick: &str, body: &str| {
        format!(
            "<message from='{ROOM}/{nick}' type='groupchat' id='{id}'><body>{body}</body>\
             <delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2027-01-15T08:00:00Z'/></message>"
        )
    };
    rig.message(&told("0", "alice", "before our time"));
    rig.subject();
    assert_eq!(rig.answer(), Ok(()));
    rig.message(&told("1", "alice", "one").replace("<delay", "<no"));
    assert_eq!(rig.updates(), ["room_joined tea@muc.example.org", "message one"]);
    let ours = rig.say("ours");
    assert_eq!(rig.said(), ["ours"]);

    let mut rig = rig.killed();
    rig.online(false);
    rig.presence("Robo", "", SELF);
    rig.reply("disco#info", WITHOUT_ARCHIVE);
    rig.message(&told("1", "alice", "one"));
    rig.message(&told(&ours, "Robo", "ours"));
    rig.message(&told("2", "alice", "two"));
    assert_eq!(rig.updates(), Vec::<String>::new(), "it may turn out to have an archive");
    rig.subject();
    assert_eq!(rig.updates(), ["message_state sent", "message two"]);
    assert_eq!(rig.said(), Vec::<String>::new());
}

#[test]
fn a_room_that_does_not_say_what_it_is() {
    let mut rig = Rig::new();
    rig.ask(join());
    rig.presence("Robo", "", SELF);
    rig.subject();
    rig.groupchat("alice", "a1", "one");
    rig.ask(say("ours"));
    rig.wait(30);
    assert_eq!(rig.updates(), ["room_joined tea@muc.example.org"]);
    rig.wait(40);
    assert_eq!(rig.updates(), ["message one"]);
    assert_eq!(rig.said(), ["ours"]);
}

#[test]
fn what_comes_before_we_are_in_comes_in_its_turn() {
    let mut rig = Rig::joined().killed();
    rig.online(false);
    // The server has not noticed yet that we were gone.
    rig.groupchat("anna", "late", "second");
    assert_eq!(rig.updates(), Vec::<String>::new());
    rig.let_in(WITH_ARCHIVE);
    rig.archived("early", "first", "anna");
    rig.archived("late", "second", "anna");
    rig.end_of_archive("late");
    assert_eq!(rig.updates(), ["message first", "message second"]);
}

/// What it is comes later than what is said in it, when the connection was cut in between.
#[test]
fn what_comes_before_the_room_says_what_it_is_comes_once() {
    let mut rig = Rig::joined().killed();
    rig.online(false);
    rig.presence("Robo", "", SELF);
    rig.subject();
    rig.groupchat("anna", "late", "second");
    rig.let_in(WITH_ARCHIVE);
    rig.archived("early", "first", "anna");
    rig.archived("late", "second", "anna");
    rig.end_of_archive("late");
    assert_eq!(rig.updates(), ["message first", "message second"]);
}

/// What the server still had for the session before this one: its way into the room, and what the room tells of its history,
/// without the ids of its archive.
#[test]
fn what_an_earlier_session_was_told_comes_once() {
    let old = format!(
        "<message from='{ROOM}/anna' type='groupchat' id='m-old'><body>old</body>\
         <delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2026-01-01T10:00:00Z'/></message>"
    );
    for is_online_before in [false, true] {
        let mut rig = Rig::joined().killed();
        if is_online_before {
            rig.online(false);
        }
        rig.presence("Robo", "", SELF);
        rig.message(&old);
        rig.subject();
        if is_online_before {
            rig.presence("Robo", "type='unavailable'", SELF);
            rig.wait(40);
        } else {
            rig.online(false);
        }
        assert_eq!(rig.updates(), Vec::<String>::new());
        rig.let_in(WITH_ARCHIVE);
        rig.archived("early", "first", "anna");
        rig.archived("old", "old", "anna");
        rig.end_of_archive("old");
        assert_eq!(rig.updates(), ["message first", "message old"]);
    }
}

/// Told without the archive's id, since it did not say in time that it has one.
#[test]
fn a_room_that_says_late_what_it_is() {
    let mut rig = Rig::joined().killed();
    rig.online(false);
    rig.presence("Robo", "", SELF);
    rig.subject();
    rig.groupchat("anna", "a1", "one");
    rig.wait(10);
    rig.wait(60);
    assert_eq!(rig.updates(), ["message one"]);
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.archived("a1", "one", "anna");
    rig.archived("a2", "one", "anna");
    rig.end_of_archive("a2");
    assert_eq!(rig.updates(), ["message one"]);
}

#[test]
fn an_archive_that_is_out_of_order_is_asked_again() {
    let mut rig = Rig::joined();
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.groupchat("alice", "a2", "two");
    let error = |kind, condition| Err(botmother::xmpp::stanza::StanzaError::new(kind, condition));
    let (tag, _) = rig.asked.pop().unwrap();
    rig.session(session::Event::Answer { tag, outcome: error("wait", "internal-server-error") });
    assert_eq!(rig.updates(), Vec::<String>::new());
    rig.wait(6);
    rig.archived("a1", "one", "bob");
    // It has forgotten where we were: its end is read.
    let (tag, _) = rig.asked.pop().unwrap();
    rig.session(session::Event::Answer { tag, outcome: error("cancel", "item-not-found") });
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<before/>")), "{:?}", rig.asked);
    rig.archived("a1", "one", "bob");
    rig.end_of_archive("a1");
    assert_eq!(rig.updates(), ["message one", "message two"]);
    // One that never answers is asked again; one that may not be read is done without.
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    rig.groupchat("alice", "a3", "three");
    rig.asked.clear();
    rig.wait(100);
    rig.wait(100);
    let (tag, _) = rig.asked.iter().rfind(|(_, payload)| payload.contains("urn:xmpp:mam:2")).unwrap().clone();
    rig.session(session::Event::Answer { tag, outcome: error("auth", "forbidden") });
    assert_eq!(rig.updates(), ["message three"]);
}

/// The end of an archive that has forgotten where we were may be large: it is not held, and told in order and once.
#[test]
fn a_large_archive_is_not_held_in_memory() {
    let mut rig = Rig::joined();
    rig.offline();
    rig.online(false);
    rig.let_in(WITH_ARCHIVE);
    let (tag, _) = rig.asked.pop().unwrap();
    let unknown = Err(botmother::xmpp::stanza::StanzaError::new("cancel", "item-not-found"));
    rig.session(session::Event::Answer { tag, outcome: unknown });
    let large: Vec<String> = (1..=9).map(|number| number.to_string().repeat(100_000)).collect();
    let tell = |rig: &mut Rig| {
        for (number, body) in (1..).zip(&large) {
            rig.archived(&format!("a{number}"), body, "bob");
        }
        rig.end_of_archive("a9");
    };
    tell(&mut rig);
    assert_eq!(rig.updates(), Vec::<String>::new());
    assert!(!rig.asked.last().unwrap().1.contains("<before"), "{:?}", rig.asked.last());
    rig.groupchat("alice", "a10", "live");
    tell(&mut rig);
    // An answer has so many bytes at most.
    let mut told = Vec::new();
    while told.len() < 10 {
        let more = rig.updates();
        assert!(!more.is_empty(), "{} updates", told.len());
        told.extend(more);
    }
    assert!(told.iter().zip(&large).all(|(told, body)| *told == format!("message {body}")));
    assert_eq!(told[9], "message live");
}
