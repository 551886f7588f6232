//! What became of what went to Telegram: it arrived, was refused, comes again later, or nobody knows.

use std::time::Duration;

use crate::base::call::Called;
use crate::base::id::BotId;
use crate::base::json::Fields;
use crate::base::limits;
use crate::channel::telegram::Telegram;
use crate::channel::telegram::media::{FILE, unsent};
use crate::channel::telegram::outbox::{CAPTION, DELETE, EDIT, TRIM, is_repeatable, numbers_of};
use crate::core::failure::Failure;
use crate::core::kinds::UpdateKind;
use crate::core::{Core, Signal, Undelivered, record};
use crate::remote::telegram::{self, Reason, Refusal};
use crate::store;
use crate::store::row::{OutgoingRow, OutgoingState, Progress, ThereRow};

impl Telegram {
    /// The call that was made for a row is over.
    pub(super) fn on_sent(
        &mut self,
        core: &mut Core,
        (bot, chat, id): (BotId, i64, i64),
        called: &Called,
    ) -> Result<(), store::Error> {
        let Some(row) = core.batch.store.find_outgoing(id)? else {
            self.leave_queue(bot, chat);
            return Ok(());
        };
        match telegram::read(unsent(&row, called).as_ref().unwrap_or(called)) {
            Ok(result) => {
                if let Some(line) = self.line(bot) {
                    line.lane(chat).backoff.reset();
                }
                self.on_done(core, &row, Some(&result))
            }
            Err(refusal) => self.on_refused(core, &row, &refusal),
        }
    }

    fn on_refused(&mut self, core: &mut Core, row: &OutgoingRow, refusal: &Refusal) -> Result<(), store::Error> {
        self.count_failure(&refusal.reason);
        let why = refusal.why.as_str();
        match refusal.reason {
            Reason::Flood(after) => self.on_flood(core, row, after),
            Reason::Moved(to) => {
                self.try_again(core, row, Some(Duration::ZERO))?;
                self.move_chat(core, row.bot, row.chat, to)
            }
            Reason::Unauthorized => {
                self.try_again(core, row, None)?;
                self.refuse_line(core, row.bot, why)
            }
            Reason::NotSent | Reason::Server => self.try_later(core, row, why),
            Reason::InDoubt if is_repeatable(row) => self.try_later(core, row, why),
            Reason::InDoubt => self.on_doubt(core, row, why),
            // What it is to be, it is already.
            Reason::Unchanged => self.on_done(core, row, None),
            Reason::Bad if row.method == DELETE && why.contains("message to delete not found") => {
                self.on_done(core, row, None)
            }
            Reason::Bad if self.send_as_document(core, row)? => Ok(()),
            Reason::Bad | Reason::Gone | Reason::Conflict => self.on_failed(core, row, why),
        }
    }

    fn try_later(&mut self, core: &mut Core, row: &OutgoingRow, why: &str) -> Result<(), store::Error> {
        log::debug!("bot {}: Telegram: {} is tried again: {why}", row.bot, row.method);
        note(core, row, "delayed", why);
        self.try_again(core, row, None)
    }

    /// Telegram names a time: to knock before makes it longer. Where two chats are told so, all wait.
    fn on_flood(&mut self, core: &mut Core, row: &OutgoingRow, after: Duration) -> Result<(), store::Error> {
        log::info!("bot {}: Telegram wants {} s of silence in {}", row.bot, after.as_secs(), row.chat);
        note(core, row, "delayed", &format!("Telegram wants {} s of silence in this chat", after.as_secs()));
        self.try_again(core, row, Some(after))?;
        let now = core.batch.now.mono;
        if let Some(line) = self.line(row.bot) {
            let others = line.lanes.iter().filter(|(chat, lane)| **chat != row.chat && lane.blocked_until > now);
            if others.count() > 0 {
                line.next_at = line.next_at.max(now + after);
            }
        }
        Ok(())
    }

