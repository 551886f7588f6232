//! Questions by the API: nobody but the caller hears the answer, while it comes if he likes, and when he goes away there
//! is nobody left to answer.

use super::{is_off, not_set_up};
use crate::base::id::BotId;
use crate::engine::effect::Effect;
use crate::engine::handle::{Answer, ReplyTo};
use crate::engine::{Engine, Trouble};
use crate::store;
use crate::store::row::{AiPlace, AiQuestion};

impl Engine {
    /// `ask` of the API; gives the tag under which the answer comes. `is_heard`: the caller hears it while it comes.
    pub(in crate::engine) fn ask_ai(
        &mut self,
        bot: BotId,
        text: &str,
        from: &str,
        is_heard: bool,
    ) -> Result<u64, Trouble> {
        let row = self.store.ai(bot, false)?;
        match row {
            None => return Err(not_set_up().into()),
            Some(row) if !row.is_enabled => return Err(is_off().into()),
            Some(_) => {}
        }
        let peer = format!("api:{from}");
        let question = AiQuestion { bot, peer, place: AiPlace::Api, recipient: None, question: text.into() };
        self.accept_question(question, Vec::new(), is_heard)
    }

    /// Whoever asked waits from now on; if he is to hear what comes, this is the first he hears.
    pub(in crate::engine) fn begin_hearing(&mut self, tag: u64, reply: &ReplyTo, out: &mut Vec<Effect>) {
        let Some(question) = self.ai.questions.get(&tag) else { return };
        if question.is_heard {
            out.push(Effect::Answer(reply.clone(), Ok(Answer::AiPart { text: String::new(), is_instead: false })));
        }
        // He may have gone in the very batch in which he came.
        self.ai.has_left |= reply.is_gone();
    }

    /// More of the answer has come.
    pub(super) fn let_hear(&mut self, tag: u64, text: String, is_instead: bool) {
        if let Some(reply) = self.calls.callers.get(&tag) {
            self.pending.effects.push(Effect::Answer(reply.clone(), Ok(Answer::AiPart { text, is_instead })));
        }
    }

    /// Somebody has gone away; who, is seen where all are gone through.
    pub(in crate::engine) fn note_leaving(&mut self) {
        self.ai.has_left = true;
    }

    /// Calls off what nobody waits for.
    pub(super) fn drop_questions_of_leavers(&mut self) -> Result<(), store::Error> {
        let is_gone = |tag: &u64| self.calls.callers.get(tag).is_some_and(ReplyTo::is_gone);
        let left: Vec<u64> = self.ai.questions.keys().copied().filter(is_gone).collect();
        left.iter().try_for_each(|tag| self.drop_question(*tag))?;
        if left.is_empty() { Ok(()) } else { self.ask_what_waits() }
    }
}
