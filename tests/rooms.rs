//! Rooms for real: the daemon in rooms of Prosody and of ejabberd, with slixmpp as the others there.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Json;
use support::peer::Peer;
use support::proxy::Proxy;
use support::server::{Kind, Options, Server};

const LIMIT: Duration = Duration::from_secs(30);
const QUIET: Duration = Duration::from_millis(500);

/// A server, a daemon with a dedicated bot, and two people.
struct Scene {
    server: Server,
    proxy: Option<Proxy>,
    daemon: Daemon,
    token: String,
    offset: i64,
    alice: Peer,
    bob: Peer,
    count: u32,
}

impl Scene {
    fn new(kind: Kind) -> Option<Scene> {
        Scene::with(kind, Options::default())
    }

    fn with(kind: Kind, options: Options) -> Option<Scene> {
        let server = Server::start_with(kind, options)?;
        let port = server.c2s_port;
        Some(Scene::on(server, port, None))
    }

    /// With a link between daemon and server that can be cut.
    fn behind_proxy(kind: Kind) -> Option<Scene> {
        let server = Server::start(kind)?;
        let proxy = Proxy::start(server.c2s_port);
        let port = proxy.port;
        Some(Scene::on(server, port, Some(proxy)))
    }

    fn on(server: Server, port: u16, proxy: Option<Proxy>) -> Scene {
        for user in ["owner", "alice", "bob", "robot"] {
            server.add_user(user, "secret");
        }
        let daemon = Daemon::with_account(&server, "owner", "secret", port, "[api]\nrate_limit = 0\n");
        daemon.wait_online(1, LIMIT);
        let body = format!(
            r#"{{"name":"Robo","account":"{}","mode":"dedicated","jid":"{}","password":"secret"}}"#,
            server.jid("owner"),
            server.jid("robot")
        );
        let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        let alice = Peer::login(&server, "alice", "secret", "phone");
        let bob = Peer::login(&server, "bob", "secret", "phone");
        Scene { server, proxy, daemon, token, offset: 0, alice, bob, count: 0 }
    }

    fn post(&self, path: &str, body: &str) -> (u16, String) {
        let answer = self.daemon.http().post(path, Some(&self.token), body);
        (answer.status, answer.body)
    }

