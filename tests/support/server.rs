//! Real Prosody and real ejabberd, each in a folder of its own, on ports of 127.0.0.1 of its own.
//!
//! Used by every test that talks to a server. A server is started by [`Server::start`], gets its accounts with
//! [`Server::add_user`], can be stopped, killed and restarted with the same ports and data, and is gone when the value
//! is dropped or the test process ends, however it ends. Its domain resolves nowhere: clients connect to 127.0.0.1 and
//! the port, and trust the certificate authority in `ca_file`, which all servers of a process share.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustix::process::Signal;

use super::port::Port;
use super::skip::skip_missing;

/// A busy machine needs long; a healthy server is there in two seconds.
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Folders of failed runs stay for their logs, but not for ever.
const KEEP_LOGS: Duration = Duration::from_secs(24 * 3600);

/// By which the component `gateway` signs in (XEP-0114).
pub const GATEWAY_SECRET: &str = "gateway";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Prosody,
    Ejabberd,
}

impl Kind {
    pub const ALL: [Kind; 2] = [Kind::Prosody, Kind::Ejabberd];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Prosody => "prosody",
            Kind::Ejabberd => "ejabberd",
        }
    }
}

/// Where the server keeps everything (Prosody: all but the accounts).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// What a fresh Debian installation does: Prosody has one file per list, ejabberd Mnesia, which writes late.
    Internal,
    /// SQLite: what makes an archive of many messages bearable, and outlives a kill of ejabberd.
    Sql,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub storage: Storage,
    /// Whether the server archives messages (MAM).
    pub archive: bool,
    /// How long a broken stream can be resumed.
    pub resume_s: u32,
    /// Whether Prosody keeps hashed passwords, as it does by default, instead of plain ones. Those let it offer every
    /// SCRAM, but with another salt for each login.
    pub hashed: bool,
    /// Whether Prosody registers whoever asks (XEP-0077); ejabberd does so from this machine.
    pub registration: bool,
    /// Whether the server logs every stanza.
    pub debug: bool,
    /// The largest stanza it takes.
    pub stanza_bytes: u32,
    /// The domain it serves, if another one than that named after it.
    pub domain: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            storage: Storage::Internal,
            archive: true,
            resume_s: 300,
            hashed: false,
            registration: true,
            debug: false,
            stanza_bytes: 262_144,
            domain: None,
        }
    }
}

/// A server which runs, or can run again.
#[derive(Debug)]
pub struct Server {
    pub kind: Kind,
    pub domain: String,
    /// STARTTLS, required.
    pub c2s_port: u16,
    /// Direct TLS.
    pub tls_port: u16,
    /// Uploads; ejabberd's API, too.
    pub https_port: u16,
    /// ejabberd's API without TLS; Prosody has nothing there.
    pub api_port: u16,
    /// For the component `gateway`, see [`GATEWAY_SECRET`].
    pub component_port: u16,
    pub ca_file: PathBuf,
    /// Configuration, data and logs.
    pub dir: PathBuf,
    /// Of the account `admin`, which every server has.
    pub admin_password: String,
    options: Options,
    keep: bool,
    running: Option<Running>,
    _authority: Arc<Authority>,
    _ports: [Port; 5],
}

/// The server's process, and one which kills it should ours end without doing so.
#[derive(Debug)]
struct Running {
    server: Child,
    guard: Child,
}

impl Server {
    /// Starts a server with the usual options; see [`Server::start_with`].
    pub fn start(kind: Kind) -> Option<Server> {
        Server::start_with(kind, Options::default())
    }

