//! Telegram's `parse_mode` MarkdownV2: marks within each other, and a backslash before every mark that is none.

use super::markdown::fenced;
use super::{Rich, Span, Style, Unreadable, link_style};

/// Characters that must be escaped where they are no marks.
const RESERVED: &str = "_*[]()~`>#+-=|{}.!";

/// A mark that is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mark {
    Bold,
    Italic,
    Underline,
    Strike,
    Spoiler,
    Link,
    Emoji,
    Quote,
}

impl Mark {
    fn name(self) -> &'static str {
        match self {
            Mark::Bold => "Bold",
            Mark::Italic => "Italic",
            Mark::Underline => "Underline",
            Mark::Strike => "Strikethrough",
            Mark::Spoiler => "Spoiler",
            Mark::Link => "TextUrl",
            Mark::Emoji => "CustomEmoji",
            Mark::Quote => "BlockQuote",
        }
    }
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    text: String,
    spans: Vec<Span>,
    /// With where the text began, and the mark in the source.
    open: Vec<(Mark, usize, usize)>,
    /// Nothing was said in this line yet.
    is_line_start: bool,
}

/// Reads Telegram's MarkdownV2.
pub fn from_markdown_v2(source: &str) -> Result<Rich, Unreadable> {
    let mut reader = Reader {
        source,
        at: 0,
        text: String::with_capacity(source.len()),
        spans: Vec::new(),
        open: Vec::new(),
        is_line_start: true,
    };
    while let Some(letter) = reader.rest().chars().next() {
        reader.step(letter)?;
    }
    if let Some((Mark::Quote, start, _)) = reader.open.last().copied() {
        reader.open.pop();
        reader.end(start, Style::Quote { is_long: false });
    }
    match reader.open.pop() {
        Some((mark, _, at)) => Err(Unreadable::new(format!("can't find end of {} entity", mark.name()), at)),
        None => Ok(Rich::new(reader.text, reader.spans)),
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn say(&mut self, letter: char) {
        self.text.push(letter);
        self.is_line_start = letter == '\n';
    }

    fn end(&mut self, start: usize, style: Style) {
        if start < self.text.len() {
            self.spans.push(Span::new(start..self.text.len(), style));
        }
    }

    fn step(&mut self, letter: char) -> Result<(), Unreadable> {
        let rest = self.rest();
        if letter == '\\' && rest[1..].starts_with(|next: char| ('\u{1}'..='\u{7e}').contains(&next)) {
            self.say(char::from(rest.as_bytes()[1]));
            self.at += 2;
            return Ok(());
        }
        if letter == '\n' && self.is_in_quote() && !rest[1..].starts_with('>') {
            self.end_quote(false)?;
        }
        if !RESERVED.contains(letter) {
            self.say(letter);
            self.at += letter.len_utf8();
            return Ok(());
        }
        let mark = match letter {
            '`' => return self.code(),
            '>' => return self.quote(),
            ']' => return self.end_link(),
            '_' if rest.starts_with("__") => (Mark::Underline, 2),
            '_' => (Mark::Italic, 1),
            '*' => (Mark::Bold, 1),
            '~' => (Mark::Strike, 1),
            '|' if rest.starts_with("||") => (Mark::Spoiler, 2),
            '[' => (Mark::Link, 1),
            '!' if rest.starts_with("![") => (Mark::Emoji, 2),
            other => return Err(self.reserved(other)),
        };
        self.mark(mark)
    }

    fn reserved(&self, letter: char) -> Unreadable {
        let what = format!("character '{letter}' is reserved and must be escaped with the preceding '\\'");
        Unreadable::new(what, self.at)
    }

    /// A quote is the outermost of all.
    fn is_in_quote(&self) -> bool {
        self.open.first().is_some_and(|(open, ..)| *open == Mark::Quote)
    }

    /// A mark that opens, or closes what is innermost.
    fn mark(&mut self, (mark, length): (Mark, usize)) -> Result<(), Unreadable> {
        let innermost = self.open.last().copied();
        if let Some((open, start, _)) = innermost
            && open == mark
            && !matches!(mark, Mark::Link | Mark::Emoji)
        {
            self.open.pop();
            self.end(
                start,
                match mark {
                    Mark::Bold => Style::Bold,
                    Mark::Italic => Style::Italic,
                    Mark::Underline => Style::Underline,
                    Mark::Strike => Style::Strike,
                    _ => Style::Spoiler,
                },
            );
            self.at += length;
            return Ok(());
        }
        // Hidden lines of a long quote: two bars at its very end.
        let after = &self.source[self.at + length..];
        let ends_line = after.is_empty() || after.starts_with('\n') && !after.starts_with("\n>");
        if mark == Mark::Spoiler && ends_line && innermost.is_some_and(|(open, ..)| open == Mark::Quote) {
            self.at += length;
            return self.end_quote(true);
        }
        self.open.push((mark, self.text.len(), self.at));
        self.at += length;
        Ok(())
    }

    fn quote(&mut self) -> Result<(), Unreadable> {
        if !self.is_line_start {
            return Err(self.reserved('>'));
        }
        if !self.is_in_quote() {
            if let Some((mark, _, at)) = self.open.last() {
                return Err(Unreadable::new(format!("a quote begins within {} entity", mark.name()), *at));
            }
            self.open.push((Mark::Quote, self.text.len(), self.at));
        }
        self.at += 1;
        self.is_line_start = false;
        Ok(())
    }

    fn end_quote(&mut self, is_long: bool) -> Result<(), Unreadable> {
        match self.open.pop() {
            Some((Mark::Quote, start, _)) => {
                self.end(start, Style::Quote { is_long });
                Ok(())
            }
            Some((mark, _, at)) => Err(Unreadable::new(format!("can't find end of {} entity", mark.name()), at)),
            None => Ok(()),
        }
    }

    fn code(&mut self) -> Result<(), Unreadable> {
        let begun = self.at;
        let (fence, name) = if self.rest().starts_with("```") { ("```", "Pre") } else { ("`", "Code") };
        let unended = || Unreadable::new(format!("can't find end of {name} entity"), begun);
        let inner = &self.rest()[fence.len()..];
        let end = code_end(inner, fence).ok_or_else(unended)?;
        let (language, code) = if fence.len() == 3 { fenced(&inner[..end]) } else { (None, &inner[..end]) };
        let start = self.text.len();
        let mut letters = code.chars().peekable();
        while let Some(letter) = letters.next() {
            let is_escape = letter == '\\' && letters.peek().is_some_and(|next| ('\u{1}'..='\u{7e}').contains(next));
            let said = if is_escape { letters.next().unwrap_or(letter) } else { letter };
            self.text.push(said);
        }
        self.is_line_start = false;
        let style = if fence.len() == 3 { Style::Pre(language) } else { Style::Code };
        self.end(start, style);
        self.at += 2 * fence.len() + end;
        Ok(())
    }

    fn end_link(&mut self) -> Result<(), Unreadable> {
        let Some((mark @ (Mark::Link | Mark::Emoji), start, begun)) = self.open.last().copied() else {
            return Err(self.reserved(']'));
        };
        self.open.pop();
        let said = self.text[start..].to_string();
        self.at += 1;
        let url = match self.rest().strip_prefix('(') {
            Some(inner) => {
                let end = code_end(inner, ")").ok_or_else(|| Unreadable::new("can't find end of a URL", self.at))?;
                self.at += 1 + end + 1;
                unescaped(&inner[..end])
            }
            None if mark == Mark::Emoji => return Err(Unreadable::new("custom emoji without its address", begun)),
            None => said,
        };
        match link_style(&url) {
            Some(Style::Emoji(_)) if mark == Mark::Link => {}
            Some(style) if mark == Mark::Link || matches!(style, Style::Emoji(_)) => self.end(start, style),
            _ if mark == Mark::Emoji => {
                return Err(Unreadable::new("custom emoji address must be tg://emoji?id=…", begun));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Where this mark stands without a backslash before it.
fn code_end(text: &str, mark: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(mark) {
            return Some(at);
        }
        let letter = text[at..].chars().next()?;
        at += letter.len_utf8();
        if letter == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let (mut out, mut letters) = (String::with_capacity(text.len()), text.chars());
    while let Some(letter) = letters.next() {
        out.push(if letter == '\\' { letters.next().unwrap_or(letter) } else { letter });
    }
    out
}
