//! The built-in chat from outside: `botmother chat` says something there, and reads what is said.

use std::time::Duration;

use crate::base::limits;
use crate::channel::local::Speaker;
use crate::core::batch::{Trouble, Verdict, Waiting};
use crate::core::failure::Failure;
use crate::core::handle::Answer;
use crate::core::incoming::Incoming;
use crate::core::owner::local_owner;
use crate::engine::Engine;
use crate::engine::command::mask::mask;

/// The owner says something in the built-in chat.
pub(super) fn say(engine: &mut Engine, to: Option<&str>, text: &str) -> Result<Answer, Trouble> {
    if text.trim().is_empty() || text.len() > limits::TEXT_BYTES_MAX {
        let rule = format!("1 to {} bytes", limits::TEXT_BYTES_MAX);
        return Err(Failure::invalid("text", rule).into());
    }
    let bot = to.map(|name| engine.core.batch.local_bot(name)).transpose()?;
    let line = engine.channels.local.say_locally(&mut engine.core.batch, Speaker::Owner(bot), &mask(text))?;
    let stanza_id = format!("local-{line}");
    let owner = local_owner();
    let said = Incoming::local(&owner, &owner, text, &stanza_id, engine.core.batch.now.unix());
    match bot {
        Some(bot) => engine.ingest(bot, &said)?,
        None => engine.on_self_chat(&said)?,
    }
    Ok(Answer::Said(line))
}

pub(super) fn read(engine: &mut Engine, with: Option<&str>, after: i64, timeout: Duration) -> Result<Verdict, Trouble> {
    let with = with.map(|name| engine.core.batch.local_bot(name)).transpose()?;
    let after = if after < 0 { engine.core.batch.store.last_local()?.0 } else { after };
    let lines = engine.core.batch.read_lines(with, after)?;
    if !lines.is_empty() || timeout.is_zero() || engine.core.is_stopping {
        return Ok(Verdict::Outcome(Ok(Answer::Lines(lines))));
    }
    Ok(Verdict::AwaitChannel(Waiting::Lines { with, after, timeout }))
}
