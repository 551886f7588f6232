//! The table of all keys: what each is for, how its value is read and checked, how it is shown.
//!
//! To add a setting: a field in `config.rs` and a row here; sample, environment variable and help follow.

use std::path::{Path, PathBuf};

use super::value::Given;
use super::{
    AdminRule, ApiMode, Broker, Config, Durability, Language, LogFormat, MetricsPlace, Omemo, PrivateWebhooks, Proxy,
    Roots,
};
use crate::base::jid::BareJid;
use crate::base::network::Network;
use crate::base::secret::Secret;

/// One key.
pub(super) struct Key {
    /// `""`, one of [`SECTIONS`], or `"account"`.
    pub(super) section: &'static str,
    /// Its name in the file.
    pub(super) name: &'static str,
    /// What it is for, in whole sentences; the sample's comment.
    pub(super) doc: &'static str,
    /// A TOML value for the sample where the default would say nothing.
    pub(super) example: Option<&'static str>,
    /// Whether its value must not be seen.
    pub(super) secret: bool,
    /// Reads a value into the configuration; the error is what it must be: "true or false".
    pub(super) set: Set,
    /// The value as TOML.
    pub(super) show: Show,
}

type Set = fn(&mut Config, usize, &Given<'_>) -> Result<(), String>;
type Show = fn(&Config, usize) -> String;

impl Key {
    /// The key of that name.
    pub(super) fn find(section: &str, name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.section == section && key.name == name)
    }

    /// "`port` in [api]".
    pub(super) fn title(&self) -> String {
        match self.section {
            "" => format!("`{}`", self.name),
            section => format!("`{}` in {}", self.name, heading(section)),
        }
    }

    /// Its environment variable: `BOTMOTHER_API__PORT`.
    pub(super) fn variable(&self) -> String {
        let section = match self.section {
            "" => String::new(),
            "account" => "ACCOUNT__0__".to_string(),
            section => format!("{}__", section.to_uppercase()),
        };
        format!("BOTMOTHER_{section}{}", self.name.to_uppercase())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title())
    }
}

/// Sections that are there once, in the order of the sample.
pub(super) const SECTIONS: [&str; 6] = ["api", "omemo", "history", "quota", "metrics", "mqtt"];

/// `[api]`, `[[account]]`.
pub(super) fn heading(section: &str) -> String {
    if section == "account" { "[[account]]".into() } else { format!("[{section}]") }
}

/// Reads and shows a field of [`Config`] that is one of a few words.
macro_rules! choice {
    ($($field:ident).+: $($text:literal => $value:expr),+) => {
        (
            |config, _, given| {
                config.$($field).+ = given.choice(&[$(($text, $value)),+])?;
                Ok(())
            },
            |config, _| match config.$($field).+ {
                $(value if value == $value => quoted($text),)+
                _ => quoted(""),
            },
        )
    };
}

/// Reads a field of [`Config`] with a method of [`Given`], shows it with a function.
macro_rules! field {
    ($($field:ident).+: $read:ident, $show:expr) => {
        (
            |config, _, given| {
                config.$($field).+ = given.$read()?;
                Ok(())
            },
            |config, _| $show(&config.$($field).+),
        )
    };
}

/// The same for a field of an [`super::Account`].
macro_rules! account {
    ($field:ident: $read:ident, $show:expr) => {
        (
            |config, index, given| {
                config.accounts[index].$field = given.$read()?;
                Ok(())
            },
            |config, index| $show(&config.accounts[index].$field),
        )
    };
}

const fn key(section: &'static str, name: &'static str, access: (Set, Show), doc: &'static str) -> Key {
    Key { section, name, doc, example: None, secret: false, set: access.0, show: access.1 }
}

