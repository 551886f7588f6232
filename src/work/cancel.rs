//! Calling off a call from another thread: what waits for the network wakes at once, since its socket is shut down.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A handle on one call. Dropping it does nothing.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_cancelled: AtomicBool,
    /// The connection in use; the call owns it.
    socket: Mutex<Weak<TcpStream>>,
}

impl Cancel {
    /// Ends the call, now or before it begins: it is reported as cancelled. Only opening a connection is waited for,
    /// at most the call's `connect_timeout`. For a call that is over nothing happens.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        let socket = self.0.socket.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        if let Some(socket) = socket {
            // Fails when the connection is gone, which is as good.
            let _ = socket.shutdown(Shutdown::Both);
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
        *self.0.socket.lock().unwrap_or_else(PoisonError::into_inner) = Weak::new();
    }

    /// The connection within reach.
    pub(super) fn attached(&self) -> Option<Arc<TcpStream>> {
        self.0.socket.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// Puts a new connection within reach of [`Cancel::cancel`]. The caller must look at
    /// [`Cancel::is_cancelled`] afterwards: it may have come just before.
    pub(super) fn attach(&self, socket: &Arc<TcpStream>) {
        *self.0.socket.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(socket);
    }
}
