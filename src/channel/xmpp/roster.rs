//! Who is subscribed to a bot: on its roster, and remembered for the time before that is known again.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::core::batch::Batch;
use crate::core::handle::Mode;
use crate::store;
use crate::store::row::ContactSource;
use crate::xmpp::roster::{Item, Subscription};

impl Batch {
    /// A cloud bot's whole roster. It is kept, as messages of the time before it is known again need it, too.
    pub(crate) fn keep_subscribers(&mut self, id: BotId, items: &[Item]) -> Result<(), store::Error> {
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
    pub(crate) fn keep_subscriber(&mut self, id: BotId, item: &Item) -> Result<(), store::Error> {
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
