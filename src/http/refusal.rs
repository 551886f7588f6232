//! A refusal as a value: what the door and the guard say no with, in the envelope of docs/api.md.

use crate::base::json::Object;
use crate::http::Response;

/// Why a request is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status code.
    pub status: u16,
    /// Its word in docs/api.md: `bad_request`, `too_large`…
    pub symbol: &'static str,
    /// One sentence for whoever wrote the client.
    pub description: &'static str,
    /// The most bytes that are allowed, and how many came, if that is known: said behind the sentence.
    pub measured: Option<(u64, Option<u64>)>,
}

impl Refusal {
    /// A refusal of any kind.
    pub const fn new(status: u16, symbol: &'static str, description: &'static str) -> Refusal {
        Refusal { status, symbol, description, measured: None }
    }

    /// The client broke HTTP's rules.
    pub const fn bad(description: &'static str) -> Refusal {
        Refusal::new(400, "bad_request", description)
    }

    /// The whole sentence.
    pub fn sentence(self) -> String {
        let description = self.description;
        match self.measured {
            None => description.to_string(),
            Some((most, None)) => format!("{description} {most} bytes, not more"),
            Some((most, Some(came))) => format!("{description} {most} bytes, not {came}"),
        }
    }

    /// The refusal as an answer, for who has no other envelope.
    pub fn to_response(self) -> Response {
        let body = Object::new()
            .truth("ok", false)
            .text("error", self.symbol)
            .text("error_code", &self.status.to_string())
            .text("description", &self.sentence())
            .end();
        Response::json(self.status, body)
    }
}
