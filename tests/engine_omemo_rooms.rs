//! The engine as a value: OMEMO in rooms. People of our own core, their personal nodes and a room, all simulated; events
//! in, effects out. With another implementation and real servers it is tested in `tests/encrypted_rooms.rs`.

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
use botmother::xmpp::message::{self, Kind, Reading};
use botmother::xmpp::ns;
use botmother::xmpp::session::{self, Facts};
use botmother::xmpp::stanza::{IqKind, StanzaError};

#[path = "engine_omemo_rooms/hearing.rs"]
mod hearing;
#[path = "engine_omemo_rooms/talking.rs"]
mod talking;

const BOT: &str = "bot@example.org";
const ROOM: &str = "tea@muc.example.org";
const ALICE: &str = "alice@example.org";
const BOB: &str = "bob@example.net";
const LEGACY: Version = Version::Legacy;
const PRIVATE: &[&str] = &["muc_membersonly", "muc_nonanonymous", "urn:xmpp:mam:2", "urn:xmpp:occupant-id:0"];
const PUBLIC: &[&str] = &["muc_open", "muc_semianonymous", "urn:xmpp:mam:2"];

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

fn parse(text: &str) -> Element {
    Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap()
}

// --- people ---

/// A device of somebody, on our own core.
struct Phone {
    jid: &'static str,
    device: Device,
    session: Option<Session>,
}

impl Phone {
    /// New, and published.
    fn new(jid: &'static str, version: Version, id: u32, rig: &mut Rig) -> Phone {
        let device = with_entropy(|entropy| Device::new(version, id, &entropy.key(), 0, entropy));
        let (node, item) = version.bundle_node(id);
        rig.set(jid, &node, &item, device.bundle().build(version));
        let list =
            rig.nodes.get(&(jid.to_string(), version.devices_node().to_string())).map(|items| items[0].1.clone());
        let list = omemo::add_device(version, list.as_ref(), id, None);
        rig.set(jid, version.devices_node(), "current", list);
        Phone { jid, device, session: None }
    }

    /// `<encrypted/>` for the bot, with an envelope for `room` where the version has one.
    fn seal(&mut self, rig: &Rig, text: &str, room: Option<&str>) -> Element {
        let version = self.device.version();
        let payload = match version {
            Version::Legacy => text.to_string(),
            Version::Omemo2 => {
                let content = vec![Element::new("body", ns::CLIENT).with_text(text)];
                let (from, to) = (Some(self.jid.to_string()), room.map(str::to_string));
                with_entropy(|entropy| Envelope { content, from, to, time: None }.print(entropy))
            }
        };
        let list = &rig.nodes[&(BOT.to_string(), version.devices_node().to_string())][0].1;
        let bot = omemo::read_devices(version, list)[0];
        let (node, item) = version.bundle_node(bot);
        let items = &rig.nodes[&(BOT.to_string(), node)];
        let bundle = Bundle::read(version, &items.iter().find(|(id, _)| *id == item).unwrap().1).unwrap();
        let reach = match &self.session {
            Some(session) => omemo::Reach::Session(session),
            None => omemo::Reach::Bundle(&bundle, None),
        };
        let to = [Recipient { jid: BOT, device: bot, reach }];
        let mut sealed = with_entropy(|entropy| omemo::encrypt(&self.device, Some(payload.as_bytes()), &to, entropy));
        self.session = Some(sealed.sessions.remove(0).unwrap());
        sealed.encrypted.build()
    }

    /// Decrypts what the bot has said: its text; `None` in an empty message.
    fn hear(&mut self, stanza: &Element) -> Result<Option<String>, omemo::Error> {
        let version = self.device.version();
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
                assert_eq!((envelope.from.as_deref(), envelope.to.as_deref()), (Some(BOT), Some(ROOM)));
                envelope.content.iter().find(|child| child.is("body", ns::CLIENT)).unwrap().text()
            }
        }))
    }

    fn hears(&mut self, stanza: &Element, text: &str) {
        assert_eq!(self.hear(stanza), Ok(Some(text.to_string())), "{}", self.jid);
    }
}

// --- the bot and everything around it ---

