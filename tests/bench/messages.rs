//! `cargo bench --bench messages`: how fast messages go through the daemon, against the bare loop on the same server.
//!
//! One table in one run, nothing asserted: the figures belong to a machine, the ratios less so. Each task is done by both
//! systems in turn, several times. README.md says what the columns mean and what was reached.
//! Words after `--` choose tasks by their names. BOTMOTHER_BENCH_RUNS (default 5), BOTMOTHER_BENCH_MESSAGES (default 10000) and
//! BOTMOTHER_BENCH_BINARIES (`old=PATH new=PATH`: several programs in the same run, in turns; else the one that cargo has built,
//! or FOOTPRINT_BINARY). BOTMOTHER_BENCH_PEERS adds peers, see peers.rs.

#![allow(missing_docs, unreachable_pub)]

mod bare;
mod figures;
mod load;
mod peers;
#[path = "../support/mod.rs"]
mod support;
mod wire;

use std::cell::Cell;
use std::io::{Read, Result};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io, process, thread};

use figures::{Faults, HEADER, Row, Run, resident};
use load::{Load, Request, System, Task};
use peers::Running;
use support::daemon::Daemon;
use support::port::Port;
use support::process::Process;
use support::server::{Kind, Options, Server, Storage};
use wire::{Login, Xmpp};

const PASSWORD: &str = "pw";
const PEOPLE: usize = 64;
/// Messages before anything is measured.
const WARMING: usize = 200;
const LIMIT: Duration = Duration::from_secs(20);
/// First word of the arguments that make this program the bare loop.
const BARE: &str = "be-the-bare-loop";

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == BARE) {
        return be_bare(&arguments[1..]);
    }
    let chosen: Vec<&String> = arguments.iter().filter(|word| !word.starts_with("--")).collect();
    let runs = number("BOTMOTHER_BENCH_RUNS", 5);
    let messages = number("BOTMOTHER_BENCH_MESSAGES", 10_000);
    let tasks = vec![
        (Task::Send(1), messages / 2, "HTTP → XMPP, 1 client", "HTTP"),
        (Task::Send(16), messages, "HTTP → XMPP, 16 clients", "HTTP"),
        (Task::Send(64), messages, "HTTP → XMPP, 64 clients", "HTTP"),
        (Task::SendPaced(400), 1_200, "HTTP → XMPP at 400/s", "arrival"),
        (Task::ReceivePaced(200), 600, "XMPP → waiting poll at 200/s", "arrival"),
        (Task::Receive, messages, "XMPP → polls, 8 × 16 in flight", "arrival"),
        (Task::Loop(1), messages / 4, "whole loop, 1 client", "round"),
        (Task::Loop(64), messages, "whole loop, 64 clients", "round"),
    ];
    let few = (messages / 25).max(PEOPLE);
    let archived = vec![
        (Task::Send(16), few, "archive on: HTTP → XMPP, 16 clients", "HTTP"),
        (Task::Loop(64), few, "archive on: whole loop, 64 clients", "round"),
    ];
    let plain = Options { archive: false, ..Options::default() };
    let archive = Options { archive: true, storage: Storage::Sql, ..Options::default() };
    let (mut lines, mut memory, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    // With the archive on the server is all that counts, so the peers do without it.
    for (options, mut plans, wanted) in [(plain, tasks, peers::wanted()), (archive, archived, Vec::new())] {
        plans.retain(|plan| chosen.is_empty() || chosen.iter().any(|word| plan.2.contains(*word)));
        if plans.is_empty() {
            continue;
        }
        let Some(mut bench) = Bench::start(&options, &wanted)? else { return Ok(()) };
        bench.warm_up();
        let fresh = bench.memory();
        lines.extend(bench.measure(&plans, runs).iter().map(Row::print));
        let archive = if options.archive { "archive on: " } else { "" };
        let both = fresh.iter().zip(bench.memory());
        memory.extend(both.map(|((name, fresh), (_, now))| format!("| {archive}{name} | {fresh:.1} | {now:.1} |")));
        missing.append(&mut bench.missing);
    }
    println!("\nMedians of {runs} runs; ± is half of (max − min).\n\n{HEADER}\n{}", lines.join("\n"));
    println!("\n| resident | MB warmed up | MB at the end |\n|---|---|---|\n{}", memory.join("\n"));
    missing.iter().for_each(|line| println!("\nNot measured: {line}"));
    Ok(())
}

/// A task, how many messages it takes, and its names in the table.
type Plan = (Task, usize, &'static str, &'static str);

