//! The sessions with one device: the one in use, and those before it, which still decrypt what is under way.
//!
//! When both begin at once, or one has lost its records, there are several; the one that last decrypted is in front.

use super::codec::{Reader, Writer};
use super::crypto::{Bytes, PublicKey};
use super::device::Device;
use super::element::{Bundle, DeviceKey};
use super::proto::KeyExchange;
use super::ratchet::{self, State};
use super::version::{Identity, Version};
use super::{Entropy, Error, x3dh};
use crate::base::limits;

const RECORD_VERSION: u8 = 1;

/// What is kept per device of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    version: Version,
    /// Newest first, never empty.
    states: Vec<State>,
}

/// What a key held.
pub(super) struct Opened {
    pub(super) plain: Bytes,
    pub(super) session: Session,
    pub(super) identity: Identity,
    pub(super) prekey: Option<u32>,
    pub(super) wants_answer: bool,
}

impl Session {
    /// The version it is for.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The identity key of the other device in the session in use.
    pub fn identity(&self) -> Option<Identity> {
        self.states.first().map(|state| state.identity)
    }

    /// Whether we began the session in use and have heard nothing in it yet.
    pub fn is_unanswered(&self) -> bool {
        self.states.first().is_some_and(|state| state.pending.is_some())
    }

    /// A new session from a bundle, before those that there were.
    pub(super) fn begin(
        device: &Device,
        bundle: &Bundle,
        before: Option<&Session>,
        entropy: &mut Entropy<'_>,
    ) -> Result<Session, Error> {
        let state = x3dh::begin(device.version(), device, bundle, entropy)?;
        Ok(Session::with_first(device.version(), state, before))
    }

    fn with_first(version: Version, state: State, before: Option<&Session>) -> Session {
        let before = before.filter(|before| before.version == version);
        let mut states = vec![state];
        let kept = before.into_iter().flat_map(|before| &before.states).take(limits::OMEMO_STATES_MAX - 1);
        states.extend(kept.cloned());
        Session { version, states }
    }

    /// Encrypts one key: the record, and whether it is a key exchange.
    pub(super) fn encrypt(
        &mut self,
        device: u32,
        own: &PublicKey,
        plain: &[u8],
        entropy: &mut Entropy<'_>,
    ) -> Result<(Vec<u8>, bool), Error> {
        let version = self.version;
        let state = self.states.first_mut().ok_or(Error::NoSession)?;
        let message = state.encrypt(version, own, plain, entropy)?;
        let Some(pending) = state.pending else { return Ok((message, false)) };
        let exchange = KeyExchange {
            prekey: Some(pending.prekey),
            signed_prekey: pending.signed_prekey,
            identity: *own,
            base: state.base,
            message: &message,
        };
        Ok((exchange.print(version, device), true))
    }

    /// Decrypts one key. What was there stays as it is; the changed session is in the answer.
    pub(super) fn decrypt(before: Option<&Session>, device: &Device, key: &DeviceKey) -> Result<Opened, Error> {
        if key.is_exchange {
            Session::decrypt_exchange(before, device, key)
        } else {
            let session = before.ok_or(Error::NoSession)?;
            session.try_states(device, &key.data, |_| true)
        }
    }

    fn decrypt_exchange(before: Option<&Session>, device: &Device, key: &DeviceKey) -> Result<Opened, Error> {
        let version = device.version();
        let exchange = KeyExchange::read(version, &key.data)?;
        // It is repeated with every message until the sender has heard from us.
        let is_repeated =
            |state: &State| !state.is_ours && state.base == exchange.base && state.identity.wire == exchange.identity;
        if let Some(session) = before.filter(|session| session.states.iter().any(is_repeated)) {
            return session.try_states(device, exchange.message, is_repeated);
        }
        let mut state = x3dh::answer(version, device, &exchange)?;
        let opened = state.decrypt(version, &device.wire_identity(), exchange.message)?;
        Ok(Opened {
            plain: opened.plain,
            identity: state.identity,
            session: Session::with_first(version, state, before),
            prekey: exchange.prekey,
            wants_answer: true,
        })
    }

    /// Tries the states, newest first; the one that decrypts comes to the front.
    fn try_states(&self, device: &Device, data: &[u8], is_meant: impl Fn(&State) -> bool) -> Result<Opened, Error> {
        let own = device.wire_identity();
        let mut failure = Error::NoSession;
        for (place, state) in self.states.iter().enumerate().filter(|(_, state)| is_meant(state)) {
            let mut state = state.clone();
            match state.decrypt(self.version, &own, data) {
                Ok(opened) => {
                    let identity = state.identity;
                    let wants_answer = wants_answer(&state, &opened);
                    let mut session = self.clone();
                    session.states.remove(place);
                    session.states.insert(0, state);
                    return Ok(Opened { plain: opened.plain, session, identity, prekey: None, wants_answer });
                }
                Err(Error::Duplicate) => failure = Error::Duplicate,
                Err(error) if failure == Error::NoSession => failure = error,
                Err(_) => {}
            }
        }
        Err(failure)
    }

    /// The record to keep. It holds secrets.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Writer::new(RECORD_VERSION);
        out.byte((self.version == Version::Omemo2).into());
        out.number(self.states.len() as u32);
        self.states.iter().for_each(|state| state.write(&mut out));
        out.finish()
    }

    /// Reads a record back; `None` when it is not one.
    pub fn from_bytes(data: &[u8]) -> Option<Session> {
        let mut from = Reader::new(data, RECORD_VERSION)?;
        let version = if from.flag()? { Version::Omemo2 } else { Version::Legacy };
        let states = from.list(limits::OMEMO_STATES_MAX, State::read).filter(|states| !states.is_empty())?;
        from.finish()?;
        Some(Session { version, states })
    }
}

/// After 53 messages without one of ours; and again after as many, should our answer have been lost.
fn wants_answer(state: &State, opened: &ratchet::Opened) -> bool {
    let many = limits::OMEMO_UNANSWERED_MAX;
    opened.number >= many && (state.owes_answer() || opened.number.is_multiple_of(many))
}
