//! The store: what is kept survives, what is taken back is gone, nothing secret is readable, no file is opened that
//! should not be. Where a process must die or an environment must differ, the test starts itself again as a child.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use botmother::base::crypto::sha256;
use botmother::base::id::{AccountId, BotId, OutboxId, UpdateId};
use botmother::base::jid::BareJid;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::store::row::{
    AccountRow, AttemptRow, BotRow, CommandRow, FileRow, HeardRow, LocalRow, OutboxRow, RetryRow, RoomRow,
};
use botmother::store::{Durability, Error, Store};
use rusqlite::Connection;

const TOKEN: &str = "bm_TOKEN-that-nobody-may-read-0123456";
const PASSWORD: &str = "PASSWORD-that-nobody-may-read";
const LOGIN_KEY: &str = "LOGINKEY-that-nobody-may-read";
const FILE_KEY: &str = "FILEKEY-that-nobody-may-read";
const NOW: i64 = 1_790_000_000;

fn encrypted_file(bot: BotId) -> FileRow {
    let (file_id, message_id, url) = ("f".into(), "m".into(), "https://h/f".into());
    let key = Some(Secret::new(FILE_KEY));
    FileRow { bot, file_id, message_id, url, name: None, media_type: None, size: Some(7), key }
}

/// A directory of its own, gone at the end.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Dir {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("botmother-store-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Dir(path)
    }

    fn store(&self) -> Store {
        Store::open(&self.0, Durability::Power).unwrap()
    }

    fn error(&self) -> Error {
        Store::open(&self.0, Durability::Power).err().expect("it must not open")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The database as any other program sees it.
    fn raw(&self) -> Connection {
        Connection::open(self.file("botmother.db")).unwrap()
    }

    fn count(&self, table: &str) -> i64 {
        self.raw().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn jid(text: &str) -> BareJid {
    BareJid::parse(text).unwrap()
}

fn bot(name: &str, token: Option<&str>) -> BotRow {
    BotRow {
        id: BotId(0),
        name: name.into(),
        jid: None,
        token_hash: token.map(|token| sha256(token.as_bytes())),
        token: token.map(Secret::new),
        owner: jid("ralf@example.org"),
        description: "ü 🤖 \u{2028} \"'\\ \u{1}".into(),
        active: true,
        mode: "personal".into(),
        receive: "self".into(),
        created_at: NOW,
        last_active: 0,
        updates_dropped: 0,
        access: "owner".into(),
    }
}

fn account(address: &str) -> AccountRow {
    AccountRow {
        password: Secret::new(PASSWORD),
        host: "127.0.0.1:5222".into(),
        ca_file: "/etc/ca.pem".into(),
        pin: "sha256:00".into(),
        resource: "botmother-1".into(),
        login_key: Some(Secret::new(LOGIN_KEY)),
        ..AccountRow::new(&jid(address), [0; 4])
    }
}

fn message(account: AccountId, bot: Option<BotId>, id: &str, mark: Option<&str>) -> OutboxRow {
    OutboxRow {
        id: OutboxId(0),
        account,
        bot,
        message_id: id.into(),
        stanza: format!("<message id='{id}'><body>ü 🤖</body></message>"),
        archive_mark: mark.map(Into::into),
        created_at: NOW,
        room: None,
    }
}

fn line(bot: Option<BotId>, text: &str) -> LocalRow {
    LocalRow { id: 0, bot, from_owner: true, sender: "owner".into(), text: text.into(), created_at: NOW }
}

/// One row in every table. Gives bot and account.
fn fill(store: &mut Store) -> (BotId, AccountId) {
    let id = store.insert_bot(&bot("one", Some(TOKEN))).unwrap();
    let account = store.insert_account(&account("ralf@example.org")).unwrap();
    store.store_commands(id, &[CommandRow { command: "time".into(), description: "What time it is".into() }]).unwrap();
    store.insert_update(id, "message", "{}", NOW).unwrap();
    store.insert_outbox(&message(account, Some(id), "m1", None)).unwrap();
    store.see(account, "stanza-1", NOW).unwrap();
    store.store_setting(&format!("bot_{id}_ai_enabled"), "true").unwrap();
    store.insert_audit(Some(id), "create", "name=one", Some("127.0.0.1"), NOW).unwrap();
    store.remember_sent(id, "key", "m1", &[3; 32], NOW).unwrap();
    store.insert_local(&line(Some(id), "hello")).unwrap();
    (id, account)
}

/// Runs one of the ignored tests below in a process of its own, on a directory.
fn child(name: &str, dir: &Path, wrap: &[&str], environment: &[(&str, &Path)]) -> Output {
    let this = std::env::current_exe().unwrap();
    let mut words = wrap.iter().map(|word| word.to_string()).collect::<Vec<_>>();
    words.push(this.to_string_lossy().into_owned());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["--exact", name, "--ignored", "--nocapture"]).env("STORE_TEST_DIR", dir);
    for (key, value) in environment {
        command.env(key, value);
    }
    command.output().unwrap()
}

/// The directory a child works on; `None` when somebody runs all ignored tests by hand.
fn child_dir() -> Option<PathBuf> {
    std::env::var_os("STORE_TEST_DIR").map(PathBuf::from)
}

// --- opening ---

#[test]
fn a_start_writes_nothing() {
    let dir = Dir::new();
    dir.store().close().unwrap();
    let file = |name: &str| fs::read(dir.file(name)).unwrap_or_default();
    let before = file("botmother.db");
    let store = dir.store();
    assert_eq!(file("botmother.db-wal"), b"", "no page was written");
    store.close().unwrap();
    assert_eq!(file("botmother.db"), before);
}

#[test]
fn a_new_file_has_the_guides_tables() {
    let dir = Dir::new();
    dir.store().close().unwrap();
    let columns = |table: &str| -> Vec<String> {
        let raw = dir.raw();
        let mut statement = raw.prepare("SELECT name FROM pragma_table_info(?)").unwrap();
        statement.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for (table, expected) in [
        (
            "bot",
            "id name jid token_hash token_raw owner_jid description permissions status mode created_at last_active \
             webhook_url webhook_secret webhook_enabled bot_password receive access updates_dropped",
        ),
        ("bot_command", "id bot_id command description"),
        ("update_queue", "id bot_id update_type payload created_at"),
        ("settings", "key value"),
        ("audit_log", "id bot_id action details ip_address timestamp"),
    ] {
        assert_eq!(columns(table).join(" "), expected, "{table}");
    }
    let pragma = |name: &str| dir.raw().query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(pragma("user_version"), 1);
    assert_eq!(pragma("auto_vacuum"), 2, "incremental");
}

#[test]
fn all_files_are_for_the_owner_only() {
    let dir = Dir::new();
    let mut store = dir.store();
    fill(&mut store);
    store.commit().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.0), 0o700);
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(&dir.0).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["botmother.db", "botmother.db-shm", "botmother.db-wal", "botmother.lock", "secret.key"]);
    store.close().unwrap();

    // What somebody opened to others is closed again.
    for name in ["botmother.db", "secret.key"] {
        fs::set_permissions(dir.file(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let _store = dir.store();
    assert_eq!((mode(&dir.file("botmother.db")), mode(&dir.file("secret.key"))), (0o600, 0o600));
}

#[test]
fn only_one_may_have_it_open() {
    let dir = Dir::new();
    let store = dir.store();
    assert!(matches!(dir.error(), Error::Locked));
    drop(store);
    dir.store();
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let dir = Dir::new();
    dir.store().close().unwrap();
    dir.raw().execute_batch("PRAGMA user_version = 99").unwrap();
    assert!(matches!(dir.error(), Error::Newer { found: 99, known: 1 }));
    dir.raw().execute_batch("PRAGMA user_version = 1").unwrap();
    dir.store();
}

#[test]
fn a_file_of_something_else_is_refused() {
    let dir = Dir::new();
    dir.store().close().unwrap();
    fs::remove_file(dir.file("botmother.db")).unwrap();
    dir.raw().execute_batch("CREATE TABLE theirs (a)").unwrap();
    assert!(matches!(dir.error(), Error::Corrupt(_)));
    fs::write(dir.file("botmother.db"), "this is no database at all, however long one reads on".repeat(100)).unwrap();
    assert!(matches!(dir.error(), Error::Corrupt(_)));
}

#[test]
fn an_interrupted_first_start_is_taken_up() {
    let dir = Dir::new();
    dir.store().close().unwrap();
    fs::write(dir.file("botmother.db"), "").unwrap();
    let key = fs::read(dir.file("secret.key")).unwrap();
    dir.store();
    assert_eq!(fs::read(dir.file("secret.key")).unwrap(), key);
}

#[test]
fn without_its_key_nothing_opens() {
    let dir = Dir::new();
    let mut store = dir.store();
    fill(&mut store);
    store.commit().unwrap();
    store.close().unwrap();
    let key = fs::read_to_string(dir.file("secret.key")).unwrap();
    assert_eq!((key.len(), key.trim_end().len()), (65, 64));

    fs::remove_file(dir.file("secret.key")).unwrap();
    let error = dir.error();
    assert!(matches!(error, Error::NoKey));
    assert!(error.to_string().contains("secret.key"), "{error}");
    assert!(!dir.file("secret.key").exists(), "a key must not be made beside a database");

    fs::write(dir.file("secret.key"), "00".repeat(32)).unwrap();
    assert!(matches!(dir.error(), Error::WrongKey));
    fs::write(dir.file("secret.key"), &key[..60]).unwrap();
    let error = dir.error();
    assert!(matches!(error, Error::BadKey(_)));
    assert!(!error.to_string().contains(&key[..8]), "{error}");

    fs::write(dir.file("secret.key"), &key).unwrap();
    assert_eq!(dir.store().list_bots().unwrap()[0].token, Some(Secret::new(TOKEN)));
}

#[test]
fn the_key_may_be_a_systemd_credential() {
    let (dir, credentials) = (Dir::new(), Dir::new());
    dir.store().close().unwrap();
    fs::create_dir(&credentials.0).unwrap();
    fs::rename(dir.file("secret.key"), credentials.file("secret.key")).unwrap();
    let output = child("child_opens", &dir.0, &[], &[("CREDENTIALS_DIRECTORY", &credentials.0)]);
    assert!(output.status.success(), "{output:?}");
    assert!(!dir.file("secret.key").exists());
}

#[test]
#[ignore = "a child of another test"]
fn child_opens() {
    if let Some(dir) = child_dir() {
        Store::open(&dir, Durability::Power).unwrap();
    }
}

// --- transactions ---

#[test]
fn what_was_committed_outlives_an_abort() {
    let dir = Dir::new();
    let output = child("child_writes_and_aborts", &dir.0, &[], &[]);
    assert!(!output.status.success(), "the child must abort: {output:?}");
    let mut store = dir.store();
    let bots = store.list_bots().unwrap();
    assert_eq!(bots.iter().map(|bot| bot.name.as_str()).collect::<Vec<_>>(), ["one"]);
    assert_eq!(store.list_outbox(AccountId(1), None, 9).unwrap().len(), 1);
    assert!(!store.see(AccountId(1), "stanza-1", NOW).unwrap());
}

#[test]
#[ignore = "a child of another test"]
fn child_writes_and_aborts() {
    let Some(dir) = child_dir() else { return };
    let mut store = Store::open(&dir, Durability::Process).unwrap();
    fill(&mut store);
    store.commit().unwrap();
    store.insert_bot(&bot("two", None)).unwrap();
    std::process::abort();
}

#[test]
fn what_was_committed_is_in_the_files_at_once() {
    let (dir, copy) = (Dir::new(), Dir::new());
    let mut store = dir.store();
    fill(&mut store);
    store.commit().unwrap();
    store.insert_bot(&bot("two", None)).unwrap();
    fs::create_dir(&copy.0).unwrap();
    for name in ["botmother.db", "botmother.db-wal", "secret.key"] {
        fs::copy(dir.file(name), copy.file(name)).unwrap();
    }
    assert_eq!(copy.store().list_bots().unwrap().len(), 1);
}

#[test]
fn a_transaction_begins_by_writing_and_ends_by_word() {
    let mut store = Store::memory();
    store.list_bots().unwrap();
    store.purge(NOW).unwrap();
    assert!(!store.is_dirty());
    store.commit().unwrap();
    store.rollback();
    store.insert_bot(&bot("one", None)).unwrap();
    assert!(store.is_dirty());
    store.rollback();
    assert!(!store.is_dirty());
    assert!(store.list_bots().unwrap().is_empty());
    store.insert_bot(&bot("two", None)).unwrap();
    store.commit().unwrap();
    assert!(!store.is_dirty());
    store.rollback();
    assert_eq!(store.list_bots().unwrap().len(), 1);
}

#[test]
fn a_refused_row_leaves_the_transaction_alone() {
    let mut store = Store::memory();
    store.insert_account(&account("ralf@example.org")).unwrap();
    assert!(matches!(store.insert_account(&account("ralf@example.org")), Err(Error::Conflict(_))));
    assert!(matches!(store.insert_update(BotId(7), "message", "{}", NOW), Err(Error::Conflict(_))));
    store.insert_bot(&bot("one", Some(TOKEN))).unwrap();
    assert!(matches!(store.insert_bot(&bot("two", Some(TOKEN))), Err(Error::Conflict(_))));
    store.commit().unwrap();
    assert_eq!((store.list_accounts().unwrap().len(), store.list_bots().unwrap().len()), (1, 1));
}

#[test]
fn another_program_may_read_and_is_waited_for() {
    let dir = Dir::new();
    let mut store = dir.store();
    let other = dir.raw();
    other.execute_batch("BEGIN; SELECT * FROM bot").unwrap();
    store.insert_bot(&bot("one", None)).unwrap();
    store.commit().unwrap();
    other.execute_batch("COMMIT; BEGIN IMMEDIATE").unwrap();
    assert!(matches!(store.insert_bot(&bot("two", None)), Err(Error::Busy)));
    assert!(!store.is_dirty());
    other.execute_batch("COMMIT").unwrap();
    store.insert_bot(&bot("two", None)).unwrap();
    store.commit().unwrap();
}

/// In a mount namespace of its own, so nothing is left behind; skipped where that is not allowed.
#[test]
fn a_full_disk_spoils_one_transaction_only() {
    let dir = Dir::new();
    fs::create_dir(&dir.0).unwrap();
    let script = format!("mount -t tmpfs -o size=1300k tmpfs {} && exec \"$@\"", dir.0.display());
    let wrap = ["unshare", "--mount", "--map-root-user", "sh", "-c", &script, "sh"];
    let allowed = Command::new(wrap[0]).args(&wrap[1..6]).args(["sh", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        println!("skipped: no mount namespace here");
        return;
    }
    let output = child("child_fills_the_disk", &dir.0, &wrap, &[]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
}

#[test]
#[ignore = "a child of another test"]
fn child_fills_the_disk() {
    let Some(dir) = child_dir() else { return };
    let mut store = Store::open(&dir, Durability::Power).unwrap();
    let id = store.insert_bot(&bot("one", Some(TOKEN))).unwrap();
    store.commit().unwrap();
    let ballast = dir.join("ballast");
    fs::write(&ballast, vec![0; 500_000]).unwrap();
    // Each in its own transaction: the log grows until there is no room, and every answer until then stays true.
    let payload = "x".repeat(20_000);
    let mut kept = 0;
    let error = loop {
        assert!(kept < 1_000, "the disk must fill up");
        match store.insert_update(id, "message", &payload, NOW).and_then(|_| store.commit()) {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Full), "{error}");
    assert!(kept > 5);
    store.rollback();
    assert_eq!(store.count_updates(id).unwrap(), kept);
    // One large transaction that spills out of the cache fails in its middle, and nothing of it can be committed.
    let mut outcome = Ok(UpdateId(0));
    for _ in 0..1_000 {
        outcome = store.insert_update(id, "message", &payload, NOW);
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_err() {
        assert!(matches!(store.insert_update(id, "message", "{}", NOW), Err(Error::Aborted)));
        assert!(store.is_dirty());
    }
    assert!(store.commit().is_err());
    assert!(!store.is_dirty(), "a failed commit has rolled back");
    assert_eq!(store.count_updates(id).unwrap(), kept);
    // Space is back: on it goes, without a restart.
    fs::remove_file(&ballast).unwrap();
    store.insert_update(id, "message", "{}", NOW).unwrap();
    store.commit().unwrap();
    assert_eq!(store.count_updates(id).unwrap(), kept + 1);
    store.close().unwrap();
    let store = Store::open(&dir, Durability::Power).unwrap();
    assert_eq!(store.count_updates(id).unwrap(), kept + 1);
}

// --- secrets ---

#[test]
fn nothing_secret_is_readable_in_the_files() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (id, account) = fill(&mut store);
    store.commit().unwrap();
    store.store_login_key(account, &Secret::new(LOGIN_KEY)).unwrap();
    let password = Some(Secret::new(PASSWORD));
    store.store_room(&RoomRow { password, ..room(account, "tea@muc.example.org") }).unwrap();
    store.insert_file(&encrypted_file(id), NOW).unwrap();
    store.commit().unwrap();
    let search = || {
        for entry in fs::read_dir(&dir.0).unwrap() {
            let path = entry.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            let holds = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
            for secret in [TOKEN, PASSWORD, LOGIN_KEY, FILE_KEY] {
                assert!(!holds(secret), "{secret} in {}", path.display());
            }
            if path == dir.file("botmother.db-wal") {
                assert!(holds("owner_jid") && holds("m1"), "the search searches");
            }
        }
    };
    search();
    store.close().unwrap();
    search();
    let store = dir.store();
    assert_eq!(store.list_bots().unwrap()[0].token, Some(Secret::new(TOKEN)));
    let row = &store.list_accounts().unwrap()[0];
    assert_eq!((&row.password, &row.login_key), (&Secret::new(PASSWORD), &Some(Secret::new(LOGIN_KEY))));
    assert_eq!(store.find_file(id, "f").unwrap(), Some(encrypted_file(id)));
    assert_eq!(store.find_file_of(id, "m").unwrap(), Some(encrypted_file(id)));
    store.close().unwrap();

    // A sealed value does not open in another's place.
    let mut store = dir.store();
    store.insert_bot(&bot("two", None)).unwrap();
    store.commit().unwrap();
    store.close().unwrap();
    let raw = dir.raw();
    raw.execute("UPDATE bot SET token_raw = (SELECT token_raw FROM bot WHERE id = ?1) WHERE id <> ?1", [id.0]).unwrap();
    drop(raw);
    assert!(matches!(dir.store().list_bots(), Err(Error::Corrupt(_))));
}

// --- rows ---

#[test]
fn bots_come_back_as_they_were() {
    let mut store = Store::memory();
    let id = store.insert_bot(&bot("one", Some(TOKEN))).unwrap();
    let read = |store: &Store| store.list_bots().unwrap().remove(0);
    let first = read(&store);
    assert_eq!(format!("{first:?}"), format!("{:?}", BotRow { id, ..bot("one", Some(TOKEN)) }));
    assert_eq!(first.token, Some(Secret::new(TOKEN)));
    let changed = BotRow {
        jid: Some(jid("bot_x@example.org")),
        active: false,
        mode: "dedicated".into(),
        receive: "all".into(),
        last_active: NOW + 1,
        updates_dropped: 7,
        access: "public".into(),
        ..first
    };
    store.store_bot(&changed).unwrap();
    assert_eq!(format!("{:?}", read(&store)), format!("{changed:?}"));
}

#[test]
fn two_bots_may_be_without_a_token() {
    let mut store = Store::memory();
    for name in ["one", "two"] {
        let id = store.insert_bot(&bot(name, Some(name))).unwrap();
        store.store_bot(&BotRow { id, ..bot(name, None) }).unwrap();
    }
    store.commit().unwrap();
    assert!(store.list_bots().unwrap().iter().all(|bot| bot.token.is_none() && bot.token_hash.is_none()));
}

#[test]
fn a_number_once_given_names_nothing_else() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (id, account) = fill(&mut store);
    let update = store.insert_update(id, "message", "{}", NOW).unwrap();
    let outbox = store.insert_outbox(&message(account, None, "m2", None)).unwrap();
    let local = store.insert_local(&line(Some(id), "again")).unwrap();
    store.commit().unwrap();
    store.delete_bot(id).unwrap();
    store.delete_account(account).unwrap();
    store.commit().unwrap();
    store.close().unwrap();
    let mut store = dir.store();
    let (new_id, new_account) = fill(&mut store);
    assert!(new_id > id && new_account > account);
    assert!(store.list_updates(new_id, None, 9).unwrap()[0].id > update);
    assert!(store.list_outbox(new_account, None, 9).unwrap()[0].id > outbox);
    assert!(store.last_local().unwrap() > local);
}

#[test]
fn a_deleted_bot_leaves_nothing_but_what_it_sent() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (id, account) = fill(&mut store);
    let other = store.insert_bot(&bot("two", None)).unwrap();
    store.store_room(&room(account, "tea@muc.example.org")).unwrap();
    // Looks like the first bot's and is not.
    store.store_setting(&format!("bot_{id}1_ai_enabled"), "true").unwrap();
    store.delete_bot(id).unwrap();
    store.commit().unwrap();
    for table in ["bot_command", "update_queue", "idempotency", "local_message"] {
        assert_eq!(dir.count(table), 0, "{table}");
    }
    assert_eq!(store.list_bots().unwrap()[0].id, other);
    assert_eq!(store.setting(&format!("bot_{id}_ai_enabled")).unwrap(), None);
    assert!(store.setting(&format!("bot_{id}1_ai_enabled")).unwrap().is_some());
    assert_eq!(dir.count("audit_log"), 1);
    assert_eq!(store.list_outbox(account, None, 9).unwrap()[0].bot, None, "accepted is accepted");

    store.delete_account(account).unwrap();
    store.commit().unwrap();
    for table in ["account", "outbox", "seen", "room"] {
        assert_eq!(dir.count(table), 0, "{table}");
    }
}

fn room(account: AccountId, room: &str) -> RoomRow {
    RoomRow {
        members: Vec::new(),
        account,
        room: BareJid::parse(room).unwrap(),
        nick: "Ro 🤖".into(),
        password: Some(Secret::new("open sesame")),
        archive_mark: None,
        is_private: None,
        heard_at_ms: NOW * 1000,
    }
}

#[test]
fn rooms_are_kept_with_their_places_and_messages() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (_, account) = fill(&mut store);
    let (den, tea) = (room(account, "den@muc.example.org"), room(account, "tea@muc.example.org"));
    store.store_room(&tea).unwrap();
    store.store_room(&RoomRow { nick: "old".into(), ..den.clone() }).unwrap();
    store.store_room(&den).unwrap();
    store.store_room_mark(account, &tea.room, Some("m-7"), 7).unwrap();
    store.store_room_mark(account, &BareJid::parse("other@muc.example.org").unwrap(), None, 7).unwrap();
    let marked = RoomRow { archive_mark: Some("m-7".into()), heard_at_ms: 7, ..tea.clone() };
    assert_eq!(store.list_rooms(account).unwrap(), [den.clone(), marked.clone()]);

    let to_room = |id: &str| OutboxRow { room: Some(tea.room.clone()), ..message(account, None, id, Some(id)) };
    let ids: Vec<OutboxId> = ["r1", "r2"].iter().map(|id| store.insert_outbox(&to_room(id)).unwrap()).collect();
    let count = store.count_outbox(account).unwrap();
    assert_eq!(store.list_outbox(account, None, 9).unwrap().len() as i64, count);
    assert_eq!(store.find_outbox(account, "r1").unwrap(), None);
    assert_eq!(store.find_room_outbox(account, &tea.room, "r2").unwrap(), Some(ids[1]));
    assert_eq!(store.find_room_outbox(account, &den.room, "r2").unwrap(), None);
    assert_eq!(store.count_room_outbox(account, &tea.room).unwrap(), 2);
    assert_eq!(store.first_room_outbox_mark(account, &tea.room).unwrap().as_deref(), Some("r1"));
    assert_eq!(store.first_room_outbox_mark(account, &den.room).unwrap(), None);
    let rows = store.list_room_outbox(account, &tea.room, Some(ids[0]), 9).unwrap();
    assert_eq!((rows.len(), rows[0].id, rows[0].room.as_ref()), (1, ids[1], Some(&tea.room)));
    store.delete_room(account, &den.room).unwrap();
    store.commit().unwrap();
    store.close().unwrap();
    assert_eq!(dir.store().list_rooms(account).unwrap(), [marked]);
}

#[test]
fn what_was_heard_in_rooms_has_several_names() {
    let mut store = Store::memory();
    let (bot, account) = fill(&mut store);
    let den = BareJid::parse("den@muc.example.org").unwrap();
    let tea = BareJid::parse("tea@muc.example.org").unwrap();
    let row = |told_id: &str, author: &str| HeardRow {
        told_id: told_id.into(),
        wire_id: "w".into(),
        author: author.into(),
        nick: "anna".into(),
    };
    store.insert_heard(account, &den, &row("a1", "id:1"), NOW).unwrap();
    store.insert_heard(account, &den, &row("a2", "id:2"), NOW).unwrap();
    assert_eq!(store.find_heard(account, &den, "a1").unwrap(), Some(row("a1", "id:1")));
    assert_eq!(store.find_heard(account, &tea, "a1").unwrap(), None);
    assert_eq!(store.find_heard_of(account, &den, "id:2", "w").unwrap(), Some(row("a2", "id:2")));
    assert_eq!(store.find_heard_of(account, &den, "id:3", "w").unwrap(), None);

    let ours = RoomRow { members: vec![bot], ..room(account, "den@muc.example.org") };
    store.store_room(&ours).unwrap();
    assert_eq!(store.list_rooms(account).unwrap(), [ours]);
    store.delete_bot(bot).unwrap();
    assert_eq!(store.list_rooms(account).unwrap()[0].members, []);
    store.purge(NOW + limits::SEEN_RETENTION.as_secs() as i64).unwrap();
    assert!(store.find_heard(account, &den, "a1").unwrap().is_some());
    store.purge(NOW + limits::SEEN_RETENTION.as_secs() as i64 + 1).unwrap();
    assert_eq!(store.find_heard(account, &den, "a1").unwrap(), None);
    // The oldest go beyond the limit.
    for n in 0..limits::HEARD_MAX + 600 {
        store.insert_heard(account, &den, &row(&format!("n{n}"), "id:1"), NOW).unwrap();
    }
    assert_eq!(store.find_heard(account, &den, "n0").unwrap(), None);
    assert!(store.find_heard(account, &den, "n600").unwrap().is_some());
}

#[test]
fn commands_are_replaced_in_order() {
    let mut store = Store::memory();
    let id = store.insert_bot(&bot("one", None)).unwrap();
    let rows = |names: &[&str]| -> Vec<CommandRow> {
        names.iter().map(|name| CommandRow { command: name.to_string(), description: "x".into() }).collect()
    };
    store.store_commands(id, &rows(&["zebra", "ant"])).unwrap();
    assert_eq!(store.list_commands(id).unwrap(), rows(&["zebra", "ant"]));
    store.store_commands(id, &rows(&["bee"])).unwrap();
    assert_eq!(store.list_commands(id).unwrap(), rows(&["bee"]));
    store.store_commands(id, &[]).unwrap();
    assert!(store.list_commands(id).unwrap().is_empty());
}

#[test]
fn updates_queue_per_bot() {
    let mut store = Store::memory();
    let one = store.insert_bot(&bot("one", None)).unwrap();
    let two = store.insert_bot(&bot("two", None)).unwrap();
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(store.insert_update(one, "message", &format!("{{\"n\":{number}}}"), NOW).unwrap());
        store.insert_update(two, "reaction", "{}", NOW).unwrap();
    }
    let listed = |store: &Store, from, limit| -> Vec<UpdateId> {
        store.list_updates(one, from, limit).unwrap().iter().map(|row| row.id).collect()
    };
    assert_eq!(listed(&store, None, 100), ids);
    assert_eq!(listed(&store, Some(ids[2]), 2), ids[2..4]);
    assert_eq!(listed(&store, Some(UpdateId(ids[4].0 + 1)), 100), []);
    assert_eq!(listed(&store, None, 0), []);
    assert_eq!(listed(&store, None, -1), [], "SQL's -1 is no limit at all");
    assert_eq!(store.list_updates(one, None, 1).unwrap()[0].payload, "{\"n\":0}");
    assert_eq!(store.list_updates(two, None, 1).unwrap()[0].kind, "reaction");

    assert_eq!(store.delete_updates_below(one, ids[1]).unwrap(), 1);
    assert_eq!(store.delete_updates_below(one, ids[1]).unwrap(), 0);
    assert_eq!(store.drop_oldest_updates(one, 9).unwrap(), 0);
    assert_eq!(store.drop_oldest_updates(one, 4).unwrap(), 0);
    assert_eq!(store.drop_oldest_updates(one, 3).unwrap(), 1);
    assert_eq!(listed(&store, None, 100), ids[2..]);
    assert_eq!((store.count_updates(one).unwrap(), store.count_updates(two).unwrap()), (3, 5));
    assert_eq!(store.drop_oldest_updates(one, 0).unwrap(), 3);
    assert_eq!(store.list_bots().unwrap().iter().map(|bot| bot.updates_dropped).collect::<Vec<_>>(), [4, 0]);
}

