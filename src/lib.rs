//! Botmother: a bot server for XMPP, small enough for a router.
//!
//! This page is the map for who works on the code; docs/ is for who runs it. docs/architecture.md walks
//! through this map with a message in hand.
//!
//! # Principles
//! 1. One direction: edges call inwards; the inside answers with data, never by calling out.
//! 2. Protocol code has no socket, no clock, no randomness of its own, no SQL. It gets them as arguments.
//! 3. Live state has one owner: the engine thread. Others send it events or ask it questions.
//! 4. Durable first: commit, then act; acknowledge a stanza only after it is committed.
//! 5. A face translates; it decides nothing. A rule that two faces need lives in the core.
//! 6. Everything has a limit, and all limits stand in one place ([`base::limits`]) with their reasons.
//! 7. One word, one meaning (the glossary is in docs/architecture.md).
//!
//! # The way of a message
//! *In:* socket → [`net::driver`] → [`xmpp::session`] (pure) → [`engine::event::Event`] → `channel::xmpp::inbound` →
//! `engine::router` → an update row and replies, in one transaction → after the commit: the stanza is acknowledged, the
//! waiting poller answered.
//! *Out:* HTTP → [`http::front`] → a face in [`face`] → [`core::handle::Question`] → an outbox row → after the commit:
//! the caller gets his 200, the session gets the stanza → the server's acknowledgement deletes the row.
//!
//! # What is deliberately absent
//! No lock around live state, no thread per connection or bot, no trait with one implementor but that of brains,
//! whose list is to grow, no `async` outside `net`, `http::front`, `http::scrape`, `work::streams` and `mqtt`, no SQL outside
//! [`store`], no JSON outside the faces' `wire` files, `mqtt` and payloads of updates.
//!
//! # Layers
//! `tests/layers.rs` holds the table of who may import whom, and fails when the code does otherwise.

#![cfg_attr(not(test), deny(clippy::unwrap_used))]
// What only a part uses that is left out is unused.
#![cfg_attr(
    not(all(feature = "brain-ai", feature = "channel-local", feature = "channel-telegram", feature = "channel-web")),
    allow(dead_code)
)]

pub mod base;
pub mod remote;
pub mod xml;
pub mod xmpp;
pub mod omemo;
pub mod store;
pub mod core;
pub mod channel;
pub mod brain;
pub mod engine;
pub mod reactor;
pub mod net;
pub mod work;
pub mod http;
#[cfg(not(feature = "mqtt"))]
#[path = "no_mqtt.rs"]
pub mod mqtt;
#[cfg(feature = "mqtt")]
pub mod mqtt;
pub mod face;
pub mod config;
pub mod cli;
pub mod daemon;
