//! The engine: its batches, its time, how long rows are kept.

use std::time::Duration;

/// Events in one transaction: enough to share one disk flush among all waiting clients, few enough to answer soon.
pub const BATCH_MAX: usize = 256;
/// Acknowledgements are written with the next transaction, or after this when there is none.
pub const ACK_WRITE_DELAY: Duration = Duration::from_millis(250);
/// Names tried for a new bot's account, each with another suffix: one in 65,536 is taken by chance.
pub const ACCOUNT_NAMES_TRIED_MAX: u32 = 4;
/// The part of an account's name that comes from the bot's: a whole localpart may have 1,023 bytes, people read less.
pub const ACCOUNT_NAME_CHARS_MAX: usize = 32;
/// A server may still be making an account for a daemon that was killed: only after this it counts as not made.
pub const REGISTER_LATE_MAX: Duration = Duration::from_secs(20);
/// First wait before the removal of a bot's account is tried again.
pub const REMOVAL_FIRST: Duration = Duration::from_secs(15);
/// Longest wait for that: a server that is gone for good is asked four times a day.
pub const REMOVAL_MAX: Duration = Duration::from_secs(6 * 3600);
/// `create` waits so long for a bot's account to be online; later the answer comes all the same: a server may be down.
pub const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest that `create` may be told to wait: proxies and clients give an answer up after a minute.
pub const ARRIVAL_SECONDS_MAX: i64 = 60;
/// From the signal to stop to the end of the process, when a server does not say goodbye (field custom: ≤ 10 s).
pub const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that was heard this long ago counts as there, for `/readyz`; later it is asked. Whoever looks every few seconds
/// costs each server a ping a minute.
pub const PROOF_MAX: Duration = Duration::from_secs(60);
/// How long `/readyz` waits for servers; whoever asks has mostly ten seconds.
pub const READY_WAIT: Duration = Duration::from_secs(5);
/// After this `/livez` says that the engine does not turn.
pub const LIVE_WAIT: Duration = Duration::from_secs(8);
/// How long calls to other services may take to be called off at the end.
pub const CALLS_STOP_TIMEOUT: Duration = Duration::from_secs(1);
/// Seconds lived through between two notes of them, which a kill may cost.
pub const LIVED_STEP_S: i64 = 60;
/// How often old rows are looked for.
pub const PURGE_INTERVAL: Duration = Duration::from_secs(3600);
/// To so many others are a bot's hints remembered, and given, in a day: strangers come in any number, and must neither
/// fill the disk nor make the bot write to everybody.
pub const HINTS_MAX: i64 = 1_000;
/// At most one hint about encryption in this time, or a chatty phone would get one for each message.
pub const HINT_EVERY_S: i64 = 3600;
/// What was said to a bot whose program was never seen may wait so long before its owner hears that nothing listens.
pub const UNHEARD_AFTER: Duration = Duration::from_secs(60);
/// A program that was seen may come by the hour, or once a day: it is missed only after this.
pub const UNHEARD_SINCE: Duration = Duration::from_secs(25 * 3600);
/// The owner is told no more often.
pub const UNHEARD_EVERY_S: i64 = 24 * 3600;
/// Seconds between two writes of a bot's `last_active`, so that polling does not wear out a flash card.
pub const LAST_ACTIVE_STEP_S: i64 = 60;
/// An archive id becomes the mark only when it is this old: servers may store two messages that arrive at once in one
/// order and deliver them in the other. What is read twice is recognised.
pub const MARK_AGE: Duration = Duration::from_secs(5);
/// Archive ids remembered for [`MARK_AGE`]; beyond it the oldest becomes the mark early.
pub const MARKS_MAX: usize = 4_096;
/// Stack of our own threads; deep recursion is bounded everywhere ([`ELEMENT_DEPTH_MAX`](super::ELEMENT_DEPTH_MAX)).
pub const THREAD_STACK_BYTES: usize = 512 * 1024;
/// Unix time before which no clock was right: boards without one begin in 1970, or with the day their system was built.
pub const CLOCK_UNSET_BEFORE: i64 = 1_767_225_600;
/// The watchdog is fed so often within its time that one that comes late does no harm.
pub const WATCHDOG_SHARE: u32 = 3;
/// Not more often, whatever it wants.
pub const WATCHDOG_PAUSE_MIN: Duration = Duration::from_millis(100);
/// How long the configuration may take to be taken over; then systemd is told that it was, so that it does not wait for ever.
pub const RELOAD_TIMEOUT: Duration = Duration::from_secs(5);
