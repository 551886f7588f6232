//! Tables `ask` and `ask_message`: what bots' programs ask people, and by which messages. Texts are sealed: some of them come
//! from chats that are encrypted. The engine decides; rows go a day after they are over, and with their bot.

use rusqlite::Row;

use crate::base::id::BotId;
use crate::base::json;
use crate::base::secret::Secret;
use crate::store::row::{AskAnswerRow, AskMessageRow, AskRow, AskStatus};
use crate::store::{Error, Store};

/// All columns, as [`Store::read_ask`] reads them.
macro_rules! ask {
    ($of:literal) => {
        concat!(
            "SELECT id, bot_id, number, key, request_hash, text, options, people, is_room, asked, must_encrypt,
             escalate_after, next_at, expires_at, status, answer, option_index, answered_by, answered_at, answer_id,
             encrypted, trust FROM ask ",
            $of
        )
    };
}

impl Store {
    /// A new question, which nobody was asked yet. `number` is ignored: it gets the next of its bot's.
    pub fn insert_ask(&mut self, row: &AskRow) -> Result<i64, Error> {
        let number = self.number("SELECT max(number) FROM ask WHERE bot_id = ?", &[&row.bot.0])? + 1;
        let (key, hash) = row.key.clone().map(|(key, hash)| (key, hash.to_vec())).unzip();
        let text = self.sealed(&text_place(row.id), Some(&Secret::new(row.text.as_str()))).unwrap_or_default();
        self.write(
            "INSERT INTO ask (id, bot_id, number, key, request_hash, text, options, people, is_room, asked, must_encrypt,
             escalate_after, next_at, expires_at, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.id,
                &row.bot.0,
                &number,
                &key,
                &hash,
                &text,
                &json::array(row.options.iter().map(|text| json::text(text))),
                &json::array(row.people.iter().map(|text| json::text(text))),
                &row.is_room,
                &number_of(row.asked),
                &row.must_encrypt,
                &row.escalate_after,
                &row.next_at,
                &row.expires_at,
                &row.status.as_str(),
            ],
        )?;
        Ok(number)
    }

    /// A question by its id.
    pub fn find_ask(&self, bot: BotId, id: i64) -> Result<Option<AskRow>, Error> {
        self.row(ask!("WHERE id = ? AND bot_id = ?"), &[&id, &bot.0], |row| self.read_ask(row))
    }

    /// A question by its key.
    pub fn find_ask_of_key(&self, bot: BotId, key: &str) -> Result<Option<AskRow>, Error> {
        self.row(ask!("WHERE bot_id = ? AND key = ?"), &[&bot.0, &key], |row| self.read_ask(row))
    }

    /// Questions that nobody has answered yet, oldest first.
    pub fn list_open_asks(&self) -> Result<Vec<AskRow>, Error> {
        self.rows(ask!("WHERE status = 'waiting' ORDER BY id"), &[], |row| self.read_ask(row))
    }

    /// Those of one bot that are over since this time, the last first.
    pub fn list_ended_asks(&self, bot: BotId, since: i64) -> Result<Vec<AskRow>, Error> {
        let sql = ask!("WHERE bot_id = ? AND ended_at >= ? ORDER BY ended_at DESC LIMIT 20");
        self.rows(sql, &[&bot.0, &since], |row| self.read_ask(row))
    }

    /// Bots of whose questions something is known.
    pub fn list_asking_bots(&self) -> Result<Vec<BotId>, Error> {
        self.rows("SELECT DISTINCT bot_id FROM ask", &[], |row| Ok(BotId(row.get(0)?)))
    }

    /// How many of a bot's questions are known.
    pub fn count_asks(&self, bot: BotId) -> Result<i64, Error> {
        self.number("SELECT count(*) FROM ask WHERE bot_id = ?", &[&bot.0])
    }

    /// Of a bot's questions that are over, all but the newest so many go.
    pub fn drop_oldest_asks(&mut self, bot: BotId, keep: i64) -> Result<(), Error> {
        self.write(
            "DELETE FROM ask WHERE id IN (SELECT id FROM ask WHERE bot_id = ? AND status != 'waiting'
             ORDER BY ended_at DESC LIMIT -1 OFFSET ?)",
            &[&bot.0, &keep],
        )?;
        Ok(())
    }

    /// Somebody was asked, by this message.
    pub fn insert_ask_message(&mut self, row: &AskMessageRow) -> Result<(), Error> {
        self.write(
            "INSERT INTO ask_message (ask_id, place, message_id) VALUES (?, ?, ?)",
            &[&row.ask, &number_of(row.place), &row.message_id],
        )?;
        Ok(())
    }

    /// The messages of a question.
    pub fn list_ask_messages(&self, id: i64) -> Result<Vec<AskMessageRow>, Error> {
        let sql = "SELECT ask_id, place, message_id FROM ask_message WHERE ask_id = ? ORDER BY place";
        self.rows(sql, &[&id], read_message)
    }

    /// Which question a message asked.
    pub fn find_ask_message(&self, message_id: &str) -> Result<Option<AskMessageRow>, Error> {
        let sql = "SELECT ask_id, place, message_id FROM ask_message WHERE message_id = ?";
        self.row(sql, &[&message_id], read_message)
    }

    /// How far it has come with asking.
    pub fn store_ask_turn(&mut self, id: i64, asked: usize, next_at: Option<i64>) -> Result<(), Error> {
        self.write("UPDATE ask SET asked = ?, next_at = ? WHERE id = ?", &[&number_of(asked), &next_at, &id])?;
        Ok(())
    }

    /// A question is over; what it asked is forgotten.
    pub fn end_ask(
        &mut self,
        id: i64,
        status: AskStatus,
        answer: Option<&AskAnswerRow>,
        now_ms: i64,
    ) -> Result<(), Error> {
        self.write(
            "UPDATE ask SET status = ?, ended_at = ?, next_at = NULL, text = '' WHERE id = ?",
            &[&status.as_str(), &now_ms, &id],
        )?;
        let Some(answer) = answer else { return Ok(()) };
        let text = self.sealed(&answer_place(id), Some(&Secret::new(answer.text.as_str()))).unwrap_or_default();
        self.write(
            "UPDATE ask SET answer = ?, option_index = ?, answered_by = ?, answered_at = ?, answer_id = ?,
             encrypted = ?, trust = ? WHERE id = ?",
            &[
                &text,
                &answer.option.map(number_of),
                &answer.by,
                &answer.at,
                &answer.message_id,
                &answer.encrypted,
                &answer.trust,
                &id,
            ],
        )?;
        Ok(())
    }

    fn read_ask(&self, row: &Row<'_>) -> Result<AskRow, Error> {
        let id: i64 = row.get(0)?;
        let list = |column: usize| -> Result<Vec<String>, Error> {
            let text: String = row.get(column)?;
            json::texts(&text).ok_or_else(|| Error::Corrupt(format!("ask:{id} has a list that is none")))
        };
        let key: Option<String> = row.get(3)?;
        let hash: Option<Vec<u8>> = row.get(4)?;
        let hash = hash.and_then(|hash| hash.try_into().ok()).unwrap_or_default();
        let status: String = row.get(14)?;
        Ok(AskRow {
            id,
            bot: BotId(row.get(1)?),
            number: row.get(2)?,
            key: key.map(|key| (key, hash)),
            text: self.opened_text(&text_place(id), row.get(5)?)?,
            options: list(6)?,
            people: list(7)?,
            is_room: row.get(8)?,
            asked: size_of(row.get(9)?),
            must_encrypt: row.get(10)?,
            escalate_after: row.get(11)?,
            next_at: row.get(12)?,
            expires_at: row.get(13)?,
            status: AskStatus::parse(&status).ok_or_else(|| Error::Corrupt(format!("ask:{id} is {status}")))?,
            answer: self.read_answer(id, row)?,
        })
    }

    fn read_answer(&self, id: i64, row: &Row<'_>) -> Result<Option<AskAnswerRow>, Error> {
        let Some(by) = row.get::<_, Option<String>>(17)? else { return Ok(None) };
        Ok(Some(AskAnswerRow {
            text: self.opened_text(&answer_place(id), row.get(15)?)?,
            option: row.get::<_, Option<i64>>(16)?.map(size_of),
            by,
            at: row.get(18)?,
            message_id: row.get::<_, Option<String>>(19)?.unwrap_or_default(),
            encrypted: row.get::<_, Option<bool>>(20)?.unwrap_or_default(),
            trust: row.get(21)?,
        }))
    }

    fn opened_text(&self, place: &str, sealed: Option<String>) -> Result<String, Error> {
        Ok(self.opened(place, sealed)?.map(|text| text.expose().to_string()).unwrap_or_default())
    }
}

fn read_message(row: &Row<'_>) -> Result<AskMessageRow, Error> {
    Ok(AskMessageRow { ask: row.get(0)?, place: size_of(row.get(1)?), message_id: row.get(2)? })
}

fn number_of(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn size_of(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn text_place(id: i64) -> String {
    format!("ask.text:{id}")
}

fn answer_place(id: i64) -> String {
    format!("ask.answer:{id}")
}
