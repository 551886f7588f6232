//! Making a backup: a copy of the database by SQLite's online backup, then the archive, then a look at what was written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::tar::{BLOCK, Head, SIZE_MAX};
use super::{
    CERTIFICATE_DIR, EXTRA, FORMAT, Item, MANIFEST, Summary, beside, inspect, open_read_only, quick_check, unfit,
};
use crate::base::json::{Object, array};
use crate::base::limits;
use crate::base::spool::is_full;
use crate::base::text::hex;
use crate::store::{Error, Store, key, migrate, open};

/// Whether the secrets that open a backup go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// The backup opens by itself, for whoever has it.
    Included,
    /// `secret.key`, `admin.token` and the key of the API's certificate are kept elsewhere.
    LeftOut,
}

/// Writes a new file and reads it back. The daemon may run: what was committed before the call is in it. Needs room for the
/// database twice, beside `file`. `now_s` is Unix time. A file that is there is replaced at the end, by a whole one.
pub fn write(data_dir: &Path, file: &Path, keys: Keys, now_s: i64) -> Result<Summary, Error> {
    let part = Temporary::new(beside(file, ".part"))?;
    let out = part.open()?;
    let mut out = BufWriter::with_capacity(limits::BACKUP_BUFFER_BYTES, out);
    let written = pack(data_dir, &mut out, Scratch { database: beside(file, ".db"), keys, now_s })?;
    let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
    out.sync_all().map_err(failed)?;
    let found = inspect(&mut File::open(part.path()).map_err(failed)?)?;
    if found.files != written.files {
        return Err(unfit("what was written is not what is read back; is the disk well?"));
    }
    fs::rename(part.path(), file).map_err(|error| Error::io(file, error))?;
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Some filesystems cannot sync a directory; the file itself is on the disk.
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(found)
}

/// Writes an archive to somewhere that cannot be read back. `scratch` is a directory with room for the database.
pub fn write_to(
    data_dir: &Path,
    out: &mut dyn Write,
    keys: Keys,
    now_s: i64,
    scratch: &Path,
) -> Result<Summary, Error> {
    let database = scratch.join(format!("botmother-backup-{}.db", std::process::id()));
    let summary = pack(data_dir, out, Scratch { database, keys, now_s })?;
    out.flush().map_err(failed)?;
    Ok(summary)
}

/// How an archive is made.
struct Scratch {
    /// Where the copy of the database is until it is in the archive.
    database: PathBuf,
    keys: Keys,
    now_s: i64,
}

fn pack(data_dir: &Path, out: &mut dyn Write, scratch: Scratch) -> Result<Summary, Error> {
    super::check_whole(data_dir)?;
    let copy = Temporary::new(scratch.database)?;
    drop(copy.open()?);
    let schema = copy_database(data_dir, copy.path())?;
    if scratch.keys == Keys::Included {
        let connection = open_read_only(copy.path())?;
        let key = key::load(data_dir, None, key::Database::Old)?;
        Store::over(connection, key, None).check_key()?;
    }
    let mut packer = Packer { out, items: Vec::new(), now_s: scratch.now_s };
    packer.add(open::FILE, copy.path())?;
    let database_bytes = packer.items[0].size;
    drop(copy);
    for (name, is_secret) in EXTRA {
        if scratch.keys == Keys::Included || !is_secret {
            packer.add_if_there(name, &data_dir.join(name))?;
        }
    }
    if scratch.keys == Keys::Included {
        for name in names(&data_dir.join(CERTIFICATE_DIR))? {
            packer.add(&format!("{CERTIFICATE_DIR}/{name}"), &data_dir.join(CERTIFICATE_DIR).join(&name))?;
        }
    }
    let files = packer.finish(schema)?;
    let version = env!("CARGO_PKG_VERSION").to_string();
    Ok(Summary { version, made_at: scratch.now_s, schema, files, database_bytes })
}

/// Files of a directory that may go into an archive, in the order of their names; none where there is no directory.
fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(dir, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::io(dir, error))?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let name = entry.file_name().into_string().unwrap_or_default();
        if is_file && super::is_known(&format!("{CERTIFICATE_DIR}/{name}")) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The database as it is at one moment, page by page, with pauses in which the daemon gets at the disk. Its log may not begin
