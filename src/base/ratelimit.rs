//! At most so many requests a second for each key: a bot, or an address. Pure: the time comes with the question.
//!
//! A fixed window that opens with a key's first request: a client that sends exactly its allowance each second is
//! never refused, and request `n + 1` of one second always is.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::limits;
use super::time::Now;

const WINDOW: Duration = Duration::from_secs(1);

/// Counts requests by key.
pub struct RateLimit<K> {
    per_second: u32,
    windows: HashMap<K, Window>,
    swept: Duration,
}

struct Window {
    opened: Duration,
    count: u32,
}

/// The limit is reached; ask again after so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// Value of `Retry-After`.
    pub retry_after_s: u64,
}

impl<K: Hash + Eq> RateLimit<K> {
    /// A limiter; 0 lets everything pass.
    pub fn new(per_second: u32) -> RateLimit<K> {
        RateLimit { per_second, windows: HashMap::new(), swept: Duration::ZERO }
    }

    /// Another limit from now on.
    pub fn set(&mut self, per_second: u32) {
        self.per_second = per_second;
    }

    /// Counts one request.
    pub fn admit(&mut self, key: K, now: Now) -> Result<(), Limited> {
        if self.per_second == 0 {
            return Ok(());
        }
        let is_new = !self.windows.contains_key(&key);
        if is_new && self.windows.len() >= limits::RATE_KEYS_MAX {
            self.sweep(now)?;
        }
        let window = self.windows.entry(key).or_insert(Window { opened: now.mono, count: 0 });
        if window.is_over(now) {
            *window = Window { opened: now.mono, count: 0 };
        }
        if window.count >= self.per_second {
            // The window is one second long, so whatever is left of it rounds up to one.
            return Err(Limited { retry_after_s: WINDOW.as_secs() });
        }
        window.count += 1;
        Ok(())
    }

    /// Makes room by forgetting keys whose window is over, at most once a window so that a flood does not buy our
    /// time with it. When all of them are busy, newcomers wait: that many clients in one second are an attack.
    fn sweep(&mut self, now: Now) -> Result<(), Limited> {
        if now.mono.saturating_sub(self.swept) >= WINDOW {
            self.swept = now.mono;
            self.windows.retain(|_, window| !window.is_over(now));
        }
        if self.windows.len() >= limits::RATE_KEYS_MAX {
            Err(Limited { retry_after_s: WINDOW.as_secs() })
        } else {
            Ok(())
        }
    }
}

impl Window {
    fn is_over(&self, now: Now) -> bool {
        now.mono.saturating_sub(self.opened) >= WINDOW
    }
}

/// The part of an address that tells clients apart: all of IPv4, the /64 of IPv6, of which one host has all.
pub fn client_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Now {
        Now { mono: Duration::from_millis(ms), unix_ms: 0 }
    }

    #[test]
    fn exactly_n_a_second_and_key() {
        let mut limit = RateLimit::new(30);
        for i in 0..30 {
            assert_eq!(limit.admit("a", at(5_000 + i)), Ok(()), "{i}");
        }
        assert_eq!(limit.admit("a", at(5_100)), Err(Limited { retry_after_s: 1 }));
        assert_eq!(limit.admit("a", at(5_999)), Err(Limited { retry_after_s: 1 }));
        assert_eq!(limit.admit("b", at(5_999)), Ok(()));
        assert_eq!(limit.admit("a", at(6_000)), Ok(()));
    }

    #[test]
    fn zero_is_off() {
        let mut limit = RateLimit::new(0);
        assert!((0..1_000).all(|_| limit.admit((), at(0)).is_ok()));
    }

    #[test]
    fn memory_is_bounded_and_comes_back() {
        let mut limit = RateLimit::new(1);
        let admitted = (0..2 * limits::RATE_KEYS_MAX).filter(|key| limit.admit(*key, at(1_000)).is_ok()).count();
        assert_eq!((admitted, limit.windows.len()), (limits::RATE_KEYS_MAX, limits::RATE_KEYS_MAX));
        assert_eq!(limit.admit(2 * limits::RATE_KEYS_MAX, at(2_000)), Ok(()));
        assert_eq!(limit.windows.len(), 1);
    }

    #[test]
    fn one_ipv6_host_is_one_client() {
        let key = |text: &str| client_key(text.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:10.0.0.1"), key("10.0.0.1"));
        assert_ne!(key("10.0.0.1"), key("10.0.0.2"));
    }
}
