//! Keys of OMEMO (`/bot/omemo/…`): requests with a token → questions.

use crate::core::failure::Failure;
use crate::core::handle::{KeyQuestion, Policy, Question};
use crate::http::Request;

use super::read;

/// `GET /bot/omemo/status`.
pub(super) fn status(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Keys(KeyQuestion::Status))
}

/// `GET /bot/omemo/devices?jid=`.
pub(super) fn devices(request: &Request) -> Result<Question, Failure> {
    let query = read::query(request)?;
    let jid = query.text("jid").map(|text| read::account("jid", text)).transpose()?;
    Ok(Question::Keys(KeyQuestion::Devices(jid)))
}

/// `POST /bot/omemo/trust`.
pub(super) fn trust(request: &Request) -> Result<Question, Failure> {
    decide(request, true)
}

/// `POST /bot/omemo/distrust`.
pub(super) fn distrust(request: &Request) -> Result<Question, Failure> {
    decide(request, false)
}

/// A device's number may come as a number.
fn decide(request: &Request, trusted: bool) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let jid = fields.text("jid")?.map(|text| read::account("jid", text)).transpose()?;
    let key = match (fields.number("device")?, fields.text("fingerprint")?) {
        (Some(device), None) => device.to_string(),
        (None, Some(fingerprint)) => fingerprint.to_string(),
        _ => return Err(Failure::invalid("fingerprint", "there, or `device`: the key that is meant")),
    };
    Ok(Question::Keys(KeyQuestion::Decide { jid, key, trusted }))
}

/// `POST /bot/omemo/trustPolicy`.
pub(super) fn policy(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let policy = Policy::parse(fields.need_text("policy")?);
    let policy = policy.ok_or_else(|| Failure::invalid("policy", "blind, tofu or pinned"))?;
    Ok(Question::Keys(KeyQuestion::SetPolicy(policy)))
}
