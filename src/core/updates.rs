//! The update queue of each bot and the pollers that wait on it (docs/api.md).
//!
//! An update is a row; it goes when a poll with a higher offset acknowledges it, or by age or cap, counted.

use std::collections::HashMap;
use std::time::Duration;

use crate::base::id::{BotId, UpdateId};
use crate::base::limits;
use crate::core::Core;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::counts::Via;
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, OTHER_POLL, Question, ReplyTo, Update, UpdateKinds, UpdatePoll};
use crate::core::kinds::COUNTED;
use crate::core::listening::Listening;
use crate::core::numbers::{Lately, Numbered};
use crate::core::part::Part;
use crate::core::setup::MqttBots;
use crate::core::watching::Watching;
use crate::store;
use crate::store::row::UpdateRow;

/// A poller that waits for the first update.
pub(crate) struct Waiter {
    pub(crate) reply: ReplyTo,
    poll: UpdatePoll,
    /// When it gets an empty answer (monotonic).
    pub(crate) until: Duration,
    /// How it is told.
    form: Form,
}

/// How a poller is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As updates wait in the queue.
    AsQueued,
    /// By numbers.
    Numbered,
    /// Posted, and never polled: messages as pages know them, and nothing else.
    Plain,
}

impl Waiter {
    /// The answer when its time is over.
    fn empty(&self, batch: &Batch, bot: BotId) -> Answer {
        match self.form {
            Form::Numbered => batch.numbered_updates(bot, Vec::new()).unwrap_or(Answer::Updates(Vec::new())),
            Form::AsQueued | Form::Plain => Answer::Updates(Vec::new()),
        }
    }
}

/// Pollers that wait, and what there is for them.
#[derive(Default)]
pub(crate) struct Updates {
    pub(crate) waiters: HashMap<BotId, Waiter>,
    /// Bots that got some in this batch.
    updated: Vec<BotId>,
    /// Bytes that pollers got in it, and readers of histories.
    bytes: usize,
    /// Updates that were queued since the start, by type.
    tally: Tally,
    /// Of each bot, the last update that was handed over to its program: it may be read again.
    handed: HashMap<BotId, UpdateId>,
    /// Whose programs know things by numbers. Read again from the store where a batch is taken back.
    pub(crate) numbered: Numbered,
    /// What their programs may pass on.
    pub(crate) lately: Lately,
    /// Whether anybody listens at all.
    pub(crate) listening: Listening,
    /// Who watches what bots receive and say.
    pub(crate) watching: Watching,
}

/// Counts by [`COUNTED`], and as they were before the batch under way.
#[derive(Default)]
struct Tally {
    now: [u64; COUNTED.len()],
    before: [u64; COUNTED.len()],
}

impl Part for Updates {
    fn committed(&mut self) {
        self.bytes = 0;
        self.tally.before = self.tally.now;
    }

    fn undo(&mut self) {
        self.updated.clear();
        self.bytes = 0;
        self.tally.now = self.tally.before;
        self.watching.undo();
    }

    fn deadline(&self) -> Option<Duration> {
        self.waiters.values().map(|waiter| waiter.until).min()
    }
}

impl Core {
    pub(crate) fn get_updates(&mut self, bot: BotId, poll: &UpdatePoll) -> Result<Verdict, Trouble> {
        self.webhooks.refuse_polling(bot)?;
        self.updates.listening.note_poll(&mut self.batch, bot)?;
        if let Some(kinds) = poll.allowed {
            self.batch.allow_updates(bot, kinds)?;
        }
        if self.batch.bot(bot)?.queued > 0 {
            if let Some(offset) = poll.offset {
                self.acknowledge(bot, offset)?;
            }
            let updates = self.updates.read_updates(&mut self.batch, bot, poll)?;
            if !updates.is_empty() {
                return Ok(Verdict::Outcome(Ok(Answer::Updates(updates))));
            }
        }
        if poll.timeout.is_zero() || self.is_stopping {
            return Ok(Verdict::Outcome(Ok(Answer::Updates(Vec::new()))));
        }
        Ok(Verdict::AwaitUpdates(bot, *poll))
    }

