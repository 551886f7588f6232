//! Stream management (XEP-0198) as plain values: what was sent and is not acknowledged, what came and is not handled.
//!
//! Both counters count stanzas modulo 2³² from `<enable/>` and `<enabled/>` on, and outlive the connection: they are
//! what a stream is resumed from. `h` counts what the engine has committed, not what was read, so a stanza that the
//! program loses in a crash is one that the server still has.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::ns;

/// `<enable/>`: asks for acknowledgements and a stream that can be resumed (XEP-0198 §3).
pub const ENABLE: &str = "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
/// `<r/>`: asks the server how far it is (XEP-0198 §4).
pub const REQUEST: &str = "<r xmlns='urn:xmpp:sm:3'/>";

/// `<a/>`: says how far we are.
pub fn print_ack(h: u32) -> String {
    format!("<a xmlns='urn:xmpp:sm:3' h='{h}'/>")
}

/// `<resume/>`: asks to go on with an earlier stream (XEP-0198 §5).
pub fn print_resume(id: &str, h: u32) -> String {
    Element::new("resume", ns::SM).with("previd", id).with("h", &h.to_string()).print(ns::CLIENT)
}

/// The `h` attribute of `<a/>`, `<resumed/>` or `<failed/>`.
pub fn read_h(element: &Element) -> Option<u32> {
    element.attribute("h")?.parse().ok()
}

/// The resumption id of `<enabled/>`; `None` when the server will not resume.
pub fn read_enabled(element: &Element) -> Option<String> {
    let resumes = matches!(element.attribute("resume"), Some("true" | "1"));
    element.attribute("id").filter(|_| resumes).map(Into::into)
}

/// Stanzas sent and not acknowledged.
#[derive(Debug, Default)]
pub struct Departures {
    /// The server's last `h`.
    acked: u32,
    queue: VecDeque<(Option<u64>, String)>,
    /// Bytes of those that nobody waits for, answers above all.
    untagged: usize,
    /// Stanzas at the queue's end that no `<r/>` was sent behind.
    unasked: usize,
    is_asking: bool,
    /// From when on the next `<r/>` may have to wait (monotonic).
    asked_at: Option<Duration>,
}

/// The server acknowledges more than was sent: its count or ours is broken (XEP-0198 §4: end the stream).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooHigh;

impl Departures {
    /// Notes a stanza that is sent now, or after the stream is resumed.
    pub fn push(&mut self, tag: Option<u64>, stanza: String) {
        self.untagged += if tag.is_none() { stanza.len() } else { 0 };
        self.queue.push_back((tag, stanza));
        self.unasked += 1;
    }

    /// Bytes of those that nobody waits for.
    pub fn untagged(&self) -> usize {
        self.untagged
    }

    /// The server has handled `h` stanzas: takes them out, gives their tags in order.
    pub fn acknowledge(&mut self, h: u32) -> Result<Vec<u64>, TooHigh> {
        let count = h.wrapping_sub(self.acked) as usize;
        if count > self.queue.len() {
            return Err(TooHigh);
        }
        self.acked = h;
        self.unasked = self.unasked.min(self.queue.len() - count);
        self.is_asking = false;
        let mut tags = Vec::new();
        for (tag, stanza) in self.queue.drain(..count) {
            match tag {
                Some(tag) => tags.push(tag),
                None => self.untagged -= stanza.len(),
            }
        }
        if self.queue.is_empty() {
            // Nothing may be sent for hours.
            self.queue = VecDeque::new();
        }
        Ok(tags)
    }

    /// The next that `h` acknowledges.
    pub fn up_to(&self, h: u32) -> impl Iterator<Item = &str> {
        self.unacknowledged().take(h.wrapping_sub(self.acked) as usize)
    }

    /// Takes out all but the first, which were not sent on the stream that goes on.
    pub fn keep_first(&mut self) -> VecDeque<(Option<u64>, String)> {
        let rest = self.queue.split_off(self.queue.len().min(1));
        let gone: usize = rest.iter().filter(|(tag, _)| tag.is_none()).map(|(_, stanza)| stanza.len()).sum();
        self.untagged -= gone;
        self.unasked = self.unasked.min(self.queue.len());
        rest
    }

