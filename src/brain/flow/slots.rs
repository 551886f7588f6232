//! What somebody has said, as what a collect node wants: a number, a time, one of some words.

use crate::base::fold::{fold, tokens};
use crate::base::time::to_rfc3339;
use crate::brain::flow::datum::Datum;
use crate::brain::flow::model::{Flow, Slot};

/// What the text says of it; `None`: nothing.
pub(super) fn find(flow: &Flow, slot: &Slot, text: &str, now_s: i64) -> Option<Datum> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    match slot {
        Slot::Any => Some(Datum::Text(text.to_string())),
        Slot::Number => number(text).map(Datum::Number),
        Slot::Time => time(text, now_s + flow.zone_min * 60).map(Datum::Text),
        Slot::Email => words(text).find(|word| is_email(word)).map(|word| Datum::Text(word.to_lowercase())),
        Slot::Phone => phone(text).map(Datum::Text),
        Slot::Dict(name) => standard(flow.dicts.get(name)?, text).map(Datum::Text),
        Slot::Pattern(pattern) => {
            let found = pattern.captures(text)?;
            let whole = found.get(1).or_else(|| found.get(0))?;
            Some(Datum::Text(whole.as_str().to_string()))
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '<' | '>' | '(' | ')'))
        .map(|word| word.trim_matches(['.', '!', '?', ':', '"']))
        .filter(|word| !word.is_empty())
}

/// The first number: `3`, `-2.5`, `1,5`, full-width digits, number words up to twelve in English and German.
fn number(text: &str) -> Option<f64> {
    const WORDS: [&str; 26] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "null", "eins", "zwei", "drei", "vier", "funf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwolf",
    ];
    let text = fold(text);
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '-');
    for word in text.split(|letter: char| !is_part(letter)).map(|word| word.trim_end_matches(['.', ',', '-'])) {
        if let Ok(number) = word.replace(',', ".").parse() {
            return Some(number);
        }
    }
    let named = tokens(&text).into_iter().find_map(|token| WORDS.iter().position(|word| *word == token.text));
    named.map(|place| (place % 13) as f64)
}

fn is_email(word: &str) -> bool {
    let Some((name, host)) = word.split_once('@') else { return false };
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    !name.is_empty() && host.contains('.') && host.split('.').all(is_label) && !name.contains('@')
}

/// Digits of a telephone number, with the plus before them.
fn phone(text: &str) -> Option<String> {
    let is_part = |letter: char| letter.is_ascii_digit() || " +-/().".contains(letter);
    let longest = text.split(|letter| !is_part(letter)).max_by_key(|part| part.len())?.trim();
    let digits: String = longest.chars().filter(char::is_ascii_digit).collect();
    let plus = if longest.starts_with('+') { "+" } else { "" };
    (6..=15).contains(&digits.len()).then(|| format!("{plus}{digits}"))
}

/// The standard word of those that mean it; the longest that stands in the text.
fn standard(dict: &[Vec<String>], text: &str) -> Option<String> {
    let said = tokens(text);
    let has = |word: &str| {
        let wanted = tokens(word);
        !wanted.is_empty()
            && said
                .windows(wanted.len())
                .any(|part| part.iter().zip(&wanted).all(|(one, other)| one.text == other.text))
    };
    let all = dict.iter().flat_map(|words| words.iter().map(move |word| (words, word)));
    let longest = all.filter(|(_, word)| has(word)).max_by_key(|(_, word)| word.chars().count());
    longest.and_then(|(words, _)| words.first().cloned())
}

/// A day, a time of the day, or both, as `2026-12-24 18:00`, `2026-12-24` or `18:00`: of dates in figures, `today`,
/// `tomorrow`, names of days, and clock times.
fn time(text: &str, local_s: i64) -> Option<String> {
    let text = fold(text);
    let day = day(&text, local_s);
    match (day, clock(&text)) {
        (Some(day), Some(clock)) => Some(format!("{day} {clock}")),
        (day, clock) => day.or(clock),
    }
}

fn day(text: &str, local_s: i64) -> Option<String> {
    const DAYS: [[&str; 2]; 7] = [
        ["monday", "montag"],
        ["tuesday", "dienstag"],
        ["wednesday", "mittwoch"],
        ["thursday", "donnerstag"],
        ["friday", "freitag"],
        ["saturday", "samstag"],
        ["sunday", "sonntag"],
    ];
    let date = |days: i64| to_rfc3339((local_s + days * 86_400) * 1_000).get(..10).map(str::to_string);
    let all: Vec<String> = tokens(text).into_iter().map(|token| token.text).collect();
    let has = |word: &str| all.iter().any(|known| known == word);
    for word in text.split(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '-' | '.' | '/')) {
        let parts: Vec<&str> = word.trim_end_matches('.').split(['-', '.', '/']).collect();
        let parts: Vec<i64> = parts.iter().filter_map(|part| part.parse().ok()).collect();
        let (year, month, day) = match parts.as_slice() {
            [year, month, day] if *year > 31 => (*year, *month, *day),
            // Days stand first in dates with points.
            [day, month, year] if word.contains('.') => (if *year < 100 { 2000 + year } else { *year }, *month, *day),
            _ => continue,
        };
        if (1..=12).contains(&month) && (1..=31).contains(&day) {
            return Some(format!("{year:04}-{month:02}-{day:02}"));
        }
    }
    if has("today") || has("heute") {
        return date(0);
    }
    if has("tomorrow") || has("morgen") {
        return date(1);
    }
    let weekday = (local_s.div_euclid(86_400) + 3).rem_euclid(7);
    let named = DAYS.iter().position(|names| names.iter().any(|name| has(name)))?;
    let ahead = (i64::try_from(named).ok()? - weekday).rem_euclid(7);
    date(if ahead == 0 { 7 } else { ahead })
}

/// `18:00`, `6 pm`, `18 Uhr`.
fn clock(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    for (place, word) in words.iter().enumerate() {
        let word = word.trim_matches([',', '.', '!', '?']);
        let (figures, mark) = word.split_at(word.find(|c: char| c.is_alphabetic()).unwrap_or(word.len()));
        let mark = if mark.is_empty() { words.get(place + 1).copied().unwrap_or_default() } else { mark };
        let mark = mark.trim_matches([',', '.', '!', '?']);
        let (hour, minute) = match figures.split_once(':') {
            Some((hour, minute)) => (hour.parse::<u32>().ok(), minute.parse::<u32>().ok()),
            None if ["pm", "am", "uhr"].contains(&mark) => (figures.parse::<u32>().ok(), Some(0)),
            None => continue,
        };
        let (Some(hour), Some(minute)) = (hour, minute) else { continue };
        let hour = match mark {
            "pm" if hour < 12 => hour + 12,
            "am" if hour == 12 => 0,
            _ => hour,
        };
        if hour < 24 && minute < 60 {
            return Some(format!("{hour:02}:{minute:02}"));
        }
    }
    None
}
