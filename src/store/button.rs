//! Tables `keyboard`, `keyboard_reaction` and `button_press`: buttons of bots where a channel has none of its own, and presses
//! that can be answered. What buttons say is sealed: there may have been a chat with encryption around it.

use rusqlite::Row;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::store::row::{ConversationKind, KeyboardPlace, KeyboardRow, PressRow, Turn};
use crate::store::{Error, Store};

/// A row as [`Store::read_keyboard`] reads it.
macro_rules! keyboard {
    ($of:literal) => {
        concat!(
            "SELECT id, bot_id, account_id, address, kind, message_id, place, turn, encrypted, content, shown_id
             FROM keyboard ",
            $of
        )
    };
}

impl Store {
    /// Remembers buttons; the oldest of the same bot go beyond the limit.
    pub fn insert_keyboard(&mut self, row: &KeyboardRow, now_s: i64) -> Result<(), Error> {
        let account = row.account.map(|AccountId(id)| id);
        let id = self.insert(
            "INSERT INTO keyboard (bot_id, account_id, address, kind, message_id, shown_id, place, turn, encrypted, content,
             created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)",
            &[
                &row.bot.0,
                &account,
                &row.address,
                &row.kind.as_str(),
                &row.message_id,
                &row.shown_id,
                &row.place.as_str(),
                &row.turn.as_number(),
                &row.is_encrypted,
                &now_s,
            ],
        )?;
        // The number is part of the place it is sealed for.
        let content = self.sealed(&content_place(id), Some(&row.content)).unwrap_or_default();
        self.write("UPDATE keyboard SET content = ? WHERE id = ?", &[&content, &id])?;
        self.write(
            "DELETE FROM keyboard WHERE bot_id = ?1 AND id <=
             (SELECT id FROM keyboard WHERE bot_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            &[&row.bot.0, &limits::KEYBOARDS_PER_BOT_MAX],
        )?;
        if let Some(bots) = &mut self.keyboard_bots {
            bots.insert(row.bot);
        }
        Ok(())
    }

    /// Whether a bot may have buttons somewhere, so that it is worth to look. It had some since the start, or then.
    pub fn has_keyboards(&mut self, bot: BotId) -> Result<bool, Error> {
        if self.keyboard_bots.is_none() {
            let bots = self.rows("SELECT DISTINCT bot_id FROM keyboard", &[], |row| Ok(BotId(row.get(0)?)))?;
            self.keyboard_bots = Some(bots.into_iter().collect());
        }
        Ok(self.keyboard_bots.as_ref().is_some_and(|bots| bots.contains(&bot)))
    }

    /// Buttons by the id of what shows them.
    pub fn find_keyboard_shown(
        &self,
        account: Option<AccountId>,
        shown_id: &str,
    ) -> Result<Option<KeyboardRow>, Error> {
        let account = account.map(|AccountId(id)| id);
        let sql = keyboard!("WHERE shown_id = ? AND account_id IS ? LIMIT 1");
        self.row(sql, &[&shown_id, &account], |row| self.read_keyboard(row))
    }

    /// The buttons beneath a message of a bot's.
    pub fn find_keyboard_of(&self, bot: BotId, message_id: &str) -> Result<Option<KeyboardRow>, Error> {
        let sql = keyboard!("WHERE bot_id = ? AND message_id = ? ORDER BY id DESC LIMIT 1");
        self.row(sql, &[&bot.0, &message_id], |row| self.read_keyboard(row))
    }

    /// The newest buttons of a conversation, so many at most; of one bot, or of all that have it.
    pub fn list_keyboards(
        &self,
        account: Option<AccountId>,
        address: &str,
        bot: Option<BotId>,
        most: usize,
    ) -> Result<Vec<KeyboardRow>, Error> {
        let (account, bot) = (account.map(|AccountId(id)| id), bot.map(|BotId(id)| id));
        self.rows(
            keyboard!(
                "WHERE address = ?1 AND account_id IS ?2 AND (?3 IS NULL OR bot_id = ?3) ORDER BY id DESC LIMIT ?4"
            ),
            &[&address, &account, &bot, &i64::try_from(most).unwrap_or(i64::MAX)],
            |row| self.read_keyboard(row),
        )
    }

    /// Notes that somebody has spoken in a conversation: `from` one turn `to` the next. Looks first.
    pub fn turn_keyboards(
        &mut self,
        (account, address, bot): (Option<AccountId>, &str, Option<BotId>),
        from: Turn,
        to: Turn,
    ) -> Result<(), Error> {
        let (account, bot) = (account.map(|AccountId(id)| id), bot.map(|BotId(id)| id));
        let which = "address = ?1 AND account_id IS ?2 AND (?3 IS NULL OR bot_id = ?3) AND turn = ?4";
        let from = from.as_number();
        let sql = format!("SELECT EXISTS (SELECT 1 FROM keyboard WHERE {which})");
        if self.number(&sql, &[&address, &account, &bot, &from])? != 0 {
            let sql = format!("UPDATE keyboard SET turn = ?5 WHERE {which}");
            self.write(&sql, &[&address, &account, &bot, &from, &to.as_number()])?;
        }
        Ok(())
    }

