//! Commands of people on other channels, in chats that are linked: what the bot answers there by itself, and what its owner
//! has defined. What the bot's program has registered is the program's.

use std::fmt::Write;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::channel::xmpp::present::Who;
use crate::core::batch::Trouble;
use crate::core::bridge::moderation::fill;
use crate::core::channel::Channels;
use crate::core::handle::{Kind, NewMessage};
use crate::core::incoming::Incoming;
use crate::core::texts::{self, people};
use crate::engine::Engine;
use crate::engine::command::{Entry, parse, run_from};
use crate::store;
use crate::store::row::{ConversationKind, LinkRow};

type Answer = Result<String, Trouble>;

/// Somebody in a linked chat, and his command.
pub(crate) struct Abroad {
    bot: BotId,
    link: LinkRow,
    /// The chat, or the topic there.
    place: BareJid,
    message_id: String,
}

/// All of them, in the order of `/help`.
const TABLE: &[Entry<Abroad>] = &[
    Entry { name: "help", aliases: &["hilfe"], arguments: texts::NONE, description: people::HELP, handler: help },
    Entry { name: "status", aliases: &[], arguments: texts::NONE, description: people::STATUS, handler: status },
    Entry { name: "info", aliases: &[], arguments: texts::NONE, description: people::INFO, handler: info },
    Entry { name: "who", aliases: &["wer"], arguments: texts::NONE, description: people::WHO, handler: who },
    Entry { name: "ping", aliases: &[], arguments: texts::NONE, description: people::PING, handler: ping },
];

/// Answers a command of somebody on another channel; says whether that was all. How often is bounded for each chat.
pub(in crate::engine) fn answer(engine: &mut Engine, bot: BotId, said: &Incoming<'_>) -> Result<bool, store::Error> {
    let place = said.from.bare();
    let Some((word, arguments)) = parse(&said.text).filter(|_| said.replaces.is_none()) else { return Ok(false) };
    let Some(link) = engine.core.bridge.with_chat(bot, &place).filter(|link| link.is_enabled).cloned() else {
        return Ok(false);
    };
    // In a group with several bots one is named; another's commands are not ours.
    let (word, named) = word.split_once('@').unwrap_or((&word, ""));
    let is_ours = named.is_empty()
        || engine
            .channels
            .look(&place)
            .ok()
            .and_then(|channel| channel.own_name(bot))
            .is_some_and(|own| own.eq_ignore_ascii_case(named));
    if !is_ours || engine.core.batch.has_command(bot, word) {
        return Ok(false);
    }
    let own = engine.core.batch.store.find_own_command(bot, word)?;
    if own.is_none() && !TABLE.iter().any(|entry| entry.is_called(word)) {
        return Ok(false);
    }
    if !engine.core.bridge.counted.admit_answer(link.id, engine.core.batch.now) {
        return Ok(true);
    }
    let caller = Abroad { bot, link, place, message_id: said.id.clone() };
    let answer = match own {
        Some(text) => fill(&text, &values_for(engine, &caller, said, arguments)?),
        None => match run_from(TABLE, engine, &caller, &format!("/{word} {arguments}")) {
            Ok(answer) => answer.unwrap_or_default(),
            Err(Trouble::Store(error)) => return Err(error),
            Err(Trouble::Failure(failure)) => failure.at(engine.core.batch.chat_place()),
        },
    };
    reply(engine, &caller, &answer).map(|()| true)
}

