//! Botyard's Bot API and Admin API by curl, as programs and scripts written for it use them.

#![cfg(feature = "face-botyard")]
// Outside of #[test] functions, clippy does not know that this is a test.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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
fn the_apis_describe_themselves() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    for (path, names) in [
        ("/openapi.json", ["\"/bot/sendMessage\"", "\"/health\""]),
        ("/v1/openapi.json", ["\"/v1/bot-api/chat/message/{id}\"", "\"/v1/admin-api/config\""]),
    ] {
        let told = daemon.http().get(path, None);
        let document = Json::parse(&told.body);
        assert_eq!((told.status, document.at("openapi").text()), (200, "3.1.0".to_string()));
        assert!(names.iter().all(|name| told.body.contains(name)), "{}", told.body);
        assert_eq!(daemon.http().post(path, None, "{}").status, 405);
    }
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

/// Somebody with a browser: the cookie, and his ULID.
fn person(daemon: &Daemon, nickname: &str) -> (String, String) {
    let (head, body) = with_cookie(daemon, "POST", "/client-api/user", "", &format!(r#"{{"nickname":"{nickname}"}}"#));
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    (cookie.split(';').next().unwrap().to_string(), Json::parse(&body).at("id").text())
}

fn with_cookie(daemon: &Daemon, method: &str, path: &str, cookie: &str, body: &str) -> (String, String) {
    let mut curl = Command::new("curl");
    curl.args(["-s", "-S", "-i", "--noproxy", "*", "--max-time", "10", "-X", method, "-b", cookie]);
    if let Some(form) = body.strip_prefix("file=") {
        curl.arg("-F").arg(format!("file={form}"));
    } else if !body.is_empty() {
        curl.args(["-H", "Content-Type: application/json", "-d", body]);
    }
    let output = curl.arg(format!("http://127.0.0.1:{}/v1{path}", daemon.port)).output().expect("curl runs");
    let answer = String::from_utf8(output.stdout).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.replace("Set-Cookie", "set-cookie"), body.to_string())
}

fn id_of(answer: &str) -> String {
    Json::parse(answer).at("id").text()
}

struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_program_for_botyard_answers_in_the_browser() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let (bot, key) = make(&daemon, "Echo");
    let port = support::port::Port::claim();
    let hook = format!(r#"{{"url":"http://127.0.0.1:{}/","secret":"s3cret"}}"#, port.number);
    assert_eq!(curl(&daemon, "POST", "/bot-api/bot/webhook", &key, &hook).0, 200);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/botyard/echo.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(program).env("API", format!("http://127.0.0.1:{}", daemon.port)).env("KEY", &key);
    command.env("PORT", port.number.to_string()).env("SECRET", "s3cret").env("PATIENCE", "30").stdout(Stdio::piped());
    let mut running = Running(command.spawn().expect("python3 runs"));
    let (cookie, user) = person(&daemon, "anna");
    let (_, chat) = with_cookie(&daemon, "POST", "/client-api/chat", &cookie, &format!(r#"{{"botId":"{bot}"}}"#));
    let chat = id_of(&chat);
    let mut heard = BufReader::new(running.0.stdout.take().unwrap());
    for (said, answer) in [("/start", "Hi! Write something."), ("/ping", "pong"), ("hé <b>", "You said: hé <b>")] {
        let body = format!(r#"{{"chatId":"{chat}","body":"{said}"}}"#);
        let (head, message) = with_cookie(&daemon, "POST", "/client-api/chat/message", &cookie, &body);
        assert!(head.starts_with("HTTP/1.1 201"), "{head} {message}");
        let mut line = String::new();
        heard.read_line(&mut line).unwrap();
        // What is posted is what the page got, member by member.
        let (posted, shown) = (Json::parse(&line), Json::parse(&message));
        for member in ["id", "chatId", "senderId", "body"] {
            assert_eq!(posted.at(member).text(), shown.at(member).text());
        }
        assert_eq!(posted.at("timestamp").number(), shown.at("timestamp").number());
        assert_eq!((posted.at("senderId").text(), posted.at("body").text()), (user.clone(), said.to_string()));
        let begun = Instant::now();
        loop {
            let path = format!("/client-api/chat/{chat}/messages?limit=1&sender_id={bot}");
            let (_, page) = with_cookie(&daemon, "GET", &path, &cookie, "");
            let last = Json::parse(&page).at("messages").list();
            if last.first().is_some_and(|message| message.at("body").text() == answer) {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "no answer: {page}\n{}", daemon.log_text());
            thread::sleep(Duration::from_millis(20));
        }
    }
    // The program sees its chats and what is in them, and no other bot's.
    let (_, other) = make(&daemon, "Other");
    let chats = |key: &str| curl(&daemon, "GET", &format!("/bot-api/chats?user_id={user}"), key, "");
    assert_eq!(chats(&key).1, format!(r#"[{{"id":"{chat}","userId":"{user}","botId":"{bot}"}}]"#));
    assert_eq!(chats(&other), (200, "[]".to_string()));
    assert_eq!(curl(&daemon, "GET", "/bot-api/chats", &key, "").0, 400);
    let (status, page) = curl(&daemon, "GET", &format!("/bot-api/chat/{chat}/messages?page=1&limit=2"), &key, "");
    let page = Json::parse(&page);
    assert_eq!((status, page.at("total").number(), page.at("messages").list().len()), (200, 6, 2));
    assert_eq!(page.at("messages").list()[1].at("body").text(), "You said: hé <b>", "oldest first");
    let last = page.at("messages").list()[0].at("id").text();
    let message = |key: &str| curl(&daemon, "GET", &format!("/bot-api/chat/message/{last}"), key, "");
    assert_eq!((message(&key).0, message(&other)), (200, (404, said("Message not found."))));
    assert_eq!(curl(&daemon, "GET", &format!("/bot-api/chat/{chat}/messages"), &other, "").0, 403);
    let body = format!(r#"{{"chatId":"{chat}","body":"not mine"}}"#);
    assert_eq!(curl(&daemon, "POST", "/bot-api/chat/message", &other, &body).0, 403);
    assert_eq!(curl(&daemon, "POST", "/bot-api/chat/message", &key, r#"{"chatId":"x","body":"a"}"#).0, 404);
    assert_eq!(curl(&daemon, "POST", "/bot-api/chat/message", &key, &body.replace("not mine", "")).0, 400);
}

#[test]
fn a_program_that_is_away_is_tried_three_times() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let (bot, key) = make(&daemon, "Away");
    let port = support::port::Port::claim();
    let hook = format!(r#"{{"url":"http://127.0.0.1:{}/"}}"#, port.number);
    assert_eq!(curl(&daemon, "POST", "/bot-api/bot/webhook", &key, &hook).0, 200);
    let (cookie, _) = person(&daemon, "ben");
    let (_, chat) = with_cookie(&daemon, "POST", "/client-api/chat", &cookie, &format!(r#"{{"botId":"{bot}"}}"#));
    let body = format!(r#"{{"chatId":"{}","body":"hello"}}"#, id_of(&chat));
    with_cookie(&daemon, "POST", "/client-api/chat/message", &cookie, &body);
    let begun = Instant::now();
    loop {
        let info = daemon.http().get("/bot/getWebhookInfo", Some(&key)).body;
        if info.contains("given up after 3 attempts") && info.contains(r#""pending_update_count":0"#) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{info}\n{}", daemon.log_text());
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn files_are_attached_by_whoever_sent_them() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let (bot, key) = make(&daemon, "Files");
    let (anna, _) = person(&daemon, "anna");
    let (ben, _) = person(&daemon, "ben");
    let new_chat = |cookie: &str| {
        id_of(&with_cookie(&daemon, "POST", "/client-api/chat", cookie, &format!(r#"{{"botId":"{bot}"}}"#)).1)
    };
    let (annas, bens) = (new_chat(&anna), new_chat(&ben));
    let (head, sent) =
        with_cookie(&daemon, "POST", "/client-api/files", &anna, "file=hello;type=text/plain;filename=a.txt");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("set-cookie: token="), "{head} {sent}");
    let file = Json::parse(&sent).list()[0].clone();
    let say = |cookie: &str, chat: &str, file: &str| {
        let body = format!(r#"{{"chatId":"{chat}","body":"","attachmentIds":["{file}"]}}"#);
        with_cookie(&daemon, "POST", "/client-api/chat/message", cookie, &body)
    };
    let id = file.at("id").text();
    assert!(say(&ben, &bens, &id).0.starts_with("HTTP/1.1 400"), "it is not his");
    assert!(say(&ben, &annas, &id).0.starts_with("HTTP/1.1 403"));
    assert!(with_cookie(&daemon, "POST", "/client-api/files", "", "file=x").0.starts_with("HTTP/1.1 401"));
    let (head, message) = say(&anna, &annas, &id);
    assert!(head.starts_with("HTTP/1.1 201"), "{head} {message}");
    let shown = Json::parse(&message).at("attachments").list()[0].clone();
    assert_eq!((shown.at("id").text(), shown.at("name").text()), (id.clone(), "a.txt".to_string()));
    let message = id_of(&message);
    let (_, bare) = curl(&daemon, "GET", &format!("/bot-api/chat/message/{message}"), &key, "");
    assert!(bare.contains(&format!(r#""attachmentIds":["{id}"]"#)), "{bare}");
    // The bot's program is told of it, and can have it.
    let updates = daemon.http().get("/bot/getUpdates", Some(&key)).body;
    let update = Json::parse(&updates).at("result").list()[0].clone();
    let told = update.at("data").at("attachment");
    assert!(told.at("url").text().ends_with(&file.at("path").text()), "{updates}");
    let path = format!("/bot/getFile?file_id={}&download=1", told.at("file_id").text());
    let got = daemon.http().get(&path, Some(&key));
    assert_eq!((got.status, got.body.as_str()), (200, "hello"));
    // And sends one back, in both ways.
    let from = update.at("data").at("from").text();
    let to = from.split('/').next().unwrap();
    let mut form = Command::new("curl");
    form.args(["-s", "--noproxy", "*", "-H", &format!("Authorization: Bearer {key}"), "-F", &format!("to={to}")]);
    form.args(["-F", "file=picture;type=image/png;filename=b.png", "-F", "caption=Look"]);
    let output = form.arg(format!("http://127.0.0.1:{}/bot/sendFile", daemon.port)).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains(r#""ok":true"#), "{output:?}");
    let mut form = Command::new("curl");
    form.args(["-s", "--noproxy", "*", "-H", &format!("Authorization: {key}"), "-F", "file=more;filename=c.bin"]);
    let output = form.arg(format!("http://127.0.0.1:{}/v1/bot-api/files", daemon.port)).output().unwrap();
    let own = Json::parse(&String::from_utf8_lossy(&output.stdout)).list()[0].at("id").text();
    let body = format!(r#"{{"chatId":"{annas}","body":"Here","attachmentIds":["{own}"]}}"#);
    assert_eq!(curl(&daemon, "POST", "/bot-api/chat/message", &key, &body).0, 201);
    assert_eq!(
        curl(&daemon, "POST", "/bot-api/chat/message", &key, &body.replace(&own, &id)).0,
        400,
        "Anna's, not its own"
    );
    let (_, page) = with_cookie(&daemon, "GET", &format!("/client-api/chat/{annas}/messages"), &anna, "");
    let all = Json::parse(&page).at("messages").list();
    let names: Vec<String> = all.iter().map(|one| one.at("attachments").list()[0].at("name").text()).collect();
    assert_eq!(names, ["a.txt", "b.png", "c.bin"]);
    assert_eq!(all[1].at("body").text(), "Look");
}
