//! A bot that was given another name is called by it on its owner's roster, too, where his account is signed in here. What he
//! has called it himself stays.

use super::Asked;
use crate::base::id::{AccountId, BotId};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::asking::{About, Questions};
use crate::core::batch::Batch;
use crate::store;
use crate::xmpp::iq::Peer;
use crate::xmpp::roster::{self, Item};
use crate::xmpp::stanza::IqKind;

impl Xmpp {
    /// A bot has another name now: where its owner's account is signed in here, his roster is to have it, too.
    pub(crate) fn note_renamed(&mut self, batch: &mut Batch, id: BotId, former: &str) -> Result<(), store::Error> {
        // The first of several changes, as the roster has it.
        if batch.store.setting(&former_name_key(id))?.is_none() {
            batch.store.store_setting(&former_name_key(id), former)?;
        }
        self.begin_renaming(batch, id)
    }

    pub(super) fn begin_renaming(&mut self, batch: &mut Batch, id: BotId) -> Result<(), store::Error> {
        let Some(bot) = batch.bots.get(&id).filter(|bot| bot.row.jid.is_some()) else { return Ok(()) };
        let theirs =
            self.accounts.account_of(&bot.row.owner).filter(|id| self.accounts.get(id).is_some_and(|a| a.is_online));
        if let (Some(theirs), Some(_)) = (theirs, batch.store.setting(&former_name_key(id))?)
            && !self.questions.is_renaming(theirs, id)
        {
            self.questions.ask_roster(batch, theirs, Asked::Renaming(id));
        }
        Ok(())
    }

    /// The owner's roster calls the bot so now.
    pub(super) fn on_renamed(&mut self, batch: &mut Batch, id: BotId, name: &str) -> Result<(), store::Error> {
        if batch.bots.get(&id).is_none_or(|bot| bot.row.name == name) {
            return batch.store.delete_setting(&former_name_key(id));
        }
        // It was renamed again meanwhile.
        batch.store.store_setting(&former_name_key(id), name)?;
        self.begin_renaming(batch, id)
    }
}

impl Questions {
    /// Two at once would have the later one undo what the owner has said between them.
    fn is_renaming(&self, theirs: AccountId, id: BotId) -> bool {
        let is_such = |about: &About| matches!(about, About::Arrival(Asked::Renaming(bot) | Asked::Renamed(bot, _)) if *bot == id);
        self.open().any(|(account, about)| *account == theirs && is_such(about))
    }

    /// What the owner has called it himself stays.
    pub(super) fn rename_on_roster(
        &mut self,
        batch: &mut Batch,
        theirs: AccountId,
        id: BotId,
        items: &[Item],
    ) -> Result<(), store::Error> {
        let Some((name, Some(jid))) = batch.bots.get(&id).map(|bot| (bot.row.name.clone(), bot.row.jid.clone())) else {
            return Ok(());
        };
        let former = batch.store.setting(&former_name_key(id))?;
        match items.iter().find(|item| item.jid == jid) {
            Some(item) if item.name == former && former.is_some() && item.name.as_ref() != Some(&name) => {
                let groups: Vec<&str> = item.groups.iter().map(String::as_str).collect();
                let order = roster::build_set(&jid, Some(&name), &groups);
                self.ask_entity(
                    batch,
                    theirs,
                    (Peer::Account, IqKind::Set, order),
                    About::Arrival(Asked::Renamed(id, name)),
                );
                Ok(())
            }
            _ => batch.store.delete_setting(&former_name_key(id)),
        }
    }
}

/// What the owner's roster calls a bot that has another name now. DinoX's kind of key: it goes with the bot.
fn former_name_key(bot: BotId) -> String {
    format!("bot_{bot}_former_name")
}
