//! Everything that can happen to the engine: a closed set.

use std::net::IpAddr;

use crate::base::call::Called;
use crate::base::heard::Heard;
use crate::base::id::AccountId;
use crate::core::effect::Rebind;
use crate::core::handle::{Caller, FromFace, Question, ReplyTo};
use crate::core::setup::{ApiFacts, Settings};
use crate::xmpp::session;

impl From<FromFace> for Event {
    fn from(asked: FromFace) -> Event {
        match asked {
            FromFace::Question(caller, question, reply) => Event::Ask { caller, question, reply },
            FromFace::Left => Event::Left,
            FromFace::Refused(address) => Event::Refused(address),
        }
    }
}

/// How the API is reached from now on.
#[derive(Debug)]
pub struct Rebound {
    /// What was wished, and by whom; `None` where the daemon did it by itself: at its start, for a new configuration, for a
    /// new certificate.
    pub wish: Option<Rebind>,
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
    /// Credentials were not let in, from this address.
    Refused(IpAddr),
    /// The configuration was read again.
    Reload(Box<Settings>),
    /// What became of an [`crate::core::effect::Effect::Rebind`], or how the API is reached otherwise.
    Rebound(Box<Rebound>),
    /// Somebody wants to see in the log how things are.
    Report,
    /// The daemon stops: no more questions, goodbye to the servers; answered when the goodbyes are on their way.
    Stop(ReplyTo),
}
