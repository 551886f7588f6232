//! What is known of ourselves in the room.

use crate::base::jid::Jid;
use crate::xmpp::muc::presence::Occupant;

/// We in the room.
#[derive(Clone, Debug)]
pub(super) struct Us {
    /// With the nick we have or try.
    pub(super) jid: Jid,
    pub(super) own: Occupant,
    /// The nick we asked for while joined.
    pub(super) new_nick: Option<Jid>,
    /// Counts our presences, so that an error is known to be the answer to the last.
    presences: u32,
}

impl Us {
    pub(super) fn new(jid: Jid) -> Us {
        Us { jid, own: Occupant::default(), new_nick: None, presences: 0 }
    }

    /// The id of our next presence.
    pub(super) fn next_presence_id(&mut self) -> String {
        self.presences = self.presences.wrapping_add(1);
        self.last_presence_id()
    }

    /// That of our last one.
    pub(super) fn last_presence_id(&self) -> String {
        format!("room-{:x}", self.presences)
    }
}
