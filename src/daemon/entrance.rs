//! The API's entrance while the daemon runs: opened at the start, opened anew elsewhere when an admin wishes it
//! (`/api server` in a chat, `POST /bot/server`) or the configuration has changed.
//!
//! The new door stands before the old one makes way, and that one serves those it has to their end, long polls too. What
//! cannot be opened (a taken port, a certificate that is none) leaves the old one as it is: never plain HTTP instead.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use std::{fs, io, mem};

use smol::future::FutureExt;

use super::sockets::Sockets;
use super::{Error, Reload, door, files};
use crate::base::limits;
use crate::base::secret::Secret;
use crate::base::spool::Spool;
use crate::config::chosen::{self, Choice};
use crate::config::{ApiMode, Config};
use crate::core::effect::{ApiChange, Rebind, Wisher};
use crate::core::handle::Handle;
use crate::engine::event::{Event, Rebound};
use crate::face;
use crate::http::front::{self, Door, MakeWay};
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
    sockets: Sockets,
    tls: Option<Arc<DoorTls>>,
    /// Dropped: the door closes.
    stop: Option<async_channel::Sender<MakeWay>>,
    /// The same of doors that have made way and still serve somebody.
    leaving: Vec<async_channel::Sender<MakeWay>>,
}

impl Entrance {
    /// Opens the first.
    pub(super) fn open(
        config: &Config,
        (sockets, spool): (Sockets, Spool),
        admin_token: Secret,
        events: mpsc::Sender<Event>,
        doors: async_channel::Sender<Door>,
    ) -> Result<Entrance, Error> {
        let mut entrance = Entrance {
            config: config.clone(),
            events,
            admin_token,
            spool,
            doors,
            sockets: Sockets::default(),
            tls: None,
            stop: None,
            leaving: Vec::new(),
        };
        let tls = door::tls(config)?;
        entrance.pass(config, sockets, tls)?;
        entrance.look();
        Ok(entrance)
    }

    /// Makes a door of these and lets clients through; the one before makes way.
    fn pass(&mut self, config: &Config, sockets: Sockets, tls: Option<Arc<DoorTls>>) -> Result<(), Error> {
        let (stop, stopped) = async_channel::bounded(1);
        let door = match self.door(config, &sockets, tls.as_ref(), stopped) {
            Ok(door) => door,
            Err(error) => {
                sockets.close(&self.sockets);
                return Err(error);
            }
        };
        // Nothing fails from here on.
        if let Some(old) = self.stop.replace(stop) {
            make_way(&old);
            self.leaving.retain(|door| !door.is_closed());
            self.leaving.push(old);
        }
        // Closed only while the process ends.
        let _ = self.doors.try_send(door);
        let old = mem::replace(&mut self.sockets, sockets);
        old.close(&self.sockets);
        self.config.api = config.api.clone();
        self.tls = tls;
        self.tell_certificate();
        self.tell(None, Ok(()));
        Ok(())
    }

    fn door(
        &self,
        config: &Config,
        sockets: &Sockets,
        tls: Option<&Arc<DoorTls>>,
        stop: async_channel::Receiver<MakeWay>,
    ) -> Result<Door, Error> {
        let handle = Handle::new(self.events.clone());
        let context = Arc::new(door::context(config, handle, self.admin_token.clone(), self.spool.clone()));
        let tls = tls.map(DoorTls::config).transpose().map_err(|error| Error::Tls(error.to_string()))?;
        let listeners = sockets.listeners().map_err(|error| Error::File("another handle to a socket", error))?;
        let inner = server::start(&self.config.data_dir.join("run"), face::mount(context.clone()))
            .map_err(|error| Error::File("the inner HTTP server's socket", error))?;
        Ok(Door {
            listeners,
            tls: tls.map(front::Acceptor::from),
            proxies: door::proxies(config),
            inner,
            may_block: face::may_block,
            body_max: face::body_max,
            admit: face::gate(context),
            refuse: face::refuse,
            spool: self.spool.clone(),
            stop,
            limits: front::Limits { connections_max: files::connections(), ..front::Limits::default() },
        })
    }

