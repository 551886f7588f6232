//! What bots say goes out here, whatever the channel: checked, under a key that makes a second request the first one again,
//! and to the channel that has the address.

use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::base::{crypto, limits};
use crate::core::batch::{Batch, Trouble};
use crate::core::bridge::SpokenWhat;
use crate::core::channel::{Channels, Sender};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Keyboard, Kind, NewMessage};
use crate::core::history::SaidContent;
use crate::core::registry::Bot;
use crate::core::{Context, Core};
use crate::store::row::SentBefore;

impl Context<'_> {
    /// `sendMessage`: stored, or refused with the reason.
    pub(crate) fn send_message(&mut self, bot: BotId, new: &NewMessage) -> Result<Answer, Trouble> {
        let key = new.idempotency_key.as_deref().map(|key| (key, hash_of(new)));
        let channels = &mut *self.channels;
        let (message_id, encrypted) =
            self.core.once(bot, key, |core, message_id| Context { core, channels }.speak(bot, new, message_id))?;
        Ok(Answer::Sent { message_id, encrypted: encrypted.or(new.encrypt.then_some(true)) })
    }

    /// The same for what is not passed on to where its place is linked to; gives the id.
    pub(crate) fn send_unheard(&mut self, bot: BotId, new: &NewMessage) -> Result<String, Trouble> {
        let key = new.idempotency_key.as_deref().map(|key| (key, hash_of(new)));
        let channels = &mut *self.channels;
        let send = |core: &mut Core, id: &str| Context { core, channels }.utter(bot, new, id);
        self.core.once(bot, key, send).map(|(message_id, _)| message_id)
    }

    /// Says a text under an id that was promised, in the place of a file.
    pub(crate) fn say_instead(&mut self, bot: BotId, new: &NewMessage, id: &str) -> Result<(), Trouble> {
        self.utter(bot, new, id).map(drop)
    }

    /// A bot says something by itself, as if its program had sent it.
    pub(crate) fn say_to(&mut self, bot: BotId, kind: Kind, to: &Jid, text: &str) -> Result<(), Trouble> {
        let message_id = self.core.batch.new_message_id()?;
        self.speak(bot, &NewMessage::text(to, kind, text), &message_id).map(drop)
    }

    /// The same in the place of a piece that was shown.
    pub(crate) fn say_whole(&mut self, bot: BotId, to: &Jid, text: &str, shown: &str) -> Result<(), Trouble> {
        self.core.batch.check_messages(bot)?;
        let message_id = self.core.batch.new_message_id()?;
        let sender = self.way(bot, to)?;
        let new = NewMessage::text(to, Kind::Chat, text);
        let encrypted = self.channels.of(&to.bare())?.say_whole(self.core, sender, &new, (&message_id, shown))?;
        self.keep(bot, &new, (&message_id, encrypted)).map(drop)
    }

    /// `sendMessage` in the place of a piece that was shown; gives the id.
    pub(crate) fn say_in_place(&mut self, bot: BotId, new: &NewMessage, shown: &str) -> Result<String, Trouble> {
        self.core.batch.check_messages(bot)?;
        Failure::check_most("text", new.text.len(), limits::TEXT_BYTES_MAX, "bytes")?;
        let message_id = self.core.batch.new_message_id()?;
        let sender = self.way(bot, &new.to)?;
        self.core.batch.note_bot_spoke(sender, &new.to)?;
        let channel = self.channels.of(&new.to.bare())?;
        let encrypted = channel.say_whole(self.core, sender, new, (&message_id, shown))?;
        self.keep(bot, new, (&message_id, encrypted))?;
        self.core.note_spoken(bot, (&new.to, new.kind), &message_id, || SpokenWhat::Text(Box::new(new.clone())));
        Ok(message_id)
    }

    /// Says something under an id that was made for it.
    pub(crate) fn speak(&mut self, id: BotId, new: &NewMessage, message_id: &str) -> Result<Option<bool>, Trouble> {
        let encrypted = self.utter(id, new, message_id)?;
        self.core.note_spoken(id, (&new.to, new.kind), message_id, || SpokenWhat::Text(Box::new(new.clone())));
        Ok(encrypted)
    }

    fn utter(&mut self, id: BotId, new: &NewMessage, message_id: &str) -> Result<Option<bool>, Trouble> {
        self.core.batch.check_messages(id)?;
        Failure::check_most("text", new.text.len(), limits::TEXT_BYTES_MAX, "bytes")?;
        let reply_to = new.reply_to.as_ref().map_or(0, String::len);
        Failure::check_most("reply_to", reply_to, limits::MESSAGE_ID_BYTES_MAX, "bytes")?;
        new.keyboard.iter().try_for_each(Keyboard::check)?;
        let sender = self.way(id, &new.to)?;
        self.core.batch.note_bot_spoke(sender, &new.to)?;
        let encrypted = self.channels.of(&new.to.bare())?.say(self.core, sender, new, message_id)?;
        self.keep(id, new, (message_id, encrypted))
    }

    /// Keeps what was said, where it went out in plain text and somebody wants that.
    fn keep(
        &mut self,
        bot: BotId,
        new: &NewMessage,
        (message_id, encrypted): (&str, Option<bool>),
    ) -> Result<Option<bool>, Trouble> {
        let how = if encrypted == Some(true) { "encrypted" } else { "" };
        self.core.batch.note_saying(bot, message_id, new.to.bare_str(), how);
        self.core.updates.watching.note_said(bot, new, (message_id, encrypted));
        if encrypted == Some(false) {
            let content = SaidContent { text: &new.text, reply_to: new.reply_to.as_deref(), file: None };
            self.core.batch.keep_said(bot, message_id, &content)?;
        }
        Ok(encrypted)
    }

    /// In whose name what a bot does for somebody goes out, or why it cannot.
    pub(crate) fn way(&self, id: BotId, to: &Jid) -> Result<Sender, Trouble> {
        self.core.way(self.channels, id, to)
    }
}

