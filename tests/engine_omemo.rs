//! The engine as a value: OMEMO. A peer of our own core and a server with personal nodes, both simulated; events in,
//! effects out. With other implementations and real servers it is tested elsewhere.

// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use botmother::base::id::AccountId;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::engine::effect::{Effect, Order};
use botmother::engine::event::Event;
use botmother::engine::failure::Failure;
use botmother::engine::handle::*;
use botmother::engine::{Engine, Settings};
use botmother::omemo::{self, Bundle, Device, Encrypted, Version};
use botmother::store::Store;
use botmother::xml::{Element, Namespaces};
use botmother::xmpp::message::{self, Kind, Reading};
use botmother::xmpp::ns;
use botmother::xmpp::session::{self, Facts};
use botmother::xmpp::stanza::{IqKind, StanzaError};

use support::people::*;
use support::*;

#[path = "engine_omemo/backup.rs"]
mod backup;
#[path = "engine_omemo/crash.rs"]
mod crash;
#[path = "engine_omemo/days.rs"]
mod days;
#[path = "engine_omemo/self_chat.rs"]
mod self_chat;
#[path = "engine_omemo/plain.rs"]
mod plain;
#[path = "support/engine.rs"]
mod support;
#[path = "engine_omemo/trust.rs"]
mod trust;

const OWNER: &str = "ralf@example.org";
const HERE: &str = "bot@example.org/r";
/// Nothing that goes out may show this.
const SECRET: &str = "geheim";

/// An engine with a dedicated bot that is online.
struct Rig {
    core: Core,
    bot: BotInfo,
    nodes: Nodes,
    /// Messages that went out, by their tag.
    sent: Vec<(u64, Element)>,
    outcomes: Vec<Outcome>,
}

impl Rigged for Rig {
    type Caused = ();

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    /// Applies events, and answers what is asked of nodes until nothing is.
    fn batch(&mut self, events: Vec<Event>) {
        settle(self, events, |rig, effect| {
            if matches!(effect, Effect::Session(..)) {
                let said = format!("{effect:?}");
                assert!(!said.contains(SECRET), "in plain text: {said}");
            }
            match effect {
                Effect::Session(account, Order::Ask { tag, to, kind, payload }) => {
                    let outcome = rig.nodes.answer(&asked_of(&to, BOT), kind, &payload);
                    return vec![Event::Session(account, session::Event::Answer { tag, outcome })];
                }
                Effect::Session(_, Order::Send { tag: Some(tag), stanza }) => rig.sent.push((tag, parse(&stanza))),
                Effect::Answer(_, outcome) => rig.outcomes.push(outcome),
                _ => {}
            }
            Vec::new()
        });
    }
}

impl Rig {
    fn new(encrypt: Encrypt) -> Rig {
        Rig::over(Store::memory(), encrypt)
    }

    fn over(store: Store, encrypt: Encrypt) -> Rig {
        let (core, bot) = Core::with_bot(store, encrypting(encrypt), dedicated("Bot", OWNER, BOT));
        Rig { core, bot, nodes: Nodes::default(), sent: Vec::new(), outcomes: Vec::new() }
    }

    fn online(encrypt: Encrypt) -> Rig {
        let mut rig = Rig::new(encrypt);
        rig.come_online();
        rig
    }

    fn come_online(&mut self) {
        self.come_back();
        self.sent.clear();
    }

    /// The same, and what goes out at once is kept.
    fn come_back(&mut self) {
        self.signed_in(HERE);
    }

    /// Ends this engine as a kill would, and starts another over the same store.
    fn killed(mut self, encrypt: Encrypt) -> Rig {
        self.core = self.core.killed(encrypting(encrypt));
        self.sent.clear();
        self.batch(Vec::new());
        self
    }

    fn set_policy(&mut self, policy: Encrypt) {
        let _ticket = self.begin(Caller::Admin, Question::SetBotOmemo(self.bot.id, Some(policy)));
    }

