//! What is kept of a room where somebody wants a history.

use super::*;

const WITH_IDS: &str = super::actions::WITH_IDS;
const WITHOUT_IDS: &str = "<query xmlns='http://jabber.org/protocol/disco#info'>\
    <identity category='conference' type='text'/><feature var='http://jabber.org/protocol/muc'/></query>";

impl Rig {
    /// In a room whose ids hold, keeping what is said there.
    fn keeping() -> Rig {
        let mut rig = Rig::new();
        rig.batch(vec![patient(Caller::Admin, Question::SetBotHistory(rig.bot.id, Some(7)))]);
        rig.answer().unwrap();
        rig.ask(join());
        rig.let_in(WITH_IDS);
        rig.end_of_archive("");
        rig.answer().unwrap();
        rig
    }

    fn history(&mut self, chat: &str) -> Vec<HistoryMessage> {
        self.ask(Question::GetHistory(HistoryQuery { chat: full(chat), limit: 100, before: None }));
        match self.answers.pop() {
            Some(Ok(Answer::History(page))) => page.messages,
            other => panic!("{other:?}"),
        }
    }

    /// Each as who said it and what it says, with a mark where it was corrected.
    fn kept(&mut self) -> Vec<String> {
        let line = |one: HistoryMessage| {
            format!(
                "{}: {}{}",
                one.from.rsplit('/').next().unwrap(),
                one.text,
                if one.is_edited { " (edited)" } else { "" }
            )
        };
        self.history(ROOM).into_iter().map(line).collect()
    }

    fn occupant(&mut self, nick: &str, occupant: &str, id: &str, inside: &str) {
        self.message(&format!(
            "<message from='{ROOM}/{nick}' type='groupchat' id='w-{id}'>{inside}\
             <occupant-id xmlns='urn:xmpp:occupant-id:0' id='{occupant}'/>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='{id}'/></message>"
        ));
    }

    fn does(&mut self, action: BotAction) {
        self.ask(Question::Act(NewAction { to: full(ROOM), kind: Kind::Groupchat, action, idempotency_key: None }));
        assert!(matches!(self.answers.pop(), Some(Ok(_))));
    }
}

fn reactions(of: &str, emoji: &[&str]) -> String {
    let emoji: String = emoji.iter().map(|emoji| format!("<reaction>{emoji}</reaction>")).collect();
    format!("<reactions xmlns='urn:xmpp:reactions:0' id='{of}'>{emoji}</reactions>")
}

fn correction(of: &str, text: &str) -> String {
    format!("<body>{text}</body><replace xmlns='urn:xmpp:message-correct:0' id='{of}'/>")
}

fn retraction(of: &str) -> String {
    format!("<retract xmlns='urn:xmpp:message-retract:1' id='{of}'/>")
}

#[test]
fn all_that_is_said_in_a_room_is_kept() {
    let mut rig = Rig::keeping();
    rig.occupant("anna", "o1", "a1", "<body>tea?</body>");
    let own = rig.say("yes");
    rig.reflect(&own, "r1");
    rig.occupant("eve", "o2", "a2", "<body>no</body><reply xmlns='urn:xmpp:reply:0' id='r1'/>");
    assert_eq!(rig.kept(), ["anna: tea?", "robot@example.org: yes", "eve: no"]);
    let all = rig.history(ROOM);
    assert_eq!(all.iter().map(|one| one.message_id.as_str()).collect::<Vec<_>>(), ["a1", &own, "a2"]);
    assert_eq!((all[0].from.as_str(), all[2].reply_to.as_deref()), ("tea@muc.example.org/anna", Some(own.as_str())));
    assert_eq!((all[1].from.as_str(), all[1].is_bot), (ROBOT, true));
    // Who has another nick is the same person.
    rig.occupant("Änne", "o1", "a3", "<body>it is me</body>");
    assert_eq!(rig.kept(), ["Änne: tea?", "robot@example.org: yes", "eve: no", "Änne: it is me"]);
    // What the archive tells once more is not kept twice.
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITH_IDS);
    rig.archived("a3", "it is me", "Änne");
    rig.end_of_archive("a3");
    assert_eq!(rig.kept().len(), 4);
}

