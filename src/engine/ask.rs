//! Questions of faces: who may ask what, and which part of the engine answers.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::time::Now;
use crate::channel::xmpp::accounts::Accounts;
use crate::core::Signal;
use crate::core::access::tokens::Bearer;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::calls::wait_for;
use crate::core::channel::{Asker, Channels};
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Caller, Mode, NewBot, Question, Remains, Scope};
use crate::core::registry::Through;
use crate::core::rights::By;
use crate::engine::command::{self, api_server, order};
use crate::engine::{Engine, Upkeep, local, numbered, panel, person, web, yard};
use crate::store;
use crate::store::row::Origin;

impl Engine {
    pub(super) fn on_ask(&mut self, caller: &Caller, question: &Question) -> Result<Verdict, Trouble> {
        if self.core.is_stopping {
            return Err(Failure::Busy { retry_after_s: 5 }.into());
        }
        match (caller, question) {
            (_, Question::Health) => Ok(Verdict::Outcome(Ok(self.channels.xmpp.accounts.health(&self.core.batch)))),
            (_, Question::Live) => {
                self.core.batch.store.prove_writable()?;
                Ok(Verdict::Outcome(Ok(Answer::Done)))
            }
            (_, Question::Ready) => {
                self.core.batch.store.prove_writable()?;
                Ok(self.channels.xmpp.ask_ready(&mut self.core, caller))
            }
            (_, Question::PageFile(path)) => yard::find_file(self, path),
            (_, Question::Gallery) => Ok(Verdict::Outcome(Ok(Answer::Gallery(self.core.batch.gallery()?)))),
            (_, Question::People(question)) if person::is_for_anybody(question) => person::let_in(self, question),
            (Caller::User(token), Question::Web(question)) => web::ask(self, token, question),
            (Caller::Anybody, Question::Web(question)) => web::let_in(self, question),
            (Caller::User(token), Question::MaySend | Question::WhoAmI) => web::know(self, token),
            (Caller::User(_), _) => Err(Failure::Forbidden("access denied".to_string()).into()),
            (Caller::Bot(token, needs), Question::MaySend) => {
                self.core.batch.bot_of_token(token, *needs)?;
                Ok(Verdict::Outcome(Ok(Answer::Done)))
            }
            (Caller::Bot(token, needs), _) => {
                let bearer = self.authenticate(token, *needs)?;
                self.core.refuse_beside_mqtt(bearer.bot, question)?;
                let verdict = self.ask_as_bot(bearer.bot, question)?;
                Ok(if bearer.is_main { verdict } else { without_tokens(verdict) })
            }
            (Caller::Broker(bot), _) => {
                self.core.check_broker(*bot)?;
                if !matches!(question, Question::GetUpdates(_)) {
                    self.upkeep.limit(*bot, self.core.batch.now)?;
                }
                self.ask_as_bot(*bot, question)
            }
            (Caller::Person(token, needs), _) => person::ask(self, token, *needs, question),
            (Caller::Admin, _) => {
                self.core.batch.rights.acting.by = By::Admin;
                self.ask_as_admin(question)
            }
            (Caller::Anybody, _) => self.core.batch.refuse_login("a token is needed"),
        }
    }

    /// The same, within its rate.
    fn authenticate(&mut self, token: &Secret, needs: Scope) -> Result<Bearer, Trouble> {
        let bearer = self.core.batch.bot_of_token(token, needs)?;
        self.upkeep.limit(bearer.bot, self.core.batch.now)?;
        Ok(bearer)
    }

