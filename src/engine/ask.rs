//! Questions of faces: who may ask what, and which part of the engine answers.

use std::collections::BTreeMap;

use crate::base::id::BotId;
use crate::base::secret::Secret;
use crate::base::{crypto, limits, text, ulid};
use crate::engine::accounts::Accounts;
use crate::engine::calls::wait_for;
use crate::engine::failure::Failure;
use crate::engine::handle::{Answer, BotCard, Caller, Question};
use crate::engine::registry::{Bot, Voice};
use crate::engine::{Batch, Engine, Trouble, Verdict};
use crate::store::{self, Store};

/// Where the numbers of listed bots stand in `settings`: in one place, for strangers may ask for them at any time.
const LISTED: &str = "listed_bots";
/// Where the secret behind the ULIDs of bots stands there.
const ULID_SECRET: &str = "ulid_secret";

impl Bot {
    /// See [`BotCard::ulid`].
    fn ulid(&self, secret: &str) -> String {
        let mut random = [0; 10];
        let hash = crypto::hmac_sha256(secret.as_bytes(), &self.row.id.0.to_be_bytes());
        random.copy_from_slice(&hash[..10]);
        ulid::ulid(u64::try_from(self.row.created_at).unwrap_or(0) * 1_000, random)
    }
}

impl Engine {
    pub(super) fn on_ask(&mut self, caller: &Caller, question: &Question) -> Result<Verdict, Trouble> {
        if self.upkeep.stopping {
            return Err(Failure::Busy { retry_after_s: 5 }.into());
        }
        match (caller, question) {
            (_, Question::Health) => Ok(Verdict::Outcome(Ok(self.health()))),
            (_, Question::Gallery) => {
                Ok(Verdict::Outcome(Ok(gallery(&mut self.batch.store, &self.batch.bots, self.batch.setup.entropy)?)))
            }
            (Caller::Bot(token), Question::MaySend) => {
                self.batch.known_bot(token)?;
                Ok(Verdict::Outcome(Ok(Answer::Done)))
            }
            (Caller::Bot(token), _) => {
                let bot = self.authenticate(token)?;
                self.ask_as_bot(bot, question)
            }
            (Caller::Admin, _) => self.ask_as_admin(question),
            (Caller::Anybody, _) => Err(Failure::Unauthorized("a token is needed".to_string()).into()),
        }
    }

    /// The same, within its rate.
    fn authenticate(&mut self, token: &Secret) -> Result<BotId, Failure> {
        let id = self.batch.known_bot(token)?;
        match self.upkeep.rate.admit(id, self.batch.now) {
            Ok(()) => Ok(id),
            Err(limited) => Err(Failure::Busy { retry_after_s: limited.retry_after_s }),
        }
    }

    fn ask_as_bot(&mut self, bot: BotId, question: &Question) -> Result<Verdict, Trouble> {
        let answer = match question {
            Question::SendMessage(message) => {
                let answer = self.send_message(bot, message)?;
                self.batch.note_active(bot)?;
                return self.xmpp.accounts.tell_when_known(&self.batch, bot, answer);
            }
            Question::Act(act) => {
                let answer = self.act(bot, act)?;
                self.batch.note_active(bot)?;
                return self.xmpp.accounts.tell_when_known(&self.batch, bot, answer);
            }
            Question::Upload(upload) => {
                let verdict = self.upload(bot, upload)?;
                self.batch.note_active(bot)?;
                return Ok(verdict);
            }
            Question::GetFile(query) => return self.get_file(bot, query),
            Question::JoinRoom(new) => return self.join_room(bot, new),
            Question::LeaveRoom(room) => return self.leave_room(bot, room),
            Question::GetUpdates(poll) => return self.get_updates(bot, poll),
            Question::SetWebhook(new) => self.set_webhook(bot, new)?,
            Question::DeleteWebhook { drop_pending } => self.delete_webhook(bot, *drop_pending)?,
            Question::WebhookInfo => self.webhooks.webhook_info(&self.batch, bot)?,
            Question::ReplayWebhook(wanted) => return self.replay_webhook(bot, wanted),
            Question::GetMe | Question::WhoAmI => Answer::Me(self.xmpp.accounts.bot_info(&self.batch, bot)?),
            Question::GetInfo => {
                let sessions = usize::from(self.xmpp.accounts.is_bot_online(&self.batch, bot));
                Answer::Info(
                    self.xmpp.accounts.bot_info(&self.batch, bot)?,
                    self.batch.bot(bot)?.commands.clone(),
                    sessions,
                )
            }
            Question::SetCommands(commands) => {
                self.batch.set_commands(bot, commands)?;
                Answer::Done
            }
            Question::SetAi(new) => self.batch.set_ai_by_api(bot, new)?,
            Question::AiStatus => Answer::Ai(self.batch.ai_info(bot)?),
            Question::EnableAi(is_enabled) => {
                self.enable_ai(bot, *is_enabled)?;
                Answer::AiEnabled(*is_enabled)
            }
            Question::AskAi { text, from, is_live } => {
                return Ok(wait_for(self.ask_ai_by_api(bot, text, from, *is_live)?));
            }
            Question::GetCommands => Answer::Commands(self.batch.bot(bot)?.commands.clone()),
            Question::Keys(question) => self.xmpp.ask_keys(&mut self.batch, bot, question)?,
            _ => return Err(Failure::Forbidden("a bot's token does not allow this".to_string()).into()),
        };
        Ok(Verdict::Outcome(Ok(answer)))
    }

