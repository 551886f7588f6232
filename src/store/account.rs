//! Table `account`: the XMPP accounts the daemon signs in to, with password and login key sealed.

use rusqlite::Row;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::store::row::{AccountRow, Origin};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

/// What [`Store::read_account`] reads, in its order.
macro_rules! select {
    () => {
        "SELECT id, jid, password, host, ca_file, pin, resource, from_config, archive_mark, login_key, bot_id, origin,
         removing FROM account "
    };
}

impl Store {
    /// All accounts, in the order they were added.
    pub fn list_accounts(&self) -> Result<Vec<AccountRow>, Error> {
        self.rows(concat!(select!(), "ORDER BY id"), &[], |row| self.read_account(row))
    }

    /// The account with this number.
    pub fn account(&self, id: AccountId) -> Result<Option<AccountRow>, Error> {
        self.row(concat!(select!(), "WHERE id = ?"), &[&id.0], |row| self.read_account(row))
    }

    /// The account with this address.
    pub fn find_account(&self, jid: &BareJid) -> Result<Option<AccountRow>, Error> {
        self.row(concat!(select!(), "WHERE jid = ?"), &[&jid.as_str()], |row| self.read_account(row))
    }

    /// The accounts of a bot, in the order they were added: its own, and while it goes, what is left of it.
    pub fn list_accounts_of(&self, bot: BotId) -> Result<Vec<AccountRow>, Error> {
        self.rows(concat!(select!(), "WHERE bot_id = ? ORDER BY id"), &[&bot.0], |row| self.read_account(row))
    }

    /// A new account; [`Error::Conflict`] when its address is there already. The row's own `id` is ignored.
    pub fn insert_account(&mut self, account: &AccountRow) -> Result<AccountId, Error> {
        let id = self
            .insert("INSERT INTO account (jid, resource) VALUES (?, ?)", &[&account.jid.as_str(), &account.resource])?;
        // The number is part of the places its secrets are sealed for, so the rest follows when it is known.
        self.write_account(AccountId(id), account)?;
        Ok(AccountId(id))
    }

    /// Keeps an account as it is now. Nothing happens when it is gone.
    pub fn store_account(&mut self, account: &AccountRow) -> Result<(), Error> {
        self.write_account(account.id, account)
    }

    /// Deletes an account with its outgoing messages and the ids it has seen.
    pub fn delete_account(&mut self, id: AccountId) -> Result<(), Error> {
        self.device_changes += 1;
        self.delete_conversations_of_account(id)?;
        // References of their own would be looked after with each message.
        self.write("DELETE FROM outbox WHERE account_id = ?", &[&id.0])?;
        self.write("DELETE FROM seen WHERE account_id = ?", &[&id.0])?;
        self.write("DELETE FROM keyboard WHERE account_id = ?", &[&id.0])?;
        self.write("DELETE FROM account WHERE id = ?", &[&id.0])?;
        self.delete_setting(&format!("account_{id}_registering"))?;
        self.delete_setting(&format!("account_{id}_stanza_max"))
    }

    /// An account is being registered: it may be there before it was ever signed in to.
    pub fn store_registering(&mut self, id: AccountId) -> Result<(), Error> {
        self.store_setting(&format!("account_{id}_registering"), "1")
    }

    /// Whether that was begun.
    pub fn is_registering(&self, id: AccountId) -> Result<bool, Error> {
        Ok(self.setting(&format!("account_{id}_registering"))?.is_some())
    }

    /// Everything of the archive up to this id is committed. Nothing happens when the account is gone.
    pub fn store_mark(&mut self, id: AccountId, archive_mark: &str) -> Result<(), Error> {
        self.write("UPDATE account SET archive_mark = ? WHERE id = ?", &[&archive_mark, &id.0])?;
        Ok(())
    }

    /// Keeps SCRAM's derived keys, or forgets them when empty. Nothing happens when the account is gone.
    pub fn store_login_key(&mut self, id: AccountId, login_key: &Secret) -> Result<(), Error> {
        let sealed = self.sealed(&login_key_place(id), Some(login_key));
        self.write("UPDATE account SET login_key = ? WHERE id = ?", &[&sealed, &id.0])?;
        Ok(())
    }

    fn write_account(&mut self, id: AccountId, account: &AccountRow) -> Result<(), Error> {
        let password = self.sealed(&password_place(id), Some(&account.password)).unwrap_or_default();
        let login_key = self.sealed(&login_key_place(id), account.login_key.as_ref());
        self.write(
            "UPDATE account SET jid = ?, password = ?, host = ?, ca_file = ?, pin = ?, resource = ?, from_config = ?,
             archive_mark = ?, login_key = ?, bot_id = ?, origin = ?, removing = ? WHERE id = ?",
            &[
                &account.jid.as_str(),
                &password,
                &account.host,
                &account.ca_file,
                &account.pin,
                &account.resource,
                &account.from_config,
                &account.archive_mark,
                &login_key,
                &account.bot.map(|bot| bot.0),
                &account.origin.as_str(),
                &account.removing,
                &id.0,
            ],
        )?;
        Ok(())
    }

    fn read_account(&self, row: &Row<'_>) -> Result<AccountRow, Error> {
        let id = AccountId(row.get(0)?);
        Ok(AccountRow {
            id,
            jid: bare_jid(&row.get::<_, String>(1)?)?,
            password: self.opened(&password_place(id), row.get(2)?)?.unwrap_or_default(),
            host: row.get(3)?,
            ca_file: row.get(4)?,
            pin: row.get(5)?,
            resource: row.get(6)?,
            from_config: row.get(7)?,
            archive_mark: row.get(8)?,
            login_key: self.opened(&login_key_place(id), row.get(9)?)?,
            bot: row.get::<_, Option<i64>>(10)?.map(BotId),
            origin: Origin::parse(&row.get::<_, String>(11)?),
            removing: row.get(12)?,
        })
    }
}

fn password_place(id: AccountId) -> String {
    format!("account.password:{id}")
}

fn login_key_place(id: AccountId) -> String {
    format!("account.login_key:{id}")
}
