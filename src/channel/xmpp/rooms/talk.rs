//! Messages of rooms, both ways. Ours is a row until the room has shown it, or it was found in the room's archive or
//! history (docs/architecture.md); that of others becomes an update once, whatever ways it comes.

use super::heard::seen_key;
use super::history::Sync;
use super::private::{Cover, Demand};
use super::{Entry, Key};
use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::crypt::kinds::ToSeal;
use crate::channel::xmpp::rooms::Rooms;
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::effect::{Effect, Order};
use crate::core::failure::Failure;
use crate::core::handle::NewMessage;
use crate::store;
use crate::store::row::{OutboxRow, Progress};
use crate::xml::{Element, Namespaces};
use crate::xmpp::message::{Inbound, Kind, Outbound, RepliedTo, Via};
use crate::xmpp::muc::message::RoomMessage;
use crate::xmpp::muc::room::{Gist, Heard, Input};
use crate::xmpp::ns;
use crate::xmpp::stanza::StanzaError;

// --- to the room ---

impl Xmpp {
    /// `sendMessage` to all in a room.
    pub(crate) fn post_to_room(
        &mut self,
        core: &mut Core,
        account: AccountId,
        bot: BotId,
        new: &NewMessage,
        message_id: &str,
    ) -> Result<(), Trouble> {
        let key = (account, new.to.bare());
        let mut outbound = Outbound::text(key.1.to_jid(), Kind::Groupchat, message_id, &new.text);
        if new.encrypt {
            outbound = outbound.confidential();
        }
        if let Some(id) = &new.reply_to {
            // XEP-0461 §3 wants the author; who names him by writing to him in the room is helped.
            let named = Some(new.to.clone()).filter(|to| !to.is_bare());
            let to = self.rooms.author_in_room(&core.batch, &key, id)?.or(named);
            outbound = outbound.replying(RepliedTo { id: core.batch.room_id_of(&key, id)?, to }, None);
        }
        self.say_in_room(core, (account, bot), &key.1, (message_id, None), &outbound)
    }

    /// Puts a message of any kind to all in a room into the outbox. Its id on the wire must be `message_id`, by which it is
    /// known when the room shows it.
    pub(crate) fn enqueue_to_room(
        &mut self,
        core: &mut Core,
        (account, bot): (AccountId, BotId),
        room: &BareJid,
        message_id: &str,
        outbound: &Outbound,
    ) -> Result<(), Trouble> {
        let key = (account, room.clone());
        let is_in = |entry: &&mut Entry| entry.is_kept && entry.row.members.contains(&bot);
        let Some(entry) = self.rooms.touch(&key).filter(is_in) else {
            return Err(core.batch.not_in_room(&key).into());
        };
        if entry.posts.count() >= limits::OUTBOX_MAX {
            return Err(Failure::OutboxFull.into());
        }
        let stanza = outbound.print();
        self.accounts.check_size(account, stanza.len())?;
        let cover = if outbound.has_body() { self.cover(core, &key, Demand::of(outbound))? } else { Cover::Plain };
        if cover != Cover::Plain {
            let is_required = cover == Cover::Sealed;
            return self.enqueue_sealed_in_room(core, (account, bot), room, ToSeal { message_id, stanza, is_required });
        }
        Ok(self.put_out_in_room(&mut core.batch, (account, Some(bot)), room, message_id, stanza)?)
    }

