//! XEP-0393, Message Styling: `*bold*`, `_italic_`, `~struck~`, code in backticks or between fences, `> ` before what is quoted.
//!
//! Styling has no escapes. So a text with `*asterisks*` is bold, whoever meant it; and what styling cannot say goes out without
//! marks: underlined and hidden text, half a word, what begins or ends with its own mark. A link's address stands behind its
//! text. Marks are written only where they are read back as they were meant. Of quotes within quotes the outer one is read.

use std::ops::Range;

use super::{Rich, Span, Style, behind, is_shown};

const FENCE: &str = "```";

/// How often marks that would be read in another way are taken out of a line before it goes without any.
const ROUNDS_MAX: usize = 8;

/// A mark's opening and closing, by their bytes in a line.
type Pair = (usize, usize);

impl Rich {
    /// Reads a text with styling.
    pub fn from_styling(text: &str) -> Rich {
        let lines: Vec<&str> = text.split('\n').collect();
        let mut rich = Rich::default();
        read_blocks(&lines, Within::Message, &mut rich);
        let Rich { text, spans } = rich;
        Rich::new(text, spans)
    }

    /// Its text with styling, as far as styling can say it.
    pub fn to_styling(&self) -> String {
        let mut lines = Vec::new();
        write_blocks(self, Within::Message, &mut lines);
        lines.join("\n")
    }
}

/// Where blocks stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Message,
    Quote,
}

fn read_blocks(lines: &[&str], within: Within, out: &mut Rich) {
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if at > 0 {
            out.push_str("\n");
        }
        if within == Within::Message && line.starts_with('>') {
            let count = lines[at..].iter().take_while(|line| line.starts_with('>')).count();
            let inner: Vec<&str> = lines[at..at + count].iter().map(|line| unquoted(line)).collect();
            let start = out.text.len();
            read_blocks(&inner, Within::Quote, out);
            out.spans.push(Span::new(start..out.text.len(), Style::Quote { is_long: false }));
            at += count;
        } else if let Some((code, language, count)) = read_fenced(&lines[at..]) {
            out.push_styled(&code, Style::Pre(language));
            at += count;
        } else {
            read_line(line, out);
            at += 1;
        }
    }
}

/// A quoted line without its mark.
fn unquoted(line: &str) -> &str {
    let rest = line.strip_prefix('>').unwrap_or(line);
    rest.strip_prefix(' ').unwrap_or(rest)
}

/// Code between fences: the code, its language, and how many lines it takes. What would lose words is none.
fn read_fenced(lines: &[&str]) -> Option<(String, Option<String>, usize)> {
    let head = lines.first()?.strip_prefix(FENCE)?;
    if let Some(code) = head.strip_suffix(FENCE).filter(|code| !code.trim().is_empty() && !code.contains('`')) {
        return Some((code.to_string(), None, 1));
    }
    let language = head.trim();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+#_.-".contains(&byte);
    if language.len() > 32 || !language.bytes().all(is_word) {
        return None;
    }
    let rest = &lines[1..];
    let end = rest.iter().position(|line| line.trim_end() == FENCE);
    let code = rest[..end.unwrap_or(rest.len())].join("\n");
    let language = Some(language.to_string()).filter(|language| !language.is_empty());
    let taken = 1 + end.map_or(rest.len(), |end| end + 1);
    (!code.trim().is_empty()).then_some((code, language, taken))
}

fn read_line(line: &str, out: &mut Rich) {
    let mut found = Vec::new();
    pairs(line, 0..line.len(), Before::Nothing, &mut found);
    found.sort_unstable();
    let mut marks: Vec<usize> = found.iter().flat_map(|(open, close)| [*open, *close]).collect();
    marks.sort_unstable();
    let base = out.text.len();
    // Where a byte of the line is when all marks before it are gone.
    let place = |at: usize| base + at - marks.partition_point(|mark| *mark < at);
    for (open, close) in &found {
        let style = match line.as_bytes()[*open] {
            b'*' => Style::Bold,
            b'_' => Style::Italic,
            b'~' => Style::Strike,
            _ => Style::Code,
        };
        out.spans.push(Span::new(place(*open + 1)..place(*close), style));
    }
    let mut done = 0;
    for mark in marks.iter().chain([&line.len()]) {
        out.text.push_str(&line[done..*mark]);
        done = mark + 1;
    }
}

