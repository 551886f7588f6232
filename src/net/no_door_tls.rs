//! The HTTP door without TLS: where it is not built in, the API is for this machine only.

use std::convert::Infallible;
use std::sync::Arc;

use super::certificate::Certified;
use super::tls::Error;

/// There is none.
#[derive(Debug)]
pub enum DoorTls {}

impl DoorTls {
    /// Says what to do.
    pub fn read(_cert_path: &str, _key_path: &str) -> Result<Arc<DoorTls>, Error> {
        Err(Error::NotBuilt)
    }

    /// Never called.
    pub fn reload(&self, _unix_ms: i64) -> Result<(), Error> {
        match *self {}
    }

    /// Never called.
    pub fn facts(&self) -> Certified {
        match *self {}
    }

    /// Never called.
    pub fn config(self: &Arc<Self>) -> Result<Infallible, Error> {
        match **self {}
    }
}

/// Says what to do.
pub fn look(_cert_path: &str, _key_path: &str) -> Result<Certified, Error> {
    Err(Error::NotBuilt)
}
