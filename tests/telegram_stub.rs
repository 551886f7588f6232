//! The stub of api.telegram.org is what the documentation says: how updates are confirmed, what is refused and how, what a
//! test can make go wrong, and that a killed stub comes back with all it had answered for. python-telegram-bot and aiogram,
//! which know nothing of it, find Telegram there.

#![allow(clippy::unwrap_used)]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::http::{Http, Json};
use support::telegram::{Telegram, library};

const TOKEN: &str = "42:AAstub";

fn start() -> (Telegram, i64) {
    let telegram = Telegram::start();
    telegram.bot(TOKEN);
    let anna = telegram.user("Anna");
    (telegram, anna)
}

/// The messages that getUpdates gives.
fn updates(telegram: &Telegram, body: &str) -> Vec<(i64, String)> {
    let (status, answer) = telegram.call(TOKEN, "getUpdates", body);
    assert_eq!(status, 200, "{answer:?}");
    let of = |update: &Json| (update.at("update_id").number(), update.at("message").at("text").text());
    answer.at("result").list().iter().filter(|update| update.has("message")).map(of).collect()
}

fn refused(telegram: &Telegram, method: &str, body: &str) -> (u16, String) {
    let (status, answer) = telegram.call(TOKEN, method, body);
    assert!(!answer.at("ok").truth() && answer.at("error_code").number() == i64::from(status), "{answer:?}");
    (status, answer.at("description").text())
}

