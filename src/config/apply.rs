//! From settings to a [`Config`]: applies them in order and checks what only shows when all are there.

use super::key::heading;
use super::place::Environment;
use super::read::{Origin, Setting};
use super::value::{Given, shown};
use super::{Account, ApiMode, Config, MetricsPlace, Problem, is_loopback};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;

/// Applies all settings to the defaults; a later one replaces an earlier one.
pub(super) fn apply(settings: &[Setting], environment: &Environment, problems: &mut Vec<Problem>) -> Config {
    let mut config = Config::default();
    let accounts = settings.iter().filter(|s| s.key.section == "account").map(|s| s.index + 1).max().unwrap_or(0);
    config.accounts.resize_with(accounts, blank_account);
    for setting in settings {
        // Of a password and a password file, the one said at the higher place counts (the environment over the file).
        if setting.key.section == "account" && setting.key.name.starts_with("password") {
            let account = &mut config.accounts[setting.index];
            (account.password, account.password_file) = Default::default();
        }
        if setting.key.section == "mqtt" && setting.key.name.starts_with("password") {
            (config.mqtt.password, config.mqtt.password_file) = Default::default();
        }
        if let Err(must_be) = (setting.key.set)(&mut config, setting.index, &Given { setting, environment }) {
            let Origin { at, name, .. } = &setting.origin;
            let text = format!("{name} must be {must_be}{}", shown(setting));
            problems.push(Problem { at: at.clone(), text });
        }
    }
    config
}

/// An account before its keys are read.
pub(super) fn blank_account() -> Account {
    Account {
        jid: BareJid::parse("nobody@invalid").expect("a constant that is an address"),
        password: Secret::default(),
        password_file: Default::default(),
        host: String::new(),
        ca_file: Default::default(),
        pin: String::new(),
        plaintext: false,
    }
}

/// Checks values against each other.
pub(super) fn check_together(config: &Config, settings: &[Setting], problems: &mut Vec<Problem>) {
    let mut complain = |section: &str, index: usize, name: &str, text: String| {
        problems.push(problem(settings, section, index, name, text));
    };
    let (cert, key) = (&config.api.tls_cert, &config.api.tls_key);
    if cert.as_os_str().is_empty() != key.as_os_str().is_empty() {
        let (there, missing) =
            if key.as_os_str().is_empty() { ("tls_cert", "tls_key") } else { ("tls_key", "tls_cert") };
        complain("api", 0, there, format!("`{there}` is given without `{missing}`; give both or none"));
    }
    if config.api.port == 0 && config.api.socket.as_os_str().is_empty() {
        complain("api", 0, "port", "`port` in [api] is 0, so nobody could get in; name a `socket`, too".to_string());
    } else if config.api.port == 0 && config.api.mode == ApiMode::Network {
        complain("api", 0, "port", "`port` in [api] is 0, but network mode needs one".to_string());
    }
    if config.data_dir.exists() && !config.data_dir.is_dir() {
        complain("", 0, "data_dir", format!("`data_dir` is {}, which is no directory", config.data_dir.display()));
    }
    let given = |name: &str| settings.iter().filter(|s| is_at(s, "mqtt", 0, name)).collect::<Vec<_>>();
    if given("password").iter().any(|a| given("password_file").iter().any(|b| is_same_place(a, b))) {
        complain("mqtt", 0, "password", "[mqtt] has `password` and `password_file`; give one of them".to_string());
    }
    let metrics = &config.metrics;
    if !metrics.allow.is_empty() && !matches!(metrics.listen, MetricsPlace::Address(_)) {
        let text = "`allow` in [metrics] is for `listen` at an address, and there is none";
        complain("metrics", 0, "allow", text.to_string());
    }
    for (index, account) in config.accounts.iter().enumerate() {
        for (name, text) in account_problems(config, index, account, settings) {
            complain("account", index, name, text);
        }
    }
}

fn account_problems(
    config: &Config,
    index: usize,
    account: &Account,
    settings: &[Setting],
) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let given = |name: &str| settings.iter().filter(|s| is_at(s, "account", index, name)).collect::<Vec<_>>();
    let (section, number, jid) = (heading("account"), index + 1, &account.jid);
    if given("jid").is_empty() {
        found.push(("", format!("{section} number {number} has no `jid`")));
        return found;
    }
    if config.accounts[..index].iter().any(|other| other.jid == *jid) {
        found.push(("jid", format!("{jid} is there twice")));
    }
    let both = given("password").iter().any(|a| given("password_file").iter().any(|b| is_same_place(a, b)));
    if both {
        found.push(("password", format!("{jid} has `password` and `password_file`; give one of them")));
    } else if account.password.is_empty() && account.password_file.as_os_str().is_empty() {
        found.push(("jid", format!("{jid} has no password; give `password_file` (or `password`)")));
    }
    if account.plaintext && !is_loopback(&account.host) {
        let right = "a `host` on this machine, like \"127.0.0.1:5222\"";
        found.push(("plaintext", format!("`plaintext = true` is only possible with {right}")));
    }
    if account.plaintext && !account.pin.is_empty() {
        found.push(("plaintext", "`plaintext = true` and `pin` exclude each other".to_string()));
    }
    found
}

/// Whether both stand in the file, or both in the environment.
fn is_same_place(one: &Setting, other: &Setting) -> bool {
    one.origin.at.is_empty() == other.origin.at.is_empty()
}

fn is_at(setting: &Setting, section: &str, index: usize, name: &str) -> bool {
    let is_key = name.is_empty() || setting.key.name == name;
    setting.key.section == section && setting.index == index && is_key
}

/// A mistake at the place where a key was given last (any key of that section for an empty name).
pub(super) fn problem(settings: &[Setting], section: &str, index: usize, name: &str, text: String) -> Problem {
    let at = settings.iter().rev().find(|setting| is_at(setting, section, index, name));
    let at = at.map(|s| if s.origin.at.is_empty() { s.origin.name.clone() } else { s.origin.at.clone() });
    Problem { at: at.unwrap_or_default(), text }
}
