//! `/why`: the way of one message, from whoever said it to whoever has it. What happens to a message is noted where it
//! happens ([`Batch::note_way`]) and kept in memory, a bounded number of messages for each bot; nothing of it is written.
//! What rows tell anyway is read when somebody asks (`told`), so that something is known after a restart, too.

pub(crate) mod note;
mod told;

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use crate::base::id::{BotId, UpdateId, number_in};
use crate::base::limits;
use crate::core::batch::Batch;
use crate::core::incoming::Incoming;
use crate::core::why::note::{Step, Trace, WayNote};
use crate::store::row::Heading;

/// What is remembered of the last messages of each bot, since the start.
#[derive(Default)]
pub(crate) struct Ways {
    bots: HashMap<BotId, Seen>,
    /// Whose messages those are that no server has yet, by the number in their ids.
    under_way: HashMap<i64, BotId>,
}

#[derive(Default)]
struct Seen {
    /// The oldest first.
    heard: VecDeque<Trace>,
    /// Those of people who may not speak to it, apart: they push out nobody's.
    refused: VecDeque<Trace>,
}

impl Ways {
    /// After the commit.
    pub(crate) fn take(&mut self, notes: Vec<WayNote>) {
        notes.into_iter().for_each(|note| self.take_one(note));
    }

    fn take_one(&mut self, note: WayNote) {
        match note {
            WayNote::Begun { bot, trace } => self.begin(bot, trace),
            WayNote::Step { bot, message, step } => match self.find_mut(bot, &message) {
                Some(trace) => trace.push(step),
                None => self.begin(bot, Trace { steps: vec![step], ..Trace::bare(&message) }),
            },
            WayNote::Queued { bot, message, update } => {
                if let Some(trace) = self.find_mut(bot, &message) {
                    trace.update = Some(update);
                }
            }
            WayNote::Updates { bot, of: (first, last), step } => {
                let Some(seen) = self.bots.get_mut(&bot) else { return };
                let is_of = |trace: &&mut Trace| trace.update.is_some_and(|id| id >= first && id <= last);
                seen.heard.iter_mut().filter(is_of).for_each(|trace| {
                    // A program may read an update as often as it likes.
                    if trace.steps.iter().all(|known| known.what != step.what || !known.why.eq(&step.why)) {
                        trace.push(step.clone());
                    }
                });
            }
            WayNote::Arrived { number, step } => {
                let Some(bot) = self.under_way.remove(&number) else { return };
                let Some(seen) = self.bots.get_mut(&bot) else { return };
                let is_it = |trace: &&mut Trace| trace.is_out && number_in(&trace.id) == Some(number);
                if let Some(trace) = seen.heard.iter_mut().rev().find(is_it) {
                    trace.push(step);
                }
            }
        }
    }

    fn begin(&mut self, bot: BotId, trace: Trace) {
        let number = number_in(&trace.id).filter(|_| trace.is_out);
        if let Some(known) = self.find_mut(bot, &trace.id) {
            // What was done with it first was noted before all of it.
            if known.peer.is_empty() {
                (known.peer, known.aliases, known.is_out) = (trace.peer, trace.aliases, trace.is_out);
                known.steps.splice(0..0, trace.steps);
                self.under_way.extend(number.map(|number| (number, bot)));
            }
            return;
        }
        let seen = self.bots.entry(bot).or_default();
        let is_refused = trace.steps.iter().any(|step| step.what == "not_admitted");
        self.under_way.extend(number.map(|number| (number, bot)));
        let (list, most) = match is_refused {
            true => (&mut seen.refused, limits::WAY_REFUSED_PER_BOT_MAX),
            false => (&mut seen.heard, limits::WAY_MESSAGES_PER_BOT_MAX),
        };
        list.push_back(trace);
        if list.len() > most
            && let Some(old) = list.pop_front()
            && let Some(number) = number_in(&old.id).filter(|_| old.is_out)
        {
            self.under_way.remove(&number);
        }
    }

    fn find_mut(&mut self, bot: BotId, id: &str) -> Option<&mut Trace> {
        let seen = self.bots.get_mut(&bot)?;
        seen.heard.iter_mut().rev().chain(&mut seen.refused).find(|trace| trace.is_called(id))
    }

    /// What is remembered of a message.
    pub(crate) fn find(&self, bot: BotId, id: &str) -> Option<&Trace> {
        let seen = self.bots.get(&bot)?;
        seen.heard.iter().rev().chain(&seen.refused).find(|trace| trace.is_called(id))
    }

