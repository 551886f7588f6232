//! Clients that people have, on real servers: go-sendxmpp in scripts, profanity in a terminal. What they show of a bot.
//!
//! Each is the Debian package, driven from outside: go-sendxmpp by its arguments, profanity by keys typed into tmux. With
//! `REQUIRE_SERVERS=1` it is a failure that one is missing.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::{Http, Json};
use support::server::{Kind, Server};

const LIMIT: Duration = Duration::from_secs(30);

/// A server, a daemon with a bot that belongs to alice, and the bot's program.
struct Scene {
    daemon: Daemon,
    server: Server,
    token: String,
    bot: String,
    http: Http,
    offset: i64,
}

impl Scene {
    fn new(kind: Kind, client: &str) -> Option<Scene> {
        let found = Command::new("sh").args(["-c", &format!("command -v {client}")]).stdout(Stdio::null()).status();
        if !found.expect("a shell").success() {
            support::skip::skip_missing(client);
            return None;
        }
        let server = Server::start(kind)?;
        ["keeper", "alice", "robot"].iter().for_each(|user| server.add_user(user, "pw"));
        let daemon = Daemon::with_account(&server, "keeper", "pw", server.c2s_port, "[api]\nrate_limit = 0\n");
        daemon.wait_online(1, LIMIT);
        let (owner, bot) = (server.jid("alice"), server.jid("robot"));
        let body = format!(r#"{{"name":"Robo","account":"{owner}","mode":"dedicated","jid":"{bot}","password":"pw"}}"#);
        let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        let http = daemon.http();
        Some(Scene { daemon, server, token, bot, http, offset: 0 })
    }

    /// The next message to the bot; other updates are passed over.
    fn heard(&mut self) -> Json {
        let begun = Instant::now();
        loop {
            let path = format!("/bot/getUpdates?limit=1&timeout=5&offset={}", self.offset);
            for update in self.http.get(&path, Some(&self.token)).ok().at("result").list() {
                self.offset = update.at("update_id").number() + 1;
                if update.at("type").text() == "message" {
                    return update.at("data");
                }
            }
            assert!(begun.elapsed() < LIMIT, "nothing came\n{}", self.daemon.log_text());
        }
    }

    /// The next message but those with this text.
    fn heard_after(&mut self, passed_over: &str) -> Json {
        loop {
            let message = self.heard();
            if message.at("body").text() != passed_over {
                return message;
            }
        }
    }

    /// Whether anything was said to the bot within two seconds; it stays for the next look.
    fn has_heard(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            let path = format!("/bot/getUpdates?limit=1&timeout=2&offset={}", self.offset);
            for update in self.http.get(&path, Some(&self.token)).ok().at("result").list() {
                if update.at("type").text() == "message" {
                    return true;
                }
                self.offset = update.at("update_id").number() + 1;
            }
        }
        false
    }

    /// The bot says something to alice; gives the message's id.
    fn say(&mut self, text: &str) -> String {
        let body = format!(r#"{{"to":"{}","text":"{text}"}}"#, self.server.jid("alice"));
        let answer = self.http.post("/bot/sendMessage", Some(&self.token), &body).ok();
        answer.at("result").at("message_id").text()
    }

    fn go_sendxmpp(&self, arguments: &[&str]) -> Client {
        let mut command = Command::new("go-sendxmpp");
        command.args(["-u", &self.server.jid("alice"), "-p", "pw"]);
        command.args(["-j", &format!("127.0.0.1:{}", self.server.c2s_port)]).args(arguments);
        command.env("SSL_CERT_FILE", &self.server.ca_file).env("HOME", &self.server.dir);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Client(command.spawn().expect("go-sendxmpp starts"))
    }
}

/// A program that ends with the test: left alone without its server, go-sendxmpp complains for ever.
struct Client(Child);

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines a program prints, as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    let (tell, lines) = channel();
    let output = BufReader::new(child.stdout.take().expect("piped"));
    thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
    lines
}

fn go_sendxmpp(kind: Kind) {
    let Some(mut scene) = Scene::new(kind, "go-sendxmpp") else { return };
    let mut sender = scene.go_sendxmpp(&[&scene.bot]);
    sender.0.stdin.take().expect("piped").write_all("Grüße <&> aus der Röhre\n".as_bytes()).expect("it reads");
    assert!(sender.0.wait().expect("it ends").success(), "go-sendxmpp could not send");
    let message = scene.heard();
    assert_eq!(message.at("body").text().trim_end(), "Grüße <&> aus der Röhre");
    assert_eq!(message.at("from").text(), scene.server.jid("alice"));

    let mut listener = scene.go_sendxmpp(&["-l", &scene.bot]);
    let shown = lines(&mut listener.0);
    let begun = Instant::now();
    loop {
        // What comes while it signs in it may not show, so it is said until it does.
        scene.say("schöne Grüße <&> zurück");
        let Ok(line) = shown.recv_timeout(Duration::from_secs(2)) else {
            assert!(begun.elapsed() < LIMIT, "the answer is not shown\n{}", scene.daemon.log_text());
            continue;
        };
        if line.contains("schöne Grüße <&> zurück") {
            assert!(line.contains(&scene.bot), "{line}");
            break;
        }
    }
}

