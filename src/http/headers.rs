//! Header fields: of a request as they came, of an answer as they may go out.

use std::borrow::Cow;
use std::fmt;

/// The headers of a request in one block of text, names in lower case, in order.
#[derive(Clone, Default)]
pub struct Headers {
    text: String,
    /// Where each name ends, and its value.
    ends: Vec<(u32, u32)>,
}

impl Headers {
    /// None yet, and room for so many bytes of names and values.
    pub fn with_capacity(bytes: usize) -> Headers {
        Headers { text: String::with_capacity(bytes), ends: Vec::with_capacity(8) }
    }

    /// Appends one; the name in whatever case it came.
    pub fn push(&mut self, name: &str, value: &str) {
        let begin = self.text.len();
        self.text.push_str(name);
        self.text[begin..].make_ascii_lowercase();
        let name_end = self.text.len();
        self.text.push_str(value);
        let end = |at: usize| u32::try_from(at).expect("heads are bounded");
        self.ends.push((end(name_end), end(self.text.len())));
    }

    /// Name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let begins = [0].into_iter().chain(self.ends.iter().map(|(_, end)| *end as usize));
        begins.zip(&self.ends).map(|(begin, (name_end, end))| {
            (&self.text[begin..*name_end as usize], &self.text[*name_end as usize..*end as usize])
        })
    }

    /// The first value of that (lower case) name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be credentials.
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(all: I) -> Headers {
        let mut headers = Headers::default();
        all.into_iter().for_each(|(name, value)| headers.push(name.as_ref(), value.as_ref()));
        headers
    }
}

/// What may stand behind a header's name in an answer (RFC 9110 §5.5): visible ASCII and spaces. A line end or a NUL in it would
/// begin another header, or another answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderValue(Cow<'static, str>);

impl HeaderValue {
    /// A value that is known to be good; one that is not does not compile in a `const`.
    pub const fn of(value: &'static str) -> HeaderValue {
        assert!(is_clean(value), "a header's value is visible ASCII");
        HeaderValue(Cow::Borrowed(value))
    }

    /// `None` for what may not stand there.
    pub fn new(value: impl Into<Cow<'static, str>>) -> Option<HeaderValue> {
        let value = value.into();
        is_clean(&value).then_some(HeaderValue(value))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_clean(value: &str) -> bool {
    let (bytes, mut at) = (value.as_bytes(), 0);
    while at < bytes.len() {
        if !(bytes[at] == b' ' || bytes[at].is_ascii_graphic()) {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_as_they_were_pushed() {
        let headers: Headers = [("Host", "x:1"), ("A", ""), ("a", "Two")].into_iter().collect();
        let all: Vec<_> = headers.iter().collect();
        assert_eq!(all, [("host", "x:1"), ("a", ""), ("a", "Two")]);
        assert_eq!((headers.get("a"), headers.get("A"), headers.get("b")), (Some(""), None, None));
        assert_eq!(Headers::default().iter().count(), 0);
        assert_eq!(format!("{headers:?}"), r#"["host", "a", "a"]"#, "values are kept from logs");
    }

    #[test]
    fn values_cannot_end_their_line() {
        for bad in ["a\rb", "a\nb", "a\0b", "a\r\nSet-Cookie: b", "\t", "ü", "\u{7f}"] {
            assert_eq!(HeaderValue::new(bad), None, "{}", bad.escape_debug());
        }
        for good in ["", "a b", "attachment; filename=\"x\""] {
            assert_eq!(HeaderValue::new(good).unwrap().as_str(), good);
        }
    }
}
