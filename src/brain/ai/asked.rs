//! Questions by the API, whose answer nobody but the caller hears, while it comes if he likes; and questions that are called
//! off: by who asked, because their bot goes, or because the daemon ended.

use std::collections::HashSet;

use super::{Hears, Question, State, is_off, not_set_up};
use crate::base::id::BotId;
use crate::brain::ai::{Ai, Open};
use crate::core::batch::Trouble;
use crate::core::calls::End;
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, ChatState, ReplyTo};
use crate::core::part::Kept;
use crate::core::texts::ai;
use crate::core::{Context, TakenBack};
use crate::store;
use crate::store::row::{AiPlace, AiQuestion, AiRank};

// --- by the API ---

impl Ai {
    /// `ask` of the API; gives the tag under which the answer comes.
    pub(crate) fn ask_ai_by_api(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        text: &str,
        from: &str,
        hears: Hears,
    ) -> Result<u64, Trouble> {
        let row = cx.core.batch.store.ai(bot, AiRank::First)?;
        match row {
            None => return Err(not_set_up().into()),
            Some(row) if !row.is_enabled => return Err(is_off().into()),
            Some(_) => {}
        }
        let peer = format!("api:{from}");
        let question = AiQuestion { bot, peer, place: AiPlace::Api, recipient: None, question: text.into() };
        self.accept_question(cx, question, Vec::new(), hears)
    }

    /// More of the answer has come.
    pub(super) fn let_hear(&mut self, cx: &mut Context<'_>, tag: u64, part: Answer) {
        if let Some(reply) = cx.core.callers.of(tag) {
            cx.core.batch.pending.effects.push(Effect::Answer(reply.clone(), Ok(part)));
        }
    }

    /// Calls off what nobody waits for.
    pub(super) fn drop_questions_of_leavers(&mut self, cx: &mut Context<'_>) -> Result<(), store::Error> {
        let is_gone = |tag: &u64| cx.core.callers.of(*tag).is_some_and(ReplyTo::is_gone);
        let left: Vec<u64> = self.open.questions.keys().copied().filter(is_gone).collect();
        left.iter().try_for_each(|tag| self.drop_question(cx, *tag))?;
        if left.is_empty() { Ok(()) } else { self.ask_what_waits(cx) }
    }
}

impl Kept<Open> {
    /// Whoever asked waits from now on; if he is to hear what comes, this is the first he hears.
    pub(crate) fn begin_hearing(&mut self, tag: u64, reply: &ReplyTo, out: &mut Vec<Effect>) {
        let Some(question) = self.questions.get(&tag) else { return };
        if question.hears == Hears::Pieces {
            out.push(Effect::Answer(reply.clone(), Ok(Answer::AiPart { text: String::new(), is_instead: false })));
        }
        // He may have gone in the very batch in which he came.
        self.has_left |= reply.is_gone();
    }

    /// Somebody has gone away; who, is seen where all are gone through.
    pub(crate) fn note_leaving(&mut self) {
        self.has_left = true;
    }
}

// --- called off ---

impl Ai {
    /// Calls off what somebody has asked a bot; gives how many questions that were.
    pub(crate) fn stop_thinking(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        peer: &str,
    ) -> Result<usize, store::Error> {
        self.call_off(cx, bot, peer, |_| true)
    }

    /// Somebody took back what he said. In a room an id is one only together with who said it.
    pub(crate) fn forget_question(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        what: &TakenBack,
    ) -> Result<(), store::Error> {
        let is_askers = |question: &Question| {
            let asker = question.asked.recipient.as_ref().and_then(|to| to.resource());
            what.nick.is_none() || asker == what.nick.as_deref()
        };
        let is_meant = |question: &Question| is_askers(question) && question.ids.contains(&what.message_id);
        self.call_off(cx, bot, &what.peer, is_meant).map(drop)
    }

    pub(super) fn call_off(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        peer: &str,
        is_meant: impl Fn(&Question) -> bool,
    ) -> Result<usize, store::Error> {
        let is_it =
            |question: &Question| question.asked.bot == bot && question.asked.peer == peer && is_meant(question);
        let found = self.open.questions.iter().filter(|(_, question)| is_it(question));
        let tags: Vec<u64> = found.map(|(tag, _)| *tag).collect();
        for tag in &tags {
            self.drop_question(cx, *tag)?;
        }
        if !tags.is_empty() {
            self.ask_what_waits(cx)?;
        }
        Ok(tags.len())
    }

    pub(super) fn drop_question(&mut self, cx: &mut Context<'_>, tag: u64) -> Result<(), store::Error> {
        let Some(question) = self.open.change().questions.remove(&tag) else { return Ok(()) };
        cx.core.batch.store.delete_ai_question(question.row)?;
        self.calls.drop_call(&mut cx.core.batch, tag);
        if question.state == State::Asked {
            self.show_thinking(cx, &question.asked, ChatState::Paused);
        }
        if question.asked.recipient.is_none() {
            let failure = Failure::Remote { what: "ai_error", why: "the question was called off".to_string() };
            cx.core.callers.end(tag, End::Outcome(Err(failure)));
        }
        Ok(())
    }

    /// A bot goes, or its AI is switched off: nothing more is asked for it.
    pub(crate) fn drop_questions_of(&mut self, cx: &mut Context<'_>, bot: BotId) -> Result<(), store::Error> {
        let of_bot = self.open.questions.iter().filter(|(_, question)| question.asked.bot == bot);
        let tags: Vec<u64> = of_bot.map(|(tag, _)| *tag).collect();
        tags.into_iter().try_for_each(|tag| self.drop_question(cx, tag))
    }

    /// At the start: questions that the end of the last run interrupted. Whoever asked gets a word, once.
    pub(crate) fn tell_interrupted(&mut self, cx: &mut Context<'_>) -> Result<(), store::Error> {
        let mut told = HashSet::new();
        for (row, asked) in cx.core.batch.store.list_ai_questions()? {
            cx.core.batch.store.delete_ai_question(row)?;
            let is_first = told.insert((asked.bot, asked.peer.clone()));
            if let Some(to) = asked.recipient.as_ref().filter(|_| is_first) {
                self.say_of_ai(cx, asked.bot, asked.place, to, &cx.core.batch.words(&ai::INTERRUPTED))?;
            }
        }
        Ok(())
    }

    /// The daemon stops: nobody is kept waiting, and whoever asked in a chat hears of it at the next start.
    pub(crate) fn end_ai_waits(&mut self, cx: &mut Context<'_>) {
        for tag in self.open.questions.keys() {
            cx.core.batch.pending.effects.push(Effect::CallOff(*tag));
            if let Some(reply) = cx.core.callers.leave(*tag) {
                cx.core.batch.pending.effects.push(Effect::Answer(reply, Err(Failure::Busy { retry_after_s: 5 })));
            }
        }
    }
}
