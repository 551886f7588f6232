//! Layer 4 against servers of our own: names, TLS, and sessions over real sockets.

#![allow(clippy::unwrap_used)]

mod support;

#[path = "net/certs.rs"]
mod certs;
#[path = "net/dns.rs"]
mod dns;
#[path = "net/sessions.rs"]
mod sessions;
