//! Whether a text speaks to us: `nick:`, `nick, …`, `@nick`, or the nick as a word of its own anywhere; in any case and
//! any script. XEP-0372 says it in a way that needs no guessing, with the URI of whom it means (RFC 5122).
//!
//! A bot that hears its name where it was not said is worse than one that misses it: it answers into the talk of
//! others. So a nick inside a word, an address, a path or a quotation is none.

use crate::base::jid::Jid;
use crate::base::text::{Plus, unpercent};

/// Whether a message's text speaks to `nick`. Quoted lines (`> …`, XEP-0393 §5.1.3) do not count.
pub fn is_mention(text: &str, nick: &str) -> bool {
    let nick = fold(nick.trim());
    !nick.is_empty() && text.lines().filter(|line| !line.starts_with('>')).any(|line| names(&fold(line), &nick))
}

/// The address in a URI such as `xmpp:room@example.org/nick?join`, or in a text that is an address itself.
pub(in crate::xmpp) fn read_uri(text: &str) -> Option<Jid> {
    let path = match text.get(..5) {
        Some(scheme) if scheme.eq_ignore_ascii_case("xmpp:") => text.get(5..)?,
        _ => return Jid::parse(text).ok(),
    };
    // RFC 5122 §2.2: what follows is a query or a fragment; `//authority/` is for the account to be used.
    let path = path.split(['?', '#']).next()?;
    let path = path.strip_prefix("//").map_or(Some(path), |rest| rest.split_once('/').map(|(_, path)| path))?;
    Jid::parse(&unpercent(path, Plus::IsPlus)?).ok()
}

/// Lower case, with both forms of the small sigma the same.
fn fold(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ")
}

fn names(line: &str, nick: &str) -> bool {
    line.match_indices(nick).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let after = rest.strip_prefix(nick).unwrap_or_default();
        is_free_before(before, nick) && is_free_after(before, nick, after)
    })
}

/// Whether a word can begin between `before` and the nick.
fn is_free_before(before: &str, nick: &str) -> bool {
    let mut back = before.chars().rev();
    let (Some(neighbour), beyond) = (back.next(), back.next()) else { return true };
    let Some(edge) = nick.chars().next().filter(|c| is_word(*c)) else { return true };
    match neighbour {
        // A path, an address of the web, a name of a channel.
        '/' | '\\' | '#' => false,
        // `@nick` is a mention, `somebody@nick` an address.
        '@' | '-' | '.' | '+' | '=' => !beyond.is_some_and(is_word),
        other => !is_glued(other, edge),
    }
}

/// Whether a word can end between the nick and `after`.
fn is_free_after(before: &str, nick: &str, after: &str) -> bool {
    let mut ahead = after.chars();
    let (Some(neighbour), beyond) = (ahead.next(), ahead.next()) else { return true };
    let Some(edge) = nick.chars().next_back().filter(|c| is_word(*c)) else { return true };
    match neighbour {
        '-' | '.' | '/' | '\\' | '@' | '+' | '=' => !beyond.is_some_and(is_word),
        // Where words are not separated, the sign before the nick says what it is.
        other if is_unspaced(other) && before.ends_with('@') => true,
        other => !is_glued(other, edge),
    }
}

/// Whether two neighbouring characters belong to one word.
fn is_glued(one: char, other: char) -> bool {
    is_word(one) && is_word(other) && is_unspaced(one) == is_unspaced(other)
}

/// Letters, digits, what stands on letters, and the underscore.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || matches!(c, '\u{300}'..='\u{36f}')
}

/// Scripts that put no space between words, or add endings to foreign ones: Thai to Burmese, Khmer, kana, Han, Hangul.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoken_to() {
        for (text, nick) in [
            ("bot: hello", "bot"),
            ("bot, hello", "bot"),
            ("Bot:hello", "bot"),
            ("@bot hello", "bot"),
            ("hello @BOT", "bot"),
            ("hello bot", "Bot"),
            ("is the bot's answer right?", "bot"),
            ("well (bot) said", "bot"),
            ("ask bot.", "bot"),
            ("«bot»", "bot"),
            ("> bot: old\nbot: new", "bot"),
            ("robot, bot", "bot"),
            ("my bot: hi", "My Bot"),
            ("bot_: hi", "bot_"),
            ("hi 🤖hello", "🤖"),
            ("R2-D2, come", "r2-d2"),
            ("Χαίρε ΒΟΤΗΣ!", "βοτης"),
            ("ЁЖИК: привет", "ёжик"),
            ("MÜLLER?", "müller"),
            ("请问bot在吗", "bot"),
            ("봇은 bot은", "bot"),
            ("@ボットこんにちは", "ボット"),
            ("ボット、こんにちは", "ボット"),
            ("[x]: hi", "[x]"),
            ("\u{200e}bot: hi", "bot"),
        ] {
            assert!(is_mention(text, nick), "{text:?} {nick:?}");
        }
    }

    #[test]
    fn not_spoken_to() {
        for (text, nick) in [
            ("robot", "bot"),
            ("bots", "bot"),
            ("bottle", "bot"),
            ("bot2", "bot"),
            ("bot_", "bot"),
            ("_bot", "bot"),
            ("the bot-net", "bot"),
            ("chat-bot", "bot"),
            ("mail bot@example.org", "bot"),
            ("mail me@bot", "bot"),
            ("https://bot.example.org/", "bot"),
            ("https://example.org/bot", "bot"),
            ("see bot.txt", "bot"),
            ("#bot", "bot"),
            ("> bot: hello", "bot"),
            ("bo\u{301}t", "bot"),
            ("bot\u{301}", "bot"),
            ("ロボットの話", "ボット"),
            ("привёт", "вёт"),
            ("", "bot"),
            ("bot", ""),
            ("a  b", "  "),
        ] {
            assert!(!is_mention(text, nick), "{text:?} {nick:?}");
        }
    }

    #[test]
    fn uris() {
        for (text, jid) in [
            ("xmpp:room@muc.example/the%20bot", Some("room@muc.example/the bot")),
            ("XMPP:me@here?message", Some("me@here")),
            ("xmpp://account@there/me@here#part", Some("me@here")),
            ("me@here", Some("me@here")),
            ("xmpp:me@here/%zz", None),
            ("xmpp:", None),
            ("xmpp://me@here", None),
            ("üüü ü", None),
            ("https://example.org/", None),
        ] {
            assert_eq!(read_uri(text).map(|jid| jid.to_string()).as_deref(), jid, "{text}");
        }
    }
}
