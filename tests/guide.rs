//! The examples of the guide to DinoX's API, unmodified but for address, token and JIDs, run by the real curl and the real `requests`
//! against the real daemon: on the built-in account, and on an account of a real server with a second client on the
//! other end.

mod support;

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use miniserde::json::Value;
use support::daemon::Daemon;
use support::http::Json;
use support::peer::{Peer, python};
use support::port::Port;
use support::server::{Kind, Server};

const CURL: &str = include_str!("guide/curl.sh");
const POLLING_BOT: &str = include_str!("guide/polling_bot.py");
const WEBHOOK_BOT: &str = include_str!("guide/webhook_bot.py");
const LIMIT: Duration = Duration::from_secs(20);

/// Ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The guide's commands with the comment that stands above each.
fn curl_commands() -> Vec<(String, String)> {
    let mut commands = Vec::new();
    let (mut title, mut command) = (String::new(), String::new());
    for line in CURL.lines().chain([""]) {
        if let Some(comment) = line.strip_prefix("# ") {
            title = comment.to_string();
        } else if line.is_empty() {
            if command.starts_with("curl") {
                commands.push((title.clone(), command.clone()));
            }
            command.clear();
        } else {
            command += line;
            command.push('\n');
        }
    }
    assert!(commands.len() >= 15, "{} commands found", commands.len());
    commands
}

