//! Questions to people, and what is remembered of the ways of messages.

use std::time::Duration;

/// A question: what people read on a phone before they answer. It is kept until it is answered.
pub const ASK_TEXT_BYTES_MAX: usize = 4_096;
/// Options of a question: more are no choice but a search.
pub const ASK_OPTIONS_MAX: usize = 20;
/// An option, in characters: what a button shows.
pub const ASK_OPTION_CHARS_MAX: usize = 64;
/// People who are asked one after the other.
pub const ASK_PEOPLE_MAX: usize = 10;
/// Questions of one bot that wait for their answers: each is read again at a start.
pub const ASKS_OPEN_PER_BOT_MAX: usize = 100;
/// Questions of one bot that are over and still known, beside their age.
pub const ASKS_KEPT_PER_BOT_MAX: i64 = 1_000;
/// Those who wait for answers of one bot's questions at once.
pub const ASK_WAITERS_PER_BOT_MAX: usize = 200;
/// The longest that somebody waits in one request; the question may go on.
pub const ASK_WAIT_MAX: Duration = Duration::from_secs(3_600);
/// How long a question waits for its answer unless something else was said.
pub const ASK_EXPIRES: Duration = Duration::from_secs(24 * 3_600);
/// The same at most.
pub const ASK_EXPIRES_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The shortest time before the next is asked: people need some to find their phone.
pub const ASK_ESCALATE_MIN: Duration = Duration::from_secs(1);
/// After a question is over, a bare answer to it is told so for this long; later it is talk about something else.
pub const ASK_LATE: Duration = Duration::from_secs(600);

/// Messages of one bot whose ways are remembered: some 400 bytes each, and nobody asks for older ones.
pub const WAY_MESSAGES_PER_BOT_MAX: usize = 50;
/// The same of people who may not speak to it: any number of them may try.
pub const WAY_REFUSED_PER_BOT_MAX: usize = 10;
/// Steps remembered of one message.
pub const WAY_STEPS_MAX: usize = 16;

/// How long `botmother ask` tries to reach a daemon that is not there: it is started anew, or its machine is.
pub const ASK_DAEMON_PATIENCE: Duration = Duration::from_secs(120);
/// Between two tries.
pub const ASK_DAEMON_PAUSE: Duration = Duration::from_secs(1);
