//! Tables `number_bot`, `number_chat`, `number_known` and `number_message`: numbers for programs that know people, chats and messages by
//! numbers, as those written for Telegram do. Rows are made for bots with such a program only; those of messages go by age
//! (purge.rs), those of people and rooms stay as long as there are not too many.

use crate::base::id::{BotId, UpdateId, number_in};
use crate::base::limits;
use crate::store::message::key;
use crate::store::row::{ChannelName, NumberedBotRow};
use crate::store::{Error, Store};

/// Numbers of messages begin here, in seconds since 1970: what is numbered later has a greater one, though all rows before
/// it may be gone, and they fit into 31 bits until 2093.
const EPOCH_S: i64 = 1_750_000_000;

/// Chats whose last number is remembered.
const LAST_NUMBERS_MAX: usize = 1_000;

impl Store {
    /// All bots with such a program.
    pub fn list_numbered_bots(&self) -> Result<Vec<NumberedBotRow>, Error> {
        self.rows("SELECT bot_id, allowed, hook FROM number_bot", &[], |row| {
            Ok(NumberedBotRow { bot: BotId(row.get(0)?), allowed: row.get(1)?, has_hook: row.get(2)? })
        })
    }

    /// Keeps that a bot has one, and what it wants.
    pub fn store_numbered_bot(&mut self, row: &NumberedBotRow) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO number_bot (bot_id, allowed, hook) VALUES (?, ?, ?)",
            &[&row.bot.0, &row.allowed, &row.has_hook],
        )?;
        Ok(())
    }

    /// The number of an address that a bot knows.
    pub fn number_of_chat(&self, bot: BotId, address: &str) -> Result<Option<i64>, Error> {
        let sql = "SELECT id FROM number_chat JOIN number_known ON chat = id WHERE address = ? AND bot_id = ?";
        self.row(sql, &[&address, &bot.0], |row| Ok(row.get(0)?))
    }

    /// Gives an address a number, if it has none, and tells a bot of it.
    pub fn insert_number_chat(&mut self, bot: BotId, (address, is_room): (&str, bool)) -> Result<i64, Error> {
        let known = self.row("SELECT id FROM number_chat WHERE address = ?", &[&address], |row| Ok(row.get(0)?))?;
        let id: i64 = match known {
            Some(id) => id,
            None => self.insert("INSERT INTO number_chat (address, is_room) VALUES (?, ?)", &[&address, &is_room])?,
        };
        self.write("INSERT OR IGNORE INTO number_known (bot_id, chat) VALUES (?, ?)", &[&bot.0, &id])?;
        Ok(id)
    }

    /// The address with a number that a bot knows, and whether it is a room's.
    pub fn chat_of_number(&self, bot: BotId, number: i64) -> Result<Option<(String, bool)>, Error> {
        let sql = "SELECT address, is_room FROM number_chat JOIN number_known ON chat = id WHERE id = ? AND bot_id = ?";
        self.row(sql, &[&number, &bot.0], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The number of a message of a bot in a chat.
    pub fn number_of_message(&self, bot: BotId, chat: i64, name: &str) -> Result<Option<i64>, Error> {
        let sql = "SELECT number FROM number_message WHERE key = ? AND bot_id = ? AND chat = ? AND name = ?";
        self.row(sql, &[&key(name), &bot.0, &chat, &name], |row| Ok(row.get(0)?))
    }

    /// The name of a message of a bot in a chat.
    pub fn message_of_number(&self, bot: BotId, chat: i64, number: i64) -> Result<Option<String>, Error> {
        let sql = "SELECT name FROM number_message WHERE bot_id = ? AND chat = ? AND number = ?";
        self.row(sql, &[&bot.0, &chat, &number], |row| Ok(row.get(0)?))
    }

    /// Gives a message the next number of its chat. `now_s` is in time lived through.
    pub fn insert_number_message(&mut self, bot: BotId, chat: i64, name: &str, now_s: i64) -> Result<i64, Error> {
        let last = match self.last_numbers.get(&(bot, chat)) {
            Some(last) => *last,
            None => {
                let sql = "SELECT max(number) FROM number_message WHERE bot_id = ? AND chat = ?";
                self.number(sql, &[&bot.0, &chat])?
            }
        };
        let number = (last + 1).max(now_s - EPOCH_S);
        self.write(
            "INSERT INTO number_message (bot_id, chat, number, name, key) VALUES (?, ?, ?, ?, ?)",
            &[&bot.0, &chat, &number, &name, &key(name)],
        )?;
        if self.last_numbers.len() >= LAST_NUMBERS_MAX {
            self.last_numbers.clear();
        }
        self.last_numbers.insert((bot, chat), number);
        Ok(number)
    }

    /// Whether a bot is in this room.
    pub fn is_bots_room(&self, bot: BotId, room: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM room_member WHERE bot_id = ? AND room = ?)";
        Ok(self.number(sql, &[&bot.0, &room])? != 0)
    }

    /// Addresses that a bot talks with and that somebody would call so: by their local part, or by what he is called.
    pub fn chats_called(&self, bot: BotId, name: &str) -> Result<Vec<String>, Error> {
        self.rows(
            "SELECT c.address FROM conversation AS c LEFT JOIN contact AS p ON p.id = c.contact_id
             WHERE c.bot_id = ?1 AND (p.name = ?2 COLLATE NOCASE OR substr(c.address, 1, length(?2) + 1) = ?2 || '@')
             UNION SELECT room FROM room_member WHERE bot_id = ?1 AND substr(room, 1, length(?2) + 1) = ?2 || '@'
             LIMIT 2",
            &[&bot.0, &name],
            |row| Ok(row.get(0)?),
        )
    }

    /// What somebody is called, as far as that is known.
    pub fn name_of_contact(&self, channel: ChannelName, address: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT name FROM contact WHERE channel = ? AND address = ? AND name <> ''";
        self.row(sql, &[&channel.0, &address], |row| Ok(row.get(0)?))
    }

    /// What is kept of a message that a bot knows by a name: its text.
    pub fn text_of_message(&self, bot: BotId, name: &str) -> Result<Option<String>, Error> {
        // Lines of the built-in chat have no name, and are told by their number.
        let number = name.strip_prefix("local-").and_then(|number| number.parse::<i64>().ok());
        self.row(
            "SELECT m.body FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             WHERE (m.id = ?1 OR m.id = ?2 OR m.key = ?3) AND (m.name = ?4 OR m.id = ?1) AND c.bot_id = ?5
             AND m.body IS NOT NULL AND m.deleted = 0 ORDER BY m.id DESC LIMIT 1",
            &[&number, &number_in(name), &key(name), &name, &bot.0],
            |row| Ok(row.get(0)?),
        )
    }

    /// The update with which the newest so many of a bot begin; `None` where there are not more.
    pub fn first_of_last_updates(&self, bot: BotId, count: i64) -> Result<Option<UpdateId>, Error> {
        let sql = "SELECT id FROM update_queue WHERE bot_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?";
        self.row(sql, &[&bot.0, &(count - 1).max(0)], |row| Ok(UpdateId(row.get(0)?)))
    }

    /// Numbers of old messages go, and those of people and rooms that are too many and have no message.
    pub(super) fn purge_numbers(&mut self, now_s: i64) -> Result<(), Error> {
        let old = now_s - EPOCH_S - limits::NUMBER_RETENTION.as_secs() as i64;
        self.purge_rows(
            "SELECT EXISTS (SELECT 1 FROM number_message WHERE number < ?)",
            "DELETE FROM number_message WHERE number < ?",
            old,
        )?;
        self.purge_rows(
            "SELECT count(*) > ? FROM number_chat",
            "DELETE FROM number_chat WHERE id <= (SELECT id FROM number_chat ORDER BY id DESC LIMIT 1 OFFSET ?)",
            limits::NUMBER_CHATS_MAX,
        )?;
        self.purge_rows(
            "SELECT count(*) > ? FROM number_known",
            "DELETE FROM number_known WHERE ? > 0 AND chat NOT IN (SELECT id FROM number_chat)",
            limits::NUMBER_CHATS_MAX,
        )
    }
}
