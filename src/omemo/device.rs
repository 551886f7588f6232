//! Our own device, as one version of OMEMO has it: the identity key, signed prekeys, one-time prekeys (XEP-0384 §5).
//!
//! A record that the caller keeps. Both versions of a device share its id and the secret of its identity key, and
//! nothing else. Ids of prekeys begin at a random place and are never used again.

use super::Entropy;
use super::codec::{Reader, Writer};
use super::crypto::{self, Bytes, Key, KeyPair, PublicKey};
use super::element::Bundle;
use super::version::Version;
use crate::base::limits;

const RECORD_VERSION: u8 = 1;

/// A prekey that is signed by the identity key and serves many sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SignedPreKey {
    id: u32,
    pair: KeyPair,
    signature: [u8; 64],
    /// When it was made, in seconds since 1970.
    made_at: i64,
}

/// A prekey for one session. Its public half is made when it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PreKey {
    id: u32,
    secret: Key,
    is_used: bool,
}

/// Our device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    version: Version,
    id: u32,
    identity: KeyPair,
    signed: SignedPreKey,
    /// Others may still begin sessions with it.
    signed_before: Option<SignedPreKey>,
    prekeys: Vec<PreKey>,
    /// The id of the next prekey, signed or not.
    next_id: u32,
}

/// A new device id: random, so that it is nobody else's, and never 0 (XEP-0384 §5.1). Check it against the own list.
pub fn new_device_id(entropy: &mut Entropy<'_>) -> u32 {
    loop {
        let id = entropy.number() >> 1;
        if id != 0 {
            return id;
        }
    }
}

/// Where ids of prekeys begin. Half of them are left for the time to come, even when the place is the last.
fn first_id(entropy: &mut Entropy<'_>) -> u32 {
    1 + entropy.number() % (limits::OMEMO_PREKEY_ID_MAX / 2)
}

impl Device {
    /// Makes a device with a full set of prekeys. `now` in seconds since 1970.
    pub fn new(version: Version, id: u32, identity: &Key, now: i64, entropy: &mut Entropy<'_>) -> Device {
        let identity = KeyPair::new(identity.clone());
        let first = first_id(entropy);
        let signed = SignedPreKey::new(version, first, &identity, now, entropy);
        let mut device =
            Device { version, id, identity, signed, signed_before: None, prekeys: Vec::new(), next_id: first + 1 };
        device.refill(entropy);
        device
    }

    /// The version it speaks.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The device id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The identity key pair.
    pub fn identity(&self) -> &KeyPair {
        &self.identity
    }

    /// The identity key as this version shows it to others.
    pub(super) fn wire_identity(&self) -> PublicKey {
        match self.version {
            Version::Legacy => self.identity.public,
            Version::Omemo2 => crypto::edwards_of(&self.identity.public).expect("our key is on the curve"),
        }
    }

    pub(super) fn prekey(&self, id: u32) -> Option<&Key> {
        self.prekeys.iter().find(|prekey| prekey.id == id).map(|prekey| &prekey.secret)
    }

    pub(super) fn signed_prekey(&self, id: u32) -> Option<&KeyPair> {
        let before = self.signed_before.iter();
        std::iter::once(&self.signed).chain(before).find(|signed| signed.id == id).map(|signed| &signed.pair)
    }

    /// Takes a prekey out of the bundle without forgetting it: in the archive may lie more messages that began with
    /// it. False when it is not there.
    pub fn mark_used(&mut self, id: u32) -> bool {
        let found = self.prekeys.iter_mut().find(|prekey| prekey.id == id);
        found.map(|prekey| prekey.is_used = true).is_some()
    }

    /// Forgets the prekeys that were used. True when there were any.
    pub fn delete_used(&mut self) -> bool {
        let before = self.prekeys.len();
        self.prekeys.retain(|prekey| !prekey.is_used);
        self.prekeys.len() != before
    }

    /// Prekeys that others can still begin with.
    pub fn unused(&self) -> usize {
        self.prekeys.iter().filter(|prekey| !prekey.is_used).count()
    }

    /// Makes up for prekeys that were used; the bundle is to be published again when true. When too many that were
    /// used are kept, the oldest of them go.
    pub fn refill(&mut self, entropy: &mut Entropy<'_>) -> bool {
        let missing = limits::OMEMO_PREKEYS.saturating_sub(self.unused());
        for _ in 0..missing {
            let id = self.take_id();
            self.prekeys.push(PreKey { id, secret: entropy.key(), is_used: false });
        }
        while self.prekeys.len() > limits::OMEMO_PREKEYS_KEPT_MAX {
            let oldest = self.prekeys.iter().position(|prekey| prekey.is_used);
            oldest.map(|place| self.prekeys.remove(place));
        }
        missing > 0
    }

