//! What a bot's program asks about its webhook: `setWebhook`, `deleteWebhook`, `getWebhookInfo`, `replayWebhook`.

use super::{Attempt, new_secret};
use crate::base::id::BotId;
use crate::base::remedy::SET_WEBHOOK;
use crate::base::secret::Secret;
use crate::base::{address, limits};
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Delivery, DeliveryAttempt, NewWebhook, NumberedAnswer, POLLING, WebhookInfo};
use crate::core::updates::Form;
use crate::core::webhook::Webhooks;
use crate::core::{Core, calls};
use crate::remote::webhook;
use crate::store;
use crate::store::row::{AttemptRow, WebhookRow};

impl Core {
    /// `setWebhook`. A secret that is there stays unless another is given: programs set their webhook at each start.
    pub(crate) fn set_webhook(&mut self, bot: BotId, new: &NewWebhook) -> Result<Answer, Trouble> {
        let secret = match &new.secret {
            Some(given) => check_secret(given)?,
            None => {
                let before = self.batch.store.webhook_secret(bot)?.filter(|secret| !secret.is_empty());
                before.unwrap_or_else(|| new_secret(self.batch.random()))
            }
        };
        self.install_webhook(bot, new, (secret.clone(), Form::AsQueued))?;
        Ok(Answer::Webhook { url: new.url.clone(), secret })
    }

    /// The same for one that is told by numbers. It has a secret only where its program gives one.
    pub(crate) fn set_numbered_webhook(
        &mut self,
        bot: BotId,
        new: &NewWebhook,
        wanted: Option<&str>,
    ) -> Result<Answer, Trouble> {
        let secret = new.secret.as_ref().map(check_secret).transpose()?.unwrap_or_default();
        self.want_numbered(bot, wanted)?;
        self.install_webhook(bot, new, (secret, Form::Numbered))?;
        Ok(Answer::Done)
    }

    /// Keeps a webhook with its secret and in the form in which it is told.
    pub(crate) fn install_webhook(
        &mut self,
        bot: BotId,
        new: &NewWebhook,
        (secret, form): (Secret, Form),
    ) -> Result<(), Trouble> {
        self.hook_numbered(bot, form)?;
        self.batch.note_plain_webhook(bot, form)?;
        webhook::check_url(&new.url).map_err(|must_be| Failure::invalid("url", must_be))?;
        if !self.batch.setup.api.may_call_private && address::is_plainly_private(&new.url) {
            let must_be =
                "a public address; `private_webhooks` in the configuration keeps webhooks out of the local network";
            return Err(Failure::invalid("url", must_be).into());
        }
        if let Some(kinds) = new.allowed {
            self.batch.allow_updates(bot, kinds)?;
        }
        self.batch.store.set_webhook(bot, &new.url, &secret)?;
        if new.drop_pending {
            self.drop_pending(bot)?;
        }
        self.batch.audit(Some(bot), "webhook_set", &format!("origin={}", origin(&new.url)))?;
        let row = WebhookRow { bot, url: new.url.clone(), secret, gone_since: None, last_error: None };
        let hook = self.open_hook(row, Default::default())?;
        self.webhooks.hooks.insert(bot, hook);
        self.batch.pending.has_changed = true;
        if let Some(waiter) = self.updates.waiters.remove(&bot) {
            let failure = Failure::Conflict(POLLING.to_string());
            self.batch.pending.effects.push(Effect::Answer(waiter.reply, Err(failure)));
        }
        log::info!("bot {bot}: its updates go to a webhook at {}", origin(&new.url));
        Ok(())
    }

    /// `deleteWebhook` that drops what did not arrive.
    pub(crate) fn delete_webhook_and_pending(&mut self, bot: BotId) -> Result<Answer, Trouble> {
        self.drop_pending(bot)?;
        self.delete_webhook(bot)
    }

    /// `deleteWebhook`: what did not arrive waits to be fetched.
    pub(crate) fn delete_webhook(&mut self, bot: BotId) -> Result<Answer, Trouble> {
        // An ended one is forgotten, too; where there is none, nothing is written.
        if self.webhooks.has_webhook(bot) || self.batch.store.webhook_secret(bot)?.is_some() {
            self.batch.store.forget_webhook(bot)?;
            self.webhooks.forget_webhook(bot);
            self.batch.pending.has_changed = true;
            self.batch.audit(Some(bot), "webhook_deleted", "")?;
            log::info!("bot {bot}: its webhook was deleted");
        }
        Ok(Answer::Done)
    }

    fn drop_pending(&mut self, bot: BotId) -> Result<(), Trouble> {
        if self.batch.bot(bot)?.queued > 0 {
            let dropped = self.clear_updates(bot)?;
            self.batch.audit(Some(bot), "updates_dropped", &format!("count={dropped}"))?;
        }
        Ok(())
    }

