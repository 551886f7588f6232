//! What becomes of messages: sent, delivered, displayed, failed; and what senders hear of theirs.

use botmother::xmpp::stanza::StanzaError;

use super::*;

fn bounced(of: &str, who: &str) -> Inbound {
    let error = StanzaError::new("cancel", "service-unavailable").with_text("User unknown");
    Inbound { kind: Kind::Error, error: Some(error), archive_id: None, ..from(who, BOT, of) }
}

fn state(update: &str) -> &str {
    let rest = update.split(r#""state":""#).nth(1).unwrap_or_else(|| panic!("{update}"));
    rest.split('"').next().unwrap()
}

#[test]
fn each_state_once_and_only_forward() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let phone = format!("{OWNER}/phone");
    let (first, first_tag, stanza) = rig.say(&bot, OWNER, "one");
    assert!(stanza.contains("<request xmlns='urn:xmpp:receipts'/>") && stanza.contains("<markable "), "{stanza}");
    let (second, second_tag, _) = rig.say(&bot, OWNER, "two");
    assert!(rig.take(&bot).is_empty(), "nothing before the server has it");
    rig.acked(account, first_tag);
    let updates = rig.take(&bot);
    assert_eq!(updates.len(), 1);
    assert!(
        updates[0].starts_with(&format!(r#"message_state {{"message_id":"{first}","to":"{OWNER}","state":"sent""#))
    );

    // Twice, and by somebody who cannot know.
    rig.hears(account, receipt(&first, from(&phone, BOT, "r0")));
    rig.hears(account, receipt(&first, from(&phone, BOT, "r1")));
    rig.hears(account, receipt(&second, from("eve@example.org/x", BOT, "r2")));
    assert_eq!(rig.take(&bot).iter().map(|update| state(update)).collect::<Vec<_>>(), ["delivered"]);

    // The receipt is faster than the note that the server has it; what was read was there before.
    rig.hears(account, displayed(&second, from(&phone, BOT, "d1")));
    let updates = rig.take(&bot);
    let states: Vec<&str> = updates.iter().map(|update| state(update)).collect();
    assert_eq!(states, ["displayed", "sent", "displayed"], "{updates:?}");
    assert!(updates[0].contains(&first) && updates[2].contains(&second));
    rig.acked(account, second_tag);
    rig.hears(account, receipt(&second, from(&phone, BOT, "r3")));
    rig.hears(account, bounced(&second, OWNER));
    let mut rig = rig.killed();
    rig.hears(account, displayed(&second, from(&phone, BOT, "d2")));
    assert!(rig.take(&bot).is_empty());
}

#[test]
fn what_comes_back_has_failed() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let (id, tag, _) = rig.say(&bot, "nobody@example.org", "hello?");
    rig.acked(account, tag);
    rig.take(&bot);
    rig.hears(account, bounced(&id, "eve@example.net"));
    assert!(rig.take(&bot).is_empty(), "somebody else cannot refuse it");
    rig.hears(account, bounced(&id, "nobody@example.org"));
    rig.hears(account, bounced(&id, "nobody@example.org"));
    rig.hears(account, receipt(&id, from("nobody@example.org/x", BOT, "late")));
    let updates = rig.take(&bot);
    assert_eq!(updates.len(), 1, "{updates:?}");
    assert_eq!(state(&updates[0]), "failed");
    assert!(updates[0].contains("nobody@example.org does not exist") && updates[0].contains("User unknown"));
}

#[test]
fn who_asks_for_messages_only_gets_nothing_else() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    rig.poll(&bot, None, Some(&[]));
    let mut rig = rig.killed();
    rig.online(account);
    let (id, tag, stanza) = rig.say(&bot, OWNER, "one");
    assert!(!stanza.contains("urn:xmpp:receipts"), "nobody asks, so nobody need answer: {stanza}");
    rig.acked(account, tag);
    rig.hears(account, receipt(&id, from(OWNER, BOT, "r")));
    let reactions = Some(Reactions { id, emoji: vec!["👍".to_string()] });
    rig.hears(account, Inbound { reactions, ..from(OWNER, BOT, "e") });
    rig.hears(account, saying("hello", from(OWNER, BOT, "m")));
    let updates = rig.take(&bot);
    assert!(updates.len() == 1 && updates[0].contains("hello"), "{updates:?}");
}

