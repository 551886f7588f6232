//! Makes outgoing [`HttpCall`]s. The only place that names ureq.
//!
//! [`call`] blocks, for the command line; [`Work`] has threads of its own for the daemon, and [`Streams`] one for all answers
//! that are heard while they come. ureq speaks HTTP where threads wait, we do where none does; sockets, TLS and the choice of
//! addresses are ours, so that a deadline holds against a slow other side too, a call can be called off, and an address is
//! judged where it is connected to. Every HTTP status is an answer, not an error.

mod body;
mod cancel;
mod exchange;
mod kept;
mod link;
#[cfg(not(feature = "stickers"))]
#[path = "work/no_picture.rs"]
mod picture;
#[cfg(feature = "stickers")]
mod picture;
mod pool;
mod resolve;
mod streams;
mod tls;

use std::net::IpAddr;
use std::ops::ControlFlow;

pub use crate::base::call::CallError as Error;
use crate::base::call::{HttpAnswer, HttpCall, Pieces};
pub use cancel::Cancel;
pub use pool::{Bounds, Work};
pub use streams::{Link, OnPiece, Room, Streams, Taker};

use tls::Certificate;

/// Makes a call and waits for its answer.
pub fn call(call: &HttpCall) -> Result<HttpAnswer, Error> {
    exchange::run(call, Certificate::Verified, &Cancel::default(), None)
}

/// Makes a call whose 2xx answer is handed over piece by piece while it comes. While `each` takes its time nothing is
/// read, so a slow taker slows the other side; it may end the call. An answer with another status is given back whole.
pub fn stream(
    call: &HttpCall,
    pieces: Pieces,
    cancel: &Cancel,
    each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<HttpAnswer, Error> {
    streams::wait(call, pieces, cancel, each)
}

/// Makes a call to this very machine, where the certificate of our own API names some other host or is self-signed.
/// Refuses every URL that is not at a loopback address, so it cannot be used for anything else.
pub fn call_loopback(call: &HttpCall) -> Result<HttpAnswer, Error> {
    let uri = call.url.parse::<ureq::http::Uri>().ok();
    let host = uri.as_ref().and_then(|uri| uri.host()).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if !address.is_ok_and(|address| address.is_loopback()) || call.redirects_max != 0 || call.proxy.is_some() {
        return Err(Error::Invalid(format!("{} is not a loopback address", call.origin())));
    }
    exchange::run(call, Certificate::Ignored, &Cancel::default(), None)
}
