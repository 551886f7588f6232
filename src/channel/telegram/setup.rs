//! How a bot is connected: its token is tried before it is kept, and a webhook that somebody has set at Telegram is never
//! removed without his asking for it.

use std::sync::Arc;
use std::time::Duration;

use crate::base::call::Called;
use crate::base::id::BotId;
use crate::base::json::Fields;
use crate::base::secret::Secret;
use crate::base::{address, limits, server};
use crate::channel::telegram::line::{Line, PollState};
use crate::channel::telegram::{CallFor, Telegram};
use crate::core::batch::{Trouble, Verdict};
use crate::core::calls::{End, wait_for};
use crate::core::channel::Asker;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, JoinedChats, OfferedChat, TelegramInfo, TelegramQuestion, TelegramSetup};
use crate::core::{Core, Signal};
use crate::remote::telegram::request::{API_URL, check_token};
use crate::remote::telegram::{self, Reason, Refusal};
use crate::store;
use crate::store::row::TelegramRow;

/// A connection that is being set up.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    bot: BotId,
    asker: Asker,
    row: TelegramRow,
    setup: TelegramSetup,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Whose token is it?
    Me,
    /// Is a webhook set?
    Webhook,
    /// It goes.
    TakeOver,
}

impl Telegram {
    /// Answers a question about a bot's connection.
    pub(super) fn on_question(
        &mut self,
        core: &mut Core,
        (bot, asker): (BotId, &Asker),
        question: &TelegramQuestion,
    ) -> Result<Verdict, Trouble> {
        match question {
            TelegramQuestion::Setup(setup) => return self.set_up(core, (bot, asker), setup),
            TelegramQuestion::Test => {
                let row = self.row_of(bot)?.clone();
                let call = super::call(&row, "getMe", "{}".to_string());
                let about = CallFor::Test(bot, asker.clone());
                return Ok(wait_for(self.calls.call_lasting(&mut core.batch, call, about)));
            }
            TelegramQuestion::Status => {
                let until = core.batch.now.mono + limits::TELEGRAM_DISCOVER;
                if let Some(line) = self.line(bot) {
                    line.poll.discover_until = until;
                }
            }
            TelegramQuestion::Enable(is_enabled) => self.enable(core, bot, *is_enabled)?,
            TelegramQuestion::Retry => {
                self.row_of(bot)?;
                self.send_doubtful(core, bot)?;
            }
            TelegramQuestion::Remove => self.disconnect(core, bot)?,
        }
        Ok(Verdict::Outcome(Ok(Answer::Telegram(Box::new(self.info(core, bot)?)))))
    }

    fn row_of(&self, bot: BotId) -> Result<&TelegramRow, Failure> {
        self.lines.get(&bot).map(|line| &line.row).ok_or_else(super::not_set_up)
    }

    fn set_up(
        &mut self,
        core: &mut Core,
        (bot, asker): (BotId, &Asker),
        setup: &TelegramSetup,
    ) -> Result<Verdict, Trouble> {
        let known = self.lines.get(&bot).map(|line| line.row.clone());
        let token = match (&setup.token, &known) {
            (Some(token), _) => read_token(token)?,
            (None, Some(row)) => row.token.clone(),
            (None, None) => return Err(Failure::invalid("token", "there: a token from @BotFather").into()),
        };
        let (api_url, is_confined) = match (&setup.api_url, &known) {
            (Some(url), known) => server_for(core, asker, known.as_ref(), read_url(url)?)?,
            (None, Some(row)) => (row.api_url.clone(), row.is_confined),
            (None, None) => (API_URL.to_string(), false),
        };
        let is_other_bot = |other: &Arc<Line>| other.row.bot != bot && other.row.token == token;
        if let Some(other) = self.lines.values().find(|line| is_other_bot(line)) {
            let text =
                format!("bot {} speaks at Telegram with this token already; each needs one of its own", other.row.bot);
            return Err(Failure::Conflict(text).into());
        }
        let is_same = known.as_ref().is_some_and(|row| row.token == token);
        let row = TelegramRow {
            bot,
            next_update: known.as_ref().filter(|_| is_same).map_or(0, |row| row.next_update),
            user_id: 0,
            username: String::new(),
            name: String::new(),
            is_enabled: true,
            trouble: None,
            token,
            api_url,
            is_confined,
        };
        let call = super::call(&row, "getMe", "{}".to_string());
        let setting = Setting { bot, asker: asker.clone(), row, setup: setup.clone(), step: Step::Me };
        Ok(wait_for(self.calls.call_lasting(&mut core.batch, call, CallFor::Setup(Box::new(setting)))))
    }

