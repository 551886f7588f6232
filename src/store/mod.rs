//! Layer 2: everything that is kept on disk, and the only place that speaks SQL.
//!
//! One concrete [`Store`], used by one thread, the engine. Writing functions begin a transaction when there is none;
//! the engine ends it with [`Store::commit`] or [`Store::rollback`], so a whole batch of events costs one flush of
//! the disk. Reading begins nothing. After a write has failed, nothing of its transaction can be committed any more.
//! Never decides anything: rules live in the engine. Nothing is written while nothing happens.

pub mod row;

mod error;
mod generation;
mod key;
mod migrate;
mod open;
mod sql;

mod account;
mod ai;
mod audit;
mod bot;
mod command;
mod contact;
mod file;
mod history;
mod idempotency;
mod local;
mod message;
mod omemo;
mod outbox;
mod profile;
mod purge;
mod room;
mod seen;
mod sent;
mod setting;
mod told;
mod trust;
mod update;
mod webhook;

use std::collections::HashMap;
use std::fs::File;

use rusqlite::Connection;

use crate::base::crypto::SealKey;
use crate::base::id::BotId;

pub use error::Error;
pub use told::KnownMessage;

/// What a committed transaction survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Loss of power: every commit waits for the disk.
    Power,
    /// The end of the process only: the operating system writes when it likes. Far less wear on a memory card.
    Process,
}

/// The database, open.
pub struct Store {
    connection: Connection,
    key: SealKey,
    state: State,
    generation: generation::Generation,
    /// The last number given to a message, once it is known.
    last_number: Option<i64>,
    /// The last number in the outbox, once something was put there.
    last_outbox: Option<i64>,
    /// The last number given to an update, once it is known.
    last_update: Option<i64>,
    /// Messages of each bot since they were counted.
    since_trim: HashMap<Option<BotId>, i64>,
    /// The same for files.
    files_since_trim: HashMap<BotId, i64>,
    /// Messages went by number: their people may have none any more.
    may_have_strangers: bool,
    /// Grows whenever a device of OMEMO may have changed.
    device_changes: u64,
    /// Holds the data directory for us; dropped after the connection. `None` in memory.
    _lock: Option<File>,
}

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is none.
    Clean,
    /// Begun, all well.
    Dirty,
    /// A write failed. SQLite may have rolled back by itself, so going on would commit half of a batch.
    Failed,
}

impl Store {
    /// Makes durable what was written since the last time. Does nothing when nothing was written. After an error the
    /// transaction is gone, as after [`Store::rollback`].
    pub fn commit(&mut self) -> Result<(), Error> {
        let outcome = match self.state {
            State::Clean => return Ok(()),
            State::Dirty => self.run("COMMIT"),
            State::Failed => Err(Error::Aborted),
        };
        match outcome {
            Ok(()) => {
                self.state = State::Clean;
                self.generation.committed();
            }
            Err(_) => self.rollback(),
        }
        outcome
    }

    /// Takes back what was written since the last commit. Works after any error.
    pub fn rollback(&mut self) {
        // SQLite has already rolled back by itself after some errors. A failing ROLLBACK leaves nothing to be done:
        // the next BEGIN reports what is wrong.
        if !self.connection.is_autocommit()
            && let Err(error) = self.run("ROLLBACK")
        {
            log::warn!("store: rolling back: {error}");
        }
        self.state = State::Clean;
        self.device_changes += 1;
        self.last_update = None;
        self.generation.rolled_back();
    }

    /// Whether something was written that is not committed.
    pub fn is_dirty(&self) -> bool {
        self.state != State::Clean
    }

    /// Ends: takes back what is not committed, moves the log into the database and closes it. An error (a full disk)
    /// loses nothing: what was committed stays in the log and is found again.
    pub fn close(mut self) -> Result<(), Error> {
        self.rollback();
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection.close().map_err(|(_, error)| Error::from(error))
    }
}
