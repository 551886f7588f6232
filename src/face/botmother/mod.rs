//! The Botmother face: the HTTP API that docs/api.md describes.
//!
//! [`Face::serve`] finds the row in the route table, asks who is calling, lets the row's handler read the request into a
//! question, asks the engine, and has `wire` print the outcome. It returns at once: what waits is a future.

mod act;
mod ai;
mod auth;
mod ejabberd;
mod file;
mod live;
mod local;
mod manage;
mod message;
mod omemo;
mod read;
mod room;
mod routes;
mod webhook;
mod wire;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::limits;
use crate::base::ratelimit::{Limited, RateLimit, client_key};
use crate::base::remedy::{PLACE_HEADER, PLACE_SHELL, Place};
use crate::base::spool::Spool;
use crate::base::time::Now;
use crate::engine::failure::Failure;
use crate::engine::handle::{Caller, Handle, Question};
use crate::http::route::Lookup;
use crate::http::{Promise, Reply, Request, Response};

pub use auth::{Access, AdminNeeds, AdminRule};
pub use routes::{Endpoint, ROUTES, Work};

/// What the face is made from.
pub struct Face {
    /// Asks the engine.
    pub handle: Handle,
    /// Who has management rights.
    pub admin: AdminRule,
    /// Where this API is reached, without a slash at its end: `http://localhost:7842`.
    pub base_url: String,
    /// Limits by address.
    pub limiter: Limiter,
    /// Where files lie on their way.
    pub spool: Spool,
    /// Reads the clocks.
    pub now: fn() -> Now,
}

/// At most so many requests a second from one address (docs/api.md). Logged-in bots are counted by the engine instead:
/// on a router all of them come from 127.0.0.1, and one must not use up what the others need.
pub struct Limiter {
    requests: Mutex<RateLimit<IpAddr>>,
    failed_logins: Mutex<RateLimit<IpAddr>>,
}

impl Limiter {
    /// A limiter; 0 lets everything pass.
    pub fn new(per_second: u32) -> Limiter {
        Limiter {
            requests: Mutex::new(RateLimit::new(per_second)),
            failed_logins: Mutex::new(RateLimit::new(per_second)),
        }
    }
}

/// The largest body a path takes.
pub fn body_max(path: &str) -> usize {
    match path {
        "/bot/create" | "/bot/profile" => limits::CREATE_BODY_BYTES_MAX,
        "/bot/sendFile" => limits::UPLOAD_BODY_BYTES_MAX,
        _ => limits::BODY_BYTES_MAX,
    }
}

/// 404 for a path that no face has.
fn not_found() -> Response {
    wire::refuse(&Failure::NotFound("there is no such path".to_string()), Place::Api)
}

/// Who reads the answer: our own command line says so.
fn place_of(request: &Request) -> Place {
    if request.header(PLACE_HEADER) == Some(PLACE_SHELL) { Place::Shell } else { Place::Api }
}

fn busy(limited: Limited) -> Response {
    wire::refuse(&Failure::Busy { retry_after_s: limited.retry_after_s }, Place::Api)
}

impl Face {
    /// Answers one request. The order of checks: address limit, path and method, credentials, body.
    pub fn serve(self: &Arc<Face>, request: Request) -> Reply {
        let found = ROUTES.find(&request.method, &request.path);
        let is_bot = matches!(found, Lookup::Found(Endpoint { access: Access::Bot, .. }, _));
        if let (false, Err(limited)) = (is_bot, self.admit(&self.limiter.requests, request.peer)) {
            return Reply::Now(busy(limited));
        }
        match found {
            Lookup::Found(endpoint, _) => self.answer(endpoint, &request),
            Lookup::NotFound => Reply::Now(not_found()),
            Lookup::WrongMethod(allow) => Reply::Now(wire::wrong_method(&allow)),
        }
    }

