//! Rows of numbers for programs.

use crate::base::id::BotId;

/// A row of `number_bot`: a bot whose program knows people, chats and messages by numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedBotRow {
    /// The bot.
    pub bot: BotId,
    /// Names of the updates it wants, with commas between, as its program spells them; `None`: never said.
    pub allowed: Option<String>,
    /// Its webhook is told by numbers, too.
    pub has_hook: bool,
}
