//! Parts: the live state of one subject each, with what the batch under way has changed of it.
//!
//! The engine lists them, so that a batch is committed or taken back without knowing what they are about.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// Live state that a batch may change.
pub(crate) trait Part {
    /// The batch was committed, and what it had caused is on its way: what was changed stays.
    fn committed(&mut self);

    /// The batch was taken back: everything is as it was before.
    fn undo(&mut self);

    /// When there is something to do without an event (monotonic).
    fn deadline(&self) -> Option<Duration> {
        None
    }

    /// After a failed commit nothing is due by time before this (monotonic).
    fn postpone(&mut self, _until: Duration) {}
}

/// A value, and as it was before the batch under way has changed it. Small, as it is copied whole.
#[derive(Default)]
pub(crate) struct Kept<T> {
    now: T,
    before: Option<Box<T>>,
}

impl<T: Clone> Kept<T> {
    /// The value, for a change that is undone with the batch.
    pub(crate) fn change(&mut self) -> &mut T {
        if self.before.is_none() {
            self.before = Some(Box::new(self.now.clone()));
        }
        &mut self.now
    }
}

impl<T> From<T> for Kept<T> {
    fn from(now: T) -> Kept<T> {
        Kept { now, before: None }
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.now
    }
}

/// For a change that stays, whatever becomes of the batch, or that comes after [`Kept::change`].
impl<T> DerefMut for Kept<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.now
    }
}

/// When a kept value has something to do; see [`Part`].
pub(crate) trait Timed {
    /// See [`Part::deadline`].
    fn deadline(&self) -> Option<Duration> {
        None
    }

    /// See [`Part::postpone`].
    fn postpone(&mut self, _until: Duration) {}
}

impl<T> Timed for Vec<T> {}

impl Timed for Option<Duration> {
    fn deadline(&self) -> Option<Duration> {
        *self
    }

    fn postpone(&mut self, until: Duration) {
        *self = self.map(|at| at.max(until));
    }
}

impl<T: Clone + Timed> Part for Kept<T> {
    fn committed(&mut self) {
        self.before = None;
    }

    fn undo(&mut self) {
        if let Some(before) = self.before.take() {
            self.now = *before;
        }
    }

    fn deadline(&self) -> Option<Duration> {
        self.now.deadline()
    }

    fn postpone(&mut self, until: Duration) {
        self.now.postpone(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_stays_or_is_undone() {
        let mut kept = Kept::from(vec![1]);
        kept.change().push(2);
        kept.change().push(3);
        kept.undo();
        assert_eq!(*kept, [1]);
        kept.change().push(2);
        kept.committed();
        kept.undo();
        assert_eq!(*kept, [1, 2]);
        kept.push(3);
        kept.undo();
        assert_eq!(*kept, [1, 2, 3]);
    }
}
