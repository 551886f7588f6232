//! The program from outside: exit codes, messages, the configuration's mistakes (as data in `configs/bad/`), and the
//! commands that talk to a daemon, against one that answers from a script.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use botmother::base::id::BotId;
use botmother::base::jid::BareJid;
use botmother::store::row::{AccountRow, BotRow, Origin};
use botmother::store::{Durability, Store};

/// What a run of the program gave.
#[derive(Debug)]
struct Run {
    exit: i32,
    out: String,
    err: String,
}

/// The program with nothing of our own environment, in a directory of its own.
struct Program {
    dir: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Program {
    fn new(name: &str) -> Program {
        let dir = std::env::temp_dir().join(format!("botmother-cli-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let home = dir.to_str().unwrap().to_string();
        // XDG_STATE_HOME too: for root the data directory would be the system's.
        let variables = [("HOME", home.clone()), ("XDG_STATE_HOME", format!("{home}/state"))];
        Program { dir, variables: variables.map(|(k, v)| (k.to_string(), v)).into() }
    }

    fn with(mut self, name: &str, value: &str) -> Program {
        self.variables.insert(name.into(), value.into());
        self
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, "")
    }

    fn run_with(&self, args: &[&str], input: &str) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_botmother"))
            .args(args)
            .current_dir(&self.dir)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may have ended without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Run { exit: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The commands that a help page lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.split("commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    let is_word = |word: &&str| word.chars().all(char::is_lowercase);
    let path = |line: &str| {
        let usage = line.trim().split("  ").next().unwrap();
        usage.split(' ').take(2).take_while(is_word).collect::<Vec<_>>().join(" ")
    };
    listed.map(path).collect()
}

#[test]
fn help_and_version() {
    let program = Program::new("help");
    let version = program.run(&["--version"]);
    assert_eq!((version.exit, version.out.as_str()), (0, concat!("botmother ", env!("CARGO_PKG_VERSION"), "\n")));
    let help = program.run(&["--help"]);
    assert_eq!((help.exit, help.err.as_str()), (0, ""));
    let paths = commands(&help.out);
    assert!(paths.len() > 15, "{paths:?}");
    for path in &paths {
        let path: Vec<&str> = path.split(' ').collect();
        let page = program.run(&[&path[..], &["--help"]].concat());
        assert!(page.exit == 0 && page.out.starts_with(&format!("usage: botmother {}", path.join(" "))), "{page:?}");
        assert_eq!(page.out, program.run(&[&["help"], &path[..]].concat()).out);
    }
    assert!(program.run(&["help", "config"]).out.contains("BOTMOTHER_API__PORT"));
    for line in help.out.lines().chain(program.run(&["help", "config"]).out.lines()) {
        assert!(line.chars().count() <= 120, "{line}");
    }
}

#[test]
fn wrong_usage_names_the_nearest_and_ends_with_2() {
    let program = Program::new("usage");
    for (args, said) in [
        (&["acount", "list"][..], "did you mean `account`?"),
        (&["account"], "add, list, remove, test"),
        (&["account", "ad", "a@b"], "did you mean `account add`?"),
        (&["chat", "--wiat", "1"], "did you mean --wait?"),
        (&["chat", "--wait", "soon"], "--wait must be a number of seconds"),
        (&["chat", "a", "b"], "does not take `b`"),
        (&["bot", "create"], "`bot create` needs NAME, what the bot is to be called"),
        (&["bot", "create", "x", "--jid", "b@example.org", "--mode", "personal"], "--jid is for a bot with an account"),
        (&["bot", "create", "x", "--mode", "cloud", "--password-file", "p"], "--password-file needs --jid"),
        (
            &["bot", "create", "x", "--mode", "cloud", "--wait", "61"],
            "--wait must be a number of seconds from 1 to 60, not 61",
        ),
        (&["bot", "create", "x", "--mode", "cloud", "--contacts", "a@b,c"], "--contacts must be"),
        (&["bot", "create", "x", "--mode", "cloud", "--encrypt", "yes"], "--encrypt must be required or preferred"),
        (&["bot", "token"], "`bot token` needs BOT, a bot's number or name; `botmother bot list` shows them"),
        (&["bot", "forget", "nobody"], "JID must be"),
        (&["completions", "csh"], "SHELL must be bash or zsh or fish, not csh"),
        (&["bot", "token", "x", "--overlap", "soon"], "--overlap must be a whole number from 1 on"),
        (&["token", "create", "x"], "needs --scopes, some of send,read,manage"),
        (&["token", "revoke", "x"], "needs --number N"),
        (&["user", "set", "a@b.c", "--role", "king"], "--role must be viewer or owner or admin"),
        (&["user", "set", "a@b.c", "--bots", "-1"], "--bots must be a whole number (0 is no limit) or default"),
        (&["audit", "--since", "yesterday"], "--since must be like 90m"),
        (&["bot", "create", "x", "--mode", "odd"], "--mode must be"),
        (&["bot", "create", "x", "--access", "all"], "--access must be owner or roster"),
        (&["bot", "list", "--wait", "1"], "--wait belongs to `chat`"),
        (&["account", "add", "nobody"], "like user@example.org"),
        (&["account", "test", "a@b", "--pin", "x"], "--pin must be"),
        (&["--port", "80"], "--port must be a number from 1024 to 65535"),
        (&["--port"], "needs a value"),
        (&["--frobnicate"], "unknown option --frobnicate"),
        (&["list"], "did you mean `account list` or `bot list` or `token list` or `user list`?"),
        (&["creat", "X"], "did you mean `bot create` or `token create`?"),
        (&["bot", "list", "-owner", "a@b.c"], "did you mean --owner?"),
        (&["-P", "2000"], "did you mean --port?"),
        (&["-x"], "unknown option -x"),
        (&["help", "chta"], "did you mean `chat`?"),
    ] {
        let run = program.run(args);
        assert_eq!((run.exit, run.out.as_str()), (2, ""), "{args:?}: {run:?}");
        assert!(run.err.starts_with("botmother: ") && run.err.contains(said), "{args:?}: {run:?}");
        assert!(run.err.contains("--help` shows"), "{args:?}: {run:?}");
    }
}

#[test]
fn bad_configurations_say_what_is_wrong() {
    let program = Program::new("bad");
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/bad");
    let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    assert!(names.len() > 35, "{} files", names.len());
    let mut wrong = Vec::new();
    for file in names {
        let run = program.run(&["--config", file.to_str().unwrap(), "config", "check"]);
        let found = run.err.replace(&format!("{}/", dir.display()), "").replace("tests/configs/bad/", "");
        let found = found.replace(&format!("{}/", dir.parent().unwrap().display()), "");
        let expected = file.with_extension("txt");
        if std::env::var_os("UPDATE_SAMPLE").is_some() {
            fs::write(&expected, &found).unwrap();
        }
        if run.exit != 78 || fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{}: exit {}\n{found}", file.display(), run.exit));
        }
    }
    assert!(wrong.is_empty(), "UPDATE_SAMPLE=1 writes what is said now:\n{}", wrong.join("\n"));
}

#[test]
fn a_broken_configuration_keeps_the_daemon_from_starting() {
    let program = Program::new("broken").with("BOTMOTHER_API__PROT", "1");
    let run = program.run(&[]);
    assert_eq!(run.exit, 78, "{run:?}");
    assert!(run.err.contains("did you mean BOTMOTHER_API__PORT?"), "{run:?}");
    let run = Program::new("absent").run(&["--config", "nowhere.toml"]);
    assert_eq!(run.exit, 78, "{run:?}");
    assert!(run.err.contains("nowhere.toml: cannot read the configuration: No such file"), "{run:?}");
}

#[test]
fn the_environment_counts_and_passwords_stay_hidden() {
    let program = Program::new("dump")
        .with("BOTMOTHER_LANGUAGE", "de")
        .with("BOTMOTHER_API__PORT", "2000")
        .with("BOTMOTHER_ACCOUNT__0__JID", "ralf@example.org")
        .with("BOTMOTHER_ACCOUNT__0__PASSWORD", "hunter2");
    fs::write(program.dir.join("pass"), "correct horse\n").unwrap();
    let file = "[api]\nadmin = \"token\"\n[[account]]\njid = \"x@y.z\"\npassword = \"hunter1\"\n\
                [[account]]\njid = \"b@example.org\"\npassword_file = \"pass\"\n";
    fs::create_dir_all(program.dir.join(".config/botmother")).unwrap();
    fs::write(program.dir.join(".config/botmother/config.toml"), file.replace("\"pass\"", "\"../../pass\"")).unwrap();
    for args in
        [&["config", "dump", "--redacted"][..], &["config", "dump"], &["config", "dump", "--redacted", "--secrets"]]
    {
        let dump = program.run(&[args, &["--port", "3000"]].concat());
        assert_eq!(dump.exit, 0, "{dump:?}");
        for line in [
            "language = \"de\"",
            "port = 3000",
            "admin = \"token\"",
            "jid = \"ralf@example.org\"",
            "password = \"***\"",
        ] {
            assert!(dump.out.lines().any(|other| other == line), "{line}: {dump:?}");
        }
        for secret in ["hunter", "horse"] {
            assert!(!dump.out.contains(secret) && !dump.err.contains(secret), "{dump:?}");
        }
    }
    let check = program.run(&["-v", "config", "check"]);
    assert!(check.exit == 0 && check.out.contains("is right"), "{check:?}");
    assert!(!format!("{check:?}").contains("hunter") && check.out.contains("chmod o-rwx"), "{check:?}");
    assert!(program.run(&["config", "dump", "--secrets"]).out.contains("password = \"hunter2\""));
}

#[test]
fn the_sample_can_be_used_as_it_is() {
    let program = Program::new("sample");
    let sample = program.run(&["config", "sample"]);
    assert_eq!(
        sample.out,
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/botmother.toml")).unwrap()
    );
    fs::write(program.dir.join("c.toml"), &sample.out).unwrap();
    let check = program.run(&["--config", "c.toml", "config", "check"]);
    assert_eq!((check.exit, check.out.as_str()), (0, "c.toml is right\n"), "{check:?}");
}

#[test]
fn a_first_hour() {
    use std::os::unix::fs::MetadataExt;
    let program = Program::new("hour");
    let port = free_port();
    let journal = fs::File::create(program.dir.join("journal")).unwrap();
    let meta = journal.metadata().unwrap();
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_botmother"))
        .args(["--port", &port])
        .env_clear()
        .envs(&program.variables)
        .env("JOURNAL_STREAM", format!("{}:{}", meta.dev(), meta.ino()))
        .stderr(journal)
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while program.run(&["health", "--port", &port]).exit != 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", fs::read_to_string(program.dir.join("journal")));
        thread::sleep(Duration::from_millis(50));
    }
    let chat = program.run_with(&["chat", "--port", &port], "/newbot Weather\n/mybots\n");
    assert!(chat.exit == 0 && chat.out.contains("bm_") && chat.out.contains("[1] Weather"), "{chat:?}");
    let list = program.run(&["bot", "list", "--port", &port]);
    let table = "ID  NAME     MODE      STATUS  STATE   OWNER\n1   Weather  personal  active  online  owner@local\n";
    assert_eq!(list.out, table);
    // What is no name, and a name that two have, is said in the words of the command line.
    let refused = program.run(&["bot", "create", "7", "--port", &port]);
    assert!(refused.exit != 0 && refused.err.contains("NAME must be 1 to 64 characters on one line"), "{refused:?}");
    assert_eq!(program.run(&["bot", "create", "weather", "--port", &port]).exit, 0);
    for (words, ids) in [(["bot", "token"], "1, 2"), (["chat", "--wait=1"], "[1] Weather, [2] weather")] {
        let which = program.run(&[words[0], words[1], "Weather", "--port", &port]);
        let told = format!("several bots are called Weather; say which by its number: {ids}\n");
        assert!(which.exit != 0 && which.err.ends_with(&told), "{which:?}");
    }
    // At another port nothing listens, which does not mean that it does not run.
    let elsewhere = free_port();
    let list = program.run(&["account", "list", "--port", &elsewhere]);
    assert!(
        list.exit == 0 && list.out.contains(&format!("nothing listens at http://127.0.0.1:{elsewhere}:")),
        "{list:?}"
    );
    assert!(list.out.contains("what is saved in") && list.out.ends_with("you@example.org`\n"), "{list:?}");
    assert!(!list.out.contains("not run"), "{list:?}");
    let add = program.run(&["account", "add", "a@example.org", "--port", &elsewhere]);
    assert!(add.exit == 69 && add.err.contains("a daemon uses") && add.err.contains("--port"), "{add:?}");
    let twin = program.run(&["--port", &port]);
    assert!(twin.exit == 1 && twin.err.contains("choose another port"), "{twin:?}");
    let doctor = program.run(&["doctor", "--port", &port]);
    assert!(doctor.exit == 0 && doctor.out.contains("ok    daemon: version"), "{doctor:?}");
    let pid = rustix::process::Pid::from_child(&daemon);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
    let log = fs::read_to_string(program.dir.join("journal")).unwrap();
    assert!(log.lines().all(|line| line.starts_with("<6>")), "{log}");
    let token = chat.out.split("bm_").nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(!log.contains(token), "the log tells a token");
}

/// A daemon that answers from a table of path beginnings; the rest is 404. Keeps what it was asked.
struct Daemon {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

type Script = fn(&str, &str) -> (u16, String);

impl Daemon {
    /// `script` gets "METHOD /path" and the whole request.
    fn start(script: Script) -> Daemon {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (mut socket, log) = (socket.unwrap(), Arc::clone(&log));
                thread::spawn(move || {
                    let request = read_request(&mut socket);
                    let line = request.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_string();
                    log.lock().unwrap().push(request.clone());
                    let (status, body) = script(&line, &request);
                    let head =
                        format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                    let _ = socket.write_all((head + &body).as_bytes());
                });
            }
        });
        Daemon { port, asked }
    }

