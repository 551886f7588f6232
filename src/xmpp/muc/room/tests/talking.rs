//! What is said, by others and by us.

use super::*;

fn known() -> Scene {
    let mut scene = Scene::entering(Intent::Asked);
    scene.answer(Ok(Some(info(&[ns::MAM, ns::OCCUPANT_ID]))));
    scene.stanza(
        "<presence from='tea@muc.here/bot'><occupant-id xmlns='urn:xmpp:occupant-id:0' id='mine'/>\
         <x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>",
    );
    scene.told.clear();
    scene
}

#[test]
fn history_is_not_news() {
    let mut scene = known();
    let old = "<body>bot: x</body><delay xmlns='urn:xmpp:delay' from='tea@muc.here' stamp='1970-01-01T00:00:01Z'/>";
    let late = "<body>bot: x</body><delay xmlns='urn:xmpp:delay' from='here' stamp='1970-01-01T00:00:01Z'/>";
    scene.groupchat("alice", old);
    scene.groupchat("bot", old);
    scene.groupchat("bot", &format!("{old}<occupant-id xmlns='urn:xmpp:occupant-id:0' id='another'/>"));
    // Old services do not say who held it up.
    let unsigned = "<body>x</body><delay xmlns='urn:xmpp:delay' stamp='1970-01-01T00:00:01Z'/>";
    scene.groupchat("alice", unsigned);
    scene.groupchat("alice", "<subject>Tea</subject>");
    scene.groupchat("alice", unsigned);
    // Who has our nick now is us, whatever his id is.
    scene.groupchat("bot", "<body>x</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='another'/>");
    scene.groupchat("alice", "<body>bot: x</body>");
    scene.groupchat("alice", late);
    scene.groupchat("alice", old);
    assert_eq!(
        scene.told(),
        [
            "alice \"bot: x\" history to us",
            "bot \"bot: x\" ours history",
            "bot \"bot: x\" history to us known",
            "alice \"x\" history",
            "subject alice \"Tea\"",
            "alice \"x\"",
            "bot \"x\" ours known",
            "alice \"bot: x\" to us",
            "alice \"bot: x\" to us",
            "alice \"bot: x\" history to us",
        ]
    );
}

/// Before the subject nothing is news, whatever it says of its time.
#[test]
fn history_without_a_time() {
    let mut scene = known();
    let marks = [
        "<x xmlns='jabber:x:delay' stamp='19700101T00:00:01'/>",
        "<x xmlns='jabber:x:delay' stamp='some time ago'/>",
        "<delay xmlns='urn:xmpp:delay' stamp=''/>",
        "",
    ];
    for mark in marks {
        scene.groupchat("alice", &format!("<body>bot: x</body>{mark}"));
        assert_eq!(scene.told(), ["alice \"bot: x\" history to us"], "{mark}");
    }
    scene.groupchat("", "<subject/>");
    scene.told.clear();
    // Later only what the room held up itself.
    for mark in
        ["<x xmlns='jabber:x:delay' from='tea@muc.here'/>", "<delay xmlns='urn:xmpp:delay' from='tea@muc.here'/>"]
    {
        scene.groupchat("alice", &format!("<body>bot: x</body>{mark}"));
        assert_eq!(scene.told(), ["alice \"bot: x\" history to us"], "{mark}");
    }
    scene.groupchat("alice", "<body>bot: x</body>");
    assert_eq!(scene.told(), ["alice \"bot: x\" to us"]);
    // A room that never tells its subject is listened to all the same.
    let mut scene = known();
    scene.pass(11);
    scene.groupchat("alice", "<body>bot: x</body>");
    assert_eq!(scene.told(), ["alice \"bot: x\" to us"]);
}

/// Rooms of other networks give our messages other ids and change a little about their texts.
#[test]
fn our_message_comes_back_under_another_id() {
    let sent = |scene: &mut Scene, id: &str, text: &str| scene.input(Input::Sent(id.into(), text.into()));
    let shown = |scene: &mut Scene, nick: &str, text: &str| {
        scene.stanza(&format!(
            "<message from='{ROOM}/{nick}' type='groupchat' id='theirs'><body>{text}</body></message>"
        ));
        scene.told()
    };
    let start = || {
        let mut scene = known();
        scene.groupchat("", "<subject/>");
        scene.told.clear();
        scene
    };
    let long = format!("{} end", "word ".repeat(200));
    for (text, comes_back) in [
        ("good day", "good day"),
        ("good day  \n", "good day"),
        ("  *good* _day_", "good day"),
        ("first line\nsecond line", "first line"),
        ("\n\nfirst line\n\nsecond line", "first line"),
        ("!!! \u{1f375}", "!!!\u{1f375}"),
        (&long, &long[..400]),
        ("\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}", "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} "),
    ] {
        let mut scene = start();
        sent(&mut scene, "m1", text);
        assert_eq!(shown(&mut scene, "bot", "another thing"), ["bot \"another thing\" ours"]);
        assert_eq!(shown(&mut scene, "bob", comes_back).len(), 1);
        assert_eq!(shown(&mut scene, "bot", comes_back), ["shown m1 None"], "{text:?}");
    }
    // In the order in which they went out; a short beginning is another message.
    let mut scene = start();
    sent(&mut scene, "m1", "yes we can");
    sent(&mut scene, "m2", "yes");
    sent(&mut scene, "m3", "yes");
    for id in ["m2", "m3"] {
        assert_eq!(shown(&mut scene, "bot", "yes"), [format!("shown {id} None")]);
    }
    assert_eq!(shown(&mut scene, "bot", "yes we can"), ["shown m1 None"]);
    // Where ids stay, they alone tell: another client of the account has the same nick.
    sent(&mut scene, "m4", "yes");
    sent(&mut scene, "m5", "yes");
    scene.stanza(&format!("<message from='{ROOM}/bot' type='groupchat' id='m4'><body>yes</body></message>"));
    assert_eq!(scene.told(), ["shown m4 None"]);
    assert_eq!(shown(&mut scene, "bot", "yes"), ["bot \"yes\" ours"]);
}

