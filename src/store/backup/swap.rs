//! Putting what a backup had in the place of what is there. Before the first file changes, all of the old is kept aside and a
//! plan says what is to be done; from then on there is one way only, to its end, and whoever takes the data directory next
//! goes it. So no daemon ever runs with a database of one time and a log or key of another.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::read::{STAGE, keep, make_dir, remove, sync};
use super::{CERTIFICATE_DIR, EXTRA, unfit};
use crate::base::json::{self, Fields, Object};
use crate::store::{Error, generation, open};

/// In the stage, once nothing is missing and the old files are kept.
const PLAN: &str = "plan.json";

/// What was found of a restore that was cut short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// It had changed nothing, and was taken away.
    Dropped,
    /// It was about to exchange the files, and is done now. What was there before is in this directory, if anything was.
    Finished(Option<PathBuf>),
}

struct Plan {
    /// What the backup has.
    new: Vec<String>,
    /// The directory with what was there.
    aside: Option<String>,
}

/// Exchanges the files. Gives where that is which was there.
pub(super) fn swap(data_dir: &Path, stage: &Path, aside: &str) -> Result<Option<PathBuf>, Error> {
    let plan = prepare(data_dir, stage, aside)?;
    carry_out(data_dir, stage, &plan)?;
    Ok(plan.aside.map(|aside| data_dir.join(aside)))
}

/// Looks after a restore that was cut short: one that has changed nothing is taken away, else it is finished. Only while the
/// data directory is taken.
pub(in crate::store) fn settle(data_dir: &Path) -> Result<Option<Leftover>, Error> {
    let stage = data_dir.join(STAGE);
    if !stage.exists() {
        return Ok(None);
    }
    let plan = read_plan(&stage)?;
    if let Some(plan) = &plan {
        carry_out(data_dir, &stage, plan)?;
    }
    remove(&stage)?;
    sync(data_dir)?;
    Ok(Some(match plan {
        Some(plan) => Leftover::Finished(plan.aside.map(|aside| data_dir.join(aside))),
        None => Leftover::Dropped,
    }))
}

/// Refuses to look into a data directory whose files are half exchanged.
pub(in crate::store) fn check_whole(data_dir: &Path) -> Result<(), Error> {
    match data_dir.join(STAGE).join(PLAN).exists() {
        true => Err(Error::Halfway(data_dir.to_path_buf())),
        false => Ok(()),
    }
}

/// Everything that makes a data directory, the database last.
fn names() -> impl Iterator<Item = String> {
    let log = [open::FILE, "-wal"].concat();
    let index = [open::FILE, "-shm"].concat();
    let extra = EXTRA.iter().map(|(name, _)| name.to_string());
    let first = [generation::FILE.to_string(), log, index];
    first.into_iter().chain(extra).chain([CERTIFICATE_DIR.to_string(), open::FILE.to_string()])
}

/// Keeps what is there, and writes down what is to be done.
fn prepare(data_dir: &Path, stage: &Path, aside: &str) -> Result<Plan, Error> {
    let old: Vec<String> = names().filter(|name| data_dir.join(name).exists()).collect();
    // Two within a second get names of their own.
    let free = std::iter::once(aside.to_string()).chain((2..).map(|number| format!("{aside}-{number}")));
    let aside = free.into_iter().find(|name| !data_dir.join(name).exists()).filter(|_| !old.is_empty());
    if let Some(aside) = aside.as_ref().map(|aside| data_dir.join(aside)) {
        make_dir(&aside)?;
        for name in &old {
            keep(&data_dir.join(name), &aside.join(name))?;
        }
        sync(&aside)?;
        sync(data_dir)?;
    }
    let plan = Plan { new: names().filter(|name| stage.join(name).exists()).collect(), aside };
    write_plan(stage, &plan)?;
    Ok(plan)
}

/// Each step may have been done before. The log goes before the new database comes: it is the old one's.
fn carry_out(data_dir: &Path, stage: &Path, plan: &Plan) -> Result<(), Error> {
    steps(plan).iter().try_for_each(|step| step.take(data_dir, stage))?;
    sync(data_dir)
}

#[derive(Debug)]
enum Step {
    Delete(String),
    Sync,
    Replace(String),
}

fn steps(plan: &Plan) -> Vec<Step> {
    let deleted = names().filter(|name| !plan.new.contains(name)).map(Step::Delete);
    deleted.chain([Step::Sync]).chain(plan.new.iter().cloned().map(Step::Replace)).collect()
}

impl Step {
    fn take(&self, data_dir: &Path, stage: &Path) -> Result<(), Error> {
        match self {
            Step::Delete(name) => remove(&data_dir.join(name)),
            Step::Sync => sync(data_dir),
            Step::Replace(name) => {
                let (from, to) = (stage.join(name), data_dir.join(name));
                if !from.exists() {
                    return Ok(());
                }
                // A file is replaced in one step; a directory has to make room.
                if from.is_dir() {
                    remove(&to)?;
                }
                fs::rename(&from, &to).map_err(|error| Error::io(&to, error))
            }
        }
    }
}

