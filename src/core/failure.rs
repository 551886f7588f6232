//! How a question to the engine can fail: one type for all faces, which map it to their own status and envelope.

use std::borrow::Cow;
use std::fmt;

use crate::base::remedy::{self, LIST_BOTS, Place};

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
    /// As many of something as there may be are there; the text says what.
    Quota(String),
    /// A quota of a day is used up: the text names it, and the seconds until it is free again.
    UsedUp {
        /// One sentence.
        text: String,
        /// Until the day is over.
        retry_after_s: u64,
    },
    /// As many messages wait for an account, or for a room, as are kept: its server has not taken them for long.
    OutboxFull,
    /// Too many requests, or a queue is full: try again after so many seconds.
    Busy {
        /// Whole seconds to wait.
        retry_after_s: u64,
    },
    /// Another service refused or could not be reached: which, and why.
    Remote {
        /// `registration_failed`, `connection_failed`, …: the symbol in docs/api.md.
        what: &'static str,
        /// One sentence.
        why: String,
    },
    /// This build does not have it yet.
    NotBuilt(String),
    /// The disk is full. Nothing of the request was done; it is over when there is room again.
    Full,
    /// Our own fault: the database is broken. Nothing of the request was done.
    Internal,
}

impl Failure {
    /// A wrong value.
    pub fn invalid(field: &str, must_be: impl Into<String>) -> Failure {
        Failure::Invalid { field: field.to_string(), must_be: must_be.into() }
    }

    /// A value that is too much, if it is: `has` of `unit`s where `most` are allowed.
    pub fn check_most(field: &str, has: usize, most: usize, unit: &str) -> Result<(), Failure> {
        if has <= most { Ok(()) } else { Err(Failure::invalid(field, format!("at most {most} {unit}, not {has}"))) }
    }

    /// In the words of the place where it is read.
    pub fn at(&self, place: Place) -> String {
        let text: Cow<'_, str> = match self {
            Failure::NotFound(text)
            | Failure::Unauthorized(text)
            | Failure::Forbidden(text)
            | Failure::Conflict(text)
            | Failure::TooLarge(text)
            | Failure::Quota(text)
            | Failure::UsedUp { text, .. }
            | Failure::NotConfigured(text)
            | Failure::NotEnabled(text)
            | Failure::NotBuilt(text)
            | Failure::Remote { why: text, .. } => text.into(),
            Failure::Invalid { field, must_be } if field.is_empty() => format!("the body must be {must_be}").into(),
            Failure::Invalid { field, must_be } => format!("{} must be {must_be}", remedy::field(field)).into(),
            Failure::OutboxFull => {
                format!("as many messages as are kept wait to be sent already; {LIST_BOTS} shows why they do not go")
                    .into()
            }
            Failure::Busy { retry_after_s } => format!("too many requests; try again in {retry_after_s} s").into(),
            Failure::Full => "the disk is full; nothing was done, and it can be tried again when there is room".into(),
            Failure::Internal => "the request could not be stored; the log says why; nothing was done".into(),
        };
        remedy::at(place, &text)
    }

    /// The bot with this number does not exist.
    pub fn no_bot(id: crate::base::id::BotId) -> Failure {
        Failure::NotFound(format!("there is no bot with id {id}"))
    }
}

/// For the log.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at(Place::File))
    }
}

impl From<crate::base::json::Wrong> for Failure {
    fn from(wrong: crate::base::json::Wrong) -> Failure {
        Failure::Invalid { field: wrong.field, must_be: wrong.must_be }
    }
}
