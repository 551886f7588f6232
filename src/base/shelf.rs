//! Files that stay: what people with a browser and bots have sent, under the data directory, each under a name that nobody
//! can guess. Which there are stands in the database; a file of which that knows nothing goes at the next start.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::spool::SpoolFile;
use super::{limits, ulid};

/// Where files of one kind lie, and what is expected of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its name, as it stands in addresses.
    pub name: &'static str,
    /// The largest file.
    pub bytes_max: u64,
    /// The kinds of files: media type and ending. Empty: all others, which are never shown but saved.
    kinds: &'static [(&'static str, &'static str)],
}

/// All of them.
const FOLDERS: [Folder; 4] = [
    Folder {
        name: "images",
        bytes_max: limits::PAGE_IMAGE_BYTES_MAX,
        kinds: &[
            ("image/gif", "gif"),
            ("image/jpeg", "jpg"),
            ("image/png", "png"),
            ("image/svg+xml", "svg"),
            ("image/webp", "webp"),
        ],
    },
    Folder {
        name: "videos",
        bytes_max: limits::PAGE_VIDEO_BYTES_MAX,
        kinds: &[
            ("video/mp4", "mp4"),
            ("video/webm", "webm"),
            ("video/ogg", "ogv"),
            ("video/quicktime", "mov"),
            ("video/x-flv", "flv"),
        ],
    },
    Folder {
        name: "audios",
        bytes_max: limits::PAGE_AUDIO_BYTES_MAX,
        kinds: &[("audio/mpeg", "mp3"), ("audio/ogg", "ogg"), ("audio/wav", "wav"), ("audio/aac", "aac")],
    },
    OTHERS,
];

const OTHERS: Folder = Folder { name: "files", bytes_max: limits::PAGE_FILE_BYTES_MAX, kinds: &[] };

impl Folder {
    /// The folder of a media type, and the ending under which a file of that name lies there.
    pub fn of(media_type: &str, name: &str) -> (Folder, String) {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        for folder in FOLDERS {
            if let Some((_, ending)) = folder.kinds.iter().find(|(kind, _)| *kind == essence) {
                return (folder, ending.to_string());
            }
        }
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        (OTHERS, ending.filter(|ending| is_ending(ending)).unwrap_or_else(|| "bin".to_string()))
    }

    /// The folder that a path names.
    pub fn named(path: &str) -> Option<Folder> {
        let (name, _) = path.split_once('/')?;
        FOLDERS.into_iter().find(|folder| folder.name == name)
    }

    /// Whether a browser may show what lies there.
    pub fn is_shown(self) -> bool {
        !self.kinds.is_empty()
    }
}

fn is_ending(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=limits::PAGE_ENDING_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_letter)
}

/// Whether this is the path of a file that may lie on a shelf: `images/ULID.png`, and nothing that leads elsewhere.
pub fn is_path(path: &str) -> bool {
    let name = Folder::named(path).and_then(|folder| path.strip_prefix(folder.name)?.strip_prefix('/'));
    let parts = name.and_then(|name| name.split_once('.'));
    parts.is_some_and(|(id, ending)| ulid::read(id).is_some() && id == id.to_lowercase() && is_ending(ending))
}

