//! `cargo bench --bench talk`: conversations with AIs that are heard while they come, many at once.
//!
//! A service on this machine says a word each 50 ms, forty in all; each conversation is a client of its own that reads the
//! events. Beside it a bare loop: as many threads that ask the service themselves. Printed are the time to the first word
//! and to the last, memory and threads at their highest. Nothing is asserted but that every answer is whole. Numbers after
//! `--` are how many conversations (50); FOOTPRINT_BINARY is another binary.

#![allow(missing_docs, unreachable_pub)]

#[allow(dead_code)]
mod figures;
#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use figures::{percentiles, resident};
use support::daemon::Daemon;
use support::process::Process;
use support::stub::Stub;

const WORDS: usize = 40;
const PACE: Duration = Duration::from_millis(50);
/// Says its words, whatever it is asked.
fn speaker() -> Stub {
    Stub::new(|socket, _| {
        let _ = socket.set_nodelay(true);
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
        for number in 0..WORDS {
            thread::sleep(PACE);
            let line = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"word{number} \"}}}}]}}\n\n");
            if socket.write_all(line.as_bytes()).is_err() {
                return;
            }
        }
        let _ = socket.write_all(b"data: [DONE]\n\n");
    })
}

/// Asks and reads to the end: seconds to the first word and to the last.
fn listen(port: u16, path: &str, token: &str, conversation: usize) -> (f64, f64) {
    let begun = Instant::now();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    let body = format!(r#"{{"message":"A story?","stream":true,"from":"c{conversation}"}}"#);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + &body).as_bytes()).expect("the request");
    let (mut first, mut whole) = (0.0, String::new());
    for line in BufReader::new(socket).lines().map_while(Result::ok).filter(|line| line.contains("word")) {
        if first == 0.0 {
            first = begun.elapsed().as_secs_f64();
        }
        whole += &line;
    }
    let last = format!("word{}", WORDS - 1);
    assert!(whole.contains("word0") && whole.contains(&last), "{whole}");
    (first, begun.elapsed().as_secs_f64())
}

fn all(count: usize, listen: impl Fn(usize) -> (f64, f64) + Sync) -> (Vec<f64>, Vec<f64>) {
    let listen = &listen;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|number| scope.spawn(move || listen(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).unzip()
    })
}

fn threads_of(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

fn show(name: &str, first: Vec<f64>, last: Vec<f64>, more: &str) {
    let ((f50, f99), (l50, l99)) = (percentiles(first), percentiles(last));
    println!("| {name} | {f50:.2} / {f99:.2} | {l50:.2} / {l99:.2} | {more} |");
}

fn main() {
    let counts: Vec<usize> = env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let speaker = speaker();
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    // A second start, because the first one logs everything.
    daemon.stop();
    let given = env::var_os("FOOTPRINT_BINARY").map(PathBuf::from);
    let mut process = Process::spawn(&daemon, &given.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_botmother"))));
    process.wait_serving(&daemon);
    let pid = process.0.id();
    println!("| | first word p50 / p99 s | whole p50 / p99 s | MB before / highest | threads before / highest |");
    println!("|---|---|---|---|---|");
    for count in if counts.is_empty() { vec![50] } else { counts } {
        let mut http = daemon.http();
        let token = daemon.create_bot(&format!("B{count}"), "owner@local");
        let setup = format!(r#"{{"provider":"openai","model":"m","endpoint":"{}"}}"#, speaker.url("/v1"));
        http.post("/bot/ai/setup", Some(&token), &setup).ok();
        let (first, last) = all(count, |number| listen(speaker.address.port(), "/v1/chat/completions", "x", number));
        show(&format!("bare, {count}"), first, last, "| ");
        let before = (resident(pid), threads_of(pid));
        let is_over = AtomicBool::new(false);
        let ((first, last), highest) = thread::scope(|scope| {
            let watch = scope.spawn(|| {
                let mut highest = before;
                while !is_over.load(Ordering::SeqCst) {
                    highest = (highest.0.max(resident(pid)), highest.1.max(threads_of(pid)));
                    thread::sleep(Duration::from_millis(20));
                }
                highest
            });
            let heard = all(count, |number| listen(daemon.port, "/bot/ai/ask", &token, number));
            is_over.store(true, Ordering::SeqCst);
            (heard, watch.join().expect("watched"))
        });
        let more = format!("{:.1} / {:.1} | {} / {}", before.0, highest.0, before.1, highest.1);
        show(&format!("Botmother, {count}"), first, last, &more);
    }
}
