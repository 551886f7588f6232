//! Staying, falling out, coming back; our nick.

use super::*;

#[test]
fn stays_out_when_somebody_wants_it() {
    let by = "<item affiliation='none' role='none'><actor nick='alice'/><reason>spam</reason></item>";
    for (inside, told) in [
        ("<status code='307'/>", "left: we were kicked out of the room by alice (spam)"),
        ("<status code='301'/>", "left: we were banned from the room by alice (spam)"),
        ("<status code='321'/>", "left: we were put out of the room by alice, as we are no member any more (spam)"),
        ("<status code='322'/>", "left: we were put out of the room by alice, as it is for members only now (spam)"),
        (
            "<destroy jid='coffee@muc.here'><reason>moved</reason></destroy>",
            "left: the room was destroyed; the place to go is coffee@muc.here (moved)",
        ),
    ] {
        // Without 110, as old services send it, too.
        for own in ["<status code='110'/>", ""] {
            let mut scene = Scene::joined();
            scene.input(Input::Sent("m1".into(), String::new()));
            scene.presence("bot", "type='unavailable'", &format!("{by}{own}{inside}"));
            assert_eq!(scene.told(), [told, "unconfirmed m1"]);
            scene.pass(100_000);
            scene.input(Input::Online { resumed: false });
            assert!(scene.sent.is_empty() && scene.room.deadline().is_none());
        }
        let mut scene = Scene::entering(Intent::Kept);
        scene.presence("bot", "type='unavailable'", &format!("{by}<status code='110'/>{inside}"));
        assert_eq!(scene.told(), [told.replacen("left", "refused", 1)]);
    }
}

#[test]
fn comes_back_when_nobody_wanted_it() {
    for (inside, why) in [
        ("<status code='307'/><status code='333'/>", "the room could not reach us and put us out"),
        ("<status code='332'/>", "the room's service shuts down"),
        ("", "the room let us go"),
    ] {
        let mut scene = Scene::joined();
        scene.presence("bot", "type='unavailable'", &format!("<item role='none'/><status code='110'/>{inside}"));
        assert_eq!(scene.told(), [format!("lost: {why}; 1000")]);
        // Down for long: the waits grow.
        scene.pass(1);
        for wait in [2, 4, 8, 16] {
            scene.error("bot", "wait", "service-unavailable");
            assert_eq!(scene.told(), [format!("lost: the room is full; {}000", wait)]);
            scene.pass(wait);
        }
        assert_eq!(scene.presences().len(), 5);
        scene.presence("bot", "", SELF);
        assert_eq!(scene.told(), ["joined bot"]);
        // Out again at once: they go on growing. After a quiet hour they begin anew.
        scene.presence("bot", "type='unavailable'", "<status code='110'/><status code='333'/>");
        assert_eq!(scene.told(), ["lost: the room could not reach us and put us out; 32000"]);
        scene.pass(32);
        scene.presence("bot", "", SELF);
        for _ in 0..60 {
            scene.pass(60);
            scene.groupchat("alice", "<body>x</body>");
        }
        scene.told.clear();
        scene.presence("bot", "type='unavailable'", "<status code='110'/><status code='333'/>");
        assert_eq!(scene.told(), ["lost: the room could not reach us and put us out; 1000"]);
    }
}

#[test]
fn never_waits_longer_than_the_limit() {
    let mut scene = Scene::entering(Intent::Kept);
    for _ in 0..40 {
        scene.room.handle(scene.now, u32::MAX, Input::Tick);
        scene.error("bot", "wait", "remote-server-timeout");
        assert!(scene.room.deadline().unwrap() <= scene.now.mono + limits::ROOM_REJOIN_MAX);
        scene.pass(limits::ROOM_REJOIN_MAX.as_secs());
    }
}