/// All keys in the order of the sample.
pub(super) static KEYS: &[Key] = &[
    key(
        "",
        "language",
        choice!(language: "en" => Language::English, "de" => Language::German),
        "Language of everything the manager and the menus say in chats: en or de.",
    ),
    key(
        "",
        "admins",
        field!(admins: accounts, show_jids),
        "The daemon's admins, like [\"ralf@chat.example.com\"]. In the chat of a bot of theirs they may change mode, port and\n\
         certificate of the API: /api server. What they choose is kept in api.toml in the data directory and goes before\n\
         this file. Who of them signs in to the API manages everything there. In the environment: addresses with a comma\n\
         between them.",
    ),
    key(
        "",
        "data_dir",
        field!(data_dir: path, show_path),
        "Where the database, the key that seals secrets and the certificate are kept. Empty means: $STATE_DIRECTORY\n\
         (set by systemd), else $XDG_STATE_HOME/botmother, else /var/lib/botmother for root, else\n\
         ~/.local/state/botmother. The option --data goes before this.",
    ),
    key(
        "",
        "durability",
        choice!(durability: "power" => Durability::Power, "process" => Durability::Process),
        "What an acknowledged message survives. power: a power cut, since commits are flushed to the disk (many at once).\n\
         process: a crash of the program, though maybe not of the machine; spares a slow SD card.",
    ),
    key(
        "",
        "roots",
        choice!(roots: "built-in" => Roots::BuiltIn, "system" => Roots::System),
        "Which certificate authorities are trusted: built-in (Mozilla's list, compiled in) or system (the operating\n\
         system's store, which costs about 0.4 MB of memory).",
    ),
    key(
        "",
        "log_format",
        choice!(log_format: "text" => LogFormat::Text, "json" => LogFormat::Json, "logfmt" => LogFormat::Logfmt),
        "How lines of the log look. text: for people, and with priorities for the journal. json: one object a line.\n\
         logfmt: pairs like level=info. The option --log-format goes before this.",
    ),
    key(
        "api",
        "mode",
        choice!(api.mode: "local" => ApiMode::Local, "network" => ApiMode::Network),
        "local: HTTP, reachable from this machine only (127.0.0.1, [::1]). network: HTTPS on all addresses, IPv4 and IPv6;\n\
         management then always needs the admin token, found in the file admin.token in the data directory.",
    ),
    key(
        "api",
        "port",
        field!(api.port: port, u16::to_string),
        "TCP port, 1024 to 65535; 0 for none, where `socket` alone is the way in. The option --port goes before this.",
    ),
    key(
        "api",
        "socket",
        field!(api.socket: path, show_path),
        "A Unix socket beside the port, like \"/run/botmother/api.sock\", for programs and proxies on this machine: plain\n\
         HTTP in both modes. The daemon's user and group may connect (0660), and count as this machine does. Empty: none.",
    ),
    key(
        "api",
        "tls_cert",
        field!(api.tls_cert: path, show_path),
        "Certificate chain (PEM) for network mode. Empty: a self-signed one is made at first use, kept in data_dir.",
    ),
    key("api", "tls_key", field!(api.tls_key: path, show_path), "Private key (PEM) of tls_cert. Both or none."),
    key(
        "api",
        "admin",
        choice!(api.admin: "loopback" => AdminRule::Loopback, "token" => AdminRule::Token),
        "Who may create and delete bots in local mode. loopback: every program on this machine. token: who sends the\n\
         admin token; right where people who do not trust each other share the machine.",
    ),
    key(
        "api",
        "trusted_proxies",
        field!(api.trusted_proxies: proxies, show_proxies),
        "Proxies in front of the API, like [\"127.0.0.1\", \"10.0.0.0/8\", \"unix\"]; unix is whoever connects to the socket.\n\
         Only their X-Forwarded-For or Forwarded tells a client's address. Nobody who comes from there is local:\n\
         management takes the admin token. In the environment commas stand between them.",
    ),
    key(
        "api",
        "rate_limit",
        field!(api.rate_limit: rate, u32::to_string),
        "Requests a second that one bot, or one address without a valid token, may make. 0 is no limit.",
    ),
    key(
        "api",
        "private_webhooks",
        choice!(
            api.private_webhooks: "auto" => PrivateWebhooks::Auto,
            "allow" => PrivateWebhooks::Allow,
            "deny" => PrivateWebhooks::Deny
        ),
        "Whether webhooks of bots may lead to this machine and the local network (loopback, private and link-local\n\
         addresses). auto: in local mode, not in network mode. allow or deny: always or never.",
    ),
    key(
        "omemo",
        "default",
        choice!(omemo: "required" => Omemo::Required, "preferred" => Omemo::Preferred, "off" => Omemo::Off),
        "Whether bots with an account of their own encrypt their chats and private rooms end-to-end, where nothing else was\n\
         said for one.\n\
         required: always; what comes in plain text is not taken. preferred: with whoever has a device for it. off: never.",
    ),
    key(
        "omemo",
        "self_chat",
        choice!(self_chat: "required" => Omemo::Required, "preferred" => Omemo::Preferred, "off" => Omemo::Off),
        "The same for people's own accounts: the chat with oneself, and what personal bots say to others. The daemon is\n\
         one more device of the account. preferred: encrypted as soon as another device of the account can read it.\n\
         off: for who also uses a client without OMEMO; the device is taken back.",
    ),
    key(
        "history",
        "days",
        field!(history_days: days, i64::to_string),
        "For how many days bots keep what is said to them and by them, for getHistory of the API, where nothing else was\n\
         said for one. 0: not at all, and what was kept goes. What comes or goes end-to-end encrypted is never kept.",
    ),
    key(
        "quota",
        "bots",
        field!(quota.bots: quota, i64::to_string),
        "How many bots one owner may have, where an admin has said nothing else of him (botmother user set). 0 is no limit,\n\
         here and below.",
    ),
    key(
        "quota",
        "messages",
        field!(quota.messages: quota, i64::to_string),
        "How many messages the bots of one owner may send in a day.",
    ),
    key(
        "quota",
        "storage",
        field!(quota.storage: quota, i64::to_string),
        "How many MiB the histories of one owner's bots may hold, shared evenly among them; the oldest messages go first.",
    ),
    key(
        "quota",
        "ai_calls",
        field!(quota.ai_calls: quota, i64::to_string),
        "How many questions the bots of one owner may put to AI services in a day.",
    ),
    key(
        "metrics",
        "listen",
        field!(metrics.listen: metrics_place, show_place),
        "Where Prometheus finds the numbers without the API: an address like \"127.0.0.1:9184\" or \"[::]:9184\", or the\n\
         path of a Unix socket. It gives GET /metrics and nothing else, in plain HTTP. Empty: nowhere.",
    ),
    key(
        "metrics",
        "allow",
        field!(metrics.allow: networks, show_networks),
        "Who may read them at an address, besides this machine: networks like [\"192.168.0.0/16\", \"fd00::/8\"].",
    ),
    key(
        "mqtt",
        "broker",
        field!(mqtt.broker: broker, show_broker),
        "The broker: mqtt://host:1883, or mqtts://host:8883 with TLS. Empty: MQTT is off.",
    ),
    key("mqtt", "user", field!(mqtt.user: words, show_text), "Whom to log in as there. Empty: nobody."),
    Key {
        secret: true,
        ..key(
            "mqtt",
            "password",
            field!(mqtt.password: secret, |password: &Secret| quoted(password.expose())),
            "The password. password_file is better.",
        )
    },
    key(
        "mqtt",
        "password_file",
        field!(mqtt.password_file: path, show_path),
        "A file with the password and nothing else.",
    ),
    key(
        "mqtt",
        "ca_file",
        field!(mqtt.ca_file: path, show_path),
        "Trust the certificate authorities in this file (PEM) too; for a broker with a certificate of your own making.",
    ),
    key(
        "mqtt",
        "client_id",
        field!(mqtt.client_id: client_id, show_text),
        "Under which the broker knows this daemon. Two daemons at one broker need two, and two prefixes.",
    ),
    key("mqtt", "prefix", field!(mqtt.prefix: topic, show_text), "What all topics begin with."),
    key(
        "mqtt",
        "bots",
        field!(mqtt.bots: texts, show_texts),
        "Names of the bots whose updates are published; \"*\" stands for all. Their programs cannot fetch them with\n\
         getUpdates then. A bot with a webhook keeps that. In the environment: names with a comma between them.",
    ),
    key(
        "mqtt",
        "updates",
        field!(mqtt.updates: texts, show_texts),
        "Types of updates that are published, as in allowed_updates of getUpdates.",
    ),
    key(
        "mqtt",
        "discovery",
        field!(mqtt.discovery: truth, bool::to_string),
        "true tells Home Assistant by its discovery topics what there is: accounts, bots, and where to write to.",
    ),
    key(
        "mqtt",
        "send",
        field!(mqtt.send: truth, bool::to_string),
        "true sends what comes on the bots' send topics. Whoever may publish there speaks as these bots: let the broker\n\
         decide who may.",
    ),
    Key {
        example: Some("\"ralf@chat.example.com\""),
        ..key(
            "account",
            "jid",
            account!(jid: account, |jid: &BareJid| quoted(jid.as_str())),
            "The account's address. Needed.",
        )
    },
    Key {
        secret: true,
        ..key(
            "account",
            "password",
            account!(password: secret, |password: &Secret| quoted(password.expose())),
            "Its password, if you want it in this file (then close the file: chmod 600). password_file is better.",
        )
    },
    Key {
        example: Some("\"/etc/botmother/ralf.pass\""),
        ..key(
            "account",
            "password_file",
            account!(password_file: path, show_path),
            "A file with the password and nothing else. With systemd's LoadCredential=ralf:/etc/botmother/ralf.pass it\n\
             is /run/credentials/botmother.service/ralf. One of password and password_file is needed.",
        )
    },
    key(
        "account",
        "host",
        account!(host: host, |host: &String| quoted(host)),
        "Connect here instead of where DNS says: \"host:port\", \"[::1]:5222\", or \"tls://host:port\" where the port\n\
         speaks TLS from the first byte. Empty: SRV records, then port 5222 of the domain itself.",
    ),
    key(
        "account",
        "ca_file",
        account!(ca_file: path, show_path),
        "Trust the certificate authorities in this file (PEM) too; for a server with a certificate of your own making.",
    ),
    key(
        "account",
        "pin",
        account!(pin: pin, |pin: &String| quoted(pin)),
        "Accept exactly the certificate with this SHA-256 fingerprint, and no other: \"sha256:\" and 64 hex digits, as\n\
         `openssl x509 -noout -fingerprint -sha256` prints them.",
    ),
    key(
        "account",
        "plaintext",
        account!(plaintext: truth, bool::to_string),
        "true allows a connection without TLS; only with a host on this machine (127.0.0.1, [::1], localhost).",
    ),
];

