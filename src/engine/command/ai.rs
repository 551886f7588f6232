//! `/ki` (also `/ai`) and `/stop`: a bot's AI, in its chat and, for bots without an account of their own, in the self-chat
//! (docs/ai.md). Only the owner changes anything. No answer repeats a key, nor a word that might be one.

use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::secret::Secret;
use crate::brain::ai::SetBy;
use crate::core::addressing::named;
use crate::core::batch::Trouble;
use crate::core::failure::Failure;
use crate::core::handle::AiSettings;
use crate::core::owner::is_local;
use crate::core::texts::{self, Text, ai};
use crate::engine::Engine;
use crate::engine::command::mask::{canonical, is_word};
use crate::engine::command::{Chat, botfather, split};
use crate::remote::ai::Provider;
use crate::remote::ai::providers::PROVIDERS;
use crate::store::row::{AiRank, AiRow};

type Answer = Result<String, Trouble>;

/// Of whose AI is spoken, with whom, and how the command is given there: `/ki`, or with the manager `/ki 3`.
struct Place<'a> {
    bot: BotId,
    who: &'a BareJid,
    command: String,
}

/// `/ki` in a bot's chat, where its number may stand in front as in the self-chat.
pub(super) fn in_chat(engine: &mut Engine, chat: &Chat, arguments: &str) -> Answer {
    let (word, rest) = split(arguments);
    let rest = if word.parse() == Ok(chat.bot.0) { rest } else { arguments };
    ki(engine, &Place { bot: chat.bot, who: &chat.who, command: "/ki".to_string() }, rest)
}

/// `/ki` in the self-chat: for the bot named, any of his, or the one that gets what is written there.
pub(super) fn in_self_chat(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let text = arguments.trim_start_matches('@');
    let (word, _) = split(text);
    let is_marked = text != arguments || word.trim_start_matches('#').parse::<i64>().is_ok();
    let (found, rest) = named(&engine.core.batch.bots_of(owner), text);
    match found[..] {
        // A word of ours is no bot's name, unless it is marked as one.
        _ if !is_marked && is_word(word) => {}
        [bot] => return ki(engine, &Place { bot, who: owner, command: format!("/ki {bot}") }, rest),
        [] if is_marked => {
            // What follows may be a key, and is not repeated.
            let none = botfather::own_bot(engine, owner, word, "/ki", &ai::KI_BOT_ARGUMENTS);
            return Ok(none.err().unwrap_or_else(|| engine.core.batch.words(&ai::WHICH_BOT)));
        }
        [] => {}
        _ => return Ok(engine.core.batch.say_which(&found)),
    }
    match engine.core.batch.chosen_bot(owner) {
        Some(bot) => ki(engine, &Place { bot, who: owner, command: "/ki".to_string() }, arguments),
        None => Ok(engine.core.batch.words(&ai::WHICH_BOT)),
    }
}

/// `/stop` in a bot's chat.
pub(super) fn stop_in_chat(engine: &mut Engine, chat: &Chat, _arguments: &str) -> Answer {
    let count = engine.with_brain(|brain, cx| brain.ai.stop_thinking(cx, chat.bot, chat.who.as_str()))?;
    Ok(engine.core.batch.words(if count > 0 { &ai::STOPPED } else { &ai::NOTHING_TO_STOP }))
}

/// `/stop` in the self-chat, for all bots there.
pub(super) fn stop_in_self_chat(engine: &mut Engine, owner: &BareJid, _arguments: &str) -> Answer {
    let bots: Vec<BotId> = engine.core.batch.personal_bots(owner).map(|bot| bot.row.id).collect();
    let mut count = 0;
    for bot in bots {
        count += engine.with_brain(|brain, cx| brain.ai.stop_thinking(cx, bot, owner.as_str()))?;
    }
    Ok(engine.core.batch.words(if count > 0 { &ai::STOPPED } else { &ai::NOTHING_TO_STOP }))
}

