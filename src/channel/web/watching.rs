//! Those who have a chat open. Each waits for one answer, gets all that happened since what he knows, and asks again: what was
//! said and changed is read from the store, so nothing is kept for anybody who reads slowly, and who comes back after a break
//! is told in the same way. Only what nobody keeps lies here: that the bot types, and what there is of an answer.

use std::time::Duration;

use crate::base::id::{BotId, MessageId};
use crate::base::limits;
use crate::channel::web::Web;
use crate::core::Core;
use crate::core::batch::{Batch, WebWait};
use crate::core::effect::Effect;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, ChatState, Metric, ReplyTo, WebAnswer, WebCursor, WebEvent, WebEvents, WebTold};
use crate::core::web::no_chat;
use crate::store;
use crate::store::row::WebChatRow;

/// Somebody who waits.
pub(super) struct Watcher {
    wait: WebWait,
    reply: ReplyTo,
    /// Nobody has looked yet whether there is something.
    is_fresh: bool,
}

impl Watcher {
    /// What he watches.
    pub(super) fn place(&self) -> (BotId, &str) {
        (self.wait.chat.bot, &self.wait.chat.address)
    }

    fn is_at(&self, (bot, address): (BotId, &str)) -> bool {
        self.wait.chat.bot == bot && self.wait.chat.address == address
    }
}

/// What a chat shows that is not kept.
#[derive(Default)]
pub(super) struct Shows {
    /// Grows with each change.
    last: u64,
    typing: (u64, bool),
    /// What there is of an answer: when, under which name, and the text.
    piece: Option<(u64, String, String)>,
    /// The message that took a piece's place.
    ended: Option<(MessageId, String)>,
    /// When somebody asked last (monotonic).
    asked: Duration,
}

impl Web {
    /// Somebody waits for something to happen. Of one person's streams the oldest makes way.
    pub(super) fn begin_watching(&mut self, batch: &mut Batch, wait: &WebWait, reply: ReplyTo) {
        self.watchers.retain(|watcher| !watcher.reply.is_gone());
        if self.watchers.len() >= limits::WEB_STREAMS_MAX {
            batch.pending.effects.push(Effect::Answer(reply, Err(Failure::Busy { retry_after_s: 10 })));
            return;
        }
        let is_own = |watcher: &Watcher| watcher.wait.chat.user.0 == wait.chat.user.0;
        if self.watchers.iter().filter(|watcher| is_own(watcher)).count() >= limits::WEB_STREAMS_PER_USER_MAX
            && let Some(at) = self.watchers.iter().position(is_own)
        {
            let old = self.watchers.remove(at);
            batch.pending.effects.push(Effect::Answer(old.reply, Ok(over(&old.wait))));
        }
        self.note_watched(batch, &wait.chat);
        self.watchers.push(Watcher { wait: wait.clone(), reply, is_fresh: true });
    }

    /// Somebody asks what happens in a chat: from now on it is worth to show what is not kept.
    pub(crate) fn note_watched(&mut self, batch: &Batch, chat: &WebChatRow) {
        let now = batch.now.mono;
        let is_old = |shows: &Shows| now.saturating_sub(shows.asked) > limits::WEB_WATCHED_FOR;
        let watchers = &self.watchers;
        self.shows.retain(|(bot, address), shows| {
            !is_old(shows) || watchers.iter().any(|watcher| watcher.is_at((*bot, address)))
        });
        self.shows.entry((chat.bot, chat.address.clone())).or_default().asked = now;
    }

    /// Tells those for whom there is something.
    pub(super) fn wake_watchers(&mut self, core: &mut Core, out: &mut Vec<Effect>) {
        // Answers to those who had to make way.
        out.append(&mut core.batch.pending.effects);
        if self.touched.is_empty() && self.watchers.iter().all(|watcher| !watcher.is_fresh) {
            return;
        }
        for mut watcher in std::mem::take(&mut self.watchers) {
            let place = (watcher.wait.chat.bot, watcher.wait.chat.address.clone());
            if watcher.reply.is_gone() {
                continue;
            }
            if !watcher.is_fresh && !self.touched.contains(&place) {
                self.watchers.push(watcher);
                continue;
            }
            match self.happened(core, &watcher.wait.chat, watcher.wait.from) {
                Ok(Some(told)) if told.events.is_empty() && !told.is_over => {
                    watcher.is_fresh = false;
                    self.watchers.push(watcher);
                }
                Ok(Some(told)) => out.push(Effect::Answer(watcher.reply, Ok(answer(&watcher.wait, told)))),
                Ok(None) => out.push(Effect::Answer(watcher.reply, Err(no_chat()))),
                Err(error) => {
                    log::error!("reading a chat of the web failed: {error}");
                    out.push(Effect::Answer(watcher.reply, Err(Failure::Internal)));
                }
            }
        }
    }