#[test]
fn notices_that_it_is_a_ghost() {
    for condition in ["not-acceptable", "not-allowed", "item-not-found", "bad-request"] {
        let mut scene = Scene::joined();
        scene.pass(200);
        scene.presence("alice", "", "<item affiliation='none' role='participant'/>");
        scene.pass(239);
        assert!(scene.asked.is_empty());
        scene.pass(1);
        assert_eq!((scene.questions(), scene.asked[0].2.as_str()), (vec![ns::PING], "tea@muc.here/bot"));
        scene.answer(failure("cancel", condition));
        assert_eq!(scene.told(), [format!("lost: the room says that we are not in it ({condition}); 1000")]);
        scene.pass(1);
        assert_eq!(scene.presences(), ["bot"]);
    }
    // An answer to an earlier question changes nothing.
    let mut scene = Scene::joined();
    scene.input(Input::Answer { tag: 77, answer: failure("cancel", "not-acceptable") });
    assert!(scene.told().is_empty());
}

#[test]
fn takes_no_answer_for_what_it_is_not() {
    let answers = [Ok(None), failure("cancel", "service-unavailable"), failure("cancel", "feature-not-implemented")];
    for answer in answers {
        let mut scene = Scene::joined();
        for _ in 0..5 {
            scene.pass(240);
            scene.answer(answer.clone());
        }
        assert!(scene.told().is_empty() && scene.room.is_joined());
    }
    // Three answers that say nothing, or none at all.
    let unclear = [Some(("cancel", "remote-server-not-found")), Some(("wait", "remote-server-timeout")), None];
    for answer in unclear {
        let mut scene = Scene::joined();
        scene.pass(240);
        for round in 0..3 {
            assert!(scene.told().is_empty(), "{round}");
            match answer {
                Some((kind, condition)) => scene.answer(failure(kind, condition)),
                None => scene.pass(30),
            }
            if round < 2 {
                scene.pass(30);
            }
        }
        assert_eq!(scene.told(), ["lost: the room does not answer; 1000"]);
    }
    // A sign of life in between.
    let mut scene = Scene::joined();
    scene.pass(240 + 3 * 60 - 31);
    scene.groupchat("alice", "<body>x</body>");
    scene.pass(200);
    assert_eq!(scene.told(), ["alice \"x\""]);
}

#[test]
fn a_stream_goes_on_or_begins_anew() {
    let mut scene = Scene::joined();
    scene.input(Input::Offline);
    scene.pass(500);
    assert!(scene.asked.is_empty());
    scene.input(Input::Online { resumed: true });
    assert_eq!(scene.questions(), [ns::PING]);
    assert!(scene.sent.is_empty());
    scene.answer(Ok(None));
    assert!(scene.told().is_empty() && scene.room.is_joined());
    scene.input(Input::Offline);
    scene.input(Input::Online { resumed: false });
    assert_eq!(scene.told(), ["lost: our connection began anew; 0"]);
    assert_eq!(scene.presences(), ["bot"]);
    scene.presence("bot", "", SELF);
    assert_eq!(scene.told(), ["joined bot"]);
    // While leaving.
    scene.input(Input::Leave);
    scene.input(Input::Offline);
    scene.input(Input::Online { resumed: false });
    assert_eq!((scene.told(), scene.presences()), (vec!["left: we left the room".to_string()], vec!["-bot".into()]));
    // While waiting for the next try.
    let mut scene = Scene::joined();
    scene.presence("bot", "type='unavailable'", "<status code='332'/>");
    scene.input(Input::Offline);
    scene.pass(100);
    assert!(scene.sent.is_empty());
    scene.input(Input::Online { resumed: true });
    assert_eq!(scene.presences(), ["bot"]);
    // While opening a new room.
    let mut scene = Scene::entering(Intent::Asked);
    scene.presence("bot", "", "<status code='110'/><status code='201'/>");
    scene.input(Input::Offline);
    scene.asked.clear();
    scene.input(Input::Online { resumed: true });
    scene.answer(Ok(None));
    assert_eq!(scene.told(), ["created bot"]);
}

