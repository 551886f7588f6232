//! Requests to all faces as the door passes them on, with a made-up engine behind.
//!
//! A face's tests use only a part, hence the permission for dead code.

#![allow(dead_code)]

use std::sync::Arc;

use botmother::base::secret::Secret;
use botmother::base::shelf::Shelf;
use botmother::base::time::Now;
use botmother::face::principal::{AdminNeeds, AdminRule, Gate};
use botmother::face::{self, Context};
use botmother::http::headers::Headers;
use botmother::http::{Reply, Request, Response, Serve};

use super::engine;

const ADMIN_TOKEN: &str = "admin-secret";

/// What faces work with, and what the engine behind them is asked.
pub(crate) fn context(needs: AdminNeeds, per_second: u32, now: fn() -> Now) -> (Arc<Context>, engine::Asked) {
    let (handle, asked) = engine::start();
    let gate = Gate::new(AdminRule { needs, token: Secret::new(ADMIN_TOKEN) }, per_second, now);
    let base_url = "http://localhost:7842".to_string();
    (
        Arc::new(Context {
            handle,
            gate,
            base_url,
            spool: engine::spool(),
            after: |_| Box::pin(std::future::pending()),
            shelf: Shelf::below(&std::env::temp_dir().join("botmother-no-files")),
            now,
            process: Vec::new,
            reload: || {},
        }),
        asked,
    )
}

pub(crate) fn serve(needs: AdminNeeds, per_second: u32, now: fn() -> Now) -> (Arc<Serve>, engine::Asked) {
    let (context, asked) = context(needs, per_second, now);
    (face::mount(context), asked)
}

pub(crate) fn local() -> Arc<Serve> {
    serve(AdminNeeds::LoopbackOrToken, 0, Now::default).0
}

/// A request as curl sends it on this machine.
pub(crate) fn request(method: &str, path: &str) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers = Headers::default();
    headers.push("host", "localhost:7842");
    if method == "POST" {
        headers.push("content-type", "application/json");
    }
    let peer = "127.0.0.1".parse().unwrap();
    Request {
        method: method.to_string().into(),
        path: path.into(),
        query: query.into(),
        headers,
        body: Vec::new(),
        file: None,
        peer,
    }
}

/// The same with a header set; an empty value takes it away.
pub(crate) fn with(mut request: Request, name: &str, value: &str) -> Request {
    let others = request.headers.iter().filter(|(key, _)| *key != name);
    request.headers = others.chain([(name, value)].into_iter().filter(|_| !value.is_empty())).collect();
    request
}

pub(crate) fn answer(serve: &Serve, request: Request) -> Response {
    match serve(request) {
        Reply::Now(response) => response,
        Reply::Later(promise) => smol::block_on(promise),
    }
}

pub(crate) fn text(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
}
