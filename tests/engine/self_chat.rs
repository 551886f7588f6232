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
fn a_bot_of_the_built_in_chat_is_silent_while_it_is_switched_off() {
    let mut rig = Rig::new();
    let bot = rig.create("owner@local", "Wetter");
    let hears = |rig: &mut Rig| {
        let say = Question::LocalSay { to: Some(bot.id.to_string()), text: "/help".to_string() };
        rig.admin(say).unwrap();
        let read = Question::LocalRead { with: None, after: 0, timeout: Duration::ZERO };
        let Ok(Answer::Lines(lines)) = rig.admin(read) else { panic!() };
        lines.iter().filter(|line| line.from == "Wetter").count()
    };
    assert_eq!(hears(&mut rig), 1);
    rig.admin(Question::SetOwnerStatus(bare("owner@local"), false)).unwrap();
    assert_eq!(hears(&mut rig), 1);
    rig.admin(Question::SetOwnerStatus(bare("owner@local"), true)).unwrap();
    assert_eq!(hears(&mut rig), 2);
}

#[test]
fn what_was_skipped_is_told() {
    let mut rig = Rig::new();
    rig.online();
    assert!(!sends(&rig.phone("/status"))[0].1.contains("Skipped"));
    for (what, mark) in [("presence", None), ("message", Some("a7"))] {
        let skipped = session::Skipped {
            what: what.into(),
            from: "eve@example.org/x".into(),
            bytes: 600_000,
            why: "a stanza is too large".into(),
            mark: mark.map(Into::into),
        };
        assert_eq!(handled(&rig.session(session::Event::Skipped(Box::new(skipped)))), 0);
    }
    let status = sends(&rig.phone("/status "))[0].1.clone();
    let told = "too large or broken: 2 (last: message from eve@example.org/x, 600000 bytes: a stanza is too large)";
    assert!(status.contains(told), "{status}");
    let Ok(Answer::Metrics(metrics)) = rig.admin(Question::Metrics) else { panic!() };
    let number = |name| metrics.iter().find(|metric| metric.name == name).map(|metric| metric.total() as i64);
    assert_eq!((number("stanzas_skipped_total"), number("xmpp_connected")), (Some(2), Some(1)));
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
        "/history 1",
        "/history 1 30",
        "/history 1 off",
        "/history 1 long",
        "/history",
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
/// A server on a slow disk takes seconds from one copy to the other; what has no id is a copy only within one.
#[test]
fn copies_of_a_slow_archive_are_copies() {
    for (id, count) in [(Some("one"), 1), (None, 2)] {
        let mut rig = Rig::new();
        let bot = rig.create(OWNER, "Echo");
        rig.online();
        for (archive_id, seconds) in [("a1", 0), ("a2", 4)] {
            let message = Inbound {
                via: Via::Archive,
                id: id.map(Into::into),
                origin_id: None,
                archive_id: Some(archive_id.to_string()),
                stamp_ms: Some(START.unix_ms + seconds * 1000),
                ..self_chat("ping", "")
            };
            rig.session(session::Event::Message(Box::new(message)));
        }
        assert_eq!(rig.updates(&bot, None).len(), count, "{id:?}");
    }
}

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
        // A resumed stream was held up with both, and its server marks them as sent again.
        let late = |message: Inbound| Inbound { is_delayed: true, stamp_ms: Some(START.unix_ms + 500), ..message };
        hear(&mut rig, &[late(sent("s9")), late(received("r9"))]);
        assert_eq!(count(&mut rig), 1, "{id:?}");
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

/// What the manager says to a text.
fn said(rig: &mut Rig, text: &str) -> String {
    sends(&rig.phone(text)).into_iter().map(|(_, stanza)| stanza).collect()
}

#[test]
fn a_name_that_two_bots_have_picks_none() {
    let mut rig = Rig::new();
    rig.online();
    let (one, two) = (rig.create(OWNER, "Wetter Bot"), rig.create(OWNER, "wetter bot"));
    let answer = said(&mut rig, "@Wetter Bot, rain?");
    assert!(answer.contains("[1] Wetter Bot, [2] wetter bot") && answer.contains("@1"), "{answer}");
    rig.phone(&format!("@{} rain?", two.id));
    assert!(rig.updates(&one, None).is_empty());
    assert!(rig.updates(&two, None)[0].payload.contains(r#""body":"rain?""#));
    assert!(said(&mut rig, "/deletebot Wetter Bot").contains("[1] Wetter Bot, [2] wetter bot"));
    assert!(
        said(&mut rig, "/newbot Wetter Bot").contains("another bot called Wetter Bot. To write to this one: @3 text")
    );
    assert!(!said(&mut rig, "/newbot Other").contains("another bot"));
    // In the built-in chat, too.
    let local = [rig.create("owner@local", "Two"), rig.create("owner@local", "Two")].map(|bot| bot.id);
    let say = |to: String| Question::LocalSay { to: Some(to), text: "hello".to_string() };
    match rig.admin(say("two".to_string())) {
        // A program or a command line has asked.
        Err(Failure::Conflict(why)) => {
            assert_eq!(why, "several bots are called two; say which by its number: [5] Two, [6] Two");
        }
        other => panic!("{other:?}"),
    }
    assert!(rig.admin(say(local[1].to_string())).is_ok());
}

#[test]
fn a_name_will_do_where_a_number_is_asked_for() {
    let mut rig = Rig::new();
    rig.online();
    let bot = rig.create(OWNER, "Wetter Frosch");
    rig.create(OWNER, "Wetter");
    for (command, expected) in [
        ("/use wetter frosch", "Wetter Frosch now gets"),
        ("/status Wetter Frosch", "ID: 1"),
        ("/showtoken WETTER FROSCH", "Token for Wetter Frosch"),
        ("/setcommands Wetter Frosch /a - one, /b - two", "Commands of Wetter Frosch: /a, /b"),
        ("/setdescription Wetter Frosch says what comes", "Description of Wetter Frosch saved"),
        ("/deactivate Wetter Frosch", "is disabled"),
        ("/activate #1", "is active"),
        ("/access Wetter Frosch", "may write to Wetter Frosch"),
        ("/ki @Wetter Frosch status", "AI"),
        ("/deletebot Wetter Frosch please", "Usage: /deletebot"),
        ("/deletebot Frosch", "no bot called Frosch"),
        ("/deletebot 77", "no bot with ID 77"),
        ("/deletebot", "Usage: /deletebot"),
        ("/deletebot Wetter Frosch", "(ID: 1) deleted"),
    ] {
        let answer = said(&mut rig, command);
        assert!(answer.contains(expected), "{command}: {answer}");
    }
    assert_eq!(bot.id.0, 1);
}

/// Nothing is taken away by leaving something out, nor by following a hint.
#[test]
fn what_a_bot_offers_is_cleared_only_by_who_says_so() {
    let mut rig = Rig::new();
    rig.online();
    let bot = rig.create(OWNER, "Robo");
    for (command, expected) in [
        ("/setdescription 1 Does things", "Description of Robo saved."),
        (
            "/setdescription 1",
            "Usage: /setdescription &lt;ID&gt; &lt;text&gt;\nTo clear what is there: /setdescription 1 -",
        ),
        ("/status 1", "Description: Does things"),
        ("/setdescription 1 -", "Description of Robo cleared."),
        ("/status 1 ", "Description: -"),
        ("/setcommands 1 /a - one, /b - two", "Commands of Robo: /a, /b"),
        ("/setcommands 1", "description\nTo clear what is there: /setcommands 1 -"),
        ("/setcommands 1 +", "Usage: /setcommands"),
        ("/setcommands 1 + /us - three, /A - four", "Commands of Robo: /b, /us, /a"),
        ("/setcommands 1 /c - x, /help - y", "/help would never reach Robo: I answer it myself."),
        ("/setcommands 1 /b Beta two", "a space on either side: /setcommands 1 /b - Beta two"),
        ("/setcommands 1 + /KI", "/KI would never reach Robo"),
        ("/status 1  ", "Commands: /b, /us, /a"),
        ("/setcommands 1 -", "Commands of Robo cleared."),
        ("/status 1   ", "Commands: -"),
    ] {
        let answer = said(&mut rig, command);
        assert!(answer.contains(expected), "{command}: {answer}");
    }
    // A program may list what it hears elsewhere.
    let commands = vec![Command { command: "help".to_string(), description: String::new() }];
    rig.ask(as_bot(&bot), Question::SetCommands(commands)).unwrap();
}

#[test]
fn a_slip_in_a_command_is_asked_about() {
    let mut rig = Rig::new();
    rig.online();
    let answer = said(&mut rig, "/hlep");
    assert!(answer.contains("I do not know /hlep. Did you mean /help?") && !answer.contains("got it"), "{answer}");
    let bot = rig.create(OWNER, "Robo");
    let answer = said(&mut rig, "/us 2");
    assert!(answer.contains("Did you mean /use?") && answer.contains("/setcommands 1 + /us - description"), "{answer}");
    let updates = rig.updates(&bot, None);
    assert!(updates[0].payload.contains(r#""body":"/us 2""#), "its program may know it");
    // What is no slip, and what a bot has registered, is the bot's alone.
    let commands = vec![Command { command: "us".to_string(), description: String::new() }];
    rig.ask(as_bot(&bot), Question::SetCommands(commands)).unwrap();
    for text in ["/us 3", "/weather", "/hello", "us"] {
        assert_eq!(said(&mut rig, text), "", "{text}");
    }
    assert_eq!(rig.updates(&bot, Some(2)).len(), 4);
}

#[test]
fn where_nothing_listens_the_owner_hears_of_it_once_a_day() {
    let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Robo");
    rig.online();
    let told = |rig: &mut Rig, time: Duration| -> Vec<String> {
        let said = sends(&rig.wait(time)).into_iter().map(|(_, stanza)| stanza);
        said.filter(|stanza| stanza.contains("getUpdates")).collect()
    };
    rig.phone("anybody?");
    assert_eq!(told(&mut rig, minute / 2), [""; 0]);
    let said = told(&mut rig, minute);
    assert!(said.len() == 1 && said[0].contains("Nothing answers for Robo (ID: 1) yet"), "{said:?}");
    rig.phone("nobody?");
    assert_eq!(told(&mut rig, hour), [""; 0], "once a day");
    let mut rig = rig.killed();
    rig.online();
    rig.phone("still nobody?");
    assert_eq!(told(&mut rig, hour), [""; 0], "over restarts");
    assert_eq!(told(&mut rig, hour * 23), [""; 0]);
    rig.phone("another day");
    assert_eq!(told(&mut rig, minute * 2).len(), 1);

    // A program that comes by the hour is no reason to say anything, nor is one that was away as long as we were.
    rig.updates(&bot, None);
    for round in 0..30 {
        rig.phone(&format!("round {round}"));
        assert_eq!(told(&mut rig, hour), [""; 0], "{round}");
        rig.updates(&bot, Some(i64::MAX));
    }
    let mut rig = rig.killed();
    rig.online();
    rig.phone("after a restart");
    assert_eq!(told(&mut rig, hour * 24), [""; 0]);
    let said = told(&mut rig, hour * 2);
    assert_eq!(said, [""; 0], "what waited a day is gone by then: {said:?}");
    // The clock of this rig begins anew with each process.
    rig.wait(hour * 24);
    rig.phone("it is gone");
    let said = told(&mut rig, minute * 2);
    assert!(said.len() == 1 && said[0].contains("for a day: no program has asked"), "{said:?}");
    // With a webhook or an AI somebody listens.
    let hook =
        NewWebhook { url: "https://example.org/h".to_string(), secret: None, allowed: None, drop_pending: false };
    rig.wait(hour * 25);
    rig.ask(as_bot(&bot), Question::SetWebhook(hook)).unwrap();
    rig.phone("with a webhook");
    assert_eq!(told(&mut rig, minute * 5), [""; 0]);
}
