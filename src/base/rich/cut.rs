//! A text that is too long for one message, in several.

use super::Rich;

/// How far back a character that belongs to those before it is looked for: the longest emoji have some ten.
const CLUSTER_MAX: usize = 32;

impl Rich {
    /// In pieces of at most so many UTF-16 units (at least 2): between paragraphs, else lines, else words, and never within a
    /// character. Spans are closed at the end of a piece and opened again. White space at a cut is left out; so are pieces
    /// of nothing else.
    pub fn cut(&self, max: usize) -> Vec<Rich> {
        let max = max.max(2);
        let text = self.text();
        let (mut pieces, mut start) = (Vec::new(), 0);
        loop {
            let end = start + fitting(&text[start..], max);
            if end == text.len() {
                break;
            }
            let (cut, next) = breath(text, start, end);
            pieces.push(self.slice(start..cut));
            start = next;
        }
        pieces.push(self.slice(start..text.len()));
        pieces.retain(|piece| !piece.text().trim().is_empty());
        pieces
    }
}

/// Bytes of a text that are at most so many units, and whole characters as people see them.
fn fitting(text: &str, max: usize) -> usize {
    let mut taken = 0;
    let fits = |(_, letter): &(usize, char)| {
        taken += letter.len_utf16();
        taken > max
    };
    let end = text.char_indices().find(fits).map_or(text.len(), |(at, _)| at);
    let before = text[..end].char_indices().rev().take(CLUSTER_MAX).map(|(at, _)| at);
    if end == text.len() {
        return end;
    }
    let whole = std::iter::once(end).chain(before).find(|at| !is_within_cluster(text, *at));
    whole.filter(|at| *at > 0).unwrap_or(end)
}

/// Where to end a piece that may reach to `end`, and where the next begins.
fn breath(text: &str, start: usize, end: usize) -> (usize, usize) {
    let piece = &text[start..end];
    // A piece that ends early is better than one that ends in the middle, but not by much.
    let is_late = |at: &usize| *at > piece.len() / 2;
    let is_fair = |at: &usize| *at > piece.len() / 3;
    // The first character of the next piece may be the gap.
    let reach = text[end..].chars().next().filter(|next| next.is_whitespace()).map_or(0, char::len_utf8);
    let wide = &text[start..end + reach];
    let is_line = |letter: char| matches!(letter, '\n' | '\u{2028}' | '\u{2029}');
    let paragraph = wide.rfind("\n\n").filter(is_late);
    if let Some(at) = paragraph.or_else(|| wide.rfind(is_line).filter(is_fair)) {
        let next = start + at + wide[at..].chars().next().map_or(1, char::len_utf8);
        let next = next + text[next..].len() - text[next..].trim_start_matches(['\n', '\u{2028}', '\u{2029}']).len();
        return (start + piece[..at.min(piece.len())].trim_end().len(), next);
    }
    if let Some(at) = wide.rfind(char::is_whitespace).filter(is_late) {
        let next = start + at;
        let next = next + text[next..].len() - text[next..].trim_start().len();
        return (start + piece[..at.min(piece.len())].trim_end().len(), next);
    }
    (end, end)
}

/// Whether a cut here would part what is seen as one: a letter and its accents, parts of an emoji, the two letters of a flag.
/// Not all of Unicode's rules (UAX #29), but what chats are full of.
fn is_within_cluster(text: &str, at: usize) -> bool {
    const JOINER: char = '\u{200d}';
    let (Some(before), Some(next)) = (text[..at].chars().next_back(), text[at..].chars().next()) else { return false };
    let is_flag = |letter: char| ('\u{1f1e6}'..='\u{1f1ff}').contains(&letter);
    let continues = matches!(next,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' | '\u{93a}'..='\u{93c}'
        | '\u{93e}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{200c}' | JOINER | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}');
    let is_second_of_flag = || {
        is_flag(before)
            && is_flag(next)
            && text[..at].chars().rev().take_while(|letter| is_flag(*letter)).count() % 2 == 1
    };
    continues || before == JOINER || (before, next) == ('\r', '\n') || is_second_of_flag()
}
