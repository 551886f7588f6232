//! `cargo bench --bench start`: from the start of the program to the first message that it answers, beside a bare program
//! that only signs in and says something.
//!
//! Over TLS on a real Prosody with its archive. What is answered was written while the daemon was away, so it signs in,
//! reads the archive, commits and answers; it has an OMEMO device and was stopped in order, or killed. Starts take turns.
//! BOTMOTHER_BENCH_RUNS (default 20) and FOOTPRINT_BINARY (another binary). Nothing is asserted.

#![allow(missing_docs, unreachable_pub)]

#[allow(dead_code)]
mod figures;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code)]
mod wire;

use std::io::{Error, Result};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use botmother::base::limits;
use figures::{cpu_time, median, spread};
use smol::Timer;
use smol::future::FutureExt;
use support::daemon::Daemon;
use support::process::Process;
use support::server::{Kind, Options, Server};
use wire::{Login, Xmpp};

const PASSWORD: &str = "pw";
/// First word of the arguments that make this program the bare one.
const BARE: &str = "be-bare";
const LIMIT: Duration = Duration::from_secs(20);
/// Server and clients are done with what went before.
const CALM: Duration = Duration::from_millis(500);

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == BARE) {
        return be_bare(&arguments[1..]);
    }
    let options = Options { hashed: true, ..Options::default() };
    let Some(server) = Server::start_with(Kind::Prosody, options) else { return Ok(()) };
    let mut stage = Stage::build(&server)?;
    let runs = env::var("BOTMOTHER_BENCH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(20);
    let mut sides = [Side::Bare, Side::AfterKill, Side::AfterStop].map(|side| (side, Figures::default()));
    for (side, _) in &sides {
        // The device is made at the first start.
        stage.start(*side, &mut Figures::default())?;
    }
    for run in 0..runs {
        for (side, figures) in &mut sides {
            stage.start(*side, figures)?;
        }
        eprintln!("start {} of {runs}", run + 1);
    }
    let bare = median(sides[0].1.time.clone());
    println!(
        "\n| ms, {runs} starts | least | median | ratio | CPU of the server | own CPU |\n|---|---|---|---|---|---|"
    );
    for (side, figures) in sides {
        let least = figures.time.iter().copied().fold(f64::INFINITY, f64::min);
        let (spread, time) = (spread(&figures.time), median(figures.time));
        let (server, own) = (median(figures.server_cpu), median(figures.own_cpu));
        println!(
            "| {} | {least:.1} | {time:.1} (±{spread:.0} %) | {:.2} | {server:.1} | {own:.1} |",
            side.name(),
            time / bare
        );
    }
    Ok(())
}

/// Who starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Bare,
    /// The daemon, which was killed before.
    AfterKill,
    /// The daemon, which was stopped in order before.
    AfterStop,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Bare => "bare: sign in, say something",
            Side::AfterStop => "Botmother after a stop",
            Side::AfterKill => "Botmother after a kill",
        }
    }
}

/// Milliseconds of each start.
#[derive(Default)]
struct Figures {
    time: Vec<f64>,
    server_cpu: Vec<f64>,
    own_cpu: Vec<f64>,
}

/// A server, a daemon that is stopped, and the owner's phone.
struct Stage<'s> {
    server: &'s Server,
    login: Login,
    daemon: Daemon,
    phone: Xmpp,
    asked: usize,
}

impl Stage<'_> {
    fn build(server: &Server) -> Result<Stage<'_>> {
        server.add_user("ralf", PASSWORD);
        let mut daemon = Daemon::with_account(server, "ralf", PASSWORD, server.c2s_port, "");
        daemon.wait_online(1, LIMIT);
        daemon.create_bot("Echo", &server.jid("ralf"));
        // The next start knows the keys of this login.
        daemon.stop();
        let login = login(server.c2s_port, &server.domain, &server.ca_file.display().to_string());
        let phone = smol::block_on(login.connect())?;
        Ok(Stage { server, login, daemon, phone, asked: 0 })
    }

    fn start(&mut self, side: Side, figures: &mut Figures) -> Result<()> {
        if side != Side::Bare {
            self.ask()?;
        }
        thread::sleep(CALM);
        let server = self.server.pid();
        let (server_cpu, begun) = (cpu_time(server), Instant::now());
        let mut process = match side {
            Side::Bare => spawn_bare(&self.login)?,
            Side::AfterKill | Side::AfterStop => Process::spawn(&self.daemon, &binary()),
        };
        self.hear("Echo")?;
        figures.time.push(milliseconds(begun.elapsed()));
        figures.server_cpu.push(milliseconds(cpu_time(server) - server_cpu));
        figures.own_cpu.push(milliseconds(cpu_time(process.0.id())));
        // How the next start finds it: knowing how far it has read the archive, or each would read more.
        match side {
            Side::Bare => {}
            Side::AfterKill => {
                thread::sleep(limits::MARK_AGE);
                process.stop();
            }
            Side::AfterStop => {
                thread::sleep(limits::MARK_AGE);
                self.ask()?;
                self.hear("Echo")?;
            }
        }
        drop(process);
        thread::sleep(CALM);
        Ok(())
    }

    /// Writes to the manager, and waits until the server has it.
    fn ask(&mut self) -> Result<()> {
        self.asked += 1;
        let (own, id) = (self.login.jid(), self.asked);
        let text = format!("<message to='{own}' type='chat' id='q{id}'><body>/mybots</body></message>");
        smol::block_on(self.phone.send(&text))?;
        self.hear("/mybots")
    }

    fn hear(&mut self, word: &str) -> Result<()> {
        let arrival = async {
            let mut is_there = false;
            while !is_there {
                self.phone.receive(|_, body| is_there |= body.contains(word)).await?;
            }
            Ok(())
        };
        let late = async {
            Timer::after(LIMIT).await;
            Err(Error::other(format!("{word} did not come")))
        };
        smol::block_on(arrival.or(late))
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn binary() -> PathBuf {
    let given = env::var_os("FOOTPRINT_BINARY").map(PathBuf::from);
    given.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_botmother")))
}

// --- the bare program ---

fn spawn_bare(login: &Login) -> Result<Process> {
    let mut command = Command::new(env::current_exe()?);
    command.args([BARE, &login.port.to_string(), &login.domain]).arg(&login.ca_file);
    Ok(Process::of(command.stdin(Stdio::piped()).spawn()?))
}

fn be_bare(arguments: &[String]) -> Result<()> {
    let [port, domain, ca_file] = arguments else { return Err(Error::other("port, domain, CA file")) };
    let login = login(port.parse().map_err(Error::other)?, domain, ca_file);
    let mut xmpp = smol::block_on(login.connect())?;
    let own = login.jid();
    let text = format!("<message to='{own}' type='chat' id='a'><body>Echo</body></message>");
    smol::block_on(xmpp.send(&text))?;
    loop {
        smol::block_on(xmpp.receive(|_, _| {}))?;
    }
}

fn login(port: u16, domain: &str, ca_file: &str) -> Login {
    let (user, password) = ("ralf".to_string(), PASSWORD.to_string());
    Login { port, domain: domain.to_string(), ca_file: PathBuf::from(ca_file), user, password }
}
