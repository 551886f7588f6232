//! What systemd is told (sd_notify(3)): that we serve, how it stands, that we live. Where nobody listens, nothing is sent and
//! nothing wakes up for it.
//!
//! Life is proven, not said: the engine has taken a question and could commit, the thread of all sockets has run a task, and
//! this thread, which waits for signals, has asked both. That a server is down is no reason to start us again; it is in the
//! status.

use std::cell::RefCell;
use std::env;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use smol::Timer;
use smol::future::{self, FutureExt};

use crate::base::limits;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Caller, Handle, Question};

/// Who is told.
pub(super) struct Notify {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
    /// What was said last.
    status: RefCell<String>,
}

/// What is asked for signs of life.
pub(super) struct Vitals {
    /// The engine.
    pub(super) handle: Handle,
    /// The thread of all sockets: it answers what comes here.
    pub(super) beats: async_channel::Sender<async_channel::Sender<()>>,
    /// Rings when an account has come or gone.
    pub(super) bell: async_channel::Receiver<()>,
}

impl Notify {
    /// Whoever the environment names. A socket that cannot be had is worth a line in the log: systemd would wait in vain.
    pub(super) fn from_environment() -> Notify {
        let name = env::var("NOTIFY_SOCKET").unwrap_or_default();
        let socket = match name.as_str() {
            "" => None,
            name => connect(name).inspect_err(|error| log::warn!("NOTIFY_SOCKET={name}: {error}")).ok(),
        };
        let is_ours = env::var("WATCHDOG_PID").map_or(true, |pid| pid == process::id().to_string());
        let micros = env::var("WATCHDOG_USEC").ok().and_then(|usec| usec.parse().ok()).filter(|usec| *usec > 0);
        let watchdog = micros.filter(|_| is_ours && socket.is_some()).map(Duration::from_micros);
        Notify { socket, watchdog, status: RefCell::default() }
    }

    /// Whether anybody listens.
    pub(super) fn is_on(&self) -> bool {
        self.socket.is_some()
    }

    /// The API is there.
    pub(super) fn ready(&self) {
        self.send("READY=1");
    }

    /// The configuration is read again; [`Notify::ready`] follows.
    pub(super) fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000);
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    /// We end.
    pub(super) fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=stopping");
    }

    fn send(&self, text: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(text.as_bytes()) {
            log::debug!("systemd was not told {text:?}: {error}");
        }
    }

    /// Tells how it stands whenever that changes, and feeds the watchdog; for ever.
    pub(super) async fn attend(&self, vitals: &Vitals) {
        let told = async {
            while self.is_on() && vitals.bell.recv().await.is_ok() {
                self.tell_status(&vitals.handle).await;
            }
            future::pending().await
        };
        told.or(self.feed(vitals)).await
    }

    async fn tell_status(&self, handle: &Handle) {
        let outcome = handle.ask(Caller::Anybody, Question::Health).outcome().await;
        let Ok(Answer::Health { accounts_online, accounts, bots_online, active_bots }) = outcome else { return };
        let accounts = match accounts {
            0 => String::new(),
            _ => format!("{accounts_online} of {accounts} accounts online, "),
        };
        let status = format!("{accounts}{bots_online} of {active_bots} bots online");
        if self.status.replace(status.clone()) != status {
            self.send(&format!("STATUS={status}"));
        }
    }

    async fn feed(&self, vitals: &Vitals) {
        let Some(patience) = self.watchdog else { return future::pending().await };
        let pause = (patience / limits::WATCHDOG_SHARE).max(limits::WATCHDOG_PAUSE_MIN);
        loop {
            match vitals.prove().await {
                Ok(()) => self.send("WATCHDOG=1"),
                Err(why) => log::error!("the watchdog is not fed: {why}"),
            }
            Timer::after(pause).await;
        }
    }
}

impl Vitals {
    /// Comes back when all have answered; not at all while one does not.
    async fn prove(&self) -> Result<(), String> {
        let (beat, beaten) = async_channel::bounded(1);
        if self.beats.send(beat).await.is_err() || beaten.recv().await.is_err() {
            return Err("the thread of all sockets has ended".to_string());
        }
        match self.handle.ask(Caller::Anybody, Question::Live).outcome().await {
            // A full disk gets no emptier by a new start.
            Ok(_) | Err(Failure::Full | Failure::Busy { .. }) => Ok(()),
            Err(_) => Err("the database cannot be written".to_string()),
        }
    }
}

/// A path, or with `@` in front a name in Linux's abstract space.
fn connect(name: &str) -> std::io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(Path::new(name))?,
    };
    socket.connect_addr(&address)?;
    // A full queue must not stop us.
    socket.set_nonblocking(true)?;
    Ok(socket)
}
