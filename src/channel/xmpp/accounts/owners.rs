//! How bots are bound to accounts: through which one a bot speaks, and whose it is.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::channel::xmpp::accounts::Accounts;
use crate::core::batch::Batch;
use crate::core::failure::Failure;
use crate::core::handle::Mode;
use crate::core::owner::is_local;
use crate::core::registry::{Bot, Through};
use crate::store;
use crate::store::row::ContactSource;
use crate::xmpp::presence;

impl Accounts {
    /// Cancels the subscriptions of those who were admitted and are not any more (RFC 6121 §3.2): when that changes and
    /// whenever the bot comes online, until its server says that it is done.
    pub(crate) fn withdraw_presence(&mut self, batch: &mut Batch, id: BotId) -> Result<(), store::Error> {
        let account = self.account_of_bot(id).and_then(|account| self.get(&account));
        let Some(account) = account.filter(|account| account.is_online).map(|account| account.row.id) else {
            return Ok(());
        };
        for who in batch.store.list_contacts(id, ContactSource::Withdrawn)? {
            if batch.bots.get(&id).is_some_and(|bot| bot.admits(&who)) {
                batch.store.delete_contact(id, ContactSource::Withdrawn, &who)?;
            } else {
                self.tell_session(batch, account, presence::print_unsubscribed(&who));
            }
        }
        Ok(())
    }

    pub(crate) fn adjust_owner(&mut self, batch: &mut Batch, owner: &BareJid) {
        if let Some(account) = self.account_of(owner) {
            self.adjust_presence(batch, account);
        }
    }

    /// Somebody whose bots there may be: signed in here, or with a bot.
    pub(crate) fn check_owner(&self, batch: &Batch, owner: &BareJid) -> Result<(), Failure> {
        if is_local(owner) || self.account_of(owner).is_some() || batch.bots.values().any(|bot| bot.row.owner == *owner)
        {
            return Ok(());
        }
        let must_be = format!("an account that is signed in here or owns a bot; {owner} does neither");
        Err(Failure::invalid("account", must_be))
    }

    /// What a bot speaks through.
    pub(crate) fn speaks_through(&self, bot: &Bot) -> Through {
        let account = match bot.mode {
            Mode::Personal if is_local(&bot.row.owner) => return Through::Local,
            Mode::Personal => self.account_of(&bot.row.owner),
            Mode::Dedicated | Mode::Cloud => self.account_of_bot(bot.row.id),
        };
        match account {
            Some(account) => Through::Account(account),
            None => Through::None,
        }
    }
}
