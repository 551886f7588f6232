//! Forms with files: `multipart/form-data` (RFC 7578, RFC 2046 §5.1), as curl's `-F`, Python's requests and browsers send
//! it. A [`Form`] reads one from memory or a file, part by part and piece by piece, so it holds little. Called by faces.

use std::io::Read;

use crate::base::text::{Plus, unpercent};
use crate::base::{limits, remedy};

/// The head of one field of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The field.
    pub name: String,
    /// The name of the file, where it is one.
    pub file_name: Option<String>,
    /// Its type, where it is said.
    pub content_type: Option<String>,
}

/// Why a body is no form: the rest of a sentence that begins with "the body must be".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

const BROKEN: Malformed = Malformed("a whole multipart/form-data form");
const NO_BOUNDARY: Malformed = Malformed("multipart/form-data with a boundary in its Content-Type");
const TOO_MANY: Malformed = Malformed("a form of few fields with short heads");

/// RFC 2046 §5.1.1: seventy, without the hyphens before it.
const BOUNDARY_BYTES_MAX: usize = 70;

/// Whether a Content-Type is that of a form.
pub fn is_form(content_type: &str) -> bool {
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("multipart/form-data")
}

/// A form on its way.
pub struct Form<'a> {
    input: &'a mut dyn Read,
    /// Begins with the line end before it, as that is no content.
    delimiter: Vec<u8>,
    /// What was read.
    buffer: Vec<u8>,
    /// Bytes at its beginning that were handed out.
    taken: usize,
    parts: usize,
    is_in_part: bool,
}

impl<'a> Form<'a> {
    /// Begins to read.
    pub fn new(content_type: &str, input: &'a mut dyn Read) -> Result<Form<'a>, Malformed> {
        let boundary = parameter(content_type, "boundary").filter(|text| !text.is_empty()).ok_or(NO_BOUNDARY)?;
        if !is_form(content_type) || boundary.len() > BOUNDARY_BYTES_MAX {
            return Err(NO_BOUNDARY);
        }
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first delimiter may stand at the very beginning; what stands before it, a preamble, means nothing.
        Ok(Form { input, delimiter, buffer: b"\r\n".to_vec(), taken: 0, parts: 0, is_in_part: true })
    }

    /// The next field; what was not read of the one before is passed over. `None` at the end of the form.
    pub fn next_part(&mut self) -> Result<Option<Part>, Malformed> {
        while self.piece()?.is_some() {}
        let end = loop {
            if self.buffer.starts_with(b"--") {
                return Ok(None);
            }
            if let Some((head, _)) = split(&self.buffer, b"\r\n\r\n") {
                break head.len();
            }
            if self.buffer.len() > limits::FORM_HEAD_BYTES_MAX {
                return Err(TOO_MANY);
            }
            self.fill()?;
        };
        let head = self.buffer.get(..end).unwrap_or_default();
        if self.parts == limits::FORM_PARTS_MAX || head.len() > limits::FORM_HEAD_BYTES_MAX {
            return Err(TOO_MANY);
        }
        // White space may stand behind a boundary (RFC 2046 §5.1.1).
        let (padding, head) = split(head, b"\r\n").ok_or(BROKEN)?;
        if !padding.iter().all(|byte| matches!(byte, b' ' | b'\t')) || split(head, &self.delimiter).is_some() {
            return Err(BROKEN);
        }
        let part = parse_part(head)?;
        self.parts += 1;
        (self.taken, self.is_in_part) = (end + 4, true);
        Ok(Some(part))
    }

    /// More of the field's content; `None` at its end.
    pub fn piece(&mut self) -> Result<Option<&[u8]>, Malformed> {
        loop {
            self.buffer.drain(..std::mem::take(&mut self.taken));
            if !self.is_in_part {
                return Ok(None);
            }
            // What may be the beginning of a delimiter is kept.
            let content = match split(&self.buffer, &self.delimiter) {
                Some((b"", _)) => {
                    (self.taken, self.is_in_part) = (self.delimiter.len(), false);
                    continue;
                }
                Some((content, _)) => content.len(),
                None => self.buffer.len().saturating_sub(self.delimiter.len() - 1),
            };
            if content > 0 {
                self.taken = content;
                return Ok(self.buffer.get(..content));
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), Malformed> {
        let mut piece = [0; limits::HTTP_READ_BYTES];
        let count = self.input.read(&mut piece).map_err(|_| BROKEN)?;
        self.buffer.extend_from_slice(piece.get(..count).unwrap_or_default());
        if count == 0 { Err(BROKEN) } else { Ok(()) }
    }
}

fn parse_part(head: &[u8]) -> Result<Part, Malformed> {
    let head = &remedy::inert(String::from_utf8(head.to_vec()).map_err(|_| BROKEN)?);
    let header = |wanted: &str| {
        let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| value.trim())
    };
    let disposition = header("content-disposition").ok_or(BROKEN)?;
    let name = parameter(disposition, "name").ok_or(BROKEN)?;
    // Python's requests writes names outside ASCII so, or did (RFC 5987 §3.2); RFC 7578 §4.2 wants them as they are.
    let extended = parameter(disposition, "filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, text) = rest.split_once('\'')?;
        charset.eq_ignore_ascii_case("utf-8").then(|| unpercent(text, Plus::IsPlus))?
    });
    let file_name = extended.or_else(|| parameter(disposition, "filename").map(|name| unescape(&name)));
    Ok(Part { name: unescape(&name), file_name, content_type: header("content-type").map(str::to_string) })
}

/// What browsers and newer curl write for what may not stand between quotes, and nothing else: a `%` of a name stays.
fn unescape(text: &str) -> String {
    text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// A parameter of a header's value: `; name=value` or `; name="value"`, with backslashes before quotes as older curl
/// writes them.
fn parameter(value: &str, wanted: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (name, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let (text, next) = match behind.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (text, next) = behind.split_once(';').map_or((behind, ""), |(text, next)| (text, next));
                (text.trim().to_string(), next)
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(text);
        }
        rest = next.trim_start().strip_prefix(';').unwrap_or(next);
    }
}

/// What stands before the closing quote, and what behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, text.get(at + 1..)?)),
            // Old browsers put whole Windows paths here, whose backslashes are none of this kind.
            '\\' if chars.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\')) => {
                out.extend(chars.next().map(|(_, next)| next));
            }
            c => out.push(c),
        }
    }
    None
}

