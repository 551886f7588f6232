//! What rustls does not tell of an X.509 certificate: which hash signed it, from when to when it is valid, for which names.
//!
//! A certificate that the parser refuses gives `None`. This decides nothing about trust: that is webpki's affair,
//! before this is asked.

use std::net::IpAddr;

use yasna::models::{ObjectIdentifier, TaggedDerValue};
use yasna::tags::TAG_UTCTIME;
use yasna::{ASN1Result, BERReader, BERReaderSeq, Tag};

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
    validity(certificate).map(|(_, until)| until)
}

/// From when to when the certificate is valid, in milliseconds since 1970.
pub fn validity(certificate: &[u8]) -> Option<(i64, i64)> {
    let (from, until) = in_tbs(certificate, |tbs| {
        let times = times(tbs)?;
        rest(tbs)?;
        Ok(times)
    })?;
    Some((from.checked_mul(1000)?, until.checked_mul(1000)?))
}

/// The DNS names and addresses that the certificate is for (subjectAltName, RFC 5280 §4.2.1.6).
pub fn names(certificate: &[u8]) -> Vec<String> {
    let extensions = in_tbs(certificate, |tbs| {
        times(tbs)?;
        let mut extensions = None;
        while let Some(part) = tbs.read_optional(|part| part.read_tagged_der())? {
            if part.tag() == Tag::context(3) {
                extensions = Some(part);
            }
        }
        Ok(extensions)
    });
    let Some(extensions) = extensions.flatten() else { return Vec::new() };
    let all = yasna::parse_der(extensions.value(), |list| list.collect_sequence_of(extension));
    let of_names = |(id, value): (ObjectIdentifier, Vec<u8>)| {
        let is_it = id.components().as_slice() == [2, 5, 29, 17];
        is_it.then(|| yasna::parse_der(&value, |names| names.collect_sequence_of(|name| name.read_tagged_der())).ok())
    };
    let names = all.unwrap_or_default().into_iter().find_map(of_names).flatten().unwrap_or_default();
    names.iter().filter_map(name).collect()
}

/// An extension's name and value; whether it is critical matters to nobody here.
fn extension(extension: BERReader<'_, '_>) -> ASN1Result<(ObjectIdentifier, Vec<u8>)> {
    extension.read_sequence(|parts| {
        let id = parts.next().read_oid()?;
        parts.read_optional(|critical| critical.read_bool())?;
        Ok((id, parts.next().read_bytes()?))
    })
}

/// A dNSName or iPAddress.
fn name(name: &TaggedDerValue) -> Option<String> {
    let value = name.value();
    if name.tag() == Tag::context(2) {
        return std::str::from_utf8(value)
            .ok()
            .filter(|name| name.bytes().all(|b| b.is_ascii_graphic()))
            .map(str::to_string);
    }
    let is_address = name.tag() == Tag::context(7);
    let v4 = <[u8; 4]>::try_from(value).map(IpAddr::from);
    let address = v4.or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from)).ok();
    address.filter(|_| is_address).map(|address| address.to_string())
}

/// Reads the signed part of a certificate.
fn in_tbs<T>(certificate: &[u8], read: impl FnOnce(&mut BERReaderSeq<'_, '_>) -> ASN1Result<T>) -> Option<T> {
    let value = yasna::parse_der(certificate, |reader| {
        reader.read_sequence(|parts| {
            let value = parts.next().read_sequence(read)?;
            rest(parts)?;
            Ok(value)
        })
    });
    value.ok()
}

/// AlgorithmIdentifier (RFC 5280 §4.1.1.2).
fn algorithm(parts: &mut BERReaderSeq<'_, '_>) -> ASN1Result<ObjectIdentifier> {
    let name = parts.next().read_oid()?;
    rest(parts)?;
    Ok(name)
}

/// `validity` of a TBSCertificate (RFC 5280 §4.1), in seconds since 1970; reads up to it.
fn times(parts: &mut BERReaderSeq<'_, '_>) -> ASN1Result<(i64, i64)> {
    parts.read_optional(|version| version.read_tagged(Tag::context(0), |version| version.read_der()))?;
    for _serial_number_signature_issuer in 0..3 {
        parts.next().read_der()?;
    }
    parts.next().read_sequence(|validity| Ok((time_of(validity.next())?, time_of(validity.next())?)))
}

/// RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
fn time_of(time: BERReader<'_, '_>) -> ASN1Result<i64> {
    Ok(match time.lookahead_tag()? {
        TAG_UTCTIME => time.read_utctime()?.datetime().unix_timestamp(),
        _ => time.read_generalized_time()?.datetime().unix_timestamp(),
    })
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