    /// A step of setting up is over.
    pub(super) fn on_set_up(
        &mut self,
        core: &mut Core,
        tag: u64,
        mut setting: Setting,
        called: &Called,
    ) -> Result<(), store::Error> {
        let (bot, asker) = (setting.bot, setting.asker.clone());
        if !core.batch.bots.contains_key(&bot) {
            return Ok(());
        }
        let result = match telegram::read(called) {
            Ok(result) => result,
            // A server that does not know the question has no webhooks; one that is set all the same shows at the first poll.
            Err(refusal)
                if setting.step == Step::Webhook && !matches!(refusal.reason, Reason::Flood(_) | Reason::NotSent) =>
            {
                return self.keep_setting(core, tag, setting);
            }
            Err(refusal) => return self.reply(core, tag, (bot, &asker), Err(failure_of(&refusal))),
        };
        let (method, step) = match setting.step {
            Step::Me => {
                read_me(&mut setting.row, &result);
                ("getWebhookInfo", Step::Webhook)
            }
            Step::Webhook => match result.text("url").ok().flatten().filter(|url| !url.is_empty()) {
                None => return self.keep_setting(core, tag, setting),
                Some(_) if setting.setup.take_over => ("deleteWebhook", Step::TakeOver),
                Some(url) => {
                    let failure = Failure::Conflict(webhook_set(url));
                    return self.reply(core, tag, (bot, &asker), Err(failure));
                }
            },
            Step::TakeOver => return self.keep_setting(core, tag, setting),
        };
        setting.step = step;
        let call = super::call(&setting.row, method, "{}".to_string());
        self.calls.call_lasting_again(&mut core.batch, tag, call, CallFor::Setup(Box::new(setting)));
        Ok(())
    }

    fn keep_setting(&mut self, core: &mut Core, tag: u64, setting: Setting) -> Result<(), store::Error> {
        let Setting { bot, asker, mut row, setup, .. } = setting;
        let now = core.batch.now.mono;
        let known = self.lines.get(&bot).map(|line| (**line).clone());
        if let Some(known) = &known {
            row.next_update = if known.row.token == row.token { known.row.next_update } else { 0 };
            if let PollState::Asked { tag, .. } = known.poll.state {
                self.calls.drop_call(&mut core.batch, tag);
            }
        }
        core.batch.store.store_telegram_bot(&row)?;
        let details = format!("username={} api_url={}", row.username, row.api_url);
        core.batch.audit(Some(bot), "telegram_setup", &details)?;
        log::info!("bot {bot}: speaks at Telegram as @{}", row.username);
        let fresh = Line::new(row, now);
        let mut line = match known {
            // What waits goes on.
            Some(known) => Line { lanes: known.lanes, in_doubt: known.in_doubt, presses: known.presses, ..fresh },
            None => fresh,
        };
        line.poll.discover_until = now + limits::TELEGRAM_DISCOVER;
        self.lines.change().insert(bot, Arc::new(line));
        self.refresh(core, bot)?;
        if let Some((chat, mode)) = setup.link {
            let waits = matches!(asker, Asker::Program).then_some(tag);
            core.signal(Signal::Link((bot, waits), chat, mode));
        }
        let info = TelegramInfo { is_tested: true, ..self.info(core, bot)? };
        self.reply(core, tag, (bot, &asker), Ok(info))
    }

