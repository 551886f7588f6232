//! What bots are told of what is said in their rooms: messages, files, replies (XEP-0461), corrections (XEP-0308),
//! reactions (XEP-0444), retractions (XEP-0424, XEP-0425), and what an occupant says to them alone (XEP-0045 §7.5). The
//! shapes are those of a chat (`received`), with `room` and `nick`.
//!
//! Bots know a message by the id the room gave it, and their own by that of their answer; which other names it has, and
//! who may change it, is remembered.

use std::borrow::Cow;

use super::Key;
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::copies::heard_key;
use crate::channel::xmpp::incoming::{said_file, words};
use crate::channel::xmpp::rooms::Rooms;
use crate::core::batch::Batch;
use crate::core::handle::{Access, Mode, Receive};
use crate::core::incoming::{Encryption, Incoming, Wish, time_of};
use crate::core::keyboard::{Meant, Pressed};
use crate::core::kinds::UpdateKind;
use crate::core::record::{self, About};
use crate::core::{Core, Reacted, Signal, TakenBack};
use crate::store;
use crate::store::row::{ChannelName, ConversationKind, HeardRow, Reactor, SentRow, Side};
use crate::xmpp::message::{Inbound, Reactions, Retraction, Via};
use crate::xmpp::muc::message::RoomMessage;
use crate::xmpp::muc::room::Heard;

// --- to all ---

impl Xmpp {
    /// Something was said to all, live or before; for the first time or not.
    pub(super) fn take_heard(&mut self, core: &mut Core, key: &Key, heard: &Heard) -> Result<(), store::Error> {
        let message = &heard.message;
        let Some(entry) = self.rooms.entries.get(key) else { return Ok(()) };
        let is_old = heard.is_history && entry.history.is_first;
        let own_ids: Vec<String> = [&message.origin_id, &message.id].into_iter().flatten().cloned().collect();
        let mut is_confirmed = false;
        for id in own_ids.iter().filter(|_| heard.is_ours) {
            is_confirmed = is_confirmed || self.confirm_said(core, key, id, message.archive_id.as_deref())?;
        }
        let is_new = self.is_new_in_room(&mut core.batch, key, heard)?;
        if heard.is_ours && heard.is_history && is_new && !is_confirmed {
            self.confirm_by_text(core, key, message)?;
        }
        self.rooms.note_heard(&mut core.batch, key, heard)?;
        if heard.is_ours || is_old || !is_new {
            return Ok(());
        }
        if self.rooms.is_of_old_nick(&core.batch, key, heard, &own_ids)? {
            return Ok(());
        }
        if message.is_encrypted {
            // Not before: what comes twice must not meet a session twice.
            let heard = self.unseal_heard(core, key, heard)?;
            return heard.map_or(Ok(()), |heard| self.tell_heard(core, key, &heard));
        }
        if self.refuse_plain_in_room(&mut core.batch, key, heard)? { Ok(()) } else { self.tell_heard(core, key, heard) }
    }