#[test]
fn changes_its_nick() {
    let mut scene = Scene::joined();
    scene.input(Input::Nick("Robot".into()));
    assert_eq!(scene.presences(), ["=Robot"]);
    scene.presence("bot", "type='unavailable'", "<item nick='Robot'/><status code='303'/><status code='110'/>");
    scene.presence("Robot", "", SELF);
    assert_eq!((scene.told(), scene.room.nick()), (vec!["nick Robot".to_string()], "Robot"));
    scene.input(Input::Online { resumed: false });
    assert_eq!(scene.presences(), ["Robot"]);
    for (condition, sentence) in [
        ("conflict", "the nick is taken in this room"),
        ("not-acceptable", "the room wants us to use the nick registered for this account"),
        ("not-allowed", "the room does not let us change our nick"),
    ] {
        let mut scene = Scene::joined();
        scene.input(Input::Nick("alice".into()));
        scene.error("alice", "cancel", condition);
        assert_eq!(scene.told(), [format!("no nick: {sentence}")]);
        assert_eq!((scene.room.nick(), scene.room.is_joined()), ("bot", true));
    }
    // What the room makes of it is the answer; and so is that nothing changes.
    let mut scene = Scene::joined();
    scene.input(Input::Nick("Num№".into()));
    scene.presence("bot", "type='unavailable'", "<item nick='NumNo'/><status code='303'/><status code='110'/>");
    scene.presence("NumNo", "", SELF);
    assert_eq!((scene.told(), scene.room.nick()), (vec!["nick NumNo".to_string()], "NumNo"));
    scene.input(Input::Nick("Num№".into()));
    let id = scene.room.us.last_presence_id();
    scene.presence("NumNo", &format!("id='{id}'"), SELF);
    assert_eq!(scene.told(), ["nick NumNo"]);
    scene.input(Input::Nick("Third".into()));
    scene.presence("NumNo", "type='unavailable'", "<item nick='Third'/><status code='303'/><status code='110'/>");
    scene.presence("Third", "", SELF);
    assert_eq!(scene.told(), ["nick Third"]);
    let mut scene = Scene::joined();
    scene.input(Input::Nick("x".into()));
    scene.pass(15);
    scene.input(Input::Nick("\u{0}".into()));
    scene.input(Input::Nick("bot".into()));
    assert_eq!(
        scene.told(),
        [
            "no nick: the room did not answer in time; is the address that of a room?",
            "no nick: the room does not accept this nick",
            "nick bot",
        ]
    );
    assert!(Room::new(RoomConfig { nick: String::new(), ..scene.room.config.clone() }, scene.now).is_err());
}

#[test]
fn the_service_names_us() {
    let mut scene = Scene::entering(Intent::Asked);
    scene.presence("bot@here", "", &format!("{SELF}<status code='210'/>"));
    assert_eq!((scene.told(), scene.room.nick()), (vec!["joined bot@here".to_string()], "bot@here"));
    // Later, too: with 303, and without.
    scene.presence("bot@here", "type='unavailable'", "<item nick='b2'/><status code='303'/><status code='110'/>");
    scene.presence("b2", "", SELF);
    scene.presence("b3", "", SELF);
    assert_eq!(scene.told(), ["nick b2", "nick b3"]);
    // Somebody else's change of nick is not ours.
    scene.presence("alice", "type='unavailable'", "<item nick='al'/><status code='303'/>");
    assert_eq!((scene.told(), scene.room.nick()), (vec![], "b3"));
}

#[test]
fn others_do_not_concern_us() {
    let mut scene = Scene::joined();
    for text in [
        "<presence from='other@muc.here/bot' type='unavailable'><x xmlns='http://jabber.org/protocol/muc#user'>\
         <status code='110'/><status code='301'/></x></presence>",
        "<presence from='tea@muc.here/alice' type='unavailable'><x xmlns='http://jabber.org/protocol/muc#user'>\
         <status code='301'/></x></presence>",
        "<presence from='tea@muc.here' type='unavailable'/>",
        "<presence from='tea@muc.here/bot' type='error' id='room-1'/>",
        "<message from='other@muc.here/alice' type='groupchat'><body>x</body></message>",
    ] {
        scene.stanza(text);
        assert!(scene.told().is_empty() && scene.room.is_joined(), "{text}");
    }
}

#[test]
fn remembers_only_so_many() {
    let mut scene = Scene::joined();
    for number in 0..limits::ROOM_OCCUPANTS_MAX + 10 {
        scene.presence(&format!("n{number}"), "", "<item role='participant'/>");
    }
    assert_eq!(scene.room.occupants.len(), limits::ROOM_OCCUPANTS_MAX);
    scene.presence("n0", "", "<item role='moderator'/>");
    assert_eq!(scene.room.occupant("n0").unwrap().role, Role::Moderator);
}
