//! What a browser does: it keeps its cookie, and reads events.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::http::Json;

/// An answer with its head.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body; the status must be this.
    pub(crate) fn with(&self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", self.body);
        Json::parse(&self.body)
    }

    /// The status, and what is said.
    pub(crate) fn said(&self) -> (u16, String) {
        (self.status, Json::parse(&self.body).at("message").text())
    }
}

/// Somebody with a browser.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) port: u16,
    pub(crate) cookie: String,
    pub(crate) id: String,
}

impl Browser {
    /// Nobody yet.
    pub(crate) fn fresh(port: u16) -> Browser {
        Browser { port, cookie: String::new(), id: String::new() }
    }

    /// Somebody who calls himself so.
    pub(crate) fn named(port: u16, nickname: &str) -> Browser {
        let mut browser = Browser::fresh(port);
        let body = format!(r#"{{"nickname":"{nickname}"}}"#);
        browser.id = browser.call("POST", "/user", &body).with(201).at("id").text();
        browser
    }

    /// One exchange; `None`: there is no daemon.
    pub(crate) fn try_call(&mut self, method: &str, path: &str, body: &str) -> Option<Answer> {
        let answer = exchange(self.port, method, path, &self.cookie, body)?;
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_string();
        }
        Some(answer)
    }

    pub(crate) fn call(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.try_call(method, path, body).expect("an answer")
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, "")
    }

    /// A new chat with a bot.
    pub(crate) fn chat(&mut self, bot: &str) -> String {
        self.call("POST", "/chat", &format!(r#"{{"botId":"{bot}"}}"#)).with(201).at("id").text()
    }

    /// Says something; gives the message.
    pub(crate) fn say(&mut self, chat: &str, text: &str) -> Json {
        let body = format!(r#"{{"chatId":"{chat}","body":"{text}"}}"#);
        self.call("POST", "/chat/message", &body).with(201)
    }

    /// The texts of a page.
    pub(crate) fn texts(&mut self, chat: &str, query: &str) -> Vec<String> {
        let page = self.get(&format!("/chat/{chat}/messages{query}")).with(200);
        page.at("messages").list().iter().map(|message| message.at("body").text()).collect()
    }

    /// Has a chat open.
    pub(crate) fn open(&self, chat: &str, last: Option<&str>) -> Events {
        self.try_open(chat, last).expect("a stream of events")
    }

    pub(crate) fn try_open(&self, chat: &str, last: Option<&str>) -> Option<Events> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let (port, cookie) = (self.port, &self.cookie);
        let head = format!(
            "GET /v1/client-api/chat/{chat}/events HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookie}\r\n{last}\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if !line.starts_with("HTTP/1.1 200") {
            return None;
        }
        while !line.trim().is_empty() {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
        }
        Some(Events { reader })
    }
}

/// One request on a connection of its own, below `/v1/client-api`.
pub(crate) fn exchange(port: u16, method: &str, path: &str, cookie: &str, body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: a=b; {cookie}\r\n") };
    let head = format!(
        "{method} /v1/client-api{path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{cookie}Content-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_string(), body: body.to_string() })
}

/// A stream of events.
pub(crate) struct Events {
    reader: BufReader<TcpStream>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Json,
}

impl Events {
    /// The next event; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let (mut kind, mut id, mut line) = (String::new(), None, String::new());
        loop {
            line.clear();
            // Silence is no end.
            if self.reader.read_line(&mut line).expect("events, or an end") == 0 {
                return None;
            }
            // Lines of chunks are none of ours.
            if line == "0\r\n" {
                return None;
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else { continue };
            match name {
                "event" => kind = value.to_string(),
                "id" => id = Some(value.to_string()),
                "data" => return Some(Event { kind, id, data: Json::parse(value) }),
                _ => {}
            }
        }
    }

    /// The next event, which must be of this kind.
    pub(crate) fn expect(&mut self, kind: &str) -> Event {
        let event = self.next().expect("an event");
        assert_eq!(event.kind, kind, "{event:?}");
        event
    }
}
