//! The key that seals secrets at rest: found, or made for a new database, and checked against the database.
//!
//! It lives outside the database (docs/operating.md): `secret.key` in the data directory, 64 hexadecimal digits, mode 0600;
//! or a systemd credential of that name. There is no way around it: without the key nothing opens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::base::crypto::{self, SealKey};
use crate::base::secret::Secret;
use crate::base::text::hex;
use crate::store::open::make_private;
use crate::store::{Error, Store};

/// Name of the key's file and of the systemd credential.
pub(super) const FILE: &str = "secret.key";
/// Where the check value stands in `settings`.
const CHECK_SETTING: &str = "secret_key_check";
/// Its place for sealing.
const CHECK_PLACE: &str = "settings.value:secret_key_check";
/// What the check value says when it is opened.
const CHECK_TEXT: &str = "botmother";

/// Whether a database is there that needs its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Database {
    /// None yet: a key may be made.
    New,
    /// There is one: its key must be found.
    Old,
}

/// Finds the key, first among the systemd credentials; makes one for a new database.
pub(super) fn load(data_dir: &Path, credentials_dir: Option<&Path>, database: Database) -> Result<SealKey, Error> {
    if let Some(directory) = credentials_dir
        && let Some(key) = read(&directory.join(FILE))?
    {
        return Ok(key);
    }
    let path = data_dir.join(FILE);
    if let Some(key) = read(&path)? {
        make_private(&path)?;
        return Ok(key);
    }
    match database {
        Database::Old => Err(Error::NoKey),
        Database::New => make(data_dir, &path),
    }
}

fn read(path: &Path) -> Result<Option<SealKey>, Error> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, error)),
    };
    let bytes = unhex(text.trim_ascii()).ok_or_else(|| Error::BadKey(path.to_path_buf()))?;
    Ok(Some(SealKey::new(&bytes)))
}

/// Written under another name first: a cut of power leaves a whole key or none.
fn make(data_dir: &Path, path: &Path) -> Result<SealKey, Error> {
    let mut bytes = [0; SealKey::LEN];
    crypto::random(&mut bytes);
    let new = data_dir.join("secret.key.new");
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(format!("{}\n", hex(&bytes)).as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(data_dir)?.sync_all()
    };
    write().map_err(|error| Error::io(path, error))?;
    make_private(path)?;
    Ok(SealKey::new(&bytes))
}

/// Reads 32 bytes written as hexadecimal digits.
pub(super) fn unhex(text: &[u8]) -> Option<[u8; SealKey::LEN]> {
    let mut bytes = [0; SealKey::LEN];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let digit = |c: u8| char::from(c).to_digit(16);
        *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
    }
    Some(bytes)
}

impl Store {
    /// Whether the key is the database's own.
    pub(super) fn check_key(&self) -> Result<(), Error> {
        let sealed = self.setting(CHECK_SETTING)?.ok_or_else(|| Error::Corrupt(format!("{CHECK_SETTING} is gone")))?;
        match self.key.open(CHECK_PLACE, &sealed) {
            Ok(text) if text.expose() == CHECK_TEXT => Ok(()),
            _ => Err(Error::WrongKey),
        }
    }

    /// Leaves in a new database what [`Store::check_key`] looks for.
    pub(super) fn store_key_check(&mut self) -> Result<(), Error> {
        let sealed = self.key.seal(CHECK_PLACE, &Secret::new(CHECK_TEXT));
        self.store_setting(CHECK_SETTING, &sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hex_only() {
        assert_eq!(unhex("0aF0".repeat(16).as_bytes()).unwrap()[..2], [0x0a, 0xf0]);
        for bad in ["", "00", &"0".repeat(63), &"0".repeat(66), &"zz".repeat(32), &"+1".repeat(32)] {
            assert!(unhex(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_credential_goes_before_the_file() {
        let root = std::env::temp_dir().join(format!("botmother-key-{}", std::process::id()));
        let (data, credentials) = (root.join("data"), root.join("credentials"));
        fs::create_dir_all(&data).unwrap();
        fs::create_dir_all(&credentials).unwrap();
        let place = "p";
        let own = load(&data, Some(&credentials), Database::New).unwrap().seal(place, &Secret::new("own"));
        assert!(load(&data, None, Database::Old).unwrap().open(place, &own).is_ok(), "made once, then read");
        fs::write(credentials.join(FILE), "11".repeat(32)).unwrap();
        assert!(load(&data, Some(&credentials), Database::Old).unwrap().open(place, &own).is_err());
        fs::remove_dir_all(&root).unwrap();
    }
}
