//! What the bot says in rooms.

use super::*;

/// Two people with devices of different versions.
fn with_both(encrypt: Encrypt) -> (Rig, Phone, Phone) {
    let mut rig = Rig::new(encrypt);
    let alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let bob = Phone::published(BOB, Version::Omemo2, 78, &mut rig.nodes);
    (rig.join(), alice, bob)
}

#[test]
fn all_who_belong_to_a_private_room_can_read() {
    for policy in [Encrypt::Required, Encrypt::Preferred] {
        let (mut rig, mut alice, mut bob) = with_both(policy);
        // Under `preferred` it is not known yet who has what.
        if policy == Encrypt::Preferred {
            rig.say("first");
            let first = rig.one_said();
            alice.hears(&first, "first");
            bob.hears(&first, "first");
            rig.reflect(&first);
        }
        // Bob is not even there.
        for text in ["for both ü", "once more"] {
            let stanza = rig.tells(text);
            alice.hears(&stanza, text);
            bob.hears(&stanza, text);
            assert!(stanza.find("origin-id", ns::SID).is_some() && stanza.find("encryption", ns::EME).is_some());
        }
        // What the room has shown is ours: no update, and nothing is sent again.
        assert_eq!(rig.take_kind("message"), Vec::<String>::new());
        rig.offline();
        rig.online();
        rig.let_in();
        assert!(rig.said.is_empty() && rig.asked > 3, "the lists are read again");
    }
}

#[test]
fn actions_are_encrypted_as_texts_are() {
    let (mut rig, mut alice, _bob) = with_both(Encrypt::Required);
    let (id, _) = rig.say("a mistake");
    let first = rig.one_said();
    alice.hears(&first, "a mistake");
    rig.reflect(&first);
    let act =
        |action| Question::Act(NewAction { to: full(ROOM), kind: Kind::Groupchat, action, idempotency_key: None });
    let edit = BotAction::Edit { message_id: id.clone(), text: "corrected".into(), keyboard: None };
    assert!(matches!(rig.ask(act(edit)), Ok(Answer::Sent { encrypted: Some(true), .. })));
    let edited = rig.one_said();
    alice.hears(&edited, "corrected");
    assert!(edited.find("replace", "urn:xmpp:message-correct:0").is_some());
    rig.reflect(&edited);
    let file = BotAction::File { url: "https://example.com/a.jpg".into(), caption: Some("look".into()) };
    assert!(matches!(rig.ask(act(file)), Ok(Answer::Sent { encrypted: Some(true), .. })));
    assert_eq!(rig.said.len(), 2);
    for text in ["https://example.com/a.jpg", "look"] {
        let stanza = rig.said.remove(0);
        assert!(!stanza.print("").contains("example.com/a") && !stanza.print("").contains("look"));
        alice.hears(&stanza, text);
        rig.reflect(&stanza);
    }
    // What has no words in it is not encrypted, as in chats.
    let reaction = BotAction::Reaction { message_id: id, emoji: "👍".into() };
    assert!(matches!(rig.ask(act(reaction)), Ok(Answer::Done)));
    assert!(rig.one_said().find("reactions", "urn:xmpp:reactions:0").is_some());
}

#[test]
fn whoever_is_removed_gets_nothing_more() {
    let (mut rig, mut alice, mut bob) = with_both(Encrypt::Required);
    bob.hears(&rig.tells("with bob"), "with bob");
    rig.arrives(&format!(
        "<message from='{ROOM}' id='x'><x xmlns='http://jabber.org/protocol/muc#user'>\
         <item affiliation='none' jid='{BOB}' role='none'/></x></message>"
    ));
    let stanza = rig.tells("without bob");
    alice.hears(&stanza, "without bob");
    assert_eq!(bob.reads(&stanza), Err(omemo::Error::NotForUs));
    assert!(!stanza.print("").contains(BOB));

    // Somebody else is taken in, and put out again while he is there.
    let mut carol = Phone::published("carol@example.org", LEGACY, 79, &mut rig.nodes);
    rig.presence("carol", "", &item("member", "carol@example.org/phone"), "");
    let stanza = rig.tells("with carol");
    alice.hears(&stanza, "with carol");
    carol.hears(&stanza, "with carol");
    // She stays a member when she goes offline.
    rig.presence("carol", "type='unavailable'", &item("member", "carol@example.org/phone"), "");
    carol.hears(&rig.tells("still with carol"), "still with carol");
    rig.presence("carol", "", &item("member", "carol@example.org/phone"), "");
    let out = "<item affiliation='none' role='none' jid='carol@example.org/phone'/>";
    rig.presence("carol", "type='unavailable'", out, "<status code='321'/>");
    let stanza = rig.tells("without carol");
    assert_eq!(carol.reads(&stanza), Err(omemo::Error::NotForUs));
    alice.reads(&stanza).unwrap();
    // What the room forgot to tell counts after a while.
    rig.lists = Some(vec![(BOT, "owner")]);
    rig.presence("alice", "type='unavailable'", &item("owner", "alice@example.org/phone"), "");
    rig.wait(limits::ROOM_MEMBERS_FRESH.as_secs());
    // The lists are asked for first.
    assert!(rig.say("to nobody").1 && rig.said.is_empty());
    assert!(refusal(rig.say_with("to nobody", false)).contains("nobody else is in the room"));
}

