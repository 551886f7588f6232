//! The engine as a value: what becomes of messages after they are sent, and of what comes besides text. Events in,
//! effects out, the store in memory; the same with real servers is in `life.rs`.

// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use botmother::base::id::AccountId;
use botmother::base::limits;
use botmother::engine::effect::{Effect, Order};
use botmother::engine::event::Event;
use botmother::engine::failure::Failure;
use botmother::engine::handle::*;
use botmother::engine::{Settings, Setup};
use botmother::store::Store;
use botmother::xmpp::message::{Attachment, Inbound, Kind, Marker, Reactions, Reply, Retraction, Stage, Via};
use botmother::xmpp::session::{self, Facts};
use botmother::xmpp::stanza::StanzaError;

use support::*;

#[path = "support/engine.rs"]
mod support;

const OWNER: &str = "ralf@example.org";
const BOT: &str = "bot@example.org";
const ANNA: &str = "anna@example.org";
const ALL: [&str; 4] = ["message", "reaction", "retraction", "message_state"];

/// An engine with the owner's account and a dedicated bot's, both online.
struct Rig {
    /// With the bot's own account.
    core: Core,
    /// The owner's.
    person: AccountId,
}

impl Rigged for Rig {
    type Caused = Vec<Effect>;

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    fn batch(&mut self, events: Vec<Event>) -> Vec<Effect> {
        self.core.batch(events)
    }
}

fn configured() -> Setup {
    setup(Settings { accounts: vec![config_account(OWNER)], ..settings() })
}

impl Rig {
    /// With a personal bot and a dedicated one; both want to know everything.
    fn new() -> (Rig, BotInfo, BotInfo) {
        let mut rig = Rig { core: Core::new(Store::memory(), configured()), person: AccountId(0) };
        let effects = rig.batch(Vec::new());
        rig.started(&effects);
        let (effects, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(dedicated("Dedicated", OWNER, BOT)));
        rig.started(&effects);
        rig.online(rig.core.account);
        rig.online(rig.person);
        rig.ask(Caller::Admin, Question::CreateBot(NewBot::new("Personal", bare(OWNER)))).unwrap();
        let Ok(Answer::Bots(bots)) = rig.ask(Caller::Admin, Question::ListBots(None)) else { panic!() };
        let [dedicated, personal] = bots.try_into().unwrap();
        for bot in [&dedicated, &personal] {
            rig.poll(bot, None, Some(&ALL));
        }
        (rig, dedicated, personal)
    }

    fn started(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Session(account, Order::Start(config, _)) if config.is_bot => self.core.account = *account,
                Effect::Session(account, Order::Start(..)) => {
                    self.person = *account;
                }
                _ => {}
            }
        }
    }

    /// Ends this engine as a kill would, and starts another over the same store.
    fn killed(self) -> Rig {
        let mut rig = Rig { core: self.core.killed(configured()), ..self };
        rig.batch(Vec::new());
        rig
    }

    fn online(&mut self, account: AccountId) -> Vec<(u64, String)> {
        let bound = session::Event::Bound { jid: full("somebody@example.org/r"), facts: Facts::default() };
        let events = [bound, session::Event::Online { resumed: false }];
        sends(&self.batch(events.into_iter().map(|event| Event::Session(account, event)).collect()))
    }

    fn ask(&mut self, caller: Caller, question: Question) -> Outcome {
        self.ask_all(caller, question).1
    }

    /// Asks; gives what was sent, too.
    fn ask_all(&mut self, caller: Caller, question: Question) -> (Vec<Effect>, Outcome) {
        let (mut effects, _ticket) = self.begin(caller, question);
        let at = effects.iter().position(|effect| matches!(effect, Effect::Answer(..))).expect("answered at once");
        let Effect::Answer(_, outcome) = effects.remove(at) else { panic!() };
        (effects, outcome)
    }

    fn poll(&mut self, bot: &BotInfo, offset: Option<i64>, allowed: Option<&[&str]>) -> (Vec<Effect>, Vec<Update>) {
        let allowed = allowed.map(|names| UpdateKinds::parse(names.iter().copied()).unwrap());
        match self.ask_all(as_bot(bot), Question::GetUpdates(poll(offset, allowed))) {
            (effects, Ok(Answer::Updates(updates))) => (effects, updates),
            (_, other) => panic!("{other:?}"),
        }
    }

    /// Takes all updates: type and data.
    fn take(&mut self, bot: &BotInfo) -> Vec<String> {
        printed(take_updates(None, |question| self.ask(as_bot(bot), question)))
    }

    fn act(&mut self, bot: &BotInfo, to: &str, deed: Deed) -> Result<Vec<(u64, String)>, Failure> {
        let act = Act { to: full(to), kind: Kind::Chat, deed, idempotency_key: None };
        let (effects, outcome) = self.ask_all(as_bot(bot), Question::Act(act));
        outcome.map(|_| sends(&effects))
    }

    /// Sends a text; gives its id and tag.
    fn say(&mut self, bot: &BotInfo, to: &str, text: &str) -> (String, u64, String) {
        match self.ask_all(as_bot(bot), Question::SendMessage(message(to, text))) {
            (effects, Ok(Answer::Sent { message_id, .. })) => {
                let (tag, stanza) = sends(&effects).pop().unwrap_or_default();
                (message_id, tag, stanza)
            }
            (_, other) => panic!("{other:?}"),
        }
    }

    fn acked(&mut self, account: AccountId, tag: u64) {
        self.told(account, session::Event::Acked(vec![tag]));
        self.core.now.mono += limits::ACK_WRITE_DELAY;
        self.batch(Vec::new());
    }

    fn hears(&mut self, account: AccountId, message: Inbound) -> Vec<(u64, String)> {
        let effects = self.told(account, session::Event::Message(Box::new(message)));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Session(_, Order::Handled(1)))));
        sends(&effects)
    }
}

