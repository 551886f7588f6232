//! What is done besides saying texts, by others and by bots: corrections, reactions, retractions, files.

use botmother::xmpp::message::{Attachment, RepliedTo};

use super::*;

#[test]
fn a_message_says_what_it_is_about() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let attachment = |name: &str| Attachment {
        url: format!("https://example.com/{name}"),
        name: Some(name.to_string()),
        media_type: Some("image/png".to_string()),
        size_bytes: Some(7),
        ..Attachment::default()
    };
    rig.hears(account, saying("helo", from(OWNER, BOT, "m1")));
    rig.hears(account, Inbound { replaces: Some("m1".into()), ..saying("hello", from(OWNER, BOT, "m2")) });
    rig.hears(account, Inbound { replaces: Some("other".into()), ..saying("new", from(OWNER, BOT, "m3")) });
    let reply = Some(RepliedTo { id: "b-1".to_string(), to: None });
    let attachments = vec![attachment("a.png"), attachment("b.png")];
    rig.hears(account, Inbound { reply, attachments, ..from(OWNER, BOT, "m4") });
    let updates = rig.take(&bot);
    assert_eq!(updates.len(), 4);
    assert!(!updates[0].contains("correction_of") && updates[1].contains(r#""correction_of":"m1""#));
    assert!(!updates[2].contains("correction_of"), "nobody changes what he has not said");
    let hash = botmother::base::crypto::sha256(b"https://example.com/a.png");
    let file_id = botmother::base::text::base64url(&hash[..18]);
    let one = format!(
        r#"{{"url":"https://example.com/a.png","file_id":"{file_id}","name":"a.png","type":"image/png","size":7}}"#
    );
    assert!(updates[3].contains(&format!(r#""reply_to":"b-1","attachment":{one},"attachments":[{one},"#)));
    assert!(updates[3].contains(r#""body":"https://example.com/a.png""#), "{}", updates[3]);
}

#[test]
fn reactions_and_retractions_come_once_and_only_from_their_sender() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let reacting = |who: &str, id: &str, emoji: &[&str]| {
        let emoji = emoji.iter().map(ToString::to_string).collect();
        Inbound { reactions: Some(Reactions { id: "b-1".to_string(), emoji }), ..from(who, BOT, id) }
    };
    let retracting = |who: &str, id: &str, of: &str| {
        let retraction = Retraction { id: of.to_string(), is_moderated: false, reason: None };
        Inbound { retraction: Some(retraction), ..from(who, BOT, id) }
    };
    rig.hears(account, reacting(OWNER, "e1", &["👍", "\"❤️\""]));
    rig.hears(account, reacting(OWNER, "e1", &["👍", "\"❤️\""]));
    rig.hears(account, reacting("eve@example.org", "e2", &["👎"]));
    rig.hears(account, reacting(OWNER, "e3", &[]));
    rig.hears(account, saying("oops", from(OWNER, BOT, "m1")));
    rig.hears(account, retracting(OWNER, "t1", "b-1"));
    let mut rig = rig.killed();
    rig.hears(account, retracting(OWNER, "t2", "m1"));
    rig.hears(account, retracting(OWNER, "t2", "m1"));
    let updates = rig.take(&bot);
    let kinds: Vec<&str> = updates.iter().map(|update| update.split(' ').next().unwrap()).collect();
    assert_eq!(kinds, ["reaction", "reaction", "message", "retraction"], "{updates:?}");
    let data =
        r#"reaction {"from":"ralf@example.org","to":"bot@example.org","message_id":"b-1","reactions":["👍","\"❤️\""]"#;
    assert!(updates[0].starts_with(data), "{}", updates[0]);
    assert!(updates[1].contains(r#""reactions":[]"#) && updates[3].contains(r#""message_id":"m1""#));
}

#[test]
fn in_the_self_chat_events_go_to_the_bot_that_is_meant() {
    let (mut rig, _, first) = Rig::new();
    let person = rig.person;
    let owner = bare(OWNER);
    let new = NewBot::new("Other", owner);
    let Ok(Answer::Created(other)) = rig.ask(Caller::Admin, Question::CreateBot(new)) else { panic!() };
    rig.poll(&other, None, Some(&ALL));
    let phone = format!("{OWNER}/phone");
    let (id, tag, stanza) = rig.say(&other, OWNER, "which?");
    assert!(stanza.contains("urn:xmpp:carbons:2"), "no copies in the self-chat");
    rig.acked(person, tag);
    rig.hears(person, saying("@other this", from(&phone, OWNER, "m1")));
    let react = |to: &str, id: &str| {
        let reactions = Some(Reactions { id: to.to_string(), emoji: vec!["1️⃣".to_string()] });
        Inbound { reactions, archive_id: None, ..from(&phone, OWNER, id) }
    };
    rig.hears(person, react(&id, "e1"));
    rig.hears(person, Inbound { via: Via::CarbonSent, archive_id: Some("x".into()), ..react(&id, "e1") });
    rig.hears(person, react("m1", "e2"));
    rig.hears(person, displayed(&id, from(&phone, OWNER, "d1")));
    let updates = rig.take(&other);
    let kinds: Vec<&str> = updates.iter().map(|update| update.split(' ').next().unwrap()).collect();
    assert_eq!(kinds, ["message_state", "message", "reaction", "reaction", "message_state"], "{updates:?}");
    assert!(rig.take(&first).is_empty());
    // They share the account, and still each has only its own messages.
    let edit = BotAction::Edit { message_id: id.clone(), text: "mine".to_string(), keyboard: None };
    assert!(matches!(rig.act(&first, OWNER, edit), Err(Failure::NotFound(_))));
    // What the owner's phone tells somebody else is not about the bot's messages, whatever ids it names.
    let (id, ..) = rig.say(&other, OWNER, "again");
    rig.hears(person, Inbound { via: Via::CarbonSent, ..displayed(&id, from(&phone, ANNA, "d2")) });
    assert!(rig.take(&other).is_empty());
}

#[test]
fn only_its_own_messages_are_changed() {
    let (mut rig, bot, personal) = Rig::new();
    let (id, _, _) = rig.say(&bot, ANNA, "helo");
    let edit = |id: &str| BotAction::Edit { message_id: id.to_string(), text: "hello".to_string(), keyboard: None };
    let delete = |id: &str| BotAction::Deletion { message_id: id.to_string() };
    let edited = rig.act(&bot, ANNA, edit(&id)).unwrap();
    assert!(edited[0].1.contains(&format!("<replace xmlns='urn:xmpp:message-correct:0' id='{id}'/>")), "{edited:?}");
    // The correction can be corrected; clients hear of the first message each time.
    let new_id = edited[0].1.split("id='").nth(1).unwrap().split('\'').next().unwrap().to_string();
    assert!(rig.act(&bot, ANNA, edit(&new_id)).unwrap()[0].1.contains(&format!("message-correct:0' id='{id}'")));

    assert!(matches!(rig.act(&personal, ANNA, edit(&id)), Err(Failure::NotFound(_))), "another bot's");
    assert!(matches!(rig.act(&bot, ANNA, edit("unknown")), Err(Failure::NotFound(text)) if text.contains("unknown")));
    assert!(matches!(rig.act(&bot, OWNER, delete(&id)), Err(Failure::Invalid { field, .. }) if field == "to"));

    let mut rig = rig.killed();
    rig.online(rig.core.account);
    let deleted = rig.act(&bot, ANNA, delete(&new_id)).unwrap();
    assert!(deleted[0].1.contains(&format!("<retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>")), "{deleted:?}");
    assert!(rig.act(&bot, ANNA, delete(&id)).unwrap().is_empty(), "it is deleted");
    assert!(matches!(rig.act(&bot, ANNA, edit(&id)), Err(Failure::Conflict(_))));
}

#[test]
fn files_and_their_captions() {
    let (mut rig, bot, _) = Rig::new();
    let url = "https://example.com/a.png".to_string();
    let file = |caption: Option<&str>| BotAction::File { url: url.clone(), caption: caption.map(str::to_string) };
    let sent = rig.act(&bot, ANNA, file(Some("Look!"))).unwrap();
    assert_eq!(sent.len(), 2);
    assert!(sent[0].1.contains(&format!("<body>{url}</body>")) && sent[0].1.contains("jabber:x:oob"));
    assert!(sent[1].1.contains("<body>Look!</body>") && !sent[1].1.contains("jabber:x:oob"));
    let id = sent[0].1.split("id='").nth(1).unwrap().split('\'').next().unwrap().to_string();
    assert!(sent[1].1.contains(&format!("id='{id}.caption'")));
    assert_eq!(rig.act(&bot, ANNA, BotAction::Deletion { message_id: id }).unwrap().len(), 2, "the caption goes, too");
    assert_eq!(rig.act(&bot, ANNA, file(None)).unwrap().len(), 1);
    let bad = BotAction::File { url: "file:///etc/passwd".to_string(), caption: None };
    assert!(matches!(rig.act(&bot, ANNA, bad), Err(Failure::Invalid { field, .. }) if field == "url"));
}

#[test]
fn the_same_key_does_it_once() {
    let (mut rig, bot, _) = Rig::new();
    let (said, ..) = rig.say(&bot, ANNA, "hello");
    let act = |emoji: &str| NewAction {
        to: full(ANNA),
        kind: Kind::Chat,
        action: BotAction::Reaction { message_id: said.clone(), emoji: emoji.to_string() },
        idempotency_key: Some("k".to_string()),
    };
    let (effects, outcome) = rig.ask_all(as_bot(&bot), Question::Act(act("👍")));
    assert!(matches!(outcome, Ok(Answer::Done)) && sends(&effects)[0].1.contains("<reaction>👍</reaction>"));
    let (effects, outcome) = rig.ask_all(as_bot(&bot), Question::Act(act("👍")));
    assert!(matches!(outcome, Ok(Answer::Done)) && sends(&effects).is_empty());
    assert!(matches!(rig.ask(as_bot(&bot), Question::Act(act("👎"))), Err(Failure::Conflict(_))));
    let room = NewAction { kind: Kind::Groupchat, idempotency_key: None, ..act("👍") };
    assert!(matches!(rig.ask(as_bot(&bot), Question::Act(room)), Err(Failure::Remote { what: "send_failed", .. })));
}

#[test]
fn in_the_built_in_chat_all_are_lines() {
    let (mut rig, ..) = Rig::new();
    let owner = bare("owner@local");
    let new = NewBot::new("Local", owner);
    let Ok(Answer::Created(bot)) = rig.ask(Caller::Admin, Question::CreateBot(new)) else { panic!() };
    let message_id = "m".to_string();
    let url = "https://example.com/a.png".to_string();
    for action in [
        BotAction::File { url, caption: Some("Look!".to_string()) },
        BotAction::Reaction { message_id: message_id.clone(), emoji: "👍".to_string() },
        BotAction::Reaction { message_id: message_id.clone(), emoji: String::new() },
        BotAction::Read { message_id: message_id.clone() },
        BotAction::State(ChatState::Composing),
    ] {
        assert!(rig.act(&bot, "owner@local", action).unwrap().is_empty());
    }
    assert!(rig.act(&bot, "owner@local", BotAction::Deletion { message_id }).is_err());
    let read = Question::LocalRead { with: None, after: 0, timeout: Duration::ZERO };
    let Ok(Answer::Lines(lines)) = rig.ask(Caller::Admin, read) else { panic!() };
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["https://example.com/a.png", "Look!", "👍"]);
}

#[test]
fn chat_states_are_not_kept() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let sent = rig.act(&bot, ANNA, BotAction::State(ChatState::Composing)).unwrap();
    assert!(sent[0].1.contains("<composing ") && sent[0].0 == 0, "untagged: {sent:?}");
    rig.offline();
    assert!(rig.act(&bot, ANNA, BotAction::State(ChatState::Composing)).unwrap().is_empty());
    assert!(rig.online(account).is_empty());
}

#[test]
fn an_answer_names_the_author() {
    let (mut rig, bot, _) = Rig::new();
    let (own, ..) = rig.say(&bot, ANNA, "first");
    let mut answer = |id: &str| {
        let new = NewMessage { reply_to: Some(id.to_string()), ..message(ANNA, "answer") };
        sends(&rig.ask_all(as_bot(&bot), Question::SendMessage(new)).0).pop().unwrap().1
    };
    assert!(answer("hers").contains(&format!("<reply xmlns='urn:xmpp:reply:0' to='{ANNA}' id='hers'/>")));
    assert!(answer(&own).contains(&format!("to='{BOT}' id='{own}'/>")));
}

#[test]
fn a_reaction_is_one_emoji_for_a_message_that_the_bot_knows() {
    let (mut rig, bot, other) = Rig::new();
    let account = rig.core.account;
    let (said, ..) = rig.say(&bot, OWNER, "hello");
    rig.hears(account, saying("told", from(OWNER, BOT, "a-1")));
    let react = |id: &str, emoji: &str| BotAction::Reaction { message_id: id.to_string(), emoji: emoji.to_string() };
    for id in [said.as_str(), "a-1"] {
        for emoji in ["👍🏽", "🏳️\u{200D}🌈", "1️⃣", "🇩🇪", "❤", ""] {
            assert_eq!(rig.act(&bot, OWNER, react(id, emoji)).unwrap().len(), 1, "{id} {emoji}");
        }
        for word in ["ok", "👍👍", "👍 ", "7", "<b>"] {
            let refused = rig.act(&bot, OWNER, react(id, word));
            assert!(matches!(&refused, Err(Failure::Invalid { .. })), "{word}: {refused:?}");
        }
    }
    for action in
        [react("nobody-said-this", "👍"), react("nobody-said-this", ""), BotAction::Read { message_id: "b".into() }]
    {
        let refused = rig.act(&bot, OWNER, action);
        assert!(matches!(&refused, Err(Failure::NotFound(why)) if why.contains("neither sent")), "{refused:?}");
    }
    // Of this bot, in this conversation.
    assert!(matches!(rig.act(&bot, "eve@example.org", react("a-1", "👍")), Err(Failure::NotFound(_))));
    assert!(rig.act(&other, OWNER, react(&said, "👍")).is_err());
}
