//! Rows of questions to people.

use crate::base::id::BotId;

/// A row of `ask`: what a bot's program asks people. Times are in milliseconds lived through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskRow {
    /// The number in the id of its first message.
    pub id: i64,
    /// Whose program asks.
    pub bot: BotId,
    /// By which people name it where several are open; of one bot's no two have the same.
    pub number: i64,
    /// The `Idempotency-Key`, and the hash of what was asked under it.
    pub key: Option<(String, [u8; 32])>,
    /// What is asked; empty when it is over. Sealed in the file.
    pub text: String,
    /// The answers there are; none: any words will do.
    pub options: Vec<String>,
    /// Addresses, in the order in which they are asked.
    pub people: Vec<String>,
    /// The first of them is a room.
    pub is_room: bool,
    /// How many of them were asked.
    pub asked: usize,
    /// Neither question nor answer may go in plain text.
    pub must_encrypt: bool,
    /// So long without an answer, and the next is asked.
    pub escalate_after: i64,
    /// When the next is asked.
    pub next_at: Option<i64>,
    /// When it is over.
    pub expires_at: i64,
    /// Where it stands.
    pub status: AskStatus,
    /// The answer, if there is one.
    pub answer: Option<AskAnswerRow>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskAnswerRow {
    /// What was said, or the option. Sealed in the file.
    pub text: String,
    /// Which option it is, from 0.
    pub option: Option<usize>,
    /// Who gave it: a bare address, or an occupant of a room.
    pub by: String,
    /// Unix time.
    pub at: i64,
    /// The message that it was; empty where a button was pressed without one.
    pub message_id: String,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// How far the key is trusted that it came under, where that is known.
    pub trust: Option<String>,
}

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskStatus {
    /// Nobody has answered yet.
    Waiting,
    /// The first valid answer counts.
    Answered,
    /// Nobody answered in time.
    Expired,
    /// The program has taken it back.
    Cancelled,
}

impl AskStatus {
    const ALL: [(AskStatus, &'static str); 4] = [
        (AskStatus::Waiting, "waiting"),
        (AskStatus::Answered, "answered"),
        (AskStatus::Expired, "expired"),
        (AskStatus::Cancelled, "cancelled"),
    ];

    /// As spelled in the database and in the API.
    pub fn as_str(self) -> &'static str {
        AskStatus::ALL.iter().find(|(status, _)| *status == self).map_or("waiting", |(_, word)| word)
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<AskStatus> {
        AskStatus::ALL.iter().find(|(_, word)| *word == text).map(|(status, _)| *status)
    }
}

/// A message that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskMessageRow {
    /// Of which question.
    pub ask: i64,
    /// Whom, counted in its people from 0.
    pub place: usize,
    /// Its id.
    pub message_id: String,
}
