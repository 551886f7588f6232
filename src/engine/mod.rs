//! Layer 3: live bots. One thread owns all live state and the store; everybody else sends it events.
//!
//! [`Engine::run`] takes a batch of events, applies them in one transaction, commits, and only then releases the
//! effects. If the commit fails nothing of the batch has happened: callers are told so, and stanzas stay
//! unacknowledged, so that the server sends them again (docs/architecture.md).
//! Nothing here has a socket. Time and entropy come in as arguments of [`Engine::new`] and [`Engine::batch`].

pub mod command;
pub mod effect;
pub mod event;
pub mod failure;
pub mod handle;
pub mod texts;

mod access;
mod accounts;
mod acks;
mod actions;
mod adhoc;
mod ai;
mod arrival;
mod ask;
mod asking;
mod batch;
mod calls;
mod channel;
mod channels;
mod copies;
mod crypt;
mod dedicated;
mod farewell;
mod files;
mod incoming;
mod kinds;
mod leaving;
mod lived;
mod listening;
mod local;
mod making;
mod metrics;
mod outbox;
mod owner;
mod part;
mod posting;
mod progress;
mod received;
mod record;
mod registering;
mod registry;
mod rooms;
mod router;
mod sizes;
mod state;
mod told;
mod updates;
mod way;
mod webhook;
mod xmpp;

pub use accounts::ConfigAccount;
pub use command::api::ApiFacts;

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::ratelimit::RateLimit;
use crate::base::remedy::Language;
use crate::base::time::Now;
use crate::engine::accounts::Account;
use crate::engine::effect::{Effect, Order};
use crate::engine::event::Event;
use crate::engine::failure::Failure;
use crate::engine::handle::{Outcome, ReplyTo};
use crate::engine::part::{Kept, Part};
use crate::engine::registry::Bot;
use crate::engine::xmpp::Xmpp;
use crate::store::{self, Store};

/// What the engine is told once, at its start.
pub struct Setup {
    /// What the configuration says and may say otherwise later.
    pub settings: Settings,
    /// `http://localhost:7842/bot/`: the real address, for answers and help.
    pub api_url: String,
    /// What else the help in chats says of the API.
    pub api: ApiFacts,
    /// Requests a second of one bot; 0 is no limit.
    pub rate_limit: u32,
    /// Fills a buffer from a cryptographic generator.
    pub entropy: fn(&mut [u8]),
}

/// What may change while the engine runs ([`Event::Reload`]).
#[derive(Clone, Debug)]
pub struct Settings {
    /// Language of the chat texts.
    pub language: Language,
    /// Accounts named in the configuration file.
    pub accounts: Vec<ConfigAccount>,
    /// Who may see in chats how the daemon is set up, and change the API's address.
    pub admins: Vec<BareJid>,
    /// Take the operating system's certificates instead of the built-in ones.
    pub system_roots: bool,
    /// Whether bots with an account of their own encrypt, where nothing else was said for one.
    pub encrypt: handle::Encrypt,
    /// Whether people's own accounts encrypt.
    pub self_chat: handle::Encrypt,
}

/// The one owner of live state.
pub struct Engine {
    batch: Batch,
    upkeep: Upkeep,
    xmpp: Xmpp,
    updates: updates::Updates,
    local: local::Local,
    calls: calls::Calls,
    /// Who fills out the form of a command.
    command_sessions: Kept<Vec<adhoc::CommandSession>>,
    listening: listening::Listening,
    webhooks: webhook::Webhooks,
    ai: Kept<ai::Ai>,
}

/// What the loop itself keeps.
struct Upkeep {
    /// Answers whose commit failed; they are heard again.
    unheard: Vec<Event>,
    /// When (monotonic).
    unheard_at: Duration,
    rate: RateLimit<BotId>,
    /// Lines of the log about what was skipped.
    skips: RateLimit<()>,
    /// When old rows are looked for (monotonic).
    purge_at: Duration,
    stopping: bool,
    /// Effects of the start, released with the first batch, whatever becomes of that.
    starting: Vec<Effect>,
}

/// What everybody in the engine works with, within one batch.
struct Batch {
    store: Store,
    setup: Setup,
    now: Now,
    started: Now,
    bots: BTreeMap<BotId, Bot>,
    by_token: HashMap<[u8; 32], BotId>,
    last_tag: u64,
    /// What the log was told of late.
    told: told::Told,
    counts: metrics::Counts,
    lived: lived::Lived,
    /// What it will cause once it is committed.
    pending: Pending,
}

