//! What the tests of the engine as a value share: an engine over a store, with a clock and random numbers of their own,
//! what it is told and asked, and what is taken out of its effects.
//!
//! Included with `#[path]` by each test that needs it. A test uses only a part, hence the permission for dead code. Who
//! is around the engine, and how a test sorts what it does, is the test's own: it implements [`Rigged`].

#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::cell::Cell;
use std::sync::mpsc;
use std::time::Duration;

use botmother::base::call::HttpAnswer;
use botmother::base::id::{AccountId, UpdateId};
use botmother::base::jid::{BareJid, Jid};
use botmother::base::remedy::Language;
use botmother::base::secret::Secret;
use botmother::base::time::Now;
use botmother::core::effect::Effect;
use botmother::core::handle::*;
use botmother::core::setup::{ConfigAccount, Settings, Setup};
use botmother::engine::Engine;
use botmother::engine::event::Event;
use botmother::store::Store;
use botmother::xml::{Element, Namespaces};
use botmother::xmpp::message::Kind;
use botmother::xmpp::ns;
use botmother::xmpp::session::{self, Facts};

#[path = "engine/effects.rs"]
mod effects;
#[path = "engine/journal.rs"]
pub mod journal;
#[path = "engine/life.rs"]
pub mod life;
#[path = "engine/people.rs"]
pub mod people;

pub use effects::*;

/// When engines begin.
pub const START: Now = Now { mono: Duration::from_secs(1000), unix_ms: 1_800_000_000_000 };

// --- random numbers ---

/// Where the engine meets what looks like a bug of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bug {
    Nowhere,
    /// At the next random bytes.
    Next,
    /// At the next that are so many.
    NextOf(usize),
}

thread_local! {
    static STATE: Cell<u64> = const { Cell::new(1) };
    static BUG: Cell<Bug> = const { Cell::new(Bug::Nowhere) };
}

/// Puts a bug in the engine's way.
pub fn plant(bug: Bug) {
    BUG.set(bug);
}

/// Whether the engine has come to the bug, and ended in a panic there.
pub fn bug_was_met() -> bool {
    BUG.get() == Bug::Nowhere
}

/// Different at each call, the same in each run.
pub fn entropy(out: &mut [u8]) {
    let is_met = match BUG.get() {
        Bug::Nowhere => false,
        Bug::Next => true,
        Bug::NextOf(length) => out.len() == length,
    };
    if is_met {
        BUG.set(Bug::Nowhere);
        panic!("a bug");
    }
    for byte in out {
        let mut state = STATE.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        STATE.set(state);
        *byte = state as u8;
    }
}

// --- how it is set up ---

/// English, without accounts and without encryption.
pub fn settings() -> Settings {
    Settings {
        language: Language::English,
        accounts: Vec::new(),
        admins: Vec::new(),
        system_roots: false,
        encrypt: Encrypt::Off,
        self_chat: Encrypt::Off,
        history_days: 0,
        quotas: Quotas { bots: 20, ..Quotas::default() },
        watch: Default::default(),
        web: Default::default(),
    }
}

/// As many requests as somebody likes.
pub fn setup(settings: Settings) -> Setup {
    let api_url = "http://localhost:7842/bot/".to_string();
    Setup { settings, api_url, api: Default::default(), rate_limit: 0, entropy, memory: || 0 }
}

/// Bots with accounts of their own encrypt so.
pub fn encrypting(encrypt: Encrypt) -> Setup {
    setup(Settings { encrypt, ..settings() })
}

/// An account as the configuration file has it.
pub fn config_account(address: &str) -> ConfigAccount {
    ConfigAccount {
        jid: bare(address),
        password: Secret::new("pw"),
        host: String::new(),
        ca_file: String::new(),
        pin: String::new(),
        plaintext: false,
    }
}

// --- the engine ---

/// An engine, the time it is there, and the account that is meant where none is named.
pub struct Core {
    pub engine: Engine,
    pub now: Now,
    pub account: AccountId,
}

