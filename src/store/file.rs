//! Table `file`: files that bots were told of, so that these and no others can be fetched for them; keys of encrypted ones
//! are sealed. Rows go by age and number (purge.rs), unless a history names them, and with their bot.

use rusqlite::Row;

use crate::base::id::BotId;
use crate::base::limits;
use crate::store::row::FileRow;
use crate::store::{Error, Store};

impl Store {
    /// Remembers a file; of one that is known already, what is said now. The oldest of the same bot go beyond the limit.
    pub fn insert_file(&mut self, row: &FileRow, now_s: i64) -> Result<(), Error> {
        let known = self.row(
            "SELECT id, EXISTS (SELECT 1 FROM message_file WHERE file_id = file.id) FROM file
             WHERE bot_id = ? AND file_id = ?",
            &[&row.bot.0, &row.file_id],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)),
        )?;
        match known {
            // What a history says of it stays, whoever says something else elsewhere; and a new number would be written into
            // all that names it.
            Some((id, true)) => {
                let sql = "UPDATE file SET message_id = ?1 WHERE id = ?2 AND message_id <> ?1";
                self.write(sql, &[&row.message_id, &id])?;
                Ok(())
            }
            Some((id, false)) => self.renew_file(id, row, now_s),
            None => self.add_file(row, now_s),
        }
    }

    /// A file is said once more: it is the newest again.
    fn renew_file(&mut self, id: i64, row: &FileRow, now_s: i64) -> Result<(), Error> {
        let key = self.sealed(&key_place(row.bot, &row.file_id), row.key.as_ref());
        self.write(
            "UPDATE file SET id = (SELECT max(id) + 1 FROM file), message_id = ?, url = ?, name = ?, media_type = ?,
             size = ?, file_key = ?, created_at = ? WHERE id = ?",
            &[&row.message_id, &row.url, &row.name, &row.media_type, &row.size, &key, &now_s, &id],
        )?;
        Ok(())
    }

    /// A new one. Its bot's are counted with the first after a start and then with one in so many; numbers do not tell when,
    /// since renewed files and other bots use them up, too.
    fn add_file(&mut self, row: &FileRow, now_s: i64) -> Result<(), Error> {
        let key = self.sealed(&key_place(row.bot, &row.file_id), row.key.as_ref());
        self.write(
            "INSERT INTO file (bot_id, file_id, message_id, url, name, media_type, size, file_key, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[&row.bot.0, &row.file_id, &row.message_id, &row.url, &row.name, &row.media_type, &row.size, &key, &now_s],
        )?;
        let count = self.files_since_trim.entry(row.bot).or_insert(limits::FILE_COUNTED_EVERY - 1);
        *count += 1;
        if *count >= limits::FILE_COUNTED_EVERY {
            *count = 0;
            self.write(
                "DELETE FROM file WHERE bot_id = ?1 AND id <=
                 (SELECT id FROM file WHERE bot_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
                 AND id NOT IN (SELECT file_id FROM message_file)",
                &[&row.bot.0, &limits::FILES_PER_BOT_MAX],
            )?;
        }
        Ok(())
    }

    /// A file by its name in the API.
    pub fn find_file(&self, bot: BotId, file_id: &str) -> Result<Option<FileRow>, Error> {
        self.row(
            "SELECT bot_id, file_id, message_id, url, name, media_type, size, file_key FROM file
             WHERE bot_id = ? AND file_id = ?",
            &[&bot.0, &file_id],
            |row| self.read_file(row),
        )
    }

    /// The first file of a message.
    pub fn find_file_of(&self, bot: BotId, message_id: &str) -> Result<Option<FileRow>, Error> {
        self.row(
            "SELECT bot_id, file_id, message_id, url, name, media_type, size, file_key FROM file
             WHERE bot_id = ? AND message_id = ? ORDER BY id LIMIT 1",
            &[&bot.0, &message_id],
            |row| self.read_file(row),
        )
    }

    pub(super) fn read_file(&self, row: &Row<'_>) -> Result<FileRow, Error> {
        let (bot, file_id) = (BotId(row.get(0)?), row.get::<_, String>(1)?);
        Ok(FileRow {
            bot,
            message_id: row.get(2)?,
            url: row.get(3)?,
            name: row.get(4)?,
            media_type: row.get(5)?,
            size: row.get(6)?,
            key: self.opened(&key_place(bot, &file_id), row.get(7)?)?,
            file_id,
        })
    }
}

/// What a file's key is sealed for.
fn key_place(bot: BotId, file_id: &str) -> String {
    format!("file.file_key:{bot}:{file_id}")
}