    /// Whether Telegram knows the token is known.
    pub(super) fn on_tested(
        &mut self,
        core: &mut Core,
        tag: u64,
        (bot, asker): (BotId, &Asker),
        called: &Called,
    ) -> Result<(), store::Error> {
        let outcome = match telegram::read(called) {
            Ok(result) => {
                if let Some(line) = self.line(bot) {
                    read_me(&mut line.row, &result);
                    let row = line.row.clone();
                    core.batch.store.store_telegram_bot(&row)?;
                }
                Ok(TelegramInfo { is_tested: true, ..self.info(core, bot)? })
            }
            Err(refusal) => Err(failure_of(&refusal)),
        };
        self.reply(core, tag, (bot, asker), outcome)
    }

    /// Whoever asked hears what came of it.
    fn reply(
        &mut self,
        core: &mut Core,
        tag: u64,
        (bot, asker): (BotId, &Asker),
        outcome: Result<TelegramInfo, Failure>,
    ) -> Result<(), store::Error> {
        match asker {
            Asker::Program => {
                let outcome = outcome.map(|info| Answer::Telegram(Box::new(info)));
                core.callers.end(tag, End::Outcome(outcome));
            }
            Asker::Chat(who) => core.signal(Signal::TelegramDone(bot, who.clone(), Box::new(outcome))),
        }
        Ok(())
    }

    fn enable(&mut self, core: &mut Core, bot: BotId, is_enabled: bool) -> Result<(), Trouble> {
        let row = self.row_of(bot)?;
        let row = TelegramRow { is_enabled, trouble: None, ..row.clone() };
        core.batch.store.store_telegram_bot(&row)?;
        core.batch.audit(Some(bot), if is_enabled { "telegram_enabled" } else { "telegram_disabled" }, "")?;
        if let Some(line) = self.line(bot) {
            line.row = row;
        }
        self.refresh(core, bot)?;
        Ok(())
    }

    fn disconnect(&mut self, core: &mut Core, bot: BotId) -> Result<(), Trouble> {
        self.row_of(bot)?;
        self.forget(core, bot)?;
        Ok(core.batch.audit(Some(bot), "telegram_removed", "")?)
    }

    /// Token, chats and what waits are forgotten.
    pub(super) fn forget(&mut self, core: &mut Core, bot: BotId) -> Result<(), store::Error> {
        self.let_go(core, bot);
        core.batch.store.delete_telegram_bot(bot)?;
        if let Some(bot) = core.batch.bots.get_mut(&bot) {
            bot.heard.clear();
        }
        Ok(())
    }

    /// Nothing is heard of a bot any more.
    pub(super) fn let_go(&mut self, core: &mut Core, bot: BotId) {
        let Some(line) = self.lines.change().remove(&bot) else { return };
        if let PollState::Asked { tag, .. } = line.poll.state {
            self.calls.drop_call(&mut core.batch, tag);
        }
    }

    /// Whether it listens and speaks is looked at anew.
    pub(super) fn refresh(&mut self, core: &mut Core, bot: BotId) -> Result<(), store::Error> {
        let Some(known) = core.batch.bots.get(&bot) else { return Ok(()) };
        let is_on = known.row.active && core.batch.store.owner_enabled(&known.row.owner)?;
        if let Some(line) = self.line(bot) {
            line.is_live = is_on && line.row.is_enabled && line.row.trouble.is_none();
        }
        Ok(())
    }

