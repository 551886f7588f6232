//! In the place of MQTT, where it is left out.

use async_channel::Receiver;

use crate::base::call::Trust;
use crate::base::secret::Secret;
use crate::core::handle::{Handle, UpdateKinds};

/// What would be done.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Setup {
    pub host: String,
    pub port: u16,
    pub tls: Option<Trust>,
    pub user: String,
    pub password: Secret,
    pub client_id: String,
    pub prefix: String,
    pub bots: Vec<String>,
    pub updates: UpdateKinds,
    pub discovery: bool,
    pub send: bool,
}

/// Why it is not.
#[derive(Debug)]
pub struct Refusal(pub String);

/// Whether it is built in.
pub fn check() -> Result<(), Refusal> {
    Err(Refusal("MQTT is not built into this binary; leave `broker` in [mqtt] out".to_string()))
}

/// Never.
pub async fn run(_: Setup, _: Handle, _: (Receiver<()>, Receiver<()>)) {}
