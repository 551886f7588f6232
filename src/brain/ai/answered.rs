//! What becomes of a question: its answer, another try, or the reason why there is none.

use super::live::Live;
use super::{Question, State, words};
use crate::base::call::{CallError, Called, Retry};
use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::base::limits;
use crate::brain::ai::Ai;
use crate::core::Context;
use crate::core::batch::{Batch, Trouble};
use crate::core::calls::End;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Kind};
use crate::core::texts::ai;
use crate::remote::ai::{self as service, Dialect, Fault, Reply};
use crate::store;
use crate::store::row::{AiPlace, AiRank};

impl Ai {
    /// A call for a question is over.
    pub(crate) fn on_ai_called(&mut self, cx: &mut Context<'_>, tag: u64, called: &Called) -> Result<(), Trouble> {
        let Some(question) = self.open.questions.get(&tag).cloned() else { return Ok(()) };
        if cx.core.is_stopping && matches!(called, Err(CallError::Cancelled)) {
            // The next start tells whoever asked.
            return Ok(());
        }
        let row = cx.core.batch.store.ai(question.asked.bot, question.provider.rank)?.unwrap_or_default();
        let read = match &question.live {
            Some(live) => live.end(&row, question.provider.dialect, called),
            None => service::read(question.provider.dialect, &row.key, called),
        };
        let result = read.as_ref().map_or_else(Fault::word, |_| "ok");
        *cx.core.batch.counts.ai_requests.entry((row.provider.clone(), result)).or_default() += 1;
        let used = question.live.as_ref().map_or_else(|| service::used(called), Live::used);
        for (direction, tokens) in [("input", used.input), ("output", used.output)] {
            if tokens > 0 {
                *cx.core.batch.counts.ai_tokens.entry((row.provider.clone(), direction)).or_default() += tokens;
            }
        }
        match read {
            Ok(reply) => {
                cx.core.batch.told.end(("ai", question.asked.bot.0));
                note(cx, &question, "ai_answered", row.provider.clone());
                self.end_with_answer(cx, tag, &question, &reply)?;
            }
            Err(fault) => {
                let (bot, why) = (question.asked.bot, fault.to_string());
                let level = cx.core.batch.told.lasting(("ai", bot.0), &why, log::Level::Info, cx.core.batch.now.mono);
                log::log!(level, "bot {bot}: {} did not answer: {why}", row.provider);
                note(cx, &question, "ai_failed", format!("{}: {why}", row.provider));
                match cx.core.batch.next_try(&question, called, &fault)? {
                    Some(next) => {
                        self.open.change().questions.insert(tag, next);
                    }
                    None => self.end_with_fault(cx, tag, &fault)?,
                }
            }
        }
        Ok(self.ask_what_waits(cx)?)
    }

    fn end_with_answer(
        &mut self,
        cx: &mut Context<'_>,
        tag: u64,
        question: &Question,
        reply: &Reply,
    ) -> Result<(), store::Error> {
        let asked = &question.asked;
        self.open.change().questions.remove(&tag);
        let is_hook = question.provider.dialect == Dialect::Hook;
        let mut answer = if is_hook { cx.core.batch.words(&ai::HOOKED) } else { reply.text.clone() };
        if is_hook {
            cx.core.batch.store.delete_ai_question(question.row)?;
        } else {
            cx.core.batch.store.store_ai_answer(question.row, &answer, limits::AI_TURNS)?;
        }
        if let Some(cut) = reply.cut {
            answer.push_str("\n\n");
            answer.push_str(&cx.core.batch.words_of_cut(asked.place, cut));
        }
        match (&asked.recipient, asked.place) {
            (Some(to), place) => {
                let shown = question.live.as_ref().and_then(|live| live.shown.as_deref());
                self.say_instead(cx, asked.bot, place, to, &answer, shown)
            }
            (None, _) => {
                let cut = reply.cut.map(words::symbol_of_cut);
                let is_continued = question.live.as_ref().is_some_and(|live| live.is_continued_by(&answer));
                let answer = Answer::AiAnswer { text: answer, cut, is_continued };
                cx.core.callers.end(tag, End::Outcome(Ok(answer)));
                Ok(())
            }
        }
    }