impl Batch {
    fn new(store: Store, setup: Setup, now: Now) -> Result<Batch, store::Error> {
        Ok(Batch {
            lived: lived::Lived::begin(&store, now)?,
            store,
            setup,
            now,
            started: now,
            bots: BTreeMap::new(),
            by_token: HashMap::new(),
            last_tag: 0,
            told: told::Told::default(),
            counts: metrics::Counts::default(),
            pending: Pending::default(),
        })
    }

    /// The channel that an address is on.
    fn channel_of(&self, address: &BareJid) -> &'static channel::ChannelRow {
        let [.., last] = channels::CHANNELS;
        channels::CHANNELS.into_iter().find(|channel| (channel.has)(address)).unwrap_or(last)
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.setup.entropy)(&mut bytes);
        bytes
    }

    fn audit(&mut self, bot: Option<BotId>, action: &str, details: &str) -> Result<(), store::Error> {
        self.store.insert_audit(bot, action, details, None, self.now.unix())
    }
}

/// Consequences of the batch under way; dropped if it fails.
#[derive(Default)]
struct Pending {
    effects: Vec<Effect>,
    /// Messages accepted: to be sent if there is room.
    accepted: Vec<outbox::Accepted>,
}

/// What becomes of a question inside a batch.
enum Verdict {
    /// Answered as soon as the batch is committed.
    Outcome(Outcome),
    /// Waits for updates.
    AwaitUpdates(BotId, handle::UpdatePoll),
    /// Waits for lines of the built-in chat.
    AwaitLines { with: Option<BotId>, after: i64, timeout: Duration },
    /// Waits for a new bot to be online.
    AwaitArrival(BotId, handle::Wait),
    /// Waits until it is known whether a message goes out encrypted.
    AwaitSealing(String),
    /// Waits for the end of a call.
    AwaitCall(u64),
    /// Waits for a room to let the bot in, or out.
    AwaitRoom(rooms::Key, rooms::Wish),
    /// Not a question.
    Nothing,
}

/// Why a handler gave up: the caller's fault, or ours. Only the second ends the batch.
enum Trouble {
    Failure(Failure),
    Store(store::Error),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failure(failure)
    }
}

impl From<store::Error> for Trouble {
    fn from(error: store::Error) -> Trouble {
        Trouble::Store(error)
    }
}

/// Why a batch was taken back.
enum Fault {
    Store(store::Error),
    Panic,
}

impl Engine {
    /// An engine over an open store: reads bots and accounts, starts the sessions (as effects of the first batch).
    pub fn new(store: Store, setup: Setup, now: Now) -> Result<Engine, store::Error> {
        let upkeep = Upkeep {
            unheard: Vec::new(),
            unheard_at: now.mono,
            rate: RateLimit::new(setup.rate_limit),
            skips: RateLimit::new(limits::SKIPS_LOGGED_PER_S),
            purge_at: now.mono,
            stopping: false,
            starting: Vec::new(),
        };
        let batch = Batch::new(store, setup, now)?;
        let mut engine = Engine {
            batch,
            upkeep,
            xmpp: Xmpp::new(now.mono),
            updates: updates::Updates::default(),
            local: local::Local::default(),
            calls: calls::Calls::default(),
            command_sessions: Kept::default(),
            listening: listening::Listening::default(),
            webhooks: webhook::Webhooks::default(),
            ai: Kept::default(),
        };
        engine.reload_bots()?;
        engine.reload_webhooks()?;
        engine.settle_accounts()?;
        engine.tell_interrupted()?;
        engine.xmpp.accounts.watch_generation(&mut engine.batch)?;
        let written = engine.batch.write_lived()?;
        engine.batch.store.commit()?;
        engine.batch.note_lived_written(written);
        let pending = std::mem::take(&mut engine.batch.pending);
        engine.xmpp.accounts.queue_accepted(pending.accepted);
        engine.upkeep.starting = pending.effects;
        engine.parts().into_iter().for_each(Part::committed);
        Ok(engine)
    }

