//! Layer 0: the words everyone uses. Imports nothing of ours, does no input or output, but for the files of
//! [`spool`].

pub mod address;
pub mod call;
pub mod chunked;
pub mod crypto;
pub mod fold;
mod german;
pub mod heard;
pub mod id;
pub mod jid;
pub mod json;
pub mod jwt;
pub mod limits;
pub mod media;
pub mod near;
pub mod network;
pub mod prometheus;
pub mod ratelimit;
pub mod remedy;
pub mod rich;
pub mod secret;
pub mod server;
pub mod shelf;
pub mod span;
pub mod spool;
#[cfg(not(feature = "system-roots"))]
#[path = "no_system_roots.rs"]
pub mod system_roots;
#[cfg(feature = "system-roots")]
pub mod system_roots;
pub mod text;
pub mod time;
pub mod ulid;