#[test]
fn senders_hear_that_it_arrived_and_was_read() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let phone = format!("{OWNER}/phone");
    let asking = |id: &str| Inbound {
        wants_receipt: true,
        is_markable: true,
        ..saying(&format!("text {id}"), from(&phone, BOT, id))
    };
    let sent = rig.hears(account, asking("m1"));
    assert_eq!(sent.len(), 1);
    assert!(sent[0].1.contains("<received xmlns='urn:xmpp:receipts' id='m1'/>"), "{}", sent[0].1);
    assert!(sent[0].1.contains(&format!("to='{phone}'")));
    // The archive shows it again: once is enough.
    let again = Inbound { via: Via::Archive, ..asking("m1") };
    assert!(rig.hears(account, again).is_empty());
    rig.hears(account, asking("m2"));
    let stranger = Inbound { from: full("eve@example.org/x"), archive_id: None, ..asking("m3") };
    assert!(rig.hears(account, stranger).is_empty(), "strangers are told nothing");
    let carbon = Inbound { via: Via::CarbonReceived, ..asking("m4") };
    assert!(rig.hears(account, carbon).is_empty(), "that is the other client's");

    let (effects, updates) = rig.poll(&bot, None, None);
    assert!(sends(&effects).is_empty(), "the program may have died with it");
    let (effects, _) = rig.poll(&bot, Some(updates[1].id.0 + 1), None);
    let sent = sends(&effects);
    assert_eq!(sent.len(), 1, "one marker for all before");
    assert!(sent[0].1.contains("<displayed xmlns='urn:xmpp:chat-markers:0' id='m2'/>"), "{}", sent[0].1);
    let (effects, _) = rig.poll(&bot, Some(updates[1].id.0 + 1), None);
    assert!(sends(&effects).is_empty());

    // A webhook takes one at a time.
    rig.take(&bot);
    let new = NewWebhook { url: "https://hook.example.org/".into(), secret: None, allowed: None, drop_pending: false };
    rig.ask_all(as_bot(&bot), Question::SetWebhook(new)).1.unwrap();
    let mut effects = rig.told(account, session::Event::Message(Box::new(asking("m6"))));
    effects.extend(rig.told(account, session::Event::Message(Box::new(asking("m7")))));
    for id in ["m6", "m7"] {
        let tag =
            effects.iter().find_map(|effect| if let Effect::Call { tag, .. } = effect { Some(*tag) } else { None });
        effects = rig.batch(vec![http_answered(tag.expect("posted"), 204, "")]);
        let sent = sends(&effects);
        assert_eq!(sent.len(), 1);
        assert!(
            sent[0].1.contains(&format!("<displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/>")),
            "{}",
            sent[0].1
        );
    }
    // What its answer wants said comes behind.
    let effects = rig.told(account, session::Event::Message(Box::new(asking("m8"))));
    let tag = effects.iter().find_map(|effect| if let Effect::Call { tag, .. } = effect { Some(*tag) } else { None });
    let method = format!(r#"{{"method":"sendMessage","to":"{OWNER}","text":"yes"}}"#);
    let sent = sends(&rig.batch(vec![http_answered(tag.expect("posted"), 200, &method)]));
    assert!(sent[0].1.contains("<displayed ") && sent[1].1.contains("<body>yes</body>"), "{sent:?}");
    rig.ask(as_bot(&bot), Question::DeleteWebhook { drop_pending: false }).unwrap();

    // A program that says it itself.
    rig.hears(account, asking("m5"));
    let marked = rig.act(&bot, OWNER, BotAction::Read { message_id: "m5".to_string() }).unwrap();
    assert!(marked[0].1.contains("id='m5'"));
    let (_, updates) = rig.poll(&bot, None, None);
    let (effects, _) = rig.poll(&bot, Some(updates.last().unwrap().id.0 + 1), None);
    assert!(sends(&effects).is_empty(), "said already");
}

#[test]
fn on_a_persons_account_nothing_is_confirmed() {
    let (mut rig, _, personal) = Rig::new();
    let person = rig.person;
    let said = saying("for the bot", from(&format!("{OWNER}/phone"), OWNER, "m1"));
    let said = Inbound { wants_receipt: true, is_markable: true, ..said };
    assert!(rig.hears(person, said).is_empty());
    let (_, updates) = rig.poll(&personal, None, None);
    let (effects, _) = rig.poll(&personal, Some(updates[0].id.0 + 1), None);
    assert!(sends(&effects).is_empty());
}

#[test]
fn a_bot_goes_with_all_it_was_to_remember() {
    let (mut rig, bot, personal) = Rig::new();
    let asking = saying("read me", from(OWNER, BOT, "m1"));
    rig.hears(rig.core.account, Inbound { is_markable: true, ..asking });
    let (id, ..) = rig.say(&personal, ANNA, "hello");
    rig.ask(Caller::Admin, Question::DeleteBot(bot.id)).unwrap();
    rig.ask(Caller::Admin, Question::DeleteBot(personal.id)).unwrap();
    assert!(rig.hears(rig.person, receipt(&id, from(ANNA, OWNER, "r1"))).is_empty());
    let Ok(Answer::Bots(bots)) = rig.ask(Caller::Admin, Question::ListBots(None)) else { panic!() };
    assert!(bots.is_empty());
}