    /// The engine thread: batches until every sender of events is gone, or a stop has taken too long. `clock` reads the
    /// time, `release` carries out one effect and must not block. Gives the store back, to be closed.
    pub fn run(mut self, events: &Receiver<Event>, clock: impl Fn() -> Now, mut release: impl FnMut(Effect)) -> Store {
        let mut stop_at: Option<Duration> = None;
        // Sessions connect while the first batch looks at what is due.
        std::mem::take(&mut self.upkeep.starting).into_iter().for_each(&mut release);
        loop {
            let now = clock();
            let until = self.deadline().into_iter().chain(stop_at).min();
            let first = match until.map(|at| events.recv_timeout(at.saturating_sub(now.mono))) {
                Some(Ok(event)) => Some(event),
                Some(Err(RecvTimeoutError::Timeout)) => None,
                Some(Err(RecvTimeoutError::Disconnected)) => break,
                None => match events.recv() {
                    Ok(event) => Some(event),
                    Err(_) => break,
                },
            };
            let more = events.try_iter().take(limits::BATCH_MAX - 1);
            let batch = first.into_iter().chain(more).collect();
            let now = clock();
            self.batch(now, batch).into_iter().for_each(&mut release);
            if self.upkeep.stopping && stop_at.is_none() {
                stop_at = Some(now.mono + limits::STOP_TIMEOUT);
            }
            if stop_at.is_some_and(|at| at <= now.mono) {
                break;
            }
        }
        self.xmpp.accounts.expire_acks();
        if let Err(error) = self.batch.end_generation() {
            log::warn!("what tells old copies of the database from this one was not written: {error}");
        }
        self.batch(clock(), Vec::new());
        self.batch.store
    }

    /// The parts of the engine that a batch may change.
    fn parts(&mut self) -> [&mut dyn Part; 13] {
        [
            &mut self.xmpp.accounts,
            &mut self.updates,
            &mut self.local,
            &mut self.xmpp.questions,
            &mut self.calls,
            &mut self.xmpp.removals,
            &mut self.xmpp.arrivals,
            &mut self.command_sessions,
            &mut self.xmpp.rooms,
            &mut self.xmpp.files,
            &mut self.webhooks,
            &mut self.ai,
            &mut self.xmpp.crypt,
        ]
    }

    /// When [`Engine::batch`] is to be called without an event (monotonic).
    pub fn deadline(&mut self) -> Option<Duration> {
        let parts = self.parts().into_iter().filter_map(|part| part.deadline()).min();
        let others = [
            self.xmpp.accounts.acks_deadline(),
            self.listening.listening_deadline(),
            self.ai.ai_deadline(&self.batch),
            self.xmpp.crypt.omemo_deadline(),
            self.webhooks_deadline(),
        ];
        let unheard = self.upkeep.unheard.first().map(|_| self.upkeep.unheard_at);
        others.into_iter().flatten().chain(parts).chain(unheard).chain([self.upkeep.purge_at]).min()
    }

    /// What time alone brings: old rows, pollers whose wait is over.
    fn due(&mut self) -> Result<(), store::Error> {
        if self.upkeep.purge_at <= self.batch.now.mono {
            for (bot, dropped) in self.batch.store.purge(self.batch.lived(), self.batch.now.unix())? {
                log::warn!("bot {bot}: {dropped} updates nobody fetched within a day were dropped");
                self.recount(bot, dropped)?;
            }
            self.upkeep.purge_at = self.batch.now.mono + limits::PURGE_INTERVAL;
            self.batch.end_generation()?;
        }
        self.tell_unheard()?;
        self.give_up_files();
        self.take_back_late()?;
        self.remove_what_is_left()
    }

    /// For the log: everything that waits, and how the accounts are.
    fn report(&self) {
        let up = self.batch.now.mono.saturating_sub(self.batch.started.mono).as_secs();
        let updates: i64 = self.batch.bots.values().map(|bot| bot.queued).sum();
        log::info!("status: up {up} s, {} bots, {updates} updates wait to be fetched", self.batch.bots.len());
        for (id, account) in self.xmpp.accounts.iter() {
            let (count, skipped) = (self.xmpp.outbox_depth(&self.batch, *id), account.skipped);
            let (jid, how) = (&account.row.jid, account.told());
            log::info!("status: {jid}: {how}; {count} messages wait, {skipped} stanzas were skipped");
        }
        self.xmpp.rooms.report_rooms();
        self.webhooks.report_webhooks();
    }

    fn on_stop(&mut self) {
        self.upkeep.stopping = true;
        for account in self.xmpp.accounts.keys() {
            self.batch.pending.effects.push(Effect::Session(*account, Order::Close));
        }
        self.end_waits();
    }

    /// Every wait ends with an empty answer.
    fn end_waits(&mut self) {
        self.xmpp.crypt.end_sealing_waits(&mut self.batch);
        self.xmpp.rooms.end_room_waits(&mut self.batch);
        self.end_ai_waits();
        let updates = self.updates.waiters.drain().map(|(_, w)| (w.reply, handle::Answer::Updates(Vec::new())));
        let lines = self.local.waiters.drain(..).map(|w| (w.reply, handle::Answer::Lines(Vec::new())));
        let answers: Vec<(ReplyTo, handle::Answer)> = updates.chain(lines).collect();
        self.batch.pending.effects.extend(answers.into_iter().map(|(reply, answer)| Effect::Answer(reply, Ok(answer))));
    }
}
