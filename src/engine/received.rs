//! What a bot's program is told of a message besides its text, and what its sender is told: files, replies, corrections
//! (XEP-0308), reactions (XEP-0444), retractions (XEP-0424); receipts (XEP-0184) and displayed markers (XEP-0333).
//!
//! Corrections and retractions count only from whoever said what they are about: which bot got what from whom is
//! remembered. Only bots with an account of their own confirm anything, never for a person.

use crate::base::id::{self, AccountId, BotId, UpdateId};
use crate::base::jid::{BareJid, Jid};
use crate::engine::handle::Receive;
use crate::engine::incoming::{Incoming, time_of};
use crate::engine::kinds::UpdateKind;
use crate::engine::record::{self, About};
use crate::engine::{Engine, Trouble};
use crate::store;
use crate::store::row::ConversationKind;
use crate::xmpp::message::{Inbound, Kind, Outbound, Via};

impl Engine {
    /// Puts what was said into a bot's queue, with what of it may be kept. Gives the update, unless its program does not want
    /// messages.
    pub(super) fn tell_message(
        &mut self,
        bot: BotId,
        said: &Incoming<'_>,
        body: &str,
    ) -> Result<Option<UpdateId>, store::Error> {
        let correction = match (said.replaces, said.account.filter(|_| said.kind == ConversationKind::Chat)) {
            // Of somebody else's message, or one too old to be remembered: it is said anew. So is what an occupant says to
            // us alone: who has his nick now need not be who had it then.
            (Some(id), Some(account)) if self.batch.store.was_told(account, bot, &said.from.bare(), id)? => Some(id),
            _ => None,
        };
        let files = self.batch.remember_files(bot, &said.id, said.files)?;
        let data = record::message(said, body, correction, &files);
        if said.account.is_some() {
            self.batch.store.insert_told(&said.conversation(bot), &said.told_row(), self.batch.lived())?;
        }
        self.queue_update(bot, UpdateKind::Message.as_str(), &data)
    }

    /// Reactions and retractions for a bot's own account, by somebody it listens to.
    pub(super) fn on_bot_event(
        &mut self,
        account: AccountId,
        bot: BotId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        if is_event(message) && self.xmpp.accounts.is_new(&mut self.batch, account, message)? {
            self.tell_event(account, bot, own, message)?;
        }
        Ok(())
    }

    /// Reactions and retractions by others, for the bots that want everything.
    pub(super) fn on_foreign_event(
        &mut self,
        account: AccountId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let wants = self.batch.personal_bots(own).filter(|bot| bot.receive == Receive::All);
        let bots: Vec<BotId> = wants.map(|bot| bot.row.id).collect();
        if bots.is_empty() || !is_event(message) || !self.xmpp.accounts.is_new(&mut self.batch, account, message)? {
            return Ok(());
        }
        for bot in bots {
            self.tell_event(account, bot, own, message)?;
        }
        Ok(())
    }

    /// Reactions and retractions of the owner in his self-chat: for the bot that said what is meant, or was told it.
    pub(super) fn on_own_event(
        &mut self,
        account: AccountId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let Some(id) = event_id(message) else { return Ok(()) };
        let bots: Vec<BotId> = self.batch.personal_bots(own).map(|bot| bot.row.id).collect();
        let mut meant = self.batch.store.find_sent(account, id)?.map(|row| row.bot).filter(|bot| bots.contains(bot));
        for bot in bots {
            if meant.is_none() && self.batch.store.was_told(account, bot, own, id)? {
                meant = Some(bot);
            }
        }
        let Some(bot) = meant.or_else(|| self.batch.chosen_bot(own)) else { return Ok(()) };
        if self.xmpp.accounts.is_new(&mut self.batch, account, message)? {
            self.tell_event(account, bot, own, message)?;
        }
        Ok(())
    }