#[test]
fn asks_for_what_it_missed() {
    let mut scene = Scene::with(|config| config.history_since = Some(61_000));
    scene.input(Input::Online { resumed: false });
    scene.input(Input::Join(Intent::Kept));
    assert!(scene.sent[0].contains("since='1970-01-01T00:00:01.000Z'"), "{}", scene.sent[0]);
    scene.presence("bot", "", "<status code='110'/>");
    scene.groupchat("", "<subject/>");
    scene.pass(200);
    scene.groupchat("alice", "<body>x</body>");
    scene.sent.clear();
    scene.input(Input::Online { resumed: false });
    assert!(scene.sent[0].contains("since='1970-01-01T00:19:00.000Z'"), "{}", scene.sent[0]);
    // A room with an archive is asked there.
    scene.answer(Ok(Some(info(&[ns::MAM]))));
    scene.sent.clear();
    scene.input(Input::Online { resumed: false });
    assert!(scene.sent[0].contains("<history maxstanzas='0'/>"), "{}", scene.sent[0]);
}

#[test]
fn speaks_to_us_or_not() {
    let mut scene = known();
    scene.groupchat("", "<subject/>");
    scene.told.clear();
    let mention =
        |uri: &str| format!("<body>x</body><reference xmlns='urn:xmpp:reference:0' type='mention' uri='{uri}'/>");
    for (inside, told) in [
        ("<body>Bot, hi</body>".to_string(), "alice \"Bot, hi\" to us"),
        ("<body>bots</body>".into(), "alice \"bots\""),
        (mention("xmpp:tea@muc.here/bot"), "alice \"x\" to us"),
        (mention("xmpp:me@here"), "alice \"x\" to us"),
        (mention("xmpp:tea@muc.here/bob"), "alice \"x\""),
        ("<body>x</body><reply xmlns='urn:xmpp:reply:0' id='1' to='tea@muc.here/bot'/>".into(), "alice \"x\" to us"),
        ("<encrypted xmlns='urn:xmpp:omemo:2'/>".into(), "alice \"\""),
    ] {
        scene.groupchat("alice", &inside);
        assert_eq!(scene.told(), [told], "{inside}");
    }
    scene.stanza("<message from='tea@muc.here/alice' type='chat'><body>psst</body></message>");
    scene.groupchat("bot", "<body>bot: from my other client</body>");
    assert_eq!(scene.told(), ["alice \"psst\" to us", "bot \"bot: from my other client\" ours"]);
}

#[test]
fn our_message_is_shown() {
    let mut scene = known();
    scene.groupchat("", "<subject/>");
    scene.told.clear();
    for id in ["m1", "m2", "m3", "m4"] {
        scene.input(Input::Sent(id.into(), String::new()));
    }
    let message = |nick: &str, id: &str, origin: &str, occupant: &str| {
        format!(
            "<message from='tea@muc.here/{nick}' type='groupchat' id='{id}'><body>bot</body>\
             <origin-id xmlns='urn:xmpp:sid:0' id='{origin}'/>\
             <occupant-id xmlns='urn:xmpp:occupant-id:0' id='{occupant}'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='tea@muc.here' id='a'/></message>"
        )
    };
    // By its id; by its origin-id where the service changed the id; under an earlier nick of ours.
    scene.stanza(&message("bot", "m1", "m1", "mine"));
    scene.stanza(&message("bot", "service", "m2", "mine"));
    scene.stanza(&message("bot-before", "m3", "m3", "mine"));
    assert_eq!(scene.told(), ["shown m1 Some(\"a\")", "shown m2 Some(\"a\")", "shown m3 Some(\"a\")"]);
    // Somebody else copies the id; the account's owner shares the occupant id; it comes twice.
    scene.stanza(&message("eve", "m4", "m4", "hers"));
    scene.stanza(&message("owner", "o", "o", "mine"));
    scene.stanza(&message("bot", "m1", "m1", "mine"));
    assert_eq!(
        scene.told(),
        ["eve \"bot\" to us archived known", "owner \"bot\" to us archived known", "bot \"bot\" ours archived known",]
    );
}

