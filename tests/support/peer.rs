//! A second XMPP client, to talk with what is tested: slixmpp in a process of its own (peer.py).
//!
//! Used by tests with real servers. What arrives is collected in the background; [`Peer::expect`] takes the first
//! message that fits, in whatever order others came, and [`Peer::none`] makes sure that nothing unexpected comes.
//! Everything that goes wrong is a panic which tells all that was received.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use miniserde::{Deserialize, Serialize, json};

use super::server::{GATEWAY_SECRET, Server};

const LOGIN_LIMIT: Duration = Duration::from_secs(60);
/// For answers of the client itself, without anything going over the network.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// With the look-up of devices and their keys.
const ENCRYPT_LIMIT: Duration = Duration::from_secs(40);

/// How to log in; the default is what an everyday client does.
#[derive(Clone, Debug)]
pub struct Login {
    /// Default: the server's own.
    pub port: Option<u16>,
    pub priority: i32,
    pub carbons: bool,
    /// With the plugins for what becomes of messages: it confirms arrivals, and tells what it understands.
    pub life: bool,
    /// Grants every request to see its presence, and asks back.
    pub auto: bool,
    /// With OMEMO, in these versions: "0.3", "2", "0.3 2"; none if empty. Its keys stay with the server's files, so that
    /// the same resource is the same device the next time.
    pub omemo: &'static str,
}

impl Default for Login {
    fn default() -> Login {
        Login { port: None, priority: 0, carbons: true, life: false, auto: true, omemo: "" }
    }
}

pub struct Peer {
    /// The full address, as the server gave it.
    pub jid: String,
    process: Child,
    stdin: Option<ChildStdin>,
    events: Receiver<Event>,
    /// Arrived, and asked for by nobody yet.
    waiting: Vec<Event>,
    log: PathBuf,
}

/// A line of peer.py, see there. Which fields there are depends on the event.
#[derive(Clone, Debug, Default, Deserialize)]
struct Event {
    ev: String,
    jid: Option<String>,
    from: Option<String>,
    to: Option<String>,
    body: Option<String>,
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    carbon: Option<String>,
    stanza_ids: Option<Vec<String>>,
    origin_id: Option<String>,
    delayed: Option<bool>,
    encrypted: Option<String>,
    show: Option<String>,
    status: Option<String>,
    what: Option<String>,
    xml: Option<String>,
    features: Option<Vec<String>>,
    items: Option<Vec<(String, String)>>,
    session: Option<String>,
    note: Option<String>,
    fields: Option<Vec<(String, String)>>,
    error: Option<String>,
}

/// A received message; of a carbon copy, the message inside.
#[derive(Clone, Debug)]
pub struct Message {
    pub from: String,
    pub to: String,
    /// Empty if there is none: receipts, chat states, markers.
    pub body: String,
    pub id: String,
    /// chat, groupchat, normal, headline, error.
    pub kind: String,
    /// none, sent, received.
    pub carbon: String,
    pub stanza_ids: Vec<String>,
    pub origin_id: Option<String>,
    pub delayed: bool,
    /// In which version of OMEMO it came; empty if in none, or if the client knows none.
    pub encrypted: String,
    /// Why it cannot be decrypted; empty if it can.
    pub error: String,
    /// The whole stanza.
    pub xml: String,
}

/// What a plugin of the client understood a message to be ([`Login::life`]).
#[derive(Clone, Debug)]
pub struct Life {
    /// receipt, displayed, correction, reply, retraction, reaction, state.
    pub what: String,
    pub from: String,
    /// The message it is about.
    pub id: String,
    /// The text, the emoji, the state.
    pub body: String,
}

#[derive(Clone, Debug)]
pub struct Presence {
    pub from: String,
    /// "available" if the stanza has no type.
    pub kind: String,
    pub show: String,
    pub status: String,
    pub xml: String,
}

