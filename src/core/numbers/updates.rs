//! `getUpdates` by numbers: which updates a program wants, and how they are told.

use std::collections::BTreeMap;

use crate::base::id::{BotId, UpdateId};
use crate::base::jid::BareJid;
use crate::core::Core;
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::handle::{
    Answer, NumberedAnswer, NumberedChat, NumberedEvent, NumberedFile, NumberedMessage, NumberedUpdate, UpdateKinds,
    UpdatePoll,
};
use crate::core::numbers::lately::SaidLately;
use crate::core::record::read::{self, FileRecord, Record, SaidRecord, Where};
use crate::core::updates::Form;
use crate::store;
use crate::store::row::{NumberedBotRow, UpdateRow};

/// Bots whose programs know things by numbers.
pub(crate) type Numbered = BTreeMap<BotId, NumberedBotRow>;

/// What is to be told of an update.
enum Told {
    /// This.
    Event(NumberedEvent),
    /// Nothing: programs like this one know no such thing, or it does not want it.
    Nothing,
    /// Something in it has no number yet.
    Unnumbered,
}

/// What a program gets that has not chosen: all but reactions, as Telegram has it.
const NOT_BY_DEFAULT: &[&str] = &["message_reaction"];

/// Commands that programs written for Telegram answer themselves.
const THEIRS: [&str; 6] = ["start", "help", "hilfe", "info", "clear", "stop"];

/// How far behind the newest update an offset may be and still confirm something, as at Telegram.
const OFFSET_AHEAD_MAX: i64 = 11;

impl NumberedBotRow {
    fn wants(&self, event: &NumberedEvent) -> bool {
        let name = event.as_str();
        match &self.allowed {
            Some(names) => names.split(',').any(|wanted| wanted == name),
            None => !NOT_BY_DEFAULT.contains(&name),
        }
    }

    /// The types of updates that are queued for it.
    fn kinds(&self) -> UpdateKinds {
        let names = self.allowed.as_deref().unwrap_or("message,callback_query");
        let ours = names.split(',').map(|name| match name {
            "edited_message" => "message",
            "message_reaction" => "reaction",
            other => other,
        });
        UpdateKinds::known(ours)
    }
}

impl Core {
    /// Reads anew whose programs know things by numbers.
    pub(crate) fn reload_numbered(&mut self) -> Result<(), store::Error> {
        let rows = self.batch.store.list_numbered_bots()?;
        self.updates.numbered = rows.into_iter().map(|row| (row.bot, row)).collect();
        Ok(())
    }

    /// A bot's program is of this kind, and wants these updates from now on; without a word about that, those it wanted.
    pub(crate) fn want_numbered(&mut self, bot: BotId, wanted: Option<&str>) -> Result<(), store::Error> {
        if wanted.is_none() && self.updates.numbered.contains_key(&bot) {
            return Ok(());
        }
        let before = self.updates.numbered.get(&bot).cloned();
        let is_new = before.is_none();
        let mut row = before.clone().unwrap_or(NumberedBotRow { bot, allowed: None, has_hook: false });
        if let Some(wanted) = wanted {
            row.allowed = Some(wanted.to_string()).filter(|names| !names.is_empty());
        }
        if before.as_ref() == Some(&row) {
            return Ok(());
        }
        if wanted.is_some() || is_new {
            self.batch.allow_updates(bot, row.kinds())?;
        }
        self.keep_numbered(row)
    }

    /// Whether a command is for a bot's program alone, though the bot would know it by itself: programs that were written
    /// for Telegram answer these, and those for Botyard all that comes from pages.
    pub(crate) fn is_for_program(&self, (bot, who): (BotId, &BareJid), word: Option<&str>) -> bool {
        let is_theirs = word.is_some_and(|word| THEIRS.contains(&word)) && self.updates.numbered.contains_key(&bot);
        is_theirs || who.channel() == Some("web") && self.webhooks.is_plain(bot)
    }

    /// How a bot's webhook is told from now on.
    pub(crate) fn hook_numbered(&mut self, bot: BotId, form: Form) -> Result<(), store::Error> {
        let has_hook = form == Form::Numbered;
        match self.updates.numbered.get(&bot).cloned() {
            Some(row) if row.has_hook != has_hook => self.keep_numbered(NumberedBotRow { has_hook, ..row }),
            _ => Ok(()),
        }
    }

    fn keep_numbered(&mut self, row: NumberedBotRow) -> Result<(), store::Error> {
        self.batch.store.store_numbered_bot(&row)?;
        self.updates.numbered.insert(row.bot, row);
        Ok(())
    }

    /// An update goes into a bot's queue: what it names gets its numbers with it.
    pub(crate) fn number_update(&mut self, bot: BotId, kind: &str, payload: &str) -> Result<(), store::Error> {
        if !self.updates.numbered.contains_key(&bot) {
            return Ok(());
        }
        let record = read::read(kind, payload);
        self.note_lately(bot, &record);
        self.batch.number_record(bot, &record)
    }

