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
use crate::engine::accounts::Accounts;
use crate::engine::accounts::Login;
use crate::engine::command::{self, Chat};
use crate::engine::effect::{Effect, Order};
use crate::engine::failure::Failure;
use crate::engine::handle::{Answer, Connection, Encrypt, Mode, NewBot, OwnAccount, ReplyTo, Wait};
use crate::engine::incoming::words;
use crate::engine::part::Part;
use crate::engine::texts;
use crate::engine::{Batch, Engine, Trouble, Verdict, Xmpp};
use crate::store;
use crate::store::row::{AccountRow, Origin};
use crate::xml::Element;
use crate::xmpp::message::{Inbound, Kind, Via};
use crate::xmpp::presence::{self, Presence};
use crate::xmpp::stanza::{Iq, StanzaError};

/// Somebody who waits for a new bot to be online.
pub(super) struct Arrival {
    bot: BotId,
    reply: ReplyTo,
    /// When the wait is over (monotonic): the server may be down.
    pub(super) until: Duration,
    /// The bot is wanted only if it is online by then.
    is_strict: bool,
}

/// Those who wait, and logins of new bots that came to an end in this batch, good or bad.
#[derive(Default)]
pub(super) struct Arrivals {
    waiting: Vec<Arrival>,
    pub(super) ended: Vec<(BotId, Result<(), Failure>)>,
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

impl Engine {
    /// `create`, for every mode.
    pub(super) fn on_create(&mut self, new: &NewBot) -> Result<Verdict, Trouble> {
        self.check_new_bot(new)?;
        match (new.mode, &new.account) {
            (Mode::Personal, _) => Ok(Verdict::Outcome(Ok(Answer::Created(self.create_bot(new, None)?)))),
            (_, Some(account)) => self.create_with(new, account, Origin::Brought),
            (_, None) => self.make_account(new),
        }
    }

    /// A bot that uses this account; answered when it is online.
    fn create_with(&mut self, new: &NewBot, account: &OwnAccount, origin: Origin) -> Result<Verdict, Trouble> {
        let known = self.batch.store.find_account(&account.jid)?;
        if known.is_some() || crate::engine::owner::is_local(&account.jid) {
            let is_going = known.as_ref().is_some_and(|row| row.removing && !self.calls.is_being_made(row.id));
            let more = match is_going {
                true => format!(": a deleted bot has still to take back what it has there; {FORGET} gives it up"),
                false => String::new(),
            };
            return Err(Failure::Conflict(format!("{} is in use here already{more}", account.jid)).into());
        }
        let info = self.create_bot(new, Some(account.jid.clone()))?;
        let row = AccountRow {
            password: account.password.clone(),
            bot: Some(info.id),
            origin,
            ..self.batch.new_row(&account.jid)
        };
        self.sign_in_bot(row)?;
        Ok(Verdict::AwaitArrival(info.id, new.wait))
    }

    /// Keeps a bot's account and signs it in, the way another account at the same server is.
    pub(super) fn sign_in_bot(&mut self, mut row: AccountRow) -> Result<(), store::Error> {
        self.xmpp.accounts.align(&self.batch, &mut row)?;
        if row.id == AccountId(0) {
            row.id = self.batch.store.insert_account(&row)?;
        } else {
            self.batch.store.store_account(&row)?;
        }
        self.start_account(row, self.batch.login())
    }

    /// A person's account is reached otherwise from now on: so are those of bots there.
    pub(super) fn align_bots(&mut self) -> Result<(), store::Error> {
        for mut row in self.batch.store.list_accounts()? {
            if row.origin == Origin::Person || !self.xmpp.accounts.align(&self.batch, &mut row)? {
                continue;
            }
            self.batch.store.store_account(&row)?;
            if self.xmpp.accounts.contains_key(&row.id) {
                self.start_account(row, self.batch.login())?;
            } else if self.xmpp.removals.leaving.contains_key(&row.id) {
                self.xmpp.removals.remove_all_now(&mut self.batch);
            }
        }
        Ok(())
    }

