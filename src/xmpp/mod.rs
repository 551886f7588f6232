//! Layer 1: the XMPP client protocol, without I/O.
//!
//! Two machines by lifetime: a [`stream`] is one XML stream on one connection and is thrown away with it; a [`session`]
//! is the account's presence on the network across reconnects. Around them one small file a feature: its namespace,
//! what we build, what we read.

pub mod ns;
pub mod stanza;

pub mod sasl;
pub mod stream;

pub mod iq;
pub mod session;
pub mod sm;

pub mod carbons;
pub mod delay;
pub mod dataform;
pub mod disco;
pub mod mam;
pub mod message;
pub mod muc;
pub mod ping;
pub mod presence;
pub mod time;
pub mod version;

pub mod adhoc;
pub mod register;
pub mod roster;
pub mod upload;

pub mod pubsub;
pub mod avatar;
pub mod bookmarks;
pub mod vcard;

#[cfg(test)]
mod tests;
