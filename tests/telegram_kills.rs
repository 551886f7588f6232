//! What is said between Telegram and here is there exactly once, whatever is killed: a daemon, the stub of Telegram's server, and
//! a proxy between them that cuts and refuses, while people on both sides write and a program sends.
//!
//! What comes from Telegram has no excuse. What goes there may be in doubt, where nobody can know: then it is there once or not
//! at all, is counted as in doubt, and its sender is told; what he sends again arrives. TELEGRAM_KILLS sets how much is broken
//! (default 14).

#![cfg(feature = "channel-telegram")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::{Http, Json};
use support::load::{Random, lock};
use support::proxy::Proxy;
use support::telegram::Telegram;

const TOKEN: &str = "42:AAkills-0123456789-0123456789-01234";
/// People at Telegram whose chats with the bot are linked.
const PEOPLE: usize = 8;
/// The pace that Telegram allows for one chat, so that little waits.
const SEND_PAUSE: Duration = Duration::from_millis(1_050);
const WRITE_PAUSE: Duration = Duration::from_millis(400);
const SETTLED: Duration = Duration::from_secs(90);
/// Long enough for something to come twice.
const QUIET: Duration = Duration::from_secs(2);

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    KillDaemon,
    KillStub,
    Cut,
    Refuse,
    /// A call is carried out, and its answer never comes.
    Lost,
    /// A call is cut before it is carried out.
    Closed,
    /// 429, then 502.
    Refusals,
    /// A poll ends without an answer.
    PollLost,
}

const MISHAPS: [Mishap; 10] = [
    Mishap::KillDaemon,
    Mishap::KillStub,
    Mishap::Cut,
    Mishap::Lost,
    Mishap::KillDaemon,
    Mishap::Refuse,
    Mishap::Closed,
    Mishap::KillDaemon,
    Mishap::Refusals,
    Mishap::PollLost,
];

/// All that takes part.
struct Arena {
    telegram: Telegram,
    proxy: Proxy,
    daemon: Daemon,
    token: String,
    people: Vec<i64>,
    /// The last line that was read, and all of them.
    read: Mutex<(i64, Vec<String>)>,
}

