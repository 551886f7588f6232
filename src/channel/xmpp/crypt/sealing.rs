//! Whether a message goes out encrypted, for whoever sent it. Where the devices of its recipient are not known yet, his
//! answer waits a moment for them.

use std::time::Duration;

use crate::base::id::BotId;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::crypt::Crypt;
use crate::channel::xmpp::outgoing::caption_id;
use crate::core::Core;
use crate::core::batch::{Batch, Trouble, Verdict, Waiting};
use crate::core::effect::Effect;
use crate::core::handle::{Answer, ReplyTo};
use crate::core::registry::Through;
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

impl Xmpp {
    /// Answers those whose messages have gone out, or not, and those who have waited long enough.
    pub(crate) fn wake_sealings(&mut self, core: &mut Core, out: &mut Vec<Effect>) {
        let sealed = std::mem::take(&mut self.crypt.sealed);
        for waiter in std::mem::take(&mut self.crypt.sealings) {
            match sealed.iter().find(|(id, _)| *id == waiter.message_id) {
                Some((_, is_sealed)) => out.push(waiter.answer(*is_sealed)),
                None if waiter.until <= core.batch.now.mono || core.is_stopping => out.push(waiter.answer(None)),
                None => self.crypt.sealings.push(waiter),
            }
        }
    }
}

impl Accounts {
    /// The answer to whoever sent a message: at once, or when it is known whether it goes out encrypted. Nobody waits for
    /// an account that is offline.
    pub(crate) fn tell_when_known(&self, batch: &Batch, bot: BotId, answer: Answer) -> Result<Verdict, Trouble> {
        if let Answer::Sent { message_id, encrypted: None } = &answer
            && let Through::Account(account) = self.speaks_through(batch.bot(bot)?)
            && self.is_online(account)
            && batch.store.is_omemo_waiting(account, message_id)?
        {
            return Ok(Verdict::AwaitChannel(Waiting::Sealing(message_id.clone())));
        }
        Ok(Verdict::Outcome(Ok(answer)))
    }
}

impl Crypt {
    /// A stanza goes out as it is.
    pub(crate) fn note_out(&mut self, message_id: &str, stanza: &str) {
        // In printed XML, `<` begins a tag and nothing else.
        self.last_out = Some((message_id.to_string(), stanza.contains("<encrypted ")));
    }

    /// A message goes out encrypted, if it goes out at all.
    pub(crate) fn note_sealed(&mut self, message_id: &str) {
        self.last_out = Some((message_id.to_string(), true));
    }

    /// Whether a message that was just said goes out encrypted, if that is known.
    pub(crate) fn was_sealed(&self, message_id: &str) -> Option<bool> {
        let (last, is_sealed) = self.last_out.as_ref()?;
        (last == message_id || *last == caption_id(message_id)).then_some(*is_sealed)
    }

    /// A message waits for keys no more: it is on its way, or was given up.
    pub(super) fn leave_waiting(&mut self, batch: &mut Batch, row: &OmemoWaitingRow) -> Result<(), store::Error> {
        if self.sealings.iter().any(|waiter| waiter.message_id == row.message_id) {
            let is_sealed = self.was_sealed(&row.message_id);
            self.sealed.push((row.message_id.clone(), is_sealed));
        }
        batch.store.delete_omemo_waiting(row.id)
    }

    pub(crate) fn await_sealing(&mut self, batch: &mut Batch, message_id: String, reply: ReplyTo) {
        let until = batch.now.mono + limits::SEALING_WAIT;
        self.sealings.push(Waiter { reply, message_id, until });
    }

    /// Every wait ends.
    pub(crate) fn end_sealing_waits(&mut self, batch: &mut Batch) {
        let ended = std::mem::take(&mut self.sealings).into_iter().map(|waiter| waiter.answer(None));
        batch.pending.effects.extend(ended);
    }
}
