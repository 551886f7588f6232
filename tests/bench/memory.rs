//! `cargo bench --bench memory`: how much resident memory others can make the daemon take, class by class of what they send.
//!
//! Each class meets a daemon of its own, after a few ordinary requests. Printed are its memory before, at the highest (the
//! kernel's count, so nothing is missed between two looks) and a moment afterwards. Strangers have an address and no
//! token; programs have a bot's token. Words after `--` choose classes that contain them; FOOTPRINT_BINARY is another
//! binary. Ends with 1 when a class is over the bound.

#![allow(missing_docs, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, process, thread};

use botmother::base::limits;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use support::daemon::Daemon;
use support::process::Process;
use support::raw::trusting;
use support::stub::{Stub, answer};

/// What a class may add.
const BOUND_KIB: u64 = 8 * 1024;
const OWNER: &str = "owner@local";

struct Scene {
    daemon: Daemon,
    token: String,
    /// Another bot's.
    second: String,
    port: u16,
}

/// One class: what it is called, who sends it, and how.
struct Class {
    name: &'static str,
    who: &'static str,
    config: &'static str,
    attack: fn(&Scene),
}

const CLASSES: &[Class] = &[
    Class { name: "2,000 silent connections", who: "stranger", config: "", attack: silent },
    Class { name: "2,000 connections kept after a request", who: "stranger", config: "", attack: kept },
    Class { name: "2,000 unfinished heads of 7.9 KB", who: "stranger", config: "", attack: heads },
    Class { name: "2,000 unfinished bodies of 15 KB", who: "stranger", config: "", attack: small_bodies },
    Class { name: "200 uploads of 16 MB without a token", who: "stranger", config: "", attack: strange_uploads },
    Class { name: "1,000 TLS connections", who: "stranger", config: "[api]\nmode = \"network\"\n", attack: over_tls },
    Class { name: "8 bodies of 256 KB: deep JSON", who: "program", config: "", attack: deep },
    Class { name: "8 bodies of 256 KB: wide JSON", who: "program", config: "", attack: wide },
    Class { name: "100 unfinished bodies of 250 KB", who: "program", config: "", attack: large_bodies },
    Class { name: "4 uploads of 16 MB at once", who: "program", config: "", attack: uploads },
    Class { name: "a form of 16 MB in 200,000 parts", who: "program", config: "", attack: parts },
    Class { name: "100 forms of 250 KB, unfinished", who: "program", config: "", attack: forms },
    Class { name: "500 long polls", who: "program", config: "", attack: polls },
    Class { name: "50 polls of 6 MB of updates, not read", who: "program", config: "", attack: updates },
    Class { name: "webhook answers of 256 KB JSON", who: "program", config: "", attack: webhooks },
    Class { name: "AI: 56 answers of 1 MB of brackets", who: "program", config: "", attack: ai_brackets },
    Class { name: "AI: 56 answers of one endless line", who: "program", config: "", attack: ai_line },
    Class { name: "AI: 56 floods of events", who: "program", config: "", attack: ai_events },
];

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let binary = PathBuf::from(env::var("FOOTPRINT_BINARY").unwrap_or(env!("CARGO_BIN_EXE_botmother").to_string()));
    raise_file_limit();
    println!("| what comes | from | before KiB | highest | more | afterwards |\n|---|---|---|---|---|---|");
    let mut is_over = false;
    for class in CLASSES.iter().filter(|class| wanted.is_empty() || wanted.iter().any(|word| class.name.contains(word)))
    {
        let (before, highest, after) = measure(class, &binary);
        let more = highest.saturating_sub(before);
        is_over |= more > BOUND_KIB;
        let mark = if more > BOUND_KIB { " **over**" } else { "" };
        println!("| {} | {} | {before} | {highest} | {more}{mark} | {after} |", class.name, class.who);
    }
    process::exit(i32::from(is_over));
}

fn measure(class: &Class, binary: &std::path::Path) -> (u64, u64, u64) {
    // Made in local mode, where nobody needs a token for it.
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let token = daemon.create_bot("Target", OWNER);
    let second = daemon.create_bot("Second", OWNER);
    daemon.stop();
    let config = if class.config.is_empty() { "[api]\n" } else { class.config };
    fs::write(daemon.dir.join("config.toml"), format!("{config}rate_limit = 0\n")).expect("written");
    let process = Process::spawn(&daemon, binary);
    let port = daemon.port;
    let scene = Scene { daemon, token, second, port };
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        thread::sleep(Duration::from_millis(5));
    }
    if class.config.is_empty() {
        for _ in 0..50 {
            scene.daemon.http().get("/bot/getMe", Some(&scene.token));
        }
    }
    thread::sleep(Duration::from_millis(500));
    let pid = process.0.id();
    let before = status(pid, "VmRSS:");
    // The highest count begins anew (proc(5)).
    fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("our own child");
    (class.attack)(&scene);
    let highest = status(pid, "VmHWM:");
    thread::sleep(Duration::from_millis(1_500));
    (before, highest, status(pid, "VmRSS:"))
}