    fn tell_heard(&mut self, core: &mut Core, key: &Key, heard: &Heard) -> Result<(), store::Error> {
        let message = &heard.message;
        let bots = self.rooms.listeners(&core.batch, key);
        if let Some(retraction) = &message.retraction {
            return self.tell_retraction(core, key, &bots, message, retraction);
        }
        let Some(nick) = message.nick() else { return Ok(()) };
        if let Some(reactions) = &message.reactions {
            return self.tell_reactions(core, key, &bots, (message, nick), reactions);
        }
        let text = message.body.as_deref().or(message.attachments.first().map(|file| file.url.as_str()));
        let Some(body) = text else { return Ok(()) };
        let ids = [&message.archive_id, &message.id, &message.origin_id];
        let told_id = ids.into_iter().flatten().next().cloned().unwrap_or_default();
        let author = author_of(message).unwrap_or_default();
        let answered = message.reply.as_ref().map(|reply| core.batch.bots_id_of(key, &reply.id)).transpose()?;
        let is_answer_to_us = match &answered {
            Some(id) => core.batch.said_in_room(key, id)?.is_some(),
            None => false,
        };
        let said = Incoming {
            channel: ChannelName::XMPP,
            account: Some(key.0),
            kind: ConversationKind::Room,
            from: message.from.clone(),
            to: self.accounts.own_bare(key),
            text: body.into(),
            id: told_id.clone(),
            ids: [&message.id, &message.origin_id, &message.archive_id].into_iter().flatten().cloned().collect(),
            at: time_of(message.stamp_ms, core.batch.now.unix()),
            replaces: message.replaces.as_deref().map(Cow::Borrowed),
            reply_to: answered,
            quoted: None,
            files: message.attachments.iter().map(said_file).collect(),
            encryption: message.is_decrypted.then(Encryption::default),
            author: None,
            is_mentioned: heard.is_to_us || is_answer_to_us,
            wish: Wish::default(),
        };
        let Some(words) = core.words_to_tell(&bots, &said)? else { return Ok(()) };
        let body = words.as_str();
        // XEP-0308 §4: of somebody else's message, or one too old to be remembered, it is said anew.
        let corrected = match &message.replaces {
            Some(id) => core.batch.store.find_heard_of(key.0, &key.1, &author, id)?.map(|known| known.told_id),
            None => None,
        };
        let wire_id = message.id.clone().unwrap_or_default();
        let row = HeardRow { told_id, wire_id, author, nick: nick.to_string(), at: said.at };
        for bot in &bots {
            let told = core.batch.store.insert_heard((key.0, *bot), &key.1, &row, core.batch.lived())?;
            let files = core.batch.remember_files(*bot, &said.id, &said.files)?;
            let corrects = corrected.as_deref().map(|id| (id, Side::Occupant(&row.author)));
            core.batch.keep_told(*bot, &said, body, (told, corrects))?;
            let data = record::message(&said, body, corrected.as_deref(), &files);
            let update = core.queue_update(*bot, UpdateKind::Message.as_str(), &data)?;
            core.batch.note_told(*bot, &said, update);
        }
        if let Some(id) = &corrected {
            bots.iter().for_each(|bot| core.signal(taken_back(*bot, key, (id, true), Some(nick))));
        }
        for bot in core.linked(&bots, &key.1) {
            let replaces = corrected.clone().map(Cow::Owned);
            core.signal(Signal::Overheard(bot, Incoming { replaces, ..said.clone() }.into_owned()));
        }
        self.tell_others(core, key, &bots, (said, heard.is_history));
        Ok(())
    }

