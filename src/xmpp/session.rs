//! One logical session of an account across reconnects: the machine between a socket and the engine. No I/O.
//!
//! Contract: one input by [`Session::handle`], then drain [`Session::poll`] until it gives `None`; bytes to send are
//! taken with [`Session::take_write`]; the next deadline is [`Session::deadline`] (then call `handle` with
//! [`SessionInput::Tick`]). `net::driver` calls this; nothing here has a socket, a clock or randomness of its own.
//!
//! From login to login: `Connecting`, `Negotiating` (the affair of `stream`), `Asking` what the server can, `Bound` until
//! the engine says how far it is, `Dating` the first time, `CatchingUp` with the archive, `Online`; after a loss
//! `Waiting` for the next try. `connection` makes and loses connections, `setup` leads from a bound stream to online,
//! `inbound` reads what comes, `delivery` counts what the engine has not handled, `io` names what goes in and out.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::text::hex;
use crate::base::time::{Clock, Now};
use crate::xml::Element;
use crate::xmpp::iq::{Peer, Questions};
use crate::xmpp::mam::CatchUp;
use crate::xmpp::sm::{self, Sm};
use crate::xmpp::stanza::{IqKind, StanzaError};
use archive::ArchiveReading;
use delivery::{Arrived, Deliveries};
pub use io::{CatchUpFrom, Event, Facts, Lost, SessionConfig, SessionInput, SessionOutput, Skipped, TlsFacts};
use link::{Kept, Link};
use retries::Retries;

mod archive;
mod connection;
mod delivery;
mod inbound;
mod io;
mod link;
mod poison;
mod retries;
mod setup;

/// Fills a buffer from a cryptographic generator.
pub type Entropy = Box<dyn FnMut(&mut [u8]) + Send>;

/// Where a session stands.
enum State {
    /// For the next try.
    Waiting,
    /// The driver opens a connection.
    Connecting,
    /// Up to a bound or resumed stream.
    Negotiating,
    /// Asks what the server can do.
    Asking(Jid),
    /// Waits for [`SessionInput::CatchUp`].
    Bound,
    /// Asks the server for its time: the archive is to be read from so long before this moment (monotonic).
    Dating(Duration, Duration),
    /// Reads the archive.
    CatchingUp(Box<CatchUp<Option<Arrived>>>),
    /// Everything goes both ways, since then.
    Online(Duration),
    /// Says goodbye.
    Closing,
    /// Over.
    Ended,
}

/// What can become due; indexes the deadlines of [`Clock`].
#[derive(Clone, Copy)]
enum Timer {
    /// The stream should be bound by now.
    Negotiate,
    /// Nothing was heard for long.
    Idle,
    /// The link was tested and nothing was heard since.
    Link,
    /// The server wants an `<a/>` and has waited long enough.
    Ack,
    /// An `<r/>` was put off.
    Request,
    /// The next try.
    Retry,
    /// The server does not say goodbye.
    Close,
    /// The archive is to be looked at again.
    Look,
}

const TIMERS: usize = Timer::Look as usize + 1;

/// What a question of ours was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// What our account can do (XEP-0030).
    Account,
    /// Copies of messages (XEP-0280).
    Carbons,
    /// What time it is at the server (XEP-0202).
    Time,
    /// A page of the archive (XEP-0313).
    Archive,
    /// Whether the link lives (XEP-0199).
    Link,
    /// Whether all sent before has arrived, where there is no stream management.
    Fence,
    /// Something of the engine's, under its tag; answered with [`Event::Answer`].
    Engine(u64),
}

/// The machine.
pub struct Session {
    config: SessionConfig,
    entropy: Entropy,
    clock: Clock<TIMERS>,
    state: State,
    outputs: VecDeque<SessionOutput>,
    retries: Retries,
    link: Link,
    kept: Kept,
    questions: Questions<About>,
    deliveries: Deliveries,
    archive: ArchiveReading,
    caution: poison::Caution,
}

