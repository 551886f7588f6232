//! What a bot's program is told of a message besides its text, and what its sender is told: files, replies, corrections
//! (XEP-0308), reactions (XEP-0444), retractions (XEP-0424); receipts (XEP-0184) and displayed markers (XEP-0333).
//!
//! Corrections and retractions count only from whoever said what they are about: which bot got what from whom is
//! remembered. Only bots with an account of their own confirm anything, never for a person.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::channel::xmpp::Xmpp;
use crate::core::batch::Trouble;
use crate::core::handle::Receive;
use crate::core::incoming::{Wish, time_of};
use crate::core::kinds::UpdateKind;
use crate::core::record::{self, About};
use crate::core::{Confirmation, Core, Reacted, Signal, Stage, TakenBack};
use crate::store;
use crate::store::row::{ChannelName, Reactor, Side};
use crate::xmpp::message::{Inbound, Kind, Outbound, Via};

impl Xmpp {
    /// Reactions and retractions for a bot's own account, by somebody it listens to.
    pub(crate) fn on_bot_event(
        &mut self,
        core: &mut Core,
        account: AccountId,
        bot: BotId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        if !is_event(message) || !self.accounts.is_new(&mut core.batch, account, message)? {
            return Ok(());
        }
        self.press_by_action(core, account, own, message)?;
        self.tell_event(core, account, bot, own, message)
    }

    /// Reactions and retractions by others, for the bots that want everything.
    pub(crate) fn on_foreign_event(
        &mut self,
        core: &mut Core,
        account: AccountId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let wants = core.batch.personal_bots(own).filter(|bot| bot.receive == Receive::All);
        let bots: Vec<BotId> = wants.map(|bot| bot.row.id).collect();
        if bots.is_empty() || !is_event(message) || !self.accounts.is_new(&mut core.batch, account, message)? {
            return Ok(());
        }
        self.press_by_action(core, account, own, message)?;
        for bot in bots {
            self.tell_event(core, account, bot, own, message)?;
        }
        Ok(())
    }

    /// Reactions and retractions of the owner in his self-chat: for the bot that said what is meant, or was told it.
    pub(crate) fn on_own_event(
        &mut self,
        core: &mut Core,
        account: AccountId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        if message.action.is_some() && is_event(message) && self.accounts.is_new(&mut core.batch, account, message)? {
            return self.press_by_action(core, account, own, message);
        }
        let Some(id) = event_id(message) else { return Ok(()) };
        let bots: Vec<BotId> = core.batch.personal_bots(own).map(|bot| bot.row.id).collect();
        let mut meant = core.batch.store.find_sent(account, id)?.map(|row| row.bot).filter(|bot| bots.contains(bot));
        for bot in bots {
            if meant.is_none() && core.batch.store.was_told(account, bot, own, id)? {
                meant = Some(bot);
            }
        }
        let Some(bot) = meant.or_else(|| core.batch.chosen_bot(own)) else { return Ok(()) };
        if self.accounts.is_new(&mut core.batch, account, message)? {
            self.tell_event(core, account, bot, own, message)?;
        }
        Ok(())
    }

    fn tell_event(
        &mut self,
        core: &mut Core,
        account: AccountId,
        bot: BotId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        let from = message.from.bare();
        let Some(id) = event_id(message) else { return Ok(()) };
        let at = time_of(message.stamp_ms, core.batch.now.unix());
        let about = About { from: from.as_str(), to: own.as_str(), message_id: id, at, room: None };
        if let Some(left) = self.press_by_reaction(core, (account, bot), own, message)? {
            let is_any = !left.is_empty();
            let data = record::reaction(&about, &left);
            return if is_any { core.push_update(bot, UpdateKind::Reaction.as_str(), &data) } else { Ok(()) };
        }
        if let Some(reactions) = &message.reactions {
            let kept = Some(reactions).filter(|_| !message.is_decrypted);
            core.batch.keep_reacted(bot, from.as_str(), Reactor::Peer, (id, kept, at))?;
            if core.bridge.is_linked(bot, &from) {
                let (message_id, emoji) = (id.to_string(), reactions.emoji.clone());
                let (chat, from) = (from.clone(), from.to_jid());
                let reacted = Reacted { channel: ChannelName::XMPP, chat, from, message_id, emoji, update: None };
                core.signal(Signal::Reacted(bot, reacted));
            }
            core.push_update(bot, UpdateKind::Reaction.as_str(), &record::reaction(&about, &reactions.emoji))
        } else if core.batch.store.was_told(account, bot, &from, id)? {
            core.batch.keep_retraction(bot, from.as_str(), (id, Side::Others))?;
            let (peer, message_id) = (from.to_string(), id.to_string());
            core.signal(Signal::TakenBack(bot, TakenBack { peer, message_id, nick: None, is_replaced: false }));
            core.push_update(bot, UpdateKind::Retraction.as_str(), &record::retraction(&about, None))
        } else {
            Ok(())
        }
    }
}

// --- what senders are told ---

/// What the sender of a message for a bot's own account wants to hear of it.
pub(crate) fn wish_of(message: &Inbound) -> Wish {
    // Another client of the bot's account got it: that one confirms it.
    if !matches!(message.via, Via::Direct | Via::Archive) {
        return Wish::default();
    }
    let marker = message.marker_reference().filter(|_| message.is_markable);
    let receipt = message.id.as_ref().filter(|_| message.wants_receipt).map(|id| (message.from.clone(), id.clone()));
    Wish { receipt, marker: marker.map(str::to_string) }
}

impl Xmpp {
    /// A message has come to a bot's program, or was read by it: its sender is told, as he asked.
    pub(crate) fn confirm_to(&mut self, core: &mut Core, bot: BotId, done: &Confirmation) -> Result<(), store::Error> {
        let Some(account) = self.accounts.account_of_bot(bot) else { return Ok(()) };
        // He may have lost his access since.
        if !core.batch.admits(bot, &done.to.bare()) {
            return Ok(());
        }
        let id = core.batch.new_message_id()?;
        let (to, message) = (done.to.clone(), done.message_id.as_str());
        let outbound = match done.stage {
            Stage::Arrived => Outbound::receipt(to, &id, message),
            Stage::Displayed => Outbound::displayed(to, Kind::Chat, &id, message),
        };
        self.say_aside(core, account, bot, &done.to, &id, outbound)
    }

    /// Enqueues what nobody waits for: a full queue is no reason to lose what caused it.
    fn say_aside(
        &mut self,
        core: &mut Core,
        account: AccountId,
        bot: BotId,
        to: &Jid,
        id: &str,
        outbound: Outbound,
    ) -> Result<(), store::Error> {
        match self.enqueue(core, (account, Some(bot)), to, id, outbound) {
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
    event_id(message).is_some() || message.action.is_some() && !message.is_encrypted
}

/// The message that a reaction or retraction is about; encrypted ones cannot be read.
fn event_id(message: &Inbound) -> Option<&str> {
    let reactions = message.reactions.as_ref().map(|reactions| &reactions.id);
    let id = reactions.or(message.retraction.as_ref().map(|retraction| &retraction.id))?;
    Some(id.as_str()).filter(|_| !message.is_encrypted)
}
