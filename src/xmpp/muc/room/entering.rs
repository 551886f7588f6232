//! The way into a room: ask, take another nick when ours is taken, open what we created, give up or try again.

use super::asks::About;
use super::{Intent, Room, RoomEvent, State, Timer};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::muc::presence::{self, History, Occupant, RoomPresence};
use crate::xmpp::muc::why::{Departure, Loss, RoomRefusal, Why};
use crate::xmpp::muc::{code, words};
use crate::xmpp::stanza::{IqKind, StanzaError};
use crate::xmpp::{disco, ns};

impl Room {
    pub(super) fn join(&mut self, intent: Intent) {
        match self.state {
            State::Joined => self.tell(RoomEvent::Joined { nick: self.nick().to_string(), created: false }),
            State::Joining(_) | State::Unlocking => {
                // Whoever asks while a kept room is being entered wants an answer too.
                if intent == Intent::Asked {
                    self.tries.intent = intent;
                }
            }
            State::Out | State::Waiting | State::Leaving => {
                self.clock.stop_all();
                self.tries.intent = intent;
                if self.tries.is_online {
                    self.enter();
                } else {
                    self.state = State::Waiting;
                    if intent == Intent::Asked {
                        self.set_timer(Timer::Join, limits::ROOM_JOIN_TIMEOUT);
                    }
                }
            }
        }
    }

    /// Begins to enter, with the nick we want.
    pub(super) fn enter(&mut self) {
        self.state = State::Joining(0);
        self.clock.stop(Timer::Rejoin as usize);
        // Whoever waits for the answer waits no longer because the session began anew meanwhile.
        if self.tries.intent == Intent::Kept || !self.clock.is_set(Timer::Join as usize) {
            self.set_timer(Timer::Join, limits::ROOM_JOIN_TIMEOUT);
        }
        self.occupants.clear();
        self.forget_members();
        self.us.own = Occupant::default();
        self.stay.begin();
        self.asks.clear();
        // Asked first, it is answered before anything is said whose ids it decides about.
        self.ask_info();
        match nick(&self.config.nick, 0).and_then(|nick| self.config.room.with_resource(&nick).ok()) {
            Some(us) => self.send_join(us),
            None => self.refused(RoomRefusal::new(Why::NickMalformed)),
        }
    }

    fn send_join(&mut self, us: Jid) {
        let id = self.us.next_presence_id();
        let has_archive = self.trusts(|info| info.mam);
        let history = match self.config.history_since {
            // The room's clock may be behind ours. What comes twice is known by its ids.
            Some(unix_ms) if !has_archive => History::Since(unix_ms.saturating_sub(limits::ROOM_CLOCK_MS).max(0)),
            _ => History::Nothing,
        };
        self.send(&presence::build_join(&us, &id, self.config.password.as_ref(), history));
        self.us.jid = us;
    }

    /// The service answers our presence with an error.
    pub(super) fn join_error(&mut self, presence: &RoomPresence, error: &StanzaError, tried: u32) {
        // It may be about an earlier try.
        let is_answer = match &presence.id {
            Some(id) => *id == self.us.last_presence_id(),
            None => presence.from.resource().is_none_or(|nick| nick == self.nick()),
        };
        if !is_answer {
            return;
        }
        let moved_to = match &presence.kind {
            presence::RoomPresenceKind::Error { moved_to, .. } => moved_to.as_ref(),
            _ => None,
        };
        let refusal = RoomRefusal::of_join(error, moved_to, self.config.password.as_ref());
        let next = nick(&self.config.nick, tried + 1).filter(|_| refusal.why == Why::NickTaken);
        match next.and_then(|nick| self.config.room.with_resource(&nick).ok()) {
            Some(us) => {
                self.state = State::Joining(tried + 1);
                self.send_join(us);
            }
            None => self.refused(refusal),
        }
    }

    /// The service shows us ourselves: we are in.
    pub(super) fn entered(&mut self, presence: RoomPresence) {
        let is_new = presence.has(code::CREATED);
        // It may have given us another nick (210).
        self.us.jid = presence.from;
        self.us.own = presence.occupant;
        if is_new {
            self.state = State::Unlocking;
            if !self.clock.is_set(Timer::Join as usize) {
                self.set_timer(Timer::Join, limits::ROOM_JOIN_TIMEOUT);
            }
            self.unlock();
        } else {
            self.joined(false);
        }
    }

    /// XEP-0045 §10.1.2: a new room opens when its owner takes the configuration as it is.
    pub(super) fn unlock(&mut self) {
        let form = Element::new("x", ns::DATA).with("type", "submit");
        let query = Element::new("query", ns::MUC_OWNER).with_child(form);
        self.ask(About::Unlock, IqKind::Set, self.config.room.to_jid(), query);
    }

    pub(super) fn unlocked(&mut self, answer: Result<(), StanzaError>) {
        if self.state != State::Unlocking {
            return;
        }
        match answer {
            Ok(()) => self.joined(true),
            Err(error) => {
                // XEP-0045 §10.1.4: leaving destroys it again.
                self.send(&presence::build_leave(&self.us.jid));
                self.refused(RoomRefusal { why: Why::NotUnlocked, words: words(error.text) });
            }
        }
    }

    fn joined(&mut self, created: bool) {
        self.state = State::Joined;
        self.tries.intent = Intent::Kept;
        self.stay.joined_at = self.clock.mono();
        self.clock.stop_all();
        self.heard();
        self.tell(RoomEvent::Joined { nick: self.nick().to_string(), created });
        if created || self.info.is_none() {
            // Outside, it was not there or not to be seen.
            self.asks.forget(About::Info);
            self.ask_info();
        }
        self.watch_sent();
    }

    pub(super) fn ask_info(&mut self) {
        self.ask(About::Info, IqKind::Get, self.config.room.to_jid(), disco::build_query());
    }

    pub(super) fn join_timed_out(&mut self) {
        match self.state {
            State::Waiting => self.refused(RoomRefusal::new(Why::Offline)),
            State::Joining(_) | State::Unlocking => {
                if self.tries.intent == Intent::Asked {
                    // So that we do not get in later, when nobody expects it any more.
                    self.send(&presence::build_leave(&self.us.jid));
                }
                self.refused(RoomRefusal::new(Why::Timeout));
            }
            State::Out | State::Joined | State::Leaving => {}
        }
    }

    /// We were put out before we were in; by somebody's will, or not.
    pub(super) fn put_out(&mut self, departure: Option<Departure>, reason: Option<String>) {
        match departure {
            Some(departure) => self.refused(RoomRefusal::new(Why::Removed(departure))),
            None => self.refused(RoomRefusal { why: Why::Dropped, words: reason }),
        }
    }

    /// A try has failed.
    fn refused(&mut self, refusal: RoomRefusal) {
        if self.tries.intent == Intent::Asked || !refusal.may_pass() {
            self.out(RoomEvent::Refused(refusal));
            return;
        }
        self.state = State::Waiting;
        self.clock.stop_all();
        self.asks.clear();
        self.wait(Loss::Refused(refusal));
    }
}

/// The nick to try when so many were taken: `bot`, `bot_`, `bot2`, `bot3`.
fn nick(wanted: &str, tried: u32) -> Option<String> {
    match tried {
        0 => Some(wanted.to_string()),
        1 => Some(format!("{wanted}_")),
        _ => (tried < limits::ROOM_NICKS_MAX).then(|| format!("{wanted}{tried}")),
    }
}
