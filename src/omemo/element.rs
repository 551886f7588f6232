//! `<encrypted/>`, bundles and device lists of both versions, to and from elements (XEP-0384 §5).
//!
//! What others publish is read with patience: base64 in lines, `true` or `1`, ids twice, unknown elements. A bundle is
//! checked for its signature only when a session begins with it.

use super::crypto::{self, PublicKey};
use super::version::{Identity, Version};
use crate::base::jid::Jid;
use crate::base::{limits, text};
use crate::xml::Element;

/// What a device publishes, so that others can begin sessions with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The identity key as on the wire, without its type byte.
    pub identity: PublicKey,
    /// The id of the signed prekey.
    pub signed_prekey_id: u32,
    /// The signed prekey.
    pub signed_prekey: PublicKey,
    /// Its signature by the identity key.
    pub signature: [u8; 64],
    /// The one-time prekeys with their ids.
    pub prekeys: Vec<(u32, PublicKey)>,
}

/// The names of a bundle's parts: signed prekey and its id, signature, identity key, one-time prekey and its id.
fn names(version: Version) -> [&'static str; 6] {
    match version {
        Version::Legacy => {
            ["signedPreKeyPublic", "signedPreKeyId", "signedPreKeySignature", "identityKey", "preKeyPublic", "preKeyId"]
        }
        Version::Omemo2 => ["spk", "id", "spks", "ik", "pk", "id"],
    }
}

impl Bundle {
    /// The identity key, if it is one.
    pub fn identity(&self, version: Version) -> Option<Identity> {
        Identity::read(version, &self.identity)
    }

    pub(super) fn is_signed(&self, version: Version) -> bool {
        let signed = version.print_key(&self.signed_prekey);
        match version {
            Version::Legacy => crypto::verify_montgomery(&self.identity, &signed, &self.signature),
            Version::Omemo2 => crypto::verify_edwards(&self.identity, &signed, &self.signature),
        }
    }

    /// The element to publish.
    pub fn build(&self, version: Version) -> Element {
        let ns = version.ns();
        let [signed, signed_id, signature, identity, prekey, prekey_id] = names(version);
        let mut prekeys = Element::new("prekeys", ns);
        for (id, key) in &self.prekeys {
            let text = text::base64(&version.print_key(key));
            prekeys = prekeys.with_child(Element::new(prekey, ns).with(prekey_id, &id.to_string()).with_text(&text));
        }
        Element::new("bundle", ns)
            .with_child(
                Element::new(signed, ns)
                    .with(signed_id, &self.signed_prekey_id.to_string())
                    .with_text(&text::base64(&version.print_key(&self.signed_prekey))),
            )
            .with_child(Element::new(signature, ns).with_text(&text::base64(&self.signature)))
            .with_child(Element::new(identity, ns).with_text(&text::base64(&version.print_key(&self.identity))))
            .with_child(prekeys)
    }

    /// Reads a bundle; `None` when a part is missing or no key. One-time prekeys that are none are left out, so there
    /// may be none at all: no session can begin with such a bundle.
    pub fn read(version: Version, element: &Element) -> Option<Bundle> {
        let ns = version.ns();
        if !element.is("bundle", ns) {
            return None;
        }
        let [signed, signed_id, signature, identity, prekey, prekey_id] = names(version);
        let signed = element.find(signed, ns)?;
        let identity = bytes_of(element.find(identity, ns)?)?;
        let prekeys = element.find("prekeys", ns)?.children().filter(|child| child.is(prekey, ns));
        Some(Bundle {
            identity: match version {
                Version::Legacy => version.read_key(&identity)?,
                Version::Omemo2 => identity.as_slice().try_into().ok()?,
            },
            signed_prekey_id: signed.attribute(signed_id)?.parse().ok()?,
            signed_prekey: version.read_key(&bytes_of(signed)?)?,
            signature: bytes_of(element.find(signature, ns)?)?.as_slice().try_into().ok()?,
            prekeys: prekeys
                .filter_map(|key| Some((key.attribute(prekey_id)?.parse().ok()?, version.read_key(&bytes_of(key)?)?)))
                .take(limits::OMEMO_BUNDLE_PREKEYS_MAX)
                .collect(),
        })
    }
}

fn list_name(version: Version) -> &'static str {
    match version {
        Version::Legacy => "list",
        Version::Omemo2 => "devices",
    }
}

fn device_id(version: Version, element: &Element) -> Option<u32> {
    let id = element.is("device", version.ns()).then(|| element.attribute("id"))??;
    id.trim().parse().ok().filter(|id| (1..=i32::MAX as u32).contains(id))
}

/// The ids of a device list, each once; what is no id is left out.
pub fn read_devices(version: Version, list: &Element) -> Vec<u32> {
    let mut ids = Vec::new();
    if list.is(list_name(version), version.ns()) {
        for id in list.children().filter_map(|child| device_id(version, child)) {
            if !ids.contains(&id) && ids.len() < limits::OMEMO_DEVICES_MAX {
                ids.push(id);
            }
        }
    }
    ids
}

/// The ids of the devices that call themselves so: OMEMO 2 only.
pub fn labelled_devices(list: &Element, label: &str) -> Vec<u32> {
    let devices = list.children().filter(|child| child.attribute("label") == Some(label));
    devices.filter_map(|child| device_id(Version::Omemo2, child)).take(limits::OMEMO_DEVICES_MAX).collect()
}

