//! A stanza that the server ends the stream for, each time it is sent: it must not keep all behind it from going out.
//!
//! Servers do not say which stanza they mean, and lines break and servers restart by themselves. So a loss accuses only
//! when it says that what was sent is to blame (a stream error about content), or when the server closed right after the
//! only stanza that was under way. After any loss with something under way, as many stanzas go out one by one, each after
//! the one before it is acknowledged: the guilty one is alone by then, and an innocent one is acknowledged. The second
//! accusation in a row of the same stanza convicts it, if each is the server's word, which an orderly close is, too: it is
//! given up. A connection that is reset says little, as a bad line does the same: it takes
//! [`limits::RESETS_MAX`] of them in a row, which with the waits between them are more than a line explains.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::{Event, Session, State};
use crate::base::limits;

/// What is known of the stanza that may be to blame, and how careful to be.
#[derive(Debug, Default)]
pub(super) struct Caution {
    /// The accused, by its content, and how much there is against it, in resets.
    accused: Option<(u64, u32)>,
    /// So many stanzas go out one by one.
    one_by_one: usize,
    /// Those that wait for their turn.
    waiting: VecDeque<(Option<u64>, String)>,
    /// When something was sent last.
    sent_at: Duration,
    /// A size that the server does not take, though it does not say so.
    too_large: Option<usize>,
}

/// How a connection was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// A stream error says that what was sent is to blame; with whether it is of a kind that size can cause.
    Content { is_of_size: bool },
    /// The other side closed the connection in order, and did not say why.
    Closed,
    /// It is gone: who reset it is not known.
    Reset,
    /// Something else.
    Other,
}

/// RFC 6120 §4.9.3: whether a stream error is about what was sent. Some servers call a stanza that they choke on their own
/// fault.
pub(super) fn loss_by(condition: &str) -> Loss {
    match condition {
        "policy-violation" | "resource-constraint" | "undefined-condition" => Loss::Content { is_of_size: true },
        "bad-format"
        | "bad-namespace-prefix"
        | "improper-addressing"
        | "internal-server-error"
        | "invalid-from"
        | "invalid-namespace"
        | "invalid-xml"
        | "not-well-formed"
        | "restricted-xml"
        | "unsupported-encoding"
        | "unsupported-feature"
        | "unsupported-stanza-type"
        | "xml-not-well-formed" => Loss::Content { is_of_size: false },
        _ => Loss::Other,
    }
}

/// Names a stanza over connections. A question has another id each time.
fn name(stanza: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let id = stanza.find(" id='").filter(|_| stanza.starts_with("<iq"));
    match id.and_then(|at| Some((at, at + 5 + stanza.get(at + 5..)?.find('\'')?))) {
        Some((from, to)) => (&stanza[..from], &stanza[to..]).hash(&mut hasher),
        None => stanza.hash(&mut hasher),
    }
    hasher.finish()
}

/// Presence and small questions are the same for everybody: a loss while they are under way has another reason. So they
/// neither wait for their turn nor hold others up.
fn may_be_to_blame(stanza: &str) -> bool {
    stanza.starts_with("<message") || stanza.len() > limits::STANZA_BYTES_SURE
}

impl Session {
    /// What is sent and not acknowledged, in order.
    fn under_way(&self) -> impl Iterator<Item = &str> {
        let managed = self.kept.sm.as_ref().map(|sm| sm.departures.unacknowledged());
        let fenced = managed.is_none().then(|| self.link.fence.unproven());
        managed.into_iter().flatten().chain(fenced.into_iter().flatten())
    }