    /// The program has all updates below this one.
    pub(crate) fn acknowledge(&mut self, bot: BotId, offset: UpdateId) -> Result<(), store::Error> {
        self.note_taken(bot, offset)?;
        self.batch.note_updates(bot, (UpdateId(0), UpdateId(offset.0.saturating_sub(1))), "taken", "");
        let gone = self.batch.store.delete_updates_below(bot, offset)?;
        self.batch.bots.entry(bot).and_modify(|bot| bot.queued -= gone as i64);
        Ok(())
    }

    /// A program cannot fetch what a broker is given.
    pub(crate) fn refuse_beside_mqtt(&self, bot: BotId, question: &Question) -> Result<(), Failure> {
        if !question.fetches_updates() || !self.batch.goes_to_mqtt(bot) {
            return Ok(());
        }
        let text = "the updates of this bot go to MQTT, as the configuration says: `bots` in [mqtt]";
        Err(Failure::Conflict(text.to_string()))
    }

    /// Whether a broker may do something for this bot.
    pub(crate) fn check_broker(&self, bot: BotId) -> Result<(), Failure> {
        match self.batch.bots.get(&bot).is_some_and(|bot| bot.row.active) && self.batch.goes_to_mqtt(bot) {
            true => Ok(()),
            false => Err(Failure::NotFound("there is no such bot at MQTT, or it is disabled".to_string())),
        }
    }

    /// Puts an update into a bot's queue, if its program wants this type; over the cap the oldest go.
    pub(crate) fn push_update(&mut self, bot: BotId, kind: &str, payload: &str) -> Result<(), store::Error> {
        self.queue_update(bot, kind, payload).map(|_| ())
    }

    /// The same, and gives its number.
    pub(crate) fn queue_update(
        &mut self,
        bot: BotId,
        kind: &str,
        payload: &str,
    ) -> Result<Option<UpdateId>, store::Error> {
        if self.batch.bots.get(&bot).is_none_or(|bot| !bot.kinds.admits(kind)) {
            self.updates.watching.note_unwanted(bot, kind, payload);
            return Ok(None);
        }
        self.updates.watching.note_queued(bot, kind, payload);
        let id = self.batch.store.insert_update(bot, kind, payload, self.batch.lived())?;
        self.number_update(bot, kind, payload)?;
        self.webhooks.note_for_webhook(bot, id, payload);
        let Some(entry) = self.batch.bots.get_mut(&bot) else { return Ok(Some(id)) };
        entry.queued += 1;
        self.updates.updated.push(bot);
        self.updates.count(kind);
        // A tenth beyond the cap is let in, so that a full queue is trimmed seldom and not at each message.
        if entry.queued > limits::UPDATES_PER_BOT_MAX + limits::UPDATES_PER_BOT_MAX / 10 {
            let dropped = self.batch.store.drop_oldest_updates(bot, limits::UPDATES_PER_BOT_MAX)?;
            self.note_dropped(bot, "the queue was full")?;
            log::warn!("bot {bot}: its queue is full; the {dropped} oldest updates were dropped");
            self.recount(bot, dropped)?;
        }
        Ok(Some(id))
    }

    /// Takes away all that waits for a bot's program, as its owner or the program wishes: no loss, and not counted as
    /// one. Says how much that was.
    pub(crate) fn clear_updates(&mut self, bot: BotId) -> Result<i64, store::Error> {
        let cleared = self.batch.store.delete_updates_below(bot, UpdateId(i64::MAX))?;
        self.note_dropped(bot, "the queue was cleared")?;
        self.recount(bot, 0)?;
        Ok(cleared as i64)
    }

