//! An AI's answer while it comes: server-sent events (HTML Living Standard §9.2).
//!
//! What the engine refuses at once is refused as always. Then come the parts as they are said, and at last the whole, or
//! why there is none. Whoever reads slowly gets fewer and longer parts, so nothing piles up.

use crate::base::remedy::Place;
use crate::engine::handle::{Answer, Outcome, Ticket};
use crate::http::{Flow, NextPiece, Response};

use super::wire;

/// A comment, which readers of events pass over.
const ALIVE: &[u8] = b": thinking\n\n";

/// The beginning of an answer, or a refusal.
pub(super) async fn begin(mut ticket: Ticket) -> Response {
    let first = ticket.next().await;
    if let Err(failure) = &first {
        return wire::refuse(failure, Place::Api);
    }
    // `X-Accel-Buffering`: nginx would keep the parts back until they fill a page.
    let headers = vec![("Cache-Control", "no-cache".to_string()), ("X-Accel-Buffering", "no".to_string())];
    let next = NextPiece(Box::pin(async move { Some(part(first, ticket, 0)) }));
    Response {
        content_type: "text/event-stream".into(),
        headers,
        flow: Some(Box::new(Flow { next, idle: ALIVE })),
        ..Response::json(200, String::new())
    }
}

/// The events that tell an outcome, and what comes then. The client has so many bytes of the text.
fn part(outcome: Outcome, mut ticket: Ticket, told: usize) -> (Vec<u8>, NextPiece) {
    let mut events = String::new();
    if let Ok(Answer::AiAnswer { text, is_continued: true, .. }) = &outcome {
        let text = text.get(told..).unwrap_or_default().to_string();
        events = wire::event(&Ok(Answer::AiPart { text, is_instead: false }));
    }
    events += &wire::event(&outcome);
    let Ok(Answer::AiPart { text, is_instead }) = &outcome else {
        return (events.into_bytes(), NextPiece(Box::pin(async { None })));
    };
    let told = text.len() + if *is_instead { 0 } else { told };
    let next = async move {
        let outcome = ticket.next().await;
        Some(part(outcome, ticket, told))
    };
    (events.into_bytes(), NextPiece(Box::pin(next)))
}
