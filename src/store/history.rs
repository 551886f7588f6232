//! Histories: what is kept of messages where somebody wants to read it again, in table `message` (the text) and in
//! `message_file`, `message_reply` and `reaction`. Whether a bot keeps something is the engine's to say; where it does not,
//! nothing here writes. A message without a text is part of no history, and one that was taken back has an empty one.
//!
//! The lines of the built-in chat have bounds of their own (purge.rs), and so has what is said on the web (web_message.rs).

use std::collections::HashMap;

use rusqlite::Row;

use crate::base::id::{BotId, ContactId, MessageId, number_in};
use crate::base::limits;
use crate::store::message::{IDS_PER_SECOND, key};
use crate::store::row::{FileRow, KeptContent, KeptRow, NewReactions, Reactor, SaidRow, Side};
use crate::store::told::occupant;
use crate::store::{Error, Store};

/// What stands in a history and belongs to bot `?1`, but for the built-in chat and those of the web.
const KEPT: &str = "body IS NOT NULL
    AND conversation_id IN (SELECT id FROM conversation WHERE bot_id = ?1 AND channel NOT IN ('local', 'web'))";

/// Who said something, as people write his address: in rooms that is with his nick.
const SPEAKER: &str = "CASE WHEN c.kind = 'room' THEN c.address || '/' || p.name ELSE p.address END";

/// How many bytes a message has that others have written, but for reactions to it.
const WEIGHT: &str = "(octet_length(body)
    + coalesce((SELECT octet_length(reply_to) FROM message_reply WHERE message_id = message.id), 0)
    + coalesce((SELECT sum(octet_length(f.url) + coalesce(octet_length(f.name), 0)
            + coalesce(octet_length(f.media_type), 0))
        FROM message_file AS m JOIN file AS f ON f.id = m.file_id WHERE m.message_id = message.id), 0))";

/// Where reactions, corrections and retractions find a message.
struct Found {
    id: MessageId,
    /// The first one, if it is a correction.
    original: Option<String>,
    /// It is kept, and was not taken back.
    is_kept: bool,
}

impl Store {
    /// Keeps what a message of a bot says.
    pub fn keep_content(&mut self, bot: BotId, id: MessageId, content: &KeptContent<'_>) -> Result<(), Error> {
        self.write("UPDATE message SET body = ? WHERE id = ?", &[&content.text, &id.0])?;
        if let Some(reply_to) = content.reply_to {
            self.write(
                "INSERT OR REPLACE INTO message_reply (message_id, reply_to) VALUES (?, ?)",
                &[&id.0, &reply_to],
            )?;
        }
        for (position, file_id) in (0_i64..).zip(content.files) {
            self.write(
                "INSERT OR REPLACE INTO message_file (message_id, file_id, position)
                 SELECT ?, id, ? FROM file WHERE bot_id = ? AND file_id = ?",
                &[&id.0, &position, &bot.0, file_id],
            )?;
        }
        // What was given and what of it is kept differ: of unknown files nothing is.
        let bytes = self.number(&format!("SELECT {WEIGHT} FROM message WHERE id = ?"), &[&id.0])?;
        self.count_messages(Some(bot), bytes / limits::HISTORY_WEIGHT_BYTES)
    }

    /// What a kept message says now. `by` is the correction, which is named by whatever corrects it once more.
    pub fn correct_kept(
        &mut self,
        bot: BotId,
        id: MessageId,
        by: MessageId,
        content: &KeptContent<'_>,
    ) -> Result<(), Error> {
        self.write("UPDATE message SET original = name WHERE id = ?", &[&id.0])?;
        self.write(
            "UPDATE message SET original = (SELECT name FROM message WHERE id = ?) WHERE id = ?",
            &[&id.0, &by.0],
        )?;
        self.write("DELETE FROM message_file WHERE message_id = ?", &[&id.0])?;
        self.keep_content(bot, id, content)
    }

