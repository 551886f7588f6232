//! A press, on whatever channel, and the answer of a bot's program to it.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::core::Context;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::NewPressAnswer;
use crate::core::incoming::{Encryption, Wish};
use crate::store::row::{ChannelName, ConversationKind};

/// Somebody pressed a button beneath a message of a bot's.
pub(crate) struct Pressed {
    pub(crate) channel: ChannelName,
    /// Through which account, where the channel has accounts.
    pub(crate) account: Option<AccountId>,
    pub(crate) kind: ConversationKind,
    /// Who pressed; in chats without a resource, in rooms with his nick.
    pub(crate) from: Jid,
    /// Whom he thinks to have answered.
    pub(crate) to: BareJid,
    /// The message, as the bot's program knows it.
    pub(crate) message_id: String,
    /// What the bot is told.
    pub(crate) data: String,
    /// What the button says, where that is known.
    pub(crate) text: Option<String>,
    /// Unix time.
    pub(crate) at: i64,
    /// How the press was encrypted; `None`: not at all.
    pub(crate) encryption: Option<Encryption>,
    /// What whoever pressed wants to hear of it, where he said it in words.
    pub(crate) wish: Wish,
    /// What the channel calls the press, where it has a name for it.
    pub(crate) native: Option<String>,
}

/// What a bot's program answers to a press.
pub(crate) struct PressAnswer {
    /// Who pressed; in rooms with his nick.
    pub(crate) to: Jid,
    /// What the channel called the press.
    pub(crate) native: Option<String>,
    /// What is shown to him.
    pub(crate) text: Option<String>,
    /// He has to put it away, where his client can show that.
    pub(crate) is_alert: bool,
}

impl Context<'_> {
    /// `answerCallbackQuery`: a press is answered once, on the channel it came from.
    pub(crate) fn answer_press(&mut self, bot: BotId, new: &NewPressAnswer) -> Result<(), Trouble> {
        let (id, text) = (&new.callback_id, new.text.as_deref().unwrap_or_default());
        let most = limits::PRESS_ANSWER_CHARS_MAX;
        Failure::check_most("text", text.chars().count(), most, "characters")?;
        let hash = || crate::base::crypto::sha256(format!("{id}\0{text}\0{}", new.is_alert).as_bytes());
        let key = new.idempotency_key.as_deref().map(|key| (key, hash()));
        let channels = &mut *self.channels;
        self.core.once(bot, key, |core, message_id| {
            let Some(row) = core.batch.store.find_press(bot, id)? else {
                let text = format!("there is no press {id}, or it was answered already, or is older than a day");
                return Err(Failure::NotFound(text).into());
            };
            if new.text.is_some() {
                core.batch.check_messages(bot)?;
            }
            let sender = core.way(channels, bot, &row.from)?;
            let answer =
                PressAnswer { to: row.from, native: row.native, text: new.text.clone(), is_alert: new.is_alert };
            let channel = channels.of(&answer.to.bare())?;
            let encrypted = channel.answer_press(core, sender, &answer, message_id)?;
            core.batch.store.delete_press(id)?;
            Ok(encrypted)
        })?;
        Ok(())
    }
}
