//! The command line: what `botmother COMMAND` does. `main` parses, reads the configuration and calls [`run`].
//!
//! Commands talk to the running daemon through its HTTP API, as any program may; only `account` and `doctor` look into
//! the store, and write to it only while no daemon has it.

pub mod args;
pub mod log;

mod account;
mod ask;
mod backup;
mod bot;
mod chat;
mod client;
mod completions;
mod doctor;
mod faq;
#[cfg(feature = "brain-flow")]
mod flow;
#[cfg(not(feature = "brain-flow"))]
#[path = "no_flow.rs"]
mod flow;
mod help;
mod import;
mod password;
mod send;
mod rights;
mod table;
mod why;

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use crate::config::{self, Config};
use crate::daemon;
use crate::store;
use args::Command;

/// Exit codes, after BSD's sysexits.h where it has one. `EXITS` says when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is well.
    Good = 0,
    /// None of the others.
    Failed = 1,
    /// The command line.
    Usage = 2,
    /// Nobody has answered.
    Expired = 4,
    /// `EX_UNAVAILABLE`
    Unavailable = 69,
    /// `EX_CANTCREAT`
    CannotCreate = 73,
    /// `EX_IOERR`
    Io = 74,
    /// `EX_NOPERM`
    Permission = 77,
    /// `EX_CONFIG`
    Config = 78,
}

/// What each means, for help and manual page.
const EXITS: &[(Exit, &str)] = &[
    (Exit::Good, "done, and all is well"),
    (Exit::Failed, "it did not work, and none of the others says why; the message does"),
    (Exit::Usage, "the command line is wrong"),
    (Exit::Expired, "`ask`: nobody has answered in time"),
    (Exit::Unavailable, "the daemon, an XMPP server or another service does not answer or cannot do it now"),
    (Exit::CannotCreate, "a file or the database cannot be made or opened"),
    (Exit::Io, "a file or the database cannot be read or written, or is not what it should be"),
    (Exit::Permission, "not allowed: a wrong password, no admin token, or files of another user"),
    (Exit::Config, "the configuration or the data directory is wrong, and starting again does not help"),
];

/// Why a command did not do what it should: the exit code, and one sentence or more for people.
#[derive(Debug)]
pub struct Failed {
    /// The process's exit code.
    pub exit: Exit,
    /// What to print; may be empty when everything was said already.
    pub text: String,
}

impl Failed {
    fn new(exit: Exit, text: impl Into<String>) -> Failed {
        Failed { exit, text: text.into() }
    }
}

/// Prints to standard output. A reader that has gone away (`| head`) is no mistake of anybody.
pub fn print(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Does what a command says. The daemon itself is not among them: `main` starts it.
pub fn run(command: Command, config: &Config) -> Result<(), Failed> {
    match command {
        Command::Chat { who, wait } => chat::run(config, who, wait),
        Command::AccountAdd(login) => account::add(config, &login),
        Command::AccountList => account::list(config),
        Command::AccountRemove(jid) => account::remove(config, &jid),
        Command::AccountTest(login) => account::try_login(config, &login),
        Command::BotList(owner) => bot::list(config, owner.as_ref()),
        Command::BotCreate(made) => bot::create(config, &made),
        Command::BotForget(jid) => bot::forget(config, &jid),
        Command::Bot(verb, bot, owner) => bot::act(config, verb, &bot, owner.as_ref()),
        Command::Rights(command) => rights::run(config, command),
        Command::ConfigCheck => check_config(config),
        Command::ConfigDump(passwords) => dump_config(config, passwords),
        Command::Backup(made) => backup::make(config, &made),
        Command::Restore(from) => backup::restore(config, &from),
        Command::Import(from) => import::run(config, &from),
        Command::Send(sent) => send::run(config, &sent),
        Command::Ask(asked) => ask::run(config, &asked),
        Command::Why(asked) => why::run(config, &asked),
        Command::Faq(wanted) => faq::run(config, &wanted),
        Command::Flow(wanted) => flow::run(&wanted),
        Command::Doctor(form) => doctor::run(config, form),
        Command::Health => health(config),
        // `main` does these, without a configuration or instead of a command.
        Command::Help(_) | Command::Version | Command::ConfigSample | Command::Completions(_) | Command::Run => Ok(()),
    }
}

/// What a command prints that needs no configuration, if it is one of those.
pub fn text_of(command: &Command) -> Option<String> {
    match command {
        Command::Help(topic) => Some(help::page(topic)),
        Command::Version => Some(format!("botmother {}\n", env!("CARGO_PKG_VERSION"))),
        Command::ConfigSample => Some(config::sample()),
        Command::Completions(shell) => Some(completions::script(shell)),
        _ => None,
    }
}

/// What the store said, as an exit code and a sentence.
fn store_failed(error: &store::Error) -> Failed {
    let exit = match error {
        store::Error::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => Exit::Permission,
        store::Error::Io { .. } => Exit::CannotCreate,
        _ => Exit::Io,
    };
    Failed::new(exit, error.to_string())
}

/// What the clock says, in Unix time.
fn unix_now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(0)
}

fn check_config(config: &Config) -> Result<(), Failed> {
    for warning in &config.warnings {
        print(format_args!("warning: {warning}\n"));
    }
    daemon::check_certificate(config).map_err(|error| Failed::new(Exit::Config, format!("[api]: {error}")))?;
    match &config.file {
        Some(file) => print(format_args!("{} is right\n", file.display())),
        None => print("there is no configuration file, and what the environment says is right\n"),
    }
    Ok(())
}

fn dump_config(config: &Config, passwords: config::Passwords) -> Result<(), Failed> {
    match &config.file {
        Some(file) => print(format_args!("# from {}, the environment and the command line\n", file.display())),
        None => print("# from the environment and the command line; there is no file\n"),
    }
    print(config::dump(config, passwords));
    Ok(())
}

fn health(config: &Config) -> Result<(), Failed> {
    let health = client::Client::new(config).get("/health", &[], Duration::ZERO)?;
    let number = |key: &str| health.number(key).ok().flatten().unwrap_or(0);
    let version = health.text("version").ok().flatten().unwrap_or("?");
    let (bots, online) = (number("active_bots"), number("accounts_online"));
    print(format_args!("ok: version {version}, active bots {bots}, accounts online {online}\n"));
    Ok(())
}

/// Columns under their headings, as wide as what is in them; a column without any value is left out.
fn table_of(headings: &[&str], rows: Vec<Vec<String>>) -> String {
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let used: Vec<usize> =
        (0..headings.len()).filter(|column| rows.iter().any(|row| !cell(row, *column).is_empty())).collect();
    let headings: Vec<String> = headings.iter().map(|heading| heading.to_string()).collect();
    let mut out = String::new();
    for row in std::iter::once(&headings).chain(&rows) {
        let mut line = String::new();
        for column in &used {
            let all = std::iter::once(&headings).chain(&rows);
            let width = all.map(|row| cell(row, *column).chars().count()).max().unwrap_or(0);
            let _ = write!(line, "{:<width$}  ", cell(row, *column));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn tables_line_up() {
        let rows =
            vec![vec!["1".to_string(), "ü".into(), String::new()], vec!["22".into(), "abc".into(), String::new()]];
        assert_eq!(super::table_of(&["ID", "NAME", "NONE"], rows), "ID  NAME\n1   ü\n22  abc\n");
    }
}