    /// Its program may pass on what was said.
    fn note_lately(&mut self, bot: BotId, record: &Record) {
        let Record::Said(said) = record else { return };
        let name = said.correction_of.clone().unwrap_or_else(|| said.message_id.clone());
        let text = if said.files.iter().any(|file| file.url == said.text) { "" } else { &said.text };
        let by = Some(said.place.from.clone());
        self.updates.lately.note_said(bot, SaidLately { name, text: text.to_string(), by });
    }

    /// `getUpdates`, as Telegram's Bot API has it.
    pub(crate) fn get_numbered(
        &mut self,
        bot: BotId,
        poll: &UpdatePoll,
        wanted: Option<&str>,
    ) -> Result<Verdict, Trouble> {
        self.webhooks.refuse_polling(bot)?;
        self.updates.listening.note_poll(&mut self.batch, bot)?;
        self.want_numbered(bot, wanted)?;
        let mut poll = *poll;
        if let Some(UpdateId(count @ i64::MIN..0)) = poll.offset {
            poll.offset = self.batch.store.first_of_last_updates(bot, count.saturating_neg())?;
        }
        // One far beyond all there are is of another queue, or of another server: nothing is confirmed by it.
        if let Some(offset) = poll.offset
            && let Some(newest) = self.batch.store.first_of_last_updates(bot, 1)?
            && offset.0 > newest.0 + OFFSET_AHEAD_MAX
        {
            poll.offset = None;
        }
        while self.batch.bot(bot)?.queued > 0 {
            if let Some(offset) = poll.offset {
                self.acknowledge(bot, offset)?;
            }
            let rows = self.updates.read_rows(&mut self.batch, bot, &poll)?;
            let Some(last) = rows.last().map(|row| row.id) else { break };
            let told = self.tell_numbered(bot, rows)?;
            if !told.is_empty() {
                return Ok(Verdict::Outcome(Ok(self.batch.numbered_updates(bot, told)?)));
            }
            // Nothing of these is for this program, which could not ask for what stands behind them.
            poll.offset = Some(UpdateId(last.0 + 1));
        }
        if poll.timeout.is_zero() || self.is_stopping {
            return Ok(Verdict::Outcome(Ok(self.batch.numbered_updates(bot, Vec::new())?)));
        }
        Ok(Verdict::AwaitNumbered(bot, poll))
    }

    /// What of these is told, numbered where something in them is not.
    fn tell_numbered(&mut self, bot: BotId, rows: Vec<UpdateRow>) -> Result<Vec<NumberedUpdate>, store::Error> {
        rows.into_iter().filter_map(|row| self.tell_one_numbered(bot, &row).transpose()).collect()
    }

    /// The same of one.
    pub(crate) fn tell_one_numbered(
        &mut self,
        bot: BotId,
        row: &UpdateRow,
    ) -> Result<Option<NumberedUpdate>, store::Error> {
        if !self.updates.numbered.contains_key(&bot) {
            return Ok(None);
        }
        let record = read::read(&row.kind, &row.payload);
        // The start has forgotten it.
        self.note_lately(bot, &record);
        let told = match self.batch.told(bot, &record)? {
            Told::Unnumbered => {
                self.batch.number_record(bot, &record)?;
                self.batch.told(bot, &record)?
            }
            told => told,
        };
        let Told::Event(event) = told else { return Ok(None) };
        let Some(wants) = self.updates.numbered.get(&bot) else { return Ok(None) };
        Ok(Some(NumberedUpdate { id: row.id, event }).filter(|update| wants.wants(&update.event)))
    }
}

impl Batch {
    /// The answer to a poller who waits: nothing is numbered for it. `None`: there is nothing for it yet.
    pub(crate) fn waiting_numbered(
        &self,
        numbered: &Numbered,
        bot: BotId,
        rows: &[UpdateRow],
    ) -> Result<Option<Answer>, store::Error> {
        let Some(wants) = numbered.get(&bot) else { return Ok(None) };
        let mut updates = Vec::new();
        for row in rows {
            match self.told(bot, &read::read(&row.kind, &row.payload))? {
                Told::Event(event) if wants.wants(&event) => updates.push(NumberedUpdate { id: row.id, event }),
                Told::Event(_) | Told::Nothing => {}
                // The next question numbers it.
                Told::Unnumbered => break,
            }
        }
        Ok(if updates.is_empty() { None } else { self.numbered_updates(bot, updates).ok() })
    }

    /// Updates as an answer.
    pub(crate) fn numbered_updates(
        &self,
        bot: BotId,
        updates: Vec<NumberedUpdate>,
    ) -> Result<Answer, crate::core::failure::Failure> {
        Ok(Answer::Numbered(Box::new(NumberedAnswer::Updates(self.numbered_bot(bot)?, updates))))
    }

