//! The ways out of the engine: where what a bot does goes, and in whose name.

use crate::base::id::{AccountId, BotId};

/// Where what a bot does goes out.
pub(super) enum Way {
    /// Into the built-in chat.
    Local,
    /// Through an account.
    Account(AccountId),
}

/// Who says a line in the built-in chat.
pub(super) enum Speaker {
    /// The owner, to the manager or to one bot.
    Owner(Option<BotId>),
    /// The manager.
    Manager,
    /// A bot.
    Bot(BotId),
}
