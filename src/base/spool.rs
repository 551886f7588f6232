//! Files on their way through the daemon: private to this user, under the data directory, and gone when nobody holds
//! them any more. What a kill left behind goes at the next start.
//!
//! Faces make them, the engine passes them on, calls read or fill them, the door writes them out.

use std::fs::{self, File, OpenOptions};
use std::io;
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
        SpoolFile(self.0.join(text::hex(&random)))
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

/// One file, or the place for one; removed when it is dropped.
#[derive(Debug)]
pub struct SpoolFile(PathBuf);

impl SpoolFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            log::warn!("{} cannot be removed: {error}", self.0.display());
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
