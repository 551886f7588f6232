//! OMEMO of bots with accounts of their own, on real servers, with another implementation (slixmpp-omemo) at the other
//! end: what is said arrives, in both versions and after restarts and kills, and nobody between can read it.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::encrypted::*;
use support::http::Http;
use support::peer::{Message, Peer, python};
use support::server::Kind;

const LIST: &str = "eu.siacs.conversations.axolotl.devicelist";
const BUNDLES: &str = "eu.siacs.conversations.axolotl.bundles";

/// A daemon with a bot of its owner's that speaks with everybody.
fn start(kind: Kind) -> Option<Scene> {
    Some(Scene::with_bot(serve(kind, &["keeper", "owner", "friend", "bot"])?, "required", "owner", "public"))
}

impl Scene {
    fn restart(&mut self) {
        self.daemon.stop();
        self.daemon.start_again();
    }

    /// A text of the peer's, encrypted, reaches the bot's program as such.
    fn told(&mut self, peer: &mut Peer, text: &str, version: &str) {
        peer.encrypt(&self.bot, text, version);
        let data = self.hears(text);
        assert_eq!(format!("{}/", data.at("from").text()), peer.jid[..=peer.jid.find('/').unwrap()]);
    }

    /// A text of the bot's reaches the owner's client, encrypted.
    fn tells(&self, peer: &mut Peer, text: &str) -> Message {
        reads(peer, &self.say_encrypted(&self.owner, text), text)
    }

    /// The ids of the prekeys that the bot offers.
    fn prekeys(&self, peer: &mut Peer, device: &str) -> BTreeSet<String> {
        self.bundle(peer, device).into_keys().collect()
    }

    /// The same with their keys.
    fn bundle(&self, peer: &mut Peer, device: &str) -> BTreeMap<String, String> {
        let xml = items(peer, &self.bot, &format!("{BUNDLES}:{device}"));
        let keys = xml.split("preKeyId=\"").skip(1).map(|rest| {
            let (id, key) = rest.split_once("\">").unwrap();
            (id.to_string(), key.split('<').next().unwrap().to_string())
        });
        keys.collect()
    }
}

