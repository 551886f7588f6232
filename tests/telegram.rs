//! The whole daemon at a stand-in for api.telegram.org: a bot of the built-in account that is joined to a chat there.
#![cfg(feature = "face-botmother")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Json;
use support::telegram::Telegram;

const LIMIT: Duration = Duration::from_secs(20);
const TOKEN: &str = "42:AAtoken_of_door";

/// What the bot's program is told, from an update on.
fn updates(daemon: &Daemon, token: &str, offset: i64) -> Vec<Json> {
    let path = format!("/bot/getUpdates?timeout=20&offset={offset}");
    daemon.http().get(&path, Some(token)).ok().at("result").list()
}

fn status(daemon: &Daemon, token: &str) -> Json {
    daemon.http().get("/bot/telegram/status", Some(token)).ok()
}

#[test]
fn a_program_speaks_with_somebody_at_telegram() {
    let mut telegram = Telegram::start();
    telegram.bot(TOKEN);
    let (anna, eve) = (telegram.user("Anna"), telegram.user("Eve"));
    telegram.say(anna, anna, "/start");
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let token = daemon.create_bot("Door", "owner@local");
    let setup = format!(r#"{{"token":"{TOKEN}","api_url":"{}","chat_id":"{anna}","mode":"bridge"}}"#, telegram.url());
    daemon.http().post("/bot/telegram/setup", Some(&token), &setup).ok();

    // In: what was written before, too; of a stranger nothing but that he is there.
    telegram.say(eve, eve, "psst");
    let first = updates(&daemon, &token, 0);
    let data = first[0].at("data");
    assert_eq!((data.at("from").text(), data.at("body").text()), (format!("tg:{anna}/Anna"), "/start".to_string()));
    let next = first.last().unwrap().at("update_id").number() + 1;

    // Out, with its formatting, and an edit of it.
    let body = format!(r#"{{"to":"tg:{anna}","text":"*Hello* Anna"}}"#);
    let sent = daemon.http().post("/bot/sendMessage", Some(&token), &body).ok();
    let id = sent.at("result").at("message_id").text();
    let shown = telegram.wait_text(anna, LIMIT, "Hello Anna");
    assert_eq!(shown.at("entities").list()[0].at("type").text(), "bold");
    let edit = format!(r#"{{"to":"tg:{anna}","message_id":"{id}","text":"Hello you"}}"#);
    daemon.http().post("/bot/editMessage", Some(&token), &edit).ok();
    telegram.wait_text(anna, LIMIT, "Hello you");
    assert!(!telegram.texts(anna).iter().any(|text| text.contains("Hello Anna")), "it was changed, not said again");

    // The server is away for a while: what is said meanwhile comes afterwards, once.
    telegram.kill();
    let body = format!(r#"{{"to":"tg:{anna}","text":"meanwhile"}}"#);
    daemon.http().post("/bot/sendMessage", Some(&token), &body).ok();
    telegram.start_again();
    telegram.wait_text(anna, LIMIT, "meanwhile");
    telegram.say(anna, anna, "back again");
    let told = updates(&daemon, &token, next);
    assert_eq!(told[0].at("data").at("body").text(), "back again");
    assert_eq!(telegram.texts(anna).iter().filter(|text| *text == "meanwhile").count(), 1);

    let begun = Instant::now();
    while status(&daemon, &token).at("waiting").number() > 0 {
        assert!(begun.elapsed() < LIMIT, "nothing is left to be sent");
        std::thread::sleep(Duration::from_millis(50));
    }
    let metrics = daemon.http().get("/metrics", None).body;
    assert!(metrics.contains("botmother_telegram_bots{state=\"listening\"} 1\n"), "{metrics}");
    assert!(!daemon.log_text().contains("AAtoken_of_door"), "no token in the log");
}