    /// Makes a new signed prekey and keeps the one before; the bundle is to be published again.
    pub fn rotate(&mut self, now: i64, entropy: &mut Entropy<'_>) {
        let id = self.take_id();
        let new = SignedPreKey::new(self.version, id, &self.identity, now, entropy);
        self.signed_before = Some(std::mem::replace(&mut self.signed, new));
    }

    /// The record was put back from an older copy: any prekey in it may have been used, and any id behind the last given
    /// to another one. New ones are made at another place; the old ones are kept as those that were used.
    pub fn renew(&mut self, now: i64, entropy: &mut Entropy<'_>) {
        self.prekeys.iter_mut().for_each(|prekey| prekey.is_used = true);
        self.next_id = first_id(entropy);
        self.rotate(now, entropy);
        self.refill(entropy);
    }

    /// When the signed prekey was made, in seconds since 1970.
    pub fn rotated_at(&self) -> i64 {
        self.signed.made_at
    }

    /// After sixteen million ids it begins again; none of the first is remembered by then.
    fn take_id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id = if id >= limits::OMEMO_PREKEY_ID_MAX { 1 } else { id + 1 };
        id
    }

    /// What is published: without the prekeys that were used.
    pub fn bundle(&self) -> Bundle {
        let unused = self.prekeys.iter().filter(|prekey| !prekey.is_used);
        Bundle {
            identity: self.wire_identity(),
            signed_prekey_id: self.signed.id,
            signed_prekey: self.signed.pair.public,
            signature: self.signed.signature,
            prekeys: unused.map(|prekey| (prekey.id, KeyPair::new(prekey.secret.clone()).public)).collect(),
        }
    }

    /// The record to keep. It holds all secrets of the device.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Writer::new(RECORD_VERSION);
        out.byte((self.version == Version::Omemo2).into());
        out.number(self.id);
        out.bytes(&self.identity.secret[..]);
        out.bytes(&self.identity.public);
        self.signed.write(&mut out);
        out.byte(self.signed_before.is_some().into());
        self.signed_before.iter().for_each(|signed| signed.write(&mut out));
        out.number(self.next_id);
        out.number(self.prekeys.len() as u32);
        for prekey in &self.prekeys {
            out.number(prekey.id);
            out.bytes(&prekey.secret[..]);
            out.byte(prekey.is_used.into());
        }
        out.finish()
    }

    /// Reads a record back; `None` when it is not one.
    pub fn from_bytes(data: &[u8]) -> Option<Device> {
        let mut from = Reader::new(data, RECORD_VERSION)?;
        let device = Device {
            version: if from.flag()? { Version::Omemo2 } else { Version::Legacy },
            id: from.number()?,
            identity: KeyPair { secret: from.key()?, public: from.take()? },
            signed: SignedPreKey::read(&mut from)?,
            signed_before: from.option(SignedPreKey::read)?,
            next_id: from.number()?,
            prekeys: from.list(limits::OMEMO_PREKEYS_KEPT_MAX, |from| {
                Some(PreKey { id: from.number()?, secret: from.key()?, is_used: from.flag()? })
            })?,
        };
        from.finish()?;
        // It is shown in that form, too.
        crypto::edwards_of(&device.identity.public)?;
        Some(device)
    }
}

impl SignedPreKey {
    fn new(version: Version, id: u32, identity: &KeyPair, now: i64, entropy: &mut Entropy<'_>) -> SignedPreKey {
        let pair = KeyPair::new(entropy.key());
        let mut drawn = crypto::Zeroizing::new([0; 64]);
        entropy.fill(&mut drawn[..]);
        let signature = crypto::sign(&identity.secret, &version.print_key(&pair.public), &drawn);
        SignedPreKey { id, pair, signature, made_at: now }
    }

    fn write(&self, out: &mut Writer) {
        out.number(self.id);
        out.bytes(&self.pair.secret[..]);
        out.bytes(&self.pair.public);
        out.bytes(&self.signature);
        out.bytes(&self.made_at.to_be_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Option<SignedPreKey> {
        Some(SignedPreKey {
            id: from.number()?,
            pair: KeyPair { secret: from.key()?, public: from.take()? },
            signature: from.take()?,
            made_at: from.take().map(i64::from_be_bytes)?,
        })
    }
}
