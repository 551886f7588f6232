//! In and out: by will, by force, by accident; and who waits for it.

use super::*;

#[test]
fn out_for_good_and_out_by_accident() {
    let mut rig = Rig::joined();
    // The service shuts down: nobody hears of it.
    let out = |code: &str| {
        format!(
            "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'><reason>why</reason></item>\
             <status code='110'/><status code='{code}'/></x>"
        )
    };
    rig.presence("Robo", "type='unavailable'", &out("332"));
    rig.ask(say("kept"));
    assert_eq!(rig.answer(), Ok(()));
    assert_eq!(rig.said(), Vec::<String>::new());
    rig.wait(3);
    rig.let_in(WITH_ARCHIVE);
    rig.end_of_archive("first");
    assert_eq!(rig.said(), ["kept"]);
    assert_eq!(rig.updates(), Vec::<String>::new());
    // Somebody's will is done, and what waits is given up.
    rig.presence("Robo", "type='unavailable'", &out("307"));
    assert_eq!(
        rig.updates(),
        ["message_state we were kicked out of the room (why)", "room_left we were kicked out of the room (why)"]
    );
    rig.ask(say("too late"));
    assert_eq!(rig.answer(), Err(format!("the bot is not in the room {ROOM}; call joinRoom first")));
    let mut rig = rig.killed();
    rig.online(false);
    let is_of_room = |text: &String| text.contains("/muc") || text.contains("disco");
    let asked: Vec<String> = rig.asked.iter().map(|(_, payload)| payload.clone()).collect();
    assert!(!rig.sent.iter().chain(&asked).any(is_of_room), "{:?} {asked:?}", rig.sent);
}

#[test]
fn a_deleted_bot_leaves() {
    let mut rig = Rig::joined();
    rig.sent.clear();
    let _ticket = rig.begin(Caller::Admin, Question::DeleteBot(rig.bot.id));
    assert!(rig.sent[0].contains("type='unavailable'") && rig.sent[0].contains(ROOM), "{:?}", rig.sent);
    assert!(rig.asked.iter().any(|(_, payload)| payload.contains("<retract") && payload.contains(ROOM)));
    rig.groupchat("alice", "a1", "still there?");
    rig.offline();
    rig.sent.clear();
    rig.online(false);
    assert!(!rig.sent.iter().any(|stanza| stanza.contains(ROOM)), "{:?}", rig.sent);
}

#[test]
fn whoever_waits_hears_how_it_ends() {
    let mut rig = Rig::new();
    let refusal = "<error type='auth'><registration-required xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    rig.ask(join());
    rig.presence("Robo", "type='error'", refusal);
    assert_eq!(rig.answer(), Err("the room is for members only, and this account is not one".to_string()));
    rig.ask(join());
    rig.wait(16);
    assert_eq!(rig.answer(), Err("the room did not answer in time; is the address that of a room?".to_string()));
    rig.offline();
    rig.ask(join());
    rig.wait(16);
    assert_eq!(rig.answer(), Err("the bot's account is not connected".to_string()));
    assert_eq!(rig.updates(), Vec::<String>::new());

    let mut rig = Rig::joined();
    rig.ask(join());
    assert_eq!(rig.answer(), Ok(()));
    rig.ask(Question::LeaveRoom(bare(ROOM)));
    assert!(rig.answers.is_empty());
    rig.wait(6);
    assert_eq!(rig.answer(), Ok(()));
    // Deleted while somebody waits.
    rig.ask(join());
    let _ticket = rig.begin(Caller::Admin, Question::DeleteBot(rig.bot.id));
    assert_eq!(rig.answers.len(), 2, "{:?}", rig.answers);
    assert!(rig.answers.iter().any(|answer| matches!(answer, Err(Failure::Remote { what: "join_failed", .. }))));
}
