//! Reading the heads of answers. Pure.

use httparse::{EMPTY_HEADER, Header, Status};

use crate::base::call::CallError;
use crate::base::chunked::{Chunked, Decoder};
use crate::base::limits;

/// An answer's head.
pub(super) struct Head {
    pub(super) status: u16,
    /// Names in lower case; those that are not ASCII text are left out.
    pub(super) headers: Vec<(String, String)>,
    /// How the body comes.
    pub(super) body: Decoder,
}

/// Reads the head at the beginning of these bytes, and says how long it is; `None` when more must be read.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, CallError> {
    let mut headers = [EMPTY_HEADER; limits::ANSWER_HEADERS_MAX];
    let mut answer = httparse::Response::new(&mut headers);
    let used = match answer.parse(bytes) {
        Ok(Status::Complete(used)) => used,
        Ok(Status::Partial) if bytes.len() < limits::ANSWER_HEAD_BYTES_MAX => return Ok(None),
        Ok(Status::Partial) | Err(httparse::Error::TooManyHeaders) => return Err(too_long()),
        Err(error) => return Err(no_http(&error.to_string())),
    };
    if used > limits::ANSWER_HEAD_BYTES_MAX {
        return Err(too_long());
    }
    let status = answer.code.unwrap_or_default();
    let body = if matches!(status, 204 | 304) { Decoder::Length(0) } else { framing(answer.headers)? };
    let is_text = |value: &str| value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    let readable = |header: &Header<'_>| {
        let value = std::str::from_utf8(header.value).ok().filter(|value| is_text(value))?;
        Some((header.name.to_ascii_lowercase(), value.to_string()))
    };
    let headers = answer.headers.iter().filter_map(readable).collect();
    Ok(Some((Head { status, headers, body }, used)))
}

/// RFC 9112 §6.3: chunks go before a length, and without either the body ends with the connection.
fn framing(headers: &[Header<'_>]) -> Result<Decoder, CallError> {
    let of = |name: &'static str| headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
    let mut codings = of("transfer-encoding").map(|header| header.value.trim_ascii());
    if let Some(coding) = codings.next() {
        let is_known = coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
        let chunks = Decoder::Chunked(Chunked::new(usize::MAX));
        return if is_known { Ok(chunks) } else { Err(no_http("an unknown transfer coding")) };
    }
    let mut lengths = of("content-length").map(|header| header.value.trim_ascii());
    let Some(length) = lengths.next() else { return Ok(Decoder::ToEnd) };
    let digits = std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(number) if lengths.all(|other| other == length) => Ok(Decoder::Length(number)),
        _ => Err(no_http("a wrong length")),
    }
}

/// It is larger than any service's.
pub(super) fn too_long() -> CallError {
    CallError::NotHttp("the answer's head is too long".into())
}

/// It is not what RFC 9112 says.
pub(super) fn no_http(why: &str) -> CallError {
    CallError::NotHttp(format!("the answer is no proper HTTP ({why})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a whole head: status, headers, and how the body comes.
    fn read(head: &str) -> Result<(u16, usize, &'static str), CallError> {
        let (parsed, used) = parse(head.as_bytes())?.expect("a whole head");
        assert_eq!(used, head.len());
        let body = match parsed.body {
            Decoder::Length(_) => "length",
            Decoder::Chunked(_) => "chunks",
            Decoder::ToEnd => "end",
        };
        Ok((parsed.status, parsed.headers.len(), body))
    }

    #[test]
    fn a_body_ends_where_its_head_says() {
        for (head, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", (200, 1, "length")),
            ("HTTP/1.1 200\r\ncontent-length: 5\r\nContent-Length: 5\r\n\r\n", (200, 2, "length")),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 5\r\n\r\n", (200, 2, "chunks")),
            ("HTTP/1.0 404 Not Found\r\nX: \u{fc}\r\n\r\n", (404, 0, "end")),
            ("HTTP/1.1 204 No Content\r\n\r\n", (204, 0, "length")),
        ] {
            assert_eq!(read(head), Ok(expected), "{head}");
        }
    }

    #[test]
    fn what_is_in_doubt_is_refused() {
        for lines in [
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999999\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "no header\r\n",
        ] {
            let head = format!("HTTP/1.1 200 OK\r\n{lines}\r\n");
            assert!(matches!(read(&head), Err(CallError::NotHttp(_))), "{lines}");
        }
        for bytes in ["\u{1}\u{2}", "SSH-2.0-OpenSSH", "HTTP/2 200\r\n\r\n"] {
            assert!(matches!(parse(bytes.as_bytes()), Err(CallError::NotHttp(_))), "{bytes}");
        }
        let long = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(limits::ANSWER_HEAD_BYTES_MAX));
        assert_eq!(parse(long.as_bytes()).err(), Some(too_long()));
        assert_eq!(parse((long + "\r\n\r\n").as_bytes()).err(), Some(too_long()));
        assert!(parse(b"HTTP/1.1 200 OK\r\nX: y\r\n").is_ok_and(|head| head.is_none()));
    }
}
