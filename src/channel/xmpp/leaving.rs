//! Accounts of deleted bots that their servers have not let go of yet: tried again, more and more rarely, told about
//! quietly, and given up when somebody says so.
//!
//! What is left to do stands in the table (`removing`); how often it was tried is forgotten with the process. How each
//! kind of account goes is in `making` (ejabberd's API), `registering` (by its own session) and `teardown` (given back).

use std::collections::HashMap;
use std::time::Duration;

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::remedy::{self, FORGET, Place};
use crate::base::time::Backoff;
use crate::channel::xmpp::{CallFor, Xmpp};
use crate::core::Core;
use crate::core::batch::{Batch, Trouble};
use crate::core::calls::Calls;
use crate::core::failure::Failure;
use crate::core::handle::{LeavingInfo, Remains};
use crate::core::part::{Kept, Part};
use crate::store;
use crate::store::row::{AccountRow, Origin};

/// An account that was tried in vain.
pub(crate) struct Leaving {
    backoff: Backoff,
    /// When it is tried again, and since when it has been (monotonic).
    at: Duration,
    since: Duration,
    why: String,
}

/// Accounts of deleted bots that are to go.
#[derive(Default)]
pub(crate) struct Removals {
    /// When they are looked after again (monotonic).
    at: Kept<Option<Duration>>,
    /// How those fare that were tried in vain.
    pub(crate) leaving: HashMap<AccountId, Leaving>,
    /// Those that were not at their server when it was asked first (monotonic).
    pub(crate) absent: HashMap<AccountId, Duration>,
}

impl Removals {
    /// They are looked after at once.
    pub(crate) fn new(now: Duration) -> Removals {
        Removals { at: Some(now).into(), ..Removals::default() }
    }
}

impl Part for Removals {
    fn committed(&mut self) {
        self.at.committed();
    }

    fn undo(&mut self) {
        self.at.undo();
    }

    fn deadline(&self) -> Option<Duration> {
        Part::deadline(&self.at)
    }

    fn postpone(&mut self, until: Duration) {
        Part::postpone(&mut self.at, until);
    }
}

impl Xmpp {
    /// An account did not go, and is tried again later.
    pub(crate) fn put_off(&mut self, core: &mut Core, row: &AccountRow, why: &str) -> Result<(), store::Error> {
        if row.origin != Origin::Api {
            // Its session would go on trying each minute.
            if let Some(acked) = self.accounts.get(&row.id).map(|running| running.acks.ids().to_vec()) {
                self.settle_acked(core, row.id, &acked)?;
            }
            self.end_account(&mut core.batch, row.id);
        }
        let (now, random) = (core.batch.now.mono, u32::from_le_bytes(core.batch.random()));
        let first = if row.origin == Origin::Api { limits::REMOVAL_FIRST } else { limits::RECONNECT_FIRST };
        let is_first = !self.removals.leaving.contains_key(&row.id);
        let left = self.removals.leaving.entry(row.id).or_insert_with(|| Leaving {
            backoff: Backoff::new(first, limits::REMOVAL_MAX),
            at: now,
            since: now,
            why: String::new(),
        });
        let wait = left.backoff.next(random);
        (left.at, left.why) = (now + wait, why.to_string());
        // Told once, and then when it has become rare.
        let level = if is_first || wait > limits::REMOVAL_MAX / 2 { log::Level::Warn } else { log::Level::Debug };
        let why = remedy::at(Place::File, &format!("{why}; {FORGET} gives it up"));
        let (jid, seconds) = (&row.jid, wait.as_secs_f32().ceil());
        log::log!(level, "{jid}: this account of a deleted bot is not removed yet, next try in {seconds} s: {why}");
        self.removals.remove_at(now + wait);
        Ok(())
    }

    /// By time: goes on with everything that is to be removed.
    pub(crate) fn remove_what_is_left(&mut self, core: &mut Core) -> Result<(), store::Error> {
        if self.removals.at.is_none_or(|at| at > core.batch.now.mono) {
            return Ok(());
        }
        *self.removals.at.change() = None;
        for row in core.batch.store.list_accounts()? {
            if !row.removing || self.calls.is_in_hand(row.id) {
                continue;
            }
            match self.removals.leaving.get(&row.id).map(|left| left.at).filter(|at| *at > core.batch.now.mono) {
                Some(at) => self.removals.remove_at(at),
                None if row.origin == Origin::Api => match self.remove(core, row.clone(), None) {
                    Err(Trouble::Store(error)) => return Err(error),
                    // Not set up any more: the next settings begin it again.
                    Err(Trouble::Failure(failure)) => self.put_off(core, &row, &failure.to_string())?,
                    Ok(_) => {}
                },
                None if !self.accounts.contains_key(&row.id) => self.start_account(core, row, core.batch.login())?,
                None => {}
            }
        }
        Ok(())
    }

