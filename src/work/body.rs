//! The body of a request as one reader: bytes and files, one after the other, exactly as many as were announced.

use std::fs::File;
use std::io::{self, Cursor, Read, Take};
use std::path::Path;

use crate::base::call::{CallError, Part};

/// What is still to be sent.
pub(super) struct Body {
    /// The last one first.
    parts: Vec<Source>,
}

enum Source {
    Bytes(Cursor<Vec<u8>>),
    File(Take<File>),
}

impl Body {
    /// Opens the files and compares their sizes with what was announced.
    pub(super) fn open(parts: &[Part]) -> Result<Body, CallError> {
        let parts: Result<Vec<Source>, CallError> = parts
            .iter()
            .rev()
            .map(|part| match part {
                Part::Bytes(bytes) => Ok(Source::Bytes(Cursor::new(bytes.clone()))),
                Part::File { path, bytes } => open_file(path, *bytes),
            })
            .collect();
        Ok(Body { parts: parts? })
    }
}

fn open_file(path: &Path, bytes: u64) -> Result<Source, CallError> {
    let failed = |error: io::Error| CallError::File(format!("{} cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() != bytes {
        return Err(CallError::File(format!("{} has changed its size", path.display())));
    }
    Ok(Source::File(file.take(bytes)))
}

impl Read for Body {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.parts.last_mut() {
            let count = match part {
                Source::Bytes(bytes) => bytes.read(out)?,
                Source::File(file) => match file.read(out) {
                    // ureq would wait for the rest for ever.
                    Ok(0) if file.limit() > 0 => return Err(broken("it became shorter while it was sent".into())),
                    Ok(count) => count,
                    Err(error) => return Err(broken(error.to_string())),
                },
            };
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            self.parts.pop();
        }
        Ok(0)
    }
}

fn broken(why: String) -> io::Error {
    io::Error::other(CallError::File(format!("a file to be sent cannot be read: {why}")))
}
