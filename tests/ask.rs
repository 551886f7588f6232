//! `ask`, as somebody uses it: real curl, the command line and the example in a shell, a real server, and people on slixmpp.
//! The daemon is killed while it waits, and the caller, too.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use support::daemon::Daemon;
use support::encrypted::{SOON, Scene, serve, until};
use support::http::Json;
use support::peer::Peer;
use support::server::{Kind, Server};
use support::telegram::Telegram;

const LIMIT: Duration = Duration::from_secs(30);

/// The line of docs/ask.md.
fn curl(daemon: &Daemon, token: &str, question: &str, query: &str, key: Option<&str>) -> Child {
    let mut command = Command::new("curl");
    command.args(["-sS", "-H", &format!("Authorization: Bearer {token}"), "-d", question]);
    if let Some(key) = key {
        command.args(["-H", &format!("Idempotency-Key: {key}")]);
    }
    command.arg(format!("http://127.0.0.1:{}/bot/ask?{query}", daemon.port));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn answer(child: Child) -> Json {
    let Output { stdout, stderr, .. } = child.wait_with_output().unwrap();
    let text = String::from_utf8(stdout).unwrap();
    assert!(text.contains("\"ok\":true"), "{text} {}", String::from_utf8_lossy(&stderr));
    Json::parse(&text)
}

#[test]
fn people_are_asked_and_kills_lose_nothing() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    for user in ["owner", "bot", "anna", "ben"] {
        server.add_user(user, "pw");
    }
    let mut daemon = Daemon::with_account(&server, "owner", "pw", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let (bot, anna, ben) = (server.jid("bot"), server.jid("anna"), server.jid("ben"));
    let body = format!(
        r#"{{"name":"Ops","account":"{}","mode":"cloud","access":"public","jid":"{bot}","password":"pw","encrypt":"off"}}"#,
        server.jid("owner")
    );
    let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
    daemon.wait_health("bots_online", 1, LIMIT);
    let mut anna_peer = Peer::login(&server, "anna", "pw", "phone");
    let mut ben_peer = Peer::login(&server, "ben", "pw", "phone");

    // One curl waits for a person, longer than proxies would without a word.
    let waits = curl(&daemon, &token, "Restart?", &format!("to={anna}&options=yes,no&wait=1h"), None);
    let asked = anna_peer.expect(LIMIT, |message| message.body.starts_with("Restart?"));
    assert!(asked.body.contains("1. yes\n2. no"), "{}", asked.body);
    anna_peer.send(&bot, "Yes");
    let told = answer(waits);
    assert_eq!(
        (told.at("answer").text(), told.at("by").text(), told.at("option").number()),
        ("yes".into(), anna.clone(), 0)
    );
    anna_peer.expect(LIMIT, |message| message.body == "Restart?\n\n✓ yes");

    // The daemon is killed while it waits, and so is curl; the next is asked, and both answer.
    let query = format!("to={anna}&options=now,later&wait=45&expires=10m&escalate={ben}&escalate_after=3s");
    let mut lost = curl(&daemon, &token, "Update?", &query, Some("k1"));
    anna_peer.expect(LIMIT, |message| message.body.starts_with("Update?"));
    daemon.kill();
    lost.kill().unwrap();
    lost.wait().unwrap();
    daemon.start_again();
    let waits = curl(&daemon, &token, "Update?", &query, Some("k1"));
    ben_peer.expect(LIMIT, |message| message.body.starts_with("Update?") && message.body.contains("has not answered"));
    ben_peer.send(&bot, "2");
    let told = answer(waits);
    assert_eq!((told.at("answer").text(), told.at("by").text()), ("later".into(), ben.clone()));
    anna_peer.expect(LIMIT, |message| message.body == format!("Update?\n\nAnswered by {ben}: later"));
    anna_peer.send(&bot, "now");
    anna_peer.expect(LIMIT, |message| message.body.starts_with(&format!("That was already answered by {ben}")));
    let again = answer(curl(&daemon, &token, "Update?", &query, Some("k1")));
    assert_eq!(again.at("ask_id").number(), told.at("ask_id").number());

    // The same on the command line, with its exit codes.
    let ask = |more: &[&str]| {
        let words = [&["ask", "Reboot?", "--bot", "Ops", "--to", &anna, "--options", "yes,no"][..], more].concat();
        daemon.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let waits = ask(&["--check", "yes"]);
    anna_peer.expect(LIMIT, |message| message.body.starts_with("Reboot?\n\n1."));
    anna_peer.send(&bot, "no");
    let ended = waits.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stdout).as_ref()), (Some(1), "no\n"));
    let ended = ask(&["--wait", "2"]).wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(4), "{}", String::from_utf8_lossy(&ended.stderr));
    anna_peer.expect(LIMIT, |message| message.body.contains("Expired"));

    // What became of her word, for the owner's eyes.
    let way = daemon.http().get(&format!("/bot/why?message_id={}", told.at("message_id").text()), Some(&token)).ok();
    let steps: Vec<String> = way.at("steps").list().iter().map(|step| step.at("what").text()).collect();
    assert_eq!(steps, ["received", "ask_answer"], "{steps:?}");
}

