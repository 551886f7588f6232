//! The engine as a value: OMEMO. A peer of our own core and a server with personal nodes, both simulated; events in,
//! effects out. With other implementations and real servers it is tested elsewhere.

// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use botmother::base::id::{AccountId, UpdateId};
use botmother::base::jid::{BareJid, Jid};
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::base::time::Now;
use botmother::engine::command::texts::Language;
use botmother::engine::effect::{Effect, Order};
use botmother::engine::event::Event;
use botmother::engine::failure::Failure;
use botmother::engine::handle::*;
use botmother::engine::{Engine, Settings, Setup};
use botmother::omemo::{self, Bundle, Device, Encrypted, Entropy, Envelope, Recipient, Session, Version};
use botmother::store::Store;
use botmother::xml::{Element, Namespaces};
use botmother::xmpp::iq::Peer;
use botmother::xmpp::message::{self, Reading};
use botmother::xmpp::ns;
use botmother::xmpp::session::{self, Facts};
use botmother::xmpp::stanza::{IqKind, StanzaError};

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
#[path = "engine_omemo/trust.rs"]
mod trust;

const OWNER: &str = "ralf@example.org";
const BOT: &str = "bot@example.org";
/// Nothing that goes out may show this.
const SECRET: &str = "geheim";
const LEGACY: Version = Version::Legacy;

thread_local!(static ENTROPY: Cell<u64> = const { Cell::new(1) });

fn entropy(out: &mut [u8]) {
    for byte in out {
        let mut state = ENTROPY.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ENTROPY.set(state);
        *byte = state as u8;
    }
}

