//! Texts with values in them: `${#session.name}`, `${#br}`, `${%extractTime(…)}`, `${%listOutput(…)}`.

use crate::base::time::{from_rfc3339, to_rfc3339};
use crate::brain::flow::datum::Datum;
use crate::brain::flow::reading::zone_of;

/// What values are found in.
pub(super) trait Values {
    /// What stands at a path; [`Datum::Nothing`] where there is nothing.
    fn value(&self, path: &str) -> Datum;
    /// Minutes east of Greenwich.
    fn zone_min(&self) -> i64;
}

/// The text with its values; those that are missing are empty.
pub(super) fn fill(text: &str, values: &dyn Values) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner, after)) = next(rest) {
        out.push_str(before);
        out.push_str(&one(inner, values));
        rest = after;
    }
    out + rest
}

/// What stands before the first place for a value, in it and behind it. A brace in quotation marks does not end it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let begin = text.find("${")?;
    let inner = text.get(begin + 2..)?;
    let (mut quoted, mut depth) = (false, 0_usize);
    for (at, letter) in inner.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted && depth > 0 => depth -= 1,
            '}' if !quoted => return Some((text.get(..begin)?, inner.get(..at)?, inner.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn one(inner: &str, values: &dyn Values) -> String {
    if let Some(path) = inner.trim().strip_prefix('#') {
        return if path.trim() == "br" { "\n".to_string() } else { values.value(path.trim()).text() };
    }
    let call = inner.trim().strip_prefix('%').and_then(|call| call.trim_end().strip_suffix(')'));
    let Some((name, list)) = call.and_then(|call| call.split_once('(')) else { return String::new() };
    let all = arguments(list);
    let text = |place: usize| match all.get(place).map(|text| text.trim()) {
        Some(path) if path.starts_with('#') => values.value(path.trim_start_matches('#')),
        Some(text) => Datum::Text(text.trim_matches('\'').to_string()),
        None => Datum::Nothing,
    };
    match name.trim() {
        "extractTime" => {
            let zone = text(2).text();
            let zone = zone_of(&zone).unwrap_or(values.zone_min());
            time_ms(&text(0)).map(|ms| format_time(ms, &text(1).text(), zone)).unwrap_or_default()
        }
        "listOutput" => list_output(&text(0), &text(1).text(), text(2).number().unwrap_or(1.0) as i64, values),
        _ => String::new(),
    }
}

/// What stands between commas that are not in quotation marks.
fn arguments(list: &str) -> Vec<String> {
    let mut quoted = false;
    let mut all = vec![String::new()];
    for letter in list.chars() {
        quoted ^= letter == '\'';
        match all.last_mut() {
            Some(last) if letter != ',' || quoted => last.push(letter),
            _ => all.push(String::new()),
        }
    }
    all
}

/// Milliseconds, of a number in seconds or milliseconds, or a time as XEP-0082 and RFC 3339 write it.
pub(super) fn time_ms(value: &Datum) -> Option<i64> {
    match value.number() {
        Some(number) if number.abs() < 1e11 => Some((number * 1_000.0) as i64),
        Some(number) => Some(number as i64),
        None => from_rfc3339(value.text().trim()),
    }
}

/// `yyyy-MM-dd HH:mm:ss`, in any order.
pub(super) fn format_time(ms: i64, pattern: &str, zone_min: i64) -> String {
    let text = to_rfc3339(ms + zone_min * 60_000);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let mut out = String::new();
    let mut rest = pattern;
    let parts = [("yyyy", part(0, 4)), ("MM", part(5, 7)), ("dd", part(8, 10)), ("HH", part(11, 13))];
    let parts = parts.into_iter().chain([("mm", part(14, 16)), ("ss", part(17, 19))]);
    let parts: Vec<(&str, &str)> = parts.collect();
    while let Some(letter) = rest.chars().next() {
        match parts.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = rest.get(name.len()..).unwrap_or_default();
            }
            None => {
                out.push(letter);
                rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// Each item by a template of its own, in which `#item` is the item and `#index` its number; a line each.
fn list_output(list: &Datum, template: &str, first: i64, values: &dyn Values) -> String {
    let Datum::List(all) = list else { return String::new() };
    let line = |(place, item): (usize, &Datum)| {
        let index = first + i64::try_from(place).unwrap_or(0);
        fill(template, &Item { item, index, values })
    };
    all.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

struct Item<'v> {
    item: &'v Datum,
    index: i64,
    values: &'v dyn Values,
}

impl Values for Item<'_> {
    fn value(&self, path: &str) -> Datum {
        match path {
            "index" => Datum::Number(self.index as f64),
            "item" => self.item.clone(),
            _ => match path.strip_prefix("item.").or(path.strip_prefix("item[").map(|_| &path[4..])) {
                Some(path) => self.item.at(path),
                None => self.values.value(path),
            },
        }
    }

    fn zone_min(&self) -> i64 {
        self.values.zone_min()
    }
}
