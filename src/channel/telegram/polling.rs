//! Listening: one long poll for each bot, which waits at Telegram without a thread of ours. What it brings is acknowledged by
//! the next one, which begins after the commit of what it caused.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::base::call::{CallError, Called};
use crate::base::id::BotId;
use crate::base::json::{Object, array, text};
use crate::base::limits;
use crate::channel::telegram::line::{Poll, PollState};
use crate::channel::telegram::{CallFor, Telegram};
use crate::core::Core;
use crate::core::texts::connection as texts;
use crate::remote::telegram::{self, Kind, Reason, Refusal, Update};
use crate::store;

/// What is asked for.
const KINDS: [&str; 8] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "message_reaction",
    "callback_query",
    "my_chat_member",
    "chat_member",
];

impl Telegram {
    /// Asks when it is time to, and notices what was lost.
    pub(super) fn listen(&mut self, core: &mut Core, bot: BotId) -> Result<(), store::Error> {
        let now = core.batch.now.mono;
        let Some(line) = self.lines.get(&bot) else { return Ok(()) };
        let (state, is_wanted) = (line.poll.state, self.is_wanted(core, bot));
        match state {
            PollState::Off if is_wanted => {
                if let Some(line) = self.line(bot) {
                    line.poll.state = PollState::Waiting(now);
                    line.poll.good_at = now;
                }
                self.ask(core, bot);
            }
            PollState::Off => {}
            PollState::Asked { tag, .. } if !is_wanted => {
                self.calls.drop_call(&mut core.batch, tag);
                self.stop_listening(bot);
            }
            PollState::Waiting(_) if !is_wanted => self.stop_listening(bot),
            PollState::Waiting(at) if at <= now => self.ask(core, bot),
            PollState::Asked { tag, since } if since + Poll::lost_after() <= now => {
                log::warn!("bot {bot}: a poll of Telegram was lost; another is made");
                self.lost_polls += 1;
                self.calls.drop_call(&mut core.batch, tag);
                self.on_trouble(core, bot, "nothing was heard of the last poll", None)?;
            }
            PollState::Waiting(_) | PollState::Asked { .. } => {}
        }
        Ok(())
    }

    /// Whether a bot is to listen now.
    fn is_wanted(&self, core: &Core, bot: BotId) -> bool {
        let (Some(line), Some(known)) = (self.lines.get(&bot), core.batch.bots.get(&bot)) else { return false };
        let hears = known.heard.iter().any(|chat| chat.channel() == Some("tg"));
        line.is_live && (hears || line.poll.discover_until > core.batch.now.mono)
    }

    fn stop_listening(&mut self, bot: BotId) {
        if let Some(line) = self.line(bot) {
            line.poll.state = PollState::Off;
            (line.poll.trouble, line.poll.is_conflict) = (None, false);
            line.poll.backoff.reset();
        }
    }

    fn ask(&mut self, core: &mut Core, bot: BotId) {
        let Some(line) = self.lines.get(&bot) else { return };
        let kinds = array(KINDS.iter().map(|kind| text(kind)));
        let limit = if line.poll.lost > 0 { 1 } else { line.poll.limit };
        let object = Object::new().number("timeout", limits::TELEGRAM_POLL_S as i64).number("limit", limit);
        let next = Some(line.row.next_update).filter(|next| *next > 0);
        let object = next.into_iter().fold(object, |object, next| object.number("offset", next));
        let mut call = super::call(&line.row, "getUpdates", object.raw("allowed_updates", &kinds).end());
        call.timeout = Duration::from_secs(limits::TELEGRAM_POLL_S) + limits::TELEGRAM_POLL_GRACE;
        call.answer_bytes_max = limits::TELEGRAM_UPDATES_BYTES_MAX;
        // From a place on it is the same twice.
        call.is_repeatable = true;
        let tag = self.calls.call_lasting(&mut core.batch, call, CallFor::Poll(bot));
        let since = core.batch.now.mono;
        if let Some(line) = self.line(bot) {
            line.poll.state = PollState::Asked { tag, since };
        }
    }

