//! Layer 1: OMEMO, end-to-end encryption (XEP-0384), in both versions that are in use.
//!
//! Pure functions over records that the caller keeps: our [`Device`], and a [`Session`] per device of others. No
//! socket, clock, database or randomness: [`Entropy`] is passed in. A function that fails has changed nothing; one that
//! succeeds hands out the changed record, to be kept before anything is sent or believed. Whom to trust is decided
//! elsewhere: every message says which identity key it came under.
//!
//! Records of one device in the two versions are separate; they share its id and identity key.

mod codec;
mod crypto;
mod device;
mod element;
mod envelope;
mod file;
mod proto;
mod ratchet;
mod session;
mod show;
mod version;
mod x3dh;

use std::fmt;

use crypto::Gcm;

pub use crypto::{Bytes, Key, KeyPair, PublicKey, is_same};
pub use device::{Device, new_device_id};
pub use element::{Bundle, DeviceKey, Encrypted, add_device, labelled_devices, read_devices, remove_device};
pub use envelope::Envelope;
pub use file::{Decrypter, Encrypter, FileKey, join_url, split_url};
pub use session::Session;
pub use show::{fingerprint, print_uri, read_fingerprint, read_uri, unhex};
pub use version::{Identity, Version};

/// Why something cannot be encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The message was decrypted before. Archives and copies bring messages twice: nothing to worry about.
    Duplicate,
    /// There is no key for our device in it.
    NotForUs,
    /// It belongs to a session that we do not have.
    NoSession,
    /// It begins a session with a prekey that was used, or never was ours.
    UnknownPreKey,
    /// The bundle is not signed by its owner, or has no prekey or a bad one.
    BadBundle,
    /// Altered, or not what it says; the text is for the log.
    Broken(&'static str),
}

impl Error {
    /// In one word, for counting.
    pub fn word(&self) -> &'static str {
        match self {
            Error::Duplicate => "duplicate",
            Error::NotForUs => "not_for_us",
            Error::NoSession => "no_session",
            Error::UnknownPreKey => "unknown_prekey",
            Error::BadBundle => "bad_bundle",
            Error::Broken(_) => "broken",
        }
    }
}

/// For the log.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Duplicate => "it was decrypted before",
            Error::NotForUs => "it has no key for this device",
            Error::NoSession => "there is no session for it",
            Error::UnknownPreKey => "it begins a session with a prekey that is not there any more",
            Error::BadBundle => "the keys that device has published are not signed as they should be",
            Error::Broken(what) => what,
        })
    }
}

/// Where random bytes come from.
pub struct Entropy<'a>(&'a mut dyn FnMut(&mut [u8]));

impl<'a> Entropy<'a> {
    /// From a function that fills what it is given, such as [`crate::base::crypto::random`].
    pub fn new(fill: &'a mut dyn FnMut(&mut [u8])) -> Entropy<'a> {
        Entropy(fill)
    }

    /// Fills `out`.
    pub fn fill(&mut self, out: &mut [u8]) {
        (self.0)(out);
    }

    /// A new secret.
    pub fn key(&mut self) -> Key {
        let mut bytes = crypto::Zeroizing::new([0; 32]);
        self.fill(&mut bytes[..]);
        Key::new(*bytes)
    }

    fn number(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_be_bytes(bytes)
    }

    /// A place in a list; none in an empty one.
    fn below(&mut self, length: usize) -> Option<usize> {
        (self.number() as usize).checked_rem(length)
    }
}

/// How one recipient's device is reached.
pub enum Reach<'a> {
    /// In its session.
    Session(&'a Session),
    /// In a new session, from its bundle. The sessions there were are archived in it: they still decrypt.
    Bundle(&'a Bundle, Option<&'a Session>),
}

/// A device to encrypt to.
pub struct Recipient<'a> {
    /// Its account, a bare address.
    pub jid: &'a str,
    /// Its id.
    pub device: u32,
    /// How it is reached.
    pub reach: Reach<'a>,
}

/// An encrypted message.
pub struct Sealed {
    /// What to send.
    pub encrypted: Encrypted,
    /// For every recipient, in their order: the session to keep before anything is sent, or why there is none; then
    /// the message has no key for that device.
    pub sessions: Vec<Result<Session, Error>>,
}

/// A decrypted message.
pub struct Opened {
    /// The payload: text in 0.3, an [`Envelope`] in OMEMO 2. `None` in an empty message.
    pub payload: Option<Bytes>,
    /// The session to keep.
    pub session: Session,
    /// The identity key of the sender: the caller compares it with the one it knows.
    pub identity: Identity,
    /// The prekey that the message used up, when it began a session: mark it in the same transaction.
    pub prekey: Option<u32>,
    /// Whether the sender should hear something, were it an empty message: a session has begun, or many messages have
    /// come without an answer (XEP-0384 §6).
    pub wants_answer: bool,
}

