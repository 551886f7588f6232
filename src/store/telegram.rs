//! Tables `telegram_bot`, `telegram_chat`, `telegram_outbox` and `telegram_message`: bots that speak at Telegram, the chats
//! they know, what is on its way there, and which messages there are theirs. The channel decides.

use rusqlite::Row;

use crate::base::crypto::sha256;
use crate::base::id::{BotId, MessageId, number_in};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::store::message::{NewMessage, key};
use crate::store::row::{
    Conversation, OutgoingRow, OutgoingState, Progress, SpokenRow, TelegramChatRow, TelegramRow, ThereRow,
};
use crate::store::sql::bare_jid;
use crate::store::{Error, Store};

/// A row of the outbox, as [`read_outgoing`] reads it.
macro_rules! outgoing {
    ($of:literal) => {
        concat!(
            "SELECT id, bot_id, chat, thread, message_id, part, method, about, fields, note, state, created_at
             FROM telegram_outbox ",
            $of
        )
    };
}

impl Store {
    /// All bots that are connected to Telegram.
    pub fn list_telegram_bots(&self) -> Result<Vec<TelegramRow>, Error> {
        let sql =
            "SELECT bot_id, token, api_url, user_id, username, name, is_enabled, next_update, trouble, token_hash,
                   is_confined FROM telegram_bot ORDER BY bot_id";
        self.rows(sql, &[], |row| {
            let bot = BotId(row.get(0)?);
            let token = self.opened(&place(bot), row.get(1)?)?.unwrap_or_default();
            let is_of_token = row.get::<_, Vec<u8>>(9)? == sha256(token.expose().as_bytes());
            Ok(TelegramRow {
                bot,
                token,
                api_url: row.get(2)?,
                is_confined: row.get(10)?,
                user_id: row.get(3)?,
                username: row.get(4)?,
                name: row.get(5)?,
                is_enabled: row.get(6)?,
                next_update: if is_of_token { row.get(7)? } else { 0 },
                trouble: row.get(8)?,
            })
        })
    }

