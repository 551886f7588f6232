//! `cargo bench --bench wal`: how much a message writes into the database's log, which is what wears a memory card.
//!
//! Each binary in BOTMOTHER_BENCH_BINARIES (`old=PATH new=PATH`; default: the one just built) gets a bot with an account of its
//! own at a real Prosody, and, when its tables have grown to a size (WAL_BEFORE, default 2,000 messages each way), a message
//! at a time. Each message is a commit of its own, as on a router with one person talking. Counted are the bytes by which
//! the log grows, until the message is taken or sent and its rows are gone again. BOTMOTHER_BENCH_RUNS (default 2), in turns.

#![allow(missing_docs, unreachable_pub)]

#[allow(dead_code)]
mod figures;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};
use std::{env, fs, thread};

use figures::{median, spread};
use support::daemon::Daemon;
use support::http::{Http, Json};
use support::raw::Raw;
use support::server::{Kind, Options, Server};

const LIMIT: Duration = Duration::from_secs(20);
/// Messages that are counted: their pages fit into the log, which begins anew after a thousand.
const COUNTED: usize = 60;
/// Acknowledgements are written after 250 ms, if nothing else is.
const QUIET: Duration = Duration::from_millis(400);

fn main() {
    let given = env::var("BOTMOTHER_BENCH_BINARIES").unwrap_or_default();
    let named = |word: &str| word.split_once('=').map(|(name, path)| (name.to_string(), path.to_string()));
    let mut binaries: Vec<(String, String)> = given.split_whitespace().filter_map(named).collect();
    if binaries.is_empty() {
        binaries = vec![("Botmother".to_string(), env!("CARGO_BIN_EXE_botmother").to_string())];
    }
    let (before, runs) = (number("WAL_BEFORE", 2_000), number("BOTMOTHER_BENCH_RUNS", 2));
    let mut figures = vec![(Vec::new(), Vec::new()); binaries.len()];
    for run in 0..runs {
        for ((name, binary), (received, sent)) in binaries.iter().zip(&mut figures) {
            let Some(mut scene) = Scene::start(binary) else { return };
            scene.grow(before);
            received.push(scene.received() as f64);
            sent.push(scene.sent() as f64);
            eprintln!("{name}, run {} of {runs}: {:?} and {:?} bytes", run + 1, received[run], sent[run]);
        }
    }
    println!("| binary | received, bytes a message | sent, bytes a message |\n|---|---|---|");
    let show = |values: Vec<f64>| format!("{:.0} (±{:.0} %)", median(values.clone()), spread(&values));
    for ((name, _), (received, sent)) in binaries.iter().zip(figures) {
        println!("| {name} | {} | {} |", show(received), show(sent));
    }
}

fn number(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|count| count.parse().ok()).unwrap_or(default)
}

struct Scene {
    server: Server,
    daemon: Daemon,
    http: Http,
    person: Raw,
    bot: String,
    token: String,
    /// Where the next poll begins.
    offset: i64,
    count: usize,
}

impl Scene {
    fn start(binary: &str) -> Option<Scene> {
        let server = Server::start_with(Kind::Prosody, Options { archive: false, ..Options::default() })?;
        for user in ["owner", "robot"] {
            server.add_user(user, "pw");
        }
        let daemon = Daemon::with_binary(binary, &server, "owner", "pw", "[api]\nrate_limit = 0\n");
        daemon.wait_online(1, LIMIT);
        let (own, bot) = (server.jid("owner"), server.jid("robot"));
        let body = format!(r#"{{"name":"Robo","account":"{own}","mode":"dedicated","jid":"{bot}","password":"pw"}}"#);
        let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        let person = Raw::login(&server, "owner", "pw", "phone");
        let http = daemon.http();
        Some(Scene { server, daemon, http, person, bot, token, offset: 0, count: 0 })
    }

    fn say(&mut self) {
        self.count += 1;
        let (bot, id) =
            (&self.bot, format!("b3a1f2c4-0000-4000-8000-{:012}", self.count.wrapping_mul(7_919) % 1_000_003));
        self.person.send(&format!("<message to='{bot}' type='chat' id='{id}'><body>What time is it?</body><origin-id xmlns='urn:xmpp:sid:0' id='{id}'/></message>"));
    }

    /// Takes what there is, confirming what came before; gives how many came.
    fn take(&mut self, wait_s: u32) -> usize {
        let path = format!("/bot/getUpdates?timeout={wait_s}&offset={}", self.offset);
        let updates: Vec<Json> = self.http.get(&path, Some(&self.token)).ok().at("result").list();
        if let Some(last) = updates.last() {
            self.offset = last.at("update_id").number() + 1;
        }
        updates.len()
    }

    fn answer(&mut self) {
        let to = self.server.jid("owner");
        let body = format!(r#"{{"to":"{to}","text":"It is five o'clock."}}"#);
        self.http.post("/bot/sendMessage", Some(&self.token), &body).ok();
    }

    fn grow(&mut self, messages: usize) {
        for turn in 0..messages {
            self.say();
            self.answer();
            if turn % 50 == 49 {
                self.person.sync(&self.server.domain);
            }
        }
        let begun = Instant::now();
        let mut taken = 0;
        while taken < messages {
            assert!(begun.elapsed() < Duration::from_secs(300), "{taken} of {messages} arrived");
            taken += self.take(1);
        }
        self.take(0);
    }

    /// A fresh log: what was in it goes into the database at the end.
    fn fresh(&mut self) -> u64 {
        self.daemon.stop();
        self.daemon.start_again();
        self.daemon.wait_health("bots_online", 1, LIMIT);
        self.http = self.daemon.http();
        thread::sleep(2 * QUIET);
        self.log_bytes()
    }

    fn log_bytes(&self) -> u64 {
        let log = self.daemon.dir.join("data/botmother.db-wal");
        fs::metadata(log).map_or(0, |metadata| metadata.len())
    }

    fn received(&mut self) -> u64 {
        let before = self.fresh();
        for _ in 0..COUNTED {
            self.say();
            while self.take(5) == 0 {}
        }
        self.take(0);
        thread::sleep(QUIET);
        (self.log_bytes() - before) / COUNTED as u64
    }

    fn sent(&mut self) -> u64 {
        let before = self.fresh();
        for _ in 0..COUNTED {
            self.answer();
            self.person.wait("five o");
        }
        thread::sleep(QUIET);
        (self.log_bytes() - before) / COUNTED as u64
    }
}
