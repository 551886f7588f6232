//! What a session remembers while it reads the archive, and of what it could not read.

use std::collections::VecDeque;

use super::delivery::Ages;
use crate::base::limits;

/// How the archive is read.
#[derive(Default)]
pub(super) struct ArchiveReading {
    /// There is a place in it to read on from.
    pub(super) is_placed: bool,
    /// How often it may be looked at again.
    pub(super) looks: u32,
    /// Something of our account was in it since it was looked at last.
    pub(super) saw_own: bool,
    pub(super) ages: Ages,
    /// Archive ids of what was skipped lately, the newest last.
    skipped_ids: VecDeque<String>,
}

impl ArchiveReading {
    /// Something with this archive id is skipped. Whether that is news.
    pub(super) fn skip(&mut self, id: &str) -> bool {
        if self.skipped_ids.iter().any(|skipped| skipped == id) {
            return false;
        }
        if self.skipped_ids.len() >= limits::SKIPPED_IDS_MAX {
            self.skipped_ids.pop_front();
        }
        self.skipped_ids.push_back(id.to_string());
        true
    }

    /// What is found next tells nothing of the order so far.
    pub(super) fn forget_ages(&mut self) {
        self.ages = Ages::default();
    }

    /// Whether it is looked at once more: the first time in any case, then as long as something of ours turns up.
    pub(super) fn wants_look(&mut self) -> bool {
        let is_first = self.looks == limits::ARCHIVE_LOOKS_MAX;
        self.looks > 0 && (std::mem::take(&mut self.saw_own) || is_first)
    }
}
