//! What answers by itself. This file is the list of brains, in the order in which they are asked; the engine asks the list,
//! and knows none by name. A new one is a folder, its `mod` line, a field and a line of `Brain::all`.

#[cfg(feature = "brain-ai")]
pub(crate) mod ai;
#[cfg(feature = "brain-faq")]
pub mod faq;
#[cfg(feature = "brain-flow")]
pub mod flow;

use crate::base::id::BotId;
use crate::core::Context;
use crate::core::batch::{Trouble, Verdict};
use crate::core::handle::Question;
use crate::core::incoming::Incoming;
use crate::core::responder::Responder;
use crate::store;

/// Whether there is one that asks AI services.
pub(crate) const HAS_AI: bool = cfg!(feature = "brain-ai");

/// All of them.
#[derive(Default)]
pub(crate) struct Brain {
    #[cfg(feature = "brain-faq")]
    pub(crate) faq: faq::Faq,
    #[cfg(feature = "brain-ai")]
    pub(crate) ai: ai::Ai,
}

impl Brain {
    /// Each of them, in order.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut dyn Responder> {
        let all: [&mut dyn Responder; _] = [
            #[cfg(feature = "brain-faq")]
            &mut self.faq,
            #[cfg(feature = "brain-ai")]
            &mut self.ai,
        ];
        all.into_iter()
    }

    /// Somebody said something to a bot: the first that answers, answers.
    pub(crate) fn on_said(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        said: &Incoming<'_>,
    ) -> Result<(), store::Error> {
        for brain in self.all() {
            if brain.on_said(cx, bot, said)? {
                break;
            }
        }
        Ok(())
    }

    /// A bot's program asks something that may be for one of them.
    pub(crate) fn ask(
        &mut self,
        cx: &mut Context<'_>,
        bot: BotId,
        question: &Question,
    ) -> Result<Option<Verdict>, Trouble> {
        for brain in self.all() {
            if let Some(verdict) = brain.ask(cx, bot, question)? {
                return Ok(Some(verdict));
            }
        }
        Ok(None)
    }
}
