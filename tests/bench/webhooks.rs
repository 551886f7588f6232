//! `cargo bench --bench webhooks`: how fast waiting updates go to webhooks, beside a bare loop of ureq in the same run.
//!
//! Updates wait in the queues of one bot or sixteen; the clock runs from the first `setWebhook` to the last arrival. The
//! bare loop posts the same bodies from as many threads, each over a connection that stays open, without a database,
//! signature or promise. Nothing is asserted; what is lost, doubled or reordered is counted. BOTMOTHER_BENCH_RUNS (default 5),
//! BOTMOTHER_BENCH_MESSAGES (default 4000) and FOOTPRINT_BINARY (another binary).

#![allow(missing_docs, unreachable_pub)]

#[allow(dead_code)]
mod figures;
#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, thread};

use figures::{Faults, Tally, median, spread};
use support::daemon::Daemon;
use support::process::Process;

/// When nothing came for so long, what is missing is lost.
const SILENCE: Duration = Duration::from_secs(20);
/// What comes twice has come by then.
const AFTERMATH: Duration = Duration::from_millis(400);
/// Stands before the number of an update, in its text.
const TEXT: &str = "Hello number ";

/// Counts what is posted to it. Of `every` updates it gets one.
struct Receiver {
    port: u16,
    tally: Arc<Mutex<Tally>>,
}

impl Receiver {
    fn start(every: usize, each: usize) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let receiver = Receiver { port, tally: Arc::new(Mutex::new(Tally::new(1, each, each))) };
        let tally = receiver.tally.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tally = tally.clone();
                thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    let mut reader = BufReader::new(stream);
                    while let Some(number) = take(&mut reader) {
                        tally.lock().expect("no panic").note(0, number / every);
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

/// One request, read whole: the number in its text.
fn take(reader: &mut impl BufRead) -> Option<usize> {
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
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    let (_, number) = body.split_once(TEXT)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// What one run of one program gave.
struct Run {
    rate: f64,
    faults: Faults,
}

/// Waits until all has come or nothing comes any more.
fn wait(receivers: &[Receiver], begun: Instant) -> Run {
    let tallies = || receivers.iter().map(|receiver| receiver.tally.lock().expect("no panic"));
    let last = || tallies().map(|tally| tally.last).max().expect("one at least");
    while !tallies().all(|tally| tally.is_full()) && last().max(begun).elapsed() < SILENCE {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(AFTERMATH);
    let took = (last() - begun).as_secs_f64();
    let mut run = Run { rate: 0.0, faults: Faults::default() };
    for tally in tallies() {
        run.rate += tally.arrived as f64 / took;
        let Faults { lost, doubled, reordered, .. } = tally.faults(0);
        run.faults.lost += lost;
        run.faults.doubled += doubled;
        run.faults.reordered += reordered;
    }
    run
}

fn receivers(count: usize, messages: usize) -> Vec<Receiver> {
    (0..count).map(|_| Receiver::start(count, messages / count)).collect()
}

/// Deliveries by the daemon.
fn run_daemon(daemon: &Daemon, count: usize, messages: usize) -> Run {
    let receivers = receivers(count, messages);
    let mut http = daemon.http();
    let tokens: Vec<String> = (0..count).map(|n| daemon.create_bot(&format!("B{n}"), "owner@local")).collect();
    for number in 0..messages {
        let body = format!(r#"{{"to":"B{}","text":"{TEXT}{number}"}}"#, number % count);
        http.post("/local/say", None, &body).ok();
    }
    let begun = Instant::now();
    for (token, receiver) in tokens.iter().zip(&receivers) {
        http.post("/bot/setWebhook", Some(token), &format!(r#"{{"url":"{}"}}"#, receiver.url())).ok();
    }
    let run = wait(&receivers, begun);
    for bot in http.get("/bot/list", None).ok().at("bots").list() {
        http.post("/bot/delete", None, &format!(r#"{{"id":{}}}"#, bot.at("id").number())).ok();
    }
    run
}

/// Posts by the bare loop.
fn run_bare(count: usize, messages: usize) -> Run {
    let receivers = receivers(count, messages);
    let begun = Instant::now();
    thread::scope(|scope| {
        for (first, receiver) in receivers.iter().enumerate() {
            scope.spawn(move || {
                let (agent, url) = (ureq::Agent::new_with_defaults(), receiver.url());
                for number in (first..messages).step_by(count) {
                    let body = body(number);
                    let mut answer = agent.post(&url).content_type("application/json").send(&body).expect("an answer");
                    answer.body_mut().read_to_vec().expect("its body");
                }
            });
        }
    });
    wait(&receivers, begun)
}

fn body(number: usize) -> String {
    format!(
        r#"{{"update_type":"message","data":{{"from":"owner@local","to":"owner@local","body":"{TEXT}{number}","type":"chat","stanza_id":"local-1234","timestamp":1707900000}}}}"#
    )
}

fn number(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    let (runs, messages) = (number("BOTMOTHER_BENCH_RUNS", 5), number("BOTMOTHER_BENCH_MESSAGES", 4_000));
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    // A second start, because the first one logs everything.
    daemon.stop();
    let given = env::var_os("FOOTPRINT_BINARY").map(PathBuf::from);
    let mut process = Process::spawn(&daemon, &given.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_botmother"))));
    process.wait_serving(&daemon);
    println!("| updates to | program | /s | to the bare loop | lost, doubled, reordered |\n|---|---|---|---|---|");
    for receivers in [1, 16] {
        let messages = messages - messages % receivers;
        let (mut bare, mut ours) = (Vec::new(), Vec::new());
        for run in 0..runs {
            bare.push(run_bare(receivers, messages));
            ours.push(run_daemon(&daemon, receivers, messages));
            eprintln!("{receivers}: run {} of {runs}: {:.0}/s, {:.0}/s", run + 1, bare[run].rate, ours[run].rate);
        }
        let webhooks = if receivers == 1 { "1 webhook" } else { &format!("{receivers} webhooks") };
        let rates = |runs: &[Run]| runs.iter().map(|run| run.rate).collect::<Vec<f64>>();
        let bare_rate = median(rates(&bare));
        for (name, runs) in [("bare", bare), ("Botmother", ours)] {
            let (rates, add) = (rates(&runs), |what: fn(&Faults) -> usize| -> usize {
                runs.iter().map(|run| what(&run.faults)).sum()
            });
            let (lost, doubled, reordered) = (add(|f| f.lost), add(|f| f.doubled), add(|f| f.reordered));
            let (spread, rate) = (spread(&rates), median(rates));
            let ratio = rate / bare_rate;
            println!(
                "| {webhooks} | {name} | {rate:.0} (±{spread:.0} %) | {ratio:.2} | {lost}, {doubled}, {reordered} |"
            );
        }
    }
}
