//! Who may speak to a bot with an account of its own (docs/xmpp.md): its owner always; others as its access policy says.
//!
//! `dedicated` bots are for their owner only, `cloud` bots for whom the policy admits. Others are refused by whoever
//! asks here (`dedicated`), without a word to the owner. Who loses his access loses the bot's presence with it.

mod audit;
pub(crate) mod tokens;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{Access, Answer, Mode};
use crate::core::registry::Bot;
use crate::core::{Core, Signal};
use crate::store::row::ContactSource;

/// What a bot of this mode may have as its policy.
pub(crate) fn check(mode: Mode, access: Access, contacts: &[BareJid]) -> Result<(), Failure> {
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
pub(crate) fn tidy(contacts: &[BareJid]) -> Vec<BareJid> {
    let mut contacts = contacts.to_vec();
    contacts.sort();
    contacts.dedup();
    contacts
}

impl Bot {
    /// Whether somebody may speak to it: comparison of normalised bare addresses.
    pub(crate) fn admits(&self, who: &BareJid) -> bool {
        if who.channel().is_some() {
            return self.hears(who);
        }
        let is_named = || match self.access {
            Access::Owner => false,
            Access::Roster => self.subscribers.binary_search(who).is_ok(),
            Access::List => self.contacts.binary_search(who).is_ok(),
            Access::Public => true,
        };
        self.row.owner == *who || is_named()
    }

    /// Whether it is told what is said in a chat on another channel: in a topic, where it hears the whole group, too.
    pub(crate) fn hears(&self, chat: &BareJid) -> bool {
        let is_heard = |address: &str| self.heard.binary_search_by(|known| known.as_str().cmp(address)).is_ok();
        let group = chat.as_str().split_once('.').map(|(group, _)| group);
        is_heard(chat.as_str()) || group.is_some_and(is_heard)
    }

    /// Whether somebody may ask it into a room, which costs more than a word: a bot for everybody follows only those whom
    /// its owner has named, as everybody may put himself on its roster.
    pub(crate) fn follows(&self, who: &BareJid) -> bool {
        let is_public = self.access == Access::Public;
        self.row.owner == *who || if is_public { self.contacts.binary_search(who).is_ok() } else { self.admits(who) }
    }
}

impl Core {
    /// A new policy; without contacts those it has stay.
    pub(crate) fn set_access(
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
        self.signal(Signal::AccessChanged(id));
        Ok(())
    }
}

impl Batch {
    pub(crate) fn bot_access(&self, id: BotId) -> Result<Answer, Failure> {
        let bot = self.bot(id)?;
        Ok(Answer::Access(id, bot.access, bot.contacts.clone()))
    }

    /// Whether a bot's program has registered this command.
    pub(crate) fn has_command(&self, bot: BotId, word: &str) -> bool {
        self.bots.get(&bot).is_some_and(|bot| bot.commands.iter().any(|command| command.command == word))
    }

    /// Whether somebody may speak to a bot now.
    pub(crate) fn admits(&self, bot: BotId, who: &BareJid) -> bool {
        let on_the_web = || self.is_shown(bot).unwrap_or_default();
        match who.channel() {
            // Whoever lists a bot for people with a browser wants it to hear them.
            Some("web") => on_the_web(),
            _ => self.bots.get(&bot).is_some_and(|bot| bot.row.active && bot.admits(who)),
        }
    }
}
