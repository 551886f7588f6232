//! What is said in chats of people with a browser, in tables `message` and `web_message`. Texts stay, as people see a history,
//! within bounds: the oldest go.

use rusqlite::Row;

use crate::base::id::{BotId, MessageId};
use crate::base::limits;
use crate::base::ulid;
use crate::store::message::{NewMessage, key};
use crate::store::row::{
    ChannelName, Conversation, ConversationKind, NewWebRow, Progress, WebChatRow, WebPageQuery, WebRow,
};
use crate::store::{Error, Store};

/// A message as [`read_web`] reads it.
macro_rules! message {
    ($of:literal) => {
        concat!(
            "SELECT m.id, m.at * 1000 + w.ms, m.contact_id IS NULL, m.name, m.body, m.original IS NOT NULL, m.deleted,
             r.reply_to, w.changed FROM conversation AS c CROSS JOIN message AS m ON m.conversation_id = c.id
             JOIN web_message AS w ON w.message_id = m.id LEFT JOIN message_reply AS r ON r.message_id = m.id
             WHERE c.channel = 'web' AND c.bot_id = ?1 AND c.address = ?2 AND m.body IS NOT NULL ",
            $of
        )
    };
}

impl Store {
    /// Appends a message. `at_ms` is milliseconds since 1970; within a chat it only grows, so that whoever asks for what came
    /// since a message misses nothing. `now_s` is in time lived through.
    pub fn insert_web(&mut self, new: &NewWebRow<'_>, at_ms: i64, now_s: i64) -> Result<WebRow, Error> {
        let (conversation, person) = self.conversation(&place(new.chat))?;
        if let Some(nickname) = new.nickname {
            self.contact(ChannelName::WEB, &new.chat.address, Some(nickname))?;
        }
        let last = self.row(
            "SELECT m.at * 1000 + w.ms FROM message AS m JOIN web_message AS w ON w.message_id = m.id
             WHERE m.conversation_id = ? AND m.body IS NOT NULL ORDER BY m.id DESC LIMIT 1",
            &[&conversation.0],
            |row| Ok(row.get::<_, i64>(0)?),
        )?;
        let at_ms = last.map_or(at_ms, |last| at_ms.max(last + 1));
        let (at, ms) = (at_ms.div_euclid(1000), at_ms.rem_euclid(1000));
        let message = NewMessage {
            bot: Some(new.chat.bot),
            conversation,
            contact: person.filter(|_| new.name.is_none()),
            recipient: None,
            name: new.name,
            alias: None,
            body: Some(new.text),
            original: None,
            progress: Progress::Untracked,
            at,
        };
        let id = self.insert_message(&message, now_s)?;
        let name = match new.name {
            Some(name) => name.to_string(),
            None => {
                let name = ulid::numbered(at_ms, id.0);
                self.write("UPDATE message SET name = ?1, key = ?2 WHERE id = ?3", &[&name, &key(&name), &id.0])?;
                name
            }
        };
        // A number that was given long before would be passed over by who has seen later ones.
        let changed =
            if id.0 < self.last_number()? && new.name.is_some() { Some(self.next_number(now_s)?) } else { None };
        self.write("INSERT INTO web_message (message_id, ms, changed) VALUES (?, ?, ?)", &[&id.0, &ms, &changed])?;
        if let Some(reply_to) = new.reply_to {
            self.write("INSERT INTO message_reply (message_id, reply_to) VALUES (?, ?)", &[&id.0, &reply_to])?;
        }
        Ok(WebRow {
            id,
            at_ms,
            is_bot: new.name.is_some(),
            name: Some(name),
            text: new.text.to_string(),
            is_edited: false,
            is_deleted: false,
            reply_to: new.reply_to.map(str::to_string),
            changed,
        })
    }

    /// A message of a chat by its number.
    pub fn find_web(&self, chat: &WebChatRow, id: MessageId) -> Result<Option<WebRow>, Error> {
        self.row(message!("AND m.id = ?3"), &[&chat.bot.0, &chat.address, &id.0], read_web)
    }

    /// The same by the id that the bot's program knows.
    pub fn find_web_named(&self, chat: &WebChatRow, name: &str) -> Result<Option<WebRow>, Error> {
        let sql = "SELECT id FROM conversation WHERE channel = 'web' AND bot_id = ? AND address = ?";
        let conversation = self.row(sql, &[&chat.bot.0, &chat.address], |row| Ok(row.get::<_, i64>(0)?))?;
        let Some(conversation) = conversation else { return Ok(None) };
        match self.number_of(conversation, name)? {
            Some(id) => self.find_web(chat, MessageId(id)),
            None => Ok(None),
        }
    }

    /// The chat that a message of a bot's belongs to.
    pub fn find_web_chat_of(&self, bot: BotId, id: MessageId) -> Result<Option<WebChatRow>, Error> {
        let sql = "SELECT c.address FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
                   WHERE m.id = ? AND c.channel = 'web' AND c.bot_id = ?";
        match self.row(sql, &[&id.0, &bot.0], |row| Ok(row.get::<_, String>(0)?))? {
            Some(address) => self.find_web_chat_at(bot, &address),
            None => Ok(None),
        }
    }

