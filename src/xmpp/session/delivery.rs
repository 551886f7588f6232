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
    /// About what it takes in memory.
    pub(super) bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Deliveries {
    /// Tickets and sizes of the messages that the engine was told, oldest first.
    told: VecDeque<(Option<Ticket>, usize)>,
    /// The same of what else it was told.
    others: VecDeque<usize>,
    /// All of these sizes.
    bytes: usize,
    /// Live messages that came before the archive was read, and their sizes.
    held: Vec<Arrived>,
    held_bytes: usize,
    /// More came than may be held, before the archive was asked: the last that was held then with an id.
    passed: Option<Option<String>>,
    /// Archive ids told lately, the newest last; no more of them than there can be held messages to compare with.
    archived: VecDeque<String>,
}

impl Deliveries {
    /// Whether the engine has so much before it that no more should be read.
    pub(super) fn is_full(&self) -> bool {
        self.told.len() >= limits::UNHANDLED_MAX
            || self.others.len() >= limits::UNTAKEN_MAX
            || self.bytes >= limits::UNHANDLED_BYTES_MAX
    }

    /// A message is being told.
    pub(super) fn told(&mut self, arrived: &Arrived) {
        self.bytes += arrived.bytes;
        self.told.push_back((arrived.ticket, arrived.bytes));
    }

    /// Something else is being told.
    pub(super) fn told_other(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.others.push_back(bytes);
    }

    /// So many others were taken. After a loss there may be more of them than we know.
    pub(super) fn taken(&mut self, count: u32) {
        for bytes in self.others.drain(..self.others.len().min(count as usize)) {
            self.bytes -= bytes;
        }
        self.rest_lightly();
    }

    /// An archived message is being told. Gives the same as it came live, if it is held.
    pub(super) fn told_archived(&mut self, arrived: &Arrived) -> Option<Arrived> {
        if self.archived.len() >= limits::HELD_BACK_MAX {
            self.archived.pop_front();
        }
        self.archived.extend(arrived.message.archive_id.clone());
        self.told(arrived);
        let id = &arrived.message.archive_id;
        let index = self.held.iter().position(|held| held.message.archive_id == *id).filter(|_| id.is_some())?;
        let held = self.held.remove(index);
        self.held_bytes -= held.bytes;
        Some(held)
    }

    /// The archive id told last.
    pub(super) fn last_archived(&self) -> Option<&str> {
        self.archived.back().map(String::as_str)
    }

    /// The oldest message is handled; `None` if there is none.
    pub(super) fn handled(&mut self) -> Option<Option<Ticket>> {
        let (ticket, bytes) = self.told.pop_front()?;
        self.bytes -= bytes;
        self.rest_lightly();
        Some(ticket)
    }

    /// What is empty may stay so for hours.
    fn rest_lightly(&mut self) {
        if self.told.is_empty() {
            self.told = VecDeque::new();
        }
        if self.others.is_empty() {
            self.others = VecDeque::new();
        }
    }

    /// Holds a live message back. Gives it back when there are too many.
    pub(super) fn hold(&mut self, arrived: Arrived) -> Option<Arrived> {
        let bytes = self.held_bytes + arrived.bytes;
        if self.held.len() >= limits::HELD_BACK_MAX || bytes > limits::HELD_BACK_BYTES_MAX {
            return Some(arrived);
        }
        self.hold_more(arrived);
        None
    }

    /// Holds one more than may be.
    pub(super) fn hold_more(&mut self, arrived: Arrived) {
        self.held_bytes += arrived.bytes;
        self.held.push(arrived);
    }

    /// Whether more is held than may be.
    pub(super) fn is_overfull(&self) -> bool {
        self.held.len() > limits::HELD_BACK_MAX || self.held_bytes > limits::HELD_BACK_BYTES_MAX
    }

    /// The archive id of the last message that is held and has one.
    pub(super) fn last_held(&self) -> Option<&str> {
        self.held.iter().rev().find_map(|arrived| arrived.message.archive_id.as_deref())
    }

    /// A live message is left to the archive, which is not asked yet.
    pub(super) fn pass(&mut self) {
        if self.passed.is_none() {
            self.passed = Some(self.last_held().map(String::from));
        }
    }

    /// Behind which id messages were left to the archive, if any were.
    pub(super) fn take_passed(&mut self) -> Option<Option<String>> {
        self.passed.take()
    }

    /// There is no archive: others have forged its ids (XEP-0359 §6).
    pub(super) fn distrust_ids(&mut self) {
        self.held.iter_mut().for_each(|held| held.message.archive_id = None);
    }

    /// Whether a held message could be read from the archive again.
    pub(super) fn holds_archive_ids(&self) -> bool {
        self.held.iter().any(|arrived| arrived.message.archive_id.is_some())
    }

    /// Takes the tickets of the held messages that could be read from the archive again.
    pub(super) fn held_tickets(&mut self) -> impl Iterator<Item = Ticket> {
        let archived = self.held.iter_mut().filter(|arrived| arrived.message.archive_id.is_some());
        archived.filter_map(|arrived| arrived.ticket.take())
    }

    /// The archive is read: gives the held messages, those first that the archive has told already.
    pub(super) fn release(&mut self) -> (Vec<Arrived>, Vec<Arrived>) {
        let archived: std::collections::HashSet<String> = self.archived.drain(..).collect();
        self.held_bytes = 0;
        let is_known = |arrived: &Arrived| arrived.message.archive_id.as_ref().is_some_and(|id| archived.contains(id));
        std::mem::take(&mut self.held).into_iter().partition(is_known)
    }

    /// The connection is gone: what is held will come again. What was told will still be handled.
    pub(super) fn disconnected(&mut self) {
        self.held = Vec::new();
        self.held_bytes = 0;
        self.passed = None;
        self.archived.clear();
    }

    /// A new count begins: what was told before is not part of it.
    pub(super) fn restart_count(&mut self) {
        self.told.iter_mut().for_each(|(ticket, _)| *ticket = None);
    }

    /// Messages that were told will not be handled.
    pub(super) fn forget(&mut self) {
        let others = std::mem::take(&mut self.others);
        *self = Deliveries { bytes: others.iter().sum(), others, ..Deliveries::default() };
    }
}

/// Which archive ids are old enough, by the archive's own clock, for nothing older to come after them.
#[derive(Debug, Default)]
pub(super) struct Ages {
    young: VecDeque<(i64, String)>,
    settled: Option<String>,
}

impl Ages {
    /// A result of the archive, in its order.
    pub(super) fn note(&mut self, stamp_ms: i64, id: &str) {
        let age = limits::MARK_AGE.as_millis() as i64;
        while self.young.len() >= limits::MARKS_MAX
            || self.young.front().is_some_and(|(at, _)| at.saturating_add(age) <= stamp_ms)
        {
            self.settled = self.young.pop_front().map(|(_, id)| id);
        }
        self.young.push_back((stamp_ms, id.to_string()));
    }

    /// The newest of them, once.
    pub(super) fn take_settled(&mut self) -> Option<String> {
        self.settled.take()
    }
}
