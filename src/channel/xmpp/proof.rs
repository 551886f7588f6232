//! Whether the servers of accounts answer: `/readyz` asks. What proves it anyway is noted in passing; only a server that was
//! not heard for long is asked (XEP-0199), once for all who want to know.

use std::time::Duration;

use crate::base::id::AccountId;
use crate::base::limits;
use crate::base::remedy::{self, Place};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::{Account, Accounts};
use crate::channel::xmpp::asking::{About, EntityAnswer, Questions, is_lost};
use crate::core::Core;
use crate::core::batch::{Batch, Verdict, Waiting};
use crate::core::effect::Effect;
use crate::core::handle::{Answer, Caller, Connection, Readiness, ReplyTo};
use crate::xmpp::iq::Peer;
use crate::xmpp::ping;
use crate::xmpp::stanza::IqKind;

/// The last signs of life of an account's server.
#[derive(Clone, Copy, Default)]
pub(crate) struct Proof {
    /// When it last answered something (monotonic).
    pub(crate) at: Option<Duration>,
    /// How long it took over the last ping.
    pub(crate) round_trip: Option<Duration>,
}

impl Proof {
    fn is_fresh(self, now: Duration) -> bool {
        self.at.is_some_and(|at| now.saturating_sub(at) < limits::PROOF_MAX)
    }
}

/// Somebody who waits until all are asked.
pub(crate) struct ReadyWaiter {
    reply: ReplyTo,
    /// When he is told what is known then (monotonic).
    pub(crate) until: Duration,
    /// He may know which account is not ready.
    is_detailed: bool,
}

impl Xmpp {
    /// `/readyz`: asks the servers that were not heard of late.
    pub(crate) fn ask_ready(&mut self, core: &mut Core, caller: &Caller) -> Verdict {
        let (now, is_admin) = (core.batch.now.mono, matches!(caller, Caller::Admin));
        let stale = |account: &&Account| account.is_online && !account.course.proof.is_fresh(now);
        let stale: Vec<AccountId> = self.accounts.values().filter(stale).map(|account| account.row.id).collect();
        for id in stale {
            if !self.questions.is_pinged(id) {
                let ping = (Peer::Server, IqKind::Get, ping::build());
                self.questions.ask_entity(&mut core.batch, id, ping, About::Ping(now));
            }
        }
        match self.questions.is_pinging() {
            true => Verdict::AwaitChannel(Waiting::Ready(is_admin)),
            false => Verdict::Outcome(Ok(Answer::Ready(self.accounts.readiness(&core.batch, is_admin)))),
        }
    }

    /// A server answered a ping, with whatever; or nobody did.
    pub(crate) fn on_ping_answer(&mut self, core: &Core, id: AccountId, asked: Duration, answer: &EntityAnswer) {
        let now = core.batch.now.mono;
        let is_answer =
            answer.as_ref().err().is_none_or(|why| !is_lost(why) && why.condition != "remote-server-timeout");
        if let Some(account) = self.accounts.get_mut(&id).filter(|_| is_answer) {
            account.course.proof = Proof { at: Some(now), round_trip: Some(now.saturating_sub(asked)) };
        }
    }

    /// After the commit: tells those who wait, as soon as all have answered or time is up.
    pub(crate) fn wake_ready(&mut self, batch: &Batch, out: &mut Vec<Effect>) {
        let is_pinging = self.questions.is_pinging();
        let now = batch.now.mono;
        let (over, waiting): (Vec<_>, Vec<_>) =
            self.questions.ready.drain(..).partition(|waiter| !is_pinging || waiter.until <= now);
        self.questions.ready = waiting;
        for waiter in over {
            let readiness = self.accounts.readiness(batch, waiter.is_detailed);
            out.push(Effect::Answer(waiter.reply, Ok(Answer::Ready(readiness))));
        }
    }
}

impl Questions {
    /// Somebody waits for pings: he who may know everything, or anybody.
    pub(crate) fn await_ready(&mut self, batch: &Batch, waiting: &Waiting, reply: ReplyTo) {
        let (until, is_detailed) = (batch.now.mono + limits::READY_WAIT, matches!(waiting, Waiting::Ready(true)));
        self.ready.push(ReadyWaiter { reply, until, is_detailed });
    }

    fn is_pinging(&self) -> bool {
        self.open().any(|(_, about)| matches!(about, About::Ping(_)))
    }

    fn is_pinged(&self, id: AccountId) -> bool {
        self.open().any(|(account, about)| *account == id && matches!(about, About::Ping(_)))
    }
}

impl Accounts {
    /// Which of those that are to be signed in can be used.
    fn readiness(&self, batch: &Batch, is_detailed: bool) -> Readiness {
        let now = batch.now.mono;
        let wanted = || self.values().filter(|account| !account.row.removing);
        let why = |account: &Account| match account.is_online {
            true if account.course.proof.is_fresh(now) => None,
            true => Some("its server does not answer".to_string()),
            false => Some(remedy::at(Place::Api, &account.course.say(Connection::Offline.as_str()))),
        };
        let missing = wanted().filter_map(|account| Some((account.row.jid.clone(), why(account)?))).collect();
        Readiness { accounts: wanted().count(), missing, is_detailed }
    }
}
