//! Webhooks: updates are posted to an address of the bot's program instead of waiting to be fetched (docs/webhooks.md).
//!
//! Of each conversation one update at a time, in order; of each bot a bounded number. An update leaves its queue with the
//! commit that notes its arrival; until then it is tried again. What is in memory ([`lanes`]) is made from the queue, at
//! the start and after a batch was taken back, so a restart goes on where the last one was.

mod lanes;
mod reply;
mod settings;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::call::{Called, HttpAnswer, Reach, Trust};
use crate::base::id::{BotId, UpdateId};
use crate::base::jid::Jid;
use crate::base::json::Fields;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::core::batch::{Batch, Trouble};
use crate::core::calls::{Calls, End};
use crate::core::counts::Via;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Dialect};
use crate::core::part::Part;
use crate::core::{Context, Core};
use crate::remote::webhook::{self, DeliveryOutcome, OtherBody, Signing};
use crate::store;
use crate::store::row::{AttemptRow, RetryRow, UpdateRow, WebhookRow};
use lanes::Lanes;

/// All webhooks.
#[derive(Default)]
pub(crate) struct Webhooks {
    hooks: BTreeMap<BotId, Hook>,
    /// After a failed commit nothing starts before (monotonic): what arrived could not be noted and would go out again.
    not_before: Duration,
    /// Attempts under way.
    pub(crate) calls: Calls<Box<Attempt>>,
}

impl Part for Webhooks {
    fn committed(&mut self) {
        self.calls.committed();
    }

    /// The rest is read again from the store.
    fn undo(&mut self) {
        self.calls.undo();
    }

    fn postpone(&mut self, until: Duration) {
        self.not_before = until;
    }
}

/// The webhook of one bot.
struct Hook {
    row: WebhookRow,
    lanes: Lanes,
    /// It is told messages as pages know them, and nothing else.
    is_plain: bool,
}

/// An attempt under way.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    bot: BotId,
    lane: u64,
    update: UpdateId,
    delivery_id: String,
    kind: String,
    payload: String,
    /// When the update came, in time lived through.
    created_at: i64,
    /// 1 for the first.
    number: u32,
    /// When it was handed out (monotonic).
    begun: Duration,
    /// Somebody asked for it once more, and waits.
    is_replay: bool,
}

impl Core {
    /// Makes what is in memory anew from the store and from the calls under way.
    pub(crate) fn reload_webhooks(&mut self) -> Result<(), store::Error> {
        let mut hooks = BTreeMap::new();
        for row in self.batch.store.list_webhooks()? {
            let lanes = self.webhooks.hooks.get(&row.bot).map(|hook| hook.lanes.emptied());
            hooks.insert(row.bot, self.open_hook(row, lanes.unwrap_or_default())?);
        }
        self.webhooks.hooks = hooks;
        Ok(())
    }

    /// A webhook with all that waits for it.
    fn open_hook(&self, row: WebhookRow, mut lanes: Lanes) -> Result<Hook, store::Error> {
        let bot = row.bot;
        for (update, lane) in self.batch.store.map_updates(bot, webhook::conversation)? {
            lanes.push(lane, update);
        }
        for (_, attempt) in self.webhooks.calls.open() {
            if attempt.bot == bot && !attempt.is_replay {
                lanes.begin(attempt.lane);
            }
        }
        for retry in self.batch.store.list_retries(bot)? {
            let wait = u64::try_from(retry.next_at_ms - self.batch.lived_ms()).unwrap_or(0);
            let wait = Duration::from_millis(wait).min(limits::RETRY_AFTER_MAX);
            lanes.delay(retry.update, retry.attempts, self.batch.now.mono + wait);
        }
        Ok(Hook { row, lanes, is_plain: self.batch.has_plain_webhook(bot)? })
    }

