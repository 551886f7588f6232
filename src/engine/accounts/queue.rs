//! The messages of one account between the table and the server.

use std::collections::VecDeque;

use crate::base::id::OutboxId;
use crate::base::limits;

/// One account's messages between the table and the server.
pub(in crate::engine) struct Queue {
    /// Given to the session, not yet acknowledged, in order.
    pub(in crate::engine) in_flight: VecDeque<OutboxId>,
    /// Next to be given to it.
    pub(in crate::engine) ready: VecDeque<(OutboxId, String)>,
    /// The table has more behind `last`.
    pub(in crate::engine) more: bool,
    /// The last one taken into `ready` or `in_flight`.
    pub(in crate::engine) last: Option<OutboxId>,
    /// Rows in the table, those in flight included.
    pub(in crate::engine) count: i64,
}

impl Queue {
    /// The queue of an account with so many rows in the table. Whether there is anything to send, the table is asked,
    /// and not the count, which is only for the limit.
    pub(in crate::engine) fn from_store(count: i64) -> Queue {
        Queue { in_flight: VecDeque::new(), ready: VecDeque::new(), more: true, last: None, count }
    }

    /// The session forgot what it had (a new stream): everything in the table is sent again.
    pub(in crate::engine) fn restart(&mut self) {
        *self = Queue::from_store(self.count);
    }

    /// The server has this one.
    pub(in crate::engine) fn arrived(&mut self, id: OutboxId) {
        self.count = (self.count - 1).max(0);
        if let Some(at) = self.in_flight.iter().position(|other| *other == id) {
            self.in_flight.remove(at);
        }
    }

    /// Whether the session may be given something that is there, or may be.
    pub(in crate::engine) fn can_feed(&self) -> bool {
        self.in_flight.len() < limits::IN_FLIGHT_MAX && (self.more || !self.ready.is_empty())
    }

    /// Whether nothing is with the session.
    pub(in crate::engine) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    pub(in crate::engine) fn push(&mut self, id: OutboxId, stanza: String) {
        self.count += 1;
        if self.more || self.ready.len() >= limits::IN_FLIGHT_MAX {
            self.more = true;
        } else {
            self.last = Some(id);
            self.ready.push_back((id, stanza));
        }
    }
}
