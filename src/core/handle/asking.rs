//! Questions to people (`ask`), as programs put them and are answered.

use std::time::Duration;

use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::base::limits;
use crate::core::handle::Kind;
pub use crate::store::row::{AskAnswerRow, AskStatus};

/// What a bot's program wants with a question to people.
#[derive(Clone, Debug)]
pub enum AskQuestion {
    /// Somebody is to be asked; under a key that is known, the question of then goes on.
    New(Box<NewAsk>),
    /// How a question stands; waits for its answer so long.
    Wait(i64, Duration),
    /// It is taken back.
    Cancel(i64),
    /// Those that wait for an answer.
    List,
}

/// `ask`.
#[derive(Clone, Debug)]
pub struct NewAsk {
    /// Whom: an address, or a room; in a room, `room/nick` means that occupant.
    pub to: Jid,
    /// Chat or groupchat.
    pub kind: Kind,
    /// What is asked.
    pub text: String,
    /// The answers there are; none: any words will do.
    pub options: Vec<String>,
    /// Who is asked next, in this order, while nobody has answered.
    pub escalate: Vec<Jid>,
    /// So long after the one before; `None`: the time there is, shared evenly.
    pub escalate_after: Option<Duration>,
    /// When it is over; `None`: when the wait is, or after a day without one.
    pub expires: Option<Duration>,
    /// How long the caller waits.
    pub wait: Duration,
    /// The message that it answers.
    pub reply_to: Option<String>,
    /// Neither question nor answer may go in plain text.
    pub encrypt: bool,
    /// The same key goes on with the same question.
    pub idempotency_key: Option<String>,
}

/// How a question stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskInfo {
    /// Its id.
    pub id: i64,
    /// In one word.
    pub status: AskStatus,
    /// Who was asked so far.
    pub asked: Vec<String>,
    /// Its answer.
    pub answer: Option<AskAnswerRow>,
    /// Seconds until it is over.
    pub expires_in: i64,
}

/// What somebody waits for.
#[derive(Clone, Copy)]
pub(crate) struct AskWait {
    pub(crate) bot: BotId,
    /// The id of a question.
    pub(crate) ask: i64,
    pub(crate) wait: Duration,
}

/// Whether somebody waits so long that the answer has to begin before it is there: others on the way would give up.
pub fn is_long(wait: Duration) -> bool {
    wait.as_secs() > limits::POLL_SECONDS_MAX.unsigned_abs()
}
