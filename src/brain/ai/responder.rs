//! A bot's AI as one of the brains.

use std::time::Duration;

use crate::base::call::Called;
use crate::base::heard::Heard;
use crate::base::id::BotId;
use crate::brain::ai::{Ai, Hears};
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::calls::wait_for;
use crate::core::effect::Effect;
use crate::core::handle::{Answer, Question, ReplyTo};
use crate::core::incoming::Incoming;
use crate::core::responder::Responder;
use crate::core::{Context, TakenBack};
use crate::store;

impl Responder for Ai {
    fn begin(&mut self, cx: &mut Context<'_>) -> Result<(), store::Error> {
        self.tell_interrupted(cx)
    }

    fn on_said(&mut self, cx: &mut Context<'_>, bot: BotId, said: &Incoming<'_>) -> Result<bool, store::Error> {
        self.ask_ai(cx, bot, said)
    }

    fn on_taken_back(&mut self, cx: &mut Context<'_>, bot: BotId, what: &TakenBack) -> Result<(), store::Error> {
        self.forget_question(cx, bot, what)
    }

    fn on_bot_goes(&mut self, cx: &mut Context<'_>, bot: BotId) -> Result<(), store::Error> {
        self.drop_questions_of(cx, bot)
    }

    fn ask(&mut self, cx: &mut Context<'_>, bot: BotId, question: &Question) -> Result<Option<Verdict>, Trouble> {
        let answer = match question {
            Question::SetAi(new) => cx.core.batch.set_ai_by_api(bot, new)?,
            Question::AiStatus => Answer::Ai(cx.core.batch.ai_info(bot)?),
            Question::EnableAi(is_enabled) => {
                match *is_enabled {
                    true => self.turn_ai_on(cx, bot)?,
                    false => self.turn_ai_off(cx, bot)?,
                }
                Answer::AiEnabled(*is_enabled)
            }
            Question::AskAi { text, from, is_live } => {
                let hears = if *is_live { Hears::Pieces } else { Hears::Whole };
                return self.ask_ai_by_api(cx, bot, text, from, hears).map(|tag| Some(wait_for(tag)));
            }
            _ => return Ok(None),
        };
        Ok(Some(Verdict::Outcome(Ok(answer))))
    }

    fn on_called(&mut self, cx: &mut Context<'_>, tag: u64, called: &Called) -> Result<bool, store::Error> {
        if self.calls.end(tag).is_none() {
            return Ok(false);
        }
        let end = self.on_ai_called(cx, tag, called).map(|()| None);
        cx.core.callers.settle(tag, end).map(|()| true)
    }

    fn on_call_lost(&mut self, tag: u64, later: Duration) -> bool {
        self.calls.forget(tag);
        self.open.postpone_question(tag, later)
    }

    fn on_heard(&mut self, batch: &mut Batch, tag: u64, heard: &Heard) -> Result<(), store::Error> {
        self.open.on_ai_heard(batch, tag, heard)
    }

    fn on_caller(&mut self, tag: u64, reply: &ReplyTo, out: &mut Vec<Effect>) {
        self.open.begin_hearing(tag, reply, out);
    }

    fn on_caller_gone(&mut self) {
        self.open.note_leaving();
    }

    fn due(&mut self, cx: &mut Context<'_>) -> Result<(), store::Error> {
        self.ai_due(cx)
    }

    fn next_due(&self, batch: &Batch) -> Option<Duration> {
        self.open.ai_deadline(batch)
    }

    fn show(&mut self, cx: &mut Context<'_>) {
        self.tell_so_far(cx);
    }

    fn stop(&mut self, cx: &mut Context<'_>) {
        self.end_ai_waits(cx);
    }
}
