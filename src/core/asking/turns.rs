//! How a question goes on: it is put to one after the other, answered, expires, or is taken back; and each end is told to all
//! who were asked, to the bot's program, and to whoever waits.

use crate::base::id::BotId;
use crate::base::jid::Jid;
use crate::core::Context;
use crate::core::actions::{BotAction, NewAction};
use crate::core::asking::by_of;
use crate::core::batch::{Batch, Trouble};
use crate::core::failure::Failure;
use crate::core::handle::{AskAnswerRow, AskStatus, Button, Keyboard, KeyboardKind, Kind, NewMessage, Press};
use crate::core::kinds::UpdateKind;
use crate::core::record;
use crate::core::texts::asking as texts;
use crate::store;
use crate::store::row::{AskMessageRow, AskRow};

impl Batch {
    /// Somebody was asked, by this message.
    pub(super) fn note_asked(&mut self, row: &AskRow, place: usize, message_id: &str) -> Result<(), store::Error> {
        self.store.insert_ask_message(&AskMessageRow { ask: row.id, place, message_id: message_id.to_string() })
    }
}

impl Context<'_> {
    /// Asks one of the people.
    pub(super) fn put_question(
        &mut self,
        row: &AskRow,
        place: usize,
        (message_id, reply_to): (&str, Option<String>),
    ) -> Result<(), Trouble> {
        let (to, kind) = whom(row, place)?;
        let mut text = row.text.clone();
        if let (Some(nick), Kind::Groupchat) = (to.resource(), kind) {
            text = format!("{nick}: {text}");
        }
        if let Some(before) = place.checked_sub(1).and_then(|before| row.people.get(before)) {
            let passed = texts::PASSED_ON.fill(self.core.batch.setup.settings.language, &[("who", before)]);
            text = format!("{text}\n\n{passed}");
        }
        let keyboard = (!row.options.is_empty()).then(|| keyboard(row));
        let new = NewMessage { reply_to, encrypt: row.must_encrypt, keyboard, ..NewMessage::text(&to, kind, &text) };
        self.speak(row.bot, &new, message_id).map(drop)
    }

    /// What time brings.
    pub(crate) fn asks_due(&mut self) -> Result<(), store::Error> {
        if self.core.batch.now.mono < self.core.asking.not_before {
            return Ok(());
        }
        let now = self.core.batch.lived_ms();
        let due = self.core.asking.open.iter().filter(|(_, open)| open.due <= now);
        for (bot, id) in due.map(|(id, open)| (open.bot, *id)).collect::<Vec<_>>() {
            let Some(row) = self.core.batch.store.find_ask(bot, id)? else { continue };
            match row.expires_at <= now {
                true => self.end_ask(&row, AskStatus::Expired, None)?,
                false => self.ask_next(row)?,
            }
        }
        Ok(())
    }

    /// Nobody has answered: the next is asked, too. Who cannot be written to is passed over.
    fn ask_next(&mut self, mut row: AskRow) -> Result<(), store::Error> {
        while row.asked < row.people.len() {
            let place = row.asked;
            row.asked += 1;
            let message_id = self.core.batch.new_message_id()?;
            match self.put_question(&row, place, (&message_id, None)) {
                Ok(()) => {
                    self.core.batch.note_asked(&row, place, &message_id)?;
                    break;
                }
                Err(Trouble::Failure(failure)) => {
                    log::warn!("bot {}: {} could not be asked: {failure}", row.bot, row.people[place]);
                }
                Err(Trouble::Store(error)) => return Err(error),
            }
        }
        let next = self.core.batch.lived_ms() + row.escalate_after;
        row.next_at = (row.asked < row.people.len()).then_some(next);
        self.core.batch.store.store_ask_turn(row.id, row.asked, row.next_at)?;
        self.core.asking.put(&row);
        Ok(())
    }

    /// The program takes its question back.
    pub(super) fn cancel(&mut self, bot: BotId, id: i64) -> Result<(), Trouble> {
        match self.core.batch.store.find_ask(bot, id)? {
            Some(row) if row.status == AskStatus::Waiting => Ok(self.end_ask(&row, AskStatus::Cancelled, None)?),
            // What is over stays as it is; of what is unknown the caller hears next.
            _ => Ok(()),
        }
    }

    /// A question is over.
    pub(super) fn end_ask(
        &mut self,
        row: &AskRow,
        status: AskStatus,
        answer: Option<AskAnswerRow>,
    ) -> Result<(), store::Error> {
        let now_ms = self.core.batch.lived_ms();
        self.core.batch.store.end_ask(row.id, status, answer.as_ref(), now_ms)?;
        self.core.asking.open.remove(&row.id);
        self.core.asking.ended.push(row.id);
        let row = AskRow { status, answer, ..row.clone() };
        let data = record::ask_answered(&row, self.core.batch.now.unix());
        self.core.push_update(row.bot, UpdateKind::AskAnswered.as_str(), &data)?;
        let by = row.answer.as_ref().map(|answer| answer.by.clone()).unwrap_or_default();
        for message in self.core.batch.store.list_ask_messages(row.id)? {
            let Ok((to, kind)) = whom(&row, message.place) else { continue };
            let closing = self.closing(&row, by_of(&to, kind == Kind::Groupchat) == by);
            self.close_message(&row, (&to, kind), (&message.message_id, &closing))?;
        }
        Ok(())
    }

    /// What the question says from now on, beneath itself.
    fn closing(&self, row: &AskRow, is_his: bool) -> String {
        let (answer, by) = row.answer.as_ref().map_or(("", ""), |answer| (answer.text.as_str(), answer.by.as_str()));
        let text = match row.status {
            AskStatus::Answered if is_his => &texts::CHOSEN,
            AskStatus::Answered | AskStatus::Waiting => &texts::ANSWERED_BY,
            AskStatus::Expired => &texts::EXPIRED,
            AskStatus::Cancelled => &texts::CANCELLED,
        };
        text.fill(self.core.batch.setup.settings.language, &[("answer", answer), ("by", by)])
    }

    /// The message that asked says how it ended, and has no buttons any more. Where it cannot be changed, or might go in plain
    /// text, that is said anew.
    fn close_message(
        &mut self,
        row: &AskRow,
        (to, kind): (&Jid, Kind),
        (message_id, closing): (&str, &str),
    ) -> Result<(), store::Error> {
        let to = if kind == Kind::Groupchat { to.bare().to_jid() } else { to.clone() };
        if !row.must_encrypt {
            let text = format!("{}\n\n{closing}", row.text);
            let action = BotAction::Edit { message_id: message_id.to_string(), text, keyboard: None };
            match self.act(row.bot, &NewAction { to: to.clone(), kind, action, idempotency_key: None }) {
                Ok(_) => return Ok(()),
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Failure(_)) => {}
            }
        }
        self.say_of_ask(row.bot, &NewMessage { encrypt: row.must_encrypt, ..NewMessage::text(&to, kind, closing) })
    }

    /// Says something about a question; what cannot be said is worth a line in the log.
    pub(super) fn say_of_ask(&mut self, bot: BotId, new: &NewMessage) -> Result<(), store::Error> {
        let message_id = self.core.batch.new_message_id()?;
        match self.speak(bot, new, &message_id) {
            Ok(_) => Ok(()),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Failure(failure)) => {
                log::warn!("bot {bot}: {} could not be told what became of a question: {failure}", new.to);
                Ok(())
            }
        }
    }
}

/// The address of one of the people, and what kind of message goes there.
fn whom(row: &AskRow, place: usize) -> Result<(Jid, Kind), Failure> {
    let who = row.people.get(place).and_then(|who| Jid::parse_any(who).ok()).ok_or(Failure::Internal)?;
    Ok((who, if row.is_room && place == 0 { Kind::Groupchat } else { Kind::Chat }))
}

/// A button for each option: those that are short stand beside each other.
fn keyboard(row: &AskRow) -> Keyboard {
    let button = |(index, option): (usize, &String)| Button {
        text: option.clone(),
        press: Press::Data(format!("ask:{}:{index}", row.id)),
    };
    let length = row.options.iter().map(|option| option.chars().count()).sum::<usize>();
    let buttons: Vec<Button> = row.options.iter().enumerate().map(button).collect();
    let rows = match length <= 24 && buttons.len() <= 4 {
        true => vec![buttons],
        false => buttons.into_iter().map(|button| vec![button]).collect(),
    };
    Keyboard { kind: KeyboardKind::Inline, rows }
}
