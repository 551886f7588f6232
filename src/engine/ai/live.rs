//! An answer that is shown while it comes: a message that is corrected (XEP-0308) at a sane pace. Only the last correction
//! is for archives (XEP-0334); those before it are not kept, and may be lost.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Question;
use crate::base::call::Called;
use crate::base::id;
use crate::engine::ai::Ai;
use crate::engine::event::Heard;
use crate::engine::part::Kept;
use crate::engine::{Batch, Engine};
use crate::remote::ai::{self as service, Dialect, Fault, Reply, Stream};
use crate::store;
use crate::store::row::{AiPlace, AiQuestion, AiRow};
use crate::xmpp::message::{Kind, Outbound};

/// An answer on its way.
#[derive(Clone)]
pub(super) struct Live {
    /// Shared, as what was heard is not undone with a batch: copies of a long text at each would wear the heap out.
    stream: Arc<Mutex<Stream>>,
    /// The message that shows it.
    pub(super) shown: Option<String>,
    /// What was told last.
    told: Told,
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
    pub(super) fn new(dialect: Dialect, model: &str, former: Option<Live>) -> Live {
        let (shown, told) = former.map(|former| (former.shown, former.told)).unwrap_or_default();
        Live { stream: Arc::new(Mutex::new(Stream::new(dialect, model))), shown, told }
    }

    /// Whether this text begins with what was told.
    pub(super) fn is_continued_by(&self, text: &str) -> bool {
        self.told.rest_of(text).is_some()
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

impl Engine {
    /// Whether an answer is shown while it comes: to one person whose messages can be corrected. What goes out encrypted
    /// is not: pieces that are not kept would cost ratchet steps that must be.
    pub(super) fn is_shown_live(&self, asked: &AiQuestion, row: &AiRow) -> bool {
        let Some(to) = asked.recipient.as_ref().filter(|_| asked.place == AiPlace::Chat) else { return false };
        let Some(account) = self.way(asked.bot, to).ok().and_then(|way| way.account()) else { return false };
        let is_plain = matches!(self.xmpp.accounts.will_encrypt(&self.batch, account, &to.bare()), Ok(false));
        row.is_streaming && is_plain
    }

    /// Tells what was heard in this batch, once each: a service may say a hundred words in it.
    pub(in crate::engine) fn tell_so_far(&mut self) {
        for tag in std::mem::take(&mut self.ai.heard) {
            let Some(Question { live: Some(live), .. }) = self.ai.questions.get(&tag) else { continue };
            let (stream, told, shown) = (live.stream.clone(), live.told, live.shown.clone());
            let stream = lock(&stream);
            let Some(text) = stream.so_far() else { continue };
            let now = Told::of(text);
            if now == told {
                continue;
            }
            let Some(question) = self.ai.change().questions.get_mut(&tag) else { continue };
            question.live.iter_mut().for_each(|live| live.told = now);
            if question.asked.place == AiPlace::Api {
                let rest = told.rest_of(text);
                let (part, is_instead) = (rest.unwrap_or(text).to_string(), rest.is_none());
                self.let_hear(tag, part, is_instead);
                continue;
            }
            // What is beyond one message comes with the end.
            let first = crate::base::text::pieces(text, crate::base::limits::AI_MESSAGE_BYTES).first().copied();
            let (asked, first) = (question.asked.clone(), first.unwrap_or_default().to_string());
            let id = id::uuid(self.batch.random());
            if let (None, Some(live)) = (&shown, self.ai.live_of(tag)) {
                live.shown = Some(id.clone());
            }
            self.show_piece(&asked, &id, shown.as_deref(), &first);
        }
    }

    /// Shows what there is of an answer; `shown` is the message whose place it takes.
    fn show_piece(&mut self, asked: &AiQuestion, id: &str, shown: Option<&str>, text: &str) {
        let Some(to) = &asked.recipient else { return };
        let Some(account) = self.way(asked.bot, to).ok().and_then(|way| way.account()) else { return };
        let Some(entry) = self.xmpp.accounts.get(&account).filter(|account| account.is_online) else { return };
        // The other side may have got a device since the question.
        if !matches!(self.xmpp.accounts.will_encrypt(&self.batch, account, &to.bare()), Ok(false)) {
            return;
        }
        let is_own = entry.row.jid.as_str() == to.bare_str();
        let outbound = Outbound::text(to.clone(), Kind::Chat, id, &format!("{text} …")).passing();
        let outbound = shown.into_iter().fold(outbound, Outbound::replacing);
        let outbound = if is_own { outbound.private() } else { outbound };
        self.xmpp.accounts.tell_session(&mut self.batch, account, outbound.print());
    }
}

impl Kept<Ai> {
    /// More of an answer came.
    pub(in crate::engine) fn on_ai_heard(
        &mut self,
        batch: &mut Batch,
        tag: u64,
        heard: &Heard,
    ) -> Result<(), store::Error> {
        let Some(Question { asked, is_substitute, live: Some(live), .. }) = self.questions.get(&tag) else {
            return Ok(());
        };
        let stream = live.stream.clone();
        let key = batch.store.ai(asked.bot, *is_substitute)?.unwrap_or_default().key;
        let (lines, mut stream) = (heard.take(), lock(&stream));
        if let Some(lines) = lines.strip_suffix(b"\n") {
            lines.split(|byte| *byte == b'\n').for_each(|line| stream.line(line, &key));
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
