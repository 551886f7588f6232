//! What other commands say of AI where it is not built in: nothing.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::core::batch::Trouble;
use crate::engine::Engine;

type Answer = Result<String, Trouble>;

/// How a bot's AI is.
pub(super) fn state(_engine: &Engine, _bot: BotId, _ki: &str) -> Answer {
    Ok(String::new())
}

/// What is forgotten of a conversation with it.
pub(super) fn forget(_engine: &mut Engine, _bot: BotId, _who: &BareJid) -> Answer {
    Ok(String::new())
}
