//! What bots are told of what is said in their rooms: messages, files, replies (XEP-0461), corrections (XEP-0308),
//! reactions (XEP-0444), retractions (XEP-0424, XEP-0425), and what an occupant says to them alone (XEP-0045 §7.5). The
//! shapes are those of a chat (`received`), with `room` and `nick`.
//!
//! Bots know a message by the id the room gave it, and their own by that of their answer; which other names it has, and
//! who may change it, is remembered.

use super::Key;
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::engine::accounts::Accounts;
use crate::engine::copies::heard_key;
use crate::engine::handle::{Access, Mode, Receive};
use crate::engine::incoming::{Incoming, Sealed, time_of, words};
use crate::engine::kinds::UpdateKind;
use crate::engine::record::{self, About};
use crate::engine::rooms::Rooms;
use crate::engine::{Batch, Engine, Xmpp};
use crate::store;
use crate::store::row::{Channel, ConversationKind, HeardRow, SentRow};
use crate::xmpp::message::{Inbound, Retraction, Via};
use crate::xmpp::muc::message::RoomMessage;
use crate::xmpp::muc::room::Heard;

// --- to all ---

impl Engine {
    /// Something was said to all, live or before; for the first time or not.
    pub(super) fn take_heard(&mut self, key: &Key, heard: &Heard) -> Result<(), store::Error> {
        let message = &heard.message;
        let Some(entry) = self.xmpp.rooms.entries.get(key) else { return Ok(()) };
        let is_old = heard.is_history && entry.is_first;
        let own_ids: Vec<String> = [&message.origin_id, &message.id].into_iter().flatten().cloned().collect();
        let mut is_confirmed = false;
        for id in own_ids.iter().filter(|_| heard.is_ours) {
            is_confirmed = is_confirmed || self.confirm_said(key, id, message.archive_id.as_deref())?;
        }
        let is_new = self.xmpp.is_new_in_room(&mut self.batch, key, heard)?;
        if heard.is_ours && heard.is_history && is_new && !is_confirmed {
            self.confirm_by_text(key, message)?;
        }
        self.xmpp.rooms.note_heard(&mut self.batch, key, heard)?;
        if heard.is_ours || is_old || !is_new {
            return Ok(());
        }
        if self.xmpp.rooms.is_of_old_nick(&self.batch, key, heard, &own_ids)? {
            return Ok(());
        }
        if message.is_encrypted {
            // Not before: what comes twice must not meet a session twice.
            let heard = self.unseal_heard(key, heard)?;
            return heard.map_or(Ok(()), |heard| self.tell_heard(key, &heard));
        }
        if self.xmpp.refuse_plain_in_room(&mut self.batch, key, heard)? { Ok(()) } else { self.tell_heard(key, heard) }
    }

    fn tell_heard(&mut self, key: &Key, heard: &Heard) -> Result<(), store::Error> {
        let message = &heard.message;
        let bots = self.xmpp.rooms.listeners(&self.batch, key);
        if let Some(retraction) = &message.retraction {
            return self.tell_retraction(key, &bots, message, retraction);
        }
        let Some(nick) = message.nick() else { return Ok(()) };
        if let Some(reactions) = &message.reactions {
            let (id, own) = (self.batch.bots_id_of(key, &reactions.id)?, self.xmpp.accounts.own_address(key));
            let data = record::reaction(&self.batch.about(key, message, &own, &id), &reactions.emoji);
            return self.push_to(&bots, UpdateKind::Reaction, &data);
        }
        let text = message.body.as_deref().or(message.attachments.first().map(|file| file.url.as_str()));
        let Some(body) = text else { return Ok(()) };
        let ids = [&message.archive_id, &message.id, &message.origin_id];
        let told_id = ids.into_iter().flatten().next().cloned().unwrap_or_default();
        let author = author_of(message).unwrap_or_default();
        let answered = message.reply.as_ref().map(|reply| self.batch.bots_id_of(key, &reply.id)).transpose()?;
        let is_answer_to_us = match &answered {
            Some(id) => self.batch.said_in_room(key, id)?.is_some(),
            None => false,
        };
        let said = Incoming {
            channel: Channel::Xmpp,
            account: Some(key.0),
            kind: ConversationKind::Room,
            from: message.from.clone(),
            to: self.xmpp.accounts.own_bare(key),
            text: body,
            id: told_id.clone(),
            ids: [&message.id, &message.origin_id, &message.archive_id].into_iter().flatten().cloned().collect(),
            at: time_of(message.stamp_ms, self.batch.now.unix()),
            replaces: message.replaces.as_deref(),
            reply_to: answered,
            files: &message.attachments,
            sealed: message.is_decrypted.then(Sealed::default),
            is_mentioned: heard.is_to_us || is_answer_to_us,
        };
        // XEP-0308 §4: of somebody else's message, or one too old to be remembered, it is said anew.
        let corrected = match &message.replaces {
            Some(id) => self.batch.store.find_heard_of(key.0, &key.1, &author, id)?.map(|known| known.told_id),
            None => None,
        };
        let wire_id = message.id.clone().unwrap_or_default();
        let row = HeardRow { told_id, wire_id, author, nick: nick.to_string(), at: said.at };
        for bot in &bots {
            self.batch.store.insert_heard((key.0, *bot), &key.1, &row, self.batch.lived())?;
            let files = self.batch.remember_files(*bot, &said.id, said.files)?;
            let data = record::message(&said, body, corrected.as_deref(), &files);
            self.push_update(*bot, UpdateKind::Message.as_str(), &data)?;
        }
        if let Some(id) = &corrected {
            bots.iter().try_for_each(|bot| self.forget_question_in_room(*bot, &key.1, id, Some(nick)))?;
        }
        // What was said while we were away is past.
        if said.is_mentioned && !heard.is_history {
            bots.iter().try_for_each(|bot| self.think_in_room(key, *bot, &said))?;
        }
        Ok(())
    }

