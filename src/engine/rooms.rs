//! Rooms of bots with an account of their own (XEP-0045): entered by `joinRoom` or an invitation, kept over restarts, left
//! by `leaveRoom` or somebody else's will. What a room does, [`Room`] knows; here it gets its input, its table and its
//! bot. `events` carries out what it says, `talk` moves messages, `history` reads what was said meanwhile, `bookmarks`
//! keeps the list at the server (XEP-0402).
//!
//! A room in memory is copied before a batch first changes it, and put back when the batch is taken back.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::{AccountId, BotId, OutboxId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::engine::effect::Effect;
use crate::engine::failure::Failure;
use crate::engine::handle::{Answer, Mode, NewRoom, ReplyTo};
use crate::engine::{Engine, Trouble, Verdict};
use crate::store;
use crate::store::row::RoomRow;
use crate::xml::Element;
use crate::xmpp::muc::presence::RoomPresence;
use crate::xmpp::muc::room::{Heard, Input, Intent, Room, RoomConfig};
use history::Sync;

mod bookmarks;
mod events;
mod history;
mod talk;

pub(super) use bookmarks::Step;

/// A room of an account.
pub(super) type Key = (AccountId, BareJid);

/// All rooms in memory.
#[derive(Default)]
pub(super) struct Rooms {
    entries: BTreeMap<Key, Entry>,
    waiters: Vec<Waiter>,
    /// After a failed commit nothing is due before this (monotonic).
    pub(super) not_before: Duration,
}

/// What a batch changes; see [`super::Pending`].
#[derive(Default)]
pub(super) struct Changes {
    /// Rooms as they were, oldest first.
    before: Vec<(Key, Option<Entry>)>,
    /// What callers wait for.
    turns: Vec<(Key, Turn)>,
}

/// A room in memory.
#[derive(Clone)]
struct Entry {
    bot: BotId,
    room: Room,
    row: RoomRow,
    /// The row is in the table: we were in it, and come back.
    is_kept: bool,
    /// Just entered for the first time: what the room tells of before is none of our business.
    is_first: bool,
    /// Who asked us in.
    inviter: Option<BareJid>,
    sync: Sync,
    /// Said while the history was being read: comes after it.
    held: Vec<Heard>,
    /// When the reading of the history goes on without what it waits for, or is tried again (monotonic).
    sync_due: Option<Duration>,
    /// Given to the session and not yet shown by the room, by their ids on the wire.
    in_flight: BTreeMap<String, OutboxId>,
    /// The last row given to the session.
    last: Option<OutboxId>,
    /// The table may have more behind `last`.
    has_more: bool,
    /// Rows in the table.
    count: i64,
    /// The room had no time for us: nothing is sent before this (monotonic).
    send_after: Option<Duration>,
}

/// Somebody who waits for a room.
struct Waiter {
    key: Key,
    wish: Wish,
    reply: ReplyTo,
}

/// What he waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Join,
    Leave,
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

// --- what programs ask for ---

impl Engine {
    /// `joinRoom`.
    pub(super) fn join_room(&mut self, bot: BotId, new: &NewRoom) -> Result<Verdict, Trouble> {
        let account = self.room_account(bot)?;
        let key = (account, new.room.clone());
        let name = self.bot(bot)?.row.name.clone();
        let known = self.rooms.entries.get(&key);
        if known.is_none() && self.rooms_of(account).len() >= limits::ROOMS_PER_BOT_MAX {
            return Err(Failure::Quota(format!("a bot can be in {} rooms", limits::ROOMS_PER_BOT_MAX)).into());
        }
        let known_nick = known.map(|entry| entry.row.nick.clone());
        let is_joined = known.is_some_and(|entry| entry.room.is_joined());
        // On its way back into it: no new try is needed, and whatever keeps it out may pass.
        let is_coming = new.password.is_none()
            && known.is_some_and(|entry| entry.is_kept && new.nick.as_ref().is_none_or(|nick| *nick == entry.row.nick));
        let is_online = self.accounts.get(&account).is_some_and(|account| account.is_online);
        let nick = new.nick.clone().or(known_nick).unwrap_or(name);
        self.audit(Some(bot), "join_room", &format!("room={}", new.room))?;
        match is_joined {
            true if new.nick.is_some() => self.drive(&key, Input::Nick(nick))?,
            true => self.note_turn(&key, Turn::In),
            false if is_coming && !is_online => {
                let why = "the bot's account is not connected; it comes back into the room by itself".to_string();
                return Err(Failure::Remote { what: "join_failed", why }.into());
            }
            false if is_coming => self.drive(&key, Input::Join(Intent::Kept))?,
            false => self.enter_room(&key, bot, nick, new.password.clone(), None)?,
        }
        Ok(Verdict::AwaitRoom(key, Wish::Join))
    }

    /// `leaveRoom`.
    pub(super) fn leave_room(&mut self, bot: BotId, room: &BareJid) -> Result<Verdict, Trouble> {
        let account = self.room_account(bot)?;
        let key = (account, room.clone());
        if !self.rooms.entries.contains_key(&key) {
            let why = format!("the bot is not in the room {room}");
            return Err(Failure::Remote { what: "leave_failed", why }.into());
        }
        self.audit(Some(bot), "leave_room", &format!("room={room}"))?;
        self.drive(&key, Input::Leave)?;
        Ok(Verdict::AwaitRoom(key, Wish::Leave))
    }