    /// It is done; `result` is what Telegram gave for it.
    pub(super) fn on_done(
        &mut self,
        core: &mut Core,
        row: &OutgoingRow,
        result: Option<&Fields>,
    ) -> Result<(), store::Error> {
        let (chat, part, now_s) = (row.chat, row.part, core.batch.lived());
        let files = result.map(|result| self.numbers_of_files(row, result)).unwrap_or_default();
        for (id, number) in &files {
            let new = ThereRow { chat, number: *number, message_id: id, part, is_file: true };
            core.batch.store.insert_telegram_message(row.bot, &new, now_s)?;
        }
        let number = result.and_then(|result| result.number("message_id").ok().flatten());
        if let Some(number) = number.filter(|_| files.is_empty()) {
            // A part that an edit has added belongs to what was said first.
            let is_edit = matches!(row.method.as_str(), EDIT | CAPTION);
            let message_id = row.about.as_deref().filter(|_| is_edit).unwrap_or(&row.message_id);
            let new = ThereRow { chat, number, message_id, part, is_file: row.method == CAPTION };
            core.batch.store.insert_telegram_message(row.bot, &new, now_s)?;
        }
        if let (TRIM | DELETE, Some(about)) = (row.method.as_str(), &row.about) {
            let numbers = numbers_of(&core.batch.store, row.bot, row.chat, about)?;
            for number in numbers.into_iter().skip(usize::try_from(row.part).unwrap_or(0)) {
                core.batch.store.delete_telegram_message(row.bot, row.chat, number)?;
            }
        }
        self.finish(core, row)?;
        for (id, _) in &files {
            core.batch.note_way(row.bot, id, "sent", "Telegram has it");
        }
        self.end_file(core, row, Ok(()));
        if let Some(note) = &row.note {
            let nothing = Fields::empty();
            let done = self.people_called(core, (row.bot, row.chat), note, Ok(result.unwrap_or(&nothing)));
            return super::tolerated(done).map(drop);
        }
        if !core.batch.store.has_outgoing(row.bot, &row.message_id, row.id)? {
            note(core, row, "sent", "Telegram has it");
            advance(core, row, Progress::Sent, None)?;
        }
        Ok(())
    }

    /// It will never be done; what else there is of the same message goes with it.
    pub(super) fn on_failed(&mut self, core: &mut Core, row: &OutgoingRow, why: &str) -> Result<(), store::Error> {
        log::warn!("bot {}: Telegram refused {}: {why}", row.bot, row.method);
        self.finish(core, row)?;
        // In the place of a file words are said, under its id.
        if self.end_file(core, row, Err(Failure::NotFound(why.to_string()))) {
            return Ok(());
        }
        if let Some(note) = &row.note {
            return super::tolerated(self.people_called(core, (row.bot, row.chat), note, Err(why))).map(drop);
        }
        note(core, row, "failed", why);
        advance(core, row, Progress::Failed, Some(why))?;
        tell(core, row, why, false);
        Ok(())
    }

    /// Nobody knows whether it was done. It is not sent again by itself; what comes behind it goes on.
    pub(super) fn on_doubt(&mut self, core: &mut Core, row: &OutgoingRow, why: &str) -> Result<(), store::Error> {
        log::warn!("bot {}: whether Telegram did {} is not known: {why}", row.bot, row.method);
        core.batch.store.store_outgoing(row.id, OutgoingState::InDoubt)?;
        self.leave_queue(row.bot, row.chat);
        self.end_file(core, row, Ok(()));
        if let Some(line) = self.line(row.bot) {
            line.in_doubt.push(row.id);
        }
        note(core, row, "in_doubt", why);
        tell(core, row, why, true);
        Ok(())
    }

    fn finish(&mut self, core: &mut Core, row: &OutgoingRow) -> Result<(), store::Error> {
        core.batch.store.delete_outgoing(row.id)?;
        self.leave_queue(row.bot, row.chat);
        Ok(())
    }

