//! An answer that is shown while it comes: a message that is corrected (XEP-0308) at a sane pace. Only the last correction
//! is for archives (XEP-0334); those before it are not kept, and may be lost.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Question;
use crate::base::call::Called;
use crate::base::heard::Heard;
use crate::base::id;
use crate::base::limits;
use crate::brain::ai::{Ai, Open};
use crate::core::Context;
use crate::core::batch::Batch;
use crate::core::channel::Piece;
use crate::core::handle::Answer;
use crate::core::part::Kept;
use crate::remote::ai::{self as service, Dialect, Fault, Reply, Stream, Tokens};
use crate::store;
use crate::store::row::{AiPlace, AiQuestion, AiRow};

/// An answer on its way.
#[derive(Clone)]
pub(super) struct Live {
    /// Shared, as what was heard is not undone with a batch: copies of a long text at each would wear the heap out.
    stream: Arc<Mutex<Stream>>,
    /// The message that shows it.
    pub(super) shown: Option<String>,
    /// What was told last.
    told: Told,
    /// When it was asked for (monotonic).
    asked: Duration,
}

/// How much was told of an answer, and its hash: the text itself stands in the stream.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Told {
    bytes: usize,
    hash: u64,
}

impl Told {
    fn of(text: &str) -> Told {
        Told { bytes: text.len(), hash: BuildHasherDefault::<DefaultHasher>::default().hash_one(text) }
    }

    /// What this text has beyond what was told, if it begins with that.
    fn rest_of(self, text: &str) -> Option<&str> {
        if self.bytes == 0 {
            return Some(text);
        }
        let (before, rest) = text.split_at_checked(self.bytes)?;
        (Told::of(before) == self).then_some(rest)
    }
}

impl Live {
    /// Of another try, after a former one of which something may have been told.
    pub(super) fn new(dialect: Dialect, model: &str, former: Option<Live>, now: Duration) -> Live {
        let (shown, told) = former.map(|former| (former.shown, former.told)).unwrap_or_default();
        Live { stream: Arc::new(Mutex::new(Stream::new(dialect, model))), shown, told, asked: now }
    }

    /// Whether this text begins with what was told.
    pub(super) fn is_continued_by(&self, text: &str) -> bool {
        self.told.rest_of(text).is_some()
    }

    /// The tokens that it has cost.
    pub(super) fn used(&self) -> Tokens {
        lock(&self.stream).used()
    }

    /// What became of the call: its answer, when it is over and well, came in pieces.
    pub(super) fn end(&self, row: &AiRow, dialect: Dialect, called: &Called) -> Result<Reply, Fault> {
        let stream = lock(&self.stream).clone();
        match called {
            Ok(answer) if answer.is_success() => stream.end(None, &row.key),
            Ok(_) => service::read(dialect, &row.key, called),
            Err(_) => stream.end(service::read(dialect, &row.key, called).err(), &row.key),
        }
    }
}

impl Ai {
    /// Whether an answer is shown while it comes: to one person whose messages can be corrected. What goes out encrypted
    /// is not: pieces that are not kept would cost ratchet steps that must be.
    pub(super) fn is_shown_live(&self, cx: &Context<'_>, asked: &AiQuestion, row: &AiRow) -> bool {
        let Some(to) = asked.recipient.as_ref().filter(|_| asked.place == AiPlace::Chat) else { return false };
        row.is_streaming
            && cx.way(asked.bot, to).is_ok_and(|sender| {
                cx.channels.look(&to.bare()).is_ok_and(|channel| channel.shows_pieces(cx.core, sender, to))
            })
    }

    /// Tells what was heard in this batch, once each: a service may say a hundred words in it.
    pub(crate) fn tell_so_far(&mut self, cx: &mut Context<'_>) {
        for tag in std::mem::take(&mut self.open.heard) {
            let Some(Question { live: Some(live), .. }) = self.open.questions.get(&tag) else { continue };
            let (stream, told, shown) = (live.stream.clone(), live.told, live.shown.clone());
            let stream = lock(&stream);
            let Some(text) = stream.so_far() else { continue };
            let now = Told::of(text);
            if now == told {
                continue;
            }
            let Some(question) = self.open.change().questions.get_mut(&tag) else { continue };
            question.live.iter_mut().for_each(|live| live.told = now);
            if question.asked.place == AiPlace::Api {
                let rest = told.rest_of(text);
                let part = Answer::AiPart { text: rest.unwrap_or(text).to_string(), is_instead: rest.is_none() };
                self.let_hear(cx, tag, part);
                continue;
            }
            // What is beyond one message comes with the end.
            let first = crate::base::text::pieces(text, limits::AI_MESSAGE_BYTES).first().copied();
            let (asked, first) = (question.asked.clone(), first.unwrap_or_default().to_string());
            let id = id::uuid(cx.core.batch.random());
            if let (None, Some(live)) = (&shown, self.open.live_of(tag)) {
                live.shown = Some(id.clone());
            }
            self.show_piece(cx, &asked, &id, shown.as_deref(), &first);
        }
    }

    /// Shows what there is of an answer; `shown` is the message whose place it takes.
    fn show_piece(&mut self, cx: &mut Context<'_>, asked: &AiQuestion, id: &str, shown: Option<&str>, text: &str) {
        let Some(to) = &asked.recipient else { return };
        if let Ok(sender) = cx.way(asked.bot, to)
            && let Ok(channel) = cx.channels.of(&to.bare())
        {
            channel.show_piece(cx.core, sender, to, &Piece { id, shown, text });
        }
    }
}

impl Kept<Open> {
    /// More of an answer came.
    pub(crate) fn on_ai_heard(&mut self, batch: &mut Batch, tag: u64, heard: &Heard) -> Result<(), store::Error> {
        let Some(Question { asked, provider, live: Some(live), .. }) = self.questions.get(&tag) else {
            return Ok(());
        };
        let (heard_of, asked_at) = (live.stream.clone(), live.asked);
        let key = batch.store.ai(asked.bot, provider.rank)?.unwrap_or_default().key;
        let (lines, mut stream) = (heard.take(), lock(&heard_of));
        let is_first = stream.held() == 0;
        if let Some(lines) = lines.strip_suffix(b"\n") {
            lines.split(|byte| *byte == b'\n').for_each(|line| stream.line(line, &key));
        }
        let own = stream.held();
        if is_first && own > 0 {
            batch.counts.ai_first_tokens.observe_time(batch.now.mono.saturating_sub(asked_at));
        }
        drop(stream);
        let held = self.questions.values().filter_map(|question| question.live.as_ref());
        let all: usize = held.map(|live| lock(&live.stream).held()).sum();
        if own > limits::AI_TEXT_BYTES_FREE && all > limits::AI_TEXTS_BYTES_MAX {
            lock(&heard_of).cut_off();
        }
        self.change().heard.insert(tag);
        Ok(())
    }

    fn live_of(&mut self, tag: u64) -> Option<&mut Live> {
        self.questions.get_mut(&tag)?.live.as_mut()
    }
}

fn lock(stream: &Mutex<Stream>) -> MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}