    /// All that somebody has as reactions to a message of a conversation, if that is kept.
    pub fn keep_reactions(&mut self, bot: BotId, address: &str, new: &NewReactions<'_>) -> Result<(), Error> {
        let Some(id) = self.find_kept(bot, address, new.message_id, Side::Any)? else { return Ok(()) };
        let by = match new.by {
            Reactor::Bot => None,
            Reactor::Peer => Some(self.contact(new.channel, address, None)?),
            Reactor::Occupant { author, nick } => {
                Some(self.contact(new.channel, &occupant(address, author), Some(nick))?)
            }
        };
        let by = by.map(|ContactId(id)| id);
        self.write("DELETE FROM reaction WHERE message_id = ? AND contact_id IS ?", &[&id.0, &by])?;
        for emoji in new.emoji {
            self.write(
                "INSERT INTO reaction (message_id, contact_id, emoji, at) SELECT ?1, ?2, ?3, ?4
                 WHERE (SELECT count(*) FROM reaction WHERE message_id = ?1) < ?5",
                &[&id.0, &by, emoji, &new.at, &limits::HISTORY_REACTIONS_MAX],
            )?;
        }
        self.count_messages(Some(bot), 1)
    }

    /// A message that is kept and was not taken back, by an id of its own or of a correction of it.
    pub fn find_kept(&self, bot: BotId, address: &str, id: &str, side: Side<'_>) -> Result<Option<MessageId>, Error> {
        let Some(found) = self.find_of(bot, address, id, side)? else { return Ok(None) };
        if found.is_kept {
            return Ok(Some(found.id));
        }
        let Some(original) = found.original else { return Ok(None) };
        let first = self.find_of(bot, address, &original, side)?;
        Ok(first.filter(|first| first.is_kept).map(|first| first.id))
    }

    /// What a bot said under an id.
    pub fn find_said(&self, bot: BotId, id: &str) -> Result<Option<SaidRow>, Error> {
        self.row(
            "SELECT m.id, m.original, m.deleted FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             WHERE (m.id = ? OR m.key = ?) AND m.name = ? AND m.contact_id IS NULL AND c.bot_id = ?
             ORDER BY m.id DESC LIMIT 1",
            &[&number_in(id), &key(id), &id, &bot.0],
            |row| Ok(SaidRow { id: MessageId(row.get(0)?), original: row.get(1)?, is_deleted: row.get(2)? }),
        )
    }