/// What stands before a part of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// The mark that opens it.
    Mark,
}

/// The marks in a part of a line that belong together.
fn pairs(line: &str, range: Range<usize>, before: Before, out: &mut Vec<Pair>) {
    let bytes = line.as_bytes();
    let mut at = range.start;
    let mut is_opener = before == Before::Mark;
    // Marks that nothing closes from here on: each is looked for once.
    let mut open_ended = [false; 128];
    let mut may_open = true;
    while at < range.end {
        let letter = line[at..].chars().next().unwrap_or(' ');
        let mark = bytes[at];
        let is_mark = matches!(mark, b'*' | b'_' | b'~' | b'`');
        if is_mark
            && (may_open || is_opener)
            && !open_ended[usize::from(mark)]
            && let Some(close) = closing(line, at, range.end)
        {
            match close {
                Some(close) => {
                    out.push((at, close));
                    if mark != b'`' {
                        pairs(line, at + 1..close, Before::Mark, out);
                    }
                    at = close + 1;
                    (may_open, is_opener) = (false, false);
                    continue;
                }
                None => open_ended[usize::from(mark)] = true,
            }
        }
        may_open = letter.is_whitespace();
        is_opener = false;
        at += letter.len_utf8();
    }
}

/// What closes the mark that stands here: nothing that could, or the first that does. `None`: it opens nothing.
fn closing(line: &str, at: usize, end: usize) -> Option<Option<usize>> {
    let mark = char::from(line.as_bytes()[at]);
    let next = line[at + 1..end].chars().next()?;
    if next.is_whitespace() || next == mark {
        return None;
    }
    let inner = &line[at + 1..end];
    let closes = |(found, _): (usize, &str)| {
        let is_behind_text = inner[..found].chars().next_back().is_some_and(|last| !last.is_whitespace());
        is_behind_text.then_some(at + 1 + found)
    };
    Some(inner.match_indices(mark).find_map(closes))
}

fn write_blocks(rich: &Rich, within: Within, lines: &mut Vec<String>) {
    let is_block = |span: &&Span| match span.style {
        Style::Quote { .. } => within == Within::Message,
        Style::Pre(_) => true,
        _ => false,
    };
    let text = rich.text();
    let (mut blocks, mut ranges, mut done): (Vec<(&Span, usize)>, Vec<Range<usize>>, _) = (Vec::new(), Vec::new(), 0);
    for block in rich.spans().iter().filter(is_block) {
        // Code within a quote is written with it.
        if block.range.start < done {
            continue;
        }
        ranges.extend([done..block.range.start, block.range.clone()]);
        let is_ended = text[block.range.clone()].ends_with('\n') || !text[block.range.end..].starts_with('\n');
        done = block.range.end + usize::from(!is_ended);
        blocks.push((block, done));
    }
    ranges.push(done..text.len());
    let mut parts = rich.slices(ranges.into_iter()).into_iter();
    let mut part = || parts.next().unwrap_or_default();
    for (block, end) in blocks {
        write_lines(&part(), lines);
        let inner = part();
        let kept = inner.text().strip_suffix('\n').map_or(inner.text().len(), str::len);
        let inner = inner.slice(0..kept);
        match &block.style {
            Style::Pre(language) => write_fenced(inner.text(), language.as_deref(), lines),
            _ => {
                let mut quoted = Vec::new();
                write_blocks(&inner, Within::Quote, &mut quoted);
                lines.extend(
                    quoted.into_iter().map(|line| if line.is_empty() { ">".to_string() } else { format!("> {line}") }),
                );
            }
        }
        if end > block.range.end && end == text.len() {
            lines.push(String::new());
        }
    }
    if done < text.len() || lines.is_empty() {
        write_lines(&part(), lines);
        if done < text.len() && text.ends_with('\n') {
            lines.push(String::new());
        }
    }
}

