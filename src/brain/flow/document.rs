//! JSON whose values know their lines, so that what is wrong with a flow is said with its place.

use crate::base::limits;

/// A value and the line it begins in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// What is wrong, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowFault {
    /// The line, from 1.
    pub line: usize,
    /// A sentence without its full stop.
    pub what: String,
}

impl std::fmt::Display for FlowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Node, FlowFault> {
    let mut reader = Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1, depth: 0 };
    let node = reader.value()?;
    reader.skip();
    if reader.rest.is_empty() { Ok(node) } else { reader.fault("there is more behind the end of the document") }
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
    depth: usize,
}

impl Reader<'_> {
    fn fault<T>(&self, what: impl Into<String>) -> Result<T, FlowFault> {
        Err(FlowFault { line: self.line, what: what.into() })
    }

    fn skip(&mut self) {
        let rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let blank = self.rest.get(..self.rest.len() - rest.len()).unwrap_or_default();
        self.line += blank.matches('\n').count();
        self.rest = rest;
    }

    /// Whether this comes next; then it is read.
    fn takes(&mut self, word: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Result<Node, FlowFault> {
        self.skip();
        let line = self.line;
        let value = match self.rest.chars().next() {
            Some('{') => self.deeper(Reader::object)?,
            Some('[') => self.deeper(Reader::list)?,
            Some('"') => Value::Text(self.text()?),
            Some('-' | '0'..='9') => self.number()?,
            _ if self.takes("null") => Value::Null,
            _ if self.takes("true") => Value::Truth(true),
            _ if self.takes("false") => Value::Truth(false),
            Some(letter) => return self.fault(format!("a value is expected, not {letter}")),
            None => return self.fault("the document ends where a value is expected"),
        };
        Ok(Node { line, value })
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<Value, FlowFault>) -> Result<Value, FlowFault> {
        self.depth += 1;
        if self.depth > limits::FLOW_DEPTH_MAX {
            return self.fault(format!("values stand within each other more than {} deep", limits::FLOW_DEPTH_MAX));
        }
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, FlowFault> {
        self.takes("[");
        let mut all = Vec::new();
        if self.takes("]") {
            return Ok(Value::List(all));
        }
        loop {
            all.push(self.value()?);
            if self.takes("]") {
                return Ok(Value::List(all));
            }
            if !self.takes(",") {
                return self.fault("a comma or ] is expected");
            }
        }
    }

    fn object(&mut self) -> Result<Value, FlowFault> {
        self.takes("{");
        let mut all: Vec<(String, Node)> = Vec::new();
        if self.takes("}") {
            return Ok(Value::Object(all));
        }
        loop {
            self.skip();
            if !self.rest.starts_with('"') {
                return self.fault("a name in quotation marks is expected");
            }
            let name = self.text()?;
            if all.iter().any(|(known, _)| *known == name) {
                return self.fault(format!("`{name}` is there twice"));
            }
            if !self.takes(":") {
                return self.fault(format!("a colon is expected behind \"{name}\""));
            }
            let value = self.value()?;
            all.push((name, value));
            if self.takes("}") {
                return Ok(Value::Object(all));
            }
            if !self.takes(",") {
                return self.fault("a comma or } is expected");
            }
        }
    }

    fn number(&mut self) -> Result<Value, FlowFault> {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-'));
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                self.rest = rest;
                Ok(Value::Number(number))
            }
            _ => self.fault(format!("{text} is no number")),
        }
    }

    fn text(&mut self) -> Result<String, FlowFault> {
        let mut out = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(out);
                }
                '\n' => return self.fault("a text goes over the end of its line; \\n stands for a line break"),
                '\\' => match letters.next().map(|(_, letter)| letter) {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('b') => out.push('\u{8}'),
                    Some('f') => out.push('\u{c}'),
                    Some(letter @ ('"' | '\\' | '/')) => out.push(letter),
                    Some('u') => {
                        let first = unit_of(&mut letters);
                        let is_half = first.is_some_and(|unit| (0xd800..0xdc00).contains(&unit));
                        // Of a letter beyond the first 65,536 the other half follows, behind \u again.
                        let second = if is_half { unit_of(&mut letters.by_ref().skip(2)) } else { None };
                        let units: Vec<u16> = first.into_iter().chain(second).collect();
                        match String::from_utf16(&units) {
                            Ok(text) if !text.is_empty() => out.push_str(&text),
                            _ => return self.fault("\\u stands before four hexadecimal digits"),
                        }
                    }
                    _ => return self.fault("behind \\ stands one of \" \\ / n t r b f u"),
                },
                letter => out.push(letter),
            }
        }
        self.fault("a text has no end")
    }
}

/// Four hexadecimal digits.
fn unit_of(letters: &mut impl Iterator<Item = (usize, char)>) -> Option<u16> {
    let digits: String = letters.take(4).map(|(_, letter)| letter).collect();
    u16::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4)
}
