//! An outgoing HTTP request and its answer, as values: who builds one needs no socket, who runs one no knowledge.
//!
//! `remote` builds calls and reads answers, `work` makes them. Printing a call shows where it goes and how large it is,
//! never a path, a query or a header's value: Telegram has the token in the path, others in headers.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::secret::Secret;
use super::time::from_http_date;
use super::{limits, text};

/// A request to be made. Begin with [`HttpCall::new`], whose defaults are the careful ones.
#[derive(Clone)]
pub struct HttpCall {
    /// `GET`, `POST`, `PUT`, `DELETE`.
    pub method: &'static str,
    /// Where to, absolute, in ASCII, without user name and password. Path and query may hold a secret.
    pub url: String,
    /// Header names and values. `Content-Length` is not among them.
    pub headers: Vec<(&'static str, String)>,
    /// Headers whose values are credentials. A call that has some follows no redirect.
    pub secret_headers: Vec<(&'static str, Secret)>,
    /// The body, empty for none.
    pub body: Vec<Part>,
    /// Bound on the whole exchange, from the look-up of the name to the last byte of the answer.
    pub timeout: Duration,
    /// Bound on connecting, TLS included.
    pub connect_timeout: Duration,
    /// Longest time without a byte in either direction; `None` leaves it to `timeout`.
    pub silence_max: Option<Duration>,
    /// Bound on the answer's body; what goes to a file or is streamed fails beyond it, other answers are cut off.
    pub answer_bytes_max: u64,
    /// Where the body of a 2xx answer goes, instead of into memory. The file must not exist yet; it is gone again when
    /// the call fails.
    pub save_to: Option<PathBuf>,
    /// What comes there is a picture in WebP, which is brought into PNG, where that can be done: see [`HttpAnswer::is_png`].
    pub into_png: bool,
    /// What comes there is encrypted with this (as [`Part::Sealed`] says), and is there only when it is whole.
    pub open_with: Option<Secret>,
    /// Redirects that are followed; 0: a redirect is an answer. From https only to https.
    pub redirects_max: u32,
    /// Whether it does no harm when it is made twice. Such a call may go over a connection that an earlier one has left, and
    /// is made once more when that turns out to be closed; one that follows redirects or has a proxy does neither.
    pub is_repeatable: bool,
    /// Which addresses may be connected to.
    pub reach: Reach,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// An HTTP proxy (`http://user:password@host:port`), asked to `CONNECT`. Not together with [`Reach::PublicOnly`]:
    /// the proxy looks up the name, so we could not check.
    pub proxy: Option<Secret>,
    /// A Unix socket that is connected to instead of where the URL leads.
    pub socket: Option<PathBuf>,
}

/// Bytes that encryption adds to a file: the tag of AES-GCM.
pub const SEALED_FILE_EXTRA: u64 = 16;

/// A piece of a request's body.
#[derive(Clone, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What is in a file, read while it is sent.
    File {
        /// Its path.
        path: PathBuf,
        /// Its size, which the service was told; a file that has another by now fails the call.
        bytes: u64,
    },
    /// The same, encrypted while it is sent (XEP-0454), which makes it [`SEALED_FILE_EXTRA`] longer.
    Sealed {
        /// Its path.
        path: PathBuf,
        /// Its size as it lies there.
        bytes: u64,
        /// Nonce and key in hex, as in an `aesgcm:` address. For this one file only.
        key: Secret,
    },
}

/// Which addresses may be connected to, judged after the name is resolved, on the very address used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Every address: for services the operator has named.
    #[default]
    Any,
    /// None of this machine, the local network or a special range: for URLs strangers have named.
    PublicOnly,
}

/// Whose certificates are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trust {
    /// The operating system's store instead of the built-in roots.
    pub system_roots: bool,
    /// A PEM file with further authorities.
    pub ca_file: Option<PathBuf>,
}

