//! One state of the Double Ratchet: the same for both versions but for labels and framing (XEP-0384 §4.3, and the
//! Double Ratchet specification). A state is changed only by the functions here; who wants all or nothing clones it.
//!
//! The own ratchet key is renewed when the next message is sent, not when one is received: so receiving takes no
//! entropy, and whether anything was sent since can be seen.

use std::collections::VecDeque;

use super::codec::{Reader, Writer};
use super::crypto::{self, Bytes, Key, KeyPair, PublicKey};
use super::proto::{self, Message};
use super::version::{Identity, Initiator, Version};
use super::{Entropy, Error};
use crate::base::limits;

/// A chain of message keys.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chain {
    key: Key,
    /// The number of the next message.
    next: u32,
}

impl Chain {
    fn step(&mut self) -> Key {
        let message = crypto::derive(&self.key, &[1]);
        self.key = crypto::derive(&self.key, &[2]);
        self.next += 1;
        message
    }

    /// The key of message `number`, and those of the newest messages that were left out.
    fn skip_to(&mut self, ratchet: &PublicKey, number: u32) -> Vec<Skipped> {
        let stored_from = number.saturating_sub(limits::OMEMO_SKIPPED_MAX as u32);
        let mut skipped = Vec::new();
        while self.next < number {
            let (number, key) = (self.next, self.step());
            if number >= stored_from {
                skipped.push(Skipped { ratchet: *ratchet, number, key, is_guess: false });
            }
        }
        skipped
    }
}

/// The key of a message that has not come yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Skipped {
    ratchet: PublicKey,
    number: u32,
    key: Key,
    /// Whether the message exists is not known: see [`State::leave_chain`].
    is_guess: bool,
}

/// What a party that has begun a session, and not heard from the other, says with every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) prekey: u32,
    pub(super) signed_prekey: u32,
}

/// One session with one device, as X3DH made it and the ratchet moved it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Whether we began it.
    pub(super) is_ours: bool,
    pub(super) identity: Identity,
    /// The ephemeral key that it began with.
    pub(super) base: PublicKey,
    pub(super) pending: Option<Pending>,
    root: Key,
    own_ratchet: KeyPair,
    their_ratchet: Option<PublicKey>,
    sending: Option<Chain>,
    receiving: Option<Chain>,
    /// Length of our chain before.
    previous: u32,
    skipped: VecDeque<Skipped>,
    /// The beginnings of their ratchet keys before, so that an old message is known as such.
    past: VecDeque<[u8; 8]>,
}

/// What a message held.
pub(super) struct Opened {
    pub(super) plain: Bytes,
    pub(super) number: u32,
}

impl State {
    /// The state of the party that begins; `their_ratchet` is the signed prekey.
    pub(super) fn of_initiator(
        version: Version,
        (identity, base): (Identity, PublicKey),
        (secret, their_ratchet): (Key, PublicKey),
        pending: Pending,
        ratchet: Key,
    ) -> Option<State> {
        let mut state = State {
            is_ours: true,
            identity,
            base,
            pending: Some(pending),
            root: secret,
            own_ratchet: KeyPair::new(ratchet),
            their_ratchet: Some(their_ratchet),
            sending: None,
            receiving: None,
            previous: 0,
            skipped: VecDeque::new(),
            past: VecDeque::new(),
        };
        let chain;
        (state.root, chain) = state.turn_root(version, &their_ratchet)?;
        state.sending = Some(chain);
        Some(state)
    }

    /// The state of the other party; `own_ratchet` is its signed prekey.
    pub(super) fn of_responder(identity: Identity, base: PublicKey, secret: Key, own_ratchet: KeyPair) -> State {
        State {
            is_ours: false,
            identity,
            base,
            pending: None,
            root: secret,
            own_ratchet,
            their_ratchet: None,
            sending: None,
            receiving: None,
            previous: 0,
            skipped: VecDeque::new(),
            past: VecDeque::new(),
        }
    }

    /// Whether nothing was sent since the other's ratchet key came.
    pub(super) fn owes_answer(&self) -> bool {
        self.sending.is_none()
    }

