//! Nothing that others send ends a bot: hostile, odd and broken stanzas by the thousand, by chance, from strangers and from
//! the owner's own clients, to a public bot, into a room and into the self-chat, on real servers. The daemon is killed in
//! the middle, so that the archive brings them once more. Afterwards every account is online, and what is said arrives
//! once. HOSTILE_STANZAS sets how many (default 250; 2,000 for an evening), ENDURANCE_SEED which.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Http;
use support::load::{Random, lock};
use support::raw::Raw;
use support::server::{Kind, Options, Server, Storage};

const LIMIT: Duration = Duration::from_secs(30);
/// How long it may take until all that was sent before is dealt with.
const FLOOD_LIMIT: Duration = Duration::from_secs(60);
/// What a server takes from a client is 262,144 bytes.
const SENT_BYTES_MAX: u64 = 250_000;
/// No input of a stranger takes more.
const GROWTH_KIB_MAX: u64 = 8 * 1024;
/// How much may pile up on the way; a server that has more for somebody ends his stream (ejabberd: 5,000 stanzas).
const AT_ONCE: u32 = 50;
/// Of the devices of the stranger; ejabberd lets nobody in whose resource has a symbol.
const RESOURCES: [[&str; 6]; 2] =
    [["phone", "📱", "🐎", "a b/c", "👩‍💻❤️", "ünï ½"], ["phone", "a b/c", "ünï", "ж", "{}[]", "@"]];

fn resource(server: &Server, turn: usize) -> &'static str {
    RESOURCES[usize::from(server.kind == Kind::Ejabberd)][turn % 6]
}

/// Polls, over restarts, and keeps the texts of messages.
struct Program {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Program {
    fn start(port: u16, token: &str) -> Program {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stopped, notes, token) = (Arc::clone(&stop), Arc::clone(&seen), token.to_string());
        let thread = thread::spawn(move || {
            let (mut http, mut offset) = (Http::new(port), 0);
            while !stopped.load(Ordering::SeqCst) {
                let path = format!("/bot/getUpdates?timeout=2&offset={offset}");
                let Some(reply) = http.call("GET", &path, Some(&token), &[], "").filter(|reply| reply.status == 200)
                else {
                    thread::sleep(Duration::from_millis(50));
                    continue;
                };
                for update in reply.ok().at("result").list() {
                    offset = update.at("update_id").number() + 1;
                    if update.at("type").text() == "message" {
                        lock(&notes).push(update.at("data").at("body").text());
                    }
                }
            }
        });
        Program { stop, seen, thread: Some(thread) }
    }

    fn count(&self, text: &str) -> usize {
        lock(&self.seen).iter().filter(|body| body.contains(text)).count()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().map(JoinHandle::join);
    }
}

/// Makes stanzas.
struct Generator {
    random: Random,
    count: u32,
    own: String,
    bot: String,
    room: String,
}

