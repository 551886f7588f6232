//! The built-in chat from outside: `botmother chat` says something there, and reads what is said.

use std::time::Duration;

use crate::base::limits;
use crate::channel::way::Speaker;
use crate::core::batch::{Trouble, Verdict};
use crate::core::failure::Failure;
use crate::core::handle::Answer;
use crate::core::incoming::Incoming;
use crate::core::owner::local_owner;
use crate::engine::Engine;
use crate::engine::command::mask::mask;

impl Engine {
    /// The owner says something in the built-in chat.
    pub(crate) fn local_say(&mut self, to: Option<&str>, text: &str) -> Result<Answer, Trouble> {
        if text.trim().is_empty() || text.len() > limits::TEXT_BYTES_MAX {
            let rule = format!("1 to {} bytes", limits::TEXT_BYTES_MAX);
            return Err(Failure::invalid("text", rule).into());
        }
        let bot = to.map(|name| self.core.batch.local_bot(name)).transpose()?;
        let line = self.channels.local.say_locally(&mut self.core.batch, Speaker::Owner(bot), &mask(text))?;
        let stanza_id = format!("local-{line}");
        let owner = local_owner();
        let said = Incoming::local(&owner, &owner, text, &stanza_id, self.core.batch.now.unix());
        match bot {
            Some(bot) => self.ingest(bot, &said)?,
            None => self.on_self_chat(&said)?,
        }
        Ok(Answer::Said(line))
    }

    pub(crate) fn local_read(&mut self, with: Option<&str>, after: i64, timeout: Duration) -> Result<Verdict, Trouble> {
        let with = with.map(|name| self.core.batch.local_bot(name)).transpose()?;
        let after = if after < 0 { self.core.batch.store.last_local()?.0 } else { after };
        let lines = self.core.batch.read_lines(with, after)?;
        if !lines.is_empty() || timeout.is_zero() || self.core.is_stopping {
            return Ok(Verdict::Outcome(Ok(Answer::Lines(lines))));
        }
        Ok(Verdict::AwaitLines { with, after, timeout })
    }
}
