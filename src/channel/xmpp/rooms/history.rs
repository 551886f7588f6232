//! What was said in a room while we were out of it: from its archive (XEP-0313 §6), or, where it has none, from the
//! history it tells on entering (XEP-0045 §7.2.13). What is said meanwhile is held back, so that the order stays; nothing
//! of ours is sent before, as it may be there already.

use std::time::Duration;

use super::{Entry, Key};
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Late;
use crate::channel::xmpp::asking::{About, EntityAnswer};
use crate::channel::xmpp::rooms::Rooms;
use crate::core::Core;
use crate::core::batch::Batch;
use crate::store;
use crate::xmpp::iq::Peer;
use crate::xmpp::mam::{CatchUp, Fin, Next, Turn};
use crate::xmpp::message::Inbound;
use crate::xmpp::muc::message::RoomMessage;
use crate::xmpp::muc::room::Heard;
use crate::xmpp::ns;
use crate::xmpp::stanza::IqKind;

/// How far we are with what was said before.
#[derive(Clone, Default)]
pub(super) enum Sync {
    /// Not in the room.
    #[default]
    Out,
    /// In; for what the room is, and for the end of its own history.
    Entering {
        /// Its own history is told to its end.
        is_told: bool,
        /// It has not said what it is for so long that whoever waits to be in waits no more.
        is_late: bool,
    },
    /// Reading its archive.
    Reading(Box<CatchUp<RoomMessage>>),
    /// Up to date.
    Live,
}

/// What was said before, and how far it is read.
#[derive(Clone, Default)]
pub(super) struct History {
    pub(super) sync: Sync,
    /// When its reading goes on without what it waits for, or is tried again (monotonic).
    pub(super) due: Option<Duration>,
    /// Just entered for the first time: what the room tells of before is none of our business.
    pub(super) is_first: bool,
    /// What the room's own history has told so far.
    pub(super) late: Late,
    held: Held,
}

/// What is said while the history is being read: comes after it.
#[derive(Clone, Default)]
struct Held {
    messages: Vec<Heard>,
    /// Bytes of them, nearly.
    bytes: usize,
}

impl Xmpp {
    /// We are in.
    pub(super) fn begin_sync(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        let due = now + limits::ROOM_HISTORY_TIMEOUT;
        entry.history.enter(due);
        entry.posts.lose();
        self.sync_informed(core, key)
    }

