//! One batch: events applied in one transaction, the commit, and only then their effects. If the commit fails all is as it
//! was before. Called by [`Engine::run`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Engine;
use super::Fault;
use super::Trouble;
use super::Verdict;
use crate::base::limits;
use crate::base::time::Now;
use crate::core::batch::Pending;
use crate::core::effect::{Effect, Order, Wisher};
use crate::core::failure::Failure;
use crate::core::handle::Answer;
use crate::core::part::Part;
use crate::core::responder::Responder;
use crate::core::rights::Acting;
use crate::core::updates::Form;
use crate::engine::event::Event;
use crate::engine::panel;
use crate::store;
use crate::xmpp::session;

impl Engine {
    /// Applies events in one transaction and gives what is to be done. With no events it does what is due by time.
    pub fn batch(&mut self, now: Now, mut events: Vec<Event>) -> Vec<Effect> {
        self.core.batch.now = now;
        if self.upkeep.unheard_at <= now.mono {
            events.splice(0..0, std::mem::take(&mut self.upkeep.unheard));
        }
        let mut out = std::mem::take(&mut self.upkeep.starting);
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
        panel::note_course(self);
        out
    }

    /// All events and what is due, in one transaction; on error everything is taken back.
    fn attempt(&mut self, events: &[Event]) -> Result<Vec<Verdict>, Fault> {
        let result = catch_unwind(AssertUnwindSafe(|| {
            self.core.batch.store.begin_reading()?;
            let mut verdicts = Vec::with_capacity(events.len());
            for event in events {
                verdicts.push(self.apply(event)?);
                self.pass_signals()?;
            }
            self.due()?;
            self.channels.xmpp.rooms_due(&mut self.core)?;
            self.channels.list().try_for_each(|channel| channel.due(&mut self.core))?;
            self.pass_signals()?;
            self.core.webhooks_due()?;
            self.with_brain(|brain, cx| brain.all().try_for_each(|one| one.due(cx)))?;
            self.with_brain(|brain, cx| brain.all().for_each(|one| one.show(cx)));
            self.channels.xmpp.omemo_due(&mut self.core)?;
            self.channels.xmpp.tell_notices(&mut self.core)?;
            // What is said may come to further keys; that ends, for there are so many notices in a day.
            while !self.core.batch.pending.signals.is_empty() {
                self.pass_signals()?;
                self.channels.xmpp.tell_notices(&mut self.core)?;
            }
            // What was said to rooms since they were looked after.
            self.channels.xmpp.feed_rooms(&mut self.core)?;
            self.channels.xmpp.write_acks_and_marks(&mut self.core)?;
            let written = self.core.batch.write_lived()?;
            self.core.batch.store.commit()?;
            self.core.batch.note_lived_written(written);
            Ok(verdicts)
        }));
        let fault = match result {
            Ok(Ok(verdicts)) => return Ok(verdicts),
            Ok(Err(error)) => Fault::Store(error),
            Err(_) => Fault::Panic,
        };
        self.revert();
        Err(fault)
    }

    /// Everything as it was before the batch, in memory and in the store.
    fn revert(&mut self) {
        self.core.batch.pending = Pending::default();
        self.parts().for_each(Part::undo);
        self.core.batch.store.rollback();
        self.channels.xmpp.crypt.omemo_undone(&mut self.core.batch);
        if let Err(error) = self.reload() {
            log::error!("reading the bots again failed: {error}");
        }
    }

