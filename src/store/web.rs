//! Tables `web_user` and `web_chat`: people with a browser, and their chats with bots. What is said there is in
//! `web_message.rs`.

use rusqlite::Row;

use crate::base::id::BotId;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::store::message::key;
use crate::store::row::{WebChatRow, WebUserRow};
use crate::store::{Error, Store};

/// Where the key that signs logins stands in `settings`.
const KEY: &str = "web_login_key";
/// What it is sealed for.
const KEY_PLACE: &str = "settings.value:web_login_key";
/// How often it is noted that somebody was here.
const SEEN_EVERY_S: i64 = 24 * 3600;

/// A chat as [`read_chat`] reads it.
macro_rules! chat {
    ($of:literal) => {
        concat!(
            "SELECT c.id, c.ulid, c.user_id, u.ulid, c.bot_id, c.address FROM web_chat AS c
             JOIN web_user AS u ON u.id = c.user_id ",
            $of
        )
    };
}

impl Store {
    /// The key that signs logins, if there is one yet.
    pub fn web_key(&self) -> Result<Option<Secret>, Error> {
        self.opened(KEY_PLACE, self.setting(KEY)?)
    }

    /// Keeps it.
    pub fn store_web_key(&mut self, key: &Secret) -> Result<(), Error> {
        let sealed = self.sealed(KEY_PLACE, Some(key)).unwrap_or_default();
        self.store_setting(KEY, &sealed)
    }

