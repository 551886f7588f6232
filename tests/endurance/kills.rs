//! Nothing but `kill -9`, as many as there is time for, while everybody talks: programs send, people write, a webhook is
//! posted to, new bots are made, and one bot speaks with somebody encrypted. `tests/endurance/run` writes down what came of it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::crew::Crew;
use super::support::daemon::Daemon;
use super::support::encrypted::{BOTH, until};
use super::support::load::{self, Accepted, People, Program, Random, Senders, lock};
use super::support::peer::{Login, Peer, python};
use super::support::server::{Kind, Server, Storage};
use super::{
    ARRIVAL_LIMIT, LIMIT, NAMES, NO_RATE_LIMIT, Outcome, SEND_PAUSE, WRITE_PAUSE, out_of_order, settle, start_server,
};

/// How long a life of the daemon lasts at most once it answers.
const LIFE_MS: u64 = 900;
/// A new bot, something encrypted, a look into the files: with each so many kills.
const FRESH_EVERY: usize = 50;
const SEALED_EVERY: usize = 10;
const CHECK_EVERY: usize = 25;
/// People log out and in again, as what a server on a busy machine has not dealt with yet piles up in it.
const REST_EVERY: usize = 100;

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// A bot that says nothing in plain text, and a client of another implementation.
struct Sealed {
    bot: String,
    device: String,
    token: String,
    program: Program,
    phone: Peer,
    asked: Vec<String>,
    answers: Vec<Accepted>,
}

impl Sealed {
    fn start(server: &Server, daemon: &Daemon) -> Sealed {
        ["sealed", "sealer"].iter().for_each(|user| server.add_user(user, NAMES.password));
        let bot = server.jid("sealed");
        let body = format!(
            r#"{{"name":"Sealed","account":"{}","mode":"cloud","access":"public","jid":"{bot}","password":"{}","encrypt":"required"}}"#,
            server.jid("sealer"),
            NAMES.password
        );
        let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        let login = Login { omemo: BOTH, ..Login::default() };
        let mut phone = Peer::login_with(server, "sealer", NAMES.password, "phone", &login);
        let device = announced(&mut phone, &bot, daemon);
        let program = Program::silent(daemon.port, &token);
        Sealed { bot, device, token, program, phone, asked: Vec::new(), answers: Vec::new() }
    }

    /// Something for the bot, right before it is killed.
    fn ask(&mut self) {
        let text = format!("sealed {}", self.asked.len());
        let version = ["2", "0.3"][self.asked.len() % 2];
        self.phone.encrypt(&self.bot, &text, version);
        self.asked.push(text);
    }

    fn answer(&mut self, daemon: &Daemon) {
        let text = format!("answer {}", self.answers.len());
        let to = self.phone.jid.split('/').next().unwrap_or_default().to_string();
        self.answers.push(load::send(&mut daemon.http(), &self.token, &to, &text, &text));
    }

    /// How many were said, both ways, and what is broken.
    fn judge(mut self, daemon: &Daemon) -> (usize, Vec<String>) {
        let begun = Instant::now();
        while self.program.count() < self.asked.len() && begun.elapsed() < ARRIVAL_LIMIT {
            thread::sleep(Duration::from_millis(100));
        }
        // Both directions once more, now that nobody kills it.
        self.ask();
        self.answer(daemon);
        let mut broken = Vec::new();
        for sent in &self.answers {
            let message = self.phone.expect(ARRIVAL_LIMIT, |message| message.id == sent.message_id);
            if message.body != sent.body || message.encrypted.is_empty() {
                broken.push(format!("not readable, or not encrypted: {message:?}"));
            }
        }
        while self.program.count() < self.asked.len() && begun.elapsed() < ARRIVAL_LIMIT * 2 {
            thread::sleep(Duration::from_millis(100));
        }
        let device = announced(&mut self.phone, &self.bot, daemon);
        if device != self.device {
            broken.push(format!("the bot's device was {} and is {device}", self.device));
        }
        let seen: Vec<String> = self.program.finish().into_iter().map(|seen| seen.body).collect();
        if seen != self.asked {
            broken.push(format!("encrypted to the bot: {:?}, told {seen:?}", self.asked));
        }
        (self.asked.len() + self.answers.len(), broken)
    }
}

/// The bot's device, which does not change.
fn announced(phone: &mut Peer, bot: &str, daemon: &Daemon) -> String {
    until(daemon, || match &phone.devices(bot)[..] {
        [(device, versions)] if versions == BOTH => Ok(device.clone()),
        others => Err(others.to_vec()),
    })
}

/// What SQLite says of the files as a kill has left them; of a copy, because to look is to recover.
fn integrity(daemon: &Daemon) -> String {
    let copy = daemon.dir.join("copy");
    fs::create_dir_all(&copy).expect("a folder for the copy");
    for name in ["botmother.db", "botmother.db-wal"] {
        let _ = fs::remove_file(copy.join(name));
        let from = daemon.dir.join("data").join(name);
        if from.exists() {
            fs::copy(&from, copy.join(name)).expect("copied");
        }
    }
    // Ours is built without this check.
    let program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
                   print(*[row[0] for row in c.execute('PRAGMA integrity_check')], *c.execute('PRAGMA foreign_key_check'))";
    let output = Command::new(python()).args(["-c", program]).arg(copy.join("botmother.db")).output().expect("python");
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&said).trim().to_string()
}

