//! The log on standard error. For people: time, level, text; for programs: an object of JSON or pairs a line, with the account
//! or bot that a message begins with as a member of its own. For the journal: `<N>` priorities (sd-daemon(3)), which it
//! understands without a library of its own.

use std::io::Write;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use log::{Level, Record};

use crate::base::json::{self, Object};
use crate::base::time::to_rfc3339;
use crate::config::{Environment, LogFormat};

/// Whom the log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The daemon's: `info` and worse.
    Daemon,
    /// That of a command whose output is elsewhere: warnings and worse, without time.
    Command,
}

/// The form of lines, once it is known: what is said before the configuration was read has that of the environment.
static FORMAT: AtomicU8 = AtomicU8::new(0);

/// From now on lines look so.
pub fn set_format(format: LogFormat) {
    FORMAT.store(format as u8, Ordering::Relaxed);
}

fn format_now() -> LogFormat {
    let now = FORMAT.load(Ordering::Relaxed);
    LogFormat::WORDS.iter().map(|(_, format)| *format).find(|format| *format as u8 == now).unwrap_or(LogFormat::Text)
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
        (_, Purpose::Daemon) if format_now() != LogFormat::Text => for_programs(out, record, to_journal),
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
    writeln!(out, "{} {:<5} {}", time_now(), record.level(), record.args())
}

fn time_now() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    to_rfc3339(i64::try_from(now).unwrap_or(i64::MAX))
}

fn for_programs(out: &mut dyn Write, record: &Record<'_>, to_journal: bool) -> std::io::Result<()> {
    if to_journal {
        write!(out, "<{}>", priority(record.level()))?;
    }
    let message = record.args().to_string();
    let (level, time) = (record.level().as_str().to_lowercase(), time_now());
    let (account, bot) = whose(&message);
    let members = [
        ("time", Some(time.as_str())),
        ("level", Some(level.as_str())),
        ("target", Some(record.target())),
        ("account", account),
        ("bot", bot),
        ("message", Some(message.as_str())),
    ];
    let members = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
    writeln!(out, "{}", print(format_now(), members))
}

fn print<'a>(format: LogFormat, members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    match format {
        LogFormat::Json => members.fold(Object::new(), |object, (name, value)| object.text(name, value)).end(),
        LogFormat::Text | LogFormat::Logfmt => {
            let pair = |(name, value): (&str, &str)| {
                let is_plain = !value.is_empty()
                    && value.chars().all(|c| !c.is_control() && !c.is_whitespace() && !matches!(c, '"' | '=' | '\\'));
                let mut pair = format!("{name}=");
                if is_plain {
                    pair.push_str(value)
                } else {
                    json::quote(&mut pair, value)
                }
                pair
            };
            members.map(pair).collect::<Vec<_>>().join(" ")
        }
    }
}

/// The account, or the bot, that a message is about: `ralf@chat.example.com: …`, `bot 7: …`.
fn whose(message: &str) -> (Option<&str>, Option<&str>) {
    let Some((head, _)) = message.split_once(": ") else { return (None, None) };
    match head.strip_prefix("bot ") {
        Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => (None, Some(number)),
        None if head.contains('@') && !head.contains(char::is_whitespace) => (Some(head), None),
        _ => (None, None),
    }
}

fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

fn for_journal(out: &mut dyn Write, record: &Record<'_>) -> std::io::Result<()> {
    let priority = priority(record.level());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::json::Fields;

    #[test]
    fn lines_for_programs_are_whole_whatever_is_said() {
        let odd = "a@b: it said \"x\"\n\u{0}\u{7f}\u{2028} \\ ü = 1";
        let (account, bot) = whose(odd);
        let members = || [("level", "warn"), ("account", account.unwrap()), ("message", odd)].into_iter();
        let json = print(LogFormat::Json, members());
        assert!(!json.contains('\n'), "{json}");
        let fields = Fields::parse(json.as_bytes()).unwrap();
        assert_eq!((fields.need_text("message").unwrap(), fields.need_text("account").unwrap()), (odd, "a@b"));
        assert_eq!(bot, None);
        let pairs = print(LogFormat::Logfmt, members());
        assert!(pairs.starts_with("level=warn account=a@b message=\"a@b: it said \\\"x\\\"\\n"), "{pairs}");
        assert_eq!(pairs.lines().count(), 1);
        assert_eq!(print(LogFormat::Logfmt, [("a", ""), ("b", "c d")].into_iter()), "a=\"\" b=\"c d\"");
    }

    #[test]
    fn whose_a_message_is() {
        assert_eq!(whose("ralf@chat.example.com: online"), (Some("ralf@chat.example.com"), None));
        assert_eq!(whose("bot 7: its webhook has trouble: x"), (None, Some("7")));
        for nobodys in ["stopped", "status: bot 7: webhook", "bot x: y", "who is a@b: c", "http: cannot listen"] {
            assert_eq!(whose(nobodys), (None, None), "{nobodys}");
        }
    }
}
