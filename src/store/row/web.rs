//! Rows of people with a browser, their chats and messages.

use crate::base::id::{BotId, MessageId};

/// A row of `web_user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUserRow {
    /// Its number; ignored where it is put in.
    pub id: i64,
    /// By which everybody else knows him.
    pub ulid: String,
    /// What he calls himself.
    pub nickname: String,
    /// When he came last (Unix time); written once a day at most.
    pub seen_at: i64,
}

/// A row of `web_chat`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebChatRow {
    /// Its number; ignored where it is put in.
    pub id: i64,
    /// By which everybody else knows it.
    pub ulid: String,
    /// Whose it is: his number, and his ULID.
    pub user: (i64, String),
    /// With which bot.
    pub bot: BotId,
    /// The address of the conversation.
    pub address: String,
}

/// A message of such a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRow {
    /// Its number, which is part of its ULID.
    pub id: MessageId,
    /// Milliseconds since 1970: when it was said, the other part.
    pub at_ms: i64,
    /// The bot said it.
    pub is_bot: bool,
    /// The id by which the bot's program knows it.
    pub name: Option<String>,
    /// What it says.
    pub text: String,
    /// It says something else than at first.
    pub is_edited: bool,
    /// It was taken back.
    pub is_deleted: bool,
    /// What it answers, by the id that the bot's program knows.
    pub reply_to: Option<String>,
    /// The number of its last change.
    pub changed: Option<i64>,
}

/// What somebody said in such a chat, on its way into the table.
#[derive(Clone, Copy, Debug)]
pub struct NewWebRow<'a> {
    /// Where.
    pub chat: &'a WebChatRow,
    /// The id by which the bot's program knows what the bot says; `None`: the person says it.
    pub name: Option<&'a str>,
    /// What is said.
    pub text: &'a str,
    /// What it answers.
    pub reply_to: Option<&'a str>,
    /// What the person calls himself.
    pub nickname: Option<&'a str>,
}

/// Which messages of a chat somebody wants to see.
#[derive(Clone, Copy, Debug)]
pub struct WebPageQuery {
    /// Those of the bot, or of the person alone.
    pub by_bot: Option<bool>,
    /// Said after this (milliseconds since 1970).
    pub since_ms: i64,
    /// The page, from 1: the newest.
    pub page: i64,
    /// Messages of a page.
    pub limit: i64,
}