    /// A poll is over.
    pub(super) fn on_polled(
        &mut self,
        core: &mut Core,
        (bot, tag): (BotId, u64),
        called: &Called,
    ) -> Result<(), store::Error> {
        self.polls += 1;
        let asked = self.lines.get(&bot).and_then(|line| line.poll.asked_at(tag));
        let Some(since) = asked else { return Ok(()) };
        match telegram::read(called) {
            Ok(result) => {
                let updates = telegram::read_updates(&result);
                let lost = self.lines.get(&bot).map_or(0, |line| line.poll.lost);
                if self.lines.get(&bot).is_some_and(|line| line.poll.trouble.is_some()) {
                    log::info!("bot {bot}: Telegram answers again");
                }
                let now = core.batch.now.mono;
                if let Some(line) = self.line(bot) {
                    line.poll.succeeded(now);
                    // Something between us and Telegram does not let us wait.
                    let is_hasty = updates.is_empty() && now.saturating_sub(since) < limits::TELEGRAM_POLL_HASTE;
                    line.poll.hasty = if is_hasty { line.poll.hasty.saturating_add(1) } else { 0 };
                    let pause = limits::TELEGRAM_POLL_HASTE * (1 << line.poll.hasty.min(4)) / 2;
                    line.poll.state = PollState::Waiting(if is_hasty { now + pause } else { now });
                }
                if lost > limits::TELEGRAM_LOST_MAX {
                    let last = updates.last().map_or(0, |update| update.id);
                    log::warn!("bot {bot}: what Telegram brings as update {last} cannot be stored, and is skipped");
                    return self.note_taken(core, bot, updates.last());
                }
                let whole = self.settle_album(now, bot, &updates);
                self.take(core, bot, &updates[..whole])
            }
            Err(refusal) => self.on_poll_refused(core, bot, &refusal, called),
        }
    }

    /// How many updates of an answer are taken: an album that it ends with may not be there whole yet. It is left to Telegram,
    /// which gives it again, until no more of it comes.
    fn settle_album(&mut self, now: Duration, bot: BotId, updates: &[Update]) -> usize {
        let Some(line) = self.line(bot) else { return updates.len() };
        let before = line.poll.album.take();
        let Some(Update { kind: Kind::Message(last), .. }) = updates.last() else { return updates.len() };
        let Some(album) = &last.album else { return updates.len() };
        let is_of = |update: &&Update| updates.last().is_some_and(|last| is_same_album(&last.kind, &update.kind));
        let count = updates.iter().rev().take_while(is_of).count();
        let (known, until) = match before {
            Some((id, known, until)) if id == *album => (known, until),
            _ => (0, now + limits::TELEGRAM_ALBUM_MAX),
        };
        if count == known || count >= limits::ALBUM_FILES_MAX || now >= until || line.poll.lost > 0 {
            return updates.len();
        }
        line.poll.album = Some((album.clone(), count, until));
        line.poll.state = PollState::Waiting(now + limits::TELEGRAM_ALBUM_WAIT);
        updates.len() - count
    }

    /// Everything of one answer, in order, and the place to go on from, in one transaction.
    fn take(&mut self, core: &mut Core, bot: BotId, updates: &[Update]) -> Result<(), store::Error> {
        let mut next = self.lines.get(&bot).map_or(0, |line| line.row.next_update);
        let mut told = BTreeSet::new();
        for (at, update) in updates.iter().enumerate() {
            let back = next - update.id;
            if back > 0 && back <= limits::TELEGRAM_UPDATES_BACK_MAX {
                log::debug!("bot {bot}: update {} of Telegram came twice", update.id);
                continue;
            }
            next = update.id.saturating_add(1);
            if told.contains(&at) {
                continue;
            }
            // An album comes as one message for each of its pictures; others may speak in between.
            let mut album = Vec::new();
            for (at, more) in updates.iter().enumerate().skip(at + 1) {
                if let Kind::Message(message) = &more.kind
                    && is_same_album(&update.kind, &more.kind)
                {
                    told.insert(at);
                    album.push(&**message);
                }
            }
            self.on_update(core, bot, &update.kind, &album)?;
        }
        if self.lines.get(&bot).is_some_and(|line| line.row.next_update != next) {
            core.batch.store.store_telegram_offset(bot, next)?;
            if let Some(line) = self.line(bot) {
                line.row.next_update = next;
            }
        }
        Ok(())
    }

    fn note_taken(&mut self, core: &mut Core, bot: BotId, last: Option<&Update>) -> Result<(), store::Error> {
        let Some(last) = last else { return Ok(()) };
        let next = last.id.saturating_add(1);
        core.batch.store.store_telegram_offset(bot, next)?;
        if let Some(line) = self.line(bot) {
            line.row.next_update = next;
        }
        Ok(())
    }

