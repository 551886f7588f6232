//! The messages of one account between the table and the server.

use std::collections::VecDeque;

use crate::base::id::OutboxId;
use crate::base::limits;

/// One account's messages between the table and the server.
pub(crate) struct Queue {
    /// Given to the session, not yet acknowledged, in order.
    pub(crate) in_flight: VecDeque<OutboxId>,
    /// Next to be given to it.
    pub(crate) ready: VecDeque<(OutboxId, String)>,
    /// The table has more behind `last`.
    pub(crate) more: bool,
    /// The last one taken into `ready` or `in_flight`.
    pub(crate) last: Option<OutboxId>,
    /// Rows in the table, those in flight included.
    pub(crate) count: i64,
}

impl Queue {
    /// The queue of an account with so many rows in the table. Whether there is anything to send, the table is asked,
    /// and not the count, which is only for the limit.
    pub(crate) fn from_store(count: i64) -> Queue {
        Queue { in_flight: VecDeque::new(), ready: VecDeque::new(), more: true, last: None, count }
    }

    /// The session forgot what it had (a new stream): everything in the table is sent again.
    pub(crate) fn restart(&mut self) {
        *self = Queue::from_store(self.count);
    }

    /// The server has this one.
    pub(crate) fn arrived(&mut self, id: OutboxId) {
        self.count = (self.count - 1).max(0);
        if let Some(at) = self.in_flight.iter().position(|other| *other == id) {
            self.in_flight.remove(at);
        }
    }

    /// Whether the session may be given something that is there, or may be.
    pub(crate) fn can_feed(&self) -> bool {
        self.in_flight.len() < limits::IN_FLIGHT_MAX && (self.more || !self.ready.is_empty())
    }

    /// Whether nothing is with the session.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    pub(crate) fn push(&mut self, id: OutboxId, stanza: String) {
        self.count += 1;
        if self.more || self.ready.len() >= limits::IN_FLIGHT_MAX {
            self.more = true;
        } else {
            self.last = Some(id);
            self.ready.push_back((id, stanza));
        }
    }
}
