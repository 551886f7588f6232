//! Drives one [`Session`] on one socket: inbox, deadline, reading and writing at the same time, as one future.
//!
//! The machine decides everything; this does what it says and reads the clock. All that is ready is done in one turn:
//! orders first, then bytes, and writing last, so that many stanzas become one write. While a session idles it holds no
//! buffer: bytes are read into one buffer that all sessions of the thread share.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use smol::io::AsyncWriteExt;
use smol::lock::futures::AcquireArc;
use smol::lock::{Semaphore, SemaphoreGuardArc};

use super::connect::{self, Opened, Step};
use super::inbox::Inbox;
use super::link::Link;
use super::tls::{Configs, TlsStart};
use super::{instant, now};
use crate::base::id::AccountId;
use crate::base::jid::BareJid;
use crate::base::{crypto, limits};
use crate::core::effect::{Order, Route};
use crate::reactor::{Socket, Timer};
use crate::xmpp::session::{CatchUpFrom, Event, Lost, Session, SessionInput, SessionOutput};
use outgoing::Outgoing;

mod outgoing;
mod quiet;

/// What all sessions of the thread have in common.
pub(super) struct Shared {
    /// Where news goes.
    pub(super) events: Box<dyn Fn(AccountId, Event)>,
    /// Where the steps of connecting go.
    pub(super) steps: Box<dyn Fn(AccountId, Step)>,
    configs: Configs,
    buffer: RefCell<Box<[u8]>>,
    /// How many sessions there are.
    pub(super) sessions: Cell<usize>,
}

impl Shared {
    pub(super) fn new(
        events: impl Fn(AccountId, Event) + 'static,
        steps: impl Fn(AccountId, Step) + 'static,
    ) -> Rc<Shared> {
        Rc::new(Shared {
            events: Box::new(events),
            steps: Box::new(steps),
            configs: Configs::default(),
            buffer: RefCell::new(vec![0; limits::SOCKET_READ_BYTES].into()),
            sessions: Cell::new(1),
        })
    }
}

/// What a session's task knows besides its machine.
pub(super) struct Account {
    pub(super) id: AccountId,
    pub(super) route: Route,
    pub(super) shared: Rc<Shared>,
    /// Set when another session has taken its place: its news would be taken for the other's.
    pub(super) muted: Cell<bool>,
}

impl Account {
    pub(super) fn new(id: AccountId, route: Route, shared: Rc<Shared>) -> Rc<Account> {
        Rc::new(Account { id, route, shared, muted: Cell::new(false) })
    }

    pub(super) fn tell(&self, event: Event) {
        if !self.muted.get() {
            (self.shared.events)(self.id, event);
        }
    }

    fn step(&self, step: Step) {
        (self.shared.steps)(self.id, step);
    }
}

type Opening = Pin<Box<dyn Future<Output = Result<Opened, Lost>>>>;

enum State {
    Down,
    /// Connecting, or (with `true`) doing the handshake of STARTTLS.
    Opening(Opening, bool),
    Up(Link),
}

/// One session and its socket.
pub(super) struct Driver {
    account: Rc<Account>,
    session: Session,
    state: State,
    out: Outgoing,
    alarm: Alarm,
    /// Set by what changes `state`, so that the turn looks at it again.
    moved: bool,
    ended: bool,
    inbox_closed: bool,
    /// Whether this session has reported `Bound`, and whether the engine has answered.
    bound: bool,
    answered: bool,
    dial: Dial,
    logins: Logins,
}

/// When the machine is to be looked at again: one timer for all its deadlines.
struct Alarm {
    timer: Timer,
    at: Option<Duration>,
}

impl Alarm {
    /// Whether it has gone off, which it does at this time or before; or a little later, together with others.
    fn poll(&mut self, cx: &mut Context<'_>, now: Duration, due: Duration) -> bool {
        let due = quiet::shared(due, now);
        if self.at.is_none_or(|at| at > due) {
            self.timer.set_at(instant(due));
            self.at = Some(due);
        }
        let is_over = Pin::new(&mut self.timer).poll(cx).is_ready();
        if is_over {
            self.at = None;
        }
        is_over
    }
}

