//! What is said in the room: by others, and by us, whose messages the room shows to us as to everybody (XEP-0045 §7.4).
//! That reflection is the only proof that a message reached the room, so it is waited for.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Heard, Room, RoomEvent, State, Timer};
use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::xmpp::muc::message::{RoomMessage, RoomMessageKind};
use crate::xmpp::muc::why::Loss;
use crate::xmpp::stanza::StanzaError;

/// A message of ours that the room has not shown yet.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) id: String,
    at: Duration,
    /// What it says, by which it is known where the room changes ids.
    gist: Gist,
}

/// What we have said and the room has not shown yet, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Posts {
    waiting: VecDeque<Sent>,
    /// The room has shown a message of ours with our id.
    keeps_ids: bool,
}

impl Posts {
    /// One more. Gives the oldest where there are too many.
    fn push(&mut self, sent: Sent) -> Option<Sent> {
        // Sent again, its time begins anew.
        self.waiting.retain(|other| other.id != sent.id);
        let oldest = if self.waiting.len() >= limits::ROOM_SENT_MAX { self.waiting.pop_front() } else { None };
        self.waiting.push_back(sent);
        oldest
    }

    /// When the oldest was sent.
    fn oldest_at(&self) -> Option<Duration> {
        self.waiting.front().map(|sent| sent.at)
    }

    /// Takes out one that was overdue at this time.
    fn take_overdue(&mut self, at: Duration) -> Option<Sent> {
        self.waiting.pop_front_if(|sent| sent.at + limits::ROOM_REFLECTION_TIMEOUT <= at)
    }

