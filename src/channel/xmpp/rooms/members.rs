//! Which bots are in a room. A bot with an account of its own is there alone. Personal bots speak through their owner's
//! account: those of one owner are one occupant with one nick, which stays until the last of them leaves. Nothing of
//! that shows in the owner's own bookmarks, so his clients do as before.

use super::{Key, RoomWish, Turn};
use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::rooms::Rooms;
use crate::core::batch::{Batch, Trouble, Verdict, Waiting};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, NewRoom};
use crate::core::registry::Through;
use crate::core::{Core, record};
use crate::store;
use crate::store::row::{Origin, RoomRow};
use crate::xmpp::muc::presence;
use crate::xmpp::muc::room::{Input, Intent};
use crate::xmpp::muc::why::Departure;
use crate::xmpp::ns;

// --- what programs ask for ---

impl Xmpp {
    /// `joinRoom`.
    pub(crate) fn join_room(&mut self, core: &mut Core, bot: BotId, new: &NewRoom) -> Result<Verdict, Trouble> {
        let account = self.accounts.room_account(&core.batch, bot, "join_failed")?;
        let key = (account, new.room.clone());
        let name = core.batch.bot(bot)?.row.name.clone();
        let known = self.rooms.entries.get(&key);
        if known.is_none() && self.rooms.rooms_of(account).len() >= limits::ROOMS_PER_BOT_MAX {
            return Err(Failure::Quota(format!("a bot can be in {} rooms", limits::ROOMS_PER_BOT_MAX)).into());
        }
        let others = known.map_or(0, |entry| entry.row.members.iter().filter(|member| **member != bot).count());
        let known_nick = known.map(|entry| entry.row.nick.clone());
        let is_joined = known.is_some_and(|entry| entry.room.is_joined());
        if let (Some(entry), Some(nick)) = (known.filter(|_| others > 0), &new.nick)
            && ![entry.room.nick(), &entry.row.nick].contains(&nick.as_str())
        {
            let nick = entry.room.nick();
            let text = format!("other bots of this account are in the room, and all are {nick} there");
            return Err(Failure::Conflict(text).into());
        }
        // Whoever left last may not have got out yet, and is not to be taken back in.
        if known.is_some_and(|entry| entry.room.is_leaving() && !entry.row.members.contains(&bot)) {
            return Err(Failure::Busy { retry_after_s: 1 }.into());
        }
        // On its way back into it: no new try is needed, and whatever keeps it out may pass.
        let is_coming = new.password.is_none()
            && known.is_some_and(|entry| entry.is_kept && new.nick.as_ref().is_none_or(|nick| *nick == entry.row.nick));
        let is_online = self.accounts.get(&account).is_some_and(|account| account.is_online);
        let nick = new.nick.clone().or(known_nick).unwrap_or(name);
        core.batch.audit(Some(bot), "join_room", &format!("room={}", new.room))?;
        self.add_member(core, &key, bot)?;
        match is_joined {
            true if new.nick.is_some() => self.drive(core, &key, Input::Nick(nick))?,
            true => self.rooms.note_in(&key),
            false if is_coming && !is_online => {
                let why = "the account is not connected; it comes back into the room by itself".to_string();
                return Err(Failure::Remote { what: "join_failed", why }.into());
            }
            false if is_coming => self.drive(core, &key, Input::Join(Intent::Kept))?,
            false => self.enter_room(core, &key, bot, nick, new.password.clone(), None)?,
        }
        Ok(Verdict::AwaitChannel(Waiting::Room(key, RoomWish::Join)))
    }

    /// `leaveRoom`.
    pub(crate) fn leave_room(&mut self, core: &mut Core, bot: BotId, room: &BareJid) -> Result<Verdict, Trouble> {
        let account = self.accounts.room_account(&core.batch, bot, "leave_failed")?;
        let key = (account, room.clone());
        if !self.rooms.is_member(&key, bot) {
            let why = format!("the bot is not in the room {room}");
            return Err(Failure::Remote { what: "leave_failed", why }.into());
        }
        core.batch.audit(Some(bot), "leave_room", &format!("room={room}"))?;
        match self.drop_member(core, &key, bot)? {
            true => Ok(Verdict::AwaitChannel(Waiting::Room(key, RoomWish::Leave))),
            false => Ok(Verdict::Outcome(Ok(Answer::Done))),
        }
    }
}

impl Accounts {
    /// The account through which a bot is in rooms.
    pub(super) fn room_account(&self, batch: &Batch, bot: BotId, what: &'static str) -> Result<AccountId, Trouble> {
        let bot = batch.bot(bot)?;
        let owner = &bot.row.owner;
        if !batch.store.owner_enabled(owner)? {
            return Err(Failure::Forbidden(format!("Botmother is switched off for {owner}")).into());
        }
        let why = match self.speaks_through(bot) {
            Through::Account(account) => return Ok(account),
            Through::Local => "the bot belongs to owner@local, where there are no rooms".to_string(),
            Through::None if bot.row.jid.is_none() => {
                format!("{owner} is not signed in here; run `botmother account add {owner}`")
            }
            Through::None => "the bot's own account is gone; create the bot again".to_string(),
        };
        Err(Failure::Remote { what, why }.into())
    }
}

// --- who is in ---