/// The next connection: whether there is to be one, and where it goes.
#[derive(Default)]
struct Dial {
    /// Connections since the last login.
    attempts: usize,
    /// The machine wants one, and it is not our turn yet.
    is_wanted: bool,
    /// Where it goes, if the server said so.
    elsewhere: Option<String>,
    /// The one that stands, or stood last, had TLS from the first byte.
    was_direct: bool,
}

impl Dial {
    /// The server sends us elsewhere. The port that is meant speaks as the one that named it does.
    fn redirect(&mut self, host: String) {
        self.elsewhere = Some(if self.was_direct { format!("tls://{host}") } else { host });
    }

    /// It begins: gives how many came before it, and where it goes instead.
    fn begin(&mut self) -> (usize, Option<String>) {
        let skip = self.attempts;
        self.attempts = self.attempts.wrapping_add(1);
        (skip, self.elsewhere.take())
    }
}

/// Our place among the sessions that log in at the same server. Each try has to wait for its turn, the later ones too:
/// a server that comes back would otherwise be overrun by all whom it has lost.
struct Logins {
    /// Shared by the sessions of one server; none where nobody else is.
    queue: Option<Arc<Semaphore>>,
    waiting: Option<Pin<Box<AcquireArc>>>,
    /// Held until the try is over, whatever came of it.
    permit: Option<SemaphoreGuardArc>,
}

impl Logins {
    /// Whether it is our turn; if not, we wait for it from now on.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(queue) = self.queue.as_ref().filter(|_| self.permit.is_none()) else { return true };
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(queue.acquire_arc()));
        let Poll::Ready(permit) = waiting.as_mut().poll(cx) else { return false };
        self.waiting = None;
        self.permit = Some(permit);
        true
    }

    fn leave(&mut self) {
        self.waiting = None;
        self.permit = None;
    }
}

impl Driver {
    /// `queue`: the turns of the sessions that log in at this server.
    pub(super) fn new(account: Rc<Account>, session: Session, queue: Option<Arc<Semaphore>>) -> Driver {
        Driver {
            account,
            session,
            state: State::Down,
            out: Outgoing::default(),
            alarm: Alarm { timer: Timer::never(), at: None },
            moved: false,
            ended: false,
            inbox_closed: false,
            bound: false,
            answered: false,
            dial: Dial::default(),
            logins: Logins { queue, waiting: None, permit: None },
        }
    }

    /// The same account with a new session, in the place of one that a panic has ended.
    pub(super) fn anew(self) -> Driver {
        let session = Session::new(self.session.into_config(), Box::new(crypto::random));
        Driver::new(self.account, session, self.logins.queue)
    }

    /// Whose session it is.
    pub(super) fn jid(&self) -> &BareJid {
        self.session.account()
    }

    /// Tells the engine something that the session does not tell itself.
    pub(super) fn report(&self, event: Event) {
        self.account.tell(event);
    }

    /// Runs until the session has ended for good. A closed inbox is an order to end.
    pub(super) async fn run(mut self, inbox: &mut Inbox) {
        std::future::poll_fn(|cx| self.turn(cx, inbox)).await
    }