#[test]
fn the_outbox_keeps_the_order_of_sending() {
    let mut store = Store::memory();
    let one = store.insert_account(&account("one@example.org")).unwrap();
    let two = store.insert_account(&account("two@example.org")).unwrap();
    assert_eq!(store.first_outbox_mark(one).unwrap(), None);
    let mut ids = Vec::new();
    for number in 0..4 {
        let mark = (number > 0).then(|| format!("mark-{number}"));
        ids.push(store.insert_outbox(&message(one, None, &format!("m{number}"), mark.as_deref())).unwrap());
        store.insert_outbox(&message(two, None, &format!("m{number}"), None)).unwrap();
    }
    let listed = |store: &Store, after, limit| -> Vec<OutboxId> {
        store.list_outbox(one, after, limit).unwrap().iter().map(|row| row.id).collect()
    };
    assert_eq!(listed(&store, None, usize::MAX), ids);
    assert_eq!(listed(&store, Some(ids[0]), 2), ids[1..3]);
    assert_eq!(store.first_outbox_mark(one).unwrap(), Some(None));
    assert_eq!(store.find_outbox(one, "m2").unwrap(), Some(ids[2]));
    assert_eq!(store.find_outbox(one, "m9").unwrap(), None);
    let row = store.list_outbox(one, Some(ids[0]), 1).unwrap().remove(0);
    let expected = OutboxRow { id: ids[1], ..message(one, None, "m1", Some("mark-1")) };
    assert_eq!(format!("{row:?}"), format!("{expected:?}"));
    store.delete_outbox(&[ids[0], ids[2], OutboxId(999)]).unwrap();
    assert_eq!(listed(&store, None, 9), [ids[1], ids[3]]);
    assert_eq!(store.first_outbox_mark(one).unwrap(), Some(Some("mark-1".into())));
    assert_eq!((store.count_outbox(one).unwrap(), store.count_outbox(two).unwrap()), (2, 4));
}

