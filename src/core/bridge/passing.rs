//! What is said passes: to the other ends of the links that its place is in.
//!
//! In a chat with one person that has several links, what he says goes to the chat he answers, else to the one that is
//! usual. A room is open to all its links, and what comes through one of them goes out through the others, so that all hear
//! the same. What the bot said by itself or for its program passes where several people heard it: in its own words, as
//! it is the same bot there.
//!
//! Nothing goes in a circle: what a bot says is not told to itself, and what any bot here said in the place of something
//! said elsewhere is known by its id.

use super::shown::{Speaker, quoting};
use super::{Spoken, SpokenWhat, is_public, kind_at, side_of};
use crate::base::id::{BotId, LinkId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::text::{halves, pieces};
use crate::core::Context;
use crate::core::actions::NewAction;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{BotAction, Keyboard, NewMessage};
use crate::core::incoming::Incoming;
use crate::store;
use crate::store::row::{ConversationKind, LinkMode, LinkRow, LinkSide, NewPassed, PassedRow};

/// A way out of a place: the link, and the end it leads to.
pub(super) struct Way {
    pub(super) link: LinkRow,
    pub(super) to: LinkSide,
}

/// Something said, as it is known again.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) place: &'a BareJid,
    pub(super) id: &'a str,
    pub(super) alias: Option<&'a str>,
}

/// Where something goes, and what it answers there.
pub(super) struct Target {
    pub(super) to: BareJid,
    pub(super) reply_to: Option<String>,
}

/// What goes out at the other end.
pub(super) struct Words {
    text: String,
    keyboard: Option<Keyboard>,
    /// Which message it answers: one in the place it comes from.
    answers: Option<String>,
    /// The beginning of that, where it cannot be pointed at.
    quoted: Option<String>,
}

