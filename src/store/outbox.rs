//! Table `outbox`: messages accepted and not yet acknowledged by the server (docs/architecture.md), or, to all in a room, not
//! yet shown by it.

use rusqlite::Row;

use crate::base::id::{AccountId, BotId, OutboxId};
use crate::base::jid::BareJid;
use crate::store::row::OutboxRow;
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// Appends a message; gives its number. The row's own `id` is ignored.
    pub fn insert_outbox(&mut self, row: &OutboxRow) -> Result<OutboxId, Error> {
        let id = self.insert(
            "INSERT INTO outbox (account_id, bot_id, message_id, stanza, archive_mark, created_at, room)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.account.0,
                &row.bot.map(|bot| bot.0),
                &row.message_id,
                &row.stanza,
                &row.archive_mark,
                &row.created_at,
                &row.room.as_ref().map(BareJid::as_str),
            ],
        )?;
        Ok(OutboxId(id))
    }

    /// An account's messages behind `after`, in the order of sending; without those to all in a room.
    pub fn list_outbox(
        &self,
        account: AccountId,
        after: Option<OutboxId>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, Error> {
        self.rows(
            "SELECT id, account_id, bot_id, message_id, stanza, archive_mark, created_at, room FROM outbox
             WHERE account_id = ? AND room IS NULL AND id > ? ORDER BY id LIMIT ?",
            &[&account.0, &after.map_or(i64::MIN, |id| id.0), &i64::try_from(limit).unwrap_or(i64::MAX)],
            read_outbox,
        )
    }

    /// An account's messages to all in a room behind `after`, in the order of sending.
    pub fn list_room_outbox(
        &self,
        account: AccountId,
        room: &BareJid,
        after: Option<OutboxId>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, Error> {
        self.rows(
            "SELECT id, account_id, bot_id, message_id, stanza, archive_mark, created_at, room FROM outbox
             WHERE account_id = ? AND room = ? AND id > ? ORDER BY id LIMIT ?",
            &[
                &account.0,
                &room.as_str(),
                &after.map_or(i64::MIN, |id| id.0),
                &i64::try_from(limit).unwrap_or(i64::MAX),
            ],
            read_outbox,
        )
    }

    /// Deletes messages the server has, or that are given up.
    pub fn delete_outbox(&mut self, ids: &[OutboxId]) -> Result<(), Error> {
        for id in ids {
            self.write("DELETE FROM outbox WHERE id = ?", &[&id.0])?;
        }
        Ok(())
    }

    /// The message of an account, none to all in a room, that has this id on the wire.
    pub fn find_outbox(&self, account: AccountId, message_id: &str) -> Result<Option<OutboxId>, Error> {
        self.row(
            "SELECT id FROM outbox WHERE account_id = ? AND message_id = ? AND room IS NULL ORDER BY id LIMIT 1",
            &[&account.0, &message_id],
            |row| Ok(OutboxId(row.get(0)?)),
        )
    }

    /// The message to all in a room that has this id on the wire.
    pub fn find_room_outbox(
        &self,
        account: AccountId,
        room: &BareJid,
        message_id: &str,
    ) -> Result<Option<OutboxId>, Error> {
        self.row(
            "SELECT id FROM outbox WHERE account_id = ? AND message_id = ? AND room = ? ORDER BY id LIMIT 1",
            &[&account.0, &message_id, &room.as_str()],
            |row| Ok(OutboxId(row.get(0)?)),
        )
    }

    /// What waits is not in the archive up to this id.
    pub fn store_outbox_marks(&mut self, account: AccountId, mark: &str) -> Result<(), Error> {
        self.write("UPDATE outbox SET archive_mark = ? WHERE account_id = ? AND room IS NULL", &[&mark, &account.0])?;
        Ok(())
    }

    /// Whether any message of an account waits.
    pub fn has_outbox(&self, account: AccountId) -> Result<bool, Error> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM outbox WHERE account_id = ?)", &[&account.0])? != 0)
    }

    /// How many messages of an account wait, those to all in a room not counted.
    pub fn count_outbox(&self, account: AccountId) -> Result<i64, Error> {
        self.number("SELECT count(*) FROM outbox WHERE account_id = ? AND room IS NULL", &[&account.0])
    }

    /// How many messages to all in a room wait.
    pub fn count_room_outbox(&self, account: AccountId, room: &BareJid) -> Result<i64, Error> {
        self.number("SELECT count(*) FROM outbox WHERE account_id = ? AND room = ?", &[&account.0, &room.as_str()])
    }

    /// The archive mark of an account's oldest message: `None` when nothing waits, `Some(None)` when there was no mark
    /// yet as it was accepted.
    pub fn first_outbox_mark(&self, account: AccountId) -> Result<Option<Option<String>>, Error> {
        self.row(
            "SELECT archive_mark FROM outbox WHERE account_id = ? AND room IS NULL ORDER BY id LIMIT 1",
            &[&account.0],
            |row| Ok(row.get(0)?),
        )
    }

    /// The mark in a room's archive when its oldest message of ours was accepted; `None` when nothing waits, or there was
    /// no mark yet.
    pub fn first_room_outbox_mark(&self, account: AccountId, room: &BareJid) -> Result<Option<String>, Error> {
        let mark = self.row(
            "SELECT archive_mark FROM outbox WHERE account_id = ? AND room = ? ORDER BY id LIMIT 1",
            &[&account.0, &room.as_str()],
            |row| Ok(row.get(0)?),
        )?;
        Ok(mark.flatten())
    }
}

fn read_outbox(row: &Row<'_>) -> Result<OutboxRow, Error> {
    Ok(OutboxRow {
        id: OutboxId(row.get(0)?),
        account: AccountId(row.get(1)?),
        bot: row.get::<_, Option<i64>>(2)?.map(BotId),
        message_id: row.get(3)?,
        stanza: row.get(4)?,
        archive_mark: row.get(5)?,
        created_at: row.get(6)?,
        room: row.get::<_, Option<String>>(7)?.map(|room| bare_jid(&room)).transpose()?,
    })
}
