//! What of a text is compared: words, parts of words, and pairs of letters where words are not parted.

use std::collections::HashMap;

use crate::base::fold::{self, Token};
use crate::base::limits;
use crate::brain::faq::stop;

/// How much each counts, in eighths.
mod weight {
    pub(super) const WORD: u16 = 8;
    pub(super) const STOP_WORD: u16 = 2;
    pub(super) const TRIGRAM: u16 = 4;
    pub(super) const STOP_TRIGRAM: u16 = 1;
    pub(super) const LETTER: u16 = 4;
    pub(super) const PAIR: u16 = 8;
}

/// Words that mean the same: each is replaced by the standard one, in questions and in what is asked.
#[derive(Clone, Debug, Default)]
pub struct Synonyms {
    /// By first token: what follows it, and what stands in the place of all; longest first.
    by_first: HashMap<String, Vec<Meant>>,
}

/// What follows a first token, and what stands in the place of all.
type Meant = (Vec<Token>, Vec<Token>);

impl Synonyms {
    /// From now on `word`, which may be several, means the standard one.
    pub fn add(&mut self, standard: &str, word: &str) {
        let mut from = fold::tokens(word);
        let to = fold::tokens(standard);
        if from.is_empty() || to.is_empty() || from == to {
            return;
        }
        let first = from.remove(0);
        let list = self.by_first.entry(first.text).or_default();
        list.push((from, to));
        list.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
    }

    fn replace(&self, tokens: Vec<Token>) -> Vec<Token> {
        if self.by_first.is_empty() {
            return tokens;
        }
        let mut out = Vec::with_capacity(tokens.len());
        let mut rest = tokens.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let is_next = |(from, _): &&Meant| {
                let same = from.iter().zip(after).filter(|(from, next)| from.text == next.text).count();
                same == from.len()
            };
            match self.by_first.get(&first.text).and_then(|list| list.iter().find(is_next)) {
                Some((from, to)) => {
                    out.extend(to.iter().enumerate().map(|(place, token)| Token {
                        is_joined: if place == 0 { first.is_joined } else { token.is_joined },
                        ..token.clone()
                    }));
                    rest = after.get(from.len()..).unwrap_or_default();
                }
                None => {
                    out.push(first.clone());
                    rest = after;
                }
            }
        }
        out
    }
}

/// The features of a text by their hashes, each once, with how much it counts in eighths; in order.
pub(super) fn features(text: &str, synonyms: &Synonyms) -> Vec<(u32, u8)> {
    let tokens = synonyms.replace(fold::tokens(text));
    let mut found: Vec<(u32, u16)> = Vec::new();
    let mut before: Option<&Token> = None;
    for token in tokens.iter().take(limits::FAQ_WORDS_MAX) {
        if token.is_letter {
            found.push((hash('l', &token.text), weight::LETTER));
            if let Some(before) = before.filter(|before| before.is_letter && token.is_joined) {
                found.push((hash('p', &format!("{}{}", before.text, token.text)), weight::PAIR));
            }
        } else {
            let is_stop = stop::is_stop_word(&token.text);
            let (word, part) = match is_stop {
                true => (weight::STOP_WORD, weight::STOP_TRIGRAM),
                false => (weight::WORD, weight::TRIGRAM),
            };
            found.push((hash('w', &token.text), word));
            let letters: Vec<char> = std::iter::once('^').chain(token.text.chars()).chain(['$']).collect();
            let parts = letters.windows(3).take(limits::FAQ_WORD_PARTS_MAX);
            found.extend(parts.map(|letters| (hash('t', &letters.iter().collect::<String>()), part)));
        }
        before = Some(token);
    }
    merge(found)
}

/// Each once, with all that it counts.
fn merge(mut found: Vec<(u32, u16)>) -> Vec<(u32, u8)> {
    found.sort_unstable();
    let mut merged: Vec<(u32, u8)> = Vec::with_capacity(found.len());
    for (hash, weight) in found {
        let weight = u8::try_from(weight).unwrap_or(u8::MAX);
        match merged.last_mut().filter(|(last, _)| *last == hash) {
            Some((_, sum)) => *sum = sum.saturating_add(weight),
            None => merged.push((hash, weight)),
        }
    }
    merged
}

/// FNV-1a, folded to 32 bits: two features that share one are as rare as a slip of the pen.
fn hash(kind: char, text: &str) -> u32 {
    let bytes = std::iter::once(kind as u8).chain(text.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    ((hash >> 32) ^ hash) as u32
}
