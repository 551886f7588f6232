//! The loop over rules, channels and brains. One thread owns all live state and the store; everybody else sends it events.
//!
//! [`Engine::run`] takes a batch of events, applies them in one transaction, commits, and only then releases the
//! effects. If the commit fails nothing of the batch has happened: callers are told so, and stanzas stay
//! unacknowledged, so that the server sends them again (docs/architecture.md).
//! Nothing here has a socket. Time and entropy come in as arguments of [`Engine::new`] and [`Engine::batch`].

pub mod command;
pub mod event;

mod adhoc;
mod ask;
mod batch;
mod buttons;
mod called;
#[cfg(feature = "channel-local")]
mod local;
#[cfg(not(feature = "channel-local"))]
#[path = "no_local.rs"]
mod local;
mod metrics;
mod numbered;
mod panel;
mod person;
mod router;
mod signal;
#[cfg(feature = "channel-web")]
mod web;
#[cfg(not(feature = "channel-web"))]
#[path = "no_web.rs"]
mod web;
mod yard;
#[cfg(test)]
mod tests;

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::base::id::BotId;
use crate::base::limits;
use crate::base::ratelimit::RateLimit;
use crate::base::spool::Spool;
use crate::base::time::Now;
use crate::brain::{self, Brain};
use crate::channel::All;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::effect::{Effect, Order};
use crate::core::part::{Kept, Part};
use crate::core::setup::Setup;
use crate::core::why::Ways;
use crate::core::{Context, Core};
use crate::engine::event::Event;
use crate::store::{self, Store};

/// The one owner of live state.
pub struct Engine {
    core: Core,
    channels: All,
    brain: Brain,
    /// Who fills out the form of a command.
    command_sessions: Kept<Vec<adhoc::CommandSession>>,
    upkeep: Upkeep,
}

/// What the loop itself keeps.
struct Upkeep {
    /// Answers whose commit failed; they are heard again.
    unheard: Vec<Event>,
    /// When (monotonic).
    unheard_at: Duration,
    rate: RateLimit<BotId>,
    /// When old rows are looked for (monotonic).
    purge_at: Duration,
    /// The ways of the last messages.
    ways: Ways,
    /// Effects of the start, released with the first batch, whatever becomes of that.
    starting: Vec<Effect>,
    /// How things went in the last day.
    course: panel::Course,
}

/// Why a batch was taken back.
enum Fault {
    Store(store::Error),
    Panic,
}

/// Lets files pass from one channel to another: they lie here meanwhile.
pub fn carry_files_in(engine: &mut Engine, spool: Spool) {
    engine.core.bridge.spool = Some(spool);
}

