//! Quotas: how much an owner may have, and use in a day. What is used is counted in memory, of those owners only who have a
//! quota; it is written now and then with what is written anyway, and what came after that is counted again from the messages
//! themselves. A day is one of those that the daemon has lived through.

use std::collections::HashMap;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::Quotas;
use crate::core::registry::Bot;
use crate::core::rights::Used;
use crate::store::row::UsageRow;
use crate::store::{self, Store};

const DAY_S: i64 = 24 * 3_600;
const MIB: i64 = 1024 * 1024;

impl Batch {
    /// How much an owner may have and use; 0 is no limit.
    pub(crate) fn quotas_of(&self, owner: &BareJid) -> Quotas {
        let usual = self.setup.settings.quotas;
        let Some(said) = self.rights.people.get(owner).map(|row| row.quotas) else { return usual };
        Quotas {
            bots: said.bots.unwrap_or(usual.bots),
            messages: said.messages.unwrap_or(usual.messages),
            storage: said.storage.unwrap_or(usual.storage),
            ai_calls: said.ai_calls.unwrap_or(usual.ai_calls),
        }
    }

    /// What an owner has and has used today.
    pub(crate) fn usage_of(&mut self, owner: &BareJid) -> Result<Quotas, store::Error> {
        let bots = i64::try_from(self.bots_of(owner).len()).unwrap_or(i64::MAX);
        let used = *self.used(owner)?;
        Ok(Quotas { bots, messages: used.messages, storage: 0, ai_calls: used.ai_calls })
    }

    /// Whether a bot may say one thing more today.
    pub(crate) fn check_messages(&mut self, bot: BotId) -> Result<(), Trouble> {
        let Some(owner) = self.bots.get(&bot).map(|bot| &bot.row.owner) else { return Ok(()) };
        let most = self.quotas_of(owner).messages;
        if most == 0 {
            return Ok(());
        }
        let owner = owner.clone();
        if self.used(&owner)?.messages < most {
            return Ok(());
        }
        Err(self.used_up(&format!("the quota of {most} messages a day")).into())
    }

    /// A bot has said something.
    pub(crate) fn note_message(&mut self, bot: BotId) -> Result<(), store::Error> {
        let Some(owner) = self.bots.get(&bot).map(|bot| &bot.row.owner) else { return Ok(()) };
        if self.quotas_of(owner).messages == 0 {
            // Whoever wants to know later counts again.
            self.rights.usage.owners.remove(owner);
            return Ok(());
        }
        let owner = owner.clone();
        // The message is in its table by now: counted from there where nothing is known yet.
        let is_known = self.is_today() && self.rights.usage.owners.contains_key(&owner);
        let used = self.used(&owner)?;
        if is_known {
            used.messages += 1;
            used.unwritten += 1;
        }
        if used.unwritten >= limits::USAGE_WRITTEN_EVERY {
            self.write_usage(&owner)?;
        }
        Ok(())
    }

    /// A bot's AI is asked: one call less of the day's, or why not.
    pub(crate) fn take_ai_call(&mut self, bot: BotId) -> Result<(), Trouble> {
        let Some(owner) = self.bots.get(&bot).map(|bot| bot.row.owner.clone()) else { return Ok(()) };
        let most = self.quotas_of(&owner).ai_calls;
        if most == 0 {
            return Ok(());
        }
        let used = self.used(&owner)?;
        if used.ai_calls >= most {
            return Err(self.used_up(&format!("the quota of {most} AI calls a day")).into());
        }
        used.ai_calls += 1;
        Ok(self.write_usage(&owner)?)
    }

    /// Writes what an owner's bots have used, before some of it can be counted no more.
    pub(crate) fn write_usage(&mut self, owner: &BareJid) -> Result<(), store::Error> {
        let Used { messages, ai_calls, .. } = *self.used(owner)?;
        let up_to = self.store.last_message_number()?;
        let day = self.rights.usage.day;
        self.store.store_usage(&UsageRow { owner: owner.clone(), day, messages, ai_calls, up_to })?;
        self.used(owner)?.unwritten = 0;
        Ok(())
    }

    /// The same where there is something to be kept: a bot goes, and its messages with it.
    pub(crate) fn keep_usage(&mut self, owner: &BareJid) -> Result<(), store::Error> {
        if self.quotas_of(owner).messages == 0 { Ok(()) } else { self.write_usage(owner) }
    }

    /// How much histories may hold: the bots of an owner share what he has. What is beyond goes as new messages come.
    pub(crate) fn bound_storage(&mut self) {
        let usual = limits::HISTORY_BYTES_MAX;
        let mut shares: HashMap<&BareJid, i64> = HashMap::new();
        for bot in self.bots.values() {
            *shares.entry(&bot.row.owner).or_default() += 1;
        }
        let bound = |(id, bot): (&BotId, &Bot)| {
            let most = self.quotas_of(&bot.row.owner).storage;
            let share = most.saturating_mul(MIB) / shares.get(&bot.row.owner).copied().unwrap_or(1);
            (most > 0).then_some((*id, share.min(usual)))
        };
        let bounds = self.bots.iter().filter_map(bound).collect();
        self.store.bound_histories(bounds);
    }

    fn used(&mut self, owner: &BareJid) -> Result<&mut Used, store::Error> {
        if !self.is_today() {
            self.rights.usage.day = self.today();
            self.rights.usage.owners.clear();
        }
        if !self.rights.usage.owners.contains_key(owner) {
            let used = self.load_usage(owner)?;
            self.rights.usage.owners.insert(owner.clone(), used);
        }
        Ok(self.rights.usage.owners.entry(owner.clone()).or_default())
    }

    fn load_usage(&self, owner: &BareJid) -> Result<Used, store::Error> {
        let today = self.today();
        let written = self.store.find_usage(owner)?.filter(|row| row.day == today);
        let (messages, ai_calls, up_to) = match written {
            Some(row) => (row.messages, row.ai_calls, row.up_to),
            None => (0, 0, Store::number_before(today * DAY_S)),
        };
        let since = self.store.count_said_since(owner, up_to)?;
        Ok(Used { messages: messages + since, ai_calls, unwritten: since })
    }

    fn used_up(&self, what: &str) -> Failure {
        let left = DAY_S - self.lived().rem_euclid(DAY_S);
        let minutes = (left + 59) / 60;
        let text = format!("{what} is used up; it is free again in {} h {} min", minutes / 60, minutes % 60);
        Failure::UsedUp { text, retry_after_s: left.unsigned_abs() }
    }

    fn today(&self) -> i64 {
        self.lived().div_euclid(DAY_S)
    }

    fn is_today(&self) -> bool {
        self.rights.usage.day == self.today()
    }
}