/// How a bot's AI is, in one line.
pub(super) fn state(engine: &Engine, bot: BotId, ki: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let Some(row) = engine.core.batch.store.ai(bot, AiRank::First)? else {
        return Ok(ai::IS_NOT_SET_UP.fill(language, &[("ki", ki)]));
    };
    let text = if row.is_enabled { &ai::IS_ON } else { &ai::IS_OFF };
    Ok(text.fill(language, &[("provider", &row.provider), ("model", &row.model)]))
}

fn ki(engine: &mut Engine, place: &Place<'_>, arguments: &str) -> Answer {
    let bot = place.bot;
    let (word, rest) = split(arguments);
    let word = canonical(word);
    match (word.as_str(), rest) {
        ("" | "help" | "hilfe", _) => return menu(engine, place),
        ("status", _) => return status(engine, place),
        ("provider", "") => return Ok(providers()),
        ("clear", _) => return forget(engine, bot, place.who),
        _ => {}
    }
    if engine.core.batch.bot(bot)?.row.owner != *place.who {
        return Ok(engine.core.batch.words(&ai::REFUSED_TO_OTHERS));
    }
    if matches!(word.as_str(), "setup" | "provider") {
        return setup(engine, place, rest, word == "provider");
    }
    let Some(row) = engine.core.batch.store.ai(bot, AiRank::First)? else {
        return Ok(fill(engine, place, &ai::NOT_SET_UP, &[]));
    };
    match (word.as_str(), rest) {
        ("on", _) => {
            engine.with_brain(|brain, cx| brain.ai.turn_ai_on(cx, bot))?;
            Ok(format!("{}\n{}", engine.core.batch.words(&ai::TURNED_ON), state(engine, bot, &place.command)?))
        }
        ("off", _) => {
            engine.with_brain(|brain, cx| brain.ai.turn_ai_off(cx, bot))?;
            Ok(engine.core.batch.words(&ai::TURNED_OFF))
        }
        ("model", "") => {
            let models = Provider::find(&row.provider).map(|provider| provider.models.join(", ")).unwrap_or_default();
            let values = [("model", row.model.as_str()), ("provider", &row.provider), ("models", &models)];
            Ok(fill(engine, place, &ai::MODEL, &values))
        }
        ("model", name) => {
            let row = set(engine, bot, AiSettings { model: Some(name.to_string()), ..AiSettings::default() })?;
            Ok(fill(engine, place, &ai::MODEL_SET, &[("model", &row.model)]))
        }
        ("system", "") => {
            let system = engine.core.batch.ai_info(bot)?.system;
            Ok(fill(engine, place, &ai::SYSTEM_IS, &[("system", &system)]))
        }
        ("system", text) => {
            let system = Some(text).filter(|text| *text != "-").unwrap_or_default().to_string();
            set(engine, bot, AiSettings { system: Some(system), ..AiSettings::default() })?;
            Ok(engine.core.batch.words(&ai::SYSTEM_SET))
        }
        ("url", "") => Ok(fill(engine, place, &ai::URL_IS, &[("endpoint", &row.endpoint)])),
        ("url", address) => {
            let endpoint = Some(address).filter(|address| *address != "-").unwrap_or_default().to_string();
            let new = set(engine, bot, AiSettings { endpoint: Some(endpoint), ..AiSettings::default() })?;
            let is_gone = new.key.is_empty() && !row.key.is_empty();
            let gone = if is_gone { fill(engine, place, &ai::KEY_GONE, &[]) } else { String::new() };
            Ok(fill(engine, place, &ai::URL_SET, &[("endpoint", &new.endpoint)]) + &gone)
        }
        ("token", key) if !key.is_empty() => {
            set(engine, bot, AiSettings { api_key: Some(Secret::new(key)), ..AiSettings::default() })?;
            Ok(engine.core.batch.words(&ai::KEY_SAVED) + &warning(engine, place.who, key))
        }
        ("stream", on @ ("on" | "an" | "off" | "aus")) => {
            let is_on = canonical(on) == "on";
            let row = set(engine, bot, AiSettings { is_streaming: Some(is_on), ..AiSettings::default() })?;
            stream(engine, place, &row)
        }
        ("fallback", rest) => fallback(engine, place, &row, rest),
        _ => menu(engine, place),
    }
}

