//! The packages that packages/ makes: what is in them, and that a machine which installs one gets a bot that answers. They
//! hold the binary under test here, since packing does not care which one it is.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use support::http::{Http, Json};
use support::peer::Peer;
use support::port::Port;
use support::server::{Kind, Server};
use support::skip::{skip, skip_missing};

const SOON: Duration = Duration::from_secs(20);
const TOP: &str = env!("CARGO_MANIFEST_DIR");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A directory that goes with the test when it has passed.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("botmother-packages-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command prints; the test fails where the command does.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn sh(script: &str, dir: &Path) -> String {
    run(Command::new("bash").args(["-euo", "pipefail", "-c", script]).current_dir(dir))
}

fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The binary without what only a debugger reads, as releases are.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("botmother-stripped");
        run(Command::new("strip").arg("-o").arg(&path).arg(env!("CARGO_BIN_EXE_botmother")));
        path
    })
}

/// Has `packages/NAME` make a package in `out`; gives the paths it prints.
fn pack(name: &str, out: &Folder, more: &[&str]) -> Vec<PathBuf> {
    let mut script = Command::new(Path::new(TOP).join("packages").join(name));
    script.arg(binary()).args(more).env("CARGO_TARGET_DIR", &out.0).env("SOURCE_DATE_EPOCH", "1700000000");
    // Quickly: a debug build is large.
    script.env("DPKG_DEB_COMPRESSOR_TYPE", "gzip").env("DPKG_DEB_COMPRESSOR_LEVEL", "1");
    run(&mut script).lines().map(PathBuf::from).collect()
}

/// Mode, owner and name of everything in an archive, as `tar tv` has it.
fn listed(archive: &Path) -> BTreeMap<String, (String, String)> {
    let list = run(Command::new("tar").args(["--numeric-owner", "-tvf"]).arg(archive));
    let entry = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = words[5].trim_start_matches("./").trim_end_matches('/');
        (name.to_string(), (words[0].to_string(), words[1].to_string()))
    };
    list.lines().map(entry).collect()
}

/// A Debian system in a folder, in which nothing runs but what the test starts.
struct Root {
    dir: Folder,
    daemon: Option<Child>,
}

impl Root {
    /// A copy of what tests/setup has made.
    fn new(name: &str) -> Option<Root> {
        let made = Path::new(TOP).join("target/test-root.tar");
        if !is_root() {
            skip("only root can install a package in a root of its own");
            return None;
        }
        if !made.exists() {
            skip_missing("target/test-root.tar");
            return None;
        }
        let dir = Folder::new(name);
        run(Command::new("tar").arg("-xf").arg(made).arg("-C").arg(&dir.0));
        Some(Root { dir, daemon: None })
    }

    /// A command in it, by root or another user.
    fn command(&self, user: &str, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={user}:{user}")).arg(&self.dir.0).args(words).env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("DEBIAN_FRONTEND", "noninteractive").env("HOME", "/");
        command
    }

    fn run(&self, words: &[&str]) -> String {
        run(&mut self.command("root", words))
    }