#[test]
fn our_message_is_not_shown() {
    let mut scene = Scene::joined();
    scene.input(Input::Sent("m1".into(), String::new()));
    scene.pass(10);
    scene.input(Input::Sent("m2".into(), String::new()));
    scene.pass(9);
    assert!(scene.asked.is_empty());
    scene.pass(1);
    assert_eq!(scene.questions(), [ns::PING]);
    scene.answer(Ok(None));
    assert_eq!(scene.told(), ["unconfirmed m1"]);
    scene.pass(10);
    scene.answer(failure("cancel", "not-acceptable"));
    assert_eq!(scene.told(), ["lost: the room says that we are not in it (not-acceptable); 1000"]);
    // Back again, it may be shown from the history; else it is given up.
    scene.pass(1);
    scene.presence("bot", "", "<status code='110'/>");
    scene.asked.clear();
    scene.pass(30);
    scene.answer(Ok(None));
    assert_eq!(scene.told(), ["joined bot", "unconfirmed m2"]);
    scene.asked.clear();
    scene.pass(200);
    assert!(scene.asked.is_empty());
}

#[test]
fn each_message_has_its_own_time() {
    let mut scene = Scene::joined();
    scene.input(Input::Sent("m1".into(), String::new()));
    scene.pass(15);
    scene.input(Input::Sent("m2".into(), String::new()));
    scene.stanza("<message from='tea@muc.here/bot' type='groupchat' id='m1'><body>x</body></message>");
    scene.pass(19);
    assert!(scene.asked.is_empty());
    scene.pass(1);
    assert_eq!(scene.questions(), [ns::PING]);
}

#[test]
fn others_talking_do_not_prove_ours() {
    let mut scene = Scene::joined();
    scene.input(Input::Sent("m1".into(), String::new()));
    for _ in 0..10 {
        scene.pass(10);
        scene.groupchat("alice", "<body>x</body>");
    }
    // The first question was lost on the way, another has followed.
    assert_eq!(scene.questions(), [ns::PING, ns::PING]);
    scene.answer(Ok(None));
    assert_eq!(scene.told().last().map(String::as_str), Some("unconfirmed m1"));
}

#[test]
fn our_message_is_refused() {
    let error = |from: &str, id: &str, condition: &str| {
        format!(
            "<message from='{from}' type='error' id='{id}'><error type='auth'><{condition} xmlns='{STANZAS}'/></error>\
             </message>"
        )
    };
    let mut scene = Scene::joined();
    scene.input(Input::Sent("m1".into(), String::new()));
    scene.input(Input::Sent("m2".into(), String::new()));
    scene.stanza(&error("tea@muc.here/eve", "m1", "not-acceptable"));
    scene.stanza(&error("tea@muc.here", "other", "not-acceptable"));
    assert!(scene.told().is_empty());
    scene.stanza(&error("tea@muc.here", "m1", "forbidden"));
    assert_eq!(scene.told(), ["not sent m1: forbidden, out=false"]);
    scene.stanza(&error("tea@muc.here", "m2", "not-acceptable"));
    assert_eq!(
        scene.told(),
        ["not sent m2: not-acceptable, out=true", "lost: the room says that we are not in it (not-acceptable); 1000",]
    );
}

#[test]
fn watches_only_so_many() {
    let mut scene = Scene::joined();
    for number in 0..=limits::ROOM_SENT_MAX {
        scene.input(Input::Sent(format!("m{number}"), String::new()));
    }
    assert_eq!((scene.told(), scene.room.posts.len()), (vec!["unconfirmed m0".to_string()], limits::ROOM_SENT_MAX));
    let mut scene = Scene::with(|_| ());
    scene.input(Input::Sent("m".into(), String::new()));
    assert_eq!(scene.told(), ["unconfirmed m"]);
}

#[test]
fn the_room_changes() {
    let mut scene = known();
    scene.asked.clear();
    let changed = |code| format!("<x xmlns='http://jabber.org/protocol/muc#user'><status code='{code}'/></x>");
    scene.groupchat("alice", &changed(104));
    assert!(scene.asked.is_empty());
    scene.told.clear();
    scene.groupchat("", &changed(104));
    scene.groupchat("", &changed(172));
    assert_eq!(scene.questions(), [ns::DISCO_INFO]);
    scene.answer(Ok(Some(info(&[ns::MAM, ns::OCCUPANT_ID]))));
    assert!(scene.told().is_empty());
    scene.groupchat("", &changed(173));
    scene.answer(Ok(Some(info(&["muc_membersonly", "muc_nonanonymous"]))));
    assert_eq!(scene.told(), ["info mam=false omemo=true"]);
}
