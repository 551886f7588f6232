//! One room of one bot: the machine that enters (XEP-0045 §7.2), stays (XEP-0410), comes back after whatever nobody
//! wanted, and stays out after what somebody wanted. No I/O; the engine owns one for each room.
//!
//! Contract: one input by [`Room::handle`], then drain [`Room::poll`] until it gives `None`; the next deadline is
//! [`Room::deadline`] (call `handle(Input::Tick)` then). A new room is out and offline: say `Online` if the session is.
//!
//! `Out` → `Joining` (→ `Unlocking`, if we created it) → `Joined` → `Leaving` → `Out`; `Waiting` is wanting to be in and
//! not being able to. `io` names what goes in and out, `entering` leads in, `staying` reads presence and the answers
//! about it, `members` knows who may read, `talk` the messages.

use std::collections::VecDeque;
use std::time::Duration;

use super::info::RoomInfo;
use super::presence::{self, Occupant};
use super::why::{Departure, Loss, RoomRefusal, Why};
use crate::base::jid::{Jid, JidError};
use crate::base::limits;
use crate::base::time::{Backoff, Clock, Now};
use crate::xml::Element;
use crate::xmpp::ns;
use crate::xmpp::stanza::IqKind;
use asks::{About, Asks};
use members::Members;
use occupants::Occupants;
use staying::Stay;
use talk::Posts;
use us::Us;

pub use io::{Heard, Input, Intent, Output, RoomConfig, RoomEvent};
pub use talk::Gist;

mod asks;
mod entering;
mod io;
mod members;
mod occupants;
mod staying;
mod talk;
mod us;

/// What decides whether and when it is tried to get in.
#[derive(Clone, Debug)]
struct Tries {
    intent: Intent,
    /// The session is.
    is_online: bool,
    backoff: Backoff,
    /// The random number of the input being handled.
    random: u32,
}

impl Tries {
    fn new() -> Tries {
        let backoff = Backoff::new(limits::ROOM_REJOIN_FIRST, limits::ROOM_REJOIN_MAX);
        Tries { intent: Intent::Kept, is_online: false, backoff, random: 0 }
    }

    /// How long to wait for the next one; `None`: until the session is online.
    fn next_wait(&mut self) -> Option<Duration> {
        self.is_online.then(|| self.backoff.next(self.random))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not in, and not wanting to be.
    Out,
    /// Wanting to be in; for the session or the next try.
    Waiting,
    /// Presence is sent; the number of the nick tried.
    Joining(u32),
    /// In a room that only we can see yet.
    Unlocking,
    /// In.
    Joined,
    /// Presence is sent to be out.
    Leaving,
}

/// What can become due; indexes the deadlines of [`Clock`].
#[derive(Clone, Copy)]
enum Timer {
    /// We should be in by now.
    Join,
    /// The next try.
    Rejoin,
    /// We should be out by now.
    Leave,
    /// The nick should be changed by now.
    Nick,
    /// Nothing was heard for long, or the question whether we are in is to be asked again.
    Silence,
    /// A message of ours should have been shown by now.
    Reflection,
}

const TIMERS: usize = Timer::Reflection as usize + 1;

/// The machine. Can be copied, so that its owner may go back to where it was.
#[derive(Clone, Debug)]
pub struct Room {
    config: RoomConfig,
    state: State,
    clock: Clock<TIMERS>,
    outputs: VecDeque<Output>,
    tries: Tries,
    asks: Asks,
    us: Us,
    stay: Stay,
    occupants: Occupants,
    info: Option<RoomInfo>,
    members: Members,
    posts: Posts,
}

impl Room {
    /// A room we are not in. Fails when the nick cannot be one (RFC 7622 §3.4).
    pub fn new(config: RoomConfig, now: Now) -> Result<Room, JidError> {
        let us = config.room.with_resource(&config.nick)?;
        Ok(Room {
            config,
            state: State::Out,
            clock: Clock::new(now),
            outputs: VecDeque::new(),
            tries: Tries::new(),
            asks: Asks::default(),
            us: Us::new(us),
            stay: Stay::default(),
            occupants: Occupants::default(),
            info: None,
            members: Members::default(),
            posts: Posts::default(),
        })
    }

