//! What `[mqtt]` of the configuration means to the client of the broker, and another one in its place when that changes.

use async_channel::{Receiver, Sender};

use super::Error;
use crate::base::call::Trust;
use crate::config::{self, Config, Mqtt, Roots};
use crate::core::handle::{Handle, UpdateKinds};
use crate::mqtt;

/// What is to be done at a broker until told to stop.
pub(super) type Client = (mqtt::Setup, Receiver<()>);

/// The client that runs, if one does.
pub(super) struct Brokers {
    config: (Mqtt, Roots),
    /// Dropped: it takes its leave.
    stop: Option<Sender<()>>,
    /// To the thread of all sockets.
    clients: Sender<Client>,
}

impl Brokers {
    /// Starts the one of the configuration. What is to be done comes out of the receiver.
    pub(super) fn open(config: &Config) -> Result<(Brokers, Receiver<Client>), Error> {
        let (clients, inbox) = async_channel::unbounded();
        let mut brokers = Brokers { config: (Mqtt::default(), config.roots), stop: None, clients };
        brokers.change(config)?;
        Ok((brokers, inbox))
    }

    /// Takes over another configuration: the client of before ends, and then the new one begins. On an error all stays as it
    /// was.
    pub(super) fn change(&mut self, config: &Config) -> Result<(), Error> {
        let next = (config.mqtt.clone(), config.roots);
        if next == self.config {
            return Ok(());
        }
        let setup = prepare(config)?;
        self.stop = None;
        if let Some(setup) = setup {
            let (stop, stopped) = async_channel::bounded(1);
            self.stop = Some(stop);
            // Closed only while the process ends.
            let _ = self.clients.try_send((setup, stopped));
        }
        self.config = next;
        Ok(())
    }

    /// What is in force.
    pub(super) fn config(&self) -> &Mqtt {
        &self.config.0
    }
}

/// On the thread of all sockets: one after the other. The bell rings when an account or a bot may be otherwise than before.
pub(super) async fn serve(clients: Receiver<Client>, handle: Handle, bell: Receiver<()>) {
    while let Ok((setup, stopped)) = clients.recv().await {
        mqtt::run(setup, handle.clone(), (bell.clone(), stopped)).await;
    }
}

fn prepare(config: &Config) -> Result<Option<mqtt::Setup>, Error> {
    let config::Mqtt { broker: Some(broker), .. } = &config.mqtt else { return Ok(None) };
    mqtt::check()?;
    let mqtt = &config.mqtt;
    let updates = UpdateKinds::parse(mqtt.updates.iter().map(String::as_str))
        .map_err(|must_be| Error::Mqtt(format!("`updates` in [mqtt] must be {must_be}")))?;
    let trust = Trust {
        system_roots: config.roots == config::Roots::System,
        ca_file: Some(mqtt.ca_file.clone()).filter(|path| !path.as_os_str().is_empty()),
    };
    Ok(Some(mqtt::Setup {
        host: broker.host.clone(),
        port: broker.port,
        tls: broker.is_tls.then_some(trust),
        user: mqtt.user.clone(),
        password: mqtt.password.clone(),
        client_id: mqtt.client_id.clone(),
        prefix: mqtt.prefix.clone(),
        bots: mqtt.bots.clone(),
        updates,
        discovery: mqtt.discovery,
        send: mqtt.send,
    }))
}
