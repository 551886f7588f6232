//! The bots of `examples/` against the real daemon and its built-in chat: they answer, outlive a restart of the daemon,
//! take up after their own restart where they were, and say what is wrong.

mod support;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Http;
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

fn say(http: &mut Http, text: &str) {
    http.post("/local/say", None, &format!(r#"{{"to":"Echo","text":"{text}"}}"#)).ok();
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
    say(&mut daemon.http(), "/start");
    say(&mut daemon.http(), r#"Grüße \"$HOME\" 👋 \\n"#);
    let hello = "Hello! What you write comes back.";
    let echo = r#"You said: Grüße "$HOME" 👋 \n"#;
    expect(&daemon, &[hello, echo]);

    daemon.kill();
    daemon.start_again();
    say(&mut daemon.http(), "again");
    expect(&daemon, &[hello, echo, "You said: again"]);

    drop(program);
    say(&mut daemon.http(), "while away");
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