    /// How many messages there are that somebody wants to see, and one page of them, the oldest first.
    pub fn list_web(&self, chat: &WebChatRow, query: &WebPageQuery) -> Result<(i64, Vec<WebRow>), Error> {
        let total = self.number(
            "SELECT count(*) FROM conversation AS c CROSS JOIN message AS m ON m.conversation_id = c.id
             JOIN web_message AS w ON w.message_id = m.id
             WHERE c.channel = 'web' AND c.bot_id = ?1 AND c.address = ?2 AND m.body IS NOT NULL AND m.deleted = 0
             AND (?3 IS NULL OR (m.contact_id IS NULL) = ?3) AND m.at * 1000 + w.ms > ?4",
            &[&chat.bot.0, &chat.address, &query.by_bot, &query.since_ms],
        )?;
        let skip = (query.page - 1).saturating_mul(query.limit);
        let mut rows = self.rows(
            message!(
                "AND m.deleted = 0 AND (?3 IS NULL OR (m.contact_id IS NULL) = ?3) AND m.at * 1000 + w.ms > ?4
                 ORDER BY m.id DESC LIMIT ?5 OFFSET ?6"
            ),
            &[&chat.bot.0, &chat.address, &query.by_bot, &query.since_ms, &query.limit, &skip],
            read_web,
        )?;
        rows.reverse();
        Ok((total, rows))
    }

    /// What was said or changed in a chat after a number, in this order, so many at most.
    pub fn list_web_after(&self, chat: &WebChatRow, after: i64, limit: usize) -> Result<Vec<WebRow>, Error> {
        self.rows(
            message!("AND (m.id > ?3 OR w.changed > ?3) ORDER BY coalesce(w.changed, m.id) LIMIT ?4"),
            &[&chat.bot.0, &chat.address, &after, &i64::try_from(limit).unwrap_or(i64::MAX)],
            read_web,
        )
    }

    /// The number of the last message or change there is.
    pub fn last_web(&self) -> Result<i64, Error> {
        self.last_number()
    }

    /// A message says something else from now on.
    pub fn edit_web(&mut self, id: MessageId, text: &str, now_s: i64) -> Result<(), Error> {
        self.write("UPDATE message SET body = ?, original = name WHERE id = ?", &[&text, &id.0])?;
        self.touch_web(id, now_s)
    }

    /// A message is taken back.
    pub fn take_back_web(&mut self, id: MessageId, now_s: i64) -> Result<(), Error> {
        self.store_deleted(id)?;
        self.write("DELETE FROM web_attachment WHERE message_id = ?", &[&id.0])?;
        self.touch_web(id, now_s)
    }

    /// A bot has this reaction to a message from now on; an empty one takes it back.
    pub fn react_web(&mut self, id: MessageId, emoji: &str, (at, now_s): (i64, i64)) -> Result<(), Error> {
        self.write("DELETE FROM reaction WHERE message_id = ? AND contact_id IS NULL", &[&id.0])?;
        if !emoji.is_empty() {
            let sql = "INSERT INTO reaction (message_id, contact_id, emoji, at) VALUES (?, NULL, ?, ?)";
            self.write(sql, &[&id.0, &emoji, &at])?;
        }
        self.touch_web(id, now_s)
    }

    /// Something about a message is otherwise: whoever watches its chat is told.
    pub fn touch_web(&mut self, id: MessageId, now_s: i64) -> Result<(), Error> {
        let number = self.next_number(now_s)?;
        self.write("UPDATE web_message SET changed = ? WHERE message_id = ?", &[&number, &id.0])?;
        Ok(())
    }

    /// The reactions to a message: whether it is the bot's, and the emoji.
    pub fn web_reactions(&self, id: MessageId) -> Result<Vec<(bool, String)>, Error> {
        let sql = "SELECT contact_id IS NULL, emoji FROM reaction WHERE message_id = ? ORDER BY rowid";
        self.rows(sql, &[&id.0], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Of a bot's chats the oldest messages go where there is too much: of one chat, and of all. Looks first.
    pub(super) fn trim_web(&mut self, bot: BotId) -> Result<(), Error> {
        let is_any = "SELECT EXISTS (SELECT 1 FROM web_chat WHERE bot_id = ?)";
        if self.number(is_any, &[&bot.0])? == 0 {
            return Ok(());
        }
        let beyond = self.rows(
            "WITH kept AS (SELECT m.id, m.conversation_id AS chat, octet_length(m.body) + ?5 AS bytes FROM message AS m
                 WHERE m.body IS NOT NULL AND m.conversation_id IN
                 (SELECT id FROM conversation WHERE bot_id = ?1 AND channel = 'web'))
             SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY chat ORDER BY id DESC) AS place,
                 sum(bytes) OVER (PARTITION BY chat ORDER BY id DESC) AS of_chat,
                 sum(bytes) OVER (ORDER BY id DESC) AS of_all FROM kept)
             WHERE place > ?2 OR of_chat > ?3 OR of_all > ?4",
            &[
                &bot.0,
                &limits::WEB_MESSAGES_PER_CHAT_MAX,
                &limits::WEB_CHAT_BYTES_MAX,
                &limits::WEB_BYTES_PER_BOT_MAX,
                &limits::WEB_MESSAGE_BYTES,
            ],
            |row| Ok(row.get::<_, i64>(0)?),
        )?;
        for id in beyond {
            self.write("DELETE FROM message WHERE id = ?", &[&id])?;
        }
        Ok(())
    }
}

fn place(chat: &WebChatRow) -> Conversation<'_> {
    Conversation {
        channel: ChannelName::WEB,
        bot: Some(chat.bot),
        account: None,
        address: &chat.address,
        kind: ConversationKind::Chat,
    }
}

fn read_web(row: &Row<'_>) -> Result<WebRow, Error> {
    Ok(WebRow {
        id: MessageId(row.get(0)?),
        at_ms: row.get(1)?,
        is_bot: row.get(2)?,
        name: row.get(3)?,
        text: row.get(4)?,
        is_edited: row.get(5)?,
        is_deleted: row.get(6)?,
        reply_to: row.get(7)?,
        changed: row.get(8)?,
    })
}
