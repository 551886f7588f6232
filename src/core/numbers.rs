//! Numbers for programs that know people, chats and messages by numbers, as those written for Telegram do: who has which,
//! and what is asked by them (`acts`), told by them (`updates`), remembered for them (`lately`).
//!
//! A number is made when its bot first meets what it names, in the transaction in which it is told. A bot can use the
//! numbers that it was told, and no others: from counting up nobody learns whom other bots know.

mod acts;
mod lately;
mod updates;

pub(crate) use lately::Lately;
pub(crate) use updates::Numbered;

use crate::base::id::BotId;
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{ChatRef, Kind, NumberedBot, NumberedChat};
use crate::store;
use crate::store::row::ChannelName;

/// Numbers of people are above this: those at Telegram have numbers of their own, which are smaller, and libraries for
/// Telegram's Bot API take no number from 2^40 on for a person's.
const PEOPLE: i64 = 1_000_000_000_000;
/// Numbers of rooms are below this, where those libraries expect supergroups and Telegram has none.
const ROOMS: i64 = -1_500_000_000_000;

/// What a chat that a program names is.
pub(crate) struct Place {
    pub(crate) number: i64,
    pub(crate) address: Jid,
    pub(crate) is_room: bool,
}

impl Place {
    /// Whom an address means.
    pub(crate) fn kind(&self) -> Kind {
        if self.is_room { Kind::Groupchat } else { Kind::Chat }
    }
}

/// There is no such chat, or this bot does not know it.
pub(crate) fn no_chat() -> Failure {
    Failure::NotFound("chat not found".to_string())
}

impl Batch {
    /// The number of an address, if the bot knows one.
    fn find_chat(&self, bot: BotId, address: &Jid, is_room: bool) -> Result<Option<i64>, store::Error> {
        if let Some((number, _)) = foreign(address) {
            return Ok(Some(number));
        }
        let id = self.store.number_of_chat(bot, address.as_str())?;
        Ok(id.map(|id| if is_room { ROOMS - id } else { PEOPLE + id }))
    }

    /// The same, made if there is none.
    fn number_chat(&mut self, bot: BotId, address: &Jid, is_room: bool) -> Result<i64, store::Error> {
        if let Some(number) = self.find_chat(bot, address, is_room)? {
            return Ok(number);
        }
        let id = self.store.insert_number_chat(bot, (address.as_str(), is_room))?;
        Ok(if is_room { ROOMS - id } else { PEOPLE + id })
    }

    /// The number of a message in a chat, made if there is none.
    fn number_message(&mut self, bot: BotId, chat: i64, name: &str) -> Result<i64, store::Error> {
        match self.store.number_of_message(bot, chat, name)? {
            Some(number) => Ok(number),
            None => self.store.insert_number_message(bot, chat, name, self.lived()),
        }
    }

    /// Which chat a bot's program means.
    pub(crate) fn place_of(&mut self, bot: BotId, chat: &ChatRef) -> Result<Place, Trouble> {
        match chat {
            ChatRef::Number(number, thread) => self.place_of_number(bot, *number, *thread),
            ChatRef::Name(name) => {
                let address = self.address_of_name(bot, name)?;
                let is_room = self.is_room(bot, &address)?;
                let address = if is_room { address.bare().to_jid() } else { address };
                Ok(Place { number: self.number_chat(bot, &address, is_room)?, address, is_room })
            }
        }
    }

    fn place_of_number(&self, bot: BotId, number: i64, thread: Option<i64>) -> Result<Place, Trouble> {
        let id = if number > 0 { number - PEOPLE } else { ROOMS - number };
        if id <= 0 {
            let topic = thread.map(|thread| format!(".{thread}")).unwrap_or_default();
            let address = Jid::parse_any(&format!("tg:{number}{topic}")).map_err(|_| no_chat())?;
            return Ok(Place { number, address, is_room: number < 0 });
        }
        let known = self.store.chat_of_number(bot, id)?.filter(|(_, is_room)| *is_room == (number < 0));
        let (address, is_room) = known.ok_or_else(no_chat)?;
        let address = Jid::parse_any(&address).map_err(|_| no_chat())?;
        Ok(Place { number, address, is_room })
    }

