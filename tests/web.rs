//! People with a browser: the daemon's own binary, HTTP as browsers speak it, a bot's program beside it.

#![cfg(feature = "face-botyard")]
// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

mod support;

#[path = "web/answers.rs"]
mod answers;
#[path = "web/browser.rs"]
mod browser;
#[path = "web/chats.rs"]
mod chats;
#[path = "web/events.rs"]
mod events;
#[path = "web/kills.rs"]
mod kills;
#[path = "web/load.rs"]
mod load;

use support::daemon::Daemon;

/// A daemon with a bot that is listed: its token, and its ULID.
fn with_bot(config: &str) -> (Daemon, String, String) {
    let daemon = Daemon::start(&format!("[api]\nrate_limit = 0\n{config}"));
    let token = daemon.create_bot("EchoBot", "owner@local");
    let mut http = daemon.http();
    http.post("/bot/listed", None, r#"{"id":1,"listed":true}"#).ok();
    let bots = http.get("/v1/client-api/bots", None).ok();
    let ulid = bots.list()[0].at("id").text();
    (daemon, token, ulid)
}
