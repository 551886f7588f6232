//! Boards: one without a clock of its own, whose time is that of 1970 until NTP sets it, and one with little memory. The real
//! daemon, at a real server.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Http;
use support::peer::Peer;
use support::process::Process;
use support::server::{Kind, Server};

const LIMIT: Duration = Duration::from_secs(40);
/// Debian's libfaketime, which gives a process another time of day and leaves its other clock alone.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

fn wait_log(daemon: &Daemon, text: &str) {
    let begun = Instant::now();
    while !fs::read_to_string(daemon.log()).unwrap().contains(text) {
        assert!(begun.elapsed() < LIMIT, "no {text:?}\n{}", daemon.log_text());
        thread::sleep(Duration::from_millis(20));
    }
}

/// One message, under a key; gives its id.
fn send(http: &mut Http, token: &str, to: &str, key: &str) -> String {
    let body = format!(r#"{{"to":"{to}","text":"{key}"}}"#);
    let answer = http.call("POST", "/bot/sendMessage", Some(token), &[("Idempotency-Key", key)], &body).unwrap();
    answer.ok().at("result").at("message_id").text()
}

#[test]
fn a_clock_that_begins_in_1970_and_jumps() {
    if !Path::new(FAKETIME).exists() {
        return println!("skipped: there is no libfaketime");
    }
    let Some(server) = Server::start(Kind::Prosody) else { return };
    server.add_user("owner", "pw");
    let mut daemon = Daemon::with_account(&server, "owner", "pw", server.c2s_port, "[history]\ndays = 30\n");
    daemon.wait_online(1, LIMIT);
    let (owner, token) = (server.jid("owner"), daemon.create_bot("Clock", &server.jid("owner")));
    let local = daemon.create_bot("Local", "owner@local");
    let before = send(&mut daemon.http(), &local, "owner@local", "with the right time");
    daemon.http().post("/local/say", None, r#"{"text":"waits","to":"Local"}"#).ok();
    daemon.stop();

    let time = daemon.dir.join("time");
    fs::write(&time, "@1970-01-01 00:00:10").unwrap();
    let preload = format!("LD_PRELOAD={FAKETIME}");
    let stamp = format!("FAKETIME_TIMESTAMP_FILE={}", time.display());
    let wrapper =
        ["env", &preload, &stamp, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"];
    let mut process = Process::behind(&daemon, &wrapper);
    process.wait_serving(&daemon);
    // It serves, takes messages, and says what is wrong, and that it is the clock.
    wait_log(&daemon, "is not valid yet for this machine's clock, which says 1970-01-01: it has to be set (NTP)");
    let meanwhile = send(&mut daemon.http(), &token, &owner, "in 1970");
    assert_eq!(send(&mut daemon.http(), &local, "owner@local", "with the right time"), before, "sent twice");
    assert_eq!(daemon.http().get("/health", None).ok().at("accounts_online").number(), 0);

    // NTP: half a century at once. It is online without anybody's help, and nothing was taken for old.
    fs::write(&time, "+0").unwrap();
    let begun = Instant::now();
    daemon.wait_online(1, Duration::from_secs(75));
    println!("online {:?} after the jump", begun.elapsed());
    assert_eq!(send(&mut daemon.http(), &token, &owner, "in 1970"), meanwhile, "sent twice");
    assert_eq!(send(&mut daemon.http(), &local, "owner@local", "with the right time"), before, "sent twice");
    let waiting = daemon.http().get("/bot/getUpdates", Some(&local)).ok().at("result").list();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let mut phone = Peer::login(&server, "owner", "pw", "phone");
    send(&mut daemon.http(), &token, &owner, "today");
    phone.expect(LIMIT, |message| message.body.contains("today"));
    process.stop();
}

/// 64 MiB of memory, of which half is the system's: what the daemon may have for data is bounded so.
#[test]
fn twenty_bots_in_little_memory() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    server.add_user("owner", "pw");
    let owner = server.jid("owner");
    let more = "[api]\nrate_limit = 0\n";
    let mut daemon = Daemon::with_account(&server, "owner", "pw", server.c2s_port, more);
    daemon.wait_online(1, LIMIT);
    daemon.stop();
    let wrapper = ["env", "MALLOC_ARENA_MAX=2", "prlimit", "--data=33554432"];
    let mut process = Process::behind(&daemon, &wrapper);
    process.wait_serving(&daemon);
    daemon.wait_online(1, LIMIT);
    let tokens: Vec<String> = (0..20).map(|number| daemon.create_bot(&format!("Bot {number}"), &owner)).collect();
    let mut phone = Peer::login(&server, "owner", "pw", "phone");
    let mut http = daemon.http();
    // Large and small ones, and some that no server takes; all at the end of its memory.
    let large = "x".repeat(200 * 1024);
    for round in 0..10 {
        for (number, token) in tokens.iter().enumerate() {
            send(&mut http, token, &owner, &format!("{round} from {number}"));
            let body = format!(r#"{{"to":"owner@example.org","text":"{large}"}}"#);
            let answer = http.call("POST", "/bot/sendMessage", Some(token), &[], &body).unwrap();
            assert!((400..600).contains(&answer.status), "{}", answer.status);
        }
    }
    phone.expect(LIMIT, |message| message.body.contains("9 from 19"));
    let rss = fs::read_to_string(format!("/proc/{}/status", process.pid().as_raw_nonzero())).unwrap();
    println!("{}", rss.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    process.stop();
    assert!(!daemon.log_text().contains("memory allocation"), "{}", daemon.log_text());
}
