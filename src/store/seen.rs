//! Table `seen`: ids of stanzas already handled, so that what arrives twice is handled once (contract §5.3).

use crate::base::crypto::sha256;
use crate::base::id::AccountId;
use crate::store::{Error, Store};

/// Bytes of the hash that are kept. Nobody finds two ids with the same 128 bits, nor meets them by chance.
const KEY_BYTES: usize = 16;

impl Store {
    /// Remembers the id of a stanza; `true` when it is new.
    pub fn see(&mut self, account: AccountId, key: &str, now_s: i64) -> Result<bool, Error> {
        let hash = sha256(key.as_bytes());
        let written = self.write(
            "INSERT INTO seen (account_id, key, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            &[&account.0, &&hash[..KEY_BYTES], &now_s],
        )?;
        Ok(written == 1)
    }

    /// Whether an id is remembered.
    pub fn has_seen(&self, account: AccountId, key: &str) -> Result<bool, Error> {
        let hash = sha256(key.as_bytes());
        let sql = "SELECT EXISTS (SELECT 1 FROM seen WHERE account_id = ? AND key = ?)";
        Ok(self.number(sql, &[&account.0, &&hash[..KEY_BYTES]])? != 0)
    }
}
