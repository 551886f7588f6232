//! What is accepted is not lost: the promise of the README, counted.
//!
//! Real Prosody and real ejabberd, the real binary; under load the daemon is killed, its connection cut and swallowed, the
//! server restarted and killed. Then the servers' archives say what has arrived. Chance is seeded: the seed is printed, and
//! ENDURANCE_SEED repeats it. ENDURANCE_KILLS sets how much is broken (default 15; 200 for an evening).
//! tests/endurance/run kills it a thousand times and keeps what came of it in tests/endurance/last.md.
//! Besides: a server that is down at the start, a full disk, an account with nothing in its archive, other clients.

#[path = "endurance/crew.rs"]
mod crew;
#[path = "endurance/crowd.rs"]
mod crowd;
#[path = "endurance/kills.rs"]
mod kills;
mod support;

use std::cell::Cell;
use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crew::Crew;
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use support::archive::{self, Entry};
use support::daemon::Daemon;
use support::load::{self, Accepted, Names, People, Program, Random, Seen, Senders, lock};
use support::peer::Peer;
use support::process::Process;
use support::proxy::Proxy;
use support::server::{Kind, Options, Server, Storage};

const LIMIT: Duration = Duration::from_secs(20);
/// How long what is under way may take to arrive when nothing is broken any more.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(90);
const NAMES: Names = Names { owner: "ralf", friend: "anna", password: "pw" };
const NO_RATE_LIMIT: &str = "[api]\nrate_limit = 0\n";
/// Senders and phone together some 50 messages a second: more would measure the servers' archives.
const SEND_PAUSE: Duration = Duration::from_millis(250);
const WRITE_PAUSE: Duration = Duration::from_millis(80);
/// The daemon's own limits: it asks the server whenever it has sent something, waits so long for the answer …
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// … and then connects again within a second; the rest is for a busy machine.
const BLACKHOLE_LIMIT: Duration = Duration::from_secs(20 + 10);
/// A new bot comes with each so many kills, and right before one.
const FRESH_EVERY: usize = 5;
/// What a server has acknowledged and not yet written when it is killed is not ours, so before that nothing new may reach
/// it for so long.
const SETTLE: Duration = Duration::from_millis(3_000);

/// One thing that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    KillDaemon,
    ResetConnection,
    Blackhole,
    RestartServer,
    KillServer,
}

/// So many of them in an order of chance: each kind at least once, most of them kills of the daemon.
fn plan(count: usize, random: &mut Random) -> Vec<Action> {
    let mut actions = vec![Action::Blackhole; 1 + count / 100];
    actions.extend(vec![Action::RestartServer; 1 + count / 50]);
    actions.extend(vec![Action::KillServer; 1 + count / 50]);
    actions.extend(vec![Action::ResetConnection; 1 + count / 6]);
    actions.resize(count.max(actions.len() + 1), Action::KillDaemon);
    for at in (1..actions.len()).rev() {
        actions.swap(at, random.below(at as u64 + 1) as usize);
    }
    actions
}

/// All that takes part.
struct Arena {
    server: Arc<Mutex<Server>>,
    proxy: Proxy,
    daemon: Daemon,
    people: People,
    random: Random,
    crew: Crew,
    kills: usize,
    /// What was in the archives before the server was killed; what was there once has arrived.
    witnessed: Vec<Entry>,
}

