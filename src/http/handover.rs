//! The table through which the inner server hands the door what it does not print: promises of answers, and answers
//! too large to be worth copying through a socket.
//!
//! The door draws a [`Ticket`] before it asks and sends the number along. A reply is kept only while its ticket
//! lives, so whatever becomes of the door's exchange, nothing stays behind in the table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::http::Reply;

/// Replies under the numbers of their tickets; `None` while the inner server has not replied.
#[derive(Default)]
pub(super) struct Handover(Mutex<Table>);

#[derive(Default)]
struct Table {
    last: u64,
    replies: HashMap<u64, Option<Reply>>,
}

impl Handover {
    /// A new ticket. Numbers are not used again, so a late reply cannot reach the wrong client.
    pub(super) fn draw(self: &Arc<Self>) -> Ticket {
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.replies.insert(number, None);
        Ticket { number, handover: self.clone() }
    }

    /// Lays down a reply; drops it if its ticket is gone.
    pub(super) fn put(&self, number: u64, reply: Reply) {
        let unwanted = match self.table().replies.get_mut(&number) {
            Some(place) => place.replace(reply),
            None => Some(reply),
        };
        // Only here, after the lock: dropping a promise may run code of the engine's.
        drop(unwanted);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one reply.
pub(super) struct Ticket {
    /// What the inner server must quote.
    pub(super) number: u64,
    handover: Arc<Handover>,
}

impl Ticket {
    /// Takes the reply, if one was laid down.
    pub(super) fn take(&self) -> Option<Reply> {
        self.handover.table().replies.get_mut(&self.number).and_then(Option::take)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let left = self.handover.table().replies.remove(&self.number);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Response;

    #[test]
    fn a_reply_lives_no_longer_than_its_ticket() {
        let handover = Arc::new(Handover::default());
        let (first, second) = (handover.draw(), handover.draw());
        handover.put(second.number, Reply::Now(Response::json(200, "2".into())));
        assert!(first.take().is_none());
        assert!(matches!(second.take(), Some(Reply::Now(r)) if r.body == b"2"));
        let number = first.number;
        drop((first, second));
        handover.put(number, Reply::Now(Response::json(200, "1".into())));
        assert!(handover.table().replies.is_empty());
    }
}
