//! Layer 3: live bots. One thread owns all live state and the store; everybody else sends it events.
//!
//! [`Engine::run`] takes a batch of events, applies them in one transaction, commits, and only then releases the
//! effects. If the commit fails nothing of the batch has happened: callers are told so, and stanzas stay
//! unacknowledged, so that the server sends them again (contract §5).
//! Nothing here has a socket. Time and entropy come in as arguments of [`Engine::new`] and [`Engine::batch`].

pub mod command;
pub mod effect;
pub mod event;
pub mod failure;
pub mod handle;

mod access;
mod accounts;
mod acks;
mod adhoc;
mod ai;
mod arrival;
mod ask;
mod asking;
mod calls;
mod crypt;
mod dedicated;
mod deeds;
mod kinds;
mod farewell;
mod files;
mod local;
mod making;
mod outbox;
mod progress;
mod received;
mod registering;
mod registry;
mod rooms;
mod router;
mod updates;
mod webhook;

pub use accounts::ConfigAccount;
pub use command::api::ApiFacts;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::ratelimit::RateLimit;
use crate::base::time::{Backoff, Now};
use crate::engine::accounts::Account;
use crate::engine::command::texts::Language;
use crate::engine::effect::{Effect, Order};
use crate::engine::event::Event;
use crate::engine::failure::Failure;
use crate::engine::handle::{Outcome, ReplyTo};
use crate::engine::registry::Bot;
use crate::store::{self, Store};
use crate::xmpp::session;

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
    store: Store,
    setup: Setup,
    now: Now,
    started: Now,
    bots: BTreeMap<BotId, Bot>,
    by_token: HashMap<[u8; 32], BotId>,
    accounts: BTreeMap<AccountId, Account>,
    /// Which account was last started for a bot: where to look first.
    by_bot: HashMap<BotId, AccountId>,
    /// Accounts that something happened to in this batch, or that have something left to do.
    busy: BTreeSet<AccountId>,
    update_waiters: HashMap<BotId, updates::Waiter>,
    local_waiters: Vec<local::Waiter>,
    /// Questions to XMPP entities that are not answered yet, by tag.
    asked: HashMap<u64, (AccountId, asking::About)>,
    /// Answers that could not be committed; nobody gives them again. And when they are heard once more (monotonic).
    unheard: Vec<Event>,
    unheard_at: Duration,
    last_tag: u64,
    /// Calls under way, by tag, and who waits for them.
    calls: HashMap<u64, calls::About>,
    callers: HashMap<u64, ReplyTo>,
    /// When removals of accounts are tried again.
    removal_at: Option<Duration>,
    removal_backoff: Backoff,
    /// Accounts to be removed that were not at their server when it was asked first (monotonic).
    absent: HashMap<AccountId, Duration>,
    /// Who waits for a new bot to be online.
    arrivals: Vec<dedicated::Arrival>,
    /// Who fills out the form of a command.
    visits: Vec<adhoc::Visit>,
    rooms: rooms::Rooms,
    files: files::Files,
    webhooks: webhook::Webhooks,
    ai: ai::Ai,
    crypt: crypt::Crypt,
    /// How far the key is trusted under which the message of the event under way came; `None`: in the clear.
    under: Option<crypt::trust::Standing>,
    rate: RateLimit<BotId>,
    purge_at: Duration,
    stopping: bool,
    /// Effects of the start, released with the first batch, whatever becomes of that.
    starting: Vec<Effect>,
    /// What the batch under way will cause once it is committed.
    pending: Pending,
}

