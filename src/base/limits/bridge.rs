//! Links between chats, and what passes them.

use std::time::Duration;

/// Links of one bot: each is looked at with everything that is said where it leads.
pub const LINKS_PER_BOT_MAX: usize = 50;
/// What an owner may call one.
pub const LINK_ALIAS_CHARS_MAX: usize = 32;
/// How what passes is shown: a line.
pub const LINK_FORMAT_BYTES_MAX: usize = 200;
/// What is shown of somebody's name: it stands before each of his messages.
pub const LINK_NAME_BYTES_MAX: usize = 128;
/// What is shown of words that are answered and cannot be pointed at.
pub const LINK_QUOTE_BYTES_MAX: usize = 160;
/// Messages remembered of one link, so that answers, changes and reactions find them: some 200 bytes each.
pub const PASSED_PER_LINK_MAX: i64 = 5_000;
/// How many pass before those beyond the limit go.
pub const PASSED_COUNTED_EVERY: i64 = 256;
/// How long they are remembered: nobody changes or answers what was said a month ago.
pub const PASSED_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// People whose reactions to one message are remembered on either side.
pub const PASSED_REACTIONS_MAX: i64 = 50;
/// A file that passes a link: the most that Telegram takes from bots.
pub const CARRIED_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// Files that pass links at once: each is on the disk meanwhile.
pub const CARRIED_AT_ONCE_MAX: usize = 4;
/// The same with those that go with the first one of an album.
pub const CARRIED_ON_DISK_MAX: usize = 12;
/// Files of one album: Telegram's bound.
pub const ALBUM_FILES_MAX: usize = 10;
/// So long another file of the same person is waited for, to be said with the last one: a phone uploads each by itself. What
/// comes alone is that much later there.
pub const ALBUM_WAIT: Duration = Duration::from_secs(2);
/// Files that wait to pass the links of one bot, with what waits behind them.
pub const CARRIED_WAITING_MAX: usize = 500;
/// Tries of one that a server or a line did not take, after this and then twice as long each time.
pub const CARRIED_TRIES_MAX: u32 = 5;
/// The first pause; together some five minutes.
pub const CARRIED_RETRY_FIRST: Duration = Duration::from_secs(10);
/// The pause where an account that a file passes through is not online, or has many files under way: then it goes on soon.
pub const CARRIED_BUSY: Duration = Duration::from_secs(5);
/// How often an owner is told that something may not have arrived, or did not.
pub const UNDELIVERED_TOLD_EVERY_S: i64 = 3600;