impl Session {
    /// A session that wants to connect at once.
    pub fn new(config: SessionConfig, mut entropy: Entropy) -> Session {
        let mut prefix = [0; 4];
        entropy(&mut prefix);
        Session {
            config,
            entropy,
            clock: Clock::default(),
            state: State::Connecting,
            outputs: VecDeque::from([SessionOutput::Connect]),
            retries: Retries::new(),
            link: Link::opening(),
            kept: Kept::default(),
            questions: Questions::new(hex(&prefix)),
            deliveries: Deliveries::default(),
            archive: ArchiveReading::default(),
            caution: poison::Caution::default(),
        }
    }

    /// How long from the next input on the server may be silent before the link is tested. The driver knows how many
    /// sessions there are, and whether somebody else watches the link.
    pub fn bear_silence(&mut self, silence: Duration) {
        self.link.silence = Some(silence);
    }

    /// Whose it is.
    pub fn account(&self) -> &BareJid {
        &self.config.account
    }

    /// What it was made from, with what it has learnt since: another one can begin with it.
    pub fn into_config(self) -> SessionConfig {
        self.config
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: SessionInput<'_>) {
        self.clock.set_now(now);
        match input {
            SessionInput::Connected(tls) => self.connected(tls),
            SessionInput::TlsUp(tls) => self.tls_up(tls),
            SessionInput::Bytes(bytes) => self.read(bytes),
            SessionInput::Lost(lost) => self.lost(Some(lost)),
            SessionInput::Closed => self.lost(None),
            SessionInput::Send { tag, stanza } => self.send(tag, stanza),
            SessionInput::CatchUp(from) => self.catch_up(from),
            SessionInput::Handled(count) => self.handled(count),
            SessionInput::Taken(count) => self.deliveries.taken(count),
            SessionInput::Reset => self.reset(),
            SessionInput::Ask { tag, to, kind, payload } => self.ask_for_engine(tag, to, kind, payload),
            SessionInput::Presence(presence) => {
                self.config.presence = presence;
                self.announce();
            }
            SessionInput::Tick => self.tick(),
            SessionInput::Close => self.close(),
        }
    }

    /// Gives the next output, `None` when there is no more.
    pub fn poll(&mut self) -> Option<SessionOutput> {
        let next = self.outputs.pop_front();
        if next.is_none() {
            // Nothing may come for hours.
            self.outputs = VecDeque::new();
        }
        next
    }

    /// Moves the bytes to be sent to the end of `out`.
    pub fn take_write(&mut self, out: &mut Vec<u8>) {
        let request_at =
            self.kept.enabled().filter(|_| self.is_established()).and_then(|sm| sm.departures.request_at());
        match request_at {
            Some(at) if at <= self.clock.mono() => self.request_ack(),
            Some(at) => self.set_timer(Timer::Request, at - self.clock.mono()),
            None => {}
        }
        self.link.take_write(out);
    }

    /// When `SessionInput::Tick` is due (monotonic).
    pub fn deadline(&self) -> Option<Duration> {
        [self.clock.next(), self.questions.deadline()].into_iter().flatten().min()
    }

    /// Whether the driver should go on reading: false while too much is unhandled.
    pub fn wants_bytes(&self) -> bool {
        let waits = matches!(self.state, State::Bound) && self.deliveries.is_overfull();
        !waits && !self.deliveries.is_full()
    }

    /// Whether stanzas may be sent and received.
    fn is_established(&self) -> bool {
        matches!(
            self.state,
            State::Asking(_) | State::Bound | State::Dating(..) | State::CatchingUp(_) | State::Online(_)
        )
    }