    /// The accounts of deleted bots that are still there, of one owner or of all.
    pub(crate) fn list_leaving(&self, core: &Core, owner: Option<&BareJid>) -> Result<Vec<LeavingInfo>, store::Error> {
        let mut out = Vec::new();
        for row in core.batch.store.list_accounts()? {
            if !row.removing || self.calls.is_being_made(row.id) {
                continue;
            }
            let whose = core.batch.store.former_owner(row.id)?;
            if owner.is_some() && whose.as_ref() != owner {
                continue;
            }
            let left = self.removals.leaving.get(&row.id);
            let running = self.accounts.get(&row.id).map(|running| running.course.why.clone());
            out.push(LeavingInfo {
                jid: row.jid,
                owner: whose,
                why: left.map(|left| left.why.clone()).or(running.filter(|why| !why.is_empty())),
                since: left.map(|left| core.batch.unix_at(left.since)),
                next_try: left.filter(|left| left.at > core.batch.now.mono).map(|left| core.batch.unix_at(left.at)),
            });
        }
        Ok(out)
    }

    /// Gives up what is left to do at the account of a deleted bot; `owner` may do so for his own.
    pub(crate) fn forget_leaving(
        &mut self,
        core: &mut Core,
        jid: &BareJid,
        owner: Option<&BareJid>,
    ) -> Result<Remains, Trouble> {
        let row = core.batch.store.find_account(jid)?;
        let whose = row.as_ref().map_or(Ok(None), |row| core.batch.store.former_owner(row.id))?;
        let row = row.filter(|_| owner.is_none() || whose.as_ref() == owner);
        match row.filter(|row| !self.calls.is_being_made(row.id)) {
            Some(row) if row.removing => {
                core.batch.audit(None, "account_forgotten", &format!("jid={jid}"))?;
                self.drop_account(&mut core.batch, row.id)?;
                log::info!("{jid}: this account of a deleted bot is given up");
                Ok(Remains::of(row.origin))
            }
            Some(row) if row.bot.is_some() => {
                Err(Failure::Conflict(format!("{jid} is the account of a bot; delete the bot first")).into())
            }
            _ => Err(Failure::NotFound(format!("{jid} is not the account of a deleted bot")).into()),
        }
    }
}

impl Xmpp {
    /// Forgets an account with all that is known of it.
    pub(crate) fn drop_account(&mut self, batch: &mut Batch, id: AccountId) -> Result<(), store::Error> {
        self.removals.leaving.remove(&id);
        self.removals.absent.remove(&id);
        self.end_account(batch, id);
        batch.store.delete_account(id)
    }
}

impl Removals {
    /// Looks after what is to be removed at this time, if not before.
    pub(crate) fn remove_at(&mut self, at: Duration) {
        *self.at.change() = Some(self.at.map_or(at, |other| other.min(at)));
    }

    /// Something has changed that may help: everything is tried now.
    pub(crate) fn remove_all_now(&mut self, batch: &mut Batch) {
        for left in self.leaving.values_mut() {
            left.at = batch.now.mono;
        }
        *self.at.change() = Some(batch.now.mono);
    }
}

impl Calls<CallFor> {
    /// Whether a call about this account is under way.
    fn is_in_hand(&self, id: AccountId) -> bool {
        self.open().any(|(_, about)| match about {
            CallFor::Register(making) => making.is_about(id),
            CallFor::Check(removal) | CallFor::Unregister(removal) => removal.is_about(id),
            CallFor::EjabberdTest | CallFor::File(_) => false,
        })
    }

    /// Whether an account is only just being made; its row is marked as if it were to go.
    pub(crate) fn is_being_made(&self, id: AccountId) -> bool {
        self.open().any(|(_, about)| matches!(about, CallFor::Register(making) if making.is_about(id)))
    }
}
