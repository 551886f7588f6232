//! XEP-0030, service discovery: who we are and what we can, for whoever asks, and what others say of themselves; and
//! XEP-0115, the hash of it in presence.
//!
//! [`Own`] is our own answer, with the features of the parts that are switched on; [`Info`] and [`DiscoItem`] are what
//! others answer. Services of a server are found by asking it for its items and each item what it is ([`Info::offers`]).

use crate::base::crypto::{Hash, digest};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::base::text::base64;
use crate::xml::Element;
use crate::xmpp::dataform::{FieldKind, Form};
use crate::xmpp::ns;
use crate::xmpp::presence::Caps;
use crate::xmpp::stanza::StanzaError;

/// XEP-0115 §4: names the software, not the instance.
const NODE: &str = "urn:botmother";
const CATEGORY: &str = "client";
const TYPE: &str = "bot";
const NAME: &str = "Botmother";
/// What we answer to in any case.
const FEATURES: [&str; 6] = [ns::CAPS, ns::DISCO_INFO, ns::DISCO_ITEMS, ns::COMMANDS, ns::VERSION, ns::PING];

/// What an entity is (XEP-0030 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Such as `conference`.
    pub category: String,
    /// Such as `text`.
    pub kind: String,
    /// The language of the name; mostly empty.
    pub lang: String,
    /// What people read; may be empty.
    pub name: String,
}

/// What an entity is and can do.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Info {
    /// The node asked about.
    pub node: Option<String>,
    /// What it is.
    pub identities: Vec<Identity>,
    /// What it can do.
    pub features: Vec<String>,
    /// More about it (XEP-0128).
    pub forms: Vec<Form>,
}

/// Something that belongs to an entity (XEP-0030 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoItem {
    /// Its address.
    pub jid: Jid,
    /// A node there.
    pub node: Option<String>,
    /// What people read.
    pub name: Option<String>,
}

/// Services that we look for at a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Rooms (XEP-0045).
    Rooms,
    /// Upload of files (XEP-0363).
    Upload,
}

/// The question for what somebody can do.
pub fn build_query() -> Element {
    Element::new("query", ns::DISCO_INFO)
}

/// The question for what belongs to somebody: a server's services.
pub fn build_items_query() -> Element {
    Element::new("query", ns::DISCO_ITEMS)
}

/// Whether an answer lists the feature.
pub fn has_feature(answer: &Element, feature: &str) -> bool {
    answer.children().any(|child| child.is("feature", ns::DISCO_INFO) && child.attribute("var") == Some(feature))
}

/// `<c/>` for our presence, with no more than the features that are always there.
pub fn build_caps() -> Element {
    Own::new(&[]).build_caps()
}

/// Reads the answer to [`build_items_query`]: those with an address, no more than [`limits::SERVICES_MAX`].
pub fn read_items(query: &Element) -> Vec<DiscoItem> {
    let items = query.children().filter(|child| child.is("item", ns::DISCO_ITEMS));
    let items = items.filter_map(|item| {
        let text = |name| item.attribute(name).filter(|text: &&str| !text.is_empty()).map(Into::into);
        Some(DiscoItem { jid: Jid::parse(item.attribute("jid")?).ok()?, node: text("node"), name: text("name") })
    });
    items.take(limits::SERVICES_MAX).collect()
}

/// What we say about ourselves.
#[derive(Clone, Debug)]
pub struct Own {
    info: Info,
    hash: String,
}

impl Own {
    /// What we are, with these features beside those that are always there. A feature with `+notify` at its end asks
    /// for notifications of that node (XEP-0163 §4.3).
    pub fn new(features: &[&str]) -> Own {
        let mut all: Vec<String> = FEATURES.iter().chain(features).map(|feature| feature.to_string()).collect();
        all.sort();
        all.dedup();
        let info = Info { identities: vec![Identity::new(CATEGORY, TYPE, NAME)], features: all, ..Info::default() };
        let hash = info.hash(Hash::Sha1);
        Own { info, hash }
    }

    /// Answers a question about us. There are no nodes but the one in our capabilities; those of commands the caller
    /// answers himself.
    pub fn answer(&self, query: &Element) -> Result<Element, StanzaError> {
        let node = query.attribute("node");
        if node.is_some_and(|node| node != format!("{NODE}#{}", self.hash)) {
            return Err(StanzaError::new("cancel", "item-not-found"));
        }
        Ok(Info { node: node.map(Into::into), ..self.info.clone() }.build())
    }

    /// `<c/>` for our presence (XEP-0115 §4).
    pub fn build_caps(&self) -> Element {
        Element::new("c", ns::CAPS).with("hash", "sha-1").with("node", NODE).with("ver", &self.hash)
    }
}

impl Identity {
    /// An identity whose name is in no particular language.
    pub fn new(category: &str, kind: &str, name: &str) -> Identity {
        Identity { category: category.into(), kind: kind.into(), lang: String::new(), name: name.into() }
    }
}

