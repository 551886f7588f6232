//! `/telegram`: a bot's bridge to Telegram, in its chat and, for any bot of an owner, in the self-chat (docs/telegram.md).
//! Only the owner sees and changes anything. No answer repeats a token, nor a word that might be one.

use std::fmt::Write;

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::remedy;
use crate::base::secret::Secret;
use crate::core::addressing::named;
use crate::core::batch::{Trouble, Verdict};
use crate::core::channel::Asker;
use crate::core::failure::Failure;
use crate::core::handle::{
    Answer as Told, BridgeAnswer, BridgeQuestion, LinkMode, LinkRow, NewAcross, NewLink, OfferedChat, TelegramInfo,
    TelegramQuestion, TelegramSetup, TelegramState, telegram_chat,
};
use crate::core::owner::is_local;
use crate::core::texts::{Text, people, telegram};
use crate::engine::Engine;
use crate::engine::command::mask::{canonical_telegram, is_telegram_word};
use crate::engine::command::{Chat, botfather, order, split};
use crate::store;

type Answer = Result<String, Trouble>;

/// Of whose bridge is spoken, with whom, and how the command is given there: `/telegram`, or with the manager `/telegram 3`.
pub(super) struct Place<'a> {
    pub(super) bot: BotId,
    pub(super) who: &'a BareJid,
    pub(super) command: String,
}

/// `/telegram` in a bot's chat, where its number may stand in front as in the self-chat.
pub(super) fn in_chat(engine: &mut Engine, chat: &Chat, arguments: &str) -> Answer {
    let (word, rest) = split(arguments);
    let rest = if word.parse() == Ok(chat.bot.0) { rest } else { arguments };
    run(engine, &Place { bot: chat.bot, who: &chat.who, command: "/telegram".to_string() }, rest)
}

/// `/telegram` in the self-chat: for the bot named, any of his, or the one that gets what is written there.
pub(super) fn in_self_chat(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let text = arguments.trim_start_matches('@');
    let (word, _) = split(text);
    let is_marked = text != arguments || word.trim_start_matches('#').parse::<i64>().is_ok();
    let (found, rest) = named(&engine.core.batch.bots_of(owner), text);
    match found[..] {
        // A word of ours is no bot's name, unless it is marked as one.
        _ if !is_marked && is_telegram_word(word) => {}
        [bot] => return run(engine, &Place { bot, who: owner, command: format!("/telegram {bot}") }, rest),
        [] if is_marked => {
            // What follows may be a token, and is not repeated.
            let none = botfather::own_bot(engine, owner, word, "/telegram", &telegram::BOT_ARGUMENTS);
            return Ok(none.err().unwrap_or_else(|| engine.core.batch.words(&telegram::WHICH_BOT)));
        }
        [] => {}
        _ => return Ok(engine.core.batch.say_which(&found)),
    }
    let only = match &engine.core.batch.bots_of(owner)[..] {
        [bot] => Some(bot.row.id),
        _ => None,
    };
    match engine.core.batch.chosen_bot(owner).or(only) {
        Some(bot) => run(engine, &Place { bot, who: owner, command: "/telegram".to_string() }, arguments),
        None => Ok(engine.core.batch.words(&telegram::WHICH_BOT)),
    }
}

/// How a bot's bridge is, in a word or two; empty where Telegram is not in this binary.
pub(super) fn state(engine: &Engine, bot: BotId) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    if !crate::channel::HAS_TELEGRAM {
        return Ok(String::new());
    }
    let Some((is_enabled, username)) = engine.core.batch.store.telegram_state(bot)? else {
        return Ok(telegram::IS_NOT_SET_UP.fill(language, &[]));
    };
    let text = if is_enabled { &telegram::IS_ON } else { &telegram::IS_OFF };
    Ok(text.fill(language, &[("username", &username)]))
}

fn run(engine: &mut Engine, place: &Place<'_>, arguments: &str) -> Answer {
    if engine.core.batch.bot(place.bot)?.row.owner != *place.who {
        return Ok(engine.core.batch.words(&telegram::REFUSED_TO_OTHERS));
    }
    let (word, rest) = split(arguments);
    match (canonical_telegram(word).as_str(), rest) {
        ("" | "help", _) => menu(engine, place),
        ("setup", "") => Ok(fill(engine, place, &telegram::GUIDE, &[])),
        ("setup", rest) => setup(engine, place, rest),
        ("on", _) => enable(engine, place, true),
        ("off", _) => enable(engine, place, false),
        ("status", _) => status(engine, place),
        ("test", _) => ask_later(engine, place, &TelegramQuestion::Test),
        ("mode", rest) => mode(engine, place, rest),
        ("add", rest) => add(engine, place, rest),
        ("list", _) => list(engine, place),
        ("remove", rest) => remove(engine, place, rest),
        ("default", rest) => set_default(engine, place, rest),
        ("send", rest) => send(engine, place, rest),
        ("retry", _) => retry(engine, place),
        (word, rest) => match order::run(engine, place.bot, place.who, word, rest)? {
            Some(answer) => Ok(answer),
            None => menu(engine, place),
        },
    }
}