    /// Does all that is ready; done when the session has ended for good. Every source that is not ready has our waker
    /// afterwards.
    pub(super) fn turn(&mut self, cx: &mut Context<'_>, inbox: &mut Inbox) -> Poll<()> {
        for _ in 0..limits::SOCKET_ROUNDS_MAX {
            self.moved = false;
            self.take_orders(cx, inbox);
            self.drain(cx);
            self.connect_in_turn(cx);
            self.poll_opening(cx);
            self.read(cx);
            self.write(cx);
            self.poll_timer(cx);
            if self.ended {
                return Poll::Ready(());
            }
            if !self.moved {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes questions as soon as there is a stream, for who never goes online.
    pub(super) fn for_questions(mut self) -> Self {
        self.answered = true;
        self
    }

    fn take_orders(&mut self, cx: &mut Context<'_>, inbox: &mut Inbox) {
        while !self.inbox_closed && !self.ended {
            match inbox.poll(cx) {
                Poll::Ready(Some(order)) => self.obey(cx, order),
                Poll::Ready(None) => {
                    self.inbox_closed = true;
                    self.input(cx, SessionInput::Close);
                }
                Poll::Pending => return,
            }
        }
    }

    fn obey(&mut self, cx: &mut Context<'_>, order: Order) {
        let input = match order {
            // Until the engine has answered our `Bound`, these belong to a session before us (replaced, or ended by a
            // panic): counting its messages as handled would acknowledge what is not committed.
            Order::Handled(_) | Order::Send { .. } | Order::Ask { .. } if !self.answered => return,
            Order::CatchUp { .. } if !self.bound => return,
            Order::CatchUp { after, age, in_doubt } => {
                self.answered = true;
                SessionInput::CatchUp(CatchUpFrom { after, age, in_doubt })
            }
            Order::Send { tag, stanza } => SessionInput::Send { tag, stanza },
            Order::Handled(count) => SessionInput::Handled(count),
            Order::Taken(count) => SessionInput::Taken(count),
            Order::Reset => SessionInput::Reset,
            Order::Ask { tag, to, kind, payload } => SessionInput::Ask { tag, to, kind, payload },
            Order::Presence(presence) => SessionInput::Presence(presence),
            Order::Close => SessionInput::Close,
            Order::Start(..) => return,
        };
        self.input(cx, input);
    }

    fn input(&mut self, cx: &mut Context<'_>, input: SessionInput<'_>) {
        let now = now();
        self.session.bear_silence(quiet::silence(self.account.shared.sessions.get(), now.mono));
        self.session.handle(now, input);
        self.drain(cx);
    }

    /// Does what the machine wants.
    fn drain(&mut self, cx: &mut Context<'_>) {
        while let Some(output) = self.session.poll() {
            match output {
                SessionOutput::Connect => self.dial.is_wanted = true,
                SessionOutput::Redirect(host) => self.dial.redirect(host),
                SessionOutput::StartTls => self.start_tls(),
                SessionOutput::Disconnect => self.hang_up(cx),
                SessionOutput::Close => {
                    self.hang_up(cx);
                    self.ended = true;
                }
                SessionOutput::Event(event) => self.tell(event),
            }
        }
    }

    fn tell(&mut self, event: Event) {
        match &event {
            Event::Bound { jid, facts } => {
                self.bound = true;
                self.dial.attempts = 0;
                self.logins.leave();
                self.account.step(Step::LoggedIn(jid.to_string(), facts.clone()));
            }
            Event::Online { .. } => {
                self.dial.attempts = 0;
                self.logins.leave();
            }
            Event::Offline { .. } | Event::Stopped { .. } => self.logins.leave(),
            _ => {}
        }
        self.account.tell(event);
    }

    fn connect_in_turn(&mut self, cx: &mut Context<'_>) {
        if self.dial.is_wanted && self.logins.poll_turn(cx) {
            self.dial.is_wanted = false;
            self.start_connect();
        }
    }

    fn start_connect(&mut self) {
        let account = self.account.clone();
        let (skip, elsewhere) = self.dial.begin();
        self.out.clear();
        let elsewhere = elsewhere.map(|host| Route { host, ..account.route.clone() });
        let opening = async move {
            connect::open(elsewhere.as_ref().unwrap_or(&account.route), &account.shared.configs, skip, &|step| {
                account.step(step)
            })
            .await
        };
        self.become_(State::Opening(Box::pin(opening), false));
    }

    fn start_tls(&mut self) {
        let State::Up(Link::Plain(socket)) = std::mem::replace(&mut self.state, State::Down) else {
            // Nothing to secure: the connection went while the machine was thinking. It is told by `Lost`.
            let gone = async { Err(Lost::Network("the connection is gone".to_string())) };
            return self.become_(State::Opening(Box::pin(gone), true));
        };
        let rest = self.out.take_rest();
        let account = self.account.clone();
        let opening = async move {
            let socket = flush(socket, &rest).await.map_err(|error| Lost::Network(connect::reason(&error)))?;
            let Account { route, shared, .. } = &*account;
            connect::start_tls(socket, TlsStart::StartTls, route, &shared.configs, &|step| account.step(step)).await
        };
        self.become_(State::Opening(Box::pin(opening), true));
    }

    /// Drops the connection. What the machine still wanted to say (the end of the stream) goes out if it fits into the
    /// socket's buffer now; on a dead link nobody waits for it.
    fn hang_up(&mut self, cx: &mut Context<'_>) {
        self.dial.is_wanted = false;
        if let State::Up(link) = &mut self.state {
            let unsent = self.out.fill(&mut self.session);
            if unsent.is_empty() || link.poll_write(cx, unsent).is_ready() {
                link.poll_close(cx);
            }
        }
        self.out.clear();
        self.become_(State::Down);
    }

    fn become_(&mut self, state: State) {
        self.state = state;
        self.moved = true;
    }

    fn poll_opening(&mut self, cx: &mut Context<'_>) {
        let State::Opening(opening, secured) = &mut self.state else { return };
        let secured = *secured;
        let Poll::Ready(result) = opening.as_mut().poll(cx) else { return };
        match result {
            Ok(Opened { link, tls }) => {
                self.dial.was_direct = tls.is_some() && !secured;
                self.become_(State::Up(link));
                let input = match tls {
                    Some(facts) if secured => SessionInput::TlsUp(facts),
                    tls => SessionInput::Connected(tls),
                };
                self.input(cx, input);
            }
            Err(why) => self.lose(cx, SessionInput::Lost(why)),
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) {
        let shared = self.account.shared.clone();
        let mut buffer = shared.buffer.borrow_mut();
        for _ in 0..limits::SOCKET_ROUNDS_MAX {
            if !self.session.wants_bytes() || self.ended {
                return;
            }
            let State::Up(link) = &mut self.state else { return };
            match link.poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(0)) => {
                    return self.lose(cx, SessionInput::Closed);
                }
                Poll::Ready(Ok(size)) => self.input(cx, SessionInput::Bytes(&buffer[..size])),
                Poll::Ready(Err(error)) => {
                    return self.lose(cx, SessionInput::Lost(Lost::Network(connect::reason(&error))));
                }
                Poll::Pending => return,
            }
        }
        self.moved = true;
    }

    fn write(&mut self, cx: &mut Context<'_>) {
        let State::Up(link) = &mut self.state else { return };
        if let Poll::Ready(Err(error)) = self.out.write(cx, link, &mut self.session) {
            self.lose(cx, SessionInput::Lost(Lost::Network(connect::reason(&error))));
        }
    }

    fn lose(&mut self, cx: &mut Context<'_>, why: SessionInput<'_>) {
        self.out.clear();
        self.become_(State::Down);
        self.input(cx, why);
    }

    /// Deadlines of the machine move on with every byte that comes, so a timer set too early
    /// is left alone and looked at when it fires.
    fn poll_timer(&mut self, cx: &mut Context<'_>) {
        while let Some(due) = self.session.deadline() {
            if !self.alarm.poll(cx, now().mono, due) {
                return;
            }
            if due <= now().mono {
                // Without a connection only the next try becomes due. The machine hears of it when it is our turn, so that
                // its patience with the server begins then.
                if matches!(self.state, State::Down) && !self.logins.poll_turn(cx) {
                    return;
                }
                self.moved = true;
                return self.input(cx, SessionInput::Tick);
            }
        }
    }
}

async fn flush(mut socket: Socket, rest: &[u8]) -> io::Result<Socket> {
    socket.write_all(rest).await?;
    Ok(socket)
}
