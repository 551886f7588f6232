//! Who says how much in a minute, and how much of what was done is told. Both are counted in memory, within bounds: a restart
//! begins anew.

use std::collections::HashMap;
use std::time::Duration;

use crate::base::id::LinkId;
use crate::base::limits;

/// What is counted of one person in one chat, or of one chat.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// Since when (monotonic).
    since: Duration,
    count: u32,
    /// What was counted last, so that it is not counted twice.
    last: i64,
}

/// Messages of people within the last minute.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flood {
    people: HashMap<(LinkId, i64), Window>,
}

impl Flood {
    /// Counts a message, and says how many somebody has said within his minute. `number` grows with each message of a chat:
    /// one that was counted is not counted again.
    pub(crate) fn count(&mut self, (link, person): (LinkId, i64), number: i64, now: Duration) -> u32 {
        if self.people.len() >= limits::FLOOD_PEOPLE_MAX && !self.people.contains_key(&(link, person)) {
            self.people.retain(|_, window| now < window.since + limits::FLOOD_WINDOW);
            // All of them speak: the one who began first is let go.
            if self.people.len() >= limits::FLOOD_PEOPLE_MAX
                && let Some(oldest) = self.people.iter().min_by_key(|(_, window)| window.since).map(|(key, _)| *key)
            {
                self.people.remove(&oldest);
            }
        }
        let window = self.people.entry((link, person)).or_insert(Window { since: now, count: 0, last: i64::MIN });
        if number <= window.last {
            return window.count;
        }
        window.last = number;
        if now >= window.since + limits::FLOOD_WINDOW {
            (window.since, window.count) = (now, 0);
        }
        window.count += 1;
        window.count
    }
}

/// Reports about chats within the last hour.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reports {
    chats: HashMap<LinkId, (Duration, u32)>,
}

impl Reports {
    /// Whether one more is told, and how many were not told before it.
    pub(crate) fn admit(&mut self, link: LinkId, now: Duration) -> Option<u32> {
        let (since, count) = self.chats.entry(link).or_insert((now, 0));
        let mut untold = 0;
        if now >= *since + limits::REPORTS_WINDOW {
            untold = count.saturating_sub(limits::REPORTS_MAX);
            (*since, *count) = (now, 0);
        }
        *count += 1;
        (*count <= limits::REPORTS_MAX).then_some(untold)
    }

    /// Whether the one just told is the last for a while.
    pub(crate) fn is_full(&self, link: LinkId) -> bool {
        self.chats.get(&link).is_some_and(|(_, count)| *count == limits::REPORTS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: LinkId = LinkId(1);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn messages_of_a_minute() {
        let mut flood = Flood::default();
        let counts: Vec<u32> = (1..=4).map(|number| flood.count((LINK, 7), number, at(10))).collect();
        assert_eq!(counts, [1, 2, 3, 4]);
        assert_eq!(flood.count((LINK, 7), 4, at(11)), 4, "told again after a batch that failed");
        assert_eq!(flood.count((LINK, 8), 5, at(11)), 1, "somebody else");
        assert_eq!(flood.count((LinkId(2), 7), 5, at(11)), 1, "elsewhere");
        assert_eq!(flood.count((LINK, 7), 6, at(70)), 1, "a minute later");
    }

    #[test]
    fn strangers_fill_no_memory() {
        let mut flood = Flood::default();
        for person in 0..limits::FLOOD_PEOPLE_MAX as i64 + 100 {
            flood.count((LINK, person), 1, at(1));
        }
        assert!(flood.people.len() <= limits::FLOOD_PEOPLE_MAX);
    }

    #[test]
    fn reports_are_few() {
        let mut reports = Reports::default();
        let told = (0..limits::REPORTS_MAX + 5).filter(|_| reports.admit(LINK, at(5)).is_some()).count();
        assert_eq!(told, limits::REPORTS_MAX as usize);
        assert!(!reports.is_full(LINK));
        let later = at(5) + limits::REPORTS_WINDOW;
        assert_eq!(reports.admit(LINK, later), Some(5));
    }
}