    fn asked(&self, part: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|request| request.contains(part)).count()
    }
}

fn read_request(socket: &mut impl Read) -> String {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") && socket.read(&mut byte).unwrap_or(0) == 1 {
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    socket.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

#[test]
fn without_a_daemon_commands_say_how_to_start_it() {
    let program = Program::new("absent-daemon");
    let port = free_port();
    for args in [&["chat"][..], &["chat", "x"], &["bot", "list"], &["bot", "delete", "3"], &["health"]] {
        let run = program.run(&[args, &["--port", &port]].concat());
        assert_eq!(run.exit, 69, "{args:?} {run:?}");
        assert_eq!(
            run.err,
            format!(
                "botmother: nothing listens at http://127.0.0.1:{port}: start the daemon with `botmother`, or say where it is \
                 with --port or --config\n"
            )
        );
    }
    let list = program.run(&["account", "list", "--port", &port]);
    assert!(list.exit == 0 && list.out.contains("no accounts yet"), "{list:?}");
    assert!(!program.dir.join("state").exists(), "looking must not make a database");
    let run = program.run(&["account", "remove", "a@example.org", "--port", &port]);
    assert!(run.exit == 1 && run.err.contains("is not stored here"), "{run:?}");
}

#[test]
fn doctor_names_bots_whose_server_cannot_be_reached() {
    let program = Program::new("doctor-bots");
    let mut store = Store::open(&program.dir.join("state/botmother"), Durability::Process).unwrap();
    let jid = BareJid::parse("bot_cook_1f2e@example.org").unwrap();
    let bot = store
        .insert_bot(&BotRow {
            id: BotId(0),
            name: "Cook".into(),
            jid: Some(jid.clone()),
            token_hash: None,
            token: None,
            owner: BareJid::parse("ralf@example.org").unwrap(),
            description: String::new(),
            active: true,
            mode: "dedicated".into(),
            receive: "self".into(),
            created_at: 1,
            last_active: 0,
            updates_dropped: 0,
            access: "owner".into(),
        })
        .unwrap();
    let host = format!("127.0.0.1:{}", free_port());
    let row = AccountRow { bot: Some(bot), origin: Origin::Register, host, ..AccountRow::new(&jid, [0; 4]) };
    store.insert_account(&row).unwrap();
    store.commit().unwrap();
    store.close().unwrap();
    let run = program.run(&["doctor", "--port", &free_port()]);
    assert_eq!(run.exit, 69, "{run:?}");
    let said = format!("FAIL  account {jid} of bot {bot} (Cook): not made yet: ");
    assert!(run.out.contains(&said), "{run:?}");
    // The account of a bot is none of `account add`, also while no daemon runs.
    let port = free_port();
    let list = program.run(&["account", "list", "--port", &port]);
    assert!(list.exit == 0 && list.out.contains("no accounts yet"), "{list:?}");
    let remove = program.run(&["account", "remove", jid.as_str(), "--port", &port]);
    assert!(remove.exit == 1 && remove.err.contains("is not stored here"), "{remove:?}");
}

#[test]
fn a_file_without_certificates_is_named() {
    let program = Program::new("ca");
    fs::write(program.dir.join("odd.pem"), "odd").unwrap();
    for (file, why) in [("none.pem", "cannot be read: No such file"), ("odd.pem", "has no certificate in it")] {
        let run = program.run(&["account", "test", "a@example.org", "--ca-file", file]);
        assert!(run.exit == 74 && run.err.contains("--ca-file names /") && run.err.contains(why), "{run:?}");
    }
}

#[test]
fn doctor_tells_what_is_missing() {
    let program = Program::new("doctor");
    let port = free_port();
    let run = program.run(&["doctor", "--port", &port]);
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(run.out.contains(&format!("warn  daemon: nothing listens at http://127.0.0.1:{port}: start")), "{run:?}");
    assert!(run.out.contains("ok    clock: 20"), "{run:?}");
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    thread::spawn(move || drop(other.accept()));
    let state = program.dir.join("state/botmother");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("secret.key"), "x").unwrap();
    let run = program.run(&["doctor", "--port", &port]);
    assert!(run.exit == 1 && run.out.contains("FAIL  secrets: others may read") && run.err.is_empty(), "{run:?}");
}

