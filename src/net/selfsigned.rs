//! A certificate of our own for the HTTP door in network mode, when the operator has none (docs/network.md).
//!
//! Made at first use, kept in the state directory, replaced some weeks before it ends; valid for two years. Whoever connects
//! compares its fingerprint, which the daemon logs. A new one has the old one's key, unless somebody wants it otherwise: so
//! who compares the key alone need not be told.

#[cfg(feature = "api-tls")]
mod make;
#[cfg(not(feature = "api-tls"))]
#[path = "selfsigned/no_make.rs"]
mod make;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::certificate::Certified;
use super::door_tls;
use crate::base::limits;

/// In the data directory.
const DIR: &str = "api-tls";

/// Which key a new certificate gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The one there is.
    Kept,
    /// A new one.
    New,
}

/// Where the certificate is, or will be.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(DIR).join("server.crt")
}

fn key_path(data_dir: &Path) -> PathBuf {
    data_dir.join(DIR).join("server.key")
}

/// The paths of certificate and key below `data_dir`; makes them if there are none, old ones, or two that do not fit
/// (`unix_ms`: now, in milliseconds since 1970).
pub fn certificate(data_dir: &Path, unix_ms: i64) -> io::Result<(PathBuf, PathBuf)> {
    let (cert, key) = (path(data_dir), key_path(data_dir));
    let known = door_tls::look(&cert.to_string_lossy(), &key.to_string_lossy());
    if !known.is_ok_and(|facts| time_left(&facts, unix_ms) > Duration::ZERO) {
        renew(data_dir, Key::Kept)?;
    }
    Ok((cert, key))
}

/// How long a certificate of ours stays as it is. One that is not valid yet is a clock's mistake, and a new one would have
/// the same.
pub fn time_left(facts: &Certified, unix_ms: i64) -> Duration {
    facts.left(unix_ms).saturating_sub(limits::API_CERTIFICATE_RENEW_BEFORE)
}

/// Puts a new certificate in the place of the one there is, if there is one.
pub fn renew(data_dir: &Path, key: Key) -> io::Result<()> {
    let kept = match key {
        Key::Kept => fs::read_to_string(key_path(data_dir)).ok(),
        Key::New => None,
    };
    let (cert, key) = make::make(kept.as_deref())?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir.join(DIR))?;
    // Both are complete before they have their names; should it end between the two, the next start finds that they do not
    // fit, and makes new ones.
    let drafts = [(key_path(data_dir), key), (path(data_dir), cert)].map(|(path, text)| (draft(&path, &text), path));
    for (draft, path) in drafts {
        fs::rename(draft?, path)?;
    }
    Ok(())
}

/// Takes both away; they need not be there.
pub fn remove(data_dir: &Path) -> io::Result<()> {
    for path in [path(data_dir), key_path(data_dir)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn draft(path: &Path, text: &str) -> io::Result<PathBuf> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}
