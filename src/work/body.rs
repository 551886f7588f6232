//! The body of a request as one reader: bytes and files, one after the other, exactly as many as were announced. Files
//! that are to be encrypted (XEP-0454) are encrypted here, while they are sent.

use std::fs::File;
use std::io::{self, Cursor, Read, Take};
use std::path::Path;

use crate::base::call::{CallError, Part};
use crate::omemo::{Encrypter, FileKey};

/// What is still to be sent.
pub(super) struct Body {
    /// The last one first.
    parts: Vec<Source>,
}

enum Source {
    Bytes(Cursor<Vec<u8>>),
    File(Take<File>, Option<Box<Encrypter>>),
}

impl Body {
    /// Opens the files and compares their sizes with what was announced.
    pub(super) fn open(parts: &[Part]) -> Result<Body, CallError> {
        let parts: Result<Vec<Source>, CallError> = parts
            .iter()
            .rev()
            .map(|part| match part {
                Part::Bytes(bytes) => Ok(Source::Bytes(Cursor::new(bytes.clone()))),
                Part::File { path, bytes } => Ok(Source::File(open_file(path, *bytes)?, None)),
                Part::Sealed { path, bytes, key } => {
                    let key = FileKey::parse(key.expose()).ok_or_else(no_key)?;
                    Ok(Source::File(open_file(path, *bytes)?, Some(Box::new(Encrypter::new(&key)))))
                }
            })
            .collect();
        Ok(Body { parts: parts? })
    }
}

/// What is called a key is none.
pub(super) fn no_key() -> CallError {
    CallError::Invalid("the key of an encrypted file is not one".into())
}

fn open_file(path: &Path, bytes: u64) -> Result<Take<File>, CallError> {
    let failed = |error: io::Error| CallError::File(format!("{} cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() != bytes {
        return Err(CallError::File(format!("{} has changed its size", path.display())));
    }
    Ok(file.take(bytes))
}

impl Read for Body {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.parts.last_mut() {
            let count = match part {
                Source::Bytes(bytes) => bytes.read(out)?,
                Source::File(file, encrypter) => match file.read(out) {
                    // ureq would wait for the rest for ever.
                    Ok(0) if file.limit() > 0 => return Err(broken("it became shorter while it was sent".into())),
                    Ok(count) => {
                        if let (Some(encrypter), Some(piece)) = (encrypter, out.get_mut(..count)) {
                            encrypter.update(piece).map_err(|_| broken("it is too large".into()))?;
                        }
                        count
                    }
                    Err(error) => return Err(broken(error.to_string())),
                },
            };
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            if let Some(Source::File(_, Some(encrypter))) = self.parts.pop() {
                self.parts.push(Source::Bytes(Cursor::new(encrypter.finish().to_vec())));
            }
        }
        Ok(0)
    }
}

fn broken(why: String) -> io::Error {
    io::Error::other(CallError::File(format!("a file to be sent cannot be read: {why}")))
}