    pub(super) fn take_all(&mut self) -> VecDeque<Sent> {
        std::mem::take(&mut self.waiting)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// What a text says, without what other networks change about it: white space, marks of formatting, the end of a long one.
#[derive(Clone, Debug, Default)]
pub struct Gist {
    letters: String,
    /// How many of them are in the first line, of which some make a message of its own.
    first_line: usize,
}

impl Gist {
    /// That of this text.
    pub fn new(text: &str) -> Gist {
        let mut letters = letters(text, char::is_alphanumeric);
        let first_line = letters_in_line(text.trim_start(), &letters);
        if letters.is_empty() {
            letters = self::letters(text, |c| !c.is_whitespace());
        }
        Gist { letters, first_line }
    }

    /// Whether `shown` is this message, or its first piece.
    pub fn is_shown_by(&self, shown: &str) -> bool {
        let shown = Gist::new(shown).letters;
        let is_piece = shown.len() == self.first_line || shown.len() >= limits::ROOM_PIECE_BYTES_MIN;
        !shown.is_empty() && (shown == self.letters || (is_piece && self.letters.starts_with(&shown)))
    }
}

fn letters(text: &str, is_letter: impl Fn(char) -> bool) -> String {
    let mut letters = String::new();
    for letter in text.chars().filter(|letter| is_letter(*letter)) {
        if letters.len() + letter.len_utf8() > limits::ROOM_GIST_BYTES {
            break;
        }
        letters.push(letter);
    }
    letters
}

fn letters_in_line(text: &str, all: &str) -> usize {
    let line = text.lines().next().unwrap_or_default();
    letters(line, char::is_alphanumeric).len().min(all.len())
}

impl Room {
    pub(super) fn note_sent(&mut self, id: String, text: &str) {
        if self.state == State::Out {
            self.tell(RoomEvent::Unconfirmed(id));
            return;
        }
        if let Some(oldest) = self.posts.push(Sent { id, at: self.clock.mono(), gist: Gist::new(text) }) {
            self.tell(RoomEvent::Unconfirmed(oldest.id));
        }
        self.watch_sent();
    }

    /// Sets the time when the oldest message is asked after.
    pub(super) fn watch_sent(&mut self) {
        let (State::Joined, true, Some(sent_at)) = (self.state, self.tries.is_online, self.posts.oldest_at()) else {
            return;
        };
        if self.clock.is_set(Timer::Reflection as usize) {
            return;
        }
        let wait = (sent_at + limits::ROOM_REFLECTION_TIMEOUT).saturating_sub(self.clock.mono());
        self.set_timer(Timer::Reflection, if wait.is_zero() { limits::ROOM_PING_RETRY } else { wait });
    }

    /// We are in the room, and what was overdue when we asked was not shown: it will not be.
    pub(super) fn give_up_sent(&mut self, asked: Duration) {
        while let Some(sent) = self.posts.take_overdue(asked) {
            self.tell(RoomEvent::Unconfirmed(sent.id));
        }
    }

    pub(super) fn message(&mut self, mut message: RoomMessage) {
        if message.from.bare_str() != self.config.room.as_str() {
            return;
        }
        if let RoomMessageKind::Error(error) = &message.kind {
            // An occupant can send errors too; only the room's own are about what we said to all.
            if message.from.is_bare() {
                let error = error.clone();
                self.refused_message(message.id, error);
            }
            return;
        }
        if matches!(self.state, State::Out | State::Waiting) {
            return;
        }
        self.heard();
        // As long as the room has not said what it is, its ids stay: see `judge_id`.
        if self.info.is_some() {
            self.judge_id(&mut message);
        }
        if !self.trusts(|info| info.occupant_ids) {
            message.occupant_id = None;
        }
        if message.changes_room() {
            self.ask_info();
        }
        match message.subject.take() {
            Some(subject) => self.subject(&message, subject),
            None => self.said(message),
        }
    }

    fn subject(&mut self, message: &RoomMessage, subject: String) {
        self.stay.is_caught_up = true;
        self.tell(RoomEvent::Subject { nick: message.nick().map(Into::into), subject });
    }

    /// Takes the archive's id from a message if the room does not vouch for it (XEP-0359 §5). Due again before a message is
    /// dealt with that was held back: it may have come before the room said what it is.
    pub fn judge_id(&self, message: &mut RoomMessage) {
        if !self.trusts(|info| info.stanza_ids) {
            message.archive_id = None;
        }
    }

    /// Judges a message from the room's archive.
    pub fn judge(&self, mut message: RoomMessage) -> Heard {
        if !self.trusts(|info| info.occupant_ids) {
            message.occupant_id = None;
        }
        // Where a person shares the account, the occupant id is his, too.
        let is_by_account = self.config.account.is_some() && self.has_own_occupant_id(&message);
        let is_ours = self.is_ours(&message, true) || is_by_account;
        let is_to_us = !is_ours && self.is_to_us(&message);
        // Only what is encrypted needs to know it.
        let told = message.sealed.as_ref().and_then(|sealed| sealed.room.as_ref()?.author.clone());
        let author = told.or_else(|| self.author_by_id(&message));
        Heard { message, is_ours, is_history: true, is_to_us, author }
    }

    /// Whether a message speaks to us. To be asked again of one that was decrypted.
    pub fn is_to_us(&self, message: &RoomMessage) -> bool {
        message.is_to(&self.us.jid, self.config.account.as_ref())
    }

    /// Who really is behind an occupant id, if he is here. A nick alone may be somebody else's by now.
    fn author_by_id(&self, message: &RoomMessage) -> Option<BareJid> {
        let id = message.occupant_id.as_ref().filter(|_| self.trusts(|info| info.occupant_ids))?;
        let author = self.occupants.iter().find(|occupant| occupant.id.as_ref() == Some(id))?;
        author.real_jid.as_ref().map(Jid::bare)
    }

    fn said(&mut self, message: RoomMessage) {
        if message.body.is_none() && !message.is_encrypted && !message.codes.is_empty() {
            // The room speaks to programs.
            return;
        }
        let is_history = message.kind == RoomMessageKind::Groupchat && self.is_history(&message);
        if message.kind == RoomMessageKind::Groupchat
            && let Some(id) = self.take_reflected(&message, is_history)
        {
            let mut message = message;
            message.archive_id = message.archive_id.filter(|_| self.trusts(|info| info.stanza_ids));
            self.tell(RoomEvent::Reflection { id, message: Box::new(message) });
            return;
        }
        if !is_history && let Some(since) = &mut self.config.history_since {
            *since = (*since).max(message.stamp_ms.unwrap_or(self.clock.now().unix_ms));
        }
        let is_ours = self.is_ours(&message, is_history);
        let is_to_us = !is_ours && self.is_to_us(&message);
        let author = if is_history {
            self.author_by_id(&message)
        } else {
            let author = self.occupant(message.nick().unwrap_or_default());
            author.and_then(|author| author.real_jid.as_ref()).map(Jid::bare)
        };
        self.tell(RoomEvent::Message(Box::new(Heard { message, is_ours, is_history, is_to_us, author })));
    }

    /// The id of the message of ours that this is, if it is one that is waited for. The occupant id helps where our
    /// nick changed meanwhile; alone it proves nothing, as an account's owner and his bot share it.
    ///
    /// Rooms that belong to other networks give it another id. There our nick and the text tell; not of history, where the
    /// same may have been said before.
    fn take_reflected(&mut self, message: &RoomMessage, is_history: bool) -> Option<String> {
        if message.from != self.us.jid && !self.has_own_occupant_id(message) {
            return None;
        }
        let is_it = |sent: &Sent| message.origin_id.as_ref() == Some(&sent.id) || message.id.as_ref() == Some(&sent.id);
        let by_id = self.posts.waiting.iter().position(is_it);
        self.posts.keeps_ids |= by_id.is_some();
        let is_strange = !self.posts.keeps_ids && !is_history && message.from == self.us.jid;
        let text = message.body.as_deref().filter(|_| is_strange).unwrap_or_default();
        let by_text = || self.posts.waiting.iter().position(|sent| sent.gist.is_shown_by(text));
        let index = by_id.or_else(by_text)?;
        let sent = self.posts.waiting.remove(index)?;
        if index == 0 {
            self.clock.stop(Timer::Reflection as usize);
            self.watch_sent();
        }
        Some(sent.id)
    }

    fn has_own_occupant_id(&self, message: &RoomMessage) -> bool {
        message.occupant_id.is_some() && message.occupant_id.as_deref() == self.occupant_id(self.nick())
    }

    /// Whoever has our nick now is us. Who had it earlier was, unless his occupant id says otherwise.
    fn is_ours(&self, message: &RoomMessage, is_history: bool) -> bool {
        let is_other = is_history && message.occupant_id.is_some() && !self.has_own_occupant_id(message);
        message.from == self.us.jid && !is_other
    }

    /// Before the subject all is history (XEP-0045 §7.2.13 to §7.2.15), with or without a time; where none comes, what is not
    /// delayed is so for a while only. After it, only what the room itself held up: messages are also delayed by our own
    /// server while our connection is interrupted, and those are news.
    fn is_history(&self, message: &RoomMessage) -> bool {
        let room = &self.config.room;
        let by_room = |by: &Jid| by.bare_str() == room.as_str() || by.as_str() == room.domain();
        let is_entering =
            || self.state != State::Joined || self.clock.mono() < self.stay.joined_at + limits::ROOM_HISTORY_TIMEOUT;
        match self.stay.is_caught_up {
            _ if message.is_resent => false,
            false => message.is_delayed || is_entering(),
            true => message.is_delayed && message.delayed_by.as_ref().is_some_and(by_room),
        }
    }

    fn refused_message(&mut self, id: Option<String>, error: StanzaError) {
        let Some(index) = self.posts.waiting.iter().position(|sent| id.as_ref() == Some(&sent.id)) else { return };
        let Some(sent) = self.posts.waiting.remove(index) else { return };
        // XEP-0045 §7.4: `not-acceptable` for whoever is not in the room; `item-not-found` where there is none.
        let was_out = matches!(error.condition.as_str(), "not-acceptable" | "item-not-found");
        let condition = error.condition.clone();
        self.tell(RoomEvent::SendRefused { id: sent.id, error, was_out });
        if was_out && self.state == State::Joined {
            self.lose(Loss::NotInRoom(condition));
        }
    }
}
