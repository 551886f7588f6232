//! Everything that can happen to the engine: a closed set.

use crate::base::call::{CallError, HttpAnswer};
use crate::base::id::AccountId;
use crate::engine::Settings;
use crate::engine::handle::{Caller, Question, ReplyTo};
use crate::xmpp::session;

/// What became of a call.
pub type Called = Result<HttpAnswer, CallError>;

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
    /// A call of ours is over.
    Called {
        /// The engine's name for it.
        tag: u64,
        /// What became of it.
        called: Box<Called>,
    },
    /// The configuration was read again.
    Reload(Box<Settings>),
    /// Somebody wants to see in the log how things are.
    Report,
    /// The daemon stops: no more questions, goodbye to the servers; answered when the goodbyes are on their way.
    Stop(ReplyTo),
}