fn manager(line: &str, request: &str) -> (u16, String) {
    let said = "{\"ok\":true,\"id\":3}";
    let lines = "{\"ok\":true,\"result\":[{\"id\":3,\"at\":1,\"from\":\"owner\",\"text\":\"/help\"},\
                 {\"id\":4,\"at\":1,\"from\":\"Botmother\",\"text\":\"first\\nsecond ü\"}]}";
    match line {
        "POST /local/say" if request.contains("\"text\":\"/help\"") => (200, said.into()),
        "POST /local/say" => (400, "{\"ok\":false,\"error\":\"bad_request\",\"description\":\"`text` is odd\"}".into()),
        "GET /local/read?after=0&timeout=0" => {
            (200, "{\"ok\":true,\"result\":[{\"id\":2,\"at\":1,\"from\":\"Botmother\",\"text\":\"old\"}]}".into())
        }
        "GET /local/read?after=2&timeout=0" => (200, "{\"ok\":true,\"result\":[]}".into()),
        "GET /local/read?after=2&timeout=50" => {
            // As the daemon does it: the line comes after it was caused.
            thread::sleep(Duration::from_millis(300));
            (200, lines.into())
        }
        "GET /local/read?after=4&timeout=50" => {
            thread::sleep(Duration::from_secs(20));
            (200, "{\"ok\":true,\"result\":[]}".into())
        }
        _ => (404, "{\"ok\":false,\"error\":\"not_found\",\"description\":\"no such path\"}".into()),
    }
}