impl Info {
    /// Reads an answer; `None` when it is none. Forms that are broken are left out.
    pub fn read(query: &Element) -> Option<Info> {
        if !query.is("query", ns::DISCO_INFO) {
            return None;
        }
        let mut info = Info { node: query.attribute("node").map(Into::into), ..Info::default() };
        for child in query.children() {
            let text = |name| child.attribute(name).unwrap_or_default().to_string();
            match (child.name(), child.ns()) {
                ("identity", ns::DISCO_INFO) => info.identities.push(Identity {
                    category: text("category"),
                    kind: text("type"),
                    lang: text("xml:lang"),
                    name: text("name"),
                }),
                ("feature", ns::DISCO_INFO) => info.features.push(text("var")),
                ("x", ns::DATA) if info.forms.len() < limits::DISCO_FORMS_MAX => info.forms.extend(Form::read(child)),
                _ => {}
            }
        }
        Some(info)
    }

    /// The answer as an element.
    pub fn build(&self) -> Element {
        let mut query = build_query();
        if let Some(node) = &self.node {
            query = query.with("node", node);
        }
        for identity in &self.identities {
            let mut child = Element::new("identity", ns::DISCO_INFO)
                .with("category", &identity.category)
                .with("type", &identity.kind);
            for (name, value) in [("xml:lang", &identity.lang), ("name", &identity.name)] {
                if !value.is_empty() {
                    child = child.with(name, value);
                }
            }
            query = query.with_child(child);
        }
        for feature in &self.features {
            query = query.with_child(Element::new("feature", ns::DISCO_INFO).with("var", feature));
        }
        self.forms.iter().fold(query, |query, form| query.with_child(form.build()))
    }

    /// Whether it can do this.
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }

    /// Whether it is this.
    pub fn is(&self, category: &str, kind: &str) -> bool {
        self.identities.iter().any(|identity| identity.category == category && identity.kind == kind)
    }

    /// The form of that purpose.
    pub fn form(&self, form_type: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.form_type() == Some(form_type))
    }

    /// Whether it is the service looked for.
    pub fn offers(&self, service: Service) -> bool {
        match service {
            // Gateways to IRC have rooms too, with another type; a room itself has the same identity, but an address
            // with a localpart, and is no item of a server.
            Service::Rooms => self.is("conference", "text") && self.has(ns::MUC),
            Service::Upload => self.has(ns::UPLOAD),
        }
    }

    /// The verification string (XEP-0115 §5.1).
    pub fn hash(&self, hash: Hash) -> String {
        let mut text = String::new();
        let mut identities: Vec<&Identity> = self.identities.iter().collect();
        identities.sort();
        for identity in identities {
            for part in [&identity.category, "/", &identity.kind, "/", &identity.lang, "/", &identity.name, "<"] {
                text.push_str(part);
            }
        }
        push_sorted(&mut text, self.features.iter().map(String::as_str));
        // XEP-0115 §5.4: a form whose FORM_TYPE is not hidden does not count.
        let is_typed = |form: &&Form| form.field("FORM_TYPE").is_some_and(|field| field.kind == FieldKind::Hidden);
        let mut forms: Vec<&Form> = self.forms.iter().filter(is_typed).collect();
        forms.sort_by_key(|form| form.form_type());
        for form in forms {
            push_sorted(&mut text, form.form_type());
            let mut fields: Vec<_> = form.fields.iter().collect();
            fields.sort_by_key(|field| field.var.as_deref());
            for field in fields.into_iter().filter(|field| field.var.as_deref() != Some("FORM_TYPE")) {
                push_sorted(&mut text, field.var.as_deref());
                push_sorted(&mut text, field.values.iter().map(String::as_str));
            }
        }
        base64(&digest(hash, text.as_bytes()))
    }

    /// Whether this is what somebody's presence promised; only then may it be kept for all who promise the same
    /// (XEP-0115 §5.4).
    pub fn verifies(&self, caps: &Caps) -> bool {
        let hash = match caps.hash.as_str() {
            "sha-1" => Hash::Sha1,
            "sha-256" => Hash::Sha256,
            "sha-512" => Hash::Sha512,
            _ => return false,
        };
        let mut identities: Vec<_> = self.identities.iter().map(|i| (&i.category, &i.kind, &i.lang)).collect();
        let mut features: Vec<_> = self.features.iter().collect();
        let mut types: Vec<_> = self.forms.iter().filter_map(Form::form_type).collect();
        !has_twins(&mut identities)
            && !has_twins(&mut features)
            && !has_twins(&mut types)
            && self.hash(hash) == caps.ver
    }
}

fn push_sorted<'a>(out: &mut String, texts: impl IntoIterator<Item = &'a str>) {
    let mut texts: Vec<&str> = texts.into_iter().collect();
    texts.sort_unstable();
    for text in texts {
        out.push_str(text);
        out.push('<');
    }
}

fn has_twins<T: Ord>(all: &mut Vec<T>) -> bool {
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    all.len() != count
}

#[cfg(test)]
mod tests;
