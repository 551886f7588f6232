//! The only file that names a crypto crate (besides TLS, which is rustls' own affair).
//!
//! Thin functions over `sha2`/`hmac` (what the HTTP API speaks: token hashes, webhook signatures) and `ring`
//! (already linked for TLS: SCRAM's PBKDF2, sealing with AES-256-GCM). Nothing is implemented here.

use std::num::NonZeroU32;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::secret::Secret;

/// The hash functions of SCRAM (RFC 5802, RFC 7677, and the SHA-512 variant servers offer beside them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1: mandatory in RFC 6120, still the only one some servers offer.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// SHA-256 of what comes in pieces.
#[derive(Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// More of it.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The hash of all.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// HMAC-SHA256 (RFC 2104) of `data` under `key`.
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// The digest of `data` by the chosen function.
pub fn digest(hash: Hash, data: &[u8]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha1 => &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &ring::digest::SHA256,
        Hash::Sha512 => &ring::digest::SHA512,
    };
    ring::digest::digest(algorithm, data).as_ref().to_vec()
}

/// HMAC of `data` under `key` by the chosen function.
pub fn hmac(hash: Hash, key: &[u8], data: &[u8]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha1 => ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => ring::hmac::HMAC_SHA256,
        Hash::Sha512 => ring::hmac::HMAC_SHA512,
    };
    ring::hmac::sign(&ring::hmac::Key::new(algorithm, key), data).as_ref().to_vec()
}

/// PBKDF2 (RFC 8018 §5.2), SCRAM's `Hi()`: as many bytes as the hash has.
pub fn pbkdf2(hash: Hash, password: &[u8], salt: &[u8], iterations: NonZeroU32) -> Vec<u8> {
    let (algorithm, size) = match hash {
        Hash::Sha1 => (ring::pbkdf2::PBKDF2_HMAC_SHA1, 20),
        Hash::Sha256 => (ring::pbkdf2::PBKDF2_HMAC_SHA256, 32),
        Hash::Sha512 => (ring::pbkdf2::PBKDF2_HMAC_SHA512, 64),
    };
    let mut out = vec![0; size];
    ring::pbkdf2::derive(algorithm, iterations, salt, password, &mut out);
    out
}

/// Compares in time that depends on the lengths only.
pub fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

/// Fills `out` from the operating system's generator. The engine and the edges call this and hand the bytes on;
/// protocol code takes entropy as an argument.
pub fn random(out: &mut [u8]) {
    use ring::rand::SecureRandom;
    ring::rand::SystemRandom::new().fill(out).expect("the operating system has a random generator");
}

/// The key under which secrets are sealed at rest (docs/operating.md). Made once, kept in a file of its own.
pub struct SealKey(ring::aead::LessSafeKey);

/// What goes wrong when a sealed value is opened.
#[derive(Debug, PartialEq, Eq)]
pub enum SealError {
    /// Not in the form that [`SealKey::seal`] writes.
    Malformed,
    /// Sealed under another key, for another place, or altered.
    Refused,
}

impl SealKey {
    /// Length of the key in bytes.
    pub const LEN: usize = 32;

    /// The key from its 32 bytes.
    pub fn new(bytes: &[u8; Self::LEN]) -> SealKey {
        let key = ring::aead::UnboundKey::new(&ring::aead::AES_256_GCM, bytes).expect("the length is right");
        SealKey(ring::aead::LessSafeKey::new(key))
    }

    /// Seals `plain` for one place (`"bot.token_raw:3"`), so that a value moved to another row does not open there.
    /// The result is text: `v1:` + base64(nonce ‖ ciphertext ‖ tag).
    pub fn seal(&self, place: &str, plain: &Secret) -> String {
        let mut nonce = [0; 12];
        random(&mut nonce);
        let mut data = plain.expose().as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                ring::aead::Nonce::assume_unique_for_key(nonce),
                ring::aead::Aad::from(place.as_bytes()),
                &mut data,
            )
            .expect("AES-GCM seals anything below 64 GiB");
        let mut out = nonce.to_vec();
        out.append(&mut data);
        format!("v1:{}", super::text::base64(&out))
    }

    /// Opens what [`SealKey::seal`] made for the same place.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Secret, SealError> {
        let body = sealed.strip_prefix("v1:").ok_or(SealError::Malformed)?;
        let mut data = super::text::unbase64(body).ok_or(SealError::Malformed)?;
        if data.len() < 12 + 16 {
            return Err(SealError::Malformed);
        }
        let mut rest = data.split_off(12);
        let nonce: [u8; 12] = data.as_slice().try_into().map_err(|_| SealError::Malformed)?;
        let plain = self
            .0
            .open_in_place(
                ring::aead::Nonce::assume_unique_for_key(nonce),
                ring::aead::Aad::from(place.as_bytes()),
                &mut rest,
            )
            .map_err(|_| SealError::Refused)?;
        String::from_utf8(plain.to_vec()).map(Secret::new).map_err(|_| SealError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::hex;

    #[test]
    fn known_answers() {
        assert_eq!(hex(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        // RFC 4231, test case 2
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        // RFC 6070, second vector
        let two = NonZeroU32::new(2).unwrap();
        assert_eq!(hex(&pbkdf2(Hash::Sha1, b"password", b"salt", two)), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    }

    #[test]
    fn sealed_values_open_in_their_place_only() {
        let key = SealKey::new(&[7; 32]);
        let sealed = key.seal("bot.token_raw:1", &Secret::new("bm_x"));
        assert!(!sealed.contains("bm_x"));
        assert_eq!(key.open("bot.token_raw:1", &sealed).unwrap(), Secret::new("bm_x"));
        assert_eq!(key.open("bot.token_raw:2", &sealed), Err(SealError::Refused));
        assert_eq!(SealKey::new(&[8; 32]).open("bot.token_raw:1", &sealed), Err(SealError::Refused));
        assert_eq!(key.open("bot.token_raw:1", "bm_x"), Err(SealError::Malformed));
    }
}