    fn apply(&mut self, event: &Event) -> Result<Verdict, store::Error> {
        self.channels.xmpp.crypt.under = None;
        self.core.batch.rights.acting = Acting::default();
        match event {
            Event::Ask { caller, question, reply } => {
                if reply.is_gone() {
                    return Ok(Verdict::Nothing);
                }
                self.core.batch.rights.acting.address = reply.address();
                match self.on_ask(caller, question) {
                    Ok(verdict) => Ok(verdict),
                    Err(Trouble::Failure(failure)) => Ok(Verdict::Outcome(Err(failure))),
                    Err(Trouble::Store(error)) => Err(error),
                }
            }
            Event::Session(account, event) => {
                self.channels.xmpp.on_session(&mut self.core, *account, event)?;
                if let session::Event::Request(request) = event
                    && self.channels.xmpp.accounts.contains_key(account)
                {
                    self.on_request(*account, request)?;
                }
                Ok(Verdict::Nothing)
            }
            Event::Heard { tag, lines } => {
                let batch = &mut self.core.batch;
                self.brain.all().try_for_each(|one| one.on_heard(batch, *tag, lines)).map(|()| Verdict::Nothing)
            }
            Event::Left => {
                self.brain.all().for_each(Responder::on_caller_gone);
                Ok(Verdict::Nothing)
            }
            Event::Called { tag, called } => self.on_called(*tag, called).map(|()| Verdict::Nothing),
            Event::Reload(settings) => {
                self.channels.xmpp.on_reload(&mut self.core, settings)?;
                self.core.batch.bound_storage();
                self.core.batch.purge_histories().map(|()| Verdict::Nothing)
            }
            Event::Rebound(rebound) => self.on_rebound(rebound).map(|()| Verdict::Nothing),
            Event::Refused(address) => {
                self.core.batch.rights.refused.note(*address);
                Ok(Verdict::Nothing)
            }
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
        let pending = std::mem::take(&mut self.core.batch.pending);
        self.channels.xmpp.crypt.omemo_committed();
        let told = std::mem::take(&mut self.channels.xmpp.accounts.told);
        if told.wrote_acks {
            self.channels.xmpp.accounts.forget_written_acks();
        }
        for (account, mark) in told.marks {
            self.channels.xmpp.accounts.note_mark(&mut self.core.batch, account, mark);
        }
        for (account, skipped) in told.skipped {
            self.channels.xmpp.note_skipped(&mut self.core, account, &skipped);
        }
        out.extend(told.taken.into_iter().map(|(account, count)| Effect::Session(account, Order::Taken(count))));
        for (account, count) in told.handled {
            out.push(Effect::Session(account, Order::Handled(count)));
        }
        self.core.updates.watching.note_ways(&pending.way);
        self.core.updates.watching.tell(self.core.batch.now.unix_ms);
        self.upkeep.ways.take(pending.way);
        out.extend(pending.effects);
        out.extend(Some(Effect::Changed).filter(|_| pending.has_changed && self.core.batch.setup.settings.watch.is_on));
        self.channels.xmpp.accounts.queue_accepted(told.accepted);
        for (event, verdict) in events.into_iter().zip(verdicts) {
            let reply = match event {
                Event::Ask { reply, .. } => reply,
                Event::Stop(reply) => {
                    out.push(Effect::Answer(reply, Ok(Answer::Done)));
                    continue;
                }
                Event::Session(..)
                | Event::Called { .. }
                | Event::Heard { .. }
                | Event::Left
                | Event::Refused(_)
                | Event::Reload(_)
                | Event::Rebound(_)
                | Event::Report => {
                    continue;
                }
            };
            match verdict {
                Verdict::Outcome(outcome) => out.push(Effect::Answer(reply, outcome)),
                Verdict::AwaitUpdates(bot, poll) => {
                    self.core.updates.await_updates(&mut self.core.batch, bot, (poll, Form::AsQueued), reply, out)
                }
                Verdict::AwaitNumbered(bot, poll) => {
                    self.core.updates.await_updates(&mut self.core.batch, bot, (poll, Form::Numbered), reply, out)
                }
                Verdict::AwaitAnswer(wait) => self.core.asking.await_answer(&self.core.batch, wait, reply, out),
                Verdict::AwaitCall(tag) => self.await_call(tag, reply, out),
                Verdict::AwaitChannel(waiting) => self.channels.wait(&mut self.core.batch, &waiting, reply),
                Verdict::Nothing => {}
            }
        }
        self.channels.xmpp.accounts.feed_busy(&mut self.core.batch, out);
        self.core.updates.wake_updates(&mut self.core.batch, out);
        self.core.asking.wake(&self.core.batch, out);
        self.wake_callers(out);
        self.channels.wake(&mut self.core, out);
        self.parts().for_each(Part::committed);
    }

    /// One event that could not be committed, alone.
    fn refuse(&mut self, events: Vec<Event>, fault: &Fault, out: &mut Vec<Effect>) {
        let failure = match fault {
            Fault::Store(store::Error::Full) => Failure::Full,
            _ => Failure::Internal,
        };
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
            self.refuse_event(event, again, &failure, out);
        }
        self.retry_later();
    }

