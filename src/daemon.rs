//! The one place that wires: opens the store, makes the channels and threads, and ends everything in order.
//!
//! Threads: `engine` (rules and SQL), `edge` (all sockets: XMPP sessions and the HTTP door), the inner HTTP server's,
//! async-io's helper, and this one, which waits for signals (ARCHITECTURE §6). Called by `main`.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;
use std::{fmt, fs, process};

use async_signal::{Signal, Signals};
use smol::LocalExecutor;
use smol::stream::StreamExt;

use crate::api;
use crate::api::botmother::{AdminNeeds, AdminRule, Face, Limiter};
use crate::base::crypto;
use crate::base::id::AccountId;
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::text;
use crate::config::{self, ApiMode, Config};
use crate::engine::command::texts::Language;
use crate::engine::effect::{Effect, Order};
use crate::engine::event::Event;
use crate::engine::handle::{self, Handle};
use crate::engine::{ConfigAccount, Engine, Setup};
use crate::http::front::{self, Door};
use crate::http::server;
use crate::net::{self, pool, selfsigned, tls};
use crate::store::{self, Durability, Store};

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

/// File of the admin token in the state directory.
const ADMIN_TOKEN_FILE: &str = "admin.token";

/// Runs until a signal says stop.
pub fn run(config: Config) -> Result<(), Error> {
    let begun = Instant::now();
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    raise_file_limit();
    let signals = Signals::new([Signal::Term, Signal::Int]).map_err(|e| Error::File("the signal handler", e))?;
    let listeners = listen(&config)?;
    let durability = match config.durability {
        config::Durability::Power => Durability::Power,
        config::Durability::Process => Durability::Process,
    };
    let store = Store::open(&config.data_dir, durability).map_err(Error::Store)?;
    let admin_token = admin_token(&config.data_dir)?;
    let engine = Engine::new(store, setup(&config), net::now()).map_err(Error::Store)?;

    let (events, inbox) = mpsc::channel();
    let (orders, order_inbox) = async_channel::unbounded();
    let (stop_door, door_stopped) = async_channel::bounded::<()>(1);
    let face = Arc::new(face(&config, Handle::new(events.clone()), admin_token));
    let inner = server::start(&config.data_dir.join("run"), api::mount(face))
        .map_err(|e| Error::File("the inner HTTP server's socket", e))?;
    let door = Door {
        listeners,
        tls: door_tls(&config)?,
        inner,
        body_max: api::body_max,
        stop: door_stopped,
        limits: front::Limits::default(),
    };
    let for_sessions = orders.clone();
    let engine = spawn("engine", move || engine.run(&inbox, net::now, |effect| carry_out(effect, &for_sessions)))?;
    let session_events = events.clone();
    let edge = spawn("edge", move || run_edge(order_inbox, session_events, door))?;
    greet(&config, begun);

    wait_for_stop(signals);
    let (reply, ticket) = handle::ticket();
    let _ = events.send(Event::Stop(reply));
    let _ = ticket.wait();
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
    let account = |account: &config::Account| ConfigAccount {
        jid: account.jid.clone(),
        password: account.password.clone(),
        host: account.host.clone(),
        ca_file: account.ca_file.display().to_string(),
        pin: account.pin.clone(),
        plaintext: account.plaintext,
    };
    Setup {
        language: match config.language {
            config::Language::English => Language::English,
            config::Language::German => Language::German,
        },
        api_url: format!("{}/bot/", base_url(config)),
        rate_limit: config.api.rate_limit,
        accounts: config.accounts.iter().map(account).collect(),
        system_roots: config.roots == config::Roots::System,
        entropy: crypto::random,
    }
}

fn face(config: &Config, handle: Handle, token: Secret) -> Face {
    let always = config.api.admin == config::AdminRule::Token || config.api.mode == ApiMode::Network;
    let needs = if always { AdminNeeds::Token } else { AdminNeeds::LoopbackOrToken };
    Face {
        handle,
        admin: AdminRule { needs, token },
        base_url: base_url(config),
        limiter: Limiter::new(config.api.rate_limit),
        now: net::now,
    }
}

fn base_url(config: &Config) -> String {
    let scheme = match config.api.mode {
        ApiMode::Local => "http",
        ApiMode::Network => "https",
    };
    format!("{scheme}://localhost:{}", config.api.port)
}

fn listen(config: &Config) -> Result<Vec<TcpListener>, Error> {
    let port = config.api.port;
    let open = |address: SocketAddr| TcpListener::bind(address).map_err(|error| Error::Listen(address, error));
    match config.api.mode {
        ApiMode::Local => Ok(vec![open((Ipv4Addr::LOCALHOST, port).into())?]),
        ApiMode::Network => {
            let v4 = open((Ipv4Addr::UNSPECIFIED, port).into())?;
            // A kernel without IPv6, or one whose [::] takes IPv4 too, leaves us with the first.
            Ok([v4].into_iter().chain(open((Ipv6Addr::UNSPECIFIED, port).into()).ok()).collect())
        }
    }
}

fn door_tls(config: &Config) -> Result<Option<Arc<rustls::ServerConfig>>, Error> {
    if config.api.mode == ApiMode::Local {
        return Ok(None);
    }
    let (cert, key) = match (config.api.tls_cert.clone(), config.api.tls_key.clone()) {
        (cert, _) if cert.as_os_str().is_empty() => {
            selfsigned::certificate(&config.data_dir).map_err(|e| Error::File("the self-signed certificate", e))?
        }
        own => own,
    };
    let tls = tls::server_config(&cert.to_string_lossy(), &key.to_string_lossy());
    tls.map(Some).map_err(|error| Error::Tls(error.to_string()))
}

/// The admin token, made at the first start: whoever can read the file may manage.
fn admin_token(data_dir: &Path) -> Result<Secret, Error> {
    let path = data_dir.join(ADMIN_TOKEN_FILE);
    let known = fs::read_to_string(&path).unwrap_or_default();
    if !known.trim().is_empty() {
        return Ok(Secret::new(known.trim()));
    }
    let mut random = [0; 24];
    crypto::random(&mut random);
    let token = format!("bma_{}", text::base64url(&random));
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| writeln!(file, "{token}")).map_err(|e| Error::File("the admin token", e))?;
    Ok(Secret::new(token))
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

/// On the engine thread: must not block.
fn carry_out(effect: Effect, orders: &async_channel::Sender<(AccountId, Order)>) {
    match effect {
        Effect::Answer(reply, outcome) => reply.send(outcome),
        // Closed only while the process ends.
        Effect::Session(account, order) => drop(orders.try_send((account, order))),
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

fn wait_for_stop(mut signals: Signals) {
    let signal = smol::block_on(signals.next());
    log::info!("stopping ({})", if matches!(signal, Some(Ok(Signal::Int))) { "interrupted" } else { "terminated" });
    let impatient = move || {
        if smol::block_on(signals.next()).is_some() {
            log::warn!("a second signal: stopping at once; what was accepted is safe");
            process::exit(0);
        }
    };
    let _ = spawn("signals", impatient);
}

fn greet(config: &Config, begun: Instant) {
    let version = env!("CARGO_PKG_VERSION");
    let took = begun.elapsed().as_millis();
    log::info!(
        "botmother {version}: API at {}, data in {}, up in {took} ms",
        base_url(config),
        config.data_dir.display()
    );
    if config.api.mode == ApiMode::Network {
        log::info!("network mode: management needs the token in {}", config.data_dir.join(ADMIN_TOKEN_FILE).display());
    }
    log::info!("next: `botmother chat` talks to the manager; `botmother account add you@example.org` signs in to XMPP");
}