impl Arena {
    fn act(&mut self, action: Action) {
        match action {
            Action::KillDaemon => {
                // Some lives are too short to be online, the others long enough to have much under way.
                if self.kills.is_multiple_of(FRESH_EVERY) {
                    self.crew.add_fresh(&self.server, &self.daemon);
                }
                self.kills += 1;
                let life = [(0, 300), (300, 1_500), (1_500, 3_500)][self.random.below(3) as usize];
                thread::sleep(self.random.millis(life.0, life.1));
                self.daemon.kill();
                self.daemon.start_again();
            }
            Action::ResetConnection => {
                thread::sleep(self.random.millis(0, 1_000));
                self.proxy.reset();
            }
            Action::Blackhole => self.blackhole(),
            Action::RestartServer => {
                self.people.rest();
                lock(&self.server).restart();
                self.people.go();
            }
            Action::KillServer => {
                self.people.rest();
                self.proxy.stall();
                thread::sleep(SETTLE);
                for user in [NAMES.owner, NAMES.friend] {
                    self.witnessed.extend(archive::read(&lock(&self.server), user, NAMES.password));
                }
                lock(&self.server).kill();
                self.proxy.reset();
                self.proxy.pass();
                lock(&self.server).start_again();
                self.people.go();
            }
        }
    }

    /// Nothing comes through, and nobody says so: the daemon must find out by itself.
    fn blackhole(&mut self) {
        self.daemon.wait_online(1, ARRIVAL_LIMIT);
        // The others connect, too, and are no sign that a dead link was noticed.
        self.daemon.wait_health("bots_online", self.crew.bots(), ARRIVAL_LIMIT);
        let (before, begun) = (self.proxy.connections(), Instant::now());
        self.proxy.blackhole();
        self.proxy.wait_connections(before + 1, BLACKHOLE_LIMIT);
        println!("noticed a dead link after {:.1} s", begun.elapsed().as_secs_f32());
        assert!(begun.elapsed() > PING_TIMEOUT / 2, "the link was not dead but cut");
        self.proxy.pass();
        self.proxy.reset();
    }
}

/// What came of it.
struct Outcome {
    accepted: Vec<Accepted>,
    written: Vec<String>,
    seen: Vec<Seen>,
    friends: Vec<Entry>,
    owners: Vec<Entry>,
    witnessed: Vec<Entry>,
}

impl Outcome {
    /// What was accepted and was in nobody's archive, ever.
    fn lost_sends(&self) -> Vec<&Accepted> {
        let entries = self.friends.iter().chain(&self.owners).chain(&self.witnessed);
        let arrived: HashSet<&str> = entries.map(|entry| entry.id.as_str()).collect();
        self.accepted.iter().filter(|sent| !arrived.contains(sent.message_id.as_str())).collect()
    }

    /// What was written, is in the server's archive to this day, and did not become an update.
    fn lost_updates(&self) -> Vec<&str> {
        let seen: HashSet<&str> = self.seen.iter().map(|seen| seen.body.as_str()).collect();
        let archived: HashSet<&str> = self.owners.iter().map(|entry| entry.body.as_str()).collect();
        let written = self.written.iter().map(String::as_str);
        written.filter(|line| archived.contains(line) && !seen.contains(line)).collect()
    }

