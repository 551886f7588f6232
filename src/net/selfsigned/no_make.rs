//! Says what to do where certificates cannot be made.

use std::io;

use crate::net::tls::Error;

/// Never succeeds.
pub(super) fn make(_key: Option<&str>) -> io::Result<(String, String)> {
    Err(io::Error::new(io::ErrorKind::Unsupported, Error::NotBuilt.to_string()))
}