    /// A bot was changed: its account is online while the bot is active, and shows its name.
    pub(super) fn settle_bot_account(&mut self, bot: BotId) -> Result<(), store::Error> {
        let shared = self.batch.bots.get(&bot).filter(|bot| bot.mode == Mode::Personal).map(|bot| &bot.row.owner);
        if let Some(account) = shared.and_then(|owner| self.xmpp.accounts.account_of(owner)) {
            return self.settle_rooms(account);
        }
        match (self.xmpp.accounts.account_of_bot(bot), self.batch.is_active(bot)) {
            (Some(account), true) => {
                self.xmpp.accounts.adjust_presence(&mut self.batch, account);
                self.xmpp.publish_profile(&mut self.batch, account, bot)?;
            }
            (Some(account), false) => self.xmpp.end_account(&mut self.batch, account),
            (None, true) => {
                let row = self.batch.store.list_accounts_of(bot)?.into_iter().find(|row| !row.removing);
                if let Some(row) = row {
                    self.start_account(row, self.batch.login())?;
                }
            }
            (None, false) => {}
        }
        Ok(())
    }

    /// A bot goes: so does its account, each kind in its own way.
    pub(super) fn let_go_of_account(&mut self, bot: BotId) -> Result<(), store::Error> {
        self.leave_shared_rooms(bot)?;
        let known = self.batch.bots.get(&bot).map(|bot| (bot.row.owner.clone(), bot.profile.has_arrived));
        for row in self.batch.store.list_accounts_of(bot)? {
            match (row.origin, &known) {
                // Somebody else's: it is left as it was found.
                (Origin::Brought, Some((owner, true))) => self.begin_farewell(row, owner)?,
                // Its server is told first; until then the row stays.
                (Origin::Api, _) => {
                    self.xmpp.removals.remove_at(self.batch.now.mono);
                    self.xmpp.end_account(&mut self.batch, row.id);
                    self.batch.store.store_account(&AccountRow { removing: true, bot: None, ..row.clone() })?;
                    if let Some((owner, _)) = &known {
                        self.batch.store.store_farewell(row.id, owner)?;
                    }
                }
                (Origin::Register, _) if self.xmpp.accounts.may_be_registered(&self.batch, &row)? => {
                    self.unregister_account(row, None).map(drop)?;
                }
                (origin, _) => {
                    if origin == Origin::Register && self.batch.store.is_registering(row.id)? {
                        log::warn!("{}: this account may have been registered, and its server lets nobody in", row.jid);
                    }
                    self.xmpp.drop_account(&mut self.batch, row.id)?;
                }
            }
        }
        Ok(())
    }

    /// The server refuses the login. A bot that is just being made is taken back.
    pub(super) fn on_refused_login(&mut self, account: AccountId, why: &str) -> Result<(), store::Error> {
        let Some(row) = self.xmpp.accounts.get(&account).map(|account| account.row.clone()) else { return Ok(()) };
        match (row.removing, row.origin) {
            // Its password is not known there any more: it was removed, and only the answer did not come.
            (true, Origin::Register) => return self.xmpp.forget_account(&mut self.batch, account),
            (true, _) => return self.xmpp.end_farewell(&mut self.batch, account),
            (false, _) => {}
        }
        let Some(bot) = row.bot else { return Ok(()) };
        if self.xmpp.arrivals.waiting.iter().any(|arrival| arrival.bot == bot) {
            match self.delete_bot(bot) {
                Err(Trouble::Store(error)) => return Err(error),
                Ok(_) | Err(Trouble::Failure(_)) => {
                    // There is no account of this daemon any more that could get another password.
                    let (what, remedy) = match row.origin {
                        Origin::Brought => ("login_refused", PASSWORD_OF_BOT),
                        _ => ("registration_failed", "make the bot once more, it gets another name then"),
                    };
                    let why = why.replace(&remedy::password(row.jid.as_str()), remedy);
                    self.xmpp.arrivals.ended.push((bot, Err(Failure::Remote { what, why })));
                }
            }
        }
        Ok(())
    }

