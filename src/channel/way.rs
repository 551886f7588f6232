//! Who speaks in the built-in chat.

use crate::base::id::BotId;

/// Who says a line in the built-in chat.
#[derive(Clone, Copy)]
pub(crate) enum Speaker {
    /// The owner, to the manager or to one bot.
    Owner(Option<BotId>),
    /// The manager.
    Manager,
    /// A bot.
    Bot(BotId),
}