    fn ask_as_bot(&mut self, bot: BotId, question: &Question) -> Result<Verdict, Trouble> {
        let answer = match question {
            Question::SendMessage(message) => {
                let answer = self.context().send_message(bot, message)?;
                self.core.batch.note_active(bot)?;
                return self.channels.xmpp.accounts.tell_when_known(&self.core.batch, bot, answer);
            }
            Question::Act(act) => {
                let answer = self.context().act(bot, act)?;
                self.core.batch.note_active(bot)?;
                return self.channels.xmpp.accounts.tell_when_known(&self.core.batch, bot, answer);
            }
            Question::AnswerPress(answer) => {
                self.context().answer_press(bot, answer)?;
                self.core.batch.note_active(bot)?;
                Answer::Done
            }
            Question::Upload(upload) => {
                self.core.batch.check_messages(bot)?;
                self.core.way(&self.channels, bot, &upload.act.to)?;
                let channel = self.channels.of(&upload.act.to.bare())?;
                let verdict = channel.upload(&mut self.core, bot, upload)?;
                self.core.batch.note_active(bot)?;
                return Ok(verdict);
            }
            Question::GetFile(query) => return yard::get_file(self, bot, query),
            Question::JoinRoom(new) => return self.channels.xmpp.join_room(&mut self.core, bot, new),
            Question::LeaveRoom(room) => return self.channels.xmpp.leave_room(&mut self.core, bot, room),
            Question::ModerateRoom(_) | Question::Order(_) => return order::ask(self, bot, question),
            Question::GetUpdates(poll) => return self.core.get_updates(bot, poll),
            Question::Numbered(question) => {
                let verdict = numbered::ask(self, bot, question)?;
                if question.ask.does_something() {
                    self.core.batch.note_active(bot)?;
                }
                return Ok(verdict);
            }
            Question::MessageState(id) => self.core.batch.message_state(bot, id)?,
            Question::Ask(question) => return self.context().ask_people(bot, question),
            Question::Why(id) => Answer::Why(Box::new(command::why::of_message(self, bot, id)?)),
            Question::GetHistory(query) => self.core.read_history(bot, query)?,
            Question::SetWebhook(new) => self.core.set_webhook(bot, new)?,
            Question::DeleteWebhook { drop_pending: true } => self.core.delete_webhook_and_pending(bot)?,
            Question::DeleteWebhook { drop_pending: false } => self.core.delete_webhook(bot)?,
            Question::WebhookInfo => self.core.webhooks.webhook_info(&self.core.batch, bot)?,
            Question::ReplayWebhook(wanted) => return self.core.replay_webhook(bot, wanted),
            Question::GetMe | Question::WhoAmI => {
                Answer::Me(self.channels.xmpp.accounts.bot_info(&self.core.batch, bot)?)
            }
            Question::GetInfo => {
                let accounts = &self.channels.xmpp.accounts;
                let sessions = usize::from(accounts.is_bot_online(&self.core.batch, bot));
                let (info, bot) = (accounts.bot_info(&self.core.batch, bot)?, self.core.batch.bot(bot)?);
                Answer::Info(info, bot.commands.clone(), sessions)
            }
            Question::SetCommands(commands) => self.core.batch.set_commands(bot, commands).map(|()| Answer::Done)?,
            Question::GetCommands => Answer::Commands(self.core.batch.bot(bot)?.commands.clone()),
            Question::Yard(question) => return yard::ask(self, bot, question),
            Question::Web(question) => return web::ask_as_bot(self, bot, question),
            Question::Telegram(question) => {
                let verdict = self.channels.connection(&mut self.core, (bot, &Asker::Program), question)?;
                return Ok(self.core.with_links(verdict));
            }
            Question::Bridge(question) => Answer::Bridge(self.context().ask_bridge(bot, question)?),
            Question::Keys(question) => self.channels.xmpp.ask_keys(&mut self.core.batch, bot, question)?,
            _ => return self.ask_brain(bot, question),
        };
        Ok(Verdict::Outcome(Ok(answer)))
    }

    /// What only something that answers by itself may know.
    fn ask_brain(&mut self, bot: BotId, question: &Question) -> Result<Verdict, Trouble> {
        if let Some(verdict) = self.with_brain(|brain, cx| brain.ask(cx, bot, question))? {
            return Ok(verdict);
        }
        let failure = match question {
            Question::SetAi(_) | Question::AiStatus | Question::EnableAi(_) | Question::AskAi { .. } => {
                Failure::NotBuilt("AI is not built into this binary".to_string())
            }
            Question::Faq(_) => Failure::NotBuilt("questions with answers are not built into this binary".to_string()),
            _ => Failure::Forbidden("a bot's token does not allow this".to_string()),
        };
        Err(failure.into())
    }