/// anew meanwhile, and grows by what the daemon writes. Gives the schema.
fn copy_database(data_dir: &Path, to: &Path) -> Result<i64, Error> {
    let path = data_dir.join(open::FILE);
    if let Err(error) = fs::metadata(&path) {
        return Err(Error::io(&path, error));
    }
    let from = open_read_only(&path)?;
    from.execute_batch("BEGIN")?;
    // The first statement that reads settles which moment it is.
    let schema = migrate::schema_of(&from)?;
    let mut copy = Connection::open(to)?;
    copy.execute_batch("PRAGMA cache_size = -256; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    let backup = Backup::new(&from, &mut copy)?;
    let mut waits = 0;
    loop {
        match backup.step(limits::BACKUP_PAGES)? {
            StepResult::Done => break,
            StepResult::More => thread::sleep(limits::BACKUP_PAUSE),
            _ if waits == limits::BACKUP_WAITS_MAX => return Err(Error::Busy),
            _ => {
                waits += 1;
                thread::sleep(limits::BACKUP_PAUSE);
            }
        }
    }
    drop(backup);
    from.execute_batch("COMMIT")?;
    copy.close().map_err(|(_, error)| Error::from(error))?;
    // Without the mark of a log beside it, so that whoever looks into it makes no further files. Not on the connection
    // that was copied to: that one knows of an empty database.
    let copy = Connection::open(to)?;
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    quick_check(&copy)?;
    copy.close().map_err(|(_, error)| Error::from(error))?;
    Ok(schema)
}

struct Packer<'a> {
    out: &'a mut dyn Write,
    items: Vec<Item>,
    now_s: i64,
}

impl Packer<'_> {
    fn add_if_there(&mut self, name: &str, path: &Path) -> Result<(), Error> {
        match fs::metadata(path) {
            Ok(_) => self.add(name, path),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::io(path, error)),
        }
    }

    fn add(&mut self, name: &str, path: &Path) -> Result<(), Error> {
        let mut file = File::open(path).map_err(|error| Error::io(path, error))?;
        let size = file.metadata().map_err(|error| Error::io(path, error))?.len();
        if size > SIZE_MAX {
            return Err(unfit(format!("{} is larger than a backup holds", path.display())));
        }
        let head = Head { name: name.to_string(), size };
        self.out.write_all(&head.print(self.now_s)).map_err(failed)?;
        let sha256 = super::copy(&mut file, size, self.out)?;
        self.out.write_all(&[0; BLOCK][..head.padding()]).map_err(failed)?;
        self.items.push(Item { name: head.name, size, sha256 });
        Ok(())
    }

    /// The manifest, and the two empty blocks that end an archive. Gives the names of what is in it.
    fn finish(self, schema: i64) -> Result<Vec<String>, Error> {
        let file = |item: &Item| {
            let size = i64::try_from(item.size).unwrap_or(i64::MAX);
            Object::new().text("name", &item.name).number("size", size).text("sha256", &item.sha256).end()
        };
        let manifest = Object::new()
            .number("format", FORMAT)
            .text("botmother", env!("CARGO_PKG_VERSION"))
            .number("schema", schema)
            .number("made_at", self.now_s)
            .raw("files", &array(self.items.iter().map(file)))
            .end();
        let head = Head { name: MANIFEST.to_string(), size: manifest.len() as u64 };
        let padding = [0; BLOCK];
        for part in [&head.print(self.now_s)[..], manifest.as_bytes(), &padding[..head.padding()], &padding, &padding] {
            self.out.write_all(part).map_err(failed)?;
        }
        Ok(self.items.into_iter().map(|item| item.name).collect())
    }
}

/// What went wrong with the file that is written.
pub(super) fn failed(error: io::Error) -> Error {
    if is_full(&error) { Error::Full } else { unfit(format!("it cannot be written: {error}")) }
}

/// A file that is gone when this is, unless it got another name.
struct Temporary(PathBuf);

impl Temporary {
    /// A random end keeps two that run at once apart, and strangers from knowing the name beforehand.
    fn new(path: PathBuf) -> Result<Temporary, Error> {
        let mut random = [0; 8];
        crate::base::crypto::random(&mut random);
        Ok(Temporary(beside(&path, &format!("-{}", hex(&random)))))
    }

    fn open(&self) -> Result<File, Error> {
        let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&self.0);
        made.map_err(|error| Error::io(&self.0, error))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