    /// `again`: the event may be tried another time.
    fn refuse_event(&mut self, event: Event, again: bool, failure: &Failure, out: &mut Vec<Effect>) {
        // The session counts what was told of these until it is taken, well or not.
        let is_taken = match &event {
            Event::Session(_, session::Event::Answer { .. }) => !again,
            Event::Session(_, event) => event.is_counted(),
            _ => false,
        };
        if let (true, Event::Session(account, _)) = (is_taken, &event) {
            out.push(Effect::Session(*account, Order::Taken(1)));
        }
        match event {
            Event::Ask { reply, .. } => out.push(Effect::Answer(reply, Err(failure.clone()))),
            Event::Session(account, event @ session::Event::Answer { .. }) if again => {
                self.upkeep.unheard.push(Event::Session(account, event));
            }
            Event::Session(_, session::Event::Answer { tag, .. }) => self.channels.xmpp.questions.forget(tag),
            // The server still has it: it comes again after the reconnect, which backs off.
            Event::Session(account, _) if again => {
                if let Some(account) = self.channels.xmpp.accounts.get_mut(&account) {
                    account.stream.is_fenced = true;
                }
                out.push(Effect::Session(account, Order::Reset));
            }
            // An event that can never be stored would come for ever.
            Event::Session(account, session::Event::Message(_)) => {
                out.push(Effect::Session(account, Order::Handled(1)));
            }
            Event::Called { tag, .. } => self.refuse_call(tag, failure, out),
            Event::Reload(_) => log::error!("the configuration could not be taken over; try again later"),
            Event::Rebound(rebound) => {
                let tag = rebound.wish.and_then(|wish| if let Wisher::Api(tag) = wish.by { Some(tag) } else { None });
                let reply = tag.and_then(|tag| self.core.callers.leave(tag));
                out.extend(reply.map(|reply| Effect::Answer(reply, Err(failure.clone()))));
            }
            Event::Session(..) | Event::Heard { .. } | Event::Left | Event::Refused(_) | Event::Report => {}
            // Stopping writes nothing of its own; it goes on without the last acknowledgements.
            Event::Stop(reply) => {
                self.on_stop();
                out.append(&mut self.core.batch.pending.effects);
                out.push(Effect::Answer(reply, Ok(Answer::Done)));
            }
        }
    }

    /// What became of a call could not be stored.
    fn refuse_call(&mut self, tag: u64, failure: &Failure, out: &mut Vec<Effect>) {
        self.channels.list().for_each(|channel| channel.on_call_lost(tag));
        self.core.webhooks.calls.forget(tag);
        let later = self.core.batch.now.mono + limits::RECONNECT_FIRST;
        if self.brain.all().any(|one| one.on_call_lost(tag, later)) {
            return;
        }
        if let Some(reply) = self.core.callers.leave(tag) {
            out.push(Effect::Answer(reply, Err(failure.clone())));
        }
        self.channels.xmpp.removals.remove_at(self.core.batch.now.mono + limits::REMOVAL_FIRST);
        if let Err(error) = self.core.reload_webhooks() {
            log::error!("reading the webhooks again failed: {error}");
        }
    }

    /// After a failed commit what is due by time waits a little, or the loop would spin on a full disk.
    fn retry_later(&mut self) {
        let later = self.core.batch.now.mono + limits::RECONNECT_FIRST;
        self.upkeep.purge_at = self.upkeep.purge_at.max(later);
        self.upkeep.unheard_at = later;
        self.parts().for_each(|part| part.postpone(later));
        self.channels.xmpp.accounts.postpone_acks(later);
    }
}
