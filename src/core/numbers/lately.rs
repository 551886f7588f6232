//! What is remembered for a while, and in memory only, for programs that know things by numbers: texts that may be passed on
//! (`forwardMessage`, `copyMessage`), drafts that are shown, and who was banned by his nick. A start forgets it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::base::id::BotId;
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;

/// All of it.
#[derive(Default)]
pub(crate) struct Lately {
    said: BTreeMap<BotId, VecDeque<SaidLately>>,
    drafts: BTreeMap<(BotId, Jid), Draft>,
    banned: VecDeque<(Jid, BareJid)>,
}

/// A text that was said to a bot or by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SaidLately {
    /// The message's name.
    pub(crate) name: String,
    pub(crate) text: String,
    /// Who said it; `None`: the bot.
    pub(crate) by: Option<Jid>,
}

/// A text that is still being written.
struct Draft {
    /// The id it was first shown under.
    shown: String,
    /// When it was shown last (monotonic).
    at: Duration,
}

impl Lately {
    /// Something was said, or says something else now.
    pub(crate) fn note_said(&mut self, bot: BotId, said: SaidLately) {
        let all = self.said.entry(bot).or_default();
        all.retain(|one| one.name != said.name);
        if said.text.is_empty() || said.text.len() > limits::NUMBER_LATELY_BYTES_MAX {
            return;
        }
        all.push_back(said);
        let mut bytes: usize = all.iter().map(|one| one.text.len()).sum();
        while bytes > limits::NUMBER_LATELY_BYTES_MAX || all.len() > limits::NUMBER_LATELY_MAX {
            bytes -= all.pop_front().map_or(0, |one| one.text.len());
        }
    }

    /// What was said under this name.
    pub(crate) fn said(&self, bot: BotId, name: &str) -> Option<&SaidLately> {
        self.said.get(&bot)?.iter().find(|one| one.name == name)
    }

    /// A draft is shown to somebody; gives the id under which it was shown before.
    pub(crate) fn note_draft(&mut self, bot: BotId, to: &Jid, (id, now): (&str, Duration)) -> Option<String> {
        if let Some(shown) = self.draft(bot, to, now) {
            self.drafts.entry((bot, to.clone())).and_modify(|draft| draft.at = now);
            return Some(shown);
        }
        self.drafts.retain(|_, draft| is_fresh(draft, now));
        if self.drafts.len() < limits::NUMBER_DRAFTS_MAX {
            self.drafts.insert((bot, to.clone()), Draft { shown: id.to_string(), at: now });
        }
        None
    }

    /// The id of the draft that somebody is shown.
    pub(crate) fn draft(&self, bot: BotId, to: &Jid, now: Duration) -> Option<String> {
        let draft = self.drafts.get(&(bot, to.clone())).filter(|draft| is_fresh(draft, now));
        draft.map(|draft| draft.shown.clone())
    }

    /// It was said, or gone.
    pub(crate) fn end_draft(&mut self, bot: BotId, to: &Jid) {
        if !self.drafts.is_empty() {
            self.drafts.remove(&(bot, to.clone()));
        }
    }

    /// Somebody was banned by his nick.
    pub(crate) fn note_banned(&mut self, occupant: Jid, person: BareJid) {
        self.banned.retain(|(known, _)| *known != occupant);
        self.banned.push_back((occupant, person));
        if self.banned.len() > limits::NUMBER_BANNED_MAX {
            self.banned.pop_front();
        }
    }

    /// Who had the nick that was banned.
    pub(crate) fn banned(&self, occupant: &Jid) -> Option<&BareJid> {
        self.banned.iter().rev().find(|(known, _)| known == occupant).map(|(_, person)| person)
    }

    /// The bot is gone.
    pub(crate) fn forget(&mut self, bot: BotId) {
        self.said.remove(&bot);
        self.drafts.retain(|(of, _), _| *of != bot);
    }
}

fn is_fresh(draft: &Draft, now: Duration) -> bool {
    now.saturating_sub(draft.at) < limits::NUMBER_DRAFT_LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, text: &str) -> SaidLately {
        SaidLately { name: name.to_string(), text: text.to_string(), by: None }
    }

    #[test]
    fn texts_of_each_bot_are_bounded() {
        let mut lately = Lately::default();
        let bot = BotId(1);
        lately.note_said(BotId(2), said("other", "stays"));
        for number in 0..limits::NUMBER_LATELY_MAX + 5 {
            lately.note_said(bot, said(&number.to_string(), "text"));
        }
        assert_eq!(lately.said(bot, "4"), None);
        assert_eq!(lately.said(bot, "5"), Some(&said("5", "text")));
        lately.note_said(bot, said("5", "corrected"));
        assert_eq!(lately.said(bot, "5").map(|one| one.text.as_str()), Some("corrected"));
        lately.note_said(bot, said("large", &"x".repeat(limits::NUMBER_LATELY_BYTES_MAX)));
        assert_eq!((lately.said(bot, "5"), lately.said(bot, "large").is_some()), (None, true));
        lately.note_said(bot, said("large", &"x".repeat(limits::NUMBER_LATELY_BYTES_MAX + 1)));
        assert_eq!(lately.said(bot, "large"), None);
        assert!(lately.said(BotId(2), "other").is_some());
        lately.forget(BotId(2));
        assert_eq!(lately.said(BotId(2), "other"), None);
    }

    #[test]
    fn a_draft_keeps_its_first_id_for_a_while() {
        let (mut lately, anna) = (Lately::default(), Jid::parse_any("anna@example.org").unwrap());
        let at = Duration::from_secs;
        assert_eq!(lately.note_draft(BotId(1), &anna, ("a", at(1))), None);
        assert_eq!(lately.note_draft(BotId(1), &anna, ("b", at(2))), Some("a".to_string()));
        assert_eq!(lately.draft(BotId(2), &anna, at(3)), None);
        let late = at(2) + limits::NUMBER_DRAFT_LIFETIME;
        assert_eq!(lately.draft(BotId(1), &anna, late), None);
        assert_eq!(lately.note_draft(BotId(1), &anna, ("c", late)), None);
        lately.end_draft(BotId(1), &anna);
        assert_eq!(lately.draft(BotId(1), &anna, late), None);
    }
}
