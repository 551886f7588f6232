//! People with OMEMO devices of our own core, and their personal nodes on a server (XEP-0163, 0384), both simulated.

use std::collections::BTreeMap;

use botmother::omemo::{self, Bundle, Device, Encrypted, Entropy, Envelope, Recipient, Session, Version};
use botmother::xml::Element;
use botmother::xmpp::ns;
use botmother::xmpp::stanza::{IqKind, StanzaError};

use super::entropy;

/// The bot that they talk to.
pub const BOT: &str = "bot@example.org";
pub const LEGACY: Version = Version::Legacy;

pub fn with_entropy<T>(run: impl FnOnce(&mut Entropy<'_>) -> T) -> T {
    let mut fill = entropy;
    run(&mut Entropy::new(&mut fill))
}

/// A device of somebody, on our own core.
pub struct Phone {
    pub jid: &'static str,
    pub device: Device,
    pub session: Option<Session>,
    pub count: u32,
}

impl Phone {
    pub fn new(jid: &'static str, version: Version, id: u32) -> Phone {
        let device = with_entropy(|entropy| Device::new(version, id, &entropy.key(), 0, entropy));
        Phone { jid, device, session: None, count: 0 }
    }

    pub fn published(jid: &'static str, version: Version, id: u32, nodes: &mut Nodes) -> Phone {
        let phone = Phone::new(jid, version, id);
        phone.publish(nodes);
        phone
    }

    pub fn version(&self) -> Version {
        self.device.version()
    }

    /// Publishes bundle and list.
    pub fn publish(&self, nodes: &mut Nodes) {
        let version = self.version();
        let (node, item) = version.bundle_node(self.device.id());
        nodes.set(self.jid, &node, &item, self.device.bundle().build(version));
        let list = nodes.get(self.jid, version.devices_node());
        let list = omemo::add_device(version, list.as_ref(), self.device.id(), None);
        nodes.set(self.jid, version.devices_node(), "current", list);
    }

    /// The stanza of an encrypted message to the bot; a text, or nothing in an empty one.
    pub fn say(&mut self, nodes: &Nodes, text: Option<&str>) -> Element {
        self.say_to(nodes, (BOT, nodes.first_device(BOT, self.version())), text)
    }

    /// The same to a device of somebody.
    pub fn say_to(&mut self, nodes: &Nodes, (to, device): (&str, u32), text: Option<&str>) -> Element {
        let encrypted = self.encrypt(nodes, (to, device), text, None);
        self.count += 1;
        Element::new("message", ns::CLIENT)
            .with("from", &format!("{}/phone", self.jid))
            .with("to", to)
            .with("type", "chat")
            .with("id", &format!("p{}-{}", self.device.id(), self.count))
            .with_child(Element::new("body", ns::CLIENT).with_text("I sent you an OMEMO encrypted message"))
            .with_child(encrypted)
    }

    /// `<encrypted/>` for the bot, with an envelope for `room` where the version has one.
    pub fn seal(&mut self, nodes: &Nodes, text: &str, room: Option<&str>) -> Element {
        self.encrypt(nodes, (BOT, nodes.first_device(BOT, self.version())), Some(text), room)
    }

    fn encrypt(
        &mut self,
        nodes: &Nodes,
        (to, device): (&str, u32),
        text: Option<&str>,
        envelope_to: Option<&str>,
    ) -> Element {
        let version = self.version();
        let payload = text.map(|text| match version {
            Version::Legacy => text.to_string(),
            Version::Omemo2 => {
                let content = vec![Element::new("body", ns::CLIENT).with_text(text)];
                let (from, to) = (Some(self.jid.to_string()), envelope_to.map(str::to_string));
                with_entropy(|entropy| Envelope { content, from, to, time: None }.print(entropy))
            }
        });
        let bundle = nodes.bundle(to, version, device).expect("it has a bundle");
        let reach = match &self.session {
            Some(session) => omemo::Reach::Session(session),
            None => omemo::Reach::Bundle(&bundle, None),
        };
        let recipients = [Recipient { jid: to, device, reach }];
        let payload = payload.as_ref().map(String::as_bytes);
        let mut sealed = with_entropy(|entropy| omemo::encrypt(&self.device, payload, &recipients, entropy));
        self.session = Some(sealed.sessions.remove(0).unwrap());
        sealed.encrypted.build()
    }

    /// Decrypts what the bot has sent: the text; `None` in an empty message.
    pub fn hear(&mut self, stanza: &Element) -> Result<Option<String>, omemo::Error> {
        self.hear_from(BOT, stanza)
    }

    pub fn hear_from(&mut self, from: &str, stanza: &Element) -> Result<Option<String>, omemo::Error> {
        let (text, envelope) = self.decrypt(stanza)?;
        if let Some(envelope) = envelope {
            assert_eq!(envelope.from.as_deref(), Some(from));
        }
        Ok(text)
    }

    /// Decrypts what the bot has said in a room.
    pub fn hear_in(&mut self, room: &str, stanza: &Element) -> Result<Option<String>, omemo::Error> {
        let (text, envelope) = self.decrypt(stanza)?;
        if let Some(envelope) = envelope {
            assert_eq!((envelope.from.as_deref(), envelope.to.as_deref()), (Some(BOT), Some(room)));
        }
        Ok(text)
    }

    /// The same: the text, and what was around it.
    pub fn decrypt(&mut self, stanza: &Element) -> Result<(Option<String>, Option<Envelope>), omemo::Error> {
        let version = self.version();
        let element = stanza.find("encrypted", version.ns()).ok_or(omemo::Error::NotForUs)?;
        let encrypted = Encrypted::read(element, self.jid, self.device.id()).unwrap();
        let opened = omemo::decrypt(&self.device, &encrypted, self.session.as_ref())?;
        self.session = Some(opened.session);
        if let Some(prekey) = opened.prekey {
            self.device.mark_used(prekey);
        }
        let Some(payload) = opened.payload else { return Ok((None, None)) };
        Ok(match version {
            Version::Legacy => (Some(String::from_utf8(payload.to_vec()).unwrap()), None),
            Version::Omemo2 => {
                let envelope = Envelope::parse(&payload).unwrap();
                let body = envelope.content.iter().find(|child| child.is("body", ns::CLIENT)).unwrap().text();
                (Some(body), Some(envelope))
            }
        })
    }
}

/// The notice that somebody's list of devices is another one.
pub fn list_notice(of: &str, version: Version, list: Element) -> Element {
    let item = Element::new("item", ns::PUBSUB_EVENT).with("id", "current").with_child(list);
    let items = Element::new("items", ns::PUBSUB_EVENT).with("node", version.devices_node()).with_child(item);
    let event = Element::new("event", ns::PUBSUB_EVENT).with_child(items);
    Element::new("message", ns::CLIENT).with("from", of).with_child(event)
}

/// Personal nodes of everybody.
#[derive(Default)]
pub struct Nodes {
    pub items: BTreeMap<(String, String), Vec<(String, Element)>>,
    /// Nodes that cannot be read now.
    pub closed: Vec<String>,
    /// Type and condition of the error that says so; by default that we may not.
    pub refusal: Option<(&'static str, &'static str)>,
    /// Nothing is answered; it is up to the test to see to that.
    pub is_silent: bool,
    /// So many orders to publish are refused from now on, as ejabberd does under load.
    pub busy: usize,
    /// In the order of publishing.
    pub published: Vec<String>,
    /// In the order of asking.
    pub read: Vec<String>,
}

impl Nodes {
    pub fn set(&mut self, jid: &str, node: &str, item: &str, payload: Element) {
        let items = self.items.entry((jid.to_string(), node.to_string())).or_default();
        items.retain(|(id, _)| id != item);
        items.push((item.to_string(), payload));
    }

    pub fn get(&self, jid: &str, node: &str) -> Option<Element> {
        Some(self.items.get(&(jid.to_string(), node.to_string()))?.last()?.1.clone())
    }

    /// The devices on somebody's list; none if he has no list.
    pub fn devices(&self, jid: &str, version: Version) -> Vec<u32> {
        let list = self.get(jid, version.devices_node());
        list.map(|list| omemo::read_devices(version, &list)).unwrap_or_default()
    }

    pub fn first_device(&self, jid: &str, version: Version) -> u32 {
        *self.devices(jid, version).first().expect("a list with a device")
    }

    pub fn bundle(&self, jid: &str, version: Version, device: u32) -> Option<Bundle> {
        let (node, item) = version.bundle_node(device);
        let items = self.items.get(&(jid.to_string(), node))?;
        Bundle::read(version, &items.iter().find(|(id, _)| *id == item)?.1)
    }

    /// What the server says to a question or an order about nodes.
    pub fn answer(&mut self, to: &str, kind: IqKind, payload: &Element) -> Result<Option<Element>, StanzaError> {
        let none = || Err(StanzaError::new("cancel", "item-not-found"));
        if let (IqKind::Set, Some(publish)) = (kind, payload.find("publish", ns::PUBSUB)) {
            if self.busy > 0 {
                self.busy -= 1;
                return none();
            }
            let node = publish.attribute("node").unwrap();
            let item = publish.find("item", ns::PUBSUB).unwrap();
            self.published.push(node.to_string());
            self.set(to, node, item.attribute("id").unwrap(), item.children().next().unwrap().clone());
            return Ok(None);
        }
        if let (IqKind::Set, Some(retract)) = (kind, payload.find("retract", ns::PUBSUB)) {
            let node = retract.attribute("node").unwrap().to_string();
            let id = retract.find("item", ns::PUBSUB).unwrap().attribute("id").unwrap();
            self.items.entry((to.to_string(), node)).or_default().retain(|(known, _)| known != id);
            return Ok(None);
        }
        if let (IqKind::Set, Some(delete)) = (kind, payload.find("delete", ns::PUBSUB_OWNER)) {
            self.items.remove(&(to.to_string(), delete.attribute("node").unwrap().to_string()));
            return Ok(None);
        }
        let Some(items) = payload.find("items", ns::PUBSUB) else { return none() };
        let node = items.attribute("node").unwrap();
        self.read.push(node.to_string());
        if self.closed.iter().any(|closed| closed == node) {
            let (kind, condition) = self.refusal.unwrap_or(("auth", "forbidden"));
            return Err(StanzaError::new(kind, condition));
        }
        let Some(all) = self.items.get(&(to.to_string(), node.to_string())) else { return none() };
        let wanted: Vec<&str> = items.children().filter_map(|item| item.attribute("id")).collect();
        let mut out = Element::new("items", ns::PUBSUB).with("node", node);
        for (id, payload) in all.iter().filter(|(id, _)| wanted.is_empty() || wanted.contains(&id.as_str())) {
            out = out.with_child(Element::new("item", ns::PUBSUB).with("id", id).with_child(payload.clone()));
        }
        Ok(Some(Element::new("pubsub", ns::PUBSUB).with_child(out)))
    }
}
