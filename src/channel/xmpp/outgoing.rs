//! What bots do on XMPP besides sending texts, as stanzas: files by their address (XEP-0066), reactions (XEP-0444),
//! corrections (XEP-0308) and retractions (XEP-0424) of what they said, displayed markers (XEP-0333).
use crate::base::id::{AccountId, BotId};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
pub(crate) use crate::core::actions::caption_id;
use crate::core::actions::{BotAction, NewAction};
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::{Core, texts};
use crate::store::row::SentRow;
use crate::xmpp::message::{Kind, Outbound, Reactions};

impl Xmpp {
    pub(crate) fn act_for(
        &mut self,
        core: &mut Core,
        by: (AccountId, BotId),
        act: &NewAction,
        new_id: &str,
    ) -> Result<(), Trouble> {
        let (account, bot) = by;
        let (to, kind) = (act.to.clone(), act.kind);
        match &act.action {
            BotAction::File { url, caption } => {
                self.send_tracked(core, by, &act.to, (new_id, None), Outbound::file(to, kind, new_id, url))?;
                match caption {
                    Some(text) => self.send_caption(core, by, &act.to, kind, new_id, text),
                    None => Ok(()),
                }
            }
            BotAction::Reaction { message_id, emoji } => {
                self.check_known(core, by, &act.to, message_id)?;
                let emoji = Some(emoji.clone()).filter(|emoji| !emoji.is_empty()).into_iter().collect();
                let reactions = Reactions { id: message_id.clone(), emoji };
                self.enqueue(
                    core,
                    (account, Some(bot)),
                    &act.to,
                    new_id,
                    Outbound::reactions(to, kind, new_id, &reactions),
                )
            }
            BotAction::Edit { message_id, text, keyboard } => {
                let meant = worded(core, account, message_id)?;
                self.edit_with_buttons(core, by, act, (&meant, new_id), (Some(text), keyboard.as_ref()))
            }
            BotAction::Buttons { message_id, keyboard } => {
                self.edit_with_buttons(core, by, act, (message_id, new_id), (None, keyboard.as_ref()))
            }
            BotAction::Deletion { message_id } => {
                let row = self.rooms.own_message(&core.batch, by, &act.to, message_id)?;
                core.drop_keyboard(bot, &row.message_id)?;
                self.retract(core, by, act, new_id, &row)?;
                match core.batch.store.find_sent(account, &caption_id(&row.message_id))? {
                    Some(caption) => self.retract(core, by, act, &caption_id(new_id), &caption),
                    None => Ok(()),
                }
            }
            BotAction::Read { message_id } => {
                self.check_known(core, by, &act.to, message_id)?;
                core.batch.store.delete_unread(bot, &act.to.bare().to_jid(), message_id)?;
                self.enqueue(
                    core,
                    (account, Some(bot)),
                    &act.to,
                    new_id,
                    Outbound::displayed(to, kind, new_id, message_id),
                )
            }
            BotAction::State(_) => Ok(()),
        }
    }

    /// A caption is a message of its own, behind the file: clients show a picture only when the body is its address.
    fn send_caption(
        &mut self,
        core: &mut Core,
        by: (AccountId, BotId),
        to: &Jid,
        kind: Kind,
        file_id: &str,
        text: &str,
    ) -> Result<(), Trouble> {
        let id = caption_id(file_id);
        self.send_tracked(core, by, to, (&id, None), Outbound::text(to.clone(), kind, &id, text))
    }

    /// Takes a message back; what is taken back already stays so.
    fn retract(
        &mut self,
        core: &mut Core,
        by: (AccountId, BotId),
        act: &NewAction,
        new_id: &str,
        row: &SentRow,
    ) -> Result<(), Trouble> {
        if row.deleted {
            return Ok(());
        }
        let text = texts::RETRACTED.fill(core.batch.setup.settings.language, &[]);
        let outbound = Outbound::retraction(act.to.clone(), act.kind, new_id, &row.message_id, &text);
        self.enqueue(core, (by.0, Some(by.1)), &act.to, new_id, outbound)?;
        Ok(core.batch.store.store_deleted(row.id)?)
    }

    /// A message that a bot names must be one that it was told or has sent, in this conversation.
    fn check_known(
        &self,
        core: &Core,
        (account, bot): (AccountId, BotId),
        to: &Jid,
        message_id: &str,
    ) -> Result<(), Trouble> {
        let is_same = |row: &SentRow| row.bot == bot && row.recipient.bare_str() == to.bare_str();
        let is_known = core.batch.store.was_told(account, bot, &to.bare(), message_id)?
            || core.batch.store.find_sent(account, message_id)?.is_some_and(|row| is_same(&row))
            // What occupants say to the bot alone is not remembered.
            || self.rooms.is_room(account, &to.bare());
        if is_known { Ok(()) } else { Err(unknown_message(message_id, to).into()) }
    }
}

/// The message that has the words of another: of a file, what was said with it can be changed.
pub(crate) fn worded(core: &Core, account: AccountId, message_id: &str) -> Result<String, Trouble> {
    let caption = caption_id(message_id);
    let has_caption = core.batch.store.find_sent(account, &caption)?.is_some();
    Ok(if has_caption { caption } else { message_id.to_string() })
}

/// A bot names a message that it does not know.
pub(crate) fn unknown_message(message_id: &str, place: &Jid) -> Failure {
    let text = format!(
        "this bot has neither sent a message {message_id} to {place} nor was it told one from there within the last \
         {} days; take `stanza_id` of an update or `message_id` of an answer",
        limits::SEEN_RETENTION.as_secs() / (24 * 3600)
    );
    Failure::NotFound(text)
}