/// `examples/ask.sh` with the built-in chat, where an answer is a word.
#[test]
fn the_example_does_nothing_without_a_yes() {
    let daemon = Daemon::start("");
    let token = daemon.create_bot("Ops", "owner@local");
    for (question, word, exit, out) in
        [("Restart?", "yes", 0, "done\n"), ("Delete?", "no", 1, ""), ("Restart?", "", 0, "done\n")]
    {
        let mut command = Command::new("sh");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ask.sh")).args([question, "echo", "done"]);
        command.env("BOTMOTHER_TOKEN", &token).env("BOTMOTHER_URL", format!("http://localhost:{}", daemon.port));
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut http = daemon.http();
        let is_asked = |line: &Json| line.at("text").text().starts_with(&format!("{question}\n\n1."));
        let begun = std::time::Instant::now();
        while !http.get("/local/read?after=0&timeout=1", None).ok().at("result").list().iter().any(is_asked) {
            assert!(begun.elapsed() < LIMIT, "{question} was not asked");
            std::thread::sleep(Duration::from_millis(200));
        }
        // Asked once more it has its answer already.
        if !word.is_empty() {
            http.post("/local/say", None, &format!(r#"{{"text":"{word}"}}"#)).ok();
        }
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stdout).as_ref()), (Some(exit), out), "{said}");
    }
}