#[test]
fn chat_in_a_pipe_ends_when_the_answers_are_in() {
    let daemon = Daemon::start(manager);
    let program = Program::new("chat");
    let begun = Instant::now();
    let run = program.run_with(&["chat", "--port", &daemon.port.to_string()], "\n/help\r\n");
    assert_eq!((run.exit, run.out.as_str()), (0, "Botmother: first\n  second ü\n"), "{run:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(daemon.asked("POST /local/say"), 1);
    let run = program.run_with(&["chat", "--port", &daemon.port.to_string()], "odd\n/help");
    assert!(run.exit == 1 && run.err.contains("not sent: `text` is odd"), "{run:?}");
    assert_eq!(run.out, "Botmother: first\n  second ü\n");
    let run = program.run_with(&["chat", "Nobody", "--port", &daemon.port.to_string()], "x\n");
    assert!(run.exit == 1 && run.err.contains("no such path"), "{run:?}");
}

fn guarded(line: &str, request: &str) -> (u16, String) {
    if !request.to_lowercase().contains("authorization: bearer bma_x\r\n") {
        return (401, "{\"ok\":false,\"error\":\"unauthorized\",\"description\":\"needs the admin token\"}".into());
    }
    let bots = "{\"ok\":true,\"bots\":[{\"id\":1,\"name\":\"Weather\",\"mode\":\"personal\",\"status\":\"active\",\"jid\":\"\"},\
                {\"id\":2,\"name\":\"Twin\",\"mode\":\"personal\",\"status\":\"disabled\",\"jid\":\"\"},\
                {\"id\":3,\"name\":\"twin\",\"mode\":\"personal\",\"status\":\"active\",\"jid\":\"\"}]}";
    match line {
        "GET /bot/list" => (200, bots.into()),
        "POST /bot/token" if request.ends_with("{\"id\":1}") => {
            (200, "{\"ok\":true,\"id\":1,\"token\":\"bm_new\"}".into())
        }
        "POST /bot/create" => {
            (200, "{\"ok\":true,\"id\":4,\"name\":\"N\",\"token\":\"bm_4\",\"mode\":\"personal\"}".into())
        }
        _ => (404, "{\"ok\":false,\"error\":\"not_found\",\"description\":\"no such path\"}".into()),
    }
}

#[test]
fn the_admin_token_goes_along_when_it_is_asked_for() {
    let daemon = Daemon::start(guarded);
    let port = daemon.port.to_string();
    let program = Program::new("token");
    let run = program.run(&["bot", "list", "--port", &port]);
    assert!(run.exit == 77 && run.err.contains("admin.token"), "{run:?}");
    let state = program.dir.join("state/botmother");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("admin.token"), "bma_x\n").unwrap();
    let run = program.run(&["bot", "list", "--port", &port]);
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(run.out.lines().nth(1), Some("1   Weather  personal  active"), "{run:?}");
    let run = program.run(&["bot", "token", "weather", "--port", &port]);
    assert!(run.exit == 0 && run.out.starts_with("token: bm_new\n"), "{run:?}");
    let run = program.run(&["bot", "token", "TWIN", "--port", &port]);
    assert!(run.exit == 1 && run.err.contains("2, 3"), "{run:?}");
    let run = program.run(&["bot", "delete", "7", "--port", &port]);
    assert!(run.exit == 1 && run.err.contains("there is no bot 7"), "{run:?}");
    let run = program.run(&["bot", "create", "N", "--port", &port]);
    assert!(run.exit == 0 && run.out.contains("token: bm_4"), "{run:?}");
    assert_eq!(daemon.asked("\"account\":\"owner@local\""), 2, "once without the token, once with it");

    fs::write(program.dir.join("cook.png"), b"\x89PNG").unwrap();
    let with_picture = ["bot", "create", "N", "--mode", "cloud", "--access", "public", "--avatar", "cook.png"];
    let run = program.run(&[&with_picture[..], &["--port", &port]].concat());
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(daemon.asked("\"access\":\"public\",\"avatar\":\"iVBORw==\"") > 0);
    let run = program.run(&["bot", "create", "N", "--avatar", "none.png", "--port", &port]);
    assert!(run.exit == 74 && run.err.contains("none.png"), "{run:?}");
    fs::write(program.dir.join("large.png"), vec![0; 300_000]).unwrap();
    let run = program.run(&["bot", "create", "N", "--avatar", "large.png", "--port", &port]);
    assert!(run.exit == 1 && run.err.contains("at most 188416 bytes"), "{run:?}");
}

