//! What a bot's program is told of what was said to it: an update in its queue.

use crate::base::id::{self, BotId, UpdateId};
use crate::base::jid::Jid;
use crate::core::incoming::{Incoming, Wish};
use crate::core::keyboard::Pressed;
use crate::core::kinds::UpdateKind;
use crate::core::{Confirmation, Core, Signal, Stage, record};
use crate::store;
use crate::store::row::{ChannelName, ConversationKind, PressRow, Side};

impl Core {
    /// Puts what was said into a bot's queue, with what of it may be kept. Gives the update, unless its program does not want
    /// messages.
    pub(crate) fn tell_message(
        &mut self,
        bot: BotId,
        said: &Incoming<'_>,
        body: &str,
    ) -> Result<Option<UpdateId>, store::Error> {
        let correction = match &said.replaces {
            // Of somebody else's message, or one too old to be remembered: it is said anew.
            Some(id) if self.may_correct(bot, said, id)? => Some(&**id),
            _ => None,
        };
        let files = self.batch.remember_files(bot, &said.id, &said.files)?;
        let data = record::message(said, body, correction, &files);
        // The built-in chat keeps its lines by itself, and so does the web.
        if ![ChannelName::LOCAL, ChannelName::WEB].contains(&said.channel) {
            let (place, row) = (said.conversation(bot), said.told_row());
            let occupant = said.author.as_deref().zip(said.from.resource());
            let message = self.batch.store.insert_told_by(&place, &row, occupant, self.batch.lived())?;
            let corrects = correction.map(|id| (id, said.author.as_deref().map_or(Side::Others, Side::Occupant)));
            self.batch.keep_told(bot, said, body, (message, corrects))?;
        }
        let update = self.queue_update(bot, UpdateKind::Message.as_str(), &data)?;
        self.batch.note_told(bot, said, update);
        if let Some(update) = update {
            self.note_wish(bot, (&said.from, &said.wish), update)?;
        }
        Ok(update)
    }

    /// Whether something is a correction of what the same person has said before. What an occupant says to us alone is none:
    /// who has his nick now need not be who had it then.
    fn may_correct(&self, bot: BotId, said: &Incoming<'_>, id: &str) -> Result<bool, store::Error> {
        match said.account {
            Some(account) if said.kind == ConversationKind::Chat => {
                self.batch.store.was_told(account, bot, &said.from.bare(), id)
            }
            Some(_) => Ok(false),
            // Such a channel has made sure of the author.
            None => self.batch.store.was_told_in(&said.conversation(bot), id),
        }
    }

    /// Puts a press of a button into a bot's queue, and remembers how it is answered.
    pub(crate) fn tell_press(&mut self, bot: BotId, pressed: &Pressed) -> Result<(), store::Error> {
        let id = id::uuid(self.batch.random());
        let row = PressRow {
            bot,
            from: pressed.from.clone(),
            kind: pressed.kind,
            message_id: pressed.message_id.clone(),
            native: pressed.native.clone(),
        };
        self.batch.store.insert_press(&id, &row, self.batch.lived())?;
        let data = record::callback_query(&id, pressed);
        match self.queue_update(bot, UpdateKind::CallbackQuery.as_str(), &data)? {
            Some(update) => self.note_wish(bot, (&pressed.from, &pressed.wish), update),
            None => Ok(()),
        }
    }

    /// Its sender is told that it has arrived, and later that it was read, if he wants that.
    fn note_wish(&mut self, bot: BotId, (from, wish): (&Jid, &Wish), update: UpdateId) -> Result<(), store::Error> {
        if let Some(id) = &wish.marker {
            self.batch.store.insert_unread(update, bot, from, id)?;
        }
        if let Some((to, message_id)) = wish.receipt.clone() {
            self.signal(Signal::Confirmed(bot, Confirmation { to, message_id, stage: Stage::Arrived }));
        }
        Ok(())
    }

    /// The program has taken its updates below this one: what they told of is read. Called before they are deleted.
    pub(crate) fn note_taken(&mut self, bot: BotId, below: UpdateId) -> Result<(), store::Error> {
        for (to, message_id) in self.batch.store.list_unread_below(bot, below)? {
            self.signal(Signal::Confirmed(bot, Confirmation { to, message_id, stage: Stage::Displayed }));
        }
        Ok(())
    }

    /// The program has this one update: what its sender is told, if he wants to hear that it was read. Called before the
    /// update is deleted.
    pub(crate) fn read_by(&mut self, update: UpdateId) -> Result<Option<Confirmation>, store::Error> {
        let unread = self.batch.store.find_unread(update)?;
        Ok(unread.map(|(to, message_id)| Confirmation { to, message_id, stage: Stage::Displayed }))
    }
}
