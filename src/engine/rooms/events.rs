//! What a room's machine says is carried out here: stanzas and questions go to the session, events become rows, updates
//! and answers.

use super::{Key, Sync, Turn};
use crate::engine::asking::About;
use crate::engine::{Batch, Engine, Xmpp};
use crate::store;
use crate::xmpp::iq::Peer;
use crate::xmpp::muc::room::{Input, Output, RoomEvent};
use crate::xmpp::muc::why::Departure;

impl Engine {
    /// Gives a room its input and carries out what comes of it.
    pub(in crate::engine) fn drive(&mut self, key: &Key, input: Input) -> Result<(), store::Error> {
        let (now, random) = (self.batch.now, u32::from_le_bytes(self.batch.random()));
        let Some(entry) = self.xmpp.rooms.touch(key) else { return Ok(()) };
        entry.room.handle(now, random, input);
        // Whoever takes the room away ends this, too.
        while let Some(output) = self.xmpp.rooms.entries.get_mut(key).and_then(|entry| entry.room.poll()) {
            self.on_room_output(key, output)?;
        }
        Ok(())
    }

    fn on_room_output(&mut self, key: &Key, output: Output) -> Result<(), store::Error> {
        match output {
            Output::Send(stanza) => self.xmpp.accounts.tell_session(&mut self.batch, key.0, stanza),
            Output::Ask { tag, kind, to, payload } => {
                let about = About::Room { room: key.1.clone(), tag };
                self.xmpp.questions.ask_entity(&mut self.batch, key.0, (Peer::Other(to), kind, payload), about);
            }
            Output::Event(event) => self.on_room_event(key, event)?,
        }
        Ok(())
    }

    fn on_room_event(&mut self, key: &Key, event: RoomEvent) -> Result<(), store::Error> {
        match event {
            RoomEvent::Joined { nick, .. } => self.on_joined(key, &nick),
            RoomEvent::Refused(refusal) => self.on_out(key, &refusal.to_string(), false),
            RoomEvent::Lost { why, .. } => {
                log::info!("room {}: {why}; coming back", key.1);
                self.xmpp.rooms.note_turn(key, Turn::Not(why.to_string()));
                self.sync_lost(key)
            }
            RoomEvent::Left(departure) => self.on_out(key, &departure.to_string(), departure == Departure::Asked),
            RoomEvent::NickChanged(nick) => self.xmpp.on_nick(&mut self.batch, key, nick),
            RoomEvent::NickRefused(refusal) => {
                self.xmpp.rooms.note_turn(key, Turn::Not(refusal.to_string()));
                Ok(())
            }
            RoomEvent::Info(_) => {
                self.sync_informed(key)?;
                self.settle_private(key)
            }
            RoomEvent::Members => self.send_waiting_in_room(key.0, &key.1),
            RoomEvent::Subject { .. } => self.sync_history_told(key),
            RoomEvent::Message(heard) => self.on_heard(key, *heard),
            RoomEvent::Reflection { id, message } => self.on_reflection(key, &id, &message),
            RoomEvent::SendRefused { id, error, was_out } => self.on_send_refused(key, &id, &error, was_out),
            RoomEvent::Unconfirmed(id) => self.on_unconfirmed(key, &id),
        }
    }

    fn on_joined(&mut self, key: &Key, nick: &str) -> Result<(), store::Error> {
        self.xmpp.rooms.note_in(key);
        let now_ms = self.batch.now.unix_ms;
        let Some(entry) = self.xmpp.rooms.touch(key) else { return Ok(()) };
        if !std::mem::replace(&mut entry.is_kept, true) {
            entry.row.heard_at_ms = now_ms;
            entry.is_first = true;
            let (row, inviter) = (entry.row.clone(), entry.inviter.take());
            self.batch.store.store_room(&row)?;
            self.xmpp.publish_bookmark(&mut self.batch, key, true);
            for bot in row.members {
                self.tell_joined(key, bot, nick, inviter.as_ref())?;
            }
        }
        // Disabled while it was on its way.
        if !self.xmpp.accounts.is_bots_own(key.0) && self.xmpp.rooms.listeners(&self.batch, key).is_empty() {
            self.xmpp.suspend_room(&mut self.batch, key);
            return Ok(());
        }
        self.sync_begun(key)
    }

    /// Not in the room, and not coming back.
    fn on_out(&mut self, key: &Key, why: &str, was_asked: bool) -> Result<(), store::Error> {
        self.xmpp.rooms.note_turn(key, Turn::Out(why.to_string()));
        self.fail_all(key, why)?;
        let Some(entry) = self.xmpp.rooms.touch(key) else { return Ok(()) };
        let (bots, is_kept) = (entry.row.members.clone(), entry.is_kept);
        log::info!("{}: not in the room {}: {why}", entry.names(), key.1);
        if is_kept {
            self.batch.store.delete_room(key.0, &key.1)?;
            if was_asked {
                self.xmpp.retract_bookmark(&mut self.batch, key);
            } else {
                self.xmpp.publish_bookmark(&mut self.batch, key, false);
            }
            bots.into_iter().try_for_each(|bot| self.tell_left(key, bot, why))?;
        }
        self.xmpp.rooms.remove_entry(key);
        Ok(())
    }

    /// The history begins to be read, unless it is already.
    fn sync_begun(&mut self, key: &Key) -> Result<(), store::Error> {
        let is_out = self.xmpp.rooms.entries.get(key).is_some_and(|entry| matches!(entry.sync, Sync::Out));
        if is_out { self.begin_sync(key) } else { Ok(()) }
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
        self.publish_bookmark(batch, key, true);
        Ok(())
    }
}
