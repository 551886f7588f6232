//! What is said arrives, on all devices and once; what cannot be encrypted or read has its end.

use super::*;

#[test]
fn a_bot_speaks_first_and_to_all_devices() {
    let mut rig = Rig::new(Encrypt::Required);
    let mut phones = [77, 78].map(|id| Phone::new(OWNER, LEGACY, id));
    phones.iter().for_each(|phone| phone.publish(&mut rig.nodes));
    // A device without a bundle holds up nobody.
    let list = rig.nodes.get(OWNER, LEGACY.devices_node()).unwrap();
    let list = omemo::add_device(LEGACY, Some(&list), 79, None);
    rig.nodes.set(OWNER, LEGACY.devices_node(), "current", list);
    // Accepted before there is a connection: it waits, over a kill.
    assert!(sent_id(rig.say("one")).1);
    let mut rig = rig.killed(Encrypt::Required);
    sent_id(rig.say("two"));
    assert!(rig.take_sent().is_empty());
    rig.come_back();
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    for phone in &mut phones {
        assert_eq!(phone.hear(&sent[0]), Ok(Some("one".to_string())));
        assert_eq!(phone.hear(&sent[1]), Ok(Some("two".to_string())));
        assert_eq!(phone.hear(&sent[1]), Err(omemo::Error::Duplicate));
    }
}

#[test]
fn what_is_sent_again_is_the_same() {
    let mut rig = Rig::online(Encrypt::Required);
    Phone::new(OWNER, LEGACY, 77).publish(&mut rig.nodes);
    sent_id(rig.say("once"));
    let first: Vec<Element> = rig.sent.drain(..).map(|(_, stanza)| stanza).collect();
    let mut rig = rig.killed(Encrypt::Required);
    rig.come_back();
    let again: Vec<Element> = rig.sent.drain(..).map(|(_, stanza)| stanza).collect();
    assert_eq!(first, again);
}

#[test]
fn plain_text_is_refused_where_encryption_is_required() {
    let mut rig = Rig::online(Encrypt::Required);
    rig.arrives(&plain("/info", "1"));
    rig.arrives(&plain("hello", "2"));
    assert_eq!(rig.take(), Vec::<String>::new());
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 1, "one hint: {sent:?}");
    assert!(sent[0].text_of("body", ns::CLIENT).unwrap().contains("OMEMO"));
    // Nobody to encrypt to: the caller learns it, at once when it is known.
    sent_id(rig.say("secret"));
    assert!(rig.take_sent().is_empty());
    match rig.say("secret") {
        Err(Failure::Remote { what: "send_failed", why }) => assert!(why.contains("no device"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_text_goes_to_who_has_no_device_where_it_may() {
    let mut rig = Rig::online(Encrypt::Preferred);
    rig.arrives(&plain("hello", "1"));
    assert!(rig.take()[0].contains("hello"));
    assert!(!sent_id(rig.say("plain")).1);
    assert_eq!(rig.take_sent()[0].text_of("body", ns::CLIENT).unwrap(), "plain");
    // Who lets nobody see his list has not shown a device.
    rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
    rig.wait(Duration::from_secs(7200));
    assert!(!sent_id(rig.say("plain, too")).1);
    assert_eq!(rig.take_sent().len(), 1);
    rig.nodes.closed.clear();
    // His client learns OMEMO, and says so.
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let list = rig.nodes.get(OWNER, LEGACY.devices_node()).unwrap();
    rig.arrives(&list_notice(OWNER, LEGACY, list).with("type", "headline"));
    assert!(sent_id(rig.say("secret")).1);
    let sent = rig.take_sent();
    assert!(!sent[0].print("").contains("secret"));
    assert_eq!(phone.hear(&sent[0]), Ok(Some("secret".to_string())));
}

#[test]
fn while_the_archive_is_read_nothing_is_answered_or_forgotten() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phones = [77, 78].map(|id| Phone::new(OWNER, LEGACY, id));
    phones.iter().for_each(|phone| phone.publish(&mut rig.nodes));
    // Both begin with the same bundle, maybe with the same prekey.
    let hello = phones.each_mut().map(|phone| phone.say(&rig.nodes, Some("hello")));
    rig.offline();
    let before = rig.nodes.published.len();
    for stanza in &hello {
        rig.arrives(stanza);
        rig.wait(Duration::from_secs(10));
    }
    assert_eq!(rig.take().len(), 2);
    assert!(rig.sent.is_empty());
    assert_eq!(rig.nodes.published.len(), before);
    rig.come_back();
    rig.wait(Duration::from_secs(10));
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(rig.nodes.published[before..].iter().any(|node| node.contains("bundles")));
}

#[test]
fn what_cannot_be_read_gets_a_new_session_once() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let hello = phone.say(&rig.nodes, Some("one"));
    rig.arrives(&hello);
    sent_id(rig.say("two"));
    let sent = rig.take_sent();
    assert_eq!(phone.hear(&sent[0]), Ok(Some("two".to_string())));
    rig.take();
    for round in 0..3 {
        let bad = phone.say(&rig.nodes, Some("lost"));
        rig.arrives(&broken(&bad, &format!("bad{round}")));
        rig.wait(Duration::from_secs(60));
    }
    assert_eq!(rig.take(), Vec::<String>::new());
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 1, "one new session: {sent:?}");
    assert_eq!(phone.hear(&sent[0]), Ok(None));
    let again = phone.say(&rig.nodes, Some("three"));
    rig.arrives(&again);
    assert!(rig.take()[0].contains("three"));
}