    /// Gives the session what may be said in rooms now.
    pub(crate) fn feed_rooms(&mut self, core: &mut Core) -> Result<(), store::Error> {
        let is_ready = |entry: &Entry| entry.posts.is_ready() && entry.is_live();
        let ready = self.rooms.entries.iter().filter(|(_, entry)| is_ready(entry));
        for key in ready.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            if self.accounts.get(&key.0).is_some_and(|account| account.is_online) {
                self.feed_room(core, &key)?;
            }
        }
        Ok(())
    }

    fn feed_room(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        // After a crash only what the room still tells can be known to be there.
        let most = if entry.has_archive() { limits::ROOM_SENT_MAX } else { limits::ROOM_SENT_UNARCHIVED_MAX };
        let free = most.saturating_sub(entry.posts.in_flight());
        if free == 0 {
            return Ok(());
        }
        let after = entry.posts.last();
        let rows = core.batch.store.list_outbox(key.0, Some(&key.1), after, free)?;
        let found = rows.len();
        for row in rows {
            let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
            if !entry.posts.send(&row.message_id, row.id) {
                continue;
            }
            let text = body_of(&row.stanza);
            let order = Order::Send { tag: None, stanza: row.stanza };
            core.batch.pending.effects.push(Effect::Session(key.0, order));
            self.drive(core, key, Input::Sent(row.message_id, text))?;
        }
        if let Some(entry) = self.rooms.touch(key) {
            entry.posts.fed(found, free);
        }
        Ok(())
    }

    /// The room has shown our message.
    pub(super) fn on_reflection(
        &mut self,
        core: &mut Core,
        key: &Key,
        id: &str,
        message: &RoomMessage,
    ) -> Result<(), store::Error> {
        self.confirm_said(core, key, id, message.archive_id.as_deref())?;
        let Some(archive_id) = &message.archive_id else {
            // The room's history, told anew each time, must not pass for another one.
            return self.accounts.is_new_without_id(&mut core.batch, key.0, message, None).map(drop);
        };
        core.batch.store.see(key.0, &seen_key(key, archive_id), core.batch.lived())?;
        if self.rooms.entries.get(key).is_some_and(Entry::is_live) {
            self.rooms.store_place(&mut core.batch, key, Some(archive_id.clone()))?;
        }
        Ok(())
    }

    /// Something of ours in what the room tells of before, without an id of ours and not known yet: a message that waits to
    /// be shown, if it says the same.
    pub(super) fn confirm_by_text(
        &mut self,
        core: &mut Core,
        key: &Key,
        message: &RoomMessage,
    ) -> Result<(), store::Error> {
        let (Some(text), Some(stamp_ms)) = (&message.body, message.stamp_ms) else { return Ok(()) };
        let latest = stamp_ms.saturating_add(limits::ROOM_CLOCK_MS).div_euclid(1000);
        let rows = core.batch.store.list_outbox(key.0, Some(&key.1), None, limits::ROOM_SENT_MAX)?;
        let is_it = |row: &&OutboxRow| row.created_at <= latest && Gist::new(&body_of(&row.stanza)).is_shown_by(text);
        match rows.iter().find(is_it) {
            Some(row) => self.confirm_said(core, key, &row.message_id, message.archive_id.as_deref()).map(drop),
            None => Ok(()),
        }
    }

    /// The room has shown our message, now or earlier. Gives whether that was not known.
    pub(super) fn confirm_said(
        &mut self,
        core: &mut Core,
        key: &Key,
        id: &str,
        archive_id: Option<&str>,
    ) -> Result<bool, store::Error> {
        let is_news = self.rooms.settle(&mut core.batch, key, id)?;
        if let Some(row) = core.batch.said_in_room(key, id)? {
            if let (Some(archive_id), None) = (archive_id, &row.room_id) {
                core.batch.store.store_room_id(row.id, archive_id)?;
            }
            if is_news && row.progress == Progress::Untracked {
                core.batch.note_way(row.bot, &row.message_id, "sent", "");
            }
            self.advance(core, &row, Progress::Sent, None)?;
        }
        Ok(is_news)
    }

    pub(super) fn on_send_refused(
        &mut self,
        core: &mut Core,
        key: &Key,
        id: &str,
        error: &StanzaError,
    ) -> Result<(), store::Error> {
        if error.kind != "wait" {
            return self.fail_message(core, key, id, &format!("the room refused the message: {error}"));
        }
        let retry_at = core.batch.now.mono + limits::ROOM_SEND_RETRY;
        if let Some(entry) = self.rooms.unsend(key, id) {
            entry.posts.hold(retry_at);
        }
        Ok(())
    }

    /// We are in the room, it answers, and it has not shown the message: it swallows such.
    pub(super) fn on_unconfirmed(&mut self, core: &mut Core, key: &Key, id: &str) -> Result<(), store::Error> {
        let is_waited_for = self.rooms.entries.get(key).is_some_and(|entry| entry.posts.awaits(id));
        if is_waited_for {
            self.fail_message(core, key, id, "the room did not show the message to anybody")
        } else {
            Ok(())
        }
    }

    fn fail_message(&mut self, core: &mut Core, key: &Key, id: &str, why: &str) -> Result<(), store::Error> {
        if !self.rooms.settle(&mut core.batch, key, id)? {
            return Ok(());
        }
        log::warn!("{}: message {id} to {} was given up: {why}", self.accounts.jid_of(key.0), key.1);
        match core.batch.said_in_room(key, id)? {
            Some(row) => self.advance(core, &row, Progress::Failed, Some(why)),
            None => Ok(()),
        }
    }

    /// The server does not take a message to all in a room.
    pub(crate) fn fail_in_room(
        &mut self,
        core: &mut Core,
        account: AccountId,
        room: BareJid,
        id: &str,
        why: &str,
    ) -> Result<(), store::Error> {
        self.fail_message(core, &(account, room), id, why)
    }

    /// We are out for good: what waits cannot be said any more.
    pub(super) fn fail_all(&mut self, core: &mut Core, key: &Key, why: &str) -> Result<(), store::Error> {
        self.fail_waiting_in_room(core, key.0, &key.1, why)?;
        loop {
            let rows = core.batch.store.list_outbox(key.0, Some(&key.1), None, limits::ROOM_SENT_MAX)?;
            if rows.is_empty() {
                return Ok(());
            }
            rows.iter().try_for_each(|row| self.fail_message(core, key, &row.message_id, why))?;
        }
    }
}