/// Stanzas given to the session, with their tags, or 0.
fn sends(effects: &[Effect]) -> Vec<(u64, String)> {
    stanzas(effects).into_iter().map(|(tag, stanza)| (tag.unwrap_or_default(), stanza)).collect()
}

/// A message with nothing in it yet, but an id.
fn from(who: &str, to: &str, id: &str) -> Inbound {
    let jid = |text: &str| full(text);
    Inbound {
        id: Some(id.to_string()),
        archive_id: Some(format!("a-{who}-{id}")),
        ..Inbound::new(jid(who), jid(to), Kind::Chat)
    }
}

fn saying(text: &str, message: Inbound) -> Inbound {
    Inbound { body: Some(text.to_string()), ..message }
}

fn receipt(of: &str, message: Inbound) -> Inbound {
    Inbound { receipt: Some(of.to_string()), ..message }
}

fn displayed(of: &str, message: Inbound) -> Inbound {
    Inbound { marker: Some(Marker { stage: Stage::Displayed, id: of.to_string() }), ..message }
}

fn bounced(of: &str, who: &str) -> Inbound {
    let error = StanzaError::new("cancel", "service-unavailable").with_text("User unknown");
    Inbound { kind: Kind::Error, error: Some(error), archive_id: None, ..from(who, BOT, of) }
}