/// The answer to an iq sent with [`Peer::raw`].
#[derive(Clone, Debug)]
pub struct Iq {
    pub from: String,
    /// result or error.
    pub kind: String,
    pub id: String,
    pub xml: String,
}

/// A question about ad-hoc commands, or one of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Menu {
    cmd: String,
    to: String,
    query: String,
    node: String,
    action: String,
    session: String,
    fields: Vec<(String, String)>,
}

impl Menu {
    /// Which commands are there?
    pub fn list() -> Menu {
        Menu { query: "items".into(), node: "http://jabber.org/protocol/commands".into(), ..Menu::default() }
    }

    /// What are you, or (with a node) what is this?
    pub fn info(node: &str) -> Menu {
        Menu { query: "info".into(), node: node.into(), ..Menu::default() }
    }

    /// Begins a command.
    pub fn execute(node: &str) -> Menu {
        Menu { query: "command".into(), node: node.into(), ..Menu::default() }
    }

    /// In a session that has begun.
    pub fn of(mut self, session: &str) -> Menu {
        self.session = session.into();
        self
    }

    /// Another action than to execute.
    pub fn doing(mut self, action: &str) -> Menu {
        self.action = action.into();
        self
    }

    /// With these values in its form.
    pub fn with(mut self, fields: &[(&str, &str)]) -> Menu {
        self.fields = fields.iter().map(|(var, value)| (var.to_string(), value.to_string())).collect();
        self
    }
}

/// The answer to a [`Menu`]; empty is what it does not have.
#[derive(Clone, Debug)]
pub struct MenuAnswer {
    pub features: Vec<String>,
    /// Node and name of each command.
    pub items: Vec<(String, String)>,
    /// executing, completed, canceled.
    pub status: String,
    pub session: String,
    pub note: String,
    /// Name and value of each field of the form.
    pub fields: Vec<(String, String)>,
    /// The condition of a refusal.
    pub error: String,
    pub xml: String,
}

#[derive(Default, Serialize)]
struct LoginCommand {
    cmd: String,
    jid: String,
    password: String,
    host: String,
    port: u16,
    ca: String,
    priority: i32,
    carbons: bool,
    life: bool,
    auto: bool,
    omemo: String,
    store: String,
}

#[derive(Default, Serialize)]
struct LifeCommand {
    cmd: String,
    what: String,
    to: String,
    id: String,
    body: String,
}

#[derive(Default, Serialize)]
struct SendCommand {
    cmd: String,
    to: String,
    body: String,
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    private: bool,
    version: String,
    readers: Vec<String>,
}

/// For the commands with few fields; those that do not belong to a command are ignored there.
#[derive(Default, Serialize)]
struct ShortCommand {
    cmd: String,
    to: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    show: Option<String>,
    status: Option<String>,
    priority: Option<i32>,
    room: Option<String>,
    nick: Option<String>,
    xml: Option<String>,
}

impl Peer {
    /// Logs in and becomes available, with carbons and priority 0.
    pub fn login(server: &Server, user: &str, password: &str, resource: &str) -> Peer {
        Peer::login_with(server, user, password, resource, &Login::default())
    }

    pub fn login_with(server: &Server, user: &str, password: &str, resource: &str, login: &Login) -> Peer {
        match Peer::try_login(server, user, password, resource, login) {
            Ok(peer) => peer,
            Err(error) => panic!("{user} cannot log in: {error}"),
        }
    }

