//! The command line as a value. Parses by the table; a mistake names what is nearest and leads to exit code 2.
//! `made.rs` reads what a new bot is to be, `send.rs` has the options of one command, which has those of older programs.

mod ask;
pub mod faq;
pub mod flow;
pub(super) mod made;
mod send;

pub mod rights;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::Arg;

use super::completions;
use super::table::{self, COMMANDS, CommandRow, GROUPS, OPTIONS, OptionRow};
pub use ask::{Asked, WhyAsked};
pub use made::BotMade;
pub use send::Sent;

use crate::base::jid::BareJid;
use crate::base::remedy;
use crate::cli::doctor::Form;
use crate::config::{self, nearest};

/// What was asked for.
#[derive(Debug)]
pub struct Args {
    /// What goes before the configuration's own values.
    pub options: config::Options,
    /// How often `-v` was given.
    pub verbose: u8,
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// Be the daemon.
    Run,
    /// Explain: a command's path, a group, or all for an empty one.
    Help(String),
    /// `--version`
    Version,
    /// `chat`
    Chat {
        /// The bot; `None` is the manager.
        who: Option<String>,
        /// How much silence ends it when there is no terminal.
        wait: Duration,
    },
    /// `account add`
    AccountAdd(Login),
    /// `account list`
    AccountList,
    /// `account remove`
    AccountRemove(BareJid),
    /// `account test`
    AccountTest(Login),
    /// `bot list`, of one owner or all.
    BotList(Option<BareJid>),
    /// `bot create`
    BotCreate(Box<BotMade>),
    /// `bot delete`, `bot token`, …: the verb, the bot's number or name, and whose bot it is.
    Bot(BotVerb, String, Option<BareJid>),
    /// `bot forget`
    BotForget(BareJid),
    /// `backup`
    Backup(BackupMade),
    /// `restore`
    Restore(RestoreFrom),
    /// `import`
    Import(ImportFrom),
    /// `send`
    Send(Box<Sent>),
    /// `ask`
    Ask(Box<Asked>),
    /// `why`
    Why(WhyAsked),
    /// `faq …`
    Faq(faq::FaqWanted),
    /// `flow …`
    Flow(flow::FlowWanted),
    /// `token …`, `user …`, `audit`
    Rights(rights::RightsCommand),
    /// `config check`
    ConfigCheck,
    /// `config dump`
    ConfigDump(config::Passwords),
    /// `config sample`
    ConfigSample,
    /// `completions`, for one of the shells that are known.
    Completions(&'static str),
    /// `doctor`
    Doctor(Form),
    /// `health`
    Health,
}

/// A backup to be made.
#[derive(Debug)]
pub struct BackupMade {
    /// A file, a directory for one, or `-`.
    pub to: PathBuf,
    /// Secrets in the clear are left out.
    pub without_key: bool,
    /// A file that is there is replaced.
    pub force: bool,
}

/// A backup to be put back.
#[derive(Debug)]
pub struct RestoreFrom {
    /// The file, or `-`.
    pub file: PathBuf,
    /// Where the key is, if not in it.
    pub key_file: Option<PathBuf>,
}

/// A registry of another program.
#[derive(Debug)]
pub struct ImportFrom {
    /// The file.
    pub file: PathBuf,
    /// Nothing is written.
    pub dry_run: bool,
}

/// What is done to one bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotVerb {
    /// Remove it.
    Delete,
    /// A new main token; the old one works on for so many hours.
    Token {
        /// Hours.
        overlap_hours: i64,
    },
    /// No token, switched off.
    Revoke,
    /// On.
    Activate,
    /// Off.
    Deactivate,
}

/// An account and how to get there.
#[derive(Clone, Debug)]
pub struct Login {
    /// The account.
    pub jid: BareJid,
    /// Where the password is; `None`: ask.
    pub password_file: Option<PathBuf>,
    /// As in the configuration; empty for DNS, `None`: as it was.
    pub host: Option<String>,
    /// As in the configuration; absolute, empty for none, `None`: as it was.
    pub ca_file: Option<String>,
    /// As in the configuration; empty for none, `None`: as it was.
    pub pin: Option<String>,
}

/// A command line that cannot be understood: what is wrong, and whose help to read.
#[derive(Debug, PartialEq, Eq)]
pub struct Usage {
    text: String,
    help: &'static str,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.help.is_empty() { "" } else { " " };
        write!(f, "{}\n`botmother {}{space}--help` shows what there is", self.text, self.help)
    }
}

impl std::error::Error for Usage {}

