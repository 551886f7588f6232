//! Rooms of bots (XEP-0045): entered by `joinRoom` or an invitation, kept over restarts, left by `leaveRoom` or somebody
//! else's will. What a room does, [`Room`] knows; here it gets its input, its table and its bots. `members` says which
//! bots are in it, `events` carries out what it says, `talk` moves messages, `heard` tells bots of them, `actions` does in a
//! room what is no text, `moderation` what moderators do, `history` reads what was said meanwhile, `invited` follows invitations, `private` decides what is
//! encrypted, `bookmarks` keeps the list at the server (XEP-0402).
//!
//! A room in memory is copied before a batch first changes it, and put back when the batch is taken back.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::{Accounts, Stream};
use crate::core::Core;
use crate::core::batch::{Batch, RoomWish, Trouble};
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, ReplyTo};
use crate::core::part::Part;
use crate::store;
use crate::store::row::{Origin, RoomRow};
use crate::xml::Element;
use crate::xmpp::muc::presence::RoomPresence;
use crate::xmpp::muc::room::{Input, Intent, Room, RoomConfig};
use history::History;
use posts::Posts;

mod bookmarks;
mod actions;
mod events;
mod heard;
mod history;
mod invited;
mod members;
mod moderation;
mod posts;
mod private;
mod talk;

pub(crate) use bookmarks::Step;
pub(crate) use moderation::Asked as Moderated;

/// A room of an account.
pub(crate) type Key = (AccountId, BareJid);

/// All rooms in memory.
#[derive(Default)]
pub(crate) struct Rooms {
    entries: BTreeMap<Key, Entry>,
    waiters: Vec<Waiter>,
    refused: BTreeMap<BotId, invited::Refused>,
    /// After a failed commit nothing is due before this (monotonic).
    not_before: Duration,
    /// Rooms as they were before the batch, oldest first.
    before: Vec<(Key, Option<Entry>)>,
    /// What has happened in the batch that callers wait for.
    turns: Vec<(Key, Turn)>,
}

impl Part for Rooms {
    fn committed(&mut self) {
        self.before.clear();
    }

    fn undo(&mut self) {
        for (key, before) in self.before.drain(..).rev() {
            match before {
                Some(entry) => self.entries.insert(key, entry),
                None => self.entries.remove(&key),
            };
        }
        self.turns.clear();
    }

    fn deadline(&self) -> Option<Duration> {
        let due = self.entries.values().filter_map(Entry::deadline).min()?;
        Some(due.max(self.not_before))
    }

    fn postpone(&mut self, until: Duration) {
        self.not_before = until;
    }
}

impl Rooms {
    /// Whether something that an account said in a room has not been shown by it.
    pub(crate) fn has_in_flight(&self, account: AccountId) -> bool {
        self.entries.iter().any(|(key, entry)| key.0 == account && entry.posts.in_flight() > 0)
    }
}

/// A room in memory.
#[derive(Clone)]
struct Entry {
    room: Room,
    row: RoomRow,
    /// The row is in the table: we were in it, and come back.
    is_kept: bool,
    /// Who asked us in.
    inviter: Option<BareJid>,
    history: History,
    posts: Posts,
}

/// Somebody who waits for a room.
struct Waiter {
    key: Key,
    wish: RoomWish,
    reply: ReplyTo,
}

/// What has become of a room.
#[derive(Clone, Debug)]
enum Turn {
    /// We are in.
    In,
    /// We are in, but not as we were asked to be.
    Not(String),
    /// We are out, or did not get in.
    Out(String),
}

// --- entering ---

impl Xmpp {
    /// Wants to be in a room, with a new machine. Whoever waits hears of it.
    fn enter_room(
        &mut self,
        core: &mut Core,
        key: &Key,
        bot: BotId,
        nick: String,
        password: Option<Secret>,
        inviter: Option<BareJid>,
    ) -> Result<(), Trouble> {
        let known = self.rooms.entries.get(key);
        let old = known.map(|entry| entry.row.clone());
        let mut members = old.as_ref().map(|row| row.members.clone()).unwrap_or_default();
        if !members.contains(&bot) {
            members.push(bot);
        }
        let row = RoomRow {
            account: key.0,
            room: key.1.clone(),
            nick,
            password: password.or_else(|| old.as_ref().and_then(|row| row.password.clone())),
            archive_mark: old.as_ref().and_then(|row| row.archive_mark.clone()),
            heard_at_ms: old.as_ref().map_or(0, |row| row.heard_at_ms),
            is_private: old.as_ref().and_then(|row| row.is_private),
            members,
        };
        let is_kept = known.is_some_and(|entry| entry.is_kept);
        let Some(mut entry) = self.accounts.new_entry(&core.batch, row)? else {
            return Err(Failure::invalid("nick", "a name as it can be shown in a room").into());
        };
        entry.is_kept = is_kept;
        entry.inviter = inviter;
        self.rooms.put_entry(key, entry);
        Ok(self.start_room(core, key, Intent::Asked)?)
    }