impl HttpCall {
    /// A call without headers or body, with the usual bounds, which follows no redirect.
    pub fn new(method: &'static str, url: impl Into<String>) -> HttpCall {
        HttpCall {
            method,
            url: url.into(),
            headers: Vec::new(),
            secret_headers: Vec::new(),
            body: Vec::new(),
            timeout: limits::CALL_TIMEOUT,
            connect_timeout: limits::CONNECT_TIMEOUT,
            silence_max: None,
            answer_bytes_max: limits::CALL_ANSWER_BYTES_MAX,
            save_to: None,
            into_png: false,
            open_with: None,
            redirects_max: 0,
            is_repeatable: false,
            reach: Reach::Any,
            trust: Trust::default(),
            proxy: None,
            socket: None,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> HttpCall {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a header whose value is a credential.
    pub fn secret_header(mut self, name: &'static str, value: Secret) -> HttpCall {
        self.secret_headers.push((name, value));
        self
    }

    /// Adds `Authorization: Basic` (RFC 7617, in UTF-8). The user must be without a colon.
    pub fn basic(self, user: &str, password: &Secret) -> HttpCall {
        let pair = Secret::new(format!("{user}:{}", password.expose()));
        let value = format!("Basic {}", text::base64(pair.expose().as_bytes()));
        self.secret_header("Authorization", Secret::new(value))
    }

    /// Gives the call a JSON body.
    pub fn json(mut self, json: String) -> HttpCall {
        self.body = vec![Part::Bytes(json.into_bytes())];
        self.header("Content-Type", "application/json")
    }

    /// Scheme, host and port of the URL: what may be shown, and half of a fairness key.
    pub fn origin(&self) -> &str {
        origin(&self.url)
    }

    /// Bytes of the body.
    pub fn body_bytes(&self) -> u64 {
        let bytes = |part: &Part| match part {
            Part::Bytes(bytes) => bytes.len() as u64,
            Part::File { bytes, .. } => *bytes,
            Part::Sealed { bytes, .. } => *bytes + SEALED_FILE_EXTRA,
        };
        self.body.iter().map(bytes).sum()
    }
}

impl fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/… ({} bytes)", self.method, self.origin(), self.body_bytes())
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Part::File { path, bytes } | Part::Sealed { path, bytes, .. } => {
                write!(f, "{} ({bytes} bytes)", path.display())
            }
        }
    }
}

/// `https://host:port` of a URL, without user name and password; empty when there is no host.
fn origin(url: &str) -> &str {
    let Some((scheme, rest)) = url.split_once("://") else { return "" };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') {
        return "";
    }
    url.get(..scheme.len() + 3 + authority.len()).unwrap_or_default()
}

/// What became of a call.
pub type Called = Result<HttpAnswer, CallError>;

/// What came back, whatever its status.
#[derive(Default, PartialEq, Eq)]
pub struct HttpAnswer {
    /// HTTP status code.
    pub status: u16,
    /// Headers, names in lower case; those that are not ASCII text are left out.
    pub headers: Vec<(String, String)>,
    /// The body; its beginning if it was longer than the bound; empty when it went to a file or was streamed.
    pub body: Vec<u8>,
    /// Whether the body was longer than the bound.
    pub is_cut: bool,
    /// Bytes of body that came, wherever they went; of what was brought into PNG, as many as that has.
    pub body_bytes: u64,
    /// What was saved is in PNG now ([`HttpCall::into_png`]).
    pub is_png: bool,
    /// From the look-up of the name to the last byte.
    pub took: Duration,
    /// What the body holds of the memory that all answers share, until it is dropped.
    pub share: Share,
}

/// What all answers hold in memory beyond [`limits::ANSWER_BYTES_FREE`] each.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// One answer's share of [`limits::ANSWERS_BYTES_MAX`], given back when it is dropped.
#[derive(Default, PartialEq, Eq)]
pub struct Share(usize);

impl Share {
    /// Grows to hold so many bytes; false when there is not as much left.
    pub fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(limits::ANSWER_BYTES_FREE).saturating_sub(self.0);
        if more > 0 && HELD.fetch_add(more, Ordering::Relaxed) + more > limits::ANSWERS_BYTES_MAX {
            HELD.fetch_sub(more, Ordering::Relaxed);
            return false;
        }
        self.0 += more;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        HELD.fetch_sub(self.0, Ordering::Relaxed);
    }
}

impl HttpAnswer {
    /// A header by its name, in any case; the first if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `Retry-After` (RFC 9110 §10.2.3), at most a day. One that is a date counts from the answer's `Date`, whatever our
    /// clock says; `work` adds that where it is missing.
    pub fn retry_after(&self) -> Option<Duration> {
        let after = self.header("retry-after")?.trim();
        let until_date = || {
            let from = from_http_date(self.header("date")?)?;
            u64::try_from((from_http_date(after)? - from).max(0)).ok()
        };
        let seconds = after.parse().ok().or_else(until_date)?;
        Some(Duration::from_secs(seconds).min(limits::RETRY_AFTER_MAX))
    }
}

/// Without body and headers' values: both may hold what is nobody's business.
impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {} ({} bytes)", self.status, self.body_bytes)
    }
}

/// What a streamed answer is cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// As the bytes come.
    Chunks,
    /// Whole lines without their ends (LF, CR or both), as server-sent events and NDJSON have them.
    Lines,
}

