//! The manager's commands in the self-chat (docs/xmpp.md).
//!
//! Each handler reads its arguments, calls the registry, and words the answer; no rule about bots is here. `status` shows
//! bots, `program` lets their programs in, `settings` changes what others see of them.

mod program;
mod settings;
mod status;

use std::fmt::Write;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::remedy::Language;
use crate::core::addressing::{named, use_key};
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{BotInfo, NewBot, Remains};
use crate::core::texts::{self, Text};
use crate::engine::Engine;
use crate::engine::command::{Entry, history, omemo, rights, why};
use program::{activate, deactivate, revoke, showtoken};
use settings::{access, setcommands, setdescription};
use status::{mybots, status};

pub(super) use status::details;

type Answer = Result<String, Trouble>;

/// All of them, in the order of `/help`.
pub(super) const TABLE: &[Entry<BareJid>] = &[
    Entry {
        name: "help",
        aliases: &["start", "hilfe"],
        arguments: texts::NONE,
        description: texts::HELP,
        handler: help,
    },
    Entry {
        name: "newbot",
        aliases: &["neuerbot"],
        arguments: texts::NAME,
        description: texts::NEWBOT,
        handler: newbot,
    },
    Entry {
        name: "mybots",
        aliases: &["meinebots"],
        arguments: texts::NONE,
        description: texts::MYBOTS,
        handler: mybots,
    },
    Entry { name: "status", aliases: &[], arguments: texts::MAYBE_ID, description: texts::STATUS, handler: status },
    Entry { name: "use", aliases: &["nutze"], arguments: texts::ID, description: texts::USE, handler: choose },
    Entry { name: "showtoken", aliases: &[], arguments: texts::ID, description: texts::SHOWTOKEN, handler: showtoken },
    Entry {
        name: "token",
        aliases: &[],
        arguments: texts::rights::TOKEN_ARGUMENTS,
        description: texts::TOKEN,
        handler: rights::token,
    },
    Entry { name: "revoke", aliases: &[], arguments: texts::ID, description: texts::REVOKE, handler: revoke },
    Entry { name: "activate", aliases: &[], arguments: texts::ID, description: texts::ACTIVATE, handler: activate },
    Entry {
        name: "deactivate",
        aliases: &[],
        arguments: texts::ID,
        description: texts::DEACTIVATE,
        handler: deactivate,
    },
    Entry {
        name: "setcommands",
        aliases: &[],
        arguments: texts::ID_COMMANDS,
        description: texts::SETCOMMANDS,
        handler: setcommands,
    },
    Entry {
        name: "setdescription",
        aliases: &[],
        arguments: texts::ID_TEXT,
        description: texts::SETDESCRIPTION,
        handler: setdescription,
    },
    Entry {
        name: "access",
        aliases: &["zugang"],
        arguments: texts::ID_ACCESS,
        description: texts::ACCESS,
        handler: access,
    },
    Entry {
        name: "history",
        aliases: &["verlauf"],
        arguments: texts::ID_HISTORY,
        description: texts::HISTORY,
        handler: history::with_manager,
    },
    #[cfg(feature = "brain-ai")]
    Entry {
        name: "ki",
        aliases: &["ai"],
        arguments: texts::ai::KI_BOT_ARGUMENTS,
        description: texts::ai::KI,
        handler: super::ai::in_self_chat,
    },
    #[cfg(feature = "brain-ai")]
    Entry {
        name: "stop",
        aliases: &["stopp"],
        arguments: texts::NONE,
        description: texts::ai::STOP,
        handler: super::ai::stop_in_self_chat,
    },
    #[cfg(feature = "channel-telegram")]
    Entry {
        name: "telegram",
        aliases: &[],
        arguments: texts::telegram::BOT_ARGUMENTS,
        description: texts::telegram::TELEGRAM,
        handler: super::telegram::in_self_chat,
    },
    Entry {
        name: "omemo",
        aliases: &[],
        arguments: texts::omemo::ID_WORDS,
        description: texts::omemo::OMEMO_HERE,
        handler: omemo::with_manager,
    },
    Entry {
        name: "why",
        aliases: &["warum"],
        arguments: texts::why::WHY_ARGUMENTS,
        description: texts::why::WHY,
        handler: why::with_manager,
    },
    Entry {
        name: "audit",
        aliases: &["protokoll"],
        arguments: texts::MAYBE_ID,
        description: texts::rights::AUDIT,
        handler: rights::audit,
    },
    Entry { name: "deletebot", aliases: &[], arguments: texts::ID, description: texts::DELETEBOT, handler: deletebot },
    Entry { name: "forget", aliases: &[], arguments: texts::ADDRESS, description: texts::FORGET, handler: forget },
];

fn help(engine: &mut Engine, _owner: &BareJid, _arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let mut out = texts::HELP_HEAD.fill(language, &[]);
    for entry in TABLE {
        let _ = write!(out, "\n{}", entry.line(language));
    }
    let example = "/newbot WeatherBot";
    out.push_str(&texts::HELP_TAIL.fill(language, &[("example", example), ("url", &engine.core.batch.setup.api_url)]));
    Ok(out)
}

