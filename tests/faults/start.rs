//! What is wrong with its files when the daemon starts: it says so, with what to do, and ends with a code that tells a
//! service manager whether another try helps.

use std::fs;
use std::process::ExitStatus;

use super::support::daemon::Daemon;
use super::support::process::Process;
use super::support::skip::skip;

/// A daemon that has run with a bot and a message, and has stopped.
fn stopped() -> Daemon {
    let mut daemon = Daemon::start("");
    let token = daemon.create_bot("Echo", "owner@local");
    let body = r#"{"to":"owner@local","text":"kept"}"#;
    daemon.http().post("/bot/sendMessage", Some(&token), body).ok();
    assert!(daemon.stop().success());
    daemon
}

/// Starts it behind a shell script; gives how it ended and what it said.
fn start_behind(daemon: &Daemon, wrapper: &[&str]) -> (ExitStatus, String) {
    fs::write(daemon.log(), "").unwrap();
    let mut process = Process::behind(daemon, wrapper);
    let status = process.0.wait().unwrap();
    // The log comes by a pipe, a moment later.
    process.read_to_end();
    (status, daemon.log_text())
}

fn start(daemon: &Daemon) -> (ExitStatus, String) {
    start_behind(daemon, &["env"])
}

#[test]
fn a_damaged_database_is_refused_with_advice() {
    let mut daemon = stopped();
    let path = daemon.dir.join("data/botmother.db");
    let good = fs::read(&path).unwrap();

    // The head, then everything behind it.
    let mut no_head = good.clone();
    no_head[..16].copy_from_slice(b"not a database!!");
    let mut no_rows = good.clone();
    no_rows[4096..].fill(0xaa);
    for damaged in [no_head, no_rows] {
        fs::write(&path, &damaged).unwrap();
        let (status, log) = start(&daemon);
        assert_eq!(status.code(), Some(74), "{log}");
        assert!(log.contains("put a backup back"), "{log}");
        assert!(fs::read(&path).unwrap() == damaged, "what is damaged is left as it is, for whoever can mend it");
    }

    fs::write(&path, &good).unwrap();
    daemon.start_again();
    let read = daemon.http().get("/bot/list", None).body;
    assert!(read.contains("Echo"), "{read}");
}

#[test]
fn a_read_only_data_directory_is_refused() {
    if !super::machine::may_mount() {
        return skip("nothing can be mounted here");
    }
    let mut daemon = stopped();
    let data = daemon.dir.join("data");
    let script = format!("mount --bind '{0}' '{0}' && mount -o remount,bind,ro '{0}' && exec \"$@\"", data.display());
    let (status, log) = start_behind(&daemon, &["unshare", super::machine::namespace(), "sh", "-c", &script, "sh"]);
    assert_eq!(status.code(), Some(73), "{log}");
    assert!(log.contains("Read-only file system") && log.contains("botmother.lock"), "{log}");
    daemon.start_again();
}

#[test]
fn a_directory_of_another_user_is_refused() {
    if !rustix::process::getuid().is_root() {
        return skip("only root can become somebody else");
    }
    let mut daemon = stopped();
    let (status, log) = start_behind(&daemon, &["setpriv", "--reuid=65534", "--clear-groups"]);
    // The configuration is read first, and it is root's alone only where the umask says so.
    assert!(matches!(status.code(), Some(77 | 78)), "{status:?} {log}");
    assert!(log.contains("Permission denied"), "{log}");
    daemon.start_again();
}
