//! What the server of an account has acknowledged, until it has left the outbox.

use std::time::Duration;

use crate::base::id::OutboxId;
use crate::base::limits;

/// Messages that have arrived and are still in the table.
#[derive(Default)]
pub(crate) struct Acks {
    /// To be deleted with the next transaction.
    ids: Vec<OutboxId>,
    /// When that transaction comes at the latest (monotonic).
    due: Option<Duration>,
}

impl Acks {
    pub(crate) fn ids(&self) -> &[OutboxId] {
        &self.ids
    }

    /// When they are to be written at the latest (monotonic).
    pub(crate) fn due(&self) -> Option<Duration> {
        self.due
    }

    /// Whether nothing is to be written.
    pub(crate) fn is_idle(&self) -> bool {
        self.ids.is_empty() && self.due.is_none()
    }

    /// The server has this one.
    pub(crate) fn push(&mut self, id: OutboxId) {
        self.ids.push(id);
    }

    /// What there is may wait a while from now on for a transaction that is written anyway.
    pub(crate) fn delay(&mut self, now: Duration) {
        if !self.ids.is_empty() && self.due.is_none() {
            self.due = Some(now + limits::ACK_WRITE_DELAY);
        }
    }

    /// They are to be written then, even if there are none (monotonic).
    pub(crate) fn call_for(&mut self, at: Duration) {
        self.due = Some(at);
    }

    /// If they are to be written, then not before this (monotonic).
    pub(crate) fn postpone(&mut self, until: Duration) {
        self.due = self.due.map(|_| until);
    }

    /// After the commit that deleted them.
    pub(crate) fn forget(&mut self) {
        self.ids.clear();
        self.due = None;
    }
}