    /// The last messages with somebody, of those that the bot heard or said.
    pub(crate) fn last_with(&self, bot: BotId, peer: &str, heading: Heading) -> Option<&Trace> {
        let seen = self.bots.get(&bot)?;
        seen.heard.iter().rev().find(|trace| trace.is_out == (heading == Heading::Out) && *trace.peer == *peer)
    }

    /// A bot is gone.
    pub(crate) fn forget(&mut self, bot: BotId) {
        self.bots.remove(&bot);
        self.under_way.retain(|_, whose| *whose != bot);
    }
}

impl Batch {
    /// Notes a step on the way of a message that its bot's program knows by this id: what happened by its name for programs,
    /// and why in a plain sentence without its full stop, which may be empty. Goes with the batch if that fails.
    pub(crate) fn note_way(
        &mut self,
        bot: BotId,
        message_id: &str,
        what: &'static str,
        why: impl Into<Cow<'static, str>>,
    ) {
        let step = self.step(what, why);
        self.pending.way.push(WayNote::Step { bot, message: message_id.to_string(), step });
    }

    /// Something was said to a bot, and this became of it first.
    pub(crate) fn note_heard(
        &mut self,
        bot: BotId,
        said: &Incoming<'_>,
        what: &'static str,
        why: impl Into<Cow<'static, str>>,
    ) {
        let trace = Trace {
            aliases: said.ids.iter().filter(|id| **id != said.id).map(|id| id.as_str().into()).collect(),
            peer: said.peer().into(),
            steps: vec![self.step(what, why)],
            ..Trace::bare(&said.id)
        };
        self.pending.way.push(WayNote::Begun { bot, trace });
    }

    /// A bot says something.
    pub(crate) fn note_saying(&mut self, bot: BotId, message_id: &str, peer: &str, why: impl Into<Cow<'static, str>>) {
        let step = self.step("accepted", why);
        let trace = Trace { peer: peer.into(), is_out: true, steps: vec![step], ..Trace::bare(message_id) };
        self.pending.way.push(WayNote::Begun { bot, trace });
    }

    /// Something was said to a bot, and became an update for its program; or not, as that does not want such.
    pub(crate) fn note_told(&mut self, bot: BotId, said: &Incoming<'_>, update: Option<UpdateId>) {
        self.note_heard(bot, said, "received", if said.encryption.is_some() { "encrypted" } else { "" });
        match update {
            Some(update) => {
                self.note_way(bot, &said.id, "queued", "");
                self.pending.way.push(WayNote::Queued { bot, message: said.id.clone(), update });
            }
            None => self.note_way(bot, &said.id, "not_wanted", ""),
        }
    }

    /// Something happened to a bot's updates from one number to another.
    pub(crate) fn note_updates(
        &mut self,
        bot: BotId,
        of: (UpdateId, UpdateId),
        what: &'static str,
        why: impl Into<Cow<'static, str>>,
    ) {
        let step = self.step(what, why);
        self.pending.way.push(WayNote::Updates { bot, of, step });
    }

    /// A server has what a bot said under an id with this number.
    pub(crate) fn note_arrived(&mut self, number: i64) {
        let step = self.step("sent", "");
        self.pending.way.push(WayNote::Arrived { number, step });
    }

    fn step(&self, what: &'static str, why: impl Into<Cow<'static, str>>) -> Step {
        Step { at_ms: self.now.unix_ms, what, why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(id: &str, what: &'static str) -> WayNote {
        let step = Step { at_ms: 1, what, why: "".into() };
        WayNote::Begun { bot: BotId(1), trace: Trace { steps: vec![step], ..Trace::bare(id) } }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut ways = Ways::default();
        for n in 0..3 * limits::WAY_MESSAGES_PER_BOT_MAX {
            ways.take(vec![begun(&format!("m{n}"), "received"), begun(&format!("s{n}"), "not_admitted")]);
        }
        let seen = &ways.bots[&BotId(1)];
        assert_eq!(
            (seen.heard.len(), seen.refused.len()),
            (limits::WAY_MESSAGES_PER_BOT_MAX, limits::WAY_REFUSED_PER_BOT_MAX)
        );
        let last = format!("m{}", 3 * limits::WAY_MESSAGES_PER_BOT_MAX - 1);
        for n in 0..100 {
            let step = Step { at_ms: n, what: "webhook_failed", why: "".into() };
            ways.take(vec![WayNote::Step { bot: BotId(1), message: last.clone(), step }]);
        }
        let steps = &ways.find(BotId(1), &last).unwrap().steps;
        assert_eq!(steps.len(), limits::WAY_STEPS_MAX);
        assert_eq!((steps[0].what, steps.last().unwrap().at_ms), ("received", 99));
        assert!(ways.find(BotId(1), "m0").is_none() && ways.find(BotId(2), &last).is_none());
    }
}
