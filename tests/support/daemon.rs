//! The daemon under test: the real binary with a data directory of its own, on a port of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::http::{Http, Json};
use super::port::Port;
use super::server::Server;

/// A running (or killed) daemon; its directory is removed when the test has passed.
pub struct Daemon {
    child: Option<Child>,
    binary: String,
    pub dir: PathBuf,
    pub port: u16,
    keep: bool,
    _port: Port,
}

impl Daemon {
    /// Starts one with this configuration (TOML; may be empty) and waits until it serves.
    pub fn start(config: &str) -> Daemon {
        Daemon::start_binary(&tested(), config)
    }

    /// Starts one whose configuration says network mode: it speaks HTTPS, which [`Daemon::http`] does not.
    pub fn start_network(config: &str) -> Daemon {
        let mut daemon = Daemon::prepare(&tested(), config);
        daemon.spawn();
        let begun = Instant::now();
        while !daemon.log_text().contains("API at https://") {
            assert!(begun.elapsed() < Duration::from_secs(20), "the daemon does not serve\n{}", daemon.log_text());
            thread::sleep(Duration::from_millis(5));
        }
        daemon
    }

    fn start_binary(binary: &str, config: &str) -> Daemon {
        let mut daemon = Daemon::prepare(binary, config);
        daemon.start_again();
        daemon
    }

    fn prepare(binary: &str, config: &str) -> Daemon {
        let port = Port::claim();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("botmother-test-{}-{number}", std::process::id()));
        // Of an earlier run that was killed, whose process had our number.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory for the daemon");
        // Most peers of the tests have no OMEMO.
        let plain = if config.contains("[omemo]") { "" } else { "\n[omemo]\ndefault = \"preferred\"\n" };
        fs::write(dir.join("config.toml"), format!("{config}{plain}")).expect("its configuration");
        Daemon { child: None, binary: binary.to_string(), dir, port: port.number, keep: false, _port: port }
    }

    /// Starts one that signs in to `user` of a real server. `port` replaces the server's own, for a proxy.
    pub fn with_account(server: &Server, user: &str, password: &str, port: u16, more: &str) -> Daemon {
        Daemon::start(&account_config(server, user, password, port, more))
    }

    /// The same with another binary than the one cargo has just built.
    pub fn with_binary(binary: &str, server: &Server, user: &str, password: &str, more: &str) -> Daemon {
        Daemon::start_binary(binary, &account_config(server, user, password, server.c2s_port, more))
    }

    /// A command of the binary with this daemon's directory, configuration and port.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut words = self.binary.split(' ');
        let mut command = Command::new(words.next().expect("a binary"));
        command.args(words).arg("--config").arg(self.dir.join("config.toml")).arg("--data").arg(self.dir.join("data"));
        command.arg("--port").arg(self.port.to_string()).args(arguments).env_remove("BOTMOTHER_CONFIG");
        command
    }

    /// Starts it over the data there is, and waits until it serves.
    pub fn start_again(&mut self) {
        self.spawn();
        self.wait_served();
    }

    /// Starts it and does not wait.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let log = File::options().append(true).create(true).open(self.log()).expect("a log file");
        let mut command = self.command(&[]);
        command.env("BOTMOTHER_LOG", std::env::var("BOTMOTHER_LOG").unwrap_or_else(|_| "debug".to_string()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().expect("the daemon starts"));
    }

    fn wait_served(&mut self) {
        let begun = Instant::now();
        while Http::new(self.port).call("GET", "/health", None, &[], "").is_none() {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "the daemon ended at its start: {ended:?}\n{}", self.log_text());
            assert!(begun.elapsed() < Duration::from_secs(20), "the daemon does not serve\n{}", self.log_text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("killed");
        child.wait().expect("ended");
    }

    /// For whoever looks into a failure that shows when the daemon is gone.
    pub fn keep_files(&mut self) {
        self.keep = true;
    }

    /// SIGTERM, and the exit status.
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("signalled");
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("waited") {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "it does not stop\n{}", self.log_text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until so many accounts are online.
    pub fn wait_online(&self, accounts: i64, limit: Duration) {
        self.wait_health("accounts_online", accounts, limit);
    }

    /// Waits until `/health` gives this number.
    pub fn wait_health(&self, member: &str, number: i64, limit: Duration) {
        let begun = Instant::now();
        let mut http = self.http();
        loop {
            let health = http.call("GET", "/health", None, &[], "").filter(|answer| answer.status == 200);
            if health.is_some_and(|health| Json::parse(&health.body).at(member).number() == number) {
                return;
            }
            assert!(begun.elapsed() < limit, "{member} is not {number}\n{}", self.log_text());
            // Thirty requests a second are answered, and the test's next one is to be among them.
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Creates a personal bot; gives its token.
    pub fn create_bot(&self, name: &str, owner: &str) -> String {
        let body = format!(r#"{{"name":"{name}","account":"{owner}"}}"#);
        self.http().post("/bot/create", None, &body).ok().at("token").text()
    }

    pub fn http(&self) -> Http {
        Http::new(self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Memory in use, in KiB.
    pub fn rss_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    pub fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    pub fn log_text(&self) -> String {
        tail(&self.log())
    }
}

/// What is under test: what cargo has just built, or what `BOTMOTHER_BINARY` names, with what runs it before it, as in
/// `qemu-aarch64-static /path/to/botmother` (cross/trial).
fn tested() -> String {
    std::env::var("BOTMOTHER_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_botmother").to_string())
}

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

fn account_config(server: &Server, user: &str, password: &str, port: u16, more: &str) -> String {
    format!(
        "{more}\n[[account]]\njid = \"{}\"\npassword = '''{password}'''\nhost = \"127.0.0.1:{port}\"\nca_file = \"{}\"\n",
        server.jid(user),
        server.ca_file.display()
    )
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if self.keep {
            println!("the daemon's files are in {}", self.dir.display());
        } else if thread::panicking() {
            eprintln!("the daemon's files are in {}; the end of its log:\n{}", self.dir.display(), self.log_text());
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}