    /// The bot's own account; rooms are for bots that have one.
    fn room_account(&self, bot: BotId) -> Result<AccountId, Trouble> {
        let bot = self.bot(bot)?;
        if bot.mode == Mode::Personal {
            let text = "a personal bot shares the account of its owner and cannot be in rooms of its own yet; \
                        create a dedicated bot for rooms";
            return Err(Failure::NotBuilt(text.to_string()).into());
        }
        let gone = || Failure::Remote {
            what: "join_failed",
            why: "the bot's own account is gone; create the bot again".to_string(),
        };
        Ok(self.account_of_bot(bot.row.id).ok_or_else(gone)?)
    }

    /// Wants to be in a room, with a new machine. Whoever waits hears of it.
    fn enter_room(
        &mut self,
        key: &Key,
        bot: BotId,
        nick: String,
        password: Option<Secret>,
        inviter: Option<BareJid>,
    ) -> Result<(), Trouble> {
        let known = self.rooms.entries.get(key);
        let old = known.map(|entry| entry.row.clone());
        let row = RoomRow {
            account: key.0,
            room: key.1.clone(),
            nick,
            password: password.or_else(|| old.as_ref().and_then(|row| row.password.clone())),
            archive_mark: old.as_ref().and_then(|row| row.archive_mark.clone()),
            heard_at_ms: old.as_ref().map_or(0, |row| row.heard_at_ms),
        };
        let is_kept = known.is_some_and(|entry| entry.is_kept);
        let Some(mut entry) = self.new_entry(bot, row)? else {
            return Err(Failure::invalid("nick", "a name as it can be shown in a room").into());
        };
        entry.is_kept = is_kept;
        entry.inviter = inviter;
        self.put_entry(key, entry);
        Ok(self.start_room(key, Intent::Asked)?)
    }

    /// `None` where the nick cannot be one.
    fn new_entry(&self, bot: BotId, row: RoomRow) -> Result<Option<Entry>, store::Error> {
        let own = self.accounts.get(&row.account).map(|account| account.row.jid.clone());
        let config = RoomConfig {
            room: row.room.clone(),
            nick: row.nick.clone(),
            password: row.password.clone(),
            account: own,
            history_since: Some(if row.heard_at_ms == 0 { self.now.unix_ms } else { row.heard_at_ms }),
        };
        let Ok(room) = Room::new(config, self.now) else { return Ok(None) };
        let count = self.store.count_room_outbox(row.account, &row.room)?;
        Ok(Some(Entry {
            bot,
            room,
            row,
            is_kept: false,
            is_first: false,
            inviter: None,
            sync: Sync::Out,
            held: Vec::new(),
            sync_due: None,
            in_flight: BTreeMap::new(),
            last: None,
            has_more: true,
            count,
            send_after: None,
        }))
    }

    fn start_room(&mut self, key: &Key, intent: Intent) -> Result<(), store::Error> {
        if self.accounts.get(&key.0).is_some_and(|account| account.is_online) {
            self.drive(key, Input::Online { resumed: false })?;
        }
        self.drive(key, Input::Join(intent))
    }
}

// --- what happens to the account ---

impl Engine {
    /// An account is started: its rooms are there, and entered as soon as it is online.
    pub(super) fn restore_rooms(&mut self, account: AccountId, bot: BotId) -> Result<(), store::Error> {
        for row in self.store.list_rooms(account)? {
            let key = (account, row.room.clone());
            let Some(mut entry) = self.new_entry(bot, row)? else { continue };
            entry.is_kept = true;
            self.put_entry(&key, entry);
            self.start_room(&key, Intent::Kept)?;
        }
        Ok(())
    }

    /// The bot is deleted, and its account stays: it is in no room any more.
    pub(super) fn leave_rooms(&mut self, account: AccountId) -> Result<(), store::Error> {
        for key in self.rooms_of(account) {
            self.drive(&key, Input::Leave)?;
        }
        for row in self.store.list_rooms(account)? {
            self.store.delete_room(account, &row.room)?;
            self.retract_bookmark(&(account, row.room));
        }
        self.drop_rooms(account);
        Ok(())
    }

    /// An account goes, or is started anew: its rooms are nowhere any more.
    pub(super) fn drop_rooms(&mut self, account: AccountId) {
        for key in self.rooms_of(account) {
            self.remove_entry(&key);
            self.note_turn(&key, Turn::Out("the bot was disabled or deleted".to_string()));
        }
    }

    pub(super) fn rooms_online(&mut self, account: AccountId, resumed: bool) -> Result<(), store::Error> {
        self.rooms_of(account).iter().try_for_each(|key| self.drive(key, Input::Online { resumed }))
    }

    pub(super) fn rooms_offline(&mut self, account: AccountId) -> Result<(), store::Error> {
        self.rooms_of(account).iter().try_for_each(|key| self.drive(key, Input::Offline))
    }

