//! The chat with oneself and the built-in one: commands, and which bot gets what is written.

use super::*;

#[test]
fn the_manager_answers_in_the_self_chat_only_once() {
    let mut rig = Rig::new();
    rig.online();
    let effects = rig.phone("/newbot Wetter Frosch");
    assert_eq!(handled(&effects), 1);
    let sent = sends(&effects);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].1.contains("Bot created!") && sent[0].1.contains("bm_") && sent[0].1.contains("Wetter Frosch"));
    assert!(sent[0].1.contains("urn:xmpp:carbons:2") && sent[0].1.contains("to='ralf@example.org'"));

    // The same message by the other ways: as a carbon with another archive id, and from the archive.
    let mut copy = self_chat("/newbot Wetter Frosch", "id-/newbot Wetter Frosch");
    copy.via = Via::CarbonSent;
    copy.archive_id = Some("other".to_string());
    let effects = rig.session(session::Event::Message(Box::new(copy.clone())));
    assert_eq!((handled(&effects), sends(&effects).len()), (1, 0));
    copy.via = Via::Archive;
    let mut rig = rig.killed();
    let effects = rig.session(session::Event::Message(Box::new(copy)));
    assert_eq!((handled(&effects), sends(&effects).len()), (1, 0));
    let Ok(Answer::Bots(bots)) = rig.admin(Question::ListBots(None)) else { panic!() };
    assert_eq!(bots.len(), 1);
}

#[test]
fn no_echo_loop() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    let mut reflected = self_chat("You said: You said:", "r1");
    reflected.from = full(&format!("{OWNER}/{}", rig.resource));
    let mut automaton = self_chat("I am another bot", "r2");
    automaton.is_private = true;
    let mut to_anna = self_chat("private talk", "r3");
    to_anna.to = full("anna@example.org");
    to_anna.via = Via::CarbonSent;
    let mut from_anna = self_chat("not for bots", "r4");
    from_anna.from = full("anna@example.org/desk");
    let mut error = self_chat("bounced", "r5");
    error.kind = Kind::Error;
    for message in [reflected, automaton, to_anna, from_anna, error] {
        let effects = rig.session(session::Event::Message(Box::new(message)));
        assert_eq!((handled(&effects), sends(&effects).len()), (1, 0));
    }
    assert!(rig.updates(&bot, None).is_empty());
}

