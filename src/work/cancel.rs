//! Calling off a call from another thread: what waits for the network wakes at once, a thread since its socket is shut down,
//! a task since it is woken.

use std::future::poll_fn;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

/// A handle on one call. Dropping it does nothing.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_cancelled: AtomicBool,
    hold: Mutex<Hold>,
}

/// What of a call is within reach.
#[derive(Debug, Default)]
enum Hold {
    #[default]
    Nothing,
    /// The connection in use, which the call owns.
    Socket(Weak<TcpStream>),
    /// Its task.
    Task(Waker),
}

impl Cancel {
    /// Ends the call, now or before it begins: it is reported as cancelled. Where a thread makes it, only opening
    /// a connection is waited for, at most the call's `connect_timeout`. For a call that is over nothing happens.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        match &*self.hold() {
            Hold::Nothing => {}
            Hold::Socket(socket) => {
                // Fails when the connection is gone, which is as good.
                let _ = socket.upgrade().map(|socket| socket.shutdown(Shutdown::Both));
            }
            Hold::Task(waker) => waker.wake_by_ref(),
        }
    }

    /// Whether the call was called off.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::SeqCst)
    }

    /// Whether both are for the same call.
    pub(super) fn is_same(&self, other: &Cancel) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Takes the connection out of reach: the call is over, and it serves another.
    pub(super) fn detach(&self) {
        *self.hold() = Hold::Nothing;
    }

    /// The connection within reach.
    pub(super) fn attached(&self) -> Option<Arc<TcpStream>> {
        match &*self.hold() {
            Hold::Socket(socket) => socket.upgrade(),
            _ => None,
        }
    }

    /// Puts a new connection within reach of [`Cancel::cancel`]. The caller must look at
    /// [`Cancel::is_cancelled`] afterwards: it may have come just before.
    pub(super) fn attach(&self, socket: &Arc<TcpStream>) {
        *self.hold() = Hold::Socket(Arc::downgrade(socket));
    }

    /// Waits until the call is called off, in its one task.
    pub(super) async fn called_off(&self) {
        poll_fn(|cx| {
            // First this: it may come between the two.
            *self.hold() = Hold::Task(cx.waker().clone());
            if self.is_cancelled() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn hold(&self) -> MutexGuard<'_, Hold> {
        self.0.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
