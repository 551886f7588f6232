//! Botyard's Bot API and Admin API by curl, as programs and scripts written for it use them.

#![cfg(feature = "face-botyard")]
// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::Command;

use support::daemon::Daemon;
use support::http::Json;

/// curl with a header and a body; gives status and answer.
fn curl(daemon: &Daemon, method: &str, path: &str, key: &str, body: &str) -> (u16, String) {
    let mut curl = Command::new("curl");
    curl.args(["-s", "-S", "--noproxy", "*", "--max-time", "10", "-X", method, "-w", "\n%{http_code}"]);
    if !key.is_empty() {
        curl.arg("-H").arg(format!("Authorization: {key}"));
    }
    if !body.is_empty() {
        curl.args(["-H", "Content-Type: application/json", "-d", body]);
    }
    let output = curl.arg(format!("http://127.0.0.1:{}/v1{path}", daemon.port)).output().expect("curl runs");
    let answer = String::from_utf8(output.stdout).unwrap();
    let (body, status) = answer.rsplit_once('\n').expect("a status");
    (status.parse().unwrap(), body.to_string())
}

/// A new bot: its ULID and its key.
fn make(daemon: &Daemon, name: &str) -> (String, String) {
    let (status, made) = curl(daemon, "POST", "/admin-api/bot", "", &format!(r#"{{"name":"{name}"}}"#));
    assert_eq!(status, 201, "{made}");
    let made = Json::parse(&made);
    (made.at("bot").at("id").text(), made.at("key").text())
}

fn said(text: &str) -> String {
    format!(r#"{{"message":"{text}"}}"#)
}

#[test]
fn keys_open_their_bot_and_nothing_else() {
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let (first, key) = make(&daemon, "Test bot");
    let (second, other) = make(&daemon, "Ünö_2.0");
    assert_eq!(key.split_once(':').map(|(id, rest)| (id, rest.len())), Some((first.as_str(), 26)));
    let bot = |daemon: &Daemon, key: &str| curl(daemon, "GET", "/bot-api/bot", key, "");
    let own = format!(r#"{{"id":"{first}","name":"Test bot"}}"#);
    assert_eq!(bot(&daemon, &key), (200, own.clone()));
    assert_eq!(bot(&daemon, &other).1, format!(r#"{{"id":"{second}","name":"Ünö_2.0"}}"#));
    assert_eq!(bot(&daemon, ""), (403, said("Bot key is required.")));
    let (id, rest) = key.split_once(':').unwrap();
    let swapped = format!("{second}:{rest}");
    for bad in [id, rest, &swapped, &format!("{key}0"), &format!("{id}:")] {
        assert_eq!(bot(&daemon, bad), (403, said("Invalid bot key.")), "{bad}");
    }
    // It is in the gallery, and the key is the same after a restart.
    let (_, gallery) = curl(&daemon, "GET", "/client-api/bots", "", "");
    assert!(gallery.contains(&own), "{gallery}");
    daemon.stop();
    daemon.start_again();
    assert_eq!(bot(&daemon, &key), (200, own));
    let key_of = |daemon: &Daemon| {
        let (status, answer) = curl(daemon, "GET", &format!("/admin-api/bot/{first}/key"), "", "");
        assert_eq!(status, 200, "{answer}");
        Json::parse(&answer).at("key").text()
    };
    assert_eq!(key_of(&daemon), key);
    // A new key kills the old one.
    let (status, answer) = curl(&daemon, "PUT", &format!("/admin-api/bot/{first}/key"), "", "");
    let new = Json::parse(&answer).at("key").text();
    assert_eq!((status, bot(&daemon, &key).0, bot(&daemon, &new).0), (200, 403, 200));
    assert_eq!(key_of(&daemon), new);
    // The bot's token opens the same, and what revokes it closes the key at once.
    let list = daemon.http().get("/bot/list", None);
    let token = Json::parse(&list.body).at("bots").list()[0].at("token").text();
    assert_eq!((bot(&daemon, &token).0, bot(&daemon, &format!("Bearer {token}")).0), (200, 200));
    assert_eq!(daemon.http().get("/bot/getMe", Some(&new)).status, 200);
    assert!(!daemon.http().get("/bot/getMe", Some(&new)).body.contains("bm_"), "a key does not show the token");
    assert_eq!(daemon.http().post("/bot/revoke", None, r#"{"id":1}"#).status, 200);
    assert_eq!((bot(&daemon, &token).0, bot(&daemon, &new).0, bot(&daemon, &other).0), (403, 403, 200));
    // A bot that is gone takes all of it along.
    assert_eq!(curl(&daemon, "DELETE", &format!("/admin-api/bot/{second}"), "", ""), (200, said("Bot deleted.")));
    assert_eq!(bot(&daemon, &other).0, 403);
    assert_eq!(curl(&daemon, "DELETE", &format!("/admin-api/bot/{second}"), "", "").0, 404);
    assert_eq!(curl(&daemon, "GET", &format!("/admin-api/bot/{second}/key"), "", ""), (404, said("Bot not found.")));
    let log = std::fs::read_to_string(daemon.log()).unwrap();
    assert!(!log.contains(rest) && !log.contains(&new), "a key stands in the log");
}

#[test]
fn a_bot_is_changed_by_its_program() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let (id, key) = make(&daemon, "One");
    let (_, other) = make(&daemon, "Two");
    let put = |body: &str| curl(&daemon, "PUT", "/bot-api/bot", &key, body);
    let body = r#"{"name":"New name","description":"What it does","avatar":"https://example.com/a.png"}"#;
    let all = format!(r#"{{"id":"{id}",{}"#, &body[1..]);
    assert_eq!(put(body), (200, all.clone()));
    assert_eq!(put(r#"{"name":"","description":""}"#), (200, all.clone()), "what is empty changes nothing");
    assert_eq!(put("{}"), (200, all.clone()));
    assert_eq!(put(r#"{"name":"New name"}"#), (200, all.clone()), "it may keep its name");
    for bad in [
        r#"{"name":"Two"}"#,
        r#"{"name":"a/b"}"#,
        r#"{"name":"<b>"}"#,
        r#"{"avatar":"javascript:alert(1)"}"#,
        r#"{"avatar":"data:image/svg+xml,x"}"#,
        &format!(r#"{{"name":"{}"}}"#, "x".repeat(33)),
        &format!(r#"{{"description":"{}"}}"#, "x".repeat(513)),
        "[]",
        "{",
    ] {
        assert_eq!(put(bad).0, 400, "{bad}");
    }
    assert_eq!(curl(&daemon, "GET", "/bot-api/bot", &key, "").1, all);

    let commands = |key: &str| curl(&daemon, "GET", "/bot-api/bot/commands", key, "").1;
    let add = |key: &str, body: &str| curl(&daemon, "POST", "/bot-api/bot/commands", key, body);
    assert_eq!(commands(&key), "[]");
    let two = r#"[{"alias":"start","description":"Begin"},{"alias":"help"}]"#;
    assert_eq!(add(&key, two), (201, said("Commands added.")));
    assert_eq!(add(&key, r#"[{"alias":"help","description":"Show"}]"#).0, 201);
    assert_eq!(add(&other, r#"[{"alias":"start"}]"#).0, 201);
    let ids: Vec<String> = commands(&key).split("\"id\":\"").skip(1).map(|rest| rest[..26].to_string()).collect();
    let (start, help) = (&ids[0], &ids[1]);
    let second = format!(r#"{{"id":"{help}","alias":"help","description":"Show"}}"#);
    assert_eq!(commands(&key), format!(r#"[{{"id":"{start}","alias":"start","description":"Begin"}},{second}]"#));
    for bad in [r#"[{"alias":"Ü"}]"#, r#"[{"alias":""}]"#, r#"[{}]"#, "{}", r#"[{"alias":"/start"}]"#] {
        assert_eq!(add(&key, bad).0, 400, "{bad}");
    }
    let remove = |key: &str, id: &str| curl(&daemon, "DELETE", &format!("/bot-api/bot/command/{id}"), key, "");
    assert_eq!(remove(&other, start), (403, said("Access denied.")));
    assert_eq!(remove(&key, start), (200, said("Command removed.")));
    assert_eq!(remove(&key, start).0, 404);
    assert_eq!(commands(&key), format!("[{second}]"));

    let hook = |method: &str, body: &str| curl(&daemon, method, "/bot-api/bot/webhook", &key, body);
    assert_eq!(hook("GET", ""), (404, said("Webhook not found.")));
    for bad in [r#"{"url":"ftp://a"}"#, "{}", r#"{"url":"http://127.0.0.1:9/","secret":"a\nb"}"#] {
        assert_eq!(hook("POST", bad).0, 400, "{bad}");
    }
    let set = r#"{"url":"http://127.0.0.1:9/hook","secret":"s3cret"}"#;
    let shown = format!(r#"{{"botId":"{id}",{}"#, &set[1..]);
    assert_eq!(hook("POST", set), (200, shown.clone()));
    assert_eq!(hook("GET", ""), (200, shown));
    assert_eq!(
        hook("POST", r#"{"url":"http://127.0.0.1:9/"}"#).1,
        format!(r#"{{"botId":"{id}","url":"http://127.0.0.1:9/"}}"#)
    );
    assert_eq!(hook("DELETE", ""), (200, said("Webhook deleted.")));
    assert_eq!(hook("GET", "").0, 404);
}

#[test]
fn managers_are_who_has_the_admin_token() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\nadmin = \"token\"\n");
    let token = std::fs::read_to_string(daemon.dir.join("data/admin.token")).unwrap();
    let make = |key: &str, body: &str| curl(&daemon, "POST", "/admin-api/bot", key, body);
    for bad in ["", "x", "Bearer x"] {
        assert_eq!(make(bad, r#"{"name":"A"}"#), (403, said("Access denied.")), "{bad}");
    }
    assert_eq!(make(token.trim(), r#"{"name":"A"}"#).0, 201);
    assert_eq!(make(token.trim(), r#"{"name":"a"}"#).0, 400, "names are unique");
    assert_eq!(make(token.trim(), "{}").0, 400);
    assert_eq!(curl(&daemon, "PUT", "/admin-api/config", "", "").0, 403);
    assert_eq!(curl(&daemon, "PUT", "/admin-api/config", token.trim(), ""), (200, said("Config reloaded.")));
    let begun = std::time::Instant::now();
    while !std::fs::read_to_string(daemon.log()).unwrap().contains("was read again") {
        assert!(begun.elapsed().as_secs() < 10, "it is not read anew");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
