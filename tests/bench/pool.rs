//! `cargo bench --bench pool`: many bots with accounts of their own, against a bare loop with the same accounts.
//!
//! 1, 100 and 1,000 bots over TLS on one real Prosody: memory after traffic, how soon all are online after a start and
//! after a restart of the server, processor time, threads. Starts of both take turns; nothing is asserted.
//! Numbers after `--` are the sizes to measure. BOTMOTHER_BENCH_RUNS (default 3), BOTMOTHER_BENCH_AT_ONCE (logins of the
//! bare loop under way at once), BOTMOTHER_BENCH_IDLE (seconds of idling in which wakeups are counted) and
//! FOOTPRINT_BINARY (another binary).

#![allow(missing_docs, unreachable_pub)]

mod crowd;
#[allow(dead_code)]
mod figures;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code)]
mod wire;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Result, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use botmother::base::limits;
use figures::{cpu_time, median, resident, spread};
use support::daemon::Daemon;
use support::http::Http;
use support::process::Process;
use support::server::{Kind, Options, Server, Storage};
use wire::Login;

const PASSWORD: &str = "pw";
/// First word of the arguments that make this program the bare loop.
const BARE: &str = "be-the-bare-crowd";
/// A thousand logins take Prosody half a minute, and another build beside it makes that two.
const LIMIT: Duration = Duration::from_secs(300);
/// What an arrival leaves to do is over by then.
const CALM: Duration = Duration::from_secs(2);
/// Programs of bots at work at once, and bots made at once.
const PROGRAMS: usize = 8;
/// The daemon allows an owner so many.
const BOTS_PER_OWNER: usize = limits::BOTS_PER_OWNER_MAX;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == BARE) {
        return be_bare(&arguments[1..]);
    }
    let mut sizes: Vec<usize> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1, 100, 1_000];
    }
    let largest = sizes.iter().copied().max().unwrap_or(1);
    let Some(server) = start_server(largest) else { return Ok(()) };
    let mut lines = Vec::new();
    for size in sizes {
        let line = measure(&server, size, number("BOTMOTHER_BENCH_RUNS", 3))?;
        eprintln!("{line}");
        lines.push(line);
    }
    drop(server);
    println!(
        "\n| bots | bare MB | Botmother MB | bare: all online s | Botmother s | ratio | its CPU s | after a restart of \
         the server s | its CPU s | threads |\n|---|---|---|---|---|---|---|---|---|---|\n{}",
        lines.join("\n")
    );
    Ok(())
}

/// Prosody that keeps hashes and not passwords, as an installation does: so the keys of a login serve for the next.
fn start_server(bots: usize) -> Option<std::cell::RefCell<Server>> {
    let options = Options { archive: true, storage: Storage::Sql, ..Options::default() };
    let mut server = Server::start_with(Kind::Prosody, options)?;
    server.stop();
    let path = server.dir.join("prosody.cfg.lua");
    let config = fs::read_to_string(&path).expect("the server's configuration");
    fs::write(&path, config.replace("\"internal_plain\"", "\"internal_hashed\"\npassword_hash = \"SHA-256\""))
        .expect("the server's configuration");
    server.start_again();
    for number in 0..bots {
        server.add_user(&format!("b{number}"), PASSWORD);
    }
    for number in 0..bots.div_ceil(BOTS_PER_OWNER) {
        server.add_user(&format!("o{number}"), PASSWORD);
    }
    server.add_user("person", PASSWORD);
    server.add_user("keeper", PASSWORD);
    Some(std::cell::RefCell::new(server))
}

/// What one system took to be online.
#[derive(Default)]
struct Figures {
    seconds: Vec<f64>,
    cpu: Vec<f64>,
    memory: Vec<f64>,
}