#[test]
fn exit_codes_are_explained_alike_everywhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [page, operating] =
        ["config/botmother.1", "docs/operating.md"].map(|file| fs::read_to_string(root.join(file)).unwrap());
    let page = page.split(".SH EXIT STATUS\n").nth(1).unwrap();
    let help = Program::new("exits").run(&["--help"]).out;
    let rows = help.split("exit codes:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    let rows: Vec<(&str, &str)> = rows.map(|line| line.trim().split_once(' ').unwrap()).collect();
    let paragraphs: String = rows.iter().map(|(code, text)| format!(".TP\n.B {code}\n{}\n", text.trim())).collect();
    assert_eq!(page, paragraphs);
    // All that the source knows.
    let source = fs::read_to_string(root.join("src/cli/mod.rs")).unwrap();
    let kinds = source.split("pub enum Exit {").nth(1).unwrap().split('}').next().unwrap();
    let codes = kinds.lines().filter_map(|line| line.trim().strip_suffix(',')?.split(" = ").nth(1));
    assert_eq!(codes.collect::<Vec<_>>(), rows.iter().map(|(code, _)| *code).collect::<Vec<_>>());
    let table: String = rows.iter().map(|(code, text)| format!("| {code} | {} |\n", text.trim())).collect();
    assert!(operating.contains(&format!("| code | |\n|---|---|\n{table}\n")), "docs/operating.md lacks\n{table}");
}