    /// Starts a server. If it or the client's environment is not installed, the answer is `None` with a line printed,
    /// for the test to return; with `REQUIRE_SERVERS=1` in the environment that is a failure.
    pub fn start_with(kind: Kind, options: Options) -> Option<Server> {
        if let Some(missing) = missing(kind) {
            skip_missing(missing);
            return None;
        }
        let authority = authority();
        let ports = [(); 5].map(|()| Port::claim());
        let mut server = Server {
            kind,
            domain: options.domain.map_or_else(|| format!("{}.localhost", kind.name()), String::from),
            c2s_port: ports[0].number,
            tls_port: ports[1].number,
            https_port: ports[2].number,
            api_port: ports[3].number,
            component_port: ports[4].number,
            ca_file: authority.dir.join("ca.pem"),
            dir: new_folder(kind.name()),
            admin_password: random_word(),
            options,
            keep: false,
            running: None,
            _authority: Arc::clone(&authority),
            _ports: ports,
        };
        authority.issue(&server.dir, &server.domain);
        server.write_config();
        if kind == Kind::Prosody {
            server.write_prosody_account("admin", &server.admin_password);
        }
        server.start_again();
        Some(server)
    }

    /// The address of an account here.
    pub fn jid(&self, user: &str) -> String {
        format!("{user}@{}", self.domain)
    }

    /// The address of a room here.
    pub fn room(&self, name: &str) -> String {
        format!("{name}@conference.{}", self.domain)
    }

    /// Creates an account.
    pub fn add_user(&self, user: &str, password: &str) {
        match self.kind {
            Kind::Prosody => self.write_prosody_account(user, password),
            Kind::Ejabberd => {
                self.must_api("register", &[("user", user), ("host", &self.domain), ("password", password)])
            }
        }
    }

    /// Gives an account another password; sessions of it stay.
    pub fn set_password(&self, user: &str, password: &str) {
        match self.kind {
            Kind::Prosody => self.write_prosody_account(user, password),
            Kind::Ejabberd => {
                self.must_api("change_password", &[("user", user), ("host", &self.domain), ("newpass", password)])
            }
        }
    }

    /// Calls ejabberd's API as admin: status code and body of the answer.
    pub fn api(&self, command: &str, arguments: &[(&str, &str)]) -> Result<(u16, String), String> {
        assert_eq!(self.kind, Kind::Ejabberd, "only ejabberd has an API");
        let credentials = BASE64.encode(format!("{}:{}", self.jid("admin"), self.admin_password));
        let body = json_object(arguments);
        let request = format!(
            "POST /api/{command} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Authorization: Basic {credentials}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        http_exchange(self.api_port, &request).map_err(|error| format!("{command}: {error}"))
    }

    /// Ends the server as a system does at shutdown: everything is saved, clients are told.
    pub fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    /// For whoever looks into a failure that shows when the server is gone.
    pub fn keep_files(&mut self) {
        self.keep = true;
    }

    /// Ends the server as a loss of power does.
    pub fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    /// The process, while it runs.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("it runs").server.id()
    }

    /// Stops and starts with the same ports, accounts and data.
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Starts after [`Server::stop`] or [`Server::kill`]; returns when clients can log in.
    pub fn start_again(&mut self) {
        assert!(self.running.is_none(), "{} runs already", self.kind.name());
        let output = File::options().create(true).append(true).open(self.dir.join("output.log"));
        let output = output.expect("file for the server's output");
        let mut command = self.command();
        command
            .current_dir(&self.dir)
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(output.try_clone().expect("second handle"))
            .stdout(output);
        let server = command.spawn().expect("start the server");
        let guard = guard(server.id());
        self.running = Some(Running { server, guard });
        self.wait_ready();
    }

