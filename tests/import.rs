//! `botmother import`: registries as DinoX writes them, in each of its three schemas, into a real daemon's directory. Hashes
//! and sealed values were made by Python's hmac and cryptography, with the key that stands here.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use support::daemon::Daemon;
use support::server::{Kind, Server};

const SERVER_KEY: &str = "0b0f0c1e-5d6b-4b7e-8f4d-1a2b3c4d5e6f7a8b9c0d-1e2f-4a3b-8c4d-5e6f7a8b9c0d";
const TOKEN: &str = "bot1:9b2f7a52-1111-4222-8333-444455556666";
const HASH: &str = "2f72f8551c74f53d857342090d7633f8da4bdff9b19887e84bfc535ad6a67e45";
const OTHER_HASH: &str = "c0ea474151f6b8d1444ecd8ba3dbb1dbbace532855c205cf6cc562619a96df07";
/// "gsk_secret" and "päss" under the key that is derived for settings, and something under another one.
const SEALED_KEY: &str = "ENC:AAECAwQFBgcICQoLHhGamSjUxDtxo9hQsoHof6U08fOTK9zXCSU=";
const SEALED_PASSWORD: &str = "ENC:AAECAwQFBgcICQoLCaFVtSj9GrA/sY+1d2XTZfWh8hkd";
const SEALED_ELSEWHERE: &str = "ENC:AAECAwQFBgcICQoLrFgFEwKhSVEkhOS/16kkHKq9gHU=";

/// An empty registry as Qlite makes it.
fn registry(path: &Path, version: i64) -> Connection {
    let connection = Connection::open(path).unwrap();
    let token_raw = if version >= 2 { ", token_raw TEXT" } else { "" };
    let password = if version >= 3 { ", bot_password TEXT" } else { "" };
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE _meta (name TEXT PRIMARY KEY, int_val INTEGER, text_val TEXT);
             INSERT INTO _meta VALUES ('version', {version}, NULL);
             CREATE TABLE bot (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, jid TEXT, token_hash TEXT UNIQUE
               {token_raw}, owner_jid TEXT NOT NULL, description TEXT, permissions TEXT DEFAULT 'all',
               status TEXT DEFAULT 'active', mode TEXT DEFAULT 'personal', created_at INTEGER, last_active INTEGER,
               webhook_url TEXT, webhook_secret TEXT, webhook_enabled INTEGER{password});
             CREATE TABLE bot_command (id INTEGER PRIMARY KEY AUTOINCREMENT, bot_id INTEGER NOT NULL, command TEXT NOT NULL,
               description TEXT);
             CREATE TABLE update_queue (id INTEGER PRIMARY KEY AUTOINCREMENT, bot_id INTEGER NOT NULL,
               update_type TEXT NOT NULL, payload TEXT NOT NULL, created_at INTEGER);
             CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT);
             CREATE TABLE audit_log (id INTEGER PRIMARY KEY AUTOINCREMENT, bot_id INTEGER, action TEXT NOT NULL, details TEXT,
               ip_address TEXT, timestamp INTEGER);"
        ))
        .unwrap();
    connection
}

