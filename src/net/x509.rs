//! The two facts of an X.509 certificate that rustls does not tell: which hash signed it, and when it expires.
//!
//! Reads just enough DER (RFC 5280 §4.1) to walk to them; a certificate it cannot walk through gives `None`. It decides
//! nothing about trust: that is webpki's affair, before this is asked.

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
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { algorithm OID, … }, signatureValue }
    let (whole, _) = take(certificate, SEQUENCE)?;
    let (_, rest) = take(whole, SEQUENCE)?;
    let (algorithm, _) = take(rest, SEQUENCE)?;
    let (oid, _) = take(algorithm, OID)?;
    // 1.2.840.113549.1.1.x: PKCS #1 (RFC 8017 appendix C); 1.2.840.10045.4.x: ECDSA (RFC 5758 §3.2).
    const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
    match (oid.strip_prefix(PKCS1), oid.strip_prefix(ECDSA)) {
        (Some([4 | 5 | 11]), _) | (_, Some([1] | [3, 2])) => Some(SignatureHash::Sha256),
        (Some([12]), _) | (_, Some([3, 3])) => Some(SignatureHash::Sha384),
        (Some([13]), _) | (_, Some([3, 4])) => Some(SignatureHash::Sha512),
        _ => None,
    }
}

/// When the certificate expires, in milliseconds since 1970.
pub fn not_after(certificate: &[u8]) -> Option<i64> {
    // TBSCertificate ::= SEQUENCE { version [0] OPTIONAL, serialNumber, signature, issuer, validity, … }
    let (whole, _) = take(certificate, SEQUENCE)?;
    let (tbs, _) = take(whole, SEQUENCE)?;
    let tbs = take(tbs, VERSION).map_or(tbs, |(_, rest)| rest);
    let (_, rest) = take(tbs, INTEGER)?;
    let (_, rest) = take(rest, SEQUENCE)?;
    let (_, rest) = take(rest, SEQUENCE)?;
    let (validity, _) = take(rest, SEQUENCE)?;
    let (_, _, rest) = any(validity)?;
    let (tag, value, _) = any(rest)?;
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    // RFC 5280 §4.1.2.5: UTCTime until 2049 (two digits of the year), GeneralizedTime from 2050.
    let full = match tag {
        UTC_TIME if text.len() == 12 && text.is_ascii() => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        GENERALIZED_TIME if text.len() == 14 && text.is_ascii() => text.to_string(),
        _ => return None,
    };
    let at = |from: usize| &full[from..from + 2];
    time::from_rfc3339(&format!("{}-{}-{}T{}:{}:{}Z", &full[..4], at(4), at(6), at(8), at(10), at(12)))
}

/// The day of a point in time, for people: `2027-03-01`.
pub fn date(unix_ms: i64) -> String {
    let text = time::to_rfc3339(unix_ms);
    text.split_once('T').map_or(text.clone(), |(day, _)| day.to_string())
}

const INTEGER: u8 = 0x02;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The value of the first element, which must have this tag, and what follows it.
fn take(data: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    any(data).filter(|element| element.0 == tag).map(|(_, value, rest)| (value, rest))
}

/// Tag and value of the first element, and what follows it.
fn any(data: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = data.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // Long form: the count of length bytes; a certificate needs no more than three.
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}
