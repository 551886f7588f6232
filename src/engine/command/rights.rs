//! `/token` and `/audit` of the manager: who gets in as a bot, and what was done.

use std::fmt::Write;

use super::botfather::own_bot;
use super::split;
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::limits;
use crate::base::time::to_rfc3339;
use crate::core::batch::Trouble;
use crate::core::handle::{AuditFilter, AuditRow, NewToken, RightsAnswer, Role, Scopes, TokenInfo, TokenQuestion};
use crate::core::texts::{self, Text, rights};
use crate::engine::Engine;

type Said = Result<String, Trouble>;

/// What whoever may only look may ask of the manager.
const TO_LOOK: [&str; 6] = ["help", "start", "hilfe", "mybots", "status", "audit"];

/// Why a command of the manager is not for somebody; `None` where it is.
pub(super) fn why_not_for(engine: &Engine, owner: &BareJid, word: &str) -> Option<String> {
    let is_viewer = engine.core.batch.role_of(owner) == Role::Viewer;
    let may = !is_viewer || TO_LOOK.contains(&word) || word == "meinebots";
    (!may).then(|| engine.core.batch.words(&rights::ONLY_VIEWER))
}

/// `/token <ID> …`
pub(super) fn token(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Said {
    let (id, rest) = match own_bot(engine, owner, arguments, "/token", &rights::TOKEN_ARGUMENTS) {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let (word, rest) = split(rest.trim());
    match word.to_lowercase().as_str() {
        "" => new_main(engine, id, 0),
        "overlap" => match rest.trim().parse::<i64>() {
            Ok(hours) => new_main(engine, id, hours.saturating_mul(3_600)),
            Err(_) => usage(engine, id),
        },
        "list" => list(engine, id),
        "new" => make(engine, id, rest),
        "revoke" => revoke(engine, id, rest.trim()),
        _ => usage(engine, id),
    }
}

fn fill(engine: &Engine, bot: BotId, text: &Text, values: &[(&str, &str)]) -> Said {
    let (name, id) = (engine.core.batch.bot(bot)?.row.name.clone(), bot.to_string());
    let values: Vec<(&str, &str)> = values.iter().copied().chain([("name", name.as_str()), ("id", &id)]).collect();
    Ok(text.fill(engine.core.batch.setup.settings.language, &values))
}

fn usage(engine: &Engine, bot: BotId) -> Said {
    fill(engine, bot, &rights::TOKEN_USAGE, &[])
}

fn new_main(engine: &mut Engine, bot: BotId, overlap_s: i64) -> Said {
    let token = engine.core.new_token(bot, overlap_s)?;
    let hours = (overlap_s / 3_600).to_string();
    let text = if overlap_s == 0 { &texts::NEW_TOKEN } else { &rights::TOKEN_OVERLAPS };
    let mut out = fill(engine, bot, text, &[("token", token.expose()), ("hours", &hours)])?;
    if !engine.core.batch.bot(bot)?.row.active {
        out += &fill(engine, bot, &texts::STILL_DISABLED, &[])?;
    }
    Ok(out)
}

fn list(engine: &mut Engine, bot: BotId) -> Said {
    let RightsAnswer::Tokens(all) = engine.core.ask_tokens(&TokenQuestion::List(bot))? else {
        return usage(engine, bot);
    };
    if all.is_empty() {
        return fill(engine, bot, &rights::NO_TOKENS, &[]);
    }
    let mut out = fill(engine, bot, &rights::TOKENS_OF, &[])?;
    for info in &all {
        let _ = write!(out, "\n{}", line(engine, info));
    }
    Ok(out)
}

fn line(engine: &Engine, info: &TokenInfo) -> String {
    let words = |text| engine.core.batch.words(text);
    let used = if info.last_used == 0 { words(&rights::NEVER) } else { day(info.last_used) };
    let language = engine.core.batch.setup.settings.language;
    let until = info.expires_at.map(|at| rights::UNTIL.fill(language, &[("day", &day(at))]));
    let label = if info.label.is_empty() { String::new() } else { format!(" ({})", info.label) };
    let values = [
        ("number", info.id.to_string()),
        ("ending", info.ending.clone()),
        ("scopes", info.rights.join(", ")),
        ("label", label),
        ("made", day(info.created_at)),
        ("used", used),
        ("until", until.unwrap_or_else(|| words(&rights::FOR_EVER))),
    ];
    rights::TOKEN_LINE.fill(language, &values.each_ref().map(|(name, value)| (*name, value.as_str())))
}

/// `new <scopes> [days] [label]`
fn make(engine: &mut Engine, bot: BotId, rest: &str) -> Said {
    let (scopes, rest) = split(rest);
    let Ok(scopes) = Scopes::parse(scopes.split(',').filter(|word| !word.is_empty())) else {
        return usage(engine, bot);
    };
    if scopes.is_empty() {
        return usage(engine, bot);
    }
    let (first, after) = split(rest);
    let (days, label) = match first.parse::<i64>() {
        Ok(days) => (Some(days), after),
        Err(_) => (None, rest),
    };
    let lasts_s = days.map(|days| days.saturating_mul(24 * 3_600));
    let new = NewToken { bot, scopes, label: label.to_string(), lasts_s };
    let RightsAnswer::Made(token, info, _) = engine.core.ask_tokens(&TokenQuestion::Make(new))? else {
        return usage(engine, bot);
    };
    let (number, scopes) = (info.id.to_string(), info.rights.join(", "));
    fill(engine, bot, &rights::TOKEN_MADE, &[("number", &number), ("scopes", &scopes), ("token", token.expose())])
}

fn revoke(engine: &mut Engine, bot: BotId, number: &str) -> Said {
    let Ok(id) = number.parse() else { return usage(engine, bot) };
    engine.core.ask_tokens(&TokenQuestion::Revoke(bot, id))?;
    fill(engine, bot, &rights::TOKEN_REVOKED, &[("number", number)])
}

/// `/audit [ID]`: an owner sees what is about his bots, an admin everything.
pub(super) fn audit(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Said {
    let bot = match arguments.trim() {
        "" => None,
        _ => match own_bot(engine, owner, arguments, "/audit", &texts::MAYBE_ID) {
            Ok((bot, _)) => Some(bot),
            Err(answer) => return Ok(answer),
        },
    };
    let is_admin = engine.core.batch.role_of(owner) == Role::Admin;
    let whose = (!is_admin).then(|| engine.core.batch.seen_owner(owner));
    let wanted = AuditFilter { bot, owner: whose, since: 0, before: None, limit: limits::AUDIT_IN_CHAT };
    let rows = match engine.core.batch.read_audit(&wanted)? {
        RightsAnswer::Audit(rows, _) => rows,
        _ => Vec::new(),
    };
    if rows.is_empty() {
        return Ok(engine.core.batch.words(&rights::AUDIT_EMPTY));
    }
    let mut out = engine.core.batch.words(&rights::AUDIT_HEAD);
    for row in &rows {
        let _ = write!(out, "\n{}", entry(row));
    }
    Ok(out)
}

/// One entry as a line; its words are those of the API.
fn entry(row: &AuditRow) -> String {
    let time = to_rfc3339(row.at.saturating_mul(1_000));
    let mut out = format!("{} {}", time.get(..16).unwrap_or(&time).replace('T', " "), row.action);
    for (before, value) in [
        (" #", row.bot.map(|bot| bot.to_string())),
        (" ", Some(row.details.clone()).filter(|text| !text.is_empty())),
        (" by ", row.actor.clone()),
        (" from ", row.address.clone()),
    ] {
        out.extend(value.map(|value| format!("{before}{value}")));
    }
    out
}

/// The day of a time.
fn day(unix: i64) -> String {
    let time = to_rfc3339(unix.saturating_mul(1_000));
    time.get(..10).unwrap_or(&time).to_string()
}
