//! An AI's answer while it comes: server-sent events (HTML Living Standard §9.2).
//!
//! What the engine refuses at once is refused as always. Then come the parts as they are said, and at last the whole, or
//! why there is none. Whoever reads slowly gets fewer and longer parts, so nothing piles up.

use crate::base::remedy::Place;
use crate::core::handle::{Answer, Outcome, Ticket};
use crate::http::headers::HeaderValue;
use crate::http::{Flow, NextPiece, Response, Span};

use super::wire;

/// A comment, which readers of events pass over.
const ALIVE: &[u8] = b": thinking\n\n";

/// The beginning of an answer, or a refusal.
pub(super) async fn begin(mut ticket: Ticket) -> Response {
    let first = ticket.next().await;
    // What fails after it was taken is told in the stream, however soon that is.
    if let (Err(failure), false) = (&first, ticket.has_begun()) {
        return wire::refuse(failure, Place::Api);
    }
    // `X-Accel-Buffering`: nginx would keep the parts back until they fill a page.
    let next = NextPiece(Box::pin(async move { Some(part(first, ticket, 0)) }));
    Response {
        content_type: HeaderValue::of("text/event-stream"),
        flow: Some(Box::new(Flow { next, idle: ALIVE, span: Span::Usual })),
        ..Response::json(200, String::new())
    }
    .with("Cache-Control", "no-cache")
    .with("X-Accel-Buffering", "no")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::failure::Failure;
    use crate::core::handle::ticket;

    #[test]
    fn what_fails_at_once_is_refused_and_what_fails_later_is_an_event() {
        let failed = || Err(Failure::Internal);
        let (reply, refused) = ticket();
        reply.send(failed());
        let refused = smol::block_on(begin(refused));
        assert_eq!((refused.status, refused.content_type.as_str()), (500, "application/json"));

        // The end takes the place of a part that nobody has taken out yet.
        let (reply, begun) = ticket();
        reply.clone().send(Ok(Answer::AiPart { text: String::new(), is_instead: false }));
        reply.send(failed());
        let begun = smol::block_on(begin(begun));
        assert_eq!((begun.status, begun.content_type.as_str()), (200, "text/event-stream"));
        let flow = begun.flow.map(|flow| smol::block_on(flow.next.0));
        let (events, _) = flow.flatten().expect("an event");
        assert!(events.starts_with(b"event: error\n"), "{}", String::from_utf8_lossy(&events));
    }
}
