//! Bots and their messages.

use std::time::Duration;

/// Bots of one owner (docs/xmpp.md).
pub const BOTS_PER_OWNER_MAX: usize = 20;
/// A bot's display name, in characters.
pub const NAME_CHARS_MAX: usize = 64;
/// A bot's description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 512;
/// Addresses that a bot's owner may name: more people are better kept on the bot's roster.
pub const BOT_CONTACTS_MAX: usize = 1_000;
/// Subscribers remembered of one bot: some 100 bytes each.
pub const BOT_SUBSCRIBERS_MAX: usize = 10_000;
/// Custom commands of one bot; Telegram allows as many.
pub const COMMANDS_MAX: usize = 100;
/// A command's name, in characters: Telegram's bound.
pub const COMMAND_CHARS_MAX: usize = 32;
/// A command's description, in characters: Telegram's bound.
pub const COMMAND_DESCRIPTION_CHARS_MAX: usize = 256;
/// One message's text: leaves room for the envelope in the smallest usual stanza limit (64 KiB).
pub const TEXT_BYTES_MAX: usize = 60 * 1024;
/// Texts of our own are split where a server takes less; what is shorter than this fits everywhere.
pub const TEXT_BYTES_SPLIT_MIN: usize = 256;
/// An `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Updates in one answer (docs/api.md).
pub const UPDATES_PER_ANSWER_MAX: i64 = 100;
/// Bytes of updates in one answer, unless one alone has more: a hundred of the largest would fill a router's memory.
pub const UPDATES_BYTES_MAX: usize = 512 * 1024;
/// Bytes of updates that one batch of events answers with, beside one for each that asks.
pub const UPDATES_BYTES_PER_BATCH: usize = 1024 * 1024;
/// Updates waiting for one bot; beyond it the oldest go, counted.
pub const UPDATES_PER_BOT_MAX: i64 = 10_000;
/// Age at which updates and idempotency keys go (docs/api.md).
pub const RETENTION: Duration = Duration::from_secs(24 * 3600);
/// Ids of stanzas already handled are remembered this long; longer than any archive hands out twice.
pub const SEEN_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
/// Two copies of one message may bear times so far apart: that of a server, and ours when it came. Longer, and what
/// somebody says again would pass for a copy.
pub const COPY_WITHIN_S: i64 = 30;
/// The same where it has an id that was not used again.
pub const COPY_NAMED_WITHIN_S: i64 = 3_600;
/// The same of two copies that one archive has stamped, most of them in whole seconds.
pub const COPY_ARCHIVED_WITHIN_S: i64 = 1;
/// The same where they have an id: a server on a slow disk may take seconds from the one to the other.
pub const COPY_ARCHIVED_NAMED_WITHIN_S: i64 = 10;
/// Delayed messages without an archive's id that are counted on one stream: what a server stores offline.
pub const LATE_COUNTED_MAX: usize = 2_000;
/// Messages remembered that a bot sent: whoever corrects what he said does so soon, and a row has some 150 bytes.
pub const SENT_PER_BOT_MAX: i64 = 5_000;
/// The same of what it was told: nobody pushes out what it sent by telling it much.
pub const TOLD_PER_BOT_MAX: i64 = 10_000;
/// How long those it sent are remembered: receipts of phones that were off for the holidays still come.
pub const SENT_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Files remembered that a bot was told of, some 300 bytes each.
pub const FILES_PER_BOT_MAX: i64 = 2_000;
/// How long they are remembered: upload services keep files for a week or a month.
pub const FILE_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);
/// Messages told as seen because a later one was; more at once is a recipient who was long away.
pub const SEEN_BEFORE_MAX: usize = 100;
/// Lines kept of the built-in chat.
pub const LOCAL_MESSAGES_MAX: i64 = 1_000;
/// Tokens of a bot beside its main one, and of a person: more are better one for each program, on bots of their own.
pub const TOKENS_MAX: usize = 20;
/// What a token is for, in characters.
pub const TOKEN_LABEL_CHARS_MAX: usize = 64;
/// Seconds that a token may hold, if it expires at all: ten years.
pub const TOKEN_SECONDS_MAX: i64 = 3_650 * 24 * 3_600;
/// Seconds for which a bot's old main token may work beside the new one: a month.
pub const TOKEN_OVERLAP_MAX: i64 = 30 * 24 * 3_600;
/// How long an expired token is still known, so that its holder hears why it does not work.
pub const TOKEN_EXPIRED_RETENTION: Duration = Duration::from_secs(30 * 24 * 3_600);
/// When a token was used is written so often: what is read to see whether anybody still uses it.
pub const TOKEN_USED_STEP_S: i64 = 24 * 3_600;
/// How long whoever signs in with a code stays so.
pub const SIGN_IN: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How long a code to sign in holds.
pub const CODE_TIMEOUT: Duration = Duration::from_secs(600);
/// Tries of one code: with eight digits, one chance in twenty million.
pub const CODE_TRIES_MAX: u32 = 5;
/// A new code is sent to nobody sooner than this: anybody may ask for one.
pub const CODE_PAUSE: Duration = Duration::from_secs(60);
/// So often that pause is doubled while nobody uses what is sent: to a quarter of an hour.
pub const CODE_PAUSE_DOUBLED_MAX: u32 = 4;
/// After this time somebody's codes that nobody has used are forgotten, longer than each pause.
pub const CODE_FORGOTTEN: Duration = Duration::from_secs(3_600);
/// People of whom something is said: each has some 200 bytes in memory.
pub const TENANTS_MAX: usize = 10_000;
/// The largest quota of anything.
pub const QUOTA_MAX: i64 = 1_000_000_000;
/// What is used of quotas is written once for so many messages; those after it are counted again after a crash. A bot has
/// many more messages remembered.
pub const USAGE_WRITTEN_EVERY: i64 = 256;
/// Addresses with failed logins that are told apart in the audit log between two writes of it.
pub const FAILED_LOGINS_TOLD_MAX: usize = 64;
/// Entries in one answer of `/bot/audit`, unless fewer are asked for.
pub const AUDIT_PER_ANSWER: i64 = 50;
/// The same at most.
pub const AUDIT_PER_ANSWER_MAX: i64 = 200;
/// Entries that `/audit` shows in a chat.
pub const AUDIT_IN_CHAT: i64 = 15;
/// How long `audit_log` keeps what was done.
pub const AUDIT_RETENTION: Duration = Duration::from_secs(365 * 24 * 3_600);
/// Rows kept in `audit_log`.
pub const AUDIT_ROWS_MAX: i64 = 10_000;
/// Messages accepted and not yet with the server, per account; beyond it `sendMessage` answers 429.
pub const OUTBOX_MAX: i64 = 100_000;
/// Days that a history may be kept: ten years.
pub const HISTORY_DAYS_MAX: i64 = 3_650;
/// Messages of one history: what somebody says without end pushes out no other history of the same bot.
pub const HISTORY_MESSAGES_MAX: i64 = 5_000;
/// Bytes in the histories of one bot: twenty bots with full ones still fit a router's memory card. However many strangers
/// write to a bot for everybody, it is no more.
pub const HISTORY_BYTES_MAX: i64 = 32 * 1024 * 1024;
/// The same of one history: who says much and large things pushes out no other before seven more do so.
pub const HISTORY_CHAT_BYTES_MAX: i64 = HISTORY_BYTES_MAX / 8;
/// What each message counts there besides its text: its row and what finds it.
pub const HISTORY_MESSAGE_BYTES: i64 = 512;
/// What each file of a message counts there besides its address, name and type: its rows, its key and what finds it.
pub const HISTORY_FILE_BYTES: i64 = 512;
/// What each reaction to a message counts there.
pub const HISTORY_REACTION_BYTES: i64 = 64;
/// So many bytes of text and files let messages be counted as often as one message more does: few large ones fill a card, too.
pub const HISTORY_WEIGHT_BYTES: i64 = 4_096;
/// Reactions kept of one message: a room has any number of people, and each his emoji.
pub const HISTORY_REACTIONS_MAX: i64 = 256;
/// Messages in one answer of `getHistory`, unless fewer are asked for.
pub const HISTORY_PER_ANSWER: i64 = 50;
/// The same at most.
pub const HISTORY_PER_ANSWER_MAX: i64 = 100;
