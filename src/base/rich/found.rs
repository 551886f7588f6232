//! What Telegram finds in a text by itself: names, commands, addresses. By simple rules, which have no list of top-level
//! domains: a web address without `https://` or `www.` is left as text.

use std::ops::Range;

use super::{Found, Rich, Span, Style};

impl Rich {
    /// The same with what its letters show: mentions, hashtags, commands, web and e-mail addresses. Not within code and
    /// links.
    pub fn with_found(self) -> Rich {
        // By their beginnings and, without those within others, by their ends too.
        let mut taken: Vec<Range<usize>> = Vec::new();
        for span in self.spans() {
            let is_taking = matches!(span.style, Style::Code | Style::Pre(_) | Style::Link(_) | Style::Person(_));
            if is_taking && taken.last().is_none_or(|last| last.end <= span.range.start) {
                taken.push(span.range.clone());
            }
        }
        let is_free = |span: &Span| {
            let first = taken.partition_point(|taken| taken.end <= span.range.start);
            taken.get(first).is_none_or(|taken| taken.start >= span.range.end)
        };
        let found: Vec<Span> = found(self.text()).into_iter().filter(is_free).collect();
        if found.is_empty() {
            return self;
        }
        let Rich { text, mut spans } = self;
        spans.extend(found);
        Rich::new(text, spans)
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn found(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut before = ' ';
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_start = !is_word(before);
        let hit = match letter {
            'h' | 'H' | 'w' | 'W' if is_start => url(rest).map(|length| (length, Found::Url)),
            '/' if is_start && !matches!(before, '/' | '<' | '>') => {
                command(rest).map(|length| (length, Found::Command))
            }
            '@' if is_start => mention(rest).map(|length| (length, Found::Mention)),
            '#' if is_start => hashtag(rest).map(|length| (length, Found::Hashtag)),
            '$' if is_start => cashtag(rest).map(|length| (length, Found::Cashtag)),
            _ => None,
        };
        let hit = hit.or_else(|| email(rest).filter(|_| is_start).map(|length| (length, Found::Email)));
        let length = match hit {
            Some((length, found)) => {
                spans.push(Span::new(at..at + length, Style::Found(found)));
                length
            }
            // What is no beginning of anything is skipped as a word, so that each is looked at once.
            None if is_word(letter) => rest.find(|other| !is_word(other)).unwrap_or(rest.len()),
            None => letter.len_utf8(),
        };
        before = text[at..at + length].chars().next_back().unwrap_or(' ');
        at += length;
    }
    spans
}

/// Letters, digits and underscores at the beginning: how many bytes.
fn ascii_word(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

fn ends_word(text: &str) -> bool {
    !text.chars().next().is_some_and(is_word)
}

fn command(text: &str) -> Option<usize> {
    let name = ascii_word(&text[1..]);
    let mut length = 1 + name;
    if let Some(bot) = text[length..].strip_prefix('@') {
        let bot = ascii_word(bot);
        length += if (3..=32).contains(&bot) { 1 + bot } else { 0 };
    }
    let is_more = text[length..].starts_with('/');
    ((1..=64).contains(&name) && ends_word(&text[length..]) && !is_more).then_some(length)
}

fn mention(text: &str) -> Option<usize> {
    let name = ascii_word(&text[1..]);
    ((3..=32).contains(&name) && ends_word(&text[1 + name..])).then_some(1 + name)
}

fn hashtag(text: &str) -> Option<usize> {
    let end = text[1..].find(|letter| !is_word(letter)).map_or(text.len(), |end| end + 1);
    let tag = &text[1..end];
    let is_tag = tag.chars().any(char::is_alphabetic) && tag.chars().count() <= 256;
    is_tag.then_some(end)
}

fn cashtag(text: &str) -> Option<usize> {
    let length = text[1..].bytes().take_while(u8::is_ascii_uppercase).count();
    ((1..=8).contains(&length) && ends_word(&text[1 + length..])).then_some(1 + length)
}

fn url(text: &str) -> Option<usize> {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    let begin = ["https://", "http://", "www."].into_iter().find(|begin| begins(begin))?.len();
    let end = text.find(|letter: char| letter.is_whitespace() || "<>\"«»".contains(letter)).unwrap_or(text.len());
    let mut address = &text[..end];
    // A closing bracket belongs to the address if it was opened there.
    let surplus =
        |open: char, close: char| address.matches(close).count().saturating_sub(address.matches(open).count());
    let mut closing = [(')', surplus('(', ')')), (']', surplus('[', ']')), ('}', surplus('{', '}'))];
    while let Some(last) = address.chars().next_back() {
        let bracket = closing.iter_mut().find(|(close, surplus)| *close == last && *surplus > 0);
        match bracket {
            Some((_, surplus)) => *surplus -= 1,
            None if ".,:;!?'`*_~|".contains(last) => {}
            None => break,
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    (address.len() > begin && address[begin..].starts_with(|first: char| first.is_alphanumeric() || first == '['))
        .then_some(address.len())
}

/// Bytes of an e-mail address before its `@`, and after it (RFC 5321 §4.5.3.1).
const LOCAL_MAX: usize = 64;
const HOST_MAX: usize = 255;

fn email(text: &str) -> Option<usize> {
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let local = text.bytes().take(LOCAL_MAX + 1).take_while(is_local).count();
    let host = text[local..].strip_prefix('@').filter(|_| (1..=LOCAL_MAX).contains(&local))?;
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let length = host.bytes().take(HOST_MAX).take_while(is_host).count();
    let host = host[..length].trim_end_matches(['.', '-']);
    let (name, top) = host.rsplit_once('.')?;
    let is_address = !name.is_empty() && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_address.then_some(local + 1 + host.len())
}
