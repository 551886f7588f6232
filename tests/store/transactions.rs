//! What was committed stays, over aborts and a full disk; what was not never happened.

use super::*;

#[test]
fn what_was_committed_outlives_an_abort() {
    let dir = Dir::new();
    let output = child("transactions::child_writes_and_aborts", &dir.0, &[], &[]);
    assert!(!output.status.success(), "the child must abort: {output:?}");
    let mut store = dir.store();
    let bots = store.list_bots().unwrap();
    assert_eq!(bots.iter().map(|bot| bot.name.as_str()).collect::<Vec<_>>(), ["one"]);
    assert_eq!(store.list_outbox(AccountId(1), None, None, 9).unwrap().len(), 1);
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
    store.purge(NOW, 0).unwrap();
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
    let commands = [CommandRow { command: "a".into(), description: "b".into() }];
    assert!(matches!(store.store_commands(BotId(7), &commands), Err(Error::Conflict(_))));
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
    let script = format!("mount -t tmpfs -o size=1700k tmpfs {} && exec \"$@\"", dir.0.display());
    let wrap = ["unshare", "--mount", "--map-root-user", "sh", "-c", &script, "sh"];
    let allowed = Command::new(wrap[0]).args(&wrap[1..6]).args(["sh", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        super::skip::skip("no mount namespace here");
        return;
    }
    let output = child("transactions::child_fills_the_disk", &dir.0, &wrap, &[]);
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
    fs::write(&ballast, vec![0; 840_000]).unwrap();
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
