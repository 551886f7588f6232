//! What goes into a room's machine and what comes out of it.

use std::time::Duration;

use crate::base::jid::{BareJid, Jid};
use crate::base::secret::Secret;
use crate::xml::Element;
use crate::xmpp::muc::info::RoomInfo;
use crate::xmpp::muc::message::RoomMessage;
use crate::xmpp::muc::presence::{Affiliation, RoomPresence};
use crate::xmpp::muc::why::{Departure, Loss, RoomRefusal};
use crate::xmpp::stanza::{IqKind, StanzaError};

/// What a room is made from.
#[derive(Clone, Debug)]
pub struct RoomConfig {
    /// Its address.
    pub room: BareJid,
    /// The nick we want.
    pub nick: String,
    /// Its password, if it has one.
    pub password: Option<Secret>,
    /// An account whose mention (XEP-0372) is ours; `None` where the bot shares it with a person.
    pub account: Option<BareJid>,
    /// When we last heard something there (milliseconds since 1970), if we want the room's own history from then on.
    /// Of a room with an archive it is not asked for.
    pub history_since: Option<i64>,
}

/// How much we want to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Somebody waits for the answer: the first refusal ends it. Once joined, this becomes `Kept`.
    Asked,
    /// We were in it before: what may pass is tried again.
    Kept,
}

/// What happens to a room.
#[derive(Debug)]
pub enum Input {
    /// Enter. The answer is `Joined`, `Refused` or, for a kept room, `Lost` and another try.
    Join(Intent),
    /// Leave. The answer is `Left`.
    Leave,
    /// Take another nick. The answer is `NickChanged` or `NickRefused`.
    Nick(String),
    /// A groupchat message with this id and this text goes to the room, perhaps once more. The answer is `Reflection`,
    /// `SendRefused` or `Unconfirmed`.
    Sent(String, String),
    /// A presence of the room.
    Presence(RoomPresence),
    /// A message of the room.
    Message(RoomMessage),
    /// Who may read what is said should be known: [`Room::readers`](super::Room::readers).
    Members,
    /// The room has told that people who are not in it have other affiliations now.
    Affiliations(Vec<(BareJid, Affiliation)>),
    /// The answer to [`Output::Ask`]: what the result carries, or the error.
    Answer {
        /// That of the question.
        tag: u32,
        /// The answer.
        answer: Result<Option<Element>, StanzaError>,
    },
    /// The account's session is online.
    Online {
        /// As before (XEP-0198 §5); otherwise no room knows us any more.
        resumed: bool,
    },
    /// The session is interrupted.
    Offline,
    /// A deadline came.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send this stanza.
    Send(String),
    /// Send this IQ, and answer with [`Input::Answer`]. Its time is kept here; nobody else may answer than `to`.
    Ask {
        /// Comes back with the answer.
        tag: u32,
        /// Question or order.
        kind: IqKind,
        /// To whom.
        to: Jid,
        /// What.
        payload: Element,
    },
    /// Tell the bot.
    Event(RoomEvent),
}

/// What a room tells.
#[derive(Clone, Debug)]
pub enum RoomEvent {
    /// We are in the room. After a `Lost` it comes again.
    Joined {
        /// Our nick; perhaps another one than we wanted.
        nick: String,
        /// The room did not exist before.
        created: bool,
    },
    /// We are not in the room and do not try any more.
    Refused(RoomRefusal),
    /// We are not in the room for now.
    Lost {
        /// Why.
        why: Loss,
        /// When we try to come back; `None`: as soon as the session is online.
        retry_in: Option<Duration>,
    },
    /// We are out of the room for good.
    Left(Departure),
    /// We have a new nick, by our wish or that of the service.
    NickChanged(String),
    /// We keep our nick. Comes unasked where we tried to get back the nick we wanted, as it had become free.
    NickRefused(RoomRefusal),
    /// What the room is; on entering, and when it changes.
    Info(RoomInfo),
    /// Who may read what is said is known now.
    Members,
    /// The room's subject, on entering and when somebody changes it. Empty: none.
    Subject {
        /// Whose it is; `None`: nobody's.
        nick: Option<String>,
        /// The text.
        subject: String,
    },
    /// Somebody said something.
    Message(Box<Heard>),
    /// The room has shown our message to all.
    Reflection {
        /// Its id, that of [`Input::Sent`].
        id: String,
        /// As the room shows it, with the id in the room's archive, by which others refer to it.
        message: Box<RoomMessage>,
    },
    /// The room refused our message.
    SendRefused {
        /// Its id, that of [`Input::Sent`].
        id: String,
        /// Why.
        error: StanzaError,
        /// Only because we were not in the room: worth sending again after the next `Joined`.
        was_out: bool,
    },
    /// Whether the room has shown our message is not known and will not be.
    Unconfirmed(String),
}

/// A message in the room, judged.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The message. Ids that cannot be trusted in this room are taken out of it.
    pub message: RoomMessage,
    /// It is our own, said from another place or in an earlier life. Never to be answered.
    pub is_ours: bool,
    /// The room told it as something said earlier. With [`RoomConfig::history_since`] it may still be news.
    pub is_history: bool,
    /// It speaks to us.
    pub is_to_us: bool,
    /// Who really said it, where the room shows that.
    pub author: Option<BareJid>,
}

impl Heard {
    /// What it takes in memory, nearly.
    pub fn bytes(&self) -> usize {
        size_of::<Heard>() - size_of::<RoomMessage>() + self.message.bytes()
    }
}