    /// How a bot is connected.
    pub(super) fn info(&self, core: &Core, bot: BotId) -> Result<TelegramInfo, store::Error> {
        let joined = JoinedChats { bot: Some(bot), links: Vec::new() };
        let Some(line) = self.lines.get(&bot) else { return Ok(TelegramInfo { joined, ..TelegramInfo::default() }) };
        Ok(TelegramInfo {
            is_configured: true,
            is_enabled: line.row.is_enabled,
            name: line.row.name.clone(),
            username: line.row.username.clone(),
            api_url: Some(line.row.api_url.clone()).filter(|url| url != API_URL),
            state: line.state(core.batch.now.mono),
            trouble: line.row.trouble.clone().or(line.poll.trouble.clone()),
            waiting: line.waiting(),
            in_doubt: line.in_doubt.len(),
            offers: offers(core, bot)?,
            joined,
            is_tested: false,
        })
    }
}

/// Chats that wrote to a bot and that nobody hears.
pub(super) fn offers(core: &Core, bot: BotId) -> Result<Vec<OfferedChat>, store::Error> {
    let rows = core.batch.store.list_unheard(bot)?.into_iter();
    let offer = |row: store::row::TelegramChatRow| OfferedChat {
        address: row.address,
        title: row.title,
        last_name: row.last_name,
        count: row.unheard,
        at: row.at,
    };
    Ok(rows.map(offer).collect())
}

fn read_me(row: &mut TelegramRow, me: &Fields) {
    let text = |name: &str| me.text(name).ok().flatten().unwrap_or_default().to_string();
    row.user_id = me.number("id").ok().flatten().unwrap_or(0);
    (row.username, row.name) = (text("username"), text("first_name"));
}

fn read_token(token: &Secret) -> Result<Secret, Failure> {
    let token = token.expose().trim();
    check_token(token).map_err(|must_be| Failure::invalid("token", must_be))?;
    Ok(Secret::new(token))
}

/// The server that somebody names, and whether it must be a public one: a bot's program must not have us knock at doors of
/// the local network, as long as the configuration lets it call none there. Whoever owns the bot may.
fn server_for(core: &Core, asker: &Asker, known: Option<&TelegramRow>, url: String) -> Result<(String, bool), Failure> {
    if let Some(row) = known.filter(|row| row.api_url == url) {
        return Ok((url, row.is_confined));
    }
    let is_stranger = matches!(asker, Asker::Program) && !core.batch.setup.api.may_call_private;
    let is_confined = is_stranger && url != API_URL;
    if is_confined && address::is_plainly_private(&url) {
        let must_be = "a public address, as the API is open to the network; its owner may name others with /telegram setup, \
                       and private_webhooks in [api] allows them";
        return Err(Failure::invalid("api_url", must_be));
    }
    Ok((url, is_confined))
}

fn read_url(url: &str) -> Result<String, Failure> {
    let url = url.trim().trim_end_matches('/');
    if url.is_empty() {
        return Ok(API_URL.to_string());
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_fine = |rest: &str| {
        let authority = rest.split('/').next().unwrap_or_default();
        !authority.is_empty()
            && rest.is_ascii()
            && !rest.contains(['?', '#', '@', ' ', '\\'])
            && server::has_usable_port(authority)
    };
    if url.len() > limits::URL_BYTES_MAX || !rest.is_some_and(is_fine) {
        return Err(Failure::invalid("api_url", "an http or https URL, for example https://api.telegram.org"));
    }
    Ok(url.to_string())
}

/// Without its path, which may hold a secret.
fn webhook_set(url: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!(
        "at Telegram a webhook is set for this bot, which leads to {host}; somebody else may rely on it; setting it up with \
         take_over removes it"
    )
}

fn failure_of(refusal: &Refusal) -> Failure {
    match refusal.reason {
        Reason::Unauthorized => Failure::invalid("token", "one that Telegram knows: get it from @BotFather"),
        Reason::Flood(after) => Failure::Busy { retry_after_s: after.as_secs().max(1) },
        _ => Failure::Remote { what: "telegram_error", why: format!("Telegram: {}", refusal.why) },
    }
}

/// So long nothing is tried again after an answer that could not be stored.
pub(super) const LATER: Duration = limits::RECONNECT_FIRST;
