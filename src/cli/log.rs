//! The log on standard error. For people: time, level, text. For the journal: `<N>` priorities (sd-daemon(3)), which
//! it understands without a library of its own.

use std::io::Write;
use std::os::fd::AsFd;
use std::time::{SystemTime, UNIX_EPOCH};

use log::{Level, Record};

use crate::base::time::to_rfc3339;
use crate::config::Environment;

/// Whom the log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The daemon's: `info` and worse.
    Daemon,
    /// That of a command whose output is elsewhere: warnings and worse, without time.
    Command,
}

/// Starts logging. `-v` goes before `BOTMOTHER_LOG`, which takes a level or env_logger's whole syntax.
pub fn start(purpose: Purpose, verbose: u8, environment: &Environment) {
    let filter = match (verbose, environment.get("BOTMOTHER_LOG"), purpose) {
        (0, None, Purpose::Daemon) => "info",
        // A command that tries a login says itself how that went.
        (0, None, Purpose::Command) => "warn,botmother::net=off,botmother::xmpp=off",
        (0, Some(filter), _) => filter,
        (1, ..) => "debug",
        _ => "trace",
    };
    // A level alone is ours; what libraries say below a warning is noise.
    let is_level = filter.parse::<log::LevelFilter>().is_ok();
    let filter = if is_level { format!("warn,botmother={filter}") } else { filter.to_string() };
    let to_journal = is_journal(environment);
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(&filter).format(move |out, record| match (to_journal, purpose) {
        (true, _) => for_journal(out, record),
        (false, Purpose::Daemon) => for_people(out, record),
        (false, Purpose::Command) => {
            writeln!(out, "botmother: {}: {}", record.level().as_str().to_lowercase(), record.args())
        }
    });
    // Fails only when there is a logger already; then that one is as good.
    let _ = builder.try_init();
}

fn for_people(out: &mut dyn Write, record: &Record<'_>) -> std::io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let time = to_rfc3339(i64::try_from(now).unwrap_or(i64::MAX));
    writeln!(out, "{time} {:<5} {}", record.level(), record.args())
}

fn for_journal(out: &mut dyn Write, record: &Record<'_>) -> std::io::Result<()> {
    let priority = match record.level() {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    };
    // The journal takes each line for an entry of its own.
    let text = record.args().to_string();
    text.lines().try_for_each(|line| writeln!(out, "<{priority}>{line}"))
}

/// Whether standard error goes to the journal: systemd.exec(5) has device and inode of it in `$JOURNAL_STREAM`, and
/// they must be compared, since a child inherits the variable even when its output goes elsewhere.
fn is_journal(environment: &Environment) -> bool {
    let Some((device, inode)) = environment.get("JOURNAL_STREAM").and_then(|value| value.split_once(':')) else {
        return false;
    };
    rustix::fs::fstat(std::io::stderr().as_fd())
        .is_ok_and(|stat| device == stat.st_dev.to_string() && inode == stat.st_ino.to_string())
}