    /// As somebody with management rights, or in the name of a person for what he may.
    pub(super) fn ask_as_admin(&mut self, question: &Question) -> Result<Verdict, Trouble> {
        let answer = match question {
            Question::Metrics => Answer::Metrics(self.metrics()?),
            Question::CreateBot(new) => return self.on_create(new),
            Question::ListBots(owner) => {
                let bots = self.core.batch.bots.values();
                let wanted = bots.filter(|bot| owner.as_ref().is_none_or(|owner| bot.row.owner == *owner));
                let infos: Result<_, store::Error> = wanted
                    .map(|bot| Ok(bot.info(self.channels.xmpp.accounts.bot_state(&self.core.batch, bot)?)))
                    .collect();
                Answer::Bots(infos?)
            }
            Question::DeleteBot(id) => return self.delete_and_remove(*id),
            Question::Leaving(owner) => Answer::Leaving(self.channels.xmpp.list_leaving(&self.core, owner.as_ref())?),
            Question::Forget(jid) => {
                Answer::Forgotten(jid.clone(), self.channels.xmpp.forget_leaving(&mut self.core, jid, None)?)
            }
            Question::Ejabberd => self.channels.xmpp.accounts.ejabberd_settings(&self.core.batch)?,
            Question::SetEjabberd(settings) => self.channels.xmpp.set_ejabberd(&mut self.core.batch, settings)?,
            Question::TestEjabberd(settings) => return self.channels.xmpp.test_ejabberd(&mut self.core, settings),
            Question::ChangeServer(change) => return api_server::change_by_api(&mut self.core.batch, change),
            Question::ActivateBot(id, active) => {
                match *active {
                    true => self.core.activate_bot(*id)?,
                    false => self.core.deactivate_bot(*id)?,
                }
                Answer::Status(*id, *active)
            }
            Question::NewToken(id, overlap_s) => Answer::Token(*id, self.core.new_token(*id, *overlap_s)?),
            Question::Revoke(id) => {
                self.core.revoke(*id)?;
                Answer::Revoked(*id)
            }
            Question::Yard(question) => return yard::manage(self, question),
            Question::OwnerStatus(owner) => {
                self.channels.xmpp.accounts.check_owner(&self.core.batch, owner)?;
                Answer::Owner(owner.clone(), self.core.batch.store.owner_enabled(owner)?)
            }
            Question::SetOwnerStatus(owner, enabled) => {
                self.channels.xmpp.accounts.check_owner(&self.core.batch, owner)?;
                match *enabled {
                    true => self.core.batch.store.enable_owner(owner)?,
                    false => self.core.batch.store.disable_owner(owner)?,
                }
                self.channels
                    .xmpp
                    .accounts
                    .account_of(owner)
                    .map_or(Ok(()), |account| self.channels.xmpp.settle_rooms(&mut self.core, account))?;
                self.core.batch.audit_of(owner, "account_status", &format!("enabled={enabled}"))?;
                Answer::Owner(owner.clone(), *enabled)
            }
            Question::ListAccounts => Answer::Accounts(self.channels.xmpp.accounts.list_accounts()),
            Question::AddAccount(new) => {
                self.channels.xmpp.add_account(&mut self.core, new)?;
                Answer::Account(new.jid.clone())
            }
            Question::RemoveAccount(jid) => {
                self.channels.xmpp.remove_account(&mut self.core.batch, jid).map(|()| Answer::Account(jid.clone()))?
            }
            Question::Panel(question) => panel::ask(self, question)?,
            Question::LocalSay { to, text } => local::say(self, to.as_deref(), text)?,
            Question::LocalRead { with, after, timeout } => {
                return local::read(self, with.as_deref(), *after, *timeout);
            }
            _ => self.ask_of_settings(question)?,
        };
        Ok(Verdict::Outcome(Ok(answer)))
    }

    /// What a bot is set to, or is to be set to.
    fn ask_of_settings(&mut self, question: &Question) -> Result<Answer, Trouble> {
        Ok(match question {
            Question::Server => Answer::Server(Box::new(self.core.batch.setup.api.server.clone())),
            Question::SetListed(id, listed) => {
                match *listed {
                    true => self.core.batch.list_bot(*id)?,
                    false => self.core.batch.unlist_bot(*id)?,
                }
                Answer::Listed(*id, *listed)
            }
            Question::BotAccess(id) => self.core.batch.bot_access(*id)?,
            Question::SetBotAccess(id, access, contacts) => {
                self.core.set_access(*id, *access, contacts.as_deref())?;
                self.core.batch.bot_access(*id)?
            }
            Question::BotOmemo(id) => self.channels.xmpp.accounts.bot_omemo(&self.core.batch, *id)?,
            Question::SetBotOmemo(id, encrypt) => {
                self.channels.xmpp.set_encrypt(&mut self.core, *id, *encrypt)?;
                self.channels.xmpp.accounts.bot_omemo(&self.core.batch, *id)?
            }
            Question::ResetOmemo(id) => {
                if let Some(account) = self.channels.xmpp.accounts.own_account(&self.core.batch, *id)? {
                    self.channels.xmpp.reset_omemo(&mut self.core, account)?;
                }
                self.channels.xmpp.accounts.bot_omemo(&self.core.batch, *id)?
            }
            Question::BotHistory(id) => Answer::BotHistory(self.core.batch.bot_history(*id)?),
            Question::SetBotHistory(id, days) => {
                self.core.batch.set_history(*id, *days)?;
                Answer::BotHistory(self.core.batch.bot_history(*id)?)
            }
            Question::SetProfile(new) => Answer::Me(self.channels.xmpp.set_profile(&mut self.core, new)?),
            Question::Tokens(question) => Answer::Rights(self.core.ask_tokens(question)?),
            Question::People(question) => Answer::Rights(person::manage(self, question)?),
            Question::Audit(wanted) => Answer::Rights(self.core.batch.read_audit(wanted)?),
            Question::WhoAmI | Question::MaySend => Answer::Done,
            _ => return Err(Failure::Unauthorized("a bot's token is needed".to_string()).into()),
        })
    }
}

