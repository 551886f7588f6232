//! Escaping and printing: text that may hold anything goes in, XML that cannot break a stream comes out.
//!
//! What XML 1.0 §2.2 has no way to write (control characters, U+FFFE, U+FFFF) becomes U+FFFD, the replacement
//! character, in both directions: one such character in somebody's text must never end the stream of a whole account.

use super::element::{Element, Node};

/// Whether XML 1.0 §2.2 allows the character.
pub fn is_allowed(c: char) -> bool {
    !matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Appends text with the characters that XML forbids replaced by U+FFFD, unescaped otherwise.
pub fn push_allowed(out: &mut String, text: &str) {
    push_runs(out, text, |_| None);
}

/// Appends character data. `>` is escaped too, so that `]]>` cannot stand in it (XML 1.0 §2.4).
pub fn push_text(out: &mut String, text: &str) {
    push_runs(out, text, |byte| match byte {
        // A bare CR would arrive as a line feed (XML 1.0 §2.11).
        b'\r' => Some("&#13;"),
        byte => markup(byte),
    });
}

/// Appends an attribute's value, for either kind of quotes. Line ends and tabs would arrive as spaces (XML 1.0 §3.3.3),
/// so they are written as references.
pub fn push_value(out: &mut String, value: &str) {
    push_runs(out, value, |byte| match byte {
        b'\t' => Some("&#9;"),
        b'\n' => Some("&#10;"),
        b'\r' => Some("&#13;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&apos;"),
        byte => markup(byte),
    });
}

fn markup(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        _ => None,
    }
}

/// Appends text with something else in the place of some ASCII characters and of those that XML forbids. What lies between
/// them, which is nearly all, is copied as it is.
fn push_runs(out: &mut String, text: &str, instead: impl Fn(u8) -> Option<&'static str>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len());
    let (mut begin, mut at) = (0, 0);
    while at < bytes.len() {
        let (other, length) = match bytes[at] {
            // Letters, digits and most of what is not ASCII.
            b'?'..=0xee | 0xf0.. | b' ' | b'!' | b'('..=b';' => (None, 1),
            // The ends of U+FFFE and U+FFFF; a text has whole characters.
            0xef if matches!(bytes[at..], [_, 0xbf, 0xbe | 0xbf, ..]) => (Some("\u{fffd}"), 3),
            byte => {
                let is_forbidden = byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
                (if is_forbidden { Some("\u{fffd}") } else { instead(byte) }, 1)
            }
        };
        if let Some(other) = other {
            out.push_str(&text[begin..at]);
            out.push_str(other);
            begin = at + length;
        }
        at += length;
    }
    out.push_str(&text[begin..]);
}

/// Appends ` name='value'`.
pub fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("='");
    push_value(out, value);
    out.push('\'');
}

/// Appends an element that stands where `outer` is the default namespace. Prefixes are never needed.
pub fn push_element(out: &mut String, element: &Element, outer: &str) {
    out.push('<');
    out.push_str(element.name());
    if element.ns() != outer {
        push_attribute(out, "xmlns", element.ns());
    }
    for (name, value) in element.attributes() {
        push_attribute(out, name, value);
    }
    if element.nodes().is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for node in element.nodes() {
        match node {
            Node::Element(child) => push_element(out, child, element.ns()),
            Node::Text(text) => push_text(out, text),
        }
    }
    out.push_str("</");
    out.push_str(element.name());
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let mut text = String::new();
        push_text(&mut text, "a<b>&\u{0}\u{b}\u{fffe}ü\n\r]]>'\"");
        assert_eq!(text, "a&lt;b&gt;&amp;\u{fffd}\u{fffd}\u{fffd}ü\n&#13;]]&gt;'\"");
        let mut value = String::new();
        push_value(&mut value, "'\"\n\t\r<&\u{1f}");
        assert_eq!(value, "&apos;&quot;&#10;&#9;&#13;&lt;&amp;\u{fffd}");
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("\u{ffff}", "\u{fffd}"),
            ("ü\u{fffd}\u{ffee}𝄞\u{10ffff}", "ü\u{fffd}\u{ffee}𝄞\u{10ffff}"),
            ("<a>", "&lt;a&gt;"),
            ("a<", "a&lt;"),
        ] {
            let mut out = String::new();
            push_text(&mut out, text);
            assert_eq!(out, expected, "{}", text.escape_debug());
        }
        let mut plain = String::new();
        push_allowed(&mut plain, "<a>\u{1}&\u{fffe}\t'");
        assert_eq!(plain, "<a>\u{fffd}&\u{fffd}\t'");
    }
}
