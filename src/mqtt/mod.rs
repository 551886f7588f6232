//! MQTT 3.1.1: what bots hear is published at a broker, how accounts and bots are is kept there, and what others publish for
//! that is sent (docs/mqtt.md).
//!
//! To the rest of the program this is one more program that fetches updates: it asks the engine what a face would ask, so the
//! same rules hold, and an update leaves its queue when the broker has confirmed it. One task on the thread of all sockets does
//! all; while nothing happens it pings.

mod client;
mod feed;
mod packet;
mod sends;
mod topics;

use async_channel::Receiver;

use crate::base::call::Trust;
use crate::base::secret::Secret;
use crate::core::handle::{Handle, UpdateKinds};

/// What is to be done.
#[derive(Debug, Default)]
pub struct Setup {
    /// The broker's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// With it TLS from the first byte.
    pub tls: Option<Trust>,
    /// Whom to log in as; empty: nobody.
    pub user: String,
    /// His password.
    pub password: Secret,
    /// Under which the broker knows us.
    pub client_id: String,
    /// What all topics begin with.
    pub prefix: String,
    /// Names of bots whose updates are published; `*` stands for all.
    pub bots: Vec<String>,
    /// Types of updates that are.
    pub updates: UpdateKinds,
    /// Whether Home Assistant is told what there is.
    pub discovery: bool,
    /// Whether what comes on the topics for that is sent.
    pub send: bool,
}

impl Setup {
    /// Whether the updates of a bot of this name are published.
    fn wants(&self, name: &str) -> bool {
        self.bots.iter().any(|wanted| wanted == "*" || wanted == name)
    }
}

/// Why it cannot be done.
#[derive(Debug)]
pub struct Refusal(pub String);

/// Whether it is built in.
pub fn check() -> Result<(), Refusal> {
    Ok(())
}

/// Does it until told to stop. The bell rings when an account or a bot may be otherwise than before.
pub async fn run(setup: Setup, handle: Handle, (bell, stop): (Receiver<()>, Receiver<()>)) {
    client::Client::new(setup, handle).run(bell, stop).await;
}
