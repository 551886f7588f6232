//! Calls of one part to other services, and where their answers go.
//!
//! [`Calls::call_out`] notes what a call is about; it is made by the work pool after the commit, and what became of it
//! comes back as an event. Whoever asked for it waits under its tag. What must survive a restart stands in the store.

use std::collections::HashMap;
use std::time::Duration;

use crate::base::call::HttpCall;
use crate::base::id::BotId;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::effect::{Effect, Manner};
use crate::core::failure::Failure;
use crate::core::handle::{Outcome, ReplyTo, Wait};
use crate::core::part::Part;
use crate::store;

/// What whoever waits for a call gets.
pub(crate) enum End {
    /// This answer.
    Outcome(Outcome),
    /// To wait until this new bot is online.
    Arrival(BotId, Wait),
}

/// Calls of one part under way, by tag, with what they are about.
pub(crate) struct Calls<A> {
    open: HashMap<u64, A>,
    /// Those that the batch has begun.
    begun: Vec<u64>,
    /// Those that ended in it, as they were under way.
    ended: Vec<(u64, A)>,
}

/// Who waits for the end of calls, whosever they are.
#[derive(Default)]
pub(crate) struct Callers {
    waiting: HashMap<u64, ReplyTo>,
    /// Calls that ended in the batch, and what whoever waits for them gets.
    over: Vec<(u64, End)>,
}

impl Part for Callers {
    fn committed(&mut self) {}

    fn undo(&mut self) {
        self.over.clear();
    }
}

impl Callers {
    /// Somebody waits for the end of a call.
    pub(crate) fn wait(&mut self, tag: u64, reply: ReplyTo) {
        self.waiting.insert(tag, reply);
    }

    /// Who waits for this one.
    pub(crate) fn of(&self, tag: u64) -> Option<&ReplyTo> {
        self.waiting.get(&tag)
    }

    /// He waits for it no more.
    pub(crate) fn leave(&mut self, tag: u64) -> Option<ReplyTo> {
        self.waiting.remove(&tag)
    }

    /// A call is over, or what it was made for.
    pub(crate) fn end(&mut self, tag: u64, end: End) {
        self.over.push((tag, end));
    }

    /// What was called good in this batch has failed after all.
    pub(crate) fn fail(&mut self, tag: u64, failure: Failure) {
        self.over.retain(|(known, _)| *known != tag);
        self.end(tag, End::Outcome(Err(failure)));
    }

    /// The same with what came of it: nothing yet, an end, or a failure.
    pub(crate) fn settle(&mut self, tag: u64, end: Result<Option<End>, Trouble>) -> Result<(), store::Error> {
        match end {
            Ok(Some(end)) => self.end(tag, end),
            Ok(None) => {}
            Err(Trouble::Failure(failure)) => self.end(tag, End::Outcome(Err(failure))),
            Err(Trouble::Store(error)) => return Err(error),
        }
        Ok(())
    }

    /// Those whose calls are over, and what they get.
    pub(crate) fn take_over(&mut self) -> Vec<(ReplyTo, End)> {
        let over = std::mem::take(&mut self.over).into_iter();
        over.filter_map(|(tag, end)| Some((self.waiting.remove(&tag)?, end))).collect()
    }
}

impl<A> Default for Calls<A> {
    fn default() -> Calls<A> {
        Calls { open: HashMap::new(), begun: Vec::new(), ended: Vec::new() }
    }
}

impl<A> Part for Calls<A> {
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
    }
}

impl<A: Clone> Calls<A> {
    /// A call of this part is over: what it was about.
    pub(crate) fn end(&mut self, tag: u64) -> Option<A> {
        let about = self.open.remove(&tag)?;
        self.ended.push((tag, about.clone()));
        Some(about)
    }
}

impl<A> Calls<A> {
    /// What is under way.
    pub(crate) fn open(&self) -> impl Iterator<Item = (u64, &A)> {
        self.open.iter().map(|(tag, about)| (*tag, about))
    }

    /// What became of one is not heard any more.
    pub(crate) fn forget(&mut self, tag: u64) {
        self.open.remove(&tag);
    }

    /// Has a call made after the commit. `key` is what it must not hold up: its destination and bot.
    pub(crate) fn call_out(&mut self, batch: &mut Batch, key: String, call: HttpCall, about: A) -> u64 {
        batch.last_tag += 1;
        let tag = batch.last_tag;
        self.call_again(batch, tag, key, call, about);
        tag
    }

    /// The next call of one task, for the same one who waits.
    pub(crate) fn call_again(&mut self, batch: &mut Batch, tag: u64, key: String, call: HttpCall, about: A) {
        self.begin_call(batch, tag, (key, call), about, Manner::Whole);
    }

    /// A call that may last, such as a long poll: no thread waits for its answer.
    pub(crate) fn call_lasting(&mut self, batch: &mut Batch, call: HttpCall, about: A) -> u64 {
        batch.last_tag += 1;
        let tag = batch.last_tag;
        self.call_lasting_again(batch, tag, call, about);
        tag
    }

    /// The next such call of one task, for the same one who waits.
    pub(crate) fn call_lasting_again(&mut self, batch: &mut Batch, tag: u64, call: HttpCall, about: A) {
        self.begin_call(batch, tag, (String::new(), call), about, Manner::Lasting);
    }

    /// The same for an answer that is heard while it comes, at this pace.
    pub(crate) fn call_streaming(
        &mut self,
        batch: &mut Batch,
        tag: u64,
        call: (String, HttpCall),
        about: A,
        pace: Duration,
    ) {
        self.begin_call(batch, tag, call, about, Manner::InPieces(pace));
    }

    fn begin_call(&mut self, batch: &mut Batch, tag: u64, (key, call): (String, HttpCall), about: A, manner: Manner) {
        self.open.insert(tag, about);
        self.begun.push(tag);
        batch.pending.effects.push(Effect::Call { tag, key, call: Box::new(call), manner });
    }

    /// Calls a call off; what becomes of it is not heard any more.
    pub(crate) fn drop_call(&mut self, batch: &mut Batch, tag: u64) {
        let Some(about) = self.open.remove(&tag) else { return };
        if !self.begun.contains(&tag) {
            self.ended.push((tag, about));
        }
        batch.pending.effects.push(Effect::CallOff(tag));
    }
}

/// Waits for the end of this call.
pub(crate) fn wait_for(tag: u64) -> Verdict {
    Verdict::AwaitCall(tag)
}
