//! `/bot/server` (docs/api.md): how the API itself is reached, and another way from now on.

use crate::base::json::{self, Fields, Object};
use crate::core::failure::Failure;
use crate::core::handle::{ApiChange, CertificateInfo, Question, ServerInfo};
use crate::http::Request;

use super::read;

/// `GET /bot/server`.
pub(super) fn show(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Server)
}

/// `POST /bot/server`: what is absent stays.
pub(super) fn change(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let mut all = Vec::new();
    match fields.text("mode")? {
        None => {}
        Some("local") => all.push(ApiChange::Network(false)),
        Some("network") => all.push(ApiChange::Network(true)),
        Some(_) => return Err(Failure::invalid("mode", "local or network")),
    }
    if let Some(port) = fields.number("port")? {
        let port = u16::try_from(port).ok().filter(|port| *port >= 1024);
        all.push(ApiChange::Port(port.ok_or_else(|| Failure::invalid("port", "a number from 1024 to 65535"))?));
    }
    all.extend(certificate(&fields)?);
    let work = match fields.text("certificate")? {
        None => None,
        Some("reload") => Some(ApiChange::ReadCertificate),
        Some("renew") => Some(ApiChange::RenewCertificate),
        Some(_) => return Err(Failure::invalid("certificate", "reload or renew")),
    };
    match (work, all.is_empty()) {
        (Some(work), true) => Ok(Question::ChangeServer(work)),
        // One of both could fail when the other is done.
        (Some(_), false) => Err(Failure::invalid("certificate", "alone, without a change of mode, port or files")),
        (None, false) => Ok(Question::ChangeServer(ApiChange::All(all))),
        (None, true) => {
            let what = "there, or `port`, or `tls_cert` and `tls_key`, or `certificate`";
            Err(Failure::invalid("mode", what))
        }
    }
}

/// `tls_cert` and `tls_key`: both are files, or both empty for a self-signed certificate.
fn certificate(fields: &Fields) -> Result<Option<ApiChange>, Failure> {
    let wrong = |field: &str| Failure::invalid(field, "the whole path of a PEM file, beginning with a slash");
    match (fields.text("tls_cert")?, fields.text("tls_key")?) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Failure::invalid("tls_cert", "there beside `tls_key`")),
        (Some(_), None) => Err(Failure::invalid("tls_key", "there beside `tls_cert`")),
        (Some(""), Some("")) => Ok(Some(ApiChange::OwnCertificate)),
        (Some(cert), Some(_)) if !cert.starts_with('/') => Err(wrong("tls_cert")),
        (Some(_), Some(key)) if !key.starts_with('/') => Err(wrong("tls_key")),
        (Some(cert), Some(key)) => Ok(Some(ApiChange::Certificate { cert: cert.to_string(), key: key.to_string() })),
    }
}

/// What is told of it.
pub(super) fn info(info: &ServerInfo) -> Object {
    let mode = if info.is_network { "network" } else { "local" };
    let management = if info.needs_admin_token { "token" } else { "loopback" };
    let members = Object::new()
        .text("mode", mode)
        .text("url", &info.url)
        .number("port", i64::from(info.port))
        .raw("addresses", &texts(&info.addresses));
    let members = match info.socket.as_str() {
        "" => members.raw("socket", "null"),
        socket => members.text("socket", socket),
    };
    let certificate = info.certificate.as_ref().map_or("null".to_string(), |certificate| one(certificate).end());
    members
        .text("management", management)
        .number("rate_limit", i64::from(info.rate_limit))
        .raw("trusted_proxies", &texts(&info.trusted_proxies))
        .raw("certificate", &certificate)
}

fn one(certificate: &CertificateInfo) -> Object {
    Object::new()
        .text("file", &certificate.file)
        .truth("self_signed", certificate.is_ours)
        .text("fingerprint", &certificate.fingerprint)
        .raw("names", &texts(&certificate.names))
        .number("valid_from", certificate.valid_from)
        .number("valid_until", certificate.valid_until)
}

fn texts(all: &[String]) -> String {
    json::array(all.iter().map(|text| json::text(text)))
}
