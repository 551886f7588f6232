//! `/room …`: what a bot does as a moderator of its rooms, by the word of its owner.

use std::fmt::Write;

use crate::base::jid::BareJid;
use crate::core::batch::Trouble;
use crate::core::handle::{Occupier, RoomAction, RoomModeration};
use crate::core::texts::{self, chat, people};
use crate::engine::Engine;
use crate::engine::command::{Chat, split};

type Answer = Result<String, Trouble>;

/// In a bot's chat.
pub(super) fn in_chat(engine: &mut Engine, chat: &Chat, arguments: &str) -> Answer {
    let language = engine.core.batch.setup.settings.language;
    if engine.core.batch.bot(chat.bot)?.row.owner != chat.who {
        return Ok(engine.core.batch.words(&chat::CLEAR_REFUSED));
    }
    let rooms = engine.channels.xmpp.rooms.of_bot(chat.bot);
    if arguments.is_empty() {
        return Ok(list(engine, &rooms));
    }
    let (first, rest) = split(arguments);
    let named = BareJid::parse(first).ok().filter(|room| room.local().is_some());
    let (room, rest) = match (named, &rooms[..]) {
        (Some(room), _) => (room, rest),
        (None, [(room, _)]) => (room.clone(), arguments),
        (None, _) => return Ok(engine.core.batch.words(&people::ROOM_WHICH)),
    };
    let Some((action, reason)) = read(rest) else {
        let arguments = people::ROOM_ARGUMENTS.fill(language, &[]);
        return Ok(texts::USAGE.fill(language, &[("command", "/room"), ("arguments", &arguments)]));
    };
    let wish = RoomModeration { room, action, reason };
    engine.channels.xmpp.moderate(&mut engine.core, chat.bot, &wish, Some(&chat.who))?;
    Ok(people::ROOM_ASKED.fill(language, &[("room", wish.room.as_str())]))
}

/// What is to be done, and why.
fn read(text: &str) -> Option<(RoomAction, Option<String>)> {
    let (word, rest) = split(text);
    let (target, reason) = target(rest);
    if target.is_empty() {
        return None;
    }
    let person = || BareJid::parse(target).ok().filter(|jid| jid.local().is_some());
    let nick = target.to_string();
    let action = match word.to_lowercase().as_str() {
        "retract" | "zurücknehmen" => RoomAction::Retract(nick),
        "kick" => RoomAction::Kick(nick),
        "ban" => RoomAction::Ban(Occupier::of(target)),
        "unban" => RoomAction::Unban(person()?),
        "mute" | "stumm" => RoomAction::Mute(nick),
        "unmute" | "laut" => RoomAction::Unmute(nick),
        _ => return None,
    };
    Some((action, Some(reason.to_string()).filter(|reason| !reason.is_empty())))
}

/// A nick, in quotes where it has spaces, and what follows.
fn target(text: &str) -> (&str, &str) {
    let quoted = text.strip_prefix(['"', '“', '„']).and_then(|rest| rest.split_once(['"', '”', '“']));
    let (target, rest) = quoted.unwrap_or_else(|| split(text));
    (target.strip_prefix('@').unwrap_or(target), rest.trim())
}

fn list(engine: &Engine, rooms: &[(BareJid, bool)]) -> String {
    let language = engine.core.batch.setup.settings.language;
    if rooms.is_empty() {
        return people::ROOM_NONE.fill(language, &[]);
    }
    let mut out = people::ROOM_LIST.fill(language, &[]);
    for (room, is_moderator) in rooms {
        let what = if *is_moderator { &people::ROOM_MODERATOR } else { &people::ROOM_NO_MODERATOR };
        let _ = write!(out, "\n{room}: {}", what.fill(language, &[]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nicks_with_spaces_stand_in_quotes() {
        let nick = |text| read(text).map(|(action, reason)| (action.target().to_string(), reason));
        assert_eq!(nick("kick Anna stop it"), Some(("Anna".into(), Some("stop it".into()))));
        assert_eq!(nick("KICK \"Anna B\""), Some(("Anna B".into(), None)));
        assert_eq!(nick("mute „Anna B“ laut"), Some(("Anna B".into(), Some("laut".into()))));
        assert_eq!(nick("kick @Anna"), Some(("Anna".into(), None)));
        assert_eq!(nick("unban a@b.c"), Some(("a@b.c".into(), None)));
        for text in ["kick", "unban Anna", "dance Anna", ""] {
            assert!(nick(text).is_none(), "{text}");
        }
        let (ban, _) = read("ban a@b.c").unwrap();
        assert!(matches!(ban, RoomAction::Ban(Occupier::Person(_))));
    }
}
