//! Calls of the engine to other services, and where their answers go.
//!
//! [`Calls::call_out`] notes what a call is about; it is made by the work pool after the commit, and what became of it
//! comes back as an event. Whoever asked for it waits under its tag. What must survive a restart stands in the store.

use std::collections::HashMap;
use std::time::Duration;

use crate::base::call::{Called, HttpCall};
use crate::base::id::BotId;
use crate::engine::effect::Effect;
use crate::engine::handle::{Outcome, ReplyTo, Wait};
use crate::engine::making::{Making, Removal};
use crate::engine::part::Part;
use crate::engine::webhook::Flight;
use crate::engine::{Batch, Engine, Trouble, Verdict};
use crate::store;

/// What a call was about: one variant for each kind.
#[derive(Clone, Debug)]
pub(super) enum About {
    /// Whether ejabberd's API can be used.
    EjabberdTest,
    /// An account for a new bot.
    Register(Box<Making>),
    /// Whether an account that is to go is ours.
    Check(Removal),
    /// An account that goes.
    Unregister(Removal),
    /// A file on its way, by the number of its job.
    File(u64),
    /// An update for a webhook.
    Webhook(Box<Flight>),
    /// A question to an AI.
    Ai,
}

/// What whoever waits for a call gets.
pub(super) enum End {
    /// This answer.
    Outcome(Outcome),
    /// To wait until this new bot is online.
    Arrival(BotId, Wait),
}

/// Calls under way, by tag.
#[derive(Default)]
pub(super) struct Calls {
    open: HashMap<u64, About>,
    /// Who waits for them.
    pub(super) callers: HashMap<u64, ReplyTo>,
    /// Those that the batch has begun.
    begun: Vec<u64>,
    /// Those that ended in it, as they were under way.
    ended: Vec<(u64, About)>,
    /// Those that ended in it, and what whoever waits for them gets.
    pub(super) over: Vec<(u64, End)>,
}

impl Calls {
    /// What is under way.
    pub(super) fn open(&self) -> impl Iterator<Item = (u64, &About)> {
        self.open.iter().map(|(tag, about)| (*tag, about))
    }

    /// What became of one is not heard any more.
    pub(super) fn forget(&mut self, tag: u64) {
        self.open.remove(&tag);
    }
}

impl Part for Calls {
    fn committed(&mut self) {
        self.begun.clear();
        self.ended.clear();
    }

    fn undo(&mut self) {
        // Calls of the batch are not made, and what came of others is told again.
        for tag in self.begun.drain(..) {
            self.open.remove(&tag);
        }
        // Behind that, as the next call of a task has the tag of the one before.
        self.open.extend(self.ended.drain(..));
        self.over.clear();
    }
}

impl Engine {
    /// A call is over.
    pub(super) fn on_called(&mut self, tag: u64, called: &Called) -> Result<(), store::Error> {
        let Some(about) = self.calls.open.remove(&tag) else { return Ok(()) };
        self.calls.ended.push((tag, about.clone()));
        let end = match about {
            About::EjabberdTest => self.batch.on_ejabberd_tested(called).map(|end| Some(End::Outcome(Ok(end)))),
            About::Register(making) => self.on_registered(tag, *making, called),
            About::Check(removal) => self.on_checked(tag, removal, called),
            About::File(job) => self.on_file_called(job, called).map(|()| None),
            About::Unregister(removal) => self.on_unregistered(removal, called),
            About::Webhook(flight) => self.on_posted(*flight, called),
            About::Ai => self.on_ai_called(tag, called).map(|()| None),
        };
        match end {
            Ok(Some(end)) => self.calls.over.push((tag, end)),
            Ok(None) => {}
            Err(Trouble::Failure(failure)) => self.calls.over.push((tag, End::Outcome(Err(failure)))),
            Err(Trouble::Store(error)) => return Err(error),
        }
        Ok(())
    }

    /// Whoever asked waits for the end of a call.
    pub(super) fn await_call(&mut self, tag: u64, reply: ReplyTo, out: &mut Vec<Effect>) {
        self.ai.begin_hearing(tag, &reply, out);
        self.calls.callers.insert(tag, reply);
    }

    /// Answers those whose calls are over.
    pub(super) fn wake_callers(&mut self, out: &mut Vec<Effect>) {
        for (tag, end) in std::mem::take(&mut self.calls.over) {
            let Some(reply) = self.calls.callers.remove(&tag) else { continue };
            match end {
                End::Outcome(outcome) => out.push(Effect::Answer(reply, outcome)),
                End::Arrival(bot, wait) => self.xmpp.arrivals.await_arrival(&mut self.batch, bot, wait, reply),
            }
        }
    }
}

impl Calls {
    /// Has a call made after the commit. `key` is what it must not hold up: its destination and bot.
    pub(super) fn call_out(&mut self, batch: &mut Batch, key: String, call: HttpCall, about: About) -> u64 {
        batch.last_tag += 1;
        let tag = batch.last_tag;
        self.call_again(batch, tag, key, call, about);
        tag
    }

    /// The next call of one task, for the same one who waits.
    pub(super) fn call_again(&mut self, batch: &mut Batch, tag: u64, key: String, call: HttpCall, about: About) {
        self.begin_call(batch, tag, key, call, about, None);
    }

    /// The same for an answer that is heard while it comes, at this pace.
    pub(super) fn call_streaming(
        &mut self,
        batch: &mut Batch,
        tag: u64,
        (key, call): (String, HttpCall),
        about: About,
        pace: Duration,
    ) {
        self.begin_call(batch, tag, key, call, about, Some(pace));
    }

    fn begin_call(
        &mut self,
        batch: &mut Batch,
        tag: u64,
        key: String,
        call: HttpCall,
        about: About,
        pace: Option<Duration>,
    ) {
        self.open.insert(tag, about);
        self.begun.push(tag);
        batch.pending.effects.push(Effect::Call { tag, key, call: Box::new(call), pace });
    }

    /// Calls a call off; what becomes of it is not heard any more.
    pub(super) fn drop_call(&mut self, batch: &mut Batch, tag: u64) {
        let Some(about) = self.open.remove(&tag) else { return };
        if !self.begun.contains(&tag) {
            self.ended.push((tag, about));
        }
        batch.pending.effects.push(Effect::CallOff(tag));
    }
}

/// Waits for the end of this call.
pub(super) fn wait_for(tag: u64) -> Verdict {
    Verdict::AwaitCall(tag)
}
