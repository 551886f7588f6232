//! What has happened since the start, as numbers; counted where it happens, after the commit.

use std::collections::HashMap;

use crate::base::jid::BareJid;

/// What has happened since the start.
#[derive(Default)]
pub(crate) struct Counts {
    /// Stanzas that sessions have skipped.
    pub(crate) stanzas_skipped: u64,
    /// The same of each owner's account and his bots', also of bots that are gone; and the last of them.
    pub(crate) skipped_of: HashMap<BareJid, (u64, String)>,
    /// Updates that nobody fetched in time.
    pub(crate) updates_dropped: u64,
}