    /// When something is to be started that nothing else starts.
    pub(crate) fn webhooks_deadline(&self) -> Option<Duration> {
        let active = self.webhooks.hooks.iter().filter(|(bot, _)| !self.is_stopping && self.batch.is_active(**bot));
        active.filter_map(|(_, hook)| hook.lanes.due()).min().map(|due| due.max(self.webhooks.not_before))
    }

    /// Starts the attempts that are due.
    pub(crate) fn webhooks_due(&mut self) -> Result<(), store::Error> {
        if self.webhooks.hooks.is_empty() || self.is_stopping || self.batch.now.mono < self.webhooks.not_before {
            return Ok(());
        }
        let now = self.batch.now.mono;
        let is_due = |hook: &Hook| hook.lanes.due().is_some_and(|due| due <= now);
        let due = self.webhooks.hooks.iter().filter(|(_, hook)| is_due(hook)).map(|(bot, _)| *bot);
        for bot in due.collect::<Vec<_>>() {
            while self.batch.is_active(bot)
                && let Some((lane, update, attempts)) =
                    self.webhooks.hooks.get_mut(&bot).and_then(|hook| hook.lanes.next(now))
            {
                match self.batch.store.find_update(bot, update)? {
                    Some(row) => self.begin_attempt(bot, lane, attempts + 1, row)?,
                    None => self.webhooks.with_lanes(bot, |lanes| lanes.end(lane, update)),
                }
            }
        }
        Ok(())
    }

    fn begin_attempt(&mut self, bot: BotId, lane: u64, number: u32, row: UpdateRow) -> Result<(), store::Error> {
        let UpdateRow { id: update, kind, payload, created_at } = row;
        let delivery_id = webhook::delivery_id(bot, update, created_at, &payload);
        let begun = self.batch.now.mono;
        let is_replay = false;
        let attempt = Attempt { bot, lane, update, delivery_id, kind, payload, created_at, number, begun, is_replay };
        if self.make_attempt(attempt)?.is_none() {
            // It is nothing that the receiver knows.
            self.webhooks.with_lanes(bot, |lanes| lanes.end(lane, update));
            if self.batch.store.delete_update(bot, update)? {
                self.batch.bots.entry(bot).and_modify(|bot| bot.queued -= 1);
            }
        }
        Ok(())
    }

    /// What a receiver is told that is told messages as pages know them; `None`: it knows no such thing.
    fn told_plainly(&mut self, attempt: &Attempt) -> Result<Option<OtherBody>, store::Error> {
        let Some(print) = self.batch.setup.api.plain_message.filter(|_| attempt.kind == "message") else {
            return Ok(None);
        };
        let Ok(said) = Fields::parse(attempt.payload.as_bytes()) else { return Ok(None) };
        let (Ok(Some(from)), Ok(Some(id))) = (said.text("from"), said.text("stanza_id")) else { return Ok(None) };
        let Ok(from) = Jid::parse_any(from) else { return Ok(None) };
        let message = self.web_message_at(attempt.bot, (from.bare_str(), id))?;
        let body = message.map(|message| print(&message));
        Ok(body.map(|body| OtherBody { body, secret_header: "Authorization", signing: Signing::Ours }))
    }

    /// What a receiver that is told by numbers is told: `None` where that is not so, `Some(None)` where it knows no such thing.
    fn told_otherwise(&mut self, attempt: &Attempt) -> Result<Option<Option<OtherBody>>, store::Error> {
        if self.webhooks.is_plain(attempt.bot) {
            return self.told_plainly(attempt).map(Some);
        }
        let Some(dialect) = self.dialect_of(attempt.bot) else { return Ok(None) };
        let (kind, payload) = (attempt.kind.clone(), attempt.payload.clone());
        let row = UpdateRow { id: attempt.update, kind, payload, created_at: attempt.created_at };
        let Some(update) = self.tell_one_numbered(attempt.bot, &row)? else { return Ok(Some(None)) };
        let Ok(bot) = self.batch.numbered_bot(attempt.bot) else { return Ok(Some(None)) };
        Ok(Some(Some(OtherBody {
            body: (dialect.print)(&bot, &update),
            secret_header: dialect.secret_header,
            signing: Signing::None,
        })))
    }

