//! XEP-0045, multi-user chat: rooms, as one bot sees them.
//!
//! [`presence`], [`message`], [`members`] and [`info`] read what a room says into plain values, as soon as a stanza comes off the
//! stream. [`room`] is the machine of one room: it enters, stays, comes back, and says what happened; the engine owns
//! it. [`mention`] tells whether a text speaks to us, [`moderation`] what we ask as its moderator, [`why`] names in English
//! every way of not being in a room. What was said while we were away is read from the room's archive (XEP-0313 §6) like our
//! own, with [`CatchUp`](super::mam::CatchUp); the queries go to the room, and only the room may answer.

pub mod info;
pub mod members;
pub mod mention;
pub mod message;
pub mod moderation;
pub mod presence;
pub mod room;
pub mod why;

use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::text::shorten;
use crate::xml::Element;
use crate::xmpp::ns;

/// Status codes (XEP-0045 §15.6.2) that we act upon.
pub mod code {
    /// The configuration changed in a way that concerns nobody's privacy.
    pub const CONFIGURATION: u16 = 104;
    /// This presence is our own.
    pub const SELF: u16 = 110;
    /// Everybody sees real JIDs from now on.
    pub const NON_ANONYMOUS: u16 = 172;
    /// Only moderators see real JIDs from now on.
    pub const SEMI_ANONYMOUS: u16 = 173;
    /// Nobody sees real JIDs from now on.
    pub const FULLY_ANONYMOUS: u16 = 174;
    /// The room was created by our entering it, and is locked.
    pub const CREATED: u16 = 201;
    /// The service gave us another nick than we asked for.
    pub const NICK_ASSIGNED: u16 = 210;
    /// Banned.
    pub const BANNED: u16 = 301;
    /// An occupant has a new nick.
    pub const NICK_CHANGED: u16 = 303;
    /// Kicked.
    pub const KICKED: u16 = 307;
    /// Removed because of a change of affiliation.
    pub const AFFILIATION: u16 = 321;
    /// Removed because the room is for members only now.
    pub const MEMBERS_ONLY: u16 = 322;
    /// Removed because the service shuts down.
    pub const SHUTDOWN: u16 = 332;
    /// Removed because of an error on the way to the occupant.
    pub const ERROR: u16 = 333;
}

/// The status codes in what a room sent.
pub(super) fn read_codes(stanza: &Element) -> Vec<u16> {
    let user = stanza.children().filter(|child| child.is("x", ns::MUC_USER));
    user.flat_map(Element::children)
        .filter(|child| child.is("status", ns::MUC_USER))
        .filter_map(|status| status.attribute("code")?.parse().ok())
        .take(limits::ROOM_CODES_MAX)
        .collect()
}

/// XEP-0421 §3: a name for an occupant that stays when the nick changes. It counts only in a room that says so, for
/// elsewhere an occupant can put it there himself.
/// Says no to an invitation that a room has passed on (XEP-0045 §7.8.2).
pub fn build_decline(room: &BareJid, inviter: &str) -> Element {
    let decline = Element::new("decline", ns::MUC_USER).with("to", inviter);
    let x = Element::new("x", ns::MUC_USER).with_child(decline);
    Element::new("message", ns::CLIENT).with("to", room.as_str()).with_child(x)
}

fn read_occupant_id(stanza: &Element) -> Option<String> {
    let id = stanza.find("occupant-id", ns::OCCUPANT_ID)?.attribute("id")?;
    (!id.is_empty() && id.len() <= limits::OCCUPANT_ID_BYTES_MAX).then(|| id.to_string())
}

/// Words of others, fit to be shown: trimmed, of bounded length, `None` if there are none.
fn words(text: Option<String>) -> Option<String> {
    let text = text?;
    let text = text.trim();
    (!text.is_empty()).then(|| shorten(text, limits::ROOM_REASON_BYTES_MAX))
}
