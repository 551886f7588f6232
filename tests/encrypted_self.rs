//! OMEMO in the chat with oneself, on real servers: the owner's other clients are slixmpp-omemo's, the daemon is one more
//! device of his account. What is said there goes encrypted both ways, over restarts and through the archive, and the
//! devices of others stay on the list whatever the daemon does.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::thread;

use support::daemon::Daemon;
use support::encrypted::*;
use support::peer::{Message, Peer};
use support::server::{Kind, Server};

const VERSIONS: [(&str, &str); 2] =
    [("0.3", "eu.siacs.conversations.axolotl.devicelist"), ("2", "urn:xmpp:omemo:2:devices")];

fn server(kind: Kind) -> Option<Server> {
    serve(kind, &["owner", "friend"])
}

impl Scene {
    /// The daemon's device, once it stands on the lists of both versions.
    fn listed_beside(&self, peer: &mut Peer, others: &[&str]) -> String {
        until(&self.daemon, || {
            let [mut first, second] = VERSIONS.map(|(_, node)| self.listed(peer, node));
            first.retain(|id| second.contains(id) && !others.contains(&id.as_str()));
            match &first[..] {
                [device] => Ok(device.clone()),
                _ => Err(second),
            }
        })
    }

    /// The owner's list as the server has it.
    fn listed(&self, peer: &mut Peer, node: &str) -> Vec<String> {
        let xml = items(peer, &self.owner, node);
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

    fn told(&mut self, peer: &mut Peer, text: &str, version: &str) {
        peer.encrypt(&self.owner, text, version);
        self.hears(text);
    }

    /// The bot says something to the owner, and these clients read it.
    fn tells(&self, peers: &mut [&mut Peer], text: &str) {
        let id = self.say_encrypted(&self.owner, text);
        peers.iter_mut().for_each(|peer| drop(reads(peer, &id, text)));
    }
}

/// `/newbot` and what a personal bot is for, in both versions, with a restart between.
fn both_ways(kind: Kind) {
    let Some(server) = server(kind) else { return };
    // They were there before the daemon.
    let mut phone = login(&server, "owner", "phone", BOTH);
    let mut desk = login(&server, "owner", "desk", "0.3");
    let mut scene = Scene::on(server, "owner", "self_chat = \"preferred\"");
    let listed = until(&scene.daemon, || {
        let known = phone.devices(&scene.owner);
        let listed = scene.listed(&mut phone, VERSIONS[0].1);
        if listed.len() == 3 { Ok(listed) } else { Err((listed, known)) }
    });
    // Ours is the one that says so.
    let own = scene.command(&mut phone, "/omemo", "0.3").body;
    let device = own.split("Device: ").nth(1).unwrap().split_whitespace().next().unwrap().to_string();
    assert!(listed.contains(&device), "{listed:?} {own}");
    let stay: Vec<&str> = listed.iter().map(String::as_str).filter(|id| *id != device).collect();
    assert_eq!(stay.len(), 2);
    assert_eq!(scene.listed_beside(&mut phone, &stay), device);

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
            scene.hears("aus-dem-archiv");
            texts.push("aus-dem-archiv".to_string());
        }
        if round == 1 {
            scene.daemon.kill();
            scene.daemon.start_again();
            scene.daemon.wait_online(1, SOON);
        }
        assert_eq!(scene.listed_beside(&mut phone, &stay), device);
        let mut listed = scene.listed(&mut phone, VERSIONS[0].1);
        listed.retain(|id| *id != device);
        assert_eq!(listed, stay, "the others' devices stay");
    }
    // Nothing is answered that is not a question, least of all our own words.
    thread::sleep(QUIET);
    let path = format!("/bot/getUpdates?offset={}", scene.offset);
    assert!(scene.daemon.http().get(&path, Some(&scene.token)).ok().at("result").list().is_empty());
    for text in texts.iter().map(String::as_str).chain([scene.token.as_str(), "/newbot"]) {
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
    let Some(server) = server(kind) else { return };
    let daemon = Daemon::start("[api]\nrate_limit = 0\n");
    let mut scene = Scene::of(daemon, server, "owner");
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
    let mut phone = scene.login("owner", "phone", BOTH);
    let mut friend = scene.login("friend", "phone", BOTH);
    let stay = until(&scene.daemon, || {
        let mut ids = scene.listed(&mut phone, VERSIONS[0].1);
        ids.retain(|id| *id != device);
        if ids.is_empty() { Err("no other device") } else { Ok(ids) }
    });
    for version in ["0.3", "2"] {
        let text = format!("von-mia-{version}");
        friend.encrypt(&scene.owner, &text, version);
        scene.hears(&text);
        let text = format!("an-mia-{version}");
        let to = scene.server.jid("friend");
        let id = scene.say_encrypted(&to, &text);
        for peer in [&mut friend, &mut phone] {
            reads(peer, &id, &text);
        }
        assert!(!scene.is_on_server(&text));
    }
    scene.told(&mut phone, "zuletzt", "0.3");
    scene.tells(&mut [&mut phone], "gut");
    friend.none(QUIET);

    // Our device goes with the account, and no other.
    let body = format!(r#"{{"jid":"{}"}}"#, scene.owner);
    scene.daemon.http().post("/account/remove", None, &body).ok();
    until(&scene.daemon, || {
        let lists = VERSIONS.map(|(_, node)| scene.listed(&mut phone, node));
        if lists.iter().all(|list| *list == stay) { Ok(()) } else { Err((lists, &stay)) }
    });
}

#[test]
fn friends_and_farewell_prosody() {
    friends_and_farewell(Kind::Prosody);
}

#[test]
fn friends_and_farewell_ejabberd() {
    friends_and_farewell(Kind::Ejabberd);
}
