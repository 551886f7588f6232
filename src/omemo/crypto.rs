//! The primitives of OMEMO: the only file of this layer that names a crypto crate.
//!
//! X25519 and XEdDSA over `curve25519-dalek`, AES in CBC and GCM over `aes`/`cbc`/`ctr`/`ghash` (not `ring`: it has
//! neither CBC nor XEdDSA, no GCM with a nonce of 16 bytes, none piece by piece), HKDF over [`crate::base::crypto`].
//! Everything secret is wiped when it is dropped, and compared in constant time.

use std::fmt;
use std::ops::Deref;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{Array, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit, StreamCipher};
use aes::{Aes128, Aes256};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;

use crate::base::crypto::{Hash, digest, hmac_sha256};

pub(super) use zeroize::Zeroizing;

/// Bytes that are wiped when they are dropped.
pub type Bytes = Zeroizing<Vec<u8>>;

/// A public key: the Montgomery form of X25519, or the Edwards form of Ed25519, as the place says.
pub type PublicKey = [u8; 32];

/// 32 secret bytes: wiped when dropped, never printed.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Wraps secret bytes.
    pub fn new(bytes: [u8; 32]) -> Key {
        Key(Zeroizing::new(bytes))
    }
}

impl Deref for Key {
    type Target = [u8; 32];

    fn deref(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        is_same(&self[..], &other[..])
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An X25519 key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The scalar, as drawn.
    pub secret: Key,
    /// The Montgomery form.
    pub public: PublicKey,
}

impl KeyPair {
    /// The pair of a secret of 32 random bytes.
    pub fn new(secret: Key) -> KeyPair {
        let public = MontgomeryPoint::mul_base_clamped(*secret).to_bytes();
        KeyPair { secret, public }
    }
}

/// Compares in constant time.
pub fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Whether these are the only bytes that mean their key. X25519 ignores the top bit and reduces what is above the
/// prime: whoever compares keys must not take the other spellings.
pub(super) fn is_canonical(public: &PublicKey) -> bool {
    let [first, middle @ .., last] = public;
    *last < 0x7f || *last == 0x7f && (*first < 0xed || middle.iter().any(|byte| *byte != 0xff))
}

/// X25519 (RFC 7748); `None` for a key in another spelling or of small order.
pub(super) fn agree(secret: &Key, public: &PublicKey) -> Option<Key> {
    if !is_canonical(public) {
        return None;
    }
    let shared = Key::new(MontgomeryPoint(*public).mul_clamped(**secret).to_bytes());
    (!is_same(&shared[..], &[0; 32])).then_some(shared)
}

/// The Edwards form, with sign bit 0, of a Montgomery key.
pub(super) fn edwards_of(public: &PublicKey) -> Option<PublicKey> {
    Some(MontgomeryPoint(*public).to_edwards(0)?.compress().to_bytes())
}

/// The Montgomery form of an Edwards key; `None` for what is no key, for another spelling and for small order.
pub(super) fn montgomery_of(public: &PublicKey) -> Option<PublicKey> {
    Some(edwards_point(public)?.to_montgomery().to_bytes())
}

fn edwards_point(public: &PublicKey) -> Option<EdwardsPoint> {
    let point = CompressedEdwardsY(*public).decompress()?;
    (point.compress().as_bytes() == public && !point.is_small_order()).then_some(point)
}

/// SHA-512 of the parts, as a scalar.
fn hash_to_scalar(parts: &[&[u8]]) -> Scalar {
    let hashed = Zeroizing::new(digest(Hash::Sha512, &Zeroizing::new(parts.concat())));
    let wide: [u8; 64] = hashed.as_slice().try_into().expect("SHA-512 has 64 bytes");
    Scalar::from_bytes_mod_order_wide(&Zeroizing::new(wide))
}

/// Signs with an X25519 secret (XEdDSA). The signature holds under [`edwards_of`] the public key, as plain Ed25519.
pub(super) fn sign(secret: &Key, message: &[u8], entropy: &[u8; 64]) -> [u8; 64] {
    let scalar = Zeroizing::new(Scalar::from_bytes_mod_order(clamp_integer(**secret)));
    let mut public = EdwardsPoint::mul_base(&scalar).compress().to_bytes();
    let is_negative = public[31] >> 7 == 1;
    public[31] &= 0x7f;
    let scalar = Zeroizing::new(if is_negative { -*scalar } else { *scalar });
    let mut domain = [0xff; 32];
    domain[0] = 0xfe;
    let nonce = Zeroizing::new(hash_to_scalar(&[&domain, scalar.as_bytes(), message, entropy]));
    let commitment = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
    let answer = *nonce + hash_to_scalar(&[&commitment, &public, message]) * *scalar;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&commitment);
    signature[32..].copy_from_slice(answer.as_bytes());
    signature
}

