//! JSON: building objects, and reading them with errors that name the field (miniserde underneath).
//!
//! A [`Fields`] reads the members of one object by name and type; what is wrong is said as
//! "`to` must be a string". Keys keep the order in which they are added, as in docs/api.md.
//!
//! Nothing is parsed before its depth and the number of its values are known: a byte of JSON may cost a hundred in memory.

use std::borrow::Cow;
use std::fmt::Write;

use miniserde::json::{Number, Value};

use super::{limits, remedy};

/// Builds one JSON object as text.
#[derive(Clone, Debug)]
pub struct Object(String);

impl Default for Object {
    fn default() -> Object {
        Object::new()
    }
}

impl Object {
    /// An empty object.
    pub fn new() -> Object {
        Object(String::from("{"))
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        quote(&mut self.0, key);
        self.0.push(':');
    }

    /// Adds a string member.
    pub fn text(mut self, key: &str, value: &str) -> Object {
        self.key(key);
        quote(&mut self.0, value);
        self
    }

    /// Adds a string member if there is a value.
    pub fn text_if(self, key: &str, value: Option<&str>) -> Object {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// Adds an integer member.
    pub fn number(mut self, key: &str, value: i64) -> Object {
        self.key(key);
        let _ = write!(self.0, "{value}");
        self
    }

    /// Adds a boolean member.
    pub fn truth(mut self, key: &str, value: bool) -> Object {
        self.key(key);
        self.0.push_str(if value { "true" } else { "false" });
        self
    }

    /// Adds a member whose value is JSON already.
    pub fn raw(mut self, key: &str, json: &str) -> Object {
        self.key(key);
        self.0.push_str(json);
        self
    }

    /// The members without the braces, for putting them into another object.
    pub fn members(&self) -> &str {
        &self.0[1..]
    }

    /// Adds all members of another object.
    pub fn merge(mut self, other: &Object) -> Object {
        if !other.members().is_empty() {
            if self.0.len() > 1 {
                self.0.push(',');
            }
            self.0.push_str(other.members());
        }
        self
    }

    /// The finished text.
    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// `[a,b,c]` of values that are JSON already.
pub fn array<I: IntoIterator<Item = String>>(items: I) -> String {
    let mut out = String::from("[");
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&item);
    }
    out.push(']');
    out
}

/// A string as JSON.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(&mut out, text);
    out
}

/// Appends a JSON string literal (RFC 8259 §7): only what must be escaped is, all else stays as it is.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || c == '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Reads `["a","b"]`; `None` when it is anything else.
pub fn texts(json: &str) -> Option<Vec<String>> {
    let texts: Vec<String> = miniserde::json::from_str(&bounded(json, limits::JSON_VALUES_MAX).ok()?).ok()?;
    Some(texts.into_iter().map(remedy::inert).collect())
}

/// The same JSON, when a tree of it is small enough to be built: the rest of a sentence otherwise. Numbers that no double
/// holds become the largest one (RFC 8259 §6 leaves it to us), as miniserde would refuse the whole.
fn bounded(json: &str, values_max: usize) -> Result<Cow<'_, str>, String> {
    let bytes = json.as_bytes();
    let (mut at, mut depth, mut values) = (0, 0_usize, 0);
    let (mut fitted, mut fitted_to) = (String::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let begun = at;
        at += 1;
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b'[' | b'{' => (depth, values) = (depth + 1, values + 1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            b'-' | b'0'..=b'9' => {
                let is_more = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
                at += bytes.iter().skip(at).take_while(|byte| is_more(byte)).count();
                let number = json.get(begun..at).and_then(|number| number.parse::<f64>().ok());
                if number.is_some_and(f64::is_infinite) {
                    fitted.push_str(json.get(fitted_to..begun).unwrap_or_default());
                    fitted.push_str(if *byte == b'-' { "-1e308" } else { "1e308" });
                    fitted_to = at;
                }
            }
            _ => {}
        }
        if depth > limits::JSON_DEPTH_MAX {
            return Err(format!("less deep: it is nested deeper than {} at byte {at}", limits::JSON_DEPTH_MAX));
        }
        if values > values_max {
            return Err(format!("smaller: it has more than {values_max} values, at byte {at}"));
        }
    }
    if fitted_to == 0 {
        return Ok(Cow::Borrowed(json));
    }
    fitted.push_str(json.get(fitted_to..).unwrap_or_default());
    Ok(Cow::Owned(fitted))
}

