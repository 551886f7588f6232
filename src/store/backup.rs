//! Backups: one tar archive with the database as it was at one moment, its key, and what an admin has chosen. Written while
//! the daemon runs, read back while it does not.
//!
//! The generation is left out (`generation.rs`): a database that comes without it is known as an older copy.
//!
//! `write.rs` makes an archive, `read.rs` unpacks and checks one, `swap.rs` puts it in the place of what is there, `tar.rs` has
//! its form.

mod read;
mod swap;
mod tar;
mod write;

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::base::crypto::Hasher;
use crate::base::json::Fields;
use crate::base::limits;
use crate::base::text::hex;
use crate::store::{Error, key, open};
use tar::{BLOCK, Head};

pub use read::{Restored, give_to_owner, inspect, restore};
pub use swap::Leftover;
pub(super) use swap::{check_whole, settle};
pub use write::{Keys, write, write_to};

/// The last file of an archive: what it is, and the hash of all others.
const MANIFEST: &str = "manifest.json";
/// What the manifest calls the form described here.
const FORMAT: i64 = 1;
/// Files beside the database that belong to it, and whether they hold a secret.
const EXTRA: &[(&str, bool)] = &[(key::FILE, true), ("admin.token", true), ("api.toml", false)];
/// A directory with the certificate of the API and its key, and what is in it.
const CERTIFICATE_DIR: &str = "api-tls";

/// What an archive holds.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The program that made it.
    pub version: String,
    /// Unix time.
    pub made_at: i64,
    /// The schema of its database.
    pub schema: i64,
    /// Names of its files, without the manifest.
    pub files: Vec<String>,
    /// How large the database is, in bytes.
    pub database_bytes: u64,
}

impl Summary {
    /// Whether it opens by itself.
    pub fn has_key(&self) -> bool {
        self.files.iter().any(|name| name == key::FILE)
    }
}

/// A file of an archive.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    name: String,
    size: u64,
    sha256: String,
}

/// What is wrong with a backup's file: one sentence without its name.
fn unfit(why: impl Into<String>) -> Error {
    Error::Backup(why.into())
}

/// Names that an archive may have: nothing that leads elsewhere.
fn is_known(name: &str) -> bool {
    let is_plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    match name.split_once('/') {
        None => name == open::FILE || EXTRA.iter().any(|(known, _)| *known == name),
        Some((CERTIFICATE_DIR, name)) => is_plain(name),
        Some(_) => false,
    }
}

/// Reads an archive to its end and holds it against its manifest. `keep` says where each file goes: the writer gets the bytes
/// before anybody knows whether they are right.
fn unpack<W: io::Write>(
    input: &mut dyn Read,
    mut keep: impl FnMut(&str) -> Result<W, Error>,
) -> Result<Summary, Error> {
    let mut items: Vec<Item> = Vec::new();
    loop {
        let mut block = [0; BLOCK];
        read_exact(input, &mut block)?;
        let Some(head) = Head::parse(&block) else {
            let first = if items.is_empty() { "it is not a backup that `botmother backup` has made" } else { CUT };
            return Err(unfit(first));
        };
        if head.name == MANIFEST {
            return summary(&read_small(input, &head)?, items);
        }
        if !is_known(&head.name) || items.iter().any(|item| item.name == head.name) {
            return Err(unfit(format!("it holds {:?}, which no backup does", head.name)));
        }
        if head.name != open::FILE && head.size > limits::BACKUP_SMALL_BYTES_MAX {
            return Err(unfit(format!("{} in it is too large to be one", head.name)));
        }
        let mut out = keep(&head.name)?;
        let sha256 = copy(input, head.size, &mut out)?;
        skip(input, head.padding())?;
        items.push(Item { name: head.name, size: head.size, sha256 });
    }
}

/// What is said of an archive that ends too early.
const CUT: &str = "it ends too early or was altered; take another one";

fn read_exact(input: &mut dyn Read, buffer: &mut [u8]) -> Result<(), Error> {
    input.read_exact(buffer).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => unfit(CUT),
        _ => unfit(format!("it cannot be read: {error}")),
    })
}

fn skip(input: &mut dyn Read, bytes: usize) -> Result<(), Error> {
    read_exact(input, &mut [0; BLOCK][..bytes])
}

/// Copies so many bytes; gives their SHA-256.
fn copy(input: &mut dyn Read, size: u64, out: &mut dyn io::Write) -> Result<String, Error> {
    let (mut hasher, mut left) = (Hasher::default(), size);
    let mut buffer = vec![0; limits::BACKUP_BUFFER_BYTES];
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        read_exact(input, &mut buffer[..most])?;
        hasher.update(&buffer[..most]);
        out.write_all(&buffer[..most]).map_err(write::failed)?;
        left -= most as u64;
    }
    Ok(hex(&hasher.finish()))
}

fn read_small(input: &mut dyn Read, head: &Head) -> Result<Vec<u8>, Error> {
    if head.size > limits::BACKUP_SMALL_BYTES_MAX {
        return Err(unfit(CUT));
    }
    let mut bytes = vec![0; head.size as usize];
    read_exact(input, &mut bytes)?;
    Ok(bytes)
}

/// What a manifest says, if it says the same of the files as they do.
fn summary(manifest: &[u8], items: Vec<Item>) -> Result<Summary, Error> {
    let wrong = |_| unfit("its manifest is damaged; take another one");
    let manifest = Fields::parse(manifest).map_err(wrong)?;
    let format = manifest.need_number("format").map_err(wrong)?;
    let version = manifest.need_text("botmother").map_err(wrong)?.to_string();
    if format != FORMAT {
        return Err(unfit(format!("version {version} has made it in a form of its own; restore it with that version")));
    }
    let mut said = Vec::new();
    for file in manifest.need_objects("files").map_err(wrong)? {
        said.push(Item {
            name: file.need_text("name").map_err(wrong)?.to_string(),
            size: u64::try_from(file.need_number("size").map_err(wrong)?).unwrap_or(u64::MAX),
            sha256: file.need_text("sha256").map_err(wrong)?.to_string(),
        });
    }
    if said != items {
        return Err(unfit("its files are not those that were put into it (their SHA-256 differs); take another one"));
    }
    let database = items.iter().find(|item| item.name == open::FILE).ok_or_else(|| unfit("it has no database"))?;
    Ok(Summary {
        version,
        made_at: manifest.need_number("made_at").map_err(wrong)?,
        schema: manifest.need_number("schema").map_err(wrong)?,
        database_bytes: database.size,
        files: items.into_iter().map(|item| item.name).collect(),
    })
}

/// Opens a database that is looked into only.
fn open_read_only(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limits::STORE_BUSY_TIMEOUT)?;
    Ok(connection)
}

/// SQLite's own check of every page, without the one of each index against its table.
fn quick_check(connection: &Connection) -> Result<(), Error> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Error::Corrupt(found)) }
}

/// A path beside another one: `name.part`.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    PathBuf::from(name)
}