impl Engine {
    /// An engine over an open store: reads bots and accounts, starts the sessions (as effects of the first batch).
    pub fn new(store: Store, setup: Setup, now: Now) -> Result<Engine, store::Error> {
        let upkeep = Upkeep {
            unheard: Vec::new(),
            unheard_at: now.mono,
            rate: RateLimit::new(setup.rate_limit),
            purge_at: now.mono,
            ways: Ways::default(),
            starting: Vec::new(),
            course: panel::Course::default(),
        };
        let batch = Batch { has_ai: brain::HAS_AI, ..Batch::new(store, setup, now)? };
        let mut engine = Engine {
            core: Core::new(batch),
            channels: All::new(now.mono),
            brain: Brain::default(),
            command_sessions: Kept::default(),
            upkeep,
        };
        engine.reload()?;
        engine.channels.xmpp.settle_accounts(&mut engine.core)?;
        engine.with_brain(|brain, cx| brain.all().try_for_each(|one| one.begin(cx)))?;
        engine.pass_signals()?;
        engine.channels.xmpp.accounts.watch_generation(&mut engine.core.batch)?;
        let written = engine.core.batch.write_lived()?;
        engine.core.batch.store.commit()?;
        engine.core.batch.note_lived_written(written);
        let pending = std::mem::take(&mut engine.core.batch.pending);
        let told = std::mem::take(&mut engine.channels.xmpp.accounts.told);
        engine.channels.xmpp.accounts.queue_accepted(told.accepted);
        engine.upkeep.starting = pending.effects;
        engine.parts().for_each(Part::committed);
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
            if self.core.is_stopping && stop_at.is_none() {
                stop_at = Some(now.mono + limits::STOP_TIMEOUT);
            }
            if stop_at.is_some_and(|at| at <= now.mono) {
                break;
            }
        }
        self.channels.xmpp.accounts.expire_acks();
        if let Err(error) = self.core.batch.end_generation() {
            log::warn!("what tells old copies of the database from this one was not written: {error}");
        }
        self.batch(clock(), Vec::new());
        self.core.batch.store
    }

    /// The parts that a batch may change.
    fn parts(&mut self) -> impl Iterator<Item = &mut dyn Part> {
        let own: [&mut dyn Part; 1] = [&mut self.command_sessions];
        let brains = self.brain.all().map(|one| -> &mut dyn Part { one });
        self.core.parts().into_iter().chain(self.channels.parts()).chain(own).chain(brains)
    }

    /// What brains work with.
    fn context(&mut self) -> Context<'_> {
        Context { core: &mut self.core, channels: &mut self.channels }
    }

    /// Has the brain do something.
    fn with_brain<T>(&mut self, act: impl FnOnce(&mut Brain, &mut Context<'_>) -> T) -> T {
        act(&mut self.brain, &mut Context { core: &mut self.core, channels: &mut self.channels })
    }

    /// Reads bots and webhooks anew: at the start, and after a batch was taken back.
    fn reload(&mut self) -> Result<(), store::Error> {
        self.core.reload_bots()?;
        self.core.reload_asks()?;
        self.core.reload_links()?;
        self.core.reload_carries()?;
        self.channels.xmpp.accounts.relink_accounts(&mut self.core.batch)?;
        self.channels.reload(&mut self.core)?;
        self.core.reload_webhooks()
    }

    /// When [`Engine::batch`] is to be called without an event (monotonic).
    pub fn deadline(&mut self) -> Option<Duration> {
        let parts = self.parts().filter_map(|part| part.deadline()).min();
        let others = [
            self.channels.xmpp.accounts.acks_deadline(),
            self.core.updates.listening.listening_deadline(),
            self.core.asks_deadline(),
            self.brain.all().filter_map(|one| one.next_due(&self.core.batch)).min(),
            self.channels.xmpp.crypt.omemo_deadline(),
            self.core.webhooks_deadline(),
        ];
        let unheard = self.upkeep.unheard.first().map(|_| self.upkeep.unheard_at);
        others.into_iter().flatten().chain(parts).chain(unheard).chain([self.upkeep.purge_at]).min()
    }

    /// What time alone brings: old rows, pollers whose wait is over.
    fn due(&mut self) -> Result<(), store::Error> {
        if self.upkeep.purge_at <= self.core.batch.now.mono {
            self.core.batch.purge_histories()?;
            self.core.batch.purge_tokens()?;
            self.core.batch.purge_page_files()?;
            self.core.batch.write_refused_logins()?;
            for (bot, dropped) in self.core.batch.store.purge(self.core.batch.lived(), self.core.batch.now.unix())? {
                log::warn!("bot {bot}: {dropped} updates nobody fetched within a day were dropped");
                self.core.note_dropped(bot, "nobody fetched it within a day")?;
                self.core.recount(bot, dropped)?;
            }
            self.upkeep.purge_at = self.core.batch.now.mono + limits::PURGE_INTERVAL;
            self.core.batch.end_generation()?;
        }
        self.core.tell_unheard()?;
        self.context().asks_due()?;
        self.channels.xmpp.give_up_files(&mut self.core);
        self.context().carry_on()?;
        self.channels.xmpp.take_back_late(&mut self.core)?;
        self.pass_signals()?;
        self.channels.xmpp.remove_what_is_left(&mut self.core)
    }

    /// For the log: everything that waits, and how the accounts are.
    fn report(&self) {
        let up = self.core.batch.up().as_secs();
        let updates: i64 = self.core.batch.bots.values().map(|bot| bot.queued).sum();
        log::info!("status: up {up} s, {} bots, {updates} updates wait to be fetched", self.core.batch.bots.len());
        for (id, account) in self.channels.xmpp.accounts.iter() {
            let (count, skipped) = (self.channels.xmpp.outbox_depth(&self.core.batch, *id), account.skipped);
            let (jid, how) = (&account.row.jid, account.told());
            log::info!("status: {jid}: {how}; {count} messages wait, {skipped} stanzas were skipped");
        }
        self.channels.xmpp.rooms.report_rooms();
        self.core.webhooks.report_webhooks();
    }

    fn on_stop(&mut self) {
        self.core.is_stopping = true;
        for account in self.channels.xmpp.accounts.keys() {
            self.core.batch.pending.effects.push(Effect::Session(*account, Order::Close));
        }
        self.end_waits();
    }

    /// Every wait ends with an empty answer.
    fn end_waits(&mut self) {
        self.channels.stop(&mut self.core.batch);
        self.with_brain(|brain, cx| brain.all().for_each(|one| one.stop(cx)));
        self.core.updates.stop(&mut self.core.batch);
        self.core.asking.stop(&mut self.core.batch);
    }
}
