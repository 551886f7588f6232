//! What is done when a bot's own account comes online: its owner is put on its roster, let in and asked for his presence,
//! and what the bot shows of itself is published (XEP-0054, XEP-0172, XEP-0292, XEP-0084, XEP-0153).
//!
//! Everything may be done twice, and nothing is without need: what was published is remembered by its hash, and that the
//! owner was asked, too, so that who said no is left alone. Where the owner's account is signed in here, his side is
//! completed for him. What an interruption leaves undone is done at the next coming online.
//!
//! `owner` brings bot and owner together, `renaming` tells his roster another name, `publishing` shows the profile.

mod owner;
mod publishing;
mod renaming;

use crate::base::id::{AccountId, BotId};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::{Accounts, Stream};
use crate::channel::xmpp::asking::{About, EntityAnswer, Questions};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::store;
use crate::store::row::{Origin, ProfileRow};
use crate::xmpp::iq::Peer;
use crate::xmpp::roster;
use crate::xmpp::stanza::IqKind;

pub(crate) use publishing::{Publication, is_passing};

/// A question about an account that came online.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// The bot's roster.
    Roster,
    /// The roster of the bot's owner, on his account.
    OwnerRoster(BotId),
    /// The same, to call a bot by its new name there.
    Renaming(BotId),
    /// To call it so.
    Renamed(BotId, String),
    /// Whether all that was said on the owner's account before has arrived.
    OwnerReady(BotId),
    /// To publish a part of the profile.
    Publish(Publication),
}

impl Xmpp {
    /// An account is online.
    pub(crate) fn on_arrival(
        &mut self,
        core: &mut Core,
        account: AccountId,
        stream: Stream,
    ) -> Result<(), store::Error> {
        let Some(arrived) = self.accounts.get_mut(&account) else { return Ok(()) };
        // What was asked before is answered by now, if only with the loss of the connection.
        arrived.settling.is_under_way = false;
        if stream == Stream::New {
            self.files.forget_upload_service(account);
        }
        let Some(arrived) = self.accounts.get_mut(&account) else { return Ok(()) };
        match (arrived.row.removing, arrived.row.origin) {
            (true, Origin::Register) => {
                self.questions.go_on_unregistering(&mut core.batch, account);
                return Ok(());
            }
            (true, _) => return self.continue_teardown(&mut core.batch, account, 0),
            (false, _) => {}
        }
        match stream {
            Stream::New => self.omemo_arrival(core, account)?,
            Stream::Resumed => self.omemo_resumed(core, account)?,
        }
        let Some(arrived) = self.accounts.get_mut(&account) else { return Ok(()) };
        let is_mutual = stream == Stream::Resumed && arrived.settling.is_mutual;
        let Some(bot) = arrived.row.bot else {
            if stream == Stream::New {
                self.on_owner_arrival(&mut core.batch, account)?;
            }
            return Ok(());
        };
        self.arrivals.ended.push((bot, Ok(())));
        core.batch.note_profile(bot, |profile| profile.has_arrived = true)?;
        self.accounts.withdraw_presence(&mut core.batch, bot)?;
        if !is_mutual {
            self.questions.ask_roster(&mut core.batch, account, Asked::Roster);
        }
        self.publish_profile(&mut core.batch, account, bot)
    }
}

impl Xmpp {
    /// A person's account is online: his bots look whether there is something left to do.
    fn on_owner_arrival(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        let owner = self.accounts.get(&account).map(|account| account.row.jid.clone());
        let Some(owner) = owner else { return Ok(()) };
        let own: Vec<BotId> = batch.bots.values().filter(|bot| bot.row.owner == owner).map(|bot| bot.row.id).collect();
        for bot in own {
            self.begin_renaming(batch, bot)?;
        }
        let is_theirs = |bot: &BotId| batch.bots.get(bot).is_some_and(|bot| bot.row.owner == owner);
        let waiting = self
            .accounts
            .values()
            .filter(|a| a.is_online && !a.settling.is_mutual && a.row.bot.is_some_and(|b| is_theirs(&b)));
        let waiting: Vec<AccountId> = waiting.map(|account| account.row.id).collect();
        for account in waiting {
            self.questions.ask_roster(batch, account, Asked::Roster);
        }
        Ok(())
    }

    pub(crate) fn on_arrival_answer(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        asked: Asked,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        let items = || answer.as_ref().ok().and_then(Option::as_ref).and_then(roster::read);
        match asked {
            Asked::Roster => match (self.accounts.bot_of(account), items()) {
                (Some(bot), Some(items)) => {
                    batch.keep_subscribers(bot, &items)?;
                    self.greet_owner(batch, account, bot, &items)
                }
                _ => Ok(()),
            },
            Asked::OwnerRoster(bot) => {
                if let Some(items) = items() {
                    self.complete_owner(batch, account, bot, &items);
                }
                Ok(())
            }
            Asked::Renaming(bot) => match items() {
                Some(items) => self.questions.rename_on_roster(batch, account, bot, &items),
                None => Ok(()),
            },
            Asked::Renamed(bot, name) if answer.is_ok() => self.on_renamed(batch, bot, &name),
            Asked::Renamed(..) => Ok(()),
            Asked::OwnerReady(bot) => {
                if let Some(account) = self.accounts.account_of_bot(bot) {
                    self.accounts.ask_for_presence(batch, account, bot);
                }
                Ok(())
            }
            Asked::Publish(publication) => self.on_published(batch, account, publication, answer),
        }
    }
}

impl Accounts {
    fn bot_of(&self, account: AccountId) -> Option<BotId> {
        self.get(&account).and_then(|account| account.row.bot)
    }
}

impl Questions {
    fn ask_roster(&mut self, batch: &mut Batch, account: AccountId, asked: Asked) {
        self.ask_entity(batch, account, (Peer::Account, IqKind::Get, roster::build_get()), About::Arrival(asked));
    }
}

impl Batch {
    /// Changes what is remembered of a bot's profile; nothing is written when nothing changes.
    fn note_profile(&mut self, bot: BotId, change: impl FnOnce(&mut ProfileRow)) -> Result<(), store::Error> {
        let Some(known) = self.bots.get_mut(&bot) else { return Ok(()) };
        let before = known.profile.clone();
        change(&mut known.profile);
        if known.profile != before {
            self.store.store_profile(bot, &known.profile)?;
        }
        Ok(())
    }
}
