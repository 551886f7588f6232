//! What the rules know of a brain: something that answers people by itself, for any bot, on any channel. A brain implements
//! [`Responder`]; `brain` lists them in the order in which they are asked.

use std::time::Duration;

use crate::base::call::Called;
use crate::base::heard::Heard;
use crate::base::id::BotId;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::effect::Effect;
use crate::core::handle::{Question, ReplyTo};
use crate::core::incoming::Incoming;
use crate::core::part::Part;
use crate::core::{Context, TakenBack};
use crate::store;

/// A brain. Its live state is a [`Part`]; what it says goes through the [`Context`].
pub(crate) trait Responder: Part {
    /// The daemon begins: what the end of the last run interrupted.
    fn begin(&mut self, _cx: &mut Context<'_>) -> Result<(), store::Error> {
        Ok(())
    }

    /// Somebody said something to a bot. Says whether that is answered; then no later brain is asked.
    fn on_said(&mut self, cx: &mut Context<'_>, bot: BotId, said: &Incoming<'_>) -> Result<bool, store::Error>;

    /// Somebody took back what he had said, or said it otherwise.
    fn on_taken_back(&mut self, _cx: &mut Context<'_>, _bot: BotId, _what: &TakenBack) -> Result<(), store::Error> {
        Ok(())
    }

    /// A bot is about to be deleted.
    fn on_bot_goes(&mut self, _cx: &mut Context<'_>, _bot: BotId) -> Result<(), store::Error> {
        Ok(())
    }

    /// A bot's program asks; `None`: not a question for this brain.
    fn ask(&mut self, _cx: &mut Context<'_>, _bot: BotId, _question: &Question) -> Result<Option<Verdict>, Trouble> {
        Ok(None)
    }

    /// A call is over; says whether it was one of ours.
    fn on_called(&mut self, _cx: &mut Context<'_>, _tag: u64, _called: &Called) -> Result<bool, store::Error> {
        Ok(false)
    }

    /// What became of a call could not be stored; nothing is tried again before `later` (monotonic). Says whether the call
    /// was one of ours.
    fn on_call_lost(&mut self, _tag: u64, _later: Duration) -> bool {
        false
    }

    /// More of the answer to a call has come.
    fn on_heard(&mut self, _batch: &mut Batch, _tag: u64, _heard: &Heard) -> Result<(), store::Error> {
        Ok(())
    }

    /// Somebody waits for the end of a call.
    fn on_caller(&mut self, _tag: u64, _reply: &ReplyTo, _out: &mut Vec<Effect>) {}

    /// Somebody who waited has gone away; who, is seen where all are gone through.
    fn on_caller_gone(&mut self) {}

    /// What time brings.
    fn due(&mut self, _cx: &mut Context<'_>) -> Result<(), store::Error> {
        Ok(())
    }

    /// When that is (monotonic), beside [`Part::deadline`].
    fn next_due(&self, _batch: &Batch) -> Option<Duration> {
        None
    }

    /// All events of the batch were applied: what is shown once for all of them.
    fn show(&mut self, _cx: &mut Context<'_>) {}

    /// The daemon ends: nobody is kept waiting.
    fn stop(&mut self, _cx: &mut Context<'_>) {}
}