#[test]
fn accounts_come_back_as_they_were() {
    let mut store = Store::memory();
    let plain = AccountRow { password: Secret::default(), login_key: None, from_config: true, ..account("a@b") };
    let one = store.insert_account(&plain).unwrap();
    let two = store.insert_account(&account("c@d")).unwrap();
    store.store_mark(one, "mark").unwrap();
    store.store_login_key(one, &Secret::new(LOGIN_KEY)).unwrap();
    store.store_login_key(two, &Secret::default()).unwrap();
    store.store_mark(AccountId(99), "nobody").unwrap();
    let rows = store.list_accounts().unwrap();
    let expected = [
        AccountRow {
            id: one,
            archive_mark: Some("mark".into()),
            login_key: Some(Secret::new(LOGIN_KEY)),
            ..plain.clone()
        },
        AccountRow { id: two, login_key: None, ..account("c@d") },
    ];
    assert_eq!(format!("{rows:?}"), format!("{expected:?}"));
    assert!(rows[0].password.is_empty() && rows[0].login_key == Some(Secret::new(LOGIN_KEY)));
    store.store_account(&AccountRow { host: String::new(), id: two, ..account("c@d") }).unwrap();
    let row = store.list_accounts().unwrap().remove(1);
    assert!(row.host.is_empty() && row.login_key == Some(Secret::new(LOGIN_KEY)));
}

