//! What is done in rooms besides saying texts, by bots and by others.

use super::*;

pub(crate) const WITH_IDS: &str = "<query xmlns='http://jabber.org/protocol/disco#info'>\
    <identity category='conference' type='text'/><feature var='http://jabber.org/protocol/muc'/>\
    <feature var='urn:xmpp:mam:2'/><feature var='urn:xmpp:sid:0'/><feature var='urn:xmpp:occupant-id:0'/></query>";

impl Rig {
    /// In a room whose ids hold, wanting every type of update.
    pub(crate) fn with_ids() -> Rig {
        let mut rig = Rig::new();
        rig.ask(join());
        rig.let_in(WITH_IDS);
        rig.end_of_archive("");
        rig.answer().unwrap();
        assert_eq!(rig.told().len(), 1);
        rig
    }

    /// Takes the updates, each as its kind and its data.
    pub(crate) fn told(&mut self) -> Vec<String> {
        printed(self.take(&["message", "message_state", "reaction", "retraction"]))
    }

    /// Does it in the room; gives the stanza that went out.
    pub(crate) fn act(&mut self, action: BotAction) -> String {
        self.sent.clear();
        self.ask(act(action));
        match self.answers.pop() {
            Some(Ok(_)) => self.sent.concat(),
            other => panic!("{other:?}"),
        }
    }

    fn refusal(&mut self, action: BotAction) -> Failure {
        self.ask(act(action));
        match self.answers.pop() {
            Some(Err(failure)) => failure,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn from(&mut self, nick: &str, occupant: &str, id: &str, inside: &str) {
        self.message(&format!(
            "<message from='{ROOM}/{nick}' type='groupchat' id='w-{id}'>{inside}\
             <occupant-id xmlns='urn:xmpp:occupant-id:0' id='{occupant}'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='{id}'/></message>"
        ));
    }

    /// The one update since the last look has all this in it.
    pub(crate) fn told_one(&mut self, kind: &str, parts: &[&str]) -> String {
        let told = self.told();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&format!("{kind} {{")), "{told:?}");
        for part in parts {
            assert!(told[0].contains(part), "{part} in {told:?}");
        }
        told[0].clone()
    }
}

fn act(action: BotAction) -> Question {
    Question::Act(NewAction { to: full(ROOM), kind: Kind::Groupchat, action, idempotency_key: None })
}

fn reaction(id: &str, emoji: &str) -> BotAction {
    BotAction::Reaction { message_id: id.to_string(), emoji: emoji.to_string() }
}

fn edit(id: &str, text: &str) -> BotAction {
    BotAction::Edit { message_id: id.to_string(), text: text.to_string(), keyboard: None }
}

fn deletion(id: &str) -> BotAction {
    BotAction::Deletion { message_id: id.to_string() }
}

#[test]
fn messages_are_named_as_the_room_does() {
    let mut rig = Rig::with_ids();
    assert!(matches!(rig.refusal(reaction("a1", "👍")), Failure::NotFound(_)), "not told yet");
    rig.from("anna", "o1", "a1", "<body>hello</body>");
    let sent = rig.act(reaction("a1", "👍"));
    assert!(sent.contains("type='groupchat'") && sent.contains("<reactions xmlns='urn:xmpp:reactions:0' id='a1'>"));
    assert!(rig.act(BotAction::Read { message_id: "a1".into() }).contains("displayed"));

    let own = rig.say("typo");
    assert_eq!(rig.refusal(reaction(&own, "👍")), Failure::Busy { retry_after_s: 1 }, "not shown yet");
    assert_eq!(rig.refusal(deletion(&own)), Failure::Busy { retry_after_s: 1 });
    // The author's id, which is known at once.
    let sent = rig.act(edit(&own, "right"));
    assert!(sent.contains(&format!("<replace xmlns='urn:xmpp:message-correct:0' id='{own}'/>")), "{sent}");
    rig.reflect(&own, "r1");
    assert!(rig.act(reaction(&own, "👍")).contains("id='r1'"));
    let sent = rig.act(deletion(&own));
    assert!(sent.contains("<retract xmlns='urn:xmpp:message-retract:1' id='r1'/>"), "{sent}");
    assert!(matches!(rig.refusal(edit(&own, "late")), Failure::Conflict(_)));
    assert!(matches!(rig.refusal(deletion("a1")), Failure::NotFound(_)), "somebody else's");
    // Ids outlive the process.
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_IDS);
    rig.end_of_archive("");
    // Nothing follows: the end is looked at, to see that it is the same archive.
    rig.end_of_archive("a1");
    assert!(rig.act(reaction(&own, "🎉")).contains("id='r1'"));
}

