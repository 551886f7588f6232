//! The XMPP channel: its parts, and what they do together.

pub(crate) mod accounts;
pub(crate) mod acks;
pub(crate) mod arrival;
pub(crate) mod asking;
pub(crate) mod buttons;
pub(crate) mod copies;
pub(crate) mod crypt;
pub(crate) mod dedicated;
pub(crate) mod teardown;
pub(crate) mod files;
pub(crate) mod inbound;
pub(crate) mod incoming;
pub(crate) mod keeping;
pub(crate) mod leaving;
pub(crate) mod making;
pub(crate) mod outbox;
pub(crate) mod outgoing;
pub(crate) mod present;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod proof;
pub(crate) mod received;
pub(crate) mod registering;
pub(crate) mod rooms;
pub(crate) mod roster;
pub(crate) mod sizes;
pub(crate) mod state;

use std::sync::Arc;
use std::time::Duration;

use crate::base::call::Called;
use crate::base::id::{AccountId, BotId};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::ratelimit::RateLimit;
use crate::base::spool::SpoolFile;
use crate::channel::xmpp::accounts::Accounts;
use crate::channel::xmpp::asking::Questions;
use crate::channel::xmpp::crypt::Crypt;
use crate::channel::xmpp::dedicated::Arrivals;
use crate::channel::xmpp::files::Files;
use crate::channel::xmpp::leaving::Removals;
use crate::channel::xmpp::making::{Making, Removal};
use crate::channel::xmpp::rooms::Rooms;
use crate::channel::{Batch, Effect};
use crate::core::actions::NewAction;
use crate::core::batch::{Trouble, Verdict, Waiting};
use crate::core::calls::{Calls, End};
use crate::core::channel::{Channel, Doing, Piece, Sender};
use crate::core::failure::Failure;
use crate::core::handle::{NewFile, NewMessage, ReplyTo, Upload};
use crate::core::incoming::SaidFile;
use crate::core::owner::is_local;
use crate::core::part::{Kept, Part};
use crate::core::registry::Bot;
use crate::core::{Confirmation, Core, Signal};
use crate::store;
use crate::store::row::ConversationKind;
use crate::xmpp::message::Kind;

/// All of it.
pub(crate) struct Xmpp {
    pub(crate) accounts: Accounts,
    pub(crate) questions: Questions,
    /// Calls to other services.
    pub(crate) calls: Calls<CallFor>,
    /// Who waits for a new bot to be online.
    pub(crate) arrivals: Arrivals,
    pub(crate) removals: Removals,
    pub(crate) rooms: Rooms,
    pub(crate) files: Kept<Files>,
    pub(crate) crypt: Crypt,
    /// Lines of the log about what was skipped.
    pub(crate) skips: RateLimit<()>,
}

/// What a call to another service is about.
#[derive(Clone, Debug)]
pub(crate) enum CallFor {
    /// Whether ejabberd's API can be used.
    EjabberdTest,
    /// An account for a new bot.
    Register(Box<Making>),
    /// Whether an account that is to go is ours.
    Check(Removal),
    /// An account that goes.
    Unregister(Removal),
    /// A file on its way, by the number of its job.
    File(u64),
}

impl Xmpp {
    /// Nothing yet; `now` is monotonic.
    pub(crate) fn new(now: Duration) -> Xmpp {
        Xmpp {
            accounts: Accounts::default(),
            questions: Questions::default(),
            calls: Calls::default(),
            arrivals: Arrivals::default(),
            removals: Removals::new(now),
            rooms: Rooms::default(),
            files: Kept::default(),
            crypt: Crypt::default(),
            skips: RateLimit::new(limits::SKIPS_LOGGED_PER_S),
        }
    }

    /// Its parts that a batch may change.
    fn parts(&mut self) -> [&mut dyn Part; 8] {
        [
            &mut self.accounts,
            &mut self.questions,
            &mut self.calls,
            &mut self.removals,
            &mut self.arrivals,
            &mut self.rooms,
            &mut self.files,
            &mut self.crypt,
        ]
    }

    /// The same, to look at.
    fn parts_seen(&self) -> [&dyn Part; 8] {
        [
            &self.accounts,
            &self.questions,
            &self.calls,
            &self.removals,
            &self.arrivals,
            &self.rooms,
            &self.files,
            &self.crypt,
        ]
    }