#[test]
fn accounts_are_found_by_what_is_known_of_them() {
    let mut store = Store::memory();
    let its = store.insert_bot(&bot("one", None)).unwrap();
    let one = store.insert_account(&account("one@example.org")).unwrap();
    let two = store.insert_account(&AccountRow { bot: Some(its), ..account("two@example.org") }).unwrap();
    let ids = |rows: Vec<AccountRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(store.account(one).unwrap().into_iter().collect()), [one]);
    assert_eq!(ids(store.find_account(&jid("two@example.org")).unwrap().into_iter().collect()), [two]);
    assert_eq!(ids(store.list_accounts_of(its).unwrap()), [two]);
    assert!(store.account(AccountId(99)).unwrap().is_none());
    assert!(store.find_account(&jid("three@example.org")).unwrap().is_none());
    assert!(store.list_accounts_of(BotId(99)).unwrap().is_empty());
}

#[test]
fn what_was_seen_is_not_new() {
    let mut store = Store::memory();
    let one = store.insert_account(&account("one@example.org")).unwrap();
    let two = store.insert_account(&account("two@example.org")).unwrap();
    assert!(store.see(one, "a", NOW).unwrap());
    assert!(!store.see(one, "a", NOW + 1).unwrap());
    assert!(store.see(two, "a", NOW).unwrap());
    assert!(store.see(one, "b", NOW).unwrap());
    store.rollback();
    let one = store.insert_account(&account("one@example.org")).unwrap();
    assert!(store.see(one, "a", NOW).unwrap(), "taken back");
}

