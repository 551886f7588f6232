//! What happens in a chat, while it happens: server-sent events (HTML Living Standard §9.2).
//!
//! Each piece is asked for when the client has taken the one before, and tells all that came meanwhile. So nothing piles up
//! for slow readers, and who comes back with `Last-Event-ID` hears what he missed in the same way, once.

use std::net::IpAddr;
use std::sync::Arc;

use crate::base::ulid;
use crate::core::failure::Failure;
use crate::core::handle::{Answer, Question, WebAnswer, WebCursor, WebEvents, WebQuestion, WebTold, WebWatch};
use crate::face::Context;
use crate::face::principal::Principal;
use crate::http::headers::HeaderValue;
use crate::http::{Flow, NextPiece, Request, Response, Span};

use super::cookie::{Way, with_login};
use super::{client, refuse, wire};

/// A comment, which readers of events pass over.
const ALIVE: &[u8] = b": still here\n\n";
/// How soon a browser comes back, in milliseconds.
const BEGIN: &str = "retry: 1000\n\n";

/// Up to where somebody knows a chat: as his browser says, or the page that begins.
pub(super) fn after(request: &Request) -> Result<Option<i64>, Failure> {
    let query = client::query(request)?;
    let id = request.header("last-event-id").filter(|id| !id.is_empty()).or(query.text("after"));
    let Some(id) = id else { return Ok(None) };
    let must_be = || Failure::invalid("after", "the id of a message");
    ulid::number_in(id).map(Some).ok_or_else(must_be)
}

/// Somebody who watches a chat.
#[derive(Clone)]
pub(super) struct Watch {
    pub(super) context: Arc<Context>,
    pub(super) peer: IpAddr,
    pub(super) principal: Principal,
    pub(super) chat: String,
}

impl Watch {
    /// The beginning of the answer, or a refusal.
    pub(super) async fn begin(self, after: Option<i64>, way: Way) -> Response {
        let from = WebCursor { number: after, shown: 0 };
        let (answer, told) = match self.ask(from, true).await {
            Ok(told) => told,
            Err(failure) => return refuse(&failure),
        };
        let piece = format!("{BEGIN}{}", wire::events(&told)).into_bytes();
        let next = NextPiece(Box::pin(async move { Some((piece, self.next(told))) }));
        let response = Response {
            content_type: HeaderValue::of("text/event-stream"),
            flow: Some(Box::new(Flow { next, idle: ALIVE, span: Span::Long })),
            ..Response::json(200, String::new())
        };
        // `X-Accel-Buffering`: nginx would keep the events back until they fill a page.
        with_login(response, answer.login.as_ref(), way).with("X-Accel-Buffering", "no")
    }

    /// What comes after what was told. A refusal ends the stream: whoever comes back is told why.
    fn next(self, told: WebEvents) -> NextPiece {
        NextPiece(Box::pin(async move {
            if told.is_over {
                return None;
            }
            let (_, told) = self.ask(told.cursor, false).await.ok()?;
            let piece = wire::events(&told).into_bytes();
            Some((piece, self.next(told)))
        }))
    }

    async fn ask(&self, from: WebCursor, is_first: bool) -> Result<(WebAnswer, WebEvents), Failure> {
        let watch = WebWatch { chat: self.chat.clone(), from, is_first };
        let question = Question::Web(Box::new(WebQuestion::Watch(watch)));
        let ticket = self.context.handle.ask_from(Some(self.peer), self.principal.clone().into(), question);
        match ticket.outcome().await? {
            Answer::Web(answer) => match &answer.what {
                WebTold::Events(told) => Ok(((*answer).clone(), told.clone())),
                _ => Err(Failure::Internal),
            },
            _ => Err(Failure::Internal),
        }
    }
}