    /// Sends again what is in doubt, in its order and before what waits.
    pub(super) fn send_doubtful(&mut self, core: &mut Core, bot: BotId) -> Result<usize, store::Error> {
        let Some(line) = self.line(bot) else { return Ok(0) };
        let mut rows = std::mem::take(&mut line.in_doubt);
        rows.sort_unstable();
        for id in &rows {
            let Some(row) = core.batch.store.find_outgoing(*id)? else { continue };
            core.batch.store.store_outgoing(*id, OutgoingState::Waiting)?;
            if let Some(line) = self.line(bot) {
                let lane = line.lane(row.chat);
                // The one that is on its way stays the first.
                let first = usize::from(lane.under_way.is_some());
                let at = lane.waiting.iter().skip(first).position(|other| other > id);
                lane.waiting.insert(at.map_or(lane.waiting.len(), |at| at + first), *id);
            }
        }
        Ok(rows.len())
    }

    /// After a start: what was on its way when the last run ended is in doubt, unless it does no harm twice.
    pub(super) fn settle_interrupted(&mut self, core: &mut Core) -> Result<(), store::Error> {
        for id in std::mem::take(&mut self.interrupted) {
            let Some(row) = core.batch.store.find_outgoing(id)? else { continue };
            if is_repeatable(&row) {
                core.batch.store.store_outgoing(id, OutgoingState::Waiting)?;
                if let Some(line) = self.line(row.bot) {
                    line.lane(row.chat).waiting.push_front(id);
                }
                continue;
            }
            core.batch.store.store_outgoing(id, OutgoingState::InDoubt)?;
            if let Some(line) = self.line(row.bot) {
                line.in_doubt.push(id);
            }
            note(core, &row, "in_doubt", "Botmother was interrupted before Telegram had answered");
            tell(core, &row, "Botmother was interrupted before Telegram had answered", true);
        }
        Ok(())
    }
}

/// How far what a bot said has come, told where its program wants to know.
fn advance(core: &mut Core, row: &OutgoingRow, to: Progress, why: Option<&str>) -> Result<(), store::Error> {
    let Some(spoken) = core.batch.store.find_spoken(row.bot, &row.message_id)? else { return Ok(()) };
    if spoken.progress != Progress::Accepted {
        return Ok(());
    }
    core.batch.store.store_progress(spoken.id, to)?;
    let state = if to == Progress::Failed { "failed" } else { "sent" };
    let (recipient, at) = (spoken.recipient.as_str(), core.batch.now.unix());
    let payload = record::message_state(&row.message_id, recipient, (state, why), at);
    core.push_update(row.bot, UpdateKind::MessageState.as_str(), &payload)
}

/// A step on the way of what is said, or of what is done to it.
fn note(core: &mut Core, row: &OutgoingRow, what: &'static str, why: &str) {
    if row.note.as_deref().is_none_or(|note| note == FILE) {
        core.batch.note_way(row.bot, &row.message_id, what, why.to_string());
    }
}

/// The owner has to know.
fn tell(core: &mut Core, row: &OutgoingRow, why: &str, is_in_doubt: bool) {
    let to = super::address::Place { chat: row.chat, thread: row.thread };
    if row.chat == 0 {
        return;
    }
    let why: String = why.chars().take(limits::REMOTE_TEXT_BYTES_MAX).collect();
    let lost = Undelivered { to: to.address(), message_id: row.message_id.clone(), why, is_in_doubt };
    core.signal(Signal::Undelivered(row.bot, lost));
}

/// Under which a refusal is counted.
pub(super) fn symbol(reason: &Reason) -> &'static str {
    match reason {
        Reason::Unauthorized => "unauthorized",
        Reason::Conflict => "conflict",
        Reason::Flood(_) => "flood",
        Reason::Moved(_) => "moved",
        Reason::Unchanged | Reason::Bad | Reason::Gone => "refused",
        Reason::Server => "server",
        Reason::InDoubt => "unanswered",
        Reason::NotSent => "unreachable",
    }
}
