//! Presence in the room, ours and that of others, and the question whether we are still there (XEP-0410).

use std::time::Duration;

use super::asks::About;
use super::{Room, RoomEvent, State, Timer};
use crate::base::jid::Jid;
use crate::base::limits;
use crate::xml::Element;
use crate::xmpp::muc::code;
use crate::xmpp::muc::info::RoomInfo;
use crate::xmpp::muc::presence::{self, RoomPresence, RoomPresenceKind};
use crate::xmpp::muc::why::{Departure, Loss, RoomRefusal, Why};
use crate::xmpp::ping;
use crate::xmpp::stanza::{IqKind, StanzaError};

/// How we stand in a room that we are in.
#[derive(Clone, Debug, Default)]
pub(super) struct Stay {
    pub(super) joined_at: Duration,
    /// The last sign of life of the room.
    heard_at: Duration,
    /// The subject ends what the room tells on entering (XEP-0045 §7.2.15).
    pub(super) is_caught_up: bool,
    /// Questions in a row whose answer said nothing.
    failures: u32,
}

impl Stay {
    /// We are about to enter.
    pub(super) fn begin(&mut self) {
        self.is_caught_up = false;
        self.failures = 0;
    }

    fn heard(&mut self, now: Duration) {
        self.failures = 0;
        self.heard_at = now;
    }

    /// One more question was not answered. Whether the room is taken to be out of reach by now.
    fn fail(&mut self) -> bool {
        self.failures += 1;
        self.failures >= limits::ROOM_PING_FAILURES_MAX
    }
}

impl Room {
    pub(super) fn presence(&mut self, presence: RoomPresence) {
        if presence.from.bare_str() != self.config.room.as_str() {
            return;
        }
        match &presence.kind {
            RoomPresenceKind::Error { error, .. } => {
                let error = error.clone();
                self.presence_error(&presence, &error);
            }
            RoomPresenceKind::Available => {
                self.heard();
                self.available(presence);
            }
            RoomPresenceKind::Unavailable => {
                self.heard();
                self.unavailable(&presence);
            }
        }
    }

    fn presence_error(&mut self, presence: &RoomPresence, error: &StanzaError) {
        match self.state {
            State::Joining(tried) => self.join_error(presence, error, tried),
            // We were not in it any more.
            State::Leaving => self.out(RoomEvent::Left(Departure::Asked)),
            State::Joined => {
                let is_answer = match &presence.id {
                    Some(id) => *id == self.us.last_presence_id(),
                    None => self.us.new_nick.as_ref() == Some(&presence.from),
                };
                if is_answer && self.us.new_nick.take().is_some() {
                    self.clock.stop(Timer::Nick as usize);
                    self.tell(RoomEvent::NickRefused(RoomRefusal::of_nick(error)));
                }
            }
            State::Out | State::Waiting | State::Unlocking => {}
        }
    }

    fn available(&mut self, presence: RoomPresence) {
        // The room's own presence only shows its picture.
        let Some(nick) = presence.from.resource() else { return };
        if !self.is_us(&presence) {
            if !matches!(self.state, State::Out | State::Waiting) {
                self.note_affiliation(&presence.occupant, None);
                let nick = nick.to_string();
                self.occupants.note(nick, presence.occupant);
            }
            return;
        }
        match self.state {
            // Meant for an earlier session of ours, which the room lets go any moment.
            State::Waiting if !self.tries.is_online => {}
            // A kept room that answers late is welcome; in any other we do not want to be found.
            State::Joining(_) | State::Waiting => self.entered(presence),
            State::Out => self.send(&presence::build_leave(&presence.from)),
            State::Unlocking | State::Joined => {
                self.us.own = presence.occupant;
                let is_answer = presence.id.as_ref().is_some_and(|id| *id == self.us.last_presence_id());
                if presence.from == self.us.jid && is_answer && self.us.new_nick.take().is_some() {
                    // What was asked for is to the room the nick that we have.
                    self.clock.stop(Timer::Nick as usize);
                    self.tell(RoomEvent::NickChanged(self.nick().to_string()));
                }
                if presence.from != self.us.jid {
                    self.occupants.forget(nick);
                    self.renamed(presence.from);
                }
            }
            State::Leaving => {}
        }
    }

    /// COMPAT(old services): the code 110 is missing, but the nick is the one we are known to have.
    fn is_us(&self, presence: &RoomPresence) -> bool {
        presence.is_self() || (self.has_nick() && presence.from == self.us.jid)
    }

    /// Whether our address in it is ours and not only wished for.
    fn has_nick(&self) -> bool {
        matches!(self.state, State::Unlocking | State::Joined | State::Leaving)
    }

