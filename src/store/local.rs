//! Table `local_message`: the built-in chat of `owner@local`.

use rusqlite::Row;

use crate::base::id::BotId;
use crate::store::row::LocalRow;
use crate::store::{Error, Store};

impl Store {
    /// Appends a line; gives its number. The row's own `id` is ignored.
    pub fn insert_local(&mut self, row: &LocalRow) -> Result<i64, Error> {
        self.insert(
            "INSERT INTO local_message (bot_id, from_owner, sender, text, created_at) VALUES (?, ?, ?, ?, ?)",
            &[&row.bot.map(|bot| bot.0), &row.from_owner, &row.sender, &row.text, &row.created_at],
        )
    }

    /// Lines behind `after`, oldest first: of everybody (`None`), of the manager (`Some(None)`) or of one bot.
    pub fn list_local(&self, bot: Option<Option<BotId>>, after: i64, limit: i64) -> Result<Vec<LocalRow>, Error> {
        self.rows(
            "SELECT id, bot_id, from_owner, sender, text, created_at FROM local_message
             WHERE id > ? AND (? OR bot_id IS ?) ORDER BY id LIMIT ?",
            &[&after, &bot.is_none(), &bot.flatten().map(|bot| bot.0), &limit.max(0)],
            read_local,
        )
    }

    /// The newest line's number; 0 when there is none.
    pub fn last_local(&self) -> Result<i64, Error> {
        self.number("SELECT max(id) FROM local_message", &[])
    }
}

fn read_local(row: &Row<'_>) -> Result<LocalRow, Error> {
    Ok(LocalRow {
        id: row.get(0)?,
        bot: row.get::<_, Option<i64>>(1)?.map(BotId),
        from_owner: row.get(2)?,
        sender: row.get(3)?,
        text: row.get(4)?,
        created_at: row.get(5)?,
    })
}