impl Xmpp {
    /// One more bot is in a room where others of the account are.
    fn add_member(&mut self, core: &mut Core, key: &Key, bot: BotId) -> Result<(), store::Error> {
        if self.rooms.entries.get(key).is_none_or(|entry| entry.row.members.contains(&bot)) {
            return Ok(());
        }
        let Some(entry) = self.rooms.touch(key) else { return Ok(()) };
        entry.row.members.push(bot);
        let (row, nick) = (entry.row.clone(), entry.room.nick().to_string());
        if !entry.is_kept {
            return Ok(());
        }
        core.batch.store.store_room(&row)?;
        self.tell_joined(core, key, bot, &nick, None)
    }

    /// A bot leaves; the last one takes the occupant with it. Gives whether it was the last.
    fn drop_member(&mut self, core: &mut Core, key: &Key, bot: BotId) -> Result<bool, store::Error> {
        let Some(entry) = self.rooms.touch(key) else { return Ok(false) };
        if entry.row.members.len() <= 1 {
            self.drive(core, key, Input::Leave)?;
            return Ok(true);
        }
        entry.row.members.retain(|member| *member != bot);
        let (row, is_kept) = (entry.row.clone(), entry.is_kept);
        if is_kept {
            core.batch.store.store_room(&row)?;
            self.tell_left(core, key, bot, &Departure::Asked.to_string())?;
        }
        Ok(false)
    }

    /// A personal bot is deleted.
    pub(crate) fn leave_shared_rooms(&mut self, core: &mut Core, bot: BotId) -> Result<(), store::Error> {
        let is_shared = |key: &&Key| !self.accounts.is_bots_own(key.0) && self.rooms.is_member(key, bot);
        let keys: Vec<Key> = self.rooms.entries.keys().filter(is_shared).cloned().collect();
        keys.iter().try_for_each(|key| self.drop_member(core, key, bot).map(drop))
    }

    pub(super) fn tell_joined(
        &mut self,
        core: &mut Core,
        key: &Key,
        bot: BotId,
        nick: &str,
        inviter: Option<&BareJid>,
    ) -> Result<(), store::Error> {
        let data = record::room_joined(&key.1, nick, inviter, core.batch.now.unix());
        log::info!("bot {bot}: in the room {} as {nick}", key.1);
        core.push_update(bot, "room_joined", &data)
    }

    pub(super) fn tell_left(&mut self, core: &mut Core, key: &Key, bot: BotId, why: &str) -> Result<(), store::Error> {
        core.push_update(bot, "room_left", &record::room_left(&key.1, why, core.batch.now.unix()))
    }
}

impl Accounts {
    /// Whether the account is a bot's own, and not a person's.
    pub(in crate::channel::xmpp) fn is_bots_own(&self, account: AccountId) -> bool {
        self.get(&account).is_some_and(|account| account.row.origin != Origin::Person)
    }
}

impl Rooms {
    /// Whether a bot is in a room, or on its way.
    pub(crate) fn is_member(&self, key: &Key, bot: BotId) -> bool {
        self.entries.get(key).is_some_and(|entry| entry.row.members.contains(&bot))
    }

    /// Whether this is a room that bots of the account are in, or on their way.
    pub(crate) fn is_room(&self, account: AccountId, room: &BareJid) -> bool {
        self.entries.contains_key(&(account, room.clone()))
    }

    /// The bots that hear what is said.
    pub(super) fn listeners(&self, batch: &Batch, key: &Key) -> Vec<BotId> {
        let members = self.entries.get(key).map(|entry| entry.row.members.as_slice()).unwrap_or_default();
        members.iter().copied().filter(|bot| batch.is_active(*bot)).collect()
    }
}

// --- what happens to the account and its bots ---

impl Xmpp {
    /// The rooms of an account are those that its active bots are in: after its start, and when bots or the switch of
    /// their owner changed.
    pub(crate) fn settle_rooms(&mut self, core: &mut Core, account: AccountId) -> Result<(), store::Error> {
        for row in core.batch.store.list_rooms(account)? {
            let key = (account, row.room.clone());
            match (self.accounts.is_room_wanted(&core.batch, &row)?, self.rooms.entries.contains_key(&key)) {
                // Its bots were deleted while nobody was there to leave.
                (false, false) if row.members.is_empty() => core.batch.store.delete_room(account, &row.room)?,
                (true, false) => {
                    let Some(mut entry) = self.accounts.new_entry(&core.batch, row)? else { continue };
                    entry.is_kept = true;
                    self.rooms.put_entry(&key, entry);
                    self.start_room(core, &key, Intent::Kept)?;
                }
                (false, true) => self.suspend_room(&mut core.batch, &key),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Xmpp {
    /// Out until a bot of it is active again.
    pub(super) fn suspend_room(&mut self, batch: &mut Batch, key: &Key) {
        let nick = self.rooms.entries.get(key).map(|entry| entry.room.nick().to_string());
        if let Some(Ok(us)) = nick.map(|nick| key.1.with_resource(&nick)) {
            self.accounts.tell_session(batch, key.0, presence::build_leave(&us).print(ns::CLIENT));
        }
        self.rooms.remove_entry(key);
        self.rooms.note_turn(key, Turn::Out("the bot was disabled".to_string()));
    }
}

impl Accounts {
    fn is_room_wanted(&self, batch: &Batch, row: &RoomRow) -> Result<bool, store::Error> {
        let Some(account) = self.get(&row.account) else { return Ok(false) };
        let is_person = account.row.origin == Origin::Person;
        if is_person && !batch.store.owner_enabled(&account.row.jid)? {
            return Ok(false);
        }
        Ok(row.members.iter().any(|bot| batch.is_active(*bot)))
    }
}
