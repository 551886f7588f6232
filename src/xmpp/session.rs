//! One logical session of an account across reconnects: the machine between a socket and the engine. No I/O.
//!
//! Contract: one input by [`Session::handle`], then drain [`Session::poll`] until it gives `None`; bytes to send are
//! taken with [`Session::take_write`]; the next deadline is [`Session::deadline`] (then call `handle` with
//! [`SessionInput::Tick`]). `net::driver` calls this; nothing here has a socket, a clock or randomness of its own.
//!
//! From login to login: `Connecting`, `Negotiating` (the [`Stream`]'s affair), `Asking` what the server can, `Bound` until
//! the engine says how far it is, `Dating` the first time, `CatchingUp` with the archive, `Online`; after a loss `Waiting` for the next try.
//! `connection` makes and loses connections, `setup` leads from a bound stream to online, `inbound` reads what
//! comes, `delivery` counts what the engine has not handled.

use std::collections::VecDeque;
use std::time::Duration;

use crate::base::jid::{BareJid, Jid};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text::hex;
use crate::base::time::{Backoff, Now, Timers};
use crate::xml::Element;
use crate::xmpp::iq::{Peer, Questions};
use crate::xmpp::mam::CatchUp;
use crate::xmpp::message::Inbound;
use crate::xmpp::ping::Fence;
use crate::xmpp::roster;
use crate::xmpp::sasl::LoginKey;
use crate::xmpp::sm::{self, Sm};
use crate::xmpp::stanza::{Iq, IqKind, StanzaError};
use crate::xmpp::stream::Stream;
use delivery::{Arrived, Deliveries};

mod connection;
mod delivery;
mod inbound;
mod poison;
mod setup;

/// Fills a buffer from a cryptographic generator.
pub type Entropy = Box<dyn FnMut(&mut [u8]) + Send>;

/// What a session is made from.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The account.
    pub account: BareJid,
    /// Its password.
    pub password: Secret,
    /// The resource to bind; stable over restarts, so that our own messages are known again.
    pub resource: String,
    /// SCRAM's derived keys of an earlier login, so that PBKDF2 runs once and not at each login.
    pub login_key: Option<LoginKey>,
    /// Register the account before the first login (XEP-0077), where it is not there yet.
    pub register: bool,
    /// Whether PLAIN and no TLS at all are acceptable: only for loopback, and only when the configuration says so.
    pub plaintext: bool,
    /// Our presence when we come online: a whole stanza.
    pub presence: String,
    /// The account is a bot's own: presence and questions of others are told, too. On a person's account they are his,
    /// and only questions of his own clients are told.
    pub is_bot: bool,
    /// What we can besides what every session can, as our presence promises it (XEP-0115).
    pub features: &'static [&'static str],
}

/// What the socket side knows of the TLS connection.
#[derive(Clone, Debug, Default)]
pub struct TlsFacts {
    /// `tls-exporter` channel binding data (RFC 9266), if it can be had.
    pub exporter: Option<Vec<u8>>,
    /// `tls-server-end-point` channel binding data (RFC 5929 §4), if it can be had.
    pub server_end_point: Option<Vec<u8>>,
    /// For people: "TLS 1.3, TLS_AES_128_GCM_SHA256".
    pub text: String,
}

