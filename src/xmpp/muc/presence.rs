//! Presence in a room (XEP-0045 §7): what we send to enter, to leave and to change the nick, and what comes back:
//! occupants with their privileges, status codes, reasons, refusals. Occupant ids are XEP-0421.

use super::{code, read_codes, read_occupant_id, words};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::time::to_rfc3339;
use crate::xml::Element;
use crate::xmpp::stanza::StanzaError;
use crate::xmpp::{disco, ns};

/// How much of what was said before we want to be told on entering (XEP-0045 §7.2.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Nothing.
    Nothing,
    /// What was said since then (milliseconds since 1970), at most [`limits::ROOM_HISTORY_MAX`] messages.
    Since(i64),
}

/// Asks to enter as `occupant`, the room with the nick. An error comes back with `id`.
pub fn build_join(occupant: &Jid, id: &str, password: Option<&Secret>, history: History) -> Element {
    let mut x = Element::new("x", ns::MUC);
    let max = |stanzas: usize| Element::new("history", ns::MUC).with("maxstanzas", &stanzas.to_string());
    x = x.with_child(match history {
        History::Nothing => max(0),
        History::Since(unix_ms) => max(limits::ROOM_HISTORY_MAX).with("since", &to_rfc3339(unix_ms)),
    });
    if let Some(password) = password {
        x = x.with_child(Element::new("password", ns::MUC).with_text(password.expose()));
    }
    to(occupant).with("id", id).with_child(x).with_child(disco::build_caps())
}

/// Asks for the nick of `occupant` (XEP-0045 §7.6). An error comes back with `id`.
pub fn build_nick(occupant: &Jid, id: &str) -> Element {
    to(occupant).with("id", id).with_child(disco::build_caps())
}

/// Leaves the room as `occupant` (XEP-0045 §7.14).
pub fn build_leave(occupant: &Jid) -> Element {
    to(occupant).with("type", "unavailable")
}

fn to(occupant: &Jid) -> Element {
    Element::new("presence", ns::CLIENT).with("to", occupant.as_str())
}

/// A long-lived relation to a room (XEP-0045 §5.2), least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Affiliation {
    /// Banned.
    Outcast,
    /// None at all.
    #[default]
    None,
    /// On the list of members.
    Member,
    /// May ban, and name members and moderators.
    Admin,
    /// May do everything.
    Owner,
}

impl Affiliation {
    const ALL: [Affiliation; 5] =
        [Affiliation::Outcast, Affiliation::None, Affiliation::Member, Affiliation::Admin, Affiliation::Owner];

    /// As spelled in stanzas.
    pub fn as_str(self) -> &'static str {
        match self {
            Affiliation::Outcast => "outcast",
            Affiliation::None => "none",
            Affiliation::Member => "member",
            Affiliation::Admin => "admin",
            Affiliation::Owner => "owner",
        }
    }

    /// Reads the spelling; what is missing or unknown is none.
    pub fn of(text: Option<&str>) -> Affiliation {
        let found = Affiliation::ALL.into_iter().find(|affiliation| Some(affiliation.as_str()) == text);
        found.unwrap_or_default()
    }
}

/// What an occupant may do during this stay (XEP-0045 §5.1), least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Not in the room.
    #[default]
    None,
    /// May only listen, where the room is moderated.
    Visitor,
    /// May speak.
    Participant,
    /// May also kick and give voice.
    Moderator,
}

/// Somebody in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occupant {
    /// The relation to the room.
    pub affiliation: Affiliation,
    /// What is allowed during this stay.
    pub role: Role,
    /// Who it really is, if we may see that.
    pub real_jid: Option<Jid>,
    /// XEP-0421. Counts only where the room advertises it; [`Room::occupant_id`](super::room::Room::occupant_id) knows.
    pub(super) id: Option<String>,
}

impl Occupant {
    /// What it takes in memory, nearly.
    pub(super) fn bytes(&self) -> usize {
        let jid = self.real_jid.as_ref().map_or(0, |jid| jid.as_str().len());
        limits::OCCUPANT_BYTES + jid + self.id.as_ref().map_or(0, String::len)
    }
}

/// What a presence says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomPresenceKind {
    /// Somebody is in the room.
    Available,
    /// Somebody is not any more.
    Unavailable,
    /// A wish of ours is refused.
    Error {
        /// The error.
        error: StanzaError,
        /// Where the room is now (RFC 6120 §8.3.3.5 `gone`), if it said so.
        moved_to: Option<BareJid>,
    },
}