    /// Takes one input; `random` is a fresh random number, for the waits.
    pub fn handle(&mut self, now: Now, random: u32, input: Input) {
        self.clock.set_now(now);
        self.tries.random = random;
        match input {
            Input::Join(intent) => self.join(intent),
            Input::Leave => self.leave(),
            Input::Nick(nick) => self.change_nick(&nick),
            Input::Sent(id, text) => self.note_sent(id, &text),
            Input::Members => self.ask_members(),
            Input::Affiliations(changes) => {
                changes.iter().for_each(|(jid, affiliation)| self.affiliate(jid, *affiliation));
            }
            Input::Presence(presence) => self.presence(presence),
            Input::Message(message) => self.message(message),
            Input::Answer { tag, answer } => self.answer(tag, answer),
            Input::Online { resumed } => self.online(resumed),
            Input::Offline => self.offline(),
            Input::Tick => self.tick(),
        }
    }

    /// Gives the next output, `None` when there is no more.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When `Input::Tick` is due (monotonic).
    pub fn deadline(&self) -> Option<Duration> {
        [self.clock.next(), self.asks.deadline()].into_iter().flatten().min()
    }

    /// Whether we are in the room and others see us.
    pub fn is_joined(&self) -> bool {
        self.state == State::Joined
    }

    /// Whether we are on our way out.
    pub fn is_leaving(&self) -> bool {
        self.state == State::Leaving
    }

    /// Our nick; before we are in, the one we try.
    pub fn nick(&self) -> &str {
        self.us.jid.resource().unwrap_or(&self.config.nick)
    }

    /// What we are allowed, while joined.
    pub fn own(&self) -> &Occupant {
        &self.us.own
    }

    /// What the room is, as far as it said so.
    pub fn info(&self) -> Option<&RoomInfo> {
        self.info.as_ref()
    }

    /// Bytes that are kept of those in the room.
    pub fn occupants_bytes(&self) -> usize {
        self.occupants.bytes()
    }

    /// How many others are in the room, as far as they are remembered.
    pub fn count_others(&self) -> usize {
        self.occupants.len()
    }

    /// No more than so many bytes more are to be kept of those in the room.
    pub fn set_occupants_space(&mut self, bytes: usize) {
        self.occupants.set_space(bytes);
    }

    /// Somebody else in the room; of very many, not all are remembered.
    pub fn occupant(&self, nick: &str) -> Option<&Occupant> {
        self.occupants.get(nick)
    }

    /// The nicks of those in the room who are remembered.
    pub fn nicks(&self) -> impl Iterator<Item = &str> {
        self.occupants.nicks()
    }

    /// Somebody's occupant id, if the room is one whose ids can be trusted.
    pub fn occupant_id(&self, nick: &str) -> Option<&str> {
        if nick == self.nick() { Some(&self.us.own) } else { self.occupants.get(nick) }
            .and_then(|occupant| occupant.id.as_deref())
            .filter(|_| self.trusts(|info| info.occupant_ids))
    }

    fn trusts(&self, what: impl Fn(&RoomInfo) -> bool) -> bool {
        self.info.as_ref().is_some_and(what)
    }

    /// The session is interrupted; the stream may be resumed. What is due without it stays due.
    fn offline(&mut self) {
        self.tries.is_online = false;
        for timer in [Timer::Rejoin, Timer::Silence, Timer::Reflection] {
            self.clock.stop(timer as usize);
        }
        self.asks.clear();
        self.forget_gathering();
    }

    fn online(&mut self, resumed: bool) {
        self.tries.is_online = true;
        match self.state {
            State::Out => {}
            State::Waiting => self.enter(),
            State::Leaving if !resumed => self.out(RoomEvent::Left(Departure::Asked)),
            State::Leaving | State::Joining(_) if resumed => {}
            State::Unlocking if resumed => self.unlock(),
            // The room may have put us out while nothing reached us.
            State::Joined if resumed => self.ask_presence(),
            State::Joined => self.lose(Loss::NewStream),
            State::Joining(_) | State::Unlocking | State::Leaving => self.enter(),
        }
    }

