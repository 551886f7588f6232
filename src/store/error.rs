//! What can go wrong in the store. Used by every function here; the engine and the start-up code read it.
//!
//! Carries no value of any row: SQLite's own messages name tables and columns only.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use rusqlite::{ErrorCode, ffi};

use crate::base::spool::is_full;

/// What went wrong, and by the variant what to do.
#[derive(Debug)]
pub enum Error {
    /// A file or directory cannot be made, read or written. Somebody must look at permissions or the disk.
    Io {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process uses the data directory. Stop it, or use another directory.
    Locked,
    /// There is a database but no key. Put the key back; nothing is ever read or written without it.
    NoKey,
    /// The key file is not 64 hexadecimal digits. Put the right one back.
    BadKey(PathBuf),
    /// The key is not the one this database was made with. Put the right one back.
    WrongKey,
    /// The file was written by a later version. Install that version.
    Newer {
        /// The file's schema.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// The disk is full. Roll back and try again later.
    Full,
    /// Another program holds the database for longer than we wait. Roll back and try again.
    Busy,
    /// The file is damaged, not ours, or a value in it cannot be read. Somebody must restore a backup.
    Corrupt(String),
    /// A backup was being put back into this data directory and was cut short while files were exchanged. Whoever takes the
    /// directory next finishes it.
    Halfway(PathBuf),
    /// A backup, or a file to be imported, is not what it should be: one sentence without its name.
    Backup(String),
    /// A uniqueness or reference rule refused the row, such as a second account with the same address, or an update
    /// for a bot that is gone. That one statement did nothing; the transaction goes on.
    Conflict(String),
    /// An earlier write of this transaction failed, so nothing of it may be kept. Roll back.
    Aborted,
    /// Anything else SQLite says.
    Sql(String),
}

impl Error {
    /// An operating system's error about one path.
    pub(super) fn io(path: &Path, source: io::Error) -> Error {
        if is_full(&source) { Error::Full } else { Error::Io { path: path.to_path_buf(), source } }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Error::Locked => f.write_str("another botmother is running on this data directory"),
            Error::NoKey => f.write_str(
                "the database has no key: put secret.key back into the data directory from your backup, or give it as \
                 the systemd credential secret.key; if it is lost, so are the stored tokens and passwords, and moving \
                 botmother.db away begins anew",
            ),
            Error::BadKey(path) => {
                write!(f, "{}: not a key: it must be 64 hexadecimal digits; put the right one back", path.display())
            }
            Error::WrongKey => f.write_str(
                "secret.key is not the key this database was made with: put the right one back from your backup",
            ),
            Error::Newer { found, known } => write!(
                f,
                "the database has schema {found} and this program knows up to {known}: install the newer version again"
            ),
            Error::Full => f.write_str("the disk is full or cannot be written"),
            Error::Busy => f.write_str("another program holds the database"),
            Error::Corrupt(what) => write!(f, "the database cannot be read: {what}"),
            Error::Halfway(dir) => write!(
                f,
                "{}: `botmother restore` is at work here or was cut short; the next start of the daemon finishes it",
                dir.display()
            ),
            Error::Backup(why) => f.write_str(why),
            Error::Conflict(what) => write!(f, "refused by the database: {what}"),
            Error::Aborted => f.write_str("an earlier write of this transaction failed"),
            Error::Sql(what) => write!(f, "the database says: {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// What helps against damage.
const ADVICE: &str = "; put a backup back, or move botmother.db away to begin anew";

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::Error as E;
        let text = error.to_string();
        match error {
            E::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Error::Full,
                // SQLite calls it full only where the system says ENOSPC, and not where a quota or a limit ends a write.
                _ if matches!(failure.extended_code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE) => {
                    Error::Full
                }
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Error::Corrupt(text + ADVICE),
                ErrorCode::ConstraintViolation => Error::Conflict(text),
                _ => Error::Sql(text),
            },
            E::FromSqlConversionFailure(..) | E::InvalidColumnType(..) | E::IntegralValueOutOfRange(..) => {
                Error::Corrupt(text)
            }
            _ => Error::Sql(text),
        }
    }
}