    /// Starts the service as its unit says: no systemd runs in a folder.
    fn start(&mut self, port: u16) {
        let unit = fs::read_to_string(self.dir.join("usr/lib/systemd/system/botmother.service")).unwrap();
        let of = |key: &str| {
            let mut lines = unit.lines().filter_map(|line| line.split_once('='));
            lines.find(|(name, _)| *name == key).unwrap_or_else(|| panic!("{key} is not in\n{unit}")).1
        };
        let mut command = self.command(of("User"), &[of("ExecStart")]);
        let log = fs::File::create(self.dir.join("log")).unwrap();
        command.env("STATE_DIRECTORY", format!("/var/lib/{}", of("StateDirectory")));
        command.env("BOTMOTHER_API__PORT", port.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.daemon = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while Http::new(port).call("GET", "/health", None, &[], "").is_none() {
            assert!(begun.elapsed() < SOON, "{}", fs::read_to_string(self.dir.join("log")).unwrap());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_child(&daemon), rustix::process::Signal::TERM)
            .unwrap();
        assert!(daemon.wait().unwrap().success());
    }

    /// Mode, user and group of a file in it.
    fn of(&self, path: &str) -> (u32, String, String) {
        let meta = fs::symlink_metadata(self.dir.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let name = |file: &str, id: u32| {
            let table = fs::read_to_string(self.dir.join(file)).unwrap();
            let mut lines = table.lines().map(|line| line.split(':').collect::<Vec<_>>());
            lines.find(|fields| fields[2] == id.to_string()).map_or(id.to_string(), |fields| fields[0].to_string())
        };
        (meta.permissions().mode() & 0o7777, name("etc/passwd", meta.uid()), name("etc/group", meta.gid()))
    }

    /// All files that there are, of the package or of its data.
    fn traces(&self) -> Vec<String> {
        let find = "find . -xdev -path ./proc -prune -o -name '*botmother*' -print
            grep -l botmother etc/passwd etc/group || true";
        let found = sh(find, &self.dir.0);
        // What dpkg writes of everything it does.
        found.lines().filter(|line| !line.contains("/var/log/")).map(String::from).collect()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// The commands of a block of a page, those of its language, comments left out.
fn commands(page: &str, heading: &str) -> Vec<String> {
    let page = fs::read_to_string(Path::new(TOP).join("docs").join(page)).unwrap();
    let part = page.split(&format!("## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    let block = part.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let lines = block.lines().map(|line| line.split("  #").next().unwrap().trim().to_string());
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// docs/raspberry-pi.md, command by command: installed, the owner's account signed in, a bot that answers him; then what is
/// left when it is removed, and purged.
#[test]
fn debian_from_the_package_to_a_bot_that_answers() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    let Some(mut root) = Root::new("debian") else { return };
    let steps = commands("raspberry-pi.md", "Three minutes");
    assert!(steps.len() <= 5, "{steps:?}");
    let [install, account, bot, program, tell] = &steps[..] else { panic!("{steps:?}") };

    // sudo apt install ./botmother_*.deb
    assert!(install.starts_with("sudo apt install ./botmother_") && install.ends_with(".deb"), "{install}");
    let package = pack("debian", &root.dir, &[]).remove(0);
    let name = package.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(&format!("botmother_{VERSION}_")), "{name}");
    fs::copy(&package, root.dir.join("tmp").join(name)).unwrap();
    root.run(&["dpkg", "-i", &format!("/tmp/{name}")]);
    check_installed(&root);
    let port = Port::claim();
    root.start(port.number);
    let port_text = port.number.to_string();

    // sudo botmother account add you@example.org
    server.add_user("you", "pw");
    let you = server.jid("you");
    fs::copy(&server.ca_file, root.dir.join("etc/botmother/ca.pem")).unwrap();
    fs::write(root.dir.join("root/pw"), "pw\n").unwrap();
    let host = format!("127.0.0.1:{}", server.c2s_port);
    let reach = ["--host", &host, "--ca-file", "/etc/botmother/ca.pem", "--password-file", "/root/pw"];
    let ours = |command: &str| -> Vec<String> {
        let words = command.strip_prefix("sudo ").unwrap_or_else(|| panic!("{command}")).split(' ');
        words.map(|word| word.replace("you@example.org", &you)).chain(["--port".into(), port_text.clone()]).collect()
    };
    let run_ours = |root: &Root, command: &str, more: &[&str]| {
        let words = ours(command);
        root.run(&words.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>())
    };
    run_ours(&root, account, &reach);
    let mut http = Http::new(port.number);
    let begun = Instant::now();
    while Json::parse(&http.call("GET", "/health", None, &[], "").unwrap().body).at("accounts_online").number() != 1 {
        assert!(begun.elapsed() < SOON, "{}", fs::read_to_string(root.dir.join("log")).unwrap());
        thread::sleep(Duration::from_millis(50));
    }

    // sudo botmother bot create Echo --owner you@example.org
    let created = run_ours(&root, bot, &[]);
    let token = created.split_whitespace().find(|word| word.starts_with("bm_")).unwrap_or_else(|| panic!("{created}"));

    // BOTMOTHER_TOKEN=bm_… python3 /usr/share/doc/botmother/examples/echo.py &
    let words: Vec<&str> = program.trim_end_matches(" &").split(' ').collect();
    let ["BOTMOTHER_TOKEN=bm_…", interpreter, example] = words[..] else { panic!("{program}") };
    let mut echo = Command::new(interpreter);
    echo.arg(root.dir.join(example.trim_start_matches('/'))).env("BOTMOTHER_TOKEN", token);
    echo.env("BOTMOTHER_URL", format!("http://localhost:{port_text}")).stdin(Stdio::null()).stdout(Stdio::null());
    let _echo = Program(echo.spawn().unwrap());

    // From the owner's phone, in the chat with himself.
    let mut phone = Peer::login(&server, "you", "pw", "phone");
    phone.send(&you, "Grüße 👋");
    let answer = phone.expect(SOON, |message| message.body.starts_with("You said:"));
    assert_eq!(answer.body, "You said: Grüße 👋");

    // sudo botmother doctor
    let words = ours(tell);
    let doctor = root.command("root", &words.iter().map(String::as_str).collect::<Vec<_>>()).output().unwrap();
    assert!(text(&doctor.stdout).contains(&you), "{}{}", text(&doctor.stdout), text(&doctor.stderr));
    assert_eq!(doctor.status.code(), Some(0), "{}", text(&doctor.stdout));
    root.run(&["botmother", "health", "--port", &port_text]);

    drop(_echo);
    root.stop();
    check_removed(&root);
}

fn check_installed(root: &Root) {
    let is = |path: &str, mode: u32, user: &str, group: &str| {
        assert_eq!(root.of(path), (mode, user.to_string(), group.to_string()), "{path}");
    };
    is("usr/bin/botmother", 0o755, "root", "root");
    is("usr/lib/systemd/system/botmother.service", 0o644, "root", "root");
    is("etc/botmother", 0o755, "root", "root");
    is("etc/botmother/config.toml", 0o640, "root", "botmother");
    is("var/lib/botmother", 0o700, "botmother", "botmother");
    let passwd = fs::read_to_string(root.dir.join("etc/passwd")).unwrap();
    let user = passwd.lines().find(|line| line.starts_with("botmother:")).expect("the user");
    assert!(user.ends_with("/usr/sbin/nologin"), "{user}");
    let uid: u32 = user.split(':').nth(2).unwrap().parse().unwrap();
    assert!(uid < 1000, "{user}");
    let unit = fs::read_to_string(root.dir.join("usr/lib/systemd/system/botmother.service")).unwrap();
    assert!(!unit.contains("DynamicUser") && !unit.contains("/usr/local"), "{unit}");
    let wanted = root.dir.join("etc/systemd/system/multi-user.target.wants/botmother.service");
    assert!(wanted.symlink_metadata().is_ok(), "it is enabled");
    assert_eq!(root.run(&["botmother", "--version"]), format!("botmother {VERSION}\n"));
    root.run(&["botmother", "config", "check"]);
    let config = fs::read_to_string(root.dir.join("etc/botmother/config.toml")).unwrap();
    let set = config.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    assert_eq!(set.collect::<Vec<_>>(), Vec::<&str>::new());
    let files = root.run(&["dpkg", "-L", "botmother"]);
    for path in [
        "/usr/share/man/man1/botmother.1.gz",
        "/usr/share/bash-completion/completions/botmother",
        "/usr/share/zsh/vendor-completions/_botmother",
        "/usr/share/fish/vendor_completions.d/botmother.fish",
        "/usr/share/doc/botmother/copyright",
        "/usr/share/doc/botmother/changelog.gz",
        "/usr/share/doc/botmother/NOTICES.txt.gz",
        "/usr/share/doc/botmother/api.md",
        "/usr/share/doc/botmother/examples/echo.py",
        "/usr/lib/sysusers.d/botmother.conf",
    ] {
        assert!(files.lines().any(|line| line == path), "{path} is not in\n{files}");
    }
    // As it was packed, to the byte.
    assert_eq!(root.run(&["dpkg", "--verify", "botmother"]), "");
}

fn check_removed(root: &Root) {
    root.run(&["dpkg", "-r", "botmother"]);
    let kept = root.traces();
    for path in ["./etc/botmother", "./var/lib/botmother", "./var/lib/botmother/botmother.db"] {
        assert!(kept.iter().any(|line| line == path), "{path} must outlive a removal: {kept:#?}");
    }
    assert!(!kept.iter().any(|line| line.starts_with("./usr")), "{kept:#?}");
    fs::remove_file(root.dir.join("etc/botmother/ca.pem")).unwrap();
    root.run(&["dpkg", "-P", "botmother"]);
    fs::remove_dir_all(root.dir.join("packages")).unwrap();
    fs::remove_file(root.dir.join(format!("tmp/{}", file_of(&root.dir.join("tmp"))))).unwrap();
    assert_eq!(root.traces(), Vec::<String>::new(), "left after a purge");
}

/// The only file in a folder.
fn file_of(folder: &Path) -> String {
    fs::read_dir(folder).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap()
}

/// The package is the same to the byte each time, and says what it is.
#[test]
fn debian_says_what_it_is() {
    if !has("dpkg-deb") {
        return skip_missing("dpkg-deb");
    }
    let out = Folder::new("deb");
    let package = pack("debian", &out, &[]).remove(0);
    let first = fs::read(&package).unwrap();
    let field = |name: &str| run(Command::new("dpkg-deb").arg("-f").arg(&package).arg(name)).trim().to_string();
    assert_eq!((field("Package").as_str(), field("Version").as_str()), ("botmother", VERSION));
    let own = run(Command::new("dpkg").arg("--print-architecture"));
    assert_eq!(field("Architecture"), own.trim());
    assert!(field("Depends").contains("systemd-sysusers"), "{}", field("Depends"));
    // What is not static says which libraries it needs.
    assert!(field("Depends").starts_with("libc6 (>="), "{}", field("Depends"));
    assert_eq!(fs::read(&pack("debian", &out, &[])[0]).unwrap(), first, "packed twice");
    // The ARMv6 binary for what calls itself armhf.
    let other = pack("debian", &out, &["armhf"]).remove(0);
    assert!(other.ends_with(format!("botmother_{VERSION}_armhf.deb")), "{}", other.display());
    let unit = sh(
        "dpkg-deb --fsys-tarfile *_armhf.deb | tar -xO ./usr/lib/systemd/system/botmother.service",
        other.parent().unwrap(),
    );
    for line in ["ExecStart=/usr/bin/botmother", "User=botmother", "Type=notify-reload", "WatchdogSec=60"] {
        assert!(unit.lines().any(|one| one == line), "{line} is not in\n{unit}");
    }
    check_hardening(&unit, &out);
}

/// As closed as systemd can close it: what is left is the network, without which it would be of no use.
fn check_hardening(unit: &str, out: &Folder) {
    if !has("systemd-analyze") {
        return;
    }
    for (name, text) in
        [("package", unit.to_string()), ("plain", include_str!("../config/botmother.service").to_string())]
    {
        let dir = out.join(name);
        fs::create_dir_all(&dir).unwrap();
        // The program need not be where the unit says to look at it.
        fs::write(dir.join("botmother.service"), text).unwrap();
        let mut analyze = Command::new("systemd-analyze");
        analyze.args(["security", "--offline=true", "--threshold=15"]).arg(dir.join("botmother.service"));
        let output = analyze.output().unwrap();
        let said = text_of(&output);
        assert!(output.status.success(), "{name} is more open than 1.5\n{said}");
        assert!(!said.contains("Failed to parse") || said.contains("notify-reload"), "{said}");
    }
}

fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

/// What opkg of OpenWrt, and its build, ask of an .ipk.
#[test]
fn openwrt_packs_as_its_own_build_does() {
    let out = Folder::new("ipk");
    let processor = run(Command::new("uname").arg("-m"));
    let arch = if processor.trim() == "aarch64" { "aarch64_cortex-a53" } else { "x86_64" };
    let package = pack("openwrt", &out, &[arch]).remove(0);
    assert!(package.ends_with(format!("packages/botmother_{VERSION}-r1_{arch}.ipk")), "{}", package.display());
    // A tar of three in a gzip, in this order.
    let outer = run(Command::new("tar").arg("-tzf").arg(&package));
    assert_eq!(outer, "./debian-binary\n./data.tar.gz\n./control.tar.gz\n");
    run(Command::new("tar").arg("-xzf").arg(&package).arg("-C").arg(&out.0));
    assert_eq!(fs::read_to_string(out.join("debian-binary")).unwrap(), "2.0\n");

    let data = listed(&out.join("data.tar.gz"));
    for (name, mode) in [
        ("usr/bin/botmother", "-rwxr-xr-x"),
        ("etc/init.d/botmother", "-rwxr-xr-x"),
        ("etc/config/botmother", "-rw-------"),
        ("etc/capabilities/botmother.json", "-rw-r--r--"),
        ("lib/upgrade/keep.d/botmother", "-rw-r--r--"),
    ] {
        assert_eq!(data[name], (mode.to_string(), "0/0".to_string()), "{name}");
    }
    assert_eq!(data["etc/botmother/config.toml"].0, "lrwxrwxrwx");
    assert!(data.values().all(|(_, owner)| owner == "0/0"), "{data:#?}");
    assert!(data.values().all(|(mode, _)| !mode.contains(['s', 't'])), "{data:#?}");

    let control = listed(&out.join("control.tar.gz"));
    for (name, mode) in
        [("control", "-rw-r--r--"), ("conffiles", "-rw-r--r--"), ("postinst", "-rwxr-xr-x"), ("prerm", "-rwxr-xr-x")]
    {
        assert_eq!(control[name], (mode.to_string(), "0/0".to_string()), "{name}");
    }
    let shown = |name: &str| sh(&format!("tar -xzOf control.tar.gz ./{name}"), &out.0);
    assert_eq!(shown("conffiles"), "/etc/config/botmother\n");
    assert!(shown("postinst").contains("default_postinst"));
    let fields: Vec<(String, String)> = shown("control")
        .lines()
        .map(|line| line.split_once(": ").map(|(name, value)| (name.to_string(), value.trim().to_string())).unwrap())
        .collect();
    let field =
        |name: &str| &fields.iter().find(|(one, _)| one == name).unwrap_or_else(|| panic!("{name}: {fields:?}")).1;
    assert_eq!((field("Package").as_str(), field("Architecture").as_str()), ("botmother", arch));
    assert_eq!(field("Require-User"), "botmother:botmother");
    assert_eq!(fields.first().unwrap().0, "Package");
    assert_eq!(fields.last().unwrap().0, "Description");
    let unpacked = sh("gzip -dc data.tar.gz | wc -c", &out.0);
    assert_eq!(field("Installed-Size"), unpacked.trim());

    // Another processor's is refused.
    let mut wrong = Command::new(Path::new(TOP).join("packages/openwrt"));
    let output = wrong.arg(binary()).arg("mips_24kc").env("CARGO_TARGET_DIR", &out.0).output().unwrap();
    assert!(!output.status.success() && text(&output.stderr).contains("not mips_24kc"), "{}", text_of(&output));
}

/// What OpenWrt's own gives to an init script: UCI's file is shell, once these words are functions. What procd is told is
/// printed.
const OPENWRT: &str = r#"
config() { SECTION_NAME=$2; config_cb "$@"; }
option() { eval "CONFIG_${SECTION_NAME}_$1=\$2"; option_cb "$1" "$2"; }
list() { list_cb "$1" "$2"; }
config_load() { . "./uci"; config_cb; }
config_get() { eval "$1=\${CONFIG_$2_$3:-\$4}"; }
config_get_bool() { config_get "$@"; }
for call in open_instance set_param add_jail add_jail_mount add_jail_mount_rw close_instance; do
    eval "procd_$call() { echo $call \"\$@\"; }"
done
chown() { :; }
logger() { cat >&2; }
"#;

/// The init script in a folder, with OpenWrt's part before it.
fn openwrt_init(dir: &Folder, uci: &str, call: &str) -> Output {
    let script = include_str!("../packages/openwrt-feed/botmother/files/botmother.init");
    let script = script.replace("/usr/bin/botmother", env!("CARGO_BIN_EXE_botmother"));
    let script = script.replace("/var/run/botmother", dir.join("run").to_str().unwrap());
    fs::write(dir.join("init"), format!("{OPENWRT}{script}\n{call}\n")).unwrap();
    fs::write(dir.join("uci"), uci).unwrap();
    let shell = if has("dash") { "dash" } else { "sh" };
    Command::new(shell).arg("init").current_dir(&dir.0).stdin(Stdio::null()).output().unwrap()
}

/// Every key of the configuration can be said in UCI, and arrives as what it is.
#[test]
fn openwrt_s_settings_become_the_configuration() {
    let dir = Folder::new("uci");
    fs::write(dir.join("pass"), "secret\n").unwrap();
    let pass = dir.join("pass").display().to_string();
    let sample = run(Command::new(env!("CARGO_BIN_EXE_botmother")).args(["config", "sample"]));
    let mut uci = String::from("config account\n\toption jid 'first@example.org'\n\toption password 'a\"b\\c '\n");
    let mut keys = Vec::new();
    let mut section = "botmother";
    for line in sample.lines() {
        let line = line.trim_start_matches('#');
        if let Some(name) =
            line.strip_prefix('[').and_then(|rest| rest.split(']').next()).filter(|_| line.ends_with(']'))
        {
            section = if name.contains("account") { "account" } else { Box::leak(name.to_string().into_boxed_str()) };
            uci += &format!("config {section} '{section}'\n");
            continue;
        }
        let Some((key, value)) =
            line.split_once(" = ").filter(|(key, _)| key.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()))
        else {
            continue;
        };
        if keys.is_empty() {
            uci += "config botmother 'main'\n\toption enabled '1'\n";
        }
        keys.push(format!("{section} {key}"));
        match (key, value) {
            // One of both is needed, and both are too many.
            ("password", _) => {}
            ("password_file", _) => uci += &format!("\toption {key} '{pass}'\n"),
            ("data_dir", _) => uci += &format!("\toption {key} '{}'\n", dir.join("data").display()),
            (_, "[]") => uci += &format!("\tlist {key} 'a@example.org'\n\tlist {key} 'b@example.org'\n"),
            (_, "true" | "false") => uci += &format!("\toption {key} '{}'\n", u8::from(value == "true")),
            _ => uci += &format!("\toption {key} '{}'\n", value.trim_matches('"')),
        }
    }
    assert!(keys.len() > 15, "{keys:?}");
    let output = openwrt_init(&dir, &uci, "start_service");
    assert!(output.status.success(), "{}\n{uci}", text_of(&output));
    let made = fs::read_to_string(dir.join("run/config.toml")).unwrap();
    assert_eq!(fs::metadata(dir.join("run/config.toml")).unwrap().permissions().mode() & 0o777, 0o600);
    let mut command = Command::new(env!("CARGO_BIN_EXE_botmother"));
    let dump = run(command.arg("--config").arg(dir.join("run/config.toml")).args(["config", "dump", "--secrets"]));
    for line in ["\"a@example.org\", \"b@example.org\"", r#"password = "a\"b\\c ""#, "port = 7842", "plaintext = false"]
    {
        assert!(dump.contains(line), "{line} is not in\n{dump}\nmade of\n{made}");
    }
    // What procd is told.
    let told = text(&output.stdout);
    let data = dir.join("data").display().to_string();
    for line in [
        "set_param respawn 3600 5 0",
        "set_param reload_signal HUP",
        "set_param user botmother",
        "set_param group botmother",
        "set_param no_new_privs 1",
        "set_param capabilities /etc/capabilities/botmother.json",
        "add_jail botmother",
        &format!("add_jail_mount_rw {data}"),
        &format!("add_jail_mount {pass}"),
        "close_instance",
    ] {
        assert!(told.lines().any(|one| one == line), "{line} is not in\n{told}");
    }
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
}

/// A mistake is told and changes nothing; `enabled '0'` starts nothing.
#[test]
fn openwrt_keeps_what_runs_when_the_settings_are_wrong() {
    let dir = Folder::new("uci-wrong");
    let shipped = include_str!("../packages/openwrt-feed/botmother/files/botmother.config");
    let shipped = shipped.replace("/etc/botmother", dir.join("data").to_str().unwrap());
    let good = openwrt_init(&dir, &shipped, "start_service");
    assert!(good.status.success() && text(&good.stdout).contains("set_param command"), "{}", text_of(&good));
    let before = fs::read_to_string(dir.join("run/config.toml")).unwrap();
    let wrong = openwrt_init(
        &dir,
        &shipped.replace("option port", "option prot"),
        "start() { start_service; }; reload_service",
    );
    assert!(!wrong.status.success() && !text(&wrong.stdout).contains("set_param"), "{}", text_of(&wrong));
    assert!(text(&wrong.stderr).contains("port"), "{}", text_of(&wrong));
    assert_eq!(fs::read_to_string(dir.join("run/config.toml")).unwrap(), before);
    let off = openwrt_init(&dir, &shipped.replace("enabled '1'", "enabled '0'"), "start_service");
    assert!(off.status.success() && !text(&off.stdout).contains("set_param"), "{}", text_of(&off));
}

/// The image says of itself what is true, and runs in nothing but what is in it (and, as this binary is not static, its
/// libraries), as the user it names.
#[test]
fn the_image_is_whole_and_runs() {
    let out = Folder::new("oci");
    let archive = pack("oci", &out, &[]).remove(0);
    let image = out.join("image");
    fs::create_dir_all(&image).unwrap();
    run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&image));
    // Each descriptor is followed, and each blob is what its name says.
    let layer = sh(
        r#"
        at() { echo "blobs/${1/://}"; }
        check() { # its descriptor
            file=$(at "$(jq -r .digest <<<"$1")")
            [ "$(stat -c %s "$file")" = "$(jq -r .size <<<"$1")" ] || { echo "$file: size" >&2; exit 1; }
            [ "sha256:$(sha256sum "$file" | cut -d' ' -f1)" = "$(jq -r .digest <<<"$1")" ] || { echo "$file: sum" >&2; exit 1; }
        }
        [ "$(jq -r .imageLayoutVersion oci-layout)" = 1.0.0 ]
        manifest=$(jq -c '.manifests[0]' index.json); check "$manifest"
        manifest=$(cat "$(at "$(jq -r .digest <<<"$manifest")")")
        config=$(jq -c .config <<<"$manifest"); check "$config"
        layer=$(jq -c '.layers[0]' <<<"$manifest"); check "$layer"
        file=$(at "$(jq -r .digest <<<"$layer")")
        [ "sha256:$(gzip -dc "$file" | sha256sum | cut -d' ' -f1)" = "$(jq -r '.rootfs.diff_ids[0]' "$(at "$(jq -r .digest <<<"$config")")")" ]
        [ "$(find blobs -type f | wc -l)" = 3 ]
        # The same by what old versions of Docker read.
        [ "$(jq -r '.[0].Config' manifest.json)" = "$(at "$(jq -r .digest <<<"$config")")" ]
        [ "$(jq -r '.[0].Layers[0]' manifest.json)" = "$file" ]
        echo "$file $(at "$(jq -r .digest <<<"$config")")"
        "#,
        &image,
    );
    let (layer, config) = layer.trim().split_once(' ').unwrap();
    let (layer, config) = (image.join(layer), Json::parse(&fs::read_to_string(image.join(config)).unwrap()));
    let files = listed(&layer);
    assert_eq!(files["botmother"], ("-rwxr-xr-x".to_string(), "0/0".to_string()));
    assert_eq!(files["data"], ("drwx------".to_string(), "65532/65532".to_string()));
    assert_eq!(files.keys().collect::<Vec<_>>(), ["NOTICES.txt", "botmother", "data"]);
    let setup = config.at("config");
    assert_eq!(setup.at("User").text(), "65532:65532");
    assert_eq!(setup.at("Entrypoint").list()[0].text(), "/botmother");
    assert!(setup.at("Volumes").has("/data"));
    assert_eq!(setup.at("Labels").at("org.opencontainers.image.version").text(), VERSION);
    let check: Vec<String> = setup.at("Healthcheck").at("Test").list().iter().map(Json::text).collect();
    assert_eq!(check, ["CMD", "/botmother", "health"]);
    if !is_root() {
        return skip("only root can run what is in an image's root");
    }
    let root = out.join("root");
    fs::create_dir_all(&root).unwrap();
    run(Command::new("tar").arg("-xzf").arg(&layer).arg("-C").arg(&root));
    // cp -L --parents: where they are asked for.
    sh(
        &format!("ldd {}/botmother | grep -o '/[^ ]*' | xargs -I@ cp -L --parents @ {0}", root.display()),
        Path::new("/"),
    );
    let port = Port::claim();
    let command = |words: &[String]| {
        let mut command = Command::new("/usr/sbin/chroot");
        command.args(["--userspec=65532:65532"]).arg(&root).args(words).env_clear().stdin(Stdio::null());
        command.env("BOTMOTHER_API__PORT", port.number.to_string());
        setup.at("Env").list().iter().map(Json::text).for_each(|pair| {
            command.env(pair.split_once('=').unwrap().0, pair.split_once('=').unwrap().1);
        });
        command
    };
    let mut daemon = command(&["/botmother".to_string()]);
    let _daemon =
        Program(daemon.stdout(Stdio::null()).stderr(fs::File::create(out.join("log")).unwrap()).spawn().unwrap());
    let begun = Instant::now();
    while !command(&check[1..]).output().unwrap().status.success() {
        assert!(begun.elapsed() < SOON, "{}", fs::read_to_string(out.join("log")).unwrap());
        thread::sleep(Duration::from_millis(50));
    }
    assert!(root.join("data/botmother.db").exists());
}

/// What a shell completes, asked of the shells themselves.
#[test]
fn shells_complete_what_there_is() {
    let binary = env!("CARGO_BIN_EXE_botmother");
    let script = |shell: &str| run(Command::new(binary).args(["completions", shell]));
    let bash = |words: &str| {
        let test = format!(
            "{}\nCOMP_WORDS=(botmother {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _botmother; echo \"${{COMPREPLY[@]}}\"",
            script("bash")
        );
        sh(&test, Path::new(TOP)).trim().to_string()
    };
    assert_eq!(bash("cha"), "chat");
    assert_eq!(bash("bot cr"), "create");
    assert_eq!(bash("bot create Weather --mode ''"), "personal dedicated cloud");
    assert_eq!(bash("--port 8000 account a"), "add");
    assert!(bash("bot create --").contains("--access") && !bash("bot list --").contains("--access"));
    assert_eq!(bash("--config Cargo.t"), "Cargo.toml");
    assert_eq!(bash("completions f"), "fish");
    assert!(bash("help acc").contains("account"));
    if has("zsh") {
        let file = Folder::new("zsh");
        fs::write(file.join("_botmother"), script("zsh")).unwrap();
        run(Command::new("zsh").args(["-n"]).arg(file.join("_botmother")));
    }
    if has("fish") {
        let complete = |line: &str| {
            let test = format!("{binary} completions fish | source; complete -C 'botmother {line}' | cut -f1");
            run(Command::new("fish").args(["--no-config", "-c", &test])).lines().map(String::from).collect::<Vec<_>>()
        };
        assert_eq!(complete("bot cr"), ["create"]);
        assert_eq!(complete("bot create X --mode "), ["cloud", "dedicated", "personal"]);
        assert!(complete("bot create X --a").contains(&"--access".to_string()));
        assert!(!complete("bot list --a").contains(&"--access".to_string()));
    }
}
