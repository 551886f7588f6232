//! What bots say goes out here, whatever the channel: checked, under a key that makes a second request the first one again,
//! and to the channel that has the address.

use crate::base::crypto;
use crate::base::id::{self, BotId};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::engine::channel::{Sender, Way};
use crate::engine::failure::Failure;
use crate::engine::handle::{Answer, NewMessage};
use crate::engine::{Batch, Engine, Trouble};
use crate::store::row::SentBefore;
use crate::xmpp::message::Kind;

impl Engine {
    /// `sendMessage`: stored, or refused with the reason.
    pub(super) fn send_message(&mut self, bot: BotId, new: &NewMessage) -> Result<Answer, Trouble> {
        let hash = crypto::sha256(
            format!("{}\0{:?}\0{}\0{:?}\0{}", new.to, new.kind, new.text, new.reply_to, new.encrypt).as_bytes(),
        );
        let (message_id, encrypted) = self.once(bot, new.idempotency_key.as_deref(), &hash, |engine, message_id| {
            engine.speak(bot, new, message_id)
        })?;
        Ok(Answer::Sent { message_id, encrypted: encrypted.or(new.encrypt.then_some(true)) })
    }

    /// Sends something under a new id, and gives it; with a key that was used before nothing is sent, and the id is that of
    /// what was sent then. `hash` is of all that was asked. Also whether it went out encrypted, if that is known.
    pub(super) fn once(
        &mut self,
        bot: BotId,
        key: Option<&str>,
        hash: &[u8; 32],
        send: impl FnOnce(&mut Engine, &str) -> Result<(), Trouble>,
    ) -> Result<(String, Option<bool>), Trouble> {
        if let Some(sent) = self.batch.sent_before(bot, key, hash)? {
            return Ok((sent.message_id, sent.encrypted));
        }
        let message_id = id::uuid(self.batch.random());
        send(self, &message_id)?;
        let sent = SentBefore { encrypted: self.xmpp.crypt.was_sealed(&message_id), message_id, request_hash: *hash };
        if let Some(key) = key {
            self.batch.store.remember_sent(bot, key, &sent, self.batch.lived())?;
        }
        Ok((sent.message_id, sent.encrypted))
    }

    /// A bot says something by itself, as if its program had sent it.
    pub(super) fn say_to(&mut self, bot: BotId, kind: Kind, to: &Jid, text: &str) -> Result<(), Trouble> {
        let message_id = id::uuid(self.batch.random());
        let text = text.to_string();
        let new = NewMessage { to: to.clone(), text, kind, reply_to: None, idempotency_key: None, encrypt: false };
        self.speak(bot, &new, &message_id)
    }

    fn speak(&mut self, id: BotId, new: &NewMessage, message_id: &str) -> Result<(), Trouble> {
        Failure::check_most("text", new.text.len(), limits::TEXT_BYTES_MAX, "bytes")?;
        let reply_to = new.reply_to.as_ref().map_or(0, String::len);
        Failure::check_most("reply_to", reply_to, limits::MESSAGE_ID_BYTES_MAX, "bytes")?;
        let Way { channel, sender } = self.way(id, &new.to)?;
        (channel.say)(self, sender, new, message_id)
    }

    /// Where what a bot does for somebody goes out, or why it cannot.
    pub(super) fn way(&self, id: BotId, to: &Jid) -> Result<Way, Trouble> {
        let bot = self.batch.bot(id)?;
        if !self.batch.store.owner_enabled(&bot.row.owner)? {
            return Err(Failure::Forbidden(format!("Botmother is switched off for {}", bot.row.owner)).into());
        }
        let channel = self.batch.channel_of(&to.bare());
        let account = (channel.admits)(self, bot)?;
        Ok(Way { channel, sender: Sender { bot: id, account } })
    }
}

impl Batch {
    /// What was sent under this key.
    pub(super) fn sent_before(
        &self,
        bot: BotId,
        key: Option<&str>,
        hash: &[u8; 32],
    ) -> Result<Option<SentBefore>, Trouble> {
        match key.map(|key| self.store.sent_before(bot, key)).transpose()?.flatten() {
            Some(before) if before.request_hash != *hash => {
                let text = "this Idempotency-Key was used for another message within the last day";
                Err(Failure::Conflict(text.to_string()).into())
            }
            before => Ok(before),
        }
    }
}
