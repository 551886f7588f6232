//! Bodies: how much all of them together may take. Pure.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Room for bodies under way, in fair shares: nobody has more than half of what the others leave, so that there is always
/// some for one more. Whoever comes while nobody has any may have what he needs.
pub(super) struct Budget {
    bytes: usize,
    used: Cell<usize>,
    holders: RefCell<HashMap<Holder, usize>>,
}

/// Who has a share: a credential or an address, as a number.
pub(super) type Holder = u64;

impl Budget {
    /// So many bytes.
    pub(super) fn new(bytes: usize) -> Budget {
        Budget { bytes, used: Cell::new(0), holders: RefCell::default() }
    }

    /// A share in it, empty at first; given back when dropped.
    pub(super) fn share(&self, holder: Holder) -> Share<'_> {
        Share { budget: self, holder, bytes: 0 }
    }
}

/// One body's share in the budget.
pub(super) struct Share<'a> {
    budget: &'a Budget,
    holder: Holder,
    bytes: usize,
}

impl Share<'_> {
    /// Makes the share this large, or tells that there is not enough.
    pub(super) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return true;
        }
        let mut holders = self.budget.holders.borrow_mut();
        let (used, own) = (self.budget.used.get(), holders.get(&self.holder).copied().unwrap_or(0));
        let left_by_others = self.budget.bytes.saturating_sub(used - own);
        if used > self.bytes && own + more > left_by_others / 2 {
            return false;
        }
        holders.insert(self.holder, own + more);
        self.budget.used.set(used + more);
        self.bytes += more;
        true
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        self.budget.used.set(self.budget.used.get() - self.bytes);
        let mut holders = self.budget.holders.borrow_mut();
        let left = holders.get(&self.holder).map_or(0, |own| own - self.bytes);
        if left > 0 {
            holders.insert(self.holder, left);
        } else {
            holders.remove(&self.holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_fair() {
        let budget = Budget::new(100);
        let mut alone = budget.share(1);
        assert!(alone.grow_to(70), "nobody else has any");
        assert!(!budget.share(1).grow_to(1));
        let mut second = budget.share(2);
        assert!(!second.grow_to(16) && second.grow_to(15));
        assert!(!budget.share(2).grow_to(1), "it has half of what is left already");
        drop(alone);
        let mut third = budget.share(3);
        assert!(third.grow_to(42) && !third.grow_to(43));
        assert!(second.grow_to(20));
        drop((second, third));
        assert_eq!((budget.used.get(), budget.holders.borrow().len()), (0, 0));
        // However many there are, there is room for one more.
        let many: Vec<_> =
            (0..5).map(|holder| budget.share(holder)).map(|mut share| (share.grow_to(3), share)).collect();
        assert!(many.iter().all(|(has_room, _)| *has_room));
    }
}