    /// The owner of a bot with an account of its own is told something: by the bot, or in the built-in chat.
    pub(crate) fn tell_owner(
        &mut self,
        core: &mut Core,
        bot: BotId,
        owner: &BareJid,
        text: &str,
    ) -> Result<(), store::Error> {
        if is_local(owner) {
            core.signal(Signal::Notify(owner.clone(), text.to_string()));
            return Ok(());
        }
        self.answer(core, bot, owner, text)
    }

    /// A call is over; says whether it was one of ours.
    fn take_called(&mut self, core: &mut Core, tag: u64, called: &Called) -> Result<bool, store::Error> {
        let Some(about) = self.calls.end(tag) else { return Ok(false) };
        let end = match about {
            CallFor::EjabberdTest => core.batch.on_ejabberd_tested(called).map(|end| Some(End::Outcome(Ok(end)))),
            CallFor::Register(making) => self.on_registered(core, tag, *making, called),
            CallFor::Check(removal) => self.on_checked(core, tag, removal, called),
            CallFor::File(job) => self.on_file_called(core, job, called).map(|()| None),
            CallFor::Unregister(removal) => self.on_unregistered(core, removal, called),
        };
        core.callers.settle(tag, end).map(|()| true)
    }
}

impl Part for Xmpp {
    fn committed(&mut self) {
        self.parts().into_iter().for_each(Part::committed);
    }

    fn undo(&mut self) {
        self.parts().into_iter().for_each(Part::undo);
    }

    fn deadline(&self) -> Option<Duration> {
        self.parts_seen().into_iter().filter_map(Part::deadline).min()
    }

    fn postpone(&mut self, until: Duration) {
        self.parts().into_iter().for_each(|part| part.postpone(until));
    }
}

/// Every address that no other channel has.
impl Channel for Xmpp {
    fn has(&self, address: &BareJid) -> bool {
        !is_local(address) && address.channel().is_none()
    }

    fn account_for(&self, bot: &Bot) -> Result<Option<AccountId>, Failure> {
        self.accounts.account_for(bot).map(Some)
    }

    fn kind_of(&self, core: &Core, bot: BotId, address: &BareJid) -> Option<ConversationKind> {
        let known = core.batch.bots.get(&bot)?;
        let account = self.accounts.account_for(known).ok()?;
        if self.rooms.is_room(account, address) {
            let is_in = self.rooms.is_member(&(account, address.clone()), bot);
            return is_in.then_some(ConversationKind::Room);
        }
        known.admits(address).then_some(ConversationKind::Chat)
    }

    fn check(&mut self, core: &mut Core, sender: Sender, act: &NewAction) -> Result<(), Trouble> {
        self.check_caption(core, sender.needs_account()?, act)
    }

    fn say(&mut self, core: &mut Core, sender: Sender, new: &NewMessage, id: &str) -> Result<Option<bool>, Trouble> {
        let (account, bot) = sender.needs_account()?;
        if let Some(keyboard) = &new.keyboard {
            self.say_with_buttons(core, (account, bot), new, keyboard, id)?;
        } else if new.kind == Kind::Groupchat {
            self.post_to_room(core, account, bot, new, id)?;
        } else {
            let outbound = self.accounts.text_of(&core.batch, account, new, id)?;
            self.send_tracked(core, (account, bot), &new.to, (id, None), outbound)?;
        }
        Ok(self.crypt.was_sealed(id))
    }

    fn takes_files(&self) -> Option<u64> {
        Some(u64::MAX)
    }

    fn fetch(
        &mut self,
        core: &mut Core,
        bot: BotId,
        file: &SaidFile,
        target: (&Arc<SpoolFile>, i64),
    ) -> Result<(), Trouble> {
        self.fetch_carried(core, bot, file, target)
    }

    fn say_file(
        &mut self,
        core: &mut Core,
        sender: Sender,
        what: (&NewMessage, &NewFile),
        name: (&str, i64),
    ) -> Result<(), Trouble> {
        self.say_carried(core, sender.bot, what, name)
    }

    fn act(&mut self, core: &mut Core, sender: Sender, act: &NewAction, id: &str) -> Result<Option<bool>, Trouble> {
        match act.kind {
            Kind::Groupchat => self.act_in_room(core, sender.needs_account()?, act, id)?,
            _ => self.act_for(core, sender.needs_account()?, act, id)?,
        }
        Ok(self.crypt.was_sealed(id))
    }

