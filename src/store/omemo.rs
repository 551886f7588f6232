//! Tables `omemo_*`: our devices, sessions with those of others, their lists, and messages that wait to
//! be encrypted. Records are sealed, each for its place; what they mean is known to the engine only.
//!
//! Written in the transaction of the message they belong to, so that no ratchet ever goes back (docs/architecture.md).

use rusqlite::Row;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::base::text;
use crate::store::row::{OmemoDeviceRow, OmemoPeer, OmemoSessionRow, OmemoWaitingRow};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

// --- our own device ---

impl Store {
    /// Our device in one version; its record is empty where it cannot be unsealed.
    pub fn omemo_device(&self, account: AccountId, version: i64) -> Result<Option<OmemoDeviceRow>, Error> {
        self.row(
            "SELECT record, revision, published, listed_at FROM omemo_device WHERE account_id = ? AND version = ?",
            &[&account.0, &version],
            |row| {
                Ok(OmemoDeviceRow {
                    record: self.open_record(&device_place(account, version), row.get(0)?)?.unwrap_or_default(),
                    revision: row.get(1)?,
                    published: row.get(2)?,
                    listed_at: row.get(3)?,
                })
            },
        )
    }

    /// Keeps it.
    pub fn store_omemo_device(
        &mut self,
        account: AccountId,
        version: i64,
        device: &OmemoDeviceRow,
    ) -> Result<(), Error> {
        self.device_changes += 1;
        let record = self.seal_bytes(&device_place(account, version), Some(&device.record));
        self.write(
            "INSERT OR REPLACE INTO omemo_device (account_id, version, record, revision, published, listed_at)
             VALUES (?, ?, ?, ?, ?, ?)",
            &[&account.0, &version, &record, &device.revision, &device.published, &device.listed_at],
        )?;
        Ok(())
    }

    /// The accounts that have a device, with its version.
    pub fn list_omemo_devices(&self) -> Result<Vec<(AccountId, i64)>, Error> {
        let sql = "SELECT account_id, version FROM omemo_device ORDER BY account_id, version";
        self.rows(sql, &[], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))
    }

    /// A number that grows whenever a device of ours may have changed, in this transaction or by taking one back: as long as
    /// it is the same, what was read is.
    pub fn device_changes(&self) -> u64 {
        self.device_changes
    }

    /// Whether an account has a device of ours, be its record of use or not.
    pub fn has_omemo_device(&self, account: AccountId) -> Result<bool, Error> {
        Ok(self.number("SELECT count(*) FROM omemo_device WHERE account_id = ?", &[&account.0])? > 0)
    }

    /// Forgets our device in both versions, and everything that was built on it.
    pub fn delete_omemo(&mut self, account: AccountId) -> Result<(), Error> {
        self.device_changes += 1;
        self.write("DELETE FROM omemo_device WHERE account_id = ?", &[&account.0])?;
        self.write("DELETE FROM omemo_session WHERE account_id = ?", &[&account.0])?;
        self.write("DELETE FROM omemo_list WHERE account_id = ?", &[&account.0])?;
        self.write("DELETE FROM omemo_skipped WHERE account_id = ?", &[&account.0])?;
        Ok(())
    }
}

// --- sessions ---

impl Store {
    /// The session with a device; without a record where that cannot be unsealed.
    pub fn omemo_session(&self, peer: &OmemoPeer) -> Result<Option<OmemoSessionRow>, Error> {
        self.row(
            "SELECT record, owes, healed_at FROM omemo_session
             WHERE account_id = ? AND version = ? AND jid = ? AND device = ?",
            &[&peer.account.0, &peer.version, &peer.jid.as_str(), &peer.device],
            |row| {
                let record = self.open_record(&session_place(peer), row.get(0)?)?;
                Ok(OmemoSessionRow { record, owes: row.get(1)?, healed_at: row.get(2)? })
            },
        )
    }

