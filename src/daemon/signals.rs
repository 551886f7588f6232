//! Signals, on the main thread: TERM and INT stop, a second one at once; HUP reads the configuration again, USR1 writes a
//! summary into the log.

use std::process;
use std::sync::{Arc, mpsc};

use async_signal::{Signal, Signals};
use smol::stream::StreamExt;

use super::{Error, Reload, settings, spawn};
use crate::config::Config;
use crate::engine::event::Event;
use crate::net::door_tls::DoorTls;

/// Catches them from here on.
pub(super) fn catch() -> Result<Signals, Error> {
    let wanted = [Signal::Term, Signal::Int, Signal::Hup, Signal::Usr1];
    Signals::new(wanted).map_err(|error| Error::File("the signal handler", error))
}

/// What a signal may touch while the daemon runs.
pub(super) struct Running<'a> {
    /// The configuration the daemon started with, without what is the engine's.
    pub(super) config: &'a Config,
    pub(super) reload: Reload<'a>,
    pub(super) door_tls: Option<Arc<DoorTls>>,
    pub(super) events: &'a mpsc::Sender<Event>,
}

/// Serves signals until one says stop; what comes after that one ends the process at once.
pub(super) fn serve_until_stop(mut signals: Signals, running: &Running<'_>) {
    loop {
        match smol::block_on(signals.next()) {
            Some(Ok(Signal::Hup)) => running.read_again(),
            Some(Ok(Signal::Usr1)) => drop(running.events.send(Event::Report)),
            Some(Ok(Signal::Int)) => break log::info!("stopping (interrupted)"),
            Some(Ok(_)) | None => break log::info!("stopping (terminated)"),
            Some(Err(error)) => log::warn!("a signal could not be read: {error}"),
        }
    }
    let impatient = move || {
        if smol::block_on(signals.next()).is_some() {
            log::warn!("a second signal: stopping at once; what was accepted is safe");
            process::exit(0);
        }
    };
    let _ = spawn("signals", impatient);
}

impl Running<'_> {
    /// Takes over what may change while the daemon runs, and says what may not. A configuration with a mistake changes
    /// nothing.
    fn read_again(&self) {
        let config = match (self.reload)() {
            Ok(config) => config,
            Err(error) => return log::error!("the configuration was not read again; nothing has changed:\n{error}"),
        };
        for warning in &config.warnings {
            log::warn!("{warning}");
        }
        if config.api != self.config.api
            || config.data_dir != self.config.data_dir
            || config.durability != self.config.durability
        {
            log::warn!("changes of data_dir, durability and [api] need a restart");
        }
        if let Some(Err(error)) = self.door_tls.as_ref().map(|tls| tls.reload()) {
            log::error!("the API keeps its certificate: {error}");
        }
        let _ = self.events.send(Event::Reload(Box::new(settings(&config))));
    }
}