/// One line of the table.
fn measure(server: &std::cell::RefCell<Server>, size: usize, runs: usize) -> Result<String> {
    let (mut bare, mut ours, mut storm) = (Figures::default(), Figures::default(), Figures::default());
    let mut daemon = {
        let server = server.borrow();
        Daemon::with_account(&server, "keeper", PASSWORD, server.c2s_port, "[api]\nrate_limit = 0\n")
    };
    daemon.wait_online(1, LIMIT);
    // A second start, because the first one logs every stanza.
    daemon.stop();
    let tokens = {
        let mut process = Process::spawn(&daemon, &binary());
        process.wait_serving(&daemon);
        daemon.wait_online(1, LIMIT);
        let begun = Instant::now();
        let tokens = create_bots(&daemon, &server.borrow(), size);
        wait_online(&daemon, size, LIMIT);
        eprintln!("{size}: made in {:.1} s, CPU {:.2} s", begun.elapsed().as_secs_f64(), cpu(&process));
        thread::sleep(CALM);
        process.stop();
        tokens
    };
    let mut threads = Vec::new();
    for run in 0..runs {
        run_bare(&server.borrow(), size, &mut bare)?;
        let begun = Instant::now();
        let mut process = Process::spawn(&daemon, &binary());
        let pid = process.0.id();
        process.wait_serving(&daemon);
        wait_online(&daemon, size, LIMIT);
        ours.seconds.push(begun.elapsed().as_secs_f64());
        threads.push(threads_of(pid));
        ours.cpu.push(cpu_time(pid).as_secs_f64());
        traffic(&daemon, &server.borrow(), &tokens)?;
        thread::sleep(CALM);
        ours.memory.push(resident(pid));
        idle(pid, size);
        if run + 1 == runs {
            server_restart(server, &daemon, pid, size, &mut storm);
            traffic(&daemon, &server.borrow(), &tokens)?;
            storm.memory.push(resident(pid));
        }
        threads.push(threads_of(pid));
        eprintln!(
            "{size}: bare {:?} s {:?} CPU, Botmother {:?} s, CPU {:?} s, MB {:?}; storm {:?} s, CPU {:?} s, MB {:?}",
            bare.seconds.last(),
            bare.cpu.last(),
            ours.seconds.last(),
            ours.cpu.last(),
            ours.memory.last(),
            storm.seconds,
            storm.cpu,
            storm.memory
        );
        process.stop();
    }
    threads.sort_unstable();
    threads.dedup();
    let (bare_spread, ours_spread) = (spread(&bare.seconds), spread(&ours.seconds));
    let (bare_s, ours_s) = (median(bare.seconds), median(ours.seconds));
    Ok(format!(
        "| {size} | {:.1} | {:.1} | {bare_s:.2} (±{bare_spread:.0} %) | {ours_s:.2} (±{ours_spread:.0} %) | {:.2} | {:.2} | {:.2} | {:.2} | {threads:?} |",
        median(bare.memory),
        median(ours.memory),
        ours_s / bare_s,
        median(ours.cpu),
        median(storm.seconds),
        median(storm.cpu),
    ))
}

fn cpu(process: &Process) -> f64 {
    cpu_time(process.0.id()).as_secs_f64()
}

/// Waits until so many bots are online. The question looks at all of them, so with many it is asked less often: what is
/// measured must not be the asking.
fn wait_online(daemon: &Daemon, bots: usize, limit: Duration) {
    let (mut http, begun) = (daemon.http(), Instant::now());
    let step = Duration::from_millis((bots as u64 / 4).clamp(20, 250));
    while http.get("/health", None).ok().at("bots_online").number() != bots as i64 {
        assert!(begun.elapsed() < limit, "not {bots} bots online\n{}", daemon.log_text());
        thread::sleep(step);
    }
}

/// How often the threads wake up while nothing happens: for BOTMOTHER_BENCH_IDLE seconds, if that is set.
fn idle(pid: u32, size: usize) {
    let seconds = number("BOTMOTHER_BENCH_IDLE", 0);
    if seconds > 0 {
        thread::sleep(CALM);
        let before = wakeups(pid);
        thread::sleep(Duration::from_secs(seconds as u64));
        let each = wakeups(pid).into_iter().map(|(name, count)| {
            let count = count - before.get(&name).copied().unwrap_or(0);
            (name, count)
        });
        let each: BTreeMap<String, u64> = each.filter(|(_, count)| *count > 0).collect();
        eprintln!("{size}: {} wakeups in {seconds} s of idling: {each:?}", each.values().sum::<u64>());
    }
}

/// Wakeups so far, by thread.
fn wakeups(pid: u32) -> BTreeMap<String, u64> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of = |thread: fs::DirEntry| {
        let status = fs::read_to_string(thread.path().join("status")).ok()?;
        let value = |name| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let count = value("voluntary_ctxt_switches:")?.parse().ok()?;
        Some((format!("{} {}", value("Name:")?, thread.file_name().display()), count))
    };
    threads.filter_map(of).collect()
}

/// From the moment the server serves again until everybody is back.
fn server_restart(server: &std::cell::RefCell<Server>, daemon: &Daemon, pid: u32, size: usize, storm: &mut Figures) {
    server.borrow_mut().stop();
    wait_online(daemon, 0, LIMIT);
    let (cpu, before) = (cpu_time(pid), connections(&server.borrow()));
    server.borrow_mut().start_again();
    let begun = Instant::now();
    wait_online(daemon, size, LIMIT);
    storm.seconds.push(begun.elapsed().as_secs_f64());
    storm.cpu.push((cpu_time(pid) - cpu).as_secs_f64());
    // The keeper's is among them, and those that only look whether the server is up.
    eprintln!("{size}: {} connections after the restart of the server", connections(&server.borrow()) - before);
}

