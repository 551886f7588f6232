//! What is noted of the way of a message.

use std::borrow::Cow;

use crate::base::id::{BotId, UpdateId};
use crate::base::limits;

/// What the batch under way has to tell of messages.
#[derive(Debug)]
pub(crate) enum WayNote {
    /// Something was said to a bot, or by it.
    Begun { bot: BotId, trace: Trace },
    /// Something happened to a message.
    Step { bot: BotId, message: String, step: Step },
    /// A message became an update of its bot's program.
    Queued { bot: BotId, message: String, update: UpdateId },
    /// Something happened to a bot's updates from one number to another.
    Updates { bot: BotId, of: (UpdateId, UpdateId), step: Step },
    /// A server has what a bot said, by the number in its id.
    Arrived { number: i64, step: Step },
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The name that programs know it by.
    pub(crate) what: &'static str,
    /// Why, in a plain sentence without its full stop; may be empty.
    pub(crate) why: Cow<'static, str>,
}

/// What is remembered of one message.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// The id by which the bot's program knows it.
    pub(super) id: Box<str>,
    /// Other ids it has.
    pub(super) aliases: Vec<Box<str>>,
    /// With whom the conversation is.
    pub(crate) peer: Box<str>,
    /// The bot said it.
    pub(crate) is_out: bool,
    /// The update that it became.
    pub(crate) update: Option<UpdateId>,
    pub(crate) steps: Vec<Step>,
}

impl Trace {
    /// Nothing is known but its id.
    pub(super) fn bare(id: &str) -> Trace {
        Trace { id: id.into(), aliases: Vec::new(), peer: "".into(), is_out: false, update: None, steps: Vec::new() }
    }

    pub(super) fn is_called(&self, id: &str) -> bool {
        *self.id == *id || self.aliases.iter().any(|alias| **alias == *id)
    }

    /// The id by which the bot's program knows it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn push(&mut self, step: Step) {
        // A receipt may be there before the server's own word, and both say this.
        if step.what == "sent" && self.steps.iter().any(|known| known.what == "sent") {
            return;
        }
        // What is tried again and again tells the first time and the last ones.
        if self.steps.len() >= limits::WAY_STEPS_MAX {
            self.steps.remove(limits::WAY_STEPS_MAX / 2);
        }
        self.steps.push(step);
    }
}
