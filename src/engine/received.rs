//! What a bot's program is told of a message besides its text, and what its sender is told: files, replies, corrections
//! (XEP-0308), reactions (XEP-0444), retractions (XEP-0424); receipts (XEP-0184) and displayed markers (XEP-0333).
//!
//! Corrections and retractions count only from whoever said what they are about: which bot got what from whom is
//! remembered. Only bots with an account of their own confirm anything, never for a person.

use crate::base::id::{self, AccountId, BotId, UpdateId};
use crate::base::jid::{BareJid, Jid};
use crate::base::json::{self, Object};
use crate::engine::handle::Receive;
use crate::engine::kinds::UpdateKind;
use crate::engine::{Engine, Trouble};
use crate::store;
use crate::store::row::{AiPlace, Conversation, ToldRow};
use crate::xmpp::message::{Inbound, Kind, Outbound, Via};

/// Something said, on its way into a bot's queue.
pub(super) struct Said<'a> {
    /// By which replies and reactions mean it.
    pub(super) id: &'a str,
    /// Unix time.
    pub(super) at: i64,
    /// The message and the account it came to; `None` in the built-in chat.
    pub(super) message: Option<(AccountId, &'a Inbound)>,
}

impl<'a> Said<'a> {
    /// What a message says; `now_s` counts where no server has stamped it.
    pub(super) fn of(account: AccountId, message: &'a Inbound, now_s: i64) -> Said<'a> {
        let at = message.stamp_ms.map_or(now_s, |at| at.div_euclid(1000));
        Said { id: message.reference().unwrap_or_default(), at, message: Some((account, message)) }
    }
}

/// What was said: the text, or the address of a file without one.
pub(super) fn words(message: &Inbound) -> Option<&str> {
    message.text().or_else(|| message.attachments.first().map(|attachment| attachment.url.as_str()))
}

// --- what bots are told ---

/// Something said in a chat or a room, for whatever answers by itself.
pub(super) struct Incoming<'a> {
    /// Whose conversation it belongs to.
    pub(super) peer: String,
    /// Who asks, as far as that is known.
    pub(super) from: BareJid,
    pub(super) place: AiPlace,
    pub(super) to: Jid,
    pub(super) text: &'a str,
    pub(super) ids: Vec<String>,
    /// The message it stands in the place of.
    pub(super) replaces: Option<&'a str>,
}

/// All ids of a message.
pub(super) fn ids(message: &Inbound) -> Vec<String> {
    [&message.id, &message.origin_id, &message.archive_id].into_iter().flatten().cloned().collect()
}

impl Engine {
    /// Puts a message into a bot's queue. Gives the update, unless its program does not want messages.
    pub(super) fn tell_message(
        &mut self,
        bot: BotId,
        from: &BareJid,
        to: &BareJid,
        body: &str,
        said: &Said<'_>,
    ) -> Result<Option<UpdateId>, store::Error> {
        // DinoX's members in its order; ours come behind.
        let payload = Object::new()
            .text("from", from.as_str())
            .text("to", to.as_str())
            .text("body", body)
            .text("type", "chat")
            .text("stanza_id", said.id)
            .number("timestamp", said.at);
        let Some((account, message)) = said.message else {
            return self.queue_update(bot, UpdateKind::Message.as_str(), &payload.end());
        };
        let payload = match &message.replaces {
            Some(id) if self.got(account, bot, from, id)? => payload.text("correction_of", id),
            // Of somebody else's message, or one too old to be remembered: it is said anew.
            _ => payload,
        };
        let payload = payload.text_if("reply_to", message.reply.as_ref().map(|reply| reply.id.as_str()));
        let payload = self.tell_key_of(message, payload);
        let payload = self.tell_attachments(bot, said.id, &message.attachments, payload)?;
        let told = told_row(said.id, said.at, message);
        self.store.insert_told(&Conversation::chat(account, bot, from), &told, self.lived())?;
        self.queue_update(bot, UpdateKind::Message.as_str(), &payload.end())
    }