#[test]
fn settings_and_owners() {
    let mut store = Store::memory();
    assert_eq!(store.setting("k").unwrap(), None);
    store.store_setting("k", "1").unwrap();
    store.store_setting("k", "2").unwrap();
    assert_eq!(store.setting("k").unwrap().as_deref(), Some("2"));
    store.delete_setting("k").unwrap();
    assert_eq!(store.setting("k").unwrap(), None);
    let owner = jid("Ralf@Example.org");
    assert!(store.owner_enabled(&owner).unwrap(), "on until it is turned off");
    store.store_owner_enabled(&owner, false).unwrap();
    assert!(!store.owner_enabled(&owner).unwrap());
    assert_eq!(store.setting("botmother_account_enabled:ralf@example.org").unwrap().as_deref(), Some("false"));
    store.store_owner_enabled(&owner, true).unwrap();
    assert!(store.owner_enabled(&owner).unwrap());
}

#[test]
fn webhooks_with_their_secrets_and_attempts() {
    const SECRET: &str = "SECRET-that-nobody-may-read";
    let dir = Dir::new();
    let mut store = dir.store();
    let one = store.insert_bot(&bot("one", None)).unwrap();
    let two = store.insert_bot(&bot("two", None)).unwrap();
    assert!(store.list_webhooks().unwrap().is_empty() && store.webhook_secret(one).unwrap().is_none());
    store.set_webhook(one, "https://hook.example.org/", &Secret::new(SECRET)).unwrap();
    let mut row = store.list_webhooks().unwrap().remove(0);
    assert_eq!((row.bot, row.url.as_str(), row.secret.expose()), (one, "https://hook.example.org/", SECRET));
    assert_eq!((row.gone_since, row.last_error.clone()), (None, None));
    (row.gone_since, row.last_error) = (Some(NOW), Some((NOW, "no".into())));
    store.store_webhook(&row).unwrap();

    let update = store.insert_update(one, "message", "{}", NOW).unwrap();
    let retry = RetryRow { update, attempts: 3, next_at_ms: 7 };
    store.store_retry(one, &retry).unwrap();
    store.store_retry(two, &RetryRow { attempts: 9, ..retry }).unwrap();
    store.store_retry(one, &RetryRow { update: UpdateId(99), ..retry }).unwrap();
    assert_eq!(store.list_retries(one).unwrap(), [retry], "of no other bot's update, and of none that is gone");

    // Two bots in turn, and still the last twenty of each.
    for number in 1..=50 {
        for bot in [one, two] {
            let payload = (number % 2 == 0).then(|| format!("{{\"n\":{number}}}"));
            let attempt = AttemptRow {
                update: UpdateId(number),
                delivery_id: format!("d{number}"),
                attempt: 1,
                status: Some(200),
                latency_ms: 5,
                at: NOW,
                error: None,
                kind: "message".into(),
                payload,
            };
            store.insert_attempt(bot, &attempt).unwrap();
        }
    }
    store.commit().unwrap();
    assert_eq!(dir.count("webhook_attempt"), 2 * limits::WEBHOOK_ATTEMPTS_KEPT);
    assert_eq!(store.list_attempts(one).unwrap()[0].update, UpdateId(50));
    let found = store.find_attempt(one, None, Some("d48")).unwrap().unwrap();
    assert_eq!(found.payload.as_deref(), Some("{\"n\":48}"));
    assert!(store.find_attempt(one, Some(UpdateId(2)), None).unwrap().is_none());
    for name in ["botmother.db", "botmother.db-wal"] {
        let bytes = fs::read(dir.file(name)).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "{name}");
    }

    store.end_webhook(one, false).unwrap();
    assert!(store.list_webhooks().unwrap().is_empty() && store.list_retries(one).unwrap().is_empty());
    assert_eq!(store.webhook_secret(one).unwrap().unwrap().expose(), SECRET);
    assert_eq!(store.webhook_error(one).unwrap(), Some((NOW, "no".into())));
    store.end_webhook(one, true).unwrap();
    assert!(store.webhook_secret(one).unwrap().is_none() && store.webhook_error(one).unwrap().is_none());
    store.delete_bot(one).unwrap();
    store.commit().unwrap();
    assert_eq!(dir.count("webhook_attempt"), limits::WEBHOOK_ATTEMPTS_KEPT);
}