    fn start_room(&mut self, core: &mut Core, key: &Key, intent: Intent) -> Result<(), store::Error> {
        if self.accounts.get(&key.0).is_some_and(|account| account.is_online) {
            self.drive(core, key, Input::Online { resumed: false })?;
        }
        self.drive(core, key, Input::Join(intent))
    }
}

impl Accounts {
    /// `None` where the nick cannot be one.
    fn new_entry(&self, batch: &Batch, row: RoomRow) -> Result<Option<Entry>, store::Error> {
        let own = self.get(&row.account).filter(|account| account.row.origin != Origin::Person);
        let own = own.map(|account| account.row.jid.clone());
        let config = RoomConfig {
            room: row.room.clone(),
            nick: row.nick.clone(),
            password: row.password.clone(),
            account: own,
            // A time yet to come is one of a clock that was set back since: how long we were away is not known.
            history_since: Some(match row.heard_at_ms {
                0 => batch.now.unix_ms,
                at if at > batch.now.unix_ms => 0,
                at => at,
            }),
        };
        let Ok(room) = Room::new(config, batch.now) else { return Ok(None) };
        let count = batch.store.count_outbox(row.account, Some(&row.room))?;
        Ok(Some(Entry {
            room,
            row,
            is_kept: false,
            inviter: None,
            history: History::default(),
            posts: Posts::from_store(count),
        }))
    }
}

// --- what happens to the account ---

impl Xmpp {
    /// The bot is deleted, and its account stays: it is in no room any more.
    pub(crate) fn leave_rooms(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        for key in self.rooms.rooms_of(account) {
            self.drive(core, &key, Input::Leave)?;
        }
        for row in core.batch.store.list_rooms(account)? {
            core.batch.store.delete_room(account, &row.room)?;
            self.retract_bookmark(&mut core.batch, &(account, row.room));
        }
        self.rooms.drop_rooms(account);
        Ok(())
    }

    pub(crate) fn rooms_online(
        &mut self,
        core: &mut Core,
        account: AccountId,
        stream: Stream,
    ) -> Result<(), store::Error> {
        let resumed = stream == Stream::Resumed;
        self.rooms.rooms_of(account).iter().try_for_each(|key| self.drive(core, key, Input::Online { resumed }))
    }

    pub(crate) fn rooms_offline(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        self.rooms.rooms_of(account).iter().try_for_each(|key| self.drive(core, key, Input::Offline))
    }

    /// Presence that comes from a room we know. Gives whether it does.
    pub(crate) fn on_room_presence(
        &mut self,
        core: &mut Core,
        account: AccountId,
        stanza: &Element,
    ) -> Result<bool, store::Error> {
        let Some(presence) = RoomPresence::read(stanza) else { return Ok(false) };
        let key = (account, presence.from.bare());
        let kept: usize = self.rooms.entries.values().map(|entry| entry.room.occupants_bytes()).sum();
        let Some(entry) = self.rooms.touch(&key) else { return Ok(false) };
        entry.room.set_occupants_space(limits::OCCUPANTS_BYTES_MAX.saturating_sub(kept));
        self.drive(core, &key, Input::Presence(presence))?;
        Ok(true)
    }
}

impl Rooms {
    /// An account goes, or is started anew: its rooms are nowhere any more.
    pub(crate) fn drop_rooms(&mut self, account: AccountId) {
        for key in self.rooms_of(account) {
            self.remove_entry(&key);
            self.note_turn(&key, Turn::Out("the bot was disabled or deleted".to_string()));
        }
    }

    /// Messages of an account to all in rooms that wait.
    pub(crate) fn room_outbox_depth(&self, account: AccountId) -> i64 {
        self.entries.iter().filter(|(key, _)| key.0 == account).map(|(_, entry)| entry.posts.count()).sum()
    }

