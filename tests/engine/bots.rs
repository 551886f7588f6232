//! Bots, their tokens and accounts, and how many of what there may be.

use botmother::base::crypto::Hash;
use botmother::base::remedy::Place;
use botmother::store::row::BotRow;
use botmother::xmpp::sasl::LoginKey;

use super::*;

#[test]
fn a_bot_from_birth_to_death() {
    let mut rig = Rig::new();
    let bot = rig.create("Ralf@Example.org", "Wetter ☀");
    assert!(bot.token.as_ref().unwrap().expose().starts_with("bm_"));
    assert!(matches!(rig.ask(as_bot(&bot), Question::GetMe), Ok(Answer::Me(me)) if me.name == "Wetter ☀"));
    let Ok(Answer::Bots(bots)) = rig.admin(Question::ListBots(Some(bare(OWNER)))) else { panic!() };
    assert_eq!(bots.len(), 1);

    let Ok(Answer::Token(_, token)) = rig.admin(Question::NewToken(bot.id, 0)) else { panic!() };
    assert!(matches!(rig.ask(as_bot(&bot), Question::GetMe), Err(Failure::Unauthorized(_))));
    assert!(rig.ask(Caller::Bot(token.clone(), Scope::Any), Question::GetMe).is_ok());

    rig.admin(Question::ActivateBot(bot.id, false)).unwrap();
    assert!(matches!(rig.ask(Caller::Bot(token.clone(), Scope::Any), Question::GetMe), Err(Failure::Unauthorized(_))));
    rig.admin(Question::ActivateBot(bot.id, true)).unwrap();
    assert!(rig.ask(Caller::Bot(token, Scope::Any), Question::GetMe).is_ok());

    rig.admin(Question::DeleteBot(bot.id)).unwrap();
    assert!(matches!(rig.admin(Question::DeleteBot(bot.id)), Err(Failure::NotFound(_))));
}

/// The field that is refused.
fn refused(outcome: Outcome) -> String {
    let Err(Failure::Invalid { field, must_be }) = outcome else { panic!("{outcome:?}") };
    assert!(!must_be.is_empty());
    field
}

#[test]
fn an_account_that_cannot_be_reached_like_that_is_not_added() {
    let mut rig = Rig::new();
    let pin = format!("SHA256:{}", "AB:".repeat(32).trim_end_matches(':'));
    let pem = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/localhost.pem");
    let no_pem = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let mut add = |jid: &str, host: &str, ca_file: &str, pin: &str| {
        let (host, ca_file, pin) = (Some(host.to_string()), Some(ca_file.to_string()), Some(pin.to_string()));
        rig.admin(Question::AddAccount(NewAccount { jid: bare(jid), password: Secret::new("pw"), host, ca_file, pin }))
    };
    let anna = "anna@example.org";
    for (field, host, ca_file, pin) in [
        ("host", "10.0.0.1", "", ""),
        ("host", "10.0.0.1:0", "", ""),
        ("host", "https://10.0.0.1:5222", "", ""),
        ("ca_file", "", "/nowhere/ca.pem", ""),
        ("ca_file", "", "ca.pem", ""),
        ("ca_file", "", "/dev/zero", ""),
        ("ca_file", "", no_pem, ""),
        ("pin", "", "", "sha256:00"),
        ("pin", "", "", "abc"),
    ] {
        assert_eq!(refused(add(anna, host, ca_file, pin)), field, "{host} {ca_file} {pin}");
    }
    add(anna, "tls://[::1]:5223", pem, &pin).unwrap();
    let Ok(Answer::Accounts(accounts)) = rig.admin(Question::ListAccounts) else { panic!() };
    assert_eq!(accounts.iter().filter(|account| account.jid == bare(anna)).count(), 1);
}

#[test]
fn what_a_bot_of_that_mode_does_not_have_is_not_taken() {
    let mut rig = Rig::new();
    let personal = || NewBot::new("X", bare(OWNER));
    for (field, new) in [
        ("encrypt", NewBot { encrypt: Some(Encrypt::Required), ..personal() }),
        ("contacts", NewBot { contacts: vec![bare("anna@example.org")], ..personal() }),
        ("wait", NewBot { wait: Wait::Online(Duration::from_secs(1)), ..personal() }),
        ("access", NewBot { access: Access::Public, ..personal() }),
        ("receive", NewBot { receive: Receive::All, ..dedicated("X", OWNER, "x@example.org") }),
    ] {
        assert_eq!(refused(rig.admin(Question::CreateBot(new))), field);
    }
    rig.admin(Question::CreateBot(NewBot { wait: Wait::No, ..personal() })).unwrap();
}

