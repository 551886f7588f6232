//! What the integration tests share: real servers, a proxy that breaks connections, a second client.
//!
//! Included by each test file that needs it with `mod support;`. A test file uses only a part, hence the permission
//! for dead code. Servers, proxy and peer do not depend on the library under test. What tests without a server share
//! they include by its path: `engine.rs`, `dialog.rs`, and, where they need nothing else, `stub.rs`.

#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod archive;
pub mod browser;
pub mod daemon;
pub mod encrypted;
pub mod http;
pub mod load;
pub mod peer;
pub mod port;
pub mod process;
pub mod proxy;
pub mod raw;
pub mod server;
pub mod skip;
pub mod stub;
pub mod telegram;
