//! Telegram's older `parse_mode` Markdown: bold, italic, code and links, none within another.

use super::{Rich, Span, Style, Unreadable, link_style};

/// Reads Telegram's first Markdown. `\` before `_`, `*`, a backtick or `[` takes away its meaning.
pub fn from_markdown(source: &str) -> Result<Rich, Unreadable> {
    let (mut text, mut spans) = (String::with_capacity(source.len()), Vec::new());
    let mut at = 0;
    while let Some(letter) = source[at..].chars().next() {
        let rest = &source[at..];
        let begun = at;
        let unended = || Unreadable::new("can't find end of the entity starting", begun);
        match letter {
            '\\' if rest[1..].starts_with(['_', '*', '`', '[']) => {
                text.push_str(&rest[1..2]);
                at += 2;
                continue;
            }
            '_' | '*' | '`' | '[' => {}
            other => {
                text.push(other);
                at += other.len_utf8();
                continue;
            }
        }
        let start = text.len();
        if let Some(code) = rest.strip_prefix("```") {
            let end = code.find("```").ok_or_else(unended)?;
            let (language, code) = fenced(&code[..end]);
            text.push_str(code);
            spans.push(Span::new(start..text.len(), Style::Pre(language)));
            at += 3 + end + 3;
            continue;
        }
        let closing = if letter == '[' { ']' } else { letter };
        let end = 1 + rest[1..].find(closing).ok_or_else(unended)?;
        let said = &rest[1..end];
        text.push_str(said);
        at += end + 1;
        let style = match letter {
            '*' => Some(Style::Bold),
            '_' => Some(Style::Italic),
            '`' => Some(Style::Code),
            _ => match source[at..].strip_prefix('(') {
                Some(url) => {
                    let end = url.find(')').ok_or_else(unended)?;
                    at += 1 + end + 1;
                    link_style(&url[..end])
                }
                None => link_style(said),
            },
        };
        spans.extend(style.map(|style| Span::new(start..text.len(), style)));
    }
    Ok(Rich::new(text, spans))
}

/// What stands between fences: the language, if a line of its own begins it, and the code.
pub(super) fn fenced(inner: &str) -> (Option<String>, &str) {
    let end = inner.find(|letter: char| letter.is_whitespace() || letter == '`').unwrap_or(inner.len());
    let (word, rest) = inner.split_at(end);
    let code = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'));
    match code {
        Some(code) => (Some(word.to_string()).filter(|word| !word.is_empty()), code),
        None => (None, inner),
    }
}
