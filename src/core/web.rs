//! What there is in a chat of the web, as pages see it, and programs that know chats by ULIDs.

use crate::base::id::{BotId, MessageId};
use crate::base::{limits, ulid};
use crate::core::Core;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{WebButtons, WebEvent, WebMessage, WebPage, WebQuery, WebReaction};
use crate::store;
use crate::store::row::{WebChatRow, WebPageQuery, WebRow};

impl Core {
    /// A message.
    pub(crate) fn web_message(&mut self, chat: &WebChatRow, row: &WebRow) -> Result<WebMessage, store::Error> {
        let bot = self.batch.bot_ulid(chat.bot)?;
        self.web_message_of(chat, row, &bot)
    }

    fn web_message_of(&mut self, chat: &WebChatRow, row: &WebRow, bot: &str) -> Result<WebMessage, store::Error> {
        let name = row.name.as_deref().unwrap_or_default();
        let keyboard = if row.is_bot { self.buttons_of(chat.bot, name)? } else { None };
        let store = &self.batch.store;
        let answered = match &row.reply_to {
            Some(id) => store.find_web_named(chat, id)?,
            None => None,
        };
        let sender = |is_bot| if is_bot { bot.to_string() } else { chat.user.1.clone() };
        let reactions = store.web_reactions(row.id)?;
        Ok(WebMessage {
            ulid: ulid_of(row),
            chat: chat.ulid.clone(),
            sender: sender(row.is_bot),
            text: row.text.clone(),
            attachments: store.web_attachments(row.id)?,
            at_ms: row.at_ms,
            is_edited: row.is_edited,
            reply_to: answered.map(|row| ulid_of(&row)),
            replaces: None,
            buttons: keyboard.map(|keyboard| WebButtons { kind: keyboard.kind, rows: keyboard.rows }),
            reactions: reactions
                .into_iter()
                .map(|(is_bot, emoji)| WebReaction { sender: sender(is_bot), emoji })
                .collect(),
        })
    }

    /// A page of messages.
    pub(crate) fn web_page(&mut self, chat: &WebChatRow, query: &WebQuery) -> Result<WebPage, Trouble> {
        let bot = self.batch.bot_ulid(chat.bot)?;
        let (page, limit) = (query.page.unwrap_or(1), query.limit.unwrap_or(limits::WEB_PAGE));
        let (page, limit) = (page.clamp(1, limits::WEB_PAGES_MAX), limit.clamp(1, limits::WEB_PAGE_MAX));
        let empty = WebPage { chat: chat.ulid.clone(), total: 0, page, limit, messages: Vec::new() };
        let by_bot = match query.sender.as_deref() {
            None => None,
            Some(sender) if sender.eq_ignore_ascii_case(&bot) => Some(true),
            Some(sender) if sender.eq_ignore_ascii_case(&chat.user.1) => Some(false),
            Some(_) => return Ok(empty),
        };
        let query = WebPageQuery { by_bot, since_ms: query.since_ms.unwrap_or(i64::MIN), page, limit };
        let (total, rows) = self.batch.store.list_web(chat, &query)?;
        let messages: Result<_, store::Error> = rows.iter().map(|row| self.web_message_of(chat, row, &bot)).collect();
        Ok(WebPage { total, messages: messages?, ..empty })
    }

    /// What happened in a chat after a number, each with its own.
    pub(crate) fn web_events(&mut self, chat: &WebChatRow, after: i64) -> Result<Vec<(i64, WebEvent)>, store::Error> {
        let bot = self.batch.bot_ulid(chat.bot)?;
        let mut events = Vec::new();
        for row in self.batch.store.list_web_after(chat, after, limits::WEB_EVENTS_MAX)? {
            let number = row.changed.unwrap_or(row.id.0);
            match row.id.0 > after {
                true if row.is_deleted => {}
                true => events.push((number, WebEvent::Message(Box::new(self.web_message_of(chat, &row, &bot)?)))),
                false if row.is_deleted => events.push((number, WebEvent::Delete(ulid_of(&row)))),
                false => {
                    let message = self.web_message_of(chat, &row, &bot)?;
                    let reactions = message.reactions.clone();
                    events.push((number, WebEvent::Edit(Box::new(message))));
                    events.push((number, WebEvent::Reaction(ulid_of(&row), reactions)));
                }
            }
        }
        Ok(events)
    }

    /// A message of a chat by its ULID.
    pub(crate) fn web_row(&self, chat: &WebChatRow, wanted: &str) -> Result<WebRow, Trouble> {
        let number = ulid::number_in(wanted).ok_or_else(no_message)?;
        let row = self.batch.store.find_web(chat, MessageId(number))?;
        let is_it = |row: &WebRow| !row.is_deleted && ulid_of(row).eq_ignore_ascii_case(wanted);
        Ok(row.filter(is_it).ok_or_else(no_message)?)
    }

    /// A message of a bot's chats by its ULID, and the chat.
    pub(crate) fn web_row_of(&self, bot: BotId, wanted: &str) -> Result<(WebChatRow, WebRow), Trouble> {
        let number = ulid::number_in(wanted).ok_or_else(no_message)?;
        let chat = self.batch.store.find_web_chat_of(bot, MessageId(number))?.ok_or_else(no_message)?;
        let row = self.web_row(&chat, wanted)?;
        Ok((chat, row))
    }

    /// A message of a bot's chats by address and id as its program knows them: what a webhook is told.
    pub(crate) fn web_message_at(
        &mut self,
        bot: BotId,
        (address, name): (&str, &str),
    ) -> Result<Option<WebMessage>, store::Error> {
        let Some(chat) = self.batch.store.find_web_chat_at(bot, address)? else { return Ok(None) };
        match self.batch.store.find_web_named(&chat, name)? {
            Some(row) => Ok(Some(self.web_message(&chat, &row)?)),
            None => Ok(None),
        }
    }
}

/// A text that may be said: not too long, and something.
pub(crate) fn check_text(text: &str, attachments: usize) -> Result<(), Failure> {
    let (has, most) = (text.chars().count(), limits::WEB_TEXT_CHARS_MAX);
    Failure::check_most("body", has, most, "characters")?;
    Failure::check_most("attachmentIds", attachments, limits::WEB_ATTACHMENTS_MAX, "files")?;
    if text.trim().is_empty() && attachments == 0 {
        return Err(Failure::invalid("body", "a text, or there must be at least one attachment"));
    }
    Ok(())
}

/// It is made of what is known of a message anyway.
pub(crate) fn ulid_of(row: &WebRow) -> String {
    ulid::numbered(row.at_ms, row.id.0)
}

fn no_message() -> Failure {
    Failure::NotFound("message not found".to_string())
}

/// What is said of a chat that is not there, or went while somebody watched it.
pub(crate) fn no_chat() -> Failure {
    Failure::NotFound("chat not found".to_string())
}
