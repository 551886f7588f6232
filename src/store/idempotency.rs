//! Table `idempotency`: what a bot's program sent under which `Idempotency-Key`, so that a repeated request sends
//! nothing twice.

use crate::base::id::BotId;
use crate::store::{Error, Store};

impl Store {
    /// The id of the message sent under a key, and the hash of the request that did.
    pub fn sent_before(&self, bot: BotId, key: &str) -> Result<Option<(String, [u8; 32])>, Error> {
        self.row(
            "SELECT message_id, request_hash FROM idempotency WHERE bot_id = ? AND key = ?",
            &[&bot.0, &key],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Remembers a message under a key; a later one replaces it.
    pub fn remember_sent(
        &mut self,
        bot: BotId,
        key: &str,
        message_id: &str,
        request_hash: &[u8; 32],
        now_s: i64,
    ) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO idempotency (bot_id, key, message_id, request_hash, created_at)
             VALUES (?, ?, ?, ?, ?)",
            &[&bot.0, &key, &message_id, request_hash, &now_s],
        )?;
        Ok(())
    }
}