/// One with all that there can be.
fn full(path: &Path, version: i64) -> Connection {
    let connection = registry(path, version);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    connection
        .execute_batch(&format!(
            r#"INSERT INTO bot (id, name, token_hash, owner_jid, description, created_at, last_active, webhook_enabled)
               VALUES (1, 'Wetter ü', '{HASH}', 'owner@local', 'Sagt das Wetter', 1700000000, 1700000001, 0),
                      (4, 'Weg', '', 'owner@local', NULL, 1700000002, NULL, 0),
                      (7, 'Wer', NULL, 'kein jid @', NULL, 1700000003, NULL, 0);
               UPDATE bot SET status = 'disabled' WHERE id = 4;
               INSERT INTO bot (id, name, jid, token_hash, owner_jid, mode, created_at, webhook_url, webhook_secret,
                 webhook_enabled)
               VALUES (9, 'Robo', 'bot_robo@localhost', '{OTHER_HASH}', 'Ralf@Example.org', 'dedicated', 1700000004,
                       'http://127.0.0.1:1/hook?token=x', 'aabb', 1);
               INSERT INTO bot_command (bot_id, command, description) VALUES (1, 'Regen', 'ob es regnet'), (1, '/sonne', NULL);
               INSERT INTO update_queue (id, bot_id, update_type, payload, created_at) VALUES
                 (41, 1, 'message', '{{"from":"owner@local","body":"alt"}}', 1700000000),
                 (42, 1, 'message', '{{"from":"owner@local","body":"wartet"}}', {now}),
                 (43, 1, 'message', '{{"from":"owner@local","body":"ka"putt"}}', {now});
               DELETE FROM update_queue WHERE id = 43;
               INSERT INTO update_queue (id, bot_id, update_type, payload, created_at) VALUES
                 (44, 1, 'message', '{{"body":"ka"putt"}}', {now});
               INSERT INTO settings VALUES ('server_hmac_key', '{SERVER_KEY}'),
                 ('bot_1_ai_type', 'openai'), ('bot_1_ai_endpoint', 'https://api.groq.com/openai/v1/chat/completions'),
                 ('bot_1_ai_key', '{SEALED_KEY}'), ('bot_1_ai_model', 'llama'), ('bot_1_ai_enabled', 'true'),
                 ('bot_9_ai_type', 'claude'), ('bot_9_ai_key', '{SEALED_ELSEWHERE}'), ('bot_9_ai_enabled', 'true'),
                 ('bot_9_tg_chat_id', '-1001'), ('bot_9_tg_token', '77:ABC-def'), ('bot_9_tg_mode', 'forward'),
                 ('bot_9_tg_enabled', 'false'), ('bot_1_tg_chat_id', '12'), ('bot_1_tg_token', '{SEALED_ELSEWHERE}'),
                 ('bot_avatar:9', 'bm90IGEgcGljdHVyZQ=='),
                 ('botmother_account_enabled:ralf@example.org', 'false'),
                 ('ejabberd_api_url', 'https://localhost:5443/api'), ('ejabberd_host', 'localhost'),
                 ('ejabberd_admin_jid', 'admin@localhost'), ('ejabberd_admin_password', '{SEALED_PASSWORD}');
               INSERT INTO audit_log (bot_id, action, details, timestamp) VALUES (1, 'created', 'owner=x', 1700000000);"#
        ))
        .unwrap();
    if version >= 3 {
        connection.execute_batch("UPDATE bot SET bot_password = 'geheim' WHERE id = 9").unwrap();
    }
    connection
}

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let dir = std::env::temp_dir().join(format!("botmother-import-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Place(dir)
    }

    fn file(&self) -> PathBuf {
        self.0.join("bot_registry.db")
    }

    fn import(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_botmother"));
        command
            .arg("--data")
            .arg(self.0.join("data"))
            .args(["--port", "65000", "import"])
            .arg(self.file())
            .args(arguments);
        told(command.env("HOME", &self.0).env_remove("BOTMOTHER_CONFIG").env("XDG_CONFIG_HOME", &self.0))
    }

    fn database(&self) -> Connection {
        Connection::open(self.0.join("data/botmother.db")).unwrap()
    }

    fn count(&self, sql: &str) -> i64 {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn told(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

#[test]
fn bots_come_with_all_that_is_theirs_and_their_tokens_work() {
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let file = daemon.dir.join("bot_registry.db");
    // DinoX may have it open meanwhile.
    let open = full(&file, 3);
    let file = file.to_str().unwrap().to_string();
    let import = |daemon: &Daemon, more: &[&str]| told(&mut daemon.command(&[&["import", &file], more].concat()));
    let (exit, said) = import(&daemon, &[]);
    assert!(exit == 69 && said.contains("stop"), "{exit} {said}");
    daemon.stop();

    let before = fs::read(daemon.dir.join("data/botmother.db")).unwrap();
    let (exit, dry) = import(&daemon, &["--dry-run"]);
    assert!(exit == 0 && dry.contains("nothing was written"), "{dry}");
    assert_eq!(fs::read(daemon.dir.join("data/botmother.db")).unwrap(), before);
    let (exit, said) = import(&daemon, &[]);
    assert_eq!(exit, 0, "{said}");
    let lines =
        |said: &str| said.lines().filter(|line| line.contains("taken  ")).map(str::to_string).collect::<Vec<_>>();
    assert_eq!(lines(&said), lines(&dry), "a trial says the same");
    for line in [
        "taken      bot Wetter ü: is bot 1 (personal) of owner@local, 2 commands, its token works on",
        "taken      bot Weg: is bot 2 (personal) of owner@local, 0 commands, it has no token, switched off as it was",
        "not taken  bot Wer: its owner \"kein jid @\" is no address",
        "taken      bot Robo: is bot 3 (dedicated) of ralf@example.org, 0 commands, its token works on",
        "taken      bot Robo: its webhook http://127.0.0.1:1/hook\n",
        "taken      bot Wetter ü: its AI (groq)\n",
        "taken      bot Robo: its AI (claude), switched off",
        "not taken  bot Robo: the key of its AI: sealed with a key that is not in this file",
        "taken      bot Robo: its bridge to Telegram (forward), switched off",
        "not taken  bot Wetter ü: its bridge to Telegram: the token is sealed with a key that is not in this file",
        "not taken  bot Robo: its picture",
        "not taken  bot Robo: its keys of OMEMO",
        "taken      bot Wetter ü: 1 updates that wait for its program",
        "not taken  bot Wetter ü: 1 updates that are no JSON",
        "taken      the settings of ejabberd's API at https://localhost:5443/api",
        "taken      Botmother is off for ralf@example.org, as it was",
    ] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
    assert!(
        !said.contains("geheim")
            && !said.contains("token=x")
            && !said.contains(SERVER_KEY)
            && !said.contains("ABC-def"),
        "{said}"
    );
    drop(open);

    daemon.start_again();
    let me = daemon.http().get("/bot/getMe", Some(TOKEN)).ok().at("result");
    assert_eq!((me.at("name").text(), me.at("description").text()), ("Wetter ü".into(), "Sagt das Wetter".into()));
    let commands = daemon.http().get("/bot/getCommands", Some(TOKEN)).ok().at("result").list();
    let names: Vec<String> = commands.iter().map(|command| command.at("command").text()).collect();
    assert_eq!(names, ["regen", "sonne"]);
    // A program goes on behind the last number that it was told.
    let updates = daemon.http().get("/bot/getUpdates?offset=44", Some(TOKEN)).ok().at("result").list();
    assert_eq!(updates.len(), 1, "{updates:?}");
    assert_eq!(updates[0].at("data").at("body").text(), "wartet");
    assert!(updates[0].at("update_id").number() > 44);
    let ai = daemon.http().get("/bot/ai/status", Some(TOKEN)).ok().at("result");
    assert_eq!(
        (ai.at("provider").text(), ai.at("model").text(), ai.at("enabled").truth()),
        ("groq".into(), "llama".into(), true)
    );
    let ejabberd = daemon.http().get("/bot/ejabberd/settings", None).ok().at("result");
    assert_eq!((ejabberd.at("admin_password").text(), ejabberd.at("configured").truth()), ("********".into(), true));
    // Nobody else's token works, nor that of a bot that is off.
    for token in ["bot2:00000000-1111-4222-8333-444455556667", "bot1:9b2f7a52", ""] {
        assert_eq!(daemon.http().get("/bot/getMe", Some(token)).status, 401, "{token}");
    }
    // From its first use on it is a token like any other: after a restart, in lists, and when there is a new one.
    daemon.stop();
    daemon.start_again();
    let list = daemon.http().get("/bot/list", None).body;
    assert!(list.contains(TOKEN), "{list}");
    assert_eq!(daemon.http().get("/bot/getMe", Some(TOKEN)).status, 200);
    daemon.http().post("/bot/token", None, r#"{"id":1}"#).ok();
    assert_eq!(daemon.http().get("/bot/getMe", Some(TOKEN)).status, 401);
    daemon.stop();

    // The same again, and nothing happens twice.
    let (exit, said) = import(&daemon, &[]);
    assert!(exit == 0 && said.contains("known      bot Wetter ü: is here already, as bot 1"), "{said}");
    assert!(!said.contains("\ntaken      bot"), "{said}");
    daemon.start_again();
    assert_eq!(daemon.http().get("/bot/list", None).ok().at("bots").list().len(), 3);
    assert_eq!(daemon.http().get("/bot/getMe", Some(TOKEN)).status, 401, "what was changed here since stays so");
}

#[test]
fn older_schemas_have_less_and_newer_ones_are_refused() {
    for version in [1, 2] {
        let place = Place::new(&format!("version-{version}"));
        let registry = full(&place.file(), version);
        if version == 2 {
            registry.execute_batch("UPDATE bot SET token_raw = 'bot4:early', token_hash = 'x' WHERE id = 4").unwrap();
        }
        let (exit, said) = place.import(&[]);
        assert_eq!(exit, 0, "{said}");
        assert!(said.contains("the password of its account is not in this file"), "{said}");
        assert!(said.contains("`botmother account add bot_robo@localhost` asks for it"), "{said}");
        assert_eq!(place.count("SELECT count(*) FROM account WHERE bot_id IS NOT NULL AND password = ''"), 1);
        assert_eq!(place.count("SELECT count(*) FROM audit_log WHERE timestamp = 1700000000"), 1);
        assert_eq!(place.count("SELECT count(*) FROM bot WHERE token_raw IS NOT NULL"), version - 1);
    }
    let place = Place::new("newer");
    full(&place.file(), 3).execute_batch("UPDATE _meta SET int_val = 4").unwrap();
    let (exit, said) = place.import(&[]);
    assert!(exit == 74 && said.contains("it is of schema 4, and this program knows 1 to 3"), "{exit} {said}");
    assert!(!place.0.join("data").exists());
}

#[test]
fn what_is_no_registry_is_refused_and_no_key_is_no_token() {
    let place = Place::new("strange");
    let (exit, said) = place.import(&[]);
    assert!(exit == 73 && said.contains("No such file"), "{exit} {said}");
    fs::write(place.file(), [0x5a; 8192]).unwrap();
    let (exit, said) = place.import(&[]);
    assert!(exit == 74 && said.contains("encrypted with DinoX' database password"), "{exit} {said}");
    fs::remove_file(place.file()).unwrap();
    Connection::open(place.file()).unwrap().execute_batch("CREATE TABLE bot (id INTEGER)").unwrap();
    let (exit, said) = place.import(&[]);
    assert!(exit == 74 && said.contains("not a bot_registry.db"), "{exit} {said}");
    assert!(!place.0.join("data").exists());

    fs::remove_file(place.file()).unwrap();
    full(&place.file(), 3).execute_batch("DELETE FROM settings WHERE key = 'server_hmac_key'").unwrap();
    let (exit, said) = place.import(&["--dry-run"]);
    assert!(exit == 0 && !place.0.join("data").exists(), "{said}");
    let (exit, said) = place.import(&[]);
    assert!(exit == 0 && said.contains("`botmother bot token 1` makes a new one"), "{said}");
    assert!(said.contains("the password of ejabberd's admin: sealed with a key that is not in this file"), "{said}");
    assert_eq!(place.count("SELECT count(*) FROM bot WHERE token_hash IS NOT NULL"), 0);
    assert_eq!(place.count("SELECT count(*) FROM settings WHERE key LIKE 'imported_key:%'"), 0);
}

#[test]
fn a_registry_with_nothing_in_it_is_none_to_speak_of() {
    let place = Place::new("empty");
    registry(&place.file(), 3);
    let (exit, said) = place.import(&[]);
    assert!(exit == 0 && said.contains("there are no bots in it"), "{said}");
}

/// A bot with an account of its own goes on where DinoX has made it, and says something.
#[test]
fn an_account_that_was_made_for_a_bot_is_signed_in_to() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    for user in ["owner", "bot_robo"] {
        server.add_user(user, "geheim");
    }
    let mut daemon = Daemon::with_account(&server, "owner", "geheim", server.c2s_port, "");
    daemon.stop();
    let file = daemon.dir.join("bot_registry.db");
    let registry = full(&file, 3);
    let (bot, owner) = (server.jid("bot_robo"), server.jid("owner"));
    registry.execute("UPDATE bot SET jid = ?, owner_jid = ? WHERE id = 9", [&bot, &owner]).unwrap();
    let (exit, said) = told(&mut daemon.command(&["import", file.to_str().unwrap()]));
    assert!(exit == 0 && !said.contains("its password is not in this file"), "{said}");
    daemon.start_again();
    daemon.wait_health("bots_online", 2, std::time::Duration::from_secs(20));
}

/// The commands of docs/migration.md, as they stand there.
#[test]
fn the_page_tells_what_works() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    for user in ["ralf", "bot_robo"] {
        server.add_user(user, "geheim");
    }
    let mut daemon = Daemon::start("");
    daemon.stop();
    let ralf = server.jid("ralf");
    let home = daemon.dir.join(".local/share/dinox");
    fs::create_dir_all(&home).unwrap();
    let registry = full(&home.join("bot_registry.db"), 3);
    registry.execute("UPDATE bot SET owner_jid = ? WHERE id IN (1, 9)", [&ralf]).unwrap();
    registry.execute("UPDATE bot SET jid = ? WHERE id = 9", [&server.jid("bot_robo")]).unwrap();
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/migration.md")).unwrap();
    let blocks: Vec<&str> = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let (dir, ca) = (daemon.dir.display(), server.ca_file.display());
    let (binary, port, host) = (env!("CARGO_BIN_EXE_botmother"), daemon.port, format!("127.0.0.1:{}", server.c2s_port));
    // The service is a process that we have; this server's name is in no DNS.
    let head = format!(
        "set -e -o pipefail; cd '{dir}'; HOME='{dir}'; PASSWORD=geheim
         botmother() {{
           case $1 in account) set -- \"$@\" --host {host} --ca-file '{ca}' --password-file pw ;; esac
           '{binary}' --config config.toml --data data --port {port} \"$@\"
         }}
         systemctl() {{
           [ $1 = start ] || return 0
           '{binary}' --config config.toml --data data --port {port} 2>>log & echo $! > pid
           for _ in $(seq 100); do botmother health >health 2>&1 && break; sleep 0.1; done
         }}
         trap '[ ! -e pid ] || kill $(cat pid)' EXIT\n"
    );
    fs::write(daemon.dir.join("pw"), "geheim\n").unwrap();
    let script = format!("{head}{}", blocks[0].replace("ralf@example.org", &ralf));
    let (exit, said) = told(Command::new("bash").arg("-c").arg(&script));
    assert_eq!(exit, 0, "{said}\n{}", daemon.log_text());
    assert!(said.contains("not taken  the account ") && said.contains("is saved, and the daemon signs in"), "{said}");
    let list = said.lines().rev().take(5).collect::<Vec<_>>().join("\n");
    assert!(list.contains("Wetter ü") && list.contains("Robo") && list.contains(&ralf), "{list}");

    // What sqlcipher encrypts, it opens, too, whatever its version.
    if Command::new("sqlcipher").arg("-version").output().is_err() {
        return println!("skipped: there is no sqlcipher");
    }
    drop(registry);
    let encrypt = format!(
        "cd '{}'; mv bot_registry.db plain; printf \"ATTACH 'bot_registry.db' AS e KEY 'geheim'; SELECT sqlcipher_export('e');\" |
         sqlcipher plain",
        home.display()
    );
    let (exit, said) = told(Command::new("bash").arg("-c").arg(&encrypt));
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = told(&mut daemon.command(&["import", home.join("bot_registry.db").to_str().unwrap()]));
    assert!(exit == 74 && said.contains("docs/migration.md says how"), "{exit} {said}");
    let (exit, said) = told(Command::new("bash").arg("-c").arg(format!("{head}{}", blocks[1])));
    assert!(exit == 0 && said.contains("known      bot Robo") && !daemon.dir.join("plain.db").exists(), "{said}");
}
