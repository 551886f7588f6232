//! Printing answers. Pure but for the date.

use std::cell::RefCell;
use std::fmt::Write;
use std::time::SystemTime;

use crate::base::limits;
use crate::base::time::to_rfc3339;
use crate::http::Response;
use crate::http::front::head::Connection;

/// Most heads have no more.
const HEAD_BYTES: usize = 192;

/// Value of the header `Server`.
const SERVER: &str = "botmother";

/// The interim answer that asks for the body (RFC 9110 §15.2.1).
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How a client sees where the body ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// By its length.
    Known,
    /// By its last chunk.
    Chunked,
    /// By the end of the connection.
    Unknown,
}

/// The head of an answer with its empty line.
pub(super) fn head(response: &Response, connection: Connection, length: Length) -> Vec<u8> {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut out = String::with_capacity(HEAD_BYTES + response.body.len().min(limits::SMALL_BODY_BYTES));
    let (status, line) = (response.status, connection.line());
    // Writing into memory does not fail.
    let _ = write!(out, "HTTP/1.1 {status} {}\r\n{line}Date: ", reason(status));
    push_date(&mut out, since_1970.as_secs());
    for part in ["\r\nServer: ", SERVER, "\r\nContent-Type: ", response.content_type.as_str(), "\r\n"] {
        out.push_str(part);
    }
    for (name, value) in &response.headers {
        for part in [name, ": ", value.as_str(), "\r\n"] {
            out.push_str(part);
        }
    }
    // RFC 9110 §8.6: an answer that cannot have a body has no length either.
    match length {
        Length::Known if is_bodiless(response.status) => {}
        Length::Known => {
            let _ = write!(out, "Content-Length: {}\r\n", response.body_bytes());
        }
        Length::Chunked => out.push_str("Transfer-Encoding: chunked\r\n"),
        Length::Unknown => {}
    }
    out.push_str("\r\n");
    out.into_bytes()
}

/// Whether answers of this status end with their head (RFC 9110 §15.3.5, §15.4.5).
pub(super) fn is_bodiless(status: u16) -> bool {
    matches!(status, 204 | 304)
}

impl Connection {
    fn line(self) -> &'static str {
        match self {
            Connection::Kept => "",
            Connection::KeptAloud => "Connection: keep-alive\r\n",
            Connection::Closed => "Connection: close\r\n",
        }
    }
}

/// The date of this second: printed once.
fn push_date(out: &mut String, unix: u64) {
    thread_local!(static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) });
    LAST.with_borrow_mut(|(second, text)| {
        if *second != unix {
            (*second, *text) = (unix, date(unix));
        }
        out.push_str(text);
    });
}

/// An IMF-fixdate (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(unix: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let iso = to_rfc3339(i64::try_from(unix).unwrap_or(0) * 1000);
    // The calendar is in `base::time`; its text has fixed columns: 1994-11-06T08:49:37.000Z
    let weekday = DAYS[(unix / 86_400 % 7) as usize];
    let month = iso[5..7].parse::<usize>().map_or("Jan", |month| MONTHS[(month - 1) % 12]);
    format!("{weekday}, {} {month} {} {} GMT", &iso[8..10], &iso[..4], &iso[11..19])
}

/// A phrase for people who read packets; programs look at the number.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::headers::HeaderValue;

    #[test]
    fn dates() {
        assert_eq!(date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn a_head_has_what_the_answer_says() {
        let mut response = Response::json(418, "{}".into());
        response.headers = vec![("Allow", HeaderValue::of("GET, HEAD"))];
        let text = String::from_utf8(head(&response, Connection::Closed, Length::Known)).unwrap();
        assert!(text.starts_with("HTTP/1.1 418 \r\nConnection: close\r\nDate: "), "{text}");
        let end = "GMT\r\nServer: botmother\r\nContent-Type: application/json\r\nAllow: GET, HEAD\r\nContent-Length: 2\r\n\r\n";
        assert!(text.ends_with(end), "{text}");
    }
}
