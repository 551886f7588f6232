//! How a question to the engine can fail: one type for all faces, which map it to their own status and envelope.

use std::fmt;

/// Why a question was not answered. Descriptions are one sentence for people, without paths or secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// What was named does not exist; the text says what.
    NotFound(String),
    /// No credential, or one that is not (or no longer) valid.
    Unauthorized(String),
    /// The credential is valid but does not allow this.
    Forbidden(String),
    /// A value is wrong: the field, and what it must be.
    Invalid {
        /// The field's name as the caller knows it.
        field: String,
        /// What it must be: "a JID, for example user@example.org".
        must_be: String,
    },
    /// Something has to be set up first; the text says what and where.
    NotConfigured(String),
    /// It is set up, but switched off; the text says how to switch it on.
    NotEnabled(String),
    /// It cannot be done beside something that is there already.
    Conflict(String),
    /// What was given is too large; the text says what is allowed.
    TooLarge(String),
    /// A quota is used up.
    Quota(String),
    /// Too many requests, or a queue is full: try again after so many seconds.
    Busy {
        /// Whole seconds to wait.
        retry_after_s: u64,
    },
    /// Another service refused or could not be reached: which, and why.
    Remote {
        /// `registration_failed`, `connection_failed`, …: the contract's symbol.
        what: &'static str,
        /// One sentence.
        why: String,
    },
    /// This build does not have it yet.
    NotBuilt(String),
    /// Our own fault: the disk is full, the database is broken. Nothing of the request was done.
    Internal,
}

impl Failure {
    /// A wrong value.
    pub fn invalid(field: &str, must_be: impl Into<String>) -> Failure {
        Failure::Invalid { field: field.to_string(), must_be: must_be.into() }
    }

    /// The bot with this number does not exist.
    pub fn no_bot(id: crate::base::id::BotId) -> Failure {
        Failure::NotFound(format!("there is no bot with id {id}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotFound(text)
            | Failure::Unauthorized(text)
            | Failure::Forbidden(text)
            | Failure::Conflict(text)
            | Failure::TooLarge(text)
            | Failure::Quota(text)
            | Failure::NotConfigured(text)
            | Failure::NotEnabled(text)
            | Failure::NotBuilt(text)
            | Failure::Remote { why: text, .. } => f.write_str(text),
            Failure::Invalid { field, must_be } if field.is_empty() => write!(f, "the body must be {must_be}"),
            Failure::Invalid { field, must_be } => write!(f, "`{field}` must be {must_be}"),
            Failure::Busy { retry_after_s } => write!(f, "too many requests; try again in {retry_after_s} s"),
            Failure::Internal => f.write_str("the request could not be stored; the log says why; nothing was done"),
        }
    }
}

impl From<crate::base::json::Wrong> for Failure {
    fn from(wrong: crate::base::json::Wrong) -> Failure {
        Failure::Invalid { field: wrong.field, must_be: wrong.must_be }
    }
}
