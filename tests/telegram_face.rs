//! Telegram's Bot API as a face, asked as programs and curl ask it: in the built-in chat, with a person on a real Prosody, and
//! in a room there. tests/telegram_clients.rs runs real client libraries over it.
#![cfg(feature = "face-telegram")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::{Http, Json};
use support::peer::Peer;
use support::server::{Kind, Options, Server};
use support::stub::Stub;

const LIMIT: Duration = Duration::from_secs(20);
const QUIET: &str = "[api]\nrate_limit = 0\n";

/// A bot's program, as one written for Telegram.
struct Program {
    base: String,
    token: String,
    http: Http,
    offset: i64,
}

impl Program {
    fn new(daemon: &Daemon, owner: &str) -> Program {
        Program::of(daemon, daemon.create_bot("Parrot", owner))
    }

    fn of(daemon: &Daemon, token: String) -> Program {
        let mut http = daemon.http();
        let me = http.get(&format!("/bot{token}/getMe"), None).ok().at("result");
        assert!(me.at("is_bot").truth(), "{me:?}");
        let base = format!("/bot{}:{token}", me.at("id").number());
        Program { base, token, http, offset: 0 }
    }

    /// A call with JSON: status and answer.
    fn call(&mut self, method: &str, json: &str) -> (u16, Json) {
        let answer = self.http.post(&format!("{}/{method}", self.base), None, json);
        (answer.status, Json::parse(&answer.body))
    }

    /// The result of a call that must be good.
    fn ok(&mut self, method: &str, json: &str) -> Json {
        let (status, answer) = self.call(method, json);
        assert!(status == 200 && answer.at("ok").truth(), "{method}: {status} {answer:?}");
        answer.at("result")
    }

    /// Why a call was refused.
    fn refused(&mut self, method: &str, json: &str) -> (u16, String) {
        let (status, answer) = self.call(method, json);
        assert!(!answer.at("ok").truth(), "{method}: {answer:?}");
        assert_eq!(answer.at("error_code").number(), i64::from(status), "{method}: {answer:?}");
        (status, answer.at("description").text())
    }

