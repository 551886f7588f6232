//! `ask`, as somebody uses it: real curl, the command line and the example in a shell, a real server, and people on slixmpp.
//! The daemon is killed while it waits, and the caller, too.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use support::daemon::Daemon;
use support::http::Json;
use support::peer::Peer;
use support::server::{Kind, Server};

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
