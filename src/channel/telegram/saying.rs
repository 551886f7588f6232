//! What bots say and do at Telegram, as rows of the queue: texts in parts that fit, with their formatting; edits, deletions,
//! reactions, buttons.

use crate::base::id::BotId;
use crate::base::json::{Object, array};
use crate::base::limits;
use crate::base::rich::Rich;
use crate::channel::telegram::Telegram;
use crate::channel::telegram::address::{Place, number_in};
use crate::channel::telegram::media::FILE;
use crate::channel::telegram::outbox::{BUTTONS, CAPTION, DELETE, EDIT, Outgoing, REACT, TRIM};
use crate::core::Core;
use crate::core::actions::{BotAction, NewAction};
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{Button, Keyboard, KeyboardKind, NewMessage, Press, UpdateKind};
use crate::store::row::{ChannelName, Conversation, Progress, SpokenRow};

impl Telegram {
    /// Says a text under an id.
    pub(super) fn say_text(&mut self, core: &mut Core, bot: BotId, new: &NewMessage, id: &str) -> Result<(), Trouble> {
        if new.encrypt {
            return Err(Failure::invalid("encrypt", "false: Telegram is not end-to-end encrypted for bots").into());
        }
        let place = Place::to(&new.to)?;
        let parts = parts_of(&new.text)?;
        self.check_room(bot, parts.len())?;
        let last = parts.len() - 1;
        for (part, text) in parts.iter().enumerate() {
            let markup = new.keyboard.as_ref().filter(|_| part == last).map(markup);
            let about = new.reply_to.as_deref().filter(|_| part == 0);
            let (part, fields) = (part as i64, text_fields(text, markup.as_deref()));
            let method = "sendMessage";
            self.put(core, bot, Outgoing { place, message_id: id, part, method, about, fields, note: None })?;
        }
        remember(core, bot, (new, place), (id, None))
    }

    /// Does something else under an id.
    pub(super) fn do_action(&mut self, core: &mut Core, bot: BotId, act: &NewAction, id: &str) -> Result<(), Trouble> {
        let place = Place::to(&act.to)?;
        let base =
            Outgoing { place, message_id: id, part: 0, method: EDIT, about: None, fields: String::new(), note: None };
        match &act.action {
            BotAction::File { url, caption } => {
                let text = caption.as_ref().map_or_else(|| url.clone(), |caption| format!("{url}\n{caption}"));
                self.say_text(core, bot, &NewMessage::text(&act.to, act.kind, &text), id)
            }
            BotAction::Edit { message_id, text, keyboard } => {
                let own = own_message(core, bot, message_id)?;
                let is_file = core.batch.store.is_telegram_file(bot, &own, FILE)?;
                let most = if is_file { limits::TELEGRAM_CAPTION_UNITS } else { limits::TELEGRAM_TEXT_UNITS };
                let parts = parts_within(text, most)?;
                self.check_room(bot, parts.len() + 1)?;
                let last = parts.len() - 1;
                for (part, text) in parts.iter().enumerate() {
                    let markup = keyboard.as_ref().filter(|_| part == last).map(markup);
                    let is_caption = is_file && part == 0;
                    let (print, method): (fn(&Rich, Option<&str>) -> String, _) =
                        if is_caption { (caption_fields, CAPTION) } else { (text_fields, EDIT) };
                    let (part, fields) = (part as i64, print(text, markup.as_deref()));
                    self.put(core, bot, Outgoing { part, method, about: Some(&own), fields, ..base.again() })?;
                }
                let rest = Outgoing { part: parts.len() as i64, method: TRIM, about: Some(&own), ..base.again() };
                self.put(core, bot, rest)?;
                remember(core, bot, (&NewMessage::text(&act.to, act.kind, text), place), (id, Some(&own)))
            }
            BotAction::Deletion { message_id } => {
                let own = own_message(core, bot, message_id)?;
                self.put(core, bot, Outgoing { method: DELETE, about: Some(&own), ..base.again() })?;
                if let Some(spoken) = core.batch.store.find_spoken(bot, &own)? {
                    core.batch.store.store_deleted(spoken.id)?;
                }
                Ok(())
            }
            BotAction::Reaction { message_id, emoji } => {
                let meant = any_message(core, bot, place, message_id)?;
                let one = Object::new().text("type", "emoji").text("emoji", emoji).end();
                let list = array(Some(one).filter(|_| !emoji.is_empty()));
                let fields = format!("\"reaction\":{list}");
                Ok(self.put(core, bot, Outgoing { method: REACT, about: Some(&meant), fields, ..base.again() })?)
            }
            BotAction::Buttons { message_id, keyboard } => {
                let own = own_message(core, bot, message_id)?;
                let fields = keyboard.as_ref().map(|keyboard| format!("\"reply_markup\":{}", markup(keyboard)));
                let fields = fields.unwrap_or_default();
                Ok(self.put(core, bot, Outgoing { method: BUTTONS, about: Some(&own), fields, ..base.again() })?)
            }
            // Bots have nothing like that there.
            BotAction::Read { .. } | BotAction::State(_) => Ok(()),
        }
    }
}