    /// The next update, acknowledged with the question after it.
    fn update(&mut self, kind: &str) -> Json {
        let body = format!(r#"{{"offset":{},"timeout":20,"limit":1}}"#, self.offset);
        let all = self.ok("getUpdates", &body).list();
        let update = all.first().unwrap_or_else(|| panic!("no {kind} came"));
        self.offset = update.at("update_id").number() + 1;
        assert!(update.has(kind), "{update:?} is no {kind}");
        update.at(kind)
    }
}

fn say(daemon: &Daemon, text: &str) {
    let body = format!(r#"{{"to":"Parrot","text":"{text}"}}"#);
    daemon.http().post("/local/say", None, &body).ok();
}

fn lines(daemon: &Daemon) -> Vec<String> {
    let all = daemon.http().get("/local/read?with=Parrot&after=0", None).ok().at("result").list();
    all.iter().map(|line| line.at("text").text()).collect()
}

#[test]
fn a_program_talks_with_the_owner() {
    let daemon = Daemon::start(QUIET);
    let mut bot = Program::new(&daemon, "owner@local");
    say(&daemon, "/begin now *please*");
    let message = bot.update("message");
    let chat = message.at("chat");
    let number = chat.at("id").number();
    assert!(number > 1_000_000_000_000 && number < 1 << 40, "{number}");
    assert_eq!((chat.at("type").text(), chat.at("first_name").text()), ("private".into(), "owner".into()));
    assert_eq!(message.at("from").at("id").number(), number);
    assert_eq!(message.at("text").text(), "/begin now please");
    let kinds: Vec<String> = message.at("entities").list().iter().map(|entity| entity.at("type").text()).collect();
    assert_eq!(kinds, ["bot_command", "bold"]);
    let first = message.at("message_id").number();
    assert!(first > 0 && first < 1 << 31, "{first}");

    // By number, by address, by name; JSON, form, query.
    let sent = bot.ok("sendMessage", &format!(r#"{{"chat_id":{number},"text":"<b>ü</b> 👍","parse_mode":"HTML"}}"#));
    assert_eq!((sent.at("text").text(), sent.at("chat").at("id").number()), ("ü 👍".into(), number));
    assert_eq!(sent.at("entities").list()[0].at("type").text(), "bold");
    assert!(sent.at("from").at("is_bot").truth() && sent.at("date").number() > 1_000_000_000);
    assert!(sent.at("message_id").number() > first);
    bot.ok("SENDMESSAGE", r#"{"chat_id":"owner@local","text":"by address"}"#);
    bot.ok("sendmessage", r#"{"chat_id":"@owner","text":"by name"}"#);
    let form = format!("chat_id={number}&text=a+form%21&reply_parameters=%7B%22message_id%22%3A{first}%7D");
    let head = format!(
        "POST {}/sendMessage HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        bot.base,
        form.len()
    );
    bot.http.raw(head.as_bytes()).ok();
    let query = format!("/bot{}/sendMessage?chat_id={number}&text=a%20query", bot.token);
    bot.http.get(&query, None).ok();
    assert_eq!(lines(&daemon)[1..], ["*ü* 👍", "by address", "by name", "a form!", "a query"]);

    // Telegram's words where it refuses.
    for (method, body, status, words) in [
        ("sendMessage", r#"{"chat_id":123456789012,"text":"x"}"#, 400, "Bad Request: "),
        ("sendMessage", r#"{"chat_id":1000000000999,"text":"x"}"#, 400, "Bad Request: chat not found"),
        ("sendMessage", r#"{"chat_id":-1500000000999,"text":"x"}"#, 400, "Bad Request: chat not found"),
        ("sendMessage", r#"{"chat_id":"@nobody","text":"x"}"#, 400, "Bad Request: chat not found"),
        ("sendMessage", r#"{"chat_id":"@owner"}"#, 400, "Bad Request: message text is empty"),
        ("sendMessage", r#"{"text":"x"}"#, 400, "Bad Request: chat_id must be there: chat_id is empty"),
        (
            "sendMessage",
            r#"{"chat_id":"@owner","text":"<b>x","parse_mode":"HTML"}"#,
            400,
            "Bad Request: can't parse entities",
        ),
        (
            "sendMessage",
            r#"{"chat_id":"@owner","text":"x","reply_to_message_id":9}"#,
            400,
            "Bad Request: message to be replied not found",
        ),
        (
            "editMessageText",
            r#"{"chat_id":"@owner","message_id":7,"text":"x"}"#,
            400,
            "Bad Request: message to edit not found",
        ),
        ("deleteMessage", r#"{"chat_id":"@owner","message_id":7}"#, 400, "Bad Request: message to delete not found"),
        ("sendInvoice", "{}", 400, "Bad Request: there are no payments"),
        ("sendNothing", "{}", 404, "Not Found: method not found"),
    ] {
        let (found, description) = bot.refused(method, body);
        assert!(found == status && description.starts_with(words), "{method} {body}: {found} {description}");
    }
    let reply =
        r#"{"chat_id":"@owner","text":"still","reply_parameters":{"message_id":9,"allow_sending_without_reply":true}}"#;
    bot.ok("sendMessage", reply);
    // A number that another bot was told is none of this one's.
    let mut other = Program::of(&daemon, daemon.create_bot("Other", "owner@local"));
    let body = format!(r#"{{"chat_id":{number},"text":"x"}}"#);
    assert_eq!(other.refused("sendMessage", &body), (400, "Bad Request: chat not found".to_string()));
    let log = daemon.log_text();
    assert!(!log.contains(&bot.token), "the token is in the log");
}

#[test]
fn offsets_are_telegrams() {
    let daemon = Daemon::start(QUIET);
    let mut bot = Program::new(&daemon, "owner@local");
    for text in ["one", "two", "three", "four"] {
        say(&daemon, text);
    }
    let texts = |all: &Json| all.list().iter().map(|one| one.at("message").at("text").text()).collect::<Vec<_>>();
    let all = bot.ok("getUpdates", "{}");
    assert_eq!(texts(&all), ["one", "two", "three", "four"]);
    let ids: Vec<i64> = all.list().iter().map(|one| one.at("update_id").number()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(texts(&bot.ok("getUpdates", "{}")), ["one", "two", "three", "four"], "nothing was confirmed");
    assert_eq!(texts(&bot.ok("getUpdates", &format!(r#"{{"offset":{}}}"#, ids[1]))), ["two", "three", "four"]);
    let far = format!(r#"{{"offset":{},"limit":1}}"#, ids[3] + 500);
    assert_eq!(texts(&bot.ok("getUpdates", &far)), ["two"], "an offset of another server confirms nothing");
    assert_eq!(texts(&bot.ok("getUpdates", r#"{"offset":-1}"#)), ["four"]);
    assert_eq!(texts(&bot.ok("getUpdates", "{}")), ["four"], "what was before is gone");
    assert_eq!(texts(&bot.ok("getUpdates", &format!(r#"{{"offset":{}}}"#, ids[3] + 1))), [""; 0]);

    // Kinds that are not wanted are passed over, and the choice is kept.
    assert_eq!(bot.ok("getUpdates", r#"{"allowed_updates":["callback_query"]}"#).list().len(), 0);
    say(&daemon, "unheard");
    assert_eq!(bot.ok("getUpdates", "{}").list().len(), 0);
    assert_eq!(bot.ok("getUpdates", r#"{"allowed_updates":"[]"}"#).list().len(), 0);
    say(&daemon, "heard");
    assert_eq!(texts(&bot.ok("getUpdates", r#"{"timeout":1}"#)), ["heard"]);

    // Of two that wait the older one goes, with Telegram's words.
    let offset = bot.ok("getUpdates", "{}").list()[0].at("update_id").number() + 1;
    let (path, mut http) = (format!("{}/getUpdates?timeout=20&offset={offset}", bot.base), daemon.http());
    let older = thread::spawn(move || http.get(&path, None));
    thread::sleep(Duration::from_millis(300));
    let path = format!("{}/getUpdates?timeout=20&offset={offset}", bot.base);
    let mut http = daemon.http();
    let newer = thread::spawn(move || http.get(&path, None));
    let older = older.join().unwrap();
    assert!(older.status == 409 && older.body.contains("terminated by other getUpdates request"), "{older:?}");
    let begun = Instant::now();
    say(&daemon, "at last");
    let newer = newer.join().unwrap();
    assert!(newer.body.contains("at last") && begun.elapsed() < LIMIT / 2, "{newer:?}");
}

#[test]
fn strangers_are_not_let_in() {
    let daemon = Daemon::start("");
    let token = daemon.create_bot("Parrot", "owner@local");
    let mut http = daemon.http();
    let me = http.get(&format!("/bot{token}/getMe"), None).ok().at("result");
    let id = me.at("id").number();
    for (path, status, words) in [
        (
            format!("/bot{id}:bm_{}/getMe", "A".repeat(32)),
            401,
            r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#,
        ),
        (format!("/botbm_{}/sendNothing", "A".repeat(32)), 401, "Unauthorized"),
        (format!("/bot{}:{token}/getMe", id + 1), 401, "Unauthorized"),
        (format!("/bot{id}:/getMe"), 404, r#"{"ok":false,"error_code":404,"description":"Not Found"}"#),
        (format!("/file/botbm_{}/x", "A".repeat(32)), 401, "Unauthorized"),
        ("/bot/getMe".to_string(), 401, "\"error\":\"unauthorized\""),
    ] {
        let answer = http.get(&path, None);
        assert!(answer.status == status && answer.body.contains(words), "{path}: {answer:?}");
    }
    // A token that may read only.
    let body = format!(r#"{{"id":{id},"scopes":["read"]}}"#);
    let narrow = daemon.http().post("/bot/tokens/create", None, &body).ok().at("token").text();
    http.get(&format!("/bot{id}:{narrow}/getUpdates"), None).ok();
    let answer = http.post(&format!("/bot{id}:{narrow}/sendMessage"), None, r#"{"chat_id":"@owner","text":"x"}"#);
    assert!(answer.status == 403 && answer.body.contains("lacks the scope"), "{answer:?}");
    // Guesses are slowed down.
    let busy = (0..60).map(|n| http.get(&format!("/bot1:bm_{n:032}/getMe"), None)).find(|answer| answer.status == 429);
    let busy = busy.expect("429 for whoever guesses on");
    assert!(
        busy.body.contains(r#""parameters":{"retry_after":"#) && busy.body.contains("Too Many Requests: retry after")
    );
    assert!(!daemon.log_text().contains(&token), "the token is in the log");
}

/// A page in a browser on this machine, which knows a token: its own name may lead here (DNS rebinding).
#[test]
fn pages_are_kept_out() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\ntrusted_proxies = [\"127.0.0.7\"]\n");
    let token = daemon.create_bot("Parrot", "owner@local");
    let ask = |host: &str, more: &str, rest: &str| {
        let request = format!("GET /bot{token}/{rest} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n");
        let answer = daemon.http().raw(request.as_bytes());
        assert!(!answer.body.contains(&token), "{answer:?}");
        answer
    };
    for host in ["localhost:7842", "127.0.0.1", "[::1]:1", "bots", "host.docker.internal"] {
        assert_eq!(ask(host, "", "getMe").status, 200, "{host}");
    }
    let own = "Origin: http://localhost:7842\r\n";
    assert_eq!(ask("localhost:7842", own, "getMe").status, 200);
    for (host, more) in [
        ("evil.example:7842", ""),
        ("evil.example:7842", "Origin: http://evil.example:7842\r\n"),
        ("evil.example", "X-Forwarded-For: 192.0.2.1\r\n"),
        ("evil.example", "X-Trusted-Proxy: yes\r\n"),
        ("localhost:7842", "Origin: https://evil.example\r\n"),
        ("localhost:7842", "Origin: null\r\n"),
    ] {
        for rest in ["getMe", "sendMessage?chat_id=owner@local&text=x", "getFile?file_id=x", "nothing"] {
            let answer = ask(host, more, rest);
            let is_refused = answer.status == 403 && answer.body.contains(r#""error_code":403"#);
            assert!(is_refused, "{host} {more} {rest}: {answer:?}");
        }
    }
    assert_eq!(lines(&daemon), [""; 0]);
}

/// The token stands in the path: nothing that is written down or answered has it.
#[test]
fn the_token_is_told_nowhere() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\nprivate_webhooks = \"allow\"\n");
    let mut bot = Program::new(&daemon, "owner@local");
    let (base, token) = (bot.base.clone(), bot.token.clone());
    let (number, wrong) = (&base[4..base.find(':').unwrap()], format!("bm_{}", "A".repeat(32)));
    let sent = bot.ok("sendMessage", r#"{"chat_id":"owner@local","text":"x"}"#).at("message_id").number();
    let stub = Stub::new(|socket, _| {
        use std::io::Write;
        let _ = socket.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    });
    // Programs put their token into the webhook's address, too.
    bot.ok("setWebhook", &format!(r#"{{"url":"{}","secret_token":"s3cret_-"}}"#, stub.url(&format!("/{token}"))));
    say(&daemon, "posted in vain");
    let begun = Instant::now();
    while stub.requests.lock().unwrap().is_empty() {
        assert!(begun.elapsed() < LIMIT);
        thread::sleep(Duration::from_millis(50));
    }
    assert!(!bot.ok("getWebhookInfo", "{}").has("secret_token"));
    bot.ok("deleteWebhook", "{}");
    let form = "Content-Type: multipart/form-data; boundary=x\r\n";
    let large = format!("{}{}", "Content-Length: 40000000\r\n", form);
    for (method, path, head, body) in [
        ("GET", format!("{base}/sendMessage"), "", ""),
        ("POST", format!("{base}/sendMessage"), "Content-Length: 7\r\n", "{\"a\":7,"),
        ("POST", format!("{base}/sendPhoto"), &format!("Content-Length: 9\r\n{form}"), "--x\r\n\r\n--"),
        ("POST", format!("{base}/sendPhoto"), &large, ""),
        ("POST", format!("{base}/sendMessage"), "Content-Length: 999999\r\n", ""),
        ("POST", format!("{base}/sendNothing"), "Content-Length: 0\r\n", ""),
        ("PUT", format!("{base}/sendMessage"), "Content-Length: 0\r\n", ""),
        ("POST", format!("/bot{number}:{wrong}/sendPhoto"), &large, ""),
        ("GET", format!("/file{base}/none/x.png"), "", ""),
        ("GET", format!("/file{base}/../../etc/passwd"), "", ""),
        ("GET", format!("/bot{token}"), "", ""),
        ("GET", format!("/bot{token}{}/getMe", "x".repeat(400)), "", ""),
        ("GET", format!("/bot{token}%zz/getMe"), "", ""),
        ("GET", format!("{base}/getMe?{}", "x".repeat(9_000)), "", ""),
    ] {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n{body}");
        let answer = daemon.http().raw(request.as_bytes());
        assert!(answer.status >= 400, "{path}: {answer:?}");
        for secret in [&token, &wrong] {
            assert!(!answer.body.contains(secret), "{path}: {answer:?}");
        }
    }
    let mut http = daemon.http();
    let why = http.get(&format!("/bot/why?message_id=local-{sent}"), Some(&token)).body;
    let told = [daemon.log_text(), http.get("/metrics", None).body, http.get("/bot/audit?limit=100", None).body, why];
    for text in told {
        for secret in [&token, &wrong, "s3cret_-"] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[test]
fn the_bot_says_what_it_is() {
    let daemon = Daemon::start(QUIET);
    let mut bot = Program::new(&daemon, "owner@local");
    let me = bot.ok("getMe", "");
    assert_eq!((me.at("first_name").text(), me.at("username").text()), ("Parrot".into(), "Parrot".into()));
    let commands = r#"[{"command":"start","description":"Begin"},{"command":"help","description":"Help"}]"#;
    bot.ok("setMyCommands", &format!(r#"{{"commands":{commands}}}"#));
    let admins = r#""scope":{"type":"chat","chat_id":7}"#;
    bot.ok("setMyCommands", &format!(r#"{{"commands":[{{"command":"ban","description":"x"}}],{admins}}}"#));
    assert_eq!(bot.ok("getMyCommands", "{}").list().len(), 2);
    assert_eq!(bot.ok("getMyCommands", &format!("{{{admins}}}")).list().len(), 0);
    bot.ok("deleteMyCommands", "{}");
    assert_eq!(bot.ok("getMyCommands", "{}").list().len(), 0);
    bot.ok("setMyName", r#"{"name":"Polly"}"#);
    bot.ok("setMyDescription", r#"{"description":"Says it again"}"#);
    assert_eq!(bot.ok("getMyName", "").at("name").text(), "Polly");
    assert_eq!(bot.ok("getMyDescription", "").at("description").text(), "Says it again");
    assert_eq!(bot.ok("getMyShortDescription", "").at("short_description").text(), "Says it again");
    let chat = bot.ok("getChat", r#"{"chat_id":"owner@local"}"#);
    assert_eq!((chat.at("type").text(), chat.at("bio").text()), ("private".into(), "owner@local".into()));
    let number = chat.at("id").number();
    let member = bot.ok("getChatMember", &format!(r#"{{"chat_id":{number},"user_id":{number}}}"#));
    assert_eq!((member.at("status").text(), member.at("user").at("id").number()), ("member".into(), number));
    let own = bot.ok("getMe", "").at("id").number();
    let member = bot.ok("getChatMember", &format!(r#"{{"chat_id":{number},"user_id":{own}}}"#));
    assert!(member.at("user").at("is_bot").truth());
    assert_eq!(bot.ok("getUserProfilePhotos", &format!(r#"{{"user_id":{number}}}"#)).at("total_count").number(), 0);
    for method in ["logOut", "close", "deleteWebhook"] {
        assert!(bot.ok(method, "{}").truth());
    }
    for (method, body, text) in [
        ("sendLocation", r#"{"chat_id":"@owner","latitude":52.5,"longitude":"13.25"}"#, "geo:52.5,13.25"),
        (
            "sendContact",
            r#"{"chat_id":"@owner","phone_number":"+49 30 1","first_name":"A","last_name":"B"}"#,
            "A B\ntel:+49301",
        ),
        ("sendPoll", r#"{"chat_id":"@owner","question":"Q?","options":["a",{"text":"b"}]}"#, "refused"),
        ("sendPoll", r#"{"chat_id":"@owner","question":"Q?","options":[{"text":"a"},{"text":"b"}]}"#, "Q?\n1. a\n2. b"),
        ("sendChatAction", r#"{"chat_id":"@owner","action":"upload_photo"}"#, ""),
        ("sendMessageDraft", r#"{"chat_id":"@owner","draft_id":1,"text":"x"}"#, ""),
    ] {
        if text == "refused" {
            assert_eq!(bot.refused(method, body).0, 400);
            continue;
        }
        let result = bot.ok(method, body);
        assert!(text.is_empty() || result.at("text").text() == text, "{result:?}");
    }
    let dice = bot.ok("sendDice", r#"{"chat_id":"@owner"}"#);
    assert!((1..=6).contains(&dice.at("dice").at("value").number()), "{dice:?}");
}

const CHOICE: &str = r#""reply_markup":{"inline_keyboard":[[{"text":"Tea","callback_data":"t"},{"text":"Coffee","callback_data":"c"}]]}"#;

/// A press, and what a program does then: it answers, and the message says something else without buttons.
fn chooses(bot: &mut Program, message_id: i64, data: &str) -> Json {
    let press = bot.update("callback_query");
    assert_eq!((press.at("data").text(), press.at("message").at("message_id").number()), (data.into(), message_id));
    let id = press.at("id").text();
    assert!(bot.ok("answerCallbackQuery", &format!(r#"{{"callback_query_id":"{id}"}}"#)).truth());
    let again = bot.refused("answerCallbackQuery", &format!(r#"{{"callback_query_id":"{id}"}}"#));
    assert_eq!(again.0, 400, "{again:?}");
    let rows = press.at("message").at("reply_markup").at("inline_keyboard").list();
    assert_eq!(rows[0].list().len(), 2, "{press:?}");
    let chat = press.at("message").at("chat").at("id").number();
    let edit = format!(r#"{{"chat_id":{chat},"message_id":{message_id},"text":"You took {data}"}}"#);
    let edited = bot.ok("editMessageText", &edit);
    assert!(!edited.has("reply_markup"), "{edited:?}");
    press
}

#[test]
fn buttons_are_pressed() {
    let daemon = Daemon::start(QUIET);
    let mut bot = Program::new(&daemon, "owner@local");
    let sent = bot.ok("sendMessage", &format!(r#"{{"chat_id":"owner@local","text":"What?",{CHOICE}}}"#));
    let markup = sent.at("reply_markup").at("inline_keyboard").list();
    assert_eq!(markup[0].list()[1].at("callback_data").text(), "c", "{sent:?}");
    // The other face shows them in the history.
    let history = daemon.http().get("/bot/getHistory?chat=owner@local", Some(&bot.token)).ok().at("result");
    let buttons = history.at("messages").list().last().unwrap().at("buttons").list()[0].list();
    assert_eq!((buttons[1].at("text").text(), buttons[1].at("data").text()), ("Coffee".into(), "c".into()));
    let plain =
        bot.ok("sendMessage", r#"{"chat_id":"owner@local","text":"Well?","reply_markup":{"keyboard":[["Yes"]]}}"#);
    assert!(!plain.has("reply_markup"), "{plain:?}");
    bot.ok("sendMessage", r#"{"chat_id":"owner@local","text":"Well.","reply_markup":{"remove_keyboard":true}}"#);
    say(&daemon, "Coffee");
    let press = chooses(&mut bot, sent.at("message_id").number(), "c");
    assert_eq!(press.at("from").at("first_name").text(), "owner");
    assert_eq!(lines(&daemon).last().unwrap(), "You took c");

    let Some(mut scene) = Scene::start() else { return };
    let (jid, anna) = (scene.jid.clone(), scene.server.jid("anna"));
    let sent = scene.bot.ok("sendMessage", &format!(r#"{{"chat_id":"{anna}","text":"What?",{CHOICE}}}"#));
    let said = scene.anna.expect(LIMIT, |message| message.body.contains("Coffee"));
    scene.anna.send(&jid, "Tea");
    chooses(&mut scene.bot, sent.at("message_id").number(), "t");
    let edited = scene.anna.expect(LIMIT, |message| message.body.contains("You took t"));
    assert!(edited.xml.contains(&said.id), "{}", edited.xml);
}

struct Scene {
    server: Server,
    daemon: Daemon,
    bot: Program,
    jid: String,
    anna: Peer,
}

impl Scene {
    /// A bot with an account of its own, to whom anybody may speak, and somebody.
    fn start() -> Option<Scene> {
        let server = Server::start_with(Kind::Prosody, Options::default())?;
        for user in ["owner", "anna", "robot"] {
            server.add_user(user, "secret");
        }
        let daemon = Daemon::with_account(&server, "owner", "secret", server.c2s_port, QUIET);
        daemon.wait_online(1, LIMIT);
        let anna = Peer::login(&server, "anna", "secret", "phone");
        let (owner, robot) = (server.jid("owner"), server.jid("robot"));
        let body = format!(
            r#"{{"name":"Parrot","account":"{owner}","mode":"cloud","jid":"{robot}","password":"secret","access":"public"}}"#
        );
        let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        daemon.wait_health("bots_online", 1, LIMIT);
        let bot = Program::of(&daemon, token);
        Some(Scene { server, daemon, bot, jid: robot, anna })
    }

    /// Runs curl with a form; gives the answer.
    fn curl(&self, method: &str, fields: &[&str]) -> Json {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "60"]);
        for field in fields {
            command.args([if field.contains("=@") { "--form" } else { "--form-string" }, field]);
        }
        let output =
            command.arg(format!("http://127.0.0.1:{}{}/{method}", self.daemon.port, self.bot.base)).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        Json::parse(&text)
    }
}

#[test]
fn a_person_on_a_real_server() {
    let Some(mut scene) = Scene::start() else { return };
    let (jid, server) = (scene.jid.clone(), scene.server.jid("anna"));
    scene.anna.send(&jid, "/start");
    let message = scene.bot.update("message");
    assert_eq!(message.at("text").text(), "/start");
    let from = message.at("from");
    assert_eq!((from.at("username").text(), from.at("first_name").text()), ("anna".into(), "anna".into()));
    let number = from.at("id").number();
    let asked = message.at("message_id").number();
    scene.anna.none(Duration::from_millis(300));

    // A reply with formatting; then it says something else, and is taken back.
    let body = format!(
        r#"{{"chat_id":{number},"text":"Hi *Anna*\\!","parse_mode":"MarkdownV2","reply_parameters":{{"message_id":{asked}}}}}"#
    );
    let sent = scene.bot.ok("sendMessage", &body);
    let said = scene.anna.expect(LIMIT, |message| message.body.contains("Anna"));
    assert!(said.body.ends_with("Hi *Anna*!"), "{said:?}");
    let own = sent.at("message_id").number();
    let edited =
        scene.bot.ok("editMessageText", &format!(r#"{{"chat_id":{number},"message_id":{own},"text":"Hello"}}"#));
    assert_eq!((edited.at("message_id").number(), edited.at("text").text()), (own, "Hello".into()));
    let corrected = scene.anna.expect(LIMIT, |message| message.body == "Hello");
    assert!(
        corrected.xml.contains("urn:xmpp:message-correct:0") && corrected.xml.contains(&said.id),
        "{}",
        corrected.xml
    );

    // What she answers names the bot's message; what she corrects keeps its number.
    scene.anna.send_id(&jid, "frist", "one");
    let first = scene.bot.update("message").at("message_id").number();
    scene.anna.raw(&format!(
        "<message to='{jid}' type='chat' id='two'><body>first</body><replace id='one' xmlns='urn:xmpp:message-correct:0'/></message>"
    ));
    let edit = scene.bot.update("edited_message");
    assert_eq!((edit.at("message_id").number(), edit.at("text").text()), (first, "first".into()));
    scene.anna.raw(&format!(
        "<message to='{jid}' type='chat' id='three'><body>yes</body><reply to='{jid}' id='{}' xmlns='urn:xmpp:reply:0'/></message>",
        said.id
    ));
    let reply = scene.bot.update("message").at("reply_to_message");
    assert_eq!((reply.at("message_id").number(), reply.at("from").at("is_bot").truth()), (own, true));

    // Reactions, both ways.
    scene.bot.ok("getUpdates", r#"{"allowed_updates":["message","message_reaction"],"offset":-1}"#);
    let react = format!(r#"{{"chat_id":{number},"message_id":{first},"reaction":[{{"type":"emoji","emoji":"👍"}}]}}"#);
    assert!(scene.bot.ok("setMessageReaction", &react).truth());
    scene.anna.expect(LIMIT, |message| message.xml.contains("urn:xmpp:reactions:0") && message.xml.contains("👍"));
    scene.anna.raw(&format!(
        "<message to='{jid}' type='chat' id='four'><reactions id='{}' xmlns='urn:xmpp:reactions:0'><reaction>🎉</reaction></reactions></message>",
        said.id
    ));
    let reaction = scene.bot.update("message_reaction");
    assert_eq!(reaction.at("message_id").number(), own);
    assert_eq!(reaction.at("new_reaction").list()[0].at("emoji").text(), "🎉");
    assert!(scene.bot.ok("deleteMessage", &format!(r#"{{"chat_id":"{server}","message_id":{own}}}"#)).truth());
    scene
        .anna
        .expect(LIMIT, |message| message.xml.contains("urn:xmpp:message-retract") && message.xml.contains(&said.id));
    // Numbers outlive the daemon.
    scene.daemon.kill();
    scene.daemon.start_again();
    scene.daemon.wait_health("bots_online", 1, LIMIT);
    scene.bot.http = scene.daemon.http();
    let body = format!(r#"{{"chat_id":{number},"text":"back","reply_to_message_id":{first}}}"#);
    let sent = scene.bot.ok("sendMessage", &body);
    assert!(sent.at("message_id").number() > own);
    scene.anna.expect(LIMIT, |message| message.body.ends_with("back"));
}

#[test]
fn texts_are_passed_on_without_a_history() {
    let Some(mut scene) = Scene::start() else { return };
    let (jid, anna) = (scene.jid.clone(), scene.server.jid("anna"));
    scene.anna.send(&jid, "the *old* recipe\nof hers");
    let message = scene.bot.update("message");
    let (number, asked) = (message.at("chat").at("id").number(), message.at("message_id").number());
    // It was confirmed, so no queue has it any more.
    assert_eq!(scene.bot.ok("getUpdates", &format!(r#"{{"offset":{}}}"#, scene.bot.offset)).list().len(), 0);
    let which = format!(r#""from_chat_id":{number},"message_id":{asked}"#);
    let copied = scene.bot.ok("copyMessage", &format!(r#"{{"chat_id":"{anna}",{which}}}"#));
    scene.anna.expect(LIMIT, |message| message.body == "the *old* recipe\nof hers");
    let forwarded = scene.bot.ok("forwardMessage", &format!(r#"{{"chat_id":"{anna}",{which}}}"#));
    scene.anna.expect(LIMIT, |message| message.body == "anna\n> the *old* recipe\n> of hers");
    assert!(forwarded.at("message_id").number() > copied.at("message_id").number());
    // What she corrects is what it says, and what the bot said itself is passed on, too.
    scene.anna.send_id(&jid, "frist", "one");
    let first = scene.bot.update("message").at("message_id").number();
    scene.anna.raw(&format!(
        "<message to='{jid}' type='chat' id='two'><body>first</body><replace id='one' xmlns='urn:xmpp:message-correct:0'/></message>"
    ));
    scene.bot.update("edited_message");
    let own =
        scene.bot.ok("sendMessage", &format!(r#"{{"chat_id":{number},"text":"mine"}}"#)).at("message_id").number();
    scene.anna.expect(LIMIT, |message| message.body == "mine");
    let ids = format!(r#"{{"chat_id":{number},"from_chat_id":{number},"message_ids":[{first},{own}]}}"#);
    assert_eq!(scene.bot.ok("forwardMessages", &ids).list().len(), 2);
    scene.anna.expect(LIMIT, |message| message.body == "anna\n> first");
    scene.anna.expect(LIMIT, |message| message.body == "Parrot\n> mine");
}

#[test]
fn drafts_are_shown_while_they_are_written() {
    let Some(mut scene) = Scene::start() else { return };
    let jid = scene.jid.clone();
    scene.anna.send(&jid, "tell me a story");
    let number = scene.bot.update("message").at("chat").at("id").number();
    let draft = |text: &str| format!(r#"{{"chat_id":{number},"draft_id":5,"text":"{text}","parse_mode":"HTML"}}"#);
    assert!(scene.bot.ok("sendMessageDraft", &draft("<b>Once</b>")).truth());
    let first = scene.anna.expect(LIMIT, |message| message.body == "*Once* …");
    scene.bot.ok("sendMessageDraft", &draft("<b>Once</b> upon"));
    let second = scene.anna.expect(LIMIT, |message| message.body == "*Once* upon …");
    let replaces = format!("id=\"{}\"", first.id);
    assert!(second.xml.contains("urn:xmpp:message-correct:0") && second.xml.contains(&replaces), "{}", second.xml);
    scene.bot.ok("sendMessage", &format!(r#"{{"chat_id":{number},"text":"Once upon a time."}}"#));
    let whole = scene.anna.expect(LIMIT, |message| message.body == "Once upon a time.");
    assert!(whole.xml.contains("urn:xmpp:message-correct:0") && whole.xml.contains(&replaces), "{}", whole.xml);
    // It is over: what comes next is a message of its own.
    scene.bot.ok("sendMessage", &format!(r#"{{"chat_id":{number},"text":"The end."}}"#));
    let end = scene.anna.expect(LIMIT, |message| message.body == "The end.");
    assert!(!end.xml.contains("urn:xmpp:message-correct:0"), "{}", end.xml);
}

#[test]
fn order_is_kept_in_rooms() {
    let Some(mut scene) = Scene::start() else { return };
    scene.server.add_user("ben", "secret");
    let mut ben = Peer::login(&scene.server, "ben", "secret", "phone");
    let room = scene.server.room("den");
    let mut orders = 0;
    let mut order = |anna: &mut Peer, query: &str| {
        orders += 1;
        anna.raw(&format!("<iq type='set' to='{room}' id='order{orders}'>{query}</iq>"));
        assert_eq!(anna.expect_iq(LIMIT, &format!("order{orders}")).kind, "result", "{query}");
    };
    scene.anna.join(&room, "anna");
    let fields = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
                  <field var='muc#roomconfig_whois'><value>moderators</value></field>";
    let config = format!(
        "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>{fields}</x></query>"
    );
    order(&mut scene.anna, &config);
    let item = format!("<item affiliation='admin' jid='{}'/>", scene.jid);
    order(&mut scene.anna, &format!("<query xmlns='http://jabber.org/protocol/muc#admin'>{item}</query>"));
    let join = format!(r#"{{"room":"{room}"}}"#);
    scene.daemon.http().post("/bot/joinRoom", Some(&scene.bot.token), &join).ok();
    let chat = scene.bot.update("my_chat_member").at("chat").at("id").number();
    ben.join(&room, "ben");
    ben.send_kind(&room, "rude words", "groupchat");
    let message = scene.bot.update("message");
    assert_eq!(message.at("text").text(), "rude words");
    let who = message.at("from").at("id").number();
    let all = scene.bot.ok("getChatAdministrators", &format!(r#"{{"chat_id":{chat}}}"#)).list();
    let status = |one: &Json| (one.at("status").text(), one.at("user").at("first_name").text());
    let mut all: Vec<_> = all.iter().map(status).collect();
    all.sort();
    assert_eq!(all, [("administrator".into(), "Parrot".into()), ("creator".into(), "anna".into())]);

    // Without voice, and with it again: by number, by nick, by address.
    let restrict = |user: &str, may: bool| {
        format!(r#"{{"chat_id":{chat},"user_id":{user},"permissions":{{"can_send_messages":{may}}}}}"#)
    };
    let is_ben = |role: &'static str| {
        move |presence: &support::peer::Presence| {
            presence.from.ends_with("/ben") && presence.xml.contains(&format!("role=\"{role}\""))
        }
    };
    let address = format!("\"{}\"", scene.server.jid("ben"));
    for user in [who.to_string(), "\"ben\"".to_string(), address.clone()] {
        assert!(scene.bot.ok("restrictChatMember", &restrict(&user, false)).truth());
        scene.anna.expect_presence(LIMIT, is_ben("visitor"));
        assert!(scene.bot.ok("restrictChatMember", &restrict(&user, true)).truth());
        scene.anna.expect_presence(LIMIT, is_ben("participant"));
    }
    // Out, and in again by the number by which he was put out, though he is not there.
    let which = format!(r#"{{"chat_id":{chat},"user_id":{who}}}"#);
    assert!(scene.bot.ok("banChatMember", &which).truth());
    ben.expect_presence(LIMIT, |presence| presence.from.ends_with("/ben") && presence.xml.contains("outcast"));
    ben.presence(&format!("{room}/ben"), "");
    ben.expect_presence(LIMIT, |presence| presence.kind == "error");
    assert!(scene.bot.ok("unbanChatMember", &which).truth());
    ben.join(&room, "ben");
    let of = |user: &str| format!(r#"{{"chat_id":{chat},"user_id":{user}}}"#);
    assert!(scene.bot.ok("banChatMember", &of(&address)).truth());
    ben.expect_presence(LIMIT, |presence| presence.from.ends_with("/ben") && presence.xml.contains("outcast"));
    assert!(scene.bot.ok("unbanChatMember", &of(&address)).truth());
    // What cannot be is said.
    let (status, why) = scene.bot.refused("restrictChatMember", &restrict("\"nobody\"", false));
    assert!(status == 400 && why.contains("in the room now"), "{why}");
    let (status, why) = scene.bot.refused("banChatMember", &of("\"ben\""));
    assert!(status >= 400, "{why}");
}

#[test]
fn files_go_both_ways() {
    let Some(mut scene) = Scene::start() else { return };
    let jid = scene.jid.clone();
    scene.anna.send(&jid, "hello");
    let number = scene.bot.update("message").at("chat").at("id").number();
    let file = scene.daemon.dir.join("cat.png");
    std::fs::write(&file, b"\x89PNG\r\n\x1a\nnot much of one").unwrap();
    let (chat, photo) = (format!("chat_id={number}"), format!("photo=@{}", file.display()));
    let answer = scene.curl("sendPhoto", &[&chat, "caption=<i>a cat</i>", "parse_mode=HTML", &photo]);
    assert!(answer.at("ok").truth(), "{answer:?}");
    let sent = answer.at("result");
    assert_eq!(sent.at("caption").text(), "a cat", "{sent:?}");
    let url = scene.anna.expect(LIMIT, |message| message.body.contains("cat.png")).body;
    scene.anna.expect(LIMIT, |message| message.body == "_a cat_");
    let own = sent.at("message_id").number();
    let edit = format!(r#"{{"chat_id":{number},"message_id":{own},"caption":"two cats"}}"#);
    scene.bot.ok("editMessageCaption", &edit);
    scene.anna.expect(LIMIT, |message| message.body == "two cats");

    // By attach:// in an album, and by address.
    let media = r#"media=[{"type":"photo","media":"attach://a","caption":"one"},{"type":"document","media":"https://example.org/b.pdf"}]"#;
    let answer = scene.curl("sendMediaGroup", &[&chat, media, &format!("a=@{}", file.display())]);
    let group = answer.at("result").list();
    assert!(group.len() == 2 && group[0].at("caption").text() == "one", "{answer:?}");
    scene.anna.expect(LIMIT, |message| message.body == "https://example.org/b.pdf");

    // What she sends is found out about, fetched, and passed on.
    scene.anna.raw(&format!(
        "<message to='{jid}' type='chat' id='pic'><body>{url}</body><x xmlns='jabber:x:oob'><url>{url}</url></x></message>"
    ));
    let message = scene.bot.update("message");
    let photo = message.at("photo").list();
    let id = photo.last().unwrap_or_else(|| panic!("{message:?}")).at("file_id").text();
    assert!(!message.has("text") && !message.has("caption"), "{message:?}");
    let found = scene.bot.ok("getFile", &format!(r#"{{"file_id":"{id}"}}"#));
    let path = found.at("file_path").text();
    assert!(path.ends_with("/cat.png"), "{path}");
    let got = Command::new("curl")
        .args(["--silent", "--fail", "--max-time", "30"])
        .arg(format!("http://127.0.0.1:{}/file{}/{path}", scene.daemon.port, scene.bot.base))
        .output()
        .unwrap();
    assert_eq!(got.stdout, std::fs::read(&file).unwrap());
    scene.bot.ok("sendPhoto", &format!(r#"{{"chat_id":{number},"photo":"{id}"}}"#));
    scene.anna.expect(LIMIT, |message| message.body == url);
    let wrong = scene.bot.refused("sendPhoto", &format!(r#"{{"chat_id":{number},"photo":"attach://x"}}"#));
    assert!(wrong.0 == 400 && wrong.1.contains("attach://"), "{wrong:?}");
}

#[test]
fn rooms_have_negative_numbers() {
    let Some(mut scene) = Scene::start() else { return };
    let room = scene.server.room("den");
    scene.anna.join(&room, "anna");
    let fields = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>";
    scene.anna.raw(&format!(
        "<iq type='set' to='{room}' id='own'><query xmlns='http://jabber.org/protocol/muc#owner'>\
         <x xmlns='jabber:x:data' type='submit'>{fields}</x></query></iq>"
    ));
    assert_eq!(scene.anna.expect_iq(LIMIT, "own").kind, "result");
    let joined = scene.daemon.http().post("/bot/joinRoom", Some(&scene.bot.token), &format!(r#"{{"room":"{room}"}}"#));
    joined.ok();
    let member = scene.bot.update("my_chat_member");
    let number = member.at("chat").at("id").number();
    assert!(number < -1_500_000_000_000, "{number}");
    assert_eq!(member.at("new_chat_member").at("status").text(), "member");
    scene.anna.send_kind(&room, "hello all", "groupchat");
    let message = scene.bot.update("message");
    assert_eq!(message.at("chat").at("id").number(), number);
    assert_eq!(message.at("chat").at("type").text(), "supergroup");
    let (from, asked) = (message.at("from"), message.at("message_id").number());
    assert_eq!(from.at("first_name").text(), "anna");
    let body = format!(r#"{{"chat_id":{number},"text":"to all","reply_to_message_id":{asked}}}"#);
    let sent = scene.bot.ok("sendMessage", &body);
    scene.anna.expect(LIMIT, |message| message.kind == "groupchat" && message.body.ends_with("to all"));
    // Who made the room is its owner.
    let all = scene.bot.ok("getChatAdministrators", &format!(r#"{{"chat_id":{number}}}"#)).list();
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (all[0].at("status").text(), all[0].at("user").at("id").number()),
        ("creator".into(), from.at("id").number())
    );
    let ask = format!(r#"{{"chat_id":{number},"user_id":{}}}"#, from.at("id").number());
    assert_eq!(scene.bot.ok("getChatMember", &ask).at("status").text(), "creator");
    assert_eq!(scene.bot.ok("getChatMemberCount", &format!(r#"{{"chat_id":{number}}}"#)).number(), 2);
    // The room by its address, and one occupant by his number.
    scene.bot.ok("sendMessage", &format!(r#"{{"chat_id":"{room}","text":"again"}}"#));
    scene.anna.expect(LIMIT, |message| message.kind == "groupchat" && message.body == "again");
    scene.bot.ok("sendMessage", &format!(r#"{{"chat_id":{},"text":"to you"}}"#, from.at("id").number()));
    scene.anna.expect(LIMIT, |message| message.kind == "chat" && message.body == "to you");
    let begun = Instant::now();
    let edit = format!(r#"{{"chat_id":{number},"message_id":{},"text":"to you all"}}"#, sent.at("message_id").number());
    while scene.bot.call("editMessageText", &edit).0 != 200 {
        assert!(begun.elapsed() < LIMIT);
        thread::sleep(Duration::from_millis(100));
    }
    scene.anna.expect(LIMIT, |message| message.body == "to you all");
    assert!(scene.bot.ok("leaveChat", &format!(r#"{{"chat_id":{number}}}"#)).truth());
    assert_eq!(scene.bot.update("my_chat_member").at("new_chat_member").at("status").text(), "left");
}

#[test]
fn webhooks_are_told_as_telegram_does() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\nprivate_webhooks = \"allow\"\n");
    let mut bot = Program::new(&daemon, "owner@local");
    let stub = Stub::new(|socket, request| {
        use std::io::Write;
        let chat = request.split(r#""chat":{"id":"#).nth(1).and_then(|rest| rest.split(',').next()).unwrap_or("0");
        let body = format!(r#"{{"method":"sendMessage","chat_id":{chat},"text":"<b>echo</b>","parse_mode":"HTML"}}"#);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let _ = socket.write_all(head.as_bytes());
    });
    let url = stub.url("/hook");
    for (body, words) in [
        (r#""certificate":"x""#, "certificates of one's own"),
        (r#""ip_address":"192.0.2.1""#, "ip_address is not taken"),
        (r#""secret_token":"ü""#, "secret token contains unallowed characters"),
    ] {
        let refused = bot.refused("setWebhook", &format!(r#"{{"url":"{url}",{body}}}"#));
        assert!(refused.0 == 400 && refused.1.contains(words), "{refused:?}");
    }
    let set =
        format!(r#"{{"url":"{url}","secret_token":"s3cret_-","max_connections":5,"allowed_updates":["message"]}}"#);
    assert!(bot.ok("setWebhook", &set).truth());
    let (status, why) = bot.refused("getUpdates", "{}");
    assert!(status == 409 && why.starts_with("Conflict: can't use getUpdates method while webhook is active"), "{why}");
    say(&daemon, "hello");
    let begun = Instant::now();
    while !lines(&daemon).contains(&"*echo*".to_string()) {
        assert!(begun.elapsed() < LIMIT, "{:?}\n{}", lines(&daemon), daemon.log_text());
        thread::sleep(Duration::from_millis(50));
    }
    let request = stub.requests.lock().unwrap()[0].clone();
    assert!(request.to_lowercase().contains("x-telegram-bot-api-secret-token: s3cret_-\r\n"), "{request}");
    let body = Json::parse(request.split("\r\n\r\n").nth(1).unwrap());
    assert_eq!(body.at("message").at("text").text(), "hello");
    assert!(body.at("update_id").number() > 0 && !request.to_lowercase().contains("x-bot-signature"));
    let info = bot.ok("getWebhookInfo", "{}");
    assert_eq!((info.at("url").text(), info.at("pending_update_count").number()), (url, 0));
    assert_eq!(info.at("allowed_updates").list()[0].text(), "message");
    assert!(bot.ok("deleteWebhook", r#"{"drop_pending_updates":true}"#).truth());
    assert_eq!(bot.ok("getWebhookInfo", "{}").at("url").text(), "");
    // Set by the other face, it is told in the other dialect.
    daemon.http().post("/bot/setWebhook", Some(&bot.token), &format!(r#"{{"url":"{}"}}"#, stub.url("/own"))).ok();
    say(&daemon, "again");
    let begun = Instant::now();
    while !stub
        .requests
        .lock()
        .unwrap()
        .iter()
        .any(|request| request.contains("/own") && request.contains("\"update_type\""))
    {
        assert!(begun.elapsed() < LIMIT);
        thread::sleep(Duration::from_millis(50));
    }
}

/// The table in docs/telegram-clients.md is what the code has.
#[test]
fn the_table_of_methods_is_told() {
    use botmother::face::telegram::{METHODS, REFUSED, State};
    let mut table = String::from("| method | here |\n|---|---|\n");
    for method in METHODS {
        let state = match method.state {
            State::Works => "works".to_string(),
            State::Differs(how) => format!("otherwise: {how}"),
        };
        table += &format!("| `{}` | {state} |\n", method.name());
    }
    for (why, names) in REFUSED {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        table += &format!("| {} | refused: {why} |\n", names.join(", "));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/telegram-clients.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (page, told) = page.split_once("<!-- methods -->\n").unwrap();
    if told.trim() != table.trim() && std::env::var_os("BOTMOTHER_WRITE_DOCS").is_some() {
        std::fs::write(path, format!("{page}<!-- methods -->\n\n{table}")).unwrap();
        return;
    }
    assert!(
        told.trim() == table.trim(),
        "BOTMOTHER_WRITE_DOCS=1 cargo test --test telegram_face table writes it:\n{table}"
    );
    let mut all: Vec<&str> = METHODS.iter().map(|method| method.name()).collect();
    all.extend(REFUSED.iter().flat_map(|(_, names)| names.iter().copied()));
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "a method is there twice");
}
