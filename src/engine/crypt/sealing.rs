//! Whether a message goes out encrypted, for whoever sent it. Where the devices of its recipient are not known yet, his
//! answer waits a moment for them.

use std::time::Duration;

use crate::base::id::BotId;
use crate::base::limits;
use crate::engine::deeds::caption_id;
use crate::engine::effect::Effect;
use crate::engine::handle::{Answer, ReplyTo};
use crate::engine::registry::Voice;
use crate::engine::{Engine, Trouble, Verdict};
use crate::store;
use crate::store::row::OmemoWaitingRow;

/// A program that wants to know.
pub(super) struct Waiter {
    reply: ReplyTo,
    message_id: String,
    /// When it is told that it is not known (monotonic).
    pub(super) until: Duration,
}

impl Waiter {
    fn answer(self, encrypted: Option<bool>) -> Effect {
        Effect::Answer(self.reply, Ok(Answer::Sent { message_id: self.message_id, encrypted }))
    }
}

impl Engine {
    /// A stanza goes out as it is.
    pub(in crate::engine) fn note_out(&mut self, message_id: &str, stanza: &str) {
        // In printed XML, `<` begins a tag and nothing else.
        self.note_sealed(message_id, stanza.contains("<encrypted "));
    }

    /// A message goes out encrypted, or does not; if it goes out at all.
    pub(in crate::engine) fn note_sealed(&mut self, message_id: &str, is_sealed: bool) {
        self.crypt.last_out = Some((message_id.to_string(), is_sealed));
    }

    /// Whether a message that was just said goes out encrypted, if that is known.
    pub(in crate::engine) fn was_sealed(&self, message_id: &str) -> Option<bool> {
        let (last, is_sealed) = self.crypt.last_out.as_ref()?;
        (last == message_id || *last == caption_id(message_id)).then_some(*is_sealed)
    }

    /// A message waits for keys no more: it is on its way, or was given up.
    pub(super) fn leave_waiting(&mut self, row: &OmemoWaitingRow) -> Result<(), store::Error> {
        if self.crypt.sealings.iter().any(|waiter| waiter.message_id == row.message_id) {
            let is_sealed = self.was_sealed(&row.message_id);
            self.crypt.sealed.push((row.message_id.clone(), is_sealed));
        }
        self.batch.store.delete_omemo_waiting(row.id)
    }

    /// The answer to whoever sent a message: at once, or when it is known whether it goes out encrypted. Nobody waits for
    /// an account that is offline.
    pub(in crate::engine) fn tell_when_known(&self, bot: BotId, answer: Answer) -> Result<Verdict, Trouble> {
        if let Answer::Sent { message_id, encrypted: None } = &answer
            && let Voice::Account(account) = self.voice(self.batch.bot(bot)?)
            && self.is_online(account)
            && self.batch.store.is_omemo_waiting(account, message_id)?
        {
            return Ok(Verdict::AwaitSealing(message_id.clone()));
        }
        Ok(Verdict::Outcome(Ok(answer)))
    }

    pub(in crate::engine) fn await_sealing(&mut self, message_id: String, reply: ReplyTo) {
        let until = self.batch.now.mono + limits::SEALING_WAIT;
        self.crypt.sealings.push(Waiter { reply, message_id, until });
    }

    /// Answers those whose messages have gone out, or not, and those who have waited long enough.
    pub(in crate::engine) fn wake_sealings(&mut self, out: &mut Vec<Effect>) {
        let sealed = std::mem::take(&mut self.crypt.sealed);
        for waiter in std::mem::take(&mut self.crypt.sealings) {
            match sealed.iter().find(|(id, _)| *id == waiter.message_id) {
                Some((_, is_sealed)) => out.push(waiter.answer(*is_sealed)),
                None if waiter.until <= self.batch.now.mono || self.stopping => out.push(waiter.answer(None)),
                None => self.crypt.sealings.push(waiter),
            }
        }
    }

    /// Every wait ends.
    pub(in crate::engine) fn end_sealing_waits(&mut self) {
        let ended = std::mem::take(&mut self.crypt.sealings).into_iter().map(|waiter| waiter.answer(None));
        self.batch.pending.effects.extend(ended);
    }
}
