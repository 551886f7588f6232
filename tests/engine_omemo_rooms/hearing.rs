//! What others say in rooms.

use botmother::xml::Namespaces;

use super::*;

#[test]
fn encrypted_words_are_heard_once() {
    for version in Version::ALL {
        let mut rig = Rig::new(Encrypt::Required);
        let mut alice = Phone::published(ALICE, version, 77, &mut rig.nodes);
        let mut rig = rig.join();
        let text = "Robo: how are you?";
        let sealed = alice.seal(&rig.nodes, text, Some(ROOM));
        let stanza = rig.told("alice", &sealed);
        let updates = rig.take_kind("message");
        assert_eq!(updates.len(), 1, "{version:?}");
        for part in
            [r#""body":"Robo: how are you?""#, r#""encrypted":true"#, r#""mentioned":true"#, r#""nick":"alice""#]
        {
            assert!(updates[0].contains(part), "{updates:?}");
        }
        // Again from the room, and from its archive after a kill.
        rig.arrives(&stanza);
        let next = alice.seal(&rig.nodes, "more", Some(ROOM));
        let mut rig = rig.killed(Encrypt::Required);
        let author = "<x xmlns='http://jabber.org/protocol/muc#user'><item jid='alice@example.org/phone'/></x>";
        let inner = |nick: &str, id: &str, sealed: &Element| {
            in_room(nick, id, "none", &format!("{}{author}", super::sealed(sealed)))
        };
        rig.archive = vec![("a1".into(), stanza.clone()), ("x2".into(), inner("gone", "y2", &next))];
        rig.online();
        rig.let_in();
        let updates = rig.take_kind("message");
        assert!(updates.len() == 1 && updates[0].contains(r#""body":"more""#), "{updates:?}");
        rig.arrives(&in_room("alice", "y2", "x2", &super::sealed(&next)));
        assert_eq!(rig.take_kind("message"), Vec::<String>::new());
        // The session has not suffered.
        let sealed = alice.seal(&rig.nodes, "and more", Some(ROOM));
        rig.told("alice", &sealed);
        assert!(rig.take_kind("message")[0].contains("and more"));
        alice.hears(&rig.tells("heard"), "heard");
        rig.take_whispered();
        rig.wait(60);
        assert!(rig.take_whispered().is_empty(), "nothing else is owed");
    }
}

#[test]
fn envelopes_are_for_their_room() {
    let mut rig = Rig::new(Encrypt::Required);
    let mut alice = Phone::published(ALICE, Version::Omemo2, 77, &mut rig.nodes);
    let mut rig = rig.join();
    for room in [None, Some("other@muc.example.org"), Some(BOT)] {
        let sealed = alice.seal(&rig.nodes, "moved here", room);
        rig.told("alice", &sealed);
        assert_eq!(rig.take_kind("message"), Vec::<String>::new(), "{room:?}");
    }
    let sealed = alice.seal(&rig.nodes, "said here", Some(ROOM));
    rig.told("alice", &sealed);
    assert_eq!(rig.take_kind("message").len(), 1);
}

#[test]
fn what_cannot_be_read_is_healed_in_private() {
    let mut rig = Rig::new(Encrypt::Required);
    let mut alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    let sealed = alice.seal(&rig.nodes, "one", None);
    rig.told("alice", &sealed);
    let answer = rig.tells("answer");
    alice.hears(&answer, "answer");
    rig.take();
    // She goes on in a session that the bot has not.
    let broken = |alice: &mut Phone, rig: &Rig| {
        for _ in 0..2 {
            alice.seal(&rig.nodes, "lost", None);
        }
        let text = alice.seal(&rig.nodes, "damaged", None).print("");
        let (start, rest) = text.split_once("<payload>").unwrap();
        let (payload, end) = rest.split_once("</payload>").unwrap();
        let other = if payload.starts_with('A') { "B" } else { "A" };
        parse(&format!("{start}<payload>{other}{}</payload>{end}", &payload[1..]))
    };
    let message = broken(&mut alice, &rig);
    rig.told("alice", &message);
    let message = broken(&mut alice, &rig);
    rig.told("alice", &message);
    rig.wait(limits::OMEMO_SETTLE.as_secs() + 1);
    let healed = rig.take_whispered();
    assert_eq!(healed.len(), 1, "{healed:?}");
    assert_eq!((healed[0].attribute("to"), healed[0].attribute("type")), (Some(ALICE), Some("chat")));
    assert!(rig.said.is_empty(), "not a word in the room");
    assert_eq!(rig.take_kind("message"), Vec::<String>::new());
    alice.session = None;
    alice.reads(&healed[0]).unwrap();
    // Somebody unknown, and what was said while we were away: nothing at all.
    let message = broken(&mut alice, &rig);
    rig.told("nobody", &message);
    rig.wait(limits::OMEMO_HEAL_S as u64 + 1);
    rig.archive = vec![("old".into(), in_room("alice", "m99", "none", &super::sealed(&message)))];
    rig.offline();
    rig.online();
    rig.let_in();
    rig.wait(60);
    assert!(rig.take_whispered().is_empty() && rig.said.is_empty());
}

#[test]
fn plain_words_are_not_taken_where_they_need_not_be() {
    let plain = |nick: &str, id: &str, text: &str| in_room(nick, id, id, &format!("<body>{text}</body>"));
    let mut rig = Rig::new(Encrypt::Required);
    Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    rig.arrives(&plain("alice", "p1", "hello all"));
    assert!(rig.said.is_empty(), "nobody spoke to the bot");
    for id in ["p2", "p3"] {
        rig.arrives(&plain("alice", id, "Robo: do it"));
    }
    assert_eq!(rig.take_kind("message"), Vec::<String>::new());
    let hint = rig.one_said();
    let text = hint.text_of("body", ns::CLIENT).unwrap();
    assert!(text.starts_with("alice: ") && text.contains("OMEMO"), "{text}");
    rig.reflect(&hint);
    rig.presence("bob", "", &item("member", "bob@example.net/phone"), "");
    rig.arrives(&plain("bob", "p4", "Robo: and for me"));
    assert!(rig.one_said().text_of("body", ns::CLIENT).unwrap().starts_with("bob: "));
    rig.wait(limits::ROOM_HINT_EVERY_S as u64);
    rig.said.clear();
    rig.arrives(&plain("alice", "p5", "Robo: please"));
    assert!(rig.said.iter().any(|stanza| stanza.text_of("body", ns::CLIENT).unwrap().starts_with("alice: ")));
    // Where they may be plain, and where they cannot be otherwise, they count.
    rig.set_policy(Encrypt::Preferred);
    rig.arrives(&plain("alice", "p6", "plain"));
    let updates = rig.take_kind("message");
    assert!(updates.len() == 1 && !updates[0].contains("encrypted"), "{updates:?}");
    rig.set_policy(Encrypt::Required);
    rig.reconfigured(PUBLIC, 104);
    rig.arrives(&plain("alice", "p7", "public"));
    assert_eq!(rig.take_kind("message").len(), 1);
}

#[test]
fn with_encryption_off_nothing_changes() {
    let mut rig = Rig::new(Encrypt::Off);
    let _alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    assert!(!rig.say("plain").1);
    assert_eq!(rig.one_said().text_of("body", ns::CLIENT).as_deref(), Some("plain"));
    assert_eq!(rig.asked, 0);
    let encrypted = "<body>x</body><encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted>";
    rig.arrives(&in_room("alice", "e1", "e1", encrypted));
    rig.arrives(&in_room("alice", "p1", "p1", "<body>Robo: hi</body>"));
    assert_eq!(rig.take_kind("message").len(), 1);
}

#[test]
fn an_ai_reads_and_answers_encrypted() {
    let mut rig = Rig::new(Encrypt::Required);
    let mut alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    let (provider, model) = (Some("ollama".to_string()), Some("m".to_string()));
    assert!(rig.ask(Question::SetAi(AiSettings { provider, model, ..AiSettings::default() })).is_ok());
    rig.arrives(&in_room("alice", "p1", "p1", "<body>Robo: plain</body>"));
    assert!(rig.calls.is_empty(), "not obeyed");
    let hint = rig.one_said();
    rig.reflect(&hint);
    let nobody = alice.seal(&rig.nodes, "Nobody is meant.", None);
    rig.told("alice", &nobody);
    assert!(rig.calls.is_empty());
    let question = alice.seal(&rig.nodes, "Robo: are you there?", None);
    rig.told("alice", &question);
    let tag = rig.calls.pop().expect("a call");
    let body = br#"{"message":{"content":"Yes."},"done":true}"#.to_vec();
    let answer = botmother::base::call::HttpAnswer { status: 200, body, ..Default::default() };
    rig.batch(vec![Event::Called { tag, called: Box::new(Ok(answer)) }]);
    let stanza = rig.one_said();
    assert!(!stanza.print("").contains("Yes."));
    alice.hears(&stanza, "alice: Yes.");
    rig.reflect(&stanza);
    // What a kill interrupts is told encrypted, too.
    let question = alice.seal(&rig.nodes, "Robo: and now?", None);
    rig.told("alice", &question);
    let mut rig = rig.killed(Encrypt::Required);
    rig.online();
    rig.let_in();
    let stanza = rig.one_said();
    assert!(alice.reads(&stanza).unwrap().unwrap().starts_with("alice: I was restarted"));
}

/// There the room tells what was said, and by its occupant id it is known who has.
#[test]
fn history_of_a_room_without_an_archive() {
    let mut rig = Rig::new(Encrypt::Required);
    rig.features = &["muc_membersonly", "muc_nonanonymous", "urn:xmpp:occupant-id:0"];
    let mut alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    let first = alice.seal(&rig.nodes, "live", None);
    rig.told("alice", &first);
    assert!(rig.take_kind("message")[0].contains("live"));
    let missed = alice.seal(&rig.nodes, "meanwhile", None);
    let other = alice.seal(&rig.nodes, "whose is this", None);
    let mut rig = rig.killed(Encrypt::Required);
    rig.online();
    rig.presence("alice2", "", &item("owner", "alice@example.org/phone"), "");
    rig.presence("Robo", "", &item("member", "bot@example.org/r"), "<status code='110'/>");
    let told = |id: &str, occupant: &str, sealed: &Element| {
        format!(
            "<message from='{ROOM}/alice' to='{BOT}/r' type='groupchat' id='{id}'>{}\
             <occupant-id xmlns='urn:xmpp:occupant-id:0' id='{occupant}'/>\
             <delay xmlns='urn:xmpp:delay' from='{ROOM}' stamp='2027-01-15T08:00:01Z'/></message>",
            super::sealed(sealed)
        )
    };
    for _ in 0..2 {
        rig.arrives(&told("h1", "occ-alice2", &missed));
        rig.arrives(&told("h2", "occ-gone", &other));
    }
    rig.arrives(&format!("<message from='{ROOM}' type='groupchat'><subject/></message>"));
    let updates = rig.take_kind("message");
    assert!(updates.len() == 1 && updates[0].contains("meanwhile"), "{updates:?}");
    rig.wait(60);
    assert!(rig.said.is_empty() && rig.take_whispered().iter().all(|stanza| alice.reads(stanza) == Ok(None)));
}

/// Wherever bytes are damaged: no panic, no words, and the session goes on.
#[test]
fn damaged_messages() {
    let mut rig = Rig::new(Encrypt::Required);
    let mut alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    let first = alice.seal(&rig.nodes, "begin", None);
    rig.told("alice", &first);
    rig.take();
    for _ in 0..200 {
        let text = in_room("alice", "x", "none", &super::sealed(&alice.seal(&rig.nodes, "secret words", None)));
        let mut text: Vec<char> = text.chars().collect();
        for _ in 0..3 {
            let mut random = [0; 4];
            entropy(&mut random);
            let place = 90 + usize::from(u16::from_le_bytes([random[0], random[1]])) % (text.len() - 200);
            text[place] = ['A', 'z', '0', '=', '<', ' '][usize::from(random[2] % 6)];
        }
        let text: String = text.into_iter().collect();
        let Ok(stanza) = Element::parse(&text, &Namespaces::default_is(ns::CLIENT)) else { continue };
        if let Reading::Live(message) = message::read(&stanza, &bare(BOT))
            && message.is_for_engine()
        {
            rig.session(session::Event::Message(message));
        }
    }
    rig.take();
    let last = alice.seal(&rig.nodes, "still good", None);
    rig.told("alice", &last);
    assert!(rig.take_kind("message").iter().any(|update| update.contains("still good")));
}
