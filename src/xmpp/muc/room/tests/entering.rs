//! Ways in and out, as we want them.

use super::*;

#[test]
fn joins_on_prosody() {
    let mut scene = Scene::entering(Intent::Asked);
    assert_eq!(scene.questions(), [ns::DISCO_INFO]);
    assert_eq!(scene.asked[0].2, ROOM);
    assert!(scene.sent[0].contains("<history maxstanzas='0'/>"), "{}", scene.sent[0]);
    assert_eq!(scene.presences(), ["bot"]);
    scene.answer(Ok(Some(info(&[ns::MAM, ns::OCCUPANT_ID, "muc_membersonly", "muc_nonanonymous"]))));
    scene.stanza(
        "<presence from='tea@muc.here/alice' to='me@here/r' xml:lang='en'>\
         <occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ-a'/><x xmlns='http://jabber.org/protocol/muc#user'>\
         <item jid='alice@here/phone' affiliation='owner' role='moderator'/></x></presence>",
    );
    assert!(!scene.room.is_joined());
    scene.stanza(
        "<presence from='tea@muc.here/bot' to='me@here/r' id='room-1'>\
         <occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ-b'/><x xmlns='http://jabber.org/protocol/muc#user'>\
         <status code='100'/><item jid='me@here/r' affiliation='member' role='participant'/><status code='110'/></x>\
         </presence>",
    );
    scene.groupchat("alice", "<subject>Tea</subject>");
    assert_eq!(scene.told(), ["info mam=true omemo=true", "joined bot", "subject alice \"Tea\""]);
    assert!(scene.room.is_joined() && scene.asked.is_empty());
    let alice = scene.room.occupant("alice").unwrap();
    assert_eq!((alice.role, alice.real_jid.clone()), (Role::Moderator, Jid::parse("alice@here/phone").ok()));
    assert_eq!((scene.room.occupant_id("alice"), scene.room.occupant_id("bot")), (Some("occ-a"), Some("occ-b")));
    assert_eq!((scene.room.own().role, scene.room.nick()), (Role::Participant, "bot"));
    scene.presence("alice", "type='unavailable'", "<item affiliation='owner' role='none'/>");
    assert!(scene.room.occupant("alice").is_none());
}

#[test]
fn joins_on_ejabberd_and_asks_again_what_it_was_not_told_outside() {
    let mut scene = Scene::entering(Intent::Kept);
    scene.answer(failure("cancel", "item-not-found"));
    scene.presence("bot", "", "<item affiliation='none' role='participant'/><status code='110'/><status code='100'/>");
    assert_eq!((scene.told(), scene.questions()), (vec!["joined bot".to_string()], vec![ns::DISCO_INFO]));
    scene.answer(Ok(Some(info(&["muc_open"]))));
    scene.groupchat("", "<subject/>");
    assert_eq!(scene.told(), ["info mam=false omemo=false", "subject - \"\""]);
    // Ids are only trusted where the room says so.
    scene.stanza(
        "<presence from='tea@muc.here/eve'><occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/></presence>",
    );
    assert!(scene.room.occupant("eve").is_some() && scene.room.occupant_id("eve").is_none());
}

#[test]
fn opens_the_room_it_created() {
    let created = "<item affiliation='owner' role='moderator'/><status code='110'/><status code='201'/>";
    let mut scene = Scene::entering(Intent::Asked);
    scene.asked.clear();
    scene.presence("bot", "", created);
    assert!(scene.told().is_empty());
    let (_, kind, to, query) = &scene.asked[0];
    assert_eq!((kind, to.as_str()), (&IqKind::Set, ROOM));
    let form = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>";
    assert_eq!(query.print(ns::CLIENT), form);
    scene.answer(Ok(None));
    assert_eq!((scene.told(), scene.questions()), (vec!["created bot".to_string()], vec![ns::DISCO_INFO]));

    let mut scene = Scene::entering(Intent::Asked);
    scene.presence("bot", "", created);
    scene.sent.clear();
    scene.answer(failure("cancel", "not-allowed"));
    assert_eq!(scene.told(), ["refused: the room was created but could not be opened for others"]);
    assert_eq!(scene.presences(), ["-bot"]);
    assert_eq!(scene.room.deadline(), None);
}

#[test]
fn takes_another_nick() {
    let mut scene = Scene::entering(Intent::Asked);
    scene.error("bot", "cancel", "conflict");
    // The same error once more is about a try that is over.
    scene.stanza(&format!(
        "<presence from='{ROOM}/bot' type='error' id='room-1'><error type='cancel'><conflict xmlns='{STANZAS}'/></error>\
         </presence>"
    ));
    assert_eq!(scene.presences(), ["bot", "bot_"]);
    scene.error("bot_", "cancel", "conflict");
    scene.presence("bot2", "", SELF);
    assert_eq!((scene.presences(), scene.told()), (vec!["bot2".to_string()], vec!["joined bot2".to_string()]));
    // The nick we wanted becomes free.
    scene.presence("bot", "type='unavailable'", "<item affiliation='none' role='none'/>");
    assert_eq!(scene.presences(), ["=bot"]);
    scene.presence("bot2", "type='unavailable'", "<item nick='bot'/><status code='303'/><status code='110'/>");
    scene.presence("bot", "", SELF);
    assert_eq!(scene.told(), ["nick bot"]);

    let mut scene = Scene::entering(Intent::Kept);
    for nick in ["bot", "bot_", "bot2", "bot3"] {
        scene.error(nick, "cancel", "conflict");
    }
    assert_eq!(scene.presences(), ["bot", "bot_", "bot2", "bot3"]);
    assert_eq!(scene.told(), ["refused: the nick is taken in this room"]);
    assert_eq!(scene.room.deadline(), None);
}

