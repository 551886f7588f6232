//! What to say when a test cannot be run here.

use std::fs::OpenOptions;
use std::io::Write;
use std::thread;

/// Says that the test that runs is skipped, and why. The harness keeps what a good test prints to itself, so the line goes
/// into the file that SKIPPED_TESTS names, too: `tests/check` shows it at its end.
pub fn skip(why: &str) {
    let line = format!("skipped: {}: {why}", thread::current().name().unwrap_or("a test"));
    eprintln!("{line}");
    let Some(path) = std::env::var_os("SKIPPED_TESTS") else { return };
    // One write, so that lines of several tests do not mix.
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())).expect("SKIPPED_TESTS can be written");
}

/// The same for what must not be missing where REQUIRE_SERVERS=1 is in the environment: there the test fails.
#[allow(dead_code, reason = "some tests need nothing that must be there")]
pub fn skip_missing(what: &str) {
    let required = std::env::var_os("REQUIRE_SERVERS").is_some_and(|value| value == "1");
    assert!(!required, "{what} is missing: run tests/setup");
    skip(&format!("{what} is missing; tests/setup installs it"));
}