/// Ed25519 (RFC 8032).
pub(super) fn verify_edwards(public: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
    let (commitment, answer) = signature.split_at(32);
    let Some(point) = edwards_point(public) else { return false };
    let answer: [u8; 32] = answer.try_into().expect("half of 64 bytes");
    let Some(answer) = Option::<Scalar>::from(Scalar::from_canonical_bytes(answer)) else { return false };
    let challenge = hash_to_scalar(&[commitment, public, message]);
    let expected = EdwardsPoint::vartime_double_scalar_mul_basepoint(&challenge, &-point, &answer);
    expected.compress().as_bytes() == commitment
}

/// XEdDSA under a Montgomery key. The oldest libraries put the sign of the Edwards form into the top bit.
pub(super) fn verify_montgomery(public: &PublicKey, message: &[u8], signature: &[u8; 64]) -> bool {
    let mut signature = *signature;
    let sign = signature[63] >> 7;
    signature[63] &= 0x7f;
    let point = if is_canonical(public) { MontgomeryPoint(*public).to_edwards(sign) } else { None };
    point.is_some_and(|point| verify_edwards(&point.compress().to_bytes(), message, &signature))
}

/// HKDF with SHA-256 (RFC 5869). At most 255 × 32 bytes come out.
pub(super) fn hkdf(salt: &[u8], input: &[u8], info: &[u8], out: &mut [u8]) {
    let seed = Key::new(hmac_sha256(salt, input));
    let mut block = Bytes::new(Vec::new());
    for (part, number) in out.chunks_mut(32).zip(1..=255_u8) {
        let data = Bytes::new([block.as_slice(), info, &[number]].concat());
        block = Bytes::new(hmac_sha256(&seed[..], &data).to_vec());
        part.copy_from_slice(&block[..part.len()]);
    }
}

/// HMAC-SHA256 as a key.
pub(super) fn derive(key: &Key, data: &[u8]) -> Key {
    Key::new(hmac_sha256(&key[..], data))
}

/// HMAC-SHA256.
pub(super) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    hmac_sha256(key, &parts.concat())
}

/// AES-256-CBC with PKCS #7 padding.
pub(super) fn cbc_encrypt(key: &[u8; 32], iv: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    cbc::Encryptor::<Aes256>::new(&(*key).into(), &(*iv).into()).encrypt_padded_vec::<Pkcs7>(plain)
}

/// Undoes [`cbc_encrypt`]; `None` when length or padding are wrong. Only for what a MAC has vouched for.
pub(super) fn cbc_decrypt(key: &[u8; 32], iv: &[u8; 16], sealed: &[u8]) -> Option<Bytes> {
    let cipher = cbc::Decryptor::<Aes256>::new(&(*key).into(), &(*iv).into());
    cipher.decrypt_padded_vec::<Pkcs7>(sealed).ok().map(Bytes::new)
}

enum Stream {
    Short(ctr::Ctr32BE<Aes128>),
    Long(ctr::Ctr32BE<Aes256>),
}