#[test]
fn nobody_is_asked_about_whom_nothing_is_known() {
    let mut rig = Rig::new();
    let nobody = || bare("nobody@example.net");
    assert_eq!(refused(rig.admin(Question::OwnerStatus(nobody()))), "account");
    assert_eq!(refused(rig.admin(Question::SetOwnerStatus(nobody(), false))), "account");
    rig.create("nobody@example.net", "Known");
    rig.admin(Question::SetOwnerStatus(nobody(), false)).unwrap();
    assert!(matches!(rig.admin(Question::OwnerStatus(nobody())), Ok(Answer::Owner(_, false))));
    assert!(matches!(rig.admin(Question::OwnerStatus(bare("owner@local"))), Ok(Answer::Owner(_, true))));
}

#[test]
fn revoked_tokens_stay_revoked() {
    let mut rig = Rig::new();
    let (a, b) = (rig.create(OWNER, "A"), rig.create(OWNER, "B"));
    rig.admin(Question::Revoke(a.id)).unwrap();
    rig.admin(Question::Revoke(b.id)).unwrap();
    rig.admin(Question::ActivateBot(b.id, true)).unwrap();
    assert!(matches!(rig.ask(as_bot(&b), Question::GetMe), Err(Failure::Unauthorized(_))));
    let c = rig.create(OWNER, "C");
    assert!(matches!(rig.ask(as_bot(&c), Question::GetMe), Ok(Answer::Me(me)) if me.id == c.id));
    let mut rig = rig.killed();
    assert!(matches!(rig.ask(as_bot(&b), Question::GetMe), Err(Failure::Unauthorized(_))));
    assert!(rig.ask(as_bot(&c), Question::GetMe).is_ok());
}

#[test]
fn limits_are_kept_and_said() {
    let mut rig = Rig::new();
    for i in 0..limits::BOTS_PER_OWNER_MAX {
        rig.create(OWNER, &format!("B{i}"));
    }
    let new = |name: &str, mode| NewBot { mode, ..NewBot::new(name, bare(OWNER)) };
    assert!(matches!(rig.admin(Question::CreateBot(new("X", Mode::Personal))), Err(Failure::Quota(_))));
    assert!(matches!(rig.admin(Question::CreateBot(new("X", Mode::Dedicated))), Err(Failure::Quota(_))));
    for name in ["", "  ", "a\nb", "a\u{202e}b", &"x".repeat(65)] {
        let outcome = rig.admin(Question::CreateBot(new(name, Mode::Personal)));
        assert!(matches!(&outcome, Err(Failure::Invalid { field, .. }) if field == "name"), "{name:?} {outcome:?}");
    }
    let new = |name: &str| NewBot::new(name, bare("third@example.org"));
    for name in ["@x", "-", "--wait", "/use", "7", "#7", " +7: ", "a@b", "👍", "…"] {
        let outcome = rig.admin(Question::CreateBot(new(name)));
        assert!(matches!(&outcome, Err(Failure::Invalid { field, .. }) if field == "name"), "{name:?} {outcome:?}");
    }
    for name in ["7 dwarfs", "C-3PO", "#tag", "Ü", "me @ home", "1.5"] {
        let bot = rig.create("third@example.org", name);
        let rename = |name: &str| NewProfile { bot: bot.id, name: Some(name.into()), description: None, avatar: None };
        assert!(matches!(rig.admin(Question::SetProfile(rename("@me"))), Err(Failure::Invalid { .. })));
    }
    let bot = rig.create("other@example.org", "Chatty");
    let outcomes: Vec<Outcome> = (0..31).map(|_| rig.ask(as_bot(&bot), Question::GetMe)).collect();
    assert!(outcomes[..30].iter().all(Result::is_ok));
    assert_eq!(outcomes[30].as_ref().unwrap_err(), &Failure::Busy { retry_after_s: 1 });
}

/// Rules for names are for new ones.
#[test]
fn a_bot_keeps_the_name_it_has() {
    let mut rig = Rig::new();
    rig.create(OWNER, "A");
    let mut store = rig.core.kill();
    let row = store.list_bots().unwrap().remove(0);
    store.store_bot(&BotRow { name: "7".to_string(), ..row.clone() }).unwrap();
    store.commit().unwrap();
    let mut rig = Rig::over(store, Language::English);
    let profile =
        |name: &str| NewProfile { bot: row.id, name: Some(name.into()), description: Some("d".into()), avatar: None };
    assert!(matches!(rig.admin(Question::SetProfile(profile(" 7"))), Ok(Answer::Me(bot)) if bot.name == "7"));
    assert!(matches!(rig.admin(Question::SetProfile(profile("8"))), Err(Failure::Invalid { .. })));
}

