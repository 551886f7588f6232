//! Credentials → [`Caller`]: who may ask what, decided before a body is looked at.
//!
//! Bots show their bearer token, which only the engine can judge. Management is open to this machine (docs/api.md), or
//! needs the admin token: always in network mode and with `api.admin = "token"`.

use crate::base::remedy::Place;
use crate::base::secret::Secret;
use crate::engine::failure::Failure;
use crate::engine::handle::Caller;
use crate::http::{Request, Response, guard};

use super::wire;

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Who has management rights.
    Admin,
    /// A bot's program.
    Bot,
}

/// When management needs the admin token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminNeeds {
    /// Not on this machine: the local check or the token.
    LoopbackOrToken,
    /// Always.
    Token,
}

/// Who has management rights.
pub struct AdminRule {
    /// When the token is needed.
    pub needs: AdminNeeds,
    /// The admin token; an empty one admits nobody.
    pub token: Secret,
}

/// Who is asking, or the refusal.
pub(super) fn caller(rule: &AdminRule, access: Access, request: &Request) -> Result<Caller, Response> {
    match access {
        Access::Open => Ok(Caller::Anybody),
        Access::Admin => admin(rule, request),
        Access::Bot => match bearer(request) {
            Some(token) => Ok(Caller::Bot(token)),
            None => Err(unauthorized("the header `Authorization` must be there: Bearer and the bot's token")),
        },
    }
}

fn admin(rule: &AdminRule, request: &Request) -> Result<Caller, Response> {
    let is_known = !rule.token.is_empty() && bearer(request).is_some_and(|token| token == rule.token);
    if is_known {
        return Ok(Caller::Admin);
    }
    match rule.needs {
        AdminNeeds::Token => Err(unauthorized("the header `Authorization` must be there: Bearer and the admin token")),
        AdminNeeds::LoopbackOrToken => {
            guard::is_local(request).map(|()| Caller::Admin).map_err(|refusal| refusal.to_response())
        }
    }
}

fn bearer(request: &Request) -> Option<Secret> {
    guard::bearer(request).ok().flatten().map(Secret::new)
}

fn unauthorized(why: &str) -> Response {
    wire::refuse(&Failure::Unauthorized(why.to_string()), Place::Api)
}
