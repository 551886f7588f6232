//! What of a bot's queue is to be posted next: a lane for each conversation, in which one update is under way at a time.
//!
//! Knows numbers only; times are monotonic. Invariant: a lane that has updates is either under way, or waits, or is ready.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use crate::base::id::UpdateId;
use crate::base::limits;
use crate::remote::webhook::pause;

#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<u64, Lane>,
    /// Lanes whose first update may go.
    ready: VecDeque<u64>,
    /// Lanes whose first update goes again then.
    waiting: BTreeSet<(Duration, u64)>,
    under_way: usize,
    /// Times in a row that the receiver could not be reached.
    failures: u32,
    /// Nothing starts before.
    held_until: Duration,
}

#[derive(Default)]
struct Lane {
    updates: VecDeque<UpdateId>,
    /// How often the first was tried.
    attempts: u32,
    is_under_way: bool,
}

impl Lanes {
    /// The same receiver with nothing to do.
    pub(super) fn emptied(&self) -> Lanes {
        Lanes { failures: self.failures, held_until: self.held_until, ..Lanes::default() }
    }

    /// Another update of a conversation.
    pub(super) fn push(&mut self, lane: u64, update: UpdateId) {
        let entry = self.lanes.entry(lane).or_default();
        entry.updates.push_back(update);
        if entry.updates.len() == 1 && !entry.is_under_way {
            self.ready.push_back(lane);
        }
    }

    /// The first update of this lane is under way already.
    pub(super) fn begin(&mut self, lane: u64) {
        self.ready.retain(|other| *other != lane);
        self.lanes.entry(lane).or_default().is_under_way = true;
        self.under_way += 1;
    }

    /// If this update is the first of a ready lane, it was tried already and waits.
    pub(super) fn delay(&mut self, update: UpdateId, attempts: u32, at: Duration) {
        let is_first = |lane: &&u64| self.lanes.get(lane).is_some_and(|lane| lane.updates.front() == Some(&update));
        let Some(lane) = self.ready.iter().find(is_first).copied() else { return };
        self.ready.retain(|other| *other != lane);
        self.waiting.insert((at, lane));
        self.lanes.entry(lane).or_default().attempts = attempts;
    }

    /// The next update to be posted, which is under way with this: its lane, and how often it was tried.
    pub(super) fn next(&mut self, now: Duration) -> Option<(u64, UpdateId, u32)> {
        while let Some((at, lane)) = self.waiting.first().copied().filter(|(at, _)| *at <= now) {
            self.waiting.remove(&(at, lane));
            self.ready.push_back(lane);
        }
        if self.held_until > now || self.under_way >= self.under_way_max() {
            return None;
        }
        while let Some(key) = self.ready.pop_front() {
            let Some(lane) = self.lanes.get_mut(&key) else { continue };
            if let Some(update) = lane.updates.front() {
                lane.is_under_way = true;
                self.under_way += 1;
                return Some((key, *update, lane.attempts));
            }
            self.lanes.remove(&key);
        }
        None
    }

