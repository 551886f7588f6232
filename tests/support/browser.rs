//! Scripts of `tests/browser/` in a real Chromium, against a daemon.

use std::path::PathBuf;
use std::process::Command;

use super::daemon::Daemon;
use super::skip::{skip, skip_missing};

/// Runs a script with the daemon's address, a folder for its pictures, and more arguments. Skipped, loudly, where tests/setup
/// found no Node.js.
pub fn run(script: &str, daemon: &Daemon, more: &[&str]) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let modules = std::env::var_os("BOTMOTHER_TEST_BROWSER_NPM").unwrap_or_else(|| "target/test-browser-npm".into());
    if !root.join(&modules).join("node_modules/playwright-core").exists() {
        return skip(&format!(
            "no playwright-core in {}; install Node.js 20.15 or newer and run tests/setup",
            modules.display()
        ));
    }
    if !PathBuf::from("/usr/bin/chromium").exists() {
        return skip_missing("/usr/bin/chromium");
    }
    let pictures =
        std::env::var_os("BOTMOTHER_TEST_PICTURES").map_or_else(|| daemon.dir.join("pictures"), PathBuf::from);
    let mut node = Command::new("node");
    node.arg(root.join("tests/browser").join(script)).arg(format!("http://127.0.0.1:{}", daemon.port)).arg(pictures);
    let output = node.args(more).output().expect("node runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{script}:\n{}{}", text(&output.stdout), text(&output.stderr));
}
