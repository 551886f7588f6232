//! The two facts of an X.509 certificate that rustls does not tell: which hash signed it, and when it expires.
//!
//! A certificate that the parser refuses gives `None`. This decides nothing about trust: that is webpki's affair,
//! before this is asked.

use x509_cert::Certificate;
use x509_cert::der::Decode;

use crate::base::time;

/// Hash function of a certificate's signature, as far as `tls-server-end-point` knows one (RFC 5929 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureHash {
    /// SHA-256, also in place of MD5 and SHA-1 (RFC 5929 §4.1).
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// The hash of the certificate's signature algorithm; `None` for algorithms with no hash or several (Ed25519, PSS).
pub fn signature_hash(certificate: &[u8]) -> Option<SignatureHash> {
    let certificate = Certificate::from_der(certificate).ok()?;
    // PKCS #1: RFC 8017 appendix C; ECDSA: RFC 5758 §3.2.
    match certificate.signature_algorithm.oid.to_string().as_str() {
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.113549.1.1.11" => Some(SignatureHash::Sha256),
        "1.2.840.10045.4.1" | "1.2.840.10045.4.3.2" => Some(SignatureHash::Sha256),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Some(SignatureHash::Sha384),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Some(SignatureHash::Sha512),
        _ => None,
    }
}

/// When the certificate expires, in milliseconds since 1970.
pub fn not_after(certificate: &[u8]) -> Option<i64> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let seconds = certificate.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
    i64::try_from(seconds).ok()?.checked_mul(1000)
}

/// The day of a point in time, for people: `2027-03-01`.
pub fn date(unix_ms: i64) -> String {
    time::to_rfc3339(unix_ms)[..10].to_string()
}