#[test]
fn a_room_that_shows_no_lists() {
    let mut rig = Rig::new(Encrypt::Required);
    rig.lists = None;
    let mut alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut bob = Phone::published(BOB, LEGACY, 78, &mut rig.nodes);
    let mut rig = rig.join();
    let stanza = rig.tells("to who is here");
    alice.hears(&stanza, "to who is here");
    assert_eq!(bob.reads(&stanza), Err(omemo::Error::NotForUs));
}

#[test]
fn other_rooms_are_plain_and_programs_are_told() {
    for policy in [Encrypt::Required, Encrypt::Preferred, Encrypt::Off] {
        let mut rig = Rig::new(policy);
        rig.features = PUBLIC;
        Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
        let mut rig = rig.join();
        assert!(!rig.say("for all").1);
        let stanza = rig.one_said();
        assert_eq!(stanza.text_of("body", ns::CLIENT).as_deref(), Some("for all"));
        rig.reflect(&stanza);
        let why = refusal(rig.say_with("secret", true));
        let expected = if policy == Encrypt::Off { "policy is not off" } else { "members-only and non-anonymous" };
        assert!(why.contains(expected), "{why}");
        assert!(rig.said.is_empty() && rig.asked == 0);
        // It becomes private.
        rig.lists = Some(vec![(ALICE, "owner")]);
        rig.reconfigured(PRIVATE, 104);
        if policy != Encrypt::Off {
            rig.say("warm up");
            rig.said.clear();
            assert!(rig.say("private now").1);
            assert!(!rig.said.iter().any(|stanza| stanza.print("").contains("private now")));
        }
    }
}

#[test]
fn a_room_that_is_not_private_any_more() {
    let (mut rig, ..) = with_both(Encrypt::Required);
    rig.tells("private");
    rig.reconfigured(&["muc_membersonly", "muc_semianonymous", "urn:xmpp:mam:2"], 173);
    let why = refusal(rig.say_with("public", false));
    assert!(why.contains("is not any more") && why.contains(botmother::base::remedy::ALLOW_PLAIN), "{why}");
    // It is not forgotten.
    let mut rig = rig.killed(Encrypt::Required);
    rig.online();
    rig.let_in();
    refusal(rig.say_with("public", false));
    rig.set_policy(Encrypt::Preferred);
    assert!(!rig.say("public").1);
    assert!(rig.one_said().print("").contains("public"));
    // Said while it was private, it does not go out otherwise.
    let (mut rig, ..) = with_both(Encrypt::Required);
    rig.offline();
    let (id, encrypted) = rig.say("promised");
    assert!(encrypted);
    rig.features = PUBLIC;
    rig.online();
    rig.let_in();
    rig.reconfigured(PUBLIC, 104);
    rig.wait(30);
    assert!(rig.said.is_empty(), "{:?}", rig.said);
    assert!(
        rig.ask(Question::Act(NewAction {
            to: full(ROOM),
            kind: Kind::Groupchat,
            action: BotAction::Edit { message_id: id, text: "x".into(), keyboard: None },
            idempotency_key: None
        }))
        .is_err()
    );
}

