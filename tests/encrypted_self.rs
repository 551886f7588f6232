//! OMEMO in the chat with oneself, on real servers: the owner's other clients are slixmpp-omemo's, the daemon is one more
//! device of his account. What is said there goes encrypted both ways, over restarts and through the archive, and the
//! devices of others stay on the list whatever the daemon does.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

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
const VERSIONS: [(&str, &str); 2] =
    [("0.3", "eu.siacs.conversations.axolotl.devicelist"), ("2", "urn:xmpp:omemo:2:devices")];

/// A server that logs every stanza, and a daemon signed in to the owner's account.
struct Scene {
    daemon: Daemon,
    server: Server,
    owner: String,
    token: String,
    offset: i64,
    turn: u32,
}

fn login(server: &Server, user: &str, resource: &str, omemo: &'static str) -> Peer {
    Peer::login_with(server, user, "pw", resource, &Login { omemo, ..Login::default() })
}

fn serve(kind: Kind) -> Option<Server> {
    let server = Server::start_with(kind, Options { debug: true, ..Options::default() })?;
    ["owner", "friend"].iter().for_each(|user| server.add_user(user, "pw"));
    Some(server)
}

impl Scene {
    fn on(server: Server, policy: &str) -> Scene {
        let more = format!("[api]\nrate_limit = 0\n[omemo]\nself_chat = \"{policy}\"\n");
        let daemon = Daemon::with_account(&server, "owner", "pw", server.c2s_port, &more);
        daemon.wait_online(1, SOON);
        let owner = server.jid("owner");
        Scene { daemon, server, owner, token: String::new(), offset: 0, turn: 0 }
    }

    /// The daemon's device, once it stands on the lists of both versions.
    fn announced(&mut self, peer: &mut Peer, others: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let [mut first, second] = VERSIONS.map(|(_, node)| self.listed(peer, node));
            first.retain(|id| second.contains(id) && !others.contains(&id.as_str()));
            if let [device] = &first[..] {
                return device.clone();
            }
            assert!(begun.elapsed() < SOON, "not announced: {second:?}\n{}", self.daemon.log_text());
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// The owner's list as the server has it.
    fn listed(&mut self, peer: &mut Peer, node: &str) -> Vec<String> {
        self.turn += 1;
        let turn = format!("list-{}", self.turn);
        peer.raw(&format!(
            "<iq type='get' id='{turn}' to='{}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <items node='{node}'/></pubsub></iq>",
            self.owner
        ));
        let xml = peer.expect_iq(SOON, &turn).xml;
        let ids = xml.split("device ").skip(1).filter_map(|rest| rest.split("id=\"").nth(1)?.split('"').next());
        ids.map(str::to_string).collect()
    }

    /// A command of a client's, encrypted; its answer is so, too.
    fn command(&self, peer: &mut Peer, text: &str, version: &str) -> Message {
        peer.encrypt(&self.owner, text, version);
        let answer =
            peer.expect(SOON, |message| message.xml.contains("urn:xmpp:carbons:2") && !message.body.is_empty());
        assert!(!answer.encrypted.is_empty() && answer.error.is_empty(), "{text}: {answer:?}");
        answer
    }

    /// The next message for the bot.
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
            assert!(begun.elapsed() < SOON, "nothing came\n{}", self.daemon.log_text());
        }
    }

    fn told(&mut self, peer: &mut Peer, text: &str, version: &str) {
        peer.encrypt(&self.owner, text, version);
        let data = self.heard();
        assert_eq!((data.at("body").text().as_str(), data.at("encrypted").truth()), (text, true), "{version}");
    }

    fn say(&self, to: &str, text: &str) -> (String, bool) {
        let body = format!(r#"{{"to":"{to}","text":"{text}"}}"#);
        let answer = self.daemon.http().post("/bot/sendMessage", Some(&self.token), &body).ok().at("result");
        (answer.at("message_id").text(), answer.at("encrypted").truth())
    }

    /// The bot says something to the owner, and these clients read it.
    fn tells(&self, peers: &mut [&mut Peer], text: &str) {
        let (id, is_encrypted) = self.say(&self.owner, text);
        assert!(is_encrypted, "{text}");
        for peer in peers {
            let message = peer.expect(SOON, |message| message.id == id);
            assert_eq!((message.body.as_str(), message.error.as_str()), (text, ""));
            assert!(!message.encrypted.is_empty() && !message.xml.contains(text), "{message:?}");
        }
    }

    fn is_on_server(&self, text: &str) -> bool {
        let mut search = Command::new("grep");
        search.args(["-rqaF", text]).arg(&self.server.dir).args(["--exclude=peer-*", "--exclude=omemo-*"]);
        search.status().unwrap().success()
    }
}

