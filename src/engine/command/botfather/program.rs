//! Whether a bot's program gets in: its token, and whether the bot is active.

use super::{Answer, only_bot, token_text};
use crate::base::jid::BareJid;
use crate::core::texts;
use crate::engine::Engine;

pub(super) fn showtoken(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
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

pub(super) fn revoke(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/revoke", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    engine.core.revoke(id)?;
    Ok(texts::REVOKED.fill(language, &[("name", &engine.core.batch.bot(id)?.row.name)]))
}

pub(super) fn activate(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
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

pub(super) fn deactivate(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    let id = match only_bot(engine, owner, arguments, "/deactivate", &texts::ID) {
        Ok(id) => id,
        Err(answer) => return Ok(answer),
    };
    engine.core.deactivate_bot(id)?;
    let bot = engine.core.batch.bot(id)?;
    Ok(texts::DEACTIVATED.fill(language, &[("name", &bot.row.name), ("id", &id.to_string())]))
}