#[test]
fn files_have_a_caption_and_go_with_it() {
    let mut rig = Rig::with_ids();
    let file = BotAction::File { url: "https://example.org/a.jpg".into(), caption: Some("a cat".into()) };
    rig.ask(act(file));
    let Some(Ok(Answer::Sent { message_id, .. })) = rig.answers.pop() else { panic!() };
    assert!(rig.sent.concat().contains("jabber:x:oob"), "{:?}", rig.sent);
    assert_eq!(rig.said(), ["https://example.org/a.jpg", "a cat"]);
    rig.reflect(&message_id, "f1");
    assert_eq!(rig.refusal(deletion(&message_id)), Failure::Busy { retry_after_s: 1 }, "all of it or nothing");
    rig.reflect(&format!("{message_id}.caption"), "f2");
    let sent = rig.act(deletion(&message_id));
    assert!(sent.contains("id='f1'") && sent.contains("id='f2'"), "{sent}");
}

#[test]
fn states_are_shown_and_not_kept() {
    let mut rig = Rig::with_ids();
    let sent = rig.act(BotAction::State(botmother::xmpp::message::ChatState::Composing));
    assert!(sent.contains("composing") && sent.contains("type='groupchat'") && sent.contains(&format!("to='{ROOM}'")));
    rig.offline();
    assert_eq!(rig.act(BotAction::State(botmother::xmpp::message::ChatState::Paused)), "");
    rig.online(true);
    assert!(!rig.sent.concat().contains("paused"));
    let elsewhere = NewAction {
        to: full("other@muc.example.org"),
        kind: Kind::Groupchat,
        action: BotAction::State(botmother::xmpp::message::ChatState::Composing),
        idempotency_key: None,
    };
    rig.ask(Question::Act(elsewhere.clone()));
    assert!(rig.answer().unwrap_err().contains("call joinRoom first"));
    rig.ask(Question::Act(NewAction { action: reaction("a", "👍"), ..elsewhere }));
    assert!(rig.answer().unwrap_err().contains("call joinRoom first"));
}

#[test]
fn what_others_do_is_told_as_in_a_chat() {
    let mut rig = Rig::with_ids();
    let own = rig.say("ours");
    rig.reflect(&own, "r1");
    rig.told_one("message_state", &["\"state\":\"sent\"", &own]);
    rig.from(
        "alice",
        "o1",
        "e1",
        "<reactions xmlns='urn:xmpp:reactions:0' id='r1'><reaction>👍</reaction></reactions>",
    );
    let place = format!("\"room\":\"{ROOM}\",\"nick\":\"alice\"");
    rig.told_one("reaction", &[&own, "[\"👍\"]", &place]);
    rig.from("alice", "o1", "e2", "<body>why?</body><reply xmlns='urn:xmpp:reply:0' id='r1'/>");
    rig.told_one("message", &[&format!("\"reply_to\":\"{own}\""), "\"mentioned\":true", "\"stanza_id\":\"e2\""]);
    // Answering names the author.
    let answer = NewMessage {
        to: full(ROOM),
        text: "because".into(),
        kind: Kind::Groupchat,
        reply_to: Some("e2".into()),
        encrypt: false,
        keyboard: None,
        idempotency_key: None,
    };
    rig.ask(Question::SendMessage(answer));
    assert!(rig.sent.concat().contains(&format!("<reply xmlns='urn:xmpp:reply:0' to='{ROOM}/alice' id='e2'/>")));
    rig.answers.clear();

    let file = "<body>https://example.org/a.jpg</body><x xmlns='jabber:x:oob'><url>https://example.org/a.jpg</url></x>";
    rig.from("alice", "o1", "e3", file);
    rig.told_one("message", &["\"attachment\":{\"url\":\"https://example.org/a.jpg\""]);

    let correction = "<body>how?</body><replace xmlns='urn:xmpp:message-correct:0' id='w-e2'/>";
    rig.from("mallory", "o2", "e4", correction);
    assert!(!rig.told_one("message", &["how?"]).contains("correction_of"), "not his");
    rig.from("alice", "o2", "e5", correction);
    assert!(!rig.told_one("message", &["how?"]).contains("correction_of"), "he only took her nick");
    rig.from("alina", "o1", "e6", correction);
    rig.told_one("message", &["how?", "\"correction_of\":\"e2\""]);

    let retraction = "<retract xmlns='urn:xmpp:message-retract:1' id='e2'/>";
    rig.from("mallory", "o2", "e7", retraction);
    assert_eq!(rig.told(), Vec::<String>::new());
    rig.from(
        "mallory",
        "o2",
        "e8",
        &retraction.replace("/>", "><moderated xmlns='urn:xmpp:message-moderate:1'/></retract>"),
    );
    assert_eq!(rig.told(), Vec::<String>::new(), "only the room speaks for its moderators");
    rig.from("alina", "o1", "e9", retraction);
    rig.told_one("retraction", &["\"message_id\":\"e2\"", "\"nick\":\"alina\""]);
    rig.message(&format!(
        "<message from='{ROOM}' type='groupchat'><retract xmlns='urn:xmpp:message-retract:1' id='r1'>\
         <moderated xmlns='urn:xmpp:message-moderate:1'/><reason>spam</reason></retract></message>"
    ));
    rig.told_one("retraction", &[&own, "\"moderated\":true", "\"reason\":\"spam\""]);
    // Whoever takes an id of ours for his own is heard all the same.
    let copied = groupchat("mallory", "e11", "spam").replace("id='m-e11'", &format!("id='{own}'"));
    rig.message(&copied);
    rig.told_one("message", &["spam"]);
    // Our own reactions, from whatever place, are no news.
    rig.from("Robo", "o9", "e10", "<reactions xmlns='urn:xmpp:reactions:0' id='e2'><reaction>x</reaction></reactions>");
    assert_eq!(rig.told(), Vec::<String>::new());
}

