//! What bots say and do for programs that name people, chats and messages by numbers: the names are looked up, what is
//! done is what [`posting`](crate::core::posting) and [`actions`](crate::core::actions) do, and what was sent gets its number.

use crate::base::id::{self, BotId};
use crate::base::limits;
use crate::core::actions::{BotAction, NewAction, caption_id};
use crate::core::batch::{Batch, Trouble, Verdict};
use crate::core::channel::Piece;
use crate::core::failure::Failure;
use crate::core::files;
use crate::core::handle::{
    Answer, ChatState, FileRef, Keyboard, NewMessage, NumberedAct, NumberedAction, NumberedAnswer, NumberedAsk,
    NumberedCopy, NumberedFile, NumberedMessage, NumberedReply, NumberedSend, Upload,
};
use crate::core::numbers::lately::SaidLately;
use crate::core::numbers::{Place, no_chat};
use crate::core::owner::is_local;
use crate::core::{Context, Core};
use crate::store;

/// A message is named that the bot does not know.
fn no_message(what: &str) -> Failure {
    Failure::NotFound(format!("{what} not found"))
}

impl Context<'_> {
    /// Does what is asked, where that needs nothing but channels; `None` for anything else.
    pub(crate) fn do_numbered(&mut self, bot: BotId, ask: &NumberedAsk) -> Result<Option<Verdict>, Trouble> {
        // A number that is none of ours may be one of a channel that is not there.
        self.do_by_number(bot, ask).map_err(|trouble| match trouble {
            Trouble::Failure(Failure::NotBuilt(_)) => no_chat().into(),
            trouble => trouble,
        })
    }

    fn do_by_number(&mut self, bot: BotId, ask: &NumberedAsk) -> Result<Option<Verdict>, Trouble> {
        let answer = match ask {
            NumberedAsk::Send(send) => self.send_numbered(bot, send)?,
            NumberedAsk::Act(act) => self.act_numbered(bot, act)?,
            NumberedAsk::Copy(copy) => self.copy_numbered(bot, copy)?,
            NumberedAsk::Upload(upload) => {
                let place = self.core.batch.place_of(bot, &upload.chat)?;
                self.core.batch.check_messages(bot)?;
                self.core.way(self.channels, bot, &place.address)?;
                let action = BotAction::File { url: String::new(), caption: upload.caption.clone() };
                let idempotency_key = upload.idempotency_key.clone();
                let act = NewAction { kind: place.kind(), to: place.address, action, idempotency_key };
                let upload = Upload { act, file: upload.file.clone() };
                let channel = self.channels.of(&upload.act.to.bare())?;
                return channel.upload(self.core, bot, &upload).map(Some);
            }
            NumberedAsk::AnswerPress(answer) => {
                self.answer_press(bot, answer)?;
                Answer::Done
            }
            NumberedAsk::Sent(chat, name, text) => {
                let place = self.core.batch.place_of(bot, chat)?;
                let keyboard = self.core.batch.buttons_of(bot, name)?;
                with_buttons(self.core.batch.sent_by_number(bot, &place, name, text)?, keyboard)
            }
            _ => return Ok(None),
        };
        Ok(Some(Verdict::Outcome(Ok(answer))))
    }

    fn send_numbered(&mut self, bot: BotId, send: &NumberedSend) -> Result<Answer, Trouble> {
        let place = self.core.batch.place_of(bot, &send.chat)?;
        let reply_to = self.core.batch.answered(bot, &place, send.reply_to)?;
        let new = NewMessage {
            to: place.address.clone(),
            kind: place.kind(),
            text: send.text.clone(),
            reply_to,
            encrypt: false,
            keyboard: send.keyboard.clone(),
            idempotency_key: send.idempotency_key.clone(),
        };
        let message_id = self.say_or_end_draft(bot, &new)?;
        self.core.note_own(bot, &message_id, &send.text);
        let batch = &mut self.core.batch;
        // Under a key it may have been sent before.
        let number = match send.idempotency_key {
            None => batch.store.insert_number_message(bot, place.number, &message_id, batch.lived())?,
            Some(_) => batch.number_message(bot, place.number, &message_id)?,
        };
        Ok(with_buttons(batch.said_by_number(bot, &place, number, &send.text)?, send.keyboard.clone()))
    }

    /// Says a text, in the place of a draft where one is shown.
    fn say_or_end_draft(&mut self, bot: BotId, new: &NewMessage) -> Result<String, Trouble> {
        let shown = self.core.updates.lately.draft(bot, &new.to, self.core.batch.now.mono);
        let is_plain = new.keyboard.is_none() && new.reply_to.is_none() && new.idempotency_key.is_none();
        if let Some(shown) = shown.filter(|_| is_plain) {
            let message_id = self.say_in_place(bot, new, &shown)?;
            self.core.updates.lately.end_draft(bot, &new.to);
            return Ok(message_id);
        }
        match self.send_message(bot, new)? {
            Answer::Sent { message_id, .. } => Ok(message_id),
            _ => Err(Failure::Internal.into()),
        }
    }

    /// Shows what there is of a text; where that cannot be, that the bot is writing.
    fn show_draft(&mut self, bot: BotId, (place, act): (&Place, &NumberedAct), text: &str) -> Result<(), Trouble> {
        Failure::check_most("text", text.len(), limits::TEXT_BYTES_MAX, "bytes")?;
        let (to, sender) = (&place.address, self.way(bot, &place.address)?);
        let channel = self.channels.of(&to.bare())?;
        if place.is_room || text.trim().is_empty() || !channel.shows_pieces(self.core, sender, to) {
            return self.act_at(bot, place, act, BotAction::State(ChatState::Composing)).map(drop);
        }
        let id = id::uuid(self.core.batch.random());
        let shown = self.core.updates.lately.note_draft(bot, to, (&id, self.core.batch.now.mono));
        channel.show_piece(self.core, sender, to, &Piece { id: &id, shown: shown.as_deref(), text });
        Ok(())
    }

    fn act_numbered(&mut self, bot: BotId, act: &NumberedAct) -> Result<Answer, Trouble> {
        let place = self.core.batch.place_of(bot, &act.chat)?;
        let name = match act.what {
            NumberedAction::File { .. } | NumberedAction::Show(_) | NumberedAction::Draft(_) => String::new(),
            NumberedAction::Delete => self.core.batch.message_named(bot, &place, act.message, "message to delete")?,
            NumberedAction::React(_) => self.core.batch.message_named(bot, &place, act.message, "message to react")?,
            _ => self.core.batch.message_named(bot, &place, act.message, "message to edit")?,
        };
        let (action, text) = match &act.what {
            NumberedAction::File { file, caption, keyboard } => {
                return self.send_file_by_number(bot, (&place, act), (file, caption, keyboard));
            }
            // What stands in the built-in chat stays: it is said anew, and the buttons go that were there.
            NumberedAction::Edit(text, keyboard) if is_local(&place.address.bare()) => {
                let gone = BotAction::Buttons { message_id: name, keyboard: None };
                self.act_at(bot, &place, &NumberedAct { idempotency_key: None, ..act.clone() }, gone)?;
                let (chat, idempotency_key) = (act.chat.clone(), act.idempotency_key.clone());
                let (text, keyboard) = (text.clone(), keyboard.clone());
                return self
                    .send_numbered(bot, &NumberedSend { chat, text, reply_to: None, keyboard, idempotency_key });
            }
            NumberedAction::Edit(text, keyboard) => {
                let (text, keyboard) = (text.clone(), keyboard.clone());
                (BotAction::Edit { message_id: name.clone(), text: text.clone(), keyboard }, text)
            }
            NumberedAction::EditCaption(text, keyboard) => {
                let (text, keyboard) = (text.clone(), keyboard.clone());
                (BotAction::Edit { message_id: caption_id(&name), text: text.clone(), keyboard }, text)
            }
            NumberedAction::Buttons(keyboard) => {
                let text = self.core.batch.store.text_of_message(bot, &name)?.unwrap_or_default();
                (BotAction::Buttons { message_id: name.clone(), keyboard: keyboard.clone() }, text)
            }
            NumberedAction::React(emoji) => {
                let action = BotAction::Reaction { message_id: name, emoji: emoji.clone() };
                return self.act_at(bot, &place, act, action).map(|_| Answer::Done);
            }
            NumberedAction::Delete => {
                let action = BotAction::Deletion { message_id: name };
                return self.act_at(bot, &place, act, action).map(|_| Answer::Done);
            }
            NumberedAction::Draft(text) => return self.show_draft(bot, (&place, act), text).map(|()| Answer::Done),
            NumberedAction::Show(state) => {
                return self.act_at(bot, &place, act, BotAction::State(*state)).map(|_| Answer::Done);
            }
        };
        let (BotAction::Edit { keyboard, .. } | BotAction::Buttons { keyboard, .. }) = &action else {
            return Err(Failure::Internal.into());
        };
        let keyboard = keyboard.clone();
        self.act_at(bot, &place, act, action)?;
        if matches!(act.what, NumberedAction::Edit(..)) {
            self.core.note_own(bot, &name, &text);
        }
        Ok(with_buttons(self.core.batch.sent_by_number(bot, &place, &name, &text)?, keyboard))
    }

    fn send_file_by_number(
        &mut self,
        bot: BotId,
        (place, act): (&Place, &NumberedAct),
        (file, caption, keyboard): (&FileRef, &Option<String>, &Option<Keyboard>),
    ) -> Result<Answer, Trouble> {
        let url = self.core.batch.url_of(bot, file)?;
        let said = self.act_at(bot, place, act, BotAction::File { url, caption: caption.clone() })?;
        let Answer::Sent { message_id, .. } = said else { return Ok(said) };
        if keyboard.is_some() {
            let buttons = BotAction::Buttons { message_id: message_id.clone(), keyboard: keyboard.clone() };
            let once = NumberedAct { idempotency_key: None, ..act.clone() };
            self.act_at(bot, place, &once, buttons)?;
        }
        let text = caption.as_deref().unwrap_or_default();
        let answer = self.core.batch.sent_by_number(bot, place, &message_id, text)?;
        Ok(with_buttons(answer, keyboard.clone()))
    }

    fn act_at(&mut self, bot: BotId, place: &Place, act: &NumberedAct, action: BotAction) -> Result<Answer, Trouble> {
        let (to, kind) = (place.address.clone(), place.kind());
        self.act(bot, &NewAction { to, kind, action, idempotency_key: act.idempotency_key.clone() })
    }

    /// A message once more. What it says is known where the bot keeps a history, in the built-in chat, and for a while.
    fn copy_numbered(&mut self, bot: BotId, copy: &NumberedCopy) -> Result<Answer, Trouble> {
        let batch = &mut self.core.batch;
        let lately = &self.core.updates.lately;
        let from = batch.place_of(bot, &copy.from)?;
        let what = if copy.is_forward { "message to forward" } else { "message to copy" };
        let name = batch.store.message_of_number(bot, from.number, copy.message)?;
        let name = name.ok_or_else(|| no_message(what))?;
        if let Some(file) = batch.store.find_file_of(bot, &name)? {
            let file = FileRef::Id(file.file_id);
            let caption = lately.said(bot, &name).map(|said| said.text.clone());
            let what = NumberedAction::File { file, caption, keyboard: copy.keyboard.clone() };
            let act = NumberedAct { chat: copy.to.clone(), message: 0, what, idempotency_key: None };
            return self.act_numbered(bot, &act);
        }
        let kept = batch.store.text_of_message(bot, &name)?.filter(|text| !text.is_empty());
        let heard = lately.said(bot, &name);
        let Some(text) = kept.or_else(|| heard.map(|said| said.text.clone())) else {
            let text = format!(
                "{what} not found: it is no message with a text, or too long ago for a bot that keeps no history"
            );
            return Err(Failure::NotFound(text).into());
        };
        let text = match (copy.is_forward, heard.map(|said| &said.by)) {
            (false, _) => text,
            (true, Some(Some(by))) => format!("{}\n{}", batch.chat(0, by, false)?.name, quoted(&text)),
            (true, Some(None)) => format!("{}\n{}", batch.bot(bot)?.row.name, quoted(&text)),
            (true, None) => {
                format!("{}\n{}", batch.chat(from.number, &from.address, from.is_room)?.name, quoted(&text))
            }
        };
        let keyboard = copy.keyboard.clone();
        let send = NumberedSend { chat: copy.to.clone(), text, reply_to: None, keyboard, idempotency_key: None };
        self.send_numbered(bot, &send)
    }
}