/// One thing that happens to a session.
#[derive(Debug)]
pub enum SessionInput<'a> {
    /// The TCP connection stands; with `Some`, direct TLS is up already.
    Connected(Option<TlsFacts>),
    /// STARTTLS is done.
    TlsUp(TlsFacts),
    /// Bytes from the server.
    Bytes(&'a [u8]),
    /// The connection could not be made or is gone; the text says why, for the log.
    Lost(Lost),
    /// The other side closed the connection, in order.
    Closed,
    /// A stanza to send. `tag` comes back in [`Event::Acked`]; without SM the answer to a ping behind it is the proof.
    ///
    /// While the session is online it goes out at once; while a stream that may be resumed is interrupted it is kept
    /// and goes out after the resumption. At any other time it is dropped: the engine sends what it still has to send
    /// after [`Event::Online`] with `resumed: false`.
    Send {
        /// The caller's name for it; `None` for what may be lost, such as presence.
        tag: Option<u64>,
        /// The whole stanza as XML, namespace `jabber:client` implied.
        stanza: String,
    },
    /// A question to somebody; [`Event::Answer`] always follows.
    Ask {
        /// The caller's name for it.
        tag: u64,
        /// To whom.
        to: Peer,
        /// [`IqKind::Get`] or [`IqKind::Set`].
        kind: IqKind,
        /// What is asked.
        payload: Element,
    },
    /// Answer to [`Event::Bound`]: read the archive, then go online.
    CatchUp {
        /// Read on after this id, the last that is surely committed.
        after: Option<String>,
        /// Without an id: everything of so long counts, and is read. `None`: what was there before does not count.
        age: Option<Duration>,
        /// Something may have been sent on an earlier connection: it is looked for until it must have arrived. Without
        /// an id in the newest pages; what they have is told before [`Event::Mark`].
        in_doubt: bool,
    },
    /// The engine has committed this many more [`Event::Message`]s.
    Handled(u32),
    /// The engine has looked at this many more of what it need not commit: presence, questions, answers.
    Taken(u32),
    /// The engine could not commit: forget what is unhandled, drop the connection, let the server send it again.
    /// [`Event::Offline`] always follows, and is the fence: messages told before it must be neither handled nor counted.
    Reset,
    /// Change our presence; the whole stanza.
    Presence(String),
    /// A deadline came.
    Tick,
    /// Say goodbye and end. `SessionOutput::Close` follows when the stream is closed or after a short wait.
    Close,
}

/// Why a connection ended, as far as the socket knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Not reached, reset.
    Network(String),
    /// The certificate was refused; trying again is right (it may be renewed), silence is not.
    Certificate(String),
}

/// What the driver is to do.
#[derive(Debug)]
pub enum SessionOutput {
    /// Open a connection (the deadline for it is kept here).
    Connect,
    /// Do the TLS handshake on the open connection; `take_write` is empty at that point.
    StartTls,
    /// Make the next connection to this place (`host`, `host:port`), under the same rules as any: the server says so.
    Redirect(String),
    /// Drop the connection.
    Disconnect,
    /// The session has ended for good.
    Close,
    /// Tell the engine.
    Event(Event),
}

/// What the engine is told. Every [`Event::Message`] is answered by `SessionInput::Handled`, in order.
#[derive(Debug)]
pub enum Event {
    /// Logged in on a new stream; waits for [`SessionInput::CatchUp`].
    Bound {
        /// Our full JID.
        jid: Jid,
        /// What the server can do.
        facts: Facts,
    },
    /// Everything sent now goes out; the archive is read. What was sent before and not `Acked` was lost unless `resumed`.
    Online {
        /// The stream was resumed (XEP-0198 §5): unacknowledged stanzas are sent again by the session itself.
        resumed: bool,
    },
    /// A message, live or from the archive, unwrapped.
    Message(Box<Inbound>),
    /// The archive is read up to this id: commit it as the place to catch up from, after the messages told before it.
    /// Takes no `SessionInput::Handled`.
    Mark(String),
    /// A stanza was skipped; it is counted and answered already. Takes no `SessionInput::Handled`.
    Skipped(Box<Skipped>),
    /// Presence, as it came: of rooms, and where [`SessionConfig::is_bot`] of everybody.
    Presence(Box<Element>),
    /// A contact of ours is new, changed or removed (RFC 6121 §2.1.6); answered already. Only where
    /// [`SessionConfig::is_bot`].
    Contact(Box<roster::Item>),
    /// A question of somebody that the session does not answer itself. The answer is due as a stanza
    /// ([`Iq::print_result`], [`Iq::print_error`]). Only where [`SessionConfig::is_bot`], or from another
    /// client of the same account.
    Request(Box<Iq>),
    /// What became of [`SessionInput::Ask`]: the answer's payload, or the refusal; `wait`/`remote-server-timeout` when
    /// nobody answered in time, `wait`/`recipient-unavailable` when the connection went first.
    Answer {
        /// The caller's name for it.
        tag: u64,
        /// The answer.
        outcome: Result<Option<Element>, StanzaError>,
    },
    /// The server has these (XEP-0198 §4): tags of `SessionInput::Send`, in order.
    Acked(Vec<u64>),
    /// The server ends the stream for this stanza of ours, each time: it is given up, and must not be sent again.
    Convicted {
        /// The stanza.
        stanza: String,
        /// Its size seems to be the reason.
        is_too_large: bool,
    },
    /// The account is being registered: from here on it may be there, whatever becomes of the login.
    Registering,
    /// Keep this for the next login.
    LoginKey(LoginKey),
    /// The connection is gone or could not be made; the next try comes by itself.
    Offline {
        /// One sentence for people.
        why: String,
        /// When the next try comes.
        retry_in: Duration,
    },
    /// Given up: wrong password, account disabled. Only a new session tries again.
    Stopped {
        /// One sentence for people, with what to do.
        why: String,
    },
}