    fn show(&mut self, core: &mut Core, sender: Sender, doing: &Doing<'_>) -> Result<(), Failure> {
        let (account, bot) = sender.needs_account()?;
        match doing.kind {
            Kind::Groupchat => self.show_state_in_room(&mut core.batch, (account, bot), doing.to, doing.state),
            _ => {
                self.accounts.show_state(&mut core.batch, account, doing);
                Ok(())
            }
        }
    }

    fn shows_pieces(&self, core: &Core, sender: Sender, to: &Jid) -> bool {
        let will_encrypt = |account| self.accounts.will_encrypt(&core.batch, account, &to.bare());
        sender.account.is_some_and(|account| matches!(will_encrypt(account), Ok(false)))
    }

    fn show_piece(&mut self, core: &mut Core, sender: Sender, to: &Jid, piece: &Piece<'_>) {
        // The other side may have got a device since the question.
        if let Some(account) = sender.account.filter(|_| self.shows_pieces(core, sender, to)) {
            self.accounts.show_piece(&mut core.batch, account, to, piece);
        }
    }

    fn say_whole(
        &mut self,
        core: &mut Core,
        sender: Sender,
        new: &NewMessage,
        ids: (&str, &str),
    ) -> Result<Option<bool>, Trouble> {
        self.say_in_place(core, sender.needs_account()?, new, ids)?;
        Ok(self.crypt.was_sealed(ids.0))
    }

    fn confirm(&mut self, core: &mut Core, bot: BotId, done: &Confirmation) -> Result<(), store::Error> {
        self.confirm_to(core, bot, done)
    }

    fn on(&mut self, core: &mut Core, signal: &Signal) -> Result<(), store::Error> {
        match signal {
            Signal::OwnersBots(owner) => {
                self.accounts.adjust_owner(&mut core.batch, owner);
                Ok(())
            }
            Signal::BotChanged(bot) => self.settle_bot_account(core, *bot),
            Signal::AccessChanged(bot) => self.accounts.withdraw_presence(&mut core.batch, *bot),
            Signal::BotGoes(bot) => self.let_go_of_bot(core, *bot),
            _ => Ok(()),
        }
    }

    fn upload(&mut self, core: &mut Core, bot: BotId, upload: &Upload) -> Result<Verdict, Trouble> {
        self.take_upload(core, bot, upload)
    }

    fn on_called(&mut self, core: &mut Core, tag: u64, called: &Called) -> Result<bool, store::Error> {
        self.take_called(core, tag, called)
    }

    fn on_call_lost(&mut self, tag: u64) {
        self.calls.forget(tag);
    }

    fn wait(&mut self, batch: &mut Batch, waiting: &Waiting, reply: ReplyTo) -> Option<ReplyTo> {
        match waiting {
            Waiting::Arrival(bot, wait) => self.arrivals.await_arrival(batch, *bot, *wait, reply),
            Waiting::Sealing(message_id) => self.crypt.await_sealing(batch, message_id.clone(), reply),
            Waiting::Room(room, wish) => self.rooms.await_room(room.clone(), *wish, reply),
            Waiting::Ready(_) => self.questions.await_ready(batch, waiting, reply),
            Waiting::Lines { .. } | Waiting::Web(_) => return Some(reply),
        }
        None
    }

    fn wake(&mut self, core: &mut Core, out: &mut Vec<Effect>) {
        self.wake_sealings(core, out);
        self.wake_arrivals(&mut core.batch, out);
        self.rooms.wake_room_waiters(out);
        self.wake_ready(&core.batch, out);
    }

    fn stop(&mut self, batch: &mut Batch) {
        self.crypt.end_sealing_waits(batch);
        self.rooms.end_room_waits(batch);
    }

    fn notify(&mut self, core: &mut Core, owner: &BareJid, text: &str) -> Result<(), store::Error> {
        self.accounts.account_of(owner).map_or(Ok(()), |account| self.post(core, account, None, owner, text))
    }

    fn answer(&mut self, core: &mut Core, bot: BotId, to: &BareJid, text: &str) -> Result<(), store::Error> {
        let account = self.accounts.account_of_bot(bot);
        account.map_or(Ok(()), |account| self.post(core, account, Some(bot), to, text))
    }
}