impl Generator {
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.below(of.len() as u64) as usize]
    }

    fn chance(&mut self, of: u64) -> bool {
        self.random.below(of) == 0
    }

    fn text(&mut self) -> String {
        let number = self.count;
        match self.random.below(14) {
            0 => String::new(),
            1 => "\"".repeat(self.random.below(SENT_BYTES_MAX) as usize),
            2 => "'&amp;&lt;&gt;&quot;&#9;&#10;".repeat(self.random.below(8_000) as usize),
            3 => "👩‍💻".repeat(self.random.below(20_000) as usize),
            4 => "\n".repeat(self.random.below(100_000) as usize),
            5 => {
                format!("/{}", self.pick(&["help", "status", "mybots", "use 1", "nonsense", "", "ki on", "me dances"]))
            }
            6 => "<![CDATA[</body></message>]]>".to_string(),
            7 => "&#xFFFD;\u{202e}\u{200b}\u{feff}\u{85}".to_string(),
            8 => format!("xmpp:{}?join https://example.org/{}", self.room, "a".repeat(3_000)),
            _ => format!("odd {number}"),
        }
    }

    fn id(&mut self) -> String {
        match self.random.below(8) {
            0 => " id=''".to_string(),
            1 => String::new(),
            2 => " id='same'".to_string(),
            3 => format!(" id='{}'", "i".repeat(self.random.below(9_000) as usize)),
            4 => " id='&apos;&quot;&lt;\u{1f40e}'".to_string(),
            _ => format!(" id='h{}'", self.count),
        }
    }

    fn other_id(&mut self) -> String {
        match self.random.below(5) {
            0 => String::new(),
            1 => "same".to_string(),
            2 => "x".repeat(self.random.below(4_000) as usize),
            3 => "../../etc/passwd\u{1f40e}".to_string(),
            _ => format!("h{}", self.random.below(u64::from(self.count) + 1)),
        }
    }

    fn stamp(&mut self) -> &'static str {
        self.pick(&[
            "",
            "yesterday",
            "1970-01-01T00:00:00Z",
            "9999-99-99T99:99:99Z",
            "2038-01-19T03:14:08.999999999Z",
            "-1",
        ])
    }

    fn nested(&mut self, what: &str) -> String {
        let depth = self.random.below(400) as usize;
        format!("{}{what}{}", "<d xmlns='urn:d'>".repeat(depth), "</d>".repeat(depth))
    }

    /// One child of a message.
    fn child(&mut self) -> String {
        let (id, stamp, own) = (self.other_id(), self.stamp(), self.own.clone());
        let inner =
            format!("<message xmlns='jabber:client' from='{own}' to='{own}' id='{id}'><body>forged</body></message>");
        let forwarded = format!(
            "<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='{stamp}'/>{inner}</forwarded>"
        );
        let many = self.random.below(9_500) as usize;
        match self.random.below(30) {
            0 => self.nested(""),
            1 => "<e xmlns='urn:e'/>".repeat(many),
            2 => {
                let attributes: String = (0..self.random.below(300)).map(|n| format!(" a{n}='&quot;&lt;'")).collect();
                format!("<f xmlns='urn:f'{attributes}/>")
            }
            3 => format!("<delay xmlns='urn:xmpp:delay' stamp='{stamp}' from='{own}'/>"),
            4 => format!("<x xmlns='jabber:x:delay' stamp='{stamp}'/>"),
            5 => format!("<stanza-id xmlns='urn:xmpp:sid:0' by='{own}' id='{id}'/>").repeat(self.random.below(20) as usize),
            6 => format!("<origin-id xmlns='urn:xmpp:sid:0' id='{id}'/>"),
            7 => format!("<replace xmlns='urn:xmpp:message-correct:0' id='{id}'/>"),
            8 => {
                let emoji = "<reaction>\u{1f40e}</reaction><reaction>no emoji, a text</reaction>";
                format!("<reactions xmlns='urn:xmpp:reactions:0' id='{id}'>{}</reactions>", emoji.repeat(many / 300))
            }
            9 => format!("<retract xmlns='urn:xmpp:message-retract:1' id='{id}'/>"),
            10 => format!("<apply-to xmlns='urn:xmpp:fasten:0' id='{id}'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>"),
            11 => format!("<received xmlns='urn:xmpp:receipts' id='{id}'/><request xmlns='urn:xmpp:receipts'/>"),
            12 => format!("<displayed xmlns='urn:xmpp:chat-markers:0' id='{id}'/><markable xmlns='urn:xmpp:chat-markers:0'/>"),
            13 => format!("<sent xmlns='urn:xmpp:carbons:2'>{forwarded}</sent>"),
            14 => format!("<received xmlns='urn:xmpp:carbons:2'>{forwarded}</received>"),
            15 => format!("<result xmlns='urn:xmpp:mam:2' queryid='{id}' id='{id}'>{forwarded}</result>"),
            16 => format!("<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:omemo:2:devices'><item id='{id}'><devices xmlns='urn:xmpp:omemo:2'>{}</devices></item></items></event>", "<device id='1'/>".repeat(many / 2)),
            17 => format!("<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='eu.siacs.conversations.axolotl.devicelist'><item><list xmlns='eu.siacs.conversations.axolotl'><device id='{id}'/></list></item></items></event>"),
            18 => "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='0'><key rid='-1'>AAA=</key><iv>!</iv></header><payload>x</payload></encrypted>".to_string(),
            19 => format!("<encrypted xmlns='urn:xmpp:omemo:2'><header sid='99999999999'><keys jid='{own}'><key rid='1'>AAAA</key></keys></header></encrypted>"),
            20 => format!("<x xmlns='jabber:x:oob'><url>{}{id}</url></x>", self.pick(&["", "https://[", "aesgcm://x/#", "file:///etc/passwd"])),
            21 => format!("<x xmlns='jabber:x:conference' jid='{}' reason='{id}'/>", self.pick(&["", "no room", "a@b@c/d", "@"])),
            22 => "<reply xmlns='urn:xmpp:reply:0' id='1' to='nobody at all'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='-1' end='99999999999'/></fallback>".to_string(),
            23 => "<subject/><thread/><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p>x</p></body></html>".to_string(),
            24 => "<m:x xmlns:m='urn:m' m:a='1' xml:lang='de'><m:y xmlns=''><z/></m:y></m:x>".to_string(),
            25 => "<private xmlns='urn:xmpp:carbons:2'/><no-store xmlns='urn:xmpp:hints'/>".to_string(),
            26 => "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>".to_string(),
            27 => format!("<x xmlns='http://jabber.org/protocol/muc#user'><invite from='{own}'/><status code='110'/></x>"),
            28 => format!("<body xml:lang='xx'>{}</body>", self.text()),
            _ => "<composing xmlns='http://jabber.org/protocol/chatstates'/>".to_string(),
        }
    }

    /// A message to `to`.
    fn message(&mut self, to: &str, kinds: &[&str]) -> String {
        let (id, kind) = (self.id(), self.pick(kinds));
        let mut content = String::new();
        if !self.chance(4) {
            content += &format!("<body>{}</body>", self.text());
        }
        for _ in 0..self.random.below(4) {
            content += &self.child();
        }
        if self.chance(40) {
            content = self.nested(&content);
        }
        format!("<message to='{to}'{kind}{id}>{content}</message>")
    }

    fn iq(&mut self, to: &str) -> String {
        let (kind, id) = (self.pick(&["get", "set", "result", "error"]), self.other_id());
        let child = match self.random.below(7) {
            0 => "<query xmlns='http://jabber.org/protocol/disco#info' node='\u{1f40e}'/>".to_string(),
            1 => "<ping xmlns='urn:xmpp:ping'/>".to_string(),
            2 => format!("<command xmlns='http://jabber.org/protocol/commands' node='{id}' action='execute'/>"),
            3 => "<query xmlns='jabber:iq:roster'><item jid='evil@example.org'/></query>".to_string(),
            4 => "<vCard xmlns='vcard-temp'/>".to_string(),
            _ => self.child(),
        };
        format!("<iq type='{kind}' to='{to}' id='i{id}'>{child}</iq>")
    }

    fn presence(&mut self, to: &str) -> String {
        let kind = self.pick(&[
            "",
            "",
            "",
            " type='unavailable'",
            " type='subscribe'",
            " type='subscribed'",
            " type='unsubscribed'",
            " type='probe'",
        ]);
        let status = self.text();
        let child = self.child();
        format!("<presence to='{to}'{kind}><status>{status}</status>{child}</presence>")
    }

    /// The next one, and who sends it: the stranger, or the owner.
    fn next(&mut self) -> (bool, String) {
        self.count += 1;
        loop {
            let (own, bot, room) = (self.own.clone(), self.bot.clone(), self.room.clone());
            let chat = [
                "",
                " type='chat'",
                " type='normal'",
                " type='headline'",
                " type='error'",
                " type='groupchat'",
                " type='odd'",
            ];
            let target = self.pick(&[&bot as &str, &bot, &own]).to_string();
            let (is_owner, stanza) = match self.random.below(20) {
                0..=7 => (false, self.message(&target, &chat)),
                8..=12 => (false, self.message(&room, &[" type='groupchat'"])),
                13..=15 => (true, self.message(&own, &chat)),
                16 => (false, self.message(&format!("{room}/Robo"), &[" type='chat'"])),
                17 => (false, self.iq(&target)),
                18 => (false, self.presence(&target)),
                _ => {
                    let device = "<device id='7'/>".repeat(self.random.below(6_000) as usize);
                    let node = self.pick(&["eu.siacs.conversations.axolotl.devicelist", "urn:xmpp:omemo:2:devices"]);
                    (
                        false,
                        format!(
                            "<iq type='set' id='p{}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'><item id='current'><list xmlns='eu.siacs.conversations.axolotl'>{device}</list></item></publish></pubsub></iq>",
                            self.count
                        ),
                    )
                }
            };
            if (stanza.len() as u64) < SENT_BYTES_MAX {
                return (is_owner, stanza);
            }
        }
    }
}

