//! Everything that can happen to the engine: a closed set.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::call::{CallError, HttpAnswer};
use crate::base::id::AccountId;
use crate::engine::effect::Rebind;
use crate::engine::handle::{Caller, Question, ReplyTo};
use crate::engine::{ApiFacts, Settings};
use crate::xmpp::session;

/// What became of a call.
pub type Called = Result<HttpAnswer, CallError>;

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

/// Lines of an answer that comes, counted until they are dropped.
#[derive(Debug)]
pub struct Heard {
    lines: Vec<u8>,
    count: Option<Arc<AtomicUsize>>,
}

impl Heard {
    /// Counted here.
    pub fn new(lines: Vec<u8>, count: &Arc<AtomicUsize>) -> Heard {
        count.fetch_add(lines.len(), Ordering::Relaxed);
        Heard { lines, count: Some(count.clone()) }
    }
}

impl From<Vec<u8>> for Heard {
    fn from(lines: Vec<u8>) -> Heard {
        Heard { lines, count: None }
    }
}

impl Deref for Heard {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.lines
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        if let Some(count) = &self.count {
            count.fetch_sub(self.lines.len(), Ordering::Relaxed);
        }
    }
}
