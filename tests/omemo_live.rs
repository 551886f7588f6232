//! OMEMO with real servers: what a bot publishes can be fetched, what it sends be read, in both versions. The other side
//! is our own core behind a client that only carries stanzas; other implementations have tests of their own.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::{Duration, Instant};

use botmother::base::crypto::random;
use botmother::omemo::{self, Bundle, Device, Encrypted, Entropy, Envelope, Reach, Recipient, Session, Version};
use botmother::xml::{Element, Namespaces};
use botmother::xmpp::ns;
use botmother::xmpp::pubsub::{self, Options};
use support::daemon::Daemon;
use support::http::Json;
use support::peer::{Login, Peer};
use support::server::{Kind, Server};

const SOON: Duration = Duration::from_secs(20);

fn with_entropy<T>(run: impl FnOnce(&mut Entropy<'_>) -> T) -> T {
    let mut fill = random;
    run(&mut Entropy::new(&mut fill))
}

fn parse(xml: &str) -> Element {
    Element::parse(xml, &Namespaces::default_is(ns::CLIENT)).unwrap_or_else(|error| panic!("{error:?}: {xml}"))
}

/// A client of the owner with a device of our core.
struct Phone {
    peer: Peer,
    jid: String,
    bot: String,
    device: Device,
    session: Option<Session>,
    count: u32,
}

impl Phone {
    fn new(server: &Server, version: Version) -> Phone {
        let peer = Peer::login_with(server, "owner", "pw", "phone", &Login::default());
        let device = with_entropy(|entropy| Device::new(version, 77, &entropy.key(), 0, entropy));
        let mut phone =
            Phone { peer, jid: server.jid("owner"), bot: server.jid("bot"), device, session: None, count: 0 };
        let (node, item) = version.bundle_node(77);
        phone.publish(&node, &item, phone.device.bundle().build(version));
        phone.publish(version.devices_node(), "current", omemo::add_device(version, None, 77, None));
        phone
    }

    fn iq(&mut self, kind: &str, to: &str, payload: &Element) -> Element {
        self.count += 1;
        let id = format!("iq{}", self.count);
        self.peer.raw(&format!("<iq type='{kind}' id='{id}' to='{to}'>{}</iq>", payload.print(ns::CLIENT)));
        parse(&self.peer.expect_iq(SOON, &id).xml)
    }

    fn publish(&mut self, node: &str, item: &str, payload: Element) {
        let order = pubsub::build_publish(node, Some(item), payload, Some(&Options::OPEN));
        let own = self.jid.clone();
        let answer = self.iq("set", &own, &order);
        assert_eq!(answer.attribute("type"), Some("result"), "{answer:?}");
    }

    fn items(&mut self, node: &str, ids: &[&str]) -> Option<Element> {
        let bot = self.bot.clone();
        let answer = self.iq("get", &bot, &pubsub::build_items(node, ids, None));
        let items = pubsub::read_items(answer.find("pubsub", ns::PUBSUB)?)?;
        items.items.last()?.payload.cloned()
    }

    /// The bot's device and bundle, once they are there.
    fn bundle(&mut self) -> (u32, Bundle) {
        let (version, begun) = (self.device.version(), Instant::now());
        loop {
            let list = self.items(version.devices_node(), &[]);
            let ids = list.map(|list| omemo::read_devices(version, &list)).unwrap_or_default();
            if let Some(id) = ids.first() {
                let (node, item) = version.bundle_node(*id);
                let bundle = self.items(&node, &[&item]).expect("published before the list");
                return (*id, Bundle::read(version, &bundle).expect("a bundle"));
            }
            assert!(begun.elapsed() < SOON, "the bot announces no device");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn say(&mut self, text: &str) {
        let version = self.device.version();
        let payload = match version {
            Version::Legacy => text.to_string(),
            Version::Omemo2 => {
                let content = vec![Element::new("body", ns::CLIENT).with_text(text)];
                let envelope = Envelope { content, from: Some(self.jid.clone()), to: None, time: None };
                with_entropy(|entropy| envelope.print(entropy))
            }
        };
        let (id, bundle) = self.bundle();
        let reach = self.session.as_ref().map_or(Reach::Bundle(&bundle, None), Reach::Session);
        let to = [Recipient { jid: &self.bot, device: id, reach }];
        let mut sealed = with_entropy(|entropy| omemo::encrypt(&self.device, Some(payload.as_bytes()), &to, entropy));
        self.session = Some(sealed.sessions.remove(0).expect("a session"));
        self.count += 1;
        let stanza = Element::new("message", ns::CLIENT)
            .with("to", &self.bot)
            .with("type", "chat")
            .with("id", &format!("m{}", self.count))
            .with_child(Element::new("body", ns::CLIENT).with_text("OMEMO"))
            .with_child(sealed.encrypted.build())
            .with_child(Element::new("store", ns::HINTS));
        self.peer.raw(&stanza.print(""));
    }

    fn hear(&mut self) -> String {
        let version = self.device.version();
        let message = self.peer.expect(SOON, |message| message.xml.contains("<encrypted"));
        let stanza = parse(&message.xml);
        let element = stanza.find("encrypted", version.ns()).expect("in this version");
        let encrypted = Encrypted::read(element, &self.jid, 77).expect("readable");
        let opened = omemo::decrypt(&self.device, &encrypted, self.session.as_ref()).expect("decrypted");
        self.session = Some(opened.session);
        let payload = opened.payload.map(|payload| payload.to_vec()).unwrap_or_default();
        match version {
            Version::Legacy => String::from_utf8(payload).unwrap(),
            Version::Omemo2 => {
                let envelope = Envelope::parse(&payload).expect("an envelope");
                envelope.content.iter().find(|child| child.is("body", ns::CLIENT)).expect("a body").text()
            }
        }
    }
}

fn say(daemon: &Daemon, token: &str, to: &str, text: &str) -> Json {
    let body = format!(r#"{{"to":"{to}","text":"{text}"}}"#);
    daemon.http().post("/bot/sendMessage", Some(token), &body).ok()
}

/// Waits until the bot's program has got this text.
fn wait_heard(daemon: &Daemon, token: &str, text: &str) {
    let begun = Instant::now();
    loop {
        let updates = daemon.http().get("/bot/getUpdates", Some(token)).ok().at("result").list();
        let is_it = |data: Json| data.at("body").text() == text && data.at("encrypted").truth();
        if updates.iter().any(|update| is_it(update.at("data"))) {
            return;
        }
        assert!(begun.elapsed() < SOON, "never heard {text}\n{}", daemon.log_text());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_bot_and_its_owner_talk_encrypted() {
    for kind in Kind::ALL {
        for version in Version::ALL {
            let Some(server) = Server::start(kind) else { return };
            for user in ["owner", "keeper", "bot"] {
                server.add_user(user, "pw");
            }
            let config = "[api]\nrate_limit = 0\n[omemo]\ndefault = \"required\"\n";
            let mut daemon = Daemon::with_account(&server, "keeper", "pw", server.c2s_port, config);
            daemon.wait_online(1, SOON);
            let (owner, bot) = (server.jid("owner"), server.jid("bot"));
            let mut phone = Phone::new(&server, version);
            let body =
                format!(r#"{{"name":"Bot","account":"{owner}","mode":"dedicated","jid":"{bot}","password":"pw"}}"#);
            let token = daemon.http().post("/bot/create", None, &body).ok().at("token").text();

            phone.say("Grüße 🦀");
            wait_heard(&daemon, &token, "Grüße 🦀");
            assert!(say(&daemon, &token, &owner, "eins").at("encrypted").truth());
            assert_eq!(phone.hear(), "eins");

            // Its owner compares, and decides in the same chat.
            let status = daemon.http().get("/bot/omemo/status", Some(&token)).ok();
            phone.say("/omemo");
            assert!(phone.hear().contains(&status.at("fingerprint").text()));
            phone.say("/omemo trust 77");
            assert!(phone.hear().contains("Trusted from now on"));
            let devices = daemon.http().get("/bot/omemo/devices", Some(&token)).ok();
            let devices = devices.at("devices").list();
            assert!(devices.len() == 1 && devices[0].at("verified").truth(), "{kind:?} {version:?}");

            daemon.kill();
            daemon.start_again();
            say(&daemon, &token, &owner, "zwei");
            assert_eq!(phone.hear(), "zwei");
            phone.say("still there");
            wait_heard(&daemon, &token, "still there");

            phone.peer.send(&bot, "/info");
            let hint = phone.peer.expect(SOON, |message| message.kind == "chat" && !message.xml.contains("<encrypted"));
            assert!(hint.xml.contains("OMEMO"), "{}", hint.xml);
            let log = daemon.log_text();
            assert!(!log.contains("was not published"), "{kind:?} {version:?}: {log}");
        }
    }
}