    fn tick(&mut self) {
        let mut is_due = |timer: Timer| self.clock.is_due(timer as usize);
        let join = is_due(Timer::Join);
        let rejoin = is_due(Timer::Rejoin);
        let leave = is_due(Timer::Leave);
        let nick = is_due(Timer::Nick);
        let ask = is_due(Timer::Silence) | is_due(Timer::Reflection);
        if join {
            self.join_timed_out();
        }
        if rejoin && self.state == State::Waiting && self.tries.is_online {
            self.enter();
        }
        if leave && self.state == State::Leaving {
            self.out(RoomEvent::Left(Departure::Asked));
        }
        if nick && self.us.new_nick.take().is_some() {
            self.tell(RoomEvent::NickRefused(RoomRefusal::new(Why::Timeout)));
        }
        if ask {
            self.ask_presence();
        }
        while let Some((about, asked)) = self.asks.expired(self.clock.mono()) {
            match about {
                About::Presence => self.presence_is_unknown(asked),
                About::List(affiliation) => self.listed(affiliation, Ok(None)),
                About::Info | About::Unlock => {}
            }
        }
    }

    /// The end: not in the room and not wanting to be.
    fn out(&mut self, event: RoomEvent) {
        self.state = State::Out;
        self.clock.stop_all();
        self.asks.clear();
        self.tries.backoff.reset();
        self.occupants.clear();
        self.drop_nick_change();
        self.tell(event);
        for sent in self.posts.take_all() {
            self.tell(RoomEvent::Unconfirmed(sent.id));
        }
    }

    /// We were in and are not: come back.
    fn lose(&mut self, why: Loss) {
        self.state = State::Waiting;
        self.clock.stop_all();
        self.asks.clear();
        self.drop_nick_change();
        if self.clock.mono() >= self.stay.joined_at + limits::ROOM_STABLE_AFTER {
            self.tries.backoff.reset();
        }
        if why == Loss::NewStream {
            self.tell(RoomEvent::Lost { why, retry_in: Some(Duration::ZERO) });
            self.enter();
        } else {
            self.wait(why);
        }
    }

    /// Waits for the next try, or for the session.
    fn wait(&mut self, why: Loss) {
        let wait = self.tries.next_wait();
        if let Some(wait) = wait {
            self.set_timer(Timer::Rejoin, wait);
        }
        self.tell(RoomEvent::Lost { why, retry_in: wait });
    }

    fn drop_nick_change(&mut self) {
        if self.us.new_nick.take().is_some() {
            self.tell(RoomEvent::NickRefused(RoomRefusal::new(Why::Dropped)));
        }
    }

    fn tell(&mut self, event: RoomEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn send(&mut self, stanza: &Element) {
        self.outputs.push_back(Output::Send(stanza.print(ns::CLIENT)));
    }

    fn ask(&mut self, about: About, kind: IqKind, to: Jid, payload: Element) {
        if let Some(tag) = self.asks.ask(about, self.clock.mono()) {
            self.outputs.push_back(Output::Ask { tag, kind, to, payload });
        }
    }

    fn set_timer(&mut self, timer: Timer, after: Duration) {
        self.clock.set(timer as usize, after);
    }

    fn leave(&mut self) {
        match self.state {
            State::Out | State::Waiting => self.out(RoomEvent::Left(Departure::Asked)),
            State::Leaving => {}
            State::Joining(_) | State::Unlocking | State::Joined => {
                self.clock.stop_all();
                self.asks.clear();
                self.drop_nick_change();
                self.state = State::Leaving;
                self.set_timer(Timer::Leave, limits::ROOM_LEAVE_TIMEOUT);
                self.send(&presence::build_leave(&self.us.jid));
            }
        }
    }
}

#[cfg(test)]
mod tests;