    /// All rooms with the bots that are in them, or are to be.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&BareJid, &[BotId])> {
        self.entries.values().map(|entry| (&entry.row.room, entry.row.members.as_slice()))
    }

    /// For the log.
    pub(crate) fn report_rooms(&self) {
        for ((_, room), entry) in &self.entries {
            let place = if entry.is_live() { "in" } else { "not in, or reading what was said" };
            log::info!("status: {}, room {room}: {place}, {} of the messages wait", entry.names(), entry.posts.count());
        }
    }

    fn rooms_of(&self, account: AccountId) -> Vec<Key> {
        self.entries.keys().filter(|key| key.0 == account).cloned().collect()
    }
}

// --- time, and going back ---

impl Xmpp {
    /// What time brings, and messages that may go out now.
    pub(crate) fn rooms_due(&mut self, core: &mut Core) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        if self.rooms.deadline().is_some_and(|due| due <= now) {
            let is_due = |entry: &Entry| entry.deadline().is_some_and(|due| due <= now);
            let all = self.rooms.entries.iter().filter(|(_, entry)| is_due(entry));
            for key in all.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
                self.drive(core, &key, Input::Tick)?;
                self.sync_due(core, &key)?;
                if let Some(entry) = self.rooms.touch(&key) {
                    entry.posts.release(now);
                }
            }
        }
        Ok(())
    }
}

impl Rooms {
    pub(crate) fn await_room(&mut self, key: Key, wish: RoomWish, reply: ReplyTo) {
        self.waiters.push(Waiter { key, wish, reply });
    }

    /// Answers who waits for a room.
    pub(crate) fn wake_room_waiters(&mut self, out: &mut Vec<Effect>) {
        if self.turns.is_empty() {
            return;
        }
        let all = std::mem::take(&mut self.turns);
        for waiter in std::mem::take(&mut self.waiters) {
            let turns = all.iter().filter(|(key, _)| *key == waiter.key);
            match turns.filter_map(|(_, turn)| waiter.wish.outcome(turn)).next() {
                Some(outcome) => out.push(Effect::Answer(waiter.reply, outcome)),
                None => self.waiters.push(waiter),
            }
        }
    }

    /// The daemon stops.
    pub(crate) fn end_room_waits(&mut self, batch: &mut Batch) {
        let failure = || Failure::Busy { retry_after_s: 5 };
        let waiters = std::mem::take(&mut self.waiters);
        batch.pending.effects.extend(waiters.into_iter().map(|waiter| Effect::Answer(waiter.reply, Err(failure()))));
    }

    /// The room, to be changed.
    fn touch(&mut self, key: &Key) -> Option<&mut Entry> {
        let entry = self.entries.get_mut(key)?;
        if !self.before.iter().any(|(other, _)| other == key) {
            self.before.push((key.clone(), Some(entry.clone())));
        }
        Some(entry)
    }

    /// What was given to the session did not get into the room: it waits again.
    fn unsend(&mut self, key: &Key, id: &str) -> Option<&mut Entry> {
        let entry = self.touch(key)?;
        entry.posts.unsend(id);
        Some(entry)
    }

    fn put_entry(&mut self, key: &Key, entry: Entry) {
        let before = self.entries.insert(key.clone(), entry);
        self.before.push((key.clone(), before));
    }

    fn remove_entry(&mut self, key: &Key) {
        if let Some(before) = self.entries.remove(key) {
            self.before.push((key.clone(), Some(before)));
        }
    }

    fn note_turn(&mut self, key: &Key, turn: Turn) {
        self.turns.push((key.clone(), turn));
    }
}

impl Entry {
    /// Its bots, for the log.
    fn names(&self) -> String {
        let names: Vec<String> = self.row.members.iter().map(|bot| format!("bot {bot}")).collect();
        names.join(", ")
    }

    fn deadline(&self) -> Option<Duration> {
        [self.room.deadline(), self.history.due, self.posts.held_until()].into_iter().flatten().min()
    }
}

impl RoomWish {
    /// The answer, if what has become of the room is one.
    fn outcome(self, turn: &Turn) -> Option<Result<Answer, Failure>> {
        match (self, turn) {
            (RoomWish::Join, Turn::In) | (RoomWish::Leave, Turn::Out(_)) => Some(Ok(Answer::Done)),
            (RoomWish::Join, Turn::Out(why) | Turn::Not(why)) => {
                Some(Err(Failure::Remote { what: "join_failed", why: why.clone() }))
            }
            (RoomWish::Leave, Turn::In | Turn::Not(_)) => None,
        }
    }
}
