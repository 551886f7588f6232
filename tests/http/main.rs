//! The HTTP door against clients of every kind: in-process, with a small face behind it, on real sockets.
//!
//! The abuse is that of which tiny_http alone dies. After each the door must answer at once.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod abuse;
mod answers;
mod bodies;
mod client;
mod door;
mod flow;
mod framing;
mod life;
