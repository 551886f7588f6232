//! OMEMO in rooms, on real servers, with another implementation (slixmpp-omemo) as the others there: in rooms that are
//! members-only and non-anonymous what is said is read by all who belong to them and by nobody else, over restarts; in
//! others it is plain, and said to be.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::thread;
use std::time::Duration;

use support::encrypted::*;
use support::http::Json;
use support::peer::{Message, Peer};
use support::server::Kind;

/// A daemon with a bot, alice, who makes rooms, bob and carol.
struct House {
    scene: Scene,
    alice: Peer,
    bob: Peer,
    carol: Peer,
}

impl House {
    fn start(kind: Kind, policy: &str) -> Option<House> {
        let server = serve(kind, &["keeper", "alice", "bob", "carol", "dave", "bot"])?;
        let scene = Scene::with_bot(server, policy, "keeper", "owner");
        let login = |user, omemo| scene.login(user, "phone", omemo);
        let (mut alice, bob, carol) = (login("alice", BOTH), login("bob", "2"), login("carol", "0.3"));
        // He belongs to rooms and is never in one; his device is there to be seen.
        login("dave", BOTH).quit();
        scene.announced(&mut alice);
        Some(House { scene, alice, bob, carol })
    }

    /// What only alice may do.
    fn order(&mut self, room: &str, query: &str) {
        let answer = iq(&mut self.alice, "set", room, query);
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
        let item = format!("<item affiliation='{affiliation}' jid='{}'/>", self.scene.server.jid(user));
        self.order(room, &format!("<query xmlns='http://jabber.org/protocol/muc#admin'>{item}</query>"));
    }

    /// A room of alice's, where bot, bob and carol are members and all are present.
    fn private_room(&mut self, name: &str) -> String {
        let room = self.scene.server.room(name);
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
        self.scene.daemon.http().post("/bot/joinRoom", Some(&self.scene.token), &body).ok();
    }

    fn hears(&mut self, nick: &str, text: &str) -> Json {
        let data = self.scene.hears(text);
        assert_eq!(data.at("nick").text(), nick, "{data:?}");
        data
    }

