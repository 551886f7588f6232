//! What bots have sent, in table `message`, and how far it has come; and table `unread`: what they got whose sender wants
//! to know when it is read (XEP-0184, XEP-0333). The engine decides; rows go by age and number, and with their bot.

use rusqlite::Row;

use crate::base::id::{AccountId, BotId, MessageId, OutboxId, UpdateId, number_in};
use crate::base::jid::{BareJid, Jid};
use crate::store::message::{NewMessage, key};
use crate::store::row::{Conversation, Progress, SentRow};
use crate::store::{Error, Store};

/// What was sent, as [`read_sent`] reads it.
macro_rules! sent {
    ($of:literal) => {
        concat!(
            "SELECT m.id, c.account_id, c.bot_id, m.name, coalesce(m.recipient, c.address), m.original, m.progress,
             m.deleted, m.room_id, m.at FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id ",
            $of
        )
    };
}

impl Store {
    /// Remembers a message; the oldest of the same bot go beyond the limit. The row's own `id` is ignored. `now_s` is in
    /// time lived through.
    pub fn insert_sent(&mut self, place: &Conversation<'_>, row: &SentRow, now_s: i64) -> Result<MessageId, Error> {
        let (conversation, _) = self.conversation(place)?;
        let message = NewMessage {
            bot: Some(row.bot),
            conversation,
            contact: None,
            recipient: Some(row.recipient.as_str()).filter(|recipient| *recipient != place.address),
            name: Some(&row.message_id),
            alias: None,
            body: None,
            original: row.original.as_deref(),
            progress: row.progress,
            at: row.at,
        };
        self.insert_message(&message, now_s)
    }

    /// What a bot sent through an account under this id.
    pub fn find_sent(&self, account: AccountId, message_id: &str) -> Result<Option<SentRow>, Error> {
        self.row(
            sent!(
                "WHERE (m.id = ? OR m.key = ?) AND m.name = ? AND m.contact_id IS NULL AND c.account_id = ?
                 ORDER BY m.id DESC LIMIT 1"
            ),
            &[&number_in(message_id), &key(message_id), &message_id, &account.0],
            read_sent,
        )
    }

    /// How far what a bot sent under this id has come; `None` where that is not known.
    pub fn progress_of(&self, bot: BotId, message_id: &str) -> Result<Option<Progress>, Error> {
        let progress = self.row(
            "SELECT m.progress FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             WHERE (m.id = ? OR m.key = ?) AND m.name = ? AND m.contact_id IS NULL AND c.bot_id = ?
             ORDER BY m.id DESC LIMIT 1",
            &[&number_in(message_id), &key(message_id), &message_id, &bot.0],
            |row| Ok(row.get::<_, i64>(0)?),
        )?;
        Ok(progress.map(Progress::from_number))
    }

    /// Whether it waits here: for its server, its room, or keys.
    pub fn is_waiting(&self, bot: BotId, message_id: &str) -> Result<bool, Error> {
        let waiting = "SELECT EXISTS (SELECT 1 FROM outbox WHERE bot_id = ?1 AND message_id = ?2)
                       OR EXISTS (SELECT 1 FROM omemo_waiting WHERE bot_id = ?1 AND message_id = ?2)
                       OR EXISTS (SELECT 1 FROM telegram_outbox WHERE bot_id = ?1 AND message_id = ?2)";
        Ok(self.number(waiting, &[&bot.0, &message_id])? != 0)
    }

    /// What stands behind a message of an account's outbox, to nobody's room, if somebody asks how far it comes and it has
    /// not come further than that.
    pub fn find_sent_of(&self, account: AccountId, id: OutboxId) -> Result<Option<SentRow>, Error> {
        // Mostly nobody asks, and the row has the same number.
        let progress = "SELECT progress FROM message WHERE id = ? AND contact_id IS NULL";
        let row = match self.row(progress, &[&id.0], |row| Ok(row.get::<_, i64>(0)?))? {
            Some(progress) if Progress::from_number(progress) == Progress::Accepted => {
                self.row(sent!("WHERE m.id = ? AND c.account_id = ?"), &[&id.0, &account.0], read_sent)?
            }
            Some(_) => None,
            None => match self.odd_outbox(account, id)? {
                Some(message_id) => self.find_sent(account, &message_id)?,
                None => None,
            },
        };
        Ok(row.filter(|row| row.progress == Progress::Accepted))
    }