impl Core {
    pub fn new(store: Store, setup: Setup) -> Core {
        Core::at(START, store, setup)
    }

    pub fn at(now: Now, store: Store, setup: Setup) -> Core {
        Core { engine: Engine::new(store, setup, now).unwrap(), now, account: AccountId(0) }
    }

    pub fn batch(&mut self, events: Vec<Event>) -> Vec<Effect> {
        self.engine.batch(self.now, events)
    }

    pub fn pass(&mut self, time: Duration) {
        self.now.mono += time;
        self.now.unix_ms += time.as_millis() as i64;
    }

    /// Ends the engine as a kill would.
    pub fn kill(self) -> Store {
        self.end(Now::default())
    }

    /// Ends the engine in order.
    pub fn stop(self) -> Store {
        let now = self.now;
        self.end(now)
    }

    fn end(self, now: Now) -> Store {
        let (sender, receiver) = mpsc::channel();
        drop(sender);
        self.engine.run(&receiver, || now, |_| {})
    }

    /// Another engine in the place of this one, which ends as a kill would end it.
    pub fn replace(&mut self, store: Store, setup: Setup) {
        self.engine = Engine::new(store, setup, self.now).unwrap();
    }

    /// Another engine over the same store, at the same time and for the same account.
    pub fn killed(self, setup: Setup) -> Core {
        let (now, account) = (self.now, self.account);
        Core { account, ..Core::at(now, self.kill(), setup) }
    }

    /// One with a bot that has an account of its own, which is not online yet.
    pub fn with_bot(store: Store, setup: Setup, new: NewBot) -> (Core, BotInfo) {
        let mut core = Core::new(store, setup);
        let (event, _ticket) = asking(Caller::Admin, Question::CreateBot(new));
        core.account = started(&core.batch(vec![event]));
        let (event, _ticket) = asking(Caller::Admin, Question::ListBots(None));
        let Some(Ok(Answer::Bots(mut bots))) = answers(core.batch(vec![event])).pop() else { panic!("no list") };
        (core, bots.remove(0))
    }
}

/// An engine and what is around it.
pub trait Rigged {
    /// What a batch leads to, as this test sorts it.
    type Caused;

    fn core(&mut self) -> &mut Core;

    fn batch(&mut self, events: Vec<Event>) -> Self::Caused;

    /// An account's session says something.
    fn told(&mut self, account: AccountId, event: session::Event) -> Self::Caused {
        self.batch(vec![Event::Session(account, event)])
    }

    fn session(&mut self, event: session::Event) -> Self::Caused {
        let account = self.core().account;
        self.told(account, event)
    }

    fn bound(&mut self, jid: &str) -> Self::Caused {
        self.session(session::Event::Bound { jid: full(jid), facts: Facts::default() })
    }

    /// Signed in as `jid`, and all that was missed is there.
    fn signed_in(&mut self, jid: &str) -> Self::Caused {
        self.bound(jid);
        self.session(session::Event::Online { resumed: false })
    }

    fn offline(&mut self) -> Self::Caused {
        self.session(cut())
    }

    fn wait(&mut self, time: Duration) -> Self::Caused {
        self.core().pass(time);
        self.batch(Vec::new())
    }

    /// The account's server has these; gives them without their tags.
    fn acked(&mut self, sent: Vec<(u64, Element)>) -> Vec<Element> {
        self.session(session::Event::Acked(sent.iter().map(|(tag, _)| *tag).collect()));
        sent.into_iter().map(|(_, stanza)| stanza).collect()
    }

    /// Asks, and waits for the answer as long as the ticket is kept.
    fn begin(&mut self, caller: Caller, question: Question) -> (Self::Caused, Ticket) {
        let (event, ticket) = asking(caller, question);
        (self.batch(vec![event]), ticket)
    }
}