    /// The dialect in which a bot's webhook is told, where it is not our own.
    fn dialect_of(&self, bot: BotId) -> Option<Dialect> {
        let is_numbered = self.updates.numbered.get(&bot).is_some_and(|row| row.has_hook);
        self.batch.setup.api.dialect.filter(|_| is_numbered)
    }

    /// Has an attempt made after the commit; gives its tag, or nothing where there is nothing to be told.
    fn make_attempt(&mut self, attempt: Attempt) -> Result<Option<u64>, store::Error> {
        let other = match self.told_otherwise(&attempt)? {
            Some(None) => return Ok(None),
            told => told.flatten(),
        };
        let Some(hook) = self.webhooks.hooks.get(&attempt.bot) else { return Ok(None) };
        let is_open = self.batch.setup.api.may_call_private;
        let call = webhook::build(webhook::AttemptCall {
            url: &hook.row.url,
            secret: &hook.row.secret,
            kind: &attempt.kind,
            payload: &attempt.payload,
            other,
            delivery_id: &attempt.delivery_id,
            number: attempt.number,
            reach: if is_open { Reach::Any } else { Reach::PublicOnly },
            trust: Trust { system_roots: self.batch.setup.settings.system_roots, ca_file: None },
        });
        let key = format!("webhook {} {}", attempt.bot, call.origin());
        Ok(Some(self.webhooks.calls.call_out(&mut self.batch, key, call, Box::new(attempt))))
    }
}

impl Webhooks {
    /// Whether a bot's webhook is told messages as pages know them.
    pub(crate) fn is_plain(&self, bot: BotId) -> bool {
        self.hooks.get(&bot).is_some_and(|hook| hook.is_plain)
    }

    /// Whether updates of this bot are posted.
    pub(crate) fn has_webhook(&self, bot: BotId) -> bool {
        self.hooks.contains_key(&bot)
    }

    /// Where they are posted.
    pub(crate) fn webhook_url(&self, bot: BotId) -> Option<&str> {
        self.hooks.get(&bot).map(|hook| hook.row.url.as_str())
    }

    /// An update has come into a bot's queue.
    pub(crate) fn note_for_webhook(&mut self, bot: BotId, update: UpdateId, payload: &str) {
        if let Some(hook) = self.hooks.get_mut(&bot) {
            hook.lanes.push(webhook::conversation(payload), update);
        }
    }

    /// Updates have fallen out of a bot's queue: the oldest.
    pub(crate) fn prune_webhook(&mut self, batch: &mut Batch, bot: BotId) -> Result<(), store::Error> {
        let Some(hook) = self.hooks.get_mut(&bot) else { return Ok(()) };
        let first = batch.store.first_update(bot)?;
        hook.lanes.prune(first.unwrap_or(UpdateId(i64::MAX)));
        Ok(())
    }

    /// The bot is gone.
    pub(crate) fn forget_webhook(&mut self, bot: BotId) {
        self.hooks.remove(&bot);
    }

    fn with_lanes(&mut self, bot: BotId, change: impl FnOnce(&mut Lanes)) {
        if let Some(hook) = self.hooks.get_mut(&bot) {
            change(&mut hook.lanes);
        }
    }

