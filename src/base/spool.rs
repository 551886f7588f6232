//! Files on their way through the daemon: private to this user, under the data directory, and gone when nobody holds
//! them any more. What a kill left behind goes at the next start.
//!
//! Faces make them, the engine passes them on, calls read or fill them, the door writes them out.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{crypto, text};

/// The directory of such files.
#[derive(Clone, Debug)]
pub struct Spool(PathBuf);

impl Spool {
    /// Opens the directory, emptied and private to this user.
    pub fn open(dir: &Path) -> io::Result<Spool> {
        if let Err(error) = fs::remove_dir_all(dir)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(Spool(dir.to_path_buf()))
    }

    /// A name for a file that somebody else will make.
    pub fn reserve(&self) -> SpoolFile {
        let mut random = [0; 16];
        crypto::random(&mut random);
        SpoolFile { path: self.0.join(text::hex(&random)), lent_from: None }
    }

    /// An empty file, to be written. It need not be synced: after a power cut nobody wants it.
    pub fn create(&self) -> io::Result<(SpoolFile, File)> {
        let file = self.reserve();
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file.path())?;
        Ok((file, opened))
    }
}

/// Whether there is no room for a file: on the disk, or in what this user or process may have of it.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// One file, or the place for one; removed when it is dropped, unless it is lent.
#[derive(Debug)]
pub struct SpoolFile {
    path: PathBuf,
    /// It lies where it stays, and is wanted from this byte on.
    lent_from: Option<u64>,
}

impl SpoolFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file that stays where it is, from this byte on.
    pub fn lent(path: PathBuf, from: u64) -> SpoolFile {
        SpoolFile { path, lent_from: Some(from) }
    }

    /// Opens it to be read, where what is wanted of it begins.
    pub fn open(&self) -> io::Result<File> {
        let mut file = File::open(&self.path)?;
        if let Some(from) = self.lent_from.filter(|from| *from > 0) {
            file.seek(SeekFrom::Start(from))?;
        }
        Ok(file)
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        if self.lent_from.is_none()
            && let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            log::warn!("{} cannot be removed: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_go_with_whoever_holds_them() {
        let dir = std::env::temp_dir().join(format!("botmother-spool-{}", std::process::id()));
        let spool = Spool::open(&dir).unwrap();
        let (file, mut opened) = spool.create().unwrap();
        opened.write_all(b"abc").unwrap();
        let path = file.path().to_path_buf();
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        drop(file);
        assert!(!path.exists());
        drop(spool.reserve());
        fs::write(dir.join("left"), "by a kill").unwrap();
        Spool::open(&dir).unwrap();
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        fs::remove_dir(&dir).unwrap();
    }
}
