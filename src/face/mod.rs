//! Layer 5: the faces. Each speaks the HTTP of one original and translates it to questions for the engine.
//!
//! This file is the mount table: which face answers which paths, how its callers log in, and how large a body may be. The
//! door and the daemon ask the table, and know no face by name; faces do not know each other. [`principal`] decides who
//! is calling. A new face is a folder, a row and its `mod` line.

#[cfg(any(feature = "face-web", feature = "face-panel"))]
mod assets;
#[cfg(feature = "face-botmother")]
pub mod botmother;
#[cfg(feature = "face-botyard")]
pub mod botyard;
#[cfg(feature = "face-panel")]
pub mod panel;
#[cfg(feature = "face-telegram")]
pub mod telegram;
#[cfg(feature = "face-web")]
pub mod web;
#[cfg(feature = "openapi")]
mod openapi;
pub mod policy;
pub mod principal;
pub mod session;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::base::limits;
use crate::base::shelf::Shelf;
use crate::base::spool::Spool;
use crate::base::time::Now;
use crate::core::failure::Failure;
use crate::core::handle::{Dialect, Handle, Metric, Question, WebMessage};
use crate::http::refusal::Refusal;
use crate::http::{Admit, Promise, Reply, Request, Response, Serve};
use principal::{Denied, Gate, Login, Need, Principal};

/// One face's row.
struct Mount {
    /// Its name in the policy: that of its folder.
    name: &'static str,
    /// All its endpoints: method, path, and what it needs.
    routes: fn() -> Vec<(&'static str, &'static str, Need)>,
    /// Its paths: these, and all below them. A `*` at the end stands for the rest of a segment, of one character at least.
    prefixes: &'static [&'static str],
    /// How its callers show who they are.
    login: Login,
    /// The largest body of a path.
    body_max: fn(&str) -> usize,
    /// Whether a request may wait for a disk.
    may_block: fn(&Request) -> bool,
    /// What the endpoint at a method and path needs; `None` where there is none.
    need: fn(&Request) -> Option<Need>,
    /// Answers one request of whoever was let in. It returns at once, where it may not block: what waits is a future.
    serve: fn(&Arc<Context>, &Request, Principal) -> Reply,
    /// Says why somebody is not let in.
    deny: fn(&Denied) -> Response,
    /// Says what the engine refused.
    refuse: fn(&Failure) -> Response,
}

