//! Table `update_queue`: what waits for a bot's program. Ids grow over all bots and are never used again: the last one given
//! stands in the table, be it in an empty row.

use crate::base::id::{BotId, UpdateId};
use crate::store::row::UpdateRow;
use crate::store::{Error, Store};

impl Store {
    /// Appends an update; `payload` is the JSON of its `data`.
    pub fn insert_update(&mut self, bot: BotId, kind: &str, payload: &str, now_s: i64) -> Result<UpdateId, Error> {
        let id = self.last_update()? + 1;
        self.write(
            "INSERT INTO update_queue (bot_id, id, update_type, payload, created_at) VALUES (?, ?, ?, ?, ?)",
            &[&bot.0, &id, &kind, &payload, &now_s],
        )?;
        self.last_update = Some(id);
        Ok(UpdateId(id))
    }

    /// Numbers go on behind this one, where they have not come so far.
    pub(super) fn raise_last_update(&mut self, least: UpdateId) -> Result<(), Error> {
        if self.last_update()? >= least.0 {
            return Ok(());
        }
        self.last_update = Some(least.0);
        self.keep_last_update()
    }

    /// The last number given: a program that has confirmed it would never see another update with it.
    pub(super) fn last_update(&self) -> Result<i64, Error> {
        match self.last_update {
            Some(last) => Ok(last),
            None => self.number(
                "SELECT max(id) FROM (SELECT (SELECT max(id) FROM update_queue WHERE bot_id = bot.id) AS id FROM bot
                 UNION ALL SELECT max(id) FROM update_queue WHERE bot_id = 0)",
                &[],
            ),
        }
    }

    /// Before the update that has the last number is deleted, the number is put aside.
    pub(super) fn keep_last_update(&mut self) -> Result<(), Error> {
        let last = self.last_update()?;
        self.last_update = Some(last);
        if self.number("SELECT max(id) FROM update_queue WHERE bot_id = 0", &[])? == last {
            return Ok(());
        }
        self.write("DELETE FROM update_queue WHERE bot_id = 0", &[])?;
        self.write(
            "INSERT INTO update_queue (bot_id, id, update_type, payload, created_at) VALUES (0, ?, '', '', 0)",
            &[&last],
        )?;
        Ok(())
    }

    /// A bot's updates with ids not below `from`, oldest first: as many as fit, at least one.
    pub fn list_updates(
        &self,
        bot: BotId,
        from: Option<UpdateId>,
        limit: i64,
        bytes_max: usize,
    ) -> Result<Vec<UpdateRow>, Error> {
        let sql = "SELECT id, update_type, payload, created_at FROM update_queue
                   WHERE bot_id = ? AND id >= ? ORDER BY id LIMIT ?";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query((bot.0, from.map_or(i64::MIN, |id| id.0), limit.max(0)))?;
        let (mut all, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let (id, kind, payload, created_at) = row.try_into()?;
            let row = UpdateRow { id: UpdateId(id), kind, payload, created_at };
            bytes += row.payload.len();
            if bytes > bytes_max && !all.is_empty() {
                break;
            }
            all.push(row);
        }
        Ok(all)
    }

    /// One of a bot's updates.
    pub fn find_update(&self, bot: BotId, id: UpdateId) -> Result<Option<UpdateRow>, Error> {
        self.row(
            "SELECT update_type, payload, created_at FROM update_queue WHERE id = ? AND bot_id = ?",
            &[&id.0, &bot.0],
            |row| Ok(UpdateRow { id, kind: row.get(0)?, payload: row.get(1)?, created_at: row.get(2)? }),
        )
    }

    /// What `read` makes of the payload of each of a bot's updates, oldest first.
    pub fn map_updates<T>(&self, bot: BotId, read: impl Fn(&str) -> T) -> Result<Vec<(UpdateId, T)>, Error> {
        self.rows("SELECT id, payload FROM update_queue WHERE bot_id = ? ORDER BY id", &[&bot.0], |row| {
            Ok((UpdateId(row.get(0)?), read(&row.get::<_, String>(1)?)))
        })
    }

    /// The oldest of a bot's updates.
    pub fn first_update(&self, bot: BotId) -> Result<Option<UpdateId>, Error> {
        let sql = "SELECT id FROM update_queue WHERE bot_id = ? ORDER BY id LIMIT 1";
        self.row(sql, &[&bot.0], |row| Ok(UpdateId(row.get(0)?)))
    }

    /// Deletes one of a bot's updates; says whether it was there.
    pub fn delete_update(&mut self, bot: BotId, id: UpdateId) -> Result<bool, Error> {
        if self.last_update()? == id.0 {
            self.keep_last_update()?;
        }
        self.write("DELETE FROM unread WHERE update_id = ? AND bot_id = ?", &[&id.0, &bot.0])?;
        self.write("DELETE FROM webhook_retry WHERE update_id = ? AND bot_id = ?", &[&id.0, &bot.0])?;
        Ok(self.write("DELETE FROM update_queue WHERE id = ? AND bot_id = ?", &[&id.0, &bot.0])? > 0)
    }

    /// Deletes a bot's updates below an id: its program has handled them. Gives their number.
    pub fn delete_updates_below(&mut self, bot: BotId, below: UpdateId) -> Result<usize, Error> {
        if self.last_update()? < below.0 {
            self.keep_last_update()?;
        }
        self.write("DELETE FROM unread WHERE bot_id = ? AND update_id < ?", &[&bot.0, &below.0])?;
        self.write("DELETE FROM webhook_retry WHERE bot_id = ? AND update_id < ?", &[&bot.0, &below.0])?;
        self.write("DELETE FROM update_queue WHERE bot_id = ? AND id < ?", &[&bot.0, &below.0])
    }

    /// How many updates wait for a bot.
    pub fn count_updates(&self, bot: BotId) -> Result<i64, Error> {
        self.number("SELECT count(*) FROM update_queue WHERE bot_id = ?", &[&bot.0])
    }

    /// Deletes all but a bot's newest `keep` updates. Gives their number, already counted in the bot's row: whoever
    /// has a copy of the row adds it there too.
    pub fn drop_oldest_updates(&mut self, bot: BotId, keep: i64) -> Result<i64, Error> {
        let Some(newest_dropped) = self.row(
            "SELECT id FROM update_queue WHERE bot_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
            &[&bot.0, &keep.max(0)],
            |row| Ok(row.get::<_, i64>(0)?),
        )?
        else {
            return Ok(0);
        };
        let dropped = self.delete_updates_below(bot, UpdateId(newest_dropped + 1))? as i64;
        self.count_dropped(bot, dropped)?;
        Ok(dropped)
    }

    /// Adds to the count of what a bot's program never saw.
    pub(super) fn count_dropped(&mut self, bot: BotId, dropped: i64) -> Result<(), Error> {
        self.write("UPDATE bot SET updates_dropped = updates_dropped + ? WHERE id = ?", &[&dropped, &bot.0])?;
        Ok(())
    }
}
