//! People with a browser: they need no account, so everything that they leave here is bounded.

use std::time::Duration;

/// What somebody calls himself: at least so many characters.
pub const NICKNAME_CHARS_MIN: usize = 3;
/// And at most: it stands beside each of his messages.
pub const NICKNAME_CHARS_MAX: usize = 32;
/// How long somebody is known by his cookie, in minutes: a week without a visit.
pub const WEB_LOGIN_MINUTES: i64 = 7 * 24 * 60;
/// One message, in characters.
pub const WEB_TEXT_CHARS_MAX: usize = 4096;
/// Files of one message.
pub const WEB_ATTACHMENTS_MAX: usize = 10;
/// Chats of one person with one bot.
pub const WEB_CHATS_MAX: i64 = 10;
/// Chats of one person: a hundred gallery visits.
pub const WEB_CHATS_PER_USER_MAX: i64 = 100;
/// People: some 200 bytes each. Those without a chat go before anybody is turned away.
pub const WEB_USERS_MAX: i64 = 10_000;
/// New people of one address within an hour: a school class behind one router.
pub const WEB_USERS_PER_HOUR: u32 = 120;
/// Addresses whose new people are counted: some 50 bytes each.
pub const WEB_ADDRESSES_MAX: usize = 4_096;
/// How long somebody is kept who never came to a chat: his cookie is over by then.
pub const WEB_EMPTY_RETENTION: Duration = Duration::from_secs(8 * 24 * 3600);
/// How long somebody is kept who does not come any more: his cookie is over long since, and nobody can be him again.
pub const WEB_USER_RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);
/// Messages of one chat; the oldest go.
pub const WEB_MESSAGES_PER_CHAT_MAX: i64 = 2_000;
/// What one chat may hold, so that nobody takes the room of others: a hundred long messages of each side.
pub const WEB_CHAT_BYTES_MAX: i64 = 2 * 1024 * 1024;
/// What all chats of a bot may hold; the oldest messages go.
pub const WEB_BYTES_PER_BOT_MAX: i64 = 32 * 1024 * 1024;
/// What a message takes beside its text.
pub const WEB_MESSAGE_BYTES: i64 = 256;
/// Messages of one page.
pub const WEB_PAGE_MAX: i64 = 100;
/// The usual page.
pub const WEB_PAGE: i64 = 20;
/// Pages: what is beyond is empty in any case.
pub const WEB_PAGES_MAX: i64 = 1_000_000;
/// Events told at once to whoever watches a chat.
pub const WEB_EVENTS_MAX: usize = 100;
/// Streams of events of one person: some tabs on some devices.
pub const WEB_STREAMS_PER_USER_MAX: usize = 16;
/// Streams of events of all: each is a connection, of which there are not more.
pub const WEB_STREAMS_MAX: usize = 1_000;
/// How long a chat counts as watched after somebody was told of it: he asks again at once.
pub const WEB_WATCHED_FOR: Duration = Duration::from_secs(60);
/// A cookie or token: the claims of a name of 32 characters, each of four bytes and escaped.
pub const WEB_TOKEN_BYTES_MAX: usize = 1024;
/// Keys of one chat under which something was said and is remembered for a day: a page repeats what it said last.
pub const WEB_KEYS_PER_CHAT: u8 = 16;