struct Rig {
    engine: Engine,
    now: Now,
    account: AccountId,
    token: Secret,
    bot: botmother::base::id::BotId,
    nodes: BTreeMap<(String, String), Vec<(String, Element)>>,
    features: &'static [&'static str],
    /// Who has which affiliation; `None`: the room does not say.
    lists: Option<Vec<(&'static str, &'static str)>>,
    /// Questions about lists so far.
    asked: usize,
    /// What the room's archive has, inside of `<result/>`, for the next question.
    archive: Vec<(String, String)>,
    /// Nobody answers about devices, or he does not.
    is_mute: bool,
    dead: Option<&'static str>,
    /// The room does not say what it is.
    is_silent: bool,
    unanswered: Vec<u64>,
    /// To the room.
    said: Vec<Element>,
    /// To somebody alone.
    whispered: Vec<(u64, Element)>,
    outcomes: Vec<Outcome>,
    /// Calls to AIs.
    calls: Vec<u64>,
    count: u32,
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

fn started(effects: &[Effect]) -> AccountId {
    let start = |effect: &Effect| match effect {
        Effect::Session(account, Order::Start(..)) => Some(*account),
        _ => None,
    };
    effects.iter().find_map(start).expect("the session is started")
}

impl Rig {
    /// Online, in no room; alice and bob belong to the room.
    fn new(encrypt: Encrypt) -> Rig {
        let now = Now { mono: Duration::from_secs(1000), unix_ms: 1_800_000_000_000 };
        let mut engine = engine(Store::memory(), now, encrypt);
        let own = OwnAccount { jid: BareJid::parse(BOT).unwrap(), password: Secret::new("pw") };
        let owner = BareJid::parse("ralf@example.org").unwrap();
        let new = NewBot { mode: Mode::Dedicated, account: Some(own), ..NewBot::new("Robo", owner) };
        let (reply, _ticket) = ticket();
        let question = Question::CreateBot(new);
        let effects = engine.batch(now, vec![Event::Ask { caller: Caller::Admin, question, reply }]);
        let account = started(&effects);
        let (reply, ticket) = ticket();
        let list = Event::Ask { caller: Caller::Admin, question: Question::ListBots(None), reply };
        for effect in engine.batch(now, vec![list]) {
            if let Effect::Answer(reply, outcome) = effect {
                reply.send(outcome);
            }
        }
        let Ok(Answer::Bots(mut bots)) = ticket.wait() else { panic!("no list") };
        let bot = bots.remove(0);
        let mut rig = Rig {
            engine,
            now,
            account,
            token: bot.token.unwrap(),
            bot: bot.id,
            nodes: BTreeMap::new(),
            features: PRIVATE,
            lists: Some(vec![(BOT, "member"), (ALICE, "owner"), (BOB, "member")]),
            asked: 0,
            archive: Vec::new(),
            is_mute: false,
            dead: None,
            is_silent: false,
            unanswered: Vec::new(),
            said: Vec::new(),
            whispered: Vec::new(),
            outcomes: Vec::new(),
            calls: Vec::new(),
            count: 0,
        };
        rig.online();
        rig
    }

    /// In the room, where alice is.
    fn joined(encrypt: Encrypt) -> Rig {
        Rig::new(encrypt).join()
    }

    fn join(mut self) -> Rig {
        let room = BareJid::parse(ROOM).unwrap();
        self.send(Question::JoinRoom(NewRoom { room, nick: None, password: None }));
        self.let_in();
        assert!(matches!(self.outcomes.pop(), Some(Ok(Answer::Done))));
        self.take();
        self
    }

    /// The room shows alice and then the bot itself.
    fn let_in(&mut self) {
        self.presence("alice", "", &item("owner", "alice@example.org/phone"), "");
        self.presence("Robo", "", &item("member", "bot@example.org/r"), "<status code='110'/>");
        self.arrives(&format!("<message from='{ROOM}' type='groupchat'><subject/></message>"));
    }

    fn online(&mut self) {
        let jid = Jid::parse("bot@example.org/r").unwrap();
        self.session(session::Event::Bound { jid, facts: Facts::default() });
        self.session(session::Event::Online { resumed: false });
    }

    fn offline(&mut self) {
        self.session(session::Event::Offline { why: "reset".to_string(), retry_in: Duration::from_secs(1) });
    }