    /// What is not in a bot's queue any more was dropped.
    pub(crate) fn note_dropped(&mut self, bot: BotId, why: &'static str) -> Result<(), store::Error> {
        let first = self.batch.store.first_update(bot)?.map_or(i64::MAX, |first| first.0 - 1);
        self.batch.note_updates(bot, (UpdateId(0), UpdateId(first)), "dropped", why);
        Ok(())
    }

    /// Notes that the store dropped updates of a bot.
    pub(crate) fn recount(&mut self, bot: BotId, dropped: i64) -> Result<(), store::Error> {
        let queued = self.batch.store.count_updates(bot)?;
        if let Some(bot) = self.batch.bots.get_mut(&bot) {
            bot.queued = queued;
            bot.row.updates_dropped += dropped;
            self.batch.counts.updates_dropped += u64::try_from(dropped).unwrap_or(0);
        }
        self.webhooks.prune_webhook(&mut self.batch, bot)
    }
}

impl Updates {
    /// How many bytes an answer may have in this batch, one thing apart.
    pub(crate) fn bytes_left(&self) -> usize {
        limits::UPDATES_BYTES_PER_BATCH.saturating_sub(self.bytes).min(limits::UPDATES_BYTES_MAX)
    }

    /// An answer has so many.
    pub(crate) fn note_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    fn count(&mut self, kind: &str) {
        let slot = COUNTED.iter().position(|known| *known == kind).unwrap_or(COUNTED.len() - 1);
        if let Some(count) = self.tally.now.get_mut(slot) {
            *count += 1;
        }
    }

    /// Updates that came since the start, by type.
    pub(crate) fn tally(&self) -> impl Iterator<Item = (&'static str, u64)> {
        COUNTED.into_iter().zip(self.tally.before).filter(|(_, count)| *count > 0)
    }

    fn read_updates(&mut self, batch: &mut Batch, bot: BotId, poll: &UpdatePoll) -> Result<Vec<Update>, store::Error> {
        let rows = self.read_rows(batch, bot, poll)?;
        Ok(rows.into_iter().map(|row| Update { id: row.id, kind: row.kind, payload: row.payload }).collect())
    }

    /// What a poller would be told of.
    pub(crate) fn read_rows(
        &mut self,
        batch: &mut Batch,
        bot: BotId,
        poll: &UpdatePoll,
    ) -> Result<Vec<UpdateRow>, store::Error> {
        let rows = batch.store.list_updates(bot, poll.offset, poll.limit, self.bytes_left())?;
        self.note_bytes(rows.iter().map(|row| row.payload.len()).sum());
        self.note_handed(batch, bot, &rows);
        Ok(rows)
    }

    /// What a poller that waits is told; `None`: there is nothing for it yet.
    fn answer_of(&mut self, batch: &mut Batch, bot: BotId, waiter: &Waiter) -> Result<Option<Answer>, store::Error> {
        let has_some = batch.bots.get(&bot).is_some_and(|bot| bot.queued > 0);
        match waiter.form {
            _ if !has_some => Ok(None),
            Form::AsQueued | Form::Plain => {
                let updates = self.read_updates(batch, bot, &waiter.poll)?;
                Ok(Some(updates).filter(|updates| !updates.is_empty()).map(Answer::Updates))
            }
            Form::Numbered => {
                let rows = self.read_rows(batch, bot, &waiter.poll)?;
                batch.waiting_numbered(&self.numbered, bot, &rows)
            }
        }
    }

    fn note_handed(&mut self, batch: &mut Batch, bot: BotId, rows: &[UpdateRow]) {
        let Some(last) = rows.last() else { return };
        let first = rows.first().map_or(last.id, |row| row.id);
        batch.note_updates(bot, (first, last.id), "polled", if batch.goes_to_mqtt(bot) { "MQTT" } else { "" });
        let (via, lived) = (if batch.goes_to_mqtt(bot) { Via::Mqtt } else { Via::Poll }, batch.lived());
        let before = self.handed.insert(bot, last.id);
        for row in rows.iter().filter(|row| before.is_none_or(|before| row.id > before)) {
            batch.counts.note_delivery(via, lived - row.created_at);
        }
    }

