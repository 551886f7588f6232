//! The API's entrance while the daemon runs: opened at the start, opened anew elsewhere when an admin wishes it
//! (`/api server` in a chat) or the configuration has changed. The old one is closed first only where both need the same
//! port; requests under way there end in order.

use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::{fs, io, thread};

use super::{Error, Reload, door, files};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::spool::Spool;
use crate::config::Config;
use crate::config::chosen::{self, Choice};
use crate::core::effect::{ApiChange, Rebind};
use crate::core::handle::Handle;
use crate::engine::event::{Event, Rebound};
use crate::face;
use crate::http::front::{self, Door};
use crate::http::server;
use crate::net::door_tls::DoorTls;
use crate::net::selfsigned;

/// The running one.
pub(super) struct Entrance {
    /// What it was opened with; of the rest of the configuration, what the daemon started with.
    pub(super) config: Config,
    pub(super) events: mpsc::Sender<Event>,
    admin_token: Secret,
    spool: Spool,
    /// To the thread of all sockets.
    doors: async_channel::Sender<Door>,
    tls: Option<Arc<DoorTls>>,
    /// Dropped: the door closes.
    stop: Option<async_channel::Sender<()>>,
}

impl Entrance {
    /// Opens the first.
    pub(super) fn open(
        config: &Config,
        listeners: Vec<TcpListener>,
        admin_token: Secret,
        events: mpsc::Sender<Event>,
        doors: async_channel::Sender<Door>,
    ) -> Result<Entrance, Error> {
        let spool = Spool::open(&config.data_dir.join("spool")).map_err(|e| Error::File("a place for files", e))?;
        let config_now = config.clone();
        let mut entrance = Entrance { config: config_now, events, admin_token, spool, doors, tls: None, stop: None };
        let tls = door::tls(config)?;
        entrance.pass(listeners, tls)?;
        Ok(entrance)
    }

    /// Makes a door of these and lets clients through.
    fn pass(&mut self, listeners: Vec<TcpListener>, tls: Option<Arc<DoorTls>>) -> Result<(), Error> {
        let handle = Handle::new(self.events.clone());
        let context = Arc::new(door::context(&self.config, handle, self.admin_token.clone(), self.spool.clone()));
        let inner = server::start(&self.config.data_dir.join("run"), face::mount(context.clone()))
            .map_err(|error| Error::File("the inner HTTP server's socket", error))?;
        let config = tls.as_ref().map(DoorTls::config).transpose().map_err(|error| Error::Tls(error.to_string()))?;
        let acceptor = config.map(front::Acceptor::from);
        let (stop, stopped) = async_channel::bounded(1);
        let door = Door {
            listeners,
            tls: acceptor,
            inner,
            may_block: face::may_block,
            body_max: face::body_max,
            admit: face::gate(context),
            refuse: face::refuse,
            spool: self.spool.clone(),
            stop: stopped,
            limits: front::Limits { connections_max: files::connections(), ..front::Limits::default() },
        };
        // Closed only while the process ends.
        let _ = self.doors.try_send(door);
        (self.tls, self.stop) = (tls, Some(stop));
        Ok(())
    }

    /// Reads the certificate again.
    pub(super) fn reload_certificate(&self) {
        if let Some(Err(error)) = self.tls.as_ref().map(|tls| tls.reload()) {
            log::error!("the API keeps its certificate: {error}");
        }
    }

    /// Does what an admin wishes, and tells the engine.
    pub(super) fn change(&mut self, wish: Rebind, reload: Reload<'_>) {
        let outcome = self.try_change(&wish.change, reload);
        match &outcome {
            Ok(()) => log::info!("{} changed the API: it is at {}", wish.who, door::base_url(&self.config)),
            Err(why) => log::warn!("{} wanted to change the API, but {why}", wish.who),
        }
        let outcome = outcome.map(|()| (door::api_url(&self.config), door::facts(&self.config)));
        let _ = self.events.send(Event::Rebound(Box::new(Rebound { wish, outcome })));
    }