    /// Somebody new; where there are as many as may be, the one who was here longest ago without a chat goes. `false`: all have
    /// chats.
    pub fn insert_web_user(&mut self, row: &WebUserRow) -> Result<bool, Error> {
        if self.number("SELECT count(*) FROM web_user", &[])? >= limits::WEB_USERS_MAX {
            let gone = self.write(
                "DELETE FROM web_user WHERE id = (SELECT id FROM web_user
                 WHERE id NOT IN (SELECT user_id FROM web_chat) ORDER BY seen_at, id LIMIT 1)",
                &[],
            )?;
            if gone == 0 {
                return Ok(false);
            }
        }
        self.write(
            "INSERT INTO web_user (ulid, nickname, created_at, seen_at) VALUES (?1, ?2, ?3, ?3)",
            &[&row.ulid, &row.nickname, &row.seen_at],
        )?;
        Ok(true)
    }

    /// Somebody by his ULID.
    pub fn find_web_user(&self, ulid: &str) -> Result<Option<WebUserRow>, Error> {
        let sql = "SELECT id, ulid, nickname, seen_at FROM web_user WHERE ulid = ?";
        self.row(sql, &[&ulid], |row| {
            Ok(WebUserRow { id: row.get(0)?, ulid: row.get(1)?, nickname: row.get(2)?, seen_at: row.get(3)? })
        })
    }

    /// What the one calls himself whose chat this is.
    pub fn web_nickname(&self, user: i64) -> Result<Option<String>, Error> {
        self.row("SELECT nickname FROM web_user WHERE id = ?", &[&user], |row| Ok(row.get(0)?))
    }

    /// Somebody was here. Writes once a day.
    pub fn store_web_seen(&mut self, row: &WebUserRow, now_s: i64) -> Result<(), Error> {
        if (now_s - row.seen_at).abs() >= SEEN_EVERY_S {
            self.write("UPDATE web_user SET seen_at = ? WHERE id = ?", &[&now_s, &row.id])?;
        }
        Ok(())
    }

    /// A new chat. The first that somebody has with a bot has the shorter address; the next has it when that is gone. Gives
    /// the address.
    pub fn insert_web_chat(&mut self, row: &WebChatRow, now_s: i64) -> Result<String, Error> {
        let first = format!("web:{}", row.user.1);
        let is_taken = "SELECT EXISTS (SELECT 1 FROM web_chat WHERE bot_id = ? AND address = ?)";
        let address = match self.number(is_taken, &[&row.bot.0, &first])? {
            0 => first,
            _ => format!("{first}.{}", row.ulid),
        };
        self.write(
            "INSERT INTO web_chat (ulid, user_id, bot_id, address, created_at) VALUES (?, ?, ?, ?, ?)",
            &[&row.ulid, &row.user.0, &row.bot.0, &address, &now_s],
        )?;
        Ok(address)
    }

    /// How many chats somebody has: with a bot, or with all of them.
    pub fn count_web_chats(&self, user: i64, bot: Option<BotId>) -> Result<i64, Error> {
        let sql = "SELECT count(*) FROM web_chat WHERE user_id = ?1 AND (?2 IS NULL OR bot_id = ?2)";
        self.number(sql, &[&user, &bot.map(|bot| bot.0)])
    }

    /// A chat by its ULID.
    pub fn find_web_chat(&self, ulid: &str) -> Result<Option<WebChatRow>, Error> {
        self.row(chat!("WHERE c.ulid = ?"), &[&ulid], read_chat)
    }

    /// A chat of a bot by its address.
    pub fn find_web_chat_at(&self, bot: BotId, address: &str) -> Result<Option<WebChatRow>, Error> {
        self.row(chat!("WHERE c.bot_id = ? AND c.address = ?"), &[&bot.0, &address], read_chat)
    }

    /// The chats that somebody has with a bot, the oldest first.
    pub fn list_web_chats(&self, user: i64, bot: BotId) -> Result<Vec<WebChatRow>, Error> {
        self.rows(chat!("WHERE c.user_id = ? AND c.bot_id = ? ORDER BY c.id"), &[&user, &bot.0], read_chat)
    }

    /// A chat goes, with all that was said in it, its buttons and what waits to be answered.
    pub fn delete_web_chat(&mut self, row: &WebChatRow) -> Result<(), Error> {
        let conversation = "SELECT id FROM conversation WHERE channel = 'web' AND bot_id = ?1 AND address = ?2";
        let place: [&dyn rusqlite::ToSql; 2] = [&row.bot.0, &row.address];
        self.keep_last_number()?;
        self.write(&format!("DELETE FROM message WHERE conversation_id IN ({conversation})"), &place)?;
        self.write(&format!("DELETE FROM conversation WHERE id IN ({conversation})"), &place)?;
        self.write("DELETE FROM keyboard WHERE bot_id = ?1 AND address = ?2 AND account_id IS NULL", &place)?;
        self.write("DELETE FROM ai_turn WHERE bot_id = ?1 AND peer = ?2 AND answer IS NOT NULL", &place)?;
        self.write("DELETE FROM web_chat WHERE id = ?", &[&row.id])?;
        self.may_have_strangers = true;
        Ok(())
    }

    /// People go whom nobody can be any more. Looks first.
    pub(super) fn purge_web(&mut self, now_s: i64) -> Result<(), Error> {
        let empty = now_s - limits::WEB_EMPTY_RETENTION.as_secs() as i64;
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM web_user WHERE seen_at < ? AND id NOT IN (SELECT user_id FROM web_chat))",
            "DELETE FROM web_user WHERE seen_at < ? AND id NOT IN (SELECT user_id FROM web_chat)",
            empty,
        )?;
        let old = now_s - limits::WEB_USER_RETENTION.as_secs() as i64;
        let chats = self.rows(chat!("WHERE u.seen_at < ?"), &[&old], read_chat)?;
        chats.iter().try_for_each(|chat| self.delete_web_chat(chat))?;
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM web_user WHERE seen_at < ?)",
            "DELETE FROM web_user WHERE seen_at < ?",
            old,
        )
    }

    /// How many people and chats there are.
    pub fn count_web(&self) -> Result<(i64, i64), Error> {
        Ok((self.number("SELECT count(*) FROM web_user", &[])?, self.number("SELECT count(*) FROM web_chat", &[])?))
    }

    /// The number of a bot's message by the id that its program knows, or that of what was said to it.
    pub(super) fn number_of(&self, conversation: i64, name: &str) -> Result<Option<i64>, Error> {
        self.row(
            "SELECT id FROM message WHERE (key = ?1 OR id = ?2) AND name = ?3 AND conversation_id = ?4
             ORDER BY id DESC LIMIT 1",
            &[&key(name), &crate::base::id::number_in(name), &name, &conversation],
            |row| Ok(row.get(0)?),
        )
    }
}

fn read_chat(row: &Row<'_>) -> Result<WebChatRow, Error> {
    Ok(WebChatRow {
        id: row.get(0)?,
        ulid: row.get(1)?,
        user: (row.get(2)?, row.get(3)?),
        bot: BotId(row.get(4)?),
        address: row.get(5)?,
    })
}
