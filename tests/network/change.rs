//! The API changes its mode, port and certificate while it runs, and nobody's request is lost by that.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::client::{Answer, Way};
use super::support::daemon::Daemon;
use super::support::http::{Http, Json};
use super::support::port::Port;
use super::{admin_token, certificate, plain, reload, secure, wait_for, wait_logged};

/// A daemon whose command line does not name its port, so that the port can change.
struct Free {
    daemon: Daemon,
    child: std::process::Child,
    port: u16,
}

impl Drop for Free {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Free {
    fn start(api: &str) -> Free {
        let mut daemon = Daemon::start("");
        daemon.stop();
        let port = daemon.port;
        fs::write(daemon.dir.join("config.toml"), format!("[api]\nport = {port}\n{api}\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_botmother"));
        command.arg("--config").arg(daemon.dir.join("config.toml")).arg("--data").arg(daemon.dir.join("data"));
        let log = fs::File::options().append(true).open(daemon.log()).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let free = Free { daemon, child, port };
        wait_for(|| Http::new(port).call("GET", "/health", None, &[], "").is_some(), "it serves");
        free
    }

    fn ask(&self, way: &mut Way, body: &str) -> Answer {
        way.ask("POST", "/bot/server", &[("Authorization", &admin_token(&self.daemon))], body)
    }
}

/// What `GET /bot/server` says.
fn server(daemon: &Daemon, way: &mut Way) -> Json {
    let answer = way.ask("GET", "/bot/server", &[("Authorization", &admin_token(daemon))], "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    Json::parse(&answer.body)
}

fn make_bot(way: &mut Way, name: &str) -> String {
    let answer = way.ask("POST", "/bot/create", &[], &format!(r#"{{"name":"{name}","account":"owner@local"}}"#));
    Json::parse(&answer.body).at("token").text()
}

/// A pair for `localhost` in this folder.
fn make_pair(folder: &Path, name: &str) {
    let config = "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nCN=localhost\n[ext]\n\
                  basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n";
    fs::write(folder.join("req.cnf"), config).unwrap();
    let made = Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -config req.cnf".split(' '))
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
}

/// Clients that keep their connection, and clients that come anew each time, ask without a pause while the configuration is
/// read again and again, each time with another one; long polls wait all the while.
#[test]
fn nobody_notices_that_the_configuration_changes() {
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let tokens: Vec<String> = (0..3).map(|n| make_bot(&mut plain(&daemon), &format!("Poller{n}"))).collect();
    let (is_over, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for is_kept in [true, true, false, false] {
            let (daemon, is_over, asked) = (&daemon, &is_over, &asked);
            scope.spawn(move || {
                let mut way = plain(daemon);
                while !is_over.load(Ordering::Relaxed) {
                    let headers: &[_] = if is_kept { &[] } else { &[("Connection", "close")] };
                    assert_eq!(way.ask("GET", "/health", headers, "").status, 200);
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let polls: Vec<_> = tokens
            .iter()
            .map(|token| {
                let daemon = &daemon;
                scope.spawn(move || {
                    let token = format!("Bearer {token}");
                    plain(daemon).ask("GET", "/bot/getUpdates?timeout=30", &[("Authorization", &token)], "")
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        for number in 1..=10 {
            reload(&daemon, &format!("[api]\nrate_limit = {}\n", number * 1_000_000 / 10));
            let limit = format!(r#""rate_limit":{}"#, number * 1_000_000 / 10);
            wait_for(|| plain(&daemon).get("/bot/server").body.contains(&limit), &limit);
        }
        let before = asked.load(Ordering::Relaxed);
        for number in 0..3 {
            let body = format!(r#"{{"to":"Poller{number}","text":"still there?"}}"#);
            assert_eq!(plain(&daemon).ask("POST", "/local/say", &[], &body).status, 200);
        }
        for poll in polls {
            let answer = poll.join().unwrap();
            assert!(answer.status == 200 && answer.body.contains("still there?"), "{answer:?}");
            assert!(answer.head.contains("connection: close"), "it came from a door that has made way");
        }
        wait_for(|| asked.load(Ordering::Relaxed) > before + 20, "clients go on");
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(asked.load(Ordering::Relaxed) > 200, "{asked:?}");
    // Doors that have made way are gone: so are their threads.
    let threads = || fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap().count();
    wait_for(|| threads() < 12, "the threads of old doors end");
}

/// Local → network → local on one port: a long poll of before is answered after, and no moment speaks plain HTTP that should
/// not.
#[test]
fn the_mode_changes_under_a_long_poll() {
    let free = Free::start("rate_limit = 0");
    let (daemon, port) = (&free.daemon, free.port);
    let token = make_bot(&mut plain(daemon), "Poller");
    thread::scope(|scope| {
        let poll = scope.spawn(|| {
            let token = format!("Bearer {token}");
            plain(daemon).ask("GET", "/bot/getUpdates?timeout=30", &[("Authorization", &token)], "")
        });
        thread::sleep(Duration::from_millis(300));
        let answer = free.ask(&mut plain(daemon), r#"{"mode":"network"}"#);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(
            answer.body.contains(r#""mode":"network""#) && answer.body.contains(r#""management":"token""#),
            "{answer:?}"
        );
        // From here on HTTPS, and the token.
        assert_eq!(secure(daemon).get("/bot/list").status, 401);
        let shown = server(daemon, &mut secure(daemon));
        let own = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(certificate(daemon))
            .output();
        let own = String::from_utf8(own.unwrap().stdout).unwrap().trim().replace(':', "").to_lowercase();
        let fingerprint = shown.at("certificate").at("fingerprint").text();
        assert!(own.ends_with(fingerprint.trim_start_matches("sha256:")), "{own} {fingerprint}");
        let say = r#"{"to":"Poller","text":"after the change"}"#;
        let said = secure(daemon).ask("POST", "/local/say", &[("Authorization", &admin_token(daemon))], say);
        assert_eq!(said.status, 200, "{}", said.body);
        let answer = poll.join().unwrap();
        assert!(answer.body.contains("after the change"), "{answer:?}");
    });
    assert!(Http::new(port).call("GET", "/health", None, &[], "").is_none(), "plain HTTP has no answer");

    // What cannot be leaves it as it is: a taken port, a certificate that is none.
    let taken = Port::claim();
    let _other = std::net::TcpListener::bind(("0.0.0.0", taken.number)).unwrap();
    let refused = free.ask(&mut secure(daemon), &format!(r#"{{"mode":"local","port":{}}}"#, taken.number));
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("nothing was changed: cannot listen on 127.0.0.1"), "{}", refused.body);
    let refused = free.ask(&mut secure(daemon), r#"{"tls_cert":"/dev/null","tls_key":"/dev/null"}"#);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(server(daemon, &mut secure(daemon)).at("mode").text(), "network");
    assert!(Http::new(port).call("GET", "/health", None, &[], "").is_none());

    // Port and mode together; the old port is closed.
    let next = Port::claim();
    let answer = free.ask(&mut secure(daemon), &format!(r#"{{"mode":"local","port":{}}}"#, next.number));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut way = Way::plain(&format!("127.0.0.1:{}", next.number));
    assert_eq!(way.get("/bot/list").status, 200);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    // It outlives a reload of the file that says otherwise.
    assert!(fs::read_to_string(daemon.dir.join("data/api.toml")).unwrap().contains(&format!("port = {}", next.number)));
}

/// A certificate of one's own: read again when told, and not if it does not fit.
#[test]
fn a_pair_is_looked_at_before_it_is_used() {
    let daemon = Daemon::start_network("[api]\nmode = \"network\"\nrate_limit = 0\n");
    let folder = daemon.dir.clone();
    make_pair(&folder, "one");
    make_pair(&folder, "two");
    let token = admin_token(&daemon);
    let change = |way: &mut Way, body: String| way.ask("POST", "/bot/server", &[("Authorization", &token)], &body);
    let path = |name: &str| folder.join(name).display().to_string();
    let own = format!(r#"{{"tls_cert":"{}","tls_key":"{}"}}"#, path("one.crt"), path("one.key"));
    assert_eq!(change(&mut secure(&daemon), own).status, 200);
    let mut way = Way::tls(&format!("127.0.0.1:{}", daemon.port), &folder.join("one.crt"));
    let first = server(&daemon, &mut way).at("certificate");
    assert!(!first.at("self_signed").truth() && first.at("names").list()[0].text() == "localhost", "{first:?}");

    let refused = change(&mut way, r#"{"certificate":"renew"}"#.into());
    assert!(refused.status == 409 && refused.body.contains("no self-signed certificate is in use"), "{}", refused.body);

    // Half of a new pair is there, the other half not yet.
    fs::copy(path("two.crt"), path("one.crt")).unwrap();
    let refused = change(&mut way, r#"{"certificate":"reload"}"#.into());
    assert!(
        refused.status == 409 && refused.body.contains("is not the key of the first certificate"),
        "{}",
        refused.body
    );
    assert_eq!(server(&daemon, &mut way).at("certificate").at("fingerprint").text(), first.at("fingerprint").text());
    fs::copy(path("two.key"), path("one.key")).unwrap();
    let answer = change(&mut way, r#"{"certificate":"reload"}"#.into());
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut way = Way::tls(&format!("127.0.0.1:{}", daemon.port), &folder.join("two.crt"));
    assert_ne!(server(&daemon, &mut way).at("certificate").at("fingerprint").text(), first.at("fingerprint").text());

    // A self-signed one again, and a new one of these.
    assert_eq!(change(&mut way, r#"{"tls_cert":"","tls_key":""}"#.into()).status, 200);
    let before = server(&daemon, &mut secure(&daemon)).at("certificate").at("fingerprint").text();
    assert_eq!(change(&mut secure(&daemon), r#"{"certificate":"renew"}"#.into()).status, 200);
    assert_ne!(server(&daemon, &mut secure(&daemon)).at("certificate").at("fingerprint").text(), before);
    let doctor = daemon.command(&["doctor"]).output().unwrap();
    let said = String::from_utf8(doctor.stdout).unwrap();
    let after = server(&daemon, &mut secure(&daemon)).at("certificate").at("fingerprint").text();
    assert!(said.contains(&format!("ok    certificate: {after}, for localhost, ")), "{said}");
}

/// SIGTERM while a door that has made way still serves a long poll: it is answered, and the daemon ends in time.
#[test]
fn a_stop_waits_for_no_old_door() {
    let mut daemon = Daemon::start("");
    let token = make_bot(&mut plain(&daemon), "Poller");
    let port = daemon.port;
    let poll = thread::spawn(move || {
        let token = format!("Bearer {token}");
        let headers = [("Authorization", token.as_str())];
        Way::plain(&format!("127.0.0.1:{port}")).ask("GET", "/bot/getUpdates?timeout=40", &headers, "")
    });
    thread::sleep(Duration::from_millis(300));
    reload(&daemon, "[api]\nrate_limit = 0\n");
    wait_for(|| plain(&daemon).get("/bot/server").body.contains(r#""rate_limit":0"#), "it is taken over");
    assert!(daemon.stop().success());
    let answer = poll.join().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"ok":true,"result":[]}"#));
}

/// Where network mode is wanted and cannot be had, there is no API at all.
#[test]
fn without_a_certificate_nothing_is_served() {
    let mut daemon = Daemon::start("");
    daemon.stop();
    make_pair(&daemon.dir, "one");
    make_pair(&daemon.dir, "two");
    for (cert, key) in
        [("one.crt", "two.key"), ("one.key", "one.key"), ("one.crt", "one.crt"), ("none.crt", "none.key")]
    {
        let config = format!("[api]\nmode = \"network\"\ntls_cert = \"{cert}\"\ntls_key = \"{key}\"\n");
        fs::write(daemon.dir.join("config.toml"), config).unwrap();
        for command in [&[][..], &["config", "check"]] {
            let mut child = daemon.command(command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(78), "{cert} {key} {command:?}");
        }
    }
    // It is served, and said that it ends soon.
    let config = "[api]\nmode = \"network\"\ntls_cert = \"one.crt\"\ntls_key = \"one.key\"\n";
    fs::write(daemon.dir.join("config.toml"), config).unwrap();
    daemon.spawn();
    wait_logged(&daemon, "API at https://");
    wait_logged(&daemon, "the API's certificate is valid until");
}

/// A reload with what cannot be changes nothing and is in the log; HUP with what can takes it over.
#[test]
fn hup_takes_over_the_address() {
    let free = Free::start("");
    let daemon = &free.daemon;
    let hup = |config: &str| {
        fs::write(daemon.dir.join("config.toml"), config).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_child(&free.child), rustix::process::Signal::HUP)
            .unwrap();
    };
    let taken = Port::claim();
    let _other = std::net::TcpListener::bind(("127.0.0.1", taken.number)).unwrap();
    hup(&format!("[api]\nport = {}\n", taken.number));
    wait_logged(daemon, "the API stays as it is, at http://localhost:");
    assert_eq!(plain(daemon).get("/health").status, 200);
    hup(&format!(
        "[api]\nport = {}\nmode = \"network\"\ntls_cert = \"/dev/null\"\ntls_key = \"/dev/null\"\n",
        free.port
    ));
    wait_logged(daemon, "contains no certificate");
    assert_eq!(plain(daemon).get("/health").status, 200);
    let next = Port::claim();
    hup(&format!("[api]\nport = {}\n", next.number));
    wait_logged(daemon, &format!("the API is at http://localhost:{} now", next.number));
    assert_eq!(Way::plain(&format!("127.0.0.1:{}", next.number)).get("/health").status, 200);
    assert!(std::net::TcpStream::connect(("127.0.0.1", free.port)).is_err());
}

/// The certificate of our own making comes near its end while the daemon runs: a timer has it replaced, and its key stays.
#[test]
fn our_own_certificate_is_renewed_by_itself() {
    let mut daemon = Daemon::start_network("[api]\nmode = \"network\"\n");
    assert!(daemon.stop().success());
    let folder = certificate(&daemon).parent().unwrap().to_path_buf();
    // Sixty days before its end it is due: in a few seconds from now.
    let end =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 60 * 24 * 3600 + 6;
    let date = Command::new("date").args(["-u", "-d", &format!("@{end}"), "+%Y%m%d%H%M%SZ"]).output().unwrap();
    let date = String::from_utf8(date.stdout).unwrap();
    fs::write(
        folder.join("ca.cnf"),
        "[ca]\ndefault_ca=d\n[d]\ndatabase=db\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n\
         [p]\nCN=supplied\n[ext]\nsubjectAltName=DNS:localhost\n",
    )
    .unwrap();
    fs::write(folder.join("db"), "").unwrap();
    fs::write(folder.join("serial"), "01\n").unwrap();
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    };
    openssl("req -new -key server.key -subj /CN=Botmother -out csr");
    openssl(&format!(
        "ca -batch -notext -selfsign -config ca.cnf -extensions ext -keyfile server.key -in csr -out server.crt \
         -startdate 20260101000000Z -enddate {}",
        date.trim()
    ));
    let (old, key) = (fs::read(folder.join("server.crt")).unwrap(), fs::read(folder.join("server.key")).unwrap());
    let _ = fs::remove_file(daemon.log());
    daemon.spawn();
    wait_logged(&daemon, "API at https://");
    assert_eq!(fs::read(folder.join("server.crt")).unwrap(), old, "it is not due yet");
    wait_logged(&daemon, "so it has a new one");
    assert_ne!(fs::read(folder.join("server.crt")).unwrap(), old);
    assert_eq!(fs::read(folder.join("server.key")).unwrap(), key, "who compares the key sees no change");
    // It is the one that is shown.
    assert_eq!(secure(&daemon).get("/health").status, 200);
}
