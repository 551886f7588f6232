//! `botmother backup` and `botmother restore`: on the data directory itself, as the daemon need not run.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use super::args::{BackupMade, RestoreFrom};
use super::{Exit, Failed, print};
use crate::base::time::to_rfc3339;
use crate::config::Config;
use crate::store::Error;
use crate::store::backup::{self, Keys, Leftover, Summary};

/// Stands for standard output or input.
const STREAM: &str = "-";

/// `backup`
pub(super) fn make(config: &Config, made: &BackupMade) -> Result<(), Failed> {
    let keys = if made.without_key { Keys::LeftOut } else { Keys::Included };
    let now_s = super::unix_now();
    let data = &config.data_dir;
    if made.to == Path::new(STREAM) {
        if io::stdout().is_terminal() {
            let text = "a backup is no text for a terminal; name a file, or redirect the output";
            return Err(Failed::new(Exit::Usage, text));
        }
        let scratch = std::env::temp_dir();
        let written = backup::write_to(data, &mut io::stdout().lock(), keys, now_s, &scratch);
        return written.map(|summary| eprintln!("{}", described(&summary))).map_err(|error| failed(error, data, data));
    }
    let file = file_for(&made.to, now_s);
    if file.exists() && !made.force {
        let text = format!("{} is there already; --force replaces it", file.display());
        return Err(Failed::new(Exit::CannotCreate, text));
    }
    let summary = backup::write(data, &file, keys, now_s).map_err(|error| failed(error, &file, data))?;
    print(format_args!("{}: {}\n", file.display(), described(&summary)));
    print(match keys {
        Keys::Included => {
            "it holds secret.key: whoever has this file has the tokens, passwords and keys in it, so keep it as safe\n"
        }
        Keys::LeftOut => {
            "secret.key, admin.token and the key of the API's certificate are not in it: without secret.key nobody can\n\
             use it, you included, so keep that somewhere else\n"
        }
    });
    Ok(())
}

/// A directory gets a file whose name says when it was made; such names are in the order of their time.
fn file_for(to: &Path, now_s: i64) -> PathBuf {
    if !to.is_dir() {
        return to.to_path_buf();
    }
    to.join(format!("botmother-{}.tar", stamp(now_s)))
}

/// A moment in a file's name.
fn stamp(now_s: i64) -> String {
    let time = to_rfc3339(now_s.saturating_mul(1000));
    time.split('.').next().unwrap_or(&time).trim_end_matches('Z').replace(':', "-")
}

fn described(summary: &Summary) -> String {
    let size = summary.database_bytes.div_ceil(1024);
    let time = to_rfc3339(summary.made_at.saturating_mul(1000));
    format!("version {}, schema {}, made {time}, database of {size} KiB, checked", summary.version, summary.schema)
}

/// `restore`
pub(super) fn restore(config: &Config, from: &RestoreFrom) -> Result<(), Failed> {
    let data = &config.data_dir;
    let mut input: Box<dyn io::Read> = match from.file == Path::new(STREAM) {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(&from.file).map_err(|error| {
            let text = format!("{}: {}", from.file.display(), crate::config::plain(&error));
            Failed::new(Exit::Io, text)
        })?),
    };
    let aside = format!("before-restore-{}", stamp(super::unix_now()));
    let restored = backup::restore(data, &mut input, from.key_file.as_deref(), &aside);
    let restored = restored.map_err(|error| failed(error, &from.file, data))?;
    if let Some(leftover) = &restored.leftover {
        print(format_args!("{}\n", cut_short(leftover)));
    }
    print(format_args!("{} is put back into {}\n", described(&restored.summary), data.display()));
    if let Some(aside) = &restored.aside {
        print(format_args!("what was there is in {}; delete it when you will not go back\n", aside.display()));
    }
    if restored.is_older {
        print("it is of an older version; the daemon brings it up to date when it starts, and keeps a copy\n");
    }
    print(
        "when the daemon starts, encrypted chats begin anew with new keys (fingerprints stay), and what came since the\n\
           backup is read from the servers' archives\n",
    );
    Ok(())
}

fn cut_short(leftover: &Leftover) -> String {
    match leftover {
        Leftover::Dropped => {
            "an earlier restore was cut short before it changed anything; what it left is gone".to_string()
        }
        Leftover::Finished(aside) => {
            let aside =
                aside.as_ref().map_or(String::new(), |dir| format!(", and {} has what was before it", dir.display()));
            format!("an earlier restore was cut short while it exchanged files; it was finished first{aside}")
        }
    }
}

/// In the words of who gave the file; `data` is where the daemon's things are.
fn failed(error: Error, file: &Path, data: &Path) -> Failed {
    match error {
        Error::Backup(why) => Failed::new(Exit::Io, format!("{}: {why}", file.display())),
        Error::Locked => {
            let text = format!(
                "a daemon uses {}: stop it first (systemctl stop botmother), nothing was changed",
                data.display()
            );
            Failed::new(Exit::Unavailable, text)
        }
        Error::NoKey => {
            let text = format!(
                "{} has no secret.key: if the service gets it as a credential, keep that file yourself and say \
                 --without-key",
                data.display()
            );
            Failed::new(Exit::Config, text)
        }
        Error::Io { path, source } if source.kind() == io::ErrorKind::NotFound && path.starts_with(data) => {
            let text = format!("there is no {}; say where the data is with --data or --config", path.display());
            Failed::new(Exit::Config, text)
        }
        error => super::store_failed(&error),
    }
}