    /// A stanza arrives for the bot.
    fn arrives(&mut self, stanza: &Element) {
        match message::read(stanza, &bare(BOT)) {
            Reading::Live(message) if message.is_for_engine() => self.session(session::Event::Message(message)),
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, question: Question) -> Outcome {
        let _ticket = self.begin(as_bot(&self.bot), question);
        self.outcomes.pop().expect("answered at once")
    }

    fn say(&mut self, text: &str) -> Outcome {
        self.ask(Question::SendMessage(message(OWNER, text)))
    }

    /// Takes all updates.
    fn take(&mut self) -> Vec<String> {
        printed(take_updates(None, |question| self.ask(question)))
    }

    /// What went out since the last time.
    fn take_sent(&mut self) -> Vec<Element> {
        let sent = std::mem::take(&mut self.sent);
        self.acked(sent)
    }
}

#[test]
fn what_a_server_refuses_for_now_is_published_soon() {
    for busy in 1..=8 {
        let mut rig = Rig::new(Encrypt::Required);
        rig.nodes.busy = busy;
        rig.come_online();
        let mut waited = Duration::ZERO;
        while Version::ALL.iter().any(|version| rig.nodes.get(BOT, version.devices_node()).is_none()) {
            assert!(waited < Duration::from_secs(60), "{busy}: {:?}", rig.nodes.published);
            waited += limits::OMEMO_REPUBLISH_FIRST;
            rig.wait(limits::OMEMO_REPUBLISH_FIRST);
        }
        assert!(rig.nodes.published.iter().filter(|node| node.contains("bundles")).count() >= 2);
        // Then there is peace.
        let count = rig.nodes.published.len();
        rig.wait(limits::OMEMO_REPUBLISH_MAX);
        assert_eq!(rig.nodes.published.len(), count, "{busy}");
    }
}

#[test]
fn a_bot_announces_its_device_and_talks() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        for node in [LEGACY.devices_node(), Version::Omemo2.devices_node()] {
            let bundle = rig.nodes.published.iter().position(|known| known.contains("bundles")).unwrap();
            let list = rig.nodes.published.iter().position(|known| known == node).expect(node);
            assert!(bundle < list, "the bundle comes first: {:?}", rig.nodes.published);
        }
        let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let hello = phone.say(&rig.nodes, Some("Hallo ü 🦀"));
        rig.arrives(&hello);
        let updates = rig.take();
        assert_eq!(updates.len(), 1, "{updates:?}");
        assert!(
            updates[0].contains(r#""body":"Hallo ü 🦀""#) && updates[0].contains(r#""encrypted":true"#),
            "{updates:?}"
        );
        // Again from another way: silence.
        rig.arrives(&hello);
        assert_eq!(rig.take(), Vec::<String>::new());

        assert!(sent_id(rig.say("the answer")).1);
        let sent = rig.take_sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(!sent[0].print("").contains("the answer"));
        assert_eq!(phone.hear(&sent[0]), Ok(Some("the answer".to_string())));
        // It was heard, so nothing else is owed.
        rig.wait(Duration::from_secs(60));
        assert!(rig.take_sent().is_empty());
    }
}

#[test]
fn a_bot_speaks_first_and_to_all_devices() {
    let mut rig = Rig::new(Encrypt::Required);
    let mut phones = [77, 78].map(|id| Phone::new(OWNER, LEGACY, id));
    phones.iter().for_each(|phone| phone.publish(&mut rig.nodes));
    // A device without a bundle holds up nobody.
    let list = rig.nodes.get(OWNER, LEGACY.devices_node()).unwrap();
    let list = omemo::add_device(LEGACY, Some(&list), 79, None);
    rig.nodes.set(OWNER, LEGACY.devices_node(), "current", list);
    // Accepted before there is a connection: it waits, over a kill.
    assert!(sent_id(rig.say("one")).1);
    let mut rig = rig.killed(Encrypt::Required);
    sent_id(rig.say("two"));
    assert!(rig.take_sent().is_empty());
    rig.come_back();
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    for phone in &mut phones {
        assert_eq!(phone.hear(&sent[0]), Ok(Some("one".to_string())));
        assert_eq!(phone.hear(&sent[1]), Ok(Some("two".to_string())));
        assert_eq!(phone.hear(&sent[1]), Err(omemo::Error::Duplicate));
    }
}

#[test]
fn what_is_sent_again_is_the_same() {
    let mut rig = Rig::online(Encrypt::Required);
    Phone::new(OWNER, LEGACY, 77).publish(&mut rig.nodes);
    sent_id(rig.say("once"));
    let first: Vec<Element> = rig.sent.drain(..).map(|(_, stanza)| stanza).collect();
    let mut rig = rig.killed(Encrypt::Required);
    rig.come_back();
    let again: Vec<Element> = rig.sent.drain(..).map(|(_, stanza)| stanza).collect();
    assert_eq!(first, again);
}

