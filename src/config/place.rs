//! Where things are: the configuration file, the data directory, password files; and the process's surroundings as a
//! value, so that tests need not change their own.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Files, Options, Problem};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text::plain;

/// The system-wide configuration file.
const SYSTEM_CONFIG: &str = "/etc/botmother/config.toml";
/// The data directory of the service.
const SYSTEM_DATA: &str = "/var/lib/botmother";
/// What surrounds the process.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Environment variables; those that are not UTF-8 are left out.
    pub variables: BTreeMap<String, String>,
    /// Whether we run as root.
    pub is_root: bool,
}

impl Environment {
    /// This process's own.
    pub fn of_process() -> Environment {
        let variables = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Environment { variables: variables.collect(), is_root: rustix::process::geteuid().is_root() }
    }

    /// A variable, unless it is empty: `docker compose` passes unset ones so.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A directory from a variable. The XDG specification wants relative ones ignored.
    fn directory(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// `~/` at the start of a path.
    pub(super) fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), self.get("HOME")) {
            (Some(rest), Some(home)) => Path::new(home).join(rest),
            _ => PathBuf::from(path),
        }
    }
}

/// The configuration file and its text. A file named by `--config` or `$BOTMOTHER_CONFIG` must be there.
pub(super) fn config_file(
    options: &Options,
    environment: &Environment,
    files: Files,
    warnings: &mut Vec<String>,
) -> Result<Option<(PathBuf, String)>, Problem> {
    let named = options.config.clone().or_else(|| environment.get("BOTMOTHER_CONFIG").map(PathBuf::from));
    if let Some(path) = named {
        let text = read_text(&path).map_err(|error| unreadable(&path, &error))?;
        return Ok(Some((path, text)));
    }
    let home = environment.directory("HOME").map(|home| home.join(".config"));
    let user = environment.directory("XDG_CONFIG_HOME").or(home).map(|dir| dir.join("botmother/config.toml"));
    for path in user.into_iter().chain([PathBuf::from(SYSTEM_CONFIG)]) {
        match read_text(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            // The service's file may be closed to the person who talks to the service.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && files == Files::LeaveAlone => {
                warnings.push(format!("{} is closed to this user; defaults are used instead", path.display()));
            }
            Err(error) => return Err(unreadable(&path, &error)),
        }
    }
    Ok(None)
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem { at: path.display().to_string(), text: format!("cannot read the configuration: {}", plain(error)) }
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(limits::CONFIG_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limits::CONFIG_BYTES_MAX {
        return Err(io::Error::other("larger than 1 MiB"));
    }
    Ok(text)
}

/// Where data goes when nobody says: systemd's `StateDirectory=`, then `$XDG_STATE_HOME/botmother`, then for root
/// `/var/lib/botmother` (so that root's `botmother chat` finds the service's admin token), then
/// `~/.local/state/botmother`. Without a home it is `/var/lib/botmother` again.
pub(super) fn data_dir(environment: &Environment) -> PathBuf {
    // systemd.exec(5): several directories are separated by colons.
    let by_systemd = environment.get("STATE_DIRECTORY").and_then(|list| list.split(':').next());
    if let Some(directory) = by_systemd {
        return PathBuf::from(directory);
    }
    if let Some(directory) = environment.directory("XDG_STATE_HOME") {
        return directory.join("botmother");
    }
    match environment.directory("HOME") {
        Some(home) if !environment.is_root => home.join(".local/state/botmother"),
        _ => PathBuf::from(SYSTEM_DATA),
    }
}

/// A password from a file: its first line, without the line's end.
pub fn read_password(path: &Path) -> Result<Secret, String> {
    let fail = |why: String| format!("the password file {} {why}", path.display());
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(limits::PASSWORD_FILE_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|error| fail(format!("cannot be read: {}", plain(&error))))?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if text.len() as u64 > limits::PASSWORD_FILE_BYTES_MAX || password.contains('\n') {
        return Err(fail("has more than one line; it must contain the password and nothing else".into()));
    }
    if password.is_empty() {
        return Err(fail("is empty".into()));
    }
    Ok(Secret::new(password))
}
