//! Bots with an AI in rooms: who is answered, and what may be taken back.

use super::*;

fn set_ai(rig: &mut Rig) {
    rig.ask(Question::SetAi(AiSettings {
        provider: Some("ollama".to_string()),
        model: Some("m".to_string()),
        ..AiSettings::default()
    }));
    assert_eq!(rig.answer(), Ok(()));
}

fn answered(tag: u64) -> Event {
    http_answered(tag, 200, r#"{"message":{"content":"Yes."},"done":true}"#)
}

#[test]
fn an_ai_answers_in_a_room_who_speaks_to_it() {
    let mut rig = Rig::joined();
    set_ai(&mut rig);
    rig.groupchat("eva", "1", "Nobody is meant.");
    assert!(rig.calls.is_empty());
    rig.groupchat("eva", "2", "Robo: are you there?");
    let tag = rig.calls.pop().expect("a call");
    rig.batch(vec![answered(tag)]);
    assert_eq!(rig.said(), ["eva: Yes."]);
    // It does not answer itself.
    rig.groupchat("Robo", "3", "Robo: are you there?");
    assert!(rig.calls.is_empty());
    // What a kill interrupts is told when it is in the room again.
    rig.groupchat("eva", "4", "Robo, and now?");
    assert_eq!(rig.calls.len(), 1);
    let mut rig = rig.killed();
    rig.online(false);
    rig.let_in(WITHOUT_ARCHIVE);
    // (The room has never shown the first answer, so it comes once more.)
    assert_eq!(rig.said(), ["eva: Yes.", "eva: I was restarted before I could answer. Please ask again."]);
}

#[test]
fn a_question_in_a_room_may_be_changed_and_taken_back() {
    let mut rig = Rig::joined();
    set_ai(&mut rig);
    let states = |rig: &mut Rig| {
        let sent = std::mem::take(&mut rig.sent);
        let state = |stanza: &String| ["composing", "paused"].into_iter().find(|state| stanza.contains(state));
        sent.iter().filter(|stanza| stanza.contains("type='groupchat'")).filter_map(state).collect::<Vec<_>>()
    };
    let with = |nick: &str, id: &str, inside: &str| groupchat(nick, id, "BODY").replace("<body>BODY</body>", inside);
    rig.groupchat("eva", "1", "Robo: are you their?");
    assert_eq!((rig.calls.len(), states(&mut rig)), (1, vec!["composing"]), "all see that it thinks");
    // Another one may not change it, nor take it back.
    let replacing = "<replace xmlns='urn:xmpp:message-correct:0' id='m-1'/>";
    rig.message(&with("mallory", "2", &format!("<body>Never mind.</body>{replacing}")));
    rig.message(&with("mallory", "3", "<retract xmlns='urn:xmpp:message-retract:1' id='1'/>"));
    assert!(rig.dropped.is_empty() && rig.calls.len() == 1);
    // She may: what she asked first is called off, and what she means is asked.
    rig.message(&with("eva", "4", &format!("<body>Robo: are you there?</body>{replacing}")));
    assert_eq!(rig.dropped, rig.calls[..1]);
    assert_eq!((rig.calls.len(), states(&mut rig)), (2, vec!["paused", "composing"]));
    rig.message(&with("eva", "5", "<retract xmlns='urn:xmpp:message-retract:1' id='4'/>"));
    assert_eq!(rig.dropped, rig.calls);
    assert_eq!(states(&mut rig), ["paused"]);
    assert!(rig.said().is_empty());
    // A moderator takes another's away; a correction that is for others only calls off.
    rig.groupchat("eva", "6", "Robo: buy pills?");
    rig.message(&format!(
        "<message from='{ROOM}' type='groupchat'><retract xmlns='urn:xmpp:message-retract:1' id='6'>\
         <moderated xmlns='urn:xmpp:message-moderate:1'/></retract></message>"
    ));
    assert_eq!(rig.dropped.len(), 3);
    rig.groupchat("eva", "7", "Robo: hello");
    rig.message(&with("eva", "8", &format!("<body>Anna: hello</body>{}", replacing.replace("m-1", "m-7"))));
    assert_eq!((rig.dropped.len(), rig.calls.len()), (4, 4));
}

#[test]
fn an_ai_of_a_dedicated_bot_is_its_owners() {
    let mut rig = Rig::new();
    set_ai(&mut rig);
    let write = |rig: &mut Rig, from: &str, id: &str, body: &str| {
        rig.sent.clear();
        rig.message(&format!(
            "<message from='{from}/x' to='{ROBOT}' type='chat' id='{id}'><body>{body}</body></message>"
        ));
    };
    write(&mut rig, "eve@example.org", "1", "Hello?");
    assert!(rig.calls.is_empty() && rig.sent.is_empty());
    write(&mut rig, OWNER, "2", "Hello?");
    assert!(rig.sent.iter().any(|stanza| stanza.contains("composing")), "{:?}", rig.sent);
    let tag = rig.calls.pop().expect("a call");
    rig.batch(vec![answered(tag)]);
    assert!(rig.sent.iter().any(|stanza| stanza.contains("<body>Yes.</body>")), "{:?}", rig.sent);
    write(&mut rig, OWNER, "3", "/ki aus");
    assert!(rig.sent.iter().any(|stanza| stanza.contains("AI is off")), "{:?}", rig.sent);
    write(&mut rig, OWNER, "4", "Hello again?");
    assert!(rig.calls.is_empty());
}