fn write_plan(stage: &Path, plan: &Plan) -> Result<(), Error> {
    let new = json::array(plan.new.iter().map(|name| json::text(name)));
    let text = Object::new().raw("new", &new).text_if("aside", plan.aside.as_deref()).end();
    let (draft, path) = (stage.join("plan.part"), stage.join(PLAN));
    let written =
        File::create(&draft).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    sync(stage)?;
    written.and_then(|()| fs::rename(&draft, &path)).map_err(|error| Error::io(&path, error))?;
    sync(stage)
}

/// None where nothing was to be changed yet; nor where only root could look, as it hands everything over before that.
fn read_plan(stage: &Path) -> Result<Option<Plan>, Error> {
    let path = stage.join(PLAN);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => return Ok(None),
        Err(error) => return Err(Error::io(&path, error)),
    };
    let plan = Fields::parse(&text).ok().and_then(|fields| {
        let new = fields.texts("new").ok()??.into_iter().map(str::to_string).collect();
        Some(Plan { new, aside: fields.text("aside").ok()?.map(str::to_string) })
    });
    let advice = "what was there is whole in before-restore-…; take restore.new away and put a backup back";
    let is_known = |name: &String| names().any(|known| known == *name);
    match plan {
        Some(plan) if plan.new.iter().all(is_known) => Ok(Some(plan)),
        _ => Err(unfit(format!("{} is damaged; {advice}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::unpack_into;
    use super::*;
    use crate::store::{Durability, Store, backup};

    fn place(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("botmother-swap-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    /// A data directory that says in a setting whose it is, with a log that is not in the database yet.
    fn fill(dir: &Path, whose: &str) {
        let mut store = Store::open(dir, Durability::Power).unwrap();
        store.store_setting("whose", whose).unwrap();
        store.begin_generation().unwrap();
        store.commit().unwrap();
        let log = fs::read(dir.join("botmother.db-wal")).unwrap();
        let database = fs::read(dir.join("botmother.db")).unwrap();
        drop(store);
        fs::write(dir.join("botmother.db"), database).unwrap();
        fs::write(dir.join("botmother.db-wal"), log).unwrap();
        fs::write(dir.join("admin.token"), whose).unwrap();
        fs::create_dir_all(dir.join("api-tls")).unwrap();
        fs::write(dir.join("api-tls/server.crt"), whose).unwrap();
    }

    fn whose(dir: &Path) -> String {
        let store = Store::open(dir, Durability::Power).unwrap();
        assert_eq!(
            fs::read_to_string(dir.join("admin.token")).unwrap(),
            fs::read_to_string(dir.join("api-tls/server.crt")).unwrap()
        );
        store.setting("whose").unwrap().unwrap()
    }

    #[test]
    fn cut_at_every_step_it_is_finished_and_the_old_is_kept() {
        let source = place("source");
        fill(&source, "the backup");
        let mut archive = Vec::new();
        backup::write_to(&source, &mut archive, backup::Keys::Included, 0, &std::env::temp_dir()).unwrap();
        let count = 2 + names().count();
        for cut in 0..=count {
            let dir = place("cut");
            fill(&dir, "the old one");
            // The backup has none, so it has to go.
            fs::write(dir.join("api.toml"), "").unwrap();
            let stage = dir.join(STAGE);
            unpack_into(&stage, &mut &archive[..]).unwrap();
            let plan = prepare(&dir, &stage, "aside").unwrap();
            for step in steps(&plan).iter().take(cut) {
                step.take(&dir, &stage).unwrap();
            }
            assert!(check_whole(&dir).is_err() && Store::look(&dir).is_err(), "nobody looks into a half of each");
            assert_eq!(whose(&dir), "the backup", "cut after {cut} steps");
            assert!(!stage.exists() && !dir.join("api.toml").exists());
            assert_eq!(whose(&dir.join("aside")), "the old one", "cut after {cut} steps");
            fs::remove_dir_all(dir).unwrap();
        }
        fs::remove_dir_all(source).unwrap();
    }

    #[test]
    fn what_has_changed_nothing_is_taken_away() {
        let dir = place("early");
        fill(&dir, "the old one");
        fs::create_dir_all(dir.join(STAGE)).unwrap();
        fs::write(dir.join(STAGE).join("botmother.db"), "half of it").unwrap();
        fs::write(dir.join(STAGE).join("plan.part"), "{\"new\":[\"bot").unwrap();
        assert_eq!(whose(&dir), "the old one");
        assert!(!dir.join(STAGE).exists());
        fs::remove_dir_all(dir).unwrap();
    }
}