    /// A question gets no answer: whoever asked is told why, and the conversation goes on as if it had not been.
    pub(super) fn end_with_fault(&mut self, cx: &mut Context<'_>, tag: u64, fault: &Fault) -> Result<(), store::Error> {
        let Some(question) = self.open.change().questions.remove(&tag) else { return Ok(()) };
        cx.core.batch.store.delete_ai_question(question.row)?;
        let asked = question.asked;
        let row = cx.core.batch.store.ai(asked.bot, question.provider.rank)?.unwrap_or_default();
        let why = cx.core.batch.words_of_fault(asked.bot, asked.place, &row, fault);
        match (&asked.recipient, asked.place) {
            (Some(to), place) => {
                // What was shown may have been a thought.
                let shown = question.live.as_ref().and_then(|live| live.shown.as_deref());
                self.say_instead(cx, asked.bot, place, to, &why, shown)
            }
            (None, _) => {
                let failure = Failure::Remote { what: "ai_error", why };
                cx.core.callers.end(tag, End::Outcome(Err(failure)));
                Ok(())
            }
        }
    }

    /// Says something where a question was asked; what cannot be said is worth a line in the log.
    pub(super) fn say_of_ai(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        place: AiPlace,
        to: &Jid,
        text: &str,
    ) -> Result<(), store::Error> {
        self.say_instead(cx, bot, place, to, text, None)
    }

    /// The same in the place of a message that was shown.
    fn say_instead(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        place: AiPlace,
        to: &Jid,
        text: &str,
        mut shown: Option<&str>,
    ) -> Result<(), store::Error> {
        let kind = if place == AiPlace::Room { Kind::Groupchat } else { Kind::Chat };
        // In a room everybody sees whom it is for.
        let whom = to.resource().filter(|_| place == AiPlace::Room).map(|nick| format!("{nick}: "));
        let text = whom.unwrap_or_default() + text;
        let parts = crate::base::text::pieces(&text, limits::AI_MESSAGE_BYTES);
        parts.into_iter().try_for_each(|part| self.say_part(cx, bot, kind, to, part, shown.take()))
    }

    fn say_part(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        kind: Kind,
        to: &Jid,
        part: &str,
        shown: Option<&str>,
    ) -> Result<(), store::Error> {
        let to = if kind == Kind::Groupchat { to.bare().to_jid() } else { to.clone() };
        let said = match shown {
            Some(shown) => cx.say_whole(bot, &to, part, shown),
            None => cx.say_to(bot, kind, &to, part),
        };
        match said {
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(Failure::TooLarge(_))) if part.len() > limits::TEXT_BYTES_SPLIT_MIN => {
                let mut shown = shown;
                let mut halves = crate::base::text::halves(part).into_iter();
                halves.try_for_each(|half| self.say_part(cx, bot, kind, &to, half, shown.take()))
            }
            Err(Trouble::Failure(failure)) => {
                log::warn!("bot {bot}: an answer of its AI was not sent: {failure}");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// A step on the way of the message that asked.
fn note(cx: &mut Context<'_>, question: &Question, what: &'static str, why: String) {
    if let Some(id) = question.ids.first() {
        cx.core.batch.note_way(question.asked.bot, id, what, why);
    }
}

impl Batch {
    /// How a question that failed is asked again, if it may help.
    fn next_try(&self, failed: &Question, called: &Called, fault: &Fault) -> Result<Option<Question>, store::Error> {
        let mut next = Question { state: State::Waiting(self.now.mono), ..failed.clone() };
        if failed.calls >= limits::AI_CALLS_PER_QUESTION {
            return Ok(None);
        }
        if let Some(without) = called.as_ref().ok().and_then(|answer| service::adapt(answer, failed.provider.without)) {
            next.provider.without = without;
            return Ok(Some(next));
        }
        if failed.live.is_some() && !failed.is_plain && fault.is_of_stream() {
            next.is_plain = true;
            return Ok(Some(next));
        }
        if *fault == Fault::TooLong && !failed.provider.is_bare {
            next.provider.is_bare = true;
            return Ok(Some(next));
        }
        let pause = match fault.retry() {
            // Who has waited so long will not wait as long again.
            _ if matches!(called, Err(CallError::Timeout)) => None,
            Retry::After(pause) => Some(pause).filter(|pause| *pause <= limits::AI_RETRY_AFTER_MAX),
            Retry::Later => Some(limits::AI_RETRY_FIRST * 4_u32.pow(failed.provider.retries)),
            Retry::Never => None,
        };
        if let Some(pause) = pause.filter(|_| failed.provider.retries < limits::AI_RETRIES) {
            next.provider.retries += 1;
            next.state = State::Waiting(self.now.mono + pause);
            return Ok(Some(next));
        }
        if failed.provider.rank == AiRank::Substitute || self.store.ai(failed.asked.bot, AiRank::Substitute)?.is_none()
        {
            return Ok(None);
        }
        next.provider.turn_to_substitute();
        Ok(Some(next))
    }
}