/// A stanza that nobody gets to see, as it is over a limit or not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// `message`, `presence` or `iq`.
    pub what: String,
    /// Who sent it, as far as that is known.
    pub from: String,
    /// Its size.
    pub bytes: u64,
    /// Why it was skipped, as the end of a sentence.
    pub why: String,
    /// Its id in our archive, where the archive need not be read up to it any more.
    pub mark: Option<String>,
}

impl Event {
    /// Whether the session counts it until [`SessionInput::Taken`], as it counts messages until
    /// [`SessionInput::Handled`].
    pub fn is_counted(&self) -> bool {
        matches!(self, Event::Presence(_) | Event::Request(_) | Event::Answer { .. } | Event::Skipped(_))
    }
}

/// What a server turned out to offer; for `doctor` and the log.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// TLS version and suite, or "no TLS".
    pub tls: String,
    /// SASL mechanism used.
    pub mechanism: String,
    /// Stream management with resumption.
    pub resumption: bool,
    /// Message carbons.
    pub carbons: bool,
    /// Message archive (XEP-0313).
    pub archive: bool,
    /// The largest stanza that the server takes, if it says so (XEP-0478).
    pub max_bytes: Option<usize>,
}

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

/// What can become due; indexes [`Timers`].
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
    /// The time of the input being handled.
    now: Now,
    state: State,
    outputs: VecDeque<SessionOutput>,
    timers: Timers<TIMERS>,
    /// Between tries to connect; starts over when online.
    backoff: Backoff,
    /// After losses of an established connection; starts over after having been online for a while.
    losses: Backoff,
    /// The driver has a connection, or is opening one.
    is_linked: bool,
    stream: Option<Stream>,
    /// Kept over a loss as long as the stream may be resumed.
    sm: Option<Sm>,
    fence: Fence,
    questions: Questions<About>,
    deliveries: Deliveries,
    facts: Facts,
    /// The presence that is out.
    announced: Option<String>,
    /// Archive ids of what was skipped lately, the newest last.
    skipped_ids: VecDeque<String>,
    /// What is still to be said on a connection that is dropped.
    last_words: Vec<u8>,
    /// Streams in a row that broke within a stanza.
    broken_streams: u32,
    /// Redirections in a row.
    redirects: u32,
    /// There is a place in the archive to read on from.
    is_placed: bool,
    /// How often the archive may be looked at again.
    looks: u32,
    /// Something of our account was in the archive since it was looked at last.
    saw_own: bool,
    ages: delivery::Ages,
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
            now: Now::default(),
            state: State::Connecting,
            outputs: VecDeque::from([SessionOutput::Connect]),
            timers: Timers::default(),
            backoff: Backoff::new(limits::RECONNECT_FIRST, limits::RECONNECT_MAX),
            losses: Backoff::new(limits::RECONNECT_SOON, limits::RECONNECT_MAX),
            is_linked: true,
            stream: None,
            sm: None,
            fence: Fence::default(),
            questions: Questions::new(hex(&prefix)),
            deliveries: Deliveries::default(),
            facts: Facts::default(),
            announced: None,
            skipped_ids: VecDeque::new(),
            last_words: Vec::new(),
            broken_streams: 0,
            redirects: 0,
            is_placed: false,
            looks: 0,
            saw_own: false,
            ages: delivery::Ages::default(),
            caution: poison::Caution::default(),
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: SessionInput<'_>) {
        self.now = now;
        match input {
            SessionInput::Connected(tls) => self.connected(tls),
            SessionInput::TlsUp(tls) => self.tls_up(tls),
            SessionInput::Bytes(bytes) => self.read(bytes),
            SessionInput::Lost(lost) => self.lost(Some(lost)),
            SessionInput::Closed => self.lost(None),
            SessionInput::Send { tag, stanza } => self.send(tag, stanza),
            SessionInput::CatchUp { after, age, in_doubt } => self.catch_up(after, age, in_doubt),
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
        self.outputs.pop_front()
    }

    /// Moves the bytes to be sent to the end of `out`.
    pub fn take_write(&mut self, out: &mut Vec<u8>) {
        if self.is_established() && self.sm.as_ref().is_some_and(|sm| sm.is_enabled && sm.departures.wants_request()) {
            self.request_ack();
        }
        match &mut self.stream {
            Some(stream) => stream.take_write(out),
            None => out.append(&mut self.last_words),
        }
    }

    /// When `SessionInput::Tick` is due (monotonic).
    pub fn deadline(&self) -> Option<Duration> {
        [self.timers.next(), self.questions.deadline()].into_iter().flatten().min()
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
        match (&self.state, &self.sm) {
            (State::Online(_), _) => {
                if let Some((tag, stanza)) = self.in_turn(tag, stanza) {
                    self.send_stanza(tag, stanza);
                    self.prove_delivery();
                }
            }
            (State::Waiting | State::Connecting | State::Negotiating, Some(_)) => {
                if let (Some((tag, stanza)), Some(sm)) = (self.in_turn(tag, stanza), &mut self.sm) {
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
        let Some(stream) = &mut self.stream else { return };
        stream.send(&stanza);
        match (&mut self.sm, tag) {
            (Some(sm), tag) => sm.departures.push(tag, stanza),
            (None, Some(tag)) => self.fence.push(tag, stanza),
            (None, None) => {}
        }
        self.note_sending();
    }

    fn request_ack(&mut self) {
        if let (Some(stream), Some(sm)) = (&mut self.stream, &mut self.sm) {
            stream.send(sm::REQUEST);
            sm.departures.requested();
            self.expect_life();
        }
    }

    fn handled(&mut self, count: u32) {
        for _ in 0..count {
            match (self.deliveries.handled(), &mut self.sm) {
                (Some(Some(ticket)), Some(sm)) => sm.arrivals.done(ticket),
                (Some(_), _) => {}
                (None, _) => log::warn!("{}: more is handled than was told", self.config.account),
            }
        }
        self.acknowledge();
    }

    /// Sends `<a/>` if one is owed (XEP-0198 §4).
    fn acknowledge(&mut self) {
        if self.is_established() && self.sm.as_ref().is_some_and(|sm| sm.is_enabled && sm.owes_ack()) {
            self.send_ack();
        }
    }

    fn send_ack(&mut self) {
        if let (Some(stream), Some(sm)) = (&mut self.stream, &mut self.sm) {
            stream.send(&sm::print_ack(sm.tell()));
            self.timers.stop(Timer::Ack as usize);
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

    fn set_timer(&mut self, timer: Timer, after: Duration) {
        self.timers.set(timer as usize, self.now.mono + after);
    }
}
