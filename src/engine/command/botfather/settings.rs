//! What others see of a bot, and who may speak with it: `/setcommands`, `/setdescription` and `/access`.

use super::{Answer, own_bot, usage};
use crate::base::id::BotId;
use crate::base::jid::BareJid;
use crate::base::remedy::Language;
use crate::core::handle::{Access, Command, Mode};
use crate::core::texts::{self, Text};
use crate::engine::Engine;
use crate::engine::command::is_mine;

pub(super) fn setcommands(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
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
    let is_mine = |command: &&Command| is_mine(&command.command.to_lowercase());
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

pub(super) fn setdescription(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
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

pub(super) fn access(engine: &mut Engine, owner: &BareJid, arguments: &str) -> Answer {
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

/// The same for what can be cleared, and how.
fn usage_or_clear(language: Language, command: &str, arguments: &Text, id: BotId) -> String {
    let clear = texts::TO_CLEAR.fill(language, &[("command", command), ("id", &id.to_string())]);
    usage(language, command, arguments) + &clear
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
