//! Tables `omemo_key` and `omemo_policy`: identity keys of others' devices with what became of them, and by which policy
//! an account judges new ones. The engine decides; nothing here goes by age, for a forgotten key could be exchanged.

use rusqlite::Row;

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::store::row::KeyRow;
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// The keys that an account knows of somebody, the oldest first.
    pub fn list_omemo_keys(&self, account: AccountId, jid: &BareJid) -> Result<Vec<KeyRow>, Error> {
        self.rows(
            "SELECT jid, device, key, standing, first_seen FROM omemo_key WHERE account_id = ? AND jid = ?
             ORDER BY first_seen, device",
            &[&account.0, &jid.as_str()],
            read_key,
        )
    }

    /// The keys that an account knows, the newest first, at most `limit`.
    pub fn list_all_omemo_keys(&self, account: AccountId, limit: i64) -> Result<Vec<KeyRow>, Error> {
        self.rows(
            "SELECT jid, device, key, standing, first_seen FROM omemo_key WHERE account_id = ?
             ORDER BY first_seen DESC, jid, device LIMIT ?",
            &[&account.0, &limit],
            read_key,
        )
    }

    /// How many keys an account knows.
    pub fn count_omemo_keys(&self, account: AccountId) -> Result<i64, Error> {
        self.number("SELECT count(*) FROM omemo_key WHERE account_id = ?", &[&account.0])
    }

    /// Keeps a key, new or as it is now.
    pub fn store_omemo_key(&mut self, account: AccountId, row: &KeyRow) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO omemo_key (account_id, jid, device, key, standing, first_seen)
             VALUES (?, ?, ?, ?, ?, ?)",
            &[&account.0, &row.jid.as_str(), &row.device, &row.key, &row.standing, &row.first_seen],
        )?;
        Ok(())
    }

    /// Forgets a key of a device.
    pub fn delete_omemo_key(&mut self, account: AccountId, row: &KeyRow) -> Result<(), Error> {
        self.write(
            "DELETE FROM omemo_key WHERE account_id = ? AND jid = ? AND device = ? AND key = ?",
            &[&account.0, &row.jid.as_str(), &row.device, &row.key],
        )?;
        Ok(())
    }

    /// By which policy an account judges keys, when one was chosen.
    pub fn omemo_policy(&self, account: AccountId) -> Result<Option<String>, Error> {
        self.row("SELECT policy FROM omemo_policy WHERE account_id = ?", &[&account.0], |row| Ok(row.get(0)?))
    }

    /// Chooses it.
    pub fn store_omemo_policy(&mut self, account: AccountId, policy: &str) -> Result<(), Error> {
        self.write("INSERT OR REPLACE INTO omemo_policy (account_id, policy) VALUES (?, ?)", &[&account.0, &policy])?;
        Ok(())
    }
}

fn read_key(row: &Row<'_>) -> Result<KeyRow, Error> {
    Ok(KeyRow {
        jid: bare_jid(&row.get::<_, String>(0)?)?,
        device: row.get(1)?,
        key: row.get(2)?,
        standing: row.get(3)?,
        first_seen: row.get(4)?,
    })
}
