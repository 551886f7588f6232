//! What becomes of something that has passed: it is said otherwise, taken back, or reacted to. What the bot said in its place
//! follows, wherever that went.

use std::collections::BTreeSet;

use super::passing::{Origin, Way};
use super::{Spoken, kind_at, side_of};
use crate::base::id::{BotId, LinkId};
use crate::base::jid::BareJid;
use crate::core::actions::NewAction;
use crate::core::batch::Trouble;
use crate::core::handle::{BotAction, NewMessage};
use crate::core::incoming::Incoming;
use crate::core::texts::bridge;
use crate::core::{Context, Reacted, TakenBack};
use crate::store;
use crate::store::row::{LinkMode, LinkSide, PassedRow};

/// Something that stands for what passed, and the way to it.
struct Stand {
    row: PassedRow,
    way: Way,
}

/// Which of them are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// What the bot said in its place.
    Copies,
    /// Everything that stands for the same.
    All,
}

impl Context<'_> {
    /// Something was said in the place of what was said before; says whether that had passed, and is changed now.
    pub(super) fn pass_edit_of(
        &mut self,
        bot: BotId,
        said: &Incoming<'_>,
        origin: Origin<'_>,
        replaced: &str,
    ) -> Result<bool, store::Error> {
        let stands = self.stands_for(bot, (origin.place, replaced), Reach::Copies)?;
        let mut shown: Option<String> = None;
        for stand in &stands {
            // All that goes out from a room reads as it does there.
            let is_first = self.first_hop(stand, origin.place);
            let text = match &shown {
                Some(text) if !is_first => text.clone(),
                _ => self.shown_at(said, &stand.way)?,
            };
            shown.get_or_insert_with(|| text.clone());
            self.edit(bot, stand, &text)?;
            if is_first && origin.id != replaced {
                // Whoever answers the new one means it, too.
                self.note_passed(&stand.way, origin, (&stand.row.other, &stand.row.other_id))?;
            }
        }
        Ok(!stands.is_empty())
    }

    /// What the bot did to what it had said itself.
    pub(super) fn pass_action(&mut self, bot: BotId, spoken: &Spoken, action: &BotAction) -> Result<(), store::Error> {
        let place = &spoken.to;
        match action {
            BotAction::File { .. } => self.spread_file(bot, (place, &spoken.message_id), action),
            BotAction::Edit { message_id, text, .. } => {
                let stands = self.stands_for(bot, (place, message_id), Reach::Copies)?;
                stands.iter().try_for_each(|stand| self.edit(bot, stand, text))
            }
            BotAction::Deletion { message_id } => self.delete_copies(bot, place, message_id),
            BotAction::Reaction { .. } | BotAction::Buttons { .. } | BotAction::Read { .. } | BotAction::State(_) => {
                Ok(())
            }
        }
    }

    /// Somebody took back what he had said: what stands for it goes.
    pub(crate) fn pass_retraction(&mut self, bot: BotId, what: &TakenBack) -> Result<(), store::Error> {
        let Ok(place) = BareJid::parse_any(&what.peer) else { return Ok(()) };
        if what.is_replaced || !self.core.bridge.is_linked(bot, &place) {
            return Ok(());
        }
        self.delete_copies(bot, &place, &what.message_id)
    }

    /// Somebody reacts to something. The bot has one reaction to a message to show all of theirs with: the newest that there is.
    pub(crate) fn pass_reaction(&mut self, bot: BotId, reacted: &Reacted) -> Result<(), store::Error> {
        if !self.core.bridge.is_linked(bot, &reacted.chat) {
            return Ok(());
        }
        let emoji = reacted.emoji.last().map(String::as_str).unwrap_or_default();
        for stand in self.stands_for(bot, (&reacted.chat, &reacted.message_id), Reach::All)? {
            let side = stand.way.to.other();
            let who = (side, reacted.from.as_str());
            let newest = self.core.batch.store.store_passed_reaction(stand.row.id, who, emoji)?;
            let message_id = stand.row.other_id.clone();
            self.do_there(bot, &stand, BotAction::Reaction { message_id, emoji: newest.unwrap_or_default() })?;
        }
        Ok(())
    }

    fn delete_copies(&mut self, bot: BotId, place: &BareJid, id: &str) -> Result<(), store::Error> {
        for stand in self.stands_for(bot, (place, id), Reach::Copies)? {
            let message_id = stand.row.other_id.clone();
            self.do_there(bot, &stand, BotAction::Deletion { message_id })?;
        }
        Ok(())
    }

    /// Changes what the bot said; where nothing can be changed, it is said anew, with a mark.
    fn edit(&mut self, bot: BotId, stand: &Stand, text: &str) -> Result<(), store::Error> {
        let message_id = stand.row.other_id.clone();
        let action = BotAction::Edit { message_id, text: text.to_string(), keyboard: None };
        if self.do_there(bot, stand, action)? {
            return Ok(());
        }
        let kind = kind_at(&stand.way.link, stand.way.to);
        self.say_anew(bot, stand.way.link.id, &NewMessage::text(&stand.row.other.to_jid(), kind, text))
    }

    /// Says what is otherwise now once more, with a mark.
    pub(super) fn say_anew(&mut self, bot: BotId, link: LinkId, new: &NewMessage) -> Result<(), store::Error> {
        let text = self.core.batch.words(&bridge::EDITED) + &new.text;
        let done = self.send_unheard(bot, &NewMessage::text(&new.to, new.kind, &text));
        self.settle(link, done).map(drop)
    }

    /// Does something to what stands there; says whether it could be done. What cannot is no trouble of the link's.
    fn do_there(&mut self, bot: BotId, stand: &Stand, action: BotAction) -> Result<bool, store::Error> {
        let kind = kind_at(&stand.way.link, stand.way.to);
        let act = NewAction { to: stand.row.other.to_jid(), kind, action, idempotency_key: None };
        let done = match self.change_queued(bot, stand.way.link.id, &act) {
            Ok(false) => self.act_unheard(bot, &act).map(drop),
            done => done.map(drop),
        };
        match done {
            Ok(()) => Ok(true),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => {
                log::debug!("bot {bot}: what passed to {} could not be changed: {failure}", act.to);
                Ok(false)
            }
        }
    }

    /// What stands for something on other sides, the nearest first: through open ways of links that are on.
    fn stands_for(&self, bot: BotId, (place, id): (&BareJid, &str), reach: Reach) -> Result<Vec<Stand>, store::Error> {
        let mut found: Vec<Stand> = Vec::new();
        let mut seen: BTreeSet<i64> = BTreeSet::new();
        let mut next = vec![(place.clone(), id.to_string())];
        while let Some((place, id)) = next.pop() {
            for row in self.core.batch.store.list_passed(bot, place.as_str(), &id)? {
                if reach == Reach::Copies && !row.is_origin || !seen.insert(row.id) {
                    continue;
                }
                next.push((row.other.clone(), row.other_id.clone()));
                let Some(link) = self.core.bridge.get(row.link).filter(|link| link.is_enabled) else { continue };
                let Some(to) = side_of(link, &row.other) else { continue };
                if to == LinkSide::There || link.mode == LinkMode::Bridge {
                    found.push(Stand { way: Way { link: link.clone(), to }, row });
                }
            }
        }
        // What was said otherwise has passed once more, under the same name.
        let mut named = BTreeSet::new();
        found.retain(|stand| named.insert((stand.row.other.to_string(), stand.row.other_id.clone())));
        Ok(found)
    }

    /// Whether it stands at the other end of a link that a place is in.
    fn first_hop(&self, stand: &Stand, place: &BareJid) -> bool {
        side_of(&stand.way.link, place) == Some(stand.way.to.other())
    }
}
