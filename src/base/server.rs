//! How an XMPP server is reached where DNS and the usual certificates do not do: the rules for `host`, `pin` and
//! `ca_file`, which the configuration, the command line and the API share. An error says what would be right.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use super::jid::Jid;
use super::{limits, text};

/// Checks `host:port`, `tls://host:port`, `[::1]:5222`; the error is what it must be.
pub fn host(text: &str) -> Result<String, String> {
    let wrong = || "\"host:port\", \"tls://host:port\" or, for IPv6, \"[::1]:5222\"".to_string();
    if text.is_empty() {
        return Ok(String::new());
    }
    let (name, port) = text.strip_prefix("tls://").unwrap_or(text).rsplit_once(':').ok_or_else(wrong)?;
    let is_name = match name.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok()),
        // What is a domain name is what a JID may have as one; a second colon is an IPv6 address without brackets.
        None => !name.contains(['/', '@', ':']) && Jid::parse(name).is_ok(),
    };
    if is_port(port) && is_name { Ok(text.to_string()) } else { Err(wrong()) }
}

/// Whether the port of `host` or `host:port`, as a URL has it, can be one.
pub fn has_usable_port(authority: &str) -> bool {
    match authority.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => is_port(port),
        _ => true,
    }
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Checks a certificate's fingerprint and brings it into one form: `sha256:` and 64 lower-case digits.
pub fn pin(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let lower = text.to_ascii_lowercase();
    let digits = lower.strip_prefix("sha256:").unwrap_or_default().replace(':', "");
    let is_right = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let wrong = || "\"sha256:\" and 64 hex digits (colons between them are fine)".to_string();
    is_right.then(|| format!("sha256:{digits}")).ok_or_else(wrong)
}

/// Whether a host as checked by [`host`] is this machine.
pub fn is_loopback(host: &str) -> bool {
    let Some((name, _)) = host.strip_prefix("tls://").unwrap_or(host).rsplit_once(':') else { return false };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Checks a file of certificate authorities; the error is what is wrong with it, to be read behind its name.
pub fn ca_file(path: &Path) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {}", text::plain(&error));
    // What is no file, a pipe for example, would be waited for.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("is no file".to_string());
    }
    let mut pem = Vec::new();
    File::open(path).and_then(|file| file.take(limits::CA_FILE_BYTES_MAX).read_to_end(&mut pem)).map_err(unreadable)?;
    match has_certificates(&String::from_utf8_lossy(&pem)) {
        true => Ok(()),
        false => Err("has no certificate in it (PEM is expected)".to_string()),
    }
}

/// RFC 7468 §5; a certificate is an ASN.1 sequence.
fn has_certificates(pem: &str) -> bool {
    let is_sequence = |block: &str| {
        let body = block.split("-----END CERTIFICATE-----").next().unwrap_or_default();
        let body: String = body.split_whitespace().collect();
        text::unbase64(&body).is_some_and(|der| der.first() == Some(&0x30))
    };
    let mut blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1).peekable();
    blocks.peek().is_some() && blocks.all(is_sequence)
}

#[cfg(test)]
mod tests {
    use super::has_certificates;

    #[test]
    fn certificates_are_known_by_their_form() {
        let one = "-----BEGIN CERTIFICATE-----\nMIIB\nAA==\n-----END CERTIFICATE-----\n";
        for good in [one.to_string(), format!("a comment\r\n{one}{one}")] {
            assert!(has_certificates(&good), "{good}");
        }
        for bad in [
            "",
            "no PEM",
            "-----BEGIN CERTIFICATE-----",
            &one.replace("MIIB", "%%%%"),
            &one.replace("CERTIFICATE", "KEY"),
        ] {
            assert!(!has_certificates(bad), "{bad}");
        }
    }
}
