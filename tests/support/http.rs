//! A blocking HTTP/1.1 client of a few lines, so that a test sees the bytes a client would see.
//!
//! Keeps its connection, as bots do. JSON is read with miniserde into its own `Value`; [`Json`] walks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use miniserde::json::{Number, Value};

/// A client of one server on this machine.
pub struct Http {
    port: u16,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Http {
    pub fn new(port: u16) -> Http {
        Http { port, connection: None }
    }

    pub fn get(&mut self, path: &str, token: Option<&str>) -> Answer {
        self.call("GET", path, token, &[], "").expect("an answer")
    }

    pub fn post(&mut self, path: &str, token: Option<&str>, body: &str) -> Answer {
        self.call("POST", path, token, &[], body).expect("an answer")
    }

    /// One exchange; `None` when the connection fails (the server was killed).
    pub fn call(
        &mut self,
        method: &str,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\n", self.port);
        if let Some(token) = token {
            head += &format!("Authorization: Bearer {token}\r\n");
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() || method == "POST" {
            head += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        let request = format!("{head}\r\n{body}");
        let answer = self.exchange(request.as_bytes());
        if answer.is_none() {
            self.connection = None;
        }
        answer
    }

    /// One exchange with bytes as they are.
    pub fn raw(&mut self, request: &[u8]) -> Answer {
        self.exchange(request).expect("an answer")
    }

    fn exchange(&mut self, request: &[u8]) -> Option<Answer> {
        if self.connection.is_none() {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
            stream.set_nodelay(true).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(70))).ok()?;
            self.connection = Some(BufReader::new(stream));
        }
        let reader = self.connection.as_mut()?;
        reader.get_mut().write_all(request).ok()?;
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let (mut length, mut close) = (0, false);
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let header = line.trim().to_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            close |= header == "connection: close";
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        if close {
            self.connection = None;
        }
        Some(Answer { status, body: String::from_utf8(body).ok()? })
    }
}

impl Answer {
    /// The body as JSON; the status must be 200.
    pub fn ok(&self) -> Json {
        assert_eq!(self.status, 200, "{}", self.body);
        Json::parse(&self.body)
    }
}

/// A JSON value to walk with panics that say what was there.
#[derive(Debug, Clone)]
pub struct Json(pub Value);

impl Json {
    pub fn parse(text: &str) -> Json {
        Json(miniserde::json::from_str(text).unwrap_or_else(|_| panic!("not JSON: {text}")))
    }

    pub fn at(&self, key: &str) -> Json {
        match &self.0 {
            Value::Object(members) => match members.get(key) {
                Some(value) => Json(value.clone()),
                None => panic!("no member {key} in {:?}", self.0),
            },
            other => panic!("not an object: {other:?}"),
        }
    }

    /// Whether an object has this member.
    pub fn has(&self, key: &str) -> bool {
        matches!(&self.0, Value::Object(members) if members.contains_key(key))
    }

    pub fn text(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            other => panic!("not a string: {other:?}"),
        }
    }

    pub fn number(&self) -> i64 {
        match &self.0 {
            Value::Number(Number::I64(n)) => *n,
            Value::Number(Number::U64(n)) => *n as i64,
            other => panic!("not a whole number: {other:?}"),
        }
    }

    pub fn truth(&self) -> bool {
        match &self.0 {
            Value::Bool(truth) => *truth,
            other => panic!("not true or false: {other:?}"),
        }
    }

    pub fn list(&self) -> Vec<Json> {
        match &self.0 {
            Value::Array(items) => items.iter().cloned().map(Json).collect(),
            other => panic!("not an array: {other:?}"),
        }
    }
}
