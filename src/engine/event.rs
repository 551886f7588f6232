//! Everything that can happen to the engine: a closed set.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::base::call::Called;
use crate::base::id::AccountId;
use crate::base::limits;
use crate::engine::effect::Rebind;
use crate::engine::handle::{Caller, Question, ReplyTo};
use crate::engine::{ApiFacts, Settings};
use crate::xmpp::session;

/// How the API is reached from now on.
#[derive(Debug)]
pub struct Rebound {
    /// Who wished it.
    pub wish: Rebind,
    /// The address with `/bot/` and what else there is to say, or why nothing changed: one sentence.
    pub outcome: Result<(String, ApiFacts), String>,
}

/// One thing that happened.
#[derive(Debug)]
pub enum Event {
    /// A face asks.
    Ask {
        /// Who.
        caller: Caller,
        /// What.
        question: Question,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// A session has news.
    Session(AccountId, session::Event),
    /// More of an answer came, in whole lines.
    Heard {
        /// The engine's name for the call.
        tag: u64,
        /// Lines with LF at their ends.
        lines: Heard,
    },
    /// A call of ours is over.
    Called {
        /// The engine's name for it.
        tag: u64,
        /// What became of it.
        called: Box<Called>,
    },
    /// Somebody does not wait any more for what he asked.
    Left,
    /// The configuration was read again.
    Reload(Box<Settings>),
    /// What became of an [`crate::engine::effect::Effect::Rebind`].
    Rebound(Box<Rebound>),
    /// Somebody wants to see in the log how things are.
    Report,
    /// The daemon stops: no more questions, goodbye to the servers; answered when the goodbyes are on their way.
    Stop(ReplyTo),
}

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