fn newbot(engine: &mut Engine, owner: &BareJid, name: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    if name.is_empty() {
        return Ok(usage(language, "/newbot", &texts::NAME));
    }
    let new = NewBot::new(name, owner.clone());
    match engine.core.create_bot(&new, None) {
        Ok(id) => {
            let bot = engine.channels.xmpp.accounts.bot_info(&engine.core.batch, id)?;
            let id = bot.id.to_string();
            let mut out = texts::CREATED.fill(
                language,
                &[
                    ("id", &id),
                    ("name", &bot.name),
                    ("mode", bot.mode.as_str()),
                    ("token", token_text(&bot)),
                    ("url", &engine.core.batch.setup.api_url),
                ],
            );
            if named(&engine.core.batch.bots_of(owner), &bot.name).0.len() > 1 {
                out.push_str(&texts::SAME_NAME.fill(language, &[("id", &id), ("name", &bot.name)]));
            }
            Ok(out)
        }
        Err(Trouble::Failure(Failure::Quota(_))) => {
            Ok(texts::TOO_MANY_BOTS.fill(language, &[("max", &engine.core.batch.quotas_of(owner).bots.to_string())]))
        }
        Err(Trouble::Failure(Failure::Invalid { .. })) => {
            Ok(texts::BAD_NAME.fill(language, &[("max", &limits::NAME_CHARS_MAX.to_string())]))
        }
        Err(trouble) => Err(trouble),
    }
}

fn choose(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/use", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    if let Some(why_not) = engine.core.batch.why_not_here(engine.core.batch.bot(id)?) {
        return Ok(why_not);
    }
    engine.core.batch.store.store_setting(&use_key(owner), &id.to_string())?;
    Ok(texts::CHOSEN.fill(language, &[("name", &engine.core.batch.bot(id)?.row.name)]))
}

fn deletebot(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/deletebot", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    let name = engine.core.batch.bot(id)?.row.name.clone();
    let left = engine.delete_bot(id)?;
    let mut out = texts::DELETED.fill(language, &[("name", &name), ("id", &id.to_string())]);
    if let Some((jid, what)) = left {
        let text = if what == Remains::Published { &texts::TAKEN_BACK } else { &texts::REMOVED };
        out += &text.fill(language, &[("jid", jid.as_str())]);
    }
    Ok(out)
}

fn forget(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let jid = match BareJid::parse(arguments) {
        Ok(jid) if jid.local().is_some() => jid,
        _ => return Ok(usage(language, "/forget", &texts::ADDRESS)),
    };
    let text = match engine.channels.xmpp.forget_leaving(&mut engine.core, &jid, Some(owner))? {
        Remains::Account => &texts::FORGOTTEN_ACCOUNT,
        Remains::Published => &texts::FORGOTTEN_PUBLISHED,
    };
    Ok(text.fill(language, &[("jid", jid.as_str())]))
}

/// The owner's bot that the arguments begin with, by number or by name, and what follows; or the answer that says what
/// is wrong.
pub(super) fn own_bot<'t>(
    engine: &Engine,
    owner: &BareJid,
    text: &'t str,
    command: &str,
    arguments: &Text,
) -> Result<(BotId, &'t str), String> {
    let language = engine.core.batch.setup.settings.language;
    // Somebody else's bot is not told from one that does not exist.
    let word = text.split_whitespace().next().unwrap_or_default().trim_start_matches('#');
    match named(&engine.core.batch.bots_of(owner), text) {
        (found, rest) if found.len() == 1 => Ok((found[0], rest)),
        (found, _) if found.len() > 1 => Err(engine.core.batch.say_which(&found)),
        _ if word.is_empty() => Err(usage(language, command, arguments)),
        _ if word.parse::<i64>().is_ok() => Err(texts::NO_SUCH_BOT.fill(language, &[("id", word)])),
        _ => {
            let usage = usage(language, command, arguments);
            Err(texts::NO_BOT_CALLED.fill(language, &[("name", text), ("usage", &usage)]))
        }
    }
}

/// The same where nothing may follow.
fn only_bot(engine: &Engine, owner: &BareJid, text: &str, command: &str, arguments: &Text) -> Result<BotId, String> {
    match own_bot(engine, owner, text, command, arguments)? {
        (bot, "") => Ok(bot),
        _ => Err(usage(engine.core.batch.setup.settings.language, command, arguments)),
    }
}

pub(super) fn usage(language: Language, command: &str, arguments: &Text) -> String {
    texts::USAGE.fill(language, &[("command", command), ("arguments", &arguments.fill(language, &[]))])
}

fn token_text(bot: &BotInfo) -> &str {
    bot.token.as_ref().map(|token| token.expose()).unwrap_or_default()
}