fn state(update: &str) -> &str {
    let rest = update.split(r#""state":""#).nth(1).unwrap_or_else(|| panic!("{update}"));
    rest.split('"').next().unwrap()
}

#[test]
fn each_state_once_and_only_forward() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let phone = format!("{OWNER}/phone");
    let (first, first_tag, stanza) = rig.say(&bot, OWNER, "one");
    assert!(stanza.contains("<request xmlns='urn:xmpp:receipts'/>") && stanza.contains("<markable "), "{stanza}");
    let (second, second_tag, _) = rig.say(&bot, OWNER, "two");
    assert!(rig.take(&bot).is_empty(), "nothing before the server has it");
    rig.acked(account, first_tag);
    let updates = rig.take(&bot);
    assert_eq!(updates.len(), 1);
    assert!(
        updates[0].starts_with(&format!(r#"message_state {{"message_id":"{first}","to":"{OWNER}","state":"sent""#))
    );

    // Twice, and by somebody who cannot know.
    rig.hears(account, receipt(&first, from(&phone, BOT, "r0")));
    rig.hears(account, receipt(&first, from(&phone, BOT, "r1")));
    rig.hears(account, receipt(&second, from("eve@example.org/x", BOT, "r2")));
    assert_eq!(rig.take(&bot).iter().map(|update| state(update)).collect::<Vec<_>>(), ["delivered"]);

    // The receipt is faster than the note that the server has it; what was read was there before.
    rig.hears(account, displayed(&second, from(&phone, BOT, "d1")));
    let updates = rig.take(&bot);
    let states: Vec<&str> = updates.iter().map(|update| state(update)).collect();
    assert_eq!(states, ["displayed", "sent", "displayed"], "{updates:?}");
    assert!(updates[0].contains(&first) && updates[2].contains(&second));
    rig.acked(account, second_tag);
    rig.hears(account, receipt(&second, from(&phone, BOT, "r3")));
    rig.hears(account, bounced(&second, OWNER));
    let mut rig = rig.killed();
    rig.hears(account, displayed(&second, from(&phone, BOT, "d2")));
    assert!(rig.take(&bot).is_empty());
}

#[test]
fn what_comes_back_has_failed() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let (id, tag, _) = rig.say(&bot, "nobody@example.org", "hello?");
    rig.acked(account, tag);
    rig.take(&bot);
    rig.hears(account, bounced(&id, "eve@example.net"));
    assert!(rig.take(&bot).is_empty(), "somebody else cannot refuse it");
    rig.hears(account, bounced(&id, "nobody@example.org"));
    rig.hears(account, bounced(&id, "nobody@example.org"));
    rig.hears(account, receipt(&id, from("nobody@example.org/x", BOT, "late")));
    let updates = rig.take(&bot);
    assert_eq!(updates.len(), 1, "{updates:?}");
    assert_eq!(state(&updates[0]), "failed");
    assert!(updates[0].contains("nobody@example.org does not exist") && updates[0].contains("User unknown"));
}

#[test]
fn who_asks_for_messages_only_gets_nothing_else() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    rig.poll(&bot, None, Some(&[]));
    let mut rig = rig.killed();
    rig.online(account);
    let (id, tag, stanza) = rig.say(&bot, OWNER, "one");
    assert!(!stanza.contains("urn:xmpp:receipts"), "nobody asks, so nobody need answer: {stanza}");
    rig.acked(account, tag);
    rig.hears(account, receipt(&id, from(OWNER, BOT, "r")));
    let reactions = Some(Reactions { id, emoji: vec!["👍".to_string()] });
    rig.hears(account, Inbound { reactions, ..from(OWNER, BOT, "e") });
    rig.hears(account, saying("hello", from(OWNER, BOT, "m")));
    let updates = rig.take(&bot);
    assert!(updates.len() == 1 && updates[0].contains("hello"), "{updates:?}");
}

#[test]
fn senders_hear_that_it_arrived_and_was_read() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let phone = format!("{OWNER}/phone");
    let asking = |id: &str| Inbound {
        wants_receipt: true,
        is_markable: true,
        ..saying(&format!("text {id}"), from(&phone, BOT, id))
    };
    let sent = rig.hears(account, asking("m1"));
    assert_eq!(sent.len(), 1);
    assert!(sent[0].1.contains("<received xmlns='urn:xmpp:receipts' id='m1'/>"), "{}", sent[0].1);
    assert!(sent[0].1.contains(&format!("to='{phone}'")));
    // The archive shows it again: once is enough.
    let again = Inbound { via: Via::Archive, ..asking("m1") };
    assert!(rig.hears(account, again).is_empty());
    rig.hears(account, asking("m2"));
    let stranger = Inbound { from: full("eve@example.org/x"), archive_id: None, ..asking("m3") };
    assert!(rig.hears(account, stranger).is_empty(), "strangers are told nothing");
    let carbon = Inbound { via: Via::CarbonReceived, ..asking("m4") };
    assert!(rig.hears(account, carbon).is_empty(), "that is the other client's");

    let (effects, updates) = rig.poll(&bot, None, None);
    assert!(sends(&effects).is_empty(), "the program may have died with it");
    let (effects, _) = rig.poll(&bot, Some(updates[1].id.0 + 1), None);
    let sent = sends(&effects);
    assert_eq!(sent.len(), 1, "one marker for all before");
    assert!(sent[0].1.contains("<displayed xmlns='urn:xmpp:chat-markers:0' id='m2'/>"), "{}", sent[0].1);
    let (effects, _) = rig.poll(&bot, Some(updates[1].id.0 + 1), None);
    assert!(sends(&effects).is_empty());

    // A webhook takes one at a time.
    rig.take(&bot);
    let new = NewWebhook { url: "https://hook.example.org/".into(), secret: None, allowed: None, drop_pending: false };
    rig.ask_all(as_bot(&bot), Question::SetWebhook(new)).1.unwrap();
    let mut effects = rig.told(account, session::Event::Message(Box::new(asking("m6"))));
    effects.extend(rig.told(account, session::Event::Message(Box::new(asking("m7")))));
    for id in ["m6", "m7"] {
        let tag =
            effects.iter().find_map(|effect| if let Effect::Call { tag, .. } = effect { Some(*tag) } else { None });
        effects = rig.batch(vec![http_answered(tag.expect("posted"), 204, "")]);
        let sent = sends(&effects);
        assert_eq!(sent.len(), 1);
        assert!(
            sent[0].1.contains(&format!("<displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/>")),
            "{}",
            sent[0].1
        );
    }
    rig.ask(as_bot(&bot), Question::DeleteWebhook { drop_pending: false }).unwrap();

    // A program that says it itself.
    rig.hears(account, asking("m5"));
    let marked = rig.act(&bot, OWNER, Deed::Read { message_id: "m5".to_string() }).unwrap();
    assert!(marked[0].1.contains("id='m5'"));
    let (_, updates) = rig.poll(&bot, None, None);
    let (effects, _) = rig.poll(&bot, Some(updates.last().unwrap().id.0 + 1), None);
    assert!(sends(&effects).is_empty(), "said already");
}

