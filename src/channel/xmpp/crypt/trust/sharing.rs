//! What an owner has decided about a device of his own holds for all his bots and for the chat with himself.
//!
//! A decision is passed on when it is made; an account that knows no device of its owner yet begins with what his other
//! accounts know. First impressions of one account make no other one trust anybody: a server could add a device just
//! before a new bot looks, and decide there for all.

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::crypt::trust::{KeyTrust, Mark, Reach, has_trusted, has_verified};
use crate::core::batch::Batch;
use crate::core::handle::{Mode, Policy};
use crate::core::owner::is_local;
use crate::omemo::{self, PublicKey};
use crate::store;
use crate::store::row::KeyRow;

/// The least trusting of what is known of a key.
pub(super) fn least_of(rows: &[KeyRow], key: &PublicKey) -> Option<Mark> {
    const LEAST_FIRST: [Mark; 5] = [Mark::Refused, Mark::Changed, Mark::Open, Mark::Verified, Mark::Accepted];
    let is_there = |mark: &Mark| rows.iter().any(|row| Mark::of(row) == *mark && omemo::is_same(&row.key, key));
    LEAST_FIRST.into_iter().find(is_there)
}

impl Xmpp {
    /// Passes a decision on. Gives the names of the bots that did not take it; nothing where the key is not the owner's.
    pub(super) fn share_decision(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        row: &KeyRow,
        mark: Mark,
        reach: Reach,
    ) -> Result<Option<Vec<String>>, store::Error> {
        let Some(owner) = self.accounts.owner_of(batch, account).filter(|owner| *owner == row.jid && !is_local(owner))
        else {
            return Ok(None);
        };
        let mut except = Vec::new();
        for (other, name) in self.accounts.other_accounts(batch, account, &owner) {
            if batch.store.list_omemo_keys(other, &owner)?.is_empty() {
                self.accounts.inherit_keys(batch, other, &owner)?;
            }
            if reach == Reach::All || self.may_share(batch, other, &owner)? {
                self.accounts.mark_key(batch, other, row, mark)?;
            } else {
                except.push(name);
            }
        }
        Ok(Some(except))
    }

    /// Whether an account believes the device that the message under way was written on.
    fn may_share(&self, batch: &Batch, account: AccountId, owner: &BareJid) -> Result<bool, store::Error> {
        let rows = batch.store.list_omemo_keys(account, owner)?;
        let Some(sender) = self.crypt.sender.as_ref().filter(|_| self.crypt.under.is_some()) else {
            return Ok(!has_trusted(&rows));
        };
        let (policy, is_verified) = (batch.trust_policy(account)?, has_verified(&rows));
        let is_trusted = |row: &KeyRow| Mark::of(row).standing(policy, is_verified) == KeyTrust::Trusted;
        Ok(rows.iter().any(|row| omemo::is_same(&row.key, sender) && is_trusted(row)))
    }
}

impl Accounts {
    /// The accounts in which an owner is spoken to but this one, with the names of the bots.
    fn other_accounts(&self, batch: &Batch, account: AccountId, owner: &BareJid) -> Vec<(AccountId, String)> {
        let own = self.account_of(owner).map(|own| (own, owner.to_string()));
        let bots = batch.bots.values().filter(|bot| bot.mode != Mode::Personal && bot.row.owner == *owner);
        let bots = bots.filter_map(|bot| Some((self.account_of_bot(bot.row.id)?, bot.row.name.clone())));
        bots.chain(own).filter(|(other, _)| *other != account).collect()
    }

    /// What the owner's other accounts know of his devices.
    pub(super) fn shared_keys(
        &self,
        batch: &Batch,
        account: AccountId,
        owner: &BareJid,
    ) -> Result<Vec<KeyRow>, store::Error> {
        let mut shared = Vec::new();
        for (other, _) in self.other_accounts(batch, account, owner) {
            // Elsewhere that a key waits says nothing of it.
            let is_careful = batch.trust_policy(other)? == Policy::Tofu;
            let rows = batch.store.list_omemo_keys(other, owner)?;
            shared.extend(rows.into_iter().filter(|row| is_careful || Mark::of(row) != Mark::Open));
        }
        Ok(shared)
    }

    /// An account that knows no device of its owner yet takes over what is known of them.
    pub(super) fn inherit_keys(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        owner: &BareJid,
    ) -> Result<Vec<KeyRow>, store::Error> {
        let shared = self.shared_keys(batch, account, owner)?;
        for row in shared.iter().take(limits::OMEMO_KEYS_PER_CONTACT_MAX / 2) {
            let Some(mark) = least_of(&shared, &row.key) else { continue };
            let row = KeyRow { standing: mark.as_str().to_string(), first_seen: batch.now.unix(), ..row.clone() };
            batch.store.store_omemo_key(account, &row)?;
        }
        if shared.is_empty() { Ok(shared) } else { batch.store.list_omemo_keys(account, owner) }
    }
}
