//! The accounts that have a session, and what the batch under way does with them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{Deref, DerefMut};

use super::Account;
use crate::base::id::{AccountId, BotId};
use crate::channel::xmpp::outbox::Accepted;
use crate::channel::xmpp::present::Present;
use crate::core::part::Part;
use crate::omemo::Version;
use crate::xmpp::session::Skipped;

/// Accounts by id.
#[derive(Default)]
pub(crate) struct Accounts {
    all: BTreeMap<AccountId, Account>,
    /// Which account was last started for a bot: where to look first.
    pub(crate) by_bot: HashMap<BotId, AccountId>,
    /// Accounts that something happened to in this batch, or that have something left to do.
    pub(crate) busy: BTreeSet<AccountId>,
    /// Who is seen to be there.
    pub(crate) present: Present,
    /// What the batch has told the sessions' side.
    pub(crate) told: Told,
    /// Accounts that it has started or removed, as they were before, oldest first.
    replaced: Vec<(AccountId, Option<Account>)>,
    /// Accounts whose devices of OMEMO could be read, and the store's count of changes to them then.
    pub(crate) good_devices: HashMap<(AccountId, Version), u64>,
    /// Where archives were read to before it, oldest first.
    placed: Vec<(AccountId, Option<String>)>,
}

/// What is to be said of stanzas once the batch is committed.
#[derive(Default)]
pub(crate) struct Told {
    /// Archive ids of messages dealt with.
    pub(crate) marks: Vec<(AccountId, String)>,
    /// Messages of each session, to be reported as handled.
    pub(crate) handled: BTreeMap<AccountId, u32>,
    /// The same of what needs no commit.
    pub(crate) taken: BTreeMap<AccountId, u32>,
    /// Messages accepted: to be sent if there is room.
    pub(crate) accepted: Vec<Accepted>,
    /// Stanzas that sessions have skipped.
    pub(crate) skipped: Vec<(AccountId, Box<Skipped>)>,
    /// Acknowledged messages were deleted from the outbox.
    pub(crate) wrote_acks: bool,
}

impl Accounts {
    /// One that is started, in the place of what there was.
    pub(super) fn put(&mut self, id: AccountId, account: Account) {
        let before = self.all.insert(id, account);
        self.replaced.push((id, before));
    }

    /// Takes one away; whether there was one.
    pub(super) fn take(&mut self, id: AccountId) -> bool {
        let Some(before) = self.all.remove(&id) else { return false };
        before.row.bot.map(|bot| self.by_bot.remove(&bot));
        self.good_devices.retain(|(account, _), _| *account != id);
        self.replaced.push((id, Some(before)));
        true
    }

    /// The archive is read to here. If the batch fails, what stood before it was not taken: it is read again.
    pub(crate) fn place(&mut self, id: AccountId, mark: &str) {
        if let Some(account) = self.all.get_mut(&id) {
            self.placed.push((id, account.row.archive_mark.replace(mark.to_string())));
        }
    }

    /// One that has something to do from now on.
    pub(crate) fn wake(&mut self, id: AccountId) -> Option<&mut Account> {
        let account = self.all.get_mut(&id)?;
        self.busy.insert(id);
        Some(account)
    }

    /// Those that have something to do.
    pub(crate) fn busy(&self) -> impl Iterator<Item = &Account> {
        self.busy.iter().filter_map(|id| self.all.get(id))
    }

    /// The same, to be changed. Each is looked up: with a thousand accounts of which one is busy, going through all of them
    /// took longer than the rest of a batch.
    pub(crate) fn each_busy<E>(
        &mut self,
        mut act: impl FnMut(AccountId, &mut Account) -> Result<(), E>,
    ) -> Result<(), E> {
        for id in &self.busy {
            if let Some(account) = self.all.get_mut(id) {
                act(*id, account)?;
            }
        }
        Ok(())
    }
}

impl Deref for Accounts {
    type Target = BTreeMap<AccountId, Account>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl DerefMut for Accounts {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.all
    }
}

impl Part for Accounts {
    fn committed(&mut self) {
        // All accounts are in them at the start, and none for months.
        (self.replaced, self.placed) = Default::default();
    }

    fn undo(&mut self) {
        for (id, before) in self.replaced.drain(..).rev() {
            self.busy.insert(id);
            match before {
                Some(account) => self.all.insert(id, account),
                None => self.all.remove(&id),
            };
        }
        for (id, before) in self.placed.drain(..).rev() {
            if let Some(account) = self.all.get_mut(&id) {
                account.row.archive_mark = before;
            }
        }
        self.told = Told::default();
    }
}
