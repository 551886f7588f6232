//! What is said twice is told twice, what comes twice once; with ids used again, empty ones and none.

use super::*;

const STAMP: &str = "2027-01-15T08:00:00Z";
/// Ids of senders that say the same again.
const IDS: [&str; 3] = ["id='again'", "id=''", ""];

impl Rig {
    /// In a room without an archive.
    fn unarchived() -> Rig {
        let mut rig = Rig::new();
        rig.ask(join());
        rig.let_in(WITHOUT_ARCHIVE);
        assert_eq!(rig.answer(), Ok(()));
        assert_eq!(rig.updates(), ["room_joined tea@muc.example.org"]);
        rig.sent.clear();
        rig
    }

    /// Killed, and in it again; the room tells this of before.
    fn back(self, history: &[String]) -> Rig {
        let mut rig = self.killed();
        rig.online(false);
        rig.presence("Robo", "", SELF);
        rig.reply("disco#info", WITHOUT_ARCHIVE);
        history.iter().for_each(|message| rig.message(message));
        rig.subject();
        rig
    }
}

fn delayed(message: &str, by: &str, stamp: &str) -> String {
    message.replace("</message>", &format!("<delay xmlns='urn:xmpp:delay' from='{by}' stamp='{stamp}'/></message>"))
}

fn plain(nick: &str, id: &str, text: &str) -> String {
    format!("<message from='{ROOM}/{nick}' type='groupchat' {id}><body>{text}</body></message>")
}

#[test]
fn the_same_id_and_text_again() {
    for id in IDS {
        let mut rig = Rig::new();
        let said = format!("<message from='{OWNER}/phone' to='{ROBOT}' type='chat' {id}><body>on</body></message>");
        // Without an archive.
        for _ in 0..3 {
            rig.message(&said);
        }
        assert_eq!(rig.updates(), ["message on"; 3], "{id}");
        // With one: its ids tell.
        let archived = |archive_id: &str| {
            let stanza_id = format!("<stanza-id xmlns='urn:xmpp:sid:0' by='{ROBOT}' id='{archive_id}'/></message>");
            said.replace("</message>", &stanza_id)
        };
        for archive_id in ["a1", "a2", "a2", "a3", "", ""] {
            rig.message(&archived(archive_id));
        }
        assert_eq!(rig.updates(), ["message on"; 5], "an empty id is none");
        let mut rig = rig.killed();
        rig.online(false);
        for archive_id in ["a1", "a2", "a3"] {
            rig.message(&archived(archive_id));
        }
        assert_eq!(rig.updates(), Vec::<String>::new());
    }
}

/// A server without an archive sends again what a killed stream has not acknowledged, with the time it came.
#[test]
fn what_a_server_sends_again() {
    for id in IDS {
        let mut rig = Rig::new();
        let said = format!("<message from='{OWNER}/phone' to='{ROBOT}' type='chat' {id}><body>on</body></message>");
        rig.message(&said);
        rig.message(&said);
        assert_eq!(rig.updates(), ["message on"; 2]);
        let mut rig = rig.killed();
        rig.online(false);
        let again = delayed(&said, "example.org", STAMP);
        rig.message(&again);
        rig.message(&again);
        assert_eq!(rig.updates(), Vec::<String>::new(), "{id}");
        // Said while nobody was there, in one second; and the stream breaks again.
        rig.wait(7_200);
        let mut rig = rig.killed();
        rig.online(false);
        let stored = delayed(&said, "example.org", "2027-01-15T09:00:00Z");
        for _ in 0..3 {
            rig.message(&stored);
        }
        assert_eq!(rig.updates(), ["message on"; 3]);
        let mut rig = rig.killed();
        rig.online(false);
        for _ in 0..2 {
            rig.message(&stored);
        }
        assert_eq!(rig.updates(), Vec::<String>::new());
        rig.message(&delayed(&said, "example.org", "2027-01-15T10:00:00Z"));
        assert_eq!(rig.updates(), ["message on"]);
    }
}

/// What a resumed stream was held up with comes once, and is news.
#[test]
fn what_a_resumed_stream_brings() {
    for id in IDS {
        let mut rig = Rig::unarchived();
        rig.wait(600);
        let said = format!("<message from='{OWNER}/phone' to='{ROBOT}' type='chat' {id}><body>on</body></message>");
        rig.message(&said);
        rig.message(&plain("anna", id, "yes"));
        rig.offline();
        rig.online(true);
        rig.message(&delayed(&said, "example.org", "2027-01-15T08:10:02Z"));
        rig.message(&delayed(&plain("anna", id, "yes"), "example.org", "2027-01-15T08:10:02Z"));
        assert_eq!(rig.updates(), ["message on", "message yes", "message on", "message yes"], "{id}");
    }
}