/// Words and options, before anybody knows what they mean together.
#[derive(Default)]
struct Raw {
    words: Vec<String>,
    options: Vec<(&'static OptionRow, OsString)>,
}

/// What the program was called with. As `sendxmpp` it is `send`, so that a link of that name takes the place of the other one.
pub fn of_process() -> Vec<OsString> {
    let mut words = std::env::args_os();
    let name = words.next().map(PathBuf::from);
    let name = name.as_deref().and_then(|path| path.file_name()?.to_str()).unwrap_or_default();
    let command = send::PROGRAMS.contains(&name).then(|| OsString::from("send"));
    command.into_iter().chain(words).collect()
}

/// Parses arguments, the program's name left out.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Args, Usage> {
    let plain = |arg: OsString| arg.into_string().map_or_else(|arg| arg, |text| remedy::inert(text).into());
    let raw = collect(lexopt::Parser::from_args(args.into_iter().map(plain)))?;
    let count = |long: &str| raw.options.iter().filter(|(row, _)| row.long == long).count();
    let (wants_help, wants_version) = (count("help") > 0, count("version") > 0);
    let verbose = u8::try_from(count("verbose")).unwrap_or(u8::MAX);
    let options = common_options(&raw)?;
    if wants_help {
        let topic = match &raw.words[..] {
            [help, topic @ ..] if help == "help" && !topic.is_empty() => topic,
            words => words,
        };
        return Ok(Args { options, verbose, command: Command::Help(topic_of(topic)?) });
    }
    if wants_version {
        return Ok(Args { options, verbose, command: Command::Version });
    }
    let (row, rest) = find_command(&raw.words)?;
    if row.path == "help" {
        return Ok(Args { options, verbose, command: Command::Help(topic_of(rest)?) });
    }
    check_shape(row, rest, &raw.options)?;
    Ok(Args { options, verbose, command: build(row, rest, &raw)? })
}

fn usage<T>(text: impl Into<String>, help: &'static str) -> Result<T, Usage> {
    Err(Usage { text: text.into(), help })
}

fn collect(mut parser: lexopt::Parser) -> Result<Raw, Usage> {
    let mut raw = Raw::default();
    let wrong = |error: lexopt::Error| Usage { text: error.to_string(), help: "" };
    loop {
        let row = match parser.next().map_err(wrong)? {
            None => return Ok(raw),
            Some(Arg::Value(word)) => {
                let word =
                    word.into_string().map_err(|word| Usage { text: format!("{word:?} is not UTF-8"), help: "" })?;
                raw.words.push(word);
                continue;
            }
            Some(arg) if raw.is_send() && send::takes(&arg) => {
                let (short, long) = match arg {
                    Arg::Short(short) => (Some(short), String::new()),
                    Arg::Long(long) => (None, long.to_string()),
                    Arg::Value(_) => continue,
                };
                send::collect(short, &long, &mut parser, &mut raw)?;
                continue;
            }
            Some(Arg::Long(long)) => match OPTIONS.iter().find(|row| row.long == long) {
                Some(row) => row,
                None => return unknown_option(long),
            },
            Some(Arg::Short(short)) => match OPTIONS.iter().find(|row| row.short == Some(short)) {
                Some(row) => row,
                None => return unknown_short(short, parser.optional_value()),
            },
        };
        raw.add(row, &mut parser)?;
    }
}

/// `-x`, or a long option with one dash only.
fn unknown_short<T>(short: char, rest: Option<OsString>) -> Result<T, Usage> {
    let rest = rest.unwrap_or_default();
    let word = format!("{short}{}", rest.to_string_lossy());
    let long = nearest(&word, OPTIONS.iter().map(|row| row.long)).filter(|_| !rest.is_empty());
    let same = OPTIONS.iter().find(|row| row.short.is_some_and(|known| known.eq_ignore_ascii_case(&short)));
    match (long, same) {
        (Some(near), _) => usage(format!("unknown option -{word}; did you mean --{near}?"), ""),
        (None, Some(row)) => usage(format!("unknown option -{short}; did you mean --{}?", row.long), ""),
        (None, None) => usage(format!("unknown option -{short}"), ""),
    }
}

fn unknown_option<T>(long: &str) -> Result<T, Usage> {
    match nearest(long, OPTIONS.iter().map(|row| row.long)) {
        Some(near) => usage(format!("unknown option --{long}; did you mean --{near}?"), ""),
        None => usage(format!("unknown option --{long}"), ""),
    }
}

/// The command that the words begin with, and what follows.
fn find_command(words: &[String]) -> Result<(&'static CommandRow, &[String]), Usage> {
    let Some(first) = words.first() else {
        return Ok((table::find("run").expect("the table has it"), words));
    };
    if let Some(row) = table::find(first) {
        return Ok((row, &words[1..]));
    }
    let Some((group, _)) = GROUPS.iter().find(|(group, _)| group == first) else {
        return usage(format!("unknown command `{first}`{}", meant(first)), "");
    };
    let verbs = || COMMANDS.iter().filter_map(|row| row.path.strip_prefix(group)?.strip_prefix(' '));
    let list = || verbs().collect::<Vec<_>>().join(", ");
    let Some(second) = words.get(1) else {
        return usage(format!("`{group}` needs one of: {}", list()), group);
    };
    match (table::find(&format!("{group} {second}")), nearest(second, verbs())) {
        (Some(row), _) => Ok((row, &words[2..])),
        (None, Some(near)) => {
            usage(format!("unknown command `{group} {second}`; did you mean `{group} {near}`?"), group)
        }
        (None, None) => usage(format!("unknown command `{group} {second}`; there are: {}", list()), group),
    }
}