#[test]
fn preferred_is_plain_where_somebody_could_not_read() {
    let mut rig = Rig::new(Encrypt::Preferred);
    let mut alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    for _ in 0..2 {
        assert!(!rig.say("bob has no device").1);
        let stanza = rig.one_said();
        assert_eq!(stanza.text_of("body", ns::CLIENT).as_deref(), Some("bob has no device"));
        rig.reflect(&stanza);
    }
    // One message may want more: those who can read it do.
    assert!(matches!(rig.say_with("only alice", true), Ok(Answer::Sent { encrypted: Some(true), .. })));
    let stanza = rig.one_said();
    alice.hears(&stanza, "only alice");
    rig.reflect(&stanza);
    // He gets one.
    let mut bob = Phone::published(BOB, LEGACY, 78, &mut rig.nodes);
    rig.wait(2 * limits::OMEMO_LIST_FRESH_S as u64);
    rig.say("asking");
    rig.said.clear();
    let (_, encrypted) = rig.say("for both");
    assert!(encrypted);
    let stanza = rig.said.pop().unwrap();
    alice.hears(&stanza, "for both");
    bob.hears(&stanza, "for both");
}

#[test]
fn what_cannot_be_encrypted_yet_waits_over_a_kill() {
    let (mut rig, mut alice, mut bob) = with_both(Encrypt::Required);
    rig.offline();
    assert!(rig.say("one").1 && rig.said.is_empty());
    let mut rig = rig.killed(Encrypt::Required);
    assert!(rig.say("two").1);
    rig.online();
    assert!(rig.said.is_empty(), "not in the room");
    // Bob is not asked for when he does not belong to it any more.
    rig.lists = Some(vec![(ALICE, "owner")]);
    rig.let_in();
    assert_eq!(rig.said.len(), 2, "{:?}", rig.said);
    for text in ["one", "two"] {
        let stanza = rig.said.remove(0);
        alice.hears(&stanza, text);
        assert_eq!(bob.reads(&stanza), Err(omemo::Error::NotForUs));
        rig.reflect(&stanza);
    }
    // Accepted and not shown, it is sent again as it is.
    rig.say("three");
    let first = rig.one_said();
    let mut rig = rig.killed(Encrypt::Required);
    rig.online();
    rig.let_in();
    assert_eq!(rig.one_said(), first);
}

#[test]
fn nobody_is_waited_for_without_end() {
    let mut rig = Rig::joined(Encrypt::Required);
    rig.say("asked first");
    assert!(rig.said.is_empty());
    assert!(refusal(rig.say_with("nobody has one", false)).contains("has a device with OMEMO"));
    // Nobody answers; what waits fails when the bot leaves.
    let mut rig = Rig::new(Encrypt::Required);
    Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    rig.is_mute = true;
    let (id, encrypted) = rig.say("waits");
    assert!(encrypted && rig.said.is_empty() && !rig.unanswered.is_empty());
    let gone = BotAction::Deletion { message_id: id };
    let act = NewAction { to: full(ROOM), kind: Kind::Groupchat, action: gone, idempotency_key: None };
    assert!(matches!(rig.ask(Question::Act(act)), Err(Failure::Busy { .. })));
    let out = "<item affiliation='none' role='none'/>";
    rig.presence("Robo", "type='unavailable'", out, "<status code='110'/><status code='307'/>");
    rig.is_mute = false;
    rig.wait(30);
    assert!(rig.said.is_empty());
}

#[test]
fn a_dead_server_holds_up_the_room_once() {
    let mut rig = Rig::new(Encrypt::Required);
    let mut alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut bob = Phone::published(BOB, LEGACY, 78, &mut rig.nodes);
    let mut rig = rig.join();
    rig.dead = Some(BOB);
    assert!(rig.say("waits for bob").1);
    assert!(rig.said.is_empty() && rig.unanswered.len() == 2);
    for tag in std::mem::take(&mut rig.unanswered) {
        let outcome = Err(StanzaError::new("wait", "remote-server-timeout"));
        rig.session(session::Event::Answer { tag, outcome });
    }
    let stanza = rig.one_said();
    alice.hears(&stanza, "waits for bob");
    rig.reflect(&stanza);
    rig.wait(2 * limits::OMEMO_SKIP_PASSING_S as u64);
    alice.hears(&rig.tells("does not wait"), "does not wait");
    // He is asked meanwhile, and is written to when he is back.
    rig.dead = None;
    for tag in std::mem::take(&mut rig.unanswered) {
        rig.session(session::Event::Answer { tag, outcome: Err(StanzaError::new("wait", "remote-server-timeout")) });
    }
    rig.wait(2 * limits::OMEMO_SKIP_PASSING_S as u64);
    rig.tells("asks");
    let stanza = rig.tells("for both");
    alice.hears(&stanza, "for both");
    bob.hears(&stanza, "for both");
}

