//! The configuration: what the operator says in a TOML file, the environment and on the command line.
//!
//! `main` and `cli` call [`load`]; `daemon` reads the [`Config`]. Every key is one row of the table in `key.rs`, from
//! which come the parser, the environment variables, the sample file and `botmother help config`.
//! All mistakes are reported at once, each with its place; nothing is silently ignored.

mod apply;
pub mod chosen;
mod key;
mod outside;
mod place;
mod read;
mod sample;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::network::Network;
use crate::base::remedy::Language;
use crate::base::secret::Secret;

pub use crate::base::near::nearest;
pub use crate::base::server::{ca_file, host, is_loopback, pin};
pub use crate::base::text::plain;
pub use outside::{Broker, LogFormat, Metrics, MetricsPlace, Mqtt};
pub use place::{Environment, read_password};
pub use sample::{Passwords, dump, explain, sample};
pub use value::account;

/// Everything that can be configured, checked. Field by field as in `config/botmother.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Language of all texts for people in chats.
    pub language: Language,
    /// Who may see in chats how the daemon is set up, and change the API's address.
    pub admins: Vec<BareJid>,
    /// Where database, key and certificate live. Absolute after [`load`].
    pub data_dir: PathBuf,
    /// What a commit survives.
    pub durability: Durability,
    /// Which certificate authorities are trusted.
    pub roots: Roots,
    /// How lines of the log look.
    pub log_format: LogFormat,
    /// Whether bots encrypt, where nothing else was said for one.
    pub omemo: Omemo,
    /// Whether the people's own accounts encrypt.
    pub self_chat: Omemo,
    /// For how many days bots keep what is said, where nothing else was said for one; 0: not at all.
    pub history_days: i64,
    /// `[quota]`: how much an owner may have and use.
    pub quota: Quota,
    /// The HTTP API.
    pub api: Api,
    /// Where numbers are given.
    pub metrics: Metrics,
    /// The broker that is told of what happens.
    pub mqtt: Mqtt,
    /// XMPP accounts the daemon signs in to, besides those in its database.
    pub accounts: Vec<Account>,
    /// The file this was read from, if there is one.
    pub file: Option<PathBuf>,
    /// What is not wrong but should be looked at; for the log.
    pub warnings: Vec<String>,
}

/// The keys of `[api]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Who can reach it.
    pub mode: ApiMode,
    /// TCP port.
    pub port: u16,
    /// A Unix socket beside it; empty for none.
    pub socket: PathBuf,
    /// PEM file of the certificate chain; empty for a self-signed one.
    pub tls_cert: PathBuf,
    /// PEM file of its private key.
    pub tls_key: PathBuf,
    /// Who may manage.
    pub admin: AdminRule,
    /// Whose word about a client's address counts.
    pub trusted_proxies: Vec<Proxy>,
    /// Requests a second for one bot or address; 0 is no limit.
    pub rate_limit: u32,
    /// Whether webhooks may lead to this machine and the local network.
    pub private_webhooks: PrivateWebhooks,
}

/// The keys of `[quota]`; 0 is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bots of one owner.
    pub bots: i64,
    /// Messages of his bots in a day.
    pub messages: i64,
    /// MiB that their histories may hold.
    pub storage: i64,
    /// Calls of AI services in a day.
    pub ai_calls: i64,
}

/// One `[[account]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub jid: BareJid,
    /// Its password, after [`load`] with [`Files::Read`] also when it comes from a file.
    pub password: Secret,
    /// The file the password comes from; empty when it was given itself.
    pub password_file: PathBuf,
    /// `host:port` or `tls://host:port` to connect to instead of what DNS says; empty for DNS.
    pub host: String,
    /// PEM file of a CA to trust beside the roots; empty for none.
    pub ca_file: PathBuf,
    /// The one certificate to accept: `sha256:` and 64 lower-case hex digits; empty for none.
    pub pin: String,
    /// Whether a connection without TLS is acceptable; only with a loopback `host`.
    pub plaintext: bool,
}