/// Everybody who takes part.
struct Scene {
    server: Server,
    daemon: Daemon,
    generator: Generator,
    stranger: Raw,
    phone: Raw,
    /// Streams that the server ended: it takes less than it says.
    ended: u32,
}

fn login(server: &Server, room: &str, user: &str, resource: &str) -> Raw {
    let mut raw = Raw::login(server, user, "pw", resource);
    if user == "stranger" {
        raw.send(&format!("<presence to='{room}/evil'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"));
        raw.wait(&format!("{room}/evil"));
    }
    raw
}

impl Scene {
    fn start(kind: Kind) -> Option<(Scene, Program, Program)> {
        let server = Server::start_with(kind, Options { storage: Storage::Sql, ..Options::default() })?;
        for user in ["owner", "robot", "stranger"] {
            server.add_user(user, "pw");
        }
        let (own, bot, room) = (server.jid("owner"), server.jid("robot"), server.room("den"));
        let daemon = Daemon::with_account(&server, "owner", "pw", server.c2s_port, "[api]\nrate_limit = 0\n");
        daemon.wait_online(1, LIMIT);
        let personal = daemon.create_bot("Mine", &own);
        let body = format!(
            r#"{{"name":"Robo","account":"{own}","mode":"cloud","access":"public","jid":"{bot}","password":"pw"}}"#
        );
        let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        let mut stranger = login(&server, &room, "stranger", resource(&server, 0));
        stranger.send(&format!("<iq type='set' to='{room}' id='o'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>"));
        stranger.send(&format!("<presence to='{bot}' type='subscribe'/><presence to='{bot}' type='subscribed'/>"));
        stranger.sync(&server.domain);
        let phone = login(&server, &room, "owner", "phone");
        let joined = daemon.http().post("/bot/joinRoom", Some(&token), &format!(r#"{{"room":"{room}"}}"#));
        assert_eq!(joined.status, 200, "{}", joined.body);
        let generator = Generator { random: Random::seeded(kind.name()), count: 0, own, bot, room };
        let programs = (Program::start(daemon.port, &personal), Program::start(daemon.port, &token));
        Some((Scene { server, daemon, generator, stranger, phone, ended: 0 }, programs.0, programs.1))
    }

    fn flood(&mut self, count: u32) {
        for number in 0..count {
            let (is_owner, stanza) = self.generator.next();
            let sender = if is_owner { &mut self.phone } else { &mut self.stranger };
            sender.send(&stanza);
            if number % AT_ONCE == AT_ONCE - 1 || stanza.len() > 100_000 {
                sender.sync(&self.server.domain);
            }
            self.login_again();
        }
        self.stranger.sync(&self.server.domain);
        self.phone.sync(&self.server.domain);
        self.login_again();
    }

    fn login_again(&mut self) {
        let resource = resource(&self.server, self.ended as usize);
        if self.stranger.is_closed() {
            println!("the server ended the stranger's stream: {}", self.stranger.tail());
            self.stranger = login(&self.server, &self.generator.room, "stranger", resource);
            self.ended += 1;
        }
        if self.phone.is_closed() {
            println!("the server ended the owner's stream: {}", self.phone.tail());
            self.phone = login(&self.server, &self.generator.room, "owner", resource);
            self.ended += 1;
        }
    }

    /// Another device of the stranger, so that his messages come from odd addresses.
    fn change_device(&mut self, turn: usize) {
        self.stranger = login(&self.server, &self.generator.room, "stranger", resource(&self.server, turn));
    }

    /// Says something in each place; it must arrive in each, once.
    fn control(&mut self, word: &str, mine: &Program, robo: &Program) {
        let Generator { own, bot, room, .. } = &self.generator;
        self.stranger
            .send(&format!("<message to='{bot}' type='chat' id='c-{word}'><body>chat {word}</body></message>"));
        self.stranger.send(&format!(
            "<message to='{room}' type='groupchat' id='r-{word}'><body>Robo: room {word}</body></message>"
        ));
        self.phone.send(&format!("<message to='{own}' type='chat' id='s-{word}'><body>self {word}</body></message>"));
        let begun = Instant::now();
        let places = [(robo, format!("chat {word}")), (robo, format!("room {word}")), (mine, format!("self {word}"))];
        while places.iter().any(|(program, text)| program.count(text) == 0) {
            let counts: Vec<usize> = places.iter().map(|(program, text)| program.count(text)).collect();
            if begun.elapsed() > FLOOD_LIMIT {
                self.daemon.keep_files();
                panic!("{word}: arrived {counts:?} times\n{}", self.daemon.log_text());
            }
            for raw in [&mut self.stranger, &mut self.phone] {
                raw.pump();
                assert!(!raw.is_closed(), "{}", raw.tail());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn hostile(kind: Kind) {
    let count = std::env::var("HOSTILE_STANZAS").ok().and_then(|count| count.parse().ok()).unwrap_or(250);
    let Some((mut scene, mine, robo)) = Scene::start(kind) else { return };
    let begun = Instant::now();
    scene.flood(count / 4);
    scene.control("first", &mine, &robo);
    scene.change_device(1);
    scene.flood(count / 4);
    scene.daemon.kill();
    scene.change_device(2);
    scene.flood(count / 4);
    scene.daemon.start_again();
    scene.flood(count / 4);
    scene.control("second", &mine, &robo);
    scene.daemon.stop();
    scene.change_device(3);
    scene.flood(1);
    scene.daemon.start_again();
    scene.daemon.wait_online(1, LIMIT);
    scene.daemon.wait_health("bots_online", 2, LIMIT);
    scene.control("third", &mine, &robo);
    // Nothing comes once more.
    thread::sleep(Duration::from_millis(500));
    for word in ["first", "second", "third"] {
        for (program, place) in [(&robo, "chat"), (&robo, "room"), (&mine, "self")] {
            let times = program.count(&format!("{place} {word}"));
            if times != 1 {
                scene.daemon.keep_files();
            }
            assert_eq!(times, 1, "{place} {word}");
        }
    }
    let log = std::fs::read_to_string(scene.daemon.log()).unwrap_or_default();
    let ended = log.lines().filter(|line| line.contains("offline:")).count();
    let skipped = log.lines().filter(|line| line.contains("skipped a stanza")).count();
    let updates = lock(&mine.seen).len() + lock(&robo.seen).len();
    println!(
        "{}: {} stanzas in {:.0} s, {} sender streams ended by the server; the daemon skipped {skipped}, lost {ended} streams, told {updates} messages",
        kind.name(),
        scene.generator.count,
        begun.elapsed().as_secs_f32(),
        scene.ended,
    );
    if ended > 0 || log.contains("panicked") || log.contains("a bug") {
        scene.daemon.keep_files();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("offline:") || line.contains("a bug")).collect();
        panic!("{}", lines.join("\n"));
    }
}

/// `VmRSS` and `VmHWM` of a process, in KiB.
fn memory(pid: u32) -> [u64; 2] {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let number = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a number");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    };
    [number("VmRSS:"), number("VmHWM:")]
}

/// Kinds of input, and how many of each are sent.
fn classes(bot: &str) -> Vec<(&'static str, u32, String)> {
    let message = |content: &str| format!("<message to='{bot}' type='chat'>{content}</message>");
    let body = |text: &str| message(&format!("<body>{text}</body>"));
    let attributes: String = (0..64).map(|n| format!(" a{n}=''")).collect();
    let devices = "<device id='123456'/>".repeat(8_000);
    vec![
        ("240,000 quotes, 1.4 MB as they come", 40, body(&"\"".repeat(240_000))),
        ("a text of 240,000 bytes", 40, body(&"x".repeat(240_000))),
        ("9,000 elements", 40, message(&format!("<x xmlns='urn:x'>{}</x>", "<y/>".repeat(9_000)))),
        (
            "8,000 elements in what is read",
            40,
            message(&format!(
                "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:omemo:2:devices'><item><devices xmlns='urn:xmpp:omemo:2'>{devices}</devices></item></items></event>"
            )),
        ),
        (
            "32,000 attributes in what is read",
            40,
            message(&format!(
                "<event xmlns='http://jabber.org/protocol/pubsub#event'>{}</event>",
                format!("<i{attributes}/>").repeat(500)
            )),
        ),
        ("nested 500 deep", 400, message(&format!("{}{}", "<x xmlns='urn:x'>".repeat(500), "</x>".repeat(500)))),
        ("pings", 4_000, format!("<iq type='get' to='{bot}' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")),
        (
            "presence with a status of 4,000 bytes",
            4_000,
            format!("<presence to='{bot}'><status>{}</status></presence>", "x".repeat(4_000)),
        ),
        ("messages of 200 bytes", 4_000, body(&"x".repeat(200))),
    ]
}

/// How much memory a stranger can take. FOOTPRINT_BINARY names the program; a debug build does as well, nearly.
fn takes_little(kind: Kind) {
    let Some(server) = Server::start_with(kind, Options { storage: Storage::Sql, ..Options::default() }) else {
        return;
    };
    for user in ["owner", "robot", "stranger"] {
        server.add_user(user, "pw");
    }
    let binary = std::env::var("FOOTPRINT_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_botmother").to_string());
    let daemon = Daemon::with_binary(&binary, &server, "owner", "pw", "[api]\nrate_limit = 0\n");
    daemon.wait_online(1, LIMIT);
    let (own, bot) = (server.jid("owner"), server.jid("robot"));
    let body = format!(
        r#"{{"name":"Robo","account":"{own}","mode":"cloud","access":"public","jid":"{bot}","password":"pw"}}"#
    );
    let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
    let program = Program::start(daemon.port, &token);
    daemon.wait_health("bots_online", 1, LIMIT);
    let mut stranger = Raw::login(&server, "stranger", "pw", "phone");
    let arrives = |word: &str, stranger: &mut Raw| {
        let begun = Instant::now();
        stranger.send(&format!("<message to='{bot}' type='chat' id='{word}'><body>mark {word}</body></message>"));
        while program.count(&format!("mark {word}")) == 0 {
            assert!(begun.elapsed() < FLOOD_LIMIT, "{word} does not arrive\n{}", daemon.log_text());
            stranger.pump();
            thread::sleep(Duration::from_millis(10));
        }
    };
    arrives("warm", &mut stranger);
    let start = memory(daemon.pid())[0];
    let mut too_much = Vec::new();
    println!("| {} | peak KiB | after KiB |", kind.name());
    // An eighth of it is enough to see a fault of principle.
    let share = if std::env::var_os("FOOTPRINT_BINARY").is_some() { 1 } else { 8 };
    for (number, (name, count, stanza)) in classes(&bot).into_iter().enumerate() {
        let count = count / share;
        std::fs::write(format!("/proc/{}/clear_refs", daemon.pid()), "5").expect("a peak begins anew");
        for sent in 0..count {
            stranger.send(&stanza);
            if sent % AT_ONCE == AT_ONCE - 1 || stanza.len() > 10_000 {
                assert!(stranger.sync(&server.domain), "{name}: {}", stranger.tail());
            }
        }
        arrives(&format!("n{number}"), &mut stranger);
        let [after, peak] = memory(daemon.pid());
        let (peak, after) = (peak.saturating_sub(start), after.saturating_sub(start));
        println!("| {count} × {name} | +{peak} | +{after} |");
        if peak > GROWTH_KIB_MAX {
            too_much.push(format!("{name}: {peak} KiB"));
        }
    }
    println!("began with {start} KiB");
    assert!(too_much.is_empty(), "{too_much:?}");
}

/// Everybody may have made friends with a public bot.
#[test]
fn a_roster_of_4000_prosody() {
    let Some(server) = Server::start(Kind::Prosody) else { return };
    for user in ["owner", "robot"] {
        server.add_user(user, "pw");
    }
    let contact = |n: u32| {
        format!(
            "[\"contact-{n}@{}\"] = {{ subscription = \"both\"; name = \"Contact number {n}\"; groups = {{ [\"Friends of the bot\"] = true }} }};",
            server.domain
        )
    };
    let contacts: String = (0..4_000).map(contact).collect();
    let folder = server.dir.join("data").join(server.domain.replace('.', "%2e")).join("roster");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("robot.dat"), format!("return {{ [false] = {{ version = 1 }}; {contacts} }};\n"))
        .expect("a roster");
    let binary = std::env::var("FOOTPRINT_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_botmother").to_string());
    let daemon = Daemon::with_binary(&binary, &server, "owner", "pw", "");
    daemon.wait_online(1, LIMIT);
    let before = memory(daemon.pid())[0];
    let (own, bot) = (server.jid("owner"), server.jid("robot"));
    let body = format!(
        r#"{{"name":"Robo","account":"{own}","mode":"cloud","access":"roster","jid":"{bot}","password":"pw"}}"#
    );
    daemon.http().post("/bot/create", None, &body).ok();
    daemon.wait_health("bots_online", 1, LIMIT);
    thread::sleep(Duration::from_secs(25));
    daemon.wait_health("bots_online", 1, LIMIT);
    let [after, peak] = memory(daemon.pid()).map(|kib| kib.saturating_sub(before));
    println!("| a roster of 4,000 contacts | +{peak} | +{after} |");
    let log = std::fs::read_to_string(daemon.log()).unwrap_or_default();
    assert!(!log.contains("offline:") && !log.contains("skipped a stanza"), "{}", daemon.log_text());
    assert!(peak <= GROWTH_KIB_MAX, "{peak} KiB");
}

#[test]
fn takes_little_prosody() {
    takes_little(Kind::Prosody);
}

#[test]
fn takes_little_ejabberd() {
    takes_little(Kind::Ejabberd);
}

#[test]
fn hostile_prosody() {
    hostile(Kind::Prosody);
}

#[test]
fn hostile_ejabberd() {
    hostile(Kind::Ejabberd);
}
