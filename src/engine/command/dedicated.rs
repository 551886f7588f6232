//! The commands that a bot answers itself, in its own chat (docs/xmpp.md). `router` asks for them before a message goes to
//! the bot's program; what is not in the table, custom commands included, goes there.
//!
//! A command that the bot's program has registered under a name of this table goes to both.

use std::fmt::Write;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::core::batch::Trouble;
use crate::core::texts::{self, chat};
use crate::engine::Engine;
use crate::engine::command::{Entry, ai, api, botfather, omemo, room, why};
use crate::store::row::AiRank;

type Answer = Result<String, Trouble>;

/// Somebody who may speak to a bot, in its chat.
pub(crate) struct Chat {
    pub(crate) bot: BotId,
    pub(crate) who: BareJid,
}

/// All of them, in the order of `/help`.
pub(super) const TABLE: &[Entry<Chat>] = &[
    Entry { name: "help", aliases: &["hilfe"], arguments: texts::NONE, description: chat::HELP, handler: help },
    Entry { name: "start", aliases: &[], arguments: texts::NONE, description: chat::START, handler: start },
    Entry { name: "info", aliases: &[], arguments: texts::NONE, description: chat::INFO, handler: info },
    Entry { name: "clear", aliases: &[], arguments: texts::NONE, description: chat::CLEAR, handler: clear },
    #[cfg(feature = "brain-ai")]
    Entry {
        name: "ki",
        aliases: &["ai"],
        arguments: texts::ai::KI_ARGUMENTS,
        description: texts::ai::KI,
        handler: ai::in_chat,
    },
    #[cfg(feature = "brain-ai")]
    Entry {
        name: "stop",
        aliases: &["stopp"],
        arguments: texts::NONE,
        description: texts::ai::STOP,
        handler: ai::stop_in_chat,
    },
    #[cfg(feature = "channel-telegram")]
    Entry {
        name: "telegram",
        aliases: &[],
        arguments: texts::telegram::ARGUMENTS,
        description: texts::telegram::TELEGRAM,
        handler: super::telegram::in_chat,
    },
    Entry { name: "api", aliases: &[], arguments: chat::API_PAGE, description: chat::API, handler: api::page },
    Entry {
        name: "omemo",
        aliases: &[],
        arguments: texts::omemo::WORDS,
        description: texts::omemo::OMEMO,
        handler: omemo::in_chat,
    },
    Entry {
        name: "room",
        aliases: &["raum"],
        arguments: texts::people::ROOM_ARGUMENTS,
        description: texts::people::ROOM,
        handler: room::in_chat,
    },
    Entry {
        name: "why",
        aliases: &["warum"],
        arguments: texts::why::WHY_ARGUMENTS,
        description: texts::why::WHY,
        handler: why::in_chat,
    },
];

fn help(engine: &mut Engine, chat: &Chat, _arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let bot = engine.core.batch.bot(chat.bot)?;
    let mut out = bot.row.name.clone();
    if !bot.row.description.is_empty() {
        let _ = write!(out, "\n{}", bot.row.description);
    }
    let ai = ai::state(engine, chat.bot, "/ki")?;
    if !ai.is_empty() {
        let _ = write!(out, "\n\n{ai}");
    }
    let telegram = super::telegram::state(engine, chat.bot)?;
    if !telegram.is_empty() {
        let _ = write!(out, "\nTelegram: {telegram}");
    }
    let _ = write!(out, "\n\n{}", chat::COMMANDS.fill(language, &[]));
    for entry in TABLE {
        let _ = write!(out, "\n{}", entry.line(language));
    }
    if !bot.commands.is_empty() {
        let _ = write!(out, "\n\n{}", chat::CUSTOM.fill(language, &[]));
    }
    for command in &bot.commands {
        let dash = if command.description.is_empty() { "" } else { " - " };
        let _ = write!(out, "\n/{}{dash}{}", command.command, command.description);
    }
    let rest = if engine.core.batch.is_ai_on(chat.bot)? { &chat::REST_AI } else { &chat::REST };
    let _ = write!(out, "\n\n{}", rest.fill(language, &[]));
    Ok(out)
}

fn start(engine: &mut Engine, chat: &Chat, arguments: &str) -> Answer {
    let hello = chat::HELLO
        .fill(engine.core.batch.setup.settings.language, &[("name", &engine.core.batch.bot(chat.bot)?.row.name)]);
    Ok(format!("{hello}\n\n{}", help(engine, chat, arguments)?))
}

fn info(engine: &mut Engine, chat: &Chat, _arguments: &str) -> Answer {
    let bot = engine.core.batch.bot(chat.bot)?;
    // The address may hold a secret, which is the owner's.
    let webhook = engine.core.webhooks.webhook_url(chat.bot).filter(|_| bot.row.owner == chat.who);
    botfather::details(engine, chat.bot, webhook)
}

/// The part of the conversation that is kept here is what the AI remembers, and what the bot's program has not fetched.
fn clear(engine: &mut Engine, chat: &Chat, _arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    if engine.core.batch.has_ai && engine.core.batch.store.ai(chat.bot, AiRank::First)?.is_some() {
        let is_owner = engine.core.batch.bot(chat.bot)?.row.owner == chat.who;
        let count = if is_owner { engine.core.clear_updates(chat.bot)? } else { 0 };
        let answer = ai::forget(engine, chat.bot, &chat.who)?;
        return Ok(match count {
            0 => answer,
            count => format!("{}\n{answer}", chat::CLEARED.fill(language, &[("count", &count.to_string())])),
        });
    }
    if engine.core.batch.bot(chat.bot)?.row.owner != chat.who {
        return Ok(chat::CLEAR_REFUSED.fill(language, &[]));
    }
    match engine.core.clear_updates(chat.bot)? {
        0 => Ok(chat::NOTHING_TO_CLEAR.fill(language, &[])),
        count => Ok(chat::CLEARED.fill(language, &[("count", &count.to_string())])),
    }
}