/// Runs the guide's commands in their order; gives the answer to each.
fn run_curl(daemon: &Daemon, owner: &str, friend: &str) -> Vec<(String, Json)> {
    let (mut token, mut message) = (String::new(), String::new());
    let mut answers = Vec::new();
    for (title, command) in curl_commands() {
        let command = command
            .replace("localhost:7842", &format!("localhost:{}", daemon.port))
            .replace("my-server.com", "my-server.invalid")
            // What stands there for the id of a message.
            .replace("msg-uuid", &message)
            .replace("ralf@chat.example.com", owner)
            .replace("user@chat.example.com", friend);
        let script = format!("TOKEN='{token}'\n{command}");
        let output = Command::new("bash").arg("-c").arg(&script).stdin(Stdio::null()).output().expect("bash runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "{title}: {}", String::from_utf8_lossy(&output.stderr));
        let answer = Json::parse(&text);
        assert!(text.contains(r#""ok":true"#), "{title}: {text}");
        if title.starts_with("Create a personal bot") {
            token = answer.at("token").text();
        }
        if title.starts_with("Send a message") {
            message = answer.at("result").at("message_id").text();
        }
        answers.push((title, answer));
    }
    answers
}

fn check_shapes(answers: &[(String, Json)], owner: &str) {
    let find = |title: &str| &answers.iter().find(|(t, _)| t.starts_with(title)).expect(title).1;
    assert_eq!(find("Check server health").at("status").text(), "ok");
    let created = find("Create a personal bot");
    assert_eq!((created.at("id").number(), created.at("mode").text().as_str()), (1, "personal"));
    assert!(created.at("token").text().starts_with("bm_") && created.at("api_url").text().ends_with("/bot/"));
    assert_eq!(find("Filter by account").at("bots").list()[0].at("name").text(), "MyBot", "{owner}");
    assert!(!find("Send a message").at("result").at("message_id").text().is_empty());
    assert!(!find("Send a file").at("message_id").text().is_empty());
    assert!(matches!(find("Send a reaction").at("result").0, Value::Bool(true)));
    assert_eq!(find("Get registered commands").at("result").list()[1].at("command").text(), "weather");
    assert_eq!(find("Set webhook").at("result").at("secret").text().len(), 64);
    assert!(matches!(find("Delete webhook").at("result").0, Value::Bool(true)));
    assert_eq!(find("Get bot info").at("result").at("id").number(), 1);
    assert_eq!(find("Revoke token").at("status").text(), "disabled");
    assert_eq!(find("Delete bot").at("id").number(), 1);
}

fn polling_bot(daemon: &Daemon, token: &str) -> Program {
    let program = POLLING_BOT
        .replace("http://localhost:7842", &format!("http://localhost:{}", daemon.port))
        .replace("bm_YOUR_TOKEN_HERE", token);
    let path = daemon.dir.join("polling_bot.py");
    std::fs::write(&path, program).expect("written");
    let mut command = Command::new(python());
    command.arg(path).stdin(Stdio::null()).stdout(Stdio::null());
    Program(command.spawn().expect("the guide's bot starts"))
}

#[test]
fn curl_on_the_built_in_account() {
    let daemon = Daemon::start("");
    let answers = run_curl(&daemon, "owner@local", "owner@local");
    check_shapes(&answers, "owner@local");
}

#[test]
fn polling_bot_on_the_built_in_account() {
    let daemon = Daemon::start("");
    let token = daemon.create_bot("Echo", "owner@local");
    let _bot = polling_bot(&daemon, &token);
    let mut http = daemon.http();
    let said = http.post("/local/say", None, r#"{"text":"Grüße 👋"}"#).ok().at("id").number();
    let begun = Instant::now();
    loop {
        let lines = http.get(&format!("/local/read?after={said}&timeout=5"), None).ok().at("result").list();
        if lines.iter().any(|line| line.at("text").text() == "You said: Grüße 👋") {
            break;
        }
        assert!(begun.elapsed() < LIMIT, "{lines:?}");
    }
}

/// The guide's bot registers itself; its signature check fails unless the daemon signs with the secret it knows.
fn webhook_bot(daemon: &Daemon, token: &str, port: u16) -> Program {
    let address = format!("http://127.0.0.1:{port}/webhook");
    let body = format!(r#"{{"url":"{address}","secret":"your_webhook_secret"}}"#);
    daemon.http().post("/bot/setWebhook", Some(token), &body).ok();
    let program = WEBHOOK_BOT
        .replace("http://localhost:7842", &format!("http://localhost:{}", daemon.port))
        .replace("bm_YOUR_TOKEN_HERE", token)
        .replace("https://your-server.com/webhook", &address)
        .replace("port=5000", &format!("port={port}"));
    let path = daemon.dir.join("webhook_bot.py");
    std::fs::write(&path, program).expect("written");
    let mut command = Command::new(python());
    command.arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Program(command.spawn().expect("the guide's bot starts"))
}

#[test]
fn webhook_bot_on_the_built_in_account() {
    let daemon = Daemon::start("");
    let token = daemon.create_bot("Echo", "owner@local");
    let port = Port::claim();
    let _bot = webhook_bot(&daemon, &token, port.number);
    let mut http = daemon.http();
    let mut last = http.post("/local/say", None, r#"{"text":"Grüße 👋"}"#).ok().at("id").number();
    http.post("/local/say", None, r#"{"text":"ping"}"#).ok();
    let begun = Instant::now();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|text| text != "Pong! 🏓") {
        assert!(begun.elapsed() < LIMIT, "{heard:?}");
        for line in http.get(&format!("/local/read?after={last}&timeout=5"), None).ok().at("result").list() {
            last = line.at("id").number();
            heard.push(line.at("text").text());
        }
    }
    assert_eq!(heard, ["ping", "Received: Grüße 👋", "Pong! 🏓"]);
    let info = http.get("/bot/getWebhookInfo", Some(&token)).ok().at("result");
    assert_eq!(info.at("attempts").list()[0].at("status").number(), 200);
    assert_eq!(http.get("/bot/getUpdates", Some(&token)).status, 409);
}

fn on_a_real_account(kind: Kind) {
    let Some(server) = Server::start(kind) else { return };
    server.add_user("ralf", "pw one");
    server.add_user("anna", "pw two");
    let daemon = Daemon::with_account(&server, "ralf", "pw one", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let mut phone = Peer::login(&server, "ralf", "pw one", "phone");
    let mut anna = Peer::login(&server, "anna", "pw two", "phone");

    let answers = run_curl(&daemon, &server.jid("ralf"), &server.jid("anna"));
    check_shapes(&answers, "real");
    let heard = anna.expect(LIMIT, |message| message.body == "Hello from the API!");
    assert!(heard.from.starts_with(&server.jid("ralf")));
    phone.expect(LIMIT, |message| message.body == "Hello from the API!" && message.carbon == "sent");
    let picture = anna.expect(LIMIT, |message| message.body == "https://example.com/image.jpg");
    assert!(picture.xml.contains("jabber:x:oob"), "{}", picture.xml);
    anna.expect(LIMIT, |message| message.body == "Look!");
    anna.expect(LIMIT, |message| message.xml.contains("urn:xmpp:reactions:0") && message.xml.contains("👍"));

    // Option A of the guide's "Your First Bot", from the phone.
    let own = server.jid("ralf");
    phone.send(&own, "/newbot EchoBot");
    let created = phone.expect(LIMIT, |message| message.body.starts_with("Bot created!"));
    let token = created.body.lines().find_map(|line| line.strip_prefix("Token: ")).expect("a token").to_string();
    let _bot = polling_bot(&daemon, &token);
    phone.send(&own, "Grüße 👋");
    let echo = phone.expect(LIMIT, |message| message.body.starts_with("You said:"));
    assert_eq!(echo.body, "You said: Grüße 👋");
    // No echo of the echo, with the program still polling.
    phone.clear();
    phone.none(Duration::from_secs(4));

    // The same bot with the guide's other program; the one that polls gets 409 from now on.
    let port = Port::claim();
    let _bot = webhook_bot(&daemon, &token, port.number);
    phone.send(&own, "Wieder Grüße 👋");
    let answer = phone.expect(LIMIT, |message| message.body.starts_with("Received:"));
    assert_eq!(answer.body, "Received: Wieder Grüße 👋");
}

#[test]
fn on_a_real_account_prosody() {
    on_a_real_account(Kind::Prosody);
}

#[test]
fn on_a_real_account_ejabberd() {
    on_a_real_account(Kind::Ejabberd);
}

/// What a terminal shows, without colours and cursor movements.
fn shown(raw: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.next_if_eq(&'[').is_some() => {
                while rest.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
            }
            '\r' => plain.push('\n'),
            c => plain.push(c),
        }
    }
    plain.lines().map(|line| line.trim_end().to_string()).filter(|line| !line.is_empty()).collect()
}

/// The first conversation in README.md is what a newcomer sees.
#[test]
fn the_readme_shows_what_one_sees() {
    let readme = include_str!("../README.md");
    let block = readme.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a transcript");
    let daemon = Daemon::start("");
    let (program, port) = (env!("CARGO_BIN_EXE_botmother"), daemon.port);
    let mut terminal = Command::new("script")
        .args(["-qec", &format!("stty rows 50 cols 200; exec {program} chat"), "/dev/null"])
        .env("BOTMOTHER_API__PORT", port.to_string())
        .env("NO_COLOR", "1")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of util-linux");
    let mut keys = terminal.stdin.take().expect("its input");
    let screen = terminal.stdout.take().expect("its output");
    let seen = Arc::new(Mutex::new(String::new()));
    let (reader, ends) = (Arc::clone(&seen), Instant::now() + LIMIT);
    thread::spawn(move || {
        let mut screen = screen;
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = screen.read(&mut bytes) {
            reader.lock().expect("no panic").push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    });
    let expected: Vec<String> = block
        .lines()
        .filter(|line| !line.starts_with("$ ") && !line.is_empty())
        .map(|line| line.replace("7842", &port.to_string()))
        .collect();
    let (mut at, mut typed) = (0, 0);
    while at < expected.len() {
        let lines = shown(&seen.lock().expect("no panic"));
        at = 0;
        for line in &lines {
            let is_it = |wanted: &String| match wanted.split_once('…') {
                Some((start, _)) => line.starts_with(start) && line.len() > start.len() + 20,
                // The prompt is drawn anew with each key.
                None => line == wanted || wanted.strip_prefix("> ") == Some(line),
            };
            at += usize::from(expected.get(at).is_some_and(is_it));
        }
        // What is to be typed comes when all before it was seen.
        if let Some(text) = expected.get(at).and_then(|line| line.strip_prefix("> ")).filter(|_| typed <= at) {
            keys.write_all(format!("{text}\n").as_bytes()).expect("it reads");
            typed = at + 1;
        }
        assert!(Instant::now() < ends, "README.md has {:?}, a terminal shows {lines:#?}", expected.get(at));
        thread::sleep(Duration::from_millis(100));
    }
    let _ = terminal.kill();
    let _ = terminal.wait();
}