#[test]
fn an_offset_confirms_what_is_below_it() {
    let (telegram, anna) = start();
    for text in ["a", "b", "c", "d"] {
        telegram.say(anna, anna, text);
    }
    let all = updates(&telegram, "{}");
    let first = all[0].0;
    assert_eq!(all.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(updates(&telegram, r#"{"limit":1}"#), all[..1], "nothing was confirmed");
    assert_eq!(updates(&telegram, &format!(r#"{{"offset":{}}}"#, first + 1)), all[1..]);
    assert_eq!(updates(&telegram, r#"{"offset":0}"#), all[1..], "what was confirmed is gone");
    assert_eq!(updates(&telegram, r#"{"offset":-1}"#), all[3..], "all but the last are forgotten");
    assert_eq!(
        updates(&telegram, &format!(r#"{{"offset":{}}}"#, first + 1000)),
        all[3..],
        "one of elsewhere counts as none"
    );
    assert_eq!(updates(&telegram, &format!(r#"{{"offset":{}}}"#, first + 4)), []);
}

#[test]
fn a_long_poll_waits_and_a_second_one_ends_it() {
    let (telegram, anna) = start();
    let port = telegram.port;
    let poll = move || {
        let path = format!("/bot{TOKEN}/getUpdates?timeout=20");
        thread::spawn(move || Http::new(port).get(&path, None))
    };
    let first = poll();
    thread::sleep(Duration::from_millis(300));
    let second = poll();
    let answer = first.join().unwrap();
    assert!(answer.status == 409 && answer.body.contains("terminated by other getUpdates request"), "{answer:?}");
    let begun = Instant::now();
    telegram.say(anna, anna, "there");
    assert!(second.join().unwrap().body.contains("there") && begun.elapsed() < Duration::from_secs(10));
    telegram.call(TOKEN, "setWebhook", r#"{"url":"https://example.org/x"}"#);
    let (status, why) = refused(&telegram, "getUpdates", "{}");
    assert!(status == 409 && why.contains("use deleteWebhook"), "{why}");
}

#[test]
fn what_telegram_refuses_is_refused_in_its_words() {
    let (telegram, anna) = start();
    let say = |text: &str, more: &str| {
        let body = format!(r#"{{"chat_id":{anna},"text":"{text}"{more}}}"#);
        refused(&telegram, "sendMessage", &body).1
    };
    assert_eq!(say("x", ""), "Bad Request: chat not found", "she has not written yet");
    telegram.say(anna, anna, "/start");
    assert_eq!(say("", ""), "Bad Request: message text is empty");
    assert_eq!(say(&"😀".repeat(2049), ""), "Bad Request: message is too long");
    let entity = r#","entities":[{"type":"bold","offset":1,"length":1}]"#;
    assert!(say("😀x", entity).contains("middle of a UTF-16 symbol"));
    assert!(say("x", entity).contains("ends after the end of the text"));
    assert!(say("a.b", r#","parse_mode":"MarkdownV2""#).contains("Character '.' is reserved"));
    assert!(say("<q>", r#","parse_mode":"HTML""#).contains("Unsupported start tag"));
    assert_eq!(say("x", r#","reply_parameters":{"message_id":99}"#), "Bad Request: message to be replied not found");
    let sent = telegram.call(TOKEN, "sendMessage", &format!(r#"{{"chat_id":{anna},"text":"hi"}}"#)).1;
    let id = sent.at("result").at("message_id").number();
    let edit = format!(r#"{{"chat_id":{anna},"message_id":{id},"text":"hi"}}"#);
    assert!(refused(&telegram, "editMessageText", &edit).1.contains("message is not modified"));
    assert_eq!(refused(&telegram, "nothing", "{}"), (404, "Not Found: method not found".into()));
    telegram.order("block", &format!(r#"{{"from":{anna}}}"#));
    assert_eq!(say("x", ""), "Forbidden: bot was blocked by the user");
    telegram.order("revoke", &format!(r#"{{"token":"{TOKEN}"}}"#));
    assert_eq!(refused(&telegram, "getMe", "{}"), (401, "Unauthorized".into()));
}

#[test]
fn faults_come_as_ordered() {
    let (telegram, anna) = start();
    telegram.say(anna, anna, "/start");
    let say = |text: &str| {
        let body = format!(r#"{{"chat_id":{anna},"text":"{text}"}}"#);
        Http::new(telegram.port).call("POST", &format!("/bot{TOKEN}/sendMessage"), None, &[], &body)
    };
    telegram.fault(r#"{"method":"sendMessage","kind":"error","code":429,"retry_after":7}"#);
    let answer = Json::parse(&say("a").unwrap().body);
    assert_eq!(answer.at("parameters").at("retry_after").number(), 7);
    telegram.fault(r#"{"method":"sendMessage","kind":"close"}"#);
    assert!(say("b").is_none());
    telegram.fault(r#"{"method":"sendMessage","kind":"lost"}"#);
    assert!(say("c").is_none());
    assert_eq!(say("d").unwrap().status, 200);
    assert_eq!(telegram.texts(anna), ["/start", "c", "d"], "lost is said, closed is not");
    telegram.order("flood", r#"{"messages":2,"seconds":10,"wait":3}"#);
    assert_eq!([say("e"), say("f"), say("g")].map(|answer| answer.unwrap().status), [200, 200, 429]);
}

#[test]
fn a_killed_stub_goes_on() {
    let (mut telegram, anna) = start();
    let group = telegram.group("Family", &[anna]);
    let first = telegram.say(anna, group, "before");
    telegram.call(TOKEN, "sendMessage", &format!(r#"{{"chat_id":{group},"text":"kept"}}"#));
    telegram.kill();
    telegram.start_again();
    assert_eq!(telegram.texts(group), ["before", "kept"]);
    assert_eq!(telegram.say(anna, group, "after"), first + 2);
    let texts: Vec<String> =
        updates(&telegram, r#"{"allowed_updates":["message"]}"#).into_iter().map(|of| of.1).collect();
    assert_eq!(texts, ["before", "after"]);
}

/// A client library's own program, which says by its exit status what it thinks of the stub.
fn is_proved_by(program: &str) {
    let Some(mut command) = library(program) else { return };
    let telegram = Telegram::start();
    let output = command.arg(telegram.url()).output().unwrap();
    assert!(output.status.success(), "{program}:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn python_telegram_bot_works_with_it_unmodified() {
    is_proved_by("prove_ptb.py");
}

#[test]
fn aiogram_works_with_it_unmodified() {
    is_proved_by("prove_aiogram.py");
}
