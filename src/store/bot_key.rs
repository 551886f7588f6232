//! Table `bot_key`: the key of a bot beside its tokens, for programs that were written for Botyard.
//!
//! Kept twice, as a bot's token is: as SHA-256 to look it up by, and sealed, to be shown again.

use crate::base::crypto;
use crate::base::id::BotId;
use crate::base::secret::Secret;
use crate::base::text::hex;
use crate::store::key::unhex;
use crate::store::{Error, Store};

impl Store {
    /// The hashes of all keys.
    pub fn list_bot_keys(&self) -> Result<Vec<([u8; 32], BotId)>, Error> {
        self.rows("SELECT hash, bot_id FROM bot_key", &[], |row| {
            let (hash, bot): (String, i64) = (row.get(0)?, row.get(1)?);
            let hash =
                unhex(hash.as_bytes()).ok_or_else(|| Error::Corrupt(format!("bot_key.hash:{bot} is not one")))?;
            Ok((hash, BotId(bot)))
        })
    }

    /// The key of a bot.
    pub fn bot_key(&self, bot: BotId) -> Result<Option<Secret>, Error> {
        let sealed = self.row("SELECT raw FROM bot_key WHERE bot_id = ?", &[&bot.0], |row| Ok(row.get(0)?))?;
        self.opened(&place(bot), sealed)
    }

    /// Keeps a key in the place of the one there is.
    pub fn store_bot_key(&mut self, bot: BotId, key: &Secret) -> Result<(), Error> {
        let hash = hex(&crypto::sha256(key.expose().as_bytes()));
        let raw = self.sealed(&place(bot), Some(key));
        self.write(
            "INSERT INTO bot_key (bot_id, hash, raw) VALUES (?, ?, ?)
             ON CONFLICT (bot_id) DO UPDATE SET hash = excluded.hash, raw = excluded.raw",
            &[&bot.0, &hash, &raw],
        )?;
        Ok(())
    }

    /// A bot has no key any more.
    pub fn delete_bot_key(&mut self, bot: BotId) -> Result<(), Error> {
        self.write("DELETE FROM bot_key WHERE bot_id = ?", &[&bot.0])?;
        Ok(())
    }
}

fn place(bot: BotId) -> String {
    format!("bot_key.raw:{bot}")
}