    /// Whether a message is kept, and was not taken back.
    pub fn is_kept(&self, id: MessageId) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM message WHERE id = ? AND body IS NOT NULL AND deleted = 0)";
        Ok(self.number(sql, &[&id.0])? != 0)
    }

    /// In a room only the id that the room gave counts: of the other one anybody may say what he likes. Where the room gives
    /// none, several may have the same: the newest counts, as for `find_heard`. Passing over one that is not kept any more
    /// would lead to an older one, which somebody else said.
    fn find_of(&self, bot: BotId, address: &str, id: &str, side: Side<'_>) -> Result<Option<Found>, Error> {
        let author = match side {
            Side::Occupant(author) => Some(occupant(address, author)),
            _ => None,
        };
        let side = match side {
            Side::Bot => "m.contact_id IS NULL",
            Side::Others | Side::Occupant(_) => "m.contact_id IS NOT NULL",
            Side::Any => "true",
        };
        self.row(
            &format!(
                "SELECT m.id, m.original, m.body IS NOT NULL AND m.deleted = 0
                 FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
                 WHERE (m.key = ?1 OR m.alias = ?1 OR m.id = ?6 AND m.name = ?4) AND (c.kind <> 'room' OR m.name = ?4)
                 AND c.bot_id = ?2 AND c.address = ?3 AND {side}
                 AND (?5 IS NULL OR m.contact_id IN
                     (SELECT id FROM contact WHERE channel = c.channel AND address = ?5))
                 ORDER BY m.id DESC LIMIT 1"
            ),
            &[&key(id), &bot.0, &address, &id, &author, &number_in(id)],
            |row| Ok(Found { id: MessageId(row.get(0)?), original: row.get(1)?, is_kept: row.get(2)? }),
        )
    }

    /// Whether a bot has a conversation with an address.
    pub fn has_conversation(&self, bot: BotId, address: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM conversation WHERE address = ? AND bot_id = ?)";
        Ok(self.number(sql, &[&address, &bot.0])? != 0)
    }

    /// What a bot and an address said to each other before a message, the newest first: so many at most, and only as many
    /// as fit, but one.
    pub fn list_kept(
        &self,
        bot: BotId,
        address: &str,
        before: Option<MessageId>,
        (most, bytes_max): (usize, usize),
    ) -> Result<Vec<KeptRow>, Error> {
        // One conversation is walked along its index, and no further than the page; several, as when a bot was moved to another
        // account, are put in order first.
        let sql = "SELECT id FROM conversation WHERE address = ? AND bot_id = ?";
        let known = self.rows(sql, &[&address, &bot.0], |row| Ok(row.get::<_, i64>(0)?))?;
        let (of, only) = match known[..] {
            [] => return Ok(Vec::new()),
            [only] => ("= ?5", Some(only)),
            _ => ("IN (SELECT id FROM conversation WHERE address = ?1 AND bot_id = ?2 AND ?5 IS NULL)", None),
        };
        let sql = format!(
            "SELECT m.id, m.name, CASE WHEN m.contact_id IS NOT NULL THEN {SPEAKER} END, a.jid, m.body, m.at,
             m.original IS NOT NULL AND m.original = m.name, m.deleted, r.reply_to
             FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             LEFT JOIN contact AS p ON p.id = m.contact_id LEFT JOIN account AS a ON a.id = c.account_id
             LEFT JOIN message_reply AS r ON r.message_id = m.id
             WHERE m.id IN (SELECT id FROM message WHERE body IS NOT NULL AND id < ?3 AND conversation_id {of}
                 ORDER BY id DESC LIMIT ?4)
             ORDER BY m.id DESC"
        );
        let mut statement = self.prepare(&sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = statement.query((address, bot.0, before.map_or(i64::MAX, |id| id.0), most, only))?;
        let (mut all, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let row = self.read_kept(row)?;
            bytes += row.bytes();
            if bytes > bytes_max && !all.is_empty() {
                break;
            }
            all.push(row);
        }
        Ok(all)
    }

    fn read_kept(&self, row: &Row<'_>) -> Result<KeptRow, Error> {
        let id: i64 = row.get(0)?;
        Ok(KeptRow {
            id: MessageId(id),
            name: row.get(1)?,
            from: row.get(2)?,
            own: row.get(3)?,
            text: row.get(4)?,
            at: row.get(5)?,
            is_edited: row.get(6)?,
            is_deleted: row.get(7)?,
            reply_to: row.get(8)?,
            files: self.files_of(id)?,
            reactions: self.reactions_to(id)?,
        })
    }

    fn files_of(&self, id: i64) -> Result<Vec<FileRow>, Error> {
        self.rows(
            "SELECT f.bot_id, f.file_id, f.message_id, f.url, f.name, f.media_type, f.size, f.file_key
             FROM message_file AS m JOIN file AS f ON f.id = m.file_id WHERE m.message_id = ? ORDER BY m.position",
            &[&id],
            |row| self.read_file(row),
        )
    }

    fn reactions_to(&self, id: i64) -> Result<Vec<(Option<String>, String)>, Error> {
        let sql = format!(
            "SELECT CASE WHEN r.contact_id IS NOT NULL THEN {SPEAKER} END, r.emoji FROM reaction AS r
             JOIN message AS m ON m.id = r.message_id JOIN conversation AS c ON c.id = m.conversation_id
             LEFT JOIN contact AS p ON p.id = r.contact_id WHERE r.message_id = ? ORDER BY r.rowid"
        );
        self.rows(&sql, &[&id], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// What was kept for a bot before a time, which is one lived through, is kept no more; the rows stay as long as those
    /// of which nothing is kept. Looks first.
    pub fn forget_history(&mut self, bot: BotId, before_s: i64) -> Result<(), Error> {
        // Numbers grow with time: looking stops at the first young one.
        let old = format!("{KEPT} AND id < ?2 AND created_at < ?3");
        let number = before_s.saturating_mul(IDS_PER_SECOND);
        let bounds: [&dyn rusqlite::ToSql; 3] = [&bot.0, &number, &before_s];
        if self.number(&format!("SELECT EXISTS (SELECT 1 FROM message WHERE {old})"), &bounds)? == 0 {
            return Ok(());
        }
        for table in BESIDE {
            let sql = format!("DELETE FROM {table} WHERE message_id IN (SELECT id FROM message WHERE {old})");
            self.write(&sql, &bounds)?;
        }
        self.write(&format!("UPDATE message SET body = NULL WHERE {old}"), &bounds)?;
        Ok(())
    }

    /// Of a bot's histories what is beyond the limits is kept no more: too many messages of one, too much of one, too much of
    /// all. What goes for the sake of its own history counts for no other. Looks first: most bots keep nothing.
    pub(super) fn trim_history(&mut self, bot: BotId) -> Result<(), Error> {
        if self.number(&format!("SELECT EXISTS (SELECT 1 FROM message WHERE {KEPT})"), &[&bot.0])? == 0 {
            return Ok(());
        }
        let (message, file, reaction) =
            (limits::HISTORY_MESSAGE_BYTES, limits::HISTORY_FILE_BYTES, limits::HISTORY_REACTION_BYTES);
        let sql = format!(
            "WITH kept AS (SELECT id, conversation_id AS chat, {WEIGHT} + {message}
                 + {file} * (SELECT count(*) FROM message_file WHERE message_id = message.id)
                 + {reaction} * (SELECT count(*) FROM reaction WHERE message_id = message.id) AS bytes
                 FROM message WHERE {KEPT}),
             placed AS (SELECT id, bytes, row_number() OVER (PARTITION BY chat ORDER BY id DESC) > ?2
                 OR sum(bytes) OVER (PARTITION BY chat ORDER BY id DESC) > ?3 AS beyond FROM kept)
             SELECT id FROM (SELECT id, beyond,
                 sum(CASE WHEN beyond THEN 0 ELSE bytes END) OVER (ORDER BY id DESC) AS bytes FROM placed)
             WHERE beyond OR bytes > ?4"
        );
        let most = self.history_bytes.get(&bot).copied().unwrap_or(limits::HISTORY_BYTES_MAX);
        let bounds = (limits::HISTORY_MESSAGES_MAX, limits::HISTORY_CHAT_BYTES_MAX, most);
        let beyond =
            self.rows(&sql, &[&bot.0, &bounds.0, &bounds.1, &bounds.2], |row| Ok(MessageId(row.get::<_, i64>(0)?)))?;
        for id in beyond {
            self.clear_beside(id)?;
            self.write("UPDATE message SET body = NULL WHERE id = ?", &[&id.0])?;
        }
        Ok(())
    }

    /// How much the histories of some bots may hold in bytes, where that is less than of others. What is beyond goes with
    /// the messages that come.
    pub fn bound_histories(&mut self, most: HashMap<BotId, i64>) {
        self.history_bytes = most;
    }

    /// What is kept of a message beside its text goes.
    pub(super) fn clear_beside(&mut self, id: MessageId) -> Result<(), Error> {
        for table in BESIDE {
            self.write(&format!("DELETE FROM {table} WHERE message_id = ?"), &[&id.0])?;
        }
        Ok(())
    }
}

/// What is kept beside the text.
const BESIDE: [&str; 3] = ["message_file", "message_reply", "reaction"];
