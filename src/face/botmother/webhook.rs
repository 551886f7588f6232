//! Webhooks (docs/webhooks.md): requests with a token → questions.

use crate::base::id::UpdateId;
use crate::base::json::Fields;
use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{Delivery, NewWebhook, Question, UpdateKinds};
use crate::http::Request;

use super::read;

/// `POST /bot/setWebhook`.
pub(super) fn set(request: &Request) -> Result<Question, Failure> {
    let fields = read::fields(request)?;
    let kinds =
        |names: Vec<&str>| UpdateKinds::parse(names).map_err(|must_be| Failure::invalid("allowed_updates", must_be));
    Ok(Question::SetWebhook(NewWebhook {
        url: fields.need_text("url")?.to_string(),
        secret: fields.text("secret")?.filter(|secret| !secret.is_empty()).map(Secret::new),
        allowed: fields.texts("allowed_updates")?.map(kinds).transpose()?,
        drop_pending: fields.truth("drop_pending_updates")?.unwrap_or(false),
    }))
}

/// `POST /bot/deleteWebhook`; DinoX's has no body.
pub(super) fn delete(request: &Request) -> Result<Question, Failure> {
    let in_body = match request.body.trim_ascii() {
        [] => None,
        _ => read::fields(request)?.truth("drop_pending_updates")?,
    };
    let in_query = match read::query(request)?.text("drop_pending_updates") {
        None | Some("false" | "False" | "0") => false,
        Some("true" | "True" | "1") => true,
        Some(_) => return Err(Failure::invalid("drop_pending_updates", "true or false")),
    };
    Ok(Question::DeleteWebhook { drop_pending: in_body.unwrap_or(in_query) })
}

/// `GET /bot/getWebhookInfo`.
pub(super) fn info(_: &Request) -> Result<Question, Failure> {
    Ok(Question::WebhookInfo)
}

/// `POST /bot/replayWebhook`: one of `update_id` and `delivery_id`.
pub(super) fn replay(request: &Request) -> Result<Question, Failure> {
    let fields: Fields = read::fields(request)?;
    let wanted = match (fields.number("update_id")?, fields.text("delivery_id")?) {
        (Some(id), _) => Delivery::Update(UpdateId(id)),
        (None, Some(id)) => Delivery::Id(id.to_string()),
        (None, None) => return Err(Failure::invalid("update_id", "there, or `delivery_id`: what is to be repeated")),
    };
    Ok(Question::ReplayWebhook(wanted))
}
