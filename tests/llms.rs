//! A real llama.cpp with a tiny model (PyPI), which speaks as OpenAI and as Anthropic do.
//!
//! Every provider's way of speaking, by somebody else's idea of it: aimock (npm), which has Ollama's, Gemini's, Anthropic's
//! and OpenAI's, whole and in pieces. Skipped where tests/setup found no Node.js, unless REQUIRE_LLM=1.
//!
//! And a real gateway of OpenClaw (npm, 700 MB) with that mock as its model: where `tests/setup --openclaw` has been run;
//! elsewhere skipped, unless REQUIRE_OPENCLAW=1.

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
use support::peer;
use support::port::Port;
use support::skip::{skip, skip_missing};

const ANSWER: &str = "The capital of France is Paris. Grüße!";
const FIXTURES: &str = r#"{"fixtures":[
    {"match":{"userMessage":"capital"},"response":{"content":"The capital of France is Paris. Grüße!"}},
    {"match":{"userMessage":"key"},"response":{"error":{"message":"Incorrect API key provided","type":"invalid_request_error"},"status":401}},
    {"match":{"userMessage":"model"},"response":{"error":{"message":"model not found","type":"not_found_error"},"status":404}},
    {"match":{},"response":{"content":"I do not know."}}]}"#;
/// Provider, and the path under which its service stands there.
const PROVIDERS: [(&str, &str); 5] =
    [("ollama", ""), ("gemini", "/v1beta/models"), ("claude", ""), ("openai", "/v1"), ("mistral", "/v1")];

/// What the model of `tests/support/llama.py` always says.
const SENTENCE: &str = "Hello from a very small model, which says nothing else.";

struct Llama {
    child: Child,
    port: Port,
}

impl Llama {
    /// `None`, loudly, where its Python package is not installed.
    fn start(daemon: &Daemon, key: &str) -> Option<Llama> {
        let python = peer::python();
        let found = Command::new(&python).args(["-c", "import xllamacpp, gguf"]).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            skip_missing(&format!("xllamacpp in {}", python.display()));
            return None;
        }
        let port = Port::claim();
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/llama.py");
        let mut command = Command::new(python);
        command.arg(program).args([&port.number.to_string(), key]).arg(&daemon.dir);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("Python runs");
        let llama = Llama { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", llama.port.number)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "llama.cpp does not serve");
            thread::sleep(Duration::from_millis(50));
        }
        Some(llama)
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
            skip(&format!("no {}; install Node.js 20.15 or newer and run tests/setup", program.display()));
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

/// A real gateway, offline, whose agent asks the mock.
struct Gateway {
    child: Child,
    port: Port,
}

impl Gateway {
    const TOKEN: &str = "gw-token-0123456789abcdef";
    const HOOK_TOKEN: &str = "hook-token-0123456789abcdef";

    /// `None`, loudly, where it is not installed.
    fn start(daemon: &Daemon, mock: &Mock) -> Option<Gateway> {
        let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/test-openclaw");
        if !dir.join("made-from.txt").exists() {
            assert!(std::env::var_os("REQUIRE_OPENCLAW").is_none(), "run tests/setup --openclaw");
            skip(&format!("no OpenClaw in {}; run tests/setup --openclaw", dir.display()));
            return None;
        }
        let home = daemon.dir.join("openclaw");
        fs::create_dir_all(home.join("workspace")).unwrap();
        let port = Port::claim();
        let config = format!(
            r#"{{"gateway":{{"mode":"local","port":{},"bind":"loopback","auth":{{"mode":"token","token":"{}"}},
            "http":{{"endpoints":{{"chatCompletions":{{"enabled":true}}}}}}}},
            "hooks":{{"enabled":true,"token":"{}","path":"/hooks"}},
            "discovery":{{"mdns":{{"mode":"off"}}}},"update":{{"checkOnStart":false}},
            "agents":{{"defaults":{{"workspace":"{}","model":{{"primary":"mock/m"}},"skipBootstrap":true}}}},
            "models":{{"mode":"replace","providers":{{"mock":{{"baseUrl":"http://127.0.0.1:{}/v1","apiKey":"x",
            "api":"openai-completions","models":[{{"id":"m","name":"m","reasoning":false,"input":["text"],
            "cost":{{"input":0,"output":0,"cacheRead":0,"cacheWrite":0}},"contextWindow":65536,"maxTokens":512,
            "compat":{{"supportsTools":false}}}}]}}}}}}}}"#,
            port.number,
            Gateway::TOKEN,
            Gateway::HOOK_TOKEN,
            home.join("workspace").display(),
            mock.port.number
        );
        fs::write(home.join("openclaw.json"), config).unwrap();
        let mut command = Command::new(dir.join("node22/node_modules/node/bin/node"));
        command.arg(dir.join("node_modules/openclaw/openclaw.mjs"));
        command.args(["gateway", "--port", &port.number.to_string()]).current_dir(&home);
        command.env("HOME", &home).env("OPENCLAW_STATE_DIR", home.join("state"));
        command.env("OPENCLAW_CONFIG_PATH", home.join("openclaw.json"));
        command.env("OPENCLAW_DISABLE_BONJOUR", "1").env("OPENCLAW_NO_UPDATE_CHECK", "1").env("CI", "1");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let gateway = Gateway { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", gateway.port.number)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "the gateway does not serve");
            thread::sleep(Duration::from_millis(100));
        }
        Some(gateway)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is said to the bot in the built-in chat, and the first line it answers.
