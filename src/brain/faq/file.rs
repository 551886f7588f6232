//! Entries as files: CSV, TSV and JSON, read and written. What is wrong is said with its line and column; then nothing of
//! the file is taken.

use std::fmt;

use csv_core::{ReadRecordResult, ReaderBuilder};

use crate::base::json::{self, Fields, Object};
use crate::base::limits;
use crate::base::time::{from_rfc3339, to_rfc3339};
use crate::store::row::{FaqEntry, FaqKind};

/// The columns, as DMflow's tables have them.
const COLUMNS: [&str; 9] = [
    "question",
    "enabled",
    "expired_enabled",
    "effective_time",
    "expire_time",
    "answer_type",
    "answer",
    "similar_qs",
    "timezone",
];

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaqForm {
    /// Values with commas between them (RFC 4180).
    Csv,
    /// The same with tabs.
    Tsv,
    /// An array of objects, or an object with it as `entries`.
    Json,
}

impl FaqForm {
    /// By its name.
    pub fn parse(name: &str) -> Option<FaqForm> {
        match name {
            "csv" => Some(FaqForm::Csv),
            "tsv" => Some(FaqForm::Tsv),
            "json" => Some(FaqForm::Json),
            _ => None,
        }
    }
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// "line 3", "entry 7"; empty for the whole.
    pub place: String,
    /// The column; empty for all of the place.
    pub column: String,
    /// What it must be.
    pub must_be: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.place.as_str(), self.column.as_str()) {
            ("", "") => write!(f, "the file must be {}", self.must_be),
            (place, "") => write!(f, "{place} must be {}", self.must_be),
            ("", column) => write!(f, "column {column} must be {}", self.must_be),
            (place, column) => write!(f, "{place}: {column} must be {}", self.must_be),
        }
    }
}

fn fault<T>(place: impl Into<String>, column: &str, must_be: impl Into<String>) -> Result<T, FileFault> {
    Err(FileFault { place: place.into(), column: column.to_string(), must_be: must_be.into() })
}

/// Reads a file.
pub fn read(form: FaqForm, text: &str) -> Result<Vec<FaqEntry>, FileFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let entries = match form {
        FaqForm::Csv => read_table(text, b','),
        FaqForm::Tsv => read_table(text, b'\t'),
        FaqForm::Json => read_json(text),
    }?;
    if entries.is_empty() {
        return fault("", "", "a table with at least one question");
    }
    Ok(entries)
}

fn read_table(text: &str, between: u8) -> Result<Vec<FaqEntry>, FileFault> {
    let mut rows = rows(text, between)?.into_iter();
    let Some((_, head)) = rows.next() else {
        return fault("", "", "a table that begins with the names of its columns");
    };
    let places = columns(&head)?;
    let mut entries = Vec::new();
    for (line, row) in rows {
        let place = format!("line {line}");
        if row.len() > head.len() {
            return fault(place, "", format!("{} values, not {}", head.len(), row.len()));
        }
        let value = |column: &str| {
            let at = places.iter().find(|(name, _)| *name == column).map(|(_, at)| *at)?;
            row.get(at).map(|value| value.trim()).filter(|value| !value.is_empty())
        };
        entries.push(entry(&place, &value, split(value("similar_qs").unwrap_or_default()))?);
        if entries.len() > limits::FAQ_ENTRIES_MAX {
            return fault("", "", format!("at most {} questions", limits::FAQ_ENTRIES_MAX));
        }
    }
    Ok(entries)
}

/// Which columns there are, and where.
fn columns(head: &[String]) -> Result<Vec<(&'static str, usize)>, FileFault> {
    let mut places = Vec::new();
    for (at, name) in head.iter().enumerate() {
        let name = name.trim().to_lowercase();
        match COLUMNS.iter().find(|known| **known == name) {
            Some(known) if places.iter().any(|(there, _)| there == known) => {
                return fault("line 1", known, "there once");
            }
            Some(known) => places.push((*known, at)),
            None if name.is_empty() => {}
            None => {
                let known = COLUMNS.join(", ");
                return fault("line 1", &format!("`{name}`"), format!("one of {known}"));
            }
        }
    }
    for needed in ["question", "answer"] {
        if !places.iter().any(|(name, _)| *name == needed) {
            return fault("line 1", needed, "there: the first line names the columns");
        }
    }
    Ok(places)
}

/// Rows with the lines in which they begin; empty lines are none.
fn rows(text: &str, between: u8) -> Result<Vec<(u64, Vec<String>)>, FileFault> {
    let mut reader = ReaderBuilder::new().delimiter(between).build();
    // The last row ends as all others do.
    let text = format!("{text}\n");
    let mut input = text.as_bytes();
    let (mut out, mut ends) = (vec![0; text.len()], [0; 64]);
    let mut rows = Vec::new();
    loop {
        let blank =
            input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
        let line = reader.line() + blank as u64;
        let (result, read, written, count) = reader.read_record(input, &mut out, &mut ends);
        input = input.get(read..).unwrap_or_default();
        match result {
            ReadRecordResult::Record => {
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let value = |(from, to): (usize, usize)| String::from_utf8_lossy(&out[from..to]).into_owned();
                rows.push((line, starts.zip(ends.iter().copied()).take(count).map(value).collect()));
            }
            ReadRecordResult::OutputEndsFull => {
                return fault(format!("line {line}"), "", format!("of at most {} values", ends.len()));
            }
            _ if written > 0 || count > 0 => {
                return fault(
                    format!("line {line}"),
                    "",
                    "closed: a quotation mark that begins a value there has no end",
                );
            }
            _ => return Ok(rows),
        }
    }
}