    /// Somebody speaks to the bot before all in a room. Other bots of ours are not answered: it would never end.
    fn think_in_room(&mut self, key: &Key, bot: BotId, said: &Incoming<'_>) -> Result<(), store::Error> {
        let nick = said.from.resource().unwrap_or_default();
        let is_ours = |(other, entry): (&Key, &super::Entry)| other.1 == key.1 && entry.room.nick() == nick;
        if self.xmpp.rooms.entries.iter().any(is_ours) {
            return Ok(());
        }
        self.ask_ai(bot, said)
    }

    /// Its author may take a message back, and the room itself for its moderators.
    fn tell_retraction(
        &mut self,
        key: &Key,
        bots: &[BotId],
        message: &RoomMessage,
        retraction: &Retraction,
    ) -> Result<(), store::Error> {
        let row = self.batch.store.find_heard(key.0, &key.1, &retraction.id)?;
        let is_authors = row.is_some_and(|row| author_of(message) == Some(row.author));
        if !is_authors && !retraction.is_moderated {
            return Ok(());
        }
        let asker = message.nick().filter(|_| !retraction.is_moderated);
        bots.iter().try_for_each(|bot| self.forget_question_in_room(*bot, &key.1, &retraction.id, asker))?;
        let (id, own) = (self.batch.bots_id_of(key, &retraction.id)?, self.xmpp.accounts.own_address(key));
        let moderated = retraction.is_moderated.then_some(retraction.reason.as_deref());
        let data = record::retraction(&self.batch.about(key, message, &own, &id), moderated);
        self.push_to(bots, UpdateKind::Retraction, &data)
    }

    fn push_to(&mut self, bots: &[BotId], kind: UpdateKind, data: &str) -> Result<(), store::Error> {
        bots.iter().try_for_each(|bot| self.push_update(*bot, kind.as_str(), data))
    }
}

impl Xmpp {
    /// By the id the room gave it, else by what it says. What an archive tells may have been heard without its id.
    fn is_new_in_room(&mut self, batch: &mut Batch, key: &Key, heard: &Heard) -> Result<bool, store::Error> {
        let message = &heard.message;
        let Some(archive_id) = &message.archive_id else {
            let entry = if heard.is_history { self.rooms.touch(key) } else { None };
            let count = entry.map(|entry| entry.late.count(&heard_key(message)));
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

impl Engine {
    /// Somebody says something to us alone (XEP-0045 §7.5): for the bots that he may speak to.
    pub(super) fn on_private(&mut self, key: &Key, inbound: &Inbound) -> Result<(), store::Error> {
        let Some(entry) = self.xmpp.rooms.entries.get(key) else { return Ok(()) };
        let is_own = inbound.from.resource() == Some(entry.room.nick());
        // What reaches a person's account on other ways was said to another client of his.
        let is_elsewhere = !self.xmpp.accounts.is_bots_own(key.0) && inbound.via != Via::Direct;
        let bots: Vec<BotId> = self
            .xmpp
            .rooms
            .listeners(&self.batch, key)
            .into_iter()
            .filter(|bot| self.xmpp.rooms.may_whisper(&self.batch, key, *bot, inbound))
            .collect();
        if words(inbound).is_none() || is_own || is_elsewhere || inbound.is_encrypted {
            return Ok(());
        }
        if bots.is_empty() || !self.xmpp.accounts.is_new(&mut self.batch, key.0, inbound)? {
            return Ok(());
        }
        let said = Incoming::private(key.0, &self.xmpp.accounts.own_bare(key), inbound, self.batch.now.unix());
        bots.iter().try_for_each(|bot| {
            self.tell_message(*bot, &said, said.text)?;
            self.ask_ai(*bot, &said)
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
