//! `cargo bench --bench webhooks`: how fast waiting updates go to webhooks, beside a bare loop of ureq in the same run.
//!
//! Updates wait in the queues of one bot or sixteen; the clock runs from the first `setWebhook` to the last arrival. The
//! bare loop posts the same bodies from as many threads, each over a connection that stays open, without a database,
//! signature or promise. Nothing is asserted but that all arrive. BOTMOTHER_BENCH_RUNS (default 5),
//! BOTMOTHER_BENCH_MESSAGES (default 4000) and FOOTPRINT_BINARY (another binary).

#![allow(missing_docs, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use support::daemon::Daemon;
use support::process::Process;

const LIMIT: Duration = Duration::from_secs(300);
const BODY: &str = r#"{"update_type":"message","data":{"from":"owner@local","to":"owner@local","body":"Hello number 1234","type":"chat","stanza_id":"local-1234","timestamp":1707900000}}"#;

/// Counts what is posted to it.
struct Receiver {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Receiver {
    fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let receiver = Receiver { port, count: Arc::default() };
        let count = receiver.count.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = count.clone();
                thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    let mut reader = BufReader::new(stream);
                    while take(&mut reader).is_some() {
                        count.fetch_add(1, Ordering::SeqCst);
                        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                        if reader.get_mut().write_all(answer).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        receiver
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

/// One request, read whole.
fn take(reader: &mut impl BufRead) -> Option<()> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let header = line.trim().to_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()
}

fn wait(receivers: &[Receiver], count: usize) {
    let begun = Instant::now();
    while receivers.iter().map(|receiver| receiver.count.load(Ordering::SeqCst)).sum::<usize>() < count {
        assert!(begun.elapsed() < LIMIT, "not all arrived");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Deliveries a second by the daemon.
fn run_daemon(daemon: &Daemon, receivers: usize, count: usize) -> f64 {
    let receivers: Vec<Receiver> = (0..receivers).map(|_| Receiver::start()).collect();
    let mut http = daemon.http();
    let tokens: Vec<String> =
        (0..receivers.len()).map(|n| daemon.create_bot(&format!("B{n}"), "owner@local")).collect();
    for number in 0..count {
        let body = format!(r#"{{"to":"B{}","text":"Hello number {number}"}}"#, number % receivers.len());
        http.post("/local/say", None, &body).ok();
    }
    let begun = Instant::now();
    for (token, receiver) in tokens.iter().zip(&receivers) {
        http.post("/bot/setWebhook", Some(token), &format!(r#"{{"url":"{}"}}"#, receiver.url())).ok();
    }
    wait(&receivers, count);
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    for bot in http.get("/bot/list", None).ok().at("bots").list() {
        http.post("/bot/delete", None, &format!(r#"{{"id":{}}}"#, bot.at("id").number())).ok();
    }
    rate
}

/// Posts a second by the bare loop.
fn run_bare(receivers: usize, count: usize) -> f64 {
    let receivers: Vec<Receiver> = (0..receivers).map(|_| Receiver::start()).collect();
    let begun = Instant::now();
    let each = count / receivers.len();
    thread::scope(|scope| {
        for receiver in &receivers {
            scope.spawn(move || {
                let (agent, url) = (ureq::Agent::new_with_defaults(), receiver.url());
                for _ in 0..each {
                    let mut answer = agent.post(&url).content_type("application/json").send(BODY).expect("an answer");
                    answer.body_mut().read_to_vec().expect("its body");
                }
            });
        }
    });
    wait(&receivers, each * receivers.len());
    (each * receivers.len()) as f64 / begun.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn number(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    let (runs, count) = (number("BOTMOTHER_BENCH_RUNS", 5), number("BOTMOTHER_BENCH_MESSAGES", 4_000));
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    // A second start, because the first one logs everything.
    daemon.stop();
    let given = env::var_os("FOOTPRINT_BINARY").map(PathBuf::from);
    let mut process = Process::spawn(&daemon, &given.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_botmother"))));
    process.wait_serving(&daemon);
    println!("| | bare /s | Botmother /s | ratio |\n|---|---|---|---|");
    for receivers in [1, 16] {
        let (mut bare, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            bare.push(run_bare(receivers, count));
            ours.push(run_daemon(&daemon, receivers, count));
        }
        let (bare, ours) = (median(bare), median(ours));
        println!("| updates → {receivers} webhooks | {bare:.0} | {ours:.0} | {:.2} |", ours / bare);
    }
}
