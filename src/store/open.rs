//! Opening: the data directory, its lock, the files' modes, the pragmas. Called once, at the start.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::base::crypto::SealKey;
use crate::base::limits;
use crate::store::backup::{self, Leftover};
use crate::store::generation::Generation;
use crate::store::key::{self, Database};
use crate::store::{Durability, Error, State, Store, migrate};

/// The database's file.
pub(super) const FILE: &str = "botmother.db";
/// The file whose lock says that the data directory is taken.
const LOCK_FILE: &str = "botmother.lock";
/// auto_vacuum comes first: it counts only before the first table. cache_size is in KiB when negative: rows are small
/// and the engine keeps what it needs, so 256 KiB hold the inner pages (512 were measured: no faster). The log goes back
/// into the database after 1,000 pages, which writes a page that changed often only once (flash), and is cut to 4 MiB
/// when it begins anew. secure_delete = FAST overwrites deleted rows in pages that are written anyway: no further
/// writes, and what matters is sealed besides.
const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA cache_size = -256;
    PRAGMA temp_store = MEMORY;
    PRAGMA foreign_keys = ON;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 4194304;
    PRAGMA secure_delete = FAST;
    PRAGMA trusted_schema = OFF;
";

impl Store {
    /// Opens the database of a data directory; makes directory, key and database where there are none. Fails with
    /// [`Error::Locked`] while another process has it open.
    pub fn open(data_dir: &Path, durability: Durability) -> Result<Store, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(|error| Error::io(data_dir, error))?;
        let lock = lock(data_dir)?;
        if let Some(leftover) = backup::settle(data_dir)? {
            tell(&leftover);
        }
        let path = data_dir.join(FILE);
        let database = match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > 0 => Database::Old,
            _ => Database::New,
        };
        let credentials_dir = std::env::var_os("CREDENTIALS_DIRECTORY");
        let key = key::load(data_dir, credentials_dir.as_ref().map(Path::new), database)?;
        // Made by us, so that its mode is right from the first byte; SQLite gives -wal and -shm the same mode.
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| Error::io(&path, error))?;
        for name in [FILE, "botmother.db-wal", "botmother.db-shm"] {
            make_private(&data_dir.join(name))?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        let mut store = Store::start(connection, key, Some((lock, &path)), durability)?;
        store.generation = Generation::of(data_dir);
        if database == Database::New {
            let directory = File::open(data_dir).and_then(|directory| directory.sync_all());
            directory.map_err(|error| Error::io(data_dir, error))?;
        }
        Ok(store)
    }

    /// The database of a data directory to look into, also while another process has it open: nothing can be written.
    /// `None` where there is none.
    pub fn look(data_dir: &Path) -> Result<Option<Store>, Error> {
        let path = data_dir.join(FILE);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > 0 => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(&path, error)),
            _ => return Ok(None),
        }
        backup::check_whole(data_dir)?;
        let credentials_dir = std::env::var_os("CREDENTIALS_DIRECTORY");
        let key = key::load(data_dir, credentials_dir.as_ref().map(Path::new), Database::Old)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(limits::STORE_BUSY_TIMEOUT)?;
        let store = Store::over(connection, key, None);
        migrate::check(&store)?;
        Ok(Some(store))
    }

    /// A database in memory under a fixed key, for tests.
    pub fn memory() -> Store {
        let connection = Connection::open_in_memory().expect("memory is there");
        Store::start(connection, SealKey::new(&[7; 32]), None, Durability::Process).expect("our own schema is valid")
    }

    /// A store over an open connection, with nothing known of what is in it.
    pub(super) fn over(connection: Connection, key: SealKey, lock: Option<File>) -> Store {
        Store {
            connection,
            key,
            state: State::Clean,
            generation: Generation::default(),
            last_number: None,
            last_outbox: None,
            last_numbers: Default::default(),
            last_update: None,
            since_trim: HashMap::new(),
            files_since_trim: HashMap::new(),
            keyboard_bots: None,
            history_bytes: HashMap::new(),
            may_have_strangers: false,
            device_changes: 0,
            broken: None,
            watch: None,
            _lock: lock,
        }
    }

    fn start(
        connection: Connection,
        key: SealKey,
        file: Option<(File, &Path)>,
        durability: Durability,
    ) -> Result<Store, Error> {
        connection.busy_timeout(limits::STORE_BUSY_TIMEOUT)?;
        // Plans that depend on what is bound are made anew with each binding: a third of our statements would be.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(limits::STATEMENTS_MAX);
        // Only at the birth of a file: later it would be written again, at every start.
        if connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))? == 0 {
            connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
        }
        connection.execute_batch(PRAGMAS)?;
        connection.execute_batch(match durability {
            Durability::Power => "PRAGMA synchronous = FULL",
            Durability::Process => "PRAGMA synchronous = NORMAL",
        })?;
        let (lock, path) = file.unzip();
        let mut store = Store::over(connection, key, lock);
        migrate::migrate(&mut store, path)?;
        // What was prepared before the tables were there is of no use any more.
        store.connection.flush_prepared_statement_cache();
        Ok(store)
    }
}

fn tell(leftover: &Leftover) {
    match leftover {
        Leftover::Dropped => log::warn!(
            "store: `botmother restore` was cut short before it changed anything; what it left is taken away: say it again"
        ),
        Leftover::Finished(aside) => log::warn!(
            "store: `botmother restore` was cut short while it exchanged files, and is finished now{}",
            aside.as_ref().map_or(String::new(), |dir| format!("; what was there before is in {}", dir.display()))
        ),
    }
}

/// Takes the data directory for this process, until the file is dropped.
pub(super) fn lock(data_dir: &Path) -> Result<File, Error> {
    let path = &data_dir.join(LOCK_FILE);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| Error::io(path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked),
        Err(TryLockError::Error(error)) => Err(Error::io(path, error)),
    }
}

/// Takes a file that is there away from everybody else's eyes.
pub(super) fn make_private(path: &Path) -> Result<(), Error> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    if metadata.permissions().mode() & 0o777 == 0o600 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(|error| Error::io(path, error))
}
