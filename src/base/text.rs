//! Small text codings: hex, base64, percent, query strings. Wrappers where a crate has it.

use base64::Engine;

use super::remedy;

/// Lower-case hex.
pub fn hex(data: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(data.len() * 2);
    for byte in data {
        out.push(DIGITS[usize::from(byte >> 4)] as char);
        out.push(DIGITS[usize::from(byte & 15)] as char);
    }
    out
}

/// Standard base64 with padding (RFC 4648 §4).
pub fn base64(data: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(data)
}

/// Reads standard base64; `None` when it is not.
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// URL-safe base64 without padding (RFC 4648 §5): the alphabet of tokens.
pub fn base64url(data: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(data)
}

/// Reads URL-safe base64 without padding; `None` when it is not.
pub fn unbase64url(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

/// Undoes percent-encoding; `plus` says whether `+` means a space (query strings). `None` when a `%` is not followed
/// by two hex digits or the result is not UTF-8.
pub fn unpercent(text: &str, plus: Plus) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                out.push((high * 16 + low) as u8);
            }
            b'+' if plus == Plus::IsSpace => out.push(b' '),
            other => out.push(other),
        }
    }
    String::from_utf8(out).ok().map(remedy::inert)
}

/// What `+` stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plus {
    /// Itself: in paths.
    IsPlus,
    /// A space: in query strings and forms.
    IsSpace,
}

/// Percent-encodes all but RFC 3986's unreserved characters.
pub fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push_str(&hex(&[byte]).to_uppercase());
        }
    }
    out
}

/// Splits `a=1&b=2` into decoded pairs; `None` when an escape is broken.
pub fn query_pairs(query: &str) -> Option<Vec<(String, String)>> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            Some((unpercent(key, Plus::IsSpace)?, unpercent(value, Plus::IsSpace)?))
        })
        .collect()
}

/// An error of the system for people: without "(os error 2)".
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_string()
}

/// Whether a character is not seen but changes how what is around it is: controls, line ends, and marks that turn the
/// direction. In a name they could make it pass for another, or for somebody else's words.
pub fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text cut to at most `max` bytes at a character boundary, with an ellipsis when something is missing.
pub fn shorten(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_string();
    }
    let mut end = max.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// How long something lasts, as people say it: `5 min`.
pub fn lasting(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// A text in pieces of at most `max` bytes: between paragraphs, else lines, else words, else anywhere.
pub fn pieces(text: &str, max: usize) -> Vec<&str> {
    // The longest character has four bytes.
    debug_assert!(max > 3);
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while rest.len() > max {
        let mut end = max;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (head, _) = rest.split_at(end);
        // A piece that ends early is better than one that ends in the middle, but not by much.
        let at = ["\n\n", "\n", " "].into_iter().filter_map(|gap| head.rfind(gap)).find(|at| *at > end / 2);
        let (part, after) = rest.split_at(at.unwrap_or(end));
        parts.push(part.trim_end());
        rest = after.trim_start();
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts
}

/// A text in two or three pieces.
pub fn halves(text: &str) -> Vec<&str> {
    pieces(text, text.len() / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_both_ways() {
        assert_eq!(unpercent("a%20b+c", Plus::IsSpace).as_deref(), Some("a b c"));
        assert_eq!(unpercent("a+b", Plus::IsPlus).as_deref(), Some("a+b"));
        assert_eq!(unpercent("%zz", Plus::IsPlus), None);
        assert_eq!(unpercent("%f", Plus::IsPlus), None);
        assert_eq!(unpercent("%ff", Plus::IsPlus), None);
        assert_eq!(percent("ü/@a"), "%C3%BC%2F%40a");
    }

    #[test]
    fn query() {
        let pairs = query_pairs("account=ralf%40x&offset=1&flag").unwrap();
        assert_eq!(pairs[0], ("account".into(), "ralf@x".into()));
        assert_eq!(pairs[2], ("flag".into(), String::new()));
    }

    #[test]
    fn shortens_at_a_boundary() {
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("üüü", 5), "ü…");
    }

    #[test]
    fn long_texts_are_split_where_they_breathe() {
        assert_eq!(pieces("", 20), [""; 0]);
        assert_eq!(pieces("short", 20), ["short"]);
        assert_eq!(pieces("one two three\n\nfour five six", 20), ["one two three", "four five six"]);
        assert_eq!(pieces("one two three\nfour five six", 20), ["one two three", "four five six"]);
        assert_eq!(pieces("one two three four five", 12), ["one two", "three four", "five"]);
        for part in pieces(&"ü".repeat(100), 11) {
            assert!(part.len() <= 11 && part.chars().all(|c| c == 'ü'));
        }
        let text = "word ".repeat(5000);
        assert_eq!(pieces(&text, 4000).join(" "), text.trim());
    }
}