    /// Keeps it.
    pub fn store_omemo_session(&mut self, peer: &OmemoPeer, session: &OmemoSessionRow) -> Result<(), Error> {
        let record = self.seal_bytes(&session_place(peer), session.record.as_deref());
        self.write(
            "INSERT OR REPLACE INTO omemo_session (account_id, version, jid, device, record, owes, healed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[
                &peer.account.0,
                &peer.version,
                &peer.jid.as_str(),
                &peer.device,
                &record,
                &session.owes,
                &session.healed_at,
            ],
        )?;
        Ok(())
    }

    /// All sessions there are owe this from now on, and all lists count as old.
    pub fn store_omemo_owed(&mut self, owes: i64) -> Result<(), Error> {
        self.write("UPDATE omemo_session SET owes = ? WHERE record IS NOT NULL", &[&owes])?;
        self.write("UPDATE omemo_list SET at = 0", &[])?;
        Ok(())
    }

    /// The devices of somebody with whom there are sessions.
    pub fn list_omemo_sessions(&self, account: AccountId, version: i64, jid: &BareJid) -> Result<Vec<u32>, Error> {
        self.rows(
            "SELECT device FROM omemo_session
             WHERE account_id = ? AND version = ? AND jid = ? AND record IS NOT NULL ORDER BY device",
            &[&account.0, &version, &jid.as_str()],
            |row| Ok(row.get(0)?),
        )
    }

    /// The devices that an account owes something.
    pub fn list_omemo_owed(&self, account: AccountId) -> Result<Vec<OmemoPeer>, Error> {
        self.rows(
            "SELECT version, jid, device FROM omemo_session WHERE account_id = ? AND owes <> 0",
            &[&account.0],
            |row| {
                let jid = bare_jid(&row.get::<_, String>(1)?)?;
                Ok(OmemoPeer { account, version: row.get(0)?, jid, device: row.get(2)? })
            },
        )
    }
}

// --- lists and bundles of others ---

impl Store {
    /// A device list, and when it was read.
    pub fn omemo_list(
        &self,
        account: AccountId,
        version: i64,
        jid: &BareJid,
    ) -> Result<Option<(Vec<u32>, i64)>, Error> {
        self.row(
            "SELECT devices, at FROM omemo_list WHERE account_id = ? AND version = ? AND jid = ?",
            &[&account.0, &version, &jid.as_str()],
            |row| {
                let devices: String = row.get(0)?;
                Ok((devices.split(' ').filter_map(|id| id.parse().ok()).collect(), row.get(1)?))
            },
        )
    }

    /// Keeps it.
    pub fn store_omemo_list(
        &mut self,
        account: AccountId,
        version: i64,
        jid: &BareJid,
        devices: &[u32],
        at: i64,
    ) -> Result<(), Error> {
        let devices = devices.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        self.write(
            "INSERT OR REPLACE INTO omemo_list (account_id, version, jid, devices, at) VALUES (?, ?, ?, ?, ?)",
            &[&account.0, &version, &jid.as_str(), &devices, &at],
        )?;
        Ok(())
    }

    /// Until when a device is left out; `None` when it is not.
    pub fn omemo_skipped(&self, peer: &OmemoPeer) -> Result<Option<i64>, Error> {
        self.row(
            "SELECT until FROM omemo_skipped WHERE account_id = ? AND version = ? AND jid = ? AND device = ?",
            &[&peer.account.0, &peer.version, &peer.jid.as_str(), &peer.device],
            |row| Ok(row.get(0)?),
        )
    }

    /// Leaves a device out for a while.
    pub fn store_omemo_skipped(&mut self, peer: &OmemoPeer, until: i64) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO omemo_skipped (account_id, version, jid, device, until) VALUES (?, ?, ?, ?, ?)",
            &[&peer.account.0, &peer.version, &peer.jid.as_str(), &peer.device, &until],
        )?;
        Ok(())
    }
}

// --- messages that wait ---

