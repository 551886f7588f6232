//! The one place that wires: opens the store, makes the channels and threads, and ends everything in order.
//!
//! Threads: `engine` (rules and SQL), `edge` (all sockets: XMPP sessions and the HTTP door), the inner HTTP server's,
//! async-io's helper, and this one, which waits for signals (ARCHITECTURE §6). Called by `main`.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Instant;
use std::{fmt, io, thread};

use smol::LocalExecutor;

use crate::api;
use crate::base::call::HttpCall;
use crate::base::id::AccountId;
use crate::base::{crypto, limits};
use crate::config::{self, ApiMode, Config};
use crate::engine::command::texts::Language;
use crate::engine::effect::{Effect, Order};
use crate::engine::event::Event;
use crate::engine::handle::{self, Handle};
use crate::engine::{ConfigAccount, Engine, Settings, Setup};
use crate::http::front::{self, Door};
use crate::http::server;
use crate::net::door_tls::DoorTls;
use crate::net::{self, pool};
use crate::store::{self, Durability, Store};
use crate::work::Work;

mod door;
mod signals;

/// Why the daemon did not start.
#[derive(Debug)]
pub enum Error {
    /// The database or its key; the text says what to do.
    Store(store::Error),
    /// The API's address cannot be had: another program, or another Botmother, has the port.
    Listen(SocketAddr, io::Error),
    /// A file of ours cannot be made or read: what, and why.
    File(&'static str, io::Error),
    /// The certificate or key for network mode.
    Tls(String),
    /// A thread could not be started.
    Thread(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Store(error) => error.fmt(f),
            Error::Listen(address, error) => {
                write!(f, "cannot listen on {address}: {error}; choose another port with --port or [api] port")
            }
            Error::File(what, error) => write!(f, "cannot make {what}: {error}"),
            Error::Tls(why) => f.write_str(why),
            Error::Thread(error) => write!(f, "cannot start a thread: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// Reads the configuration again, the way it was read at the start.
pub type Reload<'a> = &'a dyn Fn() -> Result<Config, config::Error>;

/// Runs until a signal says stop.
pub fn run(config: Config, reload: Reload<'_>) -> Result<(), Error> {
    let begun = Instant::now();
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    raise_file_limit();
    let signals = signals::catch()?;
    let listeners = door::listen(&config)?;
    let durability = match config.durability {
        config::Durability::Power => Durability::Power,
        config::Durability::Process => Durability::Process,
    };
    let store = Store::open(&config.data_dir, durability).map_err(Error::Store)?;
    let tls = door::tls(&config)?;
    let admin_token = door::admin_token(&config.data_dir)?;
    let engine = Engine::new(store, setup(&config), net::now()).map_err(Error::Store)?;

    let (events, inbox) = mpsc::channel();
    let (orders, order_inbox) = async_channel::unbounded();
    let (stop_door, door_stopped) = async_channel::bounded::<()>(1);
    let face = Arc::new(door::face(&config, Handle::new(events.clone()), admin_token));
    let inner = server::start(&config.data_dir.join("run"), api::mount(face))
        .map_err(|e| Error::File("the inner HTTP server's socket", e))?;
    let door = Door {
        listeners,
        tls: tls.as_ref().map(DoorTls::config).transpose().map_err(|error| Error::Tls(error.to_string()))?,
        inner,
        body_max: api::body_max,
        stop: door_stopped,
        limits: front::Limits::default(),
    };
    let for_sessions = orders.clone();
    let calls = Arc::new(Calls::new(events.clone()));
    let for_calls = calls.clone();
    let engine =
        spawn("engine", move || engine.run(&inbox, net::now, |effect| carry_out(effect, &for_sessions, &for_calls)))?;
    let session_events = events.clone();
    let edge = spawn("edge", move || run_edge(order_inbox, session_events, door))?;
    greet(&config, begun);

    let running = signals::Running { config: &config, reload, door_tls: tls, events: &events };
    signals::serve_until_stop(signals, &running);
    let (reply, ticket) = handle::ticket();
    let _ = events.send(Event::Stop(reply));
    let _ = ticket.wait();
    calls.stop();
    drop((stop_door, events));
    orders.close();
    let _ = edge.join();
    if let Ok(store) = engine.join() {
        store.close().map_err(Error::Store)?;
    }
    log::info!("stopped");
    Ok(())
}

fn setup(config: &Config) -> Setup {
    Setup {
        settings: settings(config),
        api_url: format!("{}/bot/", door::base_url(config)),
        api: door::facts(config),
        rate_limit: config.api.rate_limit,
        entropy: crypto::random,
    }
}

/// What may change while the daemon runs.
fn settings(config: &Config) -> Settings {
    let account = |account: &config::Account| ConfigAccount {
        jid: account.jid.clone(),
        password: account.password.clone(),
        host: account.host.clone(),
        ca_file: account.ca_file.display().to_string(),
        pin: account.pin.clone(),
        plaintext: account.plaintext,
    };
    Settings {
        language: match config.language {
            config::Language::English => Language::English,
            config::Language::German => Language::German,
        },
        accounts: config.accounts.iter().map(account).collect(),
        admins: config.admins.clone(),
        system_roots: config.roots == config::Roots::System,
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>, Error> {
    thread::Builder::new()
        .name(name.to_string())
        .stack_size(limits::THREAD_STACK_BYTES)
        .spawn(body)
        .map_err(Error::Thread)
}

/// Calls to other services, in threads that are made when they are needed. Holds a way to the engine, which ends only
/// when there is none any more: so it can be taken away.
struct Calls(Mutex<Option<(Work<u64>, mpsc::Sender<Event>)>>);

impl Calls {
    fn new(events: mpsc::Sender<Event>) -> Calls {
        let report = events.clone();
        let tell = move |tag, called| drop(report.send(Event::Called { tag, called: Box::new(called) }));
        Calls(Mutex::new(Some((Work::new(tell), events))))
    }

    fn make(&self, tag: u64, key: &str, call: HttpCall) {
        if let Some((work, events)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && let Err(refused) = work.submit(tag, key, call)
        {
            let _ = events.send(Event::Called { tag, called: Box::new(Err(refused)) });
        }
    }

    /// Calls off what is under way.
    fn stop(&self) {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((work, _)) = taken {
            work.stop(limits::CALLS_STOP_TIMEOUT);
        }
    }
}

/// On the engine thread: must not block.
fn carry_out(effect: Effect, orders: &async_channel::Sender<(AccountId, Order)>, calls: &Calls) {
    match effect {
        Effect::Answer(reply, outcome) => reply.send(outcome),
        // Closed only while the process ends.
        Effect::Session(account, order) => drop(orders.try_send((account, order))),
        Effect::Call { tag, key, call } => calls.make(tag, &key, *call),
    }
}

/// The thread of all sockets.
fn run_edge(orders: async_channel::Receiver<(AccountId, Order)>, events: mpsc::Sender<Event>, door: Door) {
    let executor = Rc::new(LocalExecutor::new());
    let tell = move |account, event| drop(events.send(Event::Session(account, event)));
    let sessions = executor.spawn(pool::run(orders, tell, executor.clone()));
    let door = executor.spawn(front::run(door));
    smol::block_on(executor.run(async {
        door.await;
        sessions.await;
    }));
}

/// As many sockets as the system allows: the usual soft limit of 1,024 is below what the door admits.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        log::warn!("cannot raise the limit of open files: {error}");
    }
}

fn greet(config: &Config, begun: Instant) {
    let version = env!("CARGO_PKG_VERSION");
    let took = begun.elapsed().as_millis();
    log::info!(
        "botmother {version}: API at {}, data in {}, up in {took} ms",
        door::base_url(config),
        config.data_dir.display()
    );
    if config.api.mode == ApiMode::Network {
        log::info!(
            "network mode: management needs the token in {}",
            config.data_dir.join(door::ADMIN_TOKEN_FILE).display()
        );
    }
    log::info!("next: `botmother chat` talks to the manager; `botmother account add you@example.org` signs in to XMPP");
}
