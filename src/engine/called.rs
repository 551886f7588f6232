//! Calls to other services are over: to the part that made them, and to whoever waits for them.

use crate::base::call::Called;
use crate::core::batch::Waiting;
use crate::core::calls::End;
use crate::core::effect::Effect;
use crate::core::handle::{Answer, ReplyTo};
use crate::engine::Engine;
use crate::store;

impl Engine {
    /// A call is over.
    pub(super) fn on_called(&mut self, tag: u64, called: &Called) -> Result<(), store::Error> {
        for channel in self.channels.list() {
            if channel.on_called(&mut self.core, tag, called)? {
                return Ok(());
            }
        }
        if let Some(attempt) = self.core.webhooks.calls.end(tag) {
            let end = self.context().on_posted(*attempt, called);
            return self.core.callers.settle(tag, end);
        }
        self.with_brain(|brain, cx| {
            for one in brain.all() {
                if one.on_called(cx, tag, called)? {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Whoever asked waits for the end of a call.
    pub(super) fn await_call(&mut self, tag: u64, reply: ReplyTo, out: &mut Vec<Effect>) {
        self.brain.all().for_each(|one| one.on_caller(tag, &reply, out));
        self.core.callers.wait(tag, reply);
    }

    /// Answers those whose calls are over.
    pub(super) fn wake_callers(&mut self, out: &mut Vec<Effect>) {
        for (reply, end) in self.core.callers.take_over() {
            match end {
                End::Outcome(mut outcome) => {
                    if let Ok(Answer::Telegram(info)) = &mut outcome {
                        self.core.fill_links(info);
                    }
                    out.push(Effect::Answer(reply, outcome));
                }
                End::Arrival(bot, wait) => {
                    self.channels.wait(&mut self.core.batch, &Waiting::Arrival(bot, wait), reply);
                }
            }
        }
    }
}