/// All faces. The first one also refuses the paths that nobody has.
const MOUNTS: &[Mount] = &[
    #[cfg(feature = "face-botmother")]
    Mount {
        name: "botmother",
        routes: botmother::routes,
        prefixes: &["/bot", "/local", "/account", "/user", "/health", "/livez", "/readyz", "/metrics"],
        login: Login::Bearer,
        body_max: botmother::body_max,
        may_block: botmother::may_block,
        need: botmother::need,
        serve: botmother::serve,
        deny: botmother::deny,
        refuse: botmother::refuse,
    },
    #[cfg(feature = "face-telegram")]
    Mount {
        name: "telegram",
        routes: telegram::routes,
        prefixes: &["/bot*", "/file/bot*"],
        login: Login::InPath(telegram::token),
        body_max: telegram::body_max,
        may_block: telegram::may_block,
        need: telegram::need,
        serve: telegram::serve,
        deny: telegram::deny,
        refuse: telegram::refuse,
    },
    #[cfg(feature = "face-panel")]
    Mount {
        name: "panel",
        routes: panel::routes,
        prefixes: &["/panel"],
        login: Login::Bearer,
        body_max: |_| limits::PANEL_SIGN_IN_BYTES_MAX,
        may_block: |_| false,
        need: panel::need,
        serve: panel::serve,
        deny: panel::deny,
        refuse: panel::refuse,
    },
    #[cfg(feature = "face-botyard")]
    Mount {
        name: "botyard",
        routes: botyard::routes,
        prefixes: &["/v1/client-api"],
        login: Login::Cookie(botyard::COOKIE),
        body_max: botyard::body_max,
        may_block: botyard::may_block,
        need: botyard::need,
        serve: botyard::serve,
        deny: botyard::deny,
        refuse: botyard::refuse,
    },
    #[cfg(feature = "face-botyard")]
    Mount {
        name: "botyard",
        routes: botyard::bot::routes,
        prefixes: &["/v1/bot-api"],
        login: Login::Whole,
        body_max: botyard::bot::body_max,
        may_block: botyard::bot::may_block,
        need: botyard::bot::need,
        serve: botyard::bot::serve,
        deny: botyard::bot::deny,
        refuse: botyard::bot::refuse,
    },
    #[cfg(feature = "face-botyard")]
    Mount {
        name: "botyard",
        routes: botyard::files::routes,
        prefixes: &["/static"],
        login: Login::None,
        body_max: botyard::body_max,
        may_block: |_| true,
        need: botyard::files::need,
        serve: botyard::files::serve,
        deny: botyard::deny,
        refuse: botyard::refuse,
    },
    #[cfg(feature = "face-botyard")]
    Mount {
        name: "botyard",
        routes: botyard::admin::routes,
        prefixes: &["/v1/admin-api"],
        login: Login::Whole,
        body_max: botyard::body_max,
        may_block: |_| false,
        need: botyard::admin::need,
        serve: botyard::admin::serve,
        deny: botyard::admin::deny,
        refuse: botyard::admin::refuse,
    },
    #[cfg(feature = "openapi")]
    Mount {
        name: "openapi",
        routes: openapi::routes,
        prefixes: &["/openapi.json", "/v1/openapi.json"],
        login: Login::None,
        body_max: openapi::body_max,
        may_block: |_| false,
        need: openapi::need,
        serve: openapi::serve,
        deny: openapi::deny,
        refuse: openapi::refuse,
    },
    #[cfg(any(feature = "face-web", feature = "face-panel"))]
    Mount {
        name: "assets",
        routes: assets::routes,
        prefixes: &["/assets"],
        login: Login::None,
        body_max: assets::body_max,
        may_block: |_| false,
        need: assets::need,
        serve: |_, request, _| Reply::Now(assets::file(request)),
        deny: assets::deny,
        refuse: assets::refuse,
    },
    #[cfg(feature = "face-web")]
    Mount {
        name: "web",
        routes: web::routes,
        prefixes: &["/"],
        login: Login::None,
        body_max: assets::body_max,
        may_block: |_| false,
        need: web::need,
        serve: web::serve,
        deny: assets::deny,
        refuse: assets::refuse,
    },
];

/// What all faces work with.
pub struct Context {
    /// Asks the engine.
    pub handle: Handle,
    /// Decides who is calling.
    pub gate: Gate,
    /// Where the API is reached, without a slash at its end: `http://localhost:7842`.
    pub base_url: String,
    /// Where files lie on their way.
    pub spool: Spool,
    /// Where files lie that stay.
    pub shelf: Shelf,
    /// Reads the clocks.
    pub now: fn() -> Now,
    /// Ready after this time, where a reply is waited for.
    pub after: fn(Duration) -> Promise<()>,
    /// Numbers of the process itself, beside the engine's.
    pub process: fn() -> Vec<Metric>,
    /// Has the configuration read anew, soon.
    pub reload: fn(),
}

/// All faces as one function for the HTTP server.
pub fn mount(context: Arc<Context>) -> Arc<Serve> {
    Arc::new(move |request: Request| -> Reply { serve(&context, &request) })
}

/// Who may send a large body, for the door.
pub fn gate(context: Arc<Context>) -> Arc<Admit> {
    Arc::new(move |head: &Request| may_send(&context, head))
}

/// The largest body a path takes.
pub fn body_max(path: &str) -> usize {
    find(path).map_or(limits::BODY_BYTES_MAX, |mount| (mount.body_max)(path))
}

