//! Layer 2: everything that is kept on disk, and the only place that speaks SQL.
//!
//! One concrete [`Store`], used by one thread, the engine. Writing functions begin a transaction when there is none;
//! the engine ends it with [`Store::commit`] or [`Store::rollback`], so a whole batch of events costs one flush of
//! the disk. Reading begins nothing. After a write has failed, nothing of its transaction can be committed any more.
//! Never decides anything: rules live in the engine. Nothing is written while nothing happens.

pub mod backup;
pub mod import;
pub mod row;

mod condition;
mod error;
mod generation;
mod key;
mod migrate;
mod open;
mod sql;

mod account;
mod ai;
mod asking;
mod audit;
mod bot;
mod bot_key;
mod bridge;
mod button;
mod carry;
mod command;
mod contact;
mod faq;
mod file;
mod history;
mod idempotency;
mod local;
mod message;
mod numbers;
mod omemo;
mod order;
mod outbox;
mod page_file;
mod profile;
mod purge;
mod room;
mod seen;
mod sent;
mod setting;
mod telegram;
mod tenant;
mod token;
mod told;
mod trust;
mod update;
mod way;
mod web;
mod web_message;
mod webhook;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::time::Duration;

use rusqlite::Connection;

use crate::base::crypto::SealKey;
use crate::base::id::BotId;
use crate::base::prometheus::Histogram;

pub use condition::{Condition, look_over, written_bytes};
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
    /// The last numbers given to messages for bots' programs, by bot and chat.
    last_numbers: HashMap<(BotId, i64), i64>,
    /// Messages of each bot since they were counted.
    since_trim: HashMap<Option<BotId>, i64>,
    /// The same for files.
    files_since_trim: HashMap<BotId, i64>,
    /// Bots that have buttons somewhere, or had since the start, once that is known.
    keyboard_bots: Option<HashSet<BotId>>,
    /// How much the histories of a bot may hold, where that is less than of others.
    history_bytes: HashMap<BotId, i64>,
    /// Messages went by number: their people may have none any more.
    may_have_strangers: bool,
    /// Grows whenever a device of OMEMO may have changed.
    device_changes: u64,
    /// What the last commit failed of, where that was neither a lack of room nor somebody else's lock.
    broken: Option<String>,
    /// How long commits take, where somebody wants to know.
    watch: Option<Stopwatch>,
    /// Holds the data directory for us; dropped after the connection. `None` in memory.
    _lock: Option<File>,
}

/// Measures commits.
struct Stopwatch {
    clock: fn() -> Duration,
    times: Histogram,
}

/// Upper bounds of what a commit takes, in seconds: a good disk, a memory card, one in trouble.
const COMMIT_SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is none.
    Clean,
    /// Begun for reading.
    Reading,
    /// Begun, all well.
    Dirty,
    /// A write failed. SQLite may have rolled back by itself, so going on would commit half of a batch.
    Failed,
}

impl Store {
    /// Whether something could be committed now, found out without writing: the lock for it can be had, and the last commit
    /// did not find the disk broken. A full disk is no fault of ours: who restarts us gets no room by it.
    pub fn prove_writable(&mut self) -> Result<(), Error> {
        match self.state {
            // The commit itself will show it.
            State::Dirty | State::Failed => return Ok(()),
            State::Reading => self.end_reading(),
            State::Clean => {}
        }
        if let Some(why) = &self.broken {
            return Err(Error::Sql(why.clone()));
        }
        self.run("BEGIN IMMEDIATE")?;
        self.run("ROLLBACK")?;
        self.begin_reading()
    }

    /// Makes durable what was written since the last time. Does nothing when nothing was written. After an error the
    /// transaction is gone, as after [`Store::rollback`].
    pub fn commit(&mut self) -> Result<(), Error> {
        let outcome = match self.state {
            State::Clean => return Ok(()),
            State::Reading => {
                self.end_reading();
                return Ok(());
            }
            State::Dirty => self.commit_timed(),
            State::Failed => Err(Error::Aborted),
        };
        match &outcome {
            Ok(()) => {
                self.state = State::Clean;
                self.broken = None;
                self.generation.committed();
            }
            Err(error) => {
                if !matches!(error, Error::Full | Error::Busy | Error::Aborted | Error::Conflict(_)) {
                    self.broken = Some(error.to_string());
                }
                self.rollback();
            }
        }
        outcome
    }

    fn commit_timed(&mut self) -> Result<(), Error> {
        let begun = self.watch.as_ref().map(|watch| (watch.clock)());
        let outcome = self.run("COMMIT");
        if let (Some(watch), Some(begun)) = (&mut self.watch, begun) {
            watch.times.observe_time((watch.clock)().saturating_sub(begun));
        }
        outcome
    }

    /// Measures commits by this clock from now on.
    pub fn time_commits(&mut self, clock: fn() -> Duration) {
        self.watch = Some(Stopwatch { clock, times: Histogram::new(COMMIT_SECONDS) });
    }

    /// How long commits took.
    pub fn commit_times(&self) -> Option<&Histogram> {
        self.watch.as_ref().map(|watch| &watch.times)
    }

    /// Bytes of the database, without what is only in its log.
    pub fn bytes(&self) -> Result<i64, Error> {
        // Not kept prepared: SQLite prepares such a question anew each time.
        let number = |sql| self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok(number("PRAGMA page_count")? * number("PRAGMA page_size")?)
    }

    /// What is read from now on up to the end of the transaction is of one moment, and the file is locked once for all of it:
    /// SQLite locks and unlocks it for each statement else, with several system calls. It must not last long, as the log
    /// cannot begin anew meanwhile. (No lock at all, `locking_mode = EXCLUSIVE`, would keep `botmother doctor` and `sqlite3`
    /// with its backups from a database in use.)
    pub fn begin_reading(&mut self) -> Result<(), Error> {
        if self.state == State::Clean {
            self.run("BEGIN")?;
            self.state = State::Reading;
        }
        Ok(())
    }

    /// Nothing was written.
    fn end_reading(&mut self) {
        if let Err(error) = self.run("COMMIT") {
            log::warn!("store: the end of reading: {error}");
            self.rollback();
        }
        self.state = State::Clean;
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
        self.last_numbers.clear();
        self.generation.rolled_back();
    }

    /// Whether something was written that is not committed.
    pub fn is_dirty(&self) -> bool {
        matches!(self.state, State::Dirty | State::Failed)
    }

    /// Ends: takes back what is not committed, moves the log into the database and closes it. An error (a full disk)
    /// loses nothing: what was committed stays in the log and is found again.
    pub fn close(mut self) -> Result<(), Error> {
        self.rollback();
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection.close().map_err(|(_, error)| Error::from(error))
    }
}