impl Rooms {
    /// Whether `to` is an occupant of a room the bot is in; then a message to him must say so. `Err` for the room itself.
    pub(crate) fn is_occupant(&self, account: AccountId, to: &Jid) -> Result<bool, Failure> {
        let is_room = self.is_room(account, &to.bare());
        match is_room && to.is_bare() {
            true => Err(Failure::invalid("type", "groupchat, as `to` is a room; one occupant is room/nick")),
            false => Ok(is_room),
        }
    }

    /// The message of ours is there, or given up: its row goes. Gives whether there was one.
    fn settle(&mut self, batch: &mut Batch, key: &Key, message_id: &str) -> Result<bool, store::Error> {
        let Some(row) = batch.store.find_outbox(key.0, Some(&key.1), message_id)? else { return Ok(false) };
        batch.store.delete_outbox(key.0, Some(&key.1), &[row])?;
        if let Some(entry) = self.touch(key) {
            entry.posts.settle(message_id);
        }
        Ok(true)
    }
}

// --- from the room ---

impl Xmpp {
    /// A message that has to do with a room: said there, or an invitation of the bot whose account it is. Gives whether it
    /// has.
    pub(crate) fn on_room_message(
        &mut self,
        core: &mut Core,
        account: AccountId,
        bot: Option<BotId>,
        inbound: &Inbound,
    ) -> Result<bool, store::Error> {
        if let (Some(bot), Some(invitation)) = (bot, &inbound.invitation) {
            self.on_invitation(core, account, bot, inbound, invitation)?;
            return Ok(true);
        }
        let key = (account, inbound.from.bare());
        if !self.rooms.entries.contains_key(&key) || inbound.invitation.is_some() {
            return Ok(inbound.kind == Kind::Groupchat);
        }
        let is_in = self.rooms.entries.get(&key).is_some_and(|entry| entry.room.is_joined());
        if inbound.via == Via::Direct && !inbound.affiliations.is_empty() {
            self.drive(core, &key, Input::Affiliations(inbound.affiliations.clone()))?;
        }
        match (inbound.via, inbound.kind) {
            // Meant for the session before this one, which the server has not taken out of the room yet. What was said
            // there comes in its order when we are in; taken now, it would hide what came before it.
            (Via::Direct, Kind::Groupchat) if !is_in => {}
            (Via::RoomArchive, _) => self.on_archived(core, &key, inbound)?,
            // What an occupant refuses was said to him alone.
            (_, Kind::Error) if !inbound.from.is_bare() => return Ok(false),
            (_, Kind::Chat | Kind::Normal) if !inbound.from.is_bare() => self.on_private(core, &key, inbound)?,
            (Via::Direct, _) => {
                if let Some(message) = RoomMessage::of(inbound) {
                    self.drive(core, &key, Input::Message(message))?;
                }
            }
            _ => {}
        }
        Ok(true)
    }
}

impl Rooms {
    /// How far we are; while the archive is read, only what comes from there counts.
    pub(super) fn note_heard(&mut self, batch: &mut Batch, key: &Key, heard: &Heard) -> Result<(), store::Error> {
        let Some(entry) = self.entries.get(key) else { return Ok(()) };
        let is_in_order = match entry.history.sync {
            Sync::Reading(_) => heard.is_history,
            Sync::Live => !heard.is_history || !entry.has_archive(),
            Sync::Out | Sync::Entering { .. } => false,
        };
        if is_in_order { self.store_place(batch, key, heard.message.archive_id.clone()) } else { Ok(()) }
    }

    /// Everything up to this archive id, and to now, is dealt with.
    pub(super) fn store_place(
        &mut self,
        batch: &mut Batch,
        key: &Key,
        archive_id: Option<String>,
    ) -> Result<(), store::Error> {
        let now_ms = batch.now.unix_ms;
        let Some(entry) = self.touch(key) else { return Ok(()) };
        if let Some(archive_id) = archive_id.filter(|_| entry.has_archive()) {
            entry.row.archive_mark = Some(archive_id);
        }
        entry.row.heard_at_ms = now_ms;
        let row = &entry.row;
        let (mark, heard_at_ms) = (row.archive_mark.clone(), row.heard_at_ms);
        batch.store.store_room_mark(key.0, &key.1, mark.as_deref(), heard_at_ms)
    }
}

/// What a stanza of ours says.
fn body_of(stanza: &str) -> String {
    let stanza = Element::parse(stanza, &Namespaces::default_is(ns::CLIENT)).ok();
    stanza.and_then(|stanza| stanza.text_of("body", ns::CLIENT)).unwrap_or_default()
}
