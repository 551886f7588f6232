//! Every way of not being in a room, each with one English sentence: a [`RoomRefusal`] (we do not get in), a
//! [`Departure`] (we are out for good), a [`Loss`] (we are out and come back). The faces show these sentences to people.

use std::fmt;

use super::presence::{Destroyed, RoomPresence};
use super::{code, words};
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::xmpp::stanza::StanzaError;

/// Why a room does not let us in, or not under that nick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRefusal {
    /// The reason.
    pub why: Why,
    /// The room's own words, if it had any.
    pub words: Option<String>,
}

/// The reason of a [`RoomRefusal`] (XEP-0045 §7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The nick and those we tried instead are in use (`conflict`).
    NickTaken,
    /// The service does not accept the nick (`jid-malformed`).
    NickMalformed,
    /// Another nick is registered for us (`not-acceptable`).
    NickReserved,
    /// We may not change our nick (`not-allowed` or `forbidden` to a change of nick).
    NickFixed,
    /// The room has a password, and we sent none (`not-authorized`).
    PasswordRequired,
    /// The room has another password (`not-authorized`).
    PasswordWrong,
    /// The room is for members only (`registration-required`).
    MembersOnly,
    /// We are banned (`forbidden`).
    Banned,
    /// There is no such room, and we may not create it (`not-allowed`).
    CreationForbidden,
    /// There is no such room, or its owner has not opened it yet (`item-not-found`).
    NotFound,
    /// The room has its greatest number of occupants (`service-unavailable`).
    Full,
    /// The service has no room for us: too many rooms, or too much traffic (`resource-constraint`, `policy-violation`).
    Busy,
    /// The room is gone, perhaps to another address (`gone`, `redirect`).
    Gone(Option<BareJid>),
    /// Our server cannot reach the room's (`remote-server-not-found`, `remote-server-timeout`).
    Unreachable,
    /// The room did not answer.
    Timeout,
    /// Our own account is not connected.
    Offline,
    /// We created the room, but the service did not let us open it (XEP-0045 §10.1.2).
    NotUnlocked,
    /// We were put out while entering.
    Removed(Departure),
    /// We fell out while entering.
    Dropped,
    /// Another condition (RFC 6120 §8.3.3).
    Other(String),
}

impl RoomRefusal {
    /// A refusal without words of the room.
    pub fn new(why: Why) -> RoomRefusal {
        RoomRefusal { why, words: None }
    }

    /// Reads the answer to a try to enter with that password.
    pub fn of_join(error: &StanzaError, moved_to: Option<&BareJid>, password: Option<&Secret>) -> RoomRefusal {
        let why = match error.condition.as_str() {
            "conflict" => Why::NickTaken,
            "jid-malformed" => Why::NickMalformed,
            "not-acceptable" => Why::NickReserved,
            "not-authorized" if password.is_some() => Why::PasswordWrong,
            "not-authorized" => Why::PasswordRequired,
            "registration-required" => Why::MembersOnly,
            "forbidden" => Why::Banned,
            "not-allowed" => Why::CreationForbidden,
            "item-not-found" => Why::NotFound,
            "service-unavailable" => Why::Full,
            "resource-constraint" | "policy-violation" => Why::Busy,
            "gone" | "redirect" => Why::Gone(moved_to.cloned()),
            "remote-server-not-found" | "remote-server-timeout" => Why::Unreachable,
            other => Why::Other(other.to_string()),
        };
        RoomRefusal { why, words: words(error.text.clone()) }
    }

    /// Reads the answer to a change of nick (XEP-0045 §7.6).
    pub fn of_nick(error: &StanzaError) -> RoomRefusal {
        match error.condition.as_str() {
            "not-allowed" | "forbidden" => RoomRefusal { why: Why::NickFixed, words: words(error.text.clone()) },
            _ => RoomRefusal::of_join(error, None, None),
        }
    }

    /// Whether it may be otherwise a little later, without anybody doing anything about it. After a restart of the
    /// service a room may be missing for a while.
    pub fn may_pass(&self) -> bool {
        match &self.why {
            Why::Full | Why::Busy | Why::NotFound | Why::Unreachable | Why::Timeout | Why::Offline | Why::Dropped => {
                true
            }
            Why::Other(condition) => {
                matches!(condition.as_str(), "internal-server-error" | "recipient-unavailable" | "undefined-condition")
            }
            _ => false,
        }
    }
}

/// Who did it and why, as far as the room says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// A nick or a JID.
    pub actor: Option<String>,
    /// In his words.
    pub reason: Option<String>,
}

/// Why we are out of a room for good: we wanted it, or somebody else did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departure {
    /// We left.
    Asked,
    /// Somebody kicked us (307).
    Kicked(By),
    /// Somebody banned us (301).
    Banned(By),
    /// Somebody took our membership away (321).
    MembershipLost(By),
    /// The room is for members only now, and we are none (322).
    MembersOnly(By),
    /// The room was destroyed.
    Destroyed(Destroyed),
}