/// The directory of such files.
#[derive(Clone, Debug)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// The one below a data directory. Nothing is made or looked at.
    pub fn below(data_dir: &Path) -> Shelf {
        Shelf(data_dir.join("files"))
    }

    /// Removes what is not known, as a kill left it there.
    pub fn tidy(&self, known: &[String]) -> io::Result<()> {
        let known: HashSet<&str> = known.iter().map(String::as_str).collect();
        for folder in FOLDERS {
            let entries = match fs::read_dir(self.0.join(folder.name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let path = format!("{}/{}", folder.name, entry.file_name().to_string_lossy());
                if is_path(&path) && !known.contains(path.as_str()) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(())
    }

    /// Puts a file there that lies on its way, to stay even after a power cut. The path must be free.
    pub fn keep(&self, file: &SpoolFile, path: &str) -> io::Result<()> {
        File::open(file.path())?.sync_all()?;
        self.link(file, path)?;
        let folder = self.place(path)?;
        File::open(folder.parent().unwrap_or(&self.0))?.sync_all()
    }

    /// The same without waiting for the disk.
    pub fn link(&self, file: &SpoolFile, path: &str) -> io::Result<()> {
        let place = self.place(path)?;
        if let Some(folder) = place.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        fs::hard_link(file.path(), place)
    }

    /// A file as it lies there, from this byte on.
    pub fn lend(&self, path: &str, from: u64) -> io::Result<SpoolFile> {
        Ok(SpoolFile::lent(self.place(path)?, from))
    }

    /// A file will be read soon: the system may begin to fetch it from the disk.
    pub fn expect_reading(&self, path: &str) {
        if let Some(file) = self.place(path).ok().and_then(|place| File::open(place).ok()) {
            // It is good advice, and no more.
            let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::WillNeed);
        }
    }

    /// Puts one of its files into a place on its way, without copying it.
    pub fn copy(&self, path: &str, into: &SpoolFile) -> io::Result<()> {
        fs::hard_link(self.place(path)?, into.path())
    }

    /// How large a file is; `None` where there is none.
    pub fn bytes(&self, path: &str) -> Option<u64> {
        fs::metadata(self.place(path).ok()?).ok().map(|found| found.len())
    }

    /// A file goes.
    pub fn remove(&self, path: &str) {
        let removed = self.place(path).and_then(fs::remove_file);
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            log::warn!("the file {path} cannot be removed: {error}");
        }
    }

    fn place(&self, path: &str) -> io::Result<PathBuf> {
        match is_path(path) {
            true => Ok(self.0.join(path)),
            false => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::base::spool::Spool;

    const ULID: &str = "01hc79xqtqhd4jtzceyvpr7sk0";

    #[test]
    fn paths_lead_nowhere_else() {
        for good in ["images/01hc79xqtqhd4jtzceyvpr7sk0.png", "files/01hc79xqtqhd4jtzceyvpr7sk0.7z"] {
            assert!(is_path(good), "{good}");
        }
        for bad in [
            "",
            "images",
            "images/",
            "images/x.png",
            "images/../01hc79xqtqhd4jtzceyvpr7sk0.png",
            "images/01hc79xqtqhd4jtzceyvpr7sk0",
            "images/01hc79xqtqhd4jtzceyvpr7sk0.",
            "images/01hc79xqtqhd4jtzceyvpr7sk0.a/b",
            "images/01HC79XQTQHD4JTZCEYVPR7SK0.png",
            "images/01hc79xqtqhd4jtzceyvpr7sk0.PNG",
            "images//01hc79xqtqhd4jtzceyvpr7sk0.png",
            "/images/01hc79xqtqhd4jtzceyvpr7sk0.png",
            "secrets/01hc79xqtqhd4jtzceyvpr7sk0.png",
            "../images/01hc79xqtqhd4jtzceyvpr7sk0.png",
        ] {
            assert!(!is_path(bad), "{bad}");
        }
    }

    #[test]
    fn folders_by_type() {
        let of = |kind: &str, name: &str| {
            let (folder, ending) = Folder::of(kind, name);
            format!("{}/{ending}", folder.name)
        };
        assert_eq!(of("image/png", "a.exe"), "images/png");
        assert_eq!(of("Image/SVG+xml; charset=utf-8", "a"), "images/svg");
        assert_eq!(of("text/html", "a.HTML"), "files/html");
        assert_eq!(of("image/tiff", "a.tiff"), "files/tiff");
        for none in ["a", "a.", "a.b/c", "a.ü", "a.longerthanten"] {
            assert_eq!(of("application/octet-stream", none), "files/bin", "{none}");
        }
    }

    #[test]
    fn files_stay_until_they_are_unknown() {
        let dir = std::env::temp_dir().join(format!("botmother-shelf-{}", std::process::id()));
        let spool = Spool::open(&dir.join("spool")).unwrap();
        let shelf = Shelf::below(&dir);
        shelf.tidy(&[]).unwrap();
        let path = format!("images/{ULID}.png");
        let (file, mut opened) = spool.create().unwrap();
        opened.write_all(b"abc").unwrap();
        shelf.keep(&file, &path).unwrap();
        drop(file);
        assert!(shelf.link(&spool.reserve(), "../x").is_err());
        let lent = shelf.lend(&path, 1).unwrap();
        assert_eq!(std::io::read_to_string(lent.open().unwrap()).unwrap(), "bc");
        drop(lent);
        assert_eq!(shelf.bytes(&path), Some(3));
        let copy = spool.reserve();
        shelf.copy(&path, &copy).unwrap();
        shelf.tidy(std::slice::from_ref(&path)).unwrap();
        assert_eq!(shelf.bytes(&path), Some(3));
        shelf.tidy(&[]).unwrap();
        assert_eq!((shelf.bytes(&path), fs::read(copy.path()).unwrap()), (None, b"abc".to_vec()));
        shelf.remove(&path);
        fs::remove_dir_all(&dir).unwrap();
    }
}
