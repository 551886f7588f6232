//! The manager's commands in the self-chat (docs/xmpp.md).
//!
//! Each handler reads its arguments, calls the registry, and words the answer; no rule about bots is here.

use std::fmt::Write;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::remedy::{self, Language};
use crate::base::{limits, text};
use crate::channel::xmpp::accounts::Account;
use crate::core::addressing::{named, use_key};
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::{Access, BotInfo, BotState, Command, Connection, Mode, NewBot, Remains};
use crate::core::registry::Bot;
use crate::core::texts::{self, Text};
use crate::engine::Engine;
use crate::engine::command::{Entry, omemo};

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
    Entry { name: "token", aliases: &[], arguments: texts::ID, description: texts::TOKEN, handler: token },
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
    Entry {
        name: "omemo",
        aliases: &[],
        arguments: texts::omemo::ID_WORDS,
        description: texts::omemo::OMEMO_HERE,
        handler: omemo::with_manager,
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
            Ok(texts::TOO_MANY_BOTS.fill(language, &[("max", &limits::BOTS_PER_OWNER_MAX.to_string())]))
        }
        Err(Trouble::Failure(Failure::Invalid { .. })) => {
            Ok(texts::BAD_NAME.fill(language, &[("max", &limits::NAME_CHARS_MAX.to_string())]))
        }
        Err(trouble) => Err(trouble),
    }
}

fn mybots(engine: &mut Engine, owner: &BareJid, _arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let chosen = engine.core.batch.chosen_bot(owner);
    let mut out = String::new();
    for bot in engine.core.batch.bots_of(owner) {
        let status = status_text(language, bot);
        let _ = write!(out, "\n[{}] {} ({}, {status})", bot.row.id, bot.row.name, bot.mode.as_str());
        if let Some(jid) = &bot.row.jid {
            let _ = write!(out, " — {jid}");
        }
        if bot.row.active {
            let _ = write!(
                out,
                " — {}",
                state_text(engine, &engine.channels.xmpp.accounts.bot_state(&engine.core.batch, bot)?)
            );
        }
        if chosen == Some(bot.row.id) {
            out.push_str(&texts::LISTENS.fill(language, &[]));
        }
    }
    if out.is_empty() {
        return Ok(texts::NO_BOTS.fill(language, &[]));
    }
    Ok(texts::YOUR_BOTS.fill(language, &[]) + &out)
}

fn status(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    if arguments.is_empty() {
        return overview(engine, owner);
    }
    let id = match only_bot(engine, owner, arguments, "/status", &texts::MAYBE_ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    details(engine, id, engine.core.webhooks.webhook_url(id))
}

/// All there is to say of one bot.
pub(super) fn details(engine: &Engine, id: BotId, webhook: Option<&str>) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let bot = engine.core.batch.bot(id)?;
    let state = state_text(engine, &engine.channels.xmpp.accounts.bot_state(&engine.core.batch, bot)?);
    let none = texts::NOTHING.fill(language, &[]);
    let commands: Vec<String> = bot.commands.iter().map(|command| format!("/{}", command.command)).collect();
    let or_none = |text: String| if text.is_empty() { none.clone() } else { text };
    Ok(texts::BOT_STATUS.fill(
        language,
        &[
            ("state", &state),
            ("name", &bot.row.name),
            ("id", &bot.row.id.to_string()),
            ("mode", bot.mode.as_str()),
            ("status", &status_text(language, bot)),
            ("jid", &or_none(bot.row.jid.as_ref().map(ToString::to_string).unwrap_or_default())),
            ("webhook", &or_none(webhook.unwrap_or_default().to_string())),
            ("description", &or_none(bot.row.description.clone())),
            ("commands", &or_none(commands.join(", "))),
            ("queued", &bot.queued.to_string()),
            ("dropped", &bot.row.updates_dropped.to_string()),
            ("url", &engine.core.batch.setup.api_url),
        ],
    ))
}

/// How a bot is connected, and why it is not.
fn state_text(engine: &Engine, state: &BotState) -> String {
    let (language, now) = (engine.core.batch.setup.settings.language, engine.core.batch.now.unix());
    let time = state.since.map(|since| text::lasting(now - since)).unwrap_or_default();
    let words = match state.connection {
        Connection::Online => &texts::ONLINE,
        Connection::Connecting => &texts::CONNECTING,
        Connection::Registering => &texts::REGISTERING,
        Connection::Offline if time.is_empty() => &texts::OFFLINE_NOW,
        Connection::Offline => &texts::OFFLINE,
        Connection::Stopped => &texts::STOPPED,
        Connection::Disabled => &texts::DISABLED,
    };
    let mut out = words.fill(language, &[("time", &time)]);
    if let Some(why) = &state.why {
        let _ = write!(out, ": {}", remedy::at(engine.core.batch.chat_place(), why));
    }
    out
}

