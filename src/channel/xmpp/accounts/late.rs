//! How often the same delayed messages came on one stream.

use std::collections::BTreeMap;

use crate::base::limits;

/// How often the same delayed messages came.
#[derive(Clone, Default)]
pub(crate) struct Late(BTreeMap<String, u32>);

impl Late {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The number of this one, from 1 on.
    pub(crate) fn count(&mut self, stamped: &str) -> u32 {
        if self.0.len() >= limits::LATE_COUNTED_MAX {
            self.0.clear();
        }
        let count = self.0.entry(stamped.to_string()).or_default();
        *count += 1;
        *count
    }
}