    fn tell_event(
        &mut self,
        account: AccountId,
        bot: BotId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let from = message.from.bare();
        let Some(id) = event_id(message) else { return Ok(()) };
        let at = time_of(message.stamp_ms, self.batch.now.unix());
        let about = About { from: from.as_str(), to: own.as_str(), message_id: id, at, room: None };
        if let Some(reactions) = &message.reactions {
            self.push_update(bot, UpdateKind::Reaction.as_str(), &record::reaction(&about, &reactions.emoji))
        } else if self.batch.store.was_told(account, bot, &from, id)? {
            self.forget_question(bot, &from, id)?;
            self.push_update(bot, UpdateKind::Retraction.as_str(), &record::retraction(&about, None))
        } else {
            Ok(())
        }
    }
}

// --- what senders are told ---

impl Engine {
    /// A message is in the queue of a bot with an account of its own: its sender is told if he asked, now that it has
    /// arrived, and later when it is read.
    pub(super) fn confirm_arrival(
        &mut self,
        account: AccountId,
        bot: BotId,
        message: &Inbound,
        update: UpdateId,
    ) -> Result<(), store::Error> {
        // Another client of the bot's account got it: that one confirms it.
        if !matches!(message.via, Via::Direct | Via::Archive) {
            return Ok(());
        }
        if message.is_markable
            && let Some(id) = message.marker_reference()
        {
            self.batch.store.insert_unread(update, bot, &message.from.bare().to_jid(), id)?;
        }
        match &message.id {
            Some(id) if message.wants_receipt => {
                let own_id = id::uuid(self.batch.random());
                let receipt = Outbound::receipt(message.from.clone(), &own_id, id);
                self.say_aside(account, bot, &message.from, &own_id, receipt)
            }
            _ => Ok(()),
        }
    }

    /// The program has taken its updates below this one: what they told of is read. Called before they are deleted.
    pub(super) fn note_taken(&mut self, bot: BotId, below: UpdateId) -> Result<(), store::Error> {
        let Some(account) = self.xmpp.accounts.account_of_bot(bot) else { return Ok(()) };
        for (sender, message_id) in self.batch.store.list_unread_below(bot, below)? {
            self.tell_displayed(account, bot, &sender, &message_id)?;
        }
        Ok(())
    }

    /// The program has this one update: what it told of is read. Called before it is deleted.
    pub(super) fn note_read(&mut self, bot: BotId, update: UpdateId) -> Result<(), store::Error> {
        let Some(account) = self.xmpp.accounts.account_of_bot(bot) else { return Ok(()) };
        match self.batch.store.find_unread(update)? {
            Some((sender, message_id)) => self.tell_displayed(account, bot, &sender, &message_id),
            None => Ok(()),
        }
    }

    fn tell_displayed(&mut self, account: AccountId, bot: BotId, to: &Jid, message: &str) -> Result<(), store::Error> {
        // He may have lost his access since.
        if !self.batch.admits(bot, &to.bare()) {
            return Ok(());
        }
        let id = id::uuid(self.batch.random());
        let marker = Outbound::displayed(to.clone(), Kind::Chat, &id, message);
        self.say_aside(account, bot, to, &id, marker)
    }

    /// Enqueues what nobody waits for: a full queue is no reason to lose what caused it.
    fn say_aside(
        &mut self,
        account: AccountId,
        bot: BotId,
        to: &Jid,
        id: &str,
        outbound: Outbound,
    ) -> Result<(), store::Error> {
        match self.enqueue(account, Some(bot), to, id, outbound) {
            Ok(()) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => {
                log::warn!("bot {bot}: {to} gets no confirmation: {failure}");
                Ok(())
            }
        }
    }
}

fn is_event(message: &Inbound) -> bool {
    event_id(message).is_some()
}

/// The message that a reaction or retraction is about; encrypted ones cannot be read.
fn event_id(message: &Inbound) -> Option<&str> {
    let reactions = message.reactions.as_ref().map(|reactions| &reactions.id);
    let id = reactions.or(message.retraction.as_ref().map(|retraction| &retraction.id))?;
    Some(id.as_str()).filter(|_| !message.is_encrypted)
}