/// Whatever comes, whoever sends it: nothing breaks, each is handled, and nobody but the recipient moves a state.
#[test]
fn hostile_events_change_nothing() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let (id, tag, _) = rig.say(&bot, ANNA, "hello");
    rig.acked(account, tag);
    rig.take(&bot);
    let byte = || {
        let mut byte = [0];
        entropy(&mut byte);
        usize::from(byte[0])
    };
    let ids = [id.as_str(), "", "g:1", "\u{1f44d}", "%s' OR 1=1 --"];
    let people =
        ["eve@example.org/x", "example.org", BOT, "bot@example.org/other", OWNER, "anna@example.org.evil.example"];
    let kinds = [Kind::Chat, Kind::Normal, Kind::Groupchat, Kind::Headline, Kind::Error];
    for i in 0..500 {
        let about = ids[byte() % ids.len()].to_string();
        let mut message = from(people[byte() % people.len()], BOT, &format!("x{i}"));
        message.kind = kinds[byte() % kinds.len()];
        message.via = [Via::Direct, Via::CarbonReceived, Via::CarbonSent, Via::Archive][byte() % 4];
        match byte() % 5 {
            0 => message.receipt = Some(about),
            1 => message.marker = Some(Marker { stage: Stage::Displayed, id: about }),
            2 => message.retraction = Some(Retraction { id: about, is_moderated: byte() % 2 == 0, reason: None }),
            3 => message.error = Some(StanzaError::new("cancel", "gone")),
            _ => message.id = None,
        }
        rig.hears(account, message);
    }
    assert_eq!(rig.take(&bot), Vec::<String>::new());
    rig.hears(account, receipt(&id, from("anna@example.org/x", BOT, "r")));
    assert_eq!(state(&rig.take(&bot)[0]), "delivered");
}

#[test]
fn old_messages_are_forgotten() {
    let (mut rig, bot, _) = Rig::new();
    let (first, ..) = rig.say(&bot, ANNA, "0");
    for i in 0..limits::SENT_PER_BOT_MAX + limits::MESSAGES_COUNTED_EVERY {
        rig.say(&bot, ANNA, &i.to_string());
    }
    let (last, ..) = rig.say(&bot, ANNA, "last");
    let delete = |id: &str| BotAction::Deletion { message_id: id.to_string() };
    assert!(matches!(rig.act(&bot, ANNA, delete(&first)), Err(Failure::NotFound(_))));
    assert!(rig.act(&bot, ANNA, delete(&last)).is_ok());
    rig.wait(limits::SENT_RETENTION + Duration::from_secs(7200));
    assert!(matches!(rig.act(&bot, ANNA, delete(&last)), Err(Failure::NotFound(_))));
}

#[test]
fn what_the_server_ends_the_stream_for_fails_alone() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let (_, _, before) = rig.say(&bot, ANNA, "before");
    let (poison, _, stanza) = rig.say(&bot, ANNA, &"&".repeat(20_000));
    let (_, _, behind) = rig.say(&bot, ANNA, "behind");
    let convicted = |stanza: &str| session::Event::Convicted { stanza: stanza.to_string(), is_too_large: true };
    let told = sends(&rig.session(convicted(&stanza)));
    rig.session(cut());
    let updates = rig.take(&bot);
    assert_eq!(updates.iter().map(|update| state(update)).collect::<Vec<_>>(), ["failed"]);
    assert!(updates[0].contains(&poison) && updates[0].contains("ended the connection twice"), "{updates:?}");
    // Its owner hears of it in his own chat, as he is signed in here.
    assert!(told.iter().any(|(_, said)| said.contains("was not sent") && said.contains(ANNA)), "{told:?}");
    // The rest goes on, and what is as large is refused from now on.
    let sent: Vec<String> = rig.online(account).into_iter().map(|(_, stanza)| stanza).collect();
    assert_eq!(sent, [before, behind]);
    let large = message(ANNA, &"&".repeat(20_000));
    let refused = rig.ask(as_bot(&bot), Question::SendMessage(large));
    assert!(matches!(refused, Err(Failure::TooLarge(_))), "{refused:?}");
    rig.say(&bot, ANNA, &"&".repeat(19_000));
    // What was given up is gone over a restart; a conviction that is told twice changes nothing.
    let mut rig = rig.killed();
    assert!(sends(&rig.session(convicted(&stanza))).is_empty());
    assert!(rig.take(&bot).is_empty());
    let sent: Vec<String> = rig.online(account).into_iter().map(|(_, stanza)| stanza).collect();
    assert_eq!(sent.len(), 3);
    assert!(!sent.contains(&stanza));
}