fn plain(text: &str, id: &str) -> Element {
    Element::new("message", ns::CLIENT)
        .with("from", "ralf@example.org/phone")
        .with("to", BOT)
        .with("type", "chat")
        .with("id", id)
        .with_child(Element::new("body", ns::CLIENT).with_text(text))
}

#[test]
fn plain_text_is_refused_where_encryption_is_required() {
    let mut rig = Rig::online(Encrypt::Required);
    rig.arrives(&plain("/info", "1"));
    rig.arrives(&plain("hello", "2"));
    assert_eq!(rig.take(), Vec::<String>::new());
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 1, "one hint: {sent:?}");
    assert!(sent[0].text_of("body", ns::CLIENT).unwrap().contains("OMEMO"));
    // Nobody to encrypt to: the caller learns it, at once when it is known.
    sent_id(rig.say("secret"));
    assert!(rig.take_sent().is_empty());
    match rig.say("secret") {
        Err(Failure::Remote { what: "send_failed", why }) => assert!(why.contains("no device"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_text_goes_to_who_has_no_device_where_it_may() {
    let mut rig = Rig::online(Encrypt::Preferred);
    rig.arrives(&plain("hello", "1"));
    assert!(rig.take()[0].contains("hello"));
    assert!(!sent_id(rig.say("plain")).1);
    assert_eq!(rig.take_sent()[0].text_of("body", ns::CLIENT).unwrap(), "plain");
    // Who lets nobody see his list has not shown a device.
    rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
    rig.wait(Duration::from_secs(7200));
    assert!(!sent_id(rig.say("plain, too")).1);
    assert_eq!(rig.take_sent().len(), 1);
    rig.nodes.closed.clear();
    // His client learns OMEMO, and says so.
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let list = rig.nodes.get(OWNER, LEGACY.devices_node()).unwrap();
    rig.arrives(&list_notice(OWNER, LEGACY, list).with("type", "headline"));
    assert!(sent_id(rig.say("secret")).1);
    let sent = rig.take_sent();
    assert!(!sent[0].print("").contains("secret"));
    assert_eq!(phone.hear(&sent[0]), Ok(Some("secret".to_string())));
}

#[test]
fn who_begins_gets_an_answer_and_prekeys_are_made_up_for() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let bundle = |rig: &Rig| rig.nodes.bundle(BOT, version, rig.nodes.first_device(BOT, version)).unwrap();
        let before = bundle(&rig);
        for _ in 0..2 {
            let empty = phone.say(&rig.nodes, None);
            rig.arrives(&empty);
        }
        assert!(rig.take_sent().is_empty(), "first it is looked whether a message goes out anyway");
        assert_eq!(bundle(&rig), before);
        rig.wait(limits::OMEMO_SETTLE);
        let sent = rig.take_sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].text_of("body", ns::CLIENT).is_none());
        assert_eq!(phone.hear(&sent[0]), Ok(None));
        let after = bundle(&rig);
        let gone = before.prekeys.iter().filter(|key| !after.prekeys.contains(key)).count();
        assert_eq!((gone, after.prekeys.len()), (1, before.prekeys.len()));
        rig.wait(Duration::from_secs(600));
        assert!(rig.take_sent().is_empty());
        // In time the signed prekey is another one.
        rig.wait(Duration::from_secs(limits::OMEMO_ROTATION_S as u64));
        assert_ne!(bundle(&rig).signed_prekey_id, after.signed_prekey_id);
    }
}

#[test]
fn while_the_archive_is_read_nothing_is_answered_or_forgotten() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phones = [77, 78].map(|id| Phone::new(OWNER, LEGACY, id));
    phones.iter().for_each(|phone| phone.publish(&mut rig.nodes));
    // Both begin with the same bundle, maybe with the same prekey.
    let hello = phones.each_mut().map(|phone| phone.say(&rig.nodes, Some("hello")));
    rig.offline();
    let before = rig.nodes.published.len();
    for stanza in &hello {
        rig.arrives(stanza);
        rig.wait(Duration::from_secs(10));
    }
    assert_eq!(rig.take().len(), 2);
    assert!(rig.sent.is_empty());
    assert_eq!(rig.nodes.published.len(), before);
    rig.come_back();
    rig.wait(Duration::from_secs(10));
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(rig.nodes.published[before..].iter().any(|node| node.contains("bundles")));
}

