//! Keys for end-to-end encryption, as callers ask about them.

use crate::base::jid::BareJid;
use crate::core::handle::Encrypt;

/// How a bot judges keys that nobody has decided about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// All are trusted, until one of that contact is verified: "blind trust before verification".
    Blind,
    /// The devices that a contact has at first are trusted, later ones wait for the owner's word.
    #[default]
    Tofu,
    /// Only those are trusted that the owner has named.
    Pinned,
}

impl Policy {
    const ALL: [Policy; 3] = [Policy::Blind, Policy::Tofu, Policy::Pinned];

    /// As spelled in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::Blind => "blind",
            Policy::Tofu => "tofu",
            Policy::Pinned => "pinned",
        }
    }

    /// Reads the spelling.
    pub fn parse(text: &str) -> Option<Policy> {
        Policy::ALL.into_iter().find(|policy| policy.as_str() == text)
    }
}

/// A question about keys.
#[derive(Clone, Debug)]
pub enum KeyQuestion {
    /// `status`.
    Status,
    /// `devices`, of one contact or of all.
    Devices(Option<BareJid>),
    /// `trust` and `distrust`.
    Decide {
        /// The contact; `None`: whoever has that key.
        jid: Option<BareJid>,
        /// A device id or a fingerprint.
        key: String,
        /// Which of the two.
        trusted: bool,
    },
    /// `trustPolicy`.
    SetPolicy(Policy),
}

/// The answer to it.
#[derive(Clone, Debug)]
pub enum KeyAnswer {
    /// How the bot stands itself.
    Status(OmemoStatus),
    /// Keys, the newest first.
    Devices(Vec<KeyInfo>),
    /// The key that was decided about.
    Decided(KeyInfo),
    /// The policy from now on.
    Policy(Policy),
}

/// How a bot encrypts, and how it is recognised.
#[derive(Clone, Debug)]
pub struct OmemoStatus {
    /// Its account.
    pub jid: BareJid,
    /// Once it was online with encryption.
    pub device: Option<OwnKey>,
    /// How it judges keys.
    pub policy: Policy,
    /// Whether it encrypts.
    pub encrypt: Encrypt,
}

/// A bot's own device.
#[derive(Clone, Debug)]
pub struct OwnKey {
    /// Its id.
    pub device: u32,
    /// 64 digits in groups of eight.
    pub fingerprint: String,
    /// What clients scan or open to verify it (XEP-0384 §8).
    pub uri: String,
}

/// A key as callers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Whose it is.
    pub jid: BareJid,
    /// Of which device; 0: it was named and not seen yet.
    pub device: u32,
    /// 64 digits in groups of eight.
    pub fingerprint: String,
    /// `trusted`, `undecided`, `distrusted`.
    pub standing: &'static str,
    /// The owner has said so.
    pub is_verified: bool,
    /// Unix time.
    pub first_seen: i64,
}