/// Behind the closing quote of a string whose content begins there.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    at
}

/// What is wrong with a body: the field, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The member's name; empty when the whole body is meant.
    pub field: String,
    /// What it must be: "a string", "a whole number", "there".
    pub must_be: String,
}

impl Wrong {
    /// `field` must be `must_be`.
    pub fn new(field: &str, must_be: impl Into<String>) -> Wrong {
        Wrong { field: field.to_string(), must_be: must_be.into() }
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.field.is_empty() {
            write!(f, "the body must be {}", self.must_be)
        } else {
            write!(f, "`{}` must be {}", self.field, self.must_be)
        }
    }
}

/// The members of one JSON object, read by name.
#[derive(Debug)]
pub struct Fields(Vec<(String, Value)>);

impl Fields {
    /// Parses a body that must be a JSON object in UTF-8, as anybody may send it.
    pub fn parse(body: &[u8]) -> Result<Fields, Wrong> {
        Fields::parse_within(body, limits::JSON_VALUES_MAX)
    }

    /// The same with so many values at most.
    pub fn parse_within(body: &[u8], values_max: usize) -> Result<Fields, Wrong> {
        let wrong = |must_be: String| Wrong::new("", must_be);
        let text = std::str::from_utf8(body)
            .map_err(|error| wrong(format!("UTF-8, and is none from byte {} on", error.valid_up_to() + 1)))?;
        let fitted = bounded(text, values_max).map_err(wrong)?;
        let found = match miniserde::json::from_str::<Value>(&fitted) {
            Ok(Value::Object(members)) => {
                let is_plain = !text.contains("\\u") && remedy::is_inert(text);
                let calm = |value| if is_plain { value } else { calm(value) };
                return Ok(Fields(members.into_iter().map(|(name, value)| (name, calm(value))).collect()));
            }
            Ok(Value::Array(_)) => ", not an array",
            Ok(Value::String(_)) => ", not a string",
            Ok(_) => ", not a single value",
            Err(_) if text.trim().is_empty() => "; it is empty",
            Err(_) => return Err(wrong(format!("valid JSON; {}", Look::find(text)))),
        };
        Err(wrong(format!("a JSON object, for example {{\"name\":\"MyBot\"}}{found}")))
    }

    /// An object without members: what a request without a body stands for.
    pub fn empty() -> Fields {
        Fields(Vec::new())
    }

    /// The member, unless it is missing or null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value).filter(|v| !matches!(v, Value::Null))
    }

    /// An optional string.
    pub fn text(&self, key: &str) -> Result<Option<&str>, Wrong> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Wrong::new(key, "a string")),
        }
    }

    /// A string that must be there and not be empty.
    pub fn need_text(&self, key: &str) -> Result<&str, Wrong> {
        match self.text(key)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(Wrong::new(key, "there: a string that is not empty")),
        }
    }

    /// An optional array of strings.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<&str>>, Wrong> {
        let wrong = || Wrong::new(key, "an array of strings");
        let Some(value) = self.get(key) else { return Ok(None) };
        let Value::Array(items) = value else { return Err(wrong()) };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let Value::String(text) = item else { return Err(wrong()) };
            texts.push(text.as_str());
        }
        Ok(Some(texts))
    }

    /// An optional whole number.
    pub fn number(&self, key: &str) -> Result<Option<i64>, Wrong> {
        let wrong = || Wrong::new(key, "a whole number");
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(Number::I64(n))) => Ok(Some(*n)),
            Some(Value::Number(Number::U64(n))) => i64::try_from(*n).map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    /// A whole number that must be there.
    pub fn need_number(&self, key: &str) -> Result<i64, Wrong> {
        self.number(key)?.ok_or_else(|| Wrong::new(key, "there: a whole number"))
    }

    /// An optional truth value.
    pub fn truth(&self, key: &str) -> Result<Option<bool>, Wrong> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(Wrong::new(key, "true or false")),
        }
    }

    /// An optional number, with or without a fraction.
    pub fn decimal(&self, key: &str) -> Result<Option<f64>, Wrong> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(Number::F64(n))) if n.is_finite() => Ok(Some(*n)),
            Some(Value::Number(Number::I64(n))) => Ok(Some(*n as f64)),
            Some(Value::Number(Number::U64(n))) => Ok(Some(*n as f64)),
            Some(_) => Err(Wrong::new(key, "a number")),
        }
    }

    /// What stands at the end of a path of member names and indices.
    fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.get(first)?, |value, step| match value {
            Value::Object(members) => members.get(*step),
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The string at the end of a path, if there is one.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        match self.at(path)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is `true` at the end of a path.
    pub fn is_true_at(&self, path: &[&str]) -> bool {
        matches!(self.at(path), Some(Value::Bool(true)))
    }

    /// Whether there is anything but null at the end of a path.
    pub fn has(&self, path: &[&str]) -> bool {
        !matches!(self.at(path), None | Some(Value::Null))
    }

    /// A text that came whole or in parts: the string at the end of a path, or the members `text` of the objects in the
    /// array there, those marked as a `thought` left out.
    pub fn joined_at(&self, path: &[&str]) -> Option<String> {
        match self.at(path)? {
            Value::String(text) => Some(text.clone()),
            Value::Array(items) => Some(items.iter().filter_map(part).collect()),
            _ => None,
        }
    }

    /// A truth value that must be there.
    pub fn need_truth(&self, key: &str) -> Result<bool, Wrong> {
        self.truth(key)?.ok_or_else(|| Wrong::new(key, "there: true or false"))
    }

    /// An array that must be there, of objects.
    pub fn need_objects(&self, key: &str) -> Result<Vec<Fields>, Wrong> {
        let wrong = || Wrong::new(key, "there: an array of objects");
        let Some(Value::Array(items)) = self.get(key) else { return Err(wrong()) };
        items
            .iter()
            .map(|item| match item {
                Value::Object(members) => Ok(Fields(members.iter().map(|(k, v)| (k.clone(), v.clone())).collect())),
                _ => Err(wrong()),
            })
            .collect()
    }
}

