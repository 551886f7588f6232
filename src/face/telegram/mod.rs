//! The Telegram face: Telegram's Bot API (<https://core.telegram.org/bots/api>), so that a program written for it becomes a bot
//! on XMPP and wherever else this server has people, by another base URL. docs/telegram-clients.md has its table of methods,
//! which a test compares with ours (`methods`).
//!
//! `path` finds the token, `params` reads what a call brings, `methods` has the table, `calls` and its neighbours make a
//! `Plan` of a call, `steps` carries it out, `message` and `wire` print. The engine has the numbers.

mod calls;
mod chats;
mod files;
mod message;
mod methods;
mod params;
mod path;
mod refused;
mod settings;
mod steps;
mod wire;

use std::sync::Arc;

use crate::base::json::Fields;
use crate::base::limits;
use crate::core::failure::Failure;
use crate::core::handle::{Dialect, NumberedAsk, Question, Scope};
use crate::face::Context;
use crate::face::policy;
use crate::face::principal::{Denied, Need, Principal};
use crate::http::multipart;
use crate::http::{Reply, Request, Response};
use calls::Plan;
use methods::Work;
use params::Params;
use path::Target;

pub use methods::{METHODS, State};
pub use refused::REFUSED;

const DOWNLOAD: &str = "/file/bot:token/:path";
const OTHER: &str = "/bot:token/:other";

/// How webhooks are told that speak Telegram's dialect.
pub(super) const DIALECT: Dialect =
    Dialect { print: message::update, secret_header: "X-Telegram-Bot-Api-Secret-Token", read: read_answer };

/// The token in a path.
pub(super) fn token(path: &str) -> Option<String> {
    path::read(path).map(|place| place.token)
}

/// The largest body a path takes.
pub(super) fn body_max(path: &str) -> usize {
    let takes_files = path::read(path).is_some_and(|place| match place.target {
        Target::Method(name) => methods::find(name).is_some_and(|method| method.takes_files),
        Target::File(_) => false,
    });
    if takes_files { limits::UPLOAD_BODY_BYTES_MAX } else { limits::BODY_BYTES_MAX }
}

/// Whether a request may wait for a disk: those with files.
pub(super) fn may_block(request: &Request) -> bool {
    match path::read(&request.path).map(|place| place.target) {
        Some(Target::File(_)) => true,
        Some(Target::Method(name)) => {
            let is_form = request.header("content-type").is_some_and(multipart::is_form);
            is_form && methods::find(name).is_some_and(|method| method.takes_files)
        }
        None => false,
    }
}

/// What the endpoint of a request needs. Whoever has no good token learns nothing of what methods there are.
pub(super) fn need(request: &Request) -> Option<Need> {
    if !matches!(&*request.method, "GET" | "POST") {
        return None;
    }
    Some(match path::read(&request.path)?.target {
        Target::File(_) => policy::need("telegram", "GET", DOWNLOAD),
        Target::Method(name) => match methods::find(name) {
            Some(method) => method.need,
            None => policy::need("telegram", "POST", OTHER),
        },
    })
}

/// All endpoints, and what each needs. Each takes GET, too.
pub(super) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    let others = [("GET", DOWNLOAD, policy::need("telegram", "GET", DOWNLOAD)), ("POST", OTHER, methods::OTHERS)];
    METHODS.iter().map(|method| ("POST", method.path, method.need)).chain(others).collect()
}

/// Why somebody is not let in.
pub(super) fn deny(denied: &Denied) -> Response {
    match denied {
        Denied::Busy(limited) => refuse(&Failure::Busy { retry_after_s: limited.retry_after_s }),
        Denied::Unauthorized(_) => wire::error(401, "Unauthorized", None),
        Denied::Guard(refusal) => wire::error(refusal.status, &refusal.sentence().replace('`', ""), None),
    }
}

/// What the engine refused.
pub(super) fn refuse(failure: &Failure) -> Response {
    wire::refuse(failure)
}

/// Answers one request.
pub(super) fn serve(context: &Arc<Context>, request: &Request, principal: Principal) -> Reply {
    let place = path::read(&request.path).filter(|_| matches!(&*request.method, "GET" | "POST"));
    let Some(place) = place else { return Reply::Now(wire::not_found()) };
    let plan = match place.target {
        Target::File(path) => Ok(files::download(path, &context.spool)),
        Target::Method(name) => plan(name, request, context),
    };
    let by = steps::By { caller: principal.into(), peer: request.peer, bot: place.bot };
    let context = Arc::clone(context);
    Reply::Later(Box::pin(async move {
        match plan {
            Ok(plan) => steps::carry_out(&context, &by, plan).await,
            // Only the engine knows whether a token is good, and who has no good one learns nothing but that.
            Err(refusal) => match steps::ask(&context, &by, Question::WhoAmI).await {
                Ok(_) => refusal,
                Err(failure) => wire::refuse(&failure),
            },
        }
    }))
}

/// What a call leads to, or why to nothing.
fn plan(name: &str, request: &Request, context: &Context) -> Result<Plan, Response> {
    let Some(method) = methods::find(name) else {
        return Err(match methods::refused(name) {
            Some(why) => wire::error(400, &format!("Bad Request: {why}"), None),
            None => wire::error(404, "Not Found: method not found", None),
        });
    };
    let plan = Params::read(request, &context.spool).and_then(|params| (method.work)(&params));
    plan.map_err(|failure| wire::refuse(&failure))
}

/// What the answer to a webhook wants done: a method that needs one question and no file.
fn read_answer(name: &str, fields: &Fields) -> Result<NumberedAsk, Failure> {
    let must_be = || Failure::invalid("method", "one that does something in a chat, without a file");
    let method = methods::find(name).ok_or_else(must_be)?;
    match (method.work as Work)(&Params::of_answer(fields))? {
        Plan::Ask(ask, _) if method.need == Need::Bot(Scope::Send) => Ok(*ask),
        _ => Err(must_be()),
    }
}