/// What a commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// `power`: a power cut. Each group of commits is flushed to the disk.
    Power,
    /// `process`: a crash of the program, not one of the machine.
    Process,
}

/// Where trusted certificate authorities come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// `built-in`: Mozilla's list, compiled in.
    BuiltIn,
    /// `system`: the operating system's store.
    System,
}

/// Whether an account encrypts with OMEMO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omemo {
    /// `required`: nothing is said or taken in plain text.
    Required,
    /// `preferred`: to whoever can read it.
    Preferred,
    /// `off`
    Off,
}

/// Who can reach the HTTP API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiMode {
    /// `local`: HTTP on 127.0.0.1.
    Local,
    /// `network`: HTTPS on all addresses.
    Network,
}

/// Who may use the management endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminRule {
    /// `loopback`: everyone on this machine.
    Loopback,
    /// `token`: who has the admin token.
    Token,
}

/// A proxy in front of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// `unix`: whoever connects to the Unix socket.
    Unix,
    /// One of these addresses.
    Network(Network),
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Proxy::Unix => f.write_str("unix"),
            Proxy::Network(network) => network.fmt(f),
        }
    }
}

/// Whether webhooks may lead to addresses that are not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateWebhooks {
    /// `auto`: in local mode.
    Auto,
    /// `allow`
    Allow,
    /// `deny`
    Deny,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            language: Language::English,
            admins: Vec::new(),
            data_dir: PathBuf::new(),
            durability: Durability::Power,
            roots: Roots::BuiltIn,
            log_format: LogFormat::Text,
            api: Api {
                mode: ApiMode::Local,
                port: 7842,
                socket: PathBuf::new(),
                tls_cert: PathBuf::new(),
                tls_key: PathBuf::new(),
                admin: AdminRule::Loopback,
                trusted_proxies: Vec::new(),
                rate_limit: 30,
                private_webhooks: PrivateWebhooks::Auto,
            },
            omemo: Omemo::Required,
            self_chat: Omemo::Preferred,
            history_days: 0,
            quota: Quota { bots: limits::BOTS_PER_OWNER_MAX as i64, messages: 0, storage: 0, ai_calls: 0 },
            metrics: Metrics::default(),
            mqtt: Mqtt::default(),
            accounts: Vec::new(),
            file: None,
            warnings: Vec::new(),
        }
    }
}

/// What the command line says about the configuration; goes before the environment and the file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--config FILE`
    pub config: Option<PathBuf>,
    /// `--data DIR`
    pub data: Option<PathBuf>,
    /// `--port N`
    pub port: Option<u16>,
    /// `--log-format FORMAT`
    pub log_format: Option<LogFormat>,
}

/// Whether the files that keys point to are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// Passwords are read and certificates looked at: for the daemon and for checks.
    Read,
    /// Nothing is opened besides the configuration itself, and even that may be unreadable to this user: for commands
    /// that only talk to the running daemon.
    LeaveAlone,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `FILE:LINE`, or empty when the text names the place itself (an environment variable, an option).
    pub at: String,
    /// What is wrong and what would be right.
    pub text: String,
}