    /// Prints all counts; gives what is broken of the promise.
    fn judge(&self, what: &str, actions: &[Action]) -> Vec<String> {
        let lost_sends = self.lost_sends();
        let lost_updates = self.lost_updates();
        let written: HashSet<&str> = self.written.iter().map(String::as_str).collect();
        let seen: HashSet<&str> = self.seen.iter().map(|seen| seen.body.as_str()).collect();
        let server_lost = written.difference(&seen).count() - lost_updates.len();
        let more_than_once = |tally: std::collections::HashMap<&str, usize>| {
            let mut twice: Vec<String> =
                tally.iter().filter(|(_, n)| **n > 1).map(|(t, n)| format!("{t} ×{n}")).collect();
            twice.sort();
            twice
        };
        let doubled_sends = more_than_once(load::tally(self.friends.iter().map(|entry| entry.id.as_str())));
        let doubled_updates = more_than_once(load::tally(self.seen.iter().map(|seen| seen.body.as_str())));
        let strange: Vec<&Seen> = self.seen.iter().filter(|seen| !written.contains(seen.body.as_str())).collect();
        let count = |action: Action| actions.iter().filter(|other| **other == action).count();
        println!(
            "{what}: {} kills of the daemon, {} resets, {} blackholes, {} server restarts, {} server kills",
            count(Action::KillDaemon),
            count(Action::ResetConnection),
            count(Action::Blackhole),
            count(Action::RestartServer),
            count(Action::KillServer)
        );
        println!(
            "{what}: sends: {} accepted ({} after a retry), {} lost, {} doubled at the receiver",
            self.accepted.len(),
            self.accepted.iter().filter(|sent| sent.tries > 1).count(),
            lost_sends.len(),
            doubled_sends.len()
        );
        println!(
            "{what}: updates: {} written, {} lost by the server, {} received, {} lost, {} doubled, {} out of order",
            self.written.len(),
            server_lost,
            self.seen.len(),
            lost_updates.len(),
            doubled_updates.len(),
            out_of_order(&self.seen).len()
        );
        let mut broken = Vec::new();
        let mut must = |holds: bool, text: String| {
            if !holds {
                broken.push(text);
            }
        };
        must(lost_sends.is_empty(), format!("accepted and lost: {lost_sends:?}"));
        must(lost_updates.is_empty(), format!("in the archive, and no update: {lost_updates:?}"));
        must(doubled_sends.is_empty(), format!("sent more than once: {doubled_sends:?}"));
        must(doubled_updates.is_empty(), format!("more than one update: {doubled_updates:?}"));
        let late = out_of_order(&self.seen);
        // ejabberd 23.01 gives what comes while it resumes a session to the process that is gone, and out again once that ends:
        // seconds later, behind what was said since.
        let by_server = usize::from(what == Kind::Ejabberd.name());
        must(late.len() <= by_server, format!("updates in another order than they were written in: {late:?}"));
        must(strange.is_empty(), format!("nobody wrote this: {strange:?}"));
        must(self.seen.is_sorted_by(|a, b| a.id < b.id), "update ids must grow".to_string());
        must(server_lost * 20 <= self.written.len(), "the server forgets too much to say anything".to_string());
        broken
    }
}