/// What stands before and behind the first such bytes.
fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let first = *at.first()?;
    let mut from = 0;
    while let Some(found) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        let here = from + found;
        if let Some(behind) = bytes.get(here..)?.strip_prefix(at) {
            return Some((bytes.get(..here)?, behind));
        }
        from = here + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURL: &str = "multipart/form-data; boundary=------------------------d74496d66958873e";

    fn curl() -> Vec<u8> {
        let mut body = Vec::new();
        for piece in [
            &b"--------------------------d74496d66958873e\r\n"[..],
            b"Content-Disposition: form-data; name=\"to\"\r\n\r\nu@x.example\r\n",
            b"--------------------------d74496d66958873e\r\n",
            b"Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\" %22c%22 100%.jpg\"\r\n",
            b"Content-Type: image/jpeg\r\n\r\n\r\n\x00\xff\r\n--------------------------d74496d66958873\r\n\r\n",
            b"\r\n--------------------------d74496d66958873e--\r\n",
        ] {
            body.extend_from_slice(piece);
        }
        body
    }

    /// Gives what it has in pieces of this size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(out.len()).min(self.0.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn parse_in(content_type: &str, body: &[u8], size: usize) -> Result<Vec<(Part, Vec<u8>)>, Malformed> {
        let mut input = Pieces(body, size);
        let mut form = Form::new(content_type, &mut input)?;
        let mut parts = Vec::new();
        while let Some(part) = form.next_part()? {
            let mut content = Vec::new();
            while let Some(piece) = form.piece()? {
                content.extend_from_slice(piece);
            }
            parts.push((part, content));
        }
        Ok(parts)
    }

    fn parse(content_type: &str, body: &[u8]) -> Result<Vec<(Part, Vec<u8>)>, Malformed> {
        let whole = parse_in(content_type, body, usize::MAX);
        for size in [1, 2, 7, 64] {
            assert_eq!(parse_in(content_type, body, size), whole);
        }
        whole
    }

    #[test]
    fn forms_of_curl() {
        let body = curl();
        let parts = parse(CURL, &body).unwrap();
        let name = |name: &str| name.to_string();
        assert_eq!(
            parts,
            [
                (Part { name: name("to"), file_name: None, content_type: None }, b"u@x.example".to_vec()),
                (
                    Part {
                        name: name("file"),
                        file_name: Some(name("a \"b\" \"c\" 100%.jpg")),
                        content_type: Some(name("image/jpeg")),
                    },
                    b"\r\n\x00\xff\r\n--------------------------d74496d66958873\r\n\r\n".to_vec(),
                ),
            ]
        );
        // What is not wanted is passed over.
        let mut input = &body[..];
        let mut form = Form::new(CURL, &mut input).unwrap();
        assert!(form.next_part().unwrap().is_some());
        assert_eq!(form.next_part().unwrap().unwrap().name, "file");
        assert_eq!(form.next_part(), Ok(None));
    }

    #[test]
    fn forms_of_others() {
        let requests = "--b5\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''k%C3%BC.txt\r\n\r\nx\r\n--b5--\r\n";
        let parts = parse("multipart/form-data; boundary=\"b5\"", requests.as_bytes()).unwrap();
        assert_eq!((parts[0].0.file_name.as_deref(), &parts[0].1[..]), (Some("kü.txt"), &b"x"[..]));
        let browser = "preamble\r\n--b5 \r\ncontent-disposition: form-data; name=file; filename=\"C:\\tmp\\kü.txt\"\r\n\r\n\r\n--b5--";
        let parts = parse("Multipart/Form-Data; charset=utf-8; boundary=b5", browser.as_bytes()).unwrap();
        assert_eq!((parts[0].0.file_name.as_deref(), &parts[0].1[..]), (Some("C:\\tmp\\kü.txt"), &b""[..]));
        assert_eq!(parse("multipart/form-data; boundary=b5", b"--b5--").unwrap(), []);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for kind in ["multipart/form-data", "multipart/form-data; boundary=", "application/json; boundary=x"] {
            assert_eq!(parse(kind, b"--x--"), Err(NO_BOUNDARY), "{kind}");
        }
        for body in
            ["", "--x", "--x\r\n", "--x\r\n\r\n", "--x\r\n\r\na\r\n--x--", "--xy\r\n", "--x\r\nA: b\r\n\r\na\r\n--x--"]
        {
            assert_eq!(parse("multipart/form-data; boundary=x", body.as_bytes()), Err(BROKEN), "{body}");
        }
        let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
        let many = part.repeat(limits::FORM_PARTS_MAX + 1) + "--x--";
        assert_eq!(parse("multipart/form-data; boundary=x", many.as_bytes()), Err(TOO_MANY));
    }

    #[test]
    fn damage_is_refused_or_read() {
        let body = curl();
        let mut seed = 7_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        let mut read = 0;
        for _ in 0..20_000 {
            let mut damaged = body.clone();
            for _ in 0..=random(3) {
                let at = random(damaged.len().max(1));
                match random(4) {
                    0 => damaged.get_mut(at).into_iter().for_each(|byte| *byte = random(256) as u8),
                    1 => drop(damaged.drain(at..(at + random(9)).min(damaged.len()))),
                    2 => damaged.insert(at, b"\r\n-\"=;"[random(6)]),
                    _ => damaged.truncate(at),
                }
            }
            if let Ok(parts) = parse_in(CURL, &damaged, 1 + random(99)) {
                read += 1;
                assert!(parts.iter().map(|(_, content)| content.len()).sum::<usize>() <= damaged.len());
            }
        }
        assert!(read > 1_000, "{read}");
    }
}
