//! Where people are: each channel says what bots say there, and tells the core what is said to them. This file is the list
//! of channels; the engine asks the list. A new one is a folder, its `mod` line, a field and a line in the functions here.

#[cfg(feature = "channel-local")]
pub(crate) mod local;
pub(crate) mod xmpp;

use std::time::Duration;

use crate::base::jid::BareJid;
use crate::core::Core;
use crate::core::batch::{Batch, Waiting};
use crate::core::channel::{Channel, Channels, Nowhere};
use crate::core::effect::Effect;
use crate::core::handle::ReplyTo;
use crate::core::part::Part;

/// All channels.
pub(crate) struct All {
    #[cfg(feature = "channel-local")]
    pub(crate) local: local::Local,
    pub(crate) xmpp: xmpp::Xmpp,
    nowhere: Nowhere,
}

impl All {
    /// Nothing is said yet; `now` is monotonic.
    pub(crate) fn new(now: Duration) -> All {
        All {
            #[cfg(feature = "channel-local")]
            local: local::Local::default(),
            xmpp: xmpp::Xmpp::new(now),
            nowhere: Nowhere,
        }
    }

    /// Each of them; an address belongs to the first that has it, and the last one has none.
    pub(crate) fn list(&mut self) -> impl Iterator<Item = &mut dyn Channel> {
        let all: [&mut dyn Channel; _] = [
            #[cfg(feature = "channel-local")]
            &mut self.local,
            &mut self.xmpp,
            &mut self.nowhere,
        ];
        all.into_iter()
    }

    /// What of them a batch may change.
    pub(crate) fn parts(&mut self) -> impl Iterator<Item = &mut dyn Part> {
        let own: [&mut dyn Part; _] = [
            #[cfg(feature = "channel-local")]
            &mut self.local,
        ];
        self.xmpp.parts().into_iter().chain(own)
    }

    /// After the commit: somebody waits for something on a channel.
    pub(crate) fn wait(&mut self, batch: &mut Batch, waiting: &Waiting, reply: ReplyTo) {
        self.list().try_fold(reply, |reply, channel| channel.wait(batch, waiting, reply));
    }

    /// After the commit: answers those who wait for something on a channel.
    pub(crate) fn wake(&mut self, core: &mut Core, out: &mut Vec<Effect>) {
        self.list().for_each(|channel| channel.wake(core, out));
    }

    /// The daemon ends: nobody is kept waiting.
    pub(crate) fn stop(&mut self, batch: &mut Batch) {
        self.list().for_each(|channel| channel.stop(batch));
    }
}

impl Channels for All {
    fn of(&mut self, address: &BareJid) -> &mut dyn Channel {
        #[cfg(feature = "channel-local")]
        if self.local.has(address) {
            return &mut self.local;
        }
        if self.xmpp.has(address) { &mut self.xmpp } else { &mut self.nowhere }
    }

    fn look(&self, address: &BareJid) -> &dyn Channel {
        #[cfg(feature = "channel-local")]
        if self.local.has(address) {
            return &self.local;
        }
        if self.xmpp.has(address) { &self.xmpp } else { &self.nowhere }
    }
}
