//! Signals to the running daemon, the real binary: HUP reads the configuration and the certificate again, USR1 tells the
//! log how things are. What stops it is in `cli.rs`. And how it lives with few open files.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::daemon::Daemon;
use support::process::Process;

const LIMIT: Duration = Duration::from_secs(20);

fn signal(daemon: &Daemon, signal: Signal) {
    let pid = i32::try_from(daemon.pid()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Waits until the log has a line with this; gives the whole log.
fn wait_logged(daemon: &Daemon, text: &str) -> String {
    let begun = Instant::now();
    loop {
        let log = fs::read_to_string(daemon.log()).unwrap();
        if log.contains(text) {
            return log;
        }
        assert!(begun.elapsed() < LIMIT, "never logged: {text}\n{log}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn reload(daemon: &Daemon, config: &str) {
    fs::write(daemon.dir.join("config.toml"), config).unwrap();
    signal(daemon, Signal::HUP);
}

/// Not by the command line, which would stumble over a broken configuration itself.
fn accounts(daemon: &Daemon) -> String {
    daemon.http().get("/account/list", None).body
}

/// An account whose server cannot be reached.
fn account(name: &str) -> String {
    format!("[[account]]\njid = \"{name}@example.org\"\npassword = \"secret-of-{name}\"\nhost = \"127.0.0.1:1\"\n")
}

#[test]
fn hup_takes_over_what_has_changed() {
    let daemon = Daemon::start(&account("ralf"));
    assert!(accounts(&daemon).contains("ralf@example.org"));
    reload(&daemon, &format!("language = \"de\"\n{}", account("anna")));
    wait_logged(&daemon, "the configuration was read again");
    let list = accounts(&daemon);
    assert!(list.contains("anna@example.org") && !list.contains("ralf@example.org"), "{list}");
    let mut chat = daemon.command(&["chat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut chat.stdin.take().unwrap(), b"/mybots\n").unwrap();
    let german = String::from_utf8(chat.wait_with_output().unwrap().stdout).unwrap();
    assert!(german.contains("noch keine Bots"), "{german}");

    // A mistake changes nothing, and is said with its place.
    reload(&daemon, "langauge = \"en\"\n");
    let log = wait_logged(&daemon, "did you mean");
    assert!(log.contains("nothing has changed") && log.contains("config.toml:1"), "{log}");
    assert!(accounts(&daemon).contains("anna@example.org"));

    reload(&daemon, &format!("durability = \"process\"\n{}", account("anna")));
    wait_logged(&daemon, "need a restart");

    signal(&daemon, Signal::USR1);
    let log = wait_logged(&daemon, "status: up ");
    assert!(log.contains("status: anna@example.org: offline"), "{log}");
    assert!(!log.contains("secret-of-"), "the log tells a password");
}

/// The log, the numbers and the chat count the same: what waits for keys, too, and what a bot's own account has to say.
#[test]
fn what_waits_is_counted_one_way() {
    let daemon = Daemon::start(&account("ralf"));
    let body = r#"{"name":"Robo","account":"owner@local","mode":"dedicated","jid":"robo@xmpp.invalid",
        "password":"pw","encrypt":"required","wait":false}"#;
    let token = daemon.http().post("/bot/create", None, body).ok().at("token").text();
    for _ in 0..2 {
        let body = r#"{"to":"ralf@example.org","text":"hello"}"#;
        daemon.http().post("/bot/sendMessage", Some(&token), body).ok();
    }
    let metrics = daemon.http().get("/metrics", None).body;
    assert!(metrics.contains("outbox_depth 2"), "{metrics}");
    signal(&daemon, Signal::USR1);
    let log = wait_logged(&daemon, "status: robo@xmpp.invalid: ");
    assert!(log.lines().any(|line| line.contains("robo@xmpp.invalid: ") && line.contains("2 messages wait")), "{log}");
    let mut chat = daemon.command(&["chat"]);
    let mut chat = chat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut chat.stdin.take().unwrap(), b"/status\n").unwrap();
    let said = String::from_utf8(chat.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains("on their way to the server: 2"), "{said}");
}

/// SHA-256 of the certificate that the API shows.
fn shown_certificate(daemon: &Daemon) -> String {
    let connect = format!("openssl s_client -connect 127.0.0.1:{} </dev/null 2>/dev/null", daemon.port);
    let shell = format!("{connect} | openssl x509 -noout -fingerprint -sha256");
    let output = Command::new("sh").args(["-c", &shell]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn make_certificate(daemon_dir: &std::path::Path) {
    let made = Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(' '),
        )
        .args(["-keyout", "api.key", "-out", "api.crt"])
        .current_dir(daemon_dir)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
}

#[test]
fn hup_renews_the_certificate() {
    let folder = std::env::temp_dir().join(format!("botmother-signals-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    make_certificate(&folder);
    let file = |name: &str| folder.join(name).display().to_string();
    let config =
        format!("[api]\nmode = \"network\"\ntls_cert = \"{}\"\ntls_key = \"{}\"\n", file("api.crt"), file("api.key"));
    let daemon = Daemon::start_network(&config);
    let before = shown_certificate(&daemon);
    assert!(before.contains("Fingerprint="), "{before}");
    make_certificate(&folder);
    assert_eq!(shown_certificate(&daemon), before, "nobody has asked yet");
    reload(&daemon, &config);
    wait_logged(&daemon, "the configuration was read again");
    let after = shown_certificate(&daemon);
    assert!(after.contains("Fingerprint=") && after != before, "{after}");

    fs::write(folder.join("api.key"), "no key\n").unwrap();
    reload(&daemon, &config);
    wait_logged(&daemon, "the API keeps its certificate");
    assert_eq!(shown_certificate(&daemon), after);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn few_open_files_are_told_or_lived_with() {
    let mut daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let token = daemon.create_bot("Echo", "owner@local");
    daemon.stop();
    let limited =
        |files: &str| vec!["sh".to_string(), "-c".into(), format!("ulimit -n {files}; exec \"$@\""), "sh".into()];
    let start = |files: &str| {
        let words = limited(files);
        Process::behind(&daemon, &words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut process = start("20");
    let status = process.0.wait().unwrap();
    assert_eq!(status.code(), Some(78));
    wait_logged(
        &daemon,
        "may have 20 files and connections open, and needs 48 at least; raise the limit with `ulimit -n",
    );
    // The soft limit is raised by itself; what is left is shared with 120 connections that say nothing or little.
    for files in ["64", "-S 20"] {
        let mut process = start(files);
        process.wait_serving(&daemon);
        let mut crowd = Vec::new();
        for number in 0..120 {
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", daemon.port)).unwrap();
            if number % 2 == 0 {
                let _ = std::io::Write::write_all(&mut stream, b"POST /bot/sendMessage HTTP/1.1\r\nHost");
            }
            crowd.push(stream);
            if number % 20 == 19 {
                let begun = Instant::now();
                assert_eq!(daemon.http().get("/health", None).status, 200);
                assert_eq!(daemon.http().get("/bot/getUpdates", Some(&token)).status, 200);
                assert!(begun.elapsed() < Duration::from_secs(1), "after {:?}", begun.elapsed());
            }
        }
        let body = r#"{"to":"owner@local","text":"x"}"#;
        daemon.http().post("/bot/sendMessage", Some(&token), body).ok();
        process.stop();
    }
}