impl Core {
    /// A bot's program may pass on what the bot has said.
    fn note_own(&mut self, bot: BotId, name: &str, text: &str) {
        let said = SaidLately { name: name.to_string(), text: text.to_string(), by: None };
        self.updates.lately.note_said(bot, said);
    }

    /// A program that knows things by numbers sends files again by their ids, its own among them.
    pub(crate) fn note_own_file(&mut self, bot: BotId, act: &NewAction, id: &str) -> Result<(), store::Error> {
        let BotAction::File { url, .. } = &act.action else { return Ok(()) };
        let row = files::row_of_url(bot, id, url);
        match self.updates.numbered.contains_key(&bot) && files::is_web(&row.url) {
            true => self.batch.store.insert_file(&row, self.batch.lived()),
            false => Ok(()),
        }
    }
}

/// As XEP-0393 §5.1.3 quotes.
fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

fn with_buttons(mut answer: Answer, keyboard: Option<Keyboard>) -> Answer {
    if let Answer::Numbered(numbered) = &mut answer
        && let NumberedAnswer::Message(_, message) = &mut **numbered
    {
        message.keyboard = keyboard;
    }
    answer
}

fn with_file(mut answer: Answer, file: NumberedFile) -> Answer {
    if let Answer::Numbered(numbered) = &mut answer
        && let NumberedAnswer::Message(_, message) = &mut **numbered
    {
        message.files.push(file);
    }
    answer
}

