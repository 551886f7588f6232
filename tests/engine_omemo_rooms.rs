//! The engine as a value: OMEMO in rooms. People of our own core, their personal nodes and a room, all simulated; events
//! in, effects out. With another implementation and real servers it is tested in `tests/encrypted_rooms.rs`.

// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use botmother::base::id::BotId;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::core::effect::{Effect, Order};
use botmother::core::failure::Failure;
use botmother::core::handle::*;
use botmother::engine::event::Event;
use botmother::omemo::{self, Version};
use botmother::store::Store;
use botmother::xml::Element;
use botmother::xmpp::message::{self, Kind, Reading};
use botmother::xmpp::ns;
use botmother::xmpp::session;
use botmother::xmpp::stanza::{IqKind, StanzaError};

use support::people::*;
use support::*;

#[path = "engine_omemo_rooms/days.rs"]
mod days;
#[path = "engine_omemo_rooms/hearing.rs"]
mod hearing;
#[path = "support/engine.rs"]
mod support;
#[path = "engine_omemo_rooms/talking.rs"]
mod talking;

const ROOM: &str = "tea@muc.example.org";
const ALICE: &str = "alice@example.org";
const BOB: &str = "bob@example.net";
const PRIVATE: &[&str] = &["muc_membersonly", "muc_nonanonymous", "urn:xmpp:mam:2", "urn:xmpp:occupant-id:0"];
const PUBLIC: &[&str] = &["muc_open", "muc_semianonymous", "urn:xmpp:mam:2"];

impl Phone {
    /// What the bot has said in the room: its text; `None` in an empty message.
    fn reads(&mut self, stanza: &Element) -> Result<Option<String>, omemo::Error> {
        self.hear_in(ROOM, stanza)
    }

    fn hears(&mut self, stanza: &Element, text: &str) {
        assert_eq!(self.reads(stanza), Ok(Some(text.to_string())), "{}", self.jid);
    }
}

struct Rig {
    core: Core,
    token: Secret,
    bot: BotId,
    nodes: Nodes,
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

impl Rigged for Rig {
    type Caused = ();

    fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    /// Applies events, and answers what is asked until nothing is.
    fn batch(&mut self, events: Vec<Event>) {
        settle(self, events, Rig::react);
    }
}

impl Rig {
    /// Online, in no room; alice and bob belong to the room.
    fn new(encrypt: Encrypt) -> Rig {
        let new = dedicated("Robo", "ralf@example.org", BOT);
        let (core, bot) = Core::with_bot(Store::memory(), encrypting(encrypt), new);
        let mut rig = Rig {
            core,
            token: bot.token.unwrap(),
            bot: bot.id,
            nodes: Nodes::default(),
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
        let room = bare(ROOM);
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
        self.signed_in("bot@example.org/r");
    }

    /// Ends this engine as a kill would, and starts another over the same store; it is not online yet.
    fn killed(mut self, encrypt: Encrypt) -> Rig {
        self.core = self.core.killed(encrypting(encrypt));
        self.core.account = started(&self.core.batch(Vec::new()));
        self.said.clear();
        self.whispered.clear();
        self
    }

    fn react(&mut self, effect: Effect) -> Vec<Event> {
        match effect {
            Effect::Session(account, Order::Ask { tag, to, kind, payload }) => {
                let to = asked_of(&to, BOT);
                let is_mute = self.is_mute || self.dead == Some(&to);
                let is_silent = self.is_silent && payload.is("query", ns::DISCO_INFO) && to == ROOM;
                if is_silent || is_mute && payload.is("pubsub", ns::PUBSUB) {
                    self.unanswered.push(tag);
                    return Vec::new();
                }
                let (mut said, outcome) = self.answer(&to, kind, &payload);
                said.push(Event::Session(account, session::Event::Answer { tag, outcome }));
                return said;
            }
            Effect::Session(_, Order::Send { tag, stanza }) => {
                let stanza = parse(&stanza);
                match (stanza.name(), stanza.attribute("type"), tag) {
                    ("message", Some("groupchat"), None) if stanza.find("composing", ns::CHAT_STATES).is_some() => {}
                    ("message", Some("groupchat"), None) => self.said.push(stanza),
                    ("message", _, Some(tag)) => self.whispered.push((tag, stanza)),
                    _ => {}
                }
            }
            Effect::Answer(_, outcome) => self.outcomes.push(outcome),
            Effect::Call { tag, .. } => self.calls.push(tag),
            _ => {}
        }
        Vec::new()
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
                let result = |(id, inner): (String, String)| self.event(&from_archive(ROOM, query, &id, &inner));
                let fin = "<fin xmlns='urn:xmpp:mam:2' complete='true'/>";
                (self.archive.clone().into_iter().map(result).collect(), Ok(Some(parse(fin))))
            }
            ns::PING => (Vec::new(), Ok(None)),
            ns::PUBSUB => (Vec::new(), self.nodes.answer(to, kind, payload)),
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

    fn wait(&mut self, seconds: u64) {
        Rigged::wait(self, Duration::from_secs(seconds));
    }

    fn event(&self, text: &str) -> Event {
        match message::read(&parse(text), &bare(BOT)) {
            Reading::Live(message) if message.is_for_engine() => {
                Event::Session(self.core.account, session::Event::Message(message))
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
        self.batch(vec![patient(Caller::Bot(self.token.clone(), Scope::Any), question)]);
    }

    fn ask(&mut self, question: Question) -> Outcome {
        self.send(question);
        self.outcomes.pop().expect("answered at once")
    }

    fn say_with(&mut self, text: &str, encrypt: bool) -> Outcome {
        self.ask(Question::SendMessage(NewMessage { kind: Kind::Groupchat, encrypt, ..message(ROOM, text) }))
    }

    /// Gives the id, and whether it is told that it goes encrypted.
    fn say(&mut self, text: &str) -> (String, bool) {
        sent_id(self.say_with(text, false))
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
        printed(take_updates(allowed, |question| self.ask(question)))
    }

    /// What was said to somebody alone since the last time.
    fn take_whispered(&mut self) -> Vec<Element> {
        let sent = std::mem::take(&mut self.whispered);
        self.acked(sent)
    }

    fn set_policy(&mut self, policy: Encrypt) {
        let _ticket = self.begin(Caller::Admin, Question::SetBotOmemo(self.bot, Some(policy)));
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
