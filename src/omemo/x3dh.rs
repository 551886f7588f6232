//! X3DH: how a session begins (XEP-0384 §4.2). One party takes the other's published keys, the other takes the
//! private halves of those keys; both arrive at the same secret.

use super::crypto::{self, Bytes, Key, KeyPair};
use super::device::Device;
use super::element::Bundle;
use super::proto::KeyExchange;
use super::ratchet::{Pending, State};
use super::version::{Identity, Version};
use super::{Entropy, Error};

/// Begins a session with the device of a bundle. The prekey is chosen at random, because others choose, too.
pub(super) fn begin(
    version: Version,
    device: &Device,
    bundle: &Bundle,
    entropy: &mut Entropy<'_>,
) -> Result<State, Error> {
    let identity = bundle.identity(version).filter(|_| bundle.is_signed(version)).ok_or(Error::BadBundle)?;
    let place = entropy.below(bundle.prekeys.len()).ok_or(Error::BadBundle)?;
    let (prekey_id, prekey) = bundle.prekeys.get(place).ok_or(Error::BadBundle)?;
    let ephemeral = KeyPair::new(entropy.key());
    let signed = &bundle.signed_prekey;
    let agreements = [
        crypto::agree(&device.identity().secret, signed),
        crypto::agree(&ephemeral.secret, &identity.key),
        crypto::agree(&ephemeral.secret, signed),
        crypto::agree(&ephemeral.secret, prekey),
    ];
    let secret = shared_secret(version, agreements).ok_or(Error::BadBundle)?;
    let pending = Pending { prekey: *prekey_id, signed_prekey: bundle.signed_prekey_id };
    State::of_initiator(version, (identity, ephemeral.public), (secret, *signed), pending, entropy.key())
        .ok_or(Error::BadBundle)
}

/// Takes up a session that somebody else has begun. Without a one-time prekey there is none (XEP-0384 §4.2).
pub(super) fn answer(version: Version, device: &Device, exchange: &KeyExchange<'_>) -> Result<State, Error> {
    let identity = Identity::read(version, &exchange.identity).ok_or(Error::Broken("a bad identity key"))?;
    let prekey = exchange.prekey.filter(|id| *id != 0).ok_or(Error::Broken("a key exchange without a prekey"))?;
    let prekey = device.prekey(prekey).ok_or(Error::UnknownPreKey)?;
    let signed = device.signed_prekey(exchange.signed_prekey).ok_or(Error::UnknownPreKey)?;
    let agreements = [
        crypto::agree(&signed.secret, &identity.key),
        crypto::agree(&device.identity().secret, &exchange.base),
        crypto::agree(&signed.secret, &exchange.base),
        crypto::agree(prekey, &exchange.base),
    ];
    let secret = shared_secret(version, agreements).ok_or(Error::Broken("a key of small order"))?;
    Ok(State::of_responder(identity, exchange.base, secret, signed.clone()))
}

fn shared_secret(version: Version, agreements: [Option<Key>; 4]) -> Option<Key> {
    let mut input = Bytes::new(Vec::with_capacity(5 * 32));
    input.extend_from_slice(&[0xff; 32]);
    for agreement in agreements {
        input.extend_from_slice(&agreement?[..]);
    }
    let mut secret = crypto::Zeroizing::new([0; 32]);
    crypto::hkdf(&[0; 32], &input, version.labels().agreement, &mut secret[..]);
    Some(Key::new(*secret))
}
