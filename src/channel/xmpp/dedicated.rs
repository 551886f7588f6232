//! Bots with an account of their own (docs/xmpp.md): made, started and stopped with their bot, taken away with it; and who
//! may speak to them.
//!
//! An account may be brought along (`jid` and `password` of `create`). The bot then answers as soon as it is online, or
//! is taken back when the server refuses the login.

use std::time::Duration;

use crate::base::id::{AccountId, BotId};
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::remedy::{self, FORGET, PASSWORD_OF_BOT};
use crate::channel::xmpp::Xmpp;
use crate::channel::xmpp::accounts::{Accounts, Login};
use crate::core::batch::{Batch, Trouble, Verdict, Waiting};
use crate::core::effect::{Effect, Order};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Connection, Encrypt, Mode, NewBot, OwnAccount, ReplyTo, Wait};
use crate::core::part::Part;
use crate::core::{Core, Signal};
use crate::store;
use crate::store::row::{AccountRow, Origin};
use crate::xml::Element;
use crate::xmpp::presence::{self, Presence};

/// Somebody who waits for a new bot to be online.
pub(crate) struct Arrival {
    bot: BotId,
    reply: ReplyTo,
    /// When the wait is over (monotonic): the server may be down.
    pub(crate) until: Duration,
    /// The bot is wanted only if it is online by then.
    is_strict: bool,
}

/// Those who wait, and logins of new bots that came to an end in this batch, good or bad.
#[derive(Default)]
pub(crate) struct Arrivals {
    waiting: Vec<Arrival>,
    pub(crate) ended: Vec<(BotId, Result<(), Failure>)>,
}

impl Part for Arrivals {
    fn committed(&mut self) {
        self.ended.clear();
    }

    fn undo(&mut self) {
        self.ended.clear();
    }

    fn deadline(&self) -> Option<Duration> {
        self.waiting.iter().map(|arrival| arrival.until).min()
    }

    fn postpone(&mut self, until: Duration) {
        self.waiting.iter_mut().for_each(|arrival| arrival.until = arrival.until.max(until));
    }
}

// --- coming and going ---

impl Xmpp {
    /// A bot that uses this account; answered when it is online.
    pub(crate) fn create_with(
        &mut self,
        core: &mut Core,
        new: &NewBot,
        account: &OwnAccount,
        origin: Origin,
    ) -> Result<Verdict, Trouble> {
        let known = core.batch.store.find_account(&account.jid)?;
        if known.is_some() || crate::core::owner::is_local(&account.jid) {
            let is_going = known.as_ref().is_some_and(|row| row.removing && !self.calls.is_being_made(row.id));
            let more = match is_going {
                true => format!(": a deleted bot has still to take back what it has there; {FORGET} gives it up"),
                false => String::new(),
            };
            return Err(Failure::Conflict(format!("{} is in use here already{more}", account.jid)).into());
        }
        let id = core.create_bot(new, Some(account.jid.clone()))?;
        let row = AccountRow {
            password: account.password.clone(),
            bot: Some(id),
            origin,
            ..core.batch.new_row(&account.jid)
        };
        self.sign_in_bot(core, row)?;
        Ok(Verdict::AwaitChannel(Waiting::Arrival(id, new.wait)))
    }

    /// Keeps a bot's account and signs it in, the way another account at the same server is.
    pub(crate) fn sign_in_bot(&mut self, core: &mut Core, mut row: AccountRow) -> Result<(), store::Error> {
        self.accounts.align(&core.batch, &mut row)?;
        if row.id == AccountId(0) {
            row.id = core.batch.store.insert_account(&row)?;
        } else {
            core.batch.store.store_account(&row)?;
        }
        self.start_account(core, row, core.batch.login())
    }

    /// A person's account is reached otherwise from now on: so are those of bots there.
    pub(crate) fn align_bots(&mut self, core: &mut Core) -> Result<(), store::Error> {
        for mut row in core.batch.store.list_accounts()? {
            if row.origin == Origin::Person || !self.accounts.align(&core.batch, &mut row)? {
                continue;
            }
            core.batch.store.store_account(&row)?;
            if self.accounts.contains_key(&row.id) {
                self.start_account(core, row, core.batch.login())?;
            } else if self.removals.leaving.contains_key(&row.id) {
                self.removals.remove_all_now(&mut core.batch);
            }
        }
        Ok(())
    }

    /// A bot was changed: its account is online while the bot is active, and shows its name.
    pub(crate) fn settle_bot_account(&mut self, core: &mut Core, bot: BotId) -> Result<(), store::Error> {
        let shared = core.batch.bots.get(&bot).filter(|bot| bot.mode == Mode::Personal).map(|bot| &bot.row.owner);
        if let Some(account) = shared.and_then(|owner| self.accounts.account_of(owner)) {
            return self.settle_rooms(core, account);
        }
        match (self.accounts.account_of_bot(bot), core.batch.is_active(bot)) {
            (Some(account), true) => {
                self.accounts.adjust_presence(&mut core.batch, account);
                self.publish_profile(&mut core.batch, account, bot)?;
            }
            (Some(account), false) => self.end_account(&mut core.batch, account),
            (None, true) => {
                let row = core.batch.store.list_accounts_of(bot)?.into_iter().find(|row| !row.removing);
                if let Some(row) = row {
                    self.start_account(core, row, core.batch.login())?;
                }
            }
            (None, false) => {}
        }
        Ok(())
    }

