//! What programs say goes out once and in order.

use super::*;

#[test]
fn messages_wait_for_the_server_and_go_out_in_order() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    let (effects, first) = rig.send(&bot, "anna@example.org", "1");
    assert!(sends(&effects).is_empty(), "nothing goes out before the session is online");
    let (_, second) = rig.send(&bot, "anna@example.org", "2 < & ü");
    let sent = sends(&rig.online());
    assert_eq!(sent.len(), 2);
    assert!(sent[0].1.contains(&first) && sent[1].1.contains(&second) && sent[1].1.contains("2 &lt; &amp; ü"));
    assert!(!sent[0].1.contains("urn:xmpp:carbons:2"), "the owner sees on his phone what is said in his name");

    // Not acknowledged: after a new stream it goes again, with the same id; resumed, the session does that itself.
    rig.offline();
    assert!(sends(&rig.session(session::Event::Online { resumed: true })).is_empty());
    rig.offline();
    assert_eq!(sends(&rig.online()), sent);
    rig.session(session::Event::Acked(vec![sent[0].0]));
    rig.offline();
    assert_eq!(sends(&rig.online()), sent[1..]);

    // Killed before the acknowledgement: it is sent again, unless the archive shows that it had arrived.
    let mut rig = rig.killed();
    let mut own = self_chat("2", &second);
    own.from = full(&format!("{OWNER}/{}", rig.resource));
    own.via = Via::Archive;
    rig.session(session::Event::Message(Box::new(own)));
    assert!(sends(&rig.online()).is_empty());
}

#[test]
fn what_the_archive_shows_twice_holds_nothing_back() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    rig.online();
    let (_, first) = rig.send(&bot, OWNER, "to myself");
    rig.offline();
    let (_, second) = rig.send(&bot, "anna@example.org", "not yet out");
    // Servers archive what somebody sends himself twice: as sent, and as received.
    let mut own = self_chat("to myself", &first);
    own.from = full(&format!("{OWNER}/{}", rig.resource));
    own.via = Via::Archive;
    let event = || Event::Session(rig.core.account, session::Event::Message(Box::new(own.clone())));
    rig.batch(vec![event(), event()]);
    let sent = sends(&rig.online());
    assert!(sent.len() == 1 && sent[0].1.contains(&second), "{sent:?}");
}

#[test]
fn a_long_queue_is_fed_piece_by_piece() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    let total = limits::IN_FLIGHT_MAX * 2 + 100;
    for i in 0..total {
        if i % 30 == 0 {
            rig.wait(Duration::from_secs(1));
        }
        rig.send(&bot, "anna@example.org", &format!("<{i}>"));
    }
    let mut sent = sends(&rig.online());
    assert_eq!(sent.len(), limits::IN_FLIGHT_MAX);
    let mut done = 0;
    while done < sent.len() {
        let tags = sent[done..].iter().map(|(tag, _)| *tag).collect();
        done = sent.len();
        sent.extend(sends(&rig.session(session::Event::Acked(tags))));
    }
    assert_eq!(sent.len(), total);
    assert!(sent.iter().enumerate().all(|(i, (_, stanza))| stanza.contains(&format!("&lt;{i}&gt;"))), "in order");
    rig.wait(Duration::from_secs(1));
    assert!(sends(&rig.killed().online()).is_empty(), "all acknowledged, nothing left");
}

#[test]
fn idempotency_keys() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    rig.online();
    let keyed = |text: &str| NewMessage {
        encrypt: false,
        idempotency_key: Some("k1".to_string()),
        ..message("anna@example.org", text)
    };
    let sent = |effects: Vec<Effect>| (sends(&effects).len(), answers(effects).pop().unwrap());
    let (effects, _t) = rig.begin(as_bot(&bot), Question::SendMessage(keyed("once")));
    let (count, first) = sent(effects);
    let Ok(Answer::Sent { message_id: first, .. }) = first else { panic!() };
    assert_eq!(count, 1);
    let (effects, _t) = rig.begin(as_bot(&bot), Question::SendMessage(keyed("once")));
    let (count, second) = sent(effects);
    assert!(matches!(second, Ok(Answer::Sent { message_id, .. }) if message_id == first));
    assert_eq!(count, 0);
    assert!(matches!(rig.ask(as_bot(&bot), Question::SendMessage(keyed("twice"))), Err(Failure::Conflict(_))));
    assert!(matches!(rig.killed().ask(as_bot(&bot), Question::SendMessage(keyed("once"))), Ok(Answer::Sent { .. })));
}