    fn join(&self, room: &str) -> (u16, String) {
        self.post("/bot/joinRoom", &format!(r#"{{"room":"{room}"}}"#))
    }

    fn must_join(&self, room: &str) {
        let answer = self.join(room);
        assert_eq!(answer, (200, r#"{"ok":true,"result":true}"#.to_string()));
    }

    /// Says something; a room just entered first has to say what it is.
    fn say(&self, room: &str, text: &str) {
        let body = format!(r#"{{"to":"{room}","text":"{text}","type":"groupchat"}}"#);
        let mut answer = self.post("/bot/sendMessage", &body);
        for _ in 0..10 {
            if answer.0 == 429 {
                thread::sleep(QUIET);
                answer = self.post("/bot/sendMessage", &body);
            }
        }
        assert_eq!(answer.0, 200, "{}", answer.1);
    }

    /// Refused as it should be, with these words.
    fn refused(answer: (u16, String), symbol: &str, words: &str) {
        assert!(answer.0 == 502 && answer.1.contains(symbol) && answer.1.contains(words), "{answer:?}");
    }

    /// The next update.
    fn update(&mut self) -> (String, Json) {
        let path = format!("/bot/getUpdates?limit=1&timeout=20&offset={}", self.offset);
        let answer = self.daemon.http().get(&path, Some(&self.token)).ok();
        let updates = answer.at("result").list();
        let update = updates.first().unwrap_or_else(|| panic!("no update came\n{}", self.daemon.log_text()));
        self.offset = update.at("update_id").number() + 1;
        (update.at("type").text(), update.at("data"))
    }

    fn update_is(&mut self, kind: &str) -> Json {
        let (found, data) = self.update();
        assert_eq!(found, kind, "{data:?}");
        data
    }

    fn heard(&mut self, body: &str) -> Json {
        let data = self.update_is("message");
        assert_eq!(data.at("body").text(), body, "{data:?}");
        data
    }

    fn no_update(&self) {
        let path = format!("/bot/getUpdates?timeout=1&offset={}", self.offset);
        let answer = self.daemon.http().get(&path, Some(&self.token)).ok();
        assert_eq!(answer.at("result").list().len(), 0, "{answer:?}");
    }

    /// Alice makes a room, with settings.
    fn room(&mut self, name: &str, settings: &[(&str, &str)]) -> String {
        let room = self.server.room(name);
        self.alice.join(&room, "alice");
        let mut fields = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
                          <field var='muc#roomconfig_persistentroom'><value>1</value></field>"
            .to_string();
        for (name, value) in settings {
            fields += &format!("<field var='muc#roomconfig_{name}'><value>{value}</value></field>");
        }
        let query = format!(
            "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>{fields}</x></query>"
        );
        self.order(&room, &query);
        room
    }

    /// What only an owner may do.
    fn order(&mut self, room: &str, query: &str) {
        self.count += 1;
        let id = format!("order-{}", self.count);
        self.alice.raw(&format!("<iq type='set' to='{room}' id='{id}'>{query}</iq>"));
        let answer = self.alice.expect_iq(LIMIT, &id);
        assert_eq!(answer.kind, "result", "{}", answer.xml);
    }

    /// The bookmarks of the bot, as a client at its account sees them.
    fn bookmarks(&mut self, peer: &mut Peer) -> String {
        self.count += 1;
        let id = format!("bookmarks-{}", self.count);
        let items = "<items node='urn:xmpp:bookmarks:1'/>";
        peer.raw(&format!(
            "<iq type='get' id='{id}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>{items}</pubsub></iq>"
        ));
        peer.expect_iq(LIMIT, &id).xml
    }

    fn await_bookmarks(&mut self, fits: impl Fn(&str) -> bool) {
        let mut peer = Peer::login(&self.server, "robot", "secret", "check");
        let begun = Instant::now();
        loop {
            let found = self.bookmarks(&mut peer);
            if fits(&found) {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "{found}");
            thread::sleep(QUIET);
        }
    }

    fn administer(&mut self, room: &str, item: &str, reason: &str) {
        let query = format!(
            "<query xmlns='http://jabber.org/protocol/muc#admin'><item {item}><reason>{reason}</reason></item></query>"
        );
        self.order(room, &query);
    }
}

/// In and out, everything said both ways, to all and to one.
fn talk(kind: Kind) {
    let Some(mut scene) = Scene::new(kind) else { return };
    let room = scene.room("den", &[]);
    scene.bob.join(&room, "bob");
    scene.bob.send_kind(&room, "before", "groupchat");
    scene.alice.expect(LIMIT, |message| message.body == "before");
    scene.must_join(&room);
    let joined = scene.update_is("room_joined");
    assert_eq!((joined.at("room").text(), joined.at("nick").text()), (room.clone(), "Robo".to_string()));
    scene.alice.expect_presence(LIMIT, |presence| presence.from == format!("{room}/Robo"));

    scene.await_bookmarks(|found| found.contains(&room) && found.contains("autojoin"));

    // Both ways, in order, and nothing of our own comes back.
    for n in 0..5 {
        scene.say(&room, &format!("ours {n}"));
        scene.alice.send_kind(&room, &format!("theirs {n} ü"), "groupchat");
    }
    for n in 0..5 {
        let data = scene.heard(&format!("theirs {n} ü"));
        assert_eq!(data.at("type").text(), "groupchat");
        assert_eq!((data.at("room").text(), data.at("nick").text()), (room.clone(), "alice".to_string()));
        assert_eq!(data.at("from").text(), format!("{room}/alice"));
        assert!(!format!("{data:?}").contains("mentioned"));
        let message = scene.bob.expect(LIMIT, |message| message.body.starts_with("ours"));
        assert_eq!((message.body, message.kind), (format!("ours {n}"), "groupchat".to_string()));
    }
    scene.bob.send_kind(&room, "Robo: are you there?", "groupchat");
    assert!(format!("{:?}", scene.heard("Robo: are you there?").at("mentioned")).contains("true"));

    // To one alone: a stranger is not heard, and may be spoken to.
    scene.alice.send(&format!("{room}/Robo"), "psst");
    let to = format!("{room}/alice");
    let answer = scene.post("/bot/sendMessage", &format!(r#"{{"to":"{to}","text":"what?"}}"#));
    assert_eq!(answer.0, 200, "{}", answer.1);
    let message = scene.alice.expect(LIMIT, |message| message.body == "what?");
    assert_eq!((message.kind.as_str(), message.from), ("chat", format!("{room}/Robo")));
    assert_eq!(scene.post("/bot/sendMessage", &format!(r#"{{"to":"{room}","text":"x"}}"#)).0, 400);

    let answer = scene.post("/bot/leaveRoom", &format!(r#"{{"room":"{room}"}}"#));
    assert_eq!(answer.0, 200, "{}", answer.1);
    scene.alice.expect_presence(LIMIT, |p| p.from == format!("{room}/Robo") && p.kind == "unavailable");
    assert_eq!(scene.update_is("room_left").at("reason").text(), "we left the room");
    scene.await_bookmarks(|found| !found.contains(&room));
    Scene::refused(scene.post("/bot/leaveRoom", &format!(r#"{{"room":"{room}"}}"#)), "leave_failed", "not in the room");
    let answer = scene.post("/bot/sendMessage", &format!(r#"{{"to":"{room}","text":"x","type":"groupchat"}}"#));
    Scene::refused(answer, "send_failed", "call joinRoom first");
    scene.no_update();
}

/// Who may come in and who may stay.
fn doors(kind: Kind) {
    let Some(mut scene) = Scene::new(kind) else { return };
    for (body, words) in [("{}", "room"), (r#"{"room":"x"}"#, "JID of a room"), (r#"{"room":7}"#, "room")] {
        let answer = scene.post("/bot/joinRoom", body);
        assert!(answer.0 == 400 && answer.1.contains(words), "{answer:?}");
    }
    let robot = scene.server.jid("robot");

    let locked = scene.room("locked", &[("passwordprotectedroom", "1"), ("roomsecret", "sesame")]);
    Scene::refused(scene.join(&locked), "join_failed", "asks for a password");
    let with = |word: &str| format!(r#"{{"room":"{locked}","nick":"guest","password":"{word}"}}"#);
    Scene::refused(scene.post("/bot/joinRoom", &with("wrong")), "join_failed", "password is another one");
    let answer = scene.post("/bot/joinRoom", &with("sesame"));
    assert_eq!(answer.0, 200, "{}", answer.1);
    assert_eq!(scene.update_is("room_joined").at("nick").text(), "guest");

    let members = scene.room("members", &[("membersonly", "1")]);
    Scene::refused(scene.join(&members), "join_failed", "members only");

    let hostile = scene.room("hostile", &[]);
    scene.administer(&hostile, &format!("affiliation='outcast' jid='{robot}'"), "no robots");
    Scene::refused(scene.join(&hostile), "join_failed", "banned");

    // A nick that is taken gives another.
    let den = scene.room("den", &[]);
    scene.bob.join(&den, "Robo");
    scene.must_join(&den);
    assert_eq!(scene.update_is("room_joined").at("nick").text(), "Robo_");
    scene.administer(&den, "nick='Robo_' role='none'", "too loud");
    let left = scene.update_is("room_left");
    assert!(left.at("reason").text().contains("kicked") && left.at("reason").text().contains("too loud"), "{left:?}");

    scene.await_bookmarks(|found| found.matches("autojoin").count() == 1 && found.contains(&den));

    // Asked in: by the owner, not by a stranger.
    let mediated = |who: &str| {
        format!("<message to='{den}'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='{who}'/></x></message>")
    };
    scene.bob.raw(&mediated(&robot));
    scene.bob.raw(&format!("<message to='{robot}'><x xmlns='jabber:x:conference' jid='{den}'/></message>"));
    let mut owner = Peer::login(&scene.server, "owner", "secret", "phone");
    thread::sleep(QUIET);
    scene.no_update();
    owner.raw(&format!("<message to='{robot}'><x xmlns='jabber:x:conference' jid='{den}'/></message>"));
    let joined = scene.update_is("room_joined");
    assert_eq!(joined.at("invited_by").text(), scene.server.jid("owner"));
    scene.administer(&den, &format!("affiliation='outcast' jid='{robot}'"), "out");
    assert!(scene.update_is("room_left").at("reason").text().contains("banned"));
    // Passed on by a room, it counts where the room says who asks.
    let club = scene.room("club", &[("whois", "anyone"), ("allowinvites", "1")]);
    owner.join(&club, "boss");
    owner.raw(&mediated(&robot).replace(&den, &club));
    assert_eq!(scene.update_is("room_joined").at("room").text(), club);
    scene.order(
        &club,
        "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy><reason>over</reason></destroy></query>",
    );
    assert!(scene.update_is("room_left").at("reason").text().contains("destroyed"));
    scene.no_update();
}

/// Restarts of either side lose nothing.
fn restarts(kind: Kind) {
    restarts_with(kind, Options::default());
}

/// A room without an archive tells its latest messages on entering.
fn restarts_without(kind: Kind) {
    restarts_with(kind, Options { archive: false, ..Options::default() });
}

fn restarts_with(kind: Kind, options: Options) {
    let Some(mut scene) = Scene::with(kind, options) else { return };
    let room = scene.room("den", &[]);
    scene.must_join(&room);
    scene.update_is("room_joined");
    scene.alice.send_kind(&room, "first", "groupchat");
    scene.heard("first");

    scene.daemon.kill();
    for n in 0..5 {
        scene.alice.send_kind(&room, &format!("missed {n}"), "groupchat");
    }
    scene.daemon.start_again();
    for n in 0..5 {
        scene.heard(&format!("missed {n}"));
    }
    scene.alice.clear();

    scene.server.stop();
    thread::sleep(QUIET);
    for n in 0..3 {
        scene.say(&room, &format!("kept {n}"));
    }
    scene.server.start_again();
    scene.alice = Peer::login(&scene.server, "alice", "secret", "phone");
    // With the history: who comes first is not certain.
    scene.alice.raw(&format!("<presence to='{room}/alice'><x xmlns='http://jabber.org/protocol/muc'/></presence>"));
    scene.alice.expect_presence(LIMIT, |presence| presence.from == format!("{room}/alice"));
    scene.alice.send_kind(&room, "again", "groupchat");
    scene.heard("again");
    for n in 0..3 {
        let kept = scene.alice.expect(LIMIT, |message| message.body.starts_with("kept"));
        assert_eq!(kept.body, format!("kept {n}"));
    }
    thread::sleep(QUIET);
    scene.no_update();
    scene.alice.send_kind(&room, "last", "groupchat");
    scene.heard("last");
}

/// Killed again and again while it speaks: all of it is heard, once.
fn killed(kind: Kind) {
    killed_with(kind, Options::default());
}

fn killed_without(kind: Kind) {
    killed_with(kind, Options { archive: false, ..Options::default() });
}

fn killed_with(kind: Kind, options: Options) {
    const COUNT: usize = 50;
    let Some(mut scene) = Scene::with(kind, options) else { return };
    let room = scene.room("den", &[]);
    scene.must_join(&room);
    scene.alice.clear();
    for n in 0..COUNT {
        if [10, 25, 26, 40].contains(&n) {
            scene.daemon.kill();
            scene.daemon.start_again();
        }
        scene.say(&room, &format!("n{n}"));
    }
    scene.daemon.kill();
    scene.daemon.start_again();
    for n in 0..COUNT {
        let heard = scene.alice.expect(LIMIT, |message| !message.body.is_empty());
        assert_eq!(heard.body, format!("n{n}"), "{}", scene.daemon.log_text());
    }
    scene.say(&room, "end");
    let heard = scene.alice.expect(LIMIT, |message| !message.body.is_empty());
    assert_eq!(heard.body, "end");
    scene.alice.none(Duration::from_secs(3));
}

/// The link breaks now and then, while both sides speak.
fn cut(kind: Kind) {
    const COUNT: usize = 40;
    let Some(mut scene) = Scene::behind_proxy(kind) else { return };
    let room = scene.room("den", &[]);
    scene.must_join(&room);
    scene.update_is("room_joined");
    scene.alice.clear();
    for n in 0..COUNT {
        if n % 10 == 5 {
            scene.proxy.as_ref().expect("a proxy").reset();
        }
        if n == 20 {
            // Longer than a moment, and then without what was on its way.
            let proxy = scene.proxy.as_ref().expect("a proxy");
            proxy.blackhole();
            thread::sleep(QUIET);
            proxy.reset();
            proxy.pass();
        }
        scene.say(&room, &format!("ours {n}"));
        scene.alice.send_kind(&room, &format!("theirs {n}"), "groupchat");
        thread::sleep(QUIET / 10);
    }
    for n in 0..COUNT {
        scene.heard(&format!("theirs {n}"));
        let heard = scene.alice.expect(LIMIT, |message| message.body.starts_with("ours"));
        assert_eq!(heard.body, format!("ours {n}"), "{}", scene.daemon.log_text());
    }
    scene.no_update();
    for n in 0..COUNT {
        scene.alice.expect(LIMIT, |message| message.body == format!("theirs {n}"));
    }
    scene.alice.none(QUIET);
}

/// A room whose messages have no ids, and that has no archive: what it tells again is known, what was missed is told, and
/// what is said again is told again.
fn without_ids(kind: Kind) {
    let Some(mut scene) = Scene::with(kind, Options { archive: false, ..Options::default() }) else { return };
    let room = scene.room("den", &[]);
    scene.must_join(&room);
    scene.update_is("room_joined");
    let say = |scene: &mut Scene, id: &str, text: &str| {
        scene.alice.raw(&format!("<message to='{room}' type='groupchat' {id}><body>{text}</body></message>"));
    };
    for id in ["", "id=''", "id='again'"] {
        for _ in 0..3 {
            say(&mut scene, id, "on");
            scene.heard("on");
        }
    }
    for round in 0..2 {
        scene.daemon.kill();
        for _ in 0..3 {
            say(&mut scene, "", &format!("missed {round}"));
            // The history counts in seconds.
            thread::sleep(Duration::from_millis(300));
        }
        scene.daemon.start_again();
        for _ in 0..3 {
            scene.heard(&format!("missed {round}"));
        }
        scene.no_update();
    }
    scene.daemon.kill();
    scene.daemon.start_again();
    say(&mut scene, "", "last");
    scene.heard("last");
    scene.no_update();
}

/// A gateway to another network shows our messages under ids of its own.
fn gateway(kind: Kind) {
    let Some(mut scene) = Scene::new(kind) else { return };
    let mut gateway = Peer::gateway(&scene.server);
    let room = format!("#tea%irc@gateway.{}", scene.server.domain);
    scene.must_join(&room);
    scene.update_is("room_joined");
    let states = |scene: &mut Scene, count: usize| {
        let mut states = Vec::new();
        while states.len() < count {
            let path =
                format!("/bot/getUpdates?timeout=20&offset={}&allowed_updates=message,message_state", scene.offset);
            let updates = scene.daemon.http().get(&path, Some(&scene.token)).ok().at("result").list();
            assert!(!updates.is_empty(), "{states:?}\n{}", scene.daemon.log_text());
            for update in updates {
                scene.offset = update.at("update_id").number() + 1;
                states.push(update.at("data").at("state").text());
            }
        }
        states
    };
    // The first poll says that states are wanted.
    let path = format!("/bot/getUpdates?offset={}&allowed_updates=message,message_state", scene.offset);
    scene.daemon.http().get(&path, Some(&scene.token)).ok();
    let begun = Instant::now();
    for n in 0..30 {
        scene.say(&room, &format!("number {}  \\nand more", n / 2));
    }
    assert_eq!(states(&mut scene, 30), ["sent"; 30]);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    for n in 0..30 {
        let message = gateway.expect(LIMIT, |message| message.kind == "groupchat");
        assert_eq!(message.body, format!("number {}  \nand more", n / 2));
    }
    // Nothing goes out again after a break.
    scene.daemon.kill();
    scene.daemon.start_again();
    scene.say(&room, "after");
    let message = gateway.expect(LIMIT, |message| message.kind == "groupchat");
    assert_eq!(message.body, "after");
    assert_eq!(states(&mut scene, 1), ["sent"]);
    thread::sleep(QUIET);
    gateway.none(Duration::ZERO);
    scene.no_update();
}

/// Strangers cannot make a bot for everybody enter rooms, nor fill its memory, wherever it is.
fn strangers(kind: Kind) {
    let Some(mut scene) = Scene::new(kind) else { return };
    let mut owner = Peer::login(&scene.server, "owner", "secret", "phone");
    scene.server.add_user("helper", "secret");
    let (robot, boss) = (scene.server.jid("helper"), scene.server.jid("owner"));
    let body = format!(
        r#"{{"name":"Helper","account":"{boss}","mode":"cloud","access":"public","jid":"{robot}","password":"secret"}}"#
    );
    scene.token = scene.daemon.http().post("/bot/create", None, &body).ok().at("token").text();
    scene.bob.send(&robot, "hello");
    scene.heard("hello");
    let before = scene.daemon.rss_kib();
    for n in 0..260 {
        let room = scene.server.room(&format!("trap{n}"));
        scene.bob.raw(&format!("<message to='{robot}'><x xmlns='jabber:x:conference' jid='{room}'/></message>"));
    }
    for n in 0..10 {
        let room = scene.server.room(&format!("trap{n}"));
        scene.bob.join(&room, "bob");
        let invite = format!("<x xmlns='http://jabber.org/protocol/muc#user'><invite to='{robot}'/></x>");
        scene.bob.raw(&format!("<message to='{room}'>{invite}</message>"));
    }
    scene.bob.send(&robot, "still there?");
    scene.heard("still there?");
    scene.no_update();
    let begun = Instant::now();
    scene.daemon.http().get("/bot/getMe", Some(&scene.token)).ok();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let told = owner.expect(LIMIT, |message| message.from.starts_with(&robot) && message.body.contains("trap0@"));
    assert!(told.body.contains("not follow: 1,"), "{told:?}");
    let after = scene.daemon.rss_kib();
    println!("{kind:?}: 270 invitations: {before} -> {after} KiB");
    assert!(after < before + 8 * 1024, "{before} -> {after} KiB");

    // Rooms full of people with names as long as they may be.
    let mut gateway = Peer::gateway(&scene.server);
    let before = scene.daemon.rss_kib();
    for n in 0..4 {
        let room = format!("crowd{n}@gateway.{}", scene.server.domain);
        scene.must_join(&room);
        scene.update_is("room_joined");
        let bot = gateway.expect_presence(LIMIT, |presence| presence.kind == "available").from;
        for batch in 0..50 {
            let presence = |m: u32| {
                let (nick, real) = (format!("{:04}{}", batch * 20 + m, "n".repeat(900)), "r".repeat(900));
                let local = "l".repeat(900);
                format!(
                    "<presence from='{room}/{nick}' to='{bot}'><x xmlns='http://jabber.org/protocol/muc#user'>\
                     <item affiliation='member' role='participant' jid='{local}@example.org/{real}'/></x></presence>"
                )
            };
            gateway.raw(&(0..20).map(presence).collect::<String>());
        }
        let last = format!("<message from='{room}/last' to='{bot}' type='groupchat'><body>all in {n}</body></message>");
        gateway.raw(&last);
        scene.heard(&format!("all in {n}"));
    }
    let after = scene.daemon.rss_kib();
    println!("{kind:?}: 4 rooms of 1000: {before} -> {after} KiB");
    assert!(after < before + 8 * 1024, "{before} -> {after} KiB");
}

macro_rules! on_both {
    ($($name:ident, $prosody:ident, $ejabberd:ident;)*) => { $(
        #[test]
        fn $prosody() {
            $name(Kind::Prosody);
        }

        #[test]
        fn $ejabberd() {
            $name(Kind::Ejabberd);
        }
    )* };
}

on_both! {
    talk, prosody_talk, ejabberd_talk;
    doors, prosody_doors, ejabberd_doors;
    restarts, prosody_restarts, ejabberd_restarts;
    restarts_without, prosody_restarts_without_archive, ejabberd_restarts_without_archive;
    cut, prosody_cut, ejabberd_cut;
    killed, prosody_killed, ejabberd_killed;
    killed_without, prosody_killed_without_archive, ejabberd_killed_without_archive;
    without_ids, prosody_without_ids, ejabberd_without_ids;
    gateway, prosody_gateway, ejabberd_gateway;
    strangers, prosody_strangers, ejabberd_strangers;
}