#[test]
fn on_a_persons_account_nothing_is_confirmed() {
    let (mut rig, _, personal) = Rig::new();
    let person = rig.person;
    let said = saying("for the bot", from(&format!("{OWNER}/phone"), OWNER, "m1"));
    let said = Inbound { wants_receipt: true, is_markable: true, ..said };
    assert!(rig.hears(person, said).is_empty());
    let (_, updates) = rig.poll(&personal, None, None);
    let (effects, _) = rig.poll(&personal, Some(updates[0].id.0 + 1), None);
    assert!(sends(&effects).is_empty());
}

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
    let reply = Some(Reply { id: "b-1".to_string(), to: None });
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
    let edit = Deed::Edit { message_id: id.clone(), text: "mine".to_string() };
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
    let edit = |id: &str| Deed::Edit { message_id: id.to_string(), text: "hello".to_string() };
    let delete = |id: &str| Deed::Deletion { message_id: id.to_string() };
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
    let file = |caption: Option<&str>| Deed::File { url: url.clone(), caption: caption.map(str::to_string) };
    let sent = rig.act(&bot, ANNA, file(Some("Look!"))).unwrap();
    assert_eq!(sent.len(), 2);
    assert!(sent[0].1.contains(&format!("<body>{url}</body>")) && sent[0].1.contains("jabber:x:oob"));
    assert!(sent[1].1.contains("<body>Look!</body>") && !sent[1].1.contains("jabber:x:oob"));
    let id = sent[0].1.split("id='").nth(1).unwrap().split('\'').next().unwrap().to_string();
    assert!(sent[1].1.contains(&format!("id='{id}.caption'")));
    assert_eq!(rig.act(&bot, ANNA, Deed::Deletion { message_id: id }).unwrap().len(), 2, "the caption goes, too");
    assert_eq!(rig.act(&bot, ANNA, file(None)).unwrap().len(), 1);
    let bad = Deed::File { url: "file:///etc/passwd".to_string(), caption: None };
    assert!(matches!(rig.act(&bot, ANNA, bad), Err(Failure::Invalid { field, .. }) if field == "url"));
}

#[test]
fn the_same_key_does_it_once() {
    let (mut rig, bot, _) = Rig::new();
    let act = |emoji: &str| Act {
        to: full(ANNA),
        kind: Kind::Chat,
        deed: Deed::Reaction { message_id: "m".to_string(), emoji: emoji.to_string() },
        idempotency_key: Some("k".to_string()),
    };
    let (effects, outcome) = rig.ask_all(as_bot(&bot), Question::Act(act("👍")));
    assert!(matches!(outcome, Ok(Answer::Done)) && sends(&effects)[0].1.contains("<reaction>👍</reaction>"));
    let (effects, outcome) = rig.ask_all(as_bot(&bot), Question::Act(act("👍")));
    assert!(matches!(outcome, Ok(Answer::Done)) && sends(&effects).is_empty());
    assert!(matches!(rig.ask(as_bot(&bot), Question::Act(act("👎"))), Err(Failure::Conflict(_))));
    let room = Act { kind: Kind::Groupchat, idempotency_key: None, ..act("👍") };
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
    for deed in [
        Deed::File { url, caption: Some("Look!".to_string()) },
        Deed::Reaction { message_id: message_id.clone(), emoji: "👍".to_string() },
        Deed::Reaction { message_id: message_id.clone(), emoji: String::new() },
        Deed::Read { message_id: message_id.clone() },
        Deed::State(ChatState::Composing),
    ] {
        assert!(rig.act(&bot, "owner@local", deed).unwrap().is_empty());
    }
    assert!(rig.act(&bot, "owner@local", Deed::Deletion { message_id }).is_err());
    let read = Question::LocalRead { with: None, after: 0, timeout: Duration::ZERO };
    let Ok(Answer::Lines(lines)) = rig.ask(Caller::Admin, read) else { panic!() };
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["https://example.com/a.png", "Look!", "👍"]);
}

