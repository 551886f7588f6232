//! What is said in a room by us, between the table and what the room shows.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::OutboxId;

/// Messages to all in one room.
#[derive(Clone)]
pub(super) struct Posts {
    /// Given to the session and not yet shown by the room, by their ids on the wire.
    in_flight: BTreeMap<String, OutboxId>,
    /// The last row given to the session.
    last: Option<OutboxId>,
    /// The table may have more behind `last`.
    has_more: bool,
    /// Rows in the table.
    count: i64,
    /// The room had no time for us: nothing is sent before this (monotonic).
    not_before: Option<Duration>,
}

impl Posts {
    /// Those of a room with so many rows in the table.
    pub(super) fn from_store(count: i64) -> Posts {
        Posts { in_flight: BTreeMap::new(), last: None, has_more: true, count, not_before: None }
    }

    /// Rows in the table.
    pub(super) fn count(&self) -> i64 {
        self.count
    }

    /// How many the room has not shown yet.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Whether it is waited for that the room shows this one.
    pub(super) fn awaits(&self, id: &str) -> bool {
        self.in_flight.contains_key(id)
    }

    /// Whether there may be something that may be sent.
    pub(super) fn is_ready(&self) -> bool {
        self.has_more && self.not_before.is_none()
    }

    /// The last row given to the session.
    pub(super) fn last(&self) -> Option<OutboxId> {
        self.last
    }

    /// Another row is in the table.
    pub(super) fn add(&mut self) {
        self.count += 1;
        self.has_more = true;
    }

    /// The row is given to the session. Whether it was not there already.
    pub(super) fn send(&mut self, id: &str, row: OutboxId) -> bool {
        self.last = Some(row);
        self.in_flight.insert(id.to_string(), row).is_none()
    }

    /// As many as were asked for came from the table, or fewer.
    pub(super) fn fed(&mut self, rows: usize, asked: usize) {
        self.has_more = rows == asked;
    }

    /// The room has shown it, or it is given up: its row is gone.
    pub(super) fn settle(&mut self, id: &str) {
        self.in_flight.remove(id);
        self.count = (self.count - 1).max(0);
    }

    /// It did not get into the room: it waits again.
    pub(super) fn unsend(&mut self, id: &str) {
        self.in_flight.remove(id);
        self.restart();
    }

    /// All that the table has is looked through again.
    pub(super) fn restart(&mut self) {
        self.last = None;
        self.has_more = true;
    }

    /// Nothing that was sent is waited for any more.
    pub(super) fn lose(&mut self) {
        self.in_flight.clear();
    }

    /// Nothing is sent before this (monotonic).
    pub(super) fn hold(&mut self, until: Duration) {
        self.not_before = Some(until);
    }

    /// Until when nothing is sent (monotonic).
    pub(super) fn held_until(&self) -> Option<Duration> {
        self.not_before
    }

    /// Time has passed.
    pub(super) fn release(&mut self, now: Duration) {
        self.not_before = self.not_before.filter(|at| *at > now);
    }
}