    /// ejabberd of this age does not make its tables itself.
    fn make_tables(&self) {
        let program = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())";
        let made = Command::new(super::peer::python())
            .args(["-c", program])
            .arg(self.dir.join("ejabberd.sqlite"))
            .arg("/usr/share/ejabberd/sql/lite.sql")
            .status();
        assert!(made.expect("start python: run tests/setup").success(), "the server's tables");
    }

    fn command(&self) -> Command {
        match self.kind {
            Kind::Prosody => {
                let mut command = Command::new("prosody");
                command.arg("--config").arg(self.dir.join("prosody.cfg.lua")).arg("-F");
                command
            }
            Kind::Ejabberd => self.ejabberd_command(),
        }
    }

    /// ejabberd without ejabberdctl, which insists on its own user and paths, and without distribution: no node name,
    /// so no cookie, no epmd, and no limit to how many run at once. The admin's account is made inside, once all is up.
    fn ejabberd_command(&self) -> Command {
        let file = |name: &str| self.dir.join(name);
        let mut command = Command::new("erl");
        // Debian's unit sets the same; without the busy waiting, which would take a core from the tests.
        command.args("+K true +P 250000 +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none".split(' '));
        command.arg("-noinput").args(["-mnesia", "dir"]);
        command.arg(format!("\"{}\"", file("db").display()));
        command.args(["-s", "ejabberd", "-eval"]).arg(format!(
            "{{ok, P}} = file:read_file(\"{}\"), ejabberd_auth:try_register(<<\"admin\">>, <<\"{}\">>, P).",
            file("admin.password").display(),
            self.domain
        ));
        command
            .env("ERL_LIBS", ejabberd_libraries().unwrap_or_default())
            .env("HOME", &self.dir)
            .env("EJABBERD_CONFIG_PATH", file("ejabberd.yml"))
            .env("EJABBERD_LOG_PATH", file("server.log"))
            .env("EJABBERD_PID_PATH", file("ejabberd.pid"))
            .env("CONTRIB_MODULES_PATH", file("modules"))
            .env("CONTRIB_MODULES_CONF_DIR", file("modules.d"))
            .env("ERL_CRASH_DUMP", file("erl_crash.dump"))
            .env("ERL_CRASH_DUMP_BYTES", "0");
        command
    }

    fn write_config(&self) {
        let (template, name) = match self.kind {
            Kind::Prosody => (include_str!("prosody.cfg.lua"), "prosody.cfg.lua"),
            Kind::Ejabberd => (include_str!("ejabberd.yml"), "ejabberd.yml"),
        };
        let archive = |text: &'static str| if self.options.archive { text } else { "" };
        let (mam, muc_mam) = match self.kind {
            Kind::Prosody => (archive("\"mam\";"), archive("\"muc_mam\";")),
            Kind::Ejabberd => (archive("mod_mam: { assume_mam_usage: true, default: always }"), archive("mam: true")),
        };
        let storage = match (self.kind, self.options.storage) {
            (Kind::Prosody, Storage::Internal) => "internal",
            (Kind::Prosody, Storage::Sql) => "sql",
            (Kind::Ejabberd, Storage::Internal) => "auth_method: internal",
            (Kind::Ejabberd, Storage::Sql) => {
                "auth_method: sql\ndefault_db: sql\nsql_type: sqlite\nsql_database: \"@DIR@/ejabberd.sqlite\""
            }
        };
        let text = template
            .replace("@DOMAIN@", &self.domain)
            .replace("@STORAGE@", storage)
            .replace("@DIR@", &self.dir.display().to_string())
            .replace("@CA@", &self.ca_file.display().to_string())
            .replace("@C2S@", &self.c2s_port.to_string())
            .replace("@TLS@", &self.tls_port.to_string())
            .replace("@HTTPS@", &self.https_port.to_string())
            .replace("@API@", &self.api_port.to_string())
            .replace("@STANZA@", &self.options.stanza_bytes.to_string())
            .replace("@COMPONENT@", &self.component_port.to_string())
            .replace("@SECRET@", GATEWAY_SECRET)
            .replace("@RESUME@", &self.options.resume_s.to_string())
            .replace("@PASSWORDS@", if self.options.hashed { "internal_hashed" } else { "internal_plain" })
            .replace("@REGISTRATION@", if self.options.registration { "true" } else { "false" })
            .replace("@LEVEL@", if self.options.debug { "debug" } else { "info" })
            .replace("@MUC_MAM@", muc_mam)
            .replace("@MAM@", mam);
        for folder in ["certs", "data", "db", "upload", "modules", "modules.d"] {
            fs::create_dir_all(self.dir.join(folder)).expect("server's folder");
        }
        fs::write(self.dir.join(name), text).expect("server's configuration");
        if self.kind == Kind::Ejabberd && self.options.storage == Storage::Sql {
            self.make_tables();
        }
        fs::write(self.dir.join("admin.password"), &self.admin_password).expect("admin's password");
    }

    /// Prosody reads an account's file at each login, so writing it is all that its control tool would do.
    fn write_prosody_account(&self, user: &str, password: &str) {
        let folder = self.dir.join("data").join(prosody_file_name(&self.domain)).join("accounts");
        fs::create_dir_all(&folder).expect("folder of accounts");
        let file = folder.join(format!("{}.dat", prosody_file_name(user)));
        let fresh = file.with_extension("new");
        fs::write(&fresh, format!("return {{ [\"password\"] = {} }};\n", lua_string(password))).expect("account file");
        fs::rename(fresh, file).expect("account file in place");
    }

    fn must_api(&self, command: &str, arguments: &[(&str, &str)]) {
        match self.api(command, arguments) {
            Ok((200, _)) => {}
            other => panic!("ejabberd, {command}: {other:?}"),
        }
    }

    fn is_ready(&self) -> bool {
        let open = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_ok();
        match self.kind {
            Kind::Prosody => open(self.c2s_port) && open(self.tls_port) && open(self.https_port),
            // The admin's account is the last thing made, so an answer to the admin means that all is up.
            Kind::Ejabberd => matches!(self.api("status", &[]), Ok((200, _))),
        }
    }

    fn wait_ready(&mut self) {
        let end = Instant::now() + START_LIMIT;
        while !self.is_ready() {
            let running = self.running.as_mut().expect("just started");
            let ended = running.server.try_wait().expect("state of the server");
            assert!(
                ended.is_none() && Instant::now() < end,
                "{} did not start ({ended:?}); logs in {}\n{}",
                self.kind.name(),
                self.dir.display(),
                last_lines(&self.dir)
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn end(&mut self, signal: Signal) {
        let Some(mut running) = self.running.take() else { return };
        let pid = rustix::process::Pid::from_child(&running.server);
        // If it ended by itself there is nobody to signal; waiting below collects it.
        let _ = rustix::process::kill_process(pid, signal);
        let end = Instant::now() + STOP_LIMIT;
        while running.server.try_wait().expect("state of the server").is_none() {
            if Instant::now() > end {
                let _ = running.server.kill();
            }
            thread::sleep(Duration::from_millis(10));
        }
        // A line tells the guard that its work is done.
        if let Some(mut stdin) = running.guard.stdin.take() {
            let _ = stdin.write_all(b"done\n");
        }
        let _ = running.guard.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if self.keep || thread::panicking() {
            eprintln!("logs of {} are in {}", self.kind.name(), self.dir.display());
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// What has to be installed for a server of this kind and is not.
fn missing(kind: Kind) -> Option<&'static str> {
    let has = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    };
    match kind {
        Kind::Prosody if !has("prosody") => Some("prosody"),
        Kind::Ejabberd if !has("erl") || ejabberd_libraries().is_none() => Some("ejabberd"),
        _ if !has("openssl") => Some("openssl"),
        _ if !super::peer::python().is_file() => Some("the Python environment of the tests"),
        _ => None,
    }
}

/// The folder with ejabberd's code: /usr/lib/<machine>.
fn ejabberd_libraries() -> Option<PathBuf> {
    fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path()).find(|folder| {
        let Ok(entries) = fs::read_dir(folder) else { return false };
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("ejabberd-"))
    })
}

/// A shell which waits for a line. If instead its input ends, our process is gone without having ended the server, by a
/// crash or a time limit, and the shell does it. In a group of its own, so that ^C does not reach it.
fn guard(server: u32) -> Child {
    Command::new("sh")
        .args(["-c", "read line || kill -KILL \"$1\"", "guard", &server.to_string()])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("start the guard")
}

/// The certificate authority of this process's servers.
#[derive(Debug)]
struct Authority {
    dir: PathBuf,
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Shared by the servers which live at the same time; gone with the last of them.
fn authority() -> Arc<Authority> {
    static SHARED: Mutex<Weak<Authority>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(authority) = shared.upgrade() {
        return authority;
    }
    remove_old_folders();
    let dir = new_folder("ca");
    let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                      subjectKeyIdentifier=hash\n";
    openssl(&dir, "ca", "Test authority", extensions, &[]);
    fs::rename(dir.join("ca.crt"), dir.join("ca.pem")).expect("authority's certificate");
    let authority = Arc::new(Authority { dir });
    *shared = Arc::downgrade(&authority);
    authority
}

impl Authority {
    /// Writes server.crt (with chain), server.key and server.pem (all of it) for a domain and its components.
    fn issue(&self, dir: &Path, domain: &str) {
        let extensions = format!(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
             subjectAltName=DNS:{domain},DNS:conference.{domain},DNS:upload.{domain},DNS:pubsub.{domain},DNS:localhost,IP:127.0.0.1\n"
        );
        let (ca, key) = (self.dir.join("ca.pem"), self.dir.join("ca.key"));
        let by = ["-CA", &ca.to_string_lossy(), "-CAkey", &key.to_string_lossy()].map(String::from);
        openssl(dir, "server", domain, &extensions, &by);
        let read = |path: PathBuf| fs::read_to_string(path).expect("made by openssl");
        let chain = read(dir.join("server.crt")) + &read(ca);
        fs::write(dir.join("server.crt"), &chain).expect("chain");
        fs::write(dir.join("server.pem"), chain + &read(dir.join("server.key"))).expect("chain with key");
    }
}

/// Makes NAME.key and NAME.crt in a folder, signed by itself or as the further arguments say.
fn openssl(dir: &Path, name: &str, subject: &str, extensions: &str, by: &[String]) {
    let config = format!(
        "[req]\ndistinguished_name=subject\nprompt=no\nx509_extensions=extensions\n\
         [subject]\nCN={subject}\n[extensions]\n{extensions}"
    );
    fs::write(dir.join("openssl.cnf"), config).expect("configuration for openssl");
    let output = Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30".split(' '))
        .args(["-config", "openssl.cnf", "-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")])
        .args(by)
        .current_dir(dir)
        .output()
        .expect("run openssl");
    assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
}

/// A new folder in cargo's place for tests' files, with this process's number in its name.
fn new_folder(what: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = rig_folder().join(format!("{}-{number}-{what}", process::id()));
    // A process with the same number may have left one behind.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("folder for the server");
    // Passwords and keys are in it.
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("folder for us alone");
    folder
}

fn rig_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rig")
}

