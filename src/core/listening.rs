//! Whether anything listens to a bot: a program that fetches its updates or has a webhook, or an AI. Where nothing does,
//! its owner is told once in a while, for nobody else would say so.
//!
//! When a program polls is known by this process only; that it ever did is remembered.

use std::collections::HashMap;
use std::time::Duration;

use crate::base::id::BotId;
use crate::base::limits;
use crate::core::batch::Batch;
use crate::core::handle::Mode;
use crate::core::webhook::Webhooks;
use crate::core::{Core, Signal, texts};
use crate::store;
use crate::store::row::AiRank;

/// Who polls, and who is said to have nobody.
#[derive(Default)]
pub(crate) struct Listening {
    /// When a bot's program asked last (monotonic).
    polled: HashMap<BotId, Duration>,
    /// When it is looked again whether what was said to a bot is still unread (monotonic).
    due: HashMap<BotId, Duration>,
}

impl Core {
    /// Somebody said something to a bot. A program that was seen has a day, so that one which comes by the hour is not
    /// taken for none; one that was never seen has a minute.
    pub(crate) fn note_said(&mut self, bot: BotId) -> Result<(), store::Error> {
        if self.updates.waiters.contains_key(&bot) || self.webhooks.has_other_listener(&self.batch, bot)? {
            return Ok(());
        }
        let seen = self.updates.listening.seen_at(&self.batch, bot)?;
        let soon = self.batch.now.mono + limits::UNHEARD_AFTER;
        let due = seen.map_or(soon, |at| soon.max(at + limits::UNHEARD_SINCE));
        self.updates.listening.due.entry(bot).or_insert(due);
        Ok(())
    }

    /// Whether something may answer what is said to a bot.
    pub(crate) fn has_listener(&self, bot: BotId) -> Result<bool, store::Error> {
        let is_near = |at: Duration| self.batch.now.mono < at + limits::UNHEARD_SINCE;
        let is_polled = self.updates.waiters.contains_key(&bot)
            || self.updates.listening.seen_at(&self.batch, bot)?.is_some_and(is_near);
        Ok(is_polled || self.webhooks.has_other_listener(&self.batch, bot)?)
    }

    /// How long ago a bot's program asked for updates last, of all that this process has seen.
    pub(crate) fn polled_ago(&self, bot: BotId) -> Option<Duration> {
        self.updates.listening.polled.get(&bot).map(|at| self.batch.now.mono.saturating_sub(*at))
    }

    /// Tells owners what time has shown.
    pub(crate) fn tell_unheard(&mut self) -> Result<(), store::Error> {
        let now = self.batch.now.mono;
        let due: Vec<BotId> =
            self.updates.listening.due.iter().filter(|(_, at)| **at <= now).map(|(bot, _)| *bot).collect();
        for id in due {
            self.updates.listening.due.remove(&id);
            let Some(bot) = self.batch.bots.get(&id).filter(|bot| bot.row.active && bot.queued > 0) else { continue };
            let (owner, mode, name) = (bot.row.owner.clone(), bot.mode, bot.row.name.clone());
            let (key, at) = (format!("bot_{id}_unheard_at"), self.batch.now.unix());
            let last: i64 = self.batch.store.setting(&key)?.and_then(|at| at.parse().ok()).unwrap_or(0);
            if self.updates.waiters.contains_key(&id)
                || self.webhooks.has_other_listener(&self.batch, id)?
                || (0..limits::UNHEARD_EVERY_S).contains(&(at - last))
            {
                continue;
            }
            self.batch.store.store_setting(&key, &at.to_string())?;
            let is_known = self.batch.store.setting(&polled_key(id))?.is_some();
            let text = if is_known { &texts::UNHEARD_NOW } else { &texts::UNHEARD_YET };
            let values = [("name", name.as_str()), ("id", &id.to_string()), ("url", &self.batch.setup.api_url)];
            let text = text.fill(self.batch.setup.settings.language, &values);
            self.signal(match mode {
                Mode::Personal => Signal::Notify(owner, text),
                Mode::Dedicated | Mode::Cloud => Signal::SayAs(id, owner, text),
            });
        }
        Ok(())
    }
}

impl Webhooks {
    fn has_other_listener(&self, batch: &Batch, bot: BotId) -> Result<bool, store::Error> {
        Ok(self.webhook_url(bot).is_some() || batch.is_ai_on(bot)?)
    }
}

impl Batch {
    /// Whether a bot's AI answers.
    pub(crate) fn is_ai_on(&self, bot: BotId) -> Result<bool, store::Error> {
        Ok(self.has_ai && self.store.ai(bot, AiRank::First)?.is_some_and(|row| row.is_enabled))
    }
}

impl Listening {
    /// A bot is deleted.
    pub(crate) fn forget_listening(&mut self, bot: BotId) {
        self.polled.remove(&bot);
        self.due.remove(&bot);
    }

    /// A bot's program asks for updates.
    pub(crate) fn note_poll(&mut self, batch: &mut Batch, bot: BotId) -> Result<(), store::Error> {
        self.due.remove(&bot);
        let is_first = self.polled.insert(bot, batch.now.mono).is_none();
        if is_first && batch.store.setting(&polled_key(bot))?.is_none() {
            batch.store.store_setting(&polled_key(bot), "1")?;
        }
        Ok(())
    }

    /// Since when a bot's program has not asked; of one that asked an earlier process, since the start.
    fn seen_at(&self, batch: &Batch, bot: BotId) -> Result<Option<Duration>, store::Error> {
        Ok(match self.polled.get(&bot) {
            Some(at) => Some(*at),
            None => batch.store.setting(&polled_key(bot))?.map(|_| batch.began()),
        })
    }

    pub(crate) fn listening_deadline(&self) -> Option<Duration> {
        self.due.values().copied().min()
    }
}

/// DinoX's kind of key: it goes with the bot.
fn polled_key(bot: BotId) -> String {
    format!("bot_{bot}_polled")
}
