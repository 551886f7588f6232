//! The built-in chat of `owner@local`, in table `message`: its texts stay, as they are read again.

use rusqlite::Row;

use crate::base::id::{BotId, MessageId};
use crate::store::message::NewMessage;
use crate::store::row::{ChannelName, Conversation, ConversationKind, LocalRow, Progress};
use crate::store::{Error, Store};

/// The owner's address on this channel.
const OWNER: &str = "owner@local";

impl Store {
    /// Appends a line; gives its number. `bot` is the bot it belongs to, on either side; `None` for the manager. `at` is
    /// Unix time, `now_s` in time lived through.
    pub fn insert_local(
        &mut self,
        bot: Option<BotId>,
        (from_owner, text): (bool, &str),
        at: i64,
        now_s: i64,
    ) -> Result<MessageId, Error> {
        let place = Conversation {
            channel: ChannelName::LOCAL,
            bot,
            account: None,
            address: OWNER,
            kind: ConversationKind::Chat,
        };
        let (conversation, owner) = self.conversation(&place)?;
        let message = NewMessage {
            bot,
            conversation,
            contact: owner.filter(|_| from_owner),
            recipient: None,
            name: None,
            alias: None,
            body: Some(text),
            original: None,
            progress: Progress::Untracked,
            at,
        };
        self.insert_message(&message, now_s)
    }

    /// Lines behind `after`, oldest first: of everybody (`None`), of the manager (`Some(None)`) or of one bot.
    pub fn list_local(&self, bot: Option<Option<BotId>>, after: MessageId, limit: i64) -> Result<Vec<LocalRow>, Error> {
        self.rows(
            "SELECT m.id, c.bot_id, m.contact_id IS NOT NULL, b.name, m.body, m.at FROM conversation AS c
             CROSS JOIN message AS m ON m.conversation_id = c.id LEFT JOIN bot AS b ON b.id = c.bot_id
             WHERE m.body IS NOT NULL AND c.channel = 'local' AND m.id > ? AND (? OR c.bot_id IS ?)
             ORDER BY m.id LIMIT ?",
            &[&after.0, &bot.is_none(), &bot.flatten().map(|bot| bot.0), &limit.max(0)],
            read_local,
        )
    }

    /// The newest line's number; 0 when there is none.
    pub fn last_local(&self) -> Result<MessageId, Error> {
        let sql = "SELECT max(m.id) FROM conversation AS c CROSS JOIN message AS m ON m.conversation_id = c.id
                   WHERE c.channel = 'local' AND m.body IS NOT NULL";
        Ok(MessageId(self.number(sql, &[])?))
    }
}

fn read_local(row: &Row<'_>) -> Result<LocalRow, Error> {
    Ok(LocalRow {
        id: MessageId(row.get(0)?),
        bot: row.get::<_, Option<i64>>(1)?.map(BotId),
        from_owner: row.get(2)?,
        bot_name: row.get(3)?,
        text: row.get(4)?,
        at: row.get(5)?,
    })
}