    /// To whatever may answer, or waits for an answer.
    fn tell_others(&self, core: &mut Core, key: &Key, bots: &[BotId], (said, is_history): (Incoming<'_>, bool)) {
        // What was said while we were away is past, but for what a bot has asked.
        if said.is_mentioned && !is_history {
            return self.ask_in_room(core, key, bots, said);
        }
        for bot in bots.iter().filter(|bot| core.asking.may_answer(**bot)).copied().collect::<Vec<_>>() {
            core.signal(Signal::MaybeAnswer(bot, said.clone().into_owned()));
        }
    }

    /// What an occupant reacts with from now on; what presses a button is not told.
    fn tell_reactions(
        &mut self,
        core: &mut Core,
        key: &Key,
        bots: &[BotId],
        (message, nick): (&RoomMessage, &str),
        reactions: &Reactions,
    ) -> Result<(), store::Error> {
        let (id, own) = (core.batch.bots_id_of(key, &reactions.id)?, self.accounts.own_address(key));
        let bots = &self.press_in_room(core, key, message, (&id, bots))?;
        let (author, kept) = (author_of(message).unwrap_or_default(), (!message.is_decrypted).then_some(reactions));
        let at = time_of(message.stamp_ms, core.batch.now.unix());
        for bot in bots {
            let by = Reactor::Occupant { author: &author, nick };
            core.batch.keep_reacted(*bot, key.1.as_str(), by, (&id, kept, at))?;
        }
        let data = record::reaction(&core.batch.about(key, message, &own, &id), &reactions.emoji);
        for bot in core.linked(bots, &key.1) {
            let (chat, from) = (key.1.clone(), message.from.clone());
            let (message_id, emoji) = (id.clone(), reactions.emoji.clone());
            let reacted = Reacted { channel: ChannelName::XMPP, chat, from, message_id, emoji, update: None };
            core.signal(Signal::Reacted(bot, reacted));
        }
        self.push_to(core, bots, UpdateKind::Reaction, &data)
    }

    /// Somebody speaks to the bot before all in a room. Other bots of ours are not answered: it would never end.
    fn ask_in_room(&self, core: &mut Core, key: &Key, bots: &[BotId], said: Incoming<'_>) {
        let nick = said.from.resource().unwrap_or_default();
        let is_ours = |(other, entry): (&Key, &super::Entry)| other.1 == key.1 && entry.room.nick() == nick;
        if !self.rooms.entries.iter().any(is_ours) {
            let said = said.into_owned();
            bots.iter().for_each(|bot| core.signal(Signal::Told(*bot, said.clone())));
        }
    }

    /// Its author may take a message back, and the room itself for its moderators.
    fn tell_retraction(
        &mut self,
        core: &mut Core,
        key: &Key,
        bots: &[BotId],
        message: &RoomMessage,
        retraction: &Retraction,
    ) -> Result<(), store::Error> {
        let row = core.batch.store.find_heard(key.0, &key.1, &retraction.id)?;
        let author = author_of(message);
        let is_authors = row.is_some_and(|row| author.as_ref() == Some(&row.author));
        if !is_authors && !retraction.is_moderated {
            return Ok(());
        }
        let asker = message.nick().filter(|_| !retraction.is_moderated);
        let (id, own) = (core.batch.bots_id_of(key, &retraction.id)?, self.accounts.own_address(key));
        bots.iter().for_each(|bot| core.signal(taken_back(*bot, key, (&id, false), asker)));
        let side = match &author {
            Some(author) if !retraction.is_moderated => Side::Occupant(author),
            _ => Side::Any,
        };
        for bot in bots {
            core.batch.keep_retraction(*bot, key.1.as_str(), (&id, side))?;
        }
        let moderated = retraction.is_moderated.then_some(retraction.reason.as_deref());
        let data = record::retraction(&core.batch.about(key, message, &own, &id), moderated);
        self.push_to(core, bots, UpdateKind::Retraction, &data)
    }

    fn push_to(&mut self, core: &mut Core, bots: &[BotId], kind: UpdateKind, data: &str) -> Result<(), store::Error> {
        bots.iter().try_for_each(|bot| core.push_update(*bot, kind.as_str(), data))
    }
}

impl Xmpp {
    /// By the id the room gave it, else by what it says. What an archive tells may have been heard without its id.
    fn is_new_in_room(&mut self, batch: &mut Batch, key: &Key, heard: &Heard) -> Result<bool, store::Error> {
        let message = &heard.message;
        let Some(archive_id) = &message.archive_id else {
            let entry = if heard.is_history { self.rooms.touch(key) } else { None };
            let count = entry.map(|entry| entry.history.late.count(&heard_key(message)));
            return self.accounts.is_new_without_id(batch, key.0, message, count);
        };
        let is_new = batch.store.see(key.0, &seen_key(key, archive_id), batch.lived())?;
        Ok(is_new && !(heard.is_history && batch.was_heard_live(key.0, message)?))
    }
}

impl Accounts {
    fn own_address(&self, key: &Key) -> String {
        self.jid_of(key.0)
    }

