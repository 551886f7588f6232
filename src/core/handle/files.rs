//! Files, as callers give them and ask for them.

use std::fmt;
use std::sync::Arc;

use crate::base::spool::SpoolFile;
use crate::core::actions::NewAction;

/// `sendFile` with the file itself.
#[derive(Clone, Debug)]
pub struct Upload {
    /// To whom and how; a [`BotAction::File`](crate::core::actions::BotAction::File) whose address is not known yet.
    pub act: NewAction,
    /// The file.
    pub file: NewFile,
}

/// A file given by a program.
#[derive(Clone)]
pub struct NewFile {
    /// Its name, for people.
    pub name: String,
    /// Its type.
    pub media_type: String,
    /// Its size in bytes, not 0.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub hash: [u8; 32],
    /// Where its content is.
    pub content: Arc<SpoolFile>,
}

impl fmt::Debug for NewFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}, {} bytes", self.name, self.media_type, self.bytes)
    }
}

/// A file that somebody has sent, and that lies where it stays.
#[derive(Clone, Debug)]
pub struct NewPageFile {
    /// Where: `images/ULID.png`.
    pub path: String,
    /// Its name, for people.
    pub name: String,
    /// Its type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: i64,
}

/// `getFile`.
#[derive(Clone, Debug)]
pub struct FileQuery {
    /// Which.
    pub wanted: FileWanted,
    /// Where it is to be put; `None` wants only what is known of it.
    pub into: Option<Arc<SpoolFile>>,
}

/// How a file is named.
#[derive(Clone, Debug)]
pub enum FileWanted {
    /// By the `file_id` of an update.
    Id(String),
    /// By its address.
    Url(String),
    /// By its message, whose first file is meant.
    Message(String),
}

/// A file that a bot was told of.
#[derive(Clone, Debug)]
pub struct FileInfo {
    /// Its name in the API.
    pub file_id: String,
    /// The message that named it.
    pub message_id: String,
    /// Where it is.
    pub url: String,
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    pub media_type: Option<String>,
    /// Its size in bytes, as far as its sender has said.
    pub size: Option<i64>,
}
