//! `botmother send`, as a script calls it: a real daemon, a real server, a second client. sendxmpp's options are taken or
//! refused with a reason, and what was sent arrives once.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::daemon::Daemon;
use support::encrypted::{BOTH, Scene, serve};
use support::peer::Peer;
use support::server::{Kind, Server};

const LIMIT: Duration = Duration::from_secs(20);

fn run(mut command: Command, input: &[u8]) -> (i32, String) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may have ended without reading.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

fn send(daemon: &Daemon, arguments: &[&str], input: &str) -> (i32, String) {
    run(daemon.command(&[&["send"], arguments].concat()), input.as_bytes())
}

fn lines(daemon: &Daemon) -> Vec<String> {
    let all = daemon.http().get("/local/read?with=Notices&after=0", None).ok().at("result").list();
    all.iter().map(|line| line.at("text").text()).collect()
}

#[test]
fn a_line_of_cron_needs_nothing_else() {
    let daemon = Daemon::start("");
    // Nothing to be said is nothing sent.
    assert_eq!(send(&daemon, &["owner@local"], "\n\n"), (0, String::new()));
    assert_eq!(daemon.http().get("/bot/list", None).ok().at("bots").list().len(), 0);
    assert_eq!(send(&daemon, &["owner@local"], "\u{1b}[31mdisk\u{1b}[0m full\r\non /ü\n"), (0, String::new()));
    assert_eq!(send(&daemon, &["owner@local", "--text", "again", "--subject", "cron"], ""), (0, String::new()));
    fs::write(daemon.dir.join("text"), "from a file\n").unwrap();
    let file = daemon.dir.join("text");
    assert_eq!(send(&daemon, &["-m", file.to_str().unwrap(), "owner@local"], "not this"), (0, String::new()));
    assert_eq!(send(&daemon, &["-i", "owner@local"], "one\n\ntwo\n"), (0, String::new()));
    assert_eq!(lines(&daemon), ["disk full\non /ü", "cron\nagain", "from a file", "one", "two"]);
    assert_eq!(daemon.http().get("/bot/list", None).ok().at("bots").list().len(), 1);

    // Under the other program's name, with its options.
    let link = daemon.dir.join("sendxmpp");
    symlink(env!("CARGO_BIN_EXE_botmother"), &link).unwrap();
    let mut command = Command::new(&link);
    command.args(["-t", "-d", "--tls-version", "13", "--timeout", "10", "-s", "hello", "owner@local"]);
    command.env("BOTMOTHER_CONFIG", daemon.dir.join("config.toml")).env("BOTMOTHER_API__PORT", daemon.port.to_string());
    assert_eq!(run(command, b"from sendxmpp"), (0, String::new()));
    assert_eq!(lines(&daemon).last().unwrap(), "hello\nfrom sendxmpp");

    // Several bots: one has to be named, unless one is called Notices.
    daemon.create_bot("Weather", "owner@local");
    assert_eq!(send(&daemon, &["owner@local"], "still Notices").0, 0);
    assert_eq!(lines(&daemon).last().unwrap(), "still Notices");
    assert_eq!(send(&daemon, &["--bot", "weather", "owner@local"], "rain"), (0, String::new()));
    let token = daemon.create_bot("Third", "owner@local");
    fs::write(daemon.dir.join("token"), format!("{token}\n")).unwrap();
    let file = daemon.dir.join("token");
    assert_eq!(send(&daemon, &["--token-file", file.to_str().unwrap(), "owner@local"], "third"), (0, String::new()));
    daemon.http().post("/bot/delete", None, r#"{"id":1}"#).ok();
    let (exit, said) = send(&daemon, &["owner@local"], "who?");
    assert!(exit == 1 && said.contains("choose one with --bot: 2 (Weather), 3 (Third)"), "{exit} {said}");
}

#[test]
fn what_does_not_go_says_what_does() {
    let mut daemon = Daemon::start("");
    for (arguments, exit, word) in [
        (&["owner@local", "-p", "geheim"][..], 2, "the daemon has the account"),
        (&["-u", "me", "owner@local"], 2, "-u: the daemon has the account"),
        (&["-f", "/root/.sendxmpprc", "owner@local"], 2, "a file with a password"),
        (&["--file", "x", "owner@local"], 2, "sent with --attach"),
        (&["-n", "owner@local"], 2, "--ca-file"),
        (&["--raw"], 2, "raw XML is not sent"),
        (&["-l"], 2, "getUpdates"),
        (&["--ox-genprivkey-rsa"], 2, "OMEMO"),
        (&["--muc-password", "geheim", "a@b.c"], 2, "no secrets in arguments"),
        (&["--frobnicate", "owner@local"], 2, "unknown option"),
        (&[], 2, "needs WHO"),
        (&["disk", "full"], 2, "--text"),
        (&["--alias", "x", "owner@local"], 2, "--chatroom"),
        (&["--text", "a", "-m", "b", "owner@local"], 2, "one is enough"),
        (&["--wait", "x", "owner@local"], 2, "--wait must be"),
        (&["stranger@example.org"], 1, "botmother bot create Notices --owner stranger@example.org"),
        (&["--bot", "nobody", "owner@local"], 1, "there is no bot nobody"),
        (&["--token-file", "nowhere", "owner@local"], 74, "nowhere"),
        (&["-m", "nowhere", "owner@local"], 74, "nowhere"),
        (&["--attach", "nowhere", "owner@local"], 74, "nowhere"),
    ] {
        let (found, said) = send(&daemon, arguments, "x");
        assert!(found == exit && said.contains(word), "{arguments:?}: {found} {said}");
        assert!(!said.contains("geheim"), "{said}");
    }
    let bad = daemon.dir.join("bad");
    fs::write(&bad, "bm_wrong").unwrap();
    let (exit, said) = send(&daemon, &["--token-file", bad.to_str().unwrap(), "owner@local"], "x");
    assert!(exit == 77 && said.contains("token"), "{exit} {said}");
    let (exit, said) = send(&daemon, &["owner@local"], &"x".repeat(200 * 1024));
    assert!(exit == 1 && said.contains("--attach"), "{exit} {said}");
    daemon.stop();
    let (exit, said) = send(&daemon, &["owner@local"], "x");
    assert!(exit == 69 && said.contains("nothing listens"), "{exit} {said}");
}

#[test]
fn people_rooms_and_files() {
    let Some(mut server) = Server::start(Kind::Prosody) else { return };
    for user in ["owner", "bot", "anna", "ben"] {
        server.add_user(user, "pw");
    }
    let daemon = Daemon::with_account(&server, "owner", "pw", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let (owner, bot, anna, ben) = (server.jid("owner"), server.jid("bot"), server.jid("anna"), server.jid("ben"));
    // Out of the box: root's cron, and an account that the daemon signs in to.
    let mut own = Peer::login(&server, "owner", "pw", "phone");
    assert_eq!(send(&daemon, &[&owner], "disk full\n"), (0, String::new()));
    own.expect(LIMIT, |message| message.body.contains("disk full"));

    let body = format!(
        r#"{{"name":"Robo","account":"{owner}","mode":"cloud","jid":"{bot}","password":"pw","access":"public","encrypt":"off"}}"#
    );
    daemon.http().post("/bot/create", None, &body).ok();
    daemon.wait_health("bots_online", 2, LIMIT);
    let mut friend = Peer::login(&server, "anna", "pw", "phone");
    let mut other = Peer::login(&server, "ben", "pw", "phone");
    assert_eq!(send(&daemon, &["--bot", "Robo", "--wait", "20", &anna, &ben], "to both"), (0, String::new()));
    for peer in [&mut friend, &mut other] {
        let message = peer.expect(LIMIT, |message| message.body == "to both");
        assert!(message.from.starts_with(&bot), "{message:?}");
    }
    // One that fails does not keep the others from it.
    let (exit, said) = send(&daemon, &["--bot", "Robo", "owner@local", &anna], "partly");
    assert!(exit != 0 && said.contains("owner@local: "), "{exit} {said}");
    friend.expect(LIMIT, |message| message.body == "partly");

    let room = server.room("ops");
    friend.join(&room, "anna");
    assert_eq!(send(&daemon, &["--bot", "Robo", "-c", "-a", "Alarm", &room], "storm"), (0, String::new()));
    friend.expect(LIMIT, |message| message.body == "storm" && message.from == format!("{room}/Alarm"));
    assert_eq!(send(&daemon, &["--bot", "Robo", "-c", "--wait", "20", &room], "is over"), (0, String::new()));
    friend.expect(LIMIT, |message| message.body == "is over");

    fs::write(daemon.dir.join("a \"report\".txt"), "all is well\n").unwrap();
    let file = daemon.dir.join("a \"report\".txt");
    let arguments = ["--bot", "Robo", "--attach", file.to_str().unwrap(), "--text", "the report", &anna];
    let (exit, said) = send(&daemon, &arguments, "");
    assert_eq!((exit, said.as_str()), (0, ""));
    friend.expect(LIMIT, |message| message.body.starts_with("https://") && message.body.contains("report"));
    friend.expect(LIMIT, |message| message.body == "the report");

    // Accepted is accepted, also while the server is away; --wait says that it is not there yet.
    server.stop();
    let (exit, said) = send(&daemon, &["--bot", "Robo", "--wait", "1", &anna], "later");
    assert!(exit == 69 && said.contains("does not have it yet"), "{exit} {said}");
    server.start_again();
    let mut friend = Peer::login(&server, "anna", "pw", "phone");
    friend.expect(Duration::from_secs(60), |message| message.body == "later");
}

#[test]
fn encrypted_where_the_chat_is() {
    let Some(server) = serve(Kind::Prosody, &["keeper", "owner", "bot"]) else { return };
    let scene = Scene::with_bot(server, "preferred", "owner", "public");
    let mut owner = scene.login("owner", "phone", BOTH);
    scene.announced(&mut owner);
    let text = "nobody-between-reads-this";
    assert_eq!(send(&scene.daemon, &["--encrypt", "required", "--wait", "20", &scene.owner], text), (0, String::new()));
    let message = owner.expect(LIMIT, |message| message.body == text);
    assert!(!message.encrypted.is_empty(), "{message:?}");
    assert!(!scene.is_on_server(text));
}