#[test]
fn a_token_does_not_manage_and_nobody_reads_without_one() {
    let mut rig = Rig::new();
    let bot = rig.create(OWNER, "A");
    assert!(matches!(rig.ask(as_bot(&bot), Question::ListBots(None)), Err(Failure::Forbidden(_))));
    assert!(matches!(rig.ask(Caller::Anybody, Question::GetMe), Err(Failure::Unauthorized(_))));
    assert!(matches!(rig.admin(Question::GetMe), Err(Failure::Unauthorized(_))));
}

/// Calls that are to be made, with their tags.
fn calls(effects: &[Effect]) -> Vec<(u64, String)> {
    let call = |effect: &Effect| match effect {
        Effect::Call { tag, call, .. } => Some((*tag, call.url.rsplit('/').next().unwrap().to_string())),
        _ => None,
    };
    effects.iter().filter_map(call).collect()
}

/// The keys the store has after these came from the server, printed.
fn key_kept_of(keys: &[LoginKey]) -> String {
    let mut rig = Rig::new();
    for key in keys {
        rig.session(session::Event::LoginKey(key.clone()));
    }
    let row = rig.core.kill().list_accounts().unwrap().remove(0);
    row.login_key.expect("a key is kept").expose().to_string()
}

#[test]
fn a_login_key_is_kept_unless_its_salt_was_made_up_for_one_login() {
    let key = |salt: &str, client_key: &str| LoginKey {
        hash: Hash::Sha256,
        salt: salt.into(),
        iterations: 4096,
        client_key: client_key.into(),
        server_key: b"server".to_vec(),
    };
    let first = key_kept_of(&[key("salt", "one")]);
    assert_ne!(first, key_kept_of(&[key("salt", "two")]));
    // Another password under the same salt replaces what is no longer valid.
    assert_eq!(key_kept_of(&[key("salt", "two")]), key_kept_of(&[key("salt", "one"), key("salt", "two")]));
    assert_eq!(first, key_kept_of(&[key("salt", "one"), key("other", "two"), key("third", "two")]));
}

#[test]
fn an_account_made_for_a_bot_goes_whoever_deletes_it() {
    let mut rig = Rig::new();
    rig.online();
    let settings = EjabberdSettings {
        api_url: Some("http://localhost:5443/api".to_string()),
        host: Some("example.org".to_string()),
        admin_jid: Some("admin@example.org".to_string()),
        admin_password: Some(Secret::new("admin's")),
    };
    assert!(matches!(rig.admin(Question::SetEjabberd(settings)), Ok(Answer::EjabberdSaved { is_configured: true })));
    let new = NewBot { mode: Mode::Dedicated, ..NewBot::new("Made", bare(OWNER)) };
    let (effects, _ticket) = rig.begin(Caller::Admin, Question::CreateBot(new));
    let (tag, what) = calls(&effects).remove(0);
    assert_eq!(what, "register");

    // A batch that is taken back must not cost the answer.
    plant(Bug::Next);
    let effects = rig.batch(vec![http_answered(tag, 200, "\"done\""), Event::Report]);
    assert!(bug_was_met(), "it was met");
    let started = |effect: &Effect| matches!(effect, Effect::Session(_, Order::Start(..)));
    assert!(effects.iter().any(started), "the account is signed in");

    // In the chat, as by the API.
    let Ok(Answer::Bots(bots)) = rig.admin(Question::ListBots(None)) else { panic!() };
    let effects = rig.phone("/deletebot 1");
    let (tag, what) = calls(&effects).remove(0);
    assert_eq!(what, "check_password", "its server is asked at once");
    let said = &sends(&effects)[0].1;
    assert!(said.contains(&format!("/forget {} gives it up", bots[0].jid)), "{said}");
    // Until that is done nobody else has it; what to do stands in the words of the place.
    let again = rig.admin(Question::CreateBot(dedicated("Again", OWNER, &bots[0].jid)));
    let Err(refused) = again else { panic!("{again:?}") };
    let refused = refused.at(Place::Shell);
    assert!(
        refused.contains("in use here already: a deleted bot has still to take back what it has there"),
        "{refused}"
    );
    assert!(refused.ends_with("`botmother bot forget` gives it up"), "{refused}");
    let effects = rig.batch(vec![http_answered(tag, 200, "0")]);
    assert_eq!(calls(&effects), [(tag, "unregister".to_string())]);
    let effects = rig.batch(vec![http_answered(tag, 200, "\"\"")]);
    assert!(calls(&effects).is_empty());
    assert!(calls(&rig.wait(Duration::from_secs(7200))).is_empty(), "it is done");
}