    /// Like [`Peer::login_with`], for a test which expects that it fails.
    pub fn try_login(
        server: &Server,
        user: &str,
        password: &str,
        resource: &str,
        login: &Login,
    ) -> Result<Peer, String> {
        let script = if login.omemo.is_empty() { "peer.py" } else { "omemo_peer.py" };
        let mut peer = Peer::spawn(script, &server.dir.join(format!("peer-{user}-{resource}.log")));
        peer.command(&LoginCommand {
            cmd: "login".into(),
            jid: format!("{}/{resource}", server.jid(user)),
            password: password.into(),
            host: "127.0.0.1".into(),
            port: login.port.unwrap_or(server.c2s_port),
            ca: server.ca_file.display().to_string(),
            priority: login.priority,
            carbons: login.carbons,
            life: login.life,
            auto: login.auto,
            omemo: login.omemo.into(),
            store: server.dir.join(format!("omemo-{user}-{resource}")).display().to_string(),
        });
        let ready = |event: &Event| matches!(event.ev.as_str(), "ready" | "error" | "closed");
        let event = peer.take(LOGIN_LIMIT, ready).ok_or("no answer in time")?;
        if event.ev != "ready" {
            return Err(event.what.unwrap_or(event.ev));
        }
        peer.jid = event.jid.unwrap_or_default();
        Ok(peer)
    }

    /// The room service of another network, at `gateway.` and the server's domain; only what it says raw is its own will.
    pub fn gateway(server: &Server) -> Peer {
        let mut peer = Peer::spawn("gateway.py", &server.dir.join("peer-gateway.log"));
        peer.command(&LoginCommand {
            cmd: "login".into(),
            jid: format!("gateway.{}", server.domain),
            password: GATEWAY_SECRET.into(),
            host: "127.0.0.1".into(),
            port: server.component_port,
            ..LoginCommand::default()
        });
        peer.take(LOGIN_LIMIT, |event| event.ev == "ready").expect("the gateway is signed in");
        peer
    }

    fn spawn(script: &str, log: &Path) -> Peer {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(script);
        let mut process = Command::new(python())
            .arg(script)
            // ^C is for the test; this process ends with its input.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log).expect("log of the peer"))
            .spawn()
            .expect("start the peer: run tests/setup");
        let stdin = process.stdin.take();
        let stdout = BufReader::new(process.stdout.take().expect("piped"));
        let (sender, events) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let event = json::from_str(&line).unwrap_or_else(|_| Event {
                    ev: "error".into(),
                    what: Some(format!("not an event: {line}")),
                    ..Default::default()
                });
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Peer { jid: String::new(), process, stdin, events, waiting: Vec::new(), log: log.to_path_buf() }
    }

    /// Sends a chat message; the answer is its id.
    pub fn send(&mut self, to: &str, body: &str) -> String {
        self.send_command(SendCommand { to: to.into(), body: body.into(), ..SendCommand::default() })
    }

    /// Sends a message of another type (groupchat, normal, ...).
    pub fn send_kind(&mut self, to: &str, body: &str, kind: &str) -> String {
        self.send_command(SendCommand {
            to: to.into(),
            body: body.into(),
            kind: Some(kind.into()),
            ..SendCommand::default()
        })
    }

    /// Sends a chat message with an id of the test's choice.
    pub fn send_id(&mut self, to: &str, body: &str, id: &str) -> String {
        self.send_command(SendCommand {
            to: to.into(),
            body: body.into(),
            id: Some(id.into()),
            ..SendCommand::default()
        })
    }

    /// Sends a chat message which servers must not copy to other clients (XEP-0280 §7).
    pub fn send_private(&mut self, to: &str, body: &str) -> String {
        self.send_command(SendCommand { to: to.into(), body: body.into(), private: true, ..SendCommand::default() })
    }

    /// Sends a text encrypted, in this version ([`Login::omemo`]), to all devices that know it.
    pub fn encrypt(&mut self, to: &str, body: &str, version: &str) -> String {
        let (cmd, to, body, version) = ("encrypt".into(), to.into(), body.into(), version.into());
        self.command(&SendCommand { cmd, to, body, version, ..SendCommand::default() });
        let sent = self.take(ENCRYPT_LIMIT, |event| event.ev == "sent" || is_refusal(event));
        let id = sent.filter(|event| event.ev == "sent").and_then(|event| event.id);
        id.unwrap_or_else(|| self.fail("the message was not encrypted"))
    }

