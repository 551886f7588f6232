//! Tables `bot_profile`, `bot_contact` and `farewell`: what a bot's own account shows and whom it knows, and what is left
//! to be done at an account that is given back.
//!
//! The picture is read when it is published and not kept in memory.

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::store::row::{ContactSource, ProfileRow};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

impl Store {
    /// A bot's profile; the default one when nothing was kept.
    pub fn profile(&self, bot: BotId) -> Result<ProfileRow, Error> {
        let row = self.row(
            "SELECT avatar_id, published, has_arrived, is_greeted, was_mutual FROM bot_profile WHERE bot_id = ?",
            &[&bot.0],
            |row| {
                Ok(ProfileRow {
                    avatar_id: row.get(0)?,
                    published: row.get::<_, Option<Vec<u8>>>(1)?.and_then(|hash| hash.try_into().ok()),
                    has_arrived: row.get(2)?,
                    is_greeted: row.get(3)?,
                    was_mutual: row.get(4)?,
                })
            },
        )?;
        Ok(row.unwrap_or_default())
    }

    /// Keeps a profile; the picture itself stays as it is.
    pub fn store_profile(&mut self, bot: BotId, profile: &ProfileRow) -> Result<(), Error> {
        self.write(
            "INSERT INTO bot_profile (bot_id, avatar_id, published, has_arrived, is_greeted, was_mutual)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (bot_id) DO UPDATE SET avatar_id = excluded.avatar_id, published = excluded.published,
             has_arrived = excluded.has_arrived, is_greeted = excluded.is_greeted, was_mutual = excluded.was_mutual",
            &[
                &bot.0,
                &profile.avatar_id,
                &profile.published.as_ref().map(|hash| &hash[..]),
                &profile.has_arrived,
                &profile.is_greeted,
                &profile.was_mutual,
            ],
        )?;
        Ok(())
    }

    /// The bytes of a bot's picture.
    pub fn avatar(&self, bot: BotId) -> Result<Option<Vec<u8>>, Error> {
        let row = self.row("SELECT avatar FROM bot_profile WHERE bot_id = ?", &[&bot.0], |row| Ok(row.get(0)?))?;
        Ok(row.flatten())
    }

    /// Keeps a bot's picture and its id.
    pub fn store_avatar(&mut self, bot: BotId, bytes: &[u8], id: &str) -> Result<(), Error> {
        self.write(
            "INSERT INTO bot_profile (bot_id, avatar, avatar_id) VALUES (?, ?, ?)
             ON CONFLICT (bot_id) DO UPDATE SET avatar = excluded.avatar, avatar_id = excluded.avatar_id",
            &[&bot.0, &bytes, &id],
        )?;
        Ok(())
    }

    /// A bot's contacts of one kind, sorted.
    pub fn list_contacts(&self, bot: BotId, source: ContactSource) -> Result<Vec<BareJid>, Error> {
        self.rows(
            "SELECT jid FROM bot_contact WHERE bot_id = ? AND source = ? ORDER BY jid",
            &[&bot.0, &source.as_str()],
            |row| bare_jid(&row.get::<_, String>(0)?),
        )
    }

    /// Replaces a bot's contacts of one kind.
    pub fn store_contacts(&mut self, bot: BotId, source: ContactSource, contacts: &[BareJid]) -> Result<(), Error> {
        self.write("DELETE FROM bot_contact WHERE bot_id = ? AND source = ?", &[&bot.0, &source.as_str()])?;
        for jid in contacts {
            self.insert_contact(bot, source, jid)?;
        }
        Ok(())
    }

    /// One more contact.
    pub fn insert_contact(&mut self, bot: BotId, source: ContactSource, jid: &BareJid) -> Result<(), Error> {
        self.write(
            "INSERT OR IGNORE INTO bot_contact (bot_id, source, jid) VALUES (?, ?, ?)",
            &[&bot.0, &source.as_str(), &jid.as_str()],
        )?;
        Ok(())
    }

    /// One less.
    pub fn delete_contact(&mut self, bot: BotId, source: ContactSource, jid: &BareJid) -> Result<(), Error> {
        self.write(
            "DELETE FROM bot_contact WHERE bot_id = ? AND source = ? AND jid = ?",
            &[&bot.0, &source.as_str(), &jid.as_str()],
        )?;
        Ok(())
    }

    /// Notes whose bot an account was that is being given back.
    pub fn store_former_owner(&mut self, account: AccountId, owner: &BareJid) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO farewell (account_id, owner_jid) VALUES (?, ?)",
            &[&account.0, &owner.as_str()],
        )?;
        Ok(())
    }

    /// Whose bot the account was that is being given back.
    pub fn former_owner(&self, account: AccountId) -> Result<Option<BareJid>, Error> {
        self.row("SELECT owner_jid FROM farewell WHERE account_id = ?", &[&account.0], |row| {
            bare_jid(&row.get::<_, String>(0)?)
        })
    }
}
