//! How a manager's bots are: `/mybots` and `/status`.

use std::fmt::Write;

use super::{Answer, only_bot};
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::remedy::{self, Language};
use crate::base::text;
use crate::channel::xmpp::accounts::Account;
use crate::core::handle::{BotState, Connection};
use crate::core::registry::Bot;
use crate::core::texts;
use crate::engine::Engine;
use crate::engine::command::telegram;

pub(super) fn mybots(engine: &mut Engine, owner: &BareJid, _arguments: &str) -> Answer {
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

pub(super) fn status(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
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
pub(in crate::engine::command) fn details(engine: &Engine, id: BotId, webhook: Option<&str>) -> Answer {
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
            ("telegram", &or_none(telegram::state(engine, id)?)),
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

fn status_text(language: Language, bot: &Bot) -> String {
    let text = if bot.row.active { &texts::ACTIVE } else { &texts::DISABLED };
    text.fill(language, &[])
}