#[test]
fn is_refused() {
    for (kind, condition, sentence, passes) in [
        ("auth", "not-authorized", "the room asks for a password", false),
        ("auth", "registration-required", "the room is for members only, and this account is not one", false),
        ("auth", "forbidden", "this account is banned from the room", false),
        ("wait", "service-unavailable", "the room is full", true),
        ("cancel", "item-not-found", "there is no such room, or its owner has not opened it yet", true),
        ("cancel", "not-allowed", "there is no such room, and this account may not create it", false),
        ("cancel", "not-acceptable", "the room wants us to use the nick registered for this account", false),
        ("modify", "jid-malformed", "the room does not accept this nick", false),
        ("cancel", "gone", "the room does not exist any more", false),
        ("cancel", "remote-server-not-found", "our server cannot reach the room's server", true),
        ("wait", "resource-constraint", "the room's service is too busy for us, or we are in too many rooms", true),
    ] {
        let mut scene = Scene::entering(Intent::Asked);
        scene.error("bot", kind, condition);
        assert_eq!((scene.told(), scene.room.deadline()), (vec![format!("refused: {sentence}")], None));
        let mut scene = Scene::entering(Intent::Kept);
        scene.sent.clear();
        scene.error("bot", kind, condition);
        let (told, waits) = (scene.told(), scene.room.deadline().is_some());
        let expected = if passes { format!("lost: {sentence}; 1000") } else { format!("refused: {sentence}") };
        assert_eq!((told, waits), (vec![expected], passes), "{condition}");
        scene.pass(1);
        assert_eq!(scene.presences().len(), usize::from(passes));
    }
    let mut scene = Scene::with(|config| config.password = Some(Secret::new("open")));
    scene.input(Input::Online { resumed: false });
    scene.input(Input::Join(Intent::Asked));
    assert!(scene.sent[0].contains("<password>open</password>"));
    scene.error("bot", "auth", "not-authorized");
    assert_eq!(scene.told(), ["refused: the room's password is another one"]);
}

#[test]
fn is_not_answered() {
    let timeout = "the room did not answer in time; is the address that of a room?";
    let mut scene = Scene::entering(Intent::Asked);
    scene.pass(14);
    assert!(scene.told().is_empty());
    scene.pass(1);
    assert_eq!(scene.told(), [format!("refused: {timeout}")]);
    assert_eq!(scene.presences(), ["bot", "-bot"]);
    // It comes after all, and does not keep us.
    scene.presence("bot", "", SELF);
    assert_eq!((scene.presences(), scene.told()), (vec!["-bot".to_string()], vec![]));

    let mut scene = Scene::entering(Intent::Kept);
    scene.pass(15);
    assert_eq!(scene.told(), [format!("lost: {timeout}; 1000")]);
    // The same, while we wait for the next try.
    scene.presence("bot", "", SELF);
    assert_eq!(scene.told(), ["joined bot"]);
    scene.pass(10);
    assert_eq!(scene.presences(), ["bot"]);
}

#[test]
fn waits_for_the_session() {
    let mut scene = Scene::with(|_| ());
    scene.input(Input::Join(Intent::Asked));
    scene.pass(15);
    assert_eq!(scene.told(), ["refused: the bot's account is not connected"]);
    let mut scene = Scene::with(|_| ());
    scene.input(Input::Join(Intent::Kept));
    scene.pass(100_000);
    assert!(scene.told().is_empty() && scene.sent.is_empty());
    scene.input(Input::Online { resumed: false });
    assert_eq!(scene.presences(), ["bot"]);
    // Falls offline while entering: somebody asked, so he gets an answer in time even so.
    let mut scene = Scene::entering(Intent::Asked);
    scene.pass(10);
    scene.input(Input::Offline);
    scene.input(Input::Online { resumed: false });
    scene.pass(5);
    assert_eq!(scene.presences(), ["bot", "bot", "-bot"]);
    assert_eq!(scene.told().len(), 1);
}

#[test]
fn leaves() {
    let mut scene = Scene::joined();
    scene.input(Input::Leave);
    assert_eq!(scene.presences(), ["-bot"]);
    assert!(scene.told().is_empty());
    scene.presence("bot", "type='unavailable'", "<item affiliation='none' role='none'/><status code='110'/>");
    scene.input(Input::Leave);
    assert_eq!(scene.told(), ["left: we left the room", "left: we left the room"]);
    assert_eq!(scene.room.deadline(), None);
    let mut scene = Scene::joined();
    scene.input(Input::Leave);
    scene.pass(5);
    assert_eq!(scene.told(), ["left: we left the room"]);
    // Comes back before it is out: the end of the earlier stay is not that of the new one.
    let mut scene = Scene::joined();
    scene.input(Input::Leave);
    scene.input(Input::Join(Intent::Asked));
    scene.presence("bot", "type='unavailable'", "<status code='110'/>");
    scene.presence("bot", "", SELF);
    assert_eq!((scene.presences(), scene.told()), (vec!["-bot".into(), "bot".into()], vec!["joined bot".to_string()]));
}