fn write_fenced(code: &str, language: Option<&str>, lines: &mut Vec<String>) {
    let code = code.split('\n').map(str::to_string);
    if code.clone().any(|line| line.trim_end() == FENCE) {
        lines.extend(code);
        return;
    }
    lines.push(format!("{FENCE}{}", language.unwrap_or_default()));
    lines.extend(code);
    lines.push(FENCE.to_string());
}

/// The lines of a part without blocks; a line that only ends before the next block is none.
fn write_lines(part: &Rich, lines: &mut Vec<String>) {
    if part.is_empty() {
        return;
    }
    let text = part.text().strip_suffix('\n').unwrap_or(part.text());
    let mut at = 0;
    let ranges = text.split('\n').map(|line| {
        let start = at;
        at += line.len() + 1;
        start..start + line.len()
    });
    lines.extend(part.slices(ranges).iter().map(write_line));
}

fn write_line(line: &Rich) -> String {
    let mut marked: Vec<(Span, char)> = line.spans().iter().filter_map(|span| marked(line.text(), span)).collect();
    for _ in 0..ROUNDS_MAX {
        let (written, places) = with_marks(line, &marked);
        let mut found = Vec::new();
        pairs(&written, 0..written.len(), Before::Nothing, &mut found);
        found.sort_unstable();
        let is_read = |number: usize| places.get(number).is_some_and(|pair| found.binary_search(pair).is_ok());
        if (0..marked.len()).all(is_read) {
            return written;
        }
        let mut number = 0;
        marked.retain(|_| {
            number += 1;
            is_read(number - 1)
        });
    }
    with_marks(line, &[]).0
}

/// The mark of a span, which stands around words only.
fn marked(text: &str, span: &Span) -> Option<(Span, char)> {
    let mark = match span.style {
        Style::Bold => '*',
        Style::Italic => '_',
        Style::Strike => '~',
        Style::Code => '`',
        _ => return None,
    };
    let said = &text[span.range.clone()];
    let start = span.range.end - said.trim_start().len();
    let end = span.range.start + said.trim_end().len();
    (start < end).then(|| (Span::new(start..end, span.style.clone()), mark))
}

/// What is put into a line: where, its turn among what is put there, and what.
type Put = (usize, i64, What);

enum What {
    /// The mark of the span of this number opens.
    Open(usize),
    /// It closes.
    Close(usize),
    /// A link's address.
    Address(String),
}

/// A line with these marks and the addresses of its links, and where each pair is.
fn with_marks(line: &Rich, marked: &[(Span, char)]) -> (String, Vec<Pair>) {
    let text = line.text();
    // At one place what closes comes first, the inner before the outer; then what opens, the outer first. An address
    // belongs to its link's end.
    let mut put: Vec<Put> = Vec::new();
    for (number, (span, _)) in marked.iter().enumerate() {
        let order = number as i64;
        put.push((span.range.start, order + 1, What::Open(number)));
        put.push((span.range.end, -2 * order - 2, What::Close(number)));
    }
    for link in line.spans() {
        if let Style::Link(url) = &link.style
            && !is_shown(&text[link.range.clone()], url)
        {
            // Behind the marks of what lies within the link, before those around it.
            let within = marked.iter().position(|(span, _)| span.range.start >= link.range.start);
            let order = -2 * (within.unwrap_or(marked.len()) as i64) - 1;
            put.push((link.range.end, order, What::Address(behind(url))));
        }
    }
    put.sort_by_key(|(at, order, ..)| (*at, *order));
    let mut places = vec![(0, 0); marked.len()];
    let (mut out, mut done) = (String::with_capacity(text.len() + 2 * marked.len()), 0);
    for (at, _, what) in put {
        out.push_str(&text[done..at]);
        done = at;
        match what {
            What::Open(number) => {
                places[number].0 = out.len();
                out.push(marked[number].1);
            }
            What::Close(number) => {
                places[number].1 = out.len();
                out.push(marked[number].1);
            }
            What::Address(address) => out.push_str(&address),
        }
    }
    (out + &text[done..], places)
}
