//! What the API's certificate says of itself, for those who compare it: in the log, in chats, in answers of the API.

use std::time::Duration;

use super::tls::pin_of;
use super::x509;
use crate::base::limits;

/// What a certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certified {
    /// SHA-256 of all of it, `sha256:…`.
    pub fingerprint: String,
    /// From when to when it is valid, in milliseconds since 1970.
    pub valid_ms: (i64, i64),
    /// The names and addresses it is for.
    pub names: Vec<String>,
}

impl Certified {
    /// Reads a certificate (DER).
    pub fn of(certificate: &[u8]) -> Certified {
        let mut names = x509::names(certificate);
        names.truncate(limits::API_CERTIFICATE_NAMES_MAX);
        Certified { fingerprint: pin_of(certificate), valid_ms: x509::validity(certificate).unwrap_or_default(), names }
    }

    /// Whether it is valid at this time (milliseconds since 1970); the error says why not.
    pub fn check(&self, unix_ms: i64) -> Result<(), String> {
        let (from, until) = self.valid_ms;
        if until <= unix_ms {
            return Err(format!("the certificate has expired on {}", x509::date(until)));
        }
        if from > unix_ms {
            let (from, today) = (x509::date(from), x509::date(unix_ms));
            return Err(format!("the certificate is valid from {from} on, and here it is {today}"));
        }
        Ok(())
    }

    /// How long it is still valid, counted from this time; nothing if it is not.
    pub fn left(&self, unix_ms: i64) -> Duration {
        Duration::from_millis(u64::try_from(self.valid_ms.1.saturating_sub(unix_ms)).unwrap_or(0))
    }

    /// Its last day: `2027-03-01`.
    pub fn last_day(&self) -> String {
        x509::date(self.valid_ms.1)
    }

    /// For the log: fingerprint, names, last day.
    pub fn describe(&self) -> String {
        let names = if self.names.is_empty() { "no names".to_string() } else { self.names.join(", ") };
        format!("{}, for {names}, until {}", self.fingerprint, self.last_day())
    }
}
