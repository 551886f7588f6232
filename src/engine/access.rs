//! Who may speak to a bot with an account of its own (docs/xmpp.md): its owner always; others as its access policy says.
//!
//! `dedicated` bots are for their owner only, `cloud` bots for whom the policy admits. Others are refused by whoever
//! asks here (`dedicated`), without a word to the owner. Who loses his access loses the bot's presence with it.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::engine::failure::Failure;
use crate::engine::handle::{Access, Answer, Mode};
use crate::engine::registry::Bot;
use crate::engine::{Batch, Engine, Trouble};
use crate::store;
use crate::store::row::ContactSource;
use crate::xmpp::roster::{Item, Subscription};

/// What a bot of this mode may have as its policy.
pub(super) fn check(mode: Mode, access: Access, contacts: &[BareJid]) -> Result<(), Failure> {
    let must_be = match mode {
        _ if access == Access::Owner => None,
        Mode::Personal => Some("owner for a personal bot, which speaks in its owner's own chat"),
        Mode::Dedicated => Some("owner for a dedicated bot; one for others is made with mode cloud"),
        Mode::Cloud => None,
    };
    if let Some(must_be) = must_be {
        return Err(Failure::invalid("access", must_be));
    }
    Failure::check_most("contacts", contacts.len(), limits::BOT_CONTACTS_MAX, "addresses")
}

/// Named people as they are kept: sorted, each once.
pub(super) fn tidy(contacts: &[BareJid]) -> Vec<BareJid> {
    let mut contacts = contacts.to_vec();
    contacts.sort();
    contacts.dedup();
    contacts
}

impl Bot {
    /// Whether somebody may speak to it: comparison of normalised bare addresses.
    pub(super) fn admits(&self, who: &BareJid) -> bool {
        let is_named = || match self.access {
            Access::Owner => false,
            Access::Roster => self.subscribers.binary_search(who).is_ok(),
            Access::List => self.contacts.binary_search(who).is_ok(),
            Access::Public => true,
        };
        self.row.owner == *who || is_named()
    }

    /// Whether somebody may ask it into a room, which costs more than a word: a bot for everybody follows only those whom
    /// its owner has named, as everybody may put himself on its roster.
    pub(super) fn follows(&self, who: &BareJid) -> bool {
        let is_public = self.access == Access::Public;
        self.row.owner == *who || if is_public { self.contacts.binary_search(who).is_ok() } else { self.admits(who) }
    }
}

impl Engine {
    /// A new policy; without contacts those it has stay.
    pub(super) fn set_access(
        &mut self,
        id: BotId,
        access: Access,
        contacts: Option<&[BareJid]>,
    ) -> Result<(), Trouble> {
        let bot = self.batch.bot(id)?;
        check(bot.mode, access, contacts.unwrap_or(&bot.contacts))?;
        let admitted: Vec<BareJid> = bot.subscribers.iter().filter(|who| bot.admits(who)).cloned().collect();
        if let Some(contacts) = contacts {
            let contacts = tidy(contacts);
            self.batch.store.store_contacts(id, ContactSource::List, &contacts)?;
            if let Some(bot) = self.batch.bots.get_mut(&id) {
                bot.contacts = contacts;
            }
        }
        if let Some(bot) = self.batch.bots.get_mut(&id) {
            bot.access = access;
        }
        self.change_bot(id, "access_set", |row| row.access = access.as_str().to_string())?;
        for who in admitted {
            if !self.batch.bot(id)?.admits(&who) {
                self.batch.store.insert_contact(id, ContactSource::Withdrawn, &who)?;
            }
        }
        Ok(self.xmpp.accounts.withdraw_presence(&mut self.batch, id)?)
    }
}

impl Batch {
    pub(super) fn bot_access(&self, id: BotId) -> Result<Answer, Failure> {
        let bot = self.bot(id)?;
        Ok(Answer::Access(id, bot.access, bot.contacts.clone()))
    }

    /// A cloud bot's whole roster. It is kept, as messages of the time before it is known again need it, too.
    pub(super) fn keep_subscribers(&mut self, id: BotId, items: &[Item]) -> Result<(), store::Error> {
        let Some(bot) = self.bots.get_mut(&id).filter(|bot| bot.mode == Mode::Cloud) else { return Ok(()) };
        let mut subscribers: Vec<BareJid> =
            items.iter().filter(|item| is_subscriber(item)).map(|item| item.jid.clone()).collect();
        subscribers.sort();
        subscribers.dedup();
        subscribers.truncate(limits::BOT_SUBSCRIBERS_MAX);
        if bot.subscribers != subscribers {
            self.store.store_contacts(id, ContactSource::Roster, &subscribers)?;
            bot.subscribers = subscribers;
        }
        let subscribers = bot.subscribers.clone();
        for who in self.store.list_contacts(id, ContactSource::Withdrawn)? {
            if subscribers.binary_search(&who).is_err() {
                self.store.delete_contact(id, ContactSource::Withdrawn, &who)?;
            }
        }
        Ok(())
    }

    /// One entry of a cloud bot's roster changed.
    pub(super) fn keep_subscriber(&mut self, id: BotId, item: &Item) -> Result<(), store::Error> {
        let Some(bot) = self.bots.get_mut(&id).filter(|bot| bot.mode == Mode::Cloud) else { return Ok(()) };
        match (bot.subscribers.binary_search(&item.jid), is_subscriber(item)) {
            (Err(at), true) if bot.subscribers.len() < limits::BOT_SUBSCRIBERS_MAX => {
                bot.subscribers.insert(at, item.jid.clone());
                self.store.insert_contact(id, ContactSource::Roster, &item.jid)
            }
            (Ok(at), false) => {
                bot.subscribers.remove(at);
                self.store.delete_contact(id, ContactSource::Withdrawn, &item.jid)?;
                self.store.delete_contact(id, ContactSource::Roster, &item.jid)
            }
            _ => Ok(()),
        }
    }
}

fn is_subscriber(item: &Item) -> bool {
    matches!(item.subscription, Subscription::From | Subscription::Both)
}
