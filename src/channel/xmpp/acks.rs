//! What is written later than it happens: acknowledged messages leave the outbox, archive marks advance (XEP-0198,
//! XEP-0313). Both go with a transaction that is written anyway, or when their time has come.
//!
//! Also which accounts have something to do at all: a batch looks at those and not at a thousand others. Called by
//! [`Engine::batch`] and by what sessions tell.

use std::convert::Infallible;
use std::time::Duration;

use crate::base::id::{AccountId, OutboxId};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::{Account, Accounts};
use crate::core::Core;
use crate::core::batch::Batch;
use crate::core::effect::Effect;
use crate::store;

impl Xmpp {
    /// With a transaction that is written anyway, or when their time has come: acknowledged messages go, marks advance.
    pub(crate) fn write_acks_and_marks(&mut self, core: &mut Core) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        if !core.batch.store.is_dirty() && self.accounts.acks_deadline().is_none_or(|at| at > now) {
            return Ok(());
        }
        self.accounts.told.wrote_acks = true;
        let with_acks = self.accounts.busy().filter(|account| !account.acks.ids().is_empty());
        let acked: Vec<(AccountId, Vec<OutboxId>)> =
            with_acks.map(|account| (account.row.id, account.acks.ids().to_vec())).collect();
        for (id, acked) in acked {
            self.settle_acked(core, id, &acked)?;
        }
        let store = &mut core.batch.store;
        self.accounts.each_busy(|id, account| match account.advance_mark(now) {
            Some(mark) => store.store_mark(id, &mark),
            None => Ok(()),
        })
    }
}

impl Accounts {
    /// When the next acknowledgements are to be written (monotonic).
    pub(crate) fn acks_deadline(&self) -> Option<Duration> {
        self.busy().filter_map(|account| account.acks.due()).min()
    }

    /// After the commit that deleted them.
    pub(crate) fn forget_written_acks(&mut self) {
        let Ok(()) = self.each_busy(|_, account| {
            account.acks.forget();
            Ok::<_, Infallible>(())
        });
    }

    /// Lets the next batch write what is acknowledged and how far the archive is read, so that no start reads it twice.
    pub(crate) fn expire_acks(&mut self) {
        self.postpone_acks(Duration::ZERO);
        for account in self.values_mut().filter(|account| account.archive.has_marks()) {
            account.acks.call_for(Duration::ZERO);
        }
    }

    /// Acknowledgements that wait are written then (monotonic).
    pub(crate) fn postpone_acks(&mut self, until: Duration) {
        for account in self.values_mut() {
            account.acks.postpone(until);
        }
    }

    /// Notes the archive id of a message that was dealt with and committed.
    pub(crate) fn note_mark(&mut self, batch: &mut Batch, id: AccountId, mark: String) {
        if let Some(account) = self.wake(id) {
            account.archive.note(mark, batch.now.mono);
        }
    }

    /// Gives the sessions what they may send, and forgets the accounts that have nothing to do.
    pub(crate) fn feed_busy(&mut self, batch: &mut Batch, out: &mut Vec<Effect>) {
        let mut busy = std::mem::take(&mut self.busy);
        for id in &busy {
            self.feed(batch, *id, out);
        }
        busy.retain(|id| self.get(id).is_some_and(Account::is_busy));
        self.busy = busy;
    }
}

impl Account {
    /// Whether the next batch may have something to do for it although nothing new happens to it.
    fn is_busy(&self) -> bool {
        let can_send = self.is_online && self.queue.can_feed();
        can_send || !self.acks.is_idle() || self.archive.has_marks()
    }

    pub(crate) fn on_acked(&mut self, tags: &[u64], now: Duration) {
        for tag in tags {
            let id = OutboxId(*tag as i64);
            self.queue.arrived(id);
            self.acks.push(id);
        }
        self.acks.delay(now);
    }

    /// Found in the archive: the server had it although its acknowledgement never came.
    pub(crate) fn on_found(&mut self, id: OutboxId, now: Duration) {
        // What somebody sends himself is in his archive twice; and the server may have told us before.
        if self.acks.ids().contains(&id) {
            return;
        }
        log::debug!("{}: message {id} had reached the server before the break", self.row.jid);
        self.on_acked(&[id.0 as u64], now);
    }

    fn advance_mark(&mut self, now: Duration) -> Option<String> {
        let mark = self.archive.advance(now);
        if mark.is_some() {
            self.row.archive_mark.clone_from(&mark);
        }
        mark
    }
}