    fn on_poll_refused(
        &mut self,
        core: &mut Core,
        bot: BotId,
        refusal: &Refusal,
        called: &Called,
    ) -> Result<(), store::Error> {
        self.count_failure(&refusal.reason);
        let why = refusal.why.as_str();
        if matches!(called, Err(CallError::TooLarge))
            && let Some(line) = self.line(bot)
        {
            line.poll.limit = (line.poll.limit / 4).max(1);
        }
        match refusal.reason {
            Reason::Unauthorized => self.refuse_line(core, bot, why),
            Reason::Conflict => self.on_conflict(core, bot, why),
            Reason::Flood(after) => self.on_trouble(core, bot, why, Some(after)),
            _ => self.on_trouble(core, bot, why, None),
        }
    }

    /// It is tried again, more and more rarely.
    fn on_trouble(
        &mut self,
        core: &mut Core,
        bot: BotId,
        why: &str,
        after: Option<Duration>,
    ) -> Result<(), store::Error> {
        let (now, random) = (core.batch.now.mono, u32::from_be_bytes(core.batch.random()));
        let level = core.batch.told.lasting(("telegram", bot.0), why, log::Level::Warn, now);
        log::log!(level, "bot {bot}: Telegram does not answer: {why}");
        let Some(line) = self.line(bot) else { return Ok(()) };
        line.poll.trouble = Some(why.to_string());
        line.poll.state = PollState::Waiting(now + after.unwrap_or_else(|| line.poll.backoff.next(random)));
        if line.poll.is_deaf(now) && !line.poll.is_deaf_told {
            line.poll.is_deaf_told = true;
            return self.tell_owner(core, bot, &texts::DEAF, &[("why", why)]);
        }
        Ok(())
    }

    /// Another program polls with this token, or a webhook is set: both are somebody's will.
    fn on_conflict(&mut self, core: &mut Core, bot: BotId, why: &str) -> Result<(), store::Error> {
        let (now, random) = (core.batch.now.mono, u32::from_be_bytes(core.batch.random()));
        log::warn!("bot {bot}: somebody else listens at Telegram with its token: {why}");
        let Some(line) = self.line(bot) else { return Ok(()) };
        let is_new = !std::mem::replace(&mut line.poll.is_conflict, true);
        if is_new {
            line.poll.backoff =
                crate::base::time::Backoff::new(limits::TELEGRAM_CONFLICT_FIRST, limits::TELEGRAM_CONFLICT_MAX);
        }
        line.poll.trouble = Some(why.to_string());
        line.poll.state = PollState::Waiting(now + line.poll.backoff.next(random));
        let text = if why.contains("webhook") { &texts::WEBHOOK_SET } else { &texts::CONFLICT };
        if is_new { self.tell_owner(core, bot, text, &[("why", why)]) } else { Ok(()) }
    }

    /// Telegram does not know the token: nothing is asked until somebody gives another, or says that it is right.
    pub(super) fn refuse_line(&mut self, core: &mut Core, bot: BotId, why: &str) -> Result<(), store::Error> {
        log::error!("bot {bot}: Telegram does not take its token: {why}");
        let Some(line) = self.line(bot) else { return Ok(()) };
        if line.row.trouble.is_some() {
            return Ok(());
        }
        line.row.trouble = Some(why.to_string());
        line.is_live = false;
        if let PollState::Asked { tag, .. } = std::mem::replace(&mut line.poll.state, PollState::Off) {
            self.calls.drop_call(&mut core.batch, tag);
        }
        core.batch.store.store_telegram_trouble(bot, Some(why))?;
        self.tell_owner(core, bot, &texts::UNAUTHORIZED, &[("why", why)])
    }

    /// What a poll brought could not be stored: it is asked for again, and alone, so that one update does not hold up all.
    pub(super) fn on_poll_lost(&mut self, bot: BotId, tag: u64, later: Duration) {
        if let Some(line) =
            self.lines.get_mut(&bot).map(std::sync::Arc::make_mut).filter(|line| line.poll.is_asked(tag))
        {
            line.poll.lost += 1;
            line.poll.state = PollState::Waiting(later);
        }
    }
}

fn is_same_album(first: &Kind, next: &Kind) -> bool {
    match (first, next) {
        (Kind::Message(first), Kind::Message(next)) => {
            first.album.is_some() && first.album == next.album && first.chat.id == next.chat.id
        }
        _ => false,
    }
}