impl Context<'_> {
    /// Somebody said something where a bot hears it. What is said to the bot alone by an occupant of a room stays there.
    pub(crate) fn pass_on(&mut self, bot: BotId, said: &Incoming<'_>) -> Result<(), store::Error> {
        let place = said.from.bare();
        if said.kind == ConversationKind::Private || !self.core.bridge.is_linked(bot, &place) {
            return Ok(());
        }
        for id in &said.ids {
            if self.core.batch.store.is_copy(place.as_str(), id)? {
                return Ok(());
            }
        }
        let row = said.told_row();
        let origin = Origin { place: &place, id: &said.id, alias: row.other_id };
        if let Some(replaced) = &said.replaces
            && self.pass_edit_of(bot, said, origin, replaced)?
        {
            return Ok(());
        }
        for way in self.ways_for(bot, &place, said.reply_to.as_deref())? {
            let text = self.shown_at(said, &way)?;
            let (answers, quoted) = (said.reply_to.clone(), said.quoted.clone());
            let words = Words { text, keyboard: None, answers, quoted };
            self.say_there(bot, &way, origin, &words, said)?;
        }
        Ok(())
    }

    /// The bot itself said or did something where several people hear it.
    pub(crate) fn pass_spoken(&mut self, bot: BotId, spoken: &Spoken) -> Result<(), store::Error> {
        match &spoken.what {
            SpokenWhat::Text(new) => {
                let (text, answers) = (new.text.clone(), new.reply_to.clone());
                let words = Words { text, keyboard: new.keyboard.clone(), answers, quoted: None };
                self.spread(bot, (&spoken.to, &spoken.message_id), &words, None)
            }
            SpokenWhat::Action(action) => self.pass_action(bot, spoken, action),
        }
    }

    /// Says something that the bot said at all other ends of the links its place is in, but one.
    fn spread(
        &mut self,
        bot: BotId,
        (place, id): (&BareJid, &str),
        words: &Words,
        except: Option<LinkId>,
    ) -> Result<(), store::Error> {
        let ways = self.ways(bot, place).into_iter();
        let origin = Origin { place, id, alias: None };
        for way in ways.filter(|way| Some(way.link.id) != except && is_public(&way.link, way.to.other())) {
            let target = self.target(bot, &way, place, words)?;
            if let Some(message_id) = self.say_words(bot, &way, &target, words)? {
                self.note_passed(&way, origin, (&target.to, &message_id))?;
            }
        }
        Ok(())
    }

    /// A file's address that the bot has said, at all other ends.
    pub(super) fn spread_file(
        &mut self,
        bot: BotId,
        (place, id): (&BareJid, &str),
        file: &BotAction,
    ) -> Result<(), store::Error> {
        let ways = self.ways(bot, place).into_iter().filter(|way| is_public(&way.link, way.to.other()));
        for way in ways {
            let to = way.link.address(way.to).clone();
            let kind = kind_at(&way.link, way.to);
            let act = NewAction { to: to.to_jid(), kind, action: file.clone(), idempotency_key: None };
            let done = self.act_unheard(bot, &act);
            if let Some(message_id) = self.settle(way.link.id, done)? {
                self.note_passed(&way, Origin { place, id, alias: None }, (&to, &message_id))?;
            }
        }
        Ok(())
    }

    /// Says something at the other end, and to all others in a room it leads to.
    fn say_there(
        &mut self,
        bot: BotId,
        way: &Way,
        origin: Origin<'_>,
        words: &Words,
        said: &Incoming<'_>,
    ) -> Result<(), store::Error> {
        let target = self.target(bot, way, origin.place, words)?;
        let message_id = match self.say_with_files(bot, way, &target, said)? {
            Some(id) => Some(id),
            None => self.say_words(bot, way, &target, words)?,
        };
        let Some(message_id) = message_id else { return Ok(()) };
        self.note_passed(way, origin, (&target.to, &message_id))?;
        if way.to == LinkSide::Here && is_public(&way.link, LinkSide::Here) {
            let (text, quoted) = (words.text.clone(), words.quoted.clone());
            let further = Words { text, keyboard: None, answers: target.reply_to, quoted };
            let here = way.link.here.clone();
            self.spread(bot, (&here, &message_id), &further, Some(way.link.id))?;
        }
        Ok(())
    }

    /// Files in the way of the channel they go to, where it has one; `None`: they are told of in words.
    fn say_with_files(
        &mut self,
        bot: BotId,
        way: &Way,
        target: &Target,
        said: &Incoming<'_>,
    ) -> Result<Option<String>, store::Error> {
        let takes = self.channels.look(&target.to).is_ok_and(|channel| channel.takes_files().is_some());
        if said.files.is_empty() || !takes || self.core.bridge.spool.is_none() {
            return Ok(None);
        }
        let is_address = said.files.iter().any(|file| file.address == said.text.trim());
        let caption = if is_address { String::new() } else { self.core.batch.without_keys(&said.text) };
        let has_words = !caption.is_empty();
        let text = self.saying(said, way, &caption)?;
        let text = match (&target.reply_to, &said.quoted) {
            (None, Some(quoted)) => quoting(quoted, &text),
            _ => text,
        };
        let done = self.carry(bot, &way.link, said, (target, &text, has_words));
        self.settle(way.link.id, done)
    }

    /// Says words at the other end, in as many pieces as they need; gives the id of the first, unless nothing could be said.
    fn say_words(
        &mut self,
        bot: BotId,
        way: &Way,
        target: &Target,
        words: &Words,
    ) -> Result<Option<String>, store::Error> {
        let text = match (&target.reply_to, &words.quoted) {
            (None, Some(quoted)) => quoting(quoted, &words.text),
            _ => words.text.clone(),
        };
        let kind = kind_at(&way.link, way.to);
        // What was said behind a file comes behind it.
        let is_queued = self.is_queued(bot, &target.to);
        let mut first = None;
        let all = pieces(&text, limits::TEXT_BYTES_MAX);
        let last = all.len().saturating_sub(1);
        for (at, piece) in all.into_iter().enumerate() {
            let new = NewMessage {
                reply_to: target.reply_to.clone().filter(|_| at == 0),
                keyboard: words.keyboard.clone().filter(|_| at == last),
                ..NewMessage::text(&target.to.to_jid(), kind, piece)
            };
            let done = if is_queued { self.queue_words(bot, way.link.id, &new) } else { self.say_piece(bot, &new) };
            let Some(id) = self.settle(way.link.id, done)? else { return Ok(first) };
            first.get_or_insert(id);
        }
        Ok(first)
    }

    /// The same with one piece.
    fn say_piece(&mut self, bot: BotId, new: &NewMessage) -> Result<String, Trouble> {
        let id = self.core.batch.new_message_id()?;
        self.say_under(bot, new, &id).map(|()| id)
    }

    /// Says a text under an id, in halves where a server finds it too large.
    pub(super) fn say_under(&mut self, bot: BotId, new: &NewMessage, id: &str) -> Result<(), Trouble> {
        match self.say_instead(bot, new, id) {
            Err(Trouble::Failure(Failure::TooLarge(_))) if new.text.len() > limits::TEXT_BYTES_SPLIT_MIN => {
                let mut promised = Some(id.to_string());
                for half in halves(&new.text) {
                    let id = promised.take().map_or_else(|| self.core.batch.new_message_id(), Ok)?;
                    self.say_under(bot, &NewMessage { text: half.to_string(), ..new.clone() }, &id)?;
                }
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Where words go, and what they answer there: a topic is kept by whoever answers in it.
    fn target(&self, bot: BotId, way: &Way, from: &BareJid, words: &Words) -> Result<Target, store::Error> {
        let passed = match &words.answers {
            Some(answered) => self.core.batch.store.list_passed(bot, from.as_str(), answered)?,
            None => Vec::new(),
        };
        let is_there = |row: &PassedRow| row.link == way.link.id && side_of(&way.link, &row.other) == Some(way.to);
        Ok(match passed.into_iter().find(is_there) {
            Some(row) => Target { to: row.other, reply_to: Some(row.other_id) },
            None => Target { to: way.link.address(way.to).clone(), reply_to: None },
        })
    }

    pub(super) fn note_passed(
        &mut self,
        way: &Way,
        origin: Origin<'_>,
        (to, message_id): (&BareJid, &str),
    ) -> Result<(), store::Error> {
        self.core.batch.note_way(way.link.bot, origin.id, "passed", format!("to {to} as {message_id}"));
        let passed = NewPassed {
            link: way.link.id,
            origin: origin.place.as_str(),
            origin_id: origin.id,
            origin_alias: origin.alias,
            copy: to.as_str(),
            copy_id: message_id,
        };
        self.core.batch.store.insert_passed(&passed, self.core.batch.lived())
    }

    /// Where what is said in a place goes: everywhere its links lead to, as far as their modes let it.
    pub(super) fn ways(&self, bot: BotId, place: &BareJid) -> Vec<Way> {
        let way = |link: &LinkRow| {
            let to = side_of(link, place)?.other();
            let is_open = to == LinkSide::There || link.mode == LinkMode::Bridge;
            is_open.then(|| Way { link: link.clone(), to })
        };
        let exact = self.core.bridge.with_chat(bot, place).map(|link| link.id);
        // A topic with a link of its own is not in its chat's.
        let is_meant = |way: &Way| way.to == LinkSide::There || exact.is_none_or(|id| id == way.link.id);
        self.core.bridge.open(bot).filter_map(way).filter(is_meant).collect()
    }

    /// The same for what a person says, who may answer something.
    fn ways_for(&self, bot: BotId, place: &BareJid, answers: Option<&str>) -> Result<Vec<Way>, store::Error> {
        let mut ways = self.ways(bot, place);
        let is_choice = |way: &Way| way.to == LinkSide::There && way.link.here_kind != ConversationKind::Room;
        if ways.iter().filter(|way| is_choice(way)).count() < 2 {
            return Ok(ways);
        }
        let passed = match answers {
            Some(id) => self.core.batch.store.list_passed(bot, place.as_str(), id)?,
            None => Vec::new(),
        };
        let meant = |way: &Way| passed.iter().any(|row| row.link == way.link.id);
        let chosen = ways.iter().find(|way| is_choice(way) && meant(way));
        let chosen = chosen.or_else(|| ways.iter().find(|way| is_choice(way) && way.link.is_default));
        let chosen = chosen.or_else(|| ways.iter().find(|way| is_choice(way))).map(|way| way.link.id);
        ways.retain(|way| !is_choice(way) || Some(way.link.id) == chosen);
        Ok(ways)
    }

    /// What somebody says, as it reads at the other end.
    fn saying(&self, said: &Incoming<'_>, way: &Way, text: &str) -> Result<String, store::Error> {
        let (bot, from) = (way.link.bot, said.from.bare());
        let (label, known) = match self.channels.look(&from) {
            Ok(channel) => (channel.label(), channel.name_of(self.core, bot, &from)?),
            Err(_) => Default::default(),
        };
        let same = self.core.bridge.links(bot).iter().filter(|link| link.here == way.link.here).count();
        Ok(Speaker::of(said, (label, known.as_deref()), &way.link, same).saying(way.to, text))
    }

    /// What somebody said, as it reads at the other end.
    pub(super) fn shown_at(&self, said: &Incoming<'_>, way: &Way) -> Result<String, store::Error> {
        self.saying(said, way, &self.core.batch.in_words(said))
    }
}
