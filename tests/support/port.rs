//! Ports of 127.0.0.1 which stay ours: between tests, between test processes, and while a server restarts.
//!
//! Used by the servers, the proxy and whatever else listens in a test. Binding port 0 and closing the socket again, the
//! usual way, loses the port to the next process that asks, and loses it for certain when a server restarts. So the
//! numbers here lie below the range which the kernel gives out by itself, and each is held by a lock on a file.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// A port held until this value is dropped.
#[derive(Debug)]
pub struct Port {
    pub number: u16,
    _lock: File,
}

impl Port {
    /// Takes a port on which nothing listens and which no other test holds.
    pub fn claim() -> Port {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let folder = lock_folder();
        // Processes start at different places, so that they seldom try the same numbers.
        let offset = (process::id().wrapping_mul(97) % u32::from(COUNT)) as u16;
        for _ in 0..COUNT {
            let step = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
            let number = FIRST + (offset + step) % COUNT;
            let Ok(lock) = File::create(folder.join(number.to_string())) else {
                continue;
            };
            if lock.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", number)).is_ok() {
                return Port { number, _lock: lock };
            }
        }
        panic!("no free port from {FIRST} on");
    }
}

/// One folder for each user of the machine: nobody else may lock or remove what is in it.
fn lock_folder() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    let folder = std::env::temp_dir().join(format!("botmother-test-ports-{user}"));
    fs::create_dir_all(&folder).expect("folder for port locks");
    folder
}
