//! The stub of api.telegram.org (`tests/telegram/api.py`), as a process of its own with a journal that outlives its kills.
//!
//! Bots, people and what they do are ordered under `/_/`; tests/telegram/people.py says what each order wants.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::http::{Http, Json};
use super::port::Port;
use super::skip::{skip, skip_missing};

/// A program of tests/telegram under the Python that has Telegram's client libraries; `None`, said aloud, where tests/setup
/// has not made it.
pub fn library(program: &str) -> Option<Command> {
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let environment = std::env::var_os("BOTMOTHER_TEST_TELEGRAM_VENV").unwrap_or("target/test-telegram-venv".into());
    let python = top.join(environment).join("bin/python");
    if !python.exists() {
        skip_missing(&format!("{} with Telegram's client libraries", python.display()));
        return None;
    }
    let mut command = Command::new(python);
    // -B: no cache of bytecode beside the sources.
    command.arg("-B").arg(top.join("tests/telegram").join(program)).stdin(Stdio::null());
    Some(command)
}

/// A bot that somebody else wrote, run by tests/telegram/others.py; `None`, said aloud, where tests/setup has not installed it.
/// `of` is its environment, beneath target/.
pub fn other(name: &str, of: &str) -> Option<Command> {
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = top.join("target").join(of).join("bin/python");
    if !python.exists() {
        // Those that are large come by a word of their own.
        let how =
            if of == "test-telegram-bots-venv" { String::new() } else { format!("; tests/setup --{name} has it") };
        match how.is_empty() {
            true => skip_missing(&format!("{} with bots for Telegram", python.display())),
            false => skip(&format!("no {}{how}", python.display())),
        }
        return None;
    }
    let mut command = Command::new(python);
    command.arg("-B").arg(top.join("tests/telegram/others.py")).arg(name).stdin(Stdio::null());
    Some(command)
}

/// A program of tests/telegram under Node.js; `None`, said aloud, where Node.js or its packages are missing.
pub fn javascript(program: &str) -> Option<Command> {
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("BOTMOTHER_TEST_TELEGRAM_NPM").unwrap_or("target/test-telegram-npm".into());
    let modules = top.join(folder).join("node_modules");
    if !modules.join("telegram-test-api").exists() {
        skip(&format!("no {}; install Node.js 20.15 or newer and run tests/setup", modules.display()));
        return None;
    }
    let mut command = Command::new("node");
    command.arg(top.join("tests/telegram").join(program)).env("NODE_PATH", modules).stdin(Stdio::null());
    Some(command)
}

pub struct Telegram {
    child: Option<Child>,
    dir: PathBuf,
    pub port: u16,
    _port: Port,
}

impl Telegram {
    /// Starts one that knows nobody. It ends with the test's process, however that ends.
    pub fn start() -> Telegram {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("botmother-telegram-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory for the stub");
        let port = Port::claim();
        let mut telegram = Telegram { child: None, dir, port: port.number, _port: port };
        telegram.start_again();
        telegram
    }

    /// What a bot's program takes for `https://api.telegram.org`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("killed");
        child.wait().expect("ended");
    }

    /// Starts it with all that it had answered for.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/telegram/api.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(program).arg("--journal").arg(self.dir.join("journal"));
        command.args(["--port", &self.port.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("its port");
        assert_eq!(line.trim(), self.port.to_string(), "the stub does not start");
        self.child = Some(child);
    }

    /// An order under `/_/` with a JSON object; its result.
    pub fn order(&self, name: &str, body: &str) -> Json {
        let answer = Http::new(self.port).post(&format!("/_/{name}"), None, body);
        assert_eq!(answer.status, 200, "{name} {body}: {}", answer.body);
        Json::parse(&answer.body).at("result")
    }

    /// A call as a bot's program makes it: status and whole answer.
    pub fn call(&self, token: &str, method: &str, body: &str) -> (u16, Json) {
        let answer = Http::new(self.port).post(&format!("/bot{token}/{method}"), None, body);
        (answer.status, Json::parse(&answer.body))
    }

    /// A bot by its token, `NUMBER:WORD`, in which the number becomes its id.
    pub fn bot(&self, token: &str) {
        self.order("bot", &format!(r#"{{"token":"{token}"}}"#));
    }

    /// A person; gives the id.
    pub fn user(&self, first_name: &str) -> i64 {
        self.order("user", &format!(r#"{{"first_name":"{first_name}"}}"#)).at("id").number()
    }

    /// A supergroup of these people and all bots; gives the id.
    pub fn group(&self, title: &str, members: &[i64]) -> i64 {
        self.order("chat", &format!(r#"{{"title":"{title}","members":{members:?}}}"#)).at("id").number()
    }

    /// Somebody writes: into a group, or where `chat` is a bot's only user, to that bot; gives the message's id.
    pub fn say(&self, from: i64, chat: i64, text: &str) -> i64 {
        let text = miniserde::json::to_string(text);
        self.order("say", &format!(r#"{{"from":{from},"chat":{chat},"text":{text}}}"#)).at("message_id").number()
    }

    /// What goes wrong from now on, see `fault` in people.py.
    pub fn fault(&self, body: &str) {
        self.order("fault", body);
    }

    /// All calls of a method so far (`getUpdates` is not noted).
    pub fn calls(&self, method: &str) -> Vec<Json> {
        self.order("calls", &format!(r#"{{"method":"{method}"}}"#)).list()
    }

    /// What people see in a chat now; a private one is named by its person (one bot only).
    pub fn shown(&self, chat: i64) -> Vec<Json> {
        self.order("messages", &format!(r#"{{"chat":{chat}}}"#)).list()
    }

    /// The texts and captions in a chat.
    pub fn texts(&self, chat: i64) -> Vec<String> {
        let text = |message: &Json| ["text", "caption"].iter().find(|n| message.has(n)).map(|n| message.at(n).text());
        self.shown(chat).iter().filter_map(text).collect()
    }

    /// Waits until a chat looks like this.
    pub fn wait_shown(&self, chat: i64, limit: Duration, is_so: impl Fn(&[Json]) -> bool) -> Vec<Json> {
        let begun = Instant::now();
        loop {
            let shown = self.shown(chat);
            if is_so(&shown) {
                return shown;
            }
            assert!(begun.elapsed() < limit, "not within {limit:?}; there are {shown:?}");
            thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits for a message with this text or caption.
    pub fn wait_text(&self, chat: i64, limit: Duration, text: &str) -> Json {
        let is_it =
            |message: &Json| ["text", "caption"].iter().any(|n| message.has(n) && message.at(n).text().contains(text));
        let shown = self.wait_shown(chat, limit, |shown| shown.iter().any(is_it));
        shown.into_iter().find(|message| is_it(message)).expect("it is there")
    }

    /// Waits until a bot has confirmed all updates.
    pub fn wait_taken(&self, token: &str, limit: Duration) {
        let begun = Instant::now();
        while self.order("pending", &format!(r#"{{"token":"{token}"}}"#)).number() > 0 {
            assert!(begun.elapsed() < limit, "updates are left");
            thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Telegram {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}
