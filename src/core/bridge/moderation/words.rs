//! Words that are not wanted in a chat. A filter is some words, with `*` for anything between: `buy now`, `*coin*`,
//! `free * followers`. It is held against whole words, whatever their case, and costs what a search costs: nothing in it can
//! make that slow.

use crate::base::limits;

/// Characters that nobody sees and that split words for those who look for them.
const UNSEEN: [char; 7] = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{fe0f}', '\u{feff}'];

/// One filter, ready to be held against texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// As it was given.
    pub(crate) text: String,
    /// What must be there, in this order.
    pieces: Vec<String>,
}

impl Filter {
    /// Reads one; `None` where nothing is left to look for.
    pub(crate) fn read(text: &str) -> Option<Filter> {
        let text = text.trim();
        if text.len() > limits::FILTER_BYTES_MAX {
            return None;
        }
        let parts: Vec<&str> = text.split('*').collect();
        let last = parts.len() - 1;
        let mut pieces = Vec::new();
        for (at, part) in parts.into_iter().enumerate() {
            let plain = plain(part);
            // Where the filter has no star it ends with a word.
            let plain = if at == 0 { plain.as_str() } else { keep_start(part, &plain) };
            let plain = if at == last { plain } else { keep_end(part, plain) };
            if !plain.trim().is_empty() {
                pieces.push(plain.to_string());
            }
        }
        (!pieces.is_empty()).then(|| Filter { text: text.to_string(), pieces })
    }

    /// Whether a text, as [`plain`] makes it, has what this looks for.
    pub(crate) fn fits(&self, plain: &str) -> bool {
        let mut rest = plain;
        self.pieces.iter().all(|piece| match rest.find(piece.as_str()) {
            Some(at) => {
                // The space that ends one word begins the next.
                let end = at + piece.len();
                let end = if piece.ends_with(' ') { end - 1 } else { end };
                rest = rest.get(end..).unwrap_or_default();
                true
            }
            None => false,
        })
    }
}

/// Behind a star a word need not begin.
fn keep_start<'p>(part: &str, plain: &'p str) -> &'p str {
    if part.starts_with(is_gap) { plain } else { plain.strip_prefix(' ').unwrap_or(plain) }
}

/// Before a star a word need not end.
fn keep_end<'p>(part: &str, plain: &'p str) -> &'p str {
    if part.ends_with(is_gap) { plain } else { plain.strip_suffix(' ').unwrap_or(plain) }
}

/// A text as filters see it: words in lower case, one space before, between and behind them. What is no letter and no digit
/// parts words, but for signs that are not of ASCII, as emoji.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for c in text.chars().filter(|c| !UNSEEN.contains(c)) {
        if is_gap(c) {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.extend(c.to_lowercase());
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

fn is_gap(c: char) -> bool {
    !c.is_alphanumeric() && (c < '\u{2100}' || c.is_whitespace() || ('\u{3000}'..='\u{303f}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(filter: &str, text: &str) -> bool {
        Filter::read(filter).unwrap_or_else(|| panic!("{filter}")).fits(&plain(text))
    }

    #[test]
    fn words_are_whole_whatever_their_case() {
        for text in ["Spam", "no, SPAM!", "«spam»", "sp\u{200b}am", "(spam)"] {
            assert!(fits("spam", text), "{text}");
        }
        for text in ["spammer", "antispam", "s pam", ""] {
            assert!(!fits("spam", text), "{text}");
        }
        assert!(fits("Buy  now", "please BUY-NOW, cheap") && !fits("buy now", "buy it now"));
        assert!(fits("ÄRGER", "ärger") && fits("🤑", "rich 🤑 soon"));
        assert!(fits("bit.ly", "see https://bit.ly/x") && !fits("bit.ly", "a bit likely"));
    }

    #[test]
    fn a_star_is_anything() {
        assert!(fits("*coin*", "bitcoins") && fits("*coin*", "coin") && !fits("*coin*", "co in"));
        assert!(fits("coin*", "coinage") && !fits("coin*", "bitcoin"));
        assert!(fits("*coin", "bitcoin") && !fits("*coin", "coins"));
        assert!(fits("free * followers", "FREE 1000 followers!") && fits("free*followers", "free followers"));
        assert!(!fits("free * followers", "followers, free"));
        assert!(fits("a * a", "a a"), "the space between is both's");
    }

    #[test]
    fn what_looks_for_nothing_is_no_filter() {
        for text in ["", "*", " * * ", "...", "\u{200b}", &"a".repeat(limits::FILTER_BYTES_MAX + 1)] {
            assert_eq!(Filter::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_worst_filter_is_quick() {
        let filter = Filter::read(&"a*".repeat(60)).unwrap();
        let begun = std::time::Instant::now();
        for _ in 0..100 {
            assert!(!filter.fits(&plain(&"a b".repeat(19))));
            filter.fits(&plain(&"ab".repeat(2_048)));
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }
}
