//! Sessions of browsers that somebody has signed in with: in memory only, bounded, ended by time.
//!
//! A cookie alone is no credential: a page of another site could have it sent. It counts with a header that only a page of
//! ours can set ([`HEADER`]), as others would have to ask first and are refused.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::secret::Secret;
use crate::base::{crypto, limits, text};
use crate::http::{Request, guard};

/// The cookie's name.
pub const COOKIE: &str = "botmother_panel";
/// The header that must come with it, with any value.
pub const HEADER: &str = "x-panel";

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// Somebody with management rights.
    Admin,
    /// A person, by his token, which is judged again with each request.
    Person(Secret),
}

struct Session {
    /// Of the cookie's value: who reads memory has no cookie yet.
    hash: [u8; 32],
    who: SignedIn,
    /// When it was made and used last (monotonic).
    begun: Duration,
    used: Duration,
}

/// All of them.
#[derive(Default)]
pub struct Sessions(Mutex<Vec<Session>>);

impl Sessions {
    /// A new one; gives the value of its cookie.
    pub fn begin(&self, who: SignedIn, now: Duration) -> Secret {
        let mut random = [0; 32];
        crypto::random(&mut random);
        let value = text::base64url(&random);
        let session = Session { hash: crypto::sha256(value.as_bytes()), who, begun: now, used: now };
        self.with(now, |all| {
            if all.len() >= limits::PANEL_SESSIONS_MAX
                && let Some(oldest) = (0..all.len()).min_by_key(|at| all[*at].used)
            {
                all.swap_remove(oldest);
            }
            all.push(session);
        });
        Secret::new(value)
    }

    /// Whose the session of a request is, if its page may use it.
    pub fn of(&self, request: &Request, now: Duration) -> Option<SignedIn> {
        let hash = cookie(request)?;
        self.with(now, |all| {
            let session = all.iter_mut().find(|session| crypto::is_same(&session.hash, &hash))?;
            session.used = now;
            Some(session.who.clone())
        })
    }

    /// Ends the session of a request.
    pub fn end(&self, request: &Request, now: Duration) {
        if let Some(hash) = cookie(request) {
            self.with(now, |all| all.retain(|session| !crypto::is_same(&session.hash, &hash)));
        }
    }

    /// With those that are not over.
    fn with<T>(&self, now: Duration, act: impl FnOnce(&mut Vec<Session>) -> T) -> T {
        // A panic elsewhere leaves a list behind that is as good as any.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |session: &Session| {
            now.saturating_sub(session.used) > limits::PANEL_SESSION_IDLE
                || now.saturating_sub(session.begun) > limits::PANEL_SESSION_AGE
        };
        all.retain(|session| !is_over(session));
        act(&mut all)
    }
}

/// The hash of a request's cookie, if a page of ours has sent it.
fn cookie(request: &Request) -> Option<[u8; 32]> {
    request.header(HEADER)?;
    guard::is_own_page(request).ok()?;
    let cookies = request.headers.iter().filter(|(name, _)| *name == "cookie");
    let mut pairs = cookies.flat_map(|(_, value)| value.split(';'));
    let value = pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    Some(crypto::sha256(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: (&str, &str) = ("host", "nas:7842");

    fn request(headers: &[(&str, &str)]) -> Request {
        Request {
            method: "POST".into(),
            path: "/bot/create".into(),
            query: String::new(),
            headers: headers.iter().copied().collect(),
            body: Vec::new(),
            file: None,
            peer: [192, 0, 2, 1].into(),
        }
    }

    #[test]
    fn a_cookie_counts_with_the_header_of_our_own_page_only() {
        let sessions = Sessions::default();
        let now = Duration::from_secs(1);
        let value = sessions.begin(SignedIn::Admin, now);
        let cookie = format!("a=b; {COOKIE}={}; c=d", value.expose());
        let (cookie, panel) = (("cookie", cookie.as_str()), (HEADER, "1"));
        let who = |headers: &[(&str, &str)]| sessions.of(&request(headers), now);
        assert_eq!(who(&[HOST, cookie, panel]), Some(SignedIn::Admin));
        assert_eq!(who(&[HOST, cookie, panel, ("origin", "https://nas:7842")]), Some(SignedIn::Admin));
        assert_eq!(who(&[HOST, cookie]), None);
        assert_eq!(who(&[HOST, panel]), None);
        assert_eq!(who(&[HOST, cookie, panel, ("origin", "https://evil.example")]), None);
        assert_eq!(who(&[HOST, cookie, panel, ("origin", "null")]), None);
        let other = format!("{COOKIE}={}x", value.expose());
        assert_eq!(who(&[HOST, ("cookie", &other), panel]), None);
        sessions.end(&request(&[HOST, cookie]), now);
        assert_eq!(who(&[HOST, cookie, panel]), Some(SignedIn::Admin), "nor does a foreign page sign anybody out");
        sessions.end(&request(&[HOST, cookie, panel]), now);
        assert_eq!(who(&[HOST, cookie, panel]), None);
    }

    #[test]
    fn sessions_end_by_time_and_make_room() {
        let sessions = Sessions::default();
        let at = |seconds| Duration::from_secs(seconds);
        let of = |value: &Secret, now| {
            let cookie = format!("{COOKIE}={}", value.expose());
            sessions.of(&request(&[HOST, ("cookie", &cookie), (HEADER, "1")]), now)
        };
        let idle = limits::PANEL_SESSION_IDLE;
        let first = sessions.begin(SignedIn::Admin, at(0));
        assert!(of(&first, idle).is_some() && of(&first, 2 * idle).is_some());
        assert!(of(&first, 3 * idle + at(1)).is_none());
        let second = sessions.begin(SignedIn::Person(Secret::new("bmu_x")), at(0));
        let mut now = at(0);
        while now < limits::PANEL_SESSION_AGE {
            assert_eq!(of(&second, now), Some(SignedIn::Person(Secret::new("bmu_x"))));
            now += idle;
        }
        assert_eq!(of(&second, limits::PANEL_SESSION_AGE + at(1)), None);
        let (used, unused) = (sessions.begin(SignedIn::Admin, at(0)), sessions.begin(SignedIn::Admin, at(0)));
        for second in 1..limits::PANEL_SESSIONS_MAX as u64 {
            assert!(of(&used, at(second)).is_some());
            sessions.begin(SignedIn::Admin, at(second));
        }
        assert!(of(&used, at(100)).is_some() && of(&unused, at(100)).is_none());
    }
}