fn status(pid: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, ..now });
}

/// For what is sent to be read and held.
fn settle() {
    thread::sleep(Duration::from_millis(1_500));
}

fn head(path: &str, token: Option<&str>, more: &str) -> String {
    let login = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{login}{more}\r\n")
}

impl Scene {
    /// So many connections on which these bytes were sent, as far as they were taken.
    fn crowd(&self, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
        let open = |_| {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
            stream.set_write_timeout(Some(Duration::from_millis(500))).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
            let _ = stream.write_all(bytes);
            Some(stream)
        };
        (0..count).filter_map(open).collect()
    }

    /// The same at once, each until it is answered.
    fn at_once(&self, count: usize, bytes: &[u8]) {
        thread::scope(|scope| {
            for _ in 0..count {
                scope.spawn(|| {
                    for mut stream in self.crowd(1, &[]) {
                        let _ = stream.set_write_timeout(Some(Duration::from_secs(10)));
                        let _ = stream.write_all(bytes);
                        let _ = stream.read(&mut [0; 4096]);
                    }
                });
            }
        });
    }
}

fn silent(scene: &Scene) {
    let crowd = scene.crowd(2_000, b"");
    settle();
    drop(crowd);
}

fn kept(scene: &Scene) {
    let mut crowd = scene.crowd(2_000, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    crowd.iter_mut().for_each(|stream| drop(stream.read(&mut [0; 4096])));
    settle();
}

fn heads(scene: &Scene) {
    let crowd = scene.crowd(2_000, format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}", "x".repeat(7_900)).as_bytes());
    settle();
    drop(crowd);
}

fn small_bodies(scene: &Scene) {
    let bytes = head("/bot/sendMessage", None, "Content-Length: 16000\r\n") + &"x".repeat(15_000);
    let crowd = scene.crowd(2_000, bytes.as_bytes());
    settle();
    drop(crowd);
}

fn strange_uploads(scene: &Scene) {
    let bytes = head("/bot/sendFile", None, "Content-Length: 16000000\r\n") + &"x".repeat(1_000_000);
    let crowd = scene.crowd(200, bytes.as_bytes());
    settle();
    drop(crowd);
}

fn over_tls(scene: &Scene) {
    let config = trusting(&scene.daemon.dir.join("data/api-tls/server.crt"));
    let name = ServerName::try_from("localhost").expect("a name");
    let mut crowd = Vec::new();
    for stream in scene.crowd(1_000, b"") {
        let client = ClientConnection::new(config.clone(), name.clone()).expect("a client");
        let mut stream = StreamOwned::new(client, stream);
        let _ = stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let size = stream.read(&mut [0; 4096]).unwrap_or(0);
        crowd.push((stream, size));
    }
    assert!(crowd.iter().any(|(_, size)| *size > 0), "nobody was answered over TLS");
    settle();
}

fn deep(scene: &Scene) {
    let body = format!("{{\"to\":{}", "[".repeat(250_000));
    let head = head("/bot/sendMessage", Some(&scene.token), &format!("Content-Length: {}\r\n", body.len()));
    scene.at_once(8, (head + &body).as_bytes());
}

fn wide(scene: &Scene) {
    for value in ["0,", "{\"\":0},", "[],", "\"\","] {
        let body = format!("{{\"to\":[{}0]}}", value.repeat(250_000 / value.len()));
        let head = head("/bot/sendMessage", Some(&scene.token), &format!("Content-Length: {}\r\n", body.len()));
        scene.at_once(8, (head + &body).as_bytes());
    }
}

fn large_bodies(scene: &Scene) {
    let bytes = head("/bot/sendMessage", Some(&scene.token), "Content-Length: 250000\r\n") + &"x".repeat(249_000);
    let crowd = scene.crowd(100, bytes.as_bytes());
    settle();
    drop(crowd);
}

/// A form with these parts.
fn form(scene: &Scene, body: &str) -> Vec<u8> {
    let head = format!("Content-Length: {}\r\n", body.len());
    let head = head_of_form(scene, &head);
    (head + body).into_bytes()
}

fn head_of_form(scene: &Scene, more: &str) -> String {
    head("/bot/sendFile", Some(&scene.token), more).replace("application/json", "multipart/form-data; boundary=b")
}

fn field(name: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn uploads(scene: &Scene) {
    let body = field("to", OWNER) + &field("file", &"x".repeat(16 * 1024 * 1024)) + "--b--\r\n";
    scene.at_once(4, &form(scene, &body));
}

fn parts(scene: &Scene) {
    let body = field("to", OWNER) + &field("x", "y").repeat(200_000) + "--b--\r\n";
    scene.at_once(4, &form(scene, &body));
    // As long as a value may be, and longer.
    let body = field("to", OWNER) + &field("caption", &"x".repeat(16_000_000)) + "--b--\r\n";
    scene.at_once(4, &form(scene, &body));
}

fn forms(scene: &Scene) {
    let bytes = head_of_form(scene, "Content-Length: 16000000\r\n") + &field("file", &"x".repeat(250_000));
    let crowd = scene.crowd(100, bytes.as_bytes());
    settle();
    drop(crowd);
}

fn polls(scene: &Scene) {
    let poll = head("/bot/getUpdates?timeout=50", Some(&scene.token), "").replace("POST", "GET");
    let crowd = scene.crowd(500, poll.as_bytes());
    settle();
    drop(crowd);
}

fn updates(scene: &Scene) {
    fill_queue(scene);
    let poll = head("/bot/getUpdates?limit=100", Some(&scene.token), "").replace("POST", "GET");
    let crowd = scene.crowd(50, poll.as_bytes());
    settle();
    drop(crowd);
}

/// A hundred updates of 60 KB.
fn fill_queue(scene: &Scene) {
    let mut http = scene.daemon.http();
    for number in 0..100 {
        let text = format!("{number} {}", "x".repeat(60_000));
        http.post("/local/say", None, &format!(r#"{{"to":"Target","text":"{text}"}}"#)).ok();
    }
}

fn webhooks(scene: &Scene) {
    let wide = format!("{{\"method\":[{}0]}}", "{\"\":0},".repeat(250_000 / 7));
    let stub = Stub::fixed(answer("200 OK", "Content-Type: application/json\r\n", &wide));
    let mut http = scene.daemon.http();
    let hook = format!(r#"{{"url":"{}"}}"#, stub.url("/"));
    http.post("/bot/setWebhook", Some(&scene.token), &hook).ok();
    for number in 0..50 {
        http.post("/local/say", None, &format!(r#"{{"to":"Target","text":"{number}"}}"#)).ok();
    }
    settle();
}

/// As many conversations with an AI there as go on at once, of two bots; most are heard while they come.
fn converse(scene: &Scene, stub: &Stub) {
    let setup = format!(r#"{{"provider":"openai","model":"m","endpoint":"{}","timeout":5}}"#, stub.url("/v1"));
    for token in [&scene.token, &scene.second] {
        scene.daemon.http().post("/bot/ai/setup", Some(token), &setup).ok();
    }
    thread::scope(|scope| {
        for number in 0..limits::AI_CALLS_MAX {
            let token = if number % 2 == 0 { &scene.token } else { &scene.second };
            scope.spawn(move || {
                let body = format!(r#"{{"message":"q","from":"c{number}","stream":{}}}"#, number % 4 < 3);
                let length = format!("Content-Length: {}\r\nConnection: close\r\n", body.len());
                for mut stream in scene.crowd(1, (head("/bot/ai/ask", Some(token), &length) + &body).as_bytes()) {
                    let mut all = Vec::new();
                    let _ = stream.read_to_end(&mut all);
                }
            });
        }
    });
}

fn ai_brackets(scene: &Scene) {
    converse(scene, &Stub::fixed(answer("200 OK", "", &"[".repeat(1_000_000))));
}

fn flood(piece: Vec<u8>) -> Stub {
    Stub::new(move |socket, _| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
        for _ in 0..20_000_000 / piece.len() {
            if socket.write_all(&piece).is_err() {
                return;
            }
        }
    })
}

fn ai_line(scene: &Scene) {
    converse(scene, &flood(vec![b'{'; 65_536]));
    converse(scene, &flood([b"data: ".to_vec(), vec![b'x'; 1_000], b"\n".to_vec()].concat()));
}

fn ai_events(scene: &Scene) {
    converse(scene, &flood(b"data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n".repeat(100)));
}