    fn on_failed(
        &mut self,
        batch: &mut Batch,
        attempt: &Attempt,
        outcome: &DeliveryOutcome,
        why: String,
    ) -> Result<(), store::Error> {
        let bot = attempt.bot;
        let (lived_ms, lived) = (batch.lived_ms(), batch.lived());
        let Some(hook) = self.hooks.get_mut(&bot) else { return Ok(()) };
        if hook.is_plain && attempt.number >= limits::YARD_ATTEMPTS_MAX {
            hook.lanes.end(attempt.lane, attempt.update);
            if batch.store.delete_update(bot, attempt.update)? {
                batch.bots.entry(bot).and_modify(|bot| bot.queued -= 1);
            }
            let tries = attempt.number;
            return self.note_webhook_error(batch, bot, &format!("given up after {tries} attempts: {why}"));
        }
        log::debug!("bot {bot}: webhook, attempt {} of update {}: {why}", attempt.number, attempt.update);
        let mut pause = webhook::pause(attempt.number);
        match outcome {
            DeliveryOutcome::Refused { wait, .. } => {
                hook.lanes.reachable();
                if let Some(wait) = wait {
                    pause = pause.max(*wait);
                    hook.lanes.hold(batch.now.mono + *wait);
                }
            }
            _ => hook.lanes.unreachable(batch.now.mono),
        }
        hook.lanes.again(attempt.lane, attempt.update, attempt.number, batch.now.mono + pause);
        let next_at_ms = lived_ms.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        batch.store.store_retry(bot, &RetryRow { update: attempt.update, attempts: attempt.number, next_at_ms })?;
        let was_gone = hook.row.gone_since;
        match outcome {
            DeliveryOutcome::Refused { is_gone: true, .. } => hook.row.gone_since = was_gone.or(Some(lived)),
            DeliveryOutcome::Refused { is_gone: false, .. } => hook.row.gone_since = None,
            _ => {}
        }
        let day = limits::WEBHOOK_GONE_AFTER.as_secs() as i64;
        let is_over = hook.row.gone_since.is_some_and(|since| lived - since >= day);
        if is_over {
            let why = "the webhook has ended: for a day its receiver answered nothing but 410; set it again to go on";
            self.note_webhook_error(batch, bot, why)?;
            batch.store.end_webhook(bot)?;
            self.forget_webhook(bot);
            batch.pending.has_changed = true;
            log::warn!("bot {bot}: {why}");
            return batch.audit(Some(bot), "webhook_ended", "status=410");
        }
        self.note_webhook_error(batch, bot, &why)
    }

    /// Keeps what went wrong last.
    fn note_webhook_error(&mut self, batch: &mut Batch, bot: BotId, why: &str) -> Result<(), store::Error> {
        let Some(hook) = self.hooks.get_mut(&bot) else { return Ok(()) };
        if hook.row.last_error.is_none() {
            log::warn!("bot {bot}: its webhook has trouble: {why}");
        }
        hook.row.last_error = Some((batch.now.unix(), why.to_string()));
        batch.store.store_webhook(&hook.row)
    }

    /// For the log.
    pub(crate) fn report_webhooks(&self) {
        for (bot, hook) in &self.hooks {
            let last = hook.row.last_error.as_ref().map_or("no trouble yet", |(_, why)| why);
            log::info!("status: bot {bot}: webhook, {} under way; last trouble: {last}", hook.lanes.under_way());
        }
    }
}

impl Batch {
    fn attempt_row(&self, attempt: &Attempt, outcome: &DeliveryOutcome, answer: Option<&HttpAnswer>) -> AttemptRow {
        let took = answer.map_or(self.now.mono.saturating_sub(attempt.begun), |answer| answer.took);
        let (error, payload) = match outcome {
            DeliveryOutcome::Delivered => (None, Some(attempt.payload.clone())),
            DeliveryOutcome::Refused { why, .. } | DeliveryOutcome::Unreachable(why) => (Some(why.clone()), None),
            DeliveryOutcome::NotMade => (Some("it was not made".to_string()), None),
        };
        AttemptRow {
            update: attempt.update,
            delivery_id: attempt.delivery_id.clone(),
            attempt: attempt.number,
            status: answer.map(|answer| answer.status),
            latency_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
            at: self.now.unix(),
            error,
            kind: attempt.kind.clone(),
            payload,
        }
    }

