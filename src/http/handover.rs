//! The table through which the inner server's replies reach the door.
//!
//! The door draws a [`Ticket`] before it asks, sends the number along and waits for the reply. A reply is kept only while
//! its ticket lives, so whatever becomes of the door's exchange, nothing stays behind in the table.

use std::collections::HashMap;
use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::base::spool::SpoolFile;
use crate::http::Reply;

/// Replies under the numbers of their tickets.
#[derive(Default)]
pub(super) struct Handover(Mutex<Table>);

#[derive(Default)]
struct Table {
    last: u64,
    places: HashMap<u64, Place>,
    /// Bodies that lie in files.
    files: HashMap<u64, Body>,
}

type Body = (Arc<SpoolFile>, u64);

/// What became of one question.
enum Place {
    /// No reply yet; with `Some`, somebody waits for it.
    Empty(Option<Waker>),
    Reply(Reply),
    /// No reply will come, or it was taken.
    Lost,
}

impl Place {
    /// Puts `next` here. Gives what was here, which may run code of the engine's when it is dropped.
    fn change(&mut self, next: Place) -> Place {
        let mut before = mem::replace(self, next);
        if let Place::Empty(waker) = &mut before
            && let Some(waker) = waker.take()
        {
            waker.wake();
        }
        before
    }
}

impl Handover {
    /// A new ticket. Numbers are not used again, so a late reply cannot reach the wrong client.
    pub(super) fn draw(self: &Arc<Self>) -> Ticket {
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.places.insert(number, Place::Empty(None));
        Ticket { number, handover: self.clone() }
    }

    /// The file with the body of the request under this number, if it has one.
    pub(super) fn take_file(&self, number: u64) -> Option<Body> {
        self.table().files.remove(&number)
    }

    /// Lays down a reply; drops it if its ticket is gone.
    pub(super) fn put(&self, number: u64, reply: Reply) {
        let unwanted = match self.table().places.get_mut(&number) {
            Some(place) => place.change(Place::Reply(reply)),
            None => Place::Reply(reply),
        };
        // Only here, after the lock.
        drop(unwanted);
    }

    /// The way to the inner server is broken: nobody who waits now will have a reply.
    pub(super) fn lose_all(&self) {
        for place in self.table().places.values_mut() {
            if matches!(place, Place::Empty(_)) {
                place.change(Place::Lost);
            }
        }
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
    /// Sends a file along.
    pub(super) fn attach(&self, file: Body) {
        self.handover.table().files.insert(self.number, file);
    }

    /// The reply when it comes; `None` when it was lost.
    pub(super) async fn reply(&self) -> Option<Reply> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Option<Reply>> {
        let mut table = self.handover.table();
        let Some(place) = table.places.get_mut(&self.number) else { return Poll::Ready(None) };
        match place {
            Place::Empty(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
            Place::Lost => Poll::Ready(None),
            Place::Reply(_) => match mem::replace(place, Place::Lost) {
                Place::Reply(reply) => Poll::Ready(Some(reply)),
                _ => Poll::Ready(None),
            },
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut table = self.handover.table();
        let left = (table.places.remove(&self.number), table.files.remove(&self.number));
        drop(table);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Response;

    fn reply(text: &str) -> Reply {
        Reply::Now(Response::json(200, text.into()))
    }

    fn poll(ticket: &Ticket) -> Poll<Option<Reply>> {
        ticket.poll(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_reply_lives_no_longer_than_its_ticket() {
        let handover = Arc::new(Handover::default());
        let (first, second) = (handover.draw(), handover.draw());
        handover.put(second.number, reply("2"));
        assert!(poll(&first).is_pending());
        assert!(matches!(poll(&second), Poll::Ready(Some(Reply::Now(r))) if r.body == b"2"));
        assert!(matches!(poll(&second), Poll::Ready(None)), "only once");
        let number = first.number;
        drop((first, second));
        handover.put(number, reply("1"));
        assert!(handover.table().places.is_empty());
    }

    #[test]
    fn who_waits_is_woken() {
        let handover = Arc::new(Handover::default());
        let (first, second) = (handover.draw(), handover.draw());
        let number = first.number;
        let other = handover.clone();
        let waiting = std::thread::spawn(move || smol::block_on(first.reply()).is_some());
        let losing = std::thread::spawn(move || smol::block_on(second.reply()).is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
        other.put(number, reply("1"));
        assert!(waiting.join().unwrap());
        other.lose_all();
        assert!(losing.join().unwrap());
    }
}
