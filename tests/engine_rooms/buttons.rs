//! Buttons in rooms: pressed by a reply or a reaction, by whoever did that.

use super::*;

const KEYCAP: &str =
    "<reactions xmlns='urn:xmpp:reactions:0' id='r1'><reaction>2\u{fe0f}\u{20e3}</reaction></reactions>";

impl Rig {
    /// Says something with buttons, which the room shows; gives its id and what went out.
    fn offer(&mut self, text: &str, keyboard: Keyboard, room_id: &str) -> (String, String) {
        self.sent.clear();
        let new = NewMessage { kind: Kind::Groupchat, keyboard: Some(keyboard), ..message(ROOM, text) };
        self.ask(Question::SendMessage(new));
        let Some(Ok(Answer::Sent { message_id, .. })) = self.answers.pop() else { panic!() };
        let sent = self.sent.concat();
        self.reflect(&message_id, room_id);
        assert_eq!(self.told().len(), 1, "the room has shown it");
        (message_id, sent)
    }
}

#[test]
fn in_rooms_a_reply_or_a_reaction_presses() {
    let mut rig = Rig::with_ids();
    let (id, sent) = rig.offer("Tea?", Keyboard::choices([("Yes", "y"), ("No", "n")]), "r1");
    assert!(sent.contains("Tea?\n\n1. Yes\n2. No\nReply to this message with the number."), "{sent}");
    assert!(!sent.contains("quick-response") && !sent.contains("disco#items"), "nobody's address is shown: {sent}");
    // Whatever else is said is not about it.
    rig.from("anna", "o1", "a1", "<body>1</body>");
    rig.told_one("message", &[r#""body":"1""#]);
    let reply = |to: &str, text: &str| format!("<body>{text}</body><reply xmlns='urn:xmpp:reply:0' id='{to}'/>");
    rig.from("anna", "o1", "a2", &reply("r1", "1"));
    let from = format!(r#""from":"{ROOM}/anna""#);
    let more =
        [&from, r#""data":"y""#, r#""type":"groupchat""#, r#""nick":"anna""#, &format!(r#""message_id":"{id}""#)];
    let pressed = rig.told_one("callback_query", &more.map(|part| part as &str));
    rig.from("ben", "o2", "a3", &reply("r1", "no"));
    rig.told_one("callback_query", &[r#""data":"n""#, r#""nick":"ben""#]);
    rig.from("ben", "o2", "a4", &reply("a1", "1"));
    rig.told_one("message", &[r#""reply_to":"a1""#]);
    rig.from("cleo", "o3", "a5", KEYCAP);
    rig.told_one("callback_query", &[r#""data":"n""#, r#""nick":"cleo""#]);
    rig.from("cleo", "o3", "a6", KEYCAP);
    assert!(rig.told().is_empty(), "it was there already");
    // The answer is for whoever pressed, alone.
    let callback = pressed.split(r#""id":""#).nth(1).unwrap().split('"').next().unwrap().to_string();
    rig.sent.clear();
    rig.ask(Question::AnswerPress(NewPressAnswer {
        callback_id: callback,
        text: Some("Coming".to_string()),
        is_alert: false,
        idempotency_key: None,
    }));
    assert!(matches!(rig.answers.pop(), Some(Ok(Answer::Done))));
    let sent = rig.sent.concat();
    assert!(sent.contains(&format!("to='{ROOM}/anna'")) && sent.contains("type='chat'"), "{sent}");
    assert!(sent.contains("<body>Coming</body>"), "{sent}");
}

#[test]
fn buttons_of_rooms_are_changed() {
    let mut rig = Rig::with_ids();
    let (id, _) = rig.offer("Tea?", Keyboard::choices([("Yes", "y"), ("No", "n")]), "r1");
    let keyboard = Some(Keyboard::choices([("Green", "g"), ("Black", "b")]));
    let sent = rig.act(BotAction::Buttons { message_id: id.clone(), keyboard });
    assert!(sent.contains("Tea?\n\n1. Green\n2. Black\n"), "{sent}");
    rig.from("anna", "o1", "a1", KEYCAP);
    rig.told_one("callback_query", &[r#""data":"b""#]);
    let edit = BotAction::Edit { message_id: id, text: "Tea is there.".to_string(), keyboard: None };
    let sent = rig.act(edit);
    assert!(sent.contains("<body>Tea is there.</body>"), "{sent}");
    rig.from("ben", "o2", "a2", KEYCAP);
    rig.told_one("reaction", &[r#""nick":"ben""#]);
}