    fn turn_root(&self, version: Version, theirs: &PublicKey) -> Option<(Key, Chain)> {
        let shared = crypto::agree(&self.own_ratchet.secret, theirs)?;
        let (root, chain) = derive_pair(&self.root, &shared, version.labels().root);
        Some((root, Chain { key: chain, next: 0 }))
    }

    /// Encrypts one message.
    pub(super) fn encrypt(
        &mut self,
        version: Version,
        own: &PublicKey,
        plain: &[u8],
        entropy: &mut Entropy<'_>,
    ) -> Result<Vec<u8>, Error> {
        let mut chain = match self.sending.take() {
            Some(chain) => chain,
            None => self.turn_sending(version, entropy)?,
        };
        if chain.next == u32::MAX {
            return Err(Error::Broken("the chain is at its end"));
        }
        let (number, key) = (chain.next, chain.step());
        self.sending = Some(chain);
        let keys = MessageKeys::new(version, &key);
        let ciphertext = crypto::cbc_encrypt(&keys.cipher, &keys.iv, plain);
        let covered = proto::print_covered(version, &self.own_ratchet.public, number, self.previous, &ciphertext);
        let initiator = if self.is_ours { Initiator::Sender } else { Initiator::Receiver };
        let associated = version.associated(own, &self.identity.wire, initiator);
        let mac = crypto::mac(&keys.mac[..], &[&associated, &covered]);
        Ok(proto::print_message(version, covered, &mac[..version.mac_length()]))
    }

    fn turn_sending(&mut self, version: Version, entropy: &mut Entropy<'_>) -> Result<Chain, Error> {
        let theirs = self.their_ratchet.ok_or(Error::NoSession)?;
        self.own_ratchet = KeyPair::new(entropy.key());
        let chain;
        (self.root, chain) = self.turn_root(version, &theirs).ok_or(Error::Broken("a ratchet key of small order"))?;
        Ok(chain)
    }

    /// Decrypts one message. After an error the state is spoilt: work on a clone.
    pub(super) fn decrypt(&mut self, version: Version, own: &PublicKey, data: &[u8]) -> Result<Opened, Error> {
        let message = Message::read(version, data)?;
        let initiator = if self.is_ours { Initiator::Receiver } else { Initiator::Sender };
        let associated = version.associated(&self.identity.wire, own, initiator);
        let open = |key: &Key| open(version, key, &associated, &message);
        let place = self.skipped.iter().position(|s| s.number == message.number && s.ratchet == message.ratchet);
        let plain = if let Some(skipped) = place.and_then(|place| self.skipped.get(place)) {
            let plain = open(&skipped.key)?;
            place.map(|place| self.skipped.remove(place));
            plain
        } else if self.receiving.is_some() && self.their_ratchet == Some(message.ratchet) {
            let (key, skipped) = advance(&mut self.receiving, &message)?;
            let plain = open(&key)?;
            self.keep(skipped);
            plain
        } else if self.past.contains(&beginning(&message.ratchet)) {
            return Err(Error::Duplicate);
        } else {
            self.turn_receiving(version, &message, open)?
        };
        self.pending = None;
        Ok(Opened { plain, number: message.number })
    }

    /// A message under a new ratchet key of theirs.
    fn turn_receiving(
        &mut self,
        version: Version,
        message: &Message<'_>,
        open: impl Fn(&Key) -> Result<Bytes, Error>,
    ) -> Result<Bytes, Error> {
        // They renew their key when they have seen a new one of ours, so one that comes earlier is not theirs.
        let is_due = self.sending.is_some() || self.receiving.is_none();
        if !is_due || self.their_ratchet == Some(message.ratchet) {
            return Err(Error::Broken("a ratchet key out of turn"));
        }
        let (root, chain) = self.turn_root(version, &message.ratchet).ok_or(Error::Broken("a bad ratchet key"))?;
        let mut receiving = Some(chain);
        let (key, skipped) = advance(&mut receiving, message)?;
        let plain = open(&key)?;
        self.leave_chain(message.previous);
        self.keep(skipped);
        self.root = root;
        self.receiving = receiving;
        self.their_ratchet = Some(message.ratchet);
        self.previous = self.sending.take().map_or(0, |chain| chain.next);
        Ok(plain)
    }