/// Whether a request may wait for a disk.
pub fn may_block(request: &Request) -> bool {
    request.file.is_some() || find(&request.path).is_some_and(|mount| (mount.may_block)(request))
}

/// Says what the door has against a body for this path.
pub fn refuse(path: &str, refusal: Refusal) -> Response {
    find(path).map_or_else(|| refusal.to_response(), |mount| (mount.deny)(&Denied::Guard(refusal)))
}

/// How webhooks are told that speak another dialect than our own.
pub fn dialect() -> Option<Dialect> {
    DIALECTS.first().copied()
}

/// How messages are printed for webhooks that are told them as pages know them.
pub fn plain_message() -> Option<fn(&WebMessage) -> String> {
    PLAIN_MESSAGES.first().copied()
}

/// How messages are printed for them.
const PLAIN_MESSAGES: &[fn(&WebMessage) -> String] = &[
    #[cfg(feature = "face-botyard")]
    botyard::said,
];

/// Dialects of webhooks.
const DIALECTS: &[Dialect] = &[
    #[cfg(feature = "face-telegram")]
    telegram::DIALECT,
];

/// The row of a request. What no face has is the chat page's where a person asks for it, and the first face's elsewhere.
fn find_for(request: &Request) -> Option<&'static Mount> {
    let page = || known("/").filter(|_| is_for_people(request));
    known(&request.path).or_else(page).or(MOUNTS.first())
}

/// Whether a person follows a link, or has typed an address.
fn is_for_people(request: &Request) -> bool {
    request.method == "GET" && request.header("accept").is_some_and(|types| types.contains("text/html"))
}

/// The row of a path; of one that no face has, the first.
fn find(path: &str) -> Option<&'static Mount> {
    known(path).or(MOUNTS.first())
}

/// The row of a path that some face has.
fn known(path: &str) -> Option<&'static Mount> {
    let is_below = |prefix: &&str| match prefix.strip_suffix('*') {
        Some(begin) => path.strip_prefix(begin).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')),
        None => path.strip_prefix(*prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    };
    MOUNTS.iter().find(|mount| mount.prefixes.iter().any(is_below))
}

/// Answers one request. The order of checks: address limit, path and method, credentials, body.
fn serve(context: &Arc<Context>, request: &Request) -> Reply {
    let Some(mount) = find_for(request) else {
        return Reply::Now(Refusal::new(404, "not_found", "there is no such path").to_response());
    };
    let need = (mount.need)(request).unwrap_or(Need::Nothing);
    let principal = match context.gate.enter(mount.login, need, request) {
        Ok(principal) => principal,
        Err(denied) => return Reply::Now(denied_to(context, mount, request.peer, &denied)),
    };
    // Who signs in shows credentials in the body.
    let is_to_be_judged = principal.is_to_be_judged() || need == Need::OwnPages;
    match (mount.serve)(context, request, principal) {
        Reply::Later(promise) if is_to_be_judged => {
            let (context, peer) = (Arc::clone(context), request.peer);
            Reply::Later(Box::pin(async move { judged(&context, mount, peer, promise.await) }))
        }
        reply => reply,
    }
}

/// A refusal; of credentials the audit log hears, as it does of those that the engine refuses.
fn denied_to(context: &Context, mount: &Mount, peer: IpAddr, denied: &Denied) -> Response {
    if matches!(denied, Denied::Unauthorized(_)) {
        context.handle.refused(peer);
    }
    (mount.deny)(denied)
}

/// Every endpoint of every face: face, method, path, and what it needs.
pub fn routes() -> Vec<policy::Rule> {
    let rules = |mount: &'static Mount| {
        let routes = (mount.routes)().into_iter();
        routes.map(|(method, path, need)| policy::Rule { face: mount.name, method, path, need })
    };
    MOUNTS.iter().flat_map(rules).collect()
}

/// The answer to whoever's token the engine has judged by now: 429 when its address has shown too many bad ones.
fn judged(context: &Context, mount: &Mount, peer: IpAddr, response: Response) -> Response {
    if response.status != (mount.refuse)(&Failure::Unauthorized(String::new())).status {
        return response;
    }
    context.gate.count_failed_login(peer).map_or_else(|denied| (mount.deny)(&denied), |()| response)
}

