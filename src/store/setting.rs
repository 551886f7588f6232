//! Table `settings`: keys and values of the guide's §9.2. Each key is spelled here and nowhere else.

use crate::base::jid::BareJid;
use crate::store::{Error, Store};

impl Store {
    /// A value.
    pub fn setting(&self, key: &str) -> Result<Option<String>, Error> {
        self.row("SELECT value FROM settings WHERE key = ?", &[&key], |row| Ok(row.get(0)?))
    }

    /// Keeps a value.
    pub fn store_setting(&mut self, key: &str, value: &str) -> Result<(), Error> {
        self.write(
            "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            &[&key, &value],
        )?;
        Ok(())
    }

    /// Forgets a value.
    pub fn delete_setting(&mut self, key: &str) -> Result<(), Error> {
        self.write("DELETE FROM settings WHERE key = ?", &[&key])?;
        Ok(())
    }

    /// Whether Botmother is on for an owner: it is until it was turned off.
    pub fn owner_enabled(&self, owner: &BareJid) -> Result<bool, Error> {
        Ok(self.setting(&owner_enabled_key(owner))?.is_none_or(|value| value != "false"))
    }

    /// Turns Botmother on or off for an owner.
    pub fn store_owner_enabled(&mut self, owner: &BareJid, enabled: bool) -> Result<(), Error> {
        self.store_setting(&owner_enabled_key(owner), if enabled { "true" } else { "false" })
    }
}

fn owner_enabled_key(owner: &BareJid) -> String {
    format!("botmother_account_enabled:{}", owner.as_str())
}
