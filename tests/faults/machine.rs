//! The clock is set while it runs, and memory is short.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use super::support::daemon::Daemon;
use super::support::load::{self, Program};
use super::support::peer::Peer;
use super::support::process::Process;
use super::support::server::{Kind, Options};
use super::support::skip::skip_missing;
use super::{LIMIT, NAMES, NO_RATE_LIMIT, start_server, until};

/// How `unshare` makes a mount namespace.
pub(super) fn namespace() -> &'static str {
    if rustix::process::getuid().is_root() { "-m" } else { "-Urm" }
}

pub(super) fn may_mount() -> bool {
    let mut command = Command::new("unshare");
    command.args([namespace(), "mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Debian's libfaketime; it takes the time of day away and leaves the clock that only counts.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

#[test]
fn the_clock_jumps_while_it_runs() {
    if !Path::new(FAKETIME).exists() {
        return skip_missing("libfaketime");
    }
    let Some(server) = start_server(Kind::Prosody, Options::default()) else { return };
    let (own, friend) = (server.jid(NAMES.owner), server.jid(NAMES.friend));
    let mut daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    assert!(daemon.stop().success());
    let file = daemon.dir.join("clock");
    // Written beside and renamed: it is read at every look at the clock.
    let set = |shift: &str| {
        fs::write(file.with_extension("new"), format!("{shift}\n")).unwrap();
        fs::rename(file.with_extension("new"), &file).unwrap();
    };
    set("+0d");
    let preload = format!("LD_PRELOAD={FAKETIME}");
    let timestamp = format!("FAKETIME_TIMESTAMP_FILE={}", file.display());
    let mut wrapper = vec!["env", &preload, &timestamp, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"];
    wrapper.extend(["DONT_FAKE_MONOTONIC=1"]);
    let mut process = Process::behind(&daemon, &wrapper);
    process.wait_serving(&daemon);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let program = Program::silent(daemon.port, &token);
    let mut phone = Peer::login(&server, NAMES.owner, NAMES.password, "phone");
    let mut anna = Peer::login(&server, NAMES.friend, NAMES.password, "phone");
    let mut http = daemon.http();
    let mut told = Vec::new();
    // The server's certificate is good for thirty days.
    for (round, shift) in ["+0d", "+20d", "-400d", "+0d", "+400d", "+0d"].into_iter().enumerate() {
        set(shift);
        let (line, body) = (format!("line {round}"), format!("body {round}"));
        phone.send(&own, &line);
        told.push(line);
        let sent = load::send(&mut http, &token, &friend, &body, &body);
        assert_eq!(anna.expect(LIMIT, |message| message.body == body).id, sent.message_id);
        until(&format!("told at {shift}"), &daemon, || program.count() == told.len());
        let again = load::send(&mut http, &token, &friend, &body, &body);
        assert_eq!(again.message_id, sent.message_id, "at {shift} the same key is another message");
    }
    process.stop();
    set("+20d");
    let mut process = Process::behind(&daemon, &wrapper);
    process.wait_serving(&daemon);
    daemon.wait_online(1, LIMIT);
    phone.send(&own, "after the start");
    told.push("after the start".to_string());
    until("told after the start", &daemon, || program.count() >= told.len());
    let seen: Vec<String> = program.finish().into_iter().map(|seen| seen.body).collect();
    assert_eq!(seen, told);
    anna.none(Duration::from_millis(500));
    process.stop();
}

/// Address space that it has and does not use is no memory, but a limit counts it.
fn address_space(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.0.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// With 24 MiB more than it needs when idle, a crowd that sends as much as it can is refused in part, and ends nothing.
#[test]
fn memory_is_capped() {
    let mut daemon = Daemon::start(NO_RATE_LIMIT);
    let token = daemon.create_bot("Echo", "owner@local");
    assert!(daemon.stop().success());
    // One arena for all threads: glibc otherwise reserves 64 MiB of addresses for each.
    let mut process = Process::behind(&daemon, &["env", "MALLOC_ARENA_MAX=1"]);
    process.wait_serving(&daemon);
    let current = Some(address_space(&process) + (24 << 20));
    let maximum = getrlimit(Resource::As).maximum;
    prlimit(Some(process.pid()), Resource::As, Rlimit { current, maximum }).unwrap();

    let body = "x".repeat(900_000);
    let mut crowd = Vec::new();
    for number in 0..300 {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", daemon.port)) else { continue };
        stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
        let length = 1_000_000 - number;
        let head = format!(
            "POST /bot/sendMessage HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        // Refused ones are closed while they still send.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        crowd.push(stream);
        if number % 50 == 49 {
            assert!(process.0.try_wait().unwrap().is_none(), "it ended\n{}", daemon.log_text());
            assert_eq!(daemon.http().get("/health", None).status, 200);
        }
    }
    drop(crowd);
    let said = load::send(&mut daemon.http(), &token, "owner@local", "still here", "k");
    assert!(!said.message_id.is_empty());
    process.stop();
}