impl Departure {
    /// What a presence that ends our stay says about somebody's will; `None` when it was nobody's.
    pub fn read(presence: &RoomPresence) -> Option<Departure> {
        if let Some(destroyed) = &presence.destroyed {
            return Some(Departure::Destroyed(destroyed.clone()));
        }
        let by = || By { actor: presence.actor.clone(), reason: presence.reason.clone() };
        if presence.has(code::BANNED) {
            Some(Departure::Banned(by()))
        } else if presence.has(code::ERROR) || presence.has(code::SHUTDOWN) {
            // Prosody and others send 307 with them, because XEP-0045 §9.1.1 had nothing else for so long.
            None
        } else if presence.has(code::AFFILIATION) {
            Some(Departure::MembershipLost(by()))
        } else if presence.has(code::MEMBERS_ONLY) {
            Some(Departure::MembersOnly(by()))
        } else if presence.has(code::KICKED) {
            Some(Departure::Kicked(by()))
        } else {
            None
        }
    }
}

/// Why we are not in a room for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Our session began anew, so the room does not know us any more.
    NewStream,
    /// The room's service shuts down (332).
    Shutdown,
    /// The room could not deliver to us (333); its words.
    Error(Option<String>),
    /// The room let us go without saying why it did; its words.
    Dropped(Option<String>),
    /// The room says we are not in it (XEP-0410 §3); the condition.
    NotInRoom(String),
    /// The room gives no answer.
    Unreachable,
    /// A try to come back was refused.
    Refused(RoomRefusal),
}

impl Loss {
    /// What a presence that ends our stay by nobody's will says.
    pub fn read(presence: &RoomPresence) -> Loss {
        let reason = presence.reason.clone();
        if presence.has(code::SHUTDOWN) {
            Loss::Shutdown
        } else if presence.has(code::ERROR) {
            Loss::Error(reason)
        } else {
            Loss::Dropped(reason)
        }
    }
}

impl fmt::Display for RoomRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)?;
        said(f, self.words.as_deref())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::NickTaken => "the nick is taken in this room",
            Why::NickMalformed => "the room does not accept this nick",
            Why::NickReserved => "the room wants us to use the nick registered for this account",
            Why::NickFixed => "the room does not let us change our nick",
            Why::PasswordRequired => "the room asks for a password",
            Why::PasswordWrong => "the room's password is another one",
            Why::MembersOnly => "the room is for members only, and this account is not one",
            Why::Banned => "this account is banned from the room",
            Why::CreationForbidden => "there is no such room, and this account may not create it",
            Why::NotFound => "there is no such room, or its owner has not opened it yet",
            Why::Full => "the room is full",
            Why::Busy => "the room's service is too busy for us, or we are in too many rooms",
            Why::Gone(None) => "the room does not exist any more",
            Why::Gone(Some(room)) => return write!(f, "the room has moved to {room}"),
            Why::Unreachable => "our server cannot reach the room's server",
            Why::Timeout => "the room did not answer in time; is the address that of a room?",
            Why::Offline => "the bot's account is not connected",
            Why::NotUnlocked => "the room was created but could not be opened for others",
            Why::Removed(departure) => return departure.fmt(f),
            Why::Dropped => "the room let us go while we entered",
            Why::Other(condition) => return write!(f, "the room answered with the error {condition}"),
        })
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, by, because) = match self {
            Departure::Asked => return f.write_str("we left the room"),
            Departure::Kicked(by) => ("we were kicked out of the room", by, ""),
            Departure::Banned(by) => ("we were banned from the room", by, ""),
            Departure::MembershipLost(by) => ("we were put out of the room", by, ", as we are no member any more"),
            Departure::MembersOnly(by) => ("we were put out of the room", by, ", as it is for members only now"),
            Departure::Destroyed(destroyed) => {
                f.write_str("the room was destroyed")?;
                if let Some(alternate) = &destroyed.alternate {
                    write!(f, "; the place to go is {alternate}")?;
                }
                return said(f, destroyed.reason.as_deref());
            }
        };
        f.write_str(what)?;
        if let Some(actor) = &by.actor {
            write!(f, " by {actor}")?;
        }
        f.write_str(because)?;
        said(f, by.reason.as_deref())
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, reason) = match self {
            Loss::NewStream => ("our connection began anew", None),
            Loss::Shutdown => ("the room's service shuts down", None),
            Loss::Error(reason) => ("the room could not reach us and put us out", reason.as_deref()),
            Loss::Dropped(reason) => ("the room let us go", reason.as_deref()),
            Loss::NotInRoom(condition) => return write!(f, "the room says that we are not in it ({condition})"),
            Loss::Unreachable => ("the room does not answer", None),
            Loss::Refused(refusal) => return refusal.fmt(f),
        };
        f.write_str(what)?;
        said(f, reason)
    }
}

/// The words of the other side, behind a sentence of ours.
fn said(f: &mut fmt::Formatter<'_>, words: Option<&str>) -> fmt::Result {
    words.map_or(Ok(()), |words| write!(f, " ({words})"))
}
