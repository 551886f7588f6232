//! The files: who may open them, what is in them, and that nothing secret can be read there.

use super::*;

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
        ("update_queue", "bot_id id update_type payload created_at"),
        ("settings", "key value"),
        ("audit_log", "id bot_id action details ip_address timestamp owner_jid actor"),
    ] {
        assert_eq!(columns(table).join(" "), expected, "{table}");
    }
    let pragma = |name: &str| dir.raw().query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(pragma("user_version"), 7);
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
    assert!(matches!(dir.error(), Error::Newer { found: 99, known: 7 }));
    dir.raw().execute_batch("PRAGMA user_version = 7").unwrap();
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
    let output = child("files::child_opens", &dir.0, &[], &[("CREDENTIALS_DIRECTORY", &credentials.0)]);
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
    store.purge(NOW + 2 * limits::RETENTION.as_secs() as i64, 0).unwrap();
    store.commit().unwrap();
    store.purge(NOW + 2 * limits::RETENTION.as_secs() as i64, 0).unwrap();
    assert!(!store.is_dirty(), "once is enough");
    assert!(fs::metadata(dir.file("botmother.db-wal")).unwrap().len() < 12_000_000);
    store.close().unwrap();
    assert!(size() < 5_000_000, "{}", size());
}
