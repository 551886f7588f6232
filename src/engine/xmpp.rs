//! The XMPP channel: its parts, and what they do together.

use std::time::Duration;

use crate::engine::accounts::Accounts;
use crate::engine::asking::Questions;
use crate::engine::crypt::Crypt;
use crate::engine::dedicated::Arrivals;
use crate::engine::files::Files;
use crate::engine::leaving::Removals;
use crate::engine::part::Kept;
use crate::engine::rooms::Rooms;

/// All of it.
pub(super) struct Xmpp {
    pub(super) accounts: Accounts,
    pub(super) questions: Questions,
    /// Who waits for a new bot to be online.
    pub(super) arrivals: Arrivals,
    pub(super) removals: Removals,
    pub(super) rooms: Rooms,
    pub(super) files: Kept<Files>,
    pub(super) crypt: Crypt,
}

impl Xmpp {
    /// Nothing yet; `now` is monotonic.
    pub(super) fn new(now: Duration) -> Xmpp {
        Xmpp {
            accounts: Accounts::default(),
            questions: Questions::default(),
            arrivals: Arrivals::default(),
            removals: Removals::new(now),
            rooms: Rooms::default(),
            files: Kept::default(),
            crypt: Crypt::default(),
        }
    }
}
