//! The members of an object, read by name and type.

use miniserde::json::{Number, Value};

use super::bound::bounded;
use super::fault;
use crate::base::{limits, remedy};

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
#[derive(Clone, Debug)]
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
            Err(_) => return Err(wrong(format!("valid JSON; {}", fault::find(text)))),
        };
        Err(wrong(format!("a JSON object, for example {{\"name\":\"MyBot\"}}{found}")))
    }

    /// Parses a body that must be a JSON array of objects.
    pub fn parse_list(body: &[u8]) -> Result<Vec<Fields>, Wrong> {
        let wrong = |must_be: &str| Wrong::new("", must_be);
        let text = std::str::from_utf8(body).map_err(|_| wrong("UTF-8"))?;
        let fitted = bounded(text, limits::JSON_VALUES_MAX).map_err(|must_be| wrong(&must_be))?;
        let Ok(value) = miniserde::json::from_str::<Value>(&fitted) else {
            return Err(wrong(&format!("valid JSON; {}", fault::find(text))));
        };
        let Value::Array(items) = calm(value) else { return Err(wrong("a JSON array of objects")) };
        let fields = |item| match item {
            Value::Object(members) => Ok(Fields(members.into_iter().collect())),
            _ => Err(wrong("a JSON array of objects")),
        };
        items.into_iter().map(fields).collect()
    }

    /// An object of strings: the parameters of a form or a query, whose texts are [`remedy::inert`].
    pub fn of_texts(texts: Vec<(String, String)>) -> Fields {
        Fields(texts.into_iter().map(|(name, text)| (name, Value::String(remedy::inert(text)))).collect())
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

    /// An optional array of rows of objects. A row that is an object itself is one with only that in it, and a string stands
    /// for an object that has it as its `text`.
    pub fn rows(&self, key: &str) -> Result<Option<Vec<Vec<Fields>>>, Wrong> {
        let wrong = || Wrong::new(key, "an array of rows of objects");
        let cell = |value: &Value| match value {
            Value::Object(members) => Ok(Fields(members.iter().map(|(k, v)| (k.clone(), v.clone())).collect())),
            Value::String(text) => Ok(Fields(vec![("text".to_string(), Value::String(text.clone()))])),
            _ => Err(wrong()),
        };
        let Some(value) = self.get(key) else { return Ok(None) };
        let Value::Array(rows) = value else { return Err(wrong()) };
        let row = |value: &Value| match value {
            Value::Array(cells) => cells.iter().map(cell).collect(),
            value => Ok(vec![cell(value)?]),
        };
        rows.iter().map(row).collect::<Result<_, _>>().map(Some)
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

    /// The whole number at the end of a path, if there is one.
    pub fn number_at(&self, path: &[&str]) -> Option<i64> {
        match self.at(path)? {
            Value::Number(Number::I64(n)) => Some(*n),
            Value::Number(Number::U64(n)) => i64::try_from(*n).ok(),
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

    /// The members of an object, if there is one.
    pub fn object(&self, key: &str) -> Option<Fields> {
        match self.get(key)? {
            Value::Object(members) => Some(Fields(members.iter().map(|(k, v)| (k.clone(), v.clone())).collect())),
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

/// Reads `["a","b"]`; `None` when it is anything else.
pub fn texts(json: &str) -> Option<Vec<String>> {
    let texts: Vec<String> = miniserde::json::from_str(&bounded(json, limits::JSON_VALUES_MAX).ok()?).ok()?;
    Some(texts.into_iter().map(remedy::inert).collect())
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
