//! All sessions, by account: hands orders out, keeps each session's panic to itself, ends them in an orderly way.
//!
//! [`run`] is the whole of layer 4 for the daemon. Sessions answer through the callback only; nothing here waits for
//! the engine. An order for an account without session is dropped: the engine hears of every end before.

use std::any::Any;
use std::collections::HashMap;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use async_channel::Receiver;
use smol::future::FutureExt;
use smol::lock::Semaphore;
use smol::{LocalExecutor, Task};

use super::connect::{self, Step};
use super::driver::{Account, Driver, Shared};
use super::inbox::{Inbox, Sender, inbox};
use crate::base::id::AccountId;
use crate::base::remedy::{self, Place};
use crate::base::time::Backoff;
use crate::base::{crypto, limits};
use crate::core::effect::{Order, Route};
use crate::reactor::Timer;
use crate::xmpp::session::{Event, Session, SessionConfig};

/// All sessions of the thread.
pub struct Pool {
    shared: Rc<Shared>,
    executor: Rc<LocalExecutor<'static>>,
    sessions: HashMap<AccountId, Slot>,
    /// By domain and host of the route: a server that answers nobody must hold up no other server's accounts.
    logins: HashMap<(String, String), Arc<Semaphore>>,
}

/// One session as the pool sees it.
struct Slot {
    inbox: Sender,
    task: Task<()>,
    account: Rc<Account>,
}

impl Slot {
    /// Lets the session say goodbye, for a while.
    async fn close(self) {
        self.inbox.send(Order::Close);
        let late = async {
            Timer::after(limits::GOODBYE_TIMEOUT).await;
        };
        self.task.or(late).await;
    }
}

/// Serves until `orders` is closed and all sessions have ended (in at most three seconds).
pub async fn run(
    orders: Receiver<(AccountId, Order)>,
    events: impl Fn(AccountId, Event) + 'static,
    executor: Rc<LocalExecutor<'static>>,
) {
    let mut pool = Pool::new(events, executor);
    while let Ok((id, order)) = orders.recv().await {
        pool.order(id, order);
    }
    pool.close().await;
}

impl Pool {
    /// A pool without sessions; they will run on `executor`, which the caller runs.
    pub fn new(events: impl Fn(AccountId, Event) + 'static, executor: Rc<LocalExecutor<'static>>) -> Pool {
        let steps = |id, step: Step| log::debug!("account {id}: {}", remedy::at(Place::File, &step.to_string()));
        Pool { shared: Shared::new(events, steps), executor, sessions: HashMap::new(), logins: HashMap::new() }
    }

    /// Hands an order to a session; `Start` makes it, in the place of an older one.
    pub fn order(&mut self, id: AccountId, order: Order) {
        match order {
            Order::Start(config, route) => self.start(id, *config, route),
            order => {
                let Some(slot) = self.sessions.get(&id) else {
                    return log::debug!("account {id}: no session for an order");
                };
                if !slot.inbox.send(order) {
                    self.sessions.remove(&id);
                    self.shared.sessions.set(self.sessions.len());
                }
            }
        }
    }

    /// Ends all sessions.
    pub async fn close(self) {
        // Told all at once, then waited for: they say goodbye in parallel.
        for slot in self.sessions.values() {
            slot.inbox.send(Order::Close);
        }
        let all = async {
            for slot in self.sessions.into_values() {
                slot.task.await;
            }
        };
        all.or(async {
            Timer::after(limits::GOODBYE_TIMEOUT).await;
        })
        .await;
    }

    fn start(&mut self, id: AccountId, mut config: SessionConfig, route: Route) {
        if config.plaintext && !connect::is_loopback(&route) {
            log::warn!("{}: a login without TLS is for this machine only; TLS is required", config.account);
            config.plaintext = false;
        }
        let before = self.sessions.remove(&id);
        if let Some(before) = &before {
            before.account.muted.set(true);
        }
        let (inbox, orders) = inbox();
        let queue = self.login_queue(&route);
        let account = Account::new(id, route, self.shared.clone());
        let session = Session::new(config, Box::new(crypto::random));
        let driver = Box::new(Driver::new(account.clone(), session, Some(queue)));
        let task = self.executor.spawn(keep(before, driver, orders));
        self.sessions.insert(id, Slot { inbox, task, account });
        self.shared.sessions.set(self.sessions.len());
    }

    /// The turns of those who log in at one server.
    fn login_queue(&mut self, route: &Route) -> Arc<Semaphore> {
        let key = (route.domain.clone(), route.host.clone());
        if !self.logins.contains_key(&key) {
            // Of servers where nobody is left.
            self.logins.retain(|_, queue| Arc::strong_count(queue) > 1);
        }
        self.logins.entry(key).or_insert_with(|| Arc::new(Semaphore::new(limits::LOGINS_MAX))).clone()
    }
}

/// Runs one session, once the one before it has ended; after a panic a new one in its place, so that a bug costs one
/// account one reconnect.
async fn keep(before: Option<Slot>, mut driver: Box<Driver>, mut inbox: Inbox) {
    if let Some(before) = before {
        before.close().await;
    }
    let mut backoff = Backoff::new(limits::RECONNECT_FIRST, limits::RECONNECT_MAX);
    loop {
        let run = poll_fn(|cx| driver.turn(cx, &mut inbox));
        let Err(panic) = AssertUnwindSafe(run).catch_unwind().await else {
            return;
        };
        log::error!("{}: a bug ended its session, please report it: {}", driver.jid(), said(&*panic));
        *driver = driver.anew();
        let mut random = [0; 4];
        crypto::random(&mut random);
        let retry_in = backoff.next(u32::from_le_bytes(random));
        driver.report(Event::Offline { why: "a bug ended the session; see the log".to_string(), retry_in });
        Timer::after(retry_in).await;
    }
}

/// The words of a panic.
fn said(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no words",
    }
}