/// "; did you mean …?" for a first word that is none: the second of a command, a slip, or both.
fn meant(word: &str) -> String {
    let ends_with = |verb: &str| {
        let rows = COMMANDS.iter().filter(|row| row.path.split_once(' ').is_some_and(|(_, second)| second == verb));
        rows.map(|row| format!("`{}`", row.path)).collect::<Vec<_>>().join(" or ")
    };
    let words = COMMANDS.iter().flat_map(|row| row.path.split(' '));
    let near = nearest(word, words).map_or_else(String::new, |near| match ends_with(near) {
        none if none.is_empty() => format!("`{near}`"),
        whole => whole,
    });
    if near.is_empty() { near } else { format!("; did you mean {near}?") }
}

/// What help is wanted for.
fn topic_of(words: &[String]) -> Result<String, Usage> {
    match words {
        [] => Ok(String::new()),
        [group] if GROUPS.iter().any(|(name, _)| name == group) => Ok(group.clone()),
        words => find_command(words).map(|(row, _)| row.path.to_string()),
    }
}

fn check_shape(row: &'static CommandRow, rest: &[String], options: &[(&OptionRow, OsString)]) -> Result<(), Usage> {
    let needs_word = !row.words.is_empty() && !row.words.starts_with('[');
    if needs_word && rest.is_empty() {
        return usage(format!("`{}` needs {}{}", row.path, row.words, table::meaning(row.words)), row.path);
    }
    let most = if row.words.ends_with('…') { usize::MAX } else { usize::from(!row.words.is_empty()) };
    if let Some(extra) = rest.get(most) {
        return usage(format!("`{}` does not take `{extra}`", row.path), row.path);
    }
    let is_read = |option: &OptionRow| option.is_common() || option.commands().any(|path| path == row.path);
    match options.iter().find(|(option, _)| !is_read(option)) {
        Some((option, _)) => {
            let owners = option.commands().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" and ");
            usage(format!("--{} belongs to {owners}", option.long), row.path)
        }
        None => Ok(()),
    }
}

fn common_options(raw: &Raw) -> Result<config::Options, Usage> {
    let port = match raw.text("port")? {
        None => None,
        Some(text) => match text.parse::<u16>() {
            Ok(port) if port >= 1024 => Some(port),
            _ => return usage(format!("--port must be a number from 1024 to 65535, not {text}"), ""),
        },
    };
    let log_format = raw.text("log-format")?.map(log_format).transpose()?;
    Ok(config::Options { config: raw.path("config"), data: raw.path("data"), port, log_format })
}

fn log_format(text: &str) -> Result<config::LogFormat, Usage> {
    let known = config::LogFormat::parse(text);
    known.map_or_else(|| usage(format!("--log-format must be text, json or logfmt, not {text}"), ""), Ok)
}

impl Raw {
    /// An option with its value.
    fn add(&mut self, row: &'static OptionRow, parser: &mut lexopt::Parser) -> Result<(), Usage> {
        let missing = |_| Usage { text: format!("option --{} needs a value: --{0} {}", row.long, row.value), help: "" };
        let value = if row.value.is_empty() { OsString::new() } else { parser.value().map_err(missing)? };
        self.options.push((row, value));
        Ok(())
    }

    /// Whether what follows is for `send`.
    fn is_send(&self) -> bool {
        self.words.first().is_some_and(|word| word == "send")
    }

    fn path(&self, long: &str) -> Option<PathBuf> {
        self.options.iter().rev().find(|(row, _)| row.long == long).map(|(_, value)| PathBuf::from(value))
    }

    /// The value of an option, the last if there are several.
    fn text(&self, long: &str) -> Result<Option<&str>, Usage> {
        match self.options.iter().rev().find(|(row, _)| row.long == long) {
            None => Ok(None),
            Some((_, value)) => match value.to_str() {
                Some(text) => Ok(Some(text)),
                None => usage(format!("the value of --{long} is not UTF-8"), ""),
            },
        }
    }

    fn has(&self, long: &str) -> bool {
        self.options.iter().any(|(row, _)| row.long == long)
    }
}