fn show_place(place: &MetricsPlace) -> String {
    quoted(&place.print())
}

fn show_broker(broker: &Option<Broker>) -> String {
    quoted(&broker.as_ref().map(Broker::print).unwrap_or_default())
}

#[expect(clippy::ptr_arg, reason = "named as a function of a field's type in the table")]
fn show_text(text: &String) -> String {
    quoted(text)
}

#[expect(clippy::ptr_arg, reason = "named as a function of a field's type in the table")]
fn show_texts(texts: &Vec<String>) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", quoted.join(", "))
}

#[expect(clippy::ptr_arg, reason = "named as a function of a field's type in the table")]
fn show_networks(networks: &Vec<Network>) -> String {
    show_texts(&networks.iter().map(Network::to_string).collect())
}

#[expect(clippy::ptr_arg, reason = "named as a function of a field's type in the table")]
fn show_path(path: &PathBuf) -> String {
    quoted(&Path::to_string_lossy(path))
}

#[expect(clippy::ptr_arg, reason = "named as a function of a field's type in the table")]
fn show_jids(jids: &Vec<BareJid>) -> String {
    let quoted: Vec<String> = jids.iter().map(|jid| quoted(jid.as_str())).collect();
    format!("[{}]", quoted.join(", "))
}

#[expect(clippy::ptr_arg, reason = "named as a function of a field's type in the table")]
fn show_proxies(proxies: &Vec<Proxy>) -> String {
    let quoted: Vec<String> = proxies.iter().map(|proxy| quoted(&proxy.to_string())).collect();
    format!("[{}]", quoted.join(", "))
}

/// A TOML basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
