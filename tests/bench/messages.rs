//! `cargo bench --bench messages`: how fast messages go through the daemon, against the bare loop on the same server.
//!
//! One table in one run, nothing asserted: the figures belong to a machine, the ratios less so. Each task is done by both
//! systems in turn, several times. README.md says what the columns mean and what was reached.
//! Words after `--` choose tasks by their names. BOTMOTHER_BENCH_RUNS (default 5), BOTMOTHER_BENCH_MESSAGES (default 10000) and
//! BOTMOTHER_BENCH_BINARIES (`old=PATH new=PATH`: several programs in the same run, in turns; else the one that cargo has built,
//! or FOOTPRINT_BINARY).

#![allow(missing_docs, unreachable_pub)]

mod bare;
mod figures;
mod load;
#[path = "../support/mod.rs"]
mod support;
mod wire;

use std::cell::Cell;
use std::io::{Read, Result};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, process, thread};

use figures::{HEADER, Row, resident};
use load::{Load, System, Task};
use support::daemon::Daemon;
use support::port::Port;
use support::process::Process;
use support::server::{Kind, Options, Server, Storage};
use wire::{Login, Xmpp};

const PASSWORD: &str = "pw";
const PEOPLE: usize = 64;
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
    let archived = vec![
        (Task::Send(16), messages / 25, "archive on: HTTP → XMPP, 16 clients", "HTTP"),
        (Task::Loop(64), messages / 25, "archive on: whole loop, 64 clients", "round"),
    ];
    let plain = Options { archive: false, ..Options::default() };
    let archive = Options { archive: true, storage: Storage::Sql, ..Options::default() };
    let mut lines = Vec::new();
    for (options, mut plans) in [(plain, tasks), (archive, archived)] {
        plans.retain(|plan| chosen.is_empty() || chosen.iter().any(|word| plan.2.contains(*word)));
        if plans.is_empty() {
            continue;
        }
        let Some((rows, memory)) = measure(options, &plans, runs)? else { return Ok(()) };
        lines.extend(rows.iter().map(Row::print));
        eprintln!("resident memory: {memory}");
    }
    println!("\nMedians of {runs} runs; ± is half of (max − min).\n\n{HEADER}\n{}", lines.join("\n"));
    Ok(())
}

/// A task, how many messages it takes, and its names in the table.
type Plan = (Task, usize, &'static str, &'static str);

/// All tasks with a fresh server; `None` if there is none on this machine.
fn measure(options: Options, plans: &[Plan], runs: usize) -> Result<Option<(Vec<Row>, String)>> {
    let Some(server) = Server::start_with(Kind::Prosody, options) else { return Ok(None) };
    let login = |user: &str| Login {
        port: server.c2s_port,
        domain: server.domain.clone(),
        ca_file: server.ca_file.clone(),
        user: user.to_string(),
        password: PASSWORD.to_string(),
    };
    let bare = login("bare");
    let programs = programs();
    let owners: Vec<Login> = (0..programs.len()).map(|number| login(&format!("owner{number}"))).collect();
    let logins: Vec<Login> = (0..PEOPLE).map(|number| login(&format!("p{number}"))).collect();
    for Login { user, password, .. } in logins.iter().chain(&owners).chain([&bare]) {
        server.add_user(user, password);
    }
    let server_pid = fs::read_to_string(server.dir.join("prosody.pid")).unwrap_or_default();
    let server_pid = server_pid.trim().parse().unwrap_or(0);

    let bare = start_bare(&bare, server_pid)?;
    let daemons = programs
        .iter()
        .zip(&owners)
        .map(|((name, program), owner)| start_daemon(&server, server_pid, (name, program), &owner.user));
    let daemons = daemons.collect::<Result<Vec<_>>>()?;
    let systems: Vec<&System> = [&bare.system].into_iter().chain(daemons.iter().map(|daemon| &daemon.system)).collect();
    let addresses: Vec<String> = logins.iter().map(Login::jid).collect();
    let mut people: Vec<Xmpp> = Vec::new();
    for login in &logins {
        people.push(smol::block_on(login.connect())?);
    }
    let mut count = 0;
    let mut run = |system: &System, (task, messages, name, _): &Plan, people: &mut [Xmpp]| {
        count += 1;
        let begun = Instant::now();
        let load = Load { system, people, addresses: &addresses, run: count, messages: *messages };
        let result = smol::block_on(load.run(*task))?;
        let who = &system.name;
        eprintln!("{name}: {who} {:.0}/s {:?} ({:.1} s)", result.rate, result.latency, begun.elapsed().as_secs_f32());
        Ok::<_, io::Error>(result)
    };
    let warm_up = (Task::Loop(8), 200, "warming up", "round");
    for system in &systems {
        run(system, &warm_up, &mut people)?;
    }
    let fresh: Vec<f64> = systems[1..].iter().map(|system| resident(system.pid)).collect();
    let row = |plan: &Plan| Row {
        task: plan.2.into(),
        latency_of: plan.3,
        runs: systems.iter().map(|system| (system.name.clone(), Vec::new())).collect(),
    };
    let mut rows: Vec<Row> = plans.iter().map(row).collect();
    for _ in 0..runs {
        for (plan, row) in plans.iter().zip(&mut rows) {
            for (system, (_, runs)) in systems.iter().zip(&mut row.runs) {
                runs.push(run(system, plan, &mut people)?);
            }
        }
    }
    let memory = systems[1..].iter().zip(fresh).map(|(system, fresh)| {
        format!("{} {fresh:.1} MB warmed up, {:.1} MB at the end", system.name, resident(system.pid))
    });
    let memory = memory.collect::<Vec<_>>().join("; ");
    Ok(Some((rows, memory)))
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

/// A system with what must live as long.
struct Running<T> {
    system: System,
    _process: Process,
    _holds: T,
}

fn start_bare(login: &Login, server_pid: u32) -> Result<Running<Port>> {
    let port = Port::claim();
    let mut command = Command::new(env::current_exe()?);
    command.args([BARE, &port.number.to_string(), &login.port.to_string(), &login.domain]);
    command.arg(&login.ca_file).args([&login.user, &login.password]).stdin(Stdio::piped());
    let process = Process(command.spawn()?);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port.number)).is_err() {
        assert!(begun.elapsed() < LIMIT, "the bare loop does not serve");
        thread::sleep(Duration::from_millis(10));
    }
    let system = System {
        name: "bare".to_string(),
        http_port: port.number,
        token: String::new(),
        jid: login.jid(),
        pid: process.0.id(),
        server_pid,
        offset: Cell::new(0),
    };
    Ok(Running { system, _process: process, _holds: port })
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

fn start_daemon(
    server: &Server,
    server_pid: u32,
    (name, program): (&str, &Path),
    user: &str,
) -> Result<Running<Daemon>> {
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
    let (name, http_port) = (name.to_string(), daemon.port);
    let system = System { name, http_port, token, jid, pid, server_pid, offset: Cell::new(0) };
    Ok(Running { system, _process: process, _holds: daemon })
}

fn number(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