    /// Keeps the keys of what is still missing of their chain before. They have given its length, but the oldest
    /// libraries give one less; so one key more is kept, which mostly is for nothing, and goes sooner.
    fn leave_chain(&mut self, length: u32) {
        let (Some(mut chain), Some(ratchet)) = (self.receiving.take(), self.their_ratchet) else { return };
        self.past.push_back(beginning(&ratchet));
        if self.past.len() > limits::OMEMO_PAST_MAX {
            self.past.pop_front();
        }
        // More is lost for good; it must not keep the ratchet from turning.
        if length.saturating_sub(chain.next) > limits::OMEMO_JUMP_MAX || length == u32::MAX {
            return;
        }
        let mut skipped = chain.skip_to(&ratchet, length + 1);
        if let Some(last) = skipped.last_mut() {
            last.is_guess = true;
        }
        self.keep(skipped);
        let guesses = self.skipped.iter().filter(|s| s.is_guess).count();
        if guesses > limits::OMEMO_GUESSES_MAX {
            let oldest = self.skipped.iter().position(|s| s.is_guess);
            oldest.map(|place| self.skipped.remove(place));
        }
    }

    fn keep(&mut self, skipped: Vec<Skipped>) {
        self.skipped.extend(skipped);
        while self.skipped.len() > limits::OMEMO_SKIPPED_MAX {
            self.skipped.pop_front();
        }
    }
}

fn beginning(ratchet: &PublicKey) -> [u8; 8] {
    *ratchet.first_chunk().expect("a key has 32 bytes")
}

fn derive_pair(root: &Key, shared: &Key, label: &[u8]) -> (Key, Key) {
    let mut out = crypto::Zeroizing::new([[0; 32]; 2]);
    crypto::hkdf(&root[..], &shared[..], label, out.as_flattened_mut());
    let [root, chain] = *out;
    (Key::new(root), Key::new(chain))
}

/// Moves a chain to a message: its key, and those left out.
fn advance(chain: &mut Option<Chain>, message: &Message<'_>) -> Result<(Key, Vec<Skipped>), Error> {
    let chain = chain.as_mut().ok_or(Error::NoSession)?;
    let jump = message.number.checked_sub(chain.next).ok_or(Error::Duplicate)?;
    if jump > limits::OMEMO_JUMP_MAX || message.number == u32::MAX {
        return Err(Error::Broken("too many messages are missing"));
    }
    let skipped = chain.skip_to(&message.ratchet, message.number);
    Ok((chain.step(), skipped))
}

struct MessageKeys {
    cipher: Key,
    mac: Key,
    iv: [u8; 16],
}

impl MessageKeys {
    fn new(version: Version, key: &Key) -> MessageKeys {
        MessageKeys::derive(&key[..], version.labels().message)
    }

    fn derive(input: &[u8], label: &[u8]) -> MessageKeys {
        let mut out = crypto::Zeroizing::new([0; 80]);
        crypto::hkdf(&[0; 32], input, label, &mut out[..]);
        let mut reader = Reader::over(&out[..]);
        let mut key = || reader.key().expect("80 bytes are two keys and more");
        let (cipher, mac) = (key(), key());
        MessageKeys { cipher, mac, iv: reader.take().expect("16 of the 80 bytes are left") }
    }
}

fn open(version: Version, key: &Key, associated: &[u8], message: &Message<'_>) -> Result<Bytes, Error> {
    let keys = MessageKeys::new(version, key);
    let mac = crypto::mac(&keys.mac[..], &[associated, message.covered]);
    if !crypto::is_same(&mac[..version.mac_length()], message.mac) {
        return Err(Error::Broken("a wrong MAC"));
    }
    crypto::cbc_decrypt(&keys.cipher, &keys.iv, message.ciphertext).ok_or(Error::Broken("a wrong padding"))
}