#[test]
fn corrections_and_files_are_encrypted_too() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let (id, _) = sent_id(rig.say("secret"));
        let to = full(OWNER);
        let act = |action| Question::Act(NewAction { to: to.clone(), kind: Kind::Chat, action, idempotency_key: None });
        sent_id(rig.ask(act(BotAction::Edit {
            message_id: id.clone(),
            text: "secret indeed".to_string(),
            keyboard: None,
        })));
        let url = "https://example.org/secret.jpg".to_string();
        sent_id(rig.ask(act(BotAction::File { url: url.clone(), caption: Some("secret picture".to_string()) })));
        assert!(matches!(rig.ask(act(BotAction::Deletion { message_id: id })), Ok(Answer::Done)));
        let sent = rig.take_sent();
        assert_eq!(sent.len(), 5, "{sent:?}");
        assert!(sent.iter().all(|stanza| !stanza.print("").contains("secret")), "{sent:?}");
        let heard: Vec<_> = sent.iter().map(|stanza| phone.hear(stanza).unwrap().unwrap()).collect();
        assert_eq!(&heard[..4], ["secret", "secret indeed", &url, "secret picture"]);
        if version == LEGACY {
            assert!(sent[1].find("replace", ns::CORRECT).is_some(), "what it corrects stands outside");
        }
    }
}

#[test]
fn what_is_not_for_us_is_told_once() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    for _ in 0..3 {
        let stanza = phone.say(&rig.nodes, Some("lost")).print("").replace("rid='", "rid='9");
        let stanza = Element::parse(&stanza, &Namespaces::default()).unwrap();
        rig.arrives(&stanza);
    }
    assert_eq!(rig.take(), Vec::<String>::new());
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].text_of("body", ns::CLIENT).unwrap().contains("not encrypted for my device"));
}

/// A server that shows strangers no list says so with one of several errors; only a passing one leaves hope.
#[test]
fn whose_list_is_not_shown_counts_as_without_a_device() {
    for (refusal, is_passing) in [
        (("cancel", "item-not-found"), false),
        (("auth", "forbidden"), false),
        (("auth", "not-authorized"), false),
        (("cancel", "not-allowed"), false),
        (("cancel", "service-unavailable"), false),
        (("cancel", "feature-not-implemented"), false),
        (("wait", "service-unavailable"), true),
        (("wait", "resource-constraint"), true),
        (("wait", "internal-server-error"), true),
        (("cancel", "remote-server-not-found"), true),
        (("cancel", "remote-server-timeout"), true),
        (("cancel", "undefined-condition"), true),
    ] {
        let mut rig = Rig::online(Encrypt::Required);
        rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
        rig.nodes.refusal = Some(refusal);
        sent_id(rig.say("secret"));
        let second = rig.say("secret");
        match is_passing {
            true => drop(sent_id(second)),
            false => assert!(
                matches!(&second, Err(Failure::Remote { what: "send_failed", why }) if why.contains("no device")),
                "{refusal:?}: {second:?}"
            ),
        }
        if refusal.1 == "item-not-found" {
            continue;
        }
        // A contact opens his list to us: it is not believed closed for long.
        rig.wait(Duration::from_secs(61));
        let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
        rig.nodes.closed.clear();
        rig.wait(Duration::from_secs(60));
        rig.wait(Duration::from_secs(60));
        sent_id(rig.say("last"));
        let heard: Vec<_> = rig.take_sent().iter().map(|stanza| phone.hear(stanza).unwrap().unwrap()).collect();
        assert_eq!(heard.last().map(String::as_str), Some("last"), "{refusal:?}");
        assert_eq!(heard.len(), if is_passing { 3 } else { 1 }, "{refusal:?}");
    }
}