    /// A bot goes: so does its account, each kind in its own way.
    pub(crate) fn let_go_of_bot(&mut self, core: &mut Core, bot: BotId) -> Result<(), store::Error> {
        self.let_go_of_account(core, bot)?;
        self.accounts.by_bot.remove(&bot);
        self.rooms.forget_invitations(bot);
        Ok(())
    }

    fn let_go_of_account(&mut self, core: &mut Core, bot: BotId) -> Result<(), store::Error> {
        self.leave_shared_rooms(core, bot)?;
        let known = core.batch.bots.get(&bot).map(|bot| (bot.row.owner.clone(), bot.profile.has_arrived));
        for row in core.batch.store.list_accounts_of(bot)? {
            match (row.origin, &known) {
                // Somebody else's: it is left as it was found.
                (Origin::Brought, Some((owner, true))) => self.begin_teardown(core, row, owner)?,
                // Its server is told first; until then the row stays.
                (Origin::Api, _) => {
                    self.removals.remove_at(core.batch.now.mono);
                    self.end_account(&mut core.batch, row.id);
                    core.batch.store.store_account(&AccountRow { removing: true, bot: None, ..row.clone() })?;
                    if let Some((owner, _)) = &known {
                        core.batch.store.store_former_owner(row.id, owner)?;
                    }
                }
                (Origin::Register, _) if self.accounts.may_be_registered(&core.batch, &row)? => {
                    self.unregister_account(core, row, None).map(drop)?;
                }
                (origin, _) => {
                    if origin == Origin::Register && core.batch.store.is_registering(row.id)? {
                        log::warn!("{}: this account may have been registered, and its server lets nobody in", row.jid);
                    }
                    self.drop_account(&mut core.batch, row.id)?;
                }
            }
        }
        Ok(())
    }

    /// The server refuses the login. A bot that is just being made is taken back.
    pub(crate) fn on_refused_login(
        &mut self,
        core: &mut Core,
        account: AccountId,
        why: &str,
    ) -> Result<(), store::Error> {
        let Some(row) = self.accounts.get(&account).map(|account| account.row.clone()) else { return Ok(()) };
        match (row.removing, row.origin) {
            // Its password is not known there any more: it was removed, and only the answer did not come.
            (true, Origin::Register) => return self.forget_account(&mut core.batch, account),
            (true, _) => return self.end_teardown(&mut core.batch, account),
            (false, _) => {}
        }
        let Some(bot) = row.bot else { return Ok(()) };
        if self.arrivals.waiting.iter().any(|arrival| arrival.bot == bot) {
            core.signal(Signal::BotUnwanted(bot));
            // There is no account of this daemon any more that could get another password.
            let (what, remedy) = match row.origin {
                Origin::Brought => ("login_refused", PASSWORD_OF_BOT),
                _ => ("registration_failed", "make the bot once more, it gets another name then"),
            };
            let why = why.replace(&remedy::password(row.jid.as_str()), remedy);
            self.arrivals.ended.push((bot, Err(Failure::Remote { what, why })));
        }
        Ok(())
    }

    /// By time: bots that were wanted only if they are online by now are taken back.
    pub(crate) fn take_back_late(&mut self, core: &mut Core) -> Result<(), store::Error> {
        let is_late = |arrival: &&Arrival| arrival.is_strict && arrival.until <= core.batch.now.mono;
        let late: Vec<BotId> = self.arrivals.waiting.iter().filter(is_late).map(|arrival| arrival.bot).collect();
        for id in late {
            let Some(bot) = core.batch.bots.get(&id) else { continue };
            let state = self.accounts.bot_state(&core.batch, bot)?;
            if state.connection == Connection::Online {
                continue;
            }
            let why = state.why.unwrap_or_else(|| format!("its account is {}", state.connection.as_str()));
            core.signal(Signal::BotUnwanted(id));
            let why = format!("the bot did not come online in time and was taken back: {why}");
            self.arrivals.ended.push((id, Err(Failure::Remote { what: "registration_failed", why })));
        }
        Ok(())
    }
}

impl Xmpp {
    /// Answers those whose bots have arrived or will not, and those who have waited long enough.
    pub(crate) fn wake_arrivals(&mut self, batch: &mut Batch, out: &mut Vec<Effect>) {
        let arrived = std::mem::take(&mut self.arrivals.ended);
        for arrival in std::mem::take(&mut self.arrivals.waiting) {
            let result = arrived.iter().find(|(bot, _)| *bot == arrival.bot).map(|(_, result)| result);
            let outcome = match (result, batch.bots.get(&arrival.bot)) {
                (Some(Err(failure)), _) => Err(failure.clone()),
                (_, None) => Err(Failure::NotFound("the bot was deleted meanwhile".to_string())),
                // In time or not, it is there: a server that is down now will be up again.
                (result, Some(_)) if result.is_some() || arrival.until <= batch.now.mono => {
                    match self.accounts.bot_info(batch, arrival.bot) {
                        Ok(info) => Ok(Answer::Created(info)),
                        Err(Trouble::Failure(failure)) => Err(failure),
                        Err(Trouble::Store(_)) => Err(Failure::Internal),
                    }
                }
                _ => {
                    self.arrivals.waiting.push(arrival);
                    continue;
                }
            };
            out.push(Effect::Answer(arrival.reply, outcome));
        }
    }
}