fn with_entropy<T>(run: impl FnOnce(&mut Entropy<'_>) -> T) -> T {
    let mut fill = entropy;
    run(&mut Entropy::new(&mut fill))
}

/// A device of somebody, on our own core.
struct Phone {
    jid: &'static str,
    device: Device,
    session: Option<Session>,
    count: u32,
}

impl Phone {
    fn new(jid: &'static str, version: Version, id: u32) -> Phone {
        let device = with_entropy(|entropy| Device::new(version, id, &entropy.key(), 0, entropy));
        Phone { jid, device, session: None, count: 0 }
    }

    fn version(&self) -> Version {
        self.device.version()
    }

    /// Publishes bundle and list.
    fn publish(&self, nodes: &mut Nodes) {
        let version = self.version();
        let (node, item) = version.bundle_node(self.device.id());
        nodes.set(self.jid, &node, &item, self.device.bundle().build(version));
        let list = nodes.get(self.jid, version.devices_node());
        let list = omemo::add_device(version, list.as_ref(), self.device.id(), None);
        nodes.set(self.jid, version.devices_node(), "current", list);
    }

    /// The stanza of an encrypted message to the bot; a text, or nothing in an empty one.
    fn say(&mut self, nodes: &Nodes, text: Option<&str>) -> Element {
        let list = nodes.get(BOT, self.version().devices_node()).expect("the bot has a list");
        let bot = *omemo::read_devices(self.version(), &list).first().expect("with its device");
        self.say_to(nodes, (BOT, bot), text)
    }

    /// The same to a device of somebody.
    fn say_to(&mut self, nodes: &Nodes, (to, device): (&str, u32), text: Option<&str>) -> Element {
        let version = self.version();
        let payload = text.map(|text| match version {
            Version::Legacy => text.to_string(),
            Version::Omemo2 => {
                let content = vec![Element::new("body", ns::CLIENT).with_text(text)];
                let envelope = Envelope { content, from: Some(self.jid.to_string()), to: None, time: None };
                with_entropy(|entropy| envelope.print(entropy))
            }
        });
        let (node, item) = version.bundle_node(device);
        let bundle = nodes.items[&(to.to_string(), node)].iter().find(|(id, _)| *id == item).unwrap().1.clone();
        let bundle = Bundle::read(version, &bundle).unwrap();
        let reach = match &self.session {
            Some(session) => omemo::Reach::Session(session),
            None => omemo::Reach::Bundle(&bundle, None),
        };
        let recipients = [Recipient { jid: to, device, reach }];
        let payload = payload.as_ref().map(String::as_bytes);
        let mut sealed = with_entropy(|entropy| omemo::encrypt(&self.device, payload, &recipients, entropy));
        self.session = Some(sealed.sessions.remove(0).unwrap());
        self.count += 1;
        let from = format!("{}/phone", self.jid);
        Element::new("message", ns::CLIENT)
            .with("from", &from)
            .with("to", to)
            .with("type", "chat")
            .with("id", &format!("p{}-{}", self.device.id(), self.count))
            .with_child(Element::new("body", ns::CLIENT).with_text("I sent you an OMEMO encrypted message"))
            .with_child(sealed.encrypted.build())
    }

    /// Decrypts what the bot has sent: the text; `None` in an empty message.
    fn hear(&mut self, stanza: &Element) -> Result<Option<String>, omemo::Error> {
        self.hear_from(BOT, stanza)
    }

    fn hear_from(&mut self, from: &str, stanza: &Element) -> Result<Option<String>, omemo::Error> {
        let version = self.version();
        let element = stanza.find("encrypted", version.ns()).ok_or(omemo::Error::NotForUs)?;
        let encrypted = Encrypted::read(element, self.jid, self.device.id()).unwrap();
        let opened = omemo::decrypt(&self.device, &encrypted, self.session.as_ref())?;
        self.session = Some(opened.session);
        if let Some(prekey) = opened.prekey {
            self.device.mark_used(prekey);
        }
        Ok(opened.payload.map(|payload| match version {
            Version::Legacy => String::from_utf8(payload.to_vec()).unwrap(),
            Version::Omemo2 => {
                let envelope = Envelope::parse(&payload).unwrap();
                assert_eq!(envelope.from.as_deref(), Some(from));
                envelope.content.iter().find(|child| child.is("body", ns::CLIENT)).unwrap().text()
            }
        }))
    }
}

/// Personal nodes of everybody.
#[derive(Default)]
struct Nodes {
    items: BTreeMap<(String, String), Vec<(String, Element)>>,
    /// Nodes that cannot be read now.
    closed: Vec<String>,
    /// So many orders to publish are refused from now on, as ejabberd does under load.
    busy: usize,
    /// In the order of publishing.
    published: Vec<String>,
}

impl Nodes {
    fn set(&mut self, jid: &str, node: &str, item: &str, payload: Element) {
        let items = self.items.entry((jid.to_string(), node.to_string())).or_default();
        items.retain(|(id, _)| id != item);
        items.push((item.to_string(), payload));
    }

    fn get(&self, jid: &str, node: &str) -> Option<Element> {
        Some(self.items.get(&(jid.to_string(), node.to_string()))?.last()?.1.clone())
    }

    fn answer(&mut self, to: &str, kind: IqKind, payload: &Element) -> Result<Option<Element>, StanzaError> {
        let none = || Err(StanzaError::new("cancel", "item-not-found"));
        if let (IqKind::Set, Some(publish)) = (kind, payload.find("publish", ns::PUBSUB)) {
            if self.busy > 0 {
                self.busy -= 1;
                return none();
            }
            let node = publish.attribute("node").unwrap();
            let item = publish.find("item", ns::PUBSUB).unwrap();
            self.published.push(node.to_string());
            self.set(to, node, item.attribute("id").unwrap(), item.children().next().unwrap().clone());
            return Ok(None);
        }
        if let (IqKind::Set, Some(retract)) = (kind, payload.find("retract", ns::PUBSUB)) {
            let node = retract.attribute("node").unwrap().to_string();
            let id = retract.find("item", ns::PUBSUB).unwrap().attribute("id").unwrap();
            self.items.entry((to.to_string(), node)).or_default().retain(|(known, _)| known != id);
            return Ok(None);
        }
        if let (IqKind::Set, Some(delete)) = (kind, payload.find("delete", ns::PUBSUB_OWNER)) {
            self.items.remove(&(to.to_string(), delete.attribute("node").unwrap().to_string()));
            return Ok(None);
        }
        let Some(items) = payload.find("items", ns::PUBSUB) else { return none() };
        let node = items.attribute("node").unwrap();
        if self.closed.iter().any(|closed| closed == node) {
            return Err(StanzaError::new("auth", "forbidden"));
        }
        let Some(all) = self.items.get(&(to.to_string(), node.to_string())) else { return none() };
        let wanted: Vec<&str> = items.children().filter_map(|item| item.attribute("id")).collect();
        let mut out = Element::new("items", ns::PUBSUB).with("node", node);
        for (id, payload) in all.iter().filter(|(id, _)| wanted.is_empty() || wanted.contains(&id.as_str())) {
            out = out.with_child(Element::new("item", ns::PUBSUB).with("id", id).with_child(payload.clone()));
        }
        Ok(Some(Element::new("pubsub", ns::PUBSUB).with_child(out)))
    }
}

/// An engine with a dedicated bot that is online.
struct Rig {
    engine: Engine,
    now: Now,
    account: AccountId,
    bot: BotInfo,
    nodes: Nodes,
    /// Messages that went out, by their tag.
    sent: Vec<(u64, Element)>,
    outcomes: Vec<Outcome>,
}

fn engine(store: Store, now: Now, encrypt: Encrypt) -> Engine {
    let settings = Settings {
        language: Language::English,
        accounts: Vec::new(),
        admins: Vec::new(),
        system_roots: false,
        encrypt,
        self_chat: Encrypt::Off,
    };
    let api_url = "http://localhost:7842/bot/".to_string();
    Engine::new(store, Setup { settings, api_url, api: Default::default(), rate_limit: 0, entropy }, now).unwrap()
}

impl Rig {
    fn new(encrypt: Encrypt) -> Rig {
        Rig::over(Store::memory(), encrypt)
    }

    fn over(store: Store, encrypt: Encrypt) -> Rig {
        let now = Now { mono: Duration::from_secs(1000), unix_ms: 1_800_000_000_000 };
        let mut engine = engine(store, now, encrypt);
        let own = OwnAccount { jid: BareJid::parse(BOT).unwrap(), password: Secret::new("pw") };
        let new =
            NewBot { mode: Mode::Dedicated, account: Some(own), ..NewBot::new("Bot", BareJid::parse(OWNER).unwrap()) };
        let (reply, _ticket) = ticket();
        let effects =
            engine.batch(now, vec![Event::Ask { caller: Caller::Admin, question: Question::CreateBot(new), reply }]);
        let account = effects.iter().find_map(|effect| match effect {
            Effect::Session(account, Order::Start(..)) => Some(*account),
            _ => None,
        });
        let (reply, ticket) = ticket();
        let list = Event::Ask { caller: Caller::Admin, question: Question::ListBots(None), reply };
        for effect in engine.batch(now, vec![list]) {
            if let Effect::Answer(reply, outcome) = effect {
                reply.send(outcome);
            }
        }
        let Ok(Answer::Bots(mut bots)) = ticket.wait() else { panic!("no list") };
        let (nodes, bot) = (Nodes::default(), bots.remove(0));
        let account = account.expect("started");
        Rig { engine, now, account, bot, nodes, sent: Vec::new(), outcomes: Vec::new() }
    }

    fn online(encrypt: Encrypt) -> Rig {
        let mut rig = Rig::new(encrypt);
        rig.come_online();
        rig
    }

    fn come_online(&mut self) {
        let jid = Jid::parse("bot@example.org/r").unwrap();
        self.session(session::Event::Bound { jid, facts: Facts::default() });
        self.session(session::Event::Online { resumed: false });
        self.sent.clear();
    }

    /// Ends this engine as a kill would, and starts another over the same store.
    fn killed(mut self, encrypt: Encrypt) -> Rig {
        let (sender, receiver) = mpsc::channel();
        drop(sender);
        let store = self.engine.run(&receiver, Now::default, |_| {});
        self.engine = engine(store, self.now, encrypt);
        self.sent.clear();
        self.batch(Vec::new());
        self
    }

    fn session(&mut self, event: session::Event) {
        self.batch(vec![Event::Session(self.account, event)]);
    }

    /// Applies events, and answers what is asked of nodes until nothing is.
    fn batch(&mut self, events: Vec<Event>) {
        let mut effects = self.engine.batch(self.now, events);
        while !effects.is_empty() {
            let mut answers = Vec::new();
            for effect in effects {
                if matches!(effect, Effect::Session(..)) {
                    let said = format!("{effect:?}");
                    assert!(!said.contains(SECRET), "in plain text: {said}");
                }
                match effect {
                    Effect::Session(account, Order::Ask { tag, to, kind, payload }) => {
                        let to = match &to {
                            Peer::Other(jid) => jid.to_string(),
                            Peer::Account | Peer::Server => BOT.to_string(),
                        };
                        let outcome = self.nodes.answer(&to, kind, &payload);
                        answers.push(Event::Session(account, session::Event::Answer { tag, outcome }));
                    }
                    Effect::Session(_, Order::Send { tag: Some(tag), stanza }) => {
                        let stanza = Element::parse(&stanza, &Namespaces::default_is(ns::CLIENT)).unwrap();
                        self.sent.push((tag, stanza));
                    }
                    Effect::Answer(_, outcome) => self.outcomes.push(outcome),
                    _ => {}
                }
            }
            effects = if answers.is_empty() { Vec::new() } else { self.engine.batch(self.now, answers) };
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now.mono += time;
        self.now.unix_ms += time.as_millis() as i64;
        self.batch(Vec::new());
    }

    /// A stanza arrives for the bot.
    fn arrives(&mut self, stanza: &Element) {
        match message::read(stanza, &BareJid::parse(BOT).unwrap()) {
            Reading::Live(message) if message.is_for_engine() => self.session(session::Event::Message(message)),
            other => panic!("{other:?}"),
        }
    }

    fn ask(&mut self, question: Question) -> Outcome {
        let (reply, _ticket) = ticket();
        let caller = Caller::Bot(self.bot.token.clone().unwrap());
        self.batch(vec![Event::Ask { caller, question, reply }]);
        self.outcomes.pop().expect("answered at once")
    }

    fn say(&mut self, text: &str) -> Outcome {
        let to = Jid::parse(OWNER).unwrap();
        let text = text.to_string();
        self.ask(Question::SendMessage(NewMessage {
            to,
            text,
            kind: Kind::Chat,
            reply_to: None,
            encrypt: false,
            idempotency_key: None,
        }))
    }

    /// Takes all updates.
    fn take(&mut self) -> Vec<String> {
        let poll = |offset| UpdatePoll { offset, limit: 100, timeout: Duration::ZERO, allowed: None };
        let Ok(Answer::Updates(updates)) = self.ask(Question::GetUpdates(poll(None))) else { panic!() };
        if let Some(last) = updates.last() {
            let _ = self.ask(Question::GetUpdates(poll(Some(UpdateId(last.id.0 + 1)))));
        }
        updates.into_iter().map(|update| format!("{} {}", update.kind, update.payload)).collect()
    }

    /// What went out since the last time.
    fn take_sent(&mut self) -> Vec<Element> {
        let sent = std::mem::take(&mut self.sent);
        let tags = sent.iter().map(|(tag, _)| *tag).collect();
        self.session(session::Event::Acked(tags));
        sent.into_iter().map(|(_, stanza)| stanza).collect()
    }
}

use botmother::xmpp::message::Kind;

fn sent_id(outcome: Outcome) -> (String, bool) {
    match outcome {
        Ok(Answer::Sent { message_id, encrypted }) => (message_id, encrypted),
        other => panic!("{other:?}"),
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
        let mut phone = Phone::new(OWNER, version, 77);
        phone.publish(&mut rig.nodes);
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
    let jid = Jid::parse("bot@example.org/r").unwrap();
    rig.session(session::Event::Bound { jid, facts: Facts::default() });
    rig.session(session::Event::Online { resumed: false });
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
    let jid = Jid::parse("bot@example.org/r").unwrap();
    rig.session(session::Event::Bound { jid, facts: Facts::default() });
    rig.session(session::Event::Online { resumed: false });
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
    let mut phone = Phone::new(OWNER, LEGACY, 77);
    phone.publish(&mut rig.nodes);
    let list = rig.nodes.get(OWNER, LEGACY.devices_node()).unwrap();
    let item = Element::new("item", ns::PUBSUB_EVENT).with("id", "current").with_child(list);
    let items = Element::new("items", ns::PUBSUB_EVENT).with("node", LEGACY.devices_node()).with_child(item);
    let event = Element::new("event", ns::PUBSUB_EVENT).with_child(items);
    let notice = Element::new("message", ns::CLIENT).with("from", OWNER).with("type", "headline").with_child(event);
    rig.arrives(&notice);
    assert!(sent_id(rig.say("secret")).1);
    let sent = rig.take_sent();
    assert!(!sent[0].print("").contains("secret"));
    assert_eq!(phone.hear(&sent[0]), Ok(Some("secret".to_string())));
}

#[test]
fn who_begins_gets_an_answer_and_prekeys_are_made_up_for() {
    for version in Version::ALL {
        let mut rig = Rig::online(Encrypt::Required);
        let mut phone = Phone::new(OWNER, version, 77);
        phone.publish(&mut rig.nodes);
        let bundle = |rig: &Rig| {
            let id = omemo::read_devices(version, &rig.nodes.get(BOT, version.devices_node()).unwrap())[0];
            Bundle::read(version, &rig.nodes.get(BOT, &version.bundle_node(id).0).unwrap()).unwrap()
        };
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
    rig.session(session::Event::Offline { why: "cut".to_string(), retry_in: Duration::from_secs(1) });
    let before = rig.nodes.published.len();
    for stanza in &hello {
        rig.arrives(stanza);
        rig.wait(Duration::from_secs(10));
    }
    assert_eq!(rig.take().len(), 2);
    assert!(rig.sent.is_empty());
    assert_eq!(rig.nodes.published.len(), before);
    let jid = Jid::parse("bot@example.org/r").unwrap();
    rig.session(session::Event::Bound { jid, facts: Facts::default() });
    rig.session(session::Event::Online { resumed: false });
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
    let mut phone = Phone::new(OWNER, LEGACY, 77);
    phone.publish(&mut rig.nodes);
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
        let list = rig.nodes.get(BOT, LEGACY.devices_node()).unwrap();
        let ids = omemo::read_devices(LEGACY, &list);
        assert!(ids.contains(&5) || ids.len() == 1, "others stay: {ids:?}");
        ids.iter().any(|id| *id != 5)
    };
    assert!(is_listed(&rig));
    let drop_it = |rig: &mut Rig| {
        let list = omemo::add_device(LEGACY, None, 5, None);
        rig.nodes.set(BOT, LEGACY.devices_node(), "current", list.clone());
        let item = Element::new("item", ns::PUBSUB_EVENT).with("id", "current").with_child(list);
        let items = Element::new("items", ns::PUBSUB_EVENT).with("node", LEGACY.devices_node()).with_child(item);
        let event = Element::new("event", ns::PUBSUB_EVENT).with_child(items);
        let notice = Element::new("message", ns::CLIENT).with("from", BOT).with("type", "headline").with_child(event);
        rig.arrives(&notice);
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
        let mut phone = Phone::new(OWNER, version, 77);
        phone.publish(&mut rig.nodes);
        let (id, _) = sent_id(rig.say("secret"));
        let to = Jid::parse(OWNER).unwrap();
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
    let mut phone = Phone::new(OWNER, LEGACY, 77);
    phone.publish(&mut rig.nodes);
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
    let mut phone = Phone::new(OWNER, LEGACY, 77);
    phone.publish(&mut rig.nodes);
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
    let set = |rig: &mut Rig, encrypt| {
        let question = Question::SetBotOmemo(rig.bot.id, Some(encrypt));
        let (reply, _ticket) = ticket();
        rig.batch(vec![Event::Ask { caller: Caller::Admin, question, reply }]);
    };
    let ids = |rig: &Rig| {
        rig.nodes.get(BOT, LEGACY.devices_node()).map_or(Vec::new(), |list| omemo::read_devices(LEGACY, &list))
    };
    set(&mut rig, Encrypt::Off);
    assert!(ids(&rig).is_empty() && rig.nodes.get(BOT, &LEGACY.bundle_node(own).0).is_none());
    assert!(!sent_id(rig.say("plain")).1);
    assert_eq!(rig.take_sent().len(), 1);
    // The same device with the same key comes back.
    set(&mut rig, Encrypt::Preferred);
    assert_eq!(ids(&rig), [own]);

    // The same while it is not there.
    let mut rig = rig.killed(Encrypt::Required);
    set(&mut rig, Encrypt::Off);
    rig.come_online();
    assert!(ids(&rig).is_empty());
    set(&mut rig, Encrypt::Required);
    assert_eq!(ids(&rig), [own]);

    rig.nodes.set(BOT, LEGACY.devices_node(), "current", omemo::add_device(LEGACY, Some(&list), 5, None));
    let mut rig = rig.killed(Encrypt::Required);
    rig.come_online();
    let (reply, _ticket) = ticket();
    let question = Question::DeleteBot(rig.bot.id);
    rig.batch(vec![Event::Ask { caller: Caller::Admin, question, reply }]);
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
    let mut phone = Phone::new(OWNER, LEGACY, 77);
    phone.publish(&mut rig.nodes);
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
        let to = Jid::parse(OWNER).unwrap();
        let text = "secret".to_string();
        rig.ask(Question::SendMessage(NewMessage {
            to,
            text,
            kind,
            reply_to: None,
            encrypt: true,
            idempotency_key: None,
        }))
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
