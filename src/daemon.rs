//! The one place that wires: opens the store, makes the channels and threads, and ends everything in order.
//!
//! Threads: `engine` (rules and SQL), `edge` (all sockets: XMPP sessions and the HTTP door), the inner HTTP server's,
//! async-io's helper, and this one, which waits for signals (docs/architecture.md). Called by `main`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::time::Instant;
use std::{fmt, io, thread};

use smol::LocalExecutor;
use smol::future::FutureExt;

use crate::base::id::AccountId;
use crate::base::shelf::Shelf;
use crate::base::spool::Spool;
use crate::base::{crypto, limits};
use crate::config::{self, ApiMode, Config, LogFormat};
use crate::core::effect::{Effect, Order, Rebind};
use crate::core::handle::{self, Encrypt, Handle, Quotas};
use crate::core::setup::{ConfigAccount, MqttBots, Settings, Setup, Watch, WebSettings};
use crate::engine::event::Event;
use crate::engine::{self, Engine};
use crate::http::front::{self, Door};
use crate::mqtt;
use crate::net::{self, pool};
use crate::reactor;
use crate::store::{self, Durability, Store};
use broker::Brokers;
use calls::Calls;
use entrance::Entrance;
use metrics::Scrapes;
use notify::{Notify, Vitals};
use sockets::Sockets;

mod broker;
mod calls;
mod door;
mod entrance;
mod files;
mod metrics;
mod notify;
mod process;
mod signals;
mod sockets;