/// One row for `last.md`.
fn report(row: &str) {
    println!("{row}");
    let Some(path) = std::env::var_os("ENDURANCE_REPORT") else { return };
    let file = fs::File::options().append(true).create(true).open(Path::new(&path));
    file.and_then(|mut file| writeln!(file, "{row}")).expect("the report can be written");
}

fn more_than_once<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    load::tally(texts).values().filter(|times| **times > 1).count()
}

pub(super) fn kills(kind: Kind) {
    let (count, seconds) = (setting("ENDURANCE_KILLS", 1_000), setting("ENDURANCE_SECONDS", u64::from(u32::MAX)));
    // What is stored so outlives it, and is read in reasonable time; see `endurance`.
    let Some(server) = start_server(kind, Storage::Sql) else { return };
    let (own, friend) = (server.jid(NAMES.owner), server.jid(NAMES.friend));
    let mut random = Random::seeded(kind.name());
    let mut daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let program = Program::silent(daemon.port, &token);
    let mut crew = Crew::start(&server, &daemon, &friend);
    let mut sealed = Sealed::start(&server, &daemon);
    crew.beside += 1;
    let recipients = [friend.clone(), friend.clone(), friend, own].map(|to| (to, "chat"));
    let senders = Senders::start(daemon.port, &token, &recipients, SEND_PAUSE);
    let server = Arc::new(Mutex::new(server));
    let people = People::start(&server, NAMES, WRITE_PAUSE * 2, crew.others.clone());

    let begun = Instant::now();
    let (mut killed, mut checks) = (0, Vec::new());
    while killed < count as usize && begun.elapsed().as_secs() < seconds {
        if killed % REST_EVERY == REST_EVERY - 1 {
            people.rest();
            people.go();
        }
        if killed % FRESH_EVERY == 0 {
            crew.add_fresh(&server, &daemon);
        }
        if killed % SEALED_EVERY == 5 {
            sealed.ask();
        }
        thread::sleep(random.millis(0, LIFE_MS));
        daemon.kill();
        if killed % CHECK_EVERY == 0 {
            checks.push(integrity(&daemon));
        }
        daemon.start_again();
        if killed % SEALED_EVERY == 5 {
            sealed.answer(&daemon);
        }
        killed += 1;
    }
    let took = begun.elapsed().as_secs();
    let accepted = senders.finish();
    daemon.wait_online(1, ARRIVAL_LIMIT);
    // While people are there: a server keeps so many messages for who is not (ejabberd here: 1,000), and returns the others.
    let waits = || !daemon.http().get("/metrics", None).body.contains("botmother_outbox_depth 0\n");
    let begun = Instant::now();
    while waits() && begun.elapsed() < ARRIVAL_LIMIT * 4 {
        thread::sleep(Duration::from_millis(200));
    }
    people.rest();
    let written = people.finish();
    let server = lock(&server);
    let outcome = settle(&server, accepted, written.own.clone(), Vec::new(), program);
    let mut broken = outcome.judge(kind.name(), &[]);
    broken.extend(crew.judge(kind.name(), &server, &daemon, &written, ARRIVAL_LIMIT));
    let (said, sealed_broken) = sealed.judge(&daemon);
    daemon.kill();
    checks.push(integrity(&daemon));
    let damaged: Vec<&String> = checks.iter().filter(|check| *check != "ok").collect();
    report(&row(kind, killed, took, &outcome, (said, sealed_broken.len()), (checks.len(), damaged.len())));
    broken.extend(sealed_broken);
    broken.extend(damaged.iter().map(|check| format!("integrity_check: {check}")));
    if !broken.is_empty() {
        report(&format!("\n{}: {}\n", kind.name(), broken.join("; ").chars().take(2_000).collect::<String>()));
        daemon.keep_files();
    }
    assert!(broken.is_empty(), "{}: {}", kind.name(), broken.join("\n"));
}

fn row(
    kind: Kind,
    killed: usize,
    took: u64,
    outcome: &Outcome,
    sealed: (usize, usize),
    checks: (usize, usize),
) -> String {
    let sends = (
        outcome.accepted.len(),
        outcome.lost_sends().len(),
        more_than_once(outcome.friends.iter().map(|entry| entry.id.as_str())),
    );
    let updates = (
        outcome.written.len(),
        outcome.lost_updates().len(),
        more_than_once(outcome.seen.iter().map(|seen| seen.body.as_str())),
        out_of_order(&outcome.seen).len(),
    );
    format!(
        "| {} | {killed} | {took} s | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} of {} |",
        kind.name(),
        sends.0,
        sends.1,
        sends.2,
        updates.0,
        updates.1,
        updates.2,
        updates.3,
        sealed.0,
        sealed.1,
        checks.0 - checks.1,
        checks.0
    )
}