    /// By time: bots that were wanted only if they are online by now are taken back.
    pub(super) fn take_back_late(&mut self) -> Result<(), store::Error> {
        let is_late = |arrival: &&Arrival| arrival.is_strict && arrival.until <= self.batch.now.mono;
        let late: Vec<BotId> = self.xmpp.arrivals.waiting.iter().filter(is_late).map(|arrival| arrival.bot).collect();
        for id in late {
            let Some(bot) = self.batch.bots.get(&id) else { continue };
            let state = self.xmpp.accounts.bot_state(&self.batch, bot)?;
            if state.connection == Connection::Online {
                continue;
            }
            let why = state.why.unwrap_or_else(|| format!("its account is {}", state.connection.as_str()));
            match self.delete_bot(id) {
                Err(Trouble::Store(error)) => return Err(error),
                Ok(_) | Err(Trouble::Failure(_)) => {
                    let why = format!("the bot did not come online in time and was taken back: {why}");
                    self.xmpp.arrivals.ended.push((id, Err(Failure::Remote { what: "registration_failed", why })));
                }
            }
        }
        Ok(())
    }
}

impl Xmpp {
    /// Answers those whose bots have arrived or will not, and those who have waited long enough.
    pub(super) fn wake_arrivals(&mut self, batch: &mut Batch, out: &mut Vec<Effect>) {
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
    pub(super) fn account_near(&self, domain: &str, owner: Option<&BareJid>) -> Option<&AccountRow> {
        let near = self.people().map(|account| &account.row).filter(|row| row.jid.domain() == domain);
        near.min_by_key(|row| Some(&row.jid) != owner)
    }

    /// The account of a bot reaches its server as its owner's does today; says whether that is another way than before.
    pub(super) fn align(&self, batch: &Batch, row: &mut AccountRow) -> Result<bool, store::Error> {
        let owner = match row.bot.and_then(|bot| batch.bots.get(&bot)) {
            Some(bot) => Some(bot.row.owner.clone()),
            None => batch.store.farewell(row.id)?,
        };
        let Some(near) = self.account_near(row.jid.domain(), owner.as_ref()) else { return Ok(false) };
        let is_other = (&row.host, &row.ca_file, &row.pin) != (&near.host, &near.ca_file, &near.pin);
        (row.host, row.ca_file, row.pin) = (near.host.clone(), near.ca_file.clone(), near.pin.clone());
        Ok(is_other)
    }

    /// Whether there may be an account at the server that can be removed: it was online, its first connection is under way,
    /// or was lost after it had begun to register.
    pub(super) fn may_be_registered(&self, batch: &Batch, row: &AccountRow) -> Result<bool, store::Error> {
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
    pub(super) fn await_arrival(&mut self, batch: &mut Batch, bot: BotId, wait: Wait, reply: ReplyTo) {
        let (time, is_strict) = match wait {
            Wait::Some => (limits::ARRIVAL_TIMEOUT, false),
            Wait::No => (Duration::ZERO, false),
            Wait::Online(time) => (time, true),
        };
        self.waiting.push(Arrival { bot, reply, until: batch.now.mono + time, is_strict });
    }
}

impl Batch {
    pub(super) fn login(&self) -> Login {
        let settings = &self.setup.settings;
        Login { plaintext: false, system_roots: settings.system_roots, encrypts: settings.self_chat != Encrypt::Off }
    }
}

// --- what comes for a bot ---

impl Engine {
    /// A message for a bot's own account.
    pub(super) fn on_bot_message(
        &mut self,
        account: AccountId,
        bot: BotId,
        own: &BareJid,
        message: &Inbound,
    ) -> Result<(), store::Error> {
        if self.on_room_message(account, Some(bot), message)? {
            return Ok(());
        }
        let is_talk = matches!(message.kind, Kind::Chat | Kind::Normal) && message.room.is_none();
        let is_own = message.from.bare() == *own || message.via == Via::CarbonSent;
        if !is_talk || is_own || !self.batch.admits(bot, &message.from.bare()) {
            return Ok(());
        }
        if words(message).is_none() {
            return self.on_bot_event(account, bot, own, message);
        }
        if message.is_encrypted
            || !self.xmpp.accounts.is_new(&mut self.batch, account, message)?
            || self.xmpp.refuse_plain(&mut self.batch, account, bot, message)?
        {
            return Ok(());
        }
        match self.ingest(bot, &self.xmpp.incoming(&self.batch, account, own, message))? {
            Some(update) => self.confirm_arrival(account, bot, message, update),
            None => Ok(()),
        }
    }

    /// Answers what the bot knows by itself; says whether that was all. A command that its program has registered goes
    /// to the program too.
    pub(super) fn answer_command(&mut self, bot: BotId, who: &BareJid, body: &str) -> Result<bool, store::Error> {
        let answer = match command::run_in_chat(self, &Chat { bot, who: who.clone() }, body) {
            Ok(Some(answer)) => answer,
            Ok(None) => return self.ask_what_was_meant_in_chat(bot, who, body).map(|()| false),
            Err(Trouble::Store(error)) => return Err(error),
            Err(Trouble::Failure(failure)) => failure.at(self.batch.chat_place()),
        };
        self.say_as_bot(bot, who, &answer)?;
        Ok(command::parse(body).is_none_or(|(word, _)| !self.batch.has_command(bot, &word)))
    }

    /// What is nearly one of a bot's commands is asked about where nothing else may answer. Its program gets it all the same.
    fn ask_what_was_meant_in_chat(&mut self, bot: BotId, who: &BareJid, body: &str) -> Result<(), store::Error> {
        let Some((word, _)) = command::parse(body).filter(|(word, _)| !self.batch.has_command(bot, word)) else {
            return Ok(());
        };
        let commands = self.batch.bots.get(&bot).map(|bot| bot.commands.as_slice()).unwrap_or_default();
        let near = command::near_in_chat(&word, commands.iter().map(|command| command.command.as_str()));
        let Some(near) = near.map(str::to_string) else { return Ok(()) };
        if self.has_listener(bot)? {
            return Ok(());
        }
        let values = [("word", format!("/{word}")), ("near", near)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        let text = texts::MEANT.fill(self.batch.setup.settings.language, &values);
        self.say_as_bot(bot, who, &text)
    }

    /// Presence of somebody, for an account.
    pub(super) fn on_presence(&mut self, account: AccountId, stanza: &Element) -> Result<(), store::Error> {
        if self.on_room_presence(account, stanza)? {
            return Ok(());
        }
        let Some(presence) = Presence::read(stanza) else { return Ok(()) };
        let (Some(bot), Some(from)) = (self.xmpp.accounts.get(&account).and_then(|a| a.row.bot), &presence.from) else {
            return Ok(());
        };
        if presence.kind == presence::PresenceKind::Subscribe {
            self.xmpp.accounts.on_subscribe(&mut self.batch, account, bot, &from.bare());
        }
        Ok(())
    }

    /// A question that the session does not answer itself.
    pub(super) fn on_request(&mut self, account: AccountId, request: &Iq) -> Result<(), store::Error> {
        let unavailable = Err(StanzaError::new("cancel", "service-unavailable"));
        let answer = match self.answer_menu(account, request)?.unwrap_or(unavailable) {
            Ok(payload) => request.print_result(Some(payload)),
            Err(refusal) => request.print_error(&refusal),
        };
        let too_long = "the answer is too long for this server; send the command as a message";
        let answer = match self.xmpp.accounts.check_size(account, answer.len()) {
            Ok(()) => answer,
            Err(_) => request.print_error(&StanzaError {
                text: Some(remedy::at(self.batch.chat_place(), too_long)),
                ..StanzaError::new("cancel", "resource-constraint")
            }),
        };
        self.xmpp.accounts.tell_session(&mut self.batch, account, answer);
        Ok(())
    }

    /// A bot says something by itself, in its own chat: an answer to a command.
    pub(super) fn say_as_bot(&mut self, bot: BotId, to: &BareJid, text: &str) -> Result<(), store::Error> {
        let Some(account) = self.xmpp.accounts.account_of_bot(bot) else {
            // In the built-in chat.
            return match self.say_to(bot, Kind::Chat, &to.to_jid(), text) {
                Err(Trouble::Store(error)) => Err(error),
                Ok(()) | Err(Trouble::Failure(_)) => Ok(()),
            };
        };
        self.post(account, Some(bot), to, text)
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
    pub(super) fn tell_session(&mut self, batch: &mut Batch, account: AccountId, stanza: String) {
        if let Err(failure) = self.check_size(account, stanza.len()) {
            return log::warn!("{}: something was not sent: {failure}", self.jid_of(account));
        }
        batch.pending.effects.push(Effect::Session(account, Order::Send { tag: None, stanza }));
    }
}

impl Batch {
    /// Whether a bot's program has registered this command.
    pub(super) fn has_command(&self, bot: BotId, word: &str) -> bool {
        self.bots.get(&bot).is_some_and(|bot| bot.commands.iter().any(|command| command.command == word))
    }

    /// Whether somebody may speak to a bot now.
    pub(super) fn admits(&self, bot: BotId, who: &BareJid) -> bool {
        self.bots.get(&bot).is_some_and(|bot| bot.row.active && bot.admits(who))
    }
}