    fn address_of_name(&self, bot: BotId, name: &str) -> Result<Jid, Trouble> {
        Failure::check_most("chat_id", name.len(), limits::CHAT_NAME_BYTES_MAX, "bytes")?;
        let Some(called) = name.strip_prefix('@') else { return Ok(Jid::parse_any(name).map_err(|_| no_chat())?) };
        let entry = self.bot(bot)?;
        let known = [&entry.row.owner].into_iter().chain(&entry.contacts).chain(&entry.subscribers);
        let is_called = |jid: &&BareJid| jid.local().is_some_and(|local| local.eq_ignore_ascii_case(called));
        let mut found = self.store.chats_called(bot, called)?;
        found.extend(known.filter(is_called).map(ToString::to_string));
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [one] => Ok(Jid::parse_any(one).map_err(|_| no_chat())?),
            [] => Err(no_chat().into()),
            _ => Err(Failure::Conflict(format!("several chats are called {name}; give the address instead")).into()),
        }
    }

    /// Whether a bot would speak to many at an address.
    fn is_room(&self, bot: BotId, address: &Jid) -> Result<bool, store::Error> {
        match foreign(address) {
            Some((number, _)) => Ok(number < 0),
            None => Ok(address.is_bare() && self.store.is_bots_room(bot, address.bare_str())?),
        }
    }

    /// Somebody or a room with this number, as callers see it.
    fn chat(&self, number: i64, address: &Jid, is_room: bool) -> Result<NumberedChat, store::Error> {
        let name = match address.resource().filter(|_| !is_room) {
            Some(nick) => nick.to_string(),
            None => match address.channel() {
                Some("tg") => self.store.name_of_contact(ChannelName::TELEGRAM, address.as_str())?,
                _ => None,
            }
            .unwrap_or_else(|| address.local().unwrap_or(address.domain()).to_string()),
        };
        let thread = foreign(address).and_then(|(_, thread)| thread);
        Ok(NumberedChat { number, address: address.clone(), is_room, name, thread })
    }

    /// Whom or what a program means, as callers see it.
    pub(crate) fn chat_named(&mut self, bot: BotId, chat: &ChatRef) -> Result<NumberedChat, Trouble> {
        let place = self.place_of(bot, chat)?;
        Ok(self.chat(place.number, &place.address, place.is_room)?)
    }

    /// The bot itself, as callers see it.
    pub(crate) fn numbered_bot(&self, bot: BotId) -> Result<NumberedBot, Failure> {
        let row = &self.bot(bot)?.row;
        let username = match &row.jid {
            Some(jid) => jid.local().unwrap_or(jid.domain()).to_string(),
            None => row.name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect(),
        };
        Ok(NumberedBot { id: bot, name: row.name.clone(), username })
    }
}

/// The numbers that Telegram itself has given to a chat there: its own, and its topic's.
fn foreign(address: &Jid) -> Option<(i64, Option<i64>)> {
    if address.channel() != Some("tg") || !address.is_bare() {
        return None;
    }
    let id = address.channel_id()?;
    let (chat, thread) = match id.split_once('.') {
        Some((chat, thread)) => (chat, Some(thread.parse().ok()?)),
        None => (id, None),
    };
    let number = chat.parse().ok().filter(|number| (ROOMS..=PEOPLE).contains(number) && *number != 0)?;
    Some((number, thread))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chats_at_telegram_have_their_own_numbers() {
        let number = |text: &str| foreign(&Jid::parse_any(text).unwrap());
        assert_eq!(number("tg:7"), Some((7, None)));
        assert_eq!(number("tg:-1001234567890"), Some((-1_001_234_567_890, None)));
        assert_eq!(number("tg:-1001234567890.12"), Some((-1_001_234_567_890, Some(12))));
        for other in ["tg:-1001234567890/Ann", "tg:x", "tg:0", "tg:1.x", "web:7", "a@b", "tg:9999999999999"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
