//! Every provider's way of speaking, by somebody else's idea of it: aimock (npm), which has Ollama's, Gemini's, Anthropic's
//! and OpenAI's, whole and in pieces. Skipped where tests/setup found no Node.js, unless REQUIRE_LLM=1.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Http;
use support::port::Port;

const ANSWER: &str = "The capital of France is Paris. Grüße!";
const FIXTURES: &str = r#"{"fixtures":[
    {"match":{"userMessage":"capital"},"response":{"content":"The capital of France is Paris. Grüße!"}},
    {"match":{"userMessage":"key"},"response":{"error":{"message":"Incorrect API key provided","type":"invalid_request_error"},"status":401}},
    {"match":{"userMessage":"model"},"response":{"error":{"message":"model not found","type":"not_found_error"},"status":404}},
    {"match":{},"response":{"content":"I do not know."}}]}"#;
/// Provider, and the path under which its service stands there.
const PROVIDERS: [(&str, &str); 5] =
    [("ollama", ""), ("gemini", "/v1beta/models"), ("claude", ""), ("openai", "/v1"), ("mistral", "/v1")];

struct Mock {
    child: Child,
    port: Port,
}

impl Mock {
    /// `None`, loudly, where it is not installed.
    fn start(daemon: &Daemon, arguments: &[&str]) -> Option<Mock> {
        let dir = std::env::var_os("BOTMOTHER_TEST_NPM").unwrap_or_else(|| "target/test-npm".into());
        let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(dir);
        let program = dir.join("node_modules/@copilotkit/aimock/dist/cli.js");
        if !program.exists() {
            assert!(std::env::var_os("REQUIRE_LLM").is_none(), "{} is missing; run tests/setup", program.display());
            eprintln!("SKIPPED: no {}; install Node.js 20.15 or newer and run tests/setup", program.display());
            return None;
        }
        let fixtures = daemon.dir.join("fixtures.json");
        fs::write(&fixtures, FIXTURES).unwrap();
        let port = Port::claim();
        let mut command = Command::new("node");
        command.arg(program).args(["-p", &port.number.to_string(), "-c", "7", "--log-level", "silent", "-f"]);
        command.arg(fixtures).args(arguments);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("node runs");
        let mock = Mock { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", mock.port.number)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "aimock does not serve");
            thread::sleep(Duration::from_millis(50));
        }
        Some(mock)
    }

    fn set_up(&self, http: &mut Http, token: &str, provider: &str, path: &str) {
        let endpoint = format!("http://127.0.0.1:{}{path}", self.port.number);
        let body = format!(r#"{{"provider":"{provider}","api_key":"k1","model":"m","endpoint":"{endpoint}"}}"#);
        http.post("/bot/ai/setup", Some(token), &body).ok();
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What curl hears of an answer while it comes.
fn heard(daemon: &Daemon, token: &str, question: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-sN", "-H", &format!("Authorization: Bearer {token}"), "-H", "Content-Type: application/json", "-d"]);
    curl.arg(format!(r#"{{"message":"{question}","stream":true}}"#));
    curl.arg(format!("http://localhost:{}/bot/ai/ask", daemon.port));
    String::from_utf8(curl.output().unwrap().stdout).unwrap()
}

#[test]
fn every_provider_answers_whole_and_in_pieces() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let Some(mock) = Mock::start(&daemon, &[]) else { return };
    let mut http = daemon.http();
    let token = daemon.create_bot("Clever", "owner@local");
    for (provider, path) in PROVIDERS {
        mock.set_up(&mut http, &token, provider, path);
        let ask = |question: &str| format!(r#"{{"message":"{question}"}}"#);
        // Twice: the second time with what was said before.
        for question in ["The capital of France?", "The capital, once more?"] {
            let reply = http.post("/bot/ai/ask", Some(&token), &ask(question)).ok();
            assert_eq!(reply.at("response").text(), ANSWER, "{provider}");
        }
        let events = heard(&daemon, &token, "The capital of France?");
        let deltas: Vec<String> = events
            .lines()
            .filter_map(|line| line.strip_prefix("data: {\"delta\":\"")?.strip_suffix("\"}"))
            .map(str::to_string)
            .collect();
        assert_eq!(deltas.concat(), ANSWER, "{provider}: {events}");
        assert!(
            events.trim_end().ends_with(&format!(r#""result":{{"response":"{ANSWER}"}}}}"#)),
            "{provider}: {events}"
        );
        for (question, words) in [("The key?", "does not accept the key"), ("Which model?", "model")] {
            let refused = http.post("/bot/ai/ask", Some(&token), &ask(question));
            assert!(refused.status == 502 && refused.body.contains(words), "{provider}: {}", refused.body);
            let events = heard(&daemon, &token, question);
            assert!(events.starts_with("event: error\n") && events.contains(words), "{provider}: {events}");
        }
    }
}

#[test]
fn what_is_no_answer_is_told_as_such() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut http = daemon.http();
    let token = daemon.create_bot("Clever", "owner@local");
    let Some(mock) = Mock::start(&daemon, &["--chaos-malformed", "1"]) else { return };
    for (provider, path) in PROVIDERS {
        mock.set_up(&mut http, &token, provider, path);
        let refused = http.post("/bot/ai/ask", Some(&token), r#"{"message":"The capital?"}"#);
        assert!(refused.status == 502 && refused.body.contains("ai_error"), "{provider}: {}", refused.body);
        assert!(heard(&daemon, &token, "The capital?").starts_with("event: error\n"), "{provider}");
    }
}
