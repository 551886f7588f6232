//! Presence (RFC 6121 §3 and §4): ours, with entity capabilities (XEP-0115), the picture's hash (XEP-0153) and the
//! nickname (XEP-0172); that of others; and the requests by which both come about.
//!
//! Who may speak to a bot is settled elsewhere, and requests to an owner's account are the owner's to answer. What a
//! room says of its occupants ([`Presence::is_from_room`]) is in the same stanza and read by whoever knows rooms.

use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::text::shorten;
use crate::xml::Element;
use crate::xmpp::stanza::StanzaError;
use crate::xmpp::{disco, ns};

/// Type of a presence (RFC 6121 §4.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresenceKind {
    /// The resource is there: no type.
    Available,
    /// It has gone.
    Unavailable,
    /// Asks to see our presence.
    Subscribe,
    /// Lets us see his.
    Subscribed,
    /// Does not want to see ours any more.
    Unsubscribe,
    /// Does not let us see his, any more.
    Unsubscribed,
    /// A server asks for it.
    Probe,
    /// What we sent was refused.
    Error,
}

const KINDS: [(PresenceKind, Option<&str>); 8] = [
    (PresenceKind::Available, None),
    (PresenceKind::Unavailable, Some("unavailable")),
    (PresenceKind::Subscribe, Some("subscribe")),
    (PresenceKind::Subscribed, Some("subscribed")),
    (PresenceKind::Unsubscribe, Some("unsubscribe")),
    (PresenceKind::Unsubscribed, Some("unsubscribed")),
    (PresenceKind::Probe, Some("probe")),
    (PresenceKind::Error, Some("error")),
];

/// How somebody is available (RFC 6121 §4.7.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Not at the device.
    Away,
    /// Likes to talk.
    Chat,
    /// Does not want to be disturbed.
    Dnd,
    /// Away for long.
    Xa,
}

const SHOWS: [(Show, &str); 4] = [(Show::Away, "away"), (Show::Chat, "chat"), (Show::Dnd, "dnd"), (Show::Xa, "xa")];

/// `<c/>` of XEP-0115 §4: a promise what the resource can do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caps {
    /// Name of the hash function, such as `sha-1`.
    pub hash: String,
    /// The software.
    pub node: String,
    /// The hash. The whole answer can be asked for at the node `node#ver`.
    pub ver: String,
}

/// What presence says of the picture in the vCard (XEP-0153 §4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Photo {
    /// Nothing known yet.
    NotReady,
    /// There is none.
    None,
    /// SHA-1 of its bytes, lower-case hex.
    Sha1(String),
}

/// Presence of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Its type.
    pub kind: PresenceKind,
    /// Whose; `None` from our own server for our account.
    pub from: Option<Jid>,
    /// To whom.
    pub to: Option<Jid>,
    /// The `id` attribute.
    pub id: Option<String>,
    /// How available; `None` is simply available.
    pub show: Option<Show>,
    /// Words for people.
    pub status: Option<String>,
    /// Which resource comes first.
    pub priority: i8,
    /// What it can do.
    pub caps: Option<Caps>,
    /// Its picture, where it says something of it.
    pub photo: Option<Photo>,
    /// What somebody calls himself. Anybody may choose any name.
    pub nick: Option<String>,
    /// It has what a room says of an occupant (XEP-0045 §7.2).
    pub is_from_room: bool,
    /// Why we were refused.
    pub error: Option<StanzaError>,
}

impl Presence {
    /// Reads a `<presence/>`; `None` when the type is unknown or an address is broken. What else is wrong inside
    /// counts as not being there.
    pub fn read(stanza: &Element) -> Option<Presence> {
        let (kind, _) = KINDS.iter().find(|(_, name)| *name == stanza.attribute("type"))?;
        let jid = |name| stanza.attribute(name).map(Jid::parse).transpose().ok();
        let text = |name, ns, max| stanza.text_of(name, ns).map(|text: String| shorten(text.trim(), max));
        let show = stanza.text_of("show", ns::CLIENT);
        let show = show.and_then(|show| SHOWS.iter().find(|(_, name)| *name == show.trim()).map(|(show, _)| *show));
        let priority = stanza.text_of("priority", ns::CLIENT).and_then(|text| text.trim().parse().ok());
        let nick = text("nick", ns::NICK, limits::NICK_BYTES_MAX);
        Some(Presence {
            kind: *kind,
            from: jid("from")?,
            to: jid("to")?,
            id: stanza.attribute("id").map(Into::into),
            show,
            status: text("status", ns::CLIENT, limits::STATUS_BYTES_MAX).filter(|status| !status.is_empty()),
            priority: priority.unwrap_or(0),
            caps: stanza.find("c", ns::CAPS).and_then(Caps::read),
            photo: stanza.find("x", ns::VCARD_UPDATE).and_then(Photo::read),
            nick: nick.filter(|nick| !nick.is_empty()),
            is_from_room: stanza.find("x", ns::MUC_USER).is_some(),
            error: (*kind == PresenceKind::Error).then(|| StanzaError::read(stanza)),
        })
    }
}

