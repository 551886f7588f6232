//! What the files of this folder say to each other: what becomes of a message, whom it can reach, what devices are owed.

use crate::channel::xmpp::BareJid;
use crate::channel::xmpp::crypt::{Element, OmemoPeer, Version};

/// In `owes`: an empty message, so that the other side knows that its session works.
pub(super) const ANSWER: i64 = 1;
/// In `owes`: a new session, as what came in the old one could not be read.
pub(super) const RENEWAL: i64 = 2;
/// In `owes`: the same, as the session was put back from an older copy. It may still decrypt; whatever it encrypts would
/// be under keys that were used.
pub(super) const PUT_BACK: i64 = 3;

/// What became of a message that was to be encrypted.
pub(super) enum Sealed {
    Done(Element),
    /// A device turned out to be of no use, so that none is left.
    Nobody,
}

/// A message that is to be encrypted.
pub(crate) struct ToSeal<'a> {
    pub(crate) message_id: &'a str,
    /// How it would go out in plain.
    pub(crate) stanza: String,
    /// It never does.
    pub(crate) is_required: bool,
}

/// Whether somebody can be encrypted to.
pub(super) enum Readiness {
    /// Something is asked, or will be when we are online.
    Wait,
    /// In this version, to these devices: his, and our own others.
    Ready(Version, Vec<OmemoPeer>),
    /// No.
    Lack(Lack),
}

/// Why an account cannot encrypt at all.
pub(super) const NO_OWN_DEVICE: &str = "the account's server has no place for OMEMO keys (PEP, XEP-0163)";

/// Why somebody cannot be encrypted to; the more there is against plain text, the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lack {
    /// Our own account has none, and its server takes none.
    NoOwnDevice,
    /// He has no device, or shows us none.
    NoDevice,
    /// He may have some, but what is needed cannot be had now.
    Unreachable,
    /// None of his devices is trusted.
    Untrusted,
}

impl Lack {
    /// The reason in words.
    pub(super) fn why(self, jid: &BareJid) -> String {
        match self {
            Lack::NoOwnDevice => NO_OWN_DEVICE.to_string(),
            Lack::NoDevice => format!("{jid} shows no device with OMEMO"),
            Lack::Unreachable => format!("the OMEMO keys of {jid} cannot be fetched"),
            Lack::Untrusted => format!("none of the OMEMO keys of {jid} is trusted"),
        }
    }
}

/// A list by its version.
pub(super) enum List {
    Known(Vec<u32>),
    Asked,
    Unreachable,
}

/// What became of a message.
pub(super) enum Passed {
    Gone,
    Waits,
    /// It will not go out, and why.
    Failed(String),
    /// So many bytes are more than the server takes.
    TooLarge(usize),
}
