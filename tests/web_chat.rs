//! The chat page in a real Chromium: `tests/browser/*.mjs`.

#![cfg(all(feature = "face-web", feature = "channel-web"))]

mod support;

use support::browser;
use support::daemon::Daemon;

const CONFIG: &str = "[api]\nrate_limit = 0\n";

#[test]
fn a_visit_with_the_keyboard_alone() {
    browser::run("walk.mjs", &Daemon::start(CONFIG), &[]);
}

#[test]
fn what_others_write_is_text() {
    browser::run("hostile.mjs", &Daemon::start(CONFIG), &[]);
}

#[test]
fn everything_is_there_once_after_kills() {
    browser::run_with_kills("kill.mjs", &mut Daemon::start(CONFIG));
}

#[test]
#[cfg(feature = "brain-ai")]
fn an_answer_grows() {
    browser::run("stream.mjs", &Daemon::start(CONFIG), &[]);
}