    /// We know what the room is.
    pub(super) fn sync_informed(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let soon = core.batch.now.mono + limits::ROOM_HISTORY_TIMEOUT;
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        match (&entry.history.sync, entry.room.info()) {
            (Sync::Entering { .. }, Some(info)) if info.mam => self.read_archive(&mut core.batch, key),
            (Sync::Entering { is_told: true, .. }, Some(_)) => self.go_live(core, key),
            (Sync::Entering { .. }, Some(_)) => {
                self.rooms.note_in(key);
                let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
                // Only the end of its own history is waited for now.
                entry.history.due = entry.history.due.map(|due| due.min(soon));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The room's own history is told to its end.
    pub(super) fn sync_history_told(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        if let Sync::Entering { is_told, .. } = &mut entry.history.sync {
            *is_told = true;
            return self.sync_informed(core, key);
        }
        Ok(())
    }

    /// What was waited for did not come, or is to be tried again.
    pub(super) fn sync_due(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        let is_online = self.accounts.get(&key.0).is_some_and(|account| account.is_online);
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        let Some(due) = entry.history.due.take_if(|due| *due <= now) else { return Ok(()) };
        if entry.room.is_joined() {
            // Longer than anybody waits.
            self.rooms.note_turn(key, super::Turn::In);
        }
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        match entry.history.sync {
            Sync::Entering { .. } | Sync::Reading(_) if !is_online => {
                entry.history.due = Some(now + limits::ROOM_HISTORY_RETRY);
                Ok(())
            }
            Sync::Entering { .. } if entry.has_archive() => self.read_archive(&mut core.batch, key),
            // Going on without knowing whether there is an archive would lose what is in it.
            Sync::Entering { is_told, is_late: false } if entry.room.info().is_none() => {
                let due = due + (limits::ROOM_INFO_TIMEOUT - limits::ROOM_HISTORY_TIMEOUT);
                entry.history.go_on(Sync::Entering { is_told, is_late: true }, due);
                Ok(())
            }
            Sync::Entering { .. } => self.go_live(core, key),
            Sync::Reading(_) => self.read_archive(&mut core.batch, key),
            Sync::Out | Sync::Live => Ok(()),
        }
    }

    /// We are not in the room for now. What was held can be read again where there is an archive; as long as the room has
    /// not said what it is, it is held on.
    pub(super) fn sync_lost(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        entry.history.stop(Sync::Out);
        entry.posts.lose();
        if entry.room.info().is_none() {
            return Ok(());
        }
        let held = entry.history.held.take();
        if entry.has_archive() { Ok(()) } else { self.tell_all(core, key, held) }
    }

    /// A result of the archive.
    pub(super) fn on_archived(&mut self, core: &mut Core, key: &Key, inbound: &Inbound) -> Result<(), store::Error> {
        let in_room = inbound.room.as_ref();
        let query = in_room.and_then(|in_room| in_room.query.as_deref());
        let id = in_room.and_then(|in_room| in_room.stanza_id.as_deref()).unwrap_or_default();
        let Some(message) = RoomMessage::of(inbound) else { return Ok(()) };
        let held: usize = self.rooms.entries.values().map(|entry| entry.history.sync.held_bytes()).sum();
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        let Sync::Reading(catch_up) = &mut entry.history.sync else { return Ok(()) };
        if !catch_up.is_mine(query) {
            return Ok(());
        }
        let spare = limits::ROOMS_HELD_BYTES_MAX.saturating_sub(held - catch_up.held_bytes());
        let bytes = message.bytes();
        match catch_up.result(id, message, bytes, spare.min(limits::ARCHIVE_HELD_BYTES_MAX)) {
            Turn::Now(message) => self.tell_archived(core, key, message),
            Turn::Later | Turn::Never(_) => Ok(()),
        }
    }

    fn tell_archived(&mut self, core: &mut Core, key: &Key, message: RoomMessage) -> Result<(), store::Error> {
        let Some(entry) = self.rooms.entries.get(key) else { return Ok(()) };
        let heard = entry.room.judge(message);
        self.take_heard(core, key, &heard)
    }

    /// The end of a page of the archive.
    pub(crate) fn on_room_page(
        &mut self,
        core: &mut Core,
        key: &Key,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        let Sync::Reading(catch_up) = &mut entry.history.sync else { return Ok(()) };
        let next = match answer {
            Ok(payload) => {
                let fin = payload.as_ref().filter(|payload| payload.is("fin", ns::MAM));
                catch_up.page_end(&fin.map(Fin::read).unwrap_or_default())
            }
            Err(error) if error.condition == "item-not-found" && catch_up.id_is_unknown() => {
                log::warn!("room {}: its archive has forgotten where we were; reading its end", key.1);
                Next::Page
            }
            Err(error) if error.kind == "wait" => {
                let retry_at = now + limits::ROOM_HISTORY_RETRY;
                entry.history.go_on(Sync::Entering { is_told: true, is_late: true }, retry_at);
                return Ok(());
            }
            Err(error) => {
                log::warn!("room {}: its archive cannot be read: {error}", key.1);
                return self.go_live(core, key);
            }
        };
        match next {
            Next::Page => {
                entry.history.due = Some(now + limits::ROOM_ARCHIVE_TIMEOUT);
                self.ask_page(&mut core.batch, key);
            }
            Next::Done(rest) => {
                let newest = catch_up.newest().map(String::from);
                rest.into_iter().try_for_each(|message| self.tell_archived(core, key, message))?;
                if newest.is_some() {
                    self.rooms.store_place(&mut core.batch, key, newest)?;
                }
                self.go_live(core, key)?;
            }
        }
        Ok(())
    }

    /// Nothing is missing any more.
    fn go_live(&mut self, core: &mut Core, key: &Key) -> Result<(), store::Error> {
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        let has_no_end = matches!(entry.history.sync, Sync::Entering { is_told: false, .. });
        entry.history.stop(Sync::Live);
        entry.posts.restart();
        let mut held = entry.history.held.take();
        // Without a subject nothing says where the history ends.
        held.iter_mut().for_each(|heard| heard.is_history &= heard.message.is_delayed || !has_no_end);
        self.tell_all(core, key, held)?;
        self.rooms.note_in(key);
        if let Some(entry) = self.rooms.touch(key) {
            entry.history.is_first = false;
            entry.history.late.clear();
        }
        self.settle_private(core, key)
    }

    fn tell_all(&mut self, core: &mut Core, key: &Key, held: Vec<Heard>) -> Result<(), store::Error> {
        held.into_iter().try_for_each(|heard| self.take_live(core, key, heard))
    }

    /// Somebody said something.
    pub(super) fn on_heard(&mut self, core: &mut Core, key: &Key, mut heard: Heard) -> Result<(), store::Error> {
        let now_ms = core.batch.now.unix_ms;
        let held: usize = self.rooms.entries.values().map(|entry| entry.history.held.bytes).sum();
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        let History { sync, held: early, .. } = &mut entry.history;
        let is_early = matches!(sync, Sync::Entering { .. } | Sync::Reading(_));
        let bytes = heard.bytes();
        if is_early && early.messages.len() < limits::ROOM_HELD_MAX && held + bytes <= limits::ROOMS_HELD_BYTES_MAX {
            if !heard.message.is_delayed {
                heard.message.stamp_ms = Some(now_ms);
            }
            early.bytes += bytes;
            early.messages.push(heard);
            return Ok(());
        }
        self.take_live(core, key, heard)
    }

    fn take_live(&mut self, core: &mut Core, key: &Key, mut heard: Heard) -> Result<(), store::Error> {
        let Some(entry) = self.rooms.entries.get(key) else { return Ok(()) };
        entry.room.judge_id(&mut heard.message);
        self.take_heard(core, key, &heard)
    }
}

impl Xmpp {
    fn read_archive(&mut self, batch: &mut Batch, key: &Key) -> Result<(), store::Error> {
        let now = batch.now.mono;
        let query = format!("room-{:x}", batch.last_tag + 1);
        // A message of ours that may have got there is looked for from where it was accepted.
        let outbox_mark = batch.store.first_outbox_mark(key.0, Some(&key.1))?.flatten();
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        let catch_up = CatchUp::new(query, outbox_mark.or_else(|| entry.row.archive_mark.clone()));
        // The archive has it, too, and in order.
        entry.history.held.drop_history();
        entry.history.go_on(Sync::Reading(Box::new(catch_up)), now + limits::ROOM_ARCHIVE_TIMEOUT);
        self.ask_page(batch, key);
        Ok(())
    }

    fn ask_page(&mut self, batch: &mut Batch, key: &Key) {
        let Some(Sync::Reading(catch_up)) = self.rooms.entries.get(key).map(|entry| &entry.history.sync) else {
            return;
        };
        let query = catch_up.build_query();
        let about = About::RoomArchive(key.1.clone());
        self.questions.ask_entity(batch, key.0, (Peer::Other(key.1.to_jid()), IqKind::Set, query), about);
    }
}

impl Rooms {
    /// Whoever has asked for it is in, once nothing that is said from then on can be missed: where there is an archive,
    /// when our place in it is known.
    pub(super) fn note_in(&mut self, key: &Key) {
        let Some(entry) = self.entries.get(key) else { return };
        let may_have_archive = entry.room.info().is_none_or(|info| info.mam);
        if entry.is_live() || entry.row.archive_mark.is_some() || !may_have_archive {
            self.note_turn(key, super::Turn::In);
        }
    }
}

impl History {
    pub(super) fn is_out(&self) -> bool {
        matches!(self.sync, Sync::Out)
    }

    /// We are in; what the room is and what it tells is waited for so long.
    fn enter(&mut self, due: Duration) {
        self.go_on(Sync::Entering { is_told: false, is_late: false }, due);
        self.late.clear();
    }

    /// The next step, which is waited for so long.
    fn go_on(&mut self, sync: Sync, due: Duration) {
        self.sync = sync;
        self.due = Some(due);
    }

    /// Nothing is waited for any more.
    fn stop(&mut self, sync: Sync) {
        self.sync = sync;
        self.due = None;
    }
}

impl Held {
    fn take(&mut self) -> Vec<Heard> {
        self.bytes = 0;
        std::mem::take(&mut self.messages)
    }

    /// Only what is said now stays.
    fn drop_history(&mut self) {
        self.messages.retain(|heard| !heard.is_history);
        self.bytes = self.messages.iter().map(Heard::bytes).sum();
    }
}

impl Sync {
    /// What is held of its archive takes so much.
    fn held_bytes(&self) -> usize {
        match self {
            Sync::Reading(catch_up) => catch_up.held_bytes(),
            Sync::Out | Sync::Entering { .. } | Sync::Live => 0,
        }
    }
}

impl Entry {
    pub(super) fn has_archive(&self) -> bool {
        self.room.info().is_some_and(|info| info.mam)
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.history.sync, Sync::Live) && self.room.is_joined()
    }
}