/// Why there is no answer. No variant holds a path, a query or a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// Nobody listens at that address.
    Refused,
    /// No answer within the call's time.
    Timeout,
    /// The name is unknown, the network is down, the connection broke: worth another try later.
    Unreachable(String),
    /// The certificate is not right for the name, or the other side does not speak TLS.
    Tls(String),
    /// The call itself is wrong (URL, header, CA file). Trying again does not help.
    Invalid(String),
    /// What came is no HTTP: something else listens there, or it is broken.
    NotHttp(String),
    /// The name leads to addresses the call may not use ([`Reach::PublicOnly`]).
    NotPublic,
    /// More came than the call allows.
    TooLarge,
    /// A file of ours cannot be read or written.
    File(String),
    /// There is no room for what was fetched.
    Full,
    /// What was fetched is not what was encrypted with this key.
    Altered,
    /// Too much is waiting already; the call was not made.
    Busy,
    /// It was called off.
    Cancelled,
    /// A fault in this program; the log has more.
    Internal,
    /// Nothing of the call went out, as this happened before. Only calls that may last say so.
    Unsent(Box<CallError>),
}

/// Whether and when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again until somebody changes something.
    Never,
    /// With the usual pauses.
    Later,
    /// Not before this time, as the service said.
    After(Duration),
}

impl CallError {
    /// Whether the same call may succeed later without anybody changing it.
    pub fn retry(&self) -> Retry {
        match self {
            CallError::Invalid(_)
            | CallError::NotPublic
            | CallError::TooLarge
            | CallError::Cancelled
            | CallError::Altered => Retry::Never,
            CallError::Unsent(why) => why.retry(),
            _ => Retry::Later,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CallError::Refused => "connection refused",
            CallError::Timeout => "no answer in time",
            CallError::Unreachable(why) | CallError::Tls(why) | CallError::Invalid(why) => why,
            CallError::NotHttp(why) | CallError::File(why) => why,
            CallError::Full => "the disk is full",
            CallError::NotPublic => "the address is not a public one, which is not allowed here",
            CallError::TooLarge => "the answer is larger than allowed",
            CallError::Altered => "it is encrypted and was altered on its way, or the key that came with it is wrong",
            CallError::Busy => "too many calls are waiting already",
            CallError::Cancelled => "it was called off",
            CallError::Internal => "an internal error; the log says more",
            CallError::Unsent(why) => return why.fmt(f),
        })
    }
}

impl std::error::Error for CallError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_shows_no_secret() {
        let call = HttpCall::new("POST", "https://api.example.org:8443/botTOKEN/send?key=TOKEN")
            .basic("admin@example.org", &Secret::new("TOKEN"))
            .header("X-Name", "TOKEN")
            .json("{\"password\":\"TOKEN\"}".into());
        let answer = HttpAnswer { status: 200, body: b"TOKEN".to_vec(), body_bytes: 5, ..HttpAnswer::default() };
        let shown = format!("{call:?} {:?} {answer:?}", call.body);
        assert!(!shown.contains("TOKEN"), "{shown}");
        assert_eq!(format!("{call:?}"), "POST https://api.example.org:8443/… (20 bytes)");
        assert_eq!(HttpCall::new("GET", "http://u:TOKEN@h/").origin(), "");
        assert_eq!(HttpCall::new("GET", "TOKEN").origin(), "");
    }

    #[test]
    fn basic_is_utf_8() {
        let call = HttpCall::new("GET", "http://h/").basic("test", &Secret::new("123\u{a3}"));
        // RFC 7617 §2.1 has this very example.
        assert_eq!(call.secret_headers[0].1.expose(), "Basic dGVzdDoxMjPCow==");
    }

    #[test]
    fn retry_after_is_bounded() {
        let answer = |value: &str| HttpAnswer { headers: vec![("retry-after".into(), value.into())], ..<_>::default() };
        assert_eq!(answer(" 7").retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(answer("99999999999").retry_after(), Some(limits::RETRY_AFTER_MAX));
        for wrong in ["", "-1", "x", "Fri, 31 Dec 1999 23:59:59 GMT"] {
            assert_eq!(answer(wrong).retry_after(), None);
        }
        let dated = |date: &str, after: &str| {
            let headers = vec![("date".into(), date.into()), ("retry-after".into(), after.into())];
            HttpAnswer { headers, ..<_>::default() }.retry_after()
        };
        let date = "Fri, 31 Dec 1999 23:59:53 GMT";
        assert_eq!(dated(date, "Sat, 01 Jan 2000 00:00:00 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(dated(date, "Saturday, 01-Jan-00 00:00:00 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(dated(date, "Sat Jan  1 00:00:00 2000"), Some(Duration::from_secs(7)));
        assert_eq!(dated(date, "Fri, 31 Dec 1998 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(dated(date, "Mon, 01 Jan 2035 00:00:00 GMT"), Some(limits::RETRY_AFTER_MAX));
        assert_eq!(dated("now", "Sat, 01 Jan 2000 00:00:00 GMT"), None);
    }
}