#[test]
fn who_gets_what_is_written() {
    let mut rig = Rig::new();
    rig.online();
    let hint = sends(&rig.phone("hello?"));
    assert!(hint[0].1.contains("/newbot"));
    let (a, b) = (rig.create(OWNER, "Anton"), rig.create(OWNER, "Berta"));
    let hint = sends(&rig.phone("who hears this?"));
    assert!(hint[0].1.contains("/use"));
    rig.phone("@berta: hi");
    assert!(rig.updates(&b, None)[0].payload.contains(r#""body":"hi""#));
    rig.phone(&format!("/use {}", a.id));
    rig.phone("to Anton");
    assert!(rig.updates(&a, None)[0].payload.contains("to Anton"));
    let commands = vec![Command { command: "weather".to_string(), description: "W".to_string() }];
    rig.ask(as_bot(&b), Question::SetCommands(commands)).unwrap();
    rig.phone("/weather Berlin");
    assert!(rig.updates(&b, Some(2)).last().unwrap().payload.contains("/weather Berlin"));
    rig.phone("/unheard of");
    assert!(
        rig.updates(&a, None).last().unwrap().payload.contains("/unheard of"),
        "unknown commands reach the program"
    );
}

#[test]
fn encrypted_messages_get_one_hint() {
    let mut rig = Rig::new();
    rig.create(OWNER, "Echo");
    rig.online();
    let secret = |id: &str| Inbound { is_encrypted: true, ..self_chat("[This message is OMEMO encrypted]", id) };
    let first = rig.session(session::Event::Message(Box::new(secret("e1"))));
    let second = rig.session(session::Event::Message(Box::new(secret("e2"))));
    assert!(sends(&first)[0].1.contains("OMEMO"));
    assert!(sends(&second).is_empty());
}

#[test]
fn switched_off_for_an_account() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Echo");
    rig.online();
    rig.admin(Question::SetOwnerStatus(bare(OWNER), false)).unwrap();
    assert!(sends(&rig.phone("/help")).is_empty());
    let refused = rig.ask(as_bot(&bot), Question::SendMessage(message("anna@example.org", "x")));
    assert!(matches!(refused, Err(Failure::Forbidden(_))));
}

#[test]
fn the_built_in_chat_needs_no_server() {
    let mut rig = Rig::new();
    let say = |text: &str| Question::LocalSay { to: None, text: text.to_string() };
    let read = |after| Question::LocalRead { with: None, after, timeout: Duration::from_secs(50) };
    let (effects, _ticket) = rig.begin(Caller::Admin, read(0));
    assert!(answers(effects).is_empty());
    let (effects, _t) = rig.begin(Caller::Admin, say("/newbot Echo"));
    let lines = answers(effects).into_iter().find_map(|outcome| match outcome {
        Ok(Answer::Lines(lines)) => Some(lines),
        _ => None,
    });
    let lines = lines.expect("the waiting terminal is told");
    assert_eq!(lines.iter().map(|line| line.from.as_str()).collect::<Vec<_>>(), ["owner", "Botmother"]);

    let Ok(Answer::Bots(bots)) = rig.admin(Question::ListBots(None)) else { panic!() };
    let bot = &bots[0];
    rig.admin(say("hello bot")).unwrap();
    assert!(rig.updates(bot, None)[0].payload.contains(r#""from":"owner@local""#));
    rig.send(bot, "owner@local", "hello owner");
    let Ok(Answer::Lines(lines)) = rig.admin(read(lines[1].id)) else { panic!() };
    assert_eq!((lines[1].from.as_str(), lines[1].text.as_str()), ("Echo", "hello owner"));
    rig.admin(say("/omemo")).unwrap();
    let Ok(Answer::Lines(lines)) = rig.admin(read(lines[1].id)) else { panic!() };
    assert!(lines[1].text.contains("nothing is encrypted"), "{lines:?}");
    let refused = rig.ask(as_bot(bot), Question::SendMessage(message("anna@example.org", "x")));
    assert!(matches!(refused, Err(Failure::Remote { what: "send_failed", .. })));
}

#[test]
fn german() {
    let mut rig = Rig::over(Store::memory(), Language::German);
    rig.online();
    assert!(sends(&rig.phone("/newbot Wetter"))[0].1.contains("Bot angelegt!"));
    assert!(sends(&rig.phone("/deletebot x"))[0].1.contains("So geht es: /deletebot"));
    assert!(sends(&rig.phone("/deletebot 77"))[0].1.contains("keinen Bot mit der ID 77"));
}

#[test]
fn every_command_answers_with_and_without_its_arguments() {
    let mut rig = Rig::new();
    rig.online();
    rig.phone("/newbot One");
    for line in [
        "/help",
        "/start",
        "/newbot",
        "/mybots",
        "/status",
        "/status 1",
        "/status 2",
        "/use 1",
        "/use",
        "/showtoken 1",
        "/token 1",
        "/token",
        "/revoke 1",
        "/showtoken 1 ",
        "/activate 1",
        "/deactivate 1",
        "/activate",
        "/token  1",
        "/setcommands 1 /weather - Sun, rain",
        "/setcommands 1",
        "/setcommands",
        "/setcommands 1 /! - x",
        "/setdescription 1 Does things",
        "/setdescription",
        "/access 1",
        "/access 1 list eva@example.org",
        "/access 1 nobody",
        "/access 1 owner here",
        "/access",
        "/deletebot 1",
        "/deletebot 1 ",
        "/deletebot",
        "/HELP",
    ] {
        let effects = rig.phone(line);
        assert_eq!((handled(&effects), sends(&effects).len()), (1, 1), "{line}");
    }
    // Somebody else's bot is not there.
    let other = rig.create("eve@example.org", "Eve");
    assert!(sends(&rig.phone(&format!("/showtoken {}", other.id)))[0].1.contains("no bot with ID"));
}

/// Each message comes twice on a stream, as sent and as received, and stands twice in the archive; ids or none.
#[test]
fn copies_in_the_self_chat_without_ids() {
    for id in [Some("again"), Some(""), None] {
        let mut rig = Rig::new();
        let bot = rig.create(OWNER, "Echo");
        rig.online();
        // Two of the same, in a second.
        let copy = |via: Via, archive_id: &str| Inbound {
            via,
            id: id.filter(|id| !id.is_empty()).map(Into::into),
            origin_id: None,
            archive_id: Some(archive_id.to_string()).filter(|id| !id.is_empty()),
            stamp_ms: (via == Via::Archive).then_some(START.unix_ms + 500),
            ..self_chat("ping", "")
        };
        let hear = |rig: &mut Rig, messages: &[Inbound]| {
            for message in messages {
                rig.session(session::Event::Message(Box::new(message.clone())));
            }
        };
        let sent = |archive_id: &str| copy(Via::CarbonSent, archive_id);
        let received = |archive_id: &str| copy(Via::CarbonReceived, archive_id);
        let direct = |archive_id: &str| copy(Via::Direct, archive_id);
        let count = |rig: &mut Rig| {
            let updates = rig.updates(&bot, None);
            let last = updates.last().map(|update| update.id.0 + 1);
            rig.updates(&bot, last);
            updates.len()
        };
        // In any order, with ids of the archive and without.
        hear(&mut rig, &[sent("s1"), received("r1"), sent("s2"), received("r2")]);
        assert_eq!(count(&mut rig), 2, "{id:?}");
        hear(&mut rig, &[direct("r3"), direct("r4"), sent("s3"), sent("s4")]);
        assert_eq!(count(&mut rig), 2, "{id:?}");
        hear(&mut rig, &[sent(""), sent(""), direct(""), direct("")]);
        assert_eq!(count(&mut rig), 2, "{id:?}");
        // Killed between the two; the archive has both, and one more.
        hear(&mut rig, &[sent("s5")]);
        assert_eq!(count(&mut rig), 1);
        let mut rig = rig.killed();
        rig.online();
        let archived = |archive_id: &str| copy(Via::Archive, archive_id);
        hear(&mut rig, &[archived("s5"), archived("r5"), archived("s6"), archived("r6")]);
        assert_eq!(count(&mut rig), 1, "{id:?}");
        // What was read from the archive also came live.
        hear(&mut rig, &[received("r6"), sent("s6"), received("r5")]);
        assert_eq!(count(&mut rig), 0, "{id:?}");
    }
    let mut rig = Rig::new();
    rig.online();
    let no_id = |via| Inbound { via, id: None, origin_id: None, archive_id: None, ..self_chat("/newbot Twin", "") };
    for via in [Via::CarbonSent, Via::CarbonReceived] {
        rig.session(session::Event::Message(Box::new(no_id(via))));
    }
    let Ok(Answer::Bots(bots)) = rig.admin(Question::ListBots(None)) else { panic!() };
    assert_eq!(bots.len(), 1);
}
