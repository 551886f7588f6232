//! Buttons of encrypted chats: their words are nowhere but in what is encrypted, and what presses is told as it came.

use super::*;
use botmother::xmpp::stanza::Iq;

const YES: &str = "Ja, geheim";

impl Rig {
    fn offer(&mut self) -> String {
        let keyboard = Some(Keyboard::choices([(YES, "y"), ("Nein, geheim", "n")]));
        match self.ask(Question::SendMessage(NewMessage { keyboard, ..message(OWNER, "geheim?") })) {
            Ok(Answer::Sent { message_id, .. }) => message_id,
            other => panic!("{other:?}"),
        }
    }

    fn menu_answer(&mut self, payload: Element) -> String {
        let from = Some(full("ralf@example.org/phone"));
        let request = Iq { kind: IqKind::Set, id: "q".into(), from, to: None, payload: Some(payload), error: None };
        let account = self.core.account;
        let effects = self.core.batch(vec![Event::Session(account, session::Event::Request(Box::new(request)))]);
        format!("{effects:?}")
    }
}

fn reacting(to: &str, id: &str) -> Element {
    let reaction = Element::new("reaction", ns::REACTIONS).with_text("1\u{fe0f}\u{20e3}");
    let reactions = Element::new("reactions", ns::REACTIONS).with("id", to).with_child(reaction);
    let message = Element::new("message", ns::CLIENT).with("from", "ralf@example.org/phone").with("to", BOT);
    message.with("type", "chat").with("id", id).with_child(reactions)
}

fn execute(node: &str) -> Element {
    Element::new("command", ns::COMMANDS).with("node", node).with("action", "execute")
}

const WORDS: &str = "geheim?\n\n1. Ja, geheim\n2. Nein, geheim\nAnswer with the number.";

#[test]
fn with_the_older_omemo_only_the_text_has_them() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let id = rig.offer();
    let sent = rig.take_sent().pop().unwrap();
    assert_eq!(phone.hear(&sent), Ok(Some(WORDS.to_string())));
    for trace in ["quick-response", "disco#items", "fallback", "button"] {
        assert!(!sent.print("").contains(trace), "{trace} in {}", sent.print(""));
    }
    let pressed = phone.say(&rig.nodes, Some("1"));
    rig.arrives(&pressed);
    let told = rig.take();
    assert!(told[0].starts_with("callback_query") && told[0].contains(r#""data":"y""#), "{told:?}");
    assert!(told[0].contains(r#""encrypted":true,"fingerprint":""#), "{told:?}");
    // In plain text nothing is pressed: anybody on the way could do that.
    rig.arrives(&reacting(&id, "e1"));
    assert!(rig.take().iter().all(|update| !update.starts_with("callback_query")));
    rig.arrives(&plain("1", "p1"));
    for node in ["buttons".to_string(), format!("button/{id}/1")] {
        let answer = rig.menu_answer(execute(&node));
        assert!(answer.contains("item-not-found") || answer.contains("not there any more"), "{answer}");
    }
    assert!(rig.take().is_empty());
}

#[test]
fn with_omemo_2_the_rest_is_encrypted_too() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, Version::Omemo2, 77, &mut rig.nodes);
    let id = rig.offer();
    let sent = rig.take_sent().pop().unwrap();
    assert!(!sent.print("").contains("quick-response"), "{}", sent.print(""));
    let (_, envelope) = phone.decrypt(&sent).unwrap();
    let inside: String = envelope.unwrap().content.iter().map(|child| child.print("")).collect();
    assert!(inside.contains("1. Ja, geheim") && inside.contains(&format!("id='{id}/1'")), "{inside}");
    assert!(inside.contains("disco#items") && inside.contains(&format!("button/{id}/2")), "{inside}");
}

#[test]
fn where_plain_text_may_be_the_menu_shows_no_words_of_what_was_encrypted() {
    let mut rig = Rig::online(Encrypt::Preferred);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let hello = phone.say(&rig.nodes, Some("hello"));
    rig.arrives(&hello);
    let id = rig.offer();
    rig.take();
    let form = rig.menu_answer(execute("buttons"));
    assert!(form.contains("<option label='1'>") && !form.contains(SECRET), "{form}");
    let answer = rig.menu_answer(execute(&format!("button/{id}/2")));
    assert!(answer.contains("completed") && !answer.contains(SECRET), "{answer}");
    rig.arrives(&reacting(&id, "e1"));
    let told = rig.take();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|update| update.starts_with("callback_query") && !update.contains("encrypted")));
}