/// `/newbot` and what a personal bot is for, in both versions, with a restart between.
fn both_ways(kind: Kind) {
    let Some(server) = serve(kind) else { return };
    // They were there before the daemon.
    let mut phone = login(&server, "owner", "phone", BOTH);
    let mut desk = login(&server, "owner", "desk", "0.3");
    let mut scene = Scene::on(server, "preferred");
    let others = {
        let begun = Instant::now();
        loop {
            let known: Vec<String> = phone.devices(&scene.owner).into_iter().map(|(device, _)| device).collect();
            let listed = scene.listed(&mut phone, VERSIONS[0].1);
            if listed.len() == 3 {
                break (listed, known);
            }
            assert!(begun.elapsed() < SOON, "{listed:?}, {known:?}\n{}", scene.daemon.log_text());
            thread::sleep(Duration::from_millis(200));
        }
    };
    // Ours is the one that says so.
    let own = scene.command(&mut phone, "/omemo", "0.3").body;
    let device = own.split("Device: ").nth(1).unwrap().split_whitespace().next().unwrap().to_string();
    assert!(others.0.contains(&device), "{others:?} {own}");
    let stay: Vec<&str> = others.0.iter().map(String::as_str).filter(|id| *id != device).collect();
    assert_eq!(stay.len(), 2);
    assert_eq!(scene.announced(&mut phone, &stay), device);

    let made = scene.command(&mut phone, "/newbot Robo", "2").body;
    let token = made.split("bm_").nth(1).expect(&made);
    scene.token =
        format!("bm_{}", token.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next().unwrap());
    let status = scene.daemon.http().get("/bot/omemo/status", Some(&scene.token)).ok();
    assert_eq!(status.at("device").number().to_string(), device);
    assert!(own.contains(&status.at("fingerprint").text()));

    let mut texts = Vec::new();
    for round in 0..3 {
        for version in ["0.3", "2"] {
            let (question, answer) = (format!("frage-{round}-{version}-ü"), format!("antwort-{round}-{version}"));
            scene.told(&mut phone, &question, version);
            scene.tells(&mut [&mut phone, &mut desk], &answer);
            texts.extend([format!("frage-{round}-{version}"), answer]);
        }
        scene.told(&mut desk, &format!("vom-tisch-{round}"), "0.3");
        scene.tells(&mut [&mut phone, &mut desk], &format!("an-den-tisch-{round}"));
        texts.extend([format!("vom-tisch-{round}"), format!("an-den-tisch-{round}")]);
        if round == 0 {
            // What is written meanwhile comes from the archive, once.
            scene.daemon.stop();
            phone.encrypt(&scene.owner, "aus-dem-archiv", "0.3");
            scene.daemon.start_again();
            scene.daemon.wait_online(1, SOON);
            let data = scene.heard();
            assert_eq!((data.at("body").text(), data.at("encrypted").truth()), ("aus-dem-archiv".into(), true));
            texts.push("aus-dem-archiv".to_string());
        }
        if round == 1 {
            scene.daemon.kill();
            scene.daemon.start_again();
            scene.daemon.wait_online(1, SOON);
        }
        assert_eq!(scene.announced(&mut phone, &stay), device);
        let mut listed = scene.listed(&mut phone, VERSIONS[0].1);
        listed.retain(|id| *id != device);
        assert_eq!(listed, stay, "the others' devices stay");
    }
    // Nothing is answered that is not a question, least of all our own words.
    thread::sleep(QUIET);
    let path = format!("/bot/getUpdates?offset={}", scene.offset);
    assert!(scene.daemon.http().get(&path, Some(&scene.token)).ok().at("result").list().is_empty());
    for text in texts.iter().map(String::as_str).chain(["bm_", "/newbot"]) {
        assert!(!scene.is_on_server(text), "{text} is on the server");
    }
}

