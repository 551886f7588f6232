//! What came or went encrypted is in no history; what goes out in plain text after all is.

use super::*;

impl Rig {
    fn keeping(encrypt: Encrypt) -> Rig {
        let mut rig = Rig::new(encrypt);
        let _ticket = rig.begin(Caller::Admin, Question::SetBotHistory(rig.bot.id, Some(7)));
        rig.come_online();
        rig.outcomes.clear();
        rig
    }

    fn kept(&mut self) -> Vec<HistoryMessage> {
        match self.ask(Question::GetHistory(HistoryQuery { chat: full(OWNER), limit: 100, before: None })) {
            Ok(Answer::History(page)) => page.messages,
            other => panic!("{other:?}"),
        }
    }

    fn texts(&mut self) -> Vec<String> {
        self.kept().into_iter().map(|one| one.text).collect()
    }

    fn do_it(&mut self, action: BotAction) -> Outcome {
        self.ask(Question::Act(NewAction { to: full(OWNER), kind: Kind::Chat, action, idempotency_key: None }))
    }
}

#[test]
fn what_is_encrypted_is_never_kept() {
    for version in Version::ALL {
        let mut rig = Rig::keeping(Encrypt::Required);
        let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let hello = phone.say(&rig.nodes, Some("geheim"));
        rig.arrives(&hello);
        let update = rig.take().pop().unwrap();
        assert!(update.contains("geheim") && update.contains("\"encrypted\":true"), "{update}");
        let (said, is_sealed) = sent_id(rig.say("geheim"));
        assert!(is_sealed);
        let url = "https://geheim.example.org/a.jpg".to_string();
        rig.do_it(BotAction::File { url, caption: Some("geheim".to_string()) }).unwrap();
        rig.do_it(BotAction::Edit { message_id: said.clone(), text: "geheim!".to_string(), keyboard: None }).unwrap();
        rig.do_it(BotAction::Reaction { message_id: said.clone(), emoji: "👍".to_string() }).unwrap();
        rig.do_it(BotAction::Deletion { message_id: said }).unwrap();
        assert_eq!(rig.texts(), Vec::<String>::new());
        // Nor what waited for keys.
        rig.offline();
        sent_id(rig.say("geheim"));
        assert!(rig.texts().is_empty());
        rig.come_back();
        assert!(rig.take_sent().len() > 3 && rig.texts().is_empty());
    }
}

#[test]
fn what_waited_for_keys_is_kept_when_it_goes_out_plain() {
    let mut rig = Rig::keeping(Encrypt::Preferred);
    rig.offline();
    let (said, _) = sent_id(rig.say("to a phone without OMEMO"));
    let Ok(Answer::Sent { message_id: file, .. }) =
        rig.do_it(BotAction::File { url: "https://example.org/a.jpg".into(), caption: Some("a cat".into()) })
    else {
        panic!()
    };
    rig.do_it(BotAction::Edit { message_id: said.clone(), text: "corrected".to_string(), keyboard: None }).unwrap();
    assert!(rig.texts().is_empty(), "it may go out encrypted still");
    rig.come_back();
    assert_eq!(rig.take_sent().len(), 4);
    assert_eq!(rig.texts(), ["corrected", "https://example.org/a.jpg", "a cat"]);
    let all = rig.kept();
    assert_eq!((all[0].message_id.as_str(), all[0].is_edited), (said.as_str(), true));
    assert_eq!((all[1].message_id.as_str(), all[1].files.len()), (file.as_str(), 1));
}

/// What was taken back while it waited is not kept, and no correction of it takes its place.
#[test]
fn what_was_taken_back_while_it_waited_is_not_kept() {
    let mut rig = Rig::keeping(Encrypt::Preferred);
    rig.offline();
    let (said, _) = sent_id(rig.say("a slip"));
    let (other, _) = sent_id(rig.say("another"));
    rig.do_it(BotAction::Edit { message_id: other.clone(), text: "another slip".to_string(), keyboard: None }).unwrap();
    let url = "https://example.org/a.jpg".to_string();
    let Ok(Answer::Sent { message_id: file, .. }) = rig.do_it(BotAction::File { url, caption: Some("a cat".into()) })
    else {
        panic!()
    };
    for message_id in [said, other, file] {
        rig.do_it(BotAction::Deletion { message_id }).unwrap();
    }
    sent_id(rig.say("well said"));
    rig.come_back();
    assert!(rig.take_sent().len() > 4);
    assert_eq!(rig.texts(), ["well said"]);
}

/// In one chat may be both; what came encrypted changes nothing that is kept, unless it takes it away.
#[test]
fn plain_and_encrypted_are_told_apart() {
    let mut rig = Rig::keeping(Encrypt::Preferred);
    rig.arrives(&plain("hello", "1"));
    sent_id(rig.say("hi"));
    let mut phone = Phone::published(OWNER, Version::Legacy, 77, &mut rig.nodes);
    let list = rig.nodes.get(OWNER, Version::Legacy.devices_node()).unwrap();
    rig.arrives(&list_notice(OWNER, Version::Legacy, list).with("type", "headline"));
    let correction = Element::new("replace", "urn:xmpp:message-correct:0").with("id", "1");
    let sealed = phone.say(&rig.nodes, Some("geheim")).with_child(correction);
    rig.arrives(&sealed);
    assert!(rig.take().iter().any(|update| update.contains("\"correction_of\":\"1\"")));
    assert!(sent_id(rig.say("geheim")).1);
    assert_eq!(rig.texts(), ["hello", "hi"]);
    let all = rig.kept();
    assert!(!all[0].is_edited);
    // Of a message that is not kept no reaction is.
    rig.arrives(&plain("again", "2"));
    assert_eq!(rig.texts(), ["hello", "hi", "again"]);
}
