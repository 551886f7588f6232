//! Layer 0: the words everyone uses. Imports nothing of ours, does no input or output.

pub mod call;
pub mod crypto;
pub mod id;
pub mod jid;
pub mod json;
pub mod limits;
pub mod ratelimit;
pub mod secret;
pub mod text;
pub mod time;
