//! A bot and its owner see each other: what the bot does for it, and, where the owner's account is signed in here, what is
//! done on his side.

use super::Asked;
use crate::base::id::{AccountId, BotId};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::asking::About;
use crate::core::batch::Batch;
use crate::core::owner::is_local;
use crate::store;
use crate::xmpp::iq::Peer;
use crate::xmpp::roster::{self, Item, Subscription};
use crate::xmpp::stanza::IqKind;
use crate::xmpp::{ping, presence};

impl Xmpp {
    /// What the bot does for its owner: a place on its roster, a yes to his request before it comes, and a request.
    pub(super) fn greet_owner(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        id: BotId,
        items: &[Item],
    ) -> Result<(), store::Error> {
        let Some(bot) = batch.bots.get(&id) else { return Ok(()) };
        let (owner, before) = (bot.row.owner.clone(), bot.profile.clone());
        if is_local(&owner) || bot.row.jid.as_ref() == Some(&owner) {
            return Ok(());
        }
        let item = items.iter().find(|item| item.jid == owner);
        if item.is_none_or(|item| item.name.is_none()) {
            let groups: Vec<&str> = item.iter().flat_map(|item| &item.groups).map(String::as_str).collect();
            let order = roster::build_set(&owner, owner.local(), &groups);
            let about = About::Chore("a place for its owner on its roster");
            self.questions.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), about);
        }
        if !item.is_some_and(Item::may_see_us) {
            self.accounts.tell_session(batch, account, presence::print_subscribed(&owner));
        }
        let is_asking = item.is_some_and(|item| item.is_asking);
        let is_tied = item.is_some_and(|item| item.subscription != Subscription::None);
        let is_mutual = item.is_some_and(|item| item.subscription == Subscription::Both);
        let is_done = is_mutual || before.was_mutual;
        if let Some(item) = item {
            self.accounts.note_owner(batch, account, id, item)?;
        }
        let theirs = self.accounts.account_of(&owner).filter(|id| self.accounts.get(id).is_some_and(|a| a.is_online));
        match theirs {
            // Who was asked once and wants nothing of the bot has decided so.
            Some(theirs) if !is_done && (!before.is_greeted || is_asking || is_tied) => {
                self.questions.ask_roster(batch, theirs, Asked::OwnerRoster(id));
            }
            None if !before.is_greeted && !is_asking && !item.is_some_and(Item::sees) => {
                self.accounts.ask_for_presence(batch, account, id)
            }
            _ => {}
        }
        Ok(())
    }

    /// The owner's side, on his own account: the bot's name on his roster, a yes to the bot and a request of his. All of
    /// it before the bot asks, or his other clients would ask him.
    pub(super) fn complete_owner(&mut self, batch: &mut Batch, theirs: AccountId, id: BotId, items: &[Item]) {
        let Some((name, Some(jid))) = batch.bots.get(&id).map(|bot| (bot.row.name.clone(), bot.row.jid.clone())) else {
            return;
        };
        let item = items.iter().find(|item| item.jid == jid);
        if item.is_none_or(|item| item.name.is_none()) {
            let groups: Vec<&str> = item.iter().flat_map(|item| &item.groups).map(String::as_str).collect();
            let order = roster::build_set(&jid, Some(&name), &groups);
            let about = About::Chore("a place for a bot on its owner's roster");
            self.questions.ask_entity(batch, theirs, (Peer::Account, IqKind::Set, order), about);
        }
        if !item.is_some_and(Item::may_see_us) {
            self.accounts.tell_session(batch, theirs, presence::print_subscribed(&jid));
        }
        if !item.is_some_and(|item| item.sees() || item.is_asking) {
            self.accounts.tell_session(batch, theirs, presence::print_subscribe(&jid, None, None));
        }
        self.questions.ask_entity(
            batch,
            theirs,
            (Peer::Server, IqKind::Get, ping::build()),
            About::Arrival(Asked::OwnerReady(id)),
        );
    }
}

impl Accounts {
    pub(super) fn ask_for_presence(&mut self, batch: &mut Batch, account: AccountId, id: BotId) {
        let Some(bot) = batch.bots.get(&id) else { return };
        let status = Some(bot.row.description.as_str()).filter(|text| !text.is_empty());
        let request = presence::print_subscribe(&bot.row.owner, Some(&bot.row.name), status);
        self.tell_session(batch, account, request);
    }

    /// A contact of a bot's account changed.
    pub(crate) fn on_contact(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        item: &Item,
    ) -> Result<(), store::Error> {
        let Some(id) = self.bot_of(account) else { return Ok(()) };
        batch.keep_subscriber(id, item)?;
        let Some(bot) = batch.bots.get(&id).filter(|bot| bot.row.owner == item.jid) else { return Ok(()) };
        let own = bot.row.jid.clone();
        self.note_owner(batch, account, id, item)?;
        // Where servers know no approval in advance, the bot's request is answered when it is out.
        if let (true, Some(own), Some(theirs)) = (item.is_asking, own, self.account_of(&item.jid)) {
            self.tell_session(batch, theirs, presence::print_subscribed(&own));
        }
        Ok(())
    }

    fn note_owner(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        bot: BotId,
        item: &Item,
    ) -> Result<(), store::Error> {
        if let Some(account) = self.get_mut(&account) {
            account.settling.is_mutual = item.subscription == Subscription::Both;
        }
        let (is_greeted, is_mutual) = (item.is_asking || item.sees(), item.subscription == Subscription::Both);
        batch.note_profile(bot, |profile| {
            profile.is_greeted |= is_greeted;
            profile.was_mutual |= is_mutual;
        })
    }
}
