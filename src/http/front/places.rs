//! The places of connections of which nobody knows yet what they are worth: those that say nothing, and those that have
//! not shown a whole request. When there is no room for a newcomer, the one that has waited longest goes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// All of them; the oldest first.
#[derive(Default)]
pub(super) struct Places(RefCell<Table>);

#[derive(Default)]
struct Table {
    last: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl Places {
    /// A place for one connection, behind all others.
    pub(super) fn take(&self) -> Place<'_> {
        let mut table = self.0.borrow_mut();
        table.last += 1;
        let number = table.last;
        table.waiting.insert(number, Waker::noop().clone());
        Place { places: self, number }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.borrow().waiting.len()
    }

    /// Has the oldest go; false if there is none.
    pub(super) fn free_one(&self) -> bool {
        let oldest = self.0.borrow_mut().waiting.pop_first();
        oldest.map(|(_, waker)| waker.wake()).is_some()
    }
}

/// One connection's place, given back when dropped.
pub(super) struct Place<'a> {
    places: &'a Places,
    number: u64,
}

impl Place<'_> {
    /// Ends when the place is needed for somebody else.
    pub(super) async fn lost(&self) {
        poll_fn(|cx| match self.places.0.borrow_mut().waiting.get_mut(&self.number) {
            Some(waker) => {
                waker.clone_from(cx.waker());
                Poll::Pending
            }
            None => Poll::Ready(()),
        })
        .await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.places.0.borrow_mut().waiting.remove(&self.number);
    }
}
