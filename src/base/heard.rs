//! Lines of an answer that comes, on their way from its stream to whoever reads them.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::base::limits;

/// Lines of an answer that comes, on their way to the engine. One event at most is under way for them, and takes all there
/// are: thousands of events of a few words would be larger than the words.
#[derive(Debug, Default)]
pub struct Lines(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    is_told: bool,
    /// Whoever waits for room.
    waker: Option<Waker>,
}

impl Lines {
    /// Whether there is room for more; if not, the task is woken when there is.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.0);
        if state.lines.len() <= limits::HEARD_BYTES_MAX {
            return Poll::Ready(());
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Adds whole lines; gives the event that is to be sent, if none is under way.
    pub fn add(self: &Arc<Lines>, lines: &[u8]) -> Option<Heard> {
        let mut state = lock(&self.0);
        state.lines.extend_from_slice(lines);
        (!std::mem::replace(&mut state.is_told, true))
            .then(|| Heard { lines: self.clone(), is_taken: Cell::new(false) })
    }

    fn take(&self) -> Vec<u8> {
        let mut state = lock(&self.0);
        state.is_told = false;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        std::mem::take(&mut state.lines)
    }
}

/// More lines of an answer have come.
#[derive(Debug)]
pub struct Heard {
    lines: Arc<Lines>,
    is_taken: Cell<bool>,
}

impl Heard {
    /// The lines, once: what was read is not undone with the batch, and not to be read again.
    pub fn take(&self) -> Vec<u8> {
        self.is_taken.set(true);
        self.lines.take()
    }
}

impl From<Vec<u8>> for Heard {
    fn from(lines: Vec<u8>) -> Heard {
        let lines = Lines(Mutex::new(Waiting { lines, is_told: true, waker: None }));
        Heard { lines: Arc::new(lines), is_taken: Cell::new(false) }
    }
}

impl Drop for Heard {
    /// Whoever waits until somebody listens does not wait for ever.
    fn drop(&mut self) {
        if !self.is_taken.get() {
            self.lines.take();
        }
    }
}

fn lock(state: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
