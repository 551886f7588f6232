//! Rows of bots and accounts, and what is set for them.

use botmother::store::row::{AttemptRow, RetryRow};

use super::*;

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
    let outbox = store.insert_outbox(&message(account, None, "m2", None), 0).unwrap();
    let local = say(&mut store, Some(id), "again");
    store.commit().unwrap();
    store.delete_bot(id).unwrap();
    store.delete_account(account).unwrap();
    store.commit().unwrap();
    store.close().unwrap();
    let mut store = dir.store();
    let (new_id, new_account) = fill(&mut store);
    assert!(new_id > id && new_account > account);
    assert!(store.list_updates(new_id, None, 9, usize::MAX).unwrap()[0].id > update);
    assert!(store.list_outbox(new_account, None, None, 9).unwrap()[0].id > outbox);
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
    for table in ["bot_command", "update_queue WHERE bot_id > 0", "idempotency", "message", "conversation", "contact"] {
        assert_eq!(dir.count(table), 0, "{table}");
    }
    assert_eq!(store.list_bots().unwrap()[0].id, other);
    assert_eq!(store.setting(&format!("bot_{id}_ai_enabled")).unwrap(), None);
    assert!(store.setting(&format!("bot_{id}1_ai_enabled")).unwrap().is_some());
    assert_eq!(dir.count("audit_log"), 1);
    assert_eq!(store.list_outbox(account, None, None, 9).unwrap()[0].bot, None, "accepted is accepted");

    store.delete_account(account).unwrap();
    store.commit().unwrap();
    for table in ["account", "outbox", "seen", "room"] {
        assert_eq!(dir.count(table), 0, "{table}");
    }
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
    store.disable_owner(&owner).unwrap();
    assert!(!store.owner_enabled(&owner).unwrap());
    assert_eq!(store.setting("botmother_account_enabled:ralf@example.org").unwrap().as_deref(), Some("false"));
    store.enable_owner(&owner).unwrap();
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
    for bot in [one, two] {
        let kept = dir.count(&format!("webhook_attempt WHERE bot_id = {bot}"));
        assert!((limits::WEBHOOK_ATTEMPTS_KEPT..limits::WEBHOOK_ATTEMPTS_KEPT + 8).contains(&kept), "{kept}");
        assert_eq!(store.list_attempts(bot).unwrap().len() as i64, limits::WEBHOOK_ATTEMPTS_KEPT);
    }
    assert_eq!(store.list_attempts(one).unwrap()[0].update, UpdateId(50));
    let found = store.find_attempt(one, None, Some("d48")).unwrap().unwrap();
    assert_eq!(found.payload.as_deref(), Some("{\"n\":48}"));
    assert!(store.find_attempt(one, Some(UpdateId(2)), None).unwrap().is_none());
    for name in ["botmother.db", "botmother.db-wal"] {
        let bytes = fs::read(dir.file(name)).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "{name}");
    }

    store.end_webhook(one).unwrap();
    assert!(store.list_webhooks().unwrap().is_empty() && store.list_retries(one).unwrap().is_empty());
    assert_eq!(store.webhook_secret(one).unwrap().unwrap().expose(), SECRET);
    assert_eq!(store.webhook_error(one).unwrap(), Some((NOW, "no".into())));
    store.forget_webhook(one).unwrap();
    assert!(store.webhook_secret(one).unwrap().is_none() && store.webhook_error(one).unwrap().is_none());
    store.delete_bot(one).unwrap();
    store.commit().unwrap();
    let of = |bot: BotId| dir.count(&format!("webhook_attempt WHERE bot_id = {bot}"));
    assert!(of(one) == 0 && of(two) > 0);
}