/// Removes what failed and killed runs left, a day after.
fn remove_old_folders() {
    let Ok(entries) = fs::read_dir(rig_folder()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let lives = name.split('-').next().is_some_and(|pid| Path::new("/proc").join(pid).exists());
        let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
        if !lives && age.is_some_and(|age| age > KEEP_LOGS) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn last_lines(dir: &Path) -> String {
    let mut text = String::new();
    for name in ["output.log", "server.log"] {
        let content = fs::read_to_string(dir.join(name)).unwrap_or_default();
        let lines: Vec<&str> = content.lines().collect();
        text += &lines[lines.len().saturating_sub(15)..].join("\n");
        text.push('\n');
    }
    text
}

fn random_word() -> String {
    let mut bytes = [0; 12];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).expect("random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One HTTP exchange on a connection of its own: status code and body.
fn http_exchange(port: u16, request: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Ok((code, body.to_string()))
}

/// Prosody keeps letters and digits in file names and writes all else as %xx.
fn prosody_file_name(text: &str) -> String {
    let mut name = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            name.push(char::from(byte));
        } else {
            name += &format!("%{byte:02x}");
        }
    }
    name
}

/// Lua reads \ddd as the byte with that decimal number.
fn lua_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        quoted += &format!("\\{byte:03}");
    }
    quoted + "\""
}

fn json_object(members: &[(&str, &str)]) -> String {
    let quote = |text: &str| miniserde::json::to_string(text);
    let members: Vec<String> = members.iter().map(|(key, value)| format!("{}:{}", quote(key), quote(value))).collect();
    format!("{{{}}}", members.join(","))
}