    /// Gives numbers to all that an update names.
    fn number_record(&mut self, bot: BotId, record: &Record) -> Result<(), store::Error> {
        match record {
            Record::Said(said) => {
                let chat = self.number_where(bot, &said.place)?;
                let name = said.correction_of.as_ref().unwrap_or(&said.message_id);
                for name in [Some(name), said.reply_to.as_ref()].into_iter().flatten() {
                    self.number_message(bot, chat, name)?;
                }
            }
            Record::Reaction(reaction) => {
                let chat = self.number_where(bot, &reaction.place)?;
                self.number_message(bot, chat, &reaction.message_id)?;
            }
            Record::Press(press) => {
                let chat = self.number_where(bot, &press.place)?;
                self.number_message(bot, chat, &press.message_id)?;
            }
            Record::Room(room) => {
                self.number_chat(bot, &room.room, true)?;
                if let Some(inviter) = &room.inviter {
                    self.number_chat(bot, inviter, false)?;
                }
            }
            Record::Other => {}
        }
        Ok(())
    }

    fn number_where(&mut self, bot: BotId, place: &Where) -> Result<i64, store::Error> {
        self.number_chat(bot, &place.from, false)?;
        self.number_chat(bot, &place.chat, place.is_room)
    }

    fn told(&self, bot: BotId, record: &Record) -> Result<Told, store::Error> {
        let event = match record {
            Record::Said(said) => self.told_message(bot, said)?,
            Record::Reaction(reaction) => {
                let place = self.told_where(bot, &reaction.place)?;
                let message = match &place {
                    Some((chat, _)) => self.store.number_of_message(bot, chat.number, &reaction.message_id)?,
                    None => None,
                };
                place.zip(message).map(|((chat, from), message)| {
                    let emoji = reaction.emoji.clone();
                    NumberedEvent::Reacted { chat, from, message, emoji, at: reaction.place.at }
                })
            }
            Record::Press(press) => {
                let Some((chat, from)) = self.told_where(bot, &press.place)? else { return Ok(Told::Unnumbered) };
                let number = self.store.number_of_message(bot, chat.number, &press.message_id)?;
                let text = self.store.text_of_message(bot, &press.message_id)?.unwrap_or_default();
                let keyboard = self.buttons_of(bot, &press.message_id)?;
                number.map(|number| {
                    let (at, files) = (press.place.at, Vec::new());
                    let message =
                        NumberedMessage { chat, from: None, number, at, text, files, reply_to: None, keyboard };
                    let (id, data) = (press.id.clone(), press.data.clone());
                    NumberedEvent::Pressed { id, from, message: Box::new(message), data }
                })
            }
            Record::Room(room) => {
                let by = match &room.inviter {
                    Some(inviter) => match self.find_chat(bot, inviter, false)? {
                        Some(number) => Some(self.chat(number, inviter, false)?),
                        None => return Ok(Told::Unnumbered),
                    },
                    None => None,
                };
                match self.find_chat(bot, &room.room, true)? {
                    Some(number) => {
                        let chat = self.chat(number, &room.room, true)?;
                        Some(NumberedEvent::Room { chat, by, is_in: room.is_in, at: room.at })
                    }
                    None => None,
                }
            }
            Record::Other => return Ok(Told::Nothing),
        };
        Ok(event.map_or(Told::Unnumbered, Told::Event))
    }

    fn told_message(&self, bot: BotId, said: &SaidRecord) -> Result<Option<NumberedEvent>, store::Error> {
        let Some((chat, from)) = self.told_where(bot, &said.place)? else { return Ok(None) };
        let name = said.correction_of.as_ref().unwrap_or(&said.message_id);
        let Some(number) = self.store.number_of_message(bot, chat.number, name)? else { return Ok(None) };
        let reply_to = match &said.reply_to {
            Some(name) => {
                let Some(number) = self.store.number_of_message(bot, chat.number, name)? else { return Ok(None) };
                Some((number, self.store.progress_of(bot, name)?.is_some()))
            }
            None => None,
        };
        let message = Box::new(NumberedMessage {
            chat,
            from: Some(from),
            number,
            at: said.place.at,
            text: said.text.clone(),
            files: said.files.iter().map(told_file).collect(),
            reply_to,
            keyboard: None,
        });
        Ok(Some(match said.correction_of {
            Some(_) => NumberedEvent::Edited(message),
            None => NumberedEvent::Said(message),
        }))
    }

    fn told_where(&self, bot: BotId, place: &Where) -> Result<Option<(NumberedChat, NumberedChat)>, store::Error> {
        let chat = self.find_chat(bot, &place.chat, place.is_room)?;
        let from = self.find_chat(bot, &place.from, false)?;
        let Some((chat, from)) = chat.zip(from) else { return Ok(None) };
        Ok(Some((self.chat(chat, &place.chat, place.is_room)?, self.chat(from, &place.from, false)?)))
    }
}

fn told_file(file: &FileRecord) -> NumberedFile {
    NumberedFile {
        url: file.url.clone(),
        file_id: file.file_id.clone(),
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size: file.size,
    }
}