    /// Whether whoever sends this head may send a large body behind it: `None`, or the refusal.
    pub fn may_send(self: &Arc<Face>, head: &Request) -> Promise<Option<Response>> {
        let refused = |response| -> Promise<Option<Response>> { Box::pin(async { Some(response) }) };
        let Lookup::Found(Endpoint { access: access @ (Access::Admin | Access::Bot), .. }, _) =
            ROUTES.find(&head.method, &head.path)
        else {
            // Nothing there takes one, and what there is to say needs none.
            return match self.serve(head.clone()) {
                Reply::Now(response) if response.status >= 400 => refused(response),
                _ => refused(wire::refuse(&Failure::TooLarge("no body is taken here".to_string()), Place::Api)),
            };
        };
        match auth::caller(&self.admin, access, head) {
            Err(refusal) => refused(self.refused(head.peer, refusal)),
            Ok(caller @ Caller::Bot(_)) => {
                let ticket = self.handle.ask(caller, Question::MaySend);
                let (face, peer) = (Arc::clone(self), head.peer);
                Box::pin(async move {
                    let outcome = ticket.outcome().await;
                    let refusal = outcome.is_err().then(|| wire::print(outcome, &face.base_url, Place::Api));
                    refusal.map(|response| face.refused(peer, response))
                })
            }
            Ok(_) => Box::pin(async { None }),
        }
    }

    fn answer(self: &Arc<Face>, endpoint: Endpoint, request: &Request) -> Reply {
        let caller = match auth::caller(&self.admin, endpoint.access, request) {
            Ok(caller) => caller,
            Err(refusal) => return Reply::Now(self.refused(request.peer, refusal)),
        };
        let read = match endpoint.work {
            Work::Ask(read) => read(request),
            Work::AskWithFile(read) => read(request, &self.spool),
            Work::NotBuilt(what) => Err(Failure::NotBuilt(format!("{what} is not built into this version yet"))),
        };
        let place = place_of(request);
        match (read, caller) {
            (Ok(question), caller) => self.ask(caller, question, (request.peer, place), None),
            // Only the engine knows whether a token is good, and who has no good one learns nothing but that.
            (Err(failure), caller @ Caller::Bot(_)) => {
                self.ask(caller, Question::WhoAmI, (request.peer, place), Some(failure))
            }
            (Err(failure), _) => Reply::Now(wire::refuse(&failure, place)),
        }
    }

    /// Asks, and prints the outcome; `instead` takes the place of a good one.
    fn ask(
        self: &Arc<Face>,
        caller: Caller,
        question: Question,
        (peer, place): (IpAddr, Place),
        instead: Option<Failure>,
    ) -> Reply {
        let is_live = matches!(question, Question::AskAi { is_live: true, .. });
        let ticket = self.handle.ask(caller, question);
        let face = Arc::clone(self);
        if is_live {
            return Reply::Later(Box::pin(async move { face.refused(peer, live::begin(ticket).await) }));
        }
        Reply::Later(Box::pin(async move {
            let outcome = match (ticket.outcome().await, instead) {
                (Ok(_), Some(failure)) => Err(failure),
                (outcome, _) => outcome,
            };
            let response = wire::print(outcome, &face.base_url, place);
            face.refused(peer, response)
        }))
    }

    /// Counts a failed login, and turns it into 429 when its address had too many. A good token is never kept waiting
    /// for the bad ones of its neighbours: tokens are too long to be guessed, so this only bounds noise.
    fn refused(&self, peer: IpAddr, response: Response) -> Response {
        if response.status != 401 {
            return response;
        }
        match self.admit(&self.limiter.failed_logins, peer) {
            Ok(()) => response,
            Err(limited) => busy(limited),
        }
    }

    fn admit(&self, limit: &Mutex<RateLimit<IpAddr>>, peer: IpAddr) -> Result<(), Limited> {
        // A panic elsewhere leaves a counter behind that is as good as any.
        limit.lock().unwrap_or_else(PoisonError::into_inner).admit(client_key(peer), (self.now)())
    }
}