impl Store {
    /// Appends a message. The row's own `id` is ignored.
    pub fn insert_omemo_waiting(&mut self, row: &OmemoWaitingRow) -> Result<(), Error> {
        let stanza = self.sealed(&waiting_place(row.account), Some(&Secret::new(row.stanza.as_str())));
        self.write(
            "INSERT INTO omemo_waiting (account_id, bot_id, jid, message_id, stanza, required, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.account.0,
                &row.bot.map(|bot| bot.0),
                &row.jid.as_str(),
                &row.message_id,
                &stanza,
                &row.required,
                &row.created_at,
            ],
        )?;
        Ok(())
    }

    /// What waits for somebody, in the order of sending.
    pub fn list_omemo_waiting(
        &self,
        account: AccountId,
        jid: &BareJid,
        limit: usize,
    ) -> Result<Vec<OmemoWaitingRow>, Error> {
        self.rows(
            "SELECT id, account_id, bot_id, jid, message_id, stanza, required, created_at FROM omemo_waiting
             WHERE account_id = ? AND jid = ? ORDER BY id LIMIT ?",
            &[&account.0, &jid.as_str(), &i64::try_from(limit).unwrap_or(i64::MAX)],
            |row| self.read_waiting(row),
        )
    }

    /// Whether a message waits.
    pub fn is_omemo_waiting(&self, account: AccountId, message_id: &str) -> Result<bool, Error> {
        let count = self.number(
            "SELECT count(*) FROM omemo_waiting WHERE account_id = ? AND message_id = ?",
            &[&account.0, &message_id],
        )?;
        Ok(count > 0)
    }

    /// Who is waited for, and since when.
    pub fn list_omemo_awaited(&self, account: AccountId) -> Result<Vec<(BareJid, i64)>, Error> {
        self.rows(
            "SELECT jid, min(created_at) FROM omemo_waiting WHERE account_id = ? GROUP BY jid",
            &[&account.0],
            |row| Ok((bare_jid(&row.get::<_, String>(0)?)?, row.get(1)?)),
        )
    }

    /// How many wait, for all of an account's conversations.
    pub fn count_omemo_waiting(&self, account: AccountId) -> Result<i64, Error> {
        self.number("SELECT count(*) FROM omemo_waiting WHERE account_id = ?", &[&account.0])
    }

    /// It is on its way, or is given up.
    pub fn delete_omemo_waiting(&mut self, id: i64) -> Result<(), Error> {
        self.write("DELETE FROM omemo_waiting WHERE id = ?", &[&id])?;
        Ok(())
    }

    fn read_waiting(&self, row: &Row<'_>) -> Result<OmemoWaitingRow, Error> {
        let account = AccountId(row.get(1)?);
        // One that cannot be unsealed must not hold up the others.
        let stanza = self.opened(&waiting_place(account), row.get(5)?).unwrap_or_else(|error| {
            log::error!("store: {error}");
            None
        });
        Ok(OmemoWaitingRow {
            id: row.get(0)?,
            account,
            bot: row.get::<_, Option<i64>>(2)?.map(BotId),
            jid: bare_jid(&row.get::<_, String>(3)?)?,
            message_id: row.get(4)?,
            stanza: stanza.map(|stanza| stanza.expose().to_string()).unwrap_or_default(),
            required: row.get(6)?,
            created_at: row.get(7)?,
        })
    }

    fn seal_bytes(&self, place: &str, bytes: Option<&[u8]>) -> Option<String> {
        self.sealed(place, bytes.map(text::base64).map(Secret::new).as_ref())
    }

    /// A record that cannot be read is none: another can be made.
    fn open_record(&self, place: &str, sealed: Option<String>) -> Result<Option<Vec<u8>>, Error> {
        match self.opened(place, sealed) {
            Ok(secret) => Ok(secret.and_then(|secret| text::unbase64(secret.expose()))),
            Err(Error::Corrupt(what)) => {
                log::error!("store: {what}");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn device_place(account: AccountId, version: i64) -> String {
    format!("omemo_device.record:{account}:{version}")
}

fn session_place(peer: &OmemoPeer) -> String {
    format!("omemo_session.record:{}:{}:{}:{}", peer.account, peer.version, peer.jid, peer.device)
}

fn waiting_place(account: AccountId) -> String {
    format!("omemo_waiting.stanza:{account}")
}
