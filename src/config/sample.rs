//! The configuration as text: the commented sample, the explanation for `botmother help config`, and the dump of what
//! is in force. All from the table in `key.rs`.

use std::fmt::Write;

use super::Config;
use super::apply::blank_account;
use super::key::{KEYS, Key, SECTIONS, heading};

/// Whether passwords are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passwords {
    /// As `***`.
    Hidden,
    /// As they are.
    Shown,
}

/// The commented sample file: every key with its default. Kept as `config/botmother.toml`; a test compares.
pub fn sample() -> String {
    let mut out = String::from(
        "# Botmother's configuration. All keys with what they are without this file; take the `#` away to change one.\n\
         #\n\
         # Looked for in: --config FILE, $BOTMOTHER_CONFIG, $XDG_CONFIG_HOME/botmother/config.toml (mostly\n\
         # ~/.config/botmother/config.toml), /etc/botmother/config.toml. Without any, the defaults hold.\n\
         # Each key can also be set in the environment, which goes before this file; the variable stands with the key.\n\
         # Paths that are not absolute start at this file's directory; ~/ is your home. Check: botmother config check\n",
    );
    let mut defaults = Config::default();
    defaults.accounts.push(blank_account());
    let mut section = "";
    for key in KEYS {
        if key.section != section {
            section = key.section;
            out.push_str(match section {
                "api" => "\n# --- the HTTP API for bots' programs ---\n[api]\n",
                "omemo" => "\n# --- end-to-end encryption ---\n[omemo]\n",
                "metrics" => "\n# --- numbers for Prometheus, beside the API's /metrics ---\n[metrics]\n",
                "mqtt" => "\n# --- a broker that is told what bots hear ---\n[mqtt]\n",
                "history" => "\n# --- what is kept of what is said ---\n[history]\n",
                "quota" => "\n# --- how much one owner's bots may have and use ---\n[quota]\n",
                _ => {
                    "\n# --- XMPP accounts to sign in to; one such block for each ---\n\
                     # `botmother account add JID` does the same without this file.\n#[[account]]\n"
                }
            });
        }
        let value = key.example.map_or_else(|| (key.show)(&defaults, 0), String::from);
        let _ = write!(out, "\n{}# {}\n#{} = {value}\n", comment(key), key.variable(), key.name);
    }
    out
}

fn comment(key: &Key) -> String {
    key.doc.lines().map(|line| format!("# {line}\n")).collect()
}

/// All keys for reading in a terminal.
pub fn explain() -> String {
    let defaults = Config { accounts: vec![blank_account()], ..Config::default() };
    let mut out = String::new();
    let mut section = "";
    for key in KEYS {
        if key.section != section {
            section = key.section;
            let _ = writeln!(out, "{}", heading(section));
        }
        let value = key.example.map_or_else(|| (key.show)(&defaults, 0), String::from);
        let _ = writeln!(out, "  {} = {value}        ({})", key.name, key.variable());
        for line in key.doc.lines() {
            let _ = writeln!(out, "      {line}");
        }
    }
    out
}

/// What is in force, as a configuration file. Of a password that came from a file only the file's name is shown.
pub fn dump(config: &Config, passwords: Passwords) -> String {
    let mut out = String::new();
    section(&mut out, config, 0, "", passwords);
    for name in SECTIONS {
        let _ = writeln!(out, "\n[{name}]");
        section(&mut out, config, 0, name, passwords);
    }
    for index in 0..config.accounts.len() {
        out.push_str("\n[[account]]\n");
        section(&mut out, config, index, "account", passwords);
    }
    out
}

fn section(out: &mut String, config: &Config, index: usize, section: &str, passwords: Passwords) {
    for key in KEYS.iter().filter(|key| key.section == section) {
        let account = config.accounts.get(index).filter(|_| section == "account");
        let mqtt = Some(&config.mqtt.password_file).filter(|_| section == "mqtt");
        let file = account.map(|account| &account.password_file).or(mqtt);
        let has_file = file.is_some_and(|file| !file.as_os_str().is_empty());
        let value = match (key.name, passwords) {
            ("password", _) if has_file => continue,
            ("password_file", _) if !has_file => continue,
            _ if key.secret && passwords == Passwords::Hidden => "\"***\"".into(),
            _ => (key.show)(config, index),
        };
        let _ = writeln!(out, "{} = {value}", key.name);
    }
}