    /// Lets a poller wait; one that waits already is ended with `conflict`.
    pub(crate) fn await_updates(
        &mut self,
        batch: &mut Batch,
        bot: BotId,
        (poll, form): (UpdatePoll, Form),
        reply: ReplyTo,
        out: &mut Vec<Effect>,
    ) {
        let until = batch.now.mono + poll.timeout;
        if let Some(old) = self.waiters.insert(bot, Waiter { reply, poll, until, form }) {
            out.push(Effect::Answer(old.reply, Err(Failure::Conflict(OTHER_POLL.to_string()))));
        }
        // An update of the same batch may have come just after the question.
        self.updated.push(bot);
        self.wake_updates(batch, out);
    }

    /// Answers the pollers of bots that got updates, and those whose time is over.
    pub(crate) fn wake_updates(&mut self, batch: &mut Batch, out: &mut Vec<Effect>) {
        let now = batch.now.mono;
        let mut bots = std::mem::take(&mut self.updated);
        bots.extend(self.waiters.iter().filter(|(_, waiter)| waiter.until <= now).map(|(bot, _)| *bot));
        bots.sort_unstable();
        bots.dedup();
        for bot in bots {
            let Some(waiter) = self.waiters.remove(&bot) else { continue };
            if waiter.reply.is_gone() {
                continue;
            }
            let outcome = match self.answer_of(batch, bot, &waiter) {
                Ok(None) if waiter.until > now => {
                    self.waiters.insert(bot, waiter);
                    continue;
                }
                Ok(Some(answer)) => Ok(answer),
                Ok(None) => Ok(waiter.empty(batch, bot)),
                Err(error) => {
                    log::error!("bot {bot}: reading its updates failed: {error}");
                    Err(Failure::Internal)
                }
            };
            out.push(Effect::Answer(waiter.reply, outcome));
        }
    }

    /// The daemon ends: no poller is kept waiting.
    pub(crate) fn stop(&mut self, batch: &mut Batch) {
        self.watching.end(None);
        for (bot, waiter) in std::mem::take(&mut self.waiters) {
            let empty = waiter.empty(batch, bot);
            batch.pending.effects.push(Effect::Answer(waiter.reply, Ok(empty)));
        }
    }

    /// The bot is gone or disabled: its poller is told as any later request would be.
    pub(crate) fn drop_update_waiter(&mut self, batch: &mut Batch, bot: BotId) {
        if let Some(waiter) = self.waiters.remove(&bot) {
            let failure = Failure::Unauthorized("the bot was disabled or deleted".to_string());
            batch.pending.effects.push(Effect::Answer(waiter.reply, Err(failure)));
        }
    }
}

impl Batch {
    /// Whether a bot's updates are published at a broker instead of being fetched by its program.
    pub(crate) fn goes_to_mqtt(&self, bot: BotId) -> bool {
        let rule = &self.setup.settings.watch.mqtt;
        *rule != MqttBots::None && self.bots.get(&bot).is_some_and(|bot| rule.has(&bot.row.name))
    }

    /// Chooses which types of updates a bot gets from now on.
    pub(crate) fn allow_updates(&mut self, bot: BotId, kinds: UpdateKinds) -> Result<(), store::Error> {
        if let Some(entry) = self.bots.get_mut(&bot).filter(|entry| entry.kinds != kinds) {
            entry.kinds = kinds;
            self.store.store_setting(&allowed_key(bot), &kinds.print())?;
        }
        Ok(())
    }

    /// Which types of updates a bot gets.
    pub(crate) fn allowed_updates(&self, bot: BotId) -> Result<UpdateKinds, store::Error> {
        Ok(self.store.setting(&allowed_key(bot))?.map(|text| UpdateKinds::read(&text)).unwrap_or_default())
    }
}

/// DinoX's kind of key: it goes with the bot.
fn allowed_key(bot: BotId) -> String {
    format!("bot_{bot}_allowed_updates")
}