/// ejabberd sends again what it had for a stream that is gone, also of rooms: before their history or after it.
#[test]
fn a_server_sends_again_what_a_room_said() {
    for is_early in [true, false] {
        let mut rig = Rig::unarchived();
        rig.message(&plain("anna", "", "yes"));
        assert_eq!(rig.updates(), ["message yes"]);
        rig.wait(10);
        let mut rig = rig.killed();
        rig.online(false);
        let of = |text: &str, by: &str, stamp: &str| delayed(&plain("anna", "", text), by, stamp);
        let again = [
            of("yes", "example.org", "2027-01-15T08:00:00.100Z"),
            of("missed", "example.org", "2027-01-15T08:00:05.100Z"),
            of("missed", "example.org", "2027-01-15T08:00:06.100Z"),
        ];
        let history =
            again.clone().map(|message| message.replace("example.org'", "muc.example.org'").replace(".1", ".2"));
        let resend = |rig: &mut Rig, at: bool| again.iter().filter(|_| at).for_each(|message| rig.message(message));
        rig.presence("Robo", "", SELF);
        rig.reply("disco#info", WITHOUT_ARCHIVE);
        resend(&mut rig, is_early);
        history.iter().for_each(|message| rig.message(message));
        rig.subject();
        resend(&mut rig, !is_early);
        assert_eq!(rig.updates(), ["message missed", "message missed"], "{is_early}");
        let mut rig = rig.back(&history);
        resend(&mut rig, true);
        assert_eq!(rig.updates(), Vec::<String>::new(), "{is_early}");
    }
}

#[test]
fn reactions_and_retractions_again() {
    let mut rig = Rig::new();
    rig.message(&format!("<message from='{OWNER}/phone' to='{ROBOT}' type='chat' id='m'><body>on</body></message>"));
    let event = |inner: &str| format!("<message from='{OWNER}/phone' to='{ROBOT}' type='chat'>{inner}</message>");
    let reaction = |emoji: &str| {
        event(&format!("<reactions xmlns='urn:xmpp:reactions:0' id='m'><reaction>{emoji}</reaction></reactions>"))
    };
    for emoji in ["a", "b", "a"] {
        rig.message(&reaction(emoji));
    }
    rig.message(&event("<retract xmlns='urn:xmpp:message-retract:1' id='m'/>"));
    let kinds = |rig: &mut Rig| {
        let updates = rig.take(&["message", "reaction", "retraction"]);
        updates.iter().map(|update| update.kind.clone()).collect::<Vec<_>>()
    };
    // Those before the program asked for them are not kept.
    assert_eq!(kinds(&mut rig), ["message"]);
    for emoji in ["a", "b", "a"] {
        rig.message(&reaction(emoji));
    }
    rig.message(&event("<retract xmlns='urn:xmpp:message-retract:1' id='m'/>"));
    assert_eq!(kinds(&mut rig), ["reaction", "reaction", "reaction", "retraction"]);
    let mut rig = rig.killed();
    rig.online(false);
    rig.message(&delayed(&reaction("b"), "example.org", STAMP));
    rig.message(&delayed(&event("<retract xmlns='urn:xmpp:message-retract:1' id='m'/>"), "example.org", STAMP));
    assert_eq!(kinds(&mut rig), Vec::<String>::new());
}

#[test]
fn a_room_without_archive_and_ids() {
    for id in IDS {
        let mut rig = Rig::unarchived();
        for text in ["yes", "yes", "/info", "no"] {
            rig.message(&plain("anna", id, text));
        }
        assert_eq!(rig.updates(), ["message yes", "message yes", "message /info", "message no"], "{id}");
        let told = |stamp: &str| {
            let of = |text: &str| delayed(&plain("anna", id, text), ROOM, stamp);
            [of("yes"), of("yes"), of("/info"), of("no")]
        };
        // As often as it comes back; the room's clock may differ a little.
        let mut rig = rig.back(&told("2027-01-15T08:00:30Z"));
        assert_eq!(rig.updates(), Vec::<String>::new(), "{id}");
        let mut history = told("2027-01-15T08:00:30Z").to_vec();
        let missed = delayed(&plain("anna", id, "yes"), ROOM, "2027-01-15T08:05:00Z");
        history.extend([missed.clone(), missed.clone()]);
        history.push(missed.replace("/anna", "/bob"));
        let mut rig = rig.back(&history);
        assert_eq!(rig.updates(), ["message yes", "message yes", "message yes"], "{id}");
        let mut rig = rig.back(&history);
        assert_eq!(rig.updates(), Vec::<String>::new());
        rig.message(&plain("anna", id, "yes"));
        assert_eq!(rig.updates(), ["message yes"]);
    }
}

