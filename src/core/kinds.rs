//! Types of updates, and which of them a bot's program wants (`allowed_updates`, as in Telegram's Bot API).
//!
//! Programs written for DinoX know messages only, so the rest comes when it is asked for. Types that are not listed here come
//! always: what causes them was asked for by itself.

/// A type of update that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// Something was said; corrections, too.
    Message,
    /// Emoji for a message.
    Reaction,
    /// A message was taken back.
    Retraction,
    /// How far a message of the bot has come.
    MessageState,
    /// The identity key of a device that was not known before (XEP-0384).
    OmemoKey,
    /// Somebody pressed a button. It comes always: who sends buttons wants to hear of it.
    CallbackQuery,
    /// A question that the program has put to people is over.
    AskAnswered,
}

const KINDS: [(UpdateKind, &str); 7] = [
    (UpdateKind::Message, "message"),
    (UpdateKind::Reaction, "reaction"),
    (UpdateKind::Retraction, "retraction"),
    (UpdateKind::MessageState, "message_state"),
    (UpdateKind::OmemoKey, "omemo_key"),
    (UpdateKind::CallbackQuery, "callback_query"),
    (UpdateKind::AskAnswered, "ask_answered"),
];

impl UpdateKind {
    /// As spelled in updates.
    pub fn as_str(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("message", |(_, name)| name)
    }
}

/// Names under which updates are counted: types that are here to choose, and what comes always.
pub(crate) const COUNTED: [&str; 10] = [
    "message",
    "reaction",
    "retraction",
    "message_state",
    "omemo_key",
    "callback_query",
    "ask_answered",
    "room_joined",
    "room_left",
    "other",
];

/// A set of types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UpdateKinds(u16);

impl Default for UpdateKinds {
    /// What a program gets that has not chosen: messages.
    fn default() -> UpdateKinds {
        UpdateKinds(1 << UpdateKind::Message as u16)
    }
}

impl UpdateKinds {
    /// The types with these names; none at all means the default. Fails with what it must be.
    pub fn parse<'t>(names: impl IntoIterator<Item = &'t str>) -> Result<UpdateKinds, String> {
        let mut kinds = UpdateKinds(0);
        for name in names {
            match KINDS.iter().find(|(_, known)| *known == name) {
                Some((kind, _)) => kinds.0 |= 1 << *kind as u16,
                None => {
                    let known: Vec<&str> = KINDS.iter().map(|(_, name)| *name).collect();
                    return Err(format!("a JSON array of some of {}", known.join(", ")));
                }
            }
        }
        Ok(if kinds.0 == 0 { UpdateKinds::default() } else { kinds })
    }

    /// Those of these names that there are; none of them means the default.
    pub fn known<'t>(names: impl IntoIterator<Item = &'t str>) -> UpdateKinds {
        let is_known = |name: &&str| KINDS.iter().any(|(_, known)| known == name);
        UpdateKinds::parse(names.into_iter().filter(is_known)).unwrap_or_default()
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        KINDS.iter().filter(move |(kind, _)| self.has(*kind)).map(|(_, name)| *name)
    }

    /// As kept in the database.
    pub fn print(self) -> String {
        self.names().collect::<Vec<_>>().join(",")
    }

    /// Reads what [`UpdateKinds::print`] gave.
    pub fn read(text: &str) -> UpdateKinds {
        UpdateKinds::parse(text.split(',').filter(|name| !name.is_empty())).unwrap_or_default()
    }

    /// Whether a type is among them.
    pub fn has(self, kind: UpdateKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    /// Whether an update with this name goes into the queue.
    pub fn admits(self, name: &str) -> bool {
        let known = KINDS.iter().find(|(_, known)| *known == name);
        known.is_none_or(|(kind, _)| *kind == UpdateKind::CallbackQuery || self.has(*kind))
    }
}

impl std::fmt::Debug for UpdateKinds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.print())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_only_until_more_is_asked_for() {
        let plain = UpdateKinds::default();
        assert!(plain.admits("message") && !plain.admits("reaction") && !plain.admits("message_state"));
        assert!(plain.admits("room_joined"), "whoever joins a room wants to hear of it");
        assert!(plain.admits("callback_query"), "whoever sends buttons wants to hear of them");
        let presses = UpdateKinds::parse(["callback_query"]).unwrap();
        assert!(presses.admits("callback_query") && !presses.admits("message"));
        assert_eq!(UpdateKinds::parse([]), Ok(plain));
        let some = UpdateKinds::parse(["message_state", "reaction"]).unwrap();
        assert!(some.has(UpdateKind::Reaction) && !some.has(UpdateKind::Message));
        assert_eq!(UpdateKinds::read(&some.print()), some);
        assert_eq!(UpdateKinds::read("garbage"), plain);
        assert!(UpdateKinds::parse(["message", "edited_message"]).unwrap_err().contains("message_state"));
    }
}
