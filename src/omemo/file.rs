//! Encrypted files (XEP-0454): the address `aesgcm://host/path#` with nonce and key in hex, and AES-256-GCM with the tag
//! behind the file, piece by piece.
//!
//! Nothing that is decrypted may be used before [`Decrypter::finish`] has said that it is whole: the caller writes to a
//! temporary file until then. The fragment is a secret: it goes into encrypted messages only, never to a server or log.

use std::fmt;

use super::crypto::{self, Gcm, Key};
use super::show::unhex;
use super::{Entropy, Error};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text::hex;

/// How a file is encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey {
    /// 12 bytes; 16 in files of old clients.
    iv: Vec<u8>,
    key: Key,
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl FileKey {
    const TAG_BYTES: usize = Gcm::TAG;

    /// A key for one file. It must not be used for another.
    pub fn new(entropy: &mut Entropy<'_>) -> FileKey {
        let mut iv = vec![0; 12];
        entropy.fill(&mut iv);
        FileKey { iv, key: entropy.key() }
    }

    /// Nonce and key in hex, as they stand in an address.
    pub fn print(&self) -> Secret {
        Secret::new(hex(&self.iv) + &hex(&self.key[..]))
    }

    /// Reads what [`FileKey::print`] writes.
    pub fn parse(text: &str) -> Option<FileKey> {
        let secret = crypto::Zeroizing::new(unhex(text)?);
        let (iv, key) = secret.split_last_chunk::<32>()?;
        Some(FileKey { iv: matches!(iv.len(), 12 | 16).then(|| iv.to_vec())?, key: Key::new(*key) })
    }

    fn gcm(&self) -> Gcm {
        Gcm::new(&self.key[..], &self.iv).expect("the key has 32 bytes, the nonce is not empty")
    }
}

/// The address to send, for a file that lies at `https`, and its key; `None` when that is no `https` address, or has a
/// fragment.
pub fn join_url(https: &str, key: &Secret) -> Option<String> {
    let rest = https.strip_prefix("https://").filter(|rest| !rest.contains('#'))?;
    Some(format!("aesgcm://{rest}#{}", key.expose()))
}

/// Reads such an address: where the file lies, and its key. The one that fetches checks the host.
pub fn split_url(url: &str) -> Option<(String, Secret)> {
    let (rest, key) = url.trim().strip_prefix("aesgcm://")?.split_once('#')?;
    if rest.is_empty() || rest.starts_with('/') || rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return None;
    }
    FileKey::parse(key)?;
    Some((format!("https://{rest}"), Secret::new(key)))
}

/// Encrypts one file.
pub struct Encrypter(Gcm);

impl Encrypter {
    /// Begins.
    pub fn new(key: &FileKey) -> Encrypter {
        Encrypter(key.gcm())
    }

    /// Encrypts the next piece in place.
    pub fn update(&mut self, piece: &mut [u8]) -> Result<(), Error> {
        if self.0.encrypt(piece) { Ok(()) } else { Err(Error::Broken("a file is too large")) }
    }

    /// What stands behind the file.
    pub fn finish(self) -> [u8; FileKey::TAG_BYTES] {
        self.0.tag()
    }
}

/// Decrypts one file. The last 16 bytes that came are kept back, because they may be the tag.
pub struct Decrypter {
    gcm: Gcm,
    kept: Vec<u8>,
}

impl Decrypter {
    /// Begins.
    pub fn new(key: &FileKey) -> Decrypter {
        Decrypter { gcm: key.gcm(), kept: Vec::with_capacity(FileKey::TAG_BYTES) }
    }

    /// Decrypts the next piece, and appends what is certain to belong to the file to `out`: not to be used before the
    /// end.
    pub fn update(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        for piece in piece.chunks(limits::OMEMO_FILE_PIECE_BYTES) {
            self.kept.extend_from_slice(piece);
            let ready = self.kept.len().saturating_sub(FileKey::TAG_BYTES);
            let start = out.len();
            out.extend(self.kept.drain(..ready));
            let is_done = out.get_mut(start..).is_some_and(|fresh| self.gcm.decrypt(fresh));
            if !is_done {
                return Err(Error::Broken("a file is too large"));
            }
        }
        Ok(())
    }

    /// Whether the file is whole and unaltered.
    pub fn finish(self) -> Result<(), Error> {
        let is_whole = crypto::is_same(&self.gcm.tag(), &self.kept);
        if is_whole { Ok(()) } else { Err(Error::Broken("a file with a wrong tag")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(iv: usize) -> FileKey {
        FileKey { iv: (0..iv as u8).collect(), key: Key::new([7; 32]) }
    }

    #[test]
    fn addresses() {
        for (iv, digits) in [(12, 88), (16, 96)] {
            let url = join_url("https://upload.example.org/a/b.jpg", &key(iv).print()).unwrap();
            assert!(url.starts_with("aesgcm://upload.example.org/a/b.jpg#000102"), "{url}");
            assert_eq!(url.split_once('#').unwrap().1.len(), digits);
            let (https, secret) = split_url(&url.to_uppercase().replace("AESGCM", "aesgcm")).unwrap();
            assert_eq!(https, "https://UPLOAD.EXAMPLE.ORG/A/B.JPG");
            assert_eq!(FileKey::parse(secret.expose()), Some(key(iv)));
            assert_eq!(split_url(&url).unwrap(), ("https://upload.example.org/a/b.jpg".into(), key(iv).print()));
            for bad in [&url[..url.len() - 2], &url[..url.len() - 1], &url.replace('#', ""), &format!("{url}00")] {
                assert_eq!(split_url(bad), None, "{bad}");
            }
        }
        assert_eq!(join_url("http://a/b", &key(12).print()), None);
        assert_eq!(join_url("https://a/b#c", &key(12).print()), None);
        let secret = "00".repeat(44);
        for place in ["aesgcm://#", "aesgcm:///etc#", "https://a/b#", "aesgcm://a b/#", "aesgcm://a\n/#"] {
            assert_eq!(split_url(&format!("{place}{secret}")), None, "{place}");
        }
        assert_eq!(format!("{:?}", key(12)), "***");
    }

    #[test]
    fn files_in_any_pieces() {
        for size in [0, 1, 15, 16, 17, 1_000, 100_000] {
            let plain: Vec<u8> = (0..size).map(|place: u32| (place * 7) as u8).collect();
            let mut sealed = plain.clone();
            let mut encrypter = Encrypter::new(&key(12));
            sealed.chunks_mut(999).for_each(|piece| encrypter.update(piece).unwrap());
            sealed.extend(encrypter.finish());
            for piece in [1, 16, 17, 4_096, 200_000] {
                assert_eq!(open(&sealed, piece), Some(plain.clone()), "{size} in pieces of {piece}");
            }
            for place in [0, sealed.len() / 2, sealed.len() - 1] {
                let mut altered = sealed.clone();
                altered[place] ^= 1;
                assert_eq!(open(&altered, 64), None);
            }
            assert_eq!(open(&sealed[..sealed.len() - 1], 64), None);
        }
        assert_eq!(open(&[0; 15], 64), None);
        assert_eq!(open(&[], 64), None);
    }

    fn open(sealed: &[u8], piece: usize) -> Option<Vec<u8>> {
        let mut decrypter = Decrypter::new(&key(12));
        let mut out = Vec::new();
        sealed.chunks(piece).for_each(|piece| decrypter.update(piece, &mut out).unwrap());
        decrypter.finish().ok().map(|()| out)
    }
}