fn build(row: &'static CommandRow, rest: &[String], raw: &Raw) -> Result<Command, Usage> {
    let word = || rest.first().cloned().unwrap_or_default();
    let jid = |text: &str| {
        config::account(text)
            .map_err(|must_be| Usage { text: format!("{} must be {must_be}, not {text}", row.words), help: row.path })
    };
    let act = |verb| {
        let owner = raw.text("owner")?.map(|text| owner(text, row)).transpose()?;
        Ok(Command::Bot(verb, word(), owner))
    };
    Ok(match row.path {
        "chat" => Command::Chat { who: rest.first().cloned(), wait: wait(raw, "chat")? },
        "account add" => Command::AccountAdd(login(jid(&word())?, row, raw)?),
        "account list" => Command::AccountList,
        "account remove" => Command::AccountRemove(jid(&word())?),
        "account test" => Command::AccountTest(login(jid(&word())?, row, raw)?),
        "bot list" => Command::BotList(raw.text("owner")?.map(|text| owner(text, row)).transpose()?),
        "bot create" => Command::BotCreate(Box::new(made::bot(word(), row, raw)?)),
        "bot forget" => Command::BotForget(jid(&word())?),
        "bot delete" => act(BotVerb::Delete)?,
        "bot token" => act(BotVerb::Token { overlap_hours: rights::overlap_hours(row, raw)? })?,
        "bot revoke" => act(BotVerb::Revoke)?,
        "bot activate" => act(BotVerb::Activate)?,
        "bot deactivate" => act(BotVerb::Deactivate)?,
        "backup" => Command::Backup(BackupMade {
            to: word().into(),
            without_key: raw.has("without-key"),
            force: raw.has("force"),
        }),
        "restore" => Command::Restore(RestoreFrom { file: word().into(), key_file: raw.path("key-file") }),
        "import" => Command::Import(ImportFrom { file: word().into(), dry_run: raw.has("dry-run") }),
        "send" => Command::Send(Box::new(send::build(row, rest, raw)?)),
        "ask" => Command::Ask(Box::new(ask::ask(word(), row, raw)?)),
        "why" => Command::Why(ask::why(word(), row, raw)?),
        path if path.starts_with("faq ") => Command::Faq(faq::build(row, word(), raw)?),
        path if path.starts_with("flow ") => Command::Flow(flow::build(row, word(), raw)?),
        path if path == "audit" || path.starts_with("token ") || path.starts_with("user ") => {
            Command::Rights(rights::build(row, &word(), raw)?)
        }
        "config check" => Command::ConfigCheck,
        "config dump" if raw.has("secrets") && !raw.has("redacted") => Command::ConfigDump(config::Passwords::Shown),
        "config dump" => Command::ConfigDump(config::Passwords::Hidden),
        "config sample" => Command::ConfigSample,
        "completions" => Command::Completions(completions::shell(&word()).or_else(|text| usage(text, row.path))?),
        "doctor" if raw.has("json") => Command::Doctor(Form::Json),
        "doctor" => Command::Doctor(Form::Lines),
        "health" => Command::Health,
        _ => Command::Run,
    })
}

fn wait(raw: &Raw, help: &'static str) -> Result<Duration, Usage> {
    let text = raw.text("wait")?.unwrap_or("5");
    match text.parse::<u64>() {
        Ok(seconds) if seconds <= 3600 => Ok(Duration::from_secs(seconds)),
        _ => usage(format!("--wait must be a number of seconds from 0 to 3600, not {text}"), help),
    }
}

fn owner(text: &str, row: &CommandRow) -> Result<BareJid, Usage> {
    let wrong =
        |_| Usage { text: format!("--owner must be an address like user@example.org, not {text}"), help: row.path };
    BareJid::parse(text).map_err(wrong)
}

fn one_of(long: &str, words: &[&str], text: &str, row: &CommandRow) -> Result<String, Usage> {
    if words.contains(&text) {
        return Ok(text.to_string());
    }
    usage(format!("--{long} must be {}, not {text}", words.join(" or ")), row.path)
}

fn login(jid: BareJid, row: &CommandRow, raw: &Raw) -> Result<Login, Usage> {
    let checked = |long: &str, check: fn(&str) -> Result<String, String>| match raw.text(long)?.map(check).transpose() {
        Ok(value) => Ok(value),
        Err(must_be) => usage(format!("--{long} must be {must_be}"), row.path),
    };
    // The daemon, which may run elsewhere in the tree, opens the file later.
    let absolute = |path: &str| match path {
        "" => String::new(),
        path => std::path::absolute(path).map_or(path.to_string(), |path| path.display().to_string()),
    };
    let ca_file = raw.text("ca-file")?.map(absolute);
    Ok(Login {
        jid,
        password_file: raw.text("password-file")?.map(PathBuf::from),
        host: checked("host", config::host)?,
        ca_file,
        pin: checked("pin", config::pin)?,
    })
}
