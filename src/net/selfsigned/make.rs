//! Makes a certificate and its key, as PEM.

use std::io;

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use crate::base::{limits, time};
use crate::net::now;

/// For this machine's names, from a year ago to some years on; with this key (PEM), if it is one, else with a new one.
pub(super) fn make(key: Option<&str>) -> io::Result<(String, String)> {
    build(key).map_err(io::Error::other)
}

fn build(key: Option<&str>) -> Result<(String, String), rcgen::Error> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if !host.is_empty() && host.is_ascii() {
        // What the machine is called by mDNS (RFC 6762 §3).
        let local = format!("{host}.local");
        names.extend([host.clone()].into_iter().chain((!host.contains('.')).then_some(local)));
    }
    let year: i32 = time::to_rfc3339(now().unix_ms)[..4].parse().unwrap_or(2026);
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Botmother");
    params.not_before = date_time_ymd(year - 1, 1, 1);
    params.not_after = date_time_ymd(year + limits::API_CERTIFICATE_YEARS, 12, 31);
    let key = key.and_then(|key| KeyPair::from_pem(key).ok()).map_or_else(KeyPair::generate, Ok)?;
    let cert = params.self_signed(&key)?;
    Ok((cert.pem(), key.serialize_pem()))
}
