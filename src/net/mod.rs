//! Layer 4: the only place with XMPP sockets. All sessions live on one thread, on one `LocalExecutor`.
//!
//! [`pool`] owns the sessions and hands them orders (`inbox`); each session is driven by [`driver`] over one socket that
//! [`connect`] opens: names by [`srv`], TLS by [`tls`] ([`door_tls`] is the HTTP door's). [`probe`] tries one login for the command line. Names are looked
//! up with `getaddrinfo` on the threads of `smol::unblock`: who runs this sets `BLOCKING_MAX_THREADS` (2 is enough).

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::base::time::Now;

pub mod certificate;
pub mod connect;
pub mod driver;
mod idn;
mod inbox;
pub mod link;
pub mod pool;
pub mod probe;
#[cfg(feature = "api-tls")]
pub mod door_tls;
#[cfg(not(feature = "api-tls"))]
#[path = "no_door_tls.rs"]
pub mod door_tls;
pub mod selfsigned;
pub mod srv;
pub mod tls;
pub mod x509;

/// Reads both clocks. Monotonic time counts from the first call.
pub fn now() -> Now {
    let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    Now { mono: start().elapsed(), unix_ms }
}

/// The instant at which a monotonic deadline of a machine comes.
fn instant(mono: Duration) -> Instant {
    start() + mono
}

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}
