//! Numbers for programs that know people, chats and messages by numbers (docs/telegram-clients.md).

use std::time::Duration;

/// For how long a message is known by its number: as long as what bots sent is remembered.
pub const NUMBER_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// People and rooms with numbers: some 8 MB. Beyond it those known longest lose theirs.
pub const NUMBER_CHATS_MAX: i64 = 100_000;

/// Longest name of a chat as a program gives it, an address included.
pub const CHAT_NAME_BYTES_MAX: usize = 3_071;

/// Parameters of one call as forms and queries have them.
pub const PARAMETERS_MAX: usize = 128;

/// Texts that one bot's program may pass on without a history: what it heard a moment ago, and what it said.
pub const NUMBER_LATELY_MAX: usize = 100;

/// Bytes of them.
pub const NUMBER_LATELY_BYTES_MAX: usize = 32 * 1024;

/// Drafts that are shown at once, all bots together.
pub const NUMBER_DRAFTS_MAX: usize = 1_000;

/// How long a draft waits for the message that takes its place: an AI is never silent longer.
pub const NUMBER_DRAFT_LIFETIME: Duration = Duration::from_secs(600);

/// People banned by their nicks whose addresses are remembered, so that they can be let in again by the same number.
pub const NUMBER_BANNED_MAX: usize = 1_000;