/// A server, and people who are connected to it.
struct Place {
    server: Server,
    people: Vec<Xmpp>,
    addresses: Vec<String>,
}

impl Place {
    fn open(server: Server, people: usize) -> Result<Place> {
        let logins: Vec<Login> = (0..people).map(|number| login(&server, &format!("p{number}"))).collect();
        let mut people = Vec::new();
        for login in &logins {
            server.add_user(&login.user, PASSWORD);
            people.push(smol::block_on(login.connect())?);
        }
        Ok(Place { server, people, addresses: logins.iter().map(Login::jid).collect() })
    }
}

/// All that is measured together.
struct Bench {
    /// The first is the bare loop. They end before the servers do.
    systems: Vec<Running>,
    places: Vec<Place>,
    /// What could not be measured, and why.
    missing: Vec<String>,
    /// Number of the last run.
    count: usize,
}

impl Bench {
    /// Everything started, on Prosody or beside it; `None` if there is no Prosody on this machine.
    fn start(options: &Options, wanted: &[(String, String)]) -> Result<Option<Bench>> {
        let Some(mut server) = Server::start_with(Kind::Prosody, options.clone()) else { return Ok(None) };
        let what = |name: &str| wanted.iter().find(|(wanted, _)| wanted == name).map(|(_, what)| what.as_str());
        let mut missing = Vec::new();
        let rest = what("mod_rest").map(|modules| peers::load_mod_rest(&mut server, modules));
        let place = Place::open(server, PEOPLE)?;
        let mut bench = Bench { places: vec![place], systems: Vec::new(), missing: Vec::new(), count: 0 };
        let server = &bench.places[0].server;
        let mut systems = vec![start_bare(&account(server, "bare"))?];
        for (number, (name, program)) in programs().iter().enumerate() {
            systems.push(start_daemon(server, (name, program), &account(server, &format!("owner{number}")).user)?);
        }
        let mut add = |name: &str, peer: Result<Running>| match peer {
            Ok(peer) => systems.push(peer),
            Err(error) => missing.push(format!("{name}: {error}")),
        };
        for name in ["slixmpp", "tokio-xmpp"] {
            if let Some(program) = what(name) {
                add(name, peers::start_bot(name, program, &account(server, name)));
            }
        }
        if let Some(loaded) = rest {
            add("mod_rest", loaded.map(|()| peers::mod_rest(server, &account(server, "rest"))));
        }
        for running in &mut systems {
            running.system.server_pid = server.pid();
        }
        if what("ejabberd").is_some() {
            match peers::start_ejabberd().and_then(|server| Place::open(server, 1)) {
                Ok(place) => {
                    systems.push(peers::ejabberd(&place.server, 1));
                    bench.places.push(place);
                }
                Err(error) => missing.push(format!("ejabberd: {error}")),
            }
        }
        bench.systems = systems;
        bench.missing = missing;
        Ok(Some(bench))
    }

    /// First runs for each. A peer that cannot do them is left out.
    fn warm_up(&mut self) {
        let mut useless = Vec::new();
        for number in 0..self.systems.len() {
            for task in [Task::Send(8), Task::Loop(8)] {
                if !self.can(number, task) || useless.contains(&number) {
                    continue;
                }
                let Faults { lost, refused, .. } = self.run(number, &(task, WARMING, "warming up", "")).faults;
                if lost == WARMING {
                    let name = &self.systems[number].system.name;
                    self.missing.push(format!("{name}: none of {WARMING} messages arrived, {refused} refusals"));
                    useless.push(number);
                }
            }
        }
        assert!(!useless.contains(&0), "the bare loop does not work");
        for number in useless.into_iter().rev() {
            self.systems.remove(number);
        }
    }

    fn can(&self, number: usize, task: Task) -> bool {
        self.systems[number].system.has_updates || task.only_sends()
    }

    /// One run of one system, and what was seen of it so far on the terminal.
    fn run(&mut self, number: usize, (task, messages, name, _): &Plan) -> Run {
        self.count += 1;
        let begun = Instant::now();
        let running = &self.systems[number];
        let Place { people, addresses, .. } = &mut self.places[running.place];
        let load = Load { system: &running.system, people, addresses, run: self.count, messages: *messages };
        let who = &running.system.name;
        let result = smol::block_on(load.run(*task)).unwrap_or_else(|error| {
            eprintln!("{name}: {who}: {error}");
            Run::broken(*messages)
        });
        let took = begun.elapsed().as_secs_f32();
        eprintln!("{name}: {who} {:.0}/s {:?} ({took:.1} s)", result.rate, result.latency);
        result
    }

