//! Who may read what is said in the room: all who belong to it, and all who are in it. Asked for where it is needed
//! ([`Input::Members`](super::Input::Members)), kept up to date by what the room tells, asked again after a while.
//!
//! A room need not show its lists. Then only those count whom it shows otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::asks::About;
use super::{Room, RoomEvent, State};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::muc::members::{LISTS, build_list, read_list};
use crate::xmpp::muc::presence::{Affiliation, Occupant};
use crate::xmpp::stanza::{IqKind, StanzaError};

type Known = BTreeMap<BareJid, Affiliation>;

/// Who belongs to the room.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    known: Known,
    /// The lists that came so far, while some are missing.
    gathering: Option<Known>,
    /// When all lists were there; `None`: not yet, or they may be wrong.
    listed_at: Option<Duration>,
}

impl Room {
    /// All who may read what is said, under their real addresses, we among them; `None` where that is not known well
    /// enough: [`Input::Members`](super::Input::Members) asks, [`RoomEvent::Members`] tells that it is.
    pub fn readers(&self, now: Duration) -> Option<BTreeSet<BareJid>> {
        let listed_at = self.members.listed_at.filter(|_| self.state == State::Joined)?;
        if now.saturating_sub(listed_at) >= limits::ROOM_MEMBERS_FRESH {
            return None;
        }
        let present = self.occupants.iter().filter(|occupant| occupant.affiliation != Affiliation::Outcast);
        let present = present.filter_map(|occupant| occupant.real_jid.as_ref().map(Jid::bare));
        Some(self.members.known.keys().cloned().chain(present).collect())
    }

    /// Asks for the lists, unless they are known or on their way.
    pub(super) fn ask_members(&mut self) {
        let is_wanted = self.state == State::Joined && self.tries.is_online && self.members.gathering.is_none();
        if !is_wanted || self.readers(self.clock.mono()).is_some() {
            return;
        }
        self.members.gathering = Some(Known::new());
        for affiliation in LISTS {
            self.ask(About::List(affiliation), IqKind::Get, self.config.room.to_jid(), build_list(affiliation));
        }
    }

    /// One list came, or it will not; with the last one all are known.
    pub(super) fn listed(&mut self, affiliation: Affiliation, answer: Result<Option<Element>, StanzaError>) {
        let Some(gathering) = &mut self.members.gathering else { return };
        let list = answer.ok().flatten().map(|list| read_list(&list)).unwrap_or_default();
        gathering.extend(list.into_iter().take(limits::ROOM_OCCUPANTS_MAX).map(|jid| (jid, affiliation)));
        if LISTS.into_iter().any(|affiliation| self.asks.is_open(About::List(affiliation))) {
            return;
        }
        self.members.known = self.members.gathering.take().unwrap_or_default();
        self.members.listed_at = Some(self.clock.mono());
        self.tell(RoomEvent::Members);
    }

    /// Somebody belongs to the room, or does not any more.
    pub(super) fn affiliate(&mut self, jid: &BareJid, affiliation: Affiliation) {
        let Members { known, gathering, listed_at } = &mut self.members;
        // Nobody has asked who belongs to it, or it will be asked anew.
        let known = Some(known).filter(|_| listed_at.is_some());
        for list in [known, gathering.as_mut()].into_iter().flatten() {
            if affiliation < Affiliation::Member {
                list.remove(jid);
            } else if list.len() < limits::ROOM_OCCUPANTS_MAX || list.contains_key(jid) {
                list.insert(jid.clone(), affiliation);
            }
        }
    }

    /// What a presence says for sure of somebody's affiliation; `before` is what was known of the same occupant.
    pub(super) fn note_affiliation(&mut self, occupant: &Occupant, before: Option<&Occupant>) {
        if let Some(jid) = real_jid(occupant, before) {
            self.affiliate(&jid.bare(), occupant.affiliation);
        }
    }

    /// The same of somebody who is gone. Services leave the affiliation out when somebody drops off; he may still
    /// belong to the room.
    pub(super) fn note_affiliation_of_gone(&mut self, occupant: &Occupant, before: Option<&Occupant>) {
        if occupant.affiliation >= Affiliation::Member {
            self.note_affiliation(occupant, before);
        } else if real_jid(occupant, before).is_some_and(|jid| self.members.known.contains_key(&jid.bare())) {
            self.members.listed_at = None;
        }
    }

    /// We are not in it, or may have missed something.
    pub(super) fn forget_members(&mut self) {
        self.members = Members::default();
    }

    /// What was asked will not be answered.
    pub(super) fn forget_gathering(&mut self) {
        self.members.gathering = None;
    }
}

fn real_jid<'o>(occupant: &'o Occupant, before: Option<&'o Occupant>) -> Option<&'o Jid> {
    occupant.real_jid.as_ref().or(before.and_then(|before| before.real_jid.as_ref()))
}