    /// What a bot sent to the same recipient before a message and nobody has seen yet, oldest first, the newest so many.
    pub fn list_unseen_before(&self, row: &SentRow, limit: usize) -> Result<Vec<SentRow>, Error> {
        let mut rows = self.rows(
            sent!(
                "WHERE m.conversation_id = (SELECT conversation_id FROM message WHERE id = ?1) AND m.id < ?1
                 AND m.progress < 3 AND coalesce(m.recipient, c.address) = ?2 ORDER BY m.id DESC LIMIT ?3"
            ),
            &[&row.id.0, &row.recipient.as_str(), &i64::try_from(limit).unwrap_or(i64::MAX)],
            read_sent,
        )?;
        rows.reverse();
        Ok(rows)
    }

    /// Notes how far a message has come.
    pub fn store_progress(&mut self, id: MessageId, progress: Progress) -> Result<(), Error> {
        self.write("UPDATE message SET progress = ? WHERE id = ?", &[&progress.as_number(), &id.0])?;
        Ok(())
    }

    /// Notes the id that a room gave a message.
    pub fn store_room_id(&mut self, id: MessageId, room_id: &str) -> Result<(), Error> {
        self.write("UPDATE message SET room_id = ?, alias = ? WHERE id = ?", &[&room_id, &key(room_id), &id.0])?;
        Ok(())
    }

    /// What a bot said to all in a room, by the id the room gave it.
    pub fn find_sent_in_room(
        &self,
        account: AccountId,
        room: &BareJid,
        room_id: &str,
    ) -> Result<Option<SentRow>, Error> {
        self.row(
            sent!("WHERE m.alias = ? AND m.room_id = ? AND c.account_id = ? AND c.address = ? LIMIT 1"),
            &[&key(room_id), &room_id, &account.0, &room.as_str()],
            read_sent,
        )
    }

    /// The sender of what came with this update wants to know when it is read. The row goes with the update.
    pub fn insert_unread(&mut self, update: UpdateId, bot: BotId, sender: &Jid, message_id: &str) -> Result<(), Error> {
        self.write(
            "INSERT INTO unread (update_id, bot_id, sender, message_id) VALUES (?, ?, ?, ?)",
            &[&update.0, &bot.0, &sender.as_str(), &message_id],
        )?;
        Ok(())
    }

    /// Of a bot's unread messages below an update, the newest of each sender: sender and message.
    pub fn list_unread_below(&self, bot: BotId, below: UpdateId) -> Result<Vec<(Jid, String)>, Error> {
        // SQLite takes the other columns from the row that has the maximum.
        self.rows(
            "SELECT sender, message_id, max(update_id) FROM unread WHERE bot_id = ? AND update_id < ? GROUP BY sender",
            &[&bot.0, &below.0],
            |row| Ok((jid(&row.get::<_, String>(0)?)?, row.get(1)?)),
        )
    }

    /// Who wants to know that this update is read: the sender and his message.
    pub fn find_unread(&self, update: UpdateId) -> Result<Option<(Jid, String)>, Error> {
        self.row("SELECT sender, message_id FROM unread WHERE update_id = ?", &[&update.0], |row| {
            Ok((jid(&row.get::<_, String>(0)?)?, row.get(1)?))
        })
    }

    /// A message and what came before it of the same sender is read.
    pub fn delete_unread(&mut self, bot: BotId, sender: &Jid, message_id: &str) -> Result<(), Error> {
        self.write(
            "DELETE FROM unread WHERE bot_id = ?1 AND sender = ?2 AND update_id <=
             (SELECT max(update_id) FROM unread WHERE bot_id = ?1 AND sender = ?2 AND message_id = ?3)",
            &[&bot.0, &sender.as_str(), &message_id],
        )?;
        Ok(())
    }
}

fn read_sent(row: &Row<'_>) -> Result<SentRow, Error> {
    Ok(SentRow {
        id: MessageId(row.get(0)?),
        account: AccountId(row.get(1)?),
        bot: BotId(row.get(2)?),
        message_id: row.get(3)?,
        recipient: jid(&row.get::<_, String>(4)?)?,
        original: row.get(5)?,
        progress: Progress::from_number(row.get(6)?),
        deleted: row.get(7)?,
        room_id: row.get(8)?,
        at: row.get(9)?,
    })
}

fn jid(text: &str) -> Result<Jid, Error> {
    Jid::parse_any(text).map_err(|_| Error::Corrupt(format!("{text} is not an address")))
}