/// The hash of all that is asked.
fn hash_of(new: &NewMessage) -> [u8; 32] {
    let request = format!("{}\0{:?}\0{}\0{:?}\0{}", new.to, new.kind, new.text, new.reply_to, new.encrypt);
    let request = new.keyboard.iter().fold(request, |text, keyboard| format!("{text}\0{keyboard:?}"));
    crypto::sha256(request.as_bytes())
}

impl Core {
    /// Sends something under a new id, and gives it; with a key that was used before nothing is sent, and the id is that of
    /// what was sent then. With the key comes the hash of all that was asked. Also whether it went out encrypted, if that is known.
    pub(crate) fn once(
        &mut self,
        bot: BotId,
        key: Option<(&str, [u8; 32])>,
        send: impl FnOnce(&mut Core, &str) -> Result<Option<bool>, Trouble>,
    ) -> Result<(String, Option<bool>), Trouble> {
        if let Some((key, hash)) = &key
            && let Some(sent) = self.batch.sent_before(bot, key, hash)?
        {
            return Ok((sent.message_id, sent.encrypted));
        }
        let message_id = self.batch.new_message_id()?;
        let encrypted = send(self, &message_id)?;
        let Some((key, request_hash)) = key else { return Ok((message_id, encrypted)) };
        let sent = SentBefore { encrypted, message_id, request_hash };
        self.batch.store.remember_sent(bot, key, &sent, self.batch.lived())?;
        Ok((sent.message_id, sent.encrypted))
    }

    /// In whose name what a bot does for somebody goes out, or why it cannot.
    pub(crate) fn way(&self, channels: &dyn Channels, id: BotId, to: &Jid) -> Result<Sender, Trouble> {
        let bot = self.speaking_bot(id)?;
        Ok(Sender { bot: id, account: channels.look(&to.bare())?.account_for(bot)? })
    }

    /// A bot whose owner has not switched everything off.
    pub(crate) fn speaking_bot(&self, id: BotId) -> Result<&Bot, Trouble> {
        let bot = self.batch.bot(id)?;
        if !self.batch.store.owner_enabled(&bot.row.owner)? {
            return Err(Failure::Forbidden(format!("Botmother is switched off for {}", bot.row.owner)).into());
        }
        Ok(bot)
    }
}

impl Batch {
    /// What was sent under this key.
    pub(crate) fn sent_before(&self, bot: BotId, key: &str, hash: &[u8; 32]) -> Result<Option<SentBefore>, Trouble> {
        match self.store.sent_before(bot, key)? {
            Some(before) if before.request_hash != *hash => {
                let text = "this Idempotency-Key was used for another message within the last day";
                Err(Failure::Conflict(text.to_string()).into())
            }
            before => Ok(before),
        }
    }
}
