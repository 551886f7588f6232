//! Table `message`: what bots said and were told, on every channel, one row for each bot. `sent.rs`, `told.rs` and
//! `local.rs` read and write it for what they are about; here is what they share.
//!
//! A text stands here only where somebody reads it again, in the built-in chat and in histories (`history.rs`); other rows
//! are there so that replies, corrections, reactions and receipts are understood. Rows go by age and number.

use crate::base::crypto::sha256;
use crate::base::id::{AccountId, BotId, ContactId, ConversationId, MessageId, number_in, numbered};
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
    /// The id by which the bot's program knows it, and by which it is found: in what a bot says, by the number in it.
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

/// The setting with the last number given, written when the newest messages may go.
const LAST_NUMBER: &str = "last_number";

/// Under what an id is found: eight bytes of its hash, the same small size whatever a server takes for an id.
pub(super) fn key(id: &str) -> i64 {
    let hash = sha256(id.as_bytes());
    i64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}

impl Store {
    /// Appends a message. `now_s` is in time lived through.
    pub(super) fn insert_message(&mut self, message: &NewMessage<'_>, now_s: i64) -> Result<MessageId, Error> {
        let number = message.name.filter(|_| message.contact.is_none()).and_then(number_in);
        let id = match number {
            Some(number) if self.insert_as(number, None, message, now_s)? => number,
            _ => {
                let id = self.next_number(now_s)?;
                self.insert_as(id, message.name.map(key), message, now_s)?;
                id
            }
        };
        self.count_messages(message.bot, 1)?;
        Ok(MessageId(id))
    }

    /// Inserts it under this number, unless that is taken.
    fn insert_as(&mut self, id: i64, key_of: Option<i64>, message: &NewMessage<'_>, now_s: i64) -> Result<bool, Error> {
        let alias = message.alias.filter(|alias| Some(*alias) != message.name).map(key);
        let inserted = self.write(
            "INSERT INTO message (id, conversation_id, contact_id, recipient, name, key, alias, body, original, progress,
             at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            &[
                &id,
                &message.conversation.0,
                &message.contact.map(|contact| contact.0),
                &message.recipient,
                &message.name,
                &key_of,
                &alias,
                &message.body,
                &message.original,
                &message.progress.as_number(),
                &message.at,
                &now_s,
            ],
        )?;
        Ok(inserted == 1)
    }

    /// A new id for what a bot says, that carries the number its row is to have. `now_s` is in time lived through.
    pub fn new_message_id(&mut self, now_s: i64, random: [u8; 8]) -> Result<String, Error> {
        Ok(numbered(self.next_number(now_s)?, random))
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
            self.trim_web(bot)?;
        }
        self.trim_messages(bot)
    }

    /// A number for a message, greater than all before it, that says when: a second has a million of them, and JavaScript can read it.
    pub(super) fn next_number(&mut self, now_s: i64) -> Result<i64, Error> {
        let id = now_s.saturating_mul(IDS_PER_SECOND).max(self.last_number()? + 1);
        self.last_number = Some(id);
        Ok(id)
    }

    pub(super) fn last_number(&self) -> Result<i64, Error> {
        if let Some(last) = self.last_number {
            return Ok(last);
        }
        let kept = self.setting(LAST_NUMBER)?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let known = "SELECT max(coalesce((SELECT max(id) FROM message), 0), coalesce((SELECT max(id) FROM outbox), 0))";
        Ok(self.number(known, &[])?.max(kept))
    }

    /// The newest messages may go: their numbers are not given again. Else the oldest go first.
    pub(super) fn keep_last_number(&mut self) -> Result<(), Error> {
        self.store_setting(LAST_NUMBER, &self.last_number()?.to_string())
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
        self.keep_last_number()?;
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
        self.keep_last_number()?;
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