/// Encrypts one payload to many devices; without a payload an empty message, which only moves the sessions on.
pub fn encrypt(device: &Device, payload: Option<&[u8]>, to: &[Recipient<'_>], entropy: &mut Entropy<'_>) -> Sealed {
    let version = device.version();
    let mut iv = Vec::new();
    let (payload, carried) = match version {
        Version::Legacy => {
            iv.resize(LEGACY_IV, 0);
            entropy.fill(&mut iv);
            seal_legacy(&entropy.key(), &iv, payload)
        }
        Version::Omemo2 => match payload {
            Some(payload) => {
                let (sealed, carried) = ratchet::seal_payload(&entropy.key(), payload);
                (Some(sealed), carried)
            }
            None => (None, Bytes::new(vec![0; 32])),
        },
    };
    let mut keys = Vec::new();
    let own = device.wire_identity();
    let mut sessions = Vec::with_capacity(to.len());
    for recipient in to {
        let sealed = match recipient.reach {
            Reach::Session(session) if session.version() == version => Ok(session.clone()),
            Reach::Session(_) => Err(Error::NoSession),
            Reach::Bundle(bundle, before) => Session::begin(device, bundle, before, entropy),
        };
        sessions.push(sealed.and_then(|mut session| {
            let (data, is_exchange) = session.encrypt(device.id(), &own, &carried, entropy)?;
            keys.push(DeviceKey { jid: Some(recipient.jid.to_string()), device: recipient.device, is_exchange, data });
            Ok(session)
        }));
    }
    Sealed { encrypted: Encrypted { version, sender: device.id(), keys, iv, payload }, sessions }
}

const LEGACY_IV: usize = 12;
const LEGACY_KEY: usize = 16;

/// AES-128-GCM; the ratchet carries key and tag.
fn seal_legacy(key: &Key, iv: &[u8], payload: Option<&[u8]>) -> (Option<Vec<u8>>, Bytes) {
    let (key, _) = key.split_at(LEGACY_KEY);
    let mut sealed = payload.map(<[u8]>::to_vec);
    let mut gcm = Gcm::new(key, iv).expect("16 bytes are a key");
    sealed.iter_mut().for_each(|sealed| {
        gcm.encrypt(sealed);
    });
    let carried = Bytes::new([key, &gcm.tag()].concat());
    (sealed, carried)
}

/// Decrypts a message that was read for this device. `session` is the one with the device that sent it, if there is
/// any. After an error nothing has changed.
pub fn decrypt(device: &Device, encrypted: &Encrypted, session: Option<&Session>) -> Result<Opened, Error> {
    let version = device.version();
    if encrypted.version != version || encrypted.keys.is_empty() {
        return Err(Error::NotForUs);
    }
    let session = session.filter(|session| session.version() == version);
    let mut worst = Error::NotForUs;
    for key in &encrypted.keys {
        let opened = Session::decrypt(session, device, key).and_then(|opened| {
            let payload = match (&encrypted.payload, version) {
                (None, _) => None,
                (Some(sealed), Version::Legacy) => Some(open_legacy(&opened.plain, &encrypted.iv, sealed)?),
                (Some(sealed), Version::Omemo2) => Some(ratchet::open_payload(&opened.plain, sealed)?),
            };
            Ok(Opened {
                payload,
                session: opened.session,
                identity: opened.identity,
                prekey: opened.prekey,
                wants_answer: opened.wants_answer,
            })
        });
        match opened {
            Ok(opened) => return Ok(opened),
            // Of several keys for our id all but one are for somebody else's device, so the most telling error counts.
            Err(error) if worst == Error::NotForUs || error == Error::Duplicate => worst = error,
            Err(_) => {}
        }
    }
    Err(worst)
}

/// The tag stands behind the key, or, with old clients, behind the payload.
fn open_legacy(carried: &[u8], iv: &[u8], sealed: &[u8]) -> Result<Bytes, Error> {
    let (key, tag) = carried.split_at_checked(LEGACY_KEY).ok_or(Error::Broken("a payload's key is too short"))?;
    let (sealed, tag) = match tag.len() {
        Gcm::TAG => (sealed, tag),
        0 => {
            let length = sealed.len().checked_sub(Gcm::TAG).ok_or(Error::Broken("a payload without a tag"))?;
            sealed.split_at(length)
        }
        _ => return Err(Error::Broken("a payload's key of a wrong length")),
    };
    let mut plain = Bytes::new(sealed.to_vec());
    let mut gcm = Gcm::new(key, iv).ok_or(Error::Broken("a payload without a nonce"))?;
    gcm.decrypt(&mut plain);
    if crypto::is_same(&gcm.tag(), tag) { Ok(plain) } else { Err(Error::Broken("a payload with a wrong tag")) }
}

#[cfg(test)]
mod tests;
