//! The bots of `examples/` against the real daemon and its built-in chat: they answer, outlive a restart of the daemon,
//! take up after their own restart where they were, and say what is wrong.

mod support;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use miniserde::json::{self, Value};
use support::daemon::Daemon;
use support::skip::{skip, skip_missing};

const LIMIT: Duration = Duration::from_secs(20);

/// Ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// The example, run by `interpreter`; nobody finds it in an environment that already says something of Botmother.
fn example(interpreter: &str, name: &str, daemon: &Daemon, token: &str) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)).env("BOTMOTHER_TOKEN", token);
    command.env("BOTMOTHER_URL", format!("http://localhost:{}", daemon.port)).stdin(Stdio::null());
    command
}

fn start(interpreter: &str, name: &str, daemon: &Daemon, token: &str) -> Program {
    let log = std::fs::File::options().append(true).create(true).open(daemon.dir.join("example.log")).expect("a log");
    let mut command = example(interpreter, name, daemon, token);
    command.stdout(log.try_clone().expect("a log")).stderr(log);
    Program(command.spawn().expect("the example starts"))
}

fn say(daemon: &Daemon, to: &str, text: &str) {
    daemon.http().post("/local/say", None, &format!(r#"{{"to":"{to}","text":"{text}"}}"#)).ok();
}

/// Waits until the bot has said all of this, in this order and once each, and nothing else.
fn expect(daemon: &Daemon, expected: &[&str]) {
    let begun = Instant::now();
    let mut http = daemon.http();
    loop {
        let lines = http.get("/local/read?after=0&with=Echo&timeout=1", None).ok().at("result").list();
        let said = lines.iter().filter(|line| line.at("from").text() == "Echo").map(|line| line.at("text").text());
        // To /start the daemon greets, too.
        let said: Vec<String> = said.filter(|text| !text.starts_with("Hello, I am Echo.")).collect();
        if said == expected {
            return;
        }
        let log = std::fs::read_to_string(daemon.dir.join("example.log")).unwrap_or_default();
        assert!(begun.elapsed() < LIMIT, "{said:?} instead of {expected:?}\n{log}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn answers_and_lasts(interpreter: &str, name: &str) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name));
    let lines = text.expect("the example").lines().count();
    assert!(lines <= 60, "{name} has {lines} lines");

    let mut daemon = Daemon::start("");
    let token = daemon.create_bot("Echo", "owner@local");
    let mut program = start(interpreter, name, &daemon, &token);
    let mut commands = daemon.http();
    let begun = Instant::now();
    while commands.get("/bot/getCommands", Some(&token)).ok().at("result").list().is_empty() {
        assert!(begun.elapsed() < LIMIT, "{name} does not say what it can");
        std::thread::sleep(Duration::from_millis(100));
    }
    say(&daemon, "Echo", "/start");
    say(&daemon, "Echo", r#"Grüße \"$HOME\" 👋 \\n"#);
    let hello = "Hello! What you write comes back.";
    let echo = r#"You said: Grüße "$HOME" 👋 \n"#;
    expect(&daemon, &[hello, echo]);

    daemon.kill();
    daemon.start_again();
    say(&daemon, "Echo", "again");
    expect(&daemon, &[hello, echo, "You said: again"]);

    drop(program);
    say(&daemon, "Echo", "while away");
    program = start(interpreter, name, &daemon, &token);
    expect(&daemon, &[hello, echo, "You said: again", "You said: while away"]);
    drop(program);

    let wrong = example(interpreter, name, &daemon, "bm_wrong").output().expect("the example starts");
    let error = String::from_utf8_lossy(&wrong.stderr);
    assert!(!wrong.status.success() && error.contains("401"), "{name}: {:?} {error}", wrong.status);
}

#[test]
fn the_example_in_python() {
    answers_and_lasts("python3", "echo.py");
}

#[test]
fn the_example_in_node() {
    if !has("node") {
        return skip("Node.js is missing");
    }
    answers_and_lasts("node", "echo.mjs");
}

#[test]
fn the_example_in_shell() {
    if !has("jq") {
        return skip_missing("jq");
    }
    answers_and_lasts("sh", "echo.sh");
}

/// The members of a value, without what they say.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}:{}", shape(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => format!("[{}]", values.first().map(shape).unwrap_or_default()),
        Value::String(_) => "text".to_string(),
        Value::Number(_) => "number".to_string(),
        Value::Bool(_) => "truth".to_string(),
        Value::Null => "null".to_string(),
    }
}

/// Each command of docs/api.md, in its order, gives an answer of the shape that is shown below it.
#[test]
fn the_exchange_on_the_page_of_the_api() {
    let page = include_str!("../docs/api.md");
    let daemon = Daemon::start("");
    let mut token = String::new();
    let mut count = 0;
    for part in page.split("```sh\n").skip(1) {
        let (command, rest) = part.split_once("```").expect("an end");
        let shown = rest.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an answer");
        if command.contains("getUpdates?timeout") {
            say(&daemon, "Weather", "And tomorrow?");
        }
        let command = command.replace("localhost:7842", &format!("localhost:{}", daemon.port));
        let script = format!("TOKEN='{token}'\n{command}");
        let output = Command::new("bash").args(["-c", &script]).stdin(Stdio::null()).output().expect("bash runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let answer: Value = json::from_str(&text).unwrap_or_else(|_| panic!("{command}: {text}"));
        let expected: Value = json::from_str(shown).unwrap_or_else(|_| panic!("not JSON: {shown}"));
        assert_eq!(shape(&answer), shape(&expected), "{command}\n{text}");
        if command.contains("/bot/create") && token.is_empty() {
            token = support::http::Json::parse(&text).at("token").text();
        }
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

/// The curl commands of a page, each with its further lines.
fn commands(page: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in page.lines() {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        match commands.last_mut().filter(|_| goes_on) {
            Some(command) => *command += &format!("\n{line}"),
            None if line.starts_with("curl ") => commands.push(line.to_string()),
            None => continue,
        }
        goes_on = line.ends_with('\\');
    }
    commands
}

/// A bot that can do little, as its owner has no XMPP account: but each request has a path, a method, credentials and
/// members that are right.
#[test]
fn every_curl_command_of_the_pages_is_understood() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut count = 0;
    for page in ["api.md", "xmpp.md", "omemo.md", "webhooks.md", "ai.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
        let text = std::fs::read_to_string(path).expect("a page");
        // The first part of api.md has a test of its own; an account at example.org is made by nobody.
        let text = text.split("## How to call it").last().expect("a text");
        for command in commands(text).iter().filter(|command| !command.contains("\"mode\":\"dedicated\"")) {
            let made = daemon.http().post("/bot/create", None, r#"{"name":"Weather","account":"owner@local"}"#).ok();
            let line = command.replace("localhost:7842", &format!("localhost:{}", daemon.port));
            let script = format!("TOKEN='{}'\n{line}", made.at("token").text());
            let mut bash = Command::new("bash");
            bash.args(["-c", &script]).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
            let output = bash.output().expect("bash runs");
            let answer = String::from_utf8(output.stdout).expect("UTF-8");
            assert!(
                answer.starts_with(r#"{"ok":"#),
                "{page}: {command}\n{answer}{}",
                String::from_utf8_lossy(&output.stderr)
            );
            for wrong in ["bad_request", "unauthorized", "forbidden", "method_not_allowed", "no such path"] {
                assert!(!answer.contains(wrong), "{page}: {command}\n{answer}");
            }
            daemon.http().post("/bot/delete", None, &format!(r#"{{"id":{}}}"#, made.at("id").number())).ok();
            count += 1;
        }
    }
    assert!(count >= 15, "{count}");
}

/// The bot with buttons: pressed by number and by word, over a restart of the daemon.
#[test]
fn buttons_in_python() {
    if !has("python3") {
        return skip_missing("python3");
    }
    let mut daemon = Daemon::start("");
    let token = daemon.create_bot("Echo", "owner@local");
    let mut program = start("python3", "buttons.py", &daemon, &token);
    let (off, on) =
        ("The lamp is off.\n\n1. On\nAnswer with the number.", "The lamp is on.\n\n1. Off\nAnswer with the number.");
    say(&daemon, "Echo", "/lamp");
    expect(&daemon, &[off]);
    say(&daemon, "Echo", "1");
    expect(&daemon, &[off, "Done.", on]);
    daemon.kill();
    daemon.start_again();
    say(&daemon, "Echo", "off");
    expect(&daemon, &[off, "Done.", on, "Done.", off]);
    assert!(program.0.try_wait().unwrap().is_none(), "it goes on");
}
