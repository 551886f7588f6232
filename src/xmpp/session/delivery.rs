//! What the engine was told and has not handled, and what it may not be told yet.
//!
//! Handling comes back as a bare count, in the order of telling. That order is not the order of arrival (live messages
//! wait for the archive), so each message carries the ticket under which stream management counts it.

use std::collections::VecDeque;

use crate::base::limits;
use crate::xmpp::message::Inbound;
use crate::xmpp::sm::Ticket;

/// A message that arrived, with its place in the count; `None` without stream management.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) message: Box<Inbound>,
    pub(super) ticket: Option<Ticket>,
}

#[derive(Debug, Default)]
pub(super) struct Deliveries {
    /// Tickets of what the engine was told, oldest first.
    told: VecDeque<Option<Ticket>>,
    /// Live messages that came before the archive was read.
    held: Vec<Arrived>,
    /// Archive ids told lately, the newest last; no more of them than there can be held messages to compare with.
    archived: VecDeque<String>,
}

impl Deliveries {
    /// How many messages the engine has not handled.
    pub(super) fn len(&self) -> usize {
        self.told.len()
    }

    /// A message is being told.
    pub(super) fn told(&mut self, arrived: &Arrived) {
        self.told.push_back(arrived.ticket);
    }

    /// An archived message is being told.
    pub(super) fn told_archived(&mut self, arrived: &Arrived) {
        if self.archived.len() >= limits::HELD_BACK_MAX {
            self.archived.pop_front();
        }
        self.archived.extend(arrived.message.archive_id.clone());
        self.told(arrived);
    }

    /// The archive id told last.
    pub(super) fn last_archived(&self) -> Option<&str> {
        self.archived.back().map(String::as_str)
    }

    /// The oldest message is handled; `None` if there is none.
    pub(super) fn handled(&mut self) -> Option<Option<Ticket>> {
        self.told.pop_front()
    }

    /// Holds a live message back. Gives `false` when there are too many.
    pub(super) fn hold(&mut self, arrived: Arrived) -> bool {
        self.held.push(arrived);
        self.held.len() <= limits::HELD_BACK_MAX
    }

    /// Whether a held message could be read from the archive again.
    pub(super) fn holds_archive_ids(&self) -> bool {
        self.held.iter().any(|arrived| arrived.message.archive_id.is_some())
    }

    /// The archive is read: gives the held messages, those first that the archive has told already.
    pub(super) fn release(&mut self) -> (Vec<Arrived>, Vec<Arrived>) {
        let archived: std::collections::HashSet<String> = self.archived.drain(..).collect();
        let is_known = |arrived: &Arrived| arrived.message.archive_id.as_ref().is_some_and(|id| archived.contains(id));
        std::mem::take(&mut self.held).into_iter().partition(is_known)
    }

    /// The connection is gone: what is held will come again. What was told will still be handled.
    pub(super) fn disconnected(&mut self) {
        self.held.clear();
        self.archived.clear();
    }

    /// A new count begins: what was told before is not part of it.
    pub(super) fn restart_count(&mut self) {
        self.told.iter_mut().for_each(|ticket| *ticket = None);
    }

    /// What was told will not be handled.
    pub(super) fn forget(&mut self) {
        *self = Deliveries::default();
    }
}