    fn ask_as_admin(&mut self, question: &Question) -> Result<Verdict, Trouble> {
        let answer = match question {
            Question::Metrics => Answer::Metrics(self.metrics()),
            Question::CreateBot(new) => return self.on_create(new),
            Question::ListBots(owner) => {
                let bots = self.batch.bots.values();
                let wanted = bots.filter(|bot| owner.as_ref().is_none_or(|owner| bot.row.owner == *owner));
                let infos: Result<_, store::Error> =
                    wanted.map(|bot| Ok(bot.info(self.xmpp.accounts.bot_state(&self.batch, bot)?))).collect();
                Answer::Bots(infos?)
            }
            Question::DeleteBot(id) => return self.delete_and_remove(*id),
            Question::Leaving(owner) => Answer::Leaving(self.list_leaving(owner.as_ref())?),
            Question::Forget(jid) => Answer::Forgotten(jid.clone(), self.forget_leaving(jid, None)?),
            Question::Ejabberd => self.xmpp.accounts.ejabberd_settings(&self.batch)?,
            Question::SetEjabberd(settings) => self.xmpp.set_ejabberd(&mut self.batch, settings)?,
            Question::TestEjabberd(settings) => return self.test_ejabberd(settings),
            Question::ActivateBot(id, active) => {
                self.activate_bot(*id, *active)?;
                Answer::Status(*id, *active)
            }
            Question::NewToken(id) => Answer::Token(*id, self.new_token(*id)?),
            Question::Revoke(id) => {
                self.revoke(*id)?;
                Answer::Revoked(*id)
            }
            Question::BotAccess(id) => self.batch.bot_access(*id)?,
            Question::SetBotAccess(id, access, contacts) => {
                self.set_access(*id, *access, contacts.as_deref())?;
                self.batch.bot_access(*id)?
            }
            Question::BotOmemo(id) => self.xmpp.accounts.bot_omemo(&self.batch, *id)?,
            Question::SetBotOmemo(id, encrypt) => {
                self.set_encrypt(*id, *encrypt)?;
                self.xmpp.accounts.bot_omemo(&self.batch, *id)?
            }
            Question::ResetOmemo(id) => {
                if let Some(account) = self.xmpp.accounts.own_account(&self.batch, *id)? {
                    self.reset_omemo(account)?;
                }
                self.xmpp.accounts.bot_omemo(&self.batch, *id)?
            }
            Question::SetProfile(new) => Answer::Me(self.set_profile(new)?),
            Question::SetListed(id, listed) => list(self, *id, *listed)?,
            Question::OwnerStatus(owner) => {
                self.xmpp.accounts.check_owner(&self.batch, owner)?;
                Answer::Owner(owner.clone(), self.batch.store.owner_enabled(owner)?)
            }
            Question::SetOwnerStatus(owner, enabled) => {
                self.xmpp.accounts.check_owner(&self.batch, owner)?;
                self.batch.store.store_owner_enabled(owner, *enabled)?;
                self.xmpp.accounts.account_of(owner).map_or(Ok(()), |account| self.settle_rooms(account))?;
                self.batch.audit(None, "account_status", &format!("account={owner} enabled={enabled}"))?;
                Answer::Owner(owner.clone(), *enabled)
            }
            Question::ListAccounts => Answer::Accounts(self.xmpp.accounts.list_accounts()),
            Question::AddAccount(new) => {
                self.add_account(new)?;
                Answer::Account(new.jid.clone())
            }
            Question::RemoveAccount(jid) => {
                self.xmpp.remove_account(&mut self.batch, jid).map(|()| Answer::Account(jid.clone()))?
            }
            Question::LocalSay { to, text } => self.local_say(to.as_deref(), text)?,
            Question::LocalRead { with, after, timeout } => {
                return self.local_read(with.as_deref(), *after, *timeout);
            }
            _ => return Err(Failure::Unauthorized("a bot's token is needed".to_string()).into()),
        };
        Ok(Verdict::Outcome(Ok(answer)))
    }

