//! JSON: building objects, and reading them with errors that name the field (miniserde underneath).
//!
//! An [`Object`] is written member by member; keys keep the order in which they are added, as in docs/api.md. A
//! [`Fields`] reads the members of one object by name and type; what is wrong is said as "`to` must be a string".
//! `bound` looks before anything is parsed, `fault` afterwards for what could not be.

mod bound;
mod fault;
mod fields;

use std::fmt::Write;

pub use fields::{Fields, Wrong, texts};

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
    // What lies between those that must be escaped is copied as it is. All of them are single bytes.
    let mut begin = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && !matches!(byte, b'"' | b'\\' | 0x7f) {
            continue;
        }
        out.push_str(&text[begin..at]);
        begin = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(&text[begin..]);
    out.push('"');
}

#[cfg(test)]
mod tests;