    /// Presence that comes from a room we know. Gives whether it does.
    pub(super) fn on_room_presence(&mut self, account: AccountId, stanza: &Element) -> Result<bool, store::Error> {
        let Some(presence) = RoomPresence::read(stanza) else { return Ok(false) };
        let key = (account, presence.from.bare());
        let is_known = self.rooms.entries.contains_key(&key);
        if is_known {
            self.drive(&key, Input::Presence(presence))?;
        }
        Ok(is_known)
    }

    /// For the log.
    pub(super) fn report_rooms(&self) {
        for ((_, room), entry) in &self.rooms.entries {
            let place = if entry.is_live() { "in" } else { "not in, or reading what was said" };
            log::info!("status: bot {}, room {room}: {place}, {} messages wait", entry.bot, entry.count);
        }
    }

    fn rooms_of(&self, account: AccountId) -> Vec<Key> {
        self.rooms.entries.keys().filter(|key| key.0 == account).cloned().collect()
    }
}

// --- time, and going back ---

impl Engine {
    /// When something is due in a room (monotonic).
    pub(super) fn rooms_deadline(&self) -> Option<Duration> {
        let due = self.rooms.entries.values().filter_map(Entry::deadline).min()?;
        Some(due.max(self.rooms.not_before))
    }

    /// What time brings, and messages that may go out now.
    pub(super) fn rooms_due(&mut self) -> Result<(), store::Error> {
        let now = self.now.mono;
        if self.rooms_deadline().is_some_and(|due| due <= now) {
            let is_due = |entry: &Entry| entry.deadline().is_some_and(|due| due <= now);
            let all = self.rooms.entries.iter().filter(|(_, entry)| is_due(entry));
            for key in all.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
                self.drive(&key, Input::Tick)?;
                self.sync_due(&key)?;
                if let Some(entry) = self.touch(&key) {
                    entry.send_after = entry.send_after.filter(|at| *at > now);
                }
            }
        }
        self.feed_rooms()
    }

    /// The batch is taken back.
    pub(super) fn revert_rooms(&mut self, changes: Changes) {
        for (key, before) in changes.before.into_iter().rev() {
            match before {
                Some(entry) => self.rooms.entries.insert(key, entry),
                None => self.rooms.entries.remove(&key),
            };
        }
    }

    pub(super) fn await_room(&mut self, key: Key, wish: Wish, reply: ReplyTo) {
        self.rooms.waiters.push(Waiter { key, wish, reply });
    }

    /// Answers who waits for a room.
    pub(super) fn wake_room_waiters(&mut self, changes: Changes, out: &mut Vec<Effect>) {
        if changes.turns.is_empty() {
            return;
        }
        for waiter in std::mem::take(&mut self.rooms.waiters) {
            let turns = changes.turns.iter().filter(|(key, _)| *key == waiter.key);
            match turns.filter_map(|(_, turn)| waiter.wish.outcome(turn)).next() {
                Some(outcome) => out.push(Effect::Answer(waiter.reply, outcome)),
                None => self.rooms.waiters.push(waiter),
            }
        }
    }

    /// The daemon stops.
    pub(super) fn end_room_waits(&mut self) {
        let failure = || Failure::Busy { retry_after_s: 5 };
        let waiters = std::mem::take(&mut self.rooms.waiters);
        self.pending.effects.extend(waiters.into_iter().map(|waiter| Effect::Answer(waiter.reply, Err(failure()))));
    }

    /// The room, to be changed.
    fn touch(&mut self, key: &Key) -> Option<&mut Entry> {
        let entry = self.rooms.entries.get_mut(key)?;
        if !self.pending.rooms.before.iter().any(|(other, _)| other == key) {
            self.pending.rooms.before.push((key.clone(), Some(entry.clone())));
        }
        Some(entry)
    }

    fn put_entry(&mut self, key: &Key, entry: Entry) {
        let before = self.rooms.entries.insert(key.clone(), entry);
        self.pending.rooms.before.push((key.clone(), before));
    }

    fn remove_entry(&mut self, key: &Key) {
        if let Some(before) = self.rooms.entries.remove(key) {
            self.pending.rooms.before.push((key.clone(), Some(before)));
        }
    }

    fn note_turn(&mut self, key: &Key, turn: Turn) {
        self.pending.rooms.turns.push((key.clone(), turn));
    }
}

impl Entry {
    fn deadline(&self) -> Option<Duration> {
        [self.room.deadline(), self.sync_due, self.send_after].into_iter().flatten().min()
    }
}

impl Wish {
    /// The answer, if what has become of the room is one.
    fn outcome(self, turn: &Turn) -> Option<Result<Answer, Failure>> {
        match (self, turn) {
            (Wish::Join, Turn::In) | (Wish::Leave, Turn::Out(_)) => Some(Ok(Answer::Done)),
            (Wish::Join, Turn::Out(why) | Turn::Not(why)) => {
                Some(Err(Failure::Remote { what: "join_failed", why: why.clone() }))
            }
            (Wish::Leave, Turn::In | Turn::Not(_)) => None,
        }
    }
}
