//! A certificate of our own for the HTTP door in network mode, when the operator has none (docs/configuration.md).
//!
//! Made at first use, kept in the state directory, made anew when it is a year old; valid for two. Whoever connects
//! compares its fingerprint, which the daemon logs at each start.

#[cfg(feature = "api-tls")]
mod make;
#[cfg(not(feature = "api-tls"))]
#[path = "selfsigned/no_make.rs"]
mod make;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::base::limits;

/// In the data directory.
const DIR: &str = "api-tls";

/// Where the certificate is, or will be.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(DIR).join("server.crt")
}

/// The paths of certificate and key below `data_dir`; makes them if there are none, or old ones.
pub fn certificate(data_dir: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let dir = data_dir.join(DIR);
    let (cert_path, key_path) = (path(data_dir), dir.join("server.key"));
    if is_fresh(&cert_path) && key_path.exists() {
        return Ok((cert_path, key_path));
    }
    let (cert, key) = make::make()?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
    // Both are complete before they have their names: a half-written pair would keep the next start from serving.
    write(&key_path, &key)?;
    write(&cert_path, &cert)?;
    Ok((cert_path, key_path))
}

/// Takes both away; they need not be there.
pub fn remove(data_dir: &Path) -> io::Result<()> {
    for name in ["server.crt", "server.key"] {
        match fs::remove_file(data_dir.join(DIR).join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn is_fresh(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|meta| meta.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age < limits::API_CERTIFICATE_RENEW_AFTER))
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(draft, path)
}
