//! Text with formatting: the one form between XMPP's message styling (XEP-0393), Telegram's entities, and its HTML, Markdown
//! and MarkdownV2.
//!
//! A [`Rich`] is a text with [`Span`]s, byte ranges that lie within each other or apart, never across. Each way of writing
//! has its own file here, with what it cannot say: `styling`, `entities`, `html`, `markdown`, `markdown_v2`. What Telegram
//! finds in a text by itself is in `found`, and how a long one is cut in `cut`.

mod cut;
mod entities;
mod found;
mod html;
mod markdown;
mod markdown_v2;
mod nest;
mod styling;

use std::ops::Range;

pub use entities::units;
pub use html::from_html;
pub use markdown::from_markdown;
pub use markdown_v2::from_markdown_v2;

/// What a part of a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Underlined.
    Underline,
    /// Struck through.
    Strike,
    /// Hidden until somebody asks for it.
    Spoiler,
    /// Code within a line.
    Code,
    /// A block of code, with its language where it is known.
    Pre(Option<String>),
    /// Lines that somebody else said.
    Quote {
        /// Only its first lines are shown until somebody asks for the others.
        is_long: bool,
    },
    /// A link to this address, under a text of its own.
    Link(String),
    /// Somebody without a public name, by his Telegram number.
    Person(i64),
    /// A picture in the place of the emoji that stands here, by its Telegram number.
    Emoji(String),
    /// What its letters alone show it to be.
    Found(Found),
}

/// What the letters of a text show a part to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// `@name`.
    Mention,
    /// `#word`.
    Hashtag,
    /// `$USD`.
    Cashtag,
    /// `/command` or `/command@bot`.
    Command,
    /// A web address.
    Url,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
}

/// A part of a text, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Bytes of the text, at boundaries of characters; never empty.
    pub range: Range<usize>,
    /// What it is.
    pub style: Style,
}

impl Span {
    /// This style for these bytes.
    pub fn new(range: Range<usize>, style: Style) -> Span {
        Span { range, style }
    }
}

/// A text with its formatting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich {
    text: String,
    /// By their beginnings; of those that begin together, the longer first.
    spans: Vec<Span>,
}

/// Why a text cannot be read in one of Telegram's ways of writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(String);

impl Unreadable {
    fn new(what: impl std::fmt::Display, at: usize) -> Unreadable {
        Unreadable(format!("can't parse entities: {what} at byte offset {at}"))
    }
}

/// Begins as Telegram's own sentence does, which client libraries look for.
impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Rich {
    /// A text without formatting.
    pub fn plain(text: impl Into<String>) -> Rich {
        Rich { text: text.into(), spans: Vec::new() }
    }

    /// A text with these spans, whatever they are like: those that lie outside of it go, others are cut where they cross
    /// each other.
    pub fn new(text: impl Into<String>, spans: Vec<Span>) -> Rich {
        let text = text.into();
        let spans = nest::nested(&text, spans);
        Rich { text, spans }
    }

    /// The text alone.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its formatting: by the beginnings, of those that begin together the longer first.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds a text without formatting.
    pub fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds another text.
    pub fn push(&mut self, other: &Rich) {
        let at = self.text.len();
        self.text.push_str(&other.text);
        let moved = |span: &Span| Span::new(span.range.start + at..span.range.end + at, span.style.clone());
        self.spans.extend(other.spans.iter().map(moved));
    }

    /// Adds a text in one style.
    pub fn push_styled(&mut self, text: &str, style: Style) {
        let at = self.text.len();
        self.text.push_str(text);
        if !text.is_empty() {
            self.spans.push(Span::new(at..self.text.len(), style));
        }
    }

    /// A part of it, which must begin and end at boundaries of characters: spans are closed and opened again.
    pub fn slice(&self, range: Range<usize>) -> Rich {
        self.slices(std::iter::once(range)).pop().unwrap_or_default()
    }

    /// Several parts, one behind the other.
    fn slices(&self, ranges: impl Iterator<Item = Range<usize>>) -> Vec<Rich> {
        let (mut open, mut next) = (Vec::<&Span>::new(), 0);
        let slice = |range: Range<usize>| {
            let text = self.text.get(range.clone()).unwrap_or_default().to_string();
            let begun = self.spans[next..].partition_point(|span| span.range.start < range.end);
            // Those that ended before this part are passed over; at most as many as there are styles hold the others.
            open.extend(&self.spans[next..next + begun]);
            open.retain(|span| span.range.end > range.start);
            next += begun;
            let within = |span: &&Span| {
                let (start, end) = (span.range.start.max(range.start), span.range.end.min(range.end));
                (start < end).then(|| Span::new(start - range.start..end - range.start, span.style.clone()))
            };
            let spans = if text.is_empty() { Vec::new() } else { open.iter().filter_map(within).collect() };
            Rich { text, spans }
        };
        ranges.map(slice).collect()
    }

    /// Without white space at its beginning and its end.
    pub fn trimmed(&self) -> Rich {
        let end = self.text.trim_end().len();
        let start = end - self.text[..end].trim_start().len();
        self.slice(start..end)
    }

    /// As a text without any formatting: the addresses of links stand behind them.
    pub fn to_plain(&self) -> String {
        let mut links: Vec<(usize, &str)> = Vec::new();
        for span in &self.spans {
            if let Style::Link(url) = &span.style
                && !is_shown(&self.text[span.range.clone()], url)
            {
                links.push((span.range.end, url));
            }
        }
        let mut out = String::with_capacity(self.text.len());
        let mut done = 0;
        for (at, url) in links {
            out.push_str(&self.text[done..at]);
            out.push_str(&behind(url));
            done = at;
        }
        out + &self.text[done..]
    }
}

/// How the address of a link is put behind its text.
fn behind(url: &str) -> String {
    format!(" ({url})")
}

/// Whether a text is the address it leads to, or all that people need of it.
fn is_shown(text: &str, url: &str) -> bool {
    fn bare(address: &str) -> &str {
        let schemes = ["https://", "http://", "mailto:", "tel:"];
        let rest = schemes.into_iter().find_map(|scheme| address.strip_prefix(scheme)).unwrap_or(address);
        rest.trim_end_matches('/')
    }
    // Somebody's number at Telegram leads nowhere outside of it.
    bare(text.trim()) == bare(url) || url.starts_with("tg://")
}

/// What a link's address in one of Telegram's ways of writing stands for; `None` for what leads nowhere.
fn link_style(url: &str) -> Option<Style> {
    let url = url.trim();
    if let Some(id) = url.strip_prefix("tg://user?id=") {
        return id.parse().ok().map(Style::Person);
    }
    if let Some(id) = url.strip_prefix("tg://emoji?id=") {
        return (!id.is_empty()).then(|| Style::Emoji(id.to_string()));
    }
    let has_scheme = url.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    });
    let is_host = url.split(['/', '?', '#']).next().is_some_and(|host| host.contains('.') && !host.contains(' '));
    match (has_scheme, is_host) {
        (_, _) if url.is_empty() || url.contains(char::is_whitespace) => None,
        (true, _) => Some(Style::Link(url.to_string())),
        (false, true) => Some(Style::Link(format!("http://{url}"))),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests;