fn overview(engine: &Engine, owner: &BareJid) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let own = engine.core.batch.bots_of(owner);
    let active = own.iter().filter(|bot| bot.row.active).count();
    let queued: i64 = own.iter().map(|bot| bot.queued).sum();
    // His own account, and those of his bots.
    let is_his =
        |account: &&Account| account.row.jid == *owner || own.iter().any(|bot| account.row.bot == Some(bot.row.id));
    let his = engine.channels.xmpp.accounts.iter().filter(|(_, account)| is_his(account));
    let outbox: i64 = his.map(|(id, _)| engine.channels.xmpp.outbox_depth(&engine.core.batch, *id)).sum();
    let skipped = engine
        .core
        .batch
        .counts
        .skipped_of
        .get(owner)
        .map(|(count, last)| (count.to_string(), remedy::at(engine.core.batch.chat_place(), last)))
        .map(|(count, last)| texts::SKIPPED.fill(language, &[("count", &count), ("last", &last)]));
    let uptime = engine.core.batch.up().as_secs();
    let uptime = format!("{}d {}h {}min", uptime / 86_400, uptime / 3600 % 24, uptime / 60 % 60);
    let online = own
        .iter()
        .filter(|bot| bot.row.active && engine.channels.xmpp.accounts.is_bot_online(&engine.core.batch, bot.row.id))
        .count();
    let mut out = texts::OVERVIEW.fill(
        language,
        &[
            ("online", &online.to_string()),
            ("version", env!("CARGO_PKG_VERSION")),
            ("uptime", &uptime),
            ("bots", &own.len().to_string()),
            ("active", &active.to_string()),
            ("queued", &queued.to_string()),
            ("outbox", &outbox.to_string()),
            ("skipped", &skipped.unwrap_or_default()),
            ("url", &engine.core.batch.setup.api_url),
        ],
    );
    for left in engine.channels.xmpp.list_leaving(&engine.core, Some(owner))? {
        let why = left.why.map(|why| remedy::at(engine.core.batch.chat_place(), &why));
        let why = why.unwrap_or_else(|| texts::BEING_REMOVED.fill(language, &[]));
        out += &texts::LEAVING.fill(language, &[("jid", left.jid.as_str()), ("why", &why)]);
    }
    Ok(out)
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

fn showtoken(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/showtoken", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    let bot = engine.channels.xmpp.accounts.bot_info(&engine.core.batch, id)?;
    let words = [("name", bot.name.as_str()), ("id", &id.to_string()), ("token", token_text(&bot))];
    let text = if bot.token.is_some() { &texts::SHOW_TOKEN } else { &texts::NO_TOKEN };
    Ok(text.fill(language, &words))
}

fn token(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/token", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    let token = engine.core.new_token(id)?;
    let bot = engine.core.batch.bot(id)?;
    let mut out = texts::NEW_TOKEN.fill(language, &[("name", &bot.row.name), ("token", token.expose())]);
    if !bot.row.active {
        out.push_str(&texts::STILL_DISABLED.fill(language, &[("id", &id.to_string())]));
    }
    Ok(out)
}

fn revoke(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/revoke", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    engine.core.revoke(id)?;
    Ok(texts::REVOKED.fill(language, &[("name", &engine.core.batch.bot(id)?.row.name)]))
}

fn activate(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/activate", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    engine.core.activate_bot(id)?;
    let bot = engine.core.batch.bot(id)?;
    let mut out = texts::ACTIVATED.fill(language, &[("name", &bot.row.name), ("id", &id.to_string())]);
    if bot.row.token.is_none() {
        out.push_str(&texts::NEEDS_TOKEN.fill(language, &[("id", &id.to_string())]));
    }
    Ok(out)
}

fn deactivate(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/deactivate", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    engine.core.deactivate_bot(id)?;
    let bot = engine.core.batch.bot(id)?;
    Ok(texts::DEACTIVATED.fill(language, &[("name", &bot.row.name), ("id", &id.to_string())]))
}

