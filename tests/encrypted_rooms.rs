//! OMEMO in rooms, on real servers, with another implementation (slixmpp-omemo) as the others there: in rooms that are
//! members-only and non-anonymous what is said is read by all who belong to them and by nobody else, over restarts; in
//! others it is plain, and said to be.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::daemon::Daemon;
use support::http::Json;
use support::peer::{Login, Message, Peer};
use support::server::{Kind, Options, Server};

const SOON: Duration = Duration::from_secs(40);
/// Long enough for something to come that must not.
const QUIET: Duration = Duration::from_secs(2);
const BOTH: &str = "0.3 2";

/// A server that logs every stanza, a daemon with a bot, alice, who makes rooms, bob and carol.
struct Scene {
    daemon: Daemon,
    server: Server,
    token: String,
    bot: String,
    offset: i64,
    alice: Peer,
    bob: Peer,
    carol: Peer,
    count: u32,
}

impl Scene {
    fn start(kind: Kind, policy: &str) -> Option<Scene> {
        let server = Server::start_with(kind, Options { debug: true, ..Options::default() })?;
        ["keeper", "alice", "bob", "carol", "dave", "bot"].iter().for_each(|user| server.add_user(user, "pw"));
        let more = format!("[api]\nrate_limit = 0\n[omemo]\ndefault = \"{policy}\"\n");
        let daemon = Daemon::with_account(&server, "keeper", "pw", server.c2s_port, &more);
        daemon.wait_online(1, SOON);
        let (owner, bot) = (server.jid("keeper"), server.jid("bot"));
        let body = format!(r#"{{"name":"Robo","account":"{owner}","mode":"cloud","jid":"{bot}","password":"pw"}}"#);
        let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();
        let login = |user, omemo| Peer::login_with(&server, user, "pw", "phone", &Login { omemo, ..Login::default() });
        let (mut alice, bob, carol) = (login("alice", BOTH), login("bob", "2"), login("carol", "0.3"));
        // He belongs to rooms and is never in one; his device is there to be seen.
        login("dave", BOTH).quit();
        let begun = Instant::now();
        while alice.devices(&bot).len() != 1 {
            assert!(begun.elapsed() < SOON, "not announced\n{}", daemon.log_text());
            thread::sleep(Duration::from_millis(200));
        }
        Some(Scene { daemon, server, token, bot, offset: 0, alice, bob, carol, count: 0 })
    }

    /// What only alice may do.
    fn order(&mut self, room: &str, query: &str) {
        self.count += 1;
        let id = format!("order-{}", self.count);
        self.alice.raw(&format!("<iq type='set' to='{room}' id='{id}'>{query}</iq>"));
        let answer = self.alice.expect_iq(SOON, &id);
        assert_eq!(answer.kind, "result", "{}", answer.xml);
    }

    fn configure(&mut self, room: &str, settings: &[(&str, &str)]) {
        let mut fields = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
                          <field var='muc#roomconfig_persistentroom'><value>1</value></field>"
            .to_string();
        for (name, value) in settings {
            fields += &format!("<field var='muc#roomconfig_{name}'><value>{value}</value></field>");
        }
        let form = format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>");
        self.order(room, &format!("<query xmlns='http://jabber.org/protocol/muc#owner'>{form}</query>"));
    }

    fn affiliate(&mut self, room: &str, user: &str, affiliation: &str) {
        let item = format!("<item affiliation='{affiliation}' jid='{}'/>", self.server.jid(user));
        self.order(room, &format!("<query xmlns='http://jabber.org/protocol/muc#admin'>{item}</query>"));
    }

    /// A room of alice's, where bot, bob and carol are members and all are present.
    fn private_room(&mut self, name: &str) -> String {
        let room = self.server.room(name);
        self.alice.join(&room, "alice");
        self.configure(&room, &[("membersonly", "1"), ("whois", "anyone")]);
        ["bot", "bob", "carol", "dave"].iter().for_each(|user| self.affiliate(&room, user, "member"));
        self.bob.join(&room, "bob");
        self.carol.join(&room, "carol");
        self.join(&room);
        room
    }

    fn join(&self, room: &str) {
        let body = format!(r#"{{"room":"{room}"}}"#);
        self.daemon.http().post("/bot/joinRoom", Some(&self.token), &body).ok();
    }

    /// The next message for the bot's program.
    fn heard(&mut self) -> Json {
        let begun = Instant::now();
        loop {
            let path = format!("/bot/getUpdates?limit=1&timeout=5&offset={}", self.offset);
            for update in self.daemon.http().get(&path, Some(&self.token)).ok().at("result").list() {
                self.offset = update.at("update_id").number() + 1;
                if update.at("type").text() == "message" {
                    return update.at("data");
                }
            }
            assert!(begun.elapsed() < SOON, "no message came\n{}", self.daemon.log_text());
        }
    }

    fn hears(&mut self, nick: &str, text: &str) -> Json {
        let data = self.heard();
        let (body, encrypted) = (data.at("body").text(), data.at("encrypted").truth());
        assert_eq!((body.as_str(), encrypted, data.at("nick").text().as_str()), (text, true, nick), "{data:?}");
        data
    }

    /// The bot says something; gives the id, and whether it is told that it goes encrypted.
    fn say(&self, room: &str, text: &str) -> (String, bool) {
        let body = format!(r#"{{"to":"{room}","text":"{text}","type":"groupchat"}}"#);
        let answer = self.daemon.http().post("/bot/sendMessage", Some(&self.token), &body).ok().at("result");
        (answer.at("message_id").text(), answer.at("encrypted").truth())
    }

    /// The bot says something, and these people read it; gives it as alice got it.
    fn tells(&mut self, room: &str, text: &str, to: &str) -> Message {
        let (id, is_encrypted) = self.say(room, text);
        assert!(is_encrypted, "{text}");
        let mut got = None;
        for (name, peer) in [("alice", &mut self.alice), ("bob", &mut self.bob), ("carol", &mut self.carol)] {
            if to.contains(name) {
                let message = peer.expect(SOON, |message| message.id == id);
                assert_eq!((message.body.as_str(), message.error.as_str()), (text, ""), "{name}: {message:?}");
                assert!(!message.encrypted.is_empty() && !message.xml.contains(text), "{message:?}");
                got = if name == "alice" { Some(message) } else { got };
            }
        }
        got.expect("alice is always there")
    }

    /// The number of somebody's only device.
    fn device(&mut self, user: &str) -> String {
        let devices = self.alice.devices(&self.server.jid(user));
        assert_eq!(devices.len(), 1, "{devices:?}");
        format!("rid=\"{}\"", devices[0].0)
    }

    /// Whether a text went over the server, or lies there.
    fn is_on_server(&self, text: &str) -> bool {
        let mut search = Command::new("grep");
        search.args(["-rqaF", text]).arg(&self.server.dir).args(["--exclude=peer-*", "--exclude=omemo-*"]);
        search.status().unwrap().success()
    }
}

fn is_from_bot(message: &Message) -> bool {
    message.from.ends_with("/Robo") && !message.body.is_empty()
}

/// In both versions and both directions, with a restart in between, and with somebody who is put out.
fn private_rooms(kind: Kind) {
    let Some(mut scene) = Scene::start(kind, "required") else { return };
    let room = scene.private_room("kitchen");
    let dave = scene.device("dave");
    let (bot, bob_jid) = (scene.bot.clone(), scene.server.jid("bob"));
    let everybody = "alice bob carol";
    let xml = scene.tells(&room, "antwort-1", everybody).xml;
    assert!(xml.contains(&dave), "{xml}");
    scene.alice.encrypt_in_room(&room, "Robo: frage-1", "0.3", &[&bot]);
    let data = scene.hears("alice", "Robo: frage-1");
    assert!(data.at("mentioned").truth() && data.at("room").text() == room, "{data:?}");
    scene.bob.encrypt_in_room(&room, "frage-2", "2", &[&bot]);
    scene.hears("bob", "frage-2");
    scene.tells(&room, "antwort-2", everybody);

    // What is said while the bot is away comes from the room's archive, once.
    scene.daemon.stop();
    scene.alice.encrypt_in_room(&room, "weg-1", "2", &[&bot, &bob_jid]);
    scene.carol.encrypt_in_room(&room, "weg-2", "0.3", &[&bot]);
    scene.daemon.start_again();
    scene.hears("alice", "weg-1");
    scene.hears("carol", "weg-2");
    scene.tells(&room, "antwort-3", everybody);
    scene.carol.encrypt_in_room(&room, "frage-3", "0.3", &[&bot]);
    scene.hears("carol", "frage-3");

    // Who is not there and belongs to it can read it later; who is put out cannot.
    let (bob, carol) = (scene.device("bob"), scene.device("carol"));
    scene.bob.quit();
    let xml = scene.tells(&room, "antwort-4", "alice carol").xml;
    assert!(xml.contains(&bob) && xml.contains(&carol), "{xml}");
    scene.affiliate(&room, "carol", "none");
    scene.carol.expect_presence(SOON, |presence| presence.from.ends_with("/carol") && presence.kind == "unavailable");
    scene.carol.clear();
    let without = scene.tells(&room, "ohne-carol", "alice");
    let xml = &without.xml;
    assert!(xml.contains(&bob) && !xml.contains(&carol), "{xml}");
    scene.carol.none(QUIET);
    scene.affiliate(&room, "bob", "none");
    thread::sleep(Duration::from_millis(500));
    let xml = scene.tells(&room, "ohne-beide", "alice").xml;
    assert!(!xml.contains(&bob) && !xml.contains(&carol), "{xml}");
    // Taken in again, she reads on; what was said meanwhile she is shown and cannot read.
    scene.affiliate(&room, "carol", "member");
    scene.carol.raw(&format!(
        "<presence to='{room}/carol'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='9'/></x></presence>"
    ));
    let shown = scene.carol.expect(SOON, |message| message.id == without.id);
    assert!(!shown.error.is_empty() && shown.body.is_empty() && shown.encrypted == "0.3", "{shown:?}");
    scene.tells(&room, "antwort-5", "alice carol");

    // A file goes to the upload service encrypted, and its address with the key to those in the room alone.
    let path = scene.server.dir.join("peer-recipe.pdf");
    fs::write(&path, vec![7; 50_001]).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "60", "-F", &format!("to={room}"), "-F", "type=groupchat"]);
    curl.args(["-F", &format!("file=@{}", path.display()), "-H", &format!("Authorization: Bearer {}", scene.token)]);
    let answer = curl.arg(format!("http://127.0.0.1:{}/bot/sendFile", scene.daemon.port)).output().unwrap();
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert!(answer.contains(r#""encrypted":true"#), "{answer}");
    let file = scene.alice.expect(SOON, |message| message.body.starts_with("aesgcm://"));
    let key = file.body.split_once('#').unwrap().1;
    assert!(!file.xml.contains("jabber:x:oob") && !file.body.contains("recipe"), "{file:?}");
    assert_eq!(scene.carol.expect(SOON, |message| message.id == file.id).body, file.body);
    assert!(!scene.is_on_server(key) && !scene.is_on_server("recipe"));

    // Plain words are not taken; whoever said them to the bot hears so once.
    scene.alice.clear();
    for text in ["Robo: offen-1", "Robo: offen-2"] {
        scene.alice.send_kind(&room, text, "groupchat");
    }
    let hint = scene.alice.expect(SOON, is_from_bot);
    assert!(hint.body.starts_with("alice: ") && hint.encrypted.is_empty(), "{hint:?}");
    scene.alice.encrypt_in_room(&room, "danach", "2", &[&bot]);
    scene.hears("alice", "danach");
    assert!(scene.is_on_server("offen-2"), "the search searches");
    for text in ["antwort-", "frage-", "weg-", "ohne-", "danach"] {
        assert!(!scene.is_on_server(text), "{text} is on the server");
    }
}

#[test]
fn private_rooms_prosody() {
    private_rooms(Kind::Prosody);
}

#[test]
fn private_rooms_ejabberd() {
    private_rooms(Kind::Ejabberd);
}

/// A room for all cannot be encrypted; one where somebody has no device need not be.
fn other_rooms(kind: Kind) {
    let Some(mut scene) = Scene::start(kind, "preferred") else { return };
    let public = scene.server.room("square");
    scene.alice.join(&public, "alice");
    scene.configure(&public, &[("membersonly", "0"), ("whois", "moderators")]);
    scene.join(&public);
    let (id, is_encrypted) = scene.say(&public, "oeffentlich");
    assert!(!is_encrypted);
    assert_eq!(scene.alice.expect(SOON, |message| message.id == id).body, "oeffentlich");
    let body = format!(r#"{{"to":"{public}","text":"geheim","type":"groupchat","encrypt":true}}"#);
    let answer = scene.daemon.http().post("/bot/sendMessage", Some(&scene.token), &body);
    assert!(answer.status == 400 && answer.body.contains("members-only"), "{answer:?}");

    let room = scene.private_room("kitchen");
    scene.affiliate(&room, "keeper", "member");
    let (id, is_encrypted) = scene.say(&room, "keeper-kann-nicht");
    assert!(!is_encrypted);
    assert_eq!(scene.alice.expect(SOON, |message| message.id == id).body, "keeper-kann-nicht");
    scene.affiliate(&room, "keeper", "none");
    thread::sleep(Duration::from_millis(500));
    scene.tells(&room, "jetzt-alle", "alice bob carol");
    assert!(!scene.is_on_server("jetzt-alle") && !scene.is_on_server("geheim"));
}

#[test]
fn other_rooms_prosody() {
    other_rooms(Kind::Prosody);
}

#[test]
fn other_rooms_ejabberd() {
    other_rooms(Kind::Ejabberd);
}
