//! A database that was put back from an older copy uses no key twice; records that cannot be read are made anew.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use botmother::store::Durability;

const DATABASE: [&str; 2] = ["botmother.db", "botmother.db-wal"];

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let dir = std::env::temp_dir().join(format!("botmother-backup-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Dir(dir)
    }

    fn rig(&self) -> Rig {
        let mut rig = Rig::over(Store::open(&self.0, Durability::Process).unwrap(), Encrypt::Required);
        rig.come_online();
        rig
    }

    /// Ends the engine as a kill would, does something to the files, and starts another.
    fn between(&self, rig: &mut Rig, what: impl FnOnce(&Path)) {
        rig.core.replace(Store::memory(), encrypting(Encrypt::Required));
        what(&self.0);
        let store = Store::open(&self.0, Durability::Process).unwrap();
        rig.core.replace(store, encrypting(Encrypt::Required));
        rig.sent.clear();
        rig.batch(Vec::new());
        rig.come_back();
        rig.wait(Duration::from_secs(5));
    }

    fn sql(&self, sql: &str) {
        rusqlite::Connection::open(self.0.join(DATABASE[0])).unwrap().execute_batch(sql).unwrap();
    }

    fn audit(&self, action: &str) -> i64 {
        let database = rusqlite::Connection::open(self.0.join(DATABASE[0])).unwrap();
        let sql = "SELECT count(*) FROM audit_log WHERE action = ?";
        database.query_row(sql, [action], |row| row.get(0)).unwrap()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn save(dir: &Path) {
    fs::create_dir_all(dir.join("copy")).unwrap();
    for name in DATABASE {
        let _ = fs::copy(dir.join(name), dir.join("copy").join(name));
    }
}

fn put_back(dir: &Path) {
    for name in DATABASE {
        let _ = fs::remove_file(dir.join(name));
        let _ = fs::copy(dir.join("copy").join(name), dir.join(name));
    }
}

type Heard = Result<Option<String>, omemo::Error>;

/// A kill comes before the server's acknowledgement is written, so what was sent before may be sent again.
fn fresh(mut heard: Vec<Heard>) -> Vec<Heard> {
    heard.retain(|heard| *heard != Err(omemo::Error::Duplicate));
    heard
}

impl Rig {
    fn offered(&self, version: Version) -> Vec<(u32, [u8; 32])> {
        let device = self.nodes.first_device(BOT, version);
        self.nodes.bundle(BOT, version, device).unwrap().prekeys
    }

    /// Both say something, and both can read it.
    fn talk(&mut self, phone: &mut Phone, text: &str) {
        let said = phone.say(&self.nodes, Some(text));
        self.arrives(&said);
        assert!(self.take().iter().any(|update| update.contains(text)), "{text}");
        sent_id(self.say(text));
        let heard: Vec<_> = self.take_sent().iter().map(|stanza| phone.hear(stanza)).collect();
        assert!(heard.iter().all(|heard| matches!(heard, Ok(_) | Err(omemo::Error::Duplicate))), "{heard:?}");
        assert!(heard.contains(&Ok(Some(text.to_string()))), "{heard:?}");
    }
}

#[test]
fn an_older_copy_uses_nothing_twice() {
    for version in Version::ALL {
        for is_stamped in [true, false] {
            let dir = Dir::new("older");
            let mut rig = dir.rig();
            let mut phone = Phone::published(OWNER, version, 77, &mut rig.nodes);
            rig.talk(&mut phone, "before");
            let before = rig.offered(version);
            dir.between(&mut rig, save);
            rig.talk(&mut phone, "lost");
            // Others begin, and use prekeys up; sessions go on.
            let mut other = Phone::published(OWNER, version, 78, &mut rig.nodes);
            let said = other.say(&rig.nodes, Some("lost, too"));
            rig.arrives(&said);
            rig.wait(Duration::from_secs(60));
            rig.take();
            for stanza in rig.take_sent() {
                let _ = phone.hear(&stanza);
            }
            let between = rig.offered(version);
            let device = |rig: &mut Rig| match rig.ask(Question::Keys(KeyQuestion::Status)) {
                Ok(Answer::Keys(KeyAnswer::Status(status))) => status.device.unwrap(),
                other => panic!("{other:?}"),
            };
            let own = device(&mut rig);

            dir.between(&mut rig, |path| {
                put_back(path);
                if !is_stamped {
                    fs::remove_file(path.join("botmother.generation")).unwrap();
                }
            });
            assert_eq!(dir.audit("omemo_put_back"), 1);
            assert_eq!((device(&mut rig).device, device(&mut rig).fingerprint), (own.device, own.fingerprint));
            for (id, key) in rig.offered(version) {
                let is_old = |(old_id, old_key): &(u32, [u8; 32])| *old_id == id || *old_key == key;
                assert!(!before.iter().chain(&between).any(is_old), "{id} is offered again");
            }
            // Who had a session gets a new one unasked, and nothing is lost from then on.
            let sent = rig.take_sent();
            let heard: Vec<_> = sent.iter().map(|stanza| phone.hear(stanza)).collect();
            assert_eq!(fresh(heard), [Ok(None)], "{version:?}");
            rig.talk(&mut phone, "after");
            sent_id(rig.say("to both"));
            rig.wait(Duration::from_secs(60));
            let heard: Vec<_> = rig.take_sent().iter().map(|stanza| other.hear(stanza)).collect();
            assert!(heard.contains(&Ok(Some("to both".to_string()))), "{heard:?}");

            // Once only.
            let offered = rig.offered(version);
            dir.between(&mut rig, |_| ());
            assert_eq!((dir.audit("omemo_put_back"), rig.offered(version)), (1, offered));
            rig.talk(&mut phone, "again");
        }
    }
}

#[test]
fn nothing_is_encrypted_in_a_session_that_was_put_back() {
    let dir = Dir::new("silent");
    let mut rig = dir.rig();
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    rig.talk(&mut phone, "before");
    dir.between(&mut rig, save);
    rig.talk(&mut phone, "lost");
    // The bundle cannot be had: what there is to say waits.
    let bundles = LEGACY.bundle_node(77).0;
    rig.nodes.closed.push(bundles);
    dir.between(&mut rig, put_back);
    sent_id(rig.say("later"));
    let heard: Vec<_> = rig.take_sent().iter().map(|stanza| phone.hear(stanza)).collect();
    assert_eq!(fresh(heard), []);
    rig.nodes.closed.clear();
    rig.wait(Duration::from_secs(120));
    let heard: Vec<_> = rig.take_sent().iter().map(|stanza| phone.hear(stanza)).collect();
    assert!(heard.contains(&Ok(Some("later".to_string()))), "{heard:?}");
    rig.talk(&mut phone, "after");
}

#[test]
fn a_stop_and_a_day_end_a_generation() {
    let dir = Dir::new("stop");
    let mut rig = dir.rig();
    let number = || fs::read_to_string(dir.0.join("botmother.generation")).ok();
    assert_eq!(number().as_deref(), Some("1\n"), "since there is a device");
    dir.between(&mut rig, |_| ());
    assert_eq!(number().as_deref(), Some("2\n"));
    rig.wait(limits::PURGE_INTERVAL);
    rig.wait(limits::PURGE_INTERVAL);
    assert_eq!(number().as_deref(), Some("2\n"), "nothing has happened");
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    rig.talk(&mut phone, "hello");
    assert_eq!(number().as_deref(), Some("2\n"), "not at every message");
    rig.wait(limits::PURGE_INTERVAL);
    assert_eq!(number().as_deref(), Some("3\n"));
    rig.talk(&mut phone, "hello again");
    let mut rig = rig.killed(Encrypt::Required);
    assert_eq!(number().as_deref(), Some("5\n"), "the stop and the start");
    // Without encryption nothing is counted.
    rig.core.replace(Store::memory(), encrypting(Encrypt::Off));
}

#[test]
fn records_that_cannot_be_read_are_made_anew() {
    for (number, damage) in ["UPDATE omemo_device SET record = 'x'", "DELETE FROM omemo_device WHERE version = 0"]
        .into_iter()
        .chain(["UPDATE omemo_device SET record = substr(record, 1, 40) WHERE version = 2"])
        .enumerate()
    {
        let dir = Dir::new("damaged");
        let mut rig = dir.rig();
        let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
        rig.talk(&mut phone, "before");
        let old = rig.nodes.devices(BOT, LEGACY);
        dir.between(&mut rig, |_| dir.sql(damage));
        assert_eq!(dir.audit("omemo_unreadable"), 1, "{number}");
        for version in Version::ALL {
            let list = rig.nodes.get(BOT, version.devices_node()).unwrap();
            let new: Vec<u32> =
                omemo::read_devices(version, &list).into_iter().filter(|id| !old.contains(id)).collect();
            assert_eq!(new.len(), 1, "{number}: {new:?}");
            // As who takes the newest device of a list.
            let list = omemo::add_device(version, None, new[0], None);
            rig.nodes.set(BOT, version.devices_node(), "current", list);
        }
        rig.take_sent();
        phone.session = None;
        rig.talk(&mut phone, "after");
    }
}

#[test]
fn a_damaged_session_heals_and_a_damaged_message_fails_alone() {
    let dir = Dir::new("session");
    let mut rig = dir.rig();
    let mut phone = Phone::published(OWNER, LEGACY, 77, &mut rig.nodes);
    rig.talk(&mut phone, "before");
    dir.between(&mut rig, |_| dir.sql("UPDATE omemo_session SET record = 'x'"));
    let said = phone.say(&rig.nodes, Some("unreadable"));
    rig.arrives(&said);
    rig.wait(Duration::from_secs(5));
    let heard: Vec<_> = rig.take_sent().iter().map(|stanza| phone.hear(stanza)).collect();
    assert_eq!(fresh(heard), [Ok(None)]);
    rig.talk(&mut phone, "after");

    let polled = UpdateKinds::parse(["message_state"]).unwrap();
    let poll = UpdatePoll { offset: None, limit: 1, timeout: Duration::ZERO, allowed: Some(polled) };
    assert!(rig.ask(Question::GetUpdates(poll)).is_ok());
    rig.nodes.closed = Version::ALL.map(|version| version.devices_node().to_string()).to_vec();
    rig.wait(Duration::from_secs(7200));
    rig.session(session::Event::Offline { why: "test".to_string(), retry_in: Duration::ZERO });
    dir.sql("DELETE FROM omemo_list");
    let (id, _) = sent_id(rig.say("damaged"));
    let (second, _) = sent_id(rig.say("whole"));
    assert_ne!(id, second);
    dir.sql("UPDATE omemo_waiting SET stanza = 'x' WHERE id = (SELECT min(id) FROM omemo_waiting)");
    rig.nodes.closed.clear();
    rig.come_back();
    rig.wait(Duration::from_secs(5));
    let heard: Vec<_> = rig.take_sent().iter().map(|stanza| phone.hear(stanza)).collect();
    assert_eq!(fresh(heard), [Ok(Some("whole".to_string()))]);
    let updates = rig.take();
    assert!(updates.iter().any(|update| update.contains(&id) && update.contains("failed")), "{updates:?}");
}
