//! The teardown of an account that was brought along for a bot that is deleted: what the bot published is taken back, its
//! owner is unsubscribed, and then its row goes (docs/xmpp.md).
//!
//! The row is marked `removing` until all that is done, over lost connections and restarts; then it is forgotten. Every
//! step may be done twice. Accounts that were made for a bot end another way: see `let_go_of_account`.

use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::{Account, Accounts};
use crate::channel::xmpp::arrival::is_passing;
use crate::channel::xmpp::asking::{About, EntityAnswer, is_lost};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::store;
use crate::store::row::AccountRow;
use crate::xml::Element;
use crate::xmpp::iq::Peer;
use crate::xmpp::stanza::IqKind;
use crate::xmpp::{avatar, ns, presence, pubsub, roster, vcard};

/// What a bot published of itself ([`crate::channel::xmpp::arrival`]).
const NODES: [&str; 4] = [ns::AVATAR_METADATA, ns::AVATAR_DATA, ns::VCARD4_NODE, ns::NICK];

/// The steps in order. The vCard comes first, as some servers make nodes from it; who shows the picture is told that
/// there is none before its node goes.
fn build_step(step: usize, owner: &BareJid, devices: &[Element]) -> Option<Element> {
    match step {
        0 => Some(vcard::VCard::default().build()),
        1 => Some(pubsub::build_publish(ns::AVATAR_METADATA, Some("current"), avatar::build_no_metadata(), None)),
        // RFC 6121 §2.5.2: whoever is removed from the roster is unsubscribed both ways.
        2 => Some(roster::build_remove(owner)),
        _ if step - 3 < NODES.len() => NODES.get(step - 3).map(|node| pubsub::build_delete(node)),
        _ => devices.get(step - 3 - NODES.len()).cloned(),
    }
}

impl Xmpp {
    /// Marks the account and begins, or waits for it to be online.
    pub(crate) fn begin_teardown(
        &mut self,
        core: &mut Core,
        row: AccountRow,
        owner: &BareJid,
    ) -> Result<(), store::Error> {
        self.leave_rooms(core, row.id)?;
        let row = AccountRow { bot: None, removing: true, ..row };
        core.batch.store.store_account(&row)?;
        core.batch.store.store_former_owner(row.id, owner)?;
        let Some(running) = self.accounts.get_mut(&row.id) else {
            return self.start_account(core, row, core.batch.login());
        };
        (running.row.bot, running.row.removing, running.settling.is_under_way) = (None, true, false);
        let is_online = running.is_online;
        self.accounts.adjust_presence(&mut core.batch, row.id);
        if is_online { self.continue_teardown(&mut core.batch, row.id, 0) } else { Ok(()) }
    }

    pub(crate) fn on_teardown_answer(
        &mut self,
        core: &mut Core,
        account: AccountId,
        step: usize,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        match answer {
            // It begins anew, another time; the loss of the connection says itself when.
            Err(error) if is_lost(error) => Ok(()),
            Err(error) if is_passing(error) => match self.accounts.get(&account).map(|running| running.row.clone()) {
                Some(row) => self.put_off(core, &row, &error.to_string()),
                None => Ok(()),
            },
            // Mostly there was nothing to take back.
            Err(error) => {
                log::debug!("account {account}: step {step} of its teardown: {error}");
                self.continue_teardown(&mut core.batch, account, step + 1)
            }
            Ok(_) => self.continue_teardown(&mut core.batch, account, step + 1),
        }
    }
}

impl Xmpp {
    /// Does this step, or ends behind the last.
    pub(crate) fn continue_teardown(
        &mut self,
        batch: &mut Batch,
        account: AccountId,
        step: usize,
    ) -> Result<(), store::Error> {
        let owner = batch.store.former_owner(account)?;
        let devices = self.accounts.omemo_teardown(batch, account)?;
        let order = owner.as_ref().and_then(|owner| build_step(step, owner, &devices));
        match (order, owner) {
            (Some(order), Some(owner)) => {
                if step == 0 {
                    // Requests that wait for an answer and approvals given in advance go by this only.
                    self.accounts.tell_session(batch, account, presence::print_unsubscribe(&owner));
                    self.accounts.tell_session(batch, account, presence::print_unsubscribed(&owner));
                }
                self.questions.ask_entity(batch, account, (Peer::Account, IqKind::Set, order), About::Teardown(step));
                Ok(())
            }
            _ => {
                if let Some(account) = self.accounts.get_mut(&account) {
                    account.settling.is_under_way = true;
                }
                self.end_teardown_when_sent(batch, account)
            }
        }
    }

    /// What the bot said before it was deleted still goes out, and is waited for.
    pub(crate) fn end_teardown_when_sent(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        let is_over = |a: &Account| a.row.removing && a.settling.is_under_way && a.queue.count == 0;
        if self.accounts.get(&account).is_some_and(is_over) { self.end_teardown(batch, account) } else { Ok(()) }
    }

    /// Nothing is left to do, or nothing can be done any more.
    pub(crate) fn end_teardown(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        if let Some(left) = self.accounts.get(&account) {
            log::info!("{}: its bot is deleted, and it is not signed in here any more", left.row.jid);
        }
        self.drop_account(batch, account)
    }
}

impl Accounts {
    /// After a batch was taken back: whose the accounts are stands in the table, and what was asked was not.
    pub(crate) fn relink_accounts(&mut self, batch: &mut Batch) -> Result<(), store::Error> {
        if self.is_empty() {
            return Ok(());
        }
        for row in batch.store.list_accounts()? {
            if let Some(account) = self.get_mut(&row.id) {
                (account.row.bot, account.row.removing, account.settling.is_under_way) = (row.bot, row.removing, false);
            }
        }
        Ok(())
    }
}