impl Arena {
    fn build() -> Arena {
        let telegram = Telegram::start();
        telegram.bot(TOKEN);
        let people: Vec<i64> = (0..PEOPLE).map(|number| telegram.user(&format!("P{number}"))).collect();
        let proxy = Proxy::start(telegram.port);
        let daemon = Daemon::start("[api]\nrate_limit = 0\n");
        let token = daemon.create_bot("Parrot", "owner@local");
        let body = format!(
            r#"{{"token":"{TOKEN}","chat_id":"{}","mode":"bridge","api_url":"http://127.0.0.1:{}"}}"#,
            people[0], proxy.port
        );
        daemon.http().post("/bot/telegram/setup", Some(&token), &body).ok();
        let arena = Arena { telegram, proxy, daemon, token, people, read: Mutex::default() };
        for (number, person) in arena.people.iter().enumerate() {
            if number > 0 {
                let body = format!(r#"{{"to":"Parrot","text":"/telegram add {person} p{number}"}}"#);
                arena.daemon.http().post("/local/say", None, &body).ok();
            }
            arena.telegram.say(*person, *person, &format!("in-{number}-hello"));
        }
        for number in 0..PEOPLE {
            arena.wait_heard(&format!("in-{number}-hello"));
        }
        arena
    }

    /// All lines of the owner's chat with the bot so far: it keeps only the last thousands, so they are read as they come.
    fn lines(&self) -> Vec<String> {
        let mut http = self.daemon.http();
        let mut read = lock(&self.read);
        loop {
            let after = read.0;
            let page = http.get(&format!("/local/read?with=Parrot&after={after}"), None).ok().at("result").list();
            let Some(last) = page.last() else { return read.1.clone() };
            read.0 = last.at("id").number();
            read.1.extend(page.iter().map(|line| line.at("text").text()));
        }
    }

    fn wait_heard(&self, text: &str) {
        let begun = Instant::now();
        while !self.lines().iter().any(|line| line.contains(text)) {
            let lines = self.lines();
            assert!(begun.elapsed() < SETTLED, "{text} is not in {lines:?}\n{}", self.daemon.log_text());
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn status(&self) -> Json {
        self.daemon.http().get("/bot/telegram/status", Some(&self.token)).ok().at("result")
    }

    fn breaks(&mut self, mishap: Mishap, random: &mut Random) {
        thread::sleep(random.millis(100, 900));
        let fault = |kind: &str| format!(r#"{{"method":"sendMessage",{kind}}}"#);
        match mishap {
            Mishap::KillDaemon => {
                self.daemon.kill();
                self.daemon.start_again();
            }
            Mishap::KillStub => {
                self.telegram.kill();
                thread::sleep(random.millis(0, 600));
                self.telegram.start_again();
            }
            Mishap::Cut => self.proxy.reset(),
            Mishap::Refuse => {
                self.proxy.refuse();
                self.proxy.reset();
                thread::sleep(random.millis(100, 1_500));
                self.proxy.resume();
            }
            Mishap::Lost => self.telegram.fault(&fault(r#""kind":"lost""#)),
            Mishap::Closed => self.telegram.fault(&fault(r#""kind":"close""#)),
            Mishap::Refusals => {
                self.telegram.fault(&fault(r#""kind":"error","code":429,"retry_after":1"#));
                self.telegram.fault(&fault(r#""kind":"error","code":502"#));
            }
            Mishap::PollLost => self.telegram.fault(r#"{"method":"getUpdates","kind":"lost"}"#),
        }
    }
}

/// Those who write, each in a thread of its own; each gives how much it said.
struct Writers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<usize>>,
}

impl Writers {
    fn start(arena: &Arena) -> Writers {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (number, person) in arena.people.iter().copied().enumerate() {
            let (stop_in, stop_out) = (stop.clone(), stop.clone());
            let (stub, api, token) = (arena.telegram.port, arena.daemon.port, arena.token.clone());
            threads.push(thread::spawn(move || {
                count(&stop_in, WRITE_PAUSE, |at| {
                    let text = format!("in-{number}-{at}.");
                    let body = format!(r#"{{"key":"{text}","from":{person},"chat":{person},"text":"{text}"}}"#);
                    insist(|| {
                        Http::new(stub).call("POST", "/_/say", None, &[], &body).is_some_and(|a| a.status == 200)
                    });
                })
            }));
            // The first chat is written to by the owner, the others by the program.
            let mut after = 0;
            threads.push(thread::spawn(move || {
                count(&stop_out, SEND_PAUSE, |at| match number {
                    0 => owner_says(api, &format!("out-{number}-{at}."), &mut after),
                    _ => program_says(api, &token, person, &format!("out-{number}-{at}.")),
                })
            }));
        }
        Writers { stop, threads }
    }

    /// How much was said: by each person, and to each.
    fn end(self) -> Vec<(usize, usize)> {
        self.stop.store(true, Ordering::SeqCst);
        let counts: Vec<usize> = self.threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        counts.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    }
}

fn count(stop: &AtomicBool, pause: Duration, mut say: impl FnMut(usize)) -> usize {
    let mut at = 0;
    while !stop.load(Ordering::SeqCst) {
        say(at);
        at += 1;
        thread::sleep(pause);
    }
    at
}

fn insist(mut attempt: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !attempt() {
        assert!(begun.elapsed() < SETTLED, "it is not taken");
        thread::sleep(Duration::from_millis(50));
    }
}

fn program_says(api: u16, token: &str, person: i64, text: &str) {
    let body = format!(r#"{{"to":"tg:{person}","text":"{text}"}}"#);
    let key = [("Idempotency-Key", text)];
    insist(|| {
        let answer = Http::new(api).call("POST", "/bot/sendMessage", Some(token), &key, &body);
        answer.is_some_and(|answer| answer.status == 200)
    });
}

/// The owner's client has no key: it looks whether its words are there before it says them again. `after`: what it has read.
fn owner_says(api: u16, text: &str, after: &mut i64) {
    let body = format!(r#"{{"to":"Parrot","text":"{text}"}}"#);
    insist(|| {
        loop {
            let path = format!("/local/read?with=Parrot&after={after}");
            let Some(page) = Http::new(api).call("GET", &path, None, &[], "") else { return false };
            let page = page.ok().at("result").list();
            if page.iter().any(|line| line.at("text").text() == text) {
                return true;
            }
            let Some(last) = page.last() else { break };
            *after = last.at("id").number();
        }
        Http::new(api).call("POST", "/local/say", None, &[], &body).is_some_and(|answer| answer.status == 200)
    });
}

/// Which of the numbered texts `prefix-N.` are in these lines, in their order.
fn found(lines: &[String], prefix: &str) -> Vec<usize> {
    let number = |line: &String| {
        let rest = line.split(&format!("{prefix}-")).nth(1)?;
        rest.split('.').next()?.parse().ok()
    };
    lines.iter().filter_map(number).collect()
}

/// What is missing of so many, after making sure that nothing came twice or out of order.
fn missing(what: &str, found: &[usize], said: usize) -> Vec<usize> {
    let mut tally = BTreeMap::new();
    found.iter().for_each(|number| *tally.entry(*number).or_insert(0) += 1);
    let twice: Vec<_> = tally.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{what}: twice: {twice:?}");
    assert!(found.is_sorted(), "{what}: out of order: {found:?}");
    (0..said).filter(|number| !tally.contains_key(number)).collect()
}

fn run(mishaps: usize) {
    let mut arena = Arena::build();
    let mut random = Random::seeded("telegram");
    let writers = Writers::start(&arena);
    let shift = random.below(MISHAPS.len() as u64) as usize;
    for number in 0..mishaps {
        arena.breaks(MISHAPS[(number + shift) % MISHAPS.len()], &mut random);
        arena.lines();
    }
    arena.telegram.order("no_faults", "{}");
    let said = writers.end();
    for (number, (incoming, _)) in said.iter().enumerate() {
        arena.wait_heard(&format!("in-{number}-{}.", incoming - 1));
    }
    insist(|| arena.status().at("waiting").number() == 0);
    thread::sleep(QUIET);
    let lines = arena.lines();
    let in_doubt = arena.status().at("in_doubt").number() as usize;
    let (mut total, mut lost) = ((0, 0), Vec::new());
    for (number, (incoming, outgoing)) in said.iter().enumerate() {
        let heard = found(&lines, &format!("in-{number}"));
        let gone = missing(&format!("from {number}"), &heard, *incoming);
        assert!(gone.is_empty(), "of {incoming} that {number} wrote are missing: {gone:?}");
        let shown = arena.telegram.texts(arena.people[number]);
        let gone = missing(&format!("to {number}"), &found(&shown, &format!("out-{number}")), *outgoing);
        lost.extend(gone.iter().map(|at| format!("out-{number}-{at}.")));
        total = (total.0 + incoming, total.1 + outgoing);
    }
    println!(
        "{mishaps} mishaps: {} in, {} out, {in_doubt} in doubt, of which did not arrive: {lost:?}",
        total.0, total.1
    );
    assert!(
        lost.len() <= in_doubt,
        "{lost:?} did not arrive, and {in_doubt} are in doubt\n{}",
        arena.daemon.log_text()
    );
    let is_told = lines.iter().any(|line| line.contains("/telegram retry"));
    assert!(in_doubt == 0 || is_told, "{in_doubt} are in doubt, and nobody is told\n{lines:?}");

    // Somebody wants them sent again: then all are there.
    arena.daemon.http().post("/bot/telegram/retry", Some(&arena.token), "{}").ok();
    insist(|| arena.status().at("waiting").number() == 0 && arena.status().at("in_doubt").number() == 0);
    let shown: Vec<String> = arena.people.iter().flat_map(|person| arena.telegram.texts(*person)).collect();
    lost.retain(|text| !shown.iter().any(|line| line.ends_with(text)));
    assert!(lost.is_empty(), "{lost:?} did not arrive when they were sent again\n{}", arena.daemon.log_text());
}

#[test]
fn nothing_is_lost_or_doubled() {
    run(std::env::var("TELEGRAM_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(14));
}

#[test]
#[ignore = "takes some three minutes; tests/endurance/run runs it"]
fn nothing_is_lost_or_doubled_in_two_hundred_mishaps() {
    run(200);
}