    fn health(&self) -> Answer {
        let active: Vec<BotId> = self.batch.bots.values().filter(|bot| bot.row.active).map(|bot| bot.row.id).collect();
        Answer::Health {
            active_bots: active.len(),
            accounts_online: self.xmpp.accounts.people().filter(|account| account.is_online).count(),
            accounts: self.xmpp.accounts.people().count(),
            bots_online: active.into_iter().filter(|id| self.xmpp.accounts.is_bot_online(&self.batch, *id)).count(),
        }
    }
}

impl Accounts {
    /// Whether what this bot says goes out now.
    pub(super) fn is_bot_online(&self, batch: &Batch, id: BotId) -> bool {
        let Some(bot) = batch.bots.get(&id) else { return false };
        match self.voice(bot) {
            Voice::Local => true,
            Voice::Account(account) => self.get(&account).is_some_and(|account| account.is_online),
            Voice::None => false,
        }
    }
}

impl Batch {
    /// The bot of a token.
    fn known_bot(&self, token: &Secret) -> Result<BotId, Failure> {
        let hash = crypto::sha256(token.expose().as_bytes());
        let bot = self.by_token.get(&hash).and_then(|id| self.bots.get(id)).filter(|bot| bot.row.active);
        bot.map(|bot| bot.row.id).ok_or_else(|| {
            Failure::Unauthorized("the token is not valid, was revoked, or its bot is disabled".to_string())
        })
    }

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

fn gallery(store: &mut Store, bots: &BTreeMap<BotId, Bot>, entropy: fn(&mut [u8])) -> Result<Answer, store::Error> {
    let listed = listed(store)?;
    if listed.is_empty() {
        return Ok(Answer::Gallery(Vec::new()));
    }
    let secret = match store.setting(ULID_SECRET)? {
        Some(secret) => secret,
        None => {
            let mut random = [0; 32];
            entropy(&mut random);
            let secret = text::base64url(&random);
            store.store_setting(ULID_SECRET, &secret)?;
            secret
        }
    };
    let shown = listed.iter().filter_map(|id| bots.get(id)).filter(|bot| bot.row.active);
    let cards = shown.map(|bot| BotCard {
        ulid: bot.ulid(&secret),
        name: bot.row.name.clone(),
        description: bot.row.description.clone(),
    });
    Ok(Answer::Gallery(cards.collect()))
}

/// Puts a bot among the listed ones, or takes it out.
fn list(engine: &mut Engine, id: BotId, is_listed: bool) -> Result<Answer, Trouble> {
    engine.batch.bot(id)?;
    let mut all = listed(&engine.batch.store)?;
    // Deleted ones go by the way.
    all.retain(|other| *other != id && engine.batch.bots.contains_key(other));
    all.extend(is_listed.then_some(id));
    all.sort();
    let text: Vec<String> = all.iter().map(ToString::to_string).collect();
    engine.batch.store.store_setting(LISTED, &text.join(" "))?;
    engine.batch.audit(Some(id), "listed", &format!("listed={is_listed}"))?;
    Ok(Answer::Listed(id, is_listed))
}

/// Bots that are shown to anybody; there may be deleted ones among them.
fn listed(store: &Store) -> Result<Vec<BotId>, store::Error> {
    let text = store.setting(LISTED)?.unwrap_or_default();
    Ok(text.split(' ').filter_map(|id| id.parse().ok()).map(BotId).collect())
}
