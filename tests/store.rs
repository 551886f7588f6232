//! The store: what is kept survives, what is taken back is gone, nothing secret is readable, no file is opened that
//! should not be. Where a process must die or an environment must differ, the test starts itself again as a child.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use botmother::base::crypto::sha256;
use botmother::base::id::{AccountId, BotId, MessageId, OutboxId, UpdateId};
use botmother::base::jid::BareJid;
use botmother::base::limits;
use botmother::base::secret::Secret;
use botmother::store::row::{AccountRow, AuditRow, BotRow, CommandRow, FileRow, OutboxRow, RoomRow, SentBefore};
use botmother::store::{Durability, Error, Store};
use rusqlite::Connection;

#[path = "support/skip.rs"]
#[allow(unreachable_pub)]
mod skip;

#[path = "store/bots.rs"]
mod bots;
#[path = "store/files.rs"]
mod files;
#[path = "store/history.rs"]
mod history;
#[path = "store/history_bounds.rs"]
mod history_bounds;
#[path = "store/messages.rs"]
mod messages;
#[path = "store/transactions.rs"]
mod transactions;
#[path = "store/upgrade.rs"]
mod upgrade;

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

/// A line of the owner in the built-in chat.
fn say(store: &mut Store, bot: Option<BotId>, text: &str) -> MessageId {
    store.insert_local(bot, (true, text), NOW, NOW).unwrap()
}

/// One row in every table. Gives bot and account.
fn fill(store: &mut Store) -> (BotId, AccountId) {
    let id = store.insert_bot(&bot("one", Some(TOKEN))).unwrap();
    let account = store.insert_account(&account("ralf@example.org")).unwrap();
    store.store_commands(id, &[CommandRow { command: "time".into(), description: "What time it is".into() }]).unwrap();
    store.insert_update(id, "message", "{}", NOW).unwrap();
    store.insert_outbox(&message(account, Some(id), "m1", None), 0).unwrap();
    store.see(account, "stanza-1", NOW).unwrap();
    store.store_setting(&format!("bot_{id}_ai_enabled"), "true").unwrap();
    store.insert_audit(&AuditRow { bot: Some(id), action: "create".into(), at: NOW, ..AuditRow::default() }).unwrap();
    store.remember_sent(id, "key", &sent_under("m1", [3; 32]), NOW).unwrap();
    say(store, Some(id), "hello");
    (id, account)
}

/// Runs one of the ignored tests, named with its module, in a process of its own, on a directory.
fn child(name: &str, dir: &Path, wrap: &[&str], environment: &[(&str, &Path)]) -> Output {
    let this = std::env::current_exe().unwrap();
    let mut words = wrap.iter().map(|word| word.to_string()).collect::<Vec<_>>();
    words.push(this.to_string_lossy().into_owned());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(["--exact", name, "--ignored", "--nocapture"]).env("STORE_TEST_DIR", dir);
    for (key, value) in environment {
        command.env(key, value);
    }
    let output = command.output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("running 1 test\n"), "no test {name}: {output:?}");
    output
}

/// The directory a child works on; `None` when somebody runs all ignored tests by hand.
fn child_dir() -> Option<PathBuf> {
    std::env::var_os("STORE_TEST_DIR").map(PathBuf::from)
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

/// Something sent by a request with this hash.
fn sent_under(message_id: &str, request_hash: [u8; 32]) -> SentBefore {
    SentBefore { message_id: message_id.to_string(), request_hash, encrypted: Some(true) }
}