/// Why there is no [`Config`]: all mistakes, in the order of the file. Exit code 78.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub Vec<Problem>);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let newline = if index > 0 { "\n" } else { "" };
            let separator = if problem.at.is_empty() { "" } else { ": " };
            write!(f, "{newline}{}{separator}{}", problem.at, problem.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Finds, reads and checks the configuration: defaults, then the file, then what was chosen in a chat, then the
/// environment, then options.
pub fn load(options: &Options, environment: &Environment, files: Files) -> Result<Config, Error> {
    let mut problems = Vec::new();
    let mut settings = Vec::new();
    let mut warnings = Vec::new();
    let file = place::config_file(options, environment, files, &mut warnings);
    let file = file.map_err(|problem| Error(vec![problem]))?;
    if let Some((path, text)) = &file {
        read::from_toml(path, text, &mut settings, &mut problems);
        warn_of_open_passwords(path, &settings, &mut warnings);
    }
    let mut variables = Vec::new();
    read::from_environment(environment, &mut variables, &mut warnings, &mut problems);
    let data_dir = data_dir(options, environment, settings.iter().chain(&variables));
    chosen::read(&data_dir, &mut settings, &mut problems);
    settings.append(&mut variables);
    let mut config = apply::apply(&settings, environment, &mut problems);
    config.file = file.map(|(path, _)| path);
    config.warnings = warnings;
    if let Some(port) = options.port {
        config.api.port = port;
    }
    if let Some(format) = options.log_format {
        config.log_format = format;
    }
    config.data_dir = data_dir;
    if problems.is_empty() {
        apply::check_together(&config, &settings, &mut problems);
    }
    if problems.is_empty() && files == Files::Read {
        read_files(&mut config, &settings, &mut problems);
    }
    // In the order of the file; what the environment says comes last.
    problems
        .sort_by_key(|problem| problem.at.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(u32::MAX));
    if problems.is_empty() { Ok(config) } else { Err(Error(problems)) }
}

/// Where data is, found before the rest as it holds a part of the configuration.
fn data_dir<'a>(
    options: &Options,
    environment: &Environment,
    settings: impl Iterator<Item = &'a read::Setting>,
) -> PathBuf {
    let given = settings.filter(|setting| setting.key.name == "data_dir").last();
    let given = given.and_then(|setting| value::Given { setting, environment }.path().ok());
    let said = options.data.clone().or(given).filter(|path| !path.as_os_str().is_empty());
    let path = said.unwrap_or_else(|| place::data_dir(environment));
    std::path::absolute(&path).unwrap_or(path)
}

/// A password in the configuration file itself is as public as that file.
fn warn_of_open_passwords(path: &Path, settings: &[read::Setting], warnings: &mut Vec<String>) {
    if settings.iter().any(|setting| setting.key.secret) && is_world_readable(path) {
        warnings.push(open_to_all(path, "it contains a password"));
    }
}

fn read_files(config: &mut Config, settings: &[read::Setting], problems: &mut Vec<Problem>) {
    let api = &config.api;
    let mut certificates = vec![(&api.tls_cert, "api", "tls_cert", 0), (&api.tls_key, "api", "tls_key", 0)];
    certificates.push((&config.mqtt.ca_file, "mqtt", "ca_file", 0));
    let accounts = config.accounts.iter().enumerate();
    certificates.extend(accounts.map(|(index, account)| (&account.ca_file, "account", "ca_file", index)));
    for (path, section, name, index) in certificates {
        if path.as_os_str().is_empty() {
            continue;
        }
        let read = || std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()));
        let wrong = match name {
            "ca_file" => ca_file(path).err(),
            _ => read().err().map(|error| format!("cannot be read: {}", plain(&error))),
        };
        if let Some(why) = wrong {
            let text = format!("`{name}` names {}, which {why}", path.display());
            problems.push(apply::problem(settings, section, index, name, text));
        }
    }
    let mqtt = ("mqtt", 0, &config.mqtt.password_file, &mut config.mqtt.password);
    let accounts = config.accounts.iter_mut().enumerate();
    let accounts = accounts.map(|(index, account)| ("account", index, &account.password_file, &mut account.password));
    for (section, index, path, place) in [mqtt].into_iter().chain(accounts) {
        if path.as_os_str().is_empty() {
            continue;
        }
        match place::read_password(path) {
            Ok(password) => *place = password,
            Err(why) => problems.push(apply::problem(settings, section, index, "password_file", why)),
        }
        if is_world_readable(path) {
            config.warnings.push(open_to_all(path, "it is a password"));
        }
    }
}

fn is_world_readable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o004 != 0)
}

fn open_to_all(path: &Path, what: &str) -> String {
    let path = path.display();
    format!("every user of this machine can read {path}, and {what}; close it with: chmod o-rwx {path}")
}
