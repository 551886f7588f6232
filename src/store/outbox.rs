//! Table `outbox`: messages accepted and not yet acknowledged by the server (docs/architecture.md), or, to all in a room, not
//! yet shown by it.

use rusqlite::Row;

use crate::base::id::{AccountId, BotId, OutboxId, number_in};
use crate::base::jid::BareJid;
use crate::store::row::OutboxRow;
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

/// To whom messages go that are not to all in a room.
const NO_ROOM: &str = "";

impl Store {
    /// Appends a message; gives its number, which is greater than all before it. The row's own `id` is ignored. `now_s` is in
    /// time lived through.
    pub fn insert_outbox(&mut self, row: &OutboxRow, now_s: i64) -> Result<OutboxId, Error> {
        // The number in its id finds it again without an index, unless others were accepted meanwhile.
        let last = self.last_outbox()?;
        let own = number_in(&row.message_id).filter(|number| *number > last);
        let id = match own {
            Some(number) => number,
            None => self.next_number(now_s)?,
        };
        self.write(
            "INSERT INTO outbox (account_id, room, id, bot_id, message_id, is_odd, stanza, archive_mark, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.account.0,
                &place(row.room.as_ref()),
                &id,
                &row.bot.map(|bot| bot.0),
                &row.message_id,
                &own.is_none().then_some(1),
                &row.stanza,
                &row.archive_mark,
                &row.created_at,
            ],
        )?;
        self.last_outbox = Some(id);
        Ok(OutboxId(id))
    }

    fn last_outbox(&self) -> Result<i64, Error> {
        match self.last_outbox {
            Some(last) => Ok(last),
            None => self.number("SELECT max(id) FROM outbox", &[]),
        }
    }

    /// An account's messages behind `after`, in the order of sending: those to all in a room, or those to nobody's room.
    pub fn list_outbox(
        &self,
        account: AccountId,
        room: Option<&BareJid>,
        after: Option<OutboxId>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, Error> {
        self.rows(
            "SELECT id, account_id, bot_id, message_id, stanza, archive_mark, created_at, room FROM outbox
             WHERE account_id = ? AND room = ? AND id > ? ORDER BY id LIMIT ?",
            &[&account.0, &place(room), &after.map_or(i64::MIN, |id| id.0), &i64::try_from(limit).unwrap_or(i64::MAX)],
            read_outbox,
        )
    }

    /// Deletes messages the server has, or the room has shown, or that are given up.
    pub fn delete_outbox(&mut self, account: AccountId, room: Option<&BareJid>, ids: &[OutboxId]) -> Result<(), Error> {
        for id in ids {
            let sql = "DELETE FROM outbox WHERE account_id = ? AND room = ? AND id = ?";
            self.write(sql, &[&account.0, &place(room), &id.0])?;
        }
        Ok(())
    }

    /// The message of an account that has this id on the wire.
    pub fn find_outbox(
        &self,
        account: AccountId,
        room: Option<&BareJid>,
        message_id: &str,
    ) -> Result<Option<OutboxId>, Error> {
        let read = |row: &Row<'_>| Ok(OutboxId(row.get(0)?));
        if let Some(number) = number_in(message_id) {
            let sql = "SELECT id FROM outbox WHERE account_id = ? AND room = ? AND id = ? AND message_id = ?";
            let found = self.row(sql, &[&account.0, &place(room), &number, &message_id], read)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        self.row(
            "SELECT id FROM outbox WHERE account_id = ? AND message_id = ? AND room = ? AND is_odd IS NOT NULL
             ORDER BY id LIMIT 1",
            &[&account.0, &message_id, &place(room)],
            read,
        )
    }

    /// The id on the wire of an account's message that is not found by its number.
    pub(super) fn odd_outbox(&self, account: AccountId, id: OutboxId) -> Result<Option<String>, Error> {
        let sql = "SELECT message_id FROM outbox WHERE account_id = ? AND room = ? AND id = ? AND is_odd IS NOT NULL";
        self.row(sql, &[&account.0, &NO_ROOM, &id.0], |row| Ok(row.get(0)?))
    }

    /// What waits is not in the archive up to this id.
    pub fn store_outbox_marks(&mut self, account: AccountId, mark: &str) -> Result<(), Error> {
        let sql = "UPDATE outbox SET archive_mark = ? WHERE account_id = ? AND room = ?";
        self.write(sql, &[&mark, &account.0, &NO_ROOM])?;
        Ok(())
    }

    /// Whether any message of an account waits.
    pub fn has_outbox(&self, account: AccountId) -> Result<bool, Error> {
        Ok(self.number("SELECT EXISTS (SELECT 1 FROM outbox WHERE account_id = ?)", &[&account.0])? != 0)
    }

    /// The ids of what waits for an account; none where they are more than `most`, or some of them go to all in a room,
    /// which has an archive of its own.
    pub fn list_doubted(&self, account: AccountId, most: usize) -> Result<Vec<String>, Error> {
        let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let sql = "SELECT message_id, room FROM outbox WHERE account_id = ? LIMIT ?";
        let rows = self.rows(sql, &[&account.0, &limit], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let is_known = rows.len() <= most && rows.iter().all(|(_, room)| room == NO_ROOM);
        Ok(if is_known { rows.into_iter().map(|(id, _)| id).collect() } else { Vec::new() })
    }

    /// How many messages of an account wait to go to all in a room, or to nobody's.
    pub fn count_outbox(&self, account: AccountId, room: Option<&BareJid>) -> Result<i64, Error> {
        self.number("SELECT count(*) FROM outbox WHERE account_id = ? AND room = ?", &[&account.0, &place(room)])
    }

    /// When the oldest message that waits was accepted, of all accounts; in time lived through.
    pub fn oldest_outbox(&self) -> Result<Option<i64>, Error> {
        self.row("SELECT min(created_at) FROM outbox", &[], |row| Ok(row.get(0)?)).map(Option::flatten)
    }

    /// The mark in the archive, of the account or the room, when the oldest message that waits was accepted: `None` when
    /// nothing waits, `Some(None)` when there was no mark yet.
    pub fn first_outbox_mark(
        &self,
        account: AccountId,
        room: Option<&BareJid>,
    ) -> Result<Option<Option<String>>, Error> {
        self.row(
            "SELECT archive_mark FROM outbox WHERE account_id = ? AND room = ? ORDER BY id LIMIT 1",
            &[&account.0, &place(room)],
            |row| Ok(row.get(0)?),
        )
    }
}

fn place(room: Option<&BareJid>) -> &str {
    room.map_or(NO_ROOM, BareJid::as_str)
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
        room: Some(row.get::<_, String>(7)?).filter(|room| room != NO_ROOM).map(|room| bare_jid(&room)).transpose()?,
    })
}
