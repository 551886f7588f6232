//! How far the archive of an account is read, and what of it counts.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::limits;

/// How far an archive is read.
#[derive(Default)]
pub(crate) struct Archive {
    /// Something in the table may have been sent on an earlier connection, by this process or the one before it.
    pub(super) in_doubt: bool,
    /// Of what the archive tells only what we said ourselves counts: there was no place yet to read on from.
    pub(crate) looks_back: bool,
    /// Archive ids seen of late with the time they came, oldest first.
    pub(super) marks: VecDeque<(Duration, String)>,
}

impl Archive {
    /// It is read to its end: nothing is in doubt any more.
    pub(super) fn end(&mut self) {
        self.in_doubt = false;
        self.looks_back = false;
    }

    /// Whether a place in it waits to be written.
    pub(crate) fn has_marks(&self) -> bool {
        !self.marks.is_empty()
    }

    /// What has this id was dealt with.
    pub(crate) fn note(&mut self, mark: String, now: Duration) {
        self.marks.push_back((now, mark));
    }

    /// It is read to here, and this is written at once: what came before needs no writing any more.
    pub(super) fn read_to(&mut self, mark: &str) {
        self.looks_back = false;
        let behind = self.marks.iter().position(|(_, known)| known == mark).map_or(0, |at| at + 1);
        self.marks = self.marks.split_off(if behind == 0 { self.marks.len() } else { behind });
    }

    /// The newest place that is old enough to be written, so that what the server stores a little out of order is not
    /// missed; it is to be written now.
    pub(crate) fn advance(&mut self, now: Duration) -> Option<String> {
        let mut mark = None;
        while let Some((at, _)) = self.marks.front() {
            if *at + limits::MARK_AGE > now && self.marks.len() <= limits::MARKS_MAX {
                break;
            }
            mark = self.marks.pop_front().map(|(_, mark)| mark);
        }
        mark
    }
}
