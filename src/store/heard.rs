//! Table `heard`: what bots were told of in rooms, by all the names it has. The room names it once, its author otherwise:
//! reactions, replies and retractions use the room's id, corrections the author's (XEP-0308 §3, XEP-0424 §5.1,
//! XEP-0444 §4.2, XEP-0461 §4.1). Rows go by age and number.

use rusqlite::Row;

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::store::row::HeardRow;
use crate::store::{Error, Store};

impl Store {
    /// Remembers what was said in a room; the oldest of all go beyond the limit.
    pub fn insert_heard(
        &mut self,
        account: AccountId,
        room: &BareJid,
        row: &HeardRow,
        now_s: i64,
    ) -> Result<(), Error> {
        let id = self.insert(
            "INSERT INTO heard (account_id, room, told_id, wire_id, author, nick, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[&account.0, &room.as_str(), &row.told_id, &row.wire_id, &row.author, &row.nick, &now_s],
        )?;
        if id % limits::HEARD_COUNTED_EVERY == 0 {
            // Only the oldest are deleted, so the ids have hardly any holes.
            self.write("DELETE FROM heard WHERE id <= ?", &[&(id - limits::HEARD_MAX)])?;
        }
        Ok(())
    }

    /// What bots know by this id.
    pub fn find_heard(&self, account: AccountId, room: &BareJid, told_id: &str) -> Result<Option<HeardRow>, Error> {
        self.row(
            "SELECT told_id, wire_id, author, nick FROM heard
             WHERE account_id = ? AND room = ? AND told_id = ? ORDER BY id DESC LIMIT 1",
            &[&account.0, &room.as_str(), &told_id],
            read_heard,
        )
    }

    /// What this author said under an id of his own.
    pub fn find_heard_of(
        &self,
        account: AccountId,
        room: &BareJid,
        author: &str,
        wire_id: &str,
    ) -> Result<Option<HeardRow>, Error> {
        self.row(
            "SELECT told_id, wire_id, author, nick FROM heard
             WHERE account_id = ? AND room = ? AND wire_id = ? AND author = ? ORDER BY id DESC LIMIT 1",
            &[&account.0, &room.as_str(), &wire_id, &author],
            read_heard,
        )
    }
}

fn read_heard(row: &Row<'_>) -> Result<HeardRow, Error> {
    Ok(HeardRow { told_id: row.get(0)?, wire_id: row.get(1)?, author: row.get(2)?, nick: row.get(3)? })
}
