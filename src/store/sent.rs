//! Tables `sent` and `unread`: what bots have sent and how far it has come, and what they got whose sender wants to know
//! when it is read (XEP-0184, XEP-0333). The engine decides; rows go by age and number (purge.rs), and with their bot.

use rusqlite::Row;

use crate::base::id::{AccountId, BotId, OutboxId, UpdateId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::store::row::{Progress, SentRow};
use crate::store::{Error, Store};

impl Store {
    /// Remembers a message; the oldest of the same bot go beyond the limit. The row's own `id` is ignored.
    pub fn insert_sent(&mut self, row: &SentRow, now_s: i64) -> Result<(), Error> {
        let id = self.insert(
            "INSERT INTO sent (account_id, bot_id, message_id, recipient, original, progress, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.account.0,
                &row.bot.0,
                &row.message_id,
                &row.recipient.as_str(),
                &row.original,
                &row.progress.as_number(),
                &now_s,
            ],
        )?;
        if id % limits::SENT_COUNTED_EVERY == 0 {
            self.trim_sent(row.bot)?;
        }
        Ok(())
    }

    /// What a bot sent through an account under this id.
    pub fn find_sent(&self, account: AccountId, message_id: &str) -> Result<Option<SentRow>, Error> {
        self.row(
            "SELECT id, account_id, bot_id, message_id, recipient, original, progress, deleted, room_id FROM sent
             WHERE account_id = ? AND message_id = ? ORDER BY id DESC LIMIT 1",
            &[&account.0, &message_id],
            read_sent,
        )
    }

    /// What stands behind a message of the outbox and has not come further than that.
    pub fn find_sent_of(&self, id: OutboxId) -> Result<Option<SentRow>, Error> {
        self.row(
            "SELECT s.id, s.account_id, s.bot_id, s.message_id, s.recipient, s.original, s.progress, s.deleted,
                    s.room_id
             FROM outbox AS o JOIN sent AS s ON s.account_id = o.account_id AND s.message_id = o.message_id
             WHERE o.id = ? AND s.progress = 0 LIMIT 1",
            &[&id.0],
            read_sent,
        )
    }

    /// What a bot sent to the same recipient before a message and nobody has seen yet, oldest first, the newest so many.
    pub fn list_unseen_before(&self, row: &SentRow, limit: usize) -> Result<Vec<SentRow>, Error> {
        let mut rows = self.rows(
            "SELECT id, account_id, bot_id, message_id, recipient, original, progress, deleted, room_id FROM sent
             WHERE bot_id = ? AND recipient = ? AND id < ? AND progress < 3 ORDER BY id DESC LIMIT ?",
            &[&row.bot.0, &row.recipient.as_str(), &row.id, &i64::try_from(limit).unwrap_or(i64::MAX)],
            read_sent,
        )?;
        rows.reverse();
        Ok(rows)
    }

    /// Notes how far a message has come.
    pub fn store_progress(&mut self, id: i64, progress: Progress) -> Result<(), Error> {
        self.write("UPDATE sent SET progress = ? WHERE id = ?", &[&progress.as_number(), &id])?;
        Ok(())
    }

    /// Notes that a message was taken back.
    pub fn store_deleted(&mut self, id: i64) -> Result<(), Error> {
        self.write("UPDATE sent SET deleted = 1 WHERE id = ?", &[&id])?;
        Ok(())
    }

    /// Notes the id that a room gave a message.
    pub fn store_room_id(&mut self, id: i64, room_id: &str) -> Result<(), Error> {
        self.write("UPDATE sent SET room_id = ? WHERE id = ?", &[&room_id, &id])?;
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
            "SELECT id, account_id, bot_id, message_id, recipient, original, progress, deleted, room_id FROM sent
             WHERE account_id = ? AND room_id = ? AND recipient = ? LIMIT 1",
            &[&account.0, &room_id, &room.as_str()],
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

    /// All but the newest messages of a bot go.
    fn trim_sent(&mut self, bot: BotId) -> Result<(), Error> {
        self.write(
            "DELETE FROM sent WHERE bot_id = ?1 AND id <=
             (SELECT id FROM sent WHERE bot_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            &[&bot.0, &limits::SENT_PER_BOT_MAX],
        )?;
        Ok(())
    }
}

fn read_sent(row: &Row<'_>) -> Result<SentRow, Error> {
    Ok(SentRow {
        id: row.get(0)?,
        account: AccountId(row.get(1)?),
        bot: BotId(row.get(2)?),
        message_id: row.get(3)?,
        recipient: jid(&row.get::<_, String>(4)?)?,
        original: row.get(5)?,
        progress: Progress::from_number(row.get(6)?),
        deleted: row.get(7)?,
        room_id: row.get(8)?,
    })
}

fn jid(text: &str) -> Result<Jid, Error> {
    Jid::parse(text).map_err(|_| Error::Corrupt(format!("{text} is not an address")))
}
