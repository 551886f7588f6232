//! Files over HTTP: to a slot of an upload service (XEP-0363), and from the URL of an attachment into a file.
//!
//! Both are streamed, so that no file is ever in memory. Slots come from the account's own server, attachments' URLs
//! from anybody: how far a call may reach is for the caller to say.

use std::fmt;
use std::path::PathBuf;

use crate::base::call::{CallError, HttpAnswer, HttpCall, Part, Reach, Retry, Trust};
use crate::base::limits;
use crate::base::secret::Secret;

/// Headers a slot may ask for (XEP-0363 §5: all others are ignored).
const SLOT_HEADERS: [&str; 3] = ["Authorization", "Cookie", "Expires"];

/// Builds the PUT of a file to a slot, with the slot's headers. Size (of the body) and type must be those the slot was
/// asked for.
pub fn build_put(url: &str, headers: &[(String, String)], file: Part, content_type: &str, trust: Trust) -> HttpCall {
    let mut call = HttpCall::new("PUT", url).header("Content-Type", content_type);
    for (name, value) in headers {
        if let Some(name) = SLOT_HEADERS.iter().find(|known| known.eq_ignore_ascii_case(name.trim())) {
            // XEP-0363 §5: line ends are taken out.
            call = call.secret_header(name, Secret::new(value.replace(['\r', '\n'], "")));
        }
    }
    call.body = vec![file];
    call.timeout = limits::TRANSFER_TIMEOUT;
    call.silence_max = Some(limits::TRANSFER_SILENCE_MAX);
    call.answer_bytes_max = limits::CALL_ERROR_BYTES_MAX;
    call.trust = trust;
    call
}

/// Builds the GET of an attachment of at most so many bytes into a file, which must not exist yet.
pub fn build_get(url: &str, file: PathBuf, bytes_max: u64, reach: Reach, trust: Trust) -> HttpCall {
    let mut call = HttpCall::new("GET", url);
    call.timeout = limits::TRANSFER_TIMEOUT;
    call.silence_max = Some(limits::TRANSFER_SILENCE_MAX);
    call.answer_bytes_max = bytes_max;
    call.save_to = Some(file);
    call.redirects_max = limits::DOWNLOAD_REDIRECTS_MAX;
    call.reach = reach;
    call.trust = trust;
    call
}

/// How sending went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The file is there, and others can fetch it.
    Done,
    /// It is larger than the service takes.
    TooLarge,
    /// The slot is not valid, not any more, or used: the file can be sent to a new one.
    NewSlot,
    /// The service is in trouble or out of reach; the same slot may do later.
    Later(Retry, String),
    /// It cannot be sent; why.
    Failed(String),
}

/// Reads the outcome of [`build_put`].
pub fn read_put(outcome: &Result<HttpAnswer, CallError>) -> Sent {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(error) if error.retry() == Retry::Never => return Sent::Failed(error.to_string()),
        Err(error) => return Sent::Later(error.retry(), error.to_string()),
    };
    match answer.status {
        // XEP-0363 §4 wants 201; COMPAT(services in front of a store): they say 200 or 204.
        200 | 201 | 204 => Sent::Done,
        413 => Sent::TooLarge,
        // 409: Prosody, when something was sent to the slot already.
        401 | 403 | 404 | 409 | 410 => Sent::NewSlot,
        408 | 425 | 429 | 500..=599 => Sent::Later(pause(answer), format!("status {}", answer.status)),
        status => Sent::Failed(format!("status {status}")),
    }
}

/// How fetching went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The file is there: its size, and its type if the service said one.
    Done {
        /// Bytes in the file.
        bytes: u64,
        /// `Content-Type`.
        content_type: Option<String>,
    },
    /// It is not there, or not any more.
    Gone,
    /// It is not for us.
    Denied,
    /// It is larger than allowed.
    TooLarge,
    /// The service is in trouble or out of reach.
    Later(Retry, String),
    /// It cannot be fetched; why.
    Failed(String),
}

/// Reads the outcome of [`build_get`]. Only [`Fetched::Done`] leaves a file.
pub fn read_get(outcome: &Result<HttpAnswer, CallError>) -> Fetched {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(CallError::TooLarge) => return Fetched::TooLarge,
        Err(error) if error.retry() == Retry::Never => return Fetched::Failed(error.to_string()),
        Err(error) => return Fetched::Later(error.retry(), error.to_string()),
    };
    match answer.status {
        200 => {
            let content_type = answer.header("content-type").map(str::to_string);
            Fetched::Done { bytes: answer.body_bytes, content_type }
        }
        404 | 410 => Fetched::Gone,
        401 | 403 => Fetched::Denied,
        408 | 425 | 429 | 500..=599 => Fetched::Later(pause(answer), format!("status {}", answer.status)),
        status => Fetched::Failed(format!("status {status}")),
    }
}