/// Clients the server has seen so far.
fn connections(server: &Server) -> usize {
    let log = fs::read_to_string(server.dir.join("server.log")).unwrap_or_default();
    log.matches("Client connected").count()
}

/// Makes all bots out of the accounts that are there; gives their tokens.
fn create_bots(daemon: &Daemon, server: &Server, size: usize) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let mut tokens = thread::scope(|scope| {
        let work = || {
            let (mut http, mut made) = (daemon.http(), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= size {
                    return made;
                }
                let (owner, jid) =
                    (server.jid(&format!("o{}", number / BOTS_PER_OWNER)), server.jid(&format!("b{number}")));
                let body = format!(
                    r#"{{"name":"Bot {number}","account":"{owner}","mode":"cloud","access":"public","jid":"{jid}","password":"{PASSWORD}"}}"#
                );
                made.push((number, http.post("/bot/create", None, &body).ok().at("token").text()));
            }
        };
        let threads: Vec<_> = (0..PROGRAMS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("bots are made")).collect::<Vec<_>>()
    });
    tokens.sort();
    tokens.into_iter().map(|(_, token)| token).collect()
}

/// Somebody writes to each bot, and its program answers.
fn traffic(daemon: &Daemon, server: &Server, tokens: &[String]) -> Result<()> {
    let login = login(server.c2s_port, &server.domain, &server.ca_file.display().to_string(), "person");
    let person = login.jid();
    let mut xmpp = smol::block_on(login.connect())?;
    let ask = |number| {
        let to = server.jid(&format!("b{number}"));
        format!("<message to='{to}' type='chat' id='q{number}'><body>hello {number}</body></message>")
    };
    let questions: String = (0..tokens.len()).map(ask).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let work = || {
            while let Some(token) = tokens.get(next.fetch_add(1, Ordering::Relaxed)) {
                answer(&mut daemon.http(), token, &person);
            }
        };
        (0..PROGRAMS).for_each(|_| drop(scope.spawn(work)));
        let mut count = 0;
        smol::block_on(async {
            xmpp.send(&questions).await?;
            while count < tokens.len() {
                xmpp.receive(|_, body| count += usize::from(body.starts_with("answer"))).await?;
            }
            Ok::<_, io::Error>(())
        })
    })
}

fn answer(http: &mut Http, token: &str, person: &str) {
    let begun = Instant::now();
    let mut last = None;
    while last.is_none() {
        assert!(begun.elapsed() < LIMIT, "no question came");
        let updates = http.get("/bot/getUpdates?timeout=10", Some(token)).ok().at("result").list();
        last = updates.last().map(|update| update.at("update_id").number());
    }
    let body = format!(r#"{{"to":"{person}","text":"answer"}}"#);
    http.post("/bot/sendMessage", Some(token), &body).ok();
    let next = format!("/bot/getUpdates?offset={}&timeout=0", last.unwrap_or(0) + 1);
    http.get(&next, Some(token)).ok();
}

// --- the bare crowd ---

fn run_bare(server: &Server, size: usize, figures: &mut Figures) -> Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.args([BARE, &size.to_string(), &server.c2s_port.to_string(), &server.domain]).arg(&server.ca_file);
    command.arg(number("BOTMOTHER_BENCH_AT_ONCE", limits::LOGINS_MAX).to_string());
    let mut process = Process::of(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
    let pid = process.0.id();
    let mut said = BufReader::new(process.0.stdout.take().expect("piped")).lines();
    let mut word = || said.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
    word()?;
    // The server has to see that those who logged in for their keys are gone.
    thread::sleep(CALM);
    let cpu = cpu_time(pid);
    process.0.stdin.as_mut().expect("piped").write_all(b".")?;
    figures.seconds.push(word()?.parse().map_err(io::Error::other)?);
    figures.cpu.push((cpu_time(pid) - cpu).as_secs_f64());
    figures.memory.push(resident(pid));
    Ok(())
}

fn be_bare(arguments: &[String]) -> Result<()> {
    let [size, port, domain, ca_file, at_once] = arguments else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let number = |text: &String| text.parse::<usize>().map_err(io::Error::other);
    let port = number(port)? as u16;
    let logins = (0..number(size)?).map(|user| login(port, domain, ca_file, &format!("b{user}")));
    crowd::run(logins.collect(), number(at_once)?)
}

fn login(port: u16, domain: &str, ca_file: &str, user: &str) -> Login {
    Login {
        port,
        domain: domain.to_string(),
        ca_file: PathBuf::from(ca_file),
        user: user.to_string(),
        password: PASSWORD.to_string(),
    }
}

fn binary() -> PathBuf {
    let given = env::var_os("FOOTPRINT_BINARY").map(PathBuf::from);
    given.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_botmother")))
}

fn threads_of(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

fn number(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
