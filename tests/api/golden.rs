//! Golden exchanges: files in which each line says what goes in or what must come out.
//!
//! ```text
//! # what this shows
//! > POST /bot/token              method, path, query
//! > Peer: ::1                    headers; Peer is the client's address. Host, and Content-Type for POST, are there
//! > Host: -                      by themselves; `-` takes one away
//! > {"id":1}                     the body, from the first line that is no header
//! ? Admin NewToken(BotId(1), 0)  what the engine is asked, in order; without such a line it is asked nothing
//! < 200                          the status
//! < Retry-After: 7               all headers but Content-Type, which is always JSON
//! < {"ok":true,"id":1,…}         the body, byte by byte; `…` stands for anything
//! ```

use std::fs;
use std::path::Path;

use botmother::base::time::Now;
use botmother::face::principal::AdminNeeds;

use super::requests::{answer, request, serve, text, with};

#[derive(Default)]
struct Exchange {
    about: String,
    sent: Vec<String>,
    asked: Vec<String>,
    answered: Vec<String>,
}

/// Runs all files of a face's folder, in which there must be so many exchanges.
pub(crate) fn run(face: &str, at_least: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api").join(face);
    let mut failures = Vec::new();
    let mut count = 0;
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        for exchange in exchanges(&fs::read_to_string(&file).unwrap()) {
            count += 1;
            if let Err(difference) = check(&exchange) {
                failures.push(format!("{}: {}\n{difference}", file.display(), exchange.about));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
    assert!(count >= at_least, "only {count} exchanges were found");
}

fn exchanges(file: &str) -> Vec<Exchange> {
    let mut all: Vec<Exchange> = Vec::new();
    for line in file.split('\n').filter(|line| !line.is_empty()) {
        let (mark, rest) = line.split_at(1);
        let rest = rest.strip_prefix(' ').unwrap_or(rest).to_string();
        if mark == "#" {
            all.push(Exchange { about: rest, ..Exchange::default() });
            continue;
        }
        let current = all.last_mut().expect("a file begins with a title");
        match mark {
            ">" => current.sent.push(rest),
            "?" => current.asked.push(rest),
            "<" => current.answered.push(rest),
            _ => panic!("a line must begin with # > ? or <: {line}"),
        }
    }
    all
}

fn check(exchange: &Exchange) -> Result<(), String> {
    let (method, path) = exchange.sent[0].split_once(' ').expect("method and path");
    let mut sent = request(method, path);
    let (headers, body) = split(&exchange.sent[1..]);
    for (name, value) in headers {
        match (name, value) {
            ("Peer", address) => sent.peer = address.parse().unwrap(),
            (name, "-") => sent = with(sent, &name.to_lowercase(), ""),
            (name, value) => sent = with(sent, &name.to_lowercase(), value),
        }
    }
    sent.body = body.into_bytes();

    let (serve, asked) = serve(AdminNeeds::LoopbackOrToken, 0, Now::default);
    let got = answer(&*serve, sent);
    let (headers, body) = split(&exchange.answered[1..]);
    let want = (exchange.answered[0].parse().unwrap(), headers);
    let got_headers: Vec<_> = got.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if want != (got.status, got_headers.clone()) || got.content_type.as_str() != "application/json" {
        return Err(format!("want {want:?}\ngot  {:?} {}", (got.status, got_headers), text(&got)));
    }
    if !is_like(&body, text(&got)) {
        return Err(format!("want {body}\ngot  {}", text(&got)));
    }
    let asked: Vec<String> = asked.try_iter().collect();
    let is_asked = asked.len() == exchange.asked.len() && asked.iter().zip(&exchange.asked).all(|(a, b)| is_like(b, a));
    if is_asked { Ok(()) } else { Err(format!("want {:?}\ngot  {asked:?}", exchange.asked)) }
}

/// Header lines and the body after them.
fn split(lines: &[String]) -> (Vec<(&str, &str)>, String) {
    let header = |line: &'_ String| {
        let (name, _) = line.split_once(": ")?;
        name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-').then_some(())
    };
    let count = lines.iter().take_while(|line| header(line).is_some()).count();
    let headers = lines[..count].iter().filter_map(|line| line.split_once(": ")).collect();
    (headers, lines[count..].join("\n"))
}

/// Whether a text is like a pattern in which `…` stands for anything.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
