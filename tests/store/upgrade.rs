//! Files of older versions: brought to today's schema with all that is in them, and kept beside it as they were.

use std::collections::BTreeMap;

use botmother::base::id::MessageId;
use botmother::store::row::{
    AuditFilter, KeptContent, LocalRow, Progress, QuotaRow, SentRow, TenantRow, TokenHolder, TokenRow, UsageRow,
};

use super::*;

/// A file of version 1 with something in every table; the key fits it.
fn of_version_1() -> Dir {
    let dir = Dir::new();
    fs::create_dir_all(&dir.0).unwrap();
    fs::write(dir.file("secret.key"), include_str!("version-1.key")).unwrap();
    dir.raw().execute_batch(include_str!("version-1.sql")).unwrap();
    dir
}

/// The same of version 2.
fn of_version_2() -> Dir {
    let dir = Dir::new();
    fs::create_dir_all(&dir.0).unwrap();
    fs::write(dir.file("secret.key"), include_str!("version-1.key")).unwrap();
    dir.raw().execute_batch(include_str!("version-2.sql")).unwrap();
    dir
}

/// The same of version 3.
fn of_version_3() -> Dir {
    let dir = Dir::new();
    fs::create_dir_all(&dir.0).unwrap();
    fs::write(dir.file("secret.key"), include_str!("version-1.key")).unwrap();
    dir.raw().execute_batch(include_str!("version-3.sql")).unwrap();
    dir
}

/// The same of version 4.
fn of_version_4() -> Dir {
    let dir = Dir::new();
    fs::create_dir_all(&dir.0).unwrap();
    fs::write(dir.file("secret.key"), include_str!("version-1.key")).unwrap();
    dir.raw().execute_batch(include_str!("version-4.sql")).unwrap();
    dir
}

/// The same of version 5.
fn of_version_5() -> Dir {
    let dir = Dir::new();
    fs::create_dir_all(&dir.0).unwrap();
    fs::write(dir.file("secret.key"), include_str!("version-1.key")).unwrap();
    dir.raw().execute_batch(include_str!("version-5.sql")).unwrap();
    dir
}

/// The same of version 6.
fn of_version_6() -> Dir {
    let dir = Dir::new();
    fs::create_dir_all(&dir.0).unwrap();
    fs::write(dir.file("secret.key"), include_str!("version-1.key")).unwrap();
    dir.raw().execute_batch(include_str!("version-6.sql")).unwrap();
    dir
}

fn version(connection: &Connection) -> i64 {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// Name and definition of everything in a file, without comments and space.
fn schema(connection: &Connection) -> BTreeMap<String, String> {
    let mut statement = connection.prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).unwrap();
    let plain = |sql: String| -> String {
        let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
        lines.collect::<Vec<_>>().join(" ").split_whitespace().collect()
    };
    rows.map(|row| row.unwrap()).map(|(name, sql)| (name, plain(sql))).collect()
}

/// All rows of a table, as text.
fn rows(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
        let values = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
        Ok(format!("{:?}", values.collect::<rusqlite::Result<Vec<_>>>()?))
    };
    let rows = statement.query_map([], read).unwrap();
    rows.map(|row| row.unwrap()).collect()
}

