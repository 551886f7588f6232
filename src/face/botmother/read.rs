//! Reading what a request brings: JSON members and query values, with errors that name the field.

use std::time::Duration;

use crate::base::jid::{BareJid, Jid};
use crate::base::json::Fields;
use crate::base::{limits, text};
use crate::core::failure::Failure;
use crate::http::Request;

const JID: &str = "a JID, for example user@example.org";

/// The body's members.
pub(super) fn fields(request: &Request) -> Result<Fields, Failure> {
    Ok(Fields::parse(&request.body)?)
}

/// The query's values.
pub(super) fn query(request: &Request) -> Result<Query, Failure> {
    let pairs = text::query_pairs(&request.query);
    pairs
        .map(Query)
        .ok_or_else(|| Failure::invalid("query", "percent-encoded UTF-8, for example account=user%40example.org"))
}

/// An address.
pub(super) fn jid(field: &str, value: &str) -> Result<Jid, Failure> {
    Jid::parse_any(value).map_err(|_| Failure::invalid(field, JID))
}

/// The address of an account: with a user's name, whatever resource cut off.
pub(super) fn account(field: &str, value: &str) -> Result<BareJid, Failure> {
    match BareJid::parse(value) {
        Ok(jid) if jid.local().is_some() => Ok(jid),
        _ => Err(Failure::invalid(field, JID)),
    }
}

/// The decoded query.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// The first value of that name; an empty one counts as missing.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A whole number; one too large for us is as good as the largest.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let number: i128 = text.parse().map_err(|_| Failure::invalid(key, "a whole number"))?;
        Ok(Some(number.clamp(i64::MIN.into(), i64::MAX.into()) as i64))
    }
}

/// How long to wait, in whole seconds.
pub(super) fn timeout(query: &Query) -> Result<Duration, Failure> {
    let seconds = query.number("timeout")?.unwrap_or(0).clamp(0, limits::POLL_SECONDS_MAX);
    Ok(Duration::from_secs(seconds.unsigned_abs()))
}
