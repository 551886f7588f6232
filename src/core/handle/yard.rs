//! What programs and managers ask that know bots by ULIDs, as Botyard's do, and what they are answered.

use super::{BotCard, Command, CommandCard, WebFileRow};
use crate::base::secret::Secret;

/// Asked by Botyard's Bot API, in the name of a bot, or by its Admin API.
#[derive(Clone, Debug)]
pub enum YardQuestion {
    /// The bot.
    Me,
    /// The same, changed; an empty or missing value changes nothing.
    Change(YardProfile),
    /// Its commands.
    Commands,
    /// Some more of them; one whose name is known takes its place.
    AddCommands(Vec<Command>),
    /// One goes, by its ULID.
    RemoveCommand(String),
    /// Messages go there, with a secret that may be empty.
    SetWebhook(String, Secret),
    /// Where they go.
    Webhook,
    /// They go nowhere.
    DeleteWebhook,
    /// By a manager: a new bot, which is listed.
    Create(YardProfile),
    /// By a manager: a bot goes, by its ULID.
    Delete(String),
    /// By a manager: the key of a bot; made, where it has none.
    Key(String),
    /// By a manager: another key in its place.
    NewKey(String),
}

/// What a bot shows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YardProfile {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Where its picture is.
    pub avatar: Option<String>,
}

/// The answer to a [`YardQuestion`].
#[derive(Clone, Debug)]
pub enum YardAnswer {
    /// A bot.
    Bot(BotCard),
    /// Its commands.
    Commands(Vec<CommandCard>),
    /// Its webhook: the bot's ULID, the address, and the secret, which may be empty.
    Webhook(String, String, Secret),
    /// A new bot, with its key.
    Made(BotCard, Secret),
    /// A key.
    Key(Secret),
    /// Files.
    Files(Vec<WebFileRow>),
    /// It is done.
    Done,
}