/// Applies events, and what `react` says to each effect, until nothing is said.
pub fn settle<R: Rigged>(rig: &mut R, events: Vec<Event>, mut react: impl FnMut(&mut R, Effect) -> Vec<Event>) {
    let mut effects = rig.core().batch(events);
    while !effects.is_empty() {
        let mut said = Vec::new();
        for effect in effects {
            said.extend(react(rig, effect));
        }
        effects = if said.is_empty() { Vec::new() } else { rig.core().batch(said) };
    }
}

// --- what is told and asked ---

pub fn bare(text: &str) -> BareJid {
    BareJid::parse(text).unwrap()
}

pub fn full(text: &str) -> Jid {
    Jid::parse(text).unwrap()
}

pub fn parse(text: &str) -> Element {
    Element::parse(text, &Namespaces::default_is(ns::CLIENT)).unwrap()
}

/// The connection is lost.
pub fn cut() -> session::Event {
    session::Event::Offline { why: "reset".to_string(), retry_in: Duration::from_secs(1) }
}

pub fn asking(caller: Caller, question: Question) -> (Event, Ticket) {
    let (reply, ticket) = ticket();
    (Event::Ask { caller, question, reply }, ticket)
}

/// Whoever asks waits, to the end of the test.
pub fn patient(caller: Caller, question: Question) -> Event {
    let (event, ticket) = asking(caller, question);
    std::mem::forget(ticket);
    event
}

pub fn as_bot(bot: &BotInfo) -> Caller {
    Caller::Bot(bot.token.clone().expect("a token"), Scope::Any)
}

pub fn dedicated(name: &str, owner: &str, jid: &str) -> NewBot {
    let account = Some(OwnAccount { jid: bare(jid), password: Secret::new("pw") });
    NewBot { mode: Mode::Dedicated, account, ..NewBot::new(name, bare(owner)) }
}

/// A text to somebody.
pub fn message(to: &str, text: &str) -> NewMessage {
    NewMessage {
        to: full(to),
        text: text.to_string(),
        kind: Kind::Chat,
        reply_to: None,
        encrypt: false,
        keyboard: None,
        idempotency_key: None,
    }
}

/// Updates that are there now.
pub fn poll(offset: Option<i64>, allowed: Option<UpdateKinds>) -> UpdatePoll {
    UpdatePoll { offset: offset.map(UpdateId), limit: 100, timeout: Duration::ZERO, allowed }
}

/// Takes the updates that are there, so that they are not there any more.
pub fn take_updates(allowed: Option<UpdateKinds>, mut ask: impl FnMut(Question) -> Outcome) -> Vec<Update> {
    let outcome = ask(Question::GetUpdates(poll(None, allowed)));
    let Ok(Answer::Updates(updates)) = outcome else { panic!("{outcome:?}") };
    if let Some(last) = updates.last() {
        ask(Question::GetUpdates(poll(Some(last.id.0 + 1), allowed))).unwrap();
    }
    updates
}

/// Each as its kind and its data.
pub fn printed(updates: Vec<Update>) -> Vec<String> {
    updates.into_iter().map(|update| format!("{} {}", update.kind, update.payload)).collect()
}

/// What a room's archive has, as it comes (XEP-0313).
pub fn from_archive(room: &str, query: &str, id: &str, inner: &str) -> String {
    format!(
        "<message from='{room}'><result xmlns='urn:xmpp:mam:2' queryid='{query}' id='{id}'>\
         <forwarded xmlns='urn:xmpp:forward:0'>{inner}</forwarded></result></message>"
    )
}

/// What another service answers.
pub fn http_answer(status: u16, body: &str) -> HttpAnswer {
    let body = body.as_bytes().to_vec();
    HttpAnswer { status, body_bytes: body.len() as u64, body, ..HttpAnswer::default() }
}

pub fn http_answered(tag: u64, status: u16, body: &str) -> Event {
    Event::Called { tag, called: Box::new(Ok(http_answer(status, body))) }
}
