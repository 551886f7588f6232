//! Table `idempotency`: what a bot's program sent under which `Idempotency-Key`, so that a repeated request sends
//! nothing twice.

use crate::base::id::BotId;
use crate::store::row::SentBefore;
use crate::store::{Error, Store};

impl Store {
    /// What was sent under a key.
    pub fn sent_before(&self, bot: BotId, key: &str) -> Result<Option<SentBefore>, Error> {
        self.row(
            "SELECT message_id, request_hash FROM idempotency WHERE bot_id = ? AND key = ?",
            &[&bot.0, &key],
            |row| {
                let (message_id, hash): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
                // One byte behind the hash.
                let encrypted = hash.get(32).map(|byte| *byte == 1);
                let request_hash = hash.get(..32).and_then(|hash| hash.try_into().ok()).unwrap_or_default();
                Ok(SentBefore { message_id, request_hash, encrypted })
            },
        )
    }

    /// Remembers a message under a key; a later one replaces it.
    pub fn remember_sent(&mut self, bot: BotId, key: &str, sent: &SentBefore, now_s: i64) -> Result<(), Error> {
        let encrypted = sent.encrypted.map(u8::from);
        let hash: Vec<u8> = sent.request_hash.iter().copied().chain(encrypted).collect();
        self.write(
            "INSERT OR REPLACE INTO idempotency (bot_id, key, message_id, request_hash, created_at)
             VALUES (?, ?, ?, ?, ?)",
            &[&bot.0, &key, &sent.message_id, &hash, &now_s],
        )?;
        Ok(())
    }
}
