//! Accounts for bots made by in-band registration (XEP-0077), where the owner's server allows it.
//!
//! The session registers before its first login and takes a name that is there for its own if the password fits, so a
//! start after a kill goes on where it was. An account goes the same way: its own session asks for its removal, now or
//! when it is online again.

use crate::base::id::{AccountId, BotId};
use crate::base::remedy::{BRING_ACCOUNT, EJABBERD};
use crate::base::secret::Secret;
use crate::base::text;
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::asking::{About, EntityAnswer, Questions, is_lost};
use crate::core::Core;
use crate::core::batch::{Batch, Trouble, Verdict, Waiting};
use crate::core::calls::End;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, NewBot, Remains};
use crate::core::owner::is_local;
use crate::store;
use crate::store::row::{AccountRow, Origin};
use crate::xmpp::iq::Peer;
use crate::xmpp::register;
use crate::xmpp::stanza::IqKind;

impl Xmpp {
    /// A bot with an account at its owner's server; answered when it is online.
    pub(crate) fn register_account(&mut self, core: &mut Core, new: &NewBot) -> Result<Verdict, Trouble> {
        if is_local(&new.owner) {
            let text = "owner@local has no server to make an account at: make the bot for another owner, set up ejabberd's \
                        API with";
            return Err(
                Failure::NotConfigured(format!("{text} {EJABBERD}, or give an account with {BRING_ACCOUNT}")).into()
            );
        }
        let jid = core.batch.name_for(&new.name, new.owner.domain())?;
        let id = core.create_bot(new, Some(jid.clone()))?;
        let row = AccountRow {
            password: Secret::new(text::base64url(&core.batch.random::<24>())),
            bot: Some(id),
            origin: Origin::Register,
            ..core.batch.new_row(&jid)
        };
        self.sign_in_bot(core, row)?;
        Ok(Verdict::AwaitChannel(Waiting::Arrival(id, new.wait)))
    }

    /// A bot is deleted: its account is removed by its own session. Gives the tag of the question when it is online.
    pub(crate) fn unregister_account(
        &mut self,
        core: &mut Core,
        row: AccountRow,
        bot: Option<BotId>,
    ) -> Result<Option<u64>, store::Error> {
        let id = row.id;
        if let Some(known) = row.bot.and_then(|bot| core.batch.bots.get(&bot)) {
            core.batch.store.store_former_owner(id, &known.row.owner)?;
        }
        let row = AccountRow { removing: true, bot: None, ..row };
        core.batch.store.store_account(&row)?;
        self.leave_rooms(core, id)?;
        match self.accounts.get_mut(&id) {
            Some(running) => {
                (running.row.bot, running.row.removing, running.settling.is_under_way) = (None, true, false)
            }
            None => self.start_account(core, row, core.batch.login())?,
        }
        let is_online = self.accounts.get(&id).is_some_and(|account| account.is_online);
        Ok(is_online.then(|| self.questions.ask_for_removal(&mut core.batch, id, bot)))
    }

    pub(crate) fn on_removal_answered(
        &mut self,
        core: &mut Core,
        tag: u64,
        account: AccountId,
        bot: Option<BotId>,
        answer: &EntityAnswer,
    ) -> Result<(), store::Error> {
        match (answer, self.accounts.get(&account).map(|running| running.row.clone())) {
            // The loss of the connection says itself when it is tried again.
            (Err(error), _) if is_lost(error) => {}
            (Err(error), Some(row)) => self.put_off(core, &row, &format!("the server does not remove it: {error}"))?,
            (Err(_), None) => {}
            (Ok(_), _) => self.forget_account(&mut core.batch, account)?,
        }
        if let Some(bot) = bot {
            let left = Some((Remains::Account, answer.is_ok()));
            core.callers.end(tag, End::Outcome(Ok(Answer::Deleted(bot, left))));
        }
        Ok(())
    }
}

impl Xmpp {
    /// The account is gone at its server.
    pub(crate) fn forget_account(&mut self, batch: &mut Batch, account: AccountId) -> Result<(), store::Error> {
        log::info!("{}: the account was removed from its server", self.accounts.jid_of(account));
        self.drop_account(batch, account)
    }
}

impl Questions {
    /// An account that is to go is online.
    pub(crate) fn go_on_unregistering(&mut self, batch: &mut Batch, account: AccountId) {
        let is_asked = self.open().any(|(_, about)| matches!(about, About::Removal(id, _) if *id == account));
        if !is_asked {
            self.ask_for_removal(batch, account, None);
        }
    }

    /// XEP-0077 §3.2.
    fn ask_for_removal(&mut self, batch: &mut Batch, account: AccountId, bot: Option<BotId>) -> u64 {
        let about = About::Removal(account, bot);
        self.ask_entity(batch, account, (Peer::Account, IqKind::Set, register::build_remove()), about)
    }
}
