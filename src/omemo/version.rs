//! What differs between the two versions of OMEMO in use: XEP-0384 0.3, which nearly everybody speaks, and 0.8 and
//! later (`urn:xmpp:omemo:2`). Everything else is one implementation for both.

use super::crypto::{self, PublicKey};

/// A version of OMEMO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// XEP-0384 0.3: protects the body only.
    Legacy,
    /// XEP-0384 0.8 and later: protects an envelope (XEP-0420).
    Omemo2,
}

/// An identity key of somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// As the version has it on the wire: Montgomery in 0.3, Edwards in OMEMO 2.
    pub wire: PublicKey,
    /// The Montgomery form, the same in both versions: what is pinned and shown as fingerprint.
    pub key: PublicKey,
}

impl Identity {
    /// From the wire; `None` for what is no key.
    pub fn read(version: Version, wire: &PublicKey) -> Option<Identity> {
        let key = match version {
            Version::Legacy => *wire,
            Version::Omemo2 => crypto::montgomery_of(wire)?,
        };
        crypto::is_canonical(&key).then_some(Identity { wire: *wire, key })
    }
}

/// Who of two began their session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Initiator {
    /// Who sends the message at hand.
    Sender,
    /// Who receives it.
    Receiver,
}

/// What the key derivations of a version are labelled with.
pub(super) struct Labels {
    pub(super) agreement: &'static [u8],
    pub(super) root: &'static [u8],
    pub(super) message: &'static [u8],
}

impl Version {
    /// Both, the older first.
    pub const ALL: [Version; 2] = [Version::Legacy, Version::Omemo2];

    /// The namespace of `<encrypted/>`, bundles and device lists.
    pub fn ns(self) -> &'static str {
        match self {
            Version::Legacy => "eu.siacs.conversations.axolotl",
            Version::Omemo2 => "urn:xmpp:omemo:2",
        }
    }

    /// The PEP node of the device list.
    pub fn devices_node(self) -> &'static str {
        match self {
            Version::Legacy => "eu.siacs.conversations.axolotl.devicelist",
            Version::Omemo2 => "urn:xmpp:omemo:2:devices",
        }
    }

    /// The PEP node and the item of a device's bundle.
    pub fn bundle_node(self, device: u32) -> (String, String) {
        match self {
            Version::Legacy => (format!("eu.siacs.conversations.axolotl.bundles:{device}"), "current".to_string()),
            Version::Omemo2 => ("urn:xmpp:omemo:2:bundles".to_string(), device.to_string()),
        }
    }

    pub(super) fn labels(self) -> Labels {
        match self {
            Version::Legacy => {
                Labels { agreement: b"WhisperText", root: b"WhisperRatchet", message: b"WhisperMessageKeys" }
            }
            Version::Omemo2 => {
                Labels { agreement: b"OMEMO X3DH", root: b"OMEMO Root Chain", message: b"OMEMO Message Key Material" }
            }
        }
    }

    pub(super) fn mac_length(self) -> usize {
        match self {
            Version::Legacy => 8,
            Version::Omemo2 => 16,
        }
    }

    /// A Montgomery key on the wire: 0.3 has a type byte in front.
    pub(super) fn print_key(self, key: &PublicKey) -> Vec<u8> {
        match self {
            Version::Legacy => [&[5], key.as_slice()].concat(),
            Version::Omemo2 => key.to_vec(),
        }
    }

    /// Reads a Montgomery key; `None` in another spelling than the one.
    pub(super) fn read_key(self, wire: &[u8]) -> Option<PublicKey> {
        let key = match self {
            Version::Legacy => wire.strip_prefix(&[5])?,
            Version::Omemo2 => wire,
        };
        PublicKey::try_from(key).ok().filter(crypto::is_canonical)
    }

    /// What every MAC covers: both identity keys. 0.3 has the sender's first, OMEMO 2 that of who began the session.
    pub(super) fn associated(self, sender: &PublicKey, receiver: &PublicKey, initiator: Initiator) -> Vec<u8> {
        match (self, initiator) {
            (Version::Legacy, _) => [self.print_key(sender), self.print_key(receiver)].concat(),
            (Version::Omemo2, Initiator::Sender) => [*sender, *receiver].concat(),
            (Version::Omemo2, Initiator::Receiver) => [*receiver, *sender].concat(),
        }
    }
}