/// Seals a payload of OMEMO 2 (XEP-0384 §4.4): the ciphertext, and key and MAC for the ratchet.
pub(super) fn seal_payload(key: &Key, plain: &[u8]) -> (Vec<u8>, Bytes) {
    let keys = MessageKeys::derive(&key[..], PAYLOAD);
    let sealed = crypto::cbc_encrypt(&keys.cipher, &keys.iv, plain);
    let mac = crypto::mac(&keys.mac[..], &[&sealed]);
    let carried = Bytes::new([&key[..], &mac[..PAYLOAD_MAC]].concat());
    (sealed, carried)
}

/// Undoes [`seal_payload`].
pub(super) fn open_payload(carried: &[u8], sealed: &[u8]) -> Result<Bytes, Error> {
    if carried.len() != 32 + PAYLOAD_MAC {
        return Err(Error::Broken("a payload's key of a wrong length"));
    }
    let (key, mac) = carried.split_at(32);
    let keys = MessageKeys::derive(key, PAYLOAD);
    if !crypto::is_same(&crypto::mac(&keys.mac[..], &[sealed])[..PAYLOAD_MAC], mac) {
        return Err(Error::Broken("a payload with a wrong MAC"));
    }
    crypto::cbc_decrypt(&keys.cipher, &keys.iv, sealed).ok_or(Error::Broken("a payload with a wrong padding"))
}

const PAYLOAD: &[u8] = b"OMEMO Payload";
const PAYLOAD_MAC: usize = 16;

impl State {
    /// Appends the state to a record.
    pub(super) fn write(&self, out: &mut Writer) {
        out.byte(self.is_ours.into());
        out.bytes(&self.identity.wire);
        out.bytes(&self.identity.key);
        out.bytes(&self.base);
        out.byte(self.pending.is_some().into());
        if let Some(pending) = self.pending {
            out.number(pending.prekey);
            out.number(pending.signed_prekey);
        }
        out.bytes(&self.root[..]);
        out.bytes(&self.own_ratchet.secret[..]);
        out.bytes(&self.own_ratchet.public);
        out.byte(self.their_ratchet.is_some().into());
        self.their_ratchet.iter().for_each(|key| out.bytes(key));
        for chain in [&self.sending, &self.receiving] {
            out.byte(chain.is_some().into());
            if let Some(chain) = chain {
                out.bytes(&chain.key[..]);
                out.number(chain.next);
            }
        }
        out.number(self.previous);
        out.number(self.skipped.len() as u32);
        for skipped in &self.skipped {
            out.bytes(&skipped.ratchet);
            out.number(skipped.number);
            out.bytes(&skipped.key[..]);
            out.byte(skipped.is_guess.into());
        }
        out.number(self.past.len() as u32);
        self.past.iter().for_each(|key| out.bytes(key));
    }

    /// Reads a state back.
    pub(super) fn read(from: &mut Reader<'_>) -> Option<State> {
        let chain = |from: &mut Reader<'_>| Some(Chain { key: from.key()?, next: from.number()? });
        Some(State {
            is_ours: from.flag()?,
            identity: Identity { wire: from.take()?, key: from.take()? },
            base: from.take()?,
            pending: from.option(|from| Some(Pending { prekey: from.number()?, signed_prekey: from.number()? }))?,
            root: from.key()?,
            own_ratchet: KeyPair { secret: from.key()?, public: from.take()? },
            their_ratchet: from.option(|from| from.take())?,
            sending: from.option(chain)?,
            receiving: from.option(chain)?,
            previous: from.number()?,
            skipped: from.list(limits::OMEMO_SKIPPED_MAX, read_skipped)?.into(),
            past: from.list(limits::OMEMO_PAST_MAX, |from| from.take())?.into(),
        })
    }
}

fn read_skipped(from: &mut Reader<'_>) -> Option<Skipped> {
    Some(Skipped { ratchet: from.take()?, number: from.number()?, key: from.key()?, is_guess: from.flag()? })
}
