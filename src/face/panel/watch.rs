//! A bot watched live: server-sent events (HTML Living Standard §9.2), until the page is closed.

use async_channel::Receiver;

use super::wire;
use crate::core::handle::Watched;
use crate::http::headers::HeaderValue;
use crate::http::{Flow, NextPiece, Response, Span};

/// A comment, which readers of events pass over.
const ALIVE: &[u8] = b": watching\n\n";

/// The beginning, and what comes then.
pub(super) fn begin(watched: Receiver<Watched>) -> Response {
    // Something at once, so that the page sees that it is let in.
    let first = NextPiece(Box::pin(async move { Some((ALIVE.to_vec(), next(watched))) }));
    Response {
        content_type: HeaderValue::of("text/event-stream"),
        flow: Some(Box::new(Flow { next: first, idle: ALIVE, span: Span::Usual })),
        ..Response::json(200, String::new())
    }
    .with("Cache-Control", "no-store")
    .with("X-Accel-Buffering", "no")
}

/// The next event; the end when the bot is gone, or the daemon stops.
fn next(watched: Receiver<Watched>) -> NextPiece {
    NextPiece(Box::pin(async move {
        let seen = watched.recv().await.ok()?;
        Some((wire::event(&seen).into_bytes(), next(watched)))
    }))
}
