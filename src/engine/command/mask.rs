//! The words of `/ki`, and keys among them: whatever keeps a command keeps it without.

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

/// A text without what may be a key, for whatever keeps it.
pub(crate) fn mask(body: &str) -> Cow<'_, str> {
    let Some((command, arguments)) = parse(body).filter(|(command, _)| command == "ki" || command == "ai") else {
        return Cow::Borrowed(body);
    };
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
            ("What is /ki setup groq gsk?", "What is /ki setup groq gsk?"),
        ] {
            assert_eq!(mask(body), expected);
        }
    }
}
