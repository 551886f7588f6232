//! Table `bot`: who there is. Read whole at the start; written when something about a bot changes.
//!
//! The token is kept twice: as SHA-256 to look it up by, and sealed, to be shown again (docs/api.md).

use rusqlite::Row;

use crate::base::id::BotId;
use crate::base::text::hex;
use crate::store::row::BotRow;
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// All bots, in the order they were made.
    pub fn list_bots(&self) -> Result<Vec<BotRow>, Error> {
        self.rows(
            "SELECT id, name, jid, token_hash, token_raw, owner_jid, description, status, mode, receive, created_at,
             last_active, updates_dropped, access FROM bot ORDER BY id",
            &[],
            |row| self.read_bot(row),
        )
    }

    /// A new bot; gives its number, which is never used again. The row's own `id` is ignored.
    pub fn insert_bot(&mut self, bot: &BotRow) -> Result<BotId, Error> {
        let id = self.insert(
            "INSERT INTO bot (name, token_hash, owner_jid) VALUES (?, ?, ?)",
            &[&bot.name, &bot.token_hash.map(|hash| hex(&hash)), &bot.owner.as_str()],
        )?;
        // The number is part of the place the token is sealed for, so the rest follows when it is known.
        self.write_bot(BotId(id), bot)?;
        Ok(BotId(id))
    }

    /// Keeps a bot as it is now. Nothing happens when it is gone.
    pub fn store_bot(&mut self, bot: &BotRow) -> Result<(), Error> {
        self.write_bot(bot.id, bot)
    }

    /// Deletes a bot with everything that belongs to it: commands, updates, idempotency keys, lines of the
    /// built-in chat, settings. The audit log stays, and messages that were accepted are still sent.
    pub fn delete_bot(&mut self, id: BotId) -> Result<(), Error> {
        // '`' follows '_': the range holds what begins with `bot_3_`, by the primary key.
        self.write("DELETE FROM settings WHERE key >= ? AND key < ?", &[&format!("bot_{id}_"), &format!("bot_{id}`")])?;
        self.delete_conversations_of_bot(id)?;
        self.keep_last_update()?;
        // References of their own would be looked after with each message.
        let messages = ["telegram_outbox", "telegram_message", "number_known", "number_message"];
        for table in ["unread", "webhook_retry", "webhook_attempt", "update_queue"].into_iter().chain(messages) {
            self.write(&format!("DELETE FROM {table} WHERE bot_id = ?"), &[&id.0])?;
        }
        self.write("UPDATE outbox SET bot_id = NULL WHERE bot_id = ?", &[&id.0])?;
        self.write("DELETE FROM bot WHERE id = ?", &[&id.0])?;
        Ok(())
    }

    fn write_bot(&mut self, id: BotId, bot: &BotRow) -> Result<(), Error> {
        let token = self.sealed(&token_place(id), bot.token.as_ref());
        self.write(
            "UPDATE bot SET name = ?, jid = ?, token_hash = ?, token_raw = ?, owner_jid = ?, description = ?,
             status = ?, mode = ?, receive = ?, created_at = ?, last_active = ?, updates_dropped = ?, access = ?
             WHERE id = ?",
            &[
                &bot.name,
                &bot.jid.as_ref().map(|jid| jid.as_str()),
                &bot.token_hash.map(|hash| hex(&hash)),
                &token,
                &bot.owner.as_str(),
                &bot.description,
                &if bot.active { "active" } else { "disabled" },
                &bot.mode,
                &bot.receive,
                &bot.created_at,
                &bot.last_active,
                &bot.updates_dropped,
                &bot.access,
                &id.0,
            ],
        )?;
        Ok(())
    }

    fn read_bot(&self, row: &Row<'_>) -> Result<BotRow, Error> {
        let id = BotId(row.get(0)?);
        let token_hash: Option<String> = row.get(3)?;
        Ok(BotRow {
            id,
            name: row.get(1)?,
            jid: row.get::<_, Option<String>>(2)?.map(|jid| bare_jid(&jid)).transpose()?,
            token_hash: token_hash.map(|text| unhex(id, &text)).transpose()?,
            token: self.opened(&token_place(id), row.get(4)?)?,
            owner: bare_jid(&row.get::<_, String>(5)?)?,
            description: row.get(6)?,
            active: row.get::<_, String>(7)? == "active",
            mode: row.get(8)?,
            receive: row.get(9)?,
            created_at: row.get(10)?,
            last_active: row.get(11)?,
            updates_dropped: row.get(12)?,
            access: row.get(13)?,
        })
    }
}

fn token_place(id: BotId) -> String {
    format!("bot.token_raw:{id}")
}

fn unhex(id: BotId, text: &str) -> Result<[u8; 32], Error> {
    crate::store::key::unhex(text.as_bytes()).ok_or_else(|| Error::Corrupt(format!("bot.token_hash:{id} is not one")))
}