impl Batch {
    /// What a bot has sent, as callers see it; it gets its number.
    fn sent_by_number(&mut self, bot: BotId, place: &Place, name: &str, text: &str) -> Result<Answer, Trouble> {
        let number = self.number_message(bot, place.number, name)?;
        let answer = self.said_by_number(bot, place, number, text)?;
        let Some(file) = self.file_of(bot, name)? else { return Ok(answer) };
        Ok(with_file(answer, file))
    }

    fn said_by_number(&self, bot: BotId, place: &Place, number: i64, text: &str) -> Result<Answer, Trouble> {
        let message = NumberedMessage {
            chat: self.chat(place.number, &place.address, place.is_room)?,
            from: None,
            number,
            at: self.now.unix(),
            text: text.to_string(),
            files: Vec::new(),
            reply_to: None,
            keyboard: None,
        };
        let answer = NumberedAnswer::Message(self.numbered_bot(bot)?, message);
        Ok(Answer::Numbered(Box::new(answer)))
    }

    fn file_of(&self, bot: BotId, name: &str) -> Result<Option<NumberedFile>, Trouble> {
        let row = self.store.find_file_of(bot, name)?;
        Ok(row.map(|row| NumberedFile {
            url: row.url,
            file_id: Some(row.file_id),
            name: row.name,
            media_type: row.media_type,
            size: row.size,
        }))
    }

