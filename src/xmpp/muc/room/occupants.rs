//! Who else is in the room, as far as there is space to remember him.

use std::collections::BTreeMap;

use crate::base::limits;
use crate::xmpp::muc::presence::Occupant;

/// Others in the room, by their nicks.
#[derive(Clone, Debug)]
pub(super) struct Occupants {
    all: BTreeMap<String, Occupant>,
    /// Bytes they take, and how many more they may.
    bytes: usize,
    space: usize,
}

impl Default for Occupants {
    fn default() -> Self {
        Occupants { all: BTreeMap::new(), bytes: 0, space: limits::ROOM_OCCUPANTS_BYTES_MAX }
    }
}

impl Occupants {
    pub(super) fn get(&self, nick: &str) -> Option<&Occupant> {
        self.all.get(nick)
    }

    pub(super) fn nicks(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Occupant> {
        self.all.values()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Bytes that are kept of them.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// No more than so many bytes more are to be kept.
    pub(super) fn set_space(&mut self, bytes: usize) {
        self.space = bytes;
    }

    /// Somebody is here. Who does not fit in is not remembered.
    pub(super) fn note(&mut self, nick: String, occupant: Occupant) {
        let before = self.bytes;
        self.forget(&nick);
        let after = self.bytes + occupant.bytes() + nick.len();
        let has_space = after <= limits::ROOM_OCCUPANTS_BYTES_MAX && after <= before + self.space;
        if has_space && self.all.len() < limits::ROOM_OCCUPANTS_MAX {
            self.bytes = after;
            self.all.insert(nick, occupant);
        }
    }

    /// Somebody is gone.
    pub(super) fn forget(&mut self, nick: &str) -> Option<Occupant> {
        let occupant = self.all.remove(nick)?;
        self.bytes -= occupant.bytes() + nick.len();
        Some(occupant)
    }

    /// We see nobody any more.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.bytes = 0;
    }
}
