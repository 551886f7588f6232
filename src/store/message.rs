//! Table `message`: what bots said and were told, on every channel, one row for each bot. `sent.rs`, `told.rs` and
//! `local.rs` read and write it for what they are about; here is what they share.
//!
//! A text stands here only where somebody reads it again, in the built-in chat and in histories (`history.rs`); other rows
//! are there so that replies, corrections, reactions and receipts are understood. Rows go by age and number.

use crate::base::crypto::sha256;
use crate::base::id::{AccountId, BotId, ContactId, ConversationId, MessageId};
use crate::base::limits;
use crate::store::row::Progress;
use crate::store::{Error, Store};

/// A message on its way into the table.
pub(super) struct NewMessage<'a> {
    pub(super) bot: Option<BotId>,
    pub(super) conversation: ConversationId,
    /// Who said it; `None` for the bot.
    pub(super) contact: Option<ContactId>,
    /// To what other address than the conversation's.
    pub(super) recipient: Option<&'a str>,
    /// The id by which the bot's program knows it, and by which it is found.
    pub(super) name: Option<&'a str>,
    /// Another id by which it is found.
    pub(super) alias: Option<&'a str>,
    pub(super) body: Option<&'a str>,
    pub(super) original: Option<&'a str>,
    pub(super) progress: Progress,
    /// Unix time: when it was said.
    pub(super) at: i64,
}

/// Numbers of messages that a second has.
pub(super) const IDS_PER_SECOND: i64 = 1000 << 10;

/// Under what an id is found: eight bytes of its hash, the same small size whatever a server takes for an id.
pub(super) fn key(id: &str) -> i64 {
    let hash = sha256(id.as_bytes());
    i64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}

impl Store {
    /// Appends a message. `now_s` is in time lived through.
    pub(super) fn insert_message(&mut self, message: &NewMessage<'_>, now_s: i64) -> Result<MessageId, Error> {
        let id = self.next_message(now_s)?;
        let alias = message.alias.filter(|alias| Some(*alias) != message.name).map(key);
        self.write(
            "INSERT INTO message (id, conversation_id, contact_id, recipient, name, key, alias, body, original, progress,
             at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &id,
                &message.conversation.0,
                &message.contact.map(|contact| contact.0),
                &message.recipient,
                &message.name,
                &message.name.map(key),
                &alias,
                &message.body,
                &message.original,
                &message.progress.as_number(),
                &message.at,
                &now_s,
            ],
        )?;
        self.count_messages(message.bot, 1)?;
        Ok(MessageId(id))
    }

    /// Notes that a bot's messages have become more, by `weight`; now and then those beyond the limits go.
    pub(super) fn count_messages(&mut self, bot: Option<BotId>, weight: i64) -> Result<(), Error> {
        // The first after a start counts: a daemon that is often started anew would else never come so far.
        let count = self.since_trim.entry(bot).or_insert(limits::MESSAGES_COUNTED_EVERY - 1);
        *count += weight;
        if *count < limits::MESSAGES_COUNTED_EVERY {
            return Ok(());
        }
        *count = 0;
        if let Some(bot) = bot {
            self.trim_history(bot)?;
        }
        self.trim_messages(bot)
    }

    /// A number greater than all before it that says when: a second has a million of them, and JavaScript can read it.
    fn next_message(&mut self, now_s: i64) -> Result<i64, Error> {
        let last = match self.last_message {
            Some(last) => last,
            None => self.number("SELECT seq FROM sqlite_sequence WHERE name = 'message'", &[])?,
        };
        let id = now_s.saturating_mul(IDS_PER_SECOND).max(last + 1);
        self.last_message = Some(id);
        Ok(id)
    }

    /// All but the newest messages of a bot go, those it sent and those it was told apart. What is shown again has bounds of
    /// its own.
    fn trim_messages(&mut self, bot: Option<BotId>) -> Result<(), Error> {
        for (which, most) in
            [("contact_id IS NULL", limits::SENT_PER_BOT_MAX), ("contact_id IS NOT NULL", limits::TOLD_PER_BOT_MAX)]
        {
            let rows = format!(
                "body IS NULL AND {which} AND +conversation_id IN (SELECT id FROM conversation WHERE bot_id IS ?1)"
            );
            let deleted = self.write(
                &format!(
                    "DELETE FROM message WHERE {rows}
                     AND id <= (SELECT id FROM message WHERE {rows} ORDER BY id DESC LIMIT 1 OFFSET ?2)"
                ),
                &[&bot.map(|bot| bot.0), &most],
            )?;
            self.may_have_strangers |= deleted > 0;
        }
        Ok(())
    }

    /// Notes that a message was taken back; of what is kept of it only that stays.
    pub fn store_deleted(&mut self, id: MessageId) -> Result<(), Error> {
        let text = "CASE WHEN body IS NOT NULL THEN '' END";
        self.write(&format!("UPDATE message SET deleted = 1, body = {text} WHERE id = ?"), &[&id.0])?;
        self.clear_beside(id)
    }

    /// The conversations of a bot go, before it does.
    pub(super) fn delete_conversations_of_bot(&mut self, bot: BotId) -> Result<(), Error> {
        // Nothing refers to the table of messages, or each deletion would search it.
        self.write(
            "DELETE FROM message WHERE conversation_id IN (SELECT id FROM conversation WHERE bot_id = ?)",
            &[&bot.0],
        )?;
        self.write("DELETE FROM conversation WHERE bot_id = ?", &[&bot.0])?;
        self.delete_strangers()
    }

    /// The same for an account.
    pub(super) fn delete_conversations_of_account(&mut self, account: AccountId) -> Result<(), Error> {
        self.write(
            "DELETE FROM message WHERE conversation_id IN (SELECT id FROM conversation WHERE account_id = ?)",
            &[&account.0],
        )?;
        self.write("DELETE FROM conversation WHERE account_id = ?", &[&account.0])?;
        self.delete_strangers()
    }

    /// Those go whom nobody knows any more.
    pub(super) fn delete_strangers(&mut self) -> Result<(), Error> {
        self.write(
            "DELETE FROM contact WHERE id NOT IN (SELECT contact_id FROM message WHERE contact_id IS NOT NULL)
             AND id NOT IN (SELECT contact_id FROM conversation WHERE contact_id IS NOT NULL)
             AND id NOT IN (SELECT contact_id FROM reaction WHERE contact_id IS NOT NULL)",
            &[],
        )?;
        Ok(())
    }
}
