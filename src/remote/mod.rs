//! Layer 1: what to say to other services over HTTP, and how to read their answers. No socket, no clock, no state:
//! functions build an [`HttpCall`](crate::base::call::HttpCall) and turn its outcome into one of a closed list of
//! meanings, each with one sentence for people. `work` makes the calls, the engine decides what follows.

pub mod ai;
pub mod ejabberd;
pub mod telegram;
pub mod upload;
pub mod webhook;