    /// The same to all in a room, for the devices of these people and its own others.
    pub fn encrypt_in_room(&mut self, room: &str, body: &str, version: &str, readers: &[&str]) -> String {
        let (cmd, to, body, version) = ("encrypt".into(), room.into(), body.into(), version.into());
        let readers = readers.iter().map(|jid| jid.to_string()).collect();
        self.command(&SendCommand { cmd, to, body, version, readers, ..SendCommand::default() });
        let sent = self.take(ENCRYPT_LIMIT, |event| event.ev == "sent" || is_refusal(event));
        let id = sent.filter(|event| event.ev == "sent").and_then(|event| event.id);
        id.unwrap_or_else(|| self.fail("the message was not encrypted"))
    }

    /// What the client finds out about somebody's devices: number and versions of each.
    pub fn devices(&mut self, of: &str) -> Vec<(String, String)> {
        self.command(&ShortCommand { cmd: "devices".into(), to: Some(of.into()), ..ShortCommand::default() });
        let event = self.take(ENCRYPT_LIMIT, |event| event.ev == "devices" || is_refusal(event));
        event.and_then(|event| event.items).unwrap_or_else(|| self.fail("no devices"))
    }

    /// Sends what the client's plugins make of it: asking (a text whose sender wants to know all), displayed, correction,
    /// reply, file, state, reaction, retraction; `id` is the message it is about. The answer is its own id.
    pub fn live(&mut self, what: &str, to: &str, id: &str, body: &str) -> String {
        let text = str::to_string;
        self.command(&LifeCommand {
            cmd: "life".into(),
            what: text(what),
            to: text(to),
            id: text(id),
            body: text(body),
        });
        let sent = self.take(ANSWER_LIMIT, |event| event.ev == "sent");
        sent.and_then(|event| event.id).unwrap_or_else(|| self.fail("it was not sent"))
    }

    /// Takes the first thing of this kind that a plugin understood.
    pub fn expect_life(&mut self, limit: Duration, what: &str) -> Life {
        let event = self.take(limit, |event| event.ev == "life" && event.what.as_deref() == Some(what));
        let found = event.map(|event| Life {
            what: what.into(),
            from: event.from.unwrap_or_default(),
            id: event.id.unwrap_or_default(),
            body: event.body.unwrap_or_default(),
        });
        found.unwrap_or_else(|| self.fail(&format!("no {what} within {limit:?}")))
    }

    /// Makes sure that a plugin has understood nothing of this kind that was not taken.
    pub fn no_life(&mut self, what: &str) {
        if let Some(event) =
            self.take(Duration::ZERO, |event| event.ev == "life" && event.what.as_deref() == Some(what))
        {
            self.fail(&format!("unexpected {what}: {event:?}"));
        }
    }

    fn send_command(&mut self, command: SendCommand) -> String {
        self.command(&SendCommand { cmd: "send".into(), ..command });
        let sent = self.take(ANSWER_LIMIT, |event| event.ev == "sent");
        sent.and_then(|event| event.id).unwrap_or_else(|| self.fail("the message was not sent"))
    }

    /// Sends presence: to one address or (empty) to all, of a type ("subscribe", "unavailable") or (empty) available.
    pub fn presence(&mut self, to: &str, kind: &str) {
        let some = |text: &str| if text.is_empty() { None } else { Some(text.to_string()) };
        self.command(&ShortCommand {
            cmd: "presence".into(),
            to: some(to),
            kind: some(kind),
            ..ShortCommand::default()
        });
    }

    /// Enters a room, which comes to be if it is not there, without its history.
    pub fn join(&mut self, room: &str, nick: &str) {
        self.command(&ShortCommand {
            cmd: "join".into(),
            room: Some(room.into()),
            nick: Some(nick.into()),
            ..ShortCommand::default()
        });
        let own = format!("{room}/{nick}");
        self.expect_presence(ANSWER_LIMIT, |presence| presence.from == own && presence.kind == "available");
    }

