//! Signals, on the main thread: TERM and INT stop, a second one at once; HUP reads the configuration again, USR1 writes a
//! summary into the log.

use std::pin::pin;
use std::process;

use async_signal::{Signal, Signals};
use smol::Timer;
use smol::future::FutureExt;
use smol::stream::StreamExt;

use super::entrance::Entrance;
use super::notify::{Notify, Vitals};
use super::{Beside, Error, Reload, settings, spawn};
use crate::base::limits;
use crate::config::Config;
use crate::core::effect::Rebind;
use crate::core::handle::{Caller, Handle, Question};
use crate::engine::event::Event;

/// Catches them from here on.
pub(super) fn catch() -> Result<Signals, Error> {
    let wanted = [Signal::Term, Signal::Int, Signal::Hup, Signal::Usr1];
    Signals::new(wanted).map_err(|error| Error::File("the signal handler", error))
}

enum Wake {
    Signal(Option<std::io::Result<Signal>>),
    Rebind(Rebind),
    /// The API's certificate may come to its end.
    Look,
}

/// Serves signals, and wishes for another API, until a signal says stop; what comes after that one ends the process at
/// once.
pub(super) fn serve_until_stop(
    mut signals: Signals,
    (entrance, beside): (&mut Entrance, &mut Beside),
    rebinds: &async_channel::Receiver<Rebind>,
    (notify, vitals): (&Notify, &Vitals),
    reload: Reload<'_>,
) {
    let mut attending = pin!(notify.attend(vitals));
    loop {
        let attend = async {
            attending.as_mut().await;
            std::future::pending().await
        };
        let signal = async { Wake::Signal(signals.next().await) };
        let rebind = async {
            match rebinds.recv().await {
                Ok(wish) => Wake::Rebind(wish),
                // The engine has gone: a signal will end the rest.
                Err(_) => std::future::pending().await,
            }
        };
        let look = async {
            match entrance.look_after() {
                Some(time) => drop(smol::Timer::after(time).await),
                None => std::future::pending().await,
            }
            Wake::Look
        };
        match smol::block_on(signal.or(rebind).or(look).or(attend)) {
            Wake::Look => entrance.look(),
            Wake::Rebind(wish) => entrance.change(wish, reload),
            Wake::Signal(Some(Ok(Signal::Hup))) => {
                notify.reloading();
                read_again(entrance, beside, reload);
                taken_over(&vitals.handle);
                notify.ready();
            }
            Wake::Signal(Some(Ok(Signal::Usr1))) => drop(entrance.events.send(Event::Report)),
            Wake::Signal(Some(Ok(Signal::Int))) => break log::info!("stopping (interrupted)"),
            Wake::Signal(Some(Ok(_)) | None) => break log::info!("stopping (terminated)"),
            Wake::Signal(Some(Err(error))) => log::warn!("a signal could not be read: {error}"),
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

/// Waits until the engine has taken over what it was told.
fn taken_over(handle: &Handle) {
    let heard = async {
        let _ = handle.ask(Caller::Anybody, Question::Health).outcome().await;
    };
    let late = async {
        Timer::after(limits::RELOAD_TIMEOUT).await;
    };
    smol::block_on(heard.or(late));
}

/// Takes over what may change while the daemon runs, and says what may not. A configuration with a mistake changes
/// nothing; of what cannot be done, such as to listen at a port that another program has, that one thing stays as it was.
fn read_again(entrance: &mut Entrance, beside: &mut Beside, reload: Reload<'_>) {
    let config = match (reload.read)() {
        Ok(config) => config,
        Err(error) => return log::error!("the configuration was not read again; nothing has changed:\n{error}"),
    };
    (reload.set_log_format)(config.log_format);
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    let now = &entrance.config;
    if config.data_dir != now.data_dir || config.durability != now.durability {
        log::warn!("changes of data_dir and durability need a restart");
    }
    if let Err(error) = beside.scrapes.change(&config.metrics) {
        log::error!("[metrics] stays as it was: {error}");
    }
    if let Err(error) = beside.brokers.change(&config) {
        log::error!("[mqtt] stays as it was: {error}");
    }
    let config = Config { mqtt: beside.brokers.config().clone(), ..config };
    entrance.read_again(&config);
    let _ = entrance.events.send(Event::Reload(Box::new(settings(&config))));
}
