//! The words of `/ki` and `/telegram`, and keys among them: whatever keeps a command keeps it without.

use std::borrow::Cow;
use std::fmt::Write;

use crate::engine::command::parse;
use crate::remote::ai::Provider;

/// Stands where a key stood.
const STARS: &str = "********";

/// Other words for the words after `/ki`.
const ALIASES: &[(&str, &str)] = &[
    ("an", "on"),
    ("ein", "on"),
    ("aus", "off"),
    ("einrichten", "setup"),
    ("modell", "model"),
    ("prompt", "system"),
    ("endpoint", "url"),
    ("adresse", "url"),
    ("key", "token"),
    ("schlüssel", "token"),
    ("schluessel", "token"),
    ("ersatz", "fallback"),
    ("leeren", "clear"),
    ("löschen", "clear"),
    ("loeschen", "clear"),
    ("anbieter", "provider"),
    ("providers", "provider"),
];

/// The words after `/ki`.
const WORDS: &[&str] = &[
    "help", "hilfe", "status", "provider", "clear", "setup", "on", "off", "model", "system", "url", "token", "stream",
    "fallback",
];

/// Whether this is one of the words after `/ki`.
pub(super) fn is_word(word: &str) -> bool {
    word.is_empty() || WORDS.contains(&canonical(word).as_str())
}

pub(super) fn canonical(word: &str) -> String {
    let word = word.to_lowercase();
    ALIASES.iter().find(|(alias, _)| *alias == word).map_or(word, |(_, name)| name.to_string())
}

/// Other words for the words after `/telegram`.
const TELEGRAM_ALIASES: &[(&str, &str)] = &[
    ("hilfe", "help"),
    ("an", "on"),
    ("ein", "on"),
    ("aus", "off"),
    ("einrichten", "setup"),
    ("modus", "mode"),
    ("hinzufügen", "add"),
    ("hinzufuegen", "add"),
    ("liste", "list"),
    ("entfernen", "remove"),
    ("senden", "send"),
    ("standard", "default"),
    ("wiederholen", "retry"),
    ("brücke", "bridge"),
    ("bruecke", "bridge"),
    ("weiterleiten", "forward"),
];

/// The words after `/telegram`.
const TELEGRAM_WORDS: &[&str] =
    &["help", "on", "off", "status", "setup", "mode", "test", "add", "list", "remove", "send", "default", "retry"];

/// Whether this is one of the words after `/telegram`.
pub(super) fn is_telegram_word(word: &str) -> bool {
    word.is_empty() || TELEGRAM_WORDS.contains(&canonical_telegram(word).as_str())
}

pub(super) fn canonical_telegram(word: &str) -> String {
    let word = word.to_lowercase();
    TELEGRAM_ALIASES.iter().find(|(alias, _)| *alias == word).map_or(word, |(_, name)| name.to_string())
}

/// A text without what may be a key, for whatever keeps it.
pub(crate) fn mask(body: &str) -> Cow<'_, str> {
    let Some((command, arguments)) = parse(body) else { return Cow::Borrowed(body) };
    match command.as_str() {
        "ki" | "ai" => {}
        "telegram" => return mask_telegram(body, arguments),
        _ => return Cow::Borrowed(body),
    }
    let mut out = format!("/{command}");
    let mut words = arguments.split_whitespace().enumerate();
    let mut is_open = true;
    while let Some((at, word)) = words.next() {
        let _ = write!(out, " {word}");
        // A bot may be named first, in several words.
        if (at <= 1 || is_open) && matches!(canonical(word).as_str(), "setup" | "token" | "fallback") {
            let rest: Vec<&str> = words.map(|(_, word)| word).collect();
            let provider = rest.first().filter(|word| Provider::find(word).is_some());
            if let Some(provider) = provider {
                let _ = write!(out, " {provider}");
            }
            if rest.len() > usize::from(provider.is_some()) {
                let _ = write!(out, " {STARS}");
            }
            return Cow::Owned(out);
        }
        is_open &= !is_word(word);
    }
    Cow::Borrowed(body)
}

/// Of a setup nothing is kept but that it was one.
fn mask_telegram<'a>(body: &'a str, arguments: &str) -> Cow<'a, str> {
    let mut out = "/telegram".to_string();
    let mut words = arguments.split_whitespace();
    while let Some(word) = words.next() {
        let _ = write!(out, " {word}");
        if canonical_telegram(word) == "setup" {
            return if words.next().is_some() { Cow::Owned(out + " " + STARS) } else { Cow::Borrowed(body) };
        }
        // A token that stands in the wrong place is one all the same.
        if is_token(word) {
            return Cow::Owned(format!("/telegram {STARS}"));
        }
    }
    Cow::Borrowed(body)
}

/// Whether a word looks like a token of Telegram's: `123456789:ABCdef_ghijk`.
fn is_token(word: &str) -> bool {
    let (id, secret) = word.split_once(':').unwrap_or_default();
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) && secret.len() > 2
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn keys_are_masked() {
        for (body, expected) in [
            ("/ki setup groq gsk_1 llama", "/ki setup groq ********"),
            ("/AI  setup gsk_1 groq", "/ai setup ********"),
            ("/ki 3 token gsk_1", "/ki 3 token ********"),
            ("/ki @name einrichten openai gsk_1", "/ki @name einrichten openai ********"),
            ("/ki fallback ollama - x", "/ki fallback ollama ********"),
            ("/ki setup groq", "/ki setup groq"),
            ("/ki system setup is token", "/ki system setup ********"),
            ("/ki model x", "/ki model x"),
            ("/Telegram setup 12:ABC 5", "/telegram setup ********"),
            ("/telegram 3 einrichten 12:ABC", "/telegram 3 einrichten ********"),
            ("/telegram setup", "/telegram setup"),
            ("/telegram 123456:ABC-DEF 5", "/telegram ********"),
            ("/telegram send family setup", "/telegram send family setup"),
            ("What is /ki setup groq gsk?", "What is /ki setup groq gsk?"),
        ] {
            assert_eq!(mask(body), expected);
        }
    }
}
