//! The daemon as operators and their machines see it, the real binary: probes, systemd's notifications and watchdog, numbers on a
//! listener of their own, lines of the log for programs, and its end under load.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use support::daemon::Daemon;
use support::http::Json;
use support::port::Port;
use support::process::Process;
use support::server::{Kind, Server};

const LIMIT: Duration = Duration::from_secs(20);

/// A daemon's files, with no daemon.
fn files(config: &str) -> Daemon {
    let mut daemon = Daemon::start(config);
    assert!(daemon.stop().success());
    daemon
}

/// The lock that a backup that hangs would hold: nothing can be written while it does.
struct Lock(std::process::Child);

impl Lock {
    fn of(daemon: &Daemon) -> Lock {
        let script = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
            db.execute('BEGIN IMMEDIATE')\nprint('locked', flush=True)\nsys.stdin.read()\n";
        let mut child = Command::new("python3")
            .args(["-c", script])
            .arg(daemon.dir.join("data/botmother.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 7];
        child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        assert_eq!(&said, b"locked\n");
        Lock(child)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What systemd would hear.
struct Listener(UnixDatagram);

impl Listener {
    fn hear(&self, within: Duration) -> Option<String> {
        self.0.set_read_timeout(Some(within.max(Duration::from_millis(1)))).unwrap();
        let mut buffer = [0; 4096];
        let count = self.0.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..count].to_vec()).unwrap())
    }

    /// Waits for this; gives all that came before it and it.
    fn wait_for(&self, text: &str) -> Vec<String> {
        let begun = Instant::now();
        let mut heard = Vec::new();
        while begun.elapsed() < LIMIT {
            heard.extend(self.hear(LIMIT));
            if heard.last().is_some_and(|last| last.contains(text)) {
                return heard;
            }
        }
        panic!("never heard {text}: {heard:?}");
    }
}

fn start_notified(daemon: &Daemon, variables: &[String]) -> Process {
    let mut words = vec!["env"];
    words.extend(variables.iter().map(String::as_str));
    Process::behind(daemon, &words)
}

#[test]
fn probes_of_a_daemon_without_accounts() {
    let daemon = Daemon::start("");
    let live = daemon.http().get("/livez", None);
    assert_eq!((live.status, live.body.as_str()), (200, r#"{"ok":true,"status":"live"}"#));
    let ready = daemon.http().get("/readyz", None);
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (200, r#"{"ok":true,"status":"ready","accounts":0,"accounts_ready":0,"not_ready":[]}"#)
    );
    // Somebody else holds the database: nothing could be committed, and a poll of the chat does not show it.
    let lock = Lock::of(&daemon);
    let live = daemon.http().get("/livez", None);
    assert_eq!(live.status, 503, "{}", live.body);
    assert!(live.body.contains(r#""status":"stuck","why":"the database cannot be written""#), "{}", live.body);
    assert_eq!(daemon.http().get("/readyz", None).status, 503);
    drop(lock);
    assert_eq!(daemon.http().get("/livez", None).status, 200);
}

#[test]
fn a_daemon_is_ready_when_its_servers_answer() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    server.add_user("ralf", "pw-ralf");
    let more = "[[account]]\njid = \"nobody@example.org\"\npassword = \"x\"\nhost = \"127.0.0.1:1\"\n";
    let daemon = Daemon::with_account(&server, "ralf", "pw-ralf", server.c2s_port, more);
    daemon.wait_online(1, LIMIT);
    let ready = daemon.http().get("/readyz", None);
    assert_eq!(ready.status, 503);
    let json = Json::parse(&ready.body);
    assert_eq!((json.at("accounts").number(), json.at("accounts_ready").number()), (2, 1), "{}", ready.body);
    let missing = &json.at("not_ready").list()[0];
    assert_eq!(missing.at("account").text(), "nobody@example.org");
    assert!(missing.at("why").text().contains("refused"), "{}", ready.body);
    let metrics = daemon.http().get("/metrics", None).body;
    assert!(metrics.contains("botmother_xmpp_reconnects_total{reason=\"unreachable\"}"), "{metrics}");
    assert!(metrics.contains("botmother_last_proof_of_life_timestamp_seconds "), "{metrics}");
}

#[test]
fn systemd_hears_how_it_goes() {
    let daemon = files("");
    let name = format!("botmother-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let listener = Listener(UnixDatagram::bind_addr(&address).unwrap());
    let mut process = start_notified(&daemon, &[format!("NOTIFY_SOCKET=@{name}")]);
    assert_eq!(listener.wait_for("READY=1"), ["READY=1"]);
    process.wait_serving(&daemon);
    assert_eq!(daemon.http().get("/livez", None).status, 200, "it is told when the API is there, not before");
    daemon.create_bot("Echo", "owner@local");
    assert_eq!(listener.wait_for("STATUS="), ["STATUS=1 of 1 bots online"]);
    daemon.http().post("/account/add", None, r#"{"jid":"a@example.org","password":"x","host":"127.0.0.1:1"}"#).ok();
    listener.wait_for("STATUS=0 of 1 accounts online, 1 of 1 bots online");
    kill_process(process.pid(), Signal::HUP).unwrap();
    let heard = listener.wait_for("READY=1");
    let reloading = heard.iter().find_map(|said| said.strip_prefix("RELOADING=1\nMONOTONIC_USEC=")).unwrap();
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let at = reloading.parse::<f64>().unwrap() / 1e6;
    assert!((uptime - at).abs() < 30.0, "{at} is not {uptime}");
    process.stop();
    listener.wait_for("STOPPING=1");
    process.read_to_end();
    assert!(fs::read_to_string(daemon.log()).unwrap().contains("the configuration was read again"));
}

#[test]
fn the_watchdog_is_fed_for_proof_alone() {
    let daemon = files("");
    let path = daemon.dir.join("notify");
    let listener = Listener(UnixDatagram::bind(&path).unwrap());
    let socket = format!("NOTIFY_SOCKET={}", path.display());
    let mut process = start_notified(&daemon, &[socket.clone(), "WATCHDOG_USEC=900000".to_string()]);
    listener.wait_for("READY=1");
    for _ in 0..3 {
        listener.wait_for("WATCHDOG=1");
    }
    // The API answers all the while.
    let lock = Lock::of(&daemon);
    thread::sleep(Duration::from_millis(200));
    while listener.hear(Duration::from_millis(1)).is_some() {}
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        let heard = listener.hear(Duration::from_millis(500));
        assert!(heard.as_ref().is_none_or(|said| !said.contains("WATCHDOG=1")), "{heard:?}");
    }
    assert_eq!(process.0.try_wait().unwrap(), None);
    drop(lock);
    listener.wait_for("WATCHDOG=1");
    process.stop();

    // Somebody else's watchdog, or none.
    for more in ["WATCHDOG_PID=1", "WATCHDOG_USEC=0"] {
        let variables = [socket.clone(), "WATCHDOG_USEC=300000".to_string(), more.to_string()];
        let mut process = start_notified(&daemon, &variables);
        listener.wait_for("READY=1");
        assert_eq!(listener.hear(Duration::from_millis(700)), None, "{more}");
        process.stop();
        while listener.hear(Duration::from_millis(1)).is_some() {}
    }
}

fn scrape(address: (&str, u16), request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// An address of this machine that is not loopback; none where there is no network.
fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[test]
fn numbers_have_a_listener_of_their_own() {
    const GET: &str = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let port = Port::claim();
    let config = |allow: &str| format!("[metrics]\nlisten = \"0.0.0.0:{}\"\nallow = [{allow}]\n", port.number);
    let daemon = Daemon::start(&config(""));
    let token = daemon.create_bot("Echo", "owner@local");
    daemon.http().post("/local/say", None, r#"{"to":"1","text":"hello"}"#).ok();
    let updates = daemon.http().get("/bot/getUpdates", Some(&token)).ok();
    assert_eq!(updates.at("result").list().len(), 1);
    let answer = scrape(("127.0.0.1", port.number), GET);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("version=0.0.4"), "{head}");
    for line in [
        "botmother_bots{state=\"online\"} 1",
        "botmother_updates_total{type=\"message\"} 1",
        "botmother_update_delivery_seconds_count{via=\"poll\"} 1",
        "botmother_updates_queued 1",
    ] {
        assert!(body.contains(&format!("\n{line}\n")), "no {line}:\n{body}");
    }
    check_with_prometheus(body);
    // The same twice is handed over once.
    daemon.http().get("/bot/getUpdates", Some(&token)).ok();
    let again = scrape(("127.0.0.1", port.number), GET);
    assert!(again.contains("botmother_update_delivery_seconds_count{via=\"poll\"} 1\n"), "{again}");
    let refused =
        |request: &str| scrape(("127.0.0.1", port.number), request).lines().next().unwrap_or_default().to_string();
    assert_eq!(refused("GET /bot/list HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
    assert_eq!(refused("POST /metrics HTTP/1.1\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
    assert_eq!(refused(&format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(20_000))), "");
    let Some(outer) = outer_address() else { return };
    let outer = outer.to_string();
    assert_eq!(scrape((outer.as_str(), port.number), GET), "", "nobody was allowed");
    drop(daemon);
    let daemon = Daemon::start(&config(&format!("\"{outer}/32\"")));
    assert!(scrape((outer.as_str(), port.number), GET).starts_with("HTTP/1.1 200"));
    drop(daemon);

    // By a file: what was left behind is in nobody's way.
    let daemon = Daemon::start("[metrics]\nlisten = \"./numbers\"\n");
    let path = daemon.dir.join("numbers");
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("process_open_fds "), "{answer}");
    let mut daemon = daemon;
    daemon.kill();
    daemon.start_again();
    assert!(UnixStream::connect(&path).is_ok());
}

/// Has the configuration read again, and waits until that is over.
fn reload(daemon: &Daemon, config: &str) {
    let count = |log: &str| log.matches("the configuration was read again").count();
    let before = count(&fs::read_to_string(daemon.log()).unwrap());
    fs::write(daemon.dir.join("config.toml"), config).unwrap();
    let pid = i32::try_from(daemon.pid()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    let begun = Instant::now();
    while count(&fs::read_to_string(daemon.log()).unwrap()) == before {
        assert!(begun.elapsed() < LIMIT, "{}", daemon.log_text());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn numbers_move_with_the_configuration() {
    const GET: &str = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let (first, second) = (Port::claim(), Port::claim());
    let gives = |port: &Port| {
        TcpStream::connect(("127.0.0.1", port.number)).is_ok()
            && scrape(("127.0.0.1", port.number), GET).starts_with("HTTP/1.1 200")
    };
    let at = |host: &str, port: &Port| format!("[metrics]\nlisten = \"{host}:{}\"\n", port.number);
    let daemon = Daemon::start("");
    assert!(!gives(&first));
    reload(&daemon, &at("127.0.0.1", &first));
    assert!(gives(&first));
    // The same port on other addresses, and back again.
    reload(&daemon, &at("0.0.0.0", &first));
    assert!(gives(&first));
    if let Some(outer) = outer_address().map(|outer| outer.to_string()) {
        assert_eq!(scrape((outer.as_str(), first.number), GET), "", "nobody was allowed");
        reload(&daemon, &format!("{}allow = [\"{outer}\"]\n", at("0.0.0.0", &first)));
        assert!(scrape((outer.as_str(), first.number), GET).starts_with("HTTP/1.1 200"));
    }
    // A port that somebody else has: it stays, and the log says why.
    let taken = std::net::TcpListener::bind(("127.0.0.1", second.number)).unwrap();
    reload(&daemon, &at("127.0.0.1", &second));
    let log = fs::read_to_string(daemon.log()).unwrap();
    assert!(log.contains("[metrics] stays as it was: cannot give numbers at 127.0.0.1:"), "{log}");
    assert!(gives(&first));
    drop(taken);
    reload(&daemon, &at("127.0.0.1", &second));
    assert!(gives(&second) && !gives(&first));
    let path = daemon.dir.join("numbers");
    reload(&daemon, "[metrics]\nlisten = \"./numbers\"\n");
    assert!(UnixStream::connect(&path).is_ok() && !gives(&second));
    reload(&daemon, "");
    assert!(!path.exists(), "nobody is there any more");
}

#[test]
fn lines_of_the_log_change_with_the_configuration() {
    let daemon = Daemon::start("");
    assert!(!daemon.log_text().contains("\"level\""));
    reload(&daemon, "log_format = \"json\"\n");
    let log = fs::read_to_string(daemon.log()).unwrap();
    let line = log.lines().find(|line| line.contains("the configuration was read again")).unwrap();
    assert_eq!(Json::parse(line).at("level").text(), "info");
    reload(&daemon, "log_format = \"logfmt\"\n");
    let last = fs::read_to_string(daemon.log()).unwrap();
    assert!(last.lines().last().unwrap().starts_with("time=20"), "{last}");
}

/// Prometheus' own library reads it.
fn check_with_prometheus(body: &str) {
    let venv = std::env::var("BOTMOTHER_TEST_VENV").unwrap_or_else(|_| "target/test-venv".to_string());
    let python = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(venv).join("bin/python");
    if !python.exists() {
        return support::skip::skip_missing("tests/setup's Python environment");
    }
    let script = "import sys\nfrom prometheus_client.parser import text_string_to_metric_families as read\n\
        families = list(read(sys.stdin.read()))\n\
        assert len(families) > 20, len(families)\n\
        assert all(f.documentation and f.type != 'unknown' for f in families), families\n\
        assert len({f.name for f in families}) == len(families)\n\
        for f in families:\n    keys = [(s.name, tuple(sorted(s.labels.items()))) for s in f.samples]\n    \
        assert len(set(keys)) == len(keys), keys\n";
    let mut child = Command::new(python).args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{body}");
}

#[test]
fn the_log_speaks_to_programs() {
    let account = "[[account]]\njid = \"ralf@example.org\"\npassword = \"secret-of-ralf\"\nhost = \"127.0.0.1:1\"\n";
    let daemon = Daemon::start(&format!("log_format = \"json\"\n{account}"));
    let token = daemon.create_bot("Echo", "owner@local");
    let begun = Instant::now();
    while !fs::read_to_string(daemon.log()).unwrap().contains("refused") {
        assert!(begun.elapsed() < LIMIT, "{}", daemon.log_text());
        thread::sleep(Duration::from_millis(20));
    }
    let log = fs::read_to_string(daemon.log()).unwrap();
    assert!(!log.contains("secret-of-ralf") && !log.contains(&token), "the log tells a secret");
    let lines: Vec<Json> = log.lines().map(Json::parse).collect();
    assert!(lines.len() > 3);
    for line in &lines {
        assert!(line.at("time").text().ends_with('Z') && line.at("target").text().contains("botmother"));
        assert!(["error", "warn", "info", "debug"].contains(&line.at("level").text().as_str()));
    }
    let about = |line: &&Json| line.has("account") && line.at("account").text() == "ralf@example.org";
    let offline = lines.iter().filter(about).find(|line| line.at("level").text() == "warn").unwrap();
    assert!(offline.at("message").text().starts_with("ralf@example.org: offline"), "{offline:?}");
    drop(daemon);

    // The option goes before the environment, and that before the file.
    let daemon = files("log_format = \"json\"\n");
    fs::remove_file(daemon.log()).unwrap();
    for (words, wanted) in
        [(&["env", "BOTMOTHER_LOG_FORMAT=logfmt"][..], "time=20"), (&["env", "BOTMOTHER_LOG_FORMAT=text"], "20")]
    {
        let mut process = Process::behind(&daemon, words);
        process.wait_serving(&daemon);
        process.stop();
        let log = fs::read_to_string(daemon.log()).unwrap();
        assert!(log.lines().all(|line| line.starts_with(wanted)), "{log}");
        fs::remove_file(daemon.log()).unwrap();
    }
    // The journal takes priorities in front, and cuts them off.
    let journal = fs::File::create(daemon.log()).unwrap();
    let stat = rustix::fs::fstat(&journal).unwrap();
    let mut command = daemon.command(&["--log-format", "json"]);
    command.env("JOURNAL_STREAM", format!("{}:{}", stat.st_dev, stat.st_ino)).stderr(journal);
    let mut process = Process::of(command.spawn().unwrap());
    process.wait_serving(&daemon);
    process.stop();
    let log = fs::read_to_string(daemon.log()).unwrap();
    assert!(log.lines().count() > 1 && log.lines().all(|line| Json::parse(&line[3..]).has("message")), "{log}");
    assert!(log.lines().all(|line| line.starts_with("<6>{")), "{log}");
    let output = daemon.command(&["--log-format", "xml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--log-format must be text, json or logfmt, not xml"));
}

/// Programs send and poll without a pause while it is told to stop: everything that was answered is there afterwards.
#[test]
fn it_stops_under_load_with_all_that_was_accepted() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    server.add_user("ralf", "pw-ralf");
    server.add_user("anna", "pw-anna");
    let more = "[api]\nrate_limit = 0\n[omemo]\ndefault = \"off\"\nself_chat = \"off\"\n";
    let mut daemon = Daemon::with_account(&server, "ralf", "pw-ralf", server.c2s_port, more);
    daemon.wait_online(1, LIMIT);
    let token = daemon.create_bot("Load", &server.jid("ralf"));
    let to = server.jid("anna");
    let is_over = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..4)
        .map(|number| {
            let (mut http, token, to, is_over) = (daemon.http(), token.clone(), to.clone(), is_over.clone());
            thread::spawn(move || {
                let mut accepted = Vec::new();
                for count in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let body = format!(r#"{{"to":"{to}","text":"{number}/{count}"}}"#);
                    match http.call("POST", "/bot/sendMessage", Some(&token), &[], &body) {
                        Some(answer) if answer.status == 200 => {
                            let id = Json::parse(&answer.body).at("result").at("message_id").text();
                            accepted.push(id);
                        }
                        Some(_) => {}
                        None => break,
                    }
                }
                accepted
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(400));
    let begun = Instant::now();
    assert!(daemon.stop().success());
    let took = begun.elapsed();
    is_over.store(true, Ordering::Relaxed);
    let accepted: Vec<String> = senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(accepted.len() > 10, "hardly any load: {}", accepted.len());
    // Each is at the server, or waits in the database to go there.
    let script = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\nassert db.execute('PRAGMA integrity_check').fetchone() == ('ok',)\n\
        print('\\n'.join(row[0] for row in db.execute('SELECT message_id FROM outbox')))\n";
    let database = daemon.dir.join("data/botmother.db");
    let waiting = Command::new("python3").args(["-c", script]).arg(&database).output().unwrap();
    assert!(waiting.status.success(), "{waiting:?}");
    let waiting = String::from_utf8(waiting.stdout).unwrap();
    daemon.start_again();
    daemon.wait_online(1, LIMIT);
    let begun = Instant::now();
    while !daemon.http().get("/metrics", None).body.contains("\nbotmother_outbox_depth 0\n") {
        assert!(begun.elapsed() < LIMIT, "{} waited", waiting.lines().count());
        thread::sleep(Duration::from_millis(50));
    }
    let archive = support::archive::read(&server, "ralf", "pw-ralf");
    let arrived: HashSet<&str> = archive.iter().map(|entry| entry.id.as_str()).collect();
    let lost: Vec<_> = accepted.iter().filter(|id| !arrived.contains(id.as_str())).collect();
    assert!(lost.is_empty(), "{} of {} were lost", lost.len(), accepted.len());
}

/// A second signal ends it at once, whatever it is about.
#[test]
fn a_second_signal_ends_it_at_once() {
    let daemon = files("");
    fs::remove_file(daemon.log()).unwrap();
    let mut process = Process::behind(&daemon, &["env"]);
    process.wait_serving(&daemon);
    // The engine waits for the lock, as for a disk that hangs.
    let lock = Lock::of(&daemon);
    let (port, dir) = (daemon.port, daemon.dir.clone());
    let busy = thread::spawn(move || {
        let body = r#"{"name":"Late","account":"owner@local"}"#;
        support::http::Http::new(port).call("POST", "/bot/create", None, &[], body)
    });
    thread::sleep(Duration::from_millis(200));
    kill_process(process.pid(), Signal::TERM).unwrap();
    let begun = Instant::now();
    while !fs::read_to_string(dir.join("log")).unwrap().contains("stopping (terminated)") {
        assert!(begun.elapsed() < LIMIT);
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(process.pid(), Signal::TERM).unwrap();
    assert!(process.0.wait().unwrap().success());
    process.read_to_end();
    let log = fs::read_to_string(dir.join("log")).unwrap();
    let last = log.lines().last().unwrap_or_default();
    assert!(last.ends_with("a second signal: stopping at once; what was accepted is safe"), "{log}");
    drop(lock);
    let _ = busy.join();
}
