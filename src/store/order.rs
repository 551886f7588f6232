//! Tables `link_order`, `link_filter`, `link_member` and `own_command`: how order is kept in the chats of links, who was seen
//! there, and what their commands answer.

use crate::base::id::{BotId, LinkId};
use crate::base::limits;
use crate::store::row::{MemberRow, OrderRow, OwnCommandRow};
use crate::store::{Error, Store};

impl Store {
    /// How order is kept in the chat of a link, if anything was said of that.
    pub fn link_order(&self, link: LinkId) -> Result<Option<OrderRow>, Error> {
        self.row(
            "SELECT ai, is_on, action, seconds, per_minute, bars_links, welcome FROM link_order WHERE link_id = ?",
            &[&link.0],
            |row| {
                Ok(OrderRow {
                    ai: row.get(0)?,
                    is_on: row.get(1)?,
                    action: row.get(2)?,
                    seconds: row.get(3)?,
                    per_minute: row.get(4)?,
                    bars_links: row.get(5)?,
                    welcome: row.get(6)?,
                })
            },
        )
    }

    /// Keeps that.
    pub fn store_link_order(&mut self, link: LinkId, row: &OrderRow) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO link_order (link_id, ai, is_on, action, seconds, per_minute, bars_links, welcome)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            &[&link.0, &row.ai, &row.is_on, &row.action, &row.seconds, &row.per_minute, &row.bars_links, &row.welcome],
        )?;
        Ok(())
    }

    /// The filters of a link.
    pub fn list_filters(&self, link: LinkId) -> Result<Vec<String>, Error> {
        self.rows("SELECT text FROM link_filter WHERE link_id = ? ORDER BY text", &[&link.0], |row| Ok(row.get(0)?))
    }

    /// One more; the same one stays.
    pub fn insert_filter(&mut self, link: LinkId, text: &str) -> Result<(), Error> {
        self.write("INSERT OR IGNORE INTO link_filter (link_id, text) VALUES (?, ?)", &[&link.0, &text])?;
        Ok(())
    }

    /// One goes; says whether it was there.
    pub fn delete_filter(&mut self, link: LinkId, text: &str) -> Result<bool, Error> {
        Ok(self.write("DELETE FROM link_filter WHERE link_id = ? AND text = ?", &[&link.0, &text])? > 0)
    }

    /// Somebody was seen in the chat of a link: kept where it is news. Of very many, those seen last stay.
    pub fn see_member(&mut self, link: LinkId, row: &MemberRow) -> Result<(), Error> {
        const DAY: i64 = 86_400;
        let known = self.find_member(link, row.person)?;
        let is_known = |known: &MemberRow| {
            known.username == row.username && known.name == row.name && (row.seen_at - known.seen_at).abs() < DAY
        };
        if known.as_ref().is_some_and(is_known) {
            return Ok(());
        }
        // Who takes another's name has it from then on.
        if row.username.is_some() {
            self.write(
                "UPDATE link_member SET username = NULL WHERE link_id = ? AND username = ? COLLATE NOCASE AND person <> ?",
                &[&link.0, &row.username, &row.person],
            )?;
        }
        self.write(
            "INSERT OR REPLACE INTO link_member (link_id, person, username, name, seen_at) VALUES (?, ?, ?, ?, ?)",
            &[&link.0, &row.person, &row.username, &row.name, &row.seen_at],
        )?;
        if known.is_none() && self.count_members(link)? > limits::MEMBERS_MAX {
            self.write(
                "DELETE FROM link_member WHERE link_id = ?1 AND person IN
                 (SELECT person FROM link_member WHERE link_id = ?1 ORDER BY seen_at, person LIMIT 1)",
                &[&link.0],
            )?;
        }
        Ok(())
    }

    /// How many are remembered.
    pub fn count_members(&self, link: LinkId) -> Result<i64, Error> {
        self.number("SELECT COUNT(*) FROM link_member WHERE link_id = ?", &[&link.0])
    }

    /// Somebody by his number.
    pub fn find_member(&self, link: LinkId, person: i64) -> Result<Option<MemberRow>, Error> {
        self.row(
            "SELECT person, username, name, seen_at FROM link_member WHERE link_id = ? AND person = ?",
            &[&link.0, &person],
            member,
        )
    }

    /// Somebody by the name with `@`, whatever its case.
    pub fn find_member_called(&self, link: LinkId, username: &str) -> Result<Option<MemberRow>, Error> {
        self.row(
            "SELECT person, username, name, seen_at FROM link_member WHERE link_id = ? AND username = ? COLLATE NOCASE",
            &[&link.0, &username],
            member,
        )
    }

    /// Who was seen last.
    pub fn list_chat_members(&self, link: LinkId, limit: usize) -> Result<Vec<MemberRow>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.rows(
            "SELECT person, username, name, seen_at FROM link_member WHERE link_id = ?
             ORDER BY seen_at DESC, name LIMIT ?",
            &[&link.0, &limit],
            member,
        )
    }

    /// Somebody is not there any more.
    pub fn forget_member(&mut self, link: LinkId, person: i64) -> Result<(), Error> {
        self.write("DELETE FROM link_member WHERE link_id = ? AND person = ?", &[&link.0, &person])?;
        Ok(())
    }

    /// The commands that a bot's owner has defined.
    pub fn list_own_commands(&self, bot: BotId) -> Result<Vec<OwnCommandRow>, Error> {
        self.rows("SELECT name, text FROM own_command WHERE bot_id = ? ORDER BY name", &[&bot.0], |row| {
            Ok(OwnCommandRow { name: row.get(0)?, text: row.get(1)? })
        })
    }

    /// What one of them answers.
    pub fn find_own_command(&self, bot: BotId, name: &str) -> Result<Option<String>, Error> {
        self.row("SELECT text FROM own_command WHERE bot_id = ? AND name = ?", &[&bot.0, &name], |row| Ok(row.get(0)?))
    }

    /// Defines one, in the place of one of that name.
    pub fn store_own_command(&mut self, bot: BotId, row: &OwnCommandRow) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO own_command (bot_id, name, text) VALUES (?, ?, ?)",
            &[&bot.0, &row.name, &row.text],
        )?;
        Ok(())
    }

    /// One goes; says whether it was there.
    pub fn delete_own_command(&mut self, bot: BotId, name: &str) -> Result<bool, Error> {
        Ok(self.write("DELETE FROM own_command WHERE bot_id = ? AND name = ?", &[&bot.0, &name])? > 0)
    }
}

fn member(row: &rusqlite::Row<'_>) -> Result<MemberRow, Error> {
    Ok(MemberRow { person: row.get(0)?, username: row.get(1)?, name: row.get(2)?, seen_at: row.get(3)? })
}