/// Why the daemon did not start.
#[derive(Debug)]
pub enum Error {
    /// The database or its key; the text says what to do.
    Store(store::Error),
    /// So few files may be open that nothing would work.
    Files(u64),
    /// The API's address cannot be had: another program, or another Botmother, has the port.
    Listen(SocketAddr, io::Error),
    /// The API's Unix socket cannot be had.
    Socket(PathBuf, io::Error),
    /// A file of ours cannot be made or read: what, and why.
    File(&'static str, io::Error),
    /// The certificate or key for network mode.
    Tls(String),
    /// `listen` of `[metrics]` cannot be had: what to do, and why.
    Metrics(String, io::Error),
    /// What `[mqtt]` asks for cannot be.
    Mqtt(String),
    /// A thread could not be started.
    Thread(io::Error),
}

impl From<mqtt::Refusal> for Error {
    fn from(refusal: mqtt::Refusal) -> Error {
        Error::Mqtt(refusal.0)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Store(error) => error.fmt(f),
            Error::Listen(address, error) => {
                write!(f, "cannot listen on {address}: {error}; choose another port with --port or [api] port")
            }
            Error::Socket(path, error) => write!(f, "cannot listen on {}: {error}", path.display()),
            Error::Files(most) => write!(
                f,
                "this process may have {most} files and connections open, and needs {} at least; raise the limit with \
                 `ulimit -n 1024`, or LimitNOFILE=1024 in a systemd unit",
                limits::OPEN_FILES_MIN
            ),
            Error::File(what, error) => write!(f, "cannot make {what}: {error}"),
            Error::Tls(why) | Error::Mqtt(why) | Error::Metrics(why, _) => f.write_str(why),
            Error::Thread(error) => write!(f, "cannot start a thread: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// What is `main`'s, for a change of the configuration.
#[derive(Clone, Copy)]
pub struct Reload<'a> {
    /// Reads the configuration again, the way it was read at the start.
    pub read: &'a dyn Fn() -> Result<Config, config::Error>,
    /// Gives lines of the log another form.
    pub set_log_format: fn(LogFormat),
}

impl fmt::Debug for Reload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}

/// Whether the API's certificate and key, where the configuration names some, fit each other and are valid now.
pub fn check_certificate(config: &Config) -> Result<(), Error> {
    if config.api.mode == ApiMode::Local || door::is_ours(config) {
        return Ok(());
    }
    let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let facts = net::door_tls::look(&text(&config.api.tls_cert), &text(&config.api.tls_key));
    let facts = facts.map_err(|error| Error::Tls(error.to_string()))?;
    facts.check(net::now().unix_ms).map_err(Error::Tls)
}

/// Runs until a signal says stop.
pub fn run(config: Config, reload: Reload<'_>) -> Result<(), Error> {
    let begun = Instant::now();
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    files::prepare()?;
    let notify = Notify::from_environment();
    let signals = signals::catch()?;
    let sockets = Sockets::default().moved_to(&config)?;
    let (scrapes, scrape_inbox) = Scrapes::open(&config.metrics)?;
    let (brokers, broker_inbox) = Brokers::open(&config)?;
    let durability = match config.durability {
        config::Durability::Power => Durability::Power,
        config::Durability::Process => Durability::Process,
    };
    let mut store = Store::open(&config.data_dir, durability).map_err(Error::Store)?;
    store.time_commits(|| net::now().mono);
    let shelf = Shelf::below(&config.data_dir);
    let known = store.list_web_paths().map_err(Error::Store)?;
    shelf.tidy(&known).map_err(|error| Error::File("order among the files that were sent", error))?;
    let admin_token = door::admin_token(&config.data_dir)?;
    let mut engine = Engine::new(store, setup(&config), net::now()).map_err(Error::Store)?;
    let spool = Spool::open(&config.data_dir.join("spool")).map_err(|e| Error::File("a place for files", e))?;
    engine::carry_files_in(&mut engine, spool.clone());

    let (doors, door_inbox) = async_channel::unbounded();
    let (rebinds, rebind_inbox) = async_channel::unbounded();
    let (beats, beat_inbox) = async_channel::bounded(1);
    let (status_bell, bell) = async_channel::bounded(1);
    let outlook = Outlook { doors: door_inbox, beats: beat_inbox, scrapes: scrape_inbox, brokers: broker_inbox };
    let bells = Some(status_bell).filter(|_| notify.is_on()).into_iter().collect();
    let threads = Threads::start(engine, rebinds, (outlook, bells), shelf)?;
    // Accounts sign in meanwhile.
    let entrance = Entrance::open(&config, (sockets, spool), admin_token, threads.events.clone(), doors);
    let mut beside = Beside { scrapes, brokers };
    let entrance = entrance.map(|mut entrance| {
        greet(&config, &entrance.addresses(), begun);
        notify.ready();
        let vitals = Vitals { handle: Handle::new(threads.events.clone()), beats, bell };
        let movable = (&mut entrance, &mut beside);
        signals::serve_until_stop(signals, movable, &rebind_inbox, (&notify, &vitals), reload);
        entrance
    });
    notify.stopping();
    threads.stop(entrance, beside)
}

/// What serves beside the API, and may be another one after the configuration was read again.
struct Beside {
    scrapes: Scrapes,
    brokers: Brokers,
}

/// What runs beside the main thread, and how it is spoken to.
struct Threads {
    events: mpsc::Sender<Event>,
    orders: async_channel::Sender<(AccountId, Order)>,
    calls: Arc<Calls>,
    /// Closed when the client of the broker has ended, which takes it a second at most.
    broker_gone: async_channel::Receiver<()>,
    engine: thread::JoinHandle<Store>,
    edge: thread::JoinHandle<()>,
}

impl Threads {
    fn start(
        engine: Engine,
        rebinds: async_channel::Sender<Rebind>,
        (outlook, mut bells): (Outlook, Vec<async_channel::Sender<()>>),
        shelf: Shelf,
    ) -> Result<Threads, Error> {
        let (events, inbox) = mpsc::channel();
        let (orders, order_inbox) = async_channel::unbounded();
        let calls = Arc::new(Calls::new(events.clone()));
        let (mqtt_bell, bell) = async_channel::bounded(1);
        bells.push(mqtt_bell);
        let out = Out { orders: orders.clone(), rebinds, calls: calls.clone(), bells, shelf };
        let edge_events = events.clone();
        let (going, broker_gone) = async_channel::bounded(1);
        let edge = spawn("edge", move || run_edge(order_inbox, edge_events, outlook, (bell, going)))?;
        let engine = spawn("engine", move || engine.run(&inbox, net::now, |effect| carry_out(effect, &out)))?;
        Ok(Threads { events, orders, calls, broker_gone, engine, edge })
    }

