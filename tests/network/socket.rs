//! A daemon that listens at no port: its Unix socket is the only way in, for the command line, too.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use super::LIMIT;

struct Portless {
    dir: PathBuf,
    child: Child,
}

impl Portless {
    fn start(name: &str, more: &str) -> Portless {
        let dir = std::env::temp_dir().join(format!("botmother-portless-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("config.toml"), format!("[api]\nport = 0\nsocket = \"api.sock\"\n{more}")).unwrap();
        let log = fs::File::create(dir.join("log")).unwrap();
        let child = command(&dir, &[]).stderr(log).spawn().unwrap();
        let portless = Portless { dir, child };
        let begun = Instant::now();
        while portless.run(&["health"], "").0 != 0 {
            let log = fs::read_to_string(portless.dir.join("log")).unwrap();
            assert!(begun.elapsed() < LIMIT, "it does not serve\n{log}");
            thread::sleep(std::time::Duration::from_millis(20));
        }
        portless
    }

    /// Exit code, and what it printed.
    fn run(&self, words: &[&str], input: &str) -> (i32, String) {
        let mut child = command(&self.dir, words);
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
    }

    /// How many TCP sockets of its own listen.
    fn open_ports(&self) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let sockets: HashSet<String> = files
            .filter_map(|file| fs::read_link(file.unwrap().path()).ok()?.to_str().map(str::to_string))
            .filter_map(|name| Some(name.strip_prefix("socket:[")?.strip_suffix(']')?.to_string()))
            .collect();
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
        let lines = tables.iter().flat_map(|table| table.lines().skip(1));
        let columns = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
        columns.filter(|columns| columns[3] == "0A" && sockets.contains(columns[9])).count()
    }
}

impl Drop for Portless {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

fn command(dir: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_botmother"));
    command.arg("--config").arg(dir.join("config.toml")).arg("--data").arg(dir.join("data")).args(words);
    command.env_remove("BOTMOTHER_CONFIG").env("HOME", dir).stdin(Stdio::null());
    command
}

#[test]
fn the_command_line_goes_by_the_socket_where_there_is_no_port() {
    let daemon = Portless::start("local", "");
    assert_eq!(daemon.open_ports(), 0);
    let good = |words: &[&str], input: &str, part: &str| {
        let (exit, said) = daemon.run(words, input);
        assert!(exit == 0 && said.contains(part), "{words:?}: {exit} {said}");
        said
    };
    good(&["bot", "create", "Echo"], "", "Echo");
    good(&["bot", "list"], "", "Echo");
    good(&["send", "owner@local"], "the disk is full", "");
    good(&["chat"], "/mybots\n", "Echo");
    good(&["token", "create", "Echo", "--scopes", "send", "--label", "x"], "", "bm");
    let (exit, said) = daemon.run(&["ask", "--to", "owner@local", "--wait", "1s", "Well?"], "");
    assert_eq!(exit, 4, "nobody answers: {said}");
    let (exit, said) = daemon.run(&["why", "no-such-message"], "");
    assert!(exit == 1 && !said.contains("listens"), "{exit} {said}");
    let doctor = good(&["doctor"], "", "ok    daemon: version ");
    assert!(doctor.contains("api.sock") && doctor.contains("ok    API: HTTP by the socket "), "{doctor}");
    let (exit, said) = daemon.run(&["--port", "1025", "health"], "");
    assert!(exit == 69 && said.contains("http://127.0.0.1:1025"), "an option goes before the file: {said}");

    let socket = daemon.dir.join("api.sock");
    let curl = |path: &str| {
        let url = format!("http://localhost{path}");
        let output = Command::new("curl").args(["-s", "--unix-socket"]).arg(&socket).arg(url).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let server = curl("/bot/server");
    let said = curl("/local/read?with=Echo");
    assert!(said.contains("the disk is full"), "{said}");
    assert!(server.contains(r#""port":0"#) && server.contains(r#""addresses":[]"#), "{server}");
}

#[test]
fn by_the_socket_the_admin_token_goes_along_when_it_is_wanted() {
    let daemon = Portless::start("token", "admin = \"token\"\n");
    let (exit, said) = daemon.run(&["bot", "create", "Echo"], "");
    assert_eq!(exit, 0, "{said}");
    // A socket of somebody else's gets none, and neither does anybody who may not read it.
    if rustix::process::getuid().is_root() {
        let socket = daemon.dir.join("api.sock");
        std::os::unix::fs::chown(&socket, Some(65_534), Some(65_534)).unwrap();
        let (exit, said) = daemon.run(&["bot", "list"], "");
        assert!(exit == 77 && said.contains("it does not get the token"), "{exit} {said}");
    }
}

#[test]
fn nobody_answers_at_a_socket() {
    let daemon = Portless::start("gone", "");
    let socket = daemon.dir.join("api.sock");
    fs::remove_file(&socket).unwrap();
    let (exit, said) = daemon.run(&["health"], "");
    assert!(exit == 69 && said.contains("nothing listens at ") && said.contains("api.sock"), "{exit} {said}");
    let (_, said) = daemon.run(&["doctor"], "");
    assert!(said.contains("warn  daemon: nothing listens at "), "{said}");
}