    /// Whether a bot got the message with this id from somebody.
    pub(super) fn got(&self, account: AccountId, bot: BotId, from: &BareJid, id: &str) -> Result<bool, store::Error> {
        self.store.was_told(account, bot, from, id)
    }

    /// Reactions and retractions for a bot's own account, by somebody it listens to.
    pub(super) fn on_bot_event(
        &mut self,
        account: AccountId,
        bot: BotId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        if is_event(message) && self.is_new(account, message)? {
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
        let wants = self.personal_bots(own).filter(|bot| bot.receive == Receive::All);
        let bots: Vec<BotId> = wants.map(|bot| bot.row.id).collect();
        if bots.is_empty() || !is_event(message) || !self.is_new(account, message)? {
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
        let bots: Vec<BotId> = self.personal_bots(own).map(|bot| bot.row.id).collect();
        let mut meant = self.store.find_sent(account, id)?.map(|row| row.bot).filter(|bot| bots.contains(bot));
        for bot in bots {
            if meant.is_none() && self.got(account, bot, own, id)? {
                meant = Some(bot);
            }
        }
        let Some(bot) = meant.or_else(|| self.chosen_bot(own)) else { return Ok(()) };
        if self.is_new(account, message)? {
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
        let payload = Object::new().text("from", from.as_str()).text("to", own.as_str()).text("message_id", id);
        let at = Said::of(account, message, self.now.unix()).at;
        if let Some(reactions) = &message.reactions {
            let emoji = reactions.emoji.iter().map(|emoji| quoted(emoji));
            let payload = payload.raw("reactions", &json::array(emoji)).number("timestamp", at);
            self.push_update(bot, UpdateKind::Reaction.as_str(), &payload.end())
        } else if self.got(account, bot, &from, id)? {
            self.forget_question(bot, &from, id)?;
            self.push_update(bot, UpdateKind::Retraction.as_str(), &payload.number("timestamp", at).end())
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
            self.store.insert_unread(update, bot, &message.from.bare().to_jid(), id)?;
        }
        match &message.id {
            Some(id) if message.wants_receipt => {
                let own_id = id::uuid(self.random());
                let receipt = Outbound::receipt(message.from.clone(), &own_id, id);
                self.say_aside(account, bot, &message.from, &own_id, receipt)
            }
            _ => Ok(()),
        }
    }

    /// The program has taken its updates below this one: what they told of is read. Called before they are deleted.
    pub(super) fn note_taken(&mut self, bot: BotId, below: UpdateId) -> Result<(), store::Error> {
        let Some(account) = self.account_of_bot(bot) else { return Ok(()) };
        for (sender, message_id) in self.store.list_unread_below(bot, below)? {
            self.tell_displayed(account, bot, &sender, &message_id)?;
        }
        Ok(())
    }

    /// The program has this one update: what it told of is read. Called before it is deleted.
    pub(super) fn note_read(&mut self, bot: BotId, update: UpdateId) -> Result<(), store::Error> {
        let Some(account) = self.account_of_bot(bot) else { return Ok(()) };
        match self.store.find_unread(update)? {
            Some((sender, message_id)) => self.tell_displayed(account, bot, &sender, &message_id),
            None => Ok(()),
        }
    }

    fn tell_displayed(&mut self, account: AccountId, bot: BotId, to: &Jid, message: &str) -> Result<(), store::Error> {
        // He may have lost his access since.
        if !self.admits(bot, &to.bare()) {
            return Ok(());
        }
        let id = id::uuid(self.random());
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

/// The ids by which a message is known again: the one its bot's program knows, and another.
pub(super) fn told_row<'a>(id: &str, at: i64, message: &'a Inbound) -> ToldRow<'a> {
    let ids = [message.id.as_deref(), message.origin_id.as_deref()];
    let id = ids.into_iter().flatten().find(|own| *own == id).or(ids[0]).or(ids[1]);
    ToldRow { id, other_id: ids.into_iter().flatten().find(|other| Some(*other) != id), at }
}

/// JSON of a text.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::new();
    json::quote(&mut out, text);
    out
}