    /// What happened in a chat since; `None`: it is gone.
    pub(crate) fn happened(
        &self,
        core: &mut Core,
        chat: &WebChatRow,
        from: WebCursor,
    ) -> Result<Option<WebEvents>, store::Error> {
        if core.batch.store.find_web_chat(&chat.ulid)?.is_none() {
            return Ok(None);
        }
        let last = core.batch.store.last_web()?;
        let kept = match from.number {
            Some(number) => core.web_events(chat, number)?,
            None => Vec::new(),
        };
        // What was said later than all that is told here comes next.
        let number = match kept.len() >= limits::WEB_EVENTS_MAX {
            true => kept.last().map_or(last, |(number, _)| *number),
            false => last,
        };
        let mut cursor = WebCursor { number: Some(number), shown: from.shown };
        let mut events: Vec<(Option<i64>, WebEvent)> =
            kept.into_iter().map(|(number, event)| (Some(number), event)).collect();
        if let Some(shows) = self.shows.get(&(chat.bot, chat.address.clone())) {
            for (_, event) in &mut events {
                if let WebEvent::Message(message) = event
                    && let Some((id, piece)) = &shows.ended
                    && crate::base::ulid::number_in(&message.ulid) == Some(id.0)
                {
                    message.replaces = Some(piece.clone());
                }
            }
            if shows.typing.0 > from.shown {
                events.push((None, WebEvent::Typing(shows.typing.1)));
            }
            if let Some((at, name, text)) = &shows.piece
                && *at > from.shown
            {
                events.push((None, WebEvent::Piece(name.clone(), text.clone())));
            }
            cursor.shown = shows.last;
        }
        Ok(Some(WebEvents { events, cursor, is_over: core.is_stopping }))
    }

    /// Whether somebody has a chat open, or had just now.
    pub(super) fn is_watched(&self, bot: BotId, address: &str) -> bool {
        self.shows.contains_key(&(bot, address.to_string()))
    }

    /// Whether a bot is seen typing; told only where that is new.
    pub(super) fn show_typing(&mut self, (bot, address): (BotId, &str), state: ChatState) {
        let is_typing = state == ChatState::Composing;
        self.change((bot, address), |shows| {
            let is_new = shows.typing.1 != is_typing;
            if is_new {
                shows.last += 1;
                shows.typing = (shows.last, is_typing);
            }
            is_new
        });
    }

    /// What there is of an answer.
    pub(super) fn show_so_far(&mut self, place: (BotId, &str), name: &str, text: &str) {
        self.change(place, |shows| {
            shows.last += 1;
            shows.piece = Some((shows.last, name.to_string(), text.to_string()));
            true
        });
    }

    /// The whole has taken the place of a piece.
    pub(super) fn end_piece(&mut self, chat: &WebChatRow, name: &str, message: MessageId) {
        self.change((chat.bot, &chat.address), |shows| {
            shows.piece = None;
            shows.ended = Some((message, name.to_string()));
            true
        });
    }

    fn change(&mut self, (bot, address): (BotId, &str), change: impl FnOnce(&mut Shows) -> bool) {
        let place = (bot, address.to_string());
        if self.shows.get_mut(&place).is_some_and(change) {
            self.touched.insert(place);
        }
    }

    /// The daemon ends: nobody is kept waiting.
    pub(super) fn end_watching(&mut self, batch: &mut Batch) {
        let over = self.watchers.drain(..).map(|watcher| Effect::Answer(watcher.reply, Ok(over(&watcher.wait))));
        batch.pending.effects.extend(over);
    }

    /// How many there are.
    pub(super) fn count(&self, batch: &Batch) -> Vec<Metric> {
        let Ok((users, chats)) = batch.store.count_web() else { return Vec::new() };
        let streams = self.watchers.iter().filter(|watcher| !watcher.reply.is_gone()).count();
        vec![
            Metric::gauge("web_users", "People with a browser that are known.", users as f64),
            Metric::gauge("web_chats", "Their chats with bots.", chats as f64),
            Metric::gauge("web_streams", "Pages that have a chat open.", streams as f64),
        ]
    }
}

fn answer(wait: &WebWait, told: WebEvents) -> Answer {
    Answer::Web(Box::new(WebAnswer { login: wait.login.clone(), what: WebTold::Events(told) }))
}

fn over(wait: &WebWait) -> Answer {
    answer(wait, WebEvents { events: Vec::new(), cursor: wait.from, is_over: true })
}