    /// All tasks by all systems in turns.
    fn measure(&mut self, plans: &[Plan], runs: usize) -> Vec<Row> {
        let row = |plan: &Plan| Row {
            task: plan.2.into(),
            latency_of: plan.3,
            runs: self.systems.iter().map(|running| (running.system.name.clone(), Vec::new())).collect(),
        };
        let mut rows: Vec<Row> = plans.iter().map(row).collect();
        for _ in 0..runs {
            for (plan, row) in plans.iter().zip(&mut rows) {
                for (number, (_, runs)) in row.runs.iter_mut().enumerate() {
                    if self.can(number, plan.0) {
                        runs.push(self.run(number, plan));
                    }
                }
            }
        }
        rows
    }

    /// Resident memory of each system that has a process.
    fn memory(&self) -> Vec<(String, f64)> {
        let systems = self.systems.iter().map(|running| &running.system).filter(|system| system.pid != 0);
        systems.map(|system| (system.name.clone(), resident(system.pid))).collect()
    }
}

/// The programs that are measured, and what they are called.
fn programs() -> Vec<(String, PathBuf)> {
    let given = env::var("BOTMOTHER_BENCH_BINARIES").unwrap_or_default();
    let named = |word: &str| word.split_once('=').map(|(name, path)| (name.to_string(), PathBuf::from(path)));
    let several: Vec<_> = given.split_whitespace().filter_map(named).collect();
    if !several.is_empty() {
        return several;
    }
    let one = env::var_os("FOOTPRINT_BINARY").map(PathBuf::from);
    vec![("Botmother".to_string(), one.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_botmother"))))]
}

fn login(server: &Server, user: &str) -> Login {
    Login {
        port: server.c2s_port,
        domain: server.domain.clone(),
        ca_file: server.ca_file.clone(),
        user: user.to_string(),
        password: PASSWORD.to_string(),
    }
}

/// A new account.
fn account(server: &Server, user: &str) -> Login {
    server.add_user(user, PASSWORD);
    login(server, user)
}

fn start_bare(login: &Login) -> Result<Running> {
    let port = Port::claim();
    let mut command = Command::new(env::current_exe()?);
    command.args([BARE, &port.number.to_string(), &login.port.to_string(), &login.domain]);
    command.arg(&login.ca_file).args([&login.user, &login.password]).stdin(Stdio::piped());
    let process = Process::of(command.spawn()?);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port.number)).is_err() {
        assert!(begun.elapsed() < LIMIT, "the bare loop does not serve");
        thread::sleep(Duration::from_millis(10));
    }
    let system = System {
        name: "bare".to_string(),
        http_port: port.number,
        request: Request::ours(""),
        has_updates: true,
        jid: login.jid(),
        pid: process.0.id(),
        server_pid: 0,
        offset: Cell::new(0),
    };
    Ok(Running { system, place: 0, _holds: Box::new((process, port)) })
}

fn be_bare(arguments: &[String]) -> Result<()> {
    let [http, c2s, domain, ca_file, user, password] = arguments else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // Whoever started us is gone when our input ends.
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        process::exit(0);
    });
    let port = |text: &String| text.parse().map_err(io::Error::other);
    let login = Login {
        port: port(c2s)?,
        domain: domain.clone(),
        ca_file: PathBuf::from(ca_file),
        user: user.clone(),
        password: password.clone(),
    };
    bare::run(port(http)?, &login)
}

fn start_daemon(server: &Server, (name, program): (&str, &Path), user: &str) -> Result<Running> {
    let no_limit = "[api]\nrate_limit = 0\n";
    let mut daemon = Daemon::with_binary(&program.display().to_string(), server, user, PASSWORD, no_limit);
    // A second start, because the first one logs every stanza.
    daemon.stop();
    let mut process = Process::spawn(&daemon, program);
    process.wait_serving(&daemon);
    daemon.wait_online(1, LIMIT);
    let jid = server.jid(user);
    let body = format!(r#"{{"name":"Bench","account":"{jid}","receive":"all"}}"#);
    let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
    // The presence that lets messages in has to reach the server.
    thread::sleep(Duration::from_millis(200));
    let pid = process.0.id();
    let (name, http_port, request) = (name.to_string(), daemon.port, Request::ours(&token));
    let system = System { name, http_port, request, has_updates: true, jid, pid, server_pid: 0, offset: Cell::new(0) };
    Ok(Running { system, place: 0, _holds: Box::new((process, daemon)) })
}

fn number(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
