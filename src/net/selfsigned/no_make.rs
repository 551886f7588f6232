//! Says what to do where certificates cannot be made.

use std::io;

/// Never succeeds.
pub(super) fn make() -> io::Result<(String, String)> {
    let text = "this binary makes none; name one with `tls_cert` and `tls_key` in the section [api]";
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}
