//! What owners hear of their links: that nothing passes, once until it does again; that something may not have arrived, with
//! a mark at what was said.

use super::{kind_at, side_of};
use crate::base::id::{BotId, LinkId};
use crate::base::limits;
use crate::core::actions::NewAction;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{BotAction, Mode};
use crate::core::owner::is_local;
use crate::core::texts::bridge;
use crate::core::{Context, Core, Signal, Undelivered};
use crate::store;
use crate::store::row::LinkRow;

/// At what may have arrived, and at what did not.
const IN_DOUBT: &str = "❓";
const FAILED: &str = "❌";

impl Context<'_> {
    /// What came of saying something through a link; `None` where it could not be said, which its owner is told once.
    pub(super) fn settle<T>(&mut self, link: LinkId, done: Result<T, Trouble>) -> Result<Option<T>, store::Error> {
        match done {
            Ok(value) => {
                self.core.note_passing(link)?;
                Ok(Some(value))
            }
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => self.core.note_stuck(link, &failure).map(|()| None),
        }
    }

    /// Something that passed, or that a bot said elsewhere by itself, may not have arrived, or did not.
    pub(crate) fn note_undelivered(&mut self, bot: BotId, what: &Undelivered) -> Result<(), store::Error> {
        self.mark_origin(bot, what)?;
        let word = if what.is_in_doubt { "doubt" } else { "failed" };
        if !self.core.batch.is_time_for(&format!("bot_{bot}_{word}_at"), limits::UNDELIVERED_TOLD_EVERY_S)? {
            return Ok(());
        }
        let link = self.core.bridge.with_chat(bot, &what.to);
        let name = link.map_or_else(|| what.to.to_string(), |link| link.name().to_string());
        let text = if what.is_in_doubt { &bridge::IN_DOUBT } else { &bridge::GIVEN_UP };
        let language = self.core.batch.setup.settings.language;
        let text = text.fill(language, &[("name", &name), ("why", &what.why)]);
        self.core.tell_owner_of(bot, &text);
        Ok(())
    }

    /// Whoever said it sees at his message that it is in doubt.
    fn mark_origin(&mut self, bot: BotId, what: &Undelivered) -> Result<(), store::Error> {
        for row in self.core.batch.store.list_passed(bot, what.to.as_str(), &what.message_id)? {
            let link = self.core.bridge.get(row.link).filter(|_| !row.is_origin);
            let Some((link, side)) = link.and_then(|link| Some((link, side_of(link, &row.other)?))) else { continue };
            let emoji = if what.is_in_doubt { IN_DOUBT } else { FAILED };
            let action = BotAction::Reaction { message_id: row.other_id.clone(), emoji: emoji.to_string() };
            let kind = kind_at(link, side);
            let act = NewAction { to: row.other.to_jid(), kind, action, idempotency_key: None };
            if let Err(Trouble::Store(error)) = self.act_unheard(bot, &act) {
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Core {
    fn note_passing(&mut self, link: LinkId) -> Result<(), store::Error> {
        match self.bridge.get(link).filter(|link| link.trouble.is_some()).cloned() {
            Some(row) => self.keep_link(&LinkRow { trouble: None, ..row }),
            None => Ok(()),
        }
    }

    fn note_stuck(&mut self, link: LinkId, failure: &Failure) -> Result<(), store::Error> {
        let Some(row) = self.bridge.get(link).cloned() else { return Ok(()) };
        let why = failure.at(self.batch.chat_place());
        if row.trouble.is_none() {
            log::warn!("bot {}: nothing passes to {}: {failure}", row.bot, row.there);
            let language = self.batch.setup.settings.language;
            let values = [("here", row.here.as_str()), ("there", row.name()), ("why", &why)];
            self.tell_owner_of(row.bot, &bridge::STUCK.fill(language, &values));
        }
        if row.trouble.as_ref() == Some(&why) { Ok(()) } else { self.keep_link(&LinkRow { trouble: Some(why), ..row }) }
    }

    /// Tells a bot's owner something: by the bot, where it has a chat with him, else in his own chat.
    pub(crate) fn tell_owner_of(&mut self, bot: BotId, text: &str) {
        let Some(known) = self.batch.bots.get(&bot) else { return };
        let owner = known.row.owner.clone();
        let signal = match known.mode {
            Mode::Personal if is_local(&owner) => Signal::SayAs(bot, owner, text.to_string()),
            Mode::Dedicated | Mode::Cloud if !is_local(&owner) => Signal::SayAs(bot, owner, text.to_string()),
            Mode::Personal | Mode::Dedicated | Mode::Cloud => Signal::Notify(owner, text.to_string()),
        };
        self.signal(signal);
    }
}
