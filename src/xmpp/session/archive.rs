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
    /// Ids of what may have been sent and was not found; `None`: they are not known.
    pub(super) missing: Option<Vec<String>>,
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

    /// Something of our account is in it, with this id.
    pub(super) fn found_own(&mut self, id: Option<&str>) {
        self.saw_own = true;
        if let Some(missing) = &mut self.missing {
            missing.retain(|doubted| Some(doubted.as_str()) != id);
        }
    }

    /// What is found next tells nothing of the order so far.
    pub(super) fn forget_ages(&mut self) {
        self.ages = Ages::default();
    }

    /// Whether it is looked at once more: the first time in any case, then as long as something of ours turns up; never
    /// again once all that is looked for was found.
    pub(super) fn wants_look(&mut self) -> bool {
        if self.missing.as_ref().is_some_and(Vec::is_empty) {
            self.looks = 0;
        }
        let is_first = self.looks == limits::ARCHIVE_LOOKS_MAX;
        self.looks > 0 && (std::mem::take(&mut self.saw_own) || is_first)
    }
}
