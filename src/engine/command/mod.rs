//! Slash commands typed by a person. One table makes parsing, `/help`, and later the clickable forms.
//!
//! `run` answers what the manager knows; everything else is left to the bots' own programs.

mod botfather;
pub mod texts;

use crate::base::jid::BareJid;
use crate::engine::command::texts::Text;
use crate::engine::{Engine, Trouble};

/// One command of the manager.
pub(super) struct Entry {
    /// The word after `/`.
    name: &'static str,
    /// Other words for it.
    aliases: &'static [&'static str],
    /// What follows it, for people.
    arguments: Text,
    /// What it does, one line.
    description: Text,
    /// Does it; the answer is one message.
    handler: fn(&mut Engine, &BareJid, &str) -> Result<String, Trouble>,
}

/// The answer to a command of the manager; `None` when this is no command it knows.
pub(super) fn run(engine: &mut Engine, owner: &BareJid, body: &str) -> Result<Option<String>, Trouble> {
    let Some(rest) = body.strip_prefix('/') else { return Ok(None) };
    let (word, arguments) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let word = word.to_lowercase();
    let is_named = |entry: &&Entry| entry.name == word || entry.aliases.contains(&word.as_str());
    let Some(entry) = botfather::TABLE.iter().find(is_named) else { return Ok(None) };
    log::debug!("{owner}: command /{}", entry.name);
    match (entry.handler)(engine, owner, arguments.trim()) {
        Ok(answer) => Ok(Some(answer)),
        Err(Trouble::Failure(failure)) => Ok(Some(failure.to_string())),
        Err(trouble) => Err(trouble),
    }
}