#[test]
fn what_becomes_of_messages_in_a_room_is_kept() {
    let mut rig = Rig::keeping();
    rig.occupant("anna", "o1", "a1", "<body>helo</body>");
    rig.occupant("anna", "o1", "a2", &correction("w-a1", "hello"));
    // Somebody else with the same id means his own.
    rig.occupant("eve", "o2", "a3", &correction("w-a1", "mine"));
    let own = rig.say("one");
    rig.does(BotAction::Edit { message_id: own.clone(), text: "two".into(), keyboard: None });
    rig.reflect(&own, "r1");
    assert_eq!(rig.kept(), ["anna: hello (edited)", "eve: mine", "robot@example.org: two (edited)"]);
    rig.occupant("eve", "o2", "e1", &reactions("r1", &["👍"]));
    rig.occupant("anna", "o1", "e2", &reactions("r1", &["👎", "🎉"]));
    rig.does(BotAction::Reaction { message_id: "a1".into(), emoji: "👀".into() });
    rig.occupant("anna", "o1", "e3", &reactions("r1", &["❤"]));
    let line = |one: &HistoryReaction| format!("{} {}", one.from.rsplit('/').next().unwrap(), one.emoji);
    let shown = |one: &HistoryMessage| one.reactions.iter().map(line).collect::<Vec<_>>();
    let all = rig.history(ROOM);
    assert_eq!((shown(&all[0]), shown(&all[2])), (vec![format!("{ROBOT} 👀")], vec!["eve 👍".into(), "anna ❤".into()]));
    // Only their authors take messages back.
    rig.occupant("eve", "o2", "t1", &retraction("a1"));
    assert!(!rig.history(ROOM)[0].is_deleted);
    rig.occupant("anna", "o1", "t2", &retraction("a1"));
    rig.does(BotAction::Deletion { message_id: own });
    assert_eq!(rig.kept(), ["anna:  (edited)", "eve: mine", "robot@example.org:  (edited)"]);
    assert!(rig.history(ROOM).iter().all(|one| one.is_deleted != (one.message_id == "a3") && one.reactions.is_empty()));
}

/// What somebody calls his own message is no name by which others are found.
#[test]
fn nobody_takes_the_place_of_another_message() {
    let mut rig = Rig::keeping();
    rig.occupant("anna", "o1", "a1", "<body>mine</body>");
    rig.message(&format!(
        "<message from='{ROOM}/eve' type='groupchat' id='a1'><body>hers</body>\
         <occupant-id xmlns='urn:xmpp:occupant-id:0' id='o2'/>\
         <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='a2'/></message>"
    ));
    rig.occupant("bob", "o3", "e1", &reactions("a1", &["👍"]));
    let counts: Vec<usize> = rig.history(ROOM).iter().map(|one| one.reactions.len()).collect();
    assert_eq!(counts, [1, 0]);
    rig.occupant("anna", "o1", "t1", &retraction("a1"));
    assert_eq!(rig.kept(), ["anna: ", "eve: hers"]);
}

/// Where the room gives no ids, who copies one may take back and correct his copy only, however often.
#[test]
fn a_copied_id_changes_nothing_that_others_said() {
    let mut rig = Rig::new();
    rig.batch(vec![patient(Caller::Admin, Question::SetBotHistory(rig.bot.id, Some(7)))]);
    rig.answer().unwrap();
    rig.ask(join());
    rig.let_in(WITHOUT_IDS);
    let says = |rig: &mut Rig, nick: &str, id: &str, inside: &str| {
        rig.message(&format!("<message from='{ROOM}/{nick}' type='groupchat' id='{id}'>{inside}</message>"));
    };
    says(&mut rig, "anna", "a1", "<body>tea?</body>");
    let own = rig.say("yes");
    rig.message(&format!("<message from='{ROOM}/Robo' type='groupchat' id='{own}'><body>yes</body></message>"));
    let mut expected = vec!["anna: tea?".to_string(), "robot@example.org: yes".to_string()];
    assert_eq!(rig.kept(), expected);
    for (n, id) in ["a1", own.as_str()].into_iter().enumerate() {
        says(&mut rig, "eve", id, "<body>copy</body>");
        says(&mut rig, "eve", &format!("t{n}"), &retraction(id));
        says(&mut rig, "eve", &format!("u{n}"), &retraction(id));
        says(&mut rig, "eve", &format!("c{n}"), &correction(id, "forged"));
        expected.extend(["eve: ".to_string(), "eve: forged".to_string()]);
        assert_eq!(rig.kept(), expected);
    }
}

/// A room's moderators take back what anybody said.
#[test]
fn what_moderators_take_back_is_gone() {
    let mut rig = Rig::keeping();
    rig.occupant("anna", "o1", "a1", "<body>rude</body>");
    rig.message(&format!(
        "<message from='{ROOM}' type='groupchat' id='t'><retract xmlns='urn:xmpp:message-retract:1' id='a1'>\
         <moderated xmlns='urn:xmpp:message-moderate:1'/></retract>\
         <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='t1'/></message>"
    ));
    let all = rig.history(ROOM);
    assert!(all.len() == 1 && all[0].is_deleted && all[0].text.is_empty(), "{all:?}");
}

/// What is said with an occupant alone is a chat of its own.
#[test]
fn an_occupant_has_a_chat_of_his_own() {
    let mut rig = Rig::keeping();
    rig.presence(
        "anna",
        "",
        "<x xmlns='http://jabber.org/protocol/muc#user'><item jid='ralf@example.org/phone' role='participant'/></x>",
    );
    rig.occupant("anna", "o1", "a1", "<body>to all</body>");
    rig.message(&format!("<message from='{ROOM}/anna' to='{ROBOT}/b' type='chat' id='p1'><body>psst</body></message>"));
    rig.ask(Question::SendMessage(message(&format!("{ROOM}/anna"), "yes?")));
    assert!(matches!(rig.answers.pop(), Some(Ok(Answer::Sent { .. }))));
    let alone = rig.history(&format!("{ROOM}/anna"));
    assert_eq!(alone.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["psst", "yes?"]);
    assert_eq!(alone[0].from, format!("{ROOM}/anna"));
    assert_eq!(rig.kept(), ["anna: to all"]);
}
