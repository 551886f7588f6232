//! Orders for one session, from the pool to its driver. Both are on one thread, so this needs no lock, and while nothing
//! waits no buffer either: a channel keeps a block of thirty orders for each of a thousand sessions.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::core::effect::Order;

/// The two ends of a new inbox.
pub(super) fn inbox() -> (Sender, Inbox) {
    let shared = Rc::new(Shared::default());
    (Sender(shared.clone()), Inbox(shared))
}

#[derive(Default)]
struct Shared {
    orders: RefCell<VecDeque<Order>>,
    reader: Cell<Option<Waker>>,
    /// No more orders come.
    is_closed: Cell<bool>,
    /// Nobody reads any more.
    is_left: Cell<bool>,
}

impl Shared {
    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// Where orders go in. The inbox is closed when it is dropped.
pub(super) struct Sender(Rc<Shared>);

impl Sender {
    /// Puts an order in; false when nobody reads any more.
    pub(super) fn send(&self, order: Order) -> bool {
        if self.0.is_left.get() {
            return false;
        }
        self.0.orders.borrow_mut().push_back(order);
        self.0.wake();
        true
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.is_closed.set(true);
        self.0.wake();
    }
}

/// Where they come out.
pub(super) struct Inbox(Rc<Shared>);

impl Inbox {
    /// The next order; `None` when no more come.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Order>> {
        let mut orders = self.0.orders.borrow_mut();
        if let Some(order) = orders.pop_front() {
            return Poll::Ready(Some(order));
        }
        *orders = VecDeque::new();
        if self.0.is_closed.get() {
            return Poll::Ready(None);
        }
        let known = self.0.reader.take().filter(|known| known.will_wake(cx.waker()));
        self.0.reader.set(Some(known.unwrap_or_else(|| cx.waker().clone())));
        Poll::Pending
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.0.is_left.set(true);
        self.0.reader.take();
        self.0.orders.take();
    }
}
