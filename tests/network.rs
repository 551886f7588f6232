//! The API on the network, the real binary: who gets what by which way, how it changes while it runs, what stands in front of
//! it. Real openssl, nginx, Caddy and slowhttptest on the other side.

// Outside of #[test] functions, clippy does not know that this is a test.
#![cfg(all(feature = "api-tls", feature = "face-botmother", feature = "channel-local"))]
#![allow(clippy::unwrap_used)]

mod support;

#[path = "network/change.rs"]
mod change;
#[path = "network/client.rs"]
mod client;
#[path = "network/front.rs"]
mod front;
#[path = "network/socket.rs"]
mod socket;
#[path = "network/strangers.rs"]
mod strangers;
#[path = "network/tls.rs"]
mod tls;

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use client::Way;
use rustix::process::{Pid, Signal, kill_process};
use support::daemon::Daemon;

const LIMIT: Duration = Duration::from_secs(20);

/// The token of management.
fn admin_token(daemon: &Daemon) -> String {
    let token = fs::read_to_string(daemon.dir.join("data/admin.token")).unwrap();
    format!("Bearer {}", token.trim())
}

/// The self-signed certificate.
fn certificate(daemon: &Daemon) -> PathBuf {
    daemon.dir.join("data/api-tls/server.crt")
}

/// HTTPS to this daemon.
fn secure(daemon: &Daemon) -> Way {
    Way::tls(&format!("127.0.0.1:{}", daemon.port), &certificate(daemon))
}

fn plain(daemon: &Daemon) -> Way {
    Way::plain(&format!("127.0.0.1:{}", daemon.port))
}

/// Whether this host has IPv6 at all.
fn has_ipv6() -> bool {
    let has = std::net::TcpListener::bind("[::1]:0").is_ok();
    if !has {
        support::skip::skip("this host has no IPv6");
    }
    has
}

/// Puts a configuration in the place of the daemon's, and has it read.
fn reload(daemon: &Daemon, config: &str) {
    fs::write(daemon.dir.join("config.toml"), config).unwrap();
    let pid = i32::try_from(daemon.pid()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
}

/// Waits until the log has a line with this.
fn wait_logged(daemon: &Daemon, text: &str) {
    wait_for(|| fs::read_to_string(daemon.log()).unwrap().contains(text), text);
}

fn wait_for(mut is_so: impl FnMut() -> bool, what: &str) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT, "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