impl Upkeep {
    /// Counts a request of a bot.
    fn limit(&mut self, bot: BotId, now: Now) -> Result<(), Failure> {
        self.rate.admit(bot, now).map_err(|limited| Failure::Busy { retry_after_s: limited.retry_after_s })
    }
}

impl Accounts {
    fn health(&self, batch: &Batch) -> Answer {
        let active: Vec<BotId> = batch.bots.values().filter(|bot| bot.row.active).map(|bot| bot.row.id).collect();
        Answer::Health {
            active_bots: active.len(),
            accounts_online: self.people().filter(|account| account.is_online).count(),
            accounts: self.people().count(),
            bots_online: active.into_iter().filter(|id| self.is_bot_online(batch, *id)).count(),
        }
    }

    /// Whether what this bot says goes out now.
    pub(super) fn is_bot_online(&self, batch: &Batch, id: BotId) -> bool {
        let Some(bot) = batch.bots.get(&id) else { return false };
        match self.speaks_through(bot) {
            Through::Local => true,
            Through::Account(account) => self.get(&account).is_some_and(|account| account.is_online),
            Through::None => false,
        }
    }
}

impl Batch {
    fn note_active(&mut self, id: BotId) -> Result<(), Trouble> {
        let now = self.now.unix();
        let Some(bot) = self.bots.get_mut(&id) else { return Ok(()) };
        // The clock may have been set back.
        if (now - bot.row.last_active).abs() >= limits::LAST_ACTIVE_STEP_S {
            bot.row.last_active = now;
            self.store.store_bot(&bot.row)?;
        }
        Ok(())
    }
}

/// The main token is shown to whoever has it, and to those who manage the bot.
pub(super) fn without_tokens(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Outcome(Ok(answer)) => Verdict::Outcome(Ok(answer.without_tokens())),
        verdict => verdict,
    }
}

impl Engine {
    /// `create`, for every mode.
    pub(super) fn on_create(&mut self, new: &NewBot) -> Result<Verdict, Trouble> {
        self.core.check_new_bot(new)?;
        match (new.mode, &new.account) {
            (Mode::Personal, _) => {
                let id = self.core.create_bot(new, None)?;
                let info = self.channels.xmpp.accounts.bot_info(&self.core.batch, id)?;
                Ok(Verdict::Outcome(Ok(Answer::Created(info))))
            }
            (_, Some(account)) => self.channels.xmpp.create_with(&mut self.core, new, account, Origin::Brought),
            (_, None) => self.channels.xmpp.make_account(&mut self.core, new),
        }
    }

    /// Deletes a bot; gives its account and what is still to be taken away there.
    pub(super) fn delete_bot(&mut self, id: BotId) -> Result<Option<(BareJid, Remains)>, Trouble> {
        let jid = self.core.batch.bot(id)?.row.jid.clone();
        self.with_brain(|brain, cx| brain.all().try_for_each(|one| one.on_bot_goes(cx, id)))?;
        self.pass_to_channels(&Signal::BotGoes(id))?;
        self.core.delete_bot(id)?;
        self.upkeep.ways.forget(id);
        let Some(jid) = jid else { return Ok(None) };
        let left = self.core.batch.store.find_account(&jid)?.filter(|row| row.removing);
        Ok(left.map(|row| (jid, Remains::of(row.origin))))
    }

    /// The bot's account goes with it; whoever deletes it waits for the first try.
    pub(super) fn delete_and_remove(&mut self, bot: BotId) -> Result<Verdict, Trouble> {
        let row = self.core.batch.store.list_accounts_of(bot)?.into_iter().next();
        let tag = match &row {
            Some(row)
                if row.origin == Origin::Register
                    && self.channels.xmpp.accounts.may_be_registered(&self.core.batch, row)? =>
            {
                Some(self.channels.xmpp.unregister_account(&mut self.core, row.clone(), Some(bot))?)
            }
            _ => None,
        };
        let left = self.delete_bot(bot)?.map(|(_, what)| (what, false));
        let row = match (tag, row.filter(|row| row.origin == Origin::Api)) {
            (Some(Some(tag)), _) => return Ok(wait_for(tag)),
            (Some(None), _) => return Ok(Verdict::Outcome(Ok(Answer::Deleted(bot, Some((Remains::Account, false)))))),
            (None, Some(row)) => row,
            (None, None) => return Ok(Verdict::Outcome(Ok(Answer::Deleted(bot, left)))),
        };
        match self.channels.xmpp.remove(&mut self.core, row, Some(bot)) {
            Ok(tag) => Ok(wait_for(tag)),
            Err(Trouble::Failure(_)) => Ok(Verdict::Outcome(Ok(Answer::Deleted(bot, Some((Remains::Account, false)))))),
            Err(error) => Err(error),
        }
    }
}
