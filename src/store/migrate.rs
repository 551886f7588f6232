//! The schema's version (`PRAGMA user_version`): a new file gets today's schema, an older one the missing steps, a
//! newer one is refused. Called once, when the store is opened. One transaction: a file is of one version, whatever
//! happens; and before it begins, a copy of the older file is made beside it.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::store::message::key;
use crate::store::{Error, Store};

/// Brings a file to the next version, in the open transaction.
type Step = fn(&mut Store) -> Result<(), Error>;

/// Today's schema.
const SCHEMA: &str = include_str!("schema.sql");
/// `STEPS[n]` turns version `n + 1` into `n + 2`. Never changed once released.
const STEPS: &[Step] = &[to_version_2, to_version_3, to_version_4, to_version_5, to_version_6, to_version_7];
/// What a file has after all steps, and a new one from the start.
const VERSION: i64 = STEPS.len() as i64 + 1;

/// Brings the file to today's schema and checks that the key is its own. `path` is where it is, if not in memory.
pub(super) fn migrate(store: &mut Store, path: Option<&Path>) -> Result<(), Error> {
    let found = store.number("PRAGMA user_version", &[])?;
    match found {
        VERSION => store.check_key(),
        0 if store.number("SELECT count(*) FROM sqlite_schema", &[])? > 0 => {
            Err(Error::Corrupt("it is not a database of botmother".into()))
        }
        0 => {
            store.begin()?;
            store.connection.execute_batch(SCHEMA)?;
            store.store_key_check()?;
            finish(store)
        }
        older if (1..VERSION).contains(&older) => {
            store.check_key()?;
            if let Some(path) = path {
                let copy = copy(store, path, older)?;
                log::info!(
                    "the database is of an older version, and is brought to today's; {} is as it was",
                    copy.display()
                );
            }
            upgrade(store, older)
        }
        _ => Err(Error::Newer { found, known: VERSION }),
    }
}

/// Whether a file that is only looked into is of today's schema, and the key its own.
pub(super) fn check(store: &Store) -> Result<(), Error> {
    match store.number("PRAGMA user_version", &[])? {
        VERSION => store.check_key(),
        newer if newer > VERSION => Err(Error::Newer { found: newer, known: VERSION }),
        _ => Err(Error::Corrupt("it is of an older version; start the daemon once".into())),
    }
}

/// The schema of a database that may be older, as a backup is; newer ones and foreign ones are refused.
pub(super) fn schema_of(connection: &Connection) -> Result<i64, Error> {
    match connection.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        0 => Err(Error::Corrupt("it is not a database of botmother".into())),
        newer if newer > VERSION => Err(Error::Newer { found: newer, known: VERSION }),
        known => Ok(known),
    }
}

/// Whether the daemon brings a database of this schema up to date when it starts.
pub(super) fn is_older(schema: i64) -> bool {
    schema < VERSION
}

/// Takes the steps that are missing, all or none.
fn upgrade(store: &mut Store, older: i64) -> Result<(), Error> {
    store.begin()?;
    let done = usize::try_from(older - 1).unwrap_or_default();
    let outcome = STEPS[done..].iter().try_for_each(|step| step(store)).and_then(|()| finish(store));
    if outcome.is_err() {
        store.rollback();
    }
    outcome
}

fn finish(store: &mut Store) -> Result<(), Error> {
    store.connection.execute_batch(&format!("PRAGMA user_version = {VERSION}"))?;
    store.commit()
}

/// Copies an older file, for whoever wants to go back. One that was begun and not finished is made again.
fn copy(store: &Store, path: &Path, version: i64) -> Result<PathBuf, Error> {
    let mut name = path.as_os_str().to_os_string();
    name.push(format!(".version-{version}"));
    let copy = PathBuf::from(name);
    let failed = |source: io::Error| Error::io(&copy, source);
    match std::fs::remove_file(&copy) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    // Made by us, so that its mode is right from the first byte.
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(&copy).map_err(failed)?;
    let target = copy.to_str().ok_or_else(|| failed(ErrorKind::InvalidFilename.into()))?;
    if let Err(error) = store.connection.execute("VACUUM INTO ?", [target]) {
        // Half of one is none.
        let _ = std::fs::remove_file(&copy);
        return Err(error.into());
    }
    File::open(&copy).and_then(|file| file.sync_all()).map_err(failed)?;
    Ok(copy)
}

/// Contacts, conversations and messages of every channel, in place of what each had of its own.
fn to_version_2(store: &mut Store) -> Result<(), Error> {
    store.connection.execute_batch(include_str!("version-2.sql"))?;
    // Hashes are ours to make. The numbers of the messages are those of the old rows.
    let rows = store.rows("SELECT rowid, name, coalesce(room_id, other) FROM old", &[], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, Option<String>>(2)?))
    })?;
    for (id, name, other) in rows {
        let other = other.filter(|other| Some(other) != name.as_ref());
        store.write(
            "UPDATE message SET key = ?, alias = ? WHERE id = ?",
            &[&name.as_deref().map(key), &other.as_deref().map(key), &id],
        )?;
    }
    store.connection.execute_batch("DROP TABLE old")?;
    Ok(())
}

/// Tables for histories, empty.
fn to_version_3(store: &mut Store) -> Result<(), Error> {
    Ok(store.connection.execute_batch(include_str!("version-3.sql"))?)
}

/// Fewer pages for a message.
fn to_version_4(store: &mut Store) -> Result<(), Error> {
    Ok(store.connection.execute_batch(include_str!("version-4.sql"))?)
}

/// Tokens, people and what they use; who did what.
fn to_version_5(store: &mut Store) -> Result<(), Error> {
    Ok(store.connection.execute_batch(include_str!("version-5.sql"))?)
}

/// Links to chats elsewhere, buttons, questions to people.
fn to_version_6(store: &mut Store) -> Result<(), Error> {
    Ok(store.connection.execute_batch(include_str!("version-6.sql"))?)
}

/// People with a browser, their chats and files.
fn to_version_7(store: &mut Store) -> Result<(), Error> {
    Ok(store.connection.execute_batch(include_str!("version-7.sql"))?)
}
