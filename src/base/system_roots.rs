//! The certificates that the operating system trusts.

/// Each as DER, and why there are no more.
pub fn load() -> (Vec<Vec<u8>>, String) {
    let found = rustls_native_certs::load_native_certs();
    let why = found.errors.first().map_or("it is empty".to_string(), ToString::to_string);
    (found.certs.into_iter().map(|certificate| certificate.as_ref().to_vec()).collect(), why)
}