/// A value whose texts are [`remedy::inert`].
fn calm(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(remedy::inert(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(calm).collect()),
        Value::Object(members) => Value::Object(members.into_iter().map(|(name, value)| (name, calm(value))).collect()),
        other => other,
    }
}

/// Looks for what is wrong with JSON, for whoever wrote it: the parser only knows that something is.
struct Look<'j> {
    json: &'j str,
    at: usize,
}

impl Look<'_> {
    /// Where the first fault is, and what would be right. The depth is bounded already.
    fn find(json: &str) -> String {
        let mut look = Look { json, at: 0 };
        let what = match look.value() {
            Err(what) => what,
            Ok(()) => match look.next() {
                None => "something cannot be read".to_string(),
                Some(_) => "nothing may follow".to_string(),
            },
        };
        let before = json.get(..look.at).unwrap_or(json);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("at line {line}, column {column} {what}")
    }

    /// The next byte that is no white space.
    fn next(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.rest().bytes().next()
    }

    fn rest(&self) -> &str {
        self.json.get(self.at..).unwrap_or_default()
    }

    fn value(&mut self) -> Result<(), String> {
        match self.next() {
            Some(b'{') => self.list('}'),
            Some(b'[') => self.list(']'),
            Some(b'"') => self.string(),
            _ => {
                let rest = self.rest();
                let word =
                    rest.split(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).next().unwrap_or_default();
                let digits = word.trim_start_matches('-');
                let is_long = digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
                let begins = digits.starts_with(|c: char| c.is_ascii_digit()) && !is_long && !word.ends_with('.');
                let is_word = matches!(word, "true" | "false" | "null");
                let is_number = begins && word.parse::<f64>().is_ok();
                if !is_word && !is_number {
                    return Err(
                        "a value must stand: a string in double quotes, a number, true, false, null, [ or {".into()
                    );
                }
                self.at += word.len();
                Ok(())
            }
        }
    }

    fn list(&mut self, end: char) -> Result<(), String> {
        self.at += 1;
        let mut next = self.next();
        while next != Some(end as u8) {
            if end == '}' {
                if next != Some(b'"') {
                    return Err("a name in double quotes must stand".to_string());
                }
                self.string()?;
                if self.next() != Some(b':') {
                    return Err("a colon must stand".to_string());
                }
                self.at += 1;
            }
            self.value()?;
            next = self.next();
            if next == Some(b',') {
                self.at += 1;
                // A comma must be followed by something.
                next = self.next().filter(|byte| *byte != end as u8);
            } else if next != Some(end as u8) {
                return Err(format!("a comma or {end} must stand"));
            }
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(byte) = rest.bytes().next() else {
                self.at = begin;
                return Err("a string begins that has no end".to_string());
            };
            self.at +=
                match byte {
                    b'"' => break,
                    b'\\' => escape(rest)?,
                    0..0x20 => return Err(
                        "a line end, tab or other control character must be written as an escape: \\n, \\t, \\u001f"
                            .into(),
                    ),
                    _ => rest.chars().next().map_or(1, char::len_utf8),
                };
        }
        self.at += 1;
        Ok(())
    }
}

