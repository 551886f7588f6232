//! Telegram: how it is asked, and what is said there.

use std::time::Duration;

use super::AI_STREAMS_MAX;

/// A long poll of Telegram: the longest that its servers allow.
pub const TELEGRAM_POLL_S: u64 = 50;
/// For the answer to a poll beyond its time: a slow line, and a server that is busy.
pub const TELEGRAM_POLL_GRACE: Duration = Duration::from_secs(10);
/// A poll of which nothing was heard so long after it should have ended is lost: another is made.
pub const TELEGRAM_POLL_LOST: Duration = Duration::from_secs(20);
/// A bot whose polls have not succeeded for so long is deaf, and its owner should know.
pub const TELEGRAM_DEAF_AFTER: Duration = Duration::from_secs(180);
/// A poll that was answered sooner without anything did not wait: the next one is made that much later, and later still.
pub const TELEGRAM_POLL_HASTE: Duration = Duration::from_secs(1);
/// Updates in one answer: at some KB each they fit what an answer may have.
pub const TELEGRAM_UPDATES_MAX: i64 = 50;
/// The first pause after a call that failed; it doubles.
pub const TELEGRAM_RETRY_FIRST: Duration = Duration::from_secs(1);
/// The longest: somebody who comes back is heard within a minute.
pub const TELEGRAM_RETRY_MAX: Duration = Duration::from_secs(60);
/// The same where another program polls with the same token, or has a webhook: to insist would only disturb it.
pub const TELEGRAM_CONFLICT_FIRST: Duration = Duration::from_secs(15);
/// The longest pause then.
pub const TELEGRAM_CONFLICT_MAX: Duration = Duration::from_secs(600);
/// A call that is no poll.
pub const TELEGRAM_CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two calls for one person: Telegram's advice is one a second.
pub const TELEGRAM_PACE_CHAT: Duration = Duration::from_millis(1_000);
/// Between two calls for one group: with [`TELEGRAM_BURST`] twenty in a minute.
pub const TELEGRAM_PACE_GROUP: Duration = Duration::from_millis(3_400);
/// Calls that a chat may have at once after a rest, within the same rate: an answer of some parts does not trickle.
pub const TELEGRAM_BURST: u32 = 3;
/// Between two calls of one bot: Telegram's bound is thirty a second.
pub const TELEGRAM_PACE_BOT: Duration = Duration::from_millis(34);
/// Calls of one bot under way at once, one for each chat.
pub const TELEGRAM_UNDER_WAY_MAX: usize = 8;
/// What waits for Telegram, of one bot: a day of a busy group.
pub const TELEGRAM_OUTBOX_MAX: usize = 5_000;
/// An answer to a poll that ends within an album is asked for again after this: the rest may be on its way.
pub const TELEGRAM_ALBUM_WAIT: Duration = Duration::from_millis(700);
/// So long at most; a whole album comes within a second.
pub const TELEGRAM_ALBUM_MAX: Duration = Duration::from_secs(5);
/// A sticker that is brought into PNG: Telegram's bound.
pub const STICKER_BYTES_MAX: u64 = 512 * 1024;
/// Its longer side: Telegram's bound is half of it.
pub const STICKER_PIXELS_MAX: u32 = 1_024;
/// Memory for its pixels, with those of steps between.
pub const STICKER_MEMORY_MAX: usize = 16 * 1024 * 1024;
/// Tries of what surely did not go out or was refused for a while; then it is given up.
pub const TELEGRAM_TRIES_MAX: u32 = 1_000;
/// Chats that wrote to a bot and that nobody hears, kept to be offered.
pub const TELEGRAM_CHATS_OFFERED_MAX: i64 = 50;
/// One message, in units of UTF-16: Telegram's bound.
pub const TELEGRAM_TEXT_UNITS: usize = 4_096;
/// What stands beneath a file, in the same units: Telegram's bound.
pub const TELEGRAM_CAPTION_UNITS: usize = 1_024;
/// A file that Telegram gives to bots: its bound.
pub const TELEGRAM_DOWNLOAD_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// A file that it takes from bots: its bound.
pub const TELEGRAM_UPLOAD_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// A picture that is shown as one: its bound.
pub const TELEGRAM_PHOTO_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// An answer that is shown while it comes, changed this often at most: edits count as messages.
pub const TELEGRAM_LIVE_PACE: Duration = Duration::from_secs(3);
/// A press of a button is answered after this, whatever the program does: the phone shows a spinner until then.
pub const TELEGRAM_PRESS_ANSWERED: Duration = Duration::from_secs(5);
/// Presses of one bot that wait for an answer.
pub const TELEGRAM_PRESSES_MAX: usize = 100;
/// A token: some 46 characters today.
pub const TELEGRAM_TOKEN_BYTES_MAX: usize = 256;
/// Update numbers that far below the last one were numbered anew by Telegram; nearer ones came twice.
pub const TELEGRAM_UPDATES_BACK_MAX: i64 = 100_000;
/// Long polls and other calls to Telegram at once.
pub const LASTING_CALLS_MAX: usize = 256;
/// Calls of one thread whose answers are heard while they come, or may last.
pub const STREAMS_MAX: usize = AI_STREAMS_MAX + LASTING_CALLS_MAX;
/// After it was set up, or somebody asked which chats there are, a bot listens so long although no chat is to be heard: to
/// find the one that is to be linked.
pub const TELEGRAM_DISCOVER: Duration = Duration::from_secs(900);
/// Answers to a poll in a row that cannot be stored, one update each; then that update is skipped.
pub const TELEGRAM_LOST_MAX: u32 = 5;

/// A hundred updates with long texts.
pub const TELEGRAM_UPDATES_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Values in one answer: a hundred updates with all their members.
pub const TELEGRAM_VALUES_MAX: usize = 200_000;
/// Of a refusal's sentence so much is shown.
pub const TELEGRAM_WHY_CHARS: usize = 200;
