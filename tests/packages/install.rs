//! The Debian package in a root of its own, as docs/raspberry-pi.md has it.

use super::*;

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
    let package = pack("debian", binary(), &root.dir, &[]).remove(0);
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
