//! What a bot shows of itself is published, and over all interruptions once.

use botmother::store::Durability;

use super::*;

#[test]
fn what_a_bot_shows_is_published_once_and_again_when_it_changes() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    let caused = rig.online(account);
    let (published, last) = rig.accept_all(caused.find("vcard-temp"));
    let order =
        ["vcard-temp", "protocol/nick'><item", "urn:xmpp:vcard4", "avatar:data'><item", "avatar:metadata'><item"];
    assert_eq!(published.len(), order.len(), "{published:?}");
    for (part, payload) in order.iter().zip(&published) {
        assert!(payload.contains(part), "{part} in {payload}");
    }
    // The hash is shown when the picture can be fetched, and not before.
    let id = read_avatar(GIF, None).unwrap().id();
    assert_eq!(last.presences.len(), 1);
    assert!(last.presences[0].contains(&format!("<photo>{id}</photo>")), "{last:?}");

    rig.lost(account);
    let again = rig.online(account);
    assert!(again.asked.iter().all(|asked| asked.payload.contains("jabber:iq:roster")), "{again:?}");
    let (mut rig, _) = rig.killed(&[]);
    let account = rig.core.account;
    let again = rig.online(account);
    assert!(again.asked.iter().all(|asked| asked.payload.contains("jabber:iq:roster")), "{again:?}");
}

#[test]
fn another_name_and_picture_are_published() {
    const OTHER: &str = "R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==";
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    let vcard = rig.online(account).find("vcard-temp");
    rig.accept_all(vcard);
    let new = |name: &str, description: Option<&str>, avatar: Option<&str>| NewProfile {
        bot: BotId(1),
        name: Some(name.to_string()),
        description: description.map(str::to_string),
        avatar: avatar.map(|avatar| read_avatar(avatar, None).unwrap()),
    };
    let caused = rig.ask(Question::SetProfile(new("Chef", Some("cooks"), Some(OTHER))));
    let Some(Ok(Answer::Me(info))) = caused.answers.first() else { panic!("{caused:?}") };
    assert_eq!((info.name.as_str(), info.description.as_str()), ("Chef", "cooks"));
    let (published, last) = rig.accept_all(caused.find("vcard-temp"));
    let id = read_avatar(OTHER, None).unwrap().id();
    assert!(published[0].contains("Chef") && published[0].contains("cooks"), "{published:?}");
    assert!(published.iter().any(|part| part.contains("avatar:data") && part.contains(&id)), "{published:?}");
    assert!(last.presences.iter().any(|presence| presence.contains(&format!("<photo>{id}</photo>"))), "{last:?}");
    // All of it or nothing.
    let caused = rig.ask(Question::SetProfile(new("", Some("eats"), None)));
    assert!(matches!(&caused.answers[..], [Err(Failure::Invalid { .. })]) && caused.asked.is_empty(), "{caused:?}");
    let caused = rig.ask(Question::SetProfile(new("Waiter", Some(&"x".repeat(9_999)), None)));
    assert!(matches!(&caused.answers[..], [Err(Failure::Invalid { .. })]) && caused.asked.is_empty(), "{caused:?}");
    let caused = rig.ask(Question::ListBots(None));
    let Some(Ok(Answer::Bots(bots))) = caused.answers.first() else { panic!("{caused:?}") };
    assert_eq!((bots[0].name.as_str(), bots[0].description.as_str()), ("Chef", "cooks"));
}

#[test]
fn an_interrupted_publication_is_made_up_for_and_a_node_made_otherwise_is_configured() {
    let mut rig = Rig::new();
    let account = rig.create(Mode::Dedicated, Access::Owner, &[]);
    let vcard = rig.online(account).find("vcard-temp");
    let nick = rig.answer(&vcard, Ok(None)).find("protocol/nick");
    let gone = StanzaError::new("wait", "recipient-unavailable");
    assert!(rig.answer(&nick, Err(gone)).asked.is_empty());
    rig.lost(account);
    // Also where the stream goes on: answers do not come after all.
    let caused = rig.told(account, session::Event::Online { resumed: true });
    let nick = rig.answer(&caused.find("vcard-temp"), Ok(None)).find("protocol/nick");
    let specific = Element::new("precondition-not-met", ns::PUBSUB_ERRORS);
    let otherwise = StanzaError::new("cancel", "conflict").with_specific(specific);
    let configure = rig.answer(&nick, Err(otherwise)).find("<configure");
    let publish = rig.answer(&configure, Ok(None)).find("<publish");
    assert!(publish.payload.contains("protocol/nick") && !publish.payload.contains("publish-options"));
    // What is refused is refused; the rest goes on.
    let next = rig.answer(&publish, Err(StanzaError::new("auth", "forbidden"))).find("urn:xmpp:vcard4");
    let (rest, last) = rig.accept_all(next);
    assert_eq!((rest.len(), last.presences.len()), (3, 1));
}

/// A database that somebody else holds for longer than we wait.
#[test]
fn what_could_not_be_stored_is_done_again() {
    let dir = std::env::temp_dir().join(format!("botmother-arrival-{}", std::process::id()));
    let (mut rig, _) = Rig::over(Store::open(&dir, Durability::Process).unwrap(), &[]);
    let account = rig.create(Mode::Cloud, Access::List, &[]);
    let mut next = rig.online(account).find("vcard-temp");
    while !next.payload.contains("avatar:metadata") {
        next = rig.answer(&next, Ok(None)).asked[0].clone();
    }
    let other = rusqlite::Connection::open(dir.join("botmother.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // What was refused is as it was.
    let caused = rig.ask(Question::SetBotAccess(BotId(1), Access::Public, None));
    assert!(matches!(caused.answers.first(), Some(Err(Failure::Internal))), "{caused:?}");
    // With others: each once more, by itself, and by then the database is free.
    let freed = std::thread::spawn(move || {
        std::thread::sleep(limits::STORE_BUSY_TIMEOUT + Duration::from_millis(700));
        other.execute_batch("ROLLBACK").unwrap();
    });
    let (reply, _ticket) = ticket();
    let answer = session::Event::Answer { tag: next.tag, outcome: Ok(None) };
    let question = Question::BotAccess(BotId(1));
    let caused =
        rig.batch(vec![Event::Session(account, answer), Event::Ask { caller: Caller::Admin, question, reply }]);
    freed.join().unwrap();
    assert_eq!(caused.presences.len(), 1, "published: {caused:?}");
    assert!(matches!(caused.answers.first(), Some(Ok(Answer::Access(_, Access::List, _)))), "{caused:?}");
    drop(rig);
    std::fs::remove_dir_all(&dir).unwrap();
}