    /// Tells the engine how the API is reached, or why not as somebody wished.
    fn tell(&self, wish: Option<Rebind>, outcome: Result<(), String>) {
        let certified = self.tls.as_ref().map(|tls| tls.facts());
        let facts = || door::facts(&self.config, self.sockets.addresses(), certified);
        let outcome = outcome.map(|()| (door::api_url(&self.config), facts()));
        let _ = self.events.send(Event::Rebound(Box::new(Rebound { wish, outcome })));
    }

    fn tell_certificate(&self) {
        if let Some(tls) = &self.tls {
            log::info!("the API's certificate has the fingerprint {}", tls.facts().describe());
        }
    }

    /// Where it listens, for the log.
    pub(super) fn addresses(&self) -> String {
        let socket = &self.config.api.socket;
        let socket = (!socket.as_os_str().is_empty()).then(|| socket.display().to_string());
        self.sockets.addresses().into_iter().chain(socket).collect::<Vec<_>>().join(", ")
    }

    /// Takes over a configuration that was read again.
    pub(super) fn read_again(&mut self, config: &Config) {
        if config.api == self.config.api {
            if let Err(error) = self.reload_certificate() {
                log::error!("the API keeps its certificate: {error}");
            }
            return;
        }
        match self.reopen(config) {
            Ok(()) => log::info!("the API is at {} now ({})", door::base_url(&self.config), self.addresses()),
            Err(error) => log::error!("the API stays as it is, at {}: {error}", door::base_url(&self.config)),
        }
    }

    /// Reads the certificate again; on an error it stays the one it is.
    fn reload_certificate(&self) -> Result<(), String> {
        let Some(tls) = &self.tls else { return Ok(()) };
        let before = tls.facts();
        tls.reload(crate::net::now().unix_ms).map_err(|error| error.to_string())?;
        if tls.facts() != before {
            self.tell_certificate();
            self.tell(None, Ok(()));
        }
        Ok(())
    }

    /// Does what an admin wishes, and tells the engine.
    pub(super) fn change(&mut self, wish: Rebind, reload: Reload<'_>) {
        let outcome = self.try_change(&wish.change, reload);
        let who = match &wish.by {
            Wisher::Chat { who, .. } => who.to_string(),
            Wisher::Api(_) => "a caller with management rights".to_string(),
        };
        match &outcome {
            Ok(()) => log::info!("{who} changed the API: it is at {}", door::base_url(&self.config)),
            Err(why) => log::warn!("{who} wanted to change the API, but {why}"),
        }
        self.tell(Some(wish), outcome);
    }

    fn try_change(&mut self, change: &ApiChange, reload: Reload<'_>) -> Result<(), String> {
        let all = match change {
            ApiChange::ReadCertificate => return self.reload_certificate(),
            ApiChange::RenewCertificate => return self.renew(selfsigned::Key::New),
            ApiChange::DeleteCertificate if door::is_ours(&self.config) => return self.renew(selfsigned::Key::New),
            ApiChange::DeleteCertificate => {
                let dir = &self.config.data_dir;
                return selfsigned::remove(dir).map_err(|error| failed(dir, &error));
            }
            ApiChange::All(all) => all,
            one => std::slice::from_ref(one),
        };
        let choices: Vec<Choice> = all.iter().filter_map(choice).collect();
        let dir = self.config.data_dir.clone();
        let before = fs::read_to_string(chosen::path(&dir)).ok();
        chosen::change(&dir, &choices).map_err(|error| failed(&dir, &error))?;
        let taken = self.take_over(&choices, reload);
        if taken.is_err() {
            chosen::store(&dir, before.as_deref()).map_err(|error| failed(&dir, &error))?;
        }
        taken
    }

