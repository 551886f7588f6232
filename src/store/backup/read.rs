//! Putting a backup back: all of it is unpacked and checked beside what is there, which is then kept aside.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, lchown};
use std::path::{Path, PathBuf};

use super::swap::{self, Leftover};
use super::{Summary, open_read_only, quick_check, unfit, unpack};
use crate::store::{Error, Store, key, migrate, open};

/// Where a backup is unpacked; left behind only by a kill, and looked at by whoever takes the data directory next.
pub(super) const STAGE: &str = "restore.new";

/// What was put back.
#[derive(Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub summary: Summary,
    /// Where that is which was there before, if anything was.
    pub aside: Option<PathBuf>,
    /// The daemon brings the database up to date when it starts.
    pub is_older: bool,
    /// What a restore that was cut short had left, and what became of it first.
    pub leftover: Option<Leftover>,
}

/// Reads a backup whole and holds it against its manifest.
pub fn inspect(input: &mut dyn Read) -> Result<Summary, Error> {
    unpack(input, |_| Ok(io::sink()))
}

/// Puts a backup into a data directory, which is made where there is none. Fails with [`Error::Locked`] while a daemon has it.
/// Nothing there is touched before the backup has been read to its end, checked, and opened with its key: the one in it, else
/// `key_file`, else the one that is there. What was there goes into the directory `aside` in it. As root, all files get the
/// owner of the directory.
pub fn restore(data_dir: &Path, input: &mut dyn Read, key_file: Option<&Path>, aside: &str) -> Result<Restored, Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(|error| Error::io(data_dir, error))?;
    let lock = open::lock(data_dir)?;
    let stage = data_dir.join(STAGE);
    let leftover = swap::settle(data_dir)?;
    let outcome = unpack_into(&stage, input).and_then(|summary| {
        supply_key(&stage, data_dir, key_file)?;
        let schema = check(&stage)?;
        // Whoever finishes it, if we do not, is the service's user.
        give_to_owner(data_dir)?;
        let aside = swap::swap(data_dir, &stage, aside)?;
        Ok(Restored { summary, aside, is_older: migrate::is_older(schema), leftover })
    });
    let ended = remove(&stage).and_then(|()| give_to_owner(data_dir));
    drop(lock);
    let restored = outcome?;
    ended.map(|()| restored)
}

pub(super) fn unpack_into(stage: &Path, input: &mut dyn Read) -> Result<Summary, Error> {
    make_dir(stage)?;
    let mut files = Vec::new();
    let summary = unpack(input, |name| {
        let path = stage.join(name);
        if let Some(parent) = path.parent().filter(|parent| *parent != stage && !parent.exists()) {
            make_dir(parent)?;
        }
        files.push(path.clone());
        let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
        made.map_err(|error| Error::io(&path, error))
    })?;
    for path in files {
        File::open(&path).and_then(|file| file.sync_all()).map_err(|error| Error::io(&path, error))?;
    }
    Ok(summary)
}

pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    DirBuilder::new().mode(0o700).create(path).map_err(|error| Error::io(path, error))
}

/// A backup without its key gets one, to be checked like its own.
fn supply_key(stage: &Path, data_dir: &Path, key_file: Option<&Path>) -> Result<(), Error> {
    let own = stage.join(key::FILE);
    let there = data_dir.join(key::FILE);
    let from = match key_file {
        _ if own.exists() => return Ok(()),
        Some(file) => file,
        None if there.exists() => &there,
        None => return Err(unfit("it was made without its key; say where that is with --key-file")),
    };
    let text = fs::read(from).map_err(|error| Error::io(from, error))?;
    if key::unhex(text.trim_ascii()).is_none() {
        return Err(Error::BadKey(from.to_path_buf()));
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&own);
    let written = file.as_mut().map_err(|error| Error::io(&own, io::Error::from(error.kind())))?;
    io::Write::write_all(written, &text).and_then(|()| written.sync_all()).map_err(|error| Error::io(&own, error))
}

/// Whether the unpacked database is whole, of a version we know, and opens with its key. Gives its schema.
fn check(stage: &Path) -> Result<i64, Error> {
    let connection = open_read_only(&stage.join(open::FILE))?;
    let schema = migrate::schema_of(&connection)?;
    quick_check(&connection)?;
    let key = key::load(stage, None, key::Database::Old)?;
    Store::over(connection, key, None).check_key().map_err(|error| match error {
        Error::WrongKey => unfit("it does not open with this key; say where its own is with --key-file"),
        error => error,
    })?;
    Ok(schema)
}

/// The same file under another name; a copy where the filesystem has no such thing.
pub(super) fn keep(from: &Path, to: &Path) -> Result<(), Error> {
    if from.is_dir() {
        make_dir(to)?;
        for entry in fs::read_dir(from).map_err(|error| Error::io(from, error))? {
            let entry = entry.map_err(|error| Error::io(from, error))?;
            keep(&entry.path(), &to.join(entry.file_name()))?;
        }
        return sync(to);
    }
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).and_then(|_| File::open(to)?.sync_all()).map_err(|error| Error::io(to, error))
}

pub(super) fn remove(path: &Path) -> Result<(), Error> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(path, error)),
        _ => Ok(()),
    }
}

pub(super) fn sync(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| Error::io(dir, error))
}

/// Root leaves nothing behind that the service's user cannot open.
pub fn give_to_owner(dir: &Path) -> Result<(), Error> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = fs::metadata(dir).map_err(|error| Error::io(dir, error))?;
    if owner.uid() != 0 { give(dir, owner.uid(), owner.gid()) } else { Ok(()) }
}

fn give(dir: &Path, user: u32, group: u32) -> Result<(), Error> {
    for entry in fs::read_dir(dir).map_err(|error| Error::io(dir, error))? {
        let entry = entry.map_err(|error| Error::io(dir, error))?;
        let (path, kind) = (entry.path(), entry.file_type());
        // A link is nothing of ours, and may lead anywhere.
        if kind.as_ref().is_ok_and(|kind| kind.is_symlink()) {
            continue;
        }
        lchown(&path, Some(user), Some(group)).map_err(|error| Error::io(&path, error))?;
        if kind.is_ok_and(|kind| kind.is_dir()) {
            give(&path, user, group)?;
        }
    }
    Ok(())
}