fn setcommands(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let (id, rest) = match own_bot(engine, owner, arguments, "/setcommands", &texts::ID_COMMANDS) {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let name = engine.core.batch.bot(id)?.row.name.clone();
    let (is_more, rest) = rest.strip_prefix('+').map_or((false, rest), |rest| (true, rest.trim()));
    if rest == "-" {
        engine.core.batch.set_commands(id, &[])?;
        return Ok(texts::COMMANDS_CLEARED.fill(language, &[("name", &name)]));
    }
    let mut commands = read_commands(rest);
    if commands.is_empty() {
        return Ok(usage_or_clear(language, "/setcommands", &texts::ID_COMMANDS, id));
    }
    if let Some((word, rest)) = commands.iter().find_map(|command| command.command.split_once(char::is_whitespace)) {
        let values = [("word", word), ("rest", rest.trim()), ("id", &id.to_string())];
        return Ok(texts::COMMAND_NEEDS_DASH.fill(language, &values));
    }
    // Elsewhere, in a room for one, the bot may hear them; its program says so by the API, if it wants them on its list.
    let is_mine = |command: &&Command| super::is_mine(&command.command.to_lowercase());
    if let (Some(mine), Mode::Personal) = (commands.iter().find(is_mine), engine.core.batch.bot(id)?.mode) {
        return Ok(texts::IS_MINE.fill(language, &[("word", &mine.command), ("name", &name)]));
    }
    if is_more {
        let is_new = |known: &&Command| commands.iter().all(|new| !new.command.eq_ignore_ascii_case(&known.command));
        let mut all: Vec<Command> = engine.core.batch.bot(id)?.commands.iter().filter(is_new).cloned().collect();
        all.append(&mut commands);
        commands = all;
    }
    engine.core.batch.set_commands(id, &commands)?;
    let list: Vec<String> =
        engine.core.batch.bot(id)?.commands.iter().map(|command| format!("/{}", command.command)).collect();
    Ok(texts::COMMANDS_SET.fill(language, &[("name", &name), ("commands", &list.join(", "))]))
}

/// Reads `/a - one, /b - two`: a comma ends a description only where the next word begins with a slash, and the
/// dash must stand between spaces, so both may occur inside.
fn read_commands(text: &str) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for part in text.split(',') {
        let trimmed = part.trim();
        match (trimmed.starts_with('/'), commands.last_mut()) {
            (false, Some(last)) => {
                last.description.push(',');
                last.description.push_str(part);
            }
            _ if trimmed.is_empty() => {}
            _ => {
                let (command, description) = trimmed.split_once(" - ").unwrap_or((trimmed, ""));
                let command = command.trim().trim_start_matches('/').to_string();
                commands.push(Command { command, description: description.trim().to_string() });
            }
        }
    }
    commands
}

fn setdescription(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let (id, text) = match own_bot(engine, owner, arguments, "/setdescription", &texts::ID_TEXT) {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let (text, done) = match text.trim() {
        "" => return Ok(usage_or_clear(language, "/setdescription", &texts::ID_TEXT, id)),
        "-" => ("", &texts::DESCRIPTION_CLEARED),
        text => (text, &texts::DESCRIBED),
    };
    engine.core.describe_bot(id, text)?;
    Ok(done.fill(language, &[("name", &engine.core.batch.bot(id)?.row.name)]))
}

fn access(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let (id, rest) = match own_bot(engine, owner, arguments, "/access", &texts::ID_ACCESS) {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let mut words = rest.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    if let Some(word) = words.next() {
        let Some(access) = Access::parse(&word.to_lowercase()) else {
            return Ok(usage(language, "/access", &texts::ID_ACCESS));
        };
        let mut contacts = Vec::new();
        for word in words {
            match BareJid::parse(word) {
                Ok(jid) if jid.local().is_some() => contacts.push(jid),
                _ => return Ok(texts::NO_ADDRESS.fill(language, &[("word", word)])),
            }
        }
        engine.core.set_access(id, access, Some(contacts.as_slice()).filter(|contacts| !contacts.is_empty()))?;
    }
    let bot = engine.core.batch.bot(id)?;
    let contacts: Vec<String> = bot.contacts.iter().map(ToString::to_string).collect();
    let contacts = if contacts.is_empty() { texts::NOTHING.fill(language, &[]) } else { contacts.join(", ") };
    let who = match bot.access {
        Access::Owner => &texts::ACCESS_OWNER,
        Access::Roster => &texts::ACCESS_ROSTER,
        Access::List => &texts::ACCESS_LIST,
        Access::Public => &texts::ACCESS_PUBLIC,
    };
    let who = who.fill(language, &[("contacts", &contacts)]);
    let words =
        [("who", who.as_str()), ("name", &bot.row.name), ("id", &id.to_string()), ("access", bot.access.as_str())];
    Ok(texts::ACCESS_IS.fill(language, &words))
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

fn usage(language: Language, command: &str, arguments: &Text) -> String {
    texts::USAGE.fill(language, &[("command", command), ("arguments", &arguments.fill(language, &[]))])
}

/// The same for what can be cleared, and how.
fn usage_or_clear(language: Language, command: &str, arguments: &Text, id: BotId) -> String {
    let clear = texts::TO_CLEAR.fill(language, &[("command", command), ("id", &id.to_string())]);
    usage(language, command, arguments) + &clear
}

fn status_text(language: Language, bot: &Bot) -> String {
    let text = if bot.row.active { &texts::ACTIVE } else { &texts::DISABLED };
    text.fill(language, &[])
}

fn token_text(bot: &BotInfo) -> &str {
    bot.token.as_ref().map(|token| token.expose()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::read_commands;

    #[test]
    fn commands_may_hold_commas_and_dashes() {
        let commands = read_commands("/weather - Sun, rain - or both, /e-mail - Send e-mail, /bare");
        let pairs: Vec<_> = commands.iter().map(|c| (c.command.as_str(), c.description.as_str())).collect();
        assert_eq!(pairs, [("weather", "Sun, rain - or both"), ("e-mail", "Send e-mail"), ("bare", "")]);
        assert!(read_commands("  ").is_empty());
    }
}
