//! When accounts have something to do about encryption.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::AccountId;

/// Accounts and when they are due (monotonic).
#[derive(Default)]
pub(super) struct Agenda {
    due: BTreeMap<AccountId, Duration>,
    /// No later than the first of them: looking through those of a thousand accounts in each batch takes longer than most
    /// of what batches do.
    next: Option<Duration>,
}

impl Agenda {
    /// An account is due then, if not before.
    pub(super) fn add(&mut self, account: AccountId, at: Duration) {
        self.due.entry(account).and_modify(|due| *due = at.min(*due)).or_insert(at);
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// When the first one is due; perhaps a little too early.
    pub(super) fn next(&self) -> Option<Duration> {
        self.next
    }

    /// Takes out those that are due.
    pub(super) fn take(&mut self, now: Duration) -> Vec<AccountId> {
        if self.next.is_none_or(|at| at > now) {
            return Vec::new();
        }
        let due = self.due.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        self.due.retain(|_, at| *at > now);
        self.next = self.due.values().copied().min();
        due
    }
}
