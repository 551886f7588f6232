//! A connection for a protocol that is not HTTP: opened as calls' are, with the same trust.

use std::time::Duration;

use ureq::http::Uri;

use super::wire::Wire;
use crate::base::call::{CallError, HttpCall, Trust};

/// An open connection, and what was read from it. Dropping it closes it.
pub struct Link(Wire);

impl Link {
    /// Connects to a host; with trust by TLS.
    pub async fn open(host: &str, port: u16, trust: Option<Trust>, limit: Duration) -> Result<Link, CallError> {
        let scheme = if trust.is_some() { "https" } else { "http" };
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_string() };
        let url = format!("{scheme}://{host}:{port}/");
        let uri: Uri = url.parse().map_err(|_| CallError::Invalid(format!("{host} is no host")))?;
        let call = HttpCall {
            connect_timeout: limit,
            trust: trust.unwrap_or_default(),
            silence_max: None,
            ..HttpCall::new("GET", url)
        };
        Ok(Link(Wire::open(&call, &uri).await?))
    }

    /// Writes all.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), CallError> {
        self.0.send(bytes).await
    }

    /// Reads more; false at the end. May be dropped while it waits.
    pub async fn fill(&mut self) -> Result<bool, CallError> {
        self.0.fill().await
    }

    /// What was read and not forgotten.
    pub fn unread(&self) -> &[u8] {
        &self.0.buffer
    }

    /// So many bytes were used.
    pub fn forget(&mut self, used: usize) {
        self.0.forget(used);
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}