    /// All that is not acknowledged, to be sent again on a resumed stream.
    pub fn unacknowledged(&self) -> impl Iterator<Item = &str> {
        self.queue.iter().map(|(_, stanza)| stanza.as_str())
    }

    /// Whether something that the sender wants to hear of is not acknowledged.
    pub fn waits_for_the_server(&self) -> bool {
        self.queue.iter().any(|(tag, _)| tag.is_some())
    }

    /// When an `<r/>` should follow (monotonic), if something is unasked for and no other `<r/>` is on its way. The first
    /// one goes at once; while one message follows the other, each answer would cost the server and us as much as a message,
    /// so there is one for many.
    pub fn request_at(&self) -> Option<Duration> {
        if self.unasked == 0 || self.is_asking {
            return None;
        }
        let next = self.asked_at.map(|at| at + limits::ACK_REQUEST_PACE);
        Some(next.filter(|_| self.unasked < limits::ACK_REQUEST_STANZAS).unwrap_or_default())
    }

    /// An `<r/>` is sent; the next may have to wait from now on (monotonic).
    pub fn requested(&mut self, paced_from: Option<Duration>) {
        self.unasked = 0;
        self.is_asking = true;
        self.asked_at = paced_from;
    }

    /// Whether an `<r/>` is not answered.
    pub fn is_asking(&self) -> bool {
        self.is_asking
    }

    /// The connection is new: requests on the old one get no answer.
    pub fn resumed(&mut self) {
        self.unasked = self.queue.len();
        self.is_asking = false;
        self.asked_at = None;
    }
}

/// Names a stanza that waits for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// Stanzas received; `h` grows over the handled ones from the oldest on.
#[derive(Debug, Default)]
pub struct Arrivals {
    handled: u32,
    /// Number of the first slot.
    first: u64,
    slots: VecDeque<Slot>,
}

/// A stanza that waits, and the consumed ones right behind it.
#[derive(Debug)]
struct Slot {
    is_done: bool,
    behind: u32,
}

impl Arrivals {
    /// A stanza came and needs nobody.
    pub fn consume(&mut self) {
        match self.slots.back_mut() {
            Some(slot) => slot.behind = slot.behind.wrapping_add(1),
            None => self.handled = self.handled.wrapping_add(1),
        }
    }

    /// A stanza came and waits until [`Arrivals::done`].
    pub fn wait(&mut self) -> Ticket {
        self.slots.push_back(Slot { is_done: false, behind: 0 });
        Ticket(self.first + self.slots.len() as u64 - 1)
    }

    /// How many stanzas wait, with those that are handled and stand behind one that waits.
    pub fn waiting(&self) -> u32 {
        self.slots.iter().fold(0, |sum: u32, slot| sum.wrapping_add(1).wrapping_add(slot.behind))
    }

    /// A stanza that waited is handled.
    pub fn done(&mut self, ticket: Ticket) {
        let index = ticket.0.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        if let Some(slot) = index.and_then(|index| self.slots.get_mut(index)) {
            slot.is_done = true;
        }
        while self.slots.front().is_some_and(|slot| slot.is_done) {
            self.first += 1;
            let behind = self.slots.pop_front().map_or(0, |slot| slot.behind);
            self.handled = self.handled.wrapping_add(1).wrapping_add(behind);
        }
    }

    /// Forgets what is not handled: the server will send it again. Tickets given before name nothing any more.
    pub fn forget(&mut self) {
        self.first += self.slots.len() as u64;
        self.slots.clear();
    }

    /// `h`: how many stanzas are handled without a gap.
    pub fn h(&self) -> u32 {
        self.handled
    }

    /// `h` as it will be when all that came is handled.
    pub fn received(&self) -> u32 {
        self.slots.iter().fold(self.handled, |sum, slot| sum.wrapping_add(1).wrapping_add(slot.behind))
    }
}

