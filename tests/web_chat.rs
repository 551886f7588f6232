//! The chat page in a real Chromium: `tests/browser/*.mjs`.

#![cfg(feature = "face-web")]

mod support;

use support::browser;
use support::daemon::Daemon;

#[test]
fn the_page_comes_up() {
    let daemon = Daemon::start("");
    daemon.create_bot("Weather", "owner@local");
    daemon.http().post("/bot/listed", None, r#"{"id":1,"listed":true}"#).ok();
    browser::run("first.mjs", &daemon, &[]);
}
