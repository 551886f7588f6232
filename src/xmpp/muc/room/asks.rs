//! The questions of a room that wait for their answers: at most one about each thing.

use std::time::Duration;

use crate::base::limits;
use crate::xmpp::muc::presence::Affiliation;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Whether we are in the room (XEP-0410).
    Presence,
    /// What the room is (XEP-0045 §6.4).
    Info,
    /// To open a room that we created (XEP-0045 §10.1.2).
    Unlock,
    /// Who has this affiliation (XEP-0045 §9.5).
    List(Affiliation),
}

#[derive(Clone, Debug)]
struct Open {
    tag: u32,
    about: About,
    asked: Duration,
    until: Duration,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    count: u32,
    open: Vec<Open>,
}

impl Asks {
    /// Notes a question; gives its tag, or `None` when the same is asked already.
    pub(super) fn ask(&mut self, about: About, now: Duration) -> Option<u32> {
        if self.is_open(about) {
            return None;
        }
        let time = match about {
            About::Presence => limits::ROOM_PING_TIMEOUT,
            About::Info | About::Unlock | About::List(_) => limits::IQ_TIMEOUT,
        };
        self.count = self.count.wrapping_add(1);
        self.open.push(Open { tag: self.count, about, asked: now, until: now + time });
        Some(self.count)
    }

    /// What the answer with this tag is about, and when it was asked.
    pub(super) fn answered(&mut self, tag: u32) -> Option<(About, Duration)> {
        let index = self.open.iter().position(|open| open.tag == tag)?;
        let open = self.open.swap_remove(index);
        Some((open.about, open.asked))
    }

    /// Takes out one question whose time is over; gives what it is about, and when it was asked.
    pub(super) fn expired(&mut self, now: Duration) -> Option<(About, Duration)> {
        let index = self.open.iter().position(|open| open.until <= now)?;
        let open = self.open.swap_remove(index);
        Some((open.about, open.asked))
    }

    pub(super) fn is_open(&self, about: About) -> bool {
        self.open.iter().any(|open| open.about == about)
    }

    /// Forgets what was asked about this.
    pub(super) fn forget(&mut self, about: About) {
        self.open.retain(|open| open.about != about);
    }

    /// Forgets everything: the answers cannot come any more, or do not matter.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    /// When the first question's time is over.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.open.iter().map(|open| open.until).min()
    }
}