fn signed_in_to(rig: &mut Rig, max_bytes: Option<usize>) {
    let jid = full(&format!("{OWNER}/{}", rig.resource));
    rig.session(session::Event::Bound { jid, facts: session::Facts { max_bytes, ..Default::default() } });
    rig.session(session::Event::Online { resumed: false });
}

fn refused(rig: &mut Rig, bot: &BotInfo, text: &str) -> String {
    match rig.ask(as_bot(bot), Question::SendMessage(message("anna@example.org", text))) {
        Err(Failure::TooLarge(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_server_does_not_take_is_refused() {
    // It is the printed stanza that counts, in the dark what usual servers take.
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "Sender");
    let why = refused(&mut rig, &bot, &"&".repeat(60_000));
    assert!(
        why.contains("300") && why.contains("; 245760 are the most that we send to a server that names no limit"),
        "{why}"
    );
    rig.send(&bot, "anna@example.org", &"a".repeat(60_000));
    assert_eq!(sends(&rig.online()).len(), 1);

    // What the server says counts from then on, before the next login, too.
    rig.offline();
    signed_in_to(&mut rig, Some(10_000));
    let why = refused(&mut rig, &bot, &"<".repeat(2_500));
    assert!(why.contains("example.org takes 10000 at most"), "{why}");
    rig.send(&bot, "anna@example.org", &"<".repeat(2_000));
    let mut rig = rig.killed();
    refused(&mut rig, &bot, &"<".repeat(2_500));

    // Of a file with a caption that is too large nothing goes out.
    let url = "https://example.org/a.jpg".to_string();
    let action = BotAction::File { url, caption: Some("&".repeat(3_000)) };
    let act = NewAction { to: full("anna@example.org"), kind: Kind::Chat, action, idempotency_key: None };
    let (effects, _t) = rig.begin(as_bot(&bot), Question::Act(act));
    assert!(sends(&effects).is_empty());
    assert!(matches!(answers(effects).pop(), Some(Err(Failure::TooLarge(_)))));
    // A correction is measured like what it corrects.
    signed_in_to(&mut rig, Some(10_000));
    let (_, id) = rig.send(&bot, "anna@example.org", "short");
    let action = BotAction::Edit { message_id: id, text: "&".repeat(3_000), keyboard: None };
    let act = NewAction { to: full("anna@example.org"), kind: Kind::Chat, action, idempotency_key: None };
    assert!(matches!(rig.ask(as_bot(&bot), Question::Act(act)), Err(Failure::TooLarge(_))));

    // The server takes more, or says nothing any more.
    rig.offline();
    signed_in_to(&mut rig, None);
    rig.send(&bot, "anna@example.org", &"<".repeat(2_500));
}

#[test]
fn what_the_manager_says_comes_in_pieces() {
    let mut rig = Rig::new();
    for number in 0..limits::BOTS_PER_OWNER_MAX {
        rig.create(OWNER, &format!("{number}{}", "<".repeat(60)));
    }
    signed_in_to(&mut rig, Some(3_000));
    let said = sends(&rig.phone("/mybots"));
    assert!(said.len() > 2, "{}", said.len());
    for (_, stanza) in &said {
        assert!(stanza.len() <= 3_000, "{}", stanza.len());
    }
    let all: String = said.into_iter().map(|(_, stanza)| stanza).collect();
    for number in 0..limits::BOTS_PER_OWNER_MAX {
        assert!(all.contains(&format!("{number}{}", "&lt;".repeat(60))), "{number}");
    }
}
