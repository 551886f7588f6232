//! The panel: its endpoints, and the page in a real Chromium (`tests/browser/panel*.mjs`).

#![cfg(feature = "face-panel")]

mod support;

use std::fs;

use support::browser;
use support::daemon::Daemon;

/// A browser on this machine, where nobody has to sign in.
#[test]
fn a_bot_is_made_used_watched_and_deleted_in_the_page() {
    browser::run("panel.mjs", &Daemon::start(""), &[]);
}

#[test]
fn every_page_can_be_read_by_everybody() {
    browser::run("panel_pages.mjs", &Daemon::start(""), &[]);
}

#[test]
fn whoever_is_not_signed_in_changes_nothing() {
    let daemon = Daemon::start("[api]\nadmin = \"token\"\n");
    let admin = fs::read_to_string(daemon.dir.join("data/admin.token")).expect("the daemon has made it");
    browser::run("panel_session.mjs", &daemon, &[admin.trim()]);
}
