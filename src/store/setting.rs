//! Table `settings`: keys and values. Each key is spelled here and nowhere else.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::store::row::EjabberdRow;
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

    /// To how many others hints of a bot are remembered.
    pub fn count_hints(&self, bot: BotId) -> Result<i64, Error> {
        let (from, to) = (format!("bot_{bot}_omemo_"), format!("bot_{bot}_omemo`"));
        self.number("SELECT count(*) FROM settings WHERE key >= ? AND key < ?", &[&from, &to])
    }

    /// Whether Botmother is on for an owner: it is until it was turned off.
    pub fn owner_enabled(&self, owner: &BareJid) -> Result<bool, Error> {
        Ok(self.setting(&owner_enabled_key(owner))?.is_none_or(|value| value != "false"))
    }

    /// Turns Botmother on for an owner.
    pub fn enable_owner(&mut self, owner: &BareJid) -> Result<(), Error> {
        self.store_setting(&owner_enabled_key(owner), "true")
    }

    /// Turns Botmother off for an owner.
    pub fn disable_owner(&mut self, owner: &BareJid) -> Result<(), Error> {
        self.store_setting(&owner_enabled_key(owner), "false")
    }

    /// The settings of ejabberd's API.
    pub fn ejabberd(&self) -> Result<EjabberdRow, Error> {
        let text = |key| self.setting(key).map(Option::unwrap_or_default);
        let password = self.setting(EJABBERD_PASSWORD)?;
        Ok(EjabberdRow {
            api_url: text(EJABBERD_URL)?,
            host: text(EJABBERD_HOST)?,
            admin_jid: text(EJABBERD_ADMIN)?,
            admin_password: self.opened(EJABBERD_PASSWORD_PLACE, password)?.unwrap_or_default(),
        })
    }

    /// Keeps the settings of ejabberd's API.
    pub fn store_ejabberd(&mut self, row: &EjabberdRow) -> Result<(), Error> {
        let password = self.sealed(EJABBERD_PASSWORD_PLACE, Some(&row.admin_password)).unwrap_or_default();
        for (key, value) in [
            (EJABBERD_URL, &row.api_url),
            (EJABBERD_HOST, &row.host),
            (EJABBERD_ADMIN, &row.admin_jid),
            (EJABBERD_PASSWORD, &password),
        ] {
            self.store_setting(key, value)?;
        }
        Ok(())
    }
}

const EJABBERD_URL: &str = "ejabberd_api_url";
const EJABBERD_HOST: &str = "ejabberd_host";
const EJABBERD_ADMIN: &str = "ejabberd_admin_jid";
const EJABBERD_PASSWORD: &str = "ejabberd_admin_password";
/// What the password is sealed for.
const EJABBERD_PASSWORD_PLACE: &str = "settings.value:ejabberd_admin_password";

fn owner_enabled_key(owner: &BareJid) -> String {
    format!("botmother_account_enabled:{}", owner.as_str())
}