#[test]
fn go_sendxmpp_prosody() {
    go_sendxmpp(Kind::Prosody);
}

#[test]
fn go_sendxmpp_ejabberd() {
    go_sendxmpp(Kind::Ejabberd);
}

/// profanity in a terminal of its own.
struct Terminal {
    socket: String,
}

impl Terminal {
    fn start(server: &Server) -> Terminal {
        let terminal = Terminal { socket: server.dir.join("tmux").display().to_string() };
        let dir = server.dir.display();
        let program =
            format!("env HOME={dir} XDG_CONFIG_HOME={dir}/config XDG_DATA_HOME={dir}/share LANG=C.UTF-8 profanity");
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50", &program]);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-u", "-S", &self.socket]).args(arguments).output().expect("tmux runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn type_line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.tmux(&["send-keys", "Enter"]);
    }

    /// Waits until something is on the screen; gives the screen.
    fn expect(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if screen.contains(text) {
                return screen;
            }
            assert!(begun.elapsed() < LIMIT, "{text} is not on the screen:\n{screen}");
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("on the screen:\n{}", self.tmux(&["capture-pane", "-p"]));
        }
        self.tmux(&["kill-server"]);
    }
}

/// alice logs in with profanity; her bot and she see each other.
fn meet(scene: &Scene) -> Terminal {
    let (alice, bot) = (scene.server.jid("alice"), &scene.bot);
    let terminal = Terminal::start(&scene.server);
    terminal.expect("Profanity");
    terminal.type_line(&format!("/connect {alice} server 127.0.0.1 port {} tls trust", scene.server.c2s_port));
    terminal.expect("nter password");
    terminal.type_line("pw");
    // The bot asks its owner, who grants and asks back.
    terminal.expect(&format!("authorization request from {bot}"));
    terminal.type_line(&format!("/sub allow {bot}"));
    terminal.type_line(&format!("/roster add {bot} Robo"));
    terminal.type_line(&format!("/sub request {bot}"));
    // Both see each other now, and he is shown under his name.
    terminal.expect(&format!("Subscription received from {bot}"));
    terminal.expect("++ Robo (botmother");
    terminal
}

fn profanity(kind: Kind) {
    let Some(mut scene) = Scene::new(kind, "profanity") else { return };
    let (alice, bot) = (scene.server.jid("alice"), scene.bot.clone());
    let terminal = meet(&scene);

    // What begins with a slash is profanity's own, unless it is an argument.
    terminal.type_line(&format!("/msg {bot} /ping"));
    assert_eq!(scene.heard().at("body").text(), "/ping");
    let id = scene.say("pogn from the bot");
    terminal.expect("pogn from the bot");
    let body = format!(r#"{{"to":"{alice}","message_id":"{id}","text":"pong from the bot"}}"#);
    let edited = scene.http.post("/bot/editMessage", Some(&scene.token), &body);
    assert_eq!(edited.status, 200, "{}", edited.body);
    let screen = terminal.expect("pong from the bot");
    assert!(!screen.contains("pogn"), "corrected in its place:\n{screen}");
    terminal.type_line("thanks");
    assert_eq!(scene.heard().at("body").text(), "thanks");
}

#[test]
fn profanity_prosody() {
    profanity(Kind::Prosody);
}

#[test]
fn profanity_ejabberd() {
    profanity(Kind::Ejabberd);
}

/// With OMEMO (libsignal's C code behind it), both ways and over a restart of the daemon.
fn profanity_encrypts(kind: Kind) {
    let Some(mut scene) = Scene::new(kind, "profanity") else { return };
    let (alice, bot) = (scene.server.jid("alice"), scene.bot.clone());
    let terminal = meet(&scene);
    terminal.type_line("/omemo gen");
    terminal.expect("materials generated");
    terminal.type_line("/omemo trustmode blind");
    terminal.type_line(&format!("/omemo start {bot}"));
    terminal.expect("[OMEMO]");
    // It encrypts as soon as it has the bot's keys, and says so of what it could not send.
    let begun = Instant::now();
    let mut knocks = 0;
    while !scene.has_heard() {
        assert!(begun.elapsed() < LIMIT, "nothing was encrypted");
        // It asks for them when a session is started, and once only: it says so itself.
        if knocks % 4 == 3 {
            terminal.type_line("/omemo end");
            terminal.type_line(&format!("/omemo start {bot}"));
        }
        terminal.type_line("knock");
        knocks += 1;
    }
    for round in 0..3 {
        let question = format!("heard {round}");
        terminal.type_line(&question);
        let message = scene.heard_after("knock");
        assert_eq!((message.at("body").text(), message.at("encrypted").truth()), (question, true));
        let body = format!(r#"{{"to":"{alice}","text":"said {round}"}}"#);
        let said = scene.http.post("/bot/sendMessage", Some(&scene.token), &body).ok().at("result");
        assert!(said.at("encrypted").truth());
        terminal.expect(&format!("said {round}"));
        if round == 1 {
            scene.daemon.stop();
            scene.daemon.start_again();
            scene.http = scene.daemon.http();
        }
    }
}

#[test]
fn profanity_encrypts_prosody() {
    profanity_encrypts(Kind::Prosody);
}

#[test]
fn profanity_encrypts_ejabberd() {
    profanity_encrypts(Kind::Ejabberd);
}