#[test]
fn what_cannot_be_encrypted_fails_in_time() {
    let mut rig = Rig::online(Encrypt::Required);
    rig.nodes.refusal = Some(("wait", "remote-server-timeout"));
    let polled = UpdateKinds::parse(["message_state"]).unwrap();
    let poll = UpdatePoll { offset: None, limit: 1, timeout: Duration::ZERO, allowed: Some(polled) };
    assert!(rig.ask(Question::GetUpdates(poll)).is_ok());
    rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
    let (id, _) = sent_id(rig.say("secret"));
    for _ in 0..30 {
        rig.wait(Duration::from_secs(20));
    }
    assert_eq!(rig.take(), Vec::<String>::new(), "there is hope");
    for _ in 0..30 {
        rig.wait(Duration::from_secs(20));
    }
    let updates = rig.take();
    assert!(updates.len() == 1 && updates[0].contains(&id) && updates[0].contains("failed"), "{updates:?}");
    assert!(rig.take_sent().is_empty());
    // The list is open in time.
    sent_id(rig.say("secret"));
    rig.wait(Duration::from_secs(120));
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    rig.nodes.closed.clear();
    rig.wait(Duration::from_secs(60));
    rig.wait(Duration::from_secs(60));
    let sent = rig.take_sent();
    assert_eq!(phone.hear(&sent[0]), Ok(Some("secret".to_string())));
}

#[test]
fn one_message_can_be_confidential() {
    let mut rig = Rig::online(Encrypt::Preferred);
    let say = |rig: &mut Rig, kind| {
        rig.ask(Question::SendMessage(NewMessage { kind, encrypt: true, ..message(OWNER, "secret") }))
    };
    // Nobody knows yet that the recipient has no device: it is accepted, and never goes out.
    let _ = say(&mut rig, Kind::Chat);
    assert!(say(&mut rig, Kind::Chat).is_err());
    assert!(say(&mut rig, Kind::Groupchat).is_err());
    rig.wait(Duration::from_secs(3600));
    assert!(rig.take_sent().is_empty());
    Phone::new(OWNER, LEGACY, 77).publish(&mut rig.nodes);
    rig.wait(Duration::from_secs(3600));
    assert!(sent_id(say(&mut rig, Kind::Chat)).1);
    let sent = rig.take_sent();
    assert!(!sent[0].print("").contains("secret"));
}

/// Pieces of an answer are not encrypted one by one; where they are switched on this is said.
#[test]
fn an_encrypted_chat_does_not_promise_answers_while_they_come() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let mut answer = |text: &str| {
        let asked = phone.say(&rig.nodes, Some(text));
        rig.arrives(&asked);
        rig.wait(Duration::from_secs(10));
        let sent = rig.take_sent();
        sent.iter().find_map(|stanza| phone.hear(stanza).ok().flatten()).expect("an answer")
    };
    assert!(answer("/ki setup ollama - m1").starts_with("AI configured!"));
    assert!(answer("/ki stream on").contains("not in this chat: it is encrypted"));
    assert!(answer("/ki status").contains("not in this chat: it is encrypted"));
    assert!(answer("/ki stream off").contains("when they are whole"));
}

#[test]
fn whether_it_went_encrypted_is_told_when_it_is_known() {
    // Nothing is known of him when the first message is accepted.
    let mut rig = Rig::online(Encrypt::Preferred);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let outcome = rig.say("first");
    assert!(matches!(outcome, Ok(Answer::Sent { encrypted: Some(true), .. })), "{outcome:?}");
    assert_eq!(phone.hear(&rig.take_sent()[0]), Ok(Some("first".to_string())));
    let mut rig = Rig::online(Encrypt::Preferred);
    let outcome = rig.say("first");
    assert!(matches!(outcome, Ok(Answer::Sent { encrypted: Some(false), .. })), "{outcome:?}");

    // Nobody waits while there is no connection; and a repeated request is told what is still true.
    let mut rig = Rig::new(Encrypt::Preferred);
    Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let keyed = |key: &str| NewMessage { idempotency_key: Some(key.to_string()), ..message(OWNER, "later") };
    for _ in 0..2 {
        let outcome = rig.ask(Question::SendMessage(keyed("a")));
        assert!(matches!(outcome, Ok(Answer::Sent { encrypted: None, .. })), "{outcome:?}");
    }
    let outcome = rig.ask(Question::SendMessage(NewMessage { encrypt: true, ..message(OWNER, "required") }));
    assert!(matches!(outcome, Ok(Answer::Sent { encrypted: Some(true), .. })), "{outcome:?}");
    rig.come_online();
    rig.set_policy(Encrypt::Off);
    for _ in 0..2 {
        let outcome = rig.ask(Question::SendMessage(keyed("b")));
        assert!(matches!(outcome, Ok(Answer::Sent { encrypted: Some(false), .. })), "{outcome:?}");
        rig.set_policy(Encrypt::Required);
    }
}

