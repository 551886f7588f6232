//! An outgoing HTTP request and its answer, as values: who builds one needs no socket, who runs one no knowledge.

use std::time::Duration;

/// A request to be made.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// `GET`, `POST`, `DELETE`.
    pub method: &'static str,
    /// Where to; carries no secret, so it may be logged.
    pub url: String,
    /// Header names and values; values may be secret and are never logged.
    pub headers: Vec<(&'static str, String)>,
    /// The body, empty for none.
    pub body: Vec<u8>,
    /// Bound on the whole exchange.
    pub timeout: Duration,
    /// Bound on the answer's body.
    pub answer_bytes_max: u64,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// HTTP status code.
    pub status: u16,
    /// The body, cut off at the bound.
    pub body: Vec<u8>,
}