/// The same with other bytes in its first key.
fn broken(stanza: &Element, id: &str) -> Element {
    let text = stanza.print("");
    let key = text.find("<key").and_then(|at| text[at..].find('>').map(|end| at + end + 40)).unwrap();
    let other = if &text[key..key + 4] == "AAAA" { "BBBB" } else { "AAAA" };
    let text = format!("{}{other}{}", &text[..key], &text[key + 4..]).replace("id='p77-", &format!("id='{id}-"));
    Element::parse(&text, &Namespaces::default()).unwrap()
}

#[test]
fn what_cannot_be_read_gets_a_new_session_once() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let hello = phone.say(&rig.nodes, Some("one"));
    rig.arrives(&hello);
    sent_id(rig.say("two"));
    let sent = rig.take_sent();
    assert_eq!(phone.hear(&sent[0]), Ok(Some("two".to_string())));
    rig.take();
    for round in 0..3 {
        let bad = phone.say(&rig.nodes, Some("lost"));
        rig.arrives(&broken(&bad, &format!("bad{round}")));
        rig.wait(Duration::from_secs(60));
    }
    assert_eq!(rig.take(), Vec::<String>::new());
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 1, "one new session: {sent:?}");
    assert_eq!(phone.hear(&sent[0]), Ok(None));
    let again = phone.say(&rig.nodes, Some("three"));
    rig.arrives(&again);
    assert!(rig.take()[0].contains("three"));
}

#[test]
fn a_device_that_another_client_drops_comes_back_in_time() {
    let mut rig = Rig::online(Encrypt::Required);
    let is_listed = |rig: &Rig| {
        let ids = rig.nodes.devices(BOT, LEGACY);
        assert!(ids.contains(&5) || ids.len() == 1, "others stay: {ids:?}");
        ids.iter().any(|id| *id != 5)
    };
    assert!(is_listed(&rig));
    let drop_it = |rig: &mut Rig| {
        let list = omemo::add_device(LEGACY, None, 5, None);
        rig.nodes.set(BOT, LEGACY.devices_node(), "current", list.clone());
        rig.arrives(&list_notice(BOT, LEGACY, list).with("type", "headline"));
    };
    rig.wait(limits::OMEMO_RELIST);
    drop_it(&mut rig);
    assert!(is_listed(&rig));
    drop_it(&mut rig);
    assert!(!is_listed(&rig), "two that drop each other must not do it for ever");
    rig.wait(limits::OMEMO_RELIST);
    assert!(is_listed(&rig));
}

#[test]
fn corrections_and_files_are_encrypted_too() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
        let (id, _) = sent_id(rig.say("secret"));
        let to = full(OWNER);
        let act = |deed| Question::Act(Act { to: to.clone(), kind: Kind::Chat, deed, idempotency_key: None });
        sent_id(rig.ask(act(Deed::Edit { message_id: id.clone(), text: "secret indeed".to_string() })));
        let url = "https://example.org/secret.jpg".to_string();
        sent_id(rig.ask(act(Deed::File { url: url.clone(), caption: Some("secret picture".to_string()) })));
        assert!(matches!(rig.ask(act(Deed::Deletion { message_id: id })), Ok(Answer::Done)));
        let sent = rig.take_sent();
        assert_eq!(sent.len(), 5, "{sent:?}");
        assert!(sent.iter().all(|stanza| !stanza.print("").contains("secret")), "{sent:?}");
        let heard: Vec<_> = sent.iter().map(|stanza| phone.hear(stanza).unwrap().unwrap()).collect();
        assert_eq!(&heard[..4], ["secret", "secret indeed", &url, "secret picture"]);
        if version == LEGACY {
            assert!(sent[1].find("replace", ns::CORRECT).is_some(), "what it corrects stands outside");
        }
    }
}

#[test]
fn another_key_in_the_place_of_one_is_not_written_to() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    let hello = phone.say(&rig.nodes, Some("one"));
    rig.arrives(&hello);
    assert_eq!(rig.take().len(), 1);
    // Somebody else under the same id.
    let mut other = Phone::new(OWNER, LEGACY, 77);
    let forged = other.say(&rig.nodes, Some("/secret"));
    rig.arrives(&forged);
    assert_eq!(rig.take(), Vec::<String>::new());
    sent_id(rig.say("two"));
    let sent = rig.take_sent();
    assert!(sent.iter().all(|stanza| other.hear(stanza).is_err()));
    let heard: Vec<_> = sent.iter().map(|stanza| phone.hear(stanza).unwrap().unwrap()).collect();
    assert!(heard[0].contains("another key than before"), "{heard:?}");
    assert_eq!(heard[1..], ["two"]);
}