    /// The name of a message in a chat.
    fn message_named(&self, bot: BotId, place: &Place, number: i64, what: &str) -> Result<String, Trouble> {
        let name = self.store.message_of_number(bot, place.number, number)?;
        name.ok_or_else(|| no_message(what).into())
    }

    /// The message that another one answers.
    fn answered(&self, bot: BotId, place: &Place, reply: Option<NumberedReply>) -> Result<Option<String>, Trouble> {
        let Some(reply) = reply else { return Ok(None) };
        match self.store.message_of_number(bot, place.number, reply.number)? {
            None if reply.is_needed => Err(no_message("message to be replied").into()),
            name => Ok(name),
        }
    }

    fn url_of(&self, bot: BotId, file: &FileRef) -> Result<String, Trouble> {
        let id = match file {
            FileRef::Url(url) => return Ok(url.clone()),
            FileRef::Id(id) => id,
        };
        match self.store.find_file(bot, id)? {
            None => Err(Failure::invalid("file_id", "one that this bot was told within the last days").into()),
            Some(file) if file.key.is_some() => {
                let text = "this file came encrypted for one chat and cannot be passed on; upload it instead";
                Err(Failure::Conflict(text.to_string()).into())
            }
            Some(file) => Ok(file.url),
        }
    }
}
