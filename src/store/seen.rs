//! Table `seen`: ids of stanzas already handled, so that what arrives twice is handled once (docs/architecture.md).

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

    /// Remembers that a copy of something told may come on another way; of each `key` the latest 256 are known. `at_s` is
    /// when it was sent, as far as that is known.
    pub fn expect_copy(&mut self, account: AccountId, key: &str, at_s: i64) -> Result<(), Error> {
        let (first, last) = copies(key);
        let sql =
            "SELECT key FROM seen WHERE account_id = ? AND key BETWEEN ? AND ? ORDER BY at DESC, key DESC LIMIT 1";
        let newest = self.row(sql, &[&account.0, &&first[..], &&last[..]], |row| Ok(row.get::<_, Vec<u8>>(0)?))?;
        let number = newest.and_then(|key| key.last().copied()).map_or(0, |number| number.wrapping_add(1));
        let mut key = first;
        key[KEY_BYTES - 1] = number;
        self.write(
            "INSERT OR REPLACE INTO seen (account_id, key, at) VALUES (?, ?, ?)",
            &[&account.0, &&key[..], &at_s],
        )?;
        Ok(())
    }

    /// Takes the expected copy that was sent nearest to `at_s`, and at most `within_s` away, or `alone_within_s` if it is the
    /// only one; where it is not known when it was sent, any. Gives whether there was one.
    pub fn take_copy(
        &mut self,
        account: AccountId,
        key: &str,
        at_s: Option<i64>,
        (within_s, alone_within_s): (i64, i64),
    ) -> Result<bool, Error> {
        let (first, last) = copies(key);
        let sql = "SELECT key FROM seen WHERE account_id = ?1 AND key BETWEEN ?2 AND ?3
                   AND abs(at - coalesce(?4, at)) <= CASE WHEN EXISTS (SELECT 1 FROM seen other WHERE other.account_id = ?1
                       AND other.key BETWEEN ?2 AND ?3 AND other.key <> seen.key) THEN ?5 ELSE ?6 END
                   ORDER BY abs(at - coalesce(?4, at)), at, key LIMIT 1";
        let parameters: &[&dyn rusqlite::ToSql] =
            &[&account.0, &&first[..], &&last[..], &at_s, &within_s, &alone_within_s];
        let Some(found) = self.row(sql, parameters, |row| Ok(row.get::<_, Vec<u8>>(0)?))? else { return Ok(false) };
        self.write("DELETE FROM seen WHERE account_id = ? AND key = ?", &[&account.0, &found])?;
        Ok(true)
    }
}

/// The first and the last key of the copies of one thing: they differ in the last byte.
fn copies(key: &str) -> ([u8; KEY_BYTES], [u8; KEY_BYTES]) {
    let hash = sha256(key.as_bytes());
    let mut first = [0; KEY_BYTES];
    first[..KEY_BYTES - 1].copy_from_slice(&hash[..KEY_BYTES - 1]);
    let mut last = first;
    last[KEY_BYTES - 1] = u8::MAX;
    (first, last)
}