#[test]
fn what_is_not_for_us_is_told_once() {
    let mut rig = Rig::online(Encrypt::Required);
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    for _ in 0..3 {
        let stanza = phone.say(&rig.nodes, Some("lost")).print("").replace("rid='", "rid='9");
        let stanza = Element::parse(&stanza, &Namespaces::default()).unwrap();
        rig.arrives(&stanza);
    }
    assert_eq!(rig.take(), Vec::<String>::new());
    let sent = rig.take_sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].text_of("body", ns::CLIENT).unwrap().contains("not encrypted for my device"));
}

#[test]
fn a_device_goes_when_it_is_not_wanted_any_more() {
    let mut rig = Rig::online(Encrypt::Required);
    // Another client of the account stays.
    let list = rig.nodes.get(BOT, LEGACY.devices_node()).unwrap();
    let own = omemo::read_devices(LEGACY, &list)[0];
    let ids = |rig: &Rig| rig.nodes.devices(BOT, LEGACY);
    rig.set_policy(Encrypt::Off);
    assert!(ids(&rig).is_empty() && rig.nodes.get(BOT, &LEGACY.bundle_node(own).0).is_none());
    assert!(!sent_id(rig.say("plain")).1);
    assert_eq!(rig.take_sent().len(), 1);
    // The same device with the same key comes back.
    rig.set_policy(Encrypt::Preferred);
    assert_eq!(ids(&rig), [own]);

    // The same while it is not there.
    let mut rig = rig.killed(Encrypt::Required);
    rig.set_policy(Encrypt::Off);
    rig.come_online();
    assert!(ids(&rig).is_empty());
    rig.set_policy(Encrypt::Required);
    assert_eq!(ids(&rig), [own]);

    rig.nodes.set(BOT, LEGACY.devices_node(), "current", omemo::add_device(LEGACY, Some(&list), 5, None));
    let mut rig = rig.killed(Encrypt::Required);
    rig.come_online();
    let _ticket = rig.begin(Caller::Admin, Question::DeleteBot(rig.bot.id));
    assert_eq!(ids(&rig), [5]);
    assert!(rig.nodes.get(BOT, &LEGACY.bundle_node(own).0).is_none());
}

#[test]
fn what_cannot_be_encrypted_fails_in_time() {
    let mut rig = Rig::online(Encrypt::Required);
    let polled = UpdateKinds::parse(["message_state"]).unwrap();
    let poll = UpdatePoll { offset: None, limit: 1, timeout: Duration::ZERO, allowed: Some(polled) };
    assert!(rig.ask(Question::GetUpdates(poll)).is_ok());
    rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
    let (id, _) = sent_id(rig.say("secret"));
    for _ in 0..30 {
        rig.wait(Duration::from_secs(20));
    }
    assert_eq!(rig.take(), Vec::<String>::new(), "there is hope");
    for _ in 0..30 {
        rig.wait(Duration::from_secs(20));
    }
    let updates = rig.take();
    assert!(updates.len() == 1 && updates[0].contains(&id) && updates[0].contains("failed"), "{updates:?}");
    assert!(rig.take_sent().is_empty());
    // The list is open in time.
    sent_id(rig.say("secret"));
    rig.wait(Duration::from_secs(120));
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    rig.nodes.closed.clear();
    rig.wait(Duration::from_secs(60));
    rig.wait(Duration::from_secs(60));
    let sent = rig.take_sent();
    assert_eq!(phone.hear(&sent[0]), Ok(Some("secret".to_string())));
}

#[test]
fn one_message_can_be_confidential() {
    let mut rig = Rig::online(Encrypt::Preferred);
    let say = |rig: &mut Rig, kind| {
        rig.ask(Question::SendMessage(NewMessage { kind, encrypt: true, ..message(OWNER, "secret") }))
    };
    // Nobody knows yet that the recipient has no device: it is accepted, and never goes out.
    let _ = say(&mut rig, Kind::Chat);
    assert!(say(&mut rig, Kind::Chat).is_err());
    assert!(say(&mut rig, Kind::Groupchat).is_err());
    rig.wait(Duration::from_secs(3600));
    assert!(rig.take_sent().is_empty());
    Phone::new(OWNER, LEGACY, 77).publish(&mut rig.nodes);
    rig.wait(Duration::from_secs(3600));
    assert!(sent_id(say(&mut rig, Kind::Chat)).1);
    let sent = rig.take_sent();
    assert!(!sent[0].print("").contains("secret"));
}