    /// Keeps how a bot is connected. With another token it begins anew.
    pub fn store_telegram_bot(&mut self, row: &TelegramRow) -> Result<(), Error> {
        let hash = sha256(row.token.expose().as_bytes()).to_vec();
        let token = self.sealed(&place(row.bot), Some(&row.token)).unwrap_or_default();
        self.write(
            "INSERT OR REPLACE INTO telegram_bot
             (bot_id, token, token_hash, api_url, user_id, username, name, is_enabled, next_update, trouble,
              is_confined) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.bot.0,
                &token,
                &hash,
                &row.api_url,
                &row.user_id,
                &row.username,
                &row.name,
                &row.is_enabled,
                &row.next_update,
                &row.trouble,
                &row.is_confined,
            ],
        )?;
        Ok(())
    }

    /// Notes how far a bot's updates are taken.
    pub fn store_telegram_offset(&mut self, bot: BotId, next_update: i64) -> Result<(), Error> {
        self.write("UPDATE telegram_bot SET next_update = ? WHERE bot_id = ?", &[&next_update, &bot.0])?;
        Ok(())
    }

    /// Notes why nothing is asked any more, or that it is again.
    pub fn store_telegram_trouble(&mut self, bot: BotId, trouble: Option<&str>) -> Result<(), Error> {
        self.write("UPDATE telegram_bot SET trouble = ? WHERE bot_id = ?", &[&trouble, &bot.0])?;
        Ok(())
    }

    /// A bot is not connected any more: its chats are forgotten, and what waits is not sent.
    pub fn delete_telegram_bot(&mut self, bot: BotId) -> Result<(), Error> {
        for table in ["telegram_outbox", "telegram_message", "telegram_chat", "telegram_bot"] {
            self.write(&format!("DELETE FROM {table} WHERE bot_id = ?"), &[&bot.0])?;
        }
        Ok(())
    }

    // --- chats ---

    /// The chats that a bot hears, sorted.
    pub fn list_heard(&self, bot: BotId) -> Result<Vec<BareJid>, Error> {
        self.rows(
            "SELECT address FROM telegram_chat WHERE bot_id = ? AND is_heard = 1 ORDER BY address",
            &[&bot.0],
            |row| bare_jid(&row.get::<_, String>(0)?),
        )
    }

    /// A bot hears a chat from now on.
    pub fn store_heard(&mut self, bot: BotId, chat: &BareJid) -> Result<(), Error> {
        self.write(
            "INSERT INTO telegram_chat (bot_id, address, is_heard) VALUES (?, ?, 1)
             ON CONFLICT (bot_id, address) DO UPDATE SET is_heard = 1, unheard = 0",
            &[&bot.0, &chat.as_str()],
        )?;
        Ok(())
    }

    /// It does not any more.
    pub fn delete_heard(&mut self, bot: BotId, chat: &BareJid) -> Result<(), Error> {
        self.write("DELETE FROM telegram_chat WHERE bot_id = ? AND address = ?", &[&bot.0, &chat.as_str()])?;
        Ok(())
    }

    /// A chat by its address.
    pub fn find_telegram_chat(&self, bot: BotId, chat: &BareJid) -> Result<Option<TelegramChatRow>, Error> {
        let sql = "SELECT address, title, last_name, is_heard, unheard, at FROM telegram_chat
                   WHERE bot_id = ? AND address = ?";
        self.row(sql, &[&bot.0, &chat.as_str()], read_chat)
    }

    /// Notes what a chat is called.
    pub fn store_telegram_title(&mut self, bot: BotId, chat: &BareJid, title: &str) -> Result<(), Error> {
        self.write(
            "UPDATE telegram_chat SET title = ? WHERE bot_id = ? AND address = ? AND title <> ?",
            &[&title, &bot.0, &chat.as_str(), &title],
        )?;
        Ok(())
    }

    /// Somebody wrote where nobody hears him. Of many such chats the newest are kept.
    pub fn note_unheard(&mut self, bot: BotId, chat: &TelegramChatRow) -> Result<(), Error> {
        self.write(
            "INSERT INTO telegram_chat (bot_id, address, title, last_name, unheard, at) VALUES (?1, ?2, ?3, ?4, 1, ?5)
             ON CONFLICT (bot_id, address) DO UPDATE SET title = ?3, last_name = ?4, unheard = unheard + 1, at = ?5",
            &[&bot.0, &chat.address.as_str(), &chat.title, &chat.last_name, &chat.at],
        )?;
        self.write(
            "DELETE FROM telegram_chat WHERE bot_id = ?1 AND is_heard = 0 AND address NOT IN
             (SELECT address FROM telegram_chat WHERE bot_id = ?1 AND is_heard = 0 ORDER BY at DESC LIMIT ?2)",
            &[&bot.0, &limits::TELEGRAM_CHATS_OFFERED_MAX],
        )?;
        Ok(())
    }

    /// Chats that wrote and that nobody hears, the newest first.
    pub fn list_unheard(&self, bot: BotId) -> Result<Vec<TelegramChatRow>, Error> {
        let sql = "SELECT address, title, last_name, is_heard, unheard, at FROM telegram_chat
                   WHERE bot_id = ? AND is_heard = 0 AND unheard > 0 ORDER BY at DESC";
        self.rows(sql, &[&bot.0], read_chat)
    }

    /// A group has another number from now on.
    pub fn move_telegram_chat(&mut self, bot: BotId, from: (&BareJid, i64), to: (&BareJid, i64)) -> Result<(), Error> {
        self.write(
            "UPDATE OR REPLACE telegram_chat SET address = ? WHERE bot_id = ? AND address = ?",
            &[&to.0.as_str(), &bot.0, &from.0.as_str()],
        )?;
        self.write("UPDATE telegram_outbox SET chat = ? WHERE bot_id = ? AND chat = ?", &[&to.1, &bot.0, &from.1])?;
        Ok(())
    }

    // --- what is on its way ---

    /// Keeps what is to be sent; gives its number. The row's own is ignored.
    pub fn insert_outgoing(&mut self, row: &OutgoingRow) -> Result<i64, Error> {
        self.insert(
            "INSERT INTO telegram_outbox
             (bot_id, chat, thread, message_id, part, method, about, fields, note, state, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                &row.bot.0,
                &row.chat,
                &row.thread,
                &row.message_id,
                &row.part,
                &row.method,
                &row.about,
                &row.fields,
                &row.note,
                &row.state.as_number(),
                &row.created_at,
            ],
        )
    }

    /// One of them.
    pub fn find_outgoing(&self, id: i64) -> Result<Option<OutgoingRow>, Error> {
        self.row(outgoing!("WHERE id = ?"), &[&id], read_outgoing)
    }

    /// Where all of them go and how far they are, in the order of sending: number, bot, chat, state.
    pub fn list_outgoing(&self) -> Result<Vec<(i64, BotId, i64, OutgoingState)>, Error> {
        self.rows("SELECT id, bot_id, chat, state FROM telegram_outbox ORDER BY id", &[], |row| {
            Ok((row.get(0)?, BotId(row.get(1)?), row.get(2)?, OutgoingState::from_number(row.get(3)?)))
        })
    }

    /// Notes how far one is.
    pub fn store_outgoing(&mut self, id: i64, state: OutgoingState) -> Result<(), Error> {
        self.write("UPDATE telegram_outbox SET state = ? WHERE id = ?", &[&state.as_number(), &id])?;
        Ok(())
    }

    /// A file is sent in another way, and alone.
    pub fn store_outgoing_method(&mut self, id: i64, method: &str) -> Result<(), Error> {
        self.write("UPDATE telegram_outbox SET method = ?, fields = '' WHERE id = ?", &[&method, &id])?;
        Ok(())
    }

    /// Rows with this note that nothing was done for go.
    pub fn delete_waiting_files(&mut self, note: &str) -> Result<(), Error> {
        let waiting = OutgoingState::Waiting.as_number();
        let sql = "SELECT EXISTS (SELECT 1 FROM telegram_outbox WHERE note = ? AND state = ?)";
        if self.number(sql, &[&note, &waiting])? != 0 {
            self.write("DELETE FROM telegram_outbox WHERE note = ? AND state = ?", &[&note, &waiting])?;
        }
        Ok(())
    }

    /// One has arrived, or never will.
    pub fn delete_outgoing(&mut self, id: i64) -> Result<(), Error> {
        self.write("DELETE FROM telegram_outbox WHERE id = ?", &[&id])?;
        Ok(())
    }

    /// Whether anything of what a bot says under an id is still to be sent, beside this row.
    pub fn has_outgoing(&self, bot: BotId, message_id: &str, beside: i64) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM telegram_outbox WHERE bot_id = ? AND message_id = ? AND id <> ?)";
        Ok(self.number(sql, &[&bot.0, &message_id, &beside])? != 0)
    }

    /// How far what a bot says under an id is while it is not there yet: as far as the first part.
    pub fn outgoing_state(&self, bot: BotId, message_id: &str) -> Result<Option<OutgoingState>, Error> {
        let sql = "SELECT state FROM telegram_outbox WHERE bot_id = ? AND message_id = ? ORDER BY id LIMIT 1";
        self.row(sql, &[&bot.0, &message_id], |row| Ok(OutgoingState::from_number(row.get(0)?)))
    }

    // --- which messages there are which here ---

    /// What a bot said has this number in a chat.
    pub fn insert_telegram_message(&mut self, bot: BotId, new: &ThereRow<'_>, now_s: i64) -> Result<(), Error> {
        self.write(
            "INSERT OR REPLACE INTO telegram_message (bot_id, chat, number, message_id, part, created_at, is_file)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[&bot.0, &new.chat, &new.number, &new.message_id, &new.part, &now_s, &new.is_file],
        )?;
        Ok(())
    }

    /// Whether what a bot said under an id is a file there, or will be: then its words are a caption. `note` is that of rows
    /// with files.
    pub fn is_telegram_file(&self, bot: BotId, message_id: &str, note: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM telegram_message WHERE bot_id = ?1 AND message_id = ?2 AND is_file = 1)
                   OR EXISTS (SELECT 1 FROM telegram_outbox WHERE bot_id = ?1 AND message_id = ?2 AND note = ?3)";
        Ok(self.number(sql, &[&bot.0, &message_id, &note])? != 0)
    }

    /// What a message in a chat is called here, if a bot of ours said it.
    pub fn telegram_message_id(&self, bot: BotId, chat: i64, number: i64) -> Result<Option<String>, Error> {
        let sql = "SELECT message_id FROM telegram_message WHERE bot_id = ? AND chat = ? AND number = ?";
        self.row(sql, &[&bot.0, &chat, &number], |row| Ok(row.get(0)?))
    }

    /// The messages that are what a bot said under an id, in order: chat and number.
    pub fn telegram_numbers(&self, bot: BotId, message_id: &str) -> Result<Vec<(i64, i64)>, Error> {
        let sql = "SELECT chat, number FROM telegram_message WHERE bot_id = ? AND message_id = ? ORDER BY part";
        self.rows(sql, &[&bot.0, &message_id], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// One of them was taken back.
    pub fn delete_telegram_message(&mut self, bot: BotId, chat: i64, number: i64) -> Result<(), Error> {
        self.write(
            "DELETE FROM telegram_message WHERE bot_id = ? AND chat = ? AND number = ?",
            &[&bot.0, &chat, &number],
        )?;
        Ok(())
    }

    // --- what was said, where the channel has no accounts ---

    /// Remembers what a bot says on a channel without accounts. `now_s` is in time lived through, `at` Unix time.
    pub fn insert_spoken(
        &mut self,
        place: &Conversation<'_>,
        (bot, message_id): (BotId, &str),
        new: &SpokenRow,
        (at, now_s): (i64, i64),
    ) -> Result<MessageId, Error> {
        let (conversation, _) = self.conversation(place)?;
        let message = NewMessage {
            bot: Some(bot),
            conversation,
            contact: None,
            recipient: Some(new.recipient.as_str()).filter(|recipient| *recipient != place.address),
            name: Some(message_id),
            alias: None,
            body: None,
            original: new.original.as_deref(),
            progress: new.progress,
            at,
        };
        self.insert_message(&message, now_s)
    }

    /// What a bot said under an id, on whatever channel.
    pub fn find_spoken(&self, bot: BotId, message_id: &str) -> Result<Option<SpokenRow>, Error> {
        self.row(
            "SELECT m.id, coalesce(m.recipient, c.address), m.original, m.progress, m.deleted
             FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             WHERE (m.id = ? OR m.key = ?) AND m.name = ? AND m.contact_id IS NULL AND c.bot_id = ?
             ORDER BY m.id DESC LIMIT 1",
            &[&number_in(message_id), &key(message_id), &message_id, &bot.0],
            |row| {
                let recipient: String = row.get(1)?;
                let wrong = || Error::Corrupt(format!("{recipient} is not an address"));
                Ok(SpokenRow {
                    id: MessageId(row.get(0)?),
                    recipient: Jid::parse_any(&recipient).map_err(|_| wrong())?,
                    original: row.get(2)?,
                    progress: Progress::from_number(row.get(3)?),
                    is_deleted: row.get(4)?,
                })
            },
        )
    }
}

fn place(bot: BotId) -> String {
    format!("telegram_bot.token:{bot}")
}

fn read_chat(row: &Row<'_>) -> Result<TelegramChatRow, Error> {
    Ok(TelegramChatRow {
        address: bare_jid(&row.get::<_, String>(0)?)?,
        title: row.get(1)?,
        last_name: row.get(2)?,
        is_heard: row.get(3)?,
        unheard: row.get(4)?,
        at: row.get(5)?,
    })
}

fn read_outgoing(row: &Row<'_>) -> Result<OutgoingRow, Error> {
    Ok(OutgoingRow {
        id: row.get(0)?,
        bot: BotId(row.get(1)?),
        chat: row.get(2)?,
        thread: row.get(3)?,
        message_id: row.get(4)?,
        part: row.get(5)?,
        method: row.get(6)?,
        about: row.get(7)?,
        fields: row.get(8)?,
        note: row.get(9)?,
        state: OutgoingState::from_number(row.get(10)?),
        created_at: row.get(11)?,
    })
}