fn pause(answer: &HttpAnswer) -> Retry {
    answer.retry_after().map_or(Retry::Later, Retry::After)
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sent::Done => f.write_str("the file was sent"),
            Sent::TooLarge => f.write_str("the file is larger than the upload service allows"),
            Sent::NewSlot => {
                f.write_str("the upload service does not take the file in this place any more; send it again")
            }
            Sent::Later(_, why) => write!(f, "the upload service does not work at the moment ({why}); try again later"),
            Sent::Failed(why) => write!(f, "the file cannot be sent: {why}"),
        }
    }
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fetched::Done { bytes, .. } => write!(f, "the file was fetched ({bytes} bytes)"),
            Fetched::Gone => f.write_str("the file is not there any more; ask for it to be sent again"),
            Fetched::Denied => f.write_str("its service does not give us the file"),
            Fetched::TooLarge => f.write_str("the file is larger than allowed"),
            Fetched::Later(_, why) => {
                write!(f, "the file's service does not work at the moment ({why}); try again later")
            }
            Fetched::Failed(why) => write!(f, "the file cannot be fetched: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(status: u16) -> Result<HttpAnswer, CallError> {
        Ok(HttpAnswer { status, body_bytes: 7, ..HttpAnswer::default() })
    }

    #[test]
    fn a_put_has_the_headers_of_its_slot_and_no_others() {
        let header = |name: &str, value: &str| (name.to_string(), value.to_string());
        let headers = [
            header("authorization", "Bearer a\r\nb"),
            header(" Cookie ", "foo=bar"),
            header("Host", "evil.example"),
            header("Content-Length", "0"),
        ];
        let file = Part::File { path: "/f".into(), bytes: 5 };
        let call = build_put("https://u/slot", &headers, file, "image/jpeg", Trust::default());
        let secrets: Vec<(&str, &str)> =
            call.secret_headers.iter().map(|(name, value)| (*name, value.expose())).collect();
        assert_eq!(secrets, [("Authorization", "Bearer ab"), ("Cookie", "foo=bar")]);
        assert_eq!(call.headers, [("Content-Type", "image/jpeg".to_string())]);
        assert_eq!((call.method, call.body_bytes(), call.redirects_max), ("PUT", 5, 0));
    }

    #[test]
    fn outcomes_of_sending() {
        for (status, sent) in [
            (201, Sent::Done),
            (200, Sent::Done),
            (413, Sent::TooLarge),
            (403, Sent::NewSlot),
            (409, Sent::NewSlot),
            (503, Sent::Later(Retry::Later, "status 503".into())),
            (400, Sent::Failed("status 400".into())),
            (302, Sent::Failed("status 302".into())),
        ] {
            assert_eq!(read_put(&answer(status)), sent);
        }
        assert_eq!(read_put(&Err(CallError::Timeout)), Sent::Later(Retry::Later, "no answer in time".into()));
        assert!(matches!(read_put(&Err(CallError::Cancelled)), Sent::Failed(_)));
        let busy = HttpAnswer { headers: vec![("retry-after".into(), "9".into())], status: 429, ..<_>::default() };
        let after = Retry::After(Duration::from_secs(9));
        assert_eq!(read_put(&Ok(busy)), Sent::Later(after, "status 429".into()));
    }

    #[test]
    fn outcomes_of_fetching() {
        for (status, fetched) in [
            (200, Fetched::Done { bytes: 7, content_type: None }),
            (404, Fetched::Gone),
            (410, Fetched::Gone),
            (403, Fetched::Denied),
            (500, Fetched::Later(Retry::Later, "status 500".into())),
            (304, Fetched::Failed("status 304".into())),
        ] {
            assert_eq!(read_get(&answer(status)), fetched);
        }
        assert_eq!(read_get(&Err(CallError::TooLarge)), Fetched::TooLarge);
        assert!(matches!(read_get(&Err(CallError::NotPublic)), Fetched::Failed(_)));
        assert!(matches!(read_get(&Err(CallError::Refused)), Fetched::Later(..)));
    }
}