impl Stream {
    /// False when the counter is at its end.
    fn apply(&mut self, data: &mut [u8]) -> bool {
        match self {
            Stream::Short(stream) => stream.try_apply_keystream(data).is_ok(),
            Stream::Long(stream) => stream.try_apply_keystream(data).is_ok(),
        }
    }
}

/// AES-GCM (NIST SP 800-38D) without additional data, piece by piece: keys of 16 or 32 bytes, a nonce of any length.
pub(super) struct Gcm {
    stream: Stream,
    hash: GHash,
    /// The beginning of a block that is not complete.
    rest: Vec<u8>,
    length: u64,
    mask: [u8; 16],
}

impl Gcm {
    /// Bytes of the tag.
    pub(super) const TAG: usize = 16;

    /// Begins; `None` for a key of another length or an empty nonce.
    pub(super) fn new(key: &[u8], iv: &[u8]) -> Option<Gcm> {
        let mut hash_key = Array::from([0; 16]);
        match key.len() {
            16 => Aes128::new_from_slice(key).ok()?.encrypt_block(&mut hash_key),
            _ => Aes256::new_from_slice(key).ok()?.encrypt_block(&mut hash_key),
        }
        let hash = GHash::new(&hash_key);
        let start = first_counter(&hash, iv)?;
        let mut stream = match key.len() {
            16 => Stream::Short(ctr::Ctr32BE::new_from_slices(key, &start).ok()?),
            _ => Stream::Long(ctr::Ctr32BE::new_from_slices(key, &start).ok()?),
        };
        let mut mask = [0; 16];
        stream.apply(&mut mask);
        Some(Gcm { stream, hash, rest: Vec::with_capacity(16), length: 0, mask })
    }

    /// Encrypts the next piece in place. False when there is more than GCM can take (64 GiB).
    pub(super) fn encrypt(&mut self, data: &mut [u8]) -> bool {
        let is_done = self.stream.apply(data);
        self.absorb(data);
        is_done
    }

    /// Decrypts the next piece in place: nobody may see it before [`Gcm::tag`] is compared.
    pub(super) fn decrypt(&mut self, data: &mut [u8]) -> bool {
        self.absorb(data);
        self.stream.apply(data)
    }

    fn absorb(&mut self, data: &[u8]) {
        self.length += data.len() as u64;
        let missing = (16 - self.rest.len()) % 16;
        let (head, tail) = data.split_at(missing.min(data.len()));
        self.rest.extend_from_slice(head);
        if self.rest.len() == 16 {
            self.hash.update_padded(&self.rest);
            self.rest.clear();
        }
        let (whole, rest) = tail.split_at(tail.len() - tail.len() % 16);
        self.hash.update_padded(whole);
        self.rest.extend_from_slice(rest);
    }

    /// The tag over everything.
    pub(super) fn tag(mut self) -> [u8; Gcm::TAG] {
        self.hash.update_padded(&self.rest);
        let mut lengths = [0; 16];
        lengths[8..].copy_from_slice(&(self.length * 8).to_be_bytes());
        self.hash.update_padded(&lengths);
        let mut tag: [u8; 16] = self.hash.finalize().into();
        tag.iter_mut().zip(self.mask).for_each(|(byte, mask)| *byte ^= mask);
        tag
    }
}

fn first_counter(hash: &GHash, iv: &[u8]) -> Option<[u8; 16]> {
    let mut start = [0; 16];
    match iv.len() {
        0 => return None,
        12 => {
            start[..12].copy_from_slice(iv);
            start[15] = 1;
        }
        length => {
            let mut hash = hash.clone();
            hash.update_padded(iv);
            start[8..].copy_from_slice(&(length as u64 * 8).to_be_bytes());
            hash.update_padded(&start);
            start = hash.finalize().into();
        }
    }
    Some(start)
}

#[cfg(test)]
mod tests;
