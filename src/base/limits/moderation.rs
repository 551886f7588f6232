//! Keeping order in rooms and groups: filters, floods, reports, members.

use std::time::Duration;

/// One filter of words: a phrase, not a book.
pub const FILTER_BYTES_MAX: usize = 128;
/// Filters of one link: each is looked for in every message.
pub const FILTERS_MAX: usize = 100;
/// A welcome, or the answer of a command: well below Telegram's 4,096 characters, names filled in.
pub const WELCOME_BYTES_MAX: usize = 1_024;
/// Commands of one bot that its owner has defined; Telegram lists 100, and others have theirs.
pub const OWN_COMMANDS_MAX: usize = 40;
/// Telegram takes a shorter restriction for one without end.
pub const SPAN_MIN_S: i64 = 30;
/// And a longer one.
pub const SPAN_MAX_S: i64 = 366 * 86_400;
/// Within which messages of a person are counted.
pub const FLOOD_WINDOW: Duration = Duration::from_secs(60);
/// Messages a minute that somebody may be held to; more is no limit.
pub const FLOOD_MAX: u32 = 600;
/// People whose messages are counted, in all chats: some 80 bytes each.
pub const FLOOD_PEOPLE_MAX: usize = 2_000;
/// What is done by itself in a chat is told so often in [`REPORTS_WINDOW`], and then counted.
pub const REPORTS_MAX: u32 = 20;
/// See [`REPORTS_MAX`].
pub const REPORTS_WINDOW: Duration = Duration::from_secs(3_600);
/// People of one chat that are remembered by name: those who spoke last.
pub const MEMBERS_MAX: i64 = 1_000;
/// Members named in one answer.
pub const MEMBERS_SHOWN_MAX: usize = 50;
/// Commands answered in a chat within [`FLOOD_WINDOW`].
pub const COMMANDS_ANSWERED_MAX: u32 = 20;
/// How long a list of administrators is believed.
pub const ADMINISTRATORS_FRESH: Duration = Duration::from_secs(600);
/// Clients of contacts that are there: some 100 bytes each.
pub const PRESENT_MAX: usize = 2_000;
/// Of what a command does, in Telegram's list: 256 there, and phones show less.
pub const TELEGRAM_COMMAND_CHARS: usize = 100;
/// Commands in Telegram's list.
pub const TELEGRAM_COMMANDS_MAX: usize = 100;
/// A chat's picture that is fetched for it; Telegram takes 10 MB, and shows it at 640 pixels.
pub const CHAT_PHOTO_BYTES_MAX: u64 = 5 * 1024 * 1024;