#[test]
fn idempotency_keys_belong_to_a_bot() {
    let mut store = Store::memory();
    let one = store.insert_bot(&bot("one", None)).unwrap();
    let two = store.insert_bot(&bot("two", None)).unwrap();
    store.remember_sent(one, "k", "m1", &[9; 32], NOW).unwrap();
    assert_eq!(store.sent_before(one, "k").unwrap(), Some(("m1".into(), [9; 32])));
    assert_eq!(store.sent_before(two, "k").unwrap(), None);
    assert_eq!(store.sent_before(one, "K").unwrap(), None);
}

#[test]
fn the_local_chat_is_read_by_bot() {
    let mut store = Store::memory();
    let one = store.insert_bot(&bot("one", None)).unwrap();
    assert_eq!(store.last_local().unwrap(), 0);
    let first = store.insert_local(&line(None, "to the manager")).unwrap();
    let second = store.insert_local(&line(Some(one), "to the bot")).unwrap();
    assert_eq!(store.last_local().unwrap(), second);
    let ids = |bot, after, limit| -> Vec<i64> {
        store.list_local(bot, after, limit).unwrap().iter().map(|row| row.id).collect()
    };
    assert_eq!(ids(None, 0, 9), [first, second]);
    assert_eq!(ids(None, 0, 1), [first]);
    assert_eq!(ids(None, first, 9), [second]);
    assert_eq!(ids(Some(None), 0, 9), [first]);
    assert_eq!(ids(Some(Some(one)), 0, 9), [second]);
    let row = store.list_local(Some(Some(one)), 0, 9).unwrap().remove(0);
    assert_eq!(format!("{row:?}"), format!("{:?}", LocalRow { id: second, ..line(Some(one), "to the bot") }));
}

