//! Who watches what a bot receives and says, as it happens. Nothing of it is kept: who reads slowly is told how much was left out.

use std::borrow::Cow;

use crate::base::id::BotId;
use crate::base::{limits, text};
use crate::core::actions::{BotAction, NewAction};
use crate::core::failure::Failure;
use crate::core::handle::{NewMessage, Watched, WatchedWhat};
use crate::core::why::note::WayNote;

/// Those who watch, and what the batch under way has for them.
#[derive(Default)]
pub(crate) struct Watching {
    watchers: Vec<Watcher>,
    noted: Vec<(BotId, WatchedWhat)>,
    /// Messages that bots said since the start, and in the batch under way.
    said: (u64, u64),
}

struct Watcher {
    bot: BotId,
    to: async_channel::Sender<Watched>,
    /// What was left out since the last one.
    missed: u64,
}

impl Watching {
    /// Somebody watches a bot from now on, until he lets go of this.
    pub(crate) fn watch(&mut self, bot: BotId) -> Result<async_channel::Receiver<Watched>, Failure> {
        self.watchers.retain(|watcher| !watcher.to.is_closed());
        if self.watchers.len() >= limits::WATCHERS_MAX {
            let text = format!("{} live views are open; close one first", limits::WATCHERS_MAX);
            return Err(Failure::Quota(text));
        }
        let (to, watched) = async_channel::bounded(limits::WATCHED_WAITING_MAX);
        self.watchers.push(Watcher { bot, to, missed: 0 });
        Ok(watched)
    }

    /// A bot is gone, or all is: who watched is told so by the end.
    pub(crate) fn end(&mut self, bot: Option<BotId>) {
        self.watchers.retain(|watcher| bot.is_some_and(|bot| watcher.bot != bot));
    }

    /// How many messages bots have said since the start.
    pub(crate) fn said(&self) -> u64 {
        self.said.0
    }

    /// An update came into a bot's queue.
    pub(crate) fn note_queued(&mut self, bot: BotId, kind: &str, data: &str) {
        self.note_received(bot, (kind, data), true);
    }

    /// An update came that a bot's program does not want.
    pub(crate) fn note_unwanted(&mut self, bot: BotId, kind: &str, data: &str) {
        self.note_received(bot, (kind, data), false);
    }

    fn note_received(&mut self, bot: BotId, (kind, data): (&str, &str), is_queued: bool) {
        if self.is_watched(bot) {
            let data = Some(data).filter(|data| data.len() <= limits::WATCHED_BYTES_MAX).map(str::to_string);
            self.noted.push((bot, WatchedWhat::Received { kind: kind.to_string(), data, is_queued }));
        }
    }

    /// A bot said a text.
    pub(crate) fn note_said(&mut self, bot: BotId, new: &NewMessage, (id, encrypted): (&str, Option<bool>)) {
        self.said.1 += 1;
        if self.is_watched(bot) {
            let (to, text, message_id) = (new.to.to_string(), shown(&new.text), id.to_string());
            self.noted.push((bot, WatchedWhat::Said { to, text, message_id, encrypted }));
        }
    }

    /// A bot did something else.
    pub(crate) fn note_done(&mut self, bot: BotId, act: &NewAction) {
        let (action, text) = match &act.action {
            BotAction::File { url, .. } => ("file", shown(url)),
            BotAction::Reaction { emoji, .. } => ("reaction", emoji.clone()),
            BotAction::Edit { text, .. } => ("edit", shown(text)),
            BotAction::Buttons { .. } => ("buttons", String::new()),
            BotAction::Deletion { .. } => ("deletion", String::new()),
            BotAction::Read { .. } => ("read", String::new()),
            BotAction::State(_) => return,
        };
        self.said.1 += u64::from(matches!(action, "file" | "edit"));
        if self.is_watched(bot) {
            self.noted.push((bot, WatchedWhat::Did { to: act.to.to_string(), action, text }));
        }
    }

    /// What became of messages in the batch that was committed.
    pub(crate) fn note_ways(&mut self, notes: &[WayNote]) {
        if self.watchers.is_empty() {
            return;
        }
        for note in notes {
            let (bot, message_id, step) = match note {
                WayNote::Step { bot, message, step } => (*bot, message.clone(), step),
                WayNote::Updates { bot, step, .. } => (*bot, String::new(), step),
                WayNote::Begun { .. } | WayNote::Queued { .. } | WayNote::Arrived { .. } => continue,
            };
            if self.is_watched(bot) {
                let why: Cow<'static, str> = step.why.clone();
                self.noted.push((bot, WatchedWhat::Step { message_id, what: step.what, why }));
            }
        }
    }

    /// The batch is committed: those who watch hear of it.
    pub(crate) fn tell(&mut self, at_ms: i64) {
        for (bot, what) in std::mem::take(&mut self.noted) {
            for watcher in self.watchers.iter_mut().filter(|watcher| watcher.bot == bot) {
                let told = watcher.to.try_send(Watched { at_ms, missed: watcher.missed, what: what.clone() });
                watcher.missed = if told.is_ok() { 0 } else { watcher.missed + 1 };
            }
        }
        self.said = (self.said.0 + self.said.1, 0);
    }

    /// The batch was taken back.
    pub(crate) fn undo(&mut self) {
        self.noted.clear();
        self.said.1 = 0;
    }

    fn is_watched(&self, bot: BotId) -> bool {
        self.watchers.iter().any(|watcher| watcher.bot == bot)
    }
}

fn shown(long: &str) -> String {
    text::shorten(long, limits::WATCHED_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_slowly_hears_how_much_was_left_out() {
        let mut watching = Watching::default();
        let watched = watching.watch(BotId(1)).expect("there is room");
        for _ in 0..limits::WATCHED_WAITING_MAX + 2 {
            watching.note_queued(BotId(1), "message", "{}");
            watching.note_queued(BotId(2), "message", "{}");
            watching.tell(1);
        }
        assert_eq!(watched.len(), limits::WATCHED_WAITING_MAX);
        while watched.try_recv().is_ok() {}
        watching.note_queued(BotId(1), "message", "{}");
        watching.undo();
        watching.tell(2);
        assert!(watched.try_recv().is_err(), "what was taken back is told to nobody");
        watching.note_queued(BotId(1), "message", "{}");
        watching.tell(3);
        assert_eq!(watched.try_recv().map(|seen| (seen.at_ms, seen.missed)), Ok((3, 2)));
    }

    #[test]
    fn few_watch_at_once_and_who_left_makes_room() {
        let mut watching = Watching::default();
        let mut all: Vec<_> = (0..limits::WATCHERS_MAX).filter_map(|_| watching.watch(BotId(1)).ok()).collect();
        assert!(watching.watch(BotId(1)).is_err());
        all.pop();
        all.extend(watching.watch(BotId(2)).ok());
        assert_eq!(all.len(), limits::WATCHERS_MAX);
        watching.end(Some(BotId(1)));
        assert!(all[0].is_closed() && !all[limits::WATCHERS_MAX - 1].is_closed());
    }
}
