//! The way of a message, put together when somebody asks: what is remembered of it, and what rows tell of how it is now.

use crate::base::id::{BotId, UpdateId};
use crate::base::jid::BareJid;
use crate::base::text::lasting;
use crate::core::Core;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{BotState, Connection, WayStep, WhyInfo};
use crate::core::why::Ways;
use crate::core::why::note::Trace;
use crate::store;
use crate::store::row::{Heading, OutgoingState, Progress, WayRow};

impl Ways {
    /// The way of a message by any id of it. `state` is how its bot is connected.
    pub(crate) fn explain(&self, core: &Core, bot: BotId, id: &str, state: &BotState) -> Result<WhyInfo, Trouble> {
        let trace = self.find(bot, id);
        let row = core.batch.store.find_way(bot, trace.map_or(id, Trace::id))?;
        let is_out = match (trace, &row) {
            (Some(trace), row) => trace.is_out || row.as_ref().is_some_and(|row| row.is_out),
            (None, Some(row)) => row.is_out,
            (None, None) => return Err(unknown(id).into()),
        };
        let message_id = match (trace, &row) {
            (Some(trace), _) => trace.id().to_string(),
            (None, Some(row)) => row.message_id.clone(),
            (None, None) => id.to_string(),
        };
        let remembered = trace.map(|trace| trace.steps.as_slice()).unwrap_or_default();
        let mut steps: Vec<WayStep> = remembered
            .iter()
            .map(|step| WayStep { at_ms: Some(step.at_ms), what: step.what, why: step.why.to_string() })
            .collect();
        let begin = if is_out { "accepted" } else { "received" };
        if let (Some(row), false) = (&row, steps.iter().any(|step| step.what == begin)) {
            steps.insert(0, WayStep { at_ms: Some(row.at.saturating_mul(1_000)), what: begin, why: String::new() });
        }
        let peer = trace.map(|trace| trace.peer.to_string()).filter(|peer| !peer.is_empty());
        let peer = peer.or(row.as_ref().map(|row| row.address.clone())).unwrap_or_default();
        let mut info = WhyInfo { message_id, is_out, peer, steps };
        match is_out {
            true => core.tell_out(bot, row.as_ref(), state, &mut info)?,
            false => core.tell_in(bot, trace.and_then(|trace| trace.update), &mut info)?,
        }
        if row.is_some_and(|row| row.deleted) && !info.has("deleted") {
            info.now("deleted", "");
        }
        Ok(info)
    }

    /// The last message that somebody said to a bot, or the bot to him.
    pub(crate) fn last(
        &self,
        core: &Core,
        bot: BotId,
        peer: &BareJid,
        heading: Heading,
    ) -> Result<Option<String>, store::Error> {
        match self.last_with(bot, peer.as_str(), heading) {
            Some(trace) => Ok(Some(trace.id().to_string())),
            None => core.batch.store.last_way(bot, peer.as_str(), heading),
        }
    }
}

fn unknown(id: &str) -> Failure {
    Failure::NotFound(format!(
        "this bot knows of no message {id}; the ways of the last messages since the start are kept"
    ))
}

impl WhyInfo {
    fn has(&self, what: &str) -> bool {
        self.steps.iter().any(|step| step.what == what)
    }

    /// How it is now.
    fn now(&mut self, what: &'static str, why: impl Into<String>) {
        self.steps.push(WayStep { at_ms: None, what, why: why.into() });
    }
}

impl Core {
    /// How what a bot said fares.
    fn tell_out(
        &self,
        bot: BotId,
        row: Option<&WayRow>,
        state: &BotState,
        info: &mut WhyInfo,
    ) -> Result<(), store::Error> {
        if self.batch.store.waits_for_keys(bot, &info.message_id)? {
            info.now("waits_for_keys", offline(state));
            return Ok(());
        }
        if self.batch.store.is_carried(bot, &info.message_id)? {
            info.now("waits_in_order", "");
            return Ok(());
        }
        if let Some(state) = self.batch.store.outgoing_state(bot, &info.message_id)? {
            match state {
                OutgoingState::InDoubt if info.has("in_doubt") => {}
                OutgoingState::InDoubt => info.now("in_doubt", ""),
                OutgoingState::UnderWay => info.now("waits_for_telegram", "it was asked"),
                OutgoingState::Waiting => info.now("waits_for_telegram", ""),
            }
            return Ok(());
        }
        if self.batch.store.is_waiting(bot, &info.message_id)? {
            info.now("waits_for_server", offline(state));
            return Ok(());
        }
        let reached = match row.map(|row| row.progress) {
            Some(Progress::Delivered) => "delivered",
            Some(Progress::Displayed) => "displayed",
            Some(Progress::Failed) => "failed",
            // It is in no queue any more.
            Some(Progress::Accepted | Progress::Sent | Progress::Untracked) => "sent",
            None => return Ok(()),
        };
        let is_over = ["sent", "delivered", "displayed", "failed", "in_doubt"].iter().any(|what| info.has(what));
        if !info.has(reached) && (reached != "sent" || !is_over) {
            info.now(reached, "");
        }
        Ok(())
    }

    /// How the update of what was said fares.
    fn tell_in(&self, bot: BotId, update: Option<UpdateId>, info: &mut WhyInfo) -> Result<(), store::Error> {
        let store = &self.batch.store;
        let update = match update {
            Some(update) => Some(update),
            None => match store.find_update_of(bot, &info.message_id)? {
                Some(update) => Some(update),
                None => store.find_attempt_of(bot, &info.message_id)?,
            },
        };
        let Some(update) = update else { return Ok(()) };
        let mut is_posted = false;
        for attempt in store.list_attempts_of(bot, update)? {
            is_posted |= attempt.error.is_none();
            let (what, why) = match (&attempt.error, attempt.status) {
                (None, status) => {
                    ("posted", format!("status {}, {} ms", status.unwrap_or_default(), attempt.latency_ms))
                }
                (Some(error), _) => ("webhook_failed", format!("attempt {}: {error}", attempt.attempt)),
            };
            info.steps.push(WayStep { at_ms: Some(attempt.at.saturating_mul(1_000)), what, why });
        }
        let Some(waiting) = store.find_update(bot, update)? else {
            if !is_posted && !info.has("taken") && !info.has("dropped") {
                info.now("gone", "");
            }
            return Ok(());
        };
        let since = format!("for {}", lasting(self.batch.lived() - waiting.created_at));
        let retry = store.list_retries(bot)?.into_iter().find(|retry| retry.update == update);
        match (self.webhooks.has_webhook(bot), retry) {
            (true, Some(retry)) => {
                let wait = lasting((retry.next_at_ms - self.batch.lived_ms()).max(0) / 1_000);
                info.now("waits_for_webhook", format!("tried again in {wait}"));
            }
            (true, None) => info.now("waits_for_webhook", since),
            (false, _) => {
                let lasted = lasting(self.batch.lived() - waiting.created_at);
                let why = match self.polled_ago(bot).map(|ago| i64::try_from(ago.as_secs()).unwrap_or(i64::MAX)) {
                    Some(ago) => format!("for {lasted}; it asked {} ago", lasting(ago)),
                    None => format!("for {lasted}; it has not asked since the start"),
                };
                info.now("waits_for_program", why);
            }
        }
        Ok(())
    }
}

/// Why a bot's messages do not go out, if they do not.
fn offline(state: &BotState) -> String {
    match (&state.why, state.connection) {
        (_, Connection::Online) => String::new(),
        (Some(why), connection) => format!("the bot is {}: {why}", connection.as_str()),
        (None, connection) => format!("the bot is {}", connection.as_str()),
    }
}