/// One session's state, kept while its connection is gone.
#[derive(Debug, Default)]
pub struct Sm {
    /// `<enabled/>` came: from here on the server's stanzas are counted, and `<r/>` may be sent.
    pub is_enabled: bool,
    /// What to resume with, if the server will.
    pub id: Option<String>,
    /// Ours to the server.
    pub departures: Departures,
    /// The server's to us.
    pub arrivals: Arrivals,
    /// The last `h` we sent.
    told: u32,
    /// The server asked; it is told when everything up to here is handled.
    asked: Option<u32>,
}

impl Sm {
    /// `<r/>` came.
    pub fn asked(&mut self) {
        self.asked = Some(self.arrivals.received());
    }

    /// Whether an `<a/>` should go out now: all that the server asked about is handled, or much is untold.
    pub fn owes_ack(&self) -> bool {
        let h = self.arrivals.h();
        // Compared by distance, as both wrap around.
        let is_reached = |asked: u32| h.wrapping_sub(asked) < u32::MAX / 2;
        self.asked.is_some_and(is_reached) || h.wrapping_sub(self.told) >= limits::UNASKED_ACK
    }

    /// An `<a/>`, or a `<resume/>`, with this `h` goes out.
    pub fn tell(&mut self) -> u32 {
        self.told = self.arrivals.h();
        self.asked = None;
        self.told
    }

    /// Whether something handled is untold.
    pub fn has_news(&self) -> bool {
        self.told != self.arrivals.h()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departures_over_the_wrap() {
        const AT_ONCE: Option<Duration> = Some(Duration::ZERO);
        let mut out = Departures { acked: u32::MAX - 1, ..Departures::default() };
        for tag in [Some(1), None, Some(2), Some(3)] {
            out.push(tag, format!("{tag:?}"));
        }
        assert_eq!(out.request_at(), AT_ONCE);
        out.requested(None);
        assert_eq!(out.request_at(), None);
        assert_eq!(out.acknowledge(1), Ok(vec![1, 2]));
        assert_eq!(out.request_at(), None, "the request covered it all");
        assert_eq!(out.unacknowledged().collect::<Vec<_>>(), ["Some(3)"]);
        assert_eq!(out.acknowledge(3), Err(TooHigh));
        assert_eq!(out.acknowledge(0), Err(TooHigh));
        out.resumed();
        assert_eq!(out.request_at(), AT_ONCE);
        assert_eq!(out.acknowledge(2), Ok(vec![3]));
        assert_eq!(out.request_at(), None);
    }

    #[test]
    fn one_request_for_many() {
        let (mut out, begun) = (Departures::default(), Duration::from_secs(5));
        let push = |out: &mut Departures, count: usize| (0..count).for_each(|_| out.push(None, "x".into()));
        push(&mut out, 1);
        out.requested(Some(begun));
        push(&mut out, 1);
        assert_eq!(out.request_at(), None, "one is on its way");
        out.acknowledge(1).unwrap();
        assert_eq!(out.request_at(), Some(begun + limits::ACK_REQUEST_PACE));
        push(&mut out, limits::ACK_REQUEST_STANZAS - 2);
        assert_eq!(out.request_at(), Some(begun + limits::ACK_REQUEST_PACE));
        push(&mut out, 1);
        assert_eq!(out.request_at(), Some(Duration::ZERO), "so many wait no longer");
    }

    #[test]
    fn h_grows_in_order_only() {
        let mut arrivals = Arrivals::default();
        arrivals.consume();
        assert_eq!(arrivals.h(), 1);
        let (a, b) = (arrivals.wait(), arrivals.wait());
        arrivals.consume();
        let c = arrivals.wait();
        assert_eq!((arrivals.h(), arrivals.received()), (1, 5));
        arrivals.done(b);
        assert_eq!(arrivals.h(), 1);
        arrivals.done(a);
        assert_eq!(arrivals.h(), 4);
        arrivals.forget();
        arrivals.done(c);
        assert_eq!((arrivals.h(), arrivals.received()), (4, 4));
        let d = arrivals.wait();
        arrivals.done(c);
        assert_eq!(arrivals.h(), 4);
        arrivals.done(d);
        assert_eq!(arrivals.h(), 5);
    }
}
