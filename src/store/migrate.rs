//! The schema's version (`PRAGMA user_version`): a new file gets today's schema, an older one the missing steps, a
//! newer one is refused. Called once, when the store is opened. One transaction: a file is of one version, whatever
//! happens.

use crate::store::{Error, Store};

/// Today's schema.
const SCHEMA: &str = include_str!("schema.sql");
/// `STEPS[n]` turns version `n + 1` into `n + 2`. Never changed once released.
const STEPS: &[&str] = &[];
/// What a file has after all steps, and a new one from the start.
const VERSION: i64 = STEPS.len() as i64 + 1;

/// Brings the file to today's schema and checks that the key is its own.
pub(super) fn migrate(store: &mut Store) -> Result<(), Error> {
    let found = store.number("PRAGMA user_version", &[])?;
    match found {
        VERSION => store.check_key(),
        0 if store.number("SELECT count(*) FROM sqlite_schema", &[])? > 0 => {
            Err(Error::Corrupt("it is not a database of botmother".into()))
        }
        0 => upgrade(store, &[SCHEMA]).and_then(|()| store.store_key_check()).and_then(|()| store.commit()),
        older if (1..VERSION).contains(&older) => {
            store.check_key()?;
            let done = usize::try_from(older - 1).unwrap_or_default();
            upgrade(store, &STEPS[done..]).and_then(|()| store.commit())
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

/// Runs the scripts in the store's open transaction; the caller commits.
fn upgrade(store: &mut Store, scripts: &[&str]) -> Result<(), Error> {
    store.begin()?;
    for script in scripts {
        store.connection.execute_batch(script)?;
    }
    store.connection.execute_batch(&format!("PRAGMA user_version = {VERSION}"))?;
    Ok(())
}