    fn unavailable(&mut self, presence: &RoomPresence) {
        let Some(nick) = presence.from.resource() else { return };
        if !self.is_us(presence) {
            let before = self.occupants.forget(nick);
            if presence.has(code::AFFILIATION) || presence.has(code::BANNED) {
                self.note_affiliation(&presence.occupant, before.as_ref());
            } else {
                self.note_affiliation_of_gone(&presence.occupant, before.as_ref());
            }
            if self.state == State::Joined && nick == self.config.nick && self.us.new_nick.is_none() {
                // Our nick is free: whoever had it, mostly a ghost of our own, is gone.
                self.change_nick(&self.config.nick.clone());
            }
            return;
        }
        if presence.has(code::NICK_CHANGED) {
            let new = presence.new_nick.as_ref().and_then(|nick| self.config.room.with_resource(nick).ok());
            if let Some(new) = new.filter(|_| self.has_nick()) {
                self.renamed(new);
            }
            return;
        }
        let departure = Departure::read(presence);
        match self.state {
            State::Out | State::Waiting => {}
            State::Leaving => self.out(RoomEvent::Left(Departure::Asked)),
            // Without a reason it is the end of an earlier stay.
            State::Joining(_) => {
                if departure.is_some() {
                    self.put_out(departure, None);
                }
            }
            State::Unlocking => self.put_out(departure, presence.reason.clone()),
            State::Joined => match departure {
                Some(departure) => self.out(RoomEvent::Left(departure)),
                None => self.lose(Loss::read(presence)),
            },
        }
    }

    /// We have another nick (XEP-0045 §7.6).
    fn renamed(&mut self, us: Jid) {
        if us == self.us.jid {
            return;
        }
        self.us.jid = us;
        let nick = self.nick().to_string();
        // The room may have made it another than was asked for, as the profile for nicks has it (RFC 8266).
        if self.us.new_nick.take().is_some() {
            self.clock.stop(Timer::Nick as usize);
            // The one to come back with.
            self.config.nick.clone_from(&nick);
        }
        if self.state == State::Joined {
            self.tell(RoomEvent::NickChanged(nick));
        }
    }

    pub(super) fn change_nick(&mut self, nick: &str) {
        let refusal = match self.config.room.with_resource(nick) {
            Err(_) => Why::NickMalformed,
            Ok(us) if self.state == State::Joined && us == self.us.jid => {
                self.tell(RoomEvent::NickChanged(self.nick().to_string()));
                return;
            }
            Ok(us) if self.state == State::Joined => {
                self.drop_nick_change();
                let id = self.us.next_presence_id();
                self.send(&presence::build_nick(&us, &id));
                self.us.new_nick = Some(us);
                self.set_timer(Timer::Nick, limits::ROOM_JOIN_TIMEOUT);
                return;
            }
            Ok(_) => Why::Dropped,
        };
        self.tell(RoomEvent::NickRefused(RoomRefusal::new(refusal)));
    }

    /// The room gives a sign of life.
    pub(super) fn heard(&mut self) {
        if self.state == State::Joined && self.tries.is_online {
            self.stay.heard(self.clock.mono());
            self.set_timer(Timer::Silence, limits::ROOM_SILENCE);
        }
    }

    /// XEP-0410 §3: a ping to ourselves by way of the room.
    pub(super) fn ask_presence(&mut self) {
        if self.state == State::Joined && self.tries.is_online {
            self.ask(About::Presence, IqKind::Get, self.us.jid.clone(), ping::build());
        }
    }

    pub(super) fn answer(&mut self, tag: u32, answer: Result<Option<Element>, StanzaError>) {
        match self.asks.answered(tag) {
            Some((About::Unlock, _)) => self.unlocked(answer.map(drop)),
            Some((About::Info, _)) => match answer {
                Ok(Some(payload)) => {
                    self.heard();
                    self.informed(RoomInfo::read(&payload));
                }
                // Asked from inside, it is there, and knows no such question.
                Err(error) if self.state == State::Joined && self.info.is_none() && error.kind == "cancel" => {
                    self.informed(RoomInfo::default());
                }
                _ => {}
            },
            Some((About::List(affiliation), _)) => self.listed(affiliation, answer),
            Some((About::Presence, asked)) => match answer {
                Ok(_) => self.is_present(asked),
                Err(error) => self.presence_answer(&error, asked),
            },
            None => {}
        }
    }

    fn informed(&mut self, info: RoomInfo) {
        if self.info.as_ref() != Some(&info) {
            self.info = Some(info.clone());
            self.tell(RoomEvent::Info(info));
        }
    }

    /// XEP-0410 §3, the table of errors.
    fn presence_answer(&mut self, error: &StanzaError, asked: Duration) {
        match error.condition.as_str() {
            // From a client of ours that knows no ping; so it was passed on to one.
            "service-unavailable" | "feature-not-implemented" => self.is_present(asked),
            "remote-server-not-found" | "remote-server-timeout" => self.presence_is_unknown(asked),
            _ if error.kind == "wait" => self.presence_is_unknown(asked),
            // `not-acceptable`, `not-allowed` and what else there is. `item-not-found` may also come of a change of nick
            // by another client; but we have none, and it is what servers say of a room that is no more. Entering
            // once too often does no harm.
            _ => self.lose(Loss::NotInRoom(error.condition.clone())),
        }
    }

    fn is_present(&mut self, asked: Duration) {
        self.heard();
        self.give_up_sent(asked);
        self.watch_sent();
    }

    /// The answer is missing, or says nothing.
    pub(super) fn presence_is_unknown(&mut self, asked: Duration) {
        if self.state != State::Joined {
            return;
        }
        self.watch_sent();
        if self.stay.heard_at > asked {
            // Meanwhile it has shown that we are.
            return;
        }
        if self.stay.fail() {
            self.lose(Loss::Unreachable);
        } else {
            self.set_timer(Timer::Silence, limits::ROOM_PING_RETRY);
        }
    }
}
