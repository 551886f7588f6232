//! Configuration and command line.

use std::time::Duration;

/// More accounts than anybody configures by hand; a bound on `BOTMOTHER_ACCOUNT__999999999__JID`.
pub const ACCOUNTS_MAX: usize = 1000;
/// Larger files are something else, given by mistake.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// A file with one password in it.
pub const PASSWORD_FILE_BYTES_MAX: u64 = 4096;
/// Longer than any password.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// For all but long polls.
pub const CLIENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait when the daemon says that we are too fast.
pub const CLIENT_BUSY_WAIT: Duration = Duration::from_secs(1);
/// How often to wait so.
pub const CLIENT_BUSY_WAITS_MAX: u32 = 10;
/// More than the longest answer there is: a hundred lines of chat.
pub const CLIENT_ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Lines that can be called back with the arrow key.
pub const CHAT_HISTORY_MAX: usize = 200;
/// Between tries to hear from a daemon that has gone.
pub const CHAT_RETRY: Duration = Duration::from_secs(2);
/// Input read ahead of what is said.
pub const CHAT_READ_AHEAD: usize = 64;
/// Free space in MB below which `doctor` warns: the database may soon not grow any more.
pub const SPACE_LOW_MB: u64 = 50;
/// Free space in MB below which there surely is trouble.
pub const SPACE_NONE_MB: u64 = 5;
/// While input is awaited, there is nothing to do at any time.
pub const CHAT_IDLE_TIMEOUT: Duration = Duration::from_secs(3600);
/// Text that `send` says as one message; more than servers take, less than the API does.
pub const SEND_TEXT_BYTES_MAX: u64 = 192 * 1024;
/// For a file to be handed to the daemon, and from there to the server.
pub const SEND_FILE_TIMEOUT: Duration = Duration::from_secs(300);
/// Between looks whether the server has it.
pub const SEND_LOOK_EVERY: Duration = Duration::from_millis(200);
/// For a service that `doctor` looks at to answer.
pub const DOCTOR_CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// Days that a certificate must still be good for; most are renewed 30 days before.
pub const CERTIFICATE_WARN_DAYS: i64 = 14;
/// Clocks that NTP sets are nearer to each other, slow answers included.
pub const CLOCK_DIFFERENCE_S: i64 = 30;
/// Before that a daemon has not written long enough to tell how much it writes in a day.
pub const WEAR_TOLD_AFTER_S: u64 = 3600;