    /// Ends this engine as a kill would, and starts another over the same store; it is not online yet.
    fn killed(mut self, encrypt: Encrypt) -> Rig {
        let (sender, receiver) = mpsc::channel();
        drop(sender);
        let store = self.engine.run(&receiver, Now::default, |_| {});
        self.engine = engine(store, self.now, encrypt);
        let effects = self.engine.batch(self.now, Vec::new());
        self.account = started(&effects);
        self.said.clear();
        self.whispered.clear();
        self
    }

    fn set(&mut self, jid: &str, node: &str, item: &str, payload: Element) {
        let items = self.nodes.entry((jid.to_string(), node.to_string())).or_default();
        items.retain(|(id, _)| id != item);
        items.push((item.to_string(), payload));
    }

    fn session(&mut self, event: session::Event) {
        self.batch(vec![Event::Session(self.account, event)]);
    }

    /// Applies events, and answers what is asked until nothing is.
    fn batch(&mut self, events: Vec<Event>) {
        let mut effects = self.engine.batch(self.now, events);
        while !effects.is_empty() {
            let mut answers = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Session(account, Order::Ask { tag, to, kind, payload }) => {
                        let to = match &to {
                            Peer::Other(jid) => jid.to_string(),
                            Peer::Account | Peer::Server => BOT.to_string(),
                        };
                        let is_mute = self.is_mute || self.dead == Some(&to);
                        let is_silent = self.is_silent && payload.is("query", ns::DISCO_INFO) && to == ROOM;
                        if is_silent || is_mute && payload.is("pubsub", ns::PUBSUB) {
                            self.unanswered.push(tag);
                            continue;
                        }
                        let (before, outcome) = self.answer(&to, kind, &payload);
                        answers.extend(before);
                        answers.push(Event::Session(account, session::Event::Answer { tag, outcome }));
                    }
                    Effect::Session(_, Order::Send { tag, stanza }) => {
                        let stanza = parse(&stanza);
                        match (stanza.name(), stanza.attribute("type"), tag) {
                            ("message", Some("groupchat"), None)
                                if stanza.find("composing", ns::CHAT_STATES).is_some() => {}
                            ("message", Some("groupchat"), None) => self.said.push(stanza),
                            ("message", _, Some(tag)) => self.whispered.push((tag, stanza)),
                            _ => {}
                        }
                    }
                    Effect::Answer(_, outcome) => self.outcomes.push(outcome),
                    Effect::Call { tag, .. } => self.calls.push(tag),
                    _ => {}
                }
            }
            effects = if answers.is_empty() { Vec::new() } else { self.engine.batch(self.now, answers) };
        }
    }

    /// The answer, and what comes before it.
    fn answer(
        &mut self,
        to: &str,
        kind: IqKind,
        payload: &Element,
    ) -> (Vec<Event>, Result<Option<Element>, StanzaError>) {
        let none = Err(StanzaError::new("cancel", "item-not-found"));
        match payload.ns() {
            ns::DISCO_INFO if to == ROOM => (Vec::new(), Ok(Some(self.info()))),
            ns::MUC_ADMIN => {
                self.asked += 1;
                let wanted = payload.children().next().unwrap().attribute("affiliation").unwrap().to_string();
                let Some(lists) = &self.lists else { return (Vec::new(), Err(StanzaError::new("auth", "forbidden"))) };
                let of = lists.iter().filter(|(_, affiliation)| *affiliation == wanted);
                let item = |jid: &str| Element::new("item", ns::MUC_ADMIN).with("jid", jid);
                let query =
                    of.fold(Element::new("query", ns::MUC_ADMIN), |query, (jid, _)| query.with_child(item(jid)));
                (Vec::new(), Ok(Some(query)))
            }
            ns::MAM => {
                let query = payload.attribute("queryid").unwrap_or_default();
                let result = |(id, inner): (String, String)| {
                    self.event(&format!(
                        "<message from='{ROOM}'><result xmlns='urn:xmpp:mam:2' queryid='{query}' id='{id}'>\
                         <forwarded xmlns='urn:xmpp:forward:0'>{inner}</forwarded></result></message>"
                    ))
                };
                let fin = "<fin xmlns='urn:xmpp:mam:2' complete='true'/>";
                (self.archive.clone().into_iter().map(result).collect(), Ok(Some(parse(fin))))
            }
            ns::PING => (Vec::new(), Ok(None)),
            ns::PUBSUB => (Vec::new(), self.node(to, kind, payload)),
            _ => (Vec::new(), none),
        }
    }

    fn info(&self) -> Element {
        let mut query = Element::new("query", ns::DISCO_INFO)
            .with_child(Element::new("identity", ns::DISCO_INFO).with("category", "conference").with("type", "text"));
        for feature in self.features.iter().chain(&[ns::MUC]) {
            query = query.with_child(Element::new("feature", ns::DISCO_INFO).with("var", feature));
        }
        query
    }

    fn node(&mut self, to: &str, kind: IqKind, payload: &Element) -> Result<Option<Element>, StanzaError> {
        let none = || Err(StanzaError::new("cancel", "item-not-found"));
        if let (IqKind::Set, Some(publish)) = (kind, payload.find("publish", ns::PUBSUB)) {
            let item = publish.find("item", ns::PUBSUB).unwrap();
            let payload = item.children().next().unwrap().clone();
            self.set(to, publish.attribute("node").unwrap(), item.attribute("id").unwrap_or("current"), payload);
            return Ok(None);
        }
        let Some(items) = payload.find("items", ns::PUBSUB) else { return none() };
        let node = items.attribute("node").unwrap();
        let Some(all) = self.nodes.get(&(to.to_string(), node.to_string())) else { return none() };
        let wanted: Vec<&str> = items.children().filter_map(|item| item.attribute("id")).collect();
        let mut out = Element::new("items", ns::PUBSUB).with("node", node);
        for (id, payload) in all.iter().filter(|(id, _)| wanted.is_empty() || wanted.contains(&id.as_str())) {
            out = out.with_child(Element::new("item", ns::PUBSUB).with("id", id).with_child(payload.clone()));
        }
        Ok(Some(Element::new("pubsub", ns::PUBSUB).with_child(out)))
    }

    fn wait(&mut self, seconds: u64) {
        self.now.mono += Duration::from_secs(seconds);
        self.now.unix_ms += seconds as i64 * 1000;
        self.batch(Vec::new());
    }

    fn event(&self, text: &str) -> Event {
        match message::read(&parse(text), &BareJid::parse(BOT).unwrap()) {
            Reading::Live(message) if message.is_for_engine() => {
                Event::Session(self.account, session::Event::Message(message))
            }
            other => panic!("{other:?}"),
        }
    }

    fn arrives(&mut self, text: &str) {
        let event = self.event(text);
        self.batch(vec![event]);
    }

    /// Somebody's presence in the room.
    fn presence(&mut self, nick: &str, kind: &str, item: &str, codes: &str) {
        let stanza = parse(&format!(
            "<presence from='{ROOM}/{nick}' to='{BOT}/r' {kind}><x xmlns='http://jabber.org/protocol/muc#user'>{item}{codes}\
             </x><occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ-{nick}'/></presence>"
        ));
        self.session(session::Event::Presence(Box::new(stanza)));
    }

    /// The room says anew what it is.
    fn reconfigured(&mut self, features: &'static [&'static str], code: u16) {
        self.features = features;
        self.arrives(&format!(
            "<message from='{ROOM}' type='groupchat'><x xmlns='http://jabber.org/protocol/muc#user'>\
             <status code='{code}'/></x></message>"
        ));
    }

    fn send(&mut self, question: Question) {
        let (reply, ticket) = ticket();
        // Whoever asks waits.
        std::mem::forget(ticket);
        self.batch(vec![Event::Ask { caller: Caller::Bot(self.token.clone()), question, reply }]);
    }

    fn ask(&mut self, question: Question) -> Outcome {
        self.send(question);
        self.outcomes.pop().expect("answered at once")
    }

    fn say_with(&mut self, text: &str, encrypt: bool) -> Outcome {
        let to = Jid::parse(ROOM).unwrap();
        let text = text.to_string();
        let kind = Kind::Groupchat;
        self.ask(Question::SendMessage(NewMessage { to, text, kind, reply_to: None, encrypt, idempotency_key: None }))
    }

    /// Gives the id, and whether it is told that it goes encrypted.
    fn say(&mut self, text: &str) -> (String, bool) {
        match self.say_with(text, false) {
            Ok(Answer::Sent { message_id, encrypted }) => (message_id, encrypted),
            other => panic!("{other:?}"),
        }
    }

    /// Says something encrypted; gives what went to the room, which has shown it.
    fn tells(&mut self, text: &str) -> Element {
        let (id, encrypted) = self.say(text);
        assert!(encrypted, "{text}");
        let stanza = self.one_said();
        assert!(!stanza.print("").contains(text) && stanza.attribute("id") == Some(&id), "{stanza:?}");
        self.reflect(&stanza);
        stanza
    }

    fn one_said(&mut self) -> Element {
        assert_eq!(self.said.len(), 1, "{:?}", self.said);
        self.said.remove(0)
    }

    /// The room shows what we said.
    fn reflect(&mut self, stanza: &Element) {
        let inner: String = stanza.children().map(|child| child.print(ns::CLIENT)).collect();
        let id = stanza.attribute("id").unwrap();
        self.arrives(&in_room("Robo", id, &format!("r-{id}"), &inner));
    }

    /// Somebody says something encrypted; gives the stanza.
    fn told(&mut self, nick: &str, encrypted: &Element) -> String {
        self.count += 1;
        let (id, place) = (format!("m{}", self.count), format!("a{}", self.count));
        let stanza = in_room(nick, &id, &place, &sealed(encrypted));
        self.arrives(&stanza);
        stanza
    }

    /// Takes the updates of this kind.
    fn take_kind(&mut self, kind: &str) -> Vec<String> {
        let mut updates = self.take();
        updates.retain(|update| update.starts_with(kind));
        updates
    }

    /// Takes all updates.
    fn take(&mut self) -> Vec<String> {
        let allowed = UpdateKinds::parse(["message", "omemo_key"]).ok();
        let poll = |offset| UpdatePoll { offset, limit: 100, timeout: Duration::ZERO, allowed };
        let Ok(Answer::Updates(updates)) = self.ask(Question::GetUpdates(poll(None))) else { panic!() };
        if let Some(last) = updates.last() {
            let _ = self.ask(Question::GetUpdates(poll(Some(UpdateId(last.id.0 + 1)))));
        }
        updates.into_iter().map(|update| format!("{} {}", update.kind, update.payload)).collect()
    }

    /// What was said to somebody alone since the last time.
    fn take_whispered(&mut self) -> Vec<Element> {
        let sent = std::mem::take(&mut self.whispered);
        self.session(session::Event::Acked(sent.iter().map(|(tag, _)| *tag).collect()));
        sent.into_iter().map(|(_, stanza)| stanza).collect()
    }

    fn set_policy(&mut self, policy: Encrypt) {
        let (reply, _ticket) = ticket();
        let question = Question::SetBotOmemo(self.bot, Some(policy));
        self.batch(vec![Event::Ask { caller: Caller::Admin, question, reply }]);
        self.outcomes.clear();
    }
}

fn item(affiliation: &str, jid: &str) -> String {
    format!("<item affiliation='{affiliation}' role='participant' jid='{jid}'/>")
}

/// What clients send around `<encrypted/>`.
fn sealed(encrypted: &Element) -> String {
    let encrypted = encrypted.print(ns::CLIENT);
    format!("<body>I sent you an OMEMO encrypted message</body>{encrypted}<store xmlns='urn:xmpp:hints'/>")
}

fn in_room(nick: &str, id: &str, place: &str, inner: &str) -> String {
    format!(
        "<message xmlns='jabber:client' from='{ROOM}/{nick}' to='{BOT}/r' type='groupchat' id='{id}'>{inner}\
         <occupant-id xmlns='urn:xmpp:occupant-id:0' id='occ-{nick}'/>\
         <stanza-id xmlns='urn:xmpp:sid:0' by='{ROOM}' id='{place}'/></message>"
    )
}

fn refusal(outcome: Outcome) -> String {
    match outcome {
        Err(Failure::Remote { what: "send_failed", why }) => why,
        Err(failure @ Failure::Invalid { .. }) => failure.to_string(),
        other => panic!("{other:?}"),
    }
}
