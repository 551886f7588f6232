//! What an admin has chosen in a chat (`/api server …`) or by the API (`POST /bot/server`): a small file in the data
//! directory, so that it outlives a restart and that the command line finds the daemon too. It goes before the
//! configuration file, and the environment and options go before it.

use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::{fs, mem};

use super::Problem;
use super::key::quoted;
use super::read::{self, Setting, Value};

const HEAD: &str = "# Written by `/api server` in a chat, or by `POST /bot/server`. It goes before the configuration\n\
    # file; without it that holds.\n[api]\n";

/// A key of `[api]` and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `mode`: network instead of local.
    Network(bool),
    /// `port`.
    Port(u16),
    /// `tls_cert` and `tls_key`; empty for a certificate of our own.
    Tls(String, String),
}

/// Where it is.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("api.toml")
}

/// Adds its settings; it need not be there, and may be closed to this user.
pub(super) fn read(data_dir: &Path, settings: &mut Vec<Setting>, problems: &mut Vec<Problem>) {
    let path = path(data_dir);
    if let Ok(text) = fs::read_to_string(&path) {
        read::from_toml(&path, &text, settings, problems);
    }
}

/// The file with other choices in it.
pub fn change(data_dir: &Path, choices: &[Choice]) -> io::Result<()> {
    let (mut settings, mut broken) = (Vec::new(), Vec::new());
    read(data_dir, &mut settings, &mut broken);
    let value = |setting: Setting| match setting.value {
        Value::Text(text) => quoted(&text),
        Value::Integer(number) => number.to_string(),
        Value::Truth(truth) => truth.to_string(),
        Value::Texts(_) | Value::Other(_) => String::new(),
    };
    let known = mem::take(&mut settings).into_iter().map(|setting| (setting.key.name, value(setting)));
    let mut entries: Vec<(&str, String)> = known.filter(|(_, value)| !value.is_empty()).collect();
    for choice in choices {
        let fresh = match choice {
            Choice::Network(network) => vec![("mode", quoted(if *network { "network" } else { "local" }))],
            Choice::Port(port) => vec![("port", port.to_string())],
            Choice::Tls(cert, key) => vec![("tls_cert", quoted(cert)), ("tls_key", quoted(key))],
        };
        entries.retain(|(name, _)| fresh.iter().all(|(other, _)| other != name));
        entries.extend(fresh);
    }
    let text: String = entries.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    store(data_dir, Some(&format!("{HEAD}{text}")))
}

/// Puts the file there whole, or (`None`) takes it away.
pub fn store(data_dir: &Path, text: Option<&str>) -> io::Result<()> {
    let path = path(data_dir);
    let Some(text) = text else {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    };
    let draft = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, &path)
}