/// Updates that came after one that was written later, each with the one before it.
fn out_of_order(seen: &[Seen]) -> Vec<&[Seen]> {
    let number = |seen: &Seen| seen.body.rsplit(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or_default();
    seen.windows(2).filter(|pair| number(&pair[1]) < number(&pair[0])).collect()
}

/// Reads the archives until all that was accepted is there, and waits until all that was written is an update.
fn settle(
    server: &Server,
    accepted: Vec<Accepted>,
    written: Vec<String>,
    witnessed: Vec<Entry>,
    program: Program,
) -> Outcome {
    let begun = Instant::now();
    while program.count() < written.len() && begun.elapsed() < ARRIVAL_LIMIT {
        thread::sleep(Duration::from_millis(100));
    }
    let (friends, owners) = (Vec::new(), Vec::new());
    let mut outcome = Outcome { accepted, written, seen: Vec::new(), friends, owners, witnessed };
    loop {
        outcome.friends = archive::read(server, NAMES.friend, NAMES.password);
        outcome.owners = archive::read(server, NAMES.owner, NAMES.password);
        if outcome.lost_sends().is_empty() || begun.elapsed() > ARRIVAL_LIMIT {
            break;
        }
        thread::sleep(Duration::from_secs(1));
    }
    outcome.seen = program.finish();
    outcome
}

fn start_server(kind: Kind, storage: Storage) -> Option<Server> {
    let server = Server::start_with(kind, Options { storage, ..Options::default() })?;
    server.add_user(NAMES.owner, NAMES.password);
    server.add_user(NAMES.friend, NAMES.password);
    Some(server)
}

fn endurance(kind: Kind) {
    let count = std::env::var("ENDURANCE_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(15);
    // Prosody's usual files hold ten thousand messages each and are read as a whole; SQLite is slower, but for any number.
    // ejabberd's own database loses at a kill what it had long acknowledged, and its losses cannot be told from ours.
    let storage = if count <= 50 && kind == Kind::Prosody { Storage::Internal } else { Storage::Sql };
    let Some(server) = start_server(kind, storage) else { return };
    let (own, friend) = (server.jid(NAMES.owner), server.jid(NAMES.friend));
    let mut random = Random::seeded(kind.name());
    let actions = plan(count, &mut random);
    let proxy = Proxy::start(server.c2s_port);
    let daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, proxy.port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let program = Program::silent(daemon.port, &token);
    let crew = Crew::start(&server, &daemon, &friend);
    let recipients = [friend.clone(), friend.clone(), friend, own].map(|to| (to, "chat"));
    let senders = Senders::start(daemon.port, &token, &recipients, SEND_PAUSE);
    let server = Arc::new(Mutex::new(server));
    let people = People::start(&server, NAMES, WRITE_PAUSE, crew.others.clone());

    let witnessed = Vec::new();
    let mut arena = Arena { server, proxy, daemon, people, random, crew, kills: 0, witnessed };
    let begun = Instant::now();
    for action in &actions {
        arena.act(*action);
    }
    println!("{}: {} actions in {:.0} s", kind.name(), actions.len(), begun.elapsed().as_secs_f32());
    let accepted = senders.finish();
    arena.people.rest();
    arena.daemon.wait_online(1, ARRIVAL_LIMIT);
    let Arena { server, proxy, mut daemon, people, witnessed, crew, .. } = arena;
    let written = people.finish();
    let outcome = settle(&lock(&server), accepted, written.own.clone(), witnessed, program);
    let mut broken = outcome.judge(kind.name(), &actions);
    broken.extend(crew.judge(kind.name(), &lock(&server), &daemon, &written, ARRIVAL_LIMIT));
    if !broken.is_empty() {
        daemon.keep_files();
        lock(&server).keep_files();
    }
    drop((daemon, proxy, server));
    // Last, so that it stands at the end of the output.
    assert!(broken.is_empty(), "{}: {}", kind.name(), broken.join("\n"));
}

#[test]
fn endurance_prosody() {
    endurance(Kind::Prosody);
}

#[test]
fn endurance_ejabberd() {
    endurance(Kind::Ejabberd);
}

#[test]
fn crowd_prosody() {
    crowd::crowd(Kind::Prosody);
}

#[test]
fn crowd_ejabberd() {
    crowd::crowd(Kind::Ejabberd);
}

#[test]
#[ignore = "an hour; tests/endurance/run runs it and writes down what came of it"]
fn kills_prosody() {
    kills::kills(Kind::Prosody);
}

#[test]
#[ignore = "an hour; tests/endurance/run runs it and writes down what came of it"]
fn kills_ejabberd() {
    kills::kills(Kind::Ejabberd);
}

/// A new account has no archive yet, so there is no place to read on from; a kill in its first second must not matter.
fn first_words(kind: Kind) {
    let Some(server) = start_server(kind, Storage::Internal) else { return };
    let own = server.jid(NAMES.owner);
    let mut daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    daemon.kill();
    let mut phone = Peer::login(&server, NAMES.owner, NAMES.password, "phone");
    phone.send(&own, "one");
    phone.send(&own, "two");
    load::confirm(&mut phone);
    daemon.start_again();
    let program = Program::silent(daemon.port, &token);
    daemon.wait_online(1, LIMIT);
    phone.send(&own, "three");
    let begun = Instant::now();
    while !program.seen().iter().any(|seen| seen.body == "three") {
        assert!(begun.elapsed() < LIMIT, "{:?}\n{}", program.seen(), daemon.log_text());
        thread::sleep(Duration::from_millis(20));
    }
    let bodies: Vec<String> = program.finish().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, ["one", "two", "three"]);
}

#[test]
fn first_words_prosody() {
    first_words(Kind::Prosody);
}

#[test]
fn first_words_ejabberd() {
    first_words(Kind::Ejabberd);
}

/// The daemon's own limit, and a little more.
const MARK_AGE: Duration = Duration::from_millis(5_500);

/// An account moves to another server and back. Neither server knows the other's ids, and ejabberd does not say so.
#[test]
fn an_account_that_moves() {
    let options = || Options { domain: Some("moved.localhost"), ..Options::default() };
    let Some(prosody) = Server::start_with(Kind::Prosody, options()) else { return };
    let Some(ejabberd) = Server::start_with(Kind::Ejabberd, options()) else { return };
    for server in [&prosody, &ejabberd] {
        server.add_user(NAMES.owner, NAMES.password);
    }
    let own = prosody.jid(NAMES.owner);
    let proxy = Proxy::start(prosody.c2s_port);
    let mut daemon = Daemon::with_account(&prosody, NAMES.owner, NAMES.password, proxy.port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let program = Program::silent(daemon.port, &token);
    let mut due = Vec::new();
    for (server, lines) in
        [(&prosody, ["p1", "p2"]), (&ejabberd, ["e1", "e2"]), (&prosody, ["p3", "p4"]), (&ejabberd, ["e3", "e4"])]
    {
        // Only what is some seconds old becomes the place to go on from.
        thread::sleep(MARK_AGE);
        assert!(daemon.stop().success());
        proxy.reset();
        proxy.redirect(server.c2s_port);
        let mut phone = Peer::login(server, NAMES.owner, NAMES.password, "phone");
        for line in lines {
            phone.send(&own, line);
        }
        load::confirm(&mut phone);
        phone.quit();
        due.extend(lines);
        daemon.start_again();
        daemon.wait_online(1, LIMIT);
        let begun = Instant::now();
        while program.count() < due.len() && begun.elapsed() < LIMIT {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(500));
        let bodies: Vec<String> = program.seen().into_iter().map(|seen| seen.body).collect();
        assert_eq!(bodies, due, "{}", daemon.log_text());
    }
    program.finish();
}

/// The API serves and accepts while the XMPP server is down; what was accepted goes out when it is back.
fn server_down_at_the_start(kind: Kind) {
    let Some(mut server) = start_server(kind, Storage::Internal) else { return };
    let friend = server.jid(NAMES.friend);
    server.stop();
    let begun = Instant::now();
    let daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    println!("{}: serves {} ms after its start, without a server", kind.name(), begun.elapsed().as_millis());
    let token = daemon.create_bot("Echo", &server.jid(NAMES.owner));
    let mut http = daemon.http();
    for number in 0..20 {
        load::send(&mut http, &token, &friend, &format!("send {number}"), &format!("key {number}"));
    }
    server.start_again();
    let up = Instant::now();
    // "offline: connection refused; next try in 4 s"
    let state = load::account_state(&mut http);
    let wait: u64 = state.split(' ').rev().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    let limit = Duration::from_secs(wait + 2);
    daemon.wait_online(1, limit);
    println!("{}: online {} ms after the server ({state})", kind.name(), up.elapsed().as_millis());
    let mut anna = Peer::login(&server, NAMES.friend, NAMES.password, "phone");
    for number in 0..20 {
        let left = limit.saturating_sub(up.elapsed()).max(Duration::from_secs(2));
        anna.expect(left, |message| message.body == format!("send {number}"));
    }
    anna.none(Duration::from_millis(500));
}

#[test]
fn server_down_at_the_start_prosody() {
    server_down_at_the_start(Kind::Prosody);
}

#[test]
fn server_down_at_the_start_ejabberd() {
    server_down_at_the_start(Kind::Ejabberd);
}

/// A disk that is full, and has room again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    /// No file of the process can grow (RLIMIT_FSIZE): works for everybody, SQLite sees EFBIG.
    Limited,
    /// A small file system of its own, really full: needs the right to mount, SQLite sees ENOSPC.
    Small,
}

impl Disk {
    fn start(self, daemon: &Daemon) -> Process {
        let data = daemon.dir.join("data");
        let script = match self {
            // Exceeding the limit would end the process; ignored, the write fails as it does on a full disk.
            Disk::Limited => "trap '' XFSZ; exec \"$@\"".to_string(),
            Disk::Small => format!("mount -t tmpfs -o size=4m,mode=700 none '{}' && exec \"$@\"", data.display()),
        };
        let namespace = if rustix::process::getuid().is_root() { "-m" } else { "-Urm" };
        let mut process = match self {
            Disk::Limited => Process::behind(daemon, &["sh", "-c", &script, "sh"]),
            Disk::Small => Process::behind(daemon, &["unshare", namespace, "sh", "-c", &script, "sh"]),
        };
        process.wait_serving(daemon);
        process
    }

    /// The folder as the process sees it.
    fn data(process: &Process, daemon: &Daemon) -> std::path::PathBuf {
        let inside = daemon.dir.join("data");
        Path::new("/proc")
            .join(process.0.id().to_string())
            .join("root")
            .join(inside.strip_prefix("/").expect("absolute"))
    }

    fn fill(self, process: &Process, daemon: &Daemon) {
        match self {
            Disk::Limited => limit_files(process, Some(0)),
            Disk::Small => {
                let filler = Disk::data(process, daemon).join("filler");
                let error = std::fs::write(filler, vec![0; 8 << 20]).expect_err("the disk is small");
                assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
            }
        }
    }

    fn free(self, process: &Process, daemon: &Daemon) {
        match self {
            Disk::Limited => limit_files(process, None),
            Disk::Small => std::fs::remove_file(Disk::data(process, daemon).join("filler")).expect("removed"),
        }
    }
}

fn limit_files(process: &Process, current: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    prlimit(Some(process.pid()), Resource::Fsize, Rlimit { current, maximum }).expect("a limit of our own child");
}

fn may_mount() -> bool {
    let namespace = if rustix::process::getuid().is_root() { "-m" } else { "-Urm" };
    let mut command = Command::new("unshare");
    command.args([namespace, "mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// While nothing can be stored nothing is accepted, from programs or from the server, and afterwards nothing is missing.
fn full_disk(kind: Kind, disk: Disk) {
    let Some(server) = start_server(kind, Storage::Internal) else { return };
    let (own, friend) = (server.jid(NAMES.owner), server.jid(NAMES.friend));
    let mut daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    daemon.stop();
    let process = disk.start(&daemon);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let program = Program::silent(daemon.port, &token);
    let mut phone = Peer::login(&server, NAMES.owner, NAMES.password, "phone");
    let mut http = daemon.http();
    let mut accepted: Vec<Accepted> = Vec::new();
    let before = |n: u32| (format!("before {n}"), format!("key {n}"));
    for n in 0..20 {
        let (body, key) = before(n);
        accepted.push(load::send(&mut http, &token, &friend, &body, &key));
        phone.send(&own, &format!("line {n}"));
    }
    load::confirm(&mut phone);

    disk.fill(&process, &daemon);
    let mut refused = 0;
    for n in 0..60 {
        let request = format!(r#"{{"to":"{friend}","text":"full {n}"}}"#);
        let answer = http.post("/bot/sendMessage", Some(&token), &request);
        if answer.status == 200 {
            let message_id = answer.ok().at("result").at("message_id").text();
            accepted.push(Accepted { to: friend.clone(), body: format!("full {n}"), message_id, tries: 1 });
        } else {
            assert!(answer.status == 507 && answer.body.contains(r#""error":"disk_full""#), "{answer:?}");
            refused += 1;
        }
    }
    assert!(refused >= 20, "only {refused} of 60 were refused");
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\n{friend}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"a.txt\"\r\n\r\n{}\r\n--x--\r\n",
        "x".repeat(100_000)
    );
    let head = format!(
        "POST /bot/sendFile HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    let answer = daemon.http().raw((head + &form).as_bytes());
    assert!(answer.status == 507 && answer.body.contains(r#""error":"disk_full""#), "a file: {answer:?}");
    for n in 20..40 {
        phone.send(&own, &format!("line {n}"));
    }
    load::confirm(&mut phone);
    thread::sleep(Duration::from_secs(3));
    assert_eq!(http.get("/health", None).status, 200, "it goes on serving");

    disk.free(&process, &daemon);
    let freed = Instant::now();
    accepted.push(load::send(&mut http, &token, &friend, "after", "key after"));
    println!(
        "{} {disk:?}: {refused} of 60 refused; accepts again after {} ms",
        kind.name(),
        freed.elapsed().as_millis()
    );
    phone.quit();
    let written = (0..40).map(|n| format!("line {n}")).collect();
    let outcome = settle(&server, accepted, written, Vec::new(), program);
    println!("{} {disk:?}: everything is there after {} ms", kind.name(), freed.elapsed().as_millis());
    let broken = outcome.judge(kind.name(), &[]);
    assert!(broken.is_empty(), "{}: {}", kind.name(), broken.join("\n"));
    let sent: HashSet<&str> = outcome.accepted.iter().map(|sent| sent.body.as_str()).collect();
    let stray: Vec<&Entry> = outcome.friends.iter().filter(|entry| !sent.contains(entry.body.as_str())).collect();
    assert!(stray.is_empty(), "refused, and sent all the same: {stray:?}");
}

#[test]
fn full_disk_by_limit() {
    full_disk(Kind::Prosody, Disk::Limited);
    full_disk(Kind::Ejabberd, Disk::Limited);
}

#[test]
fn full_disk_for_real() {
    // The test above covers who may not mount.
    let disk = if may_mount() { Disk::Small } else { Disk::Limited };
    full_disk(Kind::Prosody, disk);
    full_disk(Kind::Ejabberd, disk);
}

/// What the owner writes on one client, and to which of his addresses, makes one update, one answer on each client, and no
/// talk of the bot with itself.
fn echo(kind: Kind) {
    let Some(server) = start_server(kind, Storage::Internal) else { return };
    let own = server.jid(NAMES.owner);
    let daemon = Daemon::with_account(&server, NAMES.owner, NAMES.password, server.c2s_port, NO_RATE_LIMIT);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Echo", &own);
    let mut phone = Peer::login(&server, NAMES.owner, NAMES.password, "phone");
    let mut desk = Peer::login(&server, NAMES.owner, NAMES.password, "desk");
    let is_bot = |from: &str| from.starts_with(&format!("{own}/botmother"));
    let bot = phone.expect_presence(LIMIT, |presence| is_bot(&presence.from)).from;
    let token_of_program = token.clone();
    let program = Program::start(daemon.port, &token, move |http, from, body| {
        load::send(http, &token_of_program, from, &format!("answer to {body}"), &format!("answer to {body}"));
    });
    let addresses = [("bare", own.clone()), ("bot", bot), ("desk", desk.jid.clone()), ("gone", format!("{own}/gone"))];
    for (name, address) in &addresses {
        phone.send(address, &format!("to {name}"));
        for (client, peer) in [("phone", &mut phone), ("desk", &mut desk)] {
            let answer = format!("answer to to {name}");
            peer.expect(LIMIT, |message| message.body == answer);
            println!("{}: to {name}: answer on the {client}", kind.name());
        }
    }
    thread::sleep(Duration::from_secs(2));
    let bodies: Vec<String> = program.finish().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, addresses.map(|(name, _)| format!("to {name}")));
    // What is private is an automaton's and gets no answer; both clients get it themselves, and look through what came
    // before it: each answer was taken once above.
    phone.send_private(&own, "the end");
    for peer in [&mut phone, &mut desk] {
        let more = Cell::new(0);
        peer.expect(LIMIT, |message| {
            more.set(more.get() + usize::from(message.body.starts_with("answer")));
            message.body == "the end"
        });
        assert_eq!(more.get(), 0, "an answer came twice to {}", peer.jid);
    }
}

#[test]
fn echo_prosody() {
    echo(Kind::Prosody);
}

#[test]
fn echo_ejabberd() {
    echo(Kind::Ejabberd);
}