fn menu(engine: &Engine, place: &Place<'_>) -> Answer {
    let name = engine.core.batch.bot(place.bot)?.row.name.clone();
    let status = state(engine, place.bot)?;
    let more = fill(engine, place, &people::GROUP_MENU, &[]);
    Ok(format!("{}\n\n{more}", fill(engine, place, &telegram::MENU, &[("name", &name), ("status", &status)])))
}

// --- the connection ---

/// What is known at once of the connection.
fn ask(engine: &mut Engine, bot: BotId, question: &TelegramQuestion) -> Result<Option<TelegramInfo>, Trouble> {
    match engine.channels.connection(&mut engine.core, (bot, &Asker::Program), question)? {
        Verdict::Outcome(Ok(Told::Telegram(info))) => Ok(Some(*info)),
        Verdict::Outcome(Err(failure)) => Err(failure.into()),
        _ => Ok(None),
    }
}

/// What takes a while: whoever asked hears it by [`on_done`].
fn ask_later(engine: &mut Engine, place: &Place<'_>, question: &TelegramQuestion) -> Answer {
    let asker = Asker::Chat(place.who.clone());
    match engine.channels.connection(&mut engine.core, (place.bot, &asker), question)? {
        Verdict::Outcome(Ok(Told::Telegram(info))) => done(engine, place.bot, &info),
        Verdict::Outcome(Err(failure)) => Err(failure.into()),
        _ => Ok(engine.core.batch.words(&telegram::ASKING)),
    }
}

/// Telegram has answered what somebody asked in a chat: he is told there.
pub(in crate::engine) fn on_done(
    engine: &mut Engine,
    bot: BotId,
    who: &BareJid,
    outcome: &Result<TelegramInfo, Failure>,
) -> Result<(), store::Error> {
    let text = match outcome {
        Ok(info) => done(engine, bot, info),
        Err(failure) => {
            let why = failure.at(engine.core.batch.chat_place());
            Ok(telegram::NOT_CONNECTED.fill(engine.core.batch.setup.settings.language, &[("why", &why)]))
        }
    };
    match text {
        Ok(text) => engine.core.tell_owner_of(bot, &text),
        Err(Trouble::Store(error)) => return Err(error),
        Err(Trouble::Failure(failure)) => log::debug!("bot {bot}: {who} is not told: {failure}"),
    }
    Ok(())
}

fn done(engine: &Engine, bot: BotId, info: &TelegramInfo) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let values = [("name", info.name.as_str()), ("username", &info.username)];
    let mut out = telegram::CONNECTED.fill(language, &values);
    if let (Some(link), true) = (engine.core.bridge.usual(bot), info.is_enabled) {
        let values = [("chat", chat_id(link)), ("mode", link.mode.as_str())];
        out += &telegram::BRIDGED.fill(language, &values);
    }
    Ok(out)
}

fn setup(engine: &mut Engine, place: &Place<'_>, rest: &str) -> Answer {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (token, chat, mode, server) = match words[..] {
        [token, chat] => (token, chat, "", None),
        [token, chat, server] if server.contains("://") => (token, chat, "", Some(server)),
        [token, chat, mode] => (token, chat, mode, None),
        [token, chat, mode, server] => (token, chat, mode, Some(server)),
        _ => return Ok(usage(engine, place, "setup <TOKEN> <CHAT_ID> [bridge|forward] [URL]")),
    };
    let chat = telegram_chat("CHAT_ID", chat)?;
    let Some(mode) = read_mode(mode) else { return Ok(engine.core.batch.words(&telegram::NO_SUCH_MODE)) };
    let new = TelegramSetup {
        token: Some(Secret::new(token)),
        api_url: server.map(str::to_string),
        link: Some((chat, mode.as_str().to_string())),
        ..TelegramSetup::default()
    };
    let told = ask_later(engine, place, &TelegramQuestion::Setup(new))?;
    // What is said in the built-in chat is masked where it is kept.
    let warning = if is_local(place.who) { String::new() } else { engine.core.batch.words(&telegram::DELETE_TOKEN) };
    Ok(told + &warning)
}

