//! Settings of ejabberd's HTTP API, with which accounts for bots are made (docs/xmpp.md): requests → questions.

use crate::base::secret::Secret;
use crate::core::failure::Failure;
use crate::core::handle::{EjabberdSettings, Question};
use crate::http::Request;

use super::read;

/// `GET /bot/ejabberd/settings`.
pub(super) fn show(_: &Request) -> Result<Question, Failure> {
    Ok(Question::Ejabberd)
}

/// `POST /bot/ejabberd/settings`.
pub(super) fn save(request: &Request) -> Result<Question, Failure> {
    settings(request).map(Question::SetEjabberd)
}

/// `POST /bot/ejabberd/test`; without a body the saved settings are tried.
pub(super) fn test(request: &Request) -> Result<Question, Failure> {
    if request.body.is_empty() {
        return Ok(Question::TestEjabberd(EjabberdSettings::default()));
    }
    settings(request).map(Question::TestEjabberd)
}

fn settings(request: &Request) -> Result<EjabberdSettings, Failure> {
    let fields = read::fields(request)?;
    let text = |name: &str| fields.text(name).map(|text| text.map(str::to_string));
    Ok(EjabberdSettings {
        api_url: text("api_url")?,
        host: text("host")?,
        admin_jid: text("admin_jid")?,
        admin_password: text("admin_password")?.map(Secret::new),
    })
}
