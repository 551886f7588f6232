//! Rows of files that people with a browser and bots have sent.

use crate::base::id::BotId;

/// A row of `web_file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebFileRow {
    /// By which everybody knows it.
    pub ulid: String,
    /// Where it lies: `images/ULID.png`.
    pub path: String,
    /// What it was called where it comes from.
    pub name: String,
    /// Its type.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
}

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOwner {
    /// A person with a browser, by his number.
    User(i64),
    /// A bot.
    Bot(BotId),
}