/// XEP-0045 §7.2.15: what comes before the subject was said before.
#[test]
fn history_without_a_good_time() {
    let marks = [
        "<x xmlns='jabber:x:delay' from='tea@muc.example.org' stamp='20270115T08:00:00'/>",
        "<x xmlns='jabber:x:delay' stamp='long ago'/>",
        "<delay xmlns='urn:xmpp:delay' stamp='2027-99-99T00:00:00Z'/>",
        "",
    ];
    for mark in marks {
        let told = plain("anna", "", "Robo: old").replace("</message>", &format!("{mark}</message>"));
        let mut rig = Rig::new();
        rig.ask(join());
        rig.presence("Robo", "", SELF);
        rig.reply("disco#info", WITHOUT_ARCHIVE);
        rig.message(&told);
        rig.subject();
        assert_eq!(rig.answer(), Ok(()));
        assert_eq!(rig.updates(), ["room_joined tea@muc.example.org"], "{mark}");
        let mut rig = rig.back(&[told.replace("old", "missed")]);
        assert_eq!(rig.updates(), ["message Robo: missed"], "{mark}");
        let mut rig = rig.back(&[told.replace("old", "missed")]);
        assert_eq!(rig.updates(), Vec::<String>::new(), "{mark}");
    }
    // One that sends no subject is heard all the same.
    let mut rig = Rig::new();
    rig.ask(join());
    rig.presence("Robo", "", SELF);
    rig.reply("disco#info", WITHOUT_ARCHIVE);
    rig.message(&plain("anna", "", "hello"));
    rig.wait(11);
    rig.message(&plain("anna", "", "again"));
    assert_eq!(rig.updates(), ["room_joined tea@muc.example.org", "message hello", "message again"]);
}

/// A room of another network: it knows no questions, and shows our messages under ids of its own.
#[test]
fn a_room_that_changes_ids() {
    let mut rig = Rig::new();
    rig.ask(join());
    rig.presence("Robo", "", SELF);
    let error = botmother::xmpp::stanza::StanzaError::new("cancel", "feature-not-implemented");
    let (tag, _) = rig.asked.pop().expect("what it is");
    rig.session(session::Event::Answer { tag, outcome: Err(error.clone()) });
    if let Some(at) = rig.asked.iter().position(|(_, payload)| payload.contains("disco#info")) {
        let (tag, _) = rig.asked.remove(at);
        rig.session(session::Event::Answer { tag, outcome: Err(error) });
    }
    rig.subject();
    assert_eq!(rig.answer(), Ok(()));
    assert_eq!(rig.updates(), ["room_joined tea@muc.example.org"]);
    rig.sent.clear();
    let texts: Vec<String> = (0..20).map(|n| format!("number {}", n / 2)).collect();
    texts.iter().for_each(|text| drop(rig.say(text)));
    let mut shown = Vec::new();
    while shown.len() < texts.len() {
        let said = rig.said();
        assert!(!said.is_empty(), "it goes on as they are shown: {shown:?}");
        for text in said {
            rig.message(&plain("Robo", &format!("id='irc-{}'", shown.len()), &format!("{text} ")));
            shown.push(text);
        }
    }
    assert_eq!(shown, texts);
    rig.wait(60);
    assert_eq!(rig.updates(), ["message_state sent"; 20]);
    // Two are on their way as it is killed; the room has one of them.
    rig.say("number 9");
    rig.say("number 10");
    assert_eq!(rig.said(), ["number 9", "number 10"]);
    let old = delayed(&plain("Robo", "id='irc-19'", "number 9 "), ROOM, STAMP);
    let lost = delayed(&plain("Robo", "id='irc-21'", "number 10"), ROOM, "2027-01-15T08:01:00Z");
    let mut rig = rig.back(&[old, lost]);
    assert_eq!(rig.said(), ["number 9"]);
    assert_eq!(rig.updates(), ["message_state sent"]);
}