fn enable(engine: &mut Engine, place: &Place<'_>, is_on: bool) -> Answer {
    ask(engine, place.bot, &TelegramQuestion::Enable(is_on))?;
    Ok(engine.core.batch.words(if is_on { &telegram::TURNED_ON } else { &telegram::TURNED_OFF }))
}

fn status(engine: &mut Engine, place: &Place<'_>) -> Answer {
    let info = ask(engine, place.bot, &TelegramQuestion::Status)?.unwrap_or_default();
    if !info.is_configured {
        return Ok(fill(engine, place, &telegram::NOT_SET_UP, &[]));
    }
    let words = match info.state {
        TelegramState::Off => &telegram::STATE_OFF,
        TelegramState::Idle => &telegram::STATE_IDLE,
        TelegramState::Listening => &telegram::STATE_LISTENING,
        TelegramState::Retrying => &telegram::STATE_RETRYING,
        TelegramState::Deaf => &telegram::STATE_DEAF,
        TelegramState::Conflict => &telegram::STATE_CONFLICT,
        TelegramState::Refused => &telegram::STATE_REFUSED,
    };
    let chat_place = engine.core.batch.chat_place();
    let trouble = info.trouble.as_ref().map(|why| format!(": {}", remedy::at(chat_place, why))).unwrap_or_default();
    let values = [
        ("status", state(engine, place.bot)?),
        ("state", engine.core.batch.words(words)),
        ("trouble", trouble),
        ("waiting", info.waiting.to_string()),
        ("doubt", info.in_doubt.to_string()),
        ("chats", chats(engine, place)?),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Ok(fill(engine, place, &telegram::STATUS, &values))
}

fn retry(engine: &mut Engine, place: &Place<'_>) -> Answer {
    let mut count = 0;
    for channel in engine.channels.list() {
        count += channel.retry(&mut engine.core, place.bot)?;
    }
    Ok(match count {
        0 => engine.core.batch.words(&telegram::NOTHING_TO_RETRY),
        count => fill(engine, place, &telegram::RETRIED, &[("count", &count.to_string())]),
    })
}

// --- chats ---

fn mode(engine: &mut Engine, place: &Place<'_>, rest: &str) -> Answer {
    let (word, name) = split(rest);
    let links = engine.core.bridge.infos(place.bot);
    let Some(first) = links.first() else { return Ok(fill(engine, place, &telegram::NOT_SET_UP, &[])) };
    if word.is_empty() {
        let modes: Vec<String> = match &links[..] {
            [only] => vec![only.mode.as_str().to_string()],
            all => all.iter().map(|link| format!("{} {}", name_of(link), link.mode.as_str())).collect(),
        };
        return Ok(fill(engine, place, &telegram::MODE_IS, &[("mode", &modes.join(", "))]));
    }
    let Some(mode) = read_mode(word) else { return Ok(engine.core.batch.words(&telegram::NO_SUCH_MODE)) };
    // Of one chat where it is named, else of all.
    let meant = match name {
        "" if links.len() > 1 => links.clone(),
        "" => vec![first.clone()],
        name => vec![engine.core.named_link(place.bot, name)?],
    };
    for link in meant {
        change(engine, place.bot, NewLink { mode: Some(mode), ..NewLink::new(link.there) })?;
    }
    Ok(fill(engine, place, &telegram::MODE_SET, &[("mode", mode.as_str())]))
}

fn add(engine: &mut Engine, place: &Place<'_>, rest: &str) -> Answer {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (chat, alias, room) = match words[..] {
        [chat] => (chat, None, None),
        [chat, room] if room.contains('@') => (chat, None, Some(room)),
        [chat, alias] => (chat, Some(alias), None),
        [chat, alias, room] => (chat, Some(alias), Some(room)),
        _ => return Ok(usage(engine, place, "add <CHAT_ID> [alias] [room]")),
    };
    let rule = "the address of a room, for example room@conference.example.org";
    let here = room.map(|room| BareJid::parse(room).map_err(|_| Failure::invalid("room", rule))).transpose()?;
    let is_default = engine.core.bridge.links(place.bot).is_empty().then_some(true);
    let new = NewLink {
        here,
        alias: alias.map(str::to_string),
        is_enabled: Some(true),
        is_default,
        ..NewLink::new(telegram_chat("CHAT_ID", chat)?)
    };
    let row = change(engine, place.bot, new)?;
    Ok(of_link(engine, place, &telegram::ADDED, &row))
}

fn remove(engine: &mut Engine, place: &Place<'_>, name: &str) -> Answer {
    if name.is_empty() {
        return Ok(usage(engine, place, "remove <CHAT_ID>"));
    }
    let row = engine.context().unlink(place.bot, name)?;
    Ok(of_link(engine, place, &telegram::REMOVED, &row))
}