    /// Asks for commands or gives one, and waits for the answer.
    pub fn menu(&mut self, to: &str, menu: &Menu) -> MenuAnswer {
        self.command(&Menu { cmd: "menu".into(), to: to.into(), ..menu.clone() });
        let event = self.take(ANSWER_LIMIT, |event| event.ev == "menu");
        let Some(event) = event else { self.fail("no answer about commands") };
        MenuAnswer {
            features: event.features.unwrap_or_default(),
            items: event.items.unwrap_or_default(),
            status: event.status.unwrap_or_default(),
            session: event.session.unwrap_or_default(),
            note: event.note.unwrap_or_default(),
            fields: event.fields.unwrap_or_default(),
            error: event.error.unwrap_or_default(),
            xml: event.xml.unwrap_or_default(),
        }
    }

    /// Begins a command and fills out its form.
    pub fn fill_menu(&mut self, to: &str, node: &str, fields: &[(&str, &str)]) -> MenuAnswer {
        let form = self.menu(to, &Menu::execute(node));
        if form.status != "executing" {
            self.fail(&format!("no form: {form:?}"));
        }
        self.menu(to, &Menu::execute(node).of(&form.session).doing("complete").with(fields))
    }

    /// Sends a stanza as it is.
    pub fn raw(&mut self, xml: &str) {
        self.command(&ShortCommand { cmd: "raw".into(), xml: Some(xml.into()), ..ShortCommand::default() });
    }

    /// Ends the stream and the process, as a user who closes the program.
    pub fn quit(&mut self) {
        self.command(&ShortCommand { cmd: "quit".into(), ..ShortCommand::default() });
        self.take(ANSWER_LIMIT, |event| event.ev == "closed");
        let _ = self.process.wait();
    }

    /// Takes the first message that fits, of those which came and were not taken, or of those to come.
    pub fn expect(&mut self, limit: Duration, fits: impl Fn(&Message) -> bool) -> Message {
        let event = self.take(limit, |event| message(event).is_some_and(|message| fits(&message)));
        let found = event.as_ref().and_then(message);
        found.unwrap_or_else(|| self.fail(&format!("no such message within {limit:?}")))
    }

    /// Takes the next message with a body, in the order in which they came.
    pub fn next(&mut self, limit: Duration) -> Option<Message> {
        let with_body = |event: &Event| message(event).is_some_and(|message| !message.body.is_empty());
        self.take(limit, with_body).as_ref().and_then(message)
    }

    /// Forgets what came once more of a message that was taken: known by its id, whether it could be decrypted or not.
    pub fn drop_again(&mut self, id: &str) {
        self.collect();
        self.waiting.retain(|event| message(event).is_none_or(|message| message.id != id));
    }

    /// Makes sure that for so long no message comes that cannot be decrypted, nor is there one which nobody has taken.
    pub fn none_wrong(&mut self, duration: Duration) {
        let is_wrong = |event: &Event| message(event).is_some_and(|message| !message.error.is_empty());
        if let Some(event) = self.take(duration, is_wrong) {
            self.fail(&format!("it cannot be decrypted: {:?}", message(&event)));
        }
    }

    pub fn expect_presence(&mut self, limit: Duration, fits: impl Fn(&Presence) -> bool) -> Presence {
        let event = self.take(limit, |event| presence(event).is_some_and(|presence| fits(&presence)));
        let found = event.as_ref().and_then(presence);
        found.unwrap_or_else(|| self.fail(&format!("no such presence within {limit:?}")))
    }

    /// Takes the answer to the iq with this id.
    pub fn expect_iq(&mut self, limit: Duration, id: &str) -> Iq {
        let event = self.take(limit, |event| event.ev == "iq" && event.id.as_deref() == Some(id));
        let found = event.map(|event| Iq {
            from: event.from.unwrap_or_default(),
            kind: event.kind.unwrap_or_default(),
            id: id.into(),
            xml: event.xml.unwrap_or_default(),
        });
        found.unwrap_or_else(|| self.fail(&format!("no answer to iq {id} within {limit:?}")))
    }