/// A room that exists no more (XEP-0045 §10.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// The room to go to instead.
    pub alternate: Option<BareJid>,
    /// The owner's words.
    pub reason: Option<String>,
}

/// A presence that came from a room.
#[derive(Clone, Debug)]
pub struct RoomPresence {
    /// The room, with the nick of whom it is about.
    pub from: Jid,
    /// The `id`: in an error that of our own presence.
    pub id: Option<String>,
    /// What it says.
    pub kind: RoomPresenceKind,
    /// Whom it is about.
    pub occupant: Occupant,
    /// Status codes, see [`code`].
    pub codes: Vec<u16>,
    /// The nick that a [`code::NICK_CHANGED`] leads to.
    pub new_nick: Option<String>,
    /// Who caused it: a nick or else a JID.
    pub actor: Option<String>,
    /// Why, in somebody's words.
    pub reason: Option<String>,
    /// The room is gone.
    pub destroyed: Option<Destroyed>,
}

impl RoomPresence {
    /// Reads a `<presence/>`; `None` when it is none that a room sends or its sender is no address. Whether the sender
    /// is a room at all, only its reader knows.
    pub fn read(stanza: &Element) -> Option<RoomPresence> {
        if !stanza.is("presence", ns::CLIENT) {
            return None;
        }
        let kind = match stanza.attribute("type") {
            None => RoomPresenceKind::Available,
            Some("unavailable") => RoomPresenceKind::Unavailable,
            Some("error") => RoomPresenceKind::Error { error: StanzaError::read(stanza), moved_to: read_gone(stanza) },
            Some(_) => return None,
        };
        let user = stanza.find("x", ns::MUC_USER);
        let item = user.and_then(|user| user.find("item", ns::MUC_USER));
        let of_item = |name| item.and_then(|item| item.find(name, ns::MUC_USER));
        let actor = of_item("actor").and_then(|actor| actor.attribute("nick").or(actor.attribute("jid")));
        // COMPAT(ejabberd): says why it removed somebody in the presence's own status.
        let status = || stanza.text_of("status", ns::CLIENT).filter(|_| kind == RoomPresenceKind::Unavailable);
        Some(RoomPresence {
            from: Jid::parse(stanza.attribute("from")?).ok()?,
            id: stanza.attribute("id").map(Into::into),
            occupant: read_occupant(stanza, item),
            codes: read_codes(stanza),
            new_nick: item.and_then(|item| item.attribute("nick")).map(Into::into),
            actor: words(actor.map(Into::into)),
            reason: words(of_item("reason").map(Element::text)).or_else(|| words(status())),
            destroyed: user.and_then(|user| user.find("destroy", ns::MUC_USER)).map(read_destroyed),
            kind,
        })
    }

    /// Whether it has the status code.
    pub fn has(&self, code: u16) -> bool {
        self.codes.contains(&code)
    }

    /// Whether the room says that it is about us.
    pub fn is_self(&self) -> bool {
        self.has(code::SELF)
    }
}

fn read_occupant(stanza: &Element, item: Option<&Element>) -> Occupant {
    let of = |name| item.and_then(|item| item.attribute(name));
    Occupant {
        affiliation: Affiliation::of(of("affiliation")),
        role: match of("role") {
            Some("moderator") => Role::Moderator,
            Some("participant") => Role::Participant,
            Some("visitor") => Role::Visitor,
            _ => Role::None,
        },
        real_jid: of("jid").and_then(|jid| Jid::parse(jid).ok()),
        id: read_occupant_id(stanza),
    }
}

fn read_destroyed(destroy: &Element) -> Destroyed {
    Destroyed {
        alternate: destroy.attribute("jid").and_then(|jid| BareJid::parse(jid).ok()),
        reason: words(destroy.text_of("reason", ns::MUC_USER)),
    }
}

/// The new address in `<gone/>` or `<redirect/>`: a URI (RFC 5122), or the bare JID some services put there.
fn read_gone(stanza: &Element) -> Option<BareJid> {
    let error = stanza.find("error", ns::CLIENT)?;
    let text = error.text_of("gone", ns::STANZAS).or_else(|| error.text_of("redirect", ns::STANZAS))?;
    super::mention::read_uri(text.trim()).map(|jid| jid.bare())
}

#[cfg(test)]
mod tests;
