//! Where people are: each channel says what bots say there, and tells the core what is said to them. This file is the list
//! of channels; the engine asks the list. A new one is a folder, its `mod` line, a field, and a line in `new`, `list` and
//! `shown`.

#[cfg(feature = "channel-local")]
pub(crate) mod local;
#[cfg(feature = "channel-telegram")]
pub(crate) mod telegram;
#[cfg(feature = "channel-web")]
pub(crate) mod web;
pub(crate) mod xmpp;

use std::time::Duration;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::core::Core;
use crate::core::batch::{Batch, Trouble, Verdict, Waiting};
use crate::core::channel::{Asker, Channel, Channels};
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Metric, OfferedChat, ReplyTo, TelegramQuestion};
use crate::core::part::Part;
use crate::store;

/// Whether there is one to Telegram.
pub(crate) const HAS_TELEGRAM: bool = cfg!(feature = "channel-telegram");

/// All channels.
pub(crate) struct All {
    #[cfg(feature = "channel-local")]
    pub(crate) local: local::Local,
    #[cfg(feature = "channel-telegram")]
    pub(crate) telegram: telegram::Telegram,
    #[cfg(feature = "channel-web")]
    pub(crate) web: web::Web,
    pub(crate) xmpp: xmpp::Xmpp,
}

impl All {
    /// Nothing is said yet; `now` is monotonic.
    pub(crate) fn new(now: Duration) -> All {
        All {
            #[cfg(feature = "channel-local")]
            local: local::Local::default(),
            #[cfg(feature = "channel-telegram")]
            telegram: telegram::Telegram::default(),
            #[cfg(feature = "channel-web")]
            web: web::Web::default(),
            xmpp: xmpp::Xmpp::new(now),
        }
    }

    /// Each of them. An address belongs to the first that has it, and XMPP has all that are left.
    pub(crate) fn list(&mut self) -> impl Iterator<Item = &mut dyn Channel> {
        let all: [&mut dyn Channel; _] = [
            #[cfg(feature = "channel-local")]
            &mut self.local,
            #[cfg(feature = "channel-telegram")]
            &mut self.telegram,
            #[cfg(feature = "channel-web")]
            &mut self.web,
            &mut self.xmpp,
        ];
        all.into_iter()
    }

    /// The same, to look at.
    fn shown(&self) -> impl Iterator<Item = &dyn Channel> {
        let all: [&dyn Channel; _] = [
            #[cfg(feature = "channel-local")]
            &self.local,
            #[cfg(feature = "channel-telegram")]
            &self.telegram,
            #[cfg(feature = "channel-web")]
            &self.web,
            &self.xmpp,
        ];
        all.into_iter()
    }

    /// Somebody asks how a bot is connected to another network, or changes it.
    pub(crate) fn connection(
        &mut self,
        core: &mut Core,
        asked: (BotId, &Asker),
        question: &TelegramQuestion,
    ) -> Result<Verdict, Trouble> {
        for channel in self.list() {
            if let Some(verdict) = channel.connection(core, asked, question)? {
                return Ok(verdict);
            }
        }
        Err(Failure::NotBuilt("Telegram is not in this binary".to_string()).into())
    }

    /// Numbers that show how they do, beside those of XMPP.
    pub(crate) fn metrics(&self, batch: &Batch) -> Vec<Metric> {
        self.shown().flat_map(|channel| channel.metrics(batch)).collect()
    }

    /// The bots were read from the store.
    pub(crate) fn reload(&mut self, core: &mut Core) -> Result<(), store::Error> {
        self.list().try_for_each(|channel| channel.reload(core))
    }

    /// What of them a batch may change.
    pub(crate) fn parts(&mut self) -> impl Iterator<Item = &mut dyn Part> {
        self.list().map(|channel| -> &mut dyn Part { channel })
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
    fn of(&mut self, address: &BareJid) -> Result<&mut dyn Channel, Failure> {
        self.list().find(|channel| channel.has(address)).ok_or_else(nowhere)
    }

    fn look(&self, address: &BareJid) -> Result<&dyn Channel, Failure> {
        self.shown().find(|channel| channel.has(address)).ok_or_else(nowhere)
    }

    fn offers(&self, core: &Core, bot: BotId) -> Result<Vec<OfferedChat>, store::Error> {
        let all: Result<Vec<_>, _> = self.shown().map(|channel| channel.offers(core, bot)).collect();
        Ok(all?.into_iter().flatten().collect())
    }
}

fn nowhere() -> Failure {
    Failure::NotBuilt("the channel of this address is not in this binary".to_string())
}