/// The messages of the outbox are there, each where it goes, and found by the ids they had; and so are updates.
fn what_was_accepted_waits(store: &Store) {
    let (account, den) = (AccountId(1), BareJid::parse("den@muc.example.org").unwrap());
    let waiting = store.list_outbox(account, None, None, 9).unwrap();
    assert_eq!((waiting.len(), waiting[0].id, waiting[0].message_id.as_str()), (1, OutboxId(1), "m1"));
    assert!(waiting[0].stanza.contains("ü 🤖") && waiting[0].bot == Some(BotId(1)) && waiting[0].created_at == NOW);
    let said = store.list_outbox(account, Some(&den), None, 9).unwrap();
    assert_eq!((said.len(), said[0].archive_mark.as_deref(), said[0].room.as_ref()), (1, Some("m-7"), Some(&den)));
    assert_eq!(store.find_outbox(account, None, "m1").unwrap(), Some(OutboxId(1)));
    assert_eq!(store.find_outbox(account, Some(&den), "r1").unwrap(), Some(OutboxId(2)));
    let updates = store.list_updates(BotId(1), None, 9, usize::MAX).unwrap();
    let told: Vec<(i64, &str)> = updates.iter().map(|row| (row.id.0, row.payload.as_str())).collect();
    assert_eq!(told, [(1, "{}"), (2, r#"{"from":"anna@example.org","body":"hi"}"#)]);
    let attempts = store.list_attempts(BotId(1)).unwrap();
    assert_eq!((attempts.len(), attempts[0].delivery_id.as_str(), attempts[0].status), (1, "d", Some(200)));
}

#[test]
fn what_a_file_of_version_1_has_is_all_there() {
    let dir = of_version_1();
    let before = dir.raw();
    let tables: Vec<String> =
        schema(&before).into_keys().filter(|name| !name.starts_with("sqlite_autoindex")).collect();
    let kept: BTreeMap<&String, Vec<String>> = tables
        .iter()
        .filter(|name| {
            ![
                "sent",
                "heard",
                "local_message",
                "outbox",
                "update_queue",
                "webhook_attempt",
                "sqlite_sequence",
                "audit_log",
            ]
            .contains(&name.as_str())
        })
        .filter(|name| before.table_exists(None, name.as_str()).unwrap())
        .map(|name| (name, rows(&before, name)))
        .collect();
    assert!(kept.len() > 22 && kept.values().all(|rows| !rows.is_empty()), "the file has something in every table");
    drop(before);

    let store = dir.store();
    let (account, bot) = (AccountId(1), BotId(1));
    let found = |id: &str| store.find_sent(account, id).unwrap().unwrap();
    let gist = |row: SentRow| (row.recipient.to_string(), row.original, row.progress, row.deleted, row.room_id);
    assert_eq!(gist(found("m1")), ("anna@example.org/phone".into(), None, Progress::Accepted, false, None));
    assert_eq!(gist(found("m2")).1.as_deref(), Some("m1"));
    assert_eq!(gist(found("m3")), ("anna@example.org".into(), None, Progress::Untracked, true, None));
    let den = jid("den@muc.example.org");
    let in_room = store.find_sent_in_room(account, &den, "archived-1").unwrap().unwrap();
    assert_eq!((in_room.message_id.as_str(), in_room.bot, in_room.at), ("r1", bot, NOW + 3));
    assert!(found("m1").id < found("m2").id, "in the order of before");

    let heard = store.find_heard(account, &den, "a1").unwrap().unwrap();
    assert_eq!((heard.author.as_str(), heard.nick.as_str()), ("id:1", "Änne"), "called as he was called last");
    assert_eq!(store.find_heard_of(account, &den, "id:1", "w").unwrap().unwrap().told_id, "a3");
    assert_eq!(store.find_heard_of(account, &den, "nick:Eve", "w").unwrap().unwrap().told_id, "a2");

    let lines = store.list_local(None, MessageId(0), 9).unwrap();
    let texts: Vec<(Option<BotId>, bool, &str)> =
        lines.iter().map(|line: &LocalRow| (line.bot, line.from_owner, line.text.as_str())).collect();
    assert_eq!(
        texts,
        [(Some(bot), true, "hello"), (Some(bot), false, "hi"), (None, true, "/help"), (None, false, "…")]
    );
    assert_eq!((lines[0].at, lines[1].bot_name.as_deref()), (NOW, Some("one")));
    assert_eq!(store.list_accounts().unwrap()[0].password, Secret::new(PASSWORD));
    assert_eq!(store.list_bots().unwrap()[0].token, Some(Secret::new(TOKEN)));
    what_was_accepted_waits(&store);
    drop(store);

    let after = dir.raw();
    for (table, before) in kept {
        assert_eq!(rows(&after, table), before, "{table}");
    }
    let fresh = Dir::new();
    fresh.store().close().unwrap();
    let fresh = schema(&fresh.raw());
    assert_eq!(schema(&after), fresh, "as a new file");
    let copy = Connection::open(dir.file("botmother.db.version-1")).unwrap();
    assert_eq!((version(&copy), version(&after)), (1, 7));
    let mut of_copy = schema(&copy);
    of_copy.retain(|name, _| !name.starts_with("sqlite_"));
    assert!(of_copy.len() > 40 && rows(&copy, "sent").len() == 4);
    assert_eq!(fs::metadata(dir.file("botmother.db.version-1")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn messages_go_on_after_an_upgrade() {
    let dir = of_version_1();
    // What is left of a copy that was cut off.
    fs::write(dir.file("botmother.db.version-1"), "half").unwrap();
    let mut store = dir.store();
    let last = store.last_local().unwrap();
    let next = store.insert_local(None, (true, "new"), NOW, NOW).unwrap();
    assert!(next > last);
    assert_eq!(store.list_local(None, last, 9).unwrap()[0].text, "new");
    store.commit().unwrap();
    store.close().unwrap();
    fs::remove_file(dir.file("botmother.db.version-1")).unwrap();
    let store = dir.store();
    assert!(!store.is_dirty());
    assert!(!dir.file("botmother.db.version-1").exists(), "once is enough");
    assert_eq!(store.last_local().unwrap(), next);
}

#[test]
fn an_upgrade_that_fails_changes_nothing() {
    let dir = of_version_1();
    dir.raw().execute_batch("CREATE TABLE message (x)").unwrap();
    assert!(matches!(dir.error(), Error::Sql(_)));
    let raw = dir.raw();
    assert_eq!((version(&raw), rows(&raw, "sent").len()), (1, 4));
    assert!(!raw.table_exists(None, "contact").unwrap());
    raw.execute_batch("DROP TABLE message").unwrap();
    drop(raw);
    assert_eq!(dir.store().list_bots().unwrap().len(), 1);
}

/// Everything is there as it was; what is new is empty, and can be written.
#[test]
fn a_file_of_version_2_gets_empty_histories() {
    let dir = of_version_2();
    let before = dir.raw();
    let tables: Vec<String> = schema(&before).into_keys().filter(|name| !name.starts_with("sqlite_")).collect();
    let tables: Vec<String> =
        tables.into_iter().filter(|name| before.table_exists(None, name.as_str()).unwrap()).collect();
    let kept: BTreeMap<&String, Vec<String>> = tables.iter().map(|name| (name, rows(&before, name))).collect();
    assert!(kept.len() > 28 && kept.values().all(|rows| !rows.is_empty()), "the file has something in every table");
    drop(before);

    let mut store = dir.store();
    let bot = BotId(1);
    assert!(store.list_kept(bot, "anna@example.org", None, (9, 999)).unwrap().is_empty());
    assert_eq!(store.list_kept(bot, "owner@local", None, (9, 999)).unwrap().len(), 2, "lines of the built-in chat");
    let after = dir.raw();
    for (table, before) in kept
        .iter()
        .filter(|(table, _)| !["outbox", "update_queue", "webhook_attempt", "audit_log"].contains(&table.as_str()))
    {
        let after = rows(&after, table);
        assert_eq!(after.len(), before.len(), "{table}");
        for (after, before) in after.iter().zip(before) {
            // New columns stand behind those that were there.
            assert!(after.starts_with(before.trim_end_matches(']')), "{table}: {after} {before}");
        }
    }
    what_was_accepted_waits(&store);
    let fresh = Dir::new();
    fresh.store().close().unwrap();
    assert_eq!(schema(&after), schema(&fresh.raw()), "as a new file");
    let copy = Connection::open(dir.file("botmother.db.version-2")).unwrap();
    assert_eq!((version(&copy), version(&after)), (2, 7));
    assert_eq!(rows(&copy, "message"), kept[&"message".to_string()]);

    let message = store.find_said(bot, "m1").unwrap().unwrap().id;
    let content = KeptContent { text: "kept", reply_to: Some("m0"), files: &["f".to_string()] };
    store.keep_content(bot, message, &content).unwrap();
    let row = store.list_kept(bot, "anna@example.org", None, (9, 999)).unwrap().remove(0);
    assert_eq!(
        (row.text.as_str(), row.files[0].url.as_str(), row.reply_to.as_deref()),
        ("kept", "https://h/f", Some("m0"))
    );
    store.commit().unwrap();
    store.close().unwrap();
    assert_eq!(dir.store().list_kept(bot, "anna@example.org", None, (9, 999)).unwrap(), [row]);
}

/// What was accepted goes out in the same order and is found again; numbers go on; all else is as it was.
#[test]
fn a_file_of_version_3_gets_lean_tables() {
    let dir = of_version_3();
    let before = dir.raw();
    let tables: Vec<String> = schema(&before).into_keys().filter(|name| !name.starts_with("sqlite_")).collect();
    let tables: Vec<String> =
        tables.into_iter().filter(|name| before.table_exists(None, name.as_str()).unwrap()).collect();
    let kept: BTreeMap<&String, Vec<String>> = tables.iter().map(|name| (name, rows(&before, name))).collect();
    assert!(kept.len() > 31 && kept.values().all(|rows| !rows.is_empty()), "the file has something in every table");
    drop(before);

    let mut store = dir.store();
    let after = dir.raw();
    for (table, before) in kept
        .iter()
        .filter(|(table, _)| !["outbox", "update_queue", "webhook_attempt", "audit_log"].contains(&table.as_str()))
    {
        let after = rows(&after, table);
        assert_eq!(after.len(), before.len(), "{table}");
        for (after, before) in after.iter().zip(before) {
            // New columns stand behind those that were there.
            assert!(after.starts_with(before.trim_end_matches(']')), "{table}: {after} {before}");
        }
    }
    let fresh = Dir::new();
    fresh.store().close().unwrap();
    assert_eq!(schema(&after), schema(&fresh.raw()), "as a new file");
    let copy = Connection::open(dir.file("botmother.db.version-3")).unwrap();
    assert_eq!((version(&copy), version(&after)), (3, 7));

    what_was_accepted_waits(&store);
    let (account, bot) = (AccountId(1), BotId(1));
    assert_eq!(store.find_sent_of(account, OutboxId(1)).unwrap().unwrap().message_id, "m1");
    let row = store.list_kept(bot, "anna@example.org", None, (9, 999)).unwrap().remove(0);
    assert_eq!((row.text.as_str(), row.files.len(), row.reactions.len()), ("kept", 1, 2));
    // Numbers 3 to 40 were given before, and their rows are gone.
    assert_eq!(store.insert_update(bot, "message", "{}", 1_790_000_009).unwrap(), UpdateId(41));
    let new = store.insert_outbox(&message(account, Some(bot), "m9", None), 1_790_000_009).unwrap();
    assert_eq!(store.list_outbox(account, None, Some(OutboxId(1)), 9).unwrap()[0].id, new);
    store.commit().unwrap();
}

/// Everything is there as it was; entries of the audit log name nobody, and what is new is empty and can be written.
#[test]
fn a_file_of_version_4_gets_tokens_and_people() {
    let dir = of_version_4();
    let before = dir.raw();
    let tables: Vec<String> = schema(&before).into_keys().filter(|name| !name.starts_with("sqlite_")).collect();
    let tables: Vec<String> =
        tables.into_iter().filter(|name| before.table_exists(None, name.as_str()).unwrap()).collect();
    let kept: BTreeMap<&String, Vec<String>> = tables.iter().map(|name| (name, rows(&before, name))).collect();
    assert!(kept.len() > 31 && kept.values().all(|rows| !rows.is_empty()), "the file has something in every table");
    drop(before);

    let mut store = dir.store();
    let after = dir.raw();
    for (table, before) in kept.iter().filter(|(table, _)| table.as_str() != "audit_log") {
        let after = rows(&after, table);
        assert_eq!(after.len(), before.len(), "{table}");
        for (after, before) in after.iter().zip(before) {
            // New columns stand behind those that were there.
            assert!(after.starts_with(before.trim_end_matches(']')), "{table}: {after} {before}");
        }
    }
    let fresh = Dir::new();
    fresh.store().close().unwrap();
    assert_eq!(schema(&after), schema(&fresh.raw()), "as a new file");
    let copy = Connection::open(dir.file("botmother.db.version-4")).unwrap();
    assert_eq!((version(&copy), version(&after)), (4, 7));

    let noted = store.list_audit(&AuditFilter { limit: 9, ..AuditFilter::default() }).unwrap();
    assert_eq!(noted.len(), kept[&"audit_log".to_string()].len());
    assert!(noted.iter().all(|row| row.actor.is_none() && row.owner.is_none() && !row.action.is_empty()));
    assert!(store.list_tokens().unwrap().is_empty() && store.list_tenants().unwrap().is_empty());
    let (owner, bot) = (BareJid::parse("ralf@example.org").unwrap(), BotId(1));
    let token = TokenRow {
        id: 0,
        hash: [7; 32],
        holder: TokenHolder::Bot(bot),
        label: "sensor".into(),
        ending: "abcd".into(),
        rights: "send".into(),
        created_at: NOW,
        expires_at: Some(NOW + 9),
        last_used: 0,
    };
    let id = store.insert_token(&token).unwrap();
    store.store_token_used(id, NOW + 1).unwrap();
    let quotas = QuotaRow { messages: Some(5), ..QuotaRow::default() };
    let person = TenantRow { jid: owner.clone(), role: "owner".into(), sees: None, quotas, created_at: NOW };
    store.store_tenant(&person).unwrap();
    let used = UsageRow { owner: owner.clone(), day: 3, messages: 4, ai_calls: 1, up_to: 9 };
    store.store_usage(&used).unwrap();
    store.commit().unwrap();
    store.close().unwrap();
    let mut store = dir.store();
    assert_eq!(store.list_tokens().unwrap(), [TokenRow { id, last_used: NOW + 1, ..token }]);
    assert_eq!((store.list_tenants().unwrap(), store.find_usage(&owner).unwrap()), (vec![person], Some(used)));
    store.delete_bot(bot).unwrap();
    assert!(store.list_tokens().unwrap().is_empty(), "they go with their bot");
}

/// Only tables and columns are added; nothing that was there changes.
#[test]
fn files_of_versions_5_and_6_keep_everything() {
    keeps_everything(&of_version_5(), 5, 34);
    keeps_everything(&of_version_6(), 6, 55);
}

fn keeps_everything(dir: &Dir, number: i64, tables: usize) {
    let before = dir.raw();
    let kept: BTreeMap<String, Vec<String>> = schema(&before)
        .into_keys()
        .filter(|name| before.table_exists(None, name.as_str()).unwrap())
        .map(|name| (name.clone(), rows(&before, &name)))
        .collect();
    assert!(kept.len() > tables && kept.values().all(|rows| !rows.is_empty()), "the file has something in every table");
    drop(before);
    dir.store().close().unwrap();
    let after = dir.raw();
    for (table, before) in &kept {
        let after = rows(&after, table);
        assert_eq!(after.len(), before.len(), "{table}");
        for (after, before) in after.iter().zip(before) {
            // New columns stand behind those that were there.
            assert!(after.starts_with(before.trim_end_matches(']')), "{table}: {after} {before}");
        }
    }
    let fresh = Dir::new();
    fresh.store().close().unwrap();
    assert_eq!(schema(&after), schema(&fresh.raw()), "as a new file");
    let copy = Connection::open(dir.file(&format!("botmother.db.version-{number}"))).unwrap();
    assert_eq!((version(&copy), version(&after)), (number, 7));
}
