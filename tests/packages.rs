//! The packages that packages/ makes: what is in them, and that a machine which installs one gets a bot that answers. They
//! hold the binary under test here, since packing does not care which one it is.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

#[path = "packages/image.rs"]
mod image;
#[path = "packages/install.rs"]
mod install;
#[path = "packages/openwrt.rs"]
mod openwrt;
#[path = "packages/pages.rs"]
mod pages;

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
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("x86_64-unknown-linux-musl/botmother");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        run(Command::new("strip").arg("-o").arg(&path).arg(env!("CARGO_BIN_EXE_botmother")));
        path
    })
}

/// Some small program, where only the package is looked at.
const STAND_IN: &str = "/bin/true";

/// Has `packages/NAME` make a package of `program` in `out`; gives the paths it prints.
fn pack(name: &str, program: &Path, out: &Folder, more: &[&str]) -> Vec<PathBuf> {
    let mut script = Command::new(Path::new(TOP).join("packages").join(name));
    script.arg(program).args(more).env("CARGO_TARGET_DIR", &out.0).env("SOURCE_DATE_EPOCH", "1700000000");
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

/// The commands of a page's shell blocks, comments left out; a line that ends in `\` goes on.
fn all_commands(page: &str) -> Vec<String> {
    commands_in(&fs::read_to_string(Path::new(TOP).join("docs").join(page)).unwrap())
}

/// Those of the first block below a heading.
fn commands(page: &str, heading: &str) -> Vec<String> {
    let page = fs::read_to_string(Path::new(TOP).join("docs").join(page)).unwrap();
    let part = page.split(&format!("## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    commands_in(&part.split("```").take(2).chain([""]).collect::<Vec<_>>().join("```"))
}

fn commands_in(text: &str) -> Vec<String> {
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().replace("\\\n", " "));
    let lines = blocks.flat_map(|block| block.lines().map(String::from).collect::<Vec<_>>());
    let lines = lines.map(|line| line.split("  #").next().unwrap().trim().to_string());
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

/// The package is the same to the byte each time, and says what it is.
#[test]
fn debian_says_what_it_is() {
    if !has("dpkg-deb") {
        return skip_missing("dpkg-deb");
    }
    let out = Folder::new("deb");
    let package = pack("debian", STAND_IN.as_ref(), &out, &[]).remove(0);
    let first = fs::read(&package).unwrap();
    let field = |name: &str| run(Command::new("dpkg-deb").arg("-f").arg(&package).arg(name)).trim().to_string();
    assert_eq!((field("Package").as_str(), field("Version").as_str()), ("botmother", VERSION));
    let own = run(Command::new("dpkg").arg("--print-architecture"));
    assert_eq!(field("Architecture"), own.trim());
    assert!(field("Depends").contains("systemd-sysusers"), "{}", field("Depends"));
    // What is not static says which libraries it needs.
    assert!(field("Depends").starts_with("libc6 (>="), "{}", field("Depends"));
    assert_eq!(fs::read(&pack("debian", STAND_IN.as_ref(), &out, &[])[0]).unwrap(), first, "packed twice");
    // The ARMv6 binary for what calls itself armhf.
    let other = pack("debian", STAND_IN.as_ref(), &out, &["armhf"]).remove(0);
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