    /// Waits until the connection is lost.
    pub fn expect_closed(&mut self, limit: Duration) {
        if self.take(limit, |event| event.ev == "closed").is_none() {
            self.fail(&format!("still connected after {limit:?}"));
        }
    }

    /// Makes sure that for so long no message with a body comes, nor is there one which nobody has taken.
    pub fn none(&mut self, duration: Duration) {
        let with_body = |event: &Event| message(event).is_some_and(|message| !message.body.is_empty());
        if let Some(event) = self.take(duration, with_body) {
            self.fail(&format!("unexpected message {:?}", message(&event)));
        }
    }

    /// Makes sure that for so long no such presence comes, nor is there one which nobody has taken.
    pub fn no_presence(&mut self, duration: Duration, fits: impl Fn(&Presence) -> bool) {
        if let Some(event) = self.take(duration, |event| presence(event).is_some_and(|presence| fits(&presence))) {
            self.fail(&format!("unexpected presence {:?}", presence(&event)));
        }
    }

    /// Forgets everything that came and was not taken.
    pub fn clear(&mut self) {
        self.collect();
        self.waiting.clear();
    }

    fn command(&mut self, command: &impl Serialize) {
        let line = json::to_string(command) + "\n";
        let written = self.stdin.as_mut().map(|stdin| stdin.write_all(line.as_bytes()));
        if !matches!(written, Some(Ok(()))) {
            self.fail("the process is gone");
        }
    }

    fn collect(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.waiting.push(event);
        }
    }

    fn take(&mut self, limit: Duration, fits: impl Fn(&Event) -> bool) -> Option<Event> {
        let end = Instant::now() + limit;
        self.collect();
        if let Some(position) = self.waiting.iter().position(&fits) {
            return Some(self.waiting.remove(position));
        }
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) if fits(&event) => return Some(event),
                Ok(event) => self.waiting.push(event),
                Err(RecvTimeoutError::Timeout) => return None,
                // The process ended: nothing will come any more.
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn fail(&mut self, what: &str) -> ! {
        self.collect();
        let seen: Vec<String> = self.waiting.iter().map(|event| format!("  {event:?}")).collect();
        panic!("{}: {what}; log in {}; not taken so far:\n{}", self.jid, self.log.display(), seen.join("\n"));
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether a command failed; that one of several devices could not be reached is said, too, and is no failure.
fn is_refusal(event: &Event) -> bool {
    event.ev == "error" && !event.what.as_deref().unwrap_or_default().starts_with("not for one device")
}

fn message(event: &Event) -> Option<Message> {
    if event.ev != "message" {
        return None;
    }
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    Some(Message {
        from: text(&event.from),
        to: text(&event.to),
        body: text(&event.body),
        id: text(&event.id),
        kind: text(&event.kind),
        carbon: text(&event.carbon),
        stanza_ids: event.stanza_ids.clone().unwrap_or_default(),
        origin_id: event.origin_id.clone(),
        delayed: event.delayed == Some(true),
        encrypted: text(&event.encrypted),
        error: text(&event.error),
        xml: text(&event.xml),
    })
}

fn presence(event: &Event) -> Option<Presence> {
    if event.ev != "presence" {
        return None;
    }
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    Some(Presence {
        from: text(&event.from),
        kind: text(&event.kind),
        show: text(&event.show),
        status: text(&event.status),
        xml: text(&event.xml),
    })
}

/// The interpreter of the environment which tests/setup makes.
pub fn python() -> PathBuf {
    let venv = std::env::var_os("BOTMOTHER_TEST_VENV").unwrap_or_else(|| "target/test-venv".into());
    // An absolute path replaces the first part.
    Path::new(env!("CARGO_MANIFEST_DIR")).join(venv).join("bin/python")
}