#[test]
fn chat_states_are_not_kept() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let sent = rig.act(&bot, ANNA, Deed::State(ChatState::Composing)).unwrap();
    assert!(sent[0].1.contains("<composing ") && sent[0].0 == 0, "untagged: {sent:?}");
    rig.offline();
    assert!(rig.act(&bot, ANNA, Deed::State(ChatState::Composing)).unwrap().is_empty());
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
fn a_bot_goes_with_all_it_was_to_remember() {
    let (mut rig, bot, personal) = Rig::new();
    let asking = saying("read me", from(OWNER, BOT, "m1"));
    rig.hears(rig.core.account, Inbound { is_markable: true, ..asking });
    let (id, ..) = rig.say(&personal, ANNA, "hello");
    rig.ask(Caller::Admin, Question::DeleteBot(bot.id)).unwrap();
    rig.ask(Caller::Admin, Question::DeleteBot(personal.id)).unwrap();
    assert!(rig.hears(rig.person, receipt(&id, from(ANNA, OWNER, "r1"))).is_empty());
    let Ok(Answer::Bots(bots)) = rig.ask(Caller::Admin, Question::ListBots(None)) else { panic!() };
    assert!(bots.is_empty());
}

/// Whatever comes, whoever sends it: nothing breaks, each is handled, and nobody but the recipient moves a state.
#[test]
fn hostile_events_change_nothing() {
    let (mut rig, bot, _) = Rig::new();
    let account = rig.core.account;
    let (id, tag, _) = rig.say(&bot, ANNA, "hello");
    rig.acked(account, tag);
    rig.take(&bot);
    let byte = || {
        let mut byte = [0];
        entropy(&mut byte);
        usize::from(byte[0])
    };
    let ids = [id.as_str(), "", "g:1", "\u{1f44d}", "%s' OR 1=1 --"];
    let people =
        ["eve@example.org/x", "example.org", BOT, "bot@example.org/other", OWNER, "anna@example.org.evil.example"];
    let kinds = [Kind::Chat, Kind::Normal, Kind::Groupchat, Kind::Headline, Kind::Error];
    for i in 0..500 {
        let about = ids[byte() % ids.len()].to_string();
        let mut message = from(people[byte() % people.len()], BOT, &format!("x{i}"));
        message.kind = kinds[byte() % kinds.len()];
        message.via = [Via::Direct, Via::CarbonReceived, Via::CarbonSent, Via::Archive][byte() % 4];
        match byte() % 5 {
            0 => message.receipt = Some(about),
            1 => message.marker = Some(Marker { stage: Stage::Displayed, id: about }),
            2 => message.retraction = Some(Retraction { id: about, is_moderated: byte() % 2 == 0, reason: None }),
            3 => message.error = Some(StanzaError::new("cancel", "gone")),
            _ => message.id = None,
        }
        rig.hears(account, message);
    }
    assert_eq!(rig.take(&bot), Vec::<String>::new());
    rig.hears(account, receipt(&id, from("anna@example.org/x", BOT, "r")));
    assert_eq!(state(&rig.take(&bot)[0]), "delivered");
}

#[test]
fn old_messages_are_forgotten() {
    let (mut rig, bot, _) = Rig::new();
    let (first, ..) = rig.say(&bot, ANNA, "0");
    for i in 0..limits::SENT_PER_BOT_MAX + 600 {
        rig.say(&bot, ANNA, &i.to_string());
    }
    let (last, ..) = rig.say(&bot, ANNA, "last");
    let delete = |id: &str| Deed::Deletion { message_id: id.to_string() };
    assert!(matches!(rig.act(&bot, ANNA, delete(&first)), Err(Failure::NotFound(_))));
    assert!(rig.act(&bot, ANNA, delete(&last)).is_ok());
    rig.wait(limits::SENT_RETENTION + Duration::from_secs(7200));
    assert!(matches!(rig.act(&bot, ANNA, delete(&last)), Err(Failure::NotFound(_))));
}
