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
