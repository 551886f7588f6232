//! `botmother doctor` at real servers, with what can be wrong: each finding says what to do, and programs read it as JSON.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use support::daemon::Daemon;
use support::http::Json;
use support::server::{Kind, Server};
use support::stub::Stub;

/// Debian's libfaketime, which gives a process another time of day.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const LIMIT: Duration = Duration::from_secs(20);

fn doctor(daemon: &Daemon, arguments: &[&str]) -> (i32, String) {
    let output = daemon.command(&[&["doctor"], arguments].concat()).output().unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

/// Whether a line begins so; what is found is told otherwise.
fn says(said: &str, line: &str) {
    assert!(said.lines().any(|other| other.starts_with(line)), "{line:?} is not in\n{said}");
}

fn at_a_server(kind: Kind) {
    let Some(server) = Server::start(kind) else { return };
    server.add_user("owner", "pw");
    let mut daemon = Daemon::with_account(&server, "owner", "pw", server.c2s_port, "");
    daemon.wait_online(1, LIMIT);
    let (exit, said) = doctor(&daemon, &[]);
    assert_eq!(exit, 0, "{said}");
    says(&said, "ok    database: whole, schema ");
    says(&said, "ok    written to the disk: ");
    says(&said, "ok    API: HTTP on this machine alone, port ");
    // The rig's certificates are good for a month, which may have begun in this second.
    says(&said, &format!("ok    account {}, certificate of its server: good for ", server.jid("owner")));
    assert!(said.contains("good for 29 days") || said.contains("good for 30 days"), "{said}");
    assert!(!said.contains("does not offer") && !said.contains("clock of its server"), "{said}");
    assert!(said.contains("\n      its server offers: personal nodes (PEP), upload of files"), "{said}");
    let account = said.lines().find(|line| line.contains(&format!("account {}: can log in", server.jid("owner"))));
    assert!(account.is_some(), "{said}");

    // Two minutes ahead: of the two clocks one is wrong. The ejabberd of the rig does not tell its time.
    if kind == Kind::Prosody && Path::new(FAKETIME).exists() {
        let mut command = daemon.command(&["doctor"]);
        let output = command.env("LD_PRELOAD", FAKETIME).env("FAKETIME", "+120").output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let line = format!("warn  account {}, clock of its server: its clock is 1", server.jid("owner"));
        says(&said, &line);
        assert!(said.contains(" s behind this machine's"), "{said}");
    }

    // What a program says and does not hear.
    let token = daemon.create_bot("Hook", &server.jid("owner"));
    let gone = Stub::fixed("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    daemon
        .http()
        .post("/bot/setWebhook", Some(&token), &format!(r#"{{"url":"http://127.0.0.1:{}/hook"}}"#, gone.address.port()))
        .ok();
    for (endpoint, name) in
        [("http://127.0.0.1:9", "silent"), (&format!("http://127.0.0.1:{}", gone.address.port())[..], "there")]
    {
        let token = daemon.create_bot(name, &server.jid("owner"));
        let body = format!(r#"{{"provider":"ollama","model":"m","endpoint":"{endpoint}"}}"#);
        daemon.http().post("/bot/ai/setup", Some(&token), &body).ok();
    }
    daemon.stop();
    let database = Connection::open(daemon.dir.join("data/botmother.db")).unwrap();
    let sql = "INSERT OR REPLACE INTO webhook (bot_id, last_error_at, last_error) VALUES (1, 1796000000, 'status 500')";
    database.execute(sql, []).unwrap();
    drop(database);
    let (exit, said) = doctor(&daemon, &["--json"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let found = Json::parse(&said);
    assert!(found.at("ok").truth());
    let state = |check: &str| {
        let all = found.at("findings").list();
        let fits = |finding: &&Json| finding.at("check").text().starts_with(check);
        let found = all.iter().find(fits).unwrap_or_else(|| panic!("no {check} in {said}"));
        (found.at("state").text(), found.at("text").text())
    };
    assert_eq!(state("daemon").0, "warn");
    let (mark, text) = state("webhook of bot 1 (Hook)");
    assert!(mark == "warn" && text.contains("status 500") && text.contains("getWebhookInfo"), "{text}");
    let (mark, text) = state("AI service ollama at http://127.0.0.1:9");
    assert!(mark == "warn" && text.contains("does it run"), "{text}");
    assert_eq!(state(&format!("AI service ollama at http://127.0.0.1:{}", gone.address.port())).0, "ok");
}

#[test]
fn at_prosody() {
    at_a_server(Kind::Prosody);
}

#[test]
fn at_ejabberd() {
    at_a_server(Kind::Ejabberd);
}

/// A damaged database is named with the way back, by the daemon as well, and nothing of it is changed.
#[test]
fn a_damaged_database_is_refused_with_the_way_back() {
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    for number in 0..30 {
        daemon.create_bot(&format!("Bot {number}"), &format!("o{number}@example.org"));
    }
    daemon.stop();
    let path = daemon.dir.join("data/botmother.db");
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    // Everything but the first page, so that whatever is read first is no page of a tree.
    damaged[4096..].fill(0x5a);
    fs::write(&path, &damaged).unwrap();
    let (exit, said) = doctor(&daemon, &[]);
    assert_eq!(exit, 1, "{said}");
    says(&said, "FAIL  database: damaged: ");
    assert!(said.contains("botmother restore FILE"), "{said}");
    let output = daemon.command(&[]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(74) && said.contains("botmother restore"), "{said}");
    assert!(fs::read(&path).unwrap() == damaged, "it was changed");
    fs::write(&path, b"this is no database at all, but long enough to look like one").unwrap();
    let output = daemon.command(&[]).output().unwrap();
    assert_eq!(output.status.code(), Some(74), "{output:?}");
}

/// In network mode: a certificate of one's own is looked at.
#[test]
fn a_certificate_that_ends_soon_is_told() {
    let mut daemon = Daemon::start("");
    daemon.stop();
    let (cert, key) = (daemon.dir.join("cert.pem"), daemon.dir.join("key.pem"));
    for (days, line) in
        [(5, "warn  certificate of the API: expires in "), (60, "ok    certificate of the API: good for ")]
    {
        let mut openssl = std::process::Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=x",
        ]);
        openssl.arg("-days").arg(days.to_string()).arg("-out").arg(&cert).arg("-keyout").arg(&key);
        assert!(openssl.output().unwrap().status.success());
        let config =
            format!("[api]\nmode = \"network\"\ntls_cert = \"{}\"\ntls_key = \"{}\"\n", cert.display(), key.display());
        fs::write(daemon.dir.join("config.toml"), config).unwrap();
        says(&doctor(&daemon, &[]).1, line);
    }
}

/// A file system that the kernel has made read-only after errors. Needs the right to mount.
#[test]
fn a_read_only_disk_is_told_with_the_way_out() {
    let mut daemon = Daemon::start("");
    daemon.stop();
    let data = daemon.dir.join("data");
    let data = data.display();
    let shell = |what: &str| {
        let script = format!("mount --bind {data} {data} && mount -o remount,ro,bind {data} && exec \"$@\" {what}");
        let own = daemon.command(&[]);
        let mut command = std::process::Command::new("unshare");
        command.args(["-m", "sh", "-c", &script, "sh"]).arg(own.get_program()).args(own.get_args());
        let output = command.output().unwrap();
        let text = [&output.stdout[..], &output.stderr[..]].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
    };
    let probe = std::process::Command::new("unshare").args(["-m", "true"]).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        return println!("skipped: mounting is not allowed here");
    }
    let (exit, said) = shell("");
    assert!(exit == 73 && said.contains("-o remount,rw"), "{exit} {said}");
    let (exit, said) = shell("doctor");
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("is on a file system that is mounted read-only"), "{said}");
}
