//! The two facts of an X.509 certificate that rustls does not tell: which hash signed it, and when it expires.
//!
//! A certificate that the parser refuses gives `None`. This decides nothing about trust: that is webpki's affair,
//! before this is asked.

use yasna::models::ObjectIdentifier;
use yasna::tags::TAG_UTCTIME;
use yasna::{ASN1Result, BERReaderSeq, Tag};

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
    let algorithm = yasna::parse_der(certificate, |reader| {
        reader.read_sequence(|parts| {
            parts.next().read_der()?;
            let algorithm = parts.next().read_sequence(algorithm)?;
            parts.next().read_der()?;
            Ok(algorithm)
        })
    });
    // PKCS #1: RFC 8017 appendix C; ECDSA: RFC 5758 §3.2.
    match algorithm.ok()?.components().as_slice() {
        [1, 2, 840, 113549, 1, 1, 4 | 5 | 11] | [1, 2, 840, 10045, 4, 1] | [1, 2, 840, 10045, 4, 3, 2] => {
            Some(SignatureHash::Sha256)
        }
        [1, 2, 840, 113549, 1, 1, 12] | [1, 2, 840, 10045, 4, 3, 3] => Some(SignatureHash::Sha384),
        [1, 2, 840, 113549, 1, 1, 13] | [1, 2, 840, 10045, 4, 3, 4] => Some(SignatureHash::Sha512),
        _ => None,
    }
}

/// When the certificate expires, in milliseconds since 1970.
pub fn not_after(certificate: &[u8]) -> Option<i64> {
    let seconds = yasna::parse_der(certificate, |reader| {
        reader.read_sequence(|parts| {
            let seconds = parts.next().read_sequence(expiry)?;
            rest(parts)?;
            Ok(seconds)
        })
    });
    seconds.ok()?.checked_mul(1000)
}

/// AlgorithmIdentifier (RFC 5280 §4.1.1.2).
fn algorithm(parts: &mut BERReaderSeq<'_, '_>) -> ASN1Result<ObjectIdentifier> {
    let name = parts.next().read_oid()?;
    rest(parts)?;
    Ok(name)
}

/// `validity.notAfter` of a TBSCertificate (RFC 5280 §4.1), in seconds since 1970.
fn expiry(parts: &mut BERReaderSeq<'_, '_>) -> ASN1Result<i64> {
    parts.read_optional(|version| version.read_tagged(Tag::context(0), |version| version.read_der()))?;
    for _serial_number_signature_issuer in 0..3 {
        parts.next().read_der()?;
    }
    let seconds = parts.next().read_sequence(|validity| {
        validity.next().read_der()?;
        let not_after = validity.next();
        // RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
        Ok(match not_after.lookahead_tag()? {
            TAG_UTCTIME => not_after.read_utctime()?.datetime().unix_timestamp(),
            _ => not_after.read_generalized_time()?.datetime().unix_timestamp(),
        })
    })?;
    rest(parts)?;
    Ok(seconds)
}

/// Reads over what is left of a sequence.
fn rest(parts: &mut BERReaderSeq<'_, '_>) -> ASN1Result<()> {
    while parts.read_optional(|part| part.read_der())?.is_some() {}
    Ok(())
}

/// The day of a point in time, for people: `2027-03-01`.
pub fn date(unix_ms: i64) -> String {
    time::to_rfc3339(unix_ms)[..10].to_string()
}