/// In both versions and both directions, over restarts of either side.
fn both_ways(kind: Kind) {
    let Some(mut scene) = start(kind) else { return };
    let mut owner = scene.login("owner", "phone", BOTH);
    let device = scene.announced(&mut owner);
    let path = format!("/bot/omemo/policy?id={}", scene.id);
    let own = scene.daemon.http().get(&path, None).ok();
    assert_eq!((own.at("policy").text(), own.at("device").number().to_string()), ("required".into(), device.clone()));
    let offered = scene.prekeys(&mut owner, &device);
    assert_eq!(offered.len(), 100);

    let mut texts = Vec::new();
    let mut used = String::new();
    for round in 0..4 {
        for version in ["0.3", "2"] {
            let (question, answer) = (format!("frage-{round}-{version} & <ü>"), format!("antwort-{round}-{version}"));
            scene.told(&mut owner, &question, version);
            scene.tells(&mut owner, &answer);
            texts.extend([format!("frage-{round}"), answer]);
        }
        if round == 0 {
            // The prekey that the session was begun with is not for anybody else.
            let now = until(&scene.daemon, || match scene.prekeys(&mut owner, &device) {
                now if now != offered => Ok(now),
                _ => Err("the used prekey is still offered"),
            });
            let mut gone = offered.difference(&now);
            used = gone.next().unwrap().clone();
            assert_eq!((gone.next(), now.len()), (None, 100));
        }
        // The daemon, the peer, and both begin anew.
        if matches!(round, 0 | 2) {
            scene.restart();
        }
        if matches!(round, 1 | 2) {
            owner.quit();
            owner = scene.login("owner", "phone", BOTH);
        }
        assert_eq!(scene.announced(&mut owner), device);
        assert!(!scene.prekeys(&mut owner, &device).contains(&used), "offered again");
    }

    // A second device that knows but the old version: both are written to.
    let mut desk = scene.login("owner", "desk", "0.3");
    scene.told(&mut desk, "vom-tisch", "0.3");
    let id = scene.tells(&mut desk, "an-beide").id;
    let copy = owner.expect(SOON, |message| message.id == id);
    assert_eq!((copy.body.as_str(), copy.error.as_str()), ("an-beide", ""));
    texts.extend(["vom-tisch".to_string(), "an-beide".to_string()]);

    // A client without: one hint, however often it writes, and nothing is done.
    let mut plain = scene.login("friend", "plain", "");
    for text in ["/help offen", "noch-offener"] {
        plain.send(&scene.bot, text);
    }
    let hint = plain.expect(SOON, |message| !message.body.is_empty());
    assert!(hint.body.contains("OMEMO") && hint.encrypted.is_empty(), "{hint:?}");
    plain.none(QUIET);
    scene.told(&mut owner, "danach", "0.3");
    assert!(scene.is_on_server("noch-offener"), "the search searches");
    for text in texts {
        assert!(!scene.is_on_server(&text), "{text} is on the server");
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

/// Kills in the middle of it, at moments that differ each time.
fn kills(kind: Kind) {
    let Some(mut scene) = start(kind) else { return };
    let mut owner = scene.login("owner", "phone", BOTH);
    let device = scene.announced(&mut owner);
    scene.told(&mut owner, "hello", "0.3");
    scene.tells(&mut owner, "hello");
    let seed = u64::from(std::process::id()) | 1;
    println!("seed {seed}");
    let mut random = seed;
    // ENCRYPTED_KILLS sets how often it is killed.
    let kills = std::env::var("ENCRYPTED_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(12);
    let rounds = 4 * kills;
    let mut offered = BTreeMap::new();
    let (token, to) = (scene.token.clone(), scene.owner.clone());
    for number in 0..rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        owner.encrypt(&scene.bot, &format!("in-{number}"), if random >> 40 & 1 == 0 { "0.3" } else { "2" });
        let body = format!(r#"{{"to":"{to}","text":"out-{number}"}}"#);
        // A program that has no answer asks again with its key.
        let keyed = [("Idempotency-Key", format!("key-{number}"))];
        let headers: Vec<(&str, &str)> = keyed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let begun = Instant::now();
        loop {
            let mut http = Http::new(scene.daemon.port);
            let answer = http.call("POST", "/bot/sendMessage", Some(&token), &headers, &body);
            if answer.is_some_and(|answer| answer.status == 200) {
                break;
            }
            assert!(begun.elapsed() < SOON, "{number} is not taken\n{}", scene.daemon.log_text());
            thread::sleep(Duration::from_millis(50));
        }
        if number % 4 == 3 {
            thread::sleep(Duration::from_millis(random >> 33 & 127));
            scene.daemon.kill();
            scene.daemon.start_again();
        }
        // What is offered under one number is one key, for ever.
        for (id, key) in scene.bundle(&mut owner, &device) {
            assert_eq!(
                offered.entry(id.clone()).or_insert_with(|| key.clone()),
                &key,
                "prekey {id} is another one now"
            );
        }
    }
    let mut heard: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..rounds {
        let data = scene.heard("message");
        assert!(data.at("encrypted").truth());
        *heard.entry(data.at("body").text()).or_default() += 1;
    }
    for number in 0..rounds {
        assert_eq!(heard.get(&format!("in-{number}")), Some(&1), "in-{number} of {heard:?}");
        // What came before a kill may come again, and is the same; a client knows it by its id.
        let text = format!("out-{number}");
        let said = owner.expect(SOON, |message| message.body == text);
        assert!(!said.encrypted.is_empty(), "{said:?}");
        owner.drop_again(&said.id);
    }
    owner.none_wrong(QUIET);
    for version in ["2", "0.3"] {
        scene.told(&mut owner, "still good", version);
        scene.tells(&mut owner, "still good");
    }
}

#[test]
fn kills_prosody() {
    kills(Kind::Prosody);
}

#[test]
fn kills_ejabberd() {
    kills(Kind::Ejabberd);
}

/// Whatever becomes of somebody's devices: the server, which writes down every stanza, sees no text.
fn nothing_in_plain(kind: Kind) {
    let Some(mut scene) = start(kind) else { return };
    let mut owner = scene.login("owner", "phone", BOTH);
    scene.announced(&mut owner);
    scene.told(&mut owner, "hello", "0.3");
    scene.tells(&mut owner, "nie-offen-vorher");
    scene.told(&mut owner, "hello", "2");
    let (to, friend) = (scene.owner.clone(), scene.server.jid("friend"));
    let device = owner.devices(&to).first().expect("its own").0.clone();
    let publish = |node: &str, payload: &str| {
        format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'><item id='current'>{payload}\
             </item></publish></pubsub>"
        )
    };
    let delete = |node: &str| {
        format!("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='{node}'/></pubsub>")
    };
    let bundle = format!("{BUNDLES}:{device}");
    let breaks = [
        publish(&bundle, "<bundle xmlns='eu.siacs.conversations.axolotl'/>"),
        delete(&bundle),
        publish(LIST, "<list xmlns='eu.siacs.conversations.axolotl'/>"),
        publish("urn:xmpp:omemo:2:devices", "<devices xmlns='urn:xmpp:omemo:2'/>"),
        delete(LIST),
        delete("urn:xmpp:omemo:2:devices"),
        delete("urn:xmpp:omemo:2:bundles"),
    ];
    for (number, order) in breaks.iter().enumerate() {
        iq(&mut owner, "set", "", order);
        // Every other time it does not know anybody's list or session any more.
        if number % 2 == 1 {
            let body = format!(r#"{{"id":{}}}"#, scene.id);
            scene.daemon.http().post("/bot/omemo/reset", None, &body);
            scene.restart();
            scene.daemon.wait_online(1, SOON);
        }
        for to in [&to, &friend] {
            let text = format!("nie-offen-{number}");
            let ask = |call: &str, more: &str| {
                let body = format!(r#"{{"to":"{to}",{more}}}"#);
                scene.daemon.http().post(&format!("/bot/{call}"), Some(&scene.token), &body)
            };
            ask("sendMessage", &format!(r#""text":"{text}","reply_to":"x""#));
            ask("sendFile", &format!(r#""url":"https://example.org/{text}","caption":"{text}""#));
            let answer = ask("sendMessage", &format!(r#""text":"{text}""#));
            if answer.status == 200 {
                let id = answer.ok().at("result").at("message_id").text();
                ask("editMessage", &format!(r#""message_id":"{id}","text":"{text}""#));
                ask("deleteMessage", &format!(r#""message_id":"{id}""#));
            }
        }
    }
    thread::sleep(QUIET);
    assert!(!scene.is_on_server("nie-offen"));
    let mut plain = scene.login("friend", "plain", "");
    plain.send(&scene.bot, "doch-offen");
    plain.expect(SOON, |message| !message.body.is_empty());
    assert!(scene.is_on_server("doch-offen"), "the search searches");
}

#[test]
fn nothing_in_plain_prosody() {
    nothing_in_plain(Kind::Prosody);
}

#[test]
fn nothing_in_plain_ejabberd() {
    nothing_in_plain(Kind::Ejabberd);
}

/// The database is put back from a copy: the device is the same, everything that could be used twice is new.
fn put_back(kind: Kind) {
    let Some(mut scene) = start(kind) else { return };
    let mut owner = scene.login("owner", "phone", BOTH);
    let device = scene.announced(&mut owner);
    let both = |scene: &mut Scene, owner: &mut Peer, text: &str| {
        for version in ["0.3", "2"] {
            scene.told(owner, &format!("{text}-{version}"), version);
            scene.tells(owner, &format!("{text}-{version}-too"));
        }
    };
    both(&mut scene, &mut owner, "before");
    let file = scene.daemon.dir.join("data/botmother.db");
    let copy = scene.daemon.dir.join("copy.db");
    scene.daemon.stop();
    fs::copy(&file, &copy).unwrap();
    scene.daemon.start_again();
    both(&mut scene, &mut owner, "lost");
    let mut offered = scene.prekeys(&mut owner, &device);
    // Somebody else uses a prekey up.
    let mut friend = scene.login("friend", "phone", BOTH);
    scene.told(&mut friend, "hello", "0.3");
    thread::sleep(QUIET * 2);
    offered.extend(scene.prekeys(&mut owner, &device));
    scene.daemon.stop();
    fs::copy(&copy, &file).unwrap();
    scene.daemon.start_again();
    // The numbers of updates have gone back, too.
    scene.offset = 0;
    thread::sleep(QUIET * 2);
    assert_eq!(scene.announced(&mut owner), device);
    let now = scene.prekeys(&mut owner, &device);
    assert!(now.len() == 100 && now.is_disjoint(&offered), "{now:?}");
    scene.tells(&mut owner, "after");
    let begun = Instant::now();
    for version in ["0.3", "2"] {
        owner.encrypt(&scene.bot, &format!("after-{version}"), version);
        while scene.heard("message").at("body").text() != format!("after-{version}") {
            assert!(begun.elapsed() < SOON);
        }
    }
    scene.tells(&mut owner, "after all");
    owner.none_wrong(QUIET);
}

#[test]
fn put_back_prosody() {
    put_back(Kind::Prosody);
}

#[test]
fn put_back_ejabberd() {
    put_back(Kind::Ejabberd);
}

/// Nodes that another client closed are opened; somebody who shows no device is not written to, or in plain text.
fn closed_and_absent(kind: Kind) {
    let Some(server) = serve(kind, &["keeper", "owner", "friend", "guest", "closed", "bot"]) else { return };
    for user in ["bot", "closed"] {
        let mut before = Peer::login(&server, user, "pw", "before");
        for (node, payload) in [
            (LIST, "<list xmlns='eu.siacs.conversations.axolotl'/>"),
            ("urn:xmpp:omemo:2:devices", "<devices xmlns='urn:xmpp:omemo:2'/>"),
            ("urn:xmpp:omemo:2:bundles", ""),
        ] {
            let order = if payload.is_empty() {
                format!("<create node='{node}'/>")
            } else {
                format!("<publish node='{node}'><item id='current'>{payload}</item></publish>")
            };
            let order = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{order}</pubsub>");
            iq(&mut before, "set", "", &order);
            let close = format!(
                "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
                 <configure node='{node}'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>\
                 <value>http://jabber.org/protocol/pubsub#node_config</value></field>\
                 <field var='pubsub#access_model'><value>whitelist</value></field></x></configure></pubsub>"
            );
            iq(&mut before, "set", "", &close);
        }
        before.quit();
    }
    let mut scene = Scene::with_bot(server, "required", "owner", "public");
    let mut owner = scene.login("owner", "phone", BOTH);
    scene.announced(&mut owner);
    let mut stranger = scene.login("friend", "phone", BOTH);
    scene.announced(&mut stranger);
    scene.told(&mut stranger, "von-fremden", "0.3");

    // keeper has no device, and a list that is closed shows none.
    scene.daemon.http().get("/bot/getUpdates?allowed_updates=message,message_state", Some(&scene.token)).ok();
    let mut keeper = Peer::login(&scene.server, "keeper", "pw", "plain");
    for user in ["keeper", "closed"] {
        let (id, _) = scene.say(&scene.server.jid(user), "nie-offen");
        // Prosody says "forbidden" of nodes that are not there to those who do not see each other.
        loop {
            let state = scene.heard("message_state");
            if state.at("message_id").text() == id && state.at("state").text() == "failed" {
                assert!(state.at("error").text().contains("shows no device"), "{state:?}");
                break;
            }
        }
    }
    keeper.none(QUIET);
    assert!(!scene.is_on_server("nie-offen"));
    let body = format!(r#"{{"id":{},"policy":"preferred"}}"#, scene.id);
    scene.daemon.http().post("/bot/omemo/policy", None, &body).ok();
    let mut guest = Peer::login(&scene.server, "guest", "pw", "plain");
    let (id, is_encrypted) = scene.say(&scene.server.jid("guest"), "offen");
    assert!(!is_encrypted);
    assert_eq!(guest.expect(SOON, |message| message.id == id).body, "offen");
    // Whoever has a device is written to encrypted all the same.
    scene.told(&mut owner, "auch-nicht-offen", "2");
    scene.tells(&mut owner, "doch-nicht-offen");
    assert!(!scene.is_on_server("doch-nicht-offen"));
}

#[test]
fn closed_and_absent_prosody() {
    closed_and_absent(Kind::Prosody);
}

#[test]
fn closed_and_absent_ejabberd() {
    closed_and_absent(Kind::Ejabberd);
}

/// A file goes to the upload service encrypted, and its address with the key to the owner alone.
fn files(kind: Kind) {
    let Some(mut scene) = start(kind) else { return };
    let mut owner = scene.login("owner", "phone", BOTH);
    scene.announced(&mut owner);
    scene.told(&mut owner, "hello", "0.3");
    let path = scene.server.dir.join("peer-secret-report.pdf");
    let content: Vec<u8> = (0..500_001u64).map(|place| (place * place / 7 + place) as u8).collect();
    fs::write(&path, &content).unwrap();
    scene.send_file(&path, &[format!("to={}", scene.owner), "caption=die-legende".to_string()]);
    let message = owner.expect(SOON, |message| message.body.starts_with("aesgcm://"));
    assert!(!message.encrypted.is_empty() && !message.xml.contains("jabber:x:oob"), "{message:?}");
    owner.expect(SOON, |message| message.body == "die-legende" && !message.encrypted.is_empty());
    let (place, key) = message.body.split_once('#').unwrap();
    assert!(place.ends_with(".pdf") && !place.contains("report"), "{place}");
    let program = "import requests, sys\n\
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM\n\
        got = requests.get(sys.argv[1].replace('aesgcm', 'https', 1), verify=sys.argv[3], timeout=20)\n\
        got.raise_for_status()\n\
        secret = bytes.fromhex(sys.argv[2])\n\
        open(sys.argv[4], 'wb').write(AESGCM(secret[12:]).decrypt(secret[:12], got.content, None))";
    let to = scene.server.dir.join("peer-opened");
    let ca = scene.server.ca_file.display().to_string();
    let opened = Command::new(python()).args(["-c", program, place, key, &ca]).arg(&to).output().unwrap();
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    assert!(fs::read(&to).unwrap() == content);
    assert!(!scene.is_on_server(key) && !scene.is_on_server("die-legende") && !scene.is_on_server("secret-report"));

    // The same file, as if the owner had sent it.
    owner.encrypt(&scene.bot, &message.body, "2");
    let data = scene.heard("message");
    let file = data.at("attachment").at("file_id").text();
    let mut command = Command::new("curl");
    command.args(["--silent", "--max-time", "60", "-H", &format!("Authorization: Bearer {}", scene.token)]);
    let address = format!("http://127.0.0.1:{}/bot/getFile?download=1&file_id={file}", scene.daemon.port);
    let got = command.arg(address).output().unwrap().stdout;
    assert!(got == content, "{}", String::from_utf8_lossy(&got[..200.min(got.len())]));
    assert!(!scene.daemon.log_text().contains(key));
}

#[test]
fn files_prosody() {
    files(Kind::Prosody);
}

#[test]
fn files_ejabberd() {
    files(Kind::Ejabberd);
}

/// A second client of the owner's, which comes later: it is told what to do, and one word in one chat is enough for all
/// his bots, also those made afterwards.
fn one_word_for_all_bots(kind: Kind) {
    let Some(mut scene) = start(kind) else { return };
    let another = |scene: &Scene, name: &str| {
        scene.server.add_user(name, "pw");
        let (owner, jid) = (&scene.owner, scene.server.jid(name));
        let body =
            format!(r#"{{"name":"{name}","account":"{owner}","mode":"dedicated","jid":"{jid}","password":"pw"}}"#);
        scene.daemon.http().post("/bot/create", None, &body).ok().at("token").text()
    };
    let mut phone = scene.login("owner", "phone", BOTH);
    scene.announced(&mut phone);
    let first = phone.devices(&scene.owner)[0].0.clone();
    let command = |scene: &Scene, phone: &mut Peer, text: &str, expected: &str| {
        phone.encrypt(&scene.bot, text, "0.3");
        let answer =
            phone.expect(SOON, |message| message.body.contains("Trusted from") && message.body.contains(expected));
        assert!(!answer.encrypted.is_empty(), "{answer:?}");
    };
    scene.told(&mut phone, "hallo", "0.3");
    // From now on later devices wait.
    command(&scene, &mut phone, &format!("/omemo trust {first}"), "for all your bots");
    let second_bot = another(&scene, "zweiter");

    let mut desk = scene.login("owner", "desk", "0.3");
    let device = until(&scene.daemon, || {
        let devices = phone.devices(&scene.owner);
        devices.iter().map(|(id, _)| id.clone()).find(|id| *id != first).ok_or(devices)
    });
    scene.told(&mut desk, "vom Tisch", "0.3");
    let hint = desk.expect(SOON, |message| message.body.contains("do not trust it yet"));
    assert!(hint.encrypted.is_empty() && hint.body.contains(&format!("/omemo trust {device}")), "{hint:?}");
    let id = scene.say_encrypted(&scene.owner, "nicht für den Tisch");
    let unread = desk.expect(SOON, |message| message.id == id);
    assert_ne!(unread.body, "nicht für den Tisch", "{unread:?}");

    command(&scene, &mut phone, &format!("/omemo trust {device}"), "for all your bots");
    let later_bot = another(&scene, "dritter");
    for (token, text) in [(scene.token.clone(), "geheim-a"), (second_bot, "geheim-b"), (later_bot, "geheim-c")] {
        scene.token = token;
        let id = until(&scene.daemon, || match scene.say(&scene.owner, text) {
            (id, true) => Ok(id),
            other => Err(other),
        });
        for peer in [&mut phone, &mut desk] {
            reads(peer, &id, text);
        }
    }
}

#[test]
fn one_word_for_all_bots_prosody() {
    one_word_for_all_bots(Kind::Prosody);
}

#[test]
fn one_word_for_all_bots_ejabberd() {
    one_word_for_all_bots(Kind::Ejabberd);
}
