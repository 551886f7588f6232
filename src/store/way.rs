//! What the tables know of the way of one message: read only when somebody asks.

use crate::base::id::{BotId, UpdateId, number_in};
use crate::base::json;
use crate::base::limits;
use crate::store::message::key;
use crate::store::row::{AttemptRow, Heading, Progress, WayRow};
use crate::store::{Error, Store};

impl Store {
    /// What table `message` has of a message, by any id of it.
    pub fn find_way(&self, bot: BotId, id: &str) -> Result<Option<WayRow>, Error> {
        self.row(
            "SELECT m.name, m.contact_id IS NULL, coalesce(m.recipient, c.address), m.at, m.progress, m.deleted
             FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             WHERE (m.id = ? OR m.key = ? OR m.alias = ?) AND (m.key IS NOT NULL OR m.name = ?) AND c.bot_id = ?
             ORDER BY m.id DESC LIMIT 1",
            &[&number_in(id), &key(id), &key(id), &id, &bot.0],
            |row| {
                Ok(WayRow {
                    message_id: row.get::<_, Option<String>>(0)?.unwrap_or_else(|| id.to_string()),
                    is_out: row.get(1)?,
                    address: row.get(2)?,
                    at: row.get(3)?,
                    progress: Progress::from_number(row.get(4)?),
                    deleted: row.get(5)?,
                })
            },
        )
    }

    /// The last message that a bot said to somebody, or was told by him.
    pub fn last_way(&self, bot: BotId, address: &str, heading: Heading) -> Result<Option<String>, Error> {
        let found = self.row(
            "SELECT m.name FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             WHERE c.bot_id = ? AND c.address = ? AND (m.contact_id IS NULL) = ? AND m.name IS NOT NULL
             ORDER BY m.id DESC LIMIT 1",
            &[&bot.0, &address, &(heading == Heading::Out)],
            |row| Ok(row.get(0)?),
        )?;
        Ok(found)
    }

    /// Whether what a bot said waits for keys.
    pub fn waits_for_keys(&self, bot: BotId, message_id: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM omemo_waiting WHERE bot_id = ? AND message_id = ?)";
        Ok(self.number(sql, &[&bot.0, &message_id])? != 0)
    }

    /// The update that tells of a message, while it is in the queue.
    pub fn find_update_of(&self, bot: BotId, message_id: &str) -> Result<Option<UpdateId>, Error> {
        let member = format!("\"stanza_id\":{}", json::text(message_id));
        let sql = "SELECT id FROM update_queue WHERE bot_id = ? AND instr(payload, ?) > 0 ORDER BY id DESC LIMIT 1";
        self.row(sql, &[&bot.0, &member], |row| Ok(UpdateId(row.get(0)?)))
    }

    /// The same of the last that its webhook took.
    pub fn find_attempt_of(&self, bot: BotId, message_id: &str) -> Result<Option<UpdateId>, Error> {
        let member = format!("\"stanza_id\":{}", json::text(message_id));
        let sql =
            "SELECT update_id FROM webhook_attempt WHERE bot_id = ? AND instr(payload, ?) > 0 ORDER BY id DESC LIMIT 1";
        self.row(sql, &[&bot.0, &member], |row| Ok(UpdateId(row.get(0)?)))
    }

    /// The attempts to post one update, oldest first; their payloads are left out.
    pub fn list_attempts_of(&self, bot: BotId, update: UpdateId) -> Result<Vec<AttemptRow>, Error> {
        let all = self.list_attempts(bot)?;
        let most = limits::WAY_STEPS_MAX;
        let mut own: Vec<AttemptRow> = all.into_iter().filter(|row| row.update == update).take(most).collect();
        own.reverse();
        Ok(own)
    }
}
