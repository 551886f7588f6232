//! Telegram's `parse_mode` HTML: a few tags, four named entities and numbers.

use super::{Rich, Span, Style, Unreadable, link_style};

/// A tag that is open.
struct Open {
    name: String,
    /// Where its text begins.
    start: usize,
    what: What,
}

/// What a tag makes of its text.
enum What {
    Style(Style),
    /// A link whose address is its own text.
    Itself,
    Nothing,
}

/// Reads HTML as Telegram does: its tags only, each closed in turn.
pub fn from_html(source: &str) -> Result<Rich, Unreadable> {
    let (mut text, mut spans) = (String::with_capacity(source.len()), Vec::new());
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(letter) = source[at..].chars().next() {
        match letter {
            '&' => {
                let (decoded, length) = decoded(&source[at..]);
                text.push(decoded);
                at += length;
            }
            '<' if source[at + 1..].starts_with('/') => at = close(source, at, &text, &mut open, &mut spans)?,
            '<' => {
                let (tag, end) = opened(source, at, text.len())?;
                open.push(tag);
                at = end;
            }
            other => {
                text.push(other);
                at += other.len_utf8();
            }
        }
    }
    match open.pop() {
        Some(tag) => Err(Unreadable::new(format!("the tag \"{}\" is not closed;", tag.name), source.len())),
        None => Ok(Rich::new(text, spans)),
    }
}

/// A character that may be written as an entity, and the bytes it takes.
fn decoded(source: &str) -> (char, usize) {
    for (name, letter) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')] {
        if source.starts_with(name) {
            return (letter, name.len());
        }
    }
    let number = || {
        let digits = source.strip_prefix("&#")?;
        let end = digits.bytes().take(9).position(|byte| byte == b';')?;
        let code = match digits[..end].strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits[..end].parse().ok()?,
        };
        Some((char::from_u32(code).filter(|letter| *letter != '\0')?, 2 + end + 1))
    };
    number().unwrap_or(('&', 1))
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}

/// A closing tag: its span is finished. Gives where the text goes on.
fn close(
    source: &str,
    at: usize,
    text: &str,
    open: &mut Vec<Open>,
    spans: &mut Vec<Span>,
) -> Result<usize, Unreadable> {
    let rest = &source[at + 2..];
    let end = rest.find('>').ok_or_else(|| Unreadable::new("unclosed end tag", at))?;
    let name = rest[..end].trim().to_ascii_lowercase();
    let Some(tag) = open.pop() else { return Err(Unreadable::new("unexpected end tag", at)) };
    if !name.is_empty() && name != tag.name {
        let what = format!("unmatched end tag, expected \"</{}>\", found \"</{name}>\"", tag.name);
        return Err(Unreadable::new(what, at));
    }
    let range = tag.start..text.len();
    let style = match tag.what {
        What::Style(Style::Pre(Some(language))) if tag.name == "code" => {
            // Only directly within `pre` it is a block; else its language is of no use.
            match open.last_mut() {
                Some(outer) if outer.name == "pre" && outer.start == tag.start => {
                    outer.what = What::Style(Style::Pre(Some(language)));
                    None
                }
                _ => Some(Style::Code),
            }
        }
        What::Style(style) => Some(style),
        What::Itself => link_style(&text[range.clone()]),
        What::Nothing => None,
    };
    if let Some(style) = style.filter(|_| !range.is_empty()) {
        spans.push(Span::new(range, style));
    }
    Ok(at + 2 + end + 1)
}

/// An opening tag, and where it ends.
fn opened(source: &str, at: usize, start: usize) -> Result<(Open, usize), Unreadable> {
    let rest = &source[at + 1..];
    let length = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
    let name = rest[..length].to_ascii_lowercase();
    let (attributes, end) = attributes(source, at + 1 + length, (&name, at))?;
    let value = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let what = match name.as_str() {
        "b" | "strong" => What::Style(Style::Bold),
        "i" | "em" => What::Style(Style::Italic),
        "u" | "ins" => What::Style(Style::Underline),
        "s" | "strike" | "del" => What::Style(Style::Strike),
        "tg-spoiler" => What::Style(Style::Spoiler),
        "span" if value("class") == Some("tg-spoiler") => What::Style(Style::Spoiler),
        "span" => return Err(Unreadable::new("tag \"span\" must have class \"tg-spoiler\"", at)),
        "code" => match value("class").and_then(|class| class.strip_prefix("language-")) {
            Some(language) => What::Style(Style::Pre(Some(language.to_string()))),
            None => What::Style(Style::Code),
        },
        "pre" => What::Style(Style::Pre(None)),
        "blockquote" => What::Style(Style::Quote { is_long: value("expandable").is_some() }),
        "a" => match value("href").filter(|url| !url.trim().is_empty()) {
            Some(url) => link_style(url).map_or(What::Nothing, What::Style),
            None => What::Itself,
        },
        "tg-emoji" => match value("emoji-id").filter(|id| !id.is_empty()) {
            Some(id) => What::Style(Style::Emoji(id.to_string())),
            None => return Err(Unreadable::new("tag \"tg-emoji\" must have attribute \"emoji-id\"", at)),
        },
        // A date shown in its reader's zone; its text stands for it.
        "tg-time" => What::Nothing,
        _ => return Err(Unreadable::new(format!("unsupported start tag \"{name}\""), at)),
    };
    Ok((Open { name, start, what }, end))
}

type Attributes = Vec<(String, String)>;

/// Attributes up to the end of the tag, and where that is.
fn attributes(source: &str, mut at: usize, (name, begun): (&str, usize)) -> Result<(Attributes, usize), Unreadable> {
    let unclosed = || Unreadable::new(format!("unclosed start tag \"{name}\""), begun);
    let mut all = Vec::new();
    loop {
        at += source[at..].len() - source[at..].trim_start().len();
        let rest = &source[at..];
        match rest.chars().next().ok_or_else(unclosed)? {
            '>' => return Ok((all, at + 1)),
            '/' if rest[1..].trim_start().starts_with('>') => {
                // Telegram has no tag without content.
                return Err(Unreadable::new(format!("unsupported empty tag \"{name}\""), begun));
            }
            letter if !is_name(letter) => {
                return Err(Unreadable::new(format!("empty attribute name in the tag \"{name}\""), at));
            }
            _ => {}
        }
        let length = rest.find(|letter| !is_name(letter)).ok_or_else(unclosed)?;
        let key = rest[..length].to_ascii_lowercase();
        at += length;
        let rest = source[at..].trim_start();
        let Some(value) = rest.strip_prefix('=').map(str::trim_start) else {
            all.push((key, String::new()));
            continue;
        };
        at = source.len() - value.len();
        let (raw, taken) = match value.chars().next().ok_or_else(unclosed)? {
            quote @ ('"' | '\'') => {
                let end = value[1..].find(quote).ok_or_else(unclosed)?;
                (&value[1..1 + end], end + 2)
            }
            _ => {
                let end = value.find(|letter: char| letter.is_whitespace() || letter == '>').ok_or_else(unclosed)?;
                (&value[..end], end)
            }
        };
        all.push((key, unescaped(raw)));
        at += taken;
    }
}

fn unescaped(raw: &str) -> String {
    let (mut out, mut at) = (String::with_capacity(raw.len()), 0);
    while let Some(letter) = raw[at..].chars().next() {
        let (letter, length) = if letter == '&' { decoded(&raw[at..]) } else { (letter, letter.len_utf8()) };
        out.push(letter);
        at += length;
    }
    out
}
