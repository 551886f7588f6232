//! Tables `web_file` and `web_attachment`: files that people with a browser and bots have sent, and which messages have
//! them. The files themselves lie beside the database.

use rusqlite::Row;

use crate::base::id::{BotId, MessageId};
use crate::store::row::{FileOwner, WebFileRow};
use crate::store::{Error, Store};

/// A file as [`read_file`] reads it.
const FILE: &str = "SELECT f.ulid, f.path, f.name, f.media_type, f.size FROM web_file AS f";

impl Store {
    /// A new file.
    pub fn insert_web_file(&mut self, row: &WebFileRow, owner: FileOwner, now_s: i64) -> Result<i64, Error> {
        let (user, bot) = columns(owner);
        self.insert(
            "INSERT INTO web_file (ulid, path, user_id, bot_id, name, media_type, size, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            &[&row.ulid, &row.path, &user, &bot, &row.name, &row.media_type, &row.size, &now_s],
        )
    }

    /// A file by the place where it lies.
    pub fn find_web_file_at(&self, path: &str) -> Result<Option<WebFileRow>, Error> {
        self.row(&format!("{FILE} WHERE f.path = ?"), &[&path], read_file)
    }

    /// One of somebody's files, and its number.
    pub fn find_web_file(&self, ulid: &str, owner: FileOwner) -> Result<Option<(i64, WebFileRow)>, Error> {
        let (user, bot) = columns(owner);
        let sql = "SELECT id FROM web_file WHERE ulid = ?1 AND user_id IS ?2 AND bot_id IS ?3";
        let id = self.row(sql, &[&ulid.to_lowercase(), &user, &bot], |row| Ok(row.get::<_, i64>(0)?))?;
        let Some(id) = id else { return Ok(None) };
        let row = self.row(&format!("{FILE} WHERE f.id = ?"), &[&id], read_file)?;
        Ok(row.map(|row| (id, row)))
    }

    /// How many bytes somebody's files have together.
    pub fn web_bytes_of(&self, owner: FileOwner) -> Result<i64, Error> {
        let (user, bot) = columns(owner);
        match owner {
            FileOwner::User(_) => {
                self.number("SELECT coalesce(sum(size), 0) FROM web_file WHERE user_id = ?", &[&user])
            }
            FileOwner::Bot(_) => self.number("SELECT coalesce(sum(size), 0) FROM web_file WHERE bot_id = ?", &[&bot]),
        }
    }

    /// How many files there are, and how many bytes they have together.
    pub fn count_web_files(&self) -> Result<(i64, i64), Error> {
        let sql = "SELECT count(*), coalesce(sum(size), 0) FROM web_file";
        Ok(self.row(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default())
    }

    /// A message has these files, in this order.
    pub fn attach_web_files(&mut self, message: MessageId, files: &[i64]) -> Result<(), Error> {
        for (position, file) in files.iter().enumerate() {
            let position = i64::try_from(position).unwrap_or(i64::MAX);
            self.write(
                "INSERT INTO web_attachment (message_id, position, file_id) VALUES (?, ?, ?)",
                &[&message.0, &position, file],
            )?;
        }
        Ok(())
    }

    /// The files of a message, in their order.
    pub fn web_attachments(&self, message: MessageId) -> Result<Vec<WebFileRow>, Error> {
        let sql =
            format!("{FILE} JOIN web_attachment AS a ON a.file_id = f.id WHERE a.message_id = ? ORDER BY a.position");
        self.rows(&sql, &[&message.0], read_file)
    }

    /// Where all files lie.
    pub fn list_web_paths(&self) -> Result<Vec<String>, Error> {
        self.rows("SELECT path FROM web_file", &[], |row| Ok(row.get(0)?))
    }

    /// Forgets some of the files that no message has and that came before this; gives where they lie. Looks first.
    pub fn drop_web_files(&mut self, before_s: i64, most: i64, spared: &[String]) -> Result<Vec<String>, Error> {
        let old = self.rows(
            "SELECT id, path FROM web_file WHERE created_at < ?
             AND NOT EXISTS (SELECT 1 FROM web_attachment WHERE file_id = web_file.id) ORDER BY id LIMIT ?",
            &[&before_s, &(most + i64::try_from(spared.len()).unwrap_or(0))],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )?;
        let mut gone = Vec::new();
        for (id, path) in old.into_iter().filter(|(_, path)| !spared.contains(path)) {
            self.write("DELETE FROM web_file WHERE id = ?", &[&id])?;
            gone.push(path);
        }
        Ok(gone)
    }
}

fn columns(owner: FileOwner) -> (Option<i64>, Option<i64>) {
    match owner {
        FileOwner::User(user) => (Some(user), None),
        FileOwner::Bot(BotId(bot)) => (None, Some(bot)),
    }
}

fn read_file(row: &Row<'_>) -> Result<WebFileRow, Error> {
    Ok(WebFileRow {
        ulid: row.get(0)?,
        path: row.get(1)?,
        name: row.get(2)?,
        media_type: row.get(3)?,
        size: row.get(4)?,
    })
}