/// Says the answer where it was asked, in answer to it.
fn reply(engine: &mut Engine, caller: &Abroad, text: &str) -> Result<(), store::Error> {
    if text.is_empty() {
        return Ok(());
    }
    let is_room = caller.link.there_kind == ConversationKind::Room;
    let kind = if is_room { Kind::Groupchat } else { Kind::Chat };
    let reply_to = Some(caller.message_id.clone());
    let message = NewMessage { reply_to, ..NewMessage::text(&caller.place.to_jid(), kind, text) };
    match engine.context().send_unheard(caller.bot, &message) {
        Err(Trouble::Store(error)) => Err(error),
        Err(Trouble::Failure(failure)) => {
            log::warn!("bot {}: an answer in {} was not sent: {failure}", caller.bot, caller.place);
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

fn values_for(
    engine: &Engine,
    caller: &Abroad,
    said: &Incoming<'_>,
    arguments: &str,
) -> Result<[(&'static str, String); 4], store::Error> {
    let bot = engine.core.batch.bots.get(&caller.bot).map(|bot| bot.row.name.clone()).unwrap_or_default();
    Ok([
        ("name", said.from.resource().unwrap_or_default().to_string()),
        ("chat", caller.link.name().to_string()),
        ("args", arguments.to_string()),
        ("bot", bot),
    ])
}

/// Tells the channels which commands a bot has for people there.
pub(in crate::engine) fn offer(engine: &mut Engine, bot: BotId) -> Result<(), store::Error> {
    let commands = offered(engine, bot)?;
    let core = &mut engine.core;
    engine.channels.list().try_for_each(|channel| channel.offer(core, bot, &commands))
}

/// What a channel may offer to who types there: each command, and what it does.
fn offered(engine: &Engine, bot: BotId) -> Result<Vec<(String, String)>, store::Error> {
    let language = engine.core.batch.setup.settings.language;
    let commands = engine.core.batch.bots.get(&bot).map(|bot| bot.commands.as_slice()).unwrap_or_default();
    let own = engine.core.batch.store.list_own_commands(bot)?;
    let mut all: Vec<(String, String)> =
        commands.iter().map(|command| (command.command.clone(), command.description.clone())).collect();
    let mut add = |name: &str, description: String| {
        if all.iter().all(|(known, _)| known != name) {
            all.push((name.to_string(), description));
        }
    };
    own.iter().for_each(|row| add(&row.name, row.text.clone()));
    TABLE.iter().for_each(|entry| add(entry.name, entry.description.fill(language, &[])));
    Ok(all)
}

fn help(engine: &mut Engine, caller: &Abroad, _arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let mut out = people::HELP_HEAD.fill(language, &[("name", &engine.core.batch.bot(caller.bot)?.row.name)]);
    for (name, description) in offered(engine, caller.bot)? {
        let dash = if description.is_empty() { "" } else { " - " };
        let first = description.lines().next().unwrap_or_default();
        let _ = write!(out, "\n/{name}{dash}{}", crate::base::text::shorten(first, 80));
    }
    Ok(out)
}

fn status(engine: &mut Engine, caller: &Abroad, _arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let is_online = engine.channels.xmpp.accounts.is_bot_online(&engine.core.batch, caller.bot);
    let count = engine.core.bridge.links(caller.bot).iter().filter(|link| link.is_enabled).count().to_string();
    let text = if is_online { &people::BOT_ONLINE } else { &people::BOT_OFFLINE };
    let (state, up) = (text.fill(language, &[]), uptime(engine));
    Ok(people::STATUS_IS.fill(language, &[("state", &state), ("count", &count), ("uptime", &up)]))
}

fn info(engine: &mut Engine, caller: &Abroad, _arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let up = uptime(engine);
    let bot = engine.core.batch.bot(caller.bot)?;
    let values = [("name", bot.row.name.as_str()), ("version", env!("CARGO_PKG_VERSION")), ("uptime", &up)];
    let mut out = people::INFO_IS.fill(language, &values);
    if !bot.row.description.is_empty() {
        let _ = write!(out, "\n{}", bot.row.description);
    }
    Ok(out)
}

/// Nicks in a room are shown; of a person no more than whether he is there.
fn who(engine: &mut Engine, caller: &Abroad, _arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let here = &caller.link.here;
    let name = here.local().unwrap_or(here.as_str());
    Ok(match engine.channels.xmpp.who_is_there(&engine.core.batch, caller.bot, here) {
        Who::Nicks(nicks, count) => {
            let (room, count, nicks) = (name.to_string(), count.to_string(), nicks.join(", "));
            people::WHO_ROOM.fill(language, &[("room", &room), ("count", &count), ("nicks", &nicks)])
        }
        Who::Person(Some(true)) => people::WHO_THERE.fill(language, &[("name", name)]),
        Who::Person(Some(false)) => people::WHO_AWAY.fill(language, &[("name", name)]),
        Who::Person(None) => people::WHO_UNKNOWN.fill(language, &[]),
    })
}

/// The channel says it by itself, with the time that its service takes.
fn ping(engine: &mut Engine, caller: &Abroad, _arguments: &str) -> Answer {
    let asked = (caller.bot, &caller.place, caller.message_id.as_str());
    let is_said = engine.channels.of(&caller.place)?.ping(&mut engine.core, asked)?;
    Ok(if is_said { String::new() } else { "pong".to_string() })
}

fn uptime(engine: &Engine) -> String {
    let up = engine.core.batch.up().as_secs();
    format!("{}d {}h {}min", up / 86_400, up / 3_600 % 24, up / 60 % 60)
}