fn set_default(engine: &mut Engine, place: &Place<'_>, name: &str) -> Answer {
    if name.is_empty() {
        return Ok(usage(engine, place, "default <alias>"));
    }
    let link = engine.core.named_link(place.bot, name)?;
    let row = change(engine, place.bot, NewLink { is_default: Some(true), ..NewLink::new(link.there) })?;
    Ok(of_link(engine, place, &telegram::DEFAULT_SET, &row))
}

fn send(engine: &mut Engine, place: &Place<'_>, rest: &str) -> Answer {
    let (name, text) = split(rest);
    if text.is_empty() {
        return Ok(usage(engine, place, "send <alias> <text>"));
    }
    let row = engine.core.named_link(place.bot, name)?;
    let chat = Some(row.there.to_string());
    engine.context().send_across(place.bot, &NewAcross { chat, text: text.to_string(), idempotency_key: None })?;
    Ok(of_link(engine, place, &telegram::SENT, &row))
}

fn list(engine: &mut Engine, place: &Place<'_>) -> Answer {
    let BridgeAnswer::Links(links, offered) = engine.context().ask_bridge(place.bot, &BridgeQuestion::List)? else {
        return Ok(String::new());
    };
    let mut out = match links[..] {
        [] => engine.core.batch.words(&telegram::NO_CHATS),
        _ => fill(engine, place, &telegram::CHATS, &[("chats", &chats(engine, place)?)]),
    };
    let mut rows = String::new();
    for chat in offered {
        rows += &offer(engine, place, &chat);
    }
    if !rows.is_empty() {
        out += &fill(engine, place, &telegram::OFFERED, &[("chats", &rows)]);
    }
    Ok(out)
}

fn offer(engine: &Engine, place: &Place<'_>, chat: &OfferedChat) -> String {
    let values = [
        ("title", chat.title.as_str()),
        ("name", &chat.last_name),
        ("count", &chat.count.to_string()),
        ("id", chat.address.channel_id().unwrap_or(chat.address.as_str())),
    ];
    fill(engine, place, &telegram::OFFER, &values)
}

/// All chats of the bot, a line each.
fn chats(engine: &Engine, place: &Place<'_>) -> Answer {
    let chat_place = engine.core.batch.chat_place();
    let owner = &engine.core.batch.bot(place.bot)?.row.owner;
    let mut out = String::new();
    for link in engine.core.bridge.infos(place.bot) {
        let mut marks = String::new();
        if link.is_default {
            marks += &engine.core.batch.words(&telegram::CHAT_DEFAULT);
        }
        if !link.is_enabled {
            marks += &engine.core.batch.words(&telegram::CHAT_OFF);
        }
        if link.here != *owner {
            marks += &fill(engine, place, &telegram::CHAT_HERE, &[("here", link.here.as_str())]);
        }
        if let Some(why) = &link.trouble {
            marks += &fill(engine, place, &telegram::CHAT_STUCK, &[("why", &remedy::at(chat_place, why))]);
        }
        let values =
            [("name", name_of(&link)), ("id", chat_id(&link)), ("mode", link.mode.as_str()), ("marks", &marks)];
        let _ = write!(out, "{}", fill(engine, place, &telegram::CHAT, &values));
    }
    Ok(out)
}

fn change(engine: &mut Engine, bot: BotId, new: NewLink) -> Result<LinkRow, Trouble> {
    engine.context().link(bot, &new)
}

fn read_mode(word: &str) -> Option<LinkMode> {
    match canonical_telegram(word).as_str() {
        "" => Some(LinkMode::Bridge),
        word => LinkMode::parse(word),
    }
}

/// As its owner calls it, else by its number.
fn name_of(link: &LinkRow) -> &str {
    if link.alias.is_empty() { chat_id(link) } else { &link.alias }
}

fn chat_id(link: &LinkRow) -> &str {
    link.there.channel_id().unwrap_or(link.there.as_str())
}

fn of_link(engine: &Engine, place: &Place<'_>, text: &Text, link: &LinkRow) -> String {
    let values = [("name", name_of(link)), ("id", chat_id(link)), ("mode", link.mode.as_str())];
    fill(engine, place, text, &values)
}

fn usage(engine: &Engine, place: &Place<'_>, usage: &str) -> String {
    fill(engine, place, &telegram::USAGE, &[("usage", usage)])
}

fn fill(engine: &Engine, place: &Place<'_>, text: &Text, values: &[(&str, &str)]) -> String {
    let values: Vec<(&str, &str)> = values.iter().copied().chain([("tg", place.command.as_str())]).collect();
    text.fill(engine.core.batch.setup.settings.language, &values)
}
