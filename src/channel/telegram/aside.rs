//! What is shown for a moment and never kept: that a bot types, and an answer while it comes. It must not cost what is said:
//! nothing of it goes out while a chat is to be silent, and what fails is not tried again.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use crate::base::call::Called;
use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::base::json::Object;
use crate::base::limits;
use crate::base::rich::Rich;
use crate::channel::telegram::address::Place;
use crate::channel::telegram::saying::text_fields;
use crate::channel::telegram::{CallFor, Telegram};
use crate::core::Core;
use crate::core::channel::{Doing, Piece};
use crate::core::failure::Failure;
use crate::core::handle::ChatState;
use crate::core::keyboard::PressAnswer;
use crate::remote::telegram::{self, Reason};

impl Telegram {
    /// Shows that a bot types. Telegram shows it for five seconds.
    pub(super) fn show_doing(&mut self, core: &mut Core, bot: BotId, doing: &Doing<'_>) -> Result<(), Failure> {
        let place = Place::to(doing.to)?;
        if doing.state != ChatState::Composing || !self.may_show(core, bot, place) {
            return Ok(());
        }
        let object = Object::new().number("chat_id", place.chat).text("action", "typing");
        let object = place.thread.into_iter().fold(object, |object, thread| object.number("message_thread_id", thread));
        self.call_aside(core, (bot, place), ("sendChatAction", object.end()), CallFor::Aside);
        Ok(())
    }

    /// Whether an answer may be shown there while it comes.
    pub(super) fn may_draft(&self, bot: BotId, to: &Jid) -> bool {
        let is_private = Place::of(&to.bare()).is_some_and(|place| place.chat > 0);
        is_private && self.lines.get(&bot).is_some_and(|line| line.is_live && !line.has_no_drafts)
    }

    /// Shows what there is of an answer as a draft, which goes when the answer is said.
    pub(super) fn show_draft(&mut self, core: &mut Core, bot: BotId, to: &Jid, piece: &Piece<'_>) {
        let Some(place) = Place::of(&to.bare()).filter(|_| self.may_draft(bot, to)) else { return };
        let is_busy = self.lines.get(&bot).and_then(|line| line.lanes.get(&place.chat));
        if is_busy.is_some_and(|lane| lane.under_way.is_some() || !lane.waiting.is_empty())
            || !self.may_show(core, bot, place)
        {
            return;
        }
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(to.as_str());
        let draft = i64::from((hash >> 33) as u32) + 1;
        let Some(text) = Rich::from_styling(piece.text).cut(limits::TELEGRAM_TEXT_UNITS).into_iter().next() else {
            return;
        };
        let object = Object::new().number("chat_id", place.chat).number("draft_id", draft);
        let object = place.thread.into_iter().fold(object, |object, thread| object.number("message_thread_id", thread));
        let body = format!("{{{},{}}}", object.members(), text_fields(&text, None));
        let tag = self.call_aside(core, (bot, place), ("sendMessageDraft", body), CallFor::Draft(bot, place.chat));
        if let Some(line) = self.line(bot) {
            // What is said must not be overtaken.
            line.lane(place.chat).under_way = tag;
        }
    }

    /// A draft is shown, or was refused: then none is shown any more.
    pub(super) fn on_draft(&mut self, core: &Core, (bot, chat): (BotId, i64), called: &Called) {
        let now = core.batch.now.mono;
        let Some(line) = self.line(bot) else { return };
        let lane = line.lane(chat);
        lane.under_way = None;
        match telegram::read(called) {
            Ok(_) => {}
            Err(refusal) => {
                log::debug!("bot {bot}: Telegram shows no draft: {}", refusal.why);
                match refusal.reason {
                    Reason::Flood(after) => lane.blocked_until = now + after,
                    Reason::Bad | Reason::Unauthorized => line.has_no_drafts = true,
                    _ => {}
                }
            }
        }
    }

    /// What a bot's program shows to whoever pressed a button.
    pub(super) fn answer_one(&mut self, core: &mut Core, bot: BotId, answer: &PressAnswer) {
        let Some(query) = &answer.native else { return };
        if let Some(line) = self.line(bot) {
            line.presses.retain(|(other, _)| other != query);
        }
        let object = Object::new().text("callback_query_id", query).text_if("text", answer.text.as_deref());
        self.call_query(core, bot, if answer.is_alert { object.truth("show_alert", true) } else { object });
    }

    /// Presses that nobody has answered in time: the phone need not wait any longer.
    pub(super) fn answer_presses(&mut self, core: &mut Core, bot: BotId) {
        let now = core.batch.now.mono;
        let is_due = |line: &std::sync::Arc<crate::channel::telegram::line::Line>| {
            line.is_live && line.presses.front().is_some_and(|(_, at)| *at <= now)
        };
        while self.lines.get(&bot).is_some_and(is_due) {
            let Some((query, _)) = self.line(bot).and_then(|line| line.presses.pop_front()) else { return };
            self.call_query(core, bot, Object::new().text("callback_query_id", &query));
        }
    }

    fn call_query(&mut self, core: &mut Core, bot: BotId, object: Object) {
        if let Some(line) = self.lines.get(&bot) {
            let call = super::call(&line.row, "answerCallbackQuery", object.end());
            self.calls.call_lasting(&mut core.batch, call, CallFor::Aside);
        }
    }

    /// Whether something may be shown in a chat now.
    fn may_show(&self, core: &Core, bot: BotId, place: Place) -> bool {
        let now = core.batch.now.mono;
        let Some(line) = self.lines.get(&bot).filter(|line| line.is_live && line.next_at <= now) else { return false };
        line.lanes.get(&place.chat).is_none_or(|lane| {
            lane.blocked_until <= now && lane.shown_at.is_none_or(|at| at + limits::TELEGRAM_LIVE_PACE <= now)
        })
    }

    fn call_aside(
        &mut self,
        core: &mut Core,
        (bot, place): (BotId, Place),
        (method, body): (&str, String),
        about: CallFor,
    ) -> Option<u64> {
        let call = super::call(&self.lines.get(&bot)?.row, method, body);
        let tag = self.calls.call_lasting(&mut core.batch, call, about);
        let now = core.batch.now.mono;
        if let Some(line) = self.line(bot) {
            line.tidy(now);
            line.lane(place.chat).shown_at = Some(now);
        }
        Some(tag)
    }
}
