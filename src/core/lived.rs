//! How old things are. A board without a clock of its own starts in 1970 and jumps when it learns the time, and clocks
//! are set back, too; over restarts nobody can tell such a jump from time that passed. So age is counted in time that
//! the program has lived through, which goes on where the last run left it. Clock time is for people.
//!
//! It is written with transactions that are written anyway, at most once a minute: a kill may cost some of it, so that
//! things are kept for longer, never for less.

use std::time::Duration;

use crate::base::limits;
use crate::base::time::Now;
use crate::core::batch::Batch;
use crate::store::{self, Store};

const KEY: &str = "lived_s";

/// The time lived through.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lived {
    /// What it was, in milliseconds, when this run began, and when that was (monotonic). A new database begins with the
    /// clock's time, so that its numbers look like those of older versions.
    base_ms: i64,
    since: Duration,
    /// What is in the table, in seconds.
    written: i64,
}

impl Lived {
    /// Goes on from the last run. A database of an older version has stamps of the clock: it goes on from the newest.
    pub(crate) fn begin(store: &Store, now: Now) -> Result<Lived, store::Error> {
        let kept = store.setting(KEY)?.and_then(|text| text.parse::<i64>().ok());
        let begun = match kept {
            Some(kept) => kept,
            None => store.newest_stamp()?.unwrap_or_else(|| now.unix()),
        };
        Ok(Lived { base_ms: begun.saturating_mul(1000), since: now.mono, written: kept.unwrap_or(i64::MIN) })
    }
}

impl Batch {
    /// When this run began (monotonic).
    pub(crate) fn began(&self) -> Duration {
        self.lived.since
    }

    /// How long it has been running.
    pub(crate) fn up(&self) -> Duration {
        self.now.mono.saturating_sub(self.lived.since)
    }

    /// Milliseconds lived through: what ages are differences of.
    pub(crate) fn lived_ms(&self) -> i64 {
        self.lived.base_ms.saturating_add(i64::try_from(self.up().as_millis()).unwrap_or(i64::MAX))
    }

    /// The same in seconds.
    pub(crate) fn lived(&self) -> i64 {
        self.lived_ms().div_euclid(1000)
    }

    /// Before a commit. Gives what is written.
    pub(crate) fn write_lived(&mut self) -> Result<Option<i64>, store::Error> {
        let lived = self.lived();
        if !self.store.is_dirty() || lived < self.lived.written.saturating_add(limits::LIVED_STEP_S) {
            return Ok(None);
        }
        self.store.store_setting(KEY, &lived.to_string())?;
        Ok(Some(lived))
    }

    /// After it.
    pub(crate) fn note_lived_written(&mut self, written: Option<i64>) {
        self.lived.written = written.unwrap_or(self.lived.written);
    }
}