/// A device list with one device more, and the others with all that they say of themselves. `label` is shown to people
/// and exists in OMEMO 2 only.
pub fn add_device(version: Version, list: Option<&Element>, id: u32, label: Option<&str>) -> Element {
    let ns = version.ns();
    let mut seen = vec![id];
    let mut out = Element::new(list_name(version), ns);
    for child in list.into_iter().flat_map(Element::children) {
        if let Some(other) = device_id(version, child).filter(|other| !seen.contains(other)) {
            seen.push(other);
            out = out.with_child(child.clone());
        }
    }
    let mut own = Element::new("device", ns).with("id", &id.to_string());
    if let (Version::Omemo2, Some(label)) = (version, label) {
        own = own.with("label", label);
    }
    out.with_child(own)
}

/// A device list without one device.
pub fn remove_device(version: Version, list: &Element, id: u32) -> Element {
    let others = list.children().filter(|child| device_id(version, child).is_some_and(|other| other != id));
    others.fold(Element::new(list_name(version), version.ns()), |out, child| out.with_child(child.clone()))
}

/// The key of a message for one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    /// Whose device; 0.3 does not say.
    pub jid: Option<String>,
    /// The device's id.
    pub device: u32,
    /// Whether `data` is a key exchange.
    pub is_exchange: bool,
    /// The record of the ratchet.
    pub data: Vec<u8>,
}

/// An `<encrypted/>` as it stands in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// How it is written.
    pub version: Version,
    /// The device that sent it.
    pub sender: u32,
    /// The keys for the devices it is for. What is read holds only those for one device.
    pub keys: Vec<DeviceKey>,
    /// The nonce of the payload: 0.3 only.
    pub iv: Vec<u8>,
    /// What is sealed; nothing in an empty message.
    pub payload: Option<Vec<u8>>,
}

impl Encrypted {
    /// The `<encrypted/>` in a message: of the newer version, if there are two.
    pub fn find(message: &Element) -> Option<(Version, &Element)> {
        let newest_first = Version::ALL.into_iter().rev();
        newest_first.into_iter().find_map(|version| Some((version, message.find("encrypted", version.ns())?)))
    }

    /// Prints it.
    pub fn build(&self) -> Element {
        let ns = self.version.ns();
        let mut header = Element::new("header", ns).with("sid", &self.sender.to_string());
        match self.version {
            Version::Legacy => {
                header = self.keys.iter().fold(header, |header, key| header.with_child(self.build_key(key, "prekey")));
                header = header.with_child(Element::new("iv", ns).with_text(&text::base64(&self.iv)));
            }
            Version::Omemo2 => {
                let mut jids: Vec<&str> = self.keys.iter().filter_map(|key| key.jid.as_deref()).collect();
                jids.sort_unstable();
                jids.dedup();
                for jid in jids {
                    let keys = self.keys.iter().filter(|key| key.jid.as_deref() == Some(jid));
                    let group = Element::new("keys", ns).with("jid", jid);
                    header =
                        header.with_child(keys.fold(group, |group, key| group.with_child(self.build_key(key, "kex"))));
                }
            }
        }
        let out = Element::new("encrypted", ns).with_child(header);
        match &self.payload {
            Some(payload) => out.with_child(Element::new("payload", ns).with_text(&text::base64(payload))),
            None => out,
        }
    }

    fn build_key(&self, key: &DeviceKey, flag: &'static str) -> Element {
        let element = Element::new("key", self.version.ns()).with("rid", &key.device.to_string());
        let element = if key.is_exchange { element.with(flag, "true") } else { element };
        element.with_text(&text::base64(&key.data))
    }

    /// Reads it for the device `device` of the account `jid`, a normalised bare address; `None` when it is malformed.
    /// Keys for others are left out, so there may be none.
    pub fn read(element: &Element, jid: &str, device: u32) -> Option<Encrypted> {
        let version = Version::ALL.into_iter().find(|version| element.is("encrypted", version.ns()))?;
        let ns = version.ns();
        let header = element.find("header", ns)?;
        let is_ours = |group: &&Element| {
            let to = group.attribute("jid").and_then(|to| Jid::parse(to).ok());
            group.is("keys", ns) && to.is_some_and(|to| to.as_str() == jid)
        };
        let (groups, flag): (Vec<&Element>, _) = match version {
            Version::Legacy => (vec![header], "prekey"),
            Version::Omemo2 => (header.children().filter(is_ours).collect(), "kex"),
        };
        let keys = groups.into_iter().flat_map(Element::children).filter(|key| key.is("key", ns));
        let iv = match version {
            Version::Legacy => bytes_of(header.find("iv", ns)?)?,
            Version::Omemo2 => Vec::new(),
        };
        Some(Encrypted {
            version,
            sender: header.attribute("sid")?.trim().parse().ok().filter(|sid| *sid != 0)?,
            keys: keys
                .filter(|key| key.attribute("rid").and_then(|rid| rid.trim().parse().ok()) == Some(device))
                .filter_map(|key| {
                    Some(DeviceKey {
                        jid: (version == Version::Omemo2).then(|| jid.to_string()),
                        device,
                        is_exchange: matches!(key.attribute(flag), Some("true" | "1")),
                        data: bytes_of(key).filter(|data| data.len() <= limits::OMEMO_KEY_BYTES_MAX)?,
                    })
                })
                .take(limits::OMEMO_KEYS_MAX)
                .collect(),
            iv,
            payload: match element.find("payload", ns) {
                Some(payload) => Some(bytes_of(payload)?),
                None => None,
            },
        })
    }
}

/// The base64 in an element; old clients break it into lines.
fn bytes_of(element: &Element) -> Option<Vec<u8>> {
    let mut text = element.text();
    text.retain(|c| !c.is_ascii_whitespace());
    text::unbase64(&text)
}

#[cfg(test)]
mod tests;