fn read_json(text: &str) -> Result<Vec<FaqEntry>, FileFault> {
    let whole = |must_be: String| FileFault { place: String::new(), column: String::new(), must_be };
    let is_array = text.trim_start().starts_with('[');
    let object = if is_array { format!("{{\"entries\":{text}}}") } else { text.to_string() };
    let fields = Fields::parse_within(object.as_bytes(), limits::FAQ_IMPORT_VALUES_MAX);
    let fields = fields.map_err(|wrong| whole(wrong.must_be))?;
    let list = fields.need_objects("entries").map_err(|wrong| whole(format!("an array; its {wrong}")))?;
    if list.len() > limits::FAQ_ENTRIES_MAX {
        return fault("", "", format!("at most {} questions", limits::FAQ_ENTRIES_MAX));
    }
    list.iter().enumerate().map(|(at, item)| read_object(&format!("entry {}", at + 1), item)).collect()
}

/// An entry as an object has it.
pub(super) fn read_object(place: &str, item: &Fields) -> Result<FaqEntry, FileFault> {
    let wrong =
        |wrong: json::Wrong| FileFault { place: place.to_string(), column: wrong.field, must_be: wrong.must_be };
    let mut texts = Vec::new();
    for name in COLUMNS {
        let text = match name {
            "similar_qs" => None,
            "enabled" | "expired_enabled" => match item.truth(name) {
                Ok(truth) => truth.map(|truth| truth.to_string()),
                Err(_) => item.text(name).map_err(wrong)?.map(str::to_string),
            },
            "timezone" => match item.number(name) {
                Ok(number) => number.map(|number| number.to_string()),
                Err(_) => item.text(name).map_err(wrong)?.map(str::to_string),
            },
            // A redirect's list may stand as it is.
            "answer" => match item.texts(name) {
                Ok(Some(list)) => Some(json::array(list.into_iter().map(json::text))),
                _ => item.text(name).map_err(wrong)?.map(str::to_string),
            },
            name => item.text(name).map_err(wrong)?.map(str::to_string),
        };
        texts.push((name, text));
    }
    let similar = match item.texts("similar_qs") {
        Ok(list) => list.unwrap_or_default().into_iter().map(str::to_string).collect(),
        Err(_) => split(item.text("similar_qs").map_err(wrong)?.unwrap_or_default()),
    };
    let value = |column: &str| {
        let text = texts.iter().find(|(name, _)| *name == column).and_then(|(_, text)| text.as_deref());
        text.map(str::trim).filter(|text| !text.is_empty())
    };
    entry(place, &value, similar)
}

/// Other ways to ask: a line each, or with `|` between them.
fn split(text: &str) -> Vec<String> {
    if let Some(list) = Some(text).filter(|text| text.starts_with('[')).and_then(json::texts) {
        return list;
    }
    text.split(['\n', '|']).map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).collect()
}

fn entry<'a>(
    place: &str,
    value: &dyn Fn(&str) -> Option<&'a str>,
    similar: Vec<String>,
) -> Result<FaqEntry, FileFault> {
    let truth = |column: &str, usual: bool| match value(column).map(str::to_lowercase).as_deref() {
        None => Ok(usual),
        Some("true" | "1" | "yes" | "y") => Ok(true),
        Some("false" | "0" | "no" | "n") => Ok(false),
        Some(other) => fault(place, column, format!("true or false, not {other}")),
    };
    let Some(question) = value("question") else { return fault(place, "question", "there: what people ask") };
    let kind = match value("answer_type").map(|text| (text, FaqKind::parse(text))) {
        None => FaqKind::Text,
        Some((_, Some(kind))) => kind,
        Some((text, None)) => {
            return fault(place, "answer_type", format!("text, template, redirect or json, not {text}"));
        }
    };
    let Some(answer) = value("answer") else { return fault(place, "answer", "there: what they are answered") };
    if kind == FaqKind::Redirect && json::texts(answer).is_none_or(|list| list.is_empty()) {
        return fault(place, "answer", "a JSON array of the names of contexts, for example [\"jobs\"]");
    }
    let zone = match value("timezone").map(str::parse::<i64>) {
        None => 0,
        Some(Ok(zone)) if (-1_400..=1_400).contains(&zone) && zone % 25 == 0 => zone,
        Some(_) => return fault(place, "timezone", "hundredths of an hour from -1400 to 1400: 800 is +08:00"),
    };
    let is_timed = truth("expired_enabled", value("effective_time").or(value("expire_time")).is_some())?;
    let time = |column: &str| match value(column).filter(|_| is_timed) {
        None => Ok(None),
        Some(text) => match read_time(text, zone) {
            Some(time) => Ok(Some(time)),
            None => fault(place, column, format!("a time like 2026-12-24 18:00, not {text}")),
        },
    };
    let entry = FaqEntry {
        id: 0,
        question: question.to_string(),
        similar,
        answer: answer.to_string(),
        kind,
        is_off: !truth("enabled", true)?,
        from_s: time("effective_time")?,
        until_s: time("expire_time")?,
        zone,
    };
    check(place, entry)
}