/// Whether whoever sends this head may send a large body behind it: `None`, or the refusal.
fn may_send(context: &Arc<Context>, head: &Request) -> Promise<Option<Response>> {
    let refused = |response| -> Promise<Option<Response>> { Box::pin(async { Some(response) }) };
    let takes_body = |mount: &&'static Mount| (mount.need)(head).filter(|need| need.is_credentials());
    let Some((mount, need)) = find(&head.path).and_then(|mount| Some((mount, takes_body(&mount)?))) else {
        // Nothing there takes one, and what there is to say needs none.
        return match (serve(context, head), find(&head.path)) {
            (Reply::Now(response), _) if response.status >= 400 => refused(response),
            (_, Some(mount)) => refused((mount.refuse)(&Failure::TooLarge("no body is taken here".to_string()))),
            (_, None) => Box::pin(async { None }),
        };
    };
    match context.gate.judge(mount.login, need, head) {
        Err(denied) => refused(denied_to(context, mount, head.peer, &denied)),
        Ok(principal) if principal.is_to_be_judged() => {
            let ticket = context.handle.ask_from(Some(head.peer), principal.into(), Question::MaySend);
            let (context, peer) = (Arc::clone(context), head.peer);
            Box::pin(async move {
                let failure = ticket.outcome().await.err()?;
                Some(judged(&context, mount, peer, (mount.refuse)(&failure)))
            })
        }
        Ok(_) => Box::pin(async { None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Faces that a build may leave out.
    const FACES: [&str; 7] = ["assets", "botmother", "botyard", "openapi", "panel", "telegram", "web"];

    #[test]
    fn policy_and_routes_name_the_same() {
        let routes = routes();
        let name = |rule: &policy::Rule| (rule.face, rule.method, rule.path);
        for route in &routes {
            assert_ne!(route.need, Need::Nobody, "the policy has no row for {route:?}");
            let rule = policy::POLICY.iter().find(|rule| name(rule) == name(route));
            assert_eq!(rule.map(|rule| rule.need), Some(route.need), "{route:?} does not need what the policy says");
            let found = find(route.path).map(|mount| mount.name);
            assert_eq!(found, Some(route.face), "{route:?} is not reached: its face has another prefix");
        }
        for rule in policy::POLICY {
            assert!(FACES.contains(&rule.face), "{rule:?}: there is no such face");
            let is_built = MOUNTS.iter().any(|mount| mount.name == rule.face);
            let is_there = routes.iter().any(|route| name(route) == name(rule));
            assert!(!is_built || is_there, "{rule:?}: there is no such route");
        }
        assert!(MOUNTS.iter().all(|mount| FACES.contains(&mount.name)));
    }

    #[test]
    fn each_path_has_one_face() {
        let all: Vec<&str> = MOUNTS.iter().flat_map(|mount| mount.prefixes).copied().collect();
        for (index, prefix) in all.iter().enumerate() {
            assert!(prefix.starts_with('/') && (*prefix == "/" || !prefix.ends_with('/')), "{prefix}");
            let is_within = |other: &&&str| prefix.strip_prefix(**other).is_some_and(|rest| rest.starts_with('/'));
            assert_eq!(all.iter().find(is_within), None, "{prefix} lies below another face's");
            assert!(!all[..index].contains(prefix), "{prefix} is there twice");
            let begin = prefix.replace('*', "x");
            for path in [begin.clone(), format!("{begin}/x")] {
                assert!(find(&path).is_some_and(|mount| mount.prefixes.contains(prefix)), "{path}");
            }
        }
        // What no face has goes to the first one.
        for path in ["", "/nowhere", "/assetsx"] {
            assert_eq!(find(path).map(|mount| mount.prefixes), MOUNTS.first().map(|mount| mount.prefixes), "{path}");
        }
    }
}