    /// The bot says something; gives the id, and whether it is told that it goes encrypted.
    fn say(&self, room: &str, text: &str) -> (String, bool) {
        self.scene.send(&format!(r#"{{"to":"{room}","text":"{text}","type":"groupchat"}}"#))
    }

    /// The bot says something, and these people read it; gives it as alice got it.
    fn tells(&mut self, room: &str, text: &str, to: &str) -> Message {
        let (id, is_encrypted) = self.say(room, text);
        assert!(is_encrypted, "{text}");
        let mut got = None;
        for (name, peer) in [("alice", &mut self.alice), ("bob", &mut self.bob), ("carol", &mut self.carol)] {
            if to.contains(name) {
                let message = reads(peer, &id, text);
                got = if name == "alice" { Some(message) } else { got };
            }
        }
        got.expect("alice is always there")
    }

    /// The number of somebody's only device.
    fn device(&mut self, user: &str) -> String {
        let devices = self.alice.devices(&self.scene.server.jid(user));
        assert_eq!(devices.len(), 1, "{devices:?}");
        format!("rid=\"{}\"", devices[0].0)
    }
}

fn is_from_bot(message: &Message) -> bool {
    message.from.ends_with("/Robo") && !message.body.is_empty()
}

/// In both versions and both directions, with a restart in between, and with somebody who is put out.
fn private_rooms(kind: Kind) {
    let Some(mut house) = House::start(kind, "required") else { return };
    let room = house.private_room("kitchen");
    let dave = house.device("dave");
    let (bot, bob_jid) = (house.scene.bot.clone(), house.scene.server.jid("bob"));
    let everybody = "alice bob carol";
    let xml = house.tells(&room, "antwort-1", everybody).xml;
    assert!(xml.contains(&dave), "{xml}");
    house.alice.encrypt_in_room(&room, "Robo: frage-1", "0.3", &[&bot]);
    let data = house.hears("alice", "Robo: frage-1");
    assert!(data.at("mentioned").truth() && data.at("room").text() == room, "{data:?}");
    house.bob.encrypt_in_room(&room, "frage-2", "2", &[&bot]);
    house.hears("bob", "frage-2");
    house.tells(&room, "antwort-2", everybody);

    // What is said while the bot is away comes from the room's archive, once.
    house.scene.daemon.stop();
    house.alice.encrypt_in_room(&room, "weg-1", "2", &[&bot, &bob_jid]);
    house.carol.encrypt_in_room(&room, "weg-2", "0.3", &[&bot]);
    house.scene.daemon.start_again();
    house.hears("alice", "weg-1");
    house.hears("carol", "weg-2");
    house.tells(&room, "antwort-3", everybody);
    house.carol.encrypt_in_room(&room, "frage-3", "0.3", &[&bot]);
    house.hears("carol", "frage-3");

    // Who is not there and belongs to it can read it later; who is put out cannot.
    let (bob, carol) = (house.device("bob"), house.device("carol"));
    house.bob.quit();
    let xml = house.tells(&room, "antwort-4", "alice carol").xml;
    assert!(xml.contains(&bob) && xml.contains(&carol), "{xml}");
    house.affiliate(&room, "carol", "none");
    house.carol.expect_presence(SOON, |presence| presence.from.ends_with("/carol") && presence.kind == "unavailable");
    // The room tells its occupants one after the other, and the bot may be the last to hear.
    thread::sleep(Duration::from_millis(500));
    house.carol.clear();
    let without = house.tells(&room, "ohne-carol", "alice");
    let xml = &without.xml;
    assert!(xml.contains(&bob) && !xml.contains(&carol), "{xml}");
    house.carol.none(QUIET);
    house.affiliate(&room, "bob", "none");
    thread::sleep(Duration::from_millis(500));
    let xml = house.tells(&room, "ohne-beide", "alice").xml;
    assert!(!xml.contains(&bob) && !xml.contains(&carol), "{xml}");
    // Taken in again, she reads on; what was said meanwhile she is shown and cannot read.
    house.affiliate(&room, "carol", "member");
    house.carol.raw(&format!(
        "<presence to='{room}/carol'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='9'/></x></presence>"
    ));
    let shown = house.carol.expect(SOON, |message| message.id == without.id);
    assert!(!shown.error.is_empty() && shown.body.is_empty() && shown.encrypted == "0.3", "{shown:?}");
    house.tells(&room, "antwort-5", "alice carol");

    // A file goes to the upload service encrypted, and its address with the key to those in the room alone.
    let path = house.scene.server.dir.join("peer-recipe.pdf");
    fs::write(&path, vec![7; 50_001]).unwrap();
    house.scene.send_file(&path, &[format!("to={room}"), "type=groupchat".to_string()]);
    let file = house.alice.expect(SOON, |message| message.body.starts_with("aesgcm://"));
    let key = file.body.split_once('#').unwrap().1;
    assert!(!file.xml.contains("jabber:x:oob") && !file.body.contains("recipe"), "{file:?}");
    assert_eq!(house.carol.expect(SOON, |message| message.id == file.id).body, file.body);
    assert!(!house.scene.is_on_server(key) && !house.scene.is_on_server("recipe"));

    // Plain words are not taken; whoever said them to the bot hears so once.
    house.alice.clear();
    for text in ["Robo: offen-1", "Robo: offen-2"] {
        house.alice.send_kind(&room, text, "groupchat");
    }
    let hint = house.alice.expect(SOON, is_from_bot);
    assert!(hint.body.starts_with("alice: ") && hint.encrypted.is_empty(), "{hint:?}");
    house.alice.encrypt_in_room(&room, "danach", "2", &[&bot]);
    house.hears("alice", "danach");
    assert!(house.scene.is_on_server("offen-2"), "the search searches");
    for text in ["antwort-", "frage-", "weg-", "ohne-", "danach"] {
        assert!(!house.scene.is_on_server(text), "{text} is on the server");
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
    let Some(mut house) = House::start(kind, "preferred") else { return };
    let public = house.scene.server.room("square");
    house.alice.join(&public, "alice");
    house.configure(&public, &[("membersonly", "0"), ("whois", "moderators")]);
    house.join(&public);
    let (id, is_encrypted) = house.say(&public, "oeffentlich");
    assert!(!is_encrypted);
    assert_eq!(house.alice.expect(SOON, |message| message.id == id).body, "oeffentlich");
    let body = format!(r#"{{"to":"{public}","text":"geheim","type":"groupchat","encrypt":true}}"#);
    let answer = house.scene.daemon.http().post("/bot/sendMessage", Some(&house.scene.token), &body);
    assert!(answer.status == 400 && answer.body.contains("members-only"), "{answer:?}");

    let room = house.private_room("kitchen");
    house.affiliate(&room, "keeper", "member");
    let (id, is_encrypted) = house.say(&room, "keeper-kann-nicht");
    assert!(!is_encrypted);
    assert_eq!(house.alice.expect(SOON, |message| message.id == id).body, "keeper-kann-nicht");
    house.affiliate(&room, "keeper", "none");
    thread::sleep(Duration::from_millis(500));
    house.tells(&room, "jetzt-alle", "alice bob carol");
    assert!(!house.scene.is_on_server("jetzt-alle") && !house.scene.is_on_server("geheim"));
}

#[test]
fn other_rooms_prosody() {
    other_rooms(Kind::Prosody);
}

#[test]
fn other_rooms_ejabberd() {
    other_rooms(Kind::Ejabberd);
}