#[test]
fn a_page_says_only_what_holds_for_its_command() {
    let program = Program::new("pages");
    let page = |path: &[&str]| program.run(&[&["help"], path].concat()).out;
    for (path, has, lacks) in [
        (&["chat"][..], "silence", "unless it is online"),
        (&["bot", "create"], "unless it is online", "silence"),
        (&["bot", "create"], "who talks to it", "only the bots"),
        (&["bot", "list"], "only the bots of this owner", "owner@local"),
        (&["bot", "token"], "where several have its name", "owner@local"),
        (&["account", "add"], "from this file instead of asking", "--jid"),
        (&["account", "test"], "--config", "--port"),
        (&["config", "sample"], "--help", "--port"),
        (&["help"], "--help", "--data"),
    ] {
        let page = page(path);
        let options = &page[page.find("options").unwrap()..];
        let options = options.split("\n\nexamples").next().unwrap();
        assert!(options.contains(has) && !options.contains(lacks), "{path:?}: {page}");
    }
}

/// A daemon that makes a bot whose state the script says, or none.
fn makes(line: &str, request: &str) -> (u16, String) {
    let state = |state: &str| {
        (200, format!("{{\"ok\":true,\"id\":4,\"name\":\"N\",\"token\":\"bm_4\",\"mode\":\"personal\",{state}}}"))
    };
    match line {
        "POST /bot/create" if request.contains("\"Stopped\"") => state("\"state\":\"stopped\",\"state_since\":1"),
        "POST /bot/create" if request.contains("\"Away\"") => state("\"state\":\"offline\",\"state_why\":\"sign in\""),
        "POST /bot/create" if request.contains("\"Down\"") => state("\"state\":\"offline\",\"state_since\":1"),
        "POST /bot/create" if request.contains("\"Wrong\"") => {
            (502, "{\"ok\":false,\"error\":\"login_refused\",\"description\":\"wrong password\"}".into())
        }
        _ => (502, "{\"ok\":false,\"error\":\"registration_failed\",\"description\":\"no route\"}".into()),
    }
}

