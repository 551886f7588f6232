//! What can break around the daemon, each broken on purpose: the machine, its clock, its names, the server's certificate and
//! memory. tests/faults/README.md says which test shows what, also of those elsewhere.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "faults/load.rs"]
mod load;
#[path = "faults/machine.rs"]
mod machine;
#[path = "faults/nameserver.rs"]
mod nameserver;
#[path = "faults/server.rs"]
mod server;
#[path = "faults/start.rs"]
mod start;
mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::load::Names;
use support::server::{Kind, Options, Server};

const LIMIT: Duration = Duration::from_secs(20);
/// How long it may take after a fault until a session is tried again and all is delivered.
const RECOVERY_LIMIT: Duration = Duration::from_secs(90);
const NAMES: Names = Names { owner: "ralf", friend: "anna", password: "pw" };
const NO_RATE_LIMIT: &str = "[api]\nrate_limit = 0\n";

fn start_server(kind: Kind, options: Options) -> Option<Server> {
    let server = Server::start_with(kind, options)?;
    server.add_user(NAMES.owner, NAMES.password);
    server.add_user(NAMES.friend, NAMES.password);
    Some(server)
}

/// Waits until this holds.
fn until(what: &str, daemon: &Daemon, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < RECOVERY_LIMIT, "{what}\n{}", daemon.log_text());
        thread::sleep(Duration::from_millis(50));
    }
}