/// In a room people talk to each other: what answers is said to the bot, or in reply, or by whom it has named.
#[test]
fn rooms_are_asked() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    for user in ["owner", "bot", "anna", "ben"] {
        server.add_user(user, "pw");
    }
    let daemon = Daemon::with_account(&server, "owner", "pw", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let body = format!(
        r#"{{"name":"Ops","account":"{}","mode":"cloud","access":"public","jid":"{}","password":"pw","encrypt":"off"}}"#,
        server.jid("owner"),
        server.jid("bot")
    );
    let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
    daemon.wait_health("bots_online", 1, LIMIT);
    let room = server.room("ops");
    let (mut anna, mut ben) = (Peer::login(&server, "anna", "pw", "phone"), Peer::login(&server, "ben", "pw", "phone"));
    anna.join(&room, "anna");
    anna.raw(&format!(
        "<iq type='set' to='{room}' id='own'><query xmlns='http://jabber.org/protocol/muc#owner'>\
         <x xmlns='jabber:x:data' type='submit'/></query></iq>"
    ));
    assert_eq!(anna.expect_iq(LIMIT, "own").kind, "result");
    ben.join(&room, "ben");
    daemon.http().post("/bot/joinRoom", Some(&token), &format!(r#"{{"room":"{room}"}}"#)).ok();

    // Anybody may answer, who says it to the bot.
    let waits = curl(&daemon, &token, "Restart?", &format!("to={room}&type=groupchat&options=yes,no&wait=1m"), None);
    ben.expect(LIMIT, |message| message.kind == "groupchat" && message.body.starts_with("Restart?\n\n1. yes"));
    ben.send_kind(&room, "yes", "groupchat");
    anna.expect(LIMIT, |message| message.body == "yes");
    ben.send_kind(&room, "Ops: no", "groupchat");
    let told = answer(waits);
    assert_eq!((told.at("answer").text(), told.at("by").text()), ("no".into(), format!("{room}/ben")));
    anna.expect(LIMIT, |message| message.body.starts_with("Restart?\n\n") && message.body.contains("no"));

    // Or in reply, whatever else is said; the client's reply names the message.
    let waits = curl(&daemon, &token, "Update?", &format!("to={room}&type=groupchat&options=now,later&wait=1m"), None);
    let asked = anna.expect(LIMIT, |message| message.kind == "groupchat" && message.body.starts_with("Update?"));
    let stanza_id = asked.xml.split("<stanza-id ").nth(1).and_then(|rest| rest.split("/>").next()).unwrap_or_default();
    let id = stanza_id.split(" id=\"").nth(1).or(stanza_id.strip_prefix("id=\"")).unwrap_or_default();
    let id = id.split('"').next().filter(|id| !id.is_empty()).unwrap_or(&asked.id);
    anna.raw(&format!(
        "<message to='{room}' type='groupchat' id='r1'><body>2</body>\
         <reply to='{room}/Ops' id='{id}' xmlns='urn:xmpp:reply:0'/></message>"
    ));
    let told = answer(waits);
    assert_eq!((told.at("answer").text(), told.at("by").text()), ("later".into(), format!("{room}/anna")));

    // One occupant is asked, in front of all: only he answers, and he need not name the bot.
    let waits =
        curl(&daemon, &token, "Your turn?", &format!("to={room}/ben&type=groupchat&options=yes,no&wait=1m"), None);
    anna.expect(LIMIT, |message| message.kind == "groupchat" && message.body.starts_with("ben: Your turn?"));
    anna.send_kind(&room, "Ops: yes", "groupchat");
    ben.expect(LIMIT, |message| message.body == "Ops: yes");
    ben.send_kind(&room, "no", "groupchat");
    let told = answer(waits);
    assert_eq!((told.at("answer").text(), told.at("by").text()), ("no".into(), format!("{room}/ben")));
}

/// A question that must be encrypted goes so, takes no plain answer, and nothing that is said about it is plain.
#[test]
fn what_must_be_encrypted_takes_no_plain_answer() {
    let Some(server) = serve(Kind::Prosody, &["keeper", "owner", "bot"]) else { return };
    let scene = Scene::with_bot(server, "preferred", "owner", "owner");
    let mut phone = scene.login("owner", "phone", "0.3");
    until(&scene.daemon, || match phone.devices(&scene.bot) {
        none if none.is_empty() => Err(none),
        _ => Ok(()),
    });
    phone.encrypt(&scene.bot, "hello", "0.3");
    let ask = |text: &str| {
        let body = format!(r#"{{"to":"{}","text":"{text}","options":["agree","refuse"],"encrypt":true}}"#, scene.owner);
        scene.daemon.http().post("/bot/ask", Some(&scene.token), &body).ok().at("ask_id").number()
    };
    let state = |id: i64, wait: &str| {
        scene.daemon.http().get(&format!("/bot/ask?id={id}&wait={wait}"), Some(&scene.token)).ok()
    };
    let id = ask("Launch-the-rocket?");
    let asked = phone.expect(SOON, |message| message.body.starts_with("Launch-the-rocket?"));
    assert_eq!(asked.encrypted, "0.3", "{asked:?}");
    phone.send(&scene.bot, "agree");
    phone.expect(SOON, |message| message.body.contains("takes an encrypted answer only"));
    phone.send(&scene.bot, "1");
    phone.expect(SOON, |message| message.body.contains("takes an encrypted answer only"));
    phone.raw(&format!(
        "<message to='{}' type='chat' id='p1'><reactions xmlns='urn:xmpp:reactions:0' id='{}'>\
         <reaction>1\u{fe0f}\u{20e3}</reaction></reactions><store xmlns='urn:xmpp:hints'/></message>",
        scene.bot, asked.id
    ));
    phone.expect(SOON, |message| message.body.contains("takes an encrypted answer only"));
    assert_eq!(state(id, "0").at("status").text(), "waiting");
    // Her choices, and which question is meant, are told encrypted.
    let second = ask("Sell-the-rocket?");
    phone.expect(SOON, |message| message.body.starts_with("Sell-the-rocket?"));
    phone.encrypt(&scene.bot, "agree", "0.3");
    let which = phone.expect(SOON, |message| message.body.contains("Several questions are open"));
    assert!(which.body.contains("Launch-the-rocket?") && which.encrypted == "0.3", "{which:?}");
    phone.raw(&format!(
        "<message to='{}' type='chat' id='p2'><body>agree</body><reply to='{}' id='{}' xmlns='urn:xmpp:reply:0'/></message>",
        scene.bot, scene.bot, asked.id
    ));
    phone.expect(SOON, |message| message.body.contains("takes an encrypted answer only"));
    phone.encrypt(&scene.bot, "#1 agree", "0.3");
    let told = state(id, "20s");
    assert_eq!((told.at("status").text(), told.at("answer").text()), ("answered".into(), "agree".into()), "{told:?}");
    assert!(told.at("encrypted").truth(), "{told:?}");
    phone.expect(SOON, |message| message.body.contains("✓ agree") && message.encrypted == "0.3");
    phone.encrypt(&scene.bot, "refuse", "0.3");
    assert_eq!(state(second, "20s").at("answer").text(), "refuse");
    for secret in ["rocket", "✓ agree", "✓ refuse"] {
        assert!(!scene.is_on_server(secret), "{secret} went out in plain text");
    }
}

/// Somebody at Telegram is asked by buttons there.
#[test]
fn people_at_telegram_are_asked() {
    const TOKEN: &str = "42:AAtoken_of_ops";
    let telegram = Telegram::start();
    telegram.bot(TOKEN);
    let (anna, eve) = (telegram.user("Anna"), telegram.user("Eve"));
    telegram.say(anna, anna, "/start");
    telegram.say(eve, eve, "/start");
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let token = daemon.create_bot("Ops", "owner@local");
    let setup = format!(r#"{{"token":"{TOKEN}","api_url":"{}","chat_id":"{anna}","mode":"bridge"}}"#, telegram.url());
    daemon.http().post("/bot/telegram/setup", Some(&token), &setup).ok();
    let waits = curl(&daemon, &token, "Restart?", &format!("to=tg:{anna}&options=yes,no&wait=1m"), None);
    let asked = telegram.wait_text(anna, LIMIT, "Restart?");
    let rows = asked.at("reply_markup").at("inline_keyboard").list();
    let data = rows[0].list()[1].at("callback_data").text();
    let press = format!(r#"{{"from":{anna},"message_id":{},"data":"{data}"}}"#, asked.at("message_id").number());
    telegram.order("press", &press);
    let told = answer(waits);
    assert_eq!((told.at("answer").text(), told.at("by").text()), ("no".into(), format!("tg:{anna}")), "{told:?}");
    telegram.wait_text(anna, LIMIT, "✓ no");
    // By a word, too; who is not joined is not asked.
    let waits = curl(&daemon, &token, "Update?", &format!("to=tg:{anna}&options=now,later&wait=1m"), None);
    telegram.wait_text(anna, LIMIT, "Update?");
    telegram.say(anna, anna, "Later!");
    assert_eq!(answer(waits).at("answer").text(), "later");
    let body = format!(r#"{{"to":"tg:{eve}","text":"Well?"}}"#);
    assert_eq!(daemon.http().post("/bot/ask", Some(&token), &body).status, 403);
}