#[test]
fn a_new_bot_is_said_to_be_tried_only_if_it_is() {
    let daemon = Daemon::start(makes);
    let (program, port) = (Program::new("states"), daemon.port.to_string());
    for (name, exit, said) in [
        ("Stopped", 0, "not tried again before that is mended"),
        ("Away", 0, "state: offline: sign in\nit is online as soon as that is done"),
        ("Down", 0, "the daemon goes on trying"),
        ("Wrong", 77, "wrong password"),
        ("Other", 69, "no route"),
    ] {
        let run = program.run(&["bot", "create", name, "--port", &port]);
        assert_eq!(run.exit, exit, "{run:?}");
        assert!((run.out.clone() + &run.err).contains(said), "{run:?}");
        assert_eq!(run.out.contains("goes on trying"), name == "Down", "{run:?}");
    }
}

#[test]
fn the_manual_page_names_every_command_and_option() {
    let program = Program::new("manual");
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/botmother.1")).unwrap();
    // The words without roff's markup.
    let page = ["\\fI", "\\fR", "\""].iter().fold(page.replace("\\-", "-"), |page, markup| page.replace(markup, ""));
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let help = program.run(&["--help"]).out;
    let mut options = Vec::new();
    for path in commands(&help) {
        assert!(
            page.contains(&format!(".B {path}"))
                || page.contains(&format!(".BI {path}"))
                || path == "chat"
                || path == "help",
            "{path}"
        );
        let own = program.run(&[&["help"][..], &path.split(' ').collect::<Vec<_>>()].concat()).out;
        let rows = own.lines().chain(help.lines()).filter(|line| line.trim_start().starts_with('-'));
        options.extend(rows.filter_map(|line| line.split_once("--")).map(|(_, option)| option.to_string()));
    }
    let name = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>();
    let known: Vec<String> = options.iter().map(|option| name(option)).collect();
    for option in &options {
        let with_value = option.split("  ").next().unwrap();
        assert!(page.contains(&format!("--{with_value}")), "--{with_value} is not in config/botmother.1");
    }
    for option in page.split("--").skip(1).map(name) {
        assert!(known.contains(&option), "--{option} is in config/botmother.1 only");
    }
}
