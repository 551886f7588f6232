//! What bots were told, in table `message`, by all the names it has: corrections and retractions count only from who said
//! what they are about. In a chat that is a question of its ids. A room names a message once, its author otherwise:
//! reactions, replies and retractions use the room's id, corrections the author's (XEP-0308 §3, XEP-0424 §5.1,
//! XEP-0444 §4.2, XEP-0461 §4.1).

use rusqlite::Row;

use crate::base::id::{AccountId, BotId, MessageId};
use crate::base::jid::BareJid;
use crate::store::message::{NewMessage, key};
use crate::store::row::{ChannelName, Conversation, HeardRow, Progress, ToldRow};
use crate::store::{Error, Store};

/// What was said in a room, as [`read_heard`] reads it.
macro_rules! heard {
    ($of:literal) => {
        concat!(
            "SELECT m.name, p.address, p.name FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
             JOIN contact AS p ON p.id = m.contact_id ",
            $of,
            " AND c.account_id = ? AND c.address = ? AND c.kind = 'room' ORDER BY m.id DESC LIMIT 1"
        )
    };
}

impl Store {
    /// Remembers what a bot was told in a chat, by the ids its sender gave it.
    pub fn insert_told(&mut self, place: &Conversation<'_>, row: &ToldRow<'_>, now_s: i64) -> Result<MessageId, Error> {
        self.insert_told_by(place, row, None, now_s)
    }

    /// The same in a room, where its author is given: what names him for good, and what he is called.
    pub fn insert_told_by(
        &mut self,
        place: &Conversation<'_>,
        row: &ToldRow<'_>,
        author: Option<(&str, &str)>,
        now_s: i64,
    ) -> Result<MessageId, Error> {
        let (conversation, peer) = self.conversation(place)?;
        let contact = match author {
            Some((author, name)) => Some(self.contact(place.channel, &occupant(place.address, author), Some(name))?),
            None => peer,
        };
        let message = NewMessage {
            bot: place.bot,
            conversation,
            contact,
            recipient: None,
            name: row.id,
            alias: row.other_id,
            body: None,
            original: None,
            progress: Progress::Untracked,
            at: row.at,
        };
        self.insert_message(&message, now_s)
    }

    /// Whether a bot was told what somebody said under an id of his in a chat.
    pub fn was_told(&self, account: AccountId, bot: BotId, from: &BareJid, id: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
                   WHERE (m.key = ?1 OR m.alias = ?1) AND m.contact_id IS NOT NULL
                   AND c.bot_id = ?2 AND c.account_id = ?3 AND c.address = ?4 AND c.kind = 'chat')";
        let is_known = self.number(sql, &[&key(id), &bot.0, &account.0, &from.as_str()])? != 0;
        // Before version 2 a hash in `seen` told it; those are gone after a week.
        Ok(is_known || self.has_seen(account, &format!("g:{bot}:{from}:{id}"))?)
    }

    /// Whether a bot was told something under an id in this conversation.
    pub fn was_told_in(&self, place: &Conversation<'_>, id: &str) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
                   WHERE (m.key = ?1 OR m.alias = ?1) AND m.contact_id IS NOT NULL
                   AND c.bot_id IS ?2 AND c.account_id IS ?3 AND c.address = ?4 AND c.kind = ?5)";
        let (bot, account) = (place.bot.map(|bot| bot.0), place.account.map(|account| account.0));
        Ok(self.number(sql, &[&key(id), &bot, &account, &place.address, &place.kind.as_str()])? != 0)
    }

    /// Who said something to a bot in a chat on a channel without accounts, or in a topic there: what names him for good.
    pub fn author_of(&self, bot: BotId, chat: &str, id: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT k.address, c.address FROM message AS m JOIN conversation AS c ON c.id = m.conversation_id
                   JOIN contact AS k ON k.id = m.contact_id
                   WHERE (m.key = ?1 OR m.alias = ?1) AND c.bot_id = ?2 AND c.account_id IS NULL";
        let rows =
            self.rows(sql, &[&key(id), &bot.0], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let is_there =
            |place: &str| place.strip_prefix(chat).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let author =
            |(who, place): &(String, String)| Some(who.strip_prefix(place.as_str())?.strip_prefix('#')?.to_string());
        Ok(rows.iter().filter(|(_, place)| is_there(place)).find_map(author))
    }

    /// Remembers what a bot was told in a room.
    pub fn insert_heard(
        &mut self,
        (account, bot): (AccountId, BotId),
        room: &BareJid,
        row: &HeardRow,
        now_s: i64,
    ) -> Result<MessageId, Error> {
        let (conversation, _) = self.conversation(&Conversation::room(account, bot, room))?;
        let contact = self.contact(ChannelName::XMPP, &occupant(room.as_str(), &row.author), Some(&row.nick))?;
        let message = NewMessage {
            bot: Some(bot),
            conversation,
            contact: Some(contact),
            recipient: None,
            name: Some(&row.told_id),
            alias: Some(&row.wire_id).filter(|id| !id.is_empty()).map(String::as_str),
            body: None,
            original: None,
            progress: Progress::Untracked,
            at: row.at,
        };
        self.insert_message(&message, now_s)
    }

    /// Who said what bots know by this id.
    pub fn find_heard(&self, account: AccountId, room: &BareJid, told_id: &str) -> Result<Option<KnownMessage>, Error> {
        self.row(
            heard!("WHERE m.key = ? AND m.name = ?"),
            &[&key(told_id), &told_id, &account.0, &room.as_str()],
            |row| read_heard(row, room),
        )
    }

    /// What this author said under an id of his own.
    pub fn find_heard_of(
        &self,
        account: AccountId,
        room: &BareJid,
        author: &str,
        wire_id: &str,
    ) -> Result<Option<KnownMessage>, Error> {
        self.row(
            heard!("WHERE (m.key = ?1 OR m.alias = ?1) AND p.address = ?"),
            &[&key(wire_id), &occupant(room.as_str(), author), &account.0, &room.as_str()],
            |row| read_heard(row, room),
        )
    }
}

/// Something that bots were told of in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMessage {
    /// The id by which bots know it.
    pub told_id: String,
    /// Who may change it, as in [`HeardRow`].
    pub author: String,
    /// What he is called now.
    pub nick: String,
}

/// The address of an occupant: no JID is like it, whatever he calls himself.
pub(super) fn occupant(room: &str, author: &str) -> String {
    format!("{room}#{author}")
}

fn read_heard(row: &Row<'_>, room: &BareJid) -> Result<KnownMessage, Error> {
    let address: String = row.get(1)?;
    let author = address.strip_prefix(room.as_str()).and_then(|rest| rest.strip_prefix('#')).unwrap_or_default();
    Ok(KnownMessage { told_id: row.get(0)?, author: author.to_string(), nick: row.get(2)? })
}