    /// What was asked for once more was made.
    fn on_replayed(&mut self, attempt: &Attempt, row: AttemptRow) -> Result<End, Trouble> {
        self.store.insert_attempt(attempt.bot, &row)?;
        Ok(End::Outcome(match row.error {
            None => Ok(Answer::Attempt(settings::shown(row))),
            Some(why) => Err(Failure::Remote { what: "send_failed", why }),
        }))
    }
}

/// A secret as the original makes it: 64 hex digits.
fn new_secret(random: [u8; 32]) -> Secret {
    Secret::new(crate::base::text::hex(&random))
}

impl Context<'_> {
    /// An attempt is over.
    pub(crate) fn on_posted(&mut self, attempt: Attempt, called: &Called) -> Result<Option<End>, Trouble> {
        let bot = attempt.bot;
        if !self.core.batch.bots.contains_key(&bot) {
            let gone = Err(Failure::NotFound("the bot was deleted".to_string()));
            return Ok(Some(End::Outcome(gone)));
        }
        let outcome = webhook::read(called);
        let mut row = self.core.batch.attempt_row(&attempt, &outcome, called.as_ref().ok());
        if outcome != DeliveryOutcome::NotMade {
            *self.core.batch.counts.webhook_attempts.entry(row.status.unwrap_or(0)).or_default() += 1;
        }
        if attempt.is_replay {
            return self.core.batch.on_replayed(&attempt, row).map(Some);
        }
        match (&outcome, called) {
            (DeliveryOutcome::Delivered, Ok(answer)) => {
                let waited = self.core.batch.lived() - attempt.created_at;
                self.core.batch.counts.note_delivery(Via::Webhook, waited);
                row.error = self.on_arrived(&attempt, answer)?;
                if let Some(error) = &row.error {
                    self.core.webhooks.note_webhook_error(&mut self.core.batch, bot, error)?;
                }
                self.core.batch.store.insert_attempt(bot, &row)?;
            }
            (DeliveryOutcome::NotMade, _) => {
                let at = self.core.batch.now.mono + limits::WEBHOOK_RETRY_FIRST;
                self.core
                    .webhooks
                    .with_lanes(bot, |lanes| lanes.again(attempt.lane, attempt.update, attempt.number - 1, at));
            }
            (outcome, _) => {
                self.core.batch.store.insert_attempt(bot, &row)?;
                self.core.webhooks.on_failed(&mut self.core.batch, &attempt, outcome, row.error.unwrap_or_default())?;
            }
        }
        Ok(None)
    }

    /// The receiver has the update: it leaves the queue, and what the answer wants done is done, in one transaction.
    /// Gives what was wrong with the answer.
    fn on_arrived(&mut self, attempt: &Attempt, answer: &HttpAnswer) -> Result<Option<String>, Trouble> {
        let bot = attempt.bot;
        // Before what the answer wants said.
        if let Some(done) = self.core.read_by(attempt.update)?
            && let Ok(channel) = self.channels.of(&done.to.bare())
        {
            channel.confirm(self.core, bot, &done)?;
        }
        if self.core.batch.store.delete_update(bot, attempt.update)?
            && let Some(entry) = self.core.batch.bots.get_mut(&bot)
        {
            entry.queued -= 1;
        }
        if let Some(hook) = self.core.webhooks.hooks.get_mut(&bot) {
            hook.lanes.end(attempt.lane, attempt.update);
            hook.lanes.reachable();
            if hook.row.gone_since.take().is_some() {
                self.core.batch.store.store_webhook(&hook.row)?;
            }
        }
        if self.core.webhooks.is_plain(bot) {
            return Ok(None);
        }
        let Some((method, fields)) = webhook::read_method(answer) else { return Ok(None) };
        match self.core.dialect_of(bot) {
            Some(dialect) => self.do_as_answered_by_number(bot, &attempt.delivery_id, (dialect.read)(&method, &fields)),
            None => self.do_as_answered(bot, &attempt.delivery_id, &method, &fields),
        }
    }
}
