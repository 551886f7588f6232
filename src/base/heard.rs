//! Lines of an answer that comes, on their way from the work pool to whoever reads them.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::base::limits;

/// Lines of an answer that comes, on their way to the engine. One event at most is under way for them, and takes all there
/// are: thousands of events of a few words would be larger than the words.
#[derive(Debug, Default)]
pub struct Lines {
    state: Mutex<Waiting>,
    taken: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    is_told: bool,
}

impl Lines {
    /// Adds whole lines, when there is room for them; gives the event that is to be sent, if none is under way.
    pub fn add(self: &Arc<Lines>, lines: &[u8]) -> Option<Heard> {
        let state = lock(&self.state);
        let is_full = |state: &mut Waiting| state.lines.len() > limits::HEARD_BYTES_MAX;
        let mut state = self.taken.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner);
        state.lines.extend_from_slice(lines);
        (!std::mem::replace(&mut state.is_told, true))
            .then(|| Heard { lines: self.clone(), is_taken: Cell::new(false) })
    }

    fn take(&self) -> Vec<u8> {
        let mut state = lock(&self.state);
        state.is_told = false;
        self.taken.notify_all();
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
        let lines = Lines { state: Mutex::new(Waiting { lines, is_told: true }), taken: Condvar::new() };
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