    fn take_over(&mut self, choices: &[Choice], reload: Reload<'_>) -> Result<(), String> {
        let config = (reload.read)().map_err(|error| error.to_string())?;
        let text = |path: &Path| path.display().to_string();
        let is_in_force = |choice: &Choice| match choice {
            Choice::Network(network) => (config.api.mode == ApiMode::Network) == *network,
            Choice::Port(port) => config.api.port == *port,
            Choice::Tls(cert, key) => text(&config.api.tls_cert) == *cert && text(&config.api.tls_key) == *key,
        };
        if !choices.iter().all(is_in_force) {
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

    /// Opens the entrance of another configuration; on an error the old one stays.
    fn reopen(&mut self, config: &Config) -> Result<(), Error> {
        let tls = door::tls(config)?;
        if let Some(tls) = &tls {
            let (fresh, known) = (tls.facts(), self.tls.as_ref().map(|tls| tls.facts()));
            // One that is in use may go on, whatever it is.
            if known.is_none_or(|known| known != fresh) {
                fresh.check(crate::net::now().unix_ms).map_err(Error::Tls)?;
            }
        }
        let sockets = self.sockets.moved_to(config)?;
        self.pass(config, sockets, tls)
    }

    /// A new self-signed certificate; it is in use at once, or with the next change to network mode.
    fn renew(&self, key: selfsigned::Key) -> Result<(), String> {
        let dir = &self.config.data_dir;
        if self.config.api.mode == ApiMode::Network && !door::is_ours(&self.config) {
            return Err("no self-signed certificate is in use".to_string());
        }
        selfsigned::renew(dir, key).map_err(|error| failed(dir, &error))?;
        self.reload_certificate()
    }

    /// Looks whether the certificate comes to its end: one of ours is replaced, of another its owner is told.
    pub(super) fn look(&self) {
        let Some(tls) = &self.tls else { return };
        let (facts, now) = (tls.facts(), crate::net::now().unix_ms);
        if door::is_ours(&self.config) {
            if selfsigned::time_left(&facts, now).is_zero() {
                match self.renew(selfsigned::Key::Kept) {
                    Ok(()) => log::warn!(
                        "the API's certificate would have ended on {}, so it has a new one; whoever compares fingerprints \
                         has to be told",
                        facts.last_day()
                    ),
                    Err(why) => log::error!("the API's certificate ends on {} and stays: {why}", facts.last_day()),
                }
            }
            return;
        }
        // Whoever renews it may have said so to nobody.
        let is_old = || tls.facts().left(now) < limits::API_CERTIFICATE_WARN_BEFORE;
        if is_old() {
            let _ = self.reload_certificate();
        }
        if is_old() {
            let (day, file) = (tls.facts().last_day(), self.config.api.tls_cert.display());
            log::warn!("the API's certificate is valid until {day}; put a new one into {file}, and send SIGHUP");
        }
    }

    /// After how long to look again; `None` where there is nothing to look at.
    pub(super) fn look_after(&self) -> Option<Duration> {
        let facts = self.tls.as_ref()?.facts();
        let now = crate::net::now().unix_ms;
        let left = match door::is_ours(&self.config) {
            true => selfsigned::time_left(&facts, now),
            false => facts.left(now).saturating_sub(limits::API_CERTIFICATE_WARN_BEFORE),
        };
        let most = match now / 1000 < limits::CLOCK_UNSET_BEFORE {
            true => limits::API_CERTIFICATE_LOOK_SOON,
            false => limits::API_CERTIFICATE_LOOK,
        };
        Some(if left.is_zero() { most } else { left.min(most) })
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        mem::take(&mut self.sockets).close(&Sockets::default());
    }
}

/// The key of the configuration that stands for a change; `None` for what is done and not kept.
fn choice(change: &ApiChange) -> Option<Choice> {
    match change {
        ApiChange::Network(network) => Some(Choice::Network(*network)),
        ApiChange::Port(port) => Some(Choice::Port(*port)),
        ApiChange::Certificate { cert, key } => Some(Choice::Tls(cert.clone(), key.clone())),
        ApiChange::OwnCertificate => Some(Choice::Tls(String::new(), String::new())),
        _ => None,
    }
}

/// Waits until a door takes nobody in any more.
fn make_way(door: &async_channel::Sender<MakeWay>) {
    let (done, is_done) = async_channel::bounded(1);
    if door.try_send(MakeWay { done }).is_ok() {
        let late = async {
            smol::Timer::after(limits::MAKE_WAY_TIMEOUT).await;
            Ok(())
        };
        // An error says that it has ended already.
        let _ = smol::block_on(async { is_done.recv().await }.or(late));
    }
}

fn failed(dir: &Path, error: &io::Error) -> String {
    format!("the data directory {} cannot be written: {error}", dir.display())
}