#[test]
fn a_room_that_does_not_say_what_it_is() {
    for (policy, is_plain) in [(Encrypt::Required, false), (Encrypt::Preferred, true)] {
        let mut rig = Rig::new(policy);
        rig.is_silent = true;
        rig.outcomes.clear();
        rig.send(Question::JoinRoom(NewRoom { room: bare(ROOM), nick: None, password: None }));
        rig.let_in();
        assert!(rig.outcomes.is_empty(), "there may be an archive");
        rig.wait(limits::ROOM_HISTORY_TIMEOUT.as_secs());
        assert!(matches!(rig.outcomes.pop(), Some(Ok(Answer::Done))));
        rig.take();
        assert!(matches!(rig.say_with("x", false), Err(Failure::Busy { .. })));
        rig.wait(limits::ROOM_INFO_TIMEOUT.as_secs() + 1);
        match rig.say_with("x", false) {
            Ok(Answer::Sent { encrypted: Some(false), .. }) => assert!(is_plain),
            outcome => assert!(!is_plain && refusal(outcome).contains("does not say")),
        }
        assert_eq!(rig.said.len(), usize::from(is_plain));
    }
}

#[test]
fn too_many_readers() {
    let mut rig = Rig::new(Encrypt::Required);
    let names: Vec<&'static str> = (0..limits::OMEMO_ROOM_READERS_MAX)
        .map(|number| &*Box::leak(format!("u{number}@example.org").into_boxed_str()))
        .collect();
    rig.lists = Some(names.iter().map(|name| (*name, "member")).collect());
    let mut alice = Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let mut rig = rig.join();
    // One more than the limit, with alice who is there.
    let why = refusal(rig.say_with("x", false));
    assert!(why.contains("151 people") && why.contains("at most 150"), "{why}");
    rig.arrives(&format!(
        "<message from='{ROOM}' id='x'><x xmlns='http://jabber.org/protocol/muc#user'>\
         <item affiliation='none' jid='u149@example.org' role='none'/></x></message>"
    ));
    alice.hears(&rig.tells("one less"), "one less");
}

#[test]
fn too_many_devices() {
    let mut rig = Rig::new(Encrypt::Required);
    Phone::published(ALICE, LEGACY, 77, &mut rig.nodes);
    let each = limits::OMEMO_ROOM_DEVICES_MAX as u32 / 9;
    for name in ["a@x", "b@x", "c@x", "d@x", "e@x", "f@x", "g@x", "h@x", "i@x"] {
        let devices = (1..=each).map(|id| Element::new("device", LEGACY.ns()).with("id", &id.to_string()));
        let list = devices.fold(Element::new("list", LEGACY.ns()), Element::with_child);
        rig.nodes.set(name, LEGACY.devices_node(), "current", list);
        rig.lists.as_mut().unwrap().push((name, "member"));
    }
    let mut rig = rig.join();
    // Nobody is asked for so many bundles.
    rig.say("asked first");
    let why = refusal(rig.say_with("x", false));
    assert!(why.contains("451 devices") && why.contains("at most 450"), "{why}");
    assert!(rig.said.is_empty());
}

#[test]
fn a_later_device_waits_for_the_owner() {
    let (mut rig, mut alice, _bob) = with_both(Encrypt::Required);
    alice.hears(&rig.tells("one"), "one");
    rig.wait(limits::OMEMO_FIRST_SIGHT_S as u64 + limits::OMEMO_LIST_FRESH_S as u64);
    let mut second = Phone::published(ALICE, LEGACY, 99, &mut rig.nodes);
    rig.take();
    let stanza = {
        rig.say("two");
        rig.said.pop().unwrap()
    };
    alice.hears(&stanza, "two");
    assert_eq!(second.reads(&stanza), Err(omemo::Error::NotForUs));
    let updates = rig.take_kind("omemo_key");
    assert!(updates.len() == 1 && updates[0].contains(r#""device":99"#), "{updates:?}");
    assert!(rig.said.is_empty(), "not a word of it in the room");
}
