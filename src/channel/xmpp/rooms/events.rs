//! What a room's machine says is carried out here: stanzas and questions go to the session, events become rows, updates
//! and answers.

use super::bookmarks::Autojoin;
use super::{Key, Turn};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::asking::About;
use crate::core::Core;
use crate::core::batch::Batch;
use crate::store;
use crate::xmpp::iq::Peer;
use crate::xmpp::muc::room::{Input, Output, RoomEvent};
use crate::xmpp::muc::why::Departure;

impl Xmpp {
    /// Gives a room its input and carries out what comes of it.
    pub(crate) fn drive(&mut self, core: &mut Core, key: &Key, input: Input) -> Result<(), store::Error> {
        let (now, random) = (core.batch.now, u32::from_le_bytes(core.batch.random()));
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        entry.room.handle(now, random, input);
        // Whoever takes the room away ends this, too.
        while let Some(output) = self.rooms.entries.get_mut(key).and_then(|entry| entry.room.poll()) {
            self.on_room_output(core, key, output)?;
        }
        Ok(())
    }

    fn on_room_output(&mut self, core: &mut Core, key: &Key, output: Output) -> Result<(), store::Error> {
        match output {
            Output::Send(stanza) => self.accounts.tell_session(&mut core.batch, key.0, stanza),
            Output::Ask { tag, kind, to, payload } => {
                let about = About::Room { room: key.1.clone(), tag };
                self.questions.ask_entity(&mut core.batch, key.0, (Peer::Other(to), kind, payload), about);
            }
            Output::Event(event) => self.on_room_event(core, key, event)?,
        }
        Ok(())
    }

    fn on_room_event(&mut self, core: &mut Core, key: &Key, event: RoomEvent) -> Result<(), store::Error> {
        match event {
            RoomEvent::Joined { nick, .. } => self.on_joined(core, key, &nick),
            RoomEvent::Refused(refusal) => self.on_out(core, key, &refusal.to_string(), false),
            RoomEvent::Lost { why, .. } => {
                log::info!("room {}: {why}; coming back", key.1);
                self.rooms.note_turn(key, Turn::Not(why.to_string()));
                self.sync_lost(core, key)
            }
            RoomEvent::Left(departure) => self.on_out(core, key, &departure.to_string(), departure == Departure::Asked),
            RoomEvent::NickChanged(nick) => self.on_nick(&mut core.batch, key, nick),
            RoomEvent::NickRefused(refusal) => {
                self.rooms.note_turn(key, Turn::Not(refusal.to_string()));
                Ok(())
            }
            RoomEvent::Info(_) => {
                self.sync_informed(core, key)?;
                self.settle_private(core, key)
            }
            RoomEvent::Members => self.send_waiting_in_room(core, key.0, &key.1),
            RoomEvent::Subject { .. } => self.sync_history_told(core, key),
            RoomEvent::Message(heard) => self.on_heard(core, key, *heard),
            RoomEvent::Reflection { id, message } => self.on_reflection(core, key, &id, &message),
            RoomEvent::SendRefused { id, was_out: true, .. } => {
                self.rooms.unsend(key, &id);
                Ok(())
            }
            RoomEvent::SendRefused { id, error, .. } => self.on_send_refused(core, key, &id, &error),
            RoomEvent::Unconfirmed(id) => self.on_unconfirmed(core, key, &id),
        }
    }

    fn on_joined(&mut self, core: &mut Core, key: &Key, nick: &str) -> Result<(), store::Error> {
        self.rooms.note_in(key);
        let now_ms = core.batch.now.unix_ms;
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        if !std::mem::replace(&mut entry.is_kept, true) {
            entry.row.heard_at_ms = now_ms;
            entry.history.is_first = true;
            let (row, inviter) = (entry.row.clone(), entry.inviter.take());
            core.batch.store.store_room(&row)?;
            self.publish_bookmark(&mut core.batch, key, Autojoin::Yes);
            for bot in row.members {
                self.tell_joined(core, key, bot, nick, inviter.as_ref())?;
            }
        }
        // Disabled while it was on its way.
        if !self.accounts.is_bots_own(key.0) && self.rooms.listeners(&core.batch, key).is_empty() {
            self.suspend_room(&mut core.batch, key);
            return Ok(());
        }
        self.sync_begun(core, key)
    }

    /// Not in the room, and not coming back.
    fn on_out(&mut self, core: &mut Core, key: &Key, why: &str, was_asked: bool) -> Result<(), store::Error> {
        self.rooms.note_turn(key, Turn::Out(why.to_string()));
        self.fail_all(core, key, why)?;
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        let (bots, is_kept) = (entry.row.members.clone(), entry.is_kept);
        log::info!("{}: not in the room {}: {why}", entry.names(), key.1);
        if is_kept {
            core.batch.store.delete_room(key.0, &key.1)?;
            if was_asked {
                self.retract_bookmark(&mut core.batch, key);
            } else {
                self.publish_bookmark(&mut core.batch, key, Autojoin::No);
            }
            bots.into_iter().try_for_each(|bot| self.tell_left(core, key, bot, why))?;
        }
        self.rooms.remove_entry(key);
        Ok(())
    }

    /// The history begins to be read, unless it is already.
    fn sync_begun(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let is_out = self.rooms.entries.get(key).is_some_and(|entry| entry.history.is_out());
        if is_out { self.begin_sync(core, key) } else { Ok(()) }
    }
}

impl Xmpp {
    fn on_nick(&mut self, batch: &mut Batch, key: &Key, nick: String) -> Result<(), store::Error> {
        self.rooms.note_turn(key, Turn::In);
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        if entry.row.nick == nick {
            return Ok(());
        }
        entry.row.nick = nick;
        let row = entry.row.clone();
        batch.store.store_room(&row)?;
        self.publish_bookmark(batch, key, Autojoin::Yes);
        Ok(())
    }
}
