//! The generation: a number in the database and in a file beside it, which grow together. A database that is behind the
//! file, or has lost it, was put back from an older copy; what must never be used twice, such as the keys of OMEMO, must
//! then be made anew. Backups leave the file out.
//!
//! Written seldom, and never while nothing happens: at the start, when it ends, and now and then between.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::store::{Error, Store};

/// The file in the data directory: a decimal number.
pub(super) const FILE: &str = "botmother.generation";
/// Where the number stands in `settings`.
const SETTING: &str = "generation";

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Generation {
    /// The data directory; `None` in memory.
    dir: Option<PathBuf>,
    /// The file is to have this number as soon as the database has it.
    due: Option<i64>,
    /// Something was committed since the last time.
    is_outlived: bool,
}

impl Generation {
    pub(super) fn of(dir: &Path) -> Generation {
        Generation { dir: Some(dir.to_path_buf()), ..Generation::default() }
    }

    /// The database has the number: now the file may. Without it the database is ahead, which does no harm.
    pub(super) fn committed(&mut self) {
        self.is_outlived = true;
        let (Some(dir), Some(number)) = (&self.dir, self.due.take()) else { return };
        self.is_outlived = false;
        if let Err(error) = write(dir, number) {
            log::warn!("store: {FILE} could not be written: {error}");
        }
    }

    pub(super) fn rolled_back(&mut self) {
        self.due = None;
    }

    /// The file's number; `None` where there is none. One that cannot be read is behind everything.
    fn on_disk(&self) -> Option<i64> {
        let text = fs::read_to_string(self.dir.as_ref()?.join(FILE)).ok()?;
        Some(text.trim().parse().unwrap_or(i64::MAX - 1))
    }
}

/// Written under another name first: a cut of power leaves the old number or the new one.
fn write(dir: &Path, number: i64) -> io::Result<()> {
    let new = dir.join("botmother.generation.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(format!("{number}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, dir.join(FILE))?;
    File::open(dir)?.sync_all()
}

impl Store {
    fn generation_here(&self) -> Result<i64, Error> {
        Ok(self.setting(SETTING)?.and_then(|number| number.parse().ok()).unwrap_or(0))
    }

    /// Whether the database is older than what there was: put back from a copy.
    pub fn is_put_back(&self) -> Result<bool, Error> {
        let here = self.generation_here()?;
        Ok(self.generation.dir.is_some() && self.generation.on_disk().map_or(here > 0, |there| there > here))
    }

    /// Begins the next generation with the transaction under way.
    pub fn begin_generation(&mut self) -> Result<(), Error> {
        let there = self.generation.on_disk().filter(|number| *number < i64::MAX - 1).unwrap_or(0);
        let next = self.generation_here()?.max(there) + 1;
        self.store_setting(SETTING, &next.to_string())?;
        self.generation.due = Some(next);
        Ok(())
    }

    /// Whether anything was committed in this generation: a copy made before would be behind.
    pub fn is_generation_outlived(&self) -> bool {
        self.generation.is_outlived
    }
}