impl Outgoing<'_> {
    /// Another one of the same message.
    fn again(&self) -> Self {
        Outgoing { fields: String::new(), ..*self }
    }
}

/// A text in parts that Telegram takes, each with its formatting.
fn parts_of(text: &str) -> Result<Vec<Rich>, Failure> {
    parts_within(text, limits::TELEGRAM_TEXT_UNITS)
}

fn parts_within(text: &str, units: usize) -> Result<Vec<Rich>, Failure> {
    let parts = Rich::from_styling(text).cut(units);
    let parts: Vec<Rich> = parts.into_iter().filter(|part| !part.text().trim().is_empty()).collect();
    if parts.is_empty() { Err(Failure::invalid("text", "a text with something in it")) } else { Ok(parts) }
}

/// Members of a request that says a text.
pub(super) fn text_fields(text: &Rich, markup: Option<&str>) -> String {
    fields_of(text, ("text", "entities"), markup)
}

/// The same beneath a file.
fn caption_fields(text: &Rich, markup: Option<&str>) -> String {
    fields_of(text, ("caption", "caption_entities"), markup)
}

fn fields_of(text: &Rich, (words, marks): (&str, &str), markup: Option<&str>) -> String {
    let object = Object::new().text(words, text.text());
    let object = text.entities().into_iter().fold(object, |object, entities| object.raw(marks, &entities));
    let object = markup.into_iter().fold(object, |object, markup| object.raw("reply_markup", markup));
    object.members().to_string()
}

/// A message of the bot's own, by the id of what was said first.
fn own_message(core: &Core, bot: BotId, message_id: &str) -> Result<String, Trouble> {
    let Some(spoken) = core.batch.store.find_spoken(bot, message_id)? else {
        return Err(Failure::NotFound(format!("this bot has sent no message {message_id}")).into());
    };
    let first = match &spoken.original {
        Some(first) => core.batch.store.find_spoken(bot, first)?,
        None => None,
    };
    if first.as_ref().unwrap_or(&spoken).is_deleted {
        return Err(Failure::Conflict(format!("the message {message_id} was deleted")).into());
    }
    Ok(spoken.original.unwrap_or_else(|| message_id.to_string()))
}

/// A message of anybody in a chat.
fn any_message(core: &Core, bot: BotId, place: Place, message_id: &str) -> Result<String, Trouble> {
    if number_in(place.chat, message_id).is_some() {
        Ok(message_id.to_string())
    } else {
        own_message(core, bot, message_id)
    }
}

/// Remembers what is said, to be changed, taken back and followed later.
pub(super) fn remember(
    core: &mut Core,
    bot: BotId,
    (new, place): (&NewMessage, Place),
    (id, original): (&str, Option<&str>),
) -> Result<(), Trouble> {
    let is_followed = core.batch.bot(bot)?.kinds.has(UpdateKind::MessageState);
    let row = SpokenRow {
        id: crate::base::id::MessageId(0),
        recipient: new.to.clone(),
        original: original.map(str::to_string),
        progress: if is_followed { Progress::Accepted } else { Progress::Untracked },
        is_deleted: false,
    };
    let address = new.to.bare();
    let conversation = Conversation {
        channel: ChannelName::TELEGRAM,
        bot: Some(bot),
        account: None,
        address: address.as_str(),
        kind: place.kind(),
    };
    let times = (core.batch.now.unix(), core.batch.lived());
    core.batch.store.insert_spoken(&conversation, (bot, id), &row, times)?;
    Ok(core.batch.note_message(bot)?)
}

/// Buttons as Telegram has them.
fn markup(keyboard: &Keyboard) -> String {
    let rows = |print: &dyn Fn(&Button) -> String| {
        array(keyboard.rows.iter().map(|row| array(row.iter().map(print))).collect::<Vec<_>>())
    };
    let object = Object::new();
    match &keyboard.kind {
        KeyboardKind::Inline => object.raw("inline_keyboard", &rows(&inline_button)).end(),
        KeyboardKind::Reply { is_once, placeholder } => {
            let object = object.raw("keyboard", &rows(&|button| Object::new().text("text", &button.text).end()));
            let object = object.truth("resize_keyboard", true).truth("one_time_keyboard", *is_once);
            object.text_if("input_field_placeholder", placeholder.as_deref()).end()
        }
        KeyboardKind::Remove => object.truth("remove_keyboard", true).end(),
        KeyboardKind::ForceReply => object.truth("force_reply", true).end(),
    }
}

fn inline_button(button: &Button) -> String {
    let object = Object::new().text("text", &button.text);
    match &button.press {
        Press::Data(data) => object.text("callback_data", data).end(),
        Press::Url(url) => object.text("url", url).end(),
        Press::Say => object.text("callback_data", &button.text).end(),
    }
}
