//! What a row of the outbox is for, as its `note` says: who is told what came of it, and what follows.

/// The sign between the parts; it stands in no name.
const PART: char = '\u{1f}';

/// What is done with what came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// A moderator wished it.
    Wish(Wish),
    /// It was done by itself.
    Judged(Judged),
    /// Who keeps order in the chat.
    Administrators,
    /// Commands were offered: the hash of what they are.
    Commands(String),
    /// A `pong`, begun then (monotonic, in milliseconds), of this run of the daemon.
    Ping(u64),
    /// Nobody waits for it.
    Nothing,
}

/// What a moderator wished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// `kick`, `ban`, …; of a kick the second step is `kicked`.
    pub(super) word: String,
    /// The caller who waits; `None`: the owner is told.
    pub(super) tag: Option<u64>,
    /// Whom or what it is about, and in which chat, for people.
    pub(super) shown: String,
    pub(super) chat: String,
    /// For how many seconds.
    pub(super) seconds: Option<i64>,
    /// Of a kick: whom.
    pub(super) person: i64,
}

/// What was done with what somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// `delete`, then what follows: `mute`, `kick`, `kicked`, `ban`.
    pub(super) step: String,
    pub(super) link: i64,
    pub(super) person: i64,
    /// Who he is, and why, for people.
    pub(super) who: String,
    pub(super) why: String,
}

impl Note {
    /// As the row has it.
    pub(super) fn write(&self) -> String {
        let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
        let parts: Vec<String> = match self {
            Note::Wish(wish) => vec![
                "wish".into(),
                wish.word.clone(),
                wish.tag.map_or_else(String::new, |tag| tag.to_string()),
                wish.shown.clone(),
                wish.chat.clone(),
                number(wish.seconds),
                wish.person.to_string(),
            ],
            Note::Judged(judged) => vec![
                "judged".into(),
                judged.step.clone(),
                judged.link.to_string(),
                judged.person.to_string(),
                judged.who.clone(),
                judged.why.clone(),
            ],
            Note::Administrators => vec!["administrators".into()],
            Note::Commands(hash) => vec!["commands".into(), hash.clone()],
            Note::Ping(begun) => vec!["ping".into(), begun.to_string()],
            Note::Nothing => vec!["nothing".into()],
        };
        parts.iter().map(|part| part.replace(PART, " ")).collect::<Vec<_>>().join(&PART.to_string())
    }

    /// Reads it; what is none of ours is nothing.
    pub(super) fn read(text: &str) -> Note {
        let parts: Vec<&str> = text.split(PART).collect();
        match parts[..] {
            ["wish", word, tag, shown, chat, seconds, person] => Note::Wish(Wish {
                word: word.to_string(),
                tag: tag.parse().ok(),
                shown: shown.to_string(),
                chat: chat.to_string(),
                seconds: seconds.parse().ok(),
                person: person.parse().unwrap_or_default(),
            }),
            ["judged", step, link, person, who, why] => Note::Judged(Judged {
                step: step.to_string(),
                link: link.parse().unwrap_or_default(),
                person: person.parse().unwrap_or_default(),
                who: who.to_string(),
                why: why.to_string(),
            }),
            ["administrators"] => Note::Administrators,
            ["commands", hash] => Note::Commands(hash.to_string()),
            ["ping", begun] => begun.parse().map_or(Note::Nothing, Note::Ping),
            _ => Note::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back() {
        let wish = Wish {
            word: "ban".into(),
            tag: Some(7),
            shown: "@anna".into(),
            chat: "Family".into(),
            seconds: Some(60),
            person: 77,
        };
        let judged = Judged { step: "mute".into(), link: 3, person: -1, who: "A | B".into(), why: "filter x".into() };
        for note in [
            Note::Wish(wish.clone()),
            Note::Wish(Wish { tag: None, seconds: None, ..wish }),
            Note::Judged(judged),
            Note::Administrators,
            Note::Commands("ab".into()),
            Note::Ping(5),
            Note::Nothing,
        ] {
            assert_eq!(Note::read(&note.write()), note);
        }
        let sly = Judged { step: "x".into(), link: 1, person: 1, who: "a\u{1f}b".into(), why: String::new() };
        assert!(matches!(Note::read(&Note::Judged(sly).write()), Note::Judged(read) if read.who == "a b"));
        assert_eq!(Note::read("whatever"), Note::Nothing);
    }
}
