//! The chat of a bot with an account of its own, and ad-hoc commands, with real servers: slixmpp as the owner and as a
//! stranger, a real shell for the command lines and a real Python for the bot that the pages show.

mod support;

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::daemon::Daemon;
use support::http::Json;
use support::peer::{Menu, Peer};
use support::port::Port;
use support::server::{Kind, Server};

const LIMIT: Duration = Duration::from_secs(20);
/// How long nothing may come before we believe that nothing comes.
const QUIET: Duration = Duration::from_secs(2);

/// Ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Scene {
    daemon: Daemon,
    owner: String,
    bot: String,
    id: i64,
    token: String,
    phone: Peer,
    eve: Peer,
    // Dropped last.
    server: Server,
}

/// A daemon with ralf's account and a bot of his, `more` at the top of its configuration.
fn scene(kind: Kind, more: &str) -> Option<Scene> {
    let server = Server::start(kind)?;
    for user in ["ralf", "eve", "wetter"] {
        server.add_user(user, "pw one");
    }
    let (owner, bot) = (server.jid("ralf"), server.jid("wetter"));
    // Asking whether it is online counts, too.
    let config = more.replace("OWNER", &owner) + "[api]\nrate_limit = 0\n";
    let daemon = Daemon::with_account(&server, "ralf", "pw one", server.c2s_port, &config);
    daemon.wait_online(1, LIMIT);
    let body =
        format!(r#"{{"name":"Wetter","account":"{owner}","mode":"dedicated","jid":"{bot}","password":"pw one"}}"#);
    let created = daemon.http().post("/bot/create", None, &body).ok();
    let listed = daemon.http().get("/bot/list", None).ok().at("bots").list();
    assert_eq!(listed[0].at("jid").text(), bot, "the bot is listed with its address");
    let phone = Peer::login(&server, "ralf", "pw one", "phone");
    let eve = Peer::login(&server, "eve", "pw one", "phone");
    let (id, token) = (created.at("id").number(), created.at("token").text());
    Some(Scene { daemon, owner, bot, id, token, phone, eve, server })
}

impl Scene {
    /// Writes to the bot; gives its answer.
    fn ask(&mut self, text: &str) -> String {
        self.phone.clear();
        self.phone.send(&self.bot, text);
        let bot = self.bot.clone();
        let from_bot = |from: &str| from.split('/').next() == Some(bot.as_str());
        self.phone.expect(LIMIT, |message| from_bot(&message.from) && !message.body.is_empty()).body
    }

    /// Texts that wait for the bot's program; they are taken off the queue.
    fn heard(&self) -> Vec<String> {
        let mut http = self.daemon.http();
        let updates = http.get("/bot/getUpdates?timeout=5", Some(&self.token)).ok().at("result").list();
        if let Some(last) = updates.last() {
            let next = last.at("update_id").number() + 1;
            http.get(&format!("/bot/getUpdates?offset={next}"), Some(&self.token)).ok();
        }
        updates.iter().map(|update| update.at("data").at("body").text()).collect()
    }

    fn set_commands(&self) {
        let body = r#"{"commands":[{"command":"weather","description":"It's the weather ☀"}]}"#;
        self.daemon.http().post("/bot/setCommands", Some(&self.token), body).ok();
    }
}

/// The lines of a page that are for a shell: settings and calls, with what continues them.
fn shell_lines(page: &str) -> (String, usize) {
    let (mut script, mut calls, mut goes_on) = (String::from("set -e\n"), 0, false);
    for line in page.lines() {
        let is_call = line.starts_with("curl ");
        // Python's are indented by nothing, too, but have spaces around the sign.
        let is_setting = line.starts_with("TOKEN=") || line.starts_with("ADMIN=");
        if is_call || is_setting || goes_on {
            goes_on = line.ends_with('\\');
            calls += usize::from(is_call);
            script += line;
            script.push('\n');
            if is_call || line.starts_with(' ') {
                // Each answer on a line of its own.
                script += if goes_on { "" } else { "echo\n" };
            }
        }
    }
    (script, calls)
}

/// Runs a page in a POSIX shell; every call must succeed. Gives the answers.
fn run_page(name: &str, page: &str) -> Vec<Json> {
    let (script, calls) = shell_lines(page);
    assert!(calls > 0, "{name}: {page}");
    let output = Command::new("sh").arg("-c").arg(&script).stdin(Stdio::null()).output().expect("a shell runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {script}\n{text}\n{errors}");
    let answers: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(answers.len(), calls, "{name}: {script}\n{text}\n{errors}");
    for answer in &answers {
        assert!(answer.contains(r#""ok":true"#), "{name}: {answer}");
    }
    answers.into_iter().map(Json::parse).collect()
}

fn python_bot(daemon: &Daemon, page: &str) -> Program {
    let (_, program) = page.split_once("import json").expect("a program");
    let path = daemon.dir.join("bot.py");
    let mut file = std::fs::File::create(&path).expect("created");
    write!(file, "import json{program}").expect("written");
    let mut command = Command::new("python3");
    Program(command.arg(path).stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("Python starts"))
}

fn chat(kind: Kind) {
    let Some(mut scene) = scene(kind, "") else { return };
    scene.set_commands();
    let help = scene.ask("/help");
    for part in ["Wetter", "/start - ", "/info - ", "/clear - ", "/api [auth|", "/weather - It's the weather ☀"] {
        assert!(help.contains(part), "{help}");
    }
    assert!(scene.ask("/start").starts_with("Hello, I am Wetter."));
    let info = scene.ask("/info");
    assert!(info.contains("dedicated") && info.contains(&scene.bot), "{info}");
    scene.phone.send(&scene.owner, "/mybots");
    let bot = scene.bot.clone();
    scene.phone.expect(LIMIT, |message| message.body.contains("(dedicated, active)") && message.body.contains(&bot));

    for text in ["/weather Berlin", "/unknown", "Grüße 👋"] {
        scene.phone.send(&scene.bot, text);
        assert_eq!(scene.heard(), [text]);
    }
    scene.phone.send(&scene.bot, "never read");
    assert_eq!(
        scene.daemon.http().get("/bot/getUpdates?timeout=20", Some(&scene.token)).ok().at("result").list().len(),
        1
    );
    assert!(scene.ask("/clear").contains("Forgotten: 1 messages"));
    assert!(scene.daemon.http().get("/bot/getUpdates", Some(&scene.token)).ok().at("result").list().is_empty());

    pages(&mut scene);

    // A stranger is not heard: no answer, no update.
    scene.phone.clear();
    for text in ["/help", "/api auth", "/clear", "/weather"] {
        scene.eve.send(&scene.bot, text);
    }
    scene.eve.none(QUIET);
    assert!(scene.daemon.http().get("/bot/getUpdates", Some(&scene.token)).ok().at("result").list().is_empty());
}

/// Every page's command lines, as they come out of the chat.
fn pages(scene: &mut Scene) {
    let overview = scene.ask("/api");
    let address = format!("http://localhost:{}/bot/", scene.daemon.port);
    assert!(overview.contains(&address), "{overview}");
    let names: Vec<String> =
        overview.lines().filter_map(|line| Some(line.strip_prefix("/api ")?.split_once(' ')?.0.to_string())).collect();
    assert_eq!(names, ["auth", "messages", "webhook", "management", "advanced", "examples", "server"]);
    for name in &names {
        let page = scene.ask(&format!("/api {name}"));
        if name == "server" {
            assert!(page.contains("local (HTTP") && page.contains(&address), "{page}");
            continue;
        }
        let answers = run_page(name, &page);
        match name.as_str() {
            "auth" => assert_eq!(answers[0].at("result").at("id").number(), scene.id),
            "messages" => {
                scene.phone.expect(LIMIT, |message| message.body == "Hello from my bot!");
            }
            "webhook" => {
                let is_set = answers[1].at("result").at("url").text();
                assert_eq!((is_set.as_str(), answers.len()), ("https://my-server.example.com/webhook", 3));
            }
            "management" => assert_eq!(answers[1].at("name").text(), "AnotherBot"),
            // Trying it took no command away, quotes and all.
            "advanced" => {
                let commands = answers[1].at("result").list();
                assert_eq!(commands[0].at("description").text(), "It's the weather ☀");
            }
            _ => {
                let _bot = python_bot(&scene.daemon, &page);
                scene.phone.clear();
                scene.phone.send(&scene.bot, "echo \"me\" 👋");
                scene.phone.expect(LIMIT, |message| message.body == "You said: echo \"me\" 👋");
            }
        }
    }
    // What the Python bot did not take off any more.
    scene.ask("/clear");
}

fn menus(kind: Kind) {
    let Some(mut scene) = scene(kind, "") else { return };
    scene.set_commands();
    let (bot, daemon) = (resource(&mut scene, "wetter"), resource(&mut scene, "ralf"));
    assert!(
        scene.phone.menu(&bot, &Menu::info("")).features.iter().any(|f| f == "http://jabber.org/protocol/commands")
    );

    // The bot's own menu.
    let items = scene.phone.menu(&bot, &Menu::list()).items;
    let nodes: Vec<&str> = items.iter().map(|(node, _)| node.as_str()).collect();
    assert_eq!(
        nodes,
        ["help", "start", "info", "clear", "ki", "stop", "telegram", "api", "omemo", "room", "why", "weather"]
    );
    assert_eq!(items.last().unwrap().1, "/weather - It's the weather ☀");
    for node in ["help", "start", "info"] {
        let done = scene.phone.menu(&bot, &Menu::execute(node));
        assert_eq!(done.status, "completed", "{node}: {done:?}");
        assert!(!done.note.is_empty() || !done.fields.is_empty(), "{node}: {done:?}");
    }
    // What cannot be undone is asked about.
    let asked = scene.phone.menu(&bot, &Menu::execute("clear"));
    assert!(asked.status == "executing" && asked.xml.contains("cannot be undone: /clear"), "{asked:?}");
    let done = scene.phone.menu(&bot, &Menu::execute("clear").of(&asked.session).doing("complete"));
    assert!(done.status == "completed" && done.note.contains("nothing to forget"), "{done:?}");
    let page = scene.phone.fill_menu(&bot, "api", &[("choice", "auth")]);
    assert!(page.fields[0].1.contains(&format!("TOKEN={}", scene.token)), "{page:?}");
    run_page("auth", &page.fields[0].1);
    let sent = scene.phone.fill_menu(&bot, "weather", &[("arguments", "Köln")]);
    assert!(sent.note.contains("/weather Köln"), "{sent:?}");
    assert_eq!(scene.heard(), ["/weather Köln"]);

    // The manager's, on the daemon's resource of the owner's own account.
    let items = scene.phone.menu(&daemon, &Menu::list()).items;
    assert!(items.iter().any(|(node, name)| node == "newbot" && name == "/newbot - create a bot"), "{items:?}");
    let overview = scene.phone.menu(&daemon, &Menu::execute("mybots"));
    assert!(overview.fields[0].1.contains("Wetter"), "{overview:?}");
    let form = scene.phone.menu(&daemon, &Menu::execute("newbot"));
    assert_eq!((form.status.as_str(), form.fields[0].0.as_str()), ("executing", "name"));
    let canceled = scene.phone.menu(&daemon, &Menu::execute("newbot").of(&form.session).doing("cancel"));
    assert_eq!(canceled.status, "canceled");
    let over = scene.phone.menu(&daemon, &Menu::execute("newbot").of(&form.session).doing("complete"));
    assert!(over.error.contains("bad-request") && over.xml.contains("bad-sessionid"), "{over:?}");
    let form = scene.phone.menu(&daemon, &Menu::execute("newbot"));
    let back = scene.phone.menu(&daemon, &Menu::execute("newbot").of(&form.session).doing("prev"));
    assert!(back.xml.contains("bad-action"), "{back:?}");
    let made = scene.phone.fill_menu(&daemon, "newbot", &[("name", "Zweiter")]);
    assert!(made.fields[0].1.contains("Name: Zweiter") && made.fields[0].1.contains("bm_"), "{made:?}");
    let asked = scene.phone.fill_menu(&daemon, "deletebot", &[("id", "2")]);
    assert!(asked.xml.contains("cannot be undone: /deletebot [2] Zweiter"), "{asked:?}");
    let gone = scene.phone.menu(&daemon, &Menu::execute("deletebot").of(&asked.session).doing("complete"));
    assert!(gone.note.contains("Zweiter"), "{gone:?}");

    // A stranger sees nothing and may do nothing, on either.
    for to in [&bot, &daemon] {
        let listed = scene.eve.menu(to, &Menu::list());
        assert!(listed.items.is_empty(), "{listed:?}");
        let refused = scene.eve.menu(to, &Menu::execute("help"));
        assert!(["forbidden", "service-unavailable"].contains(&refused.error.as_str()), "{refused:?}");
    }
    assert_eq!(scene.eve.menu(&bot, &Menu::execute("help")).error, "forbidden");
}

/// The full address at which an account of the daemon is online.
fn resource(scene: &mut Scene, user: &str) -> String {
    if user == "wetter" {
        scene.phone.send(&scene.bot, "/help");
        let start = format!("{}/", scene.bot);
        return scene.phone.expect(LIMIT, |message| message.from.starts_with(&start) && !message.body.is_empty()).from;
    }
    let start = format!("{}/botmother", scene.server.jid(user));
    scene.phone.expect_presence(LIMIT, |p| p.kind == "available" && p.from.starts_with(&start)).from
}

fn german_and_admin(kind: Kind) {
    let Some(mut scene) = scene(kind, "language = \"de\"\nadmins = [\"OWNER\"]\n") else { return };
    assert!(scene.ask("/hilfe").contains("Alles andere, was du schreibst"));
    assert!(scene.ask("/start").starts_with("Hallo, ich bin Wetter."));
    assert!(scene.ask("/clear").contains("nichts zu vergessen"));
    run_page("nachrichten", &scene.ask("/api nachrichten"));
    let server = scene.ask("/api server status");
    let file = scene.daemon.dir.join("config.toml").display().to_string();
    assert!(server.contains("lokal (HTTP") && server.contains(&file), "{server}");
    assert!(
        scene.ask("/api server port 80").starts_with("port 80 geht nicht: Ein Port ist eine Zahl von 1024 bis 65535")
    );
    // Its port stands on the command line.
    assert!(scene.ask("/api server port 9000").contains("wird geändert"));
    let told =
        scene.phone.expect(LIMIT, |message| message.body.starts_with("Der API-Server wurde nicht geändert")).body;
    assert!(told.ends_with("die Kommandozeile oder die Umgebung sagt etwas anderes, und sie geht vor"), "{told}");
    let bot = resource(&mut scene, "wetter");
    let items = scene.phone.menu(&bot, &Menu::list()).items;
    assert!(items.iter().any(|(_, name)| name == "/help - diese Liste"), "{items:?}");
}

/// In network mode the lines bring the certificate and the admin token along.
#[test]
fn pages_in_network_mode() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    for user in ["ralf", "wetter"] {
        server.add_user(user, "pw one");
    }
    let (owner, bot) = (server.jid("ralf"), server.jid("wetter"));
    let config = format!(
        "admins = [\"{owner}\"]\n[api]\nmode = \"network\"\n[[account]]\njid = \"{owner}\"\npassword = \"pw one\"\n\
         host = \"127.0.0.1:{}\"\nca_file = \"{}\"\n",
        server.c2s_port,
        server.ca_file.display()
    );
    let daemon = Daemon::start_network(&config);
    let made = daemon.dir.join("data");
    let body = format!(r#"{{"name":"W","account":"{owner}","mode":"dedicated","jid":"{bot}","password":"pw one"}}"#);
    let output = Command::new("curl")
        .args(["-sS", "--cacert"])
        .arg(made.join("api-tls/server.crt"))
        .args([
            "-H",
            &format!("Authorization: Bearer {}", std::fs::read_to_string(made.join("admin.token")).unwrap().trim()),
        ])
        .args(["-H", "Content-Type: application/json", "-d", &body])
        .arg(format!("https://localhost:{}/bot/create", daemon.port))
        .output()
        .expect("curl runs");
    let created = String::from_utf8(output.stdout).expect("UTF-8");
    let created = Json::parse(&created);
    let phone = Peer::login(&server, "ralf", "pw one", "phone");
    let eve = Peer::login(&server, "wetter", "pw one", "other");
    let (id, token) = (created.at("id").number(), created.at("token").text());
    let mut scene = Scene { daemon, owner, bot, id, token, phone, eve, server };
    for name in ["auth", "messages", "management", "advanced", "examples"] {
        let page = scene.ask(&format!("/api {name}"));
        assert!(page.contains("https://localhost") && page.contains("--cacert"), "{page}");
        run_page(name, &page);
        if name == "examples" {
            let _bot = python_bot(&scene.daemon, &page);
            scene.phone.send(&scene.bot, "über TLS");
            scene.phone.expect(LIMIT, |message| message.body == "You said: über TLS");
        }
    }
}

/// The server's address is changed from the chat, at once and for the next start; what cannot be changes nothing.
#[test]
fn an_admin_changes_the_server() {
    let Some(mut scene) = scene(Kind::Prosody, "admins = [\"OWNER\"]\n") else { return };
    let changed = |scene: &mut Scene, what: &str| {
        assert!(scene.ask(&format!("/api server {what}")).contains("is being changed"), "{what}");
        let is_it = |body: &str| body.starts_with("The API server ") && !body.contains("being changed");
        scene.phone.expect(LIMIT, |message| is_it(&message.body)).body
    };
    // The same port: the old door closes first.
    let told = changed(&mut scene, "network");
    assert!(told.contains("https://localhost") && told.contains("HTTPS"), "{told}");
    let page = scene.ask("/api auth");
    assert!(page.contains("--cacert"), "{page}");
    run_page("auth", &page);
    let before = std::fs::read(scene.daemon.dir.join("data/api-tls/server.crt")).unwrap();
    assert!(changed(&mut scene, "renew-cert").contains("https://localhost"));
    assert_ne!(std::fs::read(scene.daemon.dir.join("data/api-tls/server.crt")).unwrap(), before);
    run_page("auth", &page);
    // A certificate that is none: as before.
    scene.ask("/api server key /dev/null");
    let told = changed(&mut scene, "cert /dev/null");
    assert!(told.contains("was not changed"), "{told}");
    run_page("auth", &page);
    // It outlives a restart.
    assert!(scene.daemon.stop().success());
    scene.daemon.spawn();
    let page = scene.ask("/api auth");
    assert!(page.contains("https://localhost"), "{page}");
    run_page("auth", &page);
    assert!(changed(&mut scene, "local").contains("http://localhost"));
    run_page("auth", &scene.ask("/api auth"));
    // --port stands on this daemon's command line.
    let told = changed(&mut scene, "port 9000");
    assert!(told.contains("was not changed: the command line"), "{told}");
    run_page("auth", &scene.ask("/api auth"));
}

/// Another port, of a daemon whose command line does not name one; a taken one changes nothing.
#[test]
fn an_admin_changes_the_port() {
    let Some(mut scene) = scene(Kind::Prosody, "admins = [\"OWNER\"]\n") else { return };
    assert!(scene.daemon.stop().success());
    let (first, second, taken) = (scene.daemon.port, Port::claim(), Port::claim());
    let _other = std::net::TcpListener::bind(("127.0.0.1", taken.number)).expect("a port to be in the way");
    let file = scene.daemon.dir.join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, config.replace("[api]\n", &format!("[api]\nport = {first}\n"))).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_botmother"));
    command.arg("--config").arg(&file).arg("--data").arg(scene.daemon.dir.join("data"));
    let log = std::fs::File::options().append(true).open(scene.daemon.log()).unwrap();
    let _daemon = Program(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    let refused = "choose another port with /api server port <number>";
    for (port, told) in [(taken.number, refused), (second.number, "is at http://localhost:")] {
        assert!(scene.ask(&format!("/api server port {port}")).contains("is being changed"));
        scene.phone.expect(LIMIT, |message| message.body.contains(told));
        run_page("auth", &scene.ask("/api auth"));
    }
    assert!(scene.ask("/api").contains(&format!("http://localhost:{}/bot/", second.number)));
    // The command line finds it there.
    let mut health = Command::new(env!("CARGO_BIN_EXE_botmother"));
    health.arg("--config").arg(&file).arg("--data").arg(scene.daemon.dir.join("data")).arg("health");
    assert!(health.output().unwrap().status.success());
    assert!(std::net::TcpStream::connect(("127.0.0.1", first)).is_err(), "the old door is closed");
}

#[test]
fn chat_prosody() {
    chat(Kind::Prosody);
}

#[test]
fn chat_ejabberd() {
    chat(Kind::Ejabberd);
}

#[test]
fn menus_prosody() {
    menus(Kind::Prosody);
}

#[test]
fn menus_ejabberd() {
    menus(Kind::Ejabberd);
}

#[test]
fn german_and_admin_prosody() {
    german_and_admin(Kind::Prosody);
}

#[test]
fn german_and_admin_ejabberd() {
    german_and_admin(Kind::Ejabberd);
}