#[test]
fn both_ways_prosody() {
    both_ways(Kind::Prosody);
}

#[test]
fn both_ways_ejabberd() {
    both_ways(Kind::Ejabberd);
}

/// A personal bot that hears everything, and a friend; a client that comes later; and the end of it.
fn friends_and_farewell(kind: Kind) {
    let Some(server) = serve(kind) else { return };
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let owner = server.jid("owner");
    let mut scene = Scene { daemon, owner, server, token: String::new(), offset: 0, turn: 0 };
    // Without another device all is plain, as ever.
    let mut plain = Peer::login(&scene.server, "owner", "pw", "plain");
    let account = format!(
        r#"{{"jid":"{}","password":"pw","host":"127.0.0.1:{}","ca_file":"{}"}}"#,
        scene.owner,
        scene.server.c2s_port,
        scene.server.ca_file.display()
    );
    scene.daemon.http().post("/account/add", None, &account).ok();
    scene.daemon.wait_online(1, SOON);
    plain.send(&scene.owner, "/help");
    plain.expect(SOON, |message| message.body.contains("/newbot") && message.encrypted.is_empty());
    plain.quit();

    let body = format!(r#"{{"name":"Ears","account":"{}","receive":"all"}}"#, scene.owner);
    scene.token = scene.daemon.http().post("/bot/create", None, &body).ok().at("token").text();
    let device = {
        let status = scene.daemon.http().get("/bot/omemo/status", Some(&scene.token)).ok();
        status.at("device").number().to_string()
    };
    let mut phone = login(&scene.server, "owner", "phone", BOTH);
    let mut friend = login(&scene.server, "friend", "phone", BOTH);
    let stay: Vec<String> = {
        let begun = Instant::now();
        loop {
            let ids: Vec<String> =
                scene.listed(&mut phone, VERSIONS[0].1).into_iter().filter(|id| *id != device).collect();
            if !ids.is_empty() {
                break ids;
            }
            assert!(begun.elapsed() < SOON, "{}", scene.daemon.log_text());
            thread::sleep(Duration::from_millis(200));
        }
    };
    for version in ["0.3", "2"] {
        let text = format!("von-mia-{version}");
        friend.encrypt(&scene.owner, &text, version);
        let data = scene.heard();
        assert_eq!((data.at("body").text(), data.at("encrypted").truth()), (text, true));
        let text = format!("an-mia-{version}");
        let to = scene.server.jid("friend");
        let (id, is_encrypted) = scene.say(&to, &text);
        assert!(is_encrypted);
        for peer in [&mut friend, &mut phone] {
            let message = peer.expect(SOON, |message| message.id == id);
            assert_eq!((message.body.as_str(), message.error.as_str()), (text.as_str(), ""), "{message:?}");
        }
        assert!(!scene.is_on_server(&text));
    }
    scene.told(&mut phone, "zuletzt", "0.3");
    scene.tells(&mut [&mut phone], "gut");
    friend.none(QUIET);

    // Our device goes with the account, and no other.
    let body = format!(r#"{{"jid":"{}"}}"#, scene.owner);
    scene.daemon.http().post("/account/remove", None, &body).ok();
    let begun = Instant::now();
    loop {
        let lists = VERSIONS.map(|(_, node)| scene.listed(&mut phone, node));
        if lists.iter().all(|list| *list == stay) {
            break;
        }
        assert!(begun.elapsed() < SOON, "{lists:?}, not {stay:?}\n{}", scene.daemon.log_text());
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn friends_and_farewell_prosody() {
    friends_and_farewell(Kind::Prosody);
}

#[test]
fn friends_and_farewell_ejabberd() {
    friends_and_farewell(Kind::Ejabberd);
}