    fn own_bare(&self, key: &Key) -> BareJid {
        self.get(&key.0).map_or_else(|| key.1.clone(), |account| account.row.jid.clone())
    }
}

impl Rooms {
    /// Whether we said it under a nick we had then. Where a person shares the account, only the id tells; whoever copies one
    /// of ours must not go unheard by it, so it counts for the past only, and not for another occupant.
    fn is_of_old_nick(&self, batch: &Batch, key: &Key, heard: &Heard, ids: &[String]) -> Result<bool, store::Error> {
        let room = self.entries.get(key).map(|entry| &entry.room);
        let own_id = room.and_then(|room| room.occupant_id(room.nick()));
        let is_other = heard.message.occupant_id.as_deref().is_some_and(|id| Some(id) != own_id);
        if !heard.is_history || is_other {
            return Ok(false);
        }
        for id in ids {
            if batch.said_in_room(key, id)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Batch {
    fn about<'a>(&self, key: &'a Key, message: &'a RoomMessage, to: &'a str, message_id: &'a str) -> About<'a> {
        let at = time_of(message.stamp_ms, self.now.unix());
        About { from: message.from.as_str(), to, message_id, at, room: Some((key.1.as_str(), message.nick())) }
    }
}

// --- to us alone ---

impl Xmpp {
    /// Somebody says something to us alone (XEP-0045 §7.5): for the bots that he may speak to.
    pub(super) fn on_private(&mut self, core: &mut Core, key: &Key, inbound: &Inbound) -> Result<(), store::Error> {
        let Some(entry) = self.rooms.entries.get(key) else { return Ok(()) };
        let is_own = inbound.from.resource() == Some(entry.room.nick());
        // What reaches a person's account on other ways was said to another client of his.
        let is_elsewhere = !self.accounts.is_bots_own(key.0) && inbound.via != Via::Direct;
        let bots: Vec<BotId> = self
            .rooms
            .listeners(&core.batch, key)
            .into_iter()
            .filter(|bot| self.rooms.may_whisper(&core.batch, key, *bot, inbound))
            .collect();
        let is_said = words(inbound).is_some() || inbound.action.is_some();
        if !is_said || is_own || is_elsewhere || inbound.is_encrypted {
            return Ok(());
        }
        if bots.is_empty() || !self.accounts.is_new(&mut core.batch, key.0, inbound)? {
            return Ok(());
        }
        let said = Incoming::private(key.0, &self.accounts.own_bare(key), inbound, core.batch.now.unix());
        if let Some(name) = &inbound.action {
            return core.press_by_name(name, Pressed::by(&said)).map(drop);
        }
        let words;
        let said = match core.press_in_words(&bots, &said)? {
            Meant::Button => return Ok(()),
            Meant::Words(_, text) => {
                words = text;
                said.saying(&words)
            }
            Meant::Itself => said,
        };
        bots.iter().try_for_each(|bot| {
            core.tell_message(*bot, &said, &said.text)?;
            core.signal(Signal::Told(*bot, said.clone().into_owned()));
            Ok(())
        })
    }
}

impl Rooms {
    /// Whether a bot hears what an occupant says to it alone: as outside, where the room shows who he is. Who has the nick
    /// now need not be who had it when something old was said.
    fn may_whisper(&self, batch: &Batch, key: &Key, bot: BotId, inbound: &Inbound) -> bool {
        let Some(bot) = batch.bots.get(&bot) else { return false };
        let is_now = inbound.via == Via::Direct && inbound.stamp_ms.is_none();
        let room = self.entries.get(key).filter(|_| is_now).map(|entry| &entry.room);
        let occupant = room.and_then(|room| room.occupant(inbound.from.resource().unwrap_or_default()));
        let hears_all = match bot.mode {
            Mode::Personal => bot.receive == Receive::All,
            Mode::Dedicated | Mode::Cloud => bot.access == Access::Public,
        };
        hears_all || occupant.and_then(|occupant| occupant.real_jid.as_ref()).is_some_and(|jid| bot.admits(&jid.bare()))
    }
}

// --- names of messages ---

impl Batch {
    /// What a bot said to all in a room under this id.
    pub(super) fn said_in_room(&self, key: &Key, message_id: &str) -> Result<Option<SentRow>, store::Error> {
        let row = self.store.find_sent(key.0, message_id)?;
        Ok(row.filter(|row| row.recipient.as_str() == key.1.as_str()))
    }

    /// The id by which bots know what the room calls so.
    fn bots_id_of(&self, key: &Key, room_id: &str) -> Result<String, store::Error> {
        let own = self.store.find_sent_in_room(key.0, &key.1, room_id)?;
        Ok(own.map_or_else(|| room_id.to_string(), |row| row.message_id))
    }
}

/// Somebody, or the room itself, took back what had been said to a bot, or said it otherwise.
fn taken_back(bot: BotId, key: &Key, (id, is_replaced): (&str, bool), nick: Option<&str>) -> Signal {
    let (peer, message_id) = (key.1.to_string(), id.to_string());
    Signal::TakenBack(bot, TakenBack { peer, message_id, nick: nick.map(str::to_string), is_replaced })
}

/// Who may change a message: what stays about him whatever his nick, or his nick. None for the room itself.
fn author_of(message: &RoomMessage) -> Option<String> {
    let nick = message.nick()?;
    Some(match &message.occupant_id {
        Some(id) => format!("id:{id}"),
        None => format!("nick:{nick}"),
    })
}

/// Key in `seen` of a message by the id its room gave it.
pub(super) fn seen_key(key: &Key, archive_id: &str) -> String {
    format!("r:{}:{archive_id}", key.1)
}
