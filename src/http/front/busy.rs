//! Which connections keep the memory of a request for the next one.

use std::rc::Rc;

use crate::base::limits;
use crate::http::front::Shared;

/// A connection's right to keep the memory of a request, given back when dropped.
pub(super) struct Busy(Rc<Shared>);

impl Busy {
    /// `None` when as many have it as may.
    pub(super) fn take(shared: &Rc<Shared>) -> Option<Busy> {
        let count = shared.busy.get();
        (count < limits::BUSY_MAX).then(|| {
            shared.busy.set(count + 1);
            Busy(shared.clone())
        })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.set(self.0.busy.get() - 1);
    }
}