    /// `replayWebhook`: what has arrived is posted once more, under its old name, and the answer waits for the outcome;
    /// what has not is tried now.
    pub(crate) fn replay_webhook(&mut self, bot: BotId, wanted: &Delivery) -> Result<Verdict, Trouble> {
        let Some(hook) = self.webhooks.hooks.get_mut(&bot) else {
            return Err(Failure::Conflict(format!("no webhook is set; {SET_WEBHOOK} sets one")).into());
        };
        let found = match wanted {
            Delivery::Update(id) => self.batch.store.find_attempt(bot, Some(*id), None)?,
            Delivery::Id(id) => self.batch.store.find_attempt(bot, None, Some(id))?,
        };
        let update = match (wanted, &found) {
            (_, Some(row)) => Some(row.update),
            (Delivery::Update(id), None) => Some(*id),
            (Delivery::Id(_), None) => None,
        };
        if update.is_some_and(|update| hook.lanes.hurry(update)) {
            return Ok(Verdict::Outcome(Ok(Answer::Done)));
        }
        let Some((row, payload)) = found.and_then(|row| row.payload.clone().map(|payload| (row, payload))) else {
            let most = limits::WEBHOOK_ATTEMPTS_KEPT;
            let text = format!("no such delivery; those of the last {most} attempts can be repeated");
            return Err(Failure::NotFound(text).into());
        };
        let attempt = Attempt {
            bot,
            lane: 0,
            update: row.update,
            delivery_id: row.delivery_id,
            kind: row.kind,
            payload,
            created_at: 0,
            number: row.attempt.saturating_add(1),
            begun: self.batch.now.mono,
            is_replay: true,
        };
        match self.make_attempt(attempt)? {
            Some(tag) => Ok(calls::wait_for(tag)),
            None => Err(Failure::Internal.into()),
        }
    }
}

impl Core {
    /// `getWebhookInfo`, for whose updates are told by numbers.
    pub(crate) fn numbered_webhook_info(&self, bot: BotId) -> Result<Answer, Trouble> {
        let Answer::WebhookInfo(info) = self.webhooks.webhook_info(&self.batch, bot)? else { return Ok(Answer::Done) };
        let wanted = self.updates.numbered.get(&bot).and_then(|row| row.allowed.clone());
        Ok(Answer::Numbered(Box::new(NumberedAnswer::Webhook(info, wanted))))
    }
}

impl Batch {
    /// Keeps whether a webhook is told messages as pages know them, where that changes.
    fn note_plain_webhook(&mut self, bot: BotId, form: Form) -> Result<(), store::Error> {
        let key = form_key(bot);
        match (form == Form::Plain, self.has_plain_webhook(bot)?) {
            (true, false) => self.store.store_setting(&key, "plain"),
            (false, true) => self.store.store_setting(&key, ""),
            _ => Ok(()),
        }
    }

    /// Whether a bot's webhook is of this kind.
    pub(super) fn has_plain_webhook(&self, bot: BotId) -> Result<bool, store::Error> {
        Ok(self.store.setting(&form_key(bot))?.is_some_and(|form| form == "plain"))
    }
}

/// DinoX's kind of key: it goes with the bot.
fn form_key(bot: BotId) -> String {
    format!("bot_{bot}_webhook_form")
}

impl Webhooks {
    /// Fetching is not possible beside a webhook.
    pub(crate) fn refuse_polling(&self, bot: BotId) -> Result<(), Failure> {
        if self.has_webhook(bot) { Err(Failure::Conflict(POLLING.to_string())) } else { Ok(()) }
    }

    /// `getWebhookInfo`.
    pub(crate) fn webhook_info(&self, batch: &Batch, bot: BotId) -> Result<Answer, Trouble> {
        let entry = batch.bot(bot)?;
        Ok(Answer::WebhookInfo(WebhookInfo {
            url: self.webhook_url(bot).unwrap_or_default().to_string(),
            pending: entry.queued,
            last_error: batch.store.webhook_error(bot)?,
            allowed: entry.kinds,
            attempts: batch.store.list_attempts(bot)?.into_iter().map(shown).collect(),
        }))
    }
}

/// An attempt as callers see it.
pub(super) fn shown(row: AttemptRow) -> DeliveryAttempt {
    DeliveryAttempt {
        update: row.update,
        delivery_id: row.delivery_id,
        attempt: row.attempt,
        status: row.status,
        latency_ms: row.latency_ms,
        at: row.at,
        error: row.error,
    }
}

fn check_secret(given: &Secret) -> Result<Secret, Failure> {
    let length = given.expose().len();
    if (1..=limits::WEBHOOK_SECRET_BYTES_MAX).contains(&length) {
        return Ok(given.clone());
    }
    Err(Failure::invalid("secret", format!("1 to {} bytes", limits::WEBHOOK_SECRET_BYTES_MAX)))
}

/// What may be shown of an address.
fn origin(url: &str) -> String {
    crate::base::call::HttpCall::new("POST", url).origin().to_string()
}