    /// The buttons beneath a message go. Gives whether there were some.
    pub fn delete_keyboard(&mut self, id: i64) -> Result<bool, Error> {
        Ok(self.write("DELETE FROM keyboard WHERE id = ?", &[&id])? > 0)
    }

    /// The buttons that stand in the place of the keys go from a conversation of a bot's.
    pub fn delete_reply_keyboards(
        &mut self,
        account: Option<AccountId>,
        address: &str,
        bot: BotId,
    ) -> Result<(), Error> {
        let account = account.map(|AccountId(id)| id);
        self.write(
            "DELETE FROM keyboard WHERE address = ? AND account_id IS ? AND bot_id = ? AND place <> 'inline'",
            &[&address, &account, &bot.0],
        )?;
        Ok(())
    }

    /// Which buttons somebody has pressed by reactions that are still there.
    pub fn reacted_numbers(&self, keyboard: i64, who: &str) -> Result<Vec<usize>, Error> {
        let sql = "SELECT numbers FROM keyboard_reaction WHERE keyboard_id = ? AND who = ?";
        let text = self.row(sql, &[&keyboard, &who], |row| Ok(row.get::<_, String>(0)?))?.unwrap_or_default();
        Ok(text.split(' ').filter_map(|number| number.parse().ok()).collect())
    }

    /// Notes that; none takes the note away. Of more people than are remembered nothing is noted.
    pub fn store_reacted(&mut self, keyboard: i64, who: &str, numbers: &[usize]) -> Result<(), Error> {
        if numbers.is_empty() {
            self.write("DELETE FROM keyboard_reaction WHERE keyboard_id = ? AND who = ?", &[&keyboard, &who])?;
            return Ok(());
        }
        let text: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        self.write(
            "INSERT OR REPLACE INTO keyboard_reaction (keyboard_id, who, numbers) SELECT ?1, ?2, ?3
             WHERE (SELECT count(*) FROM keyboard_reaction WHERE keyboard_id = ?1 AND who <> ?2) < ?4",
            &[&keyboard, &who, &text.join(" "), &limits::KEYBOARD_REACTORS_MAX],
        )?;
        Ok(())
    }

    /// Remembers a press that can be answered; the oldest of the same bot go beyond the limit.
    pub fn insert_press(&mut self, id: &str, row: &PressRow, now_s: i64) -> Result<(), Error> {
        self.write(
            "INSERT INTO button_press (id, bot_id, sender, kind, message_id, native, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[&id, &row.bot.0, &row.from.as_str(), &row.kind.as_str(), &row.message_id, &row.native, &now_s],
        )?;
        self.write(
            "DELETE FROM button_press WHERE bot_id = ?1 AND created_at <
             (SELECT created_at FROM button_press WHERE bot_id = ?1 ORDER BY created_at DESC LIMIT 1 OFFSET ?2)",
            &[&row.bot.0, &limits::PRESSES_PER_BOT_MAX],
        )?;
        Ok(())
    }

    /// A press of a bot's button, if it can still be answered.
    pub fn find_press(&self, bot: BotId, id: &str) -> Result<Option<PressRow>, Error> {
        let sql = "SELECT sender, kind, message_id, native FROM button_press WHERE id = ? AND bot_id = ?";
        self.row(sql, &[&id, &bot.0], |row| {
            let (from, kind) = (row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            let from = Jid::parse_any(&from).map_err(|_| Error::Corrupt(format!("{from} is not an address")))?;
            Ok(PressRow { bot, from, kind: kind_of(&kind)?, message_id: row.get(2)?, native: row.get(3)? })
        })
    }

    /// It is answered.
    pub fn delete_press(&mut self, id: &str) -> Result<(), Error> {
        self.write("DELETE FROM button_press WHERE id = ?", &[&id])?;
        Ok(())
    }

    fn read_keyboard(&self, row: &Row<'_>) -> Result<KeyboardRow, Error> {
        let (id, kind, place) = (row.get::<_, i64>(0)?, row.get::<_, String>(4)?, row.get::<_, String>(6)?);
        Ok(KeyboardRow {
            id,
            bot: BotId(row.get(1)?),
            account: row.get::<_, Option<i64>>(2)?.map(AccountId),
            address: row.get(3)?,
            kind: kind_of(&kind)?,
            message_id: row.get(5)?,
            shown_id: row.get(10)?,
            place: KeyboardPlace::read(&place).ok_or_else(|| Error::Corrupt(format!("{place} is no place")))?,
            turn: Turn::from_number(row.get(7)?),
            is_encrypted: row.get(8)?,
            content: self.opened(&content_place(id), row.get(9)?)?.unwrap_or_else(|| Secret::new("")),
        })
    }
}

fn kind_of(word: &str) -> Result<ConversationKind, Error> {
    ConversationKind::read(word).ok_or_else(|| Error::Corrupt(format!("{word} is no kind of conversation")))
}

/// What a keyboard's content is sealed for.
fn content_place(id: i64) -> String {
    format!("keyboard.content:{id}")
}
