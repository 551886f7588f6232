//! What `[mqtt]` of the configuration means to the client of the broker.

use super::Error;
use crate::base::call::Trust;
use crate::config::{self, Config};
use crate::core::handle::UpdateKinds;
use crate::mqtt;

/// What is to be done at the broker, if there is one.
pub(super) fn prepare(config: &Config) -> Result<Option<mqtt::Setup>, Error> {
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