/// The length of the escape that the text begins with.
fn escape(text: &str) -> Result<usize, String> {
    let unit = |text: &str| text.strip_prefix("\\u").and_then(|text| u16::from_str_radix(text.get(..4)?, 16).ok());
    let shown: String = text.chars().take(if text.starts_with("\\u") { 6 } else { 2 }).collect();
    match (text.as_bytes().get(1), unit(text)) {
        (Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'), _) => Ok(2),
        (_, Some(0xd800..=0xdbff)) if matches!(text.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => Ok(12),
        (_, Some(0xd800..=0xdfff)) => Err(format!(
            "`{shown}` is half a character; write both halves, as in `\\ud83d\\ude00`, or the character itself"
        )),
        (_, Some(_)) => Ok(6),
        _ => Err(format!("`{shown}` is no escape; a backslash itself is written twice")),
    }
}

fn part(item: &Value) -> Option<&str> {
    match item {
        Value::Object(members) if !matches!(members.get("thought"), Some(Value::Bool(true))) => {
            match members.get("text") {
                Some(Value::String(text)) => Some(text),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_byte_exactly() {
        let text = "ü 👍 \u{2028} \" \\ \u{1} \n";
        let json = Object::new().text("text", text).number("n", -1).truth("b", true).end();
        assert_eq!(Fields::parse(json.as_bytes()).unwrap().need_text("text"), Ok(text));
        assert!(json.contains("\u{2028}") && json.contains("\\u0001"));
    }

    #[test]
    fn texts_cannot_be_marks() {
        let typed = remedy::SET_UP_AI;
        let (plain, escaped) =
            (format!("{{\"a\":[{{\"b\":\"{typed}\"}}]}}"), r#"{"a":[{"b":"\ufffeai\uFFFF"}]}"#.to_string());
        for json in [plain, escaped] {
            let fields = Fields::parse(json.as_bytes()).unwrap();
            assert_eq!(fields.text_at(&["a", "0", "b"]), Some("\u{fffd}ai\u{fffd}"));
        }
        assert_eq!(texts(&array([text(typed)])), Some(vec!["\u{fffd}ai\u{fffd}".to_string()]));
    }

    #[test]
    fn depth_and_values_are_bounded_before_anything_is_built() {
        let wrong = |json: &str| Fields::parse(json.as_bytes()).unwrap_err().to_string();
        let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert!(Fields::parse(deep(limits::JSON_DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(
            wrong(&deep(limits::JSON_DEPTH_MAX + 1)),
            "the body must be less deep: it is nested deeper than 64 at byte 69"
        );
        assert!(wrong(&"[".repeat(1_000_000)).ends_with("nested deeper than 64 at byte 65"));
        assert!(wrong(&"{\"\":".repeat(1_000_000)).contains("nested deeper"));
        let wide = |count: usize| format!("{{\"a\":[{}0]}}", "0,".repeat(count));
        assert!(Fields::parse(wide(limits::JSON_VALUES_MAX - 2).as_bytes()).is_ok());
        assert!(wrong(&wide(limits::JSON_VALUES_MAX)).contains("more than 10000 values, at byte 20004"));
        // What stands in strings is no structure, closed or not.
        let text = format!("{{\"a\":\"{}\\\"[\"}}", "[,".repeat(20_000));
        assert!(Fields::parse(text.as_bytes()).is_ok());
        assert!(!wrong(&text[..text.len() - 2]).contains("nested"));
        assert!(texts(&"[".repeat(1_000)).is_none());
    }

    #[test]
    fn numbers_that_no_double_holds_are_the_largest_one() {
        let fields = Fields::parse(br#"{"a":1e400,"b":[-1E+999,7],"c":"1e400","d":-1e-400,"e":1e308}"#).unwrap();
        assert_eq!(fields.decimal("a"), Ok(Some(1e308)));
        assert_eq!(fields.text("c"), Ok(Some("1e400")));
        assert_eq!(fields.decimal("d"), Ok(Some(0.0)));
        assert!(fields.number("a").is_err());
        let long = format!("{{\"a\":{}}}", "9".repeat(400));
        assert_eq!(Fields::parse(long.as_bytes()).unwrap().decimal("a"), Ok(Some(1e308)));
        for bad in ["{\"a\":1e}", "{\"a\":--1}", "{\"a\":1e400e400}", "{\"a\":01e999}"] {
            let _ = Fields::parse(bad.as_bytes());
        }
    }

    #[test]
    fn errors_name_the_field() {
        let fields = Fields::parse(br#"{"to":7,"id":"x","on":1,"z":null,"f":1.5}"#).unwrap();
        assert_eq!(fields.need_text("to").unwrap_err().to_string(), "`to` must be a string");
        assert_eq!(fields.need_number("id").unwrap_err().to_string(), "`id` must be a whole number");
        assert_eq!(fields.need_truth("on").unwrap_err().to_string(), "`on` must be true or false");
        assert!(fields.number("f").is_err());
        assert_eq!(fields.text("z"), Ok(None));
        let wrong = |json: &str| Fields::parse(json.as_bytes()).unwrap_err().to_string();
        for (json, what) in [
            ("", "a JSON object, for example {\"name\":\"MyBot\"}; it is empty"),
            ("[]", "a JSON object, for example {\"name\":\"MyBot\"}, not an array"),
            ("7", "a JSON object, for example {\"name\":\"MyBot\"}, not a single value"),
            (
                "{\"a\":\"ü\\ud800\"}",
                "valid JSON; at line 1, column 8 `\\ud800` is half a character; write both halves, as in `\\ud83d\\ude00`, or \
                 the character itself",
            ),
            (
                "{\"a\":\"\\udc00\"}",
                "valid JSON; at line 1, column 7 `\\udc00` is half a character; write both halves, as in `\\ud83d\\ude00`, or the character itself",
            ),
            (
                "{\"a\":\"\\x\"}",
                "valid JSON; at line 1, column 7 `\\x` is no escape; a backslash itself is written twice",
            ),
            (
                "{\"a\":\"\\u12\"}",
                "valid JSON; at line 1, column 7 `\\u12\"}` is no escape; a backslash itself is written twice",
            ),
            ("{\"a\":1,\n \"b\" 2}", "valid JSON; at line 2, column 6 a colon must stand"),
            ("{\"a\":1,}", "valid JSON; at line 1, column 8 a name in double quotes must stand"),
            (
                "{\"a\":[1,]}",
                "valid JSON; at line 1, column 9 a value must stand: a string in double quotes, a number, true, false, null, [ or {",
            ),
            ("{'a':1}", "valid JSON; at line 1, column 2 a name in double quotes must stand"),
            ("{\"a\":[1 2]}", "valid JSON; at line 1, column 9 a comma or ] must stand"),
            ("{\"a\":1", "valid JSON; at line 1, column 7 a comma or } must stand"),
            ("{\"a\":\"b}", "valid JSON; at line 1, column 6 a string begins that has no end"),
            (
                "{\"a\":\"b\nc\"}",
                "valid JSON; at line 1, column 8 a line end, tab or other control character must be written as an escape: \\n, \\t, \\u001f",
            ),
            ("{} {}", "valid JSON; at line 1, column 4 nothing may follow"),
        ] {
            assert_eq!(wrong(json), format!("the body must be {what}"), "{json}");
        }
        for value in ["01", "1.", ".5", "+1", "-", "0x1", "True", "nul", "NaN", "1e"] {
            assert!(wrong(&format!("{{\"a\":{value}}}")).contains("at line 1, column 6 a value must stand"), "{value}");
        }
        let not_utf8 = Fields::parse(b"{\"a\":\"\xff\"}").unwrap_err().to_string();
        assert_eq!(not_utf8, "the body must be UTF-8, and is none from byte 7 on");
        for bad in [&b"[]"[..], b"", b"{", b"\"x\"", b"\xff{}", b"{} {}", b"{\"a\":\"\\ud800\"}"] {
            assert!(Fields::parse(bad).is_err(), "{bad:?}");
        }
    }
}