fn menu(engine: &Engine, place: &Place<'_>) -> Answer {
    let name = engine.core.batch.bot(place.bot)?.row.name.clone();
    let values = [("name", name.as_str()), ("status", &state(engine, place.bot, &place.command)?)];
    Ok(fill(engine, place, &ai::MENU, &values))
}

fn status(engine: &Engine, place: &Place<'_>) -> Answer {
    let bot = place.bot;
    let info = engine.core.batch.ai_info(bot)?;
    let Some(row) = info.row else { return state(engine, bot, &place.command) };
    let nothing = engine.core.batch.words(&texts::NOTHING);
    let has_key = engine.core.batch.store.ai(bot, AiRank::First)?.is_some_and(|row| !row.key.is_empty());
    let key = if has_key { engine.core.batch.words(&ai::KEY_SET) } else { nothing.clone() };
    let turns = engine.core.batch.store.list_ai_turns(bot, place.who.as_str(), usize::MAX)?.len().to_string();
    let values = [
        ("status", state(engine, bot, &place.command)?),
        ("stream", stream(engine, place, &row)?),
        ("endpoint", row.endpoint),
        ("key", key),
        ("system", info.system),
        ("fallback", info.substitute.unwrap_or(nothing)),
        ("turns", turns),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Ok(fill(engine, place, &ai::STATUS, &values))
}

/// Whether answers are shown while they come, and what that means in the chat with this person.
fn stream(engine: &Engine, place: &Place<'_>, row: &AiRow) -> Answer {
    let way = engine.core.way(&engine.channels, place.bot, &place.who.to_jid());
    Ok(engine.core.batch.words(match way {
        _ if !row.is_streaming => &ai::STREAM_OFF,
        Ok(way) if way.account.is_some() => match way.account {
            Some(account) if engine.channels.xmpp.accounts.will_encrypt(&engine.core.batch, account, place.who)? => {
                &ai::STREAM_ENCRYPTED
            }
            _ => &ai::STREAM_ON,
        },
        _ => &ai::STREAM_ELSEWHERE,
    }))
}

fn providers() -> String {
    let line = |provider: &Provider| format!("{} - {}, {}", provider.name, provider.models.join(", "), provider.site);
    PROVIDERS.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Forgets the conversation of whoever asks.
pub(super) fn forget(engine: &mut Engine, bot: BotId, who: &BareJid) -> Answer {
    let count = engine.core.batch.store.clear_ai_turns(bot, Some(who.as_str()))?;
    Ok(ai::CLEARED.fill(engine.core.batch.setup.settings.language, &[("count", &count.to_string())]))
}

/// `/ki setup …`, and `/ki provider NAME`, to which address and key may be added by `/ki url` and `/ki token`.
fn setup(engine: &mut Engine, place: &Place<'_>, rest: &str, is_stepwise: bool) -> Answer {
    let (name, rest) = split(rest);
    if name.is_empty() {
        return Ok(fill(engine, place, &ai::CHOOSE, &[("providers", &providers())]));
    }
    let Some(provider) = Provider::find(name) else { return Ok(unknown(engine, place)) };
    let (key, model) = split(rest);
    if key.is_empty() && !is_stepwise {
        return Ok(explain(engine, place, provider));
    }
    let api_key = Some(Secret::new(key)).filter(|key| !key.is_empty());
    let model = Some(model.to_string()).filter(|model| !model.is_empty());
    let new = AiSettings { provider: Some(provider.name.to_string()), api_key, model, ..AiSettings::default() };
    let row = match engine.core.batch.set_ai(place.bot, &new, SetBy::Owner) {
        Err(Trouble::Failure(Failure::Invalid { field, .. })) if field == "api_key" => {
            let model = provider.models.first().copied().unwrap_or_default();
            return Ok(fill(engine, place, &ai::NEEDS_KEY, &[("provider", provider.name), ("model", model)]));
        }
        other => other?,
    };
    engine.with_brain(|brain, cx| brain.ai.turn_ai_on(cx, place.bot))?;
    let values = [("provider", row.provider.as_str()), ("model", &row.model)];
    Ok(fill(engine, place, &ai::CONFIGURED, &values) + &warning(engine, place.who, key))
}

/// Where a key that was written stays. The built-in chat keeps none: it is on this machine, and masked.
fn warning(engine: &Engine, who: &BareJid, key: &str) -> String {
    let is_kept = !matches!(key, "" | "-") && !is_local(who);
    if is_kept { engine.core.batch.words(&ai::DELETE_KEY) } else { String::new() }
}

fn explain(engine: &Engine, place: &Place<'_>, provider: &Provider) -> String {
    let text = if provider.needs_key { &ai::SETUP_HELP } else { &ai::SETUP_HELP_FREE };
    let values = [
        ("provider", provider.name),
        ("site", provider.site),
        ("models", &provider.models.join(", ")),
        ("model", provider.models.first().copied().unwrap_or_default()),
        ("endpoint", provider.endpoint),
    ];
    let is_gateway = provider.name == "openclaw";
    let more = if is_gateway { fill(engine, place, &ai::OPENCLAW_HELP, &[]) } else { String::new() };
    fill(engine, place, text, &values) + &more
}

fn fallback(engine: &mut Engine, place: &Place<'_>, first: &AiRow, rest: &str) -> Answer {
    let (name, rest) = split(rest);
    if canonical(name) == "off" {
        engine.core.batch.store.delete_ai(place.bot, AiRank::Substitute)?;
        return Ok(engine.core.batch.words(&ai::FALLBACK_OFF));
    }
    let (key, model) = split(rest);
    let provider = match Provider::find(name) {
        Some(provider) if !key.is_empty() => provider,
        None if !name.is_empty() => return Ok(unknown(engine, place)),
        _ => return fallback_is(engine, place, first),
    };
    // It says what it is in the words of the first.
    let new = AiSettings {
        provider: Some(provider.name.to_string()),
        api_key: Some(Secret::new(key)),
        model: Some(model.to_string()).filter(|model| !model.is_empty()),
        system: Some(first.system.clone()),
        rank: AiRank::Substitute,
        ..AiSettings::default()
    };
    let row = engine.core.batch.set_ai(place.bot, &new, SetBy::Owner)?;
    let values = [("first", first.provider.as_str()), ("provider", &row.provider), ("model", &row.model)];
    Ok(fill(engine, place, &ai::FALLBACK_SET, &values) + &warning(engine, place.who, key))
}

/// How a substitute is named, and which there is.
fn fallback_is(engine: &Engine, place: &Place<'_>, first: &AiRow) -> Answer {
    let nothing = engine.core.batch.words(&ai::FALLBACK_OFF);
    let now = engine.core.batch.store.ai(place.bot, AiRank::Substitute)?;
    let now = now.map_or(nothing, |row| format!("{} / {}", row.provider, row.model));
    let values = [("first", first.provider.as_str()), ("now", &now), ("providers", &names())];
    Ok(fill(engine, place, &ai::FALLBACK_HOW, &values))
}

fn unknown(engine: &Engine, place: &Place<'_>) -> String {
    fill(engine, place, &ai::UNKNOWN_PROVIDER, &[("providers", &names())])
}

fn names() -> String {
    PROVIDERS.iter().map(|provider| provider.name).collect::<Vec<_>>().join(", ")
}

fn set(engine: &mut Engine, bot: BotId, new: AiSettings) -> Result<AiRow, Trouble> {
    engine.core.batch.set_ai(bot, &new, SetBy::Owner)
}

fn fill(engine: &Engine, place: &Place<'_>, text: &Text, values: &[(&str, &str)]) -> String {
    let values: Vec<(&str, &str)> = values.iter().copied().chain([("ki", place.command.as_str())]).collect();
    text.fill(engine.core.batch.setup.settings.language, &values)
}
