//! An answer that is shown while it comes: a message that is corrected (XEP-0308) at a sane pace. Only the last correction
//! is for archives (XEP-0334); those before it are not kept, and may be lost.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use super::Question;
use crate::base::id;
use crate::engine::Engine;
use crate::engine::event::Called;
use crate::engine::outbox::Way;
use crate::remote::ai::{self as service, Dialect, Fault, Reply, Stream};
use crate::store;
use crate::store::row::{AiPlace, AiQuestion, AiRow};
use crate::xmpp::message::{Kind, Outbound};

/// An answer on its way.
#[derive(Clone)]
pub(super) struct Live {
    stream: Arc<Stream>,
    /// The message that shows it.
    pub(super) shown: Option<String>,
    /// What was told last, as a number.
    told: Option<u64>,
}

impl Live {
    pub(super) fn new(dialect: Dialect, model: &str, shown: Option<String>) -> Live {
        Live { stream: Arc::new(Stream::new(dialect, model)), shown, told: None }
    }

    /// What became of the call: its answer, when it is over and well, came in pieces.
    pub(super) fn end(&self, row: &AiRow, dialect: Dialect, called: &Called) -> Result<Reply, Fault> {
        let stream = Stream::clone(&self.stream);
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
        let Ok(Way::Account(account)) = self.way(asked.bot, to) else { return false };
        let is_plain = matches!(self.will_encrypt(account, &to.bare()), Ok(false));
        row.is_streaming && is_plain
    }

    /// More of an answer came.
    pub(in crate::engine) fn on_ai_heard(&mut self, tag: u64, lines: &[u8]) -> Result<(), store::Error> {
        let Some(Question { asked, is_substitute, .. }) = self.ai.questions.get(&tag).cloned() else { return Ok(()) };
        let key = self.store.ai(asked.bot, is_substitute)?.unwrap_or_default().key;
        let question = self.change_ai().questions.get_mut(&tag);
        let Some(live) = question.and_then(|question| question.live.as_mut()) else { return Ok(()) };
        let stream = Arc::make_mut(&mut live.stream);
        let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
        lines.split(|byte| *byte == b'\n').for_each(|line| stream.line(line, &key));
        self.pending.heard.insert(tag);
        Ok(())
    }

    /// Tells what was heard in this batch, once each: a service may say a hundred words in it.
    pub(in crate::engine) fn tell_so_far(&mut self) {
        for tag in std::mem::take(&mut self.pending.heard) {
            let Some(question) = self.ai.questions.get_mut(&tag) else { continue };
            let (asked, Some(live)) = (question.asked.clone(), question.live.as_mut()) else { continue };
            let Some(reply) = live.stream.so_far() else { continue };
            let told = BuildHasherDefault::<DefaultHasher>::default().hash_one(&reply.text);
            if live.told.replace(told) == Some(told) {
                continue;
            }
            if asked.place == AiPlace::Api {
                self.let_hear(tag, reply.text);
                continue;
            }
            let shown = live.shown.clone();
            let id = id::uuid(self.random());
            if let (None, Some(live)) = (&shown, self.live_of(tag)) {
                live.shown = Some(id.clone());
            }
            self.show_piece(&asked, &id, shown.as_deref(), &reply.text);
        }
    }

    fn live_of(&mut self, tag: u64) -> Option<&mut Live> {
        self.ai.questions.get_mut(&tag)?.live.as_mut()
    }

    /// Shows what there is of an answer; `shown` is the message whose place it takes.
    fn show_piece(&mut self, asked: &AiQuestion, id: &str, shown: Option<&str>, text: &str) {
        let Some(to) = &asked.recipient else { return };
        let Ok(Way::Account(account)) = self.way(asked.bot, to) else { return };
        let Some(entry) = self.accounts.get(&account).filter(|account| account.is_online) else { return };
        // The other side may have got a device since the question.
        if !matches!(self.will_encrypt(account, &to.bare()), Ok(false)) {
            return;
        }
        let is_own = entry.row.jid.as_str() == to.bare_str();
        // What is beyond one message comes with the end.
        let first =
            super::words::split(text, crate::base::limits::AI_MESSAGE_BYTES).first().copied().unwrap_or_default();
        let outbound = Outbound::text(to.clone(), Kind::Chat, id, &format!("{first} …")).passing();
        let outbound = shown.into_iter().fold(outbound, Outbound::replacing);
        let outbound = if is_own { outbound.private() } else { outbound };
        self.tell_session(account, outbound.print());
    }
}