#[test]
fn an_answer_waits_for_keys_and_not_for_ever() {
    let mut rig = Rig::online(Encrypt::Preferred);
    rig.nodes.is_silent = true;
    rig.outcomes.clear();
    let _ticket = rig.begin(as_bot(&rig.bot), Question::SendMessage(message(OWNER, "first")));
    assert!(rig.outcomes.is_empty(), "{:?}", rig.outcomes);
    rig.wait(limits::SEALING_WAIT);
    assert!(matches!(rig.outcomes.pop(), Some(Ok(Answer::Sent { encrypted: None, .. }))));
}

/// Whoever sends on and on learns that it is the queue that is full, and not that he is too fast.
#[test]
fn a_full_queue_is_called_one() {
    let mut rig = Rig::online(Encrypt::Preferred);
    rig.nodes.is_silent = true;
    let mut sends: Vec<Event> = (0..=limits::OMEMO_WAITING_MAX)
        .map(|number| patient(as_bot(&rig.bot), Question::SendMessage(message(OWNER, &format!("{number}")))))
        .collect();
    rig.outcomes.clear();
    let last = sends.split_off(limits::OMEMO_WAITING_MAX as usize);
    rig.batch(sends);
    assert!(rig.outcomes.is_empty(), "they wait for keys: {:?}", rig.outcomes.last());
    rig.batch(last);
    let Some(Err(failure)) = rig.outcomes.pop() else { panic!("it is refused") };
    assert_eq!(failure, Failure::OutboxFull);
    let words = failure.at(botmother::base::remedy::Place::Shell);
    assert!(words.contains("wait to be sent already; `botmother bot list` shows why"), "{words}");
}

/// At a server without personal nodes there will be no device of ours: plain text goes where it may, the rest is refused.
#[test]
fn at_a_server_that_takes_no_keys_nothing_waits_for_them() {
    for (refusal, is_lasting) in [
        (("cancel", "service-unavailable"), true),
        (("auth", "forbidden"), true),
        (("wait", "service-unavailable"), false),
    ] {
        let mut rig = Rig::new(Encrypt::Preferred);
        rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
        rig.nodes.refusal = Some(refusal);
        rig.come_online();
        let _ticket = rig.begin(as_bot(&rig.bot.clone()), Question::SendMessage(message(OWNER, "plain")));
        let bodies: Vec<_> = rig.take_sent().iter().filter_map(|stanza| stanza.text_of("body", ns::CLIENT)).collect();
        assert_eq!(bodies == ["plain"], is_lasting, "{refusal:?}: {bodies:?}");
        rig.set_policy(Encrypt::Required);
        rig.outcomes.clear();
        let _ticket = rig.begin(as_bot(&rig.bot.clone()), Question::SendMessage(message(OWNER, "secret")));
        let outcome = rig.outcomes.pop();
        let is_refused = matches!(&outcome, Some(Err(Failure::Remote { why, .. })) if why.contains("PEP"));
        assert_eq!(is_refused, is_lasting, "{refusal:?}: {outcome:?}");
        // The server learns it.
        rig.nodes.closed.clear();
        Phone::new(OWNER, LEGACY, 77).publish(&mut rig.nodes);
        for _ in 0..6 {
            rig.wait(Duration::from_secs(3600));
        }
        rig.take_sent();
        assert!(sent_id(rig.say("secret")).1);
    }
}

/// Strangers come in any number; not so many are remembered, or answered.
#[test]
fn hints_are_for_so_many_in_a_day() {
    let bot = NewBot { mode: Mode::Cloud, access: Access::Public, ..dedicated("Bot", OWNER, BOT) };
    let (core, bot) = Core::with_bot(Store::memory(), encrypting(Encrypt::Required), bot);
    let mut rig = Rig { core, bot, nodes: Nodes::default(), sent: Vec::new(), outcomes: Vec::new() };
    rig.come_online();
    let hints = |rig: &mut Rig, from: usize, to: usize| {
        for stranger in from..to {
            let text = plain("hello", &format!("s{stranger}")).print(ns::CLIENT);
            let text = text.replace("ralf@", &format!("stranger{stranger}@"));
            rig.arrives(&parse(&text));
        }
        std::iter::from_fn(|| Some(rig.take_sent().len()).filter(|count| *count > 0)).sum::<usize>()
    };
    let most = limits::HINTS_MAX as usize;
    assert_eq!(hints(&mut rig, 0, most + 5), most);
    // Who was told is told again in time, and the others have their turn when it has passed.
    rig.wait(Duration::from_secs(limits::HINT_EVERY_S as u64));
    assert_eq!(hints(&mut rig, 0, 3), 3);
    rig.wait(Duration::from_secs(2 * limits::ROOM_HINT_EVERY_S as u64));
    assert_eq!(hints(&mut rig, most, most + 5), 5);
}
