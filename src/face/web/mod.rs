//! The chat page at `/`, for people with a browser: which bots there are, and chats with them.
//!
//! The page is one document that finds its place by the path, `/chat/<bot>`, so it comes under every path that a person follows
//! and that no face has. What it shows it asks of the Botyard face, as any other client could.

use std::sync::Arc;

use crate::face::principal::{Need, Principal};
use crate::face::{self, Context, assets, policy};
use crate::http::refusal::Refusal;
use crate::http::{Reply, Request};

/// What the page needs.
const PAGE: Need = policy::need("web", "GET", "/");

/// All endpoints, and what each needs.
pub(super) fn routes() -> Vec<(&'static str, &'static str, Need)> {
    vec![("GET", "/", PAGE)]
}

/// What the endpoint of a request needs.
pub(super) fn need(request: &Request) -> Option<Need> {
    (request.method == "GET").then_some(PAGE)
}

/// Answers one request.
pub(super) fn serve(_: &Arc<Context>, request: &Request, _: Principal) -> Reply {
    let is_page = request.path == "/" || face::is_for_people(request);
    Reply::Now(match is_page {
        true => assets::page("web/index.html", request),
        false => Refusal::new(404, "not_found", "there is no such path").to_response(),
    })
}