#[test]
fn what_is_old_goes() {
    let dir = Dir::new();
    let mut store = dir.store();
    let (one, account) = fill(&mut store);
    let two = store.insert_bot(&bot("two", None)).unwrap();
    let day = limits::RETENTION.as_secs() as i64;
    for _ in 0..2 {
        store.insert_update(two, "message", "{}", NOW).unwrap();
    }
    let young = store.insert_update(one, "message", "{}", NOW + 1).unwrap();
    store.remember_sent(two, "young", "m9", &[0; 32], NOW + 1).unwrap();
    for number in 0..limits::AUDIT_ROWS_MAX + 4 {
        store.insert_audit(None, "x", &number.to_string(), None, NOW).unwrap();
    }
    for number in 0..limits::LOCAL_MESSAGES_MAX + 4 {
        store.insert_local(&line(None, &number.to_string())).unwrap();
    }
    store.commit().unwrap();

    let mut dropped = store.purge(NOW + 1 + day).unwrap();
    dropped.sort();
    assert_eq!(dropped, [(one, 1), (two, 2)]);
    assert!(store.is_dirty());
    store.commit().unwrap();
    assert_eq!(store.list_updates(one, None, 9).unwrap()[0].id, young);
    assert_eq!((store.count_updates(one).unwrap(), store.count_updates(two).unwrap()), (1, 0));
    assert_eq!(store.list_bots().unwrap().iter().map(|bot| bot.updates_dropped).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.sent_before(one, "key").unwrap(), None);
    assert!(store.sent_before(two, "young").unwrap().is_some());
    assert_eq!(dir.count("audit_log"), limits::AUDIT_ROWS_MAX);
    assert_eq!(dir.count("local_message"), limits::LOCAL_MESSAGES_MAX);
    assert_eq!(store.list_local(None, 0, 1).unwrap()[0].text, "4", "the newest are kept");
    assert!(!store.see(account, "stanza-1", NOW).unwrap(), "kept longer than the rest");
    store.commit().unwrap();

    assert!(store.purge(NOW + 1 + day).unwrap().is_empty());
    assert!(!store.is_dirty(), "nothing is old: nothing is written");
    store.purge(NOW + 1 + limits::SEEN_RETENTION.as_secs() as i64).unwrap();
    store.commit().unwrap();
    assert_eq!(dir.count("seen"), 0);
}

#[test]
fn a_file_that_is_mostly_empty_shrinks() {
    let dir = Dir::new();
    let mut store = dir.store();
    let id = store.insert_bot(&bot("one", None)).unwrap();
    for _ in 0..600 {
        store.insert_update(id, "message", &"x".repeat(15_000), NOW).unwrap();
    }
    store.commit().unwrap();
    let size = || fs::metadata(dir.file("botmother.db")).unwrap().len();
    store.close().unwrap();
    assert!(size() > 9_000_000);
    let mut store = dir.store();
    store.purge(NOW + 2 * limits::RETENTION.as_secs() as i64).unwrap();
    store.commit().unwrap();
    store.purge(NOW + 2 * limits::RETENTION.as_secs() as i64).unwrap();
    assert!(!store.is_dirty(), "once is enough");
    assert!(fs::metadata(dir.file("botmother.db-wal")).unwrap().len() < 12_000_000);
    store.close().unwrap();
    assert!(size() < 5_000_000, "{}", size());
}