    /// Ends them in order: what was accepted is written and answered before the API closes.
    fn stop(self, entrance: Result<Entrance, Error>, beside: Beside) -> Result<(), Error> {
        // The broker has confirmed what is to be noted before the engine ends.
        drop(beside);
        let gone = async {
            let _ = self.broker_gone.recv().await;
        };
        let late = async {
            smol::Timer::after(2 * limits::MQTT_GOODBYE_TIMEOUT).await;
        };
        smol::block_on(gone.or(late));
        let (reply, ticket) = handle::ticket();
        let _ = self.events.send(Event::Stop(reply));
        let _ = ticket.wait();
        self.calls.stop();
        let outcome = entrance.map(drop);
        drop(self.events);
        self.orders.close();
        let _ = self.edge.join();
        if let Ok(store) = self.engine.join() {
            store.close().map_err(Error::Store)?;
        }
        if outcome.is_ok() {
            log::info!("stopped");
        }
        outcome
    }
}

fn setup(config: &Config) -> Setup {
    Setup {
        settings: settings(config),
        api_url: door::api_url(config),
        api: door::facts(config, Vec::new(), None),
        rate_limit: config.api.rate_limit,
        entropy: crypto::random,
        memory: process::memory,
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
        language: config.language,
        accounts: config.accounts.iter().map(account).collect(),
        admins: config.admins.clone(),
        system_roots: config.roots == config::Roots::System,
        encrypt: encrypt(config.omemo),
        self_chat: encrypt(config.self_chat),
        history_days: config.history_days,
        quotas: quotas(&config.quota),
        watch: Watch {
            is_on: config.mqtt.broker.is_some() || std::env::var_os("NOTIFY_SOCKET").is_some(),
            mqtt: match &config.mqtt.broker {
                None => MqttBots::None,
                Some(_) if config.mqtt.bots.iter().any(|name| name == "*") => MqttBots::All,
                Some(_) => MqttBots::Named(config.mqtt.bots.clone()),
            },
        },
        web: WebSettings::default(),
    }
}

fn quotas(quota: &config::Quota) -> Quotas {
    let config::Quota { bots, messages, storage, ai_calls } = *quota;
    Quotas { bots, messages, storage, ai_calls }
}

fn encrypt(omemo: config::Omemo) -> Encrypt {
    match omemo {
        config::Omemo::Required => Encrypt::Required,
        config::Omemo::Preferred => Encrypt::Preferred,
        config::Omemo::Off => Encrypt::Off,
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

/// Where effects go.
struct Out {
    orders: async_channel::Sender<(AccountId, Order)>,
    rebinds: async_channel::Sender<Rebind>,
    calls: Arc<Calls>,
    /// Of those who show how accounts and bots are.
    bells: Vec<async_channel::Sender<()>>,
    shelf: Shelf,
}

/// On the engine thread: must not block.
fn carry_out(effect: Effect, out: &Out) {
    match effect {
        Effect::Answer(reply, outcome) => reply.send(outcome),
        // Closed only while the process ends.
        Effect::Session(account, order) => drop(out.orders.try_send((account, order))),
        Effect::Rebind(wish) => drop(out.rebinds.try_send(wish)),
        Effect::Call { tag, key, call, manner } => out.calls.make(tag, &key, *call, manner),
        // One that has rung and was not heard yet is enough.
        Effect::Changed => out.bells.iter().for_each(|bell| {
            let _ = bell.try_send(());
        }),
        Effect::RemoveFiles(paths) => paths.iter().for_each(|path| out.shelf.remove(path)),
        Effect::CallOff(tag) => out.calls.call_off(tag),
    }
}

/// What the thread of all sockets serves besides sessions.
struct Outlook {
    doors: async_channel::Receiver<Door>,
    /// Signs of life that are wanted of it.
    beats: async_channel::Receiver<async_channel::Sender<()>>,
    scrapes: async_channel::Receiver<metrics::Scraped>,
    brokers: async_channel::Receiver<broker::Client>,
}

/// The thread of all sockets.
fn run_edge(
    orders: async_channel::Receiver<(AccountId, Order)>,
    events: mpsc::Sender<Event>,
    outlook: Outlook,
    (bell, going): (async_channel::Receiver<()>, async_channel::Sender<()>),
) {
    let Outlook { doors, beats, scrapes, brokers } = outlook;
    let executor = Rc::new(LocalExecutor::new());
    let handle = Handle::new(events.clone());
    let beating = async move {
        while let Ok(beat) = beats.recv().await {
            let _ = beat.try_send(());
        }
    };
    executor.spawn(beating).detach();
    executor.spawn(metrics::serve(scrapes, handle.clone())).detach();
    let broker = async move {
        broker::serve(brokers, handle, bell).await;
        drop(going);
    };
    let broker = executor.spawn(broker);
    let tell = move |account, event| drop(events.send(Event::Session(account, event)));
    let sessions = executor.spawn(pool::run(orders, tell, executor.clone()));
    reactor::block_on(executor.run(async {
        let mut open = Vec::new();
        while let Ok(door) = doors.recv().await {
            open.push(executor.spawn(front::run(door)));
            open.retain(|door| !door.is_finished());
        }
        for door in open {
            door.await;
        }
        broker.await;
        sessions.await;
    }));
}

fn greet(config: &Config, addresses: &str, begun: Instant) {
    let version = env!("CARGO_PKG_VERSION");
    let took = begun.elapsed().as_millis();
    log::info!(
        "botmother {version}: API at {} ({addresses}), data in {}, up in {took} ms",
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
