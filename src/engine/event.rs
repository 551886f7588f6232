//! Everything that can happen to the engine: a closed set.

use crate::base::id::AccountId;
use crate::engine::Settings;
use crate::engine::handle::{Caller, Question, ReplyTo};
use crate::xmpp::session;

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
    /// The configuration was read again.
    Reload(Box<Settings>),
    /// Somebody wants to see in the log how things are.
    Report,
    /// The daemon stops: no more questions, goodbye to the servers; answered when the goodbyes are on their way.
    Stop(ReplyTo),
}