fn check(place: &str, entry: FaqEntry) -> Result<FaqEntry, FileFault> {
    let most = |column: &str, text: &str, most: usize| match text.len() {
        size if size > most => fault(place, column, format!("at most {most} bytes, not {size}")),
        _ => Ok(()),
    };
    most("question", &entry.question, limits::FAQ_QUESTION_BYTES_MAX)?;
    most("answer", &entry.answer, limits::FAQ_ANSWER_BYTES_MAX)?;
    entry.similar.iter().try_for_each(|text| most("similar_qs", text, limits::FAQ_QUESTION_BYTES_MAX))?;
    if entry.similar.len() > limits::FAQ_SIMILAR_MAX {
        return fault(place, "similar_qs", format!("at most {} ways to ask", limits::FAQ_SIMILAR_MAX));
    }
    if let (Some(from), Some(until)) = (entry.from_s, entry.until_s)
        && from >= until
    {
        return fault(place, "expire_time", "later than effective_time");
    }
    Ok(entry)
}

/// A local time of the zone, or one that names its own.
fn read_time(text: &str, zone: i64) -> Option<i64> {
    if let Some(ms) = from_rfc3339(text) {
        return Some(ms.div_euclid(1_000));
    }
    let text = text.replace(['/', 'T'], if text.contains('/') { "-" } else { " " });
    let (date, clock) = text.split_once(' ').unwrap_or((&text, "00:00"));
    let seconds = if clock.matches(':').count() == 1 { ":00" } else { "" };
    from_rfc3339(&format!("{date}T{clock}{seconds}Z")).map(|ms| ms.div_euclid(1_000) - zone * 36)
}

pub(super) fn show_time(time: i64, zone: i64) -> String {
    let text = to_rfc3339((time + zone * 36) * 1_000);
    let (date, clock) = (text.get(..10).unwrap_or_default(), text.get(11..19).unwrap_or_default());
    format!("{date} {}", clock.strip_suffix(":00").unwrap_or(clock))
}

/// Writes a file that [`read`] reads again.
pub fn write(form: FaqForm, entries: &[FaqEntry]) -> String {
    let row = |between: char, values: &[String]| {
        let values: Vec<String> = values.iter().map(|value| quoted(value, between)).collect();
        values.join(&between.to_string()) + "\r\n"
    };
    let table = |between: char| {
        let head = row(between, &COLUMNS.map(str::to_string));
        entries.iter().fold(head, |text, entry| text + &row(between, &values(entry)))
    };
    match form {
        FaqForm::Csv => table(','),
        FaqForm::Tsv => table('\t'),
        FaqForm::Json => {
            let objects: Vec<String> = entries.iter().map(|entry| object(entry).end()).collect();
            format!("[\n{}\n]\n", objects.join(",\n"))
        }
    }
}

fn quoted(value: &str, between: char) -> String {
    let is_plain = !value.contains(['"', '\r', '\n', between]) && value.trim() == value;
    if is_plain { value.to_string() } else { format!("\"{}\"", value.replace('"', "\"\"")) }
}

fn values(entry: &FaqEntry) -> [String; 9] {
    let time = |time: Option<i64>| time.map(|time| show_time(time, entry.zone)).unwrap_or_default();
    let has_bar = entry.similar.iter().any(|text| text.contains(['|', '\n']) || text.starts_with('['));
    let similar = match has_bar {
        true => json::array(entry.similar.iter().map(|text| json::text(text))),
        false => entry.similar.join("\n"),
    };
    [
        entry.question.clone(),
        (!entry.is_off).to_string(),
        (entry.from_s.is_some() || entry.until_s.is_some()).to_string(),
        time(entry.from_s),
        time(entry.until_s),
        entry.kind.as_str().to_string(),
        entry.answer.clone(),
        similar,
        entry.zone.to_string(),
    ]
}

/// An entry as an object.
pub fn object(entry: &FaqEntry) -> Object {
    let time = |time: Option<i64>| time.map(|time| show_time(time, entry.zone));
    Object::new()
        .text("question", &entry.question)
        .raw("similar_qs", &json::array(entry.similar.iter().map(|text| json::text(text))))
        .text("answer", &entry.answer)
        .text("answer_type", entry.kind.as_str())
        .truth("enabled", !entry.is_off)
        .truth("expired_enabled", entry.from_s.is_some() || entry.until_s.is_some())
        .text_if("effective_time", time(entry.from_s).as_deref())
        .text_if("expire_time", time(entry.until_s).as_deref())
        .number("timezone", entry.zone)
}

#[cfg(test)]
mod tests;
