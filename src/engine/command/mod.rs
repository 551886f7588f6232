//! Slash commands typed by a person. One table makes parsing, `/help`, and later the clickable forms.
//!
//! `run` answers what the manager knows, `run_in_chat` what a bot with an account of its own knows by itself;
//! everything else is left to the bots' own programs. `menu` gives the same tables to ad-hoc commands.

pub(super) mod abroad;
#[cfg(feature = "brain-ai")]
mod ai;
#[cfg(not(feature = "brain-ai"))]
#[path = "no_ai.rs"]
mod ai;
pub mod api;
pub(super) mod api_server;
mod botfather;
mod dedicated;
mod history;
pub(super) mod mask;
pub(super) mod menu;
mod omemo;
pub(super) mod order;
mod rights;
mod room;
pub(super) mod telegram;
pub(super) mod why;

use crate::base::jid::BareJid;
use crate::base::near::slip;
use crate::base::remedy::Language;
use crate::core::batch::Trouble;
use crate::core::texts::Text;
use crate::engine::{Engine, person};

pub(super) use dedicated::Chat;

/// One command; `C` is in whose name and where it is given.
pub(super) struct Entry<C: 'static> {
    /// The word after `/`.
    name: &'static str,
    /// Other words for it.
    aliases: &'static [&'static str],
    /// What follows it, for people.
    arguments: Text,
    /// What it does, one line.
    description: Text,
    /// Does it; the answer is one message.
    handler: fn(&mut Engine, &C, &str) -> Result<String, Trouble>,
}

/// The answer to a command of the manager; `None` when this is no command it knows.
pub(super) fn run(engine: &mut Engine, owner: &BareJid, body: &str) -> Result<Option<String>, Trouble> {
    person::acts(engine, owner, body);
    if let Some((word, _)) = parse(body)
        && is_mine(&word)
        && let Some(why_not) = rights::why_not_for(engine, owner, &word)
    {
        return Ok(Some(why_not));
    }
    run_from(botfather::TABLE, engine, owner, body)
}

/// Whether the manager answers this word in the self-chat, so that it reaches no bot there.
fn is_mine(word: &str) -> bool {
    words(botfather::TABLE).any(|known| known == word)
}

/// The command of the manager that was meant by a word which is none.
pub(super) fn near(word: &str) -> Option<&'static str> {
    slip(word, words(botfather::TABLE))
}

/// The same in a bot's chat, where there are `others`, too.
pub(super) fn near_in_chat<'a>(word: &str, others: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    slip(word, others.chain(words(dedicated::TABLE).map(|known| -> &'a str { known })))
}

/// All words of a table.
fn words<C>(table: &'static [Entry<C>]) -> impl Iterator<Item = &'static str> {
    table.iter().flat_map(|entry| entry.aliases.iter().copied().chain([entry.name]))
}

/// The answer to a command in the chat of a bot with an account of its own; `None` when it is for the bot's program.
pub(super) fn run_in_chat(engine: &mut Engine, chat: &Chat, body: &str) -> Result<Option<String>, Trouble> {
    person::acts(engine, &chat.who, body);
    run_from(dedicated::TABLE, engine, chat, body)
}

/// The word after `/`, in lower case, and what follows it. `None` when this is no command.
pub(super) fn parse(body: &str) -> Option<(String, &str)> {
    let (word, arguments) = split(body.trim().strip_prefix('/')?);
    Some((word.to_lowercase(), arguments))
}

/// A command that is given as the answer to a message, where it is about that: with the message's id. `None`: as it is.
pub(super) fn with_reply(body: &str, reply_to: Option<&str>) -> Option<String> {
    why::with_reply(body, reply_to).or_else(|| order::with_reply(body, reply_to))
}

/// The first word, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

fn run_from<C: 'static>(
    table: &[Entry<C>],
    engine: &mut Engine,
    caller: &C,
    body: &str,
) -> Result<Option<String>, Trouble> {
    let Some((word, arguments)) = parse(body) else { return Ok(None) };
    let is_named = |entry: &&Entry<C>| entry.name == word || entry.aliases.contains(&word.as_str());
    let Some(entry) = table.iter().find(is_named) else { return Ok(None) };
    log::debug!("command /{}", entry.name);
    match (entry.handler)(engine, caller, arguments) {
        Ok(answer) => Ok(Some(answer)),
        Err(Trouble::Failure(failure)) => Ok(Some(failure.at(engine.core.batch.chat_place()))),
        Err(trouble) => Err(trouble),
    }
}

impl<C> Entry<C> {
    /// Whether this word means it.
    fn is_called(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }

    /// "/newbot <name> - create a bot", as `/help` lists it.
    fn line(&self, language: Language) -> String {
        let arguments = self.arguments.fill(language, &[]);
        let space = if arguments.is_empty() { "" } else { " " };
        format!("/{}{space}{arguments} - {}", self.name, self.description.fill(language, &[]))
    }
}
