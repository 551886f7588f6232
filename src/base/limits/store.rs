//! The store: its file and its statements.

use std::time::Duration;

/// More than there are statements in this layer, so that none is prepared twice.
pub const STATEMENTS_MAX: usize = 128;
/// How long we wait for another program that looks into the database (a backup, a curious `sqlite3`).
pub const STORE_BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Free pages that are kept for later use; only beyond them is the file made shorter.
pub const FREE_PAGES_KEPT: i64 = 1_024;
/// Pages given back in one purge: moving them must not hold up the engine for long.
pub const PAGES_GIVEN_BACK_MAX: i64 = 4_096;
/// Messages of a bot are counted with one insertion in so many: counting reads as many as are kept.
pub const MESSAGES_COUNTED_EVERY: i64 = 1_024;
/// The same for files, of which a bot keeps fewer.
pub const FILE_COUNTED_EVERY: i64 = 128;
/// Pages that a backup copies at once, 1 MiB; then the daemon gets at the disk.
pub const BACKUP_PAGES: i32 = 256;
/// For how long.
pub const BACKUP_PAUSE: Duration = Duration::from_millis(5);
/// How often a backup waits so for whoever locks the database; that is some ten seconds.
pub const BACKUP_WAITS_MAX: u32 = 2_000;
/// Memory for copying.
pub const BACKUP_BUFFER_BYTES: usize = 64 * 1024;
/// A key, a certificate, a manifest: whatever is in a backup besides the database.
pub const BACKUP_SMALL_BYTES_MAX: u64 = 64 * 1024;