#[test]
fn whispers_of_strangers_are_not_heard() {
    let mut rig = Rig::with_ids();
    let whisper = |nick: &str, id: &str| {
        format!("<message from='{ROOM}/{nick}' type='chat' id='{id}'><body>psst</body></message>")
    };
    let named = |jid: &str| {
        format!(
            "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='participant' {jid}/></x>"
        )
    };
    rig.presence("boss", "", &named(&format!("jid='{OWNER}/phone'")));
    rig.presence("eve", "", &named("jid='eve@example.org/phone'"));
    rig.presence("nobody", "", &named(""));
    for nick in ["eve", "nobody", "gone"] {
        rig.message(&whisper(nick, nick));
    }
    assert_eq!(rig.told(), Vec::<String>::new());
    rig.message(&whisper("boss", "p1"));
    rig.told_one("message", &["psst", "\"type\":\"chat\"", "\"nick\":\"boss\""]);
    // Nor can anything said to us alone take the place of what was said before all, or under a nick that may be another's.
    rig.from("alice", "o1", "e20", "<body>hello all</body>");
    rig.told_one("message", &["hello all"]);
    for (id, replaced) in [("p3", "e20"), ("p4", "m-e20"), ("p5", "p1")] {
        let replace = format!("<replace xmlns='urn:xmpp:message-correct:0' id='{replaced}'/></message>");
        rig.message(&whisper("boss", id).replace("</message>", &replace));
        assert!(!rig.told_one("message", &["psst"]).contains("correction_of"), "{replaced}");
    }
    // Said when another one may have had the nick.
    let old = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/></message>";
    rig.message(&whisper("boss", "p2").replace("</message>", old));
    assert_eq!(rig.told(), Vec::<String>::new());
}

#[test]
fn a_password_is_kept_with_the_bookmark() {
    let mut rig = Rig::new();
    let password = Some(Secret::new("sesame"));
    rig.ask(Question::JoinRoom(NewRoom { room: bare(ROOM), nick: None, password }));
    rig.let_in(WITH_ARCHIVE);
    let bookmark = rig.asked.iter().find(|(_, payload)| payload.contains("urn:xmpp:bookmarks:1")).unwrap();
    assert!(bookmark.1.contains("<password>sesame</password>") && bookmark.1.contains("whitelist"), "{bookmark:?}");
    // A node that is not as it should be does not get it.
    let tag = bookmark.0;
    let mut error = botmother::xmpp::stanza::StanzaError::new("cancel", "conflict");
    error.specific = Some(Box::new(parse("<precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/>")));
    rig.session(session::Event::Answer { tag, outcome: Err(error) });
    let plain = rig.asked.iter().rfind(|(_, payload)| payload.contains("<conference")).unwrap();
    assert!(plain.0 != tag && !plain.1.contains("sesame"), "{plain:?}");
    let mut rig = rig.killed();
    rig.online(false);
    assert!(rig.sent.iter().any(|stanza| stanza.contains("<password>sesame</password>")), "{:?}", rig.sent);
}
