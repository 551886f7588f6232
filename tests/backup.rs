//! `botmother backup` and `botmother restore`: the real program on real data directories, and once with a real server under
//! load, where what was accepted before the backup is there after it.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use botmother::base::id::BotId;
use botmother::base::jid::BareJid;
use botmother::base::secret::Secret;
use botmother::store::row::BotRow;
use botmother::store::{Durability, Store};
use support::encrypted::{BOTH, SOON, Scene, reads, serve};
use support::load::Senders;
use support::server::Kind;

/// A data directory and what the program says about it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let dir = std::env::temp_dir().join(format!("botmother-backups-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Place(dir)
    }

    /// One with a bot.
    fn with_bot(name: &str) -> Place {
        let place = Place::new(name);
        place.add_bot("data", "Weather");
        fs::write(place.path("data/admin.token"), "secret\n").unwrap();
        fs::create_dir_all(place.path("data/api-tls")).unwrap();
        fs::write(place.path("data/api-tls/cert.pem"), "certificate").unwrap();
        place
    }

    fn add_bot(&self, data: &str, name: &str) {
        // A child of another test has our lock from its fork to its exec.
        let mut store = loop {
            match Store::open(&self.path(data), Durability::Power) {
                Err(botmother::store::Error::Locked) => std::thread::sleep(std::time::Duration::from_millis(10)),
                opened => break opened.unwrap(),
            }
        };
        let bot = BotRow {
            id: BotId(0),
            name: name.to_string(),
            jid: None,
            token_hash: Some([name.len() as u8; 32]),
            token: Some(Secret::new("bm_token")),
            owner: BareJid::parse("owner@local").unwrap(),
            description: String::new(),
            active: true,
            mode: "personal".into(),
            receive: "self".into(),
            created_at: 0,
            last_active: 0,
            updates_dropped: 0,
            access: "owner".into(),
        };
        store.insert_bot(&bot).unwrap();
        store.begin_generation().unwrap();
        store.commit().unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn command(&self, data: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_botmother"));
        command.arg("--data").arg(self.path(data)).args(arguments).current_dir(&self.0).env("HOME", &self.0);
        command.env_remove("BOTMOTHER_CONFIG").env("XDG_CONFIG_HOME", &self.0);
        command
    }

    fn run(&self, data: &str, arguments: &[&str]) -> (i32, String) {
        told(&self.command(data, arguments).output().unwrap())
    }

    /// What the daemon says when it starts, and stops again.
    fn log_of_a_start(&self, data: &str) -> String {
        let port = support::port::Port::claim();
        let mut command = self.command(data, &["--port", &port.number.to_string()]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        while let Some(line) = lines.next().filter(|_| !log.contains("API at")) {
            log.push_str(&line);
            log.push('\n');
        }
        let _ = child.kill();
        child.wait().unwrap();
        log
    }

    fn names(&self, data: &str) -> Vec<String> {
        let store = Store::open(&self.path(data), Durability::Power).unwrap();
        store.list_bots().unwrap().into_iter().map(|bot| bot.name).collect()
    }

    /// All files below a directory with what is in them.
    fn files(&self, data: &str) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        walk(&self.path(data), &mut all);
        all.sort();
        all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn walk(dir: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => walk(&path, all),
            false => all.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
}

fn told(output: &Output) -> (i32, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

#[test]
fn what_was_backed_up_comes_back() {
    let place = Place::with_bot("round");
    let (exit, said) = place.run("data", &["backup", "all.tar"]);
    assert!(exit == 0 && said.contains("checked") && said.contains("secret.key"), "{said}");
    assert_eq!(fs::metadata(place.path("all.tar")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_dir(&place.0)
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("all.tar-") })
            .count(),
        0,
        "nothing is left beside it"
    );
    // Other programs read it.
    let list = Command::new("tar").arg("tf").arg(place.path("all.tar")).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let names: Vec<&str> = list.lines().collect();
    assert_eq!(names, ["botmother.db", "secret.key", "admin.token", "api-tls/cert.pem", "manifest.json"]);

    // A file that is there stays, unless told otherwise.
    let (exit, said) = place.run("data", &["backup", "all.tar"]);
    assert!(exit == 73 && said.contains("--force replaces it"), "{exit} {said}");
    assert_eq!(place.run("data", &["backup", "all.tar", "--force"]).0, 0);
    // In a directory it gets a name with the time.
    fs::create_dir(place.path("many")).unwrap();
    assert_eq!(place.run("data", &["backup", "many"]).0, 0);
    let made = fs::read_dir(place.path("many")).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    assert!(made.starts_with("botmother-20") && made.ends_with(".tar") && !made.contains(':'), "{made}");

    // Into nothing, and over something, which is kept.
    let (exit, said) = place.run("other", &["restore", "all.tar"]);
    assert!(exit == 0 && said.contains("is put back") && !said.contains("before-restore"), "{said}");
    assert_eq!(place.names("other"), ["Weather"]);
    assert_eq!(fs::read(place.path("other/api-tls/cert.pem")).unwrap(), b"certificate");
    assert!(!place.path("other/restore.new").exists());
    place.add_bot("other", "Later");
    let before = fs::read(place.path("other/botmother.db")).unwrap();
    let (exit, said) = place.run("other", &["restore", "all.tar"]);
    assert!(exit == 0 && said.contains("before-restore-20"), "{said}");
    let aside = fs::read_dir(place.path("other")).unwrap().map(|entry| entry.unwrap().path());
    let aside = aside.into_iter().find(|path| path.display().to_string().contains("before-restore")).unwrap();
    assert_eq!(fs::read(aside.join("botmother.db")).unwrap(), before);
    assert!(aside.join("secret.key").exists() && aside.join("botmother.generation").exists());
    assert!(!place.path("other/botmother.generation").exists(), "it is known as an older copy");
    let store = Store::open(&place.path("other"), Durability::Power).unwrap();
    assert!(store.is_put_back().unwrap());
    assert_eq!(store.list_bots().unwrap().len(), 1);
    // By the other program's hand, too.
    fs::create_dir(place.path("hand")).unwrap();
    assert!(
        Command::new("tar")
            .arg("xf")
            .arg(place.path("all.tar"))
            .current_dir(place.path("hand"))
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(place.names("hand"), ["Weather"]);
}

#[test]
fn without_its_key_a_backup_opens_with_that_key_alone() {
    let place = Place::with_bot("key");
    let (exit, said) = place.run("data", &["backup", "all.tar", "--without-key"]);
    assert!(exit == 0 && said.contains("without secret.key nobody can"), "{said}");
    let list = Command::new("tar").arg("tf").arg(place.path("all.tar")).output().unwrap();
    assert_eq!(String::from_utf8(list.stdout).unwrap(), "botmother.db\nmanifest.json\n");
    let (exit, said) = place.run("other", &["restore", "all.tar"]);
    assert!(exit == 74 && said.contains("--key-file"), "{exit} {said}");
    fs::write(place.path("wrong"), "ab".repeat(32)).unwrap();
    let (exit, said) = place.run("other", &["restore", "all.tar", "--key-file", "wrong"]);
    assert!(exit == 74 && said.contains("does not open with this key"), "{exit} {said}");
    assert!(!place.path("other/botmother.db").exists() && !place.path("other/secret.key").exists());
    let (exit, said) = place.run("other", &["restore", "all.tar", "--key-file", "data/secret.key"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(place.names("other"), ["Weather"]);
    // Where the key is, it is found.
    let (exit, said) = place.run("data", &["restore", "all.tar"]);
    assert_eq!(exit, 0, "{said}");
    // Where it is not, a backup with it cannot be made, and says what to do.
    fs::rename(place.path("data/secret.key"), place.path("gone")).unwrap();
    let (exit, said) = place.run("data", &["backup", "new.tar"]);
    assert!(exit == 78 && said.contains("--without-key") && !place.path("new.tar").exists(), "{exit} {said}");
    assert_eq!(place.run("data", &["backup", "new.tar", "--without-key"]).0, 0);
}

#[test]
fn what_is_no_whole_backup_changes_nothing() {
    let place = Place::with_bot("broken");
    assert_eq!(place.run("data", &["backup", "all.tar"]).0, 0);
    let whole = fs::read(place.path("all.tar")).unwrap();
    place.add_bot("data", "Later");
    let before = place.files("data");
    let mut altered = whole.clone();
    altered[512 + 5000] ^= 1;
    let mut foreign = whole.clone();
    foreign[..12].copy_from_slice(b"../evil.db\0\0");
    for (bytes, word) in [
        (&whole[..whole.len() - 3000], "ends too early"),
        (&whole[..700], "ends too early"),
        (&altered[..], "SHA-256 differs"),
        (&foreign[..], "not a backup"),
        (b"", "ends too early"),
        (&[7; 4096], "not a backup"),
    ] {
        fs::write(place.path("bad.tar"), bytes).unwrap();
        let (exit, said) = place.run("data", &["restore", "bad.tar"]);
        assert!(exit == 74 && said.contains(word) && said.contains("bad.tar"), "{word}: {exit} {said}");
        assert_eq!(place.files("data"), before, "{word}");
    }
    let (exit, said) = place.run("data", &["restore", "nowhere.tar"]);
    assert!(exit == 74 && said.contains("nowhere.tar: No such file"), "{exit} {said}");
    // A damaged database is not backed up, nor is one of somebody else.
    let mut damaged = fs::read(place.path("data/botmother.db")).unwrap();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 8192].fill(0x5a);
    fs::create_dir(place.path("ill")).unwrap();
    fs::write(place.path("ill/botmother.db"), &damaged).unwrap();
    let (exit, said) = place.run("ill", &["backup", "ill.tar", "--without-key"]);
    assert!(exit == 74 && said.contains("the database cannot be read") && !place.path("ill.tar").exists(), "{said}");
    let (exit, said) = place.run("nothing", &["backup", "nothing.tar"]);
    assert!(exit == 78 && said.contains("--data or --config"), "{exit} {said}");
}

#[test]
fn it_goes_through_a_pipe_and_a_full_disk_is_said() {
    let place = Place::with_bot("pipe");
    let output = place.command("data", &["backup", "-"]).output().unwrap();
    assert!(output.status.success() && output.stdout.len() > 4096, "{output:?}");
    let mut child =
        place.command("other", &["restore", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&output.stdout).unwrap();
    let (exit, said) = told(&child.wait_with_output().unwrap());
    assert_eq!(exit, 0, "{said}");
    assert_eq!(place.names("other"), ["Weather"]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (exit, said) = told(&place.command("data", &["backup", "-"]).stdout(full).output().unwrap());
    assert!(exit == 74 && said.contains("disk is full"), "{exit} {said}");
}

#[test]
fn backups_of_older_versions_are_taken_and_of_newer_ones_refused() {
    let place = Place::new("versions");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store");
    fs::create_dir_all(place.path("old")).unwrap();
    let database = rusqlite::Connection::open(place.path("old/botmother.db")).unwrap();
    database.execute_batch(&fs::read_to_string(root.join("version-1.sql")).unwrap()).unwrap();
    drop(database);
    fs::copy(root.join("version-1.key"), place.path("old/secret.key")).unwrap();
    let (exit, said) = place.run("old", &["backup", "old.tar"]);
    assert!(exit == 0 && said.contains("schema 1"), "{said}");
    let (exit, said) = place.run("new", &["restore", "old.tar"]);
    assert!(exit == 0 && said.contains("it is of an older version"), "{said}");
    assert!(!place.names("new").is_empty() && place.path("new/botmother.db.version-1").exists());

    let database = rusqlite::Connection::open(place.path("new/botmother.db")).unwrap();
    database.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(database);
    let (exit, said) = place.run("new", &["backup", "new.tar"]);
    assert!(exit == 74 && said.contains("install the newer version"), "{exit} {said}");
}

/// Killed at any moment: the old database is whole somewhere, and the same command finishes it.
#[test]
fn a_restore_that_is_killed_loses_nothing() {
    let place = Place::with_bot("killed");
    assert_eq!(place.run("data", &["backup", "all.tar"]).0, 0);
    place.add_bot("data", "Later");
    let old = fs::read(place.path("data/botmother.db")).unwrap();
    let mut kept = 0;
    for round in 0..30u64 {
        let mut child = place.command("data", &["restore", "all.tar"]).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(round * 700));
        let _ = child.kill();
        child.wait().unwrap();
        let all = place.files("data");
        let whole = all.iter().filter(|(name, bytes)| name.ends_with("/botmother.db") && *bytes == old);
        kept = whole.count();
        assert!(kept > 0, "round {round}: the old one is gone");
        assert!(place.path("data/botmother.db").exists() && place.path("data/secret.key").exists(), "round {round}");
    }
    assert!(kept > 0);
    let (exit, said) = place.run("data", &["restore", "all.tar"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(place.names("data"), ["Weather"]);
    assert!(!place.path("data/restore.new").exists());
}

/// The daemon that starts next, after a cut of power say, finds what the restore has left.
#[test]
fn the_next_start_settles_a_restore_that_was_cut() {
    let place = Place::with_bot("cut");
    assert_eq!(place.run("data", &["backup", "all.tar"]).0, 0);
    place.add_bot("data", "Later");
    fs::create_dir(place.path("data/restore.new")).unwrap();
    fs::write(place.path("data/restore.new/botmother.db"), "half of it").unwrap();
    let (_, said) = place.run("data", &["doctor"]);
    assert!(said.contains("warn  restore: "), "{said}");
    assert!(place.log_of_a_start("data").contains("cut short before it changed anything"));
    assert_eq!(place.names("data"), ["Weather", "Later"]);
    assert!(!place.path("data/restore.new").exists());

    // Unpacked, planned, and half of it done: no log any more, the key of the backup, the database of before.
    let stage = place.path("data/restore.new");
    fs::create_dir(&stage).unwrap();
    let tar = Command::new("tar").arg("xf").arg(place.path("all.tar")).arg("-C").arg(&stage).status().unwrap();
    assert!(tar.success());
    let plan = r#"{"new":["secret.key","admin.token","api-tls","botmother.db"],"aside":"before-restore-x"}"#;
    fs::write(stage.join("plan.json"), plan).unwrap();
    fs::create_dir(place.path("data/before-restore-x")).unwrap();
    fs::rename(stage.join("secret.key"), place.path("data/secret.key")).unwrap();
    let (exit, said) = place.run("data", &["backup", "halfway.tar"]);
    assert!(exit == 74 && said.contains("was cut short") && !place.path("halfway.tar").exists(), "{exit} {said}");
    let log = place.log_of_a_start("data");
    assert!(log.contains("is finished now; what was there before is in ") && log.contains("before-restore-x"), "{log}");
    assert_eq!(place.names("data"), ["Weather"]);
    assert!(!stage.exists());

    // So does the next restore.
    fs::create_dir(&stage).unwrap();
    let (exit, said) = place.run("data", &["restore", "all.tar"]);
    assert!(exit == 0 && said.contains("an earlier restore was cut short"), "{exit} {said}");
    assert_eq!(place.names("data"), ["Weather"]);
}

/// Prosody, a bot with an account of its own that encrypts, and one of the built-in chat whose program never stops sending.
#[test]
fn while_it_runs_and_afterwards_elsewhere() {
    let Some(server) = serve(Kind::Prosody, &["keeper", "owner", "bot"]) else { return };
    let mut scene = Scene::with_bot(server, "required", "owner", "public");
    let mut owner = scene.login("owner", "phone", BOTH);
    let device = scene.announced(&mut owner);
    owner.encrypt(&scene.bot, "before", "0.3");
    scene.hears("before");
    let to = scene.owner.clone();
    reads(&mut owner, &scene.say_encrypted(&to, "answer"), "answer");

    let local = scene.daemon.create_bot("Local", "owner@local");
    let recipients: Vec<(String, &'static str)> = (0..3).map(|_| ("owner@local".to_string(), "chat")).collect();
    let senders = Senders::start(scene.daemon.port, &local, &recipients, Duration::from_millis(2));
    std::thread::sleep(Duration::from_millis(300));
    let marks: Vec<String> = (0..20).map(|number| format!("before the backup {number}")).collect();
    for mark in &marks {
        let body = format!(r#"{{"to":"owner@local","text":"{mark}"}}"#);
        scene.daemon.http().post("/bot/sendMessage", Some(&local), &body).ok();
    }
    let file = scene.daemon.dir.join("all.tar");
    let file = file.to_str().unwrap();
    let (exit, said) = told(&scene.daemon.command(&["backup", file]).output().unwrap());
    assert_eq!(exit, 0, "{said}");
    std::thread::sleep(Duration::from_millis(100));
    let sent = senders.finish();
    assert!(sent.len() > 50, "{} were sent meanwhile", sent.len());
    // Not while it runs.
    let (exit, said) = told(&scene.daemon.command(&["restore", file]).output().unwrap());
    assert!(exit == 69 && said.contains("stop it first"), "{exit} {said}");
    // What happens after the backup is lost with this machine; the other side knows nothing of that.
    owner.encrypt(&scene.bot, "lost", "0.3");
    scene.hears("lost");
    scene.daemon.kill();
    fs::rename(scene.daemon.dir.join("data"), scene.daemon.dir.join("burnt")).unwrap();
    let (exit, said) = told(&scene.daemon.command(&["restore", file]).output().unwrap());
    assert_eq!(exit, 0, "{said}");
    scene.daemon.start_again();

    // Tokens work, and what was accepted is there.
    let mut texts = Vec::new();
    let mut before = i64::MAX;
    loop {
        let path = format!("/bot/getHistory?chat=owner@local&limit=100&before={before}");
        let page = scene.daemon.http().get(&path, Some(&local)).ok().at("result");
        let messages = page.at("messages").list();
        texts.extend(messages.iter().map(|message| message.at("text").text()));
        let Some(first) = messages.first().filter(|_| page.at("more").truth()) else { break };
        before = first.at("id").number();
    }
    for mark in &marks {
        assert_eq!(texts.iter().filter(|text| *text == mark).count(), 1, "{mark}");
    }
    // Encrypted chats begin anew by themselves, with the same fingerprint, and both can read.
    scene.daemon.wait_online(1, SOON);
    let path = format!("/bot/omemo/policy?id={}", scene.id);
    let own = scene.daemon.http().get(&path, None).ok();
    assert_eq!(own.at("device").number().to_string(), device);
    reads(&mut owner, &scene.say_encrypted(&to, "after"), "after");
    owner.encrypt(&scene.bot, "and back", "0.3");
    scene.offset = 0;
    let heard = std::iter::from_fn(|| Some(scene.heard("message").at("body").text()));
    assert!(heard.take(4).any(|text| text == "and back"));
    scene.daemon.stop();
    let database = rusqlite::Connection::open(scene.daemon.dir.join("data/botmother.db")).unwrap();
    let sql = "SELECT count(*) FROM audit_log WHERE action = 'omemo_put_back'";
    assert!(database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() >= 1);
}