fn chat(http: &mut Http, text: &str) -> String {
    let body = format!(r#"{{"to":"Clever","text":"{text}"}}"#);
    let line = http.post("/local/say", None, &body).ok().at("id").number();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let path = format!("/local/read?with=Clever&after={line}&timeout=5");
        let lines = http.get(&path, None).ok().at("result").list();
        if let Some(line) = lines.iter().find(|line| line.at("from").text() == "Clever") {
            return line.at("text").text();
        }
    }
    panic!("nothing is said to {text:?}")
}

#[test]
fn a_real_gateway_of_openclaw() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let Some(mock) = Mock::start(&daemon, &[]) else { return };
    let Some(gateway) = Gateway::start(&daemon, &mock) else { return };
    let mut http = daemon.http();
    let token = daemon.create_bot("Clever", "owner@local");
    // The four lines of DinoX's guide, then a question.
    let url = format!("/ki url http://localhost:{}", gateway.port.number);
    let key = format!("/ki token {}", Gateway::TOKEN);
    for line in ["/ki provider openclaw", &url, &key, "/ki on"] {
        chat(&mut http, line);
    }
    assert_eq!(chat(&mut http, "What is the capital of France?"), ANSWER);
    assert_eq!(
        http.post("/bot/ai/ask", Some(&token), r#"{"message":"The capital?"}"#).ok().at("response").text(),
        ANSWER
    );
    let events = heard(&daemon, &token, "The capital of France?");
    assert!(events.contains("\"delta\"") && events.contains("event: done") && events.contains(ANSWER), "{events}");
    // The token of its hooks is not that of its answers.
    chat(&mut http, &format!("/ki token {}", Gateway::HOOK_TOKEN));
    let words = chat(&mut http, "What is the capital of France?");
    assert!(words.contains("does not accept the key") && words.contains("chatCompletions"), "{words}");
    // The hook takes what is said, and never answers here.
    chat(&mut http, &format!("{url}/hooks/agent"));
    chat(&mut http, &format!("/ki token {}", Gateway::HOOK_TOKEN));
    let words = chat(&mut http, "What is the capital of France?");
    assert!(!words.contains("Paris") && words.contains("OpenClaw"), "{words}");
}

/// What curl hears of an answer while it comes.
fn heard(daemon: &Daemon, token: &str, question: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-sN", "-H", &format!("Authorization: Bearer {token}"), "-H", "Content-Type: application/json", "-d"]);
    curl.arg(format!(r#"{{"message":"{question}","stream":true}}"#));
    curl.arg(format!("http://localhost:{}/bot/ai/ask", daemon.port));
    String::from_utf8(curl.output().unwrap().stdout).unwrap()
}

/// The pieces in such events, put together.
fn deltas(events: &str) -> String {
    let piece = |line: &str| Some(line.strip_prefix("data: {\"delta\":\"")?.strip_suffix("\"}")?.to_string());
    events.lines().filter_map(piece).collect()
}

#[test]
fn a_real_model_answers() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let Some(llama) = Llama::start(&daemon, "k1") else { return };
    let mut http = daemon.http();
    let token = daemon.create_bot("Clever", "owner@local");
    for provider in ["openai", "claude"] {
        let endpoint = format!("http://127.0.0.1:{}", llama.port.number);
        let setup = format!(r#"{{"provider":"{provider}","api_key":"k1","model":"tiny","endpoint":"{endpoint}"}}"#);
        http.post("/bot/ai/setup", Some(&token), &setup).ok();
        // Twice: the second time with what was said before.
        for question in ["Hello?", "And now?"] {
            let body = format!(r#"{{"message":"{question}"}}"#);
            let reply = http.post("/bot/ai/ask", Some(&token), &body).ok();
            assert_eq!(reply.at("response").text(), SENTENCE, "{provider}");
        }
        let events = heard(&daemon, &token, "In pieces?");
        assert_eq!(deltas(&events), SENTENCE, "{provider}: {events}");
        assert_eq!(chat(&mut http, "In the chat?"), SENTENCE, "{provider}");
        http.post("/bot/ai/setup", Some(&token), &setup.replace("k1", "k2")).ok();
        let refused = http.post("/bot/ai/ask", Some(&token), r#"{"message":"x"}"#);
        assert!(refused.status == 502 && refused.body.contains("does not accept the key"), "{}", refused.body);
    }
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
        assert_eq!(deltas(&events), ANSWER, "{provider}: {events}");
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
