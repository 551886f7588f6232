//! How a database is, for `botmother doctor`: looked at without changing anything, also while the daemon has it.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::base::limits;
use crate::store::open::FILE;
use crate::store::{Error, migrate};

/// What a look at it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its schema.
    pub schema: i64,
    /// The daemon brings it up to date when it starts.
    pub is_older: bool,
    /// Its size in bytes, and that of its log.
    pub bytes: u64,
    /// The same of the log.
    pub log_bytes: u64,
}

/// Checks every page of the database (`quick_check`); `None` where there is none. A damaged one is [`Error::Corrupt`].
pub fn look_over(data_dir: &Path) -> Result<Option<Condition>, Error> {
    let path = data_dir.join(FILE);
    let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let bytes = size(&path);
    if bytes == 0 {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags)?;
    connection.busy_timeout(limits::STORE_BUSY_TIMEOUT)?;
    let schema = migrate::schema_of(&connection)?;
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(Error::Corrupt(found));
    }
    let log_bytes = size(&data_dir.join([FILE, "-wal"].concat()));
    Ok(Some(Condition { schema, is_older: migrate::is_older(schema), bytes, log_bytes }))
}

/// Bytes that this process has had written to its disks since it began, as Linux counts them; `None` where it does not.
pub fn written_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/io").ok()?;
    text.lines().find_map(|line| line.strip_prefix("write_bytes:"))?.trim().parse().ok()
}
