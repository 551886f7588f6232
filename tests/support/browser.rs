//! Scripts of `tests/browser/` in a real Chromium, against a daemon.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use super::daemon::Daemon;
use super::skip::{skip, skip_missing};

/// Runs a script with the daemon's address, a folder for its pictures, and more arguments. Skipped, loudly, where tests/setup
/// found no Node.js.
pub fn run(script: &str, daemon: &Daemon, more: &[&str]) {
    let (port, dir) = (daemon.port, daemon.dir.clone());
    drive((script, more), port, dir, |order| panic!("{script} may not {order} the daemon"));
}

/// The same for a script that has the daemon killed and started again: a line `@kill` or `@start`.
pub fn run_with_kills(script: &str, daemon: &mut Daemon) {
    let (port, dir) = (daemon.port, daemon.dir.clone());
    drive((script, &[]), port, dir, |order| match order {
        "kill" => daemon.kill(),
        "start" => daemon.start_again(),
        other => panic!("{script} wants the daemon to {other}"),
    });
}

fn drive((script, more): (&str, &[&str]), port: u16, dir: PathBuf, mut ordered: impl FnMut(&str)) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let modules = std::env::var_os("BOTMOTHER_TEST_BROWSER_NPM").unwrap_or_else(|| "target/test-browser-npm".into());
    if !root.join(&modules).join("node_modules/playwright-core").exists() {
        let place = modules.display();
        return skip(&format!("no playwright-core in {place}; install Node.js 20.15 or newer and run tests/setup"));
    }
    if !PathBuf::from("/usr/bin/chromium").exists() {
        return skip_missing("/usr/bin/chromium");
    }
    let pictures = std::env::var_os("BOTMOTHER_TEST_PICTURES").map_or_else(|| dir.join("pictures"), PathBuf::from);
    let mut node = Command::new("node");
    node.arg(root.join("tests/browser").join(script)).arg(format!("http://127.0.0.1:{port}")).arg(pictures).args(more);
    node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = node.spawn().expect("node runs");
    let mut stderr = child.stderr.take().expect("piped");
    let errors = thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).map(|_| text)
    });
    let mut stdin = child.stdin.take().expect("piped");
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line.expect("text");
        match line.strip_prefix('@') {
            Some(order) => {
                ordered(order);
                stdin.write_all(b"done\n").expect("the script waits");
            }
            None => said += &format!("{line}\n"),
        }
    }
    let status = child.wait().expect("it ends");
    let errors = errors.join().expect("no panic").expect("text");
    assert!(status.success(), "{script}:\n{said}{errors}");
}