/// Consequences of the batch under way; dropped if it fails.
#[derive(Default)]
struct Pending {
    effects: Vec<Effect>,
    /// Messages accepted: to be sent if there is room.
    accepted: Vec<outbox::Accepted>,
    /// Bots that got updates.
    updated: Vec<BotId>,
    /// The built-in chat got lines.
    local: bool,
    /// Archive ids of messages dealt with.
    marks: Vec<(AccountId, String)>,
    /// Acknowledged messages were deleted from the outbox.
    wrote_acks: bool,
    /// Messages of each session in this batch, to be reported as handled.
    handled: BTreeMap<AccountId, u32>,
    /// Tags of calls that are to be made.
    calls_begun: Vec<u64>,
    /// Calls that are over, as they were under way.
    calls_ended: Vec<(u64, calls::About)>,
    /// Calls that are over, and what whoever waits for them gets.
    called: Vec<(u64, calls::End)>,
    /// Logins of new bots that have come to an end, good or bad.
    arrived: Vec<(BotId, Result<(), String>)>,
    /// Tags of questions to entities that were asked.
    asked: Vec<u64>,
    /// Questions to entities that were answered.
    answered: Vec<(u64, (AccountId, asking::About))>,
    /// Accounts that were started or removed, as they were before, oldest first.
    replaced: Vec<(AccountId, Option<Account>)>,
    /// Forms being filled out before the batch, if it has changed them.
    visits: Option<Vec<adhoc::Visit>>,
    /// Files on their way before the batch, if it has changed that.
    files: Option<files::Files>,
    /// Questions to AIs before the batch, if it has changed them.
    ai: Option<Box<ai::Ai>>,
    /// Rooms as they were, and who is to hear of them.
    rooms: rooms::Changes,
    /// What owners are to be told of keys.
    notices: Vec<crypt::trust::Notice>,
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
    AwaitArrival(BotId),
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
        let mut engine = Engine {
            store,
            rate: RateLimit::new(setup.rate_limit),
            setup,
            now,
            started: now,
            bots: BTreeMap::new(),
            by_token: HashMap::new(),
            accounts: BTreeMap::new(),
            by_bot: HashMap::new(),
            busy: BTreeSet::new(),
            update_waiters: HashMap::new(),
            local_waiters: Vec::new(),
            asked: HashMap::new(),
            unheard: Vec::new(),
            unheard_at: now.mono,
            last_tag: 0,
            calls: HashMap::new(),
            callers: HashMap::new(),
            removal_at: Some(now.mono),
            removal_backoff: Backoff::new(limits::REMOVAL_FIRST, limits::REMOVAL_MAX),
            absent: HashMap::new(),
            arrivals: Vec::new(),
            visits: Vec::new(),
            rooms: rooms::Rooms::default(),
            files: files::Files::default(),
            webhooks: webhook::Webhooks::default(),
            ai: ai::Ai::default(),
            crypt: crypt::Crypt::default(),
            under: None,
            purge_at: now.mono,
            stopping: false,
            starting: Vec::new(),
            pending: Pending::default(),
        };
        engine.reload_bots()?;
        engine.reload_webhooks()?;
        engine.settle_accounts()?;
        engine.tell_interrupted()?;
        engine.watch_generation()?;
        engine.store.commit()?;
        let pending = std::mem::take(&mut engine.pending);
        engine.queue_accepted(pending.accepted);
        engine.starting = pending.effects;
        Ok(engine)
    }

    /// The engine thread: batches until every sender of events is gone, or a stop has taken too long. `clock` reads the
    /// time, `release` carries out one effect and must not block. Gives the store back, to be closed.
    pub fn run(mut self, events: &Receiver<Event>, clock: impl Fn() -> Now, mut release: impl FnMut(Effect)) -> Store {
        let mut stop_at: Option<Duration> = None;
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
            if self.stopping && stop_at.is_none() {
                stop_at = Some(now.mono + limits::STOP_TIMEOUT);
            }
            if stop_at.is_some_and(|at| at <= now.mono) {
                break;
            }
        }
        self.expire_acks();
        if let Err(error) = self.end_generation() {
            log::warn!("the last generation: {error}");
        }
        self.batch(clock(), Vec::new());
        self.store
    }

    /// Applies events in one transaction and gives what is to be done. With no events it does what is due by time.
    pub fn batch(&mut self, now: Now, mut events: Vec<Event>) -> Vec<Effect> {
        self.watch_clock(now);
        self.now = now;
        if self.unheard_at <= now.mono {
            events.splice(0..0, std::mem::take(&mut self.unheard));
        }
        let mut out = std::mem::take(&mut self.starting);
        match self.attempt(&events) {
            Ok(verdicts) => self.release(events, verdicts, &mut out),
            // One bad event must not take the others with it: each gets a transaction of its own.
            Err(_) if events.len() > 1 => {
                for event in events {
                    out.append(&mut self.batch(now, vec![event]));
                }
            }
            Err(fault) => self.refuse(events, &fault, &mut out),
        }
        out
    }

    /// A board without a clock of its own starts in the past and jumps when it learns the time. What was stored before
    /// looks old then and is not: no row goes by age until a whole retention has been lived through.
    fn watch_clock(&mut self, now: Now) {
        let lived = now.mono.saturating_sub(self.now.mono);
        let passed = Duration::from_millis(u64::try_from(now.unix_ms - self.now.unix_ms).unwrap_or(0));
        if passed > lived + limits::CLOCK_JUMP || now.unix() < limits::CLOCK_PLAUSIBLE_S {
            self.purge_at = now.mono + limits::RETENTION;
        }
    }

    /// When [`Engine::batch`] is to be called without an event (monotonic).
    pub fn deadline(&self) -> Option<Duration> {
        let waiters = self.update_waiters.values().map(|w| w.until).chain(self.local_waiters.iter().map(|w| w.until));
        let arrivals = self.arrivals.iter().map(|arrival| arrival.until);
        let others = arrivals.chain(self.removal_at).chain(self.rooms_deadline());
        let others = others.chain(self.files_deadline()).chain(self.webhooks_deadline()).chain(self.ai_deadline());
        let others = others.chain(self.omemo_deadline()).chain(self.unheard.first().map(|_| self.unheard_at));
        waiters.chain(self.acks_deadline()).chain(others).chain([self.purge_at]).min()
    }

    /// All events and what is due, in one transaction; on error everything is taken back.
    fn attempt(&mut self, events: &[Event]) -> Result<Vec<Verdict>, Fault> {
        let removal_at = self.removal_at;
        let result = catch_unwind(AssertUnwindSafe(|| {
            let mut verdicts = Vec::with_capacity(events.len());
            for event in events {
                verdicts.push(self.apply(event)?);
            }
            self.due()?;
            self.rooms_due()?;
            self.webhooks_due()?;
            self.ai_due()?;
            self.omemo_due()?;
            self.tell_notices()?;
            self.write_acks_and_marks()?;
            self.store.commit()?;
            Ok(verdicts)
        }));
        let fault = match result {
            Ok(Ok(verdicts)) => return Ok(verdicts),
            Ok(Err(error)) => Fault::Store(error),
            Err(_) => Fault::Panic,
        };
        let pending = std::mem::take(&mut self.pending);
        for (id, before) in pending.replaced.into_iter().rev() {
            self.busy.insert(id);
            match before {
                Some(account) => self.accounts.insert(id, account),
                None => self.accounts.remove(&id),
            };
        }
        if let Some(before) = pending.visits {
            self.visits = before;
        }
        if let Some(before) = pending.files {
            self.files = before;
        }
        if let Some(before) = pending.ai {
            self.ai = *before;
        }
        self.revert_rooms(pending.rooms);
        self.revert_calls(pending.calls_begun, pending.calls_ended);
        self.removal_at = removal_at;
        // What was asked does not go out, and answers are told again.
        self.asked.extend(pending.answered);
        for tag in pending.asked {
            self.asked.remove(&tag);
        }
        self.store.rollback();
        self.omemo_settle(false);
        if let Err(error) = self.reload_bots().and_then(|()| self.reload_webhooks()) {
            log::error!("reading the bots again failed: {error}");
        }
        Err(fault)
    }

    fn apply(&mut self, event: &Event) -> Result<Verdict, store::Error> {
        self.under = None;
        match event {
            Event::Ask { caller, question, reply } => {
                if reply.is_gone() {
                    return Ok(Verdict::Nothing);
                }
                match self.on_ask(caller, question) {
                    Ok(verdict) => Ok(verdict),
                    Err(Trouble::Failure(failure)) => Ok(Verdict::Outcome(Err(failure))),
                    Err(Trouble::Store(error)) => Err(error),
                }
            }
            Event::Session(account, event) => self.on_session(*account, event).map(|()| Verdict::Nothing),
            Event::Heard { tag, lines } => self.on_ai_heard(*tag, lines).map(|()| Verdict::Nothing),
            Event::Left => {
                self.note_leaving();
                Ok(Verdict::Nothing)
            }
            Event::Called { tag, called } => self.on_called(*tag, called).map(|()| Verdict::Nothing),
            Event::Reload(settings) => self.on_reload(settings).map(|()| Verdict::Nothing),
            Event::Rebound(rebound) => self.on_rebound(rebound).map(|()| Verdict::Nothing),
            Event::Report => {
                self.report();
                Ok(Verdict::Nothing)
            }
            Event::Stop(_) => {
                self.on_stop();
                Ok(Verdict::Nothing)
            }
        }
    }

    /// After the commit: answers, sends, wakes.
    fn release(&mut self, events: Vec<Event>, verdicts: Vec<Verdict>, out: &mut Vec<Effect>) {
        let pending = std::mem::take(&mut self.pending);
        self.omemo_settle(true);
        if pending.wrote_acks {
            self.forget_written_acks();
        }
        for (account, mark) in pending.marks {
            self.note_mark(account, mark);
        }
        for (account, count) in pending.handled {
            out.push(Effect::Session(account, Order::Handled(count)));
        }
        out.extend(pending.effects);
        self.queue_accepted(pending.accepted);
        for (event, verdict) in events.into_iter().zip(verdicts) {
            let reply = match event {
                Event::Ask { reply, .. } => reply,
                Event::Stop(reply) => {
                    out.push(Effect::Answer(reply, Ok(handle::Answer::Done)));
                    continue;
                }
                Event::Session(..)
                | Event::Called { .. }
                | Event::Heard { .. }
                | Event::Left
                | Event::Reload(_)
                | Event::Rebound(_)
                | Event::Report => {
                    continue;
                }
            };
            match verdict {
                Verdict::Outcome(outcome) => out.push(Effect::Answer(reply, outcome)),
                Verdict::AwaitUpdates(bot, poll) => self.await_updates(bot, poll, reply, out),
                Verdict::AwaitLines { with, after, timeout } => self.await_lines(with, after, timeout, reply),
                Verdict::AwaitArrival(bot) => self.await_arrival(bot, reply),
                Verdict::AwaitCall(tag) => self.await_call(tag, reply, out),
                Verdict::AwaitRoom(room, wish) => self.await_room(room, wish, reply),
                Verdict::Nothing => {}
            }
        }
        self.feed_busy(out);
        self.wake_updates(pending.updated, out);
        self.wake_callers(pending.called, out);
        self.wake_arrivals(pending.arrived, out);
        self.wake_room_waiters(pending.rooms, out);
        self.wake_lines(pending.local, out);
    }

    /// One event that could not be committed, alone.
    fn refuse(&mut self, events: Vec<Event>, fault: &Fault, out: &mut Vec<Effect>) {
        let again = match fault {
            Fault::Store(error) => {
                log::error!("nothing was stored: {error}");
                // A rule of the schema refused the row, and will again; everything else may pass.
                !matches!(error, store::Error::Conflict(_))
            }
            Fault::Panic => {
                log::error!("a bug: one event was dropped; please report what stands above");
                false
            }
        };
        for event in events {
            match event {
                Event::Ask { reply, .. } => out.push(Effect::Answer(reply, Err(Failure::Internal))),
                Event::Session(account, event @ session::Event::Answer { .. }) if again => {
                    self.unheard.push(Event::Session(account, event));
                }
                Event::Session(_, session::Event::Answer { tag, .. }) => drop(self.asked.remove(&tag)),
                // The server still has it: it comes again after the reconnect, which backs off.
                Event::Session(account, _) if again => {
                    if let Some(account) = self.accounts.get_mut(&account) {
                        account.is_fenced = true;
                    }
                    out.push(Effect::Session(account, Order::Reset));
                }
                // An event that can never be stored would come for ever.
                Event::Session(account, session::Event::Message(_)) => {
                    out.push(Effect::Session(account, Order::Handled(1)));
                }
                Event::Called { tag, .. } => {
                    self.calls.remove(&tag);
                    if self.postpone_question(tag, self.now.mono + limits::RECONNECT_FIRST) {
                        continue;
                    }
                    if let Some(reply) = self.callers.remove(&tag) {
                        out.push(Effect::Answer(reply, Err(Failure::Internal)));
                    }
                    self.removal_at = Some(self.now.mono + limits::REMOVAL_FIRST);
                    if let Err(error) = self.reload_webhooks() {
                        log::error!("reading the webhooks again failed: {error}");
                    }
                }
                Event::Reload(_) => log::error!("the configuration could not be taken over; try again later"),
                Event::Session(..) | Event::Heard { .. } | Event::Left | Event::Rebound(_) | Event::Report => {}
                // Stopping writes nothing of its own; it goes on without the last acknowledgements.
                Event::Stop(reply) => {
                    self.on_stop();
                    out.append(&mut self.pending.effects);
                    out.push(Effect::Answer(reply, Ok(handle::Answer::Done)));
                }
            }
        }
        self.retry_later();
    }

    /// After a failed commit what is due by time waits a little, or the loop would spin on a full disk.
    fn retry_later(&mut self) {
        let later = self.now.mono + limits::RECONNECT_FIRST;
        self.purge_at = self.purge_at.max(later);
        self.unheard_at = later;
        self.rooms.not_before = later;
        self.webhooks.not_before = later;
        self.postpone_questions(later);
        self.removal_at = self.removal_at.map(|at| at.max(later));
        self.postpone_acks(later);
    }

    /// What time alone brings: old rows, pollers whose wait is over.
    fn due(&mut self) -> Result<(), store::Error> {
        if self.purge_at <= self.now.mono {
            for (bot, dropped) in self.store.purge(self.now.unix())? {
                log::warn!("bot {bot}: {dropped} updates nobody fetched within a day were dropped");
                self.recount(bot, dropped)?;
            }
            self.purge_at = self.now.mono + limits::PURGE_INTERVAL;
            self.end_generation()?;
        }
        self.give_up_files();
        self.remove_what_is_left()
    }

    /// For the log: everything that waits, and how the accounts are.
    fn report(&self) {
        let up = self.now.mono.saturating_sub(self.started.mono).as_secs();
        let updates: i64 = self.bots.values().map(|bot| bot.queued).sum();
        log::info!("status: up {up} s, {} bots, {updates} updates wait to be fetched", self.bots.len());
        for account in self.accounts.values() {
            log::info!("status: {}: {}, {} messages wait", account.row.jid, account.state, account.queue.count);
        }
        self.report_rooms();
        self.report_webhooks();
    }

    fn on_stop(&mut self) {
        self.stopping = true;
        for account in self.accounts.keys() {
            self.pending.effects.push(Effect::Session(*account, Order::Close));
        }
        self.end_waits();
    }

    /// Every wait ends with an empty answer.
    fn end_waits(&mut self) {
        self.end_room_waits();
        self.end_ai_waits();
        let updates = self.update_waiters.drain().map(|(_, w)| (w.reply, handle::Answer::Updates(Vec::new())));
        let lines = self.local_waiters.drain(..).map(|w| (w.reply, handle::Answer::Lines(Vec::new())));
        let answers: Vec<(ReplyTo, handle::Answer)> = updates.chain(lines).collect();
        self.pending.effects.extend(answers.into_iter().map(|(reply, answer)| Effect::Answer(reply, Ok(answer))));
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