    fn send(&mut self, tag: Option<u64>, stanza: String) {
        match (&self.state, &self.kept.sm) {
            (State::Online(_), _) => {
                if let Some((tag, stanza)) = self.in_turn(tag, stanza) {
                    self.send_stanza(tag, stanza);
                    self.prove_delivery();
                }
            }
            (State::Waiting | State::Connecting | State::Negotiating, Some(_)) => {
                if let (Some((tag, stanza)), Some(sm)) = (self.in_turn(tag, stanza), &mut self.kept.sm) {
                    sm.departures.push(tag, stanza);
                }
            }
            _ => log::debug!("{}: not online, a message stays with the sender", self.config.account),
        }
    }

    fn ask_for_engine(&mut self, tag: u64, to: Peer, kind: IqKind, payload: Element) {
        if self.is_established() {
            self.ask(to, About::Engine(tag), kind, payload);
        } else {
            self.tell(Event::Answer { tag, outcome: Err(StanzaError::new("wait", "recipient-unavailable")) });
        }
    }

    /// No answer comes any more on this connection.
    fn drop_questions(&mut self) {
        for about in self.questions.take_all() {
            if let About::Engine(tag) = about {
                self.tell(Event::Answer { tag, outcome: Err(StanzaError::new("wait", "recipient-unavailable")) });
            }
        }
    }

    fn send_stanza(&mut self, tag: Option<u64>, stanza: String) {
        let Some(stream) = &mut self.link.stream else { return };
        stream.send(&stanza);
        match (&mut self.kept.sm, tag) {
            (Some(sm), tag) => sm.departures.push(tag, stanza),
            (None, Some(tag)) => self.link.fence.push(tag, stanza),
            (None, None) => {}
        }
        self.note_sending();
    }

    fn request_ack(&mut self) {
        // While the stream is being set up each step is asked about.
        let paced_from = matches!(self.state, State::Online(_)).then_some(self.clock.mono());
        if let (Some(stream), Some(sm)) = (&mut self.link.stream, &mut self.kept.sm) {
            stream.send(sm::REQUEST);
            sm.departures.requested(paced_from);
            self.expect_life();
        }
    }

    fn handled(&mut self, count: u32) {
        for _ in 0..count {
            match (self.deliveries.handled(), &mut self.kept.sm) {
                (Some(Some(ticket)), Some(sm)) => sm.arrivals.done(ticket),
                (Some(_), _) => {}
                (None, _) => log::warn!("{}: more is handled than was told", self.config.account),
            }
        }
        self.acknowledge();
    }

    /// Sends `<a/>` if one is owed (XEP-0198 §4).
    fn acknowledge(&mut self) {
        if self.is_established() && self.kept.enabled().is_some_and(Sm::owes_ack) {
            self.send_ack();
        }
    }

    fn send_ack(&mut self) {
        if let (Some(stream), Some(sm)) = (&mut self.link.stream, &mut self.kept.sm) {
            stream.send(&sm::print_ack(sm.tell()));
            self.clock.stop(Timer::Ack as usize);
        }
    }

    fn tell(&mut self, event: Event) {
        match &event {
            Event::Presence(presence) => self.deliveries.told_other(presence.weight()),
            Event::Skipped(skipped) => self.deliveries.told_other(256 + skipped.from.len() + skipped.why.len()),
            Event::Request(iq) => self.deliveries.told_other(iq.payload.as_ref().map_or(0, Element::weight)),
            Event::Answer { outcome, .. } => {
                let payload = outcome.as_ref().ok().and_then(Option::as_ref);
                self.deliveries.told_other(payload.map_or(0, Element::weight));
            }
            _ => {}
        }
        self.outputs.push_back(SessionOutput::Event(event));
    }

    fn random(&mut self) -> u32 {
        let mut bytes = [0; 4];
        (self.entropy)(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// Silence after which the link is tested.
    fn silence(&self) -> Duration {
        self.link.silence.unwrap_or(limits::IDLE_BEFORE_PING)
    }

    fn set_timer(&mut self, timer: Timer, after: Duration) {
        self.clock.set(timer as usize, after);
    }
}