    /// When [`Lanes::next`] has something, if nothing else happens.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.under_way >= self.under_way_max() {
            return None;
        }
        let ready = self.ready.front().map(|_| Duration::ZERO);
        let first = ready.or(self.waiting.first().map(|(at, _)| *at))?;
        Some(first.max(self.held_until))
    }

    /// While the receiver cannot be reached, one attempt is enough to find out.
    fn under_way_max(&self) -> usize {
        if self.failures > 0 { 1 } else { limits::WEBHOOK_IN_FLIGHT_MAX }
    }

    /// This update is done with.
    pub(super) fn end(&mut self, key: u64, update: UpdateId) {
        let Some(lane) = self.lanes.get_mut(&key).filter(|lane| lane.is_under_way) else { return };
        self.under_way -= 1;
        lane.is_under_way = false;
        lane.attempts = 0;
        if lane.updates.front() == Some(&update) {
            lane.updates.pop_front();
        }
        if lane.updates.is_empty() {
            self.lanes.remove(&key);
        } else {
            self.ready.push_back(key);
        }
    }

    /// This update goes again then, tried so often.
    pub(super) fn again(&mut self, key: u64, update: UpdateId, attempts: u32, at: Duration) {
        let Some(lane) = self.lanes.get_mut(&key).filter(|lane| lane.is_under_way) else { return };
        if lane.updates.front() != Some(&update) {
            // It has fallen out meanwhile.
            return self.end(key, update);
        }
        self.under_way -= 1;
        lane.is_under_way = false;
        lane.attempts = attempts;
        self.waiting.insert((at, key));
    }

    /// All updates below this one are gone.
    pub(super) fn prune(&mut self, first: UpdateId) {
        let mut emptied = Vec::new();
        for (key, lane) in &mut self.lanes {
            let before = lane.updates.len();
            lane.updates.retain(|update| *update >= first);
            if lane.updates.is_empty() && !lane.is_under_way {
                emptied.push(*key);
            } else if lane.updates.len() < before && !lane.is_under_way {
                lane.attempts = 0;
            }
        }
        for key in &emptied {
            self.lanes.remove(key);
        }
        self.ready.retain(|key| !emptied.contains(key));
        self.waiting.retain(|(_, key)| !emptied.contains(key));
    }

    /// Somebody wants it tried now. Says whether the update is among them.
    pub(super) fn hurry(&mut self, update: UpdateId) -> bool {
        let Some((key, lane)) = self.lanes.iter().find(|(_, lane)| lane.updates.contains(&update)) else {
            return false;
        };
        let (key, is_first) = (*key, lane.updates.front() == Some(&update));
        if let Some(entry) = self.waiting.iter().find(|(_, other)| *other == key && is_first).copied() {
            self.waiting.remove(&entry);
            self.ready.push_front(key);
        }
        self.held_until = Duration::ZERO;
        true
    }

    /// There was an answer.
    pub(super) fn reachable(&mut self) {
        self.failures = 0;
    }

    /// There was none: others need not try until a while from now.
    pub(super) fn unreachable(&mut self, now: Duration) {
        // Those that were under way at the same time tell nothing new.
        if self.held_until <= now {
            self.failures = self.failures.saturating_add(1);
            self.held_until = now + pause(self.failures);
        }
    }

    /// Nothing starts before.
    pub(super) fn hold(&mut self, until: Duration) {
        self.held_until = self.held_until.max(until);
    }

    /// Attempts under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn all(lanes: &mut Lanes, now: Duration) -> Vec<i64> {
        std::iter::from_fn(|| lanes.next(now)).map(|(_, update, _)| update.0).collect()
    }

    #[test]
    fn one_of_each_conversation_in_order() {
        let mut lanes = Lanes::default();
        for (lane, update) in [(1, 1), (1, 2), (2, 3), (1, 4)] {
            lanes.push(lane, UpdateId(update));
        }
        assert_eq!(lanes.due(), Some(at(0)));
        assert_eq!(all(&mut lanes, at(0)), [1, 3]);
        assert_eq!(lanes.due(), None, "what is under way wakes us by its end");
        lanes.end(1, UpdateId(1));
        assert_eq!(all(&mut lanes, at(0)), [2]);
        lanes.again(1, UpdateId(2), 1, at(5));
        lanes.push(2, UpdateId(5));
        lanes.end(2, UpdateId(3));
        assert_eq!(all(&mut lanes, at(1)), [5], "the other conversation goes on");
        assert_eq!(lanes.due(), Some(at(5)));
        assert_eq!(lanes.next(at(5)), Some((1, UpdateId(2), 1)));
        for (lane, update) in [(1, 2), (2, 5)] {
            lanes.end(lane, UpdateId(update));
        }
        assert_eq!(all(&mut lanes, at(5)), [4]);
        lanes.end(1, UpdateId(4));
        assert!(lanes.lanes.is_empty() && lanes.due().is_none() && lanes.under_way == 0);
    }

    #[test]
    fn few_at_once_and_one_while_nobody_is_there() {
        let mut lanes = Lanes::default();
        for lane in 0..100 {
            lanes.push(lane, UpdateId(lane as i64));
        }
        let begun = all(&mut lanes, at(0));
        assert_eq!(begun.len(), limits::WEBHOOK_IN_FLIGHT_MAX);
        for update in begun {
            lanes.unreachable(at(10));
            lanes.again(update as u64, UpdateId(update), 1, at(11));
        }
        assert_eq!(lanes.due(), Some(at(11)), "held once, not once for each");
        assert_eq!(all(&mut lanes, at(10)).len(), 0);
        assert_eq!(all(&mut lanes, at(11)).len(), 1);
        lanes.unreachable(at(11));
        assert_eq!(all(&mut lanes, at(12)).len(), 0, "two seconds now, and still one");
        lanes.reachable();
        assert_eq!(all(&mut lanes, at(13)).len(), limits::WEBHOOK_IN_FLIGHT_MAX - 1);
    }

    #[test]
    fn what_fell_out_is_forgotten() {
        let mut lanes = Lanes::default();
        for (lane, update) in [(1, 1), (2, 2), (3, 3), (3, 9)] {
            lanes.push(lane, UpdateId(update));
        }
        lanes.delay(UpdateId(2), 4, at(60));
        assert_eq!(lanes.next(at(0)), Some((1, UpdateId(1), 0)));
        lanes.prune(UpdateId(5));
        assert_eq!(all(&mut lanes, at(100)), [9]);
        lanes.end(1, UpdateId(1));
        lanes.end(3, UpdateId(9));
        assert!(lanes.lanes.is_empty() && lanes.due().is_none());
    }

    #[test]
    fn whoever_is_in_a_hurry() {
        let mut lanes = Lanes::default();
        lanes.push(1, UpdateId(1));
        lanes.delay(UpdateId(1), 9, at(3600));
        lanes.hold(at(7200));
        assert!(!lanes.hurry(UpdateId(2)));
        assert!(lanes.hurry(UpdateId(1)));
        assert_eq!(lanes.next(at(1)), Some((1, UpdateId(1), 9)));
    }
}
