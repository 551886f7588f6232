//! How small and quiet the release binary is: memory, threads, writes and wakeups while it idles.
//!
//! Measures the program named by FOOTPRINT_BINARY against a real Prosody; a debug build says nothing about it, so this is
//! run by hand: `FOOTPRINT_BINARY=target/release/botmother cargo test --release --test footprint -- --ignored --nocapture`

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use support::daemon::Daemon;
use support::process::Process;
use support::server::{Kind, Options, Server};

const LIMIT: Duration = Duration::from_secs(20);
/// What a start leaves to do, such as the last acknowledgements, is over by then.
const CALM: Duration = Duration::from_secs(10);

/// The promises.
const RSS_KIB_MAX: u64 = 6 * 1024;
const GROWTH_KIB_MAX: u64 = 64;
const WAKEUPS_A_SECOND_MAX: u64 = 1;

/// How long is idled: a minute, or so many seconds as FOOTPRINT_IDLE_S says.
fn idle_time() -> Duration {
    let seconds = std::env::var("FOOTPRINT_IDLE_S").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

fn release() -> PathBuf {
    let path = std::env::var_os("FOOTPRINT_BINARY").expect("FOOTPRINT_BINARY names the binary to measure");
    // Relative to where the test was called, which cargo changes to the package.
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("FOOTPRINT_BINARY exists")
}

/// `Name:  123 kB` lines of a file in /proc.
fn numbers(path: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let number = |line: &str| {
        let (name, rest) = line.split_once(':')?;
        Some((name.to_string(), rest.split_whitespace().next()?.parse().ok()?))
    };
    text.lines().filter_map(number).collect()
}

/// What a process has used so far.
struct Usage {
    rss_kib: u64,
    private_kib: u64,
    threads: u64,
    /// Bytes that reached the file systems, and bytes given to write().
    stored: u64,
    written: u64,
    /// How often any thread went to sleep of its own will, by name: each time it had been woken.
    sleeps: BTreeMap<String, u64>,
}

impl Usage {
    fn read(pid: u32) -> Usage {
        let proc = Path::new("/proc").join(pid.to_string());
        let (status, io) = (numbers(&proc.join("status")), numbers(&proc.join("io")));
        let mut sleeps = BTreeMap::new();
        for thread in fs::read_dir(proc.join("task")).expect("it runs").flatten() {
            let name = fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
            let name = format!("{} {}", name.trim(), thread.file_name().display());
            sleeps.insert(name, numbers(&thread.path().join("status"))["voluntary_ctxt_switches"]);
        }
        Usage {
            rss_kib: status["VmRSS"],
            private_kib: status["RssAnon"],
            threads: status["Threads"],
            stored: io["write_bytes"],
            written: io["wchar"],
            sleeps,
        }
    }
}

/// A server, and the files of a daemon that has signed in to it once and is stopped.
fn prepare() -> Option<(Server, Daemon)> {
    let server = Server::start_with(Kind::Prosody, Options { hashed: true, ..Options::default() })?;
    server.add_user("ralf", "pw");
    let mut daemon = Daemon::with_account(&server, "ralf", "pw", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    daemon.create_bot("Echo", &server.jid("ralf"));
    daemon.stop();
    Some((server, daemon))
}

#[test]
#[ignore = "measures the release binary that FOOTPRINT_BINARY names, for a minute"]
fn idle() {
    let program = release();
    let Some((_server, daemon)) = prepare() else { return };
    let mut process = Process::spawn(&daemon, &program);
    process.wait_serving(&daemon);
    daemon.wait_online(1, LIMIT);
    thread::sleep(CALM);
    let before = Usage::read(process.0.id());
    let idle = idle_time();
    thread::sleep(idle);
    let after = Usage::read(process.0.id());
    let size = fs::metadata(&program).expect("there").len();
    println!(
        "binary {size} bytes; RSS {} KiB (before {}), private {} KiB",
        after.rss_kib, before.rss_kib, after.private_kib
    );
    println!("{} threads", after.threads);
    let (stored, written) = (after.stored - before.stored, after.written - before.written);
    println!("in {idle:?}: {stored} bytes to disk, {written} bytes written anywhere");
    let mut wakeups = 0;
    for (thread, count) in &after.sleeps {
        let count = count - before.sleeps.get(thread).copied().unwrap_or(0);
        println!("  {count} wakeups of {thread}");
        wakeups += count;
    }
    println!("in {idle:?}: {wakeups} wakeups");
    assert!(after.rss_kib <= RSS_KIB_MAX, "RSS {} KiB of {RSS_KIB_MAX}", after.rss_kib);
    assert_eq!(stored, 0, "an idle daemon must not wear out the flash");
    assert!(after.rss_kib <= before.rss_kib + GROWTH_KIB_MAX, "grew from {} KiB", before.rss_kib);
    assert!(wakeups <= WAKEUPS_A_SECOND_MAX * idle.as_secs(), "{wakeups} wakeups in {idle:?}");
}