impl Accounts {
    /// An account at the same server, the owner's before others: whatever it takes to reach that one, it takes to reach
    /// another there.
    pub(crate) fn account_near(&self, domain: &str, owner: Option<&BareJid>) -> Option<&AccountRow> {
        let near = self.people().map(|account| &account.row).filter(|row| row.jid.domain() == domain);
        near.min_by_key(|row| Some(&row.jid) != owner)
    }

    /// The account of a bot reaches its server as its owner's does today; says whether that is another way than before.
    pub(crate) fn align(&self, batch: &Batch, row: &mut AccountRow) -> Result<bool, store::Error> {
        let owner = match row.bot.and_then(|bot| batch.bots.get(&bot)) {
            Some(bot) => Some(bot.row.owner.clone()),
            None => batch.store.former_owner(row.id)?,
        };
        let Some(near) = self.account_near(row.jid.domain(), owner.as_ref()) else { return Ok(false) };
        let is_other = (&row.host, &row.ca_file, &row.pin) != (&near.host, &near.ca_file, &near.pin);
        (row.host, row.ca_file, row.pin) = (near.host.clone(), near.ca_file.clone(), near.pin.clone());
        Ok(is_other)
    }

    /// Whether there may be an account at the server that can be removed: it was online, its first connection is under way,
    /// or was lost after it had begun to register.
    pub(crate) fn may_be_registered(&self, batch: &Batch, row: &AccountRow) -> Result<bool, store::Error> {
        let connection = self.get(&row.id).map(|account| account.course.connection);
        let has_arrived = row.bot.and_then(|bot| batch.bots.get(&bot)).is_some_and(|bot| bot.profile.has_arrived);
        Ok(match connection {
            // A login key is made where a login succeeded.
            _ if has_arrived || row.login_key.is_some() => true,
            None | Some(Connection::Connecting | Connection::Online) => true,
            Some(Connection::Stopped) => false,
            Some(_) => batch.store.is_registering(row.id)?,
        })
    }
}

impl Arrivals {
    pub(crate) fn await_arrival(&mut self, batch: &mut Batch, bot: BotId, wait: Wait, reply: ReplyTo) {
        let (time, is_strict) = match wait {
            Wait::Some => (limits::ARRIVAL_TIMEOUT, false),
            Wait::No => (Duration::ZERO, false),
            Wait::Online(time) => (time, true),
        };
        self.waiting.push(Arrival { bot, reply, until: batch.now.mono + time, is_strict });
    }
}

impl Batch {
    pub(crate) fn login(&self) -> Login {
        let settings = &self.setup.settings;
        Login { plaintext: false, system_roots: settings.system_roots, encrypts: settings.self_chat != Encrypt::Off }
    }
}

// --- what comes for a bot ---

impl Xmpp {
    /// Presence of somebody, for an account.
    pub(crate) fn on_presence(
        &mut self,
        core: &mut Core,
        account: AccountId,
        stanza: &Element,
    ) -> Result<(), store::Error> {
        if self.on_room_presence(core, account, stanza)? {
            return Ok(());
        }
        let Some(presence) = Presence::read(stanza) else { return Ok(()) };
        let (Some(bot), Some(from)) = (self.accounts.get(&account).and_then(|a| a.row.bot), &presence.from) else {
            return Ok(());
        };
        self.accounts.present.note(account, from, presence.kind);
        if presence.kind == presence::PresenceKind::Subscribe {
            self.accounts.on_subscribe(&mut core.batch, account, bot, &from.bare());
        }
        Ok(())
    }
}

impl Accounts {
    /// Somebody wants to see the bot's presence: whoever may speak to it may, and is asked for his; others are refused.
    fn on_subscribe(&mut self, batch: &mut Batch, account: AccountId, bot: BotId, who: &BareJid) {
        if batch.admits(bot, who) {
            let name = batch.bots.get(&bot).map(|bot| bot.row.name.clone());
            self.tell_session(batch, account, presence::print_subscribed(who));
            self.tell_session(batch, account, presence::print_subscribe(who, name.as_deref(), None));
        } else {
            self.tell_session(batch, account, presence::print_unsubscribed(who));
        }
    }

    /// Sends what may be lost with the connection.
    pub(crate) fn tell_session(&mut self, batch: &mut Batch, account: AccountId, stanza: String) {
        if let Err(failure) = self.check_size(account, stanza.len()) {
            return log::warn!("{}: something was not sent: {failure}", self.jid_of(account));
        }
        batch.pending.effects.push(Effect::Session(account, Order::Send { tag: None, stanza }));
    }
}
