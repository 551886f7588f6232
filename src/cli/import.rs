//! `botmother import`: the bots of a desktop client, into the data directory of a daemon that does not run.

use std::fs;
use std::path::Path;

use super::args::ImportFrom;
use super::{Exit, Failed, account, print};
use crate::config::Config;
use crate::store::import::{Line, Outcome, Registry};
use crate::store::{Error, Store, backup};
use crate::xmpp::avatar::Avatar;

/// `import`
pub(super) fn run(config: &Config, from: &ImportFrom) -> Result<(), Failed> {
    let wrong = |error: Error| match error {
        Error::Backup(why) | Error::Sql(why) => Failed::new(Exit::Io, format!("{}: {why}", from.file.display())),
        error => super::store_failed(&error),
    };
    let registry = Registry::read(&from.file).map_err(wrong)?;
    let is_new = !config.data_dir.join("botmother.db").exists();
    let mut store = match from.dry_run && is_new {
        true => Store::memory(),
        false => account::open_for_owner(config)?,
    };
    let lines = store.import(&registry, read_picture, super::unix_now()).map_err(wrong)?;
    if from.dry_run {
        store.rollback();
    }
    let outcome = store.commit().and_then(|()| store.close());
    if !(from.dry_run && is_new) {
        give(&config.data_dir)?;
    }
    outcome.map_err(wrong)?;
    tell(&lines);
    print(match (from.dry_run, registry.bots()) {
        (_, 0) => "there are no bots in it\n",
        (true, _) => "nothing was written; the same without --dry-run does it\n",
        (false, _) => "switch these bots off in DinoX before the daemon starts, or both answer\n",
    });
    Ok(())
}

fn tell(lines: &[Line]) {
    let of = |outcome: Outcome| lines.iter().filter(move |line| line.outcome == outcome);
    for (outcome, word) in [(Outcome::Taken, "taken "), (Outcome::Known, "known "), (Outcome::Left, "not taken ")] {
        for line in of(outcome) {
            print(format_args!("{word:<11}{}\n", line.text));
        }
    }
}

fn read_picture(base64: &str) -> Option<(Vec<u8>, String)> {
    let avatar = Avatar::from_base64(base64).ok()?;
    Some((avatar.bytes().to_vec(), avatar.id()))
}

/// What root has written belongs to the service's user again.
fn give(data_dir: &Path) -> Result<(), Failed> {
    if fs::metadata(data_dir).is_err() {
        return Ok(());
    }
    backup::give_to_owner(data_dir).map_err(|error| super::store_failed(&error))
}
