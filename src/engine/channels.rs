//! The channels there are.

use crate::base::jid::BareJid;
use crate::channel::local::Local;
use crate::channel::xmpp::Xmpp;
use crate::core::channel::{Channel, Channels};

/// All of them; a new one is a field here, and a line in each of these functions.
pub(super) struct All {
    pub(super) xmpp: Xmpp,
    pub(super) local: Local,
}

impl All {
    /// Each of them.
    pub(super) fn all(&mut self) -> [&mut dyn Channel; 2] {
        [&mut self.local, &mut self.xmpp]
    }
}

impl Channels for All {
    fn of(&mut self, address: &BareJid) -> &mut dyn Channel {
        // XMPP has every address that no other channel has.
        if self.local.has(address) { &mut self.local } else { &mut self.xmpp }
    }

    fn look(&self, address: &BareJid) -> &dyn Channel {
        if self.local.has(address) { &self.local } else { &self.xmpp }
    }
}
