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