    /// The connection is lost. Gives whether the next try may come soon, as it will be different.
    pub(super) fn accuse(&mut self, loss: Loss) -> bool {
        if !self.is_established() {
            return false;
        }
        let under_way: Vec<&str> = self.under_way().filter(|stanza| may_be_to_blame(stanza)).collect();
        let count = under_way.len();
        let Some(first) = under_way.first() else { return false };
        // One that is larger than every server takes (RFC 6120 §13.12) is more likely to be meant than the first.
        let largest = under_way.iter().max_by_key(|stanza| stanza.len()).unwrap_or(first);
        let stanza = match loss {
            Loss::Content { is_of_size: true } if largest.len() > limits::STANZA_BYTES_SURE => *largest,
            _ => *first,
        };
        let before = self.caution.accused.filter(|(accused, _)| *accused == name(stanza)).map_or(0, |(_, guilt)| guilt);
        let is_soon = self.clock.since(self.caution.sent_at) <= limits::CLOSED_FOR_STANZA;
        let is_blamed = match loss {
            Loss::Content { .. } => true,
            Loss::Closed | Loss::Reset => is_soon && (before > 0 || count == 1),
            Loss::Other => false,
        };
        let is_message = stanza.starts_with("<message");
        let (name, stanza) = (name(stanza), stanza.to_string());
        self.caution.one_by_one = self.caution.one_by_one.max(count + self.caution.waiting.len());
        if !is_blamed {
            return false;
        }
        let guilt = before + if loss == Loss::Reset { 1 } else { limits::RESETS_MAX.div_ceil(2) };
        if guilt < limits::RESETS_MAX {
            self.caution.accused = Some((name, guilt));
            return true;
        }
        self.caution.accused = None;
        let size = stanza.len();
        let is_too_large = matches!(loss, Loss::Content { is_of_size: true }) && size > limits::STANZA_BYTES_SURE;
        if is_too_large {
            self.caution.too_large = Some(size);
        }
        log::error!("{}: the server ends the stream for a stanza of {size} bytes; it is given up", self.config.account);
        // It must not be sent again with a resumed stream.
        self.kept.sm = None;
        if is_message {
            self.tell(Event::Convicted { stanza, is_too_large });
        }
        true
    }

    /// Whether a stanza is larger than the server takes.
    pub(super) fn is_too_large(&self, size: usize) -> bool {
        self.kept.facts.max_bytes.is_some_and(|max| size > max)
            || self.caution.too_large.is_some_and(|large| size >= large)
    }

    /// Gives back what is to be sent now; else it waits for its turn.
    pub(super) fn in_turn(&mut self, tag: Option<u64>, stanza: String) -> Option<(Option<u64>, String)> {
        let is_careful = self.caution.one_by_one > 0 && may_be_to_blame(&stanza);
        if is_careful && !(self.caution.waiting.is_empty() && self.is_line_free()) {
            self.caution.waiting.push_back((tag, stanza));
            return None;
        }
        Some((tag, stanza))
    }

    fn is_line_free(&self) -> bool {
        !self.under_way().any(may_be_to_blame)
    }

    /// Something is sent.
    pub(super) fn note_sending(&mut self) {
        self.caution.sent_at = self.clock.mono();
    }

    /// The server has these stanzas: they are not to blame.
    pub(super) fn acquit(&mut self, h: u32) {
        if let Some(sm) = self.kept.sm.as_ref().filter(|_| self.caution.one_by_one > 0) {
            let messages = sm.departures.up_to(h).filter(|stanza| may_be_to_blame(stanza)).count();
            let is_known = sm
                .departures
                .up_to(h)
                .any(|stanza| self.caution.accused.is_some_and(|(accused, _)| accused == name(stanza)));
            self.less_careful(messages, is_known);
        }
    }

    /// The same without stream management, where all are messages.
    pub(super) fn acquit_all(&mut self, count: usize) {
        self.less_careful(count, true);
    }

    fn less_careful(&mut self, count: usize, is_acquitted: bool) {
        self.caution.one_by_one = self.caution.one_by_one.saturating_sub(count);
        if is_acquitted || self.caution.one_by_one == 0 {
            self.caution.accused = None;
        }
    }

    /// Something was acknowledged: the next may go, or, with no more reason to be careful, all.
    pub(super) fn next_in_turn(&mut self) {
        while matches!(self.state, State::Online(_)) && (self.caution.one_by_one == 0 || self.is_line_free()) {
            let Some((tag, stanza)) = self.caution.waiting.pop_front() else { return };
            self.send_stanza(tag, stanza);
            self.prove_delivery();
        }
    }

    /// The stream goes on: what was under way is sent again, one by one where that is called for.
    pub(super) fn wait_in_turn(&mut self) {
        if self.caution.one_by_one > 0
            && let Some(sm) = &mut self.kept.sm
        {
            let mut rest = sm.departures.keep_first();
            rest.append(&mut self.caution.waiting);
            self.caution.waiting = rest;
        }
    }

    /// A new stream: what waits is the engine's to send.
    pub(super) fn forget_waiting(&mut self) {
        self.caution.waiting.clear();
    }
}
