//! The bridge to Telegram, set up as the guide says it, by curl and by chat, over the stub of Telegram's Bot API.
#![cfg(feature = "channel-telegram")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::{Http, Json};
use support::telegram::Telegram;

const OWNER: &str = "owner@local";
const TOKEN: &str = "123456:ABC";
const LIMIT: Duration = Duration::from_secs(20);

/// A line of the guide, with the port and the token of this daemon; its answer.
fn curl(daemon: &Daemon, token: &str, line: &str) -> Json {
    let port = daemon.port;
    let script = format!("TOKEN={token}; {}", line.replace("localhost:7842", &format!("127.0.0.1:{port}")));
    let output = Command::new("bash").arg("-c").arg(script.replace("curl ", "curl -s ")).output().unwrap();
    Json::parse(&String::from_utf8(output.stdout).unwrap())
}

/// Says something to the bot in the built-in chat; gives the number of the line.
fn say(http: &mut Http, name: &str, text: &str) -> i64 {
    http.post("/local/say", None, &format!(r#"{{"to":"{name}","text":"{text}"}}"#)).ok().at("id").number()
}

/// Waits for a line of the bot after this one with all of this in it.
fn hear(http: &mut Http, name: &str, after: i64, parts: &[&str]) -> String {
    let begun = Instant::now();
    let mut seen = Vec::new();
    while begun.elapsed() < LIMIT {
        let lines =
            http.get(&format!("/local/read?with={name}&after={after}&timeout=1"), None).ok().at("result").list();
        seen = lines.iter().filter(|line| line.at("from").text() == name).map(|line| line.at("text").text()).collect();
        if let Some(text) = seen.iter().find(|text| parts.iter().all(|part| text.contains(part))) {
            return text.clone();
        }
    }
    panic!("{parts:?} is not in {seen:#?}")
}

/// Says it, and waits for the answer.
fn chat(http: &mut Http, name: &str, text: &str, parts: &[&str]) -> String {
    let line = say(http, name, text);
    hear(http, name, line, parts)
}

#[test]
fn the_guides_lines_work() {
    let telegram = Telegram::start();
    telegram.bot(TOKEN);
    let john = telegram.user("John");
    telegram.say(john, john, "/start");
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut http = daemon.http();
    let token = daemon.create_bot("Bridge", OWNER);
    let status = r#"curl http://localhost:7842/bot/telegram/status -H "Authorization: Bearer $TOKEN""#;
    let before = curl(&daemon, &token, status);
    assert!(!before.at("configured").truth() && !before.at("enabled").truth());
    let send = r#"curl -X POST http://localhost:7842/bot/telegram/send -H "Authorization: Bearer $TOKEN" \
        -H "Content-Type: application/json" -d '{"text":"Hello Telegram!"}'"#;
    assert_eq!(curl(&daemon, &token, send).at("error").text(), "not_configured");
    // The guide's body, with the stub's address and a chat that is there.
    let setup = format!(
        r#"curl -X POST http://localhost:7842/bot/telegram/setup -H "Authorization: Bearer $TOKEN" \
        -H "Content-Type: application/json" \
        -d '{{"token":"{TOKEN}","chat_id":"{john}","mode":"bridge","api_url":"{}"}}'"#,
        telegram.url()
    );
    let set = curl(&daemon, &token, &setup);
    assert!(set.at("configured").truth(), "{set:?}");
    assert_eq!((set.at("chat_id").text(), set.at("mode").text()), (john.to_string(), "bridge".to_string()));
    let now = curl(&daemon, &token, status);
    assert!(now.at("enabled").truth() && now.at("configured").truth());
    assert_eq!((now.at("chat_id").text(), now.at("mode").text()), (john.to_string(), "bridge".to_string()));
    let test = r#"curl -X POST http://localhost:7842/bot/telegram/test -H "Authorization: Bearer $TOKEN""#;
    let tested = curl(&daemon, &token, test);
    assert!(tested.at("connected").truth() && tested.at("info").text().contains("Bot: "), "{tested:?}");
    assert!(curl(&daemon, &token, send).at("sent").truth());
    telegram.wait_text(john, LIMIT, "Hello Telegram!");

    // §7.4: what is said on one side is said on the other.
    let line = say(&mut http, "Bridge", "Hi there!");
    telegram.wait_text(john, LIMIT, "[Botmother] owner@local: Hi there!");
    telegram.say(john, john, "Hello!");
    hear(&mut http, "Bridge", line, &["[Telegram] John: Hello!"]);

    let enable = |is_on: bool| {
        format!(
            r#"curl -X POST http://localhost:7842/bot/telegram/enable -H "Authorization: Bearer $TOKEN" \
            -H "Content-Type: application/json" -d '{{"enabled":{is_on}}}'"#
        )
    };
    assert!(!curl(&daemon, &token, &enable(false)).at("enabled").truth());
    assert_eq!(curl(&daemon, &token, send).at("error").text(), "not_enabled");
    assert!(curl(&daemon, &token, &enable(true)).at("enabled").truth());
    let line = say(&mut http, "Bridge", "And again");
    telegram.wait_text(john, LIMIT, "And again");
    telegram.say(john, john, "Yes");
    hear(&mut http, "Bridge", line, &["[Telegram] John: Yes"]);
    // The token is in no log, and not readable in the database.
    assert!(!daemon.log_text().contains(TOKEN), "{}", daemon.log_text());
    let audit = http.get("/bot/audit", None).body;
    for action in ["telegram_setup", "telegram_enabled", "telegram_disabled", "linked"] {
        assert!(audit.contains(action), "{action}: {audit}");
    }
    // Deleted, it is forgotten.
    http.post("/bot/revoke", None, r#"{"id":1}"#).ok();
    http.post("/bot/activate", None, r#"{"id":1,"active":true}"#).ok();
    let token = http.post("/bot/token", None, r#"{"id":1}"#).ok().at("token").text();
    assert!(!curl(&daemon, &token, status).at("configured").truth());
    assert_eq!(http.get("/bot/telegram/chats", Some(&token)).ok().at("chats").list().len(), 0);
}

/// What may be called of the local network is the operator's affair: not a program's, but the owner's.
#[test]
fn a_server_at_home_is_its_owners_to_name() {
    let telegram = Telegram::start();
    telegram.bot(TOKEN);
    let john = telegram.user("John");
    telegram.say(john, john, "/start");
    let daemon = Daemon::start("[api]\nrate_limit = 0\nprivate_webhooks = \"deny\"\n");
    let mut http = daemon.http();
    let token = daemon.create_bot("Bridge", OWNER);
    let setup = |url: &str| {
        let body = format!(r#"{{"token":"{TOKEN}","chat_id":{john},"api_url":"{url}"}}"#);
        daemon.http().post("/bot/telegram/setup", Some(&token), &body)
    };
    let refused = setup(&telegram.url());
    assert!(refused.status == 400 && refused.body.contains("api_url"), "{refused:?}");
    // A name that leads there is seen through when it is called.
    let refused = setup(&format!("http://ip6-localhost:{}", telegram.port));
    assert!(refused.status >= 400, "{refused:?}");
    assert!(telegram.calls("getMe").is_empty(), "nobody was asked");
    let line = format!("/telegram setup {TOKEN} {john} {}", telegram.url());
    let set = chat(&mut http, "Bridge", &line, &["Telegram connected!"]);
    assert!(!set.contains(TOKEN), "{set}");
    telegram.say(john, john, "from home");
    hear(&mut http, "Bridge", 0, &["[Telegram] John: from home"]);
    // As it is there, it may stay there.
    setup(&telegram.url()).ok();
}

#[test]
fn the_commands_of_the_guide_work() {
    let telegram = Telegram::start();
    telegram.bot(TOKEN);
    let john = telegram.user("John");
    telegram.say(john, john, "/start");
    let family = telegram.group("Family", &[john]);
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut http = daemon.http();
    let token = daemon.create_bot("Bridge", OWNER);
    chat(&mut http, "Bridge", "/telegram", &["Telegram for Bridge: off", "/telegram setup <TOKEN> <CHAT_ID>"]);
    chat(
        &mut http,
        "Bridge",
        "/telegram setup",
        &["Step 1: Create a Telegram bot", "Step 2: Get your chat ID", "Step 3: Run: "],
    );
    chat(&mut http, "Bridge", "/telegram status", &["not set up"]);
    chat(&mut http, "Bridge", "/telegram on", &["set up"]);
    // Where the stub is; from now on the commands know it.
    let body = format!(r#"{{"token":"{TOKEN}","chat_id":{john},"mode":"forward","api_url":"{}"}}"#, telegram.url());
    http.post("/bot/telegram/setup", Some(&token), &body).ok();
    chat(&mut http, "Bridge", "/telegram mode", &["Mode: forward"]);
    let set = chat(
        &mut http,
        "Bridge",
        &format!("/telegram setup {TOKEN} {john}"),
        &["Telegram connected!", "The bridge is on."],
    );
    assert!(!set.contains(TOKEN), "{set}");
    let lines = http.get("/local/read?with=Bridge&after=0", None).body;
    assert!(!lines.contains(TOKEN) && lines.contains("/telegram setup ********"), "{lines}");
    chat(&mut http, "Bridge", "/telegram mode", &["Mode: bridge"]);
    chat(&mut http, "Bridge", "/telegram modus forward", &["Mode: forward"]);
    chat(&mut http, "Bridge", "/telegram mode bridge", &["Mode: bridge"]);
    chat(&mut http, "Bridge", "/telegram test", &["Telegram connected!", "Bot: "]);
    chat(&mut http, "Bridge", "/telegram off", &["is off"]);
    chat(&mut http, "Bridge", "/help", &["Telegram: off (@"]);
    chat(&mut http, "Bridge", "/telegram on", &["is on"]);
    chat(&mut http, "Bridge", "/info", &["Telegram: on (@"]);

    // §7.5.2: more than one chat.
    telegram.say(john, family, "Who is there?");
    let begun = Instant::now();
    while !chat(&mut http, "Bridge", "/telegram list", &["Joined chats:"]).contains(&format!("/telegram add {family}"))
    {
        assert!(begun.elapsed() < LIMIT, "the group is not offered");
        thread::sleep(Duration::from_millis(200));
    }
    chat(&mut http, "Bridge", &format!("/telegram add {family} family"), &["Joined: family"]);
    let line = say(&mut http, "Bridge", "To John");
    telegram.wait_text(john, LIMIT, "To John");
    telegram.say(john, family, "Dinner?");
    hear(&mut http, "Bridge", line, &["[TG:family] John: Dinner?"]);
    chat(&mut http, "Bridge", "/telegram send family Hello!", &["Sent to family."]);
    telegram.wait_text(family, LIMIT, "Hello!");
    chat(&mut http, "Bridge", "/telegram default family", &["family"]);
    say(&mut http, "Bridge", "To all");
    telegram.wait_text(family, LIMIT, "[Botmother] owner@local: To all");
    chat(&mut http, "Bridge", "/telegram retry", &["Nothing is in doubt."]);
    chat(&mut http, "Bridge", &format!("/telegram remove {family}"), &["not joined any more"]);
    let status = chat(&mut http, "Bridge", "/telegram status", &["Telegram: on (@", "listening"]);
    assert!(!status.contains("family"), "{status}");
    assert_eq!(telegram.texts(john).iter().filter(|text| text.contains("To all")).count(), 0);
}

/// Whoever sets it up hears that the chat could not be joined.
#[test]
fn a_link_that_fails_is_no_success() {
    let telegram = Telegram::start();
    telegram.bot(TOKEN);
    let john = telegram.user("John");
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let token = daemon.create_bot("Bridge", "nobody@example.invalid");
    let setup = format!(r#"{{"token":"{TOKEN}","chat_id":"{john}","api_url":"{}"}}"#, telegram.url());
    let answer = daemon.http().post("/bot/telegram/setup", Some(&token), &setup);
    assert_eq!(answer.status, 502, "{}", answer.body);
    assert!(answer.body.contains("nobody@example.invalid is not signed in here"), "{}", answer.body);
}