impl Caps {
    /// Reads `<c/>`; `None` in the form before XEP-0115 1.4, which had no hash.
    pub fn read(c: &Element) -> Option<Caps> {
        let text = |name| c.attribute(name).filter(|text| !text.is_empty()).map(Into::into);
        Some(Caps { hash: text("hash")?, node: text("node")?, ver: text("ver")? })
    }
}

impl Photo {
    fn read(x: &Element) -> Option<Photo> {
        let Some(hash) = x.text_of("photo", ns::VCARD_UPDATE) else { return Some(Photo::NotReady) };
        match hash.trim() {
            "" => Some(Photo::None),
            hash if hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Some(Photo::Sha1(hash.to_ascii_lowercase()))
            }
            _ => None,
        }
    }

    fn build(&self) -> Element {
        let x = Element::new("x", ns::VCARD_UPDATE);
        let photo = Element::new("photo", ns::VCARD_UPDATE);
        match self {
            Photo::NotReady => x,
            Photo::None => x.with_child(photo),
            Photo::Sha1(hash) => x.with_child(photo.with_text(hash)),
        }
    }
}

/// Our presence.
#[derive(Clone, Debug)]
pub struct Available<'a> {
    /// To one party only (RFC 6121 §4.6); else to all who may see it.
    pub to: Option<&'a Jid>,
    /// Which resource comes first (RFC 6121 §4.7.2.3).
    pub priority: i8,
    /// How available.
    pub show: Option<Show>,
    /// Words for people.
    pub status: Option<&'a str>,
    /// `<c/>` of [`disco::Own::build_caps`].
    pub caps: Element,
    /// Our picture.
    pub photo: Option<Photo>,
    /// What we call ourselves.
    pub nick: Option<&'a str>,
}

impl Available<'_> {
    /// Available with this priority and nothing else.
    pub fn new(priority: i8) -> Available<'static> {
        Available { to: None, priority, show: None, status: None, caps: disco::build_caps(), photo: None, nick: None }
    }

    /// The stanza as XML text.
    pub fn print(&self) -> String {
        let mut presence = Element::new("presence", ns::CLIENT);
        if let Some(to) = self.to {
            presence = presence.with("to", to.as_str());
        }
        let child = |name| Element::new(name, ns::CLIENT);
        if let Some(show) = self.show {
            let name = SHOWS.iter().find(|(known, _)| *known == show).map_or("", |(_, name)| name);
            presence = presence.with_child(child("show").with_text(name));
        }
        if let Some(status) = self.status {
            presence = presence.with_child(child("status").with_text(status));
        }
        presence =
            presence.with_child(child("priority").with_text(&self.priority.to_string())).with_child(self.caps.clone());
        if let Some(photo) = &self.photo {
            presence = presence.with_child(photo.build());
        }
        match self.nick {
            Some(nick) => presence.with_child(build_nick(nick)),
            None => presence,
        }
        .print(ns::CLIENT)
    }
}

/// Available, with a priority (RFC 6121 §4.7.2.3).
pub fn print_available(priority: i8) -> String {
    Available::new(priority).print()
}

/// Gone: the resource says goodbye.
pub const UNAVAILABLE: &str = "<presence type='unavailable'/>";

/// Asks to see somebody's presence (RFC 6121 §3.1.1), saying who we are (XEP-0172 §4.2).
pub fn print_subscribe(to: &BareJid, nick: Option<&str>, status: Option<&str>) -> String {
    let mut presence = build_request(to, PresenceKind::Subscribe);
    if let Some(status) = status {
        presence = presence.with_child(Element::new("status", ns::CLIENT).with_text(status));
    }
    if let Some(nick) = nick {
        presence = presence.with_child(build_nick(nick));
    }
    presence.print(ns::CLIENT)
}

/// Lets somebody see our presence (RFC 6121 §3.1.4); without a request of his it approves one in advance (§3.4), where
/// [`offers_pre_approval`](crate::xmpp::roster::offers_pre_approval).
pub fn print_subscribed(to: &BareJid) -> String {
    build_request(to, PresenceKind::Subscribed).print(ns::CLIENT)
}

/// We do not want to see somebody's presence any more (RFC 6121 §3.3.1).
pub fn print_unsubscribe(to: &BareJid) -> String {
    build_request(to, PresenceKind::Unsubscribe).print(ns::CLIENT)
}

/// Does not let somebody see our presence, any more (RFC 6121 §3.2.1 and §3.1.4).
pub fn print_unsubscribed(to: &BareJid) -> String {
    build_request(to, PresenceKind::Unsubscribed).print(ns::CLIENT)
}

fn build_request(to: &BareJid, kind: PresenceKind) -> Element {
    let name = KINDS.iter().find(|(known, _)| *known == kind).and_then(|(_, name)| *name);
    Element::new("presence", ns::CLIENT).with("to", to.as_str()).with("type", name.unwrap_or("error"))
}

/// `<nick/>` of XEP-0172: in requests and messages, and as the item of its node.
pub fn build_nick(nick: &str) -> Element {
    Element::new("nick", ns::NICK).with_text(nick)
}

#[cfg(test)]
mod tests;
