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
    out.extend(text.chars().map(|c| if is_allowed(c) { c } else { char::REPLACEMENT_CHARACTER }));
}

/// Appends character data. `>` is escaped too, so that `]]>` cannot stand in it (XML 1.0 §2.4).
pub fn push_text(out: &mut String, text: &str) {
    push_escaped(out, text, |c| match c {
        // A bare CR would arrive as a line feed (XML 1.0 §2.11).
        '\r' => Some("&#13;"),
        _ => None,
    });
}

/// Appends an attribute's value, for either kind of quotes. Line ends and tabs would arrive as spaces (XML 1.0 §3.3.3),
/// so they are written as references.
pub fn push_value(out: &mut String, value: &str) {
    push_escaped(out, value, |c| match c {
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        '\r' => Some("&#13;"),
        '"' => Some("&quot;"),
        '\'' => Some("&apos;"),
        _ => None,
    });
}

fn push_escaped(out: &mut String, text: &str, special: impl Fn(char) -> Option<&'static str>) {
    out.reserve(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if !is_allowed(c) => out.push(char::REPLACEMENT_CHARACTER),
            c => match special(c) {
                Some(reference) => out.push_str(reference),
                None => out.push(c),
            },
        }
    }
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
    }
}
