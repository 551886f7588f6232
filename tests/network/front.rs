//! The real nginx and the real Caddy in front, with the lines that docs/network.md shows: by HTTP and by the Unix socket,
//! long polls too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use super::support::daemon::Daemon;
use super::support::port::Port;
use super::support::skip::skip_missing;
use super::{admin_token, wait_for};

const PAGE: &str = include_str!("../../docs/network.md");

/// A fenced piece of the page.
fn fragment(language: &str) -> String {
    let piece = PAGE.split(&format!("```{language}\n")).nth(1).unwrap_or_else(|| panic!("{language} is on the page"));
    piece.split("```").next().unwrap().to_string()
}

/// `from` must be there.
fn replace(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replace(from, to)
}

/// A proxy that runs; ended with the test.
struct Proxy {
    child: Child,
    port: Port,
    folder: PathBuf,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // nginx' master ends its workers by this, where KILL would leave them.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Proxy {
    /// Prepares a folder with a certificate, then starts what `command` gives.
    fn start(name: &str, command: impl FnOnce(&Path, u16) -> Command) -> Option<Proxy> {
        let port = Port::claim();
        let folder = std::env::temp_dir().join(format!("botmother-{name}-{}-{}", std::process::id(), port.number));
        fs::create_dir_all(folder.join("temp")).unwrap();
        let made = Command::new("openssl")
            .args(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
                    .split(' '),
            )
            .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"])
            .current_dir(&folder)
            .stderr(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let mut command = command(&folder, port.number);
        let log = fs::File::create(folder.join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        match command.spawn() {
            Ok(child) => Some(Proxy { child, port, folder }),
            Err(_) => {
                let _ = fs::remove_dir_all(&folder);
                skip_missing(name);
                None
            }
        }
    }

    fn nginx(daemon: &Daemon, socket: Option<&Path>) -> Option<Proxy> {
        Proxy::start("nginx", |folder, port| {
            let shown = folder.display();
            let server = replace(&fragment("nginx"), "listen 443 ssl;", &format!("listen 127.0.0.1:{port} ssl;"));
            let server = replace(&server, "server_name bots.example.org;", "server_name localhost;");
            let own = "/etc/letsencrypt/live/bots.example.org";
            let server = replace(&server, &format!("{own}/fullchain.pem"), &format!("{shown}/cert.pem"));
            let server = replace(&server, &format!("{own}/privkey.pem"), &format!("{shown}/key.pem"));
            let server = replace(&server, "/var/log/nginx/access.log", &format!("{shown}/access.log"));
            let target = match socket {
                Some(socket) => replace(
                    "proxy_pass http://unix:/run/botmother/api.sock;",
                    "/run/botmother/api.sock",
                    &socket.display().to_string(),
                ),
                None => format!("proxy_pass http://127.0.0.1:{};", daemon.port),
            };
            assert!(PAGE.contains("proxy_pass http://unix:/run/botmother/api.sock;"));
            let server = replace(&server, "proxy_pass http://127.0.0.1:7842;", &target);
            let temps: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .iter()
                .map(|what| format!("{what}_temp_path {shown}/temp/{what};\n"))
                .collect();
            // As root it gives up its rights, and could not connect to the socket.
            let user = if rustix::process::getuid().is_root() { "user root;\n" } else { "" };
            let config = format!(
                "{user}daemon off;\nworker_processes 1;\npid {shown}/pid;\nerror_log {shown}/error.log;\nevents {{}}\n\
                 http {{\naccess_log off;\n{temps}{server}}}\n"
            );
            fs::write(folder.join("nginx.conf"), config).unwrap();
            let program = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
            let mut command = Command::new(program);
            command
                .arg("-p")
                .arg(folder)
                .arg("-e")
                .arg(folder.join("error.log"))
                .arg("-c")
                .arg(folder.join("nginx.conf"));
            command
        })
    }

    fn caddy(daemon: &Daemon, socket: Option<&Path>) -> Option<Proxy> {
        Proxy::start("caddy", |folder, port| {
            let shown = folder.display();
            let own =
                format!("https://localhost:{port} {{\n    bind 127.0.0.1\n    tls {shown}/cert.pem {shown}/key.pem\n");
            let site = replace(&fragment("caddyfile"), "bots.example.org {\n", &own);
            let target = match socket {
                Some(socket) => format!("reverse_proxy unix/{}", socket.display()),
                None => format!("reverse_proxy 127.0.0.1:{}", daemon.port),
            };
            assert!(PAGE.contains("reverse_proxy unix//run/botmother/api.sock"));
            let site = replace(&site, "reverse_proxy 127.0.0.1:7842", &target);
            let config = format!("{{\n    admin off\n    auto_https disable_redirects\n}}\n{site}");
            fs::write(folder.join("Caddyfile"), config).unwrap();
            let mut command = Command::new("caddy");
            command.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
            command.env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder).env("HOME", folder);
            command
        })
    }

    /// curl from one of this machine's addresses, of which 127.0.0.1 alone is a proxy; gives status and body.
    fn curl(&self, from: &str, path: &str, more: &[&str]) -> (u16, String) {
        let url = format!("https://localhost:{}{path}", self.port.number);
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-4", "--interface", from, "-w", "\n%{http_code}", "--cacert"]);
        let output = curl.arg(self.folder.join("cert.pem")).args(more).arg(&url).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap_or_default();
        (status.parse().unwrap_or(0), body.to_string() + &String::from_utf8_lossy(&output.stderr))
    }

    fn log(&self) -> String {
        ["log", "error.log"].map(|name| fs::read_to_string(self.folder.join(name)).unwrap_or_default()).concat()
    }
}

/// What holds behind every proxy.
fn check(daemon: &Daemon, proxy: &Proxy) {
    wait_for(|| proxy.curl("127.0.0.1", "/health", &[]).0 == 200, &format!("the proxy serves\n{}", proxy.log()));
    // Who came by the other way a moment ago is forgotten.
    thread::sleep(std::time::Duration::from_millis(1_100));
    let token = format!("Authorization: {}", admin_token(daemon));
    // Nobody behind it is local, whatever he says.
    for more in [
        &[][..],
        &["-H", "X-Forwarded-For: 127.0.0.1"],
        &["-H", "Forwarded: for=127.0.0.1"],
        &["-H", "Host: localhost"],
    ] {
        let (status, body) = proxy.curl("127.0.0.9", "/bot/list", more);
        assert_eq!(status, 403, "{more:?}: {body}");
    }
    assert!(
        fs::read_to_string(daemon.log()).unwrap().contains("http: 403 for 127.0.0.9\n"),
        "the log names the client"
    );
    assert_eq!(proxy.curl("127.0.0.9", "/bot/list", &["-H", &token]).0, 200);

    // A long poll: it ends in its time with nothing, and at once with something.
    let name = format!("Poller{}", proxy.port.number);
    let body = format!(r#"{{"name":"{name}","account":"owner@local"}}"#);
    let json = ["-H", "Content-Type: application/json", "-H", &token, "-d"];
    let (status, created) = proxy.curl("127.0.0.9", "/bot/create", &[&json[..], &[&body]].concat());
    assert_eq!(status, 200, "{created}");
    let bot = super::support::http::Json::parse(&created).at("token").text();
    let bot = format!("Authorization: Bearer {bot}");
    let begun = Instant::now();
    let (status, body) = proxy.curl("127.0.0.9", "/bot/getUpdates?timeout=2", &["-H", &bot]);
    assert_eq!((status, body.as_str()), (200, r#"{"ok":true,"result":[]}"#));
    assert!(begun.elapsed().as_secs() >= 2);
    thread::scope(|scope| {
        let poll = scope.spawn(|| proxy.curl("127.0.0.9", "/bot/getUpdates?timeout=20", &["-H", &bot]));
        thread::sleep(std::time::Duration::from_millis(300));
        let begun = Instant::now();
        let say = format!(r#"{{"to":"{name}","text":"über den Proxy"}}"#);
        assert_eq!(proxy.curl("127.0.0.9", "/local/say", &[&json[..], &[&say]].concat()).0, 200);
        let (status, body) = poll.join().unwrap();
        assert!(status == 200 && body.contains("über den Proxy"), "{status} {body}");
        assert!(begun.elapsed().as_secs() < 10);
    });

    // Limits count for the client and not for the proxy; what he claims is not believed.
    let mut number = 0;
    let mut is_refused = |from: &str| {
        let config: String = (0..120)
            .map(|_| {
                number += 1;
                format!(
                    "next\nurl = https://localhost:{}/health\nheader = \"X-Forwarded-For: 198.51.100.{}\"\n\
                     header = \"Forwarded: for=198.51.100.{}\"\noutput = /dev/null\nsilent\ninterface = {from}\n\
                     cacert = {}\nwrite-out = \"%{{http_code}} \"\n",
                    proxy.port.number,
                    number % 250,
                    number % 250,
                    proxy.folder.join("cert.pem").display()
                )
            })
            .collect();
        let path = proxy.folder.join("many");
        fs::write(&path, config).unwrap();
        let output = Command::new("curl").arg("-4").arg("-K").arg(&path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("200"), "{text} {}", String::from_utf8_lossy(&output.stderr));
        text.contains("429")
    };
    assert!(is_refused("127.0.0.9"), "one client that asks too often");
    assert_eq!(proxy.curl("127.0.0.10", "/health", &[]).0, 200, "another one does not feel it");
}

fn daemon() -> (Daemon, PathBuf) {
    // By the socket the proxy alone comes, by the port it comes from 127.0.0.1.
    let daemon =
        Daemon::start("[api]\nrate_limit = 20\nsocket = \"api.sock\"\ntrusted_proxies = [\"127.0.0.1\", \"unix\"]\n");
    let socket = daemon.dir.join("api.sock");
    (daemon, socket)
}

#[test]
fn nginx_in_front() {
    let (daemon, socket) = daemon();
    for socket in [None, Some(socket.as_path())] {
        let Some(proxy) = Proxy::nginx(&daemon, socket) else { return };
        check(&daemon, &proxy);
        // A token in a path is not written down.
        for path in ["/bot1:bm_of_a_bot/getMe", "/file/bot1:bm_of_a_bot/x", "/livez"] {
            proxy.curl("127.0.0.1", path, &[]);
        }
        let log = || fs::read_to_string(proxy.folder.join("access.log")).unwrap();
        wait_for(|| log().contains("GET /livez"), "the log of nginx has what came last");
        assert!(!log().contains("bm_of_a_bot"), "{}", log());
    }
}

#[test]
fn caddy_in_front() {
    let (daemon, socket) = daemon();
    for socket in [None, Some(socket.as_path())] {
        let Some(proxy) = Proxy::caddy(&daemon, socket) else { return };
        check(&daemon, &proxy);
    }
}