    fn try_change(&mut self, change: &ApiChange, reload: Reload<'_>) -> Result<(), String> {
        let choice = match change {
            ApiChange::Network(network) => Choice::Network(*network),
            ApiChange::Port(port) => Choice::Port(*port),
            ApiChange::Certificate { cert, key } => Choice::Tls(cert.clone(), key.clone()),
            ApiChange::OwnCertificate => Choice::Tls(String::new(), String::new()),
            ApiChange::RenewCertificate | ApiChange::DeleteCertificate => return self.renew(),
        };
        let dir = self.config.data_dir.clone();
        let before = fs::read_to_string(chosen::path(&dir)).ok();
        chosen::change(&dir, &choice).map_err(|error| failed(&dir, &error))?;
        let taken = self.take_over(&choice, reload);
        if taken.is_err() {
            chosen::store(&dir, before.as_deref()).map_err(|error| failed(&dir, &error))?;
        }
        taken
    }

    fn take_over(&mut self, choice: &Choice, reload: Reload<'_>) -> Result<(), String> {
        let config = reload().map_err(|error| error.to_string())?;
        let text = |path: &Path| path.display().to_string();
        let is_in_force = match choice {
            Choice::Network(network) => (config.api.mode == crate::config::ApiMode::Network) == *network,
            Choice::Port(port) => config.api.port == *port,
            Choice::Tls(cert, key) => text(&config.api.tls_cert) == *cert && text(&config.api.tls_key) == *key,
        };
        if !is_in_force {
            return Err("the command line or the environment says otherwise, and goes before this".to_string());
        }
        self.reopen(&config).map_err(|error| match error {
            // Whoever reads this has no command line before him.
            Error::Listen(address, error) => {
                format!("cannot listen on {address}: {error}; choose another port with /api server port <number>")
            }
            error => error.to_string(),
        })
    }

    /// Opens the entrance of another configuration; on an error the old one stays, or is opened again.
    pub(super) fn reopen(&mut self, config: &Config) -> Result<(), Error> {
        let tls = door::tls(config)?;
        let old = self.config.clone();
        let is_same_port = config.api.port == old.api.port;
        let listeners = match door::listen(config) {
            Err(Error::Listen(_, error)) if is_same_port && error.kind() == io::ErrorKind::AddrInUse => {
                self.stop = None;
                listen_patiently(config)
            }
            other => other,
        };
        let opened = listeners.and_then(|listeners| {
            self.config.api = config.api.clone();
            self.pass(listeners, tls)
        });
        if opened.is_err() {
            self.config.api = old.api.clone();
            if self.stop.is_none() {
                let listeners = listen_patiently(&self.config)?;
                self.pass(listeners, door::tls(&old)?)?;
            }
        }
        opened
    }

    /// A new self-signed certificate; it is in use at once.
    fn renew(&self) -> Result<(), String> {
        let dir = &self.config.data_dir;
        selfsigned::remove(dir).map_err(|error| failed(dir, &error))?;
        let facts = door::facts(&self.config);
        if !facts.ca_file.is_empty() {
            selfsigned::certificate(dir).map_err(|error| failed(dir, &error))?;
            self.tls.as_ref().map_or(Ok(()), |tls| tls.reload()).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

fn failed(dir: &Path, error: &io::Error) -> String {
    format!("the data directory {} cannot be written: {error}", dir.display())
}

/// The port is free as soon as the door before has closed.
fn listen_patiently(config: &Config) -> Result<Vec<TcpListener>, Error> {
    for _ in 0..limits::REBIND_TRIES_MAX {
        match door::listen(config) {
            Err(Error::Listen(_, error)) if error.kind() == io::ErrorKind::AddrInUse => {
                thread::sleep(limits::ACCEPT_PAUSE);
            }
            other => return other,
        }
    }
    door::listen(config)
}
