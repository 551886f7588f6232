//! `/history` of the manager: for how many days a bot keeps what is said.

use crate::base::jid::BareJid;
use crate::core::batch::Trouble;
use crate::core::texts;
use crate::engine::Engine;
use crate::engine::command::botfather::{own_bot, usage};

/// Shows it, or sets it.
pub(super) fn with_manager(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Result<String, Trouble> {
    let language = engine.core.batch.setup.settings.language;
    let (id, rest) = match own_bot(engine, owner, arguments, "/history", &texts::ID_HISTORY) {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    match rest.trim().to_lowercase().as_str() {
        "" => {}
        "off" | "aus" => engine.core.batch.set_history(id, Some(0))?,
        "default" => engine.core.batch.set_history(id, None)?,
        days => match days.parse() {
            Ok(days) => engine.core.batch.set_history(id, Some(days))?,
            Err(_) => return Ok(usage(language, "/history", &texts::ID_HISTORY)),
        },
    }
    let (info, id) = (engine.core.batch.bot_history(id)?, id.to_string());
    let (days, name) = (info.days.to_string(), engine.core.batch.bot(info.bot)?.row.name.clone());
    let text = if info.days == 0 { &texts::HISTORY_IS_OFF } else { &texts::HISTORY_IS };
    let mut out = text.fill(language, &[("name", &name), ("id", &id), ("days", &days)]);
    if info.is_default {
        out += &texts::HISTORY_IS_DEFAULT.fill(language, &[]);
    }
    Ok(out)
}
