//! Table `bridge_file`: files that pass a link, from when they were said on one side until they are on the other, and what
//! was said and done behind them. What is left of a killed run is fetched and said anew. The core decides.

use rusqlite::Row;

use crate::base::id::{BotId, LinkId};
use crate::base::secret::Secret;
use crate::store::row::{AlbumPlace, CarryHeading, CarryKind, CarryRow};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// A file is to pass a link; gives its number. The row's own is ignored.
    pub fn insert_carry(&mut self, row: &CarryRow) -> Result<i64, Error> {
        let address = self.sealed(&place(row.bot, &row.message_id), Some(&row.address)).unwrap_or_default();
        self.insert(
            "INSERT INTO bridge_file (link_id, bot_id, origin, target, message_id, reply_to, caption, address, name,
             media_type, bytes, kind, about, buttons, author, album, at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.link.0,
                &row.bot.0,
                &row.origin.as_str(),
                &row.target.as_str(),
                &row.message_id,
                &row.reply_to,
                &row.caption,
                &address,
                &row.name,
                &row.media_type,
                &row.bytes,
                &row.kind.as_str(),
                &row.about,
                &row.buttons,
                &row.author,
                &row.album.as_number(),
                &row.at_ms,
            ],
        )
    }

    /// One of them.
    pub fn find_carry(&self, id: i64) -> Result<Option<CarryRow>, Error> {
        self.row(
            "SELECT id, link_id, bot_id, origin, target, message_id, reply_to, caption, address, name, media_type, bytes,
             kind, about, buttons, author, album, at FROM bridge_file WHERE id = ?",
            &[&id],
            |row| self.read_carry(row),
        )
    }

    /// All of them, in order.
    pub fn list_carries(&self) -> Result<Vec<CarryHeading>, Error> {
        let sql =
            "SELECT id, link_id, bot_id, target, message_id, kind, author, album, at FROM bridge_file ORDER BY id";
        self.rows(sql, &[], |row| {
            Ok(CarryHeading {
                id: row.get(0)?,
                link: LinkId(row.get(1)?),
                bot: BotId(row.get(2)?),
                target: bare_jid(&row.get::<_, String>(3)?)?,
                message_id: row.get(4)?,
                kind: CarryKind::from_name(&row.get::<_, String>(5)?),
                author: row.get(6)?,
                album: AlbumPlace::from_number(row.get(7)?),
                at_ms: row.get(8)?,
            })
        })
    }

    /// Whether what a bot says under an id waits to pass a link.
    pub fn is_carried(&self, bot: BotId, message_id: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM bridge_file WHERE bot_id = ? AND message_id = ?)";
        Ok(self.number(sql, &[&bot.0, &message_id])? != 0)
    }

    /// What is said with one is otherwise now.
    pub fn store_carry_text(&mut self, id: i64, text: &str) -> Result<(), Error> {
        self.write("UPDATE bridge_file SET caption = ? WHERE id = ?", &[&text, &id])?;
        Ok(())
    }

    /// One was said, or never will be.
    pub fn delete_carry(&mut self, id: i64) -> Result<(), Error> {
        self.write("DELETE FROM bridge_file WHERE id = ?", &[&id])?;
        Ok(())
    }

    /// The one that is said under an id of a bot's; gives its number.
    pub fn delete_carry_of(&mut self, bot: BotId, message_id: &str) -> Result<Option<i64>, Error> {
        let sql = "SELECT id FROM bridge_file WHERE bot_id = ? AND message_id = ?";
        let id: Option<i64> = self.row(sql, &[&bot.0, &message_id], |row| Ok(row.get(0)?))?;
        match id {
            Some(id) => self.delete_carry(id).map(|()| Some(id)),
            None => Ok(None),
        }
    }

    fn read_carry(&self, row: &Row<'_>) -> Result<CarryRow, Error> {
        let (bot, message_id) = (BotId(row.get(2)?), row.get::<_, String>(5)?);
        let address = self.opened(&place(bot, &message_id), row.get(8)?)?.unwrap_or_else(|| Secret::new(""));
        Ok(CarryRow {
            id: row.get(0)?,
            link: LinkId(row.get(1)?),
            bot,
            origin: bare_jid(&row.get::<_, String>(3)?)?,
            target: bare_jid(&row.get::<_, String>(4)?)?,
            message_id,
            reply_to: row.get(6)?,
            caption: row.get(7)?,
            address,
            name: row.get(9)?,
            media_type: row.get(10)?,
            bytes: row.get(11)?,
            kind: CarryKind::from_name(&row.get::<_, String>(12)?),
            about: row.get(13)?,
            buttons: row.get(14)?,
            author: row.get(15)?,
            album: AlbumPlace::from_number(row.get(16)?),
            at_ms: row.get(17)?,
        })
    }
}

fn place(bot: BotId, message_id: &str) -> String {
    format!("bridge_file.address:{bot}:{message_id}")
}
